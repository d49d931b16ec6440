// HMAC: a hash with a key, so that only who knows the key can make or check the tag of a message.
//
// A plain hash beside a message proves nothing: whoever changes the message computes the hash anew. Hashing
// the key in front, H(K || text), falls to length extension: from that digest anybody can go on hashing and
// obtain the tag of a longer message. HMAC hashes twice, and the outer hash seals the state that an attacker
// would have to go on from.
//
// Standard: RFC 2104 (February 1997), section 2; the same in FIPS 198-1, whose name K0 for the key of block
// length is used.
// Status:   sound, even over SHA-1 and MD5, since it does not need collision resistance; use SHA-256 or
//           longer for new designs.
// Vectors:  vectors/hash/hmac-rfc2202.txt, vectors/hash/hmac-rfc4231.txt; tests/test_hmac.c.
// Trace:    cutaway trace hmac-sha256 --key 4a656665 --in 616263
// Timing:   constant-time in the key, the text and the tag (tests/ct_hmac.c); their lengths are public.
// Read before: ciphers/hash/hash.c, ciphers/hash/sha256.c. Read after: ciphers/hash/hkdf.c.
//
// The map:   HMAC(K, text) = H(K0 XOR opad || H(K0 XOR ipad || text))
//
//          K0 XOR ipad | text                       B is the block size of H: 64 bytes, or 128 for SHA-384
//         +------------+-----------------+          and SHA-512; L is the length of its digest.
//         |  B bytes   |  any length     |
//         +------------+-----------------+          K0 is the key, filled up with zeros to B bytes,
//                   |  H                            or the digest of the key when it is longer than B.
//                   v
//          K0 XOR opad | inner digest
//         +------------+------------+
//         |  B bytes   |  L bytes   |
//         +------------+------------+
//                   |  H
//                   v
//                  MAC (L bytes)
//
// Conventions: || puts strings one behind the other, XOR works byte by byte; all lengths are in bytes.

#include "ciphers/hash/hmac.h"

#include "bignum/trace.h"

#include <string.h>

// RFC 2104, section 2: two bytes that differ in half of their bits, so that the two keys have little in
// common.
enum { IPAD = 0x36, OPAD = 0x5c };

// One of the two hashes on its way: it starts with a block that is K0 with every byte XORed with `pad`.
static void start(struct hash_context *context, const struct hash_algorithm *algorithm, const uint8_t *k0,
                  uint8_t pad, const char *pad_name, const char *which) {
    uint8_t block[HASH_BLOCK_SIZE_MAX];
    for (size_t i = 0; i < algorithm->block_size; i++) {
        block[i] = k0[i] ^ pad;
    }
    trace_bytes(block, algorithm->block_size, NULL, "K0 XOR %s", pad_name);
    trace_enter("the key block fills exactly one block of the hash", "%s hash: K0 XOR %s", which, pad_name);
    hash_init(context, algorithm);
    hash_update(context, block, algorithm->block_size);
    trace_leave();
    secure_wipe(block, sizeof block);
}

void hmac_init(struct hmac_context *context, const struct hash_algorithm *algorithm, const uint8_t *key,
               size_t key_length) {
    // Step (1): K0. Keys longer than a block are hashed first; the zeros come by themselves.
    uint8_t k0[HASH_BLOCK_SIZE_MAX] = {0};
    if (key_length > algorithm->block_size) {
        trace_enter("RFC 2104, section 2: a key longer than a block is hashed first", "H(K)");
        hash_digest(algorithm, k0, key, key_length);
        trace_leave();
    } else if (key_length > 0) {
        memcpy(k0, key, key_length);
    }
    trace_bytes(k0, algorithm->block_size,
                "RFC 2104, section 2, step 1: the key, filled up with zeros to one block", "K0");
    // Steps (2) and (5): both key blocks; steps (4) and (7) begin.
    start(&context->inner, algorithm, k0, IPAD, "ipad", "inner");
    start(&context->outer, algorithm, k0, OPAD, "opad", "outer");
    secure_wipe(k0, sizeof k0);
}

