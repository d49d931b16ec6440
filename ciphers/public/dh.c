// Diffie-Hellman key agreement (1976): how two people who have never met agree on a secret while everyone
// listens.
//
// Each picks a secret number x and shouts y = g^x mod p across the room. Each raises what the other shouted
// to their own secret, and both hold the same number z:
//
//          Alice                                        Bob
//          x_A secret                                   x_B secret
//          y_A = g^x_A mod p   ------- y_A ------->
//                              <------ y_B --------     y_B = g^x_B mod p
//          z = y_B^x_A                                  z = y_A^x_B
//            = g^(x_B * x_A)      the same number         = g^(x_A * x_B)
//
// A listener has g, y_A and y_B; to get z nobody knows a better way than to find an x, a discrete logarithm.
// It keeps listeners out, not impostors: that y_A comes from Alice, something else must show (apps/:
// signatures, a password).
//
// Standard: SP 800-56A revision 3: 5.6.1.1 (making keys), 5.6.2.3.1 (checking public values), 5.7.1.1 (the
// agreement). Groups: RFC 3526, RFC 7919 (bignum/group.h). Status: sound from 2048 bits on, until large
// quantum computers.
//
// Tests: tests/test_dh.c; vectors/public/dh-kas.txt (NIST's, with public values to refuse),
// vectors/public/dh-rfc5114.txt. Trace: cutaway trace dh derive ... Read before: bignum/modexp.h,
// bignum/group.h. After: elgamal.c.
//
// --- map ---------------------------------------------------------------------------------------------------
//
//     standard      here             what
//     p, q, g       group            the domain parameters: the prime, the order of g, the generator
//     x             private_key      secret, drawn from 1 to q-1
//     y             public_key       g^x mod p
//     z             z                the shared secret as a number
//     Z             out              the shared secret as bytes, as many as p has
//
// Conventions: numbers become bytes most significant first (I2OSP). Constant-time exponentiations by the
// private key; a watched run goes by the book and is not (watched_powm.h).

#include "ciphers/public/dh.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "bignum/trace_integer.h"
#include "ciphers/public/watched_powm.h"

// 1 <= x <= p - 2: x = 0 gives y = 1 whatever the group, and x = p - 1 does too.
static bool is_private_key(const struct bn_group *group, const mpz_t x) {
    mpz_t limit;
    mpz_init(limit);
    mpz_sub_ui(limit, group->p, 1);
    bool in_range = mpz_sgn(x) > 0 && mpz_cmp(x, limit) < 0;
    mpz_clear(limit);
    return in_range;
}

// base^x mod p. The bound on x is p's length, whatever x is: a short x must not show in the time.
static bool powm(const struct bn_group *group, const char *label, mpz_t r, const mpz_t base, const mpz_t x) {
    return watched_powm_secret(label, r, base, x, mpz_sizeinbase(group->p, 2), group->p);
}

static void trace_group(const struct bn_group *group) {
    trace_integer(group->p, "the modulus, a prime known to all", "p");
    trace_integer(group->g, "the generator, known to all", "g");
}

// --- keys --------------------------------------------------------------------------------------------------

bool dh_public_key(const struct bn_group *group, mpz_t public_key, const mpz_t private_key) {
    if (!is_private_key(group, private_key)) {
        return false;
    }
    trace_group(group);
    trace_integer(private_key, "the private key", "x");
    bool done = powm(group, "y = g^x mod p", public_key, group->g, private_key);
    if (done) {
        trace_integer(public_key, "the public key g^x mod p (SP 800-56A r3, 5.6.1.1)", "y");
    }
    return done;
}

// 1 < y < p - 1: the values 1 and p - 1 have order 1 and 2 and make the secret known to all.
static bool is_in_range(const struct bn_group *group, const mpz_t y) {
    mpz_t limit;
    mpz_init(limit);
    mpz_sub_ui(limit, group->p, 1);
    bool in_range = mpz_cmp_ui(y, 1) > 0 && mpz_cmp(y, limit) < 0;
    mpz_clear(limit);
    return in_range;
}

