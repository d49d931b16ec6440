#!/usr/bin/env bash
# cutaway x509 beside the openssl command: certificates of every size, hash and padding; every verdict of vectors/x509; what
# inspect prints; and what is said about wrong arguments and wrong files. Speaks TAP.
set -u
build=$(realpath "${BUILD:-build}")
source=$(realpath "$(dirname "$0")/..")
cutaway=$build/cutaway
vectors=$source/vectors/x509
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0 failures=0
report() { # report "name" "findings": empty findings pass
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        printf '%s\n' "$2" | head -n 20 | sed 's/^/# /'
        failures=$((failures + 1))
    fi
}
# says STATUS "TEXT" COMMAND...: the exit status, one line on standard error at most, and TEXT in what is printed.
says() {
    local status=$1 text=$2 output
    shift 2
    output=$("$@" 2>errors </dev/null)
    local got=$?
    if [ $got -ne "$status" ] || [ "$(wc -l <errors)" -gt 1 ] || ! grep -qF -- "$text" <<<"$output$(cat errors)"; then
        echo "$*: exit status $got (expected $status): $(head -c 300 errors) $(head -n 3 <<<"$output")"
    fi
}

# --- every size, hash and padding --------------------------------------------------------------------------------

printf '[x]\nsubjectAltName = DNS:www.example.org, IP:192.0.2.1\nextendedKeyUsage = serverAuth\n' >leaf.ext
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out leaf.key
openssl req -new -key leaf.key -subj /O=Example/CN=leaf -out leaf.csr
findings='' cases=0
for bits in 1024 1536 2048 3072 4096; do
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:$bits -out ca.key
    for hash in sha1 sha256 sha384 sha512; do
        for padding in pkcs1 pss; do
            options=()
            [ $padding = pss ] && options=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20)
            openssl req -x509 -new -key ca.key -subj /O=Example/CN=CA -days 30 -$hash "${options[@]}" -config /dev/null -addext \
                'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' -out ca.pem 2>errors ||
                findings+="$bits $hash $padding: $(cat errors)"
            openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 30 -$hash "${options[@]}" -extfile leaf.ext -extensions x \
                -out leaf.pem 2>/dev/null
            findings+=$(says 0 verified "$cutaway" x509 verify --ca ca.pem --name www.example.org --role server leaf.pem)
            findings+=$(says 1 "not for this name" "$cutaway" x509 verify --ca ca.pem --name example.org leaf.pem)
            name=RSASSA-PKCS1-v1_5
            [ $padding = pss ] && name=RSASSA-PSS
            findings+=$(says 0 "$name with $hash" "$cutaway" x509 inspect leaf.pem)
            cases=$((cases + 1))
        done
    done
done
report "openssl's certificates of 5 sizes, 4 hashes and 2 paddings ($cases) verify" "$findings"
[ $cases -eq 40 ] || report "all of them were tried" "$cases"

# --- the vectors -------------------------------------------------------------------------------------------------

