// RSA keys: every rule of FIPS 186-5 A.1.3 seen on generated keys, bad arguments, and every damage to a key
// found.

#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "tests/rsa_support.h"

#include <string.h>

// What A.1.1 asks of a key of nlen bits.
static void assert_obeys_the_standard(const struct rsa_private_key *key, unsigned nlen, const mpz_t e) {
    mpz_t a;
    mpz_t b;
    mpz_t lambda;
    mpz_inits(a, b, lambda, NULL);
    assert_int_equal(mpz_cmp(key->public.e, e), 0);
    assert_int_equal(mpz_sizeinbase(key->public.n, 2), nlen);
    mpz_mul(a, key->p, key->q);
    assert_int_equal(mpz_cmp(a, key->public.n), 0);
    assert_true(mpz_cmp(key->p, key->q) > 0);
    assert_true(mpz_probab_prime_p(key->p, 25) > 0);
    assert_true(mpz_probab_prime_p(key->q, 25) > 0);
    // p, q >= sqrt(2) * 2^(nlen/2-1), and of nlen/2 bits.
    mpz_set_ui(b, 1);
    mpz_mul_2exp(b, b, nlen - 1);
    mpz_mul(a, key->q, key->q);
    assert_true(mpz_cmp(a, b) >= 0);
    assert_int_equal(mpz_sizeinbase(key->p, 2), nlen / 2);
    // |p - q| > 2^(nlen/2-100)
    mpz_sub(a, key->p, key->q);
    mpz_set_ui(b, 1);
    mpz_mul_2exp(b, b, nlen / 2 - 100);
    assert_true(mpz_cmp(a, b) > 0);
    // d is the inverse of e mod lcm(p-1, q-1), the smallest one, and above 2^(nlen/2).
    mpz_sub_ui(a, key->p, 1);
    mpz_sub_ui(b, key->q, 1);
    mpz_lcm(lambda, a, b);
    assert_true(mpz_cmp(key->d, lambda) < 0);
    mpz_mod(a, key->d, a);
    assert_int_equal(mpz_cmp(a, key->dP), 0);
    mpz_mod(b, key->d, b);
    assert_int_equal(mpz_cmp(b, key->dQ), 0);
    mpz_mul(a, key->d, e);
    mpz_mod(a, a, lambda);
    assert_int_equal(mpz_cmp_ui(a, 1), 0);
    mpz_set_ui(b, 1);
    mpz_mul_2exp(b, b, nlen / 2);
    assert_true(mpz_cmp(key->d, b) > 0);
    mpz_mul(a, key->qInv, key->q);
    mpz_mod(a, a, key->p);
    assert_int_equal(mpz_cmp_ui(a, 1), 0);
    assert_true(mpz_cmp(key->qInv, key->p) < 0);
    assert_true(rsa_check_private_key(key));
    assert_true(rsa_check_public_key(&key->public));
    mpz_clears(a, b, lambda, NULL);
}

static void generated_keys_obey_the_standard(void **state) {
    (void)state;
    static const unsigned sizes[] = {512, 514, 640, 768, 1022, 1024, 1026, 2048, 3072};
    static const char *const exponents[] = {"3",
                                            "5",
                                            "7",
                                            "11",
                                            "257",
                                            "65537",
                                            "15015",
                                            "5789604461865809771178549250434395392663499233282028201972879200"
                                            "3956564819949", // 2^255 - 19, a prime
                                            "1157920892373161954235709850086879078532699846656405640394575840"
                                            "07913129639935"}; // 2^256 - 1
    struct test_random random;
    use_test_random(&random, 20);
    mpz_t e;
    mpz_init(e);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof exponents / sizeof exponents[0]; j++) {
            if (sizes[i] > 1026 && j != 5) {
                continue;
            }
            struct rsa_private_key key;
            rsa_private_key_init(&key);
            assert_int_equal(mpz_set_str(e, exponents[j], 10), 0);
            assert_true(rsa_generate(&key, sizes[i], e, NULL));
            assert_obeys_the_standard(&key, sizes[i], e);
            rsa_private_key_clear(&key);
        }
    }
    // Many small ones: a modulus a bit short would show in every second or third key.
    mpz_set_ui(e, 3);
    for (int i = 0; i < 60; i++) {
        struct rsa_private_key key;
        rsa_private_key_init(&key);
        assert_true(rsa_generate(&key, 512, e, NULL));
        assert_obeys_the_standard(&key, 512, e);
        rsa_private_key_clear(&key);
    }
    mpz_clear(e);
    random_set_source(NULL, NULL);
}

