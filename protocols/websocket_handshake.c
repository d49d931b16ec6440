// The opening handshake of WebSocket: RFC 6455, section 4. It turns an HTTP connection into one on which both sides send
// messages whenever they like.
//
//     client                                                     server
//     GET /chat HTTP/1.1                                                            (4.1)
//     Host: server.example.com
//     Upgrade: websocket
//     Connection: Upgrade
//     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
//     Sec-WebSocket-Version: 13                        -------->
//                                                                HTTP/1.1 101 Switching Protocols      (4.2.2)
//                                                                Upgrade: websocket
//                                                                Connection: Upgrade
//                                                      <-------- Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
//     frames                                           <-------> frames
//
//     accept = base64(SHA-1(key ‖ "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))          (4.2.2, item 5.4)
//
// What the key is for, and what it is not: it is sent in the clear and anybody can compute the answer, so it proves nobody's
// identity and protects no data. It shows that the answer comes from something that speaks WebSocket, and was not kept by
// a cache or made by an HTTP server that copies fields. SHA-1's collisions do not matter for that.
//
// After the handshake come frames (section 5), which libwslay makes and reads: apps/common/websocket.c. Every byte that a
// client sends in them is masked with a key that is sent along: again no secrecy, but a script in a browser cannot choose
// the bytes on the wire, which old proxies took for HTTP requests (10.3).
//
// Worked example: section 1.3, in tests/test_websocket_handshake.c. Read next: engine_io.c.

#include "protocols/websocket_handshake.h"

#include "protocols/base64.h"

#include "bignum/random.h"
#include "ciphers/hash/sha1.h"

#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 16 };

const char *websocket_refusal_text(enum websocket_refusal refusal) {
    switch (refusal) {
    case WEBSOCKET_OK:
        return "nothing is wrong";
    case WEBSOCKET_NOT_GET:
        return "a WebSocket is opened with GET";
    case WEBSOCKET_OLD_HTTP:
        return "a WebSocket is opened with HTTP/1.1";
    case WEBSOCKET_NO_UPGRADE:
        return "Upgrade: websocket and Connection: Upgrade must be there";
    case WEBSOCKET_BAD_KEY:
        return "Sec-WebSocket-Key must be there once: 16 bytes in base64";
    case WEBSOCKET_BAD_VERSION:
        return "Sec-WebSocket-Version must be 13";
    case WEBSOCKET_NOT_SWITCHING:
        return "the server does not switch to WebSocket: its status is not 101";
    case WEBSOCKET_BAD_ACCEPT:
        return "Sec-WebSocket-Accept does not answer the key that was sent";
    case WEBSOCKET_UNASKED:
        return "the server chose an extension or a subprotocol that nobody asked for";
    }
    return "unknown refusal";
}

