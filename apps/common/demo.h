// A demo: all parties of a protocol in one process, with real TCP between them, a script instead of people, and every
// message explained by both its ends.
//
//     link 0   client party  <====== TCP on 127.0.0.1 ======>  server party
//     link 1   client party  <======                  ======>  server party      and so on
//
// One step after the other: all that one party has to say crosses before anybody else speaks, so that the order is the
// same in every run; and with --seed the values are, too.
#ifndef APPS_COMMON_DEMO_H
#define APPS_COMMON_DEMO_H

#include "apps/common/protocol_options.h"
#include "apps/common/report.h"

#include "protocols/party.h"

enum { DEMO_LINKS_MAX = 8 };
enum demo_side { DEMO_CLIENT, DEMO_SERVER };

// What happens next, once nothing is under way any more.
enum demo_action {
    DEMO_SAYS,     // the party says `text`
    DEMO_LEAVES,   // the party ends the conversation from its side, and the connection closes
    DEMO_CONNECTS, // link number `link` is made
    DEMO_REMARK,   // `text` in the report, with the label `label`
};
struct demo_step {
    enum demo_action action;
    size_t link;
    enum demo_side side;
    const char *text, *label;
};

struct demo_link {
    const char *name;     // of the client's end, for its screen: "client2"
    uint16_t port_offset; // shown in recordings: the port is this far from the app's
    struct party parties[2];
    struct explain_sink *explain[2]; // to be given to the parties when they start
};

struct demo_app {
    const char *protocol;
    const char *sentence; // "README 002: a server and a client, over TCP."
    uint16_t port;        // as if; shown in recordings only
    // Starts both parties of link i: sets link->name and link->parties. NULL, or why it cannot.
    const char *(*start)(void *state, size_t i, struct demo_link *link);
    // The first line of a run with toy sizes, once the links at the start are made. NULL, or NULL in return: none.
    const char *(*warning)(void *state);
    // After the title, before the first message: the setting. And at the end: what to look at, what is not protected,
    // what to try.
    void (*opening)(void *state, struct report *report);
    void (*closing)(void *state, struct report *report);
    // What the app does when a party has an event, beside showing it: a server passes messages on. May be NULL.
    void (*event)(void *state, size_t link, enum demo_side side, const struct party_event *event);
    const char *peer_says; // before a message that names no speaker
    size_t links_at_start; // made before the first step; others by DEMO_CONNECTS
    const struct demo_step *steps;
    size_t step_count;
};

// A whole demo. The exit status; what went wrong has been said.
int demo_run(const struct demo_app *app, void *state, const struct demo_options *options);

#endif
