// protocols/http_head, http_request, http_response: in pieces of any size, and everything that must be refused.
#include "tests/support.h"

#include "protocols/http_request.h"
#include "protocols/http_response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 1000 };

static enum http_progress scan(struct http_request *request, const char *text, size_t length,
                               struct parse_error *where) {
    *request = (struct http_request){.method = HTTP_GET};
    return http_request_scan(request, text, length, BODY_MAX, where);
}

enum { AT_END = 9999 };
static void refused(const char *text, unsigned status, size_t offset, const char *word) {
    struct http_request request;
    struct parse_error where = {.reason = ""};
    offset = offset == AT_END ? strlen(text) : offset;
    enum http_progress progress = scan(&request, text, strlen(text), &where);
    if (progress != HTTP_REFUSED || request.head.refusal != status || where.offset != offset ||
        strstr(where.reason, word) == NULL) {
        fail_msg("%s: progress %d, status %u, \"%s\" at %zu", text, progress, request.head.refusal,
                 where.reason, where.offset);
    }
}

static const char polling[] = "GET /socket.io/?EIO=4&transport=polling&sid=Ab-_9 HTTP/1.1\r\n"
                              "Host: localhost:5000\r\n"
                              "Accept:\t*/* \r\n"
                              "connection: Keep-Alive, Upgrade\r\n"
                              "\r\n";
static const char posting[] = "POST /socket.io/?EIO=4 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n4abcd";

static void a_request_is_taken_apart(void **state) {
    (void)state;
    struct http_request request;
    assert_int_equal(scan(&request, polling, sizeof polling - 1, NULL), HTTP_COMPLETE);
    assert_int_equal(request.method, HTTP_GET);
    assert_true(http_part_is(polling, request.path, "/socket.io/"));
    assert_true(http_part_is(polling, request.query, "EIO=4&transport=polling&sid=Ab-_9"));
    assert_int_equal(request.head.length, sizeof polling - 1);
    assert_int_equal(request.head.body_length, 0);
    assert_true(request.head.keep_alive);
    assert_int_equal(request.head.count, 3);
    const char *value;
    size_t length;
    assert_true(http_field(&request.head, polling, "ACCEPT", &value, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(value, "*/*", 3);
    assert_false(http_field(&request.head, polling, "Accept-", &value, &length));
    assert_false(http_field(&request.head, polling, "Accep", &value, &length));
    assert_true(http_field_has(&request.head, polling, "Connection", "upgrade"));
    assert_true(http_field_has(&request.head, polling, "Connection", "keep-alive"));
    assert_false(http_field_has(&request.head, polling, "Connection", "keep"));
    assert_false(http_field_has(&request.head, polling, "Connection", "upgrades"));
    char out[8];
    assert_true(http_query(&request, polling, "EIO", out, sizeof out));
    assert_string_equal(out, "4");
    assert_true(http_query(&request, polling, "sid", out, sizeof out));
    assert_string_equal(out, "Ab-_9");
    assert_true(http_query(&request, polling, "transport", out, 8));
    assert_string_equal(out, "polling");
    assert_false(http_query(&request, polling, "transport", out, 7)); // no room
    assert_false(http_query(&request, polling, "IO", out, sizeof out));
    assert_false(http_query(&request, polling, "t", out, sizeof out));
}

static void queries(void **state) {
    (void)state;
    static const char text[] = "GET /a?x=1&x=2&y=&z&&=w&q=a=b HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_request request;
    char out[8];
    assert_int_equal(scan(&request, text, sizeof text - 1, NULL), HTTP_COMPLETE);
    assert_false(http_query(&request, text, "x", out, sizeof out)); // twice
    assert_true(http_query(&request, text, "y", out, sizeof out));
    assert_string_equal(out, "");
    assert_false(http_query(&request, text, "z", out, sizeof out));
    assert_true(http_query(&request, text, "q", out, sizeof out));
    assert_string_equal(out, "a=b");
    static const char none[] = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
                      empty[] = "GET /a? HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_int_equal(scan(&request, none, sizeof none - 1, NULL), HTTP_COMPLETE);
    assert_false(http_query(&request, none, "a", out, sizeof out));
    assert_int_equal(scan(&request, empty, sizeof empty - 1, NULL), HTTP_COMPLETE);
    assert_true(http_part_is(empty, request.path, "/a"));
    assert_int_equal(request.query.length, 0);
}

static void every_split_gives_the_same(void **state) {
    (void)state;
    for (size_t first = 0; first <= sizeof posting - 1; first++) {
        for (size_t second = first; second <= sizeof posting - 1; second++) {
            struct http_request request = {.method = HTTP_GET};
            size_t ends[] = {first, second, sizeof posting - 1};
            for (size_t i = 0; i < 3; i++) {
                // A new buffer of the exact size each time: nothing may point into the last one.
                char *bytes = malloc(ends[i] + 1);
                assert_non_null(bytes);
                memcpy(bytes, posting, ends[i]);
                assert_int_equal(http_request_scan(&request, bytes, ends[i], BODY_MAX, NULL),
                                 ends[i] == sizeof posting - 1 ? HTTP_COMPLETE : HTTP_INCOMPLETE);
                free(bytes);
            }
            assert_int_equal(request.head.length + request.head.body_length, sizeof posting - 1);
        }
    }
}

static void requests_one_after_the_other(void **state) {
    (void)state;
    char both[sizeof posting + sizeof polling];
    memcpy(both, posting, sizeof posting - 1);
    memcpy(both + sizeof posting - 1, polling, sizeof polling - 1);
    size_t length = sizeof posting + sizeof polling - 2;
    struct http_request request;
    assert_int_equal(scan(&request, both, length, NULL), HTTP_COMPLETE);
    assert_int_equal(request.head.length + request.head.body_length, sizeof posting - 1);
    size_t used = sizeof posting - 1;
    assert_int_equal(scan(&request, both + used, length - used, NULL), HTTP_COMPLETE);
    assert_int_equal(request.head.length, sizeof polling - 1);
}

static void faults_are_named_with_their_place(void **state) {
    (void)state;
    refused("\x16\x03\x01", 400, 0, "TLS");
    refused("GET / HTTP/1.1\nHost: a\n\n", 400, 14, "without carriage return");
    refused("GET / HTTP/1.1\rHost", 400, 15, "line feed must follow");
    refused("GET / HT\x01", 400, 8, "control character");
    refused("GET / HT\x7f", 400, 8, "control character");
    refused("\r\n", 400, 0, "too few parts");
    refused("GET /\r\n", 400, 5, "too few parts");
    refused("GET / HTTP/1.1 x\r\n", 400, 6, "HTTP/1.1 must stand");
    refused("GET / FTP/1.1\r\n", 400, 6, "HTTP/1.1 must stand");
    refused("GET / HTTP/2.0\r\n", 505, 6, "only HTTP/1.1");
    refused(" / HTTP/1.1\r\n", 400, 0, "method");
    refused("G(T / HTTP/1.1\r\n", 400, 0, "method");
    refused("GET  HTTP/1.1\r\n", 400, 4, "target");
    refused("GET http://a/ HTTP/1.1\r\n", 400, 4, "target");
    refused("OPTIONS * HTTP/1.1\r\n", 400, 8, "target");
    refused("GET / HTTP/1.1\r\nHost a\r\n", 400, 16, "no field");
    refused("GET / HTTP/1.1\r\nHost : a\r\n", 400, 16, "no field");
    refused("GET / HTTP/1.1\r\n: a\r\n", 400, 16, "no field");
    refused("GET / HTTP/1.1\r\nHost: a\r\n more\r\n", 400, 25, "no field");
    refused("GET / HTTP/1.1\r\n\r\n", 400, AT_END, "Host");
    refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, AT_END, "Host");
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400, 66,
            "Content-Length");
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400, AT_END, "Content-Length");
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,5\r\n\r\n", 400, AT_END, "Content-Length");
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400, AT_END, "Content-Length");
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999\r\n\r\n", 400, 62,
            "Content-Length");
    refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 501, AT_END,
            "Transfer-Encoding");
    refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413, AT_END,
            "longer than is taken");
}

