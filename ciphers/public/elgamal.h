// ElGamal encryption and signatures: T. ElGamal, 1985; Handbook of Applied Cryptography 8.18 and 11.64.
// The generator is the group's elgamal_g.
#ifndef CIPHERS_PUBLIC_ELGAMAL_H
#define CIPHERS_PUBLIC_ELGAMAL_H

#include "bignum/group.h"
#include "bignum/secure.h"

#include <gmp.h>

// private_key x uniform in [1, p-2], public_key y = g^x mod p. False when the random generator fails.
MUST_CHECK bool elgamal_generate(const struct bn_group *group, mpz_t private_key, mpz_t public_key);
MUST_CHECK bool elgamal_public_key(const struct bn_group *group, mpz_t public_key, const mpz_t private_key);

// Encrypts m in [1, p-1]: c1 = g^k, c2 = m * y^k, k fresh. False when m or y is out of range.
MUST_CHECK bool elgamal_encrypt(const struct bn_group *group, mpz_t c1, mpz_t c2, const mpz_t public_key,
                                const mpz_t m);
// m = c2 * (c1^x)^-1 mod p. False unless 0 < c1, c2 < p.
MUST_CHECK bool elgamal_decrypt(const struct bn_group *group, mpz_t m, const mpz_t private_key,
                                const mpz_t c1, const mpz_t c2);

// Signs an integer h (a digest as a number; reduced mod p-1): r = g^k, s = k^-1 (h - x r) mod p-1, s != 0, k
// fresh, secret, coprime to p-1.
MUST_CHECK bool elgamal_sign(const struct bn_group *group, mpz_t r, mpz_t s, const mpz_t private_key,
                             const mpz_t h);
// True when 0 < r < p, 0 < s < p-1 and g^h = y^r r^s mod p.
MUST_CHECK bool elgamal_verify(const struct bn_group *group, const mpz_t public_key, const mpz_t h,
                               const mpz_t r, const mpz_t s);

// The same with k given, for vectors and for the reader. Never use a k twice: two signatures give the key
// away.
MUST_CHECK bool elgamal_encrypt_with(const struct bn_group *group, mpz_t c1, mpz_t c2, const mpz_t public_key,
                                     const mpz_t m, const mpz_t k);
MUST_CHECK bool elgamal_sign_with(const struct bn_group *group, mpz_t r, mpz_t s, const mpz_t private_key,
                                  const mpz_t h, const mpz_t k);

#endif
