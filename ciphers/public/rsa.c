// RSA: the bare operations.
//
// The idea of Rivest, Shamir and Adleman (1977). Pick a modulus n that is the product of two primes. Raising
// to the power e mod n is easy for everyone; undoing it needs the power d that fits e, and finding d is as
// hard, as far as anyone knows, as splitting n into its primes. So (n, e) can be printed in the newspaper:
//
//                    m  ---- ^e mod n ---->  c  ---- ^d mod n ---->  m        encryption: e first, then d
//                    m  ---- ^d mod n ---->  s  ---- ^e mod n ---->  m        signature:  d first, then e
//
// Why it comes back: e*d = 1 mod p-1, so m^(e*d) = m mod p by Fermat's little theorem; the same mod q; so the
// same mod n = p*q by the Chinese remainder theorem.
//
// The bare operation is not encryption: the same m gives the same c, the product of two ciphertexts is the
// ciphertext of the product, and a small m with a small e is not even reduced mod n. That is what the
// paddings are for: rsa_pkcs1.c, rsa_oaep.c, rsa_pss.c.
//
// Standard: RFC 8017 (PKCS #1 v2.2), sections 3 and 5. Status: sound from 2048 bits on, with a padding, until
// large quantum computers.
//
// Tests: tests/test_rsa.c, tests/test_rsa_openssl.c; vectors/public/rsa-textbook.txt. Trace: cutaway trace
// rsa raw --n N --d D VALUE. Read before: bignum/modexp.h, bignum/euclid.h. After: rsa_keygen.c, then the
// paddings.
//
// --- map ---------------------------------------------------------------------------------------------------
//
// The names of RFC 8017, kept in struct rsa_private_key:
//
//     n, e      the public key             K = (n, e)
//     d         the private exponent       e*d = 1 mod lambda(n) = lcm(p-1, q-1)
//     p, q      the primes
//     dP, dQ    d mod p-1, d mod q-1       all that d can matter mod p, mod q (Fermat again)
//     qInv      q^-1 mod p
//     k         the length of n in bytes   rsa_size()
//
// The private operation is done twice at half the size (two numbers of half the length cost a quarter each to
// multiply, and the exponents are half as long) and put together after Garner:
//
//     in --+-- mod p -- ^dP mod p --> m1 --+
//          |                               +--> h = (m1 - m2) * qInv mod p --> m = m2 + q*h
//          +-- mod q -- ^dQ mod q --> m2 --+
//
// Conventions: integers here; bytes become integers, most significant first, in the padding files. The real
// path runs constant-time exponentiations on blinded values. GMP's multiplication and division, around them,
// promise no constant time: they see only values that a fresh random factor has made unpredictable. The
// textbook path, and therefore every watched run, is not constant-time.

#include "ciphers/public/rsa.h"

#include "bignum/encoding.h"
#include "bignum/modexp.h"
#include "bignum/random.h"
#include "bignum/trace_integer.h"
#include "ciphers/public/watched_powm.h"

void rsa_public_key_init(struct rsa_public_key *key) {
    mpz_inits(key->n, key->e, NULL);
}

void rsa_public_key_clear(struct rsa_public_key *key) {
    mpz_clears(key->n, key->e, NULL);
}

void rsa_private_key_init(struct rsa_private_key *key) {
    rsa_public_key_init(&key->public);
    mpz_inits(key->d, key->p, key->q, key->dP, key->dQ, key->qInv, NULL);
}

void rsa_private_key_clear(struct rsa_private_key *key) {
    rsa_public_key_clear(&key->public);
    bn_wipe(key->d);
    bn_wipe(key->p);
    bn_wipe(key->q);
    bn_wipe(key->dP);
    bn_wipe(key->dQ);
    bn_wipe(key->qInv);
    mpz_clears(key->d, key->p, key->q, key->dP, key->dQ, key->qInv, NULL);
}

size_t rsa_size(const struct rsa_public_key *key) {
    return bn_byte_length(key->n);
}

// "Message representative out of range" (RFC 8017, 5.1.1 step 1 and its three sisters). A value of n or more
// would come back as another one.
static bool is_representative(const struct rsa_public_key *key, const mpz_t value) {
    bool in_range = mpz_sgn(value) >= 0 && mpz_cmp(value, key->n) < 0;
    if (!in_range) {
        trace_text("no", "the representative is out of range: refused (step 1)", "0 <= in < n");
    }
    return in_range;
}

static bool has_factors(const struct rsa_private_key *key) {
    return mpz_sgn(key->p) != 0;
}

// --- the public operation ----------------------------------------------------------------------------------

// RSAEP ((n, e), m), 5.1.1, and RSAVP1 ((n, e), s), 5.2.2: one computation under two names.
bool rsa_public_operation(const struct rsa_public_key *key, mpz_t out, const mpz_t in) {
    if (!is_representative(key, in) || mpz_sgn(key->e) <= 0) { // step 1
        return false;
    }
    trace_integer(key->n, "the modulus", "n");
    trace_integer(key->e, "the public exponent", "e");
    trace_integer(in, "the representative to be raised to e: m (RSAEP) or s (RSAVP1)", "in");
    if (!watched_powm_public("in^e mod n", out, in, key->e, key->n)) { // step 2: c = m^e mod n
        return false;
    }
    trace_integer(out, "c = m^e mod n (RFC 8017, 5.1.1), or m = s^e mod n (5.2.2)", "out"); // step 3
    return true;
}

