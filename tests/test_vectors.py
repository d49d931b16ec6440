#!/usr/bin/python3
# Runs the published vectors, and shows that the runner can fail: a changed digit, a must-fail vector that is right, a
# malformed file. Speaks TAP.
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
CUTAWAY = os.path.join(BUILD, "cutaway")
VECTORS = os.path.join(ROOT, "vectors")

# Pinned: fewer is a failure, and more belongs here and in docs/vectors.md.
CASES, REJECTED = 781, 23

number = 0
failures = 0


def report(name, problems):
    """problems: text, or a list of texts; empty passes."""
    global number, failures
    number += 1
    print(f"{'not ok' if problems else 'ok'} {number} - {name}", flush=True)
    for problem in ([problems] if problems else []) if isinstance(problems, str) else problems[:20]:
        print("\n".join("# " + line for line in problem.splitlines()[:20]))
    failures += bool(problems)


def run(*arguments, cwd=ROOT):
    """The exit status, standard output and standard error of `cutaway vectors`."""
    done = subprocess.run([CUTAWAY, "vectors", *arguments], cwd=cwd, capture_output=True, timeout=600,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def files():
    found = []
    for folder, _, names in os.walk(VECTORS):
        found += [os.path.relpath(os.path.join(folder, name), VECTORS) for name in names if name.endswith(".txt")]
    return sorted(found)


def read(name):
    with open(os.path.join(VECTORS, name), encoding="utf-8") as file:
        return file.read()


def blocks(text):
    """The header and the cases of a file."""
    return [block for block in re.split(r"\n\s*\n", text.strip()) if re.search(r"^\w", block, re.M)]


def row(output, name):
    """cases, passed, rejected in the line of a file."""
    match = re.search(rf"^\S*{re.escape(name)} +(\d+) +(\d+) +(\d+)  \S", output, re.M)
    return tuple(map(int, match.groups())) if match else None


# --- all of them -------------------------------------------------------------------------------------------------

status, output, errors = run()
everything = {name: row(output, name) for name in files()}
report("all published vectors pass", "" if status == 0 and not errors else output[-2000:] + errors)
report("the last line is the sum",
       "" if output.splitlines()[-1] == f"{CASES} passed, 0 failed" else output.splitlines()[-1])
report("every file of vectors/ has its line", [name for name, counts in everything.items() if not counts])
counts = [value for value in everything.values() if value]
report("the totals are the pinned ones", "" if (sum(c[0] for c in counts), sum(c[2] for c in counts)) == (CASES, REJECTED)
       else f"{sum(c[0] for c in counts)} cases, {sum(c[2] for c in counts)} rejected")
report("every case of every file was run",
       [name for name in files() if everything[name] and everything[name][0] != len(blocks(read(name))) - 1])
report("every must-fail case was rejected",
       [name for name in files() if everything[name] and everything[name][2] != read(name).count("\nresult = fail")])

with open(os.path.join(ROOT, "docs", "vectors.md"), encoding="utf-8") as page:
    documented = {name: (int(cases), int(rejected or 0)) for name, cases, rejected in re.findall(
        r"^\| \[([\w./-]+)\]\(\.\./vectors/[\w./-]+\) \| (\d+) \| (\d*) \|", page.read(), re.M)}
report("docs/vectors.md lists every file with its counts",
       [f"{name}: page {documented.get(name)}, file {everything.get(name)}" for name in sorted(set(documented) | set(files()))
        if documented.get(name) != (everything.get(name) or (0, 0, 0))[::2]])

with tempfile.TemporaryDirectory() as elsewhere:
    status, output, _ = run(cwd=elsewhere)
    report("from another folder the vectors are found above the program",
           "" if output.endswith(f"\n{CASES} passed, 0 failed\n") else output[-500:])

# --- the runner can fail -----------------------------------------------------------------------------------------

OUTPUTS = ("digest", "mac", "okm", "mask", "ciphertext", "signature", "c2", "s", "z", "p", "verdict")
scratch = tempfile.TemporaryDirectory()
for folder, _, names in os.walk(VECTORS):  # the files that x509-verify looks for beside its own
    for name in names:
        if name.endswith(".pem"):
            shutil.copy(os.path.join(folder, name), scratch.name)


def spoil(case):
    """The case with the last digit of what it expects changed; None when it must fail, or be refused, anyway."""
    if "result = fail" in case or re.search(r"^verdict = (?!accepted|prime|composite)", case, re.M):
        return None
    names = re.findall(r"^([\w-]+) = ", case, re.M)
    name = next(output for output in OUTPUTS if output in names)
    match = re.search(rf"^{name} = \S+(\n +\S+)*", case, re.M)
    value = match.group()
    if name == "verdict":
        value = value.replace("composite", "?").replace("prime", "composite").replace("?", "prime")
        value = value.replace("accepted", "expired")
    else:
        value = value[:-1] + ("1" if value[-1] != "1" else "2")
    return case[:match.start()] + value + case[match.end():]


def place(name, text):
    path = os.path.join(scratch.name, name.replace("/", "-"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


problems, commands, families = [], [], set()
for name in files():
    header, *cases = blocks(read(name))
    if re.search(r"^verdict = ", header, re.M):
        spoiled = ("\n\n".join([spoil(header)] + cases[:2]), 2)
    else:
        changed = [(i, spoil(case)) for i, case in enumerate(cases) if spoil(case)]
        if not changed:
            continue
        i, case = changed[len(changed) // 2]
        spoiled = ("\n\n".join([header] + cases[:i] + [case] + cases[i + 1:]), 1)
    status, output, errors = run(place(name, spoiled[0]))
    if status != 1 or errors or not re.search(rf"^\d+ passed, {spoiled[1]} failed$", output, re.M):
        problems.append(f"{name}: exit status {status}\n{output[-500:]}{errors}")
    shown = re.search(r"^FAILED (\S+) .*?\n((?: {4}.*\n)+)", output, re.M)
    if not shown or "expected  " not in shown.group(2) or "step through it    cutaway " not in shown.group(2):
        problems.append(f"{name}: the failure is not explained\n{output[:800]}")
    elif re.sub(r"\d+", "N", shown.group(1)) not in families:
        families.add(re.sub(r"\d+", "N", shown.group(1)))
        commands.append(re.search(r"step through it {4}(cutaway trace .*)", shown.group(2)).group(1))
report("in every file, a changed digit fails the run and is explained", problems)

problems = []
for name in files():
    header, *cases = blocks(read(name))
    case = next((case for case in cases if "result = fail" not in case), None)
    if case is None:
        continue
    status, output, _ = run(place(name, "\n\n".join([header, case + "\nresult = fail"])))
    if status != 1 or "expected           failure" not in output or not output.endswith("\n0 passed, 1 failed\n"):
        problems.append(f"{name}: exit status {status}\n{output}")
report("in every file, a right case that is marked to fail fails the run", problems)

# Without the mark the must-fail cases fail, and for the reason that they were made for.
REASONS = {
    "public/rsa-pkcs1-verify-fail.txt": {"refused: the signature, on verification": 5},
    "public/rsa-pss-verify-fail.txt": {"refused: the signature, on verification": 5},
    "public/rsa-pkcs1-format-fail.txt": {"refused: the signature, on verification": 5},
    "public/elgamal-pycryptodome.txt": {"refused: the signature, on verification": 2},
    "public/dh-kas.txt": {"refused: yA": 2, "refused: yB": 1, "differs            yB": 1, "differs            z": 2},
}
problems = []
for name, reasons in REASONS.items():
    status, output, _ = run(place(name, read(name).replace("\nresult = fail", "")))
    got = {reason: output.count(f"{reason}\n") for reason in reasons}
    if status != 1 or got != reasons or not output.endswith(f"{sum(reasons.values())} failed\n"):
        problems.append(f"{name}: {got}\n{output[-300:]}")
if set(REASONS) != {name for name in files() if "\nresult = fail" in read(name)}:
    problems.append("a file with must-fail cases is missing from this list")
report("every must-fail case is refused for the reason it was made for", problems)

# Each half of a computation is run: here only one of them can notice.


def fields(name, index):
    """The fields of a case, the header's defaults included."""
    header, *cases = blocks(read(name))
    text = re.sub(r"\n +", "", header + "\n" + cases[index])
    found = dict(re.findall(r"^([\w-]+) = (.*)$", text, re.M))
    return {key: value for key, value in found.items() if key not in ("source", "edition", "section")}


def judge(file, index, without=(), /, **changes):
    """What the runner says of a case with some fields changed and some left out: "passes", or the reason."""
    case = {key: value for key, value in fields(file, index).items() if key not in without}
    case.update({key.replace("_", "-"): value for key, value in changes.items()})
    text = "\n".join(f"{key} = {value}" for key, value in case.items())
    path = place("half.txt", "source = a\nedition = b\nsection = c\n\n" + text + "\n")
    status, output, errors = run(path)
    if status == 0:
        return "passes"
    found = re.search(r"^    (?:(differs) +|got +(?:(refused): )?)(no .*|.*)", output, re.M)
    if found is None or found.group(3) == "success":
        return "agrees, but must fail" if found else errors
    reason = ": ".join(part for part in (found.group(1), found.group(2), found.group(3)) if part)
    return reason if row(output, "half.txt") == (1, 0, 0) else "miscounted"


RSA = {key: fields(f"public/{key}.txt", 0) for key in ("rsa-pkcs1-encrypt", "rsa-oaep", "rsa-pkcs1-sign", "rsa-pss")}
other = hex(int(RSA["rsa-pss"]["d"], 16) - 2)
encryption = RSA["rsa-pkcs1-encrypt"]["ciphertext"]
HALVES = [
    (judge("block/aes-modes.txt", 1, plaintext="00" * 64), "differs: plaintext"),
    (judge("block/aes-modes.txt", 0, ciphertext="00" * 64), "differs: ciphertext"),
    (judge("block/aes-modes.txt", 0, ("direction",), ciphertext="00" * 64), "differs: ciphertext"),
    (judge("block/aes-modes.txt", 6, iv="00"), "refused: the length of the key or of the IV"),
    (judge("hash/md5-rfc1321.txt", 0, digest=fields("hash/md5-rfc1321.txt", 0)["digest"][:-2]), "differs: digest"),
    (judge("hash/hmac-rfc2202.txt", 0, mac=fields("hash/hmac-rfc2202.txt", 0)["mac"] + "00"), "differs: mac"),
    (judge("hash/hmac-rfc2202.txt", 0, mac='""'), "refused: the MAC, on verification"),
    (judge("hash/hkdf-rfc5869.txt", 0, prk="00"), "differs: prk"),
    (judge("hash/hkdf-rfc5869.txt", 0, ("prk",), length="43"), "differs: okm"),
    (judge("hash/hkdf-rfc5869.txt", 0, length="8161"), "refused: the length"),
    (judge("public/rsa-textbook.txt", 0, ("p", "q"), d="422193"), "refused: the ciphertext"),
    (judge("public/rsa-textbook.txt", 0, ("d",), q="2359"), "differs: n"),
    (judge("public/rsa-textbook.txt", 0, ("d", "p", "q"), ciphertext="1"), "differs: ciphertext"),
    (judge("public/rsa-pkcs1-encrypt.txt", 0, ("d", "p", "q", "ps")), "no private key, and nothing to encrypt with either"),
    (judge("public/rsa-oaep.txt", 0, ("d", "p", "q"), result="fail"), "no private key, and nothing to encrypt with either"),
    (judge("public/rsa-textbook.txt", 0, n="6012706"), "refused: the public key"),
    (judge("public/rsa-pkcs1-encrypt.txt", 0, ("d", "p", "q"), ciphertext=encryption[:-2] + "00"), "differs: ciphertext"),
    (judge("public/rsa-pkcs1-encrypt.txt", 0, ("ps", "p", "q"), message="00"), "differs: message"),
    (judge("public/rsa-pkcs1-encrypt.txt", 0, ("ps", "d"), message="00"), "differs: message"),
    (judge("public/rsa-pkcs1-encrypt.txt", 0, ps="00", result="fail"), "agrees, but must fail"),
    (judge("public/rsa-oaep.txt", 0, ("d", "p", "q"), seed="00" * 20), "differs: ciphertext"),
    (judge("public/rsa-oaep.txt", 0, ("d", "p", "q"), seed="00"), "refused: the message, on encryption"),
    (judge("public/rsa-oaep.txt", 0, ("seed",), label="00"), "refused: the ciphertext, on decryption"),
    (judge("public/rsa-oaep.txt", 0, ("seed",), mgf="sha256"), "refused: the ciphertext, on decryption"),
    (judge("public/rsa-pkcs1-sign.txt", 0, ("p", "q"), d=other), "refused: the message, on signing"),
    (judge("public/rsa-pss.txt", 0, salt="00" * 20), "differs: signature"),
    (judge("public/rsa-pss.txt", 0, ("d", "p", "q"), salt="00" * 20), "passes"),
    (judge("public/rsa-pss.txt", 0, ("d", "p", "q"), salt="00"), "refused: the signature, on verification"),
    (judge("public/rsa-pss.txt", 0, ("salt",), salt_length="19"), "refused: the signature, on verification"),
    (judge("public/rsa-pss.txt", 0, ("salt",), mgf="md5"), "refused: the signature, on verification"),
    (judge("public/elgamal-textbook.txt", 0, k="1521"), "differs: c1"),
    (judge("public/elgamal-textbook.txt", 0, ("k",), c1="1431"), "differs: message"),
    (judge("public/elgamal-textbook.txt", 0, y="1186"), "differs: y"),
    (judge("public/elgamal-textbook.txt", 1, k="1531"), "differs: r"),
    (judge("public/elgamal-textbook.txt", 1, ("k", "x"), h="1464"), "refused: the signature, on verification"),
    (judge("public/elgamal-textbook.txt", 1, p="2359"), "refused: the group"),
    (judge("public/dh-groups-rfc3526.txt", 0, name="modp-2048"), "differs: p"),
    (judge("public/dh-groups-rfc3526.txt", 0, g="3"), "differs: g"),
    (judge("public/dh-groups-rfc3526.txt", 0, name="modp-1"), "refused: the name of the group"),
    (judge("public/dh-rfc5114.txt", 0, ("xB",), z="00"), "differs: z"),
    (judge("public/dh-rfc5114.txt", 0, xA="5"), "differs: yA"),
    (judge("public/dh-rfc5114.txt", 0, yB="1"), "refused: yB"),
    (judge("primes/carmichael.txt", 0, strong_bases="2"), "refused: Miller-Rabin to base 2"),
    (judge("primes/carmichael.txt", 0, strong_bases="50 101 460 511 600"), "refused: Miller-Rabin to base 600"),
    (judge("primes/carmichael.txt", 0, strong_lucas="passes"), "differs: the strong Lucas test"),
    (judge("primes/curves.txt", 0, verdict="composite"), "differs: the verdict"),
]
report(f"each half of a computation is run, and its fault named ({len(HALVES)} cases)",
       [f"{i}: wanted {wanted}, got {got}" for i, (got, wanted) in enumerate(HALVES) if got != wanted])

override = place("override.txt", "source = a\nedition = b\nsection = c\nalgorithm = sha1\nmessage = 00\nrepeat = 7\n\n"
                 "algorithm = md5\nmessage = \"\"\nrepeat = 1\ndigest = d41d8cd98f00b204e9800998ecf8427e\n")
status, output, errors = run(override)
report("what a case says goes before what the header says", "" if status == 0 else output + errors)

environment = dict(os.environ, PATH=BUILD + os.pathsep + os.environ["PATH"])
problems = []
for command in commands:
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, timeout=120,
                          stdin=subprocess.DEVNULL)
    if done.returncode not in (0, 1) or not done.stdout or done.stderr:  # 1: `prime test` says that n is composite
        problems.append(f"{command[:300]}\n{done.stderr.decode()}")
report(f"the commands printed for failed cases run ({len(commands)} kinds)", problems)

# --- malformed files ---------------------------------------------------------------------------------------------

HEADER = "source = a\nedition = b\nsection = c\n"
SHA = "algorithm = sha1\nmessage = 00\ndigest = 00\n"
MALFORMED = [
    ("", 0, "no header and no cases"),
    ("\n\n# only a comment\n", 3, "no header and no cases"),
    (HEADER, 3, "no cases"),
    ("source = a\nsection = c\n\n" + SHA, 1, "must name its source, edition and section"),
    (HEADER + "\nmessage = 00\n", 5, "names no algorithm"),
    (HEADER + "\n" + SHA + "digest = 01\n", 8, "digest is given twice"),
    (HEADER + "\n" + SHA + "colour = 01\n", 8, "unknown field colour of sha1"),
    (HEADER + "\nalgorithm = sha1\nmessage = 00\n", 5, "no digest, which sha1 needs"),
    (HEADER + "\nalgorithm = sha3\nmessage = 00\n", 5, "unknown algorithm sha3"),
    (HEADER + "\nalgorithm = aes-128-xyz\nkey = 00\n", 5, "unknown algorithm aes-128-xyz"),
    (HEADER + "\n" + SHA.replace("digest = 00", "digest = 000"), 7, "odd number"),
    (HEADER + "\n" + SHA.replace("digest = 00", "digest = 0g"), 7, "digest"),
    (HEADER + "\n" + SHA.replace("digest = 00", "digest ="), 7, "no value"),
    (HEADER + "\n" + SHA.replace("digest = 00", 'digest = "abc'), 7, "quote"),
    (HEADER + "\n" + SHA.replace("digest = 00", 'digest = "a"b"'), 7, "quote"),
    (HEADER + "\n" + SHA + "result = pass\n", 8, 'only "fail" can be said'),
    (HEADER + "\n" + SHA + "edition = d\n", 8, "edition belongs in the first block"),
    (HEADER + "\n" + SHA + "repeat = many\n", 8, "repeat is not a count"),
    (HEADER + "\n" + SHA + "repeat = 999999999999999999999\n", 8, "repeat is not a count"),
    (HEADER + "\n" + SHA + "just some words\n", 8, "expected \"name = value\""),
    (HEADER + "\n" + SHA + "a name = 1\n", 8, "a name is made of"),
    (HEADER + "\n    00\n", 5, "no value above it"),
    (HEADER + "\nalgorithm = sha1\nmessage = \"a\"\n    00\n", 7, "ends in its own line"),
    (HEADER + "\nalgorithm = sha1\0\n", 5, "control character"),
    (HEADER + "\nalgorithm = prime\nverdict = perhaps\nn = 5\n", 6, "verdict is none of prime|composite"),
    (HEADER + "\nalgorithm = prime\nverdict = prime\nn = 5x\n", 7, "n is not a number"),
    (HEADER + "\nalgorithm = prime\nverdict = prime\nn = -5\n", 7, "n is not a number"),
    (HEADER + "\nalgorithm = prime\nverdict = prime\nn = 0x" + "f" * 6000 + "\n", 7, "more than 16384 bits"),
    (HEADER + "\nalgorithm = prime\nverdict = prime\nn = 5\nstrong-bases = 2  3\n", 8, "list of at most 64"),
    (HEADER + "\nalgorithm = rsa-oaep-sha1\nmgf = sha9\nn = 5\n", 6, "mgf is not the name of a hash function"),
    (HEADER + "\nalgorithm = sha1\n" + "".join(f"x{i} = 00\n" for i in range(40)), 37, "more than 32 values"),
]
problems = []
for text, line, message in MALFORMED:
    path = place("malformed.txt", text)
    status, output, errors = run(path)
    where = f"{path}:{line}: " if line else f"{path}: "
    if status != 2 or len(errors.splitlines()) != 1 or where not in errors or message not in errors:
        problems.append(f"{text[:200]!r}\n  wanted {where}{message}\n  got {status}: {errors}")
report(f"malformed files are refused with line and reason ({len(MALFORMED)} kinds)", problems)

good = place("good.txt", HEADER + '\nalgorithm = md5\nmessage = "a"\ndigest = 0cc175b9c0f1b6a831c399e269772661\n')
broken = place("broken.txt", HEADER)
status, output, errors = run(broken, good)
report("a malformed file does not keep the others from running, nor the exit status from being 2",
       "" if status == 2 and "\n1 passed, 0 failed\n" in output and "broken.txt" in errors else output + errors)
missing = [run("/nonexistent/vectors.txt"), run("--nonsense"), run(tempfile.mkdtemp(dir=scratch.name))]
report("a missing file, an unknown option and an empty folder are exit status 2 with one line",
       [str(result) for result in missing if result[0] != 2 or len(result[2].splitlines()) != 1])
windows = place("windows.txt", open(good, encoding="utf-8").read().replace("\n", "\r\n"))
report("lines may end as on Windows, and the last line without an end",
       [str(result) for result in (run(windows), run(place("open.txt", open(good, encoding="utf-8").read().rstrip())))
        if result[0] != 0])

# --- hostile files -----------------------------------------------------------------------------------------------

chance = random.Random(2)
samples = []
for name in files():
    header, *cases = blocks(read(name))
    if "dh-groups" not in name and "4096 bits" not in cases[0]:
        samples.append("\n\n".join([header] + cases[:1]) + "\n")
hostile = tempfile.mkdtemp(dir=scratch.name)
for i in range(400):
    data = bytearray(chance.choice(samples).encode())
    kind = i % 4
    if kind == 0:
        del data[chance.randrange(len(data)):]
    elif kind == 1:
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind == 2:  # digits for digits: stays well-formed, so the numbers reach the algorithms
        places = [m.start() for m in re.finditer(rb"(?<=[0-9a-f])[0-9a-f]", bytes(data))]
        for at in chance.sample(places, min(len(places), 4)):
            data[at] = ord(chance.choice("0123456789"))
    else:  # a value replaced by one that is extreme
        lines = data.split(b"\n")
        at = chance.choice([j for j, line in enumerate(lines) if b" = " in line])
        extreme = chance.choice([b"0", b"1", b"2", b"0x0", b'""', b"00", b"ff", b"100000000", b"0x" + b"f" * 1024, b"ff" * 300])
        lines[at] = lines[at].split(b" = ")[0] + b" = " + extreme
        data = bytearray(b"\n".join(line for j, line in enumerate(lines) if j <= at or not line.startswith(b" ") or j > at + 20))
    with open(os.path.join(hostile, f"{i:03}.txt"), "wb") as file:
        file.write(data)
status, output, errors = run(hostile)
last = output.splitlines()[-1] if output else ""
report("400 truncated, scrambled and extreme files: never a crash",
       "" if status == 2 and re.fullmatch(r"\d+ passed, \d+ failed", last) else f"{status} {last}\n{errors[-3000:]}")

scratch.cleanup()
print(f"1..{number}")
sys.exit(failures > 0)
