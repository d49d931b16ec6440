// Making primes: random primes, safe primes, with progress reports and cancellation; primitive roots.
#ifndef BIGNUM_PRIME_H
#define BIGNUM_PRIME_H

#include "bignum/secure.h"

#include <gmp.h>

enum bn_prime_event {
    BN_PRIME_CANDIDATE, // a candidate survived the sieve and goes to Miller-Rabin
    BN_PRIME_ROUND,     // a candidate passed a round (or the first tests of q and 2q+1)
    BN_PRIME_FOUND,     // a prime was accepted
};

// Tells how a search goes; returning false cancels it. A NULL struct or a NULL report means nobody asks.
struct bn_progress {
    bool (*report)(void *context, enum bn_prime_event event);
    void *context;
};

// The condition a candidate must also meet, such as gcd(p-1, e) = 1; NULL for none.
typedef bool bn_prime_condition(const mpz_t p, const void *context);

// A random prime of exactly `bits` bits (2 <= bits <= 16384). With top_two_bits the two highest bits are set, so
// that a product of two such primes has twice the bits (bits >= 3 then). False when cancelled, when the random
// generator fails, or when none of 200 * bits candidates will do.
MUST_CHECK bool bn_generate_prime(mpz_t p, unsigned bits, bool top_two_bits, bn_prime_condition *condition,
                                  const void *condition_context, const struct bn_progress *progress);

// A random safe prime p = 2q + 1, q prime, of exactly `bits` bits (3 <= bits <= 16384).
MUST_CHECK bool bn_generate_safe_prime(mpz_t p, unsigned bits, const struct bn_progress *progress);

// True when g generates the whole multiplicative group mod the prime p, given the distinct prime factors of
// p - 1 (HAC fact 2.132: g^((p-1)/f) != 1 for each).
MUST_CHECK bool bn_is_primitive_root(const mpz_t g, const mpz_t p, size_t count, const mpz_t factors[]);

// The smallest, or the largest, primitive root of a prime p < 2^32, whose p - 1 is factored by trial division.
// False when p is not such a prime.
MUST_CHECK bool bn_smallest_primitive_root(mpz_t g, const mpz_t p);
MUST_CHECK bool bn_largest_primitive_root(mpz_t g, const mpz_t p);

#endif
