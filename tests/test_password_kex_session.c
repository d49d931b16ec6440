// protocols/password_kex_session.c and its parts: both ends in memory, and every refusal.
#include "tests/password_kex_support.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "ciphers/public/rsa_oaep.h"

// --- the normal run ----------------------------------------------------------------------------------------
static void assert_text(const struct party_event *event, enum party_event_kind kind, const char *expected) {
    assert_int_equal(event->kind, kind);
    assert_int_equal(event->length, strlen(expected));
    assert_memory_equal(event->text, expected, event->length);
}

static void converse(size_t piece) {
    struct party_event event = carry_in_pieces(&s, &c, piece); // 1
    assert_int_equal(event.kind, PARTY_NOTHING);
    event = carry_in_pieces(&c, &s, piece); // 2, 3
    assert_text(&event, PARTY_NOTICE, "ann has proved the password");
    assert_string_equal(s.username, "ann");
    event = carry_in_pieces(&s, &c, piece); // 4
    assert_text(&event, PARTY_NOTICE, "The server has proved that it knows the password.");
    event = carry_in_pieces(&c, &s, piece); // 5
    assert_text(&event, PARTY_ESTABLISHED, "session keys agreed with ann");
    assert_int_equal(password_kex_say(&s, "x", 1), PASSWORD_KEX_NOT_NOW); // the client speaks first
    assert_int_equal(password_kex_say(&c, "x", 1), PASSWORD_KEX_NOT_NOW); // not yet
    event = carry_in_pieces(&s, &c, piece);                               // 6
    assert_text(&event, PARTY_ESTABLISHED, "Session keys are agreed. Say one line; the server answers it.");
    assert_memory_equal(&s.channel, &c.channel, sizeof s.channel);
    assert_int_equal(password_kex_say(&c, "Hello", 5), PASSWORD_KEX_OK);
    assert_int_equal(password_kex_say(&c, "x", 1), PASSWORD_KEX_NOT_NOW); // one each
    event = carry_in_pieces(&c, &s, piece);                               // 7
    assert_text(&event, PARTY_MESSAGE, "Hello");
    assert_int_equal(password_kex_say(&s, "Welcome", 7), PASSWORD_KEX_OK);
    assert_int_equal(s.state, PASSWORD_KEX_OVER);
    event = carry_in_pieces(&s, &c, piece); // 8
    assert_text(&event, PARTY_MESSAGE, "Welcome");
    assert_int_equal(password_kex_receive(&c, &event, NULL, 0), 0);
    assert_int_equal(event.kind, PARTY_ENDED);
    assert_int_equal(c.state, PASSWORD_KEX_OVER);
    assert_int_equal(c.stream.number, 8);
    assert_int_equal(s.stream.number, 8);
    assert_int_equal(s.reason, PASSWORD_KEX_OK);
    assert_int_equal(c.reason, PASSWORD_KEX_OK);
    assert_forgotten(&s);
    assert_forgotten(&c);
    password_kex_client_party.end(&c, &event, PARTY_PEER_CLOSED);
    assert_int_equal(event.kind, PARTY_NOTHING);
    assert_null(password_kex_client_party.failure(&c));
}

static void a_whole_run(void **state) {
    (void)state;
    static const char *const hashes[] = {"sha512", "sha256"};
    assert_in_range(sizeof(struct password_kex_session), 445 * 1024, 455 * 1024); // "about 450 KiB"
    for (size_t i = 0; i < 2; i++) {
        start_as("ann", password, hashes[i], hashes[i], NULL);
        converse(SIZE_MAX);
    }
    static const size_t pieces[] = {1, 3, 255, 257};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        start();
        converse(pieces[i]);
    }
    // With keys made on the spot.
    stop();
    struct password_kex_options options = {.hash = hash_find("sha512"), .store = &store};
    assert_int_equal(password_kex_start(&s, PASSWORD_KEX_SERVER, &options), PASSWORD_KEX_OK);
    options.username = "ann";
    options.password = password;
    options.password_length = strlen(password);
    assert_int_equal(password_kex_start(&c, PASSWORD_KEX_CLIENT, &options), PASSWORD_KEX_OK);
    converse(SIZE_MAX);
}

