// cutaway vectors: runs files of published test vectors and says how each went.
#include "apps/common/files.h"
#include "apps/common/options.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/vectors_run.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_SIZE_MAX = 64 << 20, // bytes
    DEPTH_MAX = 8,            // folders within folders
    FOLDERS_ABOVE = 3,        // how far above the program's own vectors/ is looked for
    PATH_SIZE = 4096,
    SHOWN_FAILURES = 20, // of one file; the rest are counted
    ALGORITHMS_MAX = 64, // of one file
};

struct counts {
    unsigned long cases, passed, rejected, failed;
};

struct tally {
    struct counts counts;
    unsigned long skipped_cases, skipped_files;
    bool unreadable;  // a file could not be run to its end
    bool own_only;    // only files named *.txt, as in vectors/
    bool for_program; // lines with tabs, for tests/check_vectors.py
    const char *root; // what to leave out in front of a path when showing it
};

// One file's cases, by algorithm.
struct file_tally {
    struct counts all, by_algorithm[ALGORITHMS_MAX];
    const char *names[ALGORITHMS_MAX];
    size_t count;
};

static void add_counts(struct counts *to, const struct counts *more) {
    to->cases += more->cases;
    to->passed += more->passed;
    to->rejected += more->rejected;
    to->failed += more->failed;
}

// The counts of an algorithm; what does not fit is counted under the last.
static struct counts *counts_of(struct file_tally *tally, const char *name) {
    size_t i = 0;
    while (i < tally->count && strcmp(tally->names[i], name) != 0) {
        i++;
    }
    if (i == ALGORITHMS_MAX) {
        return &tally->by_algorithm[i - 1];
    }
    if (i == tally->count) {
        tally->names[tally->count++] = name;
    }
    return &tally->by_algorithm[i];
}

// --- one file ----------------------------------------------------------------------------------------------------

static void show_progress(const char *path, size_t done, size_t all) {
    if (isatty(STDERR_FILENO) && done % 16 == 0) {
        fprintf(stderr, "\r\033[K%s  %zu of %zu", path, done, all);
    }
}

static void end_progress(void) {
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
}

// Runs all cases of a set. False, with the reason, at the first one that is malformed.
static bool run_cases(const struct vector_set *set, struct file_tally *tally, struct vector_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < set->count; i++) {
        struct vector_run run;
        show_progress(set->path, i, set->count);
        ok = vector_bind(&run, &set->cases[i], error);
        if (ok) {
            bool passed = vector_execute(&run);
            bool rejected = passed && (set->cases[i].must_fail || run.outcome == OUTCOME_REJECTED);
            struct counts one = {1, passed, rejected, !passed};
            add_counts(&tally->all, &one);
            add_counts(counts_of(tally, set->cases[i].algorithm), &one);
            if (!passed && tally->all.failed <= SHOWN_FAILURES) {
                end_progress();
                vector_report_failure(&run, stdout);
            }
        }
        vector_run_clear(&run);
    }
    end_progress();
    return ok;
}

static const char *shown_path(const struct tally *total, const char *path) {
    size_t length = total->root == NULL ? 0 : strlen(total->root);
    return length > 0 && strncmp(path, total->root, length) == 0 && path[length] == '/' ? path + length + 1
                                                                                        : path;
}

static void show_file(const struct tally *total, const struct vector_set *set, const char *format,
                      const struct file_tally *tally) {
    for (size_t i = 0; total->for_program && i < tally->count; i++) {
        const struct counts *counts = &tally->by_algorithm[i];
        printf("cases\t%s\t%s\t%lu\t%lu\t%lu\t%lu\n", set->path, tally->names[i], counts->cases,
               counts->passed, counts->failed, counts->rejected);
    }
    if (!total->for_program) {
        printf("%-36s %6lu %7lu %9lu  %s", shown_path(total, set->path), tally->all.cases, tally->all.passed,
               tally->all.rejected, set->source[0] == '\0' ? format : set->source);
        if (set->edition[0] != '\0') {
            printf(", %s, %s", set->edition, set->section);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < set->skipped_count; i++) {
        const struct vector_skipped *skipped = &set->skipped[i];
        if (total->for_program) {
            printf("skipped\t%s\t%lu\t%s\n", set->path, skipped->cases, skipped->reason);
        } else {
            printf("    skipped %lu: %s\n", skipped->cases, skipped->reason);
        }
    }
}

static void skip_file(struct tally *total, const char *path, const char *reason) {
    total->skipped_files++;
    if (total->for_program) {
        printf("skipped-file\t%s\t1\t%s\n", path, reason);
    } else {
        printf("%-36s skipped: %s\n", shown_path(total, path), reason);
    }
}

// Reads and runs a text that `format` has recognised; takes the text over.
static void run_text(struct bytes *text, const char *path, const struct vector_format *format,
                     struct tally *total) {
    struct vector_set set = {0};
    struct vector_error error = {0};
    struct file_tally tally = {.count = 0};
    bool ok = format->read(&set, path, (char *)text->data, text->length, &error);
    *text = (struct bytes){0};
    for (size_t i = 0; ok && i < set.skipped_count; i++) {
        total->skipped_cases += set.skipped[i].cases;
    }
    ok = ok && run_cases(&set, &tally, &error);
    if (ok) {
        show_file(total, &set, format->name, &tally);
    } else if (error.line > 0) {
        complain("%s:%u: %s", path, error.line, error.text);
    } else {
        complain("%s: %s", path, error.text);
    }
    total->unreadable |= !ok;
    add_counts(&total->counts, &tally.all);
    vector_set_clear(&set);
}

static void run_file(const char *path, struct tally *total) {
    struct bytes text = {0};
    if (!input_read_all(&text, path, FILE_SIZE_MAX)) {
        total->unreadable = true;
        skip_file(total, path, "it cannot be read");
        return;
    }
    const struct vector_format *format = vector_format_find((const char *)text.data, text.length);
    if (format == NULL) {
        skip_file(total, path, "in no format of test vectors that is known here");
    } else {
        run_text(&text, path, format, total);
    }
    bytes_clear(&text);
}

// --- files and folders -------------------------------------------------------------------------------------------

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool ends_in_txt(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".txt") == 0;
}

