// Reads certificates, one in a DER file or those of a PEM file (vectors_pem.c). Each is a case: it is read, and its signature
// verifies with the key of its issuer.
//
// A certificate names its issuer, but does not bring the issuer's key along. Those that claim to be signed with their own key
// have it; for the others the certificates of that name are looked for, in the same file and then in those beside it. There
// may be several, for a CA that changes its key keeps its name: key identifiers tell them apart (RFC 5280, 4.2.1.1), and of
// those that are left one must have signed.
//
// Nothing in a certificate says that it is meant to be broken. Its publisher says so elsewhere: those that are known here are
// listed below by their fingerprint, so that a copy under another name is known too.
#include "apps/cutaway/vectors_certificates.h"

#include "apps/common/files.h"
#include "ciphers/hash/hash.h"
#include "protocols/der.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CERTIFICATES_MAX = 1024, // of one file
    ISSUERS_MAX = 16,        // of one certificate
    NEIGHBOURS_MAX = 4096,   // files looked at beside this one
    NEIGHBOUR_SIZE_MAX = 1 << 17,
    PATH_SIZE = 4096,
    FINGERPRINT_BYTES = 32,
};

// --- published as broken -----------------------------------------------------------------------------------------

// clang-format off
// NIST, Public Key Interoperability Test Suite 1.0.1, sections 4.1.2 and 4.1.3; pyca/cryptography 38.0.4, the page "Test
// vectors" of its documentation, sections "X.509" and "Custom X.509 Vectors". SHA-256 of the DER.
static const struct {
    const char *fingerprint, *note;
} published_as_broken[] = {
    {"2658988ec3e2e4ec49dc948c3738b1edc405b4550aa66fe59a99a9d0814399e7", "PKITS 4.1.2: the signature is not right"},
    {"a2af49fdb2f519fd1588f9403da10d21760053b5b9f4187e2769acd0675f1802", "PKITS 4.1.3: the signature is not right"},
    {"ea404b9c537ae25820637f139e2d4c71711c073d5cdfee92e60bc7df1cefe1be", "pyca: an incorrectly specified UTCTime"},
    {"e8e630f0c0a3677fad4daefb33853197767580f52fae7bba9d6e178603db4708", "pyca: a path length without CA, against RFC 5280"},
    {"f105f8c95ab8a076bd8141738caf9cb4847e7e186e83c42b54e4b1d2ef16ee65", "pyca: the version is 7"},
    {"cce36176fd8613f44e97c5e429e188a368712339f48535f72da950e49674698d", "pyca: a name that is no UTF-8"},
    {"57b85f3b3a3866277d6145335237679bb69f4b1c1f931f6644afa8ed2d25bc6f", "pyca: two basicConstraints (RFC 5280, 4.2)"},
    {"860aea4583e5ffba709d467e9b686ff11d3bcbdd0d7e5af0eb93672c2e5fc391", "pyca: the signature is not right"},
    {"d06833abce64f3373d39759c778ed7dc94534e8e7bc0c815a21f8e3f14dda354", "pyca: the signature is not right"},
    {"d05ecbb460180ea3da76657f9a52d8c5ded4a203e10c873eff256411b4b33b51", "pyca: a policy with invalid data"},
    {"0581315ecaeb00b07c5e7360ff7f54a406afbdcecb0fb7a6596d4f7fda3d26e9", "pyca: the signature is not right"},
};
// clang-format on

// What the publisher says is wrong with it, or NULL.
static const char *find_broken(const struct bytes *der) {
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    char fingerprint[2 * FINGERPRINT_BYTES + 1];
    hash_digest(hash_find("sha256"), digest, der->data, der->length);
    hex_encode(fingerprint, digest, FINGERPRINT_BYTES);
    for (size_t i = 0; i < sizeof published_as_broken / sizeof published_as_broken[0]; i++) {
        if (strcmp(fingerprint, published_as_broken[i].fingerprint) == 0) {
            return published_as_broken[i].note;
        }
    }
    return NULL;
}

// --- the list ----------------------------------------------------------------------------------------------------

// RFC 5280, 4.1: version, serial number, then three sequences: algorithm, issuer and validity. Requests, lists of revoked
// certificates and keys begin in other ways.
static bool has_shape(struct der_reader *certificate) {
    struct der_reader tbs;
    if (!der_enter(certificate, DER_SEQUENCE, &tbs) ||
        (der_peek(&tbs) == DER_CONTEXT_CONSTRUCTED && !der_enter(&tbs, DER_CONTEXT_CONSTRUCTED, NULL))) {
        return false;
    }
    return der_enter(&tbs, DER_INTEGER, NULL) && der_enter(&tbs, DER_SEQUENCE, NULL) &&
           der_enter(&tbs, DER_SEQUENCE, NULL) && der_enter(&tbs, DER_SEQUENCE, NULL);
}

