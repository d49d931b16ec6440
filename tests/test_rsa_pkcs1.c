// PKCS #1 v1.5: the layout byte by byte, DigestInfo from its definition, every fault refused, forgeries
// refused.

#include "bignum/encoding.h"
#include "ciphers/public/rsa_pkcs1.h"
#include "tests/rsa_support.h"

#include <string.h>

// --- DigestInfo from its object identifiers ----------------------------------------------------------------

// DER of an object identifier: the first two arcs as 40 * a + b, then base 128, high bits set on all but the
// last.
static size_t der_oid(uint8_t *out, const unsigned *arcs, size_t count) {
    size_t length = 0;
    out[length++] = (uint8_t)(40 * arcs[0] + arcs[1]);
    for (size_t i = 2; i < count; i++) {
        unsigned arc = arcs[i];
        size_t digits = 1;
        for (unsigned rest = arc >> 7; rest > 0; rest >>= 7) {
            digits++;
        }
        for (size_t d = digits; d-- > 0;) {
            out[length++] = (uint8_t)((arc >> (7 * d) & 0x7f) | (d > 0 ? 0x80 : 0));
        }
    }
    return length;
}

static void digest_info_from_its_definition(void **state) {
    (void)state;
    // RFC 8017, appendix B.1 and C.
    static const struct {
        const char *hash;
        size_t count;
        unsigned arcs[9];
    } oids[] = {
        {"md5", 6, {1, 2, 840, 113549, 2, 5}},           {"sha1", 6, {1, 3, 14, 3, 2, 26}},
        {"sha224", 9, {2, 16, 840, 1, 101, 3, 4, 2, 4}}, {"sha256", 9, {2, 16, 840, 1, 101, 3, 4, 2, 1}},
        {"sha384", 9, {2, 16, 840, 1, 101, 3, 4, 2, 2}}, {"sha512", 9, {2, 16, 840, 1, 101, 3, 4, 2, 3}},
    };
    for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++) {
        const struct hash_algorithm *hash = hash_find(oids[i].hash);
        uint8_t oid[16];
        uint8_t der[32];
        size_t oid_length = der_oid(oid, oids[i].arcs, oids[i].count);
        size_t n = 0;
        der[n++] = 0x30; // SEQUENCE
        der[n++] = (uint8_t)(2 + (2 + oid_length) + 2 + 2 + hash->digest_size);
        der[n++] = 0x30; // SEQUENCE
        der[n++] = (uint8_t)((2 + oid_length) + 2);
        der[n++] = 0x06; // OBJECT IDENTIFIER
        der[n++] = (uint8_t)oid_length;
        memcpy(der + n, oid, oid_length);
        n += oid_length;
        der[n++] = 0x05; // NULL
        der[n++] = 0x00;
        der[n++] = 0x04; // OCTET STRING
        der[n++] = (uint8_t)hash->digest_size;
        size_t length;
        const uint8_t *prefix = rsa_pkcs1_digest_info_prefix(hash, &length);
        assert_non_null(prefix);
        assert_int_equal(length, n);
        assert_memory_equal(prefix, der, n);
    }
    struct hash_algorithm unknown = *hash_find("sha256");
    unknown.name = "sha3";
    size_t length;
    assert_null(rsa_pkcs1_digest_info_prefix(&unknown, &length));
    uint8_t em[128];
    uint8_t digest[32] = {0};
    assert_false(rsa_pkcs1_encode_digest(em, sizeof em, &unknown, digest));
}

// --- the block for encryption ------------------------------------------------------------------------------

static void layout_of_the_worked_example(void **state) {
    (void)state;
    static const uint8_t ps[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    uint8_t em[16];
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_pkcs1_encode_message(em, sizeof em, (const uint8_t *)"hi", 2, ps));
    captured_trace_stop(&trace);
    assert_bytes_equal(em, sizeof em, "00 02 01 02 03 04 05 06 07 08 09 0a 0b 00 68 69");
    assert_string_equal(captured_value(&trace, "EM: 00 02", 0), "0002");
    assert_string_equal(captured_value(&trace, "EM: PS", 0), "0102030405060708090a0b");
    assert_string_equal(captured_value(&trace, "EM: 00", 0), "00");
    assert_string_equal(captured_value(&trace, "EM: M", 0), "6869");
    assert_string_equal(captured_value(&trace, "EM", 0), "00020102030405060708090a0b006869");
    captured_trace_free(&trace);
    uint8_t message[16];
    size_t length;
    assert_true(rsa_pkcs1_decode_message(message, &length, em, sizeof em));
    assert_int_equal(length, 2);
    assert_memory_equal(message, "hi", 2);
}

