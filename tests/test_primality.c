// Primality: every number below 100000 against a sieve, the numbers made to fool each test, the round counts
// from the standard's formula, and agreement with libcrypto and GMP.

#include "bignum/encoding.h"
#include "bignum/primality.h"
#include "bignum/random.h"
#include "bignum/small_primes.h"
#include "tests/support.h"

#include <gmp.h>
#include <math.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIEVE_SIZE = 100000 };
static bool is_composite[SIEVE_SIZE];

static int make_sieve(void **state) {
    (void)state;
    is_composite[0] = is_composite[1] = true;
    for (size_t n = 2; n < SIEVE_SIZE; n++) {
        for (size_t multiple = 2 * n; multiple < SIEVE_SIZE; multiple += n) {
            is_composite[multiple] = true;
        }
    }
    return 0;
}

static void the_small_primes_are_all_there(void **state) {
    (void)state;
    const uint16_t *primes = bn_small_primes();
    size_t next = 0;
    for (unsigned n = 0; n < BN_SMALL_PRIME_LIMIT; n++) {
        if (!is_composite[n]) {
            assert_int_equal(primes[next++], n);
        }
    }
    assert_int_equal(next, BN_SMALL_PRIME_COUNT);
}

static void trial_division_finds_the_smallest(void **state) {
    (void)state;
    mpz_t n;
    mpz_init(n);
    static const struct {
        long n;
        unsigned long limit, factor;
    } cases[] = {
        {0, 100, 2},
        {1, 65536, 0},
        {-1, 65536, 0},
        {2, 100, 2},
        {2, 2, 0},
        {2, 3, 2},
        {-15, 100, 3},
        {49, 7, 0},
        {49, 8, 7},
        {65521, 65521, 0},
        {65521, 65536, 65521},
        {65521L * 65521, 65536, 65521},
        {65537, 65536, 0},
        {65537L * 65539, 65536, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mpz_set_si(n, cases[i].n);
        assert_int_equal(bn_trial_division(n, cases[i].limit), cases[i].factor);
    }
    for (unsigned long i = 2; i < 20000; i++) {
        unsigned long factor = 2;
        while (i % factor != 0) {
            factor++;
        }
        mpz_set_ui(n, i);
        assert_int_equal(bn_trial_division(n, BN_SMALL_PRIME_LIMIT), factor);
    }
    mpz_clear(n);
}

// Which n < 100000 are composite and pass; the lists are those of the literature (OEIS A001262, A217255).
static const unsigned long strong_base_2[] = {2047,  3277,  4033,  4681,  8321,  15841, 29341, 42799,
                                              49141, 52633, 65281, 74665, 80581, 85489, 88357, 90751};
static const unsigned long strong_lucas[] = {5459,  5777,  10877, 16109, 18971, 22499,
                                             24569, 25199, 40309, 58519, 75077, 97439};

static bool miller_rabin_base_2(const mpz_t n) {
    mpz_t two;
    mpz_init_set_ui(two, 2);
    bool passed = bn_miller_rabin_base(n, two);
    mpz_clear(two);
    return passed;
}

static void check_exceptions(bool (*test)(const mpz_t), const unsigned long *exceptions, size_t count) {
    mpz_t n;
    mpz_init(n);
    size_t found = 0;
    for (unsigned long i = 5; i < SIEVE_SIZE; i += 2) {
        mpz_set_ui(n, i);
        bool passed = test(n);
        if (passed && is_composite[i]) {
            assert_true(found < count);
            assert_int_equal(i, exceptions[found++]);
        } else {
            assert_int_equal(passed, !is_composite[i]);
        }
    }
    assert_int_equal(found, count);
    mpz_clear(n);
}

static void miller_rabin_base_2_errs_where_it_is_known_to(void **state) {
    (void)state;
    check_exceptions(miller_rabin_base_2, strong_base_2, sizeof strong_base_2 / sizeof strong_base_2[0]);
}

static void strong_lucas_errs_where_it_is_known_to(void **state) {
    (void)state;
    mpz_t three;
    mpz_init_set_ui(three, 3);
    assert_true(bn_strong_lucas(three));
    mpz_clear(three);
    check_exceptions(bn_strong_lucas, strong_lucas, sizeof strong_lucas / sizeof strong_lucas[0]);
}

static void baillie_psw_never_errs_below_100000(void **state) {
    (void)state;
    mpz_t n;
    mpz_init(n);
    for (unsigned long i = 0; i < SIEVE_SIZE; i++) {
        mpz_set_ui(n, i);
        assert_int_equal(bn_baillie_psw(n), !is_composite[i]);
    }
    mpz_set_si(n, -7);
    assert_false(bn_baillie_psw(n));
    mpz_clear(n);
}

static void outside_their_range_the_tests_say_no(void **state) {
    (void)state;
    mpz_t n, a;
    mpz_inits(n, a, NULL);
    static const long cases[][2] = {{-7, 2}, {0, 2}, {1, 2}, {2, 2},  {3, 2}, {8, 3},
                                    {28, 9}, {7, 1}, {7, 0}, {7, -2}, {7, 6}, {7, 7}}; // 9^27 = 1 mod 28
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mpz_set_si(n, cases[i][0]);
        mpz_set_si(a, cases[i][1]);
        assert_false(bn_miller_rabin_base(n, a));
    }
    for (long i = -9; i <= 2; i++) {
        mpz_set_si(n, i);
        assert_false(bn_strong_lucas(n));
    }
    mpz_set_ui(n, 1000);
    assert_false(bn_strong_lucas(n));
    mpz_clears(n, a, NULL);
}

