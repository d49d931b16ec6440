// cert-relay's client: the login, and what it does with each message. Before: protocols/cert_relay_server.c, which has the
// drawing. After: protocols/cert_relay_exchange.c (steps 5 to 7), protocols/cert_relay_talk.c (step 8).
//
//   AWAIT_LOGIN --AUTH_SUCCESS--> AWAIT_KEYS --two public keys--> AWAIT_START --START--> EXCHANGING --two parts--> TALKING
//                                                                      ^                  ^    |                    |
//                                                                      |                  +----|---START again------+
//                                                                      +---CLIENT_LEFT---------+
//
// After the login all kinds of messages may come in any state: the others are faster or slower than this end. So what a
// message is goes by how it begins, not by what is awaited.
//
// Pitfalls
// - START_KEY_EXCHANGE comes before the public keys to the client that logs in last, and the others' parts may, too. All of
//   them are kept.
// - A single bad key part or message comes from another client, or from whoever sits between. Ending the conversation would
//   let anybody end it. It is refused, the person is told, and the conversation goes on.

#include "protocols/cert_relay_parts.h"

#include "protocols/rsa_key_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char exit_text[] = "exit";

// --- beginning and end -----------------------------------------------------------------------------------------

void cert_relay_client_init(struct cert_relay_client *client) {
    memset(client, 0, sizeof *client);
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        rsa_public_key_init(&client->peer_keys[i]);
    }
    client->state = CERT_RELAY_CLIENT_OVER;
}

void cert_relay_client_clear(struct cert_relay_client *client) {
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        rsa_public_key_clear(&client->peer_keys[i]);
    }
    secure_wipe(client, sizeof *client);
}

// Message 2: PSS over the one text there is to sign.
static enum cert_relay_reason send_auth_request(struct cert_relay_client *client) {
    uint8_t digest[SHA256_DIGEST_SIZE], signature[RSA_SIZE_MAX];
    struct rsa_pss pss = cert_relay_pss(RSA_PSS_SALT_MAX);
    size_t salt_length, length = rsa_size(&client->key->public);
    hash_digest(pss.hash, digest, cert_relay_signed_text, strlen(cert_relay_signed_text));
    if (mpz_sizeinbase(client->key->public.n, 2) < CERT_RELAY_KEY_BITS_MIN ||
        !rsa_pss_salt_length(&pss, mpz_sizeinbase(client->key->public.n, 2) - 1, &salt_length) ||
        !rsa_pss_sign(client->key, signature, &pss, digest)) {
        return CERT_RELAY_KEY_UNFIT;
    }
    char salt[60];
    (void)snprintf(salt, sizeof salt, "%zu random bytes, the most that fit", salt_length);
    struct narration narration = {0};
    tell_bytes(&narration, "digest", "SHA-256 of the text AUTH_REQUEST (FIPS 180-4, 6.2)", digest,
               sizeof digest);
    tell_text(&narration, "salt", "makes every signature another one (RFC 8017, 9.1.1)", salt);
    tell_integer(&narration, "n", "the modulus of this client's key", client->key->public.n);
    const struct field_value values[] = {{0}, {0}, {.bytes = signature, .length = length}};
    return stream_send(&client->stream, &cert_relay_auth_request, values, &narration) ? CERT_RELAY_OK
                                                                                      : CERT_RELAY_NO_ROOM;
}

enum cert_relay_reason cert_relay_client_start(struct cert_relay_client *client, size_t place,
                                               const struct rsa_private_key *key,
                                               struct explain_sink *explain) {
    const char *id = cert_relay_ids[place];
    size_t count = 0;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        if (i != place) {
            client->others[count++] = i;
        }
    }
    client->place = place;
    client->key = key;
    stream_init(&client->stream, id, "server", explain);
    const struct field_value name = {.bytes = (const uint8_t *)id, .length = strlen(id)};
    enum cert_relay_reason reason = stream_send(&client->stream, &cert_relay_name, &name, NULL)
                                        ? send_auth_request(client)
                                        : CERT_RELAY_NO_ROOM;
    if (reason == CERT_RELAY_OK) {
        client->state = CERT_RELAY_AWAIT_LOGIN;
    }
    return reason;
}

// --- failing and telling ---------------------------------------------------------------------------------------

static const char *awaited_name(const struct cert_relay_client *client) {
    static const char *const names[] = {
        [CERT_RELAY_AWAIT_LOGIN] = "AUTH_SUCCESS",
        [CERT_RELAY_AWAIT_KEYS] = "a public key",
        [CERT_RELAY_AWAIT_START] = "START_KEY_EXCHANGE",
        [CERT_RELAY_EXCHANGING] = "KEY_PART",
        [CERT_RELAY_TALKING] = "a message",
        [CERT_RELAY_CLIENT_OVER] = "nothing",
    };
    return names[client->state];
}

// The conversation is over, for this reason; the first one counts.
static void end_for(struct cert_relay_client *client, enum cert_relay_reason reason) {
    if (client->state != CERT_RELAY_CLIENT_OVER) {
        client->state = CERT_RELAY_CLIENT_OVER;
        client->reason = reason;
    }
}

