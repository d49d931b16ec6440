// The Jacobi symbol and the strong Lucas test, the second opinion beside Miller-Rabin.
//
// Miller-Rabin calculates with powers of one number. The Lucas test calculates with powers of
//
//      x  =  (P + sqrt(D)) / 2,     a root of   x^2 - P*x + Q = 0,     D = P^2 - 4*Q
//
// and needs no square root for it: x^k = (V_k + U_k * sqrt(D)) / 2 with two sequences of whole numbers,
//
//      U_0 = 0   U_1 = 1   U_k = P*U_(k-1) - Q*U_(k-2)      with P = 1, Q = -1:  0 1 1 2 3 5 8 13  Fibonacci
//      V_0 = 2   V_1 = P   V_k = P*V_(k-1) - Q*V_(k-2)                           2 1 3 4 7 11 18 29  Lucas
//
// When D is no square mod n, these powers live in a world larger than the numbers mod n, where Fermat's
// theorem for a prime n reads U_(n+1) = 0: n + 1 instead of n - 1. A composite that fools the one test has no
// reason to fool the other, and indeed nobody has shown a number that fools both (Baillie, Wagstaff, Lucas
// Pseudoprimes, 1980).
//
// The strong form splits n + 1 = 2^s * d, d odd, as Miller-Rabin splits n - 1. A prime shows U_d = 0, or
// V_(2^r d) = 0 for some 0 <= r < s.
//
// Worked example, n = 5459 = 53 * 103, the smallest odd composite that passes (tests/test_primality.c finds
// it, and that the base 2 of Miller-Rabin convicts it).
//
// Source: FIPS 186-5, B.5 (the Jacobi symbol), B.3.3 (the choice of D; its Lucas test is the plain form);
// Baillie and Wagstaff, section 3 (the strong form). Not constant-time. Tests: tests/test_primality.c.
// Lesson: docs/primes.md. Read next: primality.c, which asks both tests.

#include "bignum/primality.h"

#include "bignum/encoding.h"
#include "bignum/trace_integer.h"

// --- the Jacobi symbol: FIPS 186-5, B.5 --------------------------------------------------------------------
//
// For a prime n, (a/n) says whether a is a square mod n: 1 yes, -1 no, 0 when n divides a. Euler: it is
// a^((n-1)/2) mod n. For a composite n it is the product over the prime factors, and can still be computed
// without them, as fast as a gcd:
//
//      (2/n)   is  1 when n mod 8 is 1 or 7, -1 when it is 3 or 5           take out the twos
//      (a/n) = (n/a) for odd a, n, but with the other sign when both are 3 mod 4      turn over (reciprocity)
//      (n/a) = (n mod a / a)                                                          reduce, as Euclid does
int bn_jacobi(const mpz_t a, const mpz_t n) {
    if (mpz_sgn(n) <= 0 || mpz_even_p(n)) {
        return 0;
    }
    mpz_t top, bottom;
    mpz_init(top);
    mpz_init_set(bottom, n);
    mpz_mod(top, a, n);
    int symbol = 1;
    while (mpz_sgn(top) != 0) {
        mp_bitcnt_t twos = mpz_scan1(top, 0);
        mpz_tdiv_q_2exp(top, top, twos);
        unsigned long bottom_mod_8 = mpz_fdiv_ui(bottom, 8);
        if (twos % 2 == 1 && (bottom_mod_8 == 3 || bottom_mod_8 == 5)) {
            symbol = -symbol;
        }
        if (mpz_fdiv_ui(top, 4) == 3 && bottom_mod_8 % 4 == 3) {
            symbol = -symbol;
        }
        mpz_swap(top, bottom);
        mpz_mod(top, top, bottom);
    }
    bool coprime = mpz_cmp_ui(bottom, 1) == 0;
    bn_wipe_clears(top, bottom, NULL);
    return coprime ? symbol : 0;
}

// --- the choice of D: B.3.3, steps 1 and 2 -----------------------------------------------------------------

// B.4, with GMP's square root in the place of Newton's iteration.
static bool is_square(const mpz_t n) {
    mpz_t root, rest;
    mpz_inits(root, rest, NULL);
    mpz_sqrtrem(root, rest, n);
    bool square = mpz_sgn(rest) == 0;
    bn_wipe_clears(root, rest, NULL);
    return square;
}

// The first D of 5, -7, 9, -11, 13, ... with (D/n) = -1 (Selfridge). 0 when there is proof on the way that n
// is composite: a square, for which no such D exists and the search would not end, or a D that shares a
// factor with n.
static long selfridge_d(const mpz_t n) {
    if (is_square(n)) {
        return 0;
    }
    mpz_t d;
    mpz_init(d);
    long chosen = 0;
    for (long size = 5; chosen == 0; size += 2) {
        mpz_set_si(d, size % 4 == 1 ? size : -size);
        int symbol = bn_jacobi(d, n);
        if (symbol == -1) {
            chosen = mpz_get_si(d);
        } else if (symbol == 0 && mpz_cmpabs(d, n) < 0) {
            break; // gcd(D, n) is a proper factor of n
        }          // symbol 0 and |D| >= n: a small n that divides D, which proves nothing
    }
    mpz_clear(d);
    return chosen;
}

