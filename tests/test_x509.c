// Parsing certificates: each rule of RFC 5280, 4.1 and 4.2 violated once, in a certificate that is otherwise right.
#include "tests/x509_support.h"

#include "ciphers/public/rsa_pkcs1.h"
#include "protocols/rsa_key_file.h"

#include <stdio.h>

// --- parsing: a certificate put together from parts ----------------------------------------------------------------

// Each part is an element in hex; NULL leaves it out.
struct parts {
    const char *version, *serial, *algorithm, *issuer, *validity, *subject;
    const char *key;        // in place of the leaf's
    const char *unique_ids; // before the extensions
    const char *extensions; // contents of the list
    const char *after_extensions, *outer_algorithm, *signature, *after_signature, *after;
};

#define SHA256_RSA "30 0d 06 09 2a864886f70d01010b 05 00"
#define SHA1_RSA   "30 0d 06 09 2a864886f70d010105 05 00"
#define NAME_ROOT  "30 0f 31 0d 30 0b 06 03 550403 0c 04 526f6f74"
#define NAME_LEAF  "30 0f 31 0d 30 0b 06 03 550403 0c 04 6c656166"
#define FROM_2026  "17 0d 3236303130313030303030305a"
#define TO_2036    "17 0d 3336303130313030303030305a"
#define CA_TRUE    "30 0f 06 03 551d13 01 01 ff 04 05 30 03 01 01 ff"
#define SAN_A      "30 0c 06 03 551d11 04 05 30 03 82 01 61"

static struct parts good_parts(void) {
    return (struct parts){.version = "a0 03 02 01 02",
                          .serial = "02 01 05",
                          .algorithm = SHA256_RSA,
                          .issuer = NAME_ROOT,
                          .validity = "30 1e " FROM_2026 TO_2036,
                          .subject = NAME_LEAF,
                          .extensions = SAN_A,
                          .outer_algorithm = SHA256_RSA};
}

static void put_hex(struct der_writer *writer, const char *hex) {
    uint8_t bytes[8192];
    if (hex != NULL) {
        der_put_bytes(writer, bytes, from_hex(bytes, sizeof bytes, hex));
    }
}

// Signed with the root's key, SHA-256 and PKCS#1 v1.5, over whatever the parts give.
static size_t assemble(uint8_t out[static X509_BUILD_MAX], const struct parts *parts) {
    uint8_t tbs[X509_BUILD_MAX], info[512], signature[128], digest[32];
    size_t tbs_length, info_length, length;
    struct der_writer writer;
    assert_int_equal(
        rsa_public_key_write_der(info, sizeof info, &info_length, &keys[LEAF].public, RSA_KEY_SPKI),
        KEY_FILE_OK);
    der_writer_init(&writer, tbs, sizeof tbs);
    put_hex(&writer, parts->after_extensions);
    if (parts->extensions != NULL) {
        size_t mark = der_mark(&writer);
        put_hex(&writer, parts->extensions);
        der_put_header(&writer, DER_SEQUENCE, mark);
        der_put_header(&writer, DER_CONTEXT_CONSTRUCTED | 3, mark);
    }
    put_hex(&writer, parts->unique_ids);
    if (parts->key != NULL) {
        put_hex(&writer, parts->key);
    } else {
        der_put_bytes(&writer, info, info_length);
    }
    put_hex(&writer, parts->subject);
    put_hex(&writer, parts->validity);
    put_hex(&writer, parts->issuer);
    put_hex(&writer, parts->algorithm);
    put_hex(&writer, parts->serial);
    put_hex(&writer, parts->version);
    der_put_header(&writer, DER_SEQUENCE, sizeof tbs);
    assert_true(der_finish(&writer, &tbs_length));
    hash_digest(hash_find("sha256"), digest, tbs, tbs_length);
    assert_true(rsa_pkcs1_sign(&keys[ROOT], signature, hash_find("sha256"), digest));

    der_writer_init(&writer, out, X509_BUILD_MAX);
    put_hex(&writer, parts->after);
    size_t end = der_mark(&writer);
    put_hex(&writer, parts->after_signature);
    if (parts->signature != NULL) {
        put_hex(&writer, parts->signature);
    } else {
        size_t mark = der_mark(&writer);
        der_put_bytes(&writer, signature, sizeof signature);
        der_put_bytes(&writer, (const uint8_t[]){0}, 1);
        der_put_header(&writer, DER_BIT_STRING, mark);
    }
    put_hex(&writer, parts->outer_algorithm);
    der_put_bytes(&writer, tbs, tbs_length);
    der_put_header(&writer, DER_SEQUENCE, end);
    assert_true(der_finish(&writer, &length));
    return length;
}