static bool cancel_later(void *context, enum bn_prime_event event) {
    (void)event;
    int *left = context;
    return (*left)-- > 0;
}

static void arguments_out_of_range(void **state) {
    (void)state;
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    static const unsigned sizes[] = {0, 1, 2, 100, 510, 511, 513, 1025, 8191, 8193, 8194, 16384};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_false(rsa_generate(&key, sizes[i], e, NULL));
    }
    static const long exponents[] = {-3, -1, 0, 1, 2, 4, 65536};
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
        mpz_set_si(e, exponents[i]);
        assert_false(rsa_generate(&key, 512, e, NULL));
    }
    mpz_set_ui(e, 1);
    mpz_mul_2exp(e, e, 256);
    mpz_add_ui(e, e, 1);
    assert_false(rsa_generate(&key, 1024, e, NULL));
    // The longest: the search begins, and is stopped at once: it would take long.
    int left = 0;
    const struct bn_progress progress = {.report = cancel_later, .context = &left};
    mpz_set_ui(e, 65537);
    assert_false(rsa_generate(&key, 8192, e, &progress));
    assert_int_equal(left, -1);
    mpz_clear(e);
    rsa_private_key_clear(&key);
}

static void failing_randomness_and_cancelling(void **state) {
    (void)state;
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    random_set_source(failing_source, NULL);
    assert_false(rsa_generate(&key, 512, e, NULL));
    assert_int_equal(mpz_sgn(key.p), 0);
    random_set_source(NULL, NULL);
    for (int events = 0; events < 8; events++) {
        int left = events;
        const struct bn_progress progress = {.report = cancel_later, .context = &left};
        assert_false(rsa_generate(&key, 512, e, &progress));
        assert_int_equal(mpz_sgn(key.p) | mpz_sgn(key.q) | mpz_sgn(key.d), 0);
    }
    int left = 1000000;
    const struct bn_progress progress = {.report = cancel_later, .context = &left};
    assert_true(rsa_generate(&key, 512, e, &progress));
    assert_true(left < 1000000);
    mpz_clear(e);
    rsa_private_key_clear(&key);
}

// A source that, from the moment the first prime has been found, repeats what it said from the start, and
// goes on with fresh bytes after `repeat` of them: the second search meets the first prime again and must not
// take it.
struct echo {
    struct test_random random;
    uint8_t said[1 << 16];
    size_t length;
    size_t echoed;
    bool echoing;
};
static bool echo_source(void *context, uint8_t *out, size_t length) {
    struct echo *echo = context;
    for (size_t i = 0; i < length; i++) {
        if (echo->echoing && echo->echoed < echo->length) {
            out[i] = echo->said[echo->echoed++];
        } else {
            test_random_bytes(&echo->random, out + i, 1);
            if (!echo->echoing && echo->length < sizeof echo->said) {
                echo->said[echo->length++] = out[i];
            }
        }
    }
    return true;
}
static bool echo_after_found(void *context, enum bn_prime_event event) {
    struct echo *echo = context;
    echo->echoing = echo->echoing || event == BN_PRIME_FOUND;
    return true;
}

static void equal_primes_are_refused(void **state) {
    (void)state;
    static struct echo echo;
    test_random_seed(&echo.random, 21);
    random_set_source(echo_source, &echo);
    const struct bn_progress progress = {.report = echo_after_found, .context = &echo};
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    assert_true(rsa_generate(&key, 512, e, &progress));
    random_set_source(NULL, NULL);
    assert_true(echo.echoing);
    assert_int_equal(echo.echoed, echo.length); // the whole echo was heard, the first prime in it
    assert_obeys_the_standard(&key, 512, e);
    mpz_clear(e);
    rsa_private_key_clear(&key);
}

