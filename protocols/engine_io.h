// Engine.IO, protocol version 4: packets over HTTP polling or WebSocket. The formats; engine_io_session.h has the server's
// state machine.
#ifndef PROTOCOLS_ENGINE_IO_H
#define PROTOCOLS_ENGINE_IO_H

#include "protocols/parse_error.h"

#include "bignum/secure.h"

#include <stdint.h>

enum engine_io_type {
    ENGINE_IO_OPEN,    // '0' server: the session's parameters, as JSON
    ENGINE_IO_CLOSE,   // '1' the session ends
    ENGINE_IO_PING,    // '2' server: are you there?  client: "probe", on a new WebSocket
    ENGINE_IO_PONG,    // '3' the answer, with the same data
    ENGINE_IO_MESSAGE, // '4' what the layer above sends
    ENGINE_IO_UPGRADE, // '5' client: from now on over this WebSocket
    ENGINE_IO_NOOP,    // '6' nothing: ends a waiting poll
};
const char *engine_io_type_text(enum engine_io_type type); // "message"

// A packet: its type and its data, which stand somewhere else. Binary data occur in messages only.
struct engine_io_packet {
    enum engine_io_type type;
    bool binary;
    const uint8_t *data;
    size_t length;
};

// --- over WebSocket: one packet is one message -----------------------------------------------------------------

// A text message is the type's digit and the data; a binary one is the data of a binary message packet.
MUST_CHECK bool engine_io_parse(struct engine_io_packet *packet, const uint8_t *bytes, size_t length,
                                bool binary, struct parse_error *where);

// --- over polling: packets in a payload, separated by the character 1e (hex) -----------------------------------

enum { ENGINE_IO_SEPARATOR = 0x1e };

// Takes the next packet out of a payload: *at is moved behind it, starting at 0; false at the end, when *at is `length`,
// and at an error, when `where` is filled in and *at is beyond `length`. The base64 of binary data is decoded in place,
// over its own characters: the payload is changed.
MUST_CHECK bool engine_io_next(struct engine_io_packet *packet, uint8_t *payload, size_t length, size_t *at,
                               struct parse_error *where);

// The bytes that a packet takes in a payload, without separator, and the packet as such.
size_t engine_io_encoded_length(const struct engine_io_packet *packet);
void engine_io_encode(uint8_t *out, const struct engine_io_packet *packet);

// --- the handshake ---------------------------------------------------------------------------------------------

enum { ENGINE_IO_VERSION = 4, ENGINE_IO_SID_LENGTH = 20, ENGINE_IO_SID_MAX = 64, ENGINE_IO_OPEN_MAX = 256 };

struct engine_io_open {
    char sid[ENGINE_IO_SID_MAX + 1];
    bool can_upgrade;            // "upgrades" has "websocket"
    unsigned long ping_interval; // milliseconds
    unsigned long ping_timeout;  // milliseconds
    unsigned long max_payload;   // bytes
};
// The data of the open packet. Server and client.
size_t engine_io_write_open(char out[static ENGINE_IO_OPEN_MAX], const struct engine_io_open *open);
MUST_CHECK bool engine_io_parse_open(struct engine_io_open *open, const uint8_t *data, size_t length,
                                     struct parse_error *where);

// A new session's name: 15 random bytes as 20 characters that are safe in a URL.
MUST_CHECK bool engine_io_new_sid(char sid[static ENGINE_IO_SID_LENGTH + 1]);

// --- HTTP errors: status 400 with a JSON body ------------------------------------------------------------------

enum engine_io_error {
    ENGINE_IO_UNKNOWN_TRANSPORT,
    ENGINE_IO_UNKNOWN_SID,
    ENGINE_IO_BAD_HANDSHAKE_METHOD,
    ENGINE_IO_BAD_REQUEST,
    ENGINE_IO_FORBIDDEN,
    ENGINE_IO_WRONG_VERSION,
};
const char *engine_io_error_json(enum engine_io_error error); // {"code":0,"message":"Transport unknown"}

#endif
