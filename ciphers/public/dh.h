// Diffie-Hellman in the groups of bignum/group.h: SP 800-56A revision 3, 5.6.1.1 (keys), 5.6.2.3.1 (checks),
// 5.7.1.1 (Z).
#ifndef CIPHERS_PUBLIC_DH_H
#define CIPHERS_PUBLIC_DH_H

#include "bignum/group.h"
#include "bignum/secure.h"

#include <gmp.h>
#include <stdint.h>

// private_key uniform in [1, q-1], public_key = g^private_key mod p. False when the random generator fails.
MUST_CHECK bool dh_generate(const struct bn_group *group, mpz_t private_key, mpz_t public_key);

// public_key from a given private key in [1, p-2]; false when it is out of range.
MUST_CHECK bool dh_public_key(const struct bn_group *group, mpz_t public_key, const mpz_t private_key);

// z = peer_public^private_key mod p. False when the peer's value fails bn_group_check_public or z is 1
// (5.7.1.1 step 2).
MUST_CHECK bool dh_shared_secret(const struct bn_group *group, mpz_t z, const mpz_t private_key,
                                 const mpz_t peer_public);

// Z as a byte string of exactly the length of p (5.7.1.1 step 3): leading zeros kept.
size_t dh_secret_size(const struct bn_group *group);
MUST_CHECK bool dh_secret_bytes(const struct bn_group *group, uint8_t *out, const mpz_t z);

#endif
