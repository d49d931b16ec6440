// protocols/rsa_chat: a room in memory; every refusal; every message cut, changed, and out of order.
#include "tests/rsa_support.h"

#include "protocols/rsa_chat.h"
#include "protocols/rsa_key_file.h"

#include "bignum/encoding.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

// --- a room and three clients ----------------------------------------------------------------------------------

enum { ENDS = 3 };
static struct test_random test_source;
static struct rsa_chat_room room;
static struct rsa_chat server[ENDS], client[ENDS];
// Made once: the server's and the clients' of 1024 bits, and small ones for what is repeated often.
static struct rsa_private_key server_key, client_key[ENDS], small_server_key, small_client_key;
static struct rsa_chat_identity identity[ENDS];

static void copy_key(struct rsa_private_key *to, const struct rsa_private_key *from) {
    mpz_set(to->public.n, from->public.n);
    mpz_set(to->public.e, from->public.e);
    mpz_set(to->d, from->d);
    mpz_set(to->p, from->p);
    mpz_set(to->q, from->q);
    mpz_set(to->dP, from->dP);
    mpz_set(to->dQ, from->dQ);
    mpz_set(to->qInv, from->qInv);
}

static void stop(void) {
    for (size_t i = 0; i < ENDS; i++) {
        rsa_chat_clear(&server[i]);
        rsa_chat_clear(&client[i]);
        rsa_chat_identity_clear(&identity[i]);
    }
    rsa_chat_room_clear(&room);
    for (size_t i = 0; i < ENDS; i++) {
        rsa_chat_init(&server[i]);
        rsa_chat_init(&client[i]);
        rsa_chat_identity_init(&identity[i]);
    }
    rsa_chat_room_init(&room);
}

static void open_room(const struct rsa_private_key *key) {
    stop();
    copy_key(&room.identity.key, key);
    assert_true(rsa_chat_identity_from_key(&room.identity));
    assert_true(rsa_chat_room_open(&room));
}

static void start_pair(size_t i, const struct rsa_private_key *key, const char *name) {
    copy_key(&identity[i].key, key);
    assert_true(rsa_chat_identity_from_key(&identity[i]));
    rsa_chat_start_server(&server[i], &room, "client", NULL);
    assert_int_equal(rsa_chat_start_client(&client[i], &identity[i], name, NULL), RSA_CHAT_OK);
}

// A room with one small client that has just been started.
static void start(void) {
    open_room(&small_server_key);
    start_pair(0, &small_client_key, "alice");
}

// Everything `from` has to send goes to `to`, in pieces of at most `piece` bytes; the last event that was one. Texts of
// events are kept.
static char heard[4][RSA_CHAT_CIPHERTEXT_MAX + 64]; // the last ones, newest first, "from|text" or "*text"
static void remember(const struct party_event *event) {
    memmove(heard[1], heard[0], sizeof heard - sizeof heard[0]);
    (void)snprintf(heard[0], sizeof heard[0], "%s%s%.*s", event->kind == PARTY_MESSAGE ? event->from : "",
                   event->kind == PARTY_MESSAGE ? "|" : "", (int)event->length, (const char *)event->text);
}
static struct party_event carry_in_pieces(struct rsa_chat *from, struct rsa_chat *to, size_t piece) {
    struct party_event last = {.kind = PARTY_NOTHING}, event;
    size_t length;
    const uint8_t *bytes = stream_output(&from->stream, &length);
    while (length > 0) {
        size_t part = length < piece ? length : piece;
        size_t used = rsa_chat_receive(to, &event, bytes, part);
        assert_true(used > 0 && used <= part);
        stream_sent(&from->stream, used);
        if (event.kind != PARTY_NOTHING) {
            last = event;
            if (event.text != NULL) {
                remember(&event);
            }
        }
        bytes = stream_output(&from->stream, &length);
    }
    return last;
}
static struct party_event carry(struct rsa_chat *from, struct rsa_chat *to) {
    return carry_in_pieces(from, to, SIZE_MAX);
}

static void establish(size_t i) {
    assert_int_equal(carry(&client[i], &server[i]).kind, PARTY_NOTHING);     // public key
    assert_int_equal(carry(&server[i], &client[i]).kind, PARTY_NOTHING);     // session key
    assert_int_equal(carry(&client[i], &server[i]).kind, PARTY_NOTHING);     // session back
    assert_int_equal(carry(&server[i], &client[i]).kind, PARTY_ESTABLISHED); // Ready
    assert_int_equal(carry(&client[i], &server[i]).kind, PARTY_ESTABLISHED); // name
    assert_int_equal(carry(&server[i], &client[i]).kind, PARTY_NOTICE);      // welcome
    assert_memory_equal(server[i].key, client[i].key, RSA_CHAT_KEY_SIZE);
}

static void say(struct rsa_chat *from, const char *text) {
    assert_int_equal(rsa_chat_say(from, text, strlen(text)), RSA_CHAT_OK);
}

// --- the normal run --------------------------------------------------------------------------------------------

static void three_people_talk(void **state) {
    (void)state;
    open_room(&server_key);
    static const char *const names[] = {"alice", "bob", "carol"};
    for (size_t i = 0; i < 3; i++) {
        start_pair(i, &client_key[i], names[i]);
        establish(i);
        static const char *const welcomes[] = {"* you are alice; nobody else is here",
                                               "* you are bob; here: alice",
                                               "* you are carol; here: alice, bob"};
        assert_string_equal(heard[0], welcomes[i]);
    }
    assert_string_equal(heard[1], "carol has joined.");
    assert_string_equal(heard[2],
                        "Connected as carol, with the server's AES key. Type at any time; `quit` leaves.");
    (void)carry(&server[0], &client[0]);
    assert_string_equal(heard[0], "* carol has joined");
    assert_string_equal(heard[1], "* bob has joined");
    (void)carry(&server[1], &client[1]);

    say(&client[1], "Hello, all");
    struct party_event event = carry(&client[1], &server[1]);
    assert_int_equal(event.kind, PARTY_MESSAGE);
    assert_string_equal(heard[0], "bob|Hello, all");
    for (size_t i = 0; i < 3; i++) {
        size_t length;
        (void)stream_output(&server[i].stream, &length);
        assert_int_equal(length,
                         i == 1 ? 0 : FRAME_HEADER_SIZE + 16); // "bob: Hello, all" and one byte of padding
        event = carry(&server[i], &client[i]);
        assert_int_equal(event.kind, i == 1 ? PARTY_NOTHING : PARTY_MESSAGE);
        assert_string_equal(heard[0], "bob|Hello, all");
    }
    // An empty line; every byte there is.
    say(&client[0], "");
    assert_int_equal(carry(&client[0], &server[0]).kind, PARTY_MESSAGE);
    event = carry(&server[2], &client[2]);
    assert_string_equal(event.from, "alice");
    assert_int_equal(event.length, 0);
    uint8_t bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    assert_int_equal(rsa_chat_say(&client[2], bytes, sizeof bytes), RSA_CHAT_OK);
    event = carry(&client[2], &server[2]);
    assert_int_equal(event.length, sizeof bytes);
    event = carry(&server[0], &client[0]);
    assert_string_equal(event.from, "carol");
    assert_memory_equal(event.text, bytes, sizeof bytes);
    (void)carry(&server[1], &client[1]);

    // The server's user says something to all, by way of the room or of any end.
    assert_true(rsa_chat_room_may_say(&room));
    assert_int_equal(rsa_chat_room_say(&room, "Dinner!", 7), RSA_CHAT_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(carry(&server[i], &client[i]).kind, PARTY_MESSAGE);
        assert_string_equal(heard[0], "server|Dinner!");
    }
    say(&server[0], "Now!");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(carry(&server[i], &client[i]).kind, PARTY_MESSAGE);
        assert_string_equal(heard[0], "server|Now!");
    }

    // Messages that cross.
    say(&client[0], "a");
    say(&client[1], "b");
    (void)carry(&client[0], &server[0]);
    (void)carry(&client[1], &server[1]);
    (void)carry(&server[1], &client[1]);
    assert_string_equal(heard[0], "alice|a");
    (void)carry(&server[0], &client[0]);
    assert_string_equal(heard[0], "bob|b");
    (void)carry(&server[2], &client[2]);
    assert_string_equal(heard[0], "bob|b");
    assert_string_equal(heard[1], "alice|a");

    // Leaving: with `quit`, and without; in the end the server.
    say(&client[0], "quit");
    assert_int_equal(client[0].state, RSA_CHAT_OVER);
    assert_int_equal(rsa_chat_say(&client[0], "x", 1), RSA_CHAT_NOT_NOW);
    assert_int_equal(carry(&client[0], &server[0]).kind, PARTY_ENDED);
    assert_string_equal(heard[0], "alice has left (`quit`).");
    assert_int_equal(room.count, 2);
    (void)carry(&server[1], &client[1]);
    assert_string_equal(heard[0], "* alice has left");
    rsa_chat_disconnected(&server[1], &event);
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_int_equal(room.count, 1);
    (void)carry(&server[2], &client[2]);
    assert_string_equal(heard[0], "* bob is gone");
    assert_string_equal(heard[1], "* alice has left");
    rsa_chat_quit(&server[2]);
    assert_int_equal(room.count, 0);
    assert_int_equal(carry(&server[2], &client[2]).kind, PARTY_ENDED);
    assert_string_equal(heard[0], "The server has left (`quit`).");
    assert_int_equal(client[2].reason, RSA_CHAT_OK);
    rsa_chat_disconnected(&client[2], &event);
    assert_int_equal(event.kind, PARTY_NOTHING);
    assert_int_equal(rsa_chat_room_say(&room, "alone", 5), RSA_CHAT_OK);
}

