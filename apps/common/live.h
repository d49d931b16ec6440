// A live end: one peer, one person, one loop. For clients, and for servers that talk with one client.
//
//     static struct live live = {.app = &my_app, .state = &my_state};
//     return live_call(&live, &options);       // or live_serve
//
// The loop owns the socket, the terminal, the clock and the deadlines; the party (protocols/party.h) owns the protocol;
// the app owns the words.
#ifndef APPS_COMMON_LIVE_H
#define APPS_COMMON_LIVE_H

#include "apps/common/protocol_options.h"

#include "protocols/explain.h"
#include "protocols/party.h"

// What an app says about itself.
struct live_app {
    const struct party_type *party;
    // Starts the party: a client's when it is connected, a server's before it listens. NULL, or why it cannot. `explain`
    // is the sink to give to the party, NULL without --explain.
    const char *(*start)(void *state, struct explain_sink *explain);
    // A server's line once it listens: must show the address. NULL: "Listening on ADDRESS. Waiting for a client ..."
    void (*listening)(void *state, const char *address);
    const char *peer_says;      // before a message that names no speaker: "Peer says: "
    const char *prompt;         // "You: "
    const char *prompt_waiting; // while nothing may be said: "(peer's turn) You: "
    const char *busy;           // a server's refusal to a second client: "busy with another client"
    bool warning_first; // explanations wait for the first event, which is a warning or an empty notice
};

struct live {
    const struct live_app *app;
    void *state; // the party's
};

// A whole run, from connecting or listening to the last byte. The exit status; what went wrong has been said.
int live_call(const struct live *live, const struct protocol_options *options);
int live_serve(const struct live *live, const struct protocol_options *options);

#endif
