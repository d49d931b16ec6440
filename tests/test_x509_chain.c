// Chains of certificates (RFC 5280, 6.1): those that hold, and each way in which one fails.
#include "tests/x509_support.h"

// Verifies up to three certificates, leaf first, under an anchor.
static enum certificate_error verify(const struct made *a, const struct made *b, const struct made *c,
                                     const struct made *anchor, struct x509_fault *fault) {
    struct x509_certificate chain[3];
    const struct made *all[] = {a, b, c};
    size_t count = 0;
    while (count < 3 && all[count] != NULL) {
        chain[count] = all[count]->certificate;
        count++;
    }
    return x509_verify_chain(chain, count, &anchor->certificate, anchor == NULL ? 0 : 1, &request, fault);
}

static void assert_verdict(const struct made *a, const struct made *b, const struct made *c,
                           enum certificate_error expected, size_t index) {
    struct x509_fault fault = {.certificate = 77};
    enum certificate_error error = verify(a, b, c, &root, &fault);
    if (error != expected || (error != CERTIFICATE_OK && fault.certificate != index)) {
        fail_msg("%s at %zu in place of %s at %zu", certificate_error_name(error), fault.certificate,
                 certificate_error_name(expected), index);
    }
    assert_int_equal(verify(a, b, c, &root, NULL), expected);
    if (error != CERTIFICATE_OK) {
        assert_string_equal(fault.where.reason, certificate_error_text(expected));
    }
}

static void a_chain_that_holds(void **state) {
    (void)state;
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_OK, 0);
    assert_verdict(&leaf, &middle, &root, CERTIFICATE_OK, 0); // the root sent along
    assert_verdict(&middle, NULL, NULL, CERTIFICATE_OK, 0);   // a CA as the last of a chain
    assert_verdict(&root, NULL, NULL, CERTIFICATE_OK, 0);     // the anchor itself
    request.name = "www.example.org";
    request.key_usage = KEY_USAGE_DIGITAL_SIGNATURE;
    request.extended_key_usage = EXTENDED_USAGE_SERVER_AUTH;
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_OK, 0);
}

static void times_of_a_chain(void **state) {
    (void)state;
    struct made early, late;
    struct x509_template wish = wish_for("early", LEAF);
    wish.not_after = time_of(2026, 6, 1);
    make(&early, &wish, &middle, MIDDLE);
    wish = wish_for("late", LEAF);
    wish.not_before = time_of(2030, 6, 1);
    make(&late, &wish, &middle, MIDDLE);
    assert_verdict(&early, &middle, NULL, CERTIFICATE_EXPIRED, 0);
    assert_verdict(&late, &middle, NULL, CERTIFICATE_NOT_YET_VALID, 0);
    request.time = time_of(2026, 6, 1); // both ends belong to it
    assert_verdict(&early, &middle, NULL, CERTIFICATE_OK, 0);
    request.time++;
    assert_verdict(&early, &middle, NULL, CERTIFICATE_EXPIRED, 0);
    request.time = time_of(2030, 6, 1);
    assert_verdict(&late, &middle, NULL, CERTIFICATE_OK, 0);
    request.time--;
    assert_verdict(&late, &middle, NULL, CERTIFICATE_NOT_YET_VALID, 0);
    request.time = time_of(2036, 1, 1);
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_OK, 0);
    request.time++;
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_EXPIRED, 2); // the anchor is looked at first
    request.time = time_of(2026, 1, 1) - 1;
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_NOT_YET_VALID, 2);
    // An intermediate whose time is over, under a root whose time is not.
    request.time = time_of(2026, 11, 20);
    struct made old, below;
    wish = ca_wish("Old", MIDDLE, 0);
    wish.not_after = time_of(2026, 2, 1);
    make(&old, &wish, &root, ROOT);
    wish = wish_for("below", LEAF);
    make(&below, &wish, &old, MIDDLE);
    assert_verdict(&below, &old, NULL, CERTIFICATE_EXPIRED, 1);
    x509_clear(&early.certificate);
    x509_clear(&late.certificate);
    x509_clear(&old.certificate);
    x509_clear(&below.certificate);
}