static void any_pieces_will_do(void **state) {
    (void)state;
    static const size_t pieces[] = {1, 2, 3, 5, 7, 100};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        start();
        for (int round = 0; round < 3; round++) {
            (void)carry_in_pieces(&client[0], &server[0], pieces[i]);
            (void)carry_in_pieces(&server[0], &client[0], pieces[i]);
        }
        assert_string_equal(heard[0], "* you are alice; nobody else is here");
        say(&client[0], "in pieces");
        assert_int_equal(carry_in_pieces(&client[0], &server[0], pieces[i]).kind, PARTY_MESSAGE);
        assert_string_equal(heard[0], "alice|in pieces");
    }
}

// --- the bytes, by libcrypto -----------------------------------------------------------------------------------

static void hex_md5(char out[static 33], const void *in, size_t length) {
    uint8_t digest[16];
    assert_int_equal(EVP_Digest(in, length, digest, NULL, EVP_md5(), NULL), 1);
    for (size_t i = 0; i < 16; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

// c^d mod n by libcrypto, without padding.
static void decrypt_raw(uint8_t *out, const struct rsa_private_key *key, const uint8_t *in, size_t length) {
    char pem[RSA_KEY_FILE_MAX];
    size_t pem_length;
    assert_int_equal(rsa_key_write_pem(pem, sizeof pem, &pem_length, key, RSA_KEY_PKCS8), KEY_FILE_OK);
    BIO *bio = BIO_new_mem_buf(pem, (int)pem_length);
    EVP_PKEY *theirs = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_non_null(theirs);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(theirs, NULL);
    size_t out_length = length;
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(context, out, &out_length, in, length), 1);
    assert_int_equal(out_length, length);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(theirs);
    BIO_free(bio);
}

static void assert_decrypts(const uint8_t *ciphertext, size_t length, const uint8_t *key, const uint8_t *iv,
                            const char *expected) {
    uint8_t text[400];
    int first, last;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(context, EVP_aes_128_cbc(), NULL, key, iv), 1);
    assert_int_equal(EVP_DecryptUpdate(context, text, &first, ciphertext, (int)length), 1);
    assert_int_equal(EVP_DecryptFinal_ex(context, text + first, &last), 1);
    EVP_CIPHER_CTX_free(context);
    assert_int_equal(first + last, strlen(expected));
    assert_memory_equal(text, expected, strlen(expected));
}

static void the_handshake_byte_by_byte(void **state) {
    (void)state;
    open_room(&server_key);
    start_pair(0, &client_key[0], "alice");
    size_t length;
    char digest[33];
    uint8_t m[128];

    // 1: length, PEM, MD5 in hex.
    const uint8_t *wire = stream_output(&client[0].stream, &length);
    size_t pem = identity[0].public_pem_length;
    assert_int_equal(length, 4 + 4 + pem + 32);
    assert_int_equal(wire[2] << 8 | wire[3], length - 4);
    assert_int_equal(wire[6] << 8 | wire[7], pem);
    assert_memory_equal(wire + 8, "-----BEGIN PUBLIC KEY-----\n", 27);
    hex_md5(digest, wire + 8, pem);
    assert_memory_equal(wire + 8 + pem, digest, 32);
    BIO *bio = BIO_new_mem_buf(wire + 8, (int)pem);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_bits(key), 1024);
    EVP_PKEY_free(key);
    BIO_free(bio);
    (void)carry(&client[0], &server[0]);

    // 2: length, c, length, PEM; c is m^e, and m is 74 bytes.
    wire = stream_output(&server[0].stream, &length);
    pem = room.identity.public_pem_length;
    assert_int_equal(length, 4 + 4 + 128 + 4 + pem);
    assert_bytes_equal(wire + 4, 4, "00000080");
    assert_memory_equal(wire + 140, room.identity.public_pem, pem);
    decrypt_raw(m, &client_key[0], wire + 8, 128);
    for (size_t i = 0; i < 128 - 74; i++) {
        assert_int_equal(m[i], 0);
    }
    const uint8_t *secret = m + 128 - 74;
    assert_memory_equal(secret, room.session, 8);
    hex_md5(digest, room.session, 8);
    assert_int_equal(secret[8], ':');
    assert_memory_equal(secret + 9, digest, 32);
    assert_int_equal(secret[41], ':');
    hex_md5(digest, room.identity.public_pem, pem);
    assert_memory_equal(secret + 42, digest, 32);
    (void)carry(&server[0], &client[0]);

    // 3: c alone; m is the session, without anything.
    wire = stream_output(&client[0].stream, &length);
    assert_int_equal(length, 4 + 128);
    decrypt_raw(m, &server_key, wire + 4, 128);
    for (size_t i = 0; i < 120; i++) {
        assert_int_equal(m[i], 0);
    }
    assert_memory_equal(m + 120, room.session, 8);
    (void)carry(&client[0], &server[0]);

    // 4: key, IV = key, `Ready`; then the chain goes on, each direction for itself.
    uint8_t aes[16], to_client[16], to_server[16];
    for (size_t i = 0; i < 8; i++) {
        aes[i] = aes[15 - i] = room.session[i];
    }
    wire = stream_output(&server[0].stream, &length);
    assert_int_equal(length, 4 + 16);
    assert_decrypts(wire + 4, 16, aes, aes, "Ready");
    memcpy(to_client, wire + 4, 16);
    (void)carry(&server[0], &client[0]);
    wire = stream_output(&client[0].stream, &length);
    assert_int_equal(length, 4 + 16);
    assert_decrypts(wire + 4, 16, aes, aes, "alice");
    memcpy(to_server, wire + 4, 16);
    (void)carry(&client[0], &server[0]);
    wire = stream_output(&server[0].stream, &length);
    assert_decrypts(wire + 4, length - 4, aes, to_client, "* you are alice; nobody else is here");
    memcpy(to_client, wire + length - 16, 16);
    (void)carry(&server[0], &client[0]);
    for (int i = 0; i < 5; i++) {
        char text[100], relayed[110];
        (void)snprintf(text, sizeof text, "%.*s", 7 * i,
                       "a text that is longer than a block of AES: it takes several");
        say(&client[0], text);
        wire = stream_output(&client[0].stream, &length);
        assert_int_equal(length, 4 + (strlen(text) / 16 + 1) * 16);
        assert_decrypts(wire + 4, length - 4, aes, to_server, text);
        memcpy(to_server, wire + length - 16, 16);
        (void)carry(&client[0], &server[0]);
        say(&server[0], text);
        (void)snprintf(relayed, sizeof relayed, "server: %s", text);
        wire = stream_output(&server[0].stream, &length);
        assert_decrypts(wire + 4, length - 4, aes, to_client, relayed);
        memcpy(to_client, wire + length - 16, 16);
        (void)carry(&server[0], &client[0]);
    }
}

// What the original broke on: a ':' in the session, and zeros in front of it.
static void awkward_sessions(void **state) {
    (void)state;
    static const char *const sessions[] = {"3a3a3a3a3a3a3a3a", "0000000000000000", "0000000000000001",
                                           "003a00003a00003a", "ffffffffffffffff", "0d0a0d0a00000a0a"};
    for (size_t i = 0; i < sizeof sessions / sizeof sessions[0]; i++) {
        start();
        (void)from_hex(room.session, sizeof room.session, sessions[i]);
        rsa_chat_clear(&server[0]);
        rsa_chat_init(&server[0]);
        rsa_chat_start_server(&server[0], &room, "client", NULL);
        establish(0);
        assert_bytes_equal(client[0].session, 8, sessions[i]);
    }
}

// --- what is weak in it, as written ----------------------------------------------------------------------------

