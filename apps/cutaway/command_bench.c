// cutaway bench: how long our key generation takes beside openssl's, measured in one run, turn by turn.

#include "apps/common/options.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/search.h"
#include "apps/cutaway/subcommand.h"
#include "bignum/encoding.h"
#include "ciphers/public/rsa.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

enum { RUNS_MAX = 1000, RSA_BITS = 2048, SAFE_BITS = 1024 };

static double seconds_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// --- what is measured ------------------------------------------------------------------------------------------

static bool our_rsa_key(const struct bn_progress *progress) {
    struct rsa_private_key key;
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    rsa_private_key_init(&key);
    bool done = rsa_generate(&key, RSA_BITS, e, progress);
    rsa_private_key_clear(&key);
    mpz_clear(e);
    return done;
}

static bool our_safe_prime(const struct bn_progress *progress) {
    mpz_t p;
    mpz_init(p);
    bool done = bn_generate_safe_prime(p, SAFE_BITS, progress);
    bn_wipe_clears(p, NULL);
    return done;
}

static const char *const openssl_rsa_key[] = {"openssl", "genrsa", "2048", NULL};
static const char *const openssl_safe_prime[] = {"openssl", "prime", "-generate", "-safe",
                                                 "-bits",   "1024",  NULL};
static const char *const openssl_start[] = {"openssl", "version", NULL};

// Runs a program to its end, its output thrown away. False when it is missing or fails.
static bool run_program(const char *const argv[]) {
    enum { WORDS = 8, WORD_SIZE = 16 };
    char copies[WORDS][WORD_SIZE] = {""}; // posix_spawnp wants its words writable, though it does not write
    char *words[WORDS + 1] = {copies[0]};
    for (size_t i = 0; i < WORDS && argv[i] != NULL; i++) {
        (void)snprintf(copies[i], WORD_SIZE, "%s", argv[i]);
        words[i] = copies[i];
    }
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return false;
    }
    pid_t child = 0;
    int wait_status = 0;
    bool done = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) == 0 &&
                posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) == 0 &&
                posix_spawnp(&child, words[0], &actions, NULL, words, environ) == 0 &&
                waitpid(child, &wait_status, 0) == child;
    (void)posix_spawn_file_actions_destroy(&actions);
    return done && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

// --- numbers ---------------------------------------------------------------------------------------------------

struct series {
    double seconds[RUNS_MAX];
    size_t count;
};

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(struct series *series) {
    size_t middle = series->count / 2;
    qsort(series->seconds, series->count, sizeof series->seconds[0], compare);
    return series->count % 2 != 0 ? series->seconds[middle]
                                  : (series->seconds[middle - 1] + series->seconds[middle]) / 2;
}

static double print_series(const char *what, const char *whose, struct series *series) {
    double middle = median(series);
    printf("  %-18s %-8s %9.1f ms %9.1f ms %9.1f ms\n", what, whose, 1e3 * middle, 1e3 * series->seconds[0],
           1e3 * series->seconds[series->count - 1]);
    return middle;
}

struct contest {
    const char *name;
    bool (*ours)(const struct bn_progress *progress);
    const char *const *openssl;
};

enum { CONTESTS = 2 };
static const struct contest contests[CONTESTS] = {
    {"RSA-2048 key", our_rsa_key, openssl_rsa_key},
    {"safe prime 1024", our_safe_prime, openssl_safe_prime},
};

struct results {
    struct series ours[CONTESTS], peers[CONTESTS], start;
};

// One turn: each contest once on either side, so that what else the machine does falls on both alike. Returns an exit
// status.
static int one_turn(struct results *results, bool peer, const struct search *search) {
    for (size_t i = 0; i < CONTESTS; i++) {
        double before = seconds_now();
        if (!contests[i].ours(&search->progress)) {
            return search_failure(search);
        }
        results->ours[i].seconds[results->ours[i].count++] = seconds_now() - before;
        before = seconds_now();
        if (peer && !run_program(contests[i].openssl)) {
            return search_cancelled() ? search_failure(search)
                                      : failure("'openssl %s' failed", contests[i].openssl[1]);
        }
        results->peers[i].seconds[results->peers[i].count++] = seconds_now() - before;
    }
    double before = seconds_now();
    if (peer && run_program(openssl_start)) {
        results->start.seconds[results->start.count++] = seconds_now() - before;
    }
    return STATUS_OK;
}

static void print_results(struct results *results, unsigned long runs, bool peer) {
    printf("key generation, %lu run%s%s\n", runs, runs == 1 ? "" : "s",
           peer ? ", ours and openssl's in turn" : "");
    printf("  %-18s %-8s %12s %12s %12s\n", "", "", "median", "least", "most");
    for (size_t i = 0; i < CONTESTS; i++) {
        double ours = print_series(contests[i].name, "ours", &results->ours[i]);
        if (peer) {
            double theirs = print_series("", "openssl", &results->peers[i]);
            printf("  %-18s %-8s %9.2f    (ours / openssl)\n", "", "ratio", ours / theirs);
        }
    }
    if (peer && results->start.count > 0) {
        (void)print_series("starting a process", "openssl", &results->start);
        puts("openssl runs as a process: its times include the start.");
    }
    if (!peer) {
        puts("openssl is not installed: nothing to compare with.");
    }
}

static int bench_keygen(int argc, char **argv) {
    unsigned long runs = 15;
    // clang-format off
    const struct app_option options[] = {
        {"runs", 'r', OPTION_NUMBER, &runs, "N", "how often each is done (15 unless given)", .minimum = 1, .maximum = RUNS_MAX},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway bench keygen",
        .synopsis = "[--runs N]",
        .purpose = "Measures the making of RSA-2048 keys and 1024-bit safe primes, ours beside openssl's.",
        .details = "Both are searches by chance: single times differ widely, medians of many runs do not.",
        .example = "cutaway bench keygen --runs 51",
        .operands_min = 0,
        .operands_max = 0,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    struct results *results = calloc(1, sizeof *results);
    if (results == NULL) {
        return failure("not enough memory");
    }
    bool peer = run_program(openssl_start);
    struct search search;
    search_start(&search);
    search.shown = false;
    status = STATUS_OK;
    for (unsigned long i = 0; i < runs && status == STATUS_OK; i++) {
        status = one_turn(results, peer, &search);
    }
    search_stop(&search);
    if (status == STATUS_OK) {
        print_results(results, runs, peer);
    }
    free(results);
    return status;
}

int command_bench(int argc, char **argv) {
    static const struct subcommand table[] = {
        {"keygen", "[--runs N]", bench_keygen},
        {NULL, NULL, NULL},
    };
    static const struct subcommand_usage usage = {
        .program = "cutaway bench",
        .purpose = "Measures speed, ours beside openssl's.",
        .example = "cutaway bench keygen",
    };
    return subcommand_run(&usage, table, argc, argv);
}
