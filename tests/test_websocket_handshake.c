// protocols/websocket_handshake: RFC 6455's example, both ends against each other, and every way to get it wrong.
#include "tests/support.h"

#include "protocols/websocket_handshake.h"

#include "bignum/random.h"

#include <stdlib.h>
#include <string.h>

static void rfc6455_section_1_3(void **state) {
    (void)state;
    char accept[WEBSOCKET_ACCEPT_LENGTH + 1];
    websocket_accept(accept, "dGhlIHNhbXBsZSBub25jZQ==");
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

// The server's answer to a request text; WEBSOCKET_OK is 0.
static enum websocket_refusal answer(const char *text, char out[static WEBSOCKET_HANDSHAKE_MAX],
                                     size_t *length) {
    struct http_request request = {.method = HTTP_GET};
    assert_int_equal(http_request_scan(&request, text, strlen(text), 0, NULL), HTTP_COMPLETE);
    return websocket_answer(out, length, &request, text);
}

#define REST(key, version) "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" key version "\r\n"
#define KEY                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION            "Sec-WebSocket-Version: 13\r\n"

static void the_server_answers(void **state) {
    (void)state;
    char out[WEBSOCKET_HANDSHAKE_MAX];
    size_t length;
    assert_int_equal(answer("GET /chat HTTP/1.1\r\n" REST(KEY, VERSION), out, &length), WEBSOCKET_OK);
    static const char expected[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    assert_int_equal(length, sizeof expected - 1);
    assert_memory_equal(out, expected, length);
    // As browsers write it: a list, other cases, extensions offered.
    assert_int_equal(
        answer("GET / HTTP/1.1\r\nHost: a\r\nupgrade: WebSocket\r\nCONNECTION: keep-alive, upgrade\r\n" KEY
                   VERSION "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
               out, &length),
        WEBSOCKET_OK);
    assert_null(strstr(out, "Extensions"));
}

static void the_server_refuses(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum websocket_refusal refusal;
    } cases[] = {
        {"HEAD / HTTP/1.1\r\n" REST(KEY, VERSION), WEBSOCKET_NOT_GET},
        {"GET / HTTP/1.0\r\n" REST(KEY, VERSION), WEBSOCKET_OLD_HTTP},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" KEY VERSION "\r\n", WEBSOCKET_NO_UPGRADE},
        {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n" KEY VERSION "\r\n",
         WEBSOCKET_NO_UPGRADE},
        {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: close\r\n" KEY VERSION "\r\n",
         WEBSOCKET_NO_UPGRADE},
        {"GET / HTTP/1.1\r\n" REST("", VERSION), WEBSOCKET_BAD_KEY},
        {"GET / HTTP/1.1\r\n" REST(KEY KEY, VERSION), WEBSOCKET_BAD_KEY},
        {"GET / HTTP/1.1\r\n" REST("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n", VERSION),
         WEBSOCKET_BAD_KEY},
        {"GET / HTTP/1.1\r\n" REST("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!=\r\n", VERSION),
         WEBSOCKET_BAD_KEY},
        {"GET / HTTP/1.1\r\n" REST("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSEh\r\n", VERSION),
         WEBSOCKET_BAD_KEY}, // 18 bytes
        {"GET / HTTP/1.1\r\n" REST(KEY, ""), WEBSOCKET_BAD_VERSION},
        {"GET / HTTP/1.1\r\n" REST(KEY, "Sec-WebSocket-Version: 8\r\n"), WEBSOCKET_BAD_VERSION},
        {"GET / HTTP/1.1\r\n" REST(KEY, "Sec-WebSocket-Version: 130\r\n"), WEBSOCKET_BAD_VERSION},
        {"GET / HTTP/1.1\r\n" REST(KEY, VERSION VERSION), WEBSOCKET_BAD_VERSION},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[WEBSOCKET_HANDSHAKE_MAX];
        size_t length;
        if (answer(cases[i].text, out, &length) != cases[i].refusal || length != 0) {
            fail_msg("%s", cases[i].text);
        }
    }
    for (enum websocket_refusal refusal = WEBSOCKET_OK; refusal <= WEBSOCKET_UNASKED; refusal++) {
        assert_string_not_equal(websocket_refusal_text(refusal), "unknown refusal");
    }
}

static enum websocket_refusal check(const char *text, const char *key) {
    struct http_response response = {.status = 0};
    assert_int_equal(http_response_scan(&response, text, strlen(text), 1000, NULL), HTTP_COMPLETE);
    return websocket_check(&response, text, key);
}

static void both_ends_agree(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 6455);
    random_set_source(test_random_source, &random);
    char last[WEBSOCKET_KEY_LENGTH + 1] = "";
    for (int i = 0; i < 100; i++) {
        char ask[WEBSOCKET_HANDSHAKE_MAX + 1], out[WEBSOCKET_HANDSHAKE_MAX + 1],
            key[WEBSOCKET_KEY_LENGTH + 1];
        size_t length;
        assert_true(
            websocket_ask(ask, &length, key, "/socket.io/?EIO=4&transport=websocket", "localhost:5000"));
        assert_int_equal(length, strlen(ask));
        assert_string_not_equal(key, last); // fresh each time (4.1, item 7)
        memcpy(last, key, sizeof last);
        assert_int_equal(answer(ask, out, &length), WEBSOCKET_OK);
        out[length] = '\0';
        assert_int_equal(check(out, key), WEBSOCKET_OK);
        key[3] ^= 1;
        assert_int_equal(check(out, key), WEBSOCKET_BAD_ACCEPT);
    }
    random_set_source(NULL, NULL);
    char *target = malloc(2000);
    assert_non_null(target);
    memset(target, '/', 1999);
    target[1999] = '\0';
    for (size_t length = 700; length < 2000; length++) { // too long, at every place where the room may end
        char out[WEBSOCKET_HANDSHAKE_MAX], key[WEBSOCKET_KEY_LENGTH + 1];
        size_t written;
        bool fits = websocket_ask(out, &written, key, target + 1999 - length, "a");
        assert_int_equal(
            fits, length +
                          strlen("GET  HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Key: \r\nSec-WebSocket-Version: 13\r\n\r\n") +
                          WEBSOCKET_KEY_LENGTH <
                      WEBSOCKET_HANDSHAKE_MAX);
    }
    free(target);
}

