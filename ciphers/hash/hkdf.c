// HKDF: from one secret to any number of keys.
//
// A Diffie-Hellman value is secret but not a key: some of its bits are more likely than others, and it has
// the wrong length. HKDF first extracts what is unpredictable in it into one short uniform key, then expands
// that key into as many bytes as wanted, which differ for every purpose that is named in `info`.
//
// Standard: RFC 5869 (May 2010).
// Status:   sound; TLS 1.3 and Signal derive their keys with it. Not for passwords: it is fast, and a guesser
//           likes that.
// Vectors:  vectors/hash/hkdf-rfc5869.txt; tests/test_hmac.c.
// Trace:    cutaway trace hkdf-sha256 --in 0b0b0b0b --salt 0001 --info f0f1 --length 42
// Timing:   constant-time in every input (tests/ct_hmac.c); their lengths are public.
// Read before: ciphers/hash/hmac.c. Read after: ciphers/public/dh.c.
//
// The map, with the RFC's names:
//
//    salt (public, may be absent)   IKM (the secret)
//             | as key              | as text
//             +------> HMAC <-------+
//                        |
//                       PRK, HashLen bytes
//                        | as key
//     +------------------+-------------------+---------------------- ...
//     v                  v                   v
//   HMAC(info || 01)   HMAC(T(1) || info || 02)   HMAC(T(2) || info || 03)
//     |                  |                   |
//    T(1)      ||       T(2)      ||        T(3)   ||  ...         OKM: the first L bytes
//
// Conventions: || puts strings one behind the other; 01, 02, ... are single bytes; all lengths are in bytes.

#include "ciphers/hash/hkdf.h"

#include "bignum/trace.h"

#include <string.h>

// 2.2, HKDF-Extract: PRK = HMAC-Hash(salt, IKM). The salt is the key and the secret is the message: it is not
// the key that must be secret here, but the message whose randomness is to be condensed.
void hkdf_extract(const struct hash_algorithm *algorithm, uint8_t *prk, const uint8_t *salt,
                  size_t salt_length, const uint8_t *ikm, size_t ikm_length) {
    // "If not provided, [salt] is set to a string of HashLen zeros."
    static const uint8_t ZEROS[HASH_DIGEST_SIZE_MAX] = {0};
    if (salt_length == 0) {
        salt = ZEROS;
        salt_length = algorithm->digest_size;
    }
    trace_bytes(salt, salt_length, NULL, "salt");
    trace_bytes(ikm, ikm_length, NULL, "IKM");
    trace_enter("RFC 5869, 2.2: HKDF-Extract", "HMAC-Hash(salt, IKM)");
    hmac_digest(algorithm, prk, salt, salt_length, ikm, ikm_length);
    trace_leave();
    trace_bytes(prk, algorithm->digest_size, "RFC 5869, 2.2: the pseudorandom key", "PRK");
}

// 2.3, HKDF-Expand: T(i) = HMAC-Hash(PRK, T(i-1) || info || i), each chained to the one before. The counter
// is one byte, which is why there are 255 blocks at most.
bool hkdf_expand(const struct hash_algorithm *algorithm, uint8_t *out, size_t length, const uint8_t *prk,
                 size_t prk_length, const uint8_t *info, size_t info_length) {
    if (length > 255 * algorithm->digest_size) {
        return false;
    }
    uint8_t t[HASH_DIGEST_SIZE_MAX];
    size_t t_length = 0; // T(0) is the empty string
    size_t done = 0;
    for (unsigned i = 1; done < length; i++) {
        uint8_t counter = (uint8_t)i;
        struct hmac_context context;
        trace_enter("RFC 5869, 2.3: HKDF-Expand", "HMAC-Hash(PRK, T(%u) || info || %02x)", i - 1, i);
        hmac_init(&context, algorithm, prk, prk_length);
        hmac_update(&context, t, t_length);
        hmac_update(&context, info, info_length);
        hmac_update(&context, &counter, 1);
        hmac_final(&context, t);
        trace_leave();
        t_length = algorithm->digest_size;
        trace_bytes(t, t_length, NULL, "T(%u)", i);
        size_t taken = length - done < t_length ? length - done : t_length;
        memcpy(out + done, t, taken);
        done += taken;
    }
    trace_bytes(out, length, "RFC 5869, 2.3: the first L bytes of T(1) || T(2) || ...", "OKM");
    secure_wipe(t, sizeof t);
    return true;
}

bool hkdf(const struct hash_algorithm *algorithm, uint8_t *out, size_t length, const uint8_t *salt,
          size_t salt_length, const uint8_t *ikm, size_t ikm_length, const uint8_t *info,
          size_t info_length) {
    uint8_t prk[HASH_DIGEST_SIZE_MAX];
    hkdf_extract(algorithm, prk, salt, salt_length, ikm, ikm_length);
    bool done = hkdf_expand(algorithm, out, length, prk, algorithm->digest_size, info, info_length);
    secure_wipe(prk, sizeof prk);
    return done;
}

// --- worked example: RFC 5869, A.1 -------------------------------------------------------------------------
//
// SHA-256; IKM is 22 bytes 0b, salt 00 01 .. 0c, info f0 f1 .. f9, L = 42. tests/test_hmac.c compares the
// values.
//
//   PRK     07770936 2c2e32df 0ddc3f0d c47bba63 90b6c73b b50f9c31 22ec844a d7c2b3e5
//   T(1)    3cb25f25 faacd57a 90434f64 d0362f2a 2d2d0a90 cf1a5a4c 5db02d56 ecc4c5bf
//   T(2)    34007208 d5b88718 5865 ...
//   OKM     T(1), and the first 10 bytes of T(2)
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - More than 255 blocks: refused, since the counter byte would wrap and keys repeat.
// - The same info for two purposes gives one key twice. Name the purpose, the direction and the protocol in
//   it.
// - OKM of L bytes is the front of the OKM of more bytes: keys of different length with one info are related.
// - Passwords: HKDF is fast and adds no work for a guesser. It is for secrets that cannot be guessed.
//
// Where next: protocols that derive session keys; ciphers/public/dh.c makes the secret.
