// cert-relay: three clients, their certificates, and a server between them (README 001), as state machines. Bytes in; bytes,
// events and explanations out. No sockets, no clock, no files: see apps/cert-relay.
//
//     struct cert_relay_hub hub;                          what the server knows: three public keys, who is there
//     cert_relay_server_start(&server[i], &hub, place, …) one for each connection; the hub passes messages between them
//     cert_relay_client_start(&client, 0, &key, …)        "client1" and its private key
#ifndef PROTOCOLS_CERT_RELAY_H
#define PROTOCOLS_CERT_RELAY_H

#include "protocols/party.h"
#include "protocols/stream.h"
#include "protocols/watch.h"
#include "protocols/x509.h"

#include "bignum/secure.h"
#include "ciphers/hash/sha2.h"
#include "ciphers/public/rsa.h"

enum {
    CERT_RELAY_PORT = 9996, // of client1; client2 and client3 have the next two
    CERT_RELAY_CLIENTS = 3,
    CERT_RELAY_KEY_BITS_MIN = 1024,
    CERT_RELAY_KEY_BYTES_MIN = CERT_RELAY_KEY_BITS_MIN / 8,
    CERT_RELAY_PART_SIZE = 8,
    CERT_RELAY_KEY_SIZE = CERT_RELAY_CLIENTS * CERT_RELAY_PART_SIZE, // AES-192
    CERT_RELAY_IV_SIZE = 16,
    // IV, ciphertext and digest fill a frame; the padding takes a byte at least.
    CERT_RELAY_CIPHERTEXT_MAX = FRAME_PAYLOAD_MAX - CERT_RELAY_IV_SIZE - SHA256_DIGEST_SIZE,
    CERT_RELAY_TEXT_MAX = CERT_RELAY_CIPHERTEXT_MAX - 1,
    CERT_RELAY_NOTICE_SIZE = 300,
};

// "client1" to "client3", by place 0 to 2; and the place of a name. False when nobody is called so.
extern const char *const cert_relay_ids[CERT_RELAY_CLIENTS];
MUST_CHECK bool cert_relay_find(size_t *place, const uint8_t *id, size_t length);

// Why a conversation failed, why something was refused in it, or why a call was.
enum cert_relay_reason {
    CERT_RELAY_OK,
    CERT_RELAY_FRAME_TOO_LARGE,
    CERT_RELAY_MALFORMED, // not of the form its table says, or not a message that belongs here
    CERT_RELAY_UNKNOWN_CLIENT,
    CERT_RELAY_WRONG_PORT, // a name of somebody else's port
    CERT_RELAY_CONNECTED_ALREADY,
    CERT_RELAY_BAD_SIGNATURE,
    CERT_RELAY_LOGIN_REFUSED, // client: AUTH_FAILED
    CERT_RELAY_NO_PUBLIC_KEY, // client: "ERROR: Public key not found."
    CERT_RELAY_BAD_PUBLIC_KEY,
    CERT_RELAY_SLOW, // does not read what is sent to it
    CERT_RELAY_REFUSED_BY_PEER,
    CERT_RELAY_DISCONNECTED,
    CERT_RELAY_SILENT, // the app's deadline passed
    CERT_RELAY_BUSY,
    CERT_RELAY_CLOSING, // the server's person ends it
    CERT_RELAY_GIVEN_UP,
    CERT_RELAY_NO_RANDOM,
    CERT_RELAY_KEY_UNFIT, // the private key is too short
    // Of single messages; the conversation goes on without them:
    CERT_RELAY_BAD_PART,   // the digest beside a key part, its encryption, or its length is wrong
    CERT_RELAY_LOST_PART,  // a key part from or for somebody that it cannot be, or before START_KEY_EXCHANGE
    CERT_RELAY_UNREADABLE, // a message that does not decrypt, or whose digest differs
    // Of say; the conversation goes on:
    CERT_RELAY_TEXT_TOO_LONG,
    CERT_RELAY_NOT_NOW,
    CERT_RELAY_ALONE,
    CERT_RELAY_NO_ROOM,
};
const char *cert_relay_reason_text(enum cert_relay_reason reason);

// --- certificates ----------------------------------------------------------------------------------------------

// The public key in the first certificate of a file (PEM or DER). That it has a sound RSA key of at least
// CERT_RELAY_KEY_BITS_MIN is all that is asked: who signed it, for how long and for what is NOT looked at, as in the
// README's system. `key` has been initialised. False with the reason in `why`.
MUST_CHECK bool cert_relay_read_certificate(struct rsa_public_key *key, const uint8_t *file, size_t length,
                                            char why[static CERT_RELAY_NOTICE_SIZE]);
// The private key for a client: the file of the key, and the certificate that it must belong to.
MUST_CHECK bool cert_relay_read_key(struct rsa_private_key *key, const uint8_t *file, size_t length,
                                    const struct rsa_public_key *certified,
                                    char why[static CERT_RELAY_NOTICE_SIZE]);

