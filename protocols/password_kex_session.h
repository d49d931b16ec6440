// password-kex, the conversation: both ends as state machines over bytes. The verbs it goes by are in
// protocols/password_kex.h; no sockets, no files, no clock: see apps/password-kex.
#ifndef PROTOCOLS_PASSWORD_KEX_SESSION_H
#define PROTOCOLS_PASSWORD_KEX_SESSION_H

#include "protocols/party.h"
#include "protocols/password_kex.h"
#include "protocols/password_kex_channel.h"
#include "protocols/stream.h"
#include "protocols/watch.h"

#include "bignum/group.h"

enum {
    PASSWORD_KEX_PORT = 8000,     // the README names none
    PASSWORD_KEX_HALF_SIZE = 256, // a public value of ffdhe2048
    PASSWORD_KEX_TEXT_MAX = FRAME_PAYLOAD_MAX - PASSWORD_KEX_NUMBER_SIZE - PASSWORD_KEX_MAC_SIZE,
};

enum password_kex_role { PASSWORD_KEX_SERVER, PASSWORD_KEX_CLIENT };

enum password_kex_state {
    PASSWORD_KEX_AWAIT_PUBLIC_KEY,    // client
    PASSWORD_KEX_AWAIT_FIRST_PACKET,  // server
    PASSWORD_KEX_AWAIT_SECOND_PACKET, // server
    PASSWORD_KEX_AWAIT_SERVER_PACKET, // client
    PASSWORD_KEX_AWAIT_CLIENT_HALF,   // server
    PASSWORD_KEX_AWAIT_SERVER_HALF,   // client
    PASSWORD_KEX_MAY_SPEAK,           // the client at first; the server once it has heard the client
    PASSWORD_KEX_AWAIT_MESSAGE,
    PASSWORD_KEX_ENDING, // the client has its answer: PARTY_ENDED comes next
    PASSWORD_KEX_OVER,
};

struct password_kex_options {
    const struct hash_algorithm *hash; // the same at both ends
    struct explain_sink *explain;      // NULL: nobody watches
    struct rsa_private_key *made; // a key made in advance, taken over and left empty; NULL: one is generated
    const struct password_kex_store *store; // server
    const char *username;                   // client
    const void *password;                   // client; copied
    size_t password_length;                 // 1 to PASSWORD_KEX_PASSWORD_MAX
};

// One end. Caller-allocated (about 450 KiB); the members are for reading.
struct password_kex_session {
    struct stream stream; // first: stream_party_output and the like
    enum password_kex_role role;
    struct password_kex_options options;
    enum password_kex_state state;
    enum password_kex_reason reason;
    struct password_kex kex;
    char username[PASSWORD_KEX_NAME_MAX + 1]; // server: "" before it is known to be a good name
    uint8_t password[PASSWORD_KEX_PASSWORD_MAX];
    size_t password_length;
    uint8_t peer_key[PASSWORD_KEX_KEY_MAX]; // DER
    size_t peer_key_length;
    struct bn_group group; // ffdhe2048
    mpz_t private_half, public_half;
    struct password_kex_channel channel;
    char notice[160]; // the text of the last event, where it is a line for the person
    uint8_t text[PASSWORD_KEX_TEXT_MAX], work[PASSWORD_KEX_TEXT_MAX];
};

void password_kex_session_init(struct password_kex_session *session);
void password_kex_session_clear(struct password_kex_session *session); // wipes

// Starts an end; a server has its public key to send then. Once per init.
MUST_CHECK enum password_kex_reason password_kex_start(struct password_kex_session *session,
                                                       enum password_kex_role role,
                                                       const struct password_kex_options *options);

// Takes bytes from the peer, as party.h has it.
MUST_CHECK size_t password_kex_receive(struct password_kex_session *session, struct party_event *event,
                                       const uint8_t *bytes, size_t length);

// The one message of this end, of any bytes: the client's first, then the server's, which ends the conversation.
MUST_CHECK enum password_kex_reason password_kex_say(struct password_kex_session *session, const void *text,
                                                     size_t length);

// One line for people, once the conversation has failed.
const char *password_kex_failure(const struct password_kex_session *session);

// Both ends as parties (protocols/party.h), of struct password_kex_session. Events: at the server PARTY_NOTICE says who has
// proved the password, PARTY_ESTABLISHED that the session keys are there; at the client the notice says that the server has
// proved it. PARTY_MESSAGE from the client to the server is to be answered with say.
extern const struct party_type password_kex_client_party, password_kex_server_party;

// The messages, in the README's order: for tests and documentation.
extern const struct message_type password_kex_server_public_key, password_kex_first_client_packet,
    password_kex_second_client_packet, password_kex_server_packet_message, password_kex_client_half,
    password_kex_server_half, password_kex_message;

// The row of the registry (protocols/watch.h).
extern const struct protocol password_kex_protocol;

#endif
