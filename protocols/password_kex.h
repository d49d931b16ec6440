// password-kex, the library: key exchange proved by a password (README 000). The README's verbs as C functions; they make and
// take packets, and know no connection. The conversation over a connection is protocols/password_kex_session.h.
//
//     server                                                   client
//     password_kex_generate_private_key(&server)
//     server.public_key                       ---------->      password_kex_client_packet(&client, packet, password, ...)
//     password_kex_authenticate_client        <----------      first packet
//                                                              password_kex_generate_private_key(&client)
//     password_kex_decrypt_message            <----------      password_kex_encrypt_message(&client, ... client.public_key)
//     password_kex_server_packet              ---------->      password_kex_authenticate_server(&client, password, ...)
//
// A 30-line program that does this stands in docs/password-kex.md.
#ifndef PROTOCOLS_PASSWORD_KEX_H
#define PROTOCOLS_PASSWORD_KEX_H

#include "ciphers/hash/hash.h"
#include "ciphers/public/rsa.h"

enum {
    PASSWORD_KEX_BITS = 2048,
    PASSWORD_KEX_PACKET_SIZE = PASSWORD_KEX_BITS / 8, // one OAEP block: every ciphertext is a number of these
    PASSWORD_KEX_KEY_MIN = 268,                       // RSAPublicKey in DER: with e = 3 or so
    PASSWORD_KEX_KEY_MAX = 526,                       // with the longest e
    PASSWORD_KEX_BLOCKS_MAX = 8,                      // of one message, in packets
    PASSWORD_KEX_MESSAGE_MAX = PASSWORD_KEX_BLOCKS_MAX * PASSWORD_KEX_PACKET_SIZE,
    PASSWORD_KEX_NAME_MAX = 64,
    PASSWORD_KEX_PASSWORD_MAX = 1024, // of a session and of the programs; the verbs take any length
};

// Why a step, or a whole conversation, failed.
enum password_kex_reason {
    PASSWORD_KEX_OK,
    // Of the verbs:
    PASSWORD_KEX_BAD_NAME,
    PASSWORD_KEX_BAD_KEY,         // not an RSA public key of 2048 bits in DER
    PASSWORD_KEX_NO_KEY,          // no private key, or one that has had its one use
    PASSWORD_KEX_NOT_PROVEN,      // a step that belongs after the peer's proof
    PASSWORD_KEX_UNDECRYPTABLE,   // made for another key, or changed
    PASSWORD_KEX_UNKNOWN_USER,    // the peer is told no more than of a wrong password
    PASSWORD_KEX_WRONG_PASSWORD,  // the client's proof is wrong
    PASSWORD_KEX_SERVER_UNPROVEN, // the server's proof is wrong
    PASSWORD_KEX_TOO_LONG,
    PASSWORD_KEX_NO_RANDOM,
    // Of a conversation:
    PASSWORD_KEX_FRAME_TOO_LARGE,
    PASSWORD_KEX_MALFORMED,
    PASSWORD_KEX_BAD_PUBLIC_VALUE,
    PASSWORD_KEX_BAD_SECRET,
    PASSWORD_KEX_FORGED,   // the authentication code of a message is wrong
    PASSWORD_KEX_REPLAYED, // it is right, and the number is not the next
    PASSWORD_KEX_REFUSED_BY_PEER,
    PASSWORD_KEX_DISCONNECTED,
    PASSWORD_KEX_SILENT,
    PASSWORD_KEX_BUSY,
    PASSWORD_KEX_GIVEN_UP,
    // Of password_kex_say; the conversation goes on:
    PASSWORD_KEX_TEXT_TOO_LONG,
    PASSWORD_KEX_NOT_NOW,
    PASSWORD_KEX_NO_ROOM,
};
const char *password_kex_reason_text(enum password_kex_reason reason);

// Who knows the hashed passwords. apps/common/user_store.h has the README's: one file per user in a folder.
struct password_kex_store {
    // H(password) of a user to out[0..size). False when there is none of this name, or of this size. The name has been
    // checked (password_kex_name_is_good).
    bool (*find)(void *context, const char *username, uint8_t *out, size_t size);
    void *context;
};

// The life of a private key. It only goes down this list; generating a new key starts again at FRESH.
enum password_kex_key_state {
    PASSWORD_KEX_KEY_NONE,
    PASSWORD_KEX_KEY_FRESH,  // made, and nothing decrypted with it yet
    PASSWORD_KEX_KEY_PROVEN, // the peer has proved that it knows the password
    PASSWORD_KEX_KEY_SPENT,  // something failed: the key is wiped, and will never be used again
};

