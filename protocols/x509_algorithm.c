// Signature algorithms of certificates: RFC 4055, and RFC 8017, A.2. Before: ciphers/public/rsa_pss.c,
// protocols/der.c. After: protocols/x509_parse.c.
//
// A certificate names the algorithm of its signature twice: once inside the signed part and once beside the
// signature.
//
//   AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY DEFINED BY algorithm OPTIONAL }
//
// PKCS#1 v1.5 has an identifier for each hash, and NULL for parameters. PSS has one identifier, and
// everything that can be chosen is a parameter (RFC 4055, 3.1); each has a default, and a default is left out
// in DER:
//
//   RSASSA-PSS-params ::= SEQUENCE {
//       hashAlgorithm    [0] { sha1 }         DEFAULT    what the message is hashed with
//       maskGenAlgorithm [1] { mgf1, sha1 }   DEFAULT    MGF1, and the hash in it
//       saltLength       [2] INTEGER          DEFAULT 20
//       trailerField     [3] INTEGER          DEFAULT 1 }  the byte bc; there is no other
//
//   30 41                                            SHA-256, MGF1 with SHA-256, 32 bytes of salt, as most use it:
//      06 09 2a864886f70d01010a                      id-RSASSA-PSS
//      30 34
//         a0 0f  30 0d 06 09 608648016503040201 05 00               [0] sha256
//         a1 1c  30 1a 06 09 2a864886f70d010108                     [1] mgf1, and within it
//                      30 0d 06 09 608648016503040201 05 00             sha256
//         a2 03  02 01 20                                           [2] 32
//
// The defaults of PSS are SHA-1 throughout: an empty SEQUENCE is a weak choice that looks like none.
//
// Pitfalls
// - Parameters taken from the outer identifier are not signed. x509_parse.c demands that both are the same
//   bytes.
// - A loose reading of parameters lets two programs see two algorithms in one certificate.
// - MD5 and MD2 have identifiers in the same family. They are not in the table, so a certificate signed with
//   a collision is refused before anything is computed.

#include "protocols/x509_parts.h"

#include "ciphers/public/rsa_pkcs1.h"
#include "ciphers/public/rsa_pss.h"

#include <string.h>

// --- identifiers -----------------------------------------------------------------------------------------------

// clang-format off
// RFC 4055, 5 (1.2.840.113549.1.1.n) and 2.1 (the hashes alone: 1.3.14.3.2.26, 2.16.840.1.101.3.4.2.n).
static const struct {
    const char *hash;
    struct x509_span pkcs1, hash_oid;
} algorithms[] = {
    {"sha1",   X509_OID(0x2a,0x86,0x48,0x86,0xf7,0x0d,0x01,0x01,0x05), X509_OID(0x2b,0x0e,0x03,0x02,0x1a)},
    {"sha224", X509_OID(0x2a,0x86,0x48,0x86,0xf7,0x0d,0x01,0x01,0x0e), X509_OID(0x60,0x86,0x48,0x01,0x65,0x03,0x04,0x02,0x04)},
    {"sha256", X509_OID(0x2a,0x86,0x48,0x86,0xf7,0x0d,0x01,0x01,0x0b), X509_OID(0x60,0x86,0x48,0x01,0x65,0x03,0x04,0x02,0x01)},
    {"sha384", X509_OID(0x2a,0x86,0x48,0x86,0xf7,0x0d,0x01,0x01,0x0c), X509_OID(0x60,0x86,0x48,0x01,0x65,0x03,0x04,0x02,0x02)},
    {"sha512", X509_OID(0x2a,0x86,0x48,0x86,0xf7,0x0d,0x01,0x01,0x0d), X509_OID(0x60,0x86,0x48,0x01,0x65,0x03,0x04,0x02,0x03)},
};
static const struct x509_span id_rsassa_pss = X509_OID(0x2a,0x86,0x48,0x86,0xf7,0x0d,0x01,0x01,0x0a);
static const struct x509_span id_mgf1       = X509_OID(0x2a,0x86,0x48,0x86,0xf7,0x0d,0x01,0x01,0x08);
// clang-format on
enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0] };
enum { DEFAULT_SALT = 20, DEFAULT_TRAILER = 1 };

static enum certificate_error refuse_oid(const struct der_reader *reader, struct x509_span oid,
                                         const char *what, struct parse_error *where) {
    char text[80];
    if (!der_oid_text(text, sizeof text, oid.bytes, oid.length)) {
        text[0] = '\0';
    }
    parse_error_set(where, (size_t)(oid.bytes - reader->bytes), x509_layer, "%s %s is not known here", what,
                    text);
    return CERTIFICATE_ALGORITHM;
}

// --- reading ---------------------------------------------------------------------------------------------------

// Parameters that must be NULL; readers also take none at all (RFC 4055, 2.1 and 5).
static bool read_null_or_nothing(struct der_reader *reader) {
    return (reader->position == reader->end || der_null(reader)) && der_end(reader);
}

