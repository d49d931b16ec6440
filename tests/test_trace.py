#!/usr/bin/python3
"""cutaway trace through real processes: the text, the JSON, --expect, colour, and the appendices of the standards.

The values of FIPS 197's appendices are read from tests/fips197.h; SHA-256's are computed here from FIPS 180-4's
formulas; digests come from hashlib.
"""
import fcntl
import hashlib
import hmac
import json
import os
import pty
import random
import re
import struct
import subprocess
import sys
import tempfile
import termios

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CUTAWAY = os.path.join(os.path.abspath(os.environ.get("BUILD", "build")), "cutaway")
AES_B = ["aes-128", "--key", "2b7e151628aed2a6abf7158809cf4f3c", "--in", "3243f6a8885a308d313198a2e0370734"]
DES = ["des", "--key", "133457799bbcdff1", "--in", "0123456789abcdef"]
IV8, IV16 = "0011223344556677", "000102030405060708090a0b0c0d0e0f"
KEYS = {"aes-128": IV16, "aes-192": IV16 + IV8, "aes-256": IV16 + IV16[::-1], "des": "0123456789abcdef",
        "des-ede": "0123456789abcdeffedcba9876543210", "des-ede3": "0123456789abcdeffedcba987654321089abcdef01234567"}
HASHES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]

# Every kind of trace: short forms, and commands.
FORMS = [AES_B, [*AES_B, "--decrypt"], DES, [*DES, "--decrypt"]]
FORMS += [[name, "--key", key, "--in", IV8 if name.startswith("des") else IV16] for name, key in KEYS.items()]
FORMS += [[f"{name}-{mode}", "--key", key, "--in", "00112233445566778899aabbccddeeff0011",
           *([] if mode == "ecb" else ["--iv", IV8 if name.startswith("des") else IV16])]
          for name, key in KEYS.items() for mode in ["ecb", "cbc", "cfb", "cfb8", "ofb", "ctr"]]
FORMS += [[name, "--text", text] for name in HASHES for text in ["", "abc", "x" * 120]]
FORMS += [[f"hmac-{name}", "--key", "0b" * 20, "--text", "Hi There"] for name in HASHES]
FORMS += [[f"hkdf-{name}", "--in", "0b" * 22, "--salt", "0001", "--info", "f0", "--length", "42"] for name in HASHES]
FORMS += [[f"mgf1-{name}", "--in", "666f6f", "--length", "100"] for name in HASHES]
FORMS += [["modexp", "3", "218", "1009", "--method", method] for method in
          ["right-to-left", "left-to-right", "ladder", "window", "montgomery"]]
FORMS += [["gcd", "240", "46"], ["gcd", str(3**200), str(2**150 * 27)], ["inverse", "17", "3120"],
          ["crt", "2:3", "3:5", "2:7"], ["rsa", "raw", "--n", "3233", "--d", "2753", "--p", "61", "--q", "53", "2790"],
          ["hkdf", "sha1", "--in", "00", "--length", "30"], ["hash", "sha256", "/dev/null"],
          ["cipher", "aes-128-ctr", "encrypt", "--key", IV16, "--iv", IV16, "/etc/hostname"]]

number = failures = 0


def check(name, ok, detail=""):
    global number, failures
    number += 1
    print(f"{'ok' if ok else 'not ok'} {number} - {name}")
    if not ok:
        failures += 1
        print("\n".join("# " + line for line in str(detail).splitlines()[:20]))


def trace(*args, stdin=b"", **environment):
    return subprocess.run([CUTAWAY, "trace", *args], input=stdin, capture_output=True, timeout=120,
                          env={**os.environ, **environment})


def steps_of(*args):
    return [json.loads(line) for line in trace(*args, "--json").stdout.splitlines()]


def expect(lines, args):
    """Runs a trace with --expect on these lines."""
    with open("expected", "w") as file:
        file.write(lines)
    return trace(*args, "--expect", "expected")


def agrees(name, lines, args, count):
    result = expect(lines, args)
    check(f"agrees: {name}", result.returncode == 0 and result.stderr == b"" and
          result.stdout.decode() == f"all {count} values agree with expected\n", result)


