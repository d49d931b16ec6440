#!/usr/bin/python3
"""Runs every published vector of our algorithms that Debian packages have, where the packages put it, and prints a table.

  tests/check_vectors.py BUILD [--monte] [--write-readme] [--only-own] [DIR...]

--monte runs the Monte Carlo tests in full instead. --write-readme puts the table into README.md, between its markers.
DIR...: folders of a user's own, run beside the packages' and named in the table; nothing is pinned for them. With
--only-own nothing else is run.

Exit status 1 when a case fails, a file is malformed, or fewer cases run than are pinned below.
"""
import collections
import concurrent.futures
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYCA = "/usr/lib/python3/dist-packages/cryptography_vectors"
CRYPTOPP = "/usr/share/crypto++"
SELFTEST = "/usr/lib/python3/dist-packages/Cryptodome/SelfTest"

# What is run, by package. A file that another one repeats is left out: it would only make the sum larger.
SOURCES = {
    "python3-cryptography-vectors": [f"{PYCA}/{path}" for path in (
        "ciphers/AES/ECB", "ciphers/AES/CBC", "ciphers/AES/CFB", "ciphers/AES/OFB", "ciphers/AES/CTR", "ciphers/3DES",
        "hashes/MD5", "hashes/SHA1", "hashes/SHA2", "HMAC", "KDF/rfc-5869-HKDF-SHA1.txt",
        "KDF/rfc-5869-HKDF-SHA256.txt", "KDF/hkdf-generated.txt", "asymmetric/RSA", "asymmetric/DH",
        "asymmetric/PEM_Serialization", "asymmetric/Traditional_OpenSSL_Serialization", "asymmetric/PKCS8", "x509")],
    "libcrypto++-utils": [f"{CRYPTOPP}/{path}" for path in (
        "TestVectors/aes.txt", "TestVectors/hkdf.txt", "TestVectors/hmac.txt", "TestVectors/rsa_oaep.txt",
        "TestVectors/rsa_pkcs1_1_5.txt", "TestVectors/rsa_pss.txt", "TestVectors/sha.txt",
        "TestVectors/sha1_160_fips_180.txt", "TestVectors/sha2_224_fips_180.txt", "TestVectors/sha2_256_fips_180.txt",
        "TestVectors/sha2_384_fips_180.txt", "TestVectors/sha2_512_fips_180.txt",
        "TestData/descert.dat", "TestData/3desval.dat", "TestData/rijndael.dat")],
    "node-hash-test-vectors": ["/usr/share/nodejs/hash-test-vectors/index.json",
                               "/usr/share/nodejs/hash-test-vectors/hmac.json"],
    "python3-pycryptodome": [f"{SELFTEST}/{path}" for path in (
        "Cipher/test_AES.py", "Cipher/test_DES.py", "Cipher/test_DES3.py", "PublicKey/test_ElGamal.py")],
}
REPEATED = re.compile(r"Monte\.txt$|SigGen15_186-2\.rsp$|SigGenPSS_186-2\.rsp$|/PKITS_data/(?!certs/|crls/)")

# Pinned: (cases, of which must-fail cases that were rejected). Fewer is a failure; more belongs here and in the README.
PINNED = {
    "python3-cryptography-vectors": (19661, 959),
    "libcrypto++-utils": (1327, 0),
    "node-hash-test-vectors": (1212, 0),
    "python3-pycryptodome": (517, 0),
}
PINNED_MONTE = {"records of vectors/": (60, 0), "records of CAVP": (500, 0), "tests in full": (27, 0)}

# The name that the table has for an algorithm of the vectors.
FAMILIES = [
    (r"aes-\d+-(.*?)(?:-monte)?", "AES {0}"), (r"des-ede3?-(.*?)(?:-monte)?", "3DES {0}"), (r"des-(.*?)(?:-monte)?", "DES {0}"),
    (r"(md5|sha\d+)(?:-monte)?", "{0}"), (r"hmac-.*", "HMAC"), (r"hkdf-.*", "HKDF"),
    (r"rsa-pkcs1-encrypt", "RSA PKCS#1 v1.5 encryption"), (r"rsa-pkcs1-sign-.*", "RSA PKCS#1 v1.5 signature"),
    (r"rsa-oaep-.*", "RSA OAEP"), (r"rsa-pss-.*", "RSA PSS"), (r"rsa-key|rsa-raw", "RSA keys, bare operation"),
    (r"dh-.*", "Diffie-Hellman"), (r"elgamal-.*", "ElGamal"), (r"prime", "primality"), (r"x509-signature", "X.509 signature"), (r"x509-verify", "X.509 path"),
]


def family(algorithm):
    for pattern, name in FAMILIES:
        match = re.fullmatch(pattern, algorithm)
        if match:
            words = [group.upper().replace("SHA", "SHA-") for group in match.groups()]
            return name.format(*words)
    return algorithm


def files_of(paths):
    for path in paths:
        if os.path.isdir(path):
            for folder, folders, names in os.walk(path):
                folders.sort()
                yield from (os.path.join(folder, name) for name in sorted(names) if not name.startswith("."))
        else:
            yield path


