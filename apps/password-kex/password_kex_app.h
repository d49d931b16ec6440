// What the parts of the password-kex program share.
#ifndef APPS_PASSWORD_KEX_PASSWORD_KEX_APP_H
#define APPS_PASSWORD_KEX_PASSWORD_KEX_APP_H

#include "apps/common/protocol_options.h"

#include "protocols/password_kex_session.h"

struct settings {
    struct protocol_options common;
    struct demo_options demo;
    const char *data; // the folder
    const char *user; // a name, checked
    const struct hash_algorithm *hash;
};

// The commands; each returns the exit status.
int run_server(const struct settings *settings);
int run_client(const struct settings *settings);
int run_adduser(const struct settings *settings);
int run_passwd(const struct settings *settings);
int run_deluser(const struct settings *settings);
int run_demo(const struct settings *settings);

#endif
