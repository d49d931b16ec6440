// The frames of WebSocket: RFC 6455, section 5. Bytes in, messages out; messages in, bytes out; no I/O and no allocation.
// The relay, which serves thousands at once over sockets, uses libwslay (apps/common/websocket.h). This is for what lives in
// protocols/: the client as a party, the relay's end in demos and tests, and whoever watches a recording.
#ifndef PROTOCOLS_WEBSOCKET_FRAME_H
#define PROTOCOLS_WEBSOCKET_FRAME_H

#include "bignum/secure.h"

#include <stdint.h>

enum {
    WEBSOCKET_FRAME_HEADER_MAX = 14, // 2, up to 8 of length, 4 of mask
    WEBSOCKET_CONTROL_MAX = 125,
    WEBSOCKET_READER_MAX = 131072, // bytes of a message
    WEBSOCKET_WRITER_SIZE = 393216,
};

enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10,
};

enum websocket_arrival {
    WEBSOCKET_NOTHING, // everything taken, the message goes on
    WEBSOCKET_MESSAGE, // reader->message[0..length), `binary` or text
    WEBSOCKET_CONTROL, // reader->control[0..control_length), of control_opcode; messages in parts go on around it
    WEBSOCKET_BROKEN, // see reader->fault: the stream cannot be followed any further
};

// Caller-allocated; starts as {0} with from_client set. The members are for reading.
struct websocket_reader {
    bool from_client; // frames must be masked; from a server they must not be (5.1)
    uint8_t header[WEBSOCKET_FRAME_HEADER_MAX];
    size_t have, need;     // bytes of the header that are there; that it has
    uint64_t payload, at;  // bytes of this frame's payload; of those, how many are there
    bool in_parts, binary; // a message whose last part has not come
    enum websocket_opcode control_opcode;
    size_t length, control_length;
    uint8_t control[WEBSOCKET_CONTROL_MAX];
    uint8_t message[WEBSOCKET_READER_MAX];
    const char *fault;
};

// Takes bytes up to the end of one message or control frame at most, and says how many.
size_t websocket_reader_take(struct websocket_reader *reader, enum websocket_arrival *arrival,
                             const uint8_t *bytes, size_t length);
// True in the middle of a message or a frame.
bool websocket_reader_is_partial(const struct websocket_reader *reader);

// The code of a close frame that has just arrived, 1005 when it has none, and its reason (not terminated).
unsigned websocket_close_code(const struct websocket_reader *reader, const char **reason, size_t *length);

// What waits to be sent: start to end. Caller-allocated; starts as {0} with from_client set.
struct websocket_writer {
    bool from_client; // masks what it sends
    bool closed;      // a close frame is the last
    size_t start, end;
    uint8_t bytes[WEBSOCKET_WRITER_SIZE];
};

// Queues a whole message or control frame. False when there is no room, no random mask, or a close frame has gone before.
MUST_CHECK bool websocket_writer_put(struct websocket_writer *writer, enum websocket_opcode opcode,
                                     const uint8_t *payload, size_t length);
// Queues bytes that are no frame: the opening handshake, which goes first.
MUST_CHECK bool websocket_writer_put_raw(struct websocket_writer *writer, const void *bytes, size_t length);
// True when a message of this length has room.
bool websocket_writer_has_room(const struct websocket_writer *writer, size_t length);
// The end, once, when there is room.
void websocket_writer_close(struct websocket_writer *writer, unsigned code);

#endif
