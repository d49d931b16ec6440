#include "apps/common/demo.h"

#include "apps/common/clock.h"
#include "apps/common/net.h"
#include "apps/common/recording.h"
#include "apps/common/seed.h"
#include "apps/common/signals.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// One end of one link.
struct end {
    struct explain_sink explain; // first: the sink finds the end
    struct demo *demo;
    size_t link;
    enum demo_side side;
    int connection;
    struct report_flow flow; // from this end to the other
};

struct demo {
    const struct demo_app *app;
    void *state;
    struct report *report;
    struct recording recording;
    bool recorded, quiet;
    const char *host;
    int64_t deadline;
    int listener;
    uint16_t port; // the real one, once there is a listener
    size_t count;  // of links made so far
    struct demo_link links[DEMO_LINKS_MAX];
    struct end ends[DEMO_LINKS_MAX][2];
    struct recorded recordings[DEMO_LINKS_MAX]; // as the server's end sees it
    char why[NET_WHY_SIZE + 100];
};

static const char *end_name(const struct end *end) {
    const struct demo_link *link = &end->demo->links[end->link];
    return end->side == DEMO_CLIENT ? link->name : "server";
}
static const struct party *party_of(const struct end *end) {
    return &end->demo->links[end->link].parties[end->side];
}
static struct end *other_end(struct end *end) {
    return &end->demo->ends[end->link][1 - end->side];
}

// --- what is told ----------------------------------------------------------------------------------------------

static void explain(struct explain_sink *sink, const struct explanation *explanation) {
    struct end *end = (struct end *)sink;
    if (explanation->sent) {
        report_sent(end->demo->report, &end->flow, explanation);
    } else {
        report_received(end->demo->report, &other_end(end)->flow, explanation);
    }
}

static void show(struct end *end, const struct party_event *event) {
    struct demo *demo = end->demo;
    char before[100] = "";
    if (event->kind == PARTY_MESSAGE && event->from != NULL) {
        (void)snprintf(before, sizeof before, "%s: ", event->from);
    } else if (event->kind == PARTY_MESSAGE) {
        (void)snprintf(before, sizeof before, "%s", demo->app->peer_says);
    }
    bool notice = event->kind != PARTY_MESSAGE && event->kind != PARTY_FAILED && event->length > 0;
    if (event->kind == PARTY_MESSAGE || (notice && !demo->quiet)) {
        report_screen(demo->report, end_name(end), before, event->text, event->length);
    }
    if (demo->app->event != NULL) {
        demo->app->event(demo->state, end->link, end->side, event);
    }
}

// --- what crosses ----------------------------------------------------------------------------------------------

// All bytes to a party, and its events.
static void feed(struct end *end, const uint8_t *bytes, size_t length) {
    const struct party *party = party_of(end);
    struct party_event event;
    size_t used;
    do {
        used = party->type->receive(party->state, &event, bytes, length);
        bytes += used;
        length -= used;
        if (event.kind != PARTY_NOTHING) {
            show(end, &event);
        }
    } while (length > 0 ? used > 0 || event.kind != PARTY_NOTHING
                        : event.kind != PARTY_NOTHING && !party->type->over(party->state));
}

// Waits until there is something to do at either end. False when it takes too long.
static bool wait_for(const struct end *from, const struct end *to, bool sending) {
    struct pollfd polls[] = {{.fd = to->connection, .events = POLLIN},
                             {.fd = sending ? from->connection : -1, .events = POLLOUT},
                             {.fd = signals_descriptor(), .events = POLLIN}};
    (void)poll(polls, 3, clock_poll_timeout(from->demo->deadline));
    return !clock_passed(from->demo->deadline) && !signals_is_end(signals_next());
}

