// protocols/e2e_client: two clients in memory through a relay of thirty lines; every refusal; every payload cut and changed.
#include "tests/support.h"

#include "protocols/base64.h"
#include "protocols/e2e_client.h"
#include "protocols/socket_io.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "ciphers/public/elgamal.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test_random source;

// --- two ends and what is between them -------------------------------------------------------------------------

enum { QUEUE_MAX = 16 };
struct end {
    struct e2e_output_packets output; // first
    struct e2e_client client;
    struct e2e_keys keys;
    char *queue[QUEUE_MAX]; // what it has sent, as strings
    size_t count;
    bool full;
    struct party_event last; // the last event that was one
    char text[2 * E2E_TEXT_MAX];
    size_t explained, sent_explained, in_other_dress;
    struct explain_sink sink;
};
static struct end ends[2];
#define alice (&ends[0])
#define bob   (&ends[1])

static bool send_packet(struct e2e_output_packets *output, const uint8_t *packet, size_t length) {
    struct end *end = (struct end *)output;
    if (end->full) {
        return false;
    }
    assert_true(end->count < QUEUE_MAX);
    end->queue[end->count++] = strndup((const char *)packet, length);
    return true;
}

static void explain(struct explain_sink *sink, const struct explanation *explanation) {
    struct end *end = (struct end *)(void *)((char *)sink - offsetof(struct end, sink));
    end->explained++;
    end->sent_explained += explanation->sent;
    assert_true(explanation->number >= end->explained);
    assert_string_equal(explanation->sent ? explanation->receiver : explanation->sender, "relay");
    for (size_t i = 0; i < explanation->count; i++) {
        end->in_other_dress += strcmp(explanation->values[i].name, "white space") == 0;
    }
    for (size_t i = 0; i < explanation->message->type->count; i++) {
        assert_true(explanation->message->fields[i].offset + explanation->message->fields[i].length <=
                    explanation->message->length);
    }
}

static void stop(void) {
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < ends[i].count; j++) {
            free(ends[i].queue[j]);
        }
        e2e_client_clear(&ends[i].client);
        e2e_keys_clear(&ends[i].keys);
    }
}

static void start_with(const char *group, bool stay) {
    static bool started;
    if (started) {
        stop();
    }
    started = true;
    memset(ends, 0, sizeof ends);
    for (size_t i = 0; i < 2; i++) {
        struct end *end = &ends[i];
        end->output.send = send_packet;
        end->sink.explain = explain;
        e2e_keys_init(&end->keys);
        do { // in the toy group both may draw the same
            assert_true(e2e_keys_generate(&end->keys, group));
        } while (i == 1 && (mpz_cmp(alice->keys.elgamal_public, bob->keys.elgamal_public) == 0 ||
                            mpz_cmp(alice->keys.dh_public, bob->keys.dh_public) == 0));
        e2e_client_init(&end->client);
        const struct e2e_client_options options = {.keys = &end->keys,
                                                   .stay = stay,
                                                   .output = &end->output,
                                                   .explain = &end->sink,
                                                   .name = "client"};
        e2e_client_start(&end->client, &options);
        assert_int_equal(end->client.state, E2E_AWAIT_PARTNER);
    }
}
static void start(void) {
    start_with("toy-1021", false);
}

// An event to one end, as Socket.IO text. What it brings about.
static struct party_event give(struct end *end, const char *array) {
    struct party_event event;
    assert_true(json_text_check(array, strlen(array), NULL));
    e2e_client_take(&end->client, &event, (struct json_slice){array, strlen(array)});
    if (event.kind != PARTY_NOTHING) {
        end->last = event;
    }
    if (event.kind == PARTY_MESSAGE || event.kind == PARTY_NOTICE || event.kind == PARTY_ESTABLISHED ||
        event.kind == PARTY_ENDED) {
        memcpy(end->text, event.text, event.length);
        end->text[event.length] = '\0';
    }
    return event;
}

// The relay: 42["name",rest  becomes  ["new name",rest
static char *renamed(const char *packet) {
    static const char *const names[][2] = {{"42[\"ELGAMAL_PK\"", "[\"ELGAMAL_PK_BC\""},
                                           {"42[\"DEFF_HELLMAN_PK\"", "[\"DEFF_HELLMAN_PK_BC\""},
                                           {"42[\"message\"", "[\"received_message\""}};
    struct socket_io_packet parsed;
    assert_true(socket_io_parse(&parsed, (const uint8_t *)packet + 1, strlen(packet) - 1, NULL));
    assert_int_equal(parsed.type, SOCKET_IO_EVENT);
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(names[i][0]);
        if (strncmp(packet, names[i][0], length) == 0) {
            char *text;
            assert_true(asprintf(&text, "%s%s", names[i][1], packet + length) > 0);
            return text;
        }
    }
    fail_msg("no event that the relay knows: %s", packet);
    abort();
}

// The next packet of one end, as the other would get it; free it.
static char *next(struct end *from) {
    assert_true(from->count > 0);
    char *text = renamed(from->queue[0]);
    free(from->queue[0]);
    memmove(from->queue, from->queue + 1, --from->count * sizeof from->queue[0]);
    return text;
}

static void carry(struct end *from, struct end *to) {
    while (from->count > 0) {
        char *text = next(from);
        (void)give(to, text);
        free(text);
    }
}

static void introduce(void) {
    assert_int_equal(give(alice, "[\"KEY_EXCHANGE\"]").kind, PARTY_NOTICE);
    assert_int_equal(give(bob, "[\"KEY_EXCHANGE\"]").kind, PARTY_NOTICE);
    assert_int_equal(alice->count, 2);
    assert_int_equal(bob->count, 2);
}

static void establish(void) {
    introduce();
    carry(alice, bob);
    if (bob->last.kind != PARTY_ESTABLISHED) {
        fail_msg("not established: %s", bob->client.failure);
    }
    carry(bob, alice);
    assert_int_equal(alice->last.kind, PARTY_ESTABLISHED);
    assert_memory_equal(alice->client.key, bob->client.key, sizeof alice->client.key);
}

