// The demo of rsa-chat: its script and its words. The stage is in apps/common/demo.c.

#include "apps/rsa-chat/rsa_chat_app.h"

#include "apps/common/demo.h"

enum { CLIENTS = 2 };
static const char *const names[CLIENTS] = {"alice", "bob"};

static const struct demo_step script[] = {
    {DEMO_SAYS, .link = 0, .side = DEMO_CLIENT, .text = "Is anybody here?"},
    {DEMO_REMARK, .label = "a second one", .text = "bob connects to the same server, with keys of his own."},
    {DEMO_CONNECTS, .link = 1},
    {DEMO_SAYS, .link = 1, .side = DEMO_CLIENT, .text = "Yes, I am."},
    {DEMO_SAYS, .link = 0, .side = DEMO_SERVER, .text = "So am I: every line goes through me."},
    {DEMO_SAYS, .link = 1, .side = DEMO_CLIENT, .text = "quit"},
    {DEMO_LEAVES, .link = 0, .side = DEMO_SERVER},
};

struct stage {
    struct rsa_chat_room room;
    struct rsa_chat_identity identity[CLIENTS];
    struct rsa_chat client[CLIENTS], server[CLIENTS];
};
static struct stage stage;

static const char *start(void *state, size_t i, struct demo_link *link) {
    struct stage *self = state;
    link->name = names[i];
    link->parties[DEMO_SERVER] = (struct party){&rsa_chat_server_party, &self->server[i]};
    link->parties[DEMO_CLIENT] = (struct party){&rsa_chat_client_party, &self->client[i]};
    if ((i == 0 && !rsa_chat_room_open(&self->room)) || !rsa_chat_identity_make(&self->identity[i])) {
        return rsa_chat_reason_text(RSA_CHAT_NO_RANDOM);
    }
    rsa_chat_start_server(&self->server[i], &self->room, names[i], link->explain[DEMO_SERVER]);
    enum rsa_chat_reason reason =
        rsa_chat_start_client(&self->client[i], &self->identity[i], names[i], link->explain[DEMO_CLIENT]);
    return reason == RSA_CHAT_OK ? NULL : rsa_chat_reason_text(reason);
}

static void opening(void *state, struct report *report) {
    (void)state;
    report_remark(
        report, "setting",
        "RSA keys of 1024 bits, textbook RSA; AES-128-CBC with the key as the first IV. Every message is one "
        "frame: a 4-byte length, then the payload. Offsets count from the start of the frame. Messages are "
        "numbered for each connection.");
}

static void closing(void *state, struct report *report) {
    (void)state;
    report_remark(
        report, "look again",
        "at both messages 4: `Ready` is the same block for alice and for bob, because the session is the "
        "server's and not theirs. Each of them has the key to all that the other says.");
    report_remark(report, "not protected",
                  "who the peer is, whether a message was changed, and anything from another client: see "
                  "docs/rsa-chat.md.");
    report_remark(
        report, "try",
        "`rsa-chat server --explain` in one terminal, `rsa-chat client --name alice` and `rsa-chat client "
        "--name bob` in two others.");
}

static const struct demo_app app = {
    .protocol = "rsa-chat",
    .sentence = "README 004, AES chat with an RSA-carried session key and MD5 checks: a server and two "
                "clients, over TCP.",
    .port = RSA_CHAT_PORT,
    .start = start,
    .opening = opening,
    .closing = closing,
    .peer_says = "",
    .links_at_start = 1,
    .steps = script,
    .step_count = sizeof script / sizeof script[0],
};

int run_demo(struct settings *settings) {
    rsa_chat_room_init(&stage.room);
    for (size_t i = 0; i < CLIENTS; i++) {
        rsa_chat_identity_init(&stage.identity[i]);
        rsa_chat_init(&stage.client[i]);
        rsa_chat_init(&stage.server[i]);
    }
    int status = demo_run(&app, &stage, &settings->demo);
    for (size_t i = 0; i < CLIENTS; i++) {
        rsa_chat_clear(&stage.client[i]);
        rsa_chat_clear(&stage.server[i]);
        rsa_chat_identity_clear(&stage.identity[i]);
    }
    rsa_chat_room_clear(&stage.room);
    return status;
}
