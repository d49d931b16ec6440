// cert-relay's messages, the client's step 8. Before: protocols/cert_relay_exchange.c, ciphers/block/modes.c.
//
//   | IV (16, random) | AES-192-CBC(session key, text and padding) | SHA-256(text) (32) |
//
// Pitfalls
// - A message may come before the key for it: a client that has all parts speaks at once, and one part for this end may still
//   be on its way. Such messages are kept, up to two of full length, and opened when the key is there.
// - A message under the old key may come during the next exchange. The old key is kept for reading until there is a new one.
// - Padding and digest have one answer. Nothing is told to the sender, whoever that is.
// - Nothing in a message says who sent it. With two others in the conversation it is one of the two.

#include "protocols/cert_relay_parts.h"

#include "bignum/random.h"

#include <stdio.h>
#include <string.h>

// --- sending ---------------------------------------------------------------------------------------------------

// AES-192-CBC of the padded text, to client->work; false when the random generator fails.
static bool encrypt(struct cert_relay_client *client, uint8_t iv[static CERT_RELAY_IV_SIZE],
                    const uint8_t *text, size_t length, size_t *ciphertext_length) {
    struct cipher_context cipher;
    size_t first, last;
    if (!random_bytes(iv, CERT_RELAY_IV_SIZE) ||
        !cipher_init(&cipher, block_cipher_find("aes-192"), MODE_CBC, CIPHER_ENCRYPT, PADDING_PKCS7,
                     client->session_key, sizeof client->session_key, iv, CERT_RELAY_IV_SIZE)) {
        return false;
    }
    cipher_update(&cipher, client->work, &first, text, length);
    bool ok = cipher_final(&cipher, client->work + first, &last);
    *ciphertext_length = first + last;
    return ok;
}

enum cert_relay_reason cert_relay_say(struct cert_relay_client *client, const uint8_t *text, size_t length) {
    uint8_t iv[CERT_RELAY_IV_SIZE], digest[SHA256_DIGEST_SIZE];
    size_t ciphertext_length;
    if (!client->present[client->others[0]] && !client->present[client->others[1]]) {
        return CERT_RELAY_ALONE;
    }
    if (!encrypt(client, iv, text, length, &ciphertext_length)) {
        cert_relay_client_fail(client, CERT_RELAY_NO_RANDOM);
        return CERT_RELAY_NO_RANDOM;
    }
    hash_digest(hash_find("sha256"), digest, text, length);
    // For whoever watches: the padded text, which the cipher makes for itself (RFC 5652, 6.3).
    size_t padding = AES_BLOCK_SIZE - length % AES_BLOCK_SIZE;
    memcpy(client->text, text, length);
    memset(client->text + length, (int)padding, padding);
    struct narration narration = {0};
    tell_bytes(&narration, "text", "as typed", client->text, length);
    tell_bytes(&narration, "padded", "n bytes of value n fill the last block: 1 to 16", client->text,
               length + padding);
    tell_bytes(&narration, "session key", "from the key exchange", client->session_key,
               sizeof client->session_key);
    const struct field_value values[] = {{.bytes = iv, .length = sizeof iv},
                                         {.bytes = client->work, .length = ciphertext_length},
                                         {.bytes = digest, .length = sizeof digest}};
    bool sent = stream_send(&client->stream, &cert_relay_message, values, &narration);
    secure_wipe(client->text, length + padding);
    return sent ? CERT_RELAY_OK : CERT_RELAY_NO_ROOM;
}

// --- receiving -------------------------------------------------------------------------------------------------

