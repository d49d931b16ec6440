// Messages from tables. Before: protocols/frame.c. After: protocols/des_chat.c, whose tables are the first user.
//
// A protocol description in a book is a table: "p, the prime, in decimal". Code that parses, code that builds and a page
// that explains usually say the same three more times, and drift apart. Here the table is the code: struct
// message_type. What can be done with a field depends on its kind, and each kind is one row of `kinds` below: how to
// check the wire form, and how to write it. A new kind is a new row.
//
//   table   constant "KEY_PART:" | text from | constant "->" | text to | constant "||" | bytes 256 | bytes 32
//   wire    KEY_PART:              client1     ->              client2   ||              .........   .........
//           fixed                  open        fixed           open      fixed           fixed       fixed
//
// An open field ends at the next constant, or leaves just enough for the fixed ones after it. So binary fields at the end
// may contain anything, even the bytes of a separator: they are never searched (tests/test_message.c).
//
// Pitfalls
// - Splitting at every separator ("||".split) breaks as soon as a signature happens to contain one.
// - Numbers in decimal: "007", "+7", " 7" and "7" are one number to a lenient reader. Here a number has one text, and a
//   bounded one, since reading a million digits takes a while.

#include "protocols/message.h"

#include "protocols/base64.h"
#include "protocols/frame.h"

#include "bignum/encoding.h"

#include <stdio.h>
#include <string.h>

static const char layer[] = "the payload";

// --- kinds of fields -------------------------------------------------------------------------------------------

// Checks a field's bytes on the wire. *size becomes the size that minimum and maximum count; *at the offset of a fault.
typedef enum message_error check_function(const struct field *field, const uint8_t *wire, size_t length,
                                          size_t *size, size_t *at);

static enum message_error check_constant(const struct field *field, const uint8_t *wire, size_t length,
                                         size_t *size, size_t *at) {
    *size = length;
    size_t expected = strlen(field->constant);
    for (size_t i = 0; i < expected && i < length; i++) {
        if (wire[i] != (uint8_t)field->constant[i]) {
            *at = i;
            return MESSAGE_CONSTANT;
        }
    }
    *at = length;
    return length < expected ? MESSAGE_TOO_SHORT : MESSAGE_OK;
}

static enum message_error check_decimal(const struct field *field, const uint8_t *wire, size_t length,
                                        size_t *size, size_t *at) {
    (void)field;
    *size = length;
    for (size_t i = 0; i < length; i++) {
        if (wire[i] < '0' || wire[i] > '9') {
            *at = i;
            return MESSAGE_CHARACTER;
        }
    }
    *at = 0;
    return length > 1 && wire[0] == '0' ? MESSAGE_LEADING_ZERO : MESSAGE_OK;
}

static enum message_error check_text(const struct field *field, const uint8_t *wire, size_t length,
                                     size_t *size, size_t *at) {
    (void)field;
    *size = length;
    for (size_t i = 0; i < length; i++) {
        if (wire[i] < 0x20 || wire[i] > 0x7e) {
            *at = i;
            return MESSAGE_CHARACTER;
        }
    }
    return MESSAGE_OK;
}

static enum message_error check_base64(const struct field *field, const uint8_t *wire, size_t length,
                                       size_t *size, size_t *at) {
    (void)field;
    return base64_decode(NULL, size, (const char *)wire, length, at) == BASE64_OK ? MESSAGE_OK
                                                                                  : MESSAGE_BASE64;
}