// --- the private operation ---------------------------------------------------------------------------------

// 0 < x < bound: the range of every exponent and inverse in a key (RFC 8017, 3.2). Below 1 nothing is in it.
static bool is_positive_below(const mpz_t x, const mpz_t bound) {
    return mpz_sgn(x) > 0 && mpz_cmp(x, bound) < 0;
}

// What the arithmetic below relies on. A key may come out of a file, and a file may say anything: an even
// modulus has no constant-time exponentiation, a negative exponent none at all, p = 1 no residues to speak
// of.
static bool is_usable(const struct rsa_private_key *key) {
    if (mpz_cmp_ui(key->public.n, 1) <= 0 || mpz_even_p(key->public.n)) {
        return false;
    }
    if (!has_factors(key)) {
        return is_positive_below(key->d, key->public.n);
    }
    return mpz_odd_p(key->p) && mpz_odd_p(key->q) && is_positive_below(key->dP, key->p) &&
           is_positive_below(key->dQ, key->q) && is_positive_below(key->qInv, key->p);
}

static bool powm_private(const char *label, mpz_t r, const mpz_t base, const mpz_t exponent,
                         const mpz_t modulus) {
    return watched_powm_secret(label, r, base, exponent, mpz_sizeinbase(modulus, 2), modulus);
}

// RSADP (K, c), 5.1.2 step 2, second form (two primes): the same value as in^d mod n, in about a quarter of
// the time.
static bool crt_operation(const struct rsa_private_key *key, mpz_t out, const mpz_t in) {
    mpz_t m1;
    mpz_t m2;
    mpz_t h;
    mpz_inits(m1, m2, h, NULL);
    trace_integer(key->p, "the first prime", "p");
    trace_integer(key->q, "the second prime", "q");
    trace_integer(key->dP, "the exponent mod p: d mod p-1", "dP");
    trace_integer(key->dQ, "the exponent mod q: d mod q-1", "dQ");
    trace_integer(key->qInv, "q^-1 mod p", "qInv");
    // 2.b.i: m1 = c^dP mod p, m2 = c^dQ mod q.
    mpz_mod(m1, in, key->p);
    mpz_mod(m2, in, key->q);
    bool done = powm_private("m1 = c^dP mod p", m1, m1, key->dP, key->p) &&
                powm_private("m2 = c^dQ mod q", m2, m2, key->dQ, key->q);
    if (done) {
        trace_integer(m1, "the result mod p (RFC 8017, 5.1.2 step 2.b.i)", "m1");
        trace_integer(m2, "the result mod q", "m2");
        // 2.b.iii: h = (m1 - m2) * qInv mod p: how many times q must be added to m2 to be right mod p as
        // well.
        mpz_sub(h, m1, m2);
        mpz_mul(h, h, key->qInv);
        mpz_mod(h, h, key->p);
        trace_integer(h, "(m1 - m2) * qInv mod p (step 2.b.iii)", "h");
        // 2.b.iv: m = m2 + q * h. At most (q-1) + q*(p-1) = n - 1: no reduction needed.
        mpz_mul(out, key->q, h);
        mpz_add(out, out, m2);
        trace_integer(out, "m2 + q * h (step 2.b.iv)", "m");
    }
    bn_wipe_clears(m1, m2, h, NULL);
    return done;
}

// 5.1.2 step 2, either form: the second where the key has its primes, else the first, m = c^d mod n.
static bool exponentiate(const struct rsa_private_key *key, mpz_t out, const mpz_t in) {
    return has_factors(key) ? crt_operation(key, out, in)
                            : powm_private("m = c^d mod n", out, in, key->d, key->public.n);
}

// Base blinding (Kocher, 1996). Whoever can choose `in` and watch the clock learns from how long arithmetic
// on it takes. So the arithmetic works on in * r^e instead, r fresh and random, which the watcher can neither
// choose nor foresee. (in * r^e)^d = in^d * r: a multiplication with r^-1 gives the result.
static bool blinded_operation(const struct rsa_private_key *key, mpz_t out, const mpz_t in) {
    const struct rsa_public_key *public = &key->public;
    mpz_t r;
    mpz_t r_inverse;
    mpz_t blinded;
    mpz_inits(r, r_inverse, blinded, NULL);
    bool drawn = true;
    bool inverted = false;
    // For the n of a real key the first r has an inverse; for the n = 15 of an exercise, half of them have
    // none.
    for (int attempts = 128; attempts > 0 && drawn && !inverted; attempts--) {
        drawn = bn_random_below(r, public->n);
        inverted = drawn && watched_inverse_secret("r^-1", r_inverse, r, public->n);
    }
    bool done = inverted && bn_powm_public(blinded, r, public->e, public->n);
    if (done) {
        mpz_mul(blinded, blinded, in);
        mpz_mod(blinded, blinded, public->n);
        done = exponentiate(key, blinded, blinded);
    }
    if (done) {
        mpz_mul(blinded, blinded, r_inverse);
        mpz_mod(out, blinded, public->n);
    }
    bn_wipe_clears(r, r_inverse, blinded, NULL);
    return done;
}

