// The folder of certificates: read by the server and the clients, made by `cert-relay certs`.

#include "apps/cert-relay/cert_relay_app.h"

#include "apps/common/files.h"
#include "protocols/rsa_key_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_LIMIT = 1 << 20, BITS = 2048, VALID_SECONDS = 365 * 24 * 60 * 60 };

bool certificate_path(char path[static CERTIFICATE_PATH_SIZE], const char *folder, const char *name,
                      const char *kind) {
    int length = snprintf(path, CERTIFICATE_PATH_SIZE, "%s/%s_%s.pem", folder, name, kind);
    if (length < 0 || length >= CERTIFICATE_PATH_SIZE) {
        complain("the name of the folder is too long");
        return false;
    }
    return true;
}

// --- reading ---------------------------------------------------------------------------------------------------

// A file of the folder, whole. False after a complaint.
static bool read_file(struct bytes *file, char path[static CERTIFICATE_PATH_SIZE], const char *folder,
                      const char *name, const char *kind) {
    return certificate_path(path, folder, name, kind) && input_read_all(file, path, FILE_LIMIT);
}

bool load_certificate(struct rsa_public_key *key, const char *folder, const char *name) {
    char path[CERTIFICATE_PATH_SIZE], why[CERT_RELAY_NOTICE_SIZE];
    struct bytes file = {0};
    if (!read_file(&file, path, folder, name, "cert")) {
        return false;
    }
    bool ok = cert_relay_read_certificate(key, file.data, file.length, why);
    bytes_clear(&file);
    if (!ok) {
        complain("%s: %s", path, why);
    }
    return ok;
}

bool load_key(struct rsa_private_key *key, const char *folder, const char *name) {
    char path[CERTIFICATE_PATH_SIZE], why[CERT_RELAY_NOTICE_SIZE];
    struct bytes file = {0};
    struct rsa_public_key certified;
    rsa_public_key_init(&certified);
    bool ok = load_certificate(&certified, folder, name) && read_file(&file, path, folder, name, "key");
    if (ok && !cert_relay_read_key(key, file.data, file.length, &certified, why)) {
        complain("%s: %s", path, why);
        ok = false;
    }
    bytes_clear(&file);
    rsa_public_key_clear(&certified);
    return ok;
}

// --- making ----------------------------------------------------------------------------------------------------

static const char *const kinds[] = {"cert", "key"};

// True when nothing would be overwritten.
static bool is_free(const char *folder) {
    char path[CERTIFICATE_PATH_SIZE];
    for (size_t i = 0; i < CERT_RELAY_MEMBERS; i++) {
        for (size_t j = 0; j < 2; j++) {
            if (!certificate_path(path, folder, cert_relay_member_names[i], kinds[j])) {
                return false;
            }
            if (access(path, F_OK) == 0) {
                complain("%s is there already; --force makes all of them anew", path);
                return false;
            }
        }
    }
    return true;
}

static bool write_member(const struct cert_relay_authority *authority, size_t member, const char *folder) {
    char path[CERTIFICATE_PATH_SIZE], pem[2 * X509_BUILD_MAX];
    const char *name = cert_relay_member_names[member];
    size_t length;
    bool ok =
        x509_write_pem(pem, sizeof pem, &length, authority->certificates[member].der,
                       authority->certificates[member].length) == CERTIFICATE_OK &&
        certificate_path(path, folder, name, "cert") &&
        output_write_all(path, OUTPUT_ORDINARY, pem, length) &&
        rsa_key_write_pem(pem, sizeof pem, &length, &authority->keys[member], RSA_KEY_PKCS8) == KEY_FILE_OK &&
        certificate_path(path, folder, name, "key") && output_write_all(path, OUTPUT_SECRET, pem, length);
    secure_wipe(pem, sizeof pem);
    return ok;
}

int run_certs(const struct settings *settings) {
    const char *folder = settings->folder;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return failure("%s: %s", folder, strerror(errno));
    }
    if (!settings->force && !is_free(folder)) {
        return STATUS_FAILED;
    }
    struct cert_relay_authority *authority = calloc(1, sizeof *authority);
    if (authority == NULL) {
        return failure("no memory");
    }
    cert_relay_authority_init(authority);
    struct parse_error where = {.reason = ""};
    int64_t now = time(NULL);
    int status = STATUS_OK;
    if (cert_relay_authority_make(authority, BITS, now, now + VALID_SECONDS, &where) != CERTIFICATE_OK) {
        status = failure("%s", where.reason);
    }
    for (size_t i = 0; i < CERT_RELAY_MEMBERS && status == STATUS_OK; i++) {
        status = write_member(authority, i, folder) ? STATUS_OK : STATUS_FAILED;
        if (status == STATUS_OK) {
            printf("%s/%s_cert.pem, %s_key.pem\n", folder, cert_relay_member_names[i],
                   cert_relay_member_names[i]);
        }
    }
    cert_relay_authority_clear(authority);
    free(authority);
    return status;
}
