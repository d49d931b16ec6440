// A server for several clients at once, on one port or on several: one loop, one thread, a party for every connection.
//
// The server owns sockets, deadlines and queues; each party its protocol; the app's hooks decide what one client's message
// means for the others. A hook may let other parties say something, and may drop any client.
#ifndef APPS_COMMON_SERVER_H
#define APPS_COMMON_SERVER_H

#include "apps/common/channel.h"
#include "apps/common/protocol_options.h"

#include "protocols/explain.h"

struct server;

struct server_client {
    struct channel channel; // first: the channel's events find the client
    struct server *server;
    size_t listener;  // on which of the ports it came in, from 0
    unsigned id;      // 1, 2, 3, ... as they come
    char name[80];    // for lines about it: its address, until the app sets a better one
    void *state;      // the party's, set by `accept`
    int64_t flush_by; // once it is over: the last words must go
};

enum { SERVER_LISTENERS_MAX = 8 };

struct server_app {
    size_t listeners;   // consecutive ports from options->port on (all free ones with port 0)
    size_t clients_max; // more are refused
    // Once everything listens: the line for people, with one address for each port.
    void (*listening)(void *context, const char *const addresses[], size_t count);
    // A connection has come in: sets client->state and starts a party on it. NULL, or why it is refused, which the peer is
    // told. `explain` is the sink to give to the party, NULL without --explain.
    const char *(*accept)(void *context, struct server_client *client, struct party *party,
                          struct explain_sink *explain);
    // What is sent to one that is refused: into out, at most `size` bytes; how many. NULL: a frame "Refused: why".
    size_t (*refuse)(void *context, uint8_t *out, size_t size, const char *why);
    void (*event)(void *context, struct server_client *client, const struct party_event *event);
    // The client is gone, for whatever reason: releases client->state. Once for each accepted one.
    void (*gone)(void *context, struct server_client *client);
    // May be NULL. False holds a client's bytes back, as long as those it talks to cannot take more.
    bool (*may_read)(void *context, const struct server_client *client);
    // May be NULL. Called once in every turn of the loop, for time of the app's own: the next moment it wants to be called,
    // or CLOCK_NEVER (apps/common/clock.h).
    int64_t (*tick)(void *context, int64_t now);
    // The person at the server; line NULL: there is none, and the input is not read. NULL, or why the line is not taken.
    const char *(*line)(void *context, const uint8_t *line, size_t length);
    // May be NULL. False leaves piped lines where they are, until somebody is there to hear them.
    bool (*may_take_line)(void *context);
    const char *prompt;
    size_t line_max;
    bool ends_with_input; // the end of a piped input ends the server; Ctrl-D at a terminal always does
};

// Runs until a signal or server_stop ends it. The exit status; what went wrong has been said.
int server_run(const struct server_app *app, void *context, const struct protocol_options *options);

// For hooks. All clients that are not over: from NULL on to the next one.
struct server_client *server_next(const struct server *server, const struct server_client *after);
size_t
server_count(const struct server *server); // of connections, also of those that are over and being flushed
// Ends one, with a reason for the lines about it.
void server_drop(struct server_client *client, const char *why);
// Ends the server: every party leaves, and server_run returns this status.
void server_stop(struct server *server, int status);
// The only server of the process, for hooks that get no client.
struct server *server_self(void);

#endif
