// des-chat: README 002, "Two-Way-Encrypted-Messaging Using DES and Diffie-Hellman", as written.
// Before: protocols/message.c, ciphers/public/dh.c, ciphers/block/des.c. After: apps/des-chat, docs/des-chat.md.
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

#include "protocols/des_chat.h"

#include "protocols/base64.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "ciphers/hash/sha1.h"
#include "ciphers/public/dh.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// --- the messages ----------------------------------------------------------------------------------------------

// clang-format off
const struct message_type des_chat_connected = {
    .name = "Connected!",
    .meaning = "the client is there and wants to talk",
    .computed = "nothing: the same text every time",
    .both_know = "that there is a peer; not who it is",
    .eavesdropper_knows = "who talks to whom: the addresses",
    .count = 1,
    .fields = {{"greeting", FIELD_CONSTANT, "a peer of another protocol is noticed here",
                .constant = "Connected!"}},
};

const struct message_type des_chat_p = {
    .name = "p",
    .meaning = "the modulus of the group, a prime",
    .computed = "chosen by the server (--group); not secret",
    .both_know = "p",
    .eavesdropper_knows = "p, so the size of the problem it would have to solve",
    .count = 1,
    .fields = {{"p", FIELD_DECIMAL, "all computing is modulo this number", .minimum = 1, .maximum = FIELD_DECIMAL_DIGITS_MAX}},
};

const struct message_type des_chat_g = {
    .name = "g",
    .meaning = "the generator of the group",
    .computed = "belongs to p; not secret",
    .both_know = "the group: p and g",
    .eavesdropper_knows = "the group too",
    .count = 1,
    .fields = {{"g", FIELD_DECIMAL, "public values are powers of this number", .minimum = 1, .maximum = FIELD_DECIMAL_DIGITS_MAX}},
};

const struct message_type des_chat_ys = {
    .name = "Ys",
    .meaning = "the server's public value",
    .computed = "Ys = g^xs mod p, xs random and secret (SP 800-56A r3, 5.6.1.1)",
    .both_know = "Ys; only the server knows xs. The client can compute Z from here on",
    .eavesdropper_knows = "Ys = g^xs, but not xs: that is the discrete logarithm problem, hard in a large group only",
    .count = 1,
    .fields = {{"Ys", FIELD_DECIMAL, "half of a shared secret", .minimum = 1, .maximum = FIELD_DECIMAL_DIGITS_MAX}},
};

const struct message_type des_chat_yc = {
    .name = "Yc",
    .meaning = "the client's public value",
    .computed = "Yc = g^xc mod p, xc random and secret (SP 800-56A r3, 5.6.1.1); "
                "Z = Ys^xc = Yc^xs mod p (5.7.1.1); key = first 8 bytes of SHA-1(Z) (FIPS 180-4, 6.1), odd parity (FIPS 46-3)",
    .both_know = "Z and the DES key. Neither knows who the other is: nothing so far is signed",
    .eavesdropper_knows = "p, g, Ys, Yc, and not Z. One who sat between the two could have swapped Ys and Yc for values of its own",
    .count = 1,
    .fields = {{"Yc", FIELD_DECIMAL, "the other half", .minimum = 1, .maximum = FIELD_DECIMAL_DIGITS_MAX}},
};

const struct message_type des_chat_message = {
    .name = "message",
    .meaning = "a line of the conversation, encrypted",
    .computed = "text, padded to whole blocks of 8 bytes (PKCS#5; RFC 5652, 6.3), DES under the session key (FIPS 46-3, "
                "SP 800-38A), base64 (RFC 4648, 4)",
    .both_know = "the text",
    .eavesdropper_knows = "the length, to within 8 bytes, the time, and the direction. Whoever changes the bytes is not noticed",
    .count = 1,
    .fields = {{"ciphertext", FIELD_BASE64, "whole DES blocks; with --mode cbc the first 8 bytes are the IV",
                .minimum = DES_BLOCK_SIZE, .maximum = DES_CHAT_CIPHERTEXT_MAX}},
};

enum { REFUSAL_TEXT_MAX = 100 };
const struct message_type des_chat_refused = {
    .name = "Refused",
    .meaning = "the sender ends the conversation because of an error",
    .computed = "plain text: it must be readable without a key",
    .both_know = "that the conversation is over",
    .eavesdropper_knows = "the same. It could also have sent this message itself",
    .count = 2,
    .fields = {{"mark", FIELD_CONSTANT, "tells a refusal from every other message", .constant = "Refused: "},
               {"reason", FIELD_TEXT, "for people", .minimum = 1, .maximum = REFUSAL_TEXT_MAX}},
};

