// X.509 certificates: RFC 5280 (2008). A statement "this key belongs to this name", signed by someone who is
// believed. Before: protocols/der.c, ciphers/public/rsa_pkcs1.c. After: protocols/x509_extensions.c,
// protocols/x509_verify.c.
//
// A public key that comes over the network proves nothing: anybody has one. A certificate puts a name beside
// the key and a signature below both. Whoever trusts the signer's key can now trust this one, without ever
// having met its owner; and the signer may be vouched for in the same way, up to a key that everybody has
// already.
//
// Status:   sound, with SHA-256 or longer. A certificate signed over SHA-1 can be forged by a collision and
// is for study.
// Vectors:  vectors/x509/, made with openssl, and NIST's PKITS; tests/test_x509.c, tests/test_x509_pkits.c.
//
// The structure (4.1), with the clauses that this file follows:
//
//   Certificate    SEQUENCE
//   +-- tbsCertificate   SEQUENCE, "to be signed"  ------------------+
//   |   +-- version           [0] INTEGER 2, meaning v3    4.1.2.1   |
//   |   +-- serialNumber      INTEGER                      4.1.2.2   |
//   |   +-- signature         AlgorithmIdentifier  <--+    4.1.2.3   |  these bytes,
//   |   +-- issuer            Name                    |    4.1.2.4   |  exactly as they
//   |   +-- validity          SEQUENCE of two times   |    4.1.2.5   |  stand, are hashed
//   |   +-- subject           Name                    |    4.1.2.6   |  and signed
//   |   +-- subjectPublicKeyInfo  the key             |    4.1.2.7   |
//   |   +-- extensions        [3] SEQUENCE OF         |    4.1.2.9   |
//   +-- signatureAlgorithm    AlgorithmIdentifier  <--+ the same     |
//   +-- signatureValue        BIT STRING  <---------- RSA -----------+
//
// In the certificate of a root the issuer is the subject and the signature is its own: it proves only that
// nobody has changed it since. Trust in a root comes from outside.
//
// This file takes a certificate apart and refuses whatever is not exactly as the standard has it; whether it
// is to be believed is decided in x509_verify.c. All it returns are spans of the caller's bytes, besides the
// numbers.
//
// Pitfalls
// - The signature covers bytes, not meanings. So the bytes of tbsCertificate are kept as they came, and never
//   written anew.
// - The algorithm beside the signature is not signed. If it may differ from the one inside, an attacker
//   chooses it (4.1.1.2 demands equality).
// - Two encodings of one certificate are two fingerprints of it: only DER is read, to the last byte.
// - A serial number drawn at random is what made collisions useless to forgers: they must know all bytes
//   beforehand.

#include "protocols/x509_parts.h"

#include "protocols/rsa_key_file.h"

const char x509_layer[] = "the certificate";

void x509_init(struct x509_certificate *certificate) {
    *certificate = (struct x509_certificate){.path_length = X509_NO_PATH_LENGTH};
    rsa_public_key_init(&certificate->key);
}

void x509_clear(struct x509_certificate *certificate) {
    rsa_public_key_clear(&certificate->key);
    *certificate = (struct x509_certificate){.path_length = X509_NO_PATH_LENGTH};
}

static void make_empty(struct x509_certificate *certificate) {
    x509_clear(certificate);
    x509_init(certificate);
}

enum certificate_error x509_refuse_der(const struct der_reader *reader, const char *what,
                                       struct parse_error *where) {
    parse_error_set(where, reader->fault->offset, x509_layer, "%s: %s", what,
                    der_error_text(reader->fault->error));
    return CERTIFICATE_DER;
}

// The next element, header included, without moving on.
static struct x509_span peek_element(const struct der_reader *reader) {
    struct der_fault fault = {DER_OK, 0};
    struct der_reader copy = *reader;
    copy.fault = &fault;
    struct x509_span span = {NULL, 0};
    return der_any(&copy, &span.bytes, &span.length) ? span : (struct x509_span){NULL, 0};
}

// --- the members of tbsCertificate -----------------------------------------------------------------------------

// 4.1.2.1: [0] EXPLICIT INTEGER DEFAULT v1, where v3 is the value 2. "Implementations should be prepared to accept any
// version": `openssl x509 -req` without a file of extensions has long made version 1. Such a certificate has nothing that
// says that its key may sign others, so x509_verify.c takes it at the end of a chain only.
static enum certificate_error read_version(struct der_reader *tbs, struct x509_certificate *certificate,
                                           struct parse_error *where) {
    struct der_reader inner;
    unsigned version = 0;
    size_t start = tbs->position;
    certificate->version = 1;
    if (der_peek(tbs) != DER_CONTEXT_CONSTRUCTED) {
        return CERTIFICATE_OK;
    }
    if (!der_enter(tbs, DER_CONTEXT_CONSTRUCTED, &inner) || !der_small(&inner, &version) ||
        !der_end(&inner)) {
        return x509_refuse_der(tbs, "the version", where);
    }
    if (version == 0) {
        (void)der_fail(tbs, start, DER_DEFAULT_WRITTEN);
        return x509_refuse_der(tbs, "the version", where);
    }
    if (version > 2) {
        parse_error_set(where, start, x509_layer, "this is version %u; there are 1, 2 and 3", version + 1);
        return CERTIFICATE_VERSION;
    }
    certificate->version = version + 1;
    return CERTIFICATE_OK;
}

