// The bare RSA operations: the textbook's numbers, every value of small keys, blinding, faults, and bad keys.

#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "ciphers/public/rsa.h"
#include "tests/rsa_support.h"

#include <string.h>

// The worked example of rsa.c, value by value.
static void textbook_key_and_trace(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_toy_key(&key, 61, 53, 17);
    assert_int_equal(mpz_get_ui(key.public.n), 3233);
    assert_int_equal(mpz_get_ui(key.d), 413);
    assert_int_equal(mpz_get_ui(key.dP), 53);
    assert_int_equal(mpz_get_ui(key.dQ), 49);
    assert_int_equal(mpz_get_ui(key.qInv), 38);
    assert_int_equal(17 * 413, 9 * 780 + 1);
    assert_int_equal(2753, 413 + 3 * 780);
    assert_int_equal(17 * 2753 % (60 * 52), 1);

    mpz_t m;
    mpz_t c;
    mpz_init_set_ui(m, 65);
    mpz_init(c);
    assert_true(rsa_public_operation(&key.public, c, m));
    assert_int_equal(mpz_get_ui(c), 2790);

    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_private_operation_textbook(&key, m, c));
    captured_trace_stop(&trace);
    assert_int_equal(mpz_get_ui(m), 65);
    assert_string_equal(captured_value(&trace, "n", 0), "ca1");
    assert_string_equal(captured_value(&trace, "d", 0), "19d");
    assert_string_equal(captured_value(&trace, "in", 0), "ae6");
    assert_string_equal(captured_value(&trace, "dP", 0), "35");
    assert_string_equal(captured_value(&trace, "dQ", 0), "31");
    assert_string_equal(captured_value(&trace, "qInv", 0), "26");
    assert_string_equal(captured_value(&trace, "m1", 0), "4");
    assert_string_equal(captured_value(&trace, "m2", 0), "c");
    assert_string_equal(captured_value(&trace, "h", 0), "1");
    assert_string_equal(captured_value(&trace, "m", 0), "41");
    assert_string_equal(captured_value(&trace, "out", 0), "41");
    (void)captured_value(&trace, "m = c^d mod n", 0);
    (void)captured_value(&trace, "m1 = c^dP mod p", 0);
    captured_trace_free(&trace);

    captured_trace_start(&trace);
    assert_true(rsa_public_operation(&key.public, c, m));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "out", 0), "ae6");
    assert_string_equal(captured_value(&trace, "e", 0), "11");
    captured_trace_free(&trace);

    mpz_clears(m, c, NULL);
    rsa_private_key_clear(&key);
}

// Every value below n, every path: encrypt, then decrypt by CRT, by d alone, by the book, and watched.
static void every_value_of_small_keys(void **state) {
    (void)state;
    static const unsigned long keys[][3] = {{61, 53, 17}, {5, 3, 3}, {11, 3, 3}, {47, 71, 79}, {17, 11, 7}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct rsa_private_key key;
        make_toy_key(&key, keys[i][0], keys[i][1], keys[i][2]);
        struct rsa_private_key bare; // without factors
        rsa_private_key_init(&bare);
        mpz_set(bare.public.n, key.public.n);
        mpz_set(bare.public.e, key.public.e);
        mpz_set(bare.d, key.d);
        unsigned long n = mpz_get_ui(key.public.n);
        mpz_t m;
        mpz_t c;
        mpz_t back;
        mpz_inits(m, c, back, NULL);
        for (unsigned long value = 0; value < n; value++) {
            mpz_set_ui(m, value);
            assert_true(rsa_public_operation(&key.public, c, m));
            unsigned long power = 1; // by the definition
            for (unsigned long e = 0; e < keys[i][2]; e++) {
                power = power * value % n;
            }
            assert_int_equal(mpz_get_ui(c), power);
            assert_true(rsa_private_operation(&key, back, c));
            assert_int_equal(mpz_cmp(back, m), 0);
            assert_true(rsa_private_operation(&bare, back, c));
            assert_int_equal(mpz_cmp(back, m), 0);
            assert_true(rsa_private_operation_textbook(&key, back, c));
            assert_int_equal(mpz_cmp(back, m), 0);
            assert_true(rsa_private_operation_textbook(&bare, back, c));
            assert_int_equal(mpz_cmp(back, m), 0);
        }
        mpz_clears(m, c, back, NULL);
        rsa_private_key_clear(&bare);
        rsa_private_key_clear(&key);
    }
}

