// RSA keys: making them (FIPS 186-5, A.1.3), completing them from two primes, and checking them.
//
// A key is two random primes; all else is computed from them. What can go wrong is not the arithmetic but the
// choice: primes from a bad generator that two machines have in common, primes so close together that
// Fermat's method splits n, a private exponent so small that continued fractions find it. Each rule of the
// standard closes one such door, and each is a small function below with the door it closes.
//
// Standard: FIPS 186-5, A.1.1 (what every key must fulfil) and A.1.3 (random primes that are probably prime);
// checks after RFC 8017, 3.2, and SP 800-56B r2, 6.4.1. Sizes below 2048 bits and public exponents below
// 2^16, which the standard no longer allows, are made all the same: they are what the attacks are shown on.
// Status: sound from 2048 bits on, as RSA is (rsa.c).
//
// Tests: tests/test_rsa_keygen.c, tests/test_rsa_openssl.c. Trace: cutaway trace rsa keygen --bits 512.
// Read before: rsa.c, bignum/prime.h. After: rsa_pkcs1.c.
//
// --- map ---------------------------------------------------------------------------------------------------
//
// Symbols: nlen, the bits of n; the rest as in rsa.c. Where a value is drawn and where it is computed:
//
//     random --> p --+--> n = p*q
//                    +--> lcm(p-1, q-1) --+
//     random --> q --+                    +--> d = e^-1 mod lcm --+--> dP = d mod p-1
//                    |      chosen: e ----+                       +--> dQ = d mod q-1
//                    +--> qInv = q^-1 mod p
//
// Conventions: integers alone; bit lengths are those of n (nlen) and half of it for p and q. Not
// constant-time: the search for primes and Euclid's algorithm take as long as they take. A key is made
// once, and the time of that says little about it; do not make keys while an attacker holds the stopwatch.

#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "bignum/primality.h"
#include "bignum/trace_integer.h"
#include "ciphers/public/rsa.h"

// --- the conditions ----------------------------------------------------------------------------------------

// What a candidate for p, and then for q, is held against.
struct prime_rules {
    unsigned nlen;
    const mpz_t *e;
    const mpz_t *other; // p, when the candidate is for q; else NULL
};

// p >= sqrt(2) * 2^(nlen/2 - 1) (A.1.3 steps 4 and 5; A.1.1 criterion 2). Two such primes have a product of
// exactly nlen bits, never one less. Squared, so that no root of 2 is needed: p^2 >= 2 * 2^(nlen - 2) =
// 2^(nlen - 1).
static bool is_large_enough(const mpz_t p, unsigned nlen) {
    mpz_t square;
    mpz_init(square);
    mpz_mul(square, p, p);
    bool large = mpz_sizeinbase(square, 2) >= nlen;
    bn_wipe_clears(square, NULL);
    return large;
}

// gcd(p-1, e) = 1: else e has no inverse, and two messages share a ciphertext. GMP's gcd, since hundreds of
// candidates are asked.
static bool fits_exponent(const mpz_t p, const mpz_t e) {
    mpz_t g;
    mpz_init(g);
    mpz_sub_ui(g, p, 1);
    mpz_gcd(g, g, e);
    bool fits = mpz_cmp_ui(g, 1) == 0;
    bn_wipe_clears(g, NULL);
    return fits;
}

// |p - q| > 2^(nlen/2 - 100). Close primes both lie near the root of n, where Fermat's method looks first.
static bool is_far_from(const mpz_t q, const mpz_t p, unsigned nlen) {
    mpz_t difference;
    mpz_t bound;
    mpz_inits(difference, bound, NULL);
    mpz_sub(difference, p, q);
    mpz_abs(difference, difference);
    mpz_setbit(bound, nlen / 2 - 100);
    bool far = mpz_cmp(difference, bound) > 0;
    bn_wipe_clears(difference, bound, NULL);
    return far;
}

// 2^(nlen/2) < d (A.1.1 criterion 3). A d below n^0.25 is found from (n, e) by Wiener's continued fractions,
// below n^0.292 by Boneh and Durfee; half the bits leave room for whoever comes next.
static bool is_large_exponent(const mpz_t d, size_t nlen) {
    mpz_t bound;
    mpz_init(bound);
    mpz_setbit(bound, nlen / 2);
    bool large = mpz_cmp(d, bound) > 0;
    mpz_clear(bound);
    return large;
}

// The condition that bn_generate_prime holds each candidate against before testing whether it is prime.
static bool obeys_rules(const mpz_t candidate, const void *context) {
    const struct prime_rules *rules = context;
    return is_large_enough(candidate, rules->nlen) && fits_exponent(candidate, *rules->e) &&
           (rules->other == NULL || is_far_from(candidate, *rules->other, rules->nlen));
}

// --- a key from its primes ---------------------------------------------------------------------------------

