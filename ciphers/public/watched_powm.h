// Modular exponentiation for the public-key ciphers, with a glass door: nobody watching, it is bignum's fast
// or constant-time one; with a trace attached, it is square-and-multiply by the book, step by step.
//
// The rule of this folder: a watched run shows every secret by definition, so it hides nothing and goes by
// the book; what it computes, and every check on the way, is the same. Tests compare both paths.
#ifndef CIPHERS_PUBLIC_WATCHED_POWM_H
#define CIPHERS_PUBLIC_WATCHED_POWM_H

#include "bignum/secure.h"

#include <gmp.h>

// r = base^exponent mod modulus for a public exponent >= 0, modulus > 0. `label` names the traced section and
// the traced result, as in "m1 = c^dP mod p".
MUST_CHECK bool watched_powm_public(const char *label, mpz_t r, const mpz_t base, const mpz_t exponent,
                                    const mpz_t modulus);

// The same for a secret exponent in [0, 2^exponent_bits), modulus odd. Constant-time when nobody watches.
MUST_CHECK bool watched_powm_secret(const char *label, mpz_t r, const mpz_t base, const mpz_t exponent,
                                    size_t exponent_bits, const mpz_t modulus);

// r = a^-1 mod modulus for a secret a, in [0, modulus), modulus > 0. Euclid's algorithm takes longer for some
// numbers than for others, so it never sees a: it inverts a*t for a fresh random t, a number that says
// nothing about a, and a^-1 = t * (a*t)^-1. Watched, it inverts a itself. False when the random generator
// fails, when a has no inverse, or when t happens to have none: then try again, best with a fresh a. r is
// then untouched.
MUST_CHECK bool watched_inverse_secret(const char *label, mpz_t r, const mpz_t a, const mpz_t modulus);

#endif
