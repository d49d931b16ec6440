// A live end of des-chat: what its words are. The loop is in apps/common/live.c.

#include "apps/des-chat/des_chat_app.h"

#include "apps/common/live.h"
#include "apps/common/terminal.h"

static struct des_chat chat;
static const struct settings *settings;

static const char *start(enum des_chat_role role, struct explain_sink *explain) {
    struct des_chat_options options = {
        .group = settings->group, .mode = settings->mode, .free = settings->free, .explain = explain};
    enum des_chat_reason reason = des_chat_start(&chat, role, &options);
    return reason == DES_CHAT_OK ? NULL : des_chat_reason_text(reason);
}

static const char *start_server(void *state, struct explain_sink *explain) {
    (void)state;
    const char *why = start(DES_CHAT_SERVER, explain);
    if (why == NULL && des_chat_is_toy(&chat)) {
        terminal_say(DES_CHAT_TOY_WARNING, mpz_sizeinbase(chat.group.p, 2));
    }
    return why;
}

static const char *start_client(void *state, struct explain_sink *explain) {
    (void)state;
    return start(DES_CHAT_CLIENT, explain);
}

static void listening(void *state, const char *address) {
    (void)state;
    terminal_say("Listening on %s, group %s. Waiting for a client (Ctrl-C ends).", address, chat.group.name);
}

#define APP(role, start_role, first)                                                                         \
    {                                                                                                        \
        .party = &des_chat_##role##_party, .start = (start_role), .listening = listening,                    \
        .peer_says = "Peer says: ", .prompt = "You: ", .prompt_waiting = "(peer's turn) You: ",              \
        .busy = "busy with another client", .warning_first = (first),                                        \
    }
static const struct live_app server_app = APP(server, start_server, false);
static const struct live_app client_app = APP(client, start_client, true);

static int run(const struct live_app *app, int (*role)(const struct live *, const struct protocol_options *),
               const struct settings *with) {
    const struct live live = {.app = app, .state = &chat};
    settings = with;
    des_chat_init(&chat);
    int status = role(&live, &with->common);
    des_chat_clear(&chat);
    return status;
}

int run_server(const struct settings *with) {
    return run(&server_app, live_serve, with);
}

int run_client(const struct settings *with) {
    return run(&client_app, live_call, with);
}
