// RSA key files: PKCS#8 (RFC 5958) and PKCS#1 (RFC 8017, A.1) private keys, SubjectPublicKeyInfo (RFC 5280, 4.1) and
// PKCS#1 public keys; unencrypted; PEM or DER. What `openssl pkey` and `openssl rsa` read and write.
#ifndef PROTOCOLS_RSA_KEY_FILE_H
#define PROTOCOLS_RSA_KEY_FILE_H

#include "protocols/parse_error.h"

#include "ciphers/public/rsa.h"

enum rsa_key_form {
    RSA_KEY_PKCS8,        // "PRIVATE KEY": what openssl writes today
    RSA_KEY_PKCS1,        // "RSA PRIVATE KEY"
    RSA_KEY_SPKI,         // "PUBLIC KEY"
    RSA_KEY_PKCS1_PUBLIC, // "RSA PUBLIC KEY"
};
const char *rsa_key_form_label(enum rsa_key_form form); // the PEM label

enum key_file_error {
    KEY_FILE_OK,
    KEY_FILE_NOT_A_KEY,    // neither PEM nor the DER of a key
    KEY_FILE_PEM,          // the PEM envelope is damaged
    KEY_FILE_DER,          // the DER inside is damaged, or not of the shape its label says
    KEY_FILE_ENCRYPTED,    // a key under a passphrase
    KEY_FILE_CERTIFICATE,  // a certificate or a request for one, not a bare key
    KEY_FILE_OTHER_FORMAT, // a key in a format of another program (OpenSSH)
    KEY_FILE_NOT_RSA,      // a key of another algorithm; the reason names it
    KEY_FILE_MULTI_PRIME,  // more than two primes (RFC 8017, version 1)
    KEY_FILE_VERSION,      // a version number that is not known
    KEY_FILE_SIZE,         // the modulus is outside RSA_BITS_MIN..RSA_BITS_MAX
    KEY_FILE_INCONSISTENT, // the numbers do not belong together; the reason names the check
    KEY_FILE_NO_FACTORS,   // writing: a private key without p and q has no file form
    KEY_FILE_TOO_LARGE,    // writing: more than the buffer; reading: more than any key needs
};
const char *key_file_error_text(enum key_file_error error);

enum { RSA_KEY_FILE_MAX = 16384 }; // enough for every key of RSA_BITS_MAX in every form

// Reads a key from a whole file. *form says which form it had; a public one fills key->public and leaves the other
// numbers 0. In PEM the first block with a key's label counts, and the others are skipped. The numbers are checked
// (rsa_check_private_key, rsa_check_public_key); a key that does not pass is not returned.
MUST_CHECK enum key_file_error rsa_key_read(struct rsa_private_key *key, enum rsa_key_form *form,
                                            const uint8_t *file, size_t length, struct parse_error *where);
bool rsa_key_form_is_private(enum rsa_key_form form);

// The same for DER alone, which must be of this form.
MUST_CHECK enum key_file_error rsa_key_read_der(struct rsa_private_key *key, enum rsa_key_form form,
                                                const uint8_t *der, size_t length, struct parse_error *where);

// Writes a key, in PEM or DER, to out. Public forms use key->public only. The caller wipes the buffer of a private key.
MUST_CHECK enum key_file_error rsa_key_write_pem(char *out, size_t size, size_t *length,
                                                 const struct rsa_private_key *key, enum rsa_key_form form);
MUST_CHECK enum key_file_error rsa_key_write_der(uint8_t *out, size_t size, size_t *length,
                                                 const struct rsa_private_key *key, enum rsa_key_form form);
// A public key alone: RSA_KEY_SPKI or RSA_KEY_PKCS1_PUBLIC.
MUST_CHECK enum key_file_error rsa_public_key_write_der(uint8_t *out, size_t size, size_t *length,
                                                        const struct rsa_public_key *key,
                                                        enum rsa_key_form form);
MUST_CHECK enum key_file_error rsa_public_key_write_pem(char *out, size_t size, size_t *length,
                                                        const struct rsa_public_key *key,
                                                        enum rsa_key_form form);

#endif
