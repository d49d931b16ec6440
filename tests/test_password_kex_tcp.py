#!/usr/bin/python3
"""password-kex as people run it: separate processes over loopback TCP, the commands of the data folder, a password typed
at a pseudo-terminal, and peers that are none. Prints TAP."""
import hashlib
import os
import signal
import socket
import struct
import subprocess
import termios
import time

from password_kex_support import Data, PASSWORD, PATIENCE, PROGRAM, Program, accept, client, connect, listener, server, stop
from program_support import BUILD, Typist, run_tests

REFUSED = "the server refused: authentication failed"
GREETING = b"Welcome, ann."


# --- sessions ----------------------------------------------------------------------------------------------------------

def test_a_session():
    for arguments in ([], ["--hash", "sha256"], ["--explain"]):
        data = Data(*[a for a in arguments if a != "--explain"])
        one, port = server(data, *arguments)
        two = client(port, text="Hello, server: äöü €", arguments=arguments)
        output = two.end(0)
        assert "The server has proved that it knows the password." in output
        assert "Session keys are agreed." in output
        assert "Server says: Welcome, ann. 25 bytes arrived.\n" in output
        assert "The conversation is over." in output
        output = stop(one)
        assert "ann has proved the password" in output and "ann says: Hello, server: äöü €\n" in output
        assert ("HKDF-SHA256" in output) == (arguments == ["--explain"])
        assert PASSWORD not in output + two.out.decode() + (one.err + two.err).decode()


def test_a_client_with_nothing_to_say():
    data = Data()
    one, port = server(data)
    assert "Server says: Welcome, ann. 0 bytes arrived.\n" in client(port).end(0)
    assert "ann says: \n" in stop(one)


def test_a_wrong_password_and_an_unknown_user_are_told_alike():
    data = Data()
    one, port = server(data, "--timeout", "60")
    said = set()
    for user, password in (("ann", "wrong"), ("bob", PASSWORD), ("bob", "wrong"), ("Ann", PASSWORD), ("...", PASSWORD)):
        two = client(port, user, password, "Hello")
        two.end(1)
        two.errors(REFUSED)
        said.add((two.out, two.err))
    assert len(said) == 1, said
    assert "ann has proved" not in one.out.decode()
    # The server goes on, and tells its own person the difference.
    client(port, text="Hello").end(0)
    output = stop(one)
    assert output.count("wrong password") == 1 and output.count("no such user") == 4, output


def test_another_hash_at_one_end():
    data = Data()
    one, port = server(data)
    two = client(port, arguments=["--hash", "sha256"])
    two.end(1)
    two.errors(REFUSED)
    assert "it does not decrypt" in stop(one)
    # The server's hash is not that of the stored password.
    one, port = server(data, "--hash", "sha256")
    two = client(port, arguments=["--hash", "sha256"])
    two.end(1)
    two.errors(REFUSED)
    output = stop(one)
    assert "no such user, or none with a password hashed by this --hash" in output
    one.errors("ann.dat: has 64 bytes, and this --hash makes 32")


def test_many_at_once_each_with_a_key_of_its_own():
    data = Data()
    one, port = server(data)
    waiting = [connect(port) for _ in range(8)]
    keys = [peer.receive() for peer in waiting]
    assert len(set(keys)) == len(keys)
    # While these eight are half-way, others come and go; some fail.
    clients = [client(port, password=PASSWORD if i % 3 else "wrong", text="I am %d" % i) for i in range(9)]
    for i, two in enumerate(clients):
        output = two.end(0 if i % 3 else 1)
        assert ("Welcome, ann." in output) == (i % 3 != 0)
    for peer in waiting:
        peer.connection.close()
    output = stop(one)
    for i in range(9):
        assert ("ann says: I am %d\n" % i in output) == (i % 3 != 0)


