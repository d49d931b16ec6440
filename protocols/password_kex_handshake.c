// password-kex's handshake: messages 1 to 6, up to the session keys. Before: protocols/password_kex_session.c, which has the
// drawing of it.

#include "protocols/password_kex_parts.h"

#include "bignum/encoding.h"
#include "ciphers/public/dh.h"

#include <stdio.h>
#include <string.h>

// A message of one field of bytes.
static void send_bytes(struct password_kex_session *session, const struct message_type *type,
                       const uint8_t *bytes, size_t length, const struct narration *narration) {
    const struct field_value value = {.bytes = bytes, .length = length};
    if (!stream_send(&session->stream, type, &value, narration)) {
        password_kex_fail(session, PASSWORD_KEX_NO_ROOM);
    }
}

static const uint8_t *field(const struct message *message, size_t i, size_t *length) {
    *length = message->fields[i].length;
    return message->bytes + message->fields[i].offset;
}

// "126 + 126 + 18": how a message is cut into OAEP blocks.
enum { PIECES_SIZE = 100 };
static void tell_pieces(const struct password_kex_session *session, struct narration *narration,
                        char text[static PIECES_SIZE], size_t length) {
    size_t capacity = password_kex_block_capacity(session->kex.hash), at = 0;
    text[0] = '\0';
    for (size_t done = 0; done < length && at < PIECES_SIZE; done += capacity) {
        size_t part = length - done < capacity ? length - done : capacity;
        at += (size_t)snprintf(text + at, PIECES_SIZE - at, "%s%zu", done == 0 ? "" : " + ", part);
    }
    tell_text(narration, "pieces", "bytes; OAEP leaves k - 2*hLen - 2 of a block's 256 (RFC 8017, 7.1.1)",
              text);
}

static void keep_peer_key(struct password_kex_session *session, const uint8_t *key, size_t length) {
    memcpy(session->peer_key, key, length);
    session->peer_key_length = length;
}

// --- 1 and 2: the server's key, the client's proof -------------------------------------------------------------

void password_kex_send_public_key(struct password_kex_session *session) {
    struct narration narration = {0};
    const struct password_kex *kex = &session->kex;
    tell_integer(&narration, "p", "the larger prime, secret", kex->private_key.p);
    tell_integer(&narration, "q", "the smaller one, secret", kex->private_key.q);
    tell_integer(&narration, "e", "the public exponent", kex->private_key.public.e);
    send_bytes(session, &password_kex_server_public_key, kex->public_key, kex->public_key_length, &narration);
}

// A proof, step by step.
struct explained_proof {
    uint8_t hashed_password[HASH_DIGEST_SIZE_MAX], proof[HASH_DIGEST_SIZE_MAX];
};
static void tell_proof(const struct password_kex_session *session, struct narration *narration,
                       struct explained_proof *explained, const uint8_t *key, size_t key_length, bool sent) {
    const struct hash_algorithm *hash = session->kex.hash;
    password_kex_proof(hash, explained->proof, explained->hashed_password, key, key_length);
    if (!sent) {
        tell_bytes(narration, "proof", "computed here, from the H(password) and the key of this end",
                   explained->proof, hash->digest_size);
        return;
    }
    tell_text(narration, "H", "the hash, at both ends the same (--hash; FIPS 180-4)", hash->name);
    tell_bytes(narration, "H(password)", "secret. The server keeps it in its data folder",
               explained->hashed_password, hash->digest_size);
    tell_bytes(narration, "proof", "H(H(password) || DER(key)), secret", explained->proof, hash->digest_size);
}

// Client: the proof, and right behind it the client's own key. The server need not be waited for: it has nothing to say
// between the two.
static void send_packets(struct password_kex_session *session) {
    uint8_t packet[PASSWORD_KEX_PACKET_SIZE], blocks[PASSWORD_KEX_MESSAGE_MAX];
    size_t length;
    struct password_kex *kex = &session->kex;
    enum password_kex_reason reason =
        password_kex_client_packet(kex, packet, session->password, session->password_length,
                                   session->peer_key, session->peer_key_length);
    if (reason == PASSWORD_KEX_OK) {
        reason = password_kex_encrypt_message(kex, blocks, &length, kex->public_key, kex->public_key_length,
                                              session->peer_key, session->peer_key_length);
    }
    if (reason != PASSWORD_KEX_OK) {
        password_kex_fail_at_message(session, reason);
        return;
    }
    struct explained_proof explained;
    struct narration narration = {0};
    char pieces[PIECES_SIZE];
    password_kex_hash_password(kex, explained.hashed_password, session->password, session->password_length);
    tell_proof(session, &narration, &explained, session->peer_key, session->peer_key_length, true);
    const struct field_value values[] = {
        {.bytes = (const uint8_t *)session->username, .length = strlen(session->username)},
        {.bytes = packet, .length = sizeof packet}};
    if (!stream_send(&session->stream, &password_kex_first_client_packet, values, &narration)) {
        password_kex_fail(session, PASSWORD_KEX_NO_ROOM);
    }
    secure_wipe(&explained, sizeof explained);
    narration.count = 0;
    tell_bytes(&narration, "DER(client key)", "the key, before it is cut into pieces", kex->public_key,
               kex->public_key_length);
    tell_pieces(session, &narration, pieces, kex->public_key_length);
    send_bytes(session, &password_kex_second_client_packet, blocks, length, &narration);
}

