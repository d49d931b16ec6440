// protocols/des_chat: both ends in memory; every refusal; every message cut, changed, and out of order.
#include "tests/support.h"

#include "protocols/base64.h"
#include "protocols/des_chat.h"

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "ciphers/public/dh.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

static struct test_random test_source;
static struct des_chat server, client;

static void stop(void) {
    des_chat_clear(&server);
    des_chat_clear(&client);
    des_chat_init(&server);
    des_chat_init(&client);
}

static void start_with(const char *group, enum cipher_mode mode, bool server_free, bool client_free,
                       struct explain_sink *explain) {
    stop();
    struct des_chat_options options = {.group = group, .mode = mode, .free = server_free, .explain = explain};
    assert_int_equal(des_chat_start(&server, DES_CHAT_SERVER, &options), DES_CHAT_OK);
    options.free = client_free;
    assert_int_equal(des_chat_start(&client, DES_CHAT_CLIENT, &options), DES_CHAT_OK);
}

static void start(const char *group) {
    start_with(group, MODE_ECB, false, false, NULL);
}

// Everything `from` has to send goes to `to`, in pieces of at most `piece` bytes; the last event that was one.
static struct party_event carry_in_pieces(struct des_chat *from, struct des_chat *to, size_t piece) {
    struct party_event last = {.kind = PARTY_NOTHING}, event;
    size_t length;
    const uint8_t *bytes = des_chat_output(from, &length);
    while (length > 0) {
        size_t part = length < piece ? length : piece;
        size_t used = des_chat_receive(to, &event, bytes, part);
        assert_true(used > 0 && used <= part);
        des_chat_sent(from, used);
        if (event.kind != PARTY_NOTHING) {
            last = event;
        }
        bytes = des_chat_output(from, &length);
    }
    return last;
}
static struct party_event carry(struct des_chat *from, struct des_chat *to) {
    return carry_in_pieces(from, to, SIZE_MAX);
}

static void establish(void) {
    assert_int_equal(carry(&client, &server).kind, PARTY_NOTHING);
    assert_int_equal(carry(&server, &client).kind, PARTY_ESTABLISHED);
    assert_int_equal(carry(&client, &server).kind, PARTY_ESTABLISHED);
    assert_memory_equal(server.key, client.key, DES_KEY_SIZE);
    assert_true(des_key_has_odd_parity(server.key));
}

static void assert_says(struct des_chat *from, struct des_chat *to, const char *text) {
    assert_int_equal(des_chat_say(from, text, strlen(text)), DES_CHAT_OK);
    struct party_event event = carry(from, to);
    assert_int_equal(event.kind, PARTY_MESSAGE);
    assert_int_equal(event.length, strlen(text));
    assert_memory_equal(event.text, text, event.length);
}

// --- the normal run --------------------------------------------------------------------------------------------

static void a_conversation_in_every_mode_and_group(void **state) {
    (void)state;
    static const char *const groups[] = {"toy-1021", "toy-4digit", "modp-1536", "ffdhe2048", "ffdhe3072"};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        for (int cbc = 0; cbc < 2; cbc++) {
            start_with(groups[i], cbc ? MODE_CBC : MODE_ECB, false, false, NULL);
            establish();
            assert_int_equal(des_chat_is_toy(&client), i < 2);
            assert_int_equal(des_chat_is_toy(&server), i < 2);
            assert_true(des_chat_may_say(&client));
            assert_false(des_chat_may_say(&server));
            assert_says(&client, &server, "Hello");
            assert_false(des_chat_may_say(&client));
            assert_says(&server, &client, "");
            assert_says(&client, &server, "exactly 8 bytes, twice over here");
            assert_int_equal(des_chat_say(&server, "exit", 4), DES_CHAT_OK);
            assert_int_equal(server.state, DES_CHAT_OVER);
            assert_int_equal(carry(&server, &client).kind, PARTY_ENDED);
            assert_int_equal(client.state, DES_CHAT_OVER);
            assert_int_equal(client.reason, DES_CHAT_OK);
            assert_int_equal(des_chat_say(&client, "x", 1), DES_CHAT_NOT_NOW);
            struct party_event event;
            des_chat_disconnected(&client, &event);
            assert_int_equal(event.kind, PARTY_NOTHING);
        }
    }
}