// --- the sequences -----------------------------------------------------------------------------------------

// U_k, V_k and Q^k mod n, for one k at a time.
struct lucas {
    mpz_t u, v, q_power;
};

// k becomes 2k: U_2k = U_k * V_k and V_2k = V_k^2 - 2 Q^k.
static void lucas_double(struct lucas *at, const mpz_t n) {
    mpz_mul(at->u, at->u, at->v);
    mpz_mod(at->u, at->u, n);
    mpz_mul(at->v, at->v, at->v);
    mpz_submul_ui(at->v, at->q_power, 2);
    mpz_mod(at->v, at->v, n);
    mpz_mul(at->q_power, at->q_power, at->q_power);
    mpz_mod(at->q_power, at->q_power, n);
}

// x / 2 mod the odd n: an odd x is made even by adding n.
static void halve(mpz_t x, const mpz_t n) {
    if (mpz_odd_p(x)) {
        mpz_add(x, x, n);
    }
    mpz_fdiv_q_2exp(x, x, 1);
    mpz_mod(x, x, n);
}

// k becomes k + 1, with P = 1: U_(k+1) = (U_k + V_k) / 2 and V_(k+1) = (D U_k + V_k) / 2.
static void lucas_increment(struct lucas *at, const mpz_t d, const mpz_t q, const mpz_t n) {
    mpz_t next_v;
    mpz_init(next_v);
    mpz_mul(next_v, d, at->u);
    mpz_add(next_v, next_v, at->v);
    halve(next_v, n);
    mpz_add(at->u, at->u, at->v);
    halve(at->u, n);
    mpz_swap(at->v, next_v);
    mpz_mul(at->q_power, at->q_power, q);
    mpz_mod(at->q_power, at->q_power, n);
    bn_wipe_clears(next_v, NULL);
}

// To index k by its binary digits, from the left: a doubling for each, an increment more for a 1.
static void lucas_walk(struct lucas *at, const mpz_t k, const mpz_t d, const mpz_t q, const mpz_t n) {
    mpz_set_ui(at->u, 0); // index 0
    mpz_set_ui(at->v, 2);
    mpz_set_ui(at->q_power, 1);
    for (mp_bitcnt_t i = mpz_sizeinbase(k, 2); i-- > 0;) {
        lucas_double(at, n);
        if (mpz_tstbit(k, i)) {
            lucas_increment(at, d, q, n);
        }
        trace_integer(at->u, NULL, "bit %lu: U", (unsigned long)i);
        trace_integer(at->v, NULL, "bit %lu: V", (unsigned long)i);
    }
}

// --- the test ----------------------------------------------------------------------------------------------

bool bn_strong_lucas(const mpz_t n) {
    if (mpz_cmp_ui(n, 2) <= 0 || mpz_even_p(n)) {
        return false;
    }
    long chosen = selfridge_d(n);
    if (chosen == 0) {
        trace_text("composite", "n is a square, or shares a factor with one of 5, -7, 9, -11, ...",
                   "strong Lucas");
        return false;
    }
    mpz_t d, q, k;
    struct lucas at;
    mpz_inits(d, q, k, at.u, at.v, at.q_power, NULL);
    mpz_set_si(d, chosen);
    mpz_set_si(q, (1 - chosen) / 4); // from D = P^2 - 4Q with P = 1
    trace_integer(d, "The first of 5, -7, 9, -11, ... with Jacobi symbol (D/n) = -1.", "D");
    trace_number(1, NULL, "P");
    trace_integer(q, "Q = (1 - D) / 4.", "Q");

    mpz_add_ui(k, n, 1);
    mp_bitcnt_t s = mpz_scan1(k, 0);
    mpz_tdiv_q_2exp(k, k, s);
    trace_number(s, "n + 1 = 2^s * d, d odd.", "s");
    trace_integer(k, NULL, "d");
    lucas_walk(&at, k, d, q, n);
    trace_integer(at.u, "A prime shows 0 here, or in one of the V below.", "U_d");
    bool passed = mpz_sgn(at.u) == 0;
    for (mp_bitcnt_t r = 0; r < s && !passed; r++) {
        trace_integer(at.v, NULL, "r = %lu: V", (unsigned long)r);
        passed = mpz_sgn(at.v) == 0;
        lucas_double(&at, n);
    }
    trace_text(passed ? "passed" : "composite", NULL, "strong Lucas");
    bn_wipe_clears(d, q, k, at.u, at.v, at.q_power, NULL);
    return passed;
}

// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - A square has no D with (D/n) = -1, and the search for one does not end. Here: squares are looked for
//   first.
// - A symbol of 0 means a common factor, which convicts n, unless the factor is n itself. Here: |D| < n is
//   asked.
// - Strong Lucas alone passes composites too (vectors/primes/strong-lucas-pseudoprimes.txt). Its worth is
//   that they are others than Miller-Rabin's.
