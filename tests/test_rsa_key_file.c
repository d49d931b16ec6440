// protocols/rsa_key_file: both ways with libcrypto in all four forms; hostile files; keys whose numbers do not fit.
#include "tests/support.h"

#include "protocols/der.h"
#include "protocols/pem.h"
#include "protocols/rsa_key_file.h"

#include "bignum/random.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static struct test_random test_source;

static const enum rsa_key_form all_forms[] = {RSA_KEY_PKCS8, RSA_KEY_PKCS1, RSA_KEY_SPKI,
                                              RSA_KEY_PKCS1_PUBLIC};

// A repeatable key of this size, made once.
static const struct rsa_private_key *key_of(unsigned bits) {
    static struct rsa_private_key keys[4];
    static const unsigned sizes[4] = {512, 1024, 2048, 3072};
    static bool made[4];
    size_t i = 0;
    while (sizes[i] != bits) {
        i++;
    }
    if (!made[i]) {
        mpz_t e;
        mpz_init_set_ui(e, i == 1 ? 3 : 65537);
        test_random_seed(&test_source, bits);
        random_set_source(test_random_source, &test_source);
        rsa_private_key_init(&keys[i]);
        assert_true(rsa_generate(&keys[i], bits, e, NULL));
        random_set_source(NULL, NULL);
        mpz_clear(e);
        made[i] = true;
    }
    return &keys[i];
}

static void assert_same_key(const struct rsa_private_key *a, const struct rsa_private_key *b,
                            bool is_private) {
    assert_int_equal(mpz_cmp(a->public.n, b->public.n), 0);
    assert_int_equal(mpz_cmp(a->public.e, b->public.e), 0);
    if (is_private) {
        assert_int_equal(mpz_cmp(a->d, b->d), 0);
        assert_int_equal(mpz_cmp(a->p, b->p), 0);
        assert_int_equal(mpz_cmp(a->q, b->q), 0);
        assert_int_equal(mpz_cmp(a->dP, b->dP), 0);
        assert_int_equal(mpz_cmp(a->dQ, b->dQ), 0);
        assert_int_equal(mpz_cmp(a->qInv, b->qInv), 0);
    } else {
        assert_int_equal(mpz_sgn(b->d), 0);
        assert_int_equal(mpz_sgn(b->p), 0);
    }
}

static EVP_PKEY *libcrypto_read(const char *pem, size_t length, enum rsa_key_form form) {
    BIO *in = BIO_new_mem_buf(pem, (int)length);
    EVP_PKEY *key = NULL;
    if (rsa_key_form_is_private(form)) {
        key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    } else if (form == RSA_KEY_SPKI) {
        key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
    } else {
        unsigned char *der;
        long der_length;
        assert_true(PEM_bytes_read_bio(&der, &der_length, NULL, PEM_STRING_RSA_PUBLIC, in, NULL, NULL) == 1);
        const unsigned char *at = der;
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, der_length);
        OPENSSL_free(der);
    }
    BIO_free(in);
    return key;
}

// What libcrypto writes for its key, in PEM.
static size_t libcrypto_write(char *out, size_t size, EVP_PKEY *key, enum rsa_key_form form) {
    BIO *bio = BIO_new(BIO_s_mem());
    int ok = 0;
    switch (form) {
    case RSA_KEY_PKCS8:
        ok = PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
        break;
    case RSA_KEY_PKCS1:
        ok = PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
        break;
    case RSA_KEY_SPKI:
        ok = PEM_write_bio_PUBKEY(bio, key);
        break;
    case RSA_KEY_PKCS1_PUBLIC: {
        unsigned char *der = NULL;
        int der_length = i2d_PublicKey(key, &der);
        ok = der_length > 0 && PEM_write_bio(bio, PEM_STRING_RSA_PUBLIC, "", der, der_length) > 0;
        OPENSSL_free(der);
        break;
    }
    }
    assert_int_equal(ok, 1);
    char *text;
    long length = BIO_get_mem_data(bio, &text);
    assert_true((size_t)length <= size);
    memcpy(out, text, (size_t)length);
    BIO_free(bio);
    return (size_t)length;
}

