// Frames. Read next: protocols/message.c, what is inside them.
//
// TCP carries a stream of bytes and knows no messages: two sends may arrive as one piece, one send as many. So each
// message is preceded by its length:
//
//   | 00 00 00 0a | 43 6f 6e 6e 65 63 74 65 64 21 |  00 00 00 ...
//     length 10     "Connected!"                      the next frame
//
// Pitfalls
// - The length is the peer's claim. Whoever allocates what it says can be made to allocate 4 GiB by four bytes: a limit
//   is fixed beforehand, and checked as soon as the header is there, not when the payload has arrived.
// - A peer of another protocol shows here first: "GET " read as a length is 1195725856 (tests/test_des_chat.c).
// - Bytes arrive in any pieces, even one by one; the reader keeps what it has and goes on later.

#include "protocols/frame.h"

#include <string.h>

enum frame_status frame_read(struct frame_reader *reader, const uint8_t *bytes, size_t length, size_t *used) {
    *used = 0;
    // The frame before was complete: start anew.
    if (reader->have >= FRAME_HEADER_SIZE && reader->have == FRAME_HEADER_SIZE + reader->length) {
        reader->have = 0;
    }
    while (reader->have < FRAME_HEADER_SIZE) {
        if (*used == length) {
            return FRAME_INCOMPLETE;
        }
        reader->header[reader->have++] = bytes[(*used)++];
    }
    reader->length = (size_t)reader->header[0] << 24 | (size_t)reader->header[1] << 16 |
                     (size_t)reader->header[2] << 8 | reader->header[3];
    if (reader->length > FRAME_PAYLOAD_MAX) {
        return FRAME_TOO_LARGE;
    }
    size_t missing = FRAME_HEADER_SIZE + reader->length - reader->have;
    size_t part = length - *used < missing ? length - *used : missing;
    if (part > 0) {
        memcpy(reader->payload + (reader->have - FRAME_HEADER_SIZE), bytes + *used, part);
    }
    reader->have += part;
    *used += part;
    return part == missing ? FRAME_COMPLETE : FRAME_INCOMPLETE;
}

bool frame_is_partial(const struct frame_reader *reader) {
    return reader->have > 0 &&
           (reader->have < FRAME_HEADER_SIZE || reader->have < FRAME_HEADER_SIZE + reader->length);
}

void frame_write_header(uint8_t header[static FRAME_HEADER_SIZE], size_t length) {
    header[0] = (uint8_t)(length >> 24);
    header[1] = (uint8_t)(length >> 16);
    header[2] = (uint8_t)(length >> 8);
    header[3] = (uint8_t)length;
}
