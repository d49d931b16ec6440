// The demo of e2e-relay: a relay and two clients, their script and their words. The stage is in apps/common/demo.c.

#include "apps/e2e-relay/client.h"

#include "apps/common/demo.h"

#include "protocols/e2e_party.h"
#include "protocols/e2e_relay_party.h"

#include <stdio.h>

enum { CLIENTS = 2 };
static const char *const names[CLIENTS] = {"client1", "client2"};

static const struct demo_step script[] = {
    {DEMO_REMARK,
     .text = "client1 is in, and alone. Now client2 joins, and the relay starts the key exchange.",
     .label = "now"},
    {DEMO_CONNECTS, .link = 1},
    {DEMO_SAYS, .link = 0, .side = DEMO_CLIENT, .text = "Can the relay read this?"},
    {DEMO_SAYS, .link = 1, .side = DEMO_CLIENT, .text = "It cannot. It could have before we began, though."},
    {DEMO_SAYS, .link = 0, .side = DEMO_CLIENT, .text = "exit"},
};

struct stage {
    const struct client_settings *settings;
    struct e2e_relay_hub hub;
    struct e2e_relay_end ends[CLIENTS];
    struct e2e_party clients[CLIENTS];
    struct e2e_keys keys[CLIENTS];
};
static struct stage stage;

static const char *start(void *state, size_t i, struct demo_link *link) {
    struct stage *self = state;
    link->name = names[i];
    link->parties[DEMO_SERVER] = (struct party){&e2e_relay_party, &self->ends[i]};
    link->parties[DEMO_CLIENT] = (struct party){&e2e_client_party, &self->clients[i]};
    const struct e2e_party_options options = {.keys = &self->keys[i],
                                              .host = "localhost:5000",
                                              .explain = link->explain[DEMO_CLIENT],
                                              .name = names[i]};
    if (!e2e_keys_generate(&self->keys[i], self->settings->group) ||
        !e2e_relay_end_start(&self->ends[i], &self->hub, names[i], link->explain[DEMO_SERVER])) {
        return e2e_reason_text(E2E_NO_RANDOM);
    }
    enum e2e_reason reason = e2e_party_start(&self->clients[i], &options);
    return reason == E2E_OK ? NULL : e2e_reason_text(reason);
}

static const char *warning(void *state) {
    const struct stage *self = state;
    static char text[120];
    const struct bn_group *group = &self->keys[0].group;
    (void)snprintf(text, sizeof text, E2E_TOY_WARNING, mpz_sizeinbase(group->p, 2));
    return e2e_is_toy(group) ? text : NULL;
}

static void opening(void *state, struct report *report) {
    const struct stage *self = state;
    const struct bn_group *group = &self->keys[0].group;
    char text[500];
    (void)snprintf(text, sizeof text,
                   "group %s (%s). Each message is a text in a frame of a WebSocket (RFC 6455), masked when "
                   "a client sends "
                   "it; shown is what is inside. Each connection has its own numbers.",
                   group->name, group->source);
    report_remark(report, "setting", text);
}

static void closing(void *state, struct report *report) {
    (void)state;
    report_remark(
        report, "look again",
        "at both DEFF_HELLMAN_PK_BC: the AES key is inside the clients, and nowhere at the relay. What "
        "the relay has is what "
        "stands under \"on the wire\".");
    report_remark(report, "not protected",
                  "who the partner is: the relay could have passed on ElGamal keys of its own, to both. And "
                  "whether a message was changed or repeated on the way. See docs/e2e-relay.md.");
    report_remark(report, "try",
                  "`e2e-relay relay --explain` in one terminal, `e2e-relay client` in two others.");
}

static const struct demo_app app = {
    .protocol = "e2e-relay",
    .sentence = "README 003, end-to-end encrypted messaging: two clients and a relay between them, over TCP.",
    .port = 5000,
    .start = start,
    .warning = warning,
    .opening = opening,
    .closing = closing,
    .peer_says = "Partner: ",
    .links_at_start = 1,
    .steps = script,
    .step_count = sizeof script / sizeof script[0],
};

int run_demo(const struct client_settings *settings) {
    stage.settings = settings;
    e2e_relay_hub_start(&stage.hub);
    for (size_t i = 0; i < CLIENTS; i++) {
        e2e_keys_init(&stage.keys[i]);
        e2e_party_init(&stage.clients[i]);
    }
    int status = demo_run(&app, &stage, &settings->demo);
    for (size_t i = 0; i < CLIENTS; i++) {
        e2e_party_clear(&stage.clients[i]);
        e2e_keys_clear(&stage.keys[i]);
        e2e_relay_end_clear(&stage.ends[i]);
    }
    return status;
}