static void assert_says(struct end *from, struct end *to, const void *text, size_t length) {
    assert_int_equal(e2e_client_say(&from->client, text, length), E2E_OK);
    carry(from, to);
    if (to->last.kind != PARTY_MESSAGE) {
        fail_msg("no message: %s", to->client.failure);
    }
    assert_int_equal(to->last.length, length);
    assert_memory_equal(to->last.text, text, length);
}

static void assert_refused(struct end *end, const char *array, enum e2e_reason reason, const char *words) {
    assert_int_equal(give(end, array).kind, PARTY_FAILED);
    assert_int_equal(end->client.state, E2E_OVER);
    assert_int_equal(end->client.reason, reason);
    if (strstr(end->client.failure, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", end->client.failure, words);
    }
    // What comes afterwards changes nothing.
    assert_int_equal(give(end, "[\"KEY_EXCHANGE\"]").kind, PARTY_NOTHING);
    assert_int_equal(e2e_client_say(&end->client, "x", 1), E2E_NOT_NOW);
}

// --- the normal run --------------------------------------------------------------------------------------------

static void a_conversation_in_every_group(void **state) {
    (void)state;
    static const char *const groups[] = {"toy-1021", "modp-1536", "ffdhe2048", "ffdhe3072"};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        start_with(groups[i], false);
        assert_int_equal(e2e_is_toy(&alice->keys.group), i == 0);
        assert_int_equal(e2e_client_say(&alice->client, "too early", 9), E2E_NOT_NOW);
        establish();
        assert_non_null(strstr(alice->text, "AES-256"));
        assert_says(alice, bob, "Hello", 5);
        assert_says(bob, alice, "", 0);
        assert_says(bob, alice, "exactly sixteen!", 16);
        assert_says(alice, bob, "both", 4);
        static uint8_t long_text[E2E_TEXT_MAX + 1];
        test_random_bytes(&source, long_text, sizeof long_text);
        assert_says(alice, bob, long_text, E2E_TEXT_MAX);
        assert_int_equal(e2e_client_say(&alice->client, long_text, E2E_TEXT_MAX + 1), E2E_TEXT_TOO_LONG);
        assert_int_equal(give(alice, "[\"PARTNER_LEFT\"]").kind, PARTY_ENDED);
        assert_int_equal(alice->client.state, E2E_OVER);
        assert_int_equal(alice->client.reason, E2E_OK);
        assert_int_equal(alice->client.number, 1 + 2 + 2 + 3 + 2 + 1);
        assert_int_equal(alice->explained, alice->client.number);
        assert_int_equal(alice->sent_explained, 2 + 3);
    }
}

// Many runs in the toy group, in which every second key would be unlucky if they were not drawn with care.
static void a_thousand_toy_runs(void **state) {
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        start();
        assert_int_equal(mpz_gcd_ui(NULL, alice->keys.elgamal_private, 1020), 1);
        assert_int_equal(mpz_gcd_ui(NULL, alice->keys.dh_private, 1020), 1);
        establish();
        assert_says(alice, bob, "x", 1);
    }
}

// The bytes, as the README and PROTOCOLS.md have them.
static void the_exchange_byte_by_byte(void **state) {
    (void)state;
    start();
    assert_int_equal(give(alice, "[\"KEY_EXCHANGE\"]").kind, PARTY_NOTICE);
    char expected[200], y[8], value[8];
    assert_true(bn_to_decimal(y, sizeof y, alice->keys.elgamal_public));
    assert_true(bn_to_decimal(value, sizeof value, alice->keys.dh_public));
    (void)snprintf(expected, sizeof expected, "42[\"ELGAMAL_PK\",\"%s\"]", y);
    assert_string_equal(alice->queue[0], expected);
    unsigned s1, s2;
    char format[200];
    (void)snprintf(format, sizeof format,
                   "42[\"DEFF_HELLMAN_PK\",\"{\\\"deff_public_key\\\":\\\"%s\\\",\\\"s1\\\":\\\"%%u\\\","
                   "\\\"s2\\\":\\\"%%u\\\"}\"]",
                   value);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    assert_int_equal(sscanf(alice->queue[1], format, &s1, &s2), 2);
    (void)snprintf(expected, sizeof expected, format, s1, s2);
#pragma GCC diagnostic pop
    assert_string_equal(alice->queue[1], expected);
    // The signature by the definition: g^h = y^s1 s1^s2 mod 1021, h the SHA-1 of the decimal digits, by libcrypto.
    uint8_t digest[20];
    SHA1((const uint8_t *)value, strlen(value), digest);
    mpz_t h, left, right, part, p;
    mpz_inits(h, left, right, part, p, NULL);
    mpz_import(h, sizeof digest, 1, 1, 1, 0, digest);
    mpz_set_ui(p, 1021);
    mpz_set_ui(left, 30);
    mpz_powm(left, left, h, p);
    mpz_powm_ui(right, alice->keys.elgamal_public, s1, p);
    mpz_set_ui(part, s1);
    mpz_powm_ui(part, part, s2, p);
    mpz_mul(right, right, part);
    mpz_mod(right, right, p);
    assert_int_equal(mpz_cmp(left, right), 0);
    mpz_clears(h, left, right, part, p, NULL);
}

