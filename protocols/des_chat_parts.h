// What the files of des-chat share: des_chat_messages.c has the tables, des_chat_handshake.c messages 1 to 5, des_chat_party.c
// the shape of a party, des_chat.c the rest. Not for users of the protocol: they have protocols/des_chat.h.
#ifndef PROTOCOLS_DES_CHAT_PARTS_H
#define PROTOCOLS_DES_CHAT_PARTS_H

#include "protocols/des_chat.h"

// Why it ended: for the person at this end, and the shorter word for the peer (NULL: the peer is not told).
struct des_chat_words {
    const char *here, *to_peer;
};
extern const struct des_chat_words des_chat_words[]; // by enum des_chat_reason

// Ends the conversation: the reason's words, or details instead of the reason's words for this end.
void des_chat_fail(struct des_chat *chat, enum des_chat_reason reason);
void des_chat_fail_because(struct des_chat *chat, enum des_chat_reason reason, const char *details, ...)
    __attribute__((format(printf, 3, 4)));
// The same, naming the message that has just arrived: "message 4 (Ys) from the server: ".
void des_chat_fail_at_message(struct des_chat *chat, enum des_chat_reason reason);

// Messages 1 to 5, each when it has arrived and been parsed.
void des_chat_take_connected(struct des_chat *chat, const struct message *message);
void des_chat_take_p(struct des_chat *chat, const struct message *message);
void des_chat_take_g(struct des_chat *chat, const struct message *message, struct party_event *event);
void des_chat_take_ys(struct des_chat *chat, const struct message *message, struct party_event *event);
void des_chat_take_yc(struct des_chat *chat, const struct message *message, struct party_event *event);

#endif
