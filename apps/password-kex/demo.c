// The demo of password-kex: its script and its words. The stage is in apps/common/demo.c.

#include "apps/password-kex/password_kex_app.h"

#include "apps/common/demo.h"

#include <stdio.h>
#include <string.h>

static const char username[] = "ann";
static const char password[] = "correct horse battery staple";

static const struct demo_step script[] = {
    {DEMO_SAYS, .side = DEMO_CLIENT, .text = "Now that we know each other: hello!"},
    {DEMO_SAYS, .side = DEMO_SERVER, .text = "Welcome, ann."},
};

struct stage {
    const struct settings *settings;
    struct password_kex_store store;
    struct password_kex_session client, server;
};
static struct stage stage;

// One user, without a file.
static bool find(void *context, const char *name, uint8_t *out, size_t size) {
    (void)size;
    const struct stage *self = context;
    hash_digest(self->settings->hash, out, password, strlen(password));
    return strcmp(name, username) == 0;
}

static const char *start(void *state, size_t i, struct demo_link *link) {
    (void)i;
    struct stage *self = state;
    struct password_kex_options options = {.hash = self->settings->hash,
                                           .store = &self->store,
                                           .username = username,
                                           .password = password,
                                           .password_length = strlen(password)};
    link->parties[DEMO_SERVER] = (struct party){&password_kex_server_party, &self->server};
    link->parties[DEMO_CLIENT] = (struct party){&password_kex_client_party, &self->client};
    options.explain = link->explain[DEMO_SERVER];
    enum password_kex_reason reason = password_kex_start(&self->server, PASSWORD_KEX_SERVER, &options);
    if (reason == PASSWORD_KEX_OK) {
        options.explain = link->explain[DEMO_CLIENT];
        reason = password_kex_start(&self->client, PASSWORD_KEX_CLIENT, &options);
    }
    return reason == PASSWORD_KEX_OK ? NULL : password_kex_reason_text(reason);
}

static void opening(void *state, struct report *report) {
    const struct stage *self = state;
    char text[400];
    (void)snprintf(
        text, sizeof text,
        "user %s, password `%s`; H and the hash of OAEP are %s. Every message is one frame: a 4-byte length, "
        "then the payload. Offsets count from the start of the frame.",
        username, password, self->settings->hash->name);
    report_remark(report, "setting", text);
}

static void closing(void *state, struct report *report) {
    (void)state;
    report_remark(report, "look again",
                  "at message 3: what in it shows that it comes from whoever sent message 2? Nothing does.");
    report_remark(
        report, "not protected",
        "against one who passes 1 and 2 on and puts a key of their own into 3; against guessing the password "
        "offline, once somebody has posed as the server: see docs/password-kex.md.");
    report_remark(
        report, "try",
        "`password-kex adduser ann`, then `password-kex server --explain` in one terminal and `password-kex "
        "client --user ann` in another.");
}

static const struct demo_app app = {
    .protocol = "password-kex",
    .sentence = "README 000, a key exchange proved by a password: a server and a client, over TCP.",
    .port = PASSWORD_KEX_PORT,
    .start = start,
    .opening = opening,
    .closing = closing,
    .peer_says = "Peer says: ",
    .links_at_start = 1,
    .steps = script,
    .step_count = sizeof script / sizeof script[0],
};

int run_demo(const struct settings *settings) {
    stage.settings = settings;
    stage.store = (struct password_kex_store){.find = find, .context = &stage};
    password_kex_session_init(&stage.client);
    password_kex_session_init(&stage.server);
    int status = demo_run(&app, &stage, &settings->demo);
    password_kex_session_clear(&stage.client);
    password_kex_session_clear(&stage.server);
    return status;
}
