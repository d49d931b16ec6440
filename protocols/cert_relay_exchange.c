// cert-relay's key exchange, the client's steps 4 to 7. Before: protocols/cert_relay_client.c, ciphers/public/rsa_oaep.c.
// After: protocols/cert_relay_talk.c, which uses the key.
//
//   client1 draws part 1, client2 part 2, client3 part 3: 8 random bytes each, at every START_KEY_EXCHANGE anew
//   each encrypts its own under the others' public keys: OAEP(key of client2, part 1), OAEP(key of client3, part 1)
//
//   session key   | part 3 (8) | part 2 (8) | part 1 (8) |      24 bytes: AES-192, the same for all three
//
// Pitfalls
// - All must put the parts in one order, whatever order they came in: descending, by client id.
// - A late part of an earlier exchange may come after START_KEY_EXCHANGE. So a second part from one client replaces the
//   first, and the key is made again. That is also how anybody who can send here changes the key: parts are not signed.
// - OAEP has one "no" for every fault (RFC 8017, 7.1.2), and so has this file: digest, padding and length.

#include "protocols/cert_relay_parts.h"

#include "protocols/rsa_key_file.h"

#include "bignum/random.h"

#include <stdio.h>
#include <string.h>

// --- step 6, sending -------------------------------------------------------------------------------------------

static bool send_part(struct cert_relay_client *client, size_t to) {
    uint8_t ciphertext[RSA_SIZE_MAX], digest[SHA256_DIGEST_SIZE];
    const struct rsa_public_key *key = &client->peer_keys[to];
    struct rsa_oaep oaep = cert_relay_oaep();
    const char *names[] = {cert_relay_ids[client->place], cert_relay_ids[to]};
    size_t length = rsa_size(key);
    if (!rsa_oaep_encrypt(key, ciphertext, &oaep, client->parts[client->place], CERT_RELAY_PART_SIZE)) {
        return false;
    }
    hash_digest(oaep.hash, digest, ciphertext, length);
    struct narration narration = {0};
    tell_bytes(&narration, "part", "this client's 8 random bytes, the same for both others",
               client->parts[client->place], CERT_RELAY_PART_SIZE);
    tell_integer(&narration, "n", "the receiver's modulus, as the server gave it", key->n);
    const struct field_value values[] = {
        {0},
        {.bytes = (const uint8_t *)names[0], .length = strlen(names[0])},
        {0},
        {.bytes = (const uint8_t *)names[1], .length = strlen(names[1])},
        {0},
        {.bytes = ciphertext, .length = length},
        {.bytes = digest, .length = sizeof digest},
    };
    return stream_send(&client->stream, &cert_relay_key_part, values, &narration);
}

static void send_parts(struct cert_relay_client *client) {
    client->state = CERT_RELAY_EXCHANGING;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS - 1; i++) {
        if (!send_part(client, client->others[i])) {
            cert_relay_client_fail(client, CERT_RELAY_NO_RANDOM);
            return;
        }
    }
}

// --- step 7 ----------------------------------------------------------------------------------------------------

static bool is_complete(const struct cert_relay_client *client) {
    bool complete = true;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        complete = complete && client->has_part[i];
    }
    return complete;
}

static void make_key(struct cert_relay_client *client, struct party_event *event) {
    bool again = client->state == CERT_RELAY_TALKING, first = !client->has_session_key;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        memcpy(client->session_key + i * CERT_RELAY_PART_SIZE, client->parts[CERT_RELAY_CLIENTS - 1 - i],
               CERT_RELAY_PART_SIZE);
    }
    client->has_session_key = true;
    client->state = CERT_RELAY_TALKING;
    const char *const one = cert_relay_ids[client->others[0]], *const two = cert_relay_ids[client->others[1]];
    if (again) {
        cert_relay_client_notice(client, event, PARTY_NOTICE,
                                 "Another key part has come: the session key is a new one.");
    } else if (first) {
        cert_relay_client_notice(client, event, PARTY_ESTABLISHED,
                                 "A session key with %s and %s. Type at any time; `exit` leaves.", one, two);
    } else {
        cert_relay_client_notice(client, event, PARTY_ESTABLISHED,
                                 "All are back: a new session key with %s and %s.", one, two);
    }
}

static void continue_exchange(struct cert_relay_client *client, struct party_event *event) {
    if ((client->state == CERT_RELAY_EXCHANGING || client->state == CERT_RELAY_TALKING) &&
        is_complete(client)) {
        make_key(client, event);
    }
}

// --- step 4, the answers ---------------------------------------------------------------------------------------

static bool read_public_key(struct rsa_public_key *out, const struct message *message) {
    struct rsa_private_key key;
    enum rsa_key_form form;
    rsa_private_key_init(&key);
    bool ok = rsa_key_read(&key, &form, message->bytes, message->length, NULL) == KEY_FILE_OK &&
              form == RSA_KEY_SPKI && mpz_sizeinbase(key.public.n, 2) >= CERT_RELAY_KEY_BITS_MIN;
    if (ok) {
        mpz_set(out->n, key.public.n);
        mpz_set(out->e, key.public.e);
    }
    rsa_private_key_clear(&key);
    return ok;
}

