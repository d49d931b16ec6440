// DER: ITU-T X.690 (2021). How keys and certificates become bytes, and here: how they are read. Before:
// protocols/base64.c. After: der_write.c, rsa_key_file.c.
//
// ASN.1 describes data ("a SEQUENCE of two INTEGERs"); the encoding rules say which bytes that becomes. Everything
// is an element of three parts, one after the other (8.1):
//
//   | identifier | length   | contents        |
//   | 1 byte     | 1 to 5   | `length` bytes; in a constructed element again elements |
//
// identifier (8.1.2):  bit 8 7: class (00 universal, 10 context-specific)   bit 6: constructed   bits 5..1: tag number
// length (8.1.3):      00..7f: the length itself.  81 LL, 82 LL LL, ...: the next 1, 2, ... bytes are the length.
//
// BER, the basic rules, leaves choices: lengths with leading zeros, lengths that are not told at all (80, then an end
// marker), integers with leading zeros. DER (clause 10 and 11) leaves none: one value, one encoding. That matters where
// bytes are hashed and signed, and it lets this reader be small. It takes DER and nothing else.
//
// Worked example (tests/test_der.c): the SEQUENCE of 65537 and 128.
//
//   30 09               SEQUENCE, 9 bytes
//      02 03 01 00 01   INTEGER 65537
//      02 02 00 80      INTEGER 128: 80 alone has its top bit set, which would mean -128, so a 00 goes before it (8.3)
//
// Pitfalls
// - Every length is a claim of whoever wrote the file. It is compared with what is left before anything is read, by
//   subtraction from the larger side, so that no sum can wrap around.
// - What is left over after the last element is a hiding place. Whoever enters a structure must also call der_end.
// - A negative modulus, a padded exponent, a length with spare zeros: all accepted by loose parsers, and each is a second
//   encoding of the same key, hence a second fingerprint.

#include "protocols/der.h"

#include "bignum/encoding.h"

#include <stdio.h>
#include <string.h>

void der_reader_init(struct der_reader *reader, const uint8_t *bytes, size_t length,
                     struct der_fault *fault) {
    *fault = (struct der_fault){DER_OK, 0};
    *reader = (struct der_reader){.bytes = bytes, .position = 0, .end = length, .fault = fault};
}

// Only the first fault counts: what follows it may be its consequence.
bool der_fail(struct der_reader *reader, size_t offset, enum der_error error) {
    if (reader->fault->error == DER_OK) {
        *reader->fault = (struct der_fault){error, offset};
    }
    return false;
}

// An element's place: the header at `start`, the contents at `contents`, all of it before `end`.
struct element {
    uint8_t tag;
    size_t start, contents, end;
};

// The header at the reader's position (8.1.2 and 8.1.3, restricted by 10.1).
static enum der_error read_header(const struct der_reader *reader, struct element *element, size_t *offset) {
    size_t at = reader->position;
    *offset = at;
    if (at == reader->end) {
        return DER_MISSING;
    }
    uint8_t tag = reader->bytes[at++];
    if ((tag & 0x1f) == 0x1f) {
        return DER_HIGH_TAG;
    }
    *offset = at;
    if (at == reader->end) {
        return DER_TRUNCATED;
    }
    size_t length = reader->bytes[at++];
    if (length == 0x80) {
        return DER_INDEFINITE;
    }
    if (length > 0x80) {
        size_t octets = length & 0x7f;
        if (octets > 4) {
            return DER_LENGTH_TOO_LARGE;
        }
        if (reader->end - at < octets) {
            *offset = reader->end;
            return DER_TRUNCATED;
        }
        length = 0;
        for (size_t i = 0; i < octets; i++) {
            length = length << 8 | reader->bytes[at + i];
        }
        // The long form only where the short one does not reach, and without leading zeros.
        if (length < 0x80 || reader->bytes[at] == 0) {
            return DER_LENGTH_NOT_MINIMAL;
        }
        at += octets;
    }
    if (length > reader->end - at) {
        *offset = reader->end;
        return DER_TRUNCATED;
    }
    *element = (struct element){.tag = tag, .start = reader->position, .contents = at, .end = at + length};
    return DER_OK;
}

int der_peek(const struct der_reader *reader) {
    struct element element;
    size_t offset;
    return read_header(reader, &element, &offset) == DER_OK ? element.tag : -1;
}

// The next element with this tag, without moving on: a typed reader moves on once the contents are checked too.
static bool look(struct der_reader *reader, uint8_t tag, struct element *element) {
    size_t offset;
    enum der_error error = read_header(reader, element, &offset);
    if (error != DER_OK) {
        return der_fail(reader, offset, error);
    }
    return element->tag == tag || der_fail(reader, element->start, DER_UNEXPECTED_TAG);
}

bool der_element(struct der_reader *reader, uint8_t tag, const uint8_t **contents, size_t *length) {
    struct element element;
    if (!look(reader, tag, &element)) {
        return false;
    }
    *contents = reader->bytes + element.contents;
    *length = element.end - element.contents;
    reader->position = element.end;
    return true;
}

