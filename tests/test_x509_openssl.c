// Certificates against libcrypto: what we build it verifies and reads the same, what it builds we do; and names match
// where it says so.
#include "tests/x509_support.h"

#include "protocols/rsa_key_file.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

static const char *const hashes[] = {"sha1", "sha224", "sha256", "sha384", "sha512"};
static const unsigned sizes[] = {1024, 1536, 2048, 3072, 4096};
enum { HASHES = 5, SIZES = 5 };

static struct rsa_private_key sized[SIZES];
static EVP_PKEY *theirs[SIZES];

static int set_up_keys(void **state) {
    for (unsigned i = 0; i < SIZES; i++) {
        uint8_t der[RSA_KEY_FILE_MAX];
        size_t length;
        make_rsa_key(&sized[i], sizes[i], 65537, 300 + i);
        assert_int_equal(rsa_key_write_der(der, sizeof der, &length, &sized[i], RSA_KEY_PKCS8), KEY_FILE_OK);
        const unsigned char *at = der;
        theirs[i] = d2i_AutoPrivateKey(NULL, &at, (long)length);
        assert_non_null(theirs[i]);
    }
    return set_up(state);
}

static int tear_down_keys(void **state) {
    for (unsigned i = 0; i < SIZES; i++) {
        rsa_private_key_clear(&sized[i]);
        EVP_PKEY_free(theirs[i]);
    }
    return tear_down(state);
}

static X509 *their_view(const struct made *made) {
    const unsigned char *at = made->der;
    X509 *certificate = d2i_X509(NULL, &at, (long)made->length);
    assert_non_null(certificate);
    assert_ptr_equal(at, made->der + made->length);
    return certificate;
}

// X509_verify_cert, which is what `openssl verify -x509_strict` runs.
static int their_verdict(X509 *leaf_view, X509 *middle_view, X509 *root_view, int64_t when,
                         const char *host) {
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *untrusted = sk_X509_new_null();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_true(X509_STORE_add_cert(store, root_view) && sk_X509_push(untrusted, middle_view) > 0);
    assert_true(X509_STORE_CTX_init(context, store, leaf_view, untrusted));
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)when);
    X509_VERIFY_PARAM_set_auth_level(parameters, 0); // SHA-1 and short keys are ours to refuse
    assert_true(X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT));
    if (host != NULL) {
        assert_true(X509_VERIFY_PARAM_set1_host(parameters, host, 0));
    }
    int error = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    sk_X509_free(untrusted);
    X509_STORE_free(store);
    return error;
}

static int64_t their_time(const ASN1_TIME *time) {
    struct tm tm;
    assert_true(ASN1_TIME_to_tm(time, &tm));
    return (int64_t)timegm(&tm);
}

static void assert_same_bytes(struct x509_span ours, const unsigned char *bytes, int length) {
    assert_int_equal(ours.length, length);
    assert_memory_equal(ours.bytes, bytes, ours.length);
}

