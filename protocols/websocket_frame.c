// The frames of WebSocket: RFC 6455, 5.2. Before: protocols/websocket_handshake.c. After: protocols/engine_io.c.
//
//   bit  0   1-3   4-7      8      9-15
//       FIN  RSV  opcode  | MASK  length   | length again  | masking key | payload
//                                 0..125      -              4 bytes       as long as it says
//                                 126         2 bytes        if MASK
//                                 127         8 bytes
//
// A message is a frame, or several: the first has the opcode (text, binary), the others are continuations, the last has FIN.
// Between them control frames may come (close, ping, pong), never in parts and never longer than 125 bytes.
//
// Why a client masks: payload XOR a fresh random key, 4 bytes repeated. It hides nothing, since the key stands in front of
// it. It makes the bytes on the wire unpredictable for a web page, which could otherwise write into them something that an
// old proxy takes for an HTTP request (10.3). So the key must come from a good generator.
//
// Pitfalls
// - A length in more bytes than it needs is refused: two encodings of one frame are one too many.
// - A reader that allocates what a header announces gives 2^63 bytes to whoever asks. Here the room is fixed, and a longer
//   message ends the stream with the first byte too many.
// - Text must be UTF-8 (8.1). That is checked where the text is understood: all of it is JSON (protocols/json_text.c), or a
//   digit of Engine.IO.
//
// Tests: tests/test_websocket_frame.c, also against libwslay.

#include "protocols/websocket_frame.h"

#include "bignum/random.h"

#include <string.h>

enum { FIN = 0x80, RSV = 0x70, OPCODE = 0x0f, MASK = 0x80, LENGTH = 0x7f, MASK_SIZE = 4 };
enum { NO_CODE = 1005 }; // 7.4.1: no code was sent

// --- reading ---------------------------------------------------------------------------------------------------

static bool is_control(uint8_t first) {
    return (first & 8) != 0;
}

static enum websocket_arrival broken(struct websocket_reader *reader, const char *fault) {
    reader->fault = fault;
    return WEBSOCKET_BROKEN;
}

// What is wrong with the first two bytes, or NULL. They say how long the header is.
static const char *check_start(struct websocket_reader *reader) {
    uint8_t first = reader->header[0], second = reader->header[1];
    uint8_t opcode = first & OPCODE, length = second & LENGTH;
    if ((first & RSV) != 0) {
        return "a reserved bit is set, and no extension was agreed on (5.2)";
    }
    if (opcode > WEBSOCKET_PONG || (opcode > WEBSOCKET_BINARY && opcode < WEBSOCKET_CLOSE)) {
        return "an opcode that nobody has defined (5.2)";
    }
    if (is_control(first) && ((first & FIN) == 0 || length > WEBSOCKET_CONTROL_MAX)) {
        return "a control frame in parts, or longer than 125 bytes (5.5)";
    }
    if (!is_control(first) && (opcode == WEBSOCKET_CONTINUATION) != reader->in_parts) {
        return reader->in_parts ? "a new message before the last part of the one before (5.4)"
                                : "a continuation of nothing (5.4)";
    }
    if (((second & MASK) != 0) != reader->from_client) {
        return reader->from_client ? "a client must mask (5.1)" : "a server must not mask (5.1)";
    }
    reader->need = 2 +
                   (length == 126   ? 2u
                    : length == 127 ? 8u
                                    : 0u) +
                   (reader->from_client ? MASK_SIZE : 0u);
    return NULL;
}

// The same for the rest of the header.
static const char *check_header(struct websocket_reader *reader) {
    uint8_t length = reader->header[1] & LENGTH;
    size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    reader->payload = more == 0 ? length : 0;
    for (size_t i = 0; i < more; i++) {
        reader->payload = reader->payload << 8 | reader->header[2 + i];
    }
    if ((length == 126 && reader->payload < 126) || (length == 127 && reader->payload < 65536) ||
        reader->payload >> 63 != 0) {
        return "a length in more bytes than it needs (5.2)";
    }
    if (!is_control(reader->header[0]) && reader->payload > sizeof reader->message - reader->length) {
        return "a message longer than is taken here";
    }
    return NULL;
}

// Up to `length` bytes of the payload, unmasked, to where they belong.
static size_t take_payload(struct websocket_reader *reader, const uint8_t *bytes, size_t length) {
    bool control = is_control(reader->header[0]);
    uint8_t *out = control ? reader->control + reader->control_length : reader->message + reader->length;
    size_t count = reader->payload - reader->at < length ? (size_t)(reader->payload - reader->at) : length;
    const uint8_t *mask = reader->header + reader->need - MASK_SIZE;
    for (size_t i = 0; i < count; i++) {
        out[i] = bytes[i] ^ (reader->from_client ? mask[(reader->at + i) % MASK_SIZE] : 0);
    }
    reader->at += count;
    *(control ? &reader->control_length : &reader->length) += count;
    return count;
}

