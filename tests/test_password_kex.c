// protocols/password_kex.c, protocols/password_kex_channel.c: the README's verbs, one-time keys, and what the session keys
// protect; against libcrypto.
#include "tests/password_kex_support.h"

#include "protocols/rsa_key_file.h"

#include "bignum/random.h"
#include "ciphers/public/rsa_oaep.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

// --- the verbs ---------------------------------------------------------------------------------------------

static struct password_kex server, client;
static uint8_t packet[PASSWORD_KEX_PACKET_SIZE], blocks[PASSWORD_KEX_MESSAGE_MAX],
    text[PASSWORD_KEX_MESSAGE_MAX];
static size_t blocks_length, text_length;

static void begin(const char *hash) {
    password_kex_clear(&server);
    password_kex_clear(&client);
    password_kex_init(&server, hash_find(hash));
    password_kex_init(&client, hash_find(hash));
    take(&server, 0);
    take(&client, 1);
}
static enum password_kex_reason first_packet(const char *name, const char *word) {
    assert_int_equal(password_kex_client_packet(&client, packet, word, strlen(word), server.public_key,
                                                server.public_key_length),
                     PASSWORD_KEX_OK);
    return password_kex_authenticate_client(&server, name, packet, sizeof packet, &store);
}

// The README, line by line.
static void the_verbs_of_the_readme(void **state) {
    (void)state;
    static const char *const hashes[] = {"sha512", "sha256"};
    for (size_t i = 0; i < 2; i++) {
        password_kex_clear(&server);
        password_kex_clear(&client);
        password_kex_init(&server, hash_find(hashes[i]));
        password_kex_init(&client, hash_find(hashes[i]));
        assert_int_equal(password_kex_generate_private_key(&server), PASSWORD_KEX_OK);
        assert_int_equal(server.public_key_length, 270);
        assert_int_equal(password_kex_check_key(server.public_key, server.public_key_length),
                         PASSWORD_KEX_OK);
        assert_int_equal(first_packet("ann", password), PASSWORD_KEX_OK);
        assert_int_equal(server.key_state, PASSWORD_KEX_KEY_PROVEN);

        assert_int_equal(password_kex_generate_private_key(&client), PASSWORD_KEX_OK);
        assert_int_equal(password_kex_encrypt_message(&client, blocks, &blocks_length, client.public_key,
                                                      client.public_key_length, server.public_key,
                                                      server.public_key_length),
                         PASSWORD_KEX_OK);
        assert_int_equal(blocks_length, i == 0 ? 3 * 256 : 2 * 256); // 126 or 190 bytes fit into one
        assert_int_equal(password_kex_decrypt_message(&server, text, &text_length, blocks, blocks_length),
                         PASSWORD_KEX_OK);
        assert_int_equal(text_length, client.public_key_length);
        assert_memory_equal(text, client.public_key, text_length);
        uint8_t hashed[HASH_DIGEST_SIZE_MAX];
        assert_true(password_kex_get_hashed_password(&server, hashed, "ann", &store));
        assert_int_equal(password_kex_server_packet(&server, packet, hashed, text, text_length),
                         PASSWORD_KEX_OK);
        assert_int_equal(
            password_kex_authenticate_server(&client, password, strlen(password), packet, sizeof packet),
            PASSWORD_KEX_OK);
        assert_int_equal(client.key_state, PASSWORD_KEX_KEY_PROVEN);
    }
}

