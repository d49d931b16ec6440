#!/usr/bin/python3
"""The sixth protocol of docs/protocols.md: its files are put in their places and built like the others; its demo, both
ends as processes, a cheating client, a recording told again; and what the page quotes of the files. Prints TAP."""
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from frame_support import Frames
from program_support import PATIENCE, run_tests

ROOT = Path(__file__).resolve().parent.parent
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
SIXTH = ROOT / "docs" / "sixth"


def build(folder):
    """With the compiler and the flags of the build, and the registry with the new row."""
    command = (BUILD / "flags").read_text().split()
    registry = (ROOT / "protocols" / "registry.c").read_text()
    registry = registry.replace('#include "protocols/watch.h"', '#include "protocols/coin_toss.h"\n#include "protocols/watch.h"')
    registry = registry.replace("    NULL,\n", "    &coin_toss_protocol,\n    NULL,\n")
    assert registry.count("coin_toss") == 2
    (folder / "registry.c").write_text(registry)
    libraries = [str(BUILD / "lib" / name) for name in ("apps-common.a", "protocols.a", "ciphers.a", "bignum.a")]
    system = ["-lgmp", "-ljansson", "-lreadline", "-lpthread", "-lm"]
    protocol = [str(SIXTH / "protocols" / "coin_toss.c"), str(folder / "registry.c")]
    workbench = [str(BUILD / "obj" / "apps" / "cutaway" / (path.stem + ".o")) for path in
                 sorted((ROOT / "apps" / "cutaway").glob("*.c"))]
    for name, parts in (("coin-toss", [str(SIXTH / "apps" / "coin-toss" / "main.c")]), ("cutaway", workbench)):
        done = subprocess.run(command + ["-I" + str(SIXTH), "-o", str(folder / name)] + protocol + parts + libraries + system,
                              cwd=ROOT, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr


FOLDER = Path(tempfile.mkdtemp())


def run(name, *arguments, status=0, **options):
    done = subprocess.run([str(FOLDER / name), *arguments], capture_output=True, text=True, timeout=PATIENCE, **options)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout


def test_it_builds():
    build(FOLDER)


def test_the_demo():
    output = run("coin-toss", "demo", "--seed", "1", "--record", str(FOLDER / "toss.pcap"))
    assert output == run("coin-toss", "demo", "--seed", "1")
    assert output != run("coin-toss", "demo", "--seed", "2")
    assert re.findall(r": (\w+) -+$", output, re.M) == ["commitment", "call", "opening"]
    assert "it is the commitment of message 1" in output
    told = run("cutaway", "explain", str(FOLDER / "toss.pcap"))
    assert "coin-toss    heads or tails over a wire" in told
    assert re.findall(r": (\w+) -+$", told, re.M) == ["commitment", "call", "opening"]
    assert "not on the wire" not in told and "unknown" not in told


def serve():
    process = subprocess.Popen([str(FOLDER / "coin-toss"), "server", "--port", "0"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    port = re.search(r":(\d+)\.", process.stdout.readline()).group(1)
    return process, port


def test_two_processes():
    wins = set()
    for _ in range(40):
        process, port = serve()
        process.stdin.write("heads\n")
        process.stdin.flush()
        client = run("coin-toss", "client", "--port", port)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        line = [text for text in out.splitlines() if "wins" in text]
        assert line and line[0] in client.splitlines()
        wins.add(line[0])
        if len(wins) == 2:
            return
    raise AssertionError("the coin always lies the same way")


def test_a_cheat():
    process, port = serve()
    process.stdin.write("heads\n")
    process.stdin.flush()
    peer = Frames.connect(port)
    with peer.connection:
        nonce = bytes(16)
        for payload in (hashlib.sha256(nonce + b"heads").hexdigest().encode(), nonce.hex().encode() + b":tails"):
            peer.send(payload)
            answer = peer.receive()
        assert answer == b"Refused: that is not the coin you tossed", answer
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and "turned the coin over" in err, err


def test_the_page_quotes_the_files():
    page = (ROOT / "docs" / "protocols.md").read_text()
    files = "".join(path.read_text() for path in SIXTH.rglob("*.[ch]"))
    quotes = re.findall(r"```c\n(.*?)```", page, re.S)
    assert len(quotes) >= 4
    for quote in quotes:
        assert quote in files, quote


if __name__ == "__main__":
    try:
        run_tests(globals())
    finally:
        shutil.rmtree(FOLDER)