void cert_relay_take_public_key(struct cert_relay_client *client, const struct message *message,
                                struct party_event *event) {
    if (client->state != CERT_RELAY_AWAIT_KEYS) {
        cert_relay_client_fail_at(client, CERT_RELAY_MALFORMED, message->type->name);
        return;
    }
    size_t whose = client->others[client->answers];
    struct rsa_public_key *key = &client->peer_keys[whose];
    if (!read_public_key(key, message)) {
        cert_relay_client_fail_at(client, CERT_RELAY_BAD_PUBLIC_KEY, message->type->name);
        return;
    }
    struct narration narration = {0};
    tell_text(&narration, "whose", "by the order of the requests; the answer does not say it",
              cert_relay_ids[whose]);
    tell_integer(&narration, "n", "the modulus", key->n);
    tell_integer(&narration, "e", "the public exponent", key->e);
    stream_explain(&client->stream, message, &narration,
                   "a sound RSA key of at least 1024 bits. Not whose: no certificate comes with it");
    client->answers++;
    if (client->answers == CERT_RELAY_CLIENTS - 1) {
        client->state = CERT_RELAY_AWAIT_START;
        if (client->started) {
            send_parts(client);
            continue_exchange(client, event);
        }
    }
}

// --- step 5 ----------------------------------------------------------------------------------------------------

void cert_relay_take_start(struct cert_relay_client *client, const struct message *message,
                           struct party_event *event) {
    stream_explain(&client->stream, message, NULL, NULL);
    if (!random_bytes(client->parts[client->place], CERT_RELAY_PART_SIZE)) {
        cert_relay_client_fail(client, CERT_RELAY_NO_RANDOM);
        return;
    }
    client->begun = true;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        client->present[i] = true;
        client->has_part[i] = i == client->place;
    }
    if (client->state == CERT_RELAY_AWAIT_KEYS) {
        client->started = true;
        return;
    }
    send_parts(client);
    continue_exchange(client, event);
}

// --- step 6, receiving -----------------------------------------------------------------------------------------

static bool open_part(struct cert_relay_client *client, const struct message *message,
                      uint8_t part[static CERT_RELAY_PART_SIZE]) {
    const uint8_t *ciphertext = message->bytes + message->fields[5].offset;
    size_t ciphertext_length = message->fields[5].length, length = 0;
    uint8_t digest[SHA256_DIGEST_SIZE], opened[RSA_SIZE_MAX];
    struct rsa_oaep oaep = cert_relay_oaep();
    hash_digest(oaep.hash, digest, ciphertext, ciphertext_length);
    bool ok = secure_equal(digest, message->bytes + message->fields[6].offset, sizeof digest) &&
              rsa_oaep_decrypt(client->key, opened, &length, &oaep, ciphertext, ciphertext_length) &&
              length == CERT_RELAY_PART_SIZE;
    if (ok) {
        memcpy(part, opened, CERT_RELAY_PART_SIZE);
    }
    secure_wipe(opened, sizeof opened);
    return ok;
}

void cert_relay_take_key_part(struct cert_relay_client *client, const struct message *message,
                              struct party_event *event) {
    char from[STREAM_PLACE_SIZE], what[STREAM_PLACE_SIZE + 20];
    size_t sender = 0, receiver;
    bool known =
        cert_relay_find(&sender, message->bytes + message->fields[1].offset, message->fields[1].length) &&
        sender != client->place;
    bool for_me =
        cert_relay_find(&receiver, message->bytes + message->fields[3].offset, message->fields[3].length) &&
        receiver == client->place;
    bool started =
        client->state == CERT_RELAY_EXCHANGING || client->state == CERT_RELAY_TALKING || client->started;
    if (!for_me) {
        stream_explain(&client->stream, message, NULL,
                       "it is for somebody else: everyone but the sender gets it");
        return;
    }
    cert_relay_field_text(from, sizeof from, message, 1);
    (void)snprintf(what, sizeof what, "the key part of %s", from);
    uint8_t part[CERT_RELAY_PART_SIZE];
    if (!known || !started || !open_part(client, message, part)) {
        stream_explain(&client->stream, message, NULL, NULL);
        cert_relay_client_refuse(client, event, known && started ? CERT_RELAY_BAD_PART : CERT_RELAY_LOST_PART,
                                 what);
        return;
    }
    memcpy(client->parts[sender], part, sizeof part);
    client->has_part[sender] = true;
    continue_exchange(client, event);
    struct narration narration = {0};
    tell_bytes(&narration, "part", "decrypted (RFC 8017, 7.1.2)", part, sizeof part);
    if (client->state == CERT_RELAY_TALKING) {
        tell_bytes(&narration, "session key", "the parts of client3, client2, client1 in this order: AES-192",
                   client->session_key, sizeof client->session_key);
    }
    stream_explain(&client->stream, message, &narration,
                   "the digest, the padding, and that it is 8 bytes. Not who made it");
    secure_wipe(part, sizeof part);
}

// --- leaving ---------------------------------------------------------------------------------------------------

void cert_relay_take_client_left(struct cert_relay_client *client, const struct message *message,
                                 struct party_event *event) {
    size_t who;
    if (!cert_relay_find(&who, message->bytes + message->fields[1].offset, message->fields[1].length) ||
        who == client->place) {
        cert_relay_client_fail_at(client, CERT_RELAY_MALFORMED, message->type->name);
        return;
    }
    stream_explain(&client->stream, message, NULL, NULL);
    client->present[who] = false;
    bool missing = !client->has_part[who];
    client->started = client->started && !missing;
    if (client->state == CERT_RELAY_EXCHANGING && missing) {
        client->state = CERT_RELAY_AWAIT_START;
        cert_relay_client_notice(
            client, event, PARTY_NOTICE,
            "%s has left before it sent its key part: the exchange begins again when it is back.",
            cert_relay_ids[who]);
    } else {
        cert_relay_client_notice(client, event, PARTY_NOTICE, "%s has left.%s", cert_relay_ids[who],
                                 client->state == CERT_RELAY_TALKING ? " It still has the session key." : "");
    }
}
