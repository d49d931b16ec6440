#!/usr/bin/env bash
# The layers: includes and calls point downward only, each floor uses only what it may, and the headers
# go together.
#
#   bignum < ciphers < protocols < apps        block and hash code: libc and the libc-only headers of bignum
set -u
BUILD=${BUILD:-build}
number=0 failures=0
report() { # report "name" "findings": empty findings pass
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        printf '%s\n' "$2" | head -n 20
        failures=$((failures + 1))
    fi
}
includes() { # includes FOLDER REGEX: project includes in FOLDER that match REGEX, however they are written
    grep -rnE "#[[:space:]]*include[[:space:]]*[\"<](\.*/)*($2)" "$1" --include='*.[ch]' 2>/dev/null
}

report "bignum includes nothing above it" "$(includes bignum '(ciphers|protocols|apps|tests)/')"
report "ciphers include nothing above them" "$(includes ciphers '(protocols|apps|tests)/')"
report "protocols include nothing above them" "$(includes protocols '(apps|tests)/')"
report "apps include no tests" "$(includes apps 'tests/')"
report "every project include names its folder" "$(grep -rnE '#[[:space:]]*include[[:space:]]*"[^/"]+"' bignum ciphers protocols apps tests --include='*.[ch]')"
upward=$(mktemp -d)
trap 'rm -rf "$upward"' EXIT
printf '%s\n' '#include "ciphers/a.h"' '#include <ciphers/b.h>' '#  include"ciphers/c.h"' '#include "../ciphers/d.h"' '#include "bignum/e.h"' >"$upward/x.c"
report "an upward include is seen, however it is written" "$([ "$(includes "$upward" '(ciphers|protocols)/' | wc -l)" -eq 4 ] || echo "not all four of $upward/x.c")"
compiles() { # compiles FILE: what the compiler says to it
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -I. -Wall -Wextra -x c -fsyntax-only "$1" 2>&1
}
headers=$(find bignum ciphers protocols apps/common -name '*.h' | sort)
report "every header stands alone" "$(for header in $headers; do compiles "$header"; done)"
report "no two headers clash" "$(sed 's/.*/#include "&"/' <<<"$headers" | compiles -)"
report "hash and block code includes only libc and the libc-only headers of bignum" "$(
    grep -nE '#include' ciphers/hash/*.[ch] ciphers/block/*.[ch] |
        grep -vE '#include +("(ciphers/(hash|block)/|bignum/(secure|trace)\.h)|<(assert|errno|limits|stdbool|stddef|stdint|string)\.h>)')"
report "protocols and below use no sockets, terminal or clock" "$(
    grep -rnE '#include +<(sys/socket|netinet/[a-z]+|arpa/inet|poll|sys/select|termios|time|sys/time|readline/[a-z]+)\.h>' bignum ciphers protocols)"

# Calls: what a layer's objects leave undefined must be defined in that layer, a lower one, or a system library.
defined() { nm -g --defined-only "$@" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u; }
undefined() { nm -g -u "$@" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u; }
lib=$BUILD/lib
calls_upward() { # calls_upward "LOWER..." "UPPER...": names used by LOWER, not defined there, but defined in UPPER
    comm -12 <(comm -23 <(undefined $1) <(defined $1)) <(defined $2)
}
report "bignum calls nothing above it" "$(calls_upward "$lib/bignum.a" "$lib/ciphers.a $lib/protocols.a $lib/apps-common.a")"
report "ciphers call nothing above them" "$(calls_upward "$lib/ciphers.a" "$lib/protocols.a $lib/apps-common.a")"
report "protocols call nothing above them" "$(calls_upward "$lib/protocols.a" "$lib/apps-common.a")"
report "the libraries were there to look at" "$([ -n "$(defined "$lib/bignum.a")" ] && [ -n "$(defined "$lib/ciphers.a")" ] || echo "no symbols in $lib")"
report "hash and block code calls no GMP and allocates nothing" "$(
    undefined "$BUILD"/obj/ciphers/hash/*.o "$BUILD"/obj/ciphers/block/*.o |
        grep -E '^(__gmp|malloc|calloc|realloc|free|fopen|printf|fprintf|puts|read|write|open)')"
# mini-gmp's own list (mini-gmp.h), as far as it matters here: what bignum may call, beyond mpn_sec_powm's file.
allowed='mpz_(abs|add|add_ui|addmul|addmul_ui|and|bin_uiui|cdiv_[a-z_]+|clear|clears|clrbit|cmp|cmp_d|cmp_si|cmp_ui|cmpabs|cmpabs_d|cmpabs_ui|com|combit|congruent_p|div_qr|divexact|divexact_ui|divisible_p|divisible_ui_p|even_p|export|fdiv_[a-z_0-9]+|fits_[a-z_]+|gcd|gcd_ui|gcdext|get_d|get_si|get_str|get_ui|getlimbn|hamdist|import|init|init2|init_set|init_set_d|init_set_si|init_set_str|init_set_ui|inits|invert|ior|lcm|lcm_ui|limbs_[a-z]+|mod|mod_ui|mul|mul_2exp|mul_si|mul_ui|neg|odd_p|out_str|perfect_square_p|popcount|pow_ui|powm|powm_ui|probab_prime_p|realloc2|root|rootrem|scan0|scan1|set|set_d|set_si|set_str|set_ui|setbit|sgn|size|sizeinbase|sqrt|sqrtrem|sub|sub_ui|submul|submul_ui|swap|tdiv_[a-z_0-9]+|tstbit|ui_pow_ui|ui_sub|xor|realloc|roinit_n)'
report "bignum keeps within mini-gmp, apart from the constant-time exponentiation" "$(
    for object in $(find "$BUILD/obj/bignum" -name '*.o' ! -name powm_secret.o); do
        undefined "$object" | grep -E '^__gmp' | sed 's/^__g//' | grep -vxE "$allowed" | sed "s|^|$object: |"
    done)"
echo "1..$number"
[ "$failures" -eq 0 ]
