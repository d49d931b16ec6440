// des-chat: README 002, "Two-Way-Encrypted-Messaging Using DES and Diffie-Hellman", as written.
// Before: protocols/stream.c, ciphers/public/dh.c, ciphers/block/des.c. After: protocols/des_chat_handshake.c, apps/des-chat,
// docs/des-chat.md.
//
// Every message is one frame (protocols/frame.c):
//
//   client                                       server
//     1  Connected!                ---------->     draws xs, Ys = g^xs mod p
//                                  <----------  2  p            the server picks the group
//                                  <----------  3  g
//     checks p, g, Ys              <----------  4  Ys
//     draws xc, Yc = g^xc mod p
//     5  Yc                        ---------->     checks Yc
//     Z = Ys^xc mod p                              Z = Yc^xs mod p         the same number
//     6  base64(DES(key, text))    ---------->     the client speaks first
//                                  <----------  7  base64(DES(key, text))  and so on, in turn, until `exit`
//
// key = the first 8 bytes of SHA-1(Z as bytes, of the length of p), with the parity bits set (FIPS 46-3: odd).
//
// What the README leaves open, and what is done here
// - `exit` is sent as an encrypted message, so that nobody on the way can forge it; it is taken out of turn too.
// - A refusal is a frame "Refused: reason", in clear, at any stage. No other message can look like it: no number and no
//   base64 text contains ": ". The peer gets a short reason that helps nobody to attack; the details stay here.
// - An end without `free` that hears a second message before it has answered the first ends the conversation.
//
// Pitfalls
// - y = 0, 1, p-1 make Z a number that everybody knows; a y outside the subgroup tells one bit of x. Both are refused
//   (SP 800-56A r3, 5.6.2.3.1).
// - p comes from the peer. A composite p makes discrete logarithms easy, and a huge one keeps us busy for minutes: the
//   length is bounded before anything is computed, and only p of a published group may be longer than 2048 bits.
// - A wrong padding and a wrong base64 have the same answer to the peer: two answers would be an oracle.
// - Small groups often make Z trivial (p = 1021: about once in 60 runs). The client, which sees Ys first, draws again.
//
// What it does not protect against is the subject of docs/des-chat.md: nobody knows who the peer is, nothing notices a
// changed message, ECB shows repetitions, and 56 bits are searched.

#include "protocols/des_chat_parts.h"

#include "bignum/encoding.h"
#include "bignum/random.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char exit_text[] = "exit";

// --- beginning and end -----------------------------------------------------------------------------------------

void des_chat_init(struct des_chat *chat) {
    memset(chat, 0, sizeof *chat);
    bn_group_init(&chat->group);
    mpz_inits(chat->private_key, chat->public_key, chat->peer_public, NULL);
    chat->state = DES_CHAT_OVER;
}

void des_chat_clear(struct des_chat *chat) {
    bn_group_clear(&chat->group);
    bn_wipe(chat->private_key);
    mpz_clears(chat->private_key, chat->public_key, chat->peer_public, NULL);
    secure_wipe(chat, sizeof *chat);
}

bool des_chat_is_toy(const struct des_chat *chat) {
    return mpz_sgn(chat->group.p) != 0 && mpz_sizeinbase(chat->group.p, 2) < DES_CHAT_TOY_BITS;
}

const uint8_t *des_chat_output(const struct des_chat *chat, size_t *length) {
    return stream_output(&chat->stream, length);
}

void des_chat_sent(struct des_chat *chat, size_t length) {
    stream_sent(&chat->stream, length);
}

// --- failing ---------------------------------------------------------------------------------------------------

// Which message is awaited in this state.
static const struct message_type *awaited(enum des_chat_state state) {
    static const struct message_type *const types[] = {
        [DES_CHAT_AWAIT_CONNECTED] = &des_chat_connected,
        [DES_CHAT_AWAIT_P] = &des_chat_p,
        [DES_CHAT_AWAIT_G] = &des_chat_g,
        [DES_CHAT_AWAIT_YS] = &des_chat_ys,
        [DES_CHAT_AWAIT_YC] = &des_chat_yc,
        [DES_CHAT_TALKING] = &des_chat_message,
        [DES_CHAT_OVER] = &stream_refused,
    };
    return types[state];
}
static const char *awaited_name(const struct des_chat *chat) {
    return awaited(chat->state)->name;
}

