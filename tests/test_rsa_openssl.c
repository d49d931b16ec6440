// RSA against OpenSSL's libcrypto, in both directions: what one encrypts the other decrypts, what one signs
// the other verifies, over keys that either side made, with hashes, MGF1 hashes, salt lengths and labels at
// random.

#include "bignum/encoding.h"
#include "ciphers/public/rsa_oaep.h"
#include "ciphers/public/rsa_pkcs1.h"
#include "ciphers/public/rsa_pss.h"
#include "tests/rsa_support.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

// --- one key, as both sides hold it ------------------------------------------------------------------------

struct key_pair {
    struct rsa_private_key ours;
    EVP_PKEY *theirs;
};

static BIGNUM *to_theirs(const mpz_t x) {
    char text[RSA_BITS_MAX / 4 + 3];
    BIGNUM *number = NULL;
    assert_true(bn_to_hex(text, sizeof text, x));
    assert_true(BN_hex2bn(&number, text) > 0);
    return number;
}

static void to_ours(mpz_t x, const EVP_PKEY *key, const char *name) {
    BIGNUM *number = NULL;
    uint8_t bytes[RSA_SIZE_MAX];
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
    assert_true(BN_num_bytes(number) <= (int)sizeof bytes);
    bn_os2ip(x, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
}

static void made_by_us(struct key_pair *pair, unsigned bits, unsigned long e, uint64_t seed) {
    make_rsa_key(&pair->ours, bits, e, seed);
    const struct rsa_private_key *key = &pair->ours;
    const struct {
        const char *name;
        mpz_srcptr value;
    } members[] = {
        {OSSL_PKEY_PARAM_RSA_N, key->public.n},   {OSSL_PKEY_PARAM_RSA_E, key->public.e},
        {OSSL_PKEY_PARAM_RSA_D, key->d},          {OSSL_PKEY_PARAM_RSA_FACTOR1, key->p},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, key->q},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, key->dP},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, key->dQ}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, key->qInv},
    };
    BIGNUM *numbers[8];
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    for (size_t i = 0; i < 8; i++) {
        numbers[i] = to_theirs(members[i].value);
        assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, members[i].name, numbers[i]), 1);
    }
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    pair->theirs = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &pair->theirs, EVP_PKEY_KEYPAIR, parameters), 1);
    EVP_PKEY_CTX_free(context);
    // They find nothing wrong with it either.
    context = EVP_PKEY_CTX_new(pair->theirs, NULL);
    assert_int_equal(EVP_PKEY_check(context), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    for (size_t i = 0; i < 8; i++) {
        BN_clear_free(numbers[i]);
    }
}

static void made_by_them(struct key_pair *pair, unsigned bits) {
    pair->theirs = EVP_RSA_gen(bits);
    assert_non_null(pair->theirs);
    rsa_private_key_init(&pair->ours);
    struct rsa_private_key *key = &pair->ours;
    to_ours(key->public.n, pair->theirs, OSSL_PKEY_PARAM_RSA_N);
    to_ours(key->public.e, pair->theirs, OSSL_PKEY_PARAM_RSA_E);
    to_ours(key->d, pair->theirs, OSSL_PKEY_PARAM_RSA_D);
    to_ours(key->p, pair->theirs, OSSL_PKEY_PARAM_RSA_FACTOR1);
    to_ours(key->q, pair->theirs, OSSL_PKEY_PARAM_RSA_FACTOR2);
    to_ours(key->dP, pair->theirs, OSSL_PKEY_PARAM_RSA_EXPONENT1);
    to_ours(key->dQ, pair->theirs, OSSL_PKEY_PARAM_RSA_EXPONENT2);
    to_ours(key->qInv, pair->theirs, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
    assert_true(rsa_check_private_key(key));
    // And we compute the same members from the primes.
    struct rsa_private_key again;
    rsa_private_key_init(&again);
    mpz_set(again.p, key->p);
    mpz_set(again.q, key->q);
    mpz_set(again.public.e, key->public.e);
    assert_true(rsa_complete_key(&again));
    assert_int_equal(mpz_cmp(again.public.n, key->public.n), 0);
    if (mpz_cmp(key->p, key->q) > 0) {
        assert_int_equal(mpz_cmp(again.qInv, key->qInv), 0);
    }
    rsa_private_key_clear(&again);
}

enum { KEYS = 7 };
static struct key_pair keys[KEYS];

static int make_keys(void **state) {
    (void)state;
    made_by_us(&keys[0], 512, 65537, 200);
    made_by_us(&keys[1], 1023, 3, 201);
    made_by_us(&keys[2], 1024, 65537, 202);
    made_by_us(&keys[3], 1025, 17, 203);
    made_by_us(&keys[4], 2048, 65537, 204);
    made_by_them(&keys[5], 1024);
    made_by_them(&keys[6], 1536);
    return 0;
}

static int free_keys(void **state) {
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        rsa_private_key_clear(&keys[i].ours);
        EVP_PKEY_free(keys[i].theirs);
    }
    return 0;
}