// The packets are what libcrypto makes of the definition: RSAPublicKey, SHA-512 or SHA-256, OAEP.
static void packets_are_as_defined(void **state) {
    (void)state;
    static const char *const hashes[] = {"sha512", "sha256"};
    for (size_t i = 0; i < 2; i++) {
        const EVP_MD *md = i == 0 ? EVP_sha512() : EVP_sha256();
        unsigned size = i == 0 ? 64 : 32;
        begin(hashes[i]);
        assert_int_equal(password_kex_block_capacity(server.hash), i == 0 ? 126 : 190);
        // The server's private key, given to libcrypto, opens the client's packet.
        uint8_t der[2048], both[64 + PASSWORD_KEX_KEY_MAX], proof[64], opened[256];
        size_t der_length, opened_length = sizeof opened;
        assert_int_equal(rsa_key_write_der(der, sizeof der, &der_length, &server.private_key, RSA_KEY_PKCS1),
                         KEY_FILE_OK);
        const uint8_t *at = der;
        EVP_PKEY *key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, (long)der_length);
        assert_non_null(key);
        uint8_t *public = NULL;
        assert_int_equal(i2d_PublicKey(key, &public), (int)server.public_key_length);
        assert_memory_equal(public, server.public_key, server.public_key_length);
        assert_int_equal(EVP_Digest(password, strlen(password), both, NULL, md, NULL), 1);
        memcpy(both + size, public, server.public_key_length);
        assert_int_equal(EVP_Digest(both, size + server.public_key_length, proof, NULL, md, NULL), 1);
        OPENSSL_free(public);
        assert_int_equal(first_packet("ann", password), PASSWORD_KEX_OK);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
        assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(context, md), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(context, md), 1);
        assert_int_equal(EVP_PKEY_decrypt(context, opened, &opened_length, packet, sizeof packet), 1);
        assert_int_equal(opened_length, size);
        assert_memory_equal(opened, proof, size);
        EVP_PKEY_CTX_free(context);
        EVP_PKEY_free(key);
    }
}

