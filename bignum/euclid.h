// Greatest common divisor, Bezout coefficients, inverses, Chinese remainders. All hand-written and traced;
// not constant-time. Source: Handbook of Applied Cryptography, algorithms 2.107 and 14.71; FIPS 186-5 B.1.
#ifndef BIGNUM_EUCLID_H
#define BIGNUM_EUCLID_H

#include "bignum/secure.h"

#include <gmp.h>

// g = gcd(a, b) >= 0, gcd(0, 0) = 0. g may be an input.
void bn_gcd(mpz_t g, const mpz_t a, const mpz_t b);

// g = gcd(a, b) = a*x + b*y, for any signs. g, x and y are three different integers, none of them an input.
void bn_extended_euclid(mpz_t g, mpz_t x, mpz_t y, const mpz_t a, const mpz_t b);

// r in [0, m) with a*r = 1 mod m, m > 0. False when gcd(a, m) != 1; r is then untouched. r may be an input.
MUST_CHECK bool bn_inverse(mpz_t r, const mpz_t a, const mpz_t m);

// Garner's CRT: the one x in [0, m_1*...*m_count) with x = residues[i] mod moduli[i] for all i. False unless
// count >= 1 and the moduli are positive and pairwise coprime. x is none of the inputs.
MUST_CHECK bool bn_crt_garner(mpz_t x, size_t count, const mpz_t residues[], const mpz_t moduli[]);

#endif