// --- their side --------------------------------------------------------------------------------------------

static const EVP_MD *their_hash(const struct hash_algorithm *hash) {
    const EVP_MD *md = EVP_get_digestbyname(hash->name);
    assert_non_null(md);
    return md;
}

static const struct hash_algorithm *random_hash(struct test_random *random) {
    size_t count = 0;
    while (hash_algorithms[count].name != NULL) {
        count++;
    }
    assert_int_equal(count, 6);
    return &hash_algorithms[test_random_below(random, count)];
}

// Sets the padding, and for OAEP the hashes and the label.
static void set_padding(EVP_PKEY_CTX *context, const struct rsa_oaep *oaep) {
    assert_true(
        EVP_PKEY_CTX_set_rsa_padding(context, oaep != NULL ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING) > 0);
    if (oaep == NULL) {
        return;
    }
    const struct hash_algorithm *mgf = oaep->mgf1_hash != NULL ? oaep->mgf1_hash : oaep->hash;
    assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(context, their_hash(oaep->hash)) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md(context, their_hash(mgf)) > 0);
    if (oaep->label_length > 0) {
        void *label = OPENSSL_memdup(oaep->label, oaep->label_length);
        assert_true(EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, (int)oaep->label_length) > 0);
    }
}

static bool they_encrypt(EVP_PKEY *key, uint8_t *ciphertext, size_t k, const struct rsa_oaep *oaep,
                         const uint8_t *message, size_t length) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_true(EVP_PKEY_encrypt_init(context) > 0);
    set_padding(context, oaep);
    size_t out_length = k;
    bool done = EVP_PKEY_encrypt(context, ciphertext, &out_length, message, length) > 0 && out_length == k;
    EVP_PKEY_CTX_free(context);
    return done;
}

static bool they_decrypt(EVP_PKEY *key, uint8_t *message, size_t *length, const struct rsa_oaep *oaep,
                         const uint8_t *ciphertext, size_t k) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_true(EVP_PKEY_decrypt_init(context) > 0);
    set_padding(context, oaep);
    *length = RSA_SIZE_MAX;
    bool done = EVP_PKEY_decrypt(context, message, length, ciphertext, k) > 0;
    EVP_PKEY_CTX_free(context);
    return done;
}

// Their name for a salt length of ours.
static int their_salt(int salt) {
    return salt == RSA_PSS_SALT_DIGEST ? RSA_PSS_SALTLEN_DIGEST
           : salt == RSA_PSS_SALT_MAX  ? RSA_PSS_SALTLEN_MAX
           : salt == RSA_PSS_SALT_ANY  ? RSA_PSS_SALTLEN_AUTO
                                       : salt;
}

static void set_signature(EVP_PKEY_CTX *context, const struct hash_algorithm *hash,
                          const struct rsa_pss *pss) {
    assert_true(
        EVP_PKEY_CTX_set_rsa_padding(context, pss != NULL ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) > 0);
    assert_true(EVP_PKEY_CTX_set_signature_md(context, their_hash(hash)) > 0);
    if (pss != NULL) {
        const struct hash_algorithm *mgf = pss->mgf1_hash != NULL ? pss->mgf1_hash : pss->hash;
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, their_salt(pss->salt_length)) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md(context, their_hash(mgf)) > 0);
    }
}

static bool they_sign(EVP_PKEY *key, uint8_t *signature, size_t k, const struct hash_algorithm *hash,
                      const struct rsa_pss *pss, const uint8_t *digest) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_true(EVP_PKEY_sign_init(context) > 0);
    set_signature(context, hash, pss);
    size_t length = k;
    bool done = EVP_PKEY_sign(context, signature, &length, digest, hash->digest_size) > 0 && length == k;
    EVP_PKEY_CTX_free(context);
    return done;
}