// A watched run computes the same and shows the values of RFC 8017 5.1.2; the blinding stays out of sight.
static void watched_run_is_the_same(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 512, 65537, 1);
    mpz_t in;
    mpz_t unwatched;
    mpz_t watched;
    mpz_t expected;
    mpz_init_set_str(in, "123456789abcdef0123456789abcdef", 16);
    mpz_inits(unwatched, watched, expected, NULL);
    assert_true(rsa_private_operation(&key, unwatched, in));
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_private_operation(&key, watched, in));
    captured_trace_stop(&trace);
    assert_int_equal(mpz_cmp(watched, unwatched), 0);
    assert_int_equal(mpz_set_str(watched, captured_value(&trace, "m1", 0), 16), 0);
    mpz_mod(expected, unwatched, key.p);
    assert_int_equal(mpz_cmp(watched, expected), 0);
    assert_int_equal(mpz_set_str(watched, captured_value(&trace, "m2", 0), 16), 0);
    mpz_mod(expected, unwatched, key.q);
    assert_int_equal(mpz_cmp(watched, expected), 0);
    assert_int_equal(mpz_set_str(watched, captured_value(&trace, "h", 0), 16), 0);
    mpz_fdiv_q(expected, unwatched, key.q);
    assert_int_equal(mpz_cmp(watched, expected), 0);
    captured_trace_free(&trace);
    mpz_clears(in, unwatched, watched, expected, NULL);
    rsa_private_key_clear(&key);
}

static void round_trips_over_key_sizes(void **state) {
    (void)state;
    static const unsigned sizes[] = {512, 513, 514, 768, 1023, 1024, 1025, 1536, 2048, 4096};
    struct test_random random;
    test_random_seed(&random, 2);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rsa_private_key key;
        make_rsa_key(&key, sizes[i], i % 2 == 0 ? 65537 : 3, 10 + i);
        assert_int_equal(rsa_size(&key.public), (sizes[i] + 7) / 8);
        uint8_t bytes[RSA_SIZE_MAX];
        mpz_t m;
        mpz_t x;
        mpz_t y;
        mpz_inits(m, x, y, NULL);
        for (int round = 0; round < (sizes[i] > 2000 ? 3 : 20); round++) {
            test_random_bytes(&random, bytes, sizeof bytes);
            bn_os2ip(m, bytes, sizeof bytes);
            mpz_mod(m, m, key.public.n);
            assert_true(rsa_public_operation(&key.public, x, m));
            mpz_powm(y, m, key.public.e, key.public.n);
            assert_int_equal(mpz_cmp(x, y), 0);
            assert_true(rsa_private_operation(&key, x, x));
            assert_int_equal(mpz_cmp(x, m), 0);
            assert_true(rsa_private_operation(&key, x, m));
            mpz_powm(y, m, key.d, key.public.n);
            assert_int_equal(mpz_cmp(x, y), 0);
        }
        mpz_clears(m, x, y, NULL);
        rsa_private_key_clear(&key);
    }
}

// (a*b)^e = a^e * b^e: why bare RSA is no encryption, and no signature.
static void bare_rsa_is_multiplicative(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 768, 65537, 3);
    mpz_t a;
    mpz_t b;
    mpz_t ab;
    mpz_init_set_ui(a, 123456789);
    mpz_init_set_ui(b, 987654321);
    mpz_init(ab);
    mpz_mul(ab, a, b);
    assert_true(rsa_private_operation(&key, a, a));
    assert_true(rsa_private_operation(&key, b, b));
    assert_true(rsa_private_operation(&key, ab, ab));
    mpz_mul(a, a, b);
    mpz_mod(a, a, key.public.n);
    assert_int_equal(mpz_cmp(a, ab), 0);
    mpz_clears(a, b, ab, NULL);
    rsa_private_key_clear(&key);
}

