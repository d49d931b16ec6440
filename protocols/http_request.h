// HTTP/1.1 requests as Engine.IO makes them: a head, a body of known length; and writing one.
#ifndef PROTOCOLS_HTTP_REQUEST_H
#define PROTOCOLS_HTTP_REQUEST_H

#include "protocols/http_head.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_OPTIONS,
    HTTP_OTHER, // a method that is well-formed, and unknown here
};

// Caller-allocated; starts as {0}.
struct http_request {
    struct http_head head;
    enum http_method method;
    struct http_part path, query; // of the target, before and behind the '?'
};

// Takes the request as far as it has arrived, from its beginning; see http_head_scan. Complete when the head and the whole
// body are there: it is then request->head.length + request->head.body_length bytes long, and what follows is the
// next request. A body longer than body_max is refused with status 413 as soon as it is announced.
MUST_CHECK enum http_progress http_request_scan(struct http_request *request, const char *bytes,
                                                size_t length, uint64_t body_max, struct parse_error *where);

// The value of a parameter of the query, as it stands there: "EIO=4&transport=polling". False when it is missing, given
// twice, or longer than size - 1 characters. Terminated.
MUST_CHECK bool http_query(const struct http_request *request, const char *bytes, const char *name,
                           char *value, size_t size);

// Writes the beginning of a request, up to and including Host; more fields and the empty line are the caller's. The
// length, as snprintf counts it.
int http_write_request(char *out, size_t size, const char *method, const char *target, const char *host);

#endif