// Every field, as the two parsers see it.
static void assert_same_view(const struct x509_certificate *ours, X509 *view) {
    unsigned char *der = NULL;
    int length = i2d_X509_NAME(X509_get_subject_name(view), &der);
    assert_same_bytes(ours->subject, der, length);
    OPENSSL_free(der);
    der = NULL;
    length = i2d_X509_NAME(X509_get_issuer_name(view), &der);
    assert_same_bytes(ours->issuer, der, length);
    OPENSSL_free(der);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(view);
    struct x509_span number = ours->serial;
    if (number.bytes[0] == 0) {
        number = (struct x509_span){number.bytes + 1, number.length - 1};
    }
    assert_same_bytes(number, serial->data, serial->length);
    assert_int_equal(ours->not_before, their_time(X509_get0_notBefore(view)));
    assert_int_equal(ours->not_after, their_time(X509_get0_notAfter(view)));
    der = NULL;
    length = i2d_PUBKEY(X509_get0_pubkey(view), &der);
    assert_same_bytes(ours->public_key, der, length);
    OPENSSL_free(der);
    const ASN1_BIT_STRING *signature;
    X509_get0_signature(&signature, NULL, view);
    assert_same_bytes(ours->signature, signature->data, signature->length);
    int hash_nid, key_nid, bits;
    uint32_t flags;
    assert_true(X509_get_signature_info(view, &hash_nid, &key_nid, &bits, &flags));
    assert_int_equal(key_nid, ours->algorithm.pss ? NID_rsassaPss : NID_rsaEncryption);
    assert_int_equal(hash_nid, EVP_MD_get_type(EVP_get_digestbyname(ours->algorithm.hash->name)));
    // keyUsage in libcrypto: bit 0 of the standard is 0x80, bit 8 is 0x8000.
    unsigned usage = 0;
    for (unsigned i = 0; i < KEY_USAGE_BITS; i++) {
        usage |= (ours->key_usage >> i & 1) << (i < 8 ? 7 - i : 15);
    }
    assert_int_equal(X509_get_key_usage(view), ours->has_key_usage ? usage : UINT32_MAX);
    assert_int_equal(X509_get_pathlen(view), ours->path_length);
    assert_int_equal(X509_check_ca(view) == 1, ours->is_ca);
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(view);
    assert_same_bytes(ours->subject_key_id, id == NULL ? NULL : id->data, id == NULL ? 0 : id->length);
    id = X509_get0_authority_key_id(view);
    assert_same_bytes(ours->authority_key_id, id == NULL ? NULL : id->data, id == NULL ? 0 : id->length);
    int extensions = 0;
    struct x509_extension extension;
    for (size_t position = 0; x509_next_extension(ours, &position, &extension); extensions++) {
        X509_EXTENSION *their_extension = X509_get_ext(view, extensions);
        assert_int_equal(X509_EXTENSION_get_critical(their_extension), extension.critical);
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(their_extension);
        assert_same_bytes(extension.value, value->data, value->length);
    }
    assert_int_equal(extensions, X509_get_ext_count(view));
}

// A chain of ours for every hash, padding and size: they verify it, and read every field as we do.
static void ours_are_accepted(void **state) {
    (void)state;
    size_t cases = 0;
    for (unsigned i = 0; i < SIZES * HASHES * 2; i++) {
        unsigned size = i % SIZES;
        bool pss = i / SIZES % 2 == 1;
        const struct hash_algorithm *hash = hash_find(hashes[i / SIZES / 2]);
        if (pss && 2 * hash->digest_size + 2 > rsa_size(&sized[size].public)) {
            continue;
        }
        struct made built[3];
        const struct x509_certificate *issuer = NULL;
        const char *const names[] = {"Root", "Middle \xc3\xa9", "leaf"};
        use_test_random(&random_state, 1000 + i);
        for (unsigned level = 0; level < 3; level++) {
            struct x509_template wish =
                level < 2 ? ca_wish(names[level], 0, level == 0 ? 5 : 0) : wish_for(names[level], 0);
            wish.key = &sized[size].public;
            wish.hash = hash;
            wish.pss = pss;
            wish.not_after =
                i % 2 == 0 ? time_of(2036, 1, 1) : time_of(2077, 1, 1); // UTCTime, GeneralizedTime
            struct parse_error where;
            assert_int_equal(x509_build(built[level].der, sizeof built[level].der, &built[level].length,
                                        &wish, issuer, &sized[size], &where),
                             CERTIFICATE_OK);
            x509_init(&built[level].certificate);
            assert_int_equal(
                x509_parse(&built[level].certificate, built[level].der, built[level].length, &where),
                CERTIFICATE_OK);
            issuer = &built[level].certificate;
        }
        random_set_source(NULL, NULL);
        X509 *views[3];
        for (unsigned level = 0; level < 3; level++) {
            views[level] = their_view(&built[level]);
            assert_same_view(&built[level].certificate, views[level]);
        }
        int64_t now = time_of(2026, 11, 20);
        assert_int_equal(their_verdict(views[2], views[1], views[0], now, "www.example.org"), X509_V_OK);
        assert_int_equal(their_verdict(views[2], views[1], views[0], now, "example.org"),
                         X509_V_ERR_HOSTNAME_MISMATCH);
        assert_int_equal(X509_check_ip_asc(views[2], "192.0.2.1", 0), 1);
        assert_int_equal(X509_check_ip_asc(views[2], "2001:db8::1", 0), 1);
        assert_int_equal(X509_check_purpose(views[2], X509_PURPOSE_SSL_SERVER, 0), 1);
        assert_int_equal(X509_check_purpose(views[2], X509_PURPOSE_SSL_CLIENT, 0), 0);
        for (unsigned level = 0; level < 3; level++) {
            X509_free(views[level]);
            x509_clear(&built[level].certificate);
        }
        cases++;
    }
    assert_int_equal(cases, 49); // PSS with SHA-512 does not fit into 1024 bits
}

