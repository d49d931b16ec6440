#!/usr/bin/env bash
# The build itself, in a copy of the sources: it writes only to build/, does nothing the second time, and rebuilds what a
# changed header asks for and nothing else. And the installer, with a system around it that is played by small scripts.
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
# A compiler that only leaves a file: what counts is how make is called.
printf '#!/bin/bash\nwhile [ "$1" != -o ] && shift; do :; done\n: >"$2"\n' >leave
chmod +x leave
said=$(make -j2 CC=./leave all 2>&1)
check "make -j builds all" test -e build/cutaway
check "make -j shares its jobs with the make it calls" test "$said" = "${said/jobserver/}"
make -s -j4 --eval 'slow: ; @sleep 0.3 && echo slow >>order' --eval 'quick: ; @echo quick >>order' slow quick
check "make -j with several goals does one after the other" test "$(tr '\n' ' ' <order)" = 'slow quick '
make -s clean
check "make clean removes build/" test ! -e build

# --- the installer: a folder of programs stands for a system ---
system=$copy/system
play() { # play NAME LINE: a program of that name, which does what the line says
    printf '#!/bin/bash\n%s\n' "$2" >"$system/$1"
    chmod +x "$system/$1"
}
install_here() {
    PATH=$system .ci/install "$@" 2>&1
}
mkdir "$system"
for program in bash env cc; do
    ln -s "$(command -v "$program")" "$system/$program"
done
# A compiler that finds its own parts wherever it is called from.
rm "$system/cc"
play cc "PATH=$PATH exec $(command -v cc) \"\$@\""

said=$(install_here libgmp-dev bash)
check "elsewhere than on Debian: quiet when everything is there" test $? = 0 -a -z "$said"
# Every package that the tests need is recognised by what it brings: all of them are there, or this would not run.
for program in node npm openssl valgrind; do
    ln -s "$(command -v "$program")" "$system/$program"
done
said=$(install_here $(make -s --eval 'name-packages: ; @echo $(CHECK_PACKAGES)' name-packages))
check "elsewhere: recognises what the tests need" test $? = 0 -a -z "$said"
said=$(install_here libgmp-dev no-such-program bash)
check "elsewhere: stops when something is missing" test $? = 1
check "elsewhere: names what is missing, and only that" test "${said##*:}" = $'\n    no-such-program'

play dpkg-query 'test "${!#}" != absent && echo -n installed'
play apt-get 'echo "$@" >>apt.log; test "$1" = update || test -e updated || exit 100'
play id 'echo 1000'
said=$(install_here present)
check "on Debian: no apt-get when everything is there" test $? = 0 -a -z "$said" -a ! -e apt.log
said=$(install_here present absent)
check "on Debian without root and sudo: names the package and stops" test $? = 1 -a ! -e apt.log -a "${said##* }" = absent
play sudo 'echo sudo >>apt.log; exec "$@"'
touch updated
said=$(install_here present absent)
check "on Debian: says what it installs" test $? = 0 -a "$said" = 'Installing with apt-get: absent'
check "on Debian: by sudo when not root" grep -q sudo apt.log
rm apt.log updated
play id 'echo 0'
play apt-get 'echo "$1" >>apt.log; if [ "$1" = update ]; then : >updated; else test -e updated; fi'
install_here absent >/dev/null
check "on Debian: updates the package lists when a package is unknown, as root without sudo" \
    test "$(tr '\n' ' ' <apt.log)" = 'install update install '
echo "1..$number"
[ "$failures" -eq 0 ]
