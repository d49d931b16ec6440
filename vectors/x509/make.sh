#!/usr/bin/env bash
# Makes the certificates of this folder with openssl (3.0), for index.txt: `vectors/x509/make.sh FOLDER`. Keys are drawn
# at random and thrown away, so another run makes other certificates; the verdicts stay. The pkits-*.pem are NIST's.
set -eu
out=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
touch index.db
cat >ca.conf <<'CONF'
[ca]
default_ca = ours
[ours]
database = index.db
new_certs_dir = .
unique_subject = no
policy = any
default_md = sha256
rand_serial = yes
[any]
organizationName = optional
commonName = optional
CONF

# issue NAME SUBJECT ISSUER START END EXTENSIONS [OPTION...]: a new key and a certificate for it. ISSUER "self": a root.
issue() {
    local name=$1 subject=$2 issuer=$3 start=$4 end=$5 extensions=$6
    shift 6
    openssl req -new -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "$subject" 2>/dev/null
    printf '[x]\n%b\n' "$extensions" >"$name.ext"
    if [ "$issuer" = self ]; then
        set -- -selfsign -keyfile "$name.key" "$@"
    else
        set -- -cert "$out/$issuer.pem" -keyfile "$issuer.key" "$@"
    fi
    openssl ca -batch -notext -config ca.conf -in "$name.csr" -out "$out/$name.pem" -startdate "$start" -enddate "$end" \
        -extfile "$name.ext" -extensions x "$@" 2>"$name.log" || { cat "$name.log"; exit 1; }
}
# patch NAME FROM PYTHON: changes the DER `d` (a bytearray) of another certificate; sign() makes a signature that fits.
patch() {
    openssl x509 -in "$out/$2.pem" -outform DER | python3 -c "
import sys, base64, subprocess
d = bytearray(sys.stdin.buffer.read())
def sign():
    tbs = d[4:8 + int.from_bytes(d[6:8], 'big')]
    d[-256:] = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', 'middle.key'], input=tbs, capture_output=True).stdout
$3
text = base64.b64encode(d).decode()
print('-----BEGIN CERTIFICATE-----')
print('\n'.join(text[i:i + 64] for i in range(0, len(text), 64)))
print('-----END CERTIFICATE-----')" >"$1.new"
    mv "$1.new" "$out/$1.pem"
}

from=20260101000000Z to=20360101000000Z
ca='basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash'
leaf='basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth\nsubjectAltName = DNS:www.example.org, DNS:*.test.example.org, IP:192.0.2.1, IP:2001:db8::1
subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid'
server=/O=Example/CN=www.example.org

issue root "/O=Example/CN=Root" self $from $to "$ca"
issue middle "/O=Example/CN=Middle" root $from $to "${ca/CA:TRUE/CA:TRUE, pathlen:0}"
issue server $server middle $from $to "$leaf"
issue server-sha1 $server middle $from $to "$leaf" -md sha1
issue server-sha512 $server middle $from $to "$leaf" -md sha512
issue server-pss $server middle $from $to "$leaf" -md sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48
issue server-pss-mixed $server middle $from $to "$leaf" -md sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:0 \
    -sigopt rsa_mgf1_md:sha1
issue generalized-time $server middle $from 20600101000000Z "$leaf"
issue expired $server middle 20200101000000Z 20210101000000Z "$leaf"
issue not-yet-valid $server middle 20350101000000Z $to "$leaf"
issue below "/O=Example/CN=Below" middle $from $to "$ca"
issue server-below $server below $from $to "$leaf"
issue server-by-server $server server $from $to "$leaf"
issue no-cert-sign "/O=Example/CN=No certificates" root $from $to "${ca/keyCertSign, /}"
issue server-no-cert-sign $server no-cert-sign $from $to "$leaf"
issue client "/O=Example/CN=client" middle $from $to "${leaf/serverAuth/clientAuth}"
issue unknown-critical $server middle $from $to "$leaf\n1.2.3.4 = critical, DER:0500"
issue unknown $server middle $from $to "$leaf\n1.2.3.4 = DER:0500"
issue self-signed $server self $from $to "$leaf"
issue version-1 $server middle $from $to "" && openssl x509 -req -in version-1.csr -CA "$out/middle.pem" -CAkey middle.key \
    -set_serial 77 -days 3650 -out "$out/version-1.pem" 2>/dev/null
openssl x509 -req -in server.csr -CA "$out/middle.pem" -CAkey middle.key -set_serial -77 -days 3650 -extfile server.ext \
    -extensions x -out "$out/negative-serial.pem" 2>/dev/null
patch bad-signature server 'd[-1] ^= 1'
patch changed server 'at = d.index(b"www.example.org"); d[at:at + 3] = b"ftp"'
patch algorithms-differ server 'at = d.rindex(bytes.fromhex("2a864886f70d01010b")); d[at + 8] = 0x0c'
patch trailing server 'd += b"\0"'
issue extension-twice $server middle $from $to "$leaf\n1.2.3.4 = DER:0500\n1.2.3.5 = DER:0500"
patch extension-twice extension-twice 'd[d.index(b"\x06\x03\x2a\x03\x05") + 4] = 4; sign()'
patch bad-time server 'at = d.index(b"260101000000Z"); d[at + 2:at + 4] = b"13"; sign()'
pkits=/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data/certs
for name in TrustAnchorRootCertificate GoodCACert ValidCertificatePathTest1EE InvalidEESignatureTest3EE; do
    openssl x509 -inform DER -in "$pkits/$name.crt" -out "$out/pkits-$name.pem"
done