static void one_session_for_everybody(void **state) {
    (void)state;
    open_room(&server_key);
    uint8_t ready[2][20], back[2][132];
    for (size_t i = 0; i < 2; i++) {
        start_pair(i, &client_key[i], i == 0 ? "alice" : "mallory");
        size_t length;
        (void)carry(&client[i], &server[i]);
        (void)carry(&server[i], &client[i]);
        memcpy(back[i], stream_output(&client[i].stream, &length), sizeof back[i]);
        (void)carry(&client[i], &server[i]);
        memcpy(ready[i], stream_output(&server[i].stream, &length), sizeof ready[i]);
        (void)carry(&server[i], &client[i]);
        (void)carry(&client[i], &server[i]);
        (void)carry(&server[i], &client[i]);
    }
    (void)carry(&server[0], &client[0]);
    assert_memory_equal(client[0].key, client[1].key, sizeof client[0].key);
    assert_memory_equal(ready[0], ready[1], sizeof ready[0]); // `Ready` is the same block every time
    assert_memory_equal(back[0], back[1], sizeof back[0]);    // and so is message 3
    // Mallory reads what goes between alice and the server: the chain is on the wire, and the key her own.
    size_t length;
    uint8_t chain[16];
    memcpy(chain, client[0].chain_out, sizeof chain);
    say(&client[0], "for the server alone");
    const uint8_t *wire = stream_output(&client[0].stream, &length);
    assert_decrypts(wire + 4, length - 4, client[1].key, chain, "for the server alone");
}

// Somebody in between has keys of his own, a session of his own, and every MD5 right: alice talks to his room, he to
// the server's.
static void somebody_in_between_is_not_noticed(void **state) {
    (void)state;
    static struct rsa_chat_room his;
    open_room(&small_server_key);
    rsa_chat_room_init(&his);
    copy_key(&his.identity.key, &small_client_key);
    assert_true(rsa_chat_identity_from_key(&his.identity) && rsa_chat_room_open(&his));
    start_pair(0, &client_key[0], "alice");    // alice, and the server's end of what he calls
    start_pair(1, &small_client_key, "alice"); // he, as alice
    rsa_chat_clear(&server[1]);
    rsa_chat_init(&server[1]);
    rsa_chat_start_server(&server[1], &his, "alice", NULL); // he, as the server
    for (int i = 0; i < 3; i++) {
        (void)carry(&client[0], &server[1]);
        (void)carry(&server[1], &client[0]);
        (void)carry(&client[1], &server[0]);
        (void)carry(&server[0], &client[1]);
    }
    say(&client[0], "my password is tuna");
    struct party_event event = carry(&client[0], &server[1]);
    assert_int_equal(event.kind, PARTY_MESSAGE);
    assert_int_equal(rsa_chat_say(&client[1], event.text, event.length), RSA_CHAT_OK);
    assert_int_equal(carry(&client[1], &server[0]).kind, PARTY_MESSAGE);
    assert_string_equal(heard[0], "alice|my password is tuna");
    assert_memory_not_equal(his.session, room.session, sizeof his.session);
    stop();
    rsa_chat_room_clear(&his);
}

// Both directions start with the same key and IV: what came out goes in again.
static void a_reflection_is_accepted(void **state) {
    (void)state;
    start();
    (void)carry(&client[0], &server[0]);
    (void)carry(&server[0], &client[0]);
    (void)carry(&client[0], &server[0]);
    size_t length;
    uint8_t ready[20];
    memcpy(ready, stream_output(&server[0].stream, &length), sizeof ready);
    struct party_event event;
    assert_int_equal(rsa_chat_receive(&server[0], &event, ready, sizeof ready), sizeof ready);
    assert_int_equal(event.kind, PARTY_ESTABLISHED);
    assert_string_equal(server[0].name, "Ready");
}

// A changed block is garbage, and the block after it changes bit by bit as the attacker likes.
static void bit_flips_are_not_noticed(void **state) {
    (void)state;
    start();
    establish(0);
    say(&client[0], "sixteen letters! pay 100 to bob");
    size_t length;
    uint8_t wire[FRAME_HEADER_SIZE + 32];
    assert_true(sizeof wire == 36);
    memcpy(wire, stream_output(&client[0].stream, &length), sizeof wire);
    assert_int_equal(length, sizeof wire);
    wire[4 + 5] ^= '1' ^ '9'; // of the first block; byte 5 of the second is the '1'
    struct party_event event;
    (void)!rsa_chat_receive(&server[0], &event, wire, sizeof wire);
    assert_int_equal(event.kind, PARTY_MESSAGE);
    assert_memory_equal(event.text + 16, " pay 900 to bob", 15);
}

// --- names -----------------------------------------------------------------------------------------------------

