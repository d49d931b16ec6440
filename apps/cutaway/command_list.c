// cutaway list: what there is.

#include "apps/common/options.h"
#include "apps/cutaway/command.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/names.h"
#include "bignum/group.h"
#include "bignum/modexp.h"

#include <stdio.h>
#include <string.h>

static void list_hashes(void) {
    for (size_t i = 0; hash_algorithms[i].name != NULL; i++) {
        const struct hash_algorithm *hash = &hash_algorithms[i];
        printf("  %-12s digest of %zu bytes, blocks of %zu\n", hash->name, hash->digest_size,
               hash->block_size);
    }
}

static void list_ciphers(void) {
    for (size_t i = 0; block_ciphers[i].name != NULL; i++) {
        const struct block_cipher *cipher = &block_ciphers[i];
        printf("  %-12s key of %zu bytes, blocks of %zu\n", cipher->name, cipher->key_size,
               cipher->block_size);
    }
}

static void list_modes(void) {
    for (size_t i = 0; i < cipher_modes_count; i++) {
        const char *name = cipher_mode_name(cipher_modes[i]);
        const char *what = "needs an IV; takes any length";
        if (cipher_modes[i] == MODE_ECB) {
            what = "no IV; pads; shows which blocks are equal: for study";
        } else if (cipher_modes[i] == MODE_CBC) {
            what = "needs an IV; pads";
        }
        printf("  %-12s %s\n", name, what);
    }
}

static void list_public_key(void) {
    puts("  rsa          encryption: oaep, pkcs1, none; signatures: pss, pkcs1\n"
         "  elgamal      encryption and signatures, on --group NAME\n"
         "  dh           key agreement, on --group NAME");
}

static void list_groups(void) {
    for (size_t i = 0; bn_group_names[i] != NULL; i++) {
        const char *name = bn_group_names[i];
        const char *source = "RFC 3526";
        if (strncmp(name, "toy", 3) == 0) {
            source = "a toy: broken in seconds, for the attacks";
        } else if (strncmp(name, "ffdhe", 5) == 0) {
            source = "RFC 7919";
        }
        printf("  %-12s %s\n", name, source);
    }
}

static void list_methods(void) {
    for (size_t i = 0; bn_modexp_methods[i].name != NULL; i++) {
        printf("  %-14s %s\n", bn_modexp_methods[i].name, bn_modexp_methods[i].summary);
    }
}

static void list_implementations(void) {
    puts("  reference    written to be read: the only one");
}

static void list_commands(void) {
    for (const struct command *command = commands; command->name != NULL; command++) {
        printf("  %-12s %s\n", command->name, command->summary);
    }
}

static const struct section {
    const char *name;
    const char *title;
    void (*print)(void);
} sections[] = {
    {"hashes", "Hashes (hash, hmac, hkdf, mgf1)", list_hashes},
    {"ciphers", "Ciphers (cipher, as CIPHER-MODE)", list_ciphers},
    {"modes", "Modes of operation", list_modes},
    {"public-key", "Public-key algorithms", list_public_key},
    {"groups", "Groups (--group)", list_groups},
    {"methods", "Methods of exponentiation (modexp --method)", list_methods},
    {"implementations", "Implementations", list_implementations},
    {"commands", "Commands", list_commands},
};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

int command_list(int argc, char **argv) {
    const struct app_option options[] = {{0}};
    const struct app_usage usage = {
        .program = "cutaway list",
        .synopsis = "[hashes|ciphers|modes|public-key|groups|methods|implementations|commands]",
        .purpose = "Lists what there is, or one part of it.",
        .example = "cutaway list groups",
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    if (argc == 1) {
        for (size_t i = 0; i < SECTIONS; i++) {
            printf("%s%s\n", i > 0 ? "\n" : "", sections[i].title);
            sections[i].print();
        }
        return STATUS_OK;
    }
    struct suggestion suggestion;
    suggestion_start(&suggestion, argv[1]);
    for (size_t i = 0; i < SECTIONS; i++) {
        if (strcmp(sections[i].name, argv[1]) == 0) {
            sections[i].print();
            return STATUS_OK;
        }
        suggestion_offer(&suggestion, sections[i].name);
    }
    const char *best = suggestion_best(&suggestion);
    return best != NULL ? usage_error("there is no list '%s'; did you mean '%s'?", argv[1], best)
                        : usage_error("there is no list '%s' (see 'cutaway list --help')", argv[1]);
}
