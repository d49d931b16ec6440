// RSA key files: reading. Before: protocols/pem.c, protocols/der.c. After: rsa_key_numbers.c, rsa_key_write.c.
//
// A key is a few integers; four structures for them are in use. RFC 8017, A.1 (PKCS #1) has the bare ones:
//
//   RSAPublicKey  ::= SEQUENCE { n INTEGER, e INTEGER }
//   RSAPrivateKey ::= SEQUENCE { version INTEGER 0, n, e, d, p, q, dP, dQ, qInv INTEGER }
//
// They do not say "this is RSA". The general ones wrap them and do, with an object identifier:
//
//   SubjectPublicKeyInfo ::= SEQUENCE {                        RFC 5280, 4.1
//       algorithm  SEQUENCE { 1.2.840.113549.1.1.1, NULL },    rsaEncryption, RFC 8017, A.1
//       key        BIT STRING containing RSAPublicKey }
//   PrivateKeyInfo (PKCS #8) ::= SEQUENCE {                    RFC 5958, 2
//       version    INTEGER 0,
//       algorithm  SEQUENCE { 1.2.840.113549.1.1.1, NULL },
//       key        OCTET STRING containing RSAPrivateKey,
//       attributes [0] OPTIONAL }
//
// All lengths are told by the file, so all are checked (der.c). And a file that parses is not yet a key: n may not be
// p*q, d may not belong to e. Using such a key at best fails and at worst gives p away (a wrong dP in the CRT: gcd of
// the error and n). So the numbers are checked before anyone gets them, and the reason names the equation that fails
// (rsa_key_numbers.c).
//
// Pitfalls
// - An encrypted key has a label of its own, or header lines. "Bad base64" would be true, and no help: say what it is.

#include "protocols/rsa_key_file.h"

#include "protocols/der.h"
#include "protocols/pem.h"
#include "protocols/rsa_key_parts.h"

#include "bignum/encoding.h"

#include <string.h>

static const char file_layer[] = "the file";
static const char pem_der_layer[] = "the DER inside the PEM block";
static const char der_layer[] = "the DER";

static const struct form {
    const char *label;
    bool is_private;
} forms[] = {
    [RSA_KEY_PKCS8] = {"PRIVATE KEY", true},
    [RSA_KEY_PKCS1] = {"RSA PRIVATE KEY", true},
    [RSA_KEY_SPKI] = {"PUBLIC KEY", false},
    [RSA_KEY_PKCS1_PUBLIC] = {"RSA PUBLIC KEY", false},
};

const char *rsa_key_form_label(enum rsa_key_form form) {
    return forms[form].label;
}

bool rsa_key_form_is_private(enum rsa_key_form form) {
    return forms[form].is_private;
}

// --- object identifiers ----------------------------------------------------------------------------------------

// rsaEncryption, 1.2.840.113549.1.1.1: 40*1+2 = 2a, 840 = 6*128+72 = 86 48, 113549 = 86 f7 0d.
const uint8_t rsa_encryption_oid[RSA_ENCRYPTION_OID_SIZE] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                             0x0d, 0x01, 0x01, 0x01};

// What else is found in key files, so that the refusal can name it.
static const struct {
    const char *oid;
    const char *name;
} other_algorithms[] = {
    {"1.2.840.113549.1.1.10", "RSA restricted to PSS (RSASSA-PSS)"},
    {"1.2.840.113549.1.3.1", "Diffie-Hellman (PKCS #3)"},
    {"1.2.840.10046.2.1", "Diffie-Hellman (X9.42)"},
    {"1.2.840.10040.4.1", "DSA"},
    {"1.2.840.10045.2.1", "elliptic curves (EC)"},
    {"1.3.101.110", "X25519"},
    {"1.3.101.111", "X448"},
    {"1.3.101.112", "Ed25519"},
    {"1.3.101.113", "Ed448"},
};

static enum key_file_error refuse_algorithm(const uint8_t *oid, size_t length, size_t offset,
                                            const char *layer, struct parse_error *where) {
    char text[80];
    if (!der_oid_text(text, sizeof text, oid, length)) {
        parse_error_set(where, offset, layer, "the key is not RSA, but of an unknown algorithm");
        return KEY_FILE_NOT_RSA;
    }
    for (size_t i = 0; i < sizeof other_algorithms / sizeof other_algorithms[0]; i++) {
        if (strcmp(text, other_algorithms[i].oid) == 0) {
            parse_error_set(where, offset, layer, "the key is not RSA, but %s, %s", other_algorithms[i].name,
                            text);
            return KEY_FILE_NOT_RSA;
        }
    }
    parse_error_set(where, offset, layer, "the key is not RSA, but of algorithm %s", text);
    return KEY_FILE_NOT_RSA;
}