// A source that hands these numbers to the search, one for each candidate, and randomness to the tests of them.
struct scripted_source {
    struct test_random random;
    mpz_t candidates[5];
    size_t next, count;
    bool testing;
};
static bool scripted_bytes(void *context, uint8_t *out, size_t length) {
    struct scripted_source *source = context;
    if (!source->testing && source->next < source->count) {
        return bn_i2osp(out, length, source->candidates[source->next++]);
    }
    return test_random_source(&source->random, out, length);
}
static bool follow_search(void *context, enum bn_prime_event event) {
    struct scripted_source *source = context;
    source->testing = event != BN_PRIME_FOUND;
    return true;
}

// |p - q| > 2^(nlen/2-100) (A.1.3 step 5), at the bound itself. For 512 bits it is 2^156; primes p + 2^100,
// p + 2^155 and p + 2^156, or just above them, are met one after the other, and the first beyond the bound is
// taken.
static void primes_keep_their_distance(void **state) {
    (void)state;
    struct scripted_source source = {.count = 5};
    test_random_seed(&source.random, 30);
    mpz_t bound;
    mpz_t e;
    mpz_init(bound);
    mpz_init_set_ui(e, 65537);
    mpz_setbit(bound, 156);
    mpz_ptr p = source.candidates[0];
    mpz_ptr at_bound = source.candidates[3];
    mpz_init(p);
    mpz_init(at_bound);
    mpz_setbit(p, 255);
    mpz_setbit(p, 254);
    do { // a prime at exactly the bound
        mpz_nextprime(p, p);
        mpz_add(at_bound, p, bound);
    } while (mpz_probab_prime_p(at_bound, 25) == 0);
    for (size_t i = 1; i < source.count; i++) {
        if (i != 3) {
            mpz_init(source.candidates[i]);
            mpz_setbit(source.candidates[i], i == 1 ? 100 : i == 2 ? 155 : 156);
            mpz_add(source.candidates[i], source.candidates[i], p);
            mpz_nextprime(source.candidates[i], source.candidates[i]);
        }
    }
    mpz_ptr q = source.candidates[4];
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    random_set_source(scripted_bytes, &source);
    const struct bn_progress progress = {.report = follow_search, .context = &source};
    assert_true(rsa_generate(&key, 512, e, &progress));
    random_set_source(NULL, NULL);
    assert_int_equal(mpz_cmp(key.p, q), 0); // the larger one
    assert_int_equal(mpz_cmp(key.q, p), 0);
    assert_obeys_the_standard(&key, 512, e);
    rsa_private_key_clear(&key);
    for (size_t i = 0; i < source.count; i++) {
        mpz_clear(source.candidates[i]);
    }
    mpz_clears(bound, e, NULL);
}

// Fermat's method on primes close together, as rsa_keygen.c tells it.
static void close_primes_are_found_by_fermat(void **state) {
    (void)state;
    assert_true(101 * 101 < 10403 && 102 * 102 > 10403);
    assert_int_equal(102 * 102 - 10403, 1 * 1);
    assert_int_equal((102 - 1) * (102 + 1), 10403);
}

static void same_randomness_same_key(void **state) {
    (void)state;
    struct rsa_private_key a;
    struct rsa_private_key b;
    struct rsa_private_key c;
    make_rsa_key(&a, 512, 65537, 1);
    make_rsa_key(&b, 512, 65537, 1);
    make_rsa_key(&c, 512, 65537, 2);
    assert_int_equal(mpz_cmp(a.public.n, b.public.n), 0);
    assert_int_not_equal(mpz_cmp(a.public.n, c.public.n), 0);
    rsa_private_key_clear(&a);
    rsa_private_key_clear(&b);
    rsa_private_key_clear(&c);
}

