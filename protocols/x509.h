// X.509 certificates with RSA keys: RFC 5280 (parse, verify a chain, build), signatures by RFC 4055
// (PKCS#1 v1.5 and PSS; SHA-1, SHA-224, SHA-256, SHA-384, SHA-512). No clock: the time is a parameter. Not
// done: revocation (RFC 5280, 5), name constraints and policies; a certificate that insists on them is
// refused.
#ifndef PROTOCOLS_X509_H
#define PROTOCOLS_X509_H

#include "protocols/parse_error.h"

#include "ciphers/hash/hash.h"
#include "ciphers/public/rsa.h"

enum {
    X509_CHAIN_MAX = 8,    // certificates of a chain, the anchor not counted
    X509_BUNDLE_MAX = 64,  // certificates of a file
    X509_SIZE_MAX = 65536, // bytes of DER
    X509_SERIAL_MAX = 20,  // octets (RFC 5280, 4.1.2.2)
    X509_EXTENSIONS_MAX = 32,
    X509_NO_PATH_LENGTH = -1,
};

// Why a certificate or a chain is refused, or cannot be built.
enum certificate_error {
    CERTIFICATE_OK,
    // the file
    CERTIFICATE_NOT_ONE,   // neither PEM with a block CERTIFICATE nor DER
    CERTIFICATE_PEM,       // the PEM envelope is damaged
    CERTIFICATE_TOO_LARGE, // above X509_SIZE_MAX or X509_BUNDLE_MAX; writing: more than the buffer
    // the certificate
    CERTIFICATE_DER,               // the encoding is damaged, or not of a certificate's shape
    CERTIFICATE_VERSION,           // not 1 to 3, or with what belongs to a later one
    CERTIFICATE_SERIAL,            // zero, negative or above 20 octets
    CERTIFICATE_ALGORITHM,         // a signature algorithm that is not known, or with parameters that are not
    CERTIFICATE_ALGORITHMS_DIFFER, // the signed algorithm is not the one beside the signature
    CERTIFICATE_NAME,              // issuer or subject is malformed, or empty where it may not be
    CERTIFICATE_VALIDITY,          // a time that is none, or an end before the beginning
    CERTIFICATE_KEY,               // the subject's key is not a sound RSA key
    CERTIFICATE_EXTENSION,         // a known extension is malformed or contradicts another
    CERTIFICATE_EXTENSION_TWICE,
    CERTIFICATE_EXTENSION_COUNT, // none in the list, or more than X509_EXTENSIONS_MAX
    // the chain
    CERTIFICATE_CHAIN_LENGTH,     // no certificate, or more than X509_CHAIN_MAX
    CERTIFICATE_UNKNOWN_CRITICAL, // a critical extension that is not understood here
    CERTIFICATE_NOT_YET_VALID,
    CERTIFICATE_EXPIRED,
    CERTIFICATE_WRONG_ISSUER, // the name of the issuer is not the subject of the next certificate
    CERTIFICATE_UNTRUSTED,    // no anchor has the name of the last issuer
    CERTIFICATE_SELF_SIGNED,  // the last one is signed by itself and is not an anchor
    CERTIFICATE_BAD_SIGNATURE,
    CERTIFICATE_ISSUER_NOT_CA,    // the issuer's basicConstraints do not say CA
    CERTIFICATE_ISSUER_KEY_USAGE, // the issuer's keyUsage lacks keyCertSign
    CERTIFICATE_PATH_LENGTH,      // more CAs below one than its pathLenConstraint allows
    CERTIFICATE_BAD_ANCHOR,       // the anchor is not self-signed
    CERTIFICATE_KEY_USAGE,        // the first certificate's key may not be used so
    CERTIFICATE_EXTENDED_KEY_USAGE,
    CERTIFICATE_NAME_MISMATCH, // the requested name is not among the subject's alternative names
    // building
    CERTIFICATE_TEMPLATE,   // the wish cannot be granted; the reason says what is wrong with it
    CERTIFICATE_ISSUER_KEY, // the private key is not the issuer's, or too short for the signature
    CERTIFICATE_RANDOM,     // the random generator failed
    CERTIFICATE_ERRORS,
};
const char *certificate_error_text(enum certificate_error error); // "the certificate has expired"
const char *certificate_error_name(enum certificate_error error); // "expired": one word, for tables

// A part of the DER that the certificate was parsed from.
struct x509_span {
    const uint8_t *bytes;
    size_t length;
};
bool x509_span_equal(struct x509_span a, struct x509_span b);

