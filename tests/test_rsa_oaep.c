// OAEP: the layout through the trace, every message length, every hash pair, every fault refused in one way.

#include "bignum/encoding.h"
#include "ciphers/hash/mgf1.h"
#include "ciphers/public/rsa_oaep.h"
#include "tests/rsa_support.h"

#include <string.h>

static void layout_of_the_worked_example(void **state) {
    (void)state;
    uint8_t seed[20];
    uint8_t em[64];
    memset(seed, 0xa5, sizeof seed);
    const struct rsa_oaep options = {.hash = hash_find("sha1")};
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_oaep_encode(em, sizeof em, &options, (const uint8_t *)"hi", 2, seed));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "DB: lHash", 0), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_string_equal(captured_value(&trace, "DB: PS", 0), "0000000000000000000000000000000000000000");
    assert_string_equal(captured_value(&trace, "DB: 01", 0), "01");
    assert_string_equal(captured_value(&trace, "DB: M", 0), "6869");
    assert_string_equal(
        captured_value(&trace, "DB", 0),
        "da39a3ee5e6b4b0d3255bfef95601890afd807090000000000000000000000000000000000000000016869");
    assert_string_equal(captured_value(&trace, "seed", 0), "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");

    // The masks again, from MGF1 itself.
    uint8_t db[43];
    uint8_t mask[43];
    from_hex(db, sizeof db, captured_value(&trace, "DB", 0));
    mgf1(options.hash, mask, 43, seed, 20);
    assert_bytes_equal(mask, 43, captured_value(&trace, "dbMask", 0));
    for (size_t i = 0; i < 43; i++) {
        db[i] ^= mask[i];
    }
    assert_bytes_equal(db, 43, captured_value(&trace, "maskedDB", 0));
    assert_memory_equal(em + 21, db, 43);
    mgf1(options.hash, mask, 20, db, 43);
    assert_bytes_equal(mask, 20, captured_value(&trace, "seedMask", 0));
    for (size_t i = 0; i < 20; i++) {
        seed[i] ^= mask[i];
    }
    assert_bytes_equal(seed, 20, captured_value(&trace, "maskedSeed", 0));
    assert_memory_equal(em + 1, seed, 20);
    assert_int_equal(em[0], 0);
    assert_bytes_equal(em, 64, captured_value(&trace, "EM", 0));
    (void)captured_value(&trace, "dbMask = MGF(...)", 0);
    captured_trace_free(&trace);

    // And the way back shows the same seed and DB.
    uint8_t message[64];
    size_t length;
    captured_trace_start(&trace);
    assert_true(rsa_oaep_decode_message(message, &length, em, sizeof em, &options));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "EM: Y", 0), "00");
    assert_string_equal(captured_value(&trace, "seed", 0), "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
    assert_string_equal(
        captured_value(&trace, "DB", 0),
        "da39a3ee5e6b4b0d3255bfef95601890afd807090000000000000000000000000000000000000000016869");
    captured_trace_free(&trace);
    assert_int_equal(length, 2);
    assert_memory_equal(message, "hi", 2);
}

// Every hash with every MGF1 hash, every length that fits and the first that does not, labels or none.
static void every_hash_and_length(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 80);
    uint8_t message[200];
    uint8_t em[200];
    uint8_t back[200];
    test_random_bytes(&random, message, sizeof message);
    message[0] = 1; // the message may begin like the separator, or
    for (const struct hash_algorithm *hash = hash_algorithms; hash->name != NULL; hash++) {
        for (const struct hash_algorithm *mgf = hash_algorithms; mgf->name != NULL; mgf++) {
            for (size_t label_length = 0; label_length < 3; label_length++) {
                const struct rsa_oaep options = {
                    .hash = hash, .mgf1_hash = mgf, .label = message, .label_length = label_length};
                message[0] = (uint8_t)label_length; // with zeros
                size_t most = sizeof em - 2 * hash->digest_size - 2;
                for (size_t length = 0; length <= most; length++) {
                    size_t back_length = 999;
                    assert_true(rsa_oaep_encode(em, sizeof em, &options, message, length, NULL));
                    assert_true(rsa_oaep_decode_message(back, &back_length, em, sizeof em, &options));
                    assert_int_equal(back_length, length);
                    assert_memory_equal(back, message, length);
                    for (size_t i = length; i < sizeof em - hash->digest_size - 1; i++) {
                        assert_int_equal(back[i], 0);
                    }
                }
                assert_false(rsa_oaep_encode(em, sizeof em, &options, message, most + 1, NULL));
            }
        }
        // The smallest block there is holds the empty message.
        const struct rsa_oaep options = {.hash = hash};
        size_t length = 999;
        size_t smallest = 2 * hash->digest_size + 2;
        assert_true(rsa_oaep_encode(em, smallest, &options, NULL, 0, NULL));
        assert_true(rsa_oaep_decode_message(back, &length, em, smallest, &options));
        assert_int_equal(length, 0);
        assert_false(rsa_oaep_encode(em, smallest - 1, &options, message, 0, NULL));
        length = 999;
        assert_false(rsa_oaep_decode_message(back, &length, em, smallest - 1, &options));
        assert_int_equal(length, 0);
        assert_false(rsa_oaep_decode_message(back, &length, em, 0, &options));
    }
    static uint8_t large[RSA_SIZE_MAX + 1];
    const struct rsa_oaep options = {.hash = hash_find("sha256")};
    size_t length;
    assert_true(rsa_oaep_encode(large, RSA_SIZE_MAX, &options, message, 0, NULL));
    assert_false(rsa_oaep_encode(large, sizeof large, &options, message, 0, NULL));
    assert_false(rsa_oaep_decode_message(large, &length, large, sizeof large, &options));
    random_set_source(failing_source, NULL);
    assert_false(rsa_oaep_encode(em, sizeof em, &options, message, 5, NULL));
    random_set_source(NULL, NULL);
}

