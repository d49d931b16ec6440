// cutaway rsa: the verbs, and what they share.

#include "apps/common/files.h"
#include "apps/common/message.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/rsa_command.h"
#include "apps/cutaway/subcommand.h"
#include "bignum/trace.h"

#include <stdio.h>
#include <string.h>

bool rsa_is_standard(const char *path) {
    return path == NULL || strcmp(path, "-") == 0;
}

bool rsa_load_key(struct rsa_private_key *key, enum rsa_key_form *form, const char *path, bool need_private) {
    struct bytes file = {0};
    if (!input_read_all(&file, path, RSA_KEY_FILE_MAX)) {
        return false;
    }
    const char *name = rsa_is_standard(path) ? "standard input" : path;
    struct parse_error where = {.reason = ""};
    // A trace of a signature shall not begin with the primality tests of the key's p and q.
    struct trace_sink *sink = trace_attach(NULL);
    enum key_file_error error = rsa_key_read(key, form, file.data, file.length, &where);
    (void)trace_attach(sink);
    bytes_clear(&file);
    if (error != KEY_FILE_OK) {
        complain("%s: at byte %zu of %s: %s", name, where.offset, where.layer, where.reason);
        return false;
    }
    if (need_private && !rsa_key_form_is_private(*form)) {
        complain("%s: is a public key (%s); this needs the private one", name, rsa_key_form_label(*form));
        return false;
    }
    return true;
}

bool rsa_find_hashes(const struct hash_algorithm **hash, const struct hash_algorithm **mgf_hash,
                     const char *name, const char *mgf_name) {
    *hash = name_hash(name);
    *mgf_hash = *hash == NULL || mgf_name == NULL ? *hash : name_hash(mgf_name);
    return *mgf_hash != NULL;
}

void rsa_print_message_pipe(const struct bytes *message) {
    fputs("printf '", stdout);
    for (size_t i = 0; i < message->length; i++) {
        printf("\\%03o", message->data[i]);
    }
    fputs("' | ", stdout);
}

void rsa_print_path(const char *word, const char *path) {
    if (!rsa_is_standard(path)) {
        printf(" %s", word);
        print_shell_word(path);
    }
}

void rsa_print_input(const char *word, const char *path) {
    printf(" %s", word);
    print_shell_word(rsa_is_standard(path) ? "/dev/stdin" : path);
}

int command_rsa(int argc, char **argv) {
    static const struct subcommand table[] = {
        {"keygen", "--bits N [--out KEY.pem] [--pub PUB.pem]", rsa_keygen_command},
        {"inspect", "KEY.pem [--pub PUB.pem]", rsa_inspect_command},
        {"encrypt", "--key PEM --padding oaep|pkcs1|none [--hash ALG] [FILE]", rsa_encrypt_command},
        {"decrypt", "--key PEM --padding oaep|pkcs1|none [--hash ALG] [FILE]", rsa_decrypt_command},
        {"sign", "--key PEM --padding pss|pkcs1 [--hash ALG] [--salt N|max] [--sig FILE] [FILE]",
         rsa_sign_command},
        {"verify", "--key PEM --padding pss|pkcs1 [--hash ALG] [--salt N|max|any] --sig FILE [FILE]",
         rsa_verify_command},
        {"raw", "--n N --e E (or --d D) [--p P --q Q] VALUE", rsa_raw_command},
        {NULL, NULL, NULL},
    };
    static const struct subcommand_usage usage = {
        .program = "cutaway rsa",
        .purpose = "RSA (RFC 8017): keys in openssl's files, encryption, signatures, and textbook exercises.",
        .example = "cutaway rsa keygen --bits 2048 --out key.pem --pub pub.pem\n"
                   "cutaway rsa sign --key key.pem --padding pss --sig README.sig README.md\n"
                   "cutaway rsa verify --key pub.pem --padding pss --sig README.sig README.md\n"
                   "cutaway rsa raw --n 3233 --e 17 65",
    };
    return subcommand_run(&usage, table, argc, argv);
}
