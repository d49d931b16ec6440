// The Montgomery ladder: the same work for a 0 as for a 1.
//
// Two powers are kept whose exponents are neighbours: R0 = g^k and R1 = g^(k+1), k being the bits read so
// far. A further bit makes k into 2k or 2k + 1, and the pair for either is one multiplication and one
// squaring away:
//
//      bit 0    k -> 2k        R1 = R0 * R1 = g^(2k+1)     R0 = R0^2 = g^2k
//      bit 1    k -> 2k + 1    R0 = R0 * R1 = g^(2k+1)     R1 = R1^2 = g^(2k+2)
//
//      5^13 mod 23, 13 = 1101
//      i    bit    k     R0 = 5^k    R1 = 5^(k+1)
//                  0      1           5
//      3     1     1      5           2
//      2     1     3     10           4
//      1     0     6      8          17
//      0     1    13     21          13               5^13 = 21 mod 23
//
// R1 = g * R0 holds all the way (tests/test_modexp.c looks at every step): a fault that breaks it is noticed.
// A listener who counts squarings and multiplications learns the length of the exponent and nothing else.
// That takes away the coarse leak, not every one: which of R0 and R1 is written follows the bit, and mpz_t
// arithmetic takes its time from the values. So this file is still not constant-time; powm_secret.c is what
// it takes.
//
// Source: Joye and Yen, The Montgomery Powering Ladder, CHES 2002, figure 3; HAC 14.79 with its
// multiplications made regular. Overview: modexp_methods.c. Read next: modexp_window.c.

#include "bignum/encoding.h"
#include "bignum/modexp_methods.h"

bool bn_modexp_ladder(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus) {
    if (!bn_modexp_in_range(exponent, modulus)) {
        return false;
    }
    mpz_t r0, r1;
    mpz_inits(r0, r1, NULL);
    mpz_set_ui(r0, 1);
    mpz_mod(r0, r0, modulus);
    mpz_mod(r1, base, modulus);
    trace_integer(r0, "R0 = g^k, k being the bits read so far: none.", "R0 = 1");
    trace_integer(r1, "R1 = g^(k+1).", "R1 = g");
    size_t bits = mpz_sgn(exponent) == 0 ? 0 : mpz_sizeinbase(exponent, 2);
    for (size_t i = bits; i-- > 0;) {
        if (mpz_tstbit(exponent, i) == 0) {
            bn_modexp_multiply(r1, r0, r1, modulus, (long)i, "R1 = R0 * R1 mod n");
            bn_modexp_multiply(r0, r0, r0, modulus, (long)i, "R0 = R0^2 mod n");
        } else {
            bn_modexp_multiply(r0, r0, r1, modulus, (long)i, "R0 = R0 * R1 mod n");
            bn_modexp_multiply(r1, r1, r1, modulus, (long)i, "R1 = R1^2 mod n");
        }
    }
    mpz_set(r, r0);
    bn_wipe_clears(r0, r1, NULL);
    return true;
}
