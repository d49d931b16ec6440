// What somebody on the wire sees of e2e-relay, between a client and the relay. Before: protocols/watch.c,
// protocols/websocket_frame.c, protocols/http_head.c.
//
// A connection begins with HTTP in both directions, and each direction is followed by itself:
//
//     head, body, head, body, ...                  polling: stock clients begin with it. A body is packets, with 1e between them
//     head of the upgrade, then frames             a WebSocket: our client begins with it, stock clients move to it
//
// A client that polls has more than one connection: for polls, for posts, and for the WebSocket that it moves to. The session's
// name (sid) in the heads says what belongs together. The masks of the client's frames stand in front of what they mask, so they
// hide nothing from a listener.

#include "protocols/e2e_client.h"
#include "protocols/e2e_relay.h"
#include "protocols/engine_io.h"
#include "protocols/http_head.h"
#include "protocols/websocket_frame.h"

#include <string.h>

struct direction {
    bool switched, lost;
    struct http_head head;
    size_t length; // of the head, as far as it has come
    char http[HTTP_HEAD_MAX];
    uint64_t body_left; // of the body behind the last head
    size_t packet_length;
    uint8_t packet[WEBSOCKET_READER_MAX]; // the packet of the body that is arriving
    struct websocket_reader reader;
};
struct watcher {
    struct direction directions[2]; // from the server, from the client
};

// By this table; and what is not of it is shown as it is.
static void tell_as(const struct message_type *type, struct watched *watched, struct explain_sink *sink,
                    bool from_client, const uint8_t *bytes, size_t length) {
    struct message message;
    if (message_parse(&message, type, bytes, length, NULL) == MESSAGE_OK ||
        message_parse(&message, &watch_unknown, bytes, length, NULL) == MESSAGE_OK) {
        watch_tell(watched, sink, from_client, e2e_relay_protocol.server, false, &message);
    }
}

// The table of a packet of Engine.IO, or of a body that is none.
static const struct message_type *table_of(bool from_client, const uint8_t *bytes, size_t length) {
    struct message message;
    if (e2e_recognise(&message, bytes, length)) {
        return from_client && message.type == &e2e_connected ? &e2e_connect_with : message.type;
    }
    for (size_t i = 0; i < E2E_OTHER_FORMS; i++) {
        if (message_parse(&message, &e2e_other_forms[i], bytes, length, NULL) == MESSAGE_OK) {
            return &e2e_other_forms[i];
        }
    }
    bool typed = length > 0 && ((bytes[0] >= '0' && bytes[0] <= '6') || bytes[0] == 'b');
    return typed ? &e2e_packet : &watch_unknown;
}

static void tell(struct watched *watched, struct explain_sink *sink, bool from_client, const uint8_t *bytes,
                 size_t length) {
    tell_as(table_of(from_client, bytes, length), watched, sink, from_client, bytes, length);
}

// The rest cannot be followed.
static void lose(struct direction *in, struct watched *watched, struct explain_sink *sink, bool from_client,
                 const uint8_t *bytes, size_t length) {
    in->lost = true;
    tell_as(&watch_unknown, watched, sink, from_client, bytes, length);
}

// A whole head.
static void tell_head(const struct direction *in, struct watched *watched, struct explain_sink *sink,
                      bool from_client) {
    const struct message_type *type = in->switched         ? (from_client ? &e2e_upgrade : &e2e_switching)
                                      : !from_client       ? &e2e_answer
                                      : in->http[0] == 'P' ? &e2e_post
                                                           : &e2e_poll;
    tell_as(type, watched, sink, from_client, (const uint8_t *)in->http, in->length);
}

// An answer says how long its body is, or has none (RFC 9112, 6.3); else it cannot be followed any further.
static bool says_its_length(const struct direction *in) {
    char first = in->http[in->head.start[1].offset];
    return in->head.has_body_length || first == '1' || http_part_is(in->http, in->head.start[1], "204");
}

