// cert-relay: three clients log in with the keys of their certificates, agree on a key through a server that cannot read it,
// and talk (README 001). The protocol is in protocols/cert_relay_server.c and cert_relay_client.c; this folder has the
// command line, the folder of certificates, the sockets and the person at the keyboard.

#include "apps/cert-relay/cert_relay_app.h"

#include "apps/common/commands.h"

#include <string.h>

static struct settings settings = {
    .common = {.host = "127.0.0.1", .port = CERT_RELAY_PORT, .timeout = PROTOCOL_TIMEOUT},
    .demo = DEMO_DEFAULTS,
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

static int serve(void) {
    return run_server(&settings);
}
static int talk(void) {
    return run_client(&settings);
}
static int make_certificates(void) {
    return run_certs(&settings);
}
static int show(void) {
    return run_demo(&settings);
}

static const struct app_command commands[] = {
    {"server",
     serve,
     server_options,
     {.program = "cert-relay server",
      .synopsis = "--certs DIR [--port FIRST] [--explain]",
      .purpose = "Serves client1, client2 and client3, on three ports at once, and passes on what they say.",
      .details = "DIR must have server_cert.pem and client1_cert.pem to client3_cert.pem.",
      .example = "cert-relay certs demo-certs\ncert-relay server --certs demo-certs --explain"}},
    {"client",
     talk,
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
     make_certificates,
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
     show,
     demo_options,
     {.program = "cert-relay demo",
      .synopsis = "[--json | --html FILE] [--seed N]",
      .purpose = "Runs a server and three clients over TCP, and explains every byte.",
      .example = "cert-relay demo\ncert-relay demo --seed 1 --html cert-relay.html"}},
};

static int take_operand(const struct app_command *command, char **operands) {
    if (command->run == make_certificates) {
        settings.folder = operands[0];
    } else if (command->run == talk) {
        if (!cert_relay_find(&settings.place, (const uint8_t *)operands[0], strlen(operands[0]))) {
            return usage_error("\"%s\" is no client: client1, client2 and client3 are", operands[0]);
        }
        settings.common.port += port_given ? 0 : settings.place;
    }
    return OPTIONS_GO_ON;
}

int main(int argc, char **argv) {
    const struct app app = {
        .program = "cert-relay",
        .purpose = "Three clients with certificates, and a server between them, as README 001 has it: for "
                   "study, not for secrets.",
        .example = "Example, in four terminals:\n"
                   "  cert-relay certs demo-certs; cert-relay server --certs demo-certs\n"
                   "  cert-relay client client1 --certs demo-certs        (and client2, client3)",
        .commands = commands,
        .count = sizeof commands / sizeof commands[0],
        .prepare = take_operand,
    };
    return commands_main(&app, argc, argv);
}
