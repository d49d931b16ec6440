#!/usr/bin/python3
"""The readers of published test vectors, over the small samples of tests/corpus/vectors, which were made with another
implementation: every case runs, a changed digit is noticed, a malformed file is refused with its line, an unknown one is
skipped. And the table in README.md has the pinned totals. Prints TAP."""
import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_vectors  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
CUTAWAY = (ROOT / os.environ.get("BUILD", "build")).resolve() / "cutaway"
SAMPLES = ROOT / "tests" / "corpus" / "vectors"

# cases, of which refused as they must or may be, skipped; and a value to spoil: the text before its first digit
EXPECTED = {
    "certificate.der": (1, 0, 0, None),
    "certificates.pem": (4, 1, 1, None),
    "request.der": (0, 0, 1, None),
    "cavp-aes-cbc.rsp": (2, 0, 0, "CIPHERTEXT = "),
    "cavp-aes-mct.rsp": (2, 0, 0, "CIPHERTEXT = "),
    "cavp-tdes-monte.rsp": (4, 0, 0, "CIPHERTEXT = "),
    "cavp-tdes-cfb8.rsp": (2, 0, 0, "CIPHERTEXT = "),
    "cavp-dh.txt": (1, 0, 0, "K = "),
    "cavp-hkdf.txt": (2, 0, 0, "IKM  = "),
    "cavp-kas-ephem.fax": (3, 1, 3, "Z = "),
    "cavp-keygen-random.rsp": (1, 0, 0, "\nd = "),
    "cavp-not-ours.rsp": (0, 0, 1, None),
    "cavp-rsasp1.fax": (2, 1, 0, "S = "),
    "cavp-shake.rsp": (0, 0, 1, None),
    "cavp-sha256.rsp": (3, 0, 0, "MD = "),
    "cavp-sha1-monte.rsp": (2, 0, 0, "Seed = "),
    "cavp-hmac.rsp": (1, 0, 0, "Mac = "),
    "cavp-sigver15.rsp": (2, 1, 0, "Msg = "),
    "cavp-siggen-pss.rsp": (1, 0, 0, "Msg = "),
    "cavp-siggen-pss-salt.txt": (1, 0, 0, "SaltVal = "),
    "cavp-keygen.rsp": (1, 0, 0, "\nd = "),
    "cavp-rsadp.txt": (2, 1, 0, "k = "),
    "cavp-kas.fax": (2, 1, 0, "Z = "),
    "rsalabs-sign.txt": (1, 0, 0, "# Message to be signed:\n"),
    "rsalabs-oaep.txt": (1, 0, 0, "# Message:\n"),
    "cryptopp.txt": (6, 1, 1, "MAC: 0x"),
    "des.dat": (2, 0, 0, " "),
    "hashes.json": (4, 0, 0, '"md5": "'),
    "hmac.json": (2, 0, 0, '"sha1": "'),
    "keys.pem": (2, 0, 2, None),
    "own-tdes-monte.txt": (10, 0, 0, "\nciphertext = "),
    "own-md5.txt": (7, 0, 0, "digest = "),
    "pycryptodome-aes.py": (3, 0, 0, "test_data = [\n    ('"),
    "pycryptodome-elgamal.py": (2, 0, 0, "'ct2':'"),
    "wycheproof-aes-cbc-v1.json": (4, 2, 0, '"ct" : "'),
    "wycheproof-rsa-generate.json": (2, 0, 1, '"sig" : "'),
    "wycheproof-rsa-oaep-v1.json": (3, 1, 1, '"ct" : "'),
    "wycheproof-aes-cbc.json": (4, 2, 0, '"msg": "'),
    "wycheproof-hkdf.json": (2, 1, 0, '"okm": "'),
    "wycheproof-hmac.json": (2, 1, 0, '"tag": "'),
    "wycheproof-other.json": (0, 0, 1, None),
    "wycheproof-primality.json": (2, 0, 1, '"value": "'),
    "wycheproof-rsa-oaep.json": (2, 1, 0, '"msg": "'),
    "wycheproof-rsa-pkcs1.json": (2, 1, 0, '"msg": "'),
    "wycheproof-rsa-pss.json": (2, 1, 0, '"msg": "'),
    "wycheproof-rsa-signature.json": (3, 2, 0, '"msg": "'),
}

