// Building certificates: RFC 5280, 4.1 and 4.2, the duties of a CA. Before: protocols/x509_parse.c, whose
// drawing this file follows from the back to the front (der.h says why). Used by: apps/cert-relay (certs
// DIR).
//
//   wish + subject's key --> tbsCertificate --> hash, sign with the issuer's key --> Certificate
//                                 ^
//              issuer's certificate: its subject becomes our issuer, its key identifier our authorityKeyIdentifier
//
// What a CA decides by signing, nobody checks afterwards but the verifier. So a wish is examined before it is
// granted: dates in order, a CA that may sign, names that are names. And what was built is parsed and
// verified by the same code that will receive it, before it is handed out.
//
// Pitfalls
// - The serial number is 159 random bits: unique without a register, and unknown beforehand (x509_parse.c
//   says why).
// - The issuer's name is copied byte for byte from its certificate. Writing it anew, as another type of
//   string, say, would break the chain.
// - A private key that is not the issuer's still signs; the result verifies with nothing. It is noticed here.

#include "protocols/x509_parts.h"

#include "protocols/pem.h"
#include "protocols/rsa_key_file.h"

#include "bignum/random.h"

#include <string.h>

enum { TEXT_MAX = 64 }; // characters of a name (ub-common-name, ub-organization-name: appendix A.1)

static enum certificate_error refuse_wish(struct parse_error *where, const char *reason) {
    parse_error_set(where, 0, "the wish for a certificate", "%s", reason);
    return CERTIFICATE_TEMPLATE;
}

// --- is the wish sensible? -------------------------------------------------------------------------------------

static bool text_fits(const char *text) {
    size_t characters;
    return x509_utf8_length(text, &characters) && characters >= 1 && characters <= TEXT_MAX;
}

static bool names_fit(const char *const *names) {
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        uint8_t address[16];
        struct x509_span name = {(const uint8_t *)names[i], strlen(names[i])};
        if (x509_address_octets(address, names[i]) == 0 && !x509_is_host_name(name)) {
            return false;
        }
    }
    return true;
}

static enum certificate_error check_wish(const struct x509_template *wish, struct parse_error *where) {
    struct x509_date date;
    if (wish->common_name == NULL || !text_fits(wish->common_name)) {
        return refuse_wish(where, "the common name is not UTF-8 text of 1 to 64 characters");
    }
    if (wish->organization != NULL && !text_fits(wish->organization)) {
        return refuse_wish(where, "the organization is not UTF-8 text of 1 to 64 characters");
    }
    if (wish->not_after < wish->not_before || !x509_time_to_date(&date, wish->not_before) ||
        !x509_time_to_date(&date, wish->not_after)) {
        return refuse_wish(where, "the validity ends before it begins, or is outside the years 1 to 9999");
    }
    if (!wish->is_ca && wish->path_length != X509_NO_PATH_LENGTH) {
        return refuse_wish(where, "a path length is for CAs alone (4.2.1.9)");
    }
    if (wish->path_length < X509_NO_PATH_LENGTH || wish->path_length > 0xffff) {
        return refuse_wish(where, "the path length is out of range");
    }
    bool signs = (wish->key_usage & KEY_USAGE_KEY_CERT_SIGN) != 0;
    if (signs != wish->is_ca) {
        return refuse_wish(where, "a CA has keyCertSign, and nobody else has it (4.2.1.3, 4.2.1.9)");
    }
    if (wish->key_usage >> KEY_USAGE_BITS != 0 || (wish->extended_key_usage & EXTENDED_USAGE_OTHER) != 0 ||
        wish->extended_key_usage >> EXTENDED_USAGE_BITS != 0) {
        return refuse_wish(where, "a key usage that has no name");
    }
    if (!names_fit(wish->alternative_names)) {
        return refuse_wish(where, "an alternative name is neither a host name nor an address");
    }
    if (!x509_algorithm_known(wish->hash)) {
        return refuse_wish(where, "certificates are not signed over this hash");
    }
    if (!rsa_check_public_key(wish->key)) {
        return refuse_wish(where, "the subject's key is not a sound RSA key");
    }
    return CERTIFICATE_OK;
}

