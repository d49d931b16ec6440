// cutaway: one command for every primitive. This file finds the command and runs it.

#include "apps/common/files.h"
#include "apps/common/message.h"
#include "apps/cutaway/command.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/names.h"

#include <stdio.h>
#include <string.h>

// clang-format off
const struct command commands[] = {
    {"hash",    "digests of files: md5 sha1 sha224 sha256 sha384 sha512", command_hash},
    {"hmac",    "keyed digests of files", command_hmac},
    {"hkdf",    "keys from a secret", command_hkdf},
    {"mgf1",    "a mask from a seed", command_mgf1},
    {"cipher",  "encrypt and decrypt files with AES, DES and triple DES", command_cipher},
    {"rsa",     "keys, encryption and signatures with RSA", command_rsa},
    {"x509",    "certificates: what is in one, and whether a chain holds", command_x509},
    {"elgamal", "keys, encryption and signatures with ElGamal", command_elgamal},
    {"dh",      "Diffie-Hellman key agreement", command_dh},
    {"prime",   "test a number for primality, generate primes", command_prime},
    {"modexp",  "BASE^EXP mod MOD, by five methods", command_modexp},
    {"gcd",     "the greatest common divisor, by Euclid", command_gcd},
    {"inverse", "the inverse of a number mod another", command_inverse},
    {"crt",     "a number from its remainders (Chinese remainder theorem)", command_crt},
    {"bench",   "measure key generation beside openssl", command_bench},
    {"trace",   "any of these, step by step: try 'cutaway trace --help'", command_trace},
    {"vectors", "run published test vectors", command_vectors},
    {"explain", "tell a recorded conversation again, byte by byte", command_explain},
    {"list",    "algorithms, modes, groups, implementations, commands", command_list},
    {NULL, NULL, NULL},
};
// clang-format on

const struct command *command_find(const char *name) {
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

int command_unknown(const char *name) {
    struct cipher_mode_name cipher;
    if (hash_find(name) != NULL) {
        return usage_error("unknown command '%s'; did you mean 'hash %s'?", name, name);
    }
    if (find_cipher_mode(&cipher, name)) {
        return usage_error("unknown command '%s'; did you mean 'cipher %s'?", name, name);
    }
    struct suggestion suggestion;
    suggestion_start(&suggestion, name);
    for (const struct command *command = commands; command->name != NULL; command++) {
        suggestion_offer(&suggestion, command->name);
    }
    const char *best = suggestion_best(&suggestion);
    if (best != NULL) {
        return usage_error("unknown command '%s'; did you mean '%s'?", name, best);
    }
    return usage_error("unknown command '%s' (see 'cutaway --help')", name);
}

static void print_help(void) {
    puts("usage: cutaway COMMAND [ARGUMENT...]\n"
         "\n"
         "A workbench for learning cryptography: run every primitive, and watch it run.\n"
         "For study, not for protecting anything real.\n"
         "\n"
         "Commands:");
    for (const struct command *command = commands; command->name != NULL; command++) {
        printf("  %-10s %s\n", command->name, command->summary);
    }
    puts("\n"
         "'cutaway COMMAND --help' explains one of them.\n"
         "\n"
         "Example:\n"
         "  cutaway trace aes-128 --key 2b7e151628aed2a6abf7158809cf4f3c --in "
         "3243f6a8885a308d313198a2e0370734");
}

int main(int argc, char **argv) {
    files_guard_standard_streams();
    message_set_program("cutaway");
    if (argc < 2) {
        return usage_error("which command? ('cutaway --help' lists them)");
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 && argc == 3) { // help COMMAND is COMMAND --help
        static char help[] = "--help";
        argv[1] = argv[2];
        argv[2] = help;
        name = argv[1];
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help();
        return files_finish(STATUS_OK);
    }
    const struct command *command = command_find(name);
    if (command == NULL) {
        return command_unknown(name);
    }
    return files_finish(command->run(argc - 1, argv + 1));
}
