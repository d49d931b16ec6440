// The demo of des-chat: its script and its words. The stage is in apps/common/demo.c.

#include "apps/des-chat/des_chat_app.h"

#include "apps/common/demo.h"

#include <stdio.h>

// Who says what, in turn. The third line has three equal blocks of 8 bytes, and ECB shows it.
static const struct demo_step script[] = {
    {DEMO_SAYS, .side = DEMO_CLIENT, .text = "Hello! Is anybody listening?"},
    {DEMO_SAYS, .side = DEMO_SERVER, .text = "Let us hope not."},
    {DEMO_SAYS, .side = DEMO_CLIENT, .text = "tick... tick... tick... "},
    {DEMO_SAYS, .side = DEMO_SERVER, .text = "exit"},
};

struct stage {
    const struct settings *settings;
    struct des_chat client, server;
};
static struct stage stage;

static const char *start(void *state, size_t i, struct demo_link *link) {
    (void)i;
    struct stage *self = state;
    struct des_chat_options options = {
        .group = self->settings->group, .mode = self->settings->mode, .free = self->settings->free};
    link->parties[DEMO_SERVER] = (struct party){&des_chat_server_party, &self->server};
    link->parties[DEMO_CLIENT] = (struct party){&des_chat_client_party, &self->client};
    options.explain = link->explain[DEMO_SERVER];
    enum des_chat_reason reason = des_chat_start(&self->server, DES_CHAT_SERVER, &options);
    if (reason == DES_CHAT_OK) {
        options.explain = link->explain[DEMO_CLIENT];
        reason = des_chat_start(&self->client, DES_CHAT_CLIENT, &options);
    }
    return reason == DES_CHAT_OK ? NULL : des_chat_reason_text(reason);
}

static const char *warning(void *state) {
    const struct stage *self = state;
    static char text[120];
    (void)snprintf(text, sizeof text, DES_CHAT_TOY_WARNING, mpz_sizeinbase(self->server.group.p, 2));
    return des_chat_is_toy(&self->server) ? text : NULL;
}

static void opening(void *state, struct report *report) {
    const struct stage *self = state;
    const struct bn_group *group = &self->server.group;
    char text[400];
    (void)snprintf(text, sizeof text,
                   "group %s (%s), DES-%s. Every message is one frame: a 4-byte length, then the payload. "
                   "Offsets count from the start of the frame.",
                   group->name, group->source, self->settings->mode == MODE_CBC ? "CBC" : "ECB");
    report_remark(report, "setting", text);
}

static void closing(void *state, struct report *report) {
    const struct stage *self = state;
    report_remark(
        report, "look again",
        self->settings->mode == MODE_CBC
            ? "at message 8: the text repeats every 8 bytes, and no two ciphertext blocks are equal. "
              "--mode ecb shows the difference."
            : "at message 8: the text repeats every 8 bytes, and so does the ciphertext. --mode cbc "
              "hides it.");
    report_remark(report, "not protected",
                  "who the peer is, and whether a message was changed on the way: see docs/des-chat.md.");
    report_remark(report, "try",
                  "`des-chat server --explain` in one terminal, `des-chat client` in another.");
}

static const struct demo_app app = {
    .protocol = "des-chat",
    .sentence = "README 002, two-way messaging with DES and Diffie-Hellman: a server and a client, over TCP.",
    .port = DES_CHAT_PORT,
    .start = start,
    .warning = warning,
    .opening = opening,
    .closing = closing,
    .peer_says = "Peer says: ",
    .links_at_start = 1,
    .steps = script,
    .step_count = sizeof script / sizeof script[0],
};

int run_demo(const struct settings *settings) {
    stage.settings = settings;
    des_chat_init(&stage.client);
    des_chat_init(&stage.server);
    int status = demo_run(&app, &stage, &settings->demo);
    des_chat_clear(&stage.client);
    des_chat_clear(&stage.server);
    return status;
}
