// protocols/cert_relay: a server and three clients in memory; leaving and returning; every refusal; wrong order.
#include "tests/cert_relay_support.h"

#include "protocols/rsa_key_file.h"

#include "ciphers/public/rsa_oaep.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

// --- the normal run --------------------------------------------------------------------------------------------

static void three_clients_talk(void **state) {
    (void)state;
    establish();
    assert_int_equal(hub.exchanges, 1);
    assert_logged(&links[0].client, "notice: The server has accepted client1.");
    assert_logged(&links[0].client, "established: A session key with client2 and client3.");
    assert_logged(&links[1].client, "established: A session key with client1 and client3.");
    assert_logged(&links[0].server, "established: client1 has authenticated: 1 of 3 are here.");
    assert_logged(&links[2].server,
                  "established: client3 has authenticated. All are here: key exchange 1 begins.");
    for (size_t i = 0; i < 3; i++) {
        char text[40];
        (void)snprintf(text, sizeof text, "from client%zu: h\xc3\xa4", i + 1);
        forget_all();
        says(&links[i], text);
        for (size_t j = 0; j < 3; j++) {
            if (i == j) {
                assert_string_equal(links[j].client.log, "");
            } else {
                // It may come from either of the others: nothing in it says who.
                char expected[100];
                (void)snprintf(expected, sizeof expected, "message: %s or %s: %s\n",
                               cert_relay_ids[j == 0 ? 1 : 0], cert_relay_ids[j == 2 ? 1 : 2], text);
                assert_string_equal(links[j].client.log, expected);
            }
        }
    }
    forget_all();
    says(&links[0], "");
    assert_string_equal(links[1].client.log, "message: client1 or client3: \n");
    says(&links[2], "exit");
    assert_true(cert_relay_client_party.over(&clients[2]));
    assert_null(cert_relay_client_party.failure(&clients[2]));
}

static void any_order_and_any_pieces_will_do(void **state) {
    (void)state;
    static const size_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const size_t pieces[] = {1, 3, 7, 64, 1000, SIZE_MAX};
    for (size_t i = 0; i < 6; i++) {
        again();
        for (size_t j = 0; j < 3; j++) {
            (void)connect(orders[i][j]);
            if (i % 2 == 0) {
                settle_in_pieces(pieces[i]); // one after the other; else all at once
            }
        }
        settle_in_pieces(pieces[i]);
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(clients[j].state, CERT_RELAY_TALKING);
            assert_memory_equal(clients[j].session_key, clients[0].session_key, CERT_RELAY_KEY_SIZE);
        }
        says(&links[1], "hello");
        assert_logged(&links[0].client, ": hello\n");
        assert_logged(&links[2].client, ": hello\n");
    }
}

// The messages as the page and PROTOCOLS have them, byte by byte where they are not random.
static void the_wire_byte_by_byte(void **state) {
    (void)state;
    static uint8_t wire[STREAM_OUT_SIZE];
    (void)connect(0);
    size_t length;
    const uint8_t *bytes = cert_relay_client_party.output(&clients[0], &length);
    assert_int_equal(length, 4 + 7 + 4 + 12 + 2 + 128);
    assert_bytes_equal(bytes, 11, "00000007 636c69656e7431");
    assert_bytes_equal(bytes + 11, 18, "0000008e 415554485f52455155455354 7c7c");
    (void)carry(&links[0].client, &links[0].server, SIZE_MAX);
    bytes = cert_relay_server_party.output(&servers[0], &length);
    assert_bytes_equal(bytes, length, "0000000c 415554485f53554343455353"); // AUTH_SUCCESS
    (void)carry(&links[0].server, &links[0].client, SIZE_MAX);
    bytes = cert_relay_client_party.output(&clients[0], &length);
    assert_bytes_equal(bytes, length,
                       "0000000f 5245515f4b45593a636c69656e7432 0000000f 5245515f4b45593a636c69656e7433");
    (void)carry(&links[0].client, &links[0].server, SIZE_MAX);
    char pem[RSA_KEY_FILE_MAX];
    size_t first, second;
    assert_int_equal(rsa_public_key_write_pem(pem, sizeof pem, &first, &keys[1].public, RSA_KEY_SPKI),
                     KEY_FILE_OK);
    bytes = cert_relay_server_party.output(&servers[0], &length);
    assert_memory_equal(bytes + 4, pem, first);
    assert_int_equal(rsa_public_key_write_pem(pem, sizeof pem, &second, &keys[2].public, RSA_KEY_SPKI),
                     KEY_FILE_OK);
    assert_int_equal(length, 4 + first + 4 + second);
    assert_memory_equal(bytes + 4 + first + 4, pem, second);
    (void)connect(1);
    (void)connect(2);
    settle();
    forget_all();
    // A new exchange, caught: client1's parts.
    disconnect(&links[2]);
    (void)carry(&links[0].server, &links[0].client, SIZE_MAX);
    bytes = cert_relay_server_party.output(&servers[1], &length);
    assert_bytes_equal(bytes, length,
                       "00000013 434c49454e545f4c4546543a636c69656e7433"); // CLIENT_LEFT:client3
    settle();
    (void)connect(2);
    (void)carry(&links[3].client, &links[3].server, SIZE_MAX);
    bytes = cert_relay_server_party.output(&servers[0], &length);
    assert_bytes_equal(bytes, length, "00000012 53544152545f4b45595f45584348414e4745"); // START_KEY_EXCHANGE
    (void)carry(&links[0].server, &links[0].client, SIZE_MAX);
    bytes = cert_relay_client_party.output(&clients[0], &length);
    memcpy(wire, bytes, length);
    enum { PART = 4 + 9 + 7 + 2 + 7 + 2 + 128 + 32 };
    assert_int_equal(length, 2 * PART);
    assert_bytes_equal(wire, 31, "000000bb 4b45595f504152543a 636c69656e7431 2d3e 636c69656e7432 7c7c");
    assert_bytes_equal(wire + PART, 31,
                       "000000bb 4b45595f504152543a 636c69656e7431 2d3e 636c69656e7433 7c7c");
    uint8_t digest[32];
    SHA256(wire + 31, 128, digest);
    assert_memory_equal(wire + 31 + 128, digest, 32);
    // The server forwards these bytes, to both others, as they are.
    (void)carry(&links[0].client, &links[0].server, SIZE_MAX);
    const size_t receivers[] = {1, 3};
    for (size_t i = 0; i < 2; i++) {
        bytes = cert_relay_server_party.output(&servers[receivers[i]], &length);
        assert_true(length >= 2 * PART);
        assert_memory_equal(bytes + length - 2 * PART, wire, 2 * PART);
    }
    settle();
    assert_int_equal(clients[3].state, CERT_RELAY_TALKING);
}

