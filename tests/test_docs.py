#!/usr/bin/python3
"""The documentation, tested: what it shows is run, what it links to exists.

For README.md and every page of docs/:

  commands   A fenced block with the info string `console` is a session: a line "$ COMMAND" is run by bash, and the
             lines below it, up to the next command or the end of the block, are what it must print (stdout and stderr
             together). A line that is only "..." stands for any number of lines, and " ..." at the end of a line for
             the rest of it. A command that is not complete (a backslash, a loop, a here-document) goes on in the
             lines below, which may begin with "> ". All blocks of a page run in one bash, in one fresh folder, with
             the programs of the build on PATH, no terminal and no colour.
  links      Relative links point at files of this repository, and their anchors at headings.
  targets    `make TARGET` in code names a target of the Makefile.

Besides: every page can be reached from docs/README.md, every file that a comment in a C file names exists, and the
checks themselves notice what they are there to notice. Prints TAP.

`tests/test_docs.py docs/aes.md ...` checks these pages only.
"""

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
TIMEOUT = int(os.environ.get("DOCS_TIMEOUT", "300"))  # seconds, for all commands of one page

FENCE = re.compile(r"^( {0,3})(```+|~~~+)\s*(\S*).*$")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s+(\S+)", re.M)
NAMED_FILE = re.compile(
    r"(?<![\w/.-])((?:docs|bignum|ciphers|protocols|apps|tests|vectors)/[\w./*-]*[\w*]\.(?:c|h|md|txt|py|sh))\b")
# The parts of an algorithm file, which a reader finds in each: the opening's statements and the headings.
PARTS = ["standard|source|handbook", "status", "tests|vectors", "trace", "map", "conventions", "read before",
         "worked examples?", "pitfalls", "where next"]
GLUE = {"block_cipher.c", "hash.c", "watched_powm.c"}  # tables and switches over the algorithms


# --- reading Markdown --------------------------------------------------------------------------------------------

def split_fences(text):
    """The text without its fenced blocks, and the blocks as (info, first line number, lines)."""
    prose, blocks, fence = [], [], None
    for number, line in enumerate(text.split("\n"), 1):
        match = FENCE.match(line)
        if fence is None and match:
            fence = match.group(2)
            blocks.append((match.group(3), number + 1, []))
        elif fence is not None and line.strip().startswith(fence) and line.strip().strip(fence[0]) == "":
            fence = None
        elif fence is not None:
            blocks[-1][2].append(line)
        else:
            prose.append(line)
    return "\n".join(prose), blocks


def without_code_spans(text):
    return re.sub(r"(`+)(?:(?!\1).)+?\1", "", text)


def headings(path):
    """The anchors of a page as GitHub makes them."""
    prose, _ = split_fences(path.read_text(encoding="utf-8"))
    anchors, seen = set(), {}
    for title in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", prose, re.M):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        anchors.add(f"{slug}-{count}" if count else slug)
    anchors.update(re.findall(r"<a\s+(?:id|name)=\"([^\"]+)\"", prose))
    return anchors


def links_of(path):
    prose, _ = split_fences(path.read_text(encoding="utf-8"))
    return [a or b for a, b in LINK.findall(without_code_spans(prose))]


# --- the checks: each returns what is wrong, in lines ------------------------------------------------------------

def check_links(path):
    problems = []
    for link in links_of(path):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue  # another site; nothing here goes to the network
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        if ROOT not in file.parents and file != ROOT and ROOT in path.parents:
            problems.append(f"{link}: outside the repository")
        elif not file.exists():
            problems.append(f"{link}: no such file")
        elif anchor and file.suffix == ".md" and anchor not in headings(file):
            problems.append(f"{link}: no such heading")
    return problems


def incomplete(command, following):
    """True when the command goes on in the following line."""
    document = re.search(r"<<-?(['\"]?)([A-Za-z_]\w*)\1", command)
    if document and document.group(2) not in command.split("\n")[1:]:
        return True
    if command.endswith("\\"):
        return True
    return following.startswith("> ") and subprocess.run(["bash", "-n", "-c", command], stderr=subprocess.DEVNULL,
                                                         check=False).returncode != 0


def sessions_of(path):
    """The commands of a page: (line number, command, expected lines)."""
    commands = []
    for info, number, lines in split_fences(path.read_text(encoding="utf-8"))[1]:
        if info != "console":
            continue
        current = None
        for offset, line in enumerate(lines):
            if current is not None and not current[2] and incomplete(current[1], line):
                current[1] += "\n" + line.removeprefix("> ")
            elif line.startswith("$ "):
                current = [number + offset, line[2:], []]
                commands.append(current)
            elif current is None:
                commands.append([number + offset, "", [line]])  # output of nothing: reported as a difference
                current = commands[-1]
            else:
                current[2].append(line)
    return commands


