// des-chat: two people talk, encrypted with DES under a key agreed on by Diffie-Hellman (README 002). The protocol is in
// protocols/des_chat.c; this folder has the command line, the sockets and the person at the keyboard.

#include "apps/des-chat/des_chat_app.h"

#include "apps/common/commands.h"

#include <string.h>

static struct settings settings = {
    .common = {.host = "127.0.0.1", .port = DES_CHAT_PORT, .timeout = PROTOCOL_TIMEOUT},
    .demo = DEMO_DEFAULTS,
    .group = "ffdhe2048",
    .mode = MODE_ECB,
};
static const char *mode = "ecb";
static const char *const modes[] = {"ecb", "cbc", NULL};

// clang-format off
#define OPTION_GROUP {"group", 'g', OPTION_TEXT, &settings.group, "GROUP", .help = "the Diffie-Hellman group (ffdhe2048); the list is above"}
#define OPTION_MODE  {"mode", 'm', OPTION_CHOICE, &mode, "MODE", .help = "the mode of DES, the same at both ends (ecb)", .choices = modes}
#define OPTION_FREE  {"free", 'f', OPTION_FLAG, &settings.free, NULL, .help = "both type at any time, not in turn; must be given at both ends"}

static const struct app_option server_options[] = {
    OPTION_LISTEN_HOST(settings.common), OPTION_LISTEN_PORT(settings.common, "8001"),
    OPTION_GROUP, OPTION_MODE, OPTION_FREE, OPTIONS_ALL_ROLES(settings.common), {0},
};
static const struct app_option client_options[] = {
    OPTION_CALL_HOST(settings.common), OPTION_CALL_PORT(settings.common, "8001"),
    OPTION_MODE, OPTION_FREE, OPTIONS_ALL_ROLES(settings.common), {0},
};
static const struct app_option demo_options[] = {
    OPTION_GROUP, OPTION_MODE, OPTION_FREE, OPTIONS_ALL_DEMOS(settings.demo), {0},
};
// clang-format on

#define GROUPS_HELP                                                                                          \
    "Groups: toy-1021, toy-4digit (broken in seconds); modp-1536, modp-2048, modp-3072, modp-4096,\n"        \
    "modp-6144, modp-8192 (RFC 3526); ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192 (RFC 7919)."
#define ENDING_HELP                                                                                          \
    "`exit` ends the conversation on both sides, and so does Ctrl-D. Lines may also be piped in.\n"          \
    "Exit status: 0 after `exit`, 1 when something went wrong, 2 for a wrong command line."

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
     {.program = "des-chat server",
      .synopsis = "[--port PORT] [--group GROUP] [--explain]",
      .purpose = "Waits for one client, agrees on a key, and talks in turn; the client speaks first.",
      .details = ENDING_HELP "\n" GROUPS_HELP,
      .example = "des-chat server --explain\ndes-chat server --port 0 --group toy-1021"}},
    {"client",
     talk,
     client_options,
     {.program = "des-chat client",
      .synopsis = "[--host HOST] [--port PORT] [--explain]",
      .purpose = "Connects to a server, agrees on a key, and talks in turn; the client speaks first.",
      .details = "The server chooses the group; this end tests it and goes on or refuses.\n" ENDING_HELP,
      .example = "des-chat client\necho 'Hello' | des-chat client --port 8001"}},
    {"demo",
     show,
     demo_options,
     {.program = "des-chat demo",
      .synopsis = "[--group GROUP] [--mode ecb|cbc] [--json | --html FILE] [--seed N]",
      .purpose = "Runs both ends of a short conversation over TCP, and explains every byte.",
      .details = GROUPS_HELP,
      .example = "des-chat demo\ndes-chat demo --group toy-1021 --mode cbc"}},
};

// OPTIONS_GO_ON for a known group, else the exit status.
static int check_group(void) {
    struct suggestion suggestion;
    suggestion_start(&suggestion, settings.group);
    for (size_t i = 0; bn_group_names[i] != NULL; i++) {
        if (strcmp(bn_group_names[i], settings.group) == 0) {
            return OPTIONS_GO_ON;
        }
        suggestion_offer(&suggestion, bn_group_names[i]);
    }
    const char *best = suggestion_best(&suggestion);
    return best != NULL ? usage_error("unknown group \"%s\"; did you mean \"%s\"?", settings.group, best)
                        : usage_error("unknown group \"%s\"; --help lists them", settings.group);
}

static int prepare(const struct app_command *command, char **operands) {
    (void)command, (void)operands;
    settings.mode = strcmp(mode, "cbc") == 0 ? MODE_CBC : MODE_ECB;
    return check_group();
}

int main(int argc, char **argv) {
    const struct app app = {
        .program = "des-chat",
        .purpose = "Two-way messaging with DES and Diffie-Hellman, as README 002 has it: for study, not for "
                   "secrets.",
        .example = "Example, in two terminals:\n"
                   "  des-chat server --explain\n"
                   "  des-chat client",
        .commands = commands,
        .count = sizeof commands / sizeof commands[0],
        .prepare = prepare,
    };
    return commands_main(&app, argc, argv);
}
