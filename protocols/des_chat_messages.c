// des-chat's messages, in the README's order, and the reasons for which it ends. Before: protocols/message.c. After:
// protocols/des_chat.c, the machine that sends and takes them.

#include "protocols/des_chat_parts.h"

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

const struct des_chat_words des_chat_words[] = {
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
    return des_chat_words[reason].here;
}

// --- for those who watch ---------------------------------------------------------------------------------------

static const struct message_type *recognise(struct watched *watched, bool from_client, const uint8_t *payload,
                                            size_t length) {
    static const struct {
        bool from_client;
        const struct message_type *type;
    } handshake[] = {
        {true, &des_chat_connected}, {false, &des_chat_p}, {false, &des_chat_g},
        {false, &des_chat_ys},       {true, &des_chat_yc},
    };
    (void)payload;
    (void)length;
    if (watched->stage == sizeof handshake / sizeof handshake[0]) {
        return &des_chat_message;
    }
    return handshake[watched->stage].from_client == from_client ? handshake[watched->stage++].type : NULL;
}

const struct protocol des_chat_protocol = {
    .name = "des-chat",
    .about = "README 002, two-way messaging with DES and Diffie-Hellman",
    .port = DES_CHAT_PORT,
    .ports = 1,
    .server = "server",
    .recognise = recognise,
};
