#!/usr/bin/python3
"""The workbench through real processes: hash, hmac, cipher, hkdf, mgf1, list, and everything that can be mistyped.

Expected values come from sha256sum and its family, from openssl, and from Python's own hashlib and hmac.
"""
import hashlib
import hmac
import os
import random
import resource
import shlex
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
CUTAWAY = os.path.join(BUILD, "cutaway")
HASHES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
CIPHERS = {"aes-128": (16, 16), "aes-192": (24, 16), "aes-256": (32, 16),
           "des": (8, 8), "des-ede": (16, 8), "des-ede3": (24, 8)}
MODES = ["ecb", "cbc", "cfb", "cfb8", "ofb", "ctr"]
SANITIZED = "sanitize" in BUILD

number = failures = 0
rng = random.Random(20240601)


def check(name, ok, detail=""):
    global number, failures
    number += 1
    if ok:
        print(f"ok {number} - {name}")
    else:
        failures += 1
        print(f"not ok {number} - {name}")
        print("\n".join("# " + line for line in str(detail).splitlines()[:20]))


def run(*args, stdin=b"", **more):
    if "stdout" in more or "stderr" in more:
        more.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([CUTAWAY, *args], input=stdin, timeout=120, **more)
    return subprocess.run([CUTAWAY, *args], input=stdin, capture_output=True, timeout=120, **more)


def one_line(text, start="cutaway"):
    return text.endswith(b"\n") and text.count(b"\n") == 1 and text.startswith(start.encode())


def refused(name, args, words, stdin=b"", status=2):
    """The command line is refused: status 2, nothing on stdout, one line on stderr that holds the words."""
    result = run(*args, stdin=stdin)
    ok = result.returncode == status and result.stdout == b"" and one_line(result.stderr)
    missing = [word for word in words if word.encode() not in result.stderr]
    check(f"refused: {name}", ok and not missing, f"{args}\n{result}\nmissing {missing}")


def key_for(cipher):
    """A random key of odd parity, which no DES warning comments on."""
    return bytes(b if bin(b).count("1") % 2 else b ^ 1 for b in rng.randbytes(CIPHERS[cipher][0]))


def shell(command, stdin=b"", **more):
    return subprocess.run(["bash", "-c", command], input=stdin, capture_output=True, timeout=120, **more)


def test_hash_like_sha256sum():
    files = {}
    for size in [0, 1, 55, 56, 57, 63, 64, 65, 111, 112, 127, 128, 129, 65535, 65536, 65537, 200000]:
        files[f"size-{size}"] = rng.randbytes(size)
    for name in ["with space", " leading", "-", "--", "-dash", "back\\slash", "new\nline", "carriage\rreturn", "tab\tin",
                 "ümlaut", "quote'\"", "\\", "a\\nb"]:
        files[name] = name.encode()
    for name, content in files.items():
        with open(name, "wb") as file:
            file.write(content)
    paths = [name if name != "-" else "./-" for name in files]
    for algorithm in HASHES:
        theirs = subprocess.run([algorithm + "sum", "--", *paths], capture_output=True)
        ours = run("hash", algorithm, "--", *paths)
        check(f"hash {algorithm} prints what {algorithm}sum prints", ours.stdout == theirs.stdout and
              ours.returncode == 0 and ours.stderr == b"", ours)
        for text in [b"", b"abc", rng.randbytes(100000)]:
            theirs = subprocess.run([algorithm + "sum"], input=text, capture_output=True)
            for args in [[], ["-"]]:
                ours = run("hash", algorithm, *args, stdin=text)
                check(f"hash {algorithm} of {len(text)} bytes of standard input, {args}", ours.stdout == theirs.stdout, ours)
        # And sha256sum checks our lists, as we check its.
        with open("SUMS", "wb") as file:
            file.write(run("hash", algorithm, "--", *paths).stdout)
        theirs = subprocess.run([algorithm + "sum", "--check", "SUMS"], capture_output=True)
        ours = run("hash", algorithm, "--check", "SUMS")
        check(f"hash {algorithm} --check says what {algorithm}sum --check says",
              ours.stdout == theirs.stdout and ours.stdout.count(b": OK\n") == len(paths) and ours.returncode == theirs.returncode == 0 and ours.stderr == b"", ours)
    for key in [b"", b"k", rng.randbytes(64), rng.randbytes(65), rng.randbytes(128), rng.randbytes(129), rng.randbytes(300)]:
        for algorithm in HASHES:
            content = files["size-65537"]
            expected = hmac.new(key, content, algorithm).hexdigest() + "  size-65537\n"
            ours = run("hmac", algorithm, "--key", key.hex(), "size-65537")
            check(f"hmac {algorithm} with a key of {len(key)} bytes", ours.stdout == expected.encode(), ours)
    mac = run("hmac", "sha1", "--key", "00", "size-1", "new\nline")
    with open("MACS", "wb") as file:
        file.write(mac.stdout)
    ours = run("hmac", "sha1", "--key", "00", "--check", "MACS")
    check("hmac --check agrees", ours.returncode == 0 and ours.stdout == b"size-1: OK\n\\new\\nline: OK\n", ours)
    ours = run("hmac", "sha1", "--key", "01", "--check", "MACS")
    check("hmac --check with another key does not", ours.returncode == 1 and ours.stdout.count(b"FAILED") == 2, ours)


