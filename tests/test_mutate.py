#!/usr/bin/python3
# The tool behind `make mutate`, without running it: which changes it makes of a piece of code, that every algorithm has judges,
# and that every explained survivor is still a change it makes. Speaks TAP.
import glob
import os
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "mutate"))
import mutate  # noqa: E402

SAMPLE = """\
#define STEP 3
// 1 + 1
static const int table[4] = {10, 0x0f};
static int sum(const int *numbers, int count) {
    int kept[8] = {0}; // 2 < 3
    trace_number(count + 1, NULL, "count");
    for (int i = 0; i < count; i++) {
        kept[i & 7] += numbers[i];
    }
    return !count ? -1 : kept[0] * *numbers;
}
static const char DIGITS[] = "0123456789abcdef";
"""
CHANGES = """\
-: static const int table[4] = {11, 0x0f};
-: static const int table[4] = {10, 0x10};
sum: int kept[8] = {1};
sum: for (int i = 1; i < count; i++) {
sum: for (int i = 0; i <= count; i++) {
sum: kept[i | 7] += numbers[i];
sum: kept[i & 8] += numbers[i];
sum: kept[i & 7] -= numbers[i];
sum: return count ? -1 : kept[0] * *numbers;
sum: return !count ? 1 : kept[0] * *numbers;
sum: return !count ? -2 : kept[0] * *numbers;
sum: return !count ? -1 : kept[1] * *numbers;
sum: return !count ? -1 : kept[0] + *numbers;
-: static const char DIGITS[] = "1123456789abcdef";
""".splitlines()

number = failures = 0


def report(name, problems):
    global number, failures
    number += 1
    print("%s %d - %s" % ("not ok" if problems else "ok", number, name))
    for problem in problems:
        print("# " + problem)
    failures += bool(problems)


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "sample.c")
    with open(path, "w") as file:
        file.write(SAMPLE)
    source, mutants = mutate.mutants_of(path)
    made = ["%s: %s" % (mutant.function, mutant.after_line) for mutant in mutants]
    report("every operator and constant of the sample is changed once, and nothing else",
           ["made: " + change for change in made if change not in CHANGES] +
           ["not made: " + change for change in CHANGES if change not in made] +
           (["some change is made twice"] if len(set(made)) != len(made) else []))
    report("a change leaves the rest of the file as it is",
           [mutant.after_line for mutant in mutants
            if sum(a != b for a, b in zip(mutant.text(source).splitlines(), source.splitlines())) != 1])

os.chdir(ROOT)
files = sorted(glob.glob("bignum/*.c") + glob.glob("ciphers/*/*.c"))
judges = mutate.read_judges()
report("every file of bignum/ and ciphers/ has judges, and no other",
       ["no judges: " + path for path in files if path not in judges] +
       ["no such file: " + path for path in judges if path not in files])
report("every judge is there", ["%s: no %s" % (path, test) for path, (_, tests) in judges.items() for test in tests
                                if not os.path.exists("tests/%s.c" % test)])
generated = {mutant.key for path in files for mutant in mutate.mutants_of(path)[1]}
explained, complaints = mutate.read_explained(generated)
report("every explanation fits a change that the tool makes (%d)" % len(explained),
       complaints + [" ".join(key) for key in explained if key not in generated])
print("\n%d passed, %d failed" % (number - failures, failures))
sys.exit(failures > 0)