# openssl's verdict on every case of the index, in strict mode.
default_anchor=root.pem default_time=2026-11-20T12:00:00Z
findings='' cases=0
check_case() {
    local wanted=0 got options=()
    [ "$verdict" = accepted ] || wanted=1
    set -- $chain
    local leaf=$1
    shift
    for certificate; do options+=(-untrusted "$vectors/$certificate"); done
    case $name in
    '') ;;
    *:* | *.*.*.[0-9]) options+=(-verify_ip "$name") ;;
    *) options+=(-verify_hostname "$name") ;;
    esac
    [ -n "$role" ] && options+=(-purpose "ssl$role")
    openssl verify -x509_strict -auth_level 0 -attime "$(date -u -d "$time" +%s)" -CAfile "$vectors/$anchor" "${options[@]}" \
        "$vectors/$leaf" >output 2>&1
    got=$?
    [ $got -eq 0 ] || got=1
    cases=$((cases + 1))
    [ $got -eq $wanted ] || disagreements+="$leaf: $verdict${time_given:+ at $time}"$'\n'
}
disagreements=''
while IFS= read -r line || [ -n "$line" ]; do
    case $line in
    'chain = '*) chain=${line#chain = } anchor=$default_anchor time=$default_time name='' role='' verdict='' time_given='' ;;
    'anchor = '*) anchor=${line#anchor = } ;;
    'time = '*) time=${line#time = } time_given=yes ;;
    'name = '*) name=${line#name = } ;;
    'role = '*) role=${line#role = } ;;
    'verdict = '*) verdict=${line#verdict = } && check_case ;;
    esac
done < <(sed '1,/^$/d' "$vectors/index.txt")
# Where openssl decides otherwise: it takes four that break a rule of RFC 5280 (4.1, 4.1.2.2, 4.2) or of ours for
# anchors, and at the very second of notAfter, which still belongs to the period (4.1.2.5), it refuses.
expected=$(printf '%s\n' 'extension-twice.pem: extension-twice' 'negative-serial.pem: serial' 'self-signed.pem: issuer-not-ca' \
    'server.pem: accepted at 2036-01-01T00:00:00Z' 'trailing.pem: der' | sort)
report "openssl verify agrees with the verdicts of the vectors ($cases), but for five" "$(diff <(sort <<<"$disagreements" | sed '/^$/d') <(echo "$expected"))"

# --- what inspect prints -----------------------------------------------------------------------------------------

findings=''
for file in "$vectors"/*.pem; do
    text=$("$cutaway" x509 inspect "$file" 2>/dev/null) || continue
    serial=$(openssl x509 -in "$file" -noout -serial | sed 's/serial=//' | tr A-F a-f | sed 's/^00*//')
    fingerprint=$(openssl x509 -in "$file" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)
    grep -qE "serial +0*$serial\$" <<<"$text" || findings+="$file: serial $serial"$'\n'
    grep -q "fingerprint sha256 $fingerprint\$" <<<"$text" || findings+="$file: fingerprint $fingerprint"$'\n'
    for end in start end; do
        date=$(date -u -d "$(openssl x509 -in "$file" -noout -${end}date | sed 's/.*=//')" '+%Y-%m-%d %H:%M:%S UTC')
        grep -qF "$date" <<<"$text" || findings+="$file: $date"$'\n'
    done
done
report "serial numbers, fingerprints and dates are those that openssl prints" "$findings"
"$cutaway" x509 inspect "$vectors/server.pem" >output
findings=''
for line in 'issuer      O=Example, CN=Middle' 'subject     O=Example, CN=www.example.org' 'RSA, 2048 bits, e = 65537' \
    'keyUsage, critical: digitalSignature, keyEncipherment' 'basicConstraints, critical: not a CA' 'extKeyUsage: serverAuth' \
    'host www.example.org, host *.test.example.org, address 192.0.2.1, address 2001:db8:0:0:0:0:0:1' \
    "signed with the issuer's key" 'tbsCertificate'; do
    grep -qF "$line" output || findings+="no '$line'"$'\n'
done
# The bytes that a line names are the bytes that it shows.
openssl x509 -in "$vectors/server.pem" -outform DER -out server.der
read -r from to < <(sed -n 's/^ *\([0-9]*\)\.\.\([0-9]*\) *serial .*/\1 \2/p' output)
bytes=$(tail -c +$((from + 1)) server.der | head -c $((to - from + 1)) | od -An -v -tx1 | tr -d ' \n')
grep -q "serial *$bytes\$" output || findings+="bytes $from to $to are $bytes"$'\n'
report "inspect shows every part" "$findings"
report "inspect: DER, several certificates, a root" "$(
    says 0 'CN=Root' "$cutaway" x509 inspect "$vectors/root.pem"
    says 0 'signed with its own key' "$cutaway" x509 inspect "$vectors/root.pem"
    says 0 'CA, at most 0 CAs below it' "$cutaway" x509 inspect "$vectors/middle.pem"
    says 0 'MGF1 with sha1, 0 bytes of salt' "$cutaway" x509 inspect "$vectors/server-pss-mixed.pem"
    says 0 '1.2.3.4, critical: not understood here' "$cutaway" x509 inspect "$vectors/unknown-critical.pem"
    says 0 '1.2.3.4: not looked at' "$cutaway" x509 inspect "$vectors/unknown.pem"
    cat "$vectors/server.pem" "$vectors/middle.pem" >both.pem
    says 0 'CN=Middle' "$cutaway" x509 inspect server.der
    [ "$("$cutaway" x509 inspect both.pem | grep -c 'certificate of version 3')" = 2 ] || echo "both.pem: not two"
    diff <("$cutaway" x509 inspect - <server.der) <("$cutaway" x509 inspect "$vectors/server.pem"))"

# --- verify as a command -----------------------------------------------------------------------------------------