static void who_issued_it(void **state) {
    (void)state;
    struct made other_root, other_leaf, self_signed, same_name, impostor, same_key;
    struct x509_template wish = ca_wish("Other", OTHER, X509_NO_PATH_LENGTH);
    make(&other_root, &wish, NULL, OTHER);
    wish = wish_for("leaf", LEAF);
    make(&other_leaf, &wish, &other_root, OTHER);
    make(&self_signed, &wish, NULL, LEAF);
    assert_verdict(&leaf, NULL, NULL, CERTIFICATE_UNTRUSTED, 0); // Middle is no anchor
    assert_verdict(&other_leaf, &other_root, NULL, CERTIFICATE_SELF_SIGNED, 1);
    assert_verdict(&other_leaf, NULL, NULL, CERTIFICATE_UNTRUSTED, 0);
    assert_verdict(&self_signed, NULL, NULL, CERTIFICATE_SELF_SIGNED, 0);
    assert_verdict(&other_leaf, &middle, NULL, CERTIFICATE_WRONG_ISSUER, 0);
    assert_verdict(&leaf, &root, NULL, CERTIFICATE_WRONG_ISSUER, 0); // one is missing
    assert_verdict(&middle, &leaf, NULL, CERTIFICATE_UNTRUSTED, 1);  // the wrong way round
    // The right name and another key: a forger's.
    wish = ca_wish("Middle", OTHER, 0);
    make(&same_name, &wish, NULL, OTHER);
    wish = wish_for("leaf", LEAF);
    make(&impostor, &wish, &same_name, OTHER);
    assert_verdict(&impostor, &middle, NULL, CERTIFICATE_BAD_SIGNATURE, 0);
    assert_verdict(&impostor, &same_name, NULL, CERTIFICATE_SELF_SIGNED, 1);
    // A root with the trusted name and another key.
    wish = ca_wish("Root", OTHER, X509_NO_PATH_LENGTH);
    make(&same_key, &wish, NULL, OTHER);
    struct made forged;
    wish = wish_for("leaf", LEAF);
    make(&forged, &wish, &same_key, OTHER);
    assert_verdict(&forged, NULL, NULL, CERTIFICATE_BAD_SIGNATURE, 0);
    assert_verdict(&forged, &same_key, NULL, CERTIFICATE_BAD_SIGNATURE, 1);
    // No anchors at all.
    struct x509_certificate chain[] = {leaf.certificate, middle.certificate, root.certificate};
    assert_int_equal(x509_verify_chain(chain, 3, NULL, 0, &request, NULL), CERTIFICATE_SELF_SIGNED);
    // Several anchors, two of one name: the one with the key that signed is found wherever it stands.
    struct x509_certificate anchors[] = {other_root.certificate, same_key.certificate, root.certificate};
    assert_int_equal(x509_verify_chain(chain, 2, anchors, 3, &request, NULL), CERTIFICATE_OK);
    assert_int_equal(x509_verify_chain(chain, 3, anchors, 3, &request, NULL), CERTIFICATE_OK);
    assert_int_equal(x509_verify_chain(chain, 2, anchors, 2, &request, NULL), CERTIFICATE_BAD_SIGNATURE);
    anchors[1] = root.certificate;
    anchors[2] = same_key.certificate;
    assert_int_equal(x509_verify_chain(chain, 2, anchors, 3, &request, NULL), CERTIFICATE_OK);
    struct made *all[] = {&other_root, &other_leaf, &self_signed, &same_name, &impostor, &same_key, &forged};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        x509_clear(&all[i]->certificate);
    }
}