// Every message length for a block of 64 bytes, drawn PS: never a zero in it, and it comes back.
static void every_message_length(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 30);
    uint8_t message[64];
    uint8_t em[64];
    uint8_t back[64];
    test_random_bytes(&random, message, sizeof message);
    message[0] = 0; // a zero right behind the separator must not be taken for it
    for (size_t length = 0; length <= 64; length++) {
        bool fits = length <= 64 - 11;
        assert_int_equal(rsa_pkcs1_encode_message(em, sizeof em, message, length, NULL), fits);
        if (!fits) {
            continue;
        }
        assert_int_equal(em[0], 0);
        assert_int_equal(em[1], 2);
        assert_null(memchr(em + 2, 0, 64 - length - 3));
        assert_int_equal(em[64 - length - 1], 0);
        size_t back_length = 99;
        memset(back, 0xee, sizeof back);
        assert_true(rsa_pkcs1_decode_message(back, &back_length, em, sizeof em));
        assert_int_equal(back_length, length);
        assert_memory_equal(back, message, length);
        for (size_t i = length; i < sizeof back; i++) {
            assert_int_equal(back[i], 0); // nothing of the padding is left behind the message
        }
    }
    for (size_t size = 0; size < 11; size++) {
        size_t length;
        assert_false(rsa_pkcs1_encode_message(em, size, message, 0, NULL));
        assert_false(rsa_pkcs1_decode_message(back, &length, em, size));
    }
    uint8_t ps[61];
    memset(ps, 7, sizeof ps);
    ps[60] = 0;
    assert_false(rsa_pkcs1_encode_message(em, sizeof em, message, 0, ps));
    ps[60] = 1;
    assert_true(rsa_pkcs1_encode_message(em, sizeof em, message, 0, ps));
    random_set_source(failing_source, NULL);
    assert_false(rsa_pkcs1_encode_message(em, sizeof em, message, 0, NULL));
    random_set_source(zero_source, NULL); // stuck: an endless rejection must end
    assert_false(rsa_pkcs1_encode_message(em, sizeof em, message, 0, NULL));
    random_set_source(NULL, NULL);
}

// All 255 nonzero bytes come up in PS about equally often, as rejection promises.
static void ps_is_uniform(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 31);
    unsigned counts[256] = {0};
    uint8_t em[1024];
    for (int i = 0; i < 100; i++) {
        assert_true(rsa_pkcs1_encode_message(em, sizeof em, NULL, 0, NULL));
        for (size_t j = 2; j < sizeof em - 1; j++) {
            counts[em[j]]++;
        }
    }
    assert_int_equal(counts[0], 0);
    for (int value = 1; value < 256; value++) {
        assert_in_range(counts[value], 300, 500); // 400.4 expected, five standard deviations
    }
}

// PS is what the source says, its zeros left out: nothing else is drawn, and nothing skipped. Up to 63 zeros in a
// row may be chance.
static void ps_is_drawn_byte_by_byte(void **state) {
    (void)state;
    struct test_random random;
    struct test_random same;
    use_test_random(&random, 36);
    test_random_seed(&same, 36);
    uint8_t em[1024];
    for (int round = 0; round < 3; round++) {
        assert_true(rsa_pkcs1_encode_message(em, sizeof em, NULL, 0, NULL));
        for (size_t i = 2; i < sizeof em - 1; i++) {
            uint8_t byte;
            do {
                test_random_bytes(&same, &byte, 1);
            } while (byte == 0);
            assert_int_equal(em[i], byte);
        }
    }
    static const uint8_t one[] = {1};
    for (size_t stuck = 62; stuck <= 65; stuck++) {
        struct stuck_random source = {.count = stuck, .rest = one, .rest_length = 1};
        random_set_source(stuck_random_source, &source);
        assert_int_equal(rsa_pkcs1_encode_message(em, sizeof em, NULL, 0, NULL), stuck < 64);
    }
    random_set_source(NULL, NULL);
}

