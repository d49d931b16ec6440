// RSA with PKCS #1 v1.5 padding: encryption RSAES-PKCS1-v1_5 (RFC 8017, 7.2), signature RSASSA-PKCS1-v1_5
// (8.2).
#ifndef CIPHERS_PUBLIC_RSA_PKCS1_H
#define CIPHERS_PUBLIC_RSA_PKCS1_H

#include "ciphers/hash/hash.h"
#include "ciphers/public/rsa.h"

// ciphertext gets rsa_size() bytes. False when length > k - 11, or the random generator fails.
MUST_CHECK bool rsa_pkcs1_encrypt(const struct rsa_public_key *key, uint8_t *ciphertext,
                                  const uint8_t *message, size_t length);

// message has room for rsa_size() bytes. One "no" for every fault: wrong length, value >= n, bad padding.
// The padding is checked in constant time.
MUST_CHECK bool rsa_pkcs1_decrypt(const struct rsa_private_key *key, uint8_t *message, size_t *message_length,
                                  const uint8_t *ciphertext, size_t length);

// Signs and verifies a finished digest. signature: rsa_size() bytes. False when k is too small for the hash.
MUST_CHECK bool rsa_pkcs1_sign(const struct rsa_private_key *key, uint8_t *signature,
                               const struct hash_algorithm *hash, const uint8_t *digest);
MUST_CHECK bool rsa_pkcs1_verify(const struct rsa_public_key *key, const uint8_t *signature, size_t length,
                                 const struct hash_algorithm *hash, const uint8_t *digest);

// The padded blocks themselves, for vectors and for the reader. em_length is k.
// EME-PKCS1-v1_5: 00 02 PS 00 M, with PS given (em_length - length - 3 nonzero bytes) or, when NULL, drawn.
MUST_CHECK bool rsa_pkcs1_encode_message(uint8_t *em, size_t em_length, const uint8_t *message, size_t length,
                                         const uint8_t *ps);
// Undoes it: the message in em goes to message (room for em_length bytes), zeros after it. False, and a
// length of 0, when the padding is wrong. Constant-time in the bytes of em: no branch, no index, the answer
// included.
MUST_CHECK bool rsa_pkcs1_decode_message(uint8_t *message, size_t *message_length, const uint8_t *em,
                                         size_t em_length);
// EMSA-PKCS1-v1_5: 00 01 FF..FF 00 DigestInfo. False when em_length is too small for it, or the hash unknown.
MUST_CHECK bool rsa_pkcs1_encode_digest(uint8_t *em, size_t em_length, const struct hash_algorithm *hash,
                                        const uint8_t *digest);

// The bytes of DigestInfo before the digest (RFC 8017, 9.2 note 1), in DER; NULL for an unknown hash.
const uint8_t *rsa_pkcs1_digest_info_prefix(const struct hash_algorithm *hash, size_t *length);

#endif
