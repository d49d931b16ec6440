// password-kex's messages, in the README's order, and the reasons for which it ends. Before: protocols/message.c. After:
// protocols/password_kex_session.c, the machine that sends and takes them.

#include "protocols/password_kex_parts.h"

// clang-format off
const struct message_type password_kex_server_public_key = {
    .name = "server_public_key",
    .meaning = "the server's public key, made for this connection alone",
    .computed = "two primes of 1024 bits, n = p*q, e = 65537 (FIPS 186-5, A.1.3); RSAPublicKey (RFC 8017, A.1.1) in DER",
    .both_know = "the key; not yet whose it is",
    .eavesdropper_knows = "the key. One who sits between the two can put another in its place",
    .count = 1,
    .fields = {{"key", FIELD_BYTES, "SEQUENCE { n INTEGER, e INTEGER }",
                .minimum = PASSWORD_KEX_KEY_MIN, .maximum = PASSWORD_KEX_KEY_MAX}},
};

const struct message_type password_kex_first_client_packet = {
    .name = "first_client_packet",
    .meaning = "the client's proof that it knows the password, tied to the server key it has got",
    .computed = "proof = H(H(password) || DER(server key)); packet = RSAES-OAEP of it under the server key (RFC 8017, 7.1.1)",
    .both_know = "once the server has found the same proof: that the client knows the password and has the server's real key",
    .eavesdropper_knows = "the user's name. The proof only who has the private key",
    .count = 2,
    .fields = {{"username", FIELD_PREFIXED, "in clear", .minimum = 1, .maximum = PASSWORD_KEX_NAME_MAX},
               {"packet", FIELD_BYTES, "one OAEP block", .minimum = PASSWORD_KEX_PACKET_SIZE, .maximum = PASSWORD_KEX_PACKET_SIZE}},
};

const struct message_type password_kex_second_client_packet = {
    .name = "second_client_packet",
    .meaning = "the client's own fresh public key",
    .computed = "RSAPublicKey in DER, cut into pieces that fit, each piece RSAES-OAEP under the server key (RFC 8017, 7.1.1)",
    .both_know = "the client's key. The server: from whoever sent this message, which need not be who sent the one before",
    .eavesdropper_knows = "nothing of the key. Anybody who has the server's public key can make such a message",
    .count = 1,
    .fields = {{"blocks", FIELD_BYTES, "OAEP blocks of 256 bytes",
                .minimum = PASSWORD_KEX_PACKET_SIZE, .maximum = PASSWORD_KEX_MESSAGE_MAX}},
};

const struct message_type password_kex_server_packet_message = {
    .name = "server_packet",
    .meaning = "the server's proof that it knows the password, or rather its hash, tied to the client key it has got",
    .computed = "proof = H(H(password) || DER(client key)); packet = RSAES-OAEP of it under the client key (RFC 8017, 7.1.1)",
    .both_know = "once the client has found the same proof: that the server knows H(password) and has the client's real key",
    .eavesdropper_knows = "nothing more",
    .count = 1,
    .fields = {{"packet", FIELD_BYTES, "one OAEP block", .minimum = PASSWORD_KEX_PACKET_SIZE, .maximum = PASSWORD_KEX_PACKET_SIZE}},
};

const struct message_type password_kex_client_half = {
    .name = "client_half",
    .meaning = "the client's half of a Diffie-Hellman exchange",
    .computed = "Yc = g^xc mod p in ffdhe2048, xc random and secret (SP 800-56A r3, 5.6.1.1); 256 bytes, RSAES-OAEP under the server key",
    .both_know = "Yc; only the client knows xc",
    .eavesdropper_knows = "nothing of Yc",
    .count = 1,
    .fields = {{"blocks", FIELD_BYTES, "OAEP blocks of 256 bytes",
                .minimum = PASSWORD_KEX_PACKET_SIZE, .maximum = PASSWORD_KEX_MESSAGE_MAX}},
};

const struct message_type password_kex_server_half = {
    .name = "server_half",
    .meaning = "the server's half",
    .computed = "Ys = g^xs mod p; RSAES-OAEP under the client key; Z = Yc^xs = Ys^xc mod p (SP 800-56A r3, 5.7.1.1); "
                "session keys = HKDF-SHA256 of Z (RFC 5869)",
    .both_know = "Z and four session keys: a cipher key and a MAC key for each direction",
    .eavesdropper_knows = "nothing of Ys. Even one who later steals both RSA keys finds g^xc and g^xs, and not Z",
    .count = 1,
    .fields = {{"blocks", FIELD_BYTES, "OAEP blocks of 256 bytes",
                .minimum = PASSWORD_KEX_PACKET_SIZE, .maximum = PASSWORD_KEX_MESSAGE_MAX}},
};

const struct message_type password_kex_message = {
    .name = "message",
    .meaning = "a text, encrypted and authenticated",
    .computed = "AES-256-CTR under the sender's cipher key (SP 800-38A, 6.5), the first counter block being the number and 8 zero "
                "bytes; HMAC-SHA256 under its MAC key over number and ciphertext (RFC 2104)",
    .both_know = "the text, and that it comes from the other end unchanged",
    .eavesdropper_knows = "the length, the time, and the direction",
    .count = 3,
    .fields = {{"number", FIELD_BYTES, "of the message in its direction, from 0",
                .minimum = PASSWORD_KEX_NUMBER_SIZE, .maximum = PASSWORD_KEX_NUMBER_SIZE},
               {"ciphertext", FIELD_BYTES, "as long as the text", .minimum = 0, .maximum = PASSWORD_KEX_TEXT_MAX},
               {"mac", FIELD_BYTES, "HMAC-SHA256", .minimum = PASSWORD_KEX_MAC_SIZE, .maximum = PASSWORD_KEX_MAC_SIZE}},
};

