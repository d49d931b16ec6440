// rsa-chat's messages, in the README's order, and the reasons for which it ends. Before: protocols/message.c. After:
// protocols/rsa_chat.c, the machine that sends and takes them.
//
// The original put a ':' between the fields of a message and split at every ':'. Now and then one of the eight random
// bytes of a session is a ':' itself, and the program failed. Here a field of varying length says its length, and the
// two ':' inside RSA stand at fixed places, where nobody has to look for them.

#include "protocols/rsa_chat_parts.h"

// clang-format off
const struct message_type rsa_chat_public_key = {
    .name = "public key",
    .meaning = "the client's RSA public key, and its MD5 hash",
    .computed = "n = p*q of two random primes, e = 65537 (FIPS 186-5, A.1.3), as SubjectPublicKeyInfo (RFC 5280, 4.1) in PEM "
                "(RFC 7468, 13); the hash is MD5 of the PEM text (RFC 1321)",
    .both_know = "the client's public key",
    .eavesdropper_knows = "the client's public key. It could replace the key, and the hash with it: MD5 needs no secret",
    .count = 2,
    .fields = {{"PEM", FIELD_PREFIXED, "the key, as the client's public key file has it", .minimum = 1, .maximum = RSA_CHAT_PEM_MAX},
               {"MD5", FIELD_HEX, "notices an accident on the way, not an attacker", .minimum = 16, .maximum = 16}},
};

const struct message_type rsa_chat_session_key = {
    .name = "session key",
    .meaning = "the session key under the client's public key, and the server's public key",
    .computed = "c = m^e mod n with the client's (n, e): textbook RSA, no padding (RFC 8017, 5.1.1); "
                "m = session \":\" MD5(session) \":\" MD5(server PEM), both hashes in hex (RFC 1321)",
    .both_know = "the session, if the client has the private key; the server's public key",
    .eavesdropper_knows = "the server's public key and c. It cannot read m, but it can test a guess of the session: encrypt it, and compare",
    .count = 2,
    .fields = {{"c", FIELD_PREFIXED, "a number below n, as long as n, most significant byte first (RFC 8017, 4.1)",
                .minimum = 1, .maximum = RSA_CHAT_PEER_BITS_MAX / 8},
               {"PEM", FIELD_PREFIXED, "the server's public key", .minimum = 1, .maximum = RSA_CHAT_PEM_MAX}},
};

const struct message_type rsa_chat_secret = {
    .name = "m",
    .meaning = "what RSA carries in message 2",
    .computed = "put together by the server",
    .both_know = "the session",
    .eavesdropper_knows = "its form, and all of it but the session and its hash",
    .count = 5,
    .fields = {{"session", FIELD_BYTES, "random", .minimum = RSA_CHAT_SESSION_SIZE, .maximum = RSA_CHAT_SESSION_SIZE},
               {"separator", FIELD_CONSTANT, "as in the original", .constant = ":"},
               {"MD5(session)", FIELD_HEX, "of the 8 bytes", .minimum = 16, .maximum = 16},
               {"separator", FIELD_CONSTANT, "as in the original", .constant = ":"},
               {"MD5(server PEM)", FIELD_HEX, "of the key that stands beside c", .minimum = 16, .maximum = 16}},
};

const struct message_type rsa_chat_session_back = {
    .name = "session back",
    .meaning = "the session under the server's public key: the client shows that it could read message 2",
    .computed = "c = m^e mod n with the server's (n, e), m = session: textbook RSA (RFC 8017, 5.1.1)",
    .both_know = "that both have the same session",
    .eavesdropper_knows = "c. The same session to the same server is the same c every time. And m is short: 64 bits under an exponent "
                          "that everybody knows",
    .count = 1,
    .fields = {{"c", FIELD_BYTES, "a number below n, as long as n", .minimum = 1, .maximum = RSA_CHAT_PEER_BITS_MAX / 8}},
};

#define AES_COMPUTED "padded to whole blocks of 16 bytes (PKCS#7; RFC 5652, 6.3), AES-128-CBC (FIPS 197; SP 800-38A, 6.2). "

const struct message_type rsa_chat_ready = {
    .name = "Ready",
    .meaning = "the server agrees: from here on everything is encrypted with AES",
    .computed = "key = session and the session backwards, 16 bytes. The text \"Ready\", " AES_COMPUTED "The IV is the key itself",
    .both_know = "the AES key. Neither knows who the other is",
    .eavesdropper_knows = "the block that stands for \"Ready\": the same for every client, as long as the server lives",
    .count = 1,
    .fields = {{"ciphertext", FIELD_BYTES, "one AES block", .minimum = AES_BLOCK_SIZE, .maximum = RSA_CHAT_CIPHERTEXT_MAX}},
};

const struct message_type rsa_chat_name = {
    .name = "name",
    .meaning = "what the client wants to be called",
    .computed = "the name, " AES_COMPUTED "The IV is the key itself: the first message of this direction",
    .both_know = "the name; the server may change it so that no two are the same",
    .eavesdropper_knows = "the length to within 16 bytes; and who sends the same blocks has the same name",
    .count = 1,
    .fields = {{"ciphertext", FIELD_BYTES, "whole AES blocks", .minimum = AES_BLOCK_SIZE, .maximum = RSA_CHAT_CIPHERTEXT_MAX}},
};

