// e2e-relay's key exchange, from KEY_EXCHANGE to the AES key. Before: protocols/e2e_client.c, which has the drawing of it.

#include "protocols/e2e_client_parts.h"

#include "bignum/encoding.h"
#include "ciphers/hash/sha1.h"
#include "ciphers/public/dh.h"
#include "ciphers/public/elgamal.h"

#include <string.h>

static const struct e2e_keys *own(const struct e2e_client *client) {
    return client->options.keys;
}

enum { DECIMAL_SIZE = FIELD_DECIMAL_DIGITS_MAX + 3 };

// What is signed: SHA-1 of the value's decimal digits, as a number.
struct signed_digest {
    char digits[DECIMAL_SIZE];
    uint8_t bytes[SHA1_DIGEST_SIZE];
};
static bool digest_of(struct signed_digest *digest, mpz_t h, const mpz_t value) {
    if (!bn_to_decimal(digest->digits, sizeof digest->digits, value)) {
        return false;
    }
    struct sha1_context sha1;
    sha1_init(&sha1);
    sha1_update(&sha1, (const uint8_t *)digest->digits, strlen(digest->digits));
    sha1_final(&sha1, digest->bytes);
    bn_os2ip(h, digest->bytes, sizeof digest->bytes);
    return true;
}

static void tell_digest(struct narration *narration, const struct signed_digest *digest) {
    tell_bytes(narration, "SHA-1", "of the decimal digits of deff_public_key, as text (FIPS 180-4, 6.1)",
               digest->bytes, sizeof digest->bytes);
}

// --- this end's half -------------------------------------------------------------------------------------------

static bool send_elgamal(struct e2e_client *client) {
    const struct e2e_keys *keys = own(client);
    struct narration narration = {0};
    tell_text(&narration, "group", "its name", keys->group.name);
    tell_text(&narration, "source", "who published it", keys->group.source);
    tell_integer(&narration, "p", "all computing is modulo this prime", keys->group.p);
    tell_integer(&narration, "g", "for ElGamal", keys->group.elgamal_g);
    tell_integer(&narration, "x", "the private ElGamal key, drawn from 1 to p-2", keys->elgamal_private);
    const struct field_value values[MESSAGE_FIELDS_MAX] = {[2] = {.integer = keys->elgamal_public}};
    return e2e_client_emit(client, &e2e_elgamal_pk, values, &narration);
}

static bool send_dh(struct e2e_client *client) {
    const struct e2e_keys *keys = own(client);
    mpz_t h, s1, s2;
    mpz_inits(h, s1, s2, NULL);
    struct signed_digest digest;
    bool sent = false;
    if (!digest_of(&digest, h, keys->dh_public) ||
        !elgamal_sign(&keys->group, s1, s2, keys->elgamal_private, h)) {
        e2e_client_end(client, E2E_NO_RANDOM, NULL);
    } else {
        struct narration narration = {0};
        tell_integer(&narration, "a", "the private Diffie-Hellman key, drawn from 1 to q-1",
                     keys->dh_private);
        tell_digest(&narration, &digest);
        tell_integer(&narration, "h", "the same as a number: what is signed", h);
        const struct field_value values[MESSAGE_FIELDS_MAX] = {
            [2] = {.integer = keys->dh_public}, [4] = {.integer = s1}, [6] = {.integer = s2}};
        sent = e2e_client_emit(client, &e2e_deff_hellman_pk, values, &narration);
    }
    mpz_clears(h, s1, s2, NULL);
    return sent;
}

// README, steps 3 and 4: "after sending the Elgamal public key", without waiting for the partner's.
void e2e_client_begin_exchange(struct e2e_client *client) {
    mpz_set_ui(client->peer_elgamal, 0);
    mpz_set_ui(client->peer_dh, 0);
    secure_wipe(client->key, sizeof client->key);
    client->dropped = false;
    client->state = E2E_AWAIT_KEY;
    (void)(send_elgamal(client) && send_dh(client));
}

// --- the partner's half ----------------------------------------------------------------------------------------

static const char *range_check(const struct e2e_client *client) {
    return own(client)->group.safe_prime ? "1 < y < p-1, and y^q mod p = 1 (SP 800-56A r3, 5.6.2.3.1). Whose "
                                           "key it is cannot be checked"
                                         : "1 < y < p-1. Whose key it is cannot be checked";
}

