// MGF1: a hash stretched to any length.
//
// OAEP and PSS hide parts of a padded block under a mask that must look random and be as long as the part. A
// hash gives a fixed number of bytes; MGF1 hashes the seed again and again, each time with another counter
// behind it.
//
// Standard: RFC 8017 (November 2016), appendix B.2.1.
// Status:   sound in OAEP and PSS, whose proofs treat it as a random function; it is not a key derivation
//           function (use HKDF).
// Vectors:  vectors/hash/mgf1-rsalabs.txt; tests/test_hmac.c.
// Trace:    cutaway trace mgf1-sha1 --in 666f6f --length 5
// Timing:   constant-time in the content of the seed (tests/ct_hmac.c); the lengths are public.
// Read before: ciphers/hash/hash.c. Read after: ciphers/public/rsa_oaep.c, ciphers/public/rsa_pss.c.
//
// The map, with the RFC's names (seed is mgfSeed, length is maskLen):
//
//     Hash(mgfSeed || 00000000) || Hash(mgfSeed || 00000001) || Hash(mgfSeed || 00000002) || ...
//     |<------------------------------ mask: the first maskLen bytes ---------------->|
//
// Conventions: || puts strings one behind the other; the counter is four bytes, the most significant first.

#include "ciphers/hash/mgf1.h"

#include "bignum/secure.h"
#include "bignum/trace.h"

#include <string.h>

void mgf1(const struct hash_algorithm *algorithm, uint8_t *mask, size_t length, const uint8_t *seed,
          size_t seed_length) {
    // Step 1 refuses masks longer than 2^32 digests, the range of the counter; an RSA block is at most 1 KiB.
    // Steps 2 and 3: counter from 0, one digest each.
    size_t done = 0;
    for (uint32_t counter = 0; done < length; counter++) {
        // Step 3a: C = I2OSP(counter, 4), four bytes, most significant first.
        const uint8_t c[4] = {(uint8_t)(counter >> 24), (uint8_t)(counter >> 16), (uint8_t)(counter >> 8),
                              (uint8_t)counter};
        // Step 3b: T = T || Hash(mgfSeed || C).
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        struct hash_context context;
        trace_enter("RFC 8017, B.2.1, step 3b", "Hash(mgfSeed || %08x)", (unsigned)counter);
        hash_init(&context, algorithm);
        hash_update(&context, seed, seed_length);
        hash_update(&context, c, sizeof c);
        hash_final(&context, digest);
        trace_leave();
        // Step 4: the leading maskLen bytes, so the last digest may be cut.
        size_t taken = length - done < algorithm->digest_size ? length - done : algorithm->digest_size;
        memcpy(mask + done, digest, taken);
        done += taken;
        secure_wipe(digest, sizeof digest);
    }
    trace_bytes(mask, length, "RFC 8017, B.2.1, step 4: the leading maskLen bytes", "mask");
}

// --- worked example ----------------------------------------------------------------------------------------
//
// SHA-1, the seed "foo", 30 bytes. tests/test_hmac.c compares the values.
//
//   Hash(666f6f || 00000000)    1ac9075c d427bc90 b48a9966 828cab4a 04c23fdf
//   Hash(666f6f || 00000001)    its first ten bytes are used
//   mask                        both, one after the other
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - The hash of MGF1 and the hash of OAEP or PSS are two choices; most systems want them equal, some do not.
// - The counter has four bytes, most significant first, and starts with 0 (HKDF's has one and starts with 1).
//
// Where next: ciphers/public/rsa_oaep.c and ciphers/public/rsa_pss.c put the mask to use.
