// The relay's end as a party. Before: protocols/e2e_relay.c, protocols/websocket_frame.c. After: apps/e2e-relay/demo.c.
//
//     client 1 ==bytes==> end 1: frames -> Engine.IO session -> hub: who is whose partner -> session of end 2 -> frames ==bytes==> client 2
//
// What one client sends makes output at another's end: the loop that drives the parties has to look at all of them.
// Heartbeats are left out, since there is no clock here.

#include "protocols/e2e_relay_party.h"

#include "protocols/e2e_client.h"

#include <stdio.h>
#include <string.h>

enum { PING_INTERVAL = 25000, PING_TIMEOUT = 20000, MAX_PAYLOAD = 100000, QUEUED_MAX = 400000 };
enum { CLOSE_NORMAL = 1000, CLOSE_PROTOCOL_ERROR = 1002 };

// --- telling and sending ---------------------------------------------------------------------------------------

static void explain(struct e2e_relay_end *end, bool sent, const uint8_t *packet, size_t length,
                    const char *checked) {
    struct message message;
    if (!e2e_recognise(&message, packet, length)) {
        return;
    }
    end->number++;
    if (end->explain != NULL) {
        const struct explanation explanation = {
            .number = end->number,
            .sender = sent ? "relay" : end->name,
            .receiver = sent ? end->name : "relay",
            .sent = sent,
            .message = &message,
            .checked = checked,
        };
        end->explain->explain(end->explain, &explanation);
    }
}

static void fail(struct e2e_relay_end *end, const char *reason) {
    if (!end->over) {
        end->over = true;
        (void)snprintf(end->failure, sizeof end->failure, "%s", reason);
        websocket_writer_close(&end->writer, CLOSE_PROTOCOL_ERROR);
    }
}

// From the session's queue into frames.
static void flush(struct e2e_relay_end *end) {
    struct engine_io_packet packet;
    static uint8_t text[WEBSOCKET_READER_MAX];
    while (!end->over && engine_io_session_first(&end->session, &packet)) {
        size_t length = packet.length + (packet.binary ? 0 : 1);
        if (length > sizeof text || !websocket_writer_has_room(&end->writer, length)) {
            fail(end, "the client does not read");
            return;
        }
        text[0] = (uint8_t)('0' + (int)packet.type);
        if (packet.length > 0) {
            memcpy(text + (packet.binary ? 0 : 1), packet.data, packet.length);
        }
        (void)!websocket_writer_put(&end->writer, packet.binary ? WEBSOCKET_BINARY : WEBSOCKET_TEXT, text,
                                    length);
        explain(end, true, text, length, NULL);
        engine_io_session_drop(&end->session);
    }
}

static void relay_sends(struct e2e_output *output, struct e2e_member *to, const struct engine_io_part parts[],
                        size_t count, bool binary) {
    (void)output;
    struct e2e_relay_end *end = (struct e2e_relay_end *)to;
    engine_io_session_send(&end->session, parts, count, binary);
    flush(end);
}

static void relay_notes(struct e2e_output *output, const struct e2e_note *note) {
    (void)output;
    (void)note;
}

void e2e_relay_hub_start(struct e2e_relay_hub *hub) {
    *hub = (struct e2e_relay_hub){.output = {.send = relay_sends, .note = relay_notes}};
    e2e_relay_init(&hub->relay, &hub->output, MAX_PAYLOAD);
}

bool e2e_relay_end_start(struct e2e_relay_end *end, struct e2e_relay_hub *hub, const char *name,
                         struct explain_sink *sink) {
    memset(end, 0, sizeof *end);
    end->hub = hub;
    end->name = name;
    end->explain = sink;
    end->reader.from_client = true;
    struct engine_io_open open = {
        .ping_interval = PING_INTERVAL, .ping_timeout = PING_TIMEOUT, .max_payload = MAX_PAYLOAD};
    return engine_io_new_sid(open.sid) &&
           engine_io_session_init(&end->session, &open, ENGINE_IO_WEBSOCKET, QUEUED_MAX, 0);
}

void e2e_relay_end_clear(struct e2e_relay_end *end) {
    if (end->hub != NULL) {
        e2e_relay_leave(&end->hub->relay, &end->member);
    }
    engine_io_session_clear(&end->session);
    secure_wipe(end, sizeof *end);
}

// --- receiving -------------------------------------------------------------------------------------------------

static void take_request(struct e2e_relay_end *end) {
    char answer[WEBSOCKET_HANDSHAKE_MAX];
    size_t length;
    enum websocket_refusal refusal = websocket_answer(answer, &length, &end->request, end->http);
    explain(end, false, (const uint8_t *)end->http, end->http_length, NULL);
    if (refusal != WEBSOCKET_OK) {
        fail(end, websocket_refusal_text(refusal));
        return;
    }
    end->switched = websocket_writer_put_raw(&end->writer, answer, length);
    explain(end, true, (const uint8_t *)answer, length, NULL);
    flush(end);
}