// The bytes of the README's steps, as documented: nothing but the plain numbers, in decimal, each in its frame.
static void the_handshake_byte_by_byte(void **state) {
    (void)state;
    start("toy-1021");
    size_t length;
    const uint8_t *bytes = des_chat_output(&client, &length);
    assert_bytes_equal(bytes, length, "0000000a 436f6e6e6563746564 21");
    (void)carry(&client, &server);
    bytes = des_chat_output(&server, &length);
    char ys[8];
    assert_true(bn_to_decimal(ys, sizeof ys, server.public_key));
    uint8_t wire[64] = {0, 0, 0, 4, '1', '0', '2', '1', 0, 0, 0, 2, '2', '2', 0, 0, 0, (uint8_t)strlen(ys)};
    memcpy(wire + 18, ys, sizeof ys);
    assert_int_equal(length, 18 + strlen(ys));
    assert_memory_equal(bytes, wire, length);
    (void)carry(&server, &client);
    bytes = des_chat_output(&client, &length);
    char yc[8];
    assert_true(bn_to_decimal(yc, sizeof yc, client.public_key));
    assert_int_equal(length, 4 + strlen(yc));
    assert_int_equal(bytes[3], strlen(yc));
    assert_memory_equal(bytes + 4, yc, strlen(yc));
}

// Key and ciphertext from the definition, with libcrypto's SHA-1 and DES: Z with its leading zeros.
static void key_and_ciphertext_are_libcryptos(void **state) {
    (void)state;
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default");
    assert_non_null(legacy);
    size_t leading_zeros = 0;
    for (int i = 0; i < 60; i++) {
        bool cbc = i % 2;
        start_with(i < 50 ? "toy-1021" : "modp-1536", cbc ? MODE_CBC : MODE_ECB, false, false, NULL);
        establish();
        mpz_t z;
        mpz_init(z);
        mpz_powm(z, client.public_key, server.private_key, server.group.p);
        uint8_t k[192], digest[20], key[8];
        size_t k_length = bn_byte_length(server.group.p);
        assert_true(bn_i2osp(k, k_length, z));
        leading_zeros += k[0] == 0;
        SHA1(k, k_length, digest);
        for (size_t j = 0; j < 8; j++) {
            key[j] = (uint8_t)((digest[j] & 0xfe) | !(__builtin_popcount(digest[j] & 0xfe) & 1));
        }
        assert_memory_equal(key, client.key, 8);
        mpz_clear(z);

        char text[100];
        test_random_bytes(&test_source, (uint8_t *)text, sizeof text);
        size_t length = (size_t)i, wire_length, ciphertext_length;
        assert_int_equal(des_chat_say(&client, text, length), DES_CHAT_OK);
        const uint8_t *wire = des_chat_output(&client, &wire_length);
        uint8_t ciphertext[200], plaintext[200];
        assert_int_equal(
            base64_decode(ciphertext, &ciphertext_length, (const char *)wire + 4, wire_length - 4, NULL),
            BASE64_OK);
        size_t iv = cbc ? 8 : 0;
        assert_int_equal(ciphertext_length, iv + (length / 8 + 1) * 8);
        EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
        int first, last;
        assert_int_equal(
            EVP_DecryptInit_ex(context, cbc ? EVP_des_cbc() : EVP_des_ecb(), NULL, key, ciphertext), 1);
        assert_int_equal(
            EVP_DecryptUpdate(context, plaintext, &first, ciphertext + iv, (int)(ciphertext_length - iv)), 1);
        assert_int_equal(EVP_DecryptFinal_ex(context, plaintext + first, &last), 1);
        EVP_CIPHER_CTX_free(context);
        assert_int_equal(first + last, length);
        assert_memory_equal(plaintext, text, length);
    }
    assert_true(leading_zeros > 3); // of p = 1021, a quarter: Z below 256
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(standard);
}

static void any_pieces_will_do(void **state) {
    (void)state;
    static const size_t pieces[] = {1, 2, 3, 5, 7, 100};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        start("toy-1021");
        (void)carry_in_pieces(&client, &server, pieces[i]);
        assert_int_equal(carry_in_pieces(&server, &client, pieces[i]).kind, PARTY_ESTABLISHED);
        assert_int_equal(carry_in_pieces(&client, &server, pieces[i]).kind, PARTY_ESTABLISHED);
        assert_int_equal(des_chat_say(&client, "in pieces", 9), DES_CHAT_OK);
        struct party_event event = carry_in_pieces(&client, &server, pieces[i]);
        assert_int_equal(event.kind, PARTY_MESSAGE);
        assert_memory_equal(event.text, "in pieces", 9);
    }
}