// The decoding as one would write it without a thought for time: what the constant-time one must equal.
static bool decode_by_the_book(const uint8_t *em, size_t length, size_t *start) {
    if (length < 11 || em[0] != 0 || em[1] != 2) {
        return false;
    }
    for (size_t i = 2; i < length; i++) {
        if (em[i] == 0) {
            *start = i + 1;
            return i >= 10;
        }
    }
    return false;
}

static void decoding_equals_the_simple_one(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 32);
    unsigned accepted = 0;
    for (int round = 0; round < 40000; round++) {
        uint8_t em[48];
        size_t length = 9 + test_random_below(&random, 40);
        test_random_bytes(&random, em, length);
        for (size_t i = 0; i < length; i++) { // zeros as often as they are interesting
            em[i] = test_random_below(&random, 16) == 0 ? 0 : em[i];
        }
        em[0] = 0;
        em[1] = 2;
        if (test_random_below(&random, 8) == 0) {
            em[0] ^= (uint8_t)(1 << test_random_below(&random, 8));
        }
        if (test_random_below(&random, 8) == 0) {
            em[1] ^= (uint8_t)(1 << test_random_below(&random, 8));
        }
        size_t start = 0;
        uint8_t message[48];
        size_t message_length = 99;
        bool expected = decode_by_the_book(em, length, &start);
        assert_int_equal(rsa_pkcs1_decode_message(message, &message_length, em, length), expected);
        assert_int_equal(message_length, expected ? length - start : 0);
        if (expected) {
            assert_memory_equal(message, em + start, message_length);
            accepted++;
        } else if (length >= 11) {
            for (size_t i = 0; i < length; i++) {
                assert_int_equal(message[i], 0);
            }
        }
    }
    assert_in_range(accepted, 5000, 35000);
    // The border: a PS of 7 bytes is too short, of 8 it is not.
    uint8_t em[16];
    uint8_t message[16];
    size_t length;
    memset(em, 0x55, sizeof em);
    em[0] = 0;
    em[1] = 2;
    em[9] = 0;
    assert_false(rsa_pkcs1_decode_message(message, &length, em, sizeof em));
    em[9] = 1;
    em[10] = 0;
    assert_true(rsa_pkcs1_decode_message(message, &length, em, sizeof em));
    assert_int_equal(length, 5);
}

// PS has 8 bytes at least: the shortest block for each hash, and one byte less.
static void shortest_block_for_a_digest(void **state) {
    (void)state;
    uint8_t em[128];
    static const uint8_t digest[HASH_DIGEST_SIZE_MAX];
    for (const struct hash_algorithm *hash = hash_algorithms; hash->name != NULL; hash++) {
        size_t prefix_length;
        assert_non_null(rsa_pkcs1_digest_info_prefix(hash, &prefix_length));
        size_t shortest = 3 + 8 + prefix_length + hash->digest_size;
        assert_true(rsa_pkcs1_encode_digest(em, shortest, hash, digest));
        assert_int_equal(em[9], 0xff);
        assert_int_equal(em[10], 0);
        for (size_t length = 0; length < shortest; length++) {
            assert_false(rsa_pkcs1_encode_digest(em, length, hash, digest));
        }
    }
}

// --- the schemes -------------------------------------------------------------------------------------------