// Room for one more, which is empty. NULL after a failure.
static struct vector_certificate *append(struct vector_certificates *list) {
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 4 : 2 * list->room;
        struct vector_certificate *items = realloc(list->items, room * sizeof *items);
        if (items == NULL) {
            return NULL;
        }
        list->items = items;
        list->room = room;
    }
    struct vector_certificate *item = &list->items[list->count++];
    *item = (struct vector_certificate){.line = 0};
    x509_init(&item->parsed);
    return item;
}

void vector_certificates_add(struct vector_certificates *list, struct vector_builder *builder,
                             const uint8_t *der, size_t length, unsigned line) {
    struct der_fault fault = {DER_OK, 0};
    struct der_reader file, certificate;
    der_reader_init(&file, der, length, &fault);
    if (!der_enter(&file, DER_SEQUENCE, &certificate) || !der_end(&file)) {
        vector_build_fail(builder, line, "at byte %zu of the DER: %s", fault.offset,
                          der_error_text(fault.error));
        return;
    }
    if (!has_shape(&certificate)) {
        vector_build_skip(builder, 1,
                          "DER of something else than a certificate: a request, revoked certificates, an "
                          "OCSP message, a key");
        return;
    }
    if (list->count == CERTIFICATES_MAX) {
        vector_build_skip(builder, 1, "certificates after the first 1024 of a file");
        return;
    }
    struct vector_certificate *item = append(list);
    if (item == NULL || !bytes_allocate(&item->der, length)) {
        vector_build_fail(builder, line, "out of memory");
        return;
    }
    memcpy(item->der.data, der, length);
    item->line = line;
    item->error = x509_parse(&item->parsed, item->der.data, length, NULL);
}

void vector_certificates_clear(struct vector_certificates *list) {
    for (size_t i = 0; i < list->count; i++) {
        x509_clear(&list->items[i].parsed);
        bytes_clear(&list->items[i].der);
    }
    free(list->items);
    *list = (struct vector_certificates){0};
}

// --- issuers -----------------------------------------------------------------------------------------------------

// The certificates of which one is to have signed: their DER, one after the other.
struct issuers {
    struct bytes der;
    size_t count;
};

static void take_issuer(struct issuers *issuers, const struct x509_certificate *certificate) {
    struct x509_span der = certificate->der;
    uint8_t *moved =
        issuers->count < ISSUERS_MAX ? realloc(issuers->der.data, issuers->der.length + der.length) : NULL;
    if (moved != NULL) {
        memcpy(moved + issuers->der.length, der.bytes, der.length);
        issuers->der = (struct bytes){moved, issuers->der.length + der.length};
        issuers->count++;
    }
}

// By name, byte for byte, and by key identifier where both have one.
static bool may_be_issuer(const struct x509_certificate *issuer, const struct x509_certificate *certificate) {
    return x509_span_equal(issuer->subject, certificate->issuer) &&
           (issuer->subject_key_id.length == 0 || certificate->authority_key_id.length == 0 ||
            x509_span_equal(issuer->subject_key_id, certificate->authority_key_id));
}

static void take_issuers_of_bundle(struct issuers *issuers, const struct bytes *file,
                                   const struct x509_certificate *certificate) {
    struct x509_bundle bundle;
    bool der = file->length > 0 && file->data[0] == DER_SEQUENCE;
    struct x509_span name = certificate->issuer;
    // In DER the name stands as it is: where it does not, reading the rest is in vain.
    bool hopeless = der && memmem(file->data, file->length, name.bytes, name.length) == NULL;
    if (!hopeless && x509_bundle_read(&bundle, file->data, file->length, NULL) == CERTIFICATE_OK) {
        for (size_t i = 0; i < bundle.count; i++) {
            if (may_be_issuer(&bundle.certificates[i], certificate)) {
                take_issuer(issuers, &bundle.certificates[i]);
            }
        }
        x509_bundle_clear(&bundle);
    }
}

// A file of a size that certificates have, and no pipe, which would be waited for.
static bool is_small_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
           status.st_size <= NEIGHBOUR_SIZE_MAX && access(path, R_OK) == 0;
}

