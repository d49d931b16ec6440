#!/usr/bin/env bash
# The build itself, in a copy of the sources: it writes only to build/, does nothing the second time, and rebuilds what a
# changed header asks for and nothing else.
set -u
number=0 failures=0
check() { # check "name" COMMAND...
    number=$((number + 1))
    if "${@:2}"; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        failures=$((failures + 1))
    fi
}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r Makefile README.md LICENSE .ci bignum ciphers protocols apps tests "$copy"
cd "$copy" || exit 1
unset BUILD MAKEFLAGS MODE
before=$(find . -type f | sort)
make -s build/lib/bignum.a >/dev/null 2>&1
check "a library builds in a copy of the sources" test -s build/lib/bignum.a
check "nothing is written outside build/" test "$before" = "$(find . -type f -not -path './build/*' | sort)"
check "a second run rebuilds nothing" test -z "$(make --no-print-directory build/lib/bignum.a | grep -E '^ +(cc|link)')"
touch bignum/random.h
rebuilt=$(make --no-print-directory build/lib/bignum.a | awk '$1 == "cc" { print $2 }' | sort | tr '\n' ' ')
includers=$(for source in bignum/*.c; do cc -I. -MM "$source" | grep -q 'bignum/random\.h' && echo "$source"; done | sort | tr '\n' ' ')
check "a changed header rebuilds who includes it: $includers" test -n "$includers" -a "$rebuilt" = "$includers"
check "make help lists the targets" grep -q 'make check' <(make help)
check "make compile_commands.json writes JSON into build/" /usr/bin/python3 -c '
import json, subprocess
subprocess.run(["make", "-s", "compile_commands.json"], check=True)
assert any(entry["file"] == "bignum/random.c" for entry in json.load(open("build/compile_commands.json")))'
make -s clean
check "make clean removes build/" test ! -e build
echo "1..$number"
[ "$failures" -eq 0 ]
