// A client of e2e-relay on its connection. Before: protocols/e2e_client.c, protocols/socket_io_client.c,
// protocols/websocket_frame.c. After: apps/e2e-relay.
//
//     TCP bytes -> HTTP head, once -> frames -> messages -> Engine.IO, Socket.IO -> events -> e2e_client
//                  http_response      websocket_frame       socket_io_client
//
// It begins with a WebSocket at once. Stock clients begin with long-polling, for networks that let nothing but plain HTTP
// through, and upgrade; servers take both. Nothing here is about cryptography: these layers are how a web page would come to
// the same relay, and they are explained so that no byte of a recording stays dark.
//
// Silence. During the handshakes the app's patience counts. While a partner is awaited, or talked with, nobody needs to say
// anything for hours; but the relay sends a heartbeat every pingInterval, and the client answers. Nothing at all for
// pingInterval and pingTimeout means that the relay is gone, even if TCP has not noticed: see silence_max.
//
// Pitfalls
// - Bytes behind the HTTP answer belong to the WebSocket already. So the head is taken byte by byte, up to its end.
// - A relay's words (a reason, a name) go to the person's screen: they are shown escaped, by the app.

#include "protocols/e2e_party.h"

#include <stdio.h>
#include <string.h>

static const char exit_text[] = "exit";
enum { CLOSE_NORMAL = 1000, CLOSE_PROTOCOL_ERROR = 1002 };

// --- beginning and end -----------------------------------------------------------------------------------------

void e2e_party_init(struct e2e_party *party) {
    memset(party, 0, sizeof *party);
    e2e_client_init(&party->client);
    party->state = E2E_PARTY_OVER;
}

void e2e_party_clear(struct e2e_party *party) {
    socket_io_client_clear(&party->socket_io);
    e2e_client_clear(&party->client);
    secure_wipe(party, sizeof *party);
}

static bool send_text(struct e2e_party *party, const uint8_t *text, size_t length) {
    return websocket_writer_has_room(&party->writer, length) &&
           websocket_writer_put(&party->writer, WEBSOCKET_TEXT, text, length);
}

static bool send_packet(struct e2e_output_packets *output, const uint8_t *packet, size_t length) {
    return send_text(((struct e2e_party_packets *)output)->party, packet, length);
}

// Explains a packet of the layers below, when there is a table for it.
static void explain(struct e2e_party *party, bool sent, const uint8_t *packet, size_t length,
                    const char *checked) {
    struct message message;
    if (e2e_recognise(&message, packet, length)) {
        e2e_client_explain(&party->client, sent, &message, NULL, checked);
    }
}

static bool send_message(struct socket_io_client_output *output, const uint8_t *bytes, size_t length,
                         bool binary) {
    struct e2e_party *party = ((struct e2e_party_messages *)output)->party;
    if (binary || !send_text(party, bytes, length)) {
        return false;
    }
    explain(party, true, bytes, length, NULL);
    return true;
}

// Leaves the relay, saying goodbye as far as there is somebody to say it to. The client has ended, or does now.
static void leave(struct e2e_party *party, unsigned code) {
    if (party->state == E2E_PARTY_OVER) {
        return;
    }
    bool websocket = party->state != E2E_AWAIT_SWITCH;
    party->state = E2E_PARTY_OVER;
    if (websocket) {
        socket_io_client_leave(&party->socket_io);
        websocket_writer_close(&party->writer, code);
    }
    e2e_client_end(&party->client, E2E_OK, NULL);
}

