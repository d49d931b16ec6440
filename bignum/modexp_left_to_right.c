// Left-to-right binary exponentiation, "square and multiply": HAC algorithm 14.79.
//
// Reads the exponent from its first bit, as one reads a number aloud. To append a bit to a binary number is
// to double it and add the bit; in the exponent that is to square, and to multiply once more for a 1.
//
//      5^13 mod 23, 13 = 1101
//      i    bit    exponent so far    A
//                  0                  1
//      3     1     1                  1^2 = 1     1 * 5 = 5
//      2     1     3                  5^2 = 2     2 * 5 = 10
//      1     0     6                  10^2 = 8
//      0     1     13                 8^2 = 18    18 * 5 = 21       5^13 = 21 mod 23
//
// The multiplication is always by the same g: with a small g such as 2 it costs next to nothing, and a table
// of a few powers of g leads to the windows of modexp_window.c. The pitfall is the same as from right to
// left: a 1 takes longer than a 0, and the sequence of squarings (S) and multiplications (M), SMSMSSM here,
// is the exponent. Not constant-time.
//
// Overview: modexp_methods.c. Read next: modexp_ladder.c.

#include "bignum/encoding.h"
#include "bignum/modexp_methods.h"

bool bn_modexp_left_to_right(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus) {
    if (!bn_modexp_in_range(exponent, modulus)) {
        return false;
    }
    mpz_t a, g;
    mpz_inits(a, g, NULL);
    mpz_set_ui(a, 1);
    mpz_mod(a, a, modulus); // step 1
    mpz_mod(g, base, modulus);
    trace_integer(a, "Step 1: A gathers the result.", "A = 1");
    trace_integer(g, "The base, reduced.", "g");
    size_t bits = mpz_sgn(exponent) == 0 ? 0 : mpz_sizeinbase(exponent, 2);
    for (size_t i = bits; i-- > 0;) {                                   // step 2, i from t down to 0
        bn_modexp_multiply(a, a, a, modulus, (long)i, "A = A^2 mod n"); // 2.1
        if (mpz_tstbit(exponent, i)) {
            bn_modexp_multiply(a, a, g, modulus, (long)i, "A = A * g mod n"); // 2.2
        }
    }
    mpz_set(r, a); // step 3
    bn_wipe_clears(a, g, NULL);
    return true;
}