static void keys_from_textbook_primes(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_toy_key(&key, 53, 61, 17); // the smaller prime first: they are swapped
    assert_int_equal(mpz_get_ui(key.p), 61);
    assert_int_equal(mpz_get_ui(key.q), 53);
    assert_int_equal(mpz_get_ui(key.d), 413);
    assert_int_equal(mpz_get_ui(key.qInv), 38);

    rsa_private_key_clear(&key);
    make_toy_key(&key, 3, 11, 3); // 3 is the smallest prime of a key: lcm(10, 2) = 10, 3 * 7 = 21
    assert_int_equal(mpz_get_ui(key.p), 11);
    assert_int_equal(mpz_get_ui(key.q), 3);
    assert_int_equal(mpz_get_ui(key.d), 7);
    rsa_private_key_clear(&key);
    make_toy_key(&key, 53, 61, 17);

    // d stated instead of e, reduced or not.
    mpz_set_ui(key.public.e, 0);
    mpz_set_ui(key.d, 2753);
    assert_true(rsa_complete_key(&key));
    assert_int_equal(mpz_get_ui(key.public.e), 17);
    assert_int_equal(mpz_get_ui(key.d), 413);

    static const long refused[][3] = {{2, 53, 17},  {53, 2, 17},  {1, 53, 17},   {53, 1, 17},
                                      {0, 53, 17},  {53, 0, 17},  {-61, 53, 17}, {61, -53, 17},
                                      {61, 61, 17}, {62, 53, 17}, {61, 54, 17},  {61, 53, 5},
                                      {61, 53, 13}, {61, 53, 2},  {9, 15, 17}}; // share a factor: no qInv
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        mpz_set_si(key.p, refused[i][0]);
        mpz_set_si(key.q, refused[i][1]);
        mpz_set_si(key.public.e, refused[i][2]);
        assert_false(rsa_complete_key(&key));
    }
    mpz_set_ui(key.p, 61);
    mpz_set_ui(key.q, 53);
    mpz_set_ui(key.public.e, 0);
    mpz_set_ui(key.d, 0);
    assert_false(rsa_complete_key(&key)); // neither e nor d
    rsa_private_key_clear(&key);
}

// Large primes are swapped as well, and the key works.
static void completing_a_real_key(void **state) {
    (void)state;
    struct rsa_private_key made;
    struct rsa_private_key key;
    make_rsa_key(&made, 768, 65537, 22);
    rsa_private_key_init(&key);
    mpz_set(key.p, made.q);
    mpz_set(key.q, made.p);
    mpz_set(key.public.e, made.public.e);
    assert_true(rsa_complete_key(&key));
    assert_int_equal(mpz_cmp(key.p, made.p), 0);
    assert_int_equal(mpz_cmp(key.d, made.d), 0);
    assert_int_equal(mpz_cmp(key.qInv, made.qInv), 0);
    assert_true(rsa_check_private_key(&key));
    rsa_private_key_clear(&key);
    rsa_private_key_clear(&made);
}

static mpz_ptr member(struct rsa_private_key *key, int i) {
    mpz_ptr members[] = {key->public.n, key->public.e, key->d, key->p, key->q, key->dP, key->dQ, key->qInv};
    return members[i];
}

