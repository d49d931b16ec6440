// The extensions of a certificate: RFC 5280, 4.2. Before: protocols/x509_parse.c. After:
// protocols/x509_verify.c.
//
// Versions 1 and 2 of X.509 said whose key it is and no more. Everything else came with version 3, as a list:
//
//   Extension ::= SEQUENCE {                                       30 0f
//       extnID     OBJECT IDENTIFIER,                                 06 03 55 1d 13      basicConstraints
//       critical   BOOLEAN DEFAULT FALSE,                             01 01 ff            critical
//       extnValue  OCTET STRING containing DER of its own type }      04 05 30 03 01 01 ff   cA TRUE
//
//   extension                section     what it settles
//   basicConstraints         4.2.1.9     may this key sign certificates (cA), and how many CAs may follow (pathLen)
//   keyUsage                 4.2.1.3     what the key may do at all: nine named bits
//   extKeyUsage              4.2.1.12    in which role: server, client, ...
//   subjectAltName           4.2.1.6     for which hosts and addresses (x509_host.c)
//   subjectKeyIdentifier     4.2.1.2     a short name of the subject's key, and
//   authorityKeyIdentifier   4.2.1.1     of the issuer's: hints for building a chain, no proof
//
// "Critical" means: whoever does not understand this must not accept the certificate (4.2). It is how a CA
// can say something new to old software. An extension that is not critical and not known is skipped.
//
// nameConstraints (4.2.1.10) limits a CA to certain names. This reader does not compare names with such limits,
// and to skip them would take what the CA did not give: so the extension counts as critical, marked so or not,
// and its certificate is refused.
//
// Pitfalls
// - Not looking at cA: then the owner of any certificate can issue others. Browsers have made that mistake.
// - The same extension twice, and two programs that read different ones (4.2 forbids it): refused.
// - keyUsage is a bit string: bit 0 is the top bit of the first byte, and zeros at the end are cut off.

#include "protocols/x509_parts.h"

#include <string.h>

// clang-format off
// id-ce, 2.5.29.n.
static const struct x509_span id_ce_subject_key_identifier   = X509_OID(0x55, 0x1d, 14);
static const struct x509_span id_ce_key_usage                = X509_OID(0x55, 0x1d, 15);
static const struct x509_span id_ce_subject_alt_name         = X509_OID(0x55, 0x1d, 17);
static const struct x509_span id_ce_basic_constraints        = X509_OID(0x55, 0x1d, 19);
static const struct x509_span id_ce_name_constraints         = X509_OID(0x55, 0x1d, 30);
static const struct x509_span id_ce_authority_key_identifier = X509_OID(0x55, 0x1d, 35);
static const struct x509_span id_ce_ext_key_usage            = X509_OID(0x55, 0x1d, 37);

const char *const x509_key_usage_names[KEY_USAGE_BITS] = {
    "digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
};
const char *const x509_extended_key_usage_names[EXTENDED_USAGE_BITS] = {
    "serverAuth", "clientAuth", "codeSigning", "emailProtection", "timeStamping", "OCSPSigning", "any", "others",
};
// id-kp, 1.3.6.1.5.5.7.3.n, and anyExtendedKeyUsage, 2.5.29.37.0, in the order of the bits.
static const struct x509_span extended_key_usages[] = {
    X509_OID(0x2b, 6, 1, 5, 5, 7, 3, 1), X509_OID(0x2b, 6, 1, 5, 5, 7, 3, 2), X509_OID(0x2b, 6, 1, 5, 5, 7, 3, 3),
    X509_OID(0x2b, 6, 1, 5, 5, 7, 3, 4), X509_OID(0x2b, 6, 1, 5, 5, 7, 3, 8), X509_OID(0x2b, 6, 1, 5, 5, 7, 3, 9),
    X509_OID(0x55, 0x1d, 37, 0),
};
// clang-format on
enum { EXTENDED_USAGES_KNOWN = sizeof extended_key_usages / sizeof extended_key_usages[0] };

