// cutaway x509 inspect: every part of a certificate, with the bytes where it stands.

#include "apps/common/options.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/numbers.h"
#include "apps/cutaway/x509_command.h"
#include "bignum/trace.h"
#include "protocols/der.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 32 };

// "   4.. 257  " before what stands there; the same width of nothing for what is computed.
static void print_place(const struct x509_certificate *certificate, struct x509_span span) {
    size_t start = (size_t)(span.bytes - certificate->der.bytes);
    printf("%5zu..%-5zu ", start, span.length == 0 ? start : start + span.length - 1);
}

static void print_no_place(void) {
    printf("%13s", "");
}

static void print_hex(struct x509_span span) {
    for (size_t i = 0; i < span.length; i++) {
        printf("%02x", span.bytes[i]);
    }
    putchar('\n');
}

// Long values below their name, in lines.
static void print_lines(struct x509_span span) {
    for (size_t at = 0; at < span.length; at += LINE_BYTES) {
        size_t length = span.length - at < LINE_BYTES ? span.length - at : LINE_BYTES;
        print_no_place();
        fputs("  ", stdout);
        print_hex((struct x509_span){span.bytes + at, length});
    }
}

static void print_name(const struct x509_certificate *certificate, const char *label, struct x509_span name) {
    char text[X509_NAME_TEXT_SIZE];
    print_place(certificate, name);
    if (!x509_name_text(text, sizeof text, name)) {
        (void)snprintf(text, sizeof text, "(too long to show)");
    }
    printf("%-12s%s\n", label, text[0] == '\0' ? "(empty)" : text);
}

static void print_algorithm(const struct x509_algorithm *algorithm) {
    if (algorithm->pss) {
        printf("RSASSA-PSS with %s, MGF1 with %s, %u bytes of salt\n", algorithm->hash->name,
               algorithm->mgf1_hash->name, algorithm->salt_length);
    } else {
        printf("RSASSA-PKCS1-v1_5 with %s\n", algorithm->hash->name);
    }
}

// --- extensions ------------------------------------------------------------------------------------------------

static void print_bits(unsigned bits, const char *const names[], unsigned count) {
    const char *separator = "";
    for (unsigned i = 0; i < count; i++) {
        if ((bits >> i & 1) != 0) {
            printf("%s%s", separator, names[i]);
            separator = ", ";
        }
    }
    putchar('\n');
}

static void print_address(struct x509_span octets) {
    for (size_t i = 0; i < octets.length; i += octets.length == 4 ? 1 : 2) {
        if (octets.length == 4) {
            printf("%s%u", i > 0 ? "." : "", octets.bytes[i]);
        } else {
            printf("%s%x", i > 0 ? ":" : "", octets.bytes[i] << 8 | octets.bytes[i + 1]);
        }
    }
}

static void print_alternative_names(const struct x509_certificate *certificate) {
    static const char *const kinds[] = {"other name", "email", "host",    "X.400",        "directory name",
                                        "EDI party",  "URI",   "address", "registered ID"};
    struct x509_general_name name;
    size_t position = 0;
    const char *separator = "";
    while (x509_next_alternative_name(certificate, &position, &name)) {
        printf("%s%s ", separator, kinds[name.kind]);
        separator = ", ";
        if (name.kind == GENERAL_NAME_DNS) {
            printf("%.*s", (int)name.value.length, (const char *)name.value.bytes);
        } else if (name.kind == GENERAL_NAME_IP) {
            print_address(name.value);
        } else {
            printf("(%zu bytes)", name.value.length);
        }
    }
    putchar('\n');
}

static void print_basic_constraints(const struct x509_certificate *certificate) {
    if (!certificate->is_ca) {
        puts("not a CA");
    } else if (certificate->path_length == X509_NO_PATH_LENGTH) {
        puts("CA");
    } else {
        printf("CA, at most %d CAs below it\n", certificate->path_length);
    }
}

static void print_key_usage(const struct x509_certificate *certificate) {
    print_bits(certificate->key_usage, x509_key_usage_names, KEY_USAGE_BITS);
}

static void print_extended_key_usage(const struct x509_certificate *certificate) {
    print_bits(certificate->extended_key_usage, x509_extended_key_usage_names, EXTENDED_USAGE_BITS);
}

static void print_subject_key_id(const struct x509_certificate *certificate) {
    print_hex(certificate->subject_key_id);
}

static void print_authority_key_id(const struct x509_certificate *certificate) {
    print_hex(certificate->authority_key_id);
}

// Those that are understood have a printer; the others are named where they are known.
static const struct {
    const char *oid, *name;
    void (*print)(const struct x509_certificate *certificate);
} extensions[] = {
    {"2.5.29.14", "subjectKeyIdentifier", print_subject_key_id},
    {"2.5.29.15", "keyUsage", print_key_usage},
    {"2.5.29.17", "subjectAltName", print_alternative_names},
    {"2.5.29.19", "basicConstraints", print_basic_constraints},
    {"2.5.29.35", "authorityKeyIdentifier", print_authority_key_id},
    {"2.5.29.37", "extKeyUsage", print_extended_key_usage},
    {"2.5.29.30", "nameConstraints", NULL},
    {"2.5.29.31", "cRLDistributionPoints", NULL},
    {"2.5.29.32", "certificatePolicies", NULL},
    {"2.5.29.36", "policyConstraints", NULL},
    {"1.3.6.1.5.5.7.1.1", "authorityInfoAccess", NULL},
};

