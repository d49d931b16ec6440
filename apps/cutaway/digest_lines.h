// Digests of files in the lines of sha256sum, printed and checked: the work of `hash` and `hmac`.
#ifndef APPS_CUTAWAY_DIGEST_LINES_H
#define APPS_CUTAWAY_DIGEST_LINES_H

#include "apps/common/hex.h"
#include "ciphers/hash/hash.h"

// Either a plain hash (key NULL) or an HMAC.
struct digest_job {
    const struct hash_algorithm *algorithm;
    const struct bytes *key;
};

// Prints a line a file; no file is standard input. A file that cannot be read is reported and skipped. The exit status.
int digest_print(const struct digest_job *job, int count, char **paths);

// Reads a list of such lines and checks every file that it names, as `sha256sum --check` does. The exit status.
int digest_check(const struct digest_job *job, const char *list);

#endif
