// Files of certificates: one or several in PEM (RFC 7468, 5), or one in DER. Before: protocols/pem.c,
// protocols/x509_parse.c.
//
// Servers keep their certificate and those above it in one file, one PEM block after the other; a list of
// trusted roots is the same, longer. Blocks of other kinds, such as the key, may stand between them and are
// skipped: the label says which is which.

#include "protocols/x509_parts.h"

#include "protocols/pem.h"

#include <stdlib.h>
#include <string.h>

static const char file_layer[] = "the file";

// RFC 7468, 5.3: older programs write the second label, and some read nothing else.
bool x509_is_pem_label(const char *label) {
    return strcmp(label, "CERTIFICATE") == 0 || strcmp(label, "X509 CERTIFICATE") == 0;
}

// Parses what lies at `der` in the bundle's memory as one more certificate.
static enum certificate_error add(struct x509_bundle *bundle, const uint8_t *der, size_t length,
                                  struct parse_error *where) {
    if (bundle->count == X509_BUNDLE_MAX) {
        parse_error_set(where, 0, file_layer, "the file holds more than %d certificates", X509_BUNDLE_MAX);
        return CERTIFICATE_TOO_LARGE;
    }
    struct x509_certificate *certificate = &bundle->certificates[bundle->count++];
    x509_init(certificate);
    return x509_parse(certificate, der, length, where);
}

static enum certificate_error read_pem(struct x509_bundle *bundle, const uint8_t *file, size_t length,
                                       struct parse_error *where) {
    struct pem_block block;
    uint8_t *free_memory = bundle->memory;
    for (size_t at = 0;; at = block.end) {
        enum pem_error error = pem_find(&block, file, length, at, where);
        if (error == PEM_NO_BLOCK) {
            return CERTIFICATE_OK;
        }
        if (error != PEM_OK) {
            return CERTIFICATE_PEM;
        }
        size_t der_length;
        if (!x509_is_pem_label(block.label)) {
            continue;
        }
        // The bytes of a block are fewer than its characters, so all of them together fit where the file
        // would.
        if (pem_decode(free_memory, &der_length, &block, file, where) != PEM_OK) {
            return CERTIFICATE_PEM;
        }
        enum certificate_error result = add(bundle, free_memory, der_length, where);
        if (result != CERTIFICATE_OK) {
            return result;
        }
        free_memory += pem_decoded_size(&block);
    }
}

enum certificate_error x509_bundle_read(struct x509_bundle *bundle, const uint8_t *file, size_t length,
                                        struct parse_error *where) {
    *bundle = (struct x509_bundle){.memory = malloc(length + 1),
                                   .certificates = calloc(X509_BUNDLE_MAX, sizeof *bundle->certificates)};
    enum certificate_error error = CERTIFICATE_OK;
    if (bundle->memory == NULL || bundle->certificates == NULL) {
        parse_error_set(where, 0, file_layer, "there is not enough memory for it");
        error = CERTIFICATE_TOO_LARGE;
    } else if (length > 0 && file[0] == DER_SEQUENCE) {
        memcpy(bundle->memory, file, length);
        error = add(bundle, bundle->memory, length, where);
    } else {
        error = read_pem(bundle, file, length, where);
    }
    if (error == CERTIFICATE_OK && bundle->count == 0) {
        parse_error_set(where, 0, file_layer, "there is no certificate in it");
        error = CERTIFICATE_NOT_ONE;
    }
    if (error != CERTIFICATE_OK) {
        x509_bundle_clear(bundle);
    }
    return error;
}

void x509_bundle_clear(struct x509_bundle *bundle) {
    for (size_t i = 0; i < bundle->count; i++) {
        x509_clear(&bundle->certificates[i]);
    }
    free(bundle->certificates);
    free(bundle->memory);
    *bundle = (struct x509_bundle){0};
}
