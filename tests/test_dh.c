// Diffie-Hellman: the worked example, every pair of keys of small groups, the checks of public values,
// fixed-length Z, and agreement with OpenSSL's libcrypto in the named groups.

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "ciphers/public/dh.h"
#include "tests/support.h"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

static void group_of(struct bn_group *group, unsigned long p, unsigned long g) {
    mpz_t prime;
    mpz_t generator;
    mpz_init_set_ui(prime, p);
    mpz_init_set_ui(generator, g);
    bn_group_init(group);
    assert_true(bn_group_from_numbers(group, prime, generator));
    mpz_clears(prime, generator, NULL);
}

static bool failing_source(void *context, uint8_t *out, size_t length) {
    (void)context;
    memset(out, 0, length);
    return false;
}

static void worked_example(void **state) {
    (void)state;
    struct bn_group group;
    group_of(&group, 23, 2);
    assert_int_equal(mpz_get_ui(group.q), 11);
    mpz_t xa, xb, ya, yb, z;
    mpz_inits(xa, xb, ya, yb, z, NULL);
    mpz_set_ui(xa, 6);
    mpz_set_ui(xb, 9);
    assert_true(dh_public_key(&group, yb, xb));
    assert_int_equal(mpz_get_ui(yb), 6);
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(dh_public_key(&group, ya, xa));
    assert_true(dh_shared_secret(&group, z, xa, yb));
    uint8_t bytes[1];
    assert_int_equal(dh_secret_size(&group), 1);
    assert_true(dh_secret_bytes(&group, bytes, z));
    captured_trace_stop(&trace);
    assert_int_equal(mpz_get_ui(ya), 18);
    assert_int_equal(mpz_get_ui(z), 12);
    assert_string_equal(captured_value(&trace, "p", 0), "17");
    assert_string_equal(captured_value(&trace, "g", 0), "2");
    assert_string_equal(captured_value(&trace, "x", 0), "6");
    assert_string_equal(captured_value(&trace, "y", 0), "12");
    assert_string_equal(captured_value(&trace, "y", 1), "6");
    assert_string_equal(captured_value(&trace, "public key", 0), "accepted");
    assert_string_equal(captured_value(&trace, "z", 0), "c");
    assert_string_equal(captured_value(&trace, "Z", 0), "0c");
    captured_trace_free(&trace);
    assert_true(dh_shared_secret(&group, z, xb, ya));
    assert_int_equal(mpz_get_ui(z), 12);
    mpz_clears(xa, xb, ya, yb, z, NULL);
    bn_group_clear(&group);
}

static unsigned long power(unsigned long base, unsigned long exponent, unsigned long p) {
    unsigned long result = 1;
    for (; exponent > 0; exponent--) {
        result = result * base % p;
    }
    return result;
}

// Every private key against every public value, in a safe-prime group (g of order q) and in one that is not.
static void every_pair_in_small_groups(void **state) {
    (void)state;
    static const unsigned long groups[][2] = {{23, 2}, {47, 2}, {31, 3}, {29, 2}};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        unsigned long p = groups[i][0];
        unsigned long g = groups[i][1];
        struct bn_group group;
        group_of(&group, p, g);
        mpz_t x, y, z;
        mpz_inits(x, y, z, NULL);
        for (unsigned long key = 0; key <= p; key++) {
            mpz_set_ui(x, key);
            bool in_range = key >= 1 && key <= p - 2;
            assert_int_equal(dh_public_key(&group, y, x), in_range);
            if (in_range) {
                assert_int_equal(mpz_get_ui(y), power(g, key, p));
            }
            for (unsigned long peer = 0; peer <= p + 2; peer++) {
                mpz_set_ui(y, peer);
                mpz_set_ui(z, 99);
                unsigned long expected = power(peer, key, p);
                bool good = in_range && peer > 1 && peer < p - 1 && expected != 1 && expected != p - 1 &&
                            (!group.safe_prime || power(peer, mpz_get_ui(group.q), p) == 1);
                assert_int_equal(dh_shared_secret(&group, z, x, y), good);
                assert_int_equal(mpz_get_ui(z), good ? expected : 99);
            }
        }
        mpz_set_si(x, -1);
        assert_false(dh_public_key(&group, y, x));
        mpz_set_ui(y, 4);
        assert_false(dh_shared_secret(&group, z, x, y));
        mpz_clears(x, y, z, NULL);
        bn_group_clear(&group);
    }
}