static size_t take_http(struct e2e_relay_end *end, const uint8_t *bytes, size_t length) {
    struct parse_error where;
    size_t used = 0;
    while (used < length && !end->switched && !end->over) {
        if (end->http_length == sizeof end->http) {
            fail(end, "a request longer than is taken here");
            break;
        }
        end->http[end->http_length++] = (char)bytes[used++];
        switch (http_request_scan(&end->request, end->http, end->http_length, 0, &where)) {
        case HTTP_INCOMPLETE:
            break;
        case HTTP_COMPLETE:
            take_request(end);
            break;
        case HTTP_REFUSED:
            fail(end, where.reason);
            break;
        }
    }
    return used;
}

static void take_message(struct e2e_relay_end *end) {
    const struct websocket_reader *reader = &end->reader;
    struct engine_io_packet packet;
    struct parse_error where = {.reason = "no Engine.IO"};
    if (!engine_io_parse(&packet, reader->message, reader->length, reader->binary, &where)) {
        fail(end, where.reason);
        return;
    }
    bool event =
        packet.type == ENGINE_IO_MESSAGE && packet.length > 0 && packet.data[0] == '0' + SOCKET_IO_EVENT;
    explain(end, false, reader->message, reader->length,
            event ? "nothing: the relay reads the event's name and passes the rest on as it is" : NULL);
    if (engine_io_session_receive(&end->session, &packet, 0, &where) &&
        !e2e_relay_receive(&end->hub->relay, &end->member, packet.data, packet.length, packet.binary,
                           &where)) {
        fail(end, where.reason);
    }
    if (end->session.end == ENGINE_IO_MALFORMED) {
        fail(end, where.reason);
    }
    flush(end);
}

static void leave(struct e2e_relay_end *end) {
    if (!end->over) {
        end->over = true;
        websocket_writer_close(&end->writer, CLOSE_NORMAL);
    }
    e2e_relay_leave(&end->hub->relay, &end->member);
}

static void take_control(struct e2e_relay_end *end) {
    const struct websocket_reader *reader = &end->reader;
    if (reader->control_opcode == WEBSOCKET_PING &&
        websocket_writer_has_room(&end->writer, reader->control_length)) {
        (void)!websocket_writer_put(&end->writer, WEBSOCKET_PONG, reader->control, reader->control_length);
    } else if (reader->control_opcode == WEBSOCKET_CLOSE) {
        leave(end);
    }
}

// --- the party -------------------------------------------------------------------------------------------------

static size_t party_receive(void *state, struct party_event *event, const uint8_t *bytes, size_t length) {
    struct e2e_relay_end *end = state;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (end->over) {
        return length;
    }
    if (!end->switched) {
        size_t used = take_http(end, bytes, length);
        event->kind = end->failure[0] != '\0' ? PARTY_FAILED : PARTY_NOTHING;
        return used;
    }
    enum websocket_arrival arrival;
    size_t used = websocket_reader_take(&end->reader, &arrival, bytes, length);
    if (arrival == WEBSOCKET_MESSAGE) {
        take_message(end);
    } else if (arrival == WEBSOCKET_CONTROL) {
        take_control(end);
    } else if (arrival == WEBSOCKET_BROKEN) {
        fail(end, end->reader.fault);
    }
    if (end->failure[0] != '\0') {
        e2e_relay_leave(&end->hub->relay, &end->member);
        event->kind = PARTY_FAILED;
    } else if (end->over) {
        event->kind = PARTY_ENDED;
    }
    return used;
}

static void party_end(void *state, struct party_event *event, enum party_ending ending) {
    (void)ending;
    struct e2e_relay_end *end = state;
    *event = (struct party_event){.kind = end->over ? PARTY_NOTHING : PARTY_ENDED};
    leave(end);
}

static const char *party_say(void *state, const void *text, size_t length) {
    (void)state, (void)text, (void)length;
    return "a relay says nothing";
}
static const char *party_may_say(const void *state, size_t length) {
    (void)state, (void)length;
    return "a relay says nothing";
}
static size_t party_text_max(const void *state) {
    (void)state;
    return 0;
}

static const uint8_t *party_output(const void *state, size_t *length) {
    const struct e2e_relay_end *end = state;
    *length = end->writer.end - end->writer.start;
    return end->writer.bytes + end->writer.start;
}
static void party_sent(void *state, size_t length) {
    ((struct e2e_relay_end *)state)->writer.start += length;
}

static bool party_impatient(const void *state) {
    const struct e2e_relay_end *end = state;
    return !end->over && (!end->member.joined || websocket_reader_is_partial(&end->reader));
}
static bool party_over(const void *state) {
    return ((const struct e2e_relay_end *)state)->over;
}
static const char *party_failure(const void *state) {
    const struct e2e_relay_end *end = state;
    return end->failure[0] != '\0' ? end->failure : NULL;
}

const struct party_type e2e_relay_party = {
    .protocol = "e2e-relay",
    .role = "relay",
    .receive = party_receive,
    .end = party_end,
    .say = party_say,
    .may_say = party_may_say,
    .text_max = party_text_max,
    .output = party_output,
    .sent = party_sent,
    .impatient = party_impatient,
    .over = party_over,
    .failure = party_failure,
};
