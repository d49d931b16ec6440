// PSS: the layout through the trace, every salt length and odd block length, every fault refused.

#include "bignum/encoding.h"
#include "ciphers/hash/mgf1.h"
#include "ciphers/public/rsa_pss.h"
#include "tests/rsa_support.h"

#include <string.h>

static void layout_through_the_trace(void **state) {
    (void)state;
    const struct hash_algorithm *hash = hash_find("sha1");
    const struct rsa_pss options = {.hash = hash, .salt_length = 4};
    uint8_t digest[20];
    uint8_t em[64];
    memset(digest, 0xd1, sizeof digest);
    static const uint8_t salt[] = {0x5a, 0x5b, 0x5c, 0x5d};
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_pss_encode(em, 511, &options, digest, salt));
    captured_trace_stop(&trace);
    assert_bytes_equal(digest, 20, captured_value(&trace, "mHash", 0));
    assert_string_equal(captured_value(&trace, "salt", 0), "5a5b5c5d");
    assert_string_equal(captured_value(&trace, "DB: PS", 0),
                        "0000000000000000000000000000000000000000000000000000000000000000000000000000");
    assert_string_equal(
        captured_value(&trace, "DB", 0),
        "0000000000000000000000000000000000000000000000000000000000000000000000000000015a5b5c5d");
    // H, from the hash itself.
    uint8_t m_prime[8 + 20 + 4] = {0};
    uint8_t h[20];
    memcpy(m_prime + 8, digest, 20);
    memcpy(m_prime + 28, salt, 4);
    hash_digest(hash, h, m_prime, sizeof m_prime);
    assert_bytes_equal(h, 20, captured_value(&trace, "H", 0));
    // The mask, from MGF1 itself.
    uint8_t mask[43];
    uint8_t db[43];
    mgf1(hash, mask, 43, h, 20);
    assert_bytes_equal(mask, 43, captured_value(&trace, "dbMask", 0));
    from_hex(db, sizeof db, captured_value(&trace, "DB", 0));
    for (size_t i = 0; i < 43; i++) {
        db[i] ^= mask[i];
    }
    db[0] &= 0x7f;
    assert_bytes_equal(db, 43, captured_value(&trace, "maskedDB", 0));
    assert_memory_equal(em, db, 43);
    assert_memory_equal(em + 43, h, 20);
    assert_int_equal(em[63], 0xbc);
    assert_bytes_equal(em, 64, captured_value(&trace, "EM", 0));
    captured_trace_free(&trace);

    captured_trace_start(&trace);
    assert_true(rsa_pss_check(em, 511, &options, digest));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "salt", 0), "5a5b5c5d");
    assert_bytes_equal(h, 20, captured_value(&trace, "H'", 0));
    captured_trace_free(&trace);
}

// The lengths that the worked example states.
static void salt_lengths(void **state) {
    (void)state;
    struct rsa_pss options = {.hash = hash_find("sha256"), .salt_length = RSA_PSS_SALT_MAX};
    size_t length;
    for (size_t em_bits = 1017; em_bits <= 1024; em_bits++) { // RSA-1018 to RSA-1025
        assert_true(rsa_pss_salt_length(&options, em_bits, &length));
        assert_int_equal(length, 94);
    }
    assert_true(rsa_pss_salt_length(&options, 1016, &length));
    assert_int_equal(length, 93);
    assert_true(rsa_pss_salt_length(&options, 8 * 34, &length));
    assert_int_equal(length, 0);
    assert_false(rsa_pss_salt_length(&options, 8 * 33, &length));
    assert_false(rsa_pss_salt_length(&options, 0, &length));
    assert_false(rsa_pss_salt_length(&options, 8 * RSA_SIZE_MAX + 1, &length));
    options.salt_length = RSA_PSS_SALT_DIGEST;
    assert_true(rsa_pss_salt_length(&options, 1024, &length));
    assert_int_equal(length, 32);
    assert_true(rsa_pss_salt_length(&options, 8 * 66, &length));
    assert_false(rsa_pss_salt_length(&options, 8 * 65, &length));
    options.salt_length = 94;
    assert_true(rsa_pss_salt_length(&options, 1024, &length));
    assert_int_equal(length, 94);
    options.salt_length = 95;
    assert_false(rsa_pss_salt_length(&options, 1024, &length));
    options.salt_length = RSA_PSS_SALT_ANY;
    assert_false(rsa_pss_salt_length(&options, 1024, &length));
    options.salt_length = -4;
    assert_false(rsa_pss_salt_length(&options, 1024, &length));
    options.salt_length = 0;
    assert_true(rsa_pss_salt_length(&options, 1024, &length));
    assert_int_equal(length, 0);
}

