// What the parts of the cert-relay program share.
#ifndef APPS_CERT_RELAY_CERT_RELAY_APP_H
#define APPS_CERT_RELAY_CERT_RELAY_APP_H

#include "apps/common/protocol_options.h"

#include "protocols/cert_relay.h"

// From the command line.
struct settings {
    struct protocol_options common;
    struct demo_options demo;
    const char *folder; // of the certificates
    size_t place;       // client: 0 is client1
    bool force;
};

// The four commands; each returns the exit status.
int run_server(const struct settings *settings);
int run_client(const struct settings *settings);
int run_certs(const struct settings *settings);
int run_demo(const struct settings *settings);

// From the folder: NAME_cert.pem, or that and NAME_key.pem. The key has been initialised. False after a complaint, which
// names the file.
MUST_CHECK bool load_certificate(struct rsa_public_key *key, const char *folder, const char *name);
MUST_CHECK bool load_key(struct rsa_private_key *key, const char *folder, const char *name);

enum { CERTIFICATE_PATH_SIZE = 4096 };
// FOLDER/NAME_KIND.pem; false after a complaint when that is too long.
MUST_CHECK bool certificate_path(char path[static CERTIFICATE_PATH_SIZE], const char *folder,
                                 const char *name, const char *kind);

#endif
