// The server: a room for several clients, and one person at its own keyboard. The loop is in apps/common/server.c; who
// is in the room, and who hears what, in protocols/rsa_chat_room.c.

#include "apps/rsa-chat/rsa_chat_app.h"

#include "apps/common/server.h"
#include "apps/common/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rsa_chat_room room;

// A piped line that waits for the first client.
static struct {
    bool any;
    size_t length;
    uint8_t bytes[RSA_CHAT_TEXT_MAX];
} held;

static void listening(void *context, const char *const addresses[], size_t count) {
    (void)context;
    (void)count;
    terminal_say("Listening on %s. Waiting for clients; `quit` or Ctrl-C ends.", addresses[0]);
}

static const char *accept_client(void *context, struct server_client *client, struct party *party,
                                 struct explain_sink *explain) {
    (void)context;
    struct rsa_chat *chat = malloc(sizeof *chat);
    if (chat == NULL) {
        return "no memory for one more";
    }
    rsa_chat_init(chat);
    rsa_chat_start_server(chat, &room, "client", explain);
    client->state = chat;
    *party = (struct party){&rsa_chat_server_party, chat};
    return NULL;
}

static void on_event(void *context, struct server_client *client, const struct party_event *event) {
    (void)context;
    const struct rsa_chat *chat = client->state;
    char before[RSA_CHAT_NAME_MAX + 3];
    switch (event->kind) {
    case PARTY_ESTABLISHED:
        terminal_note("%s has joined, from %s.", chat->name, client->channel.address);
        (void)snprintf(client->name, sizeof client->name, "%s", chat->name);
        if (held.any) {
            held.any = rsa_chat_room_say(&room, held.bytes, held.length) != RSA_CHAT_OK;
        }
        break;
    case PARTY_MESSAGE:
        (void)snprintf(before, sizeof before, "%s: ", event->from);
        terminal_show(before, event->text, event->length);
        break;
    case PARTY_ENDED:
        terminal_note("%.*s", (int)event->length, (const char *)event->text);
        break;
    case PARTY_NOTICE:
    case PARTY_NOTHING:
    case PARTY_FAILED: // the loop says why
        break;
    }
}

static void on_gone(void *context, struct server_client *client) {
    (void)context;
    rsa_chat_clear(client->state);
    free(client->state);
}

static const char *on_line(void *context, const uint8_t *line, size_t length) {
    (void)context;
    if (length == 4 && memcmp(line, "quit", 4) == 0) {
        server_stop(server_self(), STATUS_OK);
        return NULL;
    }
    if (room.count == 0 && terminal_is_interactive()) {
        return "nobody is here";
    }
    if (room.count == 0) {
        held.any = true;
        held.length = length;
        memcpy(held.bytes, line, length);
        return NULL;
    }
    enum rsa_chat_reason reason = rsa_chat_room_say(&room, line, length);
    return reason == RSA_CHAT_OK ? NULL : rsa_chat_reason_text(reason);
}

static bool may_take_line(void *context) {
    (void)context;
    return !held.any && rsa_chat_room_may_say(&room);
}

static const struct server_app app = {
    .listeners = 1,
    .clients_max = RSA_CHAT_CLIENTS_MAX,
    .listening = listening,
    .accept = accept_client,
    .event = on_event,
    .gone = on_gone,
    .line = on_line,
    .may_take_line = may_take_line,
    .prompt = "You: ",
    .line_max = RSA_CHAT_TEXT_MAX,
};

int run_server(struct settings *settings) {
    int status = STATUS_FAILED;
    terminal_set_quiet(settings->common.quiet);
    rsa_chat_room_init(&room);
    if (ask_where(settings, true) && make_keys(&room.identity, settings, "server")) {
        status = rsa_chat_room_open(&room)
                     ? server_run(&app, NULL, &settings->common)
                     : failure("no session: %s", rsa_chat_reason_text(RSA_CHAT_NO_RANDOM));
    }
    rsa_chat_room_clear(&room);
    return status;
}
