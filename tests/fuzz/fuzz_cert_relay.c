// cert-relay: client1 or the server's end of its connection, driven by the input against an honest other end. The first byte
// picks which. client2 and client3 are there, too, behind the server: they log in at the start and answer whatever comes, so
// that inputs get as far as a conversation.
#include "tests/fuzz/fuzz.h"

#include "protocols/cert_relay.h"

#include <string.h>

static struct rsa_private_key keys[CERT_RELAY_CLIENTS];
static struct cert_relay_client clients[CERT_RELAY_CLIENTS];
static struct cert_relay_server servers[CERT_RELAY_CLIENTS];
static bool has_spoken;

static void make_keys(void) {
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    fuzz_seed(0);
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        rsa_private_key_init(&keys[i]);
        HOLDS(rsa_generate(&keys[i], CERT_RELAY_KEY_BITS_MIN, e, NULL));
    }
    mpz_clear(e);
}

// All that one end of an honest connection has to say, to the other.
static bool carry(const struct party_type *from, void *from_state, const struct party_type *to,
                  void *to_state) {
    static uint8_t bytes[STREAM_OUT_SIZE];
    struct party_event event;
    size_t length, at = 0;
    const uint8_t *output = from->output(from_state, &length);
    memcpy(bytes, output, length);
    from->sent(from_state, length);
    for (event.kind = PARTY_NOTHING; at < length || event.kind != PARTY_NOTHING;) {
        at += to->receive(to_state, &event, bytes + at, length - at);
        if (to->over(to_state)) {
            break;
        }
    }
    return length > 0;
}

// client2 and client3, until they have nothing more to say.
static void settle(void) {
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 1; i < CERT_RELAY_CLIENTS; i++) {
            moved =
                carry(&cert_relay_server_party, &servers[i], &cert_relay_client_party, &clients[i]) || moved;
            moved =
                carry(&cert_relay_client_party, &clients[i], &cert_relay_server_party, &servers[i]) || moved;
        }
        if (!has_spoken && cert_relay_client_party.may_say(&clients[1], 5) == NULL) {
            has_spoken = true;
            moved = cert_relay_client_party.say(&clients[1], "Hello", 5) == NULL;
        }
    }
}

static size_t receive_and_settle(void *party, struct party_event *event, const uint8_t *bytes,
                                 size_t length) {
    size_t used = cert_relay_server_party.receive(party, event, bytes, length);
    settle();
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    unsigned choices = fuzz_byte(&input);
    if (mpz_sgn(keys[0].public.n) == 0) {
        make_keys();
    }
    fuzz_seed(choices);
    has_spoken = false;
    struct cert_relay_hub hub = {.exchanges = 0};
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        hub.keys[i] = &keys[i].public;
        cert_relay_client_init(&clients[i]);
        cert_relay_server_start(&servers[i], &hub, i, NULL);
        HOLDS(cert_relay_client_start(&clients[i], i, &keys[i], NULL) == CERT_RELAY_OK);
    }
    settle();
    struct party_type server_party = cert_relay_server_party;
    server_party.receive = receive_and_settle;
    const struct party parties[] = {{&server_party, &servers[0]}, {&cert_relay_client_party, &clients[0]}};
    fuzz_party(&parties[choices & 1], &parties[1 - (choices & 1)], &input);
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        cert_relay_client_clear(&clients[i]);
        cert_relay_server_clear(&servers[i]);
    }
    return 0;
}
