// Finding a program's command.

#include "apps/common/commands.h"

#include "apps/common/files.h"
#include "apps/common/wrap.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

// "server, client or demo": with `last` before the last one.
static const char *list(const struct app *app, const char *last, char *text, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < app->count && used < size; i++) {
        const char *before = i == 0 ? "" : i + 1 < app->count ? ", " : last;
        int wrote = snprintf(text + used, size - used, "%s%s", before, app->commands[i].name);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return text;
}

static void print_help(const struct app *app) {
    unsigned width = 0;
    printf("Usage: %s COMMAND [OPTIONS]\n\n", app->program);
    wrap_print(stdout, options_help_width(), 0, 0, app->purpose);
    putchar('\n');
    for (size_t i = 0; i < app->count; i++) {
        unsigned length = (unsigned)strlen(app->commands[i].name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < app->count; i++) {
        printf("  %-*s  ", (int)width, app->commands[i].name);
        wrap_print(stdout, options_help_width(), width + 4, width + 4, app->commands[i].usage.purpose);
    }
    printf("\nEach has --help. %s\n", app->example);
}

static int complain_unknown(const struct app *app, const char *name) {
    struct suggestion suggestion;
    char text[160];
    suggestion_start(&suggestion, name);
    for (size_t i = 0; i < app->count; i++) {
        suggestion_offer(&suggestion, app->commands[i].name);
    }
    const char *best = suggestion_best(&suggestion);
    return best != NULL ? usage_error("unknown command \"%s\"; did you mean \"%s\"?", name, best)
                        : usage_error("unknown command \"%s\"; known are %s", name,
                                      list(app, " and ", text, sizeof text));
}

static int run(const struct app *app, const struct app_command *command, int argc, char **argv) {
    int status = options_parse(&command->usage, command->options, &argc, argv);
    if (status == OPTIONS_GO_ON && app->prepare != NULL) {
        status = app->prepare(command, argv + 1);
    }
    return status == OPTIONS_GO_ON ? command->run() : status;
}

int commands_main(const struct app *app, int argc, char **argv) {
    char text[160];
    files_guard_standard_streams();
    message_set_program(app->program);
    (void)setlocale(LC_CTYPE, "");
    if (argc < 2) {
        return usage_error("%s? (%s --help tells more)", list(app, " or ", text, sizeof text), app->program);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(app);
        return files_finish(STATUS_OK);
    }
    for (size_t i = 0; i < app->count; i++) {
        if (strcmp(argv[1], app->commands[i].name) == 0) {
            return files_finish(run(app, &app->commands[i], argc - 1, argv + 1));
        }
    }
    return complain_unknown(app, argv[1]);
}