// What `certs` makes: a CA, and what it signs.
enum cert_relay_member { CERT_RELAY_CA, CERT_RELAY_SERVER, CERT_RELAY_CLIENT1, CERT_RELAY_MEMBERS = 5 };
extern const char *const cert_relay_member_names[CERT_RELAY_MEMBERS]; // "ca", "server", "client1", ...
struct cert_relay_authority {
    struct rsa_private_key keys[CERT_RELAY_MEMBERS];
    struct {
        uint8_t der[X509_BUILD_MAX];
        size_t length;
    } certificates[CERT_RELAY_MEMBERS];
};
void cert_relay_authority_init(struct cert_relay_authority *authority);
void cert_relay_authority_clear(struct cert_relay_authority *authority); // wipes
// Draws all keys, of `bits`, and builds all certificates, valid from `from` to `to` (seconds since 1970).
MUST_CHECK enum certificate_error cert_relay_authority_make(struct cert_relay_authority *authority,
                                                            unsigned bits, int64_t from, int64_t to,
                                                            struct parse_error *where);

// --- the client ------------------------------------------------------------------------------------------------

enum cert_relay_client_state {
    CERT_RELAY_AWAIT_LOGIN, // for AUTH_SUCCESS
    CERT_RELAY_AWAIT_KEYS,  // for the others' public keys
    CERT_RELAY_AWAIT_START, // for START_KEY_EXCHANGE
    CERT_RELAY_EXCHANGING,  // for the others' key parts
    CERT_RELAY_TALKING,
    CERT_RELAY_CLIENT_OVER,
};

// Caller-allocated (about 700 KiB); the members are for reading.
struct cert_relay_client {
    struct stream stream; // first: see stream_party_output
    size_t place;         // 0: client1
    size_t others[CERT_RELAY_CLIENTS - 1];
    const struct rsa_private_key *key;
    enum cert_relay_client_state state;
    enum cert_relay_reason reason;
    enum cert_relay_reason refused; // why the last message was refused, while the conversation goes on
    size_t answers;                 // to REQ_KEY
    struct rsa_public_key peer_keys[CERT_RELAY_CLIENTS];
    bool started; // START_KEY_EXCHANGE came before the public keys
    bool begun;   // a START_KEY_EXCHANGE has come since the login
    bool present[CERT_RELAY_CLIENTS], has_part[CERT_RELAY_CLIENTS];
    uint8_t parts[CERT_RELAY_CLIENTS][CERT_RELAY_PART_SIZE];
    bool has_session_key;
    uint8_t session_key[CERT_RELAY_KEY_SIZE];
    char notice[CERT_RELAY_NOTICE_SIZE];
    char speakers[40];
    // Messages under a key that is not there yet: length (4 bytes) and payload, one after the other.
    size_t held_start, held_end;
    uint8_t held[2 * (FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX)];
    uint8_t text[FRAME_PAYLOAD_MAX], work[FRAME_PAYLOAD_MAX];
};
void cert_relay_client_init(struct cert_relay_client *client);
void cert_relay_client_clear(struct cert_relay_client *client); // wipes
// Starts at place 0 to 2; its name and AUTH_REQUEST are to be sent then. The key is not copied. Once per init.
MUST_CHECK enum cert_relay_reason cert_relay_client_start(struct cert_relay_client *client, size_t place,
                                                          const struct rsa_private_key *key,
                                                          struct explain_sink *explain);
// The line `exit` leaves, without being sent.
extern const struct party_type cert_relay_client_party;

// --- the server ------------------------------------------------------------------------------------------------

struct cert_relay_server;

// What all connections of a server share.
struct cert_relay_hub {
    const struct rsa_public_key *keys[CERT_RELAY_CLIENTS]; // from the certificates; not copied
    struct cert_relay_server *clients[CERT_RELAY_CLIENTS]; // those that have authenticated
    unsigned exchanges;                                    // key exchanges begun so far
};

enum cert_relay_server_state {
    CERT_RELAY_AWAIT_ID,
    CERT_RELAY_AWAIT_AUTH,
    CERT_RELAY_SERVING,
    CERT_RELAY_SERVER_OVER,
};

// The server's end of one connection. Caller-allocated (about 420 KiB); the members are for reading.
struct cert_relay_server {
    struct stream stream; // first: see stream_party_output
    struct cert_relay_hub *hub;
    size_t place; // which port it came in on
    enum cert_relay_server_state state;
    enum cert_relay_reason reason;
    char notice[CERT_RELAY_NOTICE_SIZE];
};
// Starts a connection on the port of `place`. Once for each.
void cert_relay_server_start(struct cert_relay_server *server, struct cert_relay_hub *hub, size_t place,
                             struct explain_sink *explain);
void cert_relay_server_clear(struct cert_relay_server *server); // leaves the hub, wipes
// False while those that its messages go to, or itself, cannot take more: do not read from it then.
bool cert_relay_server_may_receive(const struct cert_relay_server *server);
// Events: PARTY_ESTABLISHED when it has authenticated, PARTY_ENDED when an authenticated client has left.
extern const struct party_type cert_relay_server_party;

// --- the messages ----------------------------------------------------------------------------------------------

// In the README's order: for tests and documentation.
extern const struct message_type cert_relay_name, cert_relay_auth_request, cert_relay_auth_success,
    cert_relay_auth_failed, cert_relay_req_key, cert_relay_public_key, cert_relay_no_public_key,
    cert_relay_start_key_exchange, cert_relay_key_part, cert_relay_message, cert_relay_client_left;

// The row of the registry (protocols/watch.h).
extern const struct protocol cert_relay_protocol;

#endif
