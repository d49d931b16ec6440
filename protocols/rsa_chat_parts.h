// What the files of rsa-chat share: rsa_chat_messages.c has the tables, rsa_chat_handshake.c messages 1 to 3,
// rsa_chat_talk.c what is encrypted with AES, rsa_chat_room.c who is there, rsa_chat_party.c the shape of a party,
// rsa_chat.c the rest. Not for users of the protocol: they have protocols/rsa_chat.h.
#ifndef PROTOCOLS_RSA_CHAT_PARTS_H
#define PROTOCOLS_RSA_CHAT_PARTS_H

#include "protocols/rsa_chat.h"

#define RSA_CHAT_READY_TEXT "Ready"
#define RSA_CHAT_QUIT_TEXT  "quit"

// Why it ended: for the person at this end, and the shorter word for the peer (NULL: the peer is not told).
struct rsa_chat_words {
    const char *here, *to_peer;
};
extern const struct rsa_chat_words rsa_chat_words[]; // by enum rsa_chat_reason

// Ends the conversation, with the reason's words or with details instead of them. A server's end leaves the room, and
// the others are told.
void rsa_chat_fail_because(struct rsa_chat *chat, enum rsa_chat_reason reason, const char *details, ...)
    __attribute__((format(printf, 3, 4)));
// The same, naming the message that has just arrived: "message 3 (session back) from the client: ". `details` may be
// NULL.
void rsa_chat_fail_at_message(struct rsa_chat *chat, enum rsa_chat_reason reason, const char *details);

// Messages 1 to 3, each when it has arrived and been parsed; the first is sent at the start.
MUST_CHECK bool rsa_chat_send_public_key(struct rsa_chat *chat);
void rsa_chat_take_public_key(struct rsa_chat *chat, const struct message *message);
void rsa_chat_take_session_key(struct rsa_chat *chat, const struct message *message);
void rsa_chat_take_session_back(struct rsa_chat *chat, const struct message *message);

// Everything after: AES.
void rsa_chat_start_aes(struct rsa_chat *chat); // the key and both chains from chat->session
// Encrypts a text in the direction from here to the peer, and sends it. There must be room (stream_has_room), and the
// text must not be longer than a frame holds. False for a fault of this machine.
MUST_CHECK bool rsa_chat_send_encrypted(struct rsa_chat *chat, const struct message_type *type,
                                        const void *text, size_t length);
void rsa_chat_take_ready(struct rsa_chat *chat, const struct message *message, struct party_event *event);
void rsa_chat_take_name(struct rsa_chat *chat, const struct message *message, struct party_event *event);
void rsa_chat_take_message(struct rsa_chat *chat, const struct message *message, struct party_event *event);
void rsa_chat_take_relayed(struct rsa_chat *chat, const struct message *message, struct party_event *event);

// The event's text becomes a line of this end's own making.
void rsa_chat_notice(struct rsa_chat *chat, struct party_event *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The room. Entering makes chat->name unique, and tells both sides about it; false when the room is full.
MUST_CHECK bool rsa_chat_room_enter(struct rsa_chat *chat);
// `how` is what the others are told ("has left"); NULL: nothing. Nothing happens when chat is not in the room.
void rsa_chat_room_leave(struct rsa_chat *chat, const char *how);
// "NAME: text" to everybody but the speaker.
void rsa_chat_room_relay(struct rsa_chat *speaker, const uint8_t *text, size_t length);

#endif
