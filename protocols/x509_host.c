// Names of machines in certificates: subjectAltName, RFC 5280, 4.2.1.6, and how a requested name is looked
// for in it: RFC 9525 (2023), 6.3 and 6.4. Before: protocols/x509_name.c. After: protocols/x509_verify.c.
//
//   GeneralNames ::= SEQUENCE OF GeneralName          a list; one match is enough
//   GeneralName, by its context tag:
//       82 0f "www.example.org"     [2] dNSName       a host name, letter case does not count
//       82 0d "*.example.org"       [2] dNSName       any one label in place of the star
//       87 04 c0 00 02 01           [7] iPAddress     192.0.2.1; 16 octets for IPv6
//
//   requested            www.example.org     a.b.example.org     example.org     192.0.2.1
//   *.example.org        yes                 no: two labels      no: none        no: an address
//
// The certificate was signed for these names and no others. Without this check any valid certificate would
// do, and the owner of one site could answer for all: the signature only says who is at the other end, and
// the name says who should be.
//
// Pitfalls
// - A dNSName with a NUL or a space in it means one thing to a C string and another to a length: only the
//   characters of host names are accepted.
// - "*" matching dots would let *.example.org answer for a.b.example.org; "*.org" would answer for everybody.
//   The star is the whole first label, and at least two labels must follow.
// - "1.2.3.4" looks like a host name. A requested name that is an address is compared with iPAddress entries
//   only.
// - No fallback to the common name: it is not typed, so a machine cannot know whether it means a host;
//   RFC 9525 has done away with it too.

#include "protocols/x509_parts.h"

#include <string.h>

static unsigned lower(char c) {
    unsigned letter = (unsigned char)c;
    return letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter;
}

static bool is_label_character(char c) {
    unsigned letter = lower(c);
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
           letter == '_';
}

bool x509_is_host_name(struct x509_span name) {
    size_t label = 0; // characters so far in this label
    for (size_t i = 0; i < name.length; i++) {
        char c = (char)name.bytes[i];
        bool star = c == '*' && i == 0 && name.length > 1 && name.bytes[1] == '.';
        if (c == '.' ? label == 0 : !star && !is_label_character(c)) {
            return false;
        }
        label = c == '.' ? 0 : label + 1;
    }
    return label > 0;
}

// --- reading ---------------------------------------------------------------------------------------------------

// The tags of GeneralName in order of their numbers: strings and octets are primitive, the others
// constructed.
static const uint8_t tags[] = {0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, 0x86, 0x87, 0x88};

bool x509_read_general_name(struct der_reader *reader, struct x509_general_name *name) {
    int tag = der_peek(reader);
    uint8_t kind = (uint8_t)tag & 0x1f;
    *name = (struct x509_general_name){GENERAL_NAME_OTHER, {NULL, 0}};
    if (tag < 0 || kind >= sizeof tags || tags[kind] != tag) {
        // Either the header is damaged, or it is of no known kind: der_element says which.
        const uint8_t *skipped;
        size_t length;
        return der_any(reader, &skipped, &length) &&
               der_fail(reader, (size_t)(skipped - reader->bytes), DER_UNEXPECTED_TAG);
    }
    name->kind = (enum x509_general_name_kind)kind;
    return der_element(reader, (uint8_t)tag, &name->value.bytes, &name->value.length);
}

bool x509_read_general_names(struct der_reader *reader) {
    struct x509_general_name name;
    do { // at least one: SEQUENCE SIZE (1..MAX)
        size_t start = reader->position;
        if (!x509_read_general_name(reader, &name)) {
            return false;
        }
        bool ip = name.value.length == 4 || name.value.length == 16;
        if ((name.kind == GENERAL_NAME_DNS && !x509_is_host_name(name.value)) ||
            (name.kind == GENERAL_NAME_IP && !ip)) {
            return der_fail(reader, start, DER_STRING_VALUE);
        }
    } while (reader->position < reader->end);
    return true;
}

bool x509_next_alternative_name(const struct x509_certificate *certificate, size_t *position,
                                struct x509_general_name *name) {
    struct der_fault fault;
    struct der_reader reader;
    der_reader_init(&reader, certificate->alternative_names.bytes, certificate->alternative_names.length,
                    &fault);
    reader.position = *position;
    if (reader.position >= reader.end || !x509_read_general_name(&reader, name)) {
        return false;
    }
    *position = reader.position;
    return true;
}