// The sizes on the wire, and that no secret is in any of it.
struct told {
    struct explain_sink sink;
    unsigned sent, received;
    char names[400];
};
static void watch(struct explain_sink *sink, const struct explanation *explanation) {
    struct told *told = (struct told *)sink;
    if (explanation->sent) {
        told->sent++;
        size_t have = strlen(told->names);
        (void)snprintf(told->names + have, sizeof told->names - have, "%u %s>%s %s %zu|", explanation->number,
                       explanation->sender, explanation->receiver, explanation->message->type->name,
                       explanation->message->length);
    } else {
        told->received++;
        assert_non_null(explanation->checked);
    }
}
static void every_message_is_explained(void **state) {
    (void)state;
    static const char *const expected[] = {
        "1 server>client server_public_key 270|2 client>server first_client_packet 263|"
        "3 client>server second_client_packet 768|4 server>client server_packet 256|"
        "5 client>server client_half 768|6 server>client server_half 768|"
        "7 client>server message 45|8 server>client message 47|",
        "1 server>client server_public_key 270|2 client>server first_client_packet 263|"
        "3 client>server second_client_packet 512|4 server>client server_packet 256|"
        "5 client>server client_half 512|6 server>client server_half 512|"
        "7 client>server message 45|8 server>client message 47|"};
    for (size_t i = 0; i < 2; i++) {
        struct told told = {.sink.explain = watch};
        start_as("ann", password, i == 0 ? "sha512" : "sha256", i == 0 ? "sha512" : "sha256", &told.sink);
        converse(SIZE_MAX);
        assert_int_equal(told.sent, 8);
        assert_int_equal(told.received, 8);
        assert_string_equal(told.names, expected[i]);
    }
}

static void texts_of_every_size(void **state) {
    (void)state;
    static uint8_t long_text[PASSWORD_KEX_TEXT_MAX + 1];
    struct test_random random;
    test_random_seed(&random, 3);
    test_random_bytes(&random, long_text, sizeof long_text);
    static const size_t lengths[] = {0, 1, 16, PASSWORD_KEX_TEXT_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        start();
        for (int j = 0; j < 3; j++) {
            (void)carry(&s, &c);
            (void)carry(&c, &s);
        }
        assert_int_equal(c.state, PASSWORD_KEX_MAY_SPEAK);
        assert_null(password_kex_client_party.may_say(&c, lengths[i]));
        assert_non_null(password_kex_client_party.may_say(&c, PASSWORD_KEX_TEXT_MAX + 1));
        assert_non_null(password_kex_server_party.may_say(&s, 1));
        assert_int_equal(password_kex_client_party.text_max(&c), PASSWORD_KEX_TEXT_MAX);
        assert_int_equal(password_kex_say(&c, long_text, PASSWORD_KEX_TEXT_MAX + 1),
                         PASSWORD_KEX_TEXT_TOO_LONG);
        assert_int_equal(password_kex_say(&c, long_text, lengths[i]), PASSWORD_KEX_OK);
        struct party_event event = carry(&c, &s);
        assert_int_equal(event.kind, PARTY_MESSAGE);
        assert_int_equal(event.length, lengths[i]);
        assert_memory_equal(event.text, long_text, event.length);
    }
}

// --- refusals ----------------------------------------------------------------------------------------------

static uint8_t packet[PASSWORD_KEX_PACKET_SIZE], blocks[PASSWORD_KEX_MESSAGE_MAX];
static size_t blocks_length;

#define FIRST "message 2 (first_client_packet) from the client: "

