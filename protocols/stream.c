// Between messages and the bytes of a connection. Before: protocols/frame.c, protocols/message.c. After:
// protocols/des_chat.c, or any other protocol of this folder.
//
//   in    | length | payload |  frame reader: one whole payload at a time, numbered
//   out   | length | payload | length | payload | ..... |  a queue with a limit: from out_start to out_end
//           ^ out_start: sent up to here    ^ out_end
//
// Why the queue has a limit: a peer that does not read makes what is meant for it pile up here. Unlimited, one such peer
// takes all the memory. So stream_send refuses once the queue is full, and asking first (stream_has_room) lets the app
// stop reading what would have to be passed on; the pressure goes back to whoever talks too fast. A short piece at the
// end is kept free, so that even then a refusal finds room.
//
// Pitfalls
// - Two lines for one error: the person at this end may know every detail; the peer may be the attacker, and learns as
//   little as helps an honest peer. stream_fail therefore takes both, and they are written side by side in each protocol.
// - A refusal comes from the network like everything else: anybody on the way can send one. It ends a conversation,
//   which that somebody could have done by cutting the wire, and it is believed in nothing else.

#include "protocols/stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// clang-format off
const struct message_type stream_refused = {
    .name = "Refused",
    .meaning = "the sender ends the conversation because of an error",
    .computed = "plain text: it must be readable without a key",
    .both_know = "that the conversation is over",
    .eavesdropper_knows = "the same. It could also have sent this message itself",
    .count = 2,
    .fields = {{"mark", FIELD_CONSTANT, "tells a refusal from every other message", .constant = "Refused: "},
               {"reason", FIELD_TEXT, "for people", .minimum = 1, .maximum = STREAM_REFUSAL_TEXT_MAX}},
};
// clang-format on

void stream_init(struct stream *stream, const char *here, const char *there, struct explain_sink *explain) {
    memset(stream, 0, sizeof *stream);
    stream->here = here;
    stream->there = there;
    stream->explain = explain;
}

void stream_clear(struct stream *stream) {
    secure_wipe(stream, sizeof *stream);
}

// --- in --------------------------------------------------------------------------------------------------------

enum frame_status stream_receive(struct stream *stream, const uint8_t *bytes, size_t length, size_t *used) {
    enum frame_status status = frame_read(&stream->in, bytes, length, used);
    if (status == FRAME_COMPLETE) {
        stream->number++;
    }
    return status;
}

bool stream_is_partial(const struct stream *stream) {
    return frame_is_partial(&stream->in);
}

static void explain(const struct stream *stream, bool sent, const struct message *message,
                    const struct narration *narration, const char *checked) {
    if (stream->explain == NULL) {
        return;
    }
    struct explanation explanation = {
        .number = stream->number,
        .sender = sent ? stream->here : stream->there,
        .receiver = sent ? stream->there : stream->here,
        .sent = sent,
        .framed = true,
        .message = message,
        .checked = checked,
    };
    if (narration != NULL) {
        memcpy(explanation.values, narration->values, narration->count * sizeof narration->values[0]);
        explanation.count = narration->count;
    }
    stream->explain->explain(stream->explain, &explanation);
}

void stream_explain(const struct stream *stream, const struct message *message,
                    const struct narration *narration, const char *checked) {
    explain(stream, false, message, narration, checked);
}

// --- out -------------------------------------------------------------------------------------------------------

static size_t room(const struct stream *stream) {
    return sizeof stream->out - (stream->out_end - stream->out_start);
}

// Queues a frame, leaving `reserve` bytes free.
static bool enqueue(struct stream *stream, const struct message_type *type, const struct field_value values[],
                    const struct narration *narration, size_t reserve) {
    if (room(stream) < reserve + FRAME_HEADER_SIZE) {
        return false;
    }
    memmove(stream->out, stream->out + stream->out_start, stream->out_end - stream->out_start);
    stream->out_end -= stream->out_start;
    stream->out_start = 0;
    uint8_t *frame = stream->out + stream->out_end;
    size_t size = room(stream) - reserve - FRAME_HEADER_SIZE;
    struct message message;
    if (message_build(&message, frame + FRAME_HEADER_SIZE,
                      size < FRAME_PAYLOAD_MAX ? size : FRAME_PAYLOAD_MAX, type, values) != MESSAGE_OK) {
        return false;
    }
    frame_write_header(frame, message.length);
    stream->out_end += FRAME_HEADER_SIZE + message.length;
    stream->number++;
    explain(stream, true, &message, narration, NULL);
    return true;
}

bool stream_send(struct stream *stream, const struct message_type *type, const struct field_value values[],
                 const struct narration *narration) {
    return enqueue(stream, type, values, narration, STREAM_REFUSAL_SIZE);
}