// Client, message 1.
void password_kex_take_public_key(struct password_kex_session *session, const struct message *message) {
    size_t length;
    const uint8_t *key = field(message, 0, &length);
    if (password_kex_check_key(key, length) != PASSWORD_KEX_OK) {
        password_kex_fail_at_message(session, PASSWORD_KEX_BAD_KEY);
        return;
    }
    keep_peer_key(session, key, length);
    stream_explain(&session->stream, message, NULL,
                   "strict DER, an odd n of 2048 bits, an odd e; not whose key it is");
    session->state = PASSWORD_KEX_AWAIT_SERVER_PACKET;
    send_packets(session);
}

// Server, message 2. Its text from outside is a name only once it has been checked; before, it is not even a C string.
void password_kex_take_first_packet(struct password_kex_session *session, const struct message *message,
                                    struct party_event *event) {
    struct password_kex *kex = &session->kex;
    char name[PASSWORD_KEX_NAME_MAX + 1] = "";
    size_t name_length, packet_length;
    const uint8_t *sent_name = field(message, 0, &name_length);
    const uint8_t *packet = field(message, 1, &packet_length);
    if (memchr(sent_name, '\0', name_length) == NULL) {
        memcpy(name, sent_name, name_length);
    }
    struct explained_proof explained;
    if (password_kex_name_is_good(name)) {
        memcpy(session->username, name, sizeof name);
    }
    enum password_kex_reason reason =
        password_kex_authenticate_client(kex, name, packet, packet_length, session->options.store);
    if (reason != PASSWORD_KEX_OK) {
        password_kex_fail_at_message(session, reason);
        return;
    }
    struct narration narration = {0};
    if (password_kex_get_hashed_password(kex, explained.hashed_password, session->username,
                                         session->options.store)) {
        tell_proof(session, &narration, &explained, kex->public_key, kex->public_key_length, false);
    }
    stream_explain(&session->stream, message, &narration,
                   "the packet decrypts to the same proof, compared in constant time: the client knows the "
                   "password and has this server's key");
    secure_wipe(&explained, sizeof explained);
    session->state = PASSWORD_KEX_AWAIT_SECOND_PACKET;
    password_kex_notice(session, event, PARTY_NOTICE, "%s has proved the password", session->username);
}

// --- 3 and 4: the client's key, the server's proof -------------------------------------------------------------

// Server, message 3.
void password_kex_take_second_packet(struct password_kex_session *session, const struct message *message) {
    struct password_kex *kex = &session->kex;
    uint8_t key[PASSWORD_KEX_MESSAGE_MAX], packet[PASSWORD_KEX_PACKET_SIZE];
    struct explained_proof explained;
    size_t blocks_length, key_length;
    const uint8_t *blocks = field(message, 0, &blocks_length);
    enum password_kex_reason reason =
        password_kex_decrypt_message(kex, key, &key_length, blocks, blocks_length);
    if (reason == PASSWORD_KEX_OK &&
        !password_kex_get_hashed_password(kex, explained.hashed_password, session->username,
                                          session->options.store)) {
        reason = PASSWORD_KEX_UNKNOWN_USER; // deleted between two messages
    }
    if (reason == PASSWORD_KEX_OK) {
        reason = password_kex_server_packet(kex, packet, explained.hashed_password, key, key_length);
    }
    if (reason != PASSWORD_KEX_OK) {
        password_kex_fail_at_message(session, reason);
    } else {
        keep_peer_key(session, key, key_length); // a key that has just been used is one, and so fits
        struct narration narration = {0};
        tell_bytes(&narration, "DER(client key)", "the decrypted blocks, put together", key, key_length);
        stream_explain(
            &session->stream, message, &narration,
            "every block decrypts, and the whole is an RSA public key of 2048 bits. Nothing shows who "
            "sent it");
        narration.count = 0;
        tell_proof(session, &narration, &explained, key, key_length, true);
        session->state = PASSWORD_KEX_AWAIT_CLIENT_HALF;
        send_bytes(session, &password_kex_server_packet_message, packet, sizeof packet, &narration);
    }
    secure_wipe(&explained, sizeof explained);
}