// Key and ciphertext from the definition, by libcrypto.
static void key_and_ciphertext_are_libcryptos(void **state) {
    (void)state;
    for (size_t run = 0; run < 20; run++) {
        start_with(run < 15 ? "toy-1021" : "modp-1536", false);
        establish();
        mpz_t z;
        mpz_init(z);
        mpz_powm(z, alice->keys.dh_public, bob->keys.dh_private, alice->keys.group.p);
        char *digits = mpz_get_str(NULL, 10, z);
        uint8_t key[32];
        SHA256((const uint8_t *)digits, strlen(digits), key);
        free(digits);
        mpz_clear(z);
        assert_memory_equal(key, alice->client.key, sizeof key);

        uint8_t text[100], iv[16], ciphertext[100], decrypted[100];
        size_t length = test_random_below(&source, sizeof text);
        test_random_bytes(&source, text, length);
        assert_int_equal(e2e_client_say(&alice->client, text, length), E2E_OK);
        static const char before[] = "42[\"message\",\"{\\\"message\\\":\\\"",
                          between[] = "\\\",\\\"iv\\\":\\\"";
        char *packet = alice->queue[0];
        assert_memory_equal(packet, before, sizeof before - 1);
        char *message = packet + sizeof before - 1, *iv_text = strstr(message, between);
        assert_non_null(iv_text);
        size_t count;
        assert_int_equal(base64_decode(ciphertext, &count, message, (size_t)(iv_text - message), NULL),
                         BASE64_OK);
        assert_int_equal(count, length);
        iv_text += sizeof between - 1;
        assert_int_equal(base64_decode(iv, &count, iv_text, 24, NULL), BASE64_OK);
        assert_int_equal(count, 16);
        assert_string_equal(iv_text + 24, "\\\"}\"]");
        EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
        int out;
        assert_true(EVP_DecryptInit_ex(cipher, EVP_aes_256_cfb128(), NULL, key, iv));
        assert_true(EVP_DecryptUpdate(cipher, decrypted, &out, ciphertext, (int)length));
        EVP_CIPHER_CTX_free(cipher);
        assert_memory_equal(decrypted, text, length);
    }
}

static void no_iv_comes_twice(void **state) {
    (void)state;
    start();
    establish();
    assert_int_equal(e2e_client_say(&alice->client, "the same", 8), E2E_OK);
    assert_int_equal(e2e_client_say(&alice->client, "the same", 8), E2E_OK);
    assert_string_not_equal(alice->queue[0], alice->queue[1]);
}

// JSON as other languages write it: Python puts spaces, any escape may stand for a character.
static void json_in_other_dress(void **state) {
    (void)state;
    start();
    introduce();
    char *elgamal = next(alice), *dh = next(alice), dressed[400];
    size_t at = 0;
    for (const char *c = dh; *c != '\0'; c++) {
        dressed[at++] = *c;
        if ((*c == ',' && c[1] == '\\') || *c == '{') {
            dressed[at++] = ' ';
        } else if (*c == '"' && c[-1] == '\\' && c[1] == ':') {
            memcpy(dressed + at, " : ", 3), at += 3, c++;
        }
    }
    dressed[at] = '\0';
    assert_non_null(strstr(dressed, "{ \\\"deff_public_key\\\" : \\\""));
    (void)give(bob, elgamal);
    assert_int_equal(give(bob, dressed).kind, PARTY_ESTABLISHED);
    free(elgamal), free(dh);
    assert_int_equal(bob->in_other_dress, 1); // told with the value, not with the key, which came as usual
    carry(bob, alice);
    assert_int_equal(alice->in_other_dress, 0);
    // "A" as base64 QQ==, with escapes and the members the other way round; the event's name escaped as well.
    static const char odd[] =
        "[ \"received\\u005fmessage\" ,\n\"{\\\"iv\\\":\\\"\\\\u0041AAAAAAAAAAAAAAAAAAAAA==\\\","
        "\\\"message\\\":\\\"QQ=\\\\u003d\\\"}\"]";
    assert_int_equal(give(bob, odd).kind, PARTY_MESSAGE);
    assert_int_equal(bob->last.length, 1);
    // A slash may be escaped: PHP does.
    assert_int_equal(give(bob, "[\"received_message\",\"{\\\"message\\\":\\\"\\\\/\\\\/8=\\\","
                               "\\\"iv\\\":\\\"AAAAAAAAAAAAAAAAAAAAAA==\\\"}\"]")
                         .kind,
                     PARTY_MESSAGE);
    assert_int_equal(bob->last.length, 2);
}

// --- what else may come, in another order than usual -----------------------------------------------------------

static void unknown_events_are_ignored(void **state) {
    (void)state;
    start();
    establish();
    unsigned number = alice->client.number;
    static const char *const others[] = {"[\"hello\"]", "[\"ELGAMAL_PK\",\"5\"]", "[\"message\",\"x\"]",
                                         "[5]",         "[\"key_exchange\"]",     "[\"KEY_EXCHANGE \"]",
                                         "[]",          "[null,1,{\"a\":2}]"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(give(alice, others[i]).kind, PARTY_NOTHING);
    }
    assert_int_equal(alice->client.number, number);
    assert_says(bob, alice, "still here", 10);
}

static void the_same_keys_again_change_nothing(void **state) {
    (void)state;
    start();
    introduce();
    char *elgamal = next(alice), *dh = next(alice);
    (void)give(bob, elgamal);
    assert_int_equal(give(bob, elgamal).kind, PARTY_NOTHING);
    assert_int_equal(bob->client.state, E2E_AWAIT_VALUE);
    assert_int_equal(give(bob, dh).kind, PARTY_ESTABLISHED);
    assert_int_equal(give(bob, dh).kind, PARTY_NOTHING);
    assert_int_equal(give(bob, elgamal).kind, PARTY_NOTHING);
    assert_int_equal(bob->client.state, E2E_TALKING);
    free(elgamal), free(dh);
    carry(bob, alice);
    assert_says(alice, bob, "as before", 9);
}

static void a_message_before_the_key_is_dropped_and_told_once(void **state) {
    (void)state;
    static const char early[] = "[\"received_message\",\"{\\\"message\\\":\\\"QQ==\\\",\\\"iv\\\":"
                                "\\\"AAAAAAAAAAAAAAAAAAAAAA==\\\"}\"]";
    start();
    assert_int_equal(give(bob, early).kind, PARTY_NOTICE);
    assert_non_null(strstr(bob->text, "cannot be read"));
    assert_int_equal(give(bob, early).kind, PARTY_NOTHING);
    introduce();
    assert_int_equal(give(bob, early).kind, PARTY_NOTICE);
    assert_int_equal(give(bob, early).kind, PARTY_NOTHING);
    carry(alice, bob);
    assert_int_equal(bob->client.state, E2E_TALKING);
    assert_int_equal(give(bob, early).kind, PARTY_MESSAGE);
}

