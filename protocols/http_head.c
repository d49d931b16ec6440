// The head of an HTTP/1.1 message: RFC 9112, sections 2 to 6, and RFC 9110, section 5, for the fields.
//
//     GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n      method SP target SP version         (RFC 9112, 3)
//     Host: localhost:5000\r\n                                  name : value, blanks around it      (5)
//     Connection: keep-alive\r\n
//     \r\n                                                      the empty line ends the head        (2.1)
//     ...                                                       a body as long as Content-Length    (6)
//
//     HTTP/1.1 101 Switching Protocols\r\n                      version SP status SP reason         (4)
//
// Two ends that read one text differently are how requests are smuggled past a proxy. So this parser takes the strict form
// alone: lines end in CR LF; no blank stands before a colon and no line continues the one before; nothing but
// Content-Length says how long a body is, and it says so once.
//
// The head arrives in pieces of any size. It stays in the caller's buffer, and what is kept here are offsets: the
// position of the scan, and of each part found. A forbidden byte is refused when it is seen, not when its line ends: a
// client that speaks TLS to this port is told at its first byte.
//
// Tests: tests/test_http_request.c. Read next: http_request.c, engine_io.c.

#include "protocols/http_head.h"

#include <stdio.h>
#include <string.h>

enum { BAD_REQUEST = 400, HEAD_TOO_LARGE = 431, NOT_IMPLEMENTED = 501, VERSION_NOT_SUPPORTED = 505 };

static enum http_progress refuse(struct http_head *head, unsigned status, struct parse_error *where,
                                 size_t offset, const char *reason) {
    head->refusal = status;
    parse_error_set(where, offset, "the HTTP head", "%s", reason);
    return HTTP_REFUSED;
}

// tchar of RFC 9110, 5.6.2: what methods and field names are made of.
static bool is_token_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *bytes, struct http_part part) {
    for (size_t i = 0; i < part.length; i++) {
        if (!is_token_character(bytes[part.offset + i])) {
            return false;
        }
    }
    return part.length > 0;
}

static bool same_letter(char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
}

static bool same_word(const char *text, size_t length, const char *word) {
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\0' || !same_letter(text[i], word[i])) {
            return false;
        }
    }
    return word[length] == '\0';
}

bool http_part_is(const char *bytes, struct http_part part, const char *text) {
    return part.length == strlen(text) && memcmp(bytes + part.offset, text, part.length) == 0;
}

static struct http_part part_of(size_t from, size_t to) {
    return (struct http_part){(uint16_t)from, (uint16_t)(to - from)}; // within HTTP_HEAD_MAX
}

static bool is_version(const char *bytes, struct http_part part, bool *modern) {
    *modern = http_part_is(bytes, part, "HTTP/1.1");
    return part.length == 8 && memcmp(bytes + part.offset, "HTTP/", 5) == 0 && bytes[part.offset + 6] == '.';
}