static void encryption_round_trips(void **state) {
    (void)state;
    static const unsigned sizes[] = {512, 513, 1023, 1024, 1025, 2048, 4096};
    struct test_random random;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rsa_private_key key;
        make_rsa_key(&key, sizes[i], 65537, 40 + i);
        size_t k = rsa_size(&key.public);
        use_test_random(&random, 33 + i);
        uint8_t message[RSA_SIZE_MAX];
        uint8_t ciphertext[RSA_SIZE_MAX];
        uint8_t back[RSA_SIZE_MAX];
        test_random_bytes(&random, message, sizeof message);
        for (size_t length = 0; length <= k - 11; length += sizes[i] == 512 ? 1 : (k - 11) / 3) {
            size_t back_length = 0;
            assert_true(rsa_pkcs1_encrypt(&key.public, ciphertext, message, length));
            assert_true(rsa_pkcs1_decrypt(&key, back, &back_length, ciphertext, k));
            assert_int_equal(back_length, length);
            assert_memory_equal(back, message, length);
            // One byte less or more is not a ciphertext.
            assert_false(rsa_pkcs1_decrypt(&key, back, &back_length, ciphertext, k - 1));
            assert_false(rsa_pkcs1_decrypt(&key, back, &back_length, ciphertext, k + 1));
            assert_int_equal(back_length, 0);
        }
        assert_false(rsa_pkcs1_encrypt(&key.public, ciphertext, message, k - 10));
        // Values of n and above, and all zeros.
        size_t back_length;
        assert_true(bn_i2osp(ciphertext, k, key.public.n));
        assert_false(rsa_pkcs1_decrypt(&key, back, &back_length, ciphertext, k));
        memset(ciphertext, 0xff, k);
        assert_false(rsa_pkcs1_decrypt(&key, back, &back_length, ciphertext, k));
        memset(ciphertext, 0, k);
        assert_false(rsa_pkcs1_decrypt(&key, back, &back_length, ciphertext, k));
        rsa_private_key_clear(&key);
    }
    random_set_source(failing_source, NULL);
    struct rsa_public_key none;
    rsa_public_key_init(&none);
    uint8_t out[64];
    assert_false(rsa_pkcs1_encrypt(&none, out, out, 0)); // n = 0
    rsa_public_key_clear(&none);
    random_set_source(NULL, NULL);
}

// Two encryptions of one message differ; a changed ciphertext never gives the message; a failing generator
// gives none.
static void encryption_is_randomised_and_tampering_shows(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 512, 65537, 50);
    struct test_random random;
    use_test_random(&random, 34);
    uint8_t first[64];
    uint8_t second[64];
    uint8_t back[64];
    size_t length;
    assert_true(rsa_pkcs1_encrypt(&key.public, first, (const uint8_t *)"secret", 6));
    assert_true(rsa_pkcs1_encrypt(&key.public, second, (const uint8_t *)"secret", 6));
    assert_memory_not_equal(first, second, 64);
    for (size_t i = 0; i < 64; i++) {
        first[i] ^= (uint8_t)(1 << i % 8);
        if (rsa_pkcs1_decrypt(&key, back, &length, first, 64)) {
            assert_false(length == 6 && memcmp(back, "secret", 6) == 0);
        }
        first[i] ^= (uint8_t)(1 << i % 8);
    }
    random_set_source(failing_source, NULL);
    assert_false(rsa_pkcs1_encrypt(&key.public, first, (const uint8_t *)"secret", 6));
    assert_false(rsa_pkcs1_decrypt(&key, back, &length, second, 64)); // no blinding, no decryption
    assert_int_equal(length, 0);
    random_set_source(NULL, NULL);
    assert_true(rsa_pkcs1_decrypt(&key, back, &length, second, 64));
    rsa_private_key_clear(&key);
}