// No damage to any member goes unnoticed.
static void check_finds_every_damage(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 512, 65537, 23);
    mpz_t kept;
    mpz_init(kept);
    assert_true(rsa_check_private_key(&key));
    for (int i = 0; i < 8; i++) {
        mpz_set(kept, member(&key, i));
        for (int damage = 0; damage < 8; damage++) {
            mpz_ptr x = member(&key, i);
            switch (damage) {
            case 0:
                mpz_add_ui(x, kept, 1);
                break;
            case 1:
                mpz_add_ui(x, kept, 2);
                break;
            case 2:
                mpz_sub_ui(x, kept, 2);
                break;
            case 3:
                mpz_neg(x, kept);
                break;
            case 4:
                mpz_set_ui(x, 0);
                break;
            case 5:
                mpz_set_ui(x, 1);
                break;
            case 6: // the right class, the wrong representative
                mpz_add(x, kept, i == 5 || i == 7 ? key.p : i == 6 ? key.q : key.public.n);
                break;
            default:
                mpz_combit(x, 17);
            }
            assert_false(rsa_check_private_key(&key));
            mpz_set(x, kept);
        }
    }
    // dP right mod p-1 but not reduced; the same for dQ and qInv.
    mpz_add(key.dP, key.dP, key.p);
    mpz_sub_ui(key.dP, key.dP, 1);
    assert_false(rsa_check_private_key(&key));
    mpz_sub(key.dP, key.dP, key.p);
    mpz_add_ui(key.dP, key.dP, 1);
    assert_true(rsa_check_private_key(&key));
    // q * (qInv - p) is 1 mod p as well.
    mpz_sub(key.qInv, key.qInv, key.p);
    assert_false(rsa_check_private_key(&key));
    mpz_add(key.qInv, key.qInv, key.p);
    assert_true(rsa_check_private_key(&key));
    // d with so many turns of the clock that it passes n: every relation still holds.
    mpz_t p_1;
    mpz_t lambda;
    mpz_inits(p_1, lambda, NULL);
    mpz_sub_ui(p_1, key.p, 1);
    mpz_sub_ui(lambda, key.q, 1);
    mpz_lcm(lambda, lambda, p_1);
    while (mpz_cmp(key.d, key.public.n) < 0) {
        assert_true(rsa_check_private_key(&key));
        mpz_add(key.d, key.d, lambda);
    }
    assert_false(rsa_check_private_key(&key));
    // d = n, with the e that fits it.
    mpz_mod(key.d, key.public.n, lambda);
    mpz_set_ui(key.public.e, 0);
    assert_true(rsa_complete_key(&key));
    assert_true(rsa_check_private_key(&key));
    mpz_set(key.d, key.public.n);
    assert_false(rsa_check_private_key(&key));
    mpz_sub(key.d, key.d, lambda);
    assert_true(rsa_check_private_key(&key));
    mpz_clears(kept, p_1, lambda, NULL);
    rsa_private_key_clear(&key);
}

// A modulus that is a prime has the factors n and 1, and a remainder mod 1 - 1 does not exist.
static void check_refuses_a_factor_of_one(void **state) {
    (void)state;
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    mpz_setbit(key.public.n, 520);
    mpz_set_ui(key.public.e, 65537);
    do {
        mpz_nextprime(key.public.n, key.public.n);
        mpz_sub_ui(key.d, key.public.n, 1);
    } while (mpz_invert(key.d, key.public.e, key.d) == 0);
    for (int i = 0; i < 2; i++) {
        mpz_set(i == 0 ? key.p : key.q, key.public.n);
        mpz_set_ui(i == 0 ? key.q : key.p, 1);
        mpz_set(i == 0 ? key.dP : key.dQ, key.d);
        mpz_set_ui(i == 0 ? key.dQ : key.dP, 1);
        mpz_set_ui(key.qInv, 1);
        assert_false(rsa_check_private_key(&key));
    }
    rsa_private_key_clear(&key);
}

// Keys that others make, and that are right: p < q, and d mod (p-1)(q-1).
static void check_accepts_other_forms(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 512, 65537, 24);
    mpz_t p_1;
    mpz_t q_1;
    mpz_t phi;
    mpz_inits(p_1, q_1, phi, NULL);
    mpz_sub_ui(p_1, key.p, 1);
    mpz_sub_ui(q_1, key.q, 1);
    mpz_mul(phi, p_1, q_1);
    assert_true(mpz_invert(key.d, key.public.e, phi));
    assert_true(rsa_check_private_key(&key));
    mpz_swap(key.p, key.q);
    mpz_swap(key.dP, key.dQ);
    assert_false(rsa_check_private_key(&key));
    assert_true(bn_inverse(key.qInv, key.q, key.p));
    assert_true(rsa_check_private_key(&key));
    mpz_t x;
    mpz_t y;
    mpz_init_set_ui(x, 1234567890);
    mpz_init(y);
    assert_true(rsa_private_operation(&key, y, x));
    assert_true(rsa_public_operation(&key.public, y, y));
    assert_int_equal(mpz_cmp(x, y), 0);
    mpz_clears(p_1, q_1, phi, x, y, NULL);
    rsa_private_key_clear(&key);
}