class Progress:
    """A bar on standard error, at a terminal only."""

    def __init__(self, total):
        self.total, self.done, self.shown = max(total, 1), 0, sys.stderr.isatty()

    def step(self, size, name):
        self.done += size
        if self.shown:
            width = 40 * self.done // self.total
            sys.stderr.write(f"\r\033[K[{'#' * width}{'.' * (40 - width)}] {os.path.basename(name)[:36]}")
            sys.stderr.flush()

    def end(self):
        if self.shown:
            sys.stderr.write("\r\033[K")


def run_file(cutaway, path):
    done = subprocess.run([cutaway, "vectors", "--tally", path], capture_output=True, text=True, errors="replace",
                          timeout=600, stdin=subprocess.DEVNULL)
    return path, done.returncode, done.stdout, done.stderr


class Table:
    def __init__(self):
        self.rows = collections.OrderedDict()  # (family, source): [cases, passed, failed, rejected]
        self.skipped = collections.Counter()   # (source, reason): cases
        self.files = []                        # (source, reason, path) of files that are not run
        self.broken = []                       # what went wrong with whole files
        self.failures = []                     # cases, in full

    def add(self, source, result):
        path, status, output, errors = result
        report = []
        for line in output.splitlines():
            kind, *values = line.split("\t")
            if kind == "cases":
                row = self.rows.setdefault((family(values[1]), source), [0, 0, 0, 0])
                for i, value in enumerate(values[2:6]):
                    row[i] += int(value)
            elif kind == "skipped":
                self.skipped[source, values[2]] += int(values[1])
            elif kind == "skipped-file":
                self.files.append((source, values[2], values[0]))
            else:
                report.append(line)
        if status == 1 or "FAILED" in output:
            self.failures.append("\n".join(report[:-2]))
        if errors and "no test vectors there" not in errors:
            self.broken.append(errors.strip())
        elif status not in (0, 1, 2):
            self.broken.append(f"{path}: exit status {status}")

    def sum(self, sources=None):
        rows = [row for (_, source), row in self.rows.items() if sources is None or source in sources]
        return [sum(column) for column in zip(*rows)] if rows else [0, 0, 0, 0]

    def ordered(self):
        order = {name: i for i, name in enumerate(("AES", "DES", "3DES", "MD5", "SHA-1", "SHA-2", "SHA-3", "SHA-5",
                                                   "HMAC", "HKDF", "RSA", "Diffie", "ElGamal", "primality", "X.509"))}
        return sorted(self.rows.items(), key=lambda item: (min(
            [at for name, at in order.items() if item[0][0].startswith(name)], default=99), item[0]))

    def text(self):
        lines = [f"{'algorithm':28} {'source':30} {'cases':>6} {'passed':>7} {'failed':>7} {'rejected':>9}"]
        for (name, source), row in self.ordered():
            lines.append("{:28} {:30} {:6} {:7} {:7} {:9}".format(name, source, *row))
        lines.append("{:59} {:6} {:7} {:7} {:9}".format("", *self.sum()))
        if self.skipped or self.files:
            lines += ["", "skipped:"]
        lines += [f"  {count:5} cases  {source}: {reason}"
                  for (source, reason), count in sorted(self.skipped.items()) if count]
        for (source, reason), group in itertools.groupby(sorted(self.files), key=lambda file: file[:2]):
            paths = [path for _, _, path in group]
            lines += [f"  {len(paths):5} files  {source}: {reason}"] + [f"               {path}" for path in paths]
        return "\n".join(lines)

    def markdown(self):
        lines = ["| algorithm | source | cases | passed | failed | rejected, as they must be |",
                 "|---|---|---:|---:|---:|---:|"]
        lines += ["| {} | {} | {:,} | {:,} | {} | {} |".format(name, source, row[0], row[1], row[2], row[3] or "")
                  for (name, source), row in self.ordered()]
        lines.append("| **all** | | **{:,}** | **{:,}** | **{}** | **{:,}** |".format(*self.sum()))
        skipped = sum(self.skipped.values())
        lines += ["", f"{skipped:,} more cases in these files are skipped, for these reasons:", ""]
        by_reason = collections.Counter()
        for (_, reason), count in self.skipped.items():
            by_reason[reason] += count
        lines += [f"- {count:,}: {reason}" for reason, count in by_reason.most_common() if count]
        return "\n".join(lines)


def write_readme(table, check_only):
    """Puts the table between its markers. With check_only it is compared: false when it is another."""
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    new, count = re.subn(r"(<!-- vectors: begin[^\n]*-->\n).*?(<!-- vectors: end -->)",
                         lambda match: f"{match.group(1)}\n{table.markdown()}\n\n{match.group(2)}", text, flags=re.S)
    if count != 1:
        sys.exit("README.md has no markers for the table")
    if check_only:
        return new == text
    with open(path, "w", encoding="utf-8") as file:
        file.write(new)
    return True


def cases_of(path):
    """The cases of one of the project's own vector files, each a dictionary, with the header's values."""
    with open(path, encoding="utf-8") as file:
        blocks = [dict(re.findall(r"^([\w-]+) = (.*)$", re.sub(r"\n +", "", block), re.M))
                  for block in re.split(r"\n\s*\n", file.read())]
    blocks = [block for block in blocks if block]
    return [dict(blocks[0], **block) for block in blocks[1:]]