// Every hash pair, every salt length, block lengths of every remainder mod 8.
static void encoding_round_trips(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 110);
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    uint8_t em[128];
    test_random_bytes(&random, digest, sizeof digest);
    for (const struct hash_algorithm *hash = hash_algorithms; hash->name != NULL; hash++) {
        for (const struct hash_algorithm *mgf = hash_algorithms; mgf->name != NULL; mgf++) {
            for (size_t em_bits = 1017; em_bits <= 1024; em_bits++) {
                struct rsa_pss options = {.hash = hash, .mgf1_hash = mgf};
                const struct rsa_pss any = {.hash = hash, .mgf1_hash = mgf, .salt_length = RSA_PSS_SALT_ANY};
                int most = (int)(sizeof em - hash->digest_size - 2);
                for (options.salt_length = 0; options.salt_length <= most; options.salt_length += 7) {
                    assert_true(rsa_pss_encode(em, em_bits, &options, digest, NULL));
                    assert_true(em[0] >> (em_bits - 1016) == 0); // below 2^em_bits
                    assert_true(rsa_pss_check(em, em_bits, &options, digest));
                    assert_true(rsa_pss_check(em, em_bits, &any, digest));
                    options.salt_length++;
                    assert_false(rsa_pss_check(em, em_bits, &options, digest));
                    options.salt_length--;
                }
                options.salt_length = most + 1;
                assert_false(rsa_pss_encode(em, em_bits, &options, digest, NULL));
                options.salt_length = RSA_PSS_SALT_MAX;
                assert_true(rsa_pss_encode(em, em_bits, &options, digest, NULL));
                assert_true(rsa_pss_check(em, em_bits, &options, digest));
                assert_true(rsa_pss_check(em, em_bits, &any, digest));
                assert_false(rsa_pss_encode(em, em_bits, &any, digest, NULL));
            }
        }
    }
    const struct rsa_pss options = {.hash = hash_find("sha256"), .salt_length = 20};
    random_set_source(failing_source, NULL);
    assert_false(rsa_pss_encode(em, 1023, &options, digest, NULL));
    const struct rsa_pss unsalted = {.hash = hash_find("sha256"), .salt_length = 0};
    assert_true(rsa_pss_encode(em, 1023, &unsalted, digest, NULL)); // needs no randomness
    random_set_source(NULL, NULL);
}

// EM built by hand around a DB with a fault in it, H being right for the salt the fault leaves; or with a bit of H
// damaged before it masks DB.
static bool check_with(const uint8_t *db, size_t salt_length, const struct rsa_pss *options,
                       const uint8_t *digest, size_t damaged_bit) {
    const struct hash_algorithm *hash = options->hash;
    uint8_t m_prime[8 + 20 + 43] = {0};
    uint8_t em[64];
    uint8_t mask[43];
    memcpy(m_prime + 8, digest, 20);
    memcpy(m_prime + 28, db + 43 - salt_length, salt_length);
    hash_digest(hash, em + 43, m_prime, 28 + salt_length);
    if (damaged_bit < 160) {
        em[43 + damaged_bit / 8] ^= (uint8_t)(1 << damaged_bit % 8);
    }
    mgf1(hash, mask, 43, em + 43, 20);
    for (size_t i = 0; i < 43; i++) {
        em[i] = db[i] ^ mask[i];
    }
    em[0] &= 0x7f;
    em[63] = 0xbc;
    return rsa_pss_check(em, 511, options, digest);
}

static bool check_with_db(const uint8_t *db, size_t salt_length, const struct rsa_pss *options,
                          const uint8_t *digest) {
    return check_with(db, salt_length, options, digest, 160);
}

