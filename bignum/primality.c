// Is this number prime? Trial division proves it for small numbers, Miller-Rabin makes it as good as certain
// for all.
//
// Fermat: for a prime w and any b it does not divide, b^(w-1) = 1 mod w. Turned round it is a test: a b with
// another result is a witness that w is composite, without showing a factor. But some composites have next to
// no such witness (the Carmichael numbers: 561 = 3 * 11 * 17). Miller and Rabin look closer. Write w - 1 =
// 2^a * m with m odd and reach b^(w-1) from b^m by squaring:
//
//      b^m  ->  b^2m  ->  b^4m  ->  ...  ->  b^(2^a m) = b^(w-1)
//
//      a prime shows          1   1   1  ...  1          or         ?   ?  -1   1  ...  1
//
// because mod a prime only 1 and -1 have the square 1: the first 1 comes after a -1, or is the first of all.
//
// 561 to the base 2: w - 1 = 2^4 * 35; 2^35 = 263, 2^70 = 166, 2^140 = 67, 2^280 = 1. The 1 after 67
// convicts: 67 is a square root of 1 that is neither 1 nor -1, and gcd(67 - 1, 561) = 33 even gives a factor.
//
// At most a quarter of all b fail to convict a composite (Rabin 1980), whatever the composite, so t random
// bases let it through with a chance of at most 4^-t. For a random candidate it is far less, since most
// composites are convicted by nearly every base (Damgard, Landrock, Pomerance 1993): hence the few rounds of
// bn_miller_rabin_rounds, which are for candidates that we drew ourselves and for nobody else's.
//
// Source: FIPS 186-5, B.3.1 (the steps), table B.1 and C.1 (rounds). Not constant-time: how long it takes
// depends on the candidate. Composite candidates are thrown away, and the exponentiations with the prime that
// stays are few and use bases that nobody else learns. Tests: tests/test_primality.c. Lesson: docs/primes.md.
// Read before: lucas.c. Read next: prime.c.

#include "bignum/primality.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "bignum/small_primes.h"
#include "bignum/trace_integer.h"

// --- trial division ----------------------------------------------------------------------------------------

unsigned long bn_trial_division(const mpz_t n, unsigned long limit) {
    const uint16_t *primes = bn_small_primes();
    unsigned long tried = 0;
    unsigned long factor = 0;
    while (tried < BN_SMALL_PRIME_COUNT && primes[tried] < limit && factor == 0) {
        if (mpz_fdiv_ui(n, primes[tried]) == 0) {
            factor = primes[tried];
        }
        tried++;
    }
    trace_number(tried, "Trial division: the primes 2, 3, 5, ... in turn.", "primes tried");
    trace_number(factor, factor != 0 ? "The smallest prime that divides n." : "None of them divides n.",
                 "factor");
    return factor;
}

// --- Miller-Rabin: FIPS 186-5, B.3.1 -----------------------------------------------------------------------

// Steps 4.3 to 4.7 for w and b, with w - 1 = 2^a * m. True to continue (4.7), false for COMPOSITE (4.6).
static bool miller_rabin_round(const mpz_t w, const mpz_t w_minus_1, unsigned long a, const mpz_t m,
                               const mpz_t b) {
    mpz_t z;
    mpz_init(z);
    trace_integer(b, "The base of this round.", "b");
    mpz_powm(z, b, m, w); // 4.3
    trace_integer(z, "Step 4.3: z = b^m mod w.", "z = b^m");
    bool passed = mpz_cmp_ui(z, 1) == 0 || mpz_cmp(z, w_minus_1) == 0; // 4.4
    for (unsigned long j = 1; j < a && !passed; j++) {                 // 4.5
        mpz_mul(z, z, z);
        mpz_mod(z, z, w); // 4.5.1
        trace_integer(z, j == 1 ? "Step 4.5.1: z = z^2 mod w." : NULL, "j = %lu: z^2", j);
        passed = mpz_cmp(z, w_minus_1) == 0; // 4.5.2
        if (mpz_cmp_ui(z, 1) == 0) {         // 4.5.3: from here on all squares are 1
            break;
        }
    }
    trace_text(passed ? "continue" : "composite",
               passed ? "Steps 4.4, 4.5.2: b^m is 1, or -1 was met on the way, as for a prime."
                      : "Step 4.6: -1 was never met. b is a witness that w is composite.",
               "round");
    bn_wipe_clears(z, NULL);
    return passed;
}

