// RSA with the padding of PKCS #1 v1.5 (1993): the oldest one, and the one that is still met most.
//
// What a padding is for: bare RSA maps equal messages to equal ciphertexts, respects multiplication, and does
// not even wrap around for small numbers. A padding fills the block up to the length of the modulus, with
// random bytes for encryption and with a fixed pattern for signatures, and says where the message begins.
//
// Standard: RFC 8017 (PKCS #1 v2.2), 7.2 RSAES-PKCS1-v1_5 and 8.2 RSASSA-PKCS1-v1_5. Status: the signature
// stands, without proof; the encryption is to be replaced by OAEP, since any server that shows whether the
// padding was right decrypts for its attackers (Bleichenbacher, 1998, and every few years again).
//
// Tests: tests/test_rsa_pkcs1.c, tests/test_rsa_openssl.c, tests/ct_rsa_padding.c;
// vectors/public/rsa-pkcs1-encrypt.txt, vectors/public/rsa-pkcs1-sign.txt,
// vectors/public/rsa-pkcs1-verify-fail.txt. Trace: cutaway trace rsa encrypt --padding pkcs1 ... Read
// before: rsa.c. After: rsa_oaep.c.
//
// --- map ---------------------------------------------------------------------------------------------------
//
// The two blocks, k bytes each, k the length of the modulus n:
//
//              1    1      k - mLen - 3           1     mLen
//            +----+----+------------------------+----+---------+
//     EM =   | 00 | 02 |  PS: random, never 00  | 00 |    M    |    EME: PS of 8 bytes or more
//            +----+----+------------------------+----+---------+
//
//              1    1      k - tLen - 3           1     tLen
//            +----+----+------------------------+----+---------------------------+
//     EM =   | 00 | 01 |  PS: FF FF FF ... FF   | 00 | T: DigestInfo { hash, H } |     EMSA, for signatures
//            +----+----+------------------------+----+---------------------------+
//
// The 00 in front makes the block smaller than n, read as a number. The second byte is the block type. PS
// ends at the first 00, which is why it holds none.
//
// Conventions: bytes become an integer most significant first (OS2IP). Constant-time in the decoded block;
// which hash, which lengths and whether a signature is good are no secrets.

#include "ciphers/public/rsa_pkcs1.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "bignum/trace.h"
#include "ciphers/public/constant_time.h"

#include <string.h>

enum {
    MINIMUM_PS = 8,               // 7.2.1 step 2: enough that guessing PS is hopeless
    OVERHEAD = 3,                 // 00, the block type, and the 00 after PS
    BLOCK_TYPE_SIGNATURE = 0x01,  // 9.2 step 5
    BLOCK_TYPE_ENCRYPTION = 0x02, // 7.2.1 step 2.b
    SIGNATURE_FILLER = 0xff,
};

// --- DigestInfo --------------------------------------------------------------------------------------------

// RFC 8017, 9.2 note 1: the DER of DigestInfo up to the digest itself. It is always
//
//     30 len                                SEQUENCE: DigestInfo
//        30 len                                SEQUENCE: AlgorithmIdentifier
//           06 len  object identifier             which hash
//           05 00                                 NULL: no parameters
//        04 len  digest                        OCTET STRING
//
// A test builds these bytes from the object identifiers. They bind the hash into the signature: without them,
// a signature over a SHA-256 digest would serve for any other function with the same 32 bytes of output.
// clang-format off
static const struct {
    const char *hash;
    size_t length;
    uint8_t bytes[19];
} digest_info_prefixes[] = {
    {"md5", 18,
     {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86,
      0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 0x10}},
    {"sha1", 15,
     {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02,
      0x1a, 0x05, 0x00, 0x04, 0x14}},
    {"sha224", 19,
     {0x30, 0x2d, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
      0x65, 0x03, 0x04, 0x02, 0x04, 0x05, 0x00, 0x04, 0x1c}},
    {"sha256", 19,
     {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
      0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}},
    {"sha384", 19,
     {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
      0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30}},
    {"sha512", 19,
     {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
      0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40}},
};
// clang-format on