// Why it ended: for the person at this end, and the shorter word for the peer (NULL: the peer is not told).
static const struct {
    const char *here, *to_peer;
} reasons[] = {
    [DES_CHAT_OK] = {"no error", NULL},
    [DES_CHAT_FRAME_TOO_LARGE] = {"a frame above 64 KiB", "frames may have 65536 bytes at most"},
    [DES_CHAT_MALFORMED] = {"not a message of this protocol", "that is not the message that belongs here"},
    [DES_CHAT_BAD_GROUP] = {"p is not an odd prime, or g is not between 1 and p-1", "the group is not acceptable"},
    [DES_CHAT_GROUP_TOO_LARGE] = {"p is of no published group and has more than 2048 bits: examining it would take too long",
                                  "the group is not acceptable"},
    [DES_CHAT_BAD_PUBLIC_VALUE] = {"the public value y fails 1 < y < p-1 and y^q = 1 mod p (SP 800-56A r3, 5.6.2.3.1)",
                                   "the public value is not acceptable"},
    [DES_CHAT_BAD_SECRET] = {"the shared secret is 1 or p-1, which everybody could guess (SP 800-56A r3, 5.7.1.1)",
                             "the public value is not acceptable"},
    [DES_CHAT_UNDECRYPTABLE] = {"it does not decrypt: another key, another --mode at the peer, or changed on the way",
                                "a message could not be read"},
    [DES_CHAT_OUT_OF_TURN] = {"the peer spoke twice in a row; if it runs with --free, this end needs --free too",
                              "out of turn (--free must be given at both ends)"},
    [DES_CHAT_REFUSED_BY_PEER] = {"the peer refused", NULL},
    [DES_CHAT_DISCONNECTED] = {"the peer closed the connection", NULL},
    [DES_CHAT_SILENT] = {"no answer within the time allowed (--timeout)", "no answer within the time allowed"},
    [DES_CHAT_BUSY] = {"another client is being served", "busy with another client"},
    [DES_CHAT_GIVEN_UP] = {"ended at this end before it began", "the other end gave up"},
    [DES_CHAT_NO_RANDOM] = {"the system's random generator failed", "internal error"},
    [DES_CHAT_UNKNOWN_GROUP] = {"no such group", NULL},
    [DES_CHAT_TEXT_TOO_LONG] = {"the text is too long for one message", NULL},
    [DES_CHAT_NOT_NOW] = {"nothing can be said now", NULL},
    [DES_CHAT_NO_ROOM] = {"earlier messages still wait to be sent", NULL},
};
// clang-format on

const char *des_chat_reason_text(enum des_chat_reason reason) {
    return reasons[reason].here;
}

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

static const char *name_of(enum des_chat_role role) {
    return role == DES_CHAT_CLIENT ? "client" : "server";
}
static const char *this_end(const struct des_chat *chat) {
    return name_of(chat->role);
}
static const char *other_end(const struct des_chat *chat) {
    return name_of(chat->role == DES_CHAT_CLIENT ? DES_CHAT_SERVER : DES_CHAT_CLIENT);
}

bool des_chat_is_toy(const struct des_chat *chat) {
    return mpz_sgn(chat->group.p) != 0 && mpz_sizeinbase(chat->group.p, 2) < DES_CHAT_TOY_BITS;
}

// --- explaining ------------------------------------------------------------------------------------------------

// Collects the values to be shown with a message. With nobody watching it costs nothing worth saving.
struct narration {
    struct explained_value values[EXPLAINED_VALUES_MAX];
    size_t count;
};

static struct explained_value *tell(struct narration *narration, const char *name, const char *how) {
    struct explained_value *value = &narration->values[narration->count++];
    *value = (struct explained_value){.name = name, .how = how};
    return value;
}
static void tell_integer(struct narration *narration, const char *name, const char *how,
                         const mpz_t integer) {
    tell(narration, name, how)->integer = integer;
}
static void tell_bytes(struct narration *narration, const char *name, const char *how, const uint8_t *bytes,
                       size_t length) {
    struct explained_value *value = tell(narration, name, how);
    value->bytes = bytes;
    value->length = length;
}
static void tell_text(struct narration *narration, const char *name, const char *how, const char *text) {
    tell(narration, name, how)->text = text;
}

