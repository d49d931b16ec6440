// cert-relay's messages, in the README's order, and the reasons for which one is refused. Before: protocols/message.c. After:
// protocols/cert_relay_server.c and cert_relay_client.c, the machines that send and take them.
//
// Text and binary share one channel, and nothing says beforehand which comes: a payload that begins with one of the words
// below is that message, any other is an encrypted one. An encrypted message begins with a random IV. That 9 random bytes
// spell KEY_PART: happens once in 2^72.

#include "protocols/cert_relay_parts.h"

#include <stdio.h>
#include <string.h>

const char *const cert_relay_ids[CERT_RELAY_CLIENTS] = {"client1", "client2", "client3"};
const char cert_relay_signed_text[] = "AUTH_REQUEST";

enum { ID_MAX = 32, PEM_MAX = 2048 };

// clang-format off
const struct message_type cert_relay_name = {
    .name = "client id",
    .meaning = "who the client says it is",
    .computed = "nothing: its name",
    .both_know = "who is to be authenticated; each port is for one name",
    .eavesdropper_knows = "the name",
    .count = 1,
    .fields = {{"id", FIELD_TEXT, "the server looks for the certificate of this name", .minimum = 1, .maximum = ID_MAX}},
};

const struct message_type cert_relay_auth_request = {
    .name = "AUTH_REQUEST",
    .meaning = "the client proves that it has the private key that belongs to its certificate",
    .computed = "RSASSA-PSS with SHA-256, MGF1 on SHA-256, and the longest salt that fits (RFC 8017, 8.1.1), over the text "
                "AUTH_REQUEST",
    .both_know = "that whoever made the signature once had the key. Not that it was made now",
    .eavesdropper_knows = "the signature, which it can send again: what is signed is the same in every login",
    .count = 3,
    .fields = {{"text", FIELD_CONSTANT, "what is signed", .constant = "AUTH_REQUEST"},
               {"mark", FIELD_CONSTANT, "only the first one separates: the signature may contain the same bytes", .constant = "||"},
               {"signature", FIELD_BYTES, "as long as the modulus", .minimum = CERT_RELAY_KEY_BYTES_MIN, .maximum = RSA_SIZE_MAX}},
};

const struct message_type cert_relay_auth_success = {
    .name = "AUTH_SUCCESS",
    .meaning = "the server has verified the signature",
    .computed = "nothing. The server proves nothing about itself",
    .both_know = "that the client is accepted. The client does not know by whom",
    .eavesdropper_knows = "that the login worked",
    .count = 1,
    .fields = {{"answer", FIELD_CONSTANT, "go on", .constant = "AUTH_SUCCESS"}},
};

const struct message_type cert_relay_auth_failed = {
    .name = "AUTH_FAILED",
    .meaning = "the signature was refused; the connection closes",
    .computed = "nothing",
    .both_know = "that it is over",
    .eavesdropper_knows = "that the login failed",
    .count = 1,
    .fields = {{"answer", FIELD_CONSTANT, "the end", .constant = "AUTH_FAILED"}},
};

const struct message_type cert_relay_req_key = {
    .name = "REQ_KEY",
    .meaning = "the client asks for another client's public key",
    .computed = "nothing",
    .both_know = "that this client wants to write to that one",
    .eavesdropper_knows = "the same",
    .count = 2,
    .fields = {{"request", FIELD_CONSTANT, "a word of this protocol", .constant = "REQ_KEY:"},
               {"id", FIELD_TEXT, "whose key", .minimum = 1, .maximum = ID_MAX}},
};

const struct message_type cert_relay_public_key = {
    .name = "public key",
    .meaning = "the public key that was asked for",
    .computed = "taken out of the certificate: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in PEM (RFC 7468, 13). The certificate "
                "itself, with its signature, stays at the server",
    .both_know = "a key. The client takes the server's word for whose it is",
    .eavesdropper_knows = "the key, which is public. One who can change it here reads all that will be encrypted under it",
    .count = 1,
    .fields = {{"PEM", FIELD_BYTES, "the key as text", .minimum = 1, .maximum = PEM_MAX}},
};

const struct message_type cert_relay_no_public_key = {
    .name = "ERROR",
    .meaning = "the server has no certificate for that name",
    .computed = "nothing",
    .both_know = "that the server does not know the name",
    .eavesdropper_knows = "the same",
    .count = 1,
    .fields = {{"answer", FIELD_CONSTANT, "for people", .constant = "ERROR: Public key not found."}},
};

const struct message_type cert_relay_start_key_exchange = {
    .name = "START_KEY_EXCHANGE",
    .meaning = "all three have authenticated: each now draws its part of a new session key",
    .computed = "nothing",
    .both_know = "that all three are there",
    .eavesdropper_knows = "the same",
    .count = 1,
    .fields = {{"word", FIELD_CONSTANT, "the beginning", .constant = "START_KEY_EXCHANGE"}},
};