static int hex_value(uint8_t digit) {
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static enum message_error check_hex(const struct field *field, const uint8_t *wire, size_t length,
                                    size_t *size, size_t *at) {
    (void)field;
    *size = length / 2;
    for (size_t i = 0; i < length; i++) {
        if (hex_value(wire[i]) < 0) {
            *at = i;
            return MESSAGE_CHARACTER;
        }
    }
    *at = length;
    return length % 2 == 0 ? MESSAGE_OK : MESSAGE_TOO_SHORT;
}

static enum message_error check_bytes(const struct field *field, const uint8_t *wire, size_t length,
                                      size_t *size, size_t *at) {
    (void)field;
    (void)wire;
    (void)at;
    *size = length;
    return MESSAGE_OK;
}

// Writes a value's wire form when it fits in `size`, and says how long it is.
typedef bool write_function(const struct field *field, uint8_t *out, size_t size,
                            const struct field_value *value, size_t *length);

static bool write_constant(const struct field *field, uint8_t *out, size_t size,
                           const struct field_value *value, size_t *length) {
    (void)value;
    *length = strlen(field->constant);
    if (*length > size) {
        return false;
    }
    memcpy(out, field->constant, *length);
    return true;
}

static bool write_decimal(const struct field *field, uint8_t *out, size_t size,
                          const struct field_value *value, size_t *length) {
    (void)field;
    char text[FIELD_DECIMAL_DIGITS_MAX + 3];
    if (!bn_to_decimal(text, sizeof text, value->integer)) {
        return false;
    }
    *length = strlen(text);
    if (*length > size) {
        return false;
    }
    memcpy(out, text, *length);
    return true;
}

static bool write_bytes(const struct field *field, uint8_t *out, size_t size, const struct field_value *value,
                        size_t *length) {
    (void)field;
    *length = value->length;
    if (*length > size) {
        return false;
    }
    if (*length > 0) {
        memcpy(out, value->bytes, *length);
    }
    return true;
}

static bool write_base64(const struct field *field, uint8_t *out, size_t size,
                         const struct field_value *value, size_t *length) {
    (void)field;
    *length = BASE64_ENCODED_SIZE(value->length);
    if (*length > size) {
        return false;
    }
    base64_encode((char *)out, value->bytes, value->length);
    return true;
}

static bool write_hex(const struct field *field, uint8_t *out, size_t size, const struct field_value *value,
                      size_t *length) {
    (void)field;
    *length = 2 * value->length;
    if (*length > size) {
        return false;
    }
    for (size_t i = 0; i < value->length; i++) {
        out[2 * i] = (uint8_t) "0123456789abcdef"[value->bytes[i] >> 4];
        out[2 * i + 1] = (uint8_t) "0123456789abcdef"[value->bytes[i] & 15];
    }
    return true;
}

static bool write_prefixed(const struct field *field, uint8_t *out, size_t size,
                           const struct field_value *value, size_t *length) {
    if (size < FRAME_HEADER_SIZE ||
        !write_bytes(field, out + FRAME_HEADER_SIZE, size - FRAME_HEADER_SIZE, value, length)) {
        return false;
    }
    frame_write_header(out, *length);
    *length += FRAME_HEADER_SIZE;
    return true;
}

static const struct {
    const char *text;
    check_function *check;
    write_function *write;
} kinds[] = {
    [FIELD_CONSTANT] = {"fixed text", check_constant, write_constant},
    [FIELD_DECIMAL] = {"decimal number", check_decimal, write_decimal},
    [FIELD_TEXT] = {"text", check_text, write_bytes},
    [FIELD_BASE64] = {"base64", check_base64, write_base64},
    [FIELD_HEX] = {"hex", check_hex, write_hex},
    [FIELD_BYTES] = {"bytes", check_bytes, write_bytes},
    [FIELD_PREFIXED] = {"bytes after their length", check_bytes, write_prefixed},
};

const char *field_kind_text(enum field_kind kind) {
    return kinds[kind].text;
}

// --- parsing ---------------------------------------------------------------------------------------------------

// The wire length of a field that has only one; false for an open or a prefixed one.
static bool fixed_length(const struct field *field, size_t *length) {
    switch (field->kind) {
    case FIELD_CONSTANT:
        *length = strlen(field->constant);
        return true;
    case FIELD_BYTES:
        *length = field->maximum;
        return field->minimum == field->maximum;
    case FIELD_HEX:
        *length = 2 * field->maximum;
        return field->minimum == field->maximum;
    default:
        return false;
    }
}

// How long field i is on the wire, with `left` bytes from its start to the end of the payload.
static size_t length_on_wire(const struct message_type *type, size_t i, const uint8_t *wire, size_t left) {
    size_t length;
    if (fixed_length(&type->fields[i], &length)) {
        return length < left ? length : left; // too little is found out by the check
    }
    if (i + 1 < type->count && type->fields[i + 1].kind == FIELD_CONSTANT) {
        const char *constant = type->fields[i + 1].constant;
        const uint8_t *found = memmem(wire, left, constant, strlen(constant));
        return found != NULL ? (size_t)(found - wire) : left;
    }
    size_t after = 0;
    for (size_t j = i + 1; j < type->count && fixed_length(&type->fields[j], &length); j++) {
        after += length;
    }
    return left > after ? left - after : 0;
}

static enum message_error refuse(const struct field *field, size_t offset, enum message_error error,
                                 struct parse_error *where) {
    parse_error_set(where, offset, layer, "%s%s%s", field != NULL ? field->name : "",
                    field != NULL ? ": " : "", message_error_text(error));
    return error;
}

enum message_error message_parse(struct message *message, const struct message_type *type,
                                 const uint8_t *bytes, size_t length, struct parse_error *where) {
    *message = (struct message){.type = type, .bytes = bytes, .length = length};
    size_t offset = 0;
    for (size_t i = 0; i < type->count; i++) {
        const struct field *field = &type->fields[i];
        size_t wire_length;
        if (field->kind == FIELD_PREFIXED) {
            if (length - offset < FRAME_HEADER_SIZE) {
                return refuse(field, length, MESSAGE_TOO_SHORT, where);
            }
            const uint8_t *prefix = bytes + offset;
            offset += FRAME_HEADER_SIZE;
            wire_length =
                (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
            if (wire_length > length - offset) {
                return refuse(field, length, MESSAGE_TOO_SHORT, where);
            }
        } else {
            wire_length = length_on_wire(type, i, bytes + offset, length - offset);
        }
        size_t size = 0, at = 0;
        enum message_error error = kinds[field->kind].check(field, bytes + offset, wire_length, &size, &at);
        if (error != MESSAGE_OK) {
            return refuse(field, offset + at, error, where);
        }
        if (size < field->minimum) {
            return refuse(field, offset + wire_length, MESSAGE_TOO_SHORT, where);
        }
        if (field->kind != FIELD_CONSTANT && size > field->maximum) {
            return refuse(field, offset + wire_length, MESSAGE_TOO_LONG, where);
        }
        message->fields[i].offset = offset;
        message->fields[i].length = wire_length;
        offset += wire_length;
    }
    return offset == length ? MESSAGE_OK : refuse(NULL, offset, MESSAGE_TRAILING, where);
}

void message_field_span(const struct message *message, size_t i, size_t *offset, size_t *length) {
    size_t prefix = message->type->fields[i].kind == FIELD_PREFIXED ? FRAME_HEADER_SIZE : 0;
    *offset = message->fields[i].offset - prefix;
    *length = message->fields[i].length + prefix;
}

bool message_integer(const struct message *message, size_t i, mpz_t value) {
    size_t length = message->fields[i].length;
    if (message->type->fields[i].kind != FIELD_DECIMAL || length > FIELD_DECIMAL_DIGITS_MAX) {
        return false;
    }
    char text[FIELD_DECIMAL_DIGITS_MAX + 1];
    memcpy(text, message->bytes + message->fields[i].offset, length);
    text[length] = '\0';
    return bn_from_decimal(value, text);
}

bool message_bytes(const struct message *message, size_t i, uint8_t *out, size_t size, size_t *length) {
    const uint8_t *wire = message->bytes + message->fields[i].offset;
    size_t wire_length = message->fields[i].length;
    switch (message->type->fields[i].kind) {
    case FIELD_BASE64:
        return size >= BASE64_DECODED_SIZE(wire_length) &&
               base64_decode(out, length, (const char *)wire, wire_length, NULL) == BASE64_OK;
    case FIELD_HEX:
        *length = wire_length / 2;
        if (size < *length) {
            return false;
        }
        for (size_t j = 0; j < *length; j++) {
            out[j] = (uint8_t)((unsigned)hex_value(wire[2 * j]) << 4 | (unsigned)hex_value(wire[2 * j + 1]));
        }
        return true;
    case FIELD_TEXT:
    case FIELD_BYTES:
    case FIELD_PREFIXED:
        *length = wire_length;
        if (size < wire_length) {
            return false;
        }
        if (wire_length > 0) {
            memcpy(out, wire, wire_length);
        }
        return true;
    case FIELD_CONSTANT:
    case FIELD_DECIMAL:
        break;
    }
    return false;
}

// --- building --------------------------------------------------------------------------------------------------

enum message_error message_build(struct message *message, uint8_t *out, size_t size,
                                 const struct message_type *type, const struct field_value values[]) {
    size_t offset = 0;
    for (size_t i = 0; i < type->count; i++) {
        const struct field *field = &type->fields[i];
        size_t length = 0;
        if (!kinds[field->kind].write(field, out + offset, size - offset, &values[i], &length)) {
            return MESSAGE_NO_ROOM;
        }
        offset += length;
    }
    return message_parse(message, type, out, offset, NULL);
}

const char *message_error_text(enum message_error error) {
    switch (error) {
    case MESSAGE_OK:
        return "no error";
    case MESSAGE_TOO_SHORT:
        return "too short";
    case MESSAGE_TOO_LONG:
        return "too long";
    case MESSAGE_TRAILING:
        return "there are bytes after the last field";
    case MESSAGE_CONSTANT:
        return "another text was expected here";
    case MESSAGE_CHARACTER:
        return "this character does not belong here";
    case MESSAGE_LEADING_ZERO:
        return "a number has no leading zeros";
    case MESSAGE_BASE64:
        return "this is not base64";
    case MESSAGE_NO_ROOM:
        return "too large for the buffer";
    }
    return "unknown message error";
}
