// rsa-chat's two ends in the shape that every protocol has (protocols/party.h). Before: protocols/rsa_chat.c.

#include "protocols/rsa_chat_parts.h"

static size_t party_receive(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    return rsa_chat_receive(party, event, bytes, length);
}

static void party_end(void *party, struct party_event *event, enum party_ending ending) {
    struct rsa_chat *chat = party;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    switch (ending) {
    case PARTY_LEAVES:
        rsa_chat_quit(chat);
        break;
    case PARTY_TIMED_OUT:
        rsa_chat_abandon(chat, RSA_CHAT_SILENT);
        break;
    case PARTY_PEER_CLOSED:
        rsa_chat_disconnected(chat, event);
        break;
    case PARTY_BUSY:
        rsa_chat_abandon(chat, RSA_CHAT_FULL);
        break;
    }
    if (chat->reason != RSA_CHAT_OK) {
        event->kind = PARTY_FAILED;
    }
}

static const char *party_say(void *party, const void *text, size_t length) {
    enum rsa_chat_reason reason = rsa_chat_say(party, text, length);
    return reason == RSA_CHAT_OK ? NULL : rsa_chat_words[reason].here;
}

static const char *party_may_say(const void *party, size_t length) {
    const struct rsa_chat *chat = party;
    bool room =
        chat->role == RSA_CHAT_SERVER ? rsa_chat_room_may_say(chat->room) : stream_has_room(&chat->stream);
    return length > RSA_CHAT_TEXT_MAX ? rsa_chat_words[RSA_CHAT_TEXT_TOO_LONG].here
           : !rsa_chat_may_say(chat)  ? rsa_chat_words[RSA_CHAT_NOT_NOW].here
           : !room                    ? rsa_chat_words[RSA_CHAT_NO_ROOM].here
                                      : NULL;
}

static size_t party_text_max(const void *party) {
    (void)party;
    return RSA_CHAT_TEXT_MAX;
}

static bool party_impatient(const void *party) {
    const struct rsa_chat *chat = party;
    return chat->state != RSA_CHAT_OVER &&
           (chat->state != RSA_CHAT_TALKING || stream_is_partial(&chat->stream));
}

static bool party_over(const void *party) {
    return ((const struct rsa_chat *)party)->state == RSA_CHAT_OVER;
}

#define RSA_CHAT_PARTY(name)                                                                                 \
    {                                                                                                        \
        .protocol = "rsa-chat", .role = (name), .receive = party_receive, .end = party_end,                  \
        .say = party_say, .may_say = party_may_say, .text_max = party_text_max,                              \
        .output = stream_party_output, .sent = stream_party_sent, .impatient = party_impatient,              \
        .over = party_over, .failure = stream_party_failure,                                                 \
    }
const struct party_type rsa_chat_client_party = RSA_CHAT_PARTY("client");
const struct party_type rsa_chat_server_party = RSA_CHAT_PARTY("server");