bool stream_has_room(const struct stream *stream) {
    return room(stream) >= FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX + STREAM_REFUSAL_SIZE;
}

const uint8_t *stream_output(const struct stream *stream, size_t *length) {
    *length = stream->out_end - stream->out_start;
    return stream->out + stream->out_start;
}

void stream_sent(struct stream *stream, size_t length) {
    stream->out_start += length;
}

// --- refusals --------------------------------------------------------------------------------------------------

void stream_fail(struct stream *stream, const char *to_peer, const char *details, ...) {
    if (stream->failed) {
        return;
    }
    stream->failed = true;
    va_list arguments;
    va_start(arguments, details);
    (void)vsnprintf(stream->failure, sizeof stream->failure, details, arguments);
    va_end(arguments);
    if (to_peer != NULL) {
        const struct field_value values[] = {{0},
                                             {.bytes = (const uint8_t *)to_peer, .length = strlen(to_peer)}};
        // Without room for a refusal, a peer that does not read misses one more.
        (void)enqueue(stream, &stream_refused, values, NULL, 0);
    }
}

bool stream_take_refusal(struct stream *stream, const char *awaited) {
    struct message refusal;
    if (message_parse(&refusal, &stream_refused, stream->in.payload, stream->in.length, NULL) != MESSAGE_OK) {
        return false;
    }
    char text[STREAM_PLACE_SIZE];
    stream_explain(stream, &refusal, NULL, NULL);
    stream_fail(stream, NULL, "%s%s refused: %.*s (this end was waiting for %s)", article_of(stream->there),
                stream->there, (int)refusal.fields[1].length,
                (const char *)refusal.bytes + refusal.fields[1].offset,
                stream_place(stream, stream->number, awaited, text));
    return true;
}

void stream_fail_too_large(struct stream *stream, const char *awaited) {
    char text[STREAM_PLACE_SIZE];
    const uint8_t *header = stream->in.header;
    stream_fail(
        stream, "frames may have 65536 bytes at most",
        "%s: a frame of %zu bytes is announced (%02x %02x %02x %02x), and 65536 are allowed; does the "
        "peer speak another protocol?",
        stream_place(stream, stream->number + 1, awaited, text), stream->in.length, header[0], header[1],
        header[2], header[3]);
}

void stream_fail_malformed(struct stream *stream, const char *to_peer, const char *awaited,
                           const struct parse_error *where) {
    char text[STREAM_PLACE_SIZE];
    stream_fail(stream, to_peer, "%s is malformed at byte %zu of %zu: %s",
                stream_place(stream, stream->number, awaited, text), where->offset, stream->in.length,
                where->reason);
}

void stream_fail_closed(struct stream *stream, const char *awaited, const char *farewell) {
    char text[STREAM_PLACE_SIZE];
    const char *place = stream_place(stream, stream->number + 1, awaited, text);
    if (stream_is_partial(stream)) {
        stream_fail(stream, NULL, "%s%s closed the connection in the middle of %s", article_of(stream->there),
                    stream->there, place);
    } else if (farewell != NULL) {
        stream_fail(stream, NULL, "%s%s closed the connection without `%s`", article_of(stream->there),
                    stream->there, farewell);
    } else {
        stream_fail(stream, NULL, "%s%s closed the connection before %s", article_of(stream->there),
                    stream->there, place);
    }
}

const char *stream_place(const struct stream *stream, unsigned number, const char *name,
                         char text[static STREAM_PLACE_SIZE]) {
    (void)snprintf(text, STREAM_PLACE_SIZE, "message %u (%s) from %s%s", number, name,
                   article_of(stream->there), stream->there);
    return text;
}

const uint8_t *stream_party_output(const void *party, size_t *length) {
    return stream_output(party, length);
}

void stream_party_sent(void *party, size_t length) {
    stream_sent(party, length);
}

const char *stream_party_failure(const void *party) {
    const struct stream *stream = party;
    return stream->failed ? stream->failure : NULL;
}

bool stream_write_refusal(uint8_t out[static STREAM_REFUSAL_SIZE], size_t *length, const char *to_peer) {
    struct message message;
    const struct field_value values[] = {{0}, {.bytes = (const uint8_t *)to_peer, .length = strlen(to_peer)}};
    if (message_build(&message, out + FRAME_HEADER_SIZE, STREAM_REFUSAL_SIZE - FRAME_HEADER_SIZE,
                      &stream_refused, values) != MESSAGE_OK) {
        return false;
    }
    frame_write_header(out, message.length);
    *length = FRAME_HEADER_SIZE + message.length;
    return true;
}
