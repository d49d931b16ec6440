#!/usr/bin/python3
"""Every fuzz target over its corpus, and over each file of it cut and changed (tests/fuzz/replay.c). Prints TAP."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
TARGETS = sorted((ROOT / "tests" / "fuzz").glob("fuzz_*.c"))


def check(target):
    name = target.stem[len("fuzz_"):]
    files = sorted((ROOT / "tests" / "corpus" / name).iterdir())
    assert files, "no corpus"
    done = subprocess.run([str(BUILD / "tests" / "fuzz" / target.stem), *map(str, files)], capture_output=True,
                          timeout=600)
    assert done.returncode == 0 and done.stdout.count(b"\nok ") + 1 == len(files), \
        (done.stdout + done.stderr).decode(errors="replace")[-3000:]


def main():
    failed = 0
    for number, target in enumerate(TARGETS, 1):
        try:
            check(target)
            print("ok %d - %s" % (number, target.stem), flush=True)
        except Exception as error:  # the others run all the same
            failed += 1
            print("not ok %d - %s" % (number, target.stem), flush=True)
            for line in str(error).splitlines():
                print("# " + line, flush=True)
    folders = {path.name for path in (ROOT / "tests" / "corpus").iterdir()}
    left = folders - {target.stem[len("fuzz_"):] for target in TARGETS}
    print("%s %d - no corpus without a target" % ("not ok" if left else "ok", len(TARGETS) + 1))
    print("1..%d" % (len(TARGETS) + 1))
    return 1 if failed or left else 0


if __name__ == "__main__":
    sys.exit(main())