static void sizes_are_bounded(void **state) {
    (void)state;
    struct http_request request;
    struct parse_error where;
    char *text = malloc(HTTP_HEAD_MAX + 100);
    assert_non_null(text);
    memset(text, 'a', HTTP_HEAD_MAX + 100);
    static const char begin[] = {'G', 'E', 'T', ' ', '/'};
    memcpy(text, begin, sizeof begin);
    assert_int_equal(scan(&request, text, HTTP_HEAD_MAX, &where), HTTP_INCOMPLETE);
    assert_int_equal(scan(&request, text, HTTP_HEAD_MAX + 1, &where), HTTP_REFUSED);
    assert_int_equal(request.head.refusal, 431);
    // Exactly the maximum is taken.
    static const char end[] = " HTTP/1.1\r\nHost: a\r\n\r\n";
    size_t tail = sizeof end - 1;
    for (size_t i = 0; i < tail; i++) {
        text[HTTP_HEAD_MAX - tail + i] = end[i];
    }
    assert_int_equal(scan(&request, text, HTTP_HEAD_MAX, &where), HTTP_COMPLETE);
    assert_int_equal(request.path.length, HTTP_HEAD_MAX - tail - 4);
    // Fields.
    for (size_t count = HTTP_FIELDS_MAX - 1; count <= HTTP_FIELDS_MAX; count++) {
        size_t at = (size_t)sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (size_t i = 0; i < count; i++) {
            at += (size_t)sprintf(text + at, "x: y\r\n");
        }
        at += (size_t)sprintf(text + at, "\r\n");
        assert_int_equal(scan(&request, text, at, &where),
                         count == HTTP_FIELDS_MAX ? HTTP_REFUSED : HTTP_COMPLETE);
    }
    assert_int_equal(request.head.refusal, 431);
    free(text);
}