static void run_folder(const char *path, unsigned depth, struct tally *total);

// What stands in a folder: a file, a folder, or something that is left alone. A pipe would be waited for, and a link to a
// folder may lead round in a circle; who names one as an operand means it.
static void run_entry(const char *path, unsigned depth, struct tally *total) {
    struct stat status, link;
    bool exists = stat(path, &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
        if (lstat(path, &link) != 0 || S_ISLNK(link.st_mode)) {
            skip_file(total, path, "a link to a folder");
        } else if (depth == DEPTH_MAX) {
            skip_file(total, path, "a folder too deep within folders");
        } else {
            run_folder(path, depth, total);
        }
    } else if (exists && !S_ISREG(status.st_mode)) {
        skip_file(total, path, "neither a file nor a folder");
    } else {
        run_file(path, total);
    }
}

// The files of a folder and of the folders in it, in alphabetical order.
static void run_folder(const char *path, unsigned depth, struct tally *total) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        complain("%s: cannot list the folder", path);
        total->unreadable = true;
        return;
    }
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char entry[PATH_SIZE];
        int length = snprintf(entry, sizeof entry, "%s/%s", path, name);
        if (length < 0 || (size_t)length >= sizeof entry) {
            skip_file(total, name, "the path to it is too long");
        } else if (name[0] != '.' && (is_folder(entry) || !total->own_only || ends_in_txt(name))) {
            run_entry(entry, depth + 1, total);
        }
        free(entries[i]);
    }
    free(entries);
}

static void run_operand(const char *path, struct tally *total) {
    if (is_folder(path)) {
        run_folder(path, 0, total);
    } else {
        run_file(path, total);
    }
}

// vectors/ here, or in a folder above the program: build/cutaway finds build/../vectors.
static bool find_vectors(char path[static PATH_SIZE]) {
    char program[PATH_SIZE - 16];
    (void)snprintf(path, PATH_SIZE, "vectors");
    if (is_folder(path)) {
        return true;
    }
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    for (unsigned above = 0; above <= FOLDERS_ABOVE; above++) {
        char *slash = strrchr(program, '/');
        if (slash == NULL) {
            return false;
        }
        *slash = '\0';
        (void)snprintf(path, PATH_SIZE, "%s/vectors", program);
        if (above > 0 && is_folder(path)) {
            return true;
        }
    }
    return false;
}

int command_vectors(int argc, char **argv) {
    bool for_program = false;
    const struct app_option options[] = {
        {"tally", 0, OPTION_FLAG, &for_program, NULL,
         "print lines with tabs, one for each algorithm of a file", .required = false},
        {0},
    };
    static const struct app_usage usage = {
        .program = "cutaway vectors",
        .synopsis = "[FILE|FOLDER...]",
        .purpose = "Runs files of published test vectors: all of vectors/, or the files and folders named.",
        .details =
            "A line a file: its cases, how many passed, how many of those had to be rejected, and the "
            "source.\n"
            "A case that fails is shown in full. Each format is recognised by its content: the project's\n"
            "own, NIST's CAVP, RSA Laboratories', Crypto++'s, Wycheproof's and others: docs/vectors.md.",
        .example = "cutaway vectors\ncutaway vectors vectors/hash",
        .operands_min = 0,
        .operands_max = OPERANDS_ANY,
        .operand_names = "[FILE|FOLDER...]",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    char folder[PATH_SIZE];
    struct tally total = {.for_program = for_program};
    if (argc < 2 && !find_vectors(folder)) {
        return usage_error("no folder vectors/ here, nor above the program's: name the files to run");
    }
    if (!for_program) {
        printf("%-36s %6s %7s %9s  %s\n", "file", "cases", "passed", "rejected", "source, edition, section");
    }
    if (argc < 2) {
        total.own_only = true;
        total.root = folder;
        run_operand(folder, &total);
    }
    if (argc == 2 && is_folder(argv[1])) {
        total.root = argv[1];
    }
    for (int i = 1; i < argc; i++) {
        run_operand(argv[i], &total);
    }
    if (total.counts.cases == 0 && total.skipped_cases == 0 && !total.unreadable) {
        return usage_error("no test vectors there, in a format that is known here");
    }
    if (!for_program && total.skipped_cases + total.skipped_files > 0) {
        printf("\nskipped: %lu cases, %lu files\n", total.skipped_cases, total.skipped_files);
    }
    printf("\n%lu passed, %lu failed\n", total.counts.passed, total.counts.failed);
    return total.unreadable ? STATUS_USAGE : total.counts.failed > 0 ? STATUS_FAILED : STATUS_OK;
}
