// Primitive roots: numbers whose powers run through everything.
//
// Mod a prime p the powers g, g^2, g^3, ... come back to 1 after a number of steps, the order of g, which
// divides p - 1. When it is p - 1 itself, the powers are all of 1 ... p-1 and g is called a primitive root,
// or a generator:
//
//      mod 7:   3 -> 2 -> 6 -> 4 -> 5 -> 1       order 6, a primitive root
//               2 -> 4 -> 1                      order 3, half of them are never met
//
// A listener who sees g^x knows at least which powers there are to choose from; Diffie-Hellman wants them to
// be many. To test g it is enough to look at the largest possible shorter orders (HAC fact 2.132): g is a
// primitive root unless g^((p-1)/f) = 1 for a prime factor f of p - 1. For p = 1021, p - 1 = 2^2 * 3 * 5 *
// 17, and 22 and 30 pass: the generators of the toy group.
//
// Tests: tests/test_primes.c. Lesson: docs/groups.md. Read next: group.c.

#include "bignum/prime.h"

#include "bignum/encoding.h"
#include "bignum/primality.h"
#include "bignum/small_primes.h"
#include "bignum/trace_integer.h"

bool bn_is_primitive_root(const mpz_t g, const mpz_t p, size_t count, const mpz_t factors[]) {
    if (mpz_cmp_ui(p, 2) < 0) {
        return false;
    }
    mpz_t p_minus_1, exponent, power;
    mpz_inits(p_minus_1, exponent, power, NULL);
    mpz_sub_ui(p_minus_1, p, 1);
    mpz_mod(power, g, p);
    bool generates = mpz_sgn(power) != 0;
    for (size_t i = 0; i < count && generates; i++) {
        if (mpz_sgn(factors[i]) <= 0) {
            generates = false;
            break;
        }
        mpz_tdiv_q(exponent, p_minus_1, factors[i]);
        mpz_powm(power, g, exponent, p);
        trace_integer(factors[i], "A prime factor f of p - 1.", "f");
        trace_integer(power, "g^((p-1)/f) mod p: 1 would mean that the order of g is shorter (HAC 2.132).",
                      "g^((p-1)/f)");
        generates = mpz_cmp_ui(power, 1) != 0;
    }
    mpz_clears(p_minus_1, exponent, power, NULL);
    return generates;
}

// The distinct prime factors of n < 2^32, by trial division; there are at most nine, for 2*3*5*...*23 is
// below 2^32 and one prime more is not.
enum { MAX_FACTORS = 9 };
static size_t factor_small(mpz_t factors[MAX_FACTORS], unsigned long n) {
    const uint16_t *primes = bn_small_primes();
    size_t count = 0;
    for (unsigned i = 0; i < BN_SMALL_PRIME_COUNT && (unsigned long)primes[i] * primes[i] <= n; i++) {
        if (n % primes[i] == 0) {
            mpz_set_ui(factors[count++], primes[i]);
        }
        while (n % primes[i] == 0) {
            n /= primes[i];
        }
    }
    if (n > 1) { // what is left has no factor up to its square root
        mpz_set_ui(factors[count++], n);
    }
    return count;
}

// Tries 1, 2, 3, ... or p-1, p-2, p-3, ...: primitive roots are frequent, so either is short.
static bool search(mpz_t g, const mpz_t p, bool largest) {
    if (mpz_cmp_ui(p, 2) < 0 || mpz_sizeinbase(p, 2) > 32) {
        return false;
    }
    unsigned long factor = bn_trial_division(p, BN_SMALL_PRIME_LIMIT);
    if (factor != 0 && mpz_cmp_ui(p, factor) != 0) {
        return false;
    }
    mpz_t factors[MAX_FACTORS], candidate;
    for (size_t i = 0; i < MAX_FACTORS; i++) {
        mpz_init(factors[i]);
    }
    mpz_init(candidate);
    size_t count = factor_small(factors, mpz_get_ui(p) - 1);
    if (largest) {
        mpz_sub_ui(candidate, p, 1);
    } else {
        mpz_set_ui(candidate, 1);
    }
    while (!bn_is_primitive_root(candidate, p, count, (const mpz_t *)factors)) {
        if (largest) {
            mpz_sub_ui(candidate, candidate, 1);
        } else {
            mpz_add_ui(candidate, candidate, 1);
        }
    }
    mpz_set(g, candidate);
    trace_integer(g, largest ? "The largest primitive root." : "The smallest primitive root.", "g");
    mpz_clear(candidate);
    for (size_t i = 0; i < MAX_FACTORS; i++) {
        mpz_clear(factors[i]);
    }
    return true;
}

bool bn_smallest_primitive_root(mpz_t g, const mpz_t p) {
    return search(g, p, false);
}

bool bn_largest_primitive_root(mpz_t g, const mpz_t p) {
    return search(g, p, true);
}

// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Looking at one shorter order only: 6^3 = 6 mod 7 is not 1, and yet 6 has order 2. Here: every prime
//   factor of p - 1 is asked.
// - Needing the factors of p - 1, which for a long random p nobody can find. Here: given by the caller, or p
//   < 2^32; a safe prime has them by construction, 2 and q.
