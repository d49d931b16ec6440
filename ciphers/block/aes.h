// AES, the Advanced Encryption Standard: FIPS 197 (2001, update 1 of 2023). The readable reference.
// Not constant-time: the S-box is a table indexed by secret bytes.
#ifndef CIPHERS_BLOCK_AES_H
#define CIPHERS_BLOCK_AES_H

#include "bignum/secure.h"

#include <stdint.h>

enum { AES_BLOCK_SIZE = 16, AES_ROUNDS_MAX = 14 };

// The key schedule: Nr + 1 round keys of 16 bytes. Wipe after use.
struct aes_key {
    unsigned rounds; // Nr: 10, 12 or 14
    uint8_t round_key[AES_ROUNDS_MAX + 1][AES_BLOCK_SIZE];
};

// KeyExpansion (5.2) for a key of 16, 24 or 32 bytes; false for any other length.
MUST_CHECK bool aes_set_key(struct aes_key *key, const uint8_t *bytes, size_t length);

// Cipher (5.1) and InvCipher (5.3) on one block. out may be in.
void aes_encrypt_block(const struct aes_key *key, uint8_t out[static AES_BLOCK_SIZE],
                       const uint8_t in[static AES_BLOCK_SIZE]);
void aes_decrypt_block(const struct aes_key *key, uint8_t out[static AES_BLOCK_SIZE],
                       const uint8_t in[static AES_BLOCK_SIZE]);

// The S-box and its inverse computed from the definition (5.1.1: inverse in GF(2^8), then an affine map), for
// tests and for the reader; the tables in aes.c are printed as in the standard.
uint8_t aes_derive_sbox(uint8_t x);
uint8_t aes_derive_inverse_sbox(uint8_t x);

#endif