// --- one by one: each reads the contents of extnValue, and answers false with the reader's fault set -----------

// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
static bool read_basic_constraints(struct der_reader *value, struct x509_certificate *certificate) {
    struct der_reader inner;
    unsigned path_length;
    if (!der_enter(value, DER_SEQUENCE, &inner) || !der_optional_true(&inner, &certificate->is_ca)) {
        return false;
    }
    if (inner.position < inner.end && certificate->is_ca) {
        if (!der_small(&inner, &path_length)) {
            return false;
        }
        certificate->path_length = (int)path_length;
    }
    return der_end(&inner); // a pathLenConstraint without cA is left over: 4.2.1.9 forbids it
}

static bool read_key_usage(struct der_reader *value, struct x509_certificate *certificate) {
    size_t start = value->position;
    certificate->has_key_usage = true;
    if (!der_named_bits(value, &certificate->key_usage, KEY_USAGE_BITS)) {
        return false;
    }
    // "at least one of the bits MUST be set to 1" (4.2.1.3).
    return certificate->key_usage != 0 || der_fail(value, start, DER_NAMED_BITS);
}

// ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER
static bool read_extended_key_usage(struct der_reader *value, struct x509_certificate *certificate) {
    struct der_reader inner;
    certificate->has_extended_key_usage = true;
    if (!der_enter(value, DER_SEQUENCE, &inner)) {
        return false;
    }
    do {
        struct x509_span oid;
        if (!der_oid(&inner, &oid.bytes, &oid.length)) {
            return false;
        }
        unsigned bit = EXTENDED_USAGE_OTHER;
        for (unsigned i = 0; i < EXTENDED_USAGES_KNOWN; i++) {
            bit = x509_span_equal(oid, extended_key_usages[i]) ? 1U << i : bit;
        }
        certificate->extended_key_usage |= bit;
    } while (inner.position < inner.end);
    return true;
}

static bool read_subject_alt_name(struct der_reader *value, struct x509_certificate *certificate) {
    struct der_reader names;
    if (!der_enter(value, DER_SEQUENCE, &names)) {
        return false;
    }
    certificate->alternative_names =
        (struct x509_span){names.bytes + names.position, names.end - names.position};
    return x509_read_general_names(&names);
}

static bool read_subject_key_id(struct der_reader *value, struct x509_certificate *certificate) {
    return der_element(value, DER_OCTET_STRING, &certificate->subject_key_id.bytes,
                       &certificate->subject_key_id.length);
}

// AuthorityKeyIdentifier ::= SEQUENCE { [0] keyIdentifier OPTIONAL, [1] issuer and [2] its serial number
// OPTIONAL }
static bool read_authority_key_id(struct der_reader *value, struct x509_certificate *certificate) {
    struct der_reader inner;
    if (!der_enter(value, DER_SEQUENCE, &inner)) {
        return false;
    }
    if (der_peek(&inner) == (DER_CONTEXT | 0) &&
        !der_element(&inner, DER_CONTEXT | 0, &certificate->authority_key_id.bytes,
                     &certificate->authority_key_id.length)) {
        return false;
    }
    // [1] and [2] come both or not at all (4.2.1.1).
    return inner.position == inner.end || (der_enter(&inner, DER_CONTEXT_CONSTRUCTED | 1, NULL) &&
                                           der_enter(&inner, DER_CONTEXT | 2, NULL) && der_end(&inner));
}

static const struct known_extension {
    const struct x509_span *oid;
    const char *name;
    bool (*read)(struct der_reader *value, struct x509_certificate *certificate);
} known_extensions[] = {
    {&id_ce_basic_constraints, "basicConstraints", read_basic_constraints},
    {&id_ce_key_usage, "keyUsage", read_key_usage},
    {&id_ce_ext_key_usage, "extKeyUsage", read_extended_key_usage},
    {&id_ce_subject_alt_name, "subjectAltName", read_subject_alt_name},
    {&id_ce_subject_key_identifier, "subjectKeyIdentifier", read_subject_key_id},
    {&id_ce_authority_key_identifier, "authorityKeyIdentifier", read_authority_key_id},
};
enum { KNOWN_EXTENSIONS = sizeof known_extensions / sizeof known_extensions[0] };

