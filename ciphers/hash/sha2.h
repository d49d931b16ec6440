// SHA-224, SHA-256, SHA-384, SHA-512: FIPS 180-4, 6.2 to 6.5. Two functions (32-bit and 64-bit words), each with a
// shortened sister that starts from other constants.
#ifndef CIPHERS_HASH_SHA2_H
#define CIPHERS_HASH_SHA2_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHA224_DIGEST_SIZE = 28,
    SHA256_DIGEST_SIZE = 32,
    SHA384_DIGEST_SIZE = 48,
    SHA512_DIGEST_SIZE = 64,
    SHA256_BLOCK_SIZE = 64,  // and of SHA-224
    SHA512_BLOCK_SIZE = 128, // and of SHA-384
};

// Caller-allocated, no inner pointers: a copy is a clone.
struct sha256_context { // SHA-224 too
    uint32_t state[8];
    uint64_t length; // bytes so far; fewer than 2^61
    uint8_t block[SHA256_BLOCK_SIZE];
};
struct sha512_context { // SHA-384 too
    uint64_t state[8];
    uint64_t length; // bytes so far; the standard allows 2^125, this code 2^64
    uint8_t block[SHA512_BLOCK_SIZE];
};

void sha224_init(struct sha256_context *context);
void sha256_init(struct sha256_context *context);
void sha256_update(struct sha256_context *context, const uint8_t *in, size_t length);
void sha224_final(struct sha256_context *context, uint8_t digest[static SHA224_DIGEST_SIZE]);
void sha256_final(struct sha256_context *context, uint8_t digest[static SHA256_DIGEST_SIZE]);

void sha384_init(struct sha512_context *context);
void sha512_init(struct sha512_context *context);
void sha512_update(struct sha512_context *context, const uint8_t *in, size_t length);
void sha384_final(struct sha512_context *context, uint8_t digest[static SHA384_DIGEST_SIZE]);
void sha512_final(struct sha512_context *context, uint8_t digest[static SHA512_DIGEST_SIZE]);

#endif
