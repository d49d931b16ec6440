// rsa-chat: README 004, "python-AES-encryption-socket-secure-chat", as written.
// Before: protocols/stream.c, ciphers/public/rsa.c, ciphers/block/aes.c, ciphers/hash/md5.c. After:
// protocols/rsa_chat_handshake.c, protocols/rsa_chat_talk.c, protocols/rsa_chat_room.c, apps/rsa-chat,
// docs/rsa-chat.md.
//
// Every message is one frame (protocols/frame.c):
//
//   client                                                        server
//     makes an RSA key pair                                        makes an RSA key pair, draws the session (8 bytes)
//     1  public key: PEM, MD5(PEM)          ---------->              checks the MD5
//                                           <----------  2  session key: RSA(client; session, MD5(session),
//     checks both MD5s                                                   MD5(server PEM)), server PEM
//     3  session back: RSA(server; session) ---------->              compares
//     key = session || session backwards                             the same
//                                           <----------  4  E("Ready")
//     5  E(name)                            ---------->              makes it unique, tells the others
//     6  E(text)                            ---------->              shows it, passes it on: E'("name: text")
//                                           <----------     E("name: text"), E("* name has joined"), E("quit")
//
// What the README leaves open, and what is done here
// - Where the original put ':' between fields and split there, fields say their length (protocols/rsa_chat_messages.c).
// - RSA makes numbers as long as n, with leading zeros; the session keeps its own.
// - How CBC goes on from one message to the next: protocols/rsa_chat_talk.c.
// - A refusal is a frame "Refused: reason", in clear, at any stage. Messages 3 and later are binary, and could look
//   like one by chance; nine random bytes spell "Refused: " less often than eight random bytes are the session.
//
// What it does not protect against is the subject of docs/rsa-chat.md: nobody knows who the peer is, the session is the
// same for all clients, IV = key, RSA without padding, and nothing notices a changed message.

#include "protocols/rsa_chat_parts.h"

#include "bignum/encoding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// --- beginning and end -----------------------------------------------------------------------------------------

void rsa_chat_init(struct rsa_chat *chat) {
    memset(chat, 0, sizeof *chat);
    rsa_public_key_init(&chat->peer_key);
    chat->state = RSA_CHAT_OVER;
}

void rsa_chat_clear(struct rsa_chat *chat) {
    rsa_chat_room_leave(chat, NULL);
    rsa_public_key_clear(&chat->peer_key);
    secure_wipe(chat, sizeof *chat);
}

enum rsa_chat_reason rsa_chat_start_client(struct rsa_chat *chat, const struct rsa_chat_identity *identity,
                                           const char *name, struct explain_sink *explain) {
    if (!rsa_chat_name_is_good(name, strlen(name))) {
        return RSA_CHAT_BAD_NAME;
    }
    (void)snprintf(chat->name, sizeof chat->name, "%s", name);
    chat->role = RSA_CHAT_CLIENT;
    chat->identity = identity;
    chat->state = RSA_CHAT_AWAIT_SESSION_KEY;
    stream_init(&chat->stream, chat->name, "server", explain);
    return rsa_chat_send_public_key(chat) ? RSA_CHAT_OK : RSA_CHAT_NO_ROOM;
}

void rsa_chat_start_server(struct rsa_chat *chat, struct rsa_chat_room *room, const char *called,
                           struct explain_sink *explain) {
    chat->role = RSA_CHAT_SERVER;
    chat->room = room;
    chat->identity = &room->identity;
    memcpy(chat->session, room->session, sizeof chat->session);
    chat->state = RSA_CHAT_AWAIT_PUBLIC_KEY;
    stream_init(&chat->stream, "server", called, explain);
}

// --- failing ---------------------------------------------------------------------------------------------------