// The issuer must be what x509_verify_chain will ask for, and the private key its own.
static enum certificate_error check_issuer(const struct x509_template *wish,
                                           const struct x509_certificate *issuer,
                                           const struct rsa_private_key *key, struct parse_error *where) {
    const struct rsa_public_key *expected = issuer == NULL ? wish->key : &issuer->key;
    if (mpz_cmp(key->public.n, expected->n) != 0 || mpz_cmp(key->public.e, expected->e) != 0) {
        parse_error_set(where, 0, "the issuer", "the private key is not the issuer's");
        return CERTIFICATE_ISSUER_KEY;
    }
    if (issuer != NULL &&
        (!issuer->is_ca || (issuer->has_key_usage && (issuer->key_usage & KEY_USAGE_KEY_CERT_SIGN) == 0))) {
        return refuse_wish(where, "the issuer may not sign certificates");
    }
    return CERTIFICATE_OK;
}

// --- the parts -------------------------------------------------------------------------------------------------

// 4.1.2.2: positive and at most 20 octets. The top bit is 0 for the sign; the next is 1, so that the length
// is always the same.
static bool draw_serial(uint8_t serial[static X509_SERIAL_MAX]) {
    if (!random_bytes(serial, X509_SERIAL_MAX)) {
        return false;
    }
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    return true;
}

// 4.2.1.2, method (1): SHA-1 of the contents of the subjectPublicKey BIT STRING, which is RSAPublicKey. A
// name, not a proof: a collision would gain nothing.
enum { KEY_ID_SIZE = 20 };
static bool key_identifier(uint8_t id[static KEY_ID_SIZE], const struct rsa_public_key *key) {
    uint8_t der[4 * RSA_SIZE_MAX];
    size_t length;
    if (rsa_public_key_write_der(der, sizeof der, &length, key, RSA_KEY_PKCS1_PUBLIC) != KEY_FILE_OK) {
        return false;
    }
    hash_digest(hash_find("sha1"), id, der, length);
    return true;
}

// tbsCertificate, last member first.
static bool put_tbs(struct der_writer *writer, const struct x509_template *wish,
                    const struct x509_certificate *issuer, const struct x509_algorithm *algorithm,
                    const uint8_t serial[static X509_SERIAL_MAX]) {
    uint8_t id[KEY_ID_SIZE], issuer_id[KEY_ID_SIZE], info[4 * RSA_SIZE_MAX];
    size_t info_length;
    if (!key_identifier(id, wish->key) ||
        !key_identifier(issuer_id, issuer == NULL ? wish->key : &issuer->key) ||
        rsa_public_key_write_der(info, sizeof info, &info_length, wish->key, RSA_KEY_SPKI) != KEY_FILE_OK) {
        return false;
    }
    // 4.2.1.1: the identifier that the issuer's certificate has, whatever way it was made.
    struct x509_span authority = {issuer_id, sizeof issuer_id};
    if (issuer != NULL && issuer->subject_key_id.length > 0) {
        authority = issuer->subject_key_id;
    }
    size_t tbs = der_mark(writer);
    x509_put_extensions(writer, wish, (struct x509_span){id, sizeof id}, authority);
    der_put_bytes(writer, info, info_length);
    x509_put_name(writer, wish->organization, wish->common_name);
    size_t validity = der_mark(writer);
    x509_put_time(writer, wish->not_after);
    x509_put_time(writer, wish->not_before);
    der_put_header(writer, DER_SEQUENCE, validity);
    if (issuer == NULL) {
        x509_put_name(writer, wish->organization, wish->common_name);
    } else {
        der_put_bytes(writer, issuer->subject.bytes, issuer->subject.length);
    }
    x509_put_algorithm(writer, algorithm);
    der_put_element(writer, DER_INTEGER, serial, X509_SERIAL_MAX);
    size_t version = der_mark(writer);
    der_put_small(writer, 2); // v3
    der_put_header(writer, DER_CONTEXT_CONSTRUCTED, version);
    der_put_header(writer, DER_SEQUENCE, tbs);
    return true;
}