// keyUsage (4.2.1.3): bit i of the value is the standard's bit i.
enum x509_key_usage {
    KEY_USAGE_DIGITAL_SIGNATURE = 1 << 0,
    KEY_USAGE_CONTENT_COMMITMENT = 1 << 1,
    KEY_USAGE_KEY_ENCIPHERMENT = 1 << 2,
    KEY_USAGE_DATA_ENCIPHERMENT = 1 << 3,
    KEY_USAGE_KEY_AGREEMENT = 1 << 4,
    KEY_USAGE_KEY_CERT_SIGN = 1 << 5,
    KEY_USAGE_CRL_SIGN = 1 << 6,
    KEY_USAGE_ENCIPHER_ONLY = 1 << 7,
    KEY_USAGE_DECIPHER_ONLY = 1 << 8,
};
enum { KEY_USAGE_BITS = 9 };
extern const char *const x509_key_usage_names[KEY_USAGE_BITS]; // "digitalSignature", ...

// extKeyUsage (4.2.1.12).
enum x509_extended_key_usage {
    EXTENDED_USAGE_SERVER_AUTH = 1 << 0,
    EXTENDED_USAGE_CLIENT_AUTH = 1 << 1,
    EXTENDED_USAGE_CODE_SIGNING = 1 << 2,
    EXTENDED_USAGE_EMAIL_PROTECTION = 1 << 3,
    EXTENDED_USAGE_TIME_STAMPING = 1 << 4,
    EXTENDED_USAGE_OCSP_SIGNING = 1 << 5,
    EXTENDED_USAGE_ANY = 1 << 6,
    EXTENDED_USAGE_OTHER = 1 << 7, // one or more that are not in this list
};
enum { EXTENDED_USAGE_BITS = 8 };
extern const char *const x509_extended_key_usage_names[EXTENDED_USAGE_BITS];

// signatureAlgorithm (4.1.1.2).
struct x509_algorithm {
    bool pss; // RSASSA-PSS; otherwise PKCS#1 v1.5
    const struct hash_algorithm *hash;
    const struct hash_algorithm *mgf1_hash; // PSS only
    unsigned salt_length;                   // PSS only, bytes
};

// A parsed certificate. The spans point into the caller's DER, which must stay as long as they are used.
struct x509_certificate {
    struct x509_span der, tbs;        // all of it; the signed part, tbsCertificate
    unsigned version;                 // 1, 2 or 3; only 3 has extensions
    struct x509_span serial;          // INTEGER contents
    struct x509_span issuer, subject; // Name, with its header: compared byte for byte
    int64_t not_before, not_after;    // seconds since 1970-01-01 00:00:00 UTC, both included
    struct x509_algorithm algorithm;
    struct x509_span signature;
    struct x509_span public_key; // SubjectPublicKeyInfo
    struct rsa_public_key key;
    struct x509_span extensions; // contents of the list; empty when there is none
    // What the extensions say; absent ones are false, empty or X509_NO_PATH_LENGTH.
    bool is_ca;
    int path_length;
    bool has_key_usage, has_extended_key_usage;
    unsigned key_usage, extended_key_usage;
    struct x509_span alternative_names;                // contents of GeneralNames
    struct x509_span subject_key_id, authority_key_id; // key identifiers
    struct x509_span unknown_critical;                 // object identifier of the first one
};
void x509_init(struct x509_certificate *certificate);
void x509_clear(struct x509_certificate *certificate);

// Parses one certificate, which must fill der exactly. `certificate` has been initialised; after a refusal it
// is empty. A critical extension that is not known does not make parsing fail: x509_verify_chain refuses it.
MUST_CHECK enum certificate_error x509_parse(struct x509_certificate *certificate, const uint8_t *der,
                                             size_t length, struct parse_error *where);

// The certificates of a file, in its order: PEM blocks CERTIFICATE (others are skipped), or one certificate
// in DER. {0} is empty. Owns its memory; the file is not needed any more.
struct x509_bundle {
    struct x509_certificate *certificates;
    size_t count;
    uint8_t *memory;
};
MUST_CHECK enum certificate_error x509_bundle_read(struct x509_bundle *bundle, const uint8_t *file,
                                                   size_t length, struct parse_error *where);
void x509_bundle_clear(struct x509_bundle *bundle);
bool x509_is_pem_label(const char *label); // "CERTIFICATE", or the older "X509 CERTIFICATE"

// --- looking at one --------------------------------------------------------------------------------------------

// The extensions one after the other, from *position = 0; false at the end.
struct x509_extension {
    struct x509_span oid, value; // value: contents of the OCTET STRING
    bool critical;
};
bool x509_next_extension(const struct x509_certificate *certificate, size_t *position,
                         struct x509_extension *extension);

