// password-kex: from a Diffie-Hellman secret to protected messages. Before: protocols/password_kex.c, ciphers/hash/hkdf.c,
// ciphers/block/modes.c. After: protocols/password_kex_session.c.
//
// The README ends with "now, you can establish a Diffie-Hellman key exchange using these public keys", and says nothing of
// what follows. This is the plain, published way to go on: encrypt, then authenticate.
//
//   Z --HKDF--> | client's cipher key 32 | client's MAC key 32 | server's cipher key 32 | server's MAC key 32 |
//
//   message     | number 8 | AES-256-CTR of the text | HMAC-SHA256 32 |
//               '-----------------------------------' what the HMAC covers
//
// Why four keys. In counter mode two messages under one key and one counter show the XOR of their texts; each direction
// counts from 0, so each needs a key of its own. It also makes a message that is sent back to its sender worthless. The MAC
// has its own keys because no proof speaks for using one key for two purposes.
//
// Why the salt holds both public keys: the session keys then belong to these two keys and to no others. Two ends that agree on
// Z and yet disagree on who has which key get different session keys, and notice at the first message.
//
// Pitfalls
// - The counter block. The number takes its upper half, so the blocks of one message never run into those of the next: that
//   would take 2^64 blocks.
// - Check first, decrypt second: what was changed is never looked at.
// - A message that was recorded and sent again has a right MAC. Its number is not the expected one.

#include "protocols/password_kex_channel.h"

#include "ciphers/block/modes.h"
#include "ciphers/hash/hkdf.h"
#include "ciphers/hash/hmac.h"

#include <string.h>

static const char info[] = "password-kex session keys";

bool password_kex_derive(struct password_kex_channel *channel, const uint8_t *z, size_t z_length,
                         const uint8_t *server_key, size_t server_key_length, const uint8_t *client_key,
                         size_t client_key_length) {
    enum { KEYS = 2 * (PASSWORD_KEX_CIPHER_KEY_SIZE + PASSWORD_KEX_MAC_KEY_SIZE), SALT_MAX = 2048 };
    uint8_t keys[KEYS], salt[SALT_MAX];
    if (server_key_length > SALT_MAX || client_key_length > SALT_MAX - server_key_length) {
        return false;
    }
    memcpy(salt, server_key, server_key_length);
    memcpy(salt + server_key_length, client_key, client_key_length);
    bool derived = hkdf(hash_find("sha256"), keys, sizeof keys, salt, server_key_length + client_key_length,
                        z, z_length, (const uint8_t *)info, sizeof info - 1);
    struct password_kex_direction *directions[] = {&channel->from_client, &channel->from_server};
    const uint8_t *at = keys;
    for (size_t i = 0; i < 2 && derived; i++) {
        memcpy(directions[i]->cipher_key, at, PASSWORD_KEX_CIPHER_KEY_SIZE);
        memcpy(directions[i]->mac_key, at + PASSWORD_KEX_CIPHER_KEY_SIZE, PASSWORD_KEX_MAC_KEY_SIZE);
        directions[i]->next = 0;
        at += PASSWORD_KEX_CIPHER_KEY_SIZE + PASSWORD_KEX_MAC_KEY_SIZE;
    }
    secure_wipe(keys, sizeof keys);
    return derived;
}

void password_kex_put_number(uint8_t out[static PASSWORD_KEX_NUMBER_SIZE], uint64_t number) {
    for (size_t i = 0; i < PASSWORD_KEX_NUMBER_SIZE; i++) {
        out[i] = (uint8_t)(number >> (8 * (PASSWORD_KEX_NUMBER_SIZE - 1 - i)));
    }
}

uint64_t password_kex_get_number(const uint8_t in[static PASSWORD_KEX_NUMBER_SIZE]) {
    uint64_t number = 0;
    for (size_t i = 0; i < PASSWORD_KEX_NUMBER_SIZE; i++) {
        number = number << 8 | in[i];
    }
    return number;
}

// Counter mode is its own inverse.
static bool apply_keystream(const struct password_kex_direction *direction, uint8_t *out, uint64_t number,
                            const uint8_t *in, size_t length) {
    uint8_t counter_block[AES_BLOCK_SIZE] = {0};
    password_kex_put_number(counter_block, number);
    struct cipher_context cipher;
    size_t first, last;
    if (!cipher_init(&cipher, block_cipher_find("aes-256"), MODE_CTR, CIPHER_ENCRYPT, PADDING_NONE,
                     direction->cipher_key, sizeof direction->cipher_key, counter_block,
                     sizeof counter_block)) {
        return false;
    }
    cipher_update(&cipher, out, &first, in, length);
    return cipher_final(&cipher, out + first, &last);
}

static void compute_mac(const struct password_kex_direction *direction,
                        uint8_t mac[static PASSWORD_KEX_MAC_SIZE], uint64_t number, const uint8_t *ciphertext,
                        size_t length) {
    uint8_t covered[PASSWORD_KEX_NUMBER_SIZE];
    struct hmac_context hmac;
    password_kex_put_number(covered, number);
    hmac_init(&hmac, hash_find("sha256"), direction->mac_key, sizeof direction->mac_key);
    hmac_update(&hmac, covered, sizeof covered);
    hmac_update(&hmac, ciphertext, length);
    hmac_final(&hmac, mac);
}

bool password_kex_protect(struct password_kex_direction *direction, uint8_t *ciphertext,
                          uint8_t mac[static PASSWORD_KEX_MAC_SIZE], const uint8_t *text, size_t length) {
    if (direction->next == UINT64_MAX ||
        !apply_keystream(direction, ciphertext, direction->next, text, length)) {
        return false;
    }
    compute_mac(direction, mac, direction->next, ciphertext, length);
    direction->next++;
    return true;
}

enum password_kex_opened password_kex_open(struct password_kex_direction *direction, uint8_t *text,
                                           uint64_t number, const uint8_t *ciphertext, size_t length,
                                           const uint8_t mac[static PASSWORD_KEX_MAC_SIZE]) {
    uint8_t expected[PASSWORD_KEX_MAC_SIZE];
    compute_mac(direction, expected, number, ciphertext, length);
    bool right = secure_equal(mac, expected, sizeof expected);
    secure_wipe(expected, sizeof expected);
    if (!right) {
        return PASSWORD_KEX_WRONG_MAC;
    }
    if (number != direction->next || !apply_keystream(direction, text, number, ciphertext, length)) {
        return PASSWORD_KEX_WRONG_NUMBER;
    }
    direction->next++;
    return PASSWORD_KEX_OPENED;
}
