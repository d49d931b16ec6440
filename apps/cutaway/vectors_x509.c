// How vectors of certificates are run. A chain: its files are read and parsed, the chain is verified, and the reason of the
// first refusal is compared with the verdict, by its one-word name. A refusal in parsing is one too. A signature: the
// certificate is parsed, and one of those that may be its issuer's must have signed it; whether it had the right to, and
// when, is not asked.
#include "apps/cutaway/vectors_run.h"

#include "apps/common/files.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/x509_command.h"
#include "bignum/encoding.h"
#include "ciphers/public/rsa_pkcs1.h"
#include "protocols/der.h"

#include <string.h>

enum { PATH_SIZE = 4096 };

// --- a chain -----------------------------------------------------------------------------------------------------

// The path of a file that stands beside the vector file. `name` ends at a space.
static bool beside(char path[static PATH_SIZE], const struct vector_run *run, const char *name) {
    const char *slash = strrchr(run->vector->file, '/');
    int folder = slash == NULL ? 0 : (int)(slash + 1 - run->vector->file);
    int length =
        snprintf(path, PATH_SIZE, "%.*s%.*s", folder, run->vector->file, (int)strcspn(name, " "), name);
    return length > 0 && length < PATH_SIZE;
}

// The next name of a list with single spaces between; NULL at its end.
static const char *next_name(const char *name) {
    name += strcspn(name, " ");
    return *name == ' ' ? name + 1 : NULL;
}

// Reads one file. False when it cannot be read: that is no verdict. *error: what its parser said.
static bool load(struct vector_run *run, struct x509_bundle *bundle, const char *name,
                 enum certificate_error *error) {
    char path[PATH_SIZE];
    struct bytes file = {0};
    if (!beside(path, run, name) || !input_read_all(&file, path, X509_FILE_MAX)) {
        return vector_rejected(run, "a file of the chain");
    }
    enum certificate_error parsed = x509_bundle_read(bundle, file.data, file.length, NULL);
    *error = *error == CERTIFICATE_OK ? parsed : *error;
    bytes_clear(&file);
    return true;
}

void vector_run_x509_verify(struct vector_run *run) {
    struct x509_bundle bundles[X509_CHAIN_MAX] = {{0}}, anchor = {0};
    struct x509_certificate chain[X509_CHAIN_MAX];
    struct x509_request request = {.name = vector_get(run, "name")->text};
    enum certificate_error error = CERTIFICATE_OK;
    size_t count = 0;
    bool loaded = load(run, &anchor, vector_get(run, "anchor")->text, &error);
    for (const char *name = vector_get(run, "chain")->text; loaded && name != NULL; name = next_name(name)) {
        loaded = count < X509_CHAIN_MAX && load(run, &bundles[count], name, &error);
        if (loaded && bundles[count].count > 0) {
            chain[count] = bundles[count].certificates[0];
        }
        count += loaded;
    }
    if (vector_has(run, "role")) {
        request.extended_key_usage =
            vector_get(run, "role")->number == 0 ? EXTENDED_USAGE_SERVER_AUTH : EXTENDED_USAGE_CLIENT_AUTH;
    }
    if (!loaded || !x509_time_argument(&request.time, vector_get(run, "time")->text)) {
        (void)vector_rejected(run, "the chain, or the time");
    } else {
        if (error == CERTIFICATE_OK) {
            error = x509_verify_chain(chain, count, anchor.certificates, anchor.count, &request, NULL);
        }
        (void)vector_expect_word(run, "verdict", vector_get(run, "verdict")->text,
                                 certificate_error_name(error));
    }
    for (size_t i = 0; i < count; i++) {
        x509_bundle_clear(&bundles[i]);
    }
    x509_bundle_clear(&anchor);
}

static void print_path(const struct vector_run *run, FILE *out, const char *before, const char *name) {
    char path[PATH_SIZE];
    if (beside(path, run, name)) {
        fprintf(out, "%s'%s'", before, path);
    }
}

void vector_trace_x509_verify(const struct vector_run *run, FILE *out) {
    fputs("cutaway trace x509 verify", out);
    print_path(run, out, " --ca ", vector_get(run, "anchor")->text);
    fprintf(out, " --time '%s'", vector_get(run, "time")->text);
    if (vector_has(run, "name")) {
        fprintf(out, " --name '%s'", vector_get(run, "name")->text);
    }
    if (vector_has(run, "role")) {
        fprintf(out, " --role %s", vector_get(run, "role")->number == 0 ? "server" : "client");
    }
    for (const char *name = vector_get(run, "chain")->text; name != NULL; name = next_name(name)) {
        print_path(run, out, " ", name);
    }
}