// Ours to libcrypto, libcrypto's answer equal byte for byte, and read back: four sizes in four forms, PEM and DER.
static void both_ways_with_libcrypto(void **state) {
    (void)state;
    static const unsigned sizes[] = {512, 1024, 2048, 3072};
    for (size_t i = 0; i < 4; i++) {
        const struct rsa_private_key *key = key_of(sizes[i]);
        for (size_t j = 0; j < 4; j++) {
            enum rsa_key_form form = all_forms[j], found = RSA_KEY_PKCS8;
            bool is_private = rsa_key_form_is_private(form);
            char ours[RSA_KEY_FILE_MAX], theirs[RSA_KEY_FILE_MAX];
            size_t ours_length, theirs_length;
            assert_int_equal(rsa_key_write_pem(ours, sizeof ours, &ours_length, key, form), KEY_FILE_OK);
            EVP_PKEY *pkey = libcrypto_read(ours, ours_length, form);
            assert_non_null(pkey);
            assert_int_equal(EVP_PKEY_get_bits(pkey), sizes[i]);
            theirs_length = libcrypto_write(theirs, sizeof theirs, pkey, form);
            EVP_PKEY_free(pkey);
            assert_int_equal(ours_length, theirs_length);
            assert_memory_equal(ours, theirs, ours_length);

            struct rsa_private_key back;
            struct parse_error where;
            rsa_private_key_init(&back);
            assert_int_equal(rsa_key_read(&back, &found, (const uint8_t *)theirs, theirs_length, &where),
                             KEY_FILE_OK);
            assert_int_equal(found, form);
            assert_same_key(key, &back, is_private);

            uint8_t der[RSA_KEY_FILE_MAX];
            size_t der_length;
            assert_int_equal(rsa_key_write_der(der, sizeof der, &der_length, key, form), KEY_FILE_OK);
            assert_int_equal(rsa_key_read(&back, &found, der, der_length, &where), KEY_FILE_OK);
            assert_int_equal(found, form);
            assert_same_key(key, &back, is_private);
            assert_int_equal(rsa_key_read_der(&back, form, der, der_length, &where), KEY_FILE_OK);
            assert_same_key(key, &back, is_private);
            if (!is_private) {
                uint8_t again[RSA_KEY_FILE_MAX];
                size_t again_length;
                assert_int_equal(
                    rsa_public_key_write_der(again, sizeof again, &again_length, &key->public, form),
                    KEY_FILE_OK);
                assert_int_equal(again_length, der_length);
                assert_memory_equal(again, der, der_length);
                assert_int_equal(
                    rsa_public_key_write_pem(theirs, sizeof theirs, &theirs_length, &key->public, form),
                    KEY_FILE_OK);
                assert_int_equal(theirs_length, ours_length);
                assert_memory_equal(theirs, ours, ours_length);
            }
            // A buffer one byte too small.
            assert_int_equal(rsa_key_write_der(der, der_length - 1, &der_length, key, form),
                             KEY_FILE_TOO_LARGE);
            assert_int_equal(rsa_key_write_pem(ours, ours_length - 1, &ours_length, key, form),
                             KEY_FILE_TOO_LARGE);
            rsa_private_key_clear(&back);
        }
    }
}

// Keys made by libcrypto, of sizes that are no multiple of 8 too.
static void keys_made_by_libcrypto(void **state) {
    (void)state;
    static const size_t sizes[] = {512, 520, 1000, 1024, 1026, 2048};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        EVP_PKEY *pkey = EVP_RSA_gen(sizes[i]);
        assert_non_null(pkey);
        for (size_t j = 0; j < 4; j++) {
            char text[RSA_KEY_FILE_MAX], ours[RSA_KEY_FILE_MAX];
            size_t ours_length, length = libcrypto_write(text, sizeof text, pkey, all_forms[j]);
            struct rsa_private_key key;
            struct parse_error where = {0};
            enum rsa_key_form form;
            rsa_private_key_init(&key);
            enum key_file_error error = rsa_key_read(&key, &form, (const uint8_t *)text, length, &where);
            if (error != KEY_FILE_OK) {
                print_error("%zu: %s at %zu\n%.*s", sizes[i], where.reason, where.offset, (int)length, text);
            }
            assert_int_equal(error, KEY_FILE_OK);
            assert_int_equal(mpz_sizeinbase(key.public.n, 2), sizes[i]);
            assert_int_equal(rsa_key_write_pem(ours, sizeof ours, &ours_length, &key, form), KEY_FILE_OK);
            assert_int_equal(ours_length, length);
            assert_memory_equal(ours, text, length);
            rsa_private_key_clear(&key);
        }
        EVP_PKEY_free(pkey);
    }
}