def test_a_failed_connection_never_reuses_its_key():
    data = Data()
    one, port = server(data)
    keys = []
    for payload in (b"", b"x", struct.pack(">I", 3) + b"ann" + bytes(256)):
        peer = connect(port)
        keys.append(peer.receive())
        peer.send(payload)
        assert peer.receive().startswith(b"Refused: ")
        assert peer.closed()
    peer = connect(port)
    keys.append(peer.receive())
    peer.connection.close()
    assert len(set(keys)) == 4
    stop(one)


def test_full():
    data = Data()
    one, port = server(data)
    peers = [connect(port) for _ in range(64)]
    for peer in peers:
        peer.receive()
    assert connect(port).receive() == b"Refused: busy: no room for one more"
    peers[7].connection.close()
    one.wait_for("closed the connection before message 2 (first_client_packet)")
    client(port, text="now there is room").end(0)
    stop(one)


def test_quiet():
    data = Data()
    one, port = server(data, "--quiet")
    output = client(port, text="Hello", arguments=["--quiet"]).end(0)
    assert output == "Server says: Welcome, ann. 5 bytes arrived.\n", output
    output = stop(one)
    assert output.endswith("(Ctrl-C ends).\nann says: Hello\n"), output


def test_a_recording():
    data = Data()
    path = data.file("../session.pcap")
    one, port = server(data)
    client(port, text="Hello", arguments=["--record", path]).end(0)
    stop(one)
    done = subprocess.run([os.path.join(BUILD, "cutaway"), "explain", "--protocol", "password-kex", path],
                          capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, done
    for line in ("1  server -> client: server_public_key", "6  server -> client: server_half",
                 "8  server -> client: message"):
        assert line in done.stdout.decode(), done
    with open(path, "rb") as file:
        recorded = file.read()
    assert len(recorded) > 3183
    for secret in (b"Hello", b"Welcome", PASSWORD.encode(), hashlib.sha512(PASSWORD.encode()).digest()):
        assert secret not in recorded


# --- peers that are none -----------------------------------------------------------------------------------------------

def test_garbage_at_the_server():
    data = Data()
    one, port = server(data)
    for garbage, answer in (
            (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"frames may have 65536 bytes at most"),
            (struct.pack(">I", 10) + b"Connected!", b"that is not the message that belongs here"),
            (struct.pack(">II", 263, 3) + b"ann" + bytes(256), b"authentication failed"),
            (struct.pack(">II", 263, 3) + b"../" + bytes(256), b"authentication failed"),
            (struct.pack(">II", 263, 0xFFFFFFFF) + bytes(259), b"that is not the message that belongs here"),
            (struct.pack(">I", 65536) + bytes(65536), b"that is not the message that belongs here")):
        peer = connect(port)
        assert peer.receive()[:4] == bytes.fromhex("3082010a")
        peer.connection.sendall(garbage)
        assert peer.receive() == b"Refused: " + answer
        assert peer.closed()
    client(port, text="still there").end(0)
    stop(one)


def test_garbage_at_the_client():
    for sent, reason in (
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "another protocol"),
            (struct.pack(">I", 3) + b"abc", "message 1 (server_public_key) from the server is malformed"),
            (struct.pack(">I", 270) + bytes(270), "not an RSA public key of 2048 bits"),
            (struct.pack(">I", 15) + b"Refused: go out", "the server refused: go out"),
            (struct.pack(">I", 12) + b"Refused: \x1b[2", "malformed")):
        made, port = listener()
        program = client(port)
        peer = accept(made)
        peer.connection.sendall(sent)
        if b"go out" not in sent:
            assert peer.receive().startswith(b"Refused: ")
        assert peer.closed()
        program.end(1)
        program.errors(reason)
        assert b"\x1b" not in program.err