void websocket_accept(char accept[static WEBSOCKET_ACCEPT_LENGTH + 1],
                      const char key[static WEBSOCKET_KEY_LENGTH]) {
    static const char fixed[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t digest[SHA1_DIGEST_SIZE];
    struct sha1_context sha1;
    sha1_init(&sha1);
    sha1_update(&sha1, (const uint8_t *)key, WEBSOCKET_KEY_LENGTH);
    sha1_update(&sha1, (const uint8_t *)fixed, sizeof fixed - 1);
    sha1_final(&sha1, digest);
    base64_encode(accept, digest, sizeof digest);
    accept[WEBSOCKET_ACCEPT_LENGTH] = '\0';
}

// --- the server's side -----------------------------------------------------------------------------------------

bool websocket_is_asked(const struct http_request *request, const char *bytes) {
    return http_field_has(&request->head, bytes, "upgrade", "websocket");
}

static bool is_key(const char *key, size_t length) {
    uint8_t decoded[BASE64_DECODED_SIZE(WEBSOCKET_KEY_LENGTH)];
    size_t decoded_length;
    return length == WEBSOCKET_KEY_LENGTH &&
           base64_decode(decoded, &decoded_length, key, length, NULL) == BASE64_OK &&
           decoded_length == KEY_BYTES;
}

enum websocket_refusal websocket_answer(char out[static WEBSOCKET_HANDSHAKE_MAX], size_t *length,
                                        const struct http_request *request, const char *bytes) {
    const struct http_head *head = &request->head;
    const char *key, *version;
    size_t key_length, version_length;
    *length = 0;
    // The list of 4.2.1, items 1 and 3 to 6. Item 2, Host, is HTTP's and was checked there.
    if (request->method != HTTP_GET) {
        return WEBSOCKET_NOT_GET;
    }
    if (!http_part_is(bytes, head->start[2], "HTTP/1.1")) {
        return WEBSOCKET_OLD_HTTP;
    }
    if (!websocket_is_asked(request, bytes) || !http_field_has(head, bytes, "connection", "upgrade")) {
        return WEBSOCKET_NO_UPGRADE;
    }
    if (!http_field(head, bytes, "sec-websocket-key", &key, &key_length) || !is_key(key, key_length)) {
        return WEBSOCKET_BAD_KEY;
    }
    if (!http_field(head, bytes, "sec-websocket-version", &version, &version_length) || version_length != 2 ||
        memcmp(version, "13", 2) != 0) {
        return WEBSOCKET_BAD_VERSION;
    }
    // Extensions and subprotocols (items 7 to 10) may be offered; leaving them out of the answer declines them.
    char accept[WEBSOCKET_ACCEPT_LENGTH + 1];
    websocket_accept(accept, key);
    *length =
        (size_t)snprintf(out, WEBSOCKET_HANDSHAKE_MAX,
                         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Accept: %s\r\n\r\n",
                         accept);
    return WEBSOCKET_OK;
}

// --- the client's side -----------------------------------------------------------------------------------------

bool websocket_ask(char out[static WEBSOCKET_HANDSHAKE_MAX], size_t *length,
                   char key[static WEBSOCKET_KEY_LENGTH + 1], const char *target, const char *host) {
    uint8_t nonce[KEY_BYTES];
    *length = 0;
    if (!random_bytes(nonce, sizeof nonce)) {
        return false;
    }
    base64_encode(key, nonce, sizeof nonce);
    key[WEBSOCKET_KEY_LENGTH] = '\0';
    int begin = http_write_request(out, WEBSOCKET_HANDSHAKE_MAX, "GET", target, host);
    if (begin < 0 || begin >= WEBSOCKET_HANDSHAKE_MAX) {
        return false;
    }
    size_t left = WEBSOCKET_HANDSHAKE_MAX - (size_t)begin;
    int rest = snprintf(out + begin, left,
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                        "Sec-WebSocket-Version: 13\r\n\r\n",
                        key);
    *length = (size_t)begin + (size_t)rest;
    return rest > 0 && (size_t)rest < left;
}

enum websocket_refusal websocket_check(const struct http_response *response, const char *bytes,
                                       const char key[static WEBSOCKET_KEY_LENGTH]) {
    const struct http_head *head = &response->head;
    const char *value;
    size_t length;
    if (response->status != 101) {
        return WEBSOCKET_NOT_SWITCHING;
    }
    if (!http_field_has(head, bytes, "upgrade", "websocket") ||
        !http_field_has(head, bytes, "connection", "upgrade")) {
        return WEBSOCKET_NO_UPGRADE;
    }
    char accept[WEBSOCKET_ACCEPT_LENGTH + 1];
    websocket_accept(accept, key);
    if (!http_field(head, bytes, "sec-websocket-accept", &value, &length) ||
        length != WEBSOCKET_ACCEPT_LENGTH || memcmp(value, accept, length) != 0) {
        return WEBSOCKET_BAD_ACCEPT;
    }
    // Items 5 and 6: this client offers none, so none may be chosen.
    static const char *const unasked[] = {"sec-websocket-extensions", "sec-websocket-protocol"};
    for (size_t i = 0; i < sizeof unasked / sizeof unasked[0]; i++) {
        if (http_field(head, bytes, unasked[i], &value, &length) || length > 0) {
            return WEBSOCKET_UNASKED;
        }
    }
    return WEBSOCKET_OK;
}
