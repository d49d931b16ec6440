// What the tests of password-kex share: users, keys made once, and both ends of a conversation in memory.
#ifndef TESTS_PASSWORD_KEX_SUPPORT_H
#define TESTS_PASSWORD_KEX_SUPPORT_H

#include "tests/support.h"

#include "protocols/password_kex_session.h"

#include <stdio.h>
#include <string.h>

// --- users and keys ----------------------------------------------------------------------------------------

// "ann" has a password; "old" one hashed by another function; everybody else is unknown.
static const char password[] = "correct horse";
static unsigned looked_up;
static inline bool find_user(void *context, const char *username, uint8_t *out, size_t size) {
    (void)context;
    looked_up++;
    if (strcmp(username, "ann") != 0) {
        memset(out, 0xee, size);
        return false;
    }
    hash_digest(hash_find(size == 64 ? "sha512" : "sha256"), out, password, strlen(password));
    return true;
}
static const struct password_kex_store store = {.find = find_user};

// Keys are made once, for speed, and handed out as copies.
enum { KEYS = 3 };
static struct rsa_private_key made[KEYS];
static inline struct rsa_private_key copy_of(const struct rsa_private_key *key) {
    struct rsa_private_key copy;
    rsa_private_key_init(&copy);
    mpz_set(copy.public.n, key->public.n);
    mpz_set(copy.public.e, key->public.e);
    mpz_set(copy.d, key->d);
    mpz_set(copy.p, key->p);
    mpz_set(copy.q, key->q);
    mpz_set(copy.dP, key->dP);
    mpz_set(copy.dQ, key->dQ);
    mpz_set(copy.qInv, key->qInv);
    return copy;
}
static inline void take(struct password_kex *kex, int which) {
    struct rsa_private_key key = copy_of(&made[which]);
    assert_int_equal(password_kex_take_private_key(kex, &key), PASSWORD_KEX_OK);
    assert_int_equal(mpz_sgn(key.d), 0); // moved: it cannot serve twice
    rsa_private_key_clear(&key);
}

static inline int make_keys(void **state) {
    (void)state;
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    bool whole = true;
    for (int i = 0; i < KEYS; i++) {
        rsa_private_key_init(&made[i]);
        whole = whole && rsa_generate(&made[i], PASSWORD_KEX_BITS, e, NULL);
    }
    mpz_clear(e);
    return whole ? 0 : -1;
}
static inline int clear_keys(void **state) {
    (void)state;
    for (int i = 0; i < KEYS; i++) {
        rsa_private_key_clear(&made[i]);
    }
    return 0;
}

// --- both ends in memory -----------------------------------------------------------------------------------

static struct password_kex_session s, c;

static inline void stop(void) {
    password_kex_session_clear(&s);
    password_kex_session_clear(&c);
    password_kex_session_init(&s);
    password_kex_session_init(&c);
}

static inline void start_as(const char *name, const char *word, const char *server_hash,
                            const char *client_hash, struct explain_sink *explain) {
    stop();
    struct rsa_private_key server_key = copy_of(&made[0]), client_key = copy_of(&made[1]);
    struct password_kex_options options = {
        .hash = hash_find(server_hash), .explain = explain, .made = &server_key, .store = &store};
    assert_int_equal(password_kex_start(&s, PASSWORD_KEX_SERVER, &options), PASSWORD_KEX_OK);
    options = (struct password_kex_options){.hash = hash_find(client_hash),
                                            .explain = explain,
                                            .made = &client_key,
                                            .username = name,
                                            .password = word,
                                            .password_length = strlen(word)};
    assert_int_equal(password_kex_start(&c, PASSWORD_KEX_CLIENT, &options), PASSWORD_KEX_OK);
    rsa_private_key_clear(&server_key);
    rsa_private_key_clear(&client_key);
}
static inline void start(void) {
    start_as("ann", password, "sha512", "sha512", NULL);
}

// Everything `from` has to send goes to `to`, in pieces of at most `piece` bytes; the last event that was one.
static inline struct party_event carry_in_pieces(struct password_kex_session *from,
                                                 struct password_kex_session *to, size_t piece) {
    struct party_event last = {.kind = PARTY_NOTHING}, event;
    size_t length;
    const uint8_t *bytes = stream_output(&from->stream, &length);
    while (length > 0) {
        size_t part = length < piece ? length : piece;
        size_t used = password_kex_receive(to, &event, bytes, part);
        assert_true(used > 0 && used <= part);
        stream_sent(&from->stream, used);
        if (event.kind != PARTY_NOTHING) {
            last = event;
        }
        bytes = stream_output(&from->stream, &length);
    }
    return last;
}
static inline struct party_event carry(struct password_kex_session *from, struct password_kex_session *to) {
    return carry_in_pieces(from, to, SIZE_MAX);
}

static inline void assert_forgotten(const struct password_kex_session *session) {
    uint8_t zero[PASSWORD_KEX_PASSWORD_MAX] = {0};
    assert_int_equal(session->kex.key_state, PASSWORD_KEX_KEY_SPENT);
    assert_int_equal(mpz_sgn(session->kex.private_key.d), 0);
    assert_int_equal(mpz_sgn(session->private_half), 0);
    assert_memory_equal(session->password, zero, sizeof session->password);
    assert_memory_equal(&session->channel, zero, sizeof session->channel);
}

// The end failed for this reason, says so in a line, and has a refusal for its peer that does not contain the details.
static inline void assert_failed(struct password_kex_session *session, enum password_kex_reason reason,
                                 const char *here, const char *to_peer) {
    if (session->reason != reason || strstr(session->stream.failure, here) == NULL) {
        print_error("reason %d: %s\n", (int)session->reason, session->stream.failure);
    }
    assert_int_equal(session->state, PASSWORD_KEX_OVER);
    assert_int_equal(session->reason, reason);
    assert_non_null(strstr(session->stream.failure, here));
    assert_forgotten(session);
    size_t length;
    const uint8_t *bytes = stream_output(&session->stream, &length);
    if (to_peer == NULL) {
        assert_int_equal(length, 0);
        return;
    }
    char refusal[200];
    int count = snprintf(refusal, sizeof refusal, "Refused: %s", to_peer);
    assert_true(length >= FRAME_HEADER_SIZE + (size_t)count);
    assert_memory_equal(bytes + length - count, refusal, (size_t)count);
    assert_int_equal(bytes[length - (size_t)count - 1], count);
    struct party_event event;
    assert_int_equal(password_kex_receive(session, &event, (const uint8_t *)"more", 4), 4);
    assert_int_equal(event.kind, PARTY_NOTHING);
}
// Sends a payload in a frame.
static inline struct party_event send_payload(struct password_kex_session *to, const void *payload,
                                              size_t length) {
    static uint8_t frame[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
    struct party_event event;
    frame_write_header(frame, length);
    memcpy(frame + FRAME_HEADER_SIZE, payload, length);
    size_t used = password_kex_receive(to, &event, frame, FRAME_HEADER_SIZE + length);
    assert_int_equal(used, FRAME_HEADER_SIZE + length);
    return event;
}

#endif
