// The server: several clients at once, each with a key of its own, made when it comes and wiped when it goes. The loop is in
// apps/common/server.c.

#include "apps/password-kex/password_kex_app.h"

#include "apps/common/server.h"
#include "apps/common/terminal.h"
#include "apps/common/user_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A session takes about 450 KiB, and making its key keeps everybody waiting a moment.
enum { CLIENTS_MAX = 64 };

struct service {
    const struct settings *settings;
    struct user_store users;
    struct password_kex_store store;
};

static void listening(void *context, const char *const addresses[], size_t count) {
    const struct service *service = context;
    (void)count;
    terminal_say("Listening on %s, with the users in %s (Ctrl-C ends).", addresses[0],
                 service->settings->data);
}

static const char *accept_client(void *context, struct server_client *client, struct party *party,
                                 struct explain_sink *explain) {
    struct service *service = context;
    struct password_kex_session *session = malloc(sizeof *session);
    if (session == NULL) {
        return "busy: no memory for one more";
    }
    password_kex_session_init(session);
    const struct password_kex_options options = {
        .hash = service->settings->hash, .explain = explain, .store = &service->store};
    enum password_kex_reason reason = password_kex_start(session, PASSWORD_KEX_SERVER, &options);
    if (reason != PASSWORD_KEX_OK) {
        password_kex_session_clear(session);
        free(session);
        return "internal error";
    }
    client->state = session;
    *party = (struct party){&password_kex_server_party, session};
    return NULL;
}

static void event(void *context, struct server_client *client, const struct party_event *event) {
    (void)context;
    const struct password_kex_session *session = client->state;
    char text[200];
    switch (event->kind) {
    case PARTY_NOTHING:
    case PARTY_FAILED: // told by the loop
    case PARTY_ENDED:
        break;
    case PARTY_NOTICE:
    case PARTY_ESTABLISHED:
        terminal_note("(%s: %.*s)", client->channel.address, (int)event->length, (const char *)event->text);
        (void)snprintf(client->name, sizeof client->name, "%.40s, %.36s", session->username,
                       client->channel.address);
        break;
    case PARTY_MESSAGE:
        (void)snprintf(text, sizeof text, "%s says: ", session->username);
        terminal_show(text, event->text, event->length);
        (void)snprintf(text, sizeof text, "Welcome, %s. %zu byte%s arrived.", session->username,
                       event->length, event->length == 1 ? "" : "s");
        const char *why = client->channel.party.type->say(client->state, text, strlen(text));
        if (why != NULL) {
            server_drop(client, why);
        }
        break;
    }
}

static void gone(void *context, struct server_client *client) {
    (void)context;
    password_kex_session_clear(client->state);
    free(client->state);
    client->state = NULL;
}

static const struct server_app app = {
    .listeners = 1,
    .clients_max = CLIENTS_MAX,
    .listening = listening,
    .accept = accept_client,
    .event = event,
    .gone = gone,
};

int run_server(const struct settings *settings) {
    struct service service = {.settings = settings};
    if (!user_store_open(&service.users, settings->data, false)) {
        return STATUS_FAILED;
    }
    service.store = (struct password_kex_store){.find = user_store_find, .context = &service.users};
    int status = server_run(&app, &service, &settings->common);
    user_store_close(&service.users);
    return status;
}
