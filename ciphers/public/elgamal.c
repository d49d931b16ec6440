// ElGamal encryption and signatures (Taher ElGamal, 1985): what Diffie-Hellman becomes when one side is
// asleep.
//
// Encryption. Bob's public value y = g^x stands in a book. Alice makes a fresh pair k, c1 = g^k, as if for a
// Diffie-Hellman run, computes the secret y^k that only she and Bob can know, and multiplies the message by
// it. She sends c1 with it, so that Bob can compute the same secret, c1^x, and divide by it:
//
//       k random ---> c1 = g^k mod p ----------------------->  c1^x = (g^k)^x = (g^x)^k = y^k
//                     c2 = m * y^k mod p ------------------->  m = c2 / c1^x
//
// Signature. Exponents count mod p-1, as hours do mod 12, so x and k can be mixed there: find s with
// h = x*r + k*s mod p-1. Whoever knows x and k solves for s; everyone can check it "in the exponent",
// g^h = y^r * r^s mod p, seeing neither.
//
// Sources: ElGamal's paper (IEEE Transactions on Information Theory 31, 1985); Menezes, van Oorschot,
// Vanstone, Handbook of Applied Cryptography, algorithms 8.17 and 8.18 (encryption), 11.64 (signature). There
// is no standard, and no body publishes test vectors: what there is are the Handbook's examples, below, a few
// of other libraries, and the arithmetic itself. Status: sound in groups of 2048 bits and more if used as
// below; DSA and its elliptic sister grew out of the signature.
//
// Tests: tests/test_elgamal.c; vectors/public/elgamal-textbook.txt,
// vectors/public/elgamal-pycryptodome.txt. Trace: cutaway trace elgamal encrypt ... Read before: dh.c.
// After: protocols/e2e_client_exchange.c, which signs with it.
//
// --- map ---------------------------------------------------------------------------------------------------
//
//     Handbook      here            what
//     p, alpha      group           a prime, and a generator (group->elgamal_g)
//     a, alpha^a    x, y            private and public key, 1 <= x <= p-2
//     k             k               the nonce: fresh for each message, secret, forgotten at once
//     gamma, delta  c1, c2          the ciphertext: two numbers mod p, twice as long as the message
//     r, s          r, s            the signature: r mod p, s mod p-1
//     h(m)          h               the digest as a number, reduced mod p-1
//
// Conventions: integers here; the caller makes bytes a number and a digest h (OS2IP, bignum/encoding.c).
// Constant-time exponentiations by secrets, and no inverse of a secret that Euclid sees bare; GMP's
// multiplication and division around them promise no constant time. A watched run, and elgamal_sign_with, are
// not constant-time.

#include "ciphers/public/elgamal.h"

#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "bignum/random.h"
#include "bignum/trace_integer.h"
#include "ciphers/public/watched_powm.h"

// How often a nonce is drawn before giving up. In a real group one in four will do for a signature; in a toy
// group some keys cannot sign some numbers at all, and that has to end too.
enum { NONCE_ATTEMPTS = 1024 };

// low <= value <= p - below.
static bool is_between(const mpz_t value, unsigned long low, const mpz_t p, unsigned long below) {
    mpz_t high;
    mpz_init(high);
    mpz_sub_ui(high, p, below);
    bool between = mpz_cmp_ui(value, low) >= 0 && mpz_cmp(value, high) <= 0;
    mpz_clear(high);
    return between;
}

// r uniform in [1, p-2]: private keys and nonces.
static bool draw_exponent(const struct bn_group *group, mpz_t r) {
    mpz_t low;
    mpz_t high;
    mpz_inits(low, high, NULL);
    mpz_set_ui(low, 1);
    mpz_sub_ui(high, group->p, 2);
    bool drawn = bn_random_between(r, low, high);
    mpz_clears(low, high, NULL);
    return drawn;
}

// base^exponent mod p, the exponent secret; p's length bounds it, whatever it is.
static bool powm(const struct bn_group *group, const char *label, mpz_t r, const mpz_t base,
                 const mpz_t exponent) {
    return watched_powm_secret(label, r, base, exponent, mpz_sizeinbase(group->p, 2), group->p);
}

