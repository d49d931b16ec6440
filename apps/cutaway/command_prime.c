// cutaway prime: is this number prime, and why; and new primes.

#include "apps/common/options.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/numbers.h"
#include "apps/cutaway/search.h"
#include "apps/cutaway/subcommand.h"
#include "bignum/encoding.h"
#include "bignum/primality.h"

#include <stdio.h>

enum { PRIME_BITS_MAX = 16384, ROUNDS_MAX = 1024 };

// --- the certificate -------------------------------------------------------------------------------------------

// n - 1 = 2^s * d with d odd: what Miller and Rabin start from.
static unsigned long split(mpz_t d, const mpz_t n) {
    mpz_sub_ui(d, n, 1);
    unsigned long s = mpz_scan1(d, 0);
    mpz_tdiv_q_2exp(d, d, s);
    return s;
}

// The squares that convict n: a^d, a^(2d), ... up to the first 1, or all of them. A prime would show -1 before any 1.
static void print_witness(const mpz_t n, const mpz_t a, bool hex, mpz_t d, mpz_t x) {
    unsigned long s = split(d, n);
    printf("Miller-Rabin witness: n - 1 = 2^%lu * d, and for this a no square is -1 = n - 1\n", s);
    number_print_line("  d", d, hex);
    number_print_line("  a", a, hex);
    mpz_powm(x, a, d, n);
    number_print_line("  a^d mod n", x, hex);
    for (unsigned long i = 1; i < s && mpz_cmp_ui(x, 1) != 0; i++) {
        mpz_mul(x, x, x);
        mpz_mod(x, x, n);
        char name[48];
        (void)snprintf(name, sizeof name, "  a^(2^%lu * d) mod n", i);
        number_print_line(name, x, hex);
    }
}

static void print_small_factor(const mpz_t n, unsigned long factor, bool hex, mpz_t x) {
    mpz_divexact_ui(x, n, factor);
    printf("factor: %lu\n", factor);
    number_print_line("n / factor", x, hex);
}

static void print_rounds(const mpz_t n, unsigned rounds, mpz_t d) {
    unsigned long s = split(d, n);
    printf("trial division: no prime below 2^16 divides it\n"
           "Miller-Rabin: passed %u round%s with random bases (n - 1 = 2^%lu * d); each lets at most one "
           "composite in 4 through,\n  so all together let one through with a chance of at most 2^-%u\n"
           "strong Lucas: passed; no composite is known that passes this and Miller-Rabin to base 2\n",
           rounds, rounds == 1 ? "" : "s", s, 2 * rounds);
}

static int print_verdict(const struct bn_primality *result, const mpz_t n, bool hex, mpz_t d, mpz_t x) {
    static const char *const verdicts[] = {[BN_NOT_PRIME] = "is composite",
                                           [BN_PRIME_PROVED_BY_TRIAL] = "is prime",
                                           [BN_PROBABLY_PRIME] = "is probably prime"};
    number_print(n, hex);
    printf(" %s\n", result->reason == BN_REASON_BELOW_TWO ? "is not prime" : verdicts[result->verdict]);
    switch (result->reason) {
    case BN_REASON_BELOW_TWO:
        puts("by definition: the smallest prime is 2");
        break;
    case BN_REASON_SMALL_FACTOR:
        print_small_factor(n, result->factor, hex, x);
        break;
    case BN_REASON_WITNESS:
        print_witness(n, result->witness, hex, d, x);
        break;
    case BN_REASON_LUCAS:
        printf("strong Lucas: failed, after %u Miller-Rabin rounds that it passed\n", result->rounds);
        break;
    case BN_REASON_TRIAL:
        puts("proof: no prime up to its square root divides it");
        break;
    case BN_REASON_PASSED:
        print_rounds(n, result->rounds, d);
        break;
    }
    return result->verdict == BN_NOT_PRIME ? STATUS_FAILED : STATUS_OK;
}

static int test_number(const mpz_t n, unsigned rounds, bool hex) {
    struct bn_primality result;
    mpz_t d, x;
    bn_primality_init(&result);
    mpz_inits(d, x, NULL);
    int status = bn_primality_test(&result, n, rounds) ? print_verdict(&result, n, hex, d, x)
                                                       : failure("the system's random generator failed");
    bn_wipe_clears(d, x, NULL);
    bn_primality_clear(&result);
    return status;
}

// --- the two verbs ---------------------------------------------------------------------------------------------

