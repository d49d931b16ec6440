// The relay of e2e-relay (README 003): it brings two clients together and passes on what they say. It encrypts and decrypts
// nothing.
//
//     client A                    relay                     client B
//     0  (connect)           ->
//                            <-   0{"sid":...}                                   waits for a partner
//                                                     <-    0  (connect)
//                            <-   2["KEY_EXCHANGE"]   ->
//     2["ELGAMAL_PK",y]      ->   2["ELGAMAL_PK_BC",y]                         ->
//                            <-   2["ELGAMAL_PK_BC",y]                         <-  2["ELGAMAL_PK",y]
//     2["DEFF_HELLMAN_PK",d] ->   2["DEFF_HELLMAN_PK_BC",d]                    ->  and back
//     2["message",m]         ->   2["received_message",m]                      ->  and back
//
// What it does to an event: it changes the name. The arguments are passed on as they came, byte for byte, and so are
// binary attachments. It could do anything else with them: that is the point of the weaknesses in docs/e2e-relay.md.
//
// Decided here, since the README says only "two clients":
// - Who joins is paired with whoever waits, or waits for the next. There can be any number of pairs at a time.
// - When one leaves, the other is told with the event PARTNER_LEFT, and is paired again in the same way. Stock clients
//   ignore an event that they do not know.
// - What it sends then, up to its next ELGAMAL_PK, was meant for the one who left, and is dropped.
// - An event with an id is acknowledged by the relay, {"relayed":true} or {"relayed":false,"reason":...}: the partner's
//   end is not asked.
// - There is one namespace, "/"; any other is refused with CONNECT_ERROR, as a stock server does.
//
// Tests: tests/test_e2e_relay.c, tests/test_relay_interop.py. Read next: apps/e2e-relay/server.c.

#include "protocols/e2e_relay.h"

#include <stdio.h>
#include <string.h>

// What is passed on, and as what.
static const struct {
    const char *name, *new_name;
} events[] = {
    {"ELGAMAL_PK", "ELGAMAL_PK_BC"},
    {"DEFF_HELLMAN_PK", "DEFF_HELLMAN_PK_BC"},
    {"message", "received_message"},
};
enum { EVENTS = sizeof events / sizeof events[0], KEY_EVENT = 0 };

void e2e_relay_init(struct e2e_relay *relay, struct e2e_output *output, size_t message_max) {
    *relay = (struct e2e_relay){.output = output, .message_max = message_max};
}

static void note(struct e2e_relay *relay, enum e2e_note_kind kind, const struct e2e_member *member,
                 const struct e2e_member *other) {
    const struct e2e_note told = {.kind = kind, .member = member, .other = other};
    relay->output->note(relay->output, &told);
}

static void send_text(struct e2e_relay *relay, struct e2e_member *to, const char *text) {
    struct engine_io_part part = {text, strlen(text)};
    relay->output->send(relay->output, to, &part, 1, false);
}

// --- pairs -----------------------------------------------------------------------------------------------------

// With whoever waits; else the member waits itself. So there is never more than one who waits.
static void find_partner(struct e2e_relay *relay, struct e2e_member *member) {
    struct e2e_member *partner = relay->waiting;
    if (partner == NULL) {
        relay->waiting = member;
        return;
    }
    relay->waiting = NULL;
    partner->partner = member;
    member->partner = partner;
    note(relay, E2E_PAIRED, partner, member);
    send_text(relay, partner, "2[\"KEY_EXCHANGE\"]");
    send_text(relay, member, "2[\"KEY_EXCHANGE\"]");
}

void e2e_relay_leave(struct e2e_relay *relay, struct e2e_member *member) {
    socket_io_collector_clear(&member->collector);
    if (!member->joined) {
        return;
    }
    struct e2e_member *partner = member->partner;
    member->joined = false;
    member->partner = NULL;
    if (relay->waiting == member) {
        relay->waiting = NULL;
    }
    note(relay, E2E_LEFT, member, partner);
    if (partner != NULL) {
        partner->partner = NULL;
        partner->between = true;
        send_text(relay, partner, "2[\"PARTNER_LEFT\"]");
        find_partner(relay, partner);
    }
}

// --- joining ---------------------------------------------------------------------------------------------------

static bool refuse(struct parse_error *where, const char *reason) {
    parse_error_set(where, 0, "the Socket.IO packet", "%s", reason);
    return false;
}