// Something that this version does not have yet (4.1.2.8, 4.1.2.9).
static enum certificate_error refuse_for_version(const struct der_reader *tbs, const char *what,
                                                 const struct x509_certificate *certificate,
                                                 struct parse_error *where) {
    parse_error_set(where, tbs->position, x509_layer, "%s: version %u does not have it", what,
                    certificate->version);
    return CERTIFICATE_VERSION;
}

// 4.1.2.2: positive, at most 20 octets. Both are needed where certificates are listed by it: the same number
// must not come in two forms.
static enum certificate_error read_serial(struct der_reader *tbs, struct x509_span *serial,
                                          struct parse_error *where) {
    struct der_reader copy = *tbs;
    size_t start = tbs->position;
    mpz_t value;
    mpz_init(value);
    bool ok = der_element(&copy, DER_INTEGER, &serial->bytes, &serial->length) &&
              der_integer(tbs, value, X509_SERIAL_MAX);
    bool positive = ok && mpz_sgn(value) > 0 && serial->length <= X509_SERIAL_MAX;
    mpz_clear(value);
    if (!ok) {
        (void)x509_refuse_der(tbs, "the serial number", where);
        enum der_error error = tbs->fault->error;
        return error == DER_INTEGER_NEGATIVE || error == DER_INTEGER_TOO_LARGE ? CERTIFICATE_SERIAL
                                                                               : CERTIFICATE_DER;
    }
    if (!positive) {
        parse_error_set(where, start, x509_layer, "the serial number is zero, or has more than %d octets",
                        X509_SERIAL_MAX);
        return CERTIFICATE_SERIAL;
    }
    return CERTIFICATE_OK;
}

// 4.1.2.5.
static enum certificate_error read_validity(struct der_reader *tbs, struct x509_certificate *certificate,
                                            struct parse_error *where) {
    struct der_reader inner;
    size_t start = tbs->position;
    if (!der_enter(tbs, DER_SEQUENCE, &inner)) {
        return x509_refuse_der(tbs, "the validity", where);
    }
    if (!x509_read_time(&inner, &certificate->not_before) ||
        !x509_read_time(&inner, &certificate->not_after)) {
        (void)x509_refuse_der(&inner, "the validity", where);
        return tbs->fault->error == DER_TIME_VALUE ? CERTIFICATE_VALIDITY : CERTIFICATE_DER;
    }
    if (!der_end(&inner)) {
        return x509_refuse_der(&inner, "the validity", where);
    }
    if (certificate->not_after < certificate->not_before) {
        parse_error_set(where, start, x509_layer, "the end of the validity is before its beginning");
        return CERTIFICATE_VALIDITY;
    }
    return CERTIFICATE_OK;
}

// 4.1.2.7. The reader of key files checks the numbers too.
static enum certificate_error read_key(struct der_reader *tbs, struct x509_certificate *certificate,
                                       struct parse_error *where) {
    certificate->public_key = peek_element(tbs);
    if (!der_enter(tbs, DER_SEQUENCE, NULL)) {
        return x509_refuse_der(tbs, "the key", where);
    }
    struct x509_span info = certificate->public_key;
    struct rsa_private_key key;
    struct parse_error inside = {.offset = 0};
    rsa_private_key_init(&key);
    enum key_file_error error = rsa_key_read_der(&key, RSA_KEY_SPKI, info.bytes, info.length, &inside);
    mpz_swap(certificate->key.n, key.public.n);
    mpz_swap(certificate->key.e, key.public.e);
    rsa_private_key_clear(&key);
    if (error != KEY_FILE_OK) {
        parse_error_set(where, (size_t)(info.bytes - tbs->bytes) + inside.offset, x509_layer, "the key: %s",
                        inside.reason);
        return CERTIFICATE_KEY;
    }
    return CERTIFICATE_OK;
}

// What 4.2 demands of the extensions as a whole.
static enum certificate_error check_whole(const struct der_reader *tbs,
                                          const struct x509_certificate *certificate,
                                          struct parse_error *where) {
    size_t subject = (size_t)(certificate->subject.bytes - tbs->bytes);
    // 4.1.2.6: the subject may be empty when subjectAltName is there, but never in a CA, whose name others
    // refer to.
    bool nameless = certificate->subject.length == 2;
    if (nameless && (certificate->is_ca || certificate->alternative_names.length == 0)) {
        parse_error_set(where, subject, x509_layer, "the subject has no name, and %s",
                        certificate->is_ca ? "is a CA" : "no alternative one");
        return CERTIFICATE_NAME;
    }
    return CERTIFICATE_OK;
}