static void names_that_could_form_a_path_are_refused(void **state) {
    (void)state;
    static const char *const good[] = {
        "a",  "ann", "Ann_B.-9", "...",
        ".a", "-",   "a..b",     "0123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(password_kex_name_is_good(good[i]));
    }
    static const char *const bad[] = {
        "",    ".",    "..",  "../ann", "a/b",
        "/",   "a\\b", "a b", "a\n",    "\xc3\xa9ve",
        "a:b", "~",    "a*",  "\x7f",   "01234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(password_kex_name_is_good(bad[i]));
        begin("sha512");
        looked_up = 0;
        assert_int_equal(first_packet(bad[i], password), PASSWORD_KEX_BAD_NAME);
        assert_int_equal(looked_up, 0); // no store ever sees it
        assert_int_equal(server.key_state, PASSWORD_KEX_KEY_SPENT);
    }
    // Every character alone.
    for (int letter = 1; letter < 256; letter++) {
        const char name[] = {(char)letter, '\0'};
        bool expected = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                        (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
        assert_int_equal(password_kex_name_is_good(name), expected);
    }
}

static void assert_spent(struct password_kex *kex) {
    uint8_t hashed[HASH_DIGEST_SIZE_MAX] = {0};
    assert_int_equal(kex->key_state, PASSWORD_KEX_KEY_SPENT);
    assert_int_equal(mpz_sgn(kex->private_key.d), 0);
    assert_int_equal(mpz_sgn(kex->private_key.p), 0);
    // No verb uses it any more.
    assert_int_equal(password_kex_authenticate_client(kex, "ann", packet, sizeof packet, &store),
                     PASSWORD_KEX_NO_KEY);
    assert_int_equal(password_kex_authenticate_server(kex, password, strlen(password), packet, sizeof packet),
                     PASSWORD_KEX_NO_KEY);
    assert_int_equal(password_kex_decrypt_message(kex, text, &text_length, packet, sizeof packet),
                     PASSWORD_KEX_NO_KEY);
    assert_int_equal(text_length, 0);
    assert_int_equal(
        password_kex_server_packet(kex, packet, hashed, client.public_key, client.public_key_length),
        PASSWORD_KEX_NO_KEY);
}

static void a_failure_ends_the_life_of_a_key(void **state) {
    (void)state;
    // The server's: wrong password, unknown user, a packet for another key, a packet cut short.
    begin("sha512");
    assert_int_equal(first_packet("ann", "wrong horse"), PASSWORD_KEX_WRONG_PASSWORD);
    assert_spent(&server);
    assert_int_equal(first_packet("ann", password), PASSWORD_KEX_NO_KEY);
    // A new one starts anew, and is another.
    uint8_t before[PASSWORD_KEX_KEY_MAX];
    memcpy(before, server.public_key, sizeof before);
    assert_int_equal(password_kex_generate_private_key(&server), PASSWORD_KEX_OK);
    assert_memory_not_equal(before, server.public_key, 100);
    assert_int_equal(first_packet("ann", password), PASSWORD_KEX_OK);
    // A key serves one client: the second proof of the same is refused although it is right.
    assert_int_equal(first_packet("ann", password), PASSWORD_KEX_NO_KEY);

    begin("sha512");
    assert_int_equal(first_packet("bob", password), PASSWORD_KEX_UNKNOWN_USER);
    assert_spent(&server);
    begin("sha512");
    assert_int_equal(first_packet("ann", password), PASSWORD_KEX_OK);
    take(&server, 2);
    assert_int_equal(password_kex_authenticate_client(&server, "ann", packet, sizeof packet, &store),
                     PASSWORD_KEX_UNDECRYPTABLE);
    assert_spent(&server);
    for (size_t length = 0; length < 2 * sizeof packet; length += 15) {
        if (length != sizeof packet) {
            begin("sha512");
            assert_int_equal(password_kex_client_packet(&client, blocks, password, strlen(password),
                                                        server.public_key, server.public_key_length),
                             PASSWORD_KEX_OK);
            assert_int_equal(password_kex_authenticate_client(&server, "ann", blocks, length, &store),
                             PASSWORD_KEX_UNDECRYPTABLE);
            assert_spent(&server);
        }
    }
    // The proof of another length: 63 and 65 bytes of a right one, and twice the packet.
    uint8_t proof[65] = {0}, hashed[64];
    const struct rsa_oaep oaep = {.hash = hash_find("sha512")};
    for (size_t length = 63; length <= 65; length++) {
        begin("sha512");
        password_kex_hash_password(&server, hashed, password, strlen(password));
        password_kex_proof(server.hash, proof, hashed, server.public_key, server.public_key_length);
        assert_true(rsa_oaep_encrypt(&server.private_key.public, packet, &oaep, proof, length));
        assert_int_equal(password_kex_authenticate_client(&server, "ann", packet, sizeof packet, &store),
                         length == 64 ? PASSWORD_KEX_OK : PASSWORD_KEX_WRONG_PASSWORD);
    }
    // The client's: a server that knows another password, a packet for another key.
    begin("sha512");
    assert_int_equal(
        password_kex_client_packet(&server, packet, "wrong", 5, client.public_key, client.public_key_length),
        PASSWORD_KEX_OK); // the two packets are alike
    assert_int_equal(
        password_kex_authenticate_server(&client, password, strlen(password), packet, sizeof packet),
        PASSWORD_KEX_SERVER_UNPROVEN);
    assert_spent(&client);
    begin("sha512");
    assert_int_equal(password_kex_client_packet(&server, packet, password, strlen(password),
                                                server.public_key, server.public_key_length),
                     PASSWORD_KEX_OK);
    assert_int_equal(
        password_kex_authenticate_server(&client, password, strlen(password), packet, sizeof packet),
        PASSWORD_KEX_UNDECRYPTABLE);
    assert_spent(&client);
    // What does not decrypt after the proof ends it as well.
    begin("sha512");
    assert_int_equal(first_packet("ann", password), PASSWORD_KEX_OK);
    assert_int_equal(password_kex_decrypt_message(&server, text, &text_length, packet, sizeof packet - 1),
                     PASSWORD_KEX_UNDECRYPTABLE);
    assert_spent(&server);
}

static void nothing_before_the_proof(void **state) {
    (void)state;
    uint8_t hashed[HASH_DIGEST_SIZE_MAX] = {0};
    begin("sha512");
    assert_int_equal(password_kex_encrypt_message(&client, blocks, &blocks_length, hashed, 5,
                                                  server.public_key, server.public_key_length),
                     PASSWORD_KEX_OK);
    assert_int_equal(password_kex_decrypt_message(&server, text, &text_length, blocks, blocks_length),
                     PASSWORD_KEX_NOT_PROVEN);
    assert_int_equal(
        password_kex_server_packet(&server, packet, hashed, client.public_key, client.public_key_length),
        PASSWORD_KEX_NOT_PROVEN);
    assert_int_equal(server.key_state, PASSWORD_KEX_KEY_FRESH); // and the key goes on
    assert_int_equal(first_packet("ann", password), PASSWORD_KEX_OK);
    assert_int_equal(password_kex_decrypt_message(&server, text, &text_length, blocks, blocks_length),
                     PASSWORD_KEX_OK);
    assert_int_equal(text_length, 5);
    password_kex_clear(&client);
    password_kex_init(&client, hash_find("sha512"));
    assert_int_equal(
        password_kex_authenticate_server(&client, password, strlen(password), packet, sizeof packet),
        PASSWORD_KEX_NO_KEY);
}

// An unknown user gets as far as a known one: the same look-up, the same decryption; and no fixed value stands in.
static void an_unknown_user_is_a_random_value(void **state) {
    (void)state;
    uint8_t one[64], two[64], zero[64] = {0};
    begin("sha512");
    assert_false(password_kex_get_hashed_password(&server, one, "bob", &store));
    assert_false(password_kex_get_hashed_password(&server, two, "bob", &store));
    assert_memory_not_equal(one, two, sizeof one);
    assert_memory_not_equal(one, zero, sizeof one);
    assert_false(password_kex_get_hashed_password(&server, one, "..", &store));
    assert_true(password_kex_get_hashed_password(&server, one, "ann", &store));
    assert_true(password_kex_get_hashed_password(&server, two, "ann", &store));
    assert_memory_equal(one, two, sizeof one);
}

// One who foresees that value gets no further: the name is unknown all the same.
static void an_unknown_user_is_refused_whatever_the_proof(void **state) {
    (void)state;
    struct test_random foreseen;
    uint8_t nobody[64], proof[64];
    begin("sha512");
    test_random_seed(&foreseen, 12);
    test_random_bytes(&foreseen, nobody, sizeof nobody);
    password_kex_proof(server.hash, proof, nobody, server.public_key, server.public_key_length);
    const struct rsa_oaep oaep = {.hash = server.hash};
    assert_true(rsa_oaep_encrypt(&server.private_key.public, packet, &oaep, proof, sizeof proof));
    test_random_seed(&foreseen, 12);
    random_set_source(test_random_source, &foreseen);
    enum password_kex_reason reason =
        password_kex_authenticate_client(&server, "bob", packet, sizeof packet, &store);
    test_random_seed(&foreseen, 12);
    begin("sha512");
    bool known = password_kex_get_hashed_password(&server, text, "bob", &store);
    random_set_source(NULL, NULL);
    assert_int_equal(reason, PASSWORD_KEX_UNKNOWN_USER);
    assert_false(known);
    assert_memory_equal(text, nobody, sizeof nobody); // it was foreseen
}

static void messages_of_every_length(void **state) {
    (void)state;
    static const char *const hashes[] = {"sha512", "sha256"};
    for (size_t i = 0; i < 2; i++) {
        begin(hashes[i]);
        assert_int_equal(first_packet("ann", password), PASSWORD_KEX_OK);
        size_t capacity = password_kex_block_capacity(server.hash);
        uint8_t message[PASSWORD_KEX_MESSAGE_MAX];
        struct test_random random;
        test_random_seed(&random, 5);
        test_random_bytes(&random, message, sizeof message);
        const size_t lengths[] = {0, 1, capacity - 1, capacity, capacity + 1, 3 * capacity, 8 * capacity};
        for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++) {
            assert_int_equal(password_kex_encrypt_message(&client, blocks, &blocks_length, message,
                                                          lengths[j], server.public_key,
                                                          server.public_key_length),
                             PASSWORD_KEX_OK);
            size_t expected = lengths[j] == 0 ? 1 : (lengths[j] + capacity - 1) / capacity;
            assert_int_equal(blocks_length, expected * PASSWORD_KEX_PACKET_SIZE);
            assert_int_equal(password_kex_decrypt_message(&server, text, &text_length, blocks, blocks_length),
                             PASSWORD_KEX_OK);
            assert_int_equal(text_length, lengths[j]);
            assert_memory_equal(text, message, text_length);
        }
        assert_int_equal(password_kex_encrypt_message(&client, blocks, &blocks_length, message,
                                                      8 * capacity + 1, server.public_key,
                                                      server.public_key_length),
                         PASSWORD_KEX_TOO_LONG);
        assert_int_equal(blocks_length, 0);
        // Nine blocks, and none.
        static uint8_t nine[PASSWORD_KEX_MESSAGE_MAX + PASSWORD_KEX_PACKET_SIZE];
        for (size_t j = 0; j < 9; j++) {
            memcpy(nine + j * PASSWORD_KEX_PACKET_SIZE, blocks, PASSWORD_KEX_PACKET_SIZE);
        }
        assert_int_equal(password_kex_decrypt_message(&server, text, &text_length, nine, sizeof nine),
                         PASSWORD_KEX_UNDECRYPTABLE);
        begin(hashes[i]);
        assert_int_equal(first_packet("ann", password), PASSWORD_KEX_OK);
        assert_int_equal(password_kex_decrypt_message(&server, text, &text_length, nine, 0),
                         PASSWORD_KEX_UNDECRYPTABLE);
    }
}

