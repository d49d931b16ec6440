// e2e-relay: two people talk through a relay that cannot read what they say (README 003). The relay's state machine is
// protocols/e2e_relay.c; this folder has the command line, and HTTP, WebSocket and Engine.IO over sockets.

#include "apps/e2e-relay/relay.h"

#include "apps/common/files.h"
#include "apps/common/options.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static struct settings settings = {.host = "127.0.0.1",
                                   .port = E2E_RELAY_PORT,
                                   .timeout = 30,
                                   .ping_interval = 25000,
                                   .ping_timeout = 20000,
                                   .max_payload = 1000000,
                                   .connections = 4096};

// clang-format off
static const struct app_option relay_options[] = {
    {"host", 0, OPTION_TEXT, &settings.host, "HOST", .help = "the address to listen on (127.0.0.1: reachable from this machine only)"},
    {"port", 'p', OPTION_NUMBER, &settings.port, "PORT", .help = "the port to listen on (5000); 0 picks a free one and prints it", .maximum = 65535},
    {"explain", 'e', OPTION_FLAG, &settings.explain, NULL, .help = "explain every event that is passed on, layer by layer"},
    {"quiet", 'q', OPTION_FLAG, &settings.quiet, NULL, .help = "do not tell who comes and goes"},
    {"timeout", 't', OPTION_NUMBER, &settings.timeout, "SECONDS", .help = "patience with slow requests, clients that do not join, and those that do not read (30)", .minimum = 1, .maximum = 86400},
    {"ping-interval", 0, OPTION_NUMBER, &settings.ping_interval, "MILLISECONDS", .help = "between two heartbeats (25000)", .minimum = 50, .maximum = 86400000},
    {"ping-timeout", 0, OPTION_NUMBER, &settings.ping_timeout, "MILLISECONDS", .help = "for the answer to a heartbeat (20000)", .minimum = 50, .maximum = 86400000},
    {"max-payload", 0, OPTION_NUMBER, &settings.max_payload, "BYTES", .help = "the longest request or message that is taken (1000000)", .minimum = 1024, .maximum = 100000000},
    {"connections", 0, OPTION_NUMBER, &settings.connections, "N", .help = "at a time; others wait (4096)", .minimum = 2, .maximum = 1000000},
    {0},
};
// clang-format on

static const struct command {
    const char *name;
    int (*run)(const struct settings *settings);
    const struct app_option *options;
    struct app_usage usage;
} commands[] = {
    {"relay",
     run_relay,
     relay_options,
     {.program = "e2e-relay relay",
      .synopsis = "[--host HOST] [--port PORT] [--explain]",
      .purpose = "Serves Socket.IO clients: pairs them, two at a time, and passes on what they say, unread.",
      .details =
          "Stock clients are welcome: socket.io-client 4 and python-socketio 5, over polling and WebSocket.\n"
          "Events: KEY_EXCHANGE and PARTNER_LEFT from the relay; ELGAMAL_PK, DEFF_HELLMAN_PK and message "
          "are\n"
          "passed on as ELGAMAL_PK_BC, DEFF_HELLMAN_PK_BC and received_message.",
      .example = "e2e-relay relay\ne2e-relay relay --port 0 --explain"}},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void) {
    puts("Usage: e2e-relay COMMAND [OPTIONS]\n\n"
         "End-to-end encrypted messaging through a relay, as README 003 has it: for study, not for "
         "secrets.\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  e2e-relay %-8s %s\n", commands[i].name, commands[i].usage.purpose);
    }
    puts("\nEach has --help. Example:\n  e2e-relay relay --explain");
}

int main(int argc, char **argv) {
    files_guard_standard_streams();
    message_set_program("e2e-relay");
    (void)setlocale(LC_CTYPE, "");
    if (argc < 2) {
        return usage_error("which command? (e2e-relay --help lists them)");
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
        return files_finish(status != OPTIONS_GO_ON ? status : commands[i].run(&settings));
    }
    const char *best = suggestion_best(&suggestion);
    return best != NULL ? usage_error("unknown command \"%s\"; did you mean \"%s\"?", argv[1], best)
                        : usage_error("unknown command \"%s\" (e2e-relay --help lists them)", argv[1]);
}