// EM from a given Y and DB, masked as the standard says.
static void mask_block(uint8_t *em, size_t em_length, const struct hash_algorithm *hash, uint8_t y,
                       const uint8_t *seed, const uint8_t *db) {
    size_t h = hash->digest_size;
    size_t db_length = em_length - h - 1;
    uint8_t mask[256];
    em[0] = y;
    mgf1(hash, mask, db_length, seed, h);
    for (size_t i = 0; i < db_length; i++) {
        em[1 + h + i] = db[i] ^ mask[i];
    }
    mgf1(hash, mask, h, em + 1 + h, db_length);
    for (size_t i = 0; i < h; i++) {
        em[1 + i] = seed[i] ^ mask[i];
    }
}

// Decoding equals what one would write without a thought for time, over blocks with every kind of fault.
static void decoding_equals_the_simple_one(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 81);
    const struct hash_algorithm *hash = hash_find("sha1");
    const struct rsa_oaep options = {.hash = hash};
    unsigned accepted = 0;
    for (int round = 0; round < 20000; round++) {
        uint8_t seed[20];
        uint8_t db[43];
        uint8_t em[64];
        uint8_t message[64];
        test_random_bytes(&random, seed, sizeof seed);
        hash_digest(hash, db, NULL, 0);
        for (size_t i = 20; i < sizeof db; i++) {
            size_t kind = test_random_below(&random, 12);
            db[i] = kind == 0 ? 1 : kind == 1 ? (uint8_t)test_random_next(&random) : 0;
        }
        uint8_t y = 0;
        if (test_random_below(&random, 6) == 0) {
            db[test_random_below(&random, 20)] ^= (uint8_t)(1 << test_random_below(&random, 8));
        }
        if (test_random_below(&random, 6) == 0) {
            y = (uint8_t)(1 << test_random_below(&random, 8));
        }
        uint8_t l_hash[20];
        hash_digest(hash, l_hash, NULL, 0);
        bool expected = y == 0 && memcmp(db, l_hash, 20) == 0;
        size_t i = 20;
        while (i < sizeof db && db[i] == 0) {
            i++;
        }
        expected = expected && i < sizeof db && db[i] == 1;
        mask_block(em, sizeof em, hash, y, seed, db);
        size_t length = 999;
        assert_int_equal(rsa_oaep_decode_message(message, &length, em, sizeof em, &options), expected);
        assert_int_equal(length, expected ? sizeof db - i - 1 : 0);
        if (expected) {
            assert_memory_equal(message, db + i + 1, length);
            accepted++;
        } else {
            for (size_t j = 0; j < sizeof db; j++) {
                assert_int_equal(message[j], 0);
            }
        }
    }
    assert_in_range(accepted, 3000, 17000);
}

static void round_trips_over_key_sizes(void **state) {
    (void)state;
    static const unsigned sizes[] = {512, 1023, 1024, 1025, 2048, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rsa_private_key key;
        make_rsa_key(&key, sizes[i], 65537, 90 + i);
        size_t k = rsa_size(&key.public);
        uint8_t message[RSA_SIZE_MAX];
        uint8_t ciphertext[RSA_SIZE_MAX];
        uint8_t back[RSA_SIZE_MAX];
        memset(message, 0x4d, sizeof message);
        for (const struct hash_algorithm *hash = hash_algorithms; hash->name != NULL; hash++) {
            const struct rsa_oaep options = {.hash = hash};
            const struct rsa_oaep labelled = {.hash = hash, .label = message, .label_length = 3};
            if (k < 2 * hash->digest_size + 2) {
                size_t length;
                assert_false(rsa_oaep_encrypt(&key.public, ciphertext, &options, message, 0));
                assert_false(rsa_oaep_decrypt(&key, back, &length, &options, message, k));
                continue;
            }
            size_t most = k - 2 * hash->digest_size - 2;
            size_t lengths[] = {0, most / 2, most};
            for (size_t j = 0; j < (k > 300 ? 1 : 3); j++) {
                size_t length = 999;
                assert_true(rsa_oaep_encrypt(&key.public, ciphertext, &options, message, lengths[j]));
                assert_true(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, k));
                assert_int_equal(length, lengths[j]);
                assert_memory_equal(back, message, length);
                assert_false(rsa_oaep_decrypt(&key, back, &length, &labelled, ciphertext, k));
                assert_int_equal(length, 0);
                assert_false(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, k - 1));
                assert_false(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, k + 1));
            }
            assert_false(rsa_oaep_encrypt(&key.public, ciphertext, &options, message, most + 1));
        }
        rsa_private_key_clear(&key);
    }
}

