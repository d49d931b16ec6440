#!/usr/bin/python3
# cutaway modexp, gcd, inverse, crt and prime, against Python's integers.
import math
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # nothing is written outside build/
from cutaway_support import CUTAWAY, check, fields, finish, prints, refused, run, text

draw = random.Random(20180719)
METHODS = ["right-to-left", "left-to-right", "ladder", "window", "montgomery"]

# --- modexp ------------------------------------------------------------------------------------------------------

prints("modexp: 4^13 mod 497 = 445", 445, "modexp", 4, 13, 497)
for method in METHODS:
    wrong = []
    for bits in [1, 8, 63, 64, 65, 128, 256, 512] * 3:
        base, exponent = draw.getrandbits(bits) - draw.getrandbits(bits), draw.getrandbits(bits)
        modulus = draw.getrandbits(bits) + 1 | (1 if method == "montgomery" else 0)
        got = text("modexp", base, exponent, modulus, "--method", method)
        if got != str(pow(base, exponent, modulus)):
            wrong.append((base, exponent, modulus, got))
    check("modexp --method %s: 24 cases as Python's pow" % method, not wrong, wrong)
prints("modexp: anything to the power 0 is 1", 1, "modexp", 5, 0, 7)
prints("modexp: everything is 0 mod 1", 0, "modexp", 5, 3, 1)
prints("modexp: hexadecimal in, hexadecimal out", "0x1bd", "modexp", "0x4", 13, 497)
refused("modexp: a word for a number", 2, ["BASE", "'four'", "decimal or hexadecimal"], "modexp", "four", 13, 497)
refused("modexp: an empty number", 2, "MOD", "modexp", 4, 13, "")
refused("modexp: a negative exponent", 2, ["EXP is -1", "at least 0"], "modexp", 4, -1, 497)
refused("modexp: modulus 0", 2, ["MOD is 0", "at least 1"], "modexp", 4, 13, 0)
refused("modexp: Montgomery with an even modulus", 2, ["MOD is 498", "odd"], "modexp", 4, 13, 498, "--method", "montgomery")
refused("modexp: a method nearly right", 2, ["did you mean 'ladder'?"], "modexp", 4, 13, 497, "--method", "lader")
refused("modexp: an operand missing", 2, "usage", "modexp", 4, 13)
refused("modexp: an operand too many", 2, "'9'", "modexp", 4, 13, 497, 9)

# --- gcd and inverse ---------------------------------------------------------------------------------------------

