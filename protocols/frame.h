// Frames: where a message starts and ends in a stream. A 4-byte big-endian length, then that many bytes.
#ifndef PROTOCOLS_FRAME_H
#define PROTOCOLS_FRAME_H

#include "bignum/secure.h"

#include <stdint.h>

enum { FRAME_HEADER_SIZE = 4, FRAME_PAYLOAD_MAX = 65536 };

// Collects one frame after the other. Caller-allocated; starts as {0}.
struct frame_reader {
    uint8_t header[FRAME_HEADER_SIZE];
    size_t have;   // bytes of the frame that are there, header included
    size_t length; // of the payload, once the header is complete
    uint8_t payload[FRAME_PAYLOAD_MAX];
};

enum frame_status {
    FRAME_INCOMPLETE, // everything taken, the frame goes on
    FRAME_COMPLETE,   // reader->payload[0..length) is a whole one; the next call starts the next
    FRAME_TOO_LARGE, // the header announces more than FRAME_PAYLOAD_MAX; the stream cannot be followed any further
};

// Takes bytes up to the end of the current frame at most; *used says how many.
MUST_CHECK enum frame_status frame_read(struct frame_reader *reader, const uint8_t *bytes, size_t length,
                                        size_t *used);

// True in the middle of a frame: a stream that ends now is cut off.
bool frame_is_partial(const struct frame_reader *reader);

// The header for a payload of `length` bytes, length <= FRAME_PAYLOAD_MAX.
void frame_write_header(uint8_t header[static FRAME_HEADER_SIZE], size_t length);

#endif