// Private keys are uniform in [1, q-1]: q = 11 here; and in a group where x = 4 gives y = p-1, never that
// one.
static void private_keys_cover_their_range(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 400);
    random_set_source(test_random_source, &random);
    mpz_t x, y;
    mpz_inits(x, y, NULL);
    struct bn_group group;
    group_of(&group, 23, 2);
    unsigned counts[11] = {0};
    for (int i = 0; i < 10000; i++) {
        assert_true(dh_generate(&group, x, y));
        assert_in_range(mpz_get_ui(x), 1, 10);
        assert_int_equal(mpz_get_ui(y), power(2, mpz_get_ui(x), 23));
        counts[mpz_get_ui(x)]++;
    }
    for (size_t i = 1; i <= 10; i++) {
        assert_in_range(counts[i], 850, 1150);
    }
    bn_group_clear(&group);
    group_of(&group, 17, 2); // 2 has order 8 mod 17, and 2^4 = 16
    for (int i = 0; i < 500; i++) {
        assert_true(dh_generate(&group, x, y));
        assert_int_not_equal(mpz_get_ui(y), 16);
        assert_int_not_equal(mpz_get_ui(y), 1);
        assert_true(bn_group_check_public(&group, y));
    }
    mpz_set_ui(x, 42);
    mpz_set_ui(group.g, 16); // generates nothing but 16 and 1: the search ends without a key
    assert_false(dh_generate(&group, x, y));
    assert_int_equal(mpz_get_ui(x), 42);
    mpz_set_ui(group.g, 2);
    random_set_source(failing_source, NULL);
    assert_false(dh_generate(&group, x, y));
    assert_int_equal(mpz_get_ui(x), 42);
    random_set_source(NULL, NULL);
    bn_group_clear(&group);
    mpz_clears(x, y, NULL);
}

// A key that no peer would take is drawn again, 128 times in all: of the x from 1 to 15, 4 is the fourth, and
// 2^4 = 16 = -1 mod 17.
static void refused_keys_are_drawn_again(void **state) {
    (void)state;
    struct bn_group group;
    group_of(&group, 17, 2);
    mpz_t x, y;
    mpz_inits(x, y, NULL);
    const uint8_t first = 0; // x = 1
    for (size_t stuck = 126; stuck <= 129; stuck++) {
        struct stuck_random source = {.byte = 3, .count = stuck, .rest = &first, .rest_length = 1};
        random_set_source(stuck_random_source, &source);
        mpz_set_ui(x, 42);
        assert_int_equal(dh_generate(&group, x, y), stuck < 128);
        assert_int_equal(mpz_get_ui(x), stuck < 128 ? 1 : 42);
    }
    random_set_source(NULL, NULL);
    mpz_clears(x, y, NULL);
    bn_group_clear(&group);
}

// Z has the length of p, also where z begins with zeros; a z too large for it is refused.
static void z_has_a_fixed_length(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    assert_true(bn_group_find(&group, "ffdhe2048"));
    assert_int_equal(dh_secret_size(&group), 256);
    uint8_t bytes[256];
    mpz_t z;
    mpz_init_set_ui(z, 0x1234);
    memset(bytes, 0xee, sizeof bytes);
    assert_true(dh_secret_bytes(&group, bytes, z));
    for (size_t i = 0; i < 254; i++) {
        assert_int_equal(bytes[i], 0);
    }
    assert_int_equal(bytes[254], 0x12);
    assert_int_equal(bytes[255], 0x34);
    mpz_mul_2exp(z, z, 2048);
    assert_false(dh_secret_bytes(&group, bytes, z));
    mpz_clear(z);
    bn_group_clear(&group);
}

// A stranger's public values in a real group: 0, 1, p-1, p, p+1, negative ones, and one outside the subgroup.
static void hostile_public_values(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    assert_true(bn_group_find(&group, "ffdhe2048"));
    mpz_t x, y, z, peer;
    mpz_inits(x, y, z, peer, NULL);
    assert_true(dh_generate(&group, x, y));
    mpz_set_ui(z, 42);
    for (int i = 0; i < 7; i++) {
        switch (i) {
        case 0:
            mpz_set_ui(peer, 0);
            break;
        case 1:
            mpz_set_ui(peer, 1);
            break;
        case 2:
            mpz_sub_ui(peer, group.p, 1);
            break;
        case 3:
            mpz_set(peer, group.p);
            break;
        case 4:
            mpz_add_ui(peer, group.p, 2);
            break;
        case 5:
            mpz_set_si(peer, -2);
            break;
        default: // -y has order 2q
            mpz_sub(peer, group.p, y);
        }
        assert_false(dh_shared_secret(&group, z, x, peer));
        assert_int_equal(mpz_get_ui(z), 42);
    }
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_false(dh_shared_secret(&group, z, x, peer));
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "public key", 0), "refused");
    captured_trace_free(&trace);
    mpz_clears(x, y, z, peer, NULL);
    bn_group_clear(&group);
}

// --- against libcrypto -------------------------------------------------------------------------------------

static BIGNUM *to_theirs(const mpz_t x) {
    uint8_t bytes[1024];
    size_t length = bn_byte_length(x);
    assert_true(length <= sizeof bytes);
    assert_true(bn_i2osp(bytes, length, x));
    return BN_bin2bn(bytes, (int)length, NULL);
}