// Which of 0, 1, n-1 are fixed points, and that n, n+1 and -1 are refused without touching the output.
static void range_of_the_representative(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 512, 65537, 4);
    mpz_t in;
    mpz_t out;
    mpz_inits(in, out, NULL);
    for (int offset = -1; offset <= 1; offset++) {
        mpz_set_ui(in, 1); // 0, 1, and n-1 = -1 to an odd power
        if (offset < 0) {
            mpz_sub_ui(in, key.public.n, 1);
        } else if (offset == 0) {
            mpz_set_ui(in, 0);
        }
        assert_true(rsa_public_operation(&key.public, out, in));
        assert_int_equal(mpz_cmp(out, in), 0);
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_true(rsa_private_operation(&key, out, in));
        captured_trace_stop(&trace);
        assert_int_equal(captured_count(&trace, "0 <= in < n"), 0);
        captured_trace_free(&trace);
        assert_true(rsa_private_operation(&key, out, in));
        assert_int_equal(mpz_cmp(out, in), 0);
    }
    mpz_set_ui(out, 42);
    for (int i = 0; i < 3; i++) {
        if (i == 2) {
            mpz_set_si(in, -1);
        } else {
            mpz_add_ui(in, key.public.n, (unsigned long)i);
        }
        assert_false(rsa_public_operation(&key.public, out, in));
        assert_false(rsa_private_operation(&key, out, in));
        assert_false(rsa_private_operation_textbook(&key, out, in));
        struct captured_trace trace; // which says at which step
        captured_trace_start(&trace);
        assert_false(rsa_private_operation(&key, out, in));
        captured_trace_stop(&trace);
        assert_string_equal(captured_value(&trace, "0 <= in < n", 0), "no");
        captured_trace_free(&trace);
        assert_int_equal(mpz_get_ui(out), 42);
    }
    mpz_clears(in, out, NULL);
    rsa_private_key_clear(&key);
}

// A random source that counts the bytes it gave.
struct counting_source {
    struct test_random random;
    size_t bytes;
};
static bool count_bytes(void *context, uint8_t *out, size_t length) {
    struct counting_source *source = context;
    source->bytes += length;
    test_random_bytes(&source->random, out, length);
    return true;
}

// The blinding factor does not show in the result, is drawn anew each time, and is two numbers of n's length
// (the factor, and what hides it from Euclid). Without randomness nothing is computed.
static void blinding(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 1024, 65537, 5);
    mpz_t in;
    mpz_t first;
    mpz_t again;
    mpz_init_set_ui(in, 20261120);
    mpz_inits(first, again, NULL);
    assert_true(rsa_private_operation(&key, first, in));
    struct counting_source source = {.bytes = 0};
    test_random_seed(&source.random, 6);
    random_set_source(count_bytes, &source);
    for (size_t i = 1; i <= 10; i++) {
        assert_true(rsa_private_operation(&key, again, in));
        assert_int_equal(mpz_cmp(first, again), 0);
        assert_true(source.bytes >= 2 * 128 * i);
    }
    random_set_source(failing_source, NULL);
    mpz_set_ui(again, 42);
    assert_false(rsa_private_operation(&key, again, in));
    random_set_source(zero_source, NULL); // r = 0 has no inverse
    assert_false(rsa_private_operation(&key, again, in));
    assert_int_equal(mpz_get_ui(again), 42);
    random_set_source(NULL, NULL);
    mpz_clears(in, first, again, NULL);
    rsa_private_key_clear(&key);
}