const struct message_type rsa_chat_message = {
    .name = "message",
    .meaning = "a line for everybody in the room, encrypted for the server",
    .computed = "the text, " AES_COMPUTED "In the place of the IV stands the last block that went this way",
    .both_know = "the text",
    .eavesdropper_knows = "the length to within 16 bytes, the time, and the direction. Whoever changes the bytes is not noticed; and every "
                          "other client has the key",
    .count = 1,
    .fields = {{"ciphertext", FIELD_BYTES, "whole AES blocks", .minimum = AES_BLOCK_SIZE, .maximum = RSA_CHAT_CIPHERTEXT_MAX}},
};

const struct message_type rsa_chat_relayed = {
    .name = "relayed",
    .meaning = "a line from the room, decrypted by the server and encrypted for this client",
    .computed = "\"NAME: text\", or \"* \" and an announcement, or \"quit\" when the server leaves; " AES_COMPUTED
                "In the place of the IV stands the last block that went this way",
    .both_know = "the text",
    .eavesdropper_knows = "the length to within 16 bytes, the time, and the direction; and, from the times, who talks to whom",
    .count = 1,
    .fields = {{"ciphertext", FIELD_BYTES, "whole AES blocks", .minimum = AES_BLOCK_SIZE, .maximum = RSA_CHAT_CIPHERTEXT_MAX}},
};

// One word for everything that can go wrong under RSA: which check failed would tell an attacker about the plaintext.
#define EXCHANGE_FAILED "the key exchange failed"

const struct rsa_chat_words rsa_chat_words[] = {
    [RSA_CHAT_OK] = {"no error", NULL},
    [RSA_CHAT_FRAME_TOO_LARGE] = {"a frame above 64 KiB", "frames may have 65536 bytes at most"},
    [RSA_CHAT_MALFORMED] = {"not a message of this protocol", "that is not the message that belongs here"},
    [RSA_CHAT_KEY_HASH] = {"the MD5 beside the key is not the key's: one of the two was damaged", "the key and its MD5 do not match"},
    [RSA_CHAT_BAD_KEY] = {"not a public key that can be used", "the public key is not acceptable"},
    [RSA_CHAT_KEY_TOO_SMALL] = {"the modulus is too small: message 2 has to carry 74 bytes, so 593 bits are the least",
                                "the public key is too small: 593 bits are the least"},
    [RSA_CHAT_UNDECIPHERABLE] = {"RSA gave something of another form: made for another key, or changed on the way", EXCHANGE_FAILED},
    [RSA_CHAT_SESSION_HASH] = {"the MD5 of the session is wrong", EXCHANGE_FAILED},
    [RSA_CHAT_SERVER_KEY_HASH] = {"the MD5 of the server's key is not that of the key beside it", EXCHANGE_FAILED},
    [RSA_CHAT_WRONG_SESSION] = {"the client sends back another session than the server's", EXCHANGE_FAILED},
    [RSA_CHAT_NOT_READY] = {"it does not say `Ready`: another key, or changed on the way", "a message could not be read"},
    [RSA_CHAT_UNDECRYPTABLE] = {"it does not decrypt: another key, or changed on the way", "a message could not be read"},
    [RSA_CHAT_BAD_NAME] = {"a name has 1 to 32 letters, digits, '_', '.' or '-', and is not \"server\"",
                           "a name has 1 to 32 letters, digits, '_', '.' or '-', and is not \"server\""},
    [RSA_CHAT_FULL] = {"the room is full", "the room is full"},
    [RSA_CHAT_TOO_SLOW] = {"the client does not read fast enough, and too much waits for it", "too much was waiting to be read"},
    [RSA_CHAT_REFUSED_BY_PEER] = {"the peer refused", NULL},
    [RSA_CHAT_DISCONNECTED] = {"the peer closed the connection", NULL},
    [RSA_CHAT_SILENT] = {"no answer within the time allowed (--timeout)", "no answer within the time allowed"},
    [RSA_CHAT_GIVEN_UP] = {"ended at this end before it began", "the other end gave up"},
    [RSA_CHAT_NO_RANDOM] = {"the system's random generator failed", "internal error"},
    [RSA_CHAT_TEXT_TOO_LONG] = {"the text is too long for one message", "the text is too long for one message"},
    [RSA_CHAT_NOT_NOW] = {"nothing can be said now", NULL},
    [RSA_CHAT_NO_ROOM] = {"earlier messages still wait to be sent", NULL},
};
// clang-format on

const char *rsa_chat_reason_text(enum rsa_chat_reason reason) {
    return rsa_chat_words[reason].here;
}

// --- for those who watch ---------------------------------------------------------------------------------------

static const struct message_type *recognise(struct watched *watched, bool from_client, const uint8_t *payload,
                                            size_t length) {
    static const struct message_type *const handshake[] = {&rsa_chat_public_key, &rsa_chat_session_key,
                                                           &rsa_chat_session_back, &rsa_chat_ready,
                                                           &rsa_chat_name}; // in turn, the client first
    struct message refusal; // would pass for AES blocks, or for c
    if (message_parse(&refusal, &stream_refused, payload, length, NULL) == MESSAGE_OK) {
        return &stream_refused;
    }
    if (watched->stage == sizeof handshake / sizeof handshake[0]) {
        return from_client ? &rsa_chat_message : &rsa_chat_relayed;
    }
    return from_client == (watched->stage % 2 == 0) ? handshake[watched->stage++] : NULL;
}

const struct protocol rsa_chat_protocol = {
    .name = "rsa-chat",
    .about = "README 004, AES chat with an RSA-carried session key and MD5 checks",
    .port = RSA_CHAT_PORT,
    .ports = 1,
    .server = "server",
    .recognise = recognise,
};