// --- a signature -------------------------------------------------------------------------------------------------

// Those that may be the issuer's lie one after the other. The next one from `*at` on that can be read; false at the end.
static bool next_issuer(const struct vector_run *run, struct x509_certificate *issuer, size_t *at) {
    const struct bytes *issuers = vector_bytes(run, "issuers");
    const uint8_t *der;
    size_t length;
    struct der_fault fault;
    struct der_reader reader;
    der_reader_init(&reader, issuers->data, issuers->length, &fault);
    reader.position = *at;
    while (der_peek(&reader) >= 0 && der_any(&reader, &der, &length)) {
        *at = reader.position;
        if (x509_parse(issuer, der, length, NULL) == CERTIFICATE_OK) {
            return true;
        }
    }
    return false;
}

static bool has_signed(const struct vector_run *run, const struct x509_certificate *certificate) {
    struct x509_certificate issuer;
    size_t at = 0;
    bool found = false;
    x509_init(&issuer);
    while (!found && next_issuer(run, &issuer, &at)) {
        found = x509_signed_by(certificate, &issuer.key);
    }
    x509_clear(&issuer);
    return found;
}

static void block_text(char text[static 2 * RSA_SIZE_MAX + 3], const uint8_t *block, size_t length) {
    memcpy(text, "0x", 3);
    hex_encode(text + 2, block, length);
}

// What the signature opens to with the issuer's key, beside the block that it should be (RFC 8017, 9.2): a first difference
// at its start means another key or a damaged signature, one in the digest means other contents.
static void compare_blocks(struct vector_run *run, const struct x509_certificate *certificate,
                           const struct rsa_public_key *key) {
    uint8_t expected[RSA_SIZE_MAX], got[RSA_SIZE_MAX], digest[HASH_DIGEST_SIZE_MAX];
    char expected_text[2 * RSA_SIZE_MAX + 3], got_text[2 * RSA_SIZE_MAX + 3];
    const struct x509_algorithm *algorithm = &certificate->algorithm;
    size_t k = rsa_size(key);
    mpz_t opened;
    mpz_init(opened);
    bn_os2ip(opened, certificate->signature.bytes, certificate->signature.length);
    hash_digest(algorithm->hash, digest, certificate->tbs.bytes, certificate->tbs.length);
    if (!algorithm->pss && rsa_pkcs1_encode_digest(expected, k, algorithm->hash, digest) &&
        rsa_public_operation(key, opened, opened) && bn_i2osp(got, k, opened)) {
        block_text(expected_text, expected, k);
        block_text(got_text, got, k);
        (void)vector_expect_word(run, "the padded digest, opened with the issuer's key", expected_text,
                                 got_text);
    }
    (void)vector_rejected(run, "the signature, with the issuer's key");
    mpz_clear(opened);
}

void vector_run_x509_signature(struct vector_run *run) {
    const struct bytes *der = vector_bytes(run, "certificate");
    struct x509_certificate certificate, issuer;
    struct parse_error where = {.reason = ""};
    size_t at = 0;
    x509_init(&certificate);
    x509_init(&issuer);
    if (x509_parse(&certificate, der->data, der->length, &where) != CERTIFICATE_OK) {
        (void)vector_rejected(run, where.reason);
    } else if (!next_issuer(run, &issuer, &at)) {
        vector_lacks(run, "issuer that can be read");
    } else if (!has_signed(run, &certificate)) {
        compare_blocks(run, &certificate, &issuer.key);
    }
    x509_clear(&issuer);
    x509_clear(&certificate);
}

// The bare operation that opens the signature, as with all of RSA; for a certificate that is refused, the reader's words.
void vector_trace_x509_signature(const struct vector_run *run, FILE *out) {
    const struct bytes *der = vector_bytes(run, "certificate");
    struct x509_certificate certificate, issuer;
    size_t at = 0;
    x509_init(&certificate);
    x509_init(&issuer);
    if (x509_parse(&certificate, der->data, der->length, NULL) == CERTIFICATE_OK &&
        next_issuer(run, &issuer, &at)) {
        gmp_fprintf(out, "cutaway trace rsa raw --n %#Zx --e %#Zx 0x", issuer.key.n, issuer.key.e);
        for (size_t i = 0; i < certificate.signature.length; i++) {
            fprintf(out, "%02x", certificate.signature.bytes[i]);
        }
    } else {
        fputs("printf '", out);
        vector_print_octal(out, der);
        fputs("' | cutaway x509 inspect -", out);
    }
    x509_clear(&issuer);
    x509_clear(&certificate);
}
