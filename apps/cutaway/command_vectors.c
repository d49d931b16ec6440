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
};

struct tally {
    unsigned long cases, passed, rejected, failed;
    bool unreadable;  // a file could not be run to its end
    const char *root; // what to leave out in front of a path when showing it
};

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
static bool run_cases(const struct vector_set *set, struct tally *tally, struct vector_error *error) {
    bool ok = true;
    for (size_t i = 0; ok && i < set->count; i++) {
        struct vector_run run;
        show_progress(set->path, i, set->count);
        ok = vector_bind(&run, &set->cases[i], error);
        if (ok) {
            bool passed = vector_execute(&run);
            tally->cases++;
            tally->passed += passed;
            tally->rejected += passed && set->cases[i].must_fail;
            tally->failed += !passed;
            if (!passed && tally->failed <= SHOWN_FAILURES) {
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

static void run_file(const char *path, struct tally *total) {
    struct vector_set set = {0};
    struct vector_error error = {0};
    struct bytes text = {0};
    struct tally tally = {0};
    if (!input_read_all(&text, path, FILE_SIZE_MAX)) {
        total->unreadable = true;
        return;
    }
    bool ok =
        vector_parse(&set, path, (char *)text.data, text.length, &error) && run_cases(&set, &tally, &error);
    if (ok) {
        printf("%-36s %6lu %7lu %9lu  %s, %s, %s\n", shown_path(total, path), tally.cases, tally.passed,
               tally.rejected, set.source, set.edition, set.section);
    } else if (error.line > 0) {
        complain("%s:%u: %s", path, error.line, error.text);
    } else {
        complain("%s: %s", path, error.text);
    }
    total->unreadable |= !ok;
    total->cases += tally.cases;
    total->passed += tally.passed;
    total->rejected += tally.rejected;
    total->failed += tally.failed;
    vector_set_clear(&set);
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

static void run_path(const char *path, unsigned depth, struct tally *total);

// The .txt files of a folder and of the folders in it, in alphabetical order.
static void run_folder(const char *path, unsigned depth, struct tally *total) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        complain("%s: cannot list the folder", path);
        total->unreadable = true;
        return;
    }
    for (int i = 0; i < count; i++) {
        char entry[PATH_SIZE];
        int length = snprintf(entry, sizeof entry, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && length > 0 && (size_t)length < sizeof entry &&
            (is_folder(entry) || ends_in_txt(entries[i]->d_name))) {
            run_path(entry, depth + 1, total);
        }
        free(entries[i]);
    }
    free(entries);
}

static void run_path(const char *path, unsigned depth, struct tally *total) {
    if (is_folder(path)) {
        if (depth < DEPTH_MAX) {
            run_folder(path, depth, total);
        }
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
    static const struct app_option options[] = {{0}};
    static const struct app_usage usage = {
        .program = "cutaway vectors",
        .synopsis = "[FILE|FOLDER...]",
        .purpose = "Runs files of published test vectors: all of vectors/, or the files and folders named.",
        .details = "A line a file: its cases, how many passed, how many of those had to be rejected, and the "
                   "source.\n"
                   "A case that fails is shown in full. docs/vectors.md describes the format.",
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
    struct tally total = {0};
    if (argc < 2 && !find_vectors(folder)) {
        return usage_error("no folder vectors/ here, nor above the program's: name the files to run");
    }
    printf("%-36s %6s %7s %9s  %s\n", "file", "cases", "passed", "rejected", "source, edition, section");
    if (argc < 2) {
        total.root = folder;
        run_path(folder, 0, &total);
    }
    for (int i = 1; i < argc; i++) {
        run_path(argv[i], 0, &total);
    }
    if (total.cases == 0 && !total.unreadable) {
        return usage_error("no vector files (*.txt) there");
    }
    printf("\n%lu passed, %lu failed\n", total.passed, total.failed);
    return total.unreadable ? STATUS_USAGE : total.failed > 0 ? STATUS_FAILED : STATUS_OK;
}