static void faults_in_the_block(void **state) {
    (void)state;
    const struct rsa_pss options = {.hash = hash_find("sha1"), .salt_length = 4};
    const struct rsa_pss any = {.hash = hash_find("sha1"), .salt_length = RSA_PSS_SALT_ANY};
    uint8_t digest[20];
    uint8_t db[43] = {0};
    memset(digest, 0x77, sizeof digest);
    db[38] = 1;
    memset(db + 39, 0x99, 4);
    assert_true(check_with_db(db, 4, &options, digest));
    assert_true(check_with_db(db, 4, &any, digest));
    for (size_t bit = 0; bit < 160; bit++) { // a wrong H under which all else is right
        assert_false(check_with(db, 4, &options, digest, bit));
        assert_false(check_with(db, 4, &any, digest, bit));
    }
    for (size_t i = 0; i < 38; i++) { // anything but zeros in PS
        db[i] = 2;
        assert_false(check_with_db(db, 4, &options, digest));
        assert_false(check_with_db(db, 4, &any, digest));
        db[i] = 1; // an earlier 01: a longer salt, for which H was not made
        assert_false(check_with_db(db, 4, &options, digest));
        assert_false(check_with_db(db, 4, &any, digest));
        db[i] = 0;
    }
    db[38] = 2; // another separator
    assert_false(check_with_db(db, 4, &options, digest));
    assert_false(check_with_db(db, 4, &any, digest));
    memset(db, 0, sizeof db); // none
    assert_false(check_with_db(db, 0, &options, digest));
    assert_false(check_with_db(db, 0, &any, digest));
    db[42] = 1; // an empty salt
    assert_false(check_with_db(db, 0, &options, digest));
    assert_true(check_with_db(db, 0, &any, digest));

    // Every single bit of a good block.
    uint8_t em[64];
    static const uint8_t salt[4] = {1, 2, 3, 4};
    assert_true(rsa_pss_encode(em, 511, &options, digest, salt));
    for (size_t bit = 0; bit < 512; bit++) {
        em[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(rsa_pss_check(em, 511, &options, digest));
        assert_false(rsa_pss_check(em, 511, &any, digest));
        em[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(rsa_pss_check(em, 511, &options, digest));
    assert_false(rsa_pss_check(em, 8 * 21, &any, digest)); // no room for a digest, 01 and bc
    static uint8_t large[RSA_SIZE_MAX + 1];
    assert_false(rsa_pss_check(large, 8 * sizeof large, &any, digest));
}

// A DB of zeros alone is refused, whatever stands behind it in memory: here what the block before has left, a 00
// and a 01.
static void nothing_behind_the_block_is_read(void **state) {
    (void)state;
    const struct hash_algorithm *hash = hash_find("sha1");
    const struct rsa_pss any = {.hash = hash, .salt_length = RSA_PSS_SALT_ANY};
    static const uint8_t digest[20];
    static const size_t lengths[] = {80, 64};
    bool accepted[2];
    for (size_t i = 0; i < 2; i++) {
        uint8_t em[80];
        size_t db_length = lengths[i] - 21;
        memset(em + db_length, 0x48, 20); // any H: the mask, and with it DB, follows from it
        mgf1(hash, em, db_length, em + db_length, 20);
        if (i == 0) {
            em[64 - 21 + 1] ^= 1;
        }
        em[0] &= 0x7f;
        em[lengths[i] - 1] = 0xbc;
        accepted[i] = rsa_pss_check(em, 8 * lengths[i] - 1, &any, digest);
    }
    assert_false(accepted[0]); // the H is not that of this salt
    assert_false(accepted[1]);
}

static void signatures_over_key_sizes(void **state) {
    (void)state;
    static const unsigned sizes[] = {512, 513, 1023, 1024, 1025, 1026, 2048, 4096};
    struct test_random random;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rsa_private_key key;
        make_rsa_key(&key, sizes[i], 65537, 120 + i);
        use_test_random(&random, 111 + i);
        size_t k = rsa_size(&key.public);
        size_t em_length = (sizes[i] - 1 + 7) / 8;
        for (const struct hash_algorithm *hash = hash_algorithms; hash->name != NULL; hash++) {
            if (sizes[i] == 4096 && hash->digest_size != 32) {
                continue;
            }
            uint8_t digest[HASH_DIGEST_SIZE_MAX];
            uint8_t signature[RSA_SIZE_MAX];
            uint8_t second[RSA_SIZE_MAX];
            test_random_bytes(&random, digest, sizeof digest);
            const int salts[] = {0, RSA_PSS_SALT_DIGEST, RSA_PSS_SALT_MAX, 11};
            for (size_t j = 0; j < 4; j++) {
                const struct rsa_pss options = {.hash = hash, .salt_length = salts[j]};
                const struct rsa_pss any = {.hash = hash, .salt_length = RSA_PSS_SALT_ANY};
                size_t salt = salts[j] == RSA_PSS_SALT_DIGEST ? hash->digest_size
                              : salts[j] < 0                  ? 0
                                                              : (size_t)salts[j];
                bool fits = hash->digest_size + salt + 2 <= em_length;
                assert_int_equal(rsa_pss_sign(&key, signature, &options, digest), fits);
                if (!fits) {
                    continue;
                }
                assert_true(rsa_pss_verify(&key.public, signature, k, &options, digest));
                assert_true(rsa_pss_verify(&key.public, signature, k, &any, digest));
                assert_false(rsa_pss_verify(&key.public, signature, k - 1, &options, digest));
                assert_false(rsa_pss_verify(&key.public, signature, k + 1, &options, digest));
                assert_true(rsa_pss_sign(&key, second, &options, digest));
                bool room = salts[j] == RSA_PSS_SALT_MAX ? em_length > hash->digest_size + 4 : salts[j] != 0;
                if (room) {
                    assert_memory_not_equal(signature, second, k);
                }
                digest[0] ^= 1;
                assert_false(rsa_pss_verify(&key.public, signature, k, &any, digest));
                digest[0] ^= 1;
            }
        }
        rsa_private_key_clear(&key);
    }
    random_set_source(NULL, NULL);
}

static void tampering_and_special_values(void **state) {
    (void)state;
    const struct rsa_pss options = {.hash = hash_find("sha256"), .salt_length = RSA_PSS_SALT_DIGEST};
    const struct rsa_pss any = {.hash = hash_find("sha256"), .salt_length = RSA_PSS_SALT_ANY};
    const struct rsa_pss other_mgf = {
        .hash = hash_find("sha256"), .mgf1_hash = hash_find("sha1"), .salt_length = RSA_PSS_SALT_ANY};
    uint8_t digest[32] = "thirty-two bytes for the digest";
    static const unsigned sizes[] = {1023, 1024, 1025};
    for (size_t i = 0; i < 3; i++) {
        struct rsa_private_key key;
        make_rsa_key(&key, sizes[i], 65537, 130 + i);
        size_t k = rsa_size(&key.public);
        uint8_t signature[129];
        uint8_t other[129];
        assert_true(rsa_pss_sign(&key, signature, &options, digest));
        assert_false(rsa_pss_verify(&key.public, signature, k, &other_mgf, digest));
        for (size_t byte = 0; byte < k; byte++) {
            signature[byte] ^= (uint8_t)(1 << byte % 8);
            assert_false(rsa_pss_verify(&key.public, signature, k, &options, digest));
            assert_false(rsa_pss_verify(&key.public, signature, k, &any, digest));
            signature[byte] ^= (uint8_t)(1 << byte % 8);
        }
        memset(other, 0, sizeof other);
        assert_false(rsa_pss_verify(&key.public, other, k, &any, digest));
        memset(other, 0xff, sizeof other);
        assert_false(rsa_pss_verify(&key.public, other, k, &any, digest));
        mpz_t s;
        mpz_init(s);
        bn_os2ip(s, signature, k);
        mpz_add(s, s, key.public.n);
        if (bn_i2osp(other, k, s)) {
            assert_false(rsa_pss_verify(&key.public, other, k, &any, digest));
        } else {
            assert_int_not_equal(sizes[i], 1023); // there, it fits
        }
        // A signature that opens to 2^emBits or more: for 1025 bits it does not even fit EM's bytes.
        mpz_sub_ui(s, key.public.n, 2);
        assert_true(rsa_private_operation(&key, s, s));
        assert_true(bn_i2osp(other, k, s));
        assert_false(rsa_pss_verify(&key.public, other, k, &any, digest));
        mpz_clear(s);
        random_set_source(failing_source, NULL);
        assert_false(rsa_pss_sign(&key, other, &options, digest));
        random_set_source(NULL, NULL);
        rsa_private_key_clear(&key);
    }
    struct rsa_private_key none;
    rsa_private_key_init(&none);
    uint8_t out[8];
    assert_false(rsa_pss_sign(&none, out, &options, digest)); // n = 0
    assert_false(rsa_pss_verify(&none.public, out, 0, &options, digest));
    rsa_private_key_clear(&none);
}

static void watched_signature(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 768, 65537, 140);
    const struct rsa_pss options = {.hash = hash_find("sha256"), .salt_length = RSA_PSS_SALT_DIGEST};
    uint8_t digest[32] = "thirty-two bytes for the digest";
    uint8_t signature[96];
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_pss_sign(&key, signature, &options, digest));
    assert_true(rsa_pss_verify(&key.public, signature, 96, &options, digest));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "EM", 0),
                        captured_value(&trace, "EM", 1)); // signed and opened
    assert_string_equal(captured_value(&trace, "salt", 0), captured_value(&trace, "salt", 1));
    assert_string_equal(captured_value(&trace, "H", 0), captured_value(&trace, "H'", 0));
    assert_bytes_equal(signature, 96, captured_value(&trace, "S", 0));
    assert_string_equal(captured_value(&trace, "signature", 0), "valid");
    (void)captured_value(&trace, "h", 0);
    captured_trace_free(&trace);
    assert_true(rsa_pss_verify(&key.public, signature, 96, &options, digest));
    rsa_private_key_clear(&key);
}

