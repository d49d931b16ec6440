// RSASSA-PSS: the probabilistic signature scheme, by Bellare and Rogaway (1996).
//
// PKCS #1 v1.5 signs a digest in a fixed frame; nobody has broken it, and nobody has shown why it should not
// break. PSS can be shown to be as hard to forge as RSA is to invert, if the hash behaves like a random
// function. Two things make the proof work: the whole block looks random (MGF1 masks it), and a fresh random
// salt makes two signatures of one message differ.
//
// Standard: RFC 8017 (PKCS #1 v2.2), 8.1 and 9.1. Status: the recommended RSA signature.
//
// Tests: tests/test_rsa_pss.c, tests/test_rsa_openssl.c; vectors/public/rsa-pss.txt,
// vectors/public/rsa-pss-cavp.txt, vectors/public/rsa-pss-verify-fail.txt. Trace: cutaway trace rsa sign
// --padding pss ... Read before: rsa_oaep.c, ciphers/hash/mgf1.h. After: elgamal.c.
//
// --- map ---------------------------------------------------------------------------------------------------
//
// The block, with hLen the length of the hash, sLen that of the salt (figure 2 of RFC 8017 in our words):
//
//              8         hLen      sLen
//        +---------+------------+--------+
//   M' = | 00 * 8  | mHash      |  salt  |          mHash = Hash(M)
//        +---------+------------+--------+
//                 |
//                Hash ------------------------------------+
//                                                         |
//        emLen - sLen - hLen - 2   1    sLen              |
//        +-----------------------+----+--------+          |
//   DB = | PS: 00 00 ... 00      | 01 |  salt  |          |
//        +-----------------------+----+--------+          |
//                 |                                       v
//                xor <----------- MGF1 ------------------ H
//                 v                                       v
//        +-------------------------------------+---------------+----+
//   EM = |  maskedDB (the top bits cleared)    |       H       | bc |
//        +-------------------------------------+---------------+----+
//                  emLen - hLen - 1                   hLen       1
//
// EM has emBits = modBits - 1 bits, one less than the modulus, so that it is below n as a number; the 8*emLen
// - emBits bits in front are cleared. For a modulus of 8j + 1 bits EM is one byte shorter than the modulus.
//
// Conventions: as in rsa_pkcs1.c. Verification handles no secrets and returns at the first fault.

#include "ciphers/public/rsa_pss.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "bignum/trace.h"
#include "ciphers/hash/mgf1.h"

#include <string.h>

enum {
    DB_SEPARATOR = 0x01,
    TRAILER = 0xbc, // 9.1.1 step 12
    M_PRIME_ZEROS = 8,
};

static const struct hash_algorithm *mgf1_hash(const struct rsa_pss *options) {
    return options->mgf1_hash != NULL ? options->mgf1_hash : options->hash;
}

static size_t bytes_for(size_t bits) {
    return bits / 8 + (bits % 8 != 0);
}

// The longest salt that leaves room for H, 01 and bc; false when not even an empty one does.
static bool longest_salt(const struct rsa_pss *options, size_t em_bits, size_t *longest) {
    size_t em_length = bytes_for(em_bits);
    size_t h_length = options->hash->digest_size;
    if (em_length > RSA_SIZE_MAX || em_length < h_length + 2) {
        return false;
    }
    *longest = em_length - h_length - 2;
    return true;
}

bool rsa_pss_salt_length(const struct rsa_pss *options, size_t em_bits, size_t *salt_length) {
    size_t longest;
    if (!longest_salt(options, em_bits, &longest)) {
        return false;
    }
    if (options->salt_length == RSA_PSS_SALT_MAX) {
        *salt_length = longest;
    } else if (options->salt_length == RSA_PSS_SALT_DIGEST) {
        *salt_length = options->hash->digest_size;
    } else if (options->salt_length >= 0) {
        *salt_length = (size_t)options->salt_length;
    } else {
        return false;
    }
    return *salt_length <= longest; // 9.1.1 step 3
}

// H = Hash(M'), M' = 00 00 00 00 00 00 00 00 || mHash || salt: 9.1.1 steps 5 and 6, 9.1.2 steps 12 and 13.
// The eight zeros keep M' apart from everything else that is hashed.
static void hash_m_prime(const struct rsa_pss *options, uint8_t *h, const uint8_t *m_hash,
                         const uint8_t *salt, size_t salt_length) {
    static const uint8_t zeros[M_PRIME_ZEROS];
    struct hash_context context;
    trace_enter("Hash(M'), M' = 00 * 8 || mHash || salt (RFC 8017, 9.1.1 steps 5 and 6)", "H = Hash(M')");
    hash_init(&context, options->hash);
    hash_update(&context, zeros, sizeof zeros);
    hash_update(&context, m_hash, options->hash->digest_size);
    hash_update(&context, salt, salt_length);
    hash_final(&context, h);
    trace_leave();
}