def differs(name, lines, args, *words):
    result = expect(lines, args)
    missing = [word for word in words if word not in result.stdout.decode()]
    check(f"differs: {name}", result.returncode == 1 and result.stderr == b"" and not missing and
          len(re.findall("first difference|no step for", result.stdout.decode())) == 1, f"{result} {missing}")


def refused(name, args, words, status=2):
    result = trace(*args)
    check(f"refused: {name}", result.returncode == status and result.stdout == b"" and result.stderr.count(b"\n") == 1 and
          result.stderr.startswith(b"cutaway") and words.encode() in result.stderr, result)


def fips197():
    """The tables of tests/fips197.h: name to list of (label, value)."""
    tables = {}
    with open(os.path.join(ROOT, "tests/fips197.h")) as file:
        for name, body in re.findall(r"struct labelled_value (\w+)\[\] = \{(.*?)\n\};", file.read(), re.S):
            tables[name] = [(label, value.replace(" ", "")) for label, value in re.findall(r'\{"([^"]*)", *"([^"]*)"\}', body)]
    return tables


def test_fips_197():
    tables = fips197()
    plain, cipher_text = "00112233445566778899aabbccddeeff", {}
    key = bytes(range(32)).hex()
    runs = {"FIPS_197_B": AES_B}
    for table, name, size in [("C1", "aes-128", 16), ("C2", "aes-192", 24), ("C3", "aes-256", 32)]:
        cipher_text[name] = tables[f"FIPS_197_{table}_CIPHER"][-1][1]
        runs[f"FIPS_197_{table}_CIPHER"] = [name, "--key", key[:2 * size], "--in", plain]
        runs[f"FIPS_197_{table}_INVCIPHER"] = [name, "--key", key[:2 * size], "--in", cipher_text[name], "--decrypt"]
    check("tests/fips197.h was read", set(runs) == set(tables) and min(map(len, tables.values())) >= 50, tables.keys())
    rng = random.Random(197)
    for table, args in runs.items():
        entries = tables[table]
        for separator in ["  ", " = ", ": ", " ", "\t"]:
            agrees(f"{table} separated by {separator!r}", "".join(f"{l}{separator}{v}\n" for l, v in entries), args, len(entries))
        spaced = "".join(f"# {l}\n {l.replace(' ', '')} = {' '.join(v[i:i + 2] for i in range(0, 32, 2)).upper()}  # byte by byte\n\n"
                         for l, v in entries)
        agrees(f"{table} with comments and spaces", spaced, args, len(entries))
        shown = trace(*args).stdout.decode()
        check(f"{table}: the text names every label", all(label in shown for label, _ in entries))
        steps = {step["step"]: step for step in steps_of(*args)}
        check(f"{table}: the JSON holds every value", all(steps[label]["value"] == value and steps[label]["shape"] == "state"
                                                         for label, value in entries))
        # One wrong bit anywhere is found where it is.
        for place in [0, len(entries) - 1, *rng.sample(range(1, len(entries) - 1), 3)]:
            byte, bit = rng.randrange(16), rng.randrange(8)
            label, value = entries[place]
            wrong = bytearray.fromhex(value)
            wrong[byte] ^= 1 << bit
            lines = [f"{l} {v}\n" for l, v in entries]
            lines[place] = f"{label} {wrong.hex()}\n"
            before = f"the last step that agreed: {entries[place - 1][0]} (line {place})" if place else "nothing agreed before it"
            differs(f"{table}, bit {bit} of byte {byte} of {label}", "".join(lines), args,
                    f"first difference: {label} (line {place + 1} of expected)", f"expected  {wrong.hex()}", f"got       {value}",
                    f"byte {byte} is the first that differs (row {byte % 4}, column {byte // 4} of the state): "
                    f"expected {wrong[byte]:02x}, got {bytes.fromhex(value)[byte]:02x}, bits " +
                    "".join("^" if 7 - i == bit else "." for i in range(8)), before)


# FIPS 197, Appendix B, as it is printed: rounds as rows, states as grids.
APPENDIX_B_GRIDS = """
round[ 1].start    round[ 1].s_box    round[ 1].s_row    round[ 1].m_col
19 a0 9a e9        d4 e0 b8 1e        d4 e0 b8 1e        04 e0 48 28
3d f4 c6 f8        27 bf b4 41        bf b4 41 27        66 cb f8 06
e3 e2 8d 48        11 98 5d 52        5d 52 11 98        81 19 d3 26
be 2b 2a 08        ae f1 e5 30        30 ae f1 e5        e5 9a 7a 4c

round[ 2].start    round[ 2].s_box
a4 68 6b 02        49 45 7f 77
9c 9f 5b 6a        de db 39 02
7f 35 ea 50        d2 96 87 53
f2 2b 43 49        89 f1 1a 3b
"""


