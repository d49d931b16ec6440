// Building certificates, files of them, and hostile ones: cut at every byte, changed in every byte, scrambled.
#include "tests/x509_support.h"

#include "protocols/pem.h"
#include "protocols/rsa_key_file.h"

#include <stdio.h>
#include <stdlib.h>

// --- building ----------------------------------------------------------------------------------------------------

static void what_the_builder_writes(void **state) {
    (void)state;
    uint8_t id[20], der[512];
    size_t length;
    assert_int_equal(
        rsa_public_key_write_der(der, sizeof der, &length, &keys[LEAF].public, RSA_KEY_PKCS1_PUBLIC),
        KEY_FILE_OK);
    hash_digest(hash_find("sha1"), id, der, length);
    const struct x509_certificate *c = &leaf.certificate;
    char text[X509_NAME_TEXT_SIZE];
    assert_int_equal(c->subject_key_id.length, 20);
    assert_memory_equal(c->subject_key_id.bytes, id, 20);
    assert_true(x509_span_equal(c->authority_key_id, middle.certificate.subject_key_id));
    assert_true(x509_span_equal(root.certificate.authority_key_id, root.certificate.subject_key_id));
    assert_true(x509_span_equal(c->issuer, middle.certificate.subject));
    assert_true(x509_name_text(text, sizeof text, c->subject));
    assert_string_equal(text, "O=Example, CN=leaf");
    assert_true(x509_common_name(text, sizeof text, c));
    assert_string_equal(text, "leaf");
    assert_int_equal(c->serial.length, X509_SERIAL_MAX);
    assert_int_equal(c->serial.bytes[0] >> 6, 1);
    assert_false(x509_span_equal(c->serial, middle.certificate.serial));
    assert_false(c->is_ca);
    assert_int_equal(c->key_usage, KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_ENCIPHERMENT);
    assert_int_equal(c->extended_key_usage, EXTENDED_USAGE_SERVER_AUTH);
    assert_bytes_equal(
        c->alternative_names.bytes, c->alternative_names.length,
        "82 0f 7777772e6578616d706c652e6f7267 87 04 c0000201 87 10 20010db8000000000000000000000001");
    assert_true(middle.certificate.is_ca && root.certificate.is_ca);
    assert_int_equal(middle.certificate.path_length, 0);
    assert_int_equal(root.certificate.path_length, X509_NO_PATH_LENGTH);
    // The extensions that restrict are critical, the others not.
    struct x509_extension extension;
    size_t position = 0, critical = 0, count = 0;
    while (x509_next_extension(c, &position, &extension)) {
        critical |= (size_t)extension.critical << count++;
    }
    assert_int_equal(count, 6);
    assert_int_equal(critical, 3); // basicConstraints and keyUsage, the first two
}

// All hashes and both paddings, and what is too short for a key of 512 bits.
static void every_signature(void **state) {
    (void)state;
    static const char *const hashes[] = {"sha1", "sha224", "sha256", "sha384", "sha512"};
    struct rsa_private_key small;
    unsigned built = 0;
    make_rsa_key(&small, 512, 65537, 99);
    use_test_random(&random_state, 7);
    for (unsigned i = 0; i < 20; i++) {
        const struct rsa_private_key *key = i < 10 ? &keys[ROOT] : &small;
        struct x509_template wish = ca_wish("Root", ROOT, 2);
        wish.key = &key->public;
        wish.hash = hash_find(hashes[i / 2 % 5]);
        wish.pss = i % 2 == 1;

        uint8_t der[4096];
        size_t length;
        enum certificate_error error = x509_build(der, sizeof der, &length, &wish, NULL, key, NULL);
        // PKCS#1 needs 19 bytes (SHA-1: 15) and 11 besides the digest; PSS a salt of its length, and 2.
        size_t digest = wish.hash->digest_size, prefix = digest == 20 ? 15 : 19;
        bool fits = (wish.pss ? 2 * digest + 2 : digest + prefix + 11) <= rsa_size(&key->public);
        assert_int_equal(error, fits ? CERTIFICATE_OK : CERTIFICATE_ISSUER_KEY);
        assert_int_equal(length > 0, fits);
        struct x509_certificate certificate;
        x509_init(&certificate);
        if (fits) {
            assert_int_equal(x509_parse(&certificate, der, length, NULL), CERTIFICATE_OK);
            assert_int_equal(certificate.algorithm.pss, wish.pss);
            assert_ptr_equal(certificate.algorithm.hash, wish.hash);
            assert_ptr_equal(certificate.algorithm.mgf1_hash, wish.pss ? wish.hash : NULL);
            assert_int_equal(certificate.algorithm.salt_length, wish.pss ? digest : 0);
            assert_true(x509_signed_by(&certificate, &key->public));
            built++;
        }
        x509_clear(&certificate);
    }
    assert_int_equal(built, 9 + 5);
    rsa_private_key_clear(&small);
}

