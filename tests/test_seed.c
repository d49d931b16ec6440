// apps/common/seed: the keystream that its opening names, by libcrypto.
#include "tests/support.h"

#include "apps/common/seed.h"

#include "bignum/random.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

static void the_keystream_of_the_seed(void **state) {
    (void)state;
    static const unsigned long seeds[] = {0, 1, 10, 4294967296};
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        char text[64];
        uint8_t key[32], ours[100], expected[100], zeros[100] = {0}, counter[16] = {0};
        (void)snprintf(text, sizeof text, "cutaway demo seed %lu", seeds[i]);
        SHA256((const uint8_t *)text, strlen(text), key);
        EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
        int length;
        assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), NULL, key, counter), 1);
        assert_int_equal(EVP_EncryptUpdate(context, expected, &length, zeros, sizeof zeros), 1);
        EVP_CIPHER_CTX_free(context);
        // However many are asked for at a time.
        assert_true(seed_random(seeds[i]));
        for (size_t at = 0, part = 1; at < sizeof ours; at += part, part++) {
            part = part < sizeof ours - at ? part : sizeof ours - at;
            assert_true(random_bytes(ours + at, part));
        }
        assert_memory_equal(ours, expected, sizeof ours);
    }
    random_set_source(NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_keystream_of_the_seed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
