// RSAES-OAEP: RFC 8017, 7.1. Encryption with a padding that mixes every byte with randomness.
#ifndef CIPHERS_PUBLIC_RSA_OAEP_H
#define CIPHERS_PUBLIC_RSA_OAEP_H

#include "ciphers/hash/hash.h"
#include "ciphers/public/rsa.h"

struct rsa_oaep {
    const struct hash_algorithm *hash;      // of the label; also sets the size of the seed
    const struct hash_algorithm *mgf1_hash; // NULL: the same
    const uint8_t *label;                   // both ends must agree on it; usually empty
    size_t label_length;
};

// ciphertext gets rsa_size() bytes. False when length > k - 2*hLen - 2, or the random generator fails.
MUST_CHECK bool rsa_oaep_encrypt(const struct rsa_public_key *key, uint8_t *ciphertext,
                                 const struct rsa_oaep *options, const uint8_t *message, size_t length);

// message has room for rsa_size() bytes. One "no" for every fault (Manger's attack lives on two). The padding
// is checked in constant time.
MUST_CHECK bool rsa_oaep_decrypt(const struct rsa_private_key *key, uint8_t *message, size_t *message_length,
                                 const struct rsa_oaep *options, const uint8_t *ciphertext, size_t length);

// EME-OAEP encoding (7.1.1 step 2) with a given seed of hLen bytes or, when NULL, a drawn one. em_length is
// k.
MUST_CHECK bool rsa_oaep_encode(uint8_t *em, size_t em_length, const struct rsa_oaep *options,
                                const uint8_t *message, size_t length, const uint8_t *seed);

// Undoes it (7.1.2 step 3): the message in em goes to message (room for em_length bytes), zeros after it.
// False, and a length of 0, when anything is wrong. Constant-time in the bytes of em: no branch, no index,
// the answer included.
MUST_CHECK bool rsa_oaep_decode_message(uint8_t *message, size_t *message_length, const uint8_t *em,
                                        size_t em_length, const struct rsa_oaep *options);

#endif
