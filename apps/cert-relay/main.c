// cert-relay: three clients log in with the keys of their certificates, agree on a key through a server that cannot read it,
// and talk (README 001). The protocol is in protocols/cert_relay_server.c and cert_relay_client.c; this folder has the
// command line, the folder of certificates, the sockets and the person at the keyboard.

#include "apps/cert-relay/cert_relay_app.h"

#include "apps/common/files.h"
#include "apps/common/options.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static struct settings settings = {
    .common = {.host = "127.0.0.1", .port = CERT_RELAY_PORT, .timeout = PROTOCOL_TIMEOUT},
    .demo = {.timeout = DEMO_TIMEOUT},
};
static bool port_given;

// clang-format off
#define OPTION_CERTS {"certs", 'c', OPTION_TEXT, &settings.folder, "DIR", .help = "the folder of the certificates, as `cert-relay certs` makes it", .required = true}

static const struct app_option server_options[] = {
    OPTION_CERTS, OPTION_LISTEN_HOST(settings.common),
    {"port", 'p', OPTION_NUMBER, &settings.common.port, "FIRST", .help = "client1's port (9996); the next two are client2's and client3's. 0 picks three free ones, "
     "which need not be in a row, and prints them", .maximum = 65533},
    OPTIONS_ALL_ROLES(settings.common), {0},
};
static const struct app_option client_options[] = {
    OPTION_CERTS, OPTION_CALL_HOST(settings.common),
    {"port", 'p', OPTION_NUMBER, &settings.common.port, "PORT", .help = "this client's port at the server (9996 for client1, 9997, 9998)", .minimum = 1, .maximum = 65535,
     .given = &port_given},
    OPTIONS_ALL_ROLES(settings.common), {0},
};
static const struct app_option certs_options[] = {
    {"force", 'f', OPTION_FLAG, &settings.force, NULL, .help = "replace files that are there"}, {0},
};
static const struct app_option demo_options[] = {
    OPTIONS_ALL_DEMOS(settings.demo), {0},
};
// clang-format on

static const struct command {
    const char *name;
    int (*run)(const struct settings *settings);
    const struct app_option *options;
    struct app_usage usage;
} commands[] = {
    {"server",
     run_server,
     server_options,
     {.program = "cert-relay server",
      .synopsis = "--certs DIR [--port FIRST] [--explain]",
      .purpose = "Serves client1, client2 and client3, on three ports at once, and passes on what they say.",
      .details = "DIR must have server_cert.pem and client1_cert.pem to client3_cert.pem.",
      .example = "cert-relay certs demo-certs\ncert-relay server --certs demo-certs --explain"}},
    {"client",
     run_client,
     client_options,
     {.program = "cert-relay client",
      .synopsis = "client1|client2|client3 --certs DIR [--host HOST] [--port PORT] [--explain]",
      .purpose = "Logs in, agrees on a key with the other two when they are there, and talks.",
      .details =
          "DIR must have this client's _cert.pem and _key.pem. `exit` or Ctrl-D leaves; the other two go on. "
          "Lines "
          "may\nalso be piped in. Exit status: 0 after leaving, 1 when something went wrong, 2 for a wrong "
          "command line.",
      .example = "cert-relay client client1 --certs demo-certs\necho hello | cert-relay client client2 "
                 "--certs demo-certs",
      .operands_min = 1,
      .operands_max = 1,
      .operand_names = "client1|client2|client3"}},
    {"certs",
     run_certs,
     certs_options,
     {.program = "cert-relay certs",
      .synopsis = "DIR [--force]",
      .purpose =
          "Makes a CA and the certificates and keys of server and clients (RSA-2048), valid for a year.",
      .details = "Writes ca, server, client1, client2 and client3, each with _cert.pem and _key.pem.",
      .example = "cert-relay certs demo-certs",
      .operands_min = 1,
      .operands_max = 1,
      .operand_names = "DIR"}},
    {"demo",
     run_demo,
     demo_options,
     {.program = "cert-relay demo",
      .synopsis = "[--json | --html FILE] [--seed N]",
      .purpose = "Runs a server and three clients over TCP, and explains every byte.",
      .example = "cert-relay demo\ncert-relay demo --seed 1 --html cert-relay.html"}},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void) {
    puts("Usage: cert-relay COMMAND [OPTIONS]\n\n"
         "Three clients with certificates, and a server between them, as README 001 has it: for study, not "
         "for "
         "secrets.\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-7s %s\n", commands[i].name, commands[i].usage.purpose);
    }
    puts("\nEach has --help. Example, in four terminals:\n"
         "  cert-relay certs demo-certs; cert-relay server --certs demo-certs\n"
         "  cert-relay client client1 --certs demo-certs        (and client2, client3)");
}

static int run(const struct command *command, int argc, char **argv) {
    int status = options_parse(&command->usage, command->options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    if (command->run == run_certs) {
        settings.folder = argv[1];
    } else if (command->run == run_client) {
        if (!cert_relay_find(&settings.place, (const uint8_t *)argv[1], strlen(argv[1]))) {
            return usage_error("\"%s\" is no client: client1, client2 and client3 are", argv[1]);
        }
        settings.common.port += port_given ? 0 : settings.place;
    }
    return command->run(&settings);
}

int main(int argc, char **argv) {
    files_guard_standard_streams();
    message_set_program("cert-relay");
    (void)setlocale(LC_CTYPE, "");
    if (argc < 2) {
        return usage_error("server, client, certs or demo? (cert-relay --help tells more)");
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
               : usage_error("unknown command \"%s\"; known are server, client, certs and demo", argv[1]);
}
