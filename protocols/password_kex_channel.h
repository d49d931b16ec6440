// password-kex, what comes after the proofs: session keys from a Diffie-Hellman secret, and messages protected with them.
#ifndef PROTOCOLS_PASSWORD_KEX_CHANNEL_H
#define PROTOCOLS_PASSWORD_KEX_CHANNEL_H

#include "bignum/secure.h"

#include <stdint.h>

enum {
    PASSWORD_KEX_CIPHER_KEY_SIZE = 32, // AES-256
    PASSWORD_KEX_MAC_KEY_SIZE = 32,
    PASSWORD_KEX_MAC_SIZE = 32, // HMAC-SHA256
};

// One direction.
struct password_kex_direction {
    uint8_t cipher_key[PASSWORD_KEX_CIPHER_KEY_SIZE];
    uint8_t mac_key[PASSWORD_KEX_MAC_KEY_SIZE];
    uint64_t next; // the number of the next message
};

struct password_kex_channel {
    struct password_kex_direction from_client, from_server;
};

// HKDF-SHA256 (RFC 5869): salt = DER(server key) || DER(client key), IKM = Z, info = "password-kex session keys", 128 bytes:
// the client's cipher key and MAC key, then the server's.
MUST_CHECK bool password_kex_derive(struct password_kex_channel *channel, const uint8_t *z, size_t z_length,
                                    const uint8_t *server_key, size_t server_key_length,
                                    const uint8_t *client_key, size_t client_key_length);

// AES-256-CTR, the first counter block being the message's number (8 bytes) and 8 zero bytes; then HMAC-SHA256 over the number
// and the ciphertext. ciphertext may be text. The number used is direction->next before the call.
MUST_CHECK bool password_kex_protect(struct password_kex_direction *direction, uint8_t *ciphertext,
                                     uint8_t mac[static PASSWORD_KEX_MAC_SIZE], const uint8_t *text,
                                     size_t length);

enum password_kex_opened {
    PASSWORD_KEX_OPENED,
    PASSWORD_KEX_WRONG_MAC,    // nothing is decrypted
    PASSWORD_KEX_WRONG_NUMBER, // an earlier message again, or one is missing
};
MUST_CHECK enum password_kex_opened password_kex_open(struct password_kex_direction *direction, uint8_t *text,
                                                      uint64_t number, const uint8_t *ciphertext,
                                                      size_t length,
                                                      const uint8_t mac[static PASSWORD_KEX_MAC_SIZE]);

// A message's number as it goes over the wire, most significant byte first.
enum { PASSWORD_KEX_NUMBER_SIZE = 8 };
void password_kex_put_number(uint8_t out[static PASSWORD_KEX_NUMBER_SIZE], uint64_t number);
uint64_t password_kex_get_number(const uint8_t in[static PASSWORD_KEX_NUMBER_SIZE]);

#endif