void cert_relay_client_fail(struct cert_relay_client *client, enum cert_relay_reason reason) {
    stream_fail(&client->stream, cert_relay_words[reason].to_peer, "%s", cert_relay_words[reason].here);
    end_for(client, reason);
}

void cert_relay_client_fail_at(struct cert_relay_client *client, enum cert_relay_reason reason,
                               const char *name) {
    char place[STREAM_PLACE_SIZE];
    stream_fail(&client->stream, cert_relay_words[reason].to_peer, "%s: %s",
                stream_place(&client->stream, client->stream.number, name, place),
                cert_relay_words[reason].here);
    end_for(client, reason);
}

// Which client's part is missing, for one that waited in vain.
static void fail_waiting(struct cert_relay_client *client) {
    char place[STREAM_PLACE_SIZE], whose[40] = "";
    if (client->state == CERT_RELAY_EXCHANGING) {
        bool first = !client->has_part[client->others[0]], second = !client->has_part[client->others[1]];
        (void)snprintf(whose, sizeof whose, " (the part of %s%s%s)",
                       first ? cert_relay_ids[client->others[0]] : "", first && second ? " and " : "",
                       second ? cert_relay_ids[client->others[1]] : "");
    }
    stream_fail(&client->stream, cert_relay_words[CERT_RELAY_SILENT].to_peer, "waiting for %s%s: %s",
                stream_place(&client->stream, client->stream.number + 1, awaited_name(client), place), whose,
                cert_relay_words[CERT_RELAY_SILENT].here);
    end_for(client, CERT_RELAY_SILENT);
}

void cert_relay_client_notice(struct cert_relay_client *client, struct party_event *event,
                              enum party_event_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(client->notice, sizeof client->notice, format, arguments);
    va_end(arguments);
    *event = (struct party_event){
        .kind = kind, .text = (const uint8_t *)client->notice, .length = strlen(client->notice)};
}

void cert_relay_client_refuse(struct cert_relay_client *client, struct party_event *event,
                              enum cert_relay_reason reason, const char *what) {
    client->refused = reason;
    cert_relay_client_notice(client, event, PARTY_NOTICE, "Message %u, %s, was refused: %s.",
                             client->stream.number, what, cert_relay_words[reason].here);
}

// --- the login -------------------------------------------------------------------------------------------------

static void take_auth_success(struct cert_relay_client *client, const struct message *message,
                              struct party_event *event) {
    stream_explain(&client->stream, message, NULL, "the text. Nothing shows who sent it");
    client->state = CERT_RELAY_AWAIT_KEYS;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS - 1; i++) {
        const char *id = cert_relay_ids[client->others[i]];
        const struct field_value values[] = {{0}, {.bytes = (const uint8_t *)id, .length = strlen(id)}};
        if (!stream_send(&client->stream, &cert_relay_req_key, values, NULL)) {
            cert_relay_client_fail(client, CERT_RELAY_NO_ROOM);
            return;
        }
    }
    cert_relay_client_notice(client, event, PARTY_NOTICE,
                             "The server has accepted %s. The key exchange begins when all three are here.",
                             cert_relay_ids[client->place]);
}

static void take_login_answer(struct cert_relay_client *client, struct party_event *event) {
    const uint8_t *payload = client->stream.in.payload;
    size_t length = client->stream.in.length;
    struct message message;
    struct parse_error where;
    if (message_parse(&message, &cert_relay_auth_failed, payload, length, NULL) == MESSAGE_OK) {
        stream_explain(&client->stream, &message, NULL, NULL);
        cert_relay_client_fail(client, CERT_RELAY_LOGIN_REFUSED);
    } else if (message_parse(&message, &cert_relay_auth_success, payload, length, &where) == MESSAGE_OK) {
        take_auth_success(client, &message, event);
    } else {
        stream_fail_malformed(&client->stream, cert_relay_words[CERT_RELAY_MALFORMED].to_peer, "AUTH_SUCCESS",
                              &where);
        end_for(client, CERT_RELAY_MALFORMED);
    }
}

// --- receiving -------------------------------------------------------------------------------------------------

static void take_any(struct cert_relay_client *client, struct party_event *event) {
    struct message message;
    struct parse_error where;
    const struct message_type *type =
        cert_relay_kind_to_client(client->stream.in.payload, client->stream.in.length);
    if (message_parse(&message, type, client->stream.in.payload, client->stream.in.length, &where) !=
        MESSAGE_OK) {
        stream_fail_malformed(&client->stream, cert_relay_words[CERT_RELAY_MALFORMED].to_peer, type->name,
                              &where);
        end_for(client, CERT_RELAY_MALFORMED);
    } else if (type == &cert_relay_public_key) {
        cert_relay_take_public_key(client, &message, event);
    } else if (type == &cert_relay_no_public_key) {
        stream_explain(&client->stream, &message, NULL, NULL);
        cert_relay_client_fail_at(client, CERT_RELAY_NO_PUBLIC_KEY, type->name);
    } else if (type == &cert_relay_start_key_exchange) {
        cert_relay_take_start(client, &message, event);
    } else if (type == &cert_relay_key_part) {
        cert_relay_take_key_part(client, &message, event);
    } else if (type == &cert_relay_client_left) {
        cert_relay_take_client_left(client, &message, event);
    } else {
        cert_relay_take_message(client, &message, event);
    }
}

