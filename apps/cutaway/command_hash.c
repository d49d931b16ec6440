// cutaway hash and cutaway hmac: digests of files, in the lines of sha256sum.

#include "apps/common/files.h"
#include "apps/common/options.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/digest_lines.h"
#include "apps/cutaway/names.h"

#include <stdio.h>
#include <string.h>

// "openssl dgst -sha256 ... -r FILE...": -r prints "DIGEST *FILE", which sha256sum and we can check too.
static void print_openssl(const struct digest_job *job, int count, char **paths) {
    printf("openssl dgst -%s", job->algorithm->name);
    if (job->key != NULL && job->key->length == 0) {
        fputs(" -hmac ''", stdout); // openssl's hexkey: refuses a key of no bytes
    } else if (job->key != NULL) {
        fputs(" -mac HMAC -macopt hexkey:", stdout);
        for (size_t i = 0; i < job->key->length; i++) {
            printf("%02x", job->key->data[i]);
        }
    }
    fputs(" -r", stdout);
    bool only_standard_input = count == 0 || (count == 1 && strcmp(paths[0], "-") == 0);
    for (int i = 0; i < count && !only_standard_input; i++) {
        print_shell_operand(strcmp(paths[i], "-") == 0 ? "/dev/stdin" : paths[i]);
    }
    putchar('\n');
}

// What both commands do once their options are read: argv[1] is the algorithm, the rest are files.
static int run(const struct bytes *key, const char *list, bool openssl, int argc, char **argv) {
    struct digest_job job = {.algorithm = name_hash(argv[1]), .key = key};
    if (job.algorithm == NULL) {
        return STATUS_USAGE;
    }
    if (list != NULL && (argc > 2 || openssl)) {
        return argc > 2
                   ? usage_error("--check reads the names from its list; '%s' is one operand too many",
                                 argv[2])
                   : usage_error("--check and --openssl exclude each other: openssl dgst checks no lists");
    }
    if (openssl) {
        print_openssl(&job, argc - 2, argv + 2);
        return STATUS_OK;
    }
    return list != NULL ? digest_check(&job, list) : digest_print(&job, argc - 2, argv + 2);
}

int command_hash(int argc, char **argv) {
    const char *list = NULL;
    bool openssl = false;
    // clang-format off
    const struct app_option options[] = {
        {"check", 'c', OPTION_TEXT, &list, "FILE", "read digests and names from FILE and check the files", .required = false},
        {"openssl", 0, OPTION_FLAG, &openssl, NULL, "print the openssl command that does the same", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway hash",
        .synopsis = "ALG [--check FILE] [--openssl] [FILE...]",
        .purpose = "Prints or checks digests, in sha256sum's format. No FILE, or -, is standard input.",
        .details =
            "ALG is md5, sha1, sha224, sha256, sha384 or sha512. MD5 and SHA-1 are broken: for study.\n"
            "Exit status: 0 done, 1 a file could not be read or did not match, 2 wrong arguments.",
        .example = "cutaway hash sha256 README.md\n"
                   "cutaway hash sha256 *.c > SUMS; cutaway hash sha256 --check SUMS",
        .operands_min = 1,
        .operands_max = OPERANDS_ANY,
    };
    int status = options_parse(&usage, options, &argc, argv);
    return status != OPTIONS_GO_ON ? status : run(NULL, list, openssl, argc, argv);
}

int command_hmac(int argc, char **argv) {
    struct bytes key = {0};
    const char *list = NULL;
    bool openssl = false;
    // clang-format off
    const struct app_option options[] = {
        {"key", 'k', OPTION_HEX, &key, "HEX", "the secret key, of any length", .required = true},
        {"check", 'c', OPTION_TEXT, &list, "FILE", "read MACs and names from FILE and check the files", .required = false},
        {"openssl", 0, OPTION_FLAG, &openssl, NULL, "print the openssl command that does the same", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway hmac",
        .synopsis = "ALG --key HEX [--check FILE] [--openssl] [FILE...]",
        .purpose = "Prints or checks HMACs (RFC 2104) of files, in sha256sum's format. No FILE, or -, is "
                   "standard input.",
        .details = "ALG is md5, sha1, sha224, sha256, sha384 or sha512.",
        .example = "printf 'what do ya want for nothing?' | cutaway hmac sha256 --key 4a656665",
        .operands_min = 1,
        .operands_max = OPERANDS_ANY,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = run(&key, list, openssl, argc, argv);
    }
    bytes_clear(&key);
    return status;
}