static void key_exchange_again_starts_anew(void **state) {
    (void)state;
    start();
    establish();
    uint8_t key[sizeof bob->client.key];
    memcpy(key, bob->client.key, sizeof key);
    introduce();
    assert_non_null(strstr(bob->text, "may be another one"));
    assert_memory_not_equal(bob->client.key, key, sizeof key);
    assert_int_equal(e2e_client_say(&bob->client, "x", 1), E2E_NOT_NOW);
    carry(alice, bob);
    carry(bob, alice);
    assert_memory_equal(bob->client.key, key, sizeof key); // the same pairs, so the same key: see e2e_keys.c
    assert_says(bob, alice, "x", 1);
    // In the middle of an exchange, too; what was on its way arrives as well, and changes nothing.
    start();
    introduce();
    assert_non_null(strstr(alice->text, "Exchanging keys"));
    assert_int_equal(give(alice, "[\"KEY_EXCHANGE\"]").kind, PARTY_NOTICE);
    assert_non_null(strstr(alice->text, "may be another one"));
    assert_int_equal(alice->count, 4);
    carry(alice, bob);
    assert_int_equal(bob->client.state, E2E_TALKING);
    carry(bob, alice);
    assert_says(alice, bob, "y", 1);
}

static void with_stay_the_next_partner_may_come(void **state) {
    (void)state;
    start_with("toy-1021", true);
    establish();
    uint8_t key[sizeof bob->client.key];
    memcpy(key, bob->client.key, sizeof key);
    assert_int_equal(give(bob, "[\"PARTNER_LEFT\"]").kind, PARTY_NOTICE);
    assert_int_equal(bob->client.state, E2E_AWAIT_PARTNER);
    assert_int_equal(e2e_client_say(&bob->client, "x", 1), E2E_NOT_NOW);
    // Alice comes back with other keys.
    e2e_keys_clear(&alice->keys);
    e2e_keys_init(&alice->keys);
    assert_true(e2e_keys_generate(&alice->keys, "toy-1021"));
    assert_int_equal(give(alice, "[\"PARTNER_LEFT\"]").kind, PARTY_NOTICE);
    establish();
    assert_memory_not_equal(key, bob->client.key, sizeof key);
    assert_says(alice, bob, "again", 5);
}

// --- refusals --------------------------------------------------------------------------------------------------

static void keys_before_key_exchange(void **state) {
    (void)state;
    start();
    assert_refused(bob, "[\"ELGAMAL_PK_BC\",\"5\"]", E2E_NOT_STARTED,
                   "message 1 (ELGAMAL_PK_BC) from the relay");
    start();
    assert_refused(bob,
                   "[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":\\\"5\\\",\\\"s1\\\":\\\"5\\\","
                   "\\\"s2\\\":\\\"5\\\"}\"]",
                   E2E_NOT_STARTED, "before KEY_EXCHANGE");
}

static void the_value_before_its_key(void **state) {
    (void)state;
    start();
    introduce();
    free(next(alice));
    char *dh = next(alice);
    assert_refused(bob, dh, E2E_NO_KEY_YET, "before ELGAMAL_PK_BC");
    free(dh);
}

static void elgamal_keys_out_of_range(void **state) {
    (void)state;
    static const char *const bad[] = {"0", "1", "1020", "1021", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char array[100];
        start();
        introduce();
        (void)snprintf(array, sizeof array, "[\"ELGAMAL_PK_BC\",\"%s\"]", bad[i]);
        assert_refused(bob, array, E2E_BAD_ELGAMAL_KEY, "1 < y < p-1");
    }
    // In a safe prime's group, what is outside the subgroup: 2 generates it, so -2 is outside; and the other's group.
    start_with("modp-1536", false);
    introduce();
    mpz_t y;
    mpz_init(y);
    mpz_sub_ui(y, bob->keys.group.p, 2);
    char array[600], digits[500];
    assert_true(bn_to_decimal(digits, sizeof digits, y));
    mpz_clear(y);
    (void)snprintf(array, sizeof array, "[\"ELGAMAL_PK_BC\",\"%s\"]", digits);
    assert_refused(bob, array, E2E_BAD_ELGAMAL_KEY, "--group");
}

static void own_keys_come_back(void **state) {
    (void)state;
    start();
    introduce();
    char *elgamal = next(bob), *dh = next(bob);
    assert_refused(bob, elgamal, E2E_OWN_KEY, "own key");
    free(elgamal), free(dh);
    // A partner with another ElGamal key and this end's Diffie-Hellman value, rightly signed.
    start();
    mpz_set(alice->keys.dh_public, bob->keys.dh_public);
    introduce();
    elgamal = next(alice), dh = next(alice);
    (void)give(bob, elgamal);
    assert_refused(bob, dh, E2E_OWN_KEY, "own key");
    free(elgamal), free(dh);
}

static void another_key_in_the_middle(void **state) {
    (void)state;
    start();
    establish();
    assert_refused(bob,
                   mpz_cmp_ui(alice->keys.elgamal_public, 5) == 0 ||
                           mpz_cmp_ui(bob->keys.elgamal_public, 5) == 0
                       ? "[\"ELGAMAL_PK_BC\",\"6\"]"
                       : "[\"ELGAMAL_PK_BC\",\"5\"]",
                   E2E_KEY_CHANGED, "without a new KEY_EXCHANGE");
    start();
    establish();
    // The same signer signs another value.
    do {
        mpz_add_ui(alice->keys.dh_public, alice->keys.dh_public, 1);
    } while (mpz_cmp(alice->keys.dh_public, bob->keys.dh_public) == 0);
    (void)give(alice, "[\"KEY_EXCHANGE\"]");
    carry(alice, bob);
    assert_int_equal(bob->last.kind, PARTY_FAILED);
    assert_int_equal(bob->client.reason, E2E_KEY_CHANGED);
}

