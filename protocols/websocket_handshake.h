// The opening handshake of WebSocket: RFC 6455, section 4. HTTP until both have agreed, then frames.
#ifndef PROTOCOLS_WEBSOCKET_HANDSHAKE_H
#define PROTOCOLS_WEBSOCKET_HANDSHAKE_H

#include "protocols/http_request.h"
#include "protocols/http_response.h"

// The client's key: 16 random bytes in base64; the server's answer: a SHA-1 in base64.
enum { WEBSOCKET_KEY_LENGTH = 24, WEBSOCKET_ACCEPT_LENGTH = 28, WEBSOCKET_HANDSHAKE_MAX = 1024 };

enum websocket_refusal {
    WEBSOCKET_OK,
    WEBSOCKET_NOT_GET,
    WEBSOCKET_OLD_HTTP,      // HTTP/1.0
    WEBSOCKET_NO_UPGRADE,    // no Upgrade: websocket, or no Connection: Upgrade
    WEBSOCKET_BAD_KEY,       // Sec-WebSocket-Key missing, twice, or not 16 bytes in base64
    WEBSOCKET_BAD_VERSION,   // Sec-WebSocket-Version is not 13
    WEBSOCKET_NOT_SWITCHING, // the rest is for clients: the status is not 101
    WEBSOCKET_BAD_ACCEPT,    // Sec-WebSocket-Accept does not answer our key
    WEBSOCKET_UNASKED,       // an extension or subprotocol that was not asked for
};
const char *websocket_refusal_text(enum websocket_refusal refusal);

// The answer to a key: base64(SHA-1(key ‖ a fixed text)), terminated (4.2.2, item 5.4).
void websocket_accept(char accept[static WEBSOCKET_ACCEPT_LENGTH + 1],
                      const char key[static WEBSOCKET_KEY_LENGTH]);

// Server. True when the request asks to upgrade, rightly or wrongly: then check it.
bool websocket_is_asked(const struct http_request *request, const char *bytes);
// Checks a complete request (4.2.1) and writes the response that switches (4.2.2).
MUST_CHECK enum websocket_refusal websocket_answer(char out[static WEBSOCKET_HANDSHAKE_MAX], size_t *length,
                                                   const struct http_request *request, const char *bytes);

// Client. Draws a key and writes the request (4.1). False when the generator of random bytes fails or target and host
// are too long.
MUST_CHECK bool websocket_ask(char out[static WEBSOCKET_HANDSHAKE_MAX], size_t *length,
                              char key[static WEBSOCKET_KEY_LENGTH + 1], const char *target,
                              const char *host);
// Checks a complete response (4.1, the list at its end).
MUST_CHECK enum websocket_refusal websocket_check(const struct http_response *response, const char *bytes,
                                                  const char key[static WEBSOCKET_KEY_LENGTH]);

#endif
