// Every hash, HMAC, HKDF and MGF1 against OpenSSL's libcrypto, an implementation that shares nothing with
// ours.

// PKCS1_MGF1 and the counters of the old contexts are reachable through the deprecated interface only.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tests/support.h"

#include "ciphers/hash/hash.h"
#include "ciphers/hash/hkdf.h"
#include "ciphers/hash/hmac.h"
#include "ciphers/hash/mgf1.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/md5.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdio.h>

enum { EXHAUSTIVE_LENGTH = 300, RANDOM_LENGTH = 1500 };

static const EVP_MD *peer_of(const struct hash_algorithm *algorithm) {
    const EVP_MD *md = EVP_get_digestbyname(algorithm->name);
    assert_non_null(md);
    return md;
}

static void peer_digest(const struct hash_algorithm *algorithm, uint8_t *digest, const uint8_t *in,
                        size_t length) {
    unsigned digest_length = 0;
    assert_int_equal(EVP_Digest(in, length, digest, &digest_length, peer_of(algorithm), NULL), 1);
    assert_int_equal(digest_length, algorithm->digest_size);
}

static void peer_hmac(const struct hash_algorithm *algorithm, uint8_t *mac, const uint8_t *key,
                      size_t key_length, const uint8_t *in, size_t length) {
    unsigned mac_length = 0;
    assert_non_null(HMAC(peer_of(algorithm), key, (int)key_length, in, length, mac, &mac_length));
    assert_int_equal(mac_length, algorithm->digest_size);
}

static void test_the_table(void **state) {
    (void)state;
    size_t count = 0;
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL;
         algorithm++, count++) {
        assert_ptr_equal(hash_find(algorithm->name), algorithm);
        assert_int_equal(algorithm->digest_size, EVP_MD_get_size(peer_of(algorithm)));
        assert_int_equal(algorithm->block_size, EVP_MD_get_block_size(peer_of(algorithm)));
        assert_true(algorithm->digest_size <= HASH_DIGEST_SIZE_MAX);
        assert_true(algorithm->block_size <= HASH_BLOCK_SIZE_MAX);
    }
    assert_int_equal(count, 6);
    static const char *const UNKNOWN[] = {"", "sha", "SHA256", "sha256 ", "sha2567", "md4"};
    for (size_t i = 0; i < sizeof UNKNOWN / sizeof *UNKNOWN; i++) {
        assert_null(hash_find(UNKNOWN[i]));
    }
}

// 6 algorithms * 301 lengths, in one call and byte by byte.
static void test_every_length(void **state) {
    (void)state;
    uint8_t message[EXHAUSTIVE_LENGTH];
    struct test_random random;
    test_random_seed(&random, 1);
    test_random_bytes(&random, message, sizeof message);
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        for (size_t length = 0; length <= EXHAUSTIVE_LENGTH; length++) {
            uint8_t expected[HASH_DIGEST_SIZE_MAX];
            uint8_t digest[HASH_DIGEST_SIZE_MAX];
            peer_digest(algorithm, expected, message, length);
            hash_digest(algorithm, digest, message, length);
            assert_memory_equal(digest, expected, algorithm->digest_size);

            struct hash_context context;
            hash_init(&context, algorithm);
            for (size_t i = 0; i < length; i++) {
                hash_update(&context, message + i, 1);
            }
            hash_final(&context, digest);
            assert_memory_equal(digest, expected, algorithm->digest_size);
        }
    }
}

// A message in two parts, cut everywhere; the context is cloned at the cut, and the clone goes another way.
static void test_every_split_and_clone(void **state) {
    (void)state;
    uint8_t message[EXHAUSTIVE_LENGTH];
    struct test_random random;
    test_random_seed(&random, 2);
    test_random_bytes(&random, message, sizeof message);
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        uint8_t expected[HASH_DIGEST_SIZE_MAX];
        peer_digest(algorithm, expected, message, sizeof message);
        for (size_t split = 0; split <= sizeof message; split++) {
            uint8_t digest[HASH_DIGEST_SIZE_MAX];
            uint8_t expected_prefix[HASH_DIGEST_SIZE_MAX];
            struct hash_context context;
            hash_init(&context, algorithm);
            hash_update(&context, message, split);
            hash_update(&context, NULL, 0);
            struct hash_context clone = context;
            hash_update(&context, message + split, sizeof message - split);

            hash_final(&clone, digest);
            peer_digest(algorithm, expected_prefix, message, split);
            assert_memory_equal(digest, expected_prefix, algorithm->digest_size);

            hash_final(&context, digest);
            assert_memory_equal(digest, expected, algorithm->digest_size);
        }
    }
}

