#!/usr/bin/python3
"""Golden transcripts: `APP demo --seed 1` prints tests/golden/APP.txt, byte for byte. Every protocol of the registry has
one. The same demo as JSON, as a page, and told again from its recording must say the same. Prints TAP.

After a change that is meant to change a transcript:

    make && tests/test_golden.py --write     # then look at what `git diff tests/golden` shows
"""
import html.parser
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
GOLDEN = ROOT / "tests" / "golden"
PATIENCE = 120
HEADING = re.compile(r"^(\d+)  (.+) -> (.+): (.+?) -*$", re.M)


def run(program, *arguments):
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    done = subprocess.run([str(BUILD / program), *arguments], capture_output=True, timeout=PATIENCE, env=environment)
    assert done.returncode == 0 and not done.stderr, (arguments, done.returncode, done.stderr)
    return done.stdout.decode()


def protocols():
    line = re.search(r"^Protocols: (.*)$", run("cutaway", "explain", "--help"), re.M).group(1)
    return line.split(", ")


def first_difference(name, got, wanted):
    for number, (a, b) in enumerate(zip(got.splitlines() + [None], wanted.splitlines() + [None]), 1):
        if a != b:
            return "%s.txt, line %d:\n  printed: %s\n  golden:  %s" % (name, number, a, b)
    return "no difference in the lines"


def check_text(name):
    """The transcript is the golden one."""
    output = run(name, "demo", "--seed", "1")
    golden = (GOLDEN / (name + ".txt")).read_text()
    assert output == golden, first_difference(name, output, golden)
    assert max(map(len, output.splitlines())) <= 100


def check_json(name):
    """As data: the same messages, offsets without gaps, lengths that fit, every value of a known form."""
    golden = (GOLDEN / (name + ".txt")).read_text()
    entries = [json.loads(line) for line in run(name, "demo", "--seed", "1", "--json").splitlines()]
    messages = [entry for entry in entries if entry["kind"] == "message"]
    assert [(str(entry["number"]), entry["from"], entry["to"], entry["name"]) for entry in messages] == \
        HEADING.findall(golden)
    for message in messages:
        end = 0
        for field in message["fields"]:
            assert field["offset"] == end and len(field["hex"]) == 2 * field["length"], field
            end = field["offset"] + field["length"]
        for value in message["inside"]["sender"] + message["inside"]["receiver"]:
            assert len({"hex", "integer", "text"} & set(value)) == 1, value
    assert {entry["kind"] for entry in entries} <= {"title", "warning", "remark", "screen", "message"}


class Page(html.parser.HTMLParser):
    """Checks that elements nest, that nothing is loaded, and that no script is there."""
    VOID = {"meta"}

    def __init__(self):
        super().__init__()
        self.open, self.cards, self.text = [], 0, []

    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "link", "img", "iframe", "object"), tag
        for attribute, value in attributes:
            assert not attribute.startswith("on") and attribute != "src", attribute
            assert attribute != "href" or value.startswith("#"), value
        self.cards += tag == "article"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data):
        self.text.append(data)


def check_page(name):
    """As a page: well-formed, self-contained, a card a message, the same twice."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, str(i)) for i in range(2)]
        for path in paths:
            assert run(name, "demo", "--seed", "1", "--html", path) == ""
        one, two = (Path(path).read_text() for path in paths)
    assert one == two
    page = Page()
    page.feed(one)
    page.close()
    assert page.open == []
    golden = (GOLDEN / (name + ".txt")).read_text()
    assert page.cards == len(HEADING.findall(golden))
    text = "".join(page.text)
    for heading in HEADING.findall(golden):
        assert heading[3] in text, heading


def check_recording(name):
    """The recording is the same every time, and told again it has the same messages in the same order."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, "%d.pcap" % i) for i in range(2)]
        for path in paths:
            run(name, "demo", "--seed", "1", "--record", path)
        one, two = (Path(path).read_bytes() for path in paths)
        assert one == two
        told = run("cutaway", "explain", paths[0])
        assert "unknown" not in told, told[told.index("unknown") - 200:]
        golden = (GOLDEN / (name + ".txt")).read_text()
        assert [heading[3] for heading in HEADING.findall(told)] == [heading[3] for heading in HEADING.findall(golden)]
        assert re.search(r"; %s$" % re.escape(name), told, re.M), told[:600]


def check_quiet(name):
    """Quietly: only what people say to each other, as the data have it."""
    entries = [json.loads(line) for line in run(name, "demo", "--seed", "1", "--json").splitlines()]
    said = ["%s: %s%s" % (entry["whose"], entry["before"], entry["text"]) for entry in entries
            if entry["kind"] == "screen" and entry["before"]]
    assert len(said) >= 2
    assert run(name, "demo", "--seed", "1", "--quiet").splitlines() == said


def check_elsewhere(name):
    """At another address: the same, and it says so when it cannot be had."""
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = str(taken.getsockname()[1])
        wanted = (GOLDEN / (name + ".txt")).read_text()
        assert run(name, "demo", "--seed", "1", "--explain", "--host", "127.0.0.3", "--port", port) == wanted
        done = subprocess.run([str(BUILD / name), "demo", "--host", "127.0.0.2", "--port", port], capture_output=True,
                              timeout=PATIENCE)
        assert done.returncode == 1 and done.stderr.count(b"\n") == 1 and port.encode() in done.stderr, done


def check_every_protocol_has_one(_):
    """Every protocol of the registry has a golden transcript, and every transcript its protocol."""
    assert sorted(protocols()) == sorted(path.stem for path in GOLDEN.glob("*.txt"))


def main():
    names = sorted(path.stem for path in GOLDEN.glob("*.txt"))
    if "--write" in sys.argv:
        for name in sorted(set(names) | set(protocols())):
            (GOLDEN / (name + ".txt")).write_text(run(name, "demo", "--seed", "1"))
        return 0
    checks = [(check, name) for name in names for check in
              (check_text, check_json, check_page, check_recording, check_quiet, check_elsewhere)]
    checks.append((check_every_protocol_has_one, "all"))
    failed = 0
    for number, (check, name) in enumerate(checks, 1):
        try:
            check(name)
            print("ok %d - %s: %s" % (number, name, check.__doc__.split(":")[0].split(".")[0]), flush=True)
        except Exception:  # a failed test must not keep the others from running
            failed += 1
            print("not ok %d - %s: %s" % (number, name, check.__name__), flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
    print("1..%d" % len(checks))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