// A blinding factor without an inverse is drawn again, 128 times in all.
static void blinding_factors_are_drawn_again(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_toy_key(&key, 61, 53, 17); // n has 12 bits: a draw takes two bytes
    mpz_t out;
    mpz_t in;
    mpz_init(out);
    mpz_init_set_ui(in, 2790);
    static const uint8_t two[] = {0, 2};
    for (size_t stuck = 126; stuck <= 129; stuck++) {
        // Each time two numbers: the factor, and what hides it from Euclid.
        struct stuck_random source = {.count = 2 * 2 * stuck, .rest = two, .rest_length = 2};
        random_set_source(stuck_random_source, &source);
        mpz_set_ui(out, 42);
        assert_int_equal(rsa_private_operation(&key, out, in), stuck < 128);
        assert_int_equal(mpz_get_ui(out), stuck < 128 ? 65 : 42);
    }
    random_set_source(NULL, NULL);
    mpz_clears(out, in, NULL);
    rsa_private_key_clear(&key);
}

// The members of a private key, to be damaged one after the other.
static mpz_ptr member(struct rsa_private_key *key, int i) {
    mpz_ptr members[] = {key->dP, key->dQ, key->qInv, key->p, key->q, key->public.n, key->public.e, key->d};
    return members[i];
}
enum { CRT_MEMBERS = 7, MEMBERS = 8 };

// A fault in the CRT must not come out, with or without somebody watching; and what would have come out gives
// q.
static void faults_are_not_released(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 512, 65537, 7);
    mpz_t in;
    mpz_t out;
    mpz_inits(in, out, NULL);
    mpz_set_ui(in, 1234567);
    for (int i = 0; i < CRT_MEMBERS; i++) {
        mpz_add_ui(member(&key, i), member(&key, i), 2); // odd stays odd
        mpz_set_ui(out, 42);
        assert_false(rsa_private_operation(&key, out, in));
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_false(rsa_private_operation(&key, out, in));
        captured_trace_stop(&trace);
        captured_trace_free(&trace);
        assert_int_equal(mpz_get_ui(out), 42);
        mpz_sub_ui(member(&key, i), member(&key, i), 2);
        assert_true(rsa_private_operation(&key, out, in));
    }
    // The textbook function compares its two forms instead.
    mpz_add_ui(key.dP, key.dP, 2);
    assert_false(rsa_private_operation_textbook(&key, out, in));
    mpz_sub_ui(key.dP, key.dP, 2);

    // Boneh, DeMillo and Lipton: s right mod q, wrong mod p.
    mpz_t s;
    mpz_t g;
    mpz_inits(s, g, NULL);
    assert_true(rsa_private_operation(&key, s, in));
    mpz_add(s, s, key.q);
    mpz_mod(s, s, key.public.n);
    mpz_powm(s, s, key.public.e, key.public.n);
    mpz_sub(s, s, in);
    bn_gcd(g, s, key.public.n);
    assert_int_equal(mpz_cmp(g, key.q), 0);

    // d alone.
    mpz_set_ui(key.p, 0);
    assert_true(rsa_private_operation(&key, out, in));
    mpz_add_ui(key.d, key.d, 2);
    assert_false(rsa_private_operation(&key, out, in));
    mpz_clears(in, out, s, g, NULL);
    rsa_private_key_clear(&key);
}