static void wrong_passwords_and_unknown_users_look_alike(void **state) {
    (void)state;
    static const struct {
        const char *name, *word, *server_hash, *client_hash;
        enum password_kex_reason reason;
        const char *here;
    } cases[] = {
        {"ann", "wrong", "sha512", "sha512", PASSWORD_KEX_WRONG_PASSWORD, FIRST "wrong password"},
        {"bob", password, "sha512", "sha512", PASSWORD_KEX_UNKNOWN_USER, FIRST "no such user"},
        {"Ann", password, "sha512", "sha512", PASSWORD_KEX_UNKNOWN_USER, FIRST "no such user"},
        {"ann", password, "sha512", "sha256", PASSWORD_KEX_UNDECRYPTABLE, FIRST "it does not decrypt"},
        {"ann", password, "sha256", "sha512", PASSWORD_KEX_UNDECRYPTABLE, FIRST "it does not decrypt"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start_as(cases[i].name, cases[i].word, cases[i].server_hash, cases[i].client_hash, NULL);
        looked_up = 0;
        (void)carry(&s, &c);
        assert_int_equal(carry(&c, &s).kind, PARTY_FAILED);
        assert_int_equal(looked_up, 1);
        assert_failed(&s, cases[i].reason, cases[i].here, "authentication failed");
        assert_string_equal(password_kex_server_party.failure(&s), s.stream.failure);
        // The client hears the same every time.
        assert_int_equal(carry(&s, &c).kind, PARTY_FAILED);
        assert_failed(&c, PASSWORD_KEX_REFUSED_BY_PEER,
                      "the server refused: authentication failed (this end was waiting for message 4", NULL);
    }
    // The client's own start.
    stop();
    struct password_kex_options options = {
        .hash = hash_find("sha512"), .username = "../ann", .password = "x", .password_length = 1};
    assert_int_equal(password_kex_start(&c, PASSWORD_KEX_CLIENT, &options), PASSWORD_KEX_BAD_NAME);
    options.username = "ann";
    options.password_length = PASSWORD_KEX_PASSWORD_MAX + 1;
    assert_int_equal(password_kex_start(&c, PASSWORD_KEX_CLIENT, &options), PASSWORD_KEX_TOO_LONG);
}

// A name as no client of ours sends it.
static void bad_names_from_the_wire(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t length;
        enum password_kex_reason reason;
    } names[] = {
        {"../ann", 6, PASSWORD_KEX_BAD_NAME},
        {"..", 2, PASSWORD_KEX_BAD_NAME},
        {"ann\0", 4, PASSWORD_KEX_BAD_NAME},
        {"\0ann", 4, PASSWORD_KEX_BAD_NAME},
        {"a/b", 3, PASSWORD_KEX_BAD_NAME},
        {"", 0, PASSWORD_KEX_MALFORMED},
        {"0123456789012345678901234567890123456789012345678901234567890123x", 65, PASSWORD_KEX_MALFORMED},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        start();
        assert_int_equal(password_kex_client_packet(&s.kex, packet, password, strlen(password),
                                                    s.kex.public_key, s.kex.public_key_length),
                         PASSWORD_KEX_OK);
        uint8_t payload[400] = {0, 0, 0, (uint8_t)names[i].length};
        memcpy(payload + 4, names[i].name, names[i].length);
        memcpy(payload + 4 + names[i].length, packet, sizeof packet);
        looked_up = 0;
        assert_int_equal(send_payload(&s, payload, 4 + names[i].length + sizeof packet).kind, PARTY_FAILED);
        assert_int_equal(looked_up, 0);
        assert_failed(&s, names[i].reason, "message 2 (first_client_packet)",
                      names[i].reason == PASSWORD_KEX_BAD_NAME ? "authentication failed"
                                                               : "that is not the message that belongs here");
        assert_string_equal(s.username, "");
    }
}