static void least_common_multiple(mpz_t lcm, const mpz_t a, const mpz_t b) {
    mpz_t g;
    mpz_init(g);
    bn_gcd(g, a, b);
    mpz_divexact(g, a, g);
    mpz_mul(lcm, g, b);
    bn_wipe_clears(g, NULL);
}

// r = a^-1 mod m, in the trace a section of its own: the rows of Euclid fill pages.
static bool inverse(const char *label, mpz_t r, const mpz_t a, const mpz_t m) {
    trace_enter("extended Euclid", "%s", label);
    bool found = bn_inverse(r, a, m);
    trace_leave();
    return found;
}

// n, d, dP, dQ and qInv from p, q and e. On failure the members are a mixture, which the caller wipes or
// drops.
static bool complete(struct rsa_private_key *key, mpz_t p_1, mpz_t q_1, mpz_t lambda) {
    mpz_sub_ui(p_1, key->p, 1);
    mpz_sub_ui(q_1, key->q, 1);
    mpz_mul(key->public.n, key->p, key->q);
    trace_enter("Euclid: lcm(a, b) = a * b / gcd(a, b)", "gcd(p-1, q-1)");
    least_common_multiple(lambda, p_1, q_1); // lambda(n)
    trace_leave();
    // An exercise may state d instead of e; they are each other's inverse.
    if (mpz_sgn(key->public.e) == 0 && !inverse("e = d^-1 mod lcm", key->public.e, key->d, lambda)) {
        return false;
    }
    // The smallest d that works; an inverse mod (p-1)(q-1) works too, but is larger (A.1.1 criterion 3: mod
    // lcm).
    if (!inverse("d = e^-1 mod lcm", key->d, key->public.e, lambda) ||
        !inverse("qInv = q^-1 mod p", key->qInv, key->q, key->p)) {
        return false;
    }
    mpz_mod(key->dP, key->d, p_1);
    mpz_mod(key->dQ, key->d, q_1);
    trace_integer(key->public.n, "p * q", "n");
    trace_integer(lambda, "lambda(n) = lcm(p-1, q-1)", "lcm");
    trace_integer(key->d, "e^-1 mod lcm(p-1, q-1)", "d");
    trace_integer(key->dP, "d mod p-1", "dP");
    trace_integer(key->dQ, "d mod q-1", "dQ");
    trace_integer(key->qInv, "q^-1 mod p", "qInv");
    return true;
}

bool rsa_complete_key(struct rsa_private_key *key) {
    if (mpz_cmp_ui(key->p, 3) < 0 || mpz_even_p(key->p) || mpz_cmp_ui(key->q, 3) < 0 || mpz_even_p(key->q) ||
        mpz_cmp(key->p, key->q) == 0) {
        return false;
    }
    // The larger prime is p: then q < p, and q^-1 mod p is taken of a reduced number.
    if (mpz_cmp(key->p, key->q) < 0) {
        mpz_swap(key->p, key->q);
    }
    mpz_t p_1;
    mpz_t q_1;
    mpz_t lambda;
    mpz_inits(p_1, q_1, lambda, NULL);
    bool done = complete(key, p_1, q_1, lambda);
    bn_wipe_clears(p_1, q_1, lambda, NULL);
    return done;
}

// --- a key from nothing ------------------------------------------------------------------------------------

// FIPS 186-5, A.1.3, for the nlen and e given; steps 1 and 2 with this library's wider bounds. Steps 4.7 and
// 5.8 give up after 5 * nlen candidates for p and 10 * nlen for q; bn_generate_prime does so after 100 * nlen
// for either (200 for each bit of the prime), since an e with many small factors turns most of them away.
bool rsa_generate(struct rsa_private_key *key, unsigned bits, const mpz_t e,
                  const struct bn_progress *progress) {
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 2 != 0) { // step 1
        return false;
    }
    // Step 2. An even e has no inverse, p-1 being even.
    if (mpz_cmp_ui(e, 3) < 0 || mpz_even_p(e) || mpz_sizeinbase(e, 2) > RSA_EXPONENT_BITS_MAX) {
        return false;
    }
    mpz_set(key->public.e, e);
    trace_number(bits, "the length of the modulus in bits (FIPS 186-5, A.1.3)", "nlen");
    trace_integer(e, "the public exponent: odd, so that it can be coprime to p-1 and q-1", "e");
    const mpz_t *exponent = (const mpz_t *)&key->public.e;
    const mpz_t *first = (const mpz_t *)&key->p;
    const struct prime_rules rules_for_p = {.nlen = bits, .e = exponent, .other = NULL};
    const struct prime_rules rules_for_q = {.nlen = bits, .e = exponent, .other = first};
    bool done;
    do {
        trace_enter("a random prime with p >= sqrt(2) * 2^(nlen/2-1) and gcd(p-1, e) = 1 (step 4)",
                    "candidates for p");
        done = bn_generate_prime(key->p, bits / 2, false, obeys_rules, &rules_for_p, progress); // step 4
        trace_leave();
        if (done) {
            trace_enter("the same rules, and |p - q| > 2^(nlen/2-100) (step 5)", "candidates for q");
            done = bn_generate_prime(key->q, bits / 2, false, obeys_rules, &rules_for_q, progress); // step 5
            trace_leave();
        }
        if (done && mpz_cmp(key->p, key->q) < 0) {
            mpz_swap(key->p, key->q);
        }
        if (done) {
            trace_integer(key->p, "the larger prime", "p");
            trace_integer(key->q, "the smaller prime", "q");
            done = rsa_complete_key(key);
        }
    } while (done && !is_large_exponent(key->d, bits)); // A.1.1 criterion 3: else new primes
    if (!done) {
        bn_wipe(key->p);
        bn_wipe(key->q);
        bn_wipe(key->d);
    }
    return done;
}

