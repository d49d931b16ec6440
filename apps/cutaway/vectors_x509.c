// How vectors of certificates are run: the files of the chain are read and parsed, the chain is verified, and the reason of
// the first refusal is compared with the verdict, by its one-word name. A refusal in parsing is one too.
#include "apps/cutaway/vectors_run.h"

#include "apps/common/files.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/x509_command.h"

#include <string.h>

enum { PATH_SIZE = 4096 };

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