static void turns_and_free(void **state) {
    (void)state;
    start("toy-1021");
    assert_int_equal(des_chat_say(&client, "x", 1), DES_CHAT_NOT_NOW); // not established
    establish();
    assert_int_equal(des_chat_say(&server, "x", 1), DES_CHAT_NOT_NOW);
    assert_says(&client, &server, "one");
    assert_int_equal(des_chat_say(&client, "two", 3), DES_CHAT_NOT_NOW);
    // Only the word alone is `exit`.
    assert_says(&server, &client, "exit now");
    assert_says(&client, &server, "exi");
    assert_says(&server, &client, " exit");
    assert_says(&client, &server, "EXIT");
    assert_int_equal(des_chat_say(&server, "exit\0", 5), DES_CHAT_OK);
    assert_int_equal(server.state, DES_CHAT_TALKING);
    (void)carry(&server, &client);
    assert_says(&client, &server, "still here");
    // `exit` out of turn.
    des_chat_exit(&client);
    assert_int_equal(client.reason, DES_CHAT_OK);
    assert_int_equal(carry(&client, &server).kind, PARTY_ENDED);
    assert_int_equal(server.reason, DES_CHAT_OK);

    start_with("toy-1021", MODE_ECB, true, true, NULL);
    establish();
    for (int i = 0; i < 5; i++) {
        assert_says(&server, &client, "the server talks and talks");
    }
    assert_says(&client, &server, "yes");
    assert_says(&client, &server, "yes");
    // Messages that cross.
    assert_int_equal(des_chat_say(&server, "a", 1), DES_CHAT_OK);
    assert_int_equal(des_chat_say(&client, "b", 1), DES_CHAT_OK);
    assert_int_equal(carry(&server, &client).kind, PARTY_MESSAGE);
    assert_int_equal(carry(&client, &server).kind, PARTY_MESSAGE);

    // One end free, the other not: fine until the free one speaks twice in a row; then both ends know why.
    start_with("toy-1021", MODE_ECB, true, false, NULL);
    establish();
    assert_says(&client, &server, "one");
    assert_says(&server, &client, "two");
    assert_int_equal(des_chat_say(&server, "three", 5), DES_CHAT_OK);
    assert_int_equal(carry(&server, &client).kind, PARTY_FAILED);
    assert_int_equal(client.reason, DES_CHAT_OUT_OF_TURN);
    assert_non_null(strstr(des_chat_failure(&client), "--free"));
    assert_int_equal(carry(&client, &server).kind, PARTY_FAILED);
    assert_int_equal(server.reason, DES_CHAT_REFUSED_BY_PEER);
    assert_non_null(strstr(des_chat_failure(&server), "--free must be given at both ends"));
}

static void the_longest_text(void **state) {
    (void)state;
    static char text[DES_CHAT_TEXT_MAX + 2];
    for (int cbc = 0; cbc < 2; cbc++) {
        start_with("toy-1021", cbc ? MODE_CBC : MODE_ECB, true, true, NULL);
        establish();
        size_t max = des_chat_text_max(&client);
        assert_int_equal(max, cbc ? 49143 : 49151);
        test_random_bytes(&test_source, (uint8_t *)text, sizeof text);
        assert_int_equal(des_chat_say(&client, text, max + 1), DES_CHAT_TEXT_TOO_LONG);
        assert_int_equal(client.state, DES_CHAT_TALKING);
        assert_int_equal(des_chat_say(&client, text, max), DES_CHAT_OK);
        size_t length;
        (void)des_chat_output(&client, &length);
        assert_int_equal(length, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX);
        struct party_event event = carry(&client, &server);
        assert_int_equal(event.kind, PARTY_MESSAGE);
        assert_int_equal(event.length, max);
        assert_memory_equal(event.text, text, max);
        // A peer that does not read: at some time there is no room, nothing breaks, and it goes on afterwards.
        size_t said = 0;
        while (des_chat_say(&client, text, max) == DES_CHAT_OK) {
            said++;
        }
        assert_true(said >= 2 && said < 10);
        assert_int_equal(des_chat_say(&client, text, max), DES_CHAT_NO_ROOM);
        assert_int_equal(client.state, DES_CHAT_TALKING);
        for (size_t heard = 0; heard < said; heard++) {
            const uint8_t *bytes = des_chat_output(&client, &length);
            size_t used = des_chat_receive(&server, &event, bytes, length);
            des_chat_sent(&client, used);
            assert_int_equal(event.kind, PARTY_MESSAGE);
            assert_int_equal(event.length, max);
        }
        assert_int_equal(des_chat_say(&client, "short", 5), DES_CHAT_OK);
        assert_int_equal(carry(&client, &server).kind, PARTY_MESSAGE);
    }
}

// --- refusals --------------------------------------------------------------------------------------------------

