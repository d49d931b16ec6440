#!/usr/bin/python3
"""--record, --quiet and the outputs of demos, on des-chat as it runs: recordings by both ends of a live conversation, by a
program that is killed, to places that cannot be written; what `cutaway explain` says about them, and tshark where it is
installed. Prints TAP."""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from program_support import PATIENCE, run_tests

ROOT = Path(__file__).resolve().parent.parent
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
FOLDER = Path(tempfile.mkdtemp())
NAMES = ["Connected!", "p", "g", "Ys", "Yc", "message", "message", "message"]


def start(*arguments):
    return subprocess.Popen([str(BUILD / "des-chat"), *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, bufsize=1)


def run(program, *arguments, status=0, stdin="", **options):
    done = subprocess.run([str(BUILD / program), *map(str, arguments)], input=stdin, capture_output=True, text=True,
                          timeout=PATIENCE, **options)
    assert done.returncode == status, (done.returncode, done.stdout[-1000:], done.stderr)
    return done.stdout if status == 0 else done.stderr


def serve(*arguments):
    server = start("server", "--port", "0", "--group", "toy-1021", *arguments)
    line = ""
    while "Listening" not in line:
        line = server.stdout.readline()
        assert line
    return server, re.search(r"127\.0\.0\.1:(\d+)", line).group(1)


def converse(server, port, *arguments):
    client = start("client", "--port", port, *arguments)
    client.stdin.write("one\n")
    while "Peer says: one" not in server.stdout.readline():
        pass
    server.stdin.write("two\n")
    while "Peer says: two" not in client.stdout.readline():
        pass
    client.stdin.write("exit\n")
    rest = client.communicate(timeout=PATIENCE), server.communicate(timeout=PATIENCE)
    assert client.returncode == 0 and server.returncode == 0, rest
    return rest


def explained(path):
    return [json.loads(line) for line in run("cutaway", "explain", "--json", path).splitlines()]


def messages(path):
    return [(entry["name"], entry["from"], "".join(field["hex"] for field in entry["fields"]))
            for entry in explained(path) if entry["kind"] == "message"]


def test_both_ends_of_a_conversation():
    one, two = FOLDER / "server.pcap", FOLDER / "client.pcap"
    server, port = serve("--record", one)
    converse(server, port, "--record", two)
    assert messages(one) == messages(two)
    assert [message[0] for message in messages(one)] == NAMES
    remark = [entry["text"] for entry in explained(two) if entry.get("label") == "connection"]
    assert len(remark) == 1 and "calls 127.0.0.1:%s; des-chat" % port in remark[0], remark
    # A listener has no secrets.
    assert not any(values for entry in explained(one) if entry["kind"] == "message"
                   for values in entry["inside"].values())


def test_tshark():
    if not shutil.which("tshark"):
        return "tshark is not installed"
    path = FOLDER / "demo.pcap"
    run("des-chat", "demo", "--seed", "5", "--record", path)
    checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]

    def tshark(*arguments):
        done = subprocess.run(["tshark", "-r", str(path), *checks, *arguments], capture_output=True, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert tshark("-Y", "tcp.checksum.status != 1 || ip.checksum.status != 1 || _ws.malformed || tcp.analysis.flags") == ""
    assert set(tshark("-T", "fields", "-e", "tcp.stream").split()) == {"0"}
    follow = tshark("-q", "-z", "follow,tcp,raw,0")
    payload = "".join(line.strip() for line in follow.splitlines() if re.fullmatch(r"\t?[0-9a-f]+", line))
    assert payload == "".join(message[2] for message in messages(path))
    return None


def test_a_killed_program_leaves_what_crossed():
    path = FOLDER / "killed.pcap"
    server, port = serve("--record", path)
    client = start("client", "--port", port)
    client.stdin.write("the last words\n")
    while "Peer says: the last words" not in server.stdout.readline():
        pass
    server.send_signal(signal.SIGKILL)
    server.wait(PATIENCE)
    client.communicate(timeout=PATIENCE)
    assert [message[0] for message in messages(path)] == NAMES[:6]


def test_places_that_cannot_be_written():
    error = run("des-chat", "client", "--port", "1", "--record", FOLDER / "no" / "file", status=1)
    assert "No such file" in error and error.count("\n") == 1, error
    assert "No such file" in run("des-chat", "demo", "--html", FOLDER / "no" / "file", status=1)
    for option in ("--record", "--html"):
        if os.path.exists("/dev/full"):
            assert "No space left" in run("des-chat", "demo", "--group", "toy-1021", option, "/dev/full", status=1)


def test_a_closed_pipe():
    """A demo whose reader has gone ends like any filter, and its recording is whole; where SIGPIPE is ignored, it is an error."""
    path = FOLDER / "piped.pcap"
    for form in ([], ["--json"]):
        for ignored in (False, True):
            process = subprocess.Popen([str(BUILD / "des-chat"), "demo", "--record", str(path), *form], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, restore_signals=not ignored)
            process.stdout.readline()
            process.stdout.close()
            error = process.stderr.read()
            process.stderr.close()
            status = process.wait(PATIENCE)
            assert (status, error.count("\n")) == ((1, 1) if ignored else (-signal.SIGPIPE, 0)), (status, error)
            assert [message[0] for message in messages(path)] == NAMES + ["message"]


def test_quiet():
    server, port = serve("--quiet")
    (client_out, client_err), (server_out, server_err) = converse(server, port, "--quiet")
    assert client_out == "" and server_out == "" and client_err == "" and server_err == "", (client_out, server_out)


def test_numbers_that_are_too_large():
    assert "must be 0 to" in run("des-chat", "demo", "--seed", "9" * 30, status=2)


def test_options_that_exclude_each_other():
    assert "not both" in run("des-chat", "demo", "--json", "--html", FOLDER / "x.html", status=2)
    assert "not both" in run("cutaway", "explain", "--json", "--html", "x", FOLDER / "server.pcap", status=2)
    assert not (FOLDER / "x.html").exists()


def test_seeds():
    first = run("des-chat", "demo", "--group", "toy-1021", "--seed", "1")
    assert first == run("des-chat", "demo", "--group", "toy-1021", "--seed", "1")
    assert first != run("des-chat", "demo", "--group", "toy-1021", "--seed", "2")
    # Without a seed every run is another one: of sixteen bytes of IV, two runs do not have the same by chance.
    fresh = {run("des-chat", "demo", "--mode", "cbc", "--group", "toy-1021") for _ in range(2)}
    assert len(fresh) == 2


def test_the_relay_records_all_its_connections():
    whole, part = FOLDER / "relay.pcap", FOLDER / "part.pcap"
    relay = subprocess.Popen([str(BUILD / "e2e-relay"), "relay", "--port", "0", "--record", str(whole)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    port = re.search(r"127\.0\.0\.1:(\d+)", relay.stdout.readline()).group(1)
    clients = [subprocess.Popen([str(BUILD / "e2e-relay"), "client", "--port", port, "--group", "modp-1536", *recorded],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
               for recorded in (["--record", str(part)], [])]
    clients[0].stdin.write("one\n")
    while "one" not in clients[1].stdout.readline():
        pass
    clients[0].stdin.write("exit\n")
    for client in clients:
        client.communicate(timeout=PATIENCE)
    relay.send_signal(signal.SIGINT)
    relay.communicate(timeout=PATIENCE)
    assert relay.returncode == 130
    at_client, at_relay = ([hex for _, _, hex in messages(path)] for path in (part, whole))
    assert len(at_client) > 6 and len(at_relay) > len(at_client)
    assert all(hex in at_relay for hex in at_client)
    assert sum(entry.get("label") == "connection" for entry in explained(whole)) == 2


def test_explain_refuses():
    assert "pcap" in run("cutaway", "explain", ROOT / "Makefile", status=1)
    assert "No such file" in run("cutaway", "explain", FOLDER / "nothing", status=1)
    assert 'did you mean "des-chat"' in run("cutaway", "explain", "--protocol", "des-chut", FOLDER / "server.pcap",
                                           status=2)
    empty = FOLDER / "empty.pcap"
    empty.write_bytes((FOLDER / "server.pcap").read_bytes()[:24])
    assert "no conversation" in run("cutaway", "explain", empty, status=1)
    # What a wrong table makes of it is shown as what it is: unknown bytes.
    told = run("cutaway", "explain", "--protocol", "password-kex", FOLDER / "server.pcap")
    assert "unknown" in told


def test_a_page_escapes_what_a_peer_says():
    page, path = FOLDER / "page.html", FOLDER / "nasty.pcap"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = start("client", "--port", str(listener.getsockname()[1]), "--record", path)
        connection = listener.accept()[0]
        assert connection.recv(14, socket.MSG_WAITALL).endswith(b"Connected!")
        reason = b"Refused: <script>alert('&')</script>"
        connection.sendall(struct.pack(">I", len(reason)) + reason)
        client.communicate(timeout=PATIENCE)
        connection.close()
    assert client.returncode == 1
    assert messages(path)[1][0] == "Refused"
    run("cutaway", "explain", "--html", page, path)
    assert "<script" not in page.read_text() and "&lt;script&gt;" in page.read_text()


if __name__ == "__main__":
    try:
        run_tests(globals())
    finally:
        shutil.rmtree(FOLDER)