def compare_check(name, content):
    """--check on a list gives sha256sum's output, status and, but for the program's name, messages."""
    with open("LIST", "wb") as file:
        file.write(content)
    theirs = subprocess.run(["sha256sum", "--check", "LIST"], capture_output=True, env={**os.environ, "LC_ALL": "C"})
    ours = run("hash", "sha256", "--check", "LIST")
    same = ours.stderr.replace(b"cutaway hash:", b"sha256sum:") == theirs.stderr
    check(f"--check: {name}", ours.stdout == theirs.stdout and ours.returncode == theirs.returncode and same,
          f"{ours}\n{theirs}")
    theirs = subprocess.run(["sha256sum", "--check"], input=content, capture_output=True)
    ours = run("hash", "sha256", "--check", "-", stdin=content)
    check(f"--check from standard input: {name}", ours.stdout == theirs.stdout and ours.returncode == theirs.returncode, ours)


def test_check_like_sha256sum():
    with open("good", "wb") as file:
        file.write(b"good")
    good = hashlib.sha256(b"good").hexdigest().encode()
    bad = bytes(reversed(good))
    compare_check("all well", good + b"  good\n")
    compare_check("binary marker", good + b" *good\n")
    compare_check("upper case", good.upper() + b"  good\n")
    compare_check("tagged", b"SHA256 (good) = " + good + b"\n")
    compare_check("no newline at the end", good + b"  good")
    compare_check("DOS line ends", good + b"  good\r\n")
    compare_check("leading space", b"  " + good + b"  good\n")
    compare_check("comments and blank lines", b"# comment\n\n" + good + b"  good\n")
    compare_check("one mismatch", bad + b"  good\n" + good + b"  good\n")
    compare_check("the last digit", good[:-1] + bytes([good[-1] ^ 1]) + b"  good\n")
    compare_check("two mismatches", bad + b"  good\n" + bad + b"  good\n")
    compare_check("a missing file", good + b"  missing\n" + good + b"  good\n")
    compare_check("two missing files", good + b"  missing\n" + good + b"  missing2\n")
    compare_check("a folder", good + b"  .\n")
    compare_check("one line of rubbish", b"rubbish\n" + good + b"  good\n")
    compare_check("two lines of rubbish", b"rubbish\nrubbish\n" + good + b"  good\n")
    compare_check("nothing but rubbish", b"rubbish\n")
    compare_check("an empty list", b"")
    compare_check("another hash's digest", hashlib.md5(b"good").hexdigest().encode() + b"  good\n")
    compare_check("one digit short", good[1:] + b"  good\n")
    compare_check("not hex", b"g" + good[1:] + b"  good\n")
    with open("new\nline\\", "wb") as file:
        file.write(b"good")
    compare_check("an escaped name", b"\\" + good + b"  new\\nline\\\\\n")
    compare_check("a wrong escape", b"\\" + good + b"  miss\\xing\n")
    compare_check("all at once", b"rubbish\n" + bad + b"  good\n" + good + b"  missing\n")
    missing = run("hash", "sha256", "--check", "no-such-list")
    check("--check of a missing list is status 1", missing.returncode == 1 and one_line(missing.stderr) and
          b"no-such-list: No such file or directory" in missing.stderr, missing)
    result = run("hash", "sha256", "missing", "good", ".")
    check("a missing file is reported, and the others are done", result.returncode == 1 and
          result.stdout == good + b"  good\n" and result.stderr ==
          b"cutaway hash: missing: No such file or directory\ncutaway hash: .: Is a directory\n", result)


