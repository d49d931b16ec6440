// rsa-chat: several people talk through a server, under an AES key carried by RSA and checked by MD5 (README 004), as a
// state machine for each end of each connection, and a room above the server's. No sockets, no files: see
// apps/rsa-chat.
#ifndef PROTOCOLS_RSA_CHAT_H
#define PROTOCOLS_RSA_CHAT_H

#include "protocols/party.h"
#include "protocols/stream.h"
#include "protocols/watch.h"

#include "ciphers/block/aes.h"
#include "ciphers/public/rsa.h"

enum {
    RSA_CHAT_PORT = 8004,
    RSA_CHAT_KEY_BITS = 1024,     // of the keys that each side makes
    RSA_CHAT_EXPONENT = 65537,    // e of those keys
    RSA_CHAT_PEER_BITS_MIN = 512, // of the keys that each side accepts
    RSA_CHAT_PEER_BITS_MAX = 4096,
    RSA_CHAT_PEM_MAX = 2048, // of a public key as text
    RSA_CHAT_SESSION_SIZE = 8,
    RSA_CHAT_MD5_TEXT = 32, // hex digits
    RSA_CHAT_SECRET_SIZE = RSA_CHAT_SESSION_SIZE + 1 + RSA_CHAT_MD5_TEXT + 1 + RSA_CHAT_MD5_TEXT,
    RSA_CHAT_KEY_SIZE = 16,
    RSA_CHAT_NAME_MAX = 32,
    RSA_CHAT_CLIENTS_MAX = 32, // in one room
    RSA_CHAT_CIPHERTEXT_MAX = FRAME_PAYLOAD_MAX,
    // The longest text: the server puts "NAME: " in front when it passes it on, and at least one byte of padding
    // follows.
    RSA_CHAT_TEXT_MAX = RSA_CHAT_CIPHERTEXT_MAX - 1 - (RSA_CHAT_NAME_MAX + 2),
};

// --- a side's keys ---------------------------------------------------------------------------------------------

// An RSA key pair, and its public half as the other side gets it. Made at start, used by all connections.
struct rsa_chat_identity {
    struct rsa_private_key key;
    char public_pem[RSA_CHAT_PEM_MAX];
    size_t public_pem_length;
};
void rsa_chat_identity_init(struct rsa_chat_identity *identity);
void rsa_chat_identity_clear(struct rsa_chat_identity *identity); // wipes
// A new key pair of RSA_CHAT_KEY_BITS. False when the random generator fails.
MUST_CHECK bool rsa_chat_identity_make(struct rsa_chat_identity *identity);
// Or the PEM of a key that is there already: identity->key has been filled in.
MUST_CHECK bool rsa_chat_identity_from_key(struct rsa_chat_identity *identity);

// --- reasons ---------------------------------------------------------------------------------------------------

// Why a connection's conversation failed, or why a call was refused.
enum rsa_chat_reason {
    RSA_CHAT_OK,
    RSA_CHAT_FRAME_TOO_LARGE,
    RSA_CHAT_MALFORMED,       // a message that is not of the form its table says
    RSA_CHAT_KEY_HASH,        // message 1: the MD5 beside the key is not the key's
    RSA_CHAT_BAD_KEY,         // what came as a public key is none that can be used
    RSA_CHAT_KEY_TOO_SMALL,   // the client's modulus is shorter than what message 2 has to carry
    RSA_CHAT_UNDECIPHERABLE,  // RSA gave something of the wrong form: made for another key, or changed
    RSA_CHAT_SESSION_HASH,    // message 2: the MD5 of the session is wrong
    RSA_CHAT_SERVER_KEY_HASH, // message 2: the MD5 of the server's key is wrong
    RSA_CHAT_WRONG_SESSION,   // message 3: another session than the server's
    RSA_CHAT_NOT_READY,       // message 4 does not say `Ready`
    RSA_CHAT_UNDECRYPTABLE,   // AES: length or padding wrong
    RSA_CHAT_BAD_NAME,
    RSA_CHAT_FULL,     // RSA_CHAT_CLIENTS_MAX are in the room
    RSA_CHAT_TOO_SLOW, // a client does not read, and what waits for it has reached the limit
    RSA_CHAT_REFUSED_BY_PEER,
    RSA_CHAT_DISCONNECTED,
    RSA_CHAT_SILENT,    // the app's deadline passed
    RSA_CHAT_GIVEN_UP,  // this end's user ended it before it was established
    RSA_CHAT_NO_RANDOM, // or another fault of this machine
    // Of rsa_chat_say; the conversation goes on:
    RSA_CHAT_TEXT_TOO_LONG,
    RSA_CHAT_NOT_NOW, // not established, or over
    RSA_CHAT_NO_ROOM, // earlier messages still wait to be sent: try again later
};
const char *rsa_chat_reason_text(enum rsa_chat_reason reason);

// --- one end of a connection -----------------------------------------------------------------------------------

enum rsa_chat_role { RSA_CHAT_SERVER, RSA_CHAT_CLIENT };

enum rsa_chat_state {
    RSA_CHAT_AWAIT_PUBLIC_KEY,   // server
    RSA_CHAT_AWAIT_SESSION_KEY,  // client
    RSA_CHAT_AWAIT_SESSION_BACK, // server
    RSA_CHAT_AWAIT_READY,        // client
    RSA_CHAT_AWAIT_NAME,         // server
    RSA_CHAT_TALKING,
    RSA_CHAT_OVER,
};