static EVP_PKEY *to_openssl(const struct rsa_private_key *key) {
    uint8_t der[RSA_KEY_FILE_MAX];
    size_t length;
    assert_int_equal(rsa_key_write_der(der, sizeof der, &length, key, RSA_KEY_PKCS8), KEY_FILE_OK);
    const uint8_t *at = der;
    EVP_PKEY *made = d2i_AutoPrivateKey(NULL, &at, (long)length);
    assert_non_null(made);
    return made;
}

// Signature, key parts and messages by libcrypto: the salt is the longest, the key is part 3, part 2, part 1.
static void libcrypto_follows(void **state) {
    (void)state;
    EVP_PKEY *openssl_keys[3];
    for (size_t i = 0; i < 3; i++) {
        openssl_keys[i] = to_openssl(&keys[i]);
    }
    (void)connect(0);
    size_t length;
    const uint8_t *bytes = cert_relay_client_party.output(&clients[0], &length);
    const int salts[] = {1024 / 8 - 32 - 2, 32};
    for (size_t i = 0; i < 2; i++) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        EVP_PKEY_CTX *options;
        assert_int_equal(EVP_DigestVerifyInit(context, &options, EVP_sha256(), NULL, openssl_keys[0]), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salts[i]), 1);
        assert_int_equal(EVP_DigestVerify(context, bytes + 29, 128, (const uint8_t *)"AUTH_REQUEST", 12),
                         i == 0);
        EVP_MD_CTX_free(context);
    }
    again();
    establish();
    uint8_t key[24];
    for (size_t i = 0; i < 3; i++) {
        memcpy(key + 8 * i, clients[2 - i].parts[2 - i], 8);
    }
    assert_memory_equal(clients[0].session_key, key, 24);
    // Parts are drawn, not constant.
    assert_memory_not_equal(clients[0].parts[0], clients[0].parts[1], 8);
    for (size_t i = 0; i < 40; i++) {
        uint8_t text[100], plaintext[200], digest[32];
        test_random_bytes(&random_state, text, sizeof text);
        assert_null(cert_relay_client_party.say(&clients[1], text, i));
        bytes = cert_relay_client_party.output(&clients[1], &length);
        size_t ciphertext_length = (i / 16 + 1) * 16;
        assert_int_equal(length, 4 + 16 + ciphertext_length + 32);
        EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
        int first, last;
        assert_int_equal(EVP_DecryptInit_ex(context, EVP_aes_192_cbc(), NULL, key, bytes + 4), 1);
        assert_int_equal(EVP_DecryptUpdate(context, plaintext, &first, bytes + 20, (int)ciphertext_length),
                         1);
        assert_int_equal(EVP_DecryptFinal_ex(context, plaintext + first, &last), 1);
        EVP_CIPHER_CTX_free(context);
        assert_int_equal(first + last, i);
        assert_memory_equal(plaintext, text, i);
        SHA256(text, i, digest);
        assert_memory_equal(bytes + 20 + ciphertext_length, digest, 32);
        settle();
    }
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY_free(openssl_keys[i]);
    }
}

static void the_longest_text(void **state) {
    (void)state;
    static char text[CERT_RELAY_TEXT_MAX + 1];
    memset(text, 'x', sizeof text);
    establish();
    assert_int_equal(cert_relay_client_party.text_max(&clients[0]), CERT_RELAY_TEXT_MAX);
    assert_string_equal(cert_relay_client_party.say(&clients[0], text, CERT_RELAY_TEXT_MAX + 1),
                        cert_relay_reason_text(CERT_RELAY_TEXT_TOO_LONG));
    assert_null(cert_relay_client_party.say(&clients[0], text, CERT_RELAY_TEXT_MAX));
    size_t length;
    (void)cert_relay_client_party.output(&clients[0], &length);
    assert_int_equal(length, 4 + 65536);
    settle();
    assert_int_equal(links[1].client.last, PARTY_MESSAGE);
    assert_int_equal(links[2].client.last, PARTY_MESSAGE);
}

// --- leaving and returning -------------------------------------------------------------------------------------