// --- reading ---------------------------------------------------------------------------------------------------

// Turns the reader's fault into ours; `what` was being read.
static enum key_file_error refuse_der(const struct der_fault *fault, const char *what, const char *layer,
                                      struct parse_error *where) {
    parse_error_set(where, fault->offset, layer, "%s: %s", what, der_error_text(fault->error));
    return KEY_FILE_DER;
}

// AlgorithmIdentifier: rsaEncryption and NULL parameters, which RFC 8017, A.1 demands.
static enum key_file_error read_algorithm(struct der_reader *reader, const char *layer,
                                          struct parse_error *where) {
    struct der_reader inner;
    const uint8_t *oid;
    size_t length;
    if (!der_enter(reader, DER_SEQUENCE, &inner) || !der_oid(&inner, &oid, &length)) {
        return refuse_der(reader->fault, "the algorithm", layer, where);
    }
    if (length != sizeof rsa_encryption_oid || memcmp(oid, rsa_encryption_oid, length) != 0) {
        return refuse_algorithm(oid, length, (size_t)(oid - inner.bytes), layer, where);
    }
    if (!der_null(&inner) || !der_end(&inner)) {
        return refuse_der(reader->fault, "the algorithm's parameters", layer, where);
    }
    return KEY_FILE_OK;
}

// The members of RSAPublicKey and RSAPrivateKey, in the order of RFC 8017, A.1.1 and A.1.2.
enum { PUBLIC_NUMBERS = 2, PRIVATE_NUMBERS = 8 };
static const char *const number_names[PRIVATE_NUMBERS] = {
    "the modulus n", "the public exponent e", "the private exponent d", "the prime p",
    "the prime q",   "the exponent dP",       "the exponent dQ",        "the coefficient qInv",
};

static mpz_ptr number(struct rsa_private_key *key, size_t i) {
    const mpz_ptr numbers[PRIVATE_NUMBERS] = {key->public.n, key->public.e, key->d,  key->p,
                                              key->q,        key->dP,       key->dQ, key->qInv};
    return numbers[i];
}

static enum key_file_error read_pkcs1(struct rsa_private_key *key, bool is_private, struct der_reader *reader,
                                      const char *layer, struct parse_error *where) {
    struct der_reader numbers;
    if (!der_enter(reader, DER_SEQUENCE, &numbers)) {
        return refuse_der(reader->fault, "the key", layer, where);
    }
    if (is_private) {
        unsigned version;
        size_t at = numbers.position;
        if (!der_small(&numbers, &version)) {
            return refuse_der(reader->fault, "the version", layer, where);
        }
        if (version == 1) {
            parse_error_set(where, at, layer, "a key of more than two primes (version 1) is not supported");
            return KEY_FILE_MULTI_PRIME;
        }
        if (version != 0) {
            parse_error_set(where, at, layer, "RSAPrivateKey has version %u, not 0", version);
            return KEY_FILE_VERSION;
        }
    }
    for (size_t i = 0; i < (is_private ? PRIVATE_NUMBERS : PUBLIC_NUMBERS); i++) {
        if (!der_integer(&numbers, number(key, i), 2 * RSA_SIZE_MAX)) {
            return refuse_der(reader->fault, number_names[i], layer, where);
        }
    }
    if (!der_end(&numbers) || !der_end(reader)) {
        return refuse_der(reader->fault, "after the last number", layer, where);
    }
    return KEY_FILE_OK;
}

static enum key_file_error read_pkcs8(struct rsa_private_key *key, struct der_reader *reader,
                                      const char *layer, struct parse_error *where) {
    struct der_reader info, octets;
    unsigned version;
    if (!der_enter(reader, DER_SEQUENCE, &info)) {
        return refuse_der(reader->fault, "the key", layer, where);
    }
    if (der_peek(&info) == DER_SEQUENCE) {
        // EncryptedPrivateKeyInfo (RFC 5958, 3) starts with the encryption algorithm where a version should be.
        parse_error_set(where, info.position, layer, "the key is encrypted under a passphrase");
        return KEY_FILE_ENCRYPTED;
    }
    size_t at = info.position;
    if (!der_small(&info, &version)) {
        return refuse_der(reader->fault, "the version", layer, where);
    }
    if (version != 0) {
        parse_error_set(where, at, layer, "PrivateKeyInfo has version %u, not 0", version);
        return KEY_FILE_VERSION;
    }
    enum key_file_error error = read_algorithm(&info, layer, where);
    if (error != KEY_FILE_OK) {
        return error;
    }
    if (!der_octet_string(&info, &octets)) {
        return refuse_der(reader->fault, "the wrapped key", layer, where);
    }
    if (der_peek(&info) == DER_CONTEXT_CONSTRUCTED && !der_enter(&info, DER_CONTEXT_CONSTRUCTED, NULL)) {
        return refuse_der(reader->fault, "the attributes", layer, where);
    }
    if (!der_end(&info) || !der_end(reader)) {
        return refuse_der(reader->fault, "after the key", layer, where);
    }
    return read_pkcs1(key, true, &octets, layer, where);
}

