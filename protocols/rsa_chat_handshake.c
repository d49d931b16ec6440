// rsa-chat's handshake: a side's keys, and messages 1 to 3, in which RSA carries the session. Before:
// protocols/rsa_chat.c, which has the drawing of it; ciphers/public/rsa.c. After: protocols/rsa_chat_talk.c.
//
// Message 2 is the one to read closely. What RSA encrypts is a number m below the client's n, made of 74 bytes:
//
//    0         8   9                      41  42                     74
//    | session | : | MD5(session) in hex   | : | MD5(server PEM) in hex |        0 <= m < 2^592
//
// "Textbook" says that m is raised to e and that is all: no random padding. So the same m under the same key is the
// same c every time, c can be multiplied by any s^e to make a valid ciphertext of s*m, and a short m can be searched.
// What a padding does about each is in ciphers/public/rsa_oaep.c.
//
// Pitfalls
// - A number has no leading zeros, a session may have: turning m back into bytes needs the length as well (I2OSP), and
//   who forgets it loses one session of 256.
// - The public key comes from a stranger. e = 1 would send m in clear, an even n makes the arithmetic fail, and a
//   modulus of a million bits keeps the machine busy: rsa_key_read checks the first two, the limits of length are here.
// - "MD5 wrong", "separator missing" and "too large" must look the same from outside: told apart, they are an oracle
//   for m.
// - The session is compared in constant time: the place of the first difference would give it away byte by byte.

#include "protocols/rsa_chat_parts.h"

#include "protocols/rsa_key_file.h"

#include "bignum/encoding.h"
#include "ciphers/hash/md5.h"

#include <stdio.h>
#include <string.h>

// --- a side's keys ---------------------------------------------------------------------------------------------

void rsa_chat_identity_init(struct rsa_chat_identity *identity) {
    memset(identity, 0, sizeof *identity);
    rsa_private_key_init(&identity->key);
}

void rsa_chat_identity_clear(struct rsa_chat_identity *identity) {
    rsa_private_key_clear(&identity->key);
    secure_wipe(identity, sizeof *identity);
}

bool rsa_chat_identity_make(struct rsa_chat_identity *identity) {
    mpz_t e;
    mpz_init_set_ui(e, RSA_CHAT_EXPONENT);
    bool made = rsa_generate(&identity->key, RSA_CHAT_KEY_BITS, e, NULL);
    mpz_clear(e);
    return made && rsa_chat_identity_from_key(identity);
}

bool rsa_chat_identity_from_key(struct rsa_chat_identity *identity) {
    return rsa_public_key_write_pem(identity->public_pem, sizeof identity->public_pem,
                                    &identity->public_pem_length, &identity->key.public,
                                    RSA_KEY_SPKI) == KEY_FILE_OK;
}

// --- tools -----------------------------------------------------------------------------------------------------

static void md5(uint8_t digest[static MD5_DIGEST_SIZE], const void *in, size_t length) {
    struct md5_context context;
    md5_init(&context);
    md5_update(&context, in, length);
    md5_final(&context, digest);
}

static const uint8_t *field_at(const struct message *message, size_t field) {
    return message->bytes + message->fields[field].offset;
}

// True when the field, in hex, is MD5 of `in`.
static bool is_md5_of(const struct message *message, size_t field, const void *in, size_t length) {
    uint8_t told[MD5_DIGEST_SIZE], computed[MD5_DIGEST_SIZE];
    size_t told_length = 0;
    md5(computed, in, length);
    return message_bytes(message, field, told, sizeof told, &told_length) && told_length == sizeof computed &&
           secure_equal(told, computed, sizeof computed);
}

// The peer's public key from its PEM text. False after failing.
static bool take_key(struct rsa_chat *chat, const uint8_t *pem, size_t length) {
    static const char begin[] = "-----BEGIN ";
    struct rsa_private_key key; // only the public half is used
    enum rsa_key_form form;
    struct parse_error where;
    char why[STREAM_FAILURE_SIZE / 2] = "";
    rsa_private_key_init(&key);
    if (length < sizeof begin - 1 || memcmp(pem, begin, sizeof begin - 1) != 0) {
        (void)snprintf(why, sizeof why, "the key is no PEM text");
    } else if (rsa_key_read(&key, &form, pem, length, &where) != KEY_FILE_OK) {
        (void)snprintf(why, sizeof why, "the key cannot be used: %.*s", (int)sizeof why - 32, where.reason);
    } else if (rsa_key_form_is_private(form)) {
        (void)snprintf(why, sizeof why, "that is a private key: nobody should ever send one");
    } else if (mpz_sizeinbase(key.public.n, 2) > RSA_CHAT_PEER_BITS_MAX) {
        (void)snprintf(why, sizeof why, "the modulus has %zu bits, and %d are the most",
                       mpz_sizeinbase(key.public.n, 2), RSA_CHAT_PEER_BITS_MAX);
    } else {
        mpz_set(chat->peer_key.n, key.public.n);
        mpz_set(chat->peer_key.e, key.public.e);
    }
    rsa_private_key_clear(&key);
    if (why[0] != '\0') {
        rsa_chat_fail_at_message(chat, RSA_CHAT_BAD_KEY, why);
        return false;
    }
    return true;
}

