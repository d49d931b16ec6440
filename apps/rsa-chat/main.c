// rsa-chat: several people talk through a server, under an AES key that RSA carries (README 004). The protocol is in
// protocols/rsa_chat.c; this folder has the command line, the key files and the people at the keyboards.

#include "apps/rsa-chat/rsa_chat_app.h"

#include "apps/common/files.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static struct settings settings = {
    .common = {.host = NULL, .port = PORT_NOT_GIVEN, .timeout = PROTOCOL_TIMEOUT},
    .demo = {.timeout = DEMO_TIMEOUT},
    .keys = ".",
};

// clang-format off
#define OPTION_KEYS {"keys", 'k', OPTION_TEXT, &settings.keys, "DIR", .help = "the folder for this side's two key files (the current one)"}
#define OPTION_NAME {"name", 'n', OPTION_TEXT, &settings.name, "NAME", .help = "what to be called: 1 to 32 letters, digits, '_', '.' or '-' (client)"}

static const struct app_option server_options[] = {
    OPTION_LISTEN_HOST(settings.common), OPTION_LISTEN_PORT(settings.common, "8004"),
    OPTION_KEYS, OPTIONS_ALL_ROLES(settings.common), {0},
};
static const struct app_option client_options[] = {
    OPTION_CALL_HOST(settings.common), OPTION_CALL_PORT(settings.common, "8004"),
    OPTION_NAME, OPTION_KEYS, OPTIONS_ALL_ROLES(settings.common), {0},
};
static const struct app_option demo_options[] = {
    OPTIONS_ALL_DEMOS(settings.demo), {0},
};
// clang-format on

static const struct command {
    const char *name;
    int (*run)(struct settings *settings);
    const struct app_option *options;
    struct app_usage usage;
} commands[] = {
    {"server",
     run_server,
     server_options,
     {.program = "rsa-chat server",
      .synopsis = "[--host HOST] [--port PORT] [--keys DIR] [--explain]",
      .purpose = "Waits for clients, gives each of them the session key, and passes on what they say.",
      .details =
          "At a terminal, a host and a port that are not given are asked for.\n"
          "Its keys are new at every start: DIR/rsa-chat_server_public.pem and\n"
          "DIR/rsa-chat_server_private.pem, which only its owner can read.\n"
          "A typed line goes to everybody; `quit`, Ctrl-D or Ctrl-C ends the server. The end of piped\n"
          "input does not.\n"
          "Exit status: 0 after `quit`, 1 when something went wrong, 2 for a wrong command line.",
      .example = "rsa-chat server --host 127.0.0.1 --port 8004\nrsa-chat server --explain"}},
    {"client",
     run_client,
     client_options,
     {.program = "rsa-chat client",
      .synopsis = "[--name NAME] [--host HOST] [--port PORT] [--keys DIR] [--explain]",
      .purpose = "Connects to a server under a name, and talks with everybody there.",
      .details = "At a terminal, a host, a port and a name that are not given are asked for.\n"
                 "Its keys are new at every start: DIR/rsa-chat_NAME_public.pem and\n"
                 "DIR/rsa-chat_NAME_private.pem, which only its owner can read.\n"
                 "`quit` leaves, and so do Ctrl-D and the end of piped input.\n"
                 "Exit status: 0 after `quit`, 1 when something went wrong, 2 for a wrong command line.",
      .example = "rsa-chat client --name alice\necho 'Hello' | rsa-chat client --name bob --port 8004"}},
    {"demo",
     run_demo,
     demo_options,
     {.program = "rsa-chat demo",
      .synopsis = "[--json | --html FILE] [--seed N] [--record FILE]",
      .purpose = "Runs a server and two clients over TCP, and explains every byte.",
      .example = "rsa-chat demo\nrsa-chat demo --seed 1 --html demo.html"}},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void) {
    puts("Usage: rsa-chat server|client|demo [OPTIONS]\n\n"
         "A chat for several people, encrypted with AES under a key that RSA carries and MD5 checks, as "
         "README\n"
         "004 has it: for study, not for secrets.\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-7s %s\n", commands[i].name, commands[i].usage.purpose);
    }
    puts("\nEach has --help. Example, in three terminals:\n  rsa-chat server --explain\n  rsa-chat client "
         "--name alice\n"
         "  rsa-chat client --name bob");
}

static int check_name(void) {
    if (settings.name != NULL && !rsa_chat_name_is_good(settings.name, strlen(settings.name))) {
        return usage_error("--name %s: %s", settings.name, rsa_chat_reason_text(RSA_CHAT_BAD_NAME));
    }
    return OPTIONS_GO_ON;
}

int main(int argc, char **argv) {
    files_guard_standard_streams();
    message_set_program("rsa-chat");
    (void)setlocale(LC_CTYPE, "");
    if (argc < 2) {
        return usage_error("server, client or demo? (rsa-chat --help tells more)");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help();
        return files_finish(STATUS_OK);
    }
    struct suggestion suggestion;
    suggestion_start(&suggestion, argv[1]);
    for (size_t i = 0; i < COMMANDS; i++) {
        suggestion_offer(&suggestion, commands[i].name);
        if (strcmp(argv[1], commands[i].name) != 0) {
            continue;
        }
        int count = argc - 1;
        int status = options_parse(&commands[i].usage, commands[i].options, &count, argv + 1);
        status = status == OPTIONS_GO_ON ? check_name() : status;
        return files_finish(status == OPTIONS_GO_ON ? commands[i].run(&settings) : status);
    }
    const char *best = suggestion_best(&suggestion);
    return best != NULL ? usage_error("unknown command \"%s\"; did you mean \"%s\"?", argv[1], best)
                        : usage_error("unknown command \"%s\"; known are server, client and demo", argv[1]);
}