# Samples that are not in order: the exit status, and what is said about them.
DAMAGED = {
    "certificate-truncated.der": (2, r"certificate-truncated\.der:1: at byte 300 of the DER: the data ends inside"),
    "certificate-base64.pem": (2, r"certificate-base64\.pem:4: this character is not base64"),
    "certificate-flipped.der": (1, r"^FAILED x509-signature  \S+certificate-flipped\.der:1\n"),
}

# A sample, what is replaced in it and by what, the line and the words of the refusal.
MALFORMED = [
    ("cavp-aes-cbc.rsp", r"CIPHERTEXT = .*\n", "", 8, "PLAINTEXT, but no CIPHERTEXT"),
    ("cavp-aes-cbc.rsp", r"KEY = \w", "KEY = x", 8, "key"),
    ("cavp-aes-cbc.rsp", r"IV = ", "IV: ", 9, 'expected "NAME = value"'),
    ("cavp-aes-cbc.rsp", r"\[DECRYPT\]", "[DECRYPT", 13, "must end in"),
    ("cavp-sha256.rsp", r"Len = 8\n", "Len = 16\n", 10, "shorter than Len"),
    ("cavp-sha256.rsp", r"MD = .*\n\nLen = 8", "\nLen = 8", 6, "nothing that is expected of it"),
    ("cavp-sigver15.rsp", r"\nn = ", "\nm = ", 6, "no n"),
    ("cavp-sigver15.rsp", r"Msg = .*\n", "", 6, "no Msg"),
    ("rsalabs-sign.txt", r"# Signature:\n..", "# Signature:\nxy", None, "hexadecimal digits"),
    ("rsalabs-sign.txt", r"# PKCS#1 v1.5 Signature Example 1.1", "# An example", None, "scheme"),
    ("rsalabs-oaep.txt", r"# Message:\n.*\n", "", None, "without its message"),
    ("rsalabs-oaep.txt", "alg=sha256", "alg=sha9", None, "sha9"),
    ("cryptopp.txt", "Key: r20 0xaa", "Key: r20 xx", 17, "neither hexadecimal nor text"),
    ("cryptopp.txt", 'Message: "Hi There"', 'Message: "Hi There', 17, "neither hexadecimal nor text"),
    ("cryptopp.txt", 'Message: r3 "abc"', 'Message: r99999999 "abc"', 25, "too long"),
    ("cryptopp.txt", 'Key: r20', 'Key r20', 14, 'expected "Name: value"'),
    ("des.dat", "4000000000000000", "40000000000000", 2, "one block"),
    ("hashes.json", '"whirlpool": "00"\n', '"whirlpool": \n', 7, "near"),
    ("hashes.json", r'"input": "[^"]+"', '"input": "=="', 9, "base64"),
    ("hashes.json", r'"input": ""', '"inputs": ""', None, "an object with input"),
    ("wycheproof-hmac.json", '"result": "valid"', '"result": "maybe"', None, "none of valid, invalid, acceptable"),
    ("wycheproof-hmac.json", '"tag": ', '"tags": ', None, "no tag"),
    ("wycheproof-rsa-pss.json", '"modulus"', '"mod"', None, "no n"),
    ("wycheproof-rsa-oaep.json", '"mgfSha"', '"mgfsha"', None, "no mgfSha"),
    ("wycheproof-hmac.json", r'"testGroups": \[', '"testGroups": {}, "x": [', 1, "testGroups"),
    ("wycheproof-rsa-oaep-v1.json", '"modulus"', '"mod"', 39, "no n"),
    ("keys.pem", "-----END RSA", "-----END DSA", None, ""),
    ("keys.pem", r"\nMIICXQ", "\nMI!CXQ", 2, "base64"),
    ("certificates.pem", r"\nMII", "\nMI!", 2, "base64"),
    ("certificates.pem", r"\nMII", "\nMAI", 1, "at byte 4 of the DER: there are bytes after the last element"),
    ("certificates.pem", r"-----END CERTIFICATE-----\n", "", 22, "not closed"),
    ("pycryptodome-aes.py", "'made for a test'", "'made for a test", None, "closing quote"),
]


