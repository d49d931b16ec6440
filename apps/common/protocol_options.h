// The options that every protocol app has, as rows for its tables (apps/common/options.h).
//
//     static struct protocol_options common = {.host = "127.0.0.1", .port = 8001, .timeout = PROTOCOL_TIMEOUT};
//     static const struct app_option server_options[] = {
//         OPTION_LISTEN_HOST(common), OPTION_LISTEN_PORT(common, "8001"), OPTIONS_ALL_ROLES(common), {0},
//     };
#ifndef APPS_COMMON_PROTOCOL_OPTIONS_H
#define APPS_COMMON_PROTOCOL_OPTIONS_H

#include "apps/common/options.h"

// What runs of a server or a client have in common.
struct protocol_options {
    const char *host;
    unsigned long port;
    unsigned long timeout; // seconds
    bool explain, quiet;
    const char *record; // a file's path, or NULL
};

// What demos have in common. Starts as DEMO_DEFAULTS.
struct demo_options {
    const char *host; // both ends are there
    unsigned long port;
    unsigned long timeout; // seconds for the whole demo
    bool explain, quiet;
    unsigned long seed;
    bool seeded; // --seed was given
    bool json;
    const char *html;   // a file's path, or NULL
    const char *record; // likewise
};

enum { PROTOCOL_TIMEOUT = 30 };
#define DEMO_DEFAULTS                                                                                        \
    { .host = "127.0.0.1", .timeout = 120 }

// clang-format off
#define OPTION_LISTEN_HOST(common) \
    {"host", 0, OPTION_TEXT, &(common).host, "HOST", .help = "the address to listen on (127.0.0.1: reachable from this machine only)"}
#define OPTION_LISTEN_PORT(common, usual) \
    {"port", 'p', OPTION_NUMBER, &(common).port, "PORT", .help = "the port to listen on (" usual "); 0 picks a free one and prints it", .maximum = 65535}
#define OPTION_CALL_HOST(common) \
    {"host", 0, OPTION_TEXT, &(common).host, "HOST", .help = "the server's host (127.0.0.1)"}
#define OPTION_CALL_PORT(common, usual) \
    {"port", 'p', OPTION_NUMBER, &(common).port, "PORT", .help = "the server's port (" usual ")", .minimum = 1, .maximum = 65535}
#define OPTIONS_ALL_ROLES(common) \
    {"explain", 'e', OPTION_FLAG, &(common).explain, NULL, .help = "explain every message, byte by byte; secrets are shown"}, \
    {"record", 'r', OPTION_TEXT, &(common).record, "FILE", .help = "write all that crosses to a pcap, for tshark or `cutaway explain`"}, \
    {"quiet", 'q', OPTION_FLAG, &(common).quiet, NULL, .help = "print messages and errors only"}, \
    {"timeout", 't', OPTION_NUMBER, &(common).timeout, "SECONDS", .help = "patience with a silent peer, in the handshake and within a message (30)", .minimum = 1, .maximum = 86400}
#define OPTIONS_ALL_DEMOS(common) \
    {"host", 0, OPTION_TEXT, &(common).host, "HOST", .help = "an address of this machine, for both ends (127.0.0.1)"}, \
    {"port", 'p', OPTION_NUMBER, &(common).port, "PORT", .help = "where the ends meet (0: a free one)", .maximum = 65535}, \
    {"explain", 'e', OPTION_FLAG, &(common).explain, NULL, .help = "explain every message, byte by byte: a demo does, unless --quiet"}, \
    {"quiet", 'q', OPTION_FLAG, &(common).quiet, NULL, .help = "print only what people say to each other"}, \
    {"json", 'j', OPTION_FLAG, &(common).json, NULL, .help = "the transcript as data, one JSON object a line"}, \
    {"html", 0, OPTION_TEXT, &(common).html, "FILE", .help = "the transcript as a page that needs nothing else"}, \
    {"record", 'r', OPTION_TEXT, &(common).record, "FILE", .help = "write all that crosses to a pcap, for tshark or `cutaway explain`"}, \
    {"seed", 's', OPTION_NUMBER, &(common).seed, "N", .help = "the same \"random\" values in every run with this N", .given = &(common).seeded}, \
    {"timeout", 't', OPTION_NUMBER, &(common).timeout, "SECONDS", .help = "give up after this time (120)", .minimum = 1, .maximum = 86400}
// clang-format on

#endif
