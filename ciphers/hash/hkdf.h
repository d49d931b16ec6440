// HKDF: RFC 5869. Turns a secret that is not uniform (a Diffie-Hellman value) into keys that are.
#ifndef CIPHERS_HASH_HKDF_H
#define CIPHERS_HASH_HKDF_H

#include "ciphers/hash/hmac.h"

// HKDF-Extract (2.2): prk gets digest_size bytes. An absent salt is salt_length 0.
void hkdf_extract(const struct hash_algorithm *algorithm, uint8_t *prk, const uint8_t *salt,
                  size_t salt_length, const uint8_t *ikm, size_t ikm_length);

// HKDF-Expand (2.3): out gets `length` bytes; false when length > 255 * digest_size.
MUST_CHECK bool hkdf_expand(const struct hash_algorithm *algorithm, uint8_t *out, size_t length,
                            const uint8_t *prk, size_t prk_length, const uint8_t *info, size_t info_length);

// Both in a row.
MUST_CHECK bool hkdf(const struct hash_algorithm *algorithm, uint8_t *out, size_t length, const uint8_t *salt,
                     size_t salt_length, const uint8_t *ikm, size_t ikm_length, const uint8_t *info,
                     size_t info_length);

#endif