// A signed packet with a number in it changed; `which` of the three.
static void sign_and_change(const char *group, int which, long delta) {
    start_with(group, false);
    introduce();
    char *elgamal = next(alice), *dh = next(alice);
    (void)give(bob, elgamal);
    struct json_slice array = {dh, strlen(dh)}, name, element, argument = {NULL, 0}, value;
    struct json_walk walk;
    for (json_text_enter(&walk, array); json_text_next(&walk, &name, &element);) {
        argument = element;
    }
    static char inner[8000], out[8000], digits[3][2000];
    size_t length;
    assert_true(json_text_string(inner, sizeof inner, &length, argument));
    static const char *const members[] = {"deff_public_key", "s1", "s2"};
    mpz_t number;
    mpz_init(number);
    for (int i = 0; i < 3; i++) {
        size_t count;
        assert_true(json_text_member((struct json_slice){inner, length}, members[i], &value));
        assert_true(json_text_string(digits[i], sizeof digits[i], &count, value));
        digits[i][count] = '\0';
        if (i == which) {
            assert_int_equal(mpz_set_str(number, digits[i], 10), 0);
            if (delta == 0) {
                mpz_add(number, number,
                        alice->keys.group.p); // the same mod p: what Bleichenbacher's forgery needs
            } else if (delta > 0) {
                mpz_add_ui(number, number, (unsigned long)delta);
            } else {
                mpz_set_ui(number, 0);
            }
            assert_true(bn_to_decimal(digits[i], sizeof digits[i], number));
        }
    }
    mpz_clear(number);
    (void)snprintf(out, sizeof out,
                   "[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":\\\"%s\\\",\\\"s1\\\":\\\"%s\\\","
                   "\\\"s2\\\":\\\"%s\\\"}\"]",
                   digits[0], digits[1], digits[2]);
    assert_refused(bob, out, E2E_BAD_SIGNATURE, "the message is rejected");
    free(elgamal), free(dh);
}

static void wrong_signatures(void **state) {
    (void)state;
    for (int which = 0; which < 3; which++) {
        sign_and_change("modp-1536", which, 1);
        sign_and_change("modp-1536", which, -1);
        sign_and_change("modp-1536", which, 0);
        sign_and_change("ffdhe2048", which, 2);
    }
    // Another signer's signature over the right value.
    start_with("modp-1536", false);
    introduce();
    free(next(alice));
    char *dh = next(alice), array[700], digits[600];
    mpz_t y;
    mpz_init(y);
    mpz_mul_ui(y, bob->keys.elgamal_public, 4);
    mpz_mod(y, y, bob->keys.group.p);
    assert_true(bn_to_decimal(digits, sizeof digits, y));
    mpz_clear(y);
    (void)snprintf(array, sizeof array, "[\"ELGAMAL_PK_BC\",\"%s\"]", digits);
    (void)give(bob, array);
    assert_refused(bob, dh, E2E_BAD_SIGNATURE, "signature is wrong");
    free(dh);
}

// Rightly signed, and no value of the group.
static void signed_values_out_of_range(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        start_with(i < 3 ? "toy-1021" : "modp-1536", false);
        mpz_set_ui(alice->keys.dh_public, i == 0 ? 0 : i == 1 ? 1 : i == 2 ? 1020 : 0);
        if (i == 3) {
            mpz_sub_ui(alice->keys.dh_public, alice->keys.group.p, 2);
        }
        introduce();
        carry(alice, bob);
        assert_int_equal(bob->last.kind, PARTY_FAILED);
        assert_int_equal(bob->client.reason, E2E_BAD_DH_VALUE);
        assert_non_null(strstr(bob->client.failure, "5.6.2.3.1"));
    }
}

// A private key that our own generator would not draw: the order of g shares its factor, and Z is 1.
static void a_shared_secret_of_one(void **state) {
    (void)state;
    start();
    mpz_set_ui(bob->keys.dh_private, 510);
    introduce();
    do { // alice's value a square: its 510th power is 1
        mpz_mul(alice->keys.dh_public, alice->keys.dh_public, alice->keys.dh_public);
        mpz_mod_ui(alice->keys.dh_public, alice->keys.dh_public, 1021);
    } while (false);
    (void)give(alice, "[\"KEY_EXCHANGE\"]");
    free(next(alice)), free(next(alice));
    carry(alice, bob);
    assert_int_equal(bob->last.kind, PARTY_FAILED);
    assert_int_equal(bob->client.reason, E2E_BAD_SECRET);
}

