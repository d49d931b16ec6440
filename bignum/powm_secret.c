// base^exponent mod modulus where the exponent is somebody's private key.
//
// A square-and-multiply that multiplies only at the 1 bits tells the exponent to whoever can time it, watch
// its power or share its cache (Kocher, 1996). The remedy has three parts, and GMP's mpn_sec_powm does them
// all:
//
//      exponent   0 1 1 0 | 1 0 0 1 | 0 0 0 0 | 1 1 0 1      windows of a fixed width, cut at fixed places,
//                    6         9         0         13         as many as the public bound says
//
//      every window        the same squarings and one multiplication, by base^0 = 1 too
//      the table look-up   reads all of base^0 ... base^15 and keeps one by masking: the cache sees no index
//      the arithmetic      Montgomery multiplication whose last subtraction is masked, never skipped
//
// mpz_powm_sec, the same thing for mpz_t, is not used: it takes the length of the exponent from the exponent
// itself (so a short one shows) and it branches on the way in. Here the length is the caller's public bound.
//
// Constant-time in base and exponent, for given sizes (tests/ct_powm.c marks both as secret under valgrind).
// Two things are left outside that statement. The modulus: GMP looks up the inverse of its lowest limb in a
// small table; where the modulus is a secret prime, as in RSA by CRT, that table's cache line is all it
// shows. And the way back into an mpz_t: an mpz_t has no leading zero limbs, so its size says when the
// result's top 64 bits are all zero, which befalls one result in 2^64; bn_powm_secret_limbs is there for
// whoever minds.
//
// The only file of this folder that needs more than mini-gmp has. Tests: tests/test_modexp.c,
// tests/ct_powm.c. Read before: modexp_window.c, modexp_montgomery.c. Read next: euclid.c.

#include "bignum/modexp.h"

#include "bignum/encoding.h"

#include <stdlib.h>

bool bn_powm_secret_limbs(mp_limb_t *result, const mp_limb_t *base, size_t base_size,
                          const mp_limb_t *exponent, size_t exponent_size, const mp_limb_t *modulus,
                          size_t modulus_size) {
    mp_bitcnt_t exponent_bits = (mp_bitcnt_t)exponent_size * GMP_NUMB_BITS;
    mp_size_t scratch_size = mpn_sec_powm_itch((mp_size_t)base_size, exponent_bits, (mp_size_t)modulus_size);
    mp_limb_t *scratch = calloc((size_t)scratch_size, sizeof *scratch);
    if (scratch == NULL) {
        return false;
    }
    mpn_sec_powm(result, base, (mp_size_t)base_size, exponent, exponent_bits, modulus,
                 (mp_size_t)modulus_size, scratch);
    secure_wipe(scratch, (size_t)scratch_size * sizeof *scratch);
    free(scratch);
    return true;
}

// The limbs of x >= 0 in fresh memory, `size` of them, zeros in front. mpz_limbs_read gives those in use; how
// many they are is taken as public.
static mp_limb_t *padded_limbs(const mpz_t x, size_t size) {
    mp_limb_t *limbs = calloc(size, sizeof *limbs);
    if (limbs != NULL && mpz_size(x) > 0) {
        mpn_copyi(limbs, mpz_limbs_read(x), (mp_size_t)mpz_size(x));
    }
    return limbs;
}

static void wipe_limbs(mp_limb_t *limbs, size_t size) {
    if (limbs != NULL) {
        secure_wipe(limbs, size * sizeof *limbs);
        free(limbs);
    }
}

bool bn_powm_secret(mpz_t r, const mpz_t base, const mpz_t exponent, size_t exponent_bits,
                    const mpz_t modulus) {
    size_t exponent_size = exponent_bits / GMP_NUMB_BITS + (exponent_bits % GMP_NUMB_BITS != 0);
    if (mpz_sgn(modulus) <= 0 || mpz_even_p(modulus) || mpz_sgn(exponent) < 0 ||
        mpz_size(exponent) > exponent_size) {
        return false;
    }
    if (mpz_cmp_ui(modulus, 1) == 0) { // everything is 0 mod 1, and Montgomery form needs at least 3
        mpz_set_ui(r, 0);
        return true;
    }
    if (exponent_size == 0) { // nothing but 0 fits: the empty product
        mpz_set_ui(r, 1);
        return true;
    }

    mpz_t reduced;
    mpz_init(reduced);
    if (mpz_sgn(base) < 0) {
        mpz_mod(reduced, base, modulus);
    } else {
        mpz_set(reduced, base); // mpn_sec_powm reduces a base of any size itself, in constant time
    }
    size_t base_size = mpz_size(reduced) > 0 ? mpz_size(reduced) : 1;
    size_t modulus_size = mpz_size(modulus);
    mp_limb_t *base_limbs = padded_limbs(reduced, base_size);
    mp_limb_t *exponent_limbs = padded_limbs(exponent, exponent_size);
    mp_limb_t *result = calloc(modulus_size, sizeof *result);

    bool done = base_limbs != NULL && exponent_limbs != NULL && result != NULL &&
                bn_powm_secret_limbs(result, base_limbs, base_size, exponent_limbs, exponent_size,
                                     mpz_limbs_read(modulus), modulus_size);
    if (done) {
        mpn_copyi(mpz_limbs_write(r, (mp_size_t)modulus_size), result, (mp_size_t)modulus_size);
        mpz_limbs_finish(r, (mp_size_t)modulus_size);
    }

    wipe_limbs(result, modulus_size);
    wipe_limbs(exponent_limbs, exponent_size);
    wipe_limbs(base_limbs, base_size);
    bn_wipe_clears(reduced, NULL);
    return done;
}