static void signatures(void **state) {
    (void)state;
    static const unsigned sizes[] = {512, 513, 1023, 1024, 1025, 2048};
    struct test_random random;
    test_random_seed(&random, 35);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rsa_private_key key;
        make_rsa_key(&key, sizes[i], i % 2 == 0 ? 3 : 65537, 60 + i);
        size_t k = rsa_size(&key.public);
        for (const struct hash_algorithm *hash = hash_algorithms; hash->name != NULL; hash++) {
            uint8_t digest[HASH_DIGEST_SIZE_MAX];
            uint8_t signature[RSA_SIZE_MAX];
            uint8_t again[RSA_SIZE_MAX];
            size_t prefix_length;
            test_random_bytes(&random, digest, sizeof digest);
            (void)rsa_pkcs1_digest_info_prefix(hash, &prefix_length);
            bool fits = prefix_length + hash->digest_size + 11 <= k;
            assert_int_equal(rsa_pkcs1_sign(&key, signature, hash, digest), fits);
            if (!fits) {
                memset(signature, 0, sizeof signature);
                assert_false(rsa_pkcs1_verify(&key.public, signature, k, hash, digest));
                continue;
            }
            assert_true(rsa_pkcs1_verify(&key.public, signature, k, hash, digest));
            assert_true(rsa_pkcs1_sign(&key, again, hash, digest)); // no randomness in it
            assert_memory_equal(signature, again, k);
            assert_false(rsa_pkcs1_verify(&key.public, signature, k - 1, hash, digest));
            assert_false(rsa_pkcs1_verify(&key.public, signature, k + 1, hash, digest));
            digest[hash->digest_size - 1] ^= 1;
            assert_false(rsa_pkcs1_verify(&key.public, signature, k, hash, digest));
            digest[hash->digest_size - 1] ^= 1;
            for (const struct hash_algorithm *other = hash_algorithms; other->name != NULL; other++) {
                assert_int_equal(rsa_pkcs1_verify(&key.public, signature, k, other, digest), other == hash);
            }
        }
        rsa_private_key_clear(&key);
    }
}

static void signature_tampering_and_special_values(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 1023, 65537, 70); // k = 128 with a bit to spare, so s + n fits too
    const struct hash_algorithm *hash = hash_find("sha256");
    uint8_t digest[32] = "thirty-two bytes for the digest";
    uint8_t signature[128];
    uint8_t other[128];
    assert_true(rsa_pkcs1_sign(&key, signature, hash, digest));
    for (size_t i = 0; i < sizeof signature; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            signature[i] ^= (uint8_t)(1 << bit);
            assert_false(rsa_pkcs1_verify(&key.public, signature, 128, hash, digest));
            signature[i] ^= (uint8_t)(1 << bit);
        }
    }
    mpz_t s;
    mpz_init(s);
    bn_os2ip(s, signature, 128);
    mpz_add(s, s, key.public.n);
    assert_true(bn_i2osp(other, 128, s)); // the same mod n, and still not a signature
    assert_false(rsa_pkcs1_verify(&key.public, other, 128, hash, digest));
    mpz_clear(s);
    memset(other, 0, sizeof other);
    assert_false(rsa_pkcs1_verify(&key.public, other, 128, hash, digest));
    other[127] = 1;
    assert_false(rsa_pkcs1_verify(&key.public, other, 128, hash, digest));
    memset(other, 0xff, sizeof other);
    assert_false(rsa_pkcs1_verify(&key.public, other, 128, hash, digest));
    rsa_private_key_clear(&key);
}

// Blocks that a lenient verifier accepts, signed with the real key: each must be refused.
static void malformed_blocks_are_refused(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 1024, 3, 71);
    const struct hash_algorithm *hash = hash_find("sha1");
    uint8_t digest[20] = "twenty bytes of hash";
    uint8_t good[128];
    uint8_t em[128];
    uint8_t signature[128];
    assert_true(rsa_pkcs1_encode_digest(good, sizeof good, hash, digest));
    mpz_t m;
    mpz_init(m);
    for (int damage = 0; damage < 8; damage++) {
        memcpy(em, good, sizeof em);
        size_t t_length = 15 + 20;
        uint8_t *t = em + sizeof em - t_length;
        switch (damage) {
        case 0: // undamaged
            break;
        case 1: // Bleichenbacher 2006: a short PS, and garbage behind DigestInfo
            memmove(em + 11, t, t_length);
            em[10] = 0;
            memset(em + 11 + t_length, 0x5a, sizeof em - 11 - t_length);
            break;
        case 2: // block type 2
            em[1] = 2;
            break;
        case 3: // a byte of PS that is not FF
            em[40] = 0xfe;
            break;
        case 4: // another separator
            t[-1] = 1;
            break;
        case 5: // NULL parameters of another length
            t[12] = 1;
            break;
        case 6: // the digest alone, without DigestInfo
            memset(t - 1, 0xff, t_length - 19);
            em[128 - 21] = 0;
            break;
        default: // DigestInfo with its NULL left out, as some old signers wrote it
            memmove(t + 2, t, 11);
            t[0] = 0xff;
            t[1] = 0xff;
            t[-1] = 0xff;
            t[1] = 0;
            t[3] -= 2;
            t[5] -= 2;
        }
        bn_os2ip(m, em, sizeof em);
        assert_true(rsa_private_operation(&key, m, m));
        assert_true(bn_i2osp(signature, sizeof signature, m));
        assert_int_equal(rsa_pkcs1_verify(&key.public, signature, 128, hash, digest), damage == 0);
    }
    mpz_clear(m);
    rsa_private_key_clear(&key);
}

