// Triple DES (TDEA): SP 800-67 revision 2. Encrypt with K1, decrypt with K2, encrypt with K3. Not
// constant-time.
#ifndef CIPHERS_BLOCK_DES3_H
#define CIPHERS_BLOCK_DES3_H

#include "ciphers/block/des.h"

struct des3_key {
    struct des_key k1, k2, k3;
};

// 24 bytes: K1, K2, K3 (des-ede3). 16 bytes: K1, K2, and K3 = K1 (des-ede). False for any other length.
MUST_CHECK bool des3_set_key(struct des3_key *key, const uint8_t *bytes, size_t length);

void des3_encrypt_block(const struct des3_key *key, uint8_t out[static DES_BLOCK_SIZE],
                        const uint8_t in[static DES_BLOCK_SIZE]);
void des3_decrypt_block(const struct des3_key *key, uint8_t out[static DES_BLOCK_SIZE],
                        const uint8_t in[static DES_BLOCK_SIZE]);

#endif