def cipher_args(name, direction, key, iv, *more):
    args = ["cipher", name, direction, "--key", key.hex(), *more]
    return args if name.endswith("ecb") else [*args, "--iv", iv.hex()]


def test_cipher_round_trips():
    """Every cipher and mode, around block and buffer boundaries, there and back, and against openssl's own line."""
    for cipher, (_, block) in CIPHERS.items():
        for mode in MODES:
            name = f"{cipher}-{mode}"
            key, iv = key_for(cipher), rng.randbytes(block)
            for size in [0, 1, block - 1, block, block + 1, 1000, 70000]:
                plain = rng.randbytes(size)
                encrypted = run(*cipher_args(name, "encrypt", key, iv), stdin=plain)
                decrypted = run(*cipher_args(name, "decrypt", key, iv), stdin=encrypted.stdout)
                check(f"{name} of {size} bytes and back", encrypted.returncode == 0 and decrypted.returncode == 0 and
                      decrypted.stdout == plain and encrypted.stderr + decrypted.stderr == b"" and
                      (encrypted.stdout != plain or size == 0), (encrypted.stderr, decrypted))
                if size in (1, 1000) and not (mode == "ctr" and block == 8):
                    line = run(*cipher_args(name, "encrypt", key, iv, "--openssl")).stdout.decode()
                    theirs = shell(line, plain)
                    check(f"{name} of {size} bytes: what --openssl prints does the same",
                          theirs.stdout == encrypted.stdout and theirs.returncode == 0, (line, theirs))
                    line = run(*cipher_args(name, "decrypt", key, iv, "--openssl")).stdout.decode()
                    theirs = shell(line, encrypted.stdout)
                    check(f"{name} of {size} bytes back: what --openssl prints does the same",
                          theirs.stdout == plain and theirs.returncode == 0, (line, theirs))
            if mode in ("ecb", "cbc"):
                plain = rng.randbytes(block * 3)
                encrypted = run(*cipher_args(name, "encrypt", key, iv, "--padding", "none"), stdin=plain)
                line = run(*cipher_args(name, "encrypt", key, iv, "--padding=none", "--openssl")).stdout.decode()
                check(f"{name} without padding", len(encrypted.stdout) == len(plain) and
                      shell(line, plain).stdout == encrypted.stdout, (line, encrypted))
                odd = run(*cipher_args(name, "encrypt", key, iv, "--padding", "none"), stdin=plain[1:])
                check(f"{name} without padding wants whole blocks", odd.returncode == 1 and one_line(odd.stderr) and
                      b"whole number" in odd.stderr, odd)