def test_silence():
    data = Data()
    one, port = server(data, "--timeout", "1")
    peers = [connect(port) for _ in range(3)]
    for i, peer in enumerate(peers):
        peer.receive()
        peer.connection.sendall(b"\0\0\1\7ann"[:i])  # nothing, one byte, two bytes
    for peer in peers:
        assert peer.receive() == b"Refused: no answer within the time allowed"
        assert peer.closed()
    one.wait_for("waiting for message 2 (first_client_packet) from the client")
    stop(one)

    made, port = listener()
    program = client(port, arguments=["--timeout", "1"])
    peer = accept(made)
    assert peer.receive() == b"Refused: no answer within the time allowed"
    assert peer.closed()
    program.end(1)
    program.errors("waiting for message 1 (server_public_key) from the server")
    # Byte after byte: always something, never the whole.
    data = Data()
    one, port = server(data, "--timeout", "1")
    peer = connect(port)
    peer.receive()
    for byte in struct.pack(">II", 263, 3) + b"ann":
        try:
            peer.connection.sendall(bytes([byte]))
            time.sleep(0.15)
        except OSError:
            break
    one.wait_for("no answer within the time allowed")
    stop(one)


def test_a_vanished_peer():
    data = Data()
    one, port = server(data)
    peer = connect(port)
    peer.receive()
    peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.connection.close()  # a reset
    one.wait_for("before message 2 (first_client_packet)")
    client(port, text="still there").end(0)
    stop(one)
    made, port = listener()
    program = client(port)
    accept(made).connection.close()
    program.end(1)
    program.errors("closed the connection before message 1 (server_public_key)")
    made.close()
    program = client(port)
    program.end(1)
    program.errors("127.0.0.1", str(port))


# --- the data folder ---------------------------------------------------------------------------------------------------

def mode(path):
    return os.stat(path).st_mode & 0o7777


def test_users():
    data = Data()
    assert mode(data.path) == 0o700
    assert mode(data.file("ann.dat")) == 0o600
    with open(data.file("ann.dat"), "rb") as file:
        assert file.read() == hashlib.sha512(PASSWORD.encode()).digest()
    data.command("adduser", "ann", "another", status=1).errors("ann.dat", "there already")
    data.command("passwd", "bob", "x", status=1).errors("bob.dat", "no such user")
    data.command("deluser", "bob", status=1).errors("bob.dat", "no such user")
    old = os.umask(0)
    try:
        data.command("adduser", "bob", "geheim", "--hash", "sha256")
        os.umask(0o777)  # and none that makes the files useless
        data.command("passwd", "ann", "new one")
    finally:
        os.umask(old)
    assert mode(data.file("bob.dat")) == 0o600 and mode(data.file("ann.dat")) == 0o600
    with open(data.file("bob.dat"), "rb") as file:
        assert file.read() == hashlib.sha256(b"geheim").digest()
    with open(data.file("ann.dat"), "rb") as file:
        assert file.read() == hashlib.sha512(b"new one").digest()
    assert sorted(os.listdir(data.path)) == ["ann.dat", "bob.dat"]
    data.command("deluser", "bob")
    assert os.listdir(data.path) == ["ann.dat"]
    # Only the line counts, without its break; every byte of it.
    data.command("adduser", "long", "p" * 1024)
    data.command("adduser", "longer", "p" * 1025, status=1).errors("longer than 1024 bytes")
    data.command("adduser", "empty", "", status=1).errors("empty")
    data.command("adduser", "bytes", "a\x00b \xe4\r")
    with open(data.file("bytes.dat"), "rb") as file:
        assert file.read() == hashlib.sha512("a\x00b \xe4\r".encode()).digest()
    program = Program("adduser", "nobody", "--data", data.path, stdin=subprocess.DEVNULL)
    program.end(1)
    program.errors("no password")
    assert not os.path.exists(data.file("nobody.dat")) and not os.path.exists(data.file("empty.dat"))


def test_names_that_could_form_a_path():
    data = Data()
    for name in ("..", ".", "", "../x", "a/b", "/etc/passwd", "a b", "a" * 65, "é", "a\n"):
        for command in ("adduser", "passwd", "deluser"):
            program = Program(command, "--data", data.path, "--", name)
            program.end(2)
            program.errors("is no user name")
        program = Program("client", "--user", name)
        program.end(2)
    assert os.listdir(data.path) == ["ann.dat"]
    assert os.listdir(data.folder.name) == ["data"]
    data.command("adduser", "a" * 64, "x")
    data.command("adduser", "...", "x")
    data.command("adduser", ".hidden", "x")


