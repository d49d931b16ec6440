// e2e-relay: two people talk through a relay that cannot read what they say (README 003). The state machines are
// protocols/e2e_relay.c and protocols/e2e_client.c; this folder has the command line, the relay's HTTP, WebSocket and Engine.IO
// over sockets, and the clients' keys and words.

#include "apps/e2e-relay/client.h"
#include "apps/e2e-relay/relay.h"

#include "apps/common/commands.h"

#include "bignum/group.h"
#include "protocols/e2e_keys.h"

#include <string.h>

static struct settings settings = {.host = "127.0.0.1",
                                   .port = E2E_RELAY_PORT,
                                   .timeout = 30,
                                   .ping_interval = 25000,
                                   .ping_timeout = 20000,
                                   .max_payload = 1000000,
                                   .connections = 4096};
static struct client_settings client = {
    .common = {.host = "127.0.0.1", .port = E2E_RELAY_PORT, .timeout = PROTOCOL_TIMEOUT},
    .demo = DEMO_DEFAULTS,
    .group = "ffdhe2048",
};

// clang-format off
static const struct app_option relay_options[] = {
    {"host", 0, OPTION_TEXT, &settings.host, "HOST", .help = "the address to listen on (127.0.0.1: reachable from this machine only)"},
    {"port", 'p', OPTION_NUMBER, &settings.port, "PORT", .help = "the port to listen on (5000); 0 picks a free one and prints it", .maximum = 65535},
    {"explain", 'e', OPTION_FLAG, &settings.explain, NULL, .help = "explain every event that is passed on, layer by layer"},
    {"quiet", 'q', OPTION_FLAG, &settings.quiet, NULL, .help = "do not tell who comes and goes"},
    {"record", 'r', OPTION_TEXT, &settings.record, "FILE", .help = "write all that crosses to a pcap, for tshark or `cutaway explain`"},
    {"timeout", 't', OPTION_NUMBER, &settings.timeout, "SECONDS", .help = "patience with slow requests, clients that do not join, and those that do not read (30)", .minimum = 1, .maximum = 86400},
    {"ping-interval", 0, OPTION_NUMBER, &settings.ping_interval, "MILLISECONDS", .help = "between two heartbeats (25000)", .minimum = 50, .maximum = 86400000},
    {"ping-timeout", 0, OPTION_NUMBER, &settings.ping_timeout, "MILLISECONDS", .help = "for the answer to a heartbeat (20000)", .minimum = 50, .maximum = 86400000},
    {"max-payload", 0, OPTION_NUMBER, &settings.max_payload, "BYTES", .help = "the longest request or message that is taken (1000000)", .minimum = 1024, .maximum = 100000000},
    {"connections", 0, OPTION_NUMBER, &settings.connections, "N", .help = "at a time; others wait (4096)", .minimum = 2, .maximum = 1000000},
    {0},
};
#define OPTION_GROUP {"group", 'g', OPTION_TEXT, &client.group, "GROUP", .help = "of both keys, the same at both ends (ffdhe2048); the list is above", .given = &client.group_given}
static const struct app_option client_options[] = {
    {"keys", 'k', OPTION_TEXT, &client.keys, "FILE", .help = "keys made by e2e-relay keygen; fresh ones otherwise"},
    OPTION_GROUP,
    {"stay", 's', OPTION_FLAG, &client.stay, NULL, .help = "when the partner leaves, wait for the next one"},
    {"host", 0, OPTION_TEXT, &client.common.host, "HOST", .help = "the relay's host (127.0.0.1)"},
    {"port", 'p', OPTION_NUMBER, &client.common.port, "PORT", .help = "the relay's port (5000)", .minimum = 1, .maximum = 65535},
    OPTIONS_ALL_ROLES(client.common),
    {0},
};
static const struct app_option keygen_options[] = {OPTION_GROUP, {0}};
static const struct app_option demo_options[] = {OPTION_GROUP, OPTIONS_ALL_DEMOS(client.demo), {0}};
// clang-format on