static enum certificate_error parse_parts(const struct parts *parts, struct parse_error *where) {
    uint8_t der[X509_BUILD_MAX];
    struct x509_certificate certificate;
    x509_init(&certificate);
    enum certificate_error error = x509_parse(&certificate, der, assemble(der, parts), where);
    assert_int_equal(error == CERTIFICATE_OK, certificate.der.bytes == der);
    assert_int_equal(error == CERTIFICATE_OK, mpz_sgn(certificate.key.n) != 0);
    x509_clear(&certificate);
    return error;
}

static void the_parts_of_a_certificate(void **state) {
    (void)state;
    uint8_t der[X509_BUILD_MAX];
    struct parts parts = good_parts();
    parts.extensions = CA_TRUE SAN_A "30 0e 06 03 551d0f 01 01 ff 04 04 03 02 01 06"
                                     "30 0d 06 03 551d0e 04 06 04 04 01020304"
                                     "30 0f 06 03 551d23 04 08 30 06 80 04 05060708"
                                     "30 13 06 03 551d25 04 0c 30 0a 06 08 2b06010505070302"
                                     "30 08 06 02 2a03 04 02 05 00";
    size_t length = assemble(der, &parts);
    struct x509_certificate certificate;
    x509_init(&certificate);
    assert_int_equal(x509_parse(&certificate, der, length, NULL), CERTIFICATE_OK);
    assert_int_equal(certificate.der.length, length);
    assert_ptr_equal(certificate.tbs.bytes, der + 4);
    assert_bytes_equal(certificate.serial.bytes, certificate.serial.length, "05");
    assert_bytes_equal(certificate.issuer.bytes, certificate.issuer.length, NAME_ROOT);
    assert_bytes_equal(certificate.subject.bytes, certificate.subject.length, NAME_LEAF);
    assert_int_equal(certificate.not_before, time_of(2026, 1, 1));
    assert_int_equal(certificate.not_after, time_of(2036, 1, 1));
    assert_false(certificate.algorithm.pss);
    assert_string_equal(certificate.algorithm.hash->name, "sha256");
    assert_int_equal(certificate.signature.length, 128);
    assert_ptr_equal(certificate.signature.bytes + 128, der + length);
    assert_int_equal(mpz_cmp(certificate.key.n, keys[LEAF].public.n), 0);
    assert_int_equal(mpz_cmp(certificate.key.e, keys[LEAF].public.e), 0);
    assert_true(certificate.is_ca);
    assert_int_equal(certificate.path_length, X509_NO_PATH_LENGTH);
    assert_true(certificate.has_key_usage && certificate.has_extended_key_usage);
    assert_int_equal(certificate.key_usage, KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN);
    assert_int_equal(certificate.extended_key_usage, EXTENDED_USAGE_CLIENT_AUTH);
    assert_bytes_equal(certificate.alternative_names.bytes, certificate.alternative_names.length, "82 01 61");
    assert_bytes_equal(certificate.subject_key_id.bytes, certificate.subject_key_id.length, "01 02 03 04");
    assert_bytes_equal(certificate.authority_key_id.bytes, certificate.authority_key_id.length,
                       "05 06 07 08");
    assert_int_equal(certificate.unknown_critical.length, 0);
    assert_true(x509_signed_by(&certificate, &keys[ROOT].public));
    assert_false(x509_signed_by(&certificate, &keys[OTHER].public));

    struct x509_extension extension;
    size_t position = 0, count = 0;
    while (x509_next_extension(&certificate, &position, &extension)) {
        count++;
    }
    assert_int_equal(count, 7);
    assert_bytes_equal(extension.oid.bytes, extension.oid.length, "2a 03");
    assert_bytes_equal(extension.value.bytes, extension.value.length, "05 00");
    assert_false(extension.critical);
    assert_int_equal(position, certificate.extensions.length);
    x509_clear(&certificate);
}

