// des-chat: two people talk, encrypted with DES under a key agreed on by Diffie-Hellman (README 002). The protocol is in
// protocols/des_chat.c; this folder has the command line, the sockets and the person at the keyboard.

#include "apps/des-chat/des_chat_app.h"

#include "apps/common/files.h"
#include "apps/common/options.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static struct settings settings = {
    .common = {.host = "127.0.0.1", .port = DES_CHAT_PORT, .timeout = PROTOCOL_TIMEOUT},
    .demo = {.timeout = DEMO_TIMEOUT},
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
    OPTION_GROUP, OPTION_MODE, OPTIONS_ALL_DEMOS(settings.demo), {0},
};
// clang-format on

#define GROUPS_HELP                                                                                          \
    "Groups: toy-1021, toy-4digit (broken in seconds); modp-1536, modp-2048, modp-3072, modp-4096,\n"        \
    "modp-6144, modp-8192 (RFC 3526); ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192 (RFC 7919)."
#define ENDING_HELP                                                                                          \
    "`exit` ends the conversation on both sides, and so does Ctrl-D. Lines may also be piped in.\n"          \
    "Exit status: 0 after `exit`, 1 when something went wrong, 2 for a wrong command line."

static const struct command {
    const char *name;
    int (*run)(const struct settings *settings);
    const struct app_option *options;
    struct app_usage usage;
} commands[] = {
    {"server",
     run_server,
     server_options,
     {.program = "des-chat server",
      .synopsis = "[--port PORT] [--group GROUP] [--explain]",
      .purpose = "Waits for one client, agrees on a key, and talks in turn; the client speaks first.",
      .details = ENDING_HELP "\n" GROUPS_HELP,
      .example = "des-chat server --explain\ndes-chat server --port 0 --group toy-1021"}},
    {"client",
     run_client,
     client_options,
     {.program = "des-chat client",
      .synopsis = "[--host HOST] [--port PORT] [--explain]",
      .purpose = "Connects to a server, agrees on a key, and talks in turn; the client speaks first.",
      .details = "The server chooses the group; this end tests it and goes on or refuses.\n" ENDING_HELP,
      .example = "des-chat client\necho 'Hello' | des-chat client --port 8001"}},
    {"demo",
     run_demo,
     demo_options,
     {.program = "des-chat demo",
      .synopsis = "[--group GROUP] [--mode ecb|cbc] [--json | --html FILE] [--seed N]",
      .purpose = "Runs both ends of a short conversation over TCP, and explains every byte.",
      .details = GROUPS_HELP,
      .example = "des-chat demo\ndes-chat demo --group toy-1021 --mode cbc"}},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void) {
    puts(
        "Usage: des-chat server|client|demo [OPTIONS]\n\n"
        "Two-way messaging with DES and Diffie-Hellman, as README 002 has it: for study, not for secrets.\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-7s %s\n", commands[i].name, commands[i].usage.purpose);
    }
    puts("\nEach has --help. Example, in two terminals:\n  des-chat server --explain\n  des-chat client");
}

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

int main(int argc, char **argv) {
    files_guard_standard_streams();
    message_set_program("des-chat");
    (void)setlocale(LC_CTYPE, "");
    if (argc < 2) {
        return usage_error("server, client or demo? (des-chat --help tells more)");
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
        if (status != OPTIONS_GO_ON) {
            return files_finish(status);
        }
        status = check_group();
        if (status != OPTIONS_GO_ON) {
            return status;
        }
        settings.mode = strcmp(mode, "cbc") == 0 ? MODE_CBC : MODE_ECB;
        return files_finish(commands[i].run(&settings));
    }
    const char *best = suggestion_best(&suggestion);
    return best != NULL ? usage_error("unknown command \"%s\"; did you mean \"%s\"?", argv[1], best)
                        : usage_error("unknown command \"%s\"; known are server, client and demo", argv[1]);
}
