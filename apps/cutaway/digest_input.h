// The digest of a file of any size, for signatures.
#ifndef APPS_CUTAWAY_DIGEST_INPUT_H
#define APPS_CUTAWAY_DIGEST_INPUT_H

#include "bignum/secure.h"
#include "ciphers/hash/hash.h"

// Reads the file (NULL or "-": standard input) in pieces. False after a complaint.
MUST_CHECK bool input_digest(uint8_t digest[static HASH_DIGEST_SIZE_MAX],
                             const struct hash_algorithm *algorithm, const char *path);

#endif
