// RSASSA-PSS: RFC 8017, 8.1 and 9.1. A randomised signature with a security proof.
#ifndef CIPHERS_PUBLIC_RSA_PSS_H
#define CIPHERS_PUBLIC_RSA_PSS_H

#include "ciphers/hash/hash.h"
#include "ciphers/public/rsa.h"

enum {
    RSA_PSS_SALT_DIGEST = -1, // as long as the digest: the usual choice
    RSA_PSS_SALT_MAX = -2,    // as long as fits
    RSA_PSS_SALT_ANY = -3,    // verification only: whatever length the signature has
};

struct rsa_pss {
    const struct hash_algorithm *hash;
    const struct hash_algorithm *mgf1_hash; // NULL: the same
    int salt_length;                        // bytes, or one of the above
};

// Signs and verifies a finished digest. signature: rsa_size() bytes. False when the salt does not fit.
MUST_CHECK bool rsa_pss_sign(const struct rsa_private_key *key, uint8_t *signature,
                             const struct rsa_pss *options, const uint8_t *digest);
MUST_CHECK bool rsa_pss_verify(const struct rsa_public_key *key, const uint8_t *signature, size_t length,
                               const struct rsa_pss *options, const uint8_t *digest);

// EMSA-PSS-ENCODE (9.1.1) for em_bits = modBits - 1: em gets ceil(em_bits / 8) bytes. The salt, of
// options->salt_length resolved, is given or, when NULL, drawn.
MUST_CHECK bool rsa_pss_encode(uint8_t *em, size_t em_bits, const struct rsa_pss *options,
                               const uint8_t *digest, const uint8_t *salt);

// EMSA-PSS-VERIFY (9.1.2) on em of ceil(em_bits / 8) bytes: true for "consistent".
MUST_CHECK bool rsa_pss_check(const uint8_t *em, size_t em_bits, const struct rsa_pss *options,
                              const uint8_t *digest);

// The salt length that options mean for em_bits: RSA_PSS_SALT_DIGEST and _MAX resolved. False when it does
// not fit, or for RSA_PSS_SALT_ANY, which names no length.
MUST_CHECK bool rsa_pss_salt_length(const struct rsa_pss *options, size_t em_bits, size_t *salt_length);

#endif