// Carries all that one end has to send now over the wire to the other. NULL, or why not.
static const char *carry(struct end *from) {
    struct end *to = other_end(from);
    const struct party *party = party_of(from);
    size_t left_to_send, left_to_arrive = 0;
    (void)party->type->output(party->state, &left_to_send);
    while (left_to_send > 0 || left_to_arrive > 0) {
        uint8_t bytes[4096];
        size_t length, count;
        bool end;
        if (!wait_for(from, to, left_to_send > 0)) {
            return "the demo did not come to its end (--timeout)";
        }
        const uint8_t *waiting = party->type->output(party->state, &length);
        length = length < left_to_send ? length : left_to_send;
        if (length > 0) {
            if (!net_send(from->connection, waiting, length, &count)) {
                return "a connection was lost";
            }
            recorded_bytes(&from->demo->recordings[from->link], from->side == DEMO_SERVER, waiting, count);
            party->type->sent(party->state, count);
            left_to_send -= count;
            left_to_arrive += count;
        }
        size_t most = left_to_arrive < sizeof bytes ? left_to_arrive : sizeof bytes;
        if (most > 0) {
            if (!net_receive(to->connection, bytes, most, &count, &end) || end) {
                return "a connection was lost";
            }
            feed(to, bytes, count);
            left_to_arrive -= count;
        }
    }
    report_arrived(from->demo->report, &from->flow);
    return NULL;
}

// Why a party failed, with its name; or NULL.
static const char *failed(struct demo *demo) {
    for (size_t i = 0; i < demo->count; i++) {
        for (size_t side = 0; side < 2; side++) {
            const struct party *party = &demo->links[i].parties[side];
            const char *why = party->type->failure(party->state);
            if (why != NULL) {
                (void)snprintf(demo->why, sizeof demo->why, "%s: %s", end_name(&demo->ends[i][side]), why);
                return demo->why;
            }
        }
    }
    return NULL;
}

// Until nobody has anything to send. NULL, or what went wrong.
static const char *settle(struct demo *demo) {
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < demo->count; i++) {
            for (size_t side = 0; side < 2; side++) {
                struct end *end = &demo->ends[i][side];
                size_t length;
                (void)party_of(end)->type->output(party_of(end)->state, &length);
                const char *why = length > 0 ? carry(end) : NULL;
                why = why == NULL ? failed(demo) : why;
                if (why != NULL) {
                    return why;
                }
                moved = moved || length > 0;
            }
        }
    }
    return NULL;
}

// --- what happens ----------------------------------------------------------------------------------------------

// A TCP connection to our own listener: the kernel completes it, accepting comes after.
static bool make_connection(struct demo *demo, struct end ends[2]) {
    char ignored[NET_ADDRESS_SIZE];
    if (!net_connect(&ends[DEMO_CLIENT].connection, demo->host, demo->port, demo->deadline, -1, ignored,
                     demo->why)) {
        return false;
    }
    struct pollfd polls = {.fd = demo->listener, .events = POLLIN};
    (void)poll(&polls, 1, clock_poll_timeout(demo->deadline));
    ends[DEMO_SERVER].connection = net_accept(demo->listener, ignored);
    (void)snprintf(demo->why, sizeof demo->why, "the connection was lost");
    return ends[DEMO_SERVER].connection >= 0;
}

static const char *add_link(struct demo *demo) {
    size_t i = demo->count;
    struct demo_link *link = &demo->links[i];
    struct end *ends = demo->ends[i];
    for (size_t side = 0; side < 2; side++) {
        ends[side] = (struct end){.explain.explain = explain,
                                  .demo = demo,
                                  .link = i,
                                  .side = side == 0 ? DEMO_CLIENT : DEMO_SERVER,
                                  .connection = -1};
        link->explain[side] = &ends[side].explain;
    }
    link->name = "client";
    const char *why = demo->app->start(demo->state, i, link);
    if (why != NULL) {
        return why;
    }
    demo->count++;
    if (!make_connection(demo, ends)) {
        return demo->why;
    }
    recorded_start_between(&demo->recordings[i], demo->recorded ? &demo->recording : NULL,
                           (uint16_t)(demo->app->port + link->port_offset), (uint16_t)(50001 + i), false);
    return NULL;
}

