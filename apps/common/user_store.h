// The data folder of README 000: for each user a file NAME.dat with the hash of the password, as raw bytes. The folder is
// open to its owner alone (0700), the files too (0600), and a file is there as a whole or not at all.
#ifndef APPS_COMMON_USER_STORE_H
#define APPS_COMMON_USER_STORE_H

#include "bignum/secure.h"

#include <stdint.h>

// Names must have passed password_kex_name_is_good (protocols/password_kex.h): they become part of a path here.
struct user_store {
    const char *path;
    int folder; // its descriptor: a folder that is renamed or replaced meanwhile changes nothing
};

// Opens a folder; with `create` it is made when it is not there. False after a complaint: no folder, no rights, or open to
// others than its owner.
MUST_CHECK bool user_store_open(struct user_store *store, const char *path, bool create);
void user_store_close(struct user_store *store);

// The bytes of a user; `size` of them, no fewer and no more. False when there is no such user, and after a complaint when the
// file is not as it should be. It has the shape of password_kex_store's find.
MUST_CHECK bool user_store_find(void *store, const char *name, uint8_t *out, size_t size);

// Whether user_store_add or user_store_change would take this user now: to be asked before a person is asked for a password.
// False after a complaint.
MUST_CHECK bool user_store_may_add(const struct user_store *store, const char *name);
MUST_CHECK bool user_store_may_change(const struct user_store *store, const char *name);

// Add: the user must be new. Change: must be there. Remove: must be there. False after a complaint.
MUST_CHECK bool user_store_add(const struct user_store *store, const char *name, const uint8_t *bytes,
                               size_t size);
MUST_CHECK bool user_store_change(const struct user_store *store, const char *name, const uint8_t *bytes,
                                  size_t size);
MUST_CHECK bool user_store_remove(const struct user_store *store, const char *name);

#endif