// Sends a payload in a frame.
static struct party_event send_payload(struct des_chat *to, const void *payload, size_t length) {
    static uint8_t frame[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
    struct party_event event;
    frame_write_header(frame, length);
    memcpy(frame + FRAME_HEADER_SIZE, payload, length);
    size_t used = des_chat_receive(to, &event, frame, FRAME_HEADER_SIZE + length);
    assert_int_equal(used, FRAME_HEADER_SIZE + length);
    return event;
}
static struct party_event send_text(struct des_chat *to, const char *text) {
    return send_payload(to, text, strlen(text));
}

// The end failed for this reason, says so in a line, and has a refusal for its peer that does not contain the details.
static void assert_failed(struct des_chat *chat, enum des_chat_reason reason, const char *here,
                          const char *to_peer) {
    if (chat->reason != reason || strstr(chat->stream.failure, here) == NULL) {
        print_error("reason %d: %s\n", (int)chat->reason, chat->stream.failure);
    }
    assert_int_equal(chat->state, DES_CHAT_OVER);
    assert_int_equal(chat->reason, reason);
    assert_non_null(strstr(chat->stream.failure, here));
    size_t length;
    const uint8_t *bytes = des_chat_output(chat, &length);
    if (to_peer == NULL) {
        assert_int_equal(length, 0);
        return;
    }
    char refusal[200];
    int count = snprintf(refusal, sizeof refusal, "Refused: %s", to_peer);
    assert_true(length >= FRAME_HEADER_SIZE + (size_t)count);
    assert_memory_equal(bytes + length - count, refusal, (size_t)count);
    assert_int_equal(bytes[length - (size_t)count - 1], count);
    // What comes later is taken and ignored.
    assert_int_equal(send_text(chat, "more").kind, PARTY_NOTHING);
}

static void a_wrong_peer_is_noticed(void **state) {
    (void)state;
    struct party_event event;
    start("toy-1021");
    static const uint8_t http[] = "GET / HTTP/1.1\r\n";
    assert_int_equal(des_chat_receive(&server, &event, http, sizeof http - 1), 4);
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_failed(&server, DES_CHAT_FRAME_TOO_LARGE, "1195725856", "frames may have 65536 bytes at most");
    start("toy-1021");
    assert_int_equal(des_chat_receive(&server, &event, (const uint8_t *)"\x00\x01\x00\x01x", 5), 4);
    assert_failed(&server, DES_CHAT_FRAME_TOO_LARGE, "65537", "frames may have 65536 bytes at most");
    static const char *const not_connected[] = {
        "", "connected!", "Connected", "Connected!!", "Connected!\n", "1021"};
    for (size_t i = 0; i < sizeof not_connected / sizeof not_connected[0]; i++) {
        start("toy-1021");
        assert_int_equal(send_text(&server, not_connected[i]).kind, PARTY_FAILED);
        assert_failed(&server, DES_CHAT_MALFORMED, "message 1 (Connected!) from the client",
                      "that is not the message that belongs here");
    }
    // 64 KiB of anything.
    static uint8_t large[FRAME_PAYLOAD_MAX];
    start("toy-1021");
    assert_int_equal(send_payload(&server, large, sizeof large).kind, PARTY_FAILED);
    assert_int_equal(server.reason, DES_CHAT_MALFORMED);
}

static void the_group_is_examined(void **state) {
    (void)state;
    static const char *const not_numbers[] = {"",      "-5",  "+7",  "007", " 7",   "7 ",
                                              "0x3fd", "7\n", "1e3", "7.0", "1\x00"};
    for (size_t i = 0; i < sizeof not_numbers / sizeof not_numbers[0]; i++) {
        for (int message = 2; message <= 4; message++) {
            start("toy-1021");
            if (message > 2) {
                assert_int_equal(send_text(&client, "1021").kind, PARTY_NOTHING);
            }
            if (message > 3) {
                assert_int_equal(send_text(&client, "22").kind, PARTY_NOTICE);
            }
            if (i == 10) {
                assert_int_equal(send_payload(&client, "1\x00", 2).kind, PARTY_FAILED);
            } else {
                assert_int_equal(send_text(&client, not_numbers[i]).kind, PARTY_FAILED);
            }
            char place[40];
            (void)snprintf(place, sizeof place, "message %d (%s)", message,
                           message == 2   ? "p"
                           : message == 3 ? "g"
                                          : "Ys");
            assert_failed(&client, DES_CHAT_MALFORMED, place, "that is not the message that belongs here");
        }
    }
    static const struct {
        const char *p, *g;
    } bad[] = {{"0", "2"},
               {"1", "2"},
               {"2", "1"},
               {"3", "2"},
               {"1022", "3"},
               {"1023", "2"}, // 3*11*31
               {"1021", "0"},
               {"1021", "1"},
               {"1021", "1020"},
               {"1021", "1021"},
               {"1021", "5000"},
               {"340561", "2"},               // a Carmichael number: 13*17*23*67
               {"3215031751", "2"},           // a strong pseudoprime to the bases 2, 3, 5 and 7
               {"3825123056546413051", "2"}}; // and to 2 to 23
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start("toy-1021");
        assert_int_equal(send_text(&client, bad[i].p).kind, PARTY_NOTHING);
        assert_int_equal(send_text(&client, bad[i].g).kind, PARTY_FAILED);
        assert_failed(&client, DES_CHAT_BAD_GROUP, "the server's group", "the group is not acceptable");
    }
    // Too long to be examined: refused without computing anything. 2049 bits; 8192 bits; and beyond what is a number here.
    mpz_t p;
    mpz_init(p);
    static const unsigned long bits[] = {2049, 4096, 8192};
    static char digits[FIELD_DECIMAL_DIGITS_MAX + 3];
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        mpz_ui_pow_ui(p, 2, bits[i]);
        mpz_sub_ui(p, p, 1);
        mpz_setbit(p, bits[i] - 1);
        assert_true(bn_to_decimal(digits, sizeof digits, p));
        start("toy-1021");
        assert_int_equal(send_text(&client, digits).kind, PARTY_NOTHING);
        assert_int_equal(send_text(&client, "2").kind, PARTY_FAILED);
        assert_failed(&client, DES_CHAT_GROUP_TOO_LARGE, "2048 bits", "the group is not acceptable");
    }
    mpz_clear(p);
    memset(digits, '7', sizeof digits);
    digits[FIELD_DECIMAL_DIGITS_MAX + 1] = '\0';
    start("toy-1021");
    assert_int_equal(send_text(&client, digits).kind, PARTY_FAILED);
    assert_failed(&client, DES_CHAT_MALFORMED, "too long", "that is not the message that belongs here");
    // A group of the peer's own that is one: 2039 = 2 * 1019 + 1 is a safe prime.
    start("toy-1021");
    assert_int_equal(send_text(&client, "2039").kind, PARTY_NOTHING);
    assert_int_equal(send_text(&client, "4").kind, PARTY_NOTICE);
    assert_true(client.group.safe_prime);
    assert_int_equal(send_text(&client, "16").kind, PARTY_ESTABLISHED);
}

