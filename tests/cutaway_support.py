# What the tests of the workbench share: running build/cutaway, and lines of TAP.
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CUTAWAY = os.path.join(TOP, os.environ.get("BUILD", "build"), "cutaway")

count = failed = 0


def check(name, good, *details):
    """One line of TAP; the details are shown when it failed."""
    global count, failed
    count += 1
    print(("ok" if good else "not ok"), count, "-", name, flush=True)
    if not good:
        failed += 1
        for detail in details:
            print("#", repr(detail), flush=True)
    return good


def finish():
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


def run(*arguments, stdin=b"", cwd=None):
    """The finished process: returncode, and stdout and stderr as bytes."""
    return subprocess.run([CUTAWAY, *map(str, arguments)], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, cwd=cwd, timeout=120)


def text(*arguments, **options):
    """What a command that must succeed prints, without the last newline."""
    done = run(*arguments, **options)
    if done.returncode != 0:
        return "exit status %d: %s" % (done.returncode, done.stderr.decode(errors="replace"))
    return done.stdout.decode().rstrip("\n")


def prints(name, expected, *arguments, **options):
    got = text(*arguments, **options)
    check(name, got == str(expected), arguments, got, expected)


def refused(name, status, words, *arguments, **options):
    """The exit status, nothing on standard output, and exactly one line that has the words. Where the arguments were
    good (not exit status 2), notes may stand before it."""
    done = run(*arguments, **options)
    lines = done.stderr.decode(errors="replace").splitlines()
    if status != 2:
        lines = [line for line in lines if ": note: " not in line]
    good = (done.returncode == status and done.stdout == b"" and len(lines) == 1 and
            lines[0].startswith("cutaway") and all(word in lines[0] for word in ([words] if isinstance(words, str) else words)))
    check(name, good, arguments, done.returncode, done.stdout[:200], done.stderr)


def fields(output):
    """The lines NAME = NUMBER of an output."""
    lines = re.findall(r"^ *(.+) = (-?(?:0x[0-9a-f]+|[0-9]+))$", output, re.MULTILINE)
    return {name: int(number, 0) for name, number in lines}