static enum key_file_error read_file(const char *text, size_t length, struct parse_error *where) {
    struct rsa_private_key key;
    enum rsa_key_form form;
    rsa_private_key_init(&key);
    // Exactly as much memory as there is file, for the sanitizer.
    uint8_t *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    enum key_file_error error = rsa_key_read(&key, &form, copy, length, where);
    if (error != KEY_FILE_OK) {
        assert_int_equal(mpz_sgn(key.public.n), 0);
        assert_int_equal(mpz_sgn(key.d), 0);
    }
    free(copy);
    rsa_private_key_clear(&key);
    return error;
}

static void assert_refused_as(const char *text, size_t length, enum key_file_error error,
                              const char *reason) {
    struct parse_error where = {.reason = ""};
    assert_int_equal(read_file(text, length, &where), error);
    if (strstr(where.reason, reason) == NULL) {
        print_error("expected \"%s\" in \"%s\"\n", reason, where.reason);
    }
    assert_non_null(strstr(where.reason, reason));
    assert_true(where.offset <= length);
}

static void assert_text_refused_as(const char *text, enum key_file_error error, const char *reason) {
    assert_refused_as(text, strlen(text), error, reason);
}

static void what_is_no_rsa_key_is_named(void **state) {
    (void)state;
    char text[RSA_KEY_FILE_MAX];
    assert_text_refused_as("", KEY_FILE_NOT_A_KEY, "empty");
    assert_text_refused_as("hello\n", KEY_FILE_NOT_A_KEY, "neither PEM");
    assert_text_refused_as("-----BEGIN PUBLIC KEY-----\nMEEE\n", KEY_FILE_PEM, "not closed");

    static const struct {
        const char *algorithm, *name;
    } others[] = {{"ED25519", "Ed25519"}, {"ED448", "Ed448"}, {"X25519", "X25519"}, {"X448", "X448"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, others[i].algorithm);
        assert_non_null(pkey);
        assert_refused_as(text, libcrypto_write(text, sizeof text, pkey, RSA_KEY_PKCS8), KEY_FILE_NOT_RSA,
                          others[i].name);
        assert_refused_as(text, libcrypto_write(text, sizeof text, pkey, RSA_KEY_SPKI), KEY_FILE_NOT_RSA,
                          others[i].name);
        EVP_PKEY_free(pkey);
    }
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    assert_refused_as(text, libcrypto_write(text, sizeof text, ec, RSA_KEY_PKCS8), KEY_FILE_NOT_RSA, "(EC)");
    assert_refused_as(text, libcrypto_write(text, sizeof text, ec, RSA_KEY_PKCS1), KEY_FILE_NOT_RSA, "(EC)");
    EVP_PKEY_free(ec);

    // RSA keys, encrypted, in the new form and the old one.
    EVP_PKEY *pkey = EVP_RSA_gen(512);
    for (int traditional = 0; traditional < 2; traditional++) {
        BIO *bio = BIO_new(BIO_s_mem());
        unsigned char password[] = "secret";
        if (traditional) {
            assert_int_equal(
                PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_128_cbc(), password, 6, NULL, NULL),
                1);
        } else {
            assert_int_equal(
                PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_128_cbc(), (char *)password, 6, NULL, NULL),
                1);
        }
        char *pem;
        long length = BIO_get_mem_data(bio, &pem);
        assert_refused_as(pem, (size_t)length, KEY_FILE_ENCRYPTED, "encrypted");
        if (!traditional) {
            struct pem_block block;
            uint8_t der[RSA_KEY_FILE_MAX];
            size_t der_length;
            assert_int_equal(pem_find(&block, (uint8_t *)pem, (size_t)length, 0, NULL), PEM_OK);
            assert_int_equal(pem_decode(der, &der_length, &block, (uint8_t *)pem, NULL), PEM_OK);
            assert_refused_as((char *)der, der_length, KEY_FILE_ENCRYPTED, "encrypted");
        }
        BIO_free(bio);
    }

    // A certificate, in PEM and DER; and a key after it in the same file, which counts.
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 60);
    X509_set_pubkey(certificate, pkey);
    assert_true(X509_sign(certificate, pkey, EVP_sha1()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    char *pem;
    long length = BIO_get_mem_data(bio, &pem);
    assert_refused_as(pem, (size_t)length, KEY_FILE_CERTIFICATE, "certificate");
    unsigned char *der = NULL;
    int der_length = i2d_X509(certificate, &der);
    assert_refused_as((char *)der, (size_t)der_length, KEY_FILE_CERTIFICATE, "certificate");
    OPENSSL_free(der);
    memcpy(text, pem, (size_t)length);
    size_t total =
        (size_t)length + libcrypto_write(text + length, sizeof text - (size_t)length, pkey, RSA_KEY_PKCS8);
    assert_int_equal(read_file(text, total, NULL), KEY_FILE_OK);
    BIO_free(bio);
    X509_free(certificate);
    EVP_PKEY_free(pkey);

    assert_text_refused_as("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
                           KEY_FILE_OTHER_FORMAT, "OpenSSH");
    assert_text_refused_as("-----BEGIN X-----\nAAAA\n-----END X-----\n", KEY_FILE_NOT_A_KEY, "\"X\"");
    assert_text_refused_as("-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n",
                           KEY_FILE_NOT_RSA, "DSA");
    // RSASSA-PSS keys carry their own identifier: 1.2.840.113549.1.1.10.
    assert_refused_as("\x30\x0f\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x03\x00", 17,
                      KEY_FILE_NOT_RSA, "PSS");
    assert_refused_as("\x30\x08\x30\x04\x06\x02\x2a\x03\x03\x00", 10, KEY_FILE_NOT_RSA, "1.2.3");
    // The right algorithm with parameters other than NULL.
    assert_refused_as("\x30\x11\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x30\x00\x03\x00", 19,
                      KEY_FILE_DER, "parameters");
}

// PKCS#1 with any version and numbers.
static size_t private_der(uint8_t *out, size_t size, const struct rsa_private_key *key,
                          unsigned long version) {
    mpz_srcptr numbers[] = {key->qInv, key->dQ, key->dP,       key->q,
                            key->p,    key->d,  key->public.e, key->public.n};
    struct der_writer writer;
    mpz_t integer;
    size_t length;
    mpz_init_set_ui(integer, version);
    der_writer_init(&writer, out, size);
    for (size_t i = 0; i < 8; i++) {
        der_put_integer(&writer, numbers[i]);
    }
    der_put_integer(&writer, integer);
    der_put_header(&writer, DER_SEQUENCE, size);
    assert_true(der_finish(&writer, &length));
    mpz_clear(integer);
    return length;
}

static struct rsa_private_key *copy_of(const struct rsa_private_key *key) {
    static struct rsa_private_key copy;
    static bool made;
    if (!made) {
        rsa_private_key_init(&copy);
        made = true;
    }
    mpz_set(copy.public.n, key->public.n);
    mpz_set(copy.public.e, key->public.e);
    mpz_set(copy.d, key->d);
    mpz_set(copy.p, key->p);
    mpz_set(copy.q, key->q);
    mpz_set(copy.dP, key->dP);
    mpz_set(copy.dQ, key->dQ);
    mpz_set(copy.qInv, key->qInv);
    return &copy;
}

static void numbers_that_do_not_belong_together_are_named(void **state) {
    (void)state;
    const struct rsa_private_key *good = key_of(512);
    uint8_t der[RSA_KEY_FILE_MAX];
    assert_refused_as((char *)der, private_der(der, sizeof der, good, 1), KEY_FILE_MULTI_PRIME, "two primes");
    assert_refused_as((char *)der, private_der(der, sizeof der, good, 2), KEY_FILE_VERSION, "version 2");
    assert_int_equal(read_file((char *)der, private_der(der, sizeof der, good, 0), NULL), KEY_FILE_OK);

#define REFUSED_AFTER(CHANGE, ERROR, REASON)                                                                 \
    do {                                                                                                     \
        struct rsa_private_key *key = copy_of(good);                                                         \
        CHANGE;                                                                                              \
        assert_refused_as((char *)der, private_der(der, sizeof der, key, 0), ERROR, REASON);                 \
    } while (0)
    REFUSED_AFTER(mpz_add_ui(key->public.n, key->public.n, 2), KEY_FILE_INCONSISTENT, "n is not p * q");
    REFUSED_AFTER(mpz_add_ui(key->public.n, key->public.n, 1), KEY_FILE_INCONSISTENT, "n is even");
    REFUSED_AFTER(mpz_set_ui(key->public.n, 3233), KEY_FILE_SIZE, "12 bits");
    REFUSED_AFTER(mpz_ui_pow_ui(key->public.n, 2, 8192), KEY_FILE_SIZE, "8193 bits");
    REFUSED_AFTER(mpz_add_ui(key->public.e, key->public.e, 1), KEY_FILE_INCONSISTENT, "e is not an odd");
    REFUSED_AFTER(mpz_set_ui(key->public.e, 1), KEY_FILE_INCONSISTENT, "e is not an odd");
    REFUSED_AFTER(mpz_add_ui(key->public.e, key->public.e, 2), KEY_FILE_INCONSISTENT, "e * d is not 1");
    REFUSED_AFTER(mpz_add_ui(key->d, key->d, 2), KEY_FILE_INCONSISTENT, "e * d is not 1");
    REFUSED_AFTER(mpz_addmul_ui(key->d, key->public.n, 1), KEY_FILE_INCONSISTENT, "d is not below n");
    REFUSED_AFTER(mpz_add_ui(key->p, key->p, 2), KEY_FILE_INCONSISTENT, "n is not p * q");
    REFUSED_AFTER(mpz_set(key->q, key->p), KEY_FILE_INCONSISTENT, "two different");
    REFUSED_AFTER(mpz_set_ui(key->p, 1), KEY_FILE_INCONSISTENT, "two different");
    REFUSED_AFTER(mpz_set_ui(key->q, 0), KEY_FILE_INCONSISTENT, "two different");
    REFUSED_AFTER(mpz_add_ui(key->dP, key->dP, 1), KEY_FILE_INCONSISTENT, "dP");
    REFUSED_AFTER(mpz_add_ui(key->dQ, key->dQ, 1), KEY_FILE_INCONSISTENT, "dQ");
    REFUSED_AFTER(mpz_add_ui(key->qInv, key->qInv, 1), KEY_FILE_INCONSISTENT, "qInv");
    REFUSED_AFTER(mpz_add(key->qInv, key->qInv, key->p), KEY_FILE_INCONSISTENT, "qInv");
#undef REFUSED_AFTER
    // All equations hold, but d is small, chosen so that decryption is fast.
    struct rsa_private_key *key = copy_of(good);
    mpz_t modulus;
    mpz_init(modulus);
    mpz_set_ui(key->d, 65537);
    mpz_sub_ui(modulus, key->p, 1);
    mpz_mod(key->dP, key->d, modulus);
    mpz_sub_ui(key->dQ, key->q, 1);
    mpz_lcm(modulus, modulus, key->dQ);
    mpz_mod(key->dQ, key->d, key->dQ);
    assert_true(mpz_invert(key->public.e, key->d, modulus) != 0);
    mpz_clear(modulus);
    assert_refused_as((char *)der, private_der(der, sizeof der, key, 0), KEY_FILE_INCONSISTENT,
                      "d is too small");
    // All equations hold, but p is a product of two primes: e*d = 1 mod p-1 holds by construction of d.
    key = copy_of(good);
    mpz_t p1, p2;
    mpz_inits(p1, p2, NULL);
    test_random_seed(&test_source, 3);
    random_set_source(test_random_source, &test_source);
    do {
        assert_true(bn_generate_prime(p1, 128, true, NULL, NULL, NULL));
        assert_true(bn_generate_prime(p2, 128, true, NULL, NULL, NULL));
        mpz_mul(key->p, p1, p2);
    } while (!rsa_complete_key(key));
    random_set_source(NULL, NULL);
    assert_refused_as((char *)der, private_der(der, sizeof der, key, 0), KEY_FILE_INCONSISTENT, "not prime");
    mpz_clears(p1, p2, NULL);
}

// A file with p < q is a key too: it is turned round.
static void primes_in_the_other_order(void **state) {
    (void)state;
    const struct rsa_private_key *good = key_of(512);
    struct rsa_private_key *swapped = copy_of(good), back;
    mpz_swap(swapped->p, swapped->q);
    mpz_swap(swapped->dP, swapped->dQ);
    assert_true(mpz_invert(swapped->qInv, swapped->q, swapped->p) != 0);
    uint8_t der[RSA_KEY_FILE_MAX];
    size_t length = private_der(der, sizeof der, swapped, 0);
    rsa_private_key_init(&back);
    assert_int_equal(rsa_key_read_der(&back, RSA_KEY_PKCS1, der, length, NULL), KEY_FILE_OK);
    assert_same_key(good, &back, true);
    rsa_private_key_clear(&back);
}

// PKCS#8 may carry attributes (RFC 5958): skipped, but well-formed. Nothing else may follow.
static void attributes_and_leftovers(void **state) {
    (void)state;
    uint8_t der[RSA_KEY_FILE_MAX];
    size_t length;
    assert_int_equal(rsa_key_write_der(der, sizeof der, &length, key_of(512), RSA_KEY_PKCS8), KEY_FILE_OK);
    assert_int_equal(der[1], 0x82);
    static const struct {
        const char *tail;
        size_t tail_length;
        enum key_file_error error;
    } cases[] = {{"\xa0\x02\x30\x00", 4, KEY_FILE_OK},
                 {"\xa0\x03\x30\x00", 4, KEY_FILE_DER},
                 {"\x30\x00", 2, KEY_FILE_DER},
                 {"\xa1\x00", 2, KEY_FILE_DER}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t longer[RSA_KEY_FILE_MAX];
        memcpy(longer, der, length);
        memcpy(longer + length, cases[i].tail, cases[i].tail_length);
        size_t contents = length - 4 + cases[i].tail_length;
        longer[2] = (uint8_t)(contents >> 8);
        longer[3] = (uint8_t)contents;
        assert_int_equal(read_file((char *)longer, length + cases[i].tail_length, NULL), cases[i].error);
    }
    der[length] = 0;
    assert_int_equal(read_file((char *)der, length + 1, NULL), KEY_FILE_DER);

    // Something after the numbers, inside their SEQUENCE; and after the SEQUENCE, inside what wraps it.
    const struct rsa_public_key *public = &key_of(512)->public;
    for (int inside = 0; inside < 2; inside++) {
        struct der_writer writer;
        const uint8_t no_unused_bits = 0;
        size_t size = sizeof der;
        der_writer_init(&writer, der, size);
        der_put_element(&writer, DER_NULL, NULL, 0);
        size_t mark = inside ? size : der_mark(&writer);
        der_put_integer(&writer, public->e);
        der_put_integer(&writer, public->n);
        der_put_header(&writer, DER_SEQUENCE, mark);
        der_put_bytes(&writer, &no_unused_bits, 1);
        der_put_header(&writer, DER_BIT_STRING, size);
        der_put_bytes(&writer,
                      (const uint8_t *)"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15);
        der_put_header(&writer, DER_SEQUENCE, size);
        assert_true(der_finish(&writer, &length));
        assert_refused_as((char *)der, length, KEY_FILE_DER, "after the last number");
    }
}

// Every truncation of every form is refused, in DER and in PEM.
static void every_truncation(void **state) {
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char file[RSA_KEY_FILE_MAX];
        size_t length;
        assert_int_equal(rsa_key_write_der((uint8_t *)file, sizeof file, &length, key_of(512), all_forms[i]),
                         KEY_FILE_OK);
        for (size_t cut = 0; cut < length; cut++) {
            struct parse_error where;
            assert_true(read_file(file, cut, &where) != KEY_FILE_OK);
            assert_true(where.offset <= cut);
        }
        assert_int_equal(rsa_key_write_pem(file, sizeof file, &length, key_of(512), all_forms[i]),
                         KEY_FILE_OK);
        for (size_t cut = 0; cut + 1 < length; cut++) { // the last line break may be missing
            struct parse_error where;
            assert_true(read_file(file, cut, &where) != KEY_FILE_OK);
            assert_true(where.offset <= cut);
        }
    }
}

// Every change of one byte is refused or yields a key that passes the checks. A private key has no slack at all: every
// byte is pinned by DER or by an equation.
static void every_changed_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uint8_t der[RSA_KEY_FILE_MAX];
        size_t length, taken = 0;
        assert_int_equal(rsa_key_write_der(der, sizeof der, &length, key_of(512), all_forms[i]), KEY_FILE_OK);
        for (size_t at = 0; at < length; at++) {
            uint8_t original = der[at];
            for (int change = 1; change < 256; change++) {
                der[at] = (uint8_t)(original ^ change);
                struct rsa_private_key key;
                struct parse_error where;
                rsa_private_key_init(&key);
                if (rsa_key_read_der(&key, all_forms[i], der, length, &where) == KEY_FILE_OK) {
                    taken++;
                    assert_true(rsa_key_form_is_private(all_forms[i]) ? rsa_check_private_key(&key)
                                                                      : rsa_check_public_key(&key.public));
                } else {
                    assert_true(where.offset <= length && where.reason[0] != '\0');
                }
                rsa_private_key_clear(&key);
            }
            der[at] = original;
        }
        if (rsa_key_form_is_private(all_forms[i])) {
            assert_int_equal(taken, 0);
        } else {
            assert_true(taken > 0); // another odd n is another public key
        }
    }
}

