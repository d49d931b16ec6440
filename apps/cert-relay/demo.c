// The demo of cert-relay: its script and its words. The stage is in apps/common/demo.c.

#include "apps/cert-relay/cert_relay_app.h"

#include "apps/common/demo.h"

enum { LINKS = 4, BITS = 2048 };

// client1 to client3 log in, talk, client2 leaves and comes back (link 3).
static const struct demo_step script[] = {
    {DEMO_CONNECTS, .link = 1},
    {DEMO_REMARK, .label = "now",
     .text = "client3 is the last one: with its login the key exchange begins for all three."},
    {DEMO_CONNECTS, .link = 2},
    {DEMO_SAYS, .link = 0, .side = DEMO_CLIENT, .text = "Are we three alone?"},
    {DEMO_SAYS, .link = 1, .side = DEMO_CLIENT, .text = "With the server, four. It reads nothing."},
    {DEMO_LEAVES, .link = 1, .side = DEMO_CLIENT},
    {DEMO_SAYS, .link = 2, .side = DEMO_CLIENT,
     .text = "Now we are two, under the key that client2 still has."},
    {DEMO_REMARK, .label = "now",
     .text = "client2 comes back: a login like the first, and a new key for all three."},
    {DEMO_CONNECTS, .link = 3},
    {DEMO_SAYS, .link = 3, .side = DEMO_CLIENT, .text = "What did I miss?"},
};

static struct stage {
    struct cert_relay_authority authority;
    struct cert_relay_hub hub;
    struct cert_relay_client clients[LINKS];
    struct cert_relay_server servers[LINKS];
} stage;

static const char *start(void *state, size_t i, struct demo_link *link) {
    struct stage *self = state;
    size_t place = i < CERT_RELAY_CLIENTS ? i : 1; // the last link is client2, back again
    link->name = cert_relay_ids[place];
    link->port_offset = (uint16_t)place;
    link->parties[DEMO_SERVER] = (struct party){&cert_relay_server_party, &self->servers[i]};
    link->parties[DEMO_CLIENT] = (struct party){&cert_relay_client_party, &self->clients[i]};
    cert_relay_server_start(&self->servers[i], &self->hub, place, link->explain[DEMO_SERVER]);
    enum cert_relay_reason reason =
        cert_relay_client_start(&self->clients[i], place, &self->authority.keys[CERT_RELAY_CLIENT1 + place],
                                link->explain[DEMO_CLIENT]);
    return reason == CERT_RELAY_OK ? NULL : cert_relay_reason_text(reason);
}

static bool is_unset(const struct stage *self) {
    return self->authority.certificates[CERT_RELAY_CA].length == 0;
}

// Before the first link: the certificates. Here, because the random values of --seed are set up by then.
static const char *start_first(void *state, size_t i, struct demo_link *link) {
    struct stage *self = state;
    if (is_unset(self)) {
        int64_t from, to;
        struct parse_error where;
        // Fixed dates, so that the same seed makes the same certificates.
        if (!x509_time_from_date(&from, &(struct x509_date){2026, 1, 1, 0, 0, 0}) ||
            !x509_time_from_date(&to, &(struct x509_date){2036, 1, 1, 0, 0, 0}) ||
            cert_relay_authority_make(&self->authority, BITS, from, to, &where) != CERTIFICATE_OK) {
            return "no certificates could be made";
        }
        for (size_t j = 0; j < CERT_RELAY_CLIENTS; j++) {
            self->hub.keys[j] = &self->authority.keys[CERT_RELAY_CLIENT1 + j].public;
        }
    }
    return start(state, i, link);
}

static void opening(void *state, struct report *report) {
    (void)state;
    report_remark(
        report, "setting",
        "a CA and certificates for client1 to client3 have been made (RSA, 2048 bits); the server has the "
        "certificates, each client has its private key. Every message is one frame: a 4-byte length, then "
        "the "
        "payload. Offsets count from the start of the frame.");
}

static void closing(void *state, struct report *report) {
    (void)state;
    report_remark(report, "look again",
                  "at the two AUTH_REQUESTs of client2: the signatures differ, because the salt does, and "
                  "both are of the "
                  "same text. Whoever recorded the first could have sent it the second time.");
    report_remark(report, "not protected",
                  "who the server is, which key is whose, who made a key part, who wrote a message: see "
                  "docs/cert-relay.md.");
    report_remark(
        report, "try",
        "`cert-relay certs demo-certs`, then `cert-relay server --certs demo-certs --explain` and three "
        "clients, in four terminals.");
}

static const struct demo_app app = {
    .protocol = "cert-relay",
    .sentence = "README 001, certificates, signatures and a relay: a server and three clients, over TCP.",
    .port = CERT_RELAY_PORT,
    .start = start_first,
    .opening = opening,
    .closing = closing,
    .peer_says = "",
    .links_at_start = 1,
    .steps = script,
    .step_count = sizeof script / sizeof script[0],
};

int run_demo(const struct settings *settings) {
    cert_relay_authority_init(&stage.authority);
    for (size_t i = 0; i < LINKS; i++) {
        cert_relay_client_init(&stage.clients[i]);
    }
    int status = demo_run(&app, &stage, &settings->demo);
    stage.hub = (struct cert_relay_hub){0}; // the stage is gone: nobody is to be told that the others leave
    for (size_t i = 0; i < LINKS; i++) {
        cert_relay_client_clear(&stage.clients[i]);
        cert_relay_server_clear(&stage.servers[i]);
    }
    cert_relay_authority_clear(&stage.authority);
    return status;
}