static void other_forms_than_the_table_says(void **state) {
    (void)state;
    static const struct {
        const char *array, *words;
    } bad[] = {
        {"[\"KEY_EXCHANGE\",1]", "number of arguments"},
        {"[\"PARTNER_LEFT\",\"\"]", "number of arguments"},
        {"[\"ELGAMAL_PK_BC\"]", "number of arguments"},
        {"[\"ELGAMAL_PK_BC\",\"5\",\"6\"]", "number of arguments"},
        {"[\"ELGAMAL_PK_BC\",5]", "must be a string"},
        {"[\"ELGAMAL_PK_BC\",null]", "must be a string"},
        {"[\"ELGAMAL_PK_BC\",[\"5\"]]", "must be a string"},
        {"[\"ELGAMAL_PK_BC\",\"\"]", "too short"},
        {"[\"ELGAMAL_PK_BC\",\"05\"]", "leading zeros"},
        {"[\"ELGAMAL_PK_BC\",\"-5\"]", "does not belong here"},
        {"[\"ELGAMAL_PK_BC\",\" 5\"]", "does not belong here"},
        {"[\"ELGAMAL_PK_BC\",\"5a\"]", "does not belong here"},
        {"[\"ELGAMAL_PK_BC\",\"5\\u0000\"]", "does not belong here"},
        {"[\"ELGAMAL_PK_BC\",\"5\\\"]\"]", "does not belong here"},
        {"[\"DEFF_HELLMAN_PK_BC\",{\"deff_public_key\":\"5\",\"s1\":\"5\",\"s2\":\"5\"}]",
         "must be a string"},
        {"[\"DEFF_HELLMAN_PK_BC\",\"\"]", ""},
        {"[\"DEFF_HELLMAN_PK_BC\",\"5\"]", "other members"},
        {"[\"DEFF_HELLMAN_PK_BC\",\"[\\\"5\\\",\\\"5\\\",\\\"5\\\"]\"]", "missing"},
        {"[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":\\\"5\\\",\\\"s1\\\":\\\"5\\\"}\"]",
         "other members"},
        {"[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":\\\"5\\\",\\\"s1\\\":\\\"5\\\",\\\"S2\\\":"
         "\\\"5\\\"}\"]",
         "s2: missing"},
        {"[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":\\\"5\\\",\\\"s1\\\":\\\"5\\\",\\\"s1\\\":"
         "\\\"5\\\"}\"]",
         "s2: missing"},
        {"[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":\\\"5\\\",\\\"s1\\\":\\\"5\\\",\\\"s2\\\":"
         "\\\"5\\\",\\\"x\\\":1}\"]",
         "other members"},
        {"[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":5,\\\"s1\\\":\\\"5\\\",\\\"s2\\\":\\\"5\\\"}\"]",
         "deff_public_key: must be a string"},
        {"[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":\\\"5\\\",\\\"s1\\\":\\\"5\\\",\\\"s2\\\":"
         "\\\"\\\"}\"]",
         "s2: too short"},
        // A value that would close its own string and bring its neighbours along.
        {"[\"DEFF_HELLMAN_PK_BC\",\"{\\\"deff_public_key\\\":\\\"5\\\\\\\",\\\\\\\"s1\\\",\\\"s1\\\":"
         "\\\"5\\\",\\\"s2\\\":\\\"5\\\"}\"]",
         "does not belong here"},
        {"[\"received_message\",\"{\\\"message\\\":\\\"QQ=\\\",\\\"iv\\\":\\\"AAAAAAAAAAAAAAAAAAAAAA==\\\"}"
         "\"]",
         "base64"},
        {"[\"received_message\",\"{\\\"message\\\":\\\"QQ==\\\",\\\"iv\\\":\\\"AAAAAAAAAAAAAAAAAAAA\\\"}\"]",
         "iv: too short"},
        {"[\"received_message\",\"{\\\"message\\\":\\\"QQ==\\\",\\\"iv\\\":\\\"AAAAAAAAAAAAAAAAAAAAAAA=\\\"}"
         "\"]",
         "iv: too long"},
        {"[\"received_message\",\"{\\\"message\\\":\\\"QQ==\\\"}\"]", "other members"},
        {"[\"received_message\",\"{\\\"message\\\":\\\"Q "
         "Q=\\\",\\\"iv\\\":\\\"AAAAAAAAAAAAAAAAAAAAAA==\\\"}\"]",
         "does not belong here"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start();
        introduce();
        assert_refused(bob, bad[i].array, E2E_MALFORMED, bad[i].words);
        assert_non_null(strstr(bob->client.failure, "malformed"));
    }
}

static void too_long(void **state) {
    (void)state;
    static char array[400000];
    static const size_t lengths[] = {2468, 90000, 95000, 200000};
    for (size_t i = 0; i < 4; i++) {
        start();
        introduce();
        int at = snprintf(array, sizeof array, "[\"ELGAMAL_PK_BC\",\"");
        memset(array + at, '7', lengths[i]);
        (void)snprintf(array + (size_t)at + lengths[i], 10, "\"]");
        assert_refused(bob, array, E2E_MALFORMED, "too long");
        start();
        establish();
        at = snprintf(
            array, sizeof array,
            "[\"received_message\",\"{\\\"iv\\\":\\\"AAAAAAAAAAAAAAAAAAAAAA==\\\",\\\"message\\\":\\\"");
        memset(array + at, 'A', lengths[i]);
        (void)snprintf(array + (size_t)at + lengths[i], 20, "\\\"}\"]");
        if (i > 0) {
            assert_refused(bob, array, E2E_MALFORMED, "too long");
        }
    }
}

static void no_room(void **state) {
    (void)state;
    start();
    establish();
    alice->full = true;
    assert_int_equal(e2e_client_say(&alice->client, "x", 1), E2E_NO_ROOM);
    assert_int_equal(alice->client.state, E2E_TALKING);
    alice->full = false;
    assert_says(alice, bob, "y", 1);
    bob->full = true;
    assert_refused(bob, "[\"KEY_EXCHANGE\"]", E2E_NO_ROOM, "no room for ELGAMAL_PK");
}

static bool no_bytes(void *context, uint8_t *out, size_t length) {
    (void)context, (void)out, (void)length;
    return false;
}
static void no_randomness(void **state) {
    (void)state;
    start();
    establish();
    random_set_source(no_bytes, NULL);
    assert_int_equal(e2e_client_say(&alice->client, "x", 1), E2E_NO_RANDOM);
    assert_int_equal(alice->client.state, E2E_OVER);
    assert_refused(bob, "[\"KEY_EXCHANGE\"]", E2E_NO_RANDOM, "random");
    struct e2e_keys keys;
    e2e_keys_init(&keys);
    assert_false(e2e_keys_generate(&keys, "toy-1021"));
    e2e_keys_clear(&keys);
    random_set_source(test_random_source, &source);
}

static void every_reason_has_words(void **state) {
    (void)state;
    for (int i = 0; i <= E2E_NO_ROOM; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(e2e_reason_text((enum e2e_reason)i), e2e_reason_text((enum e2e_reason)j));
        }
        assert_string_not_equal(e2e_reason_text((enum e2e_reason)i), "unknown reason");
    }
}

// --- damage ----------------------------------------------------------------------------------------------------

// Each payload cut at every length and with every byte changed. What is still JSON goes to the client: it takes it, or
// fails with a reason; a changed signed packet is never accepted.
static size_t accepted, refused, no_json;
static void try_damaged(const char *group, bool first_too, size_t which, const char *array, size_t length) {
    (void)group;
    if (!json_text_check(array, length, NULL) || length == 0 || array[0] != '[') {
        no_json++;
        return;
    }
    struct party_event event;
    e2e_client_take(&bob->client, &event, (struct json_slice){array, length});
    if (event.kind == PARTY_FAILED) {
        refused++;
        assert_true(bob->client.reason != E2E_OK && bob->client.failure[0] != '\0');
    } else {
        accepted++;
        assert_int_equal(bob->client.reason, E2E_OK);
    }
    (void)first_too, (void)which;
}

