#!/usr/bin/python3
# cutaway elgamal and dh: against Python's arithmetic, against openssl's Diffie-Hellman, and every refusal.
import hashlib
import math
import os
import random
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is written outside build/
from cutaway_support import check, fields, finish, prints, refused, run, text

draw = random.Random(1976)
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120).stdout.decode()


def hex_of(shown, name):
    return int(re.sub(r"[\s:]", "", re.search(name + r":\n((?:\s+[0-9a-f:]+\n?)+)", shown).group(1)), 16)


# --- Diffie-Hellman ----------------------------------------------------------------------------------------------

done = run("dh", "keygen", "--group", "toy-1021", "--private", 6)
check("dh keygen: the public key of a given private key", done.stdout == b"group = toy-1021\nx = 6\ny = %d\n" % pow(22, 6, 1021), done)
check("dh: a toy says so", b"note: p has 10 bits, a toy" in done.stderr, done)
ours = fields(text("dh", "keygen", "--group", "toy-1021"))
check("dh keygen: y = g^x", ours["y"] == pow(22, ours["x"], 1021) and 1 <= ours["x"] < 1020, ours)
four = fields(text("dh", "keygen", "--group", "toy-4digit"))
check("dh keygen --group toy-4digit prints its numbers", 1009 <= four["p"] <= 1999 and four["y"] == pow(four["g"], four["x"], four["p"]), four)
wrong = []
for case in range(20):
    a, b = draw.randint(1, 1019), draw.randint(1, 1019)
    if pow(22, b, 1021) in (1, 1020) or pow(22, a * b, 1021) in (1, 1020):
        continue
    got = text("dh", "derive", "--group", "toy-1021", "--private", a, "--peer", pow(22, b, 1021))
    if got != "%04x" % pow(22, a * b, 1021):
        wrong.append((a, b, got))
check("dh derive: toy runs as Python's pow, as many bytes as p has", not wrong, wrong)

for group in ["ffdhe2048", "modp-2048"]:
    for name in ["alice", "bob"]:
        done = run("dh", "keygen", "--group", group, "--out", name + ".txt", *(["--hex"] if name == "bob" else []))
        check("dh keygen --out: %s, silent, and only the owner can read it" % group, done.returncode == 0 and done.stdout == b"" and
              done.stderr == b"" and os.stat(name + ".txt").st_mode & 0o777 == 0o600, done)
    alice, bob = (fields(open(name + ".txt").read()) for name in ["alice", "bob"])
    at_alice = text("dh", "derive", "--key", "alice.txt", "--peer", bob["y"])
    at_bob = text("dh", "derive", "--group", group, "--private", bob["x"], "--peer", hex(alice["y"]))
    check("dh derive: both ends agree (%s)" % group, at_alice == at_bob and len(at_alice) == 512, at_alice, at_bob)

