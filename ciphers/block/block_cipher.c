// The table of block ciphers: each algorithm file knows one block at a time and its own key type; the modes
// know many blocks and any key. This file is the glue between the two, and the only list of what there is.

#include "ciphers/block/block_cipher.h"

#include <string.h>

// An adapter for a function that takes one block: `name` of the form that struct block_cipher wants, over the
// member `member` of the key union.
#define MANY_BLOCKS(name, member, one_block, block_size)                                                     \
    static void name(const union block_key *key, uint8_t *out, const uint8_t *in, size_t blocks) {           \
        for (size_t i = 0; i < blocks; i++) {                                                                \
            one_block(&key->member, out + i * (block_size), in + i * (block_size));                          \
        }                                                                                                    \
    }

MANY_BLOCKS(aes_encrypt, aes, aes_encrypt_block, AES_BLOCK_SIZE)
MANY_BLOCKS(aes_decrypt, aes, aes_decrypt_block, AES_BLOCK_SIZE)
MANY_BLOCKS(des_encrypt, des, des_encrypt_block, DES_BLOCK_SIZE)
MANY_BLOCKS(des_decrypt, des, des_decrypt_block, DES_BLOCK_SIZE)
MANY_BLOCKS(des3_encrypt, des3, des3_encrypt_block, DES_BLOCK_SIZE)
MANY_BLOCKS(des3_decrypt, des3, des3_decrypt_block, DES_BLOCK_SIZE)

// aes_set_key takes three lengths and des3_set_key two; under a name that promises one, only that one is
// right.
static bool aes_128_set_key(union block_key *key, const uint8_t *bytes, size_t length) {
    return length == 16 && aes_set_key(&key->aes, bytes, length);
}
static bool aes_192_set_key(union block_key *key, const uint8_t *bytes, size_t length) {
    return length == 24 && aes_set_key(&key->aes, bytes, length);
}
static bool aes_256_set_key(union block_key *key, const uint8_t *bytes, size_t length) {
    return length == 32 && aes_set_key(&key->aes, bytes, length);
}
static bool des_only_set_key(union block_key *key, const uint8_t *bytes, size_t length) {
    return des_set_key(&key->des, bytes, length);
}
static bool des_ede_set_key(union block_key *key, const uint8_t *bytes, size_t length) {
    return length == 16 && des3_set_key(&key->des3, bytes, length);
}
static bool des_ede3_set_key(union block_key *key, const uint8_t *bytes, size_t length) {
    return length == 24 && des3_set_key(&key->des3, bytes, length);
}

// clang-format off
const struct block_cipher block_ciphers[] = {
    {"aes-128",  AES_BLOCK_SIZE, 16, aes_128_set_key,  aes_encrypt,  aes_decrypt},
    {"aes-192",  AES_BLOCK_SIZE, 24, aes_192_set_key,  aes_encrypt,  aes_decrypt},
    {"aes-256",  AES_BLOCK_SIZE, 32, aes_256_set_key,  aes_encrypt,  aes_decrypt},
    {"des",      DES_BLOCK_SIZE,  8, des_only_set_key, des_encrypt,  des_decrypt},
    {"des-ede",  DES_BLOCK_SIZE, 16, des_ede_set_key,  des3_encrypt, des3_decrypt},
    {"des-ede3", DES_BLOCK_SIZE, 24, des_ede3_set_key, des3_encrypt, des3_decrypt},
    {NULL, 0, 0, NULL, NULL, NULL},
};
// clang-format on

const struct block_cipher *block_cipher_find(const char *name) {
    for (const struct block_cipher *cipher = block_ciphers; cipher->name != NULL; cipher++) {
        if (strcmp(cipher->name, name) == 0) {
            return cipher;
        }
    }
    return NULL;
}
