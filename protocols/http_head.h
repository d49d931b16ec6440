// The head of an HTTP/1.1 message (RFC 9112): the start line and the fields, up to the empty line. Both directions.
#ifndef PROTOCOLS_HTTP_HEAD_H
#define PROTOCOLS_HTTP_HEAD_H

#include "protocols/parse_error.h"

#include "bignum/secure.h"

#include <stdint.h>

enum { HTTP_HEAD_MAX = 16384, HTTP_FIELDS_MAX = 64 };

enum http_progress {
    HTTP_INCOMPLETE, // good so far; more bytes are needed
    HTTP_COMPLETE,
    HTTP_REFUSED,
};

// A part of the head: where it stands, so that the buffer it is in may move.
struct http_part {
    uint16_t offset, length;
};

// Caller-allocated; starts as {0}, with `response` set for a client.
struct http_head {
    bool response;             // a status line comes first, not a request line
    size_t scanned, line;      // bytes looked at; where the current line begins
    struct http_part start[3]; // method, target, version; or version, status, reason
    bool started;
    size_t count;
    struct {
        struct http_part name, value;
    } fields[HTTP_FIELDS_MAX];
    size_t length;        // of the whole head, once it is complete
    uint64_t body_length; // Content-Length; 0 without
    bool has_body_length;
    bool keep_alive;  // the connection goes on after this message
    unsigned refusal; // HTTP_REFUSED: the status that says it, 400, 431, 501 or 505
};

// Takes the message as far as it has arrived, bytes[0..length): always from its beginning, a little longer every time.
// Nothing is looked at twice.
MUST_CHECK enum http_progress http_head_scan(struct http_head *head, const char *bytes, size_t length,
                                             struct parse_error *where);

// The value of the field of this name (in any case). False when there is none, or more than one.
MUST_CHECK bool http_field(const struct http_head *head, const char *bytes, const char *name,
                           const char **value, size_t *length);
// True when one of the comma-separated words of the fields of this name is `word`, in any case.
bool http_field_has(const struct http_head *head, const char *bytes, const char *name, const char *word);

bool http_part_is(const char *bytes, struct http_part part, const char *text); // letter by letter

#endif
