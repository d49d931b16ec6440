// base^exponent mod modulus where nothing is secret: verifying a signature, encrypting to a public key,
// testing a number for primality.
//
// GMP's mpz_powm does the work: a sliding window over Montgomery form, which are the ideas of modexp_window.c
// and modexp_montgomery.c put together, over hand-tuned assembly. tests/test_modexp.c shows that it
// agrees with all the functions that were written here to be read. It is not constant-time: the pattern of
// squarings and multiplications follows the bits of the exponent. For a secret exponent there is
// powm_secret.c.
//
// Tests: tests/test_modexp.c. Read before: modexp_montgomery.c. Read next: powm_secret.c.

#include "bignum/modexp.h"

bool bn_powm_public(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus) {
    if (mpz_sgn(exponent) < 0 || mpz_sgn(modulus) <= 0) {
        return false;
    }
    mpz_powm(r, base, exponent, modulus);
    return true;
}