static void names_are_checked(void **state) {
    (void)state;
    static const char *const good[] = {
        "a", "Alice", "x_y.z-9", "..", "-", "12345678901234567890123456789012", "servers", "serve"};
    static const char *const bad[] = {"",         "123456789012345678901234567890123",
                                      "a b",      "a:b",
                                      "*",        "a\n",
                                      "\xc3\xa4", "server",
                                      "SERVER",   "a/b",
                                      "Server",   "a@b",
                                      "a`",       "{",
                                      "[",        "a,"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(rsa_chat_name_is_good(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(rsa_chat_name_is_good(bad[i], strlen(bad[i])));
        stop();
        assert_int_equal(rsa_chat_start_client(&client[0], &identity[0], bad[i], NULL), RSA_CHAT_BAD_NAME);
    }
    assert_false(rsa_chat_name_is_good("a\0b", 3));
}

static void names_are_made_unique(void **state) {
    (void)state;
    open_room(&small_server_key);
    static const char *const names[] = {"Bob", "bob", "BOB"}, *const become[] = {"Bob", "bob-2", "BOB-3"};
    for (size_t i = 0; i < 3; i++) {
        start_pair(i, &small_client_key, names[i]);
        establish(i);
        assert_string_equal(server[i].name, become[i]);
    }
    assert_string_equal(heard[0], "* you are BOB-3, as BOB is taken; here: Bob, bob-2");
    // A name that is free again, and names of full length.
    open_room(&small_server_key);
    static const char longest[] = "12345678901234567890123456789012";
    for (size_t i = 0; i < 3; i++) {
        start_pair(i, &small_client_key, longest);
        establish(i);
    }
    assert_string_equal(server[2].name, "123456789012345678901234567890-3");
    say(&client[1], "quit");
    (void)carry(&client[1], &server[1]);
    rsa_chat_clear(&server[1]);
    rsa_chat_clear(&client[1]);
    rsa_chat_init(&server[1]);
    rsa_chat_init(&client[1]);
    start_pair(1, &small_client_key, longest);
    establish(1);
    assert_string_equal(server[1].name, "123456789012345678901234567890-2");
}

// A line of a client's can look like an announcement or like a line of somebody else's; it arrives as what it is.
static void nobody_speaks_for_another(void **state) {
    (void)state;
    open_room(&small_server_key);
    start_pair(0, &small_client_key, "alice");
    start_pair(1, &small_client_key, "mallory");
    establish(0);
    establish(1);
    (void)carry(&server[0], &client[0]);
    static const char *const lines[] = {
        "* bob has left", "server: the password, please", "bob: yes", "x\nserver: y", ": ", "quit "};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char expected[100];
        say(&client[1], lines[i]);
        (void)carry(&client[1], &server[1]);
        assert_int_equal(carry(&server[0], &client[0]).kind, PARTY_MESSAGE);
        (void)snprintf(expected, sizeof expected, "mallory|%s", lines[i]);
        assert_string_equal(heard[0], expected);
    }
}

// --- refusals --------------------------------------------------------------------------------------------------

static struct party_event send_payload(struct rsa_chat *to, const void *payload, size_t length) {
    static uint8_t frame[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
    struct party_event event;
    frame_write_header(frame, length);
    memcpy(frame + FRAME_HEADER_SIZE, payload, length);
    size_t used = rsa_chat_receive(to, &event, frame, FRAME_HEADER_SIZE + length);
    assert_int_equal(used, FRAME_HEADER_SIZE + length);
    return event;
}

// The end failed for this reason, says so in a line, and has a refusal for its peer that has nothing of the details.
static void assert_failed(struct rsa_chat *chat, enum rsa_chat_reason reason, const char *here,
                          const char *to_peer) {
    if (chat->reason != reason || strstr(chat->stream.failure, here) == NULL) {
        print_error("reason %d: %s\n", (int)chat->reason, chat->stream.failure);
    }
    assert_int_equal(chat->state, RSA_CHAT_OVER);
    assert_int_equal(chat->reason, reason);
    assert_non_null(strstr(chat->stream.failure, here));
    size_t length;
    const uint8_t *bytes = stream_output(&chat->stream, &length);
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
    assert_int_equal(send_payload(chat, "more", 4).kind, PARTY_NOTHING);
    size_t after;
    (void)stream_output(&chat->stream, &after);
    assert_int_equal(after, length);
}

#define EXCHANGE   "the key exchange failed"
#define UNREADABLE "a message could not be read"
#define NOT_HERE   "that is not the message that belongs here"

// Message 1 with any PEM, and the MD5 that belongs to it.
static struct party_event send_key_text(const void *pem, size_t length) {
    static uint8_t payload[FRAME_PAYLOAD_MAX];
    char digest[33];
    frame_write_header(payload, length);
    memcpy(payload + 4, pem, length);
    hex_md5(digest, pem, length);
    memcpy(payload + 4 + length, digest, 32);
    return send_payload(&server[0], payload, 4 + length + 32);
}
static struct party_event send_key(const struct rsa_public_key *key) {
    char pem[2 * RSA_CHAT_PEM_MAX];
    size_t length;
    assert_int_equal(rsa_public_key_write_pem(pem, sizeof pem, &length, key, RSA_KEY_SPKI), KEY_FILE_OK);
    return send_key_text(pem, length);
}

static void a_wrong_peer_is_noticed(void **state) {
    (void)state;
    struct party_event event;
    start();
    static const uint8_t http[] = "GET / HTTP/1.1\r\n";
    assert_int_equal(rsa_chat_receive(&server[0], &event, http, sizeof http - 1), 4);
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_failed(&server[0], RSA_CHAT_FRAME_TOO_LARGE, "1195725856", "frames may have 65536 bytes at most");
    static const char *const others[] = {"", "Connected!", "client1", "-----BEGIN PUBLIC KEY-----",
                                         "\0\0\0\0"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        start();
        assert_int_equal(send_payload(&server[0], others[i], strlen(others[i])).kind, PARTY_FAILED);
        assert_failed(&server[0], RSA_CHAT_MALFORMED, "message 1 (public key) from the client is malformed",
                      NOT_HERE);
    }
    static uint8_t large[FRAME_PAYLOAD_MAX];
    start();
    assert_int_equal(send_payload(&server[0], large, sizeof large).kind, PARTY_FAILED);
    assert_failed(&server[0], RSA_CHAT_MALFORMED, "message 1", NOT_HERE);
}

static void public_keys_are_examined(void **state) {
    (void)state;
    struct rsa_private_key key;
    struct rsa_public_key bad;
    rsa_public_key_init(&bad);
    static const char word[] = "the public key is not acceptable";

    // Its MD5 is another one's.
    start();
    size_t length;
    uint8_t wire[600];
    const uint8_t *sent = stream_output(&client[0].stream, &length);
    memcpy(wire, sent, length);
    wire[length - 1] = wire[length - 1] == '0' ? '1' : '0';
    struct party_event event;
    (void)!rsa_chat_receive(&server[0], &event, wire, length);
    assert_failed(&server[0], RSA_CHAT_KEY_HASH,
                  "message 1 (public key) from the client: the MD5 beside the key",
                  "the key and its MD5 do not match");

    // An MD5 that is cut by a byte is not one of this table.
    start();
    (void)!rsa_chat_receive(&server[0], &event, (const uint8_t[]){0, 0, 0, 35, 0, 0, 0, 1, 'x'}, 9);
    (void)!rsa_chat_receive(&server[0], &event, (const uint8_t *)"9dd4e461268c8034f5c8564e155c67", 30);
    assert_failed(&server[0], RSA_CHAT_MALFORMED, "MD5: too short", NOT_HERE);

    // Numbers that are no RSA key. The writer writes what it gets.
    static const struct {
        const char *what;
        unsigned long e;
        unsigned bits;
        bool even;
    } numbers[] = {
        {"e = 1", 1, 1024, false},       {"e = 0", 0, 1024, false},        {"e even", 65536, 1024, false},
        {"n even", 65537, 1024, true},   {"n small", 65537, 511, false},   {"n tiny", 65537, 8, false},
        {"n large", 65537, 4097, false}, {"n larger", 65537, 8192, false}, {"n huge", 65537, 9000, false}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        start();
        mpz_set_ui(bad.e, numbers[i].e);
        mpz_set_ui(bad.n, 0);
        mpz_setbit(bad.n, numbers[i].bits - 1);
        mpz_setbit(bad.n, 3);
        if (!numbers[i].even) {
            mpz_setbit(bad.n, 0);
        }
        assert_int_equal(send_key(&bad).kind, PARTY_FAILED);
        if (server[0].reason != RSA_CHAT_BAD_KEY) {
            print_error("%s\n", numbers[i].what);
        }
        assert_failed(&server[0], RSA_CHAT_BAD_KEY, "message 1 (public key) from the client: ", word);
    }
    mpz_set_ui(bad.n, 0);
    mpz_setbit(bad.n, 1023);
    mpz_setbit(bad.n, 0);
    mpz_add_ui(bad.e, bad.n, 2); // e > n
    start();
    (void)send_key(&bad);
    assert_failed(&server[0], RSA_CHAT_BAD_KEY, "message 1", word);

    // 592 bits cannot carry message 2, 593 can; and 4096 are fine.
    static const unsigned sizes[] = {512, 592, 593, 2048, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        start();
        mpz_set_ui(bad.e, 65537);
        mpz_set_ui(bad.n, 0);
        mpz_setbit(bad.n, sizes[i] - 1);
        mpz_setbit(bad.n, 0);
        event = send_key(&bad);
        if (sizes[i] < 593) {
            assert_failed(&server[0], RSA_CHAT_KEY_TOO_SMALL, "593 bits are the least",
                          "the public key is too small: 593 bits are the least");
        } else {
            assert_int_equal(event.kind, PARTY_NOTHING);
            assert_int_equal(server[0].state, RSA_CHAT_AWAIT_SESSION_BACK);
        }
    }
    rsa_public_key_clear(&bad);

    // Texts that are no public key. A private one is refused as well, and so is DER.
    char pem[RSA_KEY_FILE_MAX];
    assert_int_equal(rsa_key_write_pem(pem, sizeof pem, &length, &small_client_key, RSA_KEY_PKCS8),
                     KEY_FILE_OK);
    start();
    (void)send_key_text(pem, length);
    assert_failed(&server[0], RSA_CHAT_BAD_KEY, "that is a private key", word);
    assert_int_equal(
        rsa_public_key_write_der((uint8_t *)pem, sizeof pem, &length, &small_client_key.public, RSA_KEY_SPKI),
        KEY_FILE_OK);
    start();
    (void)send_key_text(pem, length);
    assert_failed(&server[0], RSA_CHAT_BAD_KEY, "the key is no PEM text", word);
    static const char elliptic[] = "-----BEGIN PUBLIC KEY-----\n"
                                   "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                                   "-----END PUBLIC KEY-----\n";
    static const char *const texts[] = {"x",
                                        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                                        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                        "-----BEGIN PUBLIC KEY-----\n",
                                        "-----BEGIN PUBLIC KEY-----\n\x1b[2J\n-----END PUBLIC KEY-----\n",
                                        elliptic};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        start();
        (void)send_key_text(texts[i], strlen(texts[i]));
        assert_failed(&server[0], RSA_CHAT_BAD_KEY, "message 1 (public key) from the client: the key ", word);
        assert_null(strchr(rsa_chat_failure(&server[0]), 0x1b));
    }
    // The other public form (RFC 8017, A.1.1) is fine.
    make_rsa_key(&key, 600, 3, 5);
    assert_int_equal(rsa_public_key_write_pem(pem, sizeof pem, &length, &key.public, RSA_KEY_PKCS1_PUBLIC),
                     KEY_FILE_OK);
    random_set_source(test_random_source, &test_source);
    start();
    assert_int_equal(send_key_text(pem, length).kind, PARTY_NOTHING);
    rsa_private_key_clear(&key);
}

// Message 2 made by hand: any m, any PEM.
static struct party_event send_session_key(const uint8_t *m, size_t m_length, const char *pem,
                                           size_t pem_length) {
    uint8_t payload[2000];
    size_t k = rsa_size(&identity[0].key.public);
    mpz_t value;
    mpz_init(value);
    bn_os2ip(value, m, m_length);
    assert_true(rsa_public_operation(&identity[0].key.public, value, value));
    frame_write_header(payload, k);
    assert_true(bn_i2osp(payload + 4, k, value));
    mpz_clear(value);
    frame_write_header(payload + 4 + k, pem_length);
    memcpy(payload + 8 + k, pem, pem_length);
    return send_payload(&client[0], payload, 8 + k + pem_length);
}
static size_t write_secret(char out[static 80], const uint8_t session[static 8], const char *pem,
                           size_t pem_length) {
    char digests[2][33];
    hex_md5(digests[0], session, 8);
    hex_md5(digests[1], pem, pem_length);
    memcpy(out, session, 8);
    (void)snprintf(out + 8, 72, ":%s:%s", digests[0], digests[1]);
    return 74;
}

static void the_session_key_is_examined(void **state) {
    (void)state;
    static const uint8_t session[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const char *pem = room.identity.public_pem;
    char m[80];
    struct {
        size_t at;
        enum rsa_chat_reason reason;
        const char *here;
    } changes[] = {{0, RSA_CHAT_SESSION_HASH, "the MD5 of the session"},
                   {7, RSA_CHAT_SESSION_HASH, "the MD5 of the session"},
                   {8, RSA_CHAT_UNDECIPHERABLE, "another form"},
                   {9, RSA_CHAT_SESSION_HASH, "the MD5 of the session"},
                   {40, RSA_CHAT_SESSION_HASH, "the MD5 of the session"},
                   {41, RSA_CHAT_UNDECIPHERABLE, "another form"},
                   {42, RSA_CHAT_SERVER_KEY_HASH, "the MD5 of the server's key"},
                   {73, RSA_CHAT_SERVER_KEY_HASH, "the MD5 of the server's key"}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        start();
        size_t length = write_secret(m, session, pem, room.identity.public_pem_length);
        m[changes[i].at] = m[changes[i].at] == '1' ? '2' : '1';
        (void)send_session_key((uint8_t *)m, length, pem, room.identity.public_pem_length);
        assert_failed(&client[0], changes[i].reason, changes[i].here, EXCHANGE);
        assert_non_null(strstr(rsa_chat_failure(&client[0]), "message 2 (session key) from the server: "));
    }
    // Unchanged it is fine: the test above changes what it says it does.
    start();
    size_t length = write_secret(m, session, pem, room.identity.public_pem_length);
    assert_int_equal(send_session_key((uint8_t *)m, length, pem, room.identity.public_pem_length).kind,
                     PARTY_NOTHING);
    assert_int_equal(client[0].state, RSA_CHAT_AWAIT_READY);
    assert_memory_equal(client[0].session, session, 8);
    // Shorter, longer, empty.
    for (size_t cut = 0; cut < 80; cut += 1) {
        start();
        length = write_secret(m, session, pem, room.identity.public_pem_length);
        if (cut == length) {
            continue;
        }
        (void)send_session_key((uint8_t *)m, cut, pem, room.identity.public_pem_length);
        assert_failed(&client[0], RSA_CHAT_UNDECIPHERABLE, "another form", EXCHANGE);
    }
    // A swapped key; a key that is none, with the MD5 that belongs to it.
    start();
    length = write_secret(m, session, pem, room.identity.public_pem_length);
    (void)send_session_key((uint8_t *)m, length, identity[0].public_pem, identity[0].public_pem_length);
    assert_failed(&client[0], RSA_CHAT_SERVER_KEY_HASH, "beside it", EXCHANGE);
    start();
    length = write_secret(m, session, "no key", 6);
    (void)send_session_key((uint8_t *)m, length, "no key", 6);
    assert_failed(&client[0], RSA_CHAT_BAD_KEY,
                  "message 2 (session key) from the server: the key is no PEM text",
                  "the public key is not acceptable");
    // c that is no number below n, or of another length.
    uint8_t payload[600];
    for (int kind = 0; kind < 4; kind++) {
        start();
        size_t k = rsa_size(&identity[0].key.public), c_length = kind == 2 ? k - 1 : kind == 3 ? k + 1 : k;
        frame_write_header(payload, c_length);
        memset(payload + 4, kind == 0 ? 0xff : 0, c_length);
        if (kind == 1) {
            assert_true(bn_i2osp(payload + 4, k, identity[0].key.public.n));
        }
        frame_write_header(payload + 4 + c_length, 1);
        payload[8 + c_length] = 'x';
        (void)send_payload(&client[0], payload, 8 + c_length + 1);
        assert_failed(&client[0], RSA_CHAT_UNDECIPHERABLE, "another form", EXCHANGE);
    }
}

static void the_session_must_come_back(void **state) {
    (void)state;
    size_t k = rsa_size(&small_server_key.public);
    for (int kind = 0; kind < 6; kind++) {
        start();
        (void)carry(&client[0], &server[0]);
        uint8_t c[600] = {0};
        mpz_t m;
        mpz_init(m);
        bn_os2ip(m, room.session, sizeof room.session);
        size_t length = k;
        if (kind == 0) {
            mpz_combit(m, 0);
        } else if (kind == 1) {
            mpz_setbit(m, 64); // the session and a bit above it
        }
        assert_true(rsa_public_operation(&room.identity.key.public, m, m));
        if (kind == 2) {
            mpz_add(m, m, room.identity.key.public.n); // the right one, but not below n
            if (mpz_sizeinbase(m, 256) > k) {
                mpz_set(m, room.identity.key.public.n);
            }
        } else if (kind == 3) {
            length = k + 1; // a zero in front
        } else if (kind == 4) {
            length = k - 1;
            mpz_tdiv_q_2exp(m, m, 8);
        } else if (kind == 5) {
            mpz_set_ui(m, 0);
        }
        assert_true(bn_i2osp(c, length, m));
        mpz_clear(m);
        (void)send_payload(&server[0], c, length);
        assert_failed(&server[0], kind == 0 || kind == 5 ? RSA_CHAT_WRONG_SESSION : RSA_CHAT_UNDECIPHERABLE,
                      "message 3 (session back) from the client: ", EXCHANGE);
        assert_int_equal(room.count, 0);
    }
    // The right number with its leading zeros left out. A session for which there is one is found by trying.
    uint8_t c[64];
    for (uint16_t i = 0;; i++) {
        start();
        memset(room.session, 0, sizeof room.session);
        room.session[6] = (uint8_t)(i >> 8);
        room.session[7] = (uint8_t)i;
        mpz_t m;
        mpz_init(m);
        bn_os2ip(m, room.session, sizeof room.session);
        bool found = i > 1 && rsa_public_operation(&room.identity.key.public, m, m) &&
                     bn_byte_length(m) < k && bn_i2osp(c, k, m);
        mpz_clear(m);
        if (found) {
            break;
        }
    }
    for (size_t without = 0; without < 2; without++) {
        rsa_chat_clear(&server[0]);
        rsa_chat_init(&server[0]);
        rsa_chat_start_server(&server[0], &room, "client", NULL);
        assert_int_equal(rsa_chat_start_client(&client[without + 1], &identity[0], "alice", NULL),
                         RSA_CHAT_OK);
        (void)carry(&client[without + 1], &server[0]);
        (void)send_payload(&server[0], c + without, k - without);
        if (without == 0) {
            assert_int_equal(server[0].state, RSA_CHAT_AWAIT_NAME);
        } else {
            assert_failed(&server[0], RSA_CHAT_UNDECIPHERABLE, "message 3", EXCHANGE);
        }
    }
    // Random ciphertexts: the same answer, whatever the decryption looks like.
    for (int i = 0; i < 50; i++) {
        start();
        (void)carry(&client[0], &server[0]);
        test_random_bytes(&test_source, c, k);
        (void)send_payload(&server[0], c, k);
        assert_failed(&server[0], RSA_CHAT_UNDECIPHERABLE, "message 3", EXCHANGE);
    }
}

// AES by libcrypto, in the place of the peer: under the client's key, from this IV.
static size_t encrypt(uint8_t *out, const uint8_t *key, const uint8_t *iv, const void *text, size_t length,
                      bool pad) {
    int first, last;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), NULL, key, iv), 1);
    EVP_CIPHER_CTX_set_padding(context, pad);
    assert_int_equal(EVP_EncryptUpdate(context, out, &first, text, (int)length), 1);
    assert_int_equal(EVP_EncryptFinal_ex(context, out + first, &last), 1);
    EVP_CIPHER_CTX_free(context);
    return (size_t)first + (size_t)last;
}