// db = db xor MGF(H, length): steps 9 and 10 of 9.1.1, 7 and 8 of 9.1.2.
static void apply_mask(const struct rsa_pss *options, uint8_t *db, size_t length, const uint8_t *h) {
    uint8_t mask[RSA_SIZE_MAX];
    trace_enter("MGF1 (RFC 8017, B.2.1)", "dbMask = MGF(...)");
    mgf1(mgf1_hash(options), mask, length, h, options->hash->digest_size);
    trace_leave();
    trace_bytes(mask, length, NULL, "dbMask");
    for (size_t i = 0; i < length; i++) {
        db[i] ^= mask[i];
    }
    secure_wipe(mask, sizeof mask);
}

// The bits of the first byte that belong to EM: all but the leftmost 8*emLen - emBits.
static uint8_t first_byte_mask(size_t em_bits) {
    return (uint8_t)(0xff >> (8 * bytes_for(em_bits) - em_bits));
}

// --- the encoding ------------------------------------------------------------------------------------------

// EMSA-PSS-ENCODE (M, emBits), 9.1.1, from step 3 on: steps 1 and 2, hashing M, have been done.
bool rsa_pss_encode(uint8_t *em, size_t em_bits, const struct rsa_pss *options, const uint8_t *digest,
                    const uint8_t *salt) {
    size_t salt_length;
    if (!rsa_pss_salt_length(options, em_bits, &salt_length)) { // step 3
        return false;
    }
    size_t em_length = bytes_for(em_bits);
    size_t h_length = options->hash->digest_size;
    size_t db_length = em_length - h_length - 1;
    size_t ps_length = db_length - 1 - salt_length;
    uint8_t *salt_at = em + ps_length + 1; // DB is laid out in EM itself and masked in place
    uint8_t *h = em + db_length;

    if (salt_length == 0) { // step 4
        // nothing to draw: the signature is then deterministic
    } else if (salt != NULL) {
        memcpy(salt_at, salt, salt_length);
    } else if (!random_bytes(salt_at, salt_length)) {
        return false;
    }
    trace_bytes(digest, h_length, "Hash(M) (RFC 8017, 9.1.1 step 2)", "mHash");
    trace_bytes(salt_at, salt_length, "random: two signatures of one message differ (step 4)", "salt");
    hash_m_prime(options, h, digest, salt_at, salt_length); // steps 5 and 6
    trace_bytes(h, h_length, "Hash(00 * 8 || mHash || salt) (step 6)", "H");
    memset(em, 0, ps_length); // step 7
    em[ps_length] = DB_SEPARATOR;
    trace_bytes(em, ps_length, "zero bytes up to the length of the block (step 7)", "DB: PS");
    trace_bytes(em, db_length, "DB = PS || 01 || salt (step 8)", "DB");
    apply_mask(options, em, db_length, h);    // steps 9 and 10
    em[0] = em[0] & first_byte_mask(em_bits); // step 11
    em[em_length - 1] = TRAILER;              // step 12
    trace_bytes(em, db_length, "DB xor dbMask, the bits beyond emBits cleared (steps 10 and 11)", "maskedDB");
    trace_bytes(em, em_length, "EM = maskedDB || H || bc (step 12)", "EM");
    return true;
}

// Where the salt begins in DB: behind PS, all zeros, and 01 (9.1.2 step 10). With any salt length allowed, PS
// ends at the first byte other than 00; with a length agreed upon, PS must be as long as that leaves it.
static bool find_salt(const struct rsa_pss *options, size_t em_bits, const uint8_t *db, size_t db_length,
                      size_t *salt_at) {
    size_t ps_length = 0;
    while (ps_length < db_length && db[ps_length] == 0) {
        ps_length++;
    }
    if (ps_length == db_length || db[ps_length] != DB_SEPARATOR) {
        return false;
    }
    *salt_at = ps_length + 1;
    size_t expected;
    return options->salt_length == RSA_PSS_SALT_ANY ||
           (rsa_pss_salt_length(options, em_bits, &expected) && db_length - *salt_at == expected);
}

