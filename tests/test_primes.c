// Making primes: sizes, top bits, conditions, progress and cancelling, broken generators; uniformity by
// counting; safe primes; primitive roots.

#include "bignum/encoding.h"
#include "bignum/primality.h"
#include "bignum/prime.h"
#include "bignum/random.h"
#include "bignum/small_primes.h"
#include "tests/support.h"

#include <gmp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct test_random generator;

static int seed(void **state) {
    (void)state;
    test_random_seed(&generator, 9);
    random_set_source(test_random_source, &generator);
    return 0;
}

static bool is_prime(const mpz_t n) {
    return mpz_probab_prime_p(n, 25) != 0;
}

static void check_prime(const mpz_t p, unsigned bits, bool top_two_bits) {
    assert_int_equal(mpz_sizeinbase(p, 2), bits);
    assert_true(!top_two_bits || mpz_tstbit(p, bits - 2));
    assert_true(mpz_probab_prime_p(p, 20) != 0);
}

static void primes_of_every_size(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    for (unsigned bits = 2; bits <= 140; bits++) {
        for (int i = 0; i < 6; i++) {
            bool top = i % 2 == 1 && bits >= 3;
            assert_true(bn_generate_prime(p, bits, top, NULL, NULL, NULL));
            check_prime(p, bits, top);
        }
    }
    for (unsigned bits = 256; bits <= 1024; bits *= 2) {
        assert_true(bn_generate_prime(p, bits, true, NULL, NULL, NULL));
        check_prime(p, bits, true);
    }
    mpz_clear(p);
}

static void sizes_out_of_range(void **state) {
    (void)state;
    mpz_t p;
    mpz_init_set_ui(p, 77);
    assert_false(bn_generate_prime(p, 0, false, NULL, NULL, NULL));
    assert_false(bn_generate_prime(p, 1, false, NULL, NULL, NULL));
    assert_false(bn_generate_prime(p, 2, true, NULL, NULL, NULL));
    assert_false(bn_generate_prime(p, 16385, false, NULL, NULL, NULL));
    assert_false(bn_generate_safe_prime(p, 2, NULL));
    assert_false(bn_generate_safe_prime(p, 16385, NULL));
    assert_int_equal(mpz_get_ui(p), 77);
    mpz_clear(p);
}

// The largest size is not refused but searched in: the generator, which fails, is asked.
static bool failing_source(void *context, uint8_t *out, size_t length) {
    (void)out;
    (void)length;
    (*(unsigned *)context)++;
    return false;
}
static void the_largest_size_is_searched(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    for (unsigned bits = 16383; bits <= 16386; bits++) {
        unsigned calls = 0;
        random_set_source(failing_source, &calls);
        assert_false(bn_generate_prime(p, bits, false, NULL, NULL, NULL));
        assert_int_equal(calls, bits <= 16384 ? 1 : 0);
        assert_false(bn_generate_safe_prime(p, bits, NULL));
        assert_int_equal(calls, bits <= 16384 ? 2 : 0);
    }
    random_set_source(test_random_source, &generator);
    mpz_clear(p);
}

// A product of two primes with their two top bits set has all its bits.
static void top_two_bits_make_full_products(void **state) {
    (void)state;
    mpz_t p, q;
    mpz_inits(p, q, NULL);
    for (unsigned bits = 3; bits <= 64; bits++) {
        assert_true(bn_generate_prime(p, bits, true, NULL, NULL, NULL));
        assert_true(bn_generate_prime(q, bits, true, NULL, NULL, NULL));
        mpz_mul(p, p, q);
        assert_int_equal(mpz_sizeinbase(p, 2), 2 * bits);
    }
    mpz_clears(p, q, NULL);
}

static bool coprime_to(const mpz_t p, const void *context) {
    const unsigned long *e = context;
    mpz_t p_minus_1;
    mpz_init(p_minus_1);
    mpz_sub_ui(p_minus_1, p, 1);
    bool coprime = mpz_gcd_ui(NULL, p_minus_1, *e) == 1;
    mpz_clear(p_minus_1);
    return coprime;
}

static unsigned asked;
static bool never(const mpz_t p, const void *context) {
    (void)p;
    (void)context;
    asked++;
    return false;
}