enum e2e_reason e2e_party_start(struct e2e_party *party, const struct e2e_party_options *options) {
    party->packets = (struct e2e_party_packets){.output.send = send_packet, .party = party};
    party->messages = (struct e2e_party_messages){.output.send = send_message, .party = party};
    const struct e2e_client_options client = {
        .keys = options->keys,
        .stay = options->stay,
        .output = &party->packets.output,
        .explain = options->explain,
        .name = options->name != NULL ? options->name : "client",
    };
    e2e_client_start(&party->client, &client);
    socket_io_client_init(&party->socket_io, &party->messages.output, 0, 0);
    party->writer.from_client = true;
    char request[WEBSOCKET_HANDSHAKE_MAX];
    size_t length;
    if (!websocket_ask(request, &length, party->key, SOCKET_IO_TARGET, options->host) ||
        !websocket_writer_put_raw(&party->writer, request, length)) {
        return E2E_NO_RANDOM;
    }
    explain(party, true, (const uint8_t *)request, length, NULL);
    party->state = E2E_AWAIT_SWITCH;
    return E2E_OK;
}

// --- what is wrong ---------------------------------------------------------------------------------------------

// The message that this end waits for, or would hear next.
static const char *awaited(const struct e2e_party *party) {
    static const char *const layers[] = {[E2E_AWAIT_SWITCH] = "switching protocols",
                                         [E2E_AWAIT_OPEN] = "open",
                                         [E2E_AWAIT_CONNECTED] = "connected"};
    static const char *const events[] = {[E2E_AWAIT_PARTNER] = "KEY_EXCHANGE",
                                         [E2E_AWAIT_KEY] = "ELGAMAL_PK_BC",
                                         [E2E_AWAIT_VALUE] = "DEFF_HELLMAN_PK_BC",
                                         [E2E_TALKING] = "received_message",
                                         [E2E_OVER] = "nothing"};
    return party->state < E2E_IN_RELAY ? layers[party->state] : events[party->client.state];
}

#define FAIL(party, reason, format, ...)                                                                     \
    e2e_client_end(&(party)->client, reason, "message %u (%s) from the relay: " format,                      \
                   (party)->client.number + 1, awaited(party), __VA_ARGS__)

static void fail_malformed(struct e2e_party *party, const struct parse_error *where) {
    FAIL(party, E2E_NOT_A_RELAY, "byte %zu of %s: %s", where->offset, where->layer, where->reason);
}

// --- the layers ------------------------------------------------------------------------------------------------

// The HTTP answer is complete.
static void take_response(struct e2e_party *party) {
    const struct http_head *head = &party->response.head;
    enum websocket_refusal refusal = websocket_check(&party->response, party->http, party->key);
    if (refusal == WEBSOCKET_OK) {
        explain(party, false, (const uint8_t *)party->http, party->http_length,
                "status 101; Sec-WebSocket-Accept answers the key of this request (RFC 6455, 4.1)");
        party->state = E2E_AWAIT_OPEN;
    } else if (refusal == WEBSOCKET_NOT_SWITCHING) {
        size_t body = party->http_length - head->length;
        FAIL(party, E2E_REFUSED_BY_RELAY, "the server answers %u %s%s%.*s", party->response.status,
             http_status_text(party->response.status), body > 0 ? ": " : "", (int)(body < 120 ? body : 120),
             party->http + head->length);
    } else {
        FAIL(party, E2E_NOT_A_RELAY, "%s", websocket_refusal_text(refusal));
    }
}

static size_t take_http(struct e2e_party *party, const uint8_t *bytes, size_t length) {
    struct parse_error where;
    size_t used = 0;
    while (used < length && party->state == E2E_AWAIT_SWITCH && party->client.state != E2E_OVER) {
        if (party->http_length == sizeof party->http) {
            FAIL(party, E2E_NOT_A_RELAY, "%s", "an HTTP answer longer than is taken here");
            break;
        }
        party->http[party->http_length++] = (char)bytes[used++];
        switch (http_response_scan(&party->response, party->http, party->http_length, E2E_REFUSAL_BODY_MAX,
                                   &where)) {
        case HTTP_INCOMPLETE:
            break;
        case HTTP_COMPLETE:
            take_response(party);
            break;
        case HTTP_REFUSED:
            fail_malformed(party, &where);
            break;
        }
    }
    return used;
}

static void joined(struct e2e_party *party, struct party_event *event) {
    static const char notice[] = "Joined the relay. Waiting for a partner ...";
    party->state = E2E_IN_RELAY;
    *event = (struct party_event){
        .kind = PARTY_NOTICE, .text = (const uint8_t *)notice, .length = sizeof notice - 1};
}

