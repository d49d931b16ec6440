// Randomness: bytes from the system's generator, and integers drawn from them without bias.
//
// Source: getrandom(2). Every function answers false when the generator fails, and leaves nothing usable behind.
#ifndef BIGNUM_RANDOM_H
#define BIGNUM_RANDOM_H

#include "bignum/secure.h"

#include <gmp.h>
#include <stdint.h>

// Fills out[0..length) with random bytes.
MUST_CHECK bool random_bytes(uint8_t *out, size_t length);

// Replaces the system's generator in this process: for reproducible demos and for tests of what happens when
// randomness fails. A source returns false on failure. NULL goes back to the system's generator.
typedef bool random_source(void *context, uint8_t *out, size_t length);
void random_set_source(random_source *source, void *context);

// r uniform in [0, n), n > 0, by rejection sampling.
MUST_CHECK bool bn_random_below(mpz_t r, const mpz_t n);

// r uniform in [low, high], both ends included, low <= high.
MUST_CHECK bool bn_random_between(mpz_t r, const mpz_t low, const mpz_t high);

// r uniform in [0, 2^bits).
MUST_CHECK bool bn_random_bits(mpz_t r, size_t bits);

#endif