// AlgorithmIdentifier of a hash alone.
static enum certificate_error read_hash(struct der_reader *reader, const struct hash_algorithm **hash,
                                        struct parse_error *where) {
    struct der_reader inner;
    struct x509_span oid;
    if (!der_enter(reader, DER_SEQUENCE, &inner) || !der_oid(&inner, &oid.bytes, &oid.length) ||
        !read_null_or_nothing(&inner)) {
        return x509_refuse_der(reader, "the hash of the PSS parameters", where);
    }
    for (size_t i = 0; i < ALGORITHMS; i++) {
        if (x509_span_equal(oid, algorithms[i].hash_oid)) {
            *hash = hash_find(algorithms[i].hash);
            return CERTIFICATE_OK;
        }
    }
    return refuse_oid(reader, oid, "the hash", where);
}

// AlgorithmIdentifier of MGF1, whose parameter is a hash.
static enum certificate_error read_mask_generation(struct der_reader *reader,
                                                   const struct hash_algorithm **hash,
                                                   struct parse_error *where) {
    struct der_reader inner;
    struct x509_span oid;
    if (!der_enter(reader, DER_SEQUENCE, &inner) || !der_oid(&inner, &oid.bytes, &oid.length)) {
        return x509_refuse_der(reader, "the mask generation function", where);
    }
    if (!x509_span_equal(oid, id_mgf1)) {
        return refuse_oid(reader, oid, "the mask generation function", where);
    }
    enum certificate_error error = read_hash(&inner, hash, where);
    if (error == CERTIFICATE_OK && !der_end(&inner)) {
        error = x509_refuse_der(reader, "the mask generation function", where);
    }
    return error;
}

// Enters the parameter [n] when it is there.
static bool enter_optional(struct der_reader *reader, uint8_t n, struct der_reader *inner) {
    return der_peek(reader) == (DER_CONTEXT_CONSTRUCTED | n) &&
           der_enter(reader, (uint8_t)(DER_CONTEXT_CONSTRUCTED | n), inner);
}

static enum certificate_error refuse_default(struct der_reader *reader, struct parse_error *where) {
    (void)der_fail(reader, reader->position, DER_DEFAULT_WRITTEN);
    return x509_refuse_der(reader, "the PSS parameters", where);
}

// RSASSA-PSS-params (RFC 4055, 3.1). The parameters must be there in a signature's identifier.
static enum certificate_error read_pss(struct der_reader *reader, struct x509_algorithm *algorithm,
                                       struct parse_error *where) {
    const struct hash_algorithm *sha1 = hash_find("sha1");
    struct der_reader parameters, inner;
    unsigned trailer = DEFAULT_TRAILER;
    *algorithm = (struct x509_algorithm){true, sha1, sha1, DEFAULT_SALT};
    if (!der_enter(reader, DER_SEQUENCE, &parameters)) {
        return x509_refuse_der(reader, "the PSS parameters", where);
    }
    if (enter_optional(&parameters, 0, &inner)) {
        enum certificate_error error = read_hash(&inner, &algorithm->hash, where);
        if (error != CERTIFICATE_OK) {
            return error;
        }
        if (!der_end(&inner) || algorithm->hash == sha1) {
            return refuse_default(&inner, where);
        }
    }
    if (enter_optional(&parameters, 1, &inner)) {
        enum certificate_error error = read_mask_generation(&inner, &algorithm->mgf1_hash, where);
        if (error != CERTIFICATE_OK) {
            return error;
        }
        if (!der_end(&inner) || algorithm->mgf1_hash == sha1) {
            return refuse_default(&inner, where);
        }
    }
    if (enter_optional(&parameters, 2, &inner)) {
        if (!der_small(&inner, &algorithm->salt_length) || !der_end(&inner)) {
            return x509_refuse_der(reader, "the salt length", where);
        }
        if (algorithm->salt_length == DEFAULT_SALT) {
            return refuse_default(&inner, where);
        }
    }
    // The one default that readers must take written out as well (3.1).
    if (enter_optional(&parameters, 3, &inner) && (!der_small(&inner, &trailer) || !der_end(&inner))) {
        return x509_refuse_der(reader, "the trailer field", where);
    }
    if (trailer != DEFAULT_TRAILER) {
        parse_error_set(where, inner.position, x509_layer,
                        "the trailer field of PSS is %u; only 1 is defined", trailer);
        return CERTIFICATE_ALGORITHM;
    }
    if (!der_end(&parameters)) {
        return x509_refuse_der(reader, "after the PSS parameters", where);
    }
    return CERTIFICATE_OK;
}