static void public_values_are_checked(void **state) {
    (void)state;
    static const char *const bad[] = {"0", "1", "1020", "1021", "1022", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start("toy-1021");
        (void)send_text(&client, "1021");
        (void)send_text(&client, "22");
        assert_int_equal(send_text(&client, bad[i]).kind, PARTY_FAILED);
        assert_failed(&client, DES_CHAT_BAD_PUBLIC_VALUE, "message 4 (Ys) from the server",
                      "the public value is not acceptable");
        start("toy-1021");
        (void)carry(&client, &server);
        assert_int_equal(send_text(&server, bad[i]).kind, PARTY_FAILED);
        assert_failed(&server, DES_CHAT_BAD_PUBLIC_VALUE, "message 5 (Yc) from the client",
                      "the public value is not acceptable");
    }
    // Outside the subgroup of a safe prime: p - 4 is no square, as p = 3 mod 4 for every safe prime above 5.
    mpz_t y;
    mpz_init(y);
    start("modp-1536");
    (void)carry(&client, &server);
    mpz_sub_ui(y, server.group.p, 4);
    char text[FIELD_DECIMAL_DIGITS_MAX];
    assert_true(bn_to_decimal(text, sizeof text, y));
    assert_int_equal(send_text(&server, text).kind, PARTY_FAILED);
    assert_failed(&server, DES_CHAT_BAD_PUBLIC_VALUE, "y^q", "the public value is not acceptable");
    // A y of small order in the toy group: 1021 has elements of order 3 and 4. The client draws until Z is not trivial; a
    // server that would get 1 or p-1 refuses.
    for (int i = 0; i < 50; i++) {
        start("toy-1021");
        (void)carry(&client, &server);
        mpz_set_ui(y, 22);
        mpz_powm_ui(y, y, 1020 / 4, server.group.p);
        assert_true(bn_to_decimal(text, sizeof text, y));
        struct party_event event = send_text(&server, text);
        bool trivial = mpz_even_p(server.private_key);
        assert_int_equal(event.kind, trivial ? PARTY_FAILED : PARTY_ESTABLISHED);
        if (trivial) {
            assert_failed(&server, DES_CHAT_BAD_SECRET, "shared secret",
                          "the public value is not acceptable");
        }
        (void)send_text(&client, "1021");
        (void)send_text(&client, "22");
        assert_int_equal(send_text(&client, text).kind, PARTY_ESTABLISHED);
    }
    mpz_clear(y);
}

static void messages_that_cannot_be_read(void **state) {
    (void)state;
    // No base64; no whole blocks; empty; a wrong padding. To the peer all are the same.
    static const char *const bad[] = {
        "", "Hello", "AAAA", "AAAAAAAAAA==", "AAAAAAAAAAB=", "AAAAAAAAAAAAAAAA", "Refused:x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        start("toy-1021");
        establish();
        assert_int_equal(send_text(&server, bad[i]).kind, PARTY_FAILED);
        assert_failed(&server, DES_CHAT_UNDECRYPTABLE, "message 6 (message) from the client",
                      "a message could not be read");
    }
    // Another key: refused, or by chance readable; a padding of 01 is right once in 256 times.
    unsigned refused = 0;
    for (int i = 0; i < 100; i++) {
        start("toy-1021");
        establish();
        server.key[i % 8] ^= 0x10;
        assert_int_equal(des_chat_say(&client, "secret", 6), DES_CHAT_OK);
        refused += carry(&client, &server).kind == PARTY_FAILED;
    }
    assert_true(refused > 90);
    // CBC wants an IV and a block.
    start_with("toy-1021", MODE_CBC, false, false, NULL);
    establish();
    assert_int_equal(send_text(&server, "AAAAAAAAAAA=").kind, PARTY_FAILED);
    assert_int_equal(server.reason, DES_CHAT_UNDECRYPTABLE);
}

