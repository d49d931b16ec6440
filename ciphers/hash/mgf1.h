// MGF1, the mask generation function of OAEP and PSS: RFC 8017, appendix B.2.1.
#ifndef CIPHERS_HASH_MGF1_H
#define CIPHERS_HASH_MGF1_H

#include "ciphers/hash/hash.h"

// mask gets `length` bytes that look random to whoever does not know the seed.
void mgf1(const struct hash_algorithm *algorithm, uint8_t *mask, size_t length, const uint8_t *seed,
          size_t seed_length);

#endif