void e2e_client_take_elgamal(struct e2e_client *client, const struct message *message,
                             struct narration *narration) {
    mpz_t y;
    mpz_init(y);
    bool repeated = mpz_sgn(client->peer_elgamal) != 0;
    if (client->state == E2E_AWAIT_PARTNER) {
        e2e_client_refuse(client, message, E2E_NOT_STARTED);
    } else if (!message_integer(message, 2, y) || !bn_group_check_public(&own(client)->group, y)) {
        e2e_client_refuse(client, message, E2E_BAD_ELGAMAL_KEY);
    } else if (mpz_cmp(y, own(client)->elgamal_public) == 0) {
        e2e_client_refuse(client, message, E2E_OWN_KEY);
    } else if (repeated && mpz_cmp(y, client->peer_elgamal) != 0) {
        e2e_client_refuse(client, message, E2E_KEY_CHANGED);
    } else {
        mpz_set(client->peer_elgamal, y);
        client->state = repeated ? client->state : E2E_AWAIT_VALUE;
        e2e_client_explain(client, false, message, narration,
                           repeated ? "the same key as before: nothing changes" : range_check(client));
    }
    mpz_clear(y);
}

// key = SHA-256(Z in decimal).
static bool derive_key(struct e2e_client *client, const mpz_t z) {
    char digits[DECIMAL_SIZE];
    bool ok = bn_to_decimal(digits, sizeof digits, z);
    if (ok) {
        struct sha256_context sha256;
        sha256_init(&sha256);
        sha256_update(&sha256, (const uint8_t *)digits, strlen(digits));
        sha256_final(&sha256, client->key);
    }
    secure_wipe(digits, sizeof digits);
    return ok;
}

// The signature is good and the value is in the group.
static void accept_value(struct e2e_client *client, const struct message *message,
                         struct narration *narration, const mpz_t value, struct party_event *event) {
    static const char checked[] =
        "0 < s1 < p and 0 < s2 < p-1; g^h = y^s1 * s1^s2 mod p: signed with the key of ELGAMAL_PK_BC. "
        "The value is in the group (SP 800-56A r3, 5.6.2.3.1)";
    if (mpz_sgn(client->peer_dh) != 0) {
        if (mpz_cmp(client->peer_dh, value) != 0) {
            e2e_client_refuse(client, message, E2E_KEY_CHANGED);
        } else {
            e2e_client_explain(client, false, message, narration,
                               "the same value as before: nothing changes");
        }
        return;
    }
    mpz_t z;
    mpz_init(z);
    if (!dh_shared_secret(&own(client)->group, z, own(client)->dh_private, value) || !derive_key(client, z)) {
        e2e_client_refuse(client, message, E2E_BAD_SECRET);
    } else {
        mpz_set(client->peer_dh, value);
        tell_integer(narration, "Z", "deff_public_key^a mod p, the shared secret (SP 800-56A r3, 5.7.1.1)",
                     z);
        tell_bytes(narration, "AES key", "SHA-256 of the decimal digits of Z, as text (FIPS 180-4, 6.2)",
                   client->key, sizeof client->key);
        client->state = E2E_TALKING;
        event->kind = PARTY_ESTABLISHED;
        e2e_client_explain(client, false, message, narration, checked);
    }
    bn_wipe(z);
    mpz_clear(z);
}

void e2e_client_take_dh(struct e2e_client *client, const struct message *message, struct narration *narration,
                        struct party_event *event) {
    const struct bn_group *group = &own(client)->group;
    mpz_t value, s1, s2, h;
    mpz_inits(value, s1, s2, h, NULL);
    struct signed_digest digest;
    if (client->state == E2E_AWAIT_PARTNER) {
        e2e_client_refuse(client, message, E2E_NOT_STARTED);
    } else if (client->state == E2E_AWAIT_KEY) {
        e2e_client_refuse(client, message, E2E_NO_KEY_YET);
    } else if (!message_integer(message, 2, value) || !message_integer(message, 4, s1) ||
               !message_integer(message, 6, s2) || !digest_of(&digest, h, value) ||
               !elgamal_verify(group, client->peer_elgamal, h, s1, s2)) {
        e2e_client_refuse(client, message, E2E_BAD_SIGNATURE);
    } else if (!bn_group_check_public(group, value)) {
        e2e_client_refuse(client, message, E2E_BAD_DH_VALUE);
    } else if (mpz_cmp(value, own(client)->dh_public) == 0) {
        e2e_client_refuse(client, message, E2E_OWN_KEY);
    } else {
        tell_digest(narration, &digest);
        accept_value(client, message, narration, value, event);
    }
    mpz_clears(value, s1, s2, h, NULL);
}
