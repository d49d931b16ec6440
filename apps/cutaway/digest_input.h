// The digest of a message, for signatures.
#ifndef APPS_CUTAWAY_DIGEST_INPUT_H
#define APPS_CUTAWAY_DIGEST_INPUT_H

#include "apps/common/hex.h"
#include "ciphers/hash/hash.h"

// Of `message` where it is not NULL, else of the file (NULL or "-": standard input), which is read in pieces. In a trace
// the steps are a section. False after a complaint.
MUST_CHECK bool input_digest(uint8_t digest[static HASH_DIGEST_SIZE_MAX],
                             const struct hash_algorithm *algorithm, const char *path,
                             const struct bytes *message);

#endif
