// password-kex: two ends prove to each other that they know a password, and agree on keys (README 000). The protocol is in
// protocols/password_kex.c; this folder has the command line, the data folder and the words.

#include "apps/password-kex/password_kex_app.h"

#include "apps/common/commands.h"

static struct settings settings = {
    .common = {.host = "127.0.0.1", .port = PASSWORD_KEX_PORT, .timeout = PROTOCOL_TIMEOUT},
    .demo = DEMO_DEFAULTS,
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

static int serve(void) {
    return run_server(&settings);
}
static int talk(void) {
    return run_client(&settings);
}
static int add(void) {
    return run_adduser(&settings);
}
static int change(void) {
    return run_passwd(&settings);
}
static int remove_user(void) {
    return run_deluser(&settings);
}
static int show(void) {
    return run_demo(&settings);
}

static const struct app_command commands[] = {
    {"server",
     serve,
     server_options,
     {.program = "password-kex server",
      .synopsis = "[--data DIR] [--port PORT] [--explain]",
      .purpose =
          "Serves clients, any number at once: a fresh key for each, mutual proof, one message each way.",
      .example = "password-kex adduser ann\npassword-kex server --explain"}},
    {"client",
     talk,
     client_options,
     {.program = "password-kex client",
      .synopsis = "--user NAME [--host HOST] [--port PORT] [--explain]",
      .purpose = "Proves a password to a server, has the server prove it too, and sends one line under the "
                 "new keys.",
      .details = PASSWORD_HELP,
      .example = "password-kex client --user ann"}},
    {"adduser",
     add,
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
     change,
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
     remove_user,
     deluser_options,
     {.program = "password-kex deluser",
      .synopsis = "NAME [--data DIR]",
      .purpose = "Removes a user.",
      .example = "password-kex deluser ann",
      .operands_min = 1,
      .operands_max = 1,
      .operand_names = "NAME"}},
    {"demo",
     show,
     demo_options,
     {.program = "password-kex demo",
      .synopsis = "[--hash HASH] [--json | --html FILE] [--seed N]",
      .purpose = "Runs a whole session over TCP, and explains every byte.",
      .example = "password-kex demo\npassword-kex demo --html password-kex.html"}},
};

static int prepare(const struct app_command *command, char **operands) {
    settings.hash = hash_find(hash);
    if (command->usage.operands_max > 0) {
        settings.user = operands[0];
    }
    if (settings.user != NULL && !password_kex_name_is_good(settings.user)) {
        return usage_error("\"%s\" is no user name: 1 to 64 of A-Z a-z 0-9 _ . - are, but not . and ..",
                           settings.user);
    }
    return OPTIONS_GO_ON;
}

int main(int argc, char **argv) {
    const struct app app = {
        .program = "password-kex",
        .purpose = "A key exchange proved by a password, as README 000 has it: for study, not for secrets.",
        .example = "Example, in two terminals:\n"
                   "  password-kex adduser ann; password-kex server --explain\n"
                   "  password-kex client --user ann",
        .commands = commands,
        .count = sizeof commands / sizeof commands[0],
        .prepare = prepare,
    };
    return commands_main(&app, argc, argv);
}
