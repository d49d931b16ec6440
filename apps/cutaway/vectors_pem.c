// Reads collections of PEM blocks, as test suites have them: keys and certificates, in one file or many. A private RSA key
// is a case: its numbers must belong together. A certificate is one too (vectors_certificates.c). Other blocks have nothing
// to compare, or say nothing of what is expected.
#include "apps/cutaway/vectors_certificates.h"

#include "protocols/pem.h"
#include "protocols/rsa_key_file.h"

#include <stdio.h> // before gmp.h, which then declares gmp_fprintf

#include <gmp.h>

#include <stdlib.h>
#include <string.h>

// A block begins at the start of a line: inside one, the words are a program's.
static bool pem_recognises(const char *text, size_t length) {
    static const char begin[] = "-----BEGIN ";
    bool first = length >= strlen(begin) && memcmp(text, begin, strlen(begin)) == 0;
    return (first || vector_text_has(text, length, length, "\n-----BEGIN ")) &&
           memchr(text, '\0', length) == NULL;
}

static void add_number(struct vector_builder *builder, const char *name, const mpz_t number) {
    char *digits = mpz_get_str(NULL, 16, number);
    vector_build_integer(builder, name, digits);
    free(digits);
}

static void make_key(struct vector_builder *builder, const struct rsa_private_key *key, unsigned line) {
    (void)vector_build_case(builder, line, "rsa-key");
    add_number(builder, "n", key->public.n);
    add_number(builder, "e", key->public.e);
    add_number(builder, "d", key->d);
    add_number(builder, "p", key->p);
    add_number(builder, "q", key->q);
}

static void read_key(struct vector_builder *builder, enum rsa_key_form form, const uint8_t *der,
                     size_t length, unsigned line) {
    struct rsa_private_key key;
    struct parse_error where = {.reason = ""};
    rsa_private_key_init(&key);
    enum key_file_error error = rsa_key_read_der(&key, form, der, length, &where);
    if (error == KEY_FILE_OK && rsa_key_form_is_private(form)) {
        make_key(builder, &key, line);
    } else {
        vector_build_skip(builder, 1,
                          error == KEY_FILE_OK ? "a public key alone: nothing to compare it with"
                          : error == KEY_FILE_NOT_RSA
                              ? "a key of another algorithm"
                              : "a key that is refused: encrypted, damaged or too small");
    }
    rsa_private_key_clear(&key);
}

// How many lines end in text[from..until).
static unsigned count_lines(const uint8_t *text, size_t from, size_t until) {
    unsigned lines = 0;
    for (size_t at = from; at < until; at++) {
        lines += text[at] == '\n';
    }
    return lines;
}

static void read_block(struct vector_builder *builder, struct vector_certificates *certificates,
                       const struct pem_block *block, const uint8_t *text, unsigned line) {
    static const enum rsa_key_form forms[] = {RSA_KEY_PKCS8, RSA_KEY_PKCS1, RSA_KEY_SPKI,
                                              RSA_KEY_PKCS1_PUBLIC};
    struct parse_error where = {.reason = ""};
    size_t length = 0;
    uint8_t *der = malloc(pem_decoded_size(block) + 1);
    if (der == NULL) {
        vector_build_fail(builder, line, "out of memory");
        return;
    }
    bool certificate = x509_is_pem_label(block->label), known = certificate;
    enum pem_error error = pem_decode(der, &length, block, text, &where);
    bool decoded = error == PEM_OK;
    if (decoded && certificate) {
        vector_certificates_add(certificates, builder, der, length, line);
    }
    for (size_t i = 0; decoded && i < sizeof forms / sizeof forms[0]; i++) {
        if (strcmp(block->label, rsa_key_form_label(forms[i])) == 0) {
            known = true;
            read_key(builder, forms[i], der, length, line);
        }
    }
    if (error == PEM_HEADERS) {
        vector_build_skip(builder, 1, "a block with headers: an old form of encryption");
    } else if (!decoded) {
        vector_build_fail(builder, line + count_lines(text, block->begin, where.offset), "%s", where.reason);
    } else if (!known) {
        vector_build_skip(
            builder, 1,
            "a block of another kind: a request, revoked certificates, parameters, an encrypted key");
    }
    free(der);
}

static bool pem_read(struct vector_set *set, const char *path, char *text, size_t length,
                     struct vector_error *error) {
    struct vector_builder builder;
    struct vector_certificates certificates = {.count = 0};
    struct pem_block block;
    struct parse_error where = {.reason = ""};
    const uint8_t *bytes = (const uint8_t *)text;
    size_t at = 0;
    unsigned line = 1;
    vector_build_begin(&builder, set, path, text, error);
    set->source = "PEM";
    while (!builder.failed) {
        enum pem_error found = pem_find(&block, bytes, length, at, &where);
        size_t until = found == PEM_OK ? block.begin : where.offset < length ? where.offset : length;
        line += count_lines(bytes, at, until);
        at = until;
        if (found != PEM_OK) {
            if (found != PEM_NO_BLOCK) {
                vector_build_fail(&builder, line, "%s", where.reason);
            }
            break;
        }
        read_block(&builder, &certificates, &block, bytes, line);
        line += count_lines(bytes, at, block.end);
        at = block.end;
    }
    vector_certificates_build(&certificates, &builder);
    vector_certificates_clear(&certificates);
    return vector_build_end(&builder, line);
}

const struct vector_format vector_format_pem = {"PEM", pem_recognises, pem_read};
