// RSA key files: writing, in the four forms that rsa_key_file.c draws and reads. Before: rsa_key_file.c, der_write.c.
//
// The last element is written first, so the functions below read from bottom to top: qInv first, and last the SEQUENCE
// around everything. What openssl writes from the same numbers is the same to the byte (tests/test_rsa_key_file.c).

#include "protocols/rsa_key_file.h"

#include "protocols/der.h"
#include "protocols/pem.h"
#include "protocols/rsa_key_parts.h"

static void put_algorithm(struct der_writer *writer) {
    size_t mark = der_mark(writer);
    der_put_element(writer, DER_NULL, NULL, 0);
    der_put_element(writer, DER_OID, rsa_encryption_oid, sizeof rsa_encryption_oid);
    der_put_header(writer, DER_SEQUENCE, mark);
}

static void put_version_0(struct der_writer *writer) {
    static const uint8_t zero = 0;
    der_put_element(writer, DER_INTEGER, &zero, 1);
}

static void put_public_key(struct der_writer *writer, const struct rsa_public_key *key) {
    size_t mark = der_mark(writer);
    der_put_integer(writer, key->e);
    der_put_integer(writer, key->n);
    der_put_header(writer, DER_SEQUENCE, mark);
}

static void put_private_key(struct der_writer *writer, const struct rsa_private_key *key) {
    size_t mark = der_mark(writer);
    der_put_integer(writer, key->qInv);
    der_put_integer(writer, key->dQ);
    der_put_integer(writer, key->dP);
    der_put_integer(writer, key->q);
    der_put_integer(writer, key->p);
    der_put_integer(writer, key->d);
    der_put_integer(writer, key->public.e);
    der_put_integer(writer, key->public.n);
    put_version_0(writer);
    der_put_header(writer, DER_SEQUENCE, mark);
}

enum key_file_error rsa_public_key_write_der(uint8_t *out, size_t size, size_t *length,
                                             const struct rsa_public_key *key, enum rsa_key_form form) {
    struct der_writer writer;
    der_writer_init(&writer, out, size);
    put_public_key(&writer, key);
    if (form == RSA_KEY_SPKI) {
        static const uint8_t no_unused_bits = 0;
        der_put_bytes(&writer, &no_unused_bits, 1);
        der_put_header(&writer, DER_BIT_STRING, size);
        put_algorithm(&writer);
        der_put_header(&writer, DER_SEQUENCE, size);
    }
    return der_finish(&writer, length) ? KEY_FILE_OK : KEY_FILE_TOO_LARGE;
}

enum key_file_error rsa_key_write_der(uint8_t *out, size_t size, size_t *length,
                                      const struct rsa_private_key *key, enum rsa_key_form form) {
    if (!rsa_key_form_is_private(form)) {
        return rsa_public_key_write_der(out, size, length, &key->public, form);
    }
    if (mpz_sgn(key->p) == 0 || mpz_sgn(key->q) == 0) {
        return KEY_FILE_NO_FACTORS;
    }
    struct der_writer writer;
    der_writer_init(&writer, out, size);
    put_private_key(&writer, key);
    if (form == RSA_KEY_PKCS8) {
        der_put_header(&writer, DER_OCTET_STRING, size);
        put_algorithm(&writer);
        put_version_0(&writer);
        der_put_header(&writer, DER_SEQUENCE, size);
    }
    return der_finish(&writer, length) ? KEY_FILE_OK : KEY_FILE_TOO_LARGE;
}

enum key_file_error rsa_key_write_pem(char *out, size_t size, size_t *length,
                                      const struct rsa_private_key *key, enum rsa_key_form form) {
    uint8_t der[RSA_KEY_FILE_MAX];
    size_t der_length = 0;
    enum key_file_error error = rsa_key_write_der(der, sizeof der, &der_length, key, form);
    if (error == KEY_FILE_OK && !pem_encode(out, size, length, rsa_key_form_label(form), der, der_length)) {
        error = KEY_FILE_TOO_LARGE;
    }
    secure_wipe(der, sizeof der);
    return error;
}

enum key_file_error rsa_public_key_write_pem(char *out, size_t size, size_t *length,
                                             const struct rsa_public_key *key, enum rsa_key_form form) {
    uint8_t der[RSA_KEY_FILE_MAX];
    size_t der_length;
    enum key_file_error error = rsa_public_key_write_der(der, sizeof der, &der_length, key, form);
    if (error == KEY_FILE_OK && !pem_encode(out, size, length, rsa_key_form_label(form), der, der_length)) {
        error = KEY_FILE_TOO_LARGE;
    }
    return error;
}
