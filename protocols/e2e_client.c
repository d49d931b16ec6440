// A client of e2e-relay: README 003, "End-To-End Encrypted Secure Messaging", as written.
// Before: ciphers/public/elgamal.c, ciphers/public/dh.c, protocols/e2e_relay.c. After: protocols/e2e_client_exchange.c,
// protocols/e2e_party.c, docs/e2e-relay.md.
//
//   client A                          relay                          client B
//     y = g^x, Y = g^a                                                 likewise, with its own x and a
//                     <----------  KEY_EXCHANGE  ---------->
//     ELGAMAL_PK  y              ---> ... ELGAMAL_PK_BC ...      --->  checks 1 < y < p-1
//     DEFF_HELLMAN_PK Y, s1, s2  ---> ... DEFF_HELLMAN_PK_BC ... --->  verifies (s1, s2), checks Y
//                                     and the same from B to A
//     Z = Y_B^a mod p                                                  Z = Y_A^b mod p       the same number
//     key = SHA-256(Z in decimal)                                      likewise
//     message {E(text), iv}      ---> ... received_message ...   --->  and back, at any time
//
// What the README leaves open, and what is done here
// - Both public keys are sent at once, first the one that verifies. The relay keeps the order of what one client sends, so
//   a signed value that comes before its key is a fault, and is refused.
// - The same key or value once more changes nothing: after a partner has left in the middle of an exchange, the relay may
//   deliver what was on its way to the one before. Another one is refused: keys change with a KEY_EXCHANGE only.
// - KEY_EXCHANGE in the middle of a conversation starts anew, and the person is told: the partner may be another one.
// - A message that comes before the key is there cannot be read. It is dropped, and the person is told once.
// - PARTNER_LEFT, which our relay adds, ends the conversation at this end too, or waits for the next partner (--stay).
// - `exit` is not sent to the partner: whoever leaves disconnects from the relay.
// - A refusal has no message of its own: this end says why to its person and leaves. The partner sees that it has left.
//
// Pitfalls
// - JSON in a string in JSON: the inner one must be parsed by itself, and its members are compared by name, each exactly
//   once. Numbers are strings of digits: as JSON numbers, most languages would round them to 53 bits.
// - The digits that are signed and hashed are the one decimal form, without leading zeros; another text for the same number
//   is refused before anything is computed with it.
// - s1 must be below p. Without that check there are signatures by people who do not know x (Bleichenbacher 1996).
// - CFB never fails to decrypt: any bytes give some text. Only a MAC would notice a change, and the README has none.
//
// What it does not protect against is the subject of docs/e2e-relay.md: above all a relay that passes on keys of its own.

#include "protocols/e2e_client_parts.h"

#include "protocols/base64.h"

#include "bignum/random.h"
#include "ciphers/block/modes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// --- beginning and end -----------------------------------------------------------------------------------------

void e2e_client_init(struct e2e_client *client) {
    memset(client, 0, sizeof *client);
    mpz_inits(client->peer_elgamal, client->peer_dh, NULL);
    client->state = E2E_OVER;
}

void e2e_client_clear(struct e2e_client *client) {
    mpz_clears(client->peer_elgamal, client->peer_dh, NULL);
    secure_wipe(client, sizeof *client);
}

void e2e_client_start(struct e2e_client *client, const struct e2e_client_options *options) {
    client->options = *options;
    client->state = E2E_AWAIT_PARTNER;
}

bool e2e_is_toy(const struct bn_group *group) {
    return mpz_sizeinbase(group->p, 2) < E2E_TOY_BITS;
}

void e2e_client_end(struct e2e_client *client, enum e2e_reason reason, const char *details, ...) {
    if (client->state == E2E_OVER) {
        return;
    }
    client->state = E2E_OVER;
    client->reason = reason;
    if (details == NULL) {
        (void)snprintf(client->failure, sizeof client->failure, "%s", e2e_reason_text(reason));
        return;
    }
    va_list arguments;
    va_start(arguments, details);
    (void)vsnprintf(client->failure, sizeof client->failure, details, arguments);
    va_end(arguments);
}

void e2e_client_refuse(struct e2e_client *client, const struct message *message, enum e2e_reason reason) {
    e2e_client_explain(client, false, message, NULL, "refused: see the reason below");
    e2e_client_end(client, reason, "message %u (%s) from the relay: %s", client->number, message->type->name,
                   e2e_reason_text(reason));
}