static void take_head(struct direction *in, struct watched *watched, struct explain_sink *sink,
                      bool from_client) {
    bool response = in->head.response;
    in->switched = http_field_has(&in->head, in->http, "upgrade", "websocket") &&
                   (!response || http_part_is(in->http, in->head.start[1], "101"));
    tell_head(in, watched, sink, from_client);
    if (response && !says_its_length(in)) {
        in->lost = true;
        watched->unknown++;
    }
    in->body_left = in->head.body_length;
    in->head = (struct http_head){0};
    in->length = 0;
}

// Byte by byte, up to the end of the head.
static size_t see_http(struct direction *in, struct watched *watched, struct explain_sink *sink,
                       bool from_client, const uint8_t *bytes, size_t length) {
    size_t used = 0;
    enum http_progress progress = HTTP_INCOMPLETE;
    in->head.response = !from_client;
    while (used < length && progress == HTTP_INCOMPLETE && in->length < sizeof in->http) {
        in->http[in->length++] = (char)bytes[used++];
        progress = http_head_scan(&in->head, in->http, in->length, NULL);
    }
    if (progress == HTTP_COMPLETE) {
        take_head(in, watched, sink, from_client);
    } else if (progress != HTTP_INCOMPLETE || in->length == sizeof in->http) {
        lose(in, watched, sink, from_client, (const uint8_t *)in->http, in->length);
    }
    return used;
}

// Up to the end of a packet in a body.
static size_t see_body(struct direction *in, struct watched *watched, struct explain_sink *sink,
                       bool from_client, const uint8_t *bytes, size_t length) {
    size_t used = 0;
    bool whole = false;
    while (used < length && in->body_left > 0 && !whole && in->packet_length < sizeof in->packet) {
        uint8_t byte = bytes[used++];
        in->body_left--;
        whole = byte == ENGINE_IO_SEPARATOR;
        if (!whole) {
            in->packet[in->packet_length++] = byte;
        }
    }
    if (whole || in->body_left == 0) {
        tell(watched, sink, from_client, in->packet, in->packet_length);
        in->packet_length = 0;
    } else if (in->packet_length == sizeof in->packet) {
        lose(in, watched, sink, from_client, in->packet, in->packet_length);
    }
    return used;
}

static size_t see_frames(struct direction *in, struct watched *watched, struct explain_sink *sink,
                         bool from_client, const uint8_t *bytes, size_t length) {
    enum websocket_arrival arrival;
    in->reader.from_client = from_client;
    size_t used = websocket_reader_take(&in->reader, &arrival, bytes, length);
    if (arrival == WEBSOCKET_MESSAGE && in->reader.binary) {
        tell_as(&e2e_attachment, watched, sink, from_client, in->reader.message, in->reader.length);
    } else if (arrival == WEBSOCKET_MESSAGE) {
        tell(watched, sink, from_client, in->reader.message, in->reader.length);
    } else if (arrival == WEBSOCKET_BROKEN) {
        lose(in, watched, sink, from_client, bytes, length);
    }
    return used;
}

static void see(void *state, struct watched *watched, bool from_client, const uint8_t *bytes, size_t length,
                struct explain_sink *sink) {
    struct direction *in = &((struct watcher *)state)->directions[from_client];
    while (length > 0 && !in->lost) {
        size_t used = (in->body_left > 0 ? see_body
                       : in->switched    ? see_frames
                                         : see_http)(in, watched, sink, from_client, bytes, length);
        bytes += used;
        length -= used;
    }
}

static const struct watcher_type watcher = {.size = sizeof(struct watcher), .see = see};

const struct protocol e2e_relay_protocol = {
    .name = "e2e-relay",
    .about = "README 003, end-to-end encrypted messaging through a Socket.IO relay",
    .port = E2E_RELAY_PORT,
    .ports = 1,
    .server = "relay",
    .watcher = &watcher,
};