// c = m^e mod n under the peer's key, as many bytes as n has.
struct sealed {
    uint8_t c[RSA_CHAT_PEER_BITS_MAX / 8];
    size_t length;
};
static bool seal(const struct rsa_chat *chat, struct sealed *sealed, const uint8_t *plaintext,
                 size_t length) {
    mpz_t m, c;
    mpz_inits(m, c, NULL);
    bn_os2ip(m, plaintext, length);
    sealed->length = rsa_size(&chat->peer_key);
    bool ok = sealed->length <= sizeof sealed->c && rsa_public_operation(&chat->peer_key, c, m) &&
              bn_i2osp(sealed->c, sealed->length, c);
    bn_wipe_clears(m, c, NULL);
    return ok;
}

// m = c^d mod n under this side's key, as exactly `length` bytes. False when c is not below n or not as long as it, or
// when m needs more bytes: c was made for another key, or changed.
static bool open_sealed(const struct rsa_chat *chat, uint8_t *plaintext, size_t length, const uint8_t *in,
                        size_t in_length) {
    if (in_length != rsa_size(&chat->identity->key.public)) {
        return false;
    }
    mpz_t m, c;
    mpz_inits(m, c, NULL);
    bn_os2ip(c, in, in_length);
    bool ok = rsa_private_operation(&chat->identity->key, m, c) && bn_i2osp(plaintext, length, m);
    bn_wipe_clears(m, c, NULL);
    return ok;
}

// --- the server: messages 1 and 3 ------------------------------------------------------------------------------

static bool send_session_key(struct rsa_chat *chat) {
    uint8_t digests[2][MD5_DIGEST_SIZE], m[RSA_CHAT_SECRET_SIZE];
    const struct rsa_chat_identity *identity = chat->identity;
    md5(digests[0], chat->session, sizeof chat->session);
    md5(digests[1], identity->public_pem, identity->public_pem_length);
    const struct field_value parts[] = {
        {.bytes = chat->session, .length = sizeof chat->session}, {0},
        {.bytes = digests[0], .length = sizeof digests[0]},       {0},
        {.bytes = digests[1], .length = sizeof digests[1]},
    };
    struct message secret;
    struct sealed sealed;
    if (message_build(&secret, m, sizeof m, &rsa_chat_secret, parts) != MESSAGE_OK ||
        !seal(chat, &sealed, m, secret.length)) {
        return false;
    }
    struct narration narration = {0};
    tell_bytes(&narration, "session",
               "8 random bytes, drawn when the server started: every client gets the same", chat->session,
               sizeof chat->session);
    tell_bytes(&narration, "m", "session \":\" MD5(session) \":\" MD5(server PEM)", m, secret.length);
    tell_integer(&narration, "n", "the client's modulus", chat->peer_key.n);
    tell_integer(&narration, "e", "the client's exponent", chat->peer_key.e);
    tell_bytes(&narration, "c", "m^e mod n", sealed.c, sealed.length);
    const struct field_value values[] = {
        {.bytes = sealed.c, .length = sealed.length},
        {.bytes = (const uint8_t *)identity->public_pem, .length = identity->public_pem_length},
    };
    bool sent = stream_send(&chat->stream, &rsa_chat_session_key, values, &narration);
    secure_wipe(m, sizeof m);
    return sent;
}

void rsa_chat_take_public_key(struct rsa_chat *chat, const struct message *message) {
    const uint8_t *pem = field_at(message, 0);
    size_t length = message->fields[0].length;
    if (!is_md5_of(message, 1, pem, length)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_KEY_HASH, NULL);
        return;
    }
    if (!take_key(chat, pem, length)) {
        return;
    }
    size_t bits = mpz_sizeinbase(chat->peer_key.n, 2);
    if (bits <= 8 * (size_t)RSA_CHAT_SECRET_SIZE) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_KEY_TOO_SMALL, NULL);
        return;
    }
    struct narration narration = {0};
    tell_integer(&narration, "n", "the client's modulus, as the PEM has it", chat->peer_key.n);
    tell_integer(&narration, "e", "the client's public exponent", chat->peer_key.e);
    stream_explain(
        &chat->stream, message, &narration,
        "MD5(PEM) is the hash beside it; n is odd and of 593 to 4096 bits, e is odd and 1 < e < n");
    chat->state = RSA_CHAT_AWAIT_SESSION_BACK;
    if (!send_session_key(chat)) {
        rsa_chat_fail_because(chat, RSA_CHAT_NO_RANDOM, "the session key could not be sent");
    }
}