// A public value that hides something: y = 1 leaves the message as it is, y = p-1 flips its sign at most.
static bool is_public_key(const struct bn_group *group, const mpz_t y) {
    return is_between(y, 2, group->p, 2);
}

static void trace_group(const struct bn_group *group) {
    trace_integer(group->p, "the modulus, a prime known to all", "p");
    trace_integer(group->elgamal_g, "the generator, known to all", "g");
}

// --- keys (8.17) -------------------------------------------------------------------------------------------

bool elgamal_public_key(const struct bn_group *group, mpz_t public_key, const mpz_t private_key) {
    if (!is_between(private_key, 1, group->p, 2)) {
        return false;
    }
    trace_group(group);
    trace_integer(private_key, "the private key", "x");
    bool done = powm(group, "y = g^x mod p", public_key, group->elgamal_g, private_key);
    if (done) {
        trace_integer(public_key, "the public key g^x mod p (Handbook 8.17 step 2)", "y");
    }
    return done;
}

bool elgamal_generate(const struct bn_group *group, mpz_t private_key, mpz_t public_key) {
    mpz_t x;
    mpz_t y;
    mpz_inits(x, y, NULL);
    bool done;
    int attempts = 128; // in a toy group y may come out as p-1, which no one should encrypt to
    do {
        done = draw_exponent(group, x) && elgamal_public_key(group, y, x);
    } while (done && !is_public_key(group, y) && --attempts > 0);
    done = done && is_public_key(group, y);
    if (done) {
        mpz_set(private_key, x);
        mpz_set(public_key, y);
    }
    bn_wipe_clears(x, y, NULL);
    return done;
}

// --- encryption (8.18) -------------------------------------------------------------------------------------

bool elgamal_encrypt_with(const struct bn_group *group, mpz_t c1, mpz_t c2, const mpz_t public_key,
                          const mpz_t m, const mpz_t k) {
    // m = 0 would stay 0 in plain sight, and m = p would come back as 0.
    if (!is_public_key(group, public_key) || !is_between(m, 1, group->p, 1) ||
        !is_between(k, 1, group->p, 2)) {
        return false;
    }
    mpz_t first;
    mpz_t mask;
    mpz_inits(first, mask, NULL);
    trace_group(group);
    trace_integer(public_key, "the receiver's public key", "y");
    trace_integer(m, "the message, 1 <= m < p (Handbook 8.18 step 1.b)", "m");
    trace_integer(k, "the nonce: fresh, secret, used once (step 1.c)", "k");
    bool done = powm(group, "c1 = g^k mod p", first, group->elgamal_g, k) &&
                powm(group, "y^k mod p", mask, public_key, k);
    if (done) {
        trace_integer(mask, "the secret that only sender and receiver can compute", "y^k");
        mpz_mul(mask, mask, m);
        mpz_mod(c2, mask, group->p);
        mpz_set(c1, first);
        trace_integer(c1, "g^k mod p (step 1.d)", "c1");
        trace_integer(c2, "m * y^k mod p (step 1.d)", "c2");
    }
    bn_wipe_clears(first, mask, NULL);
    return done;
}

bool elgamal_encrypt(const struct bn_group *group, mpz_t c1, mpz_t c2, const mpz_t public_key,
                     const mpz_t m) {
    mpz_t k;
    mpz_init(k);
    bool done = draw_exponent(group, k) && elgamal_encrypt_with(group, c1, c2, public_key, m, k);
    bn_wipe_clears(k, NULL);
    return done;
}