// One who sits between the two replaces a key.
static void replaced_keys(void **state) {
    (void)state;
    struct password_kex middle;
    // Message 1: the client's proof is then for the other key. The one in the middle decrypts it and passes it on, encrypted
    // to the server's: refused.
    start();
    password_kex_init(&middle, hash_find("sha512"));
    take(&middle, 2);
    assert_int_equal(send_payload(&c, middle.public_key, middle.public_key_length).kind, PARTY_NOTHING);
    size_t length;
    const uint8_t *frame = stream_output(&c.stream, &length); // 4 + 4 + 3 + 256, and message 3
    const struct rsa_oaep oaep = {.hash = hash_find("sha512")};
    uint8_t proof[256], payload[7 + 256] = {0, 0, 0, 3, 'a', 'n', 'n'};
    size_t proof_length;
    assert_true(rsa_oaep_decrypt(&middle.private_key, proof, &proof_length, &oaep, frame + 11, 256));
    assert_int_equal(proof_length, 64);
    assert_true(rsa_oaep_encrypt(&s.kex.private_key.public, payload + 7, &oaep, proof, proof_length));
    assert_int_equal(send_payload(&s, payload, sizeof payload).kind, PARTY_FAILED);
    assert_failed(&s, PASSWORD_KEX_WRONG_PASSWORD, "or a proof for another server key",
                  "authentication failed");

    // Message 3: the server takes the other key for the user's. The user's own client notices, at message 4; the one in the
    // middle is let in. This is what the README did not see.
    start();
    (void)carry(&s, &c);
    frame = stream_output(&c.stream, &length);
    struct party_event event;
    assert_int_equal(password_kex_receive(&s, &event, frame, length), 4 + 7 + 256);
    assert_int_equal(event.kind, PARTY_NOTICE);
    assert_int_equal(password_kex_encrypt_message(&middle, blocks, &blocks_length, middle.public_key,
                                                  middle.public_key_length, s.kex.public_key,
                                                  s.kex.public_key_length),
                     PASSWORD_KEX_OK);
    assert_int_equal(send_payload(&s, blocks, blocks_length).kind, PARTY_NOTHING);
    assert_int_equal(s.state, PASSWORD_KEX_AWAIT_CLIENT_HALF);
    assert_int_equal(s.peer_key_length, middle.public_key_length);
    assert_memory_equal(s.peer_key, middle.public_key, s.peer_key_length);
    assert_int_equal(carry(&s, &c).kind, PARTY_FAILED);
    assert_failed(&c, PASSWORD_KEX_UNDECRYPTABLE, "message 4 (server_packet) from the server",
                  "authentication failed");
    password_kex_clear(&middle);
}

// A rogue server without the password: it offers the key of one session's client as its own in another session, and the proof
// that it gets there is the one that the first client waits for.
static void a_reflected_proof(void **state) {
    (void)state;
    static struct password_kex_session other;
    struct password_kex rogue;
    password_kex_init(&rogue, hash_find("sha512"));
    take(&rogue, 2);
    password_kex_session_init(&other);
    struct rsa_private_key key = copy_of(&made[0]);
    const struct password_kex_options options = {.hash = hash_find("sha512"),
                                                 .made = &key,
                                                 .username = "ann",
                                                 .password = password,
                                                 .password_length = strlen(password)};
    assert_int_equal(password_kex_start(&other, PASSWORD_KEX_CLIENT, &options), PASSWORD_KEX_OK);
    rsa_private_key_clear(&key);
    start();
    assert_int_equal(send_payload(&c, rogue.public_key, rogue.public_key_length).kind, PARTY_NOTHING);
    size_t length, key_length = 0;
    const uint8_t *frame = stream_output(&c.stream, &length);
    uint8_t client_key[PASSWORD_KEX_MESSAGE_MAX] = {0};
    const struct rsa_oaep oaep = {.hash = hash_find("sha512")};
    for (size_t at = 4 + 7 + 256 + 4; at < length; at += 256) {
        size_t part;
        assert_true(
            rsa_oaep_decrypt(&rogue.private_key, client_key + key_length, &part, &oaep, frame + at, 256));
        key_length += part;
    }
    assert_int_equal(send_payload(&other, client_key, key_length).kind, PARTY_NOTHING);
    frame = stream_output(&other.stream, &length);
    struct party_event event = send_payload(&c, frame + 4 + 7, 256);
    assert_int_equal(event.kind, PARTY_NOTICE); // taken for the server
    assert_int_equal(c.state, PASSWORD_KEX_AWAIT_SERVER_HALF);
    password_kex_session_clear(&other);
    password_kex_clear(&rogue);
}