static void conditions_are_met(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    static const unsigned long exponents[] = {3, 5, 15, 17, 105, 65537};
    for (size_t i = 0; i < 6; i++) {
        for (int run = 0; run < 20; run++) {
            assert_true(bn_generate_prime(p, run % 2 ? 24 : 128, true, coprime_to, &exponents[i], NULL));
            assert_true(coprime_to(p, &exponents[i]));
            check_prime(p, run % 2 ? 24 : 128, true);
        }
    }
    mpz_set_ui(p, 77);
    for (unsigned bits = 64; bits <= 512; bits *= 2) { // ends, after 200 candidates for each bit
        asked = 0;
        assert_false(bn_generate_prime(p, bits, false, never, NULL, NULL));
        assert_int_equal(asked, 200 * bits);
    }
    assert_int_equal(mpz_get_ui(p), 77);
    mpz_clear(p);
}

// --- progress and failure ----------------------------------------------------------------------------------

struct events {
    unsigned count[3];
    unsigned total;
    unsigned cancel_at; // the number of the event that is answered with false; 0 for none
    enum bn_prime_event last;
};
static bool note_event(void *context, enum bn_prime_event event) {
    struct events *events = context;
    events->count[event]++;
    events->last = event;
    return ++events->total != events->cancel_at;
}

static bool make(mpz_t p, bool safe, unsigned bits, const struct bn_progress *progress) {
    return safe ? bn_generate_safe_prime(p, bits, progress)
                : bn_generate_prime(p, bits, true, NULL, NULL, progress);
}

static void progress_is_told_and_cancels(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    for (int safe = 0; safe < 2; safe++) {
        for (unsigned bits = 20; bits <= 80; bits += 30) {
            struct events events = {0};
            struct bn_progress progress = {note_event, &events};
            assert_true(make(p, safe, bits, &progress));
            assert_int_equal(events.count[BN_PRIME_FOUND], 1);
            assert_int_equal(events.last, BN_PRIME_FOUND);
            assert_true(events.count[BN_PRIME_CANDIDATE] >= 1);
            // Every event of a search can cancel it: nothing comes after, and p stays.
            for (unsigned at = 1; at < 12; at++) {
                struct events cancelling = {.cancel_at = at};
                struct bn_progress cancels = {note_event, &cancelling};
                mpz_set_ui(p, 77);
                bool found = make(p, safe, bits, &cancels);
                assert_int_equal(found, cancelling.total < at);
                assert_int_equal(mpz_cmp_ui(p, 77) == 0, !found);
                assert_true(cancelling.total <= at);
            }
            struct bn_progress silent = {NULL, NULL};
            assert_true(make(p, safe, bits, &silent));
        }
    }
    mpz_clear(p);
}

static void rounds_are_as_many_as_the_table_says(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    for (int run = 0; run < 10;
         run++) { // nearly no composite passes base 2 at this size, so the rounds are those of p
        struct events events = {0};
        struct bn_progress progress = {note_event, &events};
        assert_true(bn_generate_prime(p, 512, true, NULL, NULL, &progress));
        assert_int_equal(events.count[BN_PRIME_ROUND], 9); // 491 to 546 bits
    }
    mpz_clear(p);
}

struct limited {
    unsigned calls_left;
};
static bool limited_source(void *context, uint8_t *out, size_t length) {
    struct limited *limited = context;
    if (limited->calls_left == 0) {
        return false;
    }
    limited->calls_left--;
    return test_random_source(&generator, out, length);
}

// The generator fails at its first, second, ... call: no prime, and p stays, until the calls are enough.
static void a_failing_generator_ends_the_search(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    for (int safe = 0; safe < 2; safe++) {
        unsigned found = 0;
        for (unsigned calls = 0; calls < 400; calls++) {
            struct limited limited = {calls};
            random_set_source(limited_source, &limited);
            mpz_set_ui(p, 77);
            bool made = make(p, safe, calls % 2 ? 20 : 96, NULL);
            assert_int_equal(mpz_cmp_ui(p, 77) == 0, !made);
            assert_true(made || limited.calls_left == 0);
            found += made;
        }
        assert_true(found > 0 && found < 400);
    }
    random_set_source(test_random_source, &generator);
    mpz_clear(p);
}

static bool constant_source(void *context, uint8_t *out, size_t length) {
    memset(out, *(const uint8_t *)context, length);
    return true;
}

static void a_stuck_generator_ends_the_search(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    for (int byte = 0; byte < 256; byte++) {
        uint8_t value = (uint8_t)byte;
        random_set_source(constant_source, &value);
        for (unsigned bits = 10; bits <= 1034; bits += 512) {
            if (bn_generate_prime(p, bits, true, NULL, NULL, NULL)) { // a prime of itself, by chance
                check_prime(p, bits, true);
            }
        }
        if (bn_generate_safe_prime(p, 66, NULL)) {
            check_prime(p, 66, false);
        }
    }
    random_set_source(test_random_source, &generator);
    mpz_clear(p);
}

