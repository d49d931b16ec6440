// What the readers of DER and PEM files share: the certificates of one file, which become cases together, for one of them may
// be the issuer of another.
#ifndef APPS_CUTAWAY_VECTORS_CERTIFICATES_H
#define APPS_CUTAWAY_VECTORS_CERTIFICATES_H

#include "apps/common/hex.h"
#include "apps/cutaway/vectors_build.h"
#include "protocols/x509.h"

struct vector_certificate {
    struct bytes der;
    unsigned line;
    struct x509_certificate parsed; // points into der; empty when it is refused
    enum certificate_error error;   // why it is refused
};

struct vector_certificates {
    struct vector_certificate *items;
    size_t count, room;
};

// Takes one more, whose DER is copied. What is no whole DER element fails the file, what is no certificate is skipped.
void vector_certificates_add(struct vector_certificates *list, struct vector_builder *builder,
                             const uint8_t *der, size_t length, unsigned line);
// Makes the cases of all of them. Issuers are looked for in the list, then in the files beside the set's.
void vector_certificates_build(const struct vector_certificates *list, struct vector_builder *builder);
void vector_certificates_clear(struct vector_certificates *list);

#endif