// A digest may overwrite the message it was made of.
static void test_digest_in_place(void **state) {
    (void)state;
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        uint8_t buffer[HASH_DIGEST_SIZE_MAX] = "in place";
        uint8_t expected[HASH_DIGEST_SIZE_MAX];
        peer_digest(algorithm, expected, buffer, sizeof buffer);
        hash_digest(algorithm, buffer, buffer, sizeof buffer);
        assert_memory_equal(buffer, expected, algorithm->digest_size);
    }
}

static void test_contexts_are_wiped(void **state) {
    (void)state;
    static const struct hmac_context WIPED = {0};
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        struct hash_context context;
        hash_init(&context, algorithm);
        hash_update(&context, "secret", 6);
        hash_final(&context, digest);
        assert_memory_equal(&context, &WIPED.inner, sizeof context);

        struct hmac_context mac;
        hmac_init(&mac, algorithm, (const uint8_t *)"key", 3);
        hmac_update(&mac, "secret", 6);
        hmac_final(&mac, digest);
        assert_memory_equal(&mac, &WIPED, sizeof mac);
    }
}

// The same without hash.c in between, which wipes once more.
static void test_typed_contexts_are_wiped(void **state) {
    (void)state;
    static const union hash_state WIPED = {0};
    static const uint8_t SECRET[] = "secret";
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    struct md5_context md5;
    md5_init(&md5);
    md5_update(&md5, SECRET, sizeof SECRET);
    md5_final(&md5, digest);
    assert_memory_equal(&md5, &WIPED, sizeof md5);
    struct sha1_context sha1;
    sha1_init(&sha1);
    sha1_update(&sha1, SECRET, sizeof SECRET);
    sha1_final(&sha1, digest);
    assert_memory_equal(&sha1, &WIPED, sizeof sha1);
    struct sha256_context sha256;
    sha224_init(&sha256);
    sha256_update(&sha256, SECRET, sizeof SECRET);
    sha224_final(&sha256, digest);
    assert_memory_equal(&sha256, &WIPED, sizeof sha256);
    sha256_init(&sha256);
    sha256_update(&sha256, SECRET, sizeof SECRET);
    sha256_final(&sha256, digest);
    assert_memory_equal(&sha256, &WIPED, sizeof sha256);
    struct sha512_context sha512;
    sha384_init(&sha512);
    sha512_update(&sha512, SECRET, sizeof SECRET);
    sha384_final(&sha512, digest);
    assert_memory_equal(&sha512, &WIPED, sizeof sha512);
    sha512_init(&sha512);
    sha512_update(&sha512, SECRET, sizeof SECRET);
    sha512_final(&sha512, digest);
    assert_memory_equal(&sha512, &WIPED, sizeof sha512);
}