static void assert_not_built(const struct x509_template *wish, const struct x509_certificate *issuer,
                             unsigned key, enum certificate_error expected, const char *why) {
    uint8_t der[4096];
    size_t length = 77;
    struct parse_error where = {.reason = ""};
    enum certificate_error error = x509_build(der, sizeof der, &length, wish, issuer, &keys[key], &where);
    if (error != expected || strstr(where.reason, why) == NULL || length != 0) {
        fail_msg("%s (%s) in place of %s", certificate_error_name(error), where.reason, why);
    }
}

// A leaf's or a CA's wish with one member changed.
#define BAD_WISH(maker, member, value, why)                                                                  \
    do {                                                                                                     \
        struct x509_template wish = maker;                                                                   \
        wish.member = value;                                                                                 \
        assert_not_built(&wish, &middle.certificate, MIDDLE, CERTIFICATE_TEMPLATE, why);                     \
    } while (false)
#define LEAF_WISH wish_for("x", LEAF)
#define CA_WISH   ca_wish("x", LEAF, X509_NO_PATH_LENGTH)

static void wishes_that_are_not_granted(void **state) {
    (void)state;
    char long_name[66];
    memset(long_name, 'x', 65);
    long_name[65] = '\0';
    BAD_WISH(LEAF_WISH, common_name, NULL, "common name");
    BAD_WISH(LEAF_WISH, common_name, "", "common name");
    BAD_WISH(LEAF_WISH, common_name, long_name, "common name");
    BAD_WISH(LEAF_WISH, common_name, "\xc3", "common name");
    BAD_WISH(LEAF_WISH, organization, "", "organization");
    BAD_WISH(LEAF_WISH, organization, "\xff", "organization");
    BAD_WISH(LEAF_WISH, not_after, time_of(2025, 1, 1), "validity");
    BAD_WISH(LEAF_WISH, not_after, INT64_MAX, "validity");
    BAD_WISH(LEAF_WISH, not_before, INT64_MIN, "validity");
    BAD_WISH(LEAF_WISH, path_length, 0, "path length");
    BAD_WISH(CA_WISH, path_length, -2, "path length");
    BAD_WISH(CA_WISH, path_length, 65536, "path length");
    BAD_WISH(LEAF_WISH, key_usage, KEY_USAGE_KEY_CERT_SIGN, "keyCertSign");
    BAD_WISH(CA_WISH, key_usage, KEY_USAGE_CRL_SIGN, "keyCertSign");
    BAD_WISH(LEAF_WISH, key_usage, 1 << KEY_USAGE_BITS, "no name");
    BAD_WISH(LEAF_WISH, extended_key_usage, EXTENDED_USAGE_OTHER, "no name");
    BAD_WISH(LEAF_WISH, extended_key_usage, 1 << EXTENDED_USAGE_BITS, "no name");
    BAD_WISH(LEAF_WISH, alternative_names, ((const char *const[]){"ok", "not a name", NULL}),
             "alternative name");
    BAD_WISH(LEAF_WISH, alternative_names, ((const char *const[]){"", NULL}), "alternative name");
    BAD_WISH(LEAF_WISH, hash, hash_find("md5"), "hash");
    BAD_WISH(LEAF_WISH, hash, NULL, "hash");
    struct rsa_public_key empty;
    rsa_public_key_init(&empty);
    BAD_WISH(LEAF_WISH, key, &empty, "sound RSA key");
    rsa_public_key_clear(&empty);

    struct x509_template wish = LEAF_WISH;
    assert_not_built(&wish, &leaf.certificate, LEAF, CERTIFICATE_TEMPLATE, "may not sign");
    assert_not_built(&wish, &middle.certificate, OTHER, CERTIFICATE_ISSUER_KEY, "not the issuer's");
    assert_not_built(&wish, NULL, OTHER, CERTIFICATE_ISSUER_KEY, "not the issuer's");
    middle.certificate.key_usage = KEY_USAGE_CRL_SIGN;
    assert_not_built(&wish, &middle.certificate, MIDDLE, CERTIFICATE_TEMPLATE, "may not sign");
    random_set_source(failing_source, NULL);
    assert_not_built(&wish, &root.certificate, ROOT, CERTIFICATE_RANDOM, "random");
    random_set_source(test_random_source, &random_state);

    // An issuer without a key identifier: ours is what its own would be. A validity of one second.
    struct made made;
    struct x509_span id = root.certificate.subject_key_id;
    root.certificate.subject_key_id = (struct x509_span){NULL, 0};
    wish.not_after = wish.not_before;
    make(&made, &wish, &root, ROOT);
    assert_true(x509_span_equal(made.certificate.authority_key_id, id));
    assert_int_equal(made.certificate.not_after, made.certificate.not_before);
    x509_clear(&made.certificate);

    struct x509_template ca = ca_wish("far", LEAF, 65535);
    make(&made, &ca, &root, ROOT);
    assert_int_equal(made.certificate.path_length, 65535);
    x509_clear(&made.certificate);
    // At the limits: 64 characters of three bytes each; no organization; the years 1 and 9999; every named usage.
    char wide[64 * 3 + 1] = "";
    for (unsigned i = 0; i < 64; i++) {
        memcpy(wide + 3 * i, "\xe2\x82\xac", 4);
    }
    wish.common_name = wide;
    wish.organization = NULL;
    wish.not_before = time_of(1, 1, 1);
    wish.not_after = time_of(9999, 12, 31);
    wish.key_usage = ((1 << KEY_USAGE_BITS) - 1) & ~KEY_USAGE_KEY_CERT_SIGN;
    wish.extended_key_usage = EXTENDED_USAGE_OTHER - 1;
    make(&made, &wish, &root, ROOT);
    assert_int_equal(made.certificate.not_before, wish.not_before);
    assert_int_equal(made.certificate.not_after, wish.not_after);
    assert_int_equal(made.certificate.key_usage, wish.key_usage);
    assert_int_equal(made.certificate.extended_key_usage, wish.extended_key_usage);
    x509_clear(&made.certificate);
}