// A modulus longer than the longest that is supported is refused before its signature goes anywhere.
static void too_long_a_modulus_is_refused(void **state) {
    (void)state;
    static const uint8_t signature[RSA_SIZE_MAX + 256] = {0};
    const struct rsa_pss options = {.hash = hash_find("sha256")};
    const uint8_t digest[32] = {0};
    struct rsa_public_key key;
    rsa_public_key_init(&key);
    mpz_setbit(key.n, 8 * sizeof signature - 1);
    mpz_setbit(key.n, 0);
    mpz_set_ui(key.e, 3);
    // The smaller half of n: the largest result that has all its bytes.
    uint8_t large[sizeof signature];
    memset(large, 0x7f, sizeof large);
    assert_int_equal(rsa_size(&key), sizeof signature);
    assert_false(rsa_pss_verify(&key, signature, sizeof signature, &options, digest));
    assert_false(rsa_pss_verify(&key, large, sizeof large, &options, digest));
    rsa_public_key_clear(&key);
}

// 8192 bits are the most. With one bit more EM has as many bytes as before, and the signature one more: it is
// neither made nor accepted.
static void longest_modulus(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 141);
    const struct rsa_pss options = {.hash = hash_find("sha256"), .salt_length = RSA_PSS_SALT_DIGEST};
    uint8_t digest[32] = "thirty-two bytes for the digest";
    static uint8_t em[RSA_SIZE_MAX];
    static uint8_t signature[RSA_SIZE_MAX + 1];
    struct rsa_private_key key;
    make_long_key(&key, RSA_BITS_MAX);
    assert_true(rsa_pss_sign(&key, signature, &options, digest));
    assert_true(rsa_pss_verify(&key.public, signature, RSA_SIZE_MAX, &options, digest));
    rsa_private_key_clear(&key);
    make_long_key(&key, RSA_BITS_MAX + 1);
    assert_false(rsa_pss_sign(&key, signature, &options, digest));
    assert_true(rsa_pss_encode(em, RSA_BITS_MAX, &options, digest, NULL));
    mpz_t value;
    mpz_init(value);
    bn_os2ip(value, em, sizeof em);
    assert_true(rsa_private_operation(&key, value, value));
    assert_true(bn_i2osp(signature, sizeof signature, value));
    assert_false(rsa_pss_verify(&key.public, signature, sizeof signature, &options, digest));
    mpz_clear(value);
    rsa_private_key_clear(&key);
    random_set_source(NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_modulus),
        cmocka_unit_test(too_long_a_modulus_is_refused),
        cmocka_unit_test(layout_through_the_trace),
        cmocka_unit_test(salt_lengths),
        cmocka_unit_test(encoding_round_trips),
        cmocka_unit_test(faults_in_the_block),
        cmocka_unit_test(nothing_behind_the_block_is_read),

        cmocka_unit_test(signatures_over_key_sizes),
        cmocka_unit_test(tampering_and_special_values),
        cmocka_unit_test(watched_signature),
    };
    return cmocka_run_group_tests_name("rsa_pss", tests, NULL, NULL);
}