// What an attacker could learn something from has one text for the peer: whether the name is unknown, the password wrong, or
// a packet unreadable; and, later, whether blocks do not decrypt or decrypt to something else than they should.
#define NOT_AUTHENTICATED "authentication failed"
#define NOT_READ          "a message could not be read"

const struct password_kex_words password_kex_words[] = {
    [PASSWORD_KEX_OK] = {"no error", NULL},
    [PASSWORD_KEX_BAD_NAME] = {"the user name is not 1 to 64 of A-Z a-z 0-9 _ . -, or is . or ..", NOT_AUTHENTICATED},
    [PASSWORD_KEX_BAD_KEY] = {"not an RSA public key of 2048 bits (RSAPublicKey in DER)", NOT_AUTHENTICATED},
    [PASSWORD_KEX_NO_KEY] = {"there is no fresh private key: a key serves once, and never after a failure", "internal error"},
    [PASSWORD_KEX_NOT_PROVEN] = {"this step belongs after the peer's proof", NOT_AUTHENTICATED},
    [PASSWORD_KEX_UNDECRYPTABLE] = {"it does not decrypt: made for another key, with another --hash, or changed on the way",
                                    NOT_AUTHENTICATED},
    [PASSWORD_KEX_UNKNOWN_USER] = {"no such user, or none with a password hashed by this --hash", NOT_AUTHENTICATED},
    [PASSWORD_KEX_WRONG_PASSWORD] = {"wrong password, or a proof for another server key than this end's", NOT_AUTHENTICATED},
    [PASSWORD_KEX_SERVER_UNPROVEN] = {"the server did not prove that it knows the password: do not trust it", NOT_AUTHENTICATED},
    [PASSWORD_KEX_TOO_LONG] = {"too long for one message", NULL},
    [PASSWORD_KEX_NO_RANDOM] = {"the system's random generator failed", "internal error"},
    [PASSWORD_KEX_FRAME_TOO_LARGE] = {"a frame above 64 KiB", "frames may have 65536 bytes at most"},
    [PASSWORD_KEX_MALFORMED] = {"not a message of this protocol", "that is not the message that belongs here"},
    [PASSWORD_KEX_BAD_PUBLIC_VALUE] = {"the Diffie-Hellman value y is not 256 bytes with 1 < y < p-1 and y^q = 1 mod p "
                                       "(SP 800-56A r3, 5.6.2.3.1)", NOT_AUTHENTICATED},
    [PASSWORD_KEX_BAD_SECRET] = {"the shared secret is 1, which everybody could guess (SP 800-56A r3, 5.7.1.1)", NOT_AUTHENTICATED},
    [PASSWORD_KEX_FORGED] = {"the authentication code is wrong: changed on the way, or not from this peer", NOT_READ},
    [PASSWORD_KEX_REPLAYED] = {"an earlier message again, or one is missing", NOT_READ},
    [PASSWORD_KEX_REFUSED_BY_PEER] = {"the peer refused", NULL},
    [PASSWORD_KEX_DISCONNECTED] = {"the peer closed the connection", NULL},
    [PASSWORD_KEX_SILENT] = {"no answer within the time allowed (--timeout)", "no answer within the time allowed"},
    [PASSWORD_KEX_BUSY] = {"no room for one more client", "busy with other clients"},
    [PASSWORD_KEX_GIVEN_UP] = {"ended at this end before it was through", "the other end gave up"},
    [PASSWORD_KEX_TEXT_TOO_LONG] = {"the text is too long for one message", NULL},
    [PASSWORD_KEX_NOT_NOW] = {"nothing can be said now", NULL},
    [PASSWORD_KEX_NO_ROOM] = {"earlier messages still wait to be sent", NULL},
};
// clang-format on

const char *password_kex_reason_text(enum password_kex_reason reason) {
    return password_kex_words[reason].here;
}

// --- for those who watch ---------------------------------------------------------------------------------------

static const struct message_type *recognise(struct watched *watched, bool from_client, const uint8_t *payload,
                                            size_t length) {
    static const struct {
        bool from_client;
        const struct message_type *type;
    } handshake[] = {
        {false, &password_kex_server_public_key},   {true, &password_kex_first_client_packet},
        {true, &password_kex_second_client_packet}, {false, &password_kex_server_packet_message},
        {true, &password_kex_client_half},          {false, &password_kex_server_half},
    };
    (void)payload;
    (void)length;
    if (watched->stage == sizeof handshake / sizeof handshake[0]) {
        return &password_kex_message;
    }
    return handshake[watched->stage].from_client == from_client ? handshake[watched->stage++].type : NULL;
}

const struct protocol password_kex_protocol = {
    .name = "password-kex",
    .about = "README 000, a key exchange proved by a password",
    .port = PASSWORD_KEX_PORT,
    .ports = 1,
    .server = "server",
    .recognise = recognise,
};