static void tampering_and_special_values(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 1024, 65537, 97);
    const struct rsa_oaep options = {.hash = hash_find("sha256")};
    const struct rsa_oaep other_mgf = {.hash = hash_find("sha256"), .mgf1_hash = hash_find("sha1")};
    uint8_t ciphertext[128];
    uint8_t second[128];
    uint8_t back[128];
    size_t length;
    assert_true(rsa_oaep_encrypt(&key.public, ciphertext, &options, (const uint8_t *)"secret", 6));
    assert_true(rsa_oaep_encrypt(&key.public, second, &options, (const uint8_t *)"secret", 6));
    assert_memory_not_equal(ciphertext, second, 128);
    for (size_t i = 0; i < 128; i++) {
        ciphertext[i] ^= (uint8_t)(1 << i % 8);
        assert_false(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, 128));
        ciphertext[i] ^= (uint8_t)(1 << i % 8);
    }
    assert_false(rsa_oaep_decrypt(&key, back, &length, &other_mgf, ciphertext, 128));
    assert_true(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, 128));
    assert_int_equal(length, 6);
    assert_true(bn_i2osp(ciphertext, 128, key.public.n));
    assert_false(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, 128));
    memset(ciphertext, 0, 128);
    assert_false(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, 128));
    random_set_source(failing_source, NULL);
    assert_false(rsa_oaep_encrypt(&key.public, ciphertext, &options, (const uint8_t *)"secret", 6));
    assert_false(rsa_oaep_decrypt(&key, back, &length, &options, second, 128));
    random_set_source(NULL, NULL);

    // Watched, the same message comes out, and m1 and m2 are to be seen.
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_oaep_decrypt(&key, back, &length, &options, second, 128));
    captured_trace_stop(&trace);
    assert_string_equal(top_value(&trace, "M"), "736563726574");
    (void)captured_value(&trace, "m1", 0);
    (void)captured_value(&trace, "m2", 0);
    captured_trace_free(&trace);
    // A refused one says so.
    second[127] ^= 1;
    captured_trace_start(&trace);
    assert_false(rsa_oaep_decrypt(&key, back, &length, &options, second, 128));
    captured_trace_stop(&trace);
    assert_string_equal(top_value(&trace, "M"), "decryption error");
    captured_trace_free(&trace);
    rsa_private_key_clear(&key);
}

// 8192 bits are the most; with one bit more there is no encryption.
static void longest_modulus(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 98);
    const struct rsa_oaep options = {.hash = hash_find("sha256")};
    static uint8_t ciphertext[RSA_SIZE_MAX + 1];
    static uint8_t back[RSA_SIZE_MAX + 1];
    size_t length = 99;
    struct rsa_private_key key;
    make_long_key(&key, RSA_BITS_MAX);
    assert_true(rsa_oaep_encrypt(&key.public, ciphertext, &options, (const uint8_t *)"secret", 6));
    assert_true(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, RSA_SIZE_MAX));
    assert_bytes_equal(back, length, "73 65 63 72 65 74");
    rsa_private_key_clear(&key);
    make_long_key(&key, RSA_BITS_MAX + 1);
    assert_false(rsa_oaep_encrypt(&key.public, ciphertext, &options, (const uint8_t *)"secret", 6));
    assert_false(rsa_oaep_decrypt(&key, back, &length, &options, ciphertext, sizeof ciphertext));
    assert_int_equal(length, 0);
    rsa_private_key_clear(&key);
    random_set_source(NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_of_the_worked_example),   cmocka_unit_test(every_hash_and_length),
        cmocka_unit_test(decoding_equals_the_simple_one), cmocka_unit_test(round_trips_over_key_sizes),
        cmocka_unit_test(tampering_and_special_values),   cmocka_unit_test(longest_modulus),
    };
    return cmocka_run_group_tests_name("rsa_oaep", tests, NULL, NULL);
}
