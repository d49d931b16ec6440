// RSA: keys and the bare operations. RFC 8017 (PKCS #1 v2.2) sections 3 and 5; key generation by FIPS 186-5
// A.1.3. Paddings: rsa_pkcs1.h, rsa_oaep.h, rsa_pss.h.
#ifndef CIPHERS_PUBLIC_RSA_H
#define CIPHERS_PUBLIC_RSA_H

#include "bignum/prime.h"
#include "bignum/secure.h"

#include <gmp.h>
#include <stdint.h>

enum {
    RSA_BITS_MIN = 512,
    RSA_BITS_MAX = 8192,
    RSA_SIZE_MAX = RSA_BITS_MAX / 8,
    RSA_EXPONENT_BITS_MAX = 256, // of e, for new keys
};

struct rsa_public_key {
    mpz_t n; // modulus
    mpz_t e; // public exponent
};

// With p = 0 the key has no factors: the private operation then uses d alone.
struct rsa_private_key {
    struct rsa_public_key public;
    mpz_t d;      // private exponent: e*d = 1 mod lcm(p-1, q-1)
    mpz_t p, q;   // n = p*q, p > q
    mpz_t dP, dQ; // d mod p-1, d mod q-1
    mpz_t qInv;   // q^-1 mod p
};

void rsa_public_key_init(struct rsa_public_key *key);
void rsa_public_key_clear(struct rsa_public_key *key);
void rsa_private_key_init(struct rsa_private_key *key);
void rsa_private_key_clear(struct rsa_private_key *key); // wipes

// k, the modulus length in bytes: the size of every ciphertext and signature.
size_t rsa_size(const struct rsa_public_key *key);

// FIPS 186-5 A.1.3 (random primes that are probably prime): bits in RSA_BITS_MIN..RSA_BITS_MAX and even, e
// odd, 3 <= e < 2^256. (The standard asks for bits >= 2048 and 2^16 < e < 2^256; smaller ones are for study.)
// False when the arguments are out of range, the search is cancelled, or the random generator fails.
MUST_CHECK bool rsa_generate(struct rsa_private_key *key, unsigned bits, const mpz_t e,
                             const struct bn_progress *progress);

// Computes n, d, dP, dQ and qInv from p, q and e; or, where e is 0, e from p, q and d first. False when p or
// q is not an odd integer > 2, p = q, or e has no inverse. Swaps p and q where p < q. Primes of any size:
// textbook exercises too.
MUST_CHECK bool rsa_complete_key(struct rsa_private_key *key);

// True when all members fit each other, p and q are probably prime, d > 2^(nlen/2), and n is within
// RSA_BITS_MIN..RSA_BITS_MAX (after RFC 8017, 3.2, and SP 800-56B r2, 6.4.1). False for a key without
// factors: nothing could be seen.
MUST_CHECK bool rsa_check_private_key(const struct rsa_private_key *key);
// True when n is odd, within the bit range, and e is odd with 3 <= e < n.
MUST_CHECK bool rsa_check_public_key(const struct rsa_public_key *key);

// RSAEP and RSAVP1 (5.1.1, 5.2.2): out = in^e mod n. False unless 0 <= in < n.
MUST_CHECK bool rsa_public_operation(const struct rsa_public_key *key, mpz_t out, const mpz_t in);

// RSADP and RSASP1 (5.1.2, 5.2.1): out = in^d mod n, by CRT where p and q are there, with blinding,
// constant-time exponentiation, and the result checked with e before it is released, so that a computing
// fault does not give p away. Needs an odd n, and e > 0. With a trace attached it goes by the book and
// without blinding, and reports every value of 5.1.2; the paddings above it need not care. False unless 0 <=
// in < n, or when the random generator or the check fails.
MUST_CHECK bool rsa_private_operation(const struct rsa_private_key *key, mpz_t out, const mpz_t in);

// The same by the book, traced: in^d mod n step by step, and m1, m2, h, m of RFC 8017 5.1.2 where p and q are
// there; both must agree. Needs neither e nor an odd n. Not constant-time.
MUST_CHECK bool rsa_private_operation_textbook(const struct rsa_private_key *key, mpz_t out, const mpz_t in);

#endif