// Numbers that a generator gives over and over: how often it is asked before the search gives up.
struct circle {
    const mpz_t *numbers;
    unsigned size;
    unsigned calls;
};
static bool circle_source(void *context, uint8_t *out, size_t length) {
    struct circle *circle = context;
    return bn_i2osp(out, length, circle->numbers[circle->calls++ % circle->size]);
}

static void a_stuck_generator_is_asked_so_often(void **state) {
    (void)state;
    mpz_t p, numbers[2];
    mpz_inits(p, numbers[0], numbers[1], NULL);
    struct circle circle = {.numbers = (const mpz_t *)numbers, .size = 1};
    random_set_source(circle_source, &circle);
    // Of more than 64 bits no number comes twice by chance: the second time is noticed. Shorter ones may come
    // again, and 200 are drawn for each bit. The number is 2^(bits-1) + 1 or + 5, whichever 3 divides.
    for (unsigned bits = 33; bits <= 65; bits++) {
        mpz_set_ui(numbers[0], bits % 2 == 0 ? 1 : 5);
        circle.calls = 0;
        assert_false(bn_generate_prime(p, bits, false, NULL, NULL, NULL));
        assert_int_equal(circle.calls, bits <= 64 ? 200 * bits : 2);
    }
    // Safe primes of up to 32 bits: 30 draws for each bit squared.
    const struct {
        unsigned bits;
        unsigned long q;
    } composites[] = {{10, 259}, {32, 1073741825}}; // 7 * 37, 2^30 + 1
    for (size_t i = 0; i < 2; i++) {
        unsigned bits = composites[i].bits;
        mpz_set_ui(numbers[0], composites[i].q - (1UL << (bits - 2)));
        circle.calls = 0;
        assert_false(bn_generate_safe_prime(p, bits, NULL));
        assert_int_equal(circle.calls, 30 * bits * bits);
    }
    // Above, the candidates of whole intervals are counted: of 33 bits an interval has 33^2/64 + 1 = 18, and
    // 1815 of them make 30 * 33^2. In the two that are drawn in turn there is no safe prime.
    mpz_set_ui(numbers[0], 0);
    mpz_set_ui(numbers[1], 1000);
    for (unsigned long i = 0; i < 36; i++) {
        mpz_set_ui(p, (1UL << 31) + 2 * (i % 18) + (i < 18 ? 1 : 1001)); // q
        bool prime = is_prime(p);
        mpz_set_ui(p, 2 * mpz_get_ui(p) + 1);
        assert_false(prime && is_prime(p));
    }
    circle.size = 2;
    circle.calls = 0;
    assert_false(bn_generate_safe_prime(p, 33, NULL));
    assert_int_equal(circle.calls, 1815);
    random_set_source(test_random_source, &generator);
    mpz_clears(p, numbers[0], numbers[1], NULL);
}

// From the very last number of a size the interval runs over into the next size: nothing is taken from there.
static bool ones_then_random_source(void *context, uint8_t *out, size_t length) {
    bool *first = context;
    if (*first) {
        *first = false;
        memset(out, 0xff, length);
        return true;
    }
    return test_random_source(&generator, out, length);
}
static void an_interval_ends_with_its_size(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    for (unsigned bits = 33; bits <= 130; bits++) {
        bool first = true;
        random_set_source(ones_then_random_source, &first);
        assert_true(bn_generate_safe_prime(p, bits, NULL));
        check_prime(p, bits, false);
    }
    random_set_source(test_random_source, &generator);
    mpz_clear(p);
}

// --- every prime equally likely ----------------------------------------------------------------------------

struct first_byte {
    uint8_t value;
    unsigned calls;
};
static bool first_byte_source(void *context, uint8_t *out, size_t length) {
    struct first_byte *source = context;
    memset(out, source->value, length);
    return source->calls++ == 0;
}

