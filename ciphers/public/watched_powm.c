// Chooses between the real exponentiation and the one to look at (watched_powm.h has the rule).

#include "ciphers/public/watched_powm.h"

#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "bignum/modexp.h"
#include "bignum/random.h"
#include "bignum/trace_integer.h"

// Left to right is the order in which one writes it down: square for every bit, multiply where the bit is 1.
static bool powm_by_the_book(const char *label, mpz_t r, const mpz_t base, const mpz_t exponent,
                             const mpz_t modulus) {
    trace_enter("square and multiply, the exponent's bits from left to right", "%s", label);
    bool done = bn_modexp_left_to_right(r, base, exponent, modulus);
    trace_leave();
    return done;
}

bool watched_powm_public(const char *label, mpz_t r, const mpz_t base, const mpz_t exponent,
                         const mpz_t modulus) {
    return trace_on() ? powm_by_the_book(label, r, base, exponent, modulus)
                      : bn_powm_public(r, base, exponent, modulus);
}

bool watched_powm_secret(const char *label, mpz_t r, const mpz_t base, const mpz_t exponent,
                         size_t exponent_bits, const mpz_t modulus) {
    return trace_on() ? powm_by_the_book(label, r, base, exponent, modulus)
                      : bn_powm_secret(r, base, exponent, exponent_bits, modulus);
}

bool watched_inverse_secret(const char *label, mpz_t r, const mpz_t a, const mpz_t modulus) {
    if (trace_on()) {
        trace_enter("extended Euclid", "%s", label);
        bool found = bn_inverse(r, a, modulus);
        trace_leave();
        return found;
    }
    mpz_t t;
    mpz_t product;
    mpz_inits(t, product, NULL);
    bool found = bn_random_below(t, modulus);
    if (found) {
        mpz_mul(product, a, t);
        mpz_mod(product, product, modulus);
        found = bn_inverse(product, product, modulus);
    }
    if (found) {
        mpz_mul(product, product, t);
        mpz_mod(r, product, modulus);
    }
    bn_wipe_clears(t, product, NULL);
    return found;
}
