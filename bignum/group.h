// The named groups in which Diffie-Hellman and ElGamal work: the numbers mod p under multiplication.
//
// Source: RFC 3526 (modp-1536 to modp-8192), RFC 7919 appendix A (ffdhe2048 to ffdhe8192); the toys are ours, for
// attacks that end in seconds.
#ifndef BIGNUM_GROUP_H
#define BIGNUM_GROUP_H

#include "bignum/secure.h"

#include <gmp.h>

struct bn_group {
    const char *name;
    const char *source; // "RFC 7919, appendix A.1", for people
    bool toy;           // breakable in seconds by design
    bool safe_prime;    // p = 2q + 1 with q prime
    mpz_t p;
    mpz_t q;         // (p-1)/2 where safe_prime; else the order of g
    mpz_t g;         // generator for Diffie-Hellman
    mpz_t elgamal_g; // generator for ElGamal; equals g but in toy-1021
};

void bn_group_init(struct bn_group *group);
void bn_group_clear(struct bn_group *group);

// Fills an initialised group by name: "toy-1021", "toy-4digit" (drawn anew at each call), "modp-1536" ...
// "modp-8192", "ffdhe2048" ... "ffdhe8192". False for an unknown name or a failed random generator.
MUST_CHECK bool bn_group_find(struct bn_group *group, const char *name);

// A group from bare numbers, as a peer may send them: finds out whether p is a safe prime. False unless p is an
// odd prime of at most 8192 bits and 1 < g < p-1. q is (p-1)/2 for a safe prime, else p-1.
MUST_CHECK bool bn_group_from_numbers(struct bn_group *group, const mpz_t p, const mpz_t g);

// True when 1 < y < p-1 and, for a safe prime whose g has order q, y^q = 1. SP 800-56A r3, 5.6.2.3.1 (full validation).
MUST_CHECK bool bn_group_check_public(const struct bn_group *group, const mpz_t y);

// All names in order of size, ended by NULL.
extern const char *const bn_group_names[];

#endif