enum certificate_error x509_read_algorithm(struct der_reader *reader, struct x509_algorithm *algorithm,
                                           struct parse_error *where) {
    struct der_reader inner;
    struct x509_span oid;
    if (!der_enter(reader, DER_SEQUENCE, &inner) || !der_oid(&inner, &oid.bytes, &oid.length)) {
        return x509_refuse_der(reader, "the signature algorithm", where);
    }
    if (x509_span_equal(oid, id_rsassa_pss)) {
        enum certificate_error error = read_pss(&inner, algorithm, where);
        if (error == CERTIFICATE_OK && !der_end(&inner)) {
            error = x509_refuse_der(reader, "the signature algorithm", where);
        }
        return error;
    }
    for (size_t i = 0; i < ALGORITHMS; i++) {
        if (x509_span_equal(oid, algorithms[i].pkcs1)) {
            *algorithm = (struct x509_algorithm){.pss = false, .hash = hash_find(algorithms[i].hash)};
            return read_null_or_nothing(&inner)
                       ? CERTIFICATE_OK
                       : x509_refuse_der(reader, "the parameters of the signature algorithm", where);
        }
    }
    return refuse_oid(reader, oid, "the signature algorithm", where);
}

bool x509_algorithm_known(const struct hash_algorithm *hash) {
    for (size_t i = 0; i < ALGORITHMS; i++) {
        if (hash != NULL && strcmp(hash->name, algorithms[i].hash) == 0) {
            return true;
        }
    }
    return false;
}

// --- writing ---------------------------------------------------------------------------------------------------

static void put_hash(struct der_writer *writer, const struct hash_algorithm *hash) {
    size_t mark = der_mark(writer);
    der_put_element(writer, DER_NULL, NULL, 0);
    for (size_t i = 0; i < ALGORITHMS; i++) {
        if (strcmp(hash->name, algorithms[i].hash) == 0) {
            der_put_element(writer, DER_OID, algorithms[i].hash_oid.bytes, algorithms[i].hash_oid.length);
        }
    }
    der_put_header(writer, DER_SEQUENCE, mark);
}

static void put_pss(struct der_writer *writer, const struct x509_algorithm *algorithm) {
    const struct hash_algorithm *sha1 = hash_find("sha1");
    size_t parameters = der_mark(writer);
    if (algorithm->salt_length != DEFAULT_SALT) {
        size_t mark = der_mark(writer);
        der_put_small(writer, algorithm->salt_length);
        der_put_header(writer, DER_CONTEXT_CONSTRUCTED | 2, mark);
    }
    if (algorithm->mgf1_hash != sha1) {
        size_t mark = der_mark(writer);
        put_hash(writer, algorithm->mgf1_hash);
        der_put_element(writer, DER_OID, id_mgf1.bytes, id_mgf1.length);
        der_put_header(writer, DER_SEQUENCE, mark);
        der_put_header(writer, DER_CONTEXT_CONSTRUCTED | 1, mark);
    }
    if (algorithm->hash != sha1) {
        size_t mark = der_mark(writer);
        put_hash(writer, algorithm->hash);
        der_put_header(writer, DER_CONTEXT_CONSTRUCTED | 0, mark);
    }
    der_put_header(writer, DER_SEQUENCE, parameters);
}

void x509_put_algorithm(struct der_writer *writer, const struct x509_algorithm *algorithm) {
    size_t mark = der_mark(writer);
    if (algorithm->pss) {
        put_pss(writer, algorithm);
        der_put_element(writer, DER_OID, id_rsassa_pss.bytes, id_rsassa_pss.length);
    } else {
        der_put_element(writer, DER_NULL, NULL, 0);
        for (size_t i = 0; i < ALGORITHMS; i++) {
            if (strcmp(algorithm->hash->name, algorithms[i].hash) == 0) {
                der_put_element(writer, DER_OID, algorithms[i].pkcs1.bytes, algorithms[i].pkcs1.length);
            }
        }
    }
    der_put_header(writer, DER_SEQUENCE, mark);
}

// --- signing and verifying -------------------------------------------------------------------------------------

static struct rsa_pss pss_options(const struct x509_algorithm *algorithm) {
    return (struct rsa_pss){algorithm->hash, algorithm->mgf1_hash, (int)algorithm->salt_length};
}

bool x509_algorithm_verify(const struct x509_algorithm *algorithm, const struct rsa_public_key *key,
                           struct x509_span message, struct x509_span signature) {
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    hash_digest(algorithm->hash, digest, message.bytes, message.length);
    struct rsa_pss options = pss_options(algorithm);
    return algorithm->pss ? rsa_pss_verify(key, signature.bytes, signature.length, &options, digest)
                          : rsa_pkcs1_verify(key, signature.bytes, signature.length, algorithm->hash, digest);
}

bool x509_algorithm_sign(const struct x509_algorithm *algorithm, const struct rsa_private_key *key,
                         uint8_t *signature, struct x509_span message) {
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    hash_digest(algorithm->hash, digest, message.bytes, message.length);
    struct rsa_pss options = pss_options(algorithm);
    return algorithm->pss ? rsa_pss_sign(key, signature, &options, digest)
                          : rsa_pkcs1_sign(key, signature, algorithm->hash, digest);
}
