// rsa-chat: several people talk through a server, under an AES key that RSA carries (README 004). The protocol is in
// protocols/rsa_chat.c; this folder has the command line, the key files and the people at the keyboards.

#include "apps/rsa-chat/rsa_chat_app.h"

#include "apps/common/commands.h"

#include <string.h>

static struct settings settings = {
    .common = {.host = NULL, .port = PORT_NOT_GIVEN, .timeout = PROTOCOL_TIMEOUT},
    .demo = DEMO_DEFAULTS,
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

static int serve(void) {
    return run_server(&settings);
}
static int talk(void) {
    return run_client(&settings);
}
static int show(void) {
    return run_demo(&settings);
}

static const struct app_command commands[] = {
    {"server",
     serve,
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
     talk,
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
     show,
     demo_options,
     {.program = "rsa-chat demo",
      .synopsis = "[--json | --html FILE] [--seed N] [--record FILE]",
      .purpose = "Runs a server and two clients over TCP, and explains every byte.",
      .example = "rsa-chat demo\nrsa-chat demo --seed 1 --html demo.html"}},
};

static int check_name(const struct app_command *command, char **operands) {
    (void)command, (void)operands;
    if (settings.name != NULL && !rsa_chat_name_is_good(settings.name, strlen(settings.name))) {
        return usage_error("--name %s: %s", settings.name, rsa_chat_reason_text(RSA_CHAT_BAD_NAME));
    }
    return OPTIONS_GO_ON;
}

int main(int argc, char **argv) {
    const struct app app = {
        .program = "rsa-chat",
        .purpose = "A chat for several people, encrypted with AES under a key that RSA carries and MD5 "
                   "checks, as README 004 has it: for study, not for secrets.",
        .example = "Example, in three terminals:\n"
                   "  rsa-chat server --explain\n"
                   "  rsa-chat client --name alice\n"
                   "  rsa-chat client --name bob",
        .commands = commands,
        .count = sizeof commands / sizeof commands[0],
        .prepare = check_name,
    };
    return commands_main(&app, argc, argv);
}