// --- the list --------------------------------------------------------------------------------------------------

bool x509_read_extension(struct der_reader *reader, struct x509_extension *extension) {
    struct der_reader inner;
    return der_enter(reader, DER_SEQUENCE, &inner) &&
           der_oid(&inner, &extension->oid.bytes, &extension->oid.length) &&
           der_optional_true(&inner, &extension->critical) &&
           der_element(&inner, DER_OCTET_STRING, &extension->value.bytes, &extension->value.length) &&
           der_end(&inner);
}

bool x509_next_extension(const struct x509_certificate *certificate, size_t *position,
                         struct x509_extension *extension) {
    struct der_fault fault;
    struct der_reader reader;
    der_reader_init(&reader, certificate->extensions.bytes, certificate->extensions.length, &fault);
    reader.position = *position;
    if (reader.position >= reader.end || !x509_read_extension(&reader, extension)) {
        return false;
    }
    *position = reader.position;
    return true;
}

static enum certificate_error read_value(struct der_reader *list, const struct x509_extension *extension,
                                         struct x509_certificate *certificate, struct parse_error *where) {
    // A reader over the value that counts offsets from the start of the certificate, as all others do.
    struct der_reader value = *list;
    value.position = (size_t)(extension->value.bytes - list->bytes);
    value.end = value.position + extension->value.length;
    for (size_t i = 0; i < KNOWN_EXTENSIONS; i++) {
        const struct known_extension *known = &known_extensions[i];
        if (!x509_span_equal(extension->oid, *known->oid)) {
            continue;
        }
        if (!known->read(&value, certificate) || !der_end(&value)) {
            (void)x509_refuse_der(&value, known->name, where);
            return CERTIFICATE_EXTENSION;
        }
        return CERTIFICATE_OK;
    }
    bool must_be_understood = extension->critical || x509_span_equal(extension->oid, id_ce_name_constraints);
    if (must_be_understood && certificate->unknown_critical.length == 0) {
        certificate->unknown_critical = extension->oid;
    }
    return CERTIFICATE_OK;
}

// Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension, in an explicit [3].
enum certificate_error x509_read_extensions(struct der_reader *reader, struct x509_certificate *certificate,
                                            struct parse_error *where) {
    struct der_reader outer, list;
    if (!der_enter(reader, DER_CONTEXT_CONSTRUCTED | 3, &outer) || !der_enter(&outer, DER_SEQUENCE, &list) ||
        !der_end(&outer)) {
        return x509_refuse_der(reader, "the list of extensions", where);
    }
    certificate->extensions = (struct x509_span){list.bytes + list.position, list.end - list.position};
    struct x509_span seen[X509_EXTENSIONS_MAX];
    size_t count = 0;
    do {
        size_t start = list.position;
        struct x509_extension extension;
        if (count == X509_EXTENSIONS_MAX || list.position == list.end) {
            parse_error_set(where, start, x509_layer, "a list of extensions has 1 to %d entries here",
                            X509_EXTENSIONS_MAX);
            return CERTIFICATE_EXTENSION_COUNT;
        }
        if (!x509_read_extension(&list, &extension)) {
            return x509_refuse_der(&list, "an extension", where);
        }
        for (size_t i = 0; i < count; i++) {
            if (x509_span_equal(extension.oid, seen[i])) {
                parse_error_set(where, start, x509_layer, "this extension is in the list twice");
                return CERTIFICATE_EXTENSION_TWICE;
            }
        }
        seen[count++] = extension.oid;
        enum certificate_error error = read_value(&list, &extension, certificate, where);
        if (error != CERTIFICATE_OK) {
            return error;
        }
    } while (list.position < list.end);
    return CERTIFICATE_OK;
}