static bool they_verify(EVP_PKEY *key, const uint8_t *signature, size_t k, const struct hash_algorithm *hash,
                        const struct rsa_pss *pss, const uint8_t *digest) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_true(EVP_PKEY_verify_init(context) > 0);
    set_signature(context, hash, pss);
    bool valid = EVP_PKEY_verify(context, signature, k, digest, hash->digest_size) == 1;
    EVP_PKEY_CTX_free(context);
    return valid;
}

// --- the cases ---------------------------------------------------------------------------------------------

enum { CASES = 700 }; // of each scheme, each in both directions

static struct key_pair *random_key(struct test_random *random) {
    // The long key seldom: it takes as long as all the others.
    size_t i = test_random_below(random, 4 * KEYS - 3);
    return &keys[i == 4 * KEYS - 4 ? 4 : i % (KEYS - 1) < 4 ? i % (KEYS - 1) : i % (KEYS - 1) + 1];
}

// A tampered copy must get the same answer from both.
static void tamper(struct test_random *random, uint8_t *bytes, size_t length) {
    bytes[1 + test_random_below(random, length - 1)] ^= (uint8_t)(1 << test_random_below(random, 8));
}

static void pkcs1_encryption(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 210);
    unsigned cases = 0;
    for (int i = 0; i < CASES; i++) {
        struct key_pair *key = random_key(&random);
        size_t k = rsa_size(&key->ours.public);
        uint8_t message[RSA_SIZE_MAX];
        uint8_t ciphertext[RSA_SIZE_MAX];
        uint8_t back[RSA_SIZE_MAX];
        size_t length = test_random_below(&random, k - 10);
        size_t back_length;
        test_random_bytes(&random, message, length);
        assert_true(rsa_pkcs1_encrypt(&key->ours.public, ciphertext, message, length));
        assert_true(they_decrypt(key->theirs, back, &back_length, NULL, ciphertext, k));
        assert_int_equal(back_length, length);
        assert_memory_equal(back, message, length);
        assert_true(they_encrypt(key->theirs, ciphertext, k, NULL, message, length));
        assert_true(rsa_pkcs1_decrypt(&key->ours, back, &back_length, ciphertext, k));
        assert_int_equal(back_length, length);
        assert_memory_equal(back, message, length);
        cases += 2;
    }
    assert_int_equal(cases, 2 * CASES);
    random_set_source(NULL, NULL);
}

static void oaep_encryption(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 211);
    for (int i = 0; i < CASES; i++) {
        struct key_pair *key = random_key(&random);
        size_t k = rsa_size(&key->ours.public);
        uint8_t label[40];
        test_random_bytes(&random, label, sizeof label);
        struct rsa_oaep options = {.label = label, .label_length = test_random_below(&random, sizeof label)};
        do {
            options.hash = random_hash(&random);
        } while (2 * options.hash->digest_size + 2 > k);
        options.mgf1_hash = test_random_below(&random, 3) == 0 ? NULL : random_hash(&random);
        uint8_t message[RSA_SIZE_MAX];
        uint8_t ciphertext[RSA_SIZE_MAX];
        uint8_t back[RSA_SIZE_MAX];
        size_t length = test_random_below(&random, k - 2 * options.hash->digest_size - 1);
        size_t back_length;
        test_random_bytes(&random, message, length);
        assert_true(rsa_oaep_encrypt(&key->ours.public, ciphertext, &options, message, length));
        assert_true(they_decrypt(key->theirs, back, &back_length, &options, ciphertext, k));
        assert_int_equal(back_length, length);
        assert_memory_equal(back, message, length);
        assert_true(they_encrypt(key->theirs, ciphertext, k, &options, message, length));
        assert_true(rsa_oaep_decrypt(&key->ours, back, &back_length, &options, ciphertext, k));
        assert_int_equal(back_length, length);
        assert_memory_equal(back, message, length);
        tamper(&random, ciphertext, k);
        assert_false(they_decrypt(key->theirs, back, &back_length, &options, ciphertext, k));
        assert_false(rsa_oaep_decrypt(&key->ours, back, &back_length, &options, ciphertext, k));
    }
    random_set_source(NULL, NULL);
}