// Keys as a hostile file may state them: zero, one, negative, even, too large. Never a crash, always "no".
static void hostile_keys(void **state) {
    (void)state;
    mpz_t in;
    mpz_t out;
    mpz_t kept;
    mpz_init_set_ui(in, 1);
    mpz_inits(out, kept, NULL);
    struct rsa_private_key key;
    make_rsa_key(&key, 512, 65537, 8);
    for (int i = 0; i < MEMBERS; i++) {
        mpz_set(kept, member(&key, i));
        for (int damage = 0; damage < 6; damage++) {
            switch (damage) {
            case 0:
                mpz_set_ui(member(&key, i), 0);
                break;
            case 1:
                mpz_set_ui(member(&key, i), 1);
                break;
            case 2:
                mpz_neg(member(&key, i), kept);
                break;
            case 3:
                mpz_mul_2exp(member(&key, i), kept, 1);
                break;
            case 4:
                mpz_mul_2exp(member(&key, i), kept, 2000);
                mpz_add_ui(member(&key, i), member(&key, i), 1);
                break;
            default:
                mpz_set_ui(member(&key, i), 2);
            }
            for (unsigned long value = 0; value < 3; value++) {
                mpz_set_ui(in, value);
                (void)!rsa_private_operation_textbook(&key, out, in);
                (void)!rsa_public_operation(&key.public, out, in);
                bool done = rsa_private_operation(&key, out, in);
                if (value == 2 && done) { // then what was damaged was not needed, and the answer is right
                    mpz_powm(out, out, key.public.e, key.public.n);
                    assert_int_equal(mpz_cmp(out, in), 0);
                }
            }
        }
        mpz_set(member(&key, i), kept);
    }
    // The refusals, one by one: nothing else than these may be let through to the arithmetic.
    static const struct {
        int which;
        long value;
    } refused[] = {{0, -1}, {1, -1}, {2, 0}, {2, -1}, {3, 1},  {3, 2},  {3, -3}, {4, 0},
                   {4, 1},  {4, 2},  {5, 0}, {5, 1},  {5, -7}, {5, 12}, {6, 0},  {6, -1}};
    mpz_set_ui(in, 0); // 0^anything is 0: the final check would not notice
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        mpz_set(kept, member(&key, refused[i].which));
        mpz_set_si(member(&key, refused[i].which), refused[i].value);
        assert_false(rsa_private_operation(&key, out, in));
        mpz_set(member(&key, refused[i].which), kept);
    }
    mpz_add(key.dP, key.dP, key.p); // larger than its bound
    assert_false(rsa_private_operation(&key, out, in));
    mpz_sub(key.dP, key.dP, key.p);
    mpz_add(key.dQ, key.dQ, key.q);
    assert_false(rsa_private_operation(&key, out, in));
    mpz_sub(key.dQ, key.dQ, key.q);
    mpz_add(key.qInv, key.qInv, key.p);
    assert_false(rsa_private_operation(&key, out, in));
    mpz_sub(key.qInv, key.qInv, key.p);
    assert_true(rsa_private_operation(&key, out, in));
    mpz_set_ui(key.p, 0);
    mpz_add(key.d, key.d, key.public.n);
    assert_false(rsa_private_operation(&key, out, in));
    mpz_set_ui(key.d, 0);
    assert_false(rsa_private_operation(&key, out, in));
    rsa_private_key_clear(&key);
    // With in = 1, e = 0 and d = 0 pass every equation, and are no exponents.
    make_toy_key(&key, 61, 53, 17);
    mpz_set_ui(in, 1);
    mpz_set_ui(key.public.e, 0);
    assert_false(rsa_private_operation(&key, out, in));
    assert_false(rsa_public_operation(&key.public, out, in));
    mpz_set_si(key.public.e, -1);
    assert_false(rsa_private_operation(&key, out, in));
    assert_false(rsa_public_operation(&key.public, out, in));
    mpz_set_ui(key.public.e, 17);
    mpz_set_ui(key.p, 0);
    assert_true(rsa_private_operation(&key, out, in));
    mpz_set_ui(key.d, 0);
    assert_false(rsa_private_operation(&key, out, in));
    rsa_private_key_clear(&key);
    mpz_set_ui(in, 0);
    // The same bounds where a number too large still fits the same word.
    for (int i = 0; i < 3; i++) {
        make_toy_key(&key, 61, 53, 17);
        assert_true(rsa_private_operation(&key, out, in));
        mpz_set(member(&key, i), i == 1 ? key.q : key.p);
        assert_false(rsa_private_operation(&key, out, in));
        rsa_private_key_clear(&key);
    }
    mpz_clears(in, out, kept, NULL);
}

