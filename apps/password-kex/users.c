// The commands that keep the data folder.

#include "apps/password-kex/password_kex_app.h"

#include "apps/common/password.h"
#include "apps/common/user_store.h"

#include <stdio.h>

// adduser and passwd: asks, hashes, stores.
static int store_password(const struct settings *settings, bool is_new) {
    struct user_store store;
    if (!user_store_open(&store, settings->data, is_new)) {
        return STATUS_FAILED;
    }
    if (!(is_new ? user_store_may_add : user_store_may_change)(&store, settings->user)) {
        user_store_close(&store);
        return STATUS_FAILED;
    }
    char prompt[120];
    (void)snprintf(prompt, sizeof prompt, "%s for %s: ", is_new ? "Password" : "New password",
                   settings->user);
    struct password password;
    int status = password_ask_new(&password, prompt);
    if (status == STATUS_OK) {
        struct password_kex kex;
        uint8_t hashed[HASH_DIGEST_SIZE_MAX];
        password_kex_init(&kex, settings->hash);
        password_kex_hash_password(&kex, hashed, password.bytes, password.length);
        password_kex_clear(&kex);
        bool stored = (is_new ? user_store_add : user_store_change)(&store, settings->user, hashed,
                                                                    settings->hash->digest_size);
        secure_wipe(hashed, sizeof hashed);
        status = stored ? STATUS_OK : STATUS_FAILED;
    }
    password_forget(&password);
    user_store_close(&store);
    if (status == STATUS_OK) {
        (void)printf(is_new ? "%s is a user now.\n" : "%s has a new password.\n", settings->user);
    }
    return status;
}

int run_adduser(const struct settings *settings) {
    return store_password(settings, true);
}

int run_passwd(const struct settings *settings) {
    return store_password(settings, false);
}

int run_deluser(const struct settings *settings) {
    struct user_store store;
    if (!user_store_open(&store, settings->data, false)) {
        return STATUS_FAILED;
    }
    bool removed = user_store_remove(&store, settings->user);
    user_store_close(&store);
    if (removed) {
        (void)printf("%s is no user any more.\n", settings->user);
    }
    return removed ? STATUS_OK : STATUS_FAILED;
}
