// Every cipher in every mode against OpenSSL's libcrypto on random input: keys, IVs, lengths around block and
// batch boundaries, both directions, with and without padding, and our message cut into random pieces.
//
// OpenSSL keeps single DES in its "legacy" provider. It has no CTR for DES: there the comparison is with the
// counter blocks encrypted in OpenSSL's ECB.

#include "ciphers/block/modes.h"
#include "tests/support.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <string.h>

enum { CASES_EACH = 300, LONGEST = 1400 };

static OSSL_PROVIDER *legacy, *standard;

// Two-key triple DES has no CFB8 in libcrypto; three keys of which the third is the first are the same
// cipher.
static const char *openssl_name(char *name, size_t size, const struct block_cipher *cipher,
                                enum cipher_mode mode) {
    bool as_ede3 = mode == MODE_CFB8 && strcmp(cipher->name, "des-ede") == 0;
    (void)snprintf(name, size, "%s-%s", as_ede3 ? "des-ede3" : cipher->name, cipher_mode_name(mode));
    return name;
}

// The same with libcrypto; gives the length, or fails with false.
static bool peer(const char *name, enum cipher_direction direction, enum cipher_padding padding,
                 const uint8_t *key, const uint8_t *iv, uint8_t *out, size_t *out_length, const uint8_t *in,
                 size_t length) {
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    if (cipher == NULL) {
        fail_msg("libcrypto has no %s", name);
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_non_null(context);
    int first = 0, second = 0;
    assert_int_equal(EVP_CipherInit_ex2(context, cipher, key, iv, direction == CIPHER_ENCRYPT, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(context, padding == PADDING_PKCS7), 1);
    assert_int_equal(EVP_CipherUpdate(context, out, &first, in, (int)length), 1);
    bool good = EVP_CipherFinal_ex(context, out + first, &second) == 1;
    *out_length = (size_t)first + (size_t)second;
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return good;
}

// CTR from OpenSSL's ECB: the counter blocks, one after the other, encrypted and added.
static void peer_ctr(const struct block_cipher *cipher, const uint8_t *key, const uint8_t *iv, uint8_t *out,
                     const uint8_t *in, size_t length) {
    char name[32];
    uint8_t counter[BLOCK_SIZE_MAX], stream[BLOCK_SIZE_MAX];
    memcpy(counter, iv, cipher->block_size);
    for (size_t i = 0; i < length; i++) {
        if (i % cipher->block_size == 0) {
            size_t stream_length;
            assert_true(peer(openssl_name(name, sizeof name, cipher, MODE_ECB), CIPHER_ENCRYPT, PADDING_NONE,
                             key, NULL, stream, &stream_length, counter, cipher->block_size));
            for (size_t j = cipher->block_size; j-- > 0 && ++counter[j] == 0;) {
            }
        }
        out[i] = in[i] ^ stream[i % cipher->block_size];
    }
}

// Ours, the message in random pieces.
static bool ours(struct test_random *random, const struct block_cipher *cipher, enum cipher_mode mode,
                 enum cipher_direction direction, enum cipher_padding padding, const uint8_t *key,
                 const uint8_t *iv, uint8_t *out, size_t *out_length, const uint8_t *in, size_t length) {
    struct cipher_context context;
    assert_true(cipher_init(&context, cipher, mode, direction, padding, key, cipher->key_size, iv,
                            mode == MODE_ECB ? 0 : cipher->block_size));
    *out_length = 0;
    size_t piece_limit = 1 + test_random_below(random, LONGEST);
    while (length > 0) {
        size_t piece = 1 + test_random_below(random, piece_limit < length ? piece_limit : length);
        size_t given;
        cipher_update(&context, out + *out_length, &given, in, piece);
        *out_length += given;
        in += piece;
        length -= piece;
    }
    size_t given;
    bool good = cipher_final(&context, out + *out_length, &given);
    *out_length += given;
    return good;
}

// Mostly short lengths near a block boundary, sometimes long ones that fill a batch of blocks.
static size_t random_length(struct test_random *random, size_t block_size) {
    size_t blocks =
        test_random_below(random, test_random_below(random, 4) == 0 ? LONGEST / block_size - 1 : 6);
    return blocks * block_size +
           (test_random_below(random, 2) == 0 ? 0 : test_random_below(random, block_size));
}

static void one_case(struct test_random *random, const struct block_cipher *cipher, enum cipher_mode mode) {
    char name[32];
    uint8_t key[BLOCK_KEY_SIZE_MAX], iv[BLOCK_SIZE_MAX];
    uint8_t message[LONGEST], encrypted[LONGEST + BLOCK_SIZE_MAX], expected[LONGEST + BLOCK_SIZE_MAX];
    uint8_t decrypted[LONGEST + 2 * BLOCK_SIZE_MAX];
    test_random_bytes(random, key, sizeof key);
    if (strcmp(cipher->name, "des-ede") == 0) {
        memcpy(key + 16, key, 8);
    }
    test_random_bytes(random, iv, sizeof iv);
    if (test_random_below(random, 4) == 0) {
        memset(iv, 0xff, sizeof iv); // a counter that wraps, now or soon
        iv[cipher->block_size - 1] = (uint8_t)test_random_next(random);
    }
    bool pads = mode == MODE_ECB || mode == MODE_CBC;
    enum cipher_padding padding = pads && test_random_below(random, 2) == 0 ? PADDING_PKCS7 : PADDING_NONE;
    size_t length = random_length(random, cipher->block_size);
    if (pads && padding == PADDING_NONE) {
        length -= length % cipher->block_size;
    }
    test_random_bytes(random, message, length);

    size_t encrypted_length, expected_length = length, decrypted_length;
    assert_true(ours(random, cipher, mode, CIPHER_ENCRYPT, padding, key, iv, encrypted, &encrypted_length,
                     message, length));
    if (mode == MODE_CTR && cipher->block_size == 8) {
        peer_ctr(cipher, key, iv, expected, message, length);
    } else {
        assert_true(peer(openssl_name(name, sizeof name, cipher, mode), CIPHER_ENCRYPT, padding, key, iv,
                         expected, &expected_length, message, length));
    }
    assert_int_equal(encrypted_length, expected_length);
    assert_memory_equal(encrypted, expected, expected_length);
    assert_true(ours(random, cipher, mode, CIPHER_DECRYPT, padding, key, iv, decrypted, &decrypted_length,
                     expected, expected_length));
    assert_int_equal(decrypted_length, length);
    assert_memory_equal(decrypted, message, length);

    // Random bytes in the place of a padded ciphertext: both accept, with the same message, or both refuse.
    // Half of the time only the last block is changed, one bit, so that the padding fails in many ways.
    if (padding == PADDING_PKCS7) {
        encrypted[test_random_below(random, encrypted_length)] ^=
            (uint8_t)(1U << test_random_below(random, 8));
        uint8_t peer_message[LONGEST + 2 * BLOCK_SIZE_MAX];
        size_t peer_length;
        bool peer_good = peer(openssl_name(name, sizeof name, cipher, mode), CIPHER_DECRYPT, padding, key, iv,
                              peer_message, &peer_length, encrypted, encrypted_length);
        bool good = ours(random, cipher, mode, CIPHER_DECRYPT, padding, key, iv, decrypted, &decrypted_length,
                         encrypted, encrypted_length);
        assert_int_equal(good, peer_good);
        if (good) {
            assert_int_equal(decrypted_length, peer_length);
            assert_memory_equal(decrypted, peer_message, peer_length);
        }
    }
}

static void test_against_openssl(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 0x5eed);
    unsigned cases = 0;
    for (const struct block_cipher *cipher = block_ciphers; cipher->name != NULL; cipher++) {
        for (enum cipher_mode mode = MODE_ECB; mode <= MODE_CTR; mode++) {
            for (unsigned i = 0; i < CASES_EACH; i++, cases++) {
                one_case(&random, cipher, mode);
            }
        }
    }
    print_message("# %u messages, each encrypted and decrypted\n", cases);
    assert_int_equal(cases, 6 * 6 * CASES_EACH);
}

static int load_providers(void **state) {
    (void)state;
    legacy = OSSL_PROVIDER_load(NULL, "legacy");
    standard = OSSL_PROVIDER_load(NULL, "default");
    return legacy == NULL || standard == NULL;
}

static int unload_providers(void **state) {
    (void)state;
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(standard);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_openssl),
    };
    return cmocka_run_group_tests(tests, load_providers, unload_providers);
}
