// Euclid: the greatest common divisor, how it is made of the two numbers, and the inverse.
//
// The oldest algorithm still in daily use (Elements, book VII). Whatever divides a and b divides the
// remainder r = a - q*b as well, so (a, b) may be replaced by (b, r), which is smaller, until nothing is left
// over. Here it serves to divide where there is no division: the inverse of a mod m is the number to multiply
// by instead, and RSA's private exponent is such an inverse.
//
// The extended form keeps two more columns, x and y, so that every row says how its remainder is made of the
// two numbers at the start:
//
//      row            r            =    a * x   +   b * y
//      --------------------------------------------------
//      start     a                      1           0
//                b                      0           1
//      each      a - q*b           x2 - q*x1   y2 - q*y1        the row before last minus q times the last
//
// The last row before 0 is the gcd with its x and y (Bezout). The worked example of the Handbook of Applied
// Cryptography (2.108), a = 4864, b = 3458:
//
//      q       r       x       y
//      1    1406       1      -1
//      2     646      -2       3
//      2     114       5      -7
//      5      76     -27      38
//      1      38      32     -45       38 = 4864 * 32 - 3458 * 45
//      2       0     -91     128       the end
//
// How long does it take? The remainder at least halves every two rows, so at most two rows for each bit of b:
// a thousand or so for RSA. Consecutive Fibonacci numbers are the worst case, every q is 1.
//
// Pitfalls. An inverse exists only where gcd(a, m) = 1; a program that does not look signs with a private
// exponent that is none. C's % takes the sign of the dividend (-7 % 5 is -2): here mod always means a result
// in [0, m).
//
// Not constant-time: the rows and their lengths follow the numbers. Used on secrets during key generation
// only, once. Tests: tests/test_euclid.c, which compares the table above through the trace. Lesson:
// docs/euclid-and-crt.md.

#include "bignum/euclid.h"

#include "bignum/encoding.h"
#include "bignum/trace_integer.h"

// HAC algorithm 2.104: while b != 0, (a, b) becomes (b, a mod b).
void bn_gcd(mpz_t g, const mpz_t a, const mpz_t b) {
    mpz_t larger, smaller, q, r;
    mpz_inits(larger, smaller, q, r, NULL);
    mpz_abs(larger, a); // the divisors of a number do not know its sign
    mpz_abs(smaller, b);
    trace_integer(larger, "What divides a and b divides a - q*b too, so the remainder may take a's place.",
                  "a");
    trace_integer(smaller, NULL, "b");
    for (unsigned row = 1; mpz_sgn(smaller) != 0; row++) {
        mpz_tdiv_qr(q, r, larger, smaller);
        trace_integer(q, NULL, "row[%2u].q", row);
        trace_integer(r, NULL, "row[%2u].r", row);
        mpz_set(larger, smaller);
        mpz_set(smaller, r);
    }
    mpz_set(g, larger);
    trace_integer(g, "The last remainder before 0.", "gcd");
    bn_wipe_clears(larger, smaller, q, r, NULL);
}

// (second, first) becomes (first, second - q*first): one column of the table moves down one row.
static void next_row(mpz_t second, mpz_t first, const mpz_t q) {
    mpz_submul(second, q, first);
    mpz_swap(second, first);
}

// HAC algorithm 2.107, the steps in its names: r2, r1 stand for its a, b as they shrink.
void bn_extended_euclid(mpz_t g, mpz_t x, mpz_t y, const mpz_t a, const mpz_t b) {
    mpz_t r2, r1, x2, x1, y2, y1, q;
    mpz_inits(r2, r1, x2, x1, y2, y1, q, NULL);
    mpz_abs(r2, a);
    mpz_abs(r1, b);
    mpz_set_ui(x2, 1); // step 2: |a| = |a|*1 + |b|*0
    mpz_set_ui(y1, 1); //         |b| = |a|*0 + |b|*1
    trace_integer(r2, "Every row keeps r = a*x + b*y (HAC 2.107).", "a");
    trace_integer(r1, NULL, "b");
    for (unsigned row = 1; mpz_sgn(r1) != 0; row++) { // step 3
        mpz_tdiv_q(q, r2, r1);
        next_row(r2, r1, q);
        next_row(x2, x1, q);
        next_row(y2, y1, q);
        trace_integer(q, NULL, "row[%2u].q", row);
        trace_integer(r1, NULL, "row[%2u].r", row);
        trace_integer(x1, NULL, "row[%2u].x", row);
        trace_integer(y1, NULL, "row[%2u].y", row);
    }
    // Step 4. For a negative a, |a|*x is a*(-x).
    mpz_set(g, r2);
    mpz_set(x, x2);
    mpz_set(y, y2);
    if (mpz_sgn(a) < 0) {
        mpz_neg(x, x);
    }
    if (mpz_sgn(b) < 0) {
        mpz_neg(y, y);
    }
    trace_integer(g, "The last remainder before 0, with its x and y.", "gcd");
    trace_integer(x, NULL, "x");
    trace_integer(y, NULL, "y");
    bn_wipe_clears(r2, r1, x2, x1, y2, y1, q, NULL);
}

// HAC algorithm 2.142: a*x + m*y = 1 read mod m is a*x = 1.
bool bn_inverse(mpz_t r, const mpz_t a, const mpz_t m) {
    if (mpz_sgn(m) <= 0) {
        return false;
    }
    mpz_t reduced, g, x, y;
    mpz_inits(reduced, g, x, y, NULL);
    mpz_mod(reduced, a, m);
    bn_extended_euclid(g, x, y, reduced, m);
    bool invertible = mpz_cmp_ui(g, 1) == 0;
    if (invertible) {
        mpz_mod(r, x, m);
        trace_integer(r, "The gcd is 1, so a*x = 1 mod m: x, brought into [0, m), is the inverse.",
                      "inverse");
    } else {
        trace_text("none", "The gcd is not 1: every a*x shares a factor with m and cannot be 1 mod m.",
                   "inverse");
    }
    bn_wipe_clears(reduced, g, x, y, NULL);
    return invertible;
}