static enum key_file_error read_spki(struct rsa_private_key *key, struct der_reader *reader,
                                     const char *layer, struct parse_error *where) {
    struct der_reader info, bits;
    if (!der_enter(reader, DER_SEQUENCE, &info)) {
        return refuse_der(reader->fault, "the key", layer, where);
    }
    enum key_file_error error = read_algorithm(&info, layer, where);
    if (error != KEY_FILE_OK) {
        return error;
    }
    if (!der_bit_string_bytes(&info, &bits)) {
        return refuse_der(reader->fault, "the wrapped key", layer, where);
    }
    if (!der_end(&info) || !der_end(reader)) {
        return refuse_der(reader->fault, "after the key", layer, where);
    }
    return read_pkcs1(key, false, &bits, layer, where);
}

// --- the whole file --------------------------------------------------------------------------------------------

static void make_empty(struct rsa_private_key *key) {
    for (size_t i = 0; i < PRIVATE_NUMBERS; i++) {
        bn_wipe(number(key, i));
    }
}

static enum key_file_error read_der(struct rsa_private_key *key, enum rsa_key_form form, const uint8_t *der,
                                    size_t length, const char *layer, struct parse_error *where) {
    make_empty(key);
    struct der_fault fault;
    struct der_reader reader;
    der_reader_init(&reader, der, length, &fault);
    enum key_file_error error = KEY_FILE_NOT_A_KEY;
    switch (form) {
    case RSA_KEY_PKCS8:
        error = read_pkcs8(key, &reader, layer, where);
        break;
    case RSA_KEY_PKCS1:
        error = read_pkcs1(key, true, &reader, layer, where);
        break;
    case RSA_KEY_SPKI:
        error = read_spki(key, &reader, layer, where);
        break;
    case RSA_KEY_PKCS1_PUBLIC:
        error = read_pkcs1(key, false, &reader, layer, where);
        break;
    }
    if (error == KEY_FILE_OK) {
        error = rsa_key_check_numbers(key, rsa_key_form_is_private(form), layer, where);
    }
    if (error != KEY_FILE_OK) {
        make_empty(key);
    }
    return error;
}

enum key_file_error rsa_key_read_der(struct rsa_private_key *key, enum rsa_key_form form, const uint8_t *der,
                                     size_t length, struct parse_error *where) {
    return read_der(key, form, der, length, der_layer, where);
}

// Bare DER has no label: the form shows in the types of the first elements.
static enum key_file_error read_bare_der(struct rsa_private_key *key, enum rsa_key_form *form,
                                         const uint8_t *der, size_t length, struct parse_error *where) {
    struct der_fault fault;
    struct der_reader reader, inner;
    der_reader_init(&reader, der, length, &fault);
    if (!der_enter(&reader, DER_SEQUENCE, &inner)) {
        return refuse_der(&fault, "the outermost SEQUENCE", file_layer, where);
    }
    int first = der_peek(&inner);
    const uint8_t *contents;
    size_t contents_length;
    bool skipped = der_any(&inner, &contents, &contents_length);
    int second = skipped ? der_peek(&inner) : -1;
    if (first == DER_SEQUENCE && second == DER_BIT_STRING) {
        *form = RSA_KEY_SPKI;
    } else if (first == DER_SEQUENCE && second == DER_SEQUENCE) {
        parse_error_set(where, 0, file_layer, "this is a certificate or a request for one, not a key");
        return KEY_FILE_CERTIFICATE;
    } else if (first == DER_INTEGER && second == DER_INTEGER) {
        // A version is one byte; the modulus of a public key is not.
        *form = contents_length == 3 ? RSA_KEY_PKCS1 : RSA_KEY_PKCS1_PUBLIC;
    } else {
        *form = RSA_KEY_PKCS8; // its reader says what is wrong, and knows the encrypted one
    }
    return read_der(key, *form, der, length, file_layer, where);
}