# openssl has the private key of one end and the public key of the other, and derives the same.
for name in ["ours", "theirs"]:
    openssl("genpkey", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", name + ".pem")
    openssl("pkey", "-in", name + ".pem", "-pubout", "-out", name + ".pub")
shown = openssl("pkey", "-in", "ours.pem", "-noout", "-text")
private, public = hex_of(shown, "private-key"), hex_of(shown, "public-key")
peer = hex_of(openssl("pkey", "-in", "theirs.pem", "-noout", "-text"), "public-key")
made = fields(text("dh", "keygen", "--group", "ffdhe2048", "--private", private))
check("dh keygen: our arithmetic on openssl's private key gives openssl's public key", made["y"] == public)
openssl("pkeyutl", "-derive", "-inkey", "ours.pem", "-peerkey", "theirs.pub", "-pkeyopt", "pad:1", "-out", "z")
prints("dh derive: the same secret as openssl's", open("z", "rb").read().hex(), "dh", "derive", "--group", "ffdhe2048",
       "--private", private, "--peer", peer)
check("dh derive: --p and --g instead of the name", text("dh", "derive", "--p", 1021, "--g", 22, "--private", 6, "--peer", 299) ==
      text("dh", "derive", "--group", "toy-1021", "--private", 6, "--peer", 299))

for peer, words in [(0, "below 2"), (1, "below 2"), (-3, "below 2"), (1020, "p-1 or more"), (1021, "p-1 or more"),
                    (pow(22, 510, 1021), "p-1 or more"), (pow(22, 340, 1021), "1 or p-1")]:
    refused("dh derive: the peer's %d is refused" % peer, 1, ["refused", words], "dh", "derive", "--group", "toy-1021",
            "--private", 6, "--peer=%d" % peer)
refused("dh derive: a value outside the subgroup", 1, "y^q mod p is not 1", "dh", "derive", "--p", 23, "--g", 4, "--private", 6, "--peer", 5)
for name, words, explanation in [
    ("no group", "derive --private 6 --peer 5", "which group?"),
    ("a group nearly right", "derive --group ffdhe2084 --private 6 --peer 5", "did you mean 'ffdhe2048'?"),
    ("a group cut short", "keygen --group toy", "did you mean 'toy-1021'?"),
    ("an unknown group", "derive --group x25519 --private 6 --peer 5", "known: toy-1021"),
    ("a group that is another at each call", "derive --group toy-4digit --private 6 --peer 5", "--p P --g G"),
    ("p without g", "derive --p 23 --private 6 --peer 5", "--g is missing"),
    ("p that is not prime", "derive --p 21 --g 4 --private 6 --peer 5", "odd prime"),
    ("g out of range", "derive --p 23 --g 22 --private 6 --peer 5", "1 < g < p-1"),
    ("name and numbers", "derive --group toy-1021 --p 23 --g 4 --private 6 --peer 5", "exclude each other"),
    ("p too long", "derive --p %d --g 4 --private 6 --peer 5" % (2 ** 8193 + 1), "at most 8192"),
    ("no private key", "derive --group toy-1021 --peer 5", "--private is missing"),
    ("no peer", "derive --group toy-1021 --private 5", "--peer Y is missing"),
    ("a private key of 0", "derive --group toy-1021 --private 0 --peer 5", "1 to p-2"),
    ("a private key of p-1", "derive --group toy-1021 --private 1020 --peer 5", "1 to p-2"),
    ("keygen with a private key out of range", "keygen --group toy-1021 --private 1020", "1 to p-2"),
    ("an operand", "keygen --group toy-1021 5", "one operand too many"),
    ("an unknown verb", "drive --group toy-1021", "did you mean 'derive'?"),
    ("no verb", "", "keygen, derive"),
]:
    refused("dh: " + name, 2, explanation, "dh", *words.split())

# --- key files ---------------------------------------------------------------------------------------------------

for name, contents, words in [
    ("no equals sign", "group toy-1021\n", ["line 1", "NAME = NUMBER"]), ("an unknown name", "# mine\nz = 5\n", ["line 2", "'z'"]),
    ("no number", "group = toy-1021\nx = six\n", ["line 2", "'six'"]), ("a zero byte", "x = 5\0\n", ["zero byte"]),
    ("too long", "#" * 40000, ["32768"]), ("two private keys", "group = toy-1021\nx = 6\ny = 7\nx = 8\n", ["line 4", "'x' for the second time"]),
    ("two groups", "group = toy-1021\ngroup = modp-1536\n", ["line 2", "'group' for the second time"]),
    ("an unknown group", "x = 6\ngroup = toy-1022\n", ["line 2", "unknown group 'toy-1022'"]),
]:
    open("bad.txt", "w").write(contents)
    refused("a key file with " + name, 1, ["bad.txt", *words], "dh", "derive", "--key", "bad.txt", "--peer", 5)
refused("a key file that is not there", 1, "No such file", "dh", "derive", "--key", "none.txt", "--peer", 5)
open("toy.txt", "w").write("# a comment\r\ngroup = toy-1021\r\n\r\nx = 0x6\r\ny = %d\r\n" % pow(22, 6, 1021))
expected = "%04x" % pow(299, 6, 1021)
prints("a key file with comments, empty lines and CRLF", expected, "dh", "derive", "--key", "toy.txt", "--peer", 299)
prints("an option stands above the key file", "%04x" % pow(299, 7, 1021), "dh", "derive", "--key", "toy.txt", "--private", 7, "--peer", 299)
prints("another group than the key file's", "%02x" % pow(4, 6, 23), "dh", "derive", "--key", "toy.txt", "--p", 23, "--g", 4, "--peer", 4)
done = run("dh", "keygen", "--group", "toy-4digit", "--out", "four.txt")
four = fields(open("four.txt").read())
secret = run("dh", "derive", "--key", "four.txt", "--peer", four["g"])
z = pow(four["g"], four["x"], four["p"])
check("a key file with p and g", secret.stdout == b"%04x\n" % z or z in (1, four["p"] - 1), four, secret)

# --- ElGamal: the examples of the Handbook of Applied Cryptography, 8.19 and 11.65 --------------------------------

HAC = ["--p", 2357, "--g", 2]
done = run("elgamal", "keygen", *HAC, "--private", 1751)
check("elgamal keygen: HAC example 8.19", done.stdout == b"p = 2357\ng = 2\nx = 1751\ny = 1185\n", done)
prints("elgamal encrypt: HAC example 8.19", "c1 = 1430\nc2 = 697", "elgamal", "encrypt", *HAC, "--public", 1185, "--k", 1520, 2035)
prints("elgamal decrypt: HAC example 8.19", 2035, "elgamal", "decrypt", *HAC, "--private", 1751, 1430, 697)
prints("elgamal decrypt: hexadecimal for hexadecimal", "0x7f3", "elgamal", "decrypt", *HAC, "--private", 1751, "0x596", 697)
prints("elgamal sign: HAC example 11.65", "r = 1490\ns = 1777", "elgamal", "sign", *HAC, "--private", 1751, "--k", 1529, "--value", 1463)
prints("elgamal verify: HAC example 11.65", "the signature is valid", "elgamal", "verify", *HAC, "--public", 1185, "--r", 1490,
       "--s", 1777, "--value", 1463)

wrong = []
for case in range(25):
    p, g = draw.choice([(1021, 30), (2357, 2), (2 ** 127 - 1, 43), (2 ** 61 - 1, 37)])
    x, k, m = draw.randint(1, p - 2), draw.randint(1, p - 2), draw.randint(1, p - 1)
    while math.gcd(k, p - 1) != 1:
        k = draw.randint(1, p - 2)
    group, y = ["--p", p, "--g", g], pow(g, x, p)
    if y in (1, p - 1):
        continue
    secret = fields(text("elgamal", "encrypt", *group, "--public", y, "--k", k, m))
    fresh = fields(text("elgamal", "encrypt", *group, "--public", y, m))
    r = pow(g, k, p)
    s = pow(k, -1, p - 1) * (m - x * r) % (p - 1)
    signed = fields(text("elgamal", "sign", *group, "--private", x, "--k", k, "--value", m)) if s else {"r": r, "s": s}
    again = fields(text("elgamal", "sign", *group, "--private", x, "--value", m))
    if (secret != {"c1": r, "c2": m * pow(y, k, p) % p} or signed != {"r": r, "s": s} or
            text("elgamal", "decrypt", *group, "--private", x, fresh["c1"], fresh["c2"]) != str(m) or
            pow(y, again["r"], p) * pow(again["r"], again["s"], p) % p != pow(g, m, p) or
            run("elgamal", "verify", *group, "--public", y, "--r", again["r"], "--s", again["s"], "--value", m).returncode):
        wrong.append((p, g, x, k, m, secret, fresh, signed, again))
check("elgamal: 25 keys as Python computes them", not wrong, wrong)

run("elgamal", "keygen", "--group", "ffdhe2048", "--out", "key.txt")
key = fields(open("key.txt").read())
open("public.txt", "w").write("".join(line for line in open("key.txt") if not line.startswith("x")))
secret = fields(text("elgamal", "encrypt", "--key", "public.txt", "0x48656c6c6f"))
prints("elgamal: ffdhe2048, keys from files", int("48656c6c6f", 16), "elgamal", "decrypt", "--key", "key.txt", secret["c1"], secret["c2"])
open("m", "wb").write(b"pay 10 to Alice\n")
for name in ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]:
    signed = fields(text("elgamal", "sign", "--key", "key.txt", "--hash", name, "m"))
    verify = ["elgamal", "verify", "--key", "public.txt", "--r", signed["r"], "--s", signed["s"]]
    h = int(hashlib.new(name, b"pay 10 to Alice\n").hexdigest(), 16)
    check("elgamal sign and verify: %s of a file, a pipe, --in, --value" % name,
          all(run(*verify, *more, stdin=b"pay 10 to Alice\n").stdout == b"the signature is valid\n" for more in [
              ["--hash", name, "m"], ["--hash", name], ["--hash", name, "--in", b"pay 10 to Alice\n".hex()], ["--value", h]]))
