// des-chat's two ends in the shape that every protocol has (protocols/party.h). Before: protocols/des_chat.c.

#include "protocols/des_chat_parts.h"

static size_t party_receive(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    return des_chat_receive(party, event, bytes, length);
}

static void party_end(void *party, struct party_event *event, enum party_ending ending) {
    struct des_chat *chat = party;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    switch (ending) {
    case PARTY_LEAVES:
        des_chat_exit(chat);
        break;
    case PARTY_TIMED_OUT:
        des_chat_abandon(chat, DES_CHAT_SILENT);
        break;
    case PARTY_PEER_CLOSED:
        des_chat_disconnected(chat, event);
        break;
    case PARTY_BUSY:
        des_chat_abandon(chat, DES_CHAT_BUSY);
        break;
    }
    if (chat->reason != DES_CHAT_OK) {
        event->kind = PARTY_FAILED;
    }
}

static const char *party_say(void *party, const void *text, size_t length) {
    enum des_chat_reason reason = des_chat_say(party, text, length);
    return reason == DES_CHAT_OK ? NULL : des_chat_words[reason].here;
}

static const char *party_may_say(const void *party, size_t length) {
    const struct des_chat *chat = party;
    return length > des_chat_text_max(chat)  ? des_chat_words[DES_CHAT_TEXT_TOO_LONG].here
           : chat->state != DES_CHAT_TALKING ? des_chat_words[DES_CHAT_NOT_NOW].here
           : !des_chat_may_say(chat)         ? "it is the peer's turn"
           : !stream_has_room(&chat->stream) ? des_chat_words[DES_CHAT_NO_ROOM].here
                                             : NULL;
}

static size_t party_text_max(const void *party) {
    return des_chat_text_max(party);
}

static bool party_impatient(const void *party) {
    const struct des_chat *chat = party;
    return chat->state != DES_CHAT_OVER &&
           (chat->state != DES_CHAT_TALKING || stream_is_partial(&chat->stream));
}

static bool party_over(const void *party) {
    return ((const struct des_chat *)party)->state == DES_CHAT_OVER;
}

#define DES_CHAT_PARTY(name)                                                                                 \
    {                                                                                                        \
        .protocol = "des-chat", .role = (name), .receive = party_receive, .end = party_end,                  \
        .say = party_say, .may_say = party_may_say, .text_max = party_text_max,                              \
        .output = stream_party_output, .sent = stream_party_sent, .impatient = party_impatient,              \
        .over = party_over, .failure = stream_party_failure,                                                 \
    }
const struct party_type des_chat_client_party = DES_CHAT_PARTY("client");
const struct party_type des_chat_server_party = DES_CHAT_PARTY("server");
