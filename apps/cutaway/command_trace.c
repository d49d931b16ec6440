// cutaway trace: runs a computation with a sink attached and shows its steps.
//
// trace's own options may stand anywhere on the command line. The rest is either a short form (`trace aes-128 --key ...
// --in ...`, in trace_forms.c) or any command of the workbench. What a command writes to standard output is kept and
// shown at the end as the step "result", so that it does not mix with the steps.

#include "apps/common/files.h"
#include "apps/common/options.h"
#include "apps/cutaway/command.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/trace_forms.h"
#include "apps/cutaway/trace_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 110, WIDTH_MIN = 40, WIDTH_MAX = 1000, RESULT_MAX = 1 << 20 };

// What trace's own options say.
struct trace_arguments {
    bool json, help;
    const char *expect, *depth, *width, *color;
};

static const char *const color_names[] = {"auto", "always", "never", NULL};

static const struct app_usage usage = {
    .program = "cutaway trace",
    .synopsis = "WHAT ARGUMENT... [--json | --expect FILE] [--depth N|all] [--color WHEN] [--width N]",
    .purpose = "Shows a computation step by step, in the words of the standard.",
    .details =
        "WHAT is any command with its arguments (`trace cipher aes-128-cbc encrypt ...`), or a short form:\n"
        "  aes-128 | aes-192 | aes-256 | des | des-ede | des-ede3   --key HEX --in HEX [--decrypt]   one "
        "block\n"
        "  aes-128-cbc, or any cipher and mode   --key HEX [--iv HEX] --in HEX [--decrypt] [--padding "
        "pkcs7|none]\n"
        "  md5 | sha1 | sha224 | sha256 | sha384 | sha512           --in HEX, or --text TEXT\n"
        "  hmac-sha256, or any hash               --key HEX --in HEX, or --text TEXT\n"
        "  hkdf-sha256, or any hash               --in HEX [--salt HEX] [--info HEX] --length N\n"
        "  mgf1-sha1, or any hash                 --in HEX --length N\n"
        "Nested computations are sections, folded to a line below a depth that suits what is traced.\n"
        "--expect FILE compares with a trace of this program (text or --json), or with a list of lines\n"
        "`LABEL VALUE`; it stops at the first difference, and the exit status is then 1.",
    .example =
        "cutaway trace aes-128 --key 2b7e151628aed2a6abf7158809cf4f3c --in 3243f6a8885a308d313198a2e0370734\n"
        "cutaway trace sha256 --text abc\n"
        "cutaway trace gcd 240 46 --json",
};

static const struct app_option option_rows[] = {
    {"json", 0, OPTION_FLAG, NULL, NULL, "one JSON object a line, for programs", .required = false},
    {"expect", 0, OPTION_TEXT, NULL, "FILE", "compare with FILE and stop at the first difference",
     .required = false},
    {"depth", 0, OPTION_TEXT, NULL, "N|all", "how deep to look into nested computations", .required = false},
    {"color", 0, OPTION_TEXT, NULL, "WHEN", "auto (a terminal, unless NO_COLOR is set), always or never",
     .required = false},
    {"width", 0, OPTION_TEXT, NULL, "N", "columns: the terminal's, else 110", .required = false},
    {0},
};

// --- trace's own options ---------------------------------------------------------------------------------------

