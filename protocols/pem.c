// PEM: RFC 7468 (2015). How keys and certificates travel as text. Before: protocols/base64.c. After: protocols/der.c.
//
// The name comes from Privacy Enhanced Mail, long gone; its envelope stayed:
//
//   Bag Attributes                      anything before the block is for people
//   -----BEGIN PUBLIC KEY-----          the label says which structure the bytes are
//   MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJB    base64 of DER, 64 characters a line
//   ...
//   -----END PUBLIC KEY-----            the same label
//
// RFC 7468 has generators write lines of exactly 64 characters but for the last, and lets parsers take other lengths.
// This one takes any length up to that of MIME lines (76), the same for all lines but the last. Labels: section 4 on.
//
// Pitfalls
// - The label is outside of any check: it is a hint, and the structure inside has to be looked at all the same.
// - "BEGIN" inside a comment line does not start a block: the five dashes must be the first characters of their line.
// - An encrypted key can be a label of its own (ENCRYPTED PRIVATE KEY) or hide behind header lines (RFC 1421, 4.6). The
//   second kind looks like damaged base64 to a parser that does not know it; this one says what it is.

#include "protocols/pem.h"

#include "protocols/base64.h"

#include <string.h>

static const char layer[] = "the file";
static const char begin_dashes[] = "-----BEGIN ";
static const char end_dashes[] = "-----END ";
static const char closing_dashes[] = "-----";

static enum pem_error refuse(struct parse_error *where, size_t offset, enum pem_error error) {
    parse_error_set(where, offset, layer, "%s", pem_error_text(error));
    return error;
}

// A line of the text: [start, end) without white space at its end, and where the next one starts.
struct line {
    size_t start, end, next;
};

static struct line line_at(const uint8_t *text, size_t length, size_t start) {
    size_t end = start;
    while (end < length && text[end] != '\n' && text[end] != '\r') {
        end++;
    }
    size_t next = end;
    if (next < length) {
        next += text[next] == '\r' && next + 1 < length && text[next + 1] == '\n' ? 2 : 1;
    }
    while (end > start && (text[end - 1] == ' ' || text[end - 1] == '\t')) {
        end--;
    }
    return (struct line){start, end, next};
}

static bool starts_with(const uint8_t *text, struct line line, const char *prefix) {
    size_t length = strlen(prefix);
    return line.end - line.start >= length && memcmp(text + line.start, prefix, length) == 0;
}

// The label between the dashes of a BEGIN or END line (RFC 7468, section 3): printable characters without '-' at either
// end; false when the line is not such a line.
static bool read_label(char label[static PEM_LABEL_SIZE], const uint8_t *text, struct line line,
                       const char *dashes) {
    size_t opening = strlen(dashes);
    size_t closing = strlen(closing_dashes);
    if (!starts_with(text, line, dashes) || line.end - line.start < opening + closing) {
        return false;
    }
    const uint8_t *from = text + line.start + opening;
    size_t length = line.end - line.start - opening - closing;
    if (length >= PEM_LABEL_SIZE || memcmp(from + length, closing_dashes, closing) != 0) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (from[i] < 0x20 || from[i] > 0x7e || (from[i] == '-' && (i == 0 || i + 1 == length))) {
            return false;
        }
    }
    memcpy(label, from, length);
    label[length] = '\0';
    return true;
}

enum pem_error pem_find(struct pem_block *block, const uint8_t *text, size_t length, size_t start,
                        struct parse_error *where) {
    struct line line = {start, start, start};
    do {
        if (line.next >= length) {
            return refuse(where, length, PEM_NO_BLOCK);
        }
        line = line_at(text, length, line.next);
    } while (!starts_with(text, line, begin_dashes));
    if (!read_label(block->label, text, line, begin_dashes)) {
        return refuse(where, line.start, PEM_BAD_BEGIN);
    }
    block->begin = line.start;
    block->body = line.next;

    // No line of a body starts with a dash, so the first that does is the END line, or the block has none.
    do {
        if (line.next >= length) {
            return refuse(where, length, PEM_NO_END);
        }
        line = line_at(text, length, line.next);
    } while (!starts_with(text, line, closing_dashes));
    char end_label[PEM_LABEL_SIZE];
    if (!read_label(end_label, text, line, end_dashes)) {
        return refuse(where, line.start, PEM_NO_END);
    }
    if (strcmp(block->label, end_label) != 0) {
        return refuse(where, line.start, PEM_LABELS_DIFFER);
    }
    block->body_end = line.start;
    block->end = line.next;
    return PEM_OK;
}