// Versions 1 and 2 say whose key it is and no more: not that it is a CA's.
static void the_older_versions(void **state) {
    (void)state;
    uint8_t der[X509_BUILD_MAX];
    struct x509_certificate certificate;
    x509_init(&certificate);
    struct parts parts = good_parts();
    parts.version = NULL;
    parts.extensions = NULL;
    assert_int_equal(x509_parse(&certificate, der, assemble(der, &parts), NULL), CERTIFICATE_OK);
    assert_int_equal(certificate.version, 1);
    assert_bytes_equal(certificate.subject.bytes, certificate.subject.length, NAME_LEAF);
    assert_int_equal(mpz_cmp(certificate.key.n, keys[LEAF].public.n), 0);
    assert_int_equal(certificate.extensions.length, 0);
    assert_false(certificate.is_ca);
    assert_true(x509_signed_by(&certificate, &keys[ROOT].public));

    parts.version = "a0 03 02 01 01";
    parts.unique_ids = "81 02 00 aa 82 02 00 bb";
    assert_int_equal(x509_parse(&certificate, der, assemble(der, &parts), NULL), CERTIFICATE_OK);
    assert_int_equal(certificate.version, 2);
    assert_false(certificate.is_ca);
    x509_clear(&certificate);
}

static void assert_refused(struct parts parts, enum certificate_error expected, const char *why) {
    struct parse_error where = {.reason = ""};
    enum certificate_error error = parse_parts(&parts, &where);
    if (error != expected || (error != CERTIFICATE_OK && strstr(where.reason, why) == NULL)) {
        fail_msg("%s (%s) in place of %s (%s)", certificate_error_name(error), where.reason,
                 certificate_error_name(expected), why);
    }
}

// One part changed, the rest as it was.
#define WITH(member, hex, expected, why)                                                                     \
    do {                                                                                                     \
        struct parts parts = good_parts();                                                                   \
        parts.member = hex;                                                                                  \
        assert_refused(parts, expected, why);                                                                \
    } while (false)

