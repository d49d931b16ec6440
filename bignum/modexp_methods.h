// What the five exponentiation files share: the check of the arguments, and one traced multiplication.
#ifndef BIGNUM_MODEXP_METHODS_H
#define BIGNUM_MODEXP_METHODS_H

#include "bignum/modexp.h"
#include "bignum/trace_integer.h"

// Exponent >= 0 and modulus > 0.
bool bn_modexp_in_range(const mpz_t exponent, const mpz_t modulus);

// r = a * b mod modulus; r may be a or b. Then, for the trace: i, the position in the exponent, or -1 before its
// first digit, and what was done, as in "A = A^2 mod n".
void bn_modexp_multiply(mpz_t r, const mpz_t a, const mpz_t b, const mpz_t modulus, long i, const char *what);

#endif
