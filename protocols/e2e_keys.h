// The keys of an e2e-relay client (README 003, "Key Setup"): an ElGamal pair to sign with and a Diffie-Hellman pair, made
// beforehand and kept in a file, or made at the start. Text in, text out; the file itself is the app's.
#ifndef PROTOCOLS_E2E_KEYS_H
#define PROTOCOLS_E2E_KEYS_H

#include "protocols/parse_error.h"

#include "bignum/group.h"
#include "bignum/secure.h"

// Four numbers of 8192 bits and their names take less.
enum { E2E_KEYS_TEXT_MAX = 12288 };

// Caller-allocated; the members are for reading.
struct e2e_keys {
    struct bn_group group;
    mpz_t elgamal_private, elgamal_public; // y = elgamal_g^x mod p
    mpz_t dh_private, dh_public;           // y = g^x mod p
};

void e2e_keys_init(struct e2e_keys *keys);
void e2e_keys_clear(struct e2e_keys *keys); // wipes

// True for a group that two ends can agree on by its name: all but "toy-4digit", which is drawn anew every time.
bool e2e_keys_group_is_known(const char *name);

// Fresh pairs in a known group. False when the random generator fails.
MUST_CHECK bool e2e_keys_generate(struct e2e_keys *keys, const char *group);

// The text of a key file, not terminated; false when `size` is too small (E2E_KEYS_TEXT_MAX is enough).
MUST_CHECK bool e2e_keys_write(char *out, size_t size, size_t *length, const struct e2e_keys *keys);

// Reads one, strictly: the five lines in order, `#` lines and empty ones between them. Both public keys are computed again
// from the private ones and compared. `where` counts in bytes of the file.
MUST_CHECK bool e2e_keys_read(struct e2e_keys *keys, const char *text, size_t length,
                              struct parse_error *where);

#endif