// --- theirs ------------------------------------------------------------------------------------------------------

static void add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    assert_non_null(extension);
    assert_true(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

// One certificate of theirs: a key by its size, an issuer or none, and a signature with these choices.
struct signature_choice {
    const char *hash, *mgf1_hash; // mgf1_hash NULL: PKCS#1 v1.5
    int salt_length;
};
static X509 *their_certificate(struct test_random *random, const char *name, unsigned key, X509 *issuer,
                               unsigned issuer_key, struct signature_choice choice, bool ca) {
    X509 *certificate = X509_new();
    uint8_t serial[20];
    test_random_bytes(random, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 1);
    BIGNUM *number = BN_bin2bn(serial, 1 + (int)test_random_below(random, 20), NULL);
    assert_true(X509_set_version(certificate, 2));
    assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)));
    BN_free(number);
    X509_NAME *subject = X509_get_subject_name(certificate);
    assert_true(
        X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_ASC, (const unsigned char *)"SE", -1, -1, 0));
    assert_true(X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
                                           (const unsigned char *)"\xc3\x85ngstr\xc3\xb6m", -1, -1, 0));
    assert_true(
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0));
    assert_true(X509_set_issuer_name(certificate, issuer == NULL ? subject : X509_get_subject_name(issuer)));
    assert_true(ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20260101000000Z"));
    assert_true(ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20991231235959Z"));
    assert_true(X509_set_pubkey(certificate, theirs[key]));
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer == NULL ? certificate : issuer, certificate, NULL, NULL, 0);
    add_extension(certificate, &context, NID_basic_constraints,
                  ca ? "critical,CA:TRUE,pathlen:3" : "critical,CA:FALSE");
    add_extension(certificate, &context, NID_key_usage,
                  ca ? "critical,keyCertSign,cRLSign"
                     : "critical,digitalSignature,decipherOnly,keyAgreement");
    add_extension(certificate, &context, NID_subject_key_identifier, "hash");
    if (issuer != NULL) {
        add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always,issuer:always");
    }
    if (!ca) {
        add_extension(certificate, &context, NID_subject_alt_name,
                      "DNS:www.example.org,IP:192.0.2.7,email:a@example.org,URI:https://example.org/"
                      ",RID:1.2.3");
    }
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;
    assert_int_equal(
        EVP_DigestSignInit(digest, &options, EVP_get_digestbyname(choice.hash), NULL, theirs[issuer_key]), 1);
    if (choice.mgf1_hash != NULL) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, choice.salt_length) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_get_digestbyname(choice.mgf1_hash)) > 0);
    }
    assert_true(X509_sign_ctx(certificate, digest) > 0);
    EVP_MD_CTX_free(digest);
    return certificate;
}

static void take(struct made *made, X509 *certificate) {
    unsigned char *at = made->der;
    struct parse_error where = {.reason = ""};
    made->length = (size_t)i2d_X509(certificate, NULL);
    assert_true(made->length <= sizeof made->der);
    (void)i2d_X509(certificate, &at);
    x509_init(&made->certificate);
    enum certificate_error error = x509_parse(&made->certificate, made->der, made->length, &where);
    if (error != CERTIFICATE_OK) {
        fail_msg("%s at %zu: %s", certificate_error_name(error), where.offset, where.reason);
    }
    assert_same_view(&made->certificate, certificate);
}