static enum key_file_error refuse_label(const char *label, size_t offset, struct parse_error *where) {
    static const struct {
        const char *label;
        enum key_file_error error;
        const char *reason;
    } known[] = {
        {"ENCRYPTED PRIVATE KEY", KEY_FILE_ENCRYPTED, "the key is encrypted under a passphrase"},
        {"CERTIFICATE", KEY_FILE_CERTIFICATE, "this is a certificate, not a key"},
        {"TRUSTED CERTIFICATE", KEY_FILE_CERTIFICATE, "this is a certificate, not a key"},
        {"CERTIFICATE REQUEST", KEY_FILE_CERTIFICATE, "this is a request for a certificate, not a key"},
        {"EC PRIVATE KEY", KEY_FILE_NOT_RSA, "the key is not RSA, but elliptic curves (EC)"},
        {"EC PARAMETERS", KEY_FILE_NOT_RSA, "these are parameters of elliptic curves, not an RSA key"},
        {"DSA PRIVATE KEY", KEY_FILE_NOT_RSA, "the key is not RSA, but DSA"},
        {"OPENSSH PRIVATE KEY", KEY_FILE_OTHER_FORMAT,
         "this is OpenSSH's own format (ssh-keygen -p -m PEM converts it)"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(label, known[i].label) == 0) {
            parse_error_set(where, offset, file_layer, "%s", known[i].reason);
            return known[i].error;
        }
    }
    parse_error_set(where, offset, file_layer, "a block \"%s\" is not a key", label);
    return KEY_FILE_NOT_A_KEY;
}

enum key_file_error rsa_key_read(struct rsa_private_key *key, enum rsa_key_form *form, const uint8_t *file,
                                 size_t length, struct parse_error *where) {
    make_empty(key);
    struct pem_block block, first;
    size_t blocks = 0;
    for (size_t at = 0;; at = block.end) {
        enum pem_error error = pem_find(&block, file, length, at, where);
        if (error == PEM_NO_BLOCK) {
            break;
        }
        if (error != PEM_OK) {
            return KEY_FILE_PEM;
        }
        if (blocks++ == 0) {
            first = block;
        }
        for (enum rsa_key_form i = RSA_KEY_PKCS8; i <= RSA_KEY_PKCS1_PUBLIC; i++) {
            if (strcmp(block.label, forms[i].label) != 0) {
                continue;
            }
            uint8_t der[2 * RSA_KEY_FILE_MAX];
            size_t der_length;
            if (pem_decoded_size(&block) > sizeof der) {
                parse_error_set(where, block.begin, file_layer, "the block is larger than any RSA key");
                return KEY_FILE_TOO_LARGE;
            }
            *form = i;
            enum key_file_error result = KEY_FILE_PEM;
            error = pem_decode(der, &der_length, &block, file, where);
            if (error == PEM_OK) {
                result = read_der(key, i, der, der_length, pem_der_layer, where);
            } else if (error == PEM_HEADERS) {
                parse_error_set(where, block.body, file_layer,
                                "the key has header lines (RFC 1421): it is encrypted under a passphrase");
                result = KEY_FILE_ENCRYPTED;
            }
            secure_wipe(der, sizeof der);
            return result;
        }
    }
    if (blocks > 0) {
        return refuse_label(first.label, first.begin, where);
    }
    if (length > 0 && file[0] == DER_SEQUENCE) {
        return read_bare_der(key, form, file, length, where);
    }
    parse_error_set(where, 0, file_layer,
                    length == 0 ? "the file is empty" : "neither PEM (no \"-----BEGIN\" line) nor DER");
    return KEY_FILE_NOT_A_KEY;
}

// --- reasons ----------------------------------------------------------------------------------------------------

const char *key_file_error_text(enum key_file_error error) {
    switch (error) {
    case KEY_FILE_OK:
        return "no error";
    case KEY_FILE_NOT_A_KEY:
        return "not a key file";
    case KEY_FILE_PEM:
        return "damaged PEM";
    case KEY_FILE_DER:
        return "damaged key";
    case KEY_FILE_ENCRYPTED:
        return "encrypted key";
    case KEY_FILE_CERTIFICATE:
        return "a certificate, not a key";
    case KEY_FILE_OTHER_FORMAT:
        return "another program's key format";
    case KEY_FILE_NOT_RSA:
        return "not an RSA key";
    case KEY_FILE_MULTI_PRIME:
        return "a key of more than two primes";
    case KEY_FILE_VERSION:
        return "unknown version of the key format";
    case KEY_FILE_SIZE:
        return "key of an unsupported size";
    case KEY_FILE_INCONSISTENT:
        return "inconsistent key";
    case KEY_FILE_NO_FACTORS:
        return "a private key without its primes cannot be written to a file";
    case KEY_FILE_TOO_LARGE:
        return "too large";
    }
    return "unknown key file error";
}