bool bn_miller_rabin_base(const mpz_t n, const mpz_t a) {
    if (mpz_cmp_ui(n, 3) <= 0 || mpz_even_p(n) || mpz_cmp_ui(a, 1) <= 0) {
        return false;
    }
    mpz_t w_minus_1, m;
    mpz_inits(w_minus_1, m, NULL);
    mpz_sub_ui(w_minus_1, n, 1);
    bool passed = false;
    if (mpz_cmp(a, w_minus_1) < 0) {
        unsigned long twos = mpz_scan1(w_minus_1, 0); // step 1
        mpz_tdiv_q_2exp(m, w_minus_1, twos);          // step 2
        trace_number(twos, "Step 1: w - 1 = 2^a * m, m odd.", "a");
        trace_integer(m, "Step 2.", "m");
        passed = miller_rabin_round(n, w_minus_1, twos, m, a);
    }
    bn_wipe_clears(w_minus_1, m, NULL);
    return passed;
}

// --- how many rounds: FIPS 186-5, table B.1 ----------------------------------------------------------------

// For a candidate of k bits drawn at random, t rounds let a composite through with a chance of at most
// p(k,t), the bound of C.1. The rows with a mark are those of table B.1 (Miller-Rabin alone, the higher of
// its two security levels); the others are computed by the same formula for 2^-112, and below 17 bits, where
// it says nothing, 4^-56 = 2^-112 holds for every composite. tests/test_primality.c evaluates C.1 and finds
// all of them.
// clang-format off
static const struct {
    unsigned bits; // from this length on
    unsigned rounds;
} rounds_table[] = {
    {2048, 4}, // table B.1: 2^-144
    {1536, 4}, // table B.1: 2^-128
    {1061, 4},
    { 852, 5}, // table B.1, for 1024 bits: 2^-112
    { 715,  6}, { 619,  7}, { 547,  8}, { 491,  9}, { 447, 10}, { 411, 11}, { 381, 12}, { 356, 13}, { 335, 14},
    { 316, 15}, { 300, 16}, { 286, 17}, { 274, 18}, { 262, 19}, { 251, 20}, { 216, 25}, { 186, 30},
    { 155, 35}, { 124, 40}, {  93, 45}, {  61, 50}, {   0, 56},
};
// clang-format on

unsigned bn_miller_rabin_rounds(unsigned bits) {
    size_t row = 0;
    while (bits < rounds_table[row].bits) {
        row++;
    }
    return rounds_table[row].rounds;
}

// --- the two tests together ---------------------------------------------------------------------------------

// Miller-Rabin to base 2 and strong Lucas fail on different numbers: no composite is known that passes both
// (Baillie and Wagstaff 1980).
bool bn_baillie_psw(const mpz_t n) {
    if (mpz_cmp_ui(n, 3) <= 0 || mpz_even_p(n)) {
        return mpz_cmp_ui(n, 2) == 0 || mpz_cmp_ui(n, 3) == 0;
    }
    mpz_t two;
    mpz_init_set_ui(two, 2);
    bool passed = bn_miller_rabin_base(n, two) && bn_strong_lucas(n);
    mpz_clear(two);
    return passed;
}

// --- the whole examination ---------------------------------------------------------------------------------

void bn_primality_init(struct bn_primality *result) {
    *result = (struct bn_primality){.verdict = BN_NOT_PRIME, .reason = BN_REASON_BELOW_TWO};
    mpz_init(result->witness);
}