static void each_rule_of_the_fields(void **state) {
    (void)state;
    WITH(version, "a0 03 02 01 02", CERTIFICATE_OK, "");
    WITH(version, NULL, CERTIFICATE_VERSION, "the list of extensions: version 1");
    WITH(version, "a0 03 02 01 00", CERTIFICATE_DER, "default");
    WITH(version, "a0 03 02 01 01", CERTIFICATE_VERSION, "the list of extensions: version 2");
    WITH(version, "a0 03 02 01 03", CERTIFICATE_VERSION, "version 4");
    {
        struct parts parts = good_parts();
        parts.version = NULL;
        parts.extensions = NULL;
        parts.unique_ids = "81 02 00 aa";
        assert_refused(parts, CERTIFICATE_VERSION, "a unique identifier: version 1");
    }
    WITH(version, "a0 05 02 01 02 05 00", CERTIFICATE_DER, "the version");
    WITH(version, "a0 00", CERTIFICATE_DER, "the version");

    WITH(serial, "02 01 7f", CERTIFICATE_OK, "");
    WITH(serial, "02 14 7f00000000000000000000000000000000000000", CERTIFICATE_OK, "");
    WITH(serial, "02 15 00ff00000000000000000000000000000000000000", CERTIFICATE_SERIAL, "20 octets");
    WITH(serial, "02 15 010000000000000000000000000000000000000000", CERTIFICATE_SERIAL, "too large");
    WITH(serial, "02 01 00", CERTIFICATE_SERIAL, "zero");
    WITH(serial, "02 01 ff", CERTIFICATE_SERIAL, "negative");
    WITH(serial, "02 02 0005", CERTIFICATE_DER, "shortest");
    WITH(serial, "02 00", CERTIFICATE_DER, "at least one byte");
    WITH(serial, NULL, CERTIFICATE_DER, "the serial number");

    WITH(algorithm, SHA1_RSA, CERTIFICATE_ALGORITHMS_DIFFER, "not the one that was signed");
    WITH(outer_algorithm, SHA1_RSA, CERTIFICATE_ALGORITHMS_DIFFER, "not the one that was signed");
    WITH(outer_algorithm, "30 0b 06 09 2a864886f70d01010b", CERTIFICATE_ALGORITHMS_DIFFER,
         "not the one that was signed");
    WITH(algorithm, "30 0d 06 09 2a864886f70d010104 05 00", CERTIFICATE_ALGORITHM, "1.2.840.113549.1.1.4");
    WITH(outer_algorithm, NULL, CERTIFICATE_DER, "the signature algorithm");

    WITH(issuer, "30 00", CERTIFICATE_NAME, "issuer has no name");
    WITH(issuer, NULL, CERTIFICATE_DER, "a name"); // the validity stands there
    WITH(subject, "30 00", CERTIFICATE_OK, "");    // there is a subjectAltName
    WITH(subject, "31 00", CERTIFICATE_DER, "a name");

    WITH(validity, "30 1e " FROM_2026 FROM_2026, CERTIFICATE_OK, "");
    WITH(validity, "30 1e " TO_2036 FROM_2026, CERTIFICATE_VALIDITY, "before its beginning");
    WITH(validity, "30 1e " FROM_2026 "17 0d 3336313330313030303030305a", CERTIFICATE_VALIDITY,
         "date and time");
    WITH(validity, "30 1d " FROM_2026 "17 0c 33363031303130303030305a", CERTIFICATE_VALIDITY,
         "date and time");
    WITH(validity, "30 0f " FROM_2026, CERTIFICATE_DER, "missing");
    WITH(validity, "30 20 " FROM_2026 TO_2036 "05 00", CERTIFICATE_DER, "the validity");

    WITH(key, "30 0d 30 09 06 07 2a8648ce3d0201 03 00", CERTIFICATE_KEY, "elliptic curves");
    WITH(key, "30 1c 30 0d 06 09 2a864886f70d010101 05 00 03 0b 00 30 08 02 01 21 02 03 010001",
         CERTIFICATE_KEY, "6 bits");
    WITH(key, "31 00", CERTIFICATE_DER, "the key");

    WITH(unique_ids, "81 02 00 aa 82 02 00 bb", CERTIFICATE_OK, "");
    WITH(unique_ids, "82 02 00 bb 81 02 00 aa", CERTIFICATE_DER, "extensions");
    WITH(after_extensions, "05 00", CERTIFICATE_DER, "after the extensions");
    WITH(signature, "03 02 01 fe", CERTIFICATE_DER, "the signature");
    WITH(signature, "04 02 00 aa", CERTIFICATE_DER, "the signature");
    WITH(signature, NULL, CERTIFICATE_OK, "");
    WITH(after_signature, "05 00", CERTIFICATE_DER, "after the signature");
    WITH(after, "00", CERTIFICATE_DER, "after the certificate");

    struct parts parts = good_parts();
    parts.extensions = NULL;
    assert_refused(parts, CERTIFICATE_OK, "");
    parts.subject = "30 00";
    assert_refused(parts, CERTIFICATE_NAME, "no alternative one");
    parts.extensions = SAN_A CA_TRUE;
    assert_refused(parts, CERTIFICATE_NAME, "is a CA");
}

