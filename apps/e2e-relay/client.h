// The two people's side of e2e-relay: a client, its key file, and the demo. The relay is in relay.h.
#ifndef APPS_E2E_RELAY_CLIENT_H
#define APPS_E2E_RELAY_CLIENT_H

#include "apps/common/protocol_options.h"

struct client_settings {
    struct protocol_options common;
    struct demo_options demo;
    const char *keys;  // a file, or NULL
    const char *group; // a name
    bool group_given;
    bool stay;
    const char *file; // keygen
};

// Each is a whole run: the exit status; what went wrong has been said.
int run_client(const struct client_settings *settings);
int run_keygen(const struct client_settings *settings);
int run_demo(const struct client_settings *settings);

#endif