static void explain(const struct des_chat *chat, bool sent, const struct message *message,
                    const struct narration *narration, const char *checked) {
    struct explain_sink *sink = chat->options.explain;
    if (sink == NULL) {
        return;
    }
    struct explanation explanation = {
        .number = chat->number,
        .sender = sent ? this_end(chat) : other_end(chat),
        .receiver = sent ? other_end(chat) : this_end(chat),
        .sent = sent,
        .message = message,
        .checked = checked,
    };
    if (narration != NULL) {
        memcpy(explanation.values, narration->values, narration->count * sizeof narration->values[0]);
        explanation.count = narration->count;
    }
    sink->explain(sink, &explanation);
}

// --- sending ---------------------------------------------------------------------------------------------------

const uint8_t *des_chat_output(const struct des_chat *chat, size_t *length) {
    *length = chat->out_end - chat->out_start;
    return chat->out + chat->out_start;
}

void des_chat_sent(struct des_chat *chat, size_t length) {
    chat->out_start += length;
}

// Makes a message the next thing to be sent, and tells about it. False when there is no room.
static bool send_message(struct des_chat *chat, const struct message_type *type,
                         const struct field_value values[], const struct narration *narration) {
    memmove(chat->out, chat->out + chat->out_start, chat->out_end - chat->out_start);
    chat->out_end -= chat->out_start;
    chat->out_start = 0;
    uint8_t *frame = chat->out + chat->out_end;
    size_t room = sizeof chat->out - chat->out_end;
    struct message message;
    if (room < FRAME_HEADER_SIZE) {
        return false;
    }
    room -= FRAME_HEADER_SIZE;
    if (room > FRAME_PAYLOAD_MAX) {
        room = FRAME_PAYLOAD_MAX;
    }
    if (message_build(&message, frame + FRAME_HEADER_SIZE, room, type, values) != MESSAGE_OK) {
        return false;
    }
    frame_write_header(frame, message.length);
    chat->out_end += FRAME_HEADER_SIZE + message.length;
    chat->number++;
    explain(chat, true, &message, narration, NULL);
    return true;
}

// --- failing ---------------------------------------------------------------------------------------------------

// Ends the conversation with the reason here, and the short word to the peer.
static void fail(struct des_chat *chat, enum des_chat_reason reason, const char *details, ...)
    __attribute__((format(printf, 3, 4)));
static void fail(struct des_chat *chat, enum des_chat_reason reason, const char *details, ...) {
    if (chat->state == DES_CHAT_OVER) {
        return;
    }
    chat->state = DES_CHAT_OVER;
    chat->reason = reason;
    va_list arguments;
    va_start(arguments, details);
    (void)vsnprintf(chat->failure, sizeof chat->failure, details, arguments);
    va_end(arguments);
    const char *to_peer = reasons[reason].to_peer;
    if (to_peer != NULL) {
        const struct field_value values[] = {{0},
                                             {.bytes = (const uint8_t *)to_peer, .length = strlen(to_peer)}};
        // Without room for a refusal the peer is not reading anyway.
        (void)send_message(chat, &des_chat_refused, values, NULL);
    }
}

const char *des_chat_failure(const struct des_chat *chat) {
    return chat->failure;
}

// Which message is awaited in this state, and its name for people.
static const struct message_type *awaited(enum des_chat_state state) {
    static const struct message_type *const types[] = {
        [DES_CHAT_AWAIT_CONNECTED] = &des_chat_connected,
        [DES_CHAT_AWAIT_P] = &des_chat_p,
        [DES_CHAT_AWAIT_G] = &des_chat_g,
        [DES_CHAT_AWAIT_YS] = &des_chat_ys,
        [DES_CHAT_AWAIT_YC] = &des_chat_yc,
        [DES_CHAT_TALKING] = &des_chat_message,
        [DES_CHAT_OVER] = &des_chat_refused,
    };
    return types[state];
}

// "message 4 (Ys) from the server": what is awaited, or the one just received.
static const char *place(const struct des_chat *chat, unsigned number, char text[static 64]) {
    (void)snprintf(text, 64, "message %u (%s) from the %s", number, awaited(chat->state)->name,
                   other_end(chat));
    return text;
}