// Step (3): the text goes into the inner hash.
void hmac_update(struct hmac_context *context, const void *in, size_t length) {
    trace_enter("RFC 2104, section 2, step 3: the inner hash goes on with the text", "inner hash: text");
    trace_bytes(in, length, NULL, "text");
    hash_update(&context->inner, in, length);
    trace_leave();
}

void hmac_final(struct hmac_context *context, uint8_t *mac) {
    const struct hash_algorithm *algorithm = context->inner.algorithm;
    uint8_t inner[HASH_DIGEST_SIZE_MAX];
    // Step (4): the inner digest.
    trace_enter("RFC 2104, section 2, step 4: the end of the inner hash", "inner hash: the end");
    hash_final(&context->inner, inner);
    trace_leave();
    // Steps (6) and (7): it follows the outer key block.
    trace_enter("RFC 2104, section 2, steps 6 and 7: the outer hash goes on with the inner digest",
                "outer hash: inner digest");
    hash_update(&context->outer, inner, algorithm->digest_size);
    hash_final(&context->outer, mac);
    trace_leave();
    trace_bytes(mac, algorithm->digest_size, NULL, "HMAC");
    secure_wipe(inner, sizeof inner); // hash_final has wiped both halves of the context
}

void hmac_digest(const struct hash_algorithm *algorithm, uint8_t *mac, const uint8_t *key, size_t key_length,
                 const void *in, size_t length) {
    struct hmac_context context;
    hmac_init(&context, algorithm, key, key_length);
    hmac_update(&context, in, length);
    hmac_final(&context, mac);
}

// The comparison takes the same time wherever the first difference is: with memcmp() a forger who measures
// time finds the tag byte by byte. The length is checked first: a tag of no bytes would fit every message.
bool hmac_verify(const struct hash_algorithm *algorithm, const uint8_t *mac, size_t mac_length,
                 const uint8_t *key, size_t key_length, const void *in, size_t length) {
    if (mac_length < 1 || mac_length > algorithm->digest_size) {
        return false;
    }
    uint8_t expected[HASH_DIGEST_SIZE_MAX];
    hmac_digest(algorithm, expected, key, key_length, in, length);
    bool valid = secure_equal(expected, mac, mac_length);
    secure_wipe(expected, sizeof expected);
    return valid;
}

// --- worked example: RFC 4231, test case 2 -----------------------------------------------------------------
//
// The key is "Jefe", the text "what do ya want for nothing?", the hash SHA-256. tests/test_hmac.c compares
// the values; docs/hmac.md has the command for the whole trace.
//
//   K0                4a 65 66 65 00 00 00 ...      64 bytes
//   K0 XOR ipad       7c 53 50 53 36 36 36 ...
//   K0 XOR opad       16 39 3a 39 5c 5c 5c ...
//   inner digest      a2e48586 3d27f9d8 64ac8d80 2432a1ed 477d8c4c 6f349d16 d4e7e917 c629cad7
//   HMAC              5bdcc146 bf60754e 6a042426 089575c7 5a003f08 9d273983 9dec58b9 64ec3843
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Comparing tags with memcmp: hmac_verify compares in constant time.
// - Truncated tags: every byte left off makes a forgery by chance 256 times likelier. RFC 2104, section 5,
//   asks for at least half of the digest; the caller decides, and hmac_verify refuses only what is empty or
//   too long.
// - Keys longer than a block are hashed and shorter ones filled up, so a long key and its digest are one key,
//   and so are "key" and "key" with a zero behind it (tests/test_hmac.c). Use keys of one length: that of the
//   digest.
// - The order of encryption: MAC the ciphertext, not the plaintext, and check before decrypting.
// - Several fields in one text need a separator or lengths: "ab" || "c" and "a" || "bc" have the same tag.
//
// Where next: ciphers/hash/hkdf.c makes keys with it.
