// HMAC, HKDF and MGF1: published values through the trace, and everything that must be refused.

#include "tests/support.h"

#include "ciphers/hash/hkdf.h"
#include "ciphers/hash/hmac.h"
#include "ciphers/hash/mgf1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct hash_algorithm *algorithm_named(const char *name) {
    const struct hash_algorithm *algorithm = hash_find(name);
    assert_non_null(algorithm);
    return algorithm;
}

// --- HMAC --------------------------------------------------------------------------------------------------

// RFC 2202 (MD5, SHA-1) and RFC 4231 (SHA-2), test case 2 of each: the key "Jefe".
static void test_hmac_published(void **state) {
    (void)state;
    static const struct {
        const char *name, *mac;
    } CASES[] = {
        {"md5", "750c783e6ab0b503eaa86e310a5db738"},
        {"sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {"sha224", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"},
        {"sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"sha384",
         "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"},
        {"sha512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                   "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    };
    static const char TEXT[] = "what do ya want for nothing?";
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const struct hash_algorithm *algorithm = algorithm_named(CASES[i].name);
        uint8_t mac[HASH_DIGEST_SIZE_MAX];
        hmac_digest(algorithm, mac, (const uint8_t *)"Jefe", 4, TEXT, strlen(TEXT));
        assert_bytes_equal(mac, algorithm->digest_size, CASES[i].mac);
    }
}

// Every step of the worked example in hmac.c: RFC 4231, test case 2, with SHA-256.
static void test_hmac_trace(void **state) {
    (void)state;
    static const char TEXT[] = "what do ya want for nothing?";
    const struct hash_algorithm *sha256 = algorithm_named("sha256");
    struct captured_trace trace;
    uint8_t mac[SHA256_DIGEST_SIZE];
    captured_trace_start(&trace);
    hmac_digest(sha256, mac, (const uint8_t *)"Jefe", 4, TEXT, strlen(TEXT));
    captured_trace_stop(&trace);

    char k0[2 * 64 + 1];
    memset(k0, '0', 128);
    k0[128] = '\0';
    memcpy(k0, "4a656665", 8);
    assert_string_equal(captured_value(&trace, "K0", 0), k0);
    const char *inner_key = captured_value(&trace, "K0 XOR ipad", 0);
    const char *outer_key = captured_value(&trace, "K0 XOR opad", 0);
    assert_memory_equal(inner_key, "7c535053363636", 14);
    assert_memory_equal(outer_key, "16393a395c5c5c", 14);
    // The two key blocks differ in half of their bits.
    uint8_t inner[64], outer[64];
    assert_int_equal(from_hex(inner, 64, inner_key), 64);
    assert_int_equal(from_hex(outer, 64, outer_key), 64);
    int differences = 0;
    for (size_t i = 0; i < 64; i++) {
        differences += __builtin_popcount((unsigned)(inner[i] ^ outer[i]));
    }
    assert_int_equal(differences, 64 * 8 / 2);

    // The hash of the inner key block and the text, then of the outer key block and that digest.
    assert_string_equal(captured_value(&trace, "message digest", 0),
                        "a2e485863d27f9d864ac8d802432a1ed477d8c4c6f349d16d4e7e917c629cad7");
    assert_string_equal(captured_value(&trace, "message digest", 1),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_string_equal(captured_value(&trace, "HMAC", 0), captured_value(&trace, "message digest", 1));
    for (size_t i = 0; i < trace.count; i++) {
        // What belongs to the hash stands deeper than what belongs to HMAC.
        if (strcmp(trace.steps[i].label, "message digest") == 0 ||
            strcmp(trace.steps[i].label, "H(0)") == 0) {
            assert_int_equal(trace.steps[i].depth, 1);
        }
        if (strcmp(trace.steps[i].label, "K0") == 0 || strcmp(trace.steps[i].label, "HMAC") == 0) {
            assert_int_equal(trace.steps[i].depth, 0);
        }
    }
    captured_trace_free(&trace);
}

// A key longer than a block stands for its digest, so both make the same MAC (RFC 2104, section 2); and zeros
// at the end of a short key change nothing.
static void test_equivalent_keys(void **state) {
    (void)state;
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        uint8_t key[HASH_BLOCK_SIZE_MAX + 1], key_digest[HASH_DIGEST_SIZE_MAX];
        uint8_t a[HASH_DIGEST_SIZE_MAX], b[HASH_DIGEST_SIZE_MAX];
        memset(key, 'k', sizeof key);
        hash_digest(algorithm, key_digest, key, algorithm->block_size + 1);
        hmac_digest(algorithm, a, key, algorithm->block_size + 1, "text", 4);
        hmac_digest(algorithm, b, key_digest, algorithm->digest_size, "text", 4);
        assert_memory_equal(a, b, algorithm->digest_size);
        // A key of exactly one block is used as it is.
        hash_digest(algorithm, key_digest, key, algorithm->block_size);
        hmac_digest(algorithm, a, key, algorithm->block_size, "text", 4);
        hmac_digest(algorithm, b, key_digest, algorithm->digest_size, "text", 4);
        assert_memory_not_equal(a, b, algorithm->digest_size);

        hmac_digest(algorithm, a, (const uint8_t *)"key", 3, "text", 4);
        hmac_digest(algorithm, b, (const uint8_t *)"key\0", 4, "text", 4);
        assert_memory_equal(a, b, algorithm->digest_size);
        hmac_digest(algorithm, a, NULL, 0, NULL, 0);
        hmac_digest(algorithm, b, (const uint8_t *)"", 1, "", 0);
        assert_memory_equal(a, b, algorithm->digest_size);
    }
}