const uint8_t *rsa_pkcs1_digest_info_prefix(const struct hash_algorithm *hash, size_t *length) {
    for (size_t i = 0; i < sizeof digest_info_prefixes / sizeof digest_info_prefixes[0]; i++) {
        if (strcmp(digest_info_prefixes[i].hash, hash->name) == 0) {
            *length = digest_info_prefixes[i].length;
            return digest_info_prefixes[i].bytes;
        }
    }
    return NULL;
}

// --- the block for encryption ------------------------------------------------------------------------------

// Random bytes, none of them 00, by rejection: "or 1" or "00 becomes 01" would make some bytes likelier than
// others.
static bool draw_nonzero(uint8_t *out, size_t length) {
    for (size_t i = 0; i < length; i++) {
        int attempts = 64; // sixty-four zeros in a row are a generator that is stuck, not chance
        do {
            if (attempts-- == 0 || !random_bytes(out + i, 1)) {
                return false;
            }
        } while (out[i] == 0);
    }
    return true;
}

// EME-PKCS1-v1_5 encoding, 7.2.1 step 2.
bool rsa_pkcs1_encode_message(uint8_t *em, size_t em_length, const uint8_t *message, size_t length,
                              const uint8_t *ps) {
    if (em_length < OVERHEAD + MINIMUM_PS || length > em_length - OVERHEAD - MINIMUM_PS) { // step 1
        return false;
    }
    size_t ps_length = em_length - length - OVERHEAD;
    uint8_t *ps_at = em + 2;
    em[0] = 0x00;
    em[1] = BLOCK_TYPE_ENCRYPTION;
    if (ps != NULL) { // step 2.a
        if (memchr(ps, 0, ps_length) != NULL) {
            return false;
        }
        memcpy(ps_at, ps, ps_length);
    } else if (!draw_nonzero(ps_at, ps_length)) {
        return false;
    }
    ps_at[ps_length] = 0x00;
    if (length > 0) {
        memcpy(ps_at + ps_length + 1, message, length);
    }
    trace_bytes(em, 2, "00 keeps the block below n; 02 is the block type of encryption (RFC 8017, 7.2.1)",
                "EM: 00 02");
    trace_bytes(ps_at, ps_length, "random bytes other than 00, at least 8 (step 2.a)", "EM: PS");
    trace_bytes(ps_at + ps_length, 1, "the first 00 after the type: here PS ends", "EM: 00");
    trace_bytes(em + em_length - length, length, "the message", "EM: M");
    trace_bytes(em, em_length, "EM = 00 || 02 || PS || 00 || M (step 2.b)", "EM");
    return true;
}

// EME-PKCS1-v1_5 decoding, 7.2.2 step 3. Every byte is looked at, whatever the bytes before it were; the
// faults are collected in one mask, and nobody learns which of them it was.
bool rsa_pkcs1_decode_message(uint8_t *message, size_t *message_length, const uint8_t *em, size_t em_length) {
    *message_length = 0;
    if (em_length < OVERHEAD + MINIMUM_PS) {
        return false;
    }
    size_t good = ct_is_zero(em[0]) & ct_is_equal(em[1], BLOCK_TYPE_ENCRYPTION);
    // Where is the first 00 behind the type? `searching` stays all ones until it has been met.
    size_t searching = SIZE_MAX;
    size_t separator = 0;
    for (size_t i = 2; i < em_length; i++) {
        size_t found = searching & ct_is_zero(em[i]);
        separator = ct_select(found, i, separator);
        searching &= ~found;
    }
    good &= ~ct_is_less(separator, 2 + MINIMUM_PS); // PS of fewer than 8 bytes; or no 00 at all: then it is 0

    // On any fault the whole block is "moved away", and zeros are left.
    size_t start = ct_select(good, separator + 1, em_length);
    memcpy(message, em, em_length);
    ct_move_to_front(message, em_length, start);
    *message_length = em_length - start;
    return (good & 1) != 0;
}