// Messages too long to hash: both sides are told that they have already seen `length` bytes of whole blocks,
// and go on from there. Only the padding shows the difference: where the length crosses 32 bits, or 64, in
// bits.
static void test_length_field(void **state) {
    (void)state;
    static const uint64_t LENGTHS[] = {
        UINT64_C(1) << 29, (UINT64_C(1) << 29) - 128, UINT64_C(1) << 32,         (UINT64_C(1) << 32) + 128,
        UINT64_C(1) << 60, UINT64_C(1) << 61,         (UINT64_C(7) << 61) - 128, UINT64_MAX - 255,
    };
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++) {
        uint64_t length = LENGTHS[i];
        uint8_t digest[HASH_DIGEST_SIZE_MAX], expected[HASH_DIGEST_SIZE_MAX];

        // MD5 counts modulo 2^64 bits (RFC 1321, 3.2); the SHAs of 32-bit words take fewer than 2^61 bytes.
        struct md5_context md5;
        MD5_CTX peer_md5;
        md5_init(&md5);
        assert_int_equal(MD5_Init(&peer_md5), 1);
        md5.length = length;
        peer_md5.Nl = (MD5_LONG)(length << 3);
        peer_md5.Nh = (MD5_LONG)(length >> 29);
        md5_update(&md5, (const uint8_t *)"tail", 4);
        assert_int_equal(MD5_Update(&peer_md5, "tail", 4), 1);
        md5_final(&md5, digest);
        assert_int_equal(MD5_Final(expected, &peer_md5), 1);
        assert_memory_equal(digest, expected, MD5_DIGEST_SIZE);

        struct sha1_context sha1;
        SHA_CTX peer_sha1;
        sha1_init(&sha1);
        assert_int_equal(SHA1_Init(&peer_sha1), 1);
        sha1.length = length;
        peer_sha1.Nl = (SHA_LONG)(length << 3);
        peer_sha1.Nh = (SHA_LONG)(length >> 29);
        sha1_update(&sha1, (const uint8_t *)"tail", 4);
        assert_int_equal(SHA1_Update(&peer_sha1, "tail", 4), 1);
        sha1_final(&sha1, digest);
        assert_int_equal(SHA1_Final(expected, &peer_sha1), 1);
        assert_memory_equal(digest, expected, SHA1_DIGEST_SIZE);

        struct sha256_context sha256;
        SHA256_CTX peer_sha256;
        sha256_init(&sha256);
        assert_int_equal(SHA256_Init(&peer_sha256), 1);
        sha256.length = length;
        peer_sha256.Nl = (SHA_LONG)(length << 3);
        peer_sha256.Nh = (SHA_LONG)(length >> 29);
        sha256_update(&sha256, (const uint8_t *)"tail", 4);
        assert_int_equal(SHA256_Update(&peer_sha256, "tail", 4), 1);
        sha256_final(&sha256, digest);
        assert_int_equal(SHA256_Final(expected, &peer_sha256), 1);
        assert_memory_equal(digest, expected, SHA256_DIGEST_SIZE);

        struct sha512_context sha512;
        SHA512_CTX peer_sha512;
        sha512_init(&sha512);
        assert_int_equal(SHA512_Init(&peer_sha512), 1);
        sha512.length = length;
        peer_sha512.Nl = length << 3;
        peer_sha512.Nh = length >> 61;
        sha512_update(&sha512, (const uint8_t *)"tail", 4);
        assert_int_equal(SHA512_Update(&peer_sha512, "tail", 4), 1);
        sha512_final(&sha512, digest);
        assert_int_equal(SHA512_Final(expected, &peer_sha512), 1);
        assert_memory_equal(digest, expected, SHA512_DIGEST_SIZE);
    }
}

static void test_random_digests(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 3);
    for (size_t i = 0; i < 250; i++) {
        uint8_t message[RANDOM_LENGTH];
        size_t length = test_random_below(&random, sizeof message + 1);
        test_random_bytes(&random, message, length);
        for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
            uint8_t expected[HASH_DIGEST_SIZE_MAX];
            uint8_t digest[HASH_DIGEST_SIZE_MAX];
            peer_digest(algorithm, expected, message, length);
            struct hash_context context;
            hash_init(&context, algorithm);
            // In parts of random length.
            for (size_t done = 0; done < length;) {
                size_t part = 1 + test_random_below(&random, length - done);
                hash_update(&context, message + done, part);
                done += part;
            }
            hash_final(&context, digest);
            assert_memory_equal(digest, expected, algorithm->digest_size);
        }
    }
}

// Key lengths from 0 to twice the block size and a bit: each side of "longer than a block".
static void test_hmac_every_key_length(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 4);
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        for (size_t key_length = 0; key_length <= 2 * algorithm->block_size + 3; key_length++) {
            uint8_t key[2 * HASH_BLOCK_SIZE_MAX + 3];
            uint8_t message[EXHAUSTIVE_LENGTH];
            uint8_t expected[HASH_DIGEST_SIZE_MAX];
            uint8_t mac[HASH_DIGEST_SIZE_MAX];
            size_t length = test_random_below(&random, sizeof message + 1);
            test_random_bytes(&random, key, key_length);
            test_random_bytes(&random, message, length);
            peer_hmac(algorithm, expected, key, key_length, message, length);
            hmac_digest(algorithm, mac, key, key_length, message, length);
            assert_memory_equal(mac, expected, algorithm->digest_size);
        }
    }
}

