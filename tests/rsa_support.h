// What the RSA tests share: keys of any size, made the same way in every run.
#ifndef TESTS_RSA_SUPPORT_H
#define TESTS_RSA_SUPPORT_H

#include "tests/support.h"

#include "bignum/prime.h"
#include "bignum/random.h"
#include "ciphers/hash/hash.h"
#include "ciphers/public/rsa.h"

#include <string.h>

// Sets up a repeatable random source; undone by random_set_source(NULL, NULL).
static inline void use_test_random(struct test_random *random, uint64_t seed) {
    test_random_seed(random, seed);
    random_set_source(test_random_source, random);
}

// A key whose modulus has exactly `bits` bits, odd or even, from the repeatable source with this seed.
static inline void make_rsa_key(struct rsa_private_key *key, unsigned bits, unsigned long e, uint64_t seed) {
    struct test_random random;
    use_test_random(&random, seed);
    rsa_private_key_init(key);
    mpz_t exponent;
    mpz_init_set_ui(exponent, e);
    if (bits % 2 == 0) {
        assert_true(rsa_generate(key, bits, exponent, NULL));
    } else {
        do {
            assert_true(bn_generate_prime(key->p, bits / 2 + 1, false, NULL, NULL, NULL));
            assert_true(bn_generate_prime(key->q, bits / 2, false, NULL, NULL, NULL));
            mpz_set(key->public.e, exponent);
        } while (!rsa_complete_key(key) || mpz_sizeinbase(key->public.n, 2) != bits);
    }
    assert_int_equal(mpz_sizeinbase(key->public.n, 2), bits);
    mpz_clear(exponent);
    random_set_source(NULL, NULL);
}

// A textbook key from p, q, e.
static inline void make_toy_key(struct rsa_private_key *key, unsigned long p, unsigned long q,
                                unsigned long e) {
    rsa_private_key_init(key);
    mpz_set_ui(key->p, p);
    mpz_set_ui(key->q, q);
    mpz_set_ui(key->public.e, e);
    assert_true(rsa_complete_key(key));
}

// A key without factors whose modulus has exactly `bits` bits, many times 64, and is the product of many small
// primes: worth nothing, but made at once whatever its length. A bare d works for any such n as it does for two primes.
static inline void make_long_key(struct rsa_private_key *key, unsigned bits) {
    rsa_private_key_init(key);
    mpz_ptr n = key->public.n;
    mpz_t prime;
    mpz_t lambda;
    mpz_init(prime);
    mpz_init_set_ui(lambda, 1);
    mpz_set_ui(n, 1);
    mpz_setbit(prime, 63); // primes just above 2^63, each of which makes n 63 bits longer
    for (size_t left; (left = bits - mpz_sizeinbase(n, 2)) > 0;) {
        if (left < 2 * 63) {
            mpz_set_ui(prime, 0);
            mpz_setbit(prime, left);
        }
        mpz_nextprime(prime, prime);
        mpz_mul(n, n, prime);
        mpz_sub_ui(key->d, prime, 1);
        mpz_lcm(lambda, lambda, key->d);
    }
    mpz_set_ui(key->public.e, 65537);
    assert_int_not_equal(mpz_invert(key->d, key->public.e, lambda), 0);
    assert_int_equal(mpz_sizeinbase(n, 2), bits);
    mpz_clears(prime, lambda, NULL);
}

// The value of the first step with this label at depth 0: what the scheme says, not the hash inside it.
static inline const char *top_value(const struct captured_trace *trace, const char *label) {
    for (size_t i = 0; i < trace->count; i++) {
        if (trace->steps[i].depth == 0 && strcmp(trace->steps[i].label, label) == 0) {
            return trace->steps[i].value;
        }
    }
    fail_msg("no step \"%s\" at depth 0", label);
    return NULL;
}

// A random source that fails, and one that is stuck at zero.
static inline bool failing_source(void *context, uint8_t *out, size_t length) {
    (void)context;
    (void)out;
    (void)length;
    return false;
}

static inline bool zero_source(void *context, uint8_t *out, size_t length) {
    (void)context;
    for (size_t i = 0; i < length; i++) {
        out[i] = 0;
    }
    return true;
}

#endif
