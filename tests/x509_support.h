// What the tests of certificates share: keys, certificates made by our builder, and the chain root <- middle <- leaf.
#ifndef TESTS_X509_SUPPORT_H
#define TESTS_X509_SUPPORT_H

#include "tests/rsa_support.h"

#include "protocols/x509_parts.h"

#include <string.h>

// --- keys, made once ---------------------------------------------------------------------------------------------

enum { ROOT, MIDDLE, LEAF, OTHER, KEYS };
static struct rsa_private_key keys[KEYS];
static struct test_random random_state;

static inline int set_up(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        make_rsa_key(&keys[i], 1024, 65537, 5280 + i);
    }
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        rsa_private_key_clear(&keys[i]);
    }
    return 0;
}

static inline int64_t time_of(int year, int month, int day) {
    int64_t seconds;
    assert_true(x509_time_from_date(&seconds, &(struct x509_date){year, month, day, 0, 0, 0}));
    return seconds;
}

// --- chains: certificates built by our builder ---------------------------------------------------------------------

struct made {
    uint8_t der[4096];
    size_t length;
    struct x509_certificate certificate;
};

// A wish that can be granted: a leaf named `name` with the leaf's key.
static inline struct x509_template wish_for(const char *name, unsigned key) {
    static const char *const names[] = {"www.example.org", "192.0.2.1", "2001:db8::1", NULL};
    return (struct x509_template){.common_name = name,
                                  .organization = "Example",
                                  .not_before = time_of(2026, 1, 1),
                                  .not_after = time_of(2036, 1, 1),
                                  .key = &keys[key].public,
                                  .path_length = X509_NO_PATH_LENGTH,
                                  .key_usage = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_ENCIPHERMENT,
                                  .extended_key_usage = EXTENDED_USAGE_SERVER_AUTH,
                                  .alternative_names = names,
                                  .hash = hash_find("sha256")};
}

static inline struct x509_template ca_wish(const char *name, unsigned key, int path_length) {
    struct x509_template wish = wish_for(name, key);
    wish.is_ca = true;
    wish.path_length = path_length;
    wish.key_usage = KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN;
    wish.extended_key_usage = 0;
    wish.alternative_names = NULL;
    return wish;
}

static inline void make(struct made *made, const struct x509_template *wish, const struct made *issuer,
                        unsigned issuer_key) {
    struct parse_error where = {.reason = ""};
    enum certificate_error error =
        x509_build(made->der, sizeof made->der, &made->length, wish,
                   issuer == NULL ? NULL : &issuer->certificate, &keys[issuer_key], &where);
    if (error != CERTIFICATE_OK) {
        fail_msg("%s: %s", certificate_error_name(error), where.reason);
    }
    x509_init(&made->certificate);
    assert_int_equal(x509_parse(&made->certificate, made->der, made->length, &where), CERTIFICATE_OK);
}

// Changes bytes of the signed part in place and signs it anew; parses it again.
static inline void change(struct made *made, size_t offset, const char *hex, unsigned issuer_key) {
    uint8_t bytes[64];
    size_t length = from_hex(bytes, sizeof bytes, hex);
    memcpy(made->der + offset, bytes, length);
    struct x509_certificate *certificate = &made->certificate;
    size_t at = (size_t)(certificate->signature.bytes - made->der);
    assert_true(
        x509_algorithm_sign(&certificate->algorithm, &keys[issuer_key], made->der + at, certificate->tbs));
    assert_int_equal(x509_parse(certificate, made->der, made->length, NULL), CERTIFICATE_OK);
}

// Where these bytes stand in a certificate.
static inline size_t find(const struct made *made, const char *hex) {
    uint8_t bytes[64];
    size_t length = from_hex(bytes, sizeof bytes, hex);
    uint8_t *found = memmem(made->der, made->length, bytes, length);
    assert_non_null(found);
    return (size_t)(found - made->der);
}

// The usual chain: root <- middle <- leaf.
static struct made root, middle, leaf;
static struct x509_request request;
static inline int make_chain(void **state) {
    (void)state;
    use_test_random(&random_state, 6);
    struct x509_template wish = ca_wish("Root", ROOT, X509_NO_PATH_LENGTH);
    make(&root, &wish, NULL, ROOT);
    wish = ca_wish("Middle", MIDDLE, 0);
    make(&middle, &wish, &root, ROOT);
    wish = wish_for("leaf", LEAF);
    make(&leaf, &wish, &middle, MIDDLE);
    request = (struct x509_request){.time = time_of(2026, 11, 20)};
    return 0;
}

static inline int free_chain(void **state) {
    (void)state;
    x509_clear(&root.certificate);
    x509_clear(&middle.certificate);
    x509_clear(&leaf.certificate);
    random_set_source(NULL, NULL);
    return 0;
}

#endif