// --- the certificate -------------------------------------------------------------------------------------------

// Signs the tbsCertificate, and puts the three members together.
static enum certificate_error sign(uint8_t *out, size_t size, size_t *length, const uint8_t *tbs,
                                   size_t tbs_length, const struct x509_algorithm *algorithm,
                                   const struct rsa_private_key *key, struct parse_error *where) {
    static const uint8_t no_unused_bits = 0;
    uint8_t signature[RSA_SIZE_MAX];
    if (!x509_algorithm_sign(algorithm, key, signature, (struct x509_span){tbs, tbs_length})) {
        parse_error_set(where, 0, "the issuer",
                        "the key cannot make this signature: it is too short for the hash");
        return CERTIFICATE_ISSUER_KEY;
    }
    struct der_writer writer;
    der_writer_init(&writer, out, size);
    size_t mark = der_mark(&writer);
    der_put_bytes(&writer, signature, rsa_size(&key->public));
    der_put_bytes(&writer, &no_unused_bits, 1);
    der_put_header(&writer, DER_BIT_STRING, mark);
    x509_put_algorithm(&writer, algorithm);
    der_put_bytes(&writer, tbs, tbs_length);
    der_put_header(&writer, DER_SEQUENCE, mark);
    if (!der_finish(&writer, length)) {
        return refuse_wish(where, "the certificate is too large for the buffer");
    }
    return CERTIFICATE_OK;
}

// The receiver's view of what was built.
static enum certificate_error check_result(const uint8_t *der, size_t length,
                                           const struct rsa_public_key *issuer_key,
                                           struct parse_error *where) {
    struct x509_certificate built;
    x509_init(&built);
    enum certificate_error error = x509_parse(&built, der, length, where);
    if (error == CERTIFICATE_OK && !x509_signed_by(&built, issuer_key)) {
        parse_error_set(where, 0, "the issuer", "%s", certificate_error_text(CERTIFICATE_BAD_SIGNATURE));
        error = CERTIFICATE_BAD_SIGNATURE;
    }
    x509_clear(&built);
    return error;
}

enum certificate_error x509_build(uint8_t *out, size_t size, size_t *length, const struct x509_template *wish,
                                  const struct x509_certificate *issuer,
                                  const struct rsa_private_key *issuer_key, struct parse_error *where) {
    *length = 0;
    enum certificate_error error = check_wish(wish, where);
    if (error == CERTIFICATE_OK) {
        error = check_issuer(wish, issuer, issuer_key, where);
    }
    if (error != CERTIFICATE_OK) {
        return error;
    }
    uint8_t serial[X509_SERIAL_MAX], tbs[X509_BUILD_MAX];
    if (!draw_serial(serial)) {
        parse_error_set(where, 0, "the serial number", "%s", certificate_error_text(CERTIFICATE_RANDOM));
        return CERTIFICATE_RANDOM;
    }
    const struct x509_algorithm algorithm = {wish->pss, wish->hash, wish->pss ? wish->hash : NULL,
                                             wish->pss ? (unsigned)wish->hash->digest_size : 0};
    struct der_writer writer;
    size_t tbs_length;
    der_writer_init(&writer, tbs, sizeof tbs);
    if (!put_tbs(&writer, wish, issuer, &algorithm, serial) || !der_finish(&writer, &tbs_length)) {
        return refuse_wish(where, "the certificate is too large");
    }
    error = sign(out, size, length, tbs, tbs_length, &algorithm, issuer_key, where);
    if (error == CERTIFICATE_OK) {
        error = check_result(out, *length, &issuer_key->public, where);
    }
    *length = error == CERTIFICATE_OK ? *length : 0;
    return error;
}

enum certificate_error x509_write_pem(char *out, size_t size, size_t *length, const uint8_t *der,
                                      size_t der_length) {
    return pem_encode(out, size, length, "CERTIFICATE", der, der_length) ? CERTIFICATE_OK
                                                                         : CERTIFICATE_TOO_LARGE;
}