bool der_enter(struct der_reader *reader, uint8_t tag, struct der_reader *inner) {
    struct element element;
    if (!look(reader, tag, &element)) {
        return false;
    }
    if (inner != NULL) {
        *inner = (struct der_reader){
            .bytes = reader->bytes, .position = element.contents, .end = element.end, .fault = reader->fault};
    }
    reader->position = element.end;
    return true;
}

bool der_any(struct der_reader *reader, const uint8_t **bytes, size_t *length) {
    struct element element;
    size_t offset;
    enum der_error error = read_header(reader, &element, &offset);
    if (error != DER_OK) {
        return der_fail(reader, offset, error);
    }
    *bytes = reader->bytes + element.start;
    *length = element.end - element.start;
    reader->position = element.end;
    return true;
}

bool der_end(struct der_reader *reader) {
    return reader->position == reader->end || der_fail(reader, reader->position, DER_TRAILING);
}

// 8.3: two's complement, and the first nine bits are not all equal, so that no byte is superfluous.
bool der_integer(struct der_reader *reader, mpz_t value, size_t max_bytes) {
    struct element element;
    if (!look(reader, DER_INTEGER, &element)) {
        return false;
    }
    const uint8_t *contents = reader->bytes + element.contents;
    size_t length = element.end - element.contents;
    if (length == 0) {
        return der_fail(reader, element.contents, DER_INTEGER_EMPTY);
    }
    if (length > 1 &&
        ((contents[0] == 0x00 && contents[1] < 0x80) || (contents[0] == 0xff && contents[1] >= 0x80))) {
        return der_fail(reader, element.contents, DER_INTEGER_NOT_MINIMAL);
    }
    if (contents[0] >= 0x80) {
        return der_fail(reader, element.contents, DER_INTEGER_NEGATIVE);
    }
    size_t sign = contents[0] == 0 && length > 1 ? 1 : 0;
    if (length - sign > max_bytes) {
        return der_fail(reader, element.contents, DER_INTEGER_TOO_LARGE);
    }
    bn_os2ip(value, contents + sign, length - sign);
    reader->position = element.end;
    return true;
}

bool der_small(struct der_reader *reader, unsigned *value) {
    mpz_t integer;
    mpz_init(integer);
    bool ok = der_integer(reader, integer, 2);
    if (ok) {
        *value = (unsigned)mpz_get_ui(integer);
    }
    mpz_clear(integer);
    return ok;
}

bool der_null(struct der_reader *reader) {
    struct element element;
    if (!look(reader, DER_NULL, &element)) {
        return false;
    }
    if (element.end != element.contents) {
        return der_fail(reader, element.contents, DER_NULL_NOT_EMPTY);
    }
    reader->position = element.end;
    return true;
}

bool der_boolean(struct der_reader *reader, bool *value) {
    struct element element;
    if (!look(reader, DER_BOOLEAN, &element)) {
        return false;
    }
    uint8_t byte = element.end - element.contents == 1 ? reader->bytes[element.contents] : 1;
    if (byte != 0x00 && byte != 0xff) {
        return der_fail(reader, element.contents, DER_BOOLEAN_VALUE);
    }
    *value = byte == 0xff;
    reader->position = element.end;
    return true;
}

// 8.19: parts in base 128, the top bit set on all bytes but the last of a part; no part starts with 80, a zero digit.
static bool oid_is_valid(const uint8_t *oid, size_t length) {
    if (length == 0 || oid[length - 1] >= 0x80) {
        return false;
    }
    bool first_of_part = true;
    for (size_t i = 0; i < length; i++) {
        if (first_of_part && oid[i] == 0x80) {
            return false;
        }
        first_of_part = oid[i] < 0x80;
    }
    return true;
}

bool der_oid(struct der_reader *reader, const uint8_t **oid, size_t *length) {
    struct element element;
    if (!look(reader, DER_OID, &element)) {
        return false;
    }
    if (!oid_is_valid(reader->bytes + element.contents, element.end - element.contents)) {
        return der_fail(reader, element.contents, DER_OID_VALUE);
    }
    *oid = reader->bytes + element.contents;
    *length = element.end - element.contents;
    reader->position = element.end;
    return true;
}

bool der_octet_string(struct der_reader *reader, struct der_reader *inner) {
    return der_enter(reader, DER_OCTET_STRING, inner);
}

// 8.6: the first byte of the contents is the number of unused bits at the end; whole bytes have none.
bool der_bit_string_bytes(struct der_reader *reader, struct der_reader *inner) {
    struct element element;
    if (!look(reader, DER_BIT_STRING, &element)) {
        return false;
    }
    if (element.contents == element.end || reader->bytes[element.contents] != 0) {
        return der_fail(reader, element.contents, DER_BIT_STRING_UNUSED);
    }
    *inner = (struct der_reader){
        .bytes = reader->bytes, .position = element.contents + 1, .end = element.end, .fault = reader->fault};
    reader->position = element.end;
    return true;
}

