// protocols/base64: RFC 4648's own test vectors, every length, and everything that must be refused.
#include "tests/support.h"

#include "protocols/base64.h"

#include <openssl/evp.h>
#include <string.h>

static void rfc4648_vectors(void **state) {
    (void)state;
    // Section 10.
    static const struct {
        const char *plain, *encoded;
    } vectors[] = {{"", ""},
                   {"f", "Zg=="},
                   {"fo", "Zm8="},
                   {"foo", "Zm9v"},
                   {"foob", "Zm9vYg=="},
                   {"fooba", "Zm9vYmE="},
                   {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char encoded[16] = {0};
        uint8_t decoded[16];
        size_t length = 99;
        size_t plain_length = strlen(vectors[i].plain);
        assert_int_equal(BASE64_ENCODED_SIZE(plain_length), strlen(vectors[i].encoded));
        base64_encode(encoded, (const uint8_t *)vectors[i].plain, plain_length);
        assert_string_equal(encoded, vectors[i].encoded);
        assert_int_equal(base64_decode(decoded, &length, encoded, strlen(encoded), NULL), BASE64_OK);
        assert_int_equal(length, plain_length);
        assert_memory_equal(decoded, vectors[i].plain, length);
    }
}

static void same_as_libcrypto_at_every_length(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 4648);
    for (size_t length = 0; length <= 300; length++) {
        uint8_t bytes[300], decoded[303];
        char ours[401];
        unsigned char theirs[401];
        test_random_bytes(&random, bytes, length);
        memset(ours, '!', sizeof ours);
        base64_encode(ours, bytes, length);
        int count = EVP_EncodeBlock(theirs, bytes, (int)length);
        assert_int_equal(BASE64_ENCODED_SIZE(length), count);
        assert_memory_equal(ours, theirs, (size_t)count);
        assert_int_equal(ours[count], '!'); // nothing beyond what is announced
        size_t decoded_length;
        assert_int_equal(base64_decode(decoded, &decoded_length, ours, (size_t)count, NULL), BASE64_OK);
        assert_int_equal(decoded_length, length);
        assert_true(length <= BASE64_DECODED_SIZE((size_t)count));
        assert_memory_equal(decoded, bytes, length);
        assert_int_equal(base64_decode(NULL, &decoded_length, ours, (size_t)count, NULL), BASE64_OK);
        assert_int_equal(decoded_length, length);
    }
}

static void refused(const char *text, enum base64_error expected, size_t expected_offset) {
    uint8_t out[32];
    size_t length = 99, offset = 99;
    enum base64_error error = base64_decode(out, &length, text, strlen(text), &offset);
    if (error != expected || offset != expected_offset) {
        print_error("\"%s\": %s at %zu\n", text, base64_error_text(error), offset);
    }
    assert_int_equal(error, expected);
    assert_int_equal(offset, expected_offset);
    assert_int_equal(length, 0);
}

static void malformed_text_is_refused(void **state) {
    (void)state;
    refused("Zm9v ", BASE64_CHARACTER, 4);
    refused("Zm9\n", BASE64_CHARACTER, 3);
    refused("Zm9-", BASE64_CHARACTER, 3); // the URL alphabet
    refused("Zm_v", BASE64_CHARACTER, 2);
    refused("Zm9\xc3", BASE64_CHARACTER, 3);
    refused("Z", BASE64_LENGTH, 1);
    refused("Zm", BASE64_LENGTH, 2);
    refused("Zm9", BASE64_LENGTH, 3);
    refused("Zm9vY", BASE64_LENGTH, 5);
    refused("Zg=", BASE64_LENGTH, 3);
    refused("Zm8==", BASE64_LENGTH, 5);
    refused("=", BASE64_LENGTH, 1);
    refused("====", BASE64_PADDING, 0);
    refused("Z===", BASE64_PADDING, 1);
    refused("Zg==Zg==", BASE64_PADDING, 2);
    refused("Zm=v", BASE64_PADDING, 2);
    refused("=Zm9", BASE64_PADDING, 0);
}

// Of all texts of two characters and "==", and three and "=", exactly the canonical ones are taken.
static void only_canonical_text_is_taken(void **state) {
    (void)state;
    const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned taken = 0;
    for (size_t i = 0; i < 64; i++) {
        for (size_t j = 0; j < 64; j++) {
            char text[5] = {alphabet[i], alphabet[j], '=', '=', '\0'};
            uint8_t out[3];
            size_t length, offset = 99;
            enum base64_error error = base64_decode(out, &length, text, 4, &offset);
            assert_int_equal(error, j % 16 == 0 ? BASE64_OK : BASE64_STRAY_BITS);
            assert_int_equal(offset, j % 16 == 0 ? 99 : 1);
            taken += error == BASE64_OK;
            char three[5] = {'A', alphabet[i], alphabet[j], '=', '\0'};
            error = base64_decode(out, &length, three, 4, &offset);
            assert_int_equal(error, j % 4 == 0 ? BASE64_OK : BASE64_STRAY_BITS);
            taken += error == BASE64_OK;
        }
    }
    assert_int_equal(taken, 256 + 1024);
}

static void every_error_has_a_text(void **state) {
    (void)state;
    for (enum base64_error error = BASE64_OK; error <= BASE64_STRAY_BITS; error++) {
        assert_string_not_equal(base64_error_text(error), "unknown base64 error");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc4648_vectors),           cmocka_unit_test(same_as_libcrypto_at_every_length),
        cmocka_unit_test(malformed_text_is_refused), cmocka_unit_test(only_canonical_text_is_taken),
        cmocka_unit_test(every_error_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