// --- telling and sending ---------------------------------------------------------------------------------------

void e2e_client_explain(struct e2e_client *client, bool sent, const struct message *message,
                        const struct narration *narration, const char *checked) {
    client->number++;
    if (client->options.explain == NULL) {
        return;
    }
    struct explanation explanation = {
        .number = client->number,
        .sender = sent ? client->options.name : "relay",
        .receiver = sent ? "relay" : client->options.name,
        .sent = sent,
        .message = message,
        .checked = checked,
    };
    if (narration != NULL) {
        memcpy(explanation.values, narration->values, narration->count * sizeof narration->values[0]);
        explanation.count = narration->count;
    }
    client->options.explain->explain(client->options.explain, &explanation);
}

static bool build_and_send(struct e2e_client *client, const struct message_type *type,
                           const struct field_value values[], const struct narration *narration) {
    struct message message;
    if (message_build(&message, client->packet, sizeof client->packet, type, values) != MESSAGE_OK ||
        !client->options.output->send(client->options.output, message.bytes, message.length)) {
        return false;
    }
    e2e_client_explain(client, true, &message, narration, NULL);
    return true;
}

bool e2e_client_emit(struct e2e_client *client, const struct message_type *type,
                     const struct field_value values[], const struct narration *narration) {
    if (!build_and_send(client, type, values, narration)) {
        e2e_client_end(client, E2E_NO_ROOM, "no room for %s: the relay does not read", type->name);
        return false;
    }
    return true;
}

// --- the conversation ------------------------------------------------------------------------------------------

// CFB128: out and text may be the same.
static bool cipher(const struct e2e_client *client, enum cipher_direction direction,
                   const uint8_t iv[static AES_BLOCK_SIZE], uint8_t *out, const uint8_t *in, size_t length) {
    struct cipher_context context;
    size_t first, last;
    if (!cipher_init(&context, block_cipher_find("aes-256"), MODE_CFB, direction, PADDING_NONE, client->key,
                     sizeof client->key, iv, AES_BLOCK_SIZE)) {
        return false;
    }
    cipher_update(&context, out, &first, in, length);
    return cipher_final(&context, out + first, &last) && first + last == length;
}

enum e2e_reason e2e_client_say(struct e2e_client *client, const void *text, size_t length) {
    if (client->state != E2E_TALKING) {
        return E2E_NOT_NOW;
    }
    if (length > E2E_TEXT_MAX) {
        return E2E_TEXT_TOO_LONG;
    }
    uint8_t iv[AES_BLOCK_SIZE];
    if (!random_bytes(iv, sizeof iv) || !cipher(client, CIPHER_ENCRYPT, iv, client->work, text, length)) {
        e2e_client_end(client, E2E_NO_RANDOM, NULL);
        return E2E_NO_RANDOM;
    }
    struct narration narration = {0};
    tell_bytes(&narration, "text", "as typed", text, length);
    tell_bytes(&narration, "AES key", "from the key exchange", client->key, sizeof client->key);
    tell_bytes(&narration, "IV", "random, new for each message", iv, sizeof iv);
    tell_bytes(&narration, "ciphertext", "AES-256-CFB128: the text XOR a stream that the key makes",
               client->work, length);
    const struct field_value values[MESSAGE_FIELDS_MAX] = {
        [2] = {.bytes = client->work, .length = length}, [4] = {.bytes = iv, .length = sizeof iv}};
    return build_and_send(client, &e2e_message, values, &narration) ? E2E_OK : E2E_NO_ROOM;
}

