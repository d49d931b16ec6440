// Parsing command lines by table.

#include "apps/common/options.h"
#include "apps/common/terminal.h"
#include "apps/common/wrap.h"
#include "bignum/encoding.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct app_option help_option = {
    "help", 'h', OPTION_FLAG, NULL, NULL, "show this help", false, NULL, NULL, 0, 0,
};

// --- help ------------------------------------------------------------------------------------------------------

enum { HELP_MARGIN = 29, HELP_WIDTH_MIN = 60 };

unsigned options_help_width(void) {
    unsigned width = terminal_width(UINT_MAX);
    return width < HELP_WIDTH_MIN ? HELP_WIDTH_MIN : width;
}

static void print_option(const struct app_option *option) {
    char form[64];
    int length = 0;
    if (option->letter != 0) {
        length = snprintf(form, sizeof form, "-%c, --%s", option->letter, option->name);
    } else {
        length = snprintf(form, sizeof form, "    --%s", option->name);
    }
    if (option->argument != NULL && length > 0 && (size_t)length < sizeof form) {
        (void)snprintf(form + length, sizeof form - (size_t)length, " %s", option->argument);
    }
    char text[1024];
    length = snprintf(text, sizeof text, "%s", option->help);
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++) {
        if (length > 0 && (size_t)length < sizeof text) {
            length += snprintf(text + length, sizeof text - (size_t)length, "%s%s", i == 0 ? ": " : ", ",
                               option->choices[i]);
        }
    }
    if (option->required && length > 0 && (size_t)length < sizeof text) {
        (void)snprintf(text + length, sizeof text - (size_t)length, " (required)");
    }
    int column = printf("  %-26s ", form);
    wrap_print(stdout, options_help_width(), column > 0 ? (unsigned)column : HELP_MARGIN, HELP_MARGIN, text);
}

void options_print_help(const struct app_usage *usage, const struct app_option options[]) {
    printf("usage: %s %s\n\n", usage->program, usage->synopsis);
    wrap_print(stdout, options_help_width(), 0, 0, usage->purpose);
    if (usage->details != NULL) {
        printf("\n%s\n", usage->details);
    }
    puts("\nOptions:");
    for (const struct app_option *option = options; option->name != NULL; option++) {
        print_option(option);
    }
    print_option(&help_option);
    puts("\nExample:");
    const char *line = usage->example;
    while (line != NULL && *line != '\0') {
        size_t length = strcspn(line, "\n");
        printf("  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

// --- values ----------------------------------------------------------------------------------------------------

static int parse_number(const struct app_option *option, const char *form, const char *text) {
    unsigned long *value = option->value;
    unsigned long maximum = option->maximum != 0 ? option->maximum : ULONG_MAX;
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    bool digits_only = *text != '\0' && strspn(text, "0123456789") == strlen(text);
    if (!digits_only || end == NULL || *end != '\0') {
        return usage_error("%s wants a number, not '%s'", form, text);
    }
    if (errno == ERANGE || number < option->minimum || number > maximum) {
        if (option->maximum == 0 && errno != ERANGE) {
            return usage_error("%s is %s; it must be at least %lu", form, text, option->minimum);
        }
        return usage_error("%s is %s; it must be %lu to %lu", form, text, option->minimum, maximum);
    }
    *value = number;
    return OPTIONS_GO_ON;
}

static int parse_choice(const struct app_option *option, const char *form, const char *text) {
    const char **value = option->value;
    struct suggestion suggestion;
    suggestion_start(&suggestion, text);
    char known[512] = "";
    size_t used = 0;
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *value = option->choices[i];
            return OPTIONS_GO_ON;
        }
        suggestion_offer(&suggestion, option->choices[i]);
        int wrote =
            snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", option->choices[i]);
        used += wrote > 0 && (size_t)wrote < sizeof known - used ? (size_t)wrote : 0;
    }
    const char *best = suggestion_best(&suggestion);
    if (best != NULL) {
        return usage_error("%s does not know '%s'; did you mean '%s'? (known: %s)", form, text, best, known);
    }
    return usage_error("%s does not know '%s' (known: %s)", form, text, known);
}

// Stores the value of an option; `form` is how the option was written, for messages.
static int store(const struct app_option *option, const char *form, const char *text) {
    int status = OPTIONS_GO_ON;
    char why[96];
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->value = true;
        break;
    case OPTION_TEXT:
        *(const char **)option->value = text;
        break;
    case OPTION_NUMBER:
        status = parse_number(option, form, text);
        break;
    case OPTION_HEX:
        if (!bytes_from_hex(option->value, text, why)) {
            status = usage_error("%s '%.80s%s' %s", form, text, strlen(text) > 80 ? "..." : "", why);
        }
        break;
    case OPTION_CHOICE:
        status = parse_choice(option, form, text);
        break;
    case OPTION_INTEGER:
        if (!bn_from_text((mpz_ptr)option->value, text)) {
            status =
                usage_error("%s wants an integer, decimal or hexadecimal after 0x, not '%.80s'", form, text);
        }
        break;
    }
    if (option->given != NULL && status == OPTIONS_GO_ON) {
        *option->given = true;
    }
    return status;
}

// --- the command line ------------------------------------------------------------------------------------------

// What options_parse keeps between arguments.
struct parse {
    const struct app_usage *usage;
    const struct app_option *options;
    int argc;
    char **argv;
    int next;        // the argument to look at next
    bool asked_help; // --help was there
    bool seen[64];   // which rows were given, for the required ones
};

