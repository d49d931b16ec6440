// SHA-1: FIPS 180-4, 6.1. Broken for collisions since 2017; for study.
#ifndef CIPHERS_HASH_SHA1_H
#define CIPHERS_HASH_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_DIGEST_SIZE = 20, SHA1_BLOCK_SIZE = 64 };

// Caller-allocated, no inner pointers: a copy is a clone.
struct sha1_context {
    uint32_t state[5]; // H0 to H4
    uint64_t length;   // bytes so far; fewer than 2^61
    uint8_t block[SHA1_BLOCK_SIZE];
};

void sha1_init(struct sha1_context *context);
void sha1_update(struct sha1_context *context, const uint8_t *in, size_t length);
void sha1_final(struct sha1_context *context, uint8_t digest[static SHA1_DIGEST_SIZE]);

#endif