static bool no_random(void *context, uint8_t *out, size_t length) {
    (void)context, (void)out, (void)length;
    return false;
}

static void no_key_without_random_bytes(void **state) {
    (void)state;
    char out[WEBSOCKET_HANDSHAKE_MAX], key[WEBSOCKET_KEY_LENGTH + 1];
    size_t length;
    random_set_source(no_random, NULL);
    assert_false(websocket_ask(out, &length, key, "/", "a"));
    random_set_source(NULL, NULL);
}

#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
static void the_client_checks(void **state) {
    (void)state;
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
    static const struct {
        const char *text;
        enum websocket_refusal refusal;
    } cases[] = {
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", WEBSOCKET_OK},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT
         "\r\n",
         WEBSOCKET_NOT_SWITCHING},
        {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", WEBSOCKET_NO_UPGRADE},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n" ACCEPT "\r\n", WEBSOCKET_NO_UPGRADE},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", WEBSOCKET_BAD_ACCEPT},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT ACCEPT "\r\n",
         WEBSOCKET_BAD_ACCEPT},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
         "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
         WEBSOCKET_BAD_ACCEPT},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT
         "Sec-WebSocket-Extensions: x\r\n\r\n",
         WEBSOCKET_UNASKED},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT
         "Sec-WebSocket-Protocol: x\r\n\r\n",
         WEBSOCKET_UNASKED},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT
         "Sec-WebSocket-Protocol:\r\n\r\n",
         WEBSOCKET_UNASKED},
        {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT
         "Sec-WebSocket-Extensions: x\r\nSec-WebSocket-Extensions: x\r\n\r\n",
         WEBSOCKET_UNASKED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (check(cases[i].text, key) != cases[i].refusal) {
            fail_msg("%s", cases[i].text);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc6455_section_1_3),         cmocka_unit_test(the_server_answers),
        cmocka_unit_test(the_server_refuses),          cmocka_unit_test(both_ends_agree),
        cmocka_unit_test(no_key_without_random_bytes), cmocka_unit_test(the_client_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