bool elgamal_decrypt(const struct bn_group *group, mpz_t m, const mpz_t private_key, const mpz_t c1,
                     const mpz_t c2) {
    if (!is_between(private_key, 1, group->p, 2) || !is_between(c1, 1, group->p, 1) ||
        !is_between(c2, 1, group->p, 1)) {
        return false;
    }
    mpz_t exponent;
    mpz_t unmask;
    mpz_inits(exponent, unmask, NULL);
    trace_group(group);
    trace_integer(private_key, "the private key", "x");
    trace_integer(c1, "the first half of the ciphertext", "c1");
    trace_integer(c2, "the second half", "c2");
    // Division by c1^x without Euclid: c1^(p-1) = 1 (Fermat), so c1^(p-1-x) is its inverse (8.18 step 2.a).
    mpz_sub_ui(exponent, group->p, 1);
    mpz_sub(exponent, exponent, private_key);
    bool done = powm(group, "c1^(p-1-x) mod p", unmask, c1, exponent);
    if (done) {
        trace_integer(unmask, "(c1^x)^-1 mod p (step 2.a)", "c1^(p-1-x)");
        mpz_mul(unmask, unmask, c2);
        mpz_mod(m, unmask, group->p);
        trace_integer(m, "c2 * (c1^x)^-1 mod p (step 2.b)", "m");
    }
    bn_wipe_clears(exponent, unmask, NULL);
    return done;
}

// --- signature (11.64) -------------------------------------------------------------------------------------

// Step 1.c to 1.e with k and its inverse at hand. False when s = 0: then k must be drawn again, since s = 0
// would mean h = x*r, and r and h are there for all to see.
static bool sign_with_inverse(const struct bn_group *group, mpz_t r, mpz_t s, const mpz_t private_key,
                              const mpz_t h, const mpz_t k, const mpz_t k_inverse) {
    mpz_t order;
    mpz_t first;
    mpz_t second;
    mpz_inits(order, first, second, NULL);
    mpz_sub_ui(order, group->p, 1);
    trace_integer(k, "the nonce: fresh, secret, used once, coprime to p-1 (Handbook 11.64 step 1.a)", "k");
    trace_integer(k_inverse, "k^-1 mod p-1 (step 1.c)", "k^-1");
    bool done = powm(group, "r = g^k mod p", first, group->elgamal_g, k); // step 1.b
    if (done) {
        trace_integer(first, "g^k mod p (step 1.b)", "r");
        mpz_mul(second, private_key, first);
        mpz_sub(second, h, second);
        mpz_mul(second, second, k_inverse);
        mpz_mod(second, second, order); // step 1.d
        trace_integer(second, "k^-1 * (h - x*r) mod p-1 (step 1.d)", "s");
        done = mpz_sgn(second) != 0;
    }
    if (done) {
        mpz_set(r, first);
        mpz_set(s, second);
    }
    bn_wipe_clears(order, first, second, NULL);
    return done;
}

static void trace_signing(const struct bn_group *group, const mpz_t private_key, const mpz_t h) {
    trace_group(group);
    trace_integer(private_key, "the private key", "x");
    trace_integer(h, "the digest of the message as a number", "h");
}

bool elgamal_sign_with(const struct bn_group *group, mpz_t r, mpz_t s, const mpz_t private_key, const mpz_t h,
                       const mpz_t k) {
    if (!is_between(private_key, 1, group->p, 2) || !is_between(k, 1, group->p, 2) || mpz_sgn(h) < 0) {
        return false;
    }
    mpz_t order;
    mpz_t k_inverse;
    mpz_inits(order, k_inverse, NULL);
    mpz_sub_ui(order, group->p, 1);
    trace_signing(group, private_key, h);
    trace_enter("extended Euclid", "k^-1 mod p-1");
    bool done = bn_inverse(k_inverse, k, order);
    trace_leave();
    done = done && sign_with_inverse(group, r, s, private_key, h, k, k_inverse);
    bn_wipe_clears(order, k_inverse, NULL);
    return done;
}

bool elgamal_sign(const struct bn_group *group, mpz_t r, mpz_t s, const mpz_t private_key, const mpz_t h) {
    if (!is_between(private_key, 1, group->p, 2) || mpz_sgn(h) < 0) {
        return false;
    }
    mpz_t order;
    mpz_t k;
    mpz_t k_inverse;
    mpz_inits(order, k, k_inverse, NULL);
    mpz_sub_ui(order, group->p, 1);
    trace_signing(group, private_key, h);
    bool drawn = true;
    bool done = false;
    for (int attempts = NONCE_ATTEMPTS; attempts > 0 && drawn && !done; attempts--) {
        drawn = draw_exponent(group, k); // step 1.a; a k without an inverse is dropped
        done = drawn && watched_inverse_secret("k^-1 mod p-1", k_inverse, k, order) &&
               sign_with_inverse(group, r, s, private_key, h, k, k_inverse);
    }
    bn_wipe_clears(order, k, k_inverse, NULL);
    return done;
}

