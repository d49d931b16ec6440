// Messages described once: a table of named, typed fields, which parses, builds and explains.
//
//     static const struct message_type ys = {
//         .name = "Ys", .meaning = "the server's public value", ...
//         .count = 1, .fields = {{"Ys", FIELD_DECIMAL, "g^x mod p for the server's secret x", .minimum = 1, .maximum = 2467}},
//     };
//     struct message message;
//     if (message_parse(&message, &ys, payload, length, &where) == MESSAGE_OK && message_integer(&message, 0, y)) ...
#ifndef PROTOCOLS_MESSAGE_H
#define PROTOCOLS_MESSAGE_H

#include "protocols/parse_error.h"

#include "bignum/secure.h"

#include <gmp.h>
#include <stdint.h>

enum field_kind {
    FIELD_CONSTANT, // exactly the text `constant`
    FIELD_DECIMAL,  // an integer >= 0 in decimal, no leading zeros; sizes count digits
    FIELD_TEXT,     // printable ASCII; sizes count characters
    FIELD_BASE64,   // base64 (strict); sizes count decoded bytes
    FIELD_HEX,      // lower-case hex; sizes count decoded bytes
    FIELD_BYTES,    // raw bytes
    FIELD_PREFIXED, // a 4-byte big-endian length, then raw bytes; sizes count those
};
const char *field_kind_text(enum field_kind kind); // "decimal number", for people

enum { FIELD_DECIMAL_DIGITS_MAX = 2467 }; // a number of 8192 bits has no more

// A field. Its place follows from the table alone: PREFIXED says its own length; a CONSTANT has one; BYTES and HEX have
// one when minimum = maximum. Any other is open: it ends where the next constant begins if a constant follows, else
// where just enough is left for the fields after it. So of two constants in a row of fields, at most one is open.
struct field {
    const char *name;
    enum field_kind kind;
    const char *meaning; // one sentence, or a part of one
    const char *constant;
    size_t minimum, maximum;
};

enum { MESSAGE_FIELDS_MAX = 8 };

// What goes over the wire as one payload, with what there is to say about it.
struct message_type {
    const char *name; // as the README calls it
    const char *meaning;
    const char *computed;  // how the sender makes it, with the standard's section
    const char *both_know; // what both ends know after it
    const char *eavesdropper_knows;
    size_t count;
    struct field fields[MESSAGE_FIELDS_MAX];
};

enum message_error {
    MESSAGE_OK,
    MESSAGE_TOO_SHORT, // a field has less than its minimum, or the payload ends inside it
    MESSAGE_TOO_LONG,  // a field has more than its maximum
    MESSAGE_TRAILING,  // bytes after the last field
    MESSAGE_CONSTANT,  // another text stands where the constant must be
    MESSAGE_CHARACTER, // a character that the field's kind does not have
    MESSAGE_LEADING_ZERO,
    MESSAGE_BASE64,
    MESSAGE_NO_ROOM, // building only: the buffer is too small
};
const char *message_error_text(enum message_error error);

// A parsed message: where each field stands in the payload, which must stay where it is.
struct message {
    const struct message_type *type;
    const uint8_t *bytes;
    size_t length;
    struct {
        size_t offset, length; // of the field on the wire; of PREFIXED without the prefix
    } fields[MESSAGE_FIELDS_MAX];
};

MUST_CHECK enum message_error message_parse(struct message *message, const struct message_type *type,
                                            const uint8_t *bytes, size_t length, struct parse_error *where);

// Where a field stands in the payload with all its bytes: those of PREFIXED begin with its length.
void message_field_span(const struct message *message, size_t field, size_t *offset, size_t *length);

// The value of a field: a number (DECIMAL), or the bytes it stands for, decoded. False when the field is of another
// kind, or `size` is too small.
MUST_CHECK bool message_integer(const struct message *message, size_t field, mpz_t value);
MUST_CHECK bool message_bytes(const struct message *message, size_t field, uint8_t *out, size_t size,
                              size_t *length);

// The values for building, one per field, in order. A constant needs none.
struct field_value {
    const uint8_t *bytes; // TEXT, BASE64, HEX, BYTES, PREFIXED: what it stands for, not encoded
    size_t length;
    mpz_srcptr integer; // DECIMAL
};

// Builds into out and parses the result into `message`, so that nothing is built that the other end would refuse.
MUST_CHECK enum message_error message_build(struct message *message, uint8_t *out, size_t size,
                                            const struct message_type *type,
                                            const struct field_value values[]);

#endif
