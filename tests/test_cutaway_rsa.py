#!/usr/bin/python3
# cutaway rsa, against the openssl command: every key form both ways, every padding, hash and salt; every refusal.
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is written outside build/
from cutaway_support import CUTAWAY, check, fields, finish, prints, refused, run, text

draw = random.Random(1977)
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
HASHES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]


def write(name, contents):
    with open(name, "wb") as out:
        out.write(contents)
    return name


def read(name):
    with open(name, "rb") as file:
        return file.read()


def shell(command, stdin=b""):
    """A command line for the shell, as --openssl prints it, run here."""
    return subprocess.run(["sh", "-c", command], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


def openssl(*arguments, stdin=b""):
    done = subprocess.run(["openssl", *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done.stdout if done.returncode == 0 else b"openssl failed: " + done.stderr


# --- key generation ----------------------------------------------------------------------------------------------

done = run("rsa", "keygen", "--bits", 1024, "--out", "key.pem", "--pub", "pub.pem")
check("keygen: silent, and both files written", done.returncode == 0 and done.stdout == b"" and done.stderr == b"" and
      read("key.pem").startswith(b"-----BEGIN PRIVATE KEY-----\n") and
      read("pub.pem").startswith(b"-----BEGIN PUBLIC KEY-----\n"), done)
check("keygen: only the owner can read the private key", os.stat("key.pem").st_mode & 0o777 == 0o600)
check("keygen: openssl finds the key sound", b"Key is valid" in openssl("pkey", "-in", "key.pem", "-check", "-noout"))
check("keygen: openssl draws the same public key from it", openssl("pkey", "-in", "key.pem", "-pubout") == read("pub.pem"))
check("keygen: openssl would write the same file", openssl("pkey", "-in", "key.pem") == read("key.pem"))
for bits, e in [(512, 3), (512, 65537), (768, 17), (1026, 65539), (2048, 2 ** 64 + 13)]:
    pem = text("rsa", "keygen", "--bits", bits, "--e", e)
    shown = openssl("pkey", "-check", "-noout", "-text", stdin=pem.encode()).decode()
    exponent = int(re.search(r"publicExponent:\s*(\d+|[0-9a-f:\s]+?)\s*(?:\(|privateE)", shown).group(1)
                   .replace(":", "").replace("\n", "").replace(" ", "") or "0", 10 if e < 2 ** 64 else 16)
    check("keygen --bits %d --e %d, to standard output" % (bits, e), "Key is valid" in shown and
          "(%d bit" % bits in shown and exponent == e, shown)
done = run("rsa", "keygen", "--bits", 512, "--form", "pkcs1", "--out", "key1.pem", "--pub", "pub1.pem")
check("keygen --form pkcs1: openssl would write the same", done.returncode == 0 and
      openssl("rsa", "-in", "key1.pem", "-traditional") == read("key1.pem") and
      openssl("rsa", "-in", "key1.pem", "-RSAPublicKey_out") == read("pub1.pem"), done)
for options, words in [
    (["--bits", 511], ["--bits is 511", "512 to 8192"]), (["--bits", 8194], ["512 to 8192"]),
    (["--bits", 1025], ["must be even"]), (["--bits", 1024, "--e", 4], ["--e is 4", "odd"]),
    (["--bits", 1024, "--e", 1], ["--e is 1", "at least 3"]), (["--bits", "many"], ["'many'"]), ([], ["--bits N is missing"]),
    (["--bits", 1024, "--e", 2 ** 256 + 1], ["257 bits", "256"]), (["--bits", 512, "--pub", "-"], ["standard output"]),
    (["--bits", 512, "--form", "pkcs2"], ["did you mean 'pkcs"]),
]:
    refused("keygen %s" % " ".join(map(str, options))[:40], 2, words, "rsa", "keygen", *options)
refused("keygen: a folder that is not there", 1, "nowhere/key.pem", "rsa", "keygen", "--bits", 512, "--out", "nowhere/key.pem")

# --- key files, both ways ----------------------------------------------------------------------------------------

keys = {}
for bits in [512, 1024, 1025, 2048]:
    pem = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:%d" % bits)
    write("k%d.pem" % bits, pem)
    write("p%d.pem" % bits, openssl("pkey", "-pubout", stdin=pem))
    keys[bits] = int(openssl("rsa", "-in", "k%d.pem" % bits, "-modulus", "-noout").decode().split("=")[1], 16)
    shown = text("rsa", "inspect", "k%d.pem" % bits)
    lines = [line.strip() for line in shown.splitlines()]
    n = int("".join(lines[lines.index("n     the modulus, %d bits" % bits) + 1:lines.index("e     the public exponent, 17 bits:")]), 16)
    check("inspect: an openssl key of %d bits, its modulus and its checks" % bits, n == keys[bits] and "BAD" not in shown and
          shown.count("\n  ok ") == 15 and ("nothing found" in shown) == (bits == 2048), shown)
forms = {
    "PKCS #8 PEM": openssl("pkey", "-in", "k1024.pem"),
    "PKCS #8 DER": openssl("pkey", "-in", "k1024.pem", "-outform", "DER"),
    "PKCS #1 PEM": openssl("rsa", "-in", "k1024.pem", "-traditional"),
    "PKCS #1 DER": openssl("rsa", "-in", "k1024.pem", "-traditional", "-outform", "DER"),
    "SubjectPublicKeyInfo PEM": openssl("pkey", "-in", "k1024.pem", "-pubout"),
    "SubjectPublicKeyInfo DER": openssl("pkey", "-in", "k1024.pem", "-pubout", "-outform", "DER"),
    "PKCS #1 public PEM": openssl("rsa", "-in", "k1024.pem", "-RSAPublicKey_out"),
    "PKCS #1 public DER": openssl("rsa", "-in", "k1024.pem", "-RSAPublicKey_out", "-outform", "DER"),
}
for name, contents in forms.items():
    private = "public" not in name.lower()
    path = write("form.key", contents)
    done = run("rsa", "inspect", "--pub", "again.pem", path)
    check("inspect: " + name, done.returncode == 0 and done.stdout.startswith(b"RSA %s key of 1024 bits" % (
        b"private" if private else b"public")) and read("again.pem") == forms["SubjectPublicKeyInfo PEM"], done)
    command = text("rsa", "inspect", "--openssl", path)
    if "PEM" in name:
        shown = shell(command)
        check("inspect --openssl: " + name, shown.returncode == 0 and b"1024 bit" in shown.stdout, command, shown)
    secret = run("rsa", "encrypt", "--key", path, "--padding", "oaep", stdin=b"in whatever form").stdout
    if private:
        check("decrypt with " + name, run("rsa", "decrypt", "--key", path, "--padding", "oaep", stdin=secret).stdout == b"in whatever form")
    else:
        check("encrypt with " + name, run("rsa", "decrypt", "--key", "k1024.pem", "--padding", "oaep", stdin=secret).stdout == b"in whatever form")
        refused("decrypt with " + name, 1, ["form.key", "public key"], "rsa", "decrypt", "--key", path, "--padding", "oaep", stdin=secret)
done = run("rsa", "inspect", "-", stdin=forms["PKCS #8 PEM"])
check("inspect: a key from standard input", done.returncode == 0 and done.stdout.startswith(b"RSA private"), done)
weak = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-pkeyopt", "rsa_keygen_pubexp:3")
done = run("rsa", "inspect", "-", stdin=weak)
check("inspect: e = 3 is explained", done.returncode == 0 and b"e = 3:" in done.stdout and b"fewer than 2048" in done.stdout, done)
done = run("rsa", "inspect", "k512.pem")
check("inspect: a modulus that can be factored is explained", b"RSA-250" in done.stdout, done)


# Public keys with a weakness that shows in n alone.
def public_der(n, e):
    def integer(x):
        body = x.to_bytes(x.bit_length() // 8 + 1, "big")
        return b"\x02" + length(body) + body

    def length(body):
        size = len(body)
        return bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")

    body = integer(n) + integer(e)
    return b"\x30" + length(body) + body


p = int(text("prime", "generate", "--bits", 512))
q = p + 2
while run("prime", "test", q, "--rounds", 4).returncode != 0:
    q += 2
prime = int(text("prime", "generate", "--bits", 1024))
for name, n, words in [("close primes", p * q, b"Fermat's method splits n"), ("a prime modulus", prime, b"n is prime"),
                       ("a small factor", 3 * prime, b"trial division finds it")]:
    done = run("rsa", "inspect", write("weak.der", public_der(n, 65537)))
    check("inspect: %s: status 1 and why" % name, done.returncode == 1 and words in done.stdout and b"\n  BAD" in done.stdout, done)

# --- files that are no key ---------------------------------------------------------------------------------------

good = forms["PKCS #8 PEM"]
lines = good.split(b"\n")
ec = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
der = bytearray(forms["PKCS #1 DER"])
der[-1] ^= 1
encrypted = openssl("pkey", "-in", "k1024.pem", "-aes128", "-passout", "pass:x")
for name, contents, words in [
    ("nothing", b"", "byte 0"), ("some text", b"hello\n", "byte 0 of the file"),
    ("no END line", b"\n".join(lines[:-2]), "END"), ("bad base64", good.replace(lines[3][:4], b"!!!!"), "at byte"),
    ("a DER that is cut short", forms["PKCS #8 DER"][:-9], "at byte"), ("an EC key", ec, "not RSA"),
    ("an encrypted key", encrypted, "encrypted"), ("a wrong qInv", bytes(der), "qInv"), ("too much", b"x" * 20000, "16384"),
]:
    refused("a key file that is " + name, 1, ["bad.pem", words], "rsa", "inspect", write("bad.pem", contents))
refused("a key file that is not there", 1, ["none.pem", "No such file"], "rsa", "inspect", "none.pem")
refused("a key file that is a folder", 1, "directory", "rsa", "inspect", ".")
refused("inspect without a key", 2, "usage", "rsa", "inspect")

# --- encryption --------------------------------------------------------------------------------------------------

wrong, commands = [], []
for bits in [512, 1024, 1025, 2048]:
    k, secret_key, public_key = (bits + 7) // 8, "k%d.pem" % bits, "p%d.pem" % bits
    variants = [(["--padding", "pkcs1"], k - 11), (["--padding", "none"], k)]
    for name in HASHES:
        size = hashlib.new(name).digest_size
        if k - 2 * size - 2 >= 0:
            variants.append((["--padding", "oaep", "--hash", name], k - 2 * size - 2))
            variants.append((["--padding", "oaep", "--hash", name, "--mgf-hash", draw.choice(HASHES), "--label", "00ff20"],
                             k - 2 * size - 2))
    for options, longest in variants:
        raw = options[1] == "none"
        for length in [k] if raw else [0 if bits == 512 else draw.randint(0, longest), longest]:
            message = (draw.randrange(keys[bits]).to_bytes(k, "big") if raw else draw.randbytes(length))
            write("m", message)
            # ours to openssl, openssl to ours, each by the command that --openssl prints
            ours = ["--out", "c", "m"]
            done = run("rsa", "encrypt", "--key", public_key, *options, *ours)
            back = shell(text("rsa", "decrypt", "--key", secret_key, *options, "--openssl", "c"))
            there = shell(text("rsa", "encrypt", "--key", public_key, *options, "--openssl", "m"))
            again = run("rsa", "decrypt", "--key", secret_key, *options, "-", stdin=there.stdout)
            commands.append(4)
            if done.returncode or back.stdout != message or again.stdout != message or len(there.stdout) != k:
                wrong.append((bits, options, length, done, back, there, again))
        if not raw:
            refused("encrypt: %d bits %s, a byte too long" % (bits, " ".join(options)), 1,
                    ["longer than %d bytes" % longest, "%d-bit key" % bits], "rsa", "encrypt", "--key", public_key, *options,
                    stdin=bytes(longest + 1))
check("encrypt and decrypt: %d runs beside openssl, all paddings, hashes, labels and lengths" % sum(commands), not wrong, wrong[:2])
secret = run("rsa", "encrypt", "--key", "p1024.pem", "--padding", "oaep", "--in", "0001ff").stdout
check("encrypt --in HEX, decrypt --in HEX",
      run("rsa", "decrypt", "--key", "k1024.pem", "--padding", "oaep", "--in", secret.hex()).stdout == b"\x00\x01\xff")
shown = shell(text("rsa", "encrypt", "--key", "p1024.pem", "--padding", "pkcs1", "--in", "0001ff27", "--openssl"))
check("encrypt --in HEX --openssl", run("rsa", "decrypt", "--key", "k1024.pem", "--padding", "pkcs1", stdin=shown.stdout).stdout ==
      b"\x00\x01\xff'", shown)
done = run("rsa", "encrypt", "--key", "p1024.pem", "--padding", "none", "--in", "41")
check("encrypt --padding none takes a short number too", int.from_bytes(done.stdout, "big") == pow(0x41, 65537, keys[1024]) and
      len(done.stdout) == 128, done)
damaged = bytearray(secret)
damaged[77] ^= 4
for name, key, options, stdin, words in [
    ("another key", "key.pem", ["--padding", "oaep"], secret, "decryption failed"),
    ("another padding", "k1024.pem", ["--padding", "pkcs1"], secret, "decryption failed"),
    ("another hash", "k1024.pem", ["--padding", "oaep", "--hash", "sha1"], secret, "decryption failed"),
    ("another hash of MGF1", "k1024.pem", ["--padding", "oaep", "--mgf-hash", "sha1"], secret, "decryption failed"),
    ("another label", "k1024.pem", ["--padding", "oaep", "--label", "00"], secret, "decryption failed"),
    ("a damaged ciphertext", "k1024.pem", ["--padding", "oaep"], bytes(damaged), "decryption failed"),
    ("a ciphertext of n or more", "k1024.pem", ["--padding", "oaep"], b"\xff" * 128, "decryption failed"),
    ("a ciphertext too short", "k1024.pem", ["--padding", "oaep"], secret[1:], "has 127 bytes"),
    ("a ciphertext too long", "k1024.pem", ["--padding", "pkcs1"], secret + b"x", "longer than 128"),
    ("no ciphertext", "k1024.pem", ["--padding", "none"], b"", "has 0 bytes"),
]:
    refused("decrypt: " + name, 1, words, "rsa", "decrypt", "--key", key, *options, stdin=stdin)
refused("encrypt: a number of n or more", 1, "not below the modulus", "rsa", "encrypt", "--key", "p1024.pem", "--padding", "none",
        stdin=b"\xff" * 128)
refused("encrypt: the hash is too long for the key", 1, ["sha256", "at least 521 bits", "has 512"], "rsa", "encrypt", "--key",
        "p512.pem", "--padding", "oaep", stdin=b"")
for name, options, words in [
    ("no key", ["--padding", "oaep"], "--key PEM is missing"), ("no padding", ["--key", "p1024.pem"], "--padding NAME is missing"),
    ("a padding nearly right", ["--key", "p1024.pem", "--padding", "oeap"], "did you mean 'oaep'?"),
    ("a hash nearly right", ["--key", "p1024.pem", "--padding", "oaep", "--hash", "sha265"], "did you mean 'sha256'?"),
    ("an odd label", ["--key", "p1024.pem", "--padding", "oaep", "--label", "abc"], "3 hex digits, an odd number"),
    ("a hash for pkcs1", ["--key", "p1024.pem", "--padding", "pkcs1", "--hash", "sha1"], "belong to --padding oaep"),
    ("two inputs", ["--key", "p1024.pem", "--padding", "oaep", "--in", "00", "m"], "exclude each other"),
    ("key and message from one stream", ["--key", "-", "--padding", "oaep"], "both be standard input"),
]:
    refused("encrypt: " + name, 2, words, "rsa", "encrypt", *options)

# --- signatures --------------------------------------------------------------------------------------------------

wrong, runs = [], 0
for bits in [512, 1024, 1025, 2048]:
    secret_key, public_key = "k%d.pem" % bits, "p%d.pem" % bits
    for name in HASHES:
        size = hashlib.new(name).digest_size
        most = (bits - 1 + 7) // 8 - size - 2
        variants = []
        if (bits + 7) // 8 >= size + 19 + 11:
            variants += [(["--padding", "pkcs1"], ["--padding", "pkcs1"])]
        if most >= 0:
            variants += [(["--padding", "pss", "--salt", 0], ["--padding", "pss", "--salt", 0]),
                         (["--padding", "pss", "--salt", "max"], ["--padding", "pss", "--salt", "any"]),
                         (["--padding", "pss", "--salt", "max"], ["--padding", "pss", "--salt", most]),
                         (["--padding", "pss", "--salt", "max"], ["--padding", "pss", "--salt", "max"])]
            refused("sign: %d bits, %s, a salt a byte too long" % (bits, name), 2, "at most %d" % most, "rsa", "sign", "--key",
                    secret_key, "--padding", "pss", "--hash", name, "--salt", most + 1, stdin=b"")
        if most >= size:
            variants += [(["--padding", "pss"], ["--padding", "pss"]),
                         (["--padding", "pss", "--mgf-hash", "sha1"], ["--padding", "pss", "--mgf-hash", "sha1"])]
        for making, checking in variants:
            making, checking = ["--hash", name, *map(str, making)], ["--hash", name, *map(str, checking)]
            write("m", draw.randbytes(draw.randint(0, 300)))
            done = run("rsa", "sign", "--key", secret_key, *making, "--sig", "s", "m")
            theirs = shell(text("rsa", "verify", "--key", public_key, *checking, "--sig", "s", "--openssl", "m"))
            mine = run("rsa", "verify", "--key", secret_key, *checking, "--sig", "s", "m")
            there = shell(text("rsa", "sign", "--key", secret_key, *making, "--sig", "t", "--openssl", "m"))
            back = run("rsa", "verify", "--key", public_key, *checking, "--sig", "t", "m")
            runs += 5
            if (done.returncode or b"Verified OK" not in theirs.stdout or mine.stdout != b"the signature is valid\n" or
                    there.returncode or back.stdout != b"the signature is valid\n" or
                    ("pkcs1" in making and read("s") != read("t"))):
                wrong.append((bits, making, checking, done, theirs, mine, there, back))
check("sign and verify: %d runs beside openssl, both paddings, all hashes and salts" % runs, not wrong, wrong[:2])

write("m", b"pay 10 to Alice\n")
for padding in ["pss", "pkcs1"]:
    run("rsa", "sign", "--key", "k1024.pem", "--padding", padding, "--sig", "s", "m")
    signature = read("s")
    check("sign: raw bytes, as long as the modulus (%s)" % padding, len(signature) == 128)
    done = run("rsa", "verify", "--key", "p1024.pem", "--padding", padding, "--sig", "s", "--openssl", "m")
    private = shell(text("rsa", "verify", "--key", "k1024.pem", "--padding", padding, "--sig", "s", "--openssl", "m"))
    check("verify --openssl with a private key (%s)" % padding, b"Verified OK" in private.stdout, private)
    # openssl has no "-" for a key or a signature: standard input must be named
    line = run("rsa", "sign", "--key", "-", "--padding", padding, "--openssl", "m", stdin=read("k1024.pem")).stdout.decode()
    theirs = shell(line, read("k1024.pem")).stdout
    write("theirs", theirs)
    done = run("rsa", "verify", "--key", "p1024.pem", "--padding", padding, "--sig", "theirs", "m")
    check("sign --openssl, the key on standard input (%s)" % padding, done.returncode == 0, line, done)
    write("-m", read("m"))
    line = run("rsa", "verify", "--key", "p1024.pem", "--padding", padding, "--sig", "s", "--openssl", "--", "-m").stdout.decode()
    check("verify --openssl of a file whose name starts with a dash (%s)" % padding, b"Verified OK" in shell(line).stdout, line)
    for key, sig, standard in [("-", "s", "p1024.pem"), ("p1024.pem", "-", "s")]:
        line = run("rsa", "verify", "--key", key, "--padding", padding, "--sig", sig, "--openssl", "m", stdin=read("p1024.pem"))
        theirs = shell(line.stdout.decode(), read(standard))
        check("verify --openssl, %s on standard input (%s)" % (standard, padding), b"Verified OK" in theirs.stdout, line, theirs)
        refused("verify --openssl, %s and --in on standard input (%s)" % (standard, padding), 1, ["standard input"], "rsa", "verify",
                "--key", key, "--padding", padding, "--sig", sig, "--openssl", "--in", "00", stdin=read("p1024.pem"))
    flipped = bytearray(signature)
    flipped[64] ^= 1
    write("flipped", bytes(flipped))
    write("short", signature[:-1])
    write("long", signature + b"\0")
    write("huge", b"\xff" * 128)
    for name, key, options, sig, message in [
        ("another message", "p1024.pem", [], "s", b"pay 99 to Alice\n"), ("another key", "pub.pem", [], "s", b"pay 10 to Alice\n"),
        ("another hash", "p1024.pem", ["--hash", "sha1"], "s", b"pay 10 to Alice\n"), ("a flipped bit", "p1024.pem", [], "flipped", b"pay 10 to Alice\n"),
        ("a byte missing", "p1024.pem", [], "short", b"pay 10 to Alice\n"), ("a byte more", "p1024.pem", [], "long", b"pay 10 to Alice\n"),
        ("n or more", "p1024.pem", [], "huge", b"pay 10 to Alice\n"),
    ]:
        refused("verify: %s (%s)" % (name, padding), 1, "the signature is not valid", "rsa", "verify", "--key", key, "--padding",
                padding, *options, "--sig", sig, stdin=message)
    for sig, size in [("short", 127), ("long", 129)]:
        refused("verify: %d bytes, the length is named (%s)" % (size, padding), 1, "has %d bytes; this key makes 128" % size, "rsa",
                "verify", "--key", "p1024.pem", "--padding", padding, "--sig", sig, "m")
    done = run("rsa", "sign", "--key", "k1024.pem", "--padding", padding, "--in", b"pay 10 to Alice\n".hex())
    write("s", done.stdout)
    prints("sign --in HEX to standard output, verify from a pipe (%s)" % padding, "the signature is valid", "rsa", "verify",
           "--key", "p1024.pem", "--padding", padding, "--sig", "s", stdin=b"pay 10 to Alice\n")
run("rsa", "sign", "--key", "k1024.pem", "--padding", "pss", "--salt", "20", "--sig", "s", "m")
for salt, status in [("20", 0), ("any", 0), ("max", 1), ("19", 1), ("21", 1), ("0", 1)]:
    done = run("rsa", "verify", "--key", "p1024.pem", "--padding", "pss", "--salt", salt, "--sig", "s", "m")
    check("verify --salt %s of a signature with 20 bytes" % salt, done.returncode == status, done)
prints("verify takes any salt unless told otherwise", "the signature is valid", "rsa", "verify", "--key", "p1024.pem", "--padding",
       "pss", "--sig", "s", "m")
run("rsa", "sign", "--key", "k1024.pem", "--padding", "pss", "--sig", "s", "m")
prints("sign takes a salt as long as the digest unless told otherwise", "the signature is valid", "rsa", "verify", "--key",
       "p1024.pem", "--padding", "pss", "--salt", 32, "--sig", "s", "m")
refused("verify: a public key cannot sign", 1, ["p1024.pem", "public key"], "rsa", "sign", "--key", "p1024.pem", "--padding", "pss", "m")
refused("sign: the key is too short for the hash", 1, ["512-bit", "sha512"], "rsa", "sign", "--key", "k512.pem", "--padding",
        "pss", "--hash", "sha512", "m")
refused("sign: the key is too short for the hash, PKCS #1", 1, ["512-bit", "sha512"], "rsa", "sign", "--key", "k512.pem",
        "--padding", "pkcs1", "--hash", "sha512", "m")
refused("sign: a message that is not there", 1, ["none", "No such file"], "rsa", "sign", "--key", "k1024.pem", "--padding", "pss", "none")
refused("verify: a signature that is not there", 1, ["none", "No such file"], "rsa", "verify", "--key", "p1024.pem", "--padding",
        "pss", "--sig", "none", "m")
for name, verb, options, words in [
    ("a salt that is no number", "sign", ["--padding", "pss", "--salt", "long"], "'long'"),
    ("a negative salt", "sign", ["--padding", "pss", "--salt=-1"], "'-1'"),
    ("any salt when signing", "sign", ["--padding", "pss", "--salt", "any"], "for verifying"),
    ("a salt for pkcs1", "sign", ["--padding", "pkcs1", "--salt", "8"], "belongs to --padding pss"),
    ("a padding of encryption", "sign", ["--padding", "oaep"], "pss, pkcs1"),
    ("no signature", "verify", ["--padding", "pss"], "--sig FILE is missing"),
    ("two streams from standard input", "verify", ["--padding", "pss", "--sig", "-"], "standard input"),
    ("an unknown hash", "verify", ["--padding", "pss", "--sig", "s", "--hash", "whirlpool"], "known: md5"),
]:
    refused("%s: %s" % (verb, name), 2, words, "rsa", verb, "--key", "k1024.pem", *options)
refused("raw --openssl", 1, ["openssl takes its numbers from key files only"], "rsa", "raw", "--n", "3233", "--e", "17", "--openssl", "65")
refused("rsa: a verb nearly right", 2, "did you mean 'verify'?", "rsa", "verfy")
refused("rsa: an option nearly right", 2, "did you mean '--padding'?", "rsa", "sign", "--paddin", "pss")

# A pipe that delivers its message in two parts, with a pause that makes it likely that they are read apart.
done = shell("(printf 'pay 10 '; sleep 0.2; printf 'to Alice\\n') | '%s' rsa sign --key k1024.pem --padding pkcs1" % CUTAWAY)
check("sign: a message that comes through a pipe in parts", done.stdout == run(
    "rsa", "sign", "--key", "k1024.pem", "--padding", "pkcs1", "--in", b"pay 10 to Alice\n".hex()).stdout != b"", done)

# A file larger than the memory that the program may have: it is hashed in pieces.
with open("large", "wb") as large:
    large.truncate(256 << 20)
limited = "ulimit -v 120000; " if "sanitize" not in os.environ.get("BUILD", "") else ""
done = shell(limited + "exec '%s' rsa sign --key k1024.pem --padding pss --sig s large" % CUTAWAY)
check("sign: 256 MiB in constant memory", done.returncode == 0 and b"Verified OK" in
      shell(text("rsa", "verify", "--key", "p1024.pem", "--padding", "pss", "--sig", "s", "--openssl", "large")).stdout, done)
os.unlink("large")

# --- keygen --openssl: what it prints makes a key ----------------------------------------------------------------

for options in [["--out", "o.pem", "--pub", "op.pem"], ["--out", "o.pem", "--pub", "op.pem", "--form", "pkcs1"], ["--out", "a b.pem"]]:
    command = text("rsa", "keygen", "--bits", 512, "--openssl", *options)
    done = shell(command)
    check("keygen --openssl " + " ".join(options), done.returncode == 0 and all(
        run("rsa", "inspect", name).returncode == 0 for name in options[1:4:2]), command, done)
command = text("rsa", "keygen", "--bits", 512, "--e", 3, "--openssl")
check("keygen --openssl to standard output", b"e = 3" in run("rsa", "inspect", "-", stdin=shell(command).stdout).stdout, command)

# --- raw: the exercises of the textbooks -------------------------------------------------------------------------

for expected, words in [
    (2790, "--n 3233 --e 17 65"), (65, "--n 3233 --d 2753 2790"), (65, "--n 3233 --d 413 2790"),
    (65, "--n 3233 --d 2753 --p 61 --q 53 2790"), (65, "--p 53 --q 61 --e 17 2790"), (65, "--n 3233 --p 61 --e 17 2790"),
    (65, "--n 3233 --q 61 --d 2753 2790"), ("0xae6", "--n 0xca1 --e 17 0x41"), (0, "--n 3233 --e 17 0"), (3232, "--n 3233 --e 17 3232"),
    (pow(920, 17, 2773), "--n 2773 --e 17 920"), (920, "--p 47 --q 59 --d 157 948"),
    (pow(2, 7, 33), "--n 33 --e 7 2"), (2, "--p 11 --q 3 --d 3 29"),
]:
    prints("raw " + words, expected, "rsa", "raw", *words.split())
n, m = keys[2048], draw.randrange(keys[2048])
prints("raw: 2048 bits", pow(m, 65537, n), "rsa", "raw", "--n", n, "--e", 65537, m)
for words, explanation in [
    ("--n 3233 --e 17 3233", "below n = 3233"), ("--n 3233 --e 17 -1", "at least 0"), ("--n 3233 65", "--e E or --d D is missing"),
    ("--n 3233 --e 17 --d 3 65", "exclude each other"), ("--e 17 65", "--n N is missing"), ("--n 3233 --p 61 --q 59 --d 3 65", "p * q = 3599, not n = 3233"),
    ("--n 3233 --p 59 --d 3 65", "does not divide n = 3233"), ("--p 61 --d 3 65", "--p alone"), ("--p 61 --q 61 --e 17 65", "different"),
    ("--p 61 --q 53 --e 5 65", "no inverse"), ("--p 61 --q 2 --e 5 65", "odd"), ("--n 3233 --e 0 65", "--e is 0"),
    ("--n 3233 --d -5 65", "--d is -5"), ("--n 0 --e 3 0", "--n is 0"), ("--n 3233 --e 17 x", "VALUE"), ("--n 3233 --e 17", "usage"),
    ("--n 3233 --e seventeen 65", "--e wants an integer"), ("--n 44 --p 22 --d 3 5", "--p is 22"),
    ("--p 15 --q 7 --d 5 2", "--p is 15, which is not prime"), ("--n 105 --p 7 --e 5 2", "q is 15, which is not prime"),
]:
    refused("raw " + words, 2, explanation, "rsa", "raw", *words.split())

# --- the traces --------------------------------------------------------------------------------------------------

for words, parts in [
    (["sign", "--key", "k1024.pem", "--padding", "pss", "--in", "616263"], ["mHash", "salt", "maskedDB", "EM", "m1 = c^dP mod p", "qInv"]),
    (["sign", "--key", "k1024.pem", "--padding", "pkcs1", "--in", "616263"], ["EM", "m1 = c^dP mod p"]),
    (["encrypt", "--key", "p1024.pem", "--padding", "oaep", "--in", "616263"], ["lHash", "seed", "maskedSeed", "maskedDB", "EM"]),
    (["decrypt", "--key", "k1024.pem", "--padding", "oaep", "--in", secret.hex()], ["maskedSeed", "maskedDB", "m1 = c^dP mod p"]),
    (["raw", "--n", 3233, "--d", 2753, "--p", 61, "--q", 53, 2790], ["m = c^d mod n", "m1", "m2", "qInv", "h", "65"]),
    (["raw", "--n", 3233, "--e", 17, 65], ["2790"]),
]:
    done = run("trace", "rsa", *words)
    check("trace rsa " + " ".join(map(str, words))[:60], done.returncode == 0 and all(part.encode() in done.stdout for part in parts),
          done.stdout[-3000:], done.stderr)
for name, ciphertext, parts in [
    ("one that is no ciphertext", "00" * 100 + "01" * 28, ["\nEM  ", "\nM                 decryption error"]),
    ("one above n", "ff" * 128, ["\n0 <= in < n       no"]),
]:
    for padding in ["oaep", "pkcs1"]:
        done = run("trace", "rsa", "decrypt", "--key", "k1024.pem", "--padding", padding, "--in", ciphertext)
        check("trace rsa decrypt of %s says where it ends (%s)" % (name, padding), done.returncode == 1 and b"\nresult" not in done.stdout and
              all(part.encode() in done.stdout for part in parts) and b"no bytes" not in done.stdout, done.stdout[-3000:], done.stderr)
done = run("trace", "rsa", "sign", "--key", "k1024.pem", "--padding", "pkcs1", "--in", "616263", "--color", "never")
check("trace rsa sign: one padded block, with the digest in it", done.stdout.count(b"\nEM: T: H ") == 1 and
      hashlib.sha256(b"abc").hexdigest().encode() in done.stdout, done.stdout[:3000])
for verb in ["", "keygen", "inspect", "encrypt", "decrypt", "sign", "verify", "raw"]:
    done = run("rsa", *([verb] if verb else []), "--help")
    check("help: cutaway rsa " + verb, done.returncode == 0 and done.stdout.startswith(b"usage: cutaway rsa") and b"Example:" in done.stdout, done)

folder.cleanup()
finish()
