// Right-to-left binary exponentiation: HAC algorithm 14.76.
//
// Reads the exponent from its last bit. S walks through base^1, base^2, base^4, base^8, ... by squaring; A
// gathers those whose bit is 1.
//
//      5^13 mod 23, 13 = 1101
//      i    bit    A                    S
//                  1                    5
//      0     1     1 * 5 = 5            5^2 = 2
//      1     0     5                    2^2 = 4
//      2     1     5 * 4 = 20           4^2 = 16
//      3     1     20 * 16 = 21                       5^13 = 21 mod 23
//
// It needs no knowledge of where the exponent begins, and squaring and multiplication could be done side by
// side. But a 1 takes one multiplication more than a 0: whoever can time a single step reads the exponent
// off. Not constant-time.
//
// Overview: modexp_methods.c. Read next: modexp_left_to_right.c.

#include "bignum/encoding.h"
#include "bignum/modexp_methods.h"

bool bn_modexp_right_to_left(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus) {
    if (!bn_modexp_in_range(exponent, modulus)) {
        return false;
    }
    mpz_t a, s;
    mpz_inits(a, s, NULL);
    mpz_set_ui(a, 1);
    mpz_mod(a, a, modulus);    // step 1; mod 1 even 1 is 0
    mpz_mod(s, base, modulus); // S = g
    trace_integer(a, "Step 1: A gathers the result.", "A = 1");
    trace_integer(s, "S becomes g, g^2, g^4, g^8, ...", "S = g");
    size_t bits = mpz_sgn(exponent) == 0 ? 0 : mpz_sizeinbase(exponent, 2);
    for (size_t i = 0; i < bits; i++) { // step 2
        if (mpz_tstbit(exponent, i)) {
            bn_modexp_multiply(a, a, s, modulus, (long)i, "A = A * S mod n"); // 2.1
        }
        if (i + 1 < bits) { // 2.2
            bn_modexp_multiply(s, s, s, modulus, (long)i, "S = S^2 mod n");
        }
    }
    mpz_set(r, a); // step 3
    bn_wipe_clears(a, s, NULL);
    return true;
}