static void what_an_anchor_must_be(void **state) {
    (void)state;
    assert_int_equal(verify(&leaf, NULL, NULL, &middle, NULL),
                     CERTIFICATE_BAD_ANCHOR); // a CA, but not a root
    assert_int_equal(verify(&leaf, &middle, NULL, &middle, NULL),
                     CERTIFICATE_UNTRUSTED); // nor at the end of the chain
    struct made not_ca;
    struct x509_template wish = wish_for("leaf", LEAF);
    make(&not_ca, &wish, NULL, LEAF);
    assert_int_equal(verify(&not_ca, NULL, NULL, &not_ca, NULL), CERTIFICATE_ISSUER_NOT_CA);
    x509_clear(&not_ca.certificate);
    // Issued to itself, but signed with another key.
    struct made damaged;
    wish = ca_wish("Root", ROOT, X509_NO_PATH_LENGTH);
    make(&damaged, &wish, NULL, ROOT);
    damaged.der[damaged.length - 1] ^= 1;
    assert_int_equal(verify(&middle, NULL, NULL, &damaged, NULL), CERTIFICATE_BAD_ANCHOR);
    x509_clear(&damaged.certificate);
    // keyUsage without keyCertSign: 06 (keyCertSign, cRLSign) becomes 02.
    struct made no_sign;
    make(&no_sign, &wish, NULL, ROOT);
    change(&no_sign, find(&no_sign, "03 02 01 06"), "03 02 01 02", ROOT);
    assert_int_equal(verify(&middle, NULL, NULL, &no_sign, NULL), CERTIFICATE_ISSUER_KEY_USAGE);
    x509_clear(&no_sign.certificate);
}

static void who_may_sign(void **state) {
    (void)state;
    struct made by_leaf, no_sign, below;
    // A leaf that signs: our builder refuses to, so the issuer's flags are changed for a moment.
    struct x509_template wish = wish_for("by leaf", OTHER);
    leaf.certificate.is_ca = true;
    leaf.certificate.key_usage |= KEY_USAGE_KEY_CERT_SIGN;
    make(&by_leaf, &wish, &leaf, LEAF);
    leaf.certificate.is_ca = false;
    leaf.certificate.key_usage &= ~(unsigned)KEY_USAGE_KEY_CERT_SIGN;
    assert_verdict(&by_leaf, &leaf, &middle, CERTIFICATE_ISSUER_NOT_CA, 1);
    // A CA whose key may only sign revocation lists.
    wish = ca_wish("No certificates", MIDDLE, 0);
    make(&no_sign, &wish, &root, ROOT);
    wish = wish_for("below", LEAF);
    make(&below, &wish, &no_sign, MIDDLE);
    assert_verdict(&below, &no_sign, NULL, CERTIFICATE_OK, 0);
    change(&no_sign, find(&no_sign, "03 02 01 06"), "03 02 01 02", ROOT);
    assert_verdict(&below, &no_sign, NULL, CERTIFICATE_ISSUER_KEY_USAGE, 1);
    // keyUsage of another OID, and so absent: nothing is forbidden.
    change(&no_sign, find(&no_sign, "55 1d 0f 01 01 ff"), "55 1d 7f 01 01 ff", ROOT);
    assert_verdict(&below, &no_sign, NULL, CERTIFICATE_UNKNOWN_CRITICAL, 1);
    x509_clear(&by_leaf.certificate);
    x509_clear(&no_sign.certificate);
    x509_clear(&below.certificate);
}

// Absent extensions: a CA without keyUsage may sign; a leaf without any may do all.
static void absent_extensions(void **state) {
    (void)state;
    struct made ca, plain;
    struct x509_template wish = ca_wish("Plain", MIDDLE, X509_NO_PATH_LENGTH);
    make(&ca, &wish, &root, ROOT);
    // keyUsage becomes an unknown extension that is not critical: its BOOLEAN grows into the identifier.
    change(&ca, find(&ca, "06 03 55 1d 0f 01 01 ff"), "06 06 55 1d 01 01 01 7f", ROOT);
    assert_false(ca.certificate.has_key_usage);
    wish = wish_for("plain", LEAF);
    wish.key_usage = 0;
    wish.extended_key_usage = 0;
    wish.alternative_names = NULL;
    make(&plain, &wish, &ca, MIDDLE);
    assert_false(plain.certificate.has_key_usage || plain.certificate.has_extended_key_usage);
    assert_verdict(&plain, &ca, NULL, CERTIFICATE_OK, 0);
    request.key_usage = KEY_USAGE_DIGITAL_SIGNATURE;
    request.extended_key_usage = EXTENDED_USAGE_CLIENT_AUTH;
    assert_verdict(&plain, &ca, NULL, CERTIFICATE_OK, 0);
    request.name = "plain"; // the common name does not count
    assert_verdict(&plain, &ca, NULL, CERTIFICATE_NAME_MISMATCH, 0);
    x509_clear(&ca.certificate);
    x509_clear(&plain.certificate);
}