// --- writing ---------------------------------------------------------------------------------------------------

// What was written since `mark` becomes the value of an extension.
static void wrap_extension(struct der_writer *writer, struct x509_span oid, bool critical, size_t mark) {
    der_put_header(writer, DER_OCTET_STRING, mark);
    if (critical) {
        der_put_true(writer);
    }
    der_put_element(writer, DER_OID, oid.bytes, oid.length);
    der_put_header(writer, DER_SEQUENCE, mark);
}

static void put_alternative_names(struct der_writer *writer, const char *const *names) {
    size_t mark = der_mark(writer);
    size_t count = 0;
    while (names[count] != NULL) {
        count++;
    }
    while (count-- > 0) {
        uint8_t address[16];
        size_t octets = x509_address_octets(address, names[count]);
        if (octets > 0) {
            der_put_element(writer, DER_CONTEXT | GENERAL_NAME_IP, address, octets);
        } else {
            der_put_element(writer, DER_CONTEXT | GENERAL_NAME_DNS, (const uint8_t *)names[count],
                            strlen(names[count]));
        }
    }
    der_put_header(writer, DER_SEQUENCE, mark);
    wrap_extension(writer, id_ce_subject_alt_name, false, mark);
}

static void put_extended_key_usage(struct der_writer *writer, unsigned usage) {
    size_t mark = der_mark(writer);
    for (size_t i = EXTENDED_USAGES_KNOWN; i-- > 0;) {
        if ((usage >> i & 1) != 0) {
            der_put_element(writer, DER_OID, extended_key_usages[i].bytes, extended_key_usages[i].length);
        }
    }
    der_put_header(writer, DER_SEQUENCE, mark);
    wrap_extension(writer, id_ce_ext_key_usage, false, mark);
}

static void put_basic_constraints(struct der_writer *writer, bool is_ca, int path_length) {
    size_t mark = der_mark(writer);
    if (is_ca && path_length != X509_NO_PATH_LENGTH) {
        der_put_small(writer, (unsigned)path_length);
    }
    if (is_ca) {
        der_put_true(writer);
    }
    der_put_header(writer, DER_SEQUENCE, mark);
    wrap_extension(writer, id_ce_basic_constraints, true, mark);
}

// Last to first: basicConstraints, keyUsage, extKeyUsage, subjectAltName, and the key identifiers.
void x509_put_extensions(struct der_writer *writer, const struct x509_template *wish,
                         struct x509_span subject_key_id, struct x509_span authority_key_id) {
    size_t all = der_mark(writer);
    size_t mark = all;
    der_put_element(writer, DER_CONTEXT | 0, authority_key_id.bytes, authority_key_id.length);
    der_put_header(writer, DER_SEQUENCE, mark);
    wrap_extension(writer, id_ce_authority_key_identifier, false, mark);
    mark = der_mark(writer);
    der_put_element(writer, DER_OCTET_STRING, subject_key_id.bytes, subject_key_id.length);
    wrap_extension(writer, id_ce_subject_key_identifier, false, mark);
    if (wish->alternative_names != NULL && wish->alternative_names[0] != NULL) {
        put_alternative_names(writer, wish->alternative_names);
    }
    if (wish->extended_key_usage != 0) {
        put_extended_key_usage(writer, wish->extended_key_usage);
    }
    if (wish->key_usage != 0) {
        mark = der_mark(writer);
        der_put_named_bits(writer, wish->key_usage);
        wrap_extension(writer, id_ce_key_usage, true, mark);
    }
    put_basic_constraints(writer, wish->is_ca, wish->path_length);
    der_put_header(writer, DER_SEQUENCE, all);
    der_put_header(writer, DER_CONTEXT_CONSTRUCTED | 3, all);
}