// Who has the stored bytes needs no password.
static void a_stolen_file_is_a_login(void **state) {
    (void)state;
    uint8_t stolen[64], proof[64], payload[7 + 256] = {0, 0, 0, 3, 'a', 'n', 'n'};
    start();
    assert_true(find_user(NULL, "ann", stolen, sizeof stolen));
    password_kex_proof(s.kex.hash, proof, stolen, s.kex.public_key, s.kex.public_key_length);
    const struct rsa_oaep oaep = {.hash = hash_find("sha512")};
    assert_true(rsa_oaep_encrypt(&s.kex.private_key.public, payload + 7, &oaep, proof, sizeof proof));
    assert_int_equal(send_payload(&s, payload, sizeof payload).kind, PARTY_NOTICE);
    assert_string_equal(s.username, "ann");
}

// Message 1 is no key: nothing is told about it as if it were, and no packet is made.
static void a_first_message_without_a_key(void **state) {
    (void)state;
    uint8_t key[PASSWORD_KEX_KEY_MAX + 1] = {0};
    for (int i = 0; i < 2; i++) {
        struct told told = {.sink.explain = watch};
        start_as("ann", password, "sha512", "sha512", &told.sink);
        told.received = told.sent = 0;
        memcpy(key, s.kex.public_key, s.kex.public_key_length);
        size_t length = i == 0 ? s.kex.public_key_length + 1 : sizeof key;
        assert_int_equal(send_payload(&c, key, length).kind, PARTY_FAILED);
        assert_int_equal(c.reason, i == 0 ? PASSWORD_KEX_BAD_KEY : PASSWORD_KEX_MALFORMED);
        assert_int_equal(told.received, 0);
        assert_int_equal(told.sent, 1); // the refusal
    }
}

// Message 3 decrypts, and is no key.
static void a_second_packet_without_a_key(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        start();
        (void)carry(&s, &c);
        size_t length;
        const uint8_t *frame = stream_output(&c.stream, &length);
        struct party_event event;
        assert_int_equal(password_kex_receive(&s, &event, frame, length), 4 + 7 + 256);
        uint8_t key[1000] = {0};
        memcpy(key, c.kex.public_key, c.kex.public_key_length);
        key[0] ^= i == 1;
        size_t key_length = i == 0   ? 0
                            : i == 1 ? c.kex.public_key_length
                            : i == 2 ? c.kex.public_key_length - 1
                                     : sizeof key;
        assert_int_equal(password_kex_encrypt_message(&c.kex, blocks, &blocks_length, key, key_length,
                                                      s.kex.public_key, s.kex.public_key_length),
                         PASSWORD_KEX_OK);
        assert_int_equal(send_payload(&s, blocks, blocks_length).kind, PARTY_FAILED);
        assert_failed(&s, PASSWORD_KEX_BAD_KEY, "message 3 (second_client_packet)", "authentication failed");
    }
}

static void run_to_the_halves(void) {
    start();
    (void)carry(&s, &c);
    (void)carry(&c, &s);
    (void)carry(&s, &c);
    assert_int_equal(s.state, PASSWORD_KEX_AWAIT_CLIENT_HALF);
    assert_int_equal(c.state, PASSWORD_KEX_AWAIT_SERVER_HALF);
}

