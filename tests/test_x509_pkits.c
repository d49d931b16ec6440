// protocols/x509 against PKITS, NIST's Public Key Interoperability Test Suite (version 1.0.1, 2011): the sections on
// signatures, validity, names, basic constraints, key usage and private extensions, in its own numbering. The
// certificates are those of Debian's python3-cryptography-vectors; without them the test is skipped.
#include "tests/support.h"

#include "protocols/x509.h"

#include <stdio.h>
#include <string.h>

static const char folder[] = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data/certs";
static const char root[] = "TrustAnchorRootCertificate";

enum { PATH_MAX_LENGTH = 8, FILE_MAX = 8192 };

// `path` starts with the end entity. The expected result is PKITS's own, Valid or Invalid, but for two kinds of rows:
// ours: we are stricter (names byte for byte) or do less (DSA), and refuse what PKITS calls valid.
struct pkits {
    const char *section;
    const char *path[PATH_MAX_LENGTH];
    enum certificate_error expected;
    bool ours;
};
// clang-format off
static const struct pkits cases[] = {
    {"4.1.1",  {"ValidCertificatePathTest1EE", "GoodCACert"}, CERTIFICATE_OK, false},
    {"4.1.2",  {"InvalidCASignatureTest2EE", "BadSignedCACert"}, CERTIFICATE_DER, false}, // its BIT STRING has unused bits
    {"4.1.3",  {"InvalidEESignatureTest3EE", "GoodCACert"}, CERTIFICATE_BAD_SIGNATURE, false},
    {"4.1.4",  {"ValidDSASignaturesTest4EE", "DSACACert"}, CERTIFICATE_ALGORITHM, true},
    {"4.1.5",  {"ValidDSAParameterInheritanceTest5EE", "DSAParametersInheritedCACert", "DSACACert"}, CERTIFICATE_ALGORITHM, true},
    {"4.1.6",  {"InvalidDSASignatureTest6EE", "DSACACert"}, CERTIFICATE_ALGORITHM, false},

    {"4.2.1",  {"InvalidCAnotBeforeDateTest1EE", "BadnotBeforeDateCACert"}, CERTIFICATE_NOT_YET_VALID, false},
    {"4.2.2",  {"InvalidEEnotBeforeDateTest2EE", "GoodCACert"}, CERTIFICATE_NOT_YET_VALID, false},
    {"4.2.3",  {"Validpre2000UTCnotBeforeDateTest3EE", "GoodCACert"}, CERTIFICATE_OK, false},
    {"4.2.4",  {"ValidGeneralizedTimenotBeforeDateTest4EE", "GoodCACert"}, CERTIFICATE_OK, false},
    {"4.2.5",  {"InvalidCAnotAfterDateTest5EE", "BadnotAfterDateCACert"}, CERTIFICATE_EXPIRED, false},
    {"4.2.6",  {"InvalidEEnotAfterDateTest6EE", "GoodCACert"}, CERTIFICATE_EXPIRED, false},
    {"4.2.7",  {"Invalidpre2000UTCEEnotAfterDateTest7EE", "GoodCACert"}, CERTIFICATE_EXPIRED, false},
    {"4.2.8",  {"ValidGeneralizedTimenotAfterDateTest8EE", "GoodCACert"}, CERTIFICATE_OK, false},

    {"4.3.1",  {"InvalidNameChainingTest1EE", "GoodCACert"}, CERTIFICATE_WRONG_ISSUER, false},
    {"4.3.2",  {"InvalidNameChainingOrderTest2EE", "NameOrderingCACert"}, CERTIFICATE_WRONG_ISSUER, false},
    {"4.3.3",  {"ValidNameChainingWhitespaceTest3EE", "GoodCACert"}, CERTIFICATE_WRONG_ISSUER, true},
    {"4.3.4",  {"ValidNameChainingWhitespaceTest4EE", "GoodCACert"}, CERTIFICATE_WRONG_ISSUER, true},
    {"4.3.5",  {"ValidNameChainingCapitalizationTest5EE", "GoodCACert"}, CERTIFICATE_WRONG_ISSUER, true},
    {"4.3.6",  {"ValidNameUIDsTest6EE", "UIDCACert"}, CERTIFICATE_OK, false},
    {"4.3.7",  {"ValidRFC3280MandatoryAttributeTypesTest7EE", "RFC3280MandatoryAttributeTypesCACert"}, CERTIFICATE_OK, false},
    {"4.3.8",  {"ValidRFC3280OptionalAttributeTypesTest8EE", "RFC3280OptionalAttributeTypesCACert"}, CERTIFICATE_OK, false},
    {"4.3.9",  {"ValidUTF8StringEncodedNamesTest9EE", "UTF8StringEncodedNamesCACert"}, CERTIFICATE_OK, false},
    {"4.3.10", {"ValidRolloverfromPrintableStringtoUTF8StringTest10EE", "RolloverfromPrintableStringtoUTF8StringCACert"}, CERTIFICATE_WRONG_ISSUER, true},
    {"4.3.11", {"ValidUTF8StringCaseInsensitiveMatchTest11EE", "UTF8StringCaseInsensitiveMatchCACert"}, CERTIFICATE_WRONG_ISSUER, true},

    {"4.5.1",  {"ValidBasicSelfIssuedOldWithNewTest1EE", "BasicSelfIssuedNewKeyOldWithNewCACert", "BasicSelfIssuedNewKeyCACert"}, CERTIFICATE_OK, false},
    {"4.5.3",  {"ValidBasicSelfIssuedNewWithOldTest3EE", "BasicSelfIssuedOldKeyNewWithOldCACert", "BasicSelfIssuedOldKeyCACert"}, CERTIFICATE_OK, false},
    {"4.5.4",  {"ValidBasicSelfIssuedNewWithOldTest4EE", "BasicSelfIssuedOldKeyCACert"}, CERTIFICATE_OK, false},

    {"4.6.1",  {"InvalidMissingbasicConstraintsTest1EE", "MissingbasicConstraintsCACert"}, CERTIFICATE_ISSUER_NOT_CA, false},
    {"4.6.2",  {"InvalidcAFalseTest2EE", "basicConstraintsCriticalcAFalseCACert"}, CERTIFICATE_ISSUER_NOT_CA, false},
    {"4.6.3",  {"InvalidcAFalseTest3EE", "basicConstraintsNotCriticalcAFalseCACert"}, CERTIFICATE_ISSUER_NOT_CA, false},
    {"4.6.4",  {"ValidbasicConstraintsNotCriticalTest4EE", "basicConstraintsNotCriticalCACert"}, CERTIFICATE_OK, false},
    {"4.6.5",  {"InvalidpathLenConstraintTest5EE", "pathLenConstraint0subCACert", "pathLenConstraint0CACert"}, CERTIFICATE_PATH_LENGTH, false},
    {"4.6.6",  {"InvalidpathLenConstraintTest6EE", "pathLenConstraint0subCACert", "pathLenConstraint0CACert"}, CERTIFICATE_PATH_LENGTH, false},
    {"4.6.7",  {"ValidpathLenConstraintTest7EE", "pathLenConstraint0CACert"}, CERTIFICATE_OK, false},
    {"4.6.8",  {"ValidpathLenConstraintTest8EE", "pathLenConstraint0CACert"}, CERTIFICATE_OK, false},
    {"4.6.9",  {"InvalidpathLenConstraintTest9EE", "pathLenConstraint6subsubCA00Cert", "pathLenConstraint6subCA0Cert", "pathLenConstraint6CACert"}, CERTIFICATE_PATH_LENGTH, false},
    {"4.6.10", {"InvalidpathLenConstraintTest10EE", "pathLenConstraint6subsubCA00Cert", "pathLenConstraint6subCA0Cert", "pathLenConstraint6CACert"}, CERTIFICATE_PATH_LENGTH, false},
    {"4.6.11", {"InvalidpathLenConstraintTest11EE", "pathLenConstraint6subsubsubCA11XCert", "pathLenConstraint6subsubCA11Cert", "pathLenConstraint6subCA1Cert", "pathLenConstraint6CACert"}, CERTIFICATE_PATH_LENGTH, false},
    {"4.6.12", {"InvalidpathLenConstraintTest12EE", "pathLenConstraint6subsubsubCA11XCert", "pathLenConstraint6subsubCA11Cert", "pathLenConstraint6subCA1Cert", "pathLenConstraint6CACert"}, CERTIFICATE_PATH_LENGTH, false},
    {"4.6.13", {"ValidpathLenConstraintTest13EE", "pathLenConstraint6subsubsubCA41XCert", "pathLenConstraint6subsubCA41Cert", "pathLenConstraint6subCA4Cert", "pathLenConstraint6CACert"}, CERTIFICATE_OK, false},
    {"4.6.14", {"ValidpathLenConstraintTest14EE", "pathLenConstraint6subsubsubCA41XCert", "pathLenConstraint6subsubCA41Cert", "pathLenConstraint6subCA4Cert", "pathLenConstraint6CACert"}, CERTIFICATE_OK, false},
    {"4.6.15", {"ValidSelfIssuedpathLenConstraintTest15EE", "pathLenConstraint0SelfIssuedCACert", "pathLenConstraint0CACert"}, CERTIFICATE_OK, false},
    {"4.6.16", {"InvalidSelfIssuedpathLenConstraintTest16EE", "pathLenConstraint0subCA2Cert", "pathLenConstraint0SelfIssuedCACert", "pathLenConstraint0CACert"}, CERTIFICATE_PATH_LENGTH, false},
    {"4.6.17", {"ValidSelfIssuedpathLenConstraintTest17EE", "pathLenConstraint1SelfIssuedsubCACert", "pathLenConstraint1subCACert", "pathLenConstraint1SelfIssuedCACert", "pathLenConstraint1CACert"}, CERTIFICATE_OK, false},

    {"4.7.1",  {"InvalidkeyUsageCriticalkeyCertSignFalseTest1EE", "keyUsageCriticalkeyCertSignFalseCACert"}, CERTIFICATE_ISSUER_KEY_USAGE, false},
    {"4.7.2",  {"InvalidkeyUsageNotCriticalkeyCertSignFalseTest2EE", "keyUsageNotCriticalkeyCertSignFalseCACert"}, CERTIFICATE_ISSUER_KEY_USAGE, false},
    {"4.7.3",  {"ValidkeyUsageNotCriticalTest3EE", "keyUsageNotCriticalCACert"}, CERTIFICATE_OK, false},

    {"4.16.1", {"ValidUnknownNotCriticalCertificateExtensionTest1EE"}, CERTIFICATE_OK, false},
    {"4.16.2", {"InvalidUnknownCriticalCertificateExtensionTest2EE"}, CERTIFICATE_UNKNOWN_CRITICAL, false},
};
// clang-format on
enum { CASES = sizeof cases / sizeof cases[0] };