static void the_other_two_go_on(void **state) {
    (void)state;
    establish();
    uint8_t old_key[CERT_RELAY_KEY_SIZE];
    memcpy(old_key, clients[0].session_key, sizeof old_key);
    forget_all();
    disconnect(&links[1]);
    settle();
    assert_string_equal(links[1].server.log, "ended: client2 has left.\n");
    assert_string_equal(links[0].client.log, "notice: client2 has left. It still has the session key.\n");
    says(&links[0], "only the two of us");
    assert_logged(&links[2].client, "message: client1: only the two of us\n"); // now it can be nobody else
    assert_memory_equal(clients[0].session_key, old_key, sizeof old_key);
    // It comes back: a new key for all, and the conversation goes on.
    forget_all();
    (void)connect(1);
    settle();
    assert_logged(&links[0].client, "established: All are back: a new session key with client2 and client3.");
    assert_logged(&links[3].client, "established: A session key with client1 and client3.");
    assert_logged(&links[3].server, "All are here: key exchange 2 begins.");
    assert_memory_equal(clients[0].session_key, clients[3].session_key, CERT_RELAY_KEY_SIZE);
    assert_memory_equal(clients[2].session_key, clients[3].session_key, CERT_RELAY_KEY_SIZE);
    assert_memory_not_equal(clients[0].session_key, old_key, sizeof old_key);
    for (size_t i = 0; i < 3; i++) { // every part is a new one
        assert_memory_not_equal(clients[0].parts[i], old_key + 8 * (2 - i), 8);
    }
    says(&links[3], "back again");
    assert_logged(&links[0].client, "message: client2 or client3: back again\n");
}

static void alone(void **state) {
    (void)state;
    establish();
    disconnect(&links[0]);
    disconnect(&links[2]);
    settle();
    assert_null(cert_relay_client_party.may_say(&clients[1], 5)); // so that a piped `exit` is still read
    assert_string_equal(cert_relay_client_party.say(&clients[1], "hello", 5),
                        cert_relay_reason_text(CERT_RELAY_ALONE));
    assert_null(cert_relay_client_party.say(&clients[1], "exit", 4));
    assert_true(cert_relay_client_party.over(&clients[1]));
}

// One leaves in the middle of the exchange: those without its part wait for it.
static void leaving_in_the_exchange(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        (void)connect(i);
        if (i < 2) {
            settle();
        }
    }
    assert_int_equal(clients[0].state, CERT_RELAY_AWAIT_START);
    assert_string_equal(cert_relay_client_party.may_say(&clients[0], 1),
                        cert_relay_reason_text(CERT_RELAY_NOT_NOW));
    assert_string_equal(cert_relay_client_party.say(&clients[0], "x", 1),
                        cert_relay_reason_text(CERT_RELAY_NOT_NOW));
    (void)carry(&links[2].client, &links[2].server, SIZE_MAX); // logs in: START to all
    (void)carry(&links[0].server, &links[0].client, SIZE_MAX);
    assert_int_equal(clients[0].state, CERT_RELAY_EXCHANGING);
    disconnect(&links[2]);
    settle();
    assert_int_equal(clients[0].state, CERT_RELAY_AWAIT_START);
    assert_int_equal(clients[1].state, CERT_RELAY_AWAIT_START);
    assert_logged(&links[0].client, "notice: client3 has left before it sent its key part");
    assert_false(cert_relay_client_party.impatient(&clients[0]));
    (void)connect(2);
    settle();
    assert_int_equal(clients[0].state, CERT_RELAY_TALKING);
    assert_int_equal(clients[3].state, CERT_RELAY_TALKING);
    says(&links[3], "now");
    assert_logged(&links[1].client, "message: client1 or client3: now\n");
}

// A message overtakes the last key part for one receiver: it is kept, and shown when the key is there.
static void a_message_before_its_key(void **state) {
    (void)state;
    static uint8_t parts[STREAM_OUT_SIZE], message[STREAM_OUT_SIZE];
    establish();
    disconnect(&links[2]);
    settle();
    (void)connect(2);
    (void)carry(&links[3].client, &links[3].server, SIZE_MAX);
    size_t parts_length, length;
    // client1 speaks under the old key before it hears of the new exchange.
    assert_null(cert_relay_client_party.say(&clients[0], "old key", 7));
    (void)carry(&links[0].client, &links[0].server, SIZE_MAX);
    (void)carry(&links[0].server, &links[0].client, SIZE_MAX);
    (void)carry(&links[1].server, &links[1].client, SIZE_MAX); // START, then the message
    assert_int_equal(clients[1].state, CERT_RELAY_EXCHANGING);
    assert_logged(&links[1].client, "message: client1 or client3: old key\n");
    // All parts but client1's for client2 arrive.
    forget_all();
    const uint8_t *bytes = cert_relay_client_party.output(&clients[0], &parts_length);
    memcpy(parts, bytes, parts_length);
    for (int i = 0; i < 3; i++) {
        (void)carry(&links[1].client, &links[1].server, SIZE_MAX);
        (void)carry(&links[3].client, &links[3].server, SIZE_MAX);
        (void)carry(&links[0].server, &links[0].client, SIZE_MAX);
        (void)carry(&links[3].server, &links[3].client, SIZE_MAX);
        (void)carry(&links[1].server, &links[1].client, SIZE_MAX);
    }
    assert_int_equal(clients[0].state, CERT_RELAY_TALKING);
    cert_relay_client_party.sent(&clients[0], parts_length);
    assert_null(cert_relay_client_party.say(&clients[0], "new key", 7));
    assert_null(cert_relay_client_party.say(&clients[0], "and more", 8));
    bytes = cert_relay_client_party.output(&clients[0], &length);
    memcpy(message, bytes, length);
    forget_all();
    feed(&links[1].client, message, length, SIZE_MAX);
    assert_string_equal(links[1].client.log, "");
    feed(&links[1].client, parts, parts_length, SIZE_MAX);
    assert_string_equal(links[1].client.log,
                        "established: All are back: a new session key with client1 and client3.\n"
                        "message: client1 or client3: new key\nmessage: client1 or client3: and more\n");
    // client3, back again, never had the old key: it says so of the message it could not read.
    feed(&links[3].client, parts, parts_length, SIZE_MAX);
    assert_int_equal(clients[3].state, CERT_RELAY_TALKING);
    assert_logged(&links[3].client,
                  "notice: A message that came before the key was refused: it does not decrypt");
}