// --- 5 and 6: Diffie-Hellman -----------------------------------------------------------------------------------

// Draws this end's half, and encrypts it to the peer's key.
static enum password_kex_reason make_half(struct password_kex_session *session, uint8_t *blocks,
                                          size_t *length) {
    uint8_t half[PASSWORD_KEX_HALF_SIZE];
    if (!bn_group_find(&session->group, "ffdhe2048") ||
        !dh_generate(&session->group, session->private_half, session->public_half) ||
        !bn_i2osp(half, sizeof half, session->public_half)) {
        return PASSWORD_KEX_NO_RANDOM;
    }
    return password_kex_encrypt_message(&session->kex, blocks, length, half, sizeof half, session->peer_key,
                                        session->peer_key_length);
}

// The peer's half, checked; z becomes the shared secret.
static enum password_kex_reason take_half(struct password_kex_session *session, const struct message *message,
                                          mpz_t peer_half, uint8_t z[static PASSWORD_KEX_HALF_SIZE]) {
    uint8_t half[PASSWORD_KEX_MESSAGE_MAX];
    size_t blocks_length, half_length;
    const uint8_t *blocks = field(message, 0, &blocks_length);
    enum password_kex_reason reason =
        password_kex_decrypt_message(&session->kex, half, &half_length, blocks, blocks_length);
    if (reason != PASSWORD_KEX_OK) {
        return reason;
    }
    bn_os2ip(peer_half, half, half_length);
    if (half_length != PASSWORD_KEX_HALF_SIZE || !bn_group_check_public(&session->group, peer_half)) {
        return PASSWORD_KEX_BAD_PUBLIC_VALUE;
    }
    mpz_t secret;
    mpz_init(secret);
    bool agreed = dh_shared_secret(&session->group, secret, session->private_half, peer_half) &&
                  dh_secret_bytes(&session->group, z, secret);
    bn_wipe_clears(secret, NULL);
    return agreed ? PASSWORD_KEX_OK : PASSWORD_KEX_BAD_SECRET;
}

static bool derive(struct password_kex_session *session, const uint8_t z[static PASSWORD_KEX_HALF_SIZE]) {
    bool server = session->role == PASSWORD_KEX_SERVER;
    const struct password_kex *kex = &session->kex;
    const uint8_t *own = kex->public_key, *peer = session->peer_key;
    size_t own_length = kex->public_key_length, peer_length = session->peer_key_length;
    return password_kex_derive(&session->channel, z, PASSWORD_KEX_HALF_SIZE, server ? own : peer,
                               server ? own_length : peer_length, server ? peer : own,
                               server ? peer_length : own_length);
}

static void tell_keys(const struct password_kex_session *session, struct narration *narration,
                      const uint8_t z[static PASSWORD_KEX_HALF_SIZE]) {
    const struct password_kex_channel *channel = &session->channel;
    tell_bytes(narration, "Z", "the shared secret, 256 bytes, leading zeros kept (5.7.1.1)", z,
               PASSWORD_KEX_HALF_SIZE);
    tell_text(narration, "session keys",
              "HKDF-SHA256(salt = DER(server key) || DER(client key), Z, info), 128 bytes in all (RFC 5869)",
              "info = \"password-kex session keys\"");
    tell_bytes(narration, "client cipher key", "bytes 0 to 31", channel->from_client.cipher_key,
               PASSWORD_KEX_CIPHER_KEY_SIZE);
    tell_bytes(narration, "client MAC key", "bytes 32 to 63", channel->from_client.mac_key,
               PASSWORD_KEX_MAC_KEY_SIZE);
    tell_bytes(narration, "server cipher key", "bytes 64 to 95", channel->from_server.cipher_key,
               PASSWORD_KEX_CIPHER_KEY_SIZE);
    tell_bytes(narration, "server MAC key", "bytes 96 to 127", channel->from_server.mac_key,
               PASSWORD_KEX_MAC_KEY_SIZE);
}

