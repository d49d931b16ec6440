// DES, the Data Encryption Standard: FIPS 46-3 (1999, withdrawn 2005). The readable reference. Not
// constant-time.
#ifndef CIPHERS_BLOCK_DES_H
#define CIPHERS_BLOCK_DES_H

#include "bignum/secure.h"

#include <stdint.h>

enum { DES_BLOCK_SIZE = 8, DES_KEY_SIZE = 8, DES_ROUNDS = 16 };

// The key schedule: K_1 to K_16, 48 bits each, right-aligned in 64-bit words. Wipe after use.
struct des_key {
    uint64_t round_key[DES_ROUNDS];
};

// The key schedule KS for 8 key bytes; false for another length. Parity bits are ignored, as the standard's
// PC-1 does; weak keys are accepted: ask the functions below.
MUST_CHECK bool des_set_key(struct des_key *key, const uint8_t *bytes, size_t length);

// One block. out may be in.
void des_encrypt_block(const struct des_key *key, uint8_t out[static DES_BLOCK_SIZE],
                       const uint8_t in[static DES_BLOCK_SIZE]);
void des_decrypt_block(const struct des_key *key, uint8_t out[static DES_BLOCK_SIZE],
                       const uint8_t in[static DES_BLOCK_SIZE]);

// Parity: bit 8 of each key byte makes its number of ones odd.
bool des_key_has_odd_parity(const uint8_t key[static DES_KEY_SIZE]);
void des_key_set_odd_parity(uint8_t key[static DES_KEY_SIZE]);

// The 4 weak keys (encrypting twice gives the plaintext) and the 12 semi-weak ones (in pairs that undo each
// other), SP 800-67r2 section 3.3.2. Parity bits are ignored in the comparison.
enum des_key_strength { DES_KEY_ORDINARY, DES_KEY_WEAK, DES_KEY_SEMI_WEAK };
enum des_key_strength des_key_strength(const uint8_t key[static DES_KEY_SIZE]);

#endif
