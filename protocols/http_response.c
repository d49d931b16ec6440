// HTTP/1.1 responses: RFC 9112, sections 4 and 6.
//
//     HTTP/1.1 200 OK\r\n
//     Content-Type: text/plain; charset=UTF-8\r\n
//     Content-Length: 2\r\n
//     \r\n
//     ok
//
// Tests: tests/test_http_request.c. Read next: engine_io.c.

#include "protocols/http_response.h"

#include <stdio.h>

static enum http_progress refuse(struct http_response *response, struct parse_error *where,
                                 const char *reason) {
    parse_error_set(where, response->head.length, "the HTTP response", "%s", reason);
    return HTTP_REFUSED;
}

enum http_progress http_response_scan(struct http_response *response, const char *bytes, size_t length,
                                      uint64_t body_max, struct parse_error *where) {
    struct http_head *head = &response->head;
    if (head->length == 0) {
        head->response = true;
        enum http_progress progress = http_head_scan(head, bytes, length, where);
        if (progress != HTTP_COMPLETE) {
            return progress;
        }
        for (size_t i = 0; i < head->start[1].length; i++) {
            response->status = 10 * response->status + (unsigned)(bytes[head->start[1].offset + i] - '0');
        }
        bool bodiless = response->status == 101 || response->status == 204;
        if (bodiless) {
            head->body_length = 0;
        } else if (!head->has_body_length) {
            return refuse(response, where, "a Content-Length must be there");
        }
        if (head->body_length > body_max) {
            return refuse(response, where, "the body is longer than is taken here");
        }
    }
    return length - head->length >= head->body_length ? HTTP_COMPLETE : HTTP_INCOMPLETE;
}

const char *http_status_text(unsigned status) {
    static const struct {
        unsigned status;
        const char *text;
    } texts[] = {
        {101, "Switching Protocols"},
        {200, "OK"},
        {204, "No Content"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {417, "Expectation Failed"},
        {426, "Upgrade Required"},
        {431, "Request Header Fields Too Large"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].status == status) {
            return texts[i].text;
        }
    }
    return "Unknown";
}

bool http_write_response_head(char out[static HTTP_RESPONSE_HEAD_MAX], size_t *length, unsigned status,
                              const char *content_type, size_t body_length, const char *fields,
                              bool keep_alive) {
    char content[128] = "";
    if (status != 204) { // which must not have a Content-Length (RFC 9110, 8.6)
        (void)snprintf(content, sizeof content, "Content-Type: %s\r\nContent-Length: %zu\r\n", content_type,
                       body_length);
    }
    int written =
        snprintf(out, HTTP_RESPONSE_HEAD_MAX, "HTTP/1.1 %u %s\r\n%s%sConnection: %s\r\n\r\n", status,
                 http_status_text(status), content, fields, keep_alive ? "keep-alive" : "close");
    *length = written > 0 ? (size_t)written : 0;
    return written > 0 && *length < HTTP_RESPONSE_HEAD_MAX;
}