// What is kept has a limit.
static void too_many_messages_before_their_key(void **state) {
    (void)state;
    establish();
    static uint8_t frame[4 + FRAME_PAYLOAD_MAX];
    frame_write_header(frame, FRAME_PAYLOAD_MAX);
    clients[0].state = CERT_RELAY_EXCHANGING;
    clients[0].has_part[1] = false;
    forget_all();
    for (int i = 0; i < 2; i++) {
        feed(&links[0].client, frame, sizeof frame, SIZE_MAX);
        assert_string_equal(links[0].client.log, "");
    }
    feed(&links[0].client, frame, sizeof frame, SIZE_MAX);
    assert_logged(&links[0].client, "from one of the others, was refused");
    assert_int_equal(clients[0].refused, CERT_RELAY_UNREADABLE);
    // To the byte: a whole one, a short one, and one that would fit but for its header.
    clients[0].held_start = clients[0].held_end = 0;
    forget_all();
    const size_t lengths[] = {FRAME_PAYLOAD_MAX, 64, FRAME_PAYLOAD_MAX - 64 - FRAME_HEADER_SIZE + 1};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(links[0].client.log, "");
        frame_write_header(frame, lengths[i]);
        feed(&links[0].client, frame, FRAME_HEADER_SIZE + lengths[i], SIZE_MAX);
    }
    assert_logged(&links[0].client, "from one of the others, was refused");
}

// --- refusals --------------------------------------------------------------------------------------------------