// Rabin's bound: of the bases of an odd composite at most a quarter are liars (1 and n-1 counted among them).
static void at_most_a_quarter_of_the_bases_lie(void **state) {
    (void)state;
    mpz_t n, a;
    mpz_inits(n, a, NULL);
    for (unsigned long i = 15; i < 1200; i += 2) {
        mpz_set_ui(n, i);
        unsigned long passed = 2;
        for (unsigned long base = 2; base + 1 < i; base++) {
            mpz_set_ui(a, base);
            passed += bn_miller_rabin_base(n, a);
        }
        if (is_composite[i]) {
            assert_true(4 * passed <= i - 1);
        } else {
            assert_int_equal(passed, i - 1);
        }
    }
    mpz_clears(n, a, NULL);
}

// 561 = 3 * 11 * 17 to the base 2, as the opening of primality.c shows it.
static void the_steps_for_561(void **state) {
    (void)state;
    mpz_t n, a;
    mpz_init_set_ui(n, 561);
    mpz_init_set_ui(a, 2);
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_false(bn_miller_rabin_base(n, a));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "a", 0), "4");
    assert_string_equal(captured_value(&trace, "m", 0), "23");          // 35
    assert_string_equal(captured_value(&trace, "z = b^m", 0), "107");   // 263
    assert_string_equal(captured_value(&trace, "j = 1: z^2", 0), "a6"); // 166
    assert_string_equal(captured_value(&trace, "j = 2: z^2", 0), "43"); // 67
    assert_string_equal(captured_value(&trace, "j = 3: z^2", 0), "1");
    assert_string_equal(captured_value(&trace, "round", 0), "composite");
    captured_trace_free(&trace);
    mpz_set_ui(a, 67 - 1);
    mpz_gcd(a, a, n);
    assert_int_equal(mpz_get_ui(a), 33);
    // Fermat's test with base 2 is fooled.
    mpz_set_ui(a, 2);
    mpz_powm_ui(a, a, 560, n);
    assert_int_equal(mpz_get_ui(a), 1);
    mpz_clears(n, a, NULL);
}