void des_chat_disconnected(struct des_chat *chat, struct des_chat_event *event) {
    *event = (struct des_chat_event){.kind = DES_CHAT_NOTHING};
    if (chat->state == DES_CHAT_OVER) {
        return;
    }
    char text[64];
    if (frame_is_partial(&chat->in)) {
        fail(chat, DES_CHAT_DISCONNECTED, "the %s closed the connection in the middle of %s", other_end(chat),
             place(chat, chat->number + 1, text));
    } else if (chat->state == DES_CHAT_TALKING) {
        fail(chat, DES_CHAT_DISCONNECTED, "the %s closed the connection without `exit`", other_end(chat));
    } else {
        fail(chat, DES_CHAT_DISCONNECTED, "the %s closed the connection before %s", other_end(chat),
             place(chat, chat->number + 1, text));
    }
    event->kind = DES_CHAT_FAILED;
}

void des_chat_abandon(struct des_chat *chat, enum des_chat_reason reason) {
    char text[64];
    fail(chat, reason, "waiting for %s: %s", place(chat, chat->number + 1, text), reasons[reason].here);
}

bool des_chat_write_refusal(uint8_t out[static DES_CHAT_REFUSAL_SIZE], size_t *length,
                            enum des_chat_reason reason) {
    const char *text = reasons[reason].to_peer;
    struct message message;
    if (text == NULL) {
        return false;
    }
    const struct field_value values[] = {{0}, {.bytes = (const uint8_t *)text, .length = strlen(text)}};
    if (message_build(&message, out + FRAME_HEADER_SIZE, DES_CHAT_REFUSAL_SIZE - FRAME_HEADER_SIZE,
                      &des_chat_refused, values) != MESSAGE_OK) {
        return false;
    }
    frame_write_header(out, message.length);
    *length = FRAME_HEADER_SIZE + message.length;
    return true;
}

// --- the handshake ---------------------------------------------------------------------------------------------

static bool send_integer(struct des_chat *chat, const struct message_type *type, const mpz_t integer,
                         const struct narration *narration) {
    const struct field_value value = {.integer = integer};
    return send_message(chat, type, &value, narration);
}

enum des_chat_reason des_chat_start(struct des_chat *chat, enum des_chat_role role,
                                    const struct des_chat_options *options) {
    chat->role = role;
    chat->options = *options;
    if (role == DES_CHAT_CLIENT) {
        chat->state = DES_CHAT_AWAIT_P;
        const struct field_value none = {0};
        return send_message(chat, &des_chat_connected, &none, NULL) ? DES_CHAT_OK : DES_CHAT_NO_ROOM;
    }
    bool known = false;
    for (size_t i = 0; bn_group_names[i] != NULL; i++) {
        known = known || strcmp(bn_group_names[i], options->group) == 0;
    }
    if (!known) {
        return DES_CHAT_UNKNOWN_GROUP;
    }
    if (!bn_group_find(&chat->group, options->group) ||
        !dh_generate(&chat->group, chat->private_key, chat->public_key)) {
        return DES_CHAT_NO_RANDOM;
    }
    chat->state = DES_CHAT_AWAIT_CONNECTED;
    return DES_CHAT_OK;
}

// Server, after message 1: the group and its public value, messages 2 to 4.
static void send_group(struct des_chat *chat, const struct message *connected) {
    explain(chat, false, connected, NULL, "the text, byte by byte");
    struct narration narration = {.count = 0};
    tell_text(&narration, "group", "its name", chat->group.name);
    tell_text(&narration, "source", "who published it", chat->group.source);
    bool sent = send_integer(chat, &des_chat_p, chat->group.p, &narration) &&
                send_integer(chat, &des_chat_g, chat->group.g, NULL);
    narration.count = 0;
    tell_integer(&narration, "xs", "the server's secret, drawn from 1 to q-1, q being the order of g",
                 chat->private_key);
    sent = sent && send_integer(chat, &des_chat_ys, chat->public_key, &narration);
    chat->state = DES_CHAT_AWAIT_YC;
    if (!sent) {
        fail(chat, DES_CHAT_NO_ROOM, "no room for the group");
    }
}