static struct party_event send_encrypted(struct rsa_chat *to, const void *text, size_t length, bool pad) {
    static uint8_t out[RSA_CHAT_CIPHERTEXT_MAX + 64];
    return send_payload(to, out, encrypt(out, to->key, to->chain_in, text, length, pad));
}

static void ready_must_be_ready(void **state) {
    (void)state;
    static const char *const texts[] = {"", "ready", "Ready!", "Read", "Ready\n", "quit"};
    for (size_t i = 0; i <= sizeof texts / sizeof texts[0]; i++) {
        start();
        (void)carry(&client[0], &server[0]);
        (void)carry(&server[0], &client[0]);
        if (i < sizeof texts / sizeof texts[0]) {
            (void)send_encrypted(&client[0], texts[i], strlen(texts[i]), true);
            assert_failed(&client[0], RSA_CHAT_NOT_READY,
                          "message 4 (Ready) from the server: it does not say", UNREADABLE);
        } else {
            assert_int_equal(send_encrypted(&client[0], "Ready", 5, true).kind, PARTY_ESTABLISHED);
        }
    }
}

// What a server of ours never sends is shown without a speaker, and never as an announcement.
static void lines_without_a_speaker(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool speaker, notice;
    } cases[] = {{"bob: hi", true, false},
                 {"bob: ", true, false},
                 {"bob:hi", false, false},
                 {"bob:", false, false},
                 {": hi", false, false},
                 {"b b: hi", false, false},
                 {"12345678901234567890123456789012: hi", true, false},
                 {"123456789012345678901234567890123: hi", false, false},
                 {"server: hi", true, false},
                 {"Server: hi", false, false},
                 {"", false, false},
                 {"* ", false, true},
                 {"*", false, false},
                 {"*x", false, false},
                 {"* bob: has joined", false, true},
                 {"* ~", false, true},
                 {"* \x1b[2J", false, false},
                 {"* \x7f", false, false},
                 {"* \x80", false, false},
                 {"* two\nlines", false, false},
                 {"quit ", false, false}};
    start();
    establish(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct party_event event = send_encrypted(&client[0], cases[i].line, strlen(cases[i].line), true);
        const char *colon = strchr(cases[i].line, ':');
        if (cases[i].notice) {
            assert_int_equal(event.kind, PARTY_NOTICE);
            assert_int_equal(event.length, strlen(cases[i].line));
        } else {
            assert_int_equal(event.kind, PARTY_MESSAGE);
            if (cases[i].speaker) {
                assert_memory_equal(event.from, cases[i].line, strlen(event.from));
                assert_ptr_equal(cases[i].line + strlen(event.from), colon);
            } else {
                assert_string_equal(event.from, "(nobody)");
            }
            const char *text = cases[i].speaker ? colon + 2 : cases[i].line;
            assert_int_equal(event.length, strlen(text));
            assert_memory_equal(event.text, text, event.length);
        }
    }
}

