// The named groups: every published p recalculated from pi or e, and what a peer may send.

#include "bignum/encoding.h"
#include "bignum/group.h"
#include "bignum/primality.h"
#include "bignum/prime.h"
#include "bignum/random.h"
#include "tests/support.h"

#include <gmp.h>
#include <string.h>

// --- pi and e, to the bit ----------------------------------------------------------------------------------

enum {
    GUARD = 64
}; // bits more than needed: thousands of truncations of less than one unit each do not reach up there

// sum += sign * factor * 2^bits * arctan(1/x), by Gregory's series 1/x - 1/(3x^3) + 1/(5x^5) - ...
static void add_arctan_of_inverse(mpz_t sum, long factor, unsigned long x, mp_bitcnt_t bits) {
    mpz_t power, term;
    mpz_inits(power, term, NULL);
    mpz_setbit(power, bits);
    mpz_tdiv_q_ui(power, power, x);
    for (unsigned long n = 1; mpz_sgn(power) != 0; n += 2) {
        mpz_tdiv_q_ui(term, power, n);
        mpz_mul_si(term, term, n % 4 == 1 ? factor : -factor);
        mpz_add(sum, sum, term);
        mpz_tdiv_q_ui(power, power, x * x);
    }
    mpz_clears(power, term, NULL);
}

// floor(2^bits * pi), by Machin's formula: pi/4 = 4 arctan(1/5) - arctan(1/239).
static void floor_of_pi(mpz_t result, mp_bitcnt_t bits) {
    mpz_set_ui(result, 0);
    add_arctan_of_inverse(result, 16, 5, bits + GUARD);
    add_arctan_of_inverse(result, -4, 239, bits + GUARD);
    mpz_fdiv_q_2exp(result, result, GUARD);
}

// floor(2^bits * e), e = 1 + 1/1! + 1/2! + 1/3! + ...
static void floor_of_e(mpz_t result, mp_bitcnt_t bits) {
    mpz_t term;
    mpz_init(term);
    mpz_set_ui(result, 0);
    mpz_setbit(term, bits + GUARD);
    for (unsigned long n = 1; mpz_sgn(term) != 0; n++) {
        mpz_add(result, result, term);
        mpz_tdiv_q_ui(term, term, n);
    }
    mpz_fdiv_q_2exp(result, result, GUARD);
    mpz_clear(term);
}

static const struct {
    const char *name;
    unsigned bits;
    unsigned long k; // RFC 3526's addend with pi; RFC 7919's X with e
} published[] = {
    {"modp-1536", 1536, 741804},   {"modp-2048", 2048, 124476},   {"modp-3072", 3072, 1690314},
    {"modp-4096", 4096, 240904},   {"modp-6144", 6144, 929484},   {"modp-8192", 8192, 4743158},
    {"ffdhe2048", 2048, 560316},   {"ffdhe3072", 3072, 2625351},  {"ffdhe4096", 4096, 5736041},
    {"ffdhe6144", 6144, 15705020}, {"ffdhe8192", 8192, 10965728},
};
enum { PUBLISHED = sizeof published / sizeof published[0] };

// p = 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * constant) + k), the same in both RFCs.
static void every_p_is_its_formula(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    mpz_t p, term;
    mpz_inits(p, term, NULL);
    for (size_t i = 0; i < PUBLISHED; i++) {
        unsigned n = published[i].bits;
        if (published[i].name[0] == 'm') {
            floor_of_pi(p, n - 130);
        } else {
            floor_of_e(p, n - 130);
        }
        mpz_add_ui(p, p, published[i].k);
        mpz_mul_2exp(p, p, 64);
        mpz_set_ui(term, 0);
        mpz_setbit(term, n);
        mpz_add(p, p, term);
        mpz_set_ui(term, 0);
        mpz_setbit(term, n - 64);
        mpz_sub(p, p, term);
        mpz_sub_ui(p, p, 1);
        assert_true(bn_group_find(&group, published[i].name));
        assert_int_equal(mpz_cmp(group.p, p), 0);
        assert_int_equal(mpz_sizeinbase(p, 2), n);
        mpz_fdiv_r_2exp(term, p, 64); // 64 ones at either end
        assert_true(mpz_popcount(term) == 64);
        mpz_fdiv_q_2exp(term, p, n - 64);
        assert_true(mpz_popcount(term) == 64);
    }
    mpz_clears(p, term, NULL);
    bn_group_clear(&group);
}