size_t pem_decoded_size(const struct pem_block *block) {
    return block->body_end - block->body;
}

// One line of base64. Strict base64 comes in groups of four characters, but a line may end inside a group: the lines are
// joined first, in `out`, which has room for the whole body, and decoded in place.
enum pem_error pem_decode(uint8_t *out, size_t *out_length, const struct pem_block *block,
                          const uint8_t *text, struct parse_error *where) {
    *out_length = 0;
    size_t first_line = 0;
    bool short_line = false;
    size_t joined = 0;
    struct line line;
    for (size_t at = block->body; at < block->body_end; at = line.next) {
        line = line_at(text, block->body_end, at);
        size_t line_length = line.end - line.start;
        if (memchr(text + line.start, ':', line_length) != NULL) {
            return refuse(where, line.start, PEM_HEADERS);
        }
        if (joined == 0) {
            first_line = line_length;
        }
        // After a line shorter than the first there may be no other.
        if (short_line || line_length == 0 || line_length > first_line || line_length > PEM_LINE_MAX) {
            return refuse(where, line.start, PEM_LINE);
        }
        short_line = line_length < first_line;
        memcpy(out + joined, text + line.start, line_length);
        joined += line_length;
    }
    if (joined == 0) {
        return refuse(where, block->body, PEM_EMPTY);
    }

    // Decoding in place: byte i comes from characters 4i/3 and later, which are read before it is written.
    size_t fault;
    enum base64_error error = base64_decode(out, out_length, (const char *)out, joined, &fault);
    if (error == BASE64_OK) {
        return PEM_OK;
    }
    // Back from the joined characters to the line on which the fault stands.
    size_t at = block->body;
    for (line = line_at(text, block->body_end, at);
         fault >= line.end - line.start && line.next < block->body_end;
         line = line_at(text, block->body_end, line.next)) {
        fault -= line.end - line.start;
    }
    parse_error_set(where, line.start + fault, layer, "%s", base64_error_text(error));
    return PEM_BASE64;
}

// "-----BEGIN " label "-----\n", the lines, "-----END " label "-----\n".
size_t pem_encoded_size(const char *label, size_t length) {
    size_t characters = BASE64_ENCODED_SIZE(length);
    size_t lines = (characters + PEM_LINE_WRITTEN - 1) / PEM_LINE_WRITTEN;
    return strlen(begin_dashes) + strlen(end_dashes) + 2 * (strlen(label) + strlen(closing_dashes) + 1) +
           characters + lines;
}

static char *put_line(char *out, const char *dashes, const char *label) {
    out = stpcpy(out, dashes);
    out = stpcpy(out, label);
    out = stpcpy(out, closing_dashes);
    *out = '\n';
    return out + 1;
}

bool pem_encode(char *out, size_t size, size_t *out_length, const char *label, const uint8_t *in,
                size_t length) {
    if (strlen(label) >= PEM_LABEL_SIZE || size < pem_encoded_size(label, length)) {
        return false;
    }
    char line[PEM_LABEL_SIZE + 32];
    char *at = out;
    size_t header = (size_t)(put_line(line, begin_dashes, label) - line);
    memcpy(at, line, header);
    at += header;
    enum { BYTES_PER_LINE = PEM_LINE_WRITTEN / 4 * 3 };
    while (length > 0) {
        size_t part = length < BYTES_PER_LINE ? length : BYTES_PER_LINE;
        base64_encode(at, in, part);
        at += BASE64_ENCODED_SIZE(part);
        *at++ = '\n';
        in += part;
        length -= part;
    }
    size_t footer = (size_t)(put_line(line, end_dashes, label) - line);
    memcpy(at, line, footer);
    *out_length = (size_t)(at - out) + footer;
    return true;
}

const char *pem_error_text(enum pem_error error) {
    switch (error) {
    case PEM_OK:
        return "no error";
    case PEM_NO_BLOCK:
        return "there is no \"-----BEGIN\" line";
    case PEM_BAD_BEGIN:
        return "this BEGIN line is not of the form \"-----BEGIN label-----\"";
    case PEM_NO_END:
        return "the block is not closed by an \"-----END label-----\" line";
    case PEM_LABELS_DIFFER:
        return "the END line has another label than the BEGIN line";
    case PEM_HEADERS:
        return "the block has header lines, as an encrypted key of the old kind has";
    case PEM_LINE:
        return "the lines of a block must have the same length, at most 76, and only the last may be shorter";
    case PEM_BASE64:
        return "the block is not base64";
    case PEM_EMPTY:
        return "the block is empty";
    }
    return "unknown PEM error";
}
