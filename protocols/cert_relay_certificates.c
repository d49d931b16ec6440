// cert-relay's certificates: reading those that server and clients load, making those that `cert-relay certs` writes.
// Before: protocols/x509_parse.c, x509_build.c. After: protocols/cert_relay_server.c.
//
//   ca (signs itself) --+--> server      not used by the protocol: the server never shows it
//                       +--> client1     the server takes the public key out of it
//                       +--> client2
//                       +--> client3
//
// What a certificate is for is that a third party says whose key this is. The README's server does not look at that: it
// loads the file and takes the key, whoever signed it, however long ago. The trust is in the folder, not in the CA, and a
// folder of bare keys would do as well. It is kept so here; protocols/x509_verify.c has what is missing, and the repaired
// protocol uses it.

#include "protocols/cert_relay_parts.h"

#include "protocols/rsa_key_file.h"

#include <stdio.h>
#include <string.h>

const char *const cert_relay_member_names[CERT_RELAY_MEMBERS] = {"ca", "server", "client1", "client2",
                                                                 "client3"};

// --- reading ---------------------------------------------------------------------------------------------------

bool cert_relay_read_certificate(struct rsa_public_key *key, const uint8_t *file, size_t length,
                                 char why[static CERT_RELAY_NOTICE_SIZE]) {
    struct x509_bundle bundle = {0};
    struct parse_error where = {.reason = ""};
    if (x509_bundle_read(&bundle, file, length, &where) != CERTIFICATE_OK) {
        (void)snprintf(why, CERT_RELAY_NOTICE_SIZE, "at byte %zu of %s: %s", where.offset, where.layer,
                       where.reason);
        return false;
    }
    const struct rsa_public_key *certified = &bundle.certificates[0].key;
    size_t bits = mpz_sizeinbase(certified->n, 2);
    bool fits = bits >= CERT_RELAY_KEY_BITS_MIN;
    if (fits) {
        mpz_set(key->n, certified->n);
        mpz_set(key->e, certified->e);
    } else {
        (void)snprintf(why, CERT_RELAY_NOTICE_SIZE, "the key has %zu bits, and %d are needed at least", bits,
                       CERT_RELAY_KEY_BITS_MIN);
    }
    x509_bundle_clear(&bundle);
    return fits;
}

bool cert_relay_read_key(struct rsa_private_key *key, const uint8_t *file, size_t length,
                         const struct rsa_public_key *certified, char why[static CERT_RELAY_NOTICE_SIZE]) {
    struct parse_error where = {.layer = "the file", .reason = ""};
    enum rsa_key_form form;
    if (rsa_key_read(key, &form, file, length, &where) != KEY_FILE_OK) {
        (void)snprintf(why, CERT_RELAY_NOTICE_SIZE, "at byte %zu of %s: %s", where.offset, where.layer,
                       where.reason);
        return false;
    }
    const char *fault =
        !rsa_key_form_is_private(form) ? "a public key; the private one is needed"
        : mpz_cmp(key->public.n, certified->n) != 0 || mpz_cmp(key->public.e, certified->e) != 0
            ? "not the key that the certificate is for"
            : NULL;
    if (fault != NULL) {
        (void)snprintf(why, CERT_RELAY_NOTICE_SIZE, "%s", fault);
    }
    return fault == NULL;
}

// --- making ----------------------------------------------------------------------------------------------------

void cert_relay_authority_init(struct cert_relay_authority *authority) {
    memset(authority, 0, sizeof *authority);
    for (size_t i = 0; i < CERT_RELAY_MEMBERS; i++) {
        rsa_private_key_init(&authority->keys[i]);
    }
}

void cert_relay_authority_clear(struct cert_relay_authority *authority) {
    for (size_t i = 0; i < CERT_RELAY_MEMBERS; i++) {
        rsa_private_key_clear(&authority->keys[i]);
    }
    secure_wipe(authority, sizeof *authority);
}

static struct x509_template wish_for(const struct cert_relay_authority *authority, size_t member,
                                     int64_t from, int64_t to) {
    static const char *const server_names[] = {"localhost", "127.0.0.1", NULL};
    struct x509_template wish = {
        .common_name = member == CERT_RELAY_CA ? "cert-relay CA" : cert_relay_member_names[member],
        .organization = "Cutaway",
        .not_before = from,
        .not_after = to,
        .key = &authority->keys[member].public,
        .path_length = X509_NO_PATH_LENGTH,
        .key_usage = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_ENCIPHERMENT,
        .hash = hash_find("sha256"),
    };
    if (member == CERT_RELAY_CA) {
        wish.is_ca = true;
        wish.path_length = 0; // no CA below this one
        wish.key_usage = KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN;
    } else if (member == CERT_RELAY_SERVER) {
        wish.extended_key_usage = EXTENDED_USAGE_SERVER_AUTH;
        wish.alternative_names = server_names;
    } else {
        wish.extended_key_usage = EXTENDED_USAGE_CLIENT_AUTH;
    }
    return wish;
}

enum certificate_error cert_relay_authority_make(struct cert_relay_authority *authority, unsigned bits,
                                                 int64_t from, int64_t to, struct parse_error *where) {
    struct x509_certificate ca;
    enum certificate_error error = CERTIFICATE_OK;
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    x509_init(&ca);
    for (size_t i = 0; i < CERT_RELAY_MEMBERS && error == CERTIFICATE_OK; i++) {
        if (!rsa_generate(&authority->keys[i], bits, e, NULL)) {
            parse_error_set(where, 0, "the wish for a key",
                            "the random generator failed, or no key can have this size");
            error = CERTIFICATE_RANDOM;
            break;
        }
        const struct x509_template wish = wish_for(authority, i, from, to);
        error = x509_build(authority->certificates[i].der, X509_BUILD_MAX, &authority->certificates[i].length,
                           &wish, i == CERT_RELAY_CA ? NULL : &ca, &authority->keys[CERT_RELAY_CA], where);
        if (error == CERTIFICATE_OK && i == CERT_RELAY_CA) {
            error = x509_parse(&ca, authority->certificates[i].der, authority->certificates[i].length, where);
        }
    }
    x509_clear(&ca);
    mpz_clear(e);
    return error;
}