// A message of the WebSocket.
static void take_message(struct e2e_party *party, struct party_event *event) {
    const struct websocket_reader *reader = &party->reader;
    struct parse_error where = {.layer = "the message"};
    // Events are told about by the client, which knows what they mean.
    if (!reader->binary && (reader->length < 2 || memcmp(reader->message, "42", 2) != 0)) {
        explain(party, false, reader->message, reader->length, NULL);
    }
    const struct socket_io_packet *packet = &party->socket_io.collector.packet;
    enum socket_io_client_event what = socket_io_client_receive(&party->socket_io, reader->message,
                                                                reader->length, reader->binary, 0, &where);
    if (party->state == E2E_AWAIT_OPEN && party->socket_io.state == SOCKET_IO_AWAIT_CONNECT) {
        party->state = E2E_AWAIT_CONNECTED;
    }
    switch (what) {
    case SOCKET_IO_CLIENT_NOTHING:
    case SOCKET_IO_CLIENT_ACK: // nobody asked
        break;
    case SOCKET_IO_CLIENT_CONNECTED:
        joined(party, event);
        break;
    case SOCKET_IO_CLIENT_EVENT:
        e2e_client_take(&party->client, event, packet->json);
        break;
    case SOCKET_IO_CLIENT_REFUSED:
        FAIL(party, E2E_REFUSED_BY_RELAY, "it does not let this end in: %.*s",
             (int)(packet->json.length < 120 ? packet->json.length : 120),
             packet->json.length > 0 ? packet->json.text : "");
        break;
    case SOCKET_IO_CLIENT_ENDED:
        FAIL(party, E2E_RELAY_CLOSED, "%s", "instead of it the relay said goodbye");
        break;
    case SOCKET_IO_CLIENT_MALFORMED:
        fail_malformed(party, &where);
        break;
    }
}

static void take_control(struct e2e_party *party) {
    const struct websocket_reader *reader = &party->reader;
    const char *reason;
    size_t length;
    unsigned code;
    switch (reader->control_opcode) {
    case WEBSOCKET_PING:
        if (websocket_writer_has_room(&party->writer, reader->control_length)) {
            (void)!websocket_writer_put(&party->writer, WEBSOCKET_PONG, reader->control,
                                        reader->control_length);
        }
        break;
    case WEBSOCKET_CLOSE:
        code = websocket_close_code(reader, &reason, &length);
        FAIL(party, E2E_RELAY_CLOSED, "instead of it the relay closed the WebSocket (code %u)%s%.*s", code,
             length > 0 ? ": " : "", (int)length, reason);
        break;
    case WEBSOCKET_PONG:
    case WEBSOCKET_CONTINUATION:
    case WEBSOCKET_TEXT:
    case WEBSOCKET_BINARY:
        break;
    }
}

static size_t take_frames(struct e2e_party *party, struct party_event *event, const uint8_t *bytes,
                          size_t length) {
    enum websocket_arrival arrival;
    size_t used = websocket_reader_take(&party->reader, &arrival, bytes, length);
    switch (arrival) {
    case WEBSOCKET_NOTHING:
        break;
    case WEBSOCKET_MESSAGE:
        take_message(party, event);
        break;
    case WEBSOCKET_CONTROL:
        take_control(party);
        break;
    case WEBSOCKET_BROKEN:
        FAIL(party, E2E_NOT_A_RELAY, "a frame that is none: %s", party->reader.fault);
        break;
    }
    return used;
}

// --- the party -------------------------------------------------------------------------------------------------

// After anything that may have ended the client: the connection follows.
static void follow(struct e2e_party *party, struct party_event *event) {
    if (party->client.state == E2E_OVER && party->state != E2E_PARTY_OVER) {
        leave(party, party->client.reason == E2E_NOT_A_RELAY ? CLOSE_PROTOCOL_ERROR : CLOSE_NORMAL);
        if (party->client.reason != E2E_OK) {
            *event = (struct party_event){.kind = PARTY_FAILED};
        }
    }
}