const struct message_type cert_relay_key_part = {
    .name = "KEY_PART",
    .meaning = "one client's part of the session key, for one of the others; the server passes it to everyone but the sender",
    .computed = "RSAES-OAEP with SHA-256 and MGF1 on SHA-256 (RFC 8017, 7.1.1) of 8 random bytes, under the key the server gave; "
                "then SHA-256 (FIPS 180-4, 6.2) of that ciphertext",
    .both_know = "the two ends: this part of the key. The server and the third client: nothing of it",
    .eavesdropper_knows = "who writes to whom. The digest is of the ciphertext and needs no key: whoever changes or makes up a part "
                          "computes a new one",
    .count = 7,
    .fields = {{"word", FIELD_CONSTANT, "a word of this protocol", .constant = "KEY_PART:"},
               {"from", FIELD_TEXT, "who made it; nobody checks that", .minimum = 1, .maximum = ID_MAX},
               {"arrow", FIELD_CONSTANT, "a mark", .constant = "->"},
               {"to", FIELD_TEXT, "whose public key it is encrypted under", .minimum = 1, .maximum = ID_MAX},
               {"mark", FIELD_CONSTANT, "only the first one separates", .constant = "||"},
               {"ciphertext", FIELD_BYTES, "as long as the receiver's modulus", .minimum = CERT_RELAY_KEY_BYTES_MIN, .maximum = RSA_SIZE_MAX},
               {"SHA-256", FIELD_BYTES, "of the ciphertext", .minimum = SHA256_DIGEST_SIZE, .maximum = SHA256_DIGEST_SIZE}},
};

const struct message_type cert_relay_message = {
    .name = "message",
    .meaning = "a line of the conversation, encrypted; the server passes it to everyone but the sender",
    .computed = "AES-192 in CBC mode under the session key (FIPS 197; SP 800-38A, 6.2), padded to whole blocks of 16 bytes (PKCS#7; "
                "RFC 5652, 6.3), behind a random IV; then SHA-256 of the text (FIPS 180-4, 6.2)",
    .both_know = "the text; not which of the others said it",
    .eavesdropper_knows = "the length, to within 16 bytes, and the SHA-256 of the text: equal texts show, and a guessed text can be "
                          "confirmed",
    .count = 3,
    .fields = {{"IV", FIELD_BYTES, "random, new for each message", .minimum = CERT_RELAY_IV_SIZE, .maximum = CERT_RELAY_IV_SIZE},
               {"ciphertext", FIELD_BYTES, "whole AES blocks", .minimum = AES_BLOCK_SIZE, .maximum = CERT_RELAY_CIPHERTEXT_MAX},
               {"SHA-256", FIELD_BYTES, "of the text, not encrypted", .minimum = SHA256_DIGEST_SIZE, .maximum = SHA256_DIGEST_SIZE}},
};

const struct message_type cert_relay_client_left = {
    .name = "CLIENT_LEFT",
    .meaning = "a client's connection has ended, on purpose or not; its place is free",
    .computed = "nothing",
    .both_know = "that there are fewer of them. Who has left still has the session key",
    .eavesdropper_knows = "the same",
    .count = 2,
    .fields = {{"word", FIELD_CONSTANT, "a word of this protocol", .constant = "CLIENT_LEFT:"},
               {"id", FIELD_TEXT, "who", .minimum = 1, .maximum = ID_MAX}},
};

const struct cert_relay_words cert_relay_words[] = {
    [CERT_RELAY_OK] = {"no error", NULL},
    [CERT_RELAY_FRAME_TOO_LARGE] = {"a frame above 64 KiB", "frames may have 65536 bytes at most"},
    [CERT_RELAY_MALFORMED] = {"not a message that belongs here", "that is not a message that belongs here"},
    [CERT_RELAY_UNKNOWN_CLIENT] = {"there is no client of this name", "no client of this name is known"},
    [CERT_RELAY_WRONG_PORT] = {"this port is another client's", "this port is another client's"},
    [CERT_RELAY_CONNECTED_ALREADY] = {"a client of this name is connected already", "a client of this name is connected already"},
    [CERT_RELAY_BAD_SIGNATURE] = {"the signature does not verify under the key in the certificate of this name", NULL},
    [CERT_RELAY_LOGIN_REFUSED] = {"the server refused the login (AUTH_FAILED): it has another certificate for this name, or the message was "
                                  "changed on the way", NULL},
    [CERT_RELAY_NO_PUBLIC_KEY] = {"the server has no public key of a client that must be there", NULL},
    [CERT_RELAY_BAD_PUBLIC_KEY] = {"this is no RSA key of at least 1024 bits", NULL},
    [CERT_RELAY_SLOW] = {"the client does not read what is sent to it", "too slow: the messages for this client pile up"},
    [CERT_RELAY_REFUSED_BY_PEER] = {"the peer refused", NULL},
    [CERT_RELAY_DISCONNECTED] = {"the peer closed the connection", NULL},
    [CERT_RELAY_SILENT] = {"no answer within the time allowed (--timeout)", "no answer within the time allowed"},
    [CERT_RELAY_BUSY] = {"no room for one more", "busy"},
    [CERT_RELAY_CLOSING] = {"the server was ended", "the server is closing down"},
    [CERT_RELAY_GIVEN_UP] = {"ended at this end before the login was done", NULL},
    [CERT_RELAY_NO_RANDOM] = {"the system's random generator failed", "internal error"},
    [CERT_RELAY_KEY_UNFIT] = {"the private key cannot sign: it is too short, or damaged", NULL},
    [CERT_RELAY_BAD_PART] = {"it does not decrypt to 8 bytes, or the digest beside it is another: made for another key, or changed on the way", NULL},
    [CERT_RELAY_LOST_PART] = {"it is from nobody it could be from, or came before START_KEY_EXCHANGE", NULL},
    [CERT_RELAY_UNREADABLE] = {"it does not decrypt, or the digest beside it is another: under another key, or changed on the way", NULL},
    [CERT_RELAY_TEXT_TOO_LONG] = {"the text is too long for one message", NULL},
    [CERT_RELAY_NOT_NOW] = {"there is no session key yet: all three must be there for one", NULL},
    [CERT_RELAY_ALONE] = {"nobody else is connected", NULL},
    [CERT_RELAY_NO_ROOM] = {"earlier messages still wait to be sent", NULL},
};
// clang-format on