def test_grids():
    agrees("Appendix B's grids", APPENDIX_B_GRIDS, AES_B, 6)
    shown = re.sub(" +", " ", trace(*AES_B).stdout.decode())
    check("the text has Appendix B's grids", all(re.sub(" +", " ", line) in shown for line in
          APPENDIX_B_GRIDS.strip().splitlines()), shown)
    differs("a grid with one wrong byte", APPENDIX_B_GRIDS.replace("9c 9f 5b 6a", "9c 9f 5c 6a"), AES_B,
            "first difference: round[ 2].start (line 8", "row 1, column 2", "last step that agreed: round[ 1].m_col")


def test_round_trips():
    """What we print, as JSON or as text of any width and depth, is what we expect."""
    for args in FORMS:
        name = " ".join(args)[:60]
        output = trace(*args, "--json")
        objects = [json.loads(line) for line in output.stdout.splitlines()]
        values = [step for step in objects if step["shape"] != "section"]
        check(f"JSON: {name}", output.returncode == 0 and output.stderr == b"" and len(values) > 0 and all(
            set(step) <= {"step", "value", "shape", "depth", "note", "bits"} and isinstance(step["depth"], int) and
            ("value" in step) == (step["shape"] != "section") for step in objects), objects[:3])
        good = True
        for step in values:
            value, shape = step["value"], step["shape"]
            good = good and (shape == "text" or re.fullmatch(r"-?\d+" if shape == "integer" else r"[0-9a-f]*", value) is not None)
            good = good and (shape != "bits" or len(value) == (step["bits"] + 3) // 4)
            good = good and (shape != "state" or len(value) == 32)
        check(f"JSON values: {name}", good)
        agrees(f"its own JSON: {name}", output.stdout.decode(), args, len(values))
        for width in ["60", "80", "88", "110", "200"]:
            text = trace(*args, "--depth", "all", "--width", width).stdout.decode()
            long = [line for line in text.splitlines()[1:] if len(line) > int(width) and not line.lstrip().startswith("result")]
            if width != "60":
                check(f"no line of {name} is wider than {width}", not long, "\n".join(long))
            agrees(f"its own text, {width} wide: {name}", text, args, len(values))
        labels = {step["step"] for step in objects}
        check(f"the text names every label: {name}", all(label in text for label in labels),
              [label for label in labels if label not in text])


def test_sha256_by_the_formulas():
    """Message schedule and every step of SHA-256, from FIPS 180-4 6.2.2, for "abc"."""
    primes = [p for p in range(2, 312) if all(p % q for q in range(2, p))]

    def root_bits(p, power):
        x = 1 << 200
        while x**power > p << (32 * power):
            x = x - max(1, (x**power - (p << (32 * power))) // (power * x**(power - 1)))
        return x & 0xffffffff
    k, h = [root_bits(p, 3) for p in primes[:64]], [root_bits(p, 2) for p in primes[:8]]
    rot = lambda x, n: (x >> n | x << 32 - n) & 0xffffffff
    w = list(struct.unpack(">16I", b"abc\x80" + bytes(52) + (24).to_bytes(8, "big")))
    for t in range(16, 64):
        s0 = rot(w[t - 15], 7) ^ rot(w[t - 15], 18) ^ w[t - 15] >> 3
        s1 = rot(w[t - 2], 17) ^ rot(w[t - 2], 19) ^ w[t - 2] >> 10
        w.append(s1 + w[t - 7] + s0 + w[t - 16] & 0xffffffff)
    lines = ["H(0) = " + "".join(f"{x:08x}" for x in h)] + [f"W[{t}] {x:08x}" for t, x in enumerate(w)]
    v = list(h)
    for t in range(64):
        t1 = v[7] + (rot(v[4], 6) ^ rot(v[4], 11) ^ rot(v[4], 25)) + (v[4] & v[5] ^ ~v[4] & v[6]) + k[t] + w[t]
        t2 = (rot(v[0], 2) ^ rot(v[0], 13) ^ rot(v[0], 22)) + (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2])
        v = [t1 + t2 & 0xffffffff, *v[:3], v[3] + t1 & 0xffffffff, *v[4:7]]
        lines.append(f"t = {t}: " + " ".join(f"{x:08x}" for x in v))
    lines.append("result " + hashlib.sha256(b"abc").hexdigest())
    agrees("every step of SHA-256", "\n".join(lines), ["sha256", "--text", "abc"], 130)
    wrong = "\n".join(lines).replace(f"t = 40: {lines[105].split()[3]}", "t = 40: 00000000")
    differs("one wrong word", wrong, ["sha256", "--in", "616263"], "first difference: t = 40 (line 106", "(in word 0)",
            "last step that agreed: t = 39 (line 105); 105 values agreed")


def test_integers():
    for value, shown in [(2**128 - 1, str(2**128 - 1)), (2**128, "0x01" + "00" * 16 + "  # 129 bits"),
                         (2**521 - 1, "0x01" + "f" * 62 + "\n" + " " * 20 + "f" * 64 + "\n" + " " * 20 + "f" * 4 + "  # 521 bits"),
                         (0, "0")]:
        text = trace("gcd", str(value), "0").stdout.decode()
        check(f"an integer of {value.bit_length()} bits", re.search("^a {17}" + re.escape(shown), text, re.M), text)


def test_results():
    for name in HASHES:
        for text in ["", "abc", "x" * 200]:
            digest = hashlib.new(name, text.encode()).hexdigest()
            for args in ([name, "--text", text], [name, "--in", text.encode().hex()]):
                check(f"{name} of {len(text)} bytes: the result", steps_of(*args)[-1] ==
                      {"step": "result", "value": digest, "shape": "bytes", "depth": 0})
        mac = hmac.new(b"key", b"text", name).hexdigest()
        check(f"hmac-{name}: the result", steps_of(f"hmac-{name}", "--key", b"key".hex(), "--text", "text")[-1]["value"] == mac)
        command = steps_of("hash", name, "/dev/null")
        check(f"hash {name}: the result is the command's output", command[-1] == {"step": "result", "value":
              hashlib.new(name).hexdigest() + "  /dev/null", "shape": "text", "depth": 0}, command[-1])
    for name, key in KEYS.items():
        block = IV8 if name.startswith("des") else IV16
        encrypted = steps_of(name, "--key", key, "--in", block)[-1]["value"]
        ours = subprocess.run([CUTAWAY, "cipher", f"{name}-ecb", "encrypt", "--key", key, "--padding", "none"],
                              input=bytes.fromhex(block), capture_output=True).stdout.hex()
        check(f"{name}: the result", encrypted == ours)
        check(f"{name} --decrypt: the result", steps_of(name, "--key", key, "--in", encrypted, "--decrypt")[-1]["value"] == block)
        for mode in ["ecb", "cbc", "cfb", "cfb8", "ofb", "ctr"]:
            iv = [] if mode == "ecb" else ["--iv", block]
            for size in [0, 5, len(block) // 2, 40]:
                text = bytes(range(size))
                ours = subprocess.run([CUTAWAY, "cipher", f"{name}-{mode}", "encrypt", "--key", key, *iv], input=text,
                                      capture_output=True).stdout.hex()
                there = steps_of(f"{name}-{mode}", "--key", key, *iv, "--in", text.hex())[-1]["value"]
                back = steps_of(f"{name}-{mode}", "--key", key, *iv, "--in", there, "--decrypt")[-1]["value"]
                check(f"{name}-{mode} of {size} bytes: the result", (there, back) == (ours, text.hex()), (there, ours, back))
    binary = trace("cipher", "aes-128-ecb", "encrypt", "--key", IV16, "--json", stdin=b"text").stdout.splitlines()
    ours = subprocess.run([CUTAWAY, "cipher", "aes-128-ecb", "encrypt", "--key", IV16], input=b"text", capture_output=True).stdout
    check("a command's binary output is shown in hex", json.loads(binary[-1])["value"] == ours.hex(), binary[-1])
    lines = [step["value"] for step in steps_of("prime", "test", "561") if step["step"] == "result"]
    listed = subprocess.run([CUTAWAY, "prime", "test", "561"], capture_output=True, text=True).stdout.splitlines()
    check("a result of several lines is a step each", len(lines) > 1 and lines == listed, lines)
    out = trace("cipher", "aes-128-ecb", "encrypt", "--key", IV16, "--out", "written", stdin=b"text")
    with open("written", "rb") as file:
        check("--out still writes a file", file.read() == ours and b"result" not in out.stdout, out)
    failed = trace("cipher", "aes-128-ecb", "decrypt", "--key", IV16, stdin=ours[:-1] + b"?")
    check("a command's failure is the trace's", failed.returncode == 1 and failed.stderr.count(b"\n") == 1 and
          b"round[ 1].is_row" not in failed.stderr and len(failed.stdout) > 0, failed)


def test_options_anywhere():
    plain = trace(*AES_B, "--json").stdout
    for args in (["--json", *AES_B], [AES_B[0], "--json", *AES_B[1:]], [*AES_B[:2], AES_B[2], "--json", *AES_B[3:]],
                 ["--depth=all", "--json", *AES_B], [*AES_B, "--json", "--color", "always", "--width", "50"]):
        check(f"options may stand anywhere: {args.index('--json')}", trace(*args).stdout == plain)
    counts = []
    for depth in ["0", "1", "2", "3", "all"]:
        result = trace("hkdf-sha256", "--in", "00", "--length", "40", "--depth", depth, "--json").stdout.splitlines()
        counts.append(len(result))
        check(f"--depth {depth} shows no deeper step", depth == "all" or max(json.loads(line)["depth"] for line in result) == int(depth))
        text = trace("hkdf-sha256", "--in", "00", "--length", "40", "--depth", depth).stdout.decode()
        shown = sum(1 for line in result if json.loads(line)["shape"] != "section")
        agrees(f"--depth {depth}: the text holds the same steps", text, ["hkdf-sha256", "--in", "00", "--length", "40"], shown)
        hidden = sum(int(n) for n in re.findall(r"\] (\d+) steps? inside", text))
        everything = steps_of("hkdf-sha256", "--in", "00", "--length", "40")
        check(f"--depth {depth}: shown and folded steps are all steps",
              shown + hidden == sum(1 for step in everything if step["shape"] != "section"), (shown, hidden))
    check("each depth shows more", counts == sorted(set(counts[:4])) + [counts[3]] or counts == sorted(counts), counts)
    hidden = trace(*AES_B).stdout.decode()
    check("a folded section is one line that says how to open it",
          "# [KeyExpansion] 164 steps inside, which --depth 1 or --depth all shows\n" in hidden, hidden[:300])


def on_terminal(args, columns=100, **environment):
    """What the command writes to a terminal of that many columns."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    settings = termios.tcgetattr(follower)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(follower, termios.TCSANOW, settings)
    process = subprocess.Popen([CUTAWAY, "trace", *args], stdout=follower, stdin=subprocess.DEVNULL,
                               env={**os.environ, **environment})
    os.close(follower)
    output = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece
    os.close(leader)
    process.wait()
    return output.decode()


def uncolored(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def test_colour():
    environment = {"NO_COLOR": ""}
    for args in [AES_B, DES, ["sha512", "--text", "abc"], ["gcd", "240", "46"], ["hkdf-sha1", "--in", "00", "--length", "30"]]:
        name = args[0]
        for columns in [80, 100, 140]:
            shown = on_terminal(args, columns, **environment)
            piped = trace(*args, "--width", str(columns)).stdout.decode()
            check(f"{name}: a terminal of {columns} columns gets colour", "\x1b[" in shown)
            check(f"{name}: without its colour it is the text of that width", uncolored(shown).split("\n", 1)[1] ==
                  piped.split("\n", 1)[1], uncolored(shown)[:1500])
        check(f"{name}: a pipe gets none", "\x1b" not in trace(*args).stdout.decode())
        check(f"{name}: nor a terminal with NO_COLOR", "\x1b" not in on_terminal(args, NO_COLOR="1"))
        check(f"{name}: --color auto is the same as nothing", on_terminal([*args, "--color", "auto"], **environment).split("\n", 1)[1]
              == on_terminal(args, **environment).split("\n", 1)[1])
        check(f"{name}: nor with --color never", "\x1b" not in on_terminal([*args, "--color", "never"], **environment))
        check(f"{name}: --color always colours a pipe", uncolored(trace(*args, "--color=always").stdout.decode()) ==
              trace(*args).stdout.decode().replace("\n", " --color=always\n", 1))
        check(f"{name}: every colour ends", all(line.count("\x1b[") % 2 == 0 for line in shown.splitlines()))
    check("JSON has no colour on a terminal", "\x1b" not in on_terminal([*AES_B, "--json"], **environment))
    # What changed is what differs: in ShiftRows the first row stays.
    first = on_terminal(AES_B, 110, **environment).split("round[ 1].start")[1].splitlines()
    rows = [re.findall("(\x1b\\[1;33m)?([0-9a-f]{2})", re.sub("\x1b\\[0m", "", line)) for line in first[2:6]]
    plain = [[byte for _, byte in row] for row in rows]
    marks = [[bool(mark) for mark, _ in row] for row in rows]
    good = len(plain) == 4 and all(len(row) == 20 for row in plain)
    for r in range(4):
        for c in range(20):
            expected = 4 <= c < 16 and plain[r][c] != plain[r][c - 4]  # not the first grid, not the round key
            good = good and marks[r][c] == expected
    check("in a state the changed bytes, and only those, are set off", good, (plain, marks))
    text = on_terminal(["sha256", "--text", "abc"], 110, **environment)
    steps = re.findall(r"t = \d+\x1b\[0m +(.*)", text)
    pattern = "^\x1b\\[1;33m[0-9a-f]{8}\x1b\\[0m( [0-9a-f]{8}){3} \x1b\\[1;33m[0-9a-f]{8}\x1b\\[0m( [0-9a-f]{8}){3}$"
    check("in a step of SHA-256 a and e are set off", len(steps) == 64 and all(re.match(pattern, line) for line in steps), steps[:3])
    text = on_terminal(["md5", "--text", "abc"], 110, **environment)
    steps = re.findall(r"Round \d \[[^]]*\]\x1b\[0m +(.*)", text)
    check("in a step of MD5 one word of four is set off", len(steps) == 64 and all(line.split("  #")[0].count("\x1b[1;33m") == 1
          for line in steps), steps[:3])


def test_width():
    """A line is as wide as it may be, and no wider: the remark that does not fit goes to the next."""
    p = 2**521 - 1
    for args in [["modexp", "3", str(p - 1), str(p)], ["rsa", "raw", "--n", str(p), "--e", "65537", str(p - 2), "--depth", "1"],
                 ["elgamal", "decrypt", "--p", str(p), "--g", "3", "--private", "5", "7", str(p // 3)]]:
        for width in [80, 100, 110, 120]:
            lines = trace(*args, "--width", str(width)).stdout.decode().splitlines()[1:]
            wide = [line for line in lines if len(line) > width and "result" not in line]
            check(f"{args[0]} in {width} columns: no line is wider", not wide, wide[:3])


def test_textbook_numbers():
    """With the numbers of an exercise nothing is folded; with those of a real key the exponentiations are."""
    for args in [["rsa", "raw", "--n", "3233", "--e", "17", "65"], ["rsa", "raw", "--n", "3233", "--d", "2753", "2790"],
                 ["dh", "keygen", "--group", "toy-1021", "--private", "5"],
                 ["dh", "derive", "--p", "23", "--g", "2", "--private", "6", "--peer", "6"],
                 ["elgamal", "encrypt", "--p", "2357", "--g", "2", "--public", "1185", "--k", "1520", "2035"],
                 ["elgamal", "decrypt", "--p", "2357", "--g", "2", "--private", "1751", "1430", "697"],
                 ["elgamal", "verify", "--p", "2357", "--g", "2", "--public", "1185", "--r", "1490", "--s", "1777", "--value", "1463"]]:
        text, opened, closed = (trace(*args, *more).stdout.decode().split("\n", 1)[1]
                                for more in ([], ["--depth", "all"], ["--depth", "0"]))
        check(f"{' '.join(args[:2])}: textbook numbers are shown to the last squaring", text == opened and
              "A = A^2 mod n" in text and "A = A^2 mod n" not in closed and "steps inside" in closed, text)
    p = str(2**521 - 1)
    for args in [["rsa", "raw", "--n", p, "--e", "17", "65"], ["dh", "derive", "--p", p, "--g", "3", "--private", "6", "--peer", "6"],
                 ["rsa", "keygen", "--bits", "512"]]:
        text = trace(*args).stdout.decode()
        check(f"{' '.join(args[:2])}: with long numbers the computations are folded", "steps inside" in text and
              "\n\n# [" not in text, text[:1500])


def test_expect_lists():
    agrees("a subset in order", "round[ 3].start  aa8f5f0361dde3ef82d24ad26832469a\nround[10].output 3925841d02dc09fbdc118597196a0b32\n",
           AES_B, 2)
    text = trace(*AES_B).stdout.decode()
    agrees("a recording of a terminal: CRLF", text.replace("\n", "\r\n"), AES_B, 53)
    agrees("a recording of a terminal: colours and CRLF", on_terminal(AES_B, NO_COLOR="").replace("\n", "\r\n"), AES_B, 53)
    agrees("a recording of a terminal: the colours of bits", on_terminal(DES, NO_COLOR=""), DES, 682)
    agrees("CRLF and a comment", "# mine\r\nround[10].output 3925841d02dc09fbdc118597196a0b32\r\n", AES_B, 1)
    agrees("several on a line", "S1 input 011000 | S1 row 0 | S1 output 0101\n", DES, 3)
    agrees("bits as bits and as hex", "K1 000110 110000 001011 101111 111111 000111 000001 110010\nL0 cc00ccff\nR0 F0AAF0AA\n", DES, 3)
    agrees("integers as decimal and hex", "row[ 1].q = 5\nrow[1].r = 0xa\nrow[ 2].q: 4\ngcd 2\n", ["gcd", "240", "46"], 4)
    agrees("negative integers", "row[ 2].x = -183\nx -0x16f\n", ["inverse", "17", "3120"], 2)
    agrees("words for people", "verdict not prime\n", ["prime", "test", "561"], 1)
    agrees("labels with colons and equals signs", "i = 7: A = A^2 mod n = 1\ni = 6: A = A * g mod n: 27\n", ["modexp", "3", "218", "1000"], 2)
    differs("the first of two differences", "L1 f0aaf0aa\nR1 ef4a6545\nR2 00000000\n", DES, "first difference: R1 (line 2",
            "bit 32, counted from 1 at the left", "this step: ", "last step that agreed: L1 (line 1); 1 value agreed")
    differs("only the first difference of a label that comes again", "K 000000000000\n", DES, "first difference: K (line 1")
    differs("another length", "round[10].output 3925\n", AES_B, "the lengths differ: expected 4 hex digits, got 32")
    differs("an integer", "gcd 3\n", ["gcd", "240", "46"], "expected  3", "got       2")
    differs("small integers are not taken for hex", "row[ 1].r  16\n", ["gcd", "240", "46"], "first difference: row[ 1].r")
    differs("a word for people", "verdict prime\n", ["prime", "test", "561"], "expected  prime", "got       not prime")
    differs("a label that never comes", "L1 f0aaf0aa\nround[11].start 00\nR1 00\n", DES,
            "no step for line 2 of expected: round[11].start 00", "the trace has no step of that name", "agreed: L1")
    differs("a label that came before", "R1 ef4a6544\nL1 f0aaf0aa\n", DES, "no step for line 2", "the trace has steps of that name")
    differs("a JSON label that never comes", '{"step": "L99", "value": "00"}\n', DES, "no step for line 1", "no step of that name")
    refused("a missing file", [*DES, "--expect", "no-such-file"], "no-such-file: No such file or directory", status=1)
    for name, content in [("empty", ""), ("comments", "# nothing\n\n")]:
        with open("expected", "w") as file:
            file.write(content)
        refused(f"{name}", [*DES, "--expect", "expected"], "holds no labelled values")
    for name, content, words in [("bad JSON", b"{\n", "line 1: not a JSON object"), ("JSON without a step", b'\n{"value": "00"}\n', "line 2"),
                                 ("binary", b"L1 00\0\n", "is not text")]:
        with open("expected", "wb") as file:
            file.write(content)
        refused(name, [*DES, "--expect", "expected"], words)
    rng = random.Random(5)
    text = trace(*AES_B).stdout
    for round_ in range(200):  # damaged files are refused, differ or agree, and nothing else happens
        damaged = bytearray(text[:3000])
        for _ in range(rng.randrange(1, 40)):
            damaged[rng.randrange(len(damaged))] = rng.choice(b"\n |#{}:=\t0f\xff[]")
        with open("expected", "wb") as file:
            file.write(damaged)
        result = trace(*AES_B, "--expect", "expected")
        if result.returncode not in (0, 1, 2) or (result.returncode == 2) != (result.stdout == b""):
            check(f"damaged file {round_}", False, result)
            break
    else:
        check("200 damaged files end in a verdict", True)


def test_refusals():
    refused("nothing", [], "what shall be traced?")
    refused("aes128", ["aes128", "--key", "00"], "cannot trace 'aes128'; did you mean 'aes-128'?")
    refused("sha-265", ["sha-265"], "did you mean 'sha256'?")
    refused("hmac-sh256", ["hmac-sh256"], "did you mean 'hmac-sha256'?")
    refused("modxp", ["modxp"], "did you mean 'modexp'?")
    refused("aes", ["aes", "--key", "00"], "cannot trace 'aes'; did you mean 'aes-128'?")
    refused("hmac-sha", ["hmac-sha"], "did you mean 'hmac-sha1'?")
    refused("nothing like it", ["enigmatic-thing"], "cannot trace 'enigmatic-thing' (see 'cutaway trace --help')")
    refused("itself", ["trace", "md5"], "trace cannot trace itself")
    for name in ["list", "bench", "explain"]:
        refused(name, [name], f"{name} has no steps to watch")
    refused("all vectors", ["vectors"], "all vectors are too many to watch; name a file")
    refused("depth", [*DES, "--depth", "deep"], "not 'deep'")
    refused("depth without value", [*DES, "--depth"], "--depth wants a value")
    refused("negative depth", [*DES, "--depth", "-1"], "not '-1'")
    refused("width", [*DES, "--width", "3"], "--width wants a number from 40 to 1000")
    refused("colour", [*DES, "--color", "red"], "--color is auto, always or never, not 'red'")
    refused("both", [*DES, "--json", "--expect", "x"], "exclude each other")
    refused("--dept", [*DES, "--dept", "1"], "did you mean '--depth'?")
    refused("--jsn", [*DES, "--jsn"], "did you mean '--json'?")
    refused("short block", ["aes-128", "--key", IV16, "--in", "00"], "--in has 1 byte; a block of aes-128 has 16 (32 hex digits)")
    refused("no block", ["aes-128", "--key", IV16], "--in HEX is missing")
    refused("short key", ["aes-256", "--key", IV16, "--in", IV16], "--key has 16 bytes; aes-256 takes 32 (64 hex digits)")
    refused("odd hex", ["aes-128", "--key", IV16[1:], "--in", IV16], "31 hex digits, an odd number")
    refused("no IV", ["aes-128-cbc", "--key", IV16, "--in", ""], "--iv HEX is missing")
    refused("IV to ECB", ["aes-128-ecb", "--key", IV16, "--iv", IV16, "--in", ""], "ECB has no IV")
    refused("text and hex", ["md5", "--text", "a", "--in", "00"], "exclude each other")
    refused("neither", ["md5"], "--in HEX is missing")
    refused("operand", ["md5", "--text", "a", "b"], "'b' is one operand too many")
    refused("hkdf length", ["hkdf-md5", "--in", "00", "--length", "4081"], "it must be 1 to 4080")
    refused("a command's own complaint", ["hash", "sha255"], "did you mean 'sha256'?")
    wrong = trace("aes-128-cbc", "--key", IV16, "--iv", IV16, "--in", IV16, "--decrypt")
    check("wrong padding is status 1", wrong.returncode == 1 and wrong.stderr.count(b"\n") == 1, wrong)
    for args in (["--help"], ["-h"], ["aes-128", "--help"], ["des-cbc", "--help"], ["hkdf-md5", "--help"], ["md5", "--help"],
                 ["hmac-md5", "--help"], ["mgf1-md5", "--help"], ["hash", "--help"]):
        result = trace(*args)
        check(f"trace {' '.join(args)}", result.returncode == 0 and b"Example:\n" in result.stdout and result.stderr == b"", result)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, function in list(globals().items()):
            if name.startswith("test_"):
                function()
        os.chdir("/")
    print(f"1..{number}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