// 5.6.1.1.4, by testing candidates: x uniform in [1, q-1]. A key whose y every peer would refuse is drawn
// again, which only ever happens in a toy group: for a safe prime, g^x = 1 or p - 1 has no solution there.
bool dh_generate(const struct bn_group *group, mpz_t private_key, mpz_t public_key) {
    mpz_t one;
    mpz_t highest;
    mpz_t x;
    mpz_t y;
    mpz_inits(one, highest, x, y, NULL);
    mpz_set_ui(one, 1);
    mpz_sub_ui(highest, group->q, 1);
    bool done;
    int attempts = 128;
    do {
        done = bn_random_between(x, one, highest) && dh_public_key(group, y, x);
    } while (done && !is_in_range(group, y) && --attempts > 0);
    done = done && is_in_range(group, y);
    if (done) {
        mpz_set(private_key, x);
        mpz_set(public_key, y);
    }
    bn_wipe_clears(one, highest, x, y, NULL);
    return done;
}

// --- the agreement -----------------------------------------------------------------------------------------

// FFC DH, 5.7.1.1. The peer's value is a stranger's, and is checked first (5.6.2.3.1): with y = 1 or p - 1
// the secret would be 1 or p - 1; with a y of small order, z would tell x mod that order, and after a few
// such messages all of x.
bool dh_shared_secret(const struct bn_group *group, mpz_t z, const mpz_t private_key,
                      const mpz_t peer_public) {
    if (!is_private_key(group, private_key)) {
        return false;
    }
    trace_group(group);
    trace_integer(private_key, "our private key", "x");
    trace_integer(peer_public, "the peer's public key", "y");
    trace_enter("1 < y < p - 1, and y^q = 1 for a safe prime (SP 800-56A r3, 5.6.2.3.1)", "check of y");
    bool acceptable = bn_group_check_public(group, peer_public);
    trace_leave();
    trace_text(acceptable ? "accepted" : "refused", NULL, "public key");
    if (!acceptable) {
        return false;
    }
    mpz_t secret;
    mpz_init(secret);
    bool done = powm(group, "z = y^x mod p", secret, peer_public, private_key) && // step 1
                is_in_range(group, secret);                                       // step 2: not 0, 1, p - 1
    if (done) {
        mpz_set(z, secret);
        trace_integer(z, "the shared secret y^x mod p (SP 800-56A r3, 5.7.1.1 step 1)", "z");
    }
    bn_wipe_clears(secret, NULL);
    return done;
}

size_t dh_secret_size(const struct bn_group *group) {
    return bn_byte_length(group->p);
}

// 5.7.1.1 step 3. Now and then z begins with a zero byte. Who leaves it out derives another key than a peer
// who does not: a fault that shows once in a few hundred connections.
bool dh_secret_bytes(const struct bn_group *group, uint8_t *out, const mpz_t z) {
    if (!bn_i2osp(out, dh_secret_size(group), z)) {
        return false;
    }
    trace_bytes(out, dh_secret_size(group), "z in as many bytes as p has (5.7.1.1 step 3)", "Z");
    return true;
}

// --- worked example ----------------------------------------------------------------------------------------
//
// p = 23 = 2 * 11 + 1, g = 2, q = 11 (tests/test_dh.c compares it with the trace):
//
//     x_A = 6:  y_A = 2^6 mod 23 = 18            x_B = 9:  y_B = 2^9 mod 23 = 6
//     z = 6^6 mod 23 = 12                        z = 18^9 mod 23 = 12               Z = 0c
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Believing the peer's value. Here: bn_group_check_public, always, and z is looked at as well.
// - Z with its leading zeros stripped. Here: exactly as long as p. (TLS 1.2 did strip them, and had to keep
//   doing so.)
// - Z used as a key. It is a number mod p, not uniform bits. Here: ciphers/hash/hkdf.h comes in between.
// - No authentication: a man in the middle runs it once with each side. Here: the protocols in protocols/
//   sign it, or show what happens when they do not.
//
// --- where next --------------------------------------------------------------------------------------------
//
// elgamal.c turns the agreement into encryption and, with one idea more, into signatures;
// docs/diffie-hellman.md.