const char *cert_relay_reason_text(enum cert_relay_reason reason) {
    return cert_relay_words[reason].here;
}

bool cert_relay_find(size_t *place, const uint8_t *id, size_t length) {
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        if (length == strlen(cert_relay_ids[i]) && memcmp(id, cert_relay_ids[i], length) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

void cert_relay_field_text(char *out, size_t size, const struct message *message, size_t field) {
    size_t length = message->fields[field].length;
    length = length < size - 1 ? length : size - 1;
    memcpy(out, message->bytes + message->fields[field].offset, length);
    out[length] = '\0';
}

static bool begins_with(const uint8_t *payload, size_t length, const char *word) {
    size_t word_length = strlen(word);
    return length >= word_length && memcmp(payload, word, word_length) == 0;
}

const struct message_type *cert_relay_kind_to_server(const uint8_t *payload, size_t length) {
    return begins_with(payload, length, "REQ_KEY:")    ? &cert_relay_req_key
           : begins_with(payload, length, "KEY_PART:") ? &cert_relay_key_part
                                                       : &cert_relay_message;
}

const struct message_type *cert_relay_kind_to_client(const uint8_t *payload, size_t length) {
    return begins_with(payload, length, "START_KEY_EXCHANGE") ? &cert_relay_start_key_exchange
           : begins_with(payload, length, "KEY_PART:")        ? &cert_relay_key_part
           : begins_with(payload, length, "CLIENT_LEFT:")     ? &cert_relay_client_left
           : begins_with(payload, length, "-----BEGIN ")      ? &cert_relay_public_key
           : begins_with(payload, length, "ERROR: ")          ? &cert_relay_no_public_key
                                                              : &cert_relay_message;
}

struct rsa_pss cert_relay_pss(int salt_length) {
    return (struct rsa_pss){.hash = hash_find("sha256"), .salt_length = salt_length};
}

struct rsa_oaep cert_relay_oaep(void) {
    return (struct rsa_oaep){.hash = hash_find("sha256")};
}

// --- for those who watch ---------------------------------------------------------------------------------------

enum { AWAIT_NAME, AWAIT_REQUEST, AWAIT_ANSWER, LOGGED_IN };

static const struct message_type *recognise(struct watched *watched, bool from_client, const uint8_t *payload,
                                            size_t length) {
    size_t place;
    switch (watched->stage) {
    case AWAIT_NAME:
        if (!from_client || !cert_relay_find(&place, payload, length)) {
            return NULL;
        }
        (void)snprintf(watched->client, sizeof watched->client, "%s", cert_relay_ids[place]);
        watched->stage = AWAIT_REQUEST;
        return &cert_relay_name;
    case AWAIT_REQUEST:
        watched->stage = from_client ? AWAIT_ANSWER : AWAIT_REQUEST;
        return from_client ? &cert_relay_auth_request : NULL;
    case AWAIT_ANSWER:
        if (from_client) {
            return NULL;
        }
        watched->stage = LOGGED_IN;
        return begins_with(payload, length, "AUTH_FAILED") ? &cert_relay_auth_failed
                                                           : &cert_relay_auth_success;
    default:
        return from_client ? cert_relay_kind_to_server(payload, length)
                           : cert_relay_kind_to_client(payload, length);
    }
}

const struct protocol cert_relay_protocol = {
    .name = "cert-relay",
    .about = "README 001, three clients with certificates, and a server that passes their messages on",
    .port = CERT_RELAY_PORT,
    .ports = CERT_RELAY_CLIENTS,
    .server = "server",
    .recognise = recognise,
};
