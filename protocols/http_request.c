// HTTP/1.1 requests: what a server of Engine.IO reads. RFC 9112, sections 3 and 6; RFC 3986, section 3.4, for queries.
//
//     GET /socket.io/?EIO=4&transport=polling&sid=Ab3... HTTP/1.1
//         |________| |__________________________________|
//            path                   query
//
// The names and values that Engine.IO puts there need no escapes (%41 for A), so none are undone: an escaped name is an
// unknown name. That closes the question which of two spellings counts.
//
// Tests: tests/test_http_request.c. Read next: engine_io.c.

#include "protocols/http_request.h"

#include <stdio.h>
#include <string.h>

enum { BAD_REQUEST = 400, BODY_TOO_LARGE = 413 };

static enum http_progress refuse(struct http_request *request, unsigned status, struct parse_error *where,
                                 const char *reason) {
    request->head.refusal = status;
    parse_error_set(where, request->head.length, "the HTTP request", "%s", reason);
    return HTTP_REFUSED;
}

static enum http_method method_of(const char *bytes, struct http_part part) {
    static const char *const names[] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_OPTIONS] = "OPTIONS"};
    for (enum http_method method = HTTP_GET; method < HTTP_OTHER; method++) {
        if (http_part_is(bytes, part, names[method])) {
            return method;
        }
    }
    return HTTP_OTHER;
}

// Once, when the head is complete.
static enum http_progress understand(struct http_request *request, const char *bytes, uint64_t body_max,
                                     struct parse_error *where) {
    const struct http_head *head = &request->head;
    const char *host;
    size_t length;
    request->method = method_of(bytes, head->start[0]);
    struct http_part target = head->start[1];
    const char *mark = memchr(bytes + target.offset, '?', target.length);
    size_t path = mark != NULL ? (size_t)(mark - bytes) - target.offset : target.length;
    size_t query = mark != NULL ? path + 1 : path;
    request->path = (struct http_part){target.offset, (uint16_t)path};
    request->query = (struct http_part){(uint16_t)(target.offset + query), (uint16_t)(target.length - query)};
    // RFC 9112, 3.2: a request of HTTP/1.1 without Host, or with two, is answered with 400.
    if (!http_field(head, bytes, "host", &host, &length) && http_part_is(bytes, head->start[2], "HTTP/1.1")) {
        return refuse(request, BAD_REQUEST, where, "exactly one Host field must be there");
    }
    if (head->body_length > body_max) {
        return refuse(request, BODY_TOO_LARGE, where, "the body is longer than is taken here");
    }
    return HTTP_COMPLETE;
}

enum http_progress http_request_scan(struct http_request *request, const char *bytes, size_t length,
                                     uint64_t body_max, struct parse_error *where) {
    if (request->head.length == 0) {
        enum http_progress progress = http_head_scan(&request->head, bytes, length, where);
        if (progress == HTTP_COMPLETE) {
            progress = understand(request, bytes, body_max, where);
        }
        if (progress != HTTP_COMPLETE) {
            return progress;
        }
    }
    return length - request->head.length >= request->head.body_length ? HTTP_COMPLETE : HTTP_INCOMPLETE;
}

bool http_query(const struct http_request *request, const char *bytes, const char *name, char *value,
                size_t size) {
    const char *at = bytes + request->query.offset;
    const char *end = at + request->query.length;
    size_t name_length = strlen(name);
    bool found = false;
    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        size_t length = (size_t)(stop - at);
        if (length > name_length && memcmp(at, name, name_length) == 0 && at[name_length] == '=') {
            size_t value_length = length - name_length - 1;
            if (found || value_length >= size) {
                return false;
            }
            memcpy(value, at + name_length + 1, value_length);
            value[value_length] = '\0';
            found = true;
        }
        at = stop < end ? stop + 1 : end;
    }
    return found;
}

int http_write_request(char *out, size_t size, const char *method, const char *target, const char *host) {
    return snprintf(out, size, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, host);
}