// The conversation is over, for this reason; the first one counts.
static void end_for(struct des_chat *chat, enum des_chat_reason reason) {
    if (chat->state != DES_CHAT_OVER) {
        chat->state = DES_CHAT_OVER;
        chat->reason = reason;
    }
}

void des_chat_fail_because(struct des_chat *chat, enum des_chat_reason reason, const char *details, ...) {
    if (chat->state == DES_CHAT_OVER) {
        return;
    }
    end_for(chat, reason);
    char text[STREAM_FAILURE_SIZE];
    va_list arguments;
    va_start(arguments, details);
    (void)vsnprintf(text, sizeof text, details, arguments);
    va_end(arguments);
    stream_fail(&chat->stream, des_chat_words[reason].to_peer, "%s", text);
}

void des_chat_fail(struct des_chat *chat, enum des_chat_reason reason) {
    des_chat_fail_because(chat, reason, "%s", des_chat_words[reason].here);
}

void des_chat_fail_at_message(struct des_chat *chat, enum des_chat_reason reason) {
    char place[STREAM_PLACE_SIZE];
    des_chat_fail_because(chat, reason, "%s: %s",
                          stream_place(&chat->stream, chat->stream.number, awaited_name(chat), place),
                          des_chat_words[reason].here);
}

const char *des_chat_failure(const struct des_chat *chat) {
    return chat->stream.failure;
}

void des_chat_disconnected(struct des_chat *chat, struct party_event *event) {
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (chat->state == DES_CHAT_OVER) {
        return;
    }
    stream_fail_closed(&chat->stream, awaited_name(chat), chat->state == DES_CHAT_TALKING ? exit_text : NULL);
    end_for(chat, DES_CHAT_DISCONNECTED);
    event->kind = PARTY_FAILED;
}

void des_chat_abandon(struct des_chat *chat, enum des_chat_reason reason) {
    char place[STREAM_PLACE_SIZE];
    des_chat_fail_because(chat, reason, "waiting for %s: %s",
                          stream_place(&chat->stream, chat->stream.number + 1, awaited_name(chat), place),
                          des_chat_words[reason].here);
}

// --- the conversation ------------------------------------------------------------------------------------------

static bool is_exit(const uint8_t *text, size_t length) {
    return length == sizeof exit_text - 1 && memcmp(text, exit_text, length) == 0;
}

static size_t iv_size(const struct des_chat *chat) {
    return chat->options.mode == MODE_CBC ? DES_BLOCK_SIZE : 0;
}

size_t des_chat_text_max(const struct des_chat *chat) {
    return DES_CHAT_TEXT_MAX - iv_size(chat);
}

bool des_chat_may_say(const struct des_chat *chat) {
    return chat->state == DES_CHAT_TALKING && (chat->my_turn || chat->options.free);
}

// IV (CBC only) and DES of the padded text, to chat->work.
static bool encrypt(struct des_chat *chat, const uint8_t *text, size_t length, size_t *ciphertext_length) {
    uint8_t *iv = chat->work;
    struct cipher_context cipher;
    if (iv_size(chat) > 0 && !random_bytes(iv, iv_size(chat))) {
        return false;
    }
    if (!cipher_init(&cipher, block_cipher_find("des"), chat->options.mode, CIPHER_ENCRYPT, PADDING_PKCS7,
                     chat->key, sizeof chat->key, iv, iv_size(chat))) {
        return false;
    }
    uint8_t *out = chat->work + iv_size(chat);
    size_t first, last;
    cipher_update(&cipher, out, &first, text, length);
    bool ok = cipher_final(&cipher, out + first, &last);
    *ciphertext_length = iv_size(chat) + first + last;
    return ok;
}