// 5459 = 53 * 103, the example of lucas.c: the U and V of the trace are those of the plain recurrence.
static void the_steps_for_5459(void **state) {
    (void)state;
    mpz_t n, d;
    mpz_init_set_ui(n, 5459);
    mpz_init(d);
    assert_int_equal(53 * 103, 5459);
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(bn_strong_lucas(n));
    captured_trace_stop(&trace);
    long chosen = strtol(captured_value(&trace, "D", 0), NULL, 16);
    long q = strtol(captured_value(&trace, "Q", 0), NULL, 16);
    unsigned long index = strtoul(captured_value(&trace, "d", 0), NULL, 16);
    unsigned long s = strtoul(captured_value(&trace, "s", 0), NULL, 16);
    assert_int_equal(chosen, 1 - 4 * q);
    assert_int_equal(index << s, 5460);
    assert_int_equal(index % 2, 1);
    mpz_set_si(d, chosen);
    assert_int_equal(mpz_jacobi(d, n), -1);
    // U_0 = 0, U_1 = 1, V_0 = 2, V_1 = 1, and each next one is the last minus Q times the one before.
    long u[2] = {0, 1};
    long v[2] = {2, 1};
    for (unsigned long k = 1; k <= index; k++) {
        if (k == index) {
            break;
        }
        long next_u = (u[1] - q * u[0]) % 5459;
        long next_v = (v[1] - q * v[0]) % 5459;
        u[0] = u[1];
        u[1] = next_u;
        v[0] = v[1];
        v[1] = next_v;
    }
    assert_int_equal(strtol(captured_value(&trace, "U_d", 0), NULL, 16), (u[1] + 5459) % 5459);
    assert_int_equal(strtol(captured_value(&trace, "bit 0: V", 0), NULL, 16), (v[1] + 5459) % 5459);
    captured_trace_free(&trace);
    assert_false(miller_rabin_base_2(n));
    mpz_clears(n, d, NULL);
}

// With P = 1 and Q = -1 (D = 5) the sequences are those of Fibonacci and Lucas: 47 + 1 = 2^4 * 3 shows their
// third members, 223 + 1 = 2^5 * 7 their seventh.
static void the_sequences_of_the_opening(void **state) {
    (void)state;
    static const unsigned long fibonacci[] = {0, 1, 1, 2, 3, 5, 8, 13};
    static const unsigned long lucas[] = {2, 1, 3, 4, 7, 11, 18, 29};
    static const struct { unsigned long n, d; } cases[] = {{47, 3}, {223, 7}};
    mpz_t n;
    mpz_init(n);
    for (size_t i = 0; i < 2; i++) {
        mpz_set_ui(n, cases[i].n);
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_true(bn_strong_lucas(n));
        captured_trace_stop(&trace);
        assert_string_equal(captured_value(&trace, "D", 0), "5");
        assert_string_equal(captured_value(&trace, "Q", 0), "-1");
        assert_int_equal(strtoul(captured_value(&trace, "d", 0), NULL, 16), cases[i].d);
        assert_int_equal(strtoul(captured_value(&trace, "U_d", 0), NULL, 16),
                         fibonacci[cases[i].d] % cases[i].n);
        assert_int_equal(strtoul(captured_value(&trace, "bit 0: V", 0), NULL, 16),
                         lucas[cases[i].d] % cases[i].n);
        captured_trace_free(&trace);
    }
    mpz_clear(n);
}

// The first of 5, -7, 9, -11, ... with (D/n) = -1; 0 for a square and where a D < n shares a factor with n.
static long selfridge_by_gmp(const mpz_t n) {
    if (mpz_perfect_square_p(n)) {
        return 0;
    }
    for (long size = 5;; size += 2) {
        long d = size % 4 == 1 ? size : -size;
        int symbol = mpz_si_kronecker(d, n);
        if (symbol == -1) {
            return d;
        }
        if (symbol == 0 && mpz_cmp_si(n, size) > 0) {
            return 0;
        }
    }
}