// RSADP (K, c), 5.1.2, and RSASP1 (K, m), 5.2.1. A watched run leaves the blinding out and exponentiates by
// the book (watched_powm.h): every value of 5.1.2 is then to be seen. All the checks stay.
bool rsa_private_operation(const struct rsa_private_key *key, mpz_t out, const mpz_t in) {
    if (!is_usable(key) || !is_representative(&key->public, in) || mpz_sgn(key->public.e) <= 0) { // step 1
        return false;
    }
    mpz_t result;
    mpz_t check;
    mpz_inits(result, check, NULL);
    trace_integer(key->public.n, "the modulus", "n");
    trace_integer(in, "the representative to be raised to d: c (RSADP) or m (RSASP1)", "in");
    bool done = trace_on() ? exponentiate(key, result, in) : blinded_operation(key, result, in); // step 2
    // A single wrong bit in m1, in whatever way it came about, gives s with s^e = in mod q but not mod p:
    // then gcd(s^e - in, n) = q, and the key is gone (Boneh, DeMillo, Lipton, 1997). So nothing leaves
    // unchecked.
    done = done && bn_powm_public(check, result, key->public.e, key->public.n) && mpz_cmp(check, in) == 0;
    if (done) {
        mpz_set(out, result); // step 3
        trace_integer(out, "the result, after out^e mod n = in was seen to hold", "out");
    }
    bn_wipe_clears(result, check, NULL);
    return done;
}

// Both forms of 5.1.2 step 2, one after the other, as an exercise does them: no blinding, no e, any modulus.
bool rsa_private_operation_textbook(const struct rsa_private_key *key, mpz_t out, const mpz_t in) {
    if (!is_representative(&key->public, in)) { // step 1
        return false;
    }
    mpz_t by_d;
    mpz_t by_crt;
    mpz_inits(by_d, by_crt, NULL);
    trace_integer(key->public.n, "the modulus", "n");
    trace_integer(key->d, "the private exponent", "d");
    trace_integer(in, "the representative to be raised to d: c (RSADP) or m (RSASP1)", "in");
    trace_enter("the first form: with d alone (5.1.2 step 2.a)", "m = c^d mod n");
    bool done = bn_modexp_left_to_right(by_d, in, key->d, key->public.n);
    trace_leave();
    if (done && has_factors(key)) {
        // The second form: with the primes (step 2.b). Its exponentiations are sections of their own.
        done = is_usable(key) && crt_operation(key, by_crt, in) && mpz_cmp(by_crt, by_d) == 0;
    }
    if (done) {
        mpz_set(out, by_d);
        trace_integer(out, "the result (step 3)", "out");
    }
    bn_wipe_clears(by_d, by_crt, NULL);
    return done;
}

// --- worked example ----------------------------------------------------------------------------------------
//
// The smallest key that every textbook shows, p = 61, q = 53, e = 17. tests/test_rsa.c compares it with the
// trace.
//
//     n = 61 * 53 = 3233              lambda(n) = lcm(60, 52) = 780
//     d = 17^-1 mod 780 = 413         (17 * 413 = 7021 = 9 * 780 + 1)
//     dP = 413 mod 60 = 53            dQ = 413 mod 52 = 49            qInv = 53^-1 mod 61 = 38
//
//     m = 65:   c = 65^17 mod 3233 = 2790
//     back:     m1 = 2790^53 mod 61 = 4       m2 = 2790^49 mod 53 = 12
//               h = (4 - 12) * 38 mod 61 = 1  m = 12 + 53 * 1 = 65
//
// Some books take d = 17^-1 mod (p-1)(q-1) = 2753 instead. It works as well, since 2753 = 413 + 3 * 780.
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Bare RSA as encryption. c1 * c2 decrypts to m1 * m2, and 2^3 = 8 under e = 3 is read off by a cube root.
//   Here: it is called by its name, and the paddings are separate functions that do it right.
// - A value of n or more, silently reduced: two signatures for one message. Here: refused.
// - A clock that tells. Here: constant-time exponentiation on blinded values (tests/ct_rsa_padding.c covers
//   what happens to the bytes afterwards). What remains: GMP keeps no leading zeros, so a decrypted value
//   that begins with zero bytes is a word shorter on its way through the arithmetic.
// - A computing fault in the CRT that gives the primes away. Here: checked with e before release.
// - e without the paddings' randomness, and d small enough to be found by continued fractions (Wiener, 1990).
//   Here: d > 2^(nlen/2) is demanded of new keys and of keys that are checked, rsa_keygen.c.
//
// --- where next --------------------------------------------------------------------------------------------
//
// rsa_keygen.c makes the keys; rsa_pkcs1.c, rsa_oaep.c and rsa_pss.c pad; docs/rsa.md has exercises.