static void test_hmac_splits_and_clones(void **state) {
    (void)state;
    uint8_t message[EXHAUSTIVE_LENGTH];
    uint8_t key[40];
    struct test_random random;
    test_random_seed(&random, 5);
    test_random_bytes(&random, message, sizeof message);
    test_random_bytes(&random, key, sizeof key);
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        uint8_t expected[HASH_DIGEST_SIZE_MAX];
        uint8_t mac[HASH_DIGEST_SIZE_MAX];
        peer_hmac(algorithm, expected, key, sizeof key, message, sizeof message);
        struct hmac_context context;
        hmac_init(&context, algorithm, key, sizeof key);
        struct hmac_context fresh = context;
        for (size_t split = 0; split <= sizeof message; split++) {
            hmac_update(&context, message, split);
            struct hmac_context clone = context;
            hmac_final(&context, mac); // the original ends here; the clone goes on
            hmac_update(&clone, message + split, sizeof message - split);
            hmac_final(&clone, mac);
            assert_memory_equal(mac, expected, algorithm->digest_size);
            context = fresh;
        }
    }
}

static bool peer_hkdf(const struct hash_algorithm *algorithm, uint8_t *out, size_t length, uint8_t *salt,
                      size_t salt_length, uint8_t *ikm, size_t ikm_length, uint8_t *info,
                      size_t info_length) {
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    char name[16];
    (void)snprintf(name, sizeof name, "%s", algorithm->name);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm, ikm_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, salt_length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_length),
        OSSL_PARAM_construct_end(),
    };
    bool derived = EVP_KDF_derive(context, out, length, params) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return derived;
}

static void test_hkdf(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 6);
    for (size_t i = 0; i < 100; i++) {
        for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
            uint8_t salt[200], ikm[200], info[200], expected[1000], out[1000];
            size_t salt_length = test_random_below(&random, sizeof salt + 1);
            size_t ikm_length = 1 + test_random_below(&random, sizeof ikm);
            size_t info_length = test_random_below(&random, sizeof info + 1);
            size_t length = 1 + test_random_below(&random, sizeof out);
            test_random_bytes(&random, salt, salt_length);
            test_random_bytes(&random, ikm, ikm_length);
            test_random_bytes(&random, info, info_length);
            assert_true(peer_hkdf(algorithm, expected, length, salt, salt_length, ikm, ikm_length, info,
                                  info_length));
            assert_true(hkdf(algorithm, out, length, salt, salt_length, ikm, ikm_length, info, info_length));
            assert_memory_equal(out, expected, length);
        }
    }
}

static void test_mgf1(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 7);
    for (size_t i = 0; i < 100; i++) {
        for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
            uint8_t seed[100], expected[1000], mask[1000];
            size_t seed_length = test_random_below(&random, sizeof seed + 1);
            size_t length = test_random_below(&random, sizeof mask + 1);
            test_random_bytes(&random, seed, seed_length);
            assert_int_equal(PKCS1_MGF1(expected, (long)length, seed, (long)seed_length, peer_of(algorithm)),
                             0);
            mgf1(algorithm, mask, length, seed, seed_length);
            assert_memory_equal(mask, expected, length);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_every_split_and_clone),
        cmocka_unit_test(test_digest_in_place),
        cmocka_unit_test(test_contexts_are_wiped),
        cmocka_unit_test(test_typed_contexts_are_wiped),
        cmocka_unit_test(test_length_field),
        cmocka_unit_test(test_random_digests),
        cmocka_unit_test(test_hmac_every_key_length),
        cmocka_unit_test(test_hmac_splits_and_clones),
        cmocka_unit_test(test_hkdf),
        cmocka_unit_test(test_mgf1),
    };
    return cmocka_run_group_tests_name("hashes against libcrypto", tests, NULL, NULL);
}