def test_changes_count_at_once():
    data = Data()
    one, port = server(data)
    data.command("adduser", "bob", "geheim")
    assert "Welcome, bob." in client(port, "bob", "geheim").end(0)
    data.command("passwd", "bob", "geheimer")
    client(port, "bob", "geheim").end(1)
    assert "Welcome, bob." in client(port, "bob", "geheimer").end(0)
    data.command("deluser", "bob")
    client(port, "bob", "geheimer").end(1)
    stop(one)


def test_a_folder_that_others_may_read():
    data = Data()
    os.chmod(data.path, 0o755)
    program = Program("server", "--data", data.path, "--port", "0")
    program.end(1)
    program.errors("others may look into it", "chmod 700")
    data.command("passwd", "ann", "x", status=1)
    os.chmod(data.path, 0o700)
    # Files that are not as they should be: never used, and the operator is told.
    os.chmod(data.file("ann.dat"), 0o640)
    with open(data.file("short.dat"), "wb") as file:
        file.write(b"x" * 63)
    os.chmod(data.file("short.dat"), 0o600)
    data.command("adduser", "good", PASSWORD)
    os.symlink("good.dat", data.file("link.dat"))
    os.mkdir(data.file("folder.dat"))
    os.mkfifo(data.file("pipe.dat"), 0o600)
    one, port = server(data)
    for user, reason in (("ann", "others may read it"), ("short", "has 63 bytes"), ("link", "link.dat: Too many levels"),
                         ("folder", "not an ordinary file"), ("pipe", "not an ordinary file")):
        program = client(port, user)
        program.end(1)
        program.errors(REFUSED)
        one.wait_for(reason, "err")
    client(port, "good").end(0)
    stop(one)
    program = Program("server", "--data", data.path + "-not-there", "--port", "0")
    program.end(1)
    program.errors("no such folder", "adduser")


def test_two_who_add_the_same_user():
    data = Data()
    programs = [Program("adduser", "eve", "--data", data.path) for _ in range(6)]
    for i, program in enumerate(programs):
        program.write("password %d\n" % i)
    statuses = []
    for program in programs:
        program.process.stdin.close()
        statuses.append(program.process.wait(PATIENCE))
    assert sorted(statuses) == [0, 1, 1, 1, 1, 1]
    with open(data.file("eve.dat"), "rb") as file:
        assert file.read() == hashlib.sha512(b"password %d" % statuses.index(0)).digest()
    assert sorted(os.listdir(data.path)) == ["ann.dat", "eve.dat"]


# --- at a terminal -----------------------------------------------------------------------------------------------------