// Of eight bits: all 256 values of the first byte drawn, the second draw fails. Every prime of the size is
// the result of equally many of them: two bits of the byte are not used, and the lowest is set to 1, so of
// eight.
static void every_prime_of_eight_bits_comes_from_as_many_draws(void **state) {
    (void)state;
    unsigned hits[256] = {0};
    mpz_t p;
    mpz_init(p);
    for (int byte = 0; byte < 256; byte++) {
        struct first_byte source = {.value = (uint8_t)byte};
        random_set_source(first_byte_source, &source);
        if (bn_generate_prime(p, 8, true, NULL, NULL, NULL)) {
            hits[mpz_get_ui(p)]++;
        }
    }
    for (unsigned long n = 0; n < 256; n++) {
        mpz_set_ui(p, n);
        assert_int_equal(hits[n], n >= 192 && mpz_probab_prime_p(p, 20) ? 8 : 0);
    }
    random_set_source(test_random_source, &generator);
    mpz_clear(p);
}

// A source whose first draw is one given number, most significant byte first; the second fails.
struct first_number {
    const mpz_t *number;
    unsigned calls;
};
static bool first_number_source(void *context, uint8_t *out, size_t length) {
    struct first_number *source = context;
    return source->calls++ == 0 && bn_i2osp(out, length, *source->number);
}

// What became of the one candidate: sieved out or tested.
static void check_first(const mpz_t candidate, unsigned bits, bool sieved) {
    mpz_t p, low_bits;
    mpz_inits(p, low_bits, NULL);
    mpz_fdiv_r_2exp(low_bits, candidate, bits - 1); // the top bit is not drawn
    struct first_number source = {.number = &low_bits};
    random_set_source(first_number_source, &source);
    struct captured_trace trace;
    captured_trace_start(&trace);
    (void)!bn_generate_prime(p, bits, false, NULL, NULL, NULL);
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "candidates", 0), "1");
    assert_string_equal(captured_value(&trace, "sieved out", 0), sieved ? "1" : "0");
    assert_string_equal(captured_value(&trace, "tested", 0), sieved ? "0" : "1");
    captured_trace_free(&trace);
    mpz_clears(p, low_bits, NULL);
    random_set_source(test_random_source, &generator);
}

// Each of the first 256 primes keeps a candidate of 256 bits from being tested; a candidate that none of them
// divides is.
static void the_sieve_knows_every_one_of_its_primes(void **state) {
    (void)state;
    mpz_t product, candidate, g;
    mpz_inits(product, candidate, g, NULL);
    mpz_set_ui(product, 1);
    for (int i = 0; i < 256; i++) {
        mpz_mul_ui(product, product, bn_small_primes()[i]);
    }
    for (int i = 1; i < 256; i++) {
        do { // this prime times a number that has none of them
            assert_true(bn_random_bits(candidate, 250));
            mpz_setbit(candidate, 0);
            mpz_gcd(g, candidate, product);
            mpz_divexact(candidate, candidate, g);
            mpz_gcd(g, candidate, product);
            unsigned long factor = bn_small_primes()[i];
            while (mpz_cmp_ui(g, 1) == 0 && mpz_sizeinbase(candidate, 2) < 256) {
                mpz_mul_ui(candidate, candidate, factor);
            }
        } while (mpz_cmp_ui(g, 1) != 0 || mpz_sizeinbase(candidate, 2) != 256);
        check_first(candidate, 256, true);
    }
    for (int i = 0; i < 20; i++) {
        do {
            assert_true(bn_random_bits(candidate, 255));
            mpz_setbit(candidate, 255);
            mpz_gcd(g, candidate, product);
        } while (mpz_cmp_ui(g, 1) != 0);
        check_first(candidate, 256, false);
    }
    mpz_clears(product, candidate, g, NULL);
}

// A composite that the sieve and base 2 let through is stopped by the random bases: 3825123056546413051 =
// 149491 * 747451 * 34233211 passes to the first nine primes. The condition refuses every candidate but this
// one.
static bool is_this(const mpz_t p, const void *context) {
    return mpz_cmp(p, context) == 0;
}
static bool number_then_random_source(void *context, uint8_t *out, size_t length) {
    struct first_number *source = context;
    return source->calls++ == 0 ? bn_i2osp(out, length, *source->number)
                                : test_random_source(&generator, out, length);
}
static void the_full_rounds_have_the_last_word(void **state) {
    (void)state;
    mpz_t p, number, low_bits;
    mpz_inits(p, number, low_bits, NULL);
    assert_true(bn_from_decimal(number, "3825123056546413051"));
    unsigned bits = (unsigned)mpz_sizeinbase(number, 2);
    mpz_fdiv_r_2exp(low_bits, number, bits - 1);
    struct first_number source = {.number = &low_bits};
    random_set_source(number_then_random_source, &source);
    struct events events = {0};
    struct bn_progress progress = {note_event, &events};
    assert_false(bn_generate_prime(p, bits, false, is_this, number, &progress));
    assert_int_equal(events.count[BN_PRIME_CANDIDATE], 1); // it did come to the tests
    random_set_source(test_random_source, &generator);
    mpz_clears(p, number, low_bits, NULL);
}

