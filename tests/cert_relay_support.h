// What the tests of cert-relay share: keys, and a server with up to four connections in memory.
#ifndef TESTS_CERT_RELAY_SUPPORT_H
#define TESTS_CERT_RELAY_SUPPORT_H

#include "tests/rsa_support.h"

#include "protocols/cert_relay.h"

#include <stdio.h>
#include <string.h>

enum { LINKS = 4, FOREIGN = CERT_RELAY_CLIENTS };
static struct rsa_private_key keys[CERT_RELAY_CLIENTS + 1]; // the last one is nobody's
static struct test_random random_state;

// One end, and what a person there would have seen: a line for each event.
struct end {
    struct party party;
    enum party_event_kind last;
    char log[8192];
};
struct link {
    struct end client, server;
};

static struct cert_relay_hub hub;
static struct cert_relay_client clients[LINKS];
static struct cert_relay_server servers[LINKS];
static struct link links[LINKS];
static size_t link_count;

static inline int make_keys(void **state) {
    (void)state;
    for (unsigned i = 0; i <= FOREIGN; i++) {
        make_rsa_key(&keys[i], 1024, 65537, 1000 + i);
    }
    return 0;
}
static inline int free_keys(void **state) {
    (void)state;
    for (unsigned i = 0; i <= FOREIGN; i++) {
        rsa_private_key_clear(&keys[i]);
    }
    return 0;
}

static inline int set_up(void **state) {
    (void)state;
    use_test_random(&random_state, 1);
    hub = (struct cert_relay_hub){{&keys[0].public, &keys[1].public, &keys[2].public}, {NULL}, 0};
    link_count = 0;
    memset(servers, 0, sizeof servers);
    for (size_t i = 0; i < LINKS; i++) {
        cert_relay_client_init(&clients[i]);
    }
    return 0;
}
static inline int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < LINKS; i++) {
        cert_relay_client_clear(&clients[i]);
        cert_relay_server_clear(&servers[i]);
    }
    random_set_source(NULL, NULL);
    return 0;
}
static inline void again(void) {
    (void)tear_down(NULL);
    (void)set_up(NULL);
}

static inline void note(struct end *end, const struct party_event *event) {
    static const char *const names[] = {[PARTY_NOTICE] = "notice",
                                        [PARTY_ESTABLISHED] = "established",
                                        [PARTY_MESSAGE] = "message",
                                        [PARTY_ENDED] = "ended",
                                        [PARTY_FAILED] = "failed"};
    if (event->kind == PARTY_NOTHING) {
        return;
    }
    end->last = event->kind;
    size_t used = strlen(end->log);
    const char *text = event->kind == PARTY_FAILED ? end->party.type->failure(end->party.state)
                       : event->length > 0         ? (const char *)event->text
                                                   : "";
    int length = event->kind == PARTY_FAILED ? (int)strlen(text) : (int)event->length;
    length = length < 400 ? length : 400;
    (void)snprintf(end->log + used, sizeof end->log - used, "%s: %s%s%.*s\n", names[event->kind],
                   event->from != NULL ? event->from : "", event->from != NULL ? ": " : "", length, text);
}

// Bytes to an end, in pieces; its events go to its log.
static inline void feed(struct end *end, const uint8_t *bytes, size_t length, size_t piece) {
    struct party_event event;
    const struct party_type *type = end->party.type;
    do {
        size_t part = length < piece ? length : piece;
        size_t used = type->receive(end->party.state, &event, bytes, part);
        assert_true(used <= part);
        assert_true(used > 0 || event.kind != PARTY_NOTHING || part == 0);
        note(end, &event);
        bytes += used;
        length -= used;
    } while (length > 0 || (event.kind != PARTY_NOTHING && !type->over(end->party.state)));
}

static inline bool carry(struct end *from, struct end *to, size_t piece) {
    static uint8_t bytes[STREAM_OUT_SIZE];
    size_t length;
    const uint8_t *waiting = from->party.type->output(from->party.state, &length);
    memcpy(bytes, waiting, length);
    from->party.type->sent(from->party.state, length);
    feed(to, bytes, length, piece);
    return length > 0;
}

static inline void settle_in_pieces(size_t piece) {
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < link_count; i++) {
            moved = carry(&links[i].client, &links[i].server, piece) || moved;
            moved = carry(&links[i].server, &links[i].client, piece) || moved;
        }
    }
}
static inline void settle(void) {
    settle_in_pieces(SIZE_MAX);
}

// One more connection: `place` calls on the port of `port`, with the key of `key`.
static inline struct link *connect_as(size_t place, size_t port, size_t key, struct explain_sink *explain) {
    assert_true(link_count < LINKS);
    size_t i = link_count++;
    struct link *link = &links[i];
    memset(link, 0, sizeof *link);
    cert_relay_server_start(&servers[i], &hub, port, explain);
    assert_int_equal(cert_relay_client_start(&clients[i], place, &keys[key], explain), CERT_RELAY_OK);
    link->client.party = (struct party){&cert_relay_client_party, &clients[i]};
    link->server.party = (struct party){&cert_relay_server_party, &servers[i]};
    return link;
}
static inline struct link *connect(size_t place) {
    return connect_as(place, place, place, NULL);
}
// Its connection closes, as the server sees it.
static inline void disconnect(struct link *link) {
    struct party_event event;
    cert_relay_server_party.end(link->server.party.state, &event, PARTY_PEER_CLOSED);
    note(&link->server, &event);
}

static inline void establish(void) {
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        (void)connect(i);
    }
    settle();
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        assert_int_equal(clients[i].state, CERT_RELAY_TALKING);
        assert_int_equal(links[i].client.last, PARTY_ESTABLISHED);
        assert_memory_equal(clients[i].session_key, clients[0].session_key, CERT_RELAY_KEY_SIZE);
    }
}

static inline void says(struct link *link, const char *text) {
    assert_null(cert_relay_client_party.say(link->client.party.state, text, strlen(text)));
    settle();
}

static inline void assert_logged(const struct end *end, const char *text) {
    if (strstr(end->log, text) == NULL) {
        fail_msg("no \"%s\" in:\n%s", text, end->log);
    }
}
static inline void forget(struct end *end) {
    end->log[0] = '\0';
    end->last = PARTY_NOTHING;
}
static inline void forget_all(void) {
    for (size_t i = 0; i < LINKS; i++) {
        forget(&links[i].client);
        forget(&links[i].server);
    }
}

#endif