static void path_lengths(void **state) {
    (void)state;
    // Middle has pathLen 0: no CA may follow.
    struct made below, end;
    struct x509_template wish = ca_wish("Below", OTHER, X509_NO_PATH_LENGTH);
    make(&below, &wish, &middle, MIDDLE);
    wish = wish_for("end", LEAF);
    make(&end, &wish, &below, OTHER);
    assert_verdict(&end, &below, &middle, CERTIFICATE_PATH_LENGTH, 1);
    assert_verdict(&below, &middle, NULL, CERTIFICATE_OK, 0); // as the last of the chain it is not counted
    x509_clear(&below.certificate);
    x509_clear(&end.certificate);

    // The limit of every length: an anchor with pathLen n, and chains of CAs below it.
    for (int limit = 0; limit <= 3; limit++) {
        struct made top, cas[5], last;
        wish = ca_wish("Top", ROOT, limit);
        make(&top, &wish, NULL, ROOT);
        const struct made *issuer = &top;
        unsigned issuer_key = ROOT;
        for (unsigned count = 0; count < 5; count++) {
            struct x509_certificate chain[6];
            wish = wish_for("last", LEAF);
            make(&last, &wish, issuer, issuer_key);
            chain[0] = last.certificate;
            for (unsigned i = 0; i < count; i++) {
                chain[1 + i] = cas[count - 1 - i].certificate;
            }
            struct x509_fault fault;
            enum certificate_error error =
                x509_verify_chain(chain, 1 + count, &top.certificate, 1, &request, &fault);
            assert_int_equal(error, (int)count <= limit ? CERTIFICATE_OK : CERTIFICATE_PATH_LENGTH);
            if (error != CERTIFICATE_OK) {
                assert_int_equal(fault.certificate, count - (unsigned)limit);
            }
            x509_clear(&last.certificate);
            // A limit further down that is larger takes nothing back.
            char name[8] = "CA 0";
            name[3] = (char)('0' + count);
            wish = ca_wish(name, MIDDLE, 7);
            make(&cas[count], &wish, issuer, issuer_key);
            issuer = &cas[count];
            issuer_key = MIDDLE;
        }
        x509_clear(&top.certificate);
        for (unsigned i = 0; i < 5; i++) {
            x509_clear(&cas[i].certificate);
        }
    }
}

// A CA that changes its key issues itself a certificate: that does not count against the limit (6.1.4 (l)).
static void self_issued_certificates_do_not_count(void **state) {
    (void)state;
    struct made top, renewed, end;
    struct x509_template wish = ca_wish("Top", ROOT, 0);
    make(&top, &wish, NULL, ROOT);
    wish = ca_wish("Top", MIDDLE, X509_NO_PATH_LENGTH);
    make(&renewed, &wish, &top, ROOT);
    assert_true(x509_span_equal(renewed.certificate.issuer, renewed.certificate.subject));
    wish = wish_for("end", LEAF);
    make(&end, &wish, &renewed, MIDDLE);
    struct x509_certificate chain[] = {end.certificate, renewed.certificate};
    assert_int_equal(x509_verify_chain(chain, 2, &top.certificate, 1, &request, NULL), CERTIFICATE_OK);
    // Issued to itself, but signed with the old key: not self-signed.
    assert_int_equal(x509_verify_chain(chain, 2, &root.certificate, 1, &request, NULL),
                     CERTIFICATE_UNTRUSTED);
    x509_clear(&top.certificate);
    x509_clear(&renewed.certificate);
    x509_clear(&end.certificate);
}