// Every odd n below 3000 and its steps. Miller-Rabin squares at most a - 1 times, and fewer times only when -1 or
// 1 is met. Lucas begins with the D that GMP's symbols choose, or not at all where there is none, and looks at V s
// times where it never is 0.
static void every_search_takes_the_steps_it_needs(void **state) {
    (void)state;
    mpz_t n;
    mpz_init(n);
    for (unsigned long i = 5; i < 3000; i += 2) {
        mpz_set_ui(n, i);
        struct captured_trace trace;
        captured_trace_start(&trace);
        bool passed = miller_rabin_base_2(n);
        captured_trace_stop(&trace);
        size_t a = strtoul(captured_value(&trace, "a", 0), NULL, 16);
        size_t squared = captured_count(&trace, "j = ");
        bool met_one = squared > 0 &&
                       strcmp(trace.steps[trace.count - 2].value, "1") == 0; // the step before the verdict
        assert_true(squared <= a - 1);
        assert_true(squared == a - 1 || passed || met_one);
        captured_trace_free(&trace);

        long d = selfridge_by_gmp(n);
        captured_trace_start(&trace);
        passed = bn_strong_lucas(n);
        captured_trace_stop(&trace);
        if (d == 0) {
            assert_false(passed);
            assert_int_equal(trace.count, 1);
        } else {
            assert_int_equal(strtol(captured_value(&trace, "D", 0), NULL, 16), d);
            size_t looked_at = captured_count(&trace, "r = ");
            size_t s = strtoul(captured_value(&trace, "s", 0), NULL, 16);
            assert_true(looked_at <= s);
            assert_true(looked_at == s || passed);
        }
        assert_string_equal(captured_value(&trace, "strong Lucas", 0), passed ? "passed" : "composite");
        captured_trace_free(&trace);
    }
    // Baillie and Wagstaff's base is 2, for composites and primes.
    for (unsigned long i = 2047; i <= 2053; i += 6) {
        mpz_set_ui(n, i);
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_int_equal(bn_baillie_psw(n), i == 2053);
        captured_trace_stop(&trace);
        assert_int_equal(captured_count(&trace, "b"), 1 + captured_count(&trace, "bit "));
        assert_string_equal(captured_value(&trace, "b", 0), "2");
        captured_trace_free(&trace);
    }
    mpz_clear(n);
}

// --- numbers made to fool ----------------------------------------------------------------------------------

static enum bn_primality_verdict verdict(const mpz_t n, unsigned rounds) {
    struct bn_primality result;
    bn_primality_init(&result);
    assert_true(bn_primality_test(&result, n, rounds));
    enum bn_primality_verdict found = result.verdict;
    bn_primality_clear(&result);
    return found;
}

// The smallest numbers that pass Miller-Rabin to the first k primes (Jaeschke 1993; Jiang and Deng 2014;
// Sorenson and Webster 2015).
static void strong_pseudoprimes_to_the_first_bases(void **state) {
    (void)state;
    static const struct {
        unsigned bases;
        const char *n;
    } cases[] = {
        {1, "2047"},
        {2, "1373653"},
        {3, "25326001"},
        {4, "3215031751"},
        {5, "2152302898747"},
        {6, "3474749660383"},
        {8, "341550071728321"},
        {11, "3825123056546413051"},
        {12, "318665857834031151167461"},
        {13, "3317044064679887385961981"},
    };
    mpz_t n, a;
    mpz_inits(n, a, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(bn_from_decimal(n, cases[i].n));
        for (unsigned base = 0; base < cases[i].bases; base++) {
            mpz_set_ui(a, bn_small_primes()[base]);
            assert_true(bn_miller_rabin_base(n, a));
        }
        mpz_set_ui(a, bn_small_primes()[cases[i].bases]);
        assert_false(bn_miller_rabin_base(n, a));
        assert_false(bn_strong_lucas(n));
        assert_false(bn_baillie_psw(n));
        assert_int_equal(verdict(n, 0), BN_NOT_PRIME); // by Lucas, or by a small factor
        assert_int_equal(verdict(n, 20), BN_NOT_PRIME);
    }
    mpz_clears(n, a, NULL);
}

