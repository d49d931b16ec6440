// The relay: one thread, one poll, any number of connections.

#include "apps/e2e-relay/relay.h"

#include "apps/common/clock.h"
#include "apps/common/signals.h"
#include "apps/common/terminal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct relay relay = {.listener = -1};

// Descriptors for other things than connections: standard streams, the listener, the signals' pipe, a few more.
enum { OTHER_DESCRIPTORS = 32, ACCEPT_AT_ONCE = 64 };
// What the system keeps of what is sent to one client; by itself it would take megabytes. A ping stands in line behind it,
// and over a slow line must still arrive in time to be answered.
enum { SEND_BUFFER = 131072 };

int64_t relay_patience(void) {
    return clock_now() + (int64_t)relay.settings->timeout * 1000;
}

// As many descriptors as the system lets this process have; false when that is too few.
static bool make_room_for_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return true;
    }
    rlim_t wanted = (rlim_t)relay.settings->connections + OTHER_DESCRIPTORS;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur >= wanted;
}

static void take_newcomers(void) {
    for (size_t i = 0; i < ACCEPT_AT_ONCE && relay.connection_count < relay.settings->connections; i++) {
        if (relay.connection_count == relay.connection_room) {
            size_t room = relay.connection_room * 2 + 16;
            struct connection **connections = realloc(relay.connections, room * sizeof(struct connection *));
            if (connections == NULL) {
                return;
            }
            relay.connections = connections;
            relay.connection_room = room;
        }
        char address[NET_ADDRESS_SIZE];
        int descriptor = net_accept(relay.listener, address);
        if (descriptor < 0) {
            return;
        }
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL) {
            (void)close(descriptor);
            return;
        }
        int size = SEND_BUFFER;
        (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        connection->descriptor = descriptor;
        connection->read_by = relay_patience();
        connection->write_by = connection->part_by = CLOCK_NEVER;
        memcpy(connection->address, address, sizeof address);
        recorded_start(&connection->recorded, relay.settings->record != NULL ? &relay.recording : NULL,
                       descriptor, false);
        relay.connections[relay.connection_count++] = connection;
    }
}

static void forget_the_closed(void) {
    for (size_t i = 0; i < relay.connection_count;) {
        struct connection *connection = relay.connections[i];
        if (connection->state == CONNECTION_DONE) {
            relay.connections[i] = relay.connections[--relay.connection_count];
            connection_free(connection);
        } else {
            i++;
        }
    }
}

static void act(struct connection *connection, short happened) {
    if (happened & POLLOUT) {
        connection_write(connection);
    }
    if (happened & (POLLIN | POLLHUP | POLLERR) && connection->state != CONNECTION_DONE) {
        if (connection_wants_read(connection)) {
            connection_read(connection);
        } else if (happened & (POLLHUP | POLLERR)) {
            connection_drop(connection);
        }
    }
}

// Waits for something to happen, and does what follows from it. False when no memory is left.
static bool wait_and_act(void) {
    enum { SIGNAL, LISTENER, FIRST };
    static struct pollfd *polls;
    static size_t room;
    size_t count = relay.connection_count;
    if (polls == NULL || FIRST + count > room) {
        struct pollfd *more = realloc(polls, (FIRST + count + 64) * sizeof *polls);
        if (more == NULL) {
            return false;
        }
        polls = more;
        room = FIRST + count + 64;
    }
    polls[SIGNAL] = (struct pollfd){.fd = signals_descriptor(), .events = POLLIN};
    // With no room for one more, newcomers wait in the system's queue.
    polls[LISTENER] =
        (struct pollfd){.fd = count < relay.settings->connections ? relay.listener : -1, .events = POLLIN};
    int64_t deadline = sessions_deadline();
    for (size_t i = 0; i < count; i++) {
        const struct connection *connection = relay.connections[i];
        short events = (short)((connection_wants_read(connection) ? POLLIN : 0) |
                               (connection_wants_write(connection) ? POLLOUT : 0));
        polls[FIRST + i] = (struct pollfd){.fd = connection->descriptor, .events = events};
        deadline = clock_earlier(deadline, connection_deadline(connection));
    }
    if (poll(polls, FIRST + count, clock_poll_timeout(deadline)) >= 0) {
        for (size_t i = 0; i < count; i++) {
            if (polls[FIRST + i].revents != 0) {
                act(relay.connections[i], polls[FIRST + i].revents);
            }
        }
        if (polls[LISTENER].revents != 0) {
            take_newcomers();
        }
    }
    for (size_t i = 0; i < relay.connection_count; i++) {
        connection_tick(relay.connections[i]);
    }
    sessions_go_on();
    forget_the_closed();
    return true;
}

// What is still to be said is said, for a moment.
static void close_all(void) {
    int64_t until = clock_now() + 500;
    sessions_close();
    while (relay.connection_count > 0 && !clock_passed(until)) {
        for (size_t i = 0; i < relay.connection_count; i++) {
            struct connection *connection = relay.connections[i];
            if (connection_wants_write(connection)) {
                connection_write(connection);
            }
            if (!connection_wants_write(connection)) {
                connection->state = CONNECTION_DONE;
            }
        }
        forget_the_closed();
        (void)poll(NULL, 0, relay.connection_count > 0 ? 10 : 0);
    }
    for (size_t i = 0; i < relay.connection_count; i++) {
        connection_free(relay.connections[i]);
    }
    free(relay.connections);
    relay.connection_count = relay.connection_room = 0;
}

int run_relay(const struct settings *settings) {
    char address[NET_ADDRESS_SIZE], why[NET_WHY_SIZE];
    relay.settings = settings;
    relay.style = transcript_style();
    if (!signals_catch()) {
        return failure("cannot set up signals");
    }
    if (!make_room_for_descriptors()) {
        return failure("the system does not let this process have %lu connections (ulimit -n): "
                       "use a smaller --connections",
                       settings->connections);
    }
    if (settings->record != NULL && !recording_open(&relay.recording, settings->record)) {
        return STATUS_FAILED;
    }
    if (!net_listen(&relay.listener, settings->host, (uint16_t)settings->port, address, why)) {
        return failure("%s", why);
    }
    sessions_open();
    terminal_say("The relay listens on http://%s/ for Socket.IO clients (Ctrl-C ends).", address);
    int signal = 0;
    while (signal == 0) {
        if (!wait_and_act()) {
            close_all();
            return failure("no memory");
        }
        for (int next; (next = signals_next()) != 0;) {
            if (signals_is_end(next)) {
                signal = next;
            } else {
                terminal_signal(next);
            }
        }
    }
    close_all();
    (void)close(relay.listener);
    if (settings->record != NULL && !recording_close(&relay.recording)) {
        return STATUS_FAILED;
    }
    return 128 + signal;
}