static void signature_layout_and_trace(void **state) {
    (void)state;
    struct rsa_private_key key;
    make_rsa_key(&key, 512, 65537, 72);
    const struct hash_algorithm *hash = hash_find("sha1");
    uint8_t digest[20];
    uint8_t signature[64];
    uint8_t unwatched[64];
    memset(digest, 0xd1, sizeof digest);
    assert_true(rsa_pkcs1_sign(&key, unwatched, hash, digest));
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(rsa_pkcs1_sign(&key, signature, hash, digest));
    assert_true(rsa_pkcs1_verify(&key.public, signature, 64, hash, digest));
    captured_trace_stop(&trace);
    assert_memory_equal(signature, unwatched, 64);
    assert_string_equal(captured_value(&trace, "EM: 00 01", 0), "0001");
    assert_string_equal(captured_value(&trace, "EM: PS", 0),
                        "ffffffffffffffffffffffffffffffffffffffffffffffffffff");
    assert_string_equal(captured_value(&trace, "EM: 00", 0), "00");
    assert_string_equal(captured_value(&trace, "EM: T: DigestInfo prefix", 0),
                        "3021300906052b0e03021a05000414");
    assert_string_equal(captured_value(&trace, "EM: T: H", 0), "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1");
    const char *em = "0001ffffffffffffffffffffffffffffffffffffffffffffffffffff"
                     "003021300906052b0e03021a05000414d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";
    assert_string_equal(captured_value(&trace, "EM", 0), em);
    assert_string_equal(captured_value(&trace, "EM of S", 0), em);
    assert_string_equal(captured_value(&trace, "signature", 0), "valid");
    (void)captured_value(&trace, "m1", 0);
    captured_trace_free(&trace);

    // A decryption shows the block and the message.
    uint8_t ciphertext[64];
    uint8_t message[64];
    size_t length;
    assert_true(rsa_pkcs1_encrypt(&key.public, ciphertext, (const uint8_t *)"hi", 2));
    captured_trace_start(&trace);
    assert_true(rsa_pkcs1_decrypt(&key, message, &length, ciphertext, 64));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "M", 0), "6869");
    assert_int_equal(strncmp(captured_value(&trace, "EM", 0), "0002", 4), 0);
    captured_trace_free(&trace);
    // A refused one, here a signature, says so.
    captured_trace_start(&trace);
    assert_false(rsa_pkcs1_decrypt(&key, message, &length, signature, 64));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "M", 0), "decryption error");
    captured_trace_free(&trace);
    rsa_private_key_clear(&key);
}

// Eleven bytes hold the empty message: 00, 02, eight of PS, 00.
static void the_shortest_block_holds_the_empty_message(void **state) {
    (void)state;
    uint8_t block[11];
    assert_true(rsa_pkcs1_encode_message(block, sizeof block, (const uint8_t *)"", 0, NULL));
    assert_int_equal(block[0], 0);
    assert_int_equal(block[1], 2);
    assert_int_equal(block[10], 0);
    assert_false(rsa_pkcs1_encode_message(block, sizeof block - 1, (const uint8_t *)"", 0, NULL));
}