// Keys whose members all fit, and which are still not good.
static void check_refuses_weak_keys(void **state) {
    (void)state;
    struct rsa_private_key good;
    struct rsa_private_key key;
    make_rsa_key(&good, 1024, 65537, 25);
    // A small private exponent, as a fast signer might want it: Wiener's attack reads it off.
    rsa_private_key_init(&key);
    mpz_set(key.p, good.p);
    mpz_set(key.q, good.q);
    mpz_set_ui(key.d, 65537);
    assert_true(rsa_complete_key(&key));
    assert_int_equal(mpz_get_ui(key.d), 65537);
    assert_false(rsa_check_private_key(&key));
    rsa_private_key_clear(&key);
    // The bound is half the bits of n: 500 are too few, 520 will do.
    for (mp_bitcnt_t bits = 500; bits <= 520; bits += 20) {
        rsa_private_key_init(&key);
        mpz_set(key.p, good.p);
        mpz_set(key.q, good.q);
        mpz_setbit(key.d, bits - 1);
        do {
            mpz_nextprime(key.d, key.d);
            mpz_set_ui(key.public.e, 0);
        } while (!rsa_complete_key(&key));
        assert_int_equal(mpz_sizeinbase(key.d, 2), bits);
        assert_int_equal(rsa_check_private_key(&key), bits > 512);
        rsa_private_key_clear(&key);
    }
    // A composite "prime", otherwise consistent.
    struct test_random random;
    use_test_random(&random, 26);
    for (int composite_is_p = 0; composite_is_p < 2; composite_is_p++) {
        rsa_private_key_init(&key);
        do {
            assert_true(bn_generate_prime(key.p, 256, true, NULL, NULL, NULL));
            assert_true(bn_generate_prime(key.q, 256, true, NULL, NULL, NULL));
            mpz_mul(key.p, key.p, key.q);
            mpz_set(key.q, composite_is_p ? good.q : good.p);
            mpz_set_ui(key.public.e, 65537);
        } while (!rsa_complete_key(&key) || (mpz_probab_prime_p(key.p, 25) > 0) == composite_is_p);
        assert_false(rsa_check_private_key(&key));
        rsa_private_key_clear(&key);
    }
    random_set_source(NULL, NULL);
    // No factors: nothing can be checked.
    mpz_set_ui(good.p, 0);
    assert_false(rsa_check_private_key(&good));
    rsa_private_key_clear(&good);
    // Too short: 511 bits, and a textbook key.
    make_rsa_key(&key, 511, 65537, 27);
    assert_false(rsa_check_private_key(&key));
    assert_false(rsa_check_public_key(&key.public));
    rsa_private_key_clear(&key);
    make_toy_key(&key, 61, 53, 17);
    assert_false(rsa_check_private_key(&key));
    rsa_private_key_clear(&key);
}

static void check_public_key(void **state) {
    (void)state;
    struct rsa_public_key key;
    rsa_public_key_init(&key);
    assert_false(rsa_check_public_key(&key));
    static const struct {
        size_t bits;
        bool odd;
        bool good;
    } moduli[] = {
        {511, true, false}, {512, true, true}, {512, false, false}, {8192, true, true}, {8193, true, false}};
    mpz_set_ui(key.e, 3);
    for (size_t i = 0; i < sizeof moduli / sizeof moduli[0]; i++) {
        mpz_set_ui(key.n, moduli[i].odd ? 1 : 2);
        mpz_setbit(key.n, moduli[i].bits - 1);
        assert_int_equal(rsa_check_public_key(&key), moduli[i].good);
        mpz_neg(key.n, key.n);
        assert_false(rsa_check_public_key(&key));
    }
    mpz_set_ui(key.n, 1);
    mpz_setbit(key.n, 1023);
    static const long exponents[] = {-65537, -3, -1, 0, 1, 2, 4, 65536};
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
        mpz_set_si(key.e, exponents[i]);
        assert_false(rsa_check_public_key(&key));
    }
    mpz_sub_ui(key.e, key.n, 2);
    assert_true(rsa_check_public_key(&key));
    mpz_set(key.e, key.n);
    assert_false(rsa_check_public_key(&key));
    rsa_public_key_clear(&key);
}