at=(--time 2026-11-20T12:00:00Z)
report "verify: files of several certificates, times, roles" "$(
    says 0 verified "$cutaway" x509 verify "${at[@]}" --ca "$vectors/root.pem" both.pem
    says 0 'for      O=Example, CN=www.example.org, until 2036-01-01 00:00:00 UTC' "$cutaway" x509 verify "${at[@]}" --ca "$vectors/root.pem" both.pem
    says 0 'through  O=Example, CN=Middle' "$cutaway" x509 verify "${at[@]}" --ca "$vectors/root.pem" both.pem
    says 0 verified "$cutaway" x509 verify --time @1795176000 --ca "$vectors/root.pem" both.pem
    says 0 verified "$cutaway" x509 verify --time 2026-01-01 --ca "$vectors/root.pem" both.pem
    says 1 'not valid yet' "$cutaway" x509 verify --time @1767225599 --ca "$vectors/root.pem" both.pem
    says 1 'certificate 1 of 2 (O=Example, CN=www.example.org) at byte' "$cutaway" x509 verify "${at[@]}" --name no.org --ca "$vectors/root.pem" both.pem
    says 1 'middle.pem: the trusted certificate' "$cutaway" x509 verify "${at[@]}" --ca "$vectors/middle.pem" "$vectors/server.pem"
    says 1 'may not be used in this role' "$cutaway" x509 verify "${at[@]}" --role client --ca "$vectors/root.pem" both.pem
    cat "$vectors/pkits-TrustAnchorRootCertificate.pem" "$vectors/root.pem" >anchors.pem
    says 0 verified "$cutaway" x509 verify "${at[@]}" --ca anchors.pem both.pem
    says 0 'certificate 1: signature' "$cutaway" trace x509 verify "${at[@]}" --ca "$vectors/root.pem" both.pem
    says 0 'certificate 0: signature' "$cutaway" trace x509 verify "${at[@]}" --ca "$vectors/root.pem" both.pem)"
report "the openssl commands that are printed do the same" "$(
    run=$("$cutaway" x509 verify "${at[@]}" --openssl --name www.example.org --role server --ca "$vectors/root.pem" "$vectors/server.pem" "$vectors/middle.pem")
    bash -c "$run" >output 2>&1 && grep -q OK output || echo "$run: $(cat output)"
    run=$("$cutaway" x509 verify "${at[@]}" --openssl --name 192.0.2.2 --ca "$vectors/root.pem" "$vectors/server.pem" "$vectors/middle.pem")
    bash -c "$run" >output 2>&1; grep -q 'IP address mismatch' output || echo "$run: $(cat output)"
    run=$("$cutaway" x509 inspect --openssl "$vectors/server.pem")
    bash -c "$run" | grep -q 'Subject: O = Example, CN = www.example.org' || echo "$run")"
head -c 700 "$vectors/server.pem" >cut.pem
head -c 500 server.der >cut.der
says_usage() { says 2 "$@"; }
report "wrong arguments are exit status 2, wrong files 1, with one line" "$(
    says_usage 'known: inspect, verify' "$cutaway" x509
    says_usage "did you mean 'inspect'" "$cutaway" x509 inspekt
    says_usage ca "$cutaway" x509 verify server.der
    says_usage FILE "$cutaway" x509 inspect
    says_usage FILE "$cutaway" x509 inspect a b
    says_usage CERT "$cutaway" x509 verify --ca a
    for time in '' x @ @x @-1 2026 2026-13-01 2026-02-29 2026-1-1 2026-11-20T10 2026-11-20T10:00:00 2026-11-20T10:00:60Z 2026-11-20T10:00:00Zx \
        @99999999999999999999 ' 2026-11-20' 2026-11-20T10:00Z 2026-11-20T; do
        says_usage "must be like 2026-11-20" "$cutaway" x509 verify --time "$time" --ca server.der server.der
    done
    says_usage server "$cutaway" x509 verify --role cook --ca server.der server.der
    says 1 'No such file' "$cutaway" x509 inspect nonexistent.pem
    says 1 'nonexistent' "$cutaway" x509 verify --ca nonexistent.pem server.der
    says 1 'not closed' "$cutaway" x509 inspect cut.pem
    says 1 'ends inside' "$cutaway" x509 inspect cut.der
    says 1 'no certificate in it' "$cutaway" x509 inspect leaf.key
    says 1 'no certificate in it' "$cutaway" x509 inspect /dev/null
    says 1 'at most 8' "$cutaway" x509 verify "${at[@]}" --ca "$vectors/root.pem" both.pem both.pem both.pem both.pem both.pem
    says 0 'usage: cutaway x509' "$cutaway" x509 --help
    says 0 'usage: cutaway x509 verify' "$cutaway" x509 verify --help
    says 0 'usage: cutaway x509 inspect' "$cutaway" x509 inspect --help)"

echo "1..$number"
[ $failures -eq 0 ]