// Arnault (1995): 397 digits, passes to every prime base below 307. Its three factors are p, 313(p-1)+1,
// 353(p-1)+1.
static void arnaults_composite(void **state) {
    (void)state;
    mpz_t p, factor, n, a;
    mpz_inits(p, factor, a, NULL);
    assert_true(
        bn_from_decimal(p, "29674495668685510550154174642905332730771991799853043350995075531276838753171770"
                           "199594238596428121188033664754218345562493168782883"));
    mpz_init_set(n, p);
    for (unsigned long k = 313; k <= 353; k += 40) {
        mpz_sub_ui(factor, p, 1);
        mpz_mul_ui(factor, factor, k);
        mpz_add_ui(factor, factor, 1);
        mpz_mul(n, n, factor);
    }
    assert_int_equal(mpz_sizeinbase(n, 10), 397);
    unsigned i = 0;
    for (; bn_small_primes()[i] < 307; i++) {
        mpz_set_ui(a, bn_small_primes()[i]);
        assert_true(bn_miller_rabin_base(n, a));
    }
    assert_false(bn_strong_lucas(n));
    assert_false(bn_baillie_psw(n));
    struct bn_primality result;
    bn_primality_init(&result);
    assert_true(bn_primality_test(&result, n, BN_ADVERSARIAL_ROUNDS));
    assert_int_equal(result.verdict, BN_NOT_PRIME);
    assert_int_equal(result.reason, BN_REASON_WITNESS);
    assert_false(bn_miller_rabin_base(n, result.witness)); // the certificate can be checked
    bn_primality_clear(&result);
    mpz_clears(p, factor, n, a, NULL);
}

static void carmichael_numbers(void **state) {
    (void)state;
    static const char *const numbers[] = {
        "561",
        "1105",
        "1729",
        "2465",
        "2821",
        "6601",
        "8911",
        "10585",
        "15841",
        "29341",
        "41041",
        "46657",
        "52633",
        "62745",
        "63973",
        "825265",
        "321197185",
        "5394826801",
        "232250619601",
        "9746347772161",
        "1436697831295441",
        "60977817398996785",
        "7156857700403137441",
        "1791562810662585767521",
    };
    mpz_t n, a, power;
    mpz_inits(n, a, power, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_true(bn_from_decimal(n, numbers[i]));
        mpz_sub_ui(power, n, 1);
        for (unsigned long base = 2; base < 60;
             base++) { // Fermat is fooled by every base without a common factor
            mpz_set_ui(a, base);
            if (mpz_gcd_ui(NULL, n, base) == 1) {
                mpz_powm(a, a, power, n);
                assert_int_equal(mpz_cmp_ui(a, 1), 0);
            }
        }
        assert_false(bn_baillie_psw(n));
        assert_int_equal(verdict(n, 20), BN_NOT_PRIME);
    }
    mpz_clears(n, a, power, NULL);
}

// Squares have no D with Jacobi symbol -1: the search for one must still end.
static void squares_of_primes(void **state) {
    (void)state;
    mpz_t n;
    mpz_init(n);
    for (unsigned i = 1; i < 2000; i++) {
        mpz_set_ui(n, bn_small_primes()[i]);
        mpz_mul(n, n, n);
        assert_false(bn_strong_lucas(n));
        assert_false(bn_baillie_psw(n));
    }
    mpz_set_ui(n, 1093); // a Wieferich prime: its square passes Miller-Rabin to base 2
    mpz_mul(n, n, n);
    assert_true(miller_rabin_base_2(n));
    mpz_clear(n);
}

static void mersenne_primes(void **state) {
    (void)state;
    static const unsigned long exponents[] = {61, 89, 107, 127, 521, 607, 1279, 2203};
    mpz_t n;
    mpz_init(n);
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
        mpz_set_ui(n, 0);
        mpz_setbit(n, exponents[i]);
        mpz_sub_ui(n, n, 1);
        assert_true(bn_baillie_psw(n));
        assert_int_equal(verdict(n, 10), BN_PROBABLY_PRIME);
    }
    mpz_clear(n);
}

// --- the certificate ---------------------------------------------------------------------------------------