static size_t party_receive(void *state, struct party_event *event, const uint8_t *bytes, size_t length) {
    struct e2e_party *party = state;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (party->state == E2E_PARTY_OVER) {
        return length;
    }
    size_t used = party->state == E2E_AWAIT_SWITCH ? take_http(party, bytes, length)
                                                   : take_frames(party, event, bytes, length);
    follow(party, event);
    return used;
}

static bool impatient(const struct e2e_party *party) {
    return party->state != E2E_PARTY_OVER &&
           (party->state != E2E_IN_RELAY || party->client.state == E2E_AWAIT_KEY ||
            party->client.state == E2E_AWAIT_VALUE || websocket_reader_is_partial(&party->reader));
}

static void party_end(void *state, struct party_event *event, enum party_ending ending) {
    struct e2e_party *party = state;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (party->state == E2E_PARTY_OVER) {
        return;
    }
    switch (ending) {
    case PARTY_LEAVES:
        leave(party, CLOSE_NORMAL);
        break;
    case PARTY_TIMED_OUT:
        FAIL(party, E2E_SILENT, "%s",
             impatient(party) ? e2e_reason_text(E2E_SILENT)
                              : "not even a heartbeat came in the time that the relay itself has set");
        break;
    case PARTY_PEER_CLOSED:
        FAIL(party, E2E_RELAY_CLOSED, "%s", "instead of it the relay closed the connection");
        break;
    case PARTY_BUSY: // of servers
        break;
    }
    follow(party, event);
}

static const char *party_may_say(const void *state, size_t length) {
    const struct e2e_party *party = state;
    return length > E2E_TEXT_MAX                                        ? e2e_reason_text(E2E_TEXT_TOO_LONG)
           : party->client.state != E2E_TALKING                         ? e2e_reason_text(E2E_NOT_NOW)
           : !websocket_writer_has_room(&party->writer, E2E_PACKET_MAX) ? e2e_reason_text(E2E_NO_ROOM)
                                                                        : NULL;
}

static const char *party_say(void *state, const void *text, size_t length) {
    struct e2e_party *party = state;
    if (party->client.state == E2E_TALKING && length == sizeof exit_text - 1 &&
        memcmp(text, exit_text, length) == 0) {
        leave(party, CLOSE_NORMAL);
        return NULL;
    }
    enum e2e_reason reason = e2e_client_say(&party->client, text, length);
    struct party_event event;
    follow(party, &event);
    return reason == E2E_OK ? NULL : e2e_reason_text(reason);
}

static size_t party_text_max(const void *state) {
    (void)state;
    return E2E_TEXT_MAX;
}

static const uint8_t *party_output(const void *state, size_t *length) {
    const struct e2e_party *party = state;
    *length = party->writer.end - party->writer.start;
    return party->writer.bytes + party->writer.start;
}

static void party_sent(void *state, size_t length) {
    ((struct e2e_party *)state)->writer.start += length;
}

static bool party_impatient(const void *state) {
    return impatient(state);
}

static unsigned long party_silence_max(const void *state) {
    const struct engine_io_open *open = &((const struct e2e_party *)state)->socket_io.open;
    return open->ping_interval == 0 ? 0 : open->ping_interval + open->ping_timeout;
}

static bool party_over(const void *state) {
    return ((const struct e2e_party *)state)->state == E2E_PARTY_OVER;
}

static const char *party_failure(const void *state) {
    const struct e2e_client *client = &((const struct e2e_party *)state)->client;
    return client->reason == E2E_OK ? NULL : client->failure;
}

const struct party_type e2e_client_party = {
    .protocol = "e2e-relay",
    .role = "client",
    .receive = party_receive,
    .end = party_end,
    .say = party_say,
    .may_say = party_may_say,
    .text_max = party_text_max,
    .output = party_output,
    .sent = party_sent,
    .impatient = party_impatient,
    .silence_max = party_silence_max,
    .over = party_over,
    .failure = party_failure,
};
