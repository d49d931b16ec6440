// WebSocket messages over a socket, after the opening handshake (protocols/websocket_handshake.h). The frames are libwslay's:
// it cuts messages into them, masks what a client sends, checks what comes in, and answers pings.
#ifndef APPS_COMMON_WEBSOCKET_H
#define APPS_COMMON_WEBSOCKET_H

#include "apps/common/recording.h"

#include "bignum/secure.h"

#include <stdint.h>

struct websocket;

// Called for each whole message. It may queue messages, but not free the WebSocket.
typedef void websocket_message(void *context, const uint8_t *bytes, size_t length, bool binary);

// The close codes used here: RFC 6455, 7.4.1.
enum {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_POLICY = 1008
};

// Takes over a non-blocking socket, which stays the caller's to close. `early` is what came behind the
// handshake already, and is noted in `recorded` by the caller; the rest is noted here.
// A message longer than message_max closes the connection with code 1009. NULL when there is no memory.
struct websocket *websocket_new(int connection, struct recorded *recorded, bool server, size_t message_max,
                                const uint8_t *early, size_t early_length, websocket_message *message,
                                void *context);
void websocket_free(struct websocket *websocket);

// Reads what is there, a limited amount at a time, and calls `message`. False when nothing more can come: the peer
// closed, broke the protocol, or is gone.
MUST_CHECK bool websocket_read(struct websocket *websocket);
// While paused, nothing is taken from the socket.
void websocket_pause(struct websocket *websocket, bool paused);
bool websocket_has_early(const struct websocket *websocket); // to be read without waiting for the socket
bool websocket_wants_read(const struct websocket *websocket);

// Queues a message, a copy of it.
MUST_CHECK bool websocket_queue(struct websocket *websocket, const uint8_t *bytes, size_t length,
                                bool binary);
// Queues the end: nothing can be sent after it.
void websocket_finish(struct websocket *websocket, uint16_t code, const char *reason);
// Sends what goes without waiting. False when the connection is broken. *count is how many bytes went.
MUST_CHECK bool websocket_write(struct websocket *websocket, size_t *count);
bool websocket_wants_write(const struct websocket *websocket);
size_t websocket_queued(const struct websocket *websocket); // messages and control frames that wait

#endif