static void print_extension(const struct x509_certificate *certificate,
                            const struct x509_extension *extension) {
    char oid[96];
    if (!der_oid_text(oid, sizeof oid, extension->oid.bytes, extension->oid.length)) {
        (void)snprintf(oid, sizeof oid, "(a long identifier)");
    }
    size_t i = 0;
    while (i < sizeof extensions / sizeof extensions[0] && strcmp(extensions[i].oid, oid) != 0) {
        i++;
    }
    bool known = i < sizeof extensions / sizeof extensions[0];
    print_place(certificate, extension->value);
    printf("  %s%s: ", known ? extensions[i].name : oid, extension->critical ? ", critical" : "");
    if (known && extensions[i].print != NULL) {
        extensions[i].print(certificate);
    } else {
        puts(extension->critical ? "not understood here" : "not looked at");
    }
}

// --- the certificate -------------------------------------------------------------------------------------------

static void print_validity(const struct x509_certificate *certificate) {
    char from[X509_TIME_TEXT_SIZE], until[X509_TIME_TEXT_SIZE];
    const uint8_t *start = certificate->issuer.bytes + certificate->issuer.length;
    x509_time_text(from, certificate->not_before);
    x509_time_text(until, certificate->not_after);
    print_place(certificate, (struct x509_span){start, (size_t)(certificate->subject.bytes - start)});
    printf("%-12s%s to\n", "validity", from);
    print_no_place();
    printf("%-12s%s\n", "", until);
}

static void print_key(const struct x509_certificate *certificate) {
    print_place(certificate, certificate->public_key);
    printf("%-12sRSA, %zu bits, e = ", "key", mpz_sizeinbase(certificate->key.n, 2));
    number_print(certificate->key.e, mpz_sizeinbase(certificate->key.e, 2) > 64);
    putchar('\n');
}

static void print_certificate(const struct x509_certificate *certificate) {
    printf("certificate of version %u, %zu bytes of DER (RFC 5280, 4.1)\n", certificate->version,
           certificate->der.length);
    print_place(certificate, certificate->tbs);
    puts("tbsCertificate, the part that is signed:");
    print_place(certificate, certificate->serial);
    printf("%-12s", "serial");
    print_hex(certificate->serial);
    print_name(certificate, "issuer", certificate->issuer);
    print_validity(certificate);
    print_name(certificate, "subject", certificate->subject);
    print_key(certificate);
    if (certificate->extensions.length > 0) {
        struct x509_extension extension;
        size_t position = 0;
        print_place(certificate, certificate->extensions);
        puts("extensions");
        while (x509_next_extension(certificate, &position, &extension)) {
            print_extension(certificate, &extension);
        }
    }
    print_place(certificate, certificate->signature);
    printf("%-12s", "signature");
    print_algorithm(&certificate->algorithm);
    print_lines(certificate->signature);
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    const struct hash_algorithm *sha256 = hash_find("sha256");
    hash_digest(sha256, digest, certificate->der.bytes, certificate->der.length);
    print_no_place();
    printf("%-12ssha256 ", "fingerprint");
    print_hex((struct x509_span){digest, sha256->digest_size});
    print_no_place();
    bool self_issued = x509_span_equal(certificate->issuer, certificate->subject);
    bool verifies = self_issued && x509_signed_by(certificate, &certificate->key);
    puts(verifies      ? "signed with its own key: a root, if you trust it"
         : self_issued ? "issued to itself, and not signed with its own key"
                       : "signed with the issuer's key: see cutaway x509 verify");
}

int x509_inspect_command(int argc, char **argv) {
    bool openssl = false;
    const struct app_option options[] = {
        {"openssl", 0, OPTION_FLAG, &openssl, NULL, "print the openssl command that does the same",
         .required = false},
        {0},
    };
    const struct app_usage usage = {
        .program = "cutaway x509 inspect",
        .synopsis = "FILE",
        .purpose =
            "Shows every part of the certificates in a PEM or DER file, and at which bytes of it they stand.",
        .details =
            "'-' is standard input. Exit status: 0 shown, 1 the file is no certificate, 2 wrong arguments.",
        .example = "cutaway x509 inspect server_cert.pem",
        .operands_min = 1,
        .operands_max = 1,
        .operand_names = "FILE",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    if (openssl) {
        fputs("openssl x509 -noout -text", stdout);
        if (strcmp(argv[1], "-") != 0) {
            fputs(" -in", stdout);
            print_shell_word(argv[1]);
        }
        putchar('\n');
        return STATUS_OK;
    }
    struct x509_bundle bundle = {0};
    if (!x509_load(&bundle, argv[1])) {
        return STATUS_FAILED;
    }
    struct trace_sink *sink = trace_attach(NULL);
    for (size_t i = 0; i < bundle.count; i++) {
        fputs(i > 0 ? "\n" : "", stdout);
        print_certificate(&bundle.certificates[i]);
    }
    (void)trace_attach(sink);
    x509_bundle_clear(&bundle);
    return STATUS_OK;
}