// Says a text whoever's turn it is.
static enum des_chat_reason say(struct des_chat *chat, const uint8_t *text, size_t length) {
    if (length > des_chat_text_max(chat)) {
        return DES_CHAT_TEXT_TOO_LONG;
    }
    if (!stream_has_room(&chat->stream)) {
        return DES_CHAT_NO_ROOM;
    }
    size_t ciphertext_length;
    if (!encrypt(chat, text, length, &ciphertext_length)) {
        des_chat_fail(chat, DES_CHAT_NO_RANDOM);
        return DES_CHAT_NO_RANDOM;
    }
    // For whoever watches: the padded text, which the cipher makes for itself (RFC 5652, 6.3).
    size_t padding = DES_BLOCK_SIZE - length % DES_BLOCK_SIZE;
    memcpy(chat->text, text, length);
    memset(chat->text + length, (int)padding, padding);
    struct narration narration = {0};
    tell_bytes(&narration, "text", "as typed", chat->text, length);
    tell_bytes(&narration, "padded", "n bytes of value n fill the last block: 1 to 8", chat->text,
               length + padding);
    tell_bytes(&narration, "DES key", "from the handshake", chat->key, sizeof chat->key);
    if (iv_size(chat) > 0) {
        tell_bytes(&narration, "IV", "random, new for each message; goes first", chat->work, iv_size(chat));
    }
    tell_bytes(&narration, "ciphertext",
               iv_size(chat) > 0 ? "DES-CBC (SP 800-38A, 6.2)"
                                 : "DES-ECB (SP 800-38A, 6.1): equal blocks stay equal",
               chat->work + iv_size(chat), ciphertext_length - iv_size(chat));
    const struct field_value value = {.bytes = chat->work, .length = ciphertext_length};
    bool sent = stream_send(&chat->stream, &des_chat_message, &value, &narration);
    secure_wipe(chat->text, length + padding);
    if (!sent) {
        return DES_CHAT_NO_ROOM;
    }
    chat->my_turn = false;
    if (is_exit(text, length)) {
        chat->state = DES_CHAT_OVER;
    }
    return DES_CHAT_OK;
}

enum des_chat_reason des_chat_say(struct des_chat *chat, const void *text, size_t length) {
    return des_chat_may_say(chat) ? say(chat, text, length) : DES_CHAT_NOT_NOW;
}

void des_chat_exit(struct des_chat *chat) {
    if (chat->state != DES_CHAT_TALKING) {
        des_chat_abandon(chat, DES_CHAT_GIVEN_UP);
    } else if (say(chat, (const uint8_t *)exit_text, sizeof exit_text - 1) != DES_CHAT_OK) {
        des_chat_fail_because(chat, DES_CHAT_NO_ROOM, "the peer does not read: `exit` could not be sent");
    }
}

static void take_text(struct des_chat *chat, const struct message *message, struct party_event *event) {
    size_t length = 0, first = 0, last = 0;
    struct cipher_context cipher;
    size_t iv = iv_size(chat);
    bool ok = message_bytes(message, 0, chat->work, sizeof chat->work, &length) && length > iv &&
              cipher_init(&cipher, block_cipher_find("des"), chat->options.mode, CIPHER_DECRYPT,
                          PADDING_PKCS7, chat->key, sizeof chat->key, chat->work, iv);
    if (ok) {
        cipher_update(&cipher, chat->text, &first, chat->work + iv, length - iv);
        ok = cipher_final(&cipher, chat->text + first, &last);
    }
    if (!ok) {
        des_chat_fail_at_message(chat, DES_CHAT_UNDECRYPTABLE);
        return;
    }
    event->text = chat->text;
    event->length = first + last;
    struct narration narration = {0};
    tell_bytes(&narration, "ciphertext", "the base64 undone", chat->work, length);
    tell_bytes(&narration, "text", "decrypted, and the padding taken off", event->text, event->length);
    stream_explain(&chat->stream, message, &narration,
                   "whole blocks and a valid padding. Nothing shows whether it was changed");
    if (is_exit(event->text, event->length)) {
        chat->state = DES_CHAT_OVER;
        event->kind = PARTY_ENDED;
    } else if (chat->my_turn && !chat->options.free) {
        des_chat_fail_at_message(chat, DES_CHAT_OUT_OF_TURN);
    } else {
        chat->my_turn = true;
        event->kind = PARTY_MESSAGE;
    }
}

