// Socket.IO, protocol version 5: what a packet says, inside a message of Engine.IO.
//
//      type   attachments   namespace   id    JSON
//       5         1-         /admin,    7     ["photo",{"_placeholder":true,"num":0}]       then one binary message
//       2                               12    ["chat","hello"]                              an event, to be acknowledged
//       3                               12    ["seen"]                                      the acknowledgement
//       0                    /admin,          {"token":"123"}                               into a namespace
//
// Everything but the type may be missing. The main namespace is "/", and is not written. The id numbers the events whose
// sender wants an answer. Binary data cannot stand in JSON: an object {"_placeholder":true,"num":0} marks where the first
// attachment belongs, and the attachments follow as binary messages.
//
// One Engine.IO session carries any number of namespaces; each is joined with CONNECT and left with DISCONNECT.
//
// Where the JSON is read: this file splits a packet into its parts, as text, and checks that the JSON is sound
// (json_text.c), since a server must not hand on what breaks its other clients. What the arguments mean is read above it.
//
// The document: github.com/socketio/socket.io-protocol, version 5. Tests: tests/test_socket_io.c, with its examples.
// Read next: e2e_relay.c.

#include "protocols/socket_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *socket_io_type_text(enum socket_io_type type) {
    static const char *const texts[] = {"connect",       "disconnect",   "event",     "acknowledgement",
                                        "connect error", "binary event", "binary ack"};
    return type <= SOCKET_IO_BINARY_ACK ? texts[type] : "unknown";
}

static bool refuse(struct parse_error *where, size_t offset, const char *reason) {
    parse_error_set(where, offset, "the Socket.IO packet", "%s", reason);
    return false;
}

// --- the parts -------------------------------------------------------------------------------------------------

// Digits at *at: false when the number is above maximum.
static bool take_number(const char *text, size_t length, size_t *at, unsigned long maximum,
                        unsigned long *number) {
    *number = 0;
    for (; *at < length && text[*at] >= '0' && text[*at] <= '9'; ++*at) {
        unsigned long digit = (unsigned long)(text[*at] - '0');
        if (*number > (maximum - digit) / 10) {
            return false;
        }
        *number = 10 * *number + digit;
    }
    return true;
}

static bool has_attachments(enum socket_io_type type) {
    return type == SOCKET_IO_BINARY_EVENT || type == SOCKET_IO_BINARY_ACK;
}

// A count and a hyphen.
static bool take_attachments(struct socket_io_packet *packet, const char *text, size_t length, size_t *at,
                             struct parse_error *where) {
    unsigned long count;
    size_t begin = *at;
    if (!take_number(text, length, at, SOCKET_IO_ATTACHMENTS_MAX, &count)) {
        return refuse(where, begin, "more than 10 attachments");
    }
    if (*at == begin || *at == length || text[*at] != '-') {
        return refuse(where, *at, "the number of attachments and a hyphen must stand here");
    }
    packet->attachments = count;
    ++*at;
    return true;
}

// From the slash to a comma, or to the end.
static bool take_namespace(struct socket_io_packet *packet, const char *text, size_t length, size_t *at,
                           struct parse_error *where) {
    packet->name_space = (struct json_slice){"/", 1};
    if (*at == length || text[*at] != '/') {
        return true;
    }
    size_t begin = *at;
    const char *comma = memchr(text + begin, ',', length - begin);
    *at = comma != NULL ? (size_t)(comma - text) : length;
    packet->name_space = (struct json_slice){text + begin, *at - begin};
    if (packet->name_space.length > SOCKET_IO_NAMESPACE_MAX) {
        return refuse(where, begin, "a namespace longer than 128 bytes");
    }
    for (size_t i = begin; i < *at; i++) {
        if (text[i] <= ' ' || text[i] > '~') { // it is sent back, so it must be harmless
            return refuse(where, i, "a character that no namespace has");
        }
    }
    *at += comma != NULL;
    return true;
}

// --- what the JSON must be -------------------------------------------------------------------------------------

// {"_placeholder":true,"num":N} anywhere inside must have N < attachments: stock clients give up the whole connection
// over one that points nowhere, and differ about one that is not quite of this form. Objects nest as deep as json_text_check
// allows.
static bool placeholders_are_good(struct json_slice value, size_t attachments) {
    struct json_walk walk;
    struct json_slice name, element, mark;
    unsigned long number;
    if (value.length > 0 && value.text[0] == '{' && json_text_member(value, "_placeholder", &mark)) {
        return mark.length == 4 && memcmp(mark.text, "true", 4) == 0 &&
               json_text_member(value, "num", &mark) &&
               json_text_number(mark, SOCKET_IO_ATTACHMENTS_MAX, &number) && number < attachments;
    }
    for (json_text_enter(&walk, value); json_text_next(&walk, &name, &element);) {
        if (!placeholders_are_good(element, attachments)) {
            return false;
        }
    }
    return true;
}