// --- is this a key? ----------------------------------------------------------------------------------------

bool rsa_check_public_key(const struct rsa_public_key *key) {
    size_t nlen = mpz_sgn(key->n) > 0 ? mpz_sizeinbase(key->n, 2) : 0;
    return nlen >= RSA_BITS_MIN && nlen <= RSA_BITS_MAX && mpz_odd_p(key->n) && mpz_odd_p(key->e) &&
           mpz_cmp_ui(key->e, 3) >= 0 && mpz_cmp(key->e, key->n) < 0;
}

// a * b = 1 mod m.
static bool is_inverse(const mpz_t a, const mpz_t b, const mpz_t m, mpz_t scratch) {
    mpz_mul(scratch, a, b);
    mpz_mod(scratch, scratch, m);
    return mpz_cmp_ui(scratch, 1) == 0;
}

// a = d mod (p - 1), the exponent of one prime (RFC 8017, 3.2), and e * a = 1 mod (p - 1).
static bool is_exponent_for(const mpz_t a, const mpz_t d, const mpz_t e, const mpz_t p, mpz_t p_1,
                            mpz_t scratch) {
    mpz_sub_ui(p_1, p, 1);
    mpz_mod(scratch, d, p_1);
    return mpz_cmp(scratch, a) == 0 && is_inverse(e, a, p_1, scratch);
}

// The relations of RFC 8017, 3.2; p and q are known to be greater than 1, d and qInv to be positive.
static bool members_fit(const struct rsa_private_key *key, mpz_t a, mpz_t b) {
    mpz_mul(a, key->p, key->q);
    return mpz_cmp(a, key->public.n) == 0 && is_exponent_for(key->dP, key->d, key->public.e, key->p, a, b) &&
           is_exponent_for(key->dQ, key->d, key->public.e, key->q, a, b) &&
           is_inverse(key->q, key->qInv, key->p, a) && mpz_cmp(key->qInv, key->p) < 0;
}

static bool is_prime(const mpz_t p) {
    struct bn_primality result;
    bn_primality_init(&result);
    // The number comes from outside and may have been built to pass a few rounds.
    bool prime = bn_primality_test(&result, p, BN_ADVERSARIAL_ROUNDS) && result.verdict != BN_NOT_PRIME;
    bn_primality_clear(&result);
    return prime;
}

bool rsa_check_private_key(const struct rsa_private_key *key) {
    // Ranges first: p - 1 and q - 1 are divided by. dP and dQ need none, being held against remainders.
    if (!rsa_check_public_key(&key->public) || mpz_cmp_ui(key->p, 1) <= 0 || mpz_cmp_ui(key->q, 1) <= 0 ||
        mpz_sgn(key->qInv) <= 0 || mpz_cmp(key->d, key->public.n) >= 0 ||
        !is_large_exponent(key->d, mpz_sizeinbase(key->public.n, 2))) {
        return false;
    }
    mpz_t a;
    mpz_t b;
    mpz_inits(a, b, NULL);
    bool fits = members_fit(key, a, b) && is_prime(key->p) && is_prime(key->q);
    bn_wipe_clears(a, b, NULL);
    return fits;
}

// --- worked example ----------------------------------------------------------------------------------------
//
// rsa_complete_key from p = 61, q = 53, e = 17 gives the key of the worked example in rsa.c. And why the rule
// about distance is there (tests/test_rsa_keygen.c does it): n = 10403 is the product of two primes close
// together. Fermat looks for n = a^2 - b^2 = (a-b)(a+b) from a = ceil(sqrt(n)) = 102 upward: 102^2 - 10403 =
// 1 = 1^2 at the first try, so n = 101 * 103.
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Primes drawn from a generator that had no entropy yet: in 2012 one key in two hundred on the internet
//   shared a prime with another, and one gcd splits both. Here: getrandom(2), which waits until it is seeded.
// - e with a factor in common with p-1. Here: candidates are held against e before they are tested.
// - Trusting a key file: a composite "prime" or a wrong dP makes every signature a gift. Here:
//   rsa_check_private_key, and rsa_private_operation never releases what e does not undo.
//
// --- where next --------------------------------------------------------------------------------------------
//
// rsa_pkcs1.c, the oldest padding. cutaway bench keygen measures this file beside other libraries.
