// The named groups in which Diffie-Hellman and ElGamal work: the numbers mod p under multiplication.
//
// Source: RFC 3526 (modp-1536 to modp-8192), RFC 7919 appendix A (ffdhe2048 to ffdhe8192); the toys are ours,
// for attacks that end in seconds.
#ifndef BIGNUM_GROUP_H
#define BIGNUM_GROUP_H

#include "bignum/secure.h"

#include <gmp.h>

// The order of g is q or 2q where p is a safe prime: q for every published group (g is a square there), 2q
// for a primitive root of a small safe prime, as toy-4digit may draw one. In a toy whose p is not a safe
// prime, g is a primitive root and its order is p - 1.
struct bn_group {
    const char *name;
    const char *source; // "RFC 7919, appendix A.1", for people
    bool toy;           // breakable in seconds by design
    bool safe_prime;    // p = 2q + 1 with q prime
    mpz_t p;
    mpz_t q;         // (p-1)/2 where safe_prime; else p-1. Private keys are drawn below it
    mpz_t g;         // generator for Diffie-Hellman
    mpz_t elgamal_g; // generator for ElGamal; equals g but in toy-1021
};

void bn_group_init(struct bn_group *group);
void bn_group_clear(struct bn_group *group);

// Fills an initialised group by name: "toy-1021", "toy-4digit" (drawn anew at each call), "modp-1536" ...
// "modp-8192", "ffdhe2048" ... "ffdhe8192". False for an unknown name or a failed random generator.
MUST_CHECK bool bn_group_find(struct bn_group *group, const char *name);

// A group from bare numbers, as a peer may send them, hostile ones included: finds out whether p is a safe
// prime. False unless p is an odd prime of at most BN_GROUP_BITS_MAX bits and 1 < g < p-1, or when the random
// generator fails. A published p is recognised and not tested again (its name is then set, where g agrees
// too); any other goes through BN_ADVERSARIAL_ROUNDS rounds and strong Lucas, and so does (p-1)/2. A
// composite ends at its first witness; a prime of 2048 bits takes less than a second, one of 8192 bits some
// ten seconds, which is the most that it can take.
enum { BN_GROUP_BITS_MAX = 8192 };
MUST_CHECK bool bn_group_from_numbers(struct bn_group *group, const mpz_t p, const mpz_t g);

// SP 800-56A r3, 5.6.2.3.1 (full validation): true when 1 < y < p-1 and y lies in the subgroup of g, as far
// as there is one to leave: where p is a safe prime and g has order q, y^q = 1 mod p. Where g has order 2q,
// or p is a toy's, g reaches every y or its order tells nothing, and the range is all there is to check.
MUST_CHECK bool bn_group_check_public(const struct bn_group *group, const mpz_t y);

// All names: the toys, RFC 3526, RFC 7919, each in order of size; ended by NULL.
extern const char *const bn_group_names[];

#endif