// Which message is awaited.
static const struct message_type *awaited(const struct rsa_chat *chat) {
    switch (chat->state) {
    case RSA_CHAT_AWAIT_PUBLIC_KEY:
        return &rsa_chat_public_key;
    case RSA_CHAT_AWAIT_SESSION_KEY:
        return &rsa_chat_session_key;
    case RSA_CHAT_AWAIT_SESSION_BACK:
        return &rsa_chat_session_back;
    case RSA_CHAT_AWAIT_READY:
        return &rsa_chat_ready;
    case RSA_CHAT_AWAIT_NAME:
        return &rsa_chat_name;
    case RSA_CHAT_TALKING:
        return chat->role == RSA_CHAT_SERVER ? &rsa_chat_message : &rsa_chat_relayed;
    case RSA_CHAT_OVER:
        break;
    }
    return &stream_refused;
}

// The conversation is over, for this reason; the first one counts.
static void end_for(struct rsa_chat *chat, enum rsa_chat_reason reason) {
    if (chat->state != RSA_CHAT_OVER) {
        chat->state = RSA_CHAT_OVER;
        chat->reason = reason;
        rsa_chat_room_leave(chat, reason == RSA_CHAT_TOO_SLOW ? "was put out: too slow" : "is gone");
    }
}

void rsa_chat_fail_because(struct rsa_chat *chat, enum rsa_chat_reason reason, const char *details, ...) {
    if (chat->state == RSA_CHAT_OVER) {
        return;
    }
    char text[STREAM_FAILURE_SIZE];
    va_list arguments;
    va_start(arguments, details);
    (void)vsnprintf(text, sizeof text, details, arguments);
    va_end(arguments);
    stream_fail(&chat->stream, rsa_chat_words[reason].to_peer, "%s", text);
    end_for(chat, reason);
}

void rsa_chat_fail_at_message(struct rsa_chat *chat, enum rsa_chat_reason reason, const char *details) {
    char place[STREAM_PLACE_SIZE];
    rsa_chat_fail_because(chat, reason, "%s: %s",
                          stream_place(&chat->stream, chat->stream.number, awaited(chat)->name, place),
                          details != NULL ? details : rsa_chat_words[reason].here);
}

const char *rsa_chat_failure(const struct rsa_chat *chat) {
    return chat->stream.failure;
}

void rsa_chat_disconnected(struct rsa_chat *chat, struct party_event *event) {
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (chat->state == RSA_CHAT_OVER) {
        return;
    }
    stream_fail_closed(&chat->stream, awaited(chat)->name,
                       chat->state == RSA_CHAT_TALKING ? RSA_CHAT_QUIT_TEXT : NULL);
    end_for(chat, RSA_CHAT_DISCONNECTED);
    event->kind = PARTY_FAILED;
}

void rsa_chat_abandon(struct rsa_chat *chat, enum rsa_chat_reason reason) {
    char place[STREAM_PLACE_SIZE];
    rsa_chat_fail_because(chat, reason, "waiting for %s: %s",
                          stream_place(&chat->stream, chat->stream.number + 1, awaited(chat)->name, place),
                          rsa_chat_words[reason].here);
}

// --- saying ----------------------------------------------------------------------------------------------------

static bool is_quit(const void *text, size_t length) {
    return length == sizeof RSA_CHAT_QUIT_TEXT - 1 && memcmp(text, RSA_CHAT_QUIT_TEXT, length) == 0;
}

bool rsa_chat_may_say(const struct rsa_chat *chat) {
    return chat->state == RSA_CHAT_TALKING;
}

// To this peer alone, as it is.
static enum rsa_chat_reason say_here(struct rsa_chat *chat, const void *text, size_t length) {
    if (!stream_has_room(&chat->stream)) {
        return RSA_CHAT_NO_ROOM;
    }
    if (!rsa_chat_send_encrypted(chat, chat->role == RSA_CHAT_SERVER ? &rsa_chat_relayed : &rsa_chat_message,
                                 text, length)) {
        rsa_chat_fail_because(chat, RSA_CHAT_NO_RANDOM, "a message could not be encrypted");
        return RSA_CHAT_NO_RANDOM;
    }
    if (is_quit(text, length)) {
        chat->state = RSA_CHAT_OVER;
        rsa_chat_room_leave(chat, NULL);
    }
    return RSA_CHAT_OK;
}