// True for the p of a published group: known to be prime without computing anything.
static bool is_published(const mpz_t p) {
    struct bn_group group;
    bool found = false;
    bn_group_init(&group);
    for (size_t i = 0; bn_group_names[i] != NULL && !found; i++) {
        found = bn_group_find(&group, bn_group_names[i]) && !group.toy && mpz_cmp(group.p, p) == 0;
    }
    bn_group_clear(&group);
    return found;
}

// Client, message 3: is what the server picked a group? p was kept in group.p by message 2.
static void check_group(struct des_chat *chat, const struct message *message, struct des_chat_event *event) {
    mpz_t p, g;
    mpz_inits(p, g, NULL);
    mpz_set(p, chat->group.p);
    bool parsed = message_integer(message, 0, g);
    if (mpz_sizeinbase(p, 2) > DES_CHAT_UNNAMED_BITS_MAX && !is_published(p)) {
        fail(chat, DES_CHAT_GROUP_TOO_LARGE, "the server's group: p has %zu bits; %s", mpz_sizeinbase(p, 2),
             reasons[DES_CHAT_GROUP_TOO_LARGE].here);
    } else if (!parsed || !bn_group_from_numbers(&chat->group, p, g)) {
        fail(chat, DES_CHAT_BAD_GROUP, "the server's group: %s", reasons[DES_CHAT_BAD_GROUP].here);
    } else {
        explain(chat, false, message, NULL, "p is prime (published, or tested now); 1 < g < p-1");
        chat->state = DES_CHAT_AWAIT_YS;
        event->kind = DES_CHAT_GROUP_KNOWN;
    }
    mpz_clears(p, g, NULL);
}

// K = Z as a string of the length of p; key = the first 8 bytes of SHA-1(K), parity set.
struct derivation {
    uint8_t k[FIELD_DECIMAL_DIGITS_MAX]; // more than enough: 2467 digits are 1024 bytes
    size_t k_length;
    uint8_t digest[SHA1_DIGEST_SIZE];
};

static bool derive_key(struct des_chat *chat, struct derivation *derivation, const mpz_t z) {
    derivation->k_length = dh_secret_size(&chat->group);
    if (derivation->k_length > sizeof derivation->k || !dh_secret_bytes(&chat->group, derivation->k, z)) {
        return false;
    }
    struct sha1_context sha1;
    sha1_init(&sha1);
    sha1_update(&sha1, derivation->k, derivation->k_length);
    sha1_final(&sha1, derivation->digest);
    memcpy(chat->key, derivation->digest, DES_KEY_SIZE);
    des_key_set_odd_parity(chat->key);
    return true;
}

static void tell_key(const struct des_chat *chat, struct narration *narration,
                     const struct derivation *derivation) {
    tell_bytes(narration, "K", "Z as bytes, most significant first, as long as p (5.7.1.1)", derivation->k,
               derivation->k_length);
    tell_bytes(narration, "SHA-1(K)", "FIPS 180-4, 6.1", derivation->digest, sizeof derivation->digest);
    tell_bytes(narration, "DES key", "its first 8 bytes, the lowest bit of each set for odd parity",
               chat->key, sizeof chat->key);
    static const char *const strengths[] = {
        [DES_KEY_ORDINARY] = "ordinary",
        [DES_KEY_WEAK] = "weak: encrypting twice gives the text back",
        [DES_KEY_SEMI_WEAK] = "semi-weak: another key undoes it",
    };
    tell_text(narration, "strength", "SP 800-67 r2, 3.3.2", strengths[des_key_strength(chat->key)]);
}

// A public value from the peer into peer_public, checked. NULL, or what to tell about the check.
static const char *take_public_value(struct des_chat *chat, const struct message *message) {
    char text[64];
    if (!message_integer(message, 0, chat->peer_public) ||
        !bn_group_check_public(&chat->group, chat->peer_public)) {
        fail(chat, DES_CHAT_BAD_PUBLIC_VALUE, "%s: %s", place(chat, chat->number, text),
             reasons[DES_CHAT_BAD_PUBLIC_VALUE].here);
        return NULL;
    }
    return chat->group.safe_prime
               ? "1 < y < p-1, and y^q mod p = 1: y is in the large subgroup (SP 800-56A r3, 5.6.2.3.1)"
               : "1 < y < p-1. p is no safe prime, so nothing more can be checked cheaply";
}