static void bad_halves(void **state) {
    (void)state;
    mpz_t y;
    mpz_init(y);
    for (int i = 0; i < 8; i++) {
        run_to_the_halves();
        const mpz_t *p = (const mpz_t *)&c.group.p;
        uint8_t half[PASSWORD_KEX_HALF_SIZE + 1] = {0};
        size_t length = PASSWORD_KEX_HALF_SIZE;
        switch (i) {
        case 0:
        case 1:
            mpz_set_ui(y, (unsigned long)i); // 0, 1
            break;
        case 2:
            mpz_sub_ui(y, *p, 1);
            break;
        case 3:
            mpz_set(y, *p);
            break;
        case 4:
            mpz_sub_ui(y, *p, 4); // no square: outside the subgroup
            break;
        case 5:
            mpz_set(y, c.public_half);
            length--; // a byte short
            break;
        case 6:
            mpz_set(y, c.public_half);
            length++; // one too many
            break;
        default:
            mpz_set(y, c.public_half);
            length = 0;
            break;
        }
        if (i < 5) {
            assert_true(bn_i2osp(half, length, y));
        } else {
            assert_true(bn_i2osp(half, PASSWORD_KEX_HALF_SIZE, y));
        }
        struct password_kex_session *to = i % 2 == 0 ? &s : &c;
        const struct password_kex_session *from = to == &s ? &c : &s;
        assert_int_equal(password_kex_encrypt_message(&from->kex, blocks, &blocks_length, half, length,
                                                      to->kex.public_key, to->kex.public_key_length),
                         PASSWORD_KEX_OK);
        assert_int_equal(send_payload(to, blocks, blocks_length).kind, PARTY_FAILED);
        assert_failed(to, PASSWORD_KEX_BAD_PUBLIC_VALUE, to == &s ? "message 5 (client_half)" : "message 6",
                      "authentication failed");
    }
    mpz_clear(y);
}

static void run_to_the_messages(void) {
    run_to_the_halves();
    (void)carry(&c, &s);
    (void)carry(&s, &c);
    assert_int_equal(c.state, PASSWORD_KEX_MAY_SPEAK);
    assert_int_equal(s.state, PASSWORD_KEX_AWAIT_MESSAGE);
}

// Z by the definition, from the halves at both ends; the salt has the server's key first.
static void the_session_keys_are_as_documented(void **state) {
    (void)state;
    run_to_the_messages();
    uint8_t z[256];
    mpz_t secret;
    mpz_init(secret);
    mpz_powm(secret, c.public_half, s.private_half, s.group.p);
    assert_true(bn_i2osp(z, sizeof z, secret));
    mpz_clear(secret);
    struct password_kex_channel expected;
    assert_true(password_kex_derive(&expected, z, sizeof z, s.kex.public_key, s.kex.public_key_length,
                                    c.kex.public_key, c.kex.public_key_length));
    assert_memory_equal(&expected, &s.channel, sizeof expected);
    assert_memory_equal(&expected, &c.channel, sizeof expected);
    // The password is not kept longer than it is needed.
    static const uint8_t zeros[PASSWORD_KEX_PASSWORD_MAX];
    assert_memory_equal(c.password, zeros, sizeof zeros);
}

static void forged_and_repeated_messages(void **state) {
    (void)state;
    // A message under the right keys with another number.
    run_to_the_messages();
    c.channel.from_client.next = 1;
    assert_int_equal(password_kex_say(&c, "Hello", 5), PASSWORD_KEX_OK);
    assert_int_equal(carry(&c, &s).kind, PARTY_FAILED);
    assert_failed(&s, PASSWORD_KEX_REPLAYED, "message 7 (message) from the client: an earlier message again",
                  "a message could not be read");
    // The client's own message sent back to it.
    run_to_the_messages();
    assert_int_equal(password_kex_say(&c, "Hello", 5), PASSWORD_KEX_OK);
    size_t length;
    uint8_t frame[100];
    const uint8_t *bytes = stream_output(&c.stream, &length);
    memcpy(frame, bytes, length);
    assert_int_equal(send_payload(&c, frame + 4, length - 4).kind, PARTY_FAILED);
    assert_int_equal(c.reason, PASSWORD_KEX_FORGED);
    // While this end may speak, the other is to listen; a refusal is heard all the same.
    run_to_the_messages();
    assert_int_equal(send_payload(&c, frame + 4, length - 4).kind, PARTY_FAILED);
    assert_failed(&c, PASSWORD_KEX_MALFORMED, "not a message of this protocol",
                  "that is not the message that belongs here");
    run_to_the_messages();
    assert_int_equal(send_payload(&c, "Refused: busy", 13).kind, PARTY_FAILED);
    assert_failed(&c, PASSWORD_KEX_REFUSED_BY_PEER, "the server refused: busy", NULL);
}

