// The client's end of Socket.IO over a WebSocket: what to answer, and what has arrived. No I/O and no clock: the caller has
// the WebSocket (protocols/websocket_handshake.h, apps/common/websocket.h), and times are parameters, in milliseconds.
//
//     websocket_ask(request, &length, key, SOCKET_IO_TARGET, "localhost:5000")  ...  websocket_check(...)
//     socket_io_client_init(&client, &output, now, patience);
//     for each message of the WebSocket: switch (socket_io_client_receive(&client, bytes, length, binary, now, &where)) ...
#ifndef PROTOCOLS_SOCKET_IO_CLIENT_H
#define PROTOCOLS_SOCKET_IO_CLIENT_H

#include "protocols/engine_io.h"
#include "protocols/socket_io.h"

#define SOCKET_IO_TARGET "/socket.io/?EIO=4&transport=websocket"

enum { SOCKET_IO_MESSAGE_MAX = 4000000 }; // bytes of a packet with its attachments

enum socket_io_client_event {
    SOCKET_IO_CLIENT_NOTHING,
    SOCKET_IO_CLIENT_CONNECTED, // to the main namespace: events may be sent
    SOCKET_IO_CLIENT_EVENT,     // client->collector has it, until the next call
    SOCKET_IO_CLIENT_ACK,       // likewise
    SOCKET_IO_CLIENT_REFUSED,   // the server does not let it in; client->collector says why
    SOCKET_IO_CLIENT_ENDED,     // the server says goodbye
    SOCKET_IO_CLIENT_MALFORMED, // see `where`; it is over
};

// Where messages for the WebSocket go; embed it first in a struct of your own to carry state. False when it cannot be sent.
struct socket_io_client_output {
    bool (*send)(struct socket_io_client_output *output, const uint8_t *bytes, size_t length, bool binary);
};

enum socket_io_client_state {
    SOCKET_IO_AWAIT_OPEN,
    SOCKET_IO_AWAIT_CONNECT,
    SOCKET_IO_CONNECTED,
    SOCKET_IO_OVER
};

// Caller-allocated; the members are for reading.
struct socket_io_client {
    struct socket_io_client_output *output;
    enum socket_io_client_state state;
    struct engine_io_open open;
    int64_t silent_by; // the server must have sent something by then
    unsigned long next_id;
    struct socket_io_collector collector;
};

void socket_io_client_init(struct socket_io_client *client, struct socket_io_client_output *output,
                           int64_t now, int64_t patience);
void socket_io_client_clear(struct socket_io_client *client);

// A message of the WebSocket. Answers pings and asks to be let in by itself.
MUST_CHECK enum socket_io_client_event socket_io_client_receive(struct socket_io_client *client,
                                                                const uint8_t *bytes, size_t length,
                                                                bool binary, int64_t now,
                                                                struct parse_error *where);

// Sends an event with arguments in JSON, separated by commas; "" for none. `id` NULL: no acknowledgement is asked for; else
// it gets the number that the acknowledgement will have. False when not connected, or nothing can be sent.
MUST_CHECK bool socket_io_client_emit(struct socket_io_client *client, const char *name,
                                      const char *arguments, size_t length, unsigned long *id);

// Says goodbye, when there is somebody to say it to.
void socket_io_client_leave(struct socket_io_client *client);

#endif