static void refusals_arrive(void **state) {
    (void)state;
    start("toy-1021");
    des_chat_sent(&client, 14); // `Connected!` is under way
    assert_int_equal(send_text(&client, "Refused: busy with another client").kind, PARTY_FAILED);
    assert_failed(&client, DES_CHAT_REFUSED_BY_PEER, "the server refused: busy with another client", NULL);
    // Only printable text goes to a screen.
    start("toy-1021");
    des_chat_sent(&client, 14);
    assert_int_equal(send_text(&client, "Refused: \x1b[2J").kind, PARTY_FAILED);
    assert_int_equal(client.reason, DES_CHAT_MALFORMED);
    assert_null(strchr(des_chat_failure(&client), 0x1b));

    for (enum des_chat_reason reason = DES_CHAT_FRAME_TOO_LARGE; reason <= DES_CHAT_NO_ROOM; reason++) {
        assert_true(strlen(des_chat_reason_text(reason)) > 3);
        size_t length;
        start("toy-1021");
        des_chat_sent(&client, 14);
        des_chat_abandon(&server, reason);
        if (des_chat_output(&server, &length), length > 0) {
            assert_int_equal(carry(&server, &client).kind, PARTY_FAILED);
            assert_failed(&client, DES_CHAT_REFUSED_BY_PEER, "the server refused: ", NULL);
        }
    }
}

static void silence_and_disconnects(void **state) {
    (void)state;
    struct party_event event;
    start("toy-1021");
    des_chat_abandon(&server, DES_CHAT_SILENT);
    assert_failed(&server, DES_CHAT_SILENT, "waiting for message 1 (Connected!) from the client: no answer",
                  "no answer within the time allowed");
    start("toy-1021");
    des_chat_exit(&client);
    assert_int_equal(client.reason, DES_CHAT_GIVEN_UP);
    // The server takes the greeting, then the refusal.
    (void)carry(&client, &server);
    assert_int_equal(server.reason, DES_CHAT_REFUSED_BY_PEER);

    start("toy-1021");
    des_chat_disconnected(&client, &event);
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_non_null(strstr(des_chat_failure(&client), "before message 2 (p) from the server"));
    start("toy-1021");
    assert_int_equal(des_chat_receive(&server, &event,
                                      (const uint8_t *)"\0\0\0\x0a"
                                                       "Conn",
                                      8),
                     8);
    des_chat_disconnected(&server, &event);
    assert_non_null(strstr(des_chat_failure(&server), "in the middle of message 1"));
    start("toy-1021");
    establish();
    des_chat_disconnected(&server, &event);
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_int_equal(server.reason, DES_CHAT_DISCONNECTED);
    assert_non_null(strstr(des_chat_failure(&server), "without `exit`"));
}

static bool no_randomness(void *context, uint8_t *out, size_t length) {
    (void)context;
    (void)out;
    (void)length;
    return false;
}

static void without_randomness_nothing_starts(void **state) {
    (void)state;
    start("toy-1021");
    (void)carry(&client, &server);
    random_set_source(no_randomness, NULL);
    assert_int_equal(carry(&server, &client).kind, PARTY_FAILED);
    assert_int_equal(client.reason, DES_CHAT_NO_RANDOM);
    stop();
    struct des_chat_options options = {.group = "toy-1021"};
    assert_int_equal(des_chat_start(&server, DES_CHAT_SERVER, &options), DES_CHAT_NO_RANDOM);
    options.group = "toy-1022";
    assert_int_equal(des_chat_start(&server, DES_CHAT_SERVER, &options), DES_CHAT_UNKNOWN_GROUP);
    random_set_source(test_random_source, &test_source);
    start_with("toy-1021", MODE_CBC, false, false, NULL);
    establish();
    random_set_source(no_randomness, NULL);
    assert_int_equal(des_chat_say(&client, "x", 1), DES_CHAT_NO_RANDOM);
    assert_int_equal(client.state, DES_CHAT_OVER);
    random_set_source(test_random_source, &test_source);
}

// --- every message, cut and changed ----------------------------------------------------------------------------