struct rsa_chat_room;

// Caller-allocated (about 460 KiB); the members are for reading. It must stay where it is until cleared.
struct rsa_chat {
    struct stream stream; // first
    enum rsa_chat_role role;
    enum rsa_chat_state state;
    enum rsa_chat_reason reason;
    const struct rsa_chat_identity *identity;
    struct rsa_chat_room *room; // server: where this client is, or is going to be
    struct rsa_public_key peer_key;
    uint8_t session[RSA_CHAT_SESSION_SIZE];
    uint8_t key[RSA_CHAT_KEY_SIZE];
    uint8_t chain_out[AES_BLOCK_SIZE],
        chain_in[AES_BLOCK_SIZE];     // CBC: the last ciphertext block of each direction
    char name[RSA_CHAT_NAME_MAX + 1]; // the client's
    char from[RSA_CHAT_NAME_MAX + 1]; // of the last event: who speaks
    char notice[1600];                // the text of the last event, where it is a line for the person
    uint8_t text[RSA_CHAT_CIPHERTEXT_MAX + AES_BLOCK_SIZE];
    uint8_t work[RSA_CHAT_CIPHERTEXT_MAX + AES_BLOCK_SIZE];
};

void rsa_chat_init(struct rsa_chat *chat);
void rsa_chat_clear(struct rsa_chat *chat); // wipes, and leaves the room

// Starts a client; it has its public key to send then. Once per init; the identity stays the caller's.
// RSA_CHAT_BAD_NAME when the name is none.
MUST_CHECK enum rsa_chat_reason rsa_chat_start_client(struct rsa_chat *chat,
                                                      const struct rsa_chat_identity *identity,
                                                      const char *name, struct explain_sink *explain);
// Starts the server's end of one more connection. `called`: what the client is called until it has said its name
// ("client").
void rsa_chat_start_server(struct rsa_chat *chat, struct rsa_chat_room *room, const char *called,
                           struct explain_sink *explain);

// Names: letters, digits, '_', '.', '-'; 1 to 32 of them; not "server", in whatever case.
bool rsa_chat_name_is_good(const char *name, size_t length);

// Takes bytes from the peer, up to the end of one message at most, and says how many it took: call again with the rest.
// What arrives after the end is taken and ignored.
MUST_CHECK size_t rsa_chat_receive(struct rsa_chat *chat, struct party_event *event, const uint8_t *bytes,
                                   size_t length);

// The peer closed the connection.
void rsa_chat_disconnected(struct rsa_chat *chat, struct party_event *event);

// Says a text of any bytes to everybody in the room, the server under the name "server". The text `quit` ends the
// conversation of this connection.
MUST_CHECK enum rsa_chat_reason rsa_chat_say(struct rsa_chat *chat, const void *text, size_t length);
bool rsa_chat_may_say(const struct rsa_chat *chat);

// Ends it from this side: with `quit` when established, else as given up. A room is told nothing: all of it is ending.
void rsa_chat_quit(struct rsa_chat *chat);
// Ends it because of something only the app sees: RSA_CHAT_SILENT, RSA_CHAT_FULL. The peer is told.
void rsa_chat_abandon(struct rsa_chat *chat, enum rsa_chat_reason reason);

// One line for people, once the conversation has failed: who refused, at which message, which check.
const char *rsa_chat_failure(const struct rsa_chat *chat);

// Both ends as parties (protocols/party.h). Server: PARTY_ESTABLISHED is a client that has come in under its name.
extern const struct party_type rsa_chat_client_party, rsa_chat_server_party;

// --- the room --------------------------------------------------------------------------------------------------

// What the server's ends share: the server's keys, the session, and who is there. Caller-allocated; it must stay where
// it is.
struct rsa_chat_room {
    struct rsa_chat_identity identity;
    uint8_t session[RSA_CHAT_SESSION_SIZE]; // fixed for the server's life
    struct rsa_chat *members[RSA_CHAT_CLIENTS_MAX];
    size_t count;
    uint8_t line[RSA_CHAT_CIPHERTEXT_MAX]; // what is being passed on: "NAME: text"
};
void rsa_chat_room_init(struct rsa_chat_room *room);
void rsa_chat_room_clear(struct rsa_chat_room *room); // wipes; after every member's rsa_chat_clear
// Draws the session, and makes the keys unless room->identity has some already. False when the random generator fails.
MUST_CHECK bool rsa_chat_room_open(struct rsa_chat_room *room);

// The server's own user says something to all. RSA_CHAT_NO_ROOM while somebody reads too slowly for one more.
MUST_CHECK enum rsa_chat_reason rsa_chat_room_say(struct rsa_chat_room *room, const void *text,
                                                  size_t length);
bool rsa_chat_room_may_say(const struct rsa_chat_room *room);

// For those who watch (protocols/watch.h).
extern const struct protocol rsa_chat_protocol;

// --- the messages ----------------------------------------------------------------------------------------------

// In the README's order, for tests and documentation. rsa_chat_secret never crosses in clear: it is what RSA carries in
// the second.
extern const struct message_type rsa_chat_public_key, rsa_chat_session_key, rsa_chat_secret,
    rsa_chat_session_back, rsa_chat_ready, rsa_chat_name, rsa_chat_message, rsa_chat_relayed;

#endif