// One end. The members are for reading.
struct password_kex {
    const struct hash_algorithm *hash; // H, and the hash of OAEP and MGF1
    enum password_kex_key_state key_state;
    struct rsa_private_key private_key;
    uint8_t public_key[PASSWORD_KEX_KEY_MAX]; // DER, to be sent to the peer
    size_t public_key_length;
};

// `hash` is of 32 to 63 bytes or so: "sha512" as the README has it, or "sha256".
void password_kex_init(struct password_kex *kex, const struct hash_algorithm *hash);
void password_kex_clear(struct password_kex *kex); // wipes

// True for 1 to 64 characters of A-Z a-z 0-9 _ . - that are not "." or "..": no path can be formed.
bool password_kex_name_is_good(const char *username);

// --- both ends -------------------------------------------------------------------------------------------------

// A fresh one-time key pair; the one before, if any, is wiped.
MUST_CHECK enum password_kex_reason password_kex_generate_private_key(struct password_kex *kex);

// The same with a key that was made in advance. It is moved, not copied: *made is left empty, so that it cannot serve a
// second time.
MUST_CHECK enum password_kex_reason password_kex_take_private_key(struct password_kex *kex,
                                                                  struct rsa_private_key *made);

// Encrypts to another's public key (DER), in as many OAEP blocks as it takes. out has room for PASSWORD_KEX_MESSAGE_MAX bytes.
MUST_CHECK enum password_kex_reason password_kex_encrypt_message(const struct password_kex *kex, uint8_t *out,
                                                                 size_t *out_length, const uint8_t *message,
                                                                 size_t length,
                                                                 const uint8_t *encryption_public_key,
                                                                 size_t encryption_public_key_length);

// Decrypts what the peer encrypted to this end's key; only after its proof. out has room for PASSWORD_KEX_MESSAGE_MAX bytes. A
// failure spends the key.
MUST_CHECK enum password_kex_reason password_kex_decrypt_message(struct password_kex *kex, uint8_t *out,
                                                                 size_t *out_length, const uint8_t *packet,
                                                                 size_t length);

// H(password). hashed has room for kex->hash->digest_size bytes.
void password_kex_hash_password(const struct password_kex *kex, uint8_t *hashed, const void *password,
                                size_t length);

// --- server ----------------------------------------------------------------------------------------------------

// The stored H(password) of a user. False for a bad name or an unknown user: hashed is then a random value, equally long,
// so that the caller can go on and compute the same as for a user.
MUST_CHECK bool password_kex_get_hashed_password(const struct password_kex *kex, uint8_t *hashed,
                                                 const char *username,
                                                 const struct password_kex_store *store);

// The README's authenticate_client. The key must be fresh. Anything but PASSWORD_KEX_OK spends it.
MUST_CHECK enum password_kex_reason password_kex_authenticate_client(struct password_kex *kex,
                                                                     const char *username,
                                                                     const uint8_t *first_client_packet,
                                                                     size_t length,
                                                                     const struct password_kex_store *store);

// This end's proof to the client: packet gets PASSWORD_KEX_PACKET_SIZE bytes. Only after the client's proof.
MUST_CHECK enum password_kex_reason
password_kex_server_packet(const struct password_kex *kex, uint8_t packet[static PASSWORD_KEX_PACKET_SIZE],
                           const uint8_t *hashed_password, const uint8_t *client_public_key,
                           size_t client_public_key_length);

// --- client ----------------------------------------------------------------------------------------------------

// This end's proof to the server: packet gets PASSWORD_KEX_PACKET_SIZE bytes.
MUST_CHECK enum password_kex_reason
password_kex_client_packet(const struct password_kex *kex, uint8_t packet[static PASSWORD_KEX_PACKET_SIZE],
                           const void *password, size_t length, const uint8_t *server_public_key,
                           size_t server_public_key_length);

// The README's authenticate_server. The key must be fresh. Anything but PASSWORD_KEX_OK spends it.
MUST_CHECK enum password_kex_reason
password_kex_authenticate_server(struct password_kex *kex, const void *password, size_t password_length,
                                 const uint8_t *server_packet, size_t length);

// --- for the conversation, and for who explains it -------------------------------------------------------------

// H(hashed_password || DER(key)): what both proofs are, before OAEP.
void password_kex_proof(const struct hash_algorithm *hash, uint8_t *proof, const uint8_t *hashed_password,
                        const uint8_t *key, size_t key_length);

// PASSWORD_KEX_OK when these bytes are a public key that this protocol takes.
MUST_CHECK enum password_kex_reason password_kex_check_key(const uint8_t *key, size_t length);

// How much fits into one OAEP block: 126 bytes with SHA-512, 190 with SHA-256.
size_t password_kex_block_capacity(const struct hash_algorithm *hash);

#endif
