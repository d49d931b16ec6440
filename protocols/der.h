// DER, the Distinguished Encoding Rules of ASN.1: ITU-T X.690 (2021), clauses 8, 10 and 11. A strict reader over a bounded
// span of bytes, and a writer.
#ifndef PROTOCOLS_DER_H
#define PROTOCOLS_DER_H

#include "bignum/secure.h"

#include <gmp.h>
#include <stdint.h>

// The identifier octets (8.1.2) of the types that keys and certificates use. Tag numbers above 30 are refused.
enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80,             // [n] primitive: DER_CONTEXT | n
    DER_CONTEXT_CONSTRUCTED = 0xa0, // [n] constructed: DER_CONTEXT_CONSTRUCTED | n
};

enum der_error {
    DER_OK,
    DER_TRUNCATED,      // the element's header or contents run past the end of what contains it
    DER_MISSING,        // an element was expected, and the contents are at their end
    DER_UNEXPECTED_TAG, // another type stands here
    DER_HIGH_TAG,       // a tag number above 30
    DER_INDEFINITE,     // indefinite length: BER, never DER (10.1)
    DER_LENGTH_NOT_MINIMAL,
    DER_LENGTH_TOO_LARGE, // more than 4 length octets
    DER_TRAILING,         // bytes after the last element
    DER_INTEGER_EMPTY,
    DER_INTEGER_NOT_MINIMAL,
    DER_INTEGER_NEGATIVE,
    DER_INTEGER_TOO_LARGE, // larger than the caller's bound
    DER_NULL_NOT_EMPTY,
    DER_BOOLEAN_VALUE,     // neither 00 nor ff (11.1)
    DER_BIT_STRING_UNUSED, // the unused-bits octet is missing, above 7, or those bits are not zero (11.2)
    DER_OID_VALUE,         // empty, or a part that is not minimal or not finished
    DER_NAMED_BITS,        // a list of named bits that ends in zeros (11.2.2), or has more than are named
    DER_DEFAULT_WRITTEN,   // a value that is the default, and so must be left out (11.5)
    DER_STRING_VALUE,      // characters, or a length, that this string may not have
    DER_TIME_VALUE,        // not a date and time of day in the one form that is allowed
};
const char *der_error_text(enum der_error error);

// The first thing that went wrong, shared by a reader and all readers entered from it.
struct der_fault {
    enum der_error error;
    size_t offset; // from the start of the outermost bytes
};

// A place in a span. All functions answer false on a fault, report it, and leave the reader where it was.
struct der_reader {
    const uint8_t *bytes;
    size_t position, end;
    struct der_fault *fault;
};
void der_reader_init(struct der_reader *reader, const uint8_t *bytes, size_t length, struct der_fault *fault);

// The tag of the next element, or -1 at the end or before a header that is not valid.
int der_peek(const struct der_reader *reader);

// The contents of the next element, which must have this tag: as a span, or as a reader of its own. `inner` may be
// NULL, which skips the element.
MUST_CHECK bool der_element(struct der_reader *reader, uint8_t tag, const uint8_t **contents, size_t *length);
MUST_CHECK bool der_enter(struct der_reader *reader, uint8_t tag, struct der_reader *inner);
// The next element whatever it is, header included.
MUST_CHECK bool der_any(struct der_reader *reader, const uint8_t **element, size_t *length);
// True when nothing is left.
MUST_CHECK bool der_end(struct der_reader *reader);

// Typed elements. An integer must be >= 0 and < 2^(8 * max_bytes).
MUST_CHECK bool der_integer(struct der_reader *reader, mpz_t value, size_t max_bytes);
MUST_CHECK bool der_small(struct der_reader *reader, unsigned *value); // an integer of at most 16 bits
MUST_CHECK bool der_null(struct der_reader *reader);
MUST_CHECK bool der_boolean(struct der_reader *reader, bool *value);
MUST_CHECK bool der_oid(struct der_reader *reader, const uint8_t **oid, size_t *length);
MUST_CHECK bool der_octet_string(struct der_reader *reader, struct der_reader *inner);
// The usual bit string: whole bytes, which hold another DER element (keys) or a signature.
MUST_CHECK bool der_bit_string_bytes(struct der_reader *reader, struct der_reader *inner);
// A bit string whose bits have names: bit i of *bits is the standard's bit i, i < count <= 16.
MUST_CHECK bool der_named_bits(struct der_reader *reader, unsigned *bits, unsigned count);
// BOOLEAN DEFAULT FALSE: true, or absent.
MUST_CHECK bool der_optional_true(struct der_reader *reader, bool *value);

// Notes a fault found by the caller. Always false, so that it can be returned.
bool der_fail(struct der_reader *reader, size_t offset, enum der_error error);

// The dotted form of an object identifier's contents, "1.2.840.113549.1.1.1"; false when it does not fit or is malformed.
MUST_CHECK bool der_oid_text(char *out, size_t size, const uint8_t *oid, size_t length);

// The writer fills its buffer from the back to the front: the contents first, then the header, when the length is
// known. So a structure is written last element first. Once something does not fit, nothing more is written.
struct der_writer {
    uint8_t *buffer;
    size_t size, start; // what is written: buffer[start..size)
    bool overflow;
};
void der_writer_init(struct der_writer *writer, uint8_t *buffer, size_t size);
void der_put_bytes(struct der_writer *writer, const uint8_t *bytes, size_t length); // as they are, no header
void der_put_element(struct der_writer *writer, uint8_t tag, const uint8_t *contents, size_t length);
void der_put_integer(struct der_writer *writer, const mpz_t value); // value >= 0
void der_put_small(struct der_writer *writer, unsigned value);
void der_put_true(struct der_writer *writer);
void der_put_named_bits(struct der_writer *writer, unsigned bits); // as der_named_bits, at most 16
// Puts a header before all that was written since der_mark: makes it the contents of a SEQUENCE, for instance.
size_t der_mark(const struct der_writer *writer);
void der_put_header(struct der_writer *writer, uint8_t tag, size_t mark);
// Moves the result to the front of the buffer. False on overflow.
MUST_CHECK bool der_finish(struct der_writer *writer, size_t *length);

#endif
