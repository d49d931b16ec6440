// What somebody on the wire sees of e2e-relay, between a client and the relay. Before: protocols/watch.c,
// protocols/websocket_frame.c.
//
// The opening handshake is HTTP, the rest frames of a WebSocket in both directions. The masks of the client's frames stand in
// front of what they mask, so they hide nothing from a listener. Followed are connections that begin with a WebSocket, as
// our client does; a stock client that begins with long-polling has its own WebSocket later, which is followed too.

#include "protocols/e2e_client.h"
#include "protocols/e2e_relay.h"
#include "protocols/http_request.h"
#include "protocols/http_response.h"
#include "protocols/websocket_frame.h"

#include <string.h>

struct direction {
    bool switched, lost;
    struct http_head head;
    size_t length;
    char http[HTTP_HEAD_MAX];
    struct websocket_reader reader;
};
struct watcher {
    struct direction directions[2]; // from the server, from the client
};

static void tell(struct watched *watched, struct explain_sink *sink, bool from_client, const uint8_t *bytes,
                 size_t length) {
    struct message message;
    if (e2e_recognise(&message, bytes, length) ||
        message_parse(&message, &e2e_packet, bytes, length, NULL) == MESSAGE_OK ||
        message_parse(&message, &watch_unknown, bytes, length, NULL) == MESSAGE_OK) {
        watch_tell(watched, sink, from_client, e2e_relay_protocol.server, false, &message);
    }
}

// The rest cannot be followed.
static void lose(struct direction *in, struct watched *watched, struct explain_sink *sink, bool from_client,
                 const uint8_t *bytes, size_t length) {
    struct message message;
    in->lost = true;
    if (message_parse(&message, &watch_unknown, bytes, length, NULL) == MESSAGE_OK) {
        watch_tell(watched, sink, from_client, e2e_relay_protocol.server, false, &message);
    }
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
    if (progress == HTTP_COMPLETE && http_field_has(&in->head, in->http, "upgrade", "websocket")) {
        in->switched = true;
        tell(watched, sink, from_client, (const uint8_t *)in->http, in->length);
    } else if (progress != HTTP_INCOMPLETE || in->length == sizeof in->http) {
        lose(in, watched, sink, from_client, (const uint8_t *)in->http, in->length);
    }
    return used;
}

static size_t see_frames(struct direction *in, struct watched *watched, struct explain_sink *sink,
                         bool from_client, const uint8_t *bytes, size_t length) {
    enum websocket_arrival arrival;
    in->reader.from_client = from_client;
    size_t used = websocket_reader_take(&in->reader, &arrival, bytes, length);
    if (arrival == WEBSOCKET_MESSAGE) {
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
        size_t used = (in->switched ? see_frames : see_http)(in, watched, sink, from_client, bytes, length);
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
