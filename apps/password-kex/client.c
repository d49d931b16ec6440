// The client: asks for the password, then is a live end (apps/common/live.c).

#include "apps/password-kex/password_kex_app.h"

#include "apps/common/live.h"
#include "apps/common/password.h"

#include <stdio.h>

static struct password_kex_session session;
static struct password password;
static const struct settings *settings;

static const char *start(void *state, struct explain_sink *explain) {
    (void)state;
    struct password_kex_options options = {.hash = settings->hash,
                                           .explain = explain,
                                           .username = settings->user,
                                           .password = password.bytes,
                                           .password_length = password.length};
    enum password_kex_reason reason = password_kex_start(&session, PASSWORD_KEX_CLIENT, &options);
    password_forget(&password);
    return reason == PASSWORD_KEX_OK ? NULL : password_kex_reason_text(reason);
}

static const struct live_app app = {
    .party = &password_kex_client_party,
    .start = start,
    .peer_says = "Server says: ",
    .prompt = "You: ",
    .prompt_waiting = "",
};

int run_client(const struct settings *with) {
    const struct live live = {.app = &app, .state = &session};
    settings = with;
    char prompt[120];
    (void)snprintf(prompt, sizeof prompt, "Password for %s: ", with->user);
    int status = password_ask(&password, prompt);
    if (status == STATUS_OK) {
        password_kex_session_init(&session);
        status = live_call(&live, &with->common);
        password_kex_session_clear(&session);
        password_forget(&password);
    }
    return status;
}
