// Socket.IO, protocol version 5: named events, acknowledgements, namespaces and binary attachments in the messages of
// Engine.IO.
#ifndef PROTOCOLS_SOCKET_IO_H
#define PROTOCOLS_SOCKET_IO_H

#include "protocols/json_text.h"

#include <stdint.h>

enum socket_io_type {
    SOCKET_IO_CONNECT,       // '0' client: wants into a namespace; server: is in, {"sid":...}
    SOCKET_IO_DISCONNECT,    // '1' leaves it
    SOCKET_IO_EVENT,         // '2' ["name", arguments...]
    SOCKET_IO_ACK,           // '3' [arguments...], the answer to the event of this id
    SOCKET_IO_CONNECT_ERROR, // '4' server: is not let in, {"message":...}
    SOCKET_IO_BINARY_EVENT,  // '5' an event some of whose parts follow as binary messages
    SOCKET_IO_BINARY_ACK,    // '6' an acknowledgement, likewise
};
const char *socket_io_type_text(enum socket_io_type type);

enum { SOCKET_IO_ATTACHMENTS_MAX = 10, SOCKET_IO_NAMESPACE_MAX = 128 };
#define SOCKET_IO_ID_MAX 999999999999999UL // 15 digits: exact in every client's language

// A packet; its parts stand in the text it was parsed from.
struct socket_io_packet {
    enum socket_io_type type;
    size_t attachments;           // of BINARY_EVENT and BINARY_ACK: how many binary messages follow
    struct json_slice name_space; // "/admin"; of the main one, "/"
    bool has_id;
    unsigned long id;
    struct json_slice
        json; // the arguments, or the data of CONNECT and CONNECT_ERROR; empty when there are none
};

// Takes a text message apart, and checks everything about it: the JSON; that an event is an array that begins with a
// name; that placeholders stand for attachments that are announced.
MUST_CHECK bool socket_io_parse(struct socket_io_packet *packet, const uint8_t *text, size_t length,
                                struct parse_error *where);

// The name of a parsed event, with its quotes, and the rest: ",1,2]", or "]" without arguments.
void socket_io_event(const struct socket_io_packet *packet, struct json_slice *name, struct json_slice *rest);

// Writes what stands before the JSON: "51-/admin,7". The length; at most SOCKET_IO_PREFIX_MAX.
enum { SOCKET_IO_PREFIX_MAX = SOCKET_IO_NAMESPACE_MAX + 32 };
size_t socket_io_write_prefix(char out[static SOCKET_IO_PREFIX_MAX], const struct socket_io_packet *packet);

// --- a packet and its attachments ------------------------------------------------------------------------------

// Collects them. Caller-allocated; starts as {0}; socket_io_collector_clear at the end.
struct socket_io_collector {
    struct socket_io_packet packet; // its parts stand in `text`
    uint8_t *text;                  // a copy, kept only while attachments are missing
    size_t count;                   // attachments so far
    struct {
        uint8_t *bytes;
        size_t length;
    } attachments[SOCKET_IO_ATTACHMENTS_MAX];
    size_t total; // bytes kept
};

enum socket_io_progress {
    SOCKET_IO_INCOMPLETE, // attachments are missing
    SOCKET_IO_COMPLETE,   // collector->packet is valid until the next call, with its attachments
    SOCKET_IO_REFUSED,    // see `where`: the peer does not speak the protocol
};

// Takes one message of Engine.IO. More than total_max bytes in one packet and its attachments are refused.
MUST_CHECK enum socket_io_progress socket_io_collect(struct socket_io_collector *collector,
                                                     const uint8_t *bytes, size_t length, bool binary,
                                                     size_t total_max, struct parse_error *where);
void socket_io_collector_clear(struct socket_io_collector *collector);

#endif
