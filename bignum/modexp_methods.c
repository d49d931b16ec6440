// Modular exponentiation, the shared part: why it is done this way, and the table of the five.
//
// base^exponent mod n with an exponent of 2048 bits: to multiply one factor after the other would take 2^2048
// steps, and the unreduced result would not fit into the universe. Two ideas make it a matter of
// milliseconds:
//
//      reduce every product at once      numbers never get longer than twice the modulus
//      square and multiply               x^13 = x^8 * x^4 * x, 13 being 1101 in binary; x^8 is 3 squarings
//
// So t bits cost t squarings and at most t multiplications. All five methods do that; they differ in the
// direction they read the exponent, in how many multiplications they save, and in what they tell a listener.
//
//      method           file                       for t bits, half of them 1      a listener learns
//      right-to-left    modexp_right_to_left.c     t squarings, t/2 mult.          the bits
//      left-to-right    modexp_left_to_right.c     t squarings, t/2 mult.          the bits
//      ladder           modexp_ladder.c            t squarings, t mult.            the length
//      window           modexp_window.c            t squarings, about t/5 mult.    where the windows lie
//      montgomery       modexp_montgomery.c        as left-to-right                the bits; no division at all
//
// All five are for reading and watching: mpz_t itself is not constant-time, so neither are they, the ladder's
// regular pattern notwithstanding. Real work is done by powm.c and powm_secret.c. Tests: tests/test_modexp.c.
// Lesson: docs/modular-exponentiation.md.

#include "bignum/modexp_methods.h"

const struct bn_modexp_method bn_modexp_methods[] = {
    {"right-to-left", "binary, least significant bit first", bn_modexp_right_to_left},
    {"left-to-right", "binary, most significant bit first: square and multiply", bn_modexp_left_to_right},
    {"ladder", "a squaring and a multiplication for every bit", bn_modexp_ladder},
    {"window", "sliding window of up to four bits over precomputed odd powers", bn_modexp_window},
    {"montgomery", "Montgomery form with REDC: no division by the (odd) modulus", bn_modexp_montgomery},
    {NULL, NULL, NULL},
};

bool bn_modexp_in_range(const mpz_t exponent, const mpz_t modulus) {
    return mpz_sgn(exponent) >= 0 && mpz_sgn(modulus) > 0;
}

void bn_modexp_multiply(mpz_t r, const mpz_t a, const mpz_t b, const mpz_t modulus, long i,
                        const char *what) {
    mpz_mul(r, a, b);
    mpz_mod(r, r, modulus);
    if (i >= 0) {
        trace_integer(r, NULL, "i = %ld: %s", i, what);
    } else {
        trace_integer(r, NULL, "%s", what);
    }
}

// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - The ends: anything to the power 0 is 1, 0 too, but everything mod 1 is 0. Here: A starts as 1 mod n.
// - A base that is negative or not below the modulus. Here: reduced first.
// - A negative exponent asks for an inverse, which need not exist. Here: refused; bn_inverse answers that
//   question.
// - An even modulus has no Montgomery form. Here: that method refuses it, the others do not mind.
// - The first method that comes to mind for a secret exponent. Here: bn_powm_secret, whose name says it.
//
// Where next: modexp_right_to_left.c, then the others in the order of the table.
