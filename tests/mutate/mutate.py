#!/usr/bin/python3
"""Breaks the algorithms one operator or constant at a time, and asks the vectors and the tests whether they notice.

    tests/mutate/mutate.py [FILE.c...]        (make mutate FILES=...; without files: all of bignum/ and ciphers/)

Each change is compiled by itself. The object goes in front of the libraries, so that the linker takes it instead of the
original, into `cutaway`, which runs the published vectors of that algorithm, and into its test programs
(tests/mutate/judges.txt). The first judge that fails, crashes or runs out of time has noticed: the mutant is killed. One
that does not compile is caught already, and a survivor whose machine code is that of the original is no change: both are
counted apart. What else survives the tests runs through them again under the address sanitizer.

Survivors must be explained in tests/mutate/explained.txt:

    FILE FUNCTION
    - the line before
    + the line after
    Why no test can notice. (Several pairs of - and + may share a reason. An empty line ends it.)

Exit status: 0 when every survivor is explained, 1 when one is not (or an explanation fits no mutant), 2 when it could not run.

Environment: BUILD, CC and MUTATE_CFLAGS (from the Makefile); MUTATE_SECONDS (600; 0 is no bound): what is not reached
by then is counted as not run; MUTATE_SEED (1): the order, and which entries of tables; MUTATE_TABLE (8; 0 is all):
how many entries of a table.
"""
import concurrent.futures
import filecmp
import glob
import hashlib
import math
import os
import pathlib
import random
import re
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "mutate"
BUILD = pathlib.Path(os.path.abspath(os.environ.get("BUILD", ROOT / "build")))
CC = shlex.split(os.environ.get("CC", "cc"))
# Warnings are off: a mutant that only warns is one for the tests. Debug information would make all objects differ.
CFLAGS = [flag for flag in shlex.split(os.environ.get("MUTATE_CFLAGS", "-I. -D_GNU_SOURCE -std=c11 -O2"))
          if not flag.startswith(("-W", "-g"))] + ["-w"]
# What the sanitizers of `make sanitize` see inside one file: an index past an array, a shift too far, and so on ends the
# program at once. It needs no library.
TRAPS = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
# Survivors are tried once more with this: it sees a byte behind an array or a block, and memory that is not given back.
ADDRESS = ["-fsanitize=address"]
# A test program ends at its first failure.
ENVIRONMENT = dict(os.environ, CMOCKA_TEST_ABORT="1")
SECONDS = float(os.environ.get("MUTATE_SECONDS") or 600)
SEED = os.environ.get("MUTATE_SEED") or "1"
TABLE = int(os.environ.get("MUTATE_TABLE") or 8) or sys.maxsize
LIBRARIES = [str(BUILD / "lib" / name) for name in ("apps-common.a", "protocols.a", "ciphers.a", "bignum.a")]
SYSTEM_LIBRARIES = "-lcmocka -lcrypto -lgmp -ljansson -lreadline -lwslay -lpthread -lm".split()
MEMORY = 2 << 30  # a mutant may ask for no more

def give_up(message):
    print("mutate: " + message, file=sys.stderr)
    sys.exit(2)


# --- the changes -----------------------------------------------------------------------------------------------

BINARY = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|",
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
    "+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "%=": "/=", "<<=": ">>=", ">>=": "<<=", "&=": "|=", "|=": "&=",
    "^=": "|=",
}
STEP = {"++": "--", "--": "++"}
UNARY = "!~-"
# Words behind which an operand begins, so that `return -1` has a sign and no difference.
NOT_OPERANDS = {"return", "case", "sizeof", "else", "do", "goto", "if", "while", "for", "switch"}
TOKEN = re.compile(r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<directive>(?<![^\n])\#(?:\\\n|[^\n])*)
  | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+\.\d[\w.]*|\d+[uUlL]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<operator><<=|>>=|\.\.\.|->|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^<>=!]=|.)