static bool check_json(const struct socket_io_packet *packet, size_t offset, struct parse_error *where) {
    struct json_slice json = packet->json;
    struct parse_error inner;
    if (json.length > 0 && !json_text_check(json.text, json.length, &inner)) {
        parse_error_set(where, offset + inner.offset, "the Socket.IO packet", "JSON: %s", inner.reason);
        return false;
    }
    struct json_walk walk;
    struct json_slice name, first = {0};
    json_text_enter(&walk, json);
    bool array = json.length > 0 && json.text[0] == '[';
    bool some = array && json_text_next(&walk, &name, &first);
    switch (packet->type) {
    case SOCKET_IO_CONNECT:
        if (json.length > 0 && json.text[0] != '{') {
            return refuse(where, offset, "the data of a connect packet must be an object");
        }
        return true;
    case SOCKET_IO_DISCONNECT:
        return json.length == 0 || refuse(where, offset, "a disconnect packet has no data");
    case SOCKET_IO_EVENT:
    case SOCKET_IO_BINARY_EVENT:
        if (!some || first.text[0] != '"') {
            return refuse(where, offset, "an event must be an array that begins with a name");
        }
        break;
    case SOCKET_IO_ACK:
    case SOCKET_IO_BINARY_ACK:
        if (!array || !packet->has_id) {
            return refuse(where, offset, "an acknowledgement must be an id and an array");
        }
        break;
    case SOCKET_IO_CONNECT_ERROR:
        return json.length > 0 || refuse(where, offset, "a connect error must say why");
    }
    if (has_attachments(packet->type) && !placeholders_are_good(json, packet->attachments)) {
        return refuse(where, offset, "a placeholder for an attachment that is not announced");
    }
    return true;
}

bool socket_io_parse(struct socket_io_packet *packet, const uint8_t *bytes, size_t length,
                     struct parse_error *where) {
    const char *text = (const char *)bytes;
    *packet = (struct socket_io_packet){.type = SOCKET_IO_CONNECT};
    if (length == 0 || text[0] < '0' || text[0] > '6') {
        return refuse(where, 0, "a type from 0 to 6 must stand here");
    }
    packet->type = (enum socket_io_type)(text[0] - '0');
    size_t at = 1;
    if (has_attachments(packet->type) && !take_attachments(packet, text, length, &at, where)) {
        return false;
    }
    if (!take_namespace(packet, text, length, &at, where)) {
        return false;
    }
    size_t begin = at;
    if (!take_number(text, length, &at, SOCKET_IO_ID_MAX, &packet->id)) {
        return refuse(where, begin, "an id of more than 15 digits");
    }
    packet->has_id = at > begin;
    packet->json = (struct json_slice){text + at, length - at};
    return check_json(packet, at, where);
}

void socket_io_event(const struct socket_io_packet *packet, struct json_slice *name,
                     struct json_slice *rest) {
    struct json_walk walk;
    struct json_slice none;
    json_text_enter(&walk, packet->json);
    if (!json_text_next(&walk, &none, name)) {
        *name = (struct json_slice){"\"\"", 2};
    }
    const char *end = packet->json.text + packet->json.length;
    *rest = (struct json_slice){walk.at, (size_t)(end - walk.at)};
}

size_t socket_io_write_prefix(char out[static SOCKET_IO_PREFIX_MAX], const struct socket_io_packet *packet) {
    size_t at = 0;
    out[at++] = (char)('0' + packet->type);
    if (has_attachments(packet->type)) {
        at += (size_t)snprintf(out + at, 24, "%zu-", packet->attachments);
    }
    if (packet->name_space.length > 1 && packet->name_space.length <= SOCKET_IO_NAMESPACE_MAX) {
        memcpy(out + at, packet->name_space.text, packet->name_space.length);
        at += packet->name_space.length;
        out[at++] = ',';
    }
    if (packet->has_id) {
        at += (size_t)snprintf(out + at, SOCKET_IO_PREFIX_MAX - at, "%lu", packet->id);
    }
    return at;
}

// --- collecting attachments ------------------------------------------------------------------------------------

void socket_io_collector_clear(struct socket_io_collector *collector) {
    for (size_t i = 0; i < collector->count; i++) {
        free(collector->attachments[i].bytes);
    }
    free(collector->text);
    *collector = (struct socket_io_collector){.text = NULL};
}

static uint8_t *copy_of(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length + 1); // malloc(0) may be NULL
    if (copy != NULL && length > 0) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

static enum socket_io_progress collect_text(struct socket_io_collector *collector, const uint8_t *bytes,
                                            size_t length, struct parse_error *where) {
    if (!socket_io_parse(&collector->packet, bytes, length, where)) {
        return SOCKET_IO_REFUSED;
    }
    if (collector->packet.attachments == 0) {
        return SOCKET_IO_COMPLETE;
    }
    collector->text = copy_of(bytes, length);
    collector->total = length;
    if (collector->text == NULL || !socket_io_parse(&collector->packet, collector->text, length, where)) {
        (void)refuse(where, 0, "no memory");
        return SOCKET_IO_REFUSED;
    }
    return SOCKET_IO_INCOMPLETE;
}

enum socket_io_progress socket_io_collect(struct socket_io_collector *collector, const uint8_t *bytes,
                                          size_t length, bool binary, size_t total_max,
                                          struct parse_error *where) {
    bool complete = collector->count == collector->packet.attachments;
    if (complete) { // what was valid until this call
        socket_io_collector_clear(collector);
    }
    if (complete == binary) {
        (void)refuse(where, 0,
                     binary ? "a binary message, and no attachment is missing"
                            : "a text message where an attachment must come");
        return SOCKET_IO_REFUSED;
    }
    if (length > total_max || collector->total > total_max - length) {
        (void)refuse(where, 0, "a packet with its attachments is too long");
        return SOCKET_IO_REFUSED;
    }
    if (!binary) {
        return collect_text(collector, bytes, length, where);
    }
    uint8_t *copy = copy_of(bytes, length);
    if (copy == NULL) {
        (void)refuse(where, 0, "no memory");
        return SOCKET_IO_REFUSED;
    }
    collector->attachments[collector->count].bytes = copy;
    collector->attachments[collector->count].length = length;
    collector->count++;
    collector->total += length;
    return collector->count == collector->packet.attachments ? SOCKET_IO_COMPLETE : SOCKET_IO_INCOMPLETE;
}