static void test_verify(void **state) {
    (void)state;
    uint8_t key[32], text[100];
    struct test_random random;
    test_random_seed(&random, 8);
    test_random_bytes(&random, key, sizeof key);
    test_random_bytes(&random, text, sizeof text);
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        size_t size = algorithm->digest_size;
        uint8_t mac[HASH_DIGEST_SIZE_MAX + 1] = {0};
        hmac_digest(algorithm, mac, key, sizeof key, text, sizeof text);
        // Whole and truncated, but neither empty nor longer than the digest.
        for (size_t length = 0; length <= sizeof mac; length++) {
            bool expected = length >= 1 && length <= size;
            assert_int_equal(hmac_verify(algorithm, mac, length, key, sizeof key, text, sizeof text),
                             expected);
        }
        // Any bit of the MAC flipped.
        for (size_t bit = 0; bit < 8 * size; bit++) {
            mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(hmac_verify(algorithm, mac, size, key, sizeof key, text, sizeof text));
            // A truncated MAC does not see what is cut off.
            assert_int_equal(hmac_verify(algorithm, mac, size / 2, key, sizeof key, text, sizeof text),
                             bit / 8 >= size / 2);
            mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        // Any byte of the key or the text changed; the text cut.
        for (size_t i = 0; i < sizeof key; i++) {
            key[i] ^= 0x40;
            assert_false(hmac_verify(algorithm, mac, size, key, sizeof key, text, sizeof text));
            key[i] ^= 0x40;
        }
        for (size_t i = 0; i < sizeof text; i++) {
            text[i] ^= 1;
            assert_false(hmac_verify(algorithm, mac, size, key, sizeof key, text, sizeof text));
            text[i] ^= 1;
            assert_false(hmac_verify(algorithm, mac, size, key, sizeof key, text, i));
        }
        assert_true(hmac_verify(algorithm, mac, size, key, sizeof key, text, sizeof text));
    }
}

// --- HKDF --------------------------------------------------------------------------------------------------

