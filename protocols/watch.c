// A listener's view. Before: protocols/message.c, whose tables do the work. After: protocols/registry.c.
//
// Somebody on the wire has the bytes of both directions and knows the protocol, but no key:
//
//   client ----- frames ----->  recognise: which message is this?  --> parse --> explain, with no values inside
//   server <---- frames ------
//
// That is enough to name every message and every field. What is inside an encrypted one stays closed, and the explanation
// shows just what an eavesdropper has: the README's "encrypted" made visible.
//
// Pitfalls
// - The listener sees what crossed, not what an end accepted: a message may be named here that its receiver refused.
// - A recording may begin or end in the middle. What fits no table is shown as unknown bytes, never guessed further.

#include "protocols/watch.h"

#include "protocols/stream.h"

#include <stdio.h>
#include <stdlib.h>

// clang-format off
const struct message_type watch_unknown = {
    .name = "unknown",
    .meaning = "bytes that are no message of this protocol at this place",
    .computed = "not known",
    .both_know = "not known",
    .eavesdropper_knows = "the bytes, and no table for them",
    .count = 1,
    .fields = {{"bytes", FIELD_BYTES, "as they are", .minimum = 0, .maximum = SIZE_MAX}},
};
// clang-format on

bool watch_start(struct watch *watch, const struct protocol *protocol, const char *client,
                 struct explain_sink *sink) {
    *watch = (struct watch){.protocol = protocol, .sink = sink};
    (void)snprintf(watch->watched.client, sizeof watch->watched.client, "%s", client);
    if (protocol->watcher != NULL) {
        watch->state = calloc(1, protocol->watcher->size);
        return watch->state != NULL;
    }
    watch->in[0] = calloc(1, sizeof *watch->in[0]);
    watch->in[1] = calloc(1, sizeof *watch->in[1]);
    if (watch->in[0] == NULL || watch->in[1] == NULL) {
        watch_stop(watch);
        return false;
    }
    return true;
}

void watch_stop(struct watch *watch) {
    if (watch->state != NULL && watch->protocol->watcher->clear != NULL) {
        watch->protocol->watcher->clear(watch->state);
    }
    free(watch->state);
    free(watch->in[0]);
    free(watch->in[1]);
    *watch = (struct watch){0};
}

void watch_tell(struct watched *watched, struct explain_sink *sink, bool from_client, const char *server,
                bool framed, const struct message *message) {
    watched->number++;
    watched->unknown += message->type == &watch_unknown;
    const struct explanation explanation = {
        .number = watched->number,
        .sender = from_client ? watched->client : server,
        .receiver = from_client ? server : watched->client,
        .sent = true,
        .framed = framed,
        .message = message,
    };
    sink->explain(sink, &explanation);
}

// One whole payload.
static void take_payload(struct watch *watch, bool from_client, const uint8_t *payload, size_t length) {
    const struct message_type *type =
        watch->protocol->recognise(&watch->watched, from_client, payload, length);
    struct message message;
    // A refusal may stand anywhere; and what parses as nothing is shown as it is.
    if ((type == NULL || message_parse(&message, type, payload, length, NULL) != MESSAGE_OK) &&
        message_parse(&message, &stream_refused, payload, length, NULL) != MESSAGE_OK &&
        message_parse(&message, &watch_unknown, payload, length, NULL) != MESSAGE_OK) {
        return;
    }
    watch_tell(&watch->watched, watch->sink, from_client, watch->protocol->server, true, &message);
}

void watch_bytes(struct watch *watch, bool from_client, const uint8_t *bytes, size_t length) {
    if (watch->protocol->watcher != NULL) {
        watch->protocol->watcher->see(watch->state, &watch->watched, from_client, bytes, length, watch->sink);
        return;
    }
    size_t direction = from_client ? 0 : 1;
    struct frame_reader *in = watch->in[direction];
    if (watch->lost[direction]) {
        return;
    }
    while (length > 0 && !watch->lost[direction]) {
        size_t used;
        enum frame_status status = frame_read(in, bytes, length, &used);
        bytes += used;
        length -= used;
        if (status == FRAME_COMPLETE) {
            take_payload(watch, from_client, in->payload, in->length);
        }
        watch->lost[direction] = status == FRAME_TOO_LARGE;
    }
    if (watch->lost[direction]) {
        watch->watched.unknown++;
    }
}