static void lengths_of_chains(void **state) {
    (void)state;
    struct made cas[X509_CHAIN_MAX + 1];
    struct x509_certificate chain[X509_CHAIN_MAX + 1];
    const struct made *issuer = &root;
    unsigned key = ROOT;
    for (unsigned i = 0; i <= X509_CHAIN_MAX; i++) {
        char name[8] = "CA 0";
        name[3] = (char)('0' + i);
        struct x509_template wish = ca_wish(name, MIDDLE, X509_NO_PATH_LENGTH);
        make(&cas[i], &wish, issuer, key);
        issuer = &cas[i];
        key = MIDDLE;
        for (unsigned j = 0; j <= i; j++) {
            chain[j] = cas[i - j].certificate;
        }
        assert_int_equal(x509_verify_chain(chain, i + 1, &root.certificate, 1, &request, NULL),
                         i < X509_CHAIN_MAX ? CERTIFICATE_OK : CERTIFICATE_CHAIN_LENGTH);
    }
    assert_int_equal(x509_verify_chain(chain, 0, &root.certificate, 1, &request, NULL),
                     CERTIFICATE_CHAIN_LENGTH);
    assert_int_equal(x509_verify_chain(NULL, SIZE_MAX, &root.certificate, 1, &request, NULL),
                     CERTIFICATE_CHAIN_LENGTH);
    for (unsigned i = 0; i <= X509_CHAIN_MAX; i++) {
        x509_clear(&cas[i].certificate);
    }
}

static void critical_extensions(void **state) {
    (void)state;
    // keyUsage, critical, under an identifier that nobody knows: in the leaf, in the middle, in the anchor.
    change(&leaf, find(&leaf, "55 1d 0f 01 01 ff"), "55 1d 7f 01 01 ff", MIDDLE);
    assert_bytes_equal(leaf.certificate.unknown_critical.bytes, leaf.certificate.unknown_critical.length,
                       "55 1d 7f");
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_UNKNOWN_CRITICAL, 0);
    change(&leaf, find(&leaf, "55 1d 7f 01 01 ff"), "55 1d 0f 01 01 ff", MIDDLE);
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_OK, 0);
    change(&middle, find(&middle, "55 1d 0f 01 01 ff"), "55 1d 7f 01 01 ff", ROOT);
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_UNKNOWN_CRITICAL, 1);
    change(&middle, find(&middle, "55 1d 7f 01 01 ff"), "55 1d 0f 01 01 ff", ROOT);
    change(&root, find(&root, "55 1d 0f 01 01 ff"), "55 1d 7f 01 01 ff", ROOT);
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_UNKNOWN_CRITICAL, 2);
    change(&root, find(&root, "55 1d 7f 01 01 ff"), "55 1d 0f 01 01 ff", ROOT);
    static const uint8_t short_identifier = 0x2a;
    leaf.certificate.unknown_critical = (struct x509_span){&short_identifier, 1};
    assert_int_equal(verify(&leaf, &middle, NULL, &root, NULL), CERTIFICATE_UNKNOWN_CRITICAL);
    // An unknown one that is not critical is skipped; nameConstraints never are.
    change(&leaf, find(&leaf, "55 1d 0e 04"), "55 1d 7f 04", MIDDLE);
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_OK, 0);
    change(&leaf, find(&leaf, "55 1d 7f 04"), "55 1d 1e 04", MIDDLE);
    assert_verdict(&leaf, &middle, NULL, CERTIFICATE_UNKNOWN_CRITICAL, 0);
}

// The byte that a refusal names is that of the part at fault.
static void refusals_say_where(void **state) {
    (void)state;
    struct x509_fault fault;
    const struct x509_certificate *c = &leaf.certificate;
    size_t validity = (size_t)(c->issuer.bytes - c->der.bytes) + c->issuer.length;
    assert_int_equal(leaf.der[validity], DER_SEQUENCE);
    request.time = time_of(2040, 1, 1);
    assert_int_equal(verify(&leaf, &middle, NULL, &root, &fault), CERTIFICATE_EXPIRED);
    assert_int_equal(fault.certificate, 2);
    assert_int_equal(root.der[fault.where.offset], DER_SEQUENCE);
    assert_int_equal(root.der[fault.where.offset + 2], DER_UTC_TIME);
    request.time = time_of(2026, 11, 20);
    assert_int_equal(verify(&leaf, &root, NULL, &root, &fault), CERTIFICATE_WRONG_ISSUER);
    assert_int_equal(fault.where.offset, c->issuer.bytes - c->der.bytes);
    assert_int_equal(verify(&leaf, NULL, NULL, &root, &fault), CERTIFICATE_UNTRUSTED);
    assert_int_equal(fault.where.offset, c->issuer.bytes - c->der.bytes);
    request.name = "example.com";
    assert_int_equal(verify(&leaf, &middle, NULL, &root, &fault), CERTIFICATE_NAME_MISMATCH);
    assert_int_equal(fault.where.offset, c->alternative_names.bytes - c->der.bytes);
    assert_int_equal(verify(&middle, NULL, NULL, &root, &fault), CERTIFICATE_NAME_MISMATCH);
    assert_int_equal(fault.where.offset, 0); // it has none
    request.name = NULL;
    request.key_usage = KEY_USAGE_CRL_SIGN;
    assert_int_equal(verify(&leaf, &middle, NULL, &root, &fault), CERTIFICATE_KEY_USAGE);
    assert_int_equal(fault.where.offset, c->extensions.bytes - c->der.bytes);
    leaf.der[leaf.length - 1] ^= 1;
    assert_int_equal(verify(&leaf, &middle, NULL, &root, &fault), CERTIFICATE_BAD_SIGNATURE);
    assert_int_equal(fault.where.offset, c->signature.bytes - c->der.bytes);
    assert_string_equal(fault.where.layer, x509_layer);
}

