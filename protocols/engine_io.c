// Engine.IO, protocol version 4: a session of messages in both directions that starts over plain HTTP requests, which get
// through everywhere, and moves to a WebSocket when one can be had.
//
// A packet is one digit and its data:
//
//     0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,...}     open
//     4hello                                                                               a message, text
//     bAQIDBA==                                                                            a message, binary (polling)
//     2                                                                                    ping
//
// Over polling, the client sends with POST and receives with GET, which the server holds until it has something to say. A
// body is a payload: packets with a separator, the control character 1e (hex), between them:
//
//     4hello <1e> 2 <1e> 4world
//     4hello <1e> bAQIDBA==          text only: binary data are base64 behind the letter b
//
// Over WebSocket each packet is a message of its own; binary data are a binary message, without any digit. Nothing
// separates or encodes: WebSocket's frames do that.
//
// In version 4 the server pings and the client answers; it was the other way round in version 3.
//
// The documents: github.com/socketio/engine.io-protocol, version 4. Tests: tests/test_engine_io.c, with its examples.
// Read next: engine_io_session.c, socket_io.c.

#include "protocols/engine_io.h"

#include "protocols/base64.h"
#include "protocols/json_text.h"

#include "bignum/random.h"

#include <stdio.h>
#include <string.h>

const char *engine_io_type_text(enum engine_io_type type) {
    static const char *const texts[] = {"open", "close", "ping", "pong", "message", "upgrade", "noop"};
    return type <= ENGINE_IO_NOOP ? texts[type] : "unknown";
}

// --- packets ---------------------------------------------------------------------------------------------------

bool engine_io_parse(struct engine_io_packet *packet, const uint8_t *bytes, size_t length, bool binary,
                     struct parse_error *where) {
    *packet = (struct engine_io_packet){
        .type = ENGINE_IO_MESSAGE, .binary = binary, .data = bytes, .length = length};
    if (binary) {
        return true;
    }
    if (length == 0) {
        parse_error_set(where, 0, "the Engine.IO packet", "it is empty: a type from 0 to 6 must stand here");
        return false;
    }
    if (bytes[0] < '0' || bytes[0] > '6') {
        parse_error_set(where, 0, "the Engine.IO packet", "a type from 0 to 6 must stand here");
        return false;
    }
    packet->type = (enum engine_io_type)(bytes[0] - '0');
    packet->data = bytes + 1;
    packet->length = length - 1;
    return true;
}

bool engine_io_next(struct engine_io_packet *packet, uint8_t *payload, size_t length, size_t *at,
                    struct parse_error *where) {
    // One packet more than separators: so an empty payload has one packet, which is empty and refused, and a
    // payload does not end with a separator.
    if (*at >= length && length > 0 && payload[length - 1] != ENGINE_IO_SEPARATOR) {
        return false;
    }
    if (*at > length) {
        return false;
    }
    uint8_t *begin = payload + *at;
    uint8_t *separator = length > *at ? memchr(begin, ENGINE_IO_SEPARATOR, length - *at) : NULL;
    size_t packet_length = separator != NULL ? (size_t)(separator - begin) : length - *at;
    struct parse_error error;
    if (packet_length > 0 && begin[0] == 'b') {
        size_t decoded, offset;
        enum base64_error base64 =
            base64_decode(begin, &decoded, (const char *)begin + 1, packet_length - 1, &offset);
        if (base64 != BASE64_OK) {
            parse_error_set(where, *at + 1 + offset, "the Engine.IO payload", "binary data: %s",
                            base64_error_text(base64));
            *at = length + 1;
            return false;
        }
        *packet = (struct engine_io_packet){
            .type = ENGINE_IO_MESSAGE, .binary = true, .data = begin, .length = decoded};
    } else if (!engine_io_parse(packet, begin, packet_length, false, &error)) {
        parse_error_set(where, *at, "the Engine.IO payload", "%s", error.reason);
        *at = length + 1;
        return false;
    }
    *at += packet_length;
    if (separator != NULL) {
        *at += 1;
    }
    return true;
}

size_t engine_io_encoded_length(const struct engine_io_packet *packet) {
    return 1 + (packet->binary ? BASE64_ENCODED_SIZE(packet->length) : packet->length);
}

void engine_io_encode(uint8_t *out, const struct engine_io_packet *packet) {
    out[0] = packet->binary ? 'b' : (uint8_t)('0' + packet->type);
    if (packet->binary) {
        base64_encode((char *)out + 1, packet->data, packet->length);
    } else if (packet->length > 0) {
        memcpy(out + 1, packet->data, packet->length);
    }
}