static void every_reason_is_given(void **state) {
    (void)state;
    static const struct {
        const char *n;
        unsigned rounds;
        enum bn_primality_verdict verdict;
        enum bn_primality_reason reason;
        unsigned rounds_done;
        unsigned long factor;
    } cases[] = {
        {"-7", 5, BN_NOT_PRIME, BN_REASON_BELOW_TWO, 0, 0},
        {"0", 5, BN_NOT_PRIME, BN_REASON_BELOW_TWO, 0, 0},
        {"1", 5, BN_NOT_PRIME, BN_REASON_BELOW_TWO, 0, 0},
        {"2", 5, BN_PRIME_PROVED_BY_TRIAL, BN_REASON_TRIAL, 0, 0},
        {"4", 5, BN_NOT_PRIME, BN_REASON_SMALL_FACTOR, 0, 2},
        {"65521", 5, BN_PRIME_PROVED_BY_TRIAL, BN_REASON_TRIAL, 0, 0},
        {"4294967291", 5, BN_PRIME_PROVED_BY_TRIAL, BN_REASON_TRIAL, 0, 0}, // the last of 32 bits
        {"4293001441", 5, BN_NOT_PRIME, BN_REASON_SMALL_FACTOR, 0, 65521},  // 65521^2
        {"4295098369", 1, BN_NOT_PRIME, BN_REASON_WITNESS, 1, 0}, // 65537^2: just too large to be proved
        {"4295098369", 0, BN_NOT_PRIME, BN_REASON_LUCAS, 0, 0},
        {"4294967311", 7, BN_PROBABLY_PRIME, BN_REASON_PASSED, 7, 0}, // the first of 33 bits
        {"340282366920938463463374607431768211507", 3, BN_PROBABLY_PRIME, BN_REASON_PASSED, 3,
         0}, // 2^128 + 51
    };
    mpz_t n;
    mpz_init(n);
    struct bn_primality result;
    bn_primality_init(&result);
    struct test_random random;
    test_random_seed(&random, 6);
    random_set_source(test_random_source, &random);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(bn_from_decimal(n, cases[i].n));
        assert_true(bn_primality_test(&result, n, cases[i].rounds));
        assert_int_equal(result.verdict, cases[i].verdict);
        assert_int_equal(result.reason, cases[i].reason);
        assert_int_equal(result.factor, cases[i].factor);
        assert_int_equal(result.rounds, cases[i].rounds_done);
        assert_int_equal(mpz_sgn(result.witness) != 0, cases[i].reason == BN_REASON_WITNESS);
    }
    random_set_source(NULL, NULL);
    bn_primality_clear(&result);
    mpz_clear(n);
}

static bool failing_source(void *context, uint8_t *out, size_t length) {
    (void)context;
    (void)out;
    (void)length;
    return false;
}

static void a_failing_generator_is_no_verdict(void **state) {
    (void)state;
    mpz_t n;
    mpz_init(n);
    mpz_setbit(n, 127);
    mpz_sub_ui(n, n, 1);
    struct bn_primality result;
    bn_primality_init(&result);
    random_set_source(failing_source, NULL);
    assert_false(bn_primality_test(&result, n, 5));
    assert_int_equal(result.verdict, BN_NOT_PRIME);
    random_set_source(NULL, NULL);
    bn_primality_clear(&result);
    mpz_clear(n);
}

// A generator that gives one number for ever. Bases are drawn from 2 to n - 2, both included: 2^67 - 1 = 193707721 *
// 761838257287 passes to the first (0 is drawn) and to the last (n - 4), so that Lucas has to convict it; n - 3 is
// thrown back every time.
static bool number_source(void *context, uint8_t *out, size_t length) {
    return bn_i2osp(out, length, *(const mpz_t *)context);
}
static void the_first_and_the_last_base(void **state) {
    (void)state;
    mpz_t n, drawn;
    mpz_inits(n, drawn, NULL);
    mpz_setbit(n, 67);
    mpz_sub_ui(n, n, 1);
    struct bn_primality result;
    bn_primality_init(&result);
    random_set_source(number_source, &drawn);
    for (int i = 0; i < 3; i++) {
        if (i > 0) {
            mpz_sub_ui(drawn, n, i == 1 ? 4 : 3);
        }
        assert_int_equal(bn_primality_test(&result, n, 5), i < 2);
        assert_int_equal(result.verdict, BN_NOT_PRIME);
        if (i < 2) {
            assert_int_equal(result.reason, BN_REASON_LUCAS);
            assert_int_equal(result.rounds, 5);
        }
    }
    random_set_source(NULL, NULL);
    bn_primality_clear(&result);
    mpz_clears(n, drawn, NULL);
}

