// Looking names up, and saying what was probably meant.

#include "apps/cutaway/names.h"
#include "apps/common/message.h"

#include <stdio.h>
#include <string.h>

// "unknown WHAT 'NAME'; did you mean 'BEST'? (known: ...)"
static void complain_unknown(const char *what, const struct suggestion *suggestion, const char *known) {
    const char *best = suggestion_best(suggestion);
    if (best != NULL) {
        complain("unknown %s '%.80s'; did you mean '%s'? (known: %s)", what, suggestion->wanted, best, known);
    } else {
        complain("unknown %s '%.80s' (known: %s)", what, suggestion->wanted, known);
    }
}

// Adds " NAME" to a list that was long enough when it was declared.
static void append(char *list, size_t size, const char *name) {
    size_t used = strlen(list);
    (void)snprintf(list + used, size - used, "%s%s", used > 0 ? " " : "", name);
}

const struct hash_algorithm *name_hash(const char *name) {
    const struct hash_algorithm *found = hash_find(name);
    if (found != NULL) {
        return found;
    }
    struct suggestion suggestion;
    suggestion_start(&suggestion, name);
    char known[256] = "";
    for (size_t i = 0; hash_algorithms[i].name != NULL; i++) {
        suggestion_offer(&suggestion, hash_algorithms[i].name);
        append(known, sizeof known, hash_algorithms[i].name);
    }
    complain_unknown("hash", &suggestion, known);
    return NULL;
}

// --- ciphers with their modes ----------------------------------------------------------------------------------

const enum cipher_mode cipher_modes[] = {MODE_ECB, MODE_CBC, MODE_CFB, MODE_CFB8, MODE_OFB, MODE_CTR};
const size_t cipher_modes_count = sizeof cipher_modes / sizeof cipher_modes[0];

bool find_cipher_mode(struct cipher_mode_name *out, const char *name) {
    const char *dash = strrchr(name, '-');
    if (dash == NULL || !cipher_mode_find(&out->mode, dash + 1)) {
        return false;
    }
    for (size_t i = 0; block_ciphers[i].name != NULL; i++) {
        size_t length = (size_t)(dash - name);
        if (strlen(block_ciphers[i].name) == length && strncmp(block_ciphers[i].name, name, length) == 0) {
            out->cipher = &block_ciphers[i];
            return true;
        }
    }
    return false;
}

bool name_cipher_mode(struct cipher_mode_name *out, const char *name) {
    if (find_cipher_mode(out, name)) {
        return true;
    }
    for (size_t i = 0; block_ciphers[i].name != NULL; i++) {
        if (strcmp(block_ciphers[i].name, name) == 0) {
            complain("'%s' lacks a mode of operation: '%s-cbc', for example ('cutaway list modes' has all)",
                     name, name);
            return false;
        }
    }
    enum { NAMES_MAX = 64, NAME_SIZE = 32 };
    char names[NAMES_MAX][NAME_SIZE];
    struct suggestion suggestion;
    suggestion_start(&suggestion, name);
    char known[256] = "";
    size_t count = 0;
    for (size_t i = 0; block_ciphers[i].name != NULL; i++) {
        append(known, sizeof known, block_ciphers[i].name);
        for (size_t j = 0; j < cipher_modes_count && count < NAMES_MAX; j++, count++) {
            (void)snprintf(names[count], NAME_SIZE, "%s-%s", block_ciphers[i].name,
                           cipher_mode_name(cipher_modes[j]));
            suggestion_offer(&suggestion, names[count]);
        }
    }
    append(known, sizeof known, "with");
    for (size_t j = 0; j < cipher_modes_count; j++) {
        char ending[NAME_SIZE];
        (void)snprintf(ending, sizeof ending, "-%s", cipher_mode_name(cipher_modes[j]));
        append(known, sizeof known, ending);
    }
    complain_unknown("cipher", &suggestion, known);
    return false;
}

// --- the shell -------------------------------------------------------------------------------------------------

static void put_quoted(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    if (*word != '\0' && strspn(word, plain) == strlen(word)) {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (const char *at = word; *at != '\0'; at++) {
        if (*at == '\'') {
            fputs("'\\''", stdout);
        } else {
            putchar(*at);
        }
    }
    putchar('\'');
}

void print_shell_word(const char *word) {
    putchar(' ');
    put_quoted(word);
}

void print_shell_operand(const char *path) {
    fputs(*path == '-' ? " ./" : " ", stdout);
    put_quoted(path);
}