static void wrong_keys_and_names(void **state) {
    (void)state;
    static const struct {
        size_t place, port, key;
        enum cert_relay_reason reason;
        const char *server, *client;
    } cases[] = {
        {0, 0, FOREIGN, CERT_RELAY_BAD_SIGNATURE,
         "message 2 (AUTH_REQUEST) from client1: the signature does not verify",
         "the server refused the login (AUTH_FAILED)"},
        {0, 0, 1, CERT_RELAY_BAD_SIGNATURE, "the signature does not verify", "AUTH_FAILED"}, // client2's key
        {1, 0, 1, CERT_RELAY_WRONG_PORT, "client2, on the port of client1: this port is another client's",
         "the server refused: this port is another client's"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        again();
        struct link *link = connect_as(cases[i].place, cases[i].port, cases[i].key, NULL);
        settle();
        assert_int_equal(servers[0].reason, cases[i].reason);
        assert_int_equal(links[0].server.last, PARTY_FAILED);
        assert_logged(&link->server, cases[i].server);
        assert_logged(&link->client, cases[i].client);
        assert_true(cert_relay_client_party.over(&clients[0]) && cert_relay_server_party.over(&servers[0]));
        assert_null(hub.clients[0]);
        // Nobody else is disturbed by it.
        for (size_t j = 0; j < 3; j++) {
            (void)connect(j);
        }
        settle();
        assert_int_equal(clients[3].state, CERT_RELAY_TALKING);
    }
}

static void two_claim_one_name(void **state) {
    (void)state;
    establish();
    forget_all();
    struct link *second = connect(0); // with the right key, even
    settle();
    assert_int_equal(servers[3].reason, CERT_RELAY_CONNECTED_ALREADY);
    assert_logged(&second->client, "the server refused: a client of this name is connected already");
    assert_logged(&second->server, "client1, on the port of client1: "); // at its name, before any signature
    assert_string_equal(links[1].client.log, "");                        // nobody hears CLIENT_LEFT
    says(&links[0], "I am still here");
    assert_logged(&links[1].client, "I am still here");
    // Both have given the name; the first to authenticate has it.
    again();
    for (size_t i = 0; i < 2; i++) {
        (void)connect(0);
        size_t length;
        const uint8_t *bytes = cert_relay_client_party.output(&clients[i], &length);
        feed(&links[i].server, bytes, 11, SIZE_MAX);
        cert_relay_client_party.sent(&clients[i], 11);
        assert_int_equal(servers[i].state, CERT_RELAY_AWAIT_AUTH);
    }
    (void)carry(&links[1].client, &links[1].server, SIZE_MAX);
    (void)carry(&links[0].client, &links[0].server, SIZE_MAX);
    assert_int_equal(servers[1].state, CERT_RELAY_SERVING);
    assert_int_equal(servers[0].reason, CERT_RELAY_CONNECTED_ALREADY);
    assert_ptr_equal(hub.clients[0], &servers[1]);
}

// A frame of this text, to an end.
static void feed_text(struct end *end, const char *text) {
    uint8_t frame[4 + 1000];
    size_t length = strlen(text);
    frame_write_header(frame, length);
    memcpy(frame + 4, text, length);
    feed(end, frame, 4 + length, SIZE_MAX);
}

static void wrong_order_at_the_server(void **state) {
    (void)state;
    static const struct {
        int stage; // 0: nothing sent; 1: the name; 2: logged in
        const char *text;
        enum cert_relay_reason reason;
        const char *failure;
    } cases[] = {
        {0, "AUTH_REQUEST||", CERT_RELAY_UNKNOWN_CLIENT,
         "AUTH_REQUEST||, on the port of client1: there is no client"},
        {0, "client4", CERT_RELAY_UNKNOWN_CLIENT, "there is no client of this name"},
        {0, "client1 ", CERT_RELAY_UNKNOWN_CLIENT, "there is no client of this name"},
        {0, "", CERT_RELAY_MALFORMED, "message 1 (client id) from the client is malformed at byte 0"},
        {0, "client\n", CERT_RELAY_MALFORMED, "malformed at byte 6"},
        {1, "client1", CERT_RELAY_BAD_SIGNATURE, "message 2 (AUTH_REQUEST) from client1: text: "},
        {1, "REQ_KEY:client2", CERT_RELAY_BAD_SIGNATURE, "message 2 (AUTH_REQUEST) from client1: text: "},
        {1, "KEY_PART:client1->client2||", CERT_RELAY_BAD_SIGNATURE, "text: "},
        {1, "AUTH_REQUEST||short", CERT_RELAY_BAD_SIGNATURE, "signature: "},
        {1, "Refused: never mind", CERT_RELAY_REFUSED_BY_PEER, "client1 refused: never mind"},
        {2, "client1", CERT_RELAY_MALFORMED, "message 8 (message) from client1 is malformed"},
        {2, "AUTH_REQUEST||", CERT_RELAY_MALFORMED, "is malformed"},
        {2, "REQ_KEY:", CERT_RELAY_MALFORMED, "(REQ_KEY) from client1 is malformed at byte 8 of 8"},
        {2, "KEY_PART:client1->client2||short", CERT_RELAY_MALFORMED, "(KEY_PART) from client1 is malformed"},
        {2, "KEY_PART:client1", CERT_RELAY_MALFORMED, "(KEY_PART) from client1 is malformed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        again();
        struct link *link = connect(0);
        if (cases[i].stage == 2) {
            settle();
        } else if (cases[i].stage == 1) {
            size_t length;
            feed(&link->server, cert_relay_client_party.output(&clients[0], &length), 11, SIZE_MAX);
        }
        feed_text(&link->server, cases[i].text);
        assert_int_equal(servers[0].reason, cases[i].reason);
        assert_int_equal(link->server.last, PARTY_FAILED);
        assert_logged(&link->server, cases[i].failure);
        assert_null(hub.clients[0]);
        // Signatures are answered as the README says, everything else with a reason.
        size_t length;
        const uint8_t *bytes = cert_relay_server_party.output(&servers[0], &length);
        if (cases[i].reason == CERT_RELAY_BAD_SIGNATURE) {
            assert_bytes_equal(bytes, length, "0000000b 415554485f4641494c4544");
        } else if (cases[i].reason != CERT_RELAY_REFUSED_BY_PEER) {
            assert_true(length > 13);
            assert_memory_equal(bytes + 4, "Refused: ", 9);
        }
    }
}

static void unknown_keys_are_not_found(void **state) {
    (void)state;
    struct link *link = connect(0);
    settle();
    static const char *const names[] = {"client0", "client4", "CLIENT1", "server", "client1client2"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[60];
        size_t length;
        (void)snprintf(text, sizeof text, "REQ_KEY:%s", names[i]);
        feed_text(&link->server, text);
        const uint8_t *bytes = cert_relay_server_party.output(&servers[0], &length);
        assert_bytes_equal(
            bytes, length,
            "0000001c 4552524f523a205075626c6963206b6579206e6f7420666f756e642e"); // ERROR: Public key ...
        cert_relay_server_party.sent(&servers[0], length);
        assert_int_equal(servers[0].state, CERT_RELAY_SERVING);
    }
    // One's own key may be asked for, too.
    feed_text(&link->server, "REQ_KEY:client1");
    size_t length;
    const uint8_t *bytes = cert_relay_server_party.output(&servers[0], &length);
    assert_memory_equal(bytes + 4, "-----BEGIN PUBLIC KEY-----\n", 27);
}

static void wrong_order_at_the_client(void **state) {
    (void)state;
    static const struct {
        int stage; // 0: before the login; 1: logged in, keys asked for; 2: all keys there; 3: talking
        const char *text;
        enum cert_relay_reason reason, refused;
        const char *line;
    } cases[] = {
        {0, "START_KEY_EXCHANGE", CERT_RELAY_MALFORMED, CERT_RELAY_OK,
         "message 3 (AUTH_SUCCESS) from the server"},
        {0, "AUTH_SUCCESS!", CERT_RELAY_MALFORMED, CERT_RELAY_OK, "is malformed"},
        {0, "AUTH_FAILED", CERT_RELAY_LOGIN_REFUSED, CERT_RELAY_OK, "the server refused the login"},
        {0, "Refused: because", CERT_RELAY_REFUSED_BY_PEER, CERT_RELAY_OK, "the server refused: because"},
        {1, "AUTH_SUCCESS", CERT_RELAY_MALFORMED, CERT_RELAY_OK, "is malformed"},
        {1, "ERROR: Public key not found.", CERT_RELAY_NO_PUBLIC_KEY, CERT_RELAY_OK,
         "the server has no public key"},
        {1, "-----BEGIN PUBLIC KEY-----\n", CERT_RELAY_BAD_PUBLIC_KEY, CERT_RELAY_OK, "no RSA key"},
        {1, "0123456789012345678901234567890123456789012345678901234567890123", CERT_RELAY_MALFORMED,
         CERT_RELAY_OK, "(message) from the server: not a message that belongs here"},
        {1, "CLIENT_LEFT:client1", CERT_RELAY_MALFORMED, CERT_RELAY_OK, "(CLIENT_LEFT) from the server"},
        {1, "CLIENT_LEFT:nobody", CERT_RELAY_MALFORMED, CERT_RELAY_OK, "(CLIENT_LEFT) from the server"},
        {1, "CLIENT_LEFT:client2", CERT_RELAY_OK, CERT_RELAY_OK, "notice: client2 has left.\n"},
        {2, "-----BEGIN PUBLIC KEY-----\n", CERT_RELAY_MALFORMED, CERT_RELAY_OK,
         "(public key) from the server"},
        {3, "too short for a message", CERT_RELAY_MALFORMED, CERT_RELAY_OK,
         "(message) from the server is malformed"},
        {3, "0123456789012345678901234567890123456789012345678901234567890123", CERT_RELAY_OK,
         CERT_RELAY_UNREADABLE, "from one of the others, was refused: it does not decrypt"},
        {3, "01234567890123456789012345678901234567890123456789012345678901234", CERT_RELAY_OK,
         CERT_RELAY_UNREADABLE, "from one of the others, was refused"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        again();
        if (cases[i].stage == 3) {
            establish();
        } else {
            (void)connect(0);
            if (cases[i].stage == 1) {
                feed_text(&links[0].client, "AUTH_SUCCESS");
            } else if (cases[i].stage == 2) {
                settle();
            }
        }
        feed_text(&links[0].client, cases[i].text);
        assert_int_equal(clients[0].reason, cases[i].reason);
        assert_int_equal(clients[0].refused, cases[i].refused);
        assert_logged(&links[0].client, cases[i].line);
        assert_int_equal(cert_relay_client_party.over(&clients[0]), cases[i].reason != CERT_RELAY_OK);
    }
}

// A PEM from the server that is no public key, or a short one.
static void public_keys_that_are_refused(void **state) {
    (void)state;
    char pem[RSA_KEY_FILE_MAX];
    size_t length;
    struct rsa_private_key short_key;
    make_rsa_key(&short_key, 1022, 65537, 7);
    const struct {
        const struct rsa_private_key *key;
        enum rsa_key_form form;
        bool taken;
    } cases[] = {{&short_key, RSA_KEY_SPKI, false},
                 {&keys[1], RSA_KEY_PKCS8, false},
                 {&keys[1], RSA_KEY_PKCS1_PUBLIC, false},
                 {&keys[1], RSA_KEY_SPKI, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        again();
        (void)connect(0);
        feed_text(&links[0].client, "AUTH_SUCCESS");
        assert_int_equal(rsa_key_write_pem(pem, sizeof pem - 1, &length, cases[i].key, cases[i].form),
                         KEY_FILE_OK);
        pem[length] = '\0';
        feed_text(&links[0].client, pem);
        assert_int_equal(clients[0].reason, cases[i].taken ? CERT_RELAY_OK : CERT_RELAY_BAD_PUBLIC_KEY);
        assert_int_equal(clients[0].answers, cases[i].taken);
    }
    // Nor does one log in with a short key.
    again();
    assert_int_equal(cert_relay_client_start(&clients[0], 0, &short_key, NULL), CERT_RELAY_KEY_UNFIT);
    rsa_private_key_clear(&short_key);
}

// All bytes of a part and of an IV are drawn.
static void parts_and_ivs_are_random(void **state) {
    (void)state;
    uint8_t seen[CERT_RELAY_PART_SIZE] = {0}, seen_iv[CERT_RELAY_IV_SIZE] = {0};
    establish();
    for (int i = 0; i < 8; i++) {
        feed_text(&links[0].client, "START_KEY_EXCHANGE");
        for (size_t j = 0; j < sizeof seen; j++) {
            seen[j] |= clients[0].parts[0][j];
        }
    }
    for (int i = 0; i < 8; i++) {
        size_t length;
        assert_null(cert_relay_client_party.say(&clients[1], "x", 1));
        const uint8_t *bytes = cert_relay_client_party.output(&clients[1], &length);
        for (size_t j = 0; j < sizeof seen_iv; j++) {
            seen_iv[j] |= bytes[4 + j];
        }
        cert_relay_client_party.sent(&clients[1], length);
    }
    for (size_t j = 0; j < sizeof seen_iv; j++) {
        assert_true(seen_iv[j] != 0 && seen[j % sizeof seen] != 0);
    }
}

// The last to log in hears START and then that somebody has left, all before it has a public key.
static void leaving_before_the_public_keys(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        (void)connect(i);
        settle();
    }
    (void)connect(2);
    (void)carry(&links[2].client, &links[2].server, SIZE_MAX);
    disconnect(&links[1]);
    settle();
    assert_int_equal(clients[2].state, CERT_RELAY_AWAIT_START);
    assert_int_equal(clients[0].state, CERT_RELAY_AWAIT_START);
    assert_false(cert_relay_client_party.impatient(&clients[2]));
}

// --- key parts -------------------------------------------------------------------------------------------------

// A KEY_PART as anybody could make it.
static void feed_part(struct end *end, const char *from, const char *to, const struct rsa_public_key *key,
                      const char *part, size_t part_length, bool wrong_digest) {
    uint8_t frame[4 + 400];
    struct rsa_oaep oaep = {.hash = hash_find("sha256")};
    size_t length = (size_t)snprintf((char *)frame + 4, 200, "KEY_PART:%s->%s||", from, to);
    size_t size = rsa_size(key);
    assert_true(rsa_oaep_encrypt(key, frame + 4 + length, &oaep, (const uint8_t *)part, part_length));
    hash_digest(oaep.hash, frame + 4 + length + size, frame + 4 + length, size);
    frame[4 + length + size] ^= wrong_digest;
    length += size + 32;
    frame_write_header(frame, length);
    feed(end, frame, 4 + length, SIZE_MAX);
}

static void key_parts_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *from, *to;
        size_t key, length;
        bool wrong_digest;
        enum cert_relay_reason refused;
    } cases[] = {
        {"client2", "client1", 0, 8, true, CERT_RELAY_BAD_PART},
        {"client2", "client1", 1, 8, false, CERT_RELAY_BAD_PART},
        {"client2", "client1", 0, 7, false, CERT_RELAY_BAD_PART},
        {"client2", "client1", 0, 9, false, CERT_RELAY_BAD_PART},
        {"client2", "client1", 0, 0, false, CERT_RELAY_BAD_PART},
        {"client1", "client1", 0, 8, false, CERT_RELAY_LOST_PART},
        {"client7", "client1", 0, 8, false, CERT_RELAY_LOST_PART},
        {"client2", "client3", 2, 8, false, CERT_RELAY_OK},
        {"client2", "client9", 0, 8, false, CERT_RELAY_OK}, // for somebody else: no matter of ours
    };
    establish();
    uint8_t key[CERT_RELAY_KEY_SIZE];
    memcpy(key, clients[0].session_key, sizeof key);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        forget_all();
        feed_part(&links[0].client, cases[i].from, cases[i].to, &keys[cases[i].key].public, "123456789",
                  cases[i].length, cases[i].wrong_digest);
        assert_int_equal(clients[0].refused, cases[i].refused);
        assert_int_equal(links[0].client.log[0] == '\0', cases[i].refused == CERT_RELAY_OK);
        assert_memory_equal(clients[0].session_key, key, sizeof key);
        assert_int_equal(clients[0].state, CERT_RELAY_TALKING);
    }
    // Before START_KEY_EXCHANGE there is nothing to give a part to.
    again();
    (void)connect(0);
    settle();
    feed_part(&links[0].client, "client2", "client1", &keys[0].public, "12345678", 8, false);
    assert_int_equal(clients[0].refused, CERT_RELAY_LOST_PART);
    assert_int_equal(clients[0].state, CERT_RELAY_AWAIT_START);
}