// Step 2. The values are public: no constant time.
bool elgamal_verify(const struct bn_group *group, const mpz_t public_key, const mpz_t h, const mpz_t r,
                    const mpz_t s) {
    // 2.b, and s too: see the pitfalls for what a missing check costs.
    if (!is_public_key(group, public_key) || mpz_sgn(h) < 0 || !is_between(r, 1, group->p, 1) ||
        !is_between(s, 1, group->p, 2)) {
        return false;
    }
    mpz_t v1;
    mpz_t v2;
    mpz_inits(v1, v2, NULL);
    trace_group(group);
    trace_integer(public_key, "the signer's public key", "y");
    trace_integer(h, "the digest of the message as a number", "h");
    trace_integer(r, "the first half of the signature", "r");
    trace_integer(s, "the second half", "s");
    bool valid = watched_powm_public("y^r mod p", v1, public_key, r, group->p) &&
                 watched_powm_public("r^s mod p", v2, r, s, group->p);
    if (valid) {
        mpz_mul(v1, v1, v2);
        mpz_mod(v1, v1, group->p);
        trace_integer(v1, "y^r * r^s mod p (step 2.c)", "v1");
        valid = watched_powm_public("g^h mod p", v2, group->elgamal_g, h, group->p);
    }
    if (valid) {
        trace_integer(v2, "g^h mod p (step 2.d)", "v2");
        valid = mpz_cmp(v1, v2) == 0;
        trace_text(valid ? "valid" : "invalid", "v1 = v2? (step 2.e)", "signature");
    }
    mpz_clears(v1, v2, NULL);
    return valid;
}

// --- worked examples ---------------------------------------------------------------------------------------
//
// Handbook, example 8.19, and the signature after example 11.65; tests/test_elgamal.c compares every value.
//
//     p = 2357, g = 2, x = 1751         y  = 2^1751 mod 2357 = 1185
//     m = 2035, k = 1520                c1 = 2^1520 mod 2357 = 1430
//                                       c2 = 2035 * 1185^1520 mod 2357 = 697
//     back:                             1430^(2356-1751) = 1430^605 mod 2357 = 872
//                                       872 * 697 mod 2357 = 2035
//
//     h = 1463, k = 1529                r  = 2^1529 mod 2357 = 1490,  k^-1 = 1529^-1 mod 2356 = 245
//                                       s  = 245 * (1463 - 1751*1490) mod 2356 = 1777
//     check:                            v1 = 1185^1490 * 1490^1777 mod 2357 = 1072 = 2^1463 mod 2357 = v2
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - A nonce used twice. Encryption: c2/c2' = m/m'. Signature: s - s' = k^-1 (h - h'), which gives k, and then
//   x: the whole key (tests/test_elgamal.c does it). Here: k is drawn inside, and forgotten; the _with
//   functions are for vectors.
// - A nonce that is a little biased: a few hundred signatures and lattice reduction give x. Here: rejection
//   sampling.
// - No range check on r when verifying. Bleichenbacher (1996): from one signature (r, s) of h, put u = h'/h
//   mod p-1, s' = s*u, and by the CRT an r' that is r*u mod p-1 and r mod p; (r', s') then verifies for h',
//   for any h' at all. But r' >= p: the check 0 < r < p is all that stands against it (tests/test_elgamal.c
//   forges, and is refused). Here: both r and s are checked.
// - Hashing left out: any r = g^u * y^v gives a valid signature of some h that nobody chose. Here: h is meant
//   to be a digest.
// - Encryption is malleable: (c1, 2*c2) decrypts to 2m. Here: nothing prevents it; what must not be changed
//   must be signed.
// - One bit of m shows: whether it is a square mod p follows from c1, c2 and y. Here: nothing prevents it; do
//   not encrypt "yes" and "no" as numbers of which one is a square.
//
// --- where next --------------------------------------------------------------------------------------------
//
// docs/elgamal.md has exercises, among them the forgery.