// Few rounds for the long ones: p and q come from a formula, nobody has chosen them, and strong Lucas comes
// on top.
static void every_p_is_a_safe_prime_and_2_has_order_q(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    struct bn_primality result;
    bn_primality_init(&result);
    mpz_t power;
    mpz_init(power);
    for (size_t i = 0; i < PUBLISHED; i++) {
        assert_true(bn_group_find(&group, published[i].name));
        unsigned rounds = published[i].bits <= 3072 ? 4 : 1;
        assert_true(bn_primality_test(&result, group.p, rounds));
        assert_int_equal(result.verdict, BN_PROBABLY_PRIME);
        assert_true(bn_primality_test(&result, group.q, rounds));
        assert_int_equal(result.verdict, BN_PROBABLY_PRIME);
        mpz_mul_2exp(power, group.q, 1);
        mpz_add_ui(power, power, 1);
        assert_int_equal(mpz_cmp(power, group.p), 0);
        assert_int_equal(mpz_cmp_ui(group.g, 2), 0);
        assert_int_equal(mpz_cmp_ui(group.elgamal_g, 2), 0);
        mpz_powm(power, group.g, group.q, group.p); // q is prime and 2 is not 1, so the order of 2 is q
        assert_int_equal(mpz_cmp_ui(power, 1), 0);
        assert_true(group.safe_prime && !group.toy);
        assert_string_equal(group.name, published[i].name);
        assert_non_null(strstr(group.source, published[i].name[0] == 'm' ? "RFC 3526" : "RFC 7919"));
    }
    mpz_clear(power);
    bn_primality_clear(&result);
    bn_group_clear(&group);
}

// --- names and toys ----------------------------------------------------------------------------------------

static void every_name_is_found(void **state) {
    (void)state;
    static const char *const names[] = {"toy-1021",  "toy-4digit", "modp-1536", "modp-2048", "modp-3072",
                                        "modp-4096", "modp-6144",  "modp-8192", "ffdhe2048", "ffdhe3072",
                                        "ffdhe4096", "ffdhe6144",  "ffdhe8192"};
    struct bn_group group;
    bn_group_init(&group);
    for (size_t i = 0; i < 13; i++) {
        assert_string_equal(bn_group_names[i], names[i]);
        assert_true(bn_group_find(&group, names[i]));
        assert_string_equal(group.name, names[i]);
        assert_int_equal(group.toy, i < 2);
        assert_true(bn_group_check_public(&group, group.g));
    }
    assert_null(bn_group_names[13]);
    static const char *const wrong[] = {"",         "toy",        "modp-1024", "MODP-2048",
                                        "modp2048", "ffdhe-2048", "ffdhe2048 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(bn_group_find(&group, wrong[i]));
    }
    bn_group_clear(&group);
}

static unsigned long order(unsigned long g, unsigned long p) {
    unsigned long power = g % p;
    unsigned long count = 1;
    while (power != 1) {
        power = power * g % p;
        count++;
    }
    return count;
}

