// rsa-chat once the session is there: `Ready`, the name, and what people say, all under AES-128-CBC. Before:
// protocols/rsa_chat_handshake.c, ciphers/block/modes.c. After: protocols/rsa_chat_room.c.
//
// key = session || session backwards, so 64 random bits make 128. Each direction of each connection is one CBC chain:
//
//        IV = key      message 4: "Ready"          the next message to this client          the next
//           |         +-----------------+         +----------------+----------------+
//           +-------->| block 1         |-------->| block 1        | block 2        |--------> ...
//                     +-----------------+         +----------------+----------------+
//
// Each message is padded for itself (PKCS#7, so the receiver can read it as soon as it is there), and the place of its
// IV is taken by the last ciphertext block of the message before in the same direction; the first one has the key
// there. The other direction is a chain of its own, which starts with the key too.
//
// Why this is not good, beyond the key as IV: an attacker who has seen one message knows the IV of the next, before it
// is encrypted. SP 800-38A, appendix C, wants an IV that cannot be predicted; TLS 1.0 chained like this, and that was
// what the BEAST attack of 2011 used.
//
// Pitfalls
// - The chain is state: a message that is encrypted and then not sent, or dropped by the receiver, puts the two ends
//   out of step. So a message is encrypted only when there is room for it, and one that does not decrypt ends the
//   conversation.
// - A wrong length and a wrong padding have one answer to the peer. Two would be an oracle.

#include "protocols/rsa_chat_parts.h"

#include "ciphers/block/modes.h"

#include <string.h>

void rsa_chat_start_aes(struct rsa_chat *chat) {
    for (size_t i = 0; i < RSA_CHAT_SESSION_SIZE; i++) {
        chat->key[i] = chat->session[i];
        chat->key[RSA_CHAT_KEY_SIZE - 1 - i] = chat->session[i];
    }
    memcpy(chat->chain_out, chat->key, sizeof chat->chain_out);
    memcpy(chat->chain_in, chat->key, sizeof chat->chain_in);
}

bool rsa_chat_send_encrypted(struct rsa_chat *chat, const struct message_type *type, const void *text,
                             size_t length) {
    struct cipher_context cipher;
    size_t first, last;
    if (!cipher_init(&cipher, block_cipher_find("aes-128"), MODE_CBC, CIPHER_ENCRYPT, PADDING_PKCS7,
                     chat->key, sizeof chat->key, chat->chain_out, sizeof chat->chain_out)) {
        return false;
    }
    cipher_update(&cipher, chat->work, &first, text, length);
    if (!cipher_final(&cipher, chat->work + first, &last)) {
        return false;
    }
    struct narration narration = {0};
    tell_bytes(&narration, "text", "what is encrypted; n bytes of value n fill its last block, 1 to 16", text,
               length);
    tell_bytes(&narration, "AES key", "the session, and the session backwards", chat->key, sizeof chat->key);
    uint8_t iv[AES_BLOCK_SIZE];
    memcpy(iv, chat->chain_out, sizeof iv);
    tell_bytes(&narration, "IV",
               memcmp(iv, chat->key, sizeof iv) == 0 ? "the key: this direction begins"
                                                     : "the last block that went this way",
               iv, sizeof iv);
    memcpy(chat->chain_out, chat->work + first + last - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
    const struct field_value value = {.bytes = chat->work, .length = first + last};
    return stream_send(&chat->stream, type, &value, &narration);
}

// Decrypts the message that has just arrived, to chat->text, and explains it. Fails, or true.
static bool take_encrypted(struct rsa_chat *chat, const struct message *message, size_t *text_length) {
    const uint8_t *ciphertext = message->bytes + message->fields[0].offset;
    size_t length = message->fields[0].length, first = 0, last = 0;
    struct cipher_context cipher;
    bool ok = cipher_init(&cipher, block_cipher_find("aes-128"), MODE_CBC, CIPHER_DECRYPT, PADDING_PKCS7,
                          chat->key, sizeof chat->key, chat->chain_in, sizeof chat->chain_in);
    if (ok) {
        cipher_update(&cipher, chat->text, &first, ciphertext, length);
        ok = cipher_final(&cipher, chat->text + first, &last);
    }
    if (!ok) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_UNDECRYPTABLE, NULL);
        return false;
    }
    *text_length = first + last;
    struct narration narration = {0};
    tell_bytes(&narration, "text", "decrypted, and the padding taken off", chat->text, *text_length);
    stream_explain(&chat->stream, message, &narration,
                   "whole blocks and a valid padding. Nothing shows whether it was changed");
    memcpy(chat->chain_in, ciphertext + length - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
    return true;
}

