// HTTP/1.1 responses: read by a client, written by a server.
#ifndef PROTOCOLS_HTTP_RESPONSE_H
#define PROTOCOLS_HTTP_RESPONSE_H

#include "protocols/http_head.h"

// Caller-allocated; starts as {0}.
struct http_response {
    struct http_head head;
    unsigned status; // 100 to 999
};

// Takes the response as far as it has arrived, from its beginning; see http_head_scan. Complete when head and body are
// there. 101 and 204 have no body (RFC 9112, 6.3); every other one must announce its length.
MUST_CHECK enum http_progress http_response_scan(struct http_response *response, const char *bytes,
                                                 size_t length, uint64_t body_max, struct parse_error *where);

const char *http_status_text(unsigned status); // "Bad Request"

// Writes the head of a response with a body of this length. `fields` has whole lines, each with its CR LF.
enum { HTTP_RESPONSE_HEAD_MAX = 1024 };
MUST_CHECK bool http_write_response_head(char out[static HTTP_RESPONSE_HEAD_MAX], size_t *length,
                                         unsigned status, const char *content_type, size_t body_length,
                                         const char *fields, bool keep_alive);

#endif