static void toy_1021(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    assert_true(bn_group_find(&group, "toy-1021"));
    assert_int_equal(mpz_get_ui(group.p), 1021);
    assert_int_equal(mpz_get_ui(group.q), 1020);
    assert_int_equal(mpz_get_ui(group.g), 22);
    assert_int_equal(mpz_get_ui(group.elgamal_g), 30);
    assert_int_equal(order(22, 1021), 1020);
    assert_int_equal(order(30, 1021), 1020);
    assert_false(group.safe_prime);
    mpz_t y;
    mpz_init(y);
    for (long i = -5; i <= 1030; i++) {
        mpz_set_si(y, i);
        assert_int_equal(bn_group_check_public(&group, y), i > 1 && i < 1020);
    }
    mpz_clear(y);
    bn_group_clear(&group);
}

static bool is_prime(unsigned long n) {
    for (unsigned long d = 2; d * d <= n; d++) {
        if (n % d == 0) {
            return false;
        }
    }
    return n > 1;
}

// Drawn anew each time; all 135 primes turn up, each with its largest primitive root. Where the prime happens
// to be safe, g has order 2q, and the check accepts non-squares as well.
static void toy_4digit(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 10);
    random_set_source(test_random_source, &random);
    struct bn_group group;
    bn_group_init(&group);
    bool seen[2000] = {false};
    unsigned safe_primes = 0;
    mpz_t y;
    mpz_init(y);
    for (int i = 0; i < 3000; i++) {
        assert_true(bn_group_find(&group, "toy-4digit"));
        unsigned long p = mpz_get_ui(group.p);
        assert_true(p >= 1009 && p <= 1999 && is_prime(p));
        if (seen[p]) {
            continue;
        }
        seen[p] = true;
        unsigned long g = p - 1;
        while (order(g, p) != p - 1) {
            g--;
        }
        assert_int_equal(mpz_get_ui(group.g), g);
        assert_int_equal(mpz_get_ui(group.elgamal_g), g);
        assert_int_equal(group.safe_prime, is_prime((p - 1) / 2));
        assert_int_equal(mpz_get_ui(group.q), group.safe_prime ? (p - 1) / 2 : p - 1);
        safe_primes += group.safe_prime;
        for (unsigned long value = 0; value <= p + 1; value++) {
            mpz_set_ui(y, value);
            assert_int_equal(bn_group_check_public(&group, y), value > 1 && value < p - 1);
        }
    }
    unsigned primes = 0;
    for (unsigned long n = 1009; n <= 1999; n++) {
        assert_int_equal(seen[n], is_prime(n));
        primes += seen[n];
    }
    assert_int_equal(primes, 135);
    assert_true(safe_primes > 0);
    random_set_source(NULL, NULL);
    mpz_clear(y);
    bn_group_clear(&group);
}

static bool failing_source(void *context, uint8_t *out, size_t length) {
    (void)context;
    (void)out;
    (void)length;
    return false;
}
static bool stuck_source(void *context, uint8_t *out, size_t length) {
    (*(unsigned *)context)++;
    assert_int_equal(length, 2);
    out[0] = 0;
    out[1] = 5; // 1009 + 5 = 1014, never prime
    return true;
}

static void a_failing_generator_gives_no_group(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    random_set_source(failing_source, NULL);
    assert_false(bn_group_find(&group, "toy-4digit"));
    assert_true(bn_group_find(&group, "ffdhe2048"));
    mpz_t p, g;
    mpz_init(p);
    mpz_init_set_ui(g, 3);
    mpz_setbit(p, 127);
    mpz_sub_ui(p, p, 1); // a prime, but that takes random bases to see
    assert_false(bn_group_from_numbers(&group, p, g));
    unsigned calls = 0;
    random_set_source(stuck_source, &calls);
    assert_false(bn_group_find(&group, "toy-4digit"));
    assert_int_equal(calls, 1000);
    random_set_source(NULL, NULL);
    assert_true(bn_group_from_numbers(&group, p, g));
    assert_false(group.safe_prime); // 2^126 - 1 is divisible by 3
    mpz_clears(p, g, NULL);
    bn_group_clear(&group);
}

// --- what a peer may send ----------------------------------------------------------------------------------

