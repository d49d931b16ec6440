// A live client of cert-relay, and the server: what their words are. The loops are in apps/common/live.c and server.c.

#include "apps/cert-relay/cert_relay_app.h"

#include "apps/common/live.h"
#include "apps/common/server.h"
#include "apps/common/terminal.h"

#include <stdio.h>
#include <stdlib.h>

// --- the client ------------------------------------------------------------------------------------------------

static struct person {
    const struct settings *settings;
    struct rsa_private_key key;
} person;
static struct cert_relay_client client;

static const char *start(void *state, struct explain_sink *explain) {
    enum cert_relay_reason reason =
        cert_relay_client_start(state, person.settings->place, &person.key, explain);
    return reason == CERT_RELAY_OK ? NULL : cert_relay_reason_text(reason);
}

static const struct live_app client_app = {
    .party = &cert_relay_client_party,
    .start = start,
    .peer_says = "Somebody: ", // not used: a message comes with the names it may be from
    .prompt = "You: ",
    .prompt_waiting = "(no key) You: ",
};

int run_client(const struct settings *settings) {
    const struct live live = {.app = &client_app, .state = &client};
    int status = STATUS_FAILED;
    person.settings = settings;
    cert_relay_client_init(&client);
    rsa_private_key_init(&person.key);
    if (load_key(&person.key, settings->folder, cert_relay_ids[settings->place])) {
        status = live_call(&live, &settings->common);
    }
    rsa_private_key_clear(&person.key);
    cert_relay_client_clear(&client);
    return status;
}

// --- the server ------------------------------------------------------------------------------------------------

// Connections that have not authenticated yet count, too.
enum { CONNECTIONS_MAX = 64 };

static struct rsa_public_key certified[CERT_RELAY_CLIENTS];

static void listening(void *context, const char *const addresses[], size_t count) {
    (void)context;
    for (size_t i = 0; i < count; i++) {
        terminal_say("Listening on %s for %s.", addresses[i], cert_relay_ids[i]);
    }
    terminal_say("Waiting for all three (Ctrl-C ends).");
}

static const char *take_connection(void *context, struct server_client *connection, struct party *party,
                                   struct explain_sink *explain) {
    struct cert_relay_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return "busy: no memory for one more";
    }
    cert_relay_server_start(server, context, connection->listener, explain);
    connection->state = server;
    *party = (struct party){.type = &cert_relay_server_party, .state = server};
    return NULL;
}

static void take_event(void *context, struct server_client *connection, const struct party_event *event) {
    (void)context;
    if (event->kind == PARTY_ESTABLISHED) {
        (void)snprintf(connection->name, sizeof connection->name, "%s", cert_relay_ids[connection->listener]);
    }
    if (event->kind != PARTY_FAILED && event->length > 0) {
        terminal_note("%.*s", (int)event->length, (const char *)event->text);
    }
}

static bool may_read(void *context, const struct server_client *connection) {
    (void)context;
    return cert_relay_server_may_receive(connection->state);
}

static void forget(void *context, struct server_client *connection) {
    (void)context;
    cert_relay_server_clear(connection->state);
    free(connection->state);
}

static const struct server_app server_app = {
    .listeners = CERT_RELAY_CLIENTS,
    .clients_max = CONNECTIONS_MAX,
    .listening = listening,
    .accept = take_connection,
    .event = take_event,
    .may_read = may_read,
    .gone = forget,
};

int run_server(const struct settings *settings) {
    struct cert_relay_hub hub = {0};
    struct rsa_public_key unused; // server_cert.pem: it must be there, and nobody ever looks at it
    rsa_public_key_init(&unused);
    bool loaded = load_certificate(&unused, settings->folder, "server");
    rsa_public_key_clear(&unused);
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        rsa_public_key_init(&certified[i]);
        loaded = loaded && load_certificate(&certified[i], settings->folder, cert_relay_ids[i]);
        hub.keys[i] = &certified[i];
    }
    int status = loaded ? server_run(&server_app, &hub, &settings->common) : STATUS_FAILED;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        rsa_public_key_clear(&certified[i]);
    }
    return status;
}