static void take_text(struct e2e_client *client, const struct message *message, struct narration *narration,
                      struct party_event *event) {
    uint8_t iv[BASE64_DECODED_SIZE(BASE64_ENCODED_SIZE(AES_BLOCK_SIZE))]; // what the decoder may want
    size_t length, iv_length;
    if (client->state != E2E_TALKING) {
        e2e_client_explain(client, false, message, narration, "it came before the key: it cannot be read");
        event->kind = client->dropped ? PARTY_NOTHING : PARTY_NOTICE;
        client->dropped = true;
        (void)snprintf(client->notice, sizeof client->notice,
                       "(A message came before the key was agreed on: it cannot be read, and is dropped.)");
        return;
    }
    if (!message_bytes(message, 2, client->work, sizeof client->work, &length) ||
        !message_bytes(message, 4, iv, sizeof iv, &iv_length) ||
        !cipher(client, CIPHER_DECRYPT, iv, client->text, client->work, length)) {
        e2e_client_refuse(client, message, E2E_MALFORMED);
        return;
    }
    tell_bytes(narration, "ciphertext", "the base64 undone", client->work, length);
    tell_bytes(narration, "text", "decrypted: AES-256-CFB128 (SP 800-38A, 6.3)", client->text, length);
    e2e_client_explain(client, false, message, narration,
                       "base64, and an IV of 16 bytes. Nothing shows whether it was changed");
    event->kind = PARTY_MESSAGE;
    event->text = client->text;
    event->length = length;
}

static void take_partner_left(struct e2e_client *client, const struct message *message,
                              struct party_event *event) {
    e2e_client_explain(client, false, message, NULL, "nothing: anybody on the way could have said it");
    if (client->options.stay) {
        client->state = E2E_AWAIT_PARTNER;
        secure_wipe(client->key, sizeof client->key);
        event->kind = PARTY_NOTICE;
        (void)snprintf(client->notice, sizeof client->notice,
                       "Your partner has left. Waiting for the next one ...");
    } else {
        client->state = E2E_OVER;
        event->kind = PARTY_ENDED;
        (void)snprintf(client->notice, sizeof client->notice, "Your partner has left.");
    }
}

static void take_key_exchange(struct e2e_client *client, const struct message *message,
                              struct party_event *event) {
    bool anew = client->state != E2E_AWAIT_PARTNER;
    e2e_client_explain(client, false, message, NULL,
                       anew ? "a new exchange: what was agreed on before is forgotten" : NULL);
    event->kind = PARTY_NOTICE;
    (void)snprintf(client->notice, sizeof client->notice, "%s",
                   anew ? "The relay starts a new key exchange: your partner may be another one now."
                        : "A partner is there. Exchanging keys ...");
    e2e_client_begin_exchange(client);
}

// --- taking events ---------------------------------------------------------------------------------------------

static bool refuse(struct parse_error *where, const char *what, const char *reason) {
    parse_error_set(where, 0, "the event", "%s%s%s", what, *what != '\0' ? ": " : "", reason);
    return false;
}

static bool append(struct e2e_client *client, size_t *at, const char *text, size_t length) {
    if (sizeof client->packet - *at < length) {
        return false;
    }
    memcpy(client->packet + *at, text, length);
    *at += length;
    return true;
}

// Only characters that stand for themselves in JSON in JSON, so that a value cannot pass for the text around it. Whether
// they make sense in their order, the message's table says.
static bool has_plain_characters(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' ||
                     c == '/' || c == '=';
        if (!plain) {
            return false;
        }
    }
    return true;
}

// The value of a field: the whole argument, or one of its members.
static bool append_value(struct e2e_client *client, size_t *at, const char *member, size_t argument_length,
                         const char *field, struct parse_error *where) {
    size_t length;
    struct json_slice object = {client->argument, argument_length}, value;
    char *out = (char *)client->packet + *at;
    if (member == NULL) {
        length = argument_length;
        if (!append(client, at, client->argument, length)) {
            return refuse(where, field, "too long");
        }
    } else {
        if (!json_text_member(object, member, &value)) {
            return refuse(where, member, "missing");
        }
        if (!json_text_string(out, sizeof client->packet - *at, &length, value)) {
            return refuse(where, member, "must be a string, and not too long");
        }
        *at += length;
    }
    return has_plain_characters(out, length) || refuse(where, field, "this character does not belong here");
}

// The argument's JSON: an object with exactly these members.
static bool check_object(const struct e2e_client *client, const struct e2e_form *form, size_t length,
                         struct parse_error *where) {
    if (!json_text_check(client->argument, length, where)) {
        return false;
    }
    size_t expected = 0, count = 0;
    while (expected < 3 && form->members[expected] != NULL) {
        expected++;
    }
    struct json_walk walk;
    struct json_slice name, element;
    json_text_enter(&walk, (struct json_slice){client->argument, length});
    while (json_text_next(&walk, &name, &element)) {
        count++;
    }
    return count == expected || refuse(where, "", "an object with other members than it should have");
}

