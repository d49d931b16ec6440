// RSAES-OAEP: optimal asymmetric encryption padding, by Bellare and Rogaway (1994).
//
// The idea: before RSA sees the message, mix it with a random seed so thoroughly that every bit of the block
// depends on every bit of both. It is a Feistel network of two rounds, as in DES, whose round function is
// MGF1: the seed masks the message, then the masked message masks the seed. Whoever lacks a single bit of the
// block can undo neither. And whoever changes anything in the block gets garbage, which the fixed parts
// (lHash, PS, 01) betray.
//
// Standard: RFC 8017 (PKCS #1 v2.2), 7.1. Status: the recommended RSA encryption.
//
// Tests: tests/test_rsa_oaep.c, tests/test_rsa_openssl.c, tests/ct_rsa_padding.c;
// vectors/public/rsa-oaep.txt, vectors/public/rsa-oaep-sha2.txt, vectors/public/rsa-oaep-label.txt. Trace:
// cutaway trace rsa encrypt --padding oaep ... Read before: rsa_pkcs1.c, ciphers/hash/mgf1.h. After:
// rsa_pss.c.
//
// --- map ---------------------------------------------------------------------------------------------------
//
// The block, with hLen the length of the hash and mLen that of the message M (figure 1 of RFC 8017 in our
// words):
//
//                hLen      k - mLen - 2*hLen - 2     1     mLen
//             +----------+------------------------+----+---------+
//        DB = |  lHash   |  PS: 00 00 ... 00      | 01 |    M    |       lHash = Hash(L), L the label
//             +----------+------------------------+----+---------+
//                                   |
//      seed (random, hLen bytes)    |
//        |                          v
//        +------- MGF1 ----------> xor
//        |                          |
//       xor <----- MGF1 ------------+
//        |                          |
//        v                          v
//    +----+------------+-------------------------------+
//    | 00 | maskedSeed |           maskedDB            |  = EM
//    +----+------------+-------------------------------+
//      1       hLen              k - hLen - 1
//
// Conventions: as in rsa_pkcs1.c. Constant-time in the decoded block; lengths, the label and the hash are no
// secrets.

#include "ciphers/public/rsa_oaep.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "bignum/trace.h"
#include "ciphers/hash/mgf1.h"
#include "ciphers/public/constant_time.h"

#include <string.h>

enum { DB_SEPARATOR = 0x01 };

static const struct hash_algorithm *mgf1_hash(const struct rsa_oaep *options) {
    return options->mgf1_hash != NULL ? options->mgf1_hash : options->hash;
}

// Room for 00, maskedSeed, lHash and the separator; the message may then have what is left.
static bool fits(size_t em_length, size_t hash_length) {
    return em_length <= RSA_SIZE_MAX && em_length >= 2 * hash_length + 2;
}

// target = target xor MGF(seed, length): masks, and unmasks.
static void apply_mask(const struct rsa_oaep *options, const char *name, uint8_t *target, size_t length,
                       const uint8_t *seed, size_t seed_length) {
    uint8_t mask[RSA_SIZE_MAX];
    trace_enter("MGF1 (RFC 8017, B.2.1)", "%s = MGF(...)", name);
    mgf1(mgf1_hash(options), mask, length, seed, seed_length);
    trace_leave();
    trace_bytes(mask, length, NULL, "%s", name);
    for (size_t i = 0; i < length; i++) {
        target[i] ^= mask[i];
    }
    secure_wipe(mask, sizeof mask);
}

// lHash = Hash(L) (7.1.1 step 2.a), in the trace a section of its own.
static void hash_label(const struct rsa_oaep *options, uint8_t *l_hash) {
    trace_enter("the digest of the label (RFC 8017, 7.1.1 step 2.a)", "lHash = Hash(L)");
    hash_digest(options->hash, l_hash, options->label, options->label_length);
    trace_leave();
}