// Takes trace's own options out of argv; the others keep their order. The usual status.
static int take_arguments(struct trace_arguments *arguments, int *argc, char **argv) {
    struct {
        const char *name;
        const char **value;
    } const known[] = {{"--expect", &arguments->expect},
                       {"--depth", &arguments->depth},
                       {"--width", &arguments->width},
                       {"--color", &arguments->color}};
    int kept = 1;
    bool only_operands = false;
    for (int i = 1; i < *argc; i++) {
        bool taken = false;
        only_operands = only_operands || strcmp(argv[i], "--") == 0;
        for (size_t k = 0; k < sizeof known / sizeof known[0] && !taken && !only_operands; k++) {
            size_t length = strlen(known[k].name);
            if (strncmp(argv[i], known[k].name, length) != 0) {
                continue;
            }
            if (argv[i][length] == '=') {
                *known[k].value = argv[i] + length + 1;
                taken = true;
            } else if (argv[i][length] == '\0') {
                if (i + 1 == *argc) {
                    return usage_error("%s wants a value", known[k].name);
                }
                *known[k].value = argv[++i];
                taken = true;
            }
        }
        if (!taken && !only_operands && strcmp(argv[i], "--json") == 0) {
            arguments->json = true;
        } else if (!taken) {
            arguments->help = arguments->help || (!only_operands && strcmp(argv[i], "--help") == 0) ||
                              (i == 1 && strcmp(argv[i], "-h") == 0);
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    argv[kept] = NULL;
    return OPTIONS_GO_ON;
}

static int parse_count(const char *option, const char *text, unsigned minimum, unsigned maximum,
                       unsigned *count) {
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < minimum || number > maximum) {
        return usage_error("%s wants a number from %u to %u, not '%.40s'", option, minimum, maximum, text);
    }
    *count = (unsigned)number;
    return OPTIONS_GO_ON;
}

static int fill_settings(struct trace_settings *settings, const struct trace_arguments *arguments) {
    int status = OPTIONS_GO_ON;
    if (arguments->json && arguments->expect != NULL) {
        return usage_error("--json and --expect exclude each other");
    }
    if (arguments->depth != NULL) {
        if (strcmp(arguments->depth, "all") == 0) {
            settings->depth = TRACE_DEPTH_ALL;
        } else {
            status = parse_count("--depth, unless it is all,", arguments->depth, 0, TRACE_DEPTH_ALL,
                                 &settings->depth);
        }
    } else if (arguments->json || arguments->expect != NULL) {
        settings->depth = TRACE_DEPTH_ALL;
    }
    bool terminal = isatty(STDOUT_FILENO) == 1;
    struct winsize size;
    settings->width = WIDTH_DEFAULT;
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN) {
        settings->width = size.ws_col;
    }
    if (status == OPTIONS_GO_ON && arguments->width != NULL) {
        status = parse_count("--width", arguments->width, WIDTH_MIN, WIDTH_MAX, &settings->width);
    }
    const char *no_color = getenv("NO_COLOR");
    settings->color = terminal && (no_color == NULL || *no_color == '\0');
    if (status == OPTIONS_GO_ON && arguments->color != NULL) {
        size_t i = 0;
        while (color_names[i] != NULL && strcmp(color_names[i], arguments->color) != 0) {
            i++;
        }
        if (color_names[i] == NULL) {
            return usage_error("--color is auto, always or never, not '%.40s'", arguments->color);
        }
        settings->color = i == 0 ? settings->color : i == 1;
    }
    return status;
}

// How deep to look when nobody says: as deep as what makes this algorithm, not what it uses.
static unsigned depth_of(const char *what) {
    // clang-format off
    static const struct {
        const char *beginning;
        unsigned depth;
    } depths[] = {
        {"aes-128-", 1}, {"aes-192-", 1}, {"aes-256-", 1}, // a mode: its blocks
        {"aes-", 0},                                       // the rounds, without the key schedule
        {"des-", 1},                                       // a mode, or each DES of a triple one by its rounds
        {"des", TRACE_DEPTH_ALL},                          // rounds, S-boxes and key schedule
        {"hkdf", 0},                                       // what goes into each HMAC and what comes out
        {"rsa", 0}, {"elgamal", 0}, {"dh", 0},             // the exponentiations have thousands of steps, but
                                                           // for textbook numbers, which trace_text.c unfolds
    };
    // clang-format on
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        if (strncmp(what, depths[i].beginning, strlen(depths[i].beginning)) == 0) {
            return depths[i].depth;
        }
    }
    return 1;
}

// --- the result ------------------------------------------------------------------------------------------------

static void report(const char *note, const uint8_t *bytes, size_t length, enum trace_shape shape) {
    struct trace_step step = {
        .label = "result", .note = note, .shape = shape, .bytes = bytes, .length = length};
    trace_deliver(&step);
}