// --- the Jacobi symbol -------------------------------------------------------------------------------------

static void jacobi_agrees_with_gmp_and_euler(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 7);
    mpz_t a, n, power, half;
    mpz_inits(a, n, power, half, NULL);
    for (long i = -60; i <= 60; i++) {
        for (unsigned long j = 1; j <= 99; j += 2) {
            mpz_set_si(a, i);
            mpz_set_ui(n, j);
            assert_int_equal(bn_jacobi(a, n), mpz_jacobi(a, n));
            if (j > 1 && !is_composite[j]) { // Euler's criterion
                mpz_set_ui(half, (j - 1) / 2);
                mpz_powm(power, a, half, n);
                assert_int_equal(bn_jacobi(a, n), mpz_cmp_ui(power, 1) > 0 ? -1 : (int)mpz_get_si(power));
            }
        }
    }
    for (int i = 0; i < 3000; i++) {
        uint8_t bytes[64];
        size_t length = 1 + test_random_below(&random, sizeof bytes);
        test_random_bytes(&random, bytes, length);
        bn_os2ip(a, bytes, test_random_below(&random, length));
        bn_os2ip(n, bytes, length);
        mpz_setbit(n, 0);
        mpz_mul_2exp(a, a, test_random_below(&random, 4));
        if (i % 2 == 0) {
            mpz_neg(a, a);
        }
        assert_int_equal(bn_jacobi(a, n), mpz_jacobi(a, n));
    }
    for (long i = -9; i <= 8; i++) { // not odd and positive: no symbol
        if (i <= 0 || i % 2 == 0) {
            mpz_set_si(n, i);
            mpz_set_ui(a, 1);
            assert_int_equal(bn_jacobi(a, n), 0);
        }
    }
    mpz_clears(a, n, power, half, NULL);
}

// --- rounds ------------------------------------------------------------------------------------------------

// FIPS 186-5, C.1: the bound p(k,t) on the chance that a random odd k-bit composite passes t rounds.
static double c1_bound(int k, int t) {
    double best = INFINITY;
    double sum = 0;
    for (int m = 3; m <= (int)(2 * sqrt(k - 1) - 1); m++) {
        double inner = 0;
        for (int j = 2; j <= m; j++) {
            inner += pow(2, -(j + (k - 1.0) / j));
        }
        sum += pow(2, m - (m - 1.0) * t) * inner;
        double bound =
            2.00743 * log(2) * k * (pow(2, -2.0 - m * t) + 8 * (M_PI * M_PI - 6) / 3 * pow(2, -2) * sum);
        best = bound < best ? bound : best;
    }
    return best;
}

static int c1_rounds(int k, int security, int most) {
    int t = 1;
    while (t < most && c1_bound(k, t) > pow(2, -security)) {
        t++;
    }
    return t;
}

// Our formula is the standard's: it gives all of table B.1, for the auxiliary primes and the lower level too.
static void the_formula_gives_table_b1(void **state) {
    (void)state;
    static const int table[][3] = {{1024, 100, 4}, {1536, 100, 3}, {2048, 100, 2}, {1024, 112, 5},
                                   {1536, 128, 4}, {2048, 144, 4}, {141, 100, 32}, {141, 112, 38},
                                   {171, 100, 27}, {171, 128, 41}, {201, 100, 22}, {201, 144, 44}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(c1_rounds(table[i][0], table[i][1], 99), table[i][2]);
    }
}

