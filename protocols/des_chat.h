// des-chat: two-way messaging with DES and Diffie-Hellman (README 002), as a state machine. Bytes in; bytes, events and
// explanations out. No sockets, no clock: see apps/des-chat.
#ifndef PROTOCOLS_DES_CHAT_H
#define PROTOCOLS_DES_CHAT_H

#include "protocols/party.h"
#include "protocols/stream.h"
#include "protocols/watch.h"

#include "bignum/group.h"
#include "ciphers/block/modes.h"

enum { DES_CHAT_PORT = 8001, DES_CHAT_UNNAMED_BITS_MAX = 2048, DES_CHAT_TOY_BITS = 1024 };
// The longest text: base64 of it, padded, fills a frame. CBC spends 8 bytes more on the IV.
enum { DES_CHAT_CIPHERTEXT_MAX = FRAME_PAYLOAD_MAX / 4 * 3, DES_CHAT_TEXT_MAX = DES_CHAT_CIPHERTEXT_MAX - 1 };

enum des_chat_role { DES_CHAT_SERVER, DES_CHAT_CLIENT };

// Why a conversation failed, or why a call was refused.
enum des_chat_reason {
    DES_CHAT_OK,
    DES_CHAT_FRAME_TOO_LARGE,
    DES_CHAT_MALFORMED,       // a message that is not of the form its table says
    DES_CHAT_BAD_GROUP,       // p is not prime, g out of range
    DES_CHAT_GROUP_TOO_LARGE, // p is of no published group, and too long to be examined
    DES_CHAT_BAD_PUBLIC_VALUE,
    DES_CHAT_BAD_SECRET,    // the shared secret is 1 or p-1
    DES_CHAT_UNDECRYPTABLE, // length or padding wrong
    DES_CHAT_OUT_OF_TURN,
    DES_CHAT_REFUSED_BY_PEER,
    DES_CHAT_DISCONNECTED,
    DES_CHAT_SILENT,   // the app's deadline passed
    DES_CHAT_BUSY,     // the server talks with somebody else
    DES_CHAT_GIVEN_UP, // this end's user ended it before it was established
    DES_CHAT_NO_RANDOM,
    DES_CHAT_UNKNOWN_GROUP, // des_chat_start: no group of this name
    // Of des_chat_say; the conversation goes on:
    DES_CHAT_TEXT_TOO_LONG,
    DES_CHAT_NOT_NOW, // not established, over, or not this end's turn
    DES_CHAT_NO_ROOM, // earlier messages still wait to be sent: try again later
};
const char *des_chat_reason_text(enum des_chat_reason reason);

enum des_chat_state {
    DES_CHAT_AWAIT_CONNECTED, // server
    DES_CHAT_AWAIT_P,         // client: three in a row
    DES_CHAT_AWAIT_G,
    DES_CHAT_AWAIT_YS,
    DES_CHAT_AWAIT_YC, // server
    DES_CHAT_TALKING,
    DES_CHAT_OVER,
};

struct des_chat_options {
    const char *group;            // server: a name of bn_group_names
    enum cipher_mode mode;        // MODE_ECB or MODE_CBC, the same at both ends
    bool free;                    // both type at any time; else in turn, the client first
    struct explain_sink *explain; // NULL: nobody watches
};

// One end. Caller-allocated (about 420 KiB); the members are for reading.
struct des_chat {
    struct stream stream; // first: see stream_party_output
    enum des_chat_role role;
    struct des_chat_options options;
    enum des_chat_state state;
    bool my_turn;
    struct bn_group group;
    mpz_t private_key, public_key, peer_public;
    uint8_t key[DES_KEY_SIZE];
    enum des_chat_reason reason;
    char notice[120]; // the text of the last event, where it is a line for the person
    uint8_t text[DES_CHAT_CIPHERTEXT_MAX + BLOCK_SIZE_MAX];
    uint8_t work[DES_CHAT_CIPHERTEXT_MAX + BLOCK_SIZE_MAX];
};

void des_chat_init(struct des_chat *chat);
void des_chat_clear(struct des_chat *chat); // wipes

// Starts an end; a client has `Connected!` to send then. Once per init.
MUST_CHECK enum des_chat_reason des_chat_start(struct des_chat *chat, enum des_chat_role role,
                                               const struct des_chat_options *options);

// Takes bytes from the peer, up to the end of one message at most, and says how many it took: call again with the rest.
// What arrives after the end is taken and ignored.
MUST_CHECK size_t des_chat_receive(struct des_chat *chat, struct party_event *event, const uint8_t *bytes,
                                   size_t length);

// The peer closed the connection.
void des_chat_disconnected(struct des_chat *chat, struct party_event *event);

// Says a text of any bytes. The text `exit` ends the conversation: it is sent like any other, and the state is then OVER.
MUST_CHECK enum des_chat_reason des_chat_say(struct des_chat *chat, const void *text, size_t length);
bool des_chat_may_say(const struct des_chat *chat);
size_t des_chat_text_max(const struct des_chat *chat);

// Ends it from this side: with `exit`, whoever's turn it is, when established; else as given up.
void des_chat_exit(struct des_chat *chat);
// Ends it because of something only the app sees: DES_CHAT_SILENT, DES_CHAT_BUSY. The peer is told.
void des_chat_abandon(struct des_chat *chat, enum des_chat_reason reason);

// What waits to be sent, and how much of it has been.
const uint8_t *des_chat_output(const struct des_chat *chat, size_t *length);
void des_chat_sent(struct des_chat *chat, size_t length);

// One line for people, once the conversation has failed: who refused, at which message, which check.
const char *des_chat_failure(const struct des_chat *chat);

// True when the group is one that anybody breaks in seconds.
bool des_chat_is_toy(const struct des_chat *chat);

// Both ends as parties (protocols/party.h). Events: the client's PARTY_NOTICE says that the group arrived and was accepted;
// its text is the warning of a toy group, else empty.
extern const struct party_type des_chat_client_party, des_chat_server_party;
#define DES_CHAT_TOY_WARNING "A TOY run: p has only %zu bits. Any listener reads all of it within seconds."

// The row of the registry (protocols/watch.h).
extern const struct protocol des_chat_protocol;

// The messages, in the README's order: for tests and documentation.
extern const struct message_type des_chat_connected, des_chat_p, des_chat_g, des_chat_ys, des_chat_yc,
    des_chat_message;

#endif
