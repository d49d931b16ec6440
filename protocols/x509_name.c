// Names of people and companies in certificates: X.501 as RFC 5280, 4.1.2.4 profiles it. Before:
// protocols/der.c. After: protocols/x509_parse.c. (Names of machines are another matter:
// protocols/x509_host.c.)
//
// A Name comes from a directory of the whole world that was never built: a path from the root, each step of
// which is a set of attributes, nearly always of one:
//
//   Name ::= SEQUENCE OF RelativeDistinguishedName              30 2c
//   RelativeDistinguishedName ::= SET OF                           31 0b  30 09  06 03 550406  13 02 "SE"         C=SE
//       SEQUENCE { type OBJECT IDENTIFIER, value ANY }             31 0e  30 0c  06 03 55040a  0c 05 "Acme."      O=Acme.
//                                                                  31 0d  30 0b  06 03 550403  0c 04 "Root"       CN=Root
//
// Chaining compares such names (6.1.3 (a)(4)). RFC 5280, 7.1 describes a comparison that folds letter case
// and runs of spaces; this code compares byte for byte, as most do: a CA that copies its own subject into
// what it issues, as all do, passes either way, and what is refused needlessly is at worst refused.
//
// Pitfalls
// - A common name may hold anything: control characters that repaint a terminal, a NUL that ends a C string
//   early ("bank.example\0.evil.example", 2009). It is shown escaped, and nothing is decided by it.
// - A name for people is not a name to connect to: that is subjectAltName.

#include "protocols/x509_parts.h"

#include <stdio.h>
#include <string.h>

bool x509_span_equal(struct x509_span a, struct x509_span b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

// clang-format off
// Attribute types (X.520; RFC 4519 has the short names), and the address of PKCS #9.
static const struct {
    const char *name;
    struct x509_span oid;
} attributes[] = {
    {"CN", X509_OID(0x55, 0x04, 0x03)}, {"serialNumber", X509_OID(0x55, 0x04, 0x05)},
    {"C",  X509_OID(0x55, 0x04, 0x06)}, {"L", X509_OID(0x55, 0x04, 0x07)}, {"ST", X509_OID(0x55, 0x04, 0x08)},
    {"O",  X509_OID(0x55, 0x04, 0x0a)}, {"OU", X509_OID(0x55, 0x04, 0x0b)},
    {"DC", X509_OID(0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19)},
    {"emailAddress", X509_OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01)},
};
static const struct x509_span id_at_common_name = X509_OID(0x55, 0x04, 0x03);
static const struct x509_span id_at_organization = X509_OID(0x55, 0x04, 0x0a);
// clang-format on

// --- UTF-8 -----------------------------------------------------------------------------------------------------

// The length in bytes of the character at the start of text; 0 when it is not valid UTF-8 (RFC 3629, 4): a
// stray or missing continuation byte, an encoding longer than needed, a surrogate, or a number above
// U+10FFFF.
static size_t utf8_character(const uint8_t *text, size_t length, uint32_t *character) {
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t form = 0; form < 4 && form < length; form++) {
        if ((text[0] & forms[form].mask) != forms[form].lead) {
            continue;
        }
        uint32_t value = text[0] & (uint8_t)~forms[form].mask;
        for (size_t i = 1; i <= form; i++) {
            if ((text[i] & 0xc0) != 0x80) {
                return 0;
            }
            value = value << 6 | (text[i] & 0x3f);
        }
        *character = value;
        bool valid = value >= forms[form].least && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
        return valid ? form + 1 : 0;
    }
    return 0;
}

bool x509_utf8_length(const char *text, size_t *characters) {
    size_t length = strlen(text);
    *characters = 0;
    for (size_t at = 0, size; at < length; at += size) {
        uint32_t character;
        size = utf8_character((const uint8_t *)text + at, length - at, &character);
        if (size == 0) {
            return false;
        }
        (*characters)++;
    }
    return true;
}

// --- reading ---------------------------------------------------------------------------------------------------

static bool read_attribute(struct der_reader *set, struct x509_span *type, uint8_t *tag,
                           struct x509_span *value) {
    struct der_reader attribute;
    if (!der_enter(set, DER_SEQUENCE, &attribute) || !der_oid(&attribute, &type->bytes, &type->length)) {
        return false;
    }
    int next = der_peek(&attribute);
    *tag = next < 0 ? 0 : (uint8_t)next;
    const uint8_t *element;
    size_t element_length;
    struct der_reader copy = attribute;
    return der_any(&attribute, &element, &element_length) && der_end(&attribute) &&
           der_element(&copy, *tag, &value->bytes, &value->length);
}

// X.690, 11.6: the elements of a SET OF stand in ascending order of their encodings. No element begins with another one, so
// the first byte in which they differ decides; equal ones are not in order either.
static bool in_order(struct x509_span a, struct x509_span b) {
    return memcmp(a.bytes, b.bytes, a.length < b.length ? a.length : b.length) < 0;
}

static bool read_relative_name(struct der_reader *reader, bool *ordered) {
    struct der_reader set;
    struct x509_span previous = {NULL, 0}, type, value;
    uint8_t tag;
    if (!der_enter(reader, DER_SET, &set)) {
        return false;
    }
    do { // at least one: SET SIZE (1..MAX)
        struct x509_span element = {set.bytes + set.position, set.position};
        if (!read_attribute(&set, &type, &tag, &value)) {
            return false;
        }
        element.length = set.position - element.length;
        *ordered = *ordered && (previous.bytes == NULL || in_order(previous, element));
        previous = element;
    } while (set.position < set.end);
    return true;
}