static void keys_that_are_none(void **state) {
    (void)state;
    begin("sha512");
    uint8_t der[PASSWORD_KEX_KEY_MAX + 100];
    size_t length;
    memcpy(der, server.public_key, server.public_key_length);
    for (size_t cut = 0; cut < server.public_key_length; cut++) {
        assert_int_equal(password_kex_check_key(der, cut), PASSWORD_KEX_BAD_KEY);
    }
    assert_int_equal(password_kex_check_key(der, server.public_key_length + 1),
                     PASSWORD_KEX_BAD_KEY); // trailing
    struct rsa_public_key key;
    rsa_public_key_init(&key);
    for (int i = 0; i < 6; i++) {
        mpz_set(key.n, made[0].public.n);
        mpz_set_ui(key.e, 65537);
        switch (i) {
        case 0:
            mpz_setbit(key.n, 2048); // 2049 bits
            break;
        case 1:
            mpz_clrbit(key.n, 2047);
            mpz_clrbit(key.n, 2046);
            mpz_setbit(key.n, 2045);
            break;
        case 2:
            mpz_clrbit(key.n, 0); // even
            break;
        case 3:
            mpz_set_ui(key.e, 65536);
            break;
        case 4:
            mpz_set_ui(key.e, 1);
            break;
        default:
            mpz_set_ui(key.e, 3); // fine
            break;
        }
        assert_int_equal(rsa_public_key_write_der(der, sizeof der, &length, &key, RSA_KEY_PKCS1_PUBLIC),
                         KEY_FILE_OK);
        assert_int_equal(password_kex_check_key(der, length),
                         i == 5 ? PASSWORD_KEX_OK : PASSWORD_KEX_BAD_KEY);
        assert_int_equal(password_kex_client_packet(&client, packet, "x", 1, der, length),
                         i == 5 ? PASSWORD_KEX_OK : PASSWORD_KEX_BAD_KEY);
    }
    assert_int_equal(length, PASSWORD_KEX_KEY_MIN);
    mpz_sub_ui(key.e, key.n, 2); // the longest exponent there is
    assert_int_equal(rsa_public_key_write_der(der, sizeof der, &length, &key, RSA_KEY_PKCS1_PUBLIC),
                     KEY_FILE_OK);
    assert_int_equal(length, PASSWORD_KEX_KEY_MAX);
    assert_int_equal(password_kex_check_key(der, length), PASSWORD_KEX_OK);
    rsa_public_key_clear(&key);
    // A private key of another size is not taken.
    struct rsa_private_key small;
    rsa_private_key_init(&small);
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    assert_true(rsa_generate(&small, 1024, e, NULL));
    mpz_clear(e);
    assert_int_equal(password_kex_take_private_key(&server, &small), PASSWORD_KEX_BAD_KEY);
    assert_spent(&server);
    rsa_private_key_clear(&small);
}