static enum certificate_error read_tbs(struct der_reader *tbs, struct x509_certificate *certificate,
                                       struct x509_span *algorithm, struct parse_error *where) {
    enum certificate_error error = read_version(tbs, certificate, where);
    if (error == CERTIFICATE_OK) {
        error = read_serial(tbs, &certificate->serial, where);
    }
    if (error == CERTIFICATE_OK) {
        *algorithm = peek_element(tbs);
        error = x509_read_algorithm(tbs, &certificate->algorithm, where);
    }
    if (error == CERTIFICATE_OK) {
        error = x509_read_name(tbs, &certificate->issuer, false, where);
    }
    if (error == CERTIFICATE_OK) {
        error = read_validity(tbs, certificate, where);
    }
    if (error == CERTIFICATE_OK) {
        error = x509_read_name(tbs, &certificate->subject, true, where);
    }
    if (error == CERTIFICATE_OK) {
        error = read_key(tbs, certificate, where);
    }
    // issuerUniqueID and subjectUniqueID: relics, to be parsed and not used (4.1.2.8).
    for (int tag = DER_CONTEXT | 1; tag <= (DER_CONTEXT | 2) && error == CERTIFICATE_OK; tag++) {
        if (der_peek(tbs) != tag) {
            continue;
        }
        if (certificate->version < 2) {
            error = refuse_for_version(tbs, "a unique identifier", certificate, where);
        } else if (!der_enter(tbs, (uint8_t)tag, NULL)) {
            error = x509_refuse_der(tbs, "a unique identifier", where);
        }
    }
    if (error == CERTIFICATE_OK && tbs->position < tbs->end) {
        error = certificate->version < 3
                    ? refuse_for_version(tbs, "the list of extensions", certificate, where)
                    : x509_read_extensions(tbs, certificate, where);
    }
    if (error == CERTIFICATE_OK && !der_end(tbs)) {
        error = x509_refuse_der(tbs, "after the extensions", where);
    }
    return error == CERTIFICATE_OK ? check_whole(tbs, certificate, where) : error;
}

// --- the certificate -------------------------------------------------------------------------------------------

// 4.1.1.2 and 4.1.1.3: the part beside what is signed.
static enum certificate_error read_signature(struct der_reader *outer, struct x509_certificate *certificate,
                                             struct x509_span signed_algorithm, struct parse_error *where) {
    struct x509_span algorithm = peek_element(outer);
    struct der_reader bits;
    size_t start = outer->position;
    if (!der_enter(outer, DER_SEQUENCE, NULL)) {
        return x509_refuse_der(outer, "the signature algorithm", where);
    }
    if (!x509_span_equal(algorithm, signed_algorithm)) {
        parse_error_set(where, start, x509_layer,
                        "the algorithm beside the signature is not the one that was signed");
        return CERTIFICATE_ALGORITHMS_DIFFER;
    }
    if (!der_bit_string_bytes(outer, &bits)) {
        return x509_refuse_der(outer, "the signature", where);
    }
    certificate->signature = (struct x509_span){bits.bytes + bits.position, bits.end - bits.position};
    return CERTIFICATE_OK;
}

static enum certificate_error parse(struct x509_certificate *certificate, const uint8_t *der, size_t length,
                                    struct parse_error *where) {
    struct der_fault fault;
    struct der_reader file, outer, tbs;
    struct x509_span algorithm = {NULL, 0};
    if (length > X509_SIZE_MAX) {
        parse_error_set(where, X509_SIZE_MAX, x509_layer, "more than %d bytes", X509_SIZE_MAX);
        return CERTIFICATE_TOO_LARGE;
    }
    der_reader_init(&file, der, length, &fault);
    certificate->der = (struct x509_span){der, length};
    if (!der_enter(&file, DER_SEQUENCE, &outer)) {
        return x509_refuse_der(&file, "the outermost SEQUENCE", where);
    }
    if (!der_end(&file)) {
        return x509_refuse_der(&file, "after the certificate", where);
    }
    certificate->tbs = peek_element(&outer);
    if (!der_enter(&outer, DER_SEQUENCE, &tbs)) {
        return x509_refuse_der(&outer, "tbsCertificate", where);
    }
    enum certificate_error error = read_tbs(&tbs, certificate, &algorithm, where);
    if (error == CERTIFICATE_OK) {
        error = read_signature(&outer, certificate, algorithm, where);
    }
    if (error == CERTIFICATE_OK && !der_end(&outer)) {
        error = x509_refuse_der(&outer, "after the signature", where);
    }
    return error;
}

enum certificate_error x509_parse(struct x509_certificate *certificate, const uint8_t *der, size_t length,
                                  struct parse_error *where) {
    make_empty(certificate);
    enum certificate_error error = parse(certificate, der, length, where);
    if (error != CERTIFICATE_OK) {
        make_empty(certificate);
    }
    return error;
}
