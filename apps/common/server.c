// The loop of a server. Every turn: wait, read what has come, let the hooks act, send what goes, end what is over.
//
// Pitfalls
// - One client's message makes others speak, or ends them, while the loop is walking through the clients. So nobody is
//   removed inside a turn: sweep() does it between two of them.
// - One that does not read makes what is meant for it pile up. Its party's queue has a limit, its channel a deadline; then
//   it is dropped, and nobody waits for it.
// - Without free descriptors accept fails, and the listener stays readable: the loop would spin. It looks away a moment.

#include "apps/common/server.h"

#include "apps/common/clock.h"
#include "apps/common/signals.h"
#include "apps/common/terminal.h"
#include "apps/common/transcript.h"

#include "protocols/stream.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_MILLISECONDS = 2000, BREATHER_MILLISECONDS = 100, ACCEPTS_A_TURN = 64, POLLS_BEFORE = 2 };

static struct server {
    struct explain_sink explain; // first: the sink finds the server
    const struct server_app *app;
    void *context;
    const struct protocol_options *options;
    struct transcript_style style;
    struct recording recording;
    int listeners[SERVER_LISTENERS_MAX];
    size_t listener_count;
    int64_t accept_after;
    struct server_client **clients;
    size_t count, room;
    struct pollfd *polls; // room for all of them
    unsigned next_id;
    struct net_partings partings;
    bool keyboard, stopping;
    int status;
} server = {.recording.descriptor = -1};

struct server *server_self(void) {
    return &server;
}

// --- clients ---------------------------------------------------------------------------------------------------

struct server_client *server_next(const struct server *self, const struct server_client *after) {
    bool found = after == NULL;
    for (size_t i = 0; i < self->count; i++) {
        if (found && !channel_is_over(&self->clients[i]->channel)) {
            return self->clients[i];
        }
        found = found || self->clients[i] == after;
    }
    return NULL;
}

size_t server_count(const struct server *self) {
    return self->count;
}

void server_drop(struct server_client *client, const char *why) {
    if (!channel_is_over(&client->channel)) {
        client->channel.fault = why;
        channel_end(&client->channel, PARTY_LEAVES);
    }
}

void server_stop(struct server *self, int status) {
    self->stopping = true;
    self->status = status;
}

static void on_event(struct channel *channel, const struct party_event *event) {
    server.app->event(server.context, (struct server_client *)channel, event);
}

static void explain(struct explain_sink *sink, const struct explanation *explanation) {
    const struct server *self = (const struct server *)sink;
    terminal_begin_output();
    transcript_print(stdout, self->style, explanation);
    terminal_end_output();
}

// Room for one more client; false when memory is short.
static bool make_room(void) {
    if (server.count < server.room) {
        return true;
    }
    size_t room = server.room == 0 ? 16 : 2 * server.room;
    struct server_client **clients = realloc(server.clients, room * sizeof(struct server_client *));
    if (clients == NULL) {
        return false;
    }
    server.clients = clients;
    struct pollfd *polls =
        realloc(server.polls, (POLLS_BEFORE + SERVER_LISTENERS_MAX + room) * sizeof *polls);
    if (polls == NULL) {
        return false;
    }
    server.polls = polls;
    server.room = room;
    return true;
}

static void refuse(int connection, const char *why) {
    uint8_t bytes[1024];
    size_t length = 0, count;
    if (server.app->refuse != NULL) {
        length = server.app->refuse(server.context, bytes, sizeof bytes, why);
    } else if (!stream_write_refusal(bytes, &length, why)) {
        length = 0;
    }
    (void)!net_send(connection, bytes, length, &count);
    net_part(&server.partings, connection);
}

static void welcome(size_t listener, int connection, const char *address) {
    struct server_client *client = make_room() ? calloc(1, sizeof *client) : NULL;
    const char *why = "busy: no memory for one more";
    struct party party = {0};
    if (client != NULL && server.count >= server.app->clients_max) {
        why = "busy: no room for one more";
    } else if (client != NULL) {
        client->server = &server;
        client->listener = listener;
        client->id = ++server.next_id;
        client->flush_by = CLOCK_NEVER;
        client->channel.on_event = on_event;
        (void)snprintf(client->name, sizeof client->name, "%s", address);
        (void)snprintf(client->channel.address, sizeof client->channel.address, "%s", address);
        why = server.app->accept(server.context, client, &party,
                                 server.options->explain ? &server.explain : NULL);
        if (why == NULL) {
            channel_open(&client->channel, connection, &party, server.options->timeout,
                         server.options->record != NULL ? &server.recording : NULL, false);
            server.clients[server.count++] = client;
            return;
        }
    }
    terminal_note("(%s was refused: %s)", address, why);
    refuse(connection, why);
    free(client);
}