// Client, message 4: its own half, and the key.
enum { DRAWS_MAX = 64 };
static void answer_ys(struct des_chat *chat, const struct message *message, struct des_chat_event *event) {
    const char *checked = take_public_value(chat, message);
    if (checked == NULL) {
        return;
    }
    explain(chat, false, message, NULL, checked);
    mpz_t z;
    mpz_init(z);
    struct derivation derivation;
    bool drawn = true, agreed = false;
    for (int i = 0; i < DRAWS_MAX && drawn && !agreed; i++) {
        drawn = dh_generate(&chat->group, chat->private_key, chat->public_key);
        agreed = drawn && dh_shared_secret(&chat->group, z, chat->private_key, chat->peer_public);
    }
    char text[64];
    if (!drawn) {
        fail(chat, DES_CHAT_NO_RANDOM, "%s", reasons[DES_CHAT_NO_RANDOM].here);
    } else if (!agreed || !derive_key(chat, &derivation, z)) {
        fail(chat, DES_CHAT_BAD_SECRET, "%s: %s", place(chat, chat->number, text),
             reasons[DES_CHAT_BAD_SECRET].here);
    } else {
        struct narration narration = {.count = 0};
        tell_integer(&narration, "xc", "the client's secret, drawn from 1 to q-1, q being the order of g",
                     chat->private_key);
        tell_integer(&narration, "Z", "Ys^xc mod p, the shared secret (5.7.1.1)", z);
        tell_key(chat, &narration, &derivation);
        chat->state = DES_CHAT_TALKING;
        chat->my_turn = true;
        event->kind = DES_CHAT_ESTABLISHED;
        if (!send_integer(chat, &des_chat_yc, chat->public_key, &narration)) {
            fail(chat, DES_CHAT_NO_ROOM, "no room for Yc");
        }
    }
    secure_wipe(&derivation, sizeof derivation);
    bn_wipe(z);
    mpz_clear(z);
}

// Server, message 5.
static void take_yc(struct des_chat *chat, const struct message *message, struct des_chat_event *event) {
    const char *checked = take_public_value(chat, message);
    if (checked == NULL) {
        return;
    }
    mpz_t z;
    mpz_init(z);
    struct derivation derivation;
    char text[64];
    if (!dh_shared_secret(&chat->group, z, chat->private_key, chat->peer_public) ||
        !derive_key(chat, &derivation, z)) {
        fail(chat, DES_CHAT_BAD_SECRET, "%s: %s", place(chat, chat->number, text),
             reasons[DES_CHAT_BAD_SECRET].here);
    } else {
        struct narration narration = {.count = 0};
        tell_integer(&narration, "Z", "Yc^xs mod p, the shared secret (5.7.1.1)", z);
        tell_key(chat, &narration, &derivation);
        explain(chat, false, message, &narration, checked);
        chat->state = DES_CHAT_TALKING;
        event->kind = DES_CHAT_ESTABLISHED;
    }
    secure_wipe(&derivation, sizeof derivation);
    bn_wipe(z);
    mpz_clear(z);
}

// --- the conversation ------------------------------------------------------------------------------------------

static const char exit_text[] = "exit";

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
    // Room for the longest message and a refusal after it.
    if (sizeof chat->out - (chat->out_end - chat->out_start) <
        FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX + DES_CHAT_REFUSAL_SIZE) {
        return DES_CHAT_NO_ROOM;
    }
    size_t ciphertext_length;
    if (!encrypt(chat, text, length, &ciphertext_length)) {
        fail(chat, DES_CHAT_NO_RANDOM, "%s", reasons[DES_CHAT_NO_RANDOM].here);
        return DES_CHAT_NO_RANDOM;
    }
    // For whoever watches: the padded text, which the cipher makes for itself (RFC 5652, 6.3).
    size_t padding = DES_BLOCK_SIZE - length % DES_BLOCK_SIZE;
    memcpy(chat->text, text, length);
    memset(chat->text + length, (int)padding, padding);
    struct narration narration = {.count = 0};
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
    bool sent = send_message(chat, &des_chat_message, &value, &narration);
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
        fail(chat, DES_CHAT_NO_ROOM, "the peer does not read: `exit` could not be sent");
    }
}