// Buffers of every size below the one needed: refused, nothing written beyond.
static void buffers_that_are_too_small(void **state) {
    (void)state;
    struct x509_template wish = wish_for("leaf", LEAF);
    uint8_t der[4096];
    char pem[8192];
    size_t length, pem_length;
    assert_int_equal(x509_build(der, leaf.length, &length, &wish, &middle.certificate, &keys[MIDDLE], NULL),
                     CERTIFICATE_OK);
    assert_int_equal(length, leaf.length);
    for (size_t size = 0; size < leaf.length; size += 37) {
        uint8_t *exact = malloc(size + 1);
        assert_non_null(exact);
        exact[size] = 0xa5;
        assert_int_equal(x509_build(exact, size, &length, &wish, &middle.certificate, &keys[MIDDLE], NULL),
                         CERTIFICATE_TEMPLATE);
        assert_int_equal(length, 0);
        assert_int_equal(exact[size], 0xa5);
        free(exact);
    }
    assert_int_equal(
        x509_build(der, leaf.length - 1, &length, &wish, &middle.certificate, &keys[MIDDLE], NULL),
        CERTIFICATE_TEMPLATE);
    assert_int_equal(x509_write_pem(pem, sizeof pem, &pem_length, leaf.der, leaf.length), CERTIFICATE_OK);
    assert_int_equal(x509_write_pem(pem, pem_length - 1, &length, leaf.der, leaf.length),
                     CERTIFICATE_TOO_LARGE);
}

// --- files -------------------------------------------------------------------------------------------------------

static enum certificate_error read_bundle(const char *text, size_t length, size_t count) {
    struct x509_bundle bundle;
    struct parse_error where = {.reason = ""};
    enum certificate_error error = x509_bundle_read(&bundle, (const uint8_t *)text, length, &where);
    assert_int_equal(bundle.count, error == CERTIFICATE_OK ? count : 0);
    assert_true(error == CERTIFICATE_OK || where.reason[0] != '\0');
    x509_bundle_clear(&bundle);
    assert_null(bundle.certificates);
    return error;
}

// A text in the memory of the test, which grows.
struct text {
    char characters[300000];
};
static void append(struct text *text, const char *more) {
    size_t used = strlen(text->characters);
    assert_true(used + strlen(more) < sizeof text->characters);
    (void)snprintf(text->characters + used, sizeof text->characters - used, "%s", more);
}
static enum certificate_error read_text(const struct text *text, size_t count) {
    return read_bundle(text->characters, strlen(text->characters), count);
}

