// Sliding-window exponentiation: HAC algorithm 14.85, with windows of up to four bits.
//
// Left to right, but several bits at a time. Zeros are only squared past; at a 1 a window opens, the longest
// of at most four bits that ends in a 1 too. Its value is odd, so only the odd powers g, g^3, g^5, ..., g^15
// have to stand ready.
//
//      exponent 11749 = 10110111100101 in binary (the example of HAC 14.86)
//
//          1011  0  1111  00  101
//            11        15       5        three multiplications where the binary method takes nine
//
// The table costs one squaring and seven multiplications; that pays from some dozens of bits on. Where the
// windows lie depends on the exponent, and which table entry is read shows in the cache: the leak behind
// "CacheBleed" and its kin. Fixed windows and a table that is always read as a whole are the cure
// (powm_secret.c). Not constant-time.
//
// Overview: modexp_methods.c. Read next: modexp_montgomery.c.

#include "bignum/encoding.h"
#include "bignum/modexp_methods.h"

enum {
    WINDOW = 4,                     // k in HAC
    TABLE_SIZE = 1 << (WINDOW - 1), // g^1, g^3, ..., g^15; entry j is g^(2j+1)
};

// Step 1: the odd powers, each the one before times g^2.
static void precompute(mpz_t table[TABLE_SIZE], const mpz_t g, const mpz_t modulus) {
    mpz_t square;
    mpz_init(square);
    mpz_set(table[0], g);
    trace_integer(g, "Step 1: the odd powers of g, as far as a window of four bits can need them.", "g^1");
    bn_modexp_multiply(square, g, g, modulus, -1, "g^2");
    for (unsigned j = 1; j < TABLE_SIZE; j++) {
        mpz_mul(table[j], table[j - 1], square);
        mpz_mod(table[j], table[j], modulus);
        trace_integer(table[j], NULL, "g^%u", 2 * j + 1);
    }
    bn_wipe_clears(square, NULL);
}

// The lowest bit of the window whose highest is the 1 at i: the window is at most WINDOW long and ends in a
// 1.
static size_t window_end(const mpz_t exponent, size_t i) {
    size_t lowest = i + 1 >= WINDOW ? i + 1 - WINDOW : 0;
    return mpz_scan1(exponent, lowest);
}

bool bn_modexp_window(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus) {
    if (!bn_modexp_in_range(exponent, modulus)) {
        return false;
    }
    mpz_t a, g, table[TABLE_SIZE];
    mpz_inits(a, g, NULL);
    for (unsigned j = 0; j < TABLE_SIZE; j++) {
        mpz_init(table[j]);
    }
    mpz_set_ui(a, 1);
    mpz_mod(a, a, modulus);
    mpz_mod(g, base, modulus);
    precompute(table, g, modulus);
    trace_integer(a, "Step 2: A gathers the result.", "A = 1");

    size_t left = mpz_sgn(exponent) == 0 ? 0 : mpz_sizeinbase(exponent, 2); // bits still to read
    while (left > 0) {                                                      // step 3
        size_t i = left - 1;
        if (mpz_tstbit(exponent, i) == 0) { // 3.1
            bn_modexp_multiply(a, a, a, modulus, (long)i, "A = A^2 mod n");
            left--;
            continue;
        }
        size_t end = window_end(exponent, i); // 3.2
        unsigned value = 0;
        for (; left > end; left--) {
            value = 2 * value + (unsigned)mpz_tstbit(exponent, left - 1);
            bn_modexp_multiply(a, a, a, modulus, (long)left - 1, "A = A^2 mod n");
        }
        mpz_mul(a, a, table[value / 2]);
        mpz_mod(a, a, modulus);
        trace_integer(a, NULL, "i = %zu: A = A * g^%u mod n", end, value);
    }
    mpz_set(r, a); // step 4
    for (unsigned j = 0; j < TABLE_SIZE; j++) {
        bn_wipe_clears(table[j], NULL);
    }
    bn_wipe_clears(a, g, NULL);
    return true;
}