def pattern_of(line):
    """One expected line as a regular expression."""
    line = line.rstrip()
    if line.strip() == "...":
        return "(?:.*\n)*?"
    return re.escape(line[:-4]) + "(?: .*)?\n" if line.endswith(" ...") else re.escape(line) + "\n"


def difference(expected, actual):
    """What is wrong with the output of a command, in lines; spaces at the ends of lines do not count."""
    text = "".join(line.rstrip() + "\n" for line in actual)
    if re.fullmatch("".join(map(pattern_of, expected)), text):
        return []
    problems = []
    for count in range(1, len(expected) + 1):
        if not re.match("".join(map(pattern_of, expected[:count])), text):
            problems = ["first line that does not fit:", "  " + expected[count - 1]]
            break
    shown = actual if len(actual) <= 40 else actual[:40] + [f"({len(actual) - 40} lines more)"]
    return (problems or ["it prints more than this"]) + ["printed:", *("  " + line for line in shown)]


def check_commands(path):
    commands = sessions_of(path)
    token = secrets.token_hex(16)
    script = ["exec 2>&1"]
    for _, command, _ in commands:
        # The marker ends the output of each command; the status is kept for a following `echo $?`.
        script.append(f"{command}\n__status=$?; printf '%s' {token}; (exit $__status)")
    with tempfile.TemporaryDirectory(prefix="cutaway-docs-") as folder:
        work = Path(folder) / "work"
        work.mkdir()
        session = Path(folder) / "session.sh"
        session.write_text("\n".join(script) + "\n", encoding="utf-8")
        environment = {"PATH": f"{BUILD}:{os.environ['PATH']}", "HOME": folder, "LC_ALL": "C", "NO_COLOR": "1",
                       "TERM": "dumb"}
        environment.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        # Into a file, not a pipe: a program left in the background would hold a pipe open.
        log = Path(folder) / "log"
        late = False
        with log.open("wb") as output:
            process = subprocess.Popen(["bash", "--norc", "--noprofile", str(session)], cwd=work, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=output, start_new_session=True)
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                late = True
            try:
                os.killpg(process.pid, signal.SIGKILL)  # and whatever it left in the background
            except ProcessLookupError:
                pass
            process.wait()
        outputs = log.read_text(encoding="utf-8", errors="replace").split(token)
    problems = []
    for (number, command, expected), output in zip(commands, outputs):
        actual = output.split("\n")
        if actual[-1] == "":
            actual.pop()
        wrong = difference(expected, actual)
        if wrong:
            problems += [f"line {number}: $ {command}", *wrong]
    if len(outputs) <= len(commands):
        number, command, _ = commands[len(outputs) - 1]
        problems.append(f"line {number}: $ {command}: "
                        + (f"still running after {TIMEOUT} s" if late else "ended the session"))
    return problems


def makefile_targets():
    targets = set()
    for line in (ROOT / "Makefile").read_text(encoding="utf-8").split("\n"):
        match = re.match(r"^([A-Za-z_.-][\w. -]*):(?!=)", line)
        if match:
            targets.update(match.group(1).split())
    return targets


def targets_named(path):
    """What follows `make` in code, options and assignments aside."""
    prose, blocks = split_fences(path.read_text(encoding="utf-8"))
    code = re.findall(r"`([^`]+)`", prose)
    for info, _, lines in blocks:
        if info in ("sh", "console"):
            code += [re.sub(r"^\$ ", "", line).split(" #")[0] for line in lines]
    named = []
    for text in code:
        for command in re.split(r"[;|&]+", text):
            words = command.split()
            if words[:1] == ["make"]:
                named += [word for word in words[1:] if re.fullmatch(r"[a-z][a-z-]*", word)]
    return named


def check_targets(path):
    return [f"make {name}: no such target" for name in targets_named(path) if name not in makefile_targets()]


def check_packages(readme):
    """Every package that the Makefile may install has its reason in README.md's table."""
    names = "$(BUILD_PACKAGES) $(CHECK_PACKAGES) $(VECTOR_PACKAGES) $(LINT_PACKAGES) $(FUZZ_PACKAGES)"
    packages = subprocess.run(["make", "-s", "--eval", f"names: ; @echo {names}", "names"], cwd=ROOT, check=True,
                              env={**os.environ, "MAKEFLAGS": ""}, stdout=subprocess.PIPE,
                              encoding="utf-8").stdout.split()
    rows = re.findall(r"^\| (.*?) \|", readme.split("## Dependencies")[1].split("\n## ")[0], re.M)
    told = {name for row in rows for name in row.split(", ")}
    return [f"README.md does not say why {name} is installed" for name in sorted(set(packages) - told)]


