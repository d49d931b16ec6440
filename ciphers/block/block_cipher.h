// One interface over every block cipher: what the modes of operation see. Many blocks a call, so that the
// parallel modes run at the speed of the block function.
#ifndef CIPHERS_BLOCK_BLOCK_CIPHER_H
#define CIPHERS_BLOCK_BLOCK_CIPHER_H

#include "ciphers/block/aes.h"
#include "ciphers/block/des.h"
#include "ciphers/block/des3.h"

enum { BLOCK_SIZE_MAX = 16, BLOCK_KEY_SIZE_MAX = 32 };

// The expanded key of any cipher. Caller-allocated, no inner pointers: a copy is a clone. Wipe after use.
union block_key {
    struct aes_key aes;
    struct des_key des;
    struct des3_key des3;
};

struct block_cipher {
    const char *name;  // "aes-128", "aes-192", "aes-256", "des", "des-ede", "des-ede3"
    size_t block_size; // bytes: 16 or 8
    size_t key_size;   // bytes, the only length that set_key accepts
    bool (*set_key)(union block_key *key, const uint8_t *bytes, size_t length);
    // out and in hold blocks * block_size bytes; out == in is allowed, partial overlap is not.
    void (*encrypt)(const union block_key *key, uint8_t *out, const uint8_t *in, size_t blocks);
    void (*decrypt)(const union block_key *key, uint8_t *out, const uint8_t *in, size_t blocks);
};

// All ciphers, ended by a NULL name; and one by name, NULL when there is none of that name.
extern const struct block_cipher block_ciphers[];
const struct block_cipher *block_cipher_find(const char *name);

#endif