def run(*paths):
    done = subprocess.run([str(CUTAWAY), "vectors", *map(str, paths)], capture_output=True, timeout=300,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def read(name):
    return (SAMPLES / name).read_text(encoding="utf-8")


def samples_run(_):
    assert set(EXPECTED) | set(DAMAGED) == {path.name for path in SAMPLES.iterdir()}, "the list of samples"
    for name, (cases, rejected, skipped, _) in EXPECTED.items():
        status, output, errors = run(SAMPLES / name)
        row = re.search(r"^\S+ +(\d+) +(\d+) +(\d+)  \S", output, re.M)
        assert row and tuple(map(int, row.groups())) == (cases, cases, rejected), name + output + errors
        assert sum(map(int, re.findall(r"^    skipped (\d+): ", output, re.M))) == skipped, name + output
        assert status == 0 and not errors, name + output + errors


def damaged_samples(_):
    for name, (status, words) in DAMAGED.items():
        found, output, errors = run(SAMPLES / name)
        assert found == status and re.search(words, output + errors, re.M), name + output + errors


def certificates(folder):
    """The issuer is the certificate itself, or in its file, or beside it; what is changed fails, and the report helps."""
    middle = SAMPLES / ".." / ".." / ".." / "vectors" / "x509" / "middle.pem"
    path = folder / "it's one.crt"
    der = (SAMPLES / "certificate.der").read_bytes()
    path.write_bytes(der)
    alone = run(path)
    assert alone[0] == 0 and "    skipped 1: a certificate without its issuer" in alone[1], alone
    os.mkfifo(folder / "pipe.pem")  # which nobody writes to
    (folder / "notes.txt").write_text("-----BEGIN CERTIFICATE-----\nno more of it\n")
    shutil.copy(middle, folder / "above.pem")
    done = run(path)
    assert done[0] == 0 and "\n1 passed, 0 failed\n" in done[1] and not done[2], done
    environment = dict(os.environ, PATH=f"{CUTAWAY.parent}:{os.environ['PATH']}")
    serial = der.index(b"\x02\x14") + 8
    # A changed signature opens to anything; under a right one the digest differs, which starts 32 bytes before the end.
    for at, byte in ((len(der) - 1, 0), (serial, 256 - 32)):
        path.write_bytes(der[:at] + bytes([der[at] ^ 1]) + der[at + 1:])
        status, output, errors = run(path)
        assert status == 1 and output.count("FAILED x509-signature") == 1 and not errors, output + errors
        assert f"    first difference   byte {byte}: expected" in output, output
        command = re.search(r"^    step through it    (cutaway trace rsa raw .*)$", output, re.M).group(1)
        traced = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, env=environment,
                                stdin=subprocess.DEVNULL)
        assert traced.returncode == 0 and "# the modulus" in traced.stdout and not traced.stderr, traced
    # One published as broken must be rejected. With a byte changed it is another one, and fails.
    blocks = re.findall(r"-----BEGIN [^-]*-----([^-]*)-----END ", read("certificates.pem"))
    broken, issuer = map(base64.b64decode, blocks[3:])
    (folder / "issuer.crt").write_bytes(issuer)
    path.write_bytes(broken)
    row = re.search(r"one\.crt +(\d+) +(\d+) +(\d+)  DER$", run(path)[1], re.M)
    assert row and row.groups() == ("1", "1", "1"), row
    path.write_bytes(broken[:-1] + bytes([broken[-1] ^ 1]))
    status, output, errors = run(path)
    assert status == 1 and "FAILED x509-signature" in output and not errors, output + errors
    certificate = folder / "own.txt"
    for hexadecimal, result, status, words in (
            (der.hex(), "", 1, "something to compute"), (der[:-1].hex(), "", 1, r"printf '\\060\\202.*' \| cutaway x509 inspect -"),
            (der[:-1].hex(), "result = fail\n", 0, "1 passed, 0 failed")):
        certificate.write_text("source = a\nedition = b\nsection = c\n\nalgorithm = x509-signature\n"
                               f"certificate = {hexadecimal}\n{result}")
        found, output, errors = run(certificate)
        assert found == status and re.search(words, output) and not errors, output + errors


def changed_digit(folder):
    for name, (_, _, _, before) in EXPECTED.items():
        if before is None:
            continue
        text = read(name)
        at = text.index(before) + len(before)
        digit = next(other for other in "3271" if other != text[at])
        path = folder / name
        path.write_text(text[:at] + digit + text[at + 1:], encoding="utf-8")
        status, output, errors = run(path)
        failed = re.search(r"^FAILED \S+  (\S+):(\d+)", output, re.M)
        assert status == 1 and failed and "step through it    cutaway trace" in output, name + output + errors
        assert failed.group(1) == str(path) and int(failed.group(2)) <= text.count("\n"), name + output


