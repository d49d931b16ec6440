// What the files of cert-relay share: cert_relay_messages.c has the tables, cert_relay_server.c the server's end of a
// connection, cert_relay_hub.c what these share, cert_relay_client.c the client, cert_relay_exchange.c its key parts, cert_relay_talk.c its messages,
// cert_relay_certificates.c what comes from files. Not for users of the protocol: they have protocols/cert_relay.h.
#ifndef PROTOCOLS_CERT_RELAY_PARTS_H
#define PROTOCOLS_CERT_RELAY_PARTS_H

#include "protocols/cert_relay.h"

#include "ciphers/block/modes.h"
#include "ciphers/hash/hash.h"
#include "ciphers/public/rsa_oaep.h"
#include "ciphers/public/rsa_pss.h"

// Why it ended: for the person at this end, and the shorter word for the peer (NULL: the peer is not told).
struct cert_relay_words {
    const char *here, *to_peer;
};
extern const struct cert_relay_words cert_relay_words[]; // by enum cert_relay_reason

// The text that is signed: the same in every login.
extern const char cert_relay_signed_text[];

// Which message a payload is, going by how it begins; what begins like nothing else is an encrypted message.
const struct message_type *cert_relay_kind_to_server(const uint8_t *payload, size_t length);
const struct message_type *cert_relay_kind_to_client(const uint8_t *payload, size_t length);

// The field of a message as text, terminated.
void cert_relay_field_text(char *out, size_t size, const struct message *message, size_t field);

// PSS as this protocol has it, and OAEP: SHA-256 everywhere.
struct rsa_pss cert_relay_pss(int salt_length);
struct rsa_oaep cert_relay_oaep(void);

// --- the server's parts ----------------------------------------------------------------------------------------

// Ends a connection, whoever's message it is that brings it about.
void cert_relay_server_fail(struct cert_relay_server *server, enum cert_relay_reason reason);

size_t cert_relay_hub_count(const struct cert_relay_hub *hub); // of those that have authenticated
// Takes a connection out of the hub, when it is there, and tells the others.
void cert_relay_hub_leave(struct cert_relay_server *server);
void cert_relay_hub_start_exchange(struct cert_relay_hub *hub);
// Passes a message on to everyone but the sender.
void cert_relay_hub_forward(struct cert_relay_server *server, const struct message *message);

// --- the client's parts ----------------------------------------------------------------------------------------

// Ends the conversation: the reason's words; or naming the message that has just arrived.
void cert_relay_client_fail(struct cert_relay_client *client, enum cert_relay_reason reason);
void cert_relay_client_fail_at(struct cert_relay_client *client, enum cert_relay_reason reason,
                               const char *name);
// The event is a line for the person.
void cert_relay_client_notice(struct cert_relay_client *client, struct party_event *event,
                              enum party_event_kind kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Says that a message was refused, while the conversation goes on.
void cert_relay_client_refuse(struct cert_relay_client *client, struct party_event *event,
                              enum cert_relay_reason reason, const char *what);

void cert_relay_take_public_key(struct cert_relay_client *client, const struct message *message,
                                struct party_event *event);
void cert_relay_take_start(struct cert_relay_client *client, const struct message *message,
                           struct party_event *event);
void cert_relay_take_key_part(struct cert_relay_client *client, const struct message *message,
                              struct party_event *event);
void cert_relay_take_client_left(struct cert_relay_client *client, const struct message *message,
                                 struct party_event *event);
void cert_relay_take_message(struct cert_relay_client *client, const struct message *message,
                             struct party_event *event);
// The next of the messages that were held until the key was there. False when there is none.
bool cert_relay_next_held(struct cert_relay_client *client, struct party_event *event);
enum cert_relay_reason cert_relay_say(struct cert_relay_client *client, const uint8_t *text, size_t length);

#endif