static void garbage(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 8017);
    for (size_t i = 0; i < 20000; i++) {
        uint8_t bytes[200];
        size_t length = test_random_below(&random, sizeof bytes);
        test_random_bytes(&random, bytes, length);
        if (length > 2 && i % 2 == 0) { // often something that looks like the beginning of a key
            bytes[0] = 0x30;
            bytes[1] = (uint8_t)(length < 130 ? length - 2 : 0x81);
            bytes[2] = (uint8_t)(length < 130 ? 2 + 28 * (i % 4 / 2) * 2 : length - 3);
        }
        struct parse_error where;
        assert_true(read_file((char *)bytes, length, &where) != KEY_FILE_OK);
    }
}

// The largest key fits the promised buffer; one without factors has no private file.
static void sizes_at_the_edge(void **state) {
    (void)state;
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    mpz_ptr numbers[] = {key.public.n, key.public.e, key.d, key.p, key.q, key.dP, key.dQ, key.qInv};
    for (size_t i = 0; i < 8; i++) {
        mpz_ui_pow_ui(numbers[i], 2, i < 3 ? RSA_BITS_MAX : RSA_BITS_MAX / 2);
        mpz_sub_ui(numbers[i], numbers[i], 1);
    }
    char pem[RSA_KEY_FILE_MAX];
    size_t length;
    assert_int_equal(rsa_key_write_pem(pem, sizeof pem, &length, &key, RSA_KEY_PKCS8), KEY_FILE_OK);
    mpz_set_ui(key.p, 0);
    assert_int_equal(rsa_key_write_pem(pem, sizeof pem, &length, &key, RSA_KEY_PKCS8), KEY_FILE_NO_FACTORS);
    assert_int_equal(rsa_key_write_pem(pem, sizeof pem, &length, &key, RSA_KEY_SPKI), KEY_FILE_OK);
    rsa_private_key_clear(&key);

    // A block beyond any key.
    size_t size = 60000;
    char *text = malloc(size);
    assert_non_null(text);
    uint8_t *bytes = calloc(40000, 1);
    assert_non_null(bytes);
    assert_true(pem_encode(text, size, &length, "PUBLIC KEY", bytes, 40000));
    assert_refused_as(text, length, KEY_FILE_TOO_LARGE, "larger");
    free(bytes);
    free(text);
}

static void every_error_has_a_text(void **state) {
    (void)state;
    for (enum key_file_error error = KEY_FILE_OK; error <= KEY_FILE_TOO_LARGE; error++) {
        assert_string_not_equal(key_file_error_text(error), "unknown key file error");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_with_libcrypto),
        cmocka_unit_test(keys_made_by_libcrypto),
        cmocka_unit_test(what_is_no_rsa_key_is_named),
        cmocka_unit_test(numbers_that_do_not_belong_together_are_named),
        cmocka_unit_test(primes_in_the_other_order),
        cmocka_unit_test(attributes_and_leftovers),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(every_changed_byte),
        cmocka_unit_test(garbage),
        cmocka_unit_test(sizes_at_the_edge),
        cmocka_unit_test(every_error_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