// The quick test is to base 2, and the bases of the full rounds lie between 2 and n - 2, both included. It is
// seen with a generator that gives 0 for ever, which makes all bases 2, and with composites that pass to base
// 2, and so to base -2 as (n - 1)/2 is odd, but not to base 3: they are taken for primes.
struct number_then {
    const mpz_t *number; // the first draw
    const mpz_t *then;   // every other
    bool asked;
};
static bool number_then_source(void *context, uint8_t *out, size_t length) {
    struct number_then *source = context;
    const mpz_t *number = source->asked ? source->then : source->number;
    source->asked = true;
    return bn_i2osp(out, length, *number);
}
static void the_bases_that_are_used(void **state) {
    (void)state;
    mpz_t p, number, low_bits, then;
    mpz_inits(p, number, low_bits, then, NULL);
    mpz_setbit(number, 67);
    mpz_sub_ui(number, number, 1); // 2^67 - 1 = 193707721 * 761838257287
    mpz_fdiv_r_2exp(low_bits, number, 66);
    for (int i = 0; i < 3; i++) {
        struct number_then source = {.number = &low_bits, .then = &then};
        if (i > 0) { // 2 + (n - 4) is the last base; one more is thrown back, every time
            mpz_sub_ui(then, number, i == 1 ? 4 : 3);
        }
        random_set_source(number_then_source, &source);
        struct events events = {0};
        struct bn_progress progress = {note_event, &events};
        assert_int_equal(bn_generate_prime(p, 67, false, is_this, number, &progress), i < 2);
        assert_int_equal(events.count[BN_PRIME_ROUND], i < 2 ? 50 : 0);
        assert_int_equal(mpz_cmp(p, number), 0);
    }
    // A safe prime whose q = 74873 * 224617 is none; 2q + 1 is prime.
    mpz_set_ui(number, 74873UL * 224617);
    mpz_fdiv_r_2exp(low_bits, number, 33);
    mpz_set_ui(then, 0);
    struct number_then source = {.number = &low_bits, .then = &then};
    random_set_source(number_then_source, &source);
    struct events events = {0};
    struct bn_progress progress = {note_event, &events};
    assert_true(bn_generate_safe_prime(p, 35, &progress));
    assert_int_equal(events.count[BN_PRIME_CANDIDATE], 1);
    assert_int_equal(events.count[BN_PRIME_ROUND], 1 + 56 + 56);
    assert_int_equal(mpz_get_ui(p), 2 * 74873UL * 224617 + 1);
    random_set_source(test_random_source, &generator);
    mpz_clears(p, number, low_bits, then, NULL);
}

// --- the search beside its description ----------------------------------------------------------------------

// What a search of this seed has to find and to count: the opening of prime.c, with plain trial division in
// the place of the sieves and GMP's word on what is prime.
struct expected {
    unsigned long candidates, sieved, tested;
    unsigned rounds; // events of each kind
    unsigned candidate_events;
};

// Is n, or 2n + 1 of a pair, divisible by one of the odd primes with these indexes?
static bool is_sieved_out(const mpz_t n, bool pair, unsigned primes) {
    for (unsigned i = 1; i < primes; i++) {
        unsigned long f = bn_small_primes()[i];
        unsigned long remainder = mpz_fdiv_ui(n, f);
        if (remainder == 0 || (pair && (2 * remainder + 1) % f == 0)) {
            return true;
        }
    }
    return false;
}

static void draw(mpz_t n, unsigned bits, bool top_two_bits) {
    assert_true(bn_random_bits(n, bits - (top_two_bits ? 2 : 1)));
    mpz_setbit(n, bits - 1);
    if (top_two_bits) {
        mpz_setbit(n, bits - 2);
    }
    if (bits > 2) {
        mpz_setbit(n, 0);
    }
}

static struct expected expected_prime(mpz_t p, unsigned bits, bool top_two_bits) {
    struct expected expected = {0};
    for (;;) {
        draw(p, bits, top_two_bits);
        expected.candidates++;
        if (bits <= 32 ? !is_prime(p) : is_sieved_out(p, false, bits)) {
            expected.sieved++;
            continue;
        }
        expected.tested++;
        expected.candidate_events++;
        if (is_prime(p)) {
            expected.rounds = bits <= 32 ? 0 : bn_miller_rabin_rounds(bits);
            return expected;
        }
    }
}