// Client, message 4: is it the real server? From here on the password is not needed.
void password_kex_take_server_packet(struct password_kex_session *session, const struct message *message,
                                     struct party_event *event) {
    struct password_kex *kex = &session->kex;
    size_t packet_length, length;
    const uint8_t *packet = field(message, 0, &packet_length);
    enum password_kex_reason reason = password_kex_authenticate_server(
        kex, session->password, session->password_length, packet, packet_length);
    struct explained_proof explained;
    password_kex_hash_password(kex, explained.hashed_password, session->password, session->password_length);
    secure_wipe(session->password, sizeof session->password);
    uint8_t blocks[PASSWORD_KEX_MESSAGE_MAX];
    struct narration narration = {0};
    if (reason == PASSWORD_KEX_OK) {
        tell_proof(session, &narration, &explained, kex->public_key, kex->public_key_length, false);
        stream_explain(
            &session->stream, message, &narration,
            "the packet decrypts to the same proof, compared in constant time: the server knows the "
            "password's hash and has this client's key");
        reason = make_half(session, blocks, &length);
    }
    secure_wipe(&explained, sizeof explained);
    if (reason != PASSWORD_KEX_OK) {
        password_kex_fail_at_message(session, reason);
        return;
    }
    narration.count = 0;
    tell_integer(&narration, "xc", "the client's secret, drawn from 1 to q-1", session->private_half);
    char pieces[PIECES_SIZE];
    tell_integer(&narration, "Yc", "g^xc mod p", session->public_half);
    tell_pieces(session, &narration, pieces, PASSWORD_KEX_HALF_SIZE);
    session->state = PASSWORD_KEX_AWAIT_SERVER_HALF;
    send_bytes(session, &password_kex_client_half, blocks, length, &narration);
    password_kex_notice(session, event, PARTY_NOTICE, "The server has proved that it knows the password.");
}

// Server, message 5: its own half, and the session keys.
void password_kex_take_client_half(struct password_kex_session *session, const struct message *message,
                                   struct party_event *event) {
    uint8_t z[PASSWORD_KEX_HALF_SIZE], blocks[PASSWORD_KEX_MESSAGE_MAX];
    size_t length = 0;
    mpz_t peer_half;
    mpz_init(peer_half);
    enum password_kex_reason reason = make_half(session, blocks, &length);
    if (reason == PASSWORD_KEX_OK) {
        reason = take_half(session, message, peer_half, z);
    }
    if (reason == PASSWORD_KEX_OK && !derive(session, z)) {
        reason = PASSWORD_KEX_BAD_SECRET;
    }
    if (reason != PASSWORD_KEX_OK) {
        password_kex_fail_at_message(session, reason);
    } else {
        struct narration narration = {0};
        tell_integer(&narration, "Yc", "the decrypted blocks, as a number", peer_half);
        stream_explain(
            &session->stream, message, &narration,
            "1 < y < p-1, and y^q mod p = 1: y is in the large subgroup (SP 800-56A r3, 5.6.2.3.1)");
        narration.count = 0;
        tell_integer(&narration, "xs", "the server's secret, drawn from 1 to q-1", session->private_half);
        char pieces[PIECES_SIZE];
        tell_integer(&narration, "Ys", "g^xs mod p", session->public_half);
        tell_pieces(session, &narration, pieces, PASSWORD_KEX_HALF_SIZE);
        tell_keys(session, &narration, z);
        session->state = PASSWORD_KEX_AWAIT_MESSAGE;
        send_bytes(session, &password_kex_server_half, blocks, length, &narration);
        password_kex_notice(session, event, PARTY_ESTABLISHED, "session keys agreed with %s",
                            session->username);
    }
    secure_wipe(z, sizeof z);
    bn_wipe_clears(peer_half, NULL);
}

// Client, message 6.
void password_kex_take_server_half(struct password_kex_session *session, const struct message *message,
                                   struct party_event *event) {
    uint8_t z[PASSWORD_KEX_HALF_SIZE];
    mpz_t peer_half;
    mpz_init(peer_half);
    enum password_kex_reason reason = take_half(session, message, peer_half, z);
    if (reason == PASSWORD_KEX_OK && !derive(session, z)) {
        reason = PASSWORD_KEX_BAD_SECRET;
    }
    if (reason != PASSWORD_KEX_OK) {
        password_kex_fail_at_message(session, reason);
    } else {
        struct narration narration = {0};
        tell_integer(&narration, "Ys", "the decrypted blocks, as a number", peer_half);
        tell_keys(session, &narration, z);
        stream_explain(
            &session->stream, message, &narration,
            "1 < y < p-1, and y^q mod p = 1: y is in the large subgroup (SP 800-56A r3, 5.6.2.3.1)");
        session->state = PASSWORD_KEX_MAY_SPEAK;
        password_kex_notice(session, event, PARTY_ESTABLISHED,
                            "Session keys are agreed. Say one line; the server answers it.");
    }
    secure_wipe(z, sizeof z);
    bn_wipe_clears(peer_half, NULL);
}