signed = fields(text("elgamal", "sign", "--key", "key.txt", "m"))
r, s = signed["r"], signed["s"]
verify = ["elgamal", "verify", "--key", "public.txt"]
for name, options, words in [
    ("another message", ["--r", r, "--s", s, "--in", "00"], "g^h is not"), ("another r", ["--r", r ^ 1, "--s", s, "m"], "g^h is not"),
    ("another s", ["--r", r, "--s", s ^ 1, "m"], "g^h is not"), ("another hash", ["--r", r, "--s", s, "--hash", "sha1", "m"], "g^h is not"),
    ("r = 0", ["--r", 0, "--s", s, "m"], "r is 0"), ("a huge r", ["--r", r + 2 ** 3000, "--s", s, "m"], "not within 1 to p-1"),
    ("s = 0", ["--r", r, "--s", 0, "m"], "s is 0"), ("a huge s", ["--r", r, "--s", s + 2 ** 3000, "m"], "not within 1 to p-2"),
]:
    refused("elgamal verify: " + name, 1, ["not valid", words], *verify, *options)

toy = "--group toy-1021"
for name, words, status, explanation in [
    ("decrypt: c1 = 0", "decrypt %s --private 6 0 5" % toy, 1, "C1 is 0"), ("decrypt: c2 = p", "decrypt %s --private 6 5 1021" % toy, 1, "C2 is 1021"),
    ("encrypt: m = 0", "encrypt %s --public 5 0" % toy, 2, "M is 0"), ("encrypt: m = p", "encrypt %s --public 5 1021" % toy, 2, "below p = 1021"),
    ("encrypt: y = 1", "encrypt %s --public 1 5" % toy, 2, "2 to p-2"), ("encrypt: y = p-1", "encrypt %s --public 1020 5" % toy, 2, "2 to p-2"),
    ("encrypt: no key", "encrypt %s 5" % toy, 2, "--public is missing"), ("encrypt: no number", "encrypt %s --public 5 five" % toy, 2, "M wants an integer"),
    ("encrypt: k = 0", "encrypt %s --public 5 --k 0 5" % toy, 2, "--k is 0"), ("sign: k without an inverse", "sign %s --private 5 --k 4 --value 5" % toy, 2, "divisible by 4"),
    ("sign: x = 0", "sign %s --private 0 --value 5" % toy, 2, "1 to p-2"), ("sign: no key", "sign %s --value 5" % toy, 2, "--private is missing"),
    ("sign: a negative value", "sign %s --private 5 --value=-5" % toy, 2, "at least 0"), ("sign: two messages", "sign %s --private 5 --value 5 m" % toy, 2, "exclude"),
    ("sign: a hash nearly right", "sign %s --private 5 --hash sha255 m" % toy, 2, "did you mean 'sha2"),
    ("sign: a file that is not there", "sign %s --private 5 none" % toy, 1, "No such file"),
    ("verify: no signature", "verify %s --public 5 --value 5" % toy, 2, "--r R is missing"), ("keygen: no group", "keygen", 2, "which group?"),
    ("keygen: x out of range", "keygen %s --private 1020" % toy, 2, "1 to p-2"), ("keygen: a folder that is not there", "keygen %s --out nowhere/x" % toy, 1, "nowhere"),
    ("a group that is another at each call", "encrypt --group toy-4digit --public 5 5", 2, "--p P --g G"), ("no verb", "", 2, "which one?"),
    ("a verb nearly right", "encrpyt", 2, "did you mean 'encrypt'?"), ("an operand missing", "decrypt %s --private 5 5" % toy, 2, "usage"),
]:
    refused("elgamal " + name, status, explanation, "elgamal", *words.split())