// Bob as he was before the damage: a copy of the bytes will do, but for the integers, which are set back.
static void damage(const char *group, size_t which) {
    start_with(group, false);
    introduce();
    char *arrays[3] = {next(alice), next(alice), NULL};
    free(next(bob)), free(next(bob));
    char *array = arrays[which < 2 ? which : 1];
    if (which > 0) {
        (void)give(bob, arrays[0]);
    }
    if (which == 2) {
        (void)give(bob, arrays[1]);
        // Alice is not told; a key of Bob's to encrypt with is enough.
        assert_int_equal(e2e_client_say(&bob->client, "a text of some length", 21), E2E_OK);
        array = arrays[2] = next(bob);
    }
    size_t length = strlen(array);
    enum e2e_client_state before = bob->client.state;
    uint8_t key[32];
    memcpy(key, bob->client.key, sizeof key);
    mpz_t elgamal, dh;
    mpz_inits(elgamal, dh, NULL);
    mpz_set(elgamal, bob->client.peer_elgamal);
    mpz_set(dh, bob->client.peer_dh);
    char *copy = malloc(length);
    for (size_t i = 0; i < 4 * length; i++) {
        size_t at = i / 4;
        memcpy(copy, array, length);
        static const uint8_t changes[] = {0, 0x01, 0x80, 0x10};
        copy[at] = (char)((uint8_t)copy[at] ^ changes[i % 4]);
        bob->client.state = before;
        bob->client.reason = E2E_OK;
        bob->client.failure[0] = '\0';
        mpz_set(bob->client.peer_elgamal, elgamal);
        mpz_set(bob->client.peer_dh, dh);
        memcpy(bob->client.key, key, sizeof key);
        size_t accepted_before = accepted;
        try_damaged(group, true, which, copy, i % 4 == 0 ? at : length);
        if (which == 1 && accepted > accepted_before) {
            // Only as an event of another name, which is ignored.
            assert_int_equal(bob->client.state, before);
            assert_true(memcmp(copy, array, strlen("[\"DEFF_HELLMAN_PK_BC\"")) != 0);
        }
    }
    free(copy);
    mpz_clears(elgamal, dh, NULL);
    for (size_t i = 0; i < 3; i++) {
        free(arrays[i]);
    }
}

static void damaged_payloads(void **state) {
    (void)state;
    accepted = refused = no_json = 0;
    damage("modp-1536", 0);
    assert_true(accepted > 0 && refused > 100);
    damage("modp-1536", 1);
    damage("toy-1021", 2);
    assert_true(no_json > 1000 && refused > 1000);
}

// --- the key file ----------------------------------------------------------------------------------------------

static void key_files(void **state) {
    (void)state;
    static const char *const groups[] = {"toy-1021", "ffdhe2048", "modp-8192"};
    for (size_t i = 0; i < 3; i++) {
        struct e2e_keys keys, again;
        struct parse_error where;
        char text[E2E_KEYS_TEXT_MAX], text_again[E2E_KEYS_TEXT_MAX];
        size_t length, length_again;
        e2e_keys_init(&keys);
        e2e_keys_init(&again);
        if (i == 2) { // generating such a pair takes a while: the largest numbers there can be will do
            assert_true(bn_group_find(&keys.group, groups[i]));
            mpz_sub_ui(keys.elgamal_private, keys.group.q, 1);
            mpz_sub_ui(keys.dh_private, keys.group.q, 2);
            mpz_set(keys.elgamal_public, keys.elgamal_private);
            mpz_set(keys.dh_public, keys.dh_private);
        } else {
            assert_true(e2e_keys_generate(&keys, groups[i]));
        }
        assert_true(e2e_keys_write(text, sizeof text, &length, &keys));
        if (i < 2) {
            assert_true(e2e_keys_read(&again, text, length, &where));
            assert_string_equal(again.group.name, groups[i]);
            assert_int_equal(mpz_cmp(again.dh_private, keys.dh_private), 0);
            assert_int_equal(mpz_cmp(again.elgamal_private, keys.elgamal_private), 0);
            assert_true(e2e_keys_write(text_again, sizeof text_again, &length_again, &again));
            assert_int_equal(length, length_again);
            assert_memory_equal(text, text_again, length);
        } else {
            assert_false(
                e2e_keys_read(&again, text, length, &where)); // not the public keys that belong to them
        }
        for (size_t size = 0; size < length && i == 0; size++) {
            assert_false(e2e_keys_write(text_again, size, &length_again, &keys));
        }
        e2e_keys_clear(&keys);
        e2e_keys_clear(&again);
    }
    struct e2e_keys keys;
    e2e_keys_init(&keys);
    assert_false(e2e_keys_generate(&keys, "toy-4digit"));
    assert_false(e2e_keys_generate(&keys, "nothing"));
    e2e_keys_clear(&keys);
}