def test_openssl_lines():
    with open("it's a file", "wb") as file:
        file.write(b"x" * 1000)
    with open("-starts with a dash", "wb") as file:
        file.write(b"y" * 1000)
    with open("$HOME `id` *", "wb") as file:
        file.write(b"z" * 1000)
    names = ["it's a file", "-starts with a dash", "$HOME `id` *"]
    for algorithm in HASHES:
        for names_now in (names, names[:1], []):
            line = run("hash", algorithm, "--openssl", "--", *names_now).stdout.decode()
            theirs = shell(line, b"input").stdout
            ours = run("hash", algorithm, "--", *names_now, stdin=b"input").stdout
            digests = [text.split()[0] for text in ours.splitlines()]
            check(f"hash {algorithm} --openssl on {len(names_now)} files", line.startswith("openssl dgst") and
                  digests == [text.split()[0] for text in theirs.splitlines()], (line, theirs, ours))
        line = run("hmac", algorithm, "--openssl", "--key", "0102ff", names[0]).stdout.decode()
        theirs = shell(line).stdout
        ours = run("hmac", algorithm, "--key", "0102ff", names[0]).stdout
        check(f"hmac {algorithm} --openssl", ours.split()[0] == theirs.split()[0], (line, theirs, ours))
        line = run("hmac", algorithm, "--openssl", "--key", "").stdout.decode()
        theirs = shell(line, b"input").stdout
        check(f"hmac {algorithm} --openssl with a key of no bytes",
              theirs.split()[:1] == [hmac.new(b"", b"input", algorithm).hexdigest().encode()], (line, theirs))
    key = bytes(range(16)).hex()
    line = run("cipher", "aes-128-ecb", "encrypt", "--key", key, "--openssl", "--out", "o u t", names[2]).stdout.decode()
    result = shell(line)
    ours = run("cipher", "aes-128-ecb", "encrypt", "--key", key, names[2]).stdout
    with open("o u t", "rb") as file:
        check("cipher --openssl with files", result.returncode == 0 and file.read() == ours, (line, result))
    check("nothing of openssl's is run by --openssl", line == "openssl enc -e -aes-128-ecb -K " + key +
          " -in '$HOME `id` *' -out 'o u t'\n", line)
    refused("openssl has no DES in counter mode", ["cipher", "des-ctr", "encrypt", "--key", "0123456789abcdef", "--iv",
            "0123456789abcdef", "--openssl"], ["openssl has no des-ctr"], status=1)