// Exponents outside 0 < d < n, 0 < dP < p, 0 < dQ < q (RFC 8017, 3.2) with which every equation holds all the
// same: the range alone is against them.
static void exponents_in_range(void **state) {
    (void)state;
    mpz_t in;
    mpz_t out;
    mpz_inits(in, out, NULL);
    struct rsa_private_key key;
    struct captured_trace trace;
    // 1^0 = 1 and 1^17 = 1. Only a watched run, which does not blind, computes with 1 itself.
    mpz_set_ui(in, 1);
    for (int i = 0; i < 3; i++) {
        make_toy_key(&key, 61, 53, 17);
        mpz_set_ui(key.p, i == 2 ? 0 : 61);
        mpz_ptr exponent = i == 0 ? key.dP : i == 1 ? key.dQ : key.d;
        for (int zero = 0; zero < 2; zero++) {
            if (zero) {
                mpz_set_ui(exponent, 0);
            }
            captured_trace_start(&trace);
            assert_int_equal(rsa_private_operation(&key, out, in), !zero);
            captured_trace_stop(&trace);
            captured_trace_free(&trace);
        }
        rsa_private_key_clear(&key);
    }
    // d = n: 3233 = 113 + 4 * 780, the inverse of the same e.
    assert_int_equal(3233, 113 + 4 * 780);
    rsa_private_key_init(&key);
    mpz_set_ui(key.p, 61);
    mpz_set_ui(key.q, 53);
    mpz_set_ui(key.d, 113);
    assert_true(rsa_complete_key(&key));
    mpz_set_ui(key.p, 0);
    mpz_set_ui(in, 65);
    assert_true(rsa_private_operation(&key, out, in));
    mpz_set(key.d, key.public.n);
    assert_false(rsa_private_operation(&key, out, in));
    mpz_sub_ui(key.d, key.d, 780);
    assert_true(rsa_private_operation(&key, out, in));
    rsa_private_key_clear(&key);
    // n = 61 * 1. The power mod 1 is 0, and what Garner puts together is right.
    make_toy_key(&key, 61, 53, 17);
    mpz_set_ui(key.public.n, 61);
    mpz_set_ui(key.q, 1);
    mpz_set_ui(key.dQ, 0);
    mpz_set_ui(key.qInv, 1);
    mpz_set_ui(in, 2);
    assert_false(rsa_private_operation(&key, out, in));
    rsa_private_key_clear(&key);
    mpz_clears(in, out, NULL);
}

// What an exercise may state: no e, an even modulus.
static void textbook_needs_no_e_and_no_odd_modulus(void **state) {
    (void)state;
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    mpz_set_ui(key.public.n, 22); // 2 * 11, lambda = 10
    mpz_set_ui(key.d, 7);
    mpz_t in;
    mpz_t out;
    mpz_init_set_ui(in, 5);
    mpz_init(out);
    assert_true(rsa_private_operation_textbook(&key, out, in));
    assert_int_equal(mpz_get_ui(out), 78125 % 22);
    assert_false(rsa_private_operation(&key, out, in));
    mpz_set_ui(key.public.e, 3);
    assert_true(rsa_public_operation(&key.public, out, out));
    assert_int_equal(mpz_get_ui(out), 5);
    mpz_clears(in, out, NULL);
    rsa_private_key_clear(&key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(textbook_key_and_trace),
        cmocka_unit_test(every_value_of_small_keys),
        cmocka_unit_test(watched_run_is_the_same),
        cmocka_unit_test(round_trips_over_key_sizes),
        cmocka_unit_test(bare_rsa_is_multiplicative),
        cmocka_unit_test(range_of_the_representative),
        cmocka_unit_test(blinding),
        cmocka_unit_test(blinding_factors_are_drawn_again),
        cmocka_unit_test(faults_are_not_released),
        cmocka_unit_test(hostile_keys),
        cmocka_unit_test(exponents_in_range),
        cmocka_unit_test(textbook_needs_no_e_and_no_odd_modulus),
    };
    return cmocka_run_group_tests_name("rsa", tests, NULL, NULL);
}