// 8.6 and 11.2.2: bit 0 is the top bit of the first byte. DER leaves out zeros at the end, so that a list of
// names has one encoding, and the empty list none of its bytes.
bool der_named_bits(struct der_reader *reader, unsigned *bits, unsigned count) {
    struct element element;
    if (!look(reader, DER_BIT_STRING, &element)) {
        return false;
    }
    const uint8_t *contents = reader->bytes + element.contents;
    size_t length = element.end - element.contents;
    if (length == 0 || contents[0] > 7 || (length == 1 && contents[0] != 0)) {
        return der_fail(reader, element.contents, DER_BIT_STRING_UNUSED);
    }
    // The last bit that counts must be one, and those below it zero.
    if (length > 1 && ((contents[length - 1] >> contents[0]) & 1) == 0) {
        return der_fail(reader, element.contents, DER_NAMED_BITS);
    }
    if (length > 1 && (contents[length - 1] & ((1U << contents[0]) - 1)) != 0) {
        return der_fail(reader, element.contents, DER_BIT_STRING_UNUSED);
    }
    if (length > 1 && 8 * (length - 1) - contents[0] > count) {
        return der_fail(reader, element.contents, DER_NAMED_BITS);
    }
    unsigned value = 0;
    for (unsigned i = 0; i < 8 * (unsigned)(length - 1); i++) {
        value |= ((unsigned)contents[1 + i / 8] >> (7 - i % 8) & 1U) << i;
    }
    *bits = value;
    reader->position = element.end;
    return true;
}

bool der_optional_true(struct der_reader *reader, bool *value) {
    size_t start = reader->position;
    *value = false;
    if (der_peek(reader) != DER_BOOLEAN) {
        return true;
    }
    if (!der_boolean(reader, value)) {
        return false;
    }
    if (!*value) {
        reader->position = start;
        return der_fail(reader, start, DER_DEFAULT_WRITTEN);
    }
    return true;
}

bool der_oid_text(char *out, size_t size, const uint8_t *oid, size_t length) {
    if (!oid_is_valid(oid, length)) {
        return false;
    }
    size_t written = 0;
    uint64_t part = 0;
    bool first = true;
    for (size_t i = 0; i < length; i++) {
        if (part >> 57 != 0) {
            return false;
        }
        part = part << 7 | (oid[i] & 0x7f);
        if (oid[i] >= 0x80) {
            continue;
        }
        int count;
        if (first) {
            // 8.19.4: the first two parts share a number: 40 * first + second, where only 2 may have a second above 39.
            uint64_t top = part < 80 ? part / 40 : 2;
            count = snprintf(out + written, size - written, "%u.%llu", (unsigned)top,
                             (unsigned long long)(part - 40 * top));
        } else {
            count = snprintf(out + written, size - written, ".%llu", (unsigned long long)part);
        }
        if (count < 0 || (size_t)count >= size - written) {
            return false;
        }
        written += (size_t)count;
        part = 0;
        first = false;
    }
    return true;
}

// --- reasons ----------------------------------------------------------------------------------------------------

const char *der_error_text(enum der_error error) {
    switch (error) {
    case DER_OK:
        return "no error";
    case DER_TRUNCATED:
        return "the data ends inside this element";
    case DER_MISSING:
        return "an element is missing here";
    case DER_UNEXPECTED_TAG:
        return "another type of element was expected here";
    case DER_HIGH_TAG:
        return "tag numbers above 30 are not used in keys and certificates";
    case DER_INDEFINITE:
        return "indefinite lengths are not DER";
    case DER_LENGTH_NOT_MINIMAL:
        return "the length is not written in the shortest way";
    case DER_LENGTH_TOO_LARGE:
        return "the length has more than 4 bytes";
    case DER_TRAILING:
        return "there are bytes after the last element";
    case DER_INTEGER_EMPTY:
        return "an integer needs at least one byte";
    case DER_INTEGER_NOT_MINIMAL:
        return "the integer is not written in the shortest way";
    case DER_INTEGER_NEGATIVE:
        return "the integer is negative";
    case DER_INTEGER_TOO_LARGE:
        return "the integer is too large";
    case DER_NULL_NOT_EMPTY:
        return "NULL must be empty";
    case DER_BOOLEAN_VALUE:
        return "a boolean must be one byte, 00 or ff";
    case DER_BIT_STRING_UNUSED:
        return "the bit string does not consist of whole bytes";
    case DER_OID_VALUE:
        return "the object identifier is malformed";
    case DER_NAMED_BITS:
        return "the list of named bits is empty, ends in zeros, or has more bits than have names";
    case DER_DEFAULT_WRITTEN:
        return "a default value is written out, which DER forbids";
    case DER_STRING_VALUE:
        return "the string has characters or a length that do not belong here";
    case DER_TIME_VALUE:
        return "this is not a date and time in the form YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ";
    }
    return "unknown DER error";
}