static void silence_disconnects_and_other_peers(void **state) {
    (void)state;
    struct party_event event;
    const struct party_type *types[] = {&password_kex_server_party, &password_kex_client_party};
    for (size_t i = 0; i < 2; i++) {
        struct password_kex_session *session = i == 0 ? &s : &c;
        const char *awaited = i == 0 ? "message 2 (first_client_packet) from the client"
                                     : "message 1 (server_public_key) from the server";
        start();
        assert_true(types[i]->impatient(session));
        assert_false(types[i]->over(session));
        assert_string_equal(types[i]->protocol, "password-kex");
        assert_string_equal(types[i]->role, i == 0 ? "server" : "client");
        types[i]->end(session, &event, PARTY_TIMED_OUT);
        assert_int_equal(event.kind, PARTY_FAILED);
        assert_failed(session, PASSWORD_KEX_SILENT, awaited, "no answer within the time allowed");
        assert_true(types[i]->over(session));
        assert_false(types[i]->impatient(session));
        start();
        types[i]->end(session, &event, PARTY_PEER_CLOSED);
        assert_int_equal(event.kind, PARTY_FAILED);
        assert_int_equal(session->reason, PASSWORD_KEX_DISCONNECTED);
        assert_non_null(strstr(session->stream.failure, "closed the connection before"));
        assert_non_null(strstr(session->stream.failure, awaited));
        assert_forgotten(session);
        start();
        types[i]->end(session, &event, PARTY_LEAVES);
        assert_failed(session, PASSWORD_KEX_GIVEN_UP, awaited, "the other end gave up");
        start();
        types[i]->end(session, &event, PARTY_BUSY);
        assert_failed(session, PASSWORD_KEX_BUSY, awaited, "busy with other clients");
        start();
        assert_int_equal(password_kex_receive(session, &event, (const uint8_t *)"GET / HTTP/1.1", 14), 4);
        assert_failed(session, PASSWORD_KEX_FRAME_TOO_LARGE, "1195725856",
                      "frames may have 65536 bytes at most");
        start();
        assert_int_equal(password_kex_receive(session, &event, (const uint8_t *)"\0\0\0\4ab", 6), 6);
        types[i]->end(session, &event, PARTY_PEER_CLOSED);
        assert_non_null(strstr(session->stream.failure, "in the middle of message"));
        start();
        assert_int_equal(send_payload(session, "Connected!", 10).kind, PARTY_FAILED);
        assert_failed(session, PASSWORD_KEX_MALFORMED, "is malformed at byte",
                      "that is not the message that belongs here");
    }
    // Leaving instead of speaking: an empty message, and the answer is still heard.
    run_to_the_messages();
    assert_false(password_kex_client_party.impatient(&c)); // its own turn
    assert_false(password_kex_server_party.impatient(&s)); // the client's person thinks
    assert_int_equal(password_kex_receive(&s, &event, (const uint8_t *)"\0", 1), 1);
    assert_true(password_kex_server_party.impatient(&s)); // but not in the middle of a message
    assert_int_equal(password_kex_receive(&c, &event, (const uint8_t *)"\0", 1), 1);
    assert_true(password_kex_client_party.impatient(&c));
    run_to_the_messages();
    password_kex_client_party.end(&c, &event, PARTY_LEAVES);
    assert_int_equal(event.kind, PARTY_NOTHING);
    assert_true(password_kex_client_party.impatient(&c));
    event = carry(&c, &s);
    assert_text(&event, PARTY_MESSAGE, "");
    assert_null(password_kex_server_party.say(&s, "Goodbye", 7));
    event = carry(&s, &c);
    assert_text(&event, PARTY_MESSAGE, "Goodbye");
    assert_int_equal(c.reason, PASSWORD_KEX_OK);
    // It has heard everything: a connection that is closed now is no fault.
    password_kex_client_party.end(&c, &event, PARTY_PEER_CLOSED);
    assert_int_equal(event.kind, PARTY_NOTHING);
    assert_true(password_kex_client_party.over(&c));
    assert_null(password_kex_client_party.failure(&c));
    assert_forgotten(&c);
    // Leaving a second time, and a server that leaves.
    run_to_the_messages();
    password_kex_client_party.end(&c, &event, PARTY_LEAVES);
    password_kex_client_party.end(&c, &event, PARTY_LEAVES);
    assert_int_equal(c.reason, PASSWORD_KEX_GIVEN_UP);
    assert_int_equal(carry(&c, &s).kind, PARTY_FAILED);
    assert_failed(&s, PASSWORD_KEX_REFUSED_BY_PEER, "the client refused: the other end gave up", NULL);
    run_to_the_messages();
    assert_int_equal(password_kex_say(&c, "Hello", 5), PASSWORD_KEX_OK);
    assert_int_equal(carry(&c, &s).kind, PARTY_MESSAGE);
    password_kex_server_party.end(&s, &event, PARTY_LEAVES);
    assert_int_equal(s.reason, PASSWORD_KEX_GIVEN_UP);
    assert_int_equal(carry(&s, &c).kind, PARTY_FAILED);
    assert_failed(&c, PASSWORD_KEX_REFUSED_BY_PEER, "the server refused: the other end gave up", NULL);
    for (enum password_kex_reason reason = PASSWORD_KEX_OK; reason <= PASSWORD_KEX_NO_ROOM; reason++) {
        assert_true(strlen(password_kex_reason_text(reason)) > 3);
    }
}

