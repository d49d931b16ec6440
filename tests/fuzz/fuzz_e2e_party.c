// e2e-relay's client on its connection, driven by the input: what an honest relay and partner send, unchanged, cut or
// changed; and bytes, frames of a WebSocket and whole events that the input makes up.
#include "tests/fuzz/fuzz.h"

#include "protocols/e2e_party.h"
#include "protocols/e2e_relay_party.h"

#include <stdio.h>
#include <string.h>

static struct e2e_keys keys[2];
static struct e2e_party clients[2];
static struct e2e_relay_end ends[2];
static struct e2e_relay_hub hub;

// The relay's end of the first client as an honest party: after everything it takes, the second client and its end go on.
static bool carry(const struct party *from, const struct party *to) {
    static uint8_t bytes[WEBSOCKET_WRITER_SIZE];
    struct party_event event;
    size_t length;
    const uint8_t *output = from->type->output(from->state, &length);
    memcpy(bytes, output, length);
    from->type->sent(from->state, length);
    for (size_t at = 0; at < length;) {
        at += to->type->receive(to->state, &event, bytes + at, length - at);
    }
    return length > 0;
}
static void let_the_other_go_on(void) {
    const struct party client = {&e2e_client_party, &clients[1]}, end = {&e2e_relay_party, &ends[1]};
    while (carry(&client, &end) || carry(&end, &client)) {
    }
}
static size_t relay_receive(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    size_t used = e2e_relay_party.receive(party, event, bytes, length);
    let_the_other_go_on();
    return used;
}

// One frame with a text: what a relay could say.
static void say_as_relay(struct fuzz_input *input, bool event) {
    static struct websocket_writer writer;
    static char text[70000];
    static const char *const names[] = {"KEY_EXCHANGE", "ELGAMAL_PK_BC", "DEFF_HELLMAN_PK_BC",
                                        "received_message", "PARTNER_LEFT"};
    size_t length, at = 0;
    unsigned name = fuzz_byte(input) % 5;
    const uint8_t *piece = fuzz_piece(input, &length);
    struct party_event ignored;
    if (event) {
        at = (size_t)sprintf(text, "42[\"%s\"%s", names[name], length > 0 ? "," : "");
    }
    if (length > sizeof text - at - 2) {
        return;
    }
    memcpy(text + at, piece, length);
    at += length;
    text[at] = ']';
    at += event;
    writer.start = writer.end = 0;
    HOLDS(websocket_writer_put(&writer, WEBSOCKET_TEXT, (const uint8_t *)text, at));
    for (size_t taken = 0; taken < writer.end;) {
        size_t used =
            e2e_client_party.receive(&clients[0], &ignored, writer.bytes + taken, writer.end - taken);
        HOLDS(used > 0 || ignored.kind != PARTY_NOTHING);
        taken += used;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    unsigned choices = fuzz_byte(&input);
    struct party_type relay = e2e_relay_party;
    relay.receive = relay_receive;
    const struct party parties[] = {{&e2e_client_party, &clients[0]}, {&relay, &ends[0]}};
    fuzz_seed(choices);
    e2e_relay_hub_start(&hub);
    for (size_t i = 0; i < 2; i++) {
        const struct e2e_party_options options = {
            .keys = &keys[i], .host = "localhost", .stay = (choices & 1) != 0};
        e2e_keys_init(&keys[i]);
        e2e_party_init(&clients[i]);
        HOLDS(e2e_keys_generate(&keys[i], "toy-1021"));
        HOLDS(e2e_relay_end_start(&ends[i], &hub, "client", NULL));
        HOLDS(e2e_party_start(&clients[i], &options) == E2E_OK);
    }
    let_the_other_go_on();
    // A number of events as a relay would say them, the client having joined; then anything.
    if ((choices & 2) != 0) {
        for (int i = 0; i < 4; i++) {
            (void)carry(&parties[0], &parties[1]);
            (void)carry(&parties[1], &parties[0]);
        }
        for (unsigned i = fuzz_byte(&input) & 7; i > 0; i--) {
            say_as_relay(&input, (choices & 4) == 0);
        }
    }
    fuzz_party(&parties[0], &parties[1], &input);
    for (size_t i = 0; i < 2; i++) {
        e2e_party_clear(&clients[i]);
        e2e_keys_clear(&keys[i]);
        e2e_relay_end_clear(&ends[i]);
    }
    return 0;
}
