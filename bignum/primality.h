// Is this number prime? Trial division, Miller-Rabin, strong Lucas, and the symbols of Jacobi they rest on.
//
// Source: FIPS 186-5 appendix B.3 (Miller-Rabin, Lucas), B.5 (Jacobi), table B.1 and C.1 (round counts). Not constant-time.
#ifndef BIGNUM_PRIMALITY_H
#define BIGNUM_PRIMALITY_H

#include "bignum/secure.h"

#include <gmp.h>

// The Jacobi symbol (a/n) as -1, 0 or 1; n odd and > 0.
int bn_jacobi(const mpz_t a, const mpz_t n);

// The smallest prime below `limit` that divides n, or 0. Finds n itself when n is such a prime. limit <= 65536.
unsigned long bn_trial_division(const mpz_t n, unsigned long limit);

// One Miller-Rabin round to the base a (B.3.1 steps 4.3 to 4.7), n odd > 3, 1 < a < n-1: true when n passes,
// false when a is a witness that n is composite, and outside these ranges.
MUST_CHECK bool bn_miller_rabin_base(const mpz_t n, const mpz_t a);

// The strong Lucas test with Selfridge's parameters (Baillie and Wagstaff 1980), n odd > 2: true when n passes.
MUST_CHECK bool bn_strong_lucas(const mpz_t n);

// Miller-Rabin to base 2, then strong Lucas: no composite is known that passes. Any n >= 0.
MUST_CHECK bool bn_baillie_psw(const mpz_t n);

// Miller-Rabin rounds, without a Lucas test, for a candidate of this many bits that was drawn at random. FIPS 186-5,
// table B.1, the higher of its two levels: 5 for 1024 bits (error at most 2^-112), 4 for 1536 (2^-128), 4 for 2048
// (2^-144) and more; lengths that the table leaves out by its formula in C.1, for 2^-112. A number from elsewhere may
// be chosen to fool us, and gets 64: 4^-64 = 2^-128, whatever it is.
unsigned bn_miller_rabin_rounds(unsigned bits);
enum { BN_ADVERSARIAL_ROUNDS = 64 };

// What was tried on n, and what it showed: the certificate that `cutaway prime test` prints.
enum bn_primality_verdict { BN_NOT_PRIME, BN_PRIME_PROVED_BY_TRIAL, BN_PROBABLY_PRIME };
enum bn_primality_reason {
    BN_REASON_BELOW_TWO,    // 0, 1 and the negative numbers are not prime by definition
    BN_REASON_SMALL_FACTOR, // `factor` divides n
    BN_REASON_WITNESS,      // `witness` is a Miller-Rabin witness, found in round `rounds`
    BN_REASON_LUCAS,        // passed Miller-Rabin, failed strong Lucas
    BN_REASON_TRIAL,        // no divisor up to the square root: proved prime
    BN_REASON_PASSED,       // passed trial division, `rounds` random bases and strong Lucas
};
struct bn_primality {
    enum bn_primality_verdict verdict;
    enum bn_primality_reason reason;
    unsigned long factor;
    unsigned rounds;
    mpz_t witness;
};
void bn_primality_init(struct bn_primality *result);
void bn_primality_clear(struct bn_primality *result);

// Tests n with trial division, `rounds` Miller-Rabin rounds to random bases, and strong Lucas. False only when
// the random generator fails; the answer is in result->verdict.
MUST_CHECK bool bn_primality_test(struct bn_primality *result, const mpz_t n, unsigned rounds);

#endif