// Text is reported a line at a time, anything else as bytes.
static void report_result(const uint8_t *output, size_t length, bool cut) {
    bool text = length > 0 && output[length - 1] == '\n';
    for (size_t i = 0; i < length && text; i++) {
        text = (output[i] >= 0x20 && output[i] != 0x7F) || output[i] == '\n' || output[i] == '\t';
    }
    const char *note = cut ? "The first million bytes of the output." : NULL;
    if (!text) {
        if (length > 0) {
            report(note, output, length, TRACE_BYTES);
        }
        return;
    }
    for (size_t at = 0; at < length;) {
        const uint8_t *end = memchr(output + at, '\n', length - at);
        size_t line = end != NULL ? (size_t)(end - (output + at)) : length - at;
        report(note, output + at, line, TRACE_TEXT);
        at += line + 1;
    }
}

// Runs a command while its standard output goes to memory, then reports what came out.
static int run_captured(const struct command *command, int argc, char **argv) {
    int memory = memfd_create("cutaway-result", MFD_CLOEXEC);
    int before = dup(STDOUT_FILENO);
    if (memory < 0 || before < 0 || dup2(memory, STDOUT_FILENO) < 0) {
        return failure("the command's output cannot be kept apart: %s", strerror(errno));
    }
    int status = command->run(argc, argv);
    (void)fflush(stdout);
    if (dup2(before, STDOUT_FILENO) < 0) {
        status = failure("standard output: %s", strerror(errno));
    }
    (void)close(before);
    uint8_t *output = trace_allocate(RESULT_MAX + 1, 1);
    size_t length = 0;
    ssize_t got;
    while (length <= RESULT_MAX &&
           (got = pread(memory, output + length, RESULT_MAX + 1 - length, (off_t)length)) > 0) {
        length += (size_t)got;
    }
    report_result(output, length < RESULT_MAX ? length : RESULT_MAX, length > RESULT_MAX);
    free(output);
    (void)close(memory);
    return status;
}

// --- the command -----------------------------------------------------------------------------------------------

static int unknown(const char *what) {
    struct suggestion suggestion;
    suggestion_start(&suggestion, what);
    for (const struct command *command = commands; command->name != NULL; command++) {
        suggestion_offer(&suggestion, command->name);
    }
    char form[TRACE_FORM_SIZE], best_form[TRACE_FORM_SIZE] = "";
    for (size_t i = 0; trace_form_name(form, i); i++) {
        const char *before = suggestion.best;
        suggestion_offer(&suggestion, form);
        if (suggestion.best == form) {
            memcpy(best_form, form, sizeof form);
            suggestion.best = best_form;
        } else {
            suggestion.best = before;
        }
    }
    const char *best = suggestion_best(&suggestion);
    if (best != NULL) {
        return usage_error("cannot trace '%.80s'; did you mean '%s'?", what, best);
    }
    return usage_error("cannot trace '%.80s' (see 'cutaway trace --help')", what);
}

// What is worth watching: one computation. Lists and measurements have no steps to show, and all the vectors together
// have gigabytes of them.
static int check_watchable(const struct command *command, int argc) {
    static const char *const without_steps[] = {"list", "bench", "explain"};
    if (command->run == command_trace) {
        return usage_error("trace cannot trace itself");
    }
    for (size_t i = 0; i < sizeof without_steps / sizeof without_steps[0]; i++) {
        if (strcmp(command->name, without_steps[i]) == 0) {
            return usage_error("%s has no steps to watch", command->name);
        }
    }
    if (strcmp(command->name, "vectors") == 0 && argc < 2) {
        return usage_error("all vectors are too many to watch; name a file: cutaway trace vectors FILE");
    }
    return OPTIONS_GO_ON;
}