void rsa_chat_take_session_back(struct rsa_chat *chat, const struct message *message) {
    uint8_t returned[RSA_CHAT_SESSION_SIZE];
    if (!open_sealed(chat, returned, sizeof returned, field_at(message, 0), message->fields[0].length)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_UNDECIPHERABLE, NULL);
        return;
    }
    if (!secure_equal(returned, chat->session, sizeof returned)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_WRONG_SESSION, NULL);
        secure_wipe(returned, sizeof returned);
        return;
    }
    struct narration narration = {0};
    tell_bytes(&narration, "m", "c^d mod n with the server's private key (RFC 8017, 5.1.2)", returned,
               sizeof returned);
    stream_explain(&chat->stream, message, &narration, "m is the server's session");
    rsa_chat_start_aes(chat);
    chat->state = RSA_CHAT_AWAIT_NAME;
    if (!rsa_chat_send_encrypted(chat, &rsa_chat_ready, RSA_CHAT_READY_TEXT,
                                 sizeof RSA_CHAT_READY_TEXT - 1)) {
        rsa_chat_fail_because(chat, RSA_CHAT_NO_RANDOM, "`Ready` could not be sent");
    }
}

// --- the client: messages 1 and 2 ------------------------------------------------------------------------------

bool rsa_chat_send_public_key(struct rsa_chat *chat) {
    const struct rsa_chat_identity *identity = chat->identity;
    uint8_t digest[MD5_DIGEST_SIZE];
    md5(digest, identity->public_pem, identity->public_pem_length);
    struct narration narration = {0};
    tell_integer(&narration, "n", "p*q, the modulus", identity->key.public.n);
    tell_integer(&narration, "e", "the public exponent", identity->key.public.e);
    tell_integer(&narration, "d", "the private exponent: e*d = 1 mod lcm(p-1, q-1)", identity->key.d);
    const struct field_value values[] = {
        {.bytes = (const uint8_t *)identity->public_pem, .length = identity->public_pem_length},
        {.bytes = digest, .length = sizeof digest},
    };
    return stream_send(&chat->stream, &rsa_chat_public_key, values, &narration);
}

// The session out of m, with both hashes checked. Fails, or true.
static bool take_secret(struct rsa_chat *chat, const uint8_t m[static RSA_CHAT_SECRET_SIZE],
                        const uint8_t *server_pem, size_t server_pem_length) {
    struct message secret;
    size_t length = 0;
    if (message_parse(&secret, &rsa_chat_secret, m, RSA_CHAT_SECRET_SIZE, NULL) != MESSAGE_OK ||
        !message_bytes(&secret, 0, chat->session, sizeof chat->session, &length)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_UNDECIPHERABLE, NULL);
        return false;
    }
    if (!is_md5_of(&secret, 2, chat->session, sizeof chat->session)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_SESSION_HASH, NULL);
        return false;
    }
    if (!is_md5_of(&secret, 4, server_pem, server_pem_length)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_SERVER_KEY_HASH, NULL);
        return false;
    }
    return true;
}

static bool send_session_back(struct rsa_chat *chat) {
    struct sealed sealed;
    if (!seal(chat, &sealed, chat->session, sizeof chat->session)) {
        return false;
    }
    struct narration narration = {0};
    tell_bytes(&narration, "m", "the session", chat->session, sizeof chat->session);
    tell_integer(&narration, "n", "the server's modulus", chat->peer_key.n);
    tell_integer(&narration, "e", "the server's exponent", chat->peer_key.e);
    const struct field_value value = {.bytes = sealed.c, .length = sealed.length};
    return stream_send(&chat->stream, &rsa_chat_session_back, &value, &narration);
}

void rsa_chat_take_session_key(struct rsa_chat *chat, const struct message *message) {
    uint8_t m[RSA_CHAT_SECRET_SIZE];
    const uint8_t *pem = field_at(message, 1);
    size_t length = message->fields[1].length;
    bool taken = false;
    if (!open_sealed(chat, m, sizeof m, field_at(message, 0), message->fields[0].length)) {
        rsa_chat_fail_at_message(chat, RSA_CHAT_UNDECIPHERABLE, NULL);
    } else {
        taken = take_secret(chat, m, pem, length) && take_key(chat, pem, length);
    }
    if (taken) {
        struct narration narration = {0};
        tell_bytes(&narration, "m", "c^d mod n with the client's private key (RFC 8017, 5.1.2)", m, sizeof m);
        tell_bytes(&narration, "session", "its first 8 bytes", chat->session, sizeof chat->session);
        stream_explain(
            &chat->stream, message, &narration,
            "the form of m; MD5(session); MD5 of the PEM beside c; n is odd and of 512 to 4096 bits, "
            "e is odd and 1 < e < n");
        chat->state = RSA_CHAT_AWAIT_READY;
        rsa_chat_start_aes(chat);
        if (!send_session_back(chat)) {
            rsa_chat_fail_because(chat, RSA_CHAT_NO_RANDOM, "the session could not be sent back");
        }
    }
    secure_wipe(m, sizeof m);
}
