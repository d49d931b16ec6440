// What the files of the password-kex conversation share: password_kex_messages.c has the tables, password_kex_handshake.c
// messages 1 to 6, password_kex_party.c the shape of a party, password_kex_session.c the rest. Not for users of the
// protocol: they have protocols/password_kex_session.h.
#ifndef PROTOCOLS_PASSWORD_KEX_PARTS_H
#define PROTOCOLS_PASSWORD_KEX_PARTS_H

#include "protocols/password_kex_session.h"

// Why it ended: for the person at this end, and the shorter word for the peer (NULL: the peer is not told).
struct password_kex_words {
    const char *here, *to_peer;
};
extern const struct password_kex_words password_kex_words[]; // by enum password_kex_reason

// Ends the conversation, and with it the life of the private key. The second names the message that has just arrived:
// "message 2 (first_client_packet) from the client: ". The third the one that is awaited.
void password_kex_fail(struct password_kex_session *session, enum password_kex_reason reason);
void password_kex_fail_at_message(struct password_kex_session *session, enum password_kex_reason reason);
void password_kex_abandon(struct password_kex_session *session, enum password_kex_reason reason);
void password_kex_disconnected(struct password_kex_session *session, struct party_event *event);

// Which message is awaited in this state.
const struct message_type *password_kex_awaited(enum password_kex_state state);

// A line for the person: the text of the event.
void password_kex_notice(struct password_kex_session *session, struct party_event *event,
                         enum party_event_kind kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Message 1, sent by the server; messages 1 to 6, each when it has arrived and been parsed.
void password_kex_send_public_key(struct password_kex_session *session);
void password_kex_take_public_key(struct password_kex_session *session, const struct message *message);
void password_kex_take_first_packet(struct password_kex_session *session, const struct message *message,
                                    struct party_event *event);
void password_kex_take_second_packet(struct password_kex_session *session, const struct message *message);
void password_kex_take_server_packet(struct password_kex_session *session, const struct message *message,
                                     struct party_event *event);
void password_kex_take_client_half(struct password_kex_session *session, const struct message *message,
                                   struct party_event *event);
void password_kex_take_server_half(struct password_kex_session *session, const struct message *message,
                                   struct party_event *event);

#endif