def results_turned(folder):
    """A must-fail case that says it is valid fails, and one that is right but must fail fails too."""
    for name, old, new in (("cavp-sigver15.rsp", "Result = P", "Result = F (1 - Message changed)"),
                           ("cavp-sigver15.rsp", "Result = F", "Result = P"), ("cavp-kas.fax", "Result = F", "Result = P"),
                           ("cavp-rsadp.txt", "Result = Fail", "Result = Pass"),
                           ("cavp-kas-ephem.fax", "\n\nResult = P", "\n\nResult = F"),
                           ("wycheproof-hmac.json", '"result": "valid"', '"result": "invalid"'),
                           ("wycheproof-hmac.json", '"result": "invalid"', '"result": "valid"'),
                           ("wycheproof-rsa-signature.json", '"result": "acceptable"', '"result": "valid"'),
                           ("wycheproof-aes-cbc.json", '"result": "invalid"', '"result": "valid"'),
                           ("wycheproof-rsa-oaep.json", '"result": "invalid"', '"result": "valid"'),
                           ("cryptopp.txt", "Test: NotVerify", "Test: Verify")):
        path = folder / name
        text = read(name)
        assert old in text, name
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        status, output, errors = run(path)
        assert status == 1 and "\nFAILED " in output, f"{name} {new}: {output}{errors}"


def note_of_failure(folder):
    """What Wycheproof says about a case, its flags too, stands beside it when it fails."""
    for name, old, new, note in (
            ("wycheproof-rsa-generate.json", '"sig" : "03', '"sig" : "04', "tcId 1, SmallModulus, WeakHash"),
            ("wycheproof-aes-cbc-v1.json", '"ct" : "b1', '"ct" : "b2', "tcId 1: empty message, Pseudorandom")):
        path = folder / name
        path.write_text(read(name).replace(old, new, 1), encoding="utf-8")
        output = run(path)[1]
        assert re.search(rf"^FAILED \S+  {re.escape(str(path))}:\d+  {re.escape(note)}$", output, re.M), output
        assert re.search(r"first difference   byte 0: expected \w\w, got \w\w", output), output


# What of an algorithm's vector is spoilt, so that it fails: the first of these that it has.
RESULTS = ("verdict", "digest", "mac", "okm", "mask", "signature", "c2", "s", "z", "ciphertext")


def spoil(case):
    """The same case with another result, as text."""
    name = next((name for name in RESULTS if name in case), "p")
    if name == "ciphertext" and case.get("direction") == "decrypt":
        name = "plaintext"
    value = case[name]
    other = {"prime": "composite", "composite": "prime", "accepted": "expired"}.get(value, "accepted")
    case = dict(case, **{name: other if name == "verdict" else value[:-1] + ("2" if value[-1] == "1" else "1")})
    head = [f"{key} = {case.pop(key)}" for key in ("source", "edition", "section")]
    return "\n".join(head + [""] + [f"{key} = {value}" for key, value in case.items()]) + "\n"


def commands_work(folder):
    """Of each algorithm in vectors/, a failing case prints a command that runs when it is pasted into a shell."""
    shutil.copytree(ROOT / "vectors", folder / "vectors")
    environment = dict(os.environ, PATH=f"{CUTAWAY.parent}:{os.environ['PATH']}")
    seen = set()
    for path in sorted((folder / "vectors").rglob("*.txt")):
        for case in check_vectors.cases_of(path):
            kind = re.sub(r"\d+", "", case["algorithm"]), case.get("direction"), "repeat" in case
            if kind in seen or "result" in case:
                continue
            seen.add(kind)
            spoilt = path.parent / "spoilt.txt"
            spoilt.write_text(spoil(case), encoding="utf-8")
            status, output, errors = run(spoilt)
            command = re.search(r"^    step through it    (cutaway trace .*|printf .*)$", output, re.M)
            assert status == 1 and command, f"{kind}: {output}{errors}"
            done = subprocess.run(["sh", "-c", command.group(1)], capture_output=True, text=True, timeout=120,
                                  stdin=subprocess.DEVNULL, env=environment, cwd=path.parent)
            # 1 is the verdict "composite", or that of a certificate that is not accepted
            worked = done.returncode == 0 or (done.returncode == 1 and kind[0] in ("prime", "dh-group", "x-verify"))
            assert worked and done.stdout and not done.stderr, f"{kind}: {command.group(1)}: {done.stdout}{done.stderr}"
    assert len(seen) > 40, seen