# The ends of the ranges belong to them.
prints("elgamal: m = p-1 and k = p-2 encrypt", "c1 = %d\nc2 = %d" % (pow(30, 1019, 1021), 1020 * pow(5, 1019, 1021) % 1021),
       "elgamal", "encrypt", "--group", "toy-1021", "--public", 5, "--k", 1019, 1020)
prints("elgamal: x = p-2, c1 = p-1 and c2 = p-1 decrypt", 1020 * pow(1020, -1019, 1021) % 1021, "elgamal", "decrypt", "--group",
       "toy-1021", "--private", 1019, 1020, 1020)
prints("dh: x = p-2", "group = toy-1021\nx = 1019\ny = %d" % pow(22, 1019, 1021), "dh", "keygen", "--group", "toy-1021", "--private", 1019)
# With s = 0 the private key would stand in r: h = x*r. The k that leads there is refused.
p, g, x, k = 1021, 30, 7, 11
refused("elgamal sign: a k with s = 0", 1, "s = 0", "elgamal", "sign", "--group", "toy-1021", "--private", x, "--k", k, "--value",
        x * pow(g, k, p) % (p - 1))

# --- traces and help ---------------------------------------------------------------------------------------------

for words, parts in [
    ("dh keygen --group toy-1021 --private 6", ["x", "y = g^x mod p", "917"]),
    ("dh derive --group toy-1021 --private 6 --peer 299", ["z", "Z", "check of y"]),
    ("elgamal encrypt --p 2357 --g 2 --public 1185 --k 1520 2035", ["c1", "1430", "697"]),
    ("elgamal decrypt --p 2357 --g 2 --private 1751 1430 697", ["c1^(p-1-x)", "2035"]),
    ("elgamal sign --p 2357 --g 2 --private 1751 --k 1529 --value 1463", ["k^-1", "1490", "1777"]),
    ("elgamal verify --p 2357 --g 2 --public 1185 --r 1490 --s 1777 --value 1463", ["v1", "v2"]),
]:
    done = run("trace", *words.split())
    check("trace " + words[:50], done.returncode == 0 and all(part.encode() in done.stdout for part in parts) and
          b"Miller-Rabin" not in done.stdout, done.stdout[-3000:], done.stderr)
for words in ["dh", "dh keygen", "dh derive", "elgamal", "elgamal keygen", "elgamal encrypt", "elgamal decrypt", "elgamal sign", "elgamal verify"]:
    done = run(*words.split(), "--help")
    check("help: cutaway " + words, done.returncode == 0 and done.stdout.startswith(b"usage: cutaway") and b"Example:" in done.stdout, done)

folder.cleanup()
finish()