// RFC 5869, A.1 and A.3, with the values in between.
static void test_hkdf_published(void **state) {
    (void)state;
    const struct hash_algorithm *sha256 = algorithm_named("sha256");
    uint8_t ikm[22], salt[13], info[10], okm[42];
    memset(ikm, 0x0b, sizeof ikm);
    assert_int_equal(from_hex(salt, sizeof salt, "000102030405060708090a0b0c"), 13);
    assert_int_equal(from_hex(info, sizeof info, "f0f1f2f3f4f5f6f7f8f9"), 10);
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(hkdf(sha256, okm, sizeof okm, salt, sizeof salt, ikm, sizeof ikm, info, sizeof info));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "PRK", 0),
                        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    assert_string_equal(captured_value(&trace, "T(1)", 0),
                        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    assert_memory_equal(captured_value(&trace, "T(2)", 0), "34007208d5b887185865", 20);
    assert_string_equal(
        captured_value(&trace, "OKM", 0),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_bytes_equal(okm, sizeof okm, captured_value(&trace, "OKM", 0));
    captured_trace_free(&trace);

    assert_true(hkdf(sha256, okm, sizeof okm, NULL, 0, ikm, sizeof ikm, NULL, 0));
    assert_bytes_equal(
        okm, sizeof okm,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

// RFC 5869, 2.2: an absent salt is HashLen zeros. 2.3: at most 255 blocks; every shorter output is the front
// of a longer one; another info gives another key.
static void test_hkdf_properties(void **state) {
    (void)state;
    static const uint8_t ZEROS[HASH_DIGEST_SIZE_MAX] = {0};
    static const uint8_t SECRET[] = "a shared secret";
    enum { LONGEST = 255 * HASH_DIGEST_SIZE_MAX };
    static uint8_t longest[LONGEST + 1], shorter[LONGEST];
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        size_t size = algorithm->digest_size;
        uint8_t a[HASH_DIGEST_SIZE_MAX], b[HASH_DIGEST_SIZE_MAX];
        hkdf_extract(algorithm, a, NULL, 0, SECRET, sizeof SECRET);
        hkdf_extract(algorithm, b, ZEROS, size, SECRET, sizeof SECRET);
        assert_memory_equal(a, b, size);

        const uint8_t *info = (const uint8_t *)"info";
        assert_true(hkdf_expand(algorithm, longest, 255 * size, a, size, info, 4));
        assert_false(hkdf_expand(algorithm, longest, 255 * size + 1, a, size, info, 4));
        assert_false(hkdf(algorithm, longest, 255 * size + 1, NULL, 0, SECRET, sizeof SECRET, info, 4));
        for (size_t length = 0; length <= 2 * size + 1; length++) {
            shorter[length] = 0xee;
            assert_true(hkdf_expand(algorithm, shorter, length, a, size, info, 4));
            assert_memory_equal(shorter, longest, length);
            assert_int_equal(shorter[length], 0xee);
        }
        assert_true(hkdf_expand(algorithm, shorter, size, a, size, (const uint8_t *)"Info", 4));
        assert_memory_not_equal(shorter, longest, size);
    }
}

// --- MGF1 --------------------------------------------------------------------------------------------------

// Appendix B.2.1 written once more, for masks of up to 256 digests: the digests of the seed with a counter
// behind it.
static void test_mgf1_by_definition(void **state) {
    (void)state;
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        size_t size = algorithm->digest_size;
        static uint8_t expected[300 * HASH_DIGEST_SIZE_MAX], mask[300 * HASH_DIGEST_SIZE_MAX];
        uint8_t seed[20 + 4] = "the seed of the mask";
        for (size_t counter = 0; counter < 300; counter++) {
            seed[22] = (uint8_t)(counter >> 8);
            seed[23] = (uint8_t)counter;
            hash_digest(algorithm, expected + counter * size, seed, sizeof seed);
        }
        mgf1(algorithm, mask, 300 * size, seed, 20);
        assert_memory_equal(mask, expected, 300 * size);
        for (size_t length = 0; length <= 2 * size + 1; length++) {
            memset(mask, 0xee, sizeof mask);
            mgf1(algorithm, mask, length, seed, 20);
            assert_memory_equal(mask, expected, length);
            assert_int_equal(mask[length], 0xee);
        }
    }
}

// The third byte from the right of the counter counts as well: digest number 65536 is the first to need it.
static void test_mgf1_counts_beyond_two_bytes(void **state) {
    (void)state;
    enum { DIGEST = 16, BEFORE = 65536 * DIGEST };
    uint8_t *mask = malloc(BEFORE + DIGEST);
    uint8_t expected[DIGEST];
    assert_non_null(mask);
    mgf1(algorithm_named("md5"), mask, BEFORE + DIGEST, (const uint8_t *)"seed", 4);
    hash_digest(algorithm_named("md5"), expected, (const uint8_t[]){'s', 'e', 'e', 'd', 0, 1, 0, 0}, 8);
    assert_memory_equal(mask + BEFORE, expected, DIGEST);
    free(mask);
}

static void test_mgf1_trace(void **state) {
    (void)state;
    struct captured_trace trace;
    uint8_t mask[30];
    captured_trace_start(&trace);
    mgf1(algorithm_named("sha1"), mask, sizeof mask, (const uint8_t *)"foo", 3);
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "Hash(mgfSeed || 00000000)", 0), "");
    assert_string_equal(captured_value(&trace, "Hash(mgfSeed || 00000001)", 0), "");
    // SHA-1 of "foo" 00 00 00 00, whole, then the first ten bytes of SHA-1 of "foo" 00 00 00 01.
    assert_string_equal(captured_value(&trace, "message digest", 0),
                        "1ac9075cd427bc90b48a9966828cab4a04c23fdf");
    assert_bytes_equal(mask, sizeof mask, captured_value(&trace, "mask", 0));
    assert_memory_equal(captured_value(&trace, "mask", 0), captured_value(&trace, "message digest", 0), 40);
    assert_memory_equal(captured_value(&trace, "mask", 0) + 40, captured_value(&trace, "message digest", 1),
                        20);
    captured_trace_free(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac_published),     cmocka_unit_test(test_hmac_trace),
        cmocka_unit_test(test_equivalent_keys),    cmocka_unit_test(test_verify),
        cmocka_unit_test(test_hkdf_published),     cmocka_unit_test(test_hkdf_properties),
        cmocka_unit_test(test_mgf1_by_definition), cmocka_unit_test(test_mgf1_counts_beyond_two_bytes),
        cmocka_unit_test(test_mgf1_trace),
    };
    return cmocka_run_group_tests_name("hmac, hkdf, mgf1", tests, NULL, NULL);
}