static void files_of_certificates(void **state) {
    (void)state;
    static struct text text;
    char one[4096], two[4096];
    size_t one_length, two_length;
    assert_int_equal(x509_write_pem(one, sizeof one, &one_length, leaf.der, leaf.length), CERTIFICATE_OK);
    assert_int_equal(x509_write_pem(two, sizeof two, &two_length, middle.der, middle.length), CERTIFICATE_OK);
    one[one_length] = '\0';
    two[two_length] = '\0';
    assert_int_equal(read_bundle(one, one_length, 1), CERTIFICATE_OK);
    assert_int_equal(read_bundle((const char *)leaf.der, leaf.length, 1), CERTIFICATE_OK); // DER
    assert_int_equal(read_bundle((const char *)leaf.der, leaf.length - 1, 1), CERTIFICATE_DER);
    assert_int_equal(read_bundle("", 0, 0), CERTIFICATE_NOT_ONE);
    assert_int_equal(read_bundle("no certificate\n", 15, 0), CERTIFICATE_NOT_ONE);
    assert_int_equal(read_bundle(one, one_length / 2, 0), CERTIFICATE_PEM);

    // Two, with something else between them; each is whole, and in order.
    static const char key[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    append(&text, "a comment\n");
    append(&text, one);
    append(&text, key);
    append(&text, two);
    struct x509_bundle bundle;
    assert_int_equal(
        x509_bundle_read(&bundle, (const uint8_t *)text.characters, strlen(text.characters), NULL),
        CERTIFICATE_OK);
    assert_int_equal(bundle.count, 2);
    assert_true(x509_span_equal(bundle.certificates[0].der, leaf.certificate.der));
    assert_true(x509_span_equal(bundle.certificates[1].der, middle.certificate.der));
    assert_int_equal(x509_verify_chain(bundle.certificates, 2, &root.certificate, 1, &request, NULL),
                     CERTIFICATE_OK);
    x509_bundle_clear(&bundle);
    memcpy(strstr(text.characters, "BEGIN CERTIFICATE"), "BEGIN CERTIFICATX", 17);
    assert_int_equal(read_text(&text, 0), CERTIFICATE_PEM); // the END line differs
    // The label of older programs; other blocks alone; damaged ones.
    char *end = strstr(one, "-----END");
    text = (struct text){"-----BEGIN X509 CERTIFICATE-----\n"};
    *end = '\0';
    append(&text, strchr(one, '\n') + 1);
    append(&text, "-----END X509 CERTIFICATE-----\n");
    *end = '-';
    assert_int_equal(read_text(&text, 1), CERTIFICATE_OK);
    assert_int_equal(read_bundle(key, sizeof key - 1, 0), CERTIFICATE_NOT_ONE);
    text = (struct text){"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    assert_int_equal(read_text(&text, 0), CERTIFICATE_DER);
    text = (struct text){"-----BEGIN CERTIFICATE-----\nAA?A\n-----END CERTIFICATE-----\n"};
    assert_int_equal(read_text(&text, 0), CERTIFICATE_PEM);
    // As many as there may be, and one more.
    text = (struct text){""};
    for (unsigned i = 0; i < X509_BUNDLE_MAX; i++) {
        append(&text, one);
    }
    assert_int_equal(read_text(&text, X509_BUNDLE_MAX), CERTIFICATE_OK);
    append(&text, one);
    assert_int_equal(read_text(&text, 0), CERTIFICATE_TOO_LARGE);
    // A DER file above any certificate's size.
    uint8_t *large = calloc(1, X509_SIZE_MAX + 1);
    assert_non_null(large);
    memcpy(large, leaf.der, leaf.length);
    assert_int_equal(read_bundle((const char *)large, X509_SIZE_MAX + 1, 0), CERTIFICATE_TOO_LARGE);
    free(large);
}

// --- hostile input -----------------------------------------------------------------------------------------------

// Parses exact memory and verifies what parses as chain[0] under Middle. Accepted?
static bool is_accepted(const uint8_t *der, size_t length) {
    uint8_t *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    if (length > 0) {
        memcpy(exact, der, length);
    }
    struct x509_certificate chain[2];
    struct parse_error where = {.reason = ""};
    x509_init(&chain[0]);
    chain[1] = middle.certificate;
    bool accepted = false;
    if (x509_parse(&chain[0], exact, length, &where) == CERTIFICATE_OK) {
        char text[X509_NAME_TEXT_SIZE];
        bool named = x509_name_text(text, sizeof text, chain[0].subject);
        assert_true(!named || strlen(text) < sizeof text);
        accepted = x509_verify_chain(chain, 2, &root.certificate, 1, &request, NULL) == CERTIFICATE_OK;
    } else {
        assert_true(where.reason[0] != '\0' && where.offset <= length && where.layer == x509_layer);
    }
    x509_clear(&chain[0]);
    free(exact);
    return accepted;
}

static void every_truncation(void **state) {
    (void)state;
    assert_true(is_accepted(leaf.der, leaf.length));
    for (size_t length = 0; length < leaf.length; length++) {
        assert_false(is_accepted(leaf.der, length));
    }
    uint8_t longer[4097];
    memcpy(longer, leaf.der, leaf.length);
    longer[leaf.length] = 0;
    assert_false(is_accepted(longer, leaf.length + 1));
}

static void every_changed_byte(void **state) {
    (void)state;
    static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x20};
    uint8_t der[4096];
    size_t parsed = 0;
    for (size_t i = 0; i < leaf.length; i++) {
        for (size_t c = 0; c < sizeof changes; c++) {
            memcpy(der, leaf.der, leaf.length);
            der[i] ^= changes[c];
            assert_false(is_accepted(der, leaf.length));
            struct x509_certificate certificate;
            x509_init(&certificate);
            parsed += x509_parse(&certificate, der, leaf.length, NULL) == CERTIFICATE_OK;
            x509_clear(&certificate);
        }
    }
    assert_true(parsed > 500); // the signature, the key, names, the serial number: only the verifier can tell
    // The same for the anchor and for the one between.
    for (size_t i = 0; i < root.length; i++) {
        struct x509_certificate chain[] = {leaf.certificate, middle.certificate}, anchor;
        memcpy(der, root.der, root.length);
        der[i] ^= 0x01;
        x509_init(&anchor);
        if (x509_parse(&anchor, der, root.length, NULL) == CERTIFICATE_OK) {
            assert_int_not_equal(x509_verify_chain(chain, 2, &anchor, 1, &request, NULL), CERTIFICATE_OK);
        }
        x509_clear(&anchor);
    }
    for (size_t i = 0; i < middle.length; i++) {
        struct x509_certificate chain[] = {leaf.certificate, middle.certificate};
        memcpy(der, middle.der, middle.length);
        der[i] ^= 0x01;
        x509_init(&chain[1]);
        if (x509_parse(&chain[1], der, middle.length, NULL) == CERTIFICATE_OK) {
            assert_int_not_equal(x509_verify_chain(chain, 2, &root.certificate, 1, &request, NULL),
                                 CERTIFICATE_OK);
        }
        x509_clear(&chain[1]);
    }
}

// Elements cut out, doubled, exchanged, bytes overwritten: whatever it becomes, it is looked at without harm.
static void scrambled_certificates(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 528);
    for (unsigned i = 0; i < 30000; i++) {
        uint8_t der[8192];
        size_t length = leaf.length;
        memcpy(der, leaf.der, length);
        for (size_t changes = 1 + test_random_below(&random, 3); changes > 0 && length > 8; changes--) {
            size_t at = test_random_below(&random, length), size = test_random_below(&random, 8);
            size = size > length - at ? length - at : size;
            switch (test_random_below(&random, 4)) {
            case 0: // cut out
                memmove(der + at, der + at + size, length - at - size);
                length -= size;
                break;
            case 1: // put in
                memmove(der + at + size, der + at, length - at);
                test_random_bytes(&random, der + at, size);
                length += size;
                break;
            case 2: // overwrite, keeping to bytes that mean something
                for (size_t j = at; j < at + size; j++) {
                    der[j] = leaf.der[test_random_below(&random, 64)];
                }
                break;
            default:
                der[at] = (uint8_t)test_random_next(&random);
            }
        }
        bool same = length == leaf.length && memcmp(der, leaf.der, length) == 0;
        assert_int_equal(is_accepted(der, length), same);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_builder_writes, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(every_signature, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(wishes_that_are_not_granted, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(buffers_that_are_too_small, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(files_of_certificates, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(every_truncation, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(every_changed_byte, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(scrambled_certificates, make_chain, free_chain),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