// --- the handshake ---------------------------------------------------------------------------------------------

size_t engine_io_write_open(char out[static ENGINE_IO_OPEN_MAX], const struct engine_io_open *open) {
    int length = snprintf(
        out, ENGINE_IO_OPEN_MAX,
        "{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%lu,\"pingTimeout\":%lu,\"maxPayload\":%lu}",
        open->sid, open->can_upgrade ? "\"websocket\"" : "", open->ping_interval, open->ping_timeout,
        open->max_payload);
    return length > 0 && length < ENGINE_IO_OPEN_MAX ? (size_t)length : 0;
}

static bool refuse_open(struct parse_error *where, const char *reason) {
    parse_error_set(where, 0, "the Engine.IO open packet", "%s", reason);
    return false;
}

bool engine_io_parse_open(struct engine_io_open *open, const uint8_t *data, size_t length,
                          struct parse_error *where) {
    enum { LONGEST = 86400000, DEFAULT_PAYLOAD = 1000000 }; // a day, in milliseconds
    struct json_slice json = {(const char *)data, length}, value, name;
    *open = (struct engine_io_open){.max_payload = DEFAULT_PAYLOAD};
    if (!json_text_check(json.text, json.length, where)) {
        return false;
    }
    size_t sid_length;
    if (!json_text_member(json, "sid", &value) ||
        !json_text_string(open->sid, ENGINE_IO_SID_MAX, &sid_length, value) || sid_length == 0) {
        return refuse_open(where, "a sid of 1 to 64 characters must be there");
    }
    // It goes into a URL as it is.
    if (strspn(open->sid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") !=
        sid_length) {
        return refuse_open(where, "a character in the sid that no URL has");
    }
    if (!json_text_member(json, "pingInterval", &value) ||
        !json_text_number(value, LONGEST, &open->ping_interval) || open->ping_interval == 0 ||
        !json_text_member(json, "pingTimeout", &value) ||
        !json_text_number(value, LONGEST, &open->ping_timeout) || open->ping_timeout == 0) {
        return refuse_open(where, "pingInterval and pingTimeout must be there, in milliseconds");
    }
    // Servers before the revision of 2021 do not send it.
    if (json_text_member(json, "maxPayload", &value) &&
        !json_text_number(value, UINT32_MAX, &open->max_payload)) {
        return refuse_open(where, "maxPayload is no number of bytes");
    }
    if (json_text_member(json, "upgrades", &value)) {
        struct json_walk walk;
        struct json_slice upgrade;
        for (json_text_enter(&walk, value); json_text_next(&walk, &name, &upgrade);) {
            open->can_upgrade |= json_text_is(upgrade, "websocket");
        }
    }
    return true;
}

bool engine_io_new_sid(char sid[static ENGINE_IO_SID_LENGTH + 1]) {
    uint8_t bytes[ENGINE_IO_SID_LENGTH / 4 * 3];
    if (!random_bytes(bytes, sizeof bytes)) {
        return false;
    }
    base64_encode(sid, bytes, sizeof bytes);
    sid[ENGINE_IO_SID_LENGTH] = '\0';
    for (char *at = sid; *at != '\0'; at++) {
        // The URL-safe alphabet of RFC 4648, section 5.
        *at = (char)(*at == '+' ? '-' : *at == '/' ? '_' : *at);
    }
    return true;
}

const char *engine_io_error_json(enum engine_io_error error) {
    static const char *const texts[] = {
        [ENGINE_IO_UNKNOWN_TRANSPORT] = "{\"code\":0,\"message\":\"Transport unknown\"}",
        [ENGINE_IO_UNKNOWN_SID] = "{\"code\":1,\"message\":\"Session ID unknown\"}",
        [ENGINE_IO_BAD_HANDSHAKE_METHOD] = "{\"code\":2,\"message\":\"Bad handshake method\"}",
        [ENGINE_IO_BAD_REQUEST] = "{\"code\":3,\"message\":\"Bad request\"}",
        [ENGINE_IO_FORBIDDEN] = "{\"code\":4,\"message\":\"Forbidden\"}",
        [ENGINE_IO_WRONG_VERSION] = "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
    };
    return texts[error <= ENGINE_IO_WRONG_VERSION ? error : ENGINE_IO_BAD_REQUEST];
}