static bool is_text(const struct rsa_chat *chat, size_t length, const char *text) {
    return length == strlen(text) && memcmp(chat->text, text, length) == 0;
}

// --- the client ------------------------------------------------------------------------------------------------

void rsa_chat_take_ready(struct rsa_chat *chat, const struct message *message, struct party_event *event) {
    size_t length;
    if (!take_encrypted(chat, message, &length)) {
        return;
    }
    if (!is_text(chat, length, RSA_CHAT_READY_TEXT)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_NOT_READY, NULL);
        return;
    }
    chat->state = RSA_CHAT_TALKING;
    if (!rsa_chat_send_encrypted(chat, &rsa_chat_name, chat->name, strlen(chat->name))) {
        rsa_chat_fail_because(chat, RSA_CHAT_NO_RANDOM, "the name could not be sent");
        return;
    }
    event->kind = PARTY_ESTABLISHED;
    rsa_chat_notice(chat, event,
                    "Connected as %s, with the server's AES key. Type at any time; `quit` leaves.",
                    chat->name);
}

// The name in front of ": "; false when there is none.
static bool take_speaker(struct rsa_chat *chat, size_t length, size_t *text) {
    const uint8_t *colon = memchr(chat->text, ':', length);
    size_t name = colon != NULL ? (size_t)(colon - chat->text) : 0;
    if (colon == NULL || name + 2 > length || name > RSA_CHAT_NAME_MAX || colon[1] != ' ') {
        return false;
    }
    memcpy(chat->from, chat->text, name);
    chat->from[name] = '\0';
    *text = name + 2;
    return strcmp(chat->from, "server") == 0 || rsa_chat_name_is_good(chat->from, name);
}

static bool is_announcement(const struct rsa_chat *chat, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (chat->text[i] < 0x20 || chat->text[i] > 0x7e) {
            return false;
        }
    }
    return length >= 2 && memcmp(chat->text, "* ", 2) == 0;
}

void rsa_chat_take_relayed(struct rsa_chat *chat, const struct message *message, struct party_event *event) {
    size_t length, start;
    if (!take_encrypted(chat, message, &length)) {
        return;
    }
    if (is_text(chat, length, RSA_CHAT_QUIT_TEXT)) {
        chat->state = RSA_CHAT_OVER;
        event->kind = PARTY_ENDED;
        rsa_chat_notice(chat, event, "The server has left (`quit`).");
    } else if (is_announcement(chat, length)) {
        event->kind = PARTY_NOTICE;
        event->text = chat->text;
        event->length = length;
    } else if (take_speaker(chat, length, &start)) {
        *event = (struct party_event){PARTY_MESSAGE, chat->from, chat->text + start, length - start};
    } else {
        // Nothing that a server of ours sends: perhaps changed on the way. The protocol has nothing to tell that by.
        *event = (struct party_event){PARTY_MESSAGE, "(nobody)", chat->text, length};
    }
}

// --- the server ------------------------------------------------------------------------------------------------

void rsa_chat_take_name(struct rsa_chat *chat, const struct message *message, struct party_event *event) {
    size_t length;
    if (!take_encrypted(chat, message, &length)) {
        return;
    }
    if (!rsa_chat_name_is_good((const char *)chat->text, length)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_BAD_NAME, NULL);
        return;
    }
    memcpy(chat->name, chat->text, length);
    chat->name[length] = '\0';
    if (!rsa_chat_room_enter(chat)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_FULL, NULL);
        return;
    }
    chat->state = RSA_CHAT_TALKING;
    chat->stream.there = chat->name;
    event->kind = PARTY_ESTABLISHED;
    rsa_chat_notice(chat, event, "%s has joined.", chat->name);
}

void rsa_chat_take_message(struct rsa_chat *chat, const struct message *message, struct party_event *event) {
    size_t length;
    if (!take_encrypted(chat, message, &length)) {
        return;
    }
    if (is_text(chat, length, RSA_CHAT_QUIT_TEXT)) {
        chat->state = RSA_CHAT_OVER;
        event->kind = PARTY_ENDED;
        rsa_chat_notice(chat, event, "%s has left (`quit`).", chat->name);
        rsa_chat_room_leave(chat, "has left");
        return;
    }
    if (length > RSA_CHAT_TEXT_MAX) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_TEXT_TOO_LONG, NULL);
        return;
    }
    *event = (struct party_event){PARTY_MESSAGE, chat->name, chat->text, length};
    rsa_chat_room_relay(chat, chat->text, length);
}
