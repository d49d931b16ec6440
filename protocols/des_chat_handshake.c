// des-chat's handshake: messages 1 to 5, up to the session key. Before: protocols/des_chat.c, which has the drawing of it.

#include "protocols/des_chat_parts.h"

#include "bignum/encoding.h"
#include "ciphers/hash/sha1.h"
#include "ciphers/public/dh.h"

#include <string.h>

static bool send_integer(struct des_chat *chat, const struct message_type *type, const mpz_t integer,
                         const struct narration *narration) {
    const struct field_value value = {.integer = integer};
    return stream_send(&chat->stream, type, &value, narration);
}

enum des_chat_reason des_chat_start(struct des_chat *chat, enum des_chat_role role,
                                    const struct des_chat_options *options) {
    bool client = role == DES_CHAT_CLIENT;
    chat->role = role;
    chat->options = *options;
    stream_init(&chat->stream, client ? "client" : "server", client ? "server" : "client", options->explain);
    if (client) {
        chat->state = DES_CHAT_AWAIT_P;
        const struct field_value none = {0};
        return stream_send(&chat->stream, &des_chat_connected, &none, NULL) ? DES_CHAT_OK : DES_CHAT_NO_ROOM;
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
void des_chat_take_connected(struct des_chat *chat, const struct message *connected) {
    stream_explain(&chat->stream, connected, NULL, "the text, byte by byte");
    struct narration narration = {0};
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
        des_chat_fail_because(chat, DES_CHAT_NO_ROOM, "no room for the group");
    }
}

// Client, message 2. Checked when g is there too.
void des_chat_take_p(struct des_chat *chat, const struct message *message) {
    if (!message_integer(message, 0, chat->group.p)) {
        des_chat_fail_because(chat, DES_CHAT_BAD_GROUP, "the server's group: %s",
                              des_chat_words[DES_CHAT_BAD_GROUP].here);
        return;
    }
    stream_explain(&chat->stream, message, NULL, "decimal digits, no leading zero, at most 8192 bits");
    chat->state = DES_CHAT_AWAIT_G;
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
void des_chat_take_g(struct des_chat *chat, const struct message *message, struct party_event *event) {
    mpz_t p, g;
    mpz_inits(p, g, NULL);
    mpz_set(p, chat->group.p);
    bool parsed = message_integer(message, 0, g);
    if (mpz_sizeinbase(p, 2) > DES_CHAT_UNNAMED_BITS_MAX && !is_published(p)) {
        des_chat_fail_because(chat, DES_CHAT_GROUP_TOO_LARGE, "the server's group: p has %zu bits; %s",
                              mpz_sizeinbase(p, 2), des_chat_words[DES_CHAT_GROUP_TOO_LARGE].here);
    } else if (!parsed || !bn_group_from_numbers(&chat->group, p, g)) {
        des_chat_fail_because(chat, DES_CHAT_BAD_GROUP, "the server's group: %s",
                              des_chat_words[DES_CHAT_BAD_GROUP].here);
    } else {
        stream_explain(&chat->stream, message, NULL, "p is prime (published, or tested now); 1 < g < p-1");
        chat->state = DES_CHAT_AWAIT_YS;
        event->kind = PARTY_NOTICE;
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
    if (!message_integer(message, 0, chat->peer_public) ||
        !bn_group_check_public(&chat->group, chat->peer_public)) {
        des_chat_fail_at_message(chat, DES_CHAT_BAD_PUBLIC_VALUE);
        return NULL;
    }
    return chat->group.safe_prime
               ? "1 < y < p-1, and y^q mod p = 1: y is in the large subgroup (SP 800-56A r3, 5.6.2.3.1)"
               : "1 < y < p-1. p is no safe prime, so nothing more can be checked cheaply";
}

// Client, message 4: its own half, and the key.
enum { DRAWS_MAX = 64 };
void des_chat_take_ys(struct des_chat *chat, const struct message *message, struct party_event *event) {
    const char *checked = take_public_value(chat, message);
    if (checked == NULL) {
        return;
    }
    stream_explain(&chat->stream, message, NULL, checked);
    mpz_t z;
    mpz_init(z);
    struct derivation derivation;
    bool drawn = true, agreed = false;
    for (int i = 0; i < DRAWS_MAX && drawn && !agreed; i++) {
        drawn = dh_generate(&chat->group, chat->private_key, chat->public_key);
        agreed = drawn && dh_shared_secret(&chat->group, z, chat->private_key, chat->peer_public);
    }
    if (!drawn) {
        des_chat_fail(chat, DES_CHAT_NO_RANDOM);
    } else if (!agreed || !derive_key(chat, &derivation, z)) {
        des_chat_fail_at_message(chat, DES_CHAT_BAD_SECRET);
    } else {
        struct narration narration = {0};
        tell_integer(&narration, "xc", "the client's secret, drawn from 1 to q-1, q being the order of g",
                     chat->private_key);
        tell_integer(&narration, "Z", "Ys^xc mod p, the shared secret (5.7.1.1)", z);
        tell_key(chat, &narration, &derivation);
        chat->state = DES_CHAT_TALKING;
        chat->my_turn = true;
        event->kind = PARTY_ESTABLISHED;
        if (!send_integer(chat, &des_chat_yc, chat->public_key, &narration)) {
            des_chat_fail_because(chat, DES_CHAT_NO_ROOM, "no room for Yc");
        }
    }
    secure_wipe(&derivation, sizeof derivation);
    bn_wipe(z);
    mpz_clear(z);
}

// Server, message 5.
void des_chat_take_yc(struct des_chat *chat, const struct message *message, struct party_event *event) {
    const char *checked = take_public_value(chat, message);
    if (checked == NULL) {
        return;
    }
    mpz_t z;
    mpz_init(z);
    struct derivation derivation;
    if (!dh_shared_secret(&chat->group, z, chat->private_key, chat->peer_public) ||
        !derive_key(chat, &derivation, z)) {
        des_chat_fail_at_message(chat, DES_CHAT_BAD_SECRET);
    } else {
        struct narration narration = {0};
        tell_integer(&narration, "Z", "Yc^xs mod p, the shared secret (5.7.1.1)", z);
        tell_key(chat, &narration, &derivation);
        stream_explain(&chat->stream, message, &narration, checked);
        chat->state = DES_CHAT_TALKING;
        event->kind = PARTY_ESTABLISHED;
    }
    secure_wipe(&derivation, sizeof derivation);
    bn_wipe(z);
    mpz_clear(z);
}