static int prime_test(int argc, char **argv) {
    unsigned long rounds = BN_ADVERSARIAL_ROUNDS;
    // clang-format off
    const struct app_option options[] = {
        {"rounds", 'r', OPTION_NUMBER, &rounds, "COUNT", "Miller-Rabin rounds (64 unless given)", .minimum = 1, .maximum = ROUNDS_MAX},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway prime test",
        .synopsis = "N [--rounds COUNT]",
        .purpose = "Says whether N is prime, and shows why: a factor, a Miller-Rabin witness, or what was "
                   "tried in vain.",
        .details = "Trial division, Miller-Rabin rounds to random bases (FIPS 186-5, B.3.1), strong Lucas "
                   "(B.3.3).\n"
                   "Exit status: 0 prime, 1 not prime, 2 wrong arguments.",
        .example = "cutaway prime test 4294967297\n"
                   "cutaway trace prime test 3825123056546413051\n"
                   "cutaway trace prime test 18446744073709551557 --rounds 2",
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        mpz_t n;
        mpz_init(n);
        bool hex = false;
        status = number_operand(n, "N", argv[1], &hex) ? test_number(n, (unsigned)rounds, hex) : STATUS_USAGE;
        mpz_clear(n);
    }
    return status;
}

struct generation {
    unsigned long bits;
    bool safe, hex, certificate;
};

static void print_certificate(const struct generation *wish, const struct search *search, const mpz_t p) {
    printf("bits: %zu\n", mpz_sizeinbase(p, 2));
    printf("tried: %lu candidate%s that no small prime divides, %lu round%s passed\n", search->candidates,
           search->candidates == 1 ? "" : "s", search->rounds, search->rounds == 1 ? "" : "s");
    puts(wish->safe ? "safe: p and (p-1)/2 both passed Miller-Rabin and strong Lucas"
                    : "passed: Miller-Rabin and strong Lucas");
}

static int generate(const struct generation *wish) {
    if (wish->safe && wish->bits < 3) {
        return usage_error("--bits is 2; the smallest safe prime, 5 = 2*2 + 1, has 3 bits");
    }
    struct search search;
    mpz_t p;
    mpz_init(p);
    search_start(&search);
    unsigned bits = (unsigned)wish->bits;
    bool found = wish->safe ? bn_generate_safe_prime(p, bits, &search.progress)
                            : bn_generate_prime(p, bits, false, NULL, NULL, &search.progress);
    search_stop(&search);
    int status = STATUS_OK;
    if (!found) {
        status = search_failure(&search);
    } else {
        number_print(p, wish->hex);
        putchar('\n');
        if (wish->certificate) {
            print_certificate(wish, &search, p);
        }
    }
    bn_wipe_clears(p, NULL);
    return status;
}

static int prime_generate(int argc, char **argv) {
    struct generation wish = {0};
    // clang-format off
    const struct app_option options[] = {
        {"bits", 'b', OPTION_NUMBER, &wish.bits, "N", "how long the prime is", .required = true, .minimum = 2, .maximum = PRIME_BITS_MAX},
        {"safe", 's', OPTION_FLAG, &wish.safe, NULL, "a safe prime: (p-1)/2 is prime too", .required = false},
        {"hex", 'x', OPTION_FLAG, &wish.hex, NULL, "print it in hexadecimal", .required = false},
        {"certificate", 'c', OPTION_FLAG, &wish.certificate, NULL, "also print what was tried", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway prime generate",
        .synopsis = "--bits N [--safe] [--hex] [--certificate]",
        .purpose = "Prints a random prime of exactly N bits.",
        .details = "On a terminal the search is shown on standard error: '.' a candidate that no small prime "
                   "divides,\n"
                   "'+' a round passed, '*' found. Ctrl-C gives up (exit status 130).",
        .example = "cutaway prime generate --bits 256\n"
                   "cutaway prime test $(cutaway prime generate --bits 512 --safe)",
        .operands_min = 0,
        .operands_max = 0,
    };
    int status = options_parse(&usage, options, &argc, argv);
    return status != OPTIONS_GO_ON ? status : generate(&wish);
}

int command_prime(int argc, char **argv) {
    static const struct subcommand table[] = {
        {"test", "N [--rounds COUNT]", prime_test},
        {"generate", "--bits N [--safe] [--hex] [--certificate]", prime_generate},
        {NULL, NULL, NULL},
    };
    static const struct subcommand_usage usage = {
        .program = "cutaway prime",
        .purpose = "Tests whether a number is prime, or finds a new prime.",
        .example = "cutaway prime test 561\n"
                   "cutaway prime generate --bits 1024 --safe",
    };
    return subcommand_run(&usage, table, argc, argv);
}