#define GROUPS_HELP                                                                                          \
    "Groups: toy-1021 (broken in seconds); modp-1536, modp-2048, modp-3072, modp-4096, modp-6144, "          \
    "modp-8192\n"                                                                                            \
    "(RFC 3526); ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192 (RFC 7919)."

static int do_relay(void) {
    return run_relay(&settings);
}
static int do_talk(void) {
    return run_client(&client);
}
static int do_keygen(void) {
    return run_keygen(&client);
}
static int do_demo(void) {
    return run_demo(&client);
}

static const struct app_command commands[] = {
    {"relay",
     do_relay,
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
    {"client",
     do_talk,
     client_options,
     {.program = "e2e-relay client",
      .synopsis = "[--keys FILE] [--host HOST] [--port PORT] [--explain]",
      .purpose = "Joins a relay, agrees with a partner on a key that the relay does not have, and talks.",
      .details = "`exit` leaves, and so does Ctrl-D; the partner's client then ends too, or waits (--stay). "
                 "Lines may be piped in.\n"
                 "Exit status: 0 after an end as it should be, 1 when something went wrong, 2 for a wrong "
                 "command line.\n" GROUPS_HELP,
      .example =
          "e2e-relay client\ne2e-relay keygen ann.keys && e2e-relay client --keys ann.keys --explain"}},
    {"keygen",
     do_keygen,
     keygen_options,
     {.program = "e2e-relay keygen",
      .synopsis = "FILE [--group GROUP]",
      .purpose = "Makes a key file for one client: an ElGamal pair and a Diffie-Hellman pair.",
      .details = GROUPS_HELP,
      .example = "e2e-relay keygen ann.keys",
      .operands_min = 1,
      .operands_max = 1,
      .operand_names = "FILE"}},
    {"demo",
     do_demo,
     demo_options,
     {.program = "e2e-relay demo",
      .synopsis = "[--group GROUP] [--json | --html FILE] [--seed N]",
      .purpose = "Runs a relay and two clients over TCP, and explains every byte.",
      .details = GROUPS_HELP,
      .example = "e2e-relay demo\ne2e-relay demo --group toy-1021 --seed 1"}},
};

// OPTIONS_GO_ON for a group that both ends can name, else the exit status.
static int check_group(void) {
    struct suggestion suggestion;
    suggestion_start(&suggestion, client.group);
    for (size_t i = 0; bn_group_names[i] != NULL; i++) {
        if (e2e_keys_group_is_known(bn_group_names[i])) {
            suggestion_offer(&suggestion, bn_group_names[i]);
        }
    }
    if (e2e_keys_group_is_known(client.group)) {
        return OPTIONS_GO_ON;
    }
    if (strcmp(client.group, "toy-4digit") == 0) {
        return usage_error(
            "toy-4digit is drawn anew every time, so two ends cannot share it; toy-1021 they can");
    }
    const char *best = suggestion_best(&suggestion);
    return best != NULL ? usage_error("unknown group \"%s\"; did you mean \"%s\"?", client.group, best)
                        : usage_error("unknown group \"%s\"; --help lists them", client.group);
}

static int prepare(const struct app_command *command, char **operands) {
    client.file = command->usage.operands_max > 0 ? operands[0] : NULL;
    return check_group();
}

int main(int argc, char **argv) {
    const struct app app = {
        .program = "e2e-relay",
        .purpose = "End-to-end encrypted messaging through a relay, as README 003 has it: for study, not for "
                   "secrets.",
        .example = "Example, in three terminals:\n"
                   "  e2e-relay relay --explain\n"
                   "  e2e-relay client\n"
                   "  e2e-relay client",
        .commands = commands,
        .count = sizeof commands / sizeof commands[0],
        .prepare = prepare,
    };
    return commands_main(&app, argc, argv);
}