// The end of a frame.
static enum websocket_arrival finish(struct websocket_reader *reader) {
    uint8_t first = reader->header[0];
    reader->have = 0;
    if (is_control(first)) {
        reader->control_opcode = first & OPCODE;
        if (reader->control_opcode == WEBSOCKET_CLOSE && reader->control_length == 1) {
            return broken(reader, "a close frame with half a code (5.5.1)");
        }
        return WEBSOCKET_CONTROL;
    }
    reader->in_parts = (first & FIN) == 0;
    return !reader->in_parts ? WEBSOCKET_MESSAGE : WEBSOCKET_NOTHING;
}

// The first two bytes of a frame are there.
static const char *begin(struct websocket_reader *reader) {
    const char *fault = check_start(reader);
    uint8_t opcode = reader->header[0] & OPCODE;
    if (fault == NULL && is_control(reader->header[0])) {
        reader->control_length = 0;
    } else if (fault == NULL && opcode != WEBSOCKET_CONTINUATION) {
        reader->binary = opcode == WEBSOCKET_BINARY;
        reader->length = 0;
    }
    return fault;
}

size_t websocket_reader_take(struct websocket_reader *reader, enum websocket_arrival *arrival,
                             const uint8_t *bytes, size_t length) {
    size_t used = 0;
    *arrival = reader->fault != NULL ? WEBSOCKET_BROKEN : WEBSOCKET_NOTHING;
    while (used < length && *arrival == WEBSOCKET_NOTHING) {
        if (reader->have < 2 || reader->have < reader->need) {
            reader->header[reader->have++] = bytes[used++];
            const char *fault = reader->have == 2 ? begin(reader) : NULL;
            if (fault == NULL && reader->have >= 2 && reader->have == reader->need) {
                reader->at = 0;
                fault = check_header(reader);
            }
            if (fault != NULL) {
                *arrival = broken(reader, fault);
            } else if (reader->have >= 2 && reader->have == reader->need && reader->payload == 0) {
                *arrival = finish(reader);
            }
        } else {
            used += take_payload(reader, bytes + used, length - used);
            if (reader->at == reader->payload) {
                *arrival = finish(reader);
            }
        }
    }
    return used;
}

bool websocket_reader_is_partial(const struct websocket_reader *reader) {
    return reader->have > 0 || reader->in_parts;
}

unsigned websocket_close_code(const struct websocket_reader *reader, const char **reason, size_t *length) {
    *reason = (const char *)reader->control + 2;
    *length = reader->control_length > 2 ? reader->control_length - 2 : 0;
    return reader->control_length < 2 ? NO_CODE : (unsigned)(reader->control[0] << 8 | reader->control[1]);
}

// --- writing ---------------------------------------------------------------------------------------------------

static size_t room(const struct websocket_writer *writer) {
    return sizeof writer->bytes - (writer->end - writer->start);
}

bool websocket_writer_has_room(const struct websocket_writer *writer, size_t length) {
    return !writer->closed && room(writer) >= length &&
           room(writer) - length >= 2 * (WEBSOCKET_FRAME_HEADER_MAX + WEBSOCKET_CONTROL_MAX);
}

static uint8_t *make_room(struct websocket_writer *writer) {
    memmove(writer->bytes, writer->bytes + writer->start, writer->end - writer->start);
    writer->end -= writer->start;
    writer->start = 0;
    return writer->bytes + writer->end;
}

bool websocket_writer_put_raw(struct websocket_writer *writer, const void *bytes, size_t length) {
    if (room(writer) < length) {
        return false;
    }
    memcpy(make_room(writer), bytes, length);
    writer->end += length;
    return true;
}

bool websocket_writer_put(struct websocket_writer *writer, enum websocket_opcode opcode,
                          const uint8_t *payload, size_t length) {
    uint8_t mask[MASK_SIZE] = {0};
    if (writer->closed || room(writer) < WEBSOCKET_FRAME_HEADER_MAX ||
        room(writer) - WEBSOCKET_FRAME_HEADER_MAX < length ||
        (writer->from_client && !random_bytes(mask, sizeof mask))) {
        return false;
    }
    uint8_t *out = make_room(writer);
    size_t at = 0;
    out[at++] = (uint8_t)(FIN | (unsigned)opcode);
    size_t more = length < 126 ? 0 : length < 65536 ? 2 : 8;
    uint8_t short_length = more == 0 ? (uint8_t)length : more == 2 ? 126 : 127;
    out[at++] = (uint8_t)((writer->from_client ? MASK : 0u) | short_length);
    for (size_t i = more; i-- > 0;) {
        out[at++] = (uint8_t)((uint64_t)length >> (8 * i));
    }
    if (writer->from_client) {
        memcpy(out + at, mask, sizeof mask);
        at += sizeof mask;
    }
    for (size_t i = 0; i < length; i++) {
        out[at + i] = payload[i] ^ mask[i % MASK_SIZE];
    }
    writer->end += at + length;
    return true;
}

void websocket_writer_close(struct websocket_writer *writer, unsigned code) {
    const uint8_t payload[] = {(uint8_t)(code >> 8), (uint8_t)code};
    (void)!websocket_writer_put(writer, WEBSOCKET_CLOSE, payload, sizeof payload);
    writer->closed = true;
}