static void bad_names_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {
        "", "server", "a b", "a: b", "\x1b[2J", "* a", "123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        start();
        (void)carry(&client[0], &server[0]);
        (void)carry(&server[0], &client[0]);
        (void)carry(&client[0], &server[0]);
        (void)send_encrypted(&server[0], names[i], strlen(names[i]), true);
        assert_failed(&server[0], RSA_CHAT_BAD_NAME, "message 5 (name) from the client: a name has",
                      "a name has 1 to 32 letters, digits, '_', '.' or '-', and is not \"server\"");
        assert_int_equal(room.count, 0);
    }
}

static void messages_that_cannot_be_read(void **state) {
    (void)state;
    static const uint8_t zeros[48] = {0};
    static const uint8_t paddings[][16] = {
        {[15] = 0}, {[15] = 17}, {[14] = 1, [15] = 2}, {[15] = 255}, {[0] = 15, [15] = 16}};
    for (size_t i = 0; i < 6 + sizeof paddings / sizeof paddings[0]; i++) {
        for (int to_server = 0; to_server < 2; to_server++) {
            start();
            establish(0);
            struct rsa_chat *to = to_server ? &server[0] : &client[0];
            static const size_t lengths[] = {0, 1, 15, 17, 31, 47};
            if (i < 6) {
                (void)send_payload(to, zeros, lengths[i]);
            } else {
                (void)send_encrypted(to, paddings[i - 6], 16, false);
            }
            assert_failed(to, RSA_CHAT_UNDECRYPTABLE,
                          to_server ? "message 7 (message) from alice" : "message 7 (relayed)", UNREADABLE);
        }
    }
}

static void room_for_so_many(void **state) {
    (void)state;
    start();
    // Names alone: the members need not be connected for this.
    static struct rsa_chat others[RSA_CHAT_CLIENTS_MAX];
    for (size_t i = 0; i < RSA_CHAT_CLIENTS_MAX; i++) {
        rsa_chat_init(&others[i]);
        rsa_chat_start_server(&others[i], &room, "client", NULL);
        (void)snprintf(others[i].name, sizeof others[i].name, "other%zu", i);
        others[i].state = RSA_CHAT_TALKING;
        room.members[room.count++] = &others[i];
    }
    for (int round = 0; round < 2; round++) {
        (void)carry(&client[0], &server[0]);
        (void)carry(&server[0], &client[0]);
    }
    (void)carry(&client[0], &server[0]);
    assert_failed(&server[0], RSA_CHAT_FULL, "message 5 (name) from the client: the room is full",
                  "the room is full");
    for (size_t i = 0; i < RSA_CHAT_CLIENTS_MAX; i++) {
        rsa_chat_clear(&others[i]);
    }
    assert_int_equal(room.count, 0);
}

static void the_longest_text(void **state) {
    (void)state;
    static char text[RSA_CHAT_TEXT_MAX + 40];
    open_room(&small_server_key);
    start_pair(0, &small_client_key, "12345678901234567890123456789012");
    start_pair(1, &small_client_key, "bob");
    establish(0);
    establish(1);
    (void)carry(&server[0], &client[0]);
    test_random_bytes(&test_source, (uint8_t *)text, sizeof text);
    assert_int_equal(RSA_CHAT_TEXT_MAX, 65501);
    assert_int_equal(rsa_chat_say(&client[0], text, RSA_CHAT_TEXT_MAX + 1), RSA_CHAT_TEXT_TOO_LONG);
    assert_int_equal(rsa_chat_say(&client[0], text, RSA_CHAT_TEXT_MAX), RSA_CHAT_OK);
    struct party_event event = carry(&client[0], &server[0]);
    assert_int_equal(event.kind, PARTY_MESSAGE);
    size_t length;
    (void)stream_output(&server[1].stream, &length);
    assert_int_equal(length, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX);
    event = carry(&server[1], &client[1]);
    assert_int_equal(event.kind, PARTY_MESSAGE);
    assert_int_equal(event.length, RSA_CHAT_TEXT_MAX);
    assert_memory_equal(event.text, text, RSA_CHAT_TEXT_MAX);
    assert_int_equal(rsa_chat_room_say(&room, text, RSA_CHAT_TEXT_MAX + 1), RSA_CHAT_TEXT_TOO_LONG);
    assert_int_equal(rsa_chat_room_say(&room, text, RSA_CHAT_TEXT_MAX), RSA_CHAT_OK);
    assert_int_equal(carry(&server[1], &client[1]).length, RSA_CHAT_TEXT_MAX);
    // A client that sends more than may be passed on.
    (void)send_encrypted(&server[0], text, RSA_CHAT_TEXT_MAX + 1, true);
    assert_failed(&server[0], RSA_CHAT_TEXT_TOO_LONG, "too long", "the text is too long for one message");
}

// One who does not read is put out when too much waits; the others go on, and are told.
static void a_slow_reader_stops_nobody(void **state) {
    (void)state;
    static char text[1000];
    memset(text, 'x', sizeof text);
    open_room(&small_server_key);
    static const char *const names[] = {"alice", "bob", "carol"};
    for (size_t i = 0; i < 3; i++) {
        start_pair(i, &small_client_key, names[i]);
        establish(i);
    }
    (void)carry(&server[0], &client[0]);
    unsigned said = 0;
    while (server[1].state == RSA_CHAT_TALKING) { // bob reads nothing
        assert_int_equal(rsa_chat_say(&client[0], text, sizeof text), RSA_CHAT_OK);
        assert_int_equal(carry(&client[0], &server[0]).kind, PARTY_MESSAGE);
        (void)carry(&server[2], &client[2]);
        said++;
        assert_true(said < 1000);
    }
    assert_in_range(said, 192 * 1024 / 1012 - 1,
                    192 * 1024 / 1012 + 3); // 1012 bytes for each line in its frame
    assert_failed(&server[1], RSA_CHAT_TOO_SLOW, "bob: the client does not read fast enough",
                  "too much was waiting to be read");
    assert_int_equal(room.count, 2);
    assert_string_equal(heard[0], "* bob was put out: too slow");
    (void)carry(&server[0], &client[0]);
    assert_string_equal(heard[0], "* bob was put out: too slow");
    // What bob gets when he reads at last: everything up to there, then the reason.
    assert_int_equal(carry(&server[1], &client[1]).kind, PARTY_FAILED);
    assert_failed(&client[1], RSA_CHAT_REFUSED_BY_PEER, "the server refused: too much was waiting to be read",
                  NULL);
    // The server's own user waits instead: nobody is put out by that.
    while (rsa_chat_room_may_say(&room)) {
        assert_int_equal(rsa_chat_room_say(&room, text, sizeof text), RSA_CHAT_OK);
        (void)carry(&server[2], &client[2]);
    }
    assert_int_equal(rsa_chat_room_say(&room, text, sizeof text), RSA_CHAT_NO_ROOM);
    assert_int_equal(rsa_chat_say(&server[0], text, sizeof text), RSA_CHAT_NO_ROOM);
    (void)carry(&server[0], &client[0]);
    assert_int_equal(rsa_chat_room_say(&room, text, sizeof text), RSA_CHAT_OK);
    assert_int_equal(room.count, 2);
    // Two at once: putting one out is one line too many for the other.
    assert_int_equal(rsa_chat_say(&client[0], text, sizeof text), RSA_CHAT_OK);
    open_room(&small_server_key);
    for (size_t i = 0; i < 3; i++) {
        start_pair(i, &small_client_key, names[i]);
        establish(i);
    }
    while (room.count == 3) {
        assert_int_equal(rsa_chat_say(&client[0], text, sizeof text), RSA_CHAT_OK);
        (void)carry(&client[0], &server[0]);
    }
    assert_int_equal(room.count, 1);
    assert_int_equal(server[1].reason, RSA_CHAT_TOO_SLOW);
    assert_int_equal(server[2].reason, RSA_CHAT_TOO_SLOW);
    assert_int_equal(server[0].state, RSA_CHAT_TALKING);
}

