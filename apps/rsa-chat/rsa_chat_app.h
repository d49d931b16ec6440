// What the parts of the rsa-chat program share.
#ifndef APPS_RSA_CHAT_RSA_CHAT_APP_H
#define APPS_RSA_CHAT_RSA_CHAT_APP_H

#include "apps/common/protocol_options.h"

#include "protocols/rsa_chat.h"

// Of settings.common.port: not given on the command line. A host that was not given is NULL.
enum { PORT_NOT_GIVEN = 65536 };

struct settings {
    struct protocol_options common;
    struct demo_options demo;
    const char *name; // NULL: not given
    const char *keys; // the folder for the key files
};

// The three commands; each returns the exit status.
int run_server(struct settings *settings);
int run_client(struct settings *settings);
int run_demo(struct settings *settings);

// Asks for a host, a port or a name that was not given, at a terminal; takes the usual one elsewhere. False after a
// complaint.
MUST_CHECK bool ask_where(struct settings *settings, bool listening);
MUST_CHECK bool ask_name(struct settings *settings);

// Makes the keys of a side, and writes them to rsa-chat_WHO_private.pem and rsa-chat_WHO_public.pem. False after a
// complaint.
MUST_CHECK bool make_keys(struct rsa_chat_identity *identity, const struct settings *settings,
                          const char *who);

#endif