static void keeping_the_connection(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool keep_alive;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, CLOSE\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request;
        assert_int_equal(scan(&request, cases[i].text, strlen(cases[i].text), NULL), HTTP_COMPLETE);
        assert_int_equal(request.head.keep_alive, cases[i].keep_alive);
    }
}

static void methods(void **state) {
    (void)state;
    static const char *const names[] = {"GET", "HEAD", "POST", "OPTIONS", "BREW"};
    for (size_t i = 0; i < 5; i++) {
        char text[64];
        struct http_request request;
        int length = snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: a\r\n\r\n", names[i]);
        assert_int_equal(scan(&request, text, (size_t)length, NULL), HTTP_COMPLETE);
        assert_int_equal(request.method, i);
    }
}

// Every byte of a request replaced by every other: an answer, no more; and what is complete ends where it should.
static void every_byte_flipped(void **state) {
    (void)state;
    unsigned complete = 0, incomplete = 0, refusals = 0;
    for (size_t at = 0; at < sizeof polling - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char *text = malloc(sizeof polling - 1);
            assert_non_null(text);
            memcpy(text, polling, sizeof polling - 1);
            text[at] = (char)byte;
            struct http_request request;
            struct parse_error where = {.reason = ""};
            switch (scan(&request, text, sizeof polling - 1, &where)) {
            case HTTP_COMPLETE:
                assert_int_equal(request.head.length, sizeof polling - 1);
                complete++;
                break;
            case HTTP_INCOMPLETE:
                incomplete++;
                break;
            case HTTP_REFUSED:
                assert_true(request.head.refusal >= 400 && where.reason[0] != '\0' &&
                            where.offset <= sizeof polling - 1);
                refusals++;
                break;
            }
            free(text);
        }
    }
    // The last CR LF CR LF: with another byte there, there is no way that it is complete.
    assert_true(complete > 10000 && refusals > 5000);
    assert_int_equal(incomplete, 0);
}

// --- responses -------------------------------------------------------------------------------------------------

static void responses(void **state) {
    (void)state;
    char text[HTTP_RESPONSE_HEAD_MAX + 8];
    size_t length;
    assert_true(http_write_response_head(text, &length, 200, "text/html", 2, "X: y\r\n", true));
    assert_int_equal(length,
                     strlen("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nX: y\r\n"
                            "Connection: keep-alive\r\n\r\n"));
    assert_memory_equal(text, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nX: y\r\n",
                        67);
    text[length] = 'o';
    text[length + 1] = 'k';
    for (size_t cut = 0; cut <= length + 2; cut++) {
        struct http_response response = {.status = 0};
        assert_int_equal(http_response_scan(&response, text, cut, 10, NULL),
                         cut == length + 2 ? HTTP_COMPLETE : HTTP_INCOMPLETE);
        assert_int_equal(response.status, cut >= length ? 200 : 0);
    }
    assert_true(http_write_response_head(text, &length, 204, "x", 0, "", false));
    struct http_response response = {.status = 0};
    assert_int_equal(http_response_scan(&response, text, length, 10, NULL), HTTP_COMPLETE);
    assert_int_equal(response.status, 204);
    assert_false(response.head.keep_alive);
    assert_null(strstr(text, "Content-Length"));
    char *fields = malloc(2000);
    assert_non_null(fields);
    memset(fields, 'x', 1999);
    fields[1999] = '\0';
    assert_false(http_write_response_head(text, &length, 200, "text/html", 2, fields, true));
    free(fields);
}

static void bad_responses(void **state) {
    (void)state;
    static const char *const texts[] = {
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 2x0 OK\r\n",
        "HTTP/1.1\r\n",
        "HTTP/3.0 200 OK\r\n",
        "GET / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct http_response response = {.status = 0};
        struct parse_error where = {.reason = ""};
        assert_int_equal(http_response_scan(&response, texts[i], strlen(texts[i]), 10, &where), HTTP_REFUSED);
        assert_string_not_equal(where.reason, "");
    }
    static const char no_reason[] = "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
                      words[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    struct http_response response = {.status = 0};
    assert_int_equal(http_response_scan(&response, no_reason, sizeof no_reason - 1, 10, NULL), HTTP_COMPLETE);
    response = (struct http_response){.status = 0};
    assert_int_equal(http_response_scan(&response, words, sizeof words - 1, 10, NULL), HTTP_COMPLETE);
    assert_true(http_part_is(words, response.head.start[2], "Not Found"));
    assert_string_equal(http_status_text(404), "Not Found");
    assert_string_equal(http_status_text(999), "Unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(queries),
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(requests_one_after_the_other),
        cmocka_unit_test(faults_are_named_with_their_place),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(keeping_the_connection),
        cmocka_unit_test(methods),
        cmocka_unit_test(every_byte_flipped),
        cmocka_unit_test(responses),
        cmocka_unit_test(bad_responses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