static void pkcs1_signatures(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 212);
    for (int i = 0; i < CASES; i++) {
        struct key_pair *key = random_key(&random);
        size_t k = rsa_size(&key->ours.public);
        const struct hash_algorithm *hash = random_hash(&random);
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        uint8_t ours[RSA_SIZE_MAX];
        uint8_t theirs[RSA_SIZE_MAX];
        test_random_bytes(&random, digest, sizeof digest);
        bool fits = rsa_pkcs1_sign(&key->ours, ours, hash, digest);
        assert_int_equal(they_sign(key->theirs, theirs, k, hash, NULL, digest), fits);
        if (!fits) {
            continue;
        }
        assert_memory_equal(ours, theirs, k); // deterministic: the same bytes
        assert_true(they_verify(key->theirs, ours, k, hash, NULL, digest));
        assert_true(rsa_pkcs1_verify(&key->ours.public, theirs, k, hash, digest));
        tamper(&random, ours, k);
        assert_false(they_verify(key->theirs, ours, k, hash, NULL, digest));
        assert_false(rsa_pkcs1_verify(&key->ours.public, ours, k, hash, digest));
    }
    random_set_source(NULL, NULL);
}

static void pss_signatures(void **state) {
    (void)state;
    struct test_random random;
    use_test_random(&random, 213);
    unsigned signed_by_both = 0;
    for (int i = 0; i < CASES; i++) {
        struct key_pair *key = random_key(&random);
        size_t k = rsa_size(&key->ours.public);
        struct rsa_pss options = {.hash = random_hash(&random)};
        options.mgf1_hash = test_random_below(&random, 3) == 0 ? NULL : random_hash(&random);
        size_t kind = test_random_below(&random, 4);
        options.salt_length = kind == 0   ? RSA_PSS_SALT_DIGEST
                              : kind == 1 ? RSA_PSS_SALT_MAX
                                          : (int)test_random_below(&random, 50);
        struct rsa_pss any = options;
        any.salt_length = RSA_PSS_SALT_ANY;
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        uint8_t ours[RSA_SIZE_MAX];
        uint8_t theirs[RSA_SIZE_MAX];
        test_random_bytes(&random, digest, sizeof digest);
        bool fits = rsa_pss_sign(&key->ours, ours, &options, digest);
        assert_int_equal(they_sign(key->theirs, theirs, k, options.hash, &options, digest), fits);
        if (!fits) {
            continue;
        }
        signed_by_both++;
        assert_true(they_verify(key->theirs, ours, k, options.hash, &options, digest));
        assert_true(they_verify(key->theirs, ours, k, options.hash, &any, digest));
        assert_true(rsa_pss_verify(&key->ours.public, theirs, k, &options, digest));
        assert_true(rsa_pss_verify(&key->ours.public, theirs, k, &any, digest));
        if (options.salt_length >= 0) { // a salt length they did not use
            options.salt_length++;
            assert_false(they_verify(key->theirs, ours, k, options.hash, &options, digest));
            assert_false(rsa_pss_verify(&key->ours.public, theirs, k, &options, digest));
        }
        tamper(&random, theirs, k);
        assert_false(they_verify(key->theirs, theirs, k, any.hash, &any, digest));
        assert_false(rsa_pss_verify(&key->ours.public, theirs, k, &any, digest));
    }
    assert_true(signed_by_both > CASES * 3 / 4);
    random_set_source(NULL, NULL);
}

// The bare operation: the same number for the same number.
static void raw_operation(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 214);
    mpz_t x;
    mpz_init(x);
    for (int i = 0; i < 200; i++) {
        struct key_pair *key = random_key(&random);
        size_t k = rsa_size(&key->ours.public);
        uint8_t in[RSA_SIZE_MAX];
        uint8_t ours[RSA_SIZE_MAX];
        uint8_t theirs[RSA_SIZE_MAX];
        size_t length = k;
        test_random_bytes(&random, in, k);
        in[0] = 0;
        bn_os2ip(x, in, k);
        assert_true(rsa_private_operation(&key->ours, x, x));
        assert_true(bn_i2osp(ours, k, x));
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->theirs, NULL);
        assert_true(EVP_PKEY_decrypt_init(context) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) > 0);
        assert_true(EVP_PKEY_decrypt(context, theirs, &length, in, k) > 0);
        EVP_PKEY_CTX_free(context);
        assert_int_equal(length, k);
        assert_memory_equal(ours, theirs, k);
    }
    mpz_clear(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pkcs1_encryption), cmocka_unit_test(oaep_encryption),
        cmocka_unit_test(pkcs1_signatures), cmocka_unit_test(pss_signatures),
        cmocka_unit_test(raw_operation),
    };
    return cmocka_run_group_tests_name("rsa_openssl", tests, make_keys, free_keys);
}
