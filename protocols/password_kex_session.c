// password-kex over a connection: README 000, as written. Before: protocols/password_kex.c (the proofs),
// protocols/password_kex_channel.c (what the session keys are used for), protocols/stream.c. After:
// protocols/password_kex_handshake.c, apps/password-kex, docs/password-kex.md.
//
// Every message is one frame (protocols/frame.c):
//
//   client                                                        server
//                                             <----------  1  server_public_key        a key for this connection alone
//     2  username, proof of the client        ---------->     right? else stop
//     3  the client's public key              ---------->     decrypts it
//     right? else stop                        <----------  4  proof of the server
//     5  Yc = g^xc mod p                      ---------->     checks Yc
//     checks Ys                               <----------  6  Ys = g^xs mod p
//     Z = Ys^xc mod p                                         Z = Yc^xs mod p          the same number
//     7  one message under the session keys   ---------->
//                                             <----------  8  one message
//
// 2, 3 and 5 are encrypted to the server's key, 4 and 6 to the client's: RSA-OAEP, in one block or several.
//
// What the README leaves open, and what is done here
// - The client sends 3 right behind 2. When the server stops at 2, the 3 on its way is never looked at.
// - A refusal is a frame "Refused: reason", in clear. Which check failed is told to the person at this end; the peer hears
//   "authentication failed" whether the name is unknown, the password wrong or the packet unreadable.
// - After message 8 it is over: the README ends where the keys are agreed, and the two messages show that they are.
//
// Whatever ends a conversation, also a silent or vanished peer, ends the life of its private key: it is wiped here, and
// password_kex.c refuses every verb that would need it.

#include "protocols/password_kex_parts.h"

#include "bignum/encoding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// --- beginning and end -----------------------------------------------------------------------------------------

void password_kex_session_init(struct password_kex_session *session) {
    memset(session, 0, sizeof *session);
    password_kex_init(&session->kex, NULL);
    bn_group_init(&session->group);
    mpz_inits(session->private_half, session->public_half, NULL);
    session->state = PASSWORD_KEX_OVER;
}

void password_kex_session_clear(struct password_kex_session *session) {
    password_kex_clear(&session->kex);
    bn_group_clear(&session->group);
    bn_wipe_clears(session->private_half, session->public_half, NULL);
    secure_wipe(session, sizeof *session);
}

enum password_kex_reason password_kex_start(struct password_kex_session *session, enum password_kex_role role,
                                            const struct password_kex_options *options) {
    bool client = role == PASSWORD_KEX_CLIENT;
    session->role = role;
    session->options = *options;
    session->options.made = NULL;
    session->options.password = NULL;
    session->kex.hash = options->hash;
    stream_init(&session->stream, client ? "client" : "server", client ? "server" : "client",
                options->explain);
    if (client) {
        if (!password_kex_name_is_good(options->username)) {
            return PASSWORD_KEX_BAD_NAME;
        }
        if (options->password_length > sizeof session->password) {
            return PASSWORD_KEX_TOO_LONG;
        }
        memcpy(session->username, options->username, strlen(options->username) + 1);
        memcpy(session->password, options->password, options->password_length);
        session->password_length = options->password_length;
    }
    enum password_kex_reason reason = options->made != NULL
                                          ? password_kex_take_private_key(&session->kex, options->made)
                                          : password_kex_generate_private_key(&session->kex);
    if (reason != PASSWORD_KEX_OK) {
        return reason;
    }
    session->state = client ? PASSWORD_KEX_AWAIT_PUBLIC_KEY : PASSWORD_KEX_AWAIT_FIRST_PACKET;
    if (!client) {
        password_kex_send_public_key(session);
    }
    return session->reason;
}

// Wipes what must not outlive the conversation.
static void forget_secrets(struct password_kex_session *session) {
    password_kex_clear(&session->kex);
    password_kex_init(&session->kex, session->options.hash);
    session->kex.key_state = PASSWORD_KEX_KEY_SPENT;
    secure_wipe(session->password, sizeof session->password);
    secure_wipe(&session->channel, sizeof session->channel);
    bn_wipe(session->private_half);
}

// The conversation is over, for this reason; the first one counts.
static void end_for(struct password_kex_session *session, enum password_kex_reason reason) {
    if (session->state != PASSWORD_KEX_OVER) {
        session->state = PASSWORD_KEX_OVER;
        session->reason = reason;
        forget_secrets(session);
    }
}

// --- failing ---------------------------------------------------------------------------------------------------