def test_out():
    key, iv = bytes(range(16)).hex(), bytes(16).hex()
    base = ["cipher", "aes-128-cbc", "decrypt", "--key", key, "--iv", iv]
    encrypted = run("cipher", "aes-128-cbc", "encrypt", "--key", key, "--iv", iv, stdin=b"a" * 200000).stdout
    os.mkdir("out")
    ok = run(*base, "--out", "out/plain", stdin=encrypted)
    with open("out/plain", "rb") as file:
        check("--out holds the result", ok.returncode == 0 and ok.stdout == b"" and file.read() == b"a" * 200000, ok)
    damaged = encrypted[:-1] + bytes([encrypted[-1] ^ 1])
    bad = run(*base, "--out", "out/new", stdin=damaged)
    check("wrong padding: status 1, one line, no file", bad.returncode == 1 and one_line(bad.stderr) and
          b"the padding is wrong" in bad.stderr and os.listdir("out") == ["plain"], (bad, os.listdir("out")))
    bad = run(*base, "--out", "out/plain", stdin=damaged)
    with open("out/plain", "rb") as file:
        check("wrong padding: the file that was there is as it was", bad.returncode == 1 and file.read() == b"a" * 200000)
    bad = run(*base, stdin=damaged)
    check("wrong padding to standard output: all blocks but the last, and status 1",
          bad.returncode == 1 and bad.stdout == b"a" * (200000 // 16 * 16) and one_line(bad.stderr), bad.stderr)
    for cut in (1, 4, 8, 15):
        bad = run(*base, "--out", "out/new", stdin=encrypted[:-cut])
        check(f"a ciphertext {cut} bytes short", bad.returncode == 1 and b"not a whole number" in bad.stderr and
              os.listdir("out") == ["plain"], bad)
    bad = run(*base, "--out", "out/new", stdin=b"")
    check("an empty ciphertext", bad.returncode == 1 and one_line(bad.stderr) and os.listdir("out") == ["plain"], bad)
    for path, words in [("out", b"directory"), ("no/such/folder", b"No such file")]:
        bad = run(*base, "--out", path, stdin=encrypted)
        check(f"--out {path}", bad.returncode == 1 and one_line(bad.stderr) and words in bad.stderr, bad)
    bad = run(*base, "missing")
    check("a missing input file is status 1", bad.returncode == 1 and one_line(bad.stderr) and
          b"missing: No such file or directory" in bad.stderr, bad)
    same = run("cipher", "aes-128-ctr", "encrypt", "--key", key, "--iv", iv, "--out", "out/plain", "out/plain")
    with open("out/plain", "rb") as file:
        result = run("cipher", "aes-128-ctr", "decrypt", "--key", key, "--iv", iv, stdin=file.read())
    check("input and --out may be the same file", same.returncode == 0 and result.stdout == b"a" * 200000, same)
    device = run(*base, "--out", "/dev/full", stdin=encrypted)
    check("--out /dev/full", device.returncode == 1 and one_line(device.stderr) and
          b"/dev/full: No space left on device" in device.stderr, device)


def test_output_errors():
    zeros = bytes(300000)
    commands = [["hash", "sha256"], ["cipher", "aes-128-ecb", "encrypt", "--key", "00" * 16], ["list"], ["--help"],
                ["hash", "--help"], ["hkdf", "sha256", "--in", "00", "--length", "100"], ["mgf1", "md5", "--in", "", "--length", "9"],
                ["hash", "md5", "--openssl"], ["trace", "sha256", "--text", "abc"], ["trace", "sha256", "--text", "abc", "--json"],
                ["trace", "hash", "sha256"]]
    for args in commands:
        with open("/dev/full", "wb") as full:
            result = run(*args, stdin=zeros, stdout=full)
        check(f"a full disk is reported: {' '.join(args)}", result.returncode == 1 and one_line(result.stderr) and
              b"No space left on device" in result.stderr, result)
        closed = shell(f"exec {shlex.join([CUTAWAY, *args])} >&-", zeros)
        check(f"a closed standard output is reported: {' '.join(args)}", closed.returncode == 1 and
              one_line(closed.stderr) and b"Bad file descriptor" in closed.stderr, closed)
        # A reader that goes away ends the writer by SIGPIPE, as everywhere; where that is ignored, it is an error.
        broken = shell(f"trap '' PIPE; {{ sleep 0.2; {shlex.join([CUTAWAY, *args])}; echo $? >&2; }} | true", zeros)
        check(f"a closed pipe is reported where SIGPIPE is ignored: {' '.join(args)}",
              b"Broken pipe" in broken.stderr and broken.stderr.endswith(b"\n1\n"), broken)
    gone = shell(f"set -o pipefail; {CUTAWAY} cipher aes-128-ecb encrypt --key {'00' * 16} /dev/zero | head -c 10 | wc -c")
    check("an endless input ends when its reader does", gone.stdout == b"10\n" and gone.returncode == 141 and
          gone.stderr == b"", gone)
    closed = shell(f"{CUTAWAY} hash md5 <&-")
    check("a closed standard input is reported", closed.returncode == 1 and one_line(closed.stderr), closed)


def peak_kilobytes(args, source):
    """Peak memory of the command while `source` (a shell command) feeds it."""
    feeder = subprocess.Popen(["bash", "-c", source], stdout=subprocess.PIPE)
    child = subprocess.Popen([CUTAWAY, *args], stdin=feeder.stdout, stdout=subprocess.DEVNULL)
    feeder.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    feeder.wait()
    return child.returncode, usage.ru_maxrss


def test_constant_memory():
    size = 10 if SANITIZED else 100
    key = "00" * 16
    for args in [["hash", "md5"], ["hmac", "sha1", "--key", "00"],
                 ["cipher", "aes-128-ecb", "encrypt", "--key", key], ["cipher", "aes-128-ctr", "encrypt", "--key", key, "--iv", key]]:
        status, small = peak_kilobytes(args, "head -c 1000 /dev/zero")
        big_status, big = peak_kilobytes(args, f"head -c {size}M /dev/zero")
        limit = small + (20000 if SANITIZED else 1500)
        check(f"{' '.join(args[:2])}: {size} MB take {big} kB, as 1000 bytes take {small} kB",
              status == big_status == 0 and big < limit, (status, big_status, small, big))


def test_refusals():
    key16, iv16, key8 = "00" * 16, "11" * 16, "0123456789abcdef"
    cbc = ["cipher", "aes-128-cbc", "encrypt"]
    refused("no command", [], ["which command?"])
    refused("unknown command", ["hahs"], ["unknown command 'hahs'; did you mean 'hash'?"])
    refused("nothing like it", ["frobnicate"], ["unknown command 'frobnicate' (see 'cutaway --help')"])
    refused("a hash for a command", ["sha256", "x"], ["unknown command 'sha256'; did you mean 'hash sha256'?"])
    refused("a cipher for a command", ["aes-128-cbc"], ["unknown command 'aes-128-cbc'; did you mean 'cipher aes-128-cbc'?"])
    refused("hash without algorithm", ["hash"], ["missing", "cutaway hash ALG"])
    for typed, meant in [("sha265", "sha256"), ("sha-256", "sha256"), ("SHA256", "sha256"), ("mb5", "md5"), ("sha3", "sha384"),
                         ("sha51", "sha512")]:
        refused(f"hash {typed}", ["hash", typed], [f"'{typed}'", f"did you mean '{meant}'"])
        refused(f"hmac {typed}", ["hmac", typed, "--key", "00"], [f"'{typed}'", f"did you mean '{meant}'"])
    refused("hash of nothing like it", ["hash", "whirlpool"], ["unknown hash 'whirlpool' (known: md5 sha1 sha224"])
    refused("unknown option", ["hash", "md5", "--chekc", "x"], ["'--chekc'; did you mean '--check'"])
    refused("--check and a file", ["hash", "md5", "--check", "x", "y"], ["'y' is one operand too many"])
    refused("--check and --openssl", ["hash", "md5", "--check", "x", "--openssl"], ["exclude each other"])
    refused("hmac without key", ["hmac", "sha1"], ["--key HEX is missing"])
    refused("odd key", ["hmac", "sha1", "--key", "123"], ["'123'", "3 hex digits, an odd number"])
    refused("key that is not hex", ["hmac", "sha1", "--key", "12zz"], ["has 'z' at character 3"])
    for typed, meant in [("aes128-cbc", "aes-128-cbc"), ("aes-128-cbcc", "aes-128-cbc"), ("AES-256-CTR", "aes-256-ctr"),
                         ("3des-cbc", "des-cbc"), ("des-ede3-cb", "des-ede3-cbc"), ("aes-129-ofb", "aes-128-ofb"),
                         ("des-cfb9", "des-cfb8"), ("aes-192-of", "aes-192-ofb")]:
        refused(f"cipher {typed}", ["cipher", typed, "encrypt", "--key", key16], [f"'{typed}'", f"did you mean '{meant}'"])
    for cipher in CIPHERS:
        refused(f"{cipher} without a mode", ["cipher", cipher, "encrypt", "--key", key16],
                [f"'{cipher}' lacks a mode of operation: '{cipher}-cbc'"])
    refused("cipher without a mode", ["cipher", "rijndael", "encrypt", "--key", key16],
            ["unknown cipher 'rijndael' (known: aes-128 aes-192", "-ctr"])
    refused("cipher without direction", ["cipher", "aes-128-cbc", "--key", key16], ["missing"])
    refused("encryt", ["cipher", "aes-128-ecb", "encryt", "--key", key16], ["'encryt'", "did you mean 'encrypt'"])
    refused("neither", ["cipher", "aes-128-ecb", "x", "--key", key16], ["neither encrypt nor decrypt"])
    refused("no key", cbc, ["--key HEX is missing"])
    for cipher, (size, block) in CIPHERS.items():
        for length in {0, 1, size - 1, size + 1, 2 * size} - {size}:
            refused(f"{cipher} with a key of {length} bytes", ["cipher", f"{cipher}-ecb", "encrypt", "--key", "01" * length],
                    [f"--key has {length} byte", f"{cipher} takes {size} ({2 * size} hex digits)"])
        good = "01" * size
        for mode in MODES[1:]:
            refused(f"{cipher}-{mode} without IV", ["cipher", f"{cipher}-{mode}", "encrypt", "--key", good],
                    ["--iv HEX is missing", f"{cipher}-{mode}", f"{block} bytes ({2 * block} hex digits)"])
            refused(f"{cipher}-{mode} with a wrong IV", ["cipher", f"{cipher}-{mode}", "decrypt", "--key", good, "--iv", "00"],
                    ["--iv has 1 byte;", f"takes {block} ({2 * block} hex digits)"])
        refused(f"{cipher}-ecb with an IV", ["cipher", f"{cipher}-ecb", "encrypt", "--key", good, "--iv", ""],
                ["--iv makes no sense", "ECB has no IV"])
    refused("unknown padding", [*cbc, "--key", key16, "--iv", iv16, "--padding", "pkcs5"],
            ["'pkcs5'; did you mean 'pkcs7'", "known: pkcs7, none"])
    refused("padding of a mode that does not pad", ["cipher", "aes-128-ctr", "encrypt", "--key", key16, "--iv", iv16,
            "--padding", "pkcs7"], ["only ECB and CBC pad"])
    refused("two files", [*cbc, "--key", key16, "--iv", iv16, "a", "b"], ["'b' is one operand too many"])
    refused("hkdf too long", ["hkdf", "md5", "--in", "00", "--length", "4081"], ["255 * 16 = 4080"])
    refused("hkdf of no length", ["hkdf", "md5", "--in", "00", "--length", "0"], ["must be at least 1"])
    refused("hkdf without input", ["hkdf", "md5", "--length", "1"], ["--in HEX is missing"])
    refused("mgf1 with words", ["mgf1", "md5", "--in", "00", "--length", "ten"], ["wants a number, not 'ten'"])
    refused("list of nothing", ["list", "groop"], ["did you mean 'groups'"])
    refused("a newline in an argument stays one line", ["hash", "a\nb\x1b"], ["a\\nb\\x1b"])


def test_des_key_warnings():
    def warnings(name, key):
        result = run("cipher", name, "encrypt", "--key", key, stdin=b"x")
        check(f"{name} with {key} still encrypts", result.returncode == 0 and len(result.stdout) == 8, result)
        return result.stderr.decode()
    check("an ordinary key", warnings("des-ecb", "0123456789abcdef") == "")
    check("a weak key", "weak DES key: encrypting twice" in warnings("des-ecb", "0101010101010101"))
    check("a weak key of wrong parity", warnings("des-ecb", "0000000000000000").count("warning") == 2)
    check("a semi-weak key", "semi-weak" in warnings("des-ecb", "01fe01fe01fe01fe"))
    check("wrong parity", "wrong parity" in warnings("des-ecb", "0123456789abcdee"))
    check("K1 = K2", "K1 = K2" in warnings("des-ede3-ecb", "0123456789abcdef" * 2 + "fedcba9876543210"))
    check("K2 = K3", "K2 = K3" in warnings("des-ede3-ecb", "fedcba9876543210" + "0123456789abcdef" * 2))
    check("K1 = K2 but for parity bits", "K1 = K2" in warnings("des-ede-ecb", "0123456789abcdef" + "0022446688aaccee"))
    check("K1 = K2 of two", "K1 = K2" in warnings("des-ede-ecb", "0123456789abcdef" * 2))
    check("three different keys", warnings("des-ede3-ecb", "0123456789abcdeffedcba987654321023456789abcdef01") == "")
    check("K2 of three", "K2 is a weak DES key" in warnings("des-ede3-ecb", "0123456789abcdef0101010101010101fedcba9876543210"))
    check("AES keys have no such thing", run("cipher", "aes-128-ecb", "encrypt", "--key", "01" * 16).stderr == b"")


def test_derive():
    def expected_hkdf(name, ikm, salt, info, length):
        prk = hmac.new(salt or bytes(hashlib.new(name).digest_size), ikm, name).digest()
        out, t = b"", b""
        while len(out) < length:
            t = hmac.new(prk, t + info + bytes([len(out) // len(prk) + 1]), name).digest()
            out += t
        return out[:length]

    def expected_mgf1(name, seed, length):
        out = b"".join(hashlib.new(name, seed + i.to_bytes(4, "big")).digest() for i in range(length // 16 + 1))
        return out[:length]
    for name in HASHES:
        size = hashlib.new(name).digest_size
        for length in [1, size, size + 1, 255 * size]:
            ikm, salt, info = rng.randbytes(22), rng.randbytes(13), rng.randbytes(10)
            result = run("hkdf", name, "--in", ikm.hex(), "--salt", salt.hex(), "--info", info.hex(), "--length", str(length))
            check(f"hkdf {name}, {length} bytes", result.stdout.decode() == expected_hkdf(name, ikm, salt, info, length).hex() + "\n")
            result = run("mgf1", name, "--in", ikm.hex(), "--length", str(length))
            check(f"mgf1 {name}, {length} bytes", result.stdout.decode() == expected_mgf1(name, ikm, length).hex() + "\n")
        result = run("hkdf", name, "--in", "0b", "--length", "5")
        check(f"hkdf {name} without salt and info", result.stdout.decode() == expected_hkdf(name, b"\x0b", b"", b"", 5).hex() + "\n")


def test_help_and_list():
    top = run("--help")
    check("cutaway --help", top.returncode == 0 and top.stderr == b"" and b"usage: cutaway" in top.stdout)
    commands = [line.split()[0] for line in run("list", "commands").stdout.decode().splitlines()]
    check("cutaway help is cutaway --help", run("help").stdout == top.stdout)
    check("there are commands", {"hash", "hmac", "hkdf", "mgf1", "cipher", "trace", "list"} <= set(commands), commands)
    for command in commands:
        for args in ([command, "--help"], [command, "-h"], ["help", command]):
            result = run(*args)
            text = result.stdout.decode()
            check(f"cutaway {' '.join(args)} has usage and an example", result.returncode == 0 and result.stderr == b"" and
                  text.startswith(f"usage: cutaway {command} ") and f"cutaway {command}" in text.split("\nExample:\n")[-1], result)
        check(f"cutaway --help names {command}", f"\n  {command} ".encode() in top.stdout)
    everything = run("list").stdout.decode()
    for name in [*HASHES, *CIPHERS, *MODES, "toy-1021", "modp-2048", "ffdhe8192", "reference", "montgomery", *commands]:
        check(f"cutaway list names {name}", any(line.split()[:1] == [name] for line in everything.splitlines()))
    for part in ["hashes", "ciphers", "modes", "public-key", "groups", "methods", "implementations", "commands"]:
        result = run("list", part)
        check(f"cutaway list {part} is a part of the whole", result.returncode == 0 and result.stdout.decode() in everything)


def test_help_examples():
    """What the help gives as an example runs, in the order of the help: later ones use the files of earlier ones."""
    os.mkdir("examples")
    for name in ("README.md", "a.c"):
        with open(os.path.join("examples", name), "w") as file:
            file.write("some text\n")
    commands = ["hash", "hmac", "hkdf", "mgf1", "cipher", "modexp", "gcd", "inverse", "crt", "trace", "list", "explain"]
    for command, verbs in [("rsa", "keygen inspect encrypt decrypt sign verify raw"), ("dh", "keygen derive"),
                           ("elgamal", "keygen encrypt decrypt sign verify"), ("prime", "test generate")]:
        commands += [command, *(f"{command} {verb}" for verb in verbs.split())]
    for command in commands:
        example = run(*command.split(), "--help").stdout.decode().split("\nExample:\n")[-1]
        worst = 1 if command.startswith("prime") else 0  # 1: not prime
        result = shell(f"worst=0; trap 'status=$?; [ $status -le $worst ] || worst=$status' ERR; set -o pipefail\n"
                       f"PATH={shlex.quote(BUILD)}:$PATH; cd examples\n{example}\nexit $worst")
        check(f"the example of cutaway {command} --help runs", example.startswith("  ") and result.returncode <= worst,
              (example, result))


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
