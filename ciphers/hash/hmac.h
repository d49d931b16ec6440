// HMAC: RFC 2104 (and FIPS 198-1). A keyed hash: only who knows the key can make or check it.
#ifndef CIPHERS_HASH_HMAC_H
#define CIPHERS_HASH_HMAC_H

#include "bignum/secure.h"
#include "ciphers/hash/hash.h"

// Caller-allocated; a struct copy clones it.
struct hmac_context {
    struct hash_context inner, outer;
};

// A key of any length. The context is wiped by hmac_final.
void hmac_init(struct hmac_context *context, const struct hash_algorithm *algorithm, const uint8_t *key,
               size_t key_length);
void hmac_update(struct hmac_context *context, const void *in, size_t length);
void hmac_final(struct hmac_context *context, uint8_t *mac); // digest_size bytes

// All at once.
void hmac_digest(const struct hash_algorithm *algorithm, uint8_t *mac, const uint8_t *key, size_t key_length,
                 const void *in, size_t length);

// True when mac[0..mac_length) is the MAC of the message, possibly truncated: 1 <= mac_length <= digest_size.
// Constant-time comparison.
MUST_CHECK bool hmac_verify(const struct hash_algorithm *algorithm, const uint8_t *mac, size_t mac_length,
                            const uint8_t *key, size_t key_length, const void *in, size_t length);

#endif
