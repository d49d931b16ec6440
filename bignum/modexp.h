// Modular exponentiation, base^exponent mod modulus: five ways by the book to read and trace, two for real
// use.
//
// All: exponent >= 0, modulus > 0, any base (reduced first, a negative one too); the result lies in
// [0, modulus), so everything mod 1 is 0, and anything^0 is 1 mod modulus. r may be any of the inputs.
// False when the exponent or the modulus is out of range; r is then untouched.
// Source: Menezes, van Oorschot, Vanstone, Handbook of Applied Cryptography, chapter 14, algorithm as named.
#ifndef BIGNUM_MODEXP_H
#define BIGNUM_MODEXP_H

#include "bignum/secure.h"

#include <gmp.h>

typedef bool bn_modexp_function(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus);

// By the book: traced, tested equal, not constant-time.
MUST_CHECK bool bn_modexp_right_to_left(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus);
MUST_CHECK bool bn_modexp_left_to_right(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus);
MUST_CHECK bool bn_modexp_ladder(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus);
MUST_CHECK bool bn_modexp_window(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus);
// Montgomery form with REDC: an odd modulus only.
MUST_CHECK bool bn_modexp_montgomery(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus);

// The five by name ("right-to-left", "left-to-right", "ladder", "window", "montgomery"), ended by a NULL
// name.
struct bn_modexp_method {
    const char *name;
    const char *summary;
    bn_modexp_function *function;
};
extern const struct bn_modexp_method bn_modexp_methods[];

// Real use, public exponent: GMP's mpz_powm, fast and not constant-time.
MUST_CHECK bool bn_powm_public(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus);

// Real use, secret exponent: constant-time in base and exponent for given sizes (mpn_sec_powm). The modulus
// must be odd. `exponent_bits` is a public bound, exponent < 2^exponent_bits, and is rounded up to whole
// limbs (64 bits): the time depends on it, not on the exponent. False also when the exponent does not fit. A
// negative base is reduced first, and that step is not constant-time.
MUST_CHECK bool bn_powm_secret(mpz_t r, const mpz_t base, const mpz_t exponent, size_t exponent_bits,
                               const mpz_t modulus);

// What bn_powm_secret does, on bare limbs (least significant first), for callers that keep secrets out of
// mpz_t: the result has `modulus_size` limbs, leading zeros included. The modulus is odd, > 1, its top limb
// is not zero; all sizes are at least 1. False only when there is no memory.
MUST_CHECK bool bn_powm_secret_limbs(mp_limb_t *result, const mp_limb_t *base, size_t base_size,
                                     const mp_limb_t *exponent, size_t exponent_size,
                                     const mp_limb_t *modulus, size_t modulus_size);

#endif