static void take_issuers_of_folder(struct issuers *issuers, const char *path,
                                   const struct x509_certificate *certificate) {
    const char *slash = strrchr(path, '/'), *own_name = slash == NULL ? path : slash + 1;
    char folder[PATH_SIZE], neighbour[2 * PATH_SIZE];
    int length = snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(own_name - path),
                          slash == NULL ? "." : path);
    struct dirent **entries = NULL;
    int count = length > 0 && length < PATH_SIZE ? scandir(folder, &entries, NULL, alphasort) : 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        struct bytes file = {0};
        (void)snprintf(neighbour, sizeof neighbour, "%s/%s", folder, name);
        if (i < NEIGHBOURS_MAX && name[0] != '.' && strcmp(name, own_name) != 0 && is_small_file(neighbour) &&
            input_read_all(&file, neighbour, NEIGHBOUR_SIZE_MAX)) {
            take_issuers_of_bundle(issuers, &file, certificate);
        }
        bytes_clear(&file);
        free(entries[i]);
    }
    free(entries);
}

static void find_issuers(struct issuers *issuers, const struct vector_certificates *list, const char *path,
                         const struct vector_certificate *item) {
    const struct x509_certificate *certificate = &item->parsed;
    // 4.2.1.1: only where the key is the certificate's own may the identifier of the issuer's be left out.
    if (may_be_issuer(certificate, certificate)) {
        take_issuer(issuers, certificate);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct vector_certificate *other = &list->items[i];
        if (other != item && other->error == CERTIFICATE_OK && may_be_issuer(&other->parsed, certificate)) {
            take_issuer(issuers, &other->parsed);
        }
    }
    take_issuers_of_folder(issuers, path, certificate);
}

// --- cases -------------------------------------------------------------------------------------------------------

static void add_hex(struct vector_builder *builder, const char *name, const struct bytes *bytes) {
    char *hex = malloc(2 * bytes->length + 1);
    if (hex == NULL) {
        vector_build_fail(builder, builder->line, "out of memory");
        return;
    }
    hex_encode(hex, bytes->data, bytes->length);
    vector_build_made(builder, name, "%s", hex);
    free(hex);
}

static void skip_refused(struct vector_builder *builder, enum certificate_error error) {
    const char *reason =
        error == CERTIFICATE_ALGORITHM
            ? "a certificate whose signature is of an algorithm that is not offered here"
        : error == CERTIFICATE_KEY
            ? "a certificate for a key that is not a plain RSA key"
            : vector_build_string(builder, "a certificate that the strict reader refuses: %s",
                                  certificate_error_text(error));
    if (reason != NULL) {
        vector_build_skip(builder, 1, reason);
    }
}

static void build_case(struct vector_builder *builder, const struct vector_certificates *list,
                       const struct vector_certificate *item) {
    const char *broken = find_broken(&item->der);
    struct issuers issuers = {.count = 0};
    if (item->error == CERTIFICATE_OK) {
        find_issuers(&issuers, list, builder->set->path, item);
    }
    if (item->error != CERTIFICATE_OK && broken == NULL) {
        skip_refused(builder, item->error);
    } else if (item->error == CERTIFICATE_OK && issuers.count == 0) {
        vector_build_skip(
            builder, 1,
            "a certificate without its issuer in its file or beside it (names are compared byte "
            "for byte)");
    } else {
        struct vector_case *vector = vector_build_case(builder, item->line, "x509-signature");
        if (vector != NULL) {
            vector->must_fail = broken != NULL;
            vector->note = broken;
        }
        add_hex(builder, "certificate", &item->der);
        if (issuers.count > 0) {
            add_hex(builder, "issuers", &issuers.der);
        }
    }
    bytes_clear(&issuers.der);
}

void vector_certificates_build(const struct vector_certificates *list, struct vector_builder *builder) {
    for (size_t i = 0; i < list->count && !builder->failed; i++) {
        build_case(builder, list, &list->items[i]);
    }
}

// --- DER files ---------------------------------------------------------------------------------------------------

// A SEQUENCE. The first of its bytes is the character '0', so the second decides: a length of several bytes is no text, and
// one of a single byte must be that of the file.
static bool der_recognises(const char *text, size_t length) {
    if (length < 2 || text[0] != DER_SEQUENCE) {
        return false;
    }
    uint8_t second = (uint8_t)text[1];
    return second < 0x80 ? length == 2 + (size_t)second : second > 0x80 && second <= 0x84;
}

static bool der_read(struct vector_set *set, const char *path, char *text, size_t length,
                     struct vector_error *error) {
    struct vector_builder builder;
    struct vector_certificates list = {.count = 0};
    vector_build_begin(&builder, set, path, text, error);
    set->source = "DER";
    vector_certificates_add(&list, &builder, (const uint8_t *)text, length, 1);
    vector_certificates_build(&list, &builder);
    vector_certificates_clear(&list);
    return vector_build_end(&builder, 1);
}

const struct vector_format vector_format_der = {"DER", der_recognises, der_read};