static void each_rule_of_the_extensions(void **state) {
    (void)state;
    WITH(extensions, SAN_A SAN_A, CERTIFICATE_EXTENSION_TWICE, "twice");
    WITH(extensions, "30 08 06 02 2a03 04 02 05 00" SAN_A "30 08 06 02 2a03 04 02 05 00",
         CERTIFICATE_EXTENSION_TWICE, "twice");
    WITH(extensions, "", CERTIFICATE_EXTENSION_COUNT, "1 to 32");
    WITH(extensions, "30 0b 06 02 2a03 01 01 00 04 02 05 00", CERTIFICATE_DER,
         "default"); // critical FALSE written out
    WITH(extensions, "30 0b 06 02 2a03 01 01 01 04 02 05 00", CERTIFICATE_DER, "00 or ff");
    WITH(extensions, "30 0b 06 02 2a03 01 01 ff 04 02 05 00", CERTIFICATE_OK, ""); // refused by the verifier
    WITH(extensions, "30 08 06 02 2a03 03 02 05 00", CERTIFICATE_DER, "an extension");
    WITH(extensions, "30 0a 06 02 2a03 04 02 05 00 05 00", CERTIFICATE_DER, "an extension");
    WITH(extensions, "30 04 06 02 2a03", CERTIFICATE_DER, "an extension");
    // basicConstraints
    WITH(extensions, "30 09 06 03 551d13 04 02 30 00", CERTIFICATE_OK, "");
    WITH(extensions, "30 0c 06 03 551d13 04 05 30 03 01 01 00", CERTIFICATE_EXTENSION, "default");
    WITH(extensions, "30 0c 06 03 551d13 04 05 30 03 02 01 00", CERTIFICATE_EXTENSION,
         "basicConstraints"); // no cA
    WITH(extensions, "30 0f 06 03 551d13 04 08 30 06 01 01 ff 02 01 00", CERTIFICATE_OK, "");
    WITH(extensions, "30 0f 06 03 551d13 04 08 30 06 01 01 ff 02 01 ff", CERTIFICATE_EXTENSION, "negative");
    WITH(extensions, "30 11 06 03 551d13 04 0a 30 08 01 01 ff 02 03 010000", CERTIFICATE_EXTENSION,
         "too large");
    WITH(extensions, "30 11 06 03 551d13 04 0a 30 08 01 01 ff 02 01 00 05 00", CERTIFICATE_EXTENSION,
         "basicConstraints");
    WITH(extensions, "30 0e 06 03 551d13 04 07 30 03 01 01 ff 05 00", CERTIFICATE_EXTENSION,
         "after the last");
    // keyUsage
    WITH(extensions, "30 0b 06 03 551d0f 04 04 03 02 07 80", CERTIFICATE_OK, "");
    WITH(extensions, "30 0c 06 03 551d0f 04 05 03 03 07 0080", CERTIFICATE_OK,
         ""); // decipherOnly, the last of them
    WITH(extensions, "30 0c 06 03 551d0f 04 05 03 03 06 0040", CERTIFICATE_EXTENSION, "more bits");
    WITH(extensions, "30 0b 06 03 551d0f 04 04 03 02 06 80", CERTIFICATE_EXTENSION, "ends in zeros");
    WITH(extensions, "30 0a 06 03 551d0f 04 03 03 01 00", CERTIFICATE_EXTENSION, "empty");
    WITH(extensions, "30 0d 06 03 551d0f 04 06 03 02 07 80 05 00", CERTIFICATE_EXTENSION, "keyUsage");
    // extKeyUsage
    WITH(extensions, "30 09 06 03 551d25 04 02 30 00", CERTIFICATE_EXTENSION, "extKeyUsage");
    WITH(extensions, "30 0d 06 03 551d25 04 06 30 04 06 02 2a03", CERTIFICATE_OK, "");
    WITH(extensions, "30 0d 06 03 551d25 04 06 30 04 06 02 2a83", CERTIFICATE_EXTENSION, "object identifier");
    // subjectAltName
    WITH(extensions, "30 09 06 03 551d11 04 02 30 00", CERTIFICATE_EXTENSION, "subjectAltName");
    WITH(extensions, "30 0e 06 03 551d11 04 07 30 05 82 03 610062", CERTIFICATE_EXTENSION, "characters");
    WITH(extensions, "30 0e 06 03 551d11 04 07 30 03 82 01 61 05 00", CERTIFICATE_EXTENSION,
         "after the last");
    // key identifiers
    WITH(extensions, "30 09 06 03 551d0e 04 02 04 00", CERTIFICATE_OK, "");
    WITH(extensions, "30 09 06 03 551d0e 04 02 05 00", CERTIFICATE_EXTENSION, "subjectKeyIdentifier");
    WITH(extensions, "30 09 06 03 551d23 04 02 30 00", CERTIFICATE_OK, "");
    WITH(extensions, "30 10 06 03 551d23 04 09 30 07 80 00 a1 00 82 01 05", CERTIFICATE_OK, "");
    WITH(extensions, "30 0b 06 03 551d23 04 04 30 02 a1 00", CERTIFICATE_EXTENSION,
         "authorityKeyIdentifier"); // [1] alone
    WITH(extensions, "30 0c 06 03 551d23 04 05 30 03 82 01 05", CERTIFICATE_EXTENSION,
         "authorityKeyIdentifier");
    WITH(extensions, "30 12 06 03 551d23 04 0b 30 09 80 00 a1 00 82 01 05 05 00", CERTIFICATE_EXTENSION,
         "authorityKey");

    // As many as there may be, and one more.
    char hex[64 * (X509_EXTENSIONS_MAX + 1)] = "";
    for (unsigned i = 0; i <= X509_EXTENSIONS_MAX; i++) {
        if (i == X509_EXTENSIONS_MAX) {
            WITH(extensions, hex, CERTIFICATE_OK, "");
        }
        (void)snprintf(hex + strlen(hex), 64, "30 08 06 02 2a%02x 04 02 05 00", i + 1);
    }
    WITH(extensions, hex, CERTIFICATE_EXTENSION_COUNT, "1 to 32");
}