const struct message_type *password_kex_awaited(enum password_kex_state state) {
    static const struct message_type *const types[] = {
        [PASSWORD_KEX_AWAIT_PUBLIC_KEY] = &password_kex_server_public_key,
        [PASSWORD_KEX_AWAIT_FIRST_PACKET] = &password_kex_first_client_packet,
        [PASSWORD_KEX_AWAIT_SECOND_PACKET] = &password_kex_second_client_packet,
        [PASSWORD_KEX_AWAIT_SERVER_PACKET] = &password_kex_server_packet_message,
        [PASSWORD_KEX_AWAIT_CLIENT_HALF] = &password_kex_client_half,
        [PASSWORD_KEX_AWAIT_SERVER_HALF] = &password_kex_server_half,
        [PASSWORD_KEX_MAY_SPEAK] = &password_kex_message,
        [PASSWORD_KEX_AWAIT_MESSAGE] = &password_kex_message,
        [PASSWORD_KEX_ENDING] = &stream_refused,
        [PASSWORD_KEX_OVER] = &stream_refused,
    };
    return types[state];
}

// `place` and the reason's words.
static void fail(struct password_kex_session *session, enum password_kex_reason reason, const char *before,
                 const char *place) {
    if (session->state == PASSWORD_KEX_OVER) {
        return;
    }
    stream_fail(&session->stream, password_kex_words[reason].to_peer, "%s%s%s%s", before, place,
                place[0] != '\0' ? ": " : "", password_kex_words[reason].here);
    end_for(session, reason);
}

void password_kex_fail(struct password_kex_session *session, enum password_kex_reason reason) {
    fail(session, reason, "", "");
}

void password_kex_fail_at_message(struct password_kex_session *session, enum password_kex_reason reason) {
    char place[STREAM_PLACE_SIZE];
    const struct message_type *type = password_kex_awaited(session->state);
    fail(session, reason, "", stream_place(&session->stream, session->stream.number, type->name, place));
}

void password_kex_abandon(struct password_kex_session *session, enum password_kex_reason reason) {
    char place[STREAM_PLACE_SIZE];
    const struct message_type *type = password_kex_awaited(session->state);
    if (session->state == PASSWORD_KEX_MAY_SPEAK) {
        password_kex_fail(session, reason);
    } else {
        fail(session, reason, "waiting for ",
             stream_place(&session->stream, session->stream.number + 1, type->name, place));
    }
}

const char *password_kex_failure(const struct password_kex_session *session) {
    return session->stream.failure;
}

void password_kex_disconnected(struct password_kex_session *session, struct party_event *event) {
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (session->state == PASSWORD_KEX_ENDING || session->state == PASSWORD_KEX_OVER) {
        end_for(session, PASSWORD_KEX_OK);
        return;
    }
    stream_fail_closed(&session->stream, password_kex_awaited(session->state)->name, NULL);
    end_for(session, PASSWORD_KEX_DISCONNECTED);
    event->kind = PARTY_FAILED;
}

void password_kex_notice(struct password_kex_session *session, struct party_event *event,
                         enum party_event_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(session->notice, sizeof session->notice, format, arguments);
    va_end(arguments);
    *event = (struct party_event){
        .kind = kind, .text = (const uint8_t *)session->notice, .length = strlen(session->notice)};
}

// --- 7 and 8: the protected messages ---------------------------------------------------------------------------

enum password_kex_reason password_kex_say(struct password_kex_session *session, const void *text,
                                          size_t length) {
    if (session->state != PASSWORD_KEX_MAY_SPEAK) {
        return PASSWORD_KEX_NOT_NOW;
    }
    if (length > PASSWORD_KEX_TEXT_MAX) {
        return PASSWORD_KEX_TEXT_TOO_LONG;
    }
    if (!stream_has_room(&session->stream)) {
        return PASSWORD_KEX_NO_ROOM;
    }
    bool client = session->role == PASSWORD_KEX_CLIENT;
    struct password_kex_direction *direction =
        client ? &session->channel.from_client : &session->channel.from_server;
    uint8_t number[PASSWORD_KEX_NUMBER_SIZE], mac[PASSWORD_KEX_MAC_SIZE];
    password_kex_put_number(number, direction->next);
    if (!password_kex_protect(direction, session->work, mac, text, length)) {
        return PASSWORD_KEX_NOT_NOW;
    }
    struct narration narration = {0};
    tell_bytes(&narration, "text", "what is said", text, length);
    tell_bytes(&narration, "cipher key", client ? "the client's" : "the server's", direction->cipher_key,
               sizeof direction->cipher_key);
    tell_bytes(&narration, "MAC key", "of the same direction", direction->mac_key, sizeof direction->mac_key);
    const struct field_value values[] = {{.bytes = number, .length = sizeof number},
                                         {.bytes = session->work, .length = length},
                                         {.bytes = mac, .length = sizeof mac}};
    if (!stream_send(&session->stream, &password_kex_message, values, &narration)) {
        return PASSWORD_KEX_NO_ROOM;
    }
    if (client) {
        session->state = PASSWORD_KEX_AWAIT_MESSAGE;
    } else {
        end_for(session, PASSWORD_KEX_OK);
    }
    return PASSWORD_KEX_OK;
}