enum certificate_error x509_read_name(struct der_reader *reader, struct x509_span *name, bool may_be_empty,
                                      struct parse_error *where) {
    size_t start = reader->position;
    struct der_reader sequence;
    bool ordered = true;
    if (!der_enter(reader, DER_SEQUENCE, &sequence)) {
        return x509_refuse_der(reader, "a name", where);
    }
    if (sequence.position == sequence.end && !may_be_empty) {
        parse_error_set(where, start, x509_layer, "the issuer has no name");
        return CERTIFICATE_NAME;
    }
    while (sequence.position < sequence.end) {
        if (!read_relative_name(&sequence, &ordered)) {
            return x509_refuse_der(reader, "a name", where);
        }
    }
    if (!ordered) {
        parse_error_set(where, start, x509_layer, "a set of attributes in a name is not in DER's order");
        return CERTIFICATE_NAME;
    }
    *name = (struct x509_span){reader->bytes + start, reader->position - start};
    return CERTIFICATE_OK;
}

// --- as text ---------------------------------------------------------------------------------------------------

// A text that grows in a fixed place, and notes when it does not fit.
struct text {
    char *out;
    size_t size, used;
    bool full;
};

static void append(struct text *text, const char *in, size_t length) {
    if (text->full || text->size - text->used <= length) {
        text->full = true;
        return;
    }
    memcpy(text->out + text->used, in, length);
    text->used += length;
    text->out[text->used] = '\0';
}

// Printable characters as they are; what a terminal or a reader might take for something else as \xx, byte by
// byte.
static void append_value(struct text *text, uint8_t tag, struct x509_span value) {
    bool unicode = tag == DER_UTF8_STRING;
    for (size_t at = 0; at < value.length;) {
        uint32_t character = 0;
        size_t size = utf8_character(value.bytes + at, value.length - at, &character);
        bool ascii =
            size == 1 && character >= 0x20 && character < 0x7f && character != '\\' && character != ',';
        if (ascii || (unicode && size > 1 && character >= 0xa0)) {
            append(text, (const char *)value.bytes + at, size);
            at += size;
        } else {
            char escape[4];
            (void)snprintf(escape, sizeof escape, "\\%02x", value.bytes[at]);
            append(text, escape, 3);
            at++;
        }
    }
}

static void append_type(struct text *text, struct x509_span type) {
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (x509_span_equal(type, attributes[i].oid)) {
            append(text, attributes[i].name, strlen(attributes[i].name));
            return;
        }
    }
    char dotted[80];
    if (!der_oid_text(dotted, sizeof dotted, type.bytes, type.length)) {
        (void)snprintf(dotted, sizeof dotted, "?");
    }
    append(text, dotted, strlen(dotted));
}

// Goes through the attributes of a name that was read before; `only` NULL: all of them, with their types.
static bool write_name(struct text *text, struct x509_span name, const struct x509_span *only) {
    struct der_fault fault;
    struct der_reader reader, sequence, set;
    bool found = false;
    der_reader_init(&reader, name.bytes, name.length, &fault);
    if (!der_enter(&reader, DER_SEQUENCE, &sequence)) {
        return false;
    }
    while (sequence.position < sequence.end && der_enter(&sequence, DER_SET, &set)) {
        for (bool first = true; set.position < set.end; first = false) {
            struct x509_span type, value;
            uint8_t tag;
            if (!read_attribute(&set, &type, &tag, &value)) {
                return false;
            }
            if (only == NULL) {
                append(text, first ? ", " : " + ", text->used == 0 ? 0 : (first ? 2 : 3));
                append_type(text, type);
                append(text, "=", 1);
                append_value(text, tag, value);
            } else if (x509_span_equal(type, *only)) {
                text->used = 0; // the last one counts: the most specific
                found = true;
                append_value(text, tag, value);
            }
        }
    }
    return fault.error == DER_OK && !text->full && (only == NULL || found);
}

bool x509_name_text(char *out, size_t size, struct x509_span name) {
    struct text text = {out, size, 0, size == 0};
    append(&text, "", 0);
    return write_name(&text, name, NULL);
}

bool x509_common_name(char *out, size_t size, const struct x509_certificate *certificate) {
    struct text text = {out, size, 0, size == 0};
    append(&text, "", 0);
    return write_name(&text, certificate->subject, &id_at_common_name);
}

// --- writing ---------------------------------------------------------------------------------------------------

static void put_attribute(struct der_writer *writer, struct x509_span type, const char *value) {
    size_t mark = der_mark(writer);
    der_put_element(writer, DER_UTF8_STRING, (const uint8_t *)value, strlen(value));
    der_put_element(writer, DER_OID, type.bytes, type.length);
    der_put_header(writer, DER_SEQUENCE, mark);
    der_put_header(writer, DER_SET, mark);
}

void x509_put_name(struct der_writer *writer, const char *organization, const char *common_name) {
    size_t mark = der_mark(writer);
    put_attribute(writer, id_at_common_name, common_name);
    if (organization != NULL) {
        put_attribute(writer, id_at_organization, organization);
    }
    der_put_header(writer, DER_SEQUENCE, mark);
}