enum rsa_chat_reason rsa_chat_say(struct rsa_chat *chat, const void *text, size_t length) {
    if (!rsa_chat_may_say(chat)) {
        return RSA_CHAT_NOT_NOW;
    }
    if (length > RSA_CHAT_TEXT_MAX) {
        return RSA_CHAT_TEXT_TOO_LONG;
    }
    return chat->role == RSA_CHAT_SERVER && !is_quit(text, length)
               ? rsa_chat_room_say(chat->room, text, length)
               : say_here(chat, text, length);
}

void rsa_chat_quit(struct rsa_chat *chat) {
    rsa_chat_room_leave(chat, NULL);
    if (chat->state != RSA_CHAT_TALKING) {
        rsa_chat_abandon(chat, RSA_CHAT_GIVEN_UP);
    } else if (rsa_chat_say(chat, RSA_CHAT_QUIT_TEXT, sizeof RSA_CHAT_QUIT_TEXT - 1) != RSA_CHAT_OK) {
        rsa_chat_fail_because(chat, RSA_CHAT_NO_ROOM, "the %s does not read: `quit` could not be sent",
                              chat->stream.there);
    }
}

void rsa_chat_notice(struct rsa_chat *chat, struct party_event *event, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(chat->notice, sizeof chat->notice, format, arguments);
    va_end(arguments);
    event->text = (const uint8_t *)chat->notice;
    event->length = strlen(chat->notice);
}

// --- receiving -------------------------------------------------------------------------------------------------

static void take_message(struct rsa_chat *chat, struct party_event *event) {
    struct message message;
    struct parse_error where;
    const struct message_type *type = awaited(chat);
    if (stream_take_refusal(&chat->stream, type->name)) {
        end_for(chat, RSA_CHAT_REFUSED_BY_PEER);
        return;
    }
    if (message_parse(&message, type, chat->stream.in.payload, chat->stream.in.length, &where) !=
        MESSAGE_OK) {
        // Of an encrypted message the peer learns the same as when it does not decrypt.
        bool clear = chat->state == RSA_CHAT_AWAIT_PUBLIC_KEY || chat->state == RSA_CHAT_AWAIT_SESSION_KEY ||
                     chat->state == RSA_CHAT_AWAIT_SESSION_BACK;
        enum rsa_chat_reason reason = clear ? RSA_CHAT_MALFORMED : RSA_CHAT_UNDECRYPTABLE;
        stream_fail_malformed(&chat->stream, rsa_chat_words[reason].to_peer, type->name, &where);
        end_for(chat, reason);
        return;
    }
    switch (chat->state) {
    case RSA_CHAT_AWAIT_PUBLIC_KEY:
        rsa_chat_take_public_key(chat, &message);
        break;
    case RSA_CHAT_AWAIT_SESSION_KEY:
        rsa_chat_take_session_key(chat, &message);
        break;
    case RSA_CHAT_AWAIT_SESSION_BACK:
        rsa_chat_take_session_back(chat, &message);
        break;
    case RSA_CHAT_AWAIT_READY:
        rsa_chat_take_ready(chat, &message, event);
        break;
    case RSA_CHAT_AWAIT_NAME:
        rsa_chat_take_name(chat, &message, event);
        break;
    case RSA_CHAT_TALKING:
        if (chat->role == RSA_CHAT_SERVER) {
            rsa_chat_take_message(chat, &message, event);
        } else {
            rsa_chat_take_relayed(chat, &message, event);
        }
        break;
    case RSA_CHAT_OVER:
        break;
    }
}

size_t rsa_chat_receive(struct rsa_chat *chat, struct party_event *event, const uint8_t *bytes,
                        size_t length) {
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (chat->state == RSA_CHAT_OVER) {
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
        stream_fail_too_large(&chat->stream, awaited(chat)->name);
        end_for(chat, RSA_CHAT_FRAME_TOO_LARGE);
        break;
    }
    if (chat->reason != RSA_CHAT_OK) {
        *event = (struct party_event){.kind = PARTY_FAILED};
    }
    return used;
}