// Their key of a named group, from our numbers.
static EVP_PKEY *their_key(const char *group, const mpz_t x, const mpz_t y) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *private = x != NULL ? to_theirs(x) : NULL;
    BIGNUM *public = to_theirs(y);
    assert_int_equal(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PUB_KEY, public), 1);
    if (private != NULL) {
        assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, private), 1);
    }
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *key = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(private);
    BN_free(public);
    return key;
}

static size_t their_secret(EVP_PKEY *key, EVP_PKEY *peer, uint8_t *out, size_t size) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t length = size;
    assert_true(EVP_PKEY_derive_init(context) > 0);
    assert_true(EVP_PKEY_CTX_set_dh_pad(context, 1) > 0);
    assert_true(EVP_PKEY_derive_set_peer(context, peer) > 0);
    assert_true(EVP_PKEY_derive(context, out, &length) > 0);
    EVP_PKEY_CTX_free(context);
    return length;
}

static void agreement_with_libcrypto(void **state) {
    (void)state;
    static const struct {
        const char *ours;
        const char *theirs;
        int rounds;
    } groups[] = {{"ffdhe2048", "ffdhe2048", 60},
                  {"modp-1536", "modp_1536", 60},
                  {"modp-2048", "modp_2048", 60},
                  {"ffdhe3072", "ffdhe3072", 10},
                  {"modp-4096", "modp_4096", 4}};
    struct test_random random;
    test_random_seed(&random, 401);
    random_set_source(test_random_source, &random);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        struct bn_group group;
        bn_group_init(&group);
        assert_true(bn_group_find(&group, groups[i].ours));
        mpz_t x, y, z, peer_y;
        mpz_inits(x, y, z, peer_y, NULL);
        for (int round = 0; round < groups[i].rounds; round++) {
            assert_true(dh_generate(&group, x, y));
            // A key that they make, in every fourth round, else one more of ours.
            EVP_PKEY *peer;
            if (round % 4 == 0) {
                EVP_PKEY *parameters = their_key(groups[i].theirs, NULL, y);
                EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(parameters, NULL);
                peer = NULL;
                assert_true(EVP_PKEY_keygen_init(context) > 0);
                assert_true(EVP_PKEY_keygen(context, &peer) > 0);
                EVP_PKEY_CTX_free(context);
                EVP_PKEY_free(parameters);
                BIGNUM *number = NULL;
                uint8_t bytes[1024];
                assert_int_equal(EVP_PKEY_get_bn_param(peer, OSSL_PKEY_PARAM_PUB_KEY, &number), 1);
                bn_os2ip(peer_y, bytes, (size_t)BN_bn2bin(number, bytes));
                BN_free(number);
            } else {
                mpz_t peer_x;
                mpz_init(peer_x);
                assert_true(dh_generate(&group, peer_x, peer_y));
                peer = their_key(groups[i].theirs, peer_x, peer_y);
                mpz_clear(peer_x);
            }
            EVP_PKEY *us = their_key(groups[i].theirs, NULL, y);
            uint8_t ours[1024];
            uint8_t theirs[1024];
            assert_true(dh_shared_secret(&group, z, x, peer_y));
            assert_true(dh_secret_bytes(&group, ours, z));
            assert_int_equal(their_secret(peer, us, theirs, sizeof theirs), dh_secret_size(&group));
            assert_memory_equal(ours, theirs, dh_secret_size(&group));
            EVP_PKEY_free(us);
            EVP_PKEY_free(peer);
        }
        mpz_clears(x, y, z, peer_y, NULL);
        bn_group_clear(&group);
    }
    random_set_source(NULL, NULL);
}

// Watched, the same secret.
static void watched_run_is_the_same(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    assert_true(bn_group_find(&group, "modp-1536"));
    mpz_t x, y, z, watched;
    mpz_inits(x, y, z, watched, NULL);
    assert_true(dh_generate(&group, x, y));
    assert_true(dh_shared_secret(&group, z, x, y));
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(dh_shared_secret(&group, watched, x, y));
    captured_trace_stop(&trace);
    assert_int_equal(mpz_cmp(z, watched), 0);
    captured_trace_free(&trace);
    mpz_clears(x, y, z, watched, NULL);
    bn_group_clear(&group);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example),
        cmocka_unit_test(every_pair_in_small_groups),
        cmocka_unit_test(private_keys_cover_their_range),
        cmocka_unit_test(refused_keys_are_drawn_again),
        cmocka_unit_test(z_has_a_fixed_length),
        cmocka_unit_test(hostile_public_values),
        cmocka_unit_test(agreement_with_libcrypto),
        cmocka_unit_test(watched_run_is_the_same),
    };
    return cmocka_run_group_tests_name("dh", tests, NULL, NULL);
}