static void take_text(struct password_kex_session *session, const struct message *message,
                      struct party_event *event) {
    bool client = session->role == PASSWORD_KEX_CLIENT;
    struct password_kex_direction *direction =
        client ? &session->channel.from_server : &session->channel.from_client;
    const uint8_t *number = message->bytes + message->fields[0].offset;
    const uint8_t *ciphertext = message->bytes + message->fields[1].offset;
    size_t length = message->fields[1].length;
    switch (password_kex_open(direction, session->text, password_kex_get_number(number), ciphertext, length,
                              message->bytes + message->fields[2].offset)) {
    case PASSWORD_KEX_WRONG_MAC:
        password_kex_fail_at_message(session, PASSWORD_KEX_FORGED);
        return;
    case PASSWORD_KEX_WRONG_NUMBER:
        password_kex_fail_at_message(session, PASSWORD_KEX_REPLAYED);
        return;
    case PASSWORD_KEX_OPENED:
        break;
    }
    struct narration narration = {0};
    tell_bytes(&narration, "text", "decrypted", session->text, length);
    stream_explain(&session->stream, message, &narration,
                   "the MAC, before anything is decrypted, in constant time; the number is the next one");
    session->state = client ? PASSWORD_KEX_ENDING : PASSWORD_KEX_MAY_SPEAK;
    *event = (struct party_event){.kind = PARTY_MESSAGE, .text = session->text, .length = length};
}

// --- receiving -------------------------------------------------------------------------------------------------

static void take_message(struct password_kex_session *session, struct party_event *event) {
    struct message message;
    struct parse_error where;
    const struct message_type *type = password_kex_awaited(session->state);
    if (session->state == PASSWORD_KEX_MAY_SPEAK) {
        // Nothing but a refusal can come while the other end is to listen.
        if (stream_take_refusal(&session->stream, type->name)) {
            end_for(session, PASSWORD_KEX_REFUSED_BY_PEER);
        } else {
            password_kex_fail_at_message(session, PASSWORD_KEX_MALFORMED);
        }
        return;
    }
    if (message_parse(&message, type, session->stream.in.payload, session->stream.in.length, &where) !=
        MESSAGE_OK) {
        // A refusal is short text, which none of these messages can be.
        if (stream_take_refusal(&session->stream, type->name)) {
            end_for(session, PASSWORD_KEX_REFUSED_BY_PEER);
            return;
        }
        stream_fail_malformed(&session->stream, password_kex_words[PASSWORD_KEX_MALFORMED].to_peer,
                              type->name, &where);
        end_for(session, PASSWORD_KEX_MALFORMED);
        return;
    }
    switch (session->state) {
    case PASSWORD_KEX_AWAIT_PUBLIC_KEY:
        password_kex_take_public_key(session, &message);
        break;
    case PASSWORD_KEX_AWAIT_FIRST_PACKET:
        password_kex_take_first_packet(session, &message, event);
        break;
    case PASSWORD_KEX_AWAIT_SECOND_PACKET:
        password_kex_take_second_packet(session, &message);
        break;
    case PASSWORD_KEX_AWAIT_SERVER_PACKET:
        password_kex_take_server_packet(session, &message, event);
        break;
    case PASSWORD_KEX_AWAIT_CLIENT_HALF:
        password_kex_take_client_half(session, &message, event);
        break;
    case PASSWORD_KEX_AWAIT_SERVER_HALF:
        password_kex_take_server_half(session, &message, event);
        break;
    case PASSWORD_KEX_AWAIT_MESSAGE:
        take_text(session, &message, event);
        break;
    case PASSWORD_KEX_MAY_SPEAK:
    case PASSWORD_KEX_ENDING:
    case PASSWORD_KEX_OVER:
        break;
    }
}

size_t password_kex_receive(struct password_kex_session *session, struct party_event *event,
                            const uint8_t *bytes, size_t length) {
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (session->state == PASSWORD_KEX_OVER) {
        return length;
    }
    if (session->state == PASSWORD_KEX_ENDING) {
        end_for(session, PASSWORD_KEX_OK);
        event->kind = PARTY_ENDED;
        return 0;
    }
    size_t used;
    switch (stream_receive(&session->stream, bytes, length, &used)) {
    case FRAME_INCOMPLETE:
        break;
    case FRAME_COMPLETE:
        take_message(session, event);
        break;
    case FRAME_TOO_LARGE:
        stream_fail_too_large(&session->stream, password_kex_awaited(session->state)->name);
        end_for(session, PASSWORD_KEX_FRAME_TOO_LARGE);
        break;
    }
    if (session->reason != PASSWORD_KEX_OK) {
        *event = (struct party_event){.kind = PARTY_FAILED};
    }
    return used;
}