static void check_numbers(const char *p_text, const char *g_text, bool accepted) {
    struct bn_group group;
    bn_group_init(&group);
    mpz_t p, g;
    mpz_inits(p, g, NULL);
    assert_true(bn_from_text(p, p_text));
    assert_true(bn_from_text(g, g_text));
    assert_int_equal(bn_group_from_numbers(&group, p, g), accepted);
    mpz_clears(p, g, NULL);
    bn_group_clear(&group);
}

static void hostile_numbers_are_refused(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"0", "2"},
        {"1", "2"},
        {"2", "2"},
        {"3", "2"},
        {"-23", "5"},
        {"22", "5"},
        {"21", "5"},
        {"23", "0"},
        {"23", "1"},
        {"23", "-5"},
        {"23", "22"},
        {"23", "23"},
        {"23", "45"},
        {"561", "2"},
        {"4", "2"},
        {"1024", "3"},
        {"3825123056546413051", "2"},      // a strong pseudoprime to nine bases
        {"318665857834031151167461", "2"}, // and to twelve
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_numbers(bad[i][0], bad[i][1], false);
    }
    check_numbers("5", "2", true);
    check_numbers("5", "3", true);
    check_numbers("0x17", "0x5", true);
}

// Size is looked at before anything is calculated: a million bits end at once, prime-looking or not.
static void long_numbers_are_refused_unseen(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    mpz_t p, g;
    mpz_init(p);
    mpz_init_set_ui(g, 2);
    mpz_setbit(p, 8192);
    mpz_add_ui(p, p, 1);
    assert_false(bn_group_from_numbers(&group, p, g));
    mpz_set_ui(p, 0);
    mpz_setbit(p, 9689);
    mpz_sub_ui(p, p, 1); // a Mersenne prime
    assert_false(bn_group_from_numbers(&group, p, g));
    mpz_set_ui(p, 0);
    mpz_setbit(p, 3000000);
    mpz_sub_ui(p, p, 1);
    assert_false(bn_group_from_numbers(&group, p, g));
    // Of 8192 bits a composite ends quickly, a generator of a million bits too.
    mpz_set_ui(p, 0);
    mpz_setbit(p, 8191);
    mpz_add_ui(p, p, 7);
    assert_false(bn_group_from_numbers(&group, p, g));
    mpz_set_ui(p, 23);
    mpz_setbit(g, 3000000);
    assert_false(bn_group_from_numbers(&group, p, g));
    mpz_clears(p, g, NULL);
    bn_group_clear(&group);
}

static void published_numbers_are_recognised(void **state) {
    (void)state;
    struct bn_group group, named;
    bn_group_init(&group);
    bn_group_init(&named);
    random_set_source(failing_source, NULL); // recognised, so no test that needs randomness
    mpz_t g;
    mpz_init(g);
    for (size_t i = 0; i < PUBLISHED; i++) {
        assert_true(bn_group_find(&named, published[i].name));
        assert_true(bn_group_from_numbers(&group, named.p, named.g));
        assert_string_equal(group.name, published[i].name);
        assert_int_equal(mpz_cmp(group.q, named.q), 0);
        assert_true(group.safe_prime && !group.toy);
        mpz_set_ui(g, 5);
        assert_true(bn_group_from_numbers(&group, named.p, g)); // another g: the same p, not the same group
        assert_string_equal(group.name, "unnamed");
        assert_int_equal(mpz_cmp(group.g, g), 0);
        assert_int_equal(mpz_cmp(group.elgamal_g, g), 0);
    }
    random_set_source(NULL, NULL);
    mpz_clear(g);
    bn_group_clear(&group);
    bn_group_clear(&named);
}

