// HTTP requests and responses, and the WebSocket handshake in them: in two pieces or in one, the answer is the same.
#include "tests/fuzz/fuzz.h"

#include "protocols/websocket_handshake.h"

#include <string.h>

enum { BODY_MAX = 100 };

static void look_into(const struct http_request *request, const char *bytes, size_t length) {
    char value[16], answer[WEBSOCKET_HANDSHAKE_MAX];
    size_t value_length;
    const char *field;
    HOLDS(request->head.length <= length && request->head.body_length <= length - request->head.length);
    HOLDS(request->path.length > 0 && bytes[request->path.offset] == '/');
    if (http_query(request, bytes, "sid", value, sizeof value)) {
        HOLDS(strlen(value) < sizeof value);
    }
    for (size_t i = 0; i < request->head.count; i++) {
        HOLDS((size_t)request->head.fields[i].value.offset + request->head.fields[i].value.length <=
              request->head.length);
    }
    if (http_field(&request->head, bytes, "sec-websocket-key", &field, &value_length)) {
        HOLDS(field >= bytes && field + value_length <= bytes + request->head.length);
    }
    enum websocket_refusal refusal = websocket_answer(answer, &value_length, request, bytes);
    HOLDS((refusal == WEBSOCKET_OK) == (value_length > 0));
    if (refusal == WEBSOCKET_OK) {
        struct http_response response = {.status = 0};
        HOLDS(websocket_is_asked(request, bytes));
        HOLDS(http_response_scan(&response, answer, value_length, 0, NULL) == HTTP_COMPLETE);
        HOLDS(http_field(&request->head, bytes, "sec-websocket-key", &field, &value_length));
        HOLDS(websocket_check(&response, answer, field) == WEBSOCKET_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    size_t first = fuzz_number(&input, 1000);
    const char *bytes = (const char *)input.bytes;
    first = first < input.length ? first : input.length;
    struct http_request whole = {.method = HTTP_GET}, pieces = {.method = HTTP_GET};
    struct parse_error where = {.reason = ""}, other = {.reason = ""};
    enum http_progress one = http_request_scan(&whole, bytes, input.length, BODY_MAX, &where);
    enum http_progress two = http_request_scan(&pieces, bytes, first, BODY_MAX, &other);
    if (two == HTTP_INCOMPLETE) {
        two = http_request_scan(&pieces, bytes, input.length, BODY_MAX, &other);
    }
    HOLDS(one == two);
    if (one == HTTP_REFUSED) {
        HOLDS(where.offset <= input.length && where.offset == other.offset && where.reason[0] != '\0');
        HOLDS(whole.head.refusal >= 400 && whole.head.refusal == pieces.head.refusal);
    } else if (one == HTTP_COMPLETE) {
        look_into(&whole, bytes, input.length);
    }
    struct http_response response = {.status = 0};
    where.reason[0] = '\0';
    switch (http_response_scan(&response, bytes, input.length, BODY_MAX, &where)) {
    case HTTP_COMPLETE:
        HOLDS(response.status <= 999 && response.head.length + response.head.body_length <= input.length);
        HOLDS(websocket_check(&response, bytes, "dGhlIHNhbXBsZSBub25jZQ==") <= WEBSOCKET_UNASKED);
        break;
    case HTTP_INCOMPLETE:
        break;
    case HTTP_REFUSED:
        HOLDS(where.reason[0] != '\0');
        break;
    }
    return 0;
}
