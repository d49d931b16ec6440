// Finding the verb of a command.

#include "apps/cutaway/subcommand.h"
#include "apps/common/message.h"

#include <stdio.h>
#include <string.h>

static void print_help(const struct subcommand_usage *usage, const struct subcommand table[]) {
    printf("usage: %s", usage->program);
    for (const struct subcommand *row = table; row->name != NULL; row++) {
        printf("%s%s", row == table ? " " : "|", row->name);
    }
    printf(" ...\n\n%s\n\n", usage->purpose);
    for (const struct subcommand *row = table; row->name != NULL; row++) {
        printf("  %s %s %s\n", usage->program, row->name, row->synopsis);
    }
    printf("\n'%s %s --help' explains one of them.\n\nExample:\n", usage->program, table->name);
    const char *line = usage->example;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");
        printf("  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static int complain_unknown(const char *name, const struct subcommand table[]) {
    struct suggestion suggestion;
    suggestion_start(&suggestion, name);
    char known[256] = "";
    size_t used = 0;
    for (const struct subcommand *row = table; row->name != NULL; row++) {
        suggestion_offer(&suggestion, row->name);
        int wrote = snprintf(known + used, sizeof known - used, "%s%s", row == table ? "" : ", ", row->name);
        used += wrote > 0 && (size_t)wrote < sizeof known - used ? (size_t)wrote : 0;
    }
    if (*name == '\0') {
        return usage_error("which one? (known: %s)", known);
    }
    const char *best = suggestion_best(&suggestion);
    if (best != NULL) {
        return usage_error("unknown word '%.80s'; did you mean '%s'? (known: %s)", name, best, known);
    }
    return usage_error("unknown word '%.80s' (known: %s)", name, known);
}

int subcommand_run(const struct subcommand_usage *usage, const struct subcommand table[], int argc,
                   char **argv) {
    message_set_program(usage->program);
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(usage, table);
        return STATUS_OK;
    }
    for (const struct subcommand *row = table; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return row->run(argc - 1, argv + 1);
        }
    }
    return complain_unknown(name, table);
}