def malformed(folder):
    problems = []
    for name, old, new, line, words in MALFORMED:
        text, count = re.subn(old, lambda _: new, read(name), count=1)
        assert count == 1, f"{name}: {old} is not there"
        path = folder / name
        path.write_text(text, encoding="utf-8")
        status, output, errors = run(path)
        where = re.search(re.escape(str(path)) + r":(\d+): (.*)", errors)
        if status != 2 or not where or words not in where.group(2):
            problems.append(f"{name} {new!r}: {status} {output[-300:]}{errors}")
        elif line not in (None, int(where.group(1))) or int(where.group(1)) > text.count("\n") + 1:
            problems.append(f"{name} {new!r}: line {line} wanted, {errors}")
    assert not problems, "\n".join(problems)


def unknown_files(folder):
    (folder / "prose.txt").write_text("Nothing here is a test vector.\n")
    (folder / "picture.bin").write_bytes(bytes(range(256)))
    (folder / "good.rsp").write_text(read("cavp-sha256.rsp"))
    (folder / "deeper").mkdir()
    (folder / "deeper" / "good.json").write_text(read("hmac.json"))
    status, output, errors = run(folder)
    assert status == 0 and not errors and output.endswith("\nskipped: 0 cases, 2 files\n\n5 passed, 0 failed\n"), output
    assert re.search(r"prose\.txt +skipped: in no format", output), output
    assert re.search(r"picture\.bin +skipped: in no format", output), output
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe")  # which nobody writes to
    deep = folder.joinpath(*"123456789")
    deep.mkdir(parents=True)
    (deep / "lost.rsp").write_text(read("cavp-sha256.rsp"))
    status, output, errors = run(folder)
    assert status == 0 and output.endswith("\nskipped: 0 cases, 5 files\n\n5 passed, 0 failed\n"), output + errors
    for words in (r"loop +skipped: a link to a folder", r"pipe +skipped: neither a file nor a folder",
                  r"1/2/3/4/5/6/7/8 +skipped: a folder too deep"):
        assert re.search(f"^{words}", output, re.M), output
    status, output, errors = run(folder / "missing.rsp", folder / "good.rsp")
    assert status == 2 and "missing.rsp" in errors and "3 passed" in output and "it cannot be read" in output, output
    assert run(folder / "prose.txt")[0] == 2


def false_friends(folder):
    """What looks like a vector of ours and is none is neither a failure nor an error."""
    hexadecimal = "'" + 32 * "0" + "'"
    (folder / "test_MAC.py").write_text(
        '"""Self-test suite for a MAC"""\nimport unittest\nfrom Cryptodome.Cipher import AES\n'
        f"test_data = [({hexadecimal}, {hexadecimal}, {hexadecimal}, 'key, data, result')]\nmake_mac_tests(test_data)\n")
    (folder / "keys.py").write_text('import unittest\nkey = """-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"""\n')
    (folder / "threefish.txt").write_text(
        "AlgorithmType: SymmetricCipher\nName: Threefish-256(256)/ECB\nKey: word64 00\nPlaintext: word64 00\n"
        "Ciphertext: word64 00\nTest: Encrypt\n")
    (folder / "acvp.json").write_text('[{"acvVersion": "1.0"}, {"vsId": 1, "algorithm": "ACVP-AES-CBC", "testGroups": []}]')
    (folder / "good.rsp").write_text(read("cavp-sha256.rsp"))
    status, output, errors = run(folder)
    assert status == 0 and not errors and output.endswith("\n3 passed, 0 failed\n"), output + errors
    assert re.search(r"^acvp\.json +skipped: in no format", output, re.M), output
    assert re.search(r"^keys\.py +skipped: in no format", output, re.M), output
    assert "skipped 1: a cipher or mode that is not offered here" in output, output


def tally_lines(_):
    status, output, errors = run("--tally", SAMPLES / "cryptopp.txt")
    assert status == 0 and f"cases\t{SAMPLES}/cryptopp.txt\thmac-sha256\t2\t2\t0\t1\n" in output, output
    assert f"skipped\t{SAMPLES}/cryptopp.txt\t1\ta hash function that is not offered here\n" in output, output