static void rounds_are_enough_at_every_length(void **state) {
    (void)state;
    assert_int_equal(bn_miller_rabin_rounds(1024), 5);
    assert_int_equal(bn_miller_rabin_rounds(1536), 4);
    assert_int_equal(bn_miller_rabin_rounds(2048), 4);
    assert_int_equal(bn_miller_rabin_rounds(0), 56);
    unsigned before = 56;
    for (int k = 2; k <= 2400; k++) {
        unsigned rounds = bn_miller_rabin_rounds((unsigned)k);
        int security = k < 1536 ? 112 : k < 2048 ? 128 : 144;
        bool enough = rounds >= 56 || c1_bound(k, (int)rounds) <= pow(2, -security);
        assert_true(enough);
        if (rounds < before && k < 1536) { // a row starts at the first length that its rounds suffice for
            assert_true(c1_bound(k - 1, (int)rounds) > pow(2, -security));
        }
        if (k >= 251 && k <= 1061) { // here every number of rounds has its row: none is done in vain
            assert_int_equal(rounds, c1_rounds(k, security, 56));
        }
        assert_true(rounds <= before);
        before = rounds;
    }
    assert_int_equal(bn_miller_rabin_rounds(16384), 4);
}

// --- agreement ---------------------------------------------------------------------------------------------

static void agrees_with_libcrypto_and_gmp(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 8);
    mpz_t n;
    mpz_init(n);
    BN_CTX *context = BN_CTX_new();
    int primes = 0;
    for (int i = 0; i < 4000; i++) {
        uint8_t bytes[40];
        size_t length = 1 + test_random_below(&random, i < 3600 ? 16 : sizeof bytes);
        test_random_bytes(&random, bytes, length);
        bytes[length - 1] |= 1;
        if (i % 5 == 0) { // close to a power of two
            memset(bytes, i % 2 == 0 ? 0xff : 0, length - 1);
            bytes[0] |= 0x80;
        }
        bn_os2ip(n, bytes, length);
        BIGNUM *number = BN_bin2bn(bytes, (int)length, NULL);
        bool prime = BN_check_prime(number, context, NULL) == 1;
        primes += prime;
        assert_int_equal(mpz_probab_prime_p(n, 25) != 0, prime);
        assert_int_equal(bn_baillie_psw(n), prime);
        assert_int_equal(verdict(n, 12) != BN_NOT_PRIME, prime);
        BN_free(number);
    }
    assert_true(primes > 100);
    BN_CTX_free(context);
    mpz_clear(n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_small_primes_are_all_there),
        cmocka_unit_test(trial_division_finds_the_smallest),
        cmocka_unit_test(miller_rabin_base_2_errs_where_it_is_known_to),
        cmocka_unit_test(strong_lucas_errs_where_it_is_known_to),
        cmocka_unit_test(baillie_psw_never_errs_below_100000),
        cmocka_unit_test(outside_their_range_the_tests_say_no),
        cmocka_unit_test(at_most_a_quarter_of_the_bases_lie),
        cmocka_unit_test(the_steps_for_561),
        cmocka_unit_test(the_steps_for_5459),
        cmocka_unit_test(the_sequences_of_the_opening),
        cmocka_unit_test(every_search_takes_the_steps_it_needs),
        cmocka_unit_test(strong_pseudoprimes_to_the_first_bases),
        cmocka_unit_test(arnaults_composite),
        cmocka_unit_test(carmichael_numbers),
        cmocka_unit_test(squares_of_primes),
        cmocka_unit_test(mersenne_primes),
        cmocka_unit_test(every_reason_is_given),
        cmocka_unit_test(a_failing_generator_is_no_verdict),
        cmocka_unit_test(the_first_and_the_last_base),
        cmocka_unit_test(jacobi_agrees_with_gmp_and_euler),
        cmocka_unit_test(the_formula_gives_table_b1),
        cmocka_unit_test(rounds_are_enough_at_every_length),
        cmocka_unit_test(agrees_with_libcrypto_and_gmp),
    };
    return cmocka_run_group_tests_name("primality", tests, make_sieve, NULL);
}