static void refusals_arrive(void **state) {
    (void)state;
    static const char refusal[] = "Refused: go away";
    // At every stage of a client.
    for (int stage = 0; stage < 3; stage++) {
        start();
        size_t length;
        for (int i = 0; i < stage; i++) {
            (void)carry(&client[0], &server[0]);
            (void)carry(&server[0], &client[0]);
        }
        (void)stream_output(&client[0].stream, &length);
        stream_sent(&client[0].stream, length);
        assert_int_equal(send_payload(&client[0], refusal, sizeof refusal - 1).kind, PARTY_FAILED);
        assert_failed(&client[0], RSA_CHAT_REFUSED_BY_PEER, "the server refused: go away", NULL);
    }
    for (enum rsa_chat_reason reason = RSA_CHAT_FRAME_TOO_LARGE; reason <= RSA_CHAT_NO_ROOM; reason++) {
        assert_true(strlen(rsa_chat_reason_text(reason)) > 3);
        size_t length;
        start();
        (void)stream_output(&client[0].stream, &length);
        stream_sent(&client[0].stream, length);
        rsa_chat_abandon(&server[0], reason);
        if (stream_output(&server[0].stream, &length), length > 0) {
            assert_int_equal(carry(&server[0], &client[0]).kind, PARTY_FAILED);
            assert_failed(&client[0], RSA_CHAT_REFUSED_BY_PEER, "the server refused: ", NULL);
        }
    }
}

static void silence_and_disconnects(void **state) {
    (void)state;
    struct party_event event;
    start();
    rsa_chat_server_party.end(&server[0], &event, PARTY_TIMED_OUT);
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_failed(&server[0], RSA_CHAT_SILENT,
                  "waiting for message 1 (public key) from the client: no answer",
                  "no answer within the time allowed");
    start();
    rsa_chat_server_party.end(&server[0], &event, PARTY_BUSY);
    assert_failed(&server[0], RSA_CHAT_FULL, "full", "the room is full");
    start();
    rsa_chat_client_party.end(&client[0], &event, PARTY_LEAVES);
    assert_int_equal(client[0].reason, RSA_CHAT_GIVEN_UP);
    (void)carry(&client[0], &server[0]);
    assert_int_equal(server[0].reason, RSA_CHAT_REFUSED_BY_PEER);
    static const char *const names[] = {"message 2 (session key) from the server",
                                        "message 4 (Ready) from the server",
                                        "the server closed the connection without `quit`"};
    for (int stage = 0; stage < 3; stage++) {
        start();
        for (int i = 0; i < stage; i++) {
            (void)carry(&client[0], &server[0]);
            (void)carry(&server[0], &client[0]);
        }
        rsa_chat_client_party.end(&client[0], &event, PARTY_PEER_CLOSED);
        assert_int_equal(event.kind, PARTY_FAILED);
        assert_int_equal(client[0].reason, RSA_CHAT_DISCONNECTED);
        assert_non_null(strstr(rsa_chat_client_party.failure(&client[0]), names[stage]));
    }
    start();
    assert_int_equal(rsa_chat_receive(&server[0], &event, (const uint8_t *)"\0\0\1\0ab", 6), 6);
    rsa_chat_disconnected(&server[0], &event);
    assert_non_null(strstr(rsa_chat_failure(&server[0]), "in the middle of message 1"));
    // `quit` with a peer that does not read.
    start();
    establish(0);
    static char text[RSA_CHAT_TEXT_MAX];
    while (rsa_chat_say(&client[0], text, sizeof text) == RSA_CHAT_OK) {
    }
    rsa_chat_quit(&client[0]);
    assert_int_equal(client[0].reason, RSA_CHAT_NO_ROOM);
}

static void the_shape_of_a_party(void **state) {
    (void)state;
    const struct party_type *types[] = {&rsa_chat_client_party, &rsa_chat_server_party};
    start();
    struct rsa_chat *ends[] = {&client[0], &server[0]};
    for (int i = 0; i < 2; i++) {
        assert_string_equal(types[i]->protocol, "rsa-chat");
        assert_true(types[i]->impatient(ends[i]));
        assert_false(types[i]->over(ends[i]));
        assert_null(types[i]->failure(ends[i]));
        assert_non_null(types[i]->say(ends[i], "x", 1));
        assert_non_null(types[i]->may_say(ends[i], 1));
        assert_int_equal(types[i]->text_max(ends[i]), RSA_CHAT_TEXT_MAX);
    }
    establish(0);
    for (int i = 0; i < 2; i++) {
        assert_false(types[i]->impatient(ends[i]));
        assert_null(types[i]->may_say(ends[i], RSA_CHAT_TEXT_MAX));
        assert_non_null(types[i]->may_say(ends[i], RSA_CHAT_TEXT_MAX + 1));
        assert_null(types[i]->say(ends[i], "x", 1));
    }
    struct party_event event;
    size_t length;
    const uint8_t *bytes = types[0]->output(&client[0], &length);
    assert_int_equal(types[1]->receive(&server[0], &event, bytes, length - 1), length - 1);
    assert_true(types[1]->impatient(&server[0])); // a message has begun
    assert_int_equal(types[1]->receive(&server[0], &event, bytes + length - 1, 1), 1);
    assert_false(types[1]->impatient(&server[0]));
    assert_string_equal(event.from, "alice");
    types[0]->sent(&client[0], length);
    types[0]->end(&client[0], &event, PARTY_LEAVES);
    assert_true(types[0]->over(&client[0]));
    assert_false(types[0]->impatient(&client[0]));
    assert_null(types[0]->failure(&client[0]));
}

static void without_randomness_nothing_starts(void **state) {
    (void)state;
    stop();
    random_set_source(failing_source, NULL);
    assert_false(rsa_chat_room_open(&room));
    assert_false(rsa_chat_identity_make(&identity[0]));
    stop();
    random_set_source(test_random_source, &test_source);
    assert_true(rsa_chat_room_open(&room));
    assert_int_equal(mpz_sizeinbase(room.identity.key.public.n, 2), 1024);
    assert_int_equal(mpz_cmp_ui(room.identity.key.public.e, 65537), 0);
    start();
    (void)carry(&client[0], &server[0]);
    random_set_source(failing_source, NULL); // the blinding of RSA
    (void)carry(&server[0], &client[0]);
    assert_int_equal(client[0].state, RSA_CHAT_OVER);
    random_set_source(test_random_source, &test_source);
}

// --- every message, cut, changed, misplaced --------------------------------------------------------------------