// --- addresses -------------------------------------------------------------------------------------------------

// A number at *text in this base, of at most `digits` digits; -1 when there is none.
static int read_number(const char **text, int base, int digits) {
    int value = -1;
    for (int i = 0; i < digits; i++, (*text)++) {
        int c = (int)lower(**text);
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : base;
        if (digit >= base) {
            break;
        }
        value = (value < 0 ? 0 : value) * base + digit;
    }
    return value;
}

// "192.0.2.1". No leading zeros: some programs take them for octal.
static bool read_ipv4(uint8_t out[static 4], const char *text) {
    for (int i = 0; i < 4; i++) {
        bool zero = text[0] == '0' && text[1] >= '0' && text[1] <= '9';
        int number = read_number(&text, 10, 3);
        if (zero || number < 0 || number > 255 || *text++ != (i < 3 ? '.' : '\0')) {
            return false;
        }
        out[i] = (uint8_t)number;
    }
    return true;
}

// RFC 4291, 2.2: eight groups of up to four hex digits; one "::" stands for groups of zeros. The form that
// ends in an IPv4 address is not taken.
static bool read_ipv6(uint8_t out[static 16], const char *text) {
    enum { NO_GAP = 17 };
    uint8_t groups[16] = {0};
    size_t count = 0, gap = NO_GAP; // bytes read; where the "::" is
    if (text[0] == ':' && text[1] == ':') {
        gap = 0;
        text += 2;
    }
    while (*text != '\0') {
        int number = count == 16 ? -1 : read_number(&text, 16, 4);
        if (number < 0) {
            return false;
        }
        groups[count++] = (uint8_t)(number >> 8);
        groups[count++] = (uint8_t)number;
        if (*text == '\0') {
            break;
        }
        if (*text++ != ':') {
            return false;
        }
        if (*text == ':' && gap == NO_GAP) {
            gap = count;
            text++;
        } else if (*text == '\0') {
            return false; // a single colon at the end
        }
    }
    if (gap == NO_GAP ? count != 16 : count > 14) {
        return false;
    }
    size_t before = gap == NO_GAP ? count : gap;
    size_t after = count - before;
    memset(out, 0, 16);
    memcpy(out, groups, before);
    memcpy(out + 16 - after, groups + before, after);
    return true;
}

size_t x509_address_octets(uint8_t out[static 16], const char *text) {
    return read_ipv4(out, text) ? 4 : read_ipv6(out, text) ? 16 : 0;
}

// --- matching --------------------------------------------------------------------------------------------------

static bool same_letters(const char *a, const uint8_t *b, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (lower(a[i]) != lower((char)b[i])) {
            return false;
        }
    }
    return true;
}

// RFC 9525, 6.3.
static bool host_matches(const char *wanted, struct x509_span entry) {
    size_t length = strlen(wanted);
    if (entry.bytes[0] != '*') {
        return length == entry.length && same_letters(wanted, entry.bytes, length);
    }
    // The star is the first label; the rest, with its dot, must be the same, and have another dot in it.
    const char *dot = strchr(wanted, '.');
    struct x509_span rest = {entry.bytes + 1, entry.length - 1};
    return dot != NULL && dot != wanted && strlen(dot) == rest.length &&
           same_letters(dot, rest.bytes, rest.length) && strchr(dot + 1, '.') != NULL;
}

bool x509_matches_name(const struct x509_certificate *certificate, const char *wanted) {
    uint8_t address[16];
    size_t octets = x509_address_octets(address, wanted), position = 0;
    struct x509_span host = {(const uint8_t *)wanted, strlen(wanted)};
    struct x509_general_name name;
    if (octets == 0 && (!x509_is_host_name(host) || wanted[0] == '*')) {
        return false;
    }
    while (x509_next_alternative_name(certificate, &position, &name)) {
        if (octets > 0 ? name.kind == GENERAL_NAME_IP &&
                             x509_span_equal(name.value, (struct x509_span){address, octets})
                       : name.kind == GENERAL_NAME_DNS && host_matches(wanted, name.value)) {
            return true;
        }
    }
    return false;
}