// A chain of theirs; ours accepts it, and with the leaf's signature made over something else it does not.
static void theirs_are_accepted(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 4055);
    size_t cases = 0;
    for (unsigned i = 0; i < SIZES * HASHES * 4; i++) {
        unsigned size = i % SIZES, hash = i / SIZES % HASHES, kind = i / SIZES / HASHES;
        // PKCS#1; PSS with one hash; PSS with two and no salt; PSS with a salt of any length that fits.
        struct signature_choice choice = {hashes[hash], kind == 0 ? NULL : hashes[(hash + kind - 1) % HASHES],
                                          0};
        int longest = (int)(sizes[size] / 8 - hash_find(choice.hash)->digest_size - 2);
        choice.salt_length = kind == 1   ? (int)hash_find(choice.hash)->digest_size
                             : kind == 3 ? (int)test_random_below(&random, (size_t)longest + 1)
                                         : 0;
        if (choice.salt_length > longest) {
            continue;
        }
        X509 *root_view = their_certificate(&random, "Root", size, NULL, size, choice, true);
        X509 *leaf_view =
            their_certificate(&random, "leaf", (size + 1) % SIZES, root_view, size, choice, false);
        struct made built[2];
        take(&built[1], root_view);
        take(&built[0], leaf_view);
        if (kind > 0) {
            assert_string_equal(built[0].certificate.algorithm.mgf1_hash->name, choice.mgf1_hash);
            assert_int_equal(built[0].certificate.algorithm.salt_length, choice.salt_length);
        }
        struct x509_request wanted = {.time = time_of(2026, 11, 20),
                                      .name = "192.0.2.7",
                                      .key_usage = KEY_USAGE_DECIPHER_ONLY | KEY_USAGE_KEY_AGREEMENT};
        assert_int_equal(x509_verify_chain(&built[0].certificate, 1, &built[1].certificate, 1, &wanted, NULL),
                         CERTIFICATE_OK);
        wanted.name = "www.example.com";
        assert_int_equal(x509_verify_chain(&built[0].certificate, 1, &built[1].certificate, 1, &wanted, NULL),
                         CERTIFICATE_NAME_MISMATCH);
        built[0].der[built[0].certificate.tbs.length / 2] ^= 4;
        assert_false(x509_signed_by(&built[0].certificate, &built[1].certificate.key));
        x509_clear(&built[0].certificate);
        x509_clear(&built[1].certificate);
        X509_free(root_view);
        X509_free(leaf_view);
        cases++;
    }
    assert_int_equal(cases, 99);
}

// What `openssl` makes when told to break a rule: each is refused, and for that rule.
static void theirs_that_break_a_rule(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 5280);
    static const struct signature_choice choice = {"sha256", NULL, 0};
    enum {
        NEGATIVE_SERIAL,
        ZERO_SERIAL,
        LONG_SERIAL,
        VERSION_1,
        VERSION_2,
        TWICE,
        NO_TIME,
        BACKWARDS,
        MD5,
        NO_ISSUER,
        RULES
    };
    static const enum certificate_error expected[RULES] = {CERTIFICATE_SERIAL,    CERTIFICATE_SERIAL,
                                                           CERTIFICATE_SERIAL,    CERTIFICATE_VERSION,
                                                           CERTIFICATE_VERSION,   CERTIFICATE_EXTENSION_TWICE,
                                                           CERTIFICATE_VALIDITY,  CERTIFICATE_VALIDITY,
                                                           CERTIFICATE_ALGORITHM, CERTIFICATE_NAME};
    for (int rule = 0; rule < RULES; rule++) {
        X509 *certificate = their_certificate(&random, "x", 0, NULL, 0, choice, false);
        const char *hash = "sha256";
        BIGNUM *number = NULL;
        if (rule == NEGATIVE_SERIAL) {
            assert_true(ASN1_INTEGER_set(X509_get_serialNumber(certificate), -5));
        } else if (rule == ZERO_SERIAL) {
            assert_true(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0));
        } else if (rule == LONG_SERIAL) {
            assert_true(BN_hex2bn(&number, "800000000000000000000000000000000000000000"));
            assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)));
        } else if (rule == VERSION_1 || rule == VERSION_2) {
            assert_true(X509_set_version(certificate, rule == VERSION_1 ? 0 : 1));
        } else if (rule == TWICE) {
            X509_EXTENSION *again = X509_get_ext(certificate, 1);
            assert_true(X509_add_ext(certificate, again, -1));
        } else if (rule == NO_TIME) {
            assert_true(ASN1_STRING_set(X509_getm_notAfter(certificate), "20991331235959Z", 15));
        } else if (rule == BACKWARDS) {
            assert_true(ASN1_TIME_set_string(X509_getm_notAfter(certificate), "20200101000000Z"));
        } else if (rule == MD5) {
            hash = "md5";
        } else {
            X509_NAME *empty = X509_NAME_new();
            assert_true(X509_set_issuer_name(certificate, empty));
            X509_NAME_free(empty);
        }
        assert_true(X509_sign(certificate, theirs[0], EVP_get_digestbyname(hash)) > 0);
        unsigned char *der = NULL;
        int length = i2d_X509(certificate, &der);
        struct x509_certificate ours;
        x509_init(&ours);
        enum certificate_error error = x509_parse(&ours, der, (size_t)length, NULL);
        if (error != expected[rule]) {
            fail_msg("rule %d: %s", rule, certificate_error_name(error));
        }
        x509_clear(&ours);
        OPENSSL_free(der);
        BN_free(number);
        X509_free(certificate);
    }
}

