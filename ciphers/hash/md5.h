// MD5: RFC 1321. Broken for collisions since 2004; for study.
#ifndef CIPHERS_HASH_MD5_H
#define CIPHERS_HASH_MD5_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_DIGEST_SIZE = 16, MD5_BLOCK_SIZE = 64 };

// Caller-allocated, no inner pointers: a copy is a clone.
struct md5_context {
    uint32_t state[4]; // A, B, C, D
    uint64_t length;   // bytes so far; the message length counts in bits mod 2^64 (RFC 1321, 3.2)
    uint8_t block[MD5_BLOCK_SIZE];
};

void md5_init(struct md5_context *context);
void md5_update(struct md5_context *context, const uint8_t *in, size_t length);
void md5_final(struct md5_context *context, uint8_t digest[static MD5_DIGEST_SIZE]);

#endif