// The start line, bytes[from..to): three parts with one space between. The reason of a status line may have spaces,
// and may be missing.
static enum http_progress start_line(struct http_head *head, const char *bytes, size_t from, size_t to,
                                     struct parse_error *where) {
    size_t begin = from;
    for (size_t i = 0; i < 3; i++) {
        const char *space = i < 2 ? memchr(bytes + begin, ' ', to - begin) : NULL;
        size_t end = space != NULL ? (size_t)(space - bytes) : to;
        head->start[i] = part_of(begin, end);
        if (i < 2 && space == NULL && !(head->response && i == 1)) {
            return refuse(head, BAD_REQUEST, where, to, "the start line has too few parts");
        }
        begin = end < to ? end + 1 : to;
    }
    struct http_part version = head->start[head->response ? 0 : 2];
    bool modern;
    if (!is_version(bytes, version, &modern)) {
        return refuse(head, BAD_REQUEST, where, version.offset, "HTTP/1.1 must stand here");
    }
    if (!modern && !http_part_is(bytes, version, "HTTP/1.0")) {
        return refuse(head, VERSION_NOT_SUPPORTED, where, version.offset,
                      "only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
    head->keep_alive = modern;
    struct http_part first = head->start[head->response ? 1 : 0];
    if (head->response) {
        bool digits = first.length == 3;
        for (size_t i = 0; digits && i < 3; i++) {
            digits = bytes[first.offset + i] >= '0' && bytes[first.offset + i] <= '9';
        }
        if (!digits) {
            return refuse(head, BAD_REQUEST, where, first.offset, "a status of three digits must stand here");
        }
    } else if (!is_token(bytes, first)) {
        return refuse(head, BAD_REQUEST, where, first.offset, "the request does not begin with a method");
    } else if (head->start[1].length == 0 || bytes[head->start[1].offset] != '/') {
        // Other forms are for proxies, CONNECT and OPTIONS * (RFC 9112, 3.2).
        return refuse(head, BAD_REQUEST, where, head->start[1].offset, "a target must begin with /");
    }
    head->started = true;
    return HTTP_INCOMPLETE;
}

static enum http_progress field_line(struct http_head *head, const char *bytes, size_t from, size_t to,
                                     struct parse_error *where) {
    const char *colon = memchr(bytes + from, ':', to - from);
    size_t name_end = colon != NULL ? (size_t)(colon - bytes) : to;
    if (colon == NULL || !is_token(bytes, part_of(from, name_end))) {
        return refuse(head, BAD_REQUEST, where, from,
                      "no field: a name, directly followed by a colon, must stand here");
    }
    if (head->count == HTTP_FIELDS_MAX) {
        return refuse(head, HEAD_TOO_LARGE, where, from, "more than 64 fields");
    }
    size_t begin = name_end + 1;
    while (begin < to && (bytes[begin] == ' ' || bytes[begin] == '\t')) {
        begin++;
    }
    while (to > begin && (bytes[to - 1] == ' ' || bytes[to - 1] == '\t')) {
        to--;
    }
    head->fields[head->count].name = part_of(from, name_end);
    head->fields[head->count].value = part_of(begin, to);
    head->count++;
    return HTTP_INCOMPLETE;
}

// Content-Length: one field, decimal digits (RFC 9112, 6.3). 0 for success, or a status.
static unsigned body_length(struct http_head *head, const char *bytes) {
    enum { DIGITS_MAX = 15 };
    for (size_t i = 0; i < head->count; i++) {
        struct http_part name = head->fields[i].name, value = head->fields[i].value;
        if (same_word(bytes + name.offset, name.length, "transfer-encoding")) {
            return NOT_IMPLEMENTED;
        }
        if (!same_word(bytes + name.offset, name.length, "content-length")) {
            continue;
        }
        if (head->has_body_length || value.length == 0 || value.length > DIGITS_MAX) {
            return BAD_REQUEST;
        }
        head->has_body_length = true;
        for (size_t j = 0; j < value.length; j++) {
            char digit = bytes[value.offset + j];
            if (digit < '0' || digit > '9') {
                return BAD_REQUEST;
            }
            head->body_length = 10 * head->body_length + (uint64_t)(digit - '0');
        }
    }
    return 0;
}

// The empty line: what the fields mean together.
static enum http_progress complete(struct http_head *head, const char *bytes, struct parse_error *where) {
    unsigned status = body_length(head, bytes);
    if (status != 0) {
        return refuse(head, status, where, head->scanned,
                      status == NOT_IMPLEMENTED
                          ? "Transfer-Encoding is not spoken here: send a Content-Length"
                          : "Content-Length must be one decimal number");
    }
    if (http_field_has(head, bytes, "connection", "close")) {
        head->keep_alive = false;
    } else if (http_field_has(head, bytes, "connection", "keep-alive")) {
        head->keep_alive = true;
    }
    head->length = head->scanned;
    return HTTP_COMPLETE;
}

enum http_progress http_head_scan(struct http_head *head, const char *bytes, size_t length,
                                  struct parse_error *where) {
    while (head->scanned < length) {
        if (head->scanned == HTTP_HEAD_MAX) {
            return refuse(head, HEAD_TOO_LARGE, where, head->scanned, "the head is longer than 16384 bytes");
        }
        size_t at = head->scanned++;
        unsigned char byte = (unsigned char)bytes[at];
        bool after_return = at > head->line && bytes[at - 1] == '\r';
        if (after_return != (byte == '\n')) {
            return refuse(head, BAD_REQUEST, where, at,
                          after_return ? "a line feed must follow the carriage return"
                                       : "a line feed without carriage return");
        }
        if (byte != '\n') {
            if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7f) {
                return refuse(head, BAD_REQUEST, where, at,
                              at == 0 && byte == 0x16
                                  ? "this is TLS; HTTP is spoken here: http://, not https://"
                                  : "a control character");
            }
            continue;
        }
        size_t from = head->line, to = at - 1;
        enum http_progress progress = !head->started ? start_line(head, bytes, from, to, where)
                                      : from == to   ? complete(head, bytes, where)
                                                     : field_line(head, bytes, from, to, where);
        if (progress != HTTP_INCOMPLETE) {
            return progress;
        }
        head->line = head->scanned;
    }
    return HTTP_INCOMPLETE;
}

bool http_field(const struct http_head *head, const char *bytes, const char *name, const char **value,
                size_t *length) {
    bool found = false;
    *value = "";
    *length = 0;
    for (size_t i = 0; i < head->count; i++) {
        if (same_word(bytes + head->fields[i].name.offset, head->fields[i].name.length, name)) {
            if (found) {
                return false;
            }
            found = true;
            *value = bytes + head->fields[i].value.offset;
            *length = head->fields[i].value.length;
        }
    }
    return found;
}

bool http_field_has(const struct http_head *head, const char *bytes, const char *name, const char *word) {
    for (size_t i = 0; i < head->count; i++) {
        if (!same_word(bytes + head->fields[i].name.offset, head->fields[i].name.length, name)) {
            continue;
        }
        size_t at = head->fields[i].value.offset, end = at + head->fields[i].value.length;
        while (at < end) {
            size_t begin = at;
            while (at < end && bytes[at] != ',') {
                at++;
            }
            size_t stop = at;
            while (begin < stop && (bytes[begin] == ' ' || bytes[begin] == '\t')) {
                begin++;
            }
            while (stop > begin && (bytes[stop - 1] == ' ' || bytes[stop - 1] == '\t')) {
                stop--;
            }
            if (same_word(bytes + begin, stop - begin, word)) {
                return true;
            }
            at += at < end;
        }
    }
    return false;
}
