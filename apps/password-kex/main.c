// password-kex: two ends prove to each other that they know a password, and agree on keys (README 000). The protocol is in
// protocols/password_kex.c; this folder has the command line, the data folder and the words.

#include "apps/password-kex/password_kex_app.h"

#include "apps/common/files.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static struct settings settings = {
    .common = {.host = "127.0.0.1", .port = PASSWORD_KEX_PORT, .timeout = PROTOCOL_TIMEOUT},
    .demo = {.timeout = DEMO_TIMEOUT},
    .data = "data",
};
static const char *hash = "sha512";
static const char *const hashes[] = {"sha512", "sha256", NULL};

// clang-format off
#define OPTION_HASH {"hash", 'H', OPTION_CHOICE, &hash, "HASH", .help = "sha512 (usual) or sha256, the same at both ends and for the stored passwords", .choices = hashes}
#define OPTION_DATA {"data", 'd', OPTION_TEXT, &settings.data, "DIR", .help = "the folder with a file for each user (data)"}

static const struct app_option server_options[] = {
    OPTION_DATA, OPTION_HASH,
    OPTION_LISTEN_HOST(settings.common), OPTION_LISTEN_PORT(settings.common, "8000"), OPTIONS_ALL_ROLES(settings.common), {0},
};
static const struct app_option client_options[] = {
    {"user", 'u', OPTION_TEXT, &settings.user, "NAME", .help = "who you are", .required = true},
    OPTION_HASH,
    OPTION_CALL_HOST(settings.common), OPTION_CALL_PORT(settings.common, "8000"), OPTIONS_ALL_ROLES(settings.common), {0},
};
static const struct app_option user_options[] = {
    OPTION_DATA, OPTION_HASH, {0},
};
static const struct app_option deluser_options[] = {
    OPTION_DATA, {0},
};
static const struct app_option demo_options[] = {
    OPTION_HASH, OPTIONS_ALL_DEMOS(settings.demo), {0},
};
// clang-format on

#define PASSWORD_HELP                                                                                        \
    "The password is asked for without echo; when input is not a terminal, it is the first line of it.\n"    \
    "Exit status: 0 when all went well, 1 when something went wrong, 2 for a wrong command line."
#define NAME_HELP                                                                                            \
    "A NAME has 1 to 64 of the characters A-Z a-z 0-9 _ . -, and is neither . nor ..\n" PASSWORD_HELP

static const struct command {
    const char *name;
    int (*run)(const struct settings *settings);
    const struct app_option *options;
    struct app_usage usage;
} commands[] = {
    {"server",
     run_server,
     server_options,
     {.program = "password-kex server",
      .synopsis = "[--data DIR] [--port PORT] [--explain]",
      .purpose =
          "Serves clients, any number at once: a fresh key for each, mutual proof, one message each way.",
      .example = "password-kex adduser ann\npassword-kex server --explain"}},
    {"client",
     run_client,
     client_options,
     {.program = "password-kex client",
      .synopsis = "--user NAME [--host HOST] [--port PORT] [--explain]",
      .purpose = "Proves a password to a server, has the server prove it too, and sends one line under the "
                 "new keys.",
      .details = PASSWORD_HELP,
      .example = "password-kex client --user ann"}},
    {"adduser",
     run_adduser,
     user_options,
     {.program = "password-kex adduser",
      .synopsis = "NAME [--data DIR]",
      .purpose = "Stores the hash of a new user's password; makes the folder when it is not there.",
      .details = NAME_HELP,
      .example = "password-kex adduser ann",
      .operands_min = 1,
      .operands_max = 1,
      .operand_names = "NAME"}},
    {"passwd",
     run_passwd,
     user_options,
     {.program = "password-kex passwd",
      .synopsis = "NAME [--data DIR]",
      .purpose = "Changes a user's password.",
      .details = NAME_HELP,
      .example = "password-kex passwd ann",
      .operands_min = 1,
      .operands_max = 1,
      .operand_names = "NAME"}},
    {"deluser",
     run_deluser,
     deluser_options,
     {.program = "password-kex deluser",
      .synopsis = "NAME [--data DIR]",
      .purpose = "Removes a user.",
      .example = "password-kex deluser ann",
      .operands_min = 1,
      .operands_max = 1,
      .operand_names = "NAME"}},
    {"demo",
     run_demo,
     demo_options,
     {.program = "password-kex demo",
      .synopsis = "[--hash HASH] [--json | --html FILE] [--seed N]",
      .purpose = "Runs a whole session over TCP, and explains every byte.",
      .example = "password-kex demo\npassword-kex demo --html password-kex.html"}},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void) {
    puts("Usage: password-kex COMMAND [OPTIONS]\n\n"
         "A key exchange proved by a password, as README 000 has it: for study, not for secrets.\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-8s %s\n", commands[i].name, commands[i].usage.purpose);
    }
    puts("\nEach has --help. Example, in two terminals:\n"
         "  password-kex adduser ann; password-kex server --explain\n  password-kex client --user ann");
}

static int run(const struct command *command, int argc, char **argv) {
    int status = options_parse(&command->usage, command->options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    settings.hash = hash_find(hash);
    if (command->usage.operands_max > 0) {
        settings.user = argv[1];
    }
    if (settings.user != NULL && !password_kex_name_is_good(settings.user)) {
        return usage_error("\"%s\" is no user name: 1 to 64 of A-Z a-z 0-9 _ . - are, but not . and ..",
                           settings.user);
    }
    return command->run(&settings);
}

int main(int argc, char **argv) {
    files_guard_standard_streams();
    message_set_program("password-kex");
    (void)setlocale(LC_CTYPE, "");
    if (argc < 2) {
        return usage_error(
            "server, client, adduser, passwd, deluser or demo? (password-kex --help tells more)");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help();
        return files_finish(STATUS_OK);
    }
    struct suggestion suggestion;
    suggestion_start(&suggestion, argv[1]);
    for (size_t i = 0; i < COMMANDS; i++) {
        suggestion_offer(&suggestion, commands[i].name);
        if (strcmp(argv[1], commands[i].name) == 0) {
            return files_finish(run(&commands[i], argc - 1, argv + 1));
        }
    }
    const char *best = suggestion_best(&suggestion);
    return best != NULL
               ? usage_error("unknown command \"%s\"; did you mean \"%s\"?", argv[1], best)
               : usage_error(
                     "unknown command \"%s\"; known are server, client, adduser, passwd, deluser and demo",
                     argv[1]);
}