// EME-OAEP encoding, 7.1.1 step 2. Seed and DB are laid out in EM itself and masked in place.
bool rsa_oaep_encode(uint8_t *em, size_t em_length, const struct rsa_oaep *options, const uint8_t *message,
                     size_t length, const uint8_t *seed) {
    size_t h_length = options->hash->digest_size;
    if (!fits(em_length, h_length) || length > em_length - 2 * h_length - 2) { // step 1.b
        return false;
    }
    uint8_t *seed_at = em + 1;
    uint8_t *db = seed_at + h_length;
    size_t db_length = em_length - h_length - 1;
    size_t ps_length = em_length - length - 2 * h_length - 2;

    em[0] = 0x00;
    hash_label(options, db);                 // 2.a
    memset(db + h_length, 0, ps_length);     // 2.b
    db[h_length + ps_length] = DB_SEPARATOR; // 2.c
    if (length > 0) {
        memcpy(db + db_length - length, message, length);
    }
    trace_bytes(db, h_length,
                "the hash of the label, which both ends must agree on (RFC 8017, 7.1.1 step 2.a)",
                "DB: lHash");
    trace_bytes(db + h_length, ps_length, "zero bytes up to the length of the block (step 2.b)", "DB: PS");
    trace_bytes(db + h_length + ps_length, 1, "the first byte after the zeros says where M begins", "DB: 01");
    trace_bytes(db + db_length - length, length, "the message", "DB: M");
    trace_bytes(db, db_length, "DB = lHash || PS || 01 || M (step 2.c)", "DB");

    if (seed != NULL) { // 2.d
        memcpy(seed_at, seed, h_length);
    } else if (!random_bytes(seed_at, h_length)) {
        return false;
    }
    trace_bytes(seed_at, h_length, "random: two encryptions of one message differ in every byte (step 2.d)",
                "seed");
    apply_mask(options, "dbMask", db, db_length, seed_at, h_length); // 2.e, 2.f
    trace_bytes(db, db_length, "DB xor dbMask (step 2.f)", "maskedDB");
    apply_mask(options, "seedMask", seed_at, h_length, db, db_length); // 2.g, 2.h
    trace_bytes(seed_at, h_length, "seed xor seedMask (step 2.h)", "maskedSeed");
    trace_bytes(em, em_length, "EM = 00 || maskedSeed || maskedDB (step 2.i)", "EM");
    return true;
}

// EME-OAEP decoding, 7.1.2 step 3. Manger (2001) decrypted any ciphertext with about a thousand questions to
// a server that told "the first byte is not 00" from "lHash is wrong". So every byte is looked at whatever
// the others were, all faults go into one mask, and the answer is one bit.
bool rsa_oaep_decode_message(uint8_t *message, size_t *message_length, const uint8_t *em, size_t em_length,
                             const struct rsa_oaep *options) {
    size_t h_length = options->hash->digest_size;
    *message_length = 0;
    if (!fits(em_length, h_length)) {
        return false;
    }
    uint8_t l_hash[HASH_DIGEST_SIZE_MAX];
    uint8_t block[RSA_SIZE_MAX];
    uint8_t *seed = block + 1;
    uint8_t *db = seed + h_length;
    size_t db_length = em_length - h_length - 1;

    hash_label(options, l_hash);  // 3.a
    memcpy(block, em, em_length); // 3.b
    trace_bytes(block, 1, "must be 00 (RFC 8017, 7.1.2 step 3.b)", "EM: Y");
    trace_bytes(seed, h_length, NULL, "EM: maskedSeed");
    trace_bytes(db, db_length, NULL, "EM: maskedDB");
    apply_mask(options, "seedMask", seed, h_length, db, db_length); // 3.c, 3.d
    trace_bytes(seed, h_length, "maskedSeed xor seedMask (step 3.d)", "seed");
    apply_mask(options, "dbMask", db, db_length, seed, h_length); // 3.e, 3.f
    trace_bytes(db, db_length, "maskedDB xor dbMask: should read lHash || 00 ... 00 || 01 || M (step 3.f)",
                "DB");

    // 3.g: Y = 00, lHash' = lHash, and the first byte other than 00 after it is 01.
    size_t good = ct_is_zero(block[0]);
    for (size_t i = 0; i < h_length; i++) {
        good &= ct_is_equal(db[i], l_hash[i]);
    }
    size_t searching = SIZE_MAX;
    size_t separator = 0;
    for (size_t i = h_length; i < db_length; i++) {
        size_t found = searching & ~ct_is_zero(db[i]);
        good &= ~found | ct_is_equal(db[i], DB_SEPARATOR);
        separator = ct_select(found, i, separator);
        searching &= ~found;
    }
    good &= ~searching;

    size_t start = ct_select(good, separator + 1, db_length); // on any fault, nothing is left
    ct_move_to_front(db, db_length, start);
    memcpy(message, db, db_length);
    *message_length = db_length - start;
    secure_wipe(block, sizeof block);
    return (good & 1) != 0;
}