// Every extended key usage with a name, and one without.
static void extended_key_usages(void **state) {
    (void)state;
    uint8_t der[X509_BUILD_MAX];
    struct parts parts = good_parts();
    parts.extensions =
        "30 51 06 03 551d25 04 4a 30 48 06 08 2b06010505070301 06 08 2b06010505070302 06 08 2b06010505070303"
        "06 08 2b06010505070304 06 08 2b06010505070308 06 08 2b06010505070309 06 04 551d2500 06 04 2a030405";
    struct x509_certificate certificate;
    x509_init(&certificate);
    assert_int_equal(x509_parse(&certificate, der, assemble(der, &parts), NULL), CERTIFICATE_OK);
    assert_int_equal(certificate.extended_key_usage, (1 << EXTENDED_USAGE_BITS) - 1);
    parts.extensions = "30 13 06 03 551d25 04 0c 30 0a 06 08 2b06010505070308";
    assert_int_equal(x509_parse(&certificate, der, assemble(der, &parts), NULL), CERTIFICATE_OK);
    assert_int_equal(certificate.extended_key_usage, EXTENDED_USAGE_TIME_STAMPING);
    x509_clear(&certificate);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_a_certificate), cmocka_unit_test(the_older_versions),
        cmocka_unit_test(each_rule_of_the_fields),    cmocka_unit_test(each_rule_of_the_extensions),
        cmocka_unit_test(extended_key_usages),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