def check_reachable(pages):
    """Every page from docs/README.md, by links between pages."""
    start = ROOT / "docs" / "README.md"
    reached, waiting = {start}, [start]
    while waiting:
        page = waiting.pop()
        for link in links_of(page) if page.exists() else []:
            target = (page.parent / link.partition("#")[0]).resolve()
            if target in pages and target not in reached:
                reached.add(target)
                waiting.append(target)
    return [f"{page.relative_to(ROOT)}: no way to it from docs/README.md" for page in sorted(set(pages) - reached)]


def comments_of(path):
    """The text of the // comments of a C file."""
    return "\n".join(re.findall(r"//(.*)", path.read_text(encoding="utf-8")))


def check_named_files(files):
    problems = []
    for path in files:
        for name in NAMED_FILE.findall(comments_of(path)):
            if "NAME" not in name and not any(ROOT.glob(name)):
                problems.append(f"{path}: names {name}, which does not exist")
    return problems


def check_parts(files):
    """Every algorithm file has the same parts (docs/README.md promises them)."""
    problems = []
    for path in files:
        text = " ".join(comments_of(path).lower().split())
        problems += [f"{path}: no {part}" for part in PARTS if not re.search(rf"\b(?:{part})\b", text)]
    return problems


# --- the checks, checked ------------------------------------------------------------------------------------------

def self_test():
    """A page with one mistake of each kind: (what, noticed) for each, and for what is right."""
    page_text = "# A *page* of it\n\n[a](#a-page-of-it) [b](#nowhere) [c](missing.md) `[d](code.md)`\n\n"
    session = ("```console\n$ echo one; false\none\n$ echo $?\n1\n$ seq 9\n1\n...\n9\n$ echo a b\na ...\n"
               "$ cat <<END\n> x\n> END\nx\n$ for i in 1; do\n> echo $i\n> done\n1\n$ echo \\\n  two\n%s\n```\n")
    with tempfile.TemporaryDirectory(prefix="cutaway-docs-") as folder:
        def written(text):
            path = Path(folder) / "page.md"
            path.write_text(text, encoding="utf-8")
            return path
        yield "broken links are found, and only those", \
            check_links(written(page_text)) == ["#nowhere: no such heading", "missing.md: no such file"]
        yield "right output passes", check_commands(written(session % "two")) == []
        yield "wrong output is found", check_commands(written(session % "three")) != []
        yield "missing output is found", check_commands(written("```console\n$ true\nx\n```\n")) != []
        yield "surplus output is found", check_commands(written("```console\n$ seq 2\n1\n```\n")) != []
        yield "standard error counts", check_commands(written("```console\n$ echo x >&2\n```\n")) != []
        yield "a session that ends early is found", check_commands(written("```console\n$ exit\n$ true\n```\n")) != []
        yield "a missing target is found", check_targets(written("`make demo` and `make nonsense`\n")) != []
        yield "a target that exists passes", check_targets(written("`make demo`\n")) == []


def main():
    pages = sorted((ROOT / "docs").glob("*.md"))
    asked_for = [Path(name).resolve() for name in sys.argv[1:]]
    tests = []
    for page in asked_for or [ROOT / "README.md", *pages]:
        name = page.relative_to(ROOT)
        if links_of(page):
            tests.append((f"{name}: links", lambda page=page: check_links(page)))
        if targets_named(page):
            tests.append((f"{name}: make targets", lambda page=page: check_targets(page)))
        if sessions_of(page):
            tests.append((f"{name}: commands", lambda page=page: check_commands(page)))
    if not asked_for:
        tests += tests_of_the_whole(pages)
    sys.exit(run(tests))


def tests_of_the_whole(pages):
    tests = [("every page can be reached from docs/README.md", lambda: check_reachable(pages)),
             ("README.md has a reason for each package",
              lambda: check_packages((ROOT / "README.md").read_text(encoding="utf-8")))]
    for folder in sorted({path.parent for layer in ("bignum", "ciphers", "protocols", "apps", "tests")
                          for path in (ROOT / layer).rglob("*.[ch]")}):
        files = sorted(folder.glob("*.[ch]"))
        tests.append((f"files named in comments: {folder.relative_to(ROOT)}",
                      lambda files=files: check_named_files(files)))
    algorithms = [path for path in sorted((ROOT / "ciphers").rglob("*.c")) if path.name not in GLUE]
    tests.append(("every algorithm file has its parts", lambda: check_parts(algorithms)))
    for what, noticed in self_test():
        tests.append((f"these checks: {what}", lambda noticed=noticed: [] if noticed else ["not so"]))
    return tests


def run(tests):
    failed = 0
    for number, (name, check) in enumerate(tests, 1):
        problems = check()
        failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        for problem in problems:
            print(f"#   {problem}")
        sys.stdout.flush()
    print(f"1..{len(tests)}")
    return 1 if failed else 0


if __name__ == "__main__":
    main()