static void take_message(struct cert_relay_client *client, struct party_event *event) {
    client->refused = CERT_RELAY_OK;
    if (stream_take_refusal(&client->stream, awaited_name(client))) {
        end_for(client, CERT_RELAY_REFUSED_BY_PEER);
    } else if (client->state == CERT_RELAY_AWAIT_LOGIN) {
        take_login_answer(client, event);
    } else {
        take_any(client, event);
    }
}

static size_t party_receive(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    struct cert_relay_client *client = party;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (client->state == CERT_RELAY_CLIENT_OVER) {
        return length;
    }
    if (client->state == CERT_RELAY_TALKING && cert_relay_next_held(client, event)) {
        return 0;
    }
    size_t used;
    switch (stream_receive(&client->stream, bytes, length, &used)) {
    case FRAME_INCOMPLETE:
        break;
    case FRAME_COMPLETE:
        take_message(client, event);
        break;
    case FRAME_TOO_LARGE:
        stream_fail_too_large(&client->stream, awaited_name(client));
        end_for(client, CERT_RELAY_FRAME_TOO_LARGE);
        break;
    }
    if (client->reason != CERT_RELAY_OK) {
        *event = (struct party_event){.kind = PARTY_FAILED};
    }
    return used;
}

// --- the shape of a party --------------------------------------------------------------------------------------

static void party_end(void *party, struct party_event *event, enum party_ending ending) {
    struct cert_relay_client *client = party;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (client->state == CERT_RELAY_CLIENT_OVER) {
        return;
    }
    switch (ending) {
    case PARTY_LEAVES: // the README has no word for it: the connection closes
        if (client->state == CERT_RELAY_AWAIT_LOGIN) {
            cert_relay_client_fail(client, CERT_RELAY_GIVEN_UP);
        } else {
            end_for(client, CERT_RELAY_OK);
        }
        break;
    case PARTY_TIMED_OUT:
        fail_waiting(client);
        break;
    case PARTY_PEER_CLOSED:
        stream_fail_closed(&client->stream, awaited_name(client), NULL);
        end_for(client, CERT_RELAY_DISCONNECTED);
        break;
    case PARTY_BUSY:
        cert_relay_client_fail(client, CERT_RELAY_BUSY);
        break;
    }
    if (client->reason != CERT_RELAY_OK) {
        event->kind = PARTY_FAILED;
    }
}

static bool is_exit(const void *text, size_t length) {
    return length == sizeof exit_text - 1 && memcmp(text, exit_text, length) == 0;
}

static const char *party_may_say(const void *party, size_t length) {
    const struct cert_relay_client *client = party;
    enum cert_relay_reason reason = length > CERT_RELAY_TEXT_MAX          ? CERT_RELAY_TEXT_TOO_LONG
                                    : client->state != CERT_RELAY_TALKING ? CERT_RELAY_NOT_NOW
                                    : !stream_has_room(&client->stream)   ? CERT_RELAY_NO_ROOM
                                                                          : CERT_RELAY_OK;
    return reason == CERT_RELAY_OK ? NULL : cert_relay_words[reason].here;
}

static const char *party_say(void *party, const void *text, size_t length) {
    struct cert_relay_client *client = party;
    const char *why = party_may_say(party, length);
    if (why != NULL) {
        return why;
    }
    if (is_exit(text, length)) {
        struct party_event event;
        party_end(party, &event, PARTY_LEAVES);
        return NULL;
    }
    enum cert_relay_reason reason = cert_relay_say(client, text, length);
    return reason == CERT_RELAY_OK ? NULL : cert_relay_words[reason].here;
}

static size_t party_text_max(const void *party) {
    (void)party;
    return CERT_RELAY_TEXT_MAX;
}

static bool party_impatient(const void *party) {
    const struct cert_relay_client *client = party;
    return client->state != CERT_RELAY_CLIENT_OVER &&
           (stream_is_partial(&client->stream) ||
            (client->state != CERT_RELAY_AWAIT_START && client->state != CERT_RELAY_TALKING));
}
static bool party_over(const void *party) {
    return ((const struct cert_relay_client *)party)->state == CERT_RELAY_CLIENT_OVER;
}

const struct party_type cert_relay_client_party = {
    .protocol = "cert-relay",
    .role = "client",
    .receive = party_receive,
    .end = party_end,
    .say = party_say,
    .may_say = party_may_say,
    .text_max = party_text_max,
    .output = stream_party_output,
    .sent = stream_party_sent,
    .impatient = party_impatient,
    .over = party_over,
    .failure = stream_party_failure,
};