// The value of an option that takes one: attached to it, or the next argument.
static int take_value(struct parse *parse, const struct app_option *option, const char *form,
                      const char *attached) {
    if (attached == NULL) {
        if (parse->next >= parse->argc) {
            return usage_error("%s wants a value: %s %s", form, form, option->argument);
        }
        attached = parse->argv[parse->next++];
    }
    return store(option, form, attached);
}

static void mark_seen(struct parse *parse, const struct app_option *option) {
    size_t row = (size_t)(option - parse->options);
    if (row < sizeof parse->seen) {
        parse->seen[row] = true;
    }
}

static const char *const none[] = {NULL};
static const char *const *also_known = none;

void options_also_known(const char *const names[]) {
    also_known = names;
}

static int unknown_long(const struct parse *parse, const char *name, size_t length) {
    char typed[64];
    (void)snprintf(typed, sizeof typed, "%.*s", (int)length, name);
    struct suggestion suggestion;
    suggestion_start(&suggestion, typed);
    suggestion_offer(&suggestion, help_option.name);
    for (const struct app_option *option = parse->options; option->name != NULL; option++) {
        suggestion_offer(&suggestion, option->name);
    }
    for (size_t i = 0; also_known[i] != NULL; i++) {
        suggestion_offer(&suggestion, also_known[i]);
    }
    const char *best = suggestion_best(&suggestion);
    if (best != NULL) {
        return usage_error("unknown option '--%s'; did you mean '--%s'?", typed, best);
    }
    return usage_error("unknown option '--%s' (see '%s --help')", typed, parse->usage->program);
}

// argument is "--name" or "--name=value".
static int parse_long(struct parse *parse, const char *argument) {
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    const char *attached = name[length] == '=' ? name + length + 1 : NULL;
    if (length == 4 && strncmp(name, "help", 4) == 0 && attached == NULL) {
        parse->asked_help = true;
        return OPTIONS_GO_ON;
    }
    for (const struct app_option *option = parse->options; option->name != NULL; option++) {
        if (strlen(option->name) != length || strncmp(option->name, name, length) != 0) {
            continue;
        }
        char form[64];
        (void)snprintf(form, sizeof form, "--%s", option->name);
        mark_seen(parse, option);
        if (option->kind != OPTION_FLAG) {
            return take_value(parse, option, form, attached);
        }
        if (attached != NULL) {
            return usage_error("%s takes no value, but got '%s'", form, attached);
        }
        return store(option, form, NULL);
    }
    return unknown_long(parse, name, length);
}

// argument is "-abc": flags, of which the last may be an option with its value.
static int parse_short(struct parse *parse, const char *argument) {
    for (const char *at = argument + 1; *at != '\0'; at++) {
        if (*at == help_option.letter) {
            parse->asked_help = true;
            continue;
        }
        const struct app_option *option = parse->options;
        while (option->name != NULL && option->letter != *at) {
            option++;
        }
        if (option->name == NULL) {
            return usage_error("unknown option '-%c' in '%s' (see '%s --help')", *at, argument,
                               parse->usage->program);
        }
        char form[] = {'-', *at, '\0'};
        mark_seen(parse, option);
        if (option->kind != OPTION_FLAG) {
            return take_value(parse, option, form, at[1] != '\0' ? at + 1 : NULL);
        }
        int status = store(option, form, NULL);
        if (status != OPTIONS_GO_ON) {
            return status;
        }
    }
    return OPTIONS_GO_ON;
}

// "-", "file" and "-7" are operands; "-k" and "--key" are not.
static bool is_operand(const char *argument) {
    return argument[0] != '-' || argument[1] == '\0' || (argument[1] >= '0' && argument[1] <= '9');
}

static int check_complete(const struct parse *parse, int operands, const char *first_extra) {
    const struct app_usage *usage = parse->usage;
    if (operands < usage->operands_min) {
        return usage_error("%s missing: usage is '%s %s'", operands == 0 ? "operands are" : "an operand is",
                           usage->program, usage->synopsis);
    }
    if (operands > usage->operands_max) {
        return usage_error("'%s' is one operand too many: usage is '%s %s'", first_extra, usage->program,
                           usage->synopsis);
    }
    for (size_t row = 0; parse->options[row].name != NULL; row++) {
        const struct app_option *option = &parse->options[row];
        if (option->required && !parse->seen[row]) {
            return usage_error("--%s %s is missing: %s", option->name,
                               option->argument != NULL ? option->argument : "", option->help);
        }
    }
    return OPTIONS_GO_ON;
}

int options_parse(const struct app_usage *usage, const struct app_option options[], int *argc, char **argv) {
    message_set_program(usage->program);
    struct parse parse = {.usage = usage, .options = options, .argc = *argc, .argv = argv, .next = 1};
    int operands = 0;
    bool only_operands = false;
    while (parse.next < parse.argc) {
        char *argument = argv[parse.next++];
        int status = OPTIONS_GO_ON;
        if (only_operands || is_operand(argument)) {
            argv[1 + operands++] = argument; // never beyond what was read already
        } else if (strcmp(argument, "--") == 0) {
            only_operands = true;
        } else if (argument[1] == '-') {
            status = parse_long(&parse, argument);
        } else {
            status = parse_short(&parse, argument);
        }
        if (parse.asked_help) {
            options_print_help(usage, options);
            return STATUS_OK;
        }
        if (status != OPTIONS_GO_ON) {
            return status;
        }
    }
    const char *first_extra = operands > usage->operands_max ? argv[1 + usage->operands_max] : NULL;
    int status = check_complete(&parse, operands, first_extra);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    *argc = 1 + operands;
    argv[*argc] = NULL;
    return OPTIONS_GO_ON;
}