static size_t read_file(uint8_t bytes[static FILE_MAX], const char *name) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s.crt", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    size_t length = fread(bytes, 1, FILE_MAX, file);
    (void)fclose(file);
    return length;
}

// Parses and verifies a path; a refusal of either counts.
static enum certificate_error run(const struct pkits *row, const struct x509_certificate *anchor,
                                  const struct x509_request *request) {
    static uint8_t memory[PATH_MAX_LENGTH][FILE_MAX];
    struct x509_certificate chain[PATH_MAX_LENGTH];
    enum certificate_error error = CERTIFICATE_OK;
    size_t count = 0;
    for (size_t i = 0; i < PATH_MAX_LENGTH && row->path[i] != NULL; i++, count++) {
        size_t length = read_file(memory[i], row->path[i]);
        if (length == 0) {
            fail_msg("%s: %s is missing", row->section, row->path[i]);
        }
        x509_init(&chain[i]);
        enum certificate_error parsed = x509_parse(&chain[i], memory[i], length, NULL);
        error = error == CERTIFICATE_OK ? parsed : error;
    }
    if (error == CERTIFICATE_OK) {
        error = x509_verify_chain(chain, count, anchor, 1, request, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        x509_clear(&chain[i]);
    }
    return error;
}

static void the_sections_that_are_ours(void **state) {
    (void)state;
    static uint8_t memory[FILE_MAX];
    size_t length = read_file(memory, root);
    if (length == 0) {
        print_message("python3-cryptography-vectors is not installed\n");
        skip();
    }
    struct x509_certificate anchor;
    struct parse_error where = {.reason = ""};
    x509_init(&anchor);
    assert_int_equal(x509_parse(&anchor, memory, length, &where), CERTIFICATE_OK);
    const struct x509_date date = {2025, 6, 1, 12, 0, 0};
    struct x509_request request = {.key_usage = KEY_USAGE_DIGITAL_SIGNATURE};
    assert_true(x509_time_from_date(&request.time, &date));
    size_t agree = 0, stricter = 0;
    for (size_t i = 0; i < CASES; i++) {
        const struct pkits *row = &cases[i];
        enum certificate_error error = run(row, &anchor, &request);
        if (error != row->expected) {
            fail_msg("PKITS %s: %s, expected %s", row->section, certificate_error_name(error),
                     certificate_error_name(row->expected));
        }
        bool valid = strncmp(row->path[0], "Valid", 5) == 0;
        assert_int_equal(row->ours, valid != (error == CERTIFICATE_OK));
        agree += !row->ours;
        stricter += row->ours;
    }
    print_message("PKITS: %zu as NIST says, %zu refused that NIST accepts\n", agree, stricter);
    assert_int_equal(CASES, 50);
    assert_int_equal(stricter, 7);
    x509_clear(&anchor);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_sections_that_are_ours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