// --- the block for signatures ------------------------------------------------------------------------------

// EMSA-PKCS1-v1_5, 9.2, from step 2 on: step 1, the hashing, has been done. The same digest gives the same
// block.
bool rsa_pkcs1_encode_digest(uint8_t *em, size_t em_length, const struct hash_algorithm *hash,
                             const uint8_t *digest) {
    size_t prefix_length;
    const uint8_t *prefix = rsa_pkcs1_digest_info_prefix(hash, &prefix_length);
    if (prefix == NULL) {
        return false;
    }
    size_t t_length = prefix_length + hash->digest_size;                                     // step 2
    if (em_length < OVERHEAD + MINIMUM_PS || em_length - OVERHEAD - MINIMUM_PS < t_length) { // step 3
        return false;
    }
    size_t ps_length = em_length - t_length - OVERHEAD;
    uint8_t *ps_at = em + 2;
    uint8_t *t_at = ps_at + ps_length + 1;
    em[0] = 0x00;
    em[1] = BLOCK_TYPE_SIGNATURE;
    memset(ps_at, SIGNATURE_FILLER, ps_length); // step 4
    ps_at[ps_length] = 0x00;
    memcpy(t_at, prefix, prefix_length);
    memcpy(t_at + prefix_length, digest, hash->digest_size);
    trace_bytes(em, 2, "00 keeps the block below n; 01 is the block type of signatures (RFC 8017, 9.2)",
                "EM: 00 01");
    trace_bytes(ps_at, ps_length, "FF bytes, as many as are needed (step 4)", "EM: PS");
    trace_bytes(ps_at + ps_length, 1, "the first byte other than FF: here PS ends", "EM: 00");
    trace_bytes(t_at, prefix_length, "DigestInfo up to the digest: which hash it is, in DER (note 1)",
                "EM: T: DigestInfo prefix");
    trace_bytes(t_at + prefix_length, hash->digest_size, "the digest of the message (step 1)", "EM: T: H");
    trace_bytes(em, em_length, "EM = 00 || 01 || PS || 00 || T (step 5)", "EM");
    return true;
}

// --- the schemes -------------------------------------------------------------------------------------------

// RSAES-PKCS1-V1_5-ENCRYPT ((n, e), M), 7.2.1.
bool rsa_pkcs1_encrypt(const struct rsa_public_key *key, uint8_t *ciphertext, const uint8_t *message,
                       size_t length) {
    size_t k = rsa_size(key);
    uint8_t em[RSA_SIZE_MAX];
    if (k > sizeof em) {
        return false;
    }
    mpz_t m;
    mpz_init(m);
    bool done = rsa_pkcs1_encode_message(em, k, message, length, NULL); // steps 1 and 2
    if (done) {
        bn_os2ip(m, em, k);                       // step 3.a
        done = rsa_public_operation(key, m, m) && // step 3.b
               bn_i2osp(ciphertext, k, m);        // step 3.c
    }
    secure_wipe(em, sizeof em);
    bn_wipe_clears(m, NULL);
    return done;
}

// RSAES-PKCS1-V1_5-DECRYPT (K, C), 7.2.2.
bool rsa_pkcs1_decrypt(const struct rsa_private_key *key, uint8_t *message, size_t *message_length,
                       const uint8_t *ciphertext, size_t length) {
    size_t k = rsa_size(&key->public);
    uint8_t em[RSA_SIZE_MAX];
    *message_length = 0;
    if (length != k || k > sizeof em || k < OVERHEAD + MINIMUM_PS) { // step 1
        return false;
    }
    mpz_t c;
    mpz_init(c);
    bn_os2ip(c, ciphertext, k); // step 2.a
    trace_bytes(ciphertext, k, "the ciphertext (RFC 8017, 7.2.2)", "C");
    bool done = rsa_private_operation(key, c, c) && bn_i2osp(em, k, c); // steps 2.b and 2.c
    if (done) {
        trace_bytes(em, k, "EM should read 00 || 02 || PS || 00 || M (step 3)", "EM");
        done = rsa_pkcs1_decode_message(message, message_length, em, k); // step 3
        if (trace_on() && done) {
            trace_bytes(message, *message_length, "what follows the first 00 after the type", "M");
        } else if (trace_on()) {
            trace_text("decryption error", "the block does not have that form: nothing comes out", "M");
        }
    }
    secure_wipe(em, sizeof em);
    bn_wipe_clears(c, NULL);
    return done;
}