// Names from a few labels, with and without a star: X509_check_host says the same for all of them.
static void names_match_where_theirs_do(void **state) {
    (void)state;
    static const char *const labels[] = {"a", "z", "A", "Z-1", "org"};
    struct test_random random;
    test_random_seed(&random, 6125);
    size_t matched = 0, cases = 0;
    for (unsigned i = 0; i < 20000; i++) {
        char texts[2][64];
        for (unsigned t = 0; t < 2; t++) { // the name in the certificate, and the one that is asked for
            size_t count = 1 + test_random_below(&random, 4), used = 0;
            for (size_t j = 0; j < count; j++) {
                // A star counts only as the whole first label, and with at least two after it.
                bool star = t == 0 && j == 0 && count > 2 && test_random_below(&random, 2) == 0;
                const char *label = star ? "*" : labels[test_random_below(&random, 5)];
                used += (size_t)snprintf(texts[t] + used, sizeof texts[t] - used, "%s%s", label,
                                         j + 1 < count ? "." : "");
            }
        }
        uint8_t der[80] = {DER_CONTEXT | GENERAL_NAME_DNS, (uint8_t)strlen(texts[0])};
        memcpy(der + 2, texts[0], strlen(texts[0]));
        struct x509_certificate ours = {.alternative_names = {der, 2 + strlen(texts[0])}};
        X509 *certificate = X509_new();
        GENERAL_NAMES *names = GENERAL_NAMES_new();
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *string = ASN1_IA5STRING_new();
        assert_true(ASN1_STRING_set(string, texts[0], -1));
        GENERAL_NAME_set0_value(name, GEN_DNS, string);
        assert_true(sk_GENERAL_NAME_push(names, name) > 0);
        assert_true(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0));
        int their = X509_check_host(certificate, texts[1], 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL);
        bool our = x509_matches_name(&ours, texts[1]);
        if (our != (their == 1)) {
            fail_msg("%s in %s: ours %d, theirs %d", texts[1], texts[0], our, their);
        }
        matched += our;
        cases++;
        GENERAL_NAMES_free(names);
        X509_free(certificate);
    }
    assert_true(matched > 200 && cases == 20000);
}

// Every attribute of a name that has a short form has libcrypto's.
static void attributes_have_their_names(void **state) {
    (void)state;
    static const int nids[] = {NID_commonName,
                               NID_serialNumber,
                               NID_countryName,
                               NID_localityName,
                               NID_stateOrProvinceName,
                               NID_organizationName,
                               NID_organizationalUnitName,
                               NID_domainComponent,
                               NID_pkcs9_emailAddress};
    for (size_t i = 0; i < sizeof nids / sizeof nids[0]; i++) {
        X509_NAME *name = X509_NAME_new();
        assert_true(
            X509_NAME_add_entry_by_NID(name, nids[i], MBSTRING_UTF8, (const unsigned char *)"SE", -1, -1, 0));
        unsigned char *der = NULL;
        int length = i2d_X509_NAME(name, &der);
        char ours[64], their[64];
        (void)snprintf(their, sizeof their, "%s=SE", OBJ_nid2sn(nids[i]));
        assert_true(x509_name_text(ours, sizeof ours, (struct x509_span){der, (size_t)length}));
        assert_string_equal(ours, their);
        OPENSSL_free(der);
        X509_NAME_free(name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_are_accepted),           cmocka_unit_test(theirs_are_accepted),
        cmocka_unit_test(theirs_that_break_a_rule),    cmocka_unit_test(names_match_where_theirs_do),
        cmocka_unit_test(attributes_have_their_names),
    };
    return cmocka_run_group_tests(tests, set_up_keys, tear_down_keys);
}
