// Certificates: reads a file of them, looks at everything that each says, and verifies the first one under the rest.
#include "tests/fuzz/fuzz.h"

#include "protocols/x509.h"

#include <string.h>

static void look(const struct x509_certificate *certificate) {
    char text[X509_NAME_TEXT_SIZE], time[X509_TIME_TEXT_SIZE];
    struct x509_extension extension;
    struct x509_general_name name;
    size_t position = 0;
    HOLDS(certificate->tbs.length < certificate->der.length && mpz_sgn(certificate->key.n) > 0);
    HOLDS(certificate->algorithm.hash != NULL);
    while (x509_next_extension(certificate, &position, &extension)) {
        HOLDS(extension.oid.length > 0 && position <= certificate->extensions.length);
    }
    position = 0;
    while (x509_next_alternative_name(certificate, &position, &name)) {
        HOLDS(position <= certificate->alternative_names.length);
    }
    (void)!x509_name_text(text, sizeof text, certificate->issuer);
    if (x509_common_name(text, sizeof text, certificate)) {
        HOLDS(strlen(text) < sizeof text);
        (void)!x509_matches_name(certificate, text);
    }
    x509_time_text(time, certificate->not_before);
    HOLDS(strlen(time) < sizeof time);
    (void)!x509_matches_name(certificate, "www.example.org");
    (void)!x509_matches_name(certificate, "2001:db8::1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct x509_bundle bundle = {0};
    struct parse_error where = {0};
    enum certificate_error error = x509_bundle_read(&bundle, data, size, &where);
    if (error != CERTIFICATE_OK) {
        HOLDS(strlen(where.reason) > 0 && bundle.count == 0);
    }
    for (size_t i = 0; i < bundle.count; i++) {
        look(&bundle.certificates[i]);
    }
    if (bundle.count > 1) {
        struct x509_request request = {.time = bundle.certificates[0].not_after, .name = "server.example"};
        struct x509_fault fault = {0};
        error = x509_verify_chain(bundle.certificates, bundle.count - 1,
                                  &bundle.certificates[bundle.count - 1], 1, &request, &fault);
        HOLDS(error == CERTIFICATE_OK ||
              (strlen(fault.where.reason) > 0 && fault.certificate < bundle.count));
    }
    x509_bundle_clear(&bundle);
    return 0;
}