static void take_text(struct des_chat *chat, const struct message *message, struct des_chat_event *event) {
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
    char text[64];
    if (!ok) {
        fail(chat, DES_CHAT_UNDECRYPTABLE, "%s: %s", place(chat, chat->number, text),
             reasons[DES_CHAT_UNDECRYPTABLE].here);
        return;
    }
    event->text = chat->text;
    event->length = first + last;
    struct narration narration = {.count = 0};
    tell_bytes(&narration, "ciphertext", "the base64 undone", chat->work, length);
    tell_bytes(&narration, "text", "decrypted, and the padding taken off", event->text, event->length);
    explain(chat, false, message, &narration,
            "whole blocks and a valid padding. Nothing shows whether it was changed");
    if (is_exit(event->text, event->length)) {
        chat->state = DES_CHAT_OVER;
        event->kind = DES_CHAT_ENDED;
    } else if (chat->my_turn && !chat->options.free) {
        fail(chat, DES_CHAT_OUT_OF_TURN, "%s: %s", place(chat, chat->number, text),
             reasons[DES_CHAT_OUT_OF_TURN].here);
    } else {
        chat->my_turn = true;
        event->kind = DES_CHAT_MESSAGE;
    }
}

// --- receiving -------------------------------------------------------------------------------------------------

static void take_refusal(struct des_chat *chat, const struct message *refusal) {
    char text[64];
    explain(chat, false, refusal, NULL, NULL);
    fail(chat, DES_CHAT_REFUSED_BY_PEER, "the %s refused: %.*s (this end was waiting for %s)",
         other_end(chat), (int)refusal->fields[1].length,
         (const char *)refusal->bytes + refusal->fields[1].offset, place(chat, chat->number, text));
}

static void take_message(struct des_chat *chat, struct des_chat_event *event) {
    const uint8_t *payload = chat->in.payload;
    size_t length = chat->in.length;
    struct message message;
    struct parse_error where;
    char text[64];
    chat->number++;
    if (message_parse(&message, &des_chat_refused, payload, length, NULL) == MESSAGE_OK) {
        take_refusal(chat, &message);
        return;
    }
    if (message_parse(&message, awaited(chat->state), payload, length, &where) != MESSAGE_OK) {
        // In the conversation the peer learns the same as of a message that does not decrypt.
        fail(chat, chat->state == DES_CHAT_TALKING ? DES_CHAT_UNDECRYPTABLE : DES_CHAT_MALFORMED,
             "%s is malformed at byte %zu of %zu: %s", place(chat, chat->number, text), where.offset, length,
             where.reason);
        return;
    }
    switch (chat->state) {
    case DES_CHAT_AWAIT_CONNECTED:
        send_group(chat, &message);
        break;
    case DES_CHAT_AWAIT_P:
        if (!message_integer(&message, 0, chat->group.p)) {
            fail(chat, DES_CHAT_BAD_GROUP, "the server's group: %s", reasons[DES_CHAT_BAD_GROUP].here);
            break;
        }
        explain(chat, false, &message, NULL, "decimal digits, no leading zero, at most 8192 bits");
        chat->state = DES_CHAT_AWAIT_G;
        break;
    case DES_CHAT_AWAIT_G:
        check_group(chat, &message, event);
        break;
    case DES_CHAT_AWAIT_YS:
        answer_ys(chat, &message, event);
        break;
    case DES_CHAT_AWAIT_YC:
        take_yc(chat, &message, event);
        break;
    case DES_CHAT_TALKING:
        take_text(chat, &message, event);
        break;
    case DES_CHAT_OVER:
        break;
    }
}

size_t des_chat_receive(struct des_chat *chat, struct des_chat_event *event, const uint8_t *bytes,
                        size_t length) {
    *event = (struct des_chat_event){.kind = DES_CHAT_NOTHING};
    if (chat->state == DES_CHAT_OVER) {
        return length;
    }
    size_t used;
    char text[64];
    switch (frame_read(&chat->in, bytes, length, &used)) {
    case FRAME_INCOMPLETE:
        break;
    case FRAME_COMPLETE:
        take_message(chat, event);
        break;
    case FRAME_TOO_LARGE:
        fail(chat, DES_CHAT_FRAME_TOO_LARGE,
             "%s: a frame of %zu bytes is announced (%02x %02x %02x %02x), and 65536 are allowed; does the "
             "peer speak "
             "another protocol?",
             place(chat, chat->number + 1, text), chat->in.length, chat->in.header[0], chat->in.header[1],
             chat->in.header[2], chat->in.header[3]);
        break;
    }
    if (chat->reason != DES_CHAT_OK) {
        event->kind = DES_CHAT_FAILED;
    }
    return used;
}