def readme_totals(_):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"<!-- vectors: begin.*?-->(.*)<!-- vectors: end -->", text, re.S).group(1)
    sums = {}
    for source, cases, passed, failed, rejected in re.findall(
            r"^\| [^|*]+ \| ([^|]+) \| ([\d,]+) \| ([\d,]+) \| (\d+) \| (\d*) \|$", table, re.M):
        row = sums.setdefault(source, [0, 0])
        row[0] += int(cases.replace(",", ""))
        row[1] += int(rejected or 0)
        assert cases == passed and failed == "0", source
    assert {source: tuple(row) for source, row in sums.items()} == check_vectors.PINNED, sums
    total = sum(cases for cases, _ in check_vectors.PINNED.values())
    assert f"| **{total:,}** |" in table and total >= 18228, total


def table_fails(folder):
    """check_vectors.py ends with exit status 1 when a case fails or a file is malformed."""
    good, bad, worse = folder / "good", folder / "bad", folder / "worse"
    for path in (good, bad, worse):
        path.mkdir()
    (good / "a.rsp").write_text(read("cavp-sha256.rsp"))
    (bad / "a.rsp").write_text(re.sub(r"MD = \w\w", "MD = 00", read("cavp-sha256.rsp"), count=1))
    (worse / "a.rsp").write_text(read("cavp-sha256.rsp").replace("Len = 8", "Len = 16"))
    for path, status, ending in ((good, 0, "3 passed, 0 failed"), (bad, 1, "2 passed, 1 failed"),
                                 (worse, 1, "0 passed, 1 failed")):
        command = [sys.executable, str(ROOT / "tests" / "check_vectors.py"), str(CUTAWAY.parent), "--only-own", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        assert done.returncode == status and done.stdout.endswith(ending + "\n"), done.stdout + done.stderr


def pinned_totals(folder):
    """Other totals than the pinned ones are a failure, and so is a file that is not there any more."""
    (folder / "a.rsp").write_text(read("cavp-sigver15.rsp"))
    script = ("import sys, check_vectors as c\nc.SOURCES = {'some': [sys.argv[2]]}\nc.write_readme = lambda *_: True\n"
              "c.PINNED = {'some': tuple(map(int, sys.argv[3:]))}\nsys.argv[2:] = []\nsys.exit(c.main())")
    for name, pinned, status, words in (
            ("a.rsp", (2, 1), 0, "\n2 passed, 0 failed\n"), ("a.rsp", (3, 1), 1, "but 3 and 1 are pinned"),
            ("a.rsp", (2, 2), 1, "but 2 and 2 are pinned"), ("b.rsp", (2, 1), 1, "No such file")):
        done = subprocess.run([sys.executable, "-c", script, str(CUTAWAY.parent), str(folder / name), *map(str, pinned)],
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, cwd=ROOT / "tests")
        assert done.returncode == status and words in done.stdout, f"{name} {pinned}: {done.stdout}{done.stderr}"


TESTS = [
    ("every sample runs, with its cases, refusals and skipped cases", samples_run),
    ("damaged samples are refused, or fail", damaged_samples),
    ("certificates: the issuer is found, a change is noticed, the command printed works", certificates),
    ("a changed digit fails a case of every sample, and names file and line", changed_digit),
    ("a result that is turned round fails", results_turned),
    ("a failing case comes with its comment, its flags and the first byte that differs", note_of_failure),
    ("the command that steps through a failing case works, for each algorithm", commands_work),
    (f"malformed files are refused with line and reason ({len(MALFORMED)} kinds)", malformed),
    ("unknown and unreadable files are named, skipped and counted", unknown_files),
    ("files of other things that look like vectors of ours are neither failures nor errors", false_friends),
    ("--tally prints a line for each algorithm", tally_lines),
    ("the README's table has the pinned totals", readme_totals),
    ("check_vectors.py fails when the totals are not the pinned ones", pinned_totals),
    ("check_vectors.py fails when a case fails or a file is malformed", table_fails),
]


def main():
    failures = 0
    for number, (name, test) in enumerate(TESTS, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Path(folder))
                print(f"ok {number} - {name}", flush=True)
            except Exception as error:  # the others run all the same
                failures += 1
                print(f"not ok {number} - {name}")
                print("\n".join("# " + line for line in f"{type(error).__name__}: {error}".splitlines()[:40]), flush=True)
    print(f"1..{len(TESTS)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