// As written, parts are not signed: whoever can send one changes the key. Shown here, broken on purpose later.
static void anybody_can_send_a_part(void **state) {
    (void)state;
    establish();
    feed_part(&links[2].server, "client1", "client2", &keys[1].public, "attacker", 8,
              false); // sent by client3
    settle();
    assert_logged(&links[1].client, "notice: Another key part has come: the session key is a new one.");
    assert_memory_equal(clients[1].session_key + 16, "attacker", 8);
    assert_memory_not_equal(clients[0].session_key, clients[1].session_key, CERT_RELAY_KEY_SIZE);
}

// As written, what is signed never changes: a recorded login works again.
static void a_recorded_login_works_again(void **state) {
    (void)state;
    (void)connect(0);
    size_t length;
    uint8_t login[200];
    memcpy(login, cert_relay_client_party.output(&clients[0], &length), 157);
    settle();
    disconnect(&links[0]);
    (void)connect(0);
    feed(&links[1].server, login, 157, SIZE_MAX);
    assert_int_equal(servers[1].state, CERT_RELAY_SERVING);
}

// A signature that contains the separator.
static void only_the_first_mark_separates(void **state) {
    (void)state;
    bool found = false;
    for (unsigned seed = 1; !found && seed < 20000; seed++) {
        again();
        test_random_seed(&random_state, seed);
        (void)connect(0);
        size_t length;
        const uint8_t *bytes = cert_relay_client_party.output(&clients[0], &length);
        found = memmem(bytes + 29, 128, "||", 2) != NULL;
    }
    assert_true(found);
    settle();
    assert_int_equal(servers[0].state, CERT_RELAY_SERVING);
}

