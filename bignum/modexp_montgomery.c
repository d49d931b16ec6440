// Montgomery exponentiation: no division by the modulus.
//
// Reducing mod n is a long division, the most expensive step of all. Dividing by a power of two is free: it
// drops limbs. Montgomery (1985) trades one for the other. With R = 2^(64k) > n every number x is kept as xR
// mod n, its Montgomery form, and products are reduced by REDC, which divides by R:
//
//      REDC(T) = T / R mod n        REDC(xR * yR) = xyR: the form is kept
//
// How can one divide by R mod n? Add a multiple of n, which changes nothing mod n, so chosen that the lowest
// limb becomes 0; drop that limb; repeat, k limbs in all:
//
//      T        | t5 | t4 | t3 | t2 | t1 | t0 |       u = t0 * n' mod 2^64, where n' = -n^-1 mod 2^64,
//      + u*n                | .. | .. | .. | t0'|       makes t0 + t0' = 0 mod 2^64: the limb is gone
//      = next   | .. | .. | .. | .. | .. |  0 |
//
// What is left is below 2n when T was below n*R: (T + u-terms)/R < (n*R + R*n)/R. So one subtraction at most
// brings it below n.
//
// Entering the form costs one division (R^2 mod n), leaving it one REDC; in between there are only
// multiplications. n must be odd, or it has no inverse mod 2^64.
//
// Pitfalls. The last subtraction happens or not, depending on the numbers; timing that alone has given RSA
// keys away over a network (Brumley and Boneh, 2003), so real code subtracts always and selects by a mask
// (powm_secret.c). This file subtracts when it must: not constant-time.
//
// Source: HAC algorithms 14.32 (REDC), 14.94 (exponentiation). Its b is 2^64 here, its m our n. Overview:
// modexp_methods.c. Read next: powm_secret.c.

#include "bignum/encoding.h"
#include "bignum/modexp_methods.h"

enum { LIMB = 64 }; // bits: b = 2^64, whatever GMP's own limbs are

// One modulus with what belongs to it.
struct montgomery {
    mpz_t n;
    mpz_t n_prime;    // -n^-1 mod b
    mpz_t r_mod_n;    // R mod n: the Montgomery form of 1
    mpz_t r_square;   // R^2 mod n: REDC(x * R^2) = xR takes x into the form
    mp_bitcnt_t k;    // limbs of n: R = b^k
    mpz_t t, u, term; // REDC's own
};

// -n^-1 mod 2^64 for an odd n, by Newton's iteration: if n*x = 1 mod 2^j, then n*x*(2 - n*x) = 1 mod 2^2j. An
// odd n is its own inverse mod 8, so 3 bits are right at the start, and 6, 12, 24, 48, 96 after five rounds.
static void negative_inverse(mpz_t result, const mpz_t n) {
    mpz_t correction;
    mpz_init(correction);
    mpz_fdiv_r_2exp(result, n, LIMB);
    for (int round = 0; round < 5; round++) {
        mpz_mul(correction, n, result);
        mpz_ui_sub(correction, 2, correction);
        mpz_mul(result, result, correction);
        mpz_fdiv_r_2exp(result, result, LIMB);
    }
    mpz_neg(result, result);
    mpz_fdiv_r_2exp(result, result, LIMB);
    bn_wipe_clears(correction, NULL);
}

static void montgomery_init(struct montgomery *form, const mpz_t n) {
    mpz_inits(form->n, form->n_prime, form->r_mod_n, form->r_square, form->t, form->u, form->term, NULL);
    mpz_set(form->n, n);
    negative_inverse(form->n_prime, n);
    form->k = (mpz_sizeinbase(n, 2) + LIMB - 1) / LIMB;
    mpz_setbit(form->r_mod_n, LIMB * form->k);
    mpz_mod(form->r_mod_n, form->r_mod_n, n);
    mpz_mul(form->r_square, form->r_mod_n, form->r_mod_n);
    mpz_mod(form->r_square, form->r_square, n);
}

static void montgomery_clear(struct montgomery *form) {
    bn_wipe_clears(form->n, form->n_prime, form->r_mod_n, form->r_square, form->t, form->u, form->term, NULL);
}

// HAC 14.32: a = T / R mod n for 0 <= T < n*R.
static void redc(struct montgomery *form, mpz_t a, const mpz_t t) {
    mpz_set(form->t, t);                          // step 1
    for (mp_bitcnt_t i = 0; i < form->k; i++) {   // step 2
        mpz_fdiv_r_2exp(form->u, form->t, LIMB);  // a_i, the lowest limb: those below it have been dropped
        mpz_mul(form->u, form->u, form->n_prime); // 2.1
        mpz_fdiv_r_2exp(form->u, form->u, LIMB);
        mpz_addmul(form->t, form->u, form->n);   // 2.2
        mpz_fdiv_q_2exp(form->t, form->t, LIMB); // step 3, limb by limb
        trace_integer(form->u, NULL, "redc: u[%lu]", (unsigned long)i);
    }
    if (mpz_cmp(form->t, form->n) >= 0) { // step 4
        mpz_sub(form->t, form->t, form->n);
        trace_text("yes", NULL, "redc: subtract n");
    }
    mpz_set(a, form->t); // step 5
}

// r = x * y / R mod n, with its REDC as a nested step: xR and yR give xyR.
static void multiply(struct montgomery *form, mpz_t r, const mpz_t x, const mpz_t y) {
    mpz_mul(form->term, x, y);
    trace_enter(NULL, "REDC");
    redc(form, r, form->term);
    trace_leave();
}

bool bn_modexp_montgomery(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus) {
    if (!bn_modexp_in_range(exponent, modulus) || mpz_even_p(modulus)) {
        return false;
    }
    struct montgomery form;
    mpz_t a, x;
    montgomery_init(&form, modulus);
    mpz_inits(a, x, NULL);
    trace_number(LIMB * form.k, "R = 2^(64k), the first such power above n.", "log2 R");
    trace_integer(form.n_prime, "n' = -n^-1 mod 2^64.", "n'");
    trace_integer(form.r_square, "The one long division, done once for a modulus.", "R^2 mod n");

    // Step 1: into the form. A = R mod n stands for 1, x~ = xR mod n for the base.
    mpz_mod(x, base, modulus);
    multiply(&form, x, x, form.r_square);
    mpz_set(a, form.r_mod_n);
    trace_integer(x, "Step 1: x~ = xR mod n, the Montgomery form of the base.", "x~");
    trace_integer(a, "The Montgomery form of 1.", "A = R mod n");

    size_t bits = mpz_sgn(exponent) == 0 ? 0 : mpz_sizeinbase(exponent, 2);
    for (size_t i = bits; i-- > 0;) { // step 2
        multiply(&form, a, a, a);
        trace_integer(a, NULL, "i = %zu: A = Mont(A, A)", i); // 2.1
        if (mpz_tstbit(exponent, i)) {
            multiply(&form, a, a, x);
            trace_integer(a, NULL, "i = %zu: A = Mont(A, x~)", i); // 2.2
        }
    }
    trace_enter(NULL, "REDC");
    redc(&form, a, a); // step 3: out of the form, A / R
    trace_leave();
    trace_integer(a, "Step 3: A = Mont(A, 1) takes R out again.", "A = Mont(A, 1)");
    mpz_set(r, a);

    bn_wipe_clears(a, x, NULL);
    montgomery_clear(&form);
    return true;
}