static struct expected expected_small_safe_prime(mpz_t p, unsigned bits) {
    struct expected expected = {0};
    for (;;) {
        draw(p, bits - 1, false);
        expected.candidates++;
        for (int i = 0; i < 2 && is_prime(p); i++) { // q, then p
            expected.tested++;
            expected.candidate_events++;
            if (i == 1) {
                return expected;
            }
            mpz_mul_ui(p, p, 2);
            mpz_add_ui(p, p, 1);
        }
        expected.sieved++;
    }
}

static struct expected expected_safe_prime(mpz_t p, unsigned bits) {
    struct expected expected = {0};
    mpz_t q;
    mpz_init(q);
    for (;;) {
        draw(q, bits - 1, false);
        for (unsigned j = 0; j < bits * bits / 64 + 1; j++, mpz_add_ui(q, q, 2)) {
            expected.candidates++;
            if (is_sieved_out(q, true, BN_SMALL_PRIME_COUNT)) {
                expected.sieved++;
                continue;
            }
            if (mpz_sizeinbase(q, 2) != bits - 1) {
                break;
            }
            expected.tested++;
            expected.candidate_events++;
            mpz_mul_ui(p, q, 2);
            mpz_add_ui(p, p, 1);
            if (is_prime(q) && is_prime(p)) {
                expected.rounds = 1 + bn_miller_rabin_rounds(bits - 1) + bn_miller_rabin_rounds(bits);
                mpz_clear(q);
                return expected;
            }
        }
    }
}

static void check_search(unsigned bits, bool safe, bool top_two_bits, uint64_t number) {
    mpz_t p, expected_p;
    mpz_inits(p, expected_p, NULL);
    test_random_seed(&generator, number);
    struct events events = {0};
    struct bn_progress progress = {note_event, &events};
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(safe ? bn_generate_safe_prime(p, bits, &progress)
                     : bn_generate_prime(p, bits, top_two_bits, NULL, NULL, &progress));
    captured_trace_stop(&trace);

    test_random_seed(&generator, number);
    struct expected expected = !safe        ? expected_prime(expected_p, bits, top_two_bits)
                               : bits <= 32 ? expected_small_safe_prime(expected_p, bits)
                                            : expected_safe_prime(expected_p, bits);
    assert_int_equal(mpz_cmp(p, expected_p), 0);
    assert_int_equal(strtoul(captured_value(&trace, "candidates", 0), NULL, 16), expected.candidates);
    assert_int_equal(strtoul(captured_value(&trace, "sieved out", 0), NULL, 16), expected.sieved);
    assert_int_equal(strtoul(captured_value(&trace, "tested", 0), NULL, 16), expected.tested);
    assert_int_equal(events.count[BN_PRIME_CANDIDATE], expected.candidate_events);
    assert_int_equal(events.count[BN_PRIME_ROUND], expected.rounds);
    assert_int_equal(events.count[BN_PRIME_FOUND], 1);
    captured_trace_free(&trace);
    mpz_clears(p, expected_p, NULL);
}

static void the_search_goes_as_described(void **state) {
    (void)state;
    for (unsigned bits = 2; bits <= 128; bits += bits < 70 ? 1 : 29) {
        for (uint64_t run = 0; run < 8; run++) {
            check_search(bits, false, false, 1000 * run + bits);
            if (bits > 2) {
                check_search(bits, false, true, 1000 * run + bits);
                check_search(bits, true, false, 1000 * run + bits);
            }
        }
    }
    for (uint64_t run = 0; run < 4; run++) {
        check_search(512, false, true, run);
    }
}

// Every prime, and safe prime, of the small sizes turns up, 2 and 3 among those of two bits.
static void all_small_primes_turn_up(void **state) {
    (void)state;
    mpz_t p;
    mpz_init(p);
    for (unsigned bits = 2; bits <= 9; bits++) {
        bool seen[512] = {false};
        bool seen_safe[512] = {false};
        for (int i = 0; i < 3000; i++) {
            assert_true(bn_generate_prime(p, bits, false, NULL, NULL, NULL));
            seen[mpz_get_ui(p)] = true;
            if (bits >= 3) {
                assert_true(bn_generate_safe_prime(p, bits, NULL));
                seen_safe[mpz_get_ui(p)] = true;
            }
        }
        for (unsigned long n = 0; n < 512; n++) {
            mpz_set_ui(p, n);
            bool of_this_size = n >= 1UL << (bits - 1) && n < 1UL << bits;
            bool prime = of_this_size && mpz_probab_prime_p(p, 20) != 0;
            assert_int_equal(seen[n], prime);
            mpz_set_ui(p, n / 2);
            assert_int_equal(seen_safe[n],
                             bits >= 3 && prime && n % 2 == 1 && mpz_probab_prime_p(p, 20) != 0);
        }
    }
    mpz_clear(p);
}