// RSAES-OAEP-ENCRYPT ((n, e), M, L), 7.1.1.
bool rsa_oaep_encrypt(const struct rsa_public_key *key, uint8_t *ciphertext, const struct rsa_oaep *options,
                      const uint8_t *message, size_t length) {
    size_t k = rsa_size(key);
    uint8_t em[RSA_SIZE_MAX];
    mpz_t m;
    mpz_init(m);
    bool done = k <= sizeof em && rsa_oaep_encode(em, k, options, message, length, NULL); // steps 1 and 2
    if (done) {
        bn_os2ip(m, em, k);                       // step 3.a
        done = rsa_public_operation(key, m, m) && // step 3.b
               bn_i2osp(ciphertext, k, m);        // step 3.c
    }
    secure_wipe(em, sizeof em);
    bn_wipe_clears(m, NULL);
    return done;
}

// RSAES-OAEP-DECRYPT (K, C, L), 7.1.2.
bool rsa_oaep_decrypt(const struct rsa_private_key *key, uint8_t *message, size_t *message_length,
                      const struct rsa_oaep *options, const uint8_t *ciphertext, size_t length) {
    size_t k = rsa_size(&key->public);
    uint8_t em[RSA_SIZE_MAX];
    *message_length = 0;
    if (length != k || !fits(k, options->hash->digest_size)) { // steps 1.b and 1.c
        return false;
    }
    mpz_t c;
    mpz_init(c);
    bn_os2ip(c, ciphertext, k); // step 2.a
    trace_bytes(ciphertext, k, "the ciphertext (RFC 8017, 7.1.2)", "C");
    bool done = rsa_private_operation(key, c, c) && bn_i2osp(em, k, c); // steps 2.b and 2.c
    if (done) {
        trace_bytes(em, k, "EM = Y || maskedSeed || maskedDB (step 2.c)", "EM");
        done = rsa_oaep_decode_message(message, message_length, em, k, options); // step 3
        if (trace_on() && done) {
            trace_bytes(message, *message_length, "what follows the 01 in DB", "M");
        } else if (trace_on()) {
            trace_text("decryption error", "the block does not have that form: nothing comes out", "M");
        }
    }
    secure_wipe(em, sizeof em);
    bn_wipe_clears(c, NULL);
    return done;
}

// --- worked example ----------------------------------------------------------------------------------------
//
// With SHA-1 (hLen 20), the empty label and k = 64, the message "hi" leaves PS 64 - 2 - 42 = 20 zero bytes,
// and lHash is the SHA-1 digest of nothing (tests/test_rsa_oaep.c compares with the trace):
//
//     DB = da39a3ee5e6b4b0d3255bfef95601890afd80709 | 00 * 20 | 01 | 68 69
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Two kinds of "no", by text or by time (Manger, 2001). Here: one, without a branch in between.
// - The label's hash and MGF1's hash are two parameters. Programs that set one by the other do not understand
//   each other. Here: mgf1_hash may differ, and is the same by default, as in most programs.
// - Looking for 01 from the end, or before lHash has been compared, so that a second message hides in the
//   first. Here: from the front, behind exactly hLen bytes of lHash, and only zeros may precede it.
// - A modulus too short for the hash: 512 bits do not hold two SHA-256 digests. Here: false, before anything
//   is computed.
//
// --- where next --------------------------------------------------------------------------------------------
//
// rsa_pss.c, the signature made in the same spirit; docs/rsa-padding.md has exercises.