// --- faults ----------------------------------------------------------------------------------------------------

static void silence_and_closing(void **state) {
    (void)state;
    struct party_event event;
    struct link *link = connect(0);
    assert_true(cert_relay_server_party.impatient(&servers[0]));
    assert_true(cert_relay_client_party.impatient(&clients[0]));
    cert_relay_server_party.end(&servers[0], &event, PARTY_TIMED_OUT);
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_string_equal(
        cert_relay_server_party.failure(&servers[0]),
        "waiting for message 1 (client id) from the client: no answer within the time allowed (--timeout)");
    (void)carry(&link->server, &link->client, SIZE_MAX);
    assert_logged(&link->client, "the server refused: no answer within the time allowed");
    again();
    establish();
    assert_false(cert_relay_server_party.impatient(&servers[0]));
    assert_false(cert_relay_client_party.impatient(&clients[0]));
    // Two parts missing, then one.
    clients[0].state = CERT_RELAY_EXCHANGING;
    clients[0].has_part[1] = clients[0].has_part[2] = false;
    assert_true(cert_relay_client_party.impatient(&clients[0]));
    cert_relay_client_party.end(&clients[0], &event, PARTY_TIMED_OUT);
    assert_non_null(
        strstr(cert_relay_client_party.failure(&clients[0]), "(the part of client2 and client3)"));
    clients[1].state = CERT_RELAY_EXCHANGING;
    clients[1].has_part[2] = false;
    cert_relay_client_party.end(&clients[1], &event, PARTY_TIMED_OUT);
    assert_non_null(strstr(cert_relay_client_party.failure(&clients[1]), "(the part of client3)"));
    // The server goes.
    cert_relay_server_party.end(&servers[2], &event, PARTY_LEAVES);
    assert_int_equal(event.kind, PARTY_FAILED);
    (void)carry(&links[2].server, &links[2].client, SIZE_MAX);
    assert_logged(&links[2].client, "the server refused: the server is closing down");
    again();
    (void)connect(0);
    cert_relay_client_party.end(&clients[0], &event, PARTY_PEER_CLOSED);
    assert_string_equal(cert_relay_client_party.failure(&clients[0]),
                        "the server closed the connection before message 3 (AUTH_SUCCESS) from the server");
    again();
    (void)connect(0);
    cert_relay_client_party.end(&clients[0], &event, PARTY_LEAVES);
    assert_int_equal(clients[0].reason, CERT_RELAY_GIVEN_UP);
    again();
    (void)connect(0);
    cert_relay_server_party.end(&servers[0], &event, PARTY_BUSY);
    assert_int_equal(servers[0].reason, CERT_RELAY_BUSY);
}