// EMSA-PSS-VERIFY (M, EM, emBits), 9.1.2, from step 3 on.
bool rsa_pss_check(const uint8_t *em, size_t em_bits, const struct rsa_pss *options, const uint8_t *digest) {
    size_t longest;
    if (!longest_salt(options, em_bits,
                      &longest)) { // step 3; a salt of agreed length is looked at in step 10
        return false;
    }
    size_t em_length = bytes_for(em_bits);
    size_t h_length = options->hash->digest_size;
    size_t db_length = em_length - h_length - 1;
    const uint8_t *h = em + db_length; // step 5
    uint8_t top = first_byte_mask(em_bits);
    if (em[em_length - 1] != TRAILER || (em[0] & ~top) != 0) { // steps 4 and 6
        return false;
    }
    uint8_t db[RSA_SIZE_MAX];
    memcpy(db, em, db_length);
    trace_bytes(em, db_length, NULL, "EM: maskedDB");
    trace_bytes(h, h_length, NULL, "EM: H");
    apply_mask(options, db, db_length, h); // steps 7 and 8
    db[0] = db[0] & top;                   // step 9
    trace_bytes(db, db_length, "maskedDB xor dbMask: should read 00 ... 00 || 01 || salt (step 8)", "DB");
    size_t salt_at;
    if (!find_salt(options, em_bits, db, db_length, &salt_at)) { // steps 10 and 11
        return false;
    }
    uint8_t h_prime[HASH_DIGEST_SIZE_MAX];
    trace_bytes(db + salt_at, db_length - salt_at, "what follows the 01 (step 11)", "salt");
    trace_bytes(digest, h_length, "Hash(M) (step 2)", "mHash");
    hash_m_prime(options, h_prime, digest, db + salt_at, db_length - salt_at); // steps 12 and 13
    trace_bytes(h_prime, h_length, "Hash(00 * 8 || mHash || salt): must be H (steps 13 and 14)", "H'");
    return secure_equal(h, h_prime, h_length); // step 14
}

// --- the scheme --------------------------------------------------------------------------------------------

// RSASSA-PSS-SIGN (K, M), 8.1.1.
bool rsa_pss_sign(const struct rsa_private_key *key, uint8_t *signature, const struct rsa_pss *options,
                  const uint8_t *digest) {
    size_t k = rsa_size(&key->public);
    uint8_t em[RSA_SIZE_MAX];
    if (k > sizeof em) {
        return false;
    }
    size_t em_bits = mpz_sizeinbase(key->public.n, 2) - 1;
    mpz_t m;
    mpz_init(m);
    bool done = rsa_pss_encode(em, em_bits, options, digest, NULL); // step 1
    if (done) {
        bn_os2ip(m, em, bytes_for(em_bits));                                  // step 2.a
        done = rsa_private_operation(key, m, m) && bn_i2osp(signature, k, m); // steps 2.b and 2.c
    }
    secure_wipe(em, sizeof em);
    bn_wipe_clears(m, NULL);
    return done;
}

// RSASSA-PSS-VERIFY ((n, e), M, S), 8.1.2.
bool rsa_pss_verify(const struct rsa_public_key *key, const uint8_t *signature, size_t length,
                    const struct rsa_pss *options, const uint8_t *digest) {
    size_t k = rsa_size(key);
    uint8_t em[RSA_SIZE_MAX];
    if (length != k || k > sizeof em) { // step 1
        return false;
    }
    size_t em_bits = mpz_sizeinbase(key->n, 2) - 1;
    mpz_t s;
    mpz_init(s);
    bn_os2ip(s, signature, k); // step 2.a
    trace_bytes(signature, k, "the signature (RFC 8017, 8.1.2)", "S");
    // Steps 2.b and 2.c. What is too large for emLen bytes is no block of ours.
    bool valid = rsa_public_operation(key, s, s) && bn_i2osp(em, bytes_for(em_bits), s);
    if (valid) {
        trace_bytes(em, bytes_for(em_bits), "what the signature opens to (step 2.c)", "EM");
        valid = rsa_pss_check(em, em_bits, options, digest); // step 3
        trace_text(valid ? "valid" : "invalid", "consistent or inconsistent (step 4)", "signature");
    }
    mpz_clear(s);
    return valid;
}

// --- worked example ----------------------------------------------------------------------------------------
//
// How the lengths add up for RSA-1025, whose emBits = 1024 gives emLen = 128, one byte less than k = 129, and
// for RSA-1024, emBits = 1023, emLen = k = 128, one bit cleared: with SHA-256 the longest salt is 128 - 32 -
// 2 = 94 bytes for both (tests/test_rsa_pss.c).
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - emBits taken for 8*emLen: every second signature of a modulus of 8j bits is then larger than n. Here: the
//   top bits are cleared in step 11 and must be clear in step 6.
// - A modulus of 8j + 1 bits, where EM is a byte shorter than the signature. Here: tests with 1025 bits.
// - Salt lengths: both ends must agree, or the verifier take what comes. Here: an agreed length is checked,
//   and "any" must be asked for by name.
// - The hash inside and MGF1's hash are two parameters, as with OAEP.
//
// --- where next --------------------------------------------------------------------------------------------
//
// elgamal.c, where a signature's randomness is not a comfort but its life; docs/rsa-padding.md has exercises.