static const char *take_step(struct demo *demo, const struct demo_step *step) {
    if (step->action == DEMO_CONNECTS) {
        return add_link(demo);
    }
    if (step->action == DEMO_REMARK) {
        report_remark(demo->report, step->label, step->text);
        return NULL;
    }
    struct end *end = &demo->ends[step->link][step->side];
    const struct party *party = party_of(end);
    if (step->action == DEMO_SAYS) {
        return party->type->say(party->state, step->text, strlen(step->text));
    }
    struct party_event event;
    party->type->end(party->state, &event, PARTY_LEAVES);
    if (event.kind != PARTY_NOTHING) {
        show(end, &event);
    }
    return NULL;
}

// The connection of one that has left closes: the other end hears of it, unless it is over, too.
static void hang_up(struct demo *demo, const struct demo_step *step) {
    struct end *other = &demo->ends[step->link][1 - step->side];
    const struct party *party = party_of(other);
    struct party_event event;
    recorded_stop(&demo->recordings[step->link], step->side == DEMO_SERVER);
    if (!party->type->over(party->state)) {
        party->type->end(party->state, &event, PARTY_PEER_CLOSED);
        if (event.kind != PARTY_NOTHING) {
            show(other, &event);
        }
    }
}

// The whole script. NULL, or what went wrong.
static const char *perform(struct demo *demo) {
    const struct demo_app *app = demo->app;
    const char *why = NULL;
    for (size_t i = 0; i < app->links_at_start && why == NULL; i++) {
        why = add_link(demo);
    }
    const char *warning = why == NULL && app->warning != NULL ? app->warning(demo->state) : NULL;
    if (warning != NULL) {
        report_warning(demo->report, warning);
    }
    if (why == NULL) {
        report_title(demo->report, app->protocol, app->sentence);
        app->opening(demo->state, demo->report);
    }
    why = why == NULL ? settle(demo) : why;
    for (size_t i = 0; i < app->step_count && why == NULL; i++) {
        why = take_step(demo, &app->steps[i]);
        why = why == NULL ? settle(demo) : why;
        if (why == NULL && app->steps[i].action == DEMO_LEAVES) {
            hang_up(demo, &app->steps[i]);
            why = settle(demo);
        }
    }
    if (why == NULL) {
        app->closing(demo->state, demo->report);
    }
    return why;
}

static void stop(struct demo *demo) {
    for (size_t i = 0; i < demo->count; i++) {
        recorded_stop(&demo->recordings[i], false);
        for (size_t side = 0; side < 2; side++) {
            report_flow_clear(&demo->ends[i][side].flow);
            if (demo->ends[i][side].connection >= 0) {
                (void)close(demo->ends[i][side].connection);
            }
        }
    }
    if (demo->listener >= 0) {
        (void)close(demo->listener);
    }
}

// The whole demo into its report.
static int tell(struct report *report, void *context) {
    struct demo *demo = context;
    char address[NET_ADDRESS_SIZE];
    const char *why = NULL;
    demo->report = report;
    report->quiet = demo->quiet;
    if (!net_listen(&demo->listener, demo->host, demo->port, address, demo->why)) {
        why = demo->why;
    } else {
        demo->port = (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
        why = perform(demo);
    }
    stop(demo);
    return why == NULL ? STATUS_OK : failure("%s", why);
}

int demo_run(const struct demo_app *app, void *state, const struct demo_options *options) {
    struct demo *demo = calloc(1, sizeof *demo);
    if (demo == NULL) {
        return failure("no memory");
    }
    demo->app = app;
    demo->state = state;
    demo->listener = -1;
    demo->deadline = clock_now() + (int64_t)options->timeout * 1000;
    demo->recorded = options->record != NULL;
    demo->quiet = options->quiet && !options->explain;
    demo->host = options->host;
    demo->port = (uint16_t)options->port;
    int status = STATUS_FAILED;
    if (!signals_catch()) {
        status = failure("cannot set up signals");
    } else if (options->seeded && !seed_random(options->seed)) {
        status = failure("cannot set up the random source of --seed");
    } else if (!demo->recorded || recording_open(&demo->recording, options->record)) {
        demo->recording.steady = options->seeded;
        status = report_run(options->json, options->html, tell, demo);
        if (demo->recorded && !recording_close(&demo->recording) && status == STATUS_OK) {
            status = STATUS_FAILED;
        }
    }
    free(demo);
    return status;
}