static void safe_primes_of_many_sizes(void **state) {
    (void)state;
    mpz_t p, q;
    mpz_inits(p, q, NULL);
    for (unsigned bits = 3; bits <= 256; bits += bits < 100 ? 1 : 52) {
        for (int i = 0; i < 3; i++) {
            assert_true(bn_generate_safe_prime(p, bits, NULL));
            check_prime(p, bits, false);
            mpz_tdiv_q_2exp(q, p, 1);
            check_prime(q, bits - 1, false);
        }
    }
    mpz_clears(p, q, NULL);
}

// The trace tells how the search went and nothing of the failed candidates; the sink is the same as before.
static void the_search_is_summed_up(void **state) {
    (void)state;
    mpz_t p, shown;
    mpz_inits(p, shown, NULL);
    for (int safe = 0; safe < 2; safe++) {
        for (unsigned bits = 16; bits <= 128; bits += 56) {
            struct captured_trace trace;
            captured_trace_start(&trace);
            assert_true(make(p, safe, bits, NULL));
            assert_ptr_equal(trace_current_sink, &trace.sink);
            captured_trace_stop(&trace);
            assert_int_equal(trace.count, 4);
            unsigned long candidates = strtoul(captured_value(&trace, "candidates", 0), NULL, 16);
            unsigned long sieved = strtoul(captured_value(&trace, "sieved out", 0), NULL, 16);
            unsigned long tested = strtoul(captured_value(&trace, "tested", 0), NULL, 16);
            assert_true(tested >= 1);
            assert_true(sieved < candidates);
            if (!safe || bits > 32) {
                assert_int_equal(sieved + tested, candidates);
            }
            assert_true(bn_from_hex(shown, captured_value(&trace, "p", 0)));
            assert_int_equal(mpz_cmp(shown, p), 0);
            captured_trace_free(&trace);
        }
    }
    mpz_clears(p, shown, NULL);
}

// What the opening of prime.c says about 1024 bits.
static void the_numbers_of_the_opening(void **state) {
    (void)state;
    assert_int_equal((int)round(1024 * log(2)), 710);
    assert_int_equal((int)round(1024 * log(2) / 2), 355);
    double survive = 1; // of the odd numbers, the 1023 smallest odd primes
    for (int i = 1; i < 1024; i++) {
        survive *= 1 - 1.0 / bn_small_primes()[i];
    }
    assert_true(fabs(survive - 1.0 / 8) < 0.001);
    // Hardy and Littlewood: q and 2q+1 are prime with density 2 * C2 / (ln q)^2, C2 being the twin prime
    // constant; of the odd q, twice that.
    double c2 = 1;
    for (int i = 1; i < BN_SMALL_PRIME_COUNT; i++) {
        double f = bn_small_primes()[i];
        c2 *= f * (f - 2) / ((f - 1) * (f - 1));
    }
    double distance = pow(1024 * log(2), 2) / (2 * c2) / 2;
    assert_true(fabs(distance - 190000) < 2000);
    assert_true(fabs(distance / (1024.0 * 1024) - 0.18) < 0.005);
    assert_int_equal((int)round(distance / (1024.0 * 1024 / 64)), 12);
}

// --- primitive roots ---------------------------------------------------------------------------------------

static unsigned long order(unsigned long g, unsigned long p) {
    unsigned long power = g % p;
    unsigned long count = 1;
    while (power != 1 % p) {
        power = power * g % p;
        count++;
    }
    return count;
}