wrong = []
for bits in [4, 16, 64, 256] * 10:
    common = draw.getrandbits(bits // 2) + 1
    a, b = common * draw.getrandbits(bits), -common * draw.getrandbits(bits)
    got = fields(text("gcd", "--extended", a, b))
    if text("gcd", a, b) != str(math.gcd(a, b)) or got["gcd"] != math.gcd(a, b) or a * got["x"] + b * got["y"] != got["gcd"]:
        wrong.append((a, b, got))
check("gcd: 40 cases as Python's, and gcd = a*x + b*y", not wrong, wrong)
prints("gcd of 0 and 0 is 0", 0, "gcd", 0, 0)
prints("gcd in hexadecimal", "0x15", "gcd", 1071, "0x1ce")
refused("gcd: not a number", 2, "B wants an integer", "gcd", 4, "0xfg")

wrong = []
for bits in [4, 16, 64, 256] * 10:
    a, m = draw.getrandbits(bits) - 2 ** (bits - 1), draw.getrandbits(bits) + 2
    done = run("inverse", a, m)
    if math.gcd(a, m) == 1:
        good = done.stdout.decode() == "%d\n" % pow(a, -1, m)
    else:
        good = done.returncode == 1 and b"both are divisible by %d\n" % math.gcd(a, m) in done.stderr
    if not good:
        wrong.append((a, m, done))
check("inverse: 40 cases as Python's, or the common factor", not wrong, wrong)
prints("inverse: the d of the textbook key", 2753, "inverse", 17, 3120)
refused("inverse: none", 1, "4 has no inverse mod 6: both are divisible by 2", "inverse", 4, 6)
refused("inverse: mod 0", 2, "M is 0", "inverse", 4, 0)
refused("inverse: a number too large for a message is shortened", 1, "...", "inverse", 2 * 10 ** 60, 4 * 10 ** 70)

# --- crt ---------------------------------------------------------------------------------------------------------

prints("crt: Sun Tzu's 23", 23, "crt", "2:3", "3:5", "2:7")
prints("crt: one congruence", 2, "crt", "17:5")
prints("crt: a negative remainder", 8, "crt", "-1:9")
wrong = []
for case in range(20):
    moduli = [2 ** 61 - 1, 2 ** 89 - 1, 3 ** 40, 5 ** 30, 7][: draw.randint(1, 5)]
    x = draw.randrange(math.prod(moduli))
    got = text("crt", *["%d:%d" % (x % m, m) for m in moduli])
    if got != str(x):
        wrong.append((x, moduli, got))
check("crt: 20 numbers back from their remainders", not wrong, wrong)
refused("crt: moduli with a common factor", 1, ["4 and 6", "divisible by 2"], "crt", "1:4", "0:5", "2:6")
refused("crt: no colon", 2, ["'3'", "REMAINDER:MODULUS"], "crt", "2:3", "3")
refused("crt: modulus 0", 2, "MODULUS is 0", "crt", "2:0")
refused("crt: a broken number", 2, ["REMAINDER", "'x'"], "crt", "x:3")
refused("crt: nothing", 2, "usage", "crt")

# --- prime test --------------------------------------------------------------------------------------------------


def is_prime(n):
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


wrong = []
for n in list(range(-2, 60)) + [561, 1729, 65521, 65537, 4294967291, 4294967297]:
    done = run("prime", "test", n)
    says_prime = done.returncode == 0 and b" is prime\n" in done.stdout or b" is probably prime\n" in done.stdout
    if says_prime != is_prime(n) or done.returncode not in (0, 1) or done.stderr:
        wrong.append((n, done))
check("prime test: small numbers and their exit status", not wrong, wrong)
prints("prime test: 97, proved", "97 is prime\nproof: no prime up to its square root divides it", "prime", "test", 97)
done = run("prime", "test", 561)
check("prime test: 561 and its factor", done.stdout == b"561 is composite\nfactor: 3\nn / factor = 187\n", done)
done = run("prime", "test", 1)
check("prime test: 1 is not prime, and not composite", done.stdout.startswith(b"1 is not prime\n"), done)

# A product of two primes without small factors: the witness must convict it in Python's arithmetic as well.
p, q = 2 ** 61 - 1, 2 ** 89 - 1
for n in [p * q, 65537 ** 2, 65537 * 65539, p * p]:
    done = run("prime", "test", n)
    shown = fields(done.stdout.decode())
    a, d = shown.get("a", 0), shown.get("d", 1)
    s = ((n - 1) // d).bit_length() - 1
    squares = [pow(a, d << i, n) for i in range(s)]
    listed = [value for name, value in shown.items() if "mod n" in name]
    check("prime test: the witness that %d is composite" % n,
          done.returncode == 1 and d % 2 == 1 and d << s == n - 1 and squares[0] != 1 and n - 1 not in squares and
          listed == squares[:len(listed)] and (len(listed) == s or listed[-1] == 1), done)
for n in [2 ** 127 - 1, 2 ** 521 - 1]:
    done = run("prime", "test", hex(n), "--rounds", 5)
    check("prime test: %d bits, probably prime, in hexadecimal, what was tried" % n.bit_length(),
          done.returncode == 0 and done.stdout.startswith(hex(n).encode() + b" is probably prime\n") and
          b"passed 5 rounds" in done.stdout and b"2^-10\n" in done.stdout and b"strong Lucas: passed" in done.stdout, done)
refused("prime test: no number", 2, "N wants an integer", "prime", "test", "seven")
refused("prime test: no round", 2, ["--rounds", "1 to 1024"], "prime", "test", 7, "--rounds", 0)
refused("prime: no word", 2, "test, generate", "prime")
refused("prime: a word nearly right", 2, "did you mean 'test'?", "prime", "tets", 7)

# --- prime generate ----------------------------------------------------------------------------------------------

wrong = []
for bits in [2, 3, 4, 8, 16, 31, 64, 256, 512]:
    got = int(text("prime", "generate", "--bits", bits))
    if got.bit_length() != bits or run("prime", "test", got).returncode != 0:
        wrong.append((bits, got))
check("prime generate: exact lengths, and prime", not wrong, wrong)
wrong = []
for bits in [3, 4, 5, 16, 64, 128]:
    got = int(text("prime", "generate", "--bits", bits, "--safe"))
    if got.bit_length() != bits or any(run("prime", "test", n).returncode for n in [got, (got - 1) // 2]):
        wrong.append((bits, got))
check("prime generate --safe: p and (p-1)/2 are prime", not wrong, wrong)
done = run("prime", "generate", "--bits", 128, "--hex", "--certificate")
lines = done.stdout.decode().splitlines()
check("prime generate --hex --certificate", lines[0].startswith("0x") and lines[1] == "bits: 128" and
      lines[2].startswith("tried: ") and len(lines) == 4 and done.stderr == b"", done)
refused("prime generate: no length", 2, "--bits N is missing", "prime", "generate")
refused("prime generate: too short", 2, ["--bits is 1", "2 to 16384"], "prime", "generate", "--bits", 1)
refused("prime generate: no safe prime has 2 bits", 2, "smallest safe prime", "prime", "generate", "--bits", 2, "--safe")


def catches_interrupts(pid):
    with open("/proc/%d/status" % pid) as status:
        caught = next(line for line in status if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1


# On a terminal: dots while it searches; Ctrl-C in the middle ends it with status 130 and one line.
def cancel(*arguments, on_terminal):
    controller, terminal = pty.openpty()
    errors = terminal if on_terminal else subprocess.PIPE
    process = subprocess.Popen([CUTAWAY, *map(str, arguments)], stdout=subprocess.PIPE, stderr=errors,
                               stdin=subprocess.DEVNULL, start_new_session=True,
                               # a shell's background job, as these tests may be, ignores Ctrl-C; this one shall not
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    os.close(terminal)
    seen = b""
    if on_terminal:  # wait for the first sign of life, however long the machine takes
        while b"." not in seen and select.select([controller], [], [], 60)[0]:
            seen += os.read(controller, 4096)
    while not on_terminal and not catches_interrupts(process.pid):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    if on_terminal:
        try:
            while True:
                more = os.read(controller, 4096)
                if not more:
                    break
                seen += more
        except OSError:  # the other end is closed
            pass
    os.close(controller)
    return process.returncode, out, seen if on_terminal else errors


for wish in [("prime", "generate", "--bits", 8192, "--safe"), ("rsa", "keygen", "--bits", 8192)]:
    status, out, errors = cancel(*wish, on_terminal=True)
    name = "cutaway " + " ".join(map(str, wish[:2]))
    check("%s: shown on a terminal, cancelled in the middle" % name,
          status == 130 and out == b"" and b"." in errors and errors.rstrip().split(b"\n")[-1].startswith(
              name.encode() + b": cancelled after "), status, out, errors)
status, out, errors = cancel("prime", "generate", "--bits", 8192, "--safe", on_terminal=False)
check("without a terminal there are no dots", status == 130 and out == b"" and errors.count(b"\n") == 1 and
      errors.startswith(b"cutaway prime generate: cancelled after "), status, out, errors)

# --- help --------------------------------------------------------------------------------------------------------

for words in [["modexp"], ["gcd"], ["inverse"], ["crt"], ["prime"], ["prime", "test"], ["prime", "generate"], ["bench"],
              ["bench", "keygen"]]:
    done = run(*words, "--help")
    check("help: cutaway " + " ".join(words), done.returncode == 0 and done.stdout.startswith(b"usage: cutaway ") and
          b"Example:" in done.stdout and done.stderr == b"", done)
done = run("bench", "keygen", "--runs", 2)
rows = re.findall(rb"(ours|openssl) +([0-9.]+) ms +([0-9.]+) ms +([0-9.]+) ms\n", done.stdout)
check("bench keygen: median, least and most of each", done.returncode == 0 and len(rows) in (2, 5) and all(
    0 < float(least) <= float(middle) <= float(most) for whose, middle, least, most in rows), done)
refused("bench keygen: no run", 2, "1 to 1000", "bench", "keygen", "--runs", 0)

# --- the trace shows the steps, and the command's answer ---------------------------------------------------------

for words, parts in [
    (["modexp", 4, 13, 497, "--method", "left-to-right"], ["445"]),
    (["gcd", 1071, 462], ["row[", "21"]),
    (["inverse", 17, 3120], ["2753"]),
    (["crt", "2:3", "3:5", "2:7"], ["23"]),
    (["prime", "test", 4294967297], ["641"]),
    (["prime", "test", 2 ** 61 - 1, "--rounds", 2], ["Miller-Rabin, round 2", "strong Lucas", "probably prime"]),
]:
    done = run("trace", *words)
    check("trace " + " ".join(map(str, words)), all(part.encode() in done.stdout for part in parts) and
          done.returncode == run(*words).returncode, done)

finish()
