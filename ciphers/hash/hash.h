// One interface over every hash function: choose an algorithm, then init, update any number of times, final.
#ifndef CIPHERS_HASH_HASH_H
#define CIPHERS_HASH_HASH_H

#include "ciphers/hash/md5.h"
#include "ciphers/hash/sha1.h"
#include "ciphers/hash/sha2.h"

enum { HASH_DIGEST_SIZE_MAX = 64, HASH_BLOCK_SIZE_MAX = 128 };

union hash_state {
    struct md5_context md5;
    struct sha1_context sha1;
    struct sha256_context sha256;
    struct sha512_context sha512;
};

struct hash_algorithm {
    const char *name;   // "md5", "sha1", "sha224", "sha256", "sha384", "sha512"
    size_t digest_size; // bytes
    size_t block_size;  // bytes: 64, or 128 for SHA-384 and SHA-512
    void (*init)(union hash_state *state);
    void (*update)(union hash_state *state, const uint8_t *in, size_t length);
    void (*final)(union hash_state *state, uint8_t *digest);
};

// All algorithms, ended by a NULL name; and one by name, NULL when there is none of that name.
extern const struct hash_algorithm hash_algorithms[];
const struct hash_algorithm *hash_find(const char *name);

// One message on its way. Caller-allocated; a struct copy clones it.
struct hash_context {
    const struct hash_algorithm *algorithm;
    union hash_state state;
};
void hash_init(struct hash_context *context, const struct hash_algorithm *algorithm);
void hash_update(struct hash_context *context, const void *in, size_t length);
// Writes digest_size bytes and wipes the context.
void hash_final(struct hash_context *context, uint8_t *digest);

// All at once.
void hash_digest(const struct hash_algorithm *algorithm, uint8_t *digest, const void *in, size_t length);

#endif