static void what_it_is_wanted_for(void **state) {
    (void)state;
    static const struct {
        unsigned key_usage, extended;
        const char *name;
        enum certificate_error expected;
    } vectors[] = {
        {KEY_USAGE_DIGITAL_SIGNATURE, 0, NULL, CERTIFICATE_OK},
        {KEY_USAGE_KEY_ENCIPHERMENT, 0, NULL, CERTIFICATE_OK},
        {KEY_USAGE_KEY_ENCIPHERMENT | KEY_USAGE_DIGITAL_SIGNATURE, 0, NULL, CERTIFICATE_OK},
        {KEY_USAGE_KEY_ENCIPHERMENT | KEY_USAGE_KEY_AGREEMENT, 0, NULL, CERTIFICATE_KEY_USAGE},
        {KEY_USAGE_KEY_CERT_SIGN, 0, NULL, CERTIFICATE_KEY_USAGE},
        {0, EXTENDED_USAGE_SERVER_AUTH, NULL, CERTIFICATE_OK},
        {0, EXTENDED_USAGE_CLIENT_AUTH, NULL, CERTIFICATE_EXTENDED_KEY_USAGE},
        {0, EXTENDED_USAGE_SERVER_AUTH | EXTENDED_USAGE_CLIENT_AUTH, NULL, CERTIFICATE_EXTENDED_KEY_USAGE},
        {0, 0, "www.example.org", CERTIFICATE_OK},
        {0, 0, "192.0.2.1", CERTIFICATE_OK},
        {0, 0, "2001:db8:0::0:1", CERTIFICATE_OK},
        {0, 0, "192.0.2.2", CERTIFICATE_NAME_MISMATCH},
        {0, 0, "example.org", CERTIFICATE_NAME_MISMATCH},
        {0, 0, "leaf", CERTIFICATE_NAME_MISMATCH},
        {0, 0, "", CERTIFICATE_NAME_MISMATCH},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        request.key_usage = vectors[i].key_usage;
        request.extended_key_usage = vectors[i].extended;
        request.name = vectors[i].name;
        assert_verdict(&leaf, &middle, NULL, vectors[i].expected, 0);
    }
    // anyExtendedKeyUsage covers every role.
    struct made any;
    struct x509_template wish = wish_for("any", LEAF);
    wish.extended_key_usage = EXTENDED_USAGE_ANY;
    make(&any, &wish, &middle, MIDDLE);
    request = (struct x509_request){.time = request.time, .extended_key_usage = EXTENDED_USAGE_CLIENT_AUTH};
    assert_verdict(&any, &middle, NULL, CERTIFICATE_OK, 0);
    x509_clear(&any.certificate);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_chain_that_holds, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(times_of_a_chain, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(who_issued_it, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(what_an_anchor_must_be, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(who_may_sign, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(absent_extensions, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(path_lengths, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(self_issued_certificates_do_not_count, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(lengths_of_chains, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(critical_extensions, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(refusals_say_where, make_chain, free_chain),
        cmocka_unit_test_setup_teardown(what_it_is_wanted_for, make_chain, free_chain),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