static void roots_against_the_definition(void **state) {
    (void)state;
    mpz_t p, g, factors[1];
    mpz_inits(p, g, factors[0], NULL);
    for (unsigned long n = 2; n < 700; n++) {
        mpz_set_ui(p, n);
        mpz_set_ui(g, 77);
        if (mpz_probab_prime_p(p, 20) == 0) {
            assert_false(bn_smallest_primitive_root(g, p));
            assert_false(bn_largest_primitive_root(g, p));
            assert_int_equal(mpz_get_ui(g), 77);
            continue;
        }
        unsigned long smallest = 1;
        while (order(smallest, n) != n - 1) {
            smallest++;
        }
        unsigned long largest = n - 1;
        while (order(largest, n) != n - 1) {
            largest--;
        }
        assert_true(bn_smallest_primitive_root(g, p));
        assert_int_equal(mpz_get_ui(g), smallest);
        assert_true(bn_largest_primitive_root(g, p));
        assert_int_equal(mpz_get_ui(g), largest);
    }
    mpz_clears(p, g, factors[0], NULL);
}

static void roots_of_1021_and_of_large_primes(void **state) {
    (void)state;
    mpz_t p, g, factors[4];
    mpz_inits(p, g, NULL);
    for (size_t i = 0; i < 4; i++) {
        mpz_init_set_ui(factors[i], (const unsigned long[]){2, 3, 5, 17}[i]);
    }
    mpz_set_ui(p, 1021);
    assert_int_equal(2 * 2 * 3 * 5 * 17, 1020);
    for (long i = -3; i < 1030; i++) {
        mpz_set_si(g, i);
        bool root = i % 1021 != 0 && order((unsigned long)(i + 1021) % 1021, 1021) == 1020;
        assert_int_equal(bn_is_primitive_root(g, p, 4, (const mpz_t *)factors), root);
        assert_true(root || (i != 22 && i != 30));
    }
    mpz_set_ui(factors[2], 0);
    mpz_set_ui(g, 22);
    assert_false(bn_is_primitive_root(g, p, 4, (const mpz_t *)factors)); // no factor of anything
    mpz_set_ui(p, 1);
    assert_false(bn_is_primitive_root(g, p, 0, NULL));

    mpz_set_ui(p, 4294967291); // the largest prime below 2^32: p - 1 = 2 * 5 * 19 * 22605091
    assert_true(bn_smallest_primitive_root(g, p));
    assert_int_equal(mpz_get_ui(g), 2);
    mpz_set_ui(p, 892371481); // 4 * 2*3*5*7*11*13*17*19*23 + 1: nine factors, as many as there can be
    assert_true(bn_smallest_primitive_root(g, p));
    for (unsigned long i = 0; i < 9; i++) {
        mpz_sub_ui(factors[0], p, 1);
        assert_true(mpz_divisible_ui_p(factors[0], bn_small_primes()[i]));
        mpz_tdiv_q_ui(factors[0], factors[0], bn_small_primes()[i]);
        mpz_powm(factors[0], g, factors[0], p);
        assert_true(mpz_cmp_ui(factors[0], 1) != 0);
    }
    mpz_set_ui(p, 4294967311); // the first prime above 2^32
    assert_false(bn_smallest_primitive_root(g, p));
    mpz_set_si(p, -7);
    assert_false(bn_largest_primitive_root(g, p));
    mpz_clears(p, g, NULL);
    for (size_t i = 0; i < 4; i++) {
        mpz_clear(factors[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primes_of_every_size),
        cmocka_unit_test(sizes_out_of_range),
        cmocka_unit_test(the_largest_size_is_searched),
        cmocka_unit_test(top_two_bits_make_full_products),
        cmocka_unit_test(conditions_are_met),
        cmocka_unit_test(progress_is_told_and_cancels),
        cmocka_unit_test(rounds_are_as_many_as_the_table_says),
        cmocka_unit_test(a_failing_generator_ends_the_search),
        cmocka_unit_test(a_stuck_generator_ends_the_search),
        cmocka_unit_test(a_stuck_generator_is_asked_so_often),
        cmocka_unit_test(an_interval_ends_with_its_size),
        cmocka_unit_test(every_prime_of_eight_bits_comes_from_as_many_draws),
        cmocka_unit_test(the_sieve_knows_every_one_of_its_primes),
        cmocka_unit_test(the_full_rounds_have_the_last_word),
        cmocka_unit_test(the_bases_that_are_used),
        cmocka_unit_test(the_search_goes_as_described),
        cmocka_unit_test(all_small_primes_turn_up),
        cmocka_unit_test(safe_primes_of_many_sizes),
        cmocka_unit_test(the_search_is_summed_up),
        cmocka_unit_test(the_numbers_of_the_opening),
        cmocka_unit_test(roots_against_the_definition),
        cmocka_unit_test(roots_of_1021_and_of_large_primes),
    };
    return cmocka_run_group_tests_name("primes", tests, seed, NULL);
}
