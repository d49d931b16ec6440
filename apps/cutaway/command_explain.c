// cutaway explain: tells a recorded conversation again, as somebody on the wire saw it.

#include "apps/common/capture.h"
#include "apps/common/options.h"
#include "apps/common/report.h"
#include "apps/cutaway/commands.h"

#include "protocols/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A sink that reports each message at once: a listener sees it when it crosses.
struct narrator {
    struct explain_sink sink; // first: the sink finds the narrator
    struct report *report;    // NULL: nobody listens, the watch only counts
};

static void narrate(struct explain_sink *sink, const struct explanation *explanation) {
    struct narrator *narrator = (struct narrator *)sink;
    if (narrator->report != NULL) {
        struct report_flow flow = {0};
        report_sent(narrator->report, &flow, explanation);
        report_arrived(narrator->report, &flow);
    }
}

static bool uses_port(const struct protocol *protocol, uint16_t port) {
    return port >= protocol->port && port < protocol->port + protocol->ports;
}

// Whether the tables of this protocol fit a connection: how many messages did, less those that did not.
static long fit(const struct capture *capture, size_t connection, const struct protocol *protocol) {
    struct narrator nobody = {.sink.explain = narrate};
    struct watch watch;
    if (!watch_start(&watch, protocol, "client", &nobody.sink)) {
        return 0;
    }
    for (size_t i = 0; i < capture->piece_count; i++) {
        const struct capture_piece *piece = &capture->pieces[i];
        if (piece->connection == connection) {
            watch_bytes(&watch, piece->from_client, piece->bytes, piece->length);
        }
    }
    long known = (long)watch.watched.number - (long)watch.watched.unknown;
    long unknown = (long)watch.watched.unknown;
    watch_stop(&watch);
    return known - 4 * unknown;
}

// The protocol whose tables fit best; of equals, the one on its usual port. NULL when none fits.
static const struct protocol *recognise(const struct capture *capture, size_t connection) {
    const struct protocol *best = NULL;
    long best_fit = 0;
    uint16_t port = capture->connections[connection].server_port;
    for (size_t i = 0; protocols[i] != NULL; i++) {
        long points = 2 * fit(capture, connection, protocols[i]);
        points += points > 0 && uses_port(protocols[i], port) ? 1 : 0;
        if (points > best_fit) {
            best = protocols[i];
            best_fit = points;
        }
    }
    return best;
}

static const struct protocol *find_protocol(const char *name) {
    struct suggestion suggestion;
    suggestion_start(&suggestion, name);
    for (size_t i = 0; protocols[i] != NULL; i++) {
        if (strcmp(protocols[i]->name, name) == 0) {
            return protocols[i];
        }
        suggestion_offer(&suggestion, protocols[i]->name);
    }
    const char *best = suggestion_best(&suggestion);
    (void)(best != NULL ? usage_error("unknown protocol \"%s\"; did you mean \"%s\"?", name, best)
                        : usage_error("unknown protocol \"%s\"; --help lists them", name));
    return NULL;
}

static void introduce(struct report *report, const struct capture *capture,
                      const struct protocol *const found[]) {
    const struct protocol *first = NULL;
    char text[400];
    for (size_t i = 0; i < capture->connection_count && first == NULL; i++) {
        first = found[i];
    }
    report_title(report, first != NULL ? first->name : "unknown",
                 first != NULL ? first->about : "no protocol that is known here");
    for (size_t i = 0; i < capture->connection_count; i++) {
        const struct capture_connection *connection = &capture->connections[i];
        (void)snprintf(text, sizeof text, "%zu: %s calls %s; %s%s", i + 1, connection->client,
                       connection->server, found[i] != NULL ? found[i]->name : "not recognised",
                       connection->incomplete ? "; the recording has gaps" : "");
        report_remark(report, "connection", text);
    }
    report_remark(
        report, "as seen",
        "by somebody on the wire, who has every byte and no key: what the ends computed is not here. "
        "`--explain` at an end shows it.");
}

static void tell_all(struct report *report, const struct capture *capture,
                     const struct protocol *const found[], struct watch *watches) {
    struct narrator narrator = {.sink.explain = narrate, .report = report};
    char client[40] = "client";
    for (size_t i = 0; i < capture->connection_count; i++) {
        if (capture->connection_count > 1) {
            (void)snprintf(client, sizeof client, "client %zu", i + 1);
        }
        if (found[i] != NULL && !watch_start(&watches[i], found[i], client, &narrator.sink)) {
            report->broken = true;
            return;
        }
    }
    for (size_t i = 0; i < capture->piece_count; i++) {
        const struct capture_piece *piece = &capture->pieces[i];
        if (found[piece->connection] != NULL) {
            watch_bytes(&watches[piece->connection], piece->from_client, piece->bytes, piece->length);
        }
    }
    for (size_t i = 0; i < capture->connection_count; i++) {
        if (found[i] != NULL) {
            watch_stop(&watches[i]);
        }
    }
}

struct recorded_talk {
    struct capture capture;
    const struct protocol *given; // by --protocol, or NULL
};

static int tell(struct report *report, void *context) {
    const struct recorded_talk *talk = context;
    const struct capture *capture = &talk->capture;
    const struct protocol **found = calloc(capture->connection_count + 1, sizeof(struct protocol *));
    struct watch *watches = calloc(capture->connection_count + 1, sizeof *watches);
    bool known = false;
    if (found != NULL && watches != NULL) {
        for (size_t i = 0; i < capture->connection_count; i++) {
            found[i] = talk->given != NULL ? talk->given : recognise(capture, i);
            known = known || found[i] != NULL;
        }
        introduce(report, capture, found);
        tell_all(report, capture, found, watches);
    } else {
        report->broken = true;
    }
    free(found);
    free(watches);
    return known || report->broken ? STATUS_OK : failure("no conversation of a known protocol in it");
}

// For the help.
static void list_protocols(char *out, size_t size) {
    size_t used = (size_t)snprintf(out, size, "Protocols:");
    for (size_t i = 0; protocols[i] != NULL && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s %s", i > 0 ? "," : "", protocols[i]->name);
    }
}

int command_explain(int argc, char **argv) {
    const char *html = NULL, *name = NULL;
    bool json = false;
    char details[400];
    list_protocols(details, sizeof details);
    // clang-format off
    const struct app_option options[] = {
        {"json", 'j', OPTION_FLAG, &json, NULL, "the transcript as data, one JSON object a line", .required = false},
        {"html", 0, OPTION_TEXT, &html, "FILE", "the transcript as a page that needs nothing else", .required = false},
        {"protocol", 'p', OPTION_TEXT, &name, "NAME", "what it is, where that cannot be recognised", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway explain",
        .synopsis = "[--json | --html OUT] FILE",
        .purpose = "Explains a recorded conversation (a pcap, by --record or tcpdump -w) byte by byte.",
        .details = details,
        .example = "des-chat demo --record talk.pcap > /dev/null; cutaway explain talk.pcap",
        .operands_min = 1,
        .operands_max = 1,
        .operand_names = "FILE",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    struct recorded_talk talk = {.given = name != NULL ? find_protocol(name) : NULL};
    if (name != NULL && talk.given == NULL) {
        return STATUS_USAGE;
    }
    if (!capture_read(&talk.capture, argv[1])) {
        return STATUS_FAILED;
    }
    status = report_run(json, html, tell, &talk);
    capture_clear(&talk.capture);
    return status;
}
