// What the files of the e2e-relay client share: e2e_client_messages.c has the tables, e2e_client_exchange.c the key
// exchange, e2e_client.c the rest. Not for users of the protocol: they have protocols/e2e_client.h.
#ifndef PROTOCOLS_E2E_CLIENT_PARTS_H
#define PROTOCOLS_E2E_CLIENT_PARTS_H

#include "protocols/e2e_client.h"

// An event that the client takes, and what its one argument holds: nothing, a string, or a string with a JSON object in it.
struct e2e_form {
    const char *event;
    const struct message_type *type;
    bool argument;
    const char *members[3]; // of the object; none: the string is the value
};
enum e2e_form_index {
    E2E_FORM_KEY_EXCHANGE,
    E2E_FORM_ELGAMAL,
    E2E_FORM_DH,
    E2E_FORM_MESSAGE,
    E2E_FORM_PARTNER_LEFT,
    E2E_FORMS
};
extern const struct e2e_form e2e_forms[E2E_FORMS];

// Builds a message, sends it and tells about it. False when that fails: the client has then ended.
MUST_CHECK bool e2e_client_emit(struct e2e_client *client, const struct message_type *type,
                                const struct field_value values[], const struct narration *narration);

// Ends it because of the message that has just arrived: "message 9 (ELGAMAL_PK_BC) from the relay: ...".
void e2e_client_refuse(struct e2e_client *client, const struct message *message, enum e2e_reason reason);

// KEY_EXCHANGE has come: sends ELGAMAL_PK and DEFF_HELLMAN_PK.
void e2e_client_begin_exchange(struct e2e_client *client);
// The partner's, each when it has arrived and been parsed. `note` is told with it: see e2e_client.c.
void e2e_client_take_elgamal(struct e2e_client *client, const struct message *message,
                             struct narration *narration);
void e2e_client_take_dh(struct e2e_client *client, const struct message *message, struct narration *narration,
                        struct party_event *event);

#endif
