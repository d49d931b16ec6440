// A side's keys, made at every start and kept in two text files, as the README says. Nobody reads the files: they are
// there to be looked at (`cutaway rsa inspect FILE`), and to decrypt a recording with.

#include "apps/rsa-chat/rsa_chat_app.h"

#include "apps/common/files.h"
#include "apps/common/terminal.h"

#include "protocols/rsa_key_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool make_folder(const char *path) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        return true;
    }
    complain("%s: %s", path, strerror(errno));
    return false;
}

static bool write_keys(const struct rsa_chat_identity *identity, const char *folder, const char *who) {
    char private_path[PATH_MAX], public_path[PATH_MAX], pem[RSA_KEY_FILE_MAX];
    size_t length = 0;
    int needed = snprintf(private_path, sizeof private_path, "%s/rsa-chat_%s_private.pem", folder, who);
    (void)snprintf(public_path, sizeof public_path, "%s/rsa-chat_%s_public.pem", folder, who);
    if (needed < 0 || (size_t)needed >= sizeof private_path) {
        complain("%.100s...: the path is too long", folder);
        return false;
    }
    bool written =
        rsa_key_write_pem(pem, sizeof pem, &length, &identity->key, RSA_KEY_PKCS8) == KEY_FILE_OK &&
        output_write_all(private_path, OUTPUT_SECRET, pem, length) &&
        output_write_all(public_path, OUTPUT_ORDINARY, identity->public_pem, identity->public_pem_length);
    secure_wipe(pem, sizeof pem);
    if (written) {
        terminal_note("New keys: %s and %s.", public_path, private_path);
    }
    return written;
}

bool make_keys(struct rsa_chat_identity *identity, const struct settings *settings, const char *who) {
    if (!rsa_chat_identity_make(identity)) {
        complain("no keys: %s", rsa_chat_reason_text(RSA_CHAT_NO_RANDOM));
        return false;
    }
    return make_folder(settings->keys) && write_keys(identity, settings->keys, who);
}