// The i-th frame of a conversation, delivered to *to after it has been damaged; both ends before it are sound.
enum { FRAMES = 8 }; // 1 to 5, the welcome, a message, a line of the server's
static uint8_t damaged[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
static size_t run_up_to(int number, struct rsa_chat **to) {
    test_random_seed(&test_source, 77);
    start();
    for (int i = 1;; i++) {
        struct rsa_chat *from = i == 1 || i == 3 || i == 5 || i == 7 ? &client[0] : &server[0];
        *to = from == &client[0] ? &server[0] : &client[0];
        if (i >= 7) {
            say(from, "Hello there, how are you?");
        }
        size_t length;
        const uint8_t *bytes = stream_output(&from->stream, &length);
        assert_true(length > FRAME_HEADER_SIZE);
        memcpy(damaged, bytes, length);
        stream_sent(&from->stream, length);
        if (i == number) {
            return length;
        }
        struct party_event event;
        assert_int_equal(rsa_chat_receive(*to, &event, damaged, length), length);
        assert_int_not_equal(event.kind, PARTY_FAILED);
    }
}

static void every_cut_is_noticed(void **state) {
    (void)state;
    for (int number = 1; number <= FRAMES; number++) {
        struct rsa_chat *to;
        size_t length = run_up_to(number, &to);
        for (size_t cut = 0; cut < length; cut++) {
            struct party_event event;
            (void)run_up_to(number, &to);
            assert_int_equal(rsa_chat_receive(to, &event, damaged, cut), cut);
            assert_int_equal(event.kind, PARTY_NOTHING);
            rsa_chat_disconnected(to, &event);
            assert_int_equal(event.kind, PARTY_FAILED);
            assert_int_equal(to->reason, RSA_CHAT_DISCONNECTED);
            assert_true(strlen(to->stream.failure) > 20);
            // The same cut, with the length to match.
            if (cut >= FRAME_HEADER_SIZE) {
                (void)run_up_to(number, &to);
                frame_write_header(damaged, cut - FRAME_HEADER_SIZE);
                assert_int_equal(rsa_chat_receive(to, &event, damaged, cut), cut);
                assert_int_equal(event.kind, PARTY_FAILED);
                assert_true(strlen(to->stream.failure) > 20);
            }
        }
    }
}

static void every_changed_byte_ends_well(void **state) {
    (void)state;
    size_t refused = 0, waiting = 0, unnoticed = 0;
    static const uint8_t changes[] = {0x01, 0x02, 0x10, 0x80, 0xff};
    for (int number = 1; number <= FRAMES; number++) {
        struct rsa_chat *to;
        size_t length = run_up_to(number, &to);
        for (size_t at = 0; at < length; at++) {
            for (size_t i = 0; i < sizeof changes; i++) {
                struct party_event event = {.kind = PARTY_NOTHING};
                (void)run_up_to(number, &to);
                damaged[at] ^= changes[i];
                size_t done = 0;
                while (done < length && to->state != RSA_CHAT_OVER) {
                    done += rsa_chat_receive(to, &event, damaged + done, length - done);
                }
                if (to->state == RSA_CHAT_OVER) {
                    assert_true(to->reason != RSA_CHAT_OK);
                    assert_true(strlen(to->stream.failure) > 20);
                    refused++;
                } else if (stream_is_partial(&to->stream)) {
                    rsa_chat_disconnected(to, &event);
                    assert_int_equal(to->reason, RSA_CHAT_DISCONNECTED);
                    waiting++;
                } else {
                    assert_true(number >= 5); // RSA and MD5 notice every accident, CBC few
                    unnoticed++;
                }
            }
        }
    }
    if (!(refused > 3000 && waiting > 10 && unnoticed > 50)) {
        fail_msg("refused %zu, waiting %zu, unnoticed %zu", refused, waiting, unnoticed);
    }
}

// Every message where another belongs.
static void wrong_order(void **state) {
    (void)state;
    for (int from = 1; from <= FRAMES; from++) {
        static uint8_t other[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
        struct rsa_chat *to;
        size_t length = run_up_to(from, &to);
        memcpy(other, damaged, length);
        for (int place = 1; place <= FRAMES; place++) {
            (void)run_up_to(place, &to);
            struct party_event event;
            assert_int_equal(rsa_chat_receive(to, &event, other, length), length);
            bool handshake = place <= 4 || from <= 3;
            if (handshake && from != place) {
                assert_int_equal(event.kind, PARTY_FAILED);
                assert_true(to->reason == RSA_CHAT_MALFORMED || to->reason == RSA_CHAT_UNDECIPHERABLE ||
                            to->reason == RSA_CHAT_UNDECRYPTABLE || to->reason == RSA_CHAT_NOT_READY);
            }
            assert_true(to->state != RSA_CHAT_OVER || to->reason != RSA_CHAT_OK);
        }
    }
}

// --- explanations ----------------------------------------------------------------------------------------------

struct collected {
    struct explain_sink sink;
    char text[4000];
};
static void collect(struct explain_sink *sink, const struct explanation *explanation) {
    struct collected *collected = (struct collected *)sink;
    size_t have = strlen(collected->text);
    (void)snprintf(collected->text + have, sizeof collected->text - have,
                   "%u %s %s>%s %s:", explanation->number, explanation->sent ? "sent" : "got",
                   explanation->sender, explanation->receiver, explanation->message->type->name);
    for (size_t i = 0; i < explanation->count; i++) {
        have = strlen(collected->text);
        (void)snprintf(collected->text + have, sizeof collected->text - have, " %s",
                       explanation->values[i].name);
    }
    have = strlen(collected->text);
    (void)snprintf(collected->text + have, sizeof collected->text - have, "%s\n",
                   explanation->checked != NULL ? "; checked" : "");
}

static void every_message_is_explained(void **state) {
    (void)state;
    static struct collected told[2];
    memset(told, 0, sizeof told);
    told[0].sink.explain = told[1].sink.explain = collect;
    open_room(&small_server_key);
    copy_key(&identity[0].key, &small_client_key);
    assert_true(rsa_chat_identity_from_key(&identity[0]));
    rsa_chat_start_server(&server[0], &room, "client", &told[1].sink);
    assert_int_equal(rsa_chat_start_client(&client[0], &identity[0], "alice", &told[0].sink), RSA_CHAT_OK);
    establish(0);
    say(&client[0], "Hello");
    (void)carry(&client[0], &server[0]);
    say(&client[0], "quit");
    (void)carry(&client[0], &server[0]);
    assert_string_equal(told[0].text, "1 sent alice>server public key: n e d\n"
                                      "2 got server>alice session key: m session; checked\n"
                                      "3 sent alice>server session back: m n e\n"
                                      "4 got server>alice Ready: text; checked\n"
                                      "5 sent alice>server name: text AES key IV\n"
                                      "6 got server>alice relayed: text; checked\n"
                                      "7 sent alice>server message: text AES key IV\n"
                                      "8 sent alice>server message: text AES key IV\n");
    assert_string_equal(told[1].text, "1 got client>server public key: n e; checked\n"
                                      "2 sent server>client session key: session m n e c\n"
                                      "3 got client>server session back: m; checked\n"
                                      "4 sent server>client Ready: text AES key IV\n"
                                      "5 got client>server name: text; checked\n"
                                      "6 sent server>client relayed: text AES key IV\n"
                                      "7 got alice>server message: text; checked\n"
                                      "8 got alice>server message: text; checked\n");
}

// Somebody on the wire: every message is named, nothing inside is told.
static void a_listener_knows_the_names(void **state) {
    (void)state;
    static struct collected told;
    memset(&told, 0, sizeof told);
    told.sink.explain = collect;
    struct watch watch;
    assert_true(watch_start(&watch, &rsa_chat_protocol, "client", &told.sink));
    for (int number = 1; number <= FRAMES; number++) {
        struct rsa_chat *to;
        size_t length = run_up_to(number, &to);
        watch_bytes(&watch, to == &server[0], damaged, length);
    }
    watch_bytes(&watch, true, (const uint8_t *)"\0\0\0\x24Refused: a message could not be read", 40);
    assert_int_equal(watch.watched.unknown, 0);
    watch_stop(&watch);
    assert_string_equal(told.text, "1 sent client>server public key:\n"
                                   "2 sent server>client session key:\n"
                                   "3 sent client>server session back:\n"
                                   "4 sent server>client Ready:\n"
                                   "5 sent client>server name:\n"
                                   "6 sent server>client relayed:\n"
                                   "7 sent client>server message:\n"
                                   "8 sent server>client relayed:\n"
                                   "9 sent client>server Refused:\n");
}

static int set_up(void **state) {
    (void)state;
    make_rsa_key(&server_key, 1024, 65537, 1);
    for (size_t i = 0; i < ENDS; i++) {
        make_rsa_key(&client_key[i], 1024, 65537, 10 + i);
    }
    make_rsa_key(&small_server_key, 512, 65537, 2);
    make_rsa_key(&small_client_key, 640, 65537, 3);
    test_random_seed(&test_source, 2004);
    random_set_source(test_random_source, &test_source);
    for (size_t i = 0; i < ENDS; i++) {
        rsa_chat_init(&server[i]);
        rsa_chat_init(&client[i]);
        rsa_chat_identity_init(&identity[i]);
    }
    rsa_chat_room_init(&room);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    stop();
    rsa_private_key_clear(&server_key);
    rsa_private_key_clear(&small_server_key);
    rsa_private_key_clear(&small_client_key);
    for (size_t i = 0; i < ENDS; i++) {
        rsa_private_key_clear(&client_key[i]);
    }
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_people_talk),
        cmocka_unit_test(any_pieces_will_do),
        cmocka_unit_test(the_handshake_byte_by_byte),
        cmocka_unit_test(awkward_sessions),
        cmocka_unit_test(one_session_for_everybody),
        cmocka_unit_test(somebody_in_between_is_not_noticed),
        cmocka_unit_test(a_reflection_is_accepted),
        cmocka_unit_test(bit_flips_are_not_noticed),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(names_are_made_unique),
        cmocka_unit_test(nobody_speaks_for_another),
        cmocka_unit_test(a_wrong_peer_is_noticed),
        cmocka_unit_test(public_keys_are_examined),
        cmocka_unit_test(the_session_key_is_examined),
        cmocka_unit_test(the_session_must_come_back),
        cmocka_unit_test(ready_must_be_ready),
        cmocka_unit_test(lines_without_a_speaker),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(messages_that_cannot_be_read),
        cmocka_unit_test(room_for_so_many),
        cmocka_unit_test(the_longest_text),
        cmocka_unit_test(a_slow_reader_stops_nobody),
        cmocka_unit_test(refusals_arrive),
        cmocka_unit_test(silence_and_disconnects),
        cmocka_unit_test(the_shape_of_a_party),
        cmocka_unit_test(without_randomness_nothing_starts),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(every_changed_byte_ends_well),
        cmocka_unit_test(wrong_order),
        cmocka_unit_test(every_message_is_explained),
        cmocka_unit_test(a_listener_knows_the_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
