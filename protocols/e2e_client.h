// A client of e2e-relay (README 003): ElGamal-signed Diffie-Hellman and AES, end to end through a relay that reads nothing.
// A state machine over Socket.IO events: events in; events, words for the person and explanations out. What carries them
// (HTTP, WebSocket, Engine.IO) is in protocols/e2e_party.h.
#ifndef PROTOCOLS_E2E_CLIENT_H
#define PROTOCOLS_E2E_CLIENT_H

#include "protocols/e2e_keys.h"
#include "protocols/explain.h"
#include "protocols/json_text.h"
#include "protocols/party.h"
#include "protocols/watch.h"

#include "ciphers/block/aes.h"
#include "ciphers/hash/sha2.h"

// The longest text, and a packet that holds it in base64 with room to spare for the rest.
enum { E2E_TEXT_MAX = 65536, E2E_PACKET_MAX = 90112, E2E_TOY_BITS = 1024 };

// Why it ended, or why a call was refused.
enum e2e_reason {
    E2E_OK,
    E2E_MALFORMED,       // an event that is not of the form its table says
    E2E_BAD_ELGAMAL_KEY, // 1 < y < p-1 and y^q = 1 fails
    E2E_BAD_DH_VALUE,    // likewise
    E2E_OWN_KEY,         // this end's own key came back
    E2E_NO_KEY_YET,      // a signed value before the key that verifies it
    E2E_BAD_SIGNATURE,
    E2E_BAD_SECRET,  // the shared secret is 1
    E2E_KEY_CHANGED, // another key in the middle of an exchange or a conversation
    E2E_NOT_STARTED, // a key before KEY_EXCHANGE
    E2E_NOT_A_RELAY, // the other side does not speak HTTP, WebSocket, Engine.IO or Socket.IO as it should
    E2E_REFUSED_BY_RELAY, // it does, and says no
    E2E_RELAY_CLOSED,     // it said goodbye, or closed the connection
    E2E_SILENT,           // the app's deadline passed
    E2E_NO_RANDOM,
    E2E_NO_MEMORY,
    // Of e2e_client_say; the conversation goes on:
    E2E_TEXT_TOO_LONG,
    E2E_NOT_NOW, // no partner, or no key yet
    E2E_NO_ROOM, // earlier messages still wait to be sent. In the middle of a key exchange it is the end
};
const char *e2e_reason_text(enum e2e_reason reason);

enum e2e_client_state {
    E2E_AWAIT_PARTNER, // and KEY_EXCHANGE
    E2E_AWAIT_KEY,     // the partner's ElGamal key
    E2E_AWAIT_VALUE,   // its signed Diffie-Hellman value
    E2E_TALKING,
    E2E_OVER,
};

// Where packets of Engine.IO go, each a text message for the WebSocket: `42["ELGAMAL_PK","..."]`. Embed it first in a struct
// of your own. False when there is no room.
struct e2e_output_packets {
    bool (*send)(struct e2e_output_packets *output, const uint8_t *packet, size_t length);
};

struct e2e_client_options {
    const struct e2e_keys *keys; // must stay where they are
    bool stay;                   // when the partner leaves: wait for the next one, instead of ending too
    struct e2e_output_packets *output; // must stay where it is
    struct explain_sink *explain;      // NULL: nobody watches
    const char *name;                  // in explanations: "client"
};

// One client. Caller-allocated (about 400 KiB); the members are for reading.
struct e2e_client {
    struct e2e_client_options options;
    enum e2e_client_state state;
    mpz_t peer_elgamal, peer_dh; // as far as they have been accepted in this exchange
    uint8_t key[SHA256_DIGEST_SIZE];
    enum e2e_reason reason;
    char failure[320]; // one line for people, once it has failed
    char notice[160];  // the text of the last event, where it is a line for the person
    unsigned number;   // of messages so far, both directions
    bool dropped;      // a message that came too early has been reported
    uint8_t packet[E2E_PACKET_MAX];
    char argument[E2E_PACKET_MAX];
    uint8_t text[E2E_TEXT_MAX + 2], work[E2E_TEXT_MAX + 2]; // base64 is decoded in groups of three
};

void e2e_client_init(struct e2e_client *client);
void e2e_client_clear(struct e2e_client *client); // wipes

// Starts it, connected to a relay, without a partner. Once per init.
void e2e_client_start(struct e2e_client *client, const struct e2e_client_options *options);

// Takes an event from the relay: ["name", arguments...], checked (protocols/socket_io.h). Events with a name that does not
// belong to the protocol are ignored, as Socket.IO has it. PARTY_FAILED: the session is to be left.
void e2e_client_take(struct e2e_client *client, struct party_event *event, struct json_slice array);

// Says a text of any bytes, end to end encrypted. (`exit` is not for here: leaving is the connection's business.)
MUST_CHECK enum e2e_reason e2e_client_say(struct e2e_client *client, const void *text, size_t length);

// Ends it, for a reason or (E2E_OK) for none. `details` for the person; NULL: the reason's own words. The first end counts.
void e2e_client_end(struct e2e_client *client, enum e2e_reason reason, const char *details, ...)
    __attribute__((format(printf, 3, 4)));

// Tells about a message, in the numbering of this conversation. `narration` and `checked` may be NULL.
void e2e_client_explain(struct e2e_client *client, bool sent, const struct message *message,
                        const struct narration *narration, const char *checked);

// A group that anybody breaks in seconds.
bool e2e_is_toy(const struct bn_group *group);
#define E2E_TOY_WARNING "A TOY run: p has only %zu bits. Any listener reads all of it within seconds."

// The messages, in the README's order: as a client sends them, and as the relay passes them on.
extern const struct message_type e2e_key_exchange, e2e_elgamal_pk, e2e_elgamal_pk_bc, e2e_deff_hellman_pk,
    e2e_deff_hellman_pk_bc, e2e_message, e2e_received_message, e2e_partner_left;
// And what goes before: the WebSocket's opening handshake, Engine.IO's and Socket.IO's; heartbeats; goodbye.
extern const struct message_type e2e_upgrade, e2e_switching, e2e_open, e2e_connect, e2e_connected, e2e_ping,
    e2e_pong, e2e_disconnect;
// What stock clients and the relay say before they have a WebSocket, and on the way to it.
extern const struct message_type e2e_taken, e2e_probe, e2e_probed, e2e_moved, e2e_nothing, e2e_close,
    e2e_fault;
// All of these, ended by NULL; and the one whose table takes these bytes. A packet of Engine.IO has one meaning, whoever says
// it; false when no table fits.
extern const struct message_type *const e2e_messages[];
MUST_CHECK bool e2e_recognise(struct message *message, const uint8_t *packet, size_t length);
// For those who watch, who know more than the bytes: the heads of polling's requests and answers; a client's connect with
// data, which looks like the relay's answer to it; events whose JSON is in another form than in their tables; an event's
// binary data; a packet of Engine.IO that is none of all these.
extern const struct message_type e2e_poll, e2e_post, e2e_answer, e2e_connect_with, e2e_attachment, e2e_packet;
enum { E2E_OTHER_FORMS = 6 };
extern const struct message_type e2e_other_forms[E2E_OTHER_FORMS];

// The row of the registry (protocols/watch.h).
extern const struct protocol e2e_relay_protocol;

#endif