static void bad_key_files(void **state) {
    (void)state;
    // p = 1021: elgamal_g = 30, g = 22; 30^7 = 304, 22^11 = 306.
    static const struct {
        const char *text, *words;
        size_t offset;
    } files[] = {
        {"group = toy-1021\nelgamal_private = 7\nelgamal_public = 304\ndh_private = 11\ndh_public = 306\n",
         NULL, 0},
        {"# a remark\n\ngroup = toy-1021\nelgamal_private = 7\n\nelgamal_public = 304\ndh_private = 11\n# "
         "and\ndh_public = 306",
         NULL, 0},
        {"", "`group = ...` is missing", 0},
        {"group = toy-1021\n", "`elgamal_private = ...` is missing", 17},
        {"groop = toy-1021\n", "`group = ...` belongs here", 0},
        {"group = toy-4digit\n", "no such group", 8},
        {"group = \n", "no such group", 8},
        {"group =toy-1021\n", "belongs here", 0},
        {"group = toy-1021\nelgamal_public = 304\n", "`elgamal_private = ...` belongs here", 17},
        {"group = toy-1021\nelgamal_private = x\n", "not a number", 35},
        {"group = toy-1021\nelgamal_private = -7\n", "not a number", 35},
        {"group = toy-1021\nelgamal_private = 7 \n", "not a number", 35},
        {"group = toy-1021\nelgamal_private = 7\nelgamal_public = 816\ndh_private = 11\ndh_public = 306\n",
         "elgamal_public is not", SIZE_MAX},
        {"group = toy-1021\nelgamal_private = 7\nelgamal_public = 304\ndh_private = 12\ndh_public = 306\n",
         "dh_public is not", SIZE_MAX},
        {"group = toy-1021\nelgamal_private = 0\nelgamal_public = 1\ndh_private = 11\ndh_public = 306\n",
         "elgamal_public is not", SIZE_MAX},
        {"group = toy-1021\nelgamal_private = 7\nelgamal_public = 304\ndh_private = 510\ndh_public = 1020\n",
         "1 or p-1", SIZE_MAX},
        {"group = toy-1021\nelgamal_private = 7\nelgamal_public = 304\ndh_private = 11\ndh_public = "
         "306\ngroup = toy-1021\n",
         "more than", 90},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct e2e_keys keys;
        struct parse_error where;
        e2e_keys_init(&keys);
        bool ok = e2e_keys_read(&keys, files[i].text, strlen(files[i].text), &where);
        if (ok != (files[i].words == NULL)) {
            fail_msg("file %zu: %s", i, ok ? "taken" : where.reason);
        }
        if (!ok) {
            if (files[i].words == NULL || strstr(where.reason, files[i].words) == NULL) {
                fail_msg("file %zu: \"%s\" does not say \"%s\"", i, where.reason, files[i].words);
            }
            assert_int_equal(where.offset,
                             files[i].offset == SIZE_MAX ? strlen(files[i].text) : files[i].offset);
        }
        e2e_keys_clear(&keys);
    }
    // Too many digits, and a zero byte.
    static char text[4000] = "group = ffdhe2048\nelgamal_private = ";
    memset(text + strlen(text), '1', 2468);
    struct e2e_keys keys;
    struct parse_error where;
    e2e_keys_init(&keys);
    assert_false(e2e_keys_read(&keys, text, strlen(text), &where));
    assert_non_null(strstr(where.reason, "too long"));
    assert_false(e2e_keys_read(&keys, "group = toy-1021\0\n", 18, &where));
    static const char zero[] =
        "group = toy-1021\nelgamal_private = 7\nelgamal_public = 304\ndh_private = 11\n"
        "dh_public = 306\0";
    assert_false(e2e_keys_read(&keys, zero, sizeof zero - 1, &where));
    assert_true(e2e_keys_read(&keys, zero, sizeof zero - 2, &where));
    assert_false(e2e_keys_read(
        &keys,
        "group = toy-1021\nelgamal_private = 510\nelgamal_public = 1020\ndh_private = 11\ndh_public = 306\n",
        93, &where));
    assert_non_null(strstr(where.reason, "1 or p-1"));
    e2e_keys_clear(&keys);
}

// Every message of the connection has a table that takes it.
static void the_other_tables(void **state) {
    (void)state;
    static const struct {
        const struct message_type *type;
        const char *bytes;
    } examples[] = {
        {&e2e_upgrade,
         "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"},
        {&e2e_switching, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"},
        {&e2e_open, "0{\"sid\":\"x\"}"},
        {&e2e_connect, "40"},
        {&e2e_connected, "40{\"sid\":\"x\"}"},
        {&e2e_ping, "2"},
        {&e2e_pong, "3"},
        {&e2e_disconnect, "41"},
        {&e2e_key_exchange, "42[\"KEY_EXCHANGE\"]"},
        {&e2e_partner_left, "42[\"PARTNER_LEFT\"]"},
        {&e2e_message,
         "42[\"message\",\"{\\\"message\\\":\\\"\\\",\\\"iv\\\":\\\"AAAAAAAAAAAAAAAAAAAAAA==\\\"}\"]"},
        {&e2e_taken, "ok"},
        {&e2e_probe, "2probe"},
        {&e2e_probed, "3probe"},
        {&e2e_moved, "5"},
        {&e2e_nothing, "6"},
        {&e2e_close, "1"},
        {&e2e_fault, "{\"code\":1,\"message\":\"Session ID unknown\"}"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct message message;
        size_t length = strlen(examples[i].bytes);
        size_t taken = 0;
        for (size_t j = 0; e2e_messages[j] != NULL; j++) {
            if (message_parse(&message, e2e_messages[j], (const uint8_t *)examples[i].bytes, length, NULL) ==
                MESSAGE_OK) {
                assert_ptr_equal(e2e_messages[j], examples[i].type);
                taken++;
            }
        }
        assert_int_equal(taken, 1);
    }
}

int main(void) {
    test_random_seed(&source, 3);
    random_set_source(test_random_source, &source);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_in_every_group),
        cmocka_unit_test(a_thousand_toy_runs),
        cmocka_unit_test(the_exchange_byte_by_byte),
        cmocka_unit_test(key_and_ciphertext_are_libcryptos),
        cmocka_unit_test(no_iv_comes_twice),
        cmocka_unit_test(json_in_other_dress),
        cmocka_unit_test(unknown_events_are_ignored),
        cmocka_unit_test(the_same_keys_again_change_nothing),
        cmocka_unit_test(a_message_before_the_key_is_dropped_and_told_once),
        cmocka_unit_test(key_exchange_again_starts_anew),
        cmocka_unit_test(with_stay_the_next_partner_may_come),
        cmocka_unit_test(keys_before_key_exchange),
        cmocka_unit_test(the_value_before_its_key),
        cmocka_unit_test(elgamal_keys_out_of_range),
        cmocka_unit_test(own_keys_come_back),
        cmocka_unit_test(another_key_in_the_middle),
        cmocka_unit_test(wrong_signatures),
        cmocka_unit_test(signed_values_out_of_range),
        cmocka_unit_test(a_shared_secret_of_one),
        cmocka_unit_test(other_forms_than_the_table_says),
        cmocka_unit_test(too_long),
        cmocka_unit_test(no_room),
        cmocka_unit_test(no_randomness),
        cmocka_unit_test(every_reason_has_words),
        cmocka_unit_test(damaged_payloads),
        cmocka_unit_test(key_files),
        cmocka_unit_test(bad_key_files),
        cmocka_unit_test(the_other_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