// The i-th frame of a conversation (1 to 7), delivered after `damage` has had it; both ends before it are undamaged.
enum { FRAMES = 7 };
static uint8_t damaged[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
static size_t next_frame(struct des_chat *from) {
    size_t length;
    const uint8_t *bytes = des_chat_output(from, &length);
    assert_true(length >= FRAME_HEADER_SIZE);
    size_t frame = FRAME_HEADER_SIZE + ((size_t)bytes[2] << 8 | bytes[3]);
    assert_true(frame <= length);
    memcpy(damaged, bytes, frame);
    des_chat_sent(from, frame);
    return frame;
}
// Runs up to the i-th frame, which is left in `damaged`; *to is who would get it.
static size_t run_up_to(int number, struct des_chat **to) {
    test_random_seed(&test_source, 77);
    start("toy-1021");
    for (int i = 1;; i++) {
        struct des_chat *from = i == 1 || i == 5 || i == 6 ? &client : &server;
        *to = from == &client ? &server : &client;
        if (i >= 6) {
            assert_int_equal(des_chat_say(from, "Hello there", 11), DES_CHAT_OK);
        }
        size_t length = next_frame(from);
        if (i == number) {
            return length;
        }
        struct party_event event;
        assert_int_equal(des_chat_receive(*to, &event, damaged, length), length);
        assert_int_not_equal(event.kind, PARTY_FAILED);
    }
}

static void every_cut_is_noticed(void **state) {
    (void)state;
    for (int number = 1; number <= FRAMES; number++) {
        struct des_chat *to;
        size_t length = run_up_to(number, &to);
        for (size_t cut = 0; cut < length; cut++) {
            struct party_event event;
            (void)run_up_to(number, &to);
            assert_int_equal(des_chat_receive(to, &event, damaged, cut), cut);
            assert_int_equal(event.kind, PARTY_NOTHING);
            des_chat_disconnected(to, &event);
            assert_int_equal(event.kind, PARTY_FAILED);
            assert_int_equal(to->reason, DES_CHAT_DISCONNECTED);
            assert_true(strlen(to->stream.failure) > 20);
            // The same cut, with the length to match.
            if (cut >= FRAME_HEADER_SIZE) {
                (void)run_up_to(number, &to);
                frame_write_header(damaged, cut - FRAME_HEADER_SIZE);
                assert_int_equal(des_chat_receive(to, &event, damaged, cut), cut);
                if (number == 1 || number >= 6 || cut == FRAME_HEADER_SIZE) {
                    assert_int_equal(event.kind, PARTY_FAILED);
                }
                assert_true(event.kind != PARTY_FAILED || strlen(to->stream.failure) > 20);
            }
        }
    }
}

static void every_changed_byte_ends_well(void **state) {
    (void)state;
    size_t refused = 0, waiting = 0, unnoticed = 0;
    for (int number = 1; number <= FRAMES; number++) {
        struct des_chat *to;
        size_t length = run_up_to(number, &to);
        for (size_t at = 0; at < length; at++) {
            for (int change = 1; change < 256; change += number < 6 ? 1 : 5) {
                struct party_event event = {.kind = PARTY_NOTHING};
                (void)run_up_to(number, &to);
                damaged[at] = (uint8_t)(damaged[at] ^ change);
                size_t done = 0;
                while (done < length && to->state != DES_CHAT_OVER) {
                    done += des_chat_receive(to, &event, damaged + done, length - done);
                }
                if (to->state == DES_CHAT_OVER) {
                    assert_true(to->reason != DES_CHAT_OK);
                    assert_true(strlen(to->stream.failure) > 20);
                    refused++;
                } else if (frame_is_partial(&to->stream.in)) {
                    des_chat_disconnected(to, &event);
                    assert_int_equal(to->reason, DES_CHAT_DISCONNECTED);
                    waiting++;
                } else {
                    unnoticed++; // another digit, another block: as written, the protocol authenticates nothing
                }
            }
        }
    }
    assert_true(refused > 10000 && waiting > 1000 && unnoticed > 100);
}

// Every message where another belongs.
static void wrong_order(void **state) {
    (void)state;
    static const char *const payloads[] = {"Connected!", "1021", "22", "AAAAAAAAAAA="};
    for (int number = 1; number <= 5; number++) {
        for (size_t i = 0; i < 4; i++) {
            struct des_chat *to;
            (void)run_up_to(number, &to);
            bool decimal = i == 1 || i == 2;
            struct party_event event = send_text(to, payloads[i]);
            if ((number == 1 && i != 0) || (number > 1 && !decimal)) {
                assert_int_equal(event.kind, PARTY_FAILED);
                assert_int_equal(to->reason, DES_CHAT_MALFORMED);
            }
        }
    }
    // Handshake messages once the conversation runs.
    for (size_t i = 0; i < 3; i++) {
        start("toy-1021");
        establish();
        assert_int_equal(send_text(&server, payloads[i]).kind, PARTY_FAILED);
        assert_int_equal(server.reason, DES_CHAT_UNDECRYPTABLE);
    }
}

static void garbage(void **state) {
    (void)state;
    struct party_event event;
    for (int i = 0; i < 3000; i++) {
        struct des_chat *to;
        (void)run_up_to(1 + i % FRAMES, &to);
        struct test_random random;
        test_random_seed(&random, (uint64_t)i);
        uint8_t bytes[300];
        test_random_bytes(&random, bytes, sizeof bytes);
        if (i % 3 != 0) {
            frame_write_header(bytes, test_random_below(&random, 40));
        }
        size_t done = 0;
        while (done < sizeof bytes) {
            size_t used = des_chat_receive(to, &event, bytes + done, sizeof bytes - done);
            assert_true(used > 0);
            done += used;
        }
        des_chat_disconnected(to, &event);
        assert_int_equal(to->state, DES_CHAT_OVER);
        assert_true(strlen(to->stream.failure) > 20);
    }
}

// --- explanations ----------------------------------------------------------------------------------------------

struct collector {
    struct explain_sink sink;
    unsigned sent, received;
    char order[200];
    uint8_t key[2][8];
    unsigned keys;
    bool text_seen;
};

static void collect(struct explain_sink *sink, const struct explanation *explanation) {
    struct collector *collector = (struct collector *)sink;
    const struct message_type *type = explanation->message->type;
    assert_string_not_equal(explanation->sender, explanation->receiver);
    assert_true(explanation->number >= 1 && explanation->count <= EXPLAINED_VALUES_MAX);
    assert_true(type->meaning != NULL && type->computed != NULL && type->both_know != NULL);
    for (size_t i = 0; i < type->count; i++) {
        assert_true(strlen(type->fields[i].meaning) > 5);
        assert_true(explanation->message->fields[i].offset + explanation->message->fields[i].length <=
                    explanation->message->length);
    }
    if (explanation->sent) {
        collector->sent++;
        (void)snprintf(collector->order + strlen(collector->order),
                       sizeof collector->order - strlen(collector->order), "%u%c:%s ", explanation->number,
                       explanation->sender[0], type->name);
    } else {
        collector->received++;
        assert_non_null(explanation->checked);
    }
    for (size_t i = 0; i < explanation->count; i++) {
        const struct explained_value *value = &explanation->values[i];
        assert_true((value->bytes != NULL) + (value->integer != NULL) + (value->text != NULL) == 1);
        if (strcmp(value->name, "DES key") == 0 && value->bytes != NULL && type == &des_chat_yc) {
            memcpy(collector->key[collector->keys++ & 1], value->bytes, 8);
        }
        if (strcmp(value->name, "text") == 0 && value->bytes != NULL) {
            collector->text_seen = value->length == 5 && memcmp(value->bytes, "Hello", 5) == 0;
        }
    }
}

static void every_message_is_explained_at_both_ends(void **state) {
    (void)state;
    struct collector collector = {.sink = {collect}, .order = ""};
    start_with("ffdhe2048", MODE_CBC, false, false, &collector.sink);
    establish();
    assert_says(&client, &server, "Hello");
    assert_true(collector.text_seen);
    assert_string_equal(collector.order, "1c:Connected! 2s:p 3s:g 4s:Ys 5c:Yc 6c:message ");
    assert_int_equal(collector.sent, 6);
    assert_int_equal(collector.received, 6);
    assert_int_equal(collector.keys, 2);
    assert_memory_equal(collector.key[0], collector.key[1], 8);
    assert_memory_equal(collector.key[0], client.key, 8);
}

int main(void) {
    test_random_seed(&test_source, 8001);
    random_set_source(test_random_source, &test_source);
    des_chat_init(&server);
    des_chat_init(&client);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_in_every_mode_and_group),
        cmocka_unit_test(the_handshake_byte_by_byte),
        cmocka_unit_test(key_and_ciphertext_are_libcryptos),
        cmocka_unit_test(any_pieces_will_do),
        cmocka_unit_test(turns_and_free),
        cmocka_unit_test(the_longest_text),
        cmocka_unit_test(a_wrong_peer_is_noticed),
        cmocka_unit_test(the_group_is_examined),
        cmocka_unit_test(public_values_are_checked),
        cmocka_unit_test(messages_that_cannot_be_read),
        cmocka_unit_test(refusals_arrive),
        cmocka_unit_test(silence_and_disconnects),
        cmocka_unit_test(without_randomness_nothing_starts),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(every_changed_byte_ends_well),
        cmocka_unit_test(wrong_order),
        cmocka_unit_test(garbage),
        cmocka_unit_test(every_message_is_explained_at_both_ends),
    };
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    des_chat_clear(&server);
    des_chat_clear(&client);
    return status;
}