void bn_primality_clear(struct bn_primality *result) {
    bn_wipe_clears(result->witness, NULL);
}

static void conclude(struct bn_primality *result, enum bn_primality_verdict verdict,
                     enum bn_primality_reason reason) {
    static const char *const names[] = {[BN_NOT_PRIME] = "not prime",
                                        [BN_PRIME_PROVED_BY_TRIAL] = "prime",
                                        [BN_PROBABLY_PRIME] = "probably prime"};
    result->verdict = verdict;
    result->reason = reason;
    trace_text(names[verdict], NULL, "verdict");
}

// Miller-Rabin with random bases. *passed says how it ended; false when the random generator fails.
static bool random_rounds(struct bn_primality *result, const mpz_t n, unsigned rounds, bool *passed) {
    mpz_t two, n_minus_2;
    mpz_inits(two, n_minus_2, NULL);
    mpz_set_ui(two, 2);
    mpz_sub_ui(n_minus_2, n, 2);
    bool drawn = true;
    *passed = true;
    while (drawn && *passed && result->rounds < rounds) {
        // 4.1 and 4.2 draw as many bits as w has until 1 < b < w-1; so does this.
        drawn = bn_random_between(result->witness, two, n_minus_2);
        if (drawn) {
            result->rounds++;
            trace_enter(NULL, "Miller-Rabin, round %u", result->rounds);
            *passed = bn_miller_rabin_base(n, result->witness);
            trace_leave();
        }
    }
    if (!drawn || *passed) {
        mpz_set_ui(result->witness, 0);
    }
    mpz_clears(two, n_minus_2, NULL);
    return drawn;
}

bool bn_primality_test(struct bn_primality *result, const mpz_t n, unsigned rounds) {
    result->factor = 0;
    result->rounds = 0;
    mpz_set_ui(result->witness, 0);
    trace_integer(n, NULL, "n");
    if (mpz_cmp_ui(n, 2) < 0) {
        conclude(result, BN_NOT_PRIME, BN_REASON_BELOW_TWO);
        return true;
    }
    result->factor = bn_trial_division(n, BN_SMALL_PRIME_LIMIT);
    if (result->factor != 0 && mpz_cmp_ui(n, result->factor) != 0) {
        conclude(result, BN_NOT_PRIME, BN_REASON_SMALL_FACTOR);
        return true;
    }
    result->factor = 0;
    if (mpz_sizeinbase(n, 2) <= 32) { // a composite this small has a factor below 2^16
        conclude(result, BN_PRIME_PROVED_BY_TRIAL, BN_REASON_TRIAL);
        return true;
    }
    bool passed = false;
    if (!random_rounds(result, n, rounds, &passed)) {
        result->verdict = BN_NOT_PRIME;
        return false;
    }
    if (!passed) {
        conclude(result, BN_NOT_PRIME, BN_REASON_WITNESS);
        return true;
    }
    trace_enter(NULL, "strong Lucas");
    passed = bn_strong_lucas(n);
    trace_leave();
    conclude(result, passed ? BN_PROBABLY_PRIME : BN_NOT_PRIME, passed ? BN_REASON_PASSED : BN_REASON_LUCAS);
    return true;
}

// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Fermat's test alone: the Carmichael numbers pass it to every base that shares no factor with them
//   (vectors/primes/carmichael.txt).
// - Fixed bases: composites can be built that pass Miller-Rabin to all of them, as Arnault's number of 397
//   digits does for every prime base below 307 (vectors/primes/arnault.txt). Here: random bases, and strong
//   Lucas behind.
// - Few rounds for a number from a stranger. Here: BN_ADVERSARIAL_ROUNDS wherever a number was not drawn
//   here.
// - The small numbers: 0, 1 and the negative ones are not prime, 2 is, and w = 3 has no base 1 < b < w-1.
//
// Where next: prime.c, which finds primes.
