// The client: its keys and its name, then a live end (apps/common/live.c).

#include "apps/rsa-chat/rsa_chat_app.h"

#include "apps/common/live.h"
#include "apps/common/terminal.h"

static struct rsa_chat chat;
static struct rsa_chat_identity identity;
static const struct settings *settings;

static const char *start(void *state, struct explain_sink *explain) {
    (void)state;
    enum rsa_chat_reason reason = rsa_chat_start_client(&chat, &identity, settings->name, explain);
    return reason == RSA_CHAT_OK ? NULL : rsa_chat_reason_text(reason);
}

static const struct live_app app = {
    .party = &rsa_chat_client_party,
    .start = start,
    .peer_says = "",
    .prompt = "You: ",
    .prompt_waiting = "You: ",
};

int run_client(struct settings *with) {
    const struct live live = {.app = &app, .state = &chat};
    int status = STATUS_FAILED;
    settings = with;
    terminal_set_quiet(with->common.quiet);
    rsa_chat_init(&chat);
    rsa_chat_identity_init(&identity);
    if (ask_where(with, false) && ask_name(with) && make_keys(&identity, with, with->name)) {
        status = live_call(&live, &with->common);
    }
    rsa_chat_clear(&chat);
    rsa_chat_identity_clear(&identity);
    return status;
}