// RSASSA-PKCS1-V1_5-SIGN (K, M), 8.2.1.
bool rsa_pkcs1_sign(const struct rsa_private_key *key, uint8_t *signature, const struct hash_algorithm *hash,
                    const uint8_t *digest) {
    size_t k = rsa_size(&key->public);
    uint8_t em[RSA_SIZE_MAX];
    if (k > sizeof em || !rsa_pkcs1_encode_digest(em, k, hash, digest)) { // step 1
        return false;
    }
    mpz_t m;
    mpz_init(m);
    bn_os2ip(m, em, k);                                                        // step 2.a
    bool done = rsa_private_operation(key, m, m) && bn_i2osp(signature, k, m); // steps 2.b and 2.c
    bn_wipe_clears(m, NULL);
    return done;
}

// RSASSA-PKCS1-V1_5-VERIFY ((n, e), M, S), 8.2.2. The expected block is built and compared whole. Taking the
// block that came apart instead, and overlooking one byte of it, is how signatures were forged in 2006.
bool rsa_pkcs1_verify(const struct rsa_public_key *key, const uint8_t *signature, size_t length,
                      const struct hash_algorithm *hash, const uint8_t *digest) {
    size_t k = rsa_size(key);
    uint8_t em[RSA_SIZE_MAX];
    uint8_t expected[RSA_SIZE_MAX];
    if (length != k || k > sizeof em) { // step 1
        return false;
    }
    mpz_t s;
    mpz_init(s);
    bn_os2ip(s, signature, k); // step 2.a
    trace_bytes(signature, k, "the signature (RFC 8017, 8.2.2)", "S");
    bool valid = rsa_public_operation(key, s, s) && bn_i2osp(em, k, s); // steps 2.b and 2.c
    if (valid) {
        trace_bytes(em, k, "what the signature opens to (step 2.c)", "EM of S");
        valid = rsa_pkcs1_encode_digest(expected, k, hash, digest) && secure_equal(em, expected, k); // 3, 4
        trace_text(valid ? "valid" : "invalid", "are EM of S and EM' the same? (step 4)", "signature");
    }
    mpz_clear(s);
    return valid;
}

// --- worked example ----------------------------------------------------------------------------------------
//
// A modulus of 16 bytes is far too short for use, but shows the layout (tests/test_rsa_pkcs1.c): the message
// "hi" with PS = 01 02 03 ... 0b gives
//
//     00 02 | 01 02 03 04 05 06 07 08 09 0a 0b | 00 | 68 69
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Telling why decryption failed, by message, by time, or by going on differently. Here: one "no", found
//   without a branch. That only helps if the caller does not show the "no" either: TLS goes on with a random
//   key instead.
// - Taking a DigestInfo apart when verifying, and accepting bytes after it: with e = 3 such a signature is
//   computed by a cube root (Bleichenbacher, 2006). Here: the block is built anew and compared.
// - PS bytes drawn by "random or 1". Here: rejection.
// - An empty message is a message: M of 0 bytes decrypts to 0 bytes and "yes".
//
// --- where next --------------------------------------------------------------------------------------------
//
// rsa_oaep.c mixes instead of filling; rsa_pss.c does the same for signatures; docs/rsa-padding.md has
// exercises.