// A p of fewer than 512 bits is a toy's.
static void short_numbers_are_a_toys(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 11);
    random_set_source(test_random_source, &random);
    struct bn_group group;
    bn_group_init(&group);
    mpz_t p, g;
    mpz_init(p);
    mpz_init_set_ui(g, 2);
    for (unsigned bits = 510; bits <= 513; bits++) {
        assert_true(bn_generate_prime(p, bits, false, NULL, NULL, NULL));
        assert_true(bn_group_from_numbers(&group, p, g));
        assert_int_equal(group.toy, bits < 512);
        assert_string_equal(group.name, "unnamed");
        assert_int_equal(mpz_cmp(group.p, p), 0);
        assert_int_equal(mpz_cmp(group.g, g), 0);
        assert_int_equal(mpz_cmp(group.elgamal_g, g), 0);
    }
    random_set_source(NULL, NULL);
    mpz_clears(p, g, NULL);
    bn_group_clear(&group);
}

// All y for small safe primes and all g: where g has order q exactly its powers are accepted, but 1; else all
// of 2 .. p-2.
static void public_values_of_small_safe_primes(void **state) {
    (void)state;
    static const unsigned long primes[] = {7, 11, 23, 47, 59, 83, 107, 167};
    struct bn_group group;
    bn_group_init(&group);
    mpz_t p, g, y;
    mpz_inits(p, g, y, NULL);
    for (size_t i = 0; i < sizeof primes / sizeof primes[0]; i++) {
        unsigned long n = primes[i];
        mpz_set_ui(p, n);
        for (unsigned long generator = 2; generator < n - 1; generator++) {
            mpz_set_ui(g, generator);
            assert_true(bn_group_from_numbers(&group, p, g));
            assert_true(group.safe_prime && group.toy);
            assert_int_equal(mpz_get_ui(group.q), (n - 1) / 2);
            unsigned long members = order(generator, n);
            assert_true(members == (n - 1) / 2 || members == n - 1);
            for (unsigned long value = 0; value < n + 3; value++) {
                mpz_set_ui(y, value);
                bool expected =
                    value > 1 && value < n - 1 && (members == n - 1 || members % order(value, n) == 0);
                assert_int_equal(bn_group_check_public(&group, y), expected);
            }
        }
    }
    mpz_set_si(y, -2);
    assert_false(bn_group_check_public(&group, y));
    mpz_clears(p, g, y, NULL);
    bn_group_clear(&group);
}

static void public_values_of_ffdhe2048(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    assert_true(bn_group_find(&group, "ffdhe2048"));
    mpz_t y;
    mpz_init(y);
    struct captured_trace trace;
    captured_trace_start(&trace);
    mpz_set_ui(y, 4);
    assert_true(bn_group_check_public(&group, y));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "y^q mod p", 0), "1");
    captured_trace_free(&trace);
    mpz_sub_ui(y, group.p, 2); // -2: 2 is a square, -1 is none
    assert_false(bn_group_check_public(&group, y));
    mpz_sub_ui(y, group.p, 1);
    assert_false(bn_group_check_public(&group, y));
    mpz_set(y, group.p);
    assert_false(bn_group_check_public(&group, y));
    mpz_add_ui(y, group.p, 4);
    assert_false(bn_group_check_public(&group, y));
    mpz_clear(y);
    bn_group_clear(&group);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_p_is_its_formula),
        cmocka_unit_test(every_p_is_a_safe_prime_and_2_has_order_q),
        cmocka_unit_test(every_name_is_found),
        cmocka_unit_test(toy_1021),
        cmocka_unit_test(toy_4digit),
        cmocka_unit_test(a_failing_generator_gives_no_group),
        cmocka_unit_test(hostile_numbers_are_refused),
        cmocka_unit_test(long_numbers_are_refused_unseen),
        cmocka_unit_test(published_numbers_are_recognised),
        cmocka_unit_test(short_numbers_are_a_toys),
        cmocka_unit_test(public_values_of_small_safe_primes),
        cmocka_unit_test(public_values_of_ffdhe2048),
    };
    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