static void trace_of_a_key_generation(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 28);
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    mpz_t e;
    mpz_t value;
    mpz_init_set_ui(e, 65537);
    mpz_init(value);
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_generate(&key, 512, e, NULL));
    captured_trace_stop(&trace);
    random_set_source(NULL, NULL);
    assert_string_equal(captured_value(&trace, "nlen", 0), "200");
    assert_string_equal(captured_value(&trace, "e", 0), "10001");
    static const char *const labels[] = {"n", "e", "d", NULL, NULL, "dP", "dQ", "qInv"};
    for (int i = 0; i < 8; i++) {
        if (labels[i] != NULL) {
            assert_int_equal(mpz_set_str(value, captured_value(&trace, labels[i], 0), 16), 0);
            assert_int_equal(mpz_cmp(value, member(&key, i)), 0);
        }
    }
    mpz_t lambda;
    mpz_init(lambda);
    mpz_sub_ui(value, key.p, 1);
    mpz_sub_ui(lambda, key.q, 1);
    mpz_lcm(lambda, lambda, value);
    assert_int_equal(mpz_set_str(value, captured_value(&trace, "lcm", 0), 16), 0);
    assert_int_equal(mpz_cmp(value, lambda), 0);
    assert_int_equal(mpz_set_str(value, top_value(&trace, "p"), 16), 0); // the larger prime
    assert_int_equal(mpz_cmp(value, key.p), 0);
    assert_int_equal(mpz_set_str(value, top_value(&trace, "q"), 16), 0);
    assert_int_equal(mpz_cmp(value, key.q), 0);
    captured_trace_free(&trace);
    mpz_clears(e, value, lambda, NULL);
    rsa_private_key_clear(&key);
}

// The first prime found is the larger one in some keys and the smaller one in others: no order is forced on them.
static void either_prime_may_be_the_larger(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 29);
    mpz_t e;
    mpz_t first;
    mpz_init_set_ui(e, 65537);
    mpz_init(first);
    int larger = 0;
    enum { ROUNDS = 24 };
    for (int i = 0; i < ROUNDS; i++) {
        struct rsa_private_key key;
        rsa_private_key_init(&key);
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_true(rsa_generate(&key, 512, e, NULL));
        captured_trace_stop(&trace);
        assert_int_equal(mpz_set_str(first, captured_value(&trace, "p", 0), 16), 0);
        larger += mpz_cmp(first, key.p) == 0;
        assert_true(mpz_cmp(first, key.p) == 0 || mpz_cmp(first, key.q) == 0);
        captured_trace_free(&trace);
        rsa_private_key_clear(&key);
    }
    assert_in_range(larger, 4, ROUNDS - 4);
    mpz_clears(e, first, NULL);
    random_set_source(NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_keys_obey_the_standard),
        cmocka_unit_test(arguments_out_of_range),
        cmocka_unit_test(failing_randomness_and_cancelling),
        cmocka_unit_test(equal_primes_are_refused),
        cmocka_unit_test(primes_keep_their_distance),
        cmocka_unit_test(close_primes_are_found_by_fermat),
        cmocka_unit_test(same_randomness_same_key),
        cmocka_unit_test(keys_from_textbook_primes),
        cmocka_unit_test(completing_a_real_key),
        cmocka_unit_test(check_finds_every_damage),
        cmocka_unit_test(check_refuses_a_factor_of_one),
        cmocka_unit_test(check_accepts_other_forms),
        cmocka_unit_test(check_refuses_weak_keys),
        cmocka_unit_test(check_public_key),
        cmocka_unit_test(trace_of_a_key_generation),
        cmocka_unit_test(either_prime_may_be_the_larger),
    };
    return cmocka_run_group_tests_name("rsa_keygen", tests, NULL, NULL);
}