static bool connect_to(struct e2e_relay *relay, struct e2e_member *member,
                       const struct socket_io_packet *packet, struct parse_error *where) {
    char answer[SOCKET_IO_PREFIX_MAX + 64];
    if (packet->name_space.length != 1) {
        const struct socket_io_packet refusal = {.type = SOCKET_IO_CONNECT_ERROR,
                                                 .name_space = packet->name_space};
        size_t length = socket_io_write_prefix(answer, &refusal);
        (void)snprintf(answer + length, sizeof answer - length, "{\"message\":\"Invalid namespace\"}");
        const struct e2e_note told = {
            .kind = E2E_WRONG_NAMESPACE, .member = member, .name_space = packet->name_space};
        relay->output->note(relay->output, &told);
        send_text(relay, member, answer);
        return true;
    }
    if (member->joined) {
        return refuse(where, "connect, and it is connected");
    }
    if (!engine_io_new_sid(member->sid)) {
        return refuse(where, "no random bytes for a new name");
    }
    member->joined = true;
    member->between = false;
    member->number = ++relay->joined;
    (void)snprintf(answer, sizeof answer, "0{\"sid\":\"%s\"}", member->sid);
    send_text(relay, member, answer);
    note(relay, E2E_JOINED, member, NULL);
    find_partner(relay, member);
    return true;
}

// --- passing on ------------------------------------------------------------------------------------------------

static void acknowledge(struct e2e_relay *relay, struct e2e_member *member,
                        const struct socket_io_packet *packet, const char *result) {
    if (packet->has_id) {
        char text[SOCKET_IO_PREFIX_MAX + 128];
        const struct socket_io_packet answer = {.type = SOCKET_IO_ACK, .has_id = true, .id = packet->id};
        size_t length = socket_io_write_prefix(text, &answer);
        (void)snprintf(text + length, sizeof text - length, "[%s]", result);
        send_text(relay, member, text);
    }
}

static void pass_on(struct e2e_relay *relay, struct e2e_member *member, const char *new_name,
                    struct json_slice rest) {
    const struct socket_io_collector *collector = &member->collector;
    struct socket_io_packet packet = collector->packet;
    packet.has_id = false;
    char prefix[SOCKET_IO_PREFIX_MAX], name[E2E_EVENT_NAME_MAX + 4];
    int name_length = snprintf(name, sizeof name, "[\"%s\"", new_name);
    struct engine_io_part parts[] = {{prefix, socket_io_write_prefix(prefix, &packet)},
                                     {name, (size_t)name_length},
                                     {rest.text, rest.length}};
    relay->output->send(relay->output, member->partner, parts, 3, false);
    for (size_t i = 0; i < collector->count; i++) {
        struct engine_io_part part = {collector->attachments[i].bytes, collector->attachments[i].length};
        relay->output->send(relay->output, member->partner, &part, 1, true);
    }
}

static void take_event(struct e2e_relay *relay, struct e2e_member *member) {
    const struct socket_io_packet *packet = &member->collector.packet;
    struct json_slice name, rest;
    socket_io_event(packet, &name, &rest);
    size_t event = 0;
    while (event < EVENTS && !json_text_is(name, events[event].name)) {
        event++;
    }
    struct e2e_note told = {.kind = E2E_RELAYED,
                            .member = member,
                            .other = member->partner,
                            .packet = packet,
                            .collector = &member->collector,
                            .name = event < EVENTS ? events[event].name : NULL,
                            .new_name = event < EVENTS ? events[event].new_name : NULL};
    const char *result = "{\"relayed\":true}";
    if (event == EVENTS) {
        told.kind = E2E_UNKNOWN_EVENT;
        result = "{\"relayed\":false,\"reason\":\"unknown event\"}";
    } else if (member->partner == NULL) {
        told.kind = E2E_NO_PARTNER;
        result = "{\"relayed\":false,\"reason\":\"no partner\"}";
    } else if (member->between && event != KEY_EVENT) {
        told.kind = E2E_STALE;
        result = "{\"relayed\":false,\"reason\":\"the partner has changed\"}";
    }
    relay->output->note(relay->output, &told);
    if (told.kind == E2E_RELAYED) {
        member->between = false;
        pass_on(relay, member, events[event].new_name, rest);
    }
    acknowledge(relay, member, packet, result);
}

bool e2e_relay_receive(struct e2e_relay *relay, struct e2e_member *member, const uint8_t *bytes,
                       size_t length, bool binary, struct parse_error *where) {
    switch (socket_io_collect(&member->collector, bytes, length, binary, relay->message_max, where)) {
    case SOCKET_IO_INCOMPLETE:
        return true;
    case SOCKET_IO_REFUSED:
        return false;
    case SOCKET_IO_COMPLETE:
        break;
    }
    const struct socket_io_packet *packet = &member->collector.packet;
    if (packet->type == SOCKET_IO_CONNECT) {
        return connect_to(relay, member, packet, where);
    }
    if (!member->joined || packet->name_space.length != 1) {
        return refuse(where, "a packet for a namespace that is not connected");
    }
    switch (packet->type) {
    case SOCKET_IO_EVENT:
    case SOCKET_IO_BINARY_EVENT:
        take_event(relay, member);
        return true;
    case SOCKET_IO_DISCONNECT:
        e2e_relay_leave(relay, member);
        return true;
    case SOCKET_IO_ACK:
    case SOCKET_IO_BINARY_ACK:
        return true; // nothing was asked; a stock server ignores it
    case SOCKET_IO_CONNECT:
    case SOCKET_IO_CONNECT_ERROR:
        break;
    }
    return refuse(where, "only the server sends a connect error");
}