def write_chains(folder):
    """The Monte Carlo tests of block ciphers in full. vectors/ has the first and another record of each: from the
    start of the first, as many records as lead to the other must give its output."""
    steps = {"aes-monte-carlo.txt": 100, "tdes-monte-carlo.txt": 400, "des-monte-carlo.txt": 2}
    paths = []
    for name, records in steps.items():
        first, chains = {}, []
        for case in cases_of(os.path.join(ROOT, "vectors", "block", name)):
            kind = case["algorithm"], case["direction"]
            begun = first.setdefault(kind, case)
            if begun is not case:
                output = "ciphertext" if case["direction"] == "encrypt" else "plaintext"
                chains.append(dict(begun, records=records, **{output: case[output]}))
        paths.append(os.path.join(folder, name))
        # One file for each chain, so that both cores have work.
        for i, chain in enumerate(chains):
            with open(f"{paths[-1]}-{i:02}.txt", "w", encoding="utf-8") as file:
                head = "".join(f"{key} = {chain.pop(key)}\n" for key in ("source", "edition", "section"))
                file.write(head + "\n" + "".join(f"{key} = {value}\n" for key, value in chain.items()))
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def write_hash_chain(folder, path):
    """The whole chain of a SHAVS Monte Carlo test: from its seed to its last digest, 100 records on."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    digests = re.findall(r"^MD = (\w+)", text, re.M)
    name = os.path.basename(path).replace("Monte.rsp", "").lower()
    out = os.path.join(folder, f"{name}-chain.txt")
    with open(out, "w", encoding="utf-8") as file:
        file.write(f"source = NIST CAVP\nedition = {os.path.basename(path)}\nsection = SHAVS 6.4\n\n"
                   f"algorithm = {name}-monte\nseed = {re.search('Seed = (.*)', text).group(1).strip()}\n"
                   f"digest = {digests[-1]}\nrecords = {len(digests)}\n")
    return out


def monte_sources(folder):
    records = [f"{PYCA}/hashes/SHA1/SHA1Monte.rsp"] + [f"{PYCA}/hashes/SHA2/SHA{size}Monte.rsp"
                                                       for size in (224, 256, 384, 512)]
    return {
        "records of vectors/": [os.path.join(ROOT, "vectors", path) for path in (
            "block/aes-monte-carlo.txt", "block/des-monte-carlo.txt", "block/tdes-monte-carlo.txt",
            "hash/sha-monte-carlo.txt")],
        "records of CAVP": records,
        "tests in full": write_chains(folder) + [write_hash_chain(folder, path) for path in records],
    }


def run_all(cutaway, sources):
    jobs = [(source, path) for source, paths in sources.items() for path in files_of(paths) if not REPEATED.search(path)
            or source not in SOURCES]
    sizes = {path: os.path.getsize(path) if os.path.exists(path) else 0 for _, path in jobs}
    jobs.sort(key=lambda job: -sizes[job[1]])  # the long ones first, so that both cores end together
    progress, results = Progress(sum(sizes.values())), {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        futures = {pool.submit(run_file, cutaway, path): (source, path) for source, path in jobs}
        try:
            for future in concurrent.futures.as_completed(futures):
                results[futures[future]] = future.result()
                progress.step(sizes[futures[future][1]], futures[future][1])
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)  # else every file that waits would still be run
            progress.end()
            sys.exit("interrupted")
    progress.end()
    table = Table()
    for job in sorted(results):
        table.add(job[0], results[job])
    return table


def main():
    arguments = sys.argv[1:]
    flags = {argument for argument in arguments if argument.startswith("--")}
    build, *own = [argument for argument in arguments if not argument.startswith("--")]
    scratch = tempfile.TemporaryDirectory()
    sources = monte_sources(scratch.name) if "--monte" in flags else dict(SOURCES)
    if "--only-own" in flags:
        sources = {}
    for folder in own:
        sources[folder] = [folder]
    start = time.monotonic()
    table = run_all(os.path.join(build, "cutaway"), sources)
    print(table.text())
    for problem in table.failures + table.broken:
        print(f"\n{problem}")
    failed = table.sum()[2] + len(table.broken)
    pins = {} if "--only-own" in flags else PINNED_MONTE if "--monte" in flags else PINNED
    for source, pinned in pins.items():
        cases, _, _, rejected = table.sum([source])
        if (cases, rejected) != pinned:
            print(f"{source}: {cases} cases and {rejected} rejected, but {pinned[0]} and {pinned[1]} are pinned")
            failed += 1
    if "--monte" not in flags and not own and not failed and not write_readme(table, "--write-readme" not in flags):
        print("The table in README.md is not this one: `make vectors-table` writes it anew")
        failed += 1
    print(f"\n{time.monotonic() - start:.0f} s")
    print(f"{table.sum()[1]} passed, {failed} failed")
    return 1 if failed or not table.sum()[1] else 0


if __name__ == "__main__":
    sys.exit(main())