// --- the session keys and what they protect ----------------------------------------------------------------

// Against libcrypto: HKDF by its two steps, AES-256-CTR, HMAC.
static void the_channel_is_as_documented(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 9);
    uint8_t z[256], server_key[270], client_key[268], salt[538];
    test_random_bytes(&random, z, sizeof z);
    test_random_bytes(&random, server_key, sizeof server_key);
    test_random_bytes(&random, client_key, sizeof client_key);
    struct password_kex_channel channel;
    assert_true(password_kex_derive(&channel, z, sizeof z, server_key, sizeof server_key, client_key,
                                    sizeof client_key));
    memcpy(salt, server_key, sizeof server_key);
    memcpy(salt + sizeof server_key, client_key, sizeof client_key);
    uint8_t prk[32], keys[128] = {0}, block[32 + 25 + 1];
    HMAC(EVP_sha256(), salt, sizeof salt, z, sizeof z, prk, NULL);
    for (uint8_t i = 1; i <= 4; i++) { // T(i) = HMAC(PRK, T(i-1) || info || i)
        size_t before = i == 1 ? 0 : 32;
        memcpy(block, keys + (i - 1) * 32 - before, before);
        static const uint8_t info[] = "password-kex session keys";
        memcpy(block + before, info, sizeof info - 1);
        block[before + 25] = i;
        HMAC(EVP_sha256(), prk, sizeof prk, block, before + 26, keys + (i - 1) * 32, NULL);
    }
    assert_memory_equal(channel.from_client.cipher_key, keys, 32);
    assert_memory_equal(channel.from_client.mac_key, keys + 32, 32);
    assert_memory_equal(channel.from_server.cipher_key, keys + 64, 32);
    assert_memory_equal(channel.from_server.mac_key, keys + 96, 32);

    struct password_kex_channel other = channel;
    static const size_t lengths[] = {0, 1, 15, 16, 17, 1000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t message[1000], ciphertext[1000], expected[1000 + 8], mac[32], expected_mac[32],
            counter[16] = {0};
        size_t length = lengths[i];
        test_random_bytes(&random, message, length);
        assert_true(password_kex_protect(&channel.from_client, ciphertext, mac, message, length));
        counter[7] = (uint8_t)i;
        EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
        int done = 0;
        assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), NULL, keys, counter), 1);
        assert_int_equal(EVP_EncryptUpdate(context, expected + 8, &done, message, (int)length), 1);
        EVP_CIPHER_CTX_free(context);
        assert_int_equal(done, length);
        assert_memory_equal(ciphertext, expected + 8, length);
        memcpy(expected, counter, 8);
        HMAC(EVP_sha256(), keys + 32, 32, expected, 8 + length, expected_mac, NULL);
        assert_memory_equal(mac, expected_mac, 32);

        uint8_t opened[1000];
        // The other direction, an earlier number, a later one: all refused, and nothing moves.
        assert_int_equal(password_kex_open(&other.from_server, opened, i, ciphertext, length, mac),
                         PASSWORD_KEX_WRONG_MAC);
        assert_int_equal(password_kex_open(&other.from_client, opened, i + 1, ciphertext, length, mac),
                         PASSWORD_KEX_WRONG_MAC);
        mac[31] ^= 1;
        assert_int_equal(password_kex_open(&other.from_client, opened, i, ciphertext, length, mac),
                         PASSWORD_KEX_WRONG_MAC);
        mac[31] ^= 1;
        assert_int_equal(password_kex_open(&other.from_client, opened, i, ciphertext, length, mac),
                         PASSWORD_KEX_OPENED);
        assert_memory_equal(opened, message, length);
        assert_int_equal(password_kex_open(&other.from_client, opened, i, ciphertext, length, mac),
                         PASSWORD_KEX_WRONG_NUMBER);
    }
    uint8_t number[8];
    password_kex_put_number(number, 0x0102030405060708u);
    assert_bytes_equal(number, 8, "0102030405060708");
    assert_true(password_kex_get_number(number) == 0x0102030405060708u);
    // Any change of Z or of a key gives other session keys; so does moving a byte between the two keys' places.
    for (int i = 0; i < 3; i++) {
        (i == 0 ? z : i == 1 ? server_key : client_key)[7] ^= 1;
        assert_true(password_kex_derive(&other, z, sizeof z, server_key, sizeof server_key, client_key,
                                        sizeof client_key));
        assert_memory_not_equal(other.from_client.cipher_key, keys, 32);
        (i == 0 ? z : i == 1 ? server_key : client_key)[7] ^= 1;
    }
    static uint8_t too_long[2049];
    assert_false(password_kex_derive(&other, z, sizeof z, too_long, sizeof too_long, client_key, 1));
    assert_false(password_kex_derive(&other, z, sizeof z, too_long, 2048, client_key, 1));
}

int main(void) {
    password_kex_init(&server, NULL);
    password_kex_init(&client, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verbs_of_the_readme),
        cmocka_unit_test(packets_are_as_defined),
        cmocka_unit_test(names_that_could_form_a_path_are_refused),
        cmocka_unit_test(a_failure_ends_the_life_of_a_key),
        cmocka_unit_test(nothing_before_the_proof),
        cmocka_unit_test(an_unknown_user_is_a_random_value),
        cmocka_unit_test(an_unknown_user_is_refused_whatever_the_proof),
        cmocka_unit_test(messages_of_every_length),
        cmocka_unit_test(keys_that_are_none),
        cmocka_unit_test(the_channel_is_as_documented),
    };
    int failed = cmocka_run_group_tests(tests, make_keys, clear_keys);
    password_kex_clear(&server);
    password_kex_clear(&client);
    return failed;
}