// One that does not read goes; the others are told, and go on.
static void slow_readers(void **state) {
    (void)state;
    establish();
    static char text[CERT_RELAY_TEXT_MAX];
    memset(text, 'x', sizeof text);
    forget_all();
    assert_true(cert_relay_server_may_receive(&servers[0]));
    int count = 0;
    while (!cert_relay_server_party.over(&servers[2])) {
        assert_true(count++ < 10);
        assert_null(cert_relay_client_party.say(&clients[0], text, sizeof text));
        (void)carry(&links[0].client, &links[0].server, SIZE_MAX);
        (void)carry(&links[1].server, &links[1].client, SIZE_MAX);
        size_t waiting;
        (void)cert_relay_server_party.output(&servers[2], &waiting);
        // The app is asked to wait long before: one message of full length waits, and two more are let in.
        assert_int_equal(cert_relay_server_may_receive(&servers[0]),
                         count < 2 || cert_relay_server_party.over(&servers[2]));
        assert_int_equal(cert_relay_server_may_receive(&servers[2]),
                         count < 2 || cert_relay_server_party.over(&servers[2]));
    }
    assert_int_equal(count, 5); // four fit
    assert_int_equal(servers[2].reason, CERT_RELAY_SLOW);
    assert_logged(&links[1].client, "notice: client3 has left.");
    assert_ptr_equal(hub.clients[2], NULL);
    settle();
    assert_logged(&links[2].client, "the server refused: too slow");
    // A flood of requests from one that does not read the answers.
    again();
    struct link *link = connect(0);
    settle();
    for (int i = 0; i < 2000 && !cert_relay_server_party.over(&servers[0]); i++) {
        feed_text(&link->server, "REQ_KEY:client2");
    }
    assert_int_equal(servers[0].reason, CERT_RELAY_SLOW);
}

static void no_randomness(void **state) {
    (void)state;
    random_set_source(failing_source, NULL);
    assert_int_equal(cert_relay_client_start(&clients[0], 0, &keys[0], NULL), CERT_RELAY_KEY_UNFIT);
    again();
    establish();
    random_set_source(failing_source, NULL);
    assert_string_equal(cert_relay_client_party.say(&clients[0], "x", 1),
                        cert_relay_reason_text(CERT_RELAY_NO_RANDOM));
    assert_true(cert_relay_client_party.over(&clients[0]));
    feed_text(&links[1].client, "START_KEY_EXCHANGE");
    assert_int_equal(clients[1].reason, CERT_RELAY_NO_RANDOM);
    size_t length;
    const uint8_t *bytes = cert_relay_client_party.output(&clients[1], &length);
    assert_non_null(memmem(bytes, length, "Refused: internal error", 23));
}

static void every_reason_has_a_text(void **state) {
    (void)state;
    for (int reason = CERT_RELAY_OK; reason <= CERT_RELAY_NO_ROOM; reason++) {
        assert_true(strlen(cert_relay_reason_text((enum cert_relay_reason)reason)) > 5);
    }
}

// --- explanations ----------------------------------------------------------------------------------------------

struct observer {
    struct explain_sink sink;
    unsigned sent, received;
    char names[4000];
};
static void observe(struct explain_sink *sink, const struct explanation *explanation) {
    struct observer *self = (struct observer *)sink;
    *(explanation->sent ? &self->sent : &self->received) += 1;
    size_t used = strlen(self->names);
    if (explanation->sent) {
        (void)snprintf(self->names + used, sizeof self->names - used, "%u %s->%s %s\n", explanation->number,
                       explanation->sender, explanation->receiver, explanation->message->type->name);
    }
    for (size_t i = 0; i < explanation->message->type->count; i++) {
        assert_non_null(explanation->message->type->fields[i].meaning);
    }
    assert_true(explanation->count <= EXPLAINED_VALUES_MAX);
}

static void every_message_is_explained_by_both_ends(void **state) {
    (void)state;
    static struct observer sink = {.sink.explain = observe};
    for (size_t i = 0; i < 3; i++) {
        (void)connect_as(i, i, i, &sink.sink);
    }
    settle();
    says(&links[0], "hello");
    disconnect(&links[1]);
    settle();
    // 3 logins of 3, 6 requests with answers, START, 6 parts each sent once and passed on twice, a message likewise, 2 farewells
    assert_int_equal(sink.sent, 9 + 12 + 3 + 6 * 3 + 3 + 2);
    assert_int_equal(sink.received, sink.sent);
    assert_non_null(strstr(sink.names, "2 client1->server AUTH_REQUEST\n"));
    assert_non_null(strstr(sink.names, "3 server->client3 AUTH_SUCCESS\n"));
    assert_non_null(strstr(sink.names, "server->client2 KEY_PART\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(three_clients_talk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_order_and_any_pieces_will_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_wire_byte_by_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(libcrypto_follows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_other_two_go_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaving_in_the_exchange, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_before_its_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_messages_before_their_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_keys_and_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_claim_one_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_order_at_the_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_keys_are_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_order_at_the_client, set_up, tear_down),
        cmocka_unit_test_setup_teardown(public_keys_that_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parts_and_ivs_are_random, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaving_before_the_public_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(key_parts_that_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(anybody_can_send_a_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_recorded_login_works_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_first_mark_separates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_and_closing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(slow_readers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_randomness, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_reason_has_a_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_message_is_explained_by_both_ends, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