// Decrypts a parsed message to client->text and compares the digest.
static bool open_message(struct cert_relay_client *client, const struct message *message, size_t *length) {
    const uint8_t *wire = message->bytes;
    struct cipher_context cipher;
    uint8_t digest[SHA256_DIGEST_SIZE];
    size_t first = 0, last = 0;
    bool ok = client->has_session_key &&
              cipher_init(&cipher, block_cipher_find("aes-192"), MODE_CBC, CIPHER_DECRYPT, PADDING_PKCS7,
                          client->session_key, sizeof client->session_key, wire, CERT_RELAY_IV_SIZE);
    if (ok) {
        cipher_update(&cipher, client->text, &first, wire + message->fields[1].offset,
                      message->fields[1].length);
        ok = cipher_final(&cipher, client->text + first, &last);
    }
    *length = first + last;
    if (ok) {
        hash_digest(hash_find("sha256"), digest, client->text, *length);
        ok = secure_equal(digest, wire + message->fields[2].offset, sizeof digest);
    }
    if (!ok) {
        secure_wipe(client->text, sizeof client->text);
    }
    return ok;
}

// Who may have said it: nothing in the message tells.
static const char *speakers(struct cert_relay_client *client) {
    const char *const names[] = {cert_relay_ids[client->others[0]], cert_relay_ids[client->others[1]]};
    bool first = client->present[client->others[0]], second = client->present[client->others[1]];
    (void)snprintf(client->speakers, sizeof client->speakers, "%s%s%s", first ? names[0] : "",
                   first && second ? " or " : "",
                   second  ? names[1]
                   : first ? ""
                           : "somebody");
    return client->speakers;
}

static void deliver(struct cert_relay_client *client, struct party_event *event, size_t length) {
    *event = (struct party_event){
        .kind = PARTY_MESSAGE, .from = speakers(client), .text = client->text, .length = length};
}

// Keeps the message that has just arrived. False when there is no room for it.
static bool hold(struct cert_relay_client *client) {
    size_t length = client->stream.in.length;
    memmove(client->held, client->held + client->held_start, client->held_end - client->held_start);
    client->held_end -= client->held_start;
    client->held_start = 0;
    if (sizeof client->held - client->held_end < FRAME_HEADER_SIZE + length) {
        return false;
    }
    frame_write_header(client->held + client->held_end, length);
    memcpy(client->held + client->held_end + FRAME_HEADER_SIZE, client->stream.in.payload, length);
    client->held_end += FRAME_HEADER_SIZE + length;
    return true;
}

void cert_relay_take_message(struct cert_relay_client *client, const struct message *message,
                             struct party_event *event) {
    size_t length;
    if (!client->begun) {
        cert_relay_client_fail_at(client, CERT_RELAY_MALFORMED, message->type->name);
    } else if (open_message(client, message, &length)) {
        deliver(client, event, length);
        struct narration narration = {0};
        tell_bytes(&narration, "text", "decrypted, and the padding taken off", client->text, length);
        tell_text(&narration, "sender", "nothing in the message says it", event->from);
        stream_explain(
            &client->stream, message, &narration,
            "whole blocks, a valid padding, the digest of the text. Whoever has the session key can make all "
            "three");
    } else if (client->state != CERT_RELAY_TALKING && hold(client)) {
        stream_explain(&client->stream, message, NULL, "nothing yet: there is no key for it, so it is kept");
    } else {
        stream_explain(&client->stream, message, NULL, NULL);
        cert_relay_client_refuse(client, event, CERT_RELAY_UNREADABLE, "from one of the others");
    }
}

bool cert_relay_next_held(struct cert_relay_client *client, struct party_event *event) {
    if (client->held_start == client->held_end) {
        return false;
    }
    const uint8_t *header = client->held + client->held_start;
    size_t length = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3]; // 65536 at most
    struct message message;
    client->held_start += FRAME_HEADER_SIZE + length;
    client->refused = CERT_RELAY_OK;
    if (message_parse(&message, &cert_relay_message, header + FRAME_HEADER_SIZE, length, NULL) ==
            MESSAGE_OK &&
        open_message(client, &message, &length)) {
        deliver(client, event, length);
    } else {
        client->refused = CERT_RELAY_UNREADABLE;
        cert_relay_client_notice(client, event, PARTY_NOTICE,
                                 "A message that came before the key was refused: %s.",
                                 cert_relay_words[CERT_RELAY_UNREADABLE].here);
    }
    return true;
}