static bool no_randomness(void *context, uint8_t *out, size_t length) {
    (void)context;
    (void)out;
    (void)length;
    return false;
}
static void without_randomness_nothing_goes_on(void **state) {
    (void)state;
    stop();
    random_set_source(no_randomness, NULL);
    struct password_kex_options options = {.hash = hash_find("sha512"), .store = &store};
    assert_int_equal(password_kex_start(&s, PASSWORD_KEX_SERVER, &options), PASSWORD_KEX_NO_RANDOM);
    for (int steps = 0; steps < 5; steps++) {
        random_set_source(NULL, NULL);
        start();
        for (int i = 0; i < steps; i++) {
            (void)(i % 2 == 0 ? carry(&s, &c) : carry(&c, &s));
        }
        random_set_source(no_randomness, NULL);
        struct party_event event = steps % 2 == 0 ? carry(&s, &c) : carry(&c, &s);
        assert_int_equal(event.kind, PARTY_FAILED);
        assert_forgotten(steps % 2 == 0 ? &c : &s);
    }
    random_set_source(NULL, NULL);
}

int main(void) {
    password_kex_session_init(&s);
    password_kex_session_init(&c);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_run),
        cmocka_unit_test(every_message_is_explained),
        cmocka_unit_test(texts_of_every_size),
        cmocka_unit_test(wrong_passwords_and_unknown_users_look_alike),
        cmocka_unit_test(bad_names_from_the_wire),
        cmocka_unit_test(replaced_keys),
        cmocka_unit_test(a_reflected_proof),
        cmocka_unit_test(a_stolen_file_is_a_login),
        cmocka_unit_test(a_first_message_without_a_key),
        cmocka_unit_test(a_second_packet_without_a_key),
        cmocka_unit_test(bad_halves),
        cmocka_unit_test(the_session_keys_are_as_documented),
        cmocka_unit_test(forged_and_repeated_messages),
        cmocka_unit_test(silence_disconnects_and_other_peers),
        cmocka_unit_test(without_randomness_nothing_goes_on),
    };
    int failed = cmocka_run_group_tests(tests, make_keys, clear_keys);
    password_kex_session_clear(&s);
    password_kex_session_clear(&c);
    return failed;
}