// Brings an event into the form of its table, in client->packet: the same values, without white space and escapes that
// nothing needs.
static bool normalise(struct e2e_client *client, const struct e2e_form *form, struct json_slice argument,
                      size_t *length, struct parse_error *where) {
    size_t argument_length = 0, member = 0;
    *length = 0;
    if (form->argument &&
        !json_text_string(client->argument, sizeof client->argument, &argument_length, argument)) {
        return refuse(where, "", "the argument must be a string, and not too long");
    }
    if (form->members[0] != NULL && !check_object(client, form, argument_length, where)) {
        return false;
    }
    for (size_t i = 0; i < form->type->count; i++) {
        const struct field *field = &form->type->fields[i];
        bool ok =
            field->kind == FIELD_CONSTANT
                ? append(client, length, field->constant, strlen(field->constant)) ||
                      refuse(where, field->name, "too long")
                : append_value(client, length, form->members[0] != NULL ? form->members[member++] : NULL,
                               argument_length, field->name, where);
        if (!ok) {
            return false;
        }
    }
    return true;
}

// The event's name, its one argument (text NULL: none), and whether there are more.
static void take_apart(struct json_slice array, struct json_slice *name, struct json_slice *argument,
                       size_t *count) {
    struct json_walk walk;
    struct json_slice ignored, element;
    *name = *argument = (struct json_slice){NULL, 0};
    *count = 0;
    json_text_enter(&walk, array);
    while (json_text_next(&walk, &ignored, &element)) {
        if (*count == 0) {
            *name = element;
        } else if (*count == 1) {
            *argument = element;
        }
        ++*count;
    }
}

static void take_form(struct e2e_client *client, const struct e2e_form *form, struct json_slice array,
                      struct json_slice argument, size_t count, struct party_event *event) {
    struct message message;
    struct parse_error where;
    size_t length;
    bool ok = count == (form->argument ? 2 : 1) || refuse(&where, "", "another number of arguments");
    ok = ok && normalise(client, form, argument, &length, &where);
    ok = ok && message_parse(&message, form->type, client->packet, length, &where) == MESSAGE_OK;
    if (!ok) {
        client->number++;
        e2e_client_end(client, E2E_MALFORMED, "message %u (%s) from the relay is malformed: %s",
                       client->number, form->event, where.reason);
        return;
    }
    struct narration narration = {0};
    if (array.length != length - 2 || memcmp(array.text, client->packet + 2, array.length) != 0) {
        tell_text(&narration, "white space",
                  "JSON allows more than is needed; the wire had other spaces or escapes than shown here",
                  "left out");
    }
    switch ((enum e2e_form_index)(form - e2e_forms)) {
    case E2E_FORM_KEY_EXCHANGE:
        take_key_exchange(client, &message, event);
        break;
    case E2E_FORM_ELGAMAL:
        e2e_client_take_elgamal(client, &message, &narration);
        break;
    case E2E_FORM_DH:
        e2e_client_take_dh(client, &message, &narration, event);
        break;
    case E2E_FORM_MESSAGE:
        take_text(client, &message, &narration, event);
        break;
    case E2E_FORM_PARTNER_LEFT:
        take_partner_left(client, &message, event);
        break;
    case E2E_FORMS:
        break;
    }
}

void e2e_client_take(struct e2e_client *client, struct party_event *event, struct json_slice array) {
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (client->state == E2E_OVER) {
        return;
    }
    struct json_slice name, argument;
    size_t count;
    take_apart(array, &name, &argument, &count);
    for (size_t i = 0; i < E2E_FORMS; i++) {
        if (json_text_is(name, e2e_forms[i].event)) {
            take_form(client, &e2e_forms[i], array, argument, count, event);
            break;
        }
    }
    if (event->kind == PARTY_ESTABLISHED) {
        (void)snprintf(client->notice, sizeof client->notice,
                       "Connected, end to end, with AES-256. Type at any time; `exit` ends it.");
    }
    if (client->reason != E2E_OK) {
        *event = (struct party_event){.kind = PARTY_FAILED};
    } else if (event->kind != PARTY_NOTHING && event->kind != PARTY_MESSAGE) {
        event->text = (const uint8_t *)client->notice;
        event->length = strlen(client->notice);
    }
}