""", re.VERBOSE | re.DOTALL)


def code_of(line):
    """The line without space around it and without its comment."""
    return re.sub(r"//.*", "", line).strip()


class Mutant:
    """One change: `size` characters at `start` of a file become `after`."""

    def __init__(self, path, source, start, size, after, function, table=None):
        self.path, self.start, self.size, self.after = path, start, size, after
        self.function, self.table = function, table
        self.line = source.count("\n", 0, start) + 1
        first = source.rfind("\n", 0, start) + 1
        end = source.find("\n", start)
        self.before_line = code_of(source[first:end])
        self.after_line = code_of(source[first:start] + after + source[start + size:end])
        self.key = (path, function, self.before_line, self.after_line)

    def text(self, source):
        return source[:self.start] + self.after + source[self.start + self.size:]


def tokens(source):
    """(kind, text, start) of everything but space, comments and preprocessor lines."""
    for match in TOKEN.finditer(source):
        if match.lastgroup not in ("space", "directive"):
            yield match.lastgroup, match.group(), match.start()


def functions(source):
    """The name of the function that each line belongs to; "-" outside."""
    names, name = [], "-"
    for line in source.split("\n"):
        begins = re.match(r"[A-Za-z_].*?\b(\w+)\(", line)
        if name == "-" and begins and not line.endswith(";") and "=" not in line.split("(")[0]:
            name = begins.group(1)
        names.append(name)
        if line == "}" or line.endswith(");"):
            name = "-" if line == "}" or not line.startswith(" ") else name
    return names


def one_more(number):
    digits, suffix = re.match(r"(0[xX][0-9a-fA-F]+|\d+)(\w*)", number).groups()
    if digits[:2] in ("0x", "0X"):
        return "0x%0*x%s" % (len(digits) - 2, int(digits, 16) + 1, suffix)
    return "%d%s" % (int(digits, 8 if digits.startswith("0") and digits.isdigit() else 10) + 1, suffix)


def mutants_of(path):
    source = (ROOT / path).read_text()
    in_function = functions(source)
    found = []
    list_of = list(tokens(source))
    braces = []       # for each open brace: the number of its table, or None
    tables = 0
    skip = 0          # open parentheses of a trace_...(...) call or a static assertion
    declared = False  # inside the [size] of a declaration: one element more changes nothing
    sized = None      # where the last such ] is: behind a comma another name may follow
    for at, (kind, text, start) in enumerate(list_of):
        before = list_of[at - 1] if at else ("operator", ";", 0)
        before2 = list_of[at - 2] if at > 1 else ("operator", ";", 0)
        after = list_of[at + 1] if at + 1 < len(list_of) else ("operator", ";", 0)
        function = in_function[source.count("\n", 0, start)]
        add = lambda size, change, table=None, begin=start: found.append(
            Mutant(path, source, begin, size, change, function, table))
        if text == "{":
            if braces and braces[-1] is not None:
                braces.append(braces[-1])
            elif before[1] == "=" and after[1] != ".":
                tables += 1
                braces.append(tables)
            else:
                braces.append(None)
        elif text == "}" and braces:
            braces.pop()
        if skip:
            skip += {"(": 1, ")": -1}.get(text, 0)
            continue
        if text == "(" and before[0] == "name" and (before[1].startswith("trace_") or before[1] == "_Static_assert"):
            skip = 1
            continue
        if text == "[" and before[0] == "name" and (before2[0] == "name" and before2[1] not in NOT_OPERANDS or before2[1] == "}" or
                                                    before2[1] == "*" and source[before2[2] + 1] != " " or
                                                    before2[1] == "," and sized == at - 3):
            declared = True
        elif declared and before[1] == "]" and text != "[":
            declared, sized = False, at - 1
        if declared:
            continue
        table = braces[-1] if braces else None
        if kind == "string" and re.fullmatch(r'"[0-9a-fA-F ]{16,}"', text):
            add(1, "1" if text[1] != "1" else "2", ("strings", function), start + 1)
        elif kind == "number" and "." not in text:
            add(len(text), one_more(text), table)
        elif kind == "operator":
            operand = (before[0] in ("name", "number", "string") and before[1] not in NOT_OPERANDS) or before[1] in (")", "]")
            spaced = source[start + len(text)] in " \n" and source[start - 1] in " \n"
            if text in BINARY and operand and spaced:
                add(len(text), BINARY[text])
            elif text in STEP and "for (" not in source[source.rfind("\n", 0, start):start]:
                add(2, STEP[text])
            elif text in UNARY and not spaced and not (operand and text == "-"):
                add(1, "")
    return source, found


def sampled(mutants):
    """At most TABLE entries of each table: returns those to run, and whether any were left out."""
    by_table, keep = {}, []
    for mutant in mutants:
        if mutant.table is None:
            keep.append(mutant)
        else:
            by_table.setdefault(mutant.table, []).append(mutant)
    left_out = False
    for entries in by_table.values():
        left_out = left_out or len(entries) > TABLE
        # A random choice that does not depend on what else the file holds.
        entries.sort(key=lambda m: hashlib.sha256(repr((SEED, m.key, m.start)).encode()).digest())
        keep += entries[:TABLE]
    return sorted(keep, key=lambda m: m.start), left_out


# --- the judges ------------------------------------------------------------------------------------------------


def read_judges():
    """From judges.txt: for each file, its vector files and its test programs."""
    judges = {}
    for number, line in enumerate((HERE / "judges.txt").read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        vectors = [word for word in words[1:] if word.startswith("vectors/")]
        tests = [word for word in words[1:] if not word.startswith("vectors/")]
        files = []
        for pattern in vectors:
            files += sorted(glob.glob(pattern, root_dir=ROOT))
            if not glob.glob(pattern, root_dir=ROOT):
                give_up("judges.txt, line %d: no %s" % (number, pattern))
        if not tests:
            give_up("judges.txt, line %d: no test for %s" % (number, words[0]))
        judges[words[0]] = (files, tests)
    return judges


def run(command, seconds, limit_memory=True):
    """(whether the command succeeds, the processor time it took). More than `seconds` of that ends it, so that a busy
    machine kills no mutant; ten times that by the clock as well, for one that waits and does nothing."""
    def limited():
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds)))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
        if limit_memory:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=limited,
                               env=ENVIRONMENT)
    timer = threading.Timer(10 * seconds, process.kill)
    timer.start()
    try:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode == 0, used.ru_utime + used.ru_stime
    finally:
        timer.cancel()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def link_command(program, mutant_object):
    """How `program` (cutaway or a test) is linked with the changed object in front of the libraries."""
    if program == "cutaway":
        objects = sorted(map(str, (BUILD / "obj" / "apps" / "cutaway").glob("*.o")))
    else:
        objects = [str(BUILD / "obj" / "tests" / (name + ".o")) for name in (program, "support")]
    return CC + CFLAGS + ["-o", mutant_object.replace(".o", "-" + program), mutant_object, *objects, *LIBRARIES,
                          *SYSTEM_LIBRARIES]


class Judge:
    """Compiles and tries the mutants of the files, two at a time."""

    def __init__(self, folder, judges, sources):
        self.folder, self.judges, self.sources = folder, judges, sources
        self.limits = {}
        self.sanitized = {}  # for each file that has survivors: the tests that pass under the sanitizer as it is
        self.lock = threading.Lock()

    def compiled(self, text, path, name, traps):
        """The object for this text, or None. It is compiled under its own path, for the sake of __FILE__."""
        directory = self.folder / name
        source = directory / path
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        target = directory / "mutant.o"
        done = subprocess.run(CC + CFLAGS + traps + ["-I" + str(ROOT), "-c", "-o", str(target), path],
                              cwd=directory, capture_output=True, timeout=120)
        return str(target) if done.returncode == 0 else None

    def try_one(self, program, target, path, sanitizer=()):
        """True when this judge finds nothing wrong."""
        return self.tried(program, target, path, sanitizer)[0]

    def tried(self, program, target, path, sanitizer=()):
        """(whether this judge finds nothing wrong, the processor time it took)"""
        command = link_command(program, target) + list(sanitizer)
        linked = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, text=True)
        if linked.returncode:
            raise RuntimeError("cannot link %s: %s" % (program, linked.stderr.strip()[-400:]))
        executable = command[command.index("-o") + 1]
        arguments = ["vectors", *self.judges[path][0]] if program == "cutaway" else []
        try:
            limit = self.limits.get((path, program), 300)
            # The address sanitizer reserves more memory than any limit.
            return run([executable, *arguments], 4 * limit if sanitizer else limit, not sanitizer)
        finally:
            os.unlink(executable)

    def original(self, path):
        """Every judge must pass the file as it is; how long that takes gives the limit for the mutants."""
        name = "original-" + path.replace("/", "-")
        target = self.compiled(self.sources[path], path, name, TRAPS)
        if target is None:
            give_up("%s does not compile as it is" % path)
        times = {}
        for program in (["cutaway"] if self.judges[path][0] else []) + self.judges[path][1]:
            passed, times[program] = self.tried(program, target, path)
            if not passed:
                give_up("%s fails with %s as it is: nothing to learn from mutants" % (program, path))
            self.limits[path, program] = 3 + 4 * times[program]
        # The quick tests first: most mutants die at once.
        self.judges[path] = (self.judges[path][0], sorted(self.judges[path][1], key=times.get))
        return self.compiled(self.sources[path], path, name, [])

    def verdict(self, mutant, original):
        name = "worker-%d" % threading.get_ident()
        text = mutant.text(self.sources[mutant.path])
        target = self.compiled(text, mutant.path, name, TRAPS)
        if target is None:
            return "does not compile", ""
        vectors, tests = self.judges[mutant.path]
        if vectors and not self.try_one("cutaway", target, mutant.path):
            return "vectors", ""
        for test in tests:
            if not self.try_one(test, target, mutant.path):
                return "tests", test
        if filecmp.cmp(self.compiled(text, mutant.path, name, []), original, shallow=False):
            return "same code", ""
        with self.lock:
            if mutant.path not in self.sanitized:
                target = self.compiled(self.sources[mutant.path], mutant.path, name, ADDRESS)
                self.sanitized[mutant.path] = [test for test in tests if self.try_one(test, target, mutant.path, ADDRESS)]
        target = self.compiled(text, mutant.path, name, ADDRESS)
        for test in self.sanitized[mutant.path]:
            if not self.try_one(test, target, mutant.path, ADDRESS):
                return "sanitizer", test
        return "survived", ""


# --- explanations ----------------------------------------------------------------------------------------------


def read_explained(generated):
    """The set of explained changes, and the complaints about explanations that fit none of the generated mutants."""
    explained, complaints = set(), []
    file = HERE / "explained.txt"
    blocks, block = [], []
    for number, line in enumerate(file.read_text().splitlines() + [""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            block.append((number, line))
        elif block:
            blocks.append(block)
            block = []
    for block in blocks:
        number, head = block[0]
        words = head.split()
        before, pairs, reason = None, [], ""
        for number, line in block[1:]:
            if line.startswith("- "):
                before = line[2:].strip()
            elif line.startswith("+ ") and before is not None:
                pairs.append((number, before, line[2:].strip()))
            else:
                reason += line.strip()
        if len(words) != 2 or not pairs or not reason:
            complaints.append("explained.txt, line %d: needs FILE FUNCTION, - and + lines, and a reason" % block[0][0])
            continue
        for number, before, after in pairs:
            key = (words[0], words[1], before, after)
            if words[0] in {k[0] for k in generated} and key not in generated:
                complaints.append("explained.txt, line %d: no such mutant of %s" % (number, words[0]))
            explained.add(key)
    return explained, complaints


# --- the run ---------------------------------------------------------------------------------------------------


def main():
    started = time.monotonic()
    paths = sys.argv[1:] or sorted(str(p.relative_to(ROOT)) for folder in ("bignum", "ciphers")
                                   for p in (ROOT / folder).rglob("*.c"))
    judges = read_judges()
    for path in paths:
        if not (ROOT / path).is_file():
            give_up("no file %s" % path)
        if path not in judges:
            give_up("no judges for %s: add a line to tests/mutate/judges.txt" % path)
    sources, chosen, generated, partial = {}, [], set(), set()
    for path in paths:
        sources[path], every = mutants_of(path)
        generated |= {mutant.key for mutant in every}
        some, left_out = sampled(every)
        chosen += some
        if left_out:
            partial.add(path)
    explained, complaints = read_explained(generated)
    random.Random(SEED).shuffle(chosen)  # so that a bounded run sees something of every file

    with tempfile.TemporaryDirectory(prefix="mutate-", dir=BUILD) as folder:
        try:
            results = run_all(paths, chosen, Judge(pathlib.Path(folder), judges, sources), started)
        except RuntimeError as error:  # what it links with was changed or rebuilt meanwhile
            give_up(str(error))
    report(paths, chosen, results, partial, explained, complaints, started)


def run_all(paths, chosen, judge, started):
    """The verdict on each mutant that is reached in time."""
    print("mutate: %d files, %d mutants; first the %d files as they are" % (len(paths), len(chosen), len(paths)),
          file=sys.stderr)
    results = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        originals = dict(zip(paths, pool.map(judge.original, paths)))
        counts = {"survived": 0}

        def work(mutant):
            if SECONDS and time.monotonic() - started > SECONDS:
                return
            results[mutant] = verdict = judge.verdict(mutant, originals[mutant.path])
            counts["survived"] += verdict[0] == "survived"
            if sys.stderr.isatty():
                print("\r\033[K%d of %d, %d survive, %d s" % (len(results), len(chosen), counts["survived"],
                      time.monotonic() - started), end="", file=sys.stderr, flush=True)

        list(pool.map(work, chosen))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return results


def report(paths, chosen, results, partial, explained, complaints, started):
    columns = ("mutants", "same code", "no compile", "by vectors", "by tests", "sanitizer", "explained", "unexplained", "not run")
    print("%-34s" % "file" + "".join("%12s" % column for column in columns))
    total = [0] * len(columns)
    unexplained = []
    for path in paths:
        mine = [mutant for mutant in chosen if mutant.path == path]
        verdicts = [results.get(mutant, ("not run",))[0] for mutant in mine]
        alive = [mutant for mutant in mine if results.get(mutant, ("",))[0] == "survived"]
        new = [mutant for mutant in alive if mutant.key not in explained]
        unexplained += new
        row = [len(mine), verdicts.count("same code"), verdicts.count("does not compile"), verdicts.count("vectors"),
               verdicts.count("tests"), verdicts.count("sanitizer"), len(alive) - len(new), len(new), verdicts.count("not run")]
        total = [a + b for a, b in zip(total, row)]
        print("%-34s" % (path + (" *" if path in partial else "")) + "".join("%12d" % number for number in row))
    print("%-34s" % "total" + "".join("%12d" % number for number in total))
    if partial:
        print("* of each of its tables, %d entries chosen with seed %s" % (TABLE, SEED))
    print()
    for mutant in sorted(unexplained, key=lambda m: (m.path, m.start)):
        print("%s:%d: %s survives\n- %s\n+ %s" % (mutant.path, mutant.line, mutant.function, mutant.before_line,
                                                  mutant.after_line))
    for complaint in complaints:
        print(complaint)
    print("%d mutants run in %d s: %d killed, %d survivors explained, %d not explained" % (
        len(results), time.monotonic() - started, sum(total[3:6]), total[6], total[7]))
    sys.exit(1 if unexplained or complaints else 0)


if __name__ == "__main__":
    main()