static void accept_all(size_t listener) {
    char address[NET_ADDRESS_SIZE];
    for (size_t i = 0; i < ACCEPTS_A_TURN; i++) {
        int connection = net_accept(server.listeners[listener], address);
        if (connection < 0) {
            if (i == 0) {
                server.accept_after = clock_now() + BREATHER_MILLISECONDS;
            }
            return;
        }
        welcome(listener, connection, address);
    }
}

static void say_farewell(struct server_client *client) {
    const struct party *party = &client->channel.party;
    const char *why =
        client->channel.fault != NULL ? client->channel.fault : party->type->failure(party->state);
    if (why != NULL) {
        terminal_note("(%s: %s)", client->name, why);
    }
    server.app->gone(server.context, client);
    channel_close(&client->channel, &server.partings);
    free(client);
}

// Takes leave of those that are over and have been told everything.
static void sweep(void) {
    size_t kept = 0;
    for (size_t i = 0; i < server.count; i++) {
        struct server_client *client = server.clients[i];
        bool over = channel_is_over(&client->channel);
        if (over && client->flush_by == CLOCK_NEVER) {
            client->flush_by = clock_now() + FLUSH_MILLISECONDS;
        }
        if (over && (channel_is_flushed(&client->channel) || clock_passed(client->flush_by))) {
            say_farewell(client);
        } else {
            server.clients[kept++] = client;
        }
    }
    server.count = kept;
}

// --- the person ------------------------------------------------------------------------------------------------

static void take_line(void) {
    const uint8_t *line;
    size_t length;
    const char *why;
    switch (terminal_read(&line, &length)) {
    case TERMINAL_NOTHING:
        return;
    case TERMINAL_LINE:
        why = server.app->line(server.context, line, length);
        if (why != NULL) {
            terminal_say("(not sent: %s)", why);
        }
        return;
    case TERMINAL_END:
        if (terminal_is_interactive() || server.app->ends_with_input) {
            server_stop(&server, STATUS_OK);
        }
        break;
    case TERMINAL_TOO_LONG:
        complain("a line is too long (%zu bytes at most); no more lines are read", server.app->line_max);
        break;
    }
    server.keyboard = false;
}

static void take_signals(void) {
    for (int signal; (signal = signals_next()) != 0;) {
        if (signals_is_end(signal)) {
            server_stop(&server, 128 + signal);
        } else {
            terminal_signal(signal);
        }
    }
}

// --- the loop --------------------------------------------------------------------------------------------------

static bool may_read(const struct server_client *client) {
    return server.app->may_read == NULL || server.app->may_read(server.context, client);
}

// A person at a terminal is always listened to, and told when a line cannot go; a pipe can wait.
static bool listens_to_keyboard(void) {
    return server.keyboard && (terminal_is_interactive() || server.app->may_take_line == NULL ||
                               server.app->may_take_line(server.context));
}

// What to wait for: signals, the keyboard, the listeners, the clients. Returns until when.
static int64_t prepare_polls(size_t *count) {
    int64_t until = CLOCK_NEVER;
    bool accepting = clock_passed(server.accept_after) || server.accept_after == CLOCK_NEVER;
    *count = 0;
    server.polls[(*count)++] = (struct pollfd){.fd = signals_descriptor(), .events = POLLIN};
    server.polls[(*count)++] =
        (struct pollfd){.fd = listens_to_keyboard() ? terminal_descriptor() : -1, .events = POLLIN};
    for (size_t i = 0; i < server.listener_count; i++) {
        server.polls[(*count)++] =
            (struct pollfd){.fd = accepting ? server.listeners[i] : -1, .events = POLLIN};
    }
    if (!accepting) {
        until = server.accept_after;
    }
    for (size_t i = 0; i < server.count; i++) {
        struct server_client *client = server.clients[i];
        bool over = channel_is_over(&client->channel), reading = !over && may_read(client);
        if (!over) {
            channel_hold(&client->channel, !reading);
        }
        server.polls[(*count)++] = (struct pollfd){.fd = client->channel.connection,
                                                   .events = channel_wants(&client->channel, reading)};
        until = clock_earlier(until, over ? client->flush_by : channel_deadline(&client->channel));
    }
    if (server.partings.count > 0) {
        until = clock_earlier(until, clock_now() + FLUSH_MILLISECONDS / 4);
    }
    if (server.app->tick != NULL) {
        until = clock_earlier(until, server.app->tick(server.context, clock_now()));
    }
    return until;
}