class Terminal(Typist):
    path = PROGRAM
    patience = PATIENCE

    def __init__(self, *arguments):
        super().__init__(*arguments, NO_COLOR="1")

    def echo(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def wait_until(self, condition):
        """A change of the terminal's settings is no output, and nobody tells: looks again and again."""
        until = time.monotonic() + self.patience
        while not condition():
            assert time.monotonic() < until, self.screen
            time.sleep(0.01)


def test_a_typed_password_is_not_echoed():
    data = Data()
    one, port = server(data)
    two = Terminal("client", "--user", "ann", "--port", str(port))
    two.wait_for("Password for ann: ")
    two.wait_until(lambda: not two.echo())
    two.type(PASSWORD[:-1] + "\x7f" + PASSWORD[-2:] + "\n")  # a mistake, mended
    two.wait_for("You: ")
    two.type("Hello from a terminal\n")
    output = two.end(0)
    assert PASSWORD[:5] not in output and "Welcome, ann. 21 bytes arrived." in output, output
    stop(one)


def test_a_new_password_is_asked_for_twice():
    data = Data()
    for second, status in (("geheim", 0), ("gehiem", 1), ("gehei", 1), ("geheime", 1)):
        two = Terminal("passwd", "ann", "--data", data.path)
        two.wait_for("New password for ann: ")
        two.wait_until(lambda: not two.echo())
        two.type("geheim\n")
        two.wait_for("The same again: ")
        two.wait_until(lambda: not two.echo())
        two.type(second + "\n")
        output = two.end(status)
        assert "geheim" not in output and "gehiem" not in output
        assert ("the two are not the same" in output) == (status == 1)
    with open(data.file("ann.dat"), "rb") as file:
        assert file.read() == hashlib.sha512(b"geheim").digest()


def test_who_cannot_be_stored_is_not_asked_for_a_password():
    data = Data()
    for command, name, words in (("passwd", "bob", "no such user"), ("adduser", "ann", "there already")):
        one = Terminal(command, name, "--data", data.path)
        output = one.end(1)
        assert words in output and "assword for" not in output, output
    # What is wrong with a password stands on a line of its own.
    one = Terminal("passwd", "ann", "--data", data.path)
    one.wait_for("New password for ann: ")
    one.wait_until(lambda: not one.echo())
    one.type("\n")
    output = one.end(1)
    assert "for ann: \r\npassword-kex passwd: the password is empty" in output, output


def test_the_terminal_is_restored():
    data = Data()
    for how, status in (("\x03", 130), ("\x1c", 131), ("\x04", 1), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        two = Terminal("adduser", "bob", "--data", data.path)
        two.wait_for("Password for bob: ")
        two.wait_until(lambda: not two.echo())
        if isinstance(how, str):
            two.type(how)
        else:
            two.process.send_signal(how)
        two.end(status)
    assert not os.path.exists(data.file("bob.dat"))


def test_the_prompt_comes_back_after_a_pause():
    data = Data()
    two = Terminal("adduser", "bob", "--data", data.path)
    two.wait_for("Password for bob: ")
    two.wait_until(lambda: not two.echo())
    two.process.send_signal(signal.SIGTSTP)
    two.wait_until(two.echo)  # while it is stopped, the terminal is as before
    seen = len(two.screen)
    two.process.send_signal(signal.SIGCONT)
    two.wait_until(lambda: not two.echo())
    two.wait_for("Password for bob: ")
    two.type("geheim\n")
    two.wait_for("The same again: ")
    two.wait_until(lambda: not two.echo())
    two.type("geheim\n")
    output = two.end(0)
    assert output.count("Password for bob: ") == 2 and seen > 0, output


# --- the demo ------------------------------------------------------------------------------------------------------------

def demo(*arguments):
    done = subprocess.run([PROGRAM, "demo", *arguments], capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, done
    return done.stdout.decode()


def test_the_demo():
    output = demo("--seed", "5")
    for name in ("1  server -> client: server_public_key", "2  client -> server: first_client_packet",
                 "3  client -> server: second_client_packet", "4  server -> client: server_packet",
                 "5  client -> server: client_half", "6  server -> client: server_half", "7  client -> server: message",
                 "8  server -> client: message", "Peer says: Welcome, ann."):
        assert name in output, name
    assert demo("--seed", "5") == output
    assert demo("--seed", "6") != output
    assert demo("--seed", "5", "--hash", "sha256") != output
    assert max(map(len, output.splitlines())) <= 100


def test_wrong_command_lines():
    for arguments, words in (
            ([], "server, client, adduser"), (["clint"], "did you mean \"client\""), (["client"], "--user"),
            (["client", "--user", "ann", "--password", "x"], "--password"), (["adduser"], "NAME"),
            (["adduser", "a", "b"], "b"), (["server", "--hash", "md5"], "md5"), (["client", "--user", "a/b"], "a/b")):
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        assert done.returncode == 2 and words in done.stderr.decode(), (arguments, done)
        assert len(done.stderr.splitlines()) == 1 and done.stdout == b""
    for command in ([], ["server"], ["client"], ["adduser"], ["passwd"], ["deluser"], ["demo"]):
        done = subprocess.run([PROGRAM, *command, "--help"], capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0 and b"password-kex" in done.stdout


if __name__ == "__main__":
    run_tests(globals())