// --- receiving -------------------------------------------------------------------------------------------------

static void take_message(struct des_chat *chat, struct party_event *event) {
    struct message message;
    struct parse_error where;
    const char *name = awaited_name(chat);
    if (stream_take_refusal(&chat->stream, name)) {
        end_for(chat, DES_CHAT_REFUSED_BY_PEER);
        return;
    }
    if (message_parse(&message, awaited(chat->state), chat->stream.in.payload, chat->stream.in.length,
                      &where) != MESSAGE_OK) {
        // In the conversation the peer learns the same as of a message that does not decrypt.
        enum des_chat_reason reason =
            chat->state == DES_CHAT_TALKING ? DES_CHAT_UNDECRYPTABLE : DES_CHAT_MALFORMED;
        end_for(chat, reason);
        stream_fail_malformed(&chat->stream, des_chat_words[reason].to_peer, name, &where);
        return;
    }
    switch (chat->state) {
    case DES_CHAT_AWAIT_CONNECTED:
        des_chat_take_connected(chat, &message);
        break;
    case DES_CHAT_AWAIT_P:
        des_chat_take_p(chat, &message);
        break;
    case DES_CHAT_AWAIT_G:
        des_chat_take_g(chat, &message, event);
        break;
    case DES_CHAT_AWAIT_YS:
        des_chat_take_ys(chat, &message, event);
        break;
    case DES_CHAT_AWAIT_YC:
        des_chat_take_yc(chat, &message, event);
        break;
    case DES_CHAT_TALKING:
        take_text(chat, &message, event);
        break;
    case DES_CHAT_OVER:
        break;
    }
}

// Puts into words, for the person, what a message has brought about.
static void describe(struct des_chat *chat, struct party_event *event) {
    chat->notice[0] = '\0';
    if (event->kind == PARTY_NOTICE && des_chat_is_toy(chat)) {
        (void)snprintf(chat->notice, sizeof chat->notice, DES_CHAT_TOY_WARNING,
                       mpz_sizeinbase(chat->group.p, 2));
    } else if (event->kind == PARTY_ESTABLISHED) {
        (void)snprintf(chat->notice, sizeof chat->notice,
                       "Connected, with a fresh DES key. %s `exit` ends it.",
                       chat->options.free              ? "Type at any time."
                       : chat->role == DES_CHAT_CLIENT ? "You speak first."
                                                       : "The peer speaks first.");
    } else if (event->kind == PARTY_ENDED) {
        (void)snprintf(chat->notice, sizeof chat->notice, "The peer has left (`exit`).");
    } else {
        return;
    }
    event->text = (const uint8_t *)chat->notice;
    event->length = strlen(chat->notice);
}

size_t des_chat_receive(struct des_chat *chat, struct party_event *event, const uint8_t *bytes,
                        size_t length) {
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (chat->state == DES_CHAT_OVER) {
        return length;
    }
    size_t used;
    switch (stream_receive(&chat->stream, bytes, length, &used)) {
    case FRAME_INCOMPLETE:
        break;
    case FRAME_COMPLETE:
        take_message(chat, event);
        break;
    case FRAME_TOO_LARGE:
        stream_fail_too_large(&chat->stream, awaited_name(chat));
        end_for(chat, DES_CHAT_FRAME_TOO_LARGE);
        break;
    }
    if (chat->reason != DES_CHAT_OK) {
        event->kind = PARTY_FAILED;
    }
    describe(chat, event);
    return used;
}