static void take_turn(void) {
    size_t count;
    int64_t until = prepare_polls(&count);
    size_t clients = server.count; // those that came in before this turn
    bool keyboard = listens_to_keyboard(), line_waits = keyboard && terminal_has_line();
    if (poll(server.polls, count, line_waits ? 0 : clock_poll_timeout(until)) < 0) {
        return; // EINTR: the signal is in its pipe
    }
    if (server.polls[0].revents != 0) {
        take_signals();
    }
    if (keyboard && server.keyboard && (line_waits || server.polls[1].revents != 0)) {
        take_line();
    }
    const struct pollfd *polls = server.polls + POLLS_BEFORE + server.listener_count;
    for (size_t i = 0; i < clients; i++) {
        struct channel *channel = &server.clients[i]->channel;
        if (polls[i].revents & (POLLIN | POLLHUP | POLLERR)) {
            if (channel_is_over(channel)) {
                channel->deaf = channel->deaf || (polls[i].revents & (POLLHUP | POLLERR)) != 0;
            } else {
                channel_receive(channel);
            }
        }
    }
    for (size_t i = 0; i < server.listener_count; i++) {
        if (server.polls[POLLS_BEFORE + i].revents != 0) {
            accept_all(i);
        }
    }
    for (size_t i = 0; i < server.count; i++) {
        channel_send(&server.clients[i]->channel);
        channel_expire(&server.clients[i]->channel);
    }
    net_partings_go_on(&server.partings);
    sweep();
}

// Everybody leaves, and hears so.
static void close_down(void) {
    int64_t until = clock_now() + FLUSH_MILLISECONDS;
    terminal_close();
    for (size_t i = 0; i < server.listener_count; i++) {
        (void)close(server.listeners[i]);
    }
    server.listener_count = 0;
    server.keyboard = false;
    for (size_t i = 0; i < server.count; i++) {
        if (!channel_is_over(&server.clients[i]->channel)) {
            channel_end(&server.clients[i]->channel, PARTY_LEAVES);
        }
    }
    sweep();
    while (server.count > 0 && !clock_passed(until)) {
        take_turn();
    }
    for (size_t i = 0; i < server.count; i++) {
        say_farewell(server.clients[i]);
    }
    server.count = 0;
    net_partings_finish(&server.partings);
}

static bool open_listeners(void) {
    static char addresses[SERVER_LISTENERS_MAX][NET_ADDRESS_SIZE];
    const char *shown[SERVER_LISTENERS_MAX];
    char why[NET_WHY_SIZE];
    for (size_t i = 0; i < server.app->listeners; i++) {
        unsigned long port = server.options->port == 0 ? 0 : server.options->port + i;
        if (port > 65535) {
            complain("port %lu: there is none above 65535, and %zu in a row are needed", port,
                     server.app->listeners);
            return false;
        }
        if (!net_listen(&server.listeners[i], server.options->host, (uint16_t)port, addresses[i], why)) {
            complain("%s", why);
            return false;
        }
        server.listener_count++;
        shown[i] = addresses[i];
    }
    server.app->listening(server.context, shown, server.app->listeners);
    return true;
}

int server_run(const struct server_app *app, void *context, const struct protocol_options *options) {
    server.explain.explain = explain;
    server.app = app;
    server.context = context;
    server.options = options;
    server.style = transcript_style();
    server.accept_after = CLOCK_NEVER;
    server.status = STATUS_FAILED;
    terminal_set_quiet(options->quiet);
    if (!signals_catch() || !make_room()) {
        return failure("cannot set up the server");
    }
    if (options->record == NULL || recording_open(&server.recording, options->record)) {
        if (open_listeners()) {
            server.keyboard = app->line != NULL && terminal_open(app->line_max, NULL, NULL);
            terminal_set_prompt(server.keyboard && app->prompt != NULL ? app->prompt : "");
            while (!server.stopping) {
                take_turn();
            }
        }
        close_down();
    }
    if (!recording_close(&server.recording) && server.status == STATUS_OK) {
        server.status = STATUS_FAILED;
    }
    free(server.clients);
    free(server.polls);
    server.clients = NULL;
    server.polls = NULL;
    return server.status;
}