// subjectAltName's entries likewise. The kinds are those of GeneralName (4.2.1.6), by their tag.
enum x509_general_name_kind {
    GENERAL_NAME_OTHER = 0,
    GENERAL_NAME_EMAIL = 1,
    GENERAL_NAME_DNS = 2,
    GENERAL_NAME_X400 = 3,
    GENERAL_NAME_DIRECTORY = 4,
    GENERAL_NAME_EDI_PARTY = 5,
    GENERAL_NAME_URI = 6,
    GENERAL_NAME_IP = 7,
    GENERAL_NAME_REGISTERED_ID = 8,
};
struct x509_general_name {
    enum x509_general_name_kind kind;
    struct x509_span value;
};
bool x509_next_alternative_name(const struct x509_certificate *certificate, size_t *position,
                                struct x509_general_name *name);

// Is this host name or address (as text, "10.0.0.1" or "2001:db8::1") among the dNSName and iPAddress
// entries? Letter case does not count; "*.example.org" stands for one label in front; an address matches no
// dNSName.
MUST_CHECK bool x509_matches_name(const struct x509_certificate *certificate, const char *name);

// An IPv4 or IPv6 address in its text form: 4 or 16 octets; 0 when the text is none.
size_t x509_address_octets(uint8_t out[static 16], const char *text);

// A Name for people: "O=Example, CN=server", in its own order; anything but printable text is escaped as \xx.
// And the (last) common name of the subject alone. False when it does not fit, or there is none.
enum { X509_NAME_TEXT_SIZE = 1024 };
MUST_CHECK bool x509_name_text(char *out, size_t size, struct x509_span name);
MUST_CHECK bool x509_common_name(char *out, size_t size, const struct x509_certificate *certificate);

// Seconds since 1970 as a calendar date (UTC) and back; false for a date that does not exist. Years 1 to
// 9999.
struct x509_date {
    int year, month, day, hour, minute, second;
};
MUST_CHECK bool x509_time_from_date(int64_t *seconds, const struct x509_date *date);
MUST_CHECK bool x509_time_to_date(struct x509_date *date, int64_t seconds);
enum { X509_TIME_TEXT_SIZE = 24 };
void x509_time_text(char out[static X509_TIME_TEXT_SIZE], int64_t seconds); // "2026-11-20 10:34:59 UTC"

// --- verifying -------------------------------------------------------------------------------------------------

// What is asked of the chain.
struct x509_request {
    int64_t time;       // of the verification
    unsigned key_usage; // bits that the first certificate's keyUsage, where it has one, must have all
    unsigned extended_key_usage; // likewise; EXTENDED_USAGE_ANY in the certificate covers all
    const char *name;            // host name or address that the first certificate must be for; NULL: any
};

// Which certificate was refused (index in the chain; `count` is the anchor), and why, for people.
struct x509_fault {
    size_t certificate;
    struct parse_error where;
};

// Path validation (RFC 5280, 6.1) of chain[0], the certificate of the other end. chain[i + 1] issued
// chain[i]; the last one was issued by an anchor, or is one. Anchors are self-signed CA certificates that the
// caller trusts. `fault` may be NULL.
MUST_CHECK enum certificate_error x509_verify_chain(const struct x509_certificate *chain, size_t count,
                                                    const struct x509_certificate *anchors,
                                                    size_t anchor_count, const struct x509_request *request,
                                                    struct x509_fault *fault);

// The signature alone: was `certificate` signed with this key?
MUST_CHECK bool x509_signed_by(const struct x509_certificate *certificate, const struct rsa_public_key *key);

// --- building --------------------------------------------------------------------------------------------------

// The wish for a certificate. Texts are UTF-8, 1 to 64 characters.
struct x509_template {
    const char *common_name;
    const char *organization; // NULL: none
    int64_t not_before, not_after;
    const struct rsa_public_key *key; // the subject's
    bool is_ca;
    int path_length;                      // X509_NO_PATH_LENGTH: no limit
    unsigned key_usage;                   // 0: no such extension
    unsigned extended_key_usage;          // likewise
    const char *const *alternative_names; // host names and addresses, ended by NULL; NULL: none
    const struct hash_algorithm *hash;    // of the signature
    bool pss;                             // with MGF1 on the same hash and a salt as long as the digest
};

enum { X509_BUILD_MAX = 16384 }; // enough for every certificate built here

// Builds and signs. issuer NULL: self-signed, and the key must be the subject's own. The serial number is
// drawn at random.
MUST_CHECK enum certificate_error x509_build(uint8_t *out, size_t size, size_t *length,
                                             const struct x509_template *wish,
                                             const struct x509_certificate *issuer,
                                             const struct rsa_private_key *issuer_key,
                                             struct parse_error *where);
// The PEM block of a certificate; no terminator.
MUST_CHECK enum certificate_error x509_write_pem(char *out, size_t size, size_t *length, const uint8_t *der,
                                                 size_t der_length);

#endif