// The shortest modulus is one of 11 bytes, which encrypts the empty message and nothing else. One of 10 bytes has
// no room.
static void shortest_modulus(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 37);
    struct rsa_private_key key;
    uint8_t ciphertext[11] = {0};
    uint8_t message[11];
    size_t length = 99;
    make_toy_key(&key, 17592186044399, 17592186044299, 65537); // just below 2^44
    assert_int_equal(rsa_size(&key.public), 11);
    assert_true(rsa_pkcs1_encrypt(&key.public, ciphertext, message, 0));
    assert_true(rsa_pkcs1_decrypt(&key, message, &length, ciphertext, 11));
    assert_int_equal(length, 0);
    assert_false(rsa_pkcs1_encrypt(&key.public, ciphertext, message, 1));
    rsa_private_key_clear(&key);
    make_toy_key(&key, 1099511627689, 1099511627609, 65537); // just below 2^40
    assert_int_equal(rsa_size(&key.public), 10);
    assert_false(rsa_pkcs1_encrypt(&key.public, ciphertext, message, 0));
    assert_false(rsa_pkcs1_decrypt(&key, message, &length, ciphertext, 10));
    rsa_private_key_clear(&key);
    random_set_source(NULL, NULL);
}

// 8192 bits are the most. With one bit more a ciphertext and a signature that are right are refused, and none are
// made.
static void longest_modulus(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 38);
    const struct hash_algorithm *hash = hash_find("sha256");
    uint8_t digest[32] = "thirty-two bytes for the digest";
    static uint8_t em[RSA_SIZE_MAX + 1];
    static uint8_t ciphertext[RSA_SIZE_MAX + 1];
    static uint8_t signature[RSA_SIZE_MAX + 1];
    static uint8_t back[RSA_SIZE_MAX + 1];
    size_t length = 99;
    struct rsa_private_key key;
    make_long_key(&key, RSA_BITS_MAX);
    assert_true(rsa_pkcs1_encrypt(&key.public, ciphertext, (const uint8_t *)"secret", 6));
    assert_true(rsa_pkcs1_decrypt(&key, back, &length, ciphertext, RSA_SIZE_MAX));
    assert_bytes_equal(back, length, "73 65 63 72 65 74");
    assert_true(rsa_pkcs1_sign(&key, signature, hash, digest));
    assert_true(rsa_pkcs1_verify(&key.public, signature, RSA_SIZE_MAX, hash, digest));
    rsa_private_key_clear(&key);

    make_long_key(&key, RSA_BITS_MAX + 1);
    assert_false(rsa_pkcs1_encrypt(&key.public, ciphertext, (const uint8_t *)"secret", 6));
    assert_false(rsa_pkcs1_sign(&key, signature, hash, digest));
    mpz_t value;
    mpz_init(value);
    assert_true(rsa_pkcs1_encode_message(em, sizeof em, (const uint8_t *)"secret", 6, NULL));
    bn_os2ip(value, em, sizeof em);
    assert_true(rsa_public_operation(&key.public, value, value));
    assert_true(bn_i2osp(ciphertext, sizeof ciphertext, value));
    assert_false(rsa_pkcs1_decrypt(&key, back, &length, ciphertext, sizeof ciphertext));
    assert_true(rsa_pkcs1_encode_digest(em, sizeof em, hash, digest));
    bn_os2ip(value, em, sizeof em);
    assert_true(rsa_private_operation(&key, value, value));
    assert_true(bn_i2osp(signature, sizeof signature, value));
    assert_false(rsa_pkcs1_verify(&key.public, signature, sizeof signature, hash, digest));
    mpz_clear(value);
    rsa_private_key_clear(&key);
    random_set_source(NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_block_holds_the_empty_message),
        cmocka_unit_test(digest_info_from_its_definition),
        cmocka_unit_test(layout_of_the_worked_example),
        cmocka_unit_test(every_message_length),
        cmocka_unit_test(ps_is_uniform),
        cmocka_unit_test(ps_is_drawn_byte_by_byte),
        cmocka_unit_test(shortest_modulus),
        cmocka_unit_test(longest_modulus),
        cmocka_unit_test(decoding_equals_the_simple_one),
        cmocka_unit_test(shortest_block_for_a_digest),
        cmocka_unit_test(encryption_round_trips),
        cmocka_unit_test(encryption_is_randomised_and_tampering_shows),
        cmocka_unit_test(signatures),
        cmocka_unit_test(signature_tampering_and_special_values),
        cmocka_unit_test(malformed_blocks_are_refused),
        cmocka_unit_test(signature_layout_and_trace),
    };
    return cmocka_run_group_tests_name("rsa_pkcs1", tests, NULL, NULL);
}