static int run_traced(const struct trace_settings *settings, const struct trace_arguments *arguments,
                      const struct command *command, int argc, char **argv) {
    int status = STATUS_OK;
    struct trace_view *view;
    if (arguments->expect != NULL) {
        view = trace_expect_view(settings, arguments->expect, &status);
    } else {
        view = arguments->json ? trace_json_view(settings) : trace_text_view(settings);
    }
    if (view == NULL) {
        return status;
    }
    trace_attach(&view->sink);
    status = command != NULL ? run_captured(command, argc, argv) : trace_form_run(argc, argv);
    trace_attach(NULL);
    int verdict = status == STATUS_USAGE ? STATUS_OK : view->finish(view);
    view->release(view);
    // With --expect the question is whether the steps agree, which a composite "prime" may well do.
    bool only_verdict = arguments->expect != NULL && status != STATUS_USAGE;
    return status != STATUS_OK && !only_verdict ? status : verdict;
}

// The command line as typed, for the first line of the text: a command may change its arguments while it reads them.
static char *as_typed(int argc, char **argv) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) {
        return NULL;
    }
    fputs("cutaway trace", stream);
    for (int i = 1; i < argc; i++) {
        fputc(' ', stream);
        for (size_t at = 0; argv[i][at] != '\0' && at < 200; at++) {
            unsigned char c = (unsigned char)argv[i][at];
            fputc(c < 0x20 || c == 0x7F ? '.' : c, stream);
        }
        fputs(strlen(argv[i]) > 200 ? "..." : "", stream);
    }
    return fclose(stream) == 0 ? text : NULL;
}

int command_trace(int argc, char **argv) {
    static const char *const own_options[] = {"json", "expect", "depth", "color", "width", NULL};
    message_set_program(usage.program);
    options_also_known(own_options);
    struct trace_arguments arguments = {0};
    struct trace_settings settings = {.title = as_typed(argc, argv)};
    int status = take_arguments(&arguments, &argc, argv);
    if (status == OPTIONS_GO_ON && arguments.help && (argc < 3 || argv[1][0] == '-')) {
        options_print_help(&usage, option_rows);
        status = STATUS_OK;
    }
    const char *what = argc > 1 ? argv[1] : NULL;
    if (status == OPTIONS_GO_ON && what == NULL) {
        status = usage_error("what shall be traced? (see 'cutaway trace --help')");
    }
    if (status == OPTIONS_GO_ON && what != NULL) {
        settings.depth = depth_of(what);
        settings.fold_key_schedule = strcmp(what, "des") != 0 && arguments.depth == NULL;
        // The first numbers of a new RSA key, its length and e, are small; what follows never is.
        bool rsa_keygen = strcmp(what, "rsa") == 0 && argc > 2 && strcmp(argv[2], "keygen") == 0;
        settings.unfold_textbook = arguments.depth == NULL && !rsa_keygen;
        status = fill_settings(&settings, &arguments);
    }
    const struct command *command = NULL;
    if (status == OPTIONS_GO_ON && what != NULL) {
        command = command_find(what);
        if (command == NULL && !trace_form_known(what)) {
            status = unknown(what);
        } else if (arguments.help && (command == NULL || command->run != command_trace)) {
            // The help of what would be traced.
            status = command != NULL ? command->run(argc - 1, argv + 1) : trace_form_run(argc - 1, argv + 1);
        } else if (command != NULL) {
            status = check_watchable(command, argc - 1);
        }
    }
    int out = -1;
    if (status == OPTIONS_GO_ON) {
        // The view writes to a copy of standard output, which stays when a command's output is redirected.
        out = dup(STDOUT_FILENO);
        settings.out = out >= 0 ? fdopen(out, "w") : NULL;
        // EINVAL: standard output was closed and is now the stand-in of files_guard_standard_streams.
        int error = errno == EINVAL ? EBADF : errno;
        status = settings.out == NULL ? failure("standard output: %s", strerror(error)) : OPTIONS_GO_ON;
    }
    if (status == OPTIONS_GO_ON) {
        status = run_traced(&settings, &arguments, command, argc - 1, argv + 1);
        errno = 0;
        if (fclose(settings.out) != 0) {
            int error = errno;
            message_set_program(usage.program);
            status = failure("standard output: %s", strerror(error));
        }
    }
    free(settings.title);
    return status;
}
