#include "apps/common/net.h"

#include "apps/common/clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool look_up(struct addrinfo **found, const char *host, uint16_t port, int flags,
                    char why[static NET_WHY_SIZE]) {
    char service[8];
    (void)snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    int error = getaddrinfo(host, service, &hints, found);
    if (error != 0) {
        (void)snprintf(why, NET_WHY_SIZE, "cannot find the host %.100s: %s", host, gai_strerror(error));
        return false;
    }
    return true;
}

static void describe(char address[static NET_ADDRESS_SIZE], const struct sockaddr *from, socklen_t length) {
    char host[64] = "?";
    char port[8] = "?";
    (void)getnameinfo(from, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    (void)snprintf(address, NET_ADDRESS_SIZE, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

bool net_listen(int *listener, const char *host, uint16_t port, char address[static NET_ADDRESS_SIZE],
                char why[static NET_WHY_SIZE]) {
    struct addrinfo *found;
    if (!look_up(&found, host, port, AI_PASSIVE, why)) {
        return false;
    }
    int made = -1;
    int error = 0;
    for (struct addrinfo *at = found; at != NULL && made < 0; at = at->ai_next) {
        made = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);
        error = errno;
        if (made < 0) {
            continue;
        }
        int yes = 1;
        (void)setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(made, at->ai_addr, at->ai_addrlen) != 0 || listen(made, SOMAXCONN) != 0) {
            error = errno;
            (void)close(made);
            made = -1;
        }
    }
    freeaddrinfo(found);
    if (made < 0) {
        (void)snprintf(why, NET_WHY_SIZE, "cannot listen on %.100s port %u: %s%s", host, port,
                       strerror(error), error == EADDRINUSE ? " (--port 0 picks a free one)" : "");
        return false;
    }
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    (void)getsockname(made, (struct sockaddr *)&own, &length);
    describe(address, (struct sockaddr *)&own, length);
    *listener = made;
    return true;
}

static void set_up(int connection) {
    int yes = 1, idle = 30, interval = 10, count = 3;
    (void)setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    // A peer whose machine has vanished never says so: the kernel asks after 30 s of silence, and gives up after 60.
    (void)setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    (void)setsockopt(connection, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    (void)setsockopt(connection, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    (void)setsockopt(connection, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

// Waits until a started connection succeeds or fails; the error, 0 for none.
static int wait_connected(int connection, int64_t deadline, int wake) {
    struct pollfd polls[2] = {{.fd = connection, .events = POLLOUT}, {.fd = wake, .events = POLLIN}};
    for (;;) {
        int ready = poll(polls, 2, clock_poll_timeout(deadline));
        if (ready < 0 && errno != EINTR) {
            return errno;
        }
        if (ready > 0 && polls[1].revents != 0) {
            return EINTR;
        }
        if (ready > 0) {
            int error = 0;
            socklen_t length = sizeof error;
            return getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
        }
        if (clock_passed(deadline)) {
            return ETIMEDOUT;
        }
    }
}

bool net_connect(int *connection, const char *host, uint16_t port, int64_t deadline, int wake,
                 char address[static NET_ADDRESS_SIZE], char why[static NET_WHY_SIZE]) {
    struct addrinfo *found;
    if (!look_up(&found, host, port, 0, why)) {
        return false;
    }
    int made = -1;
    int error = 0;
    for (struct addrinfo *at = found; at != NULL && made < 0; at = at->ai_next) {
        made = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);
        if (made < 0) {
            error = errno;
            continue;
        }
        error = connect(made, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            error = wait_connected(made, deadline, wake);
        }
        if (error != 0) {
            (void)close(made);
            made = -1;
            if (error == EINTR || error == ETIMEDOUT) {
                break;
            }
        } else {
            describe(address, at->ai_addr, at->ai_addrlen);
        }
    }
    freeaddrinfo(found);
    if (made < 0) {
        (void)snprintf(why, NET_WHY_SIZE, "cannot connect to %.100s port %u: %s%s", host, port,
                       strerror(error), error == ECONNREFUSED ? " (nobody listens there)" : "");
        return false;
    }
    set_up(made);
    *connection = made;
    return true;
}

int net_accept(int listener, char address[static NET_ADDRESS_SIZE]) {
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    int connection = accept4(listener, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
        describe(address, (struct sockaddr *)&from, length);
        set_up(connection);
    }
    return connection;
}

bool net_send(int connection, const uint8_t *bytes, size_t length, size_t *count) {
    ssize_t sent = send(connection, bytes, length, MSG_NOSIGNAL);
    *count = sent > 0 ? (size_t)sent : 0;
    return sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

bool net_receive(int connection, uint8_t *bytes, size_t size, size_t *count, bool *end) {
    ssize_t received = recv(connection, bytes, size, 0);
    *count = received > 0 ? (size_t)received : 0;
    *end = received == 0;
    return received >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// --- parting ---------------------------------------------------------------------------------------------------

enum { PARTING_MILLISECONDS = 2000 };

static void remove_parting(struct net_partings *partings, size_t i) {
    (void)close(partings->connections[i]);
    partings->count--;
    partings->connections[i] = partings->connections[partings->count];
    partings->deadlines[i] = partings->deadlines[partings->count];
}

void net_part(struct net_partings *partings, int connection) {
    if (partings->count == NET_PARTINGS) {
        remove_parting(partings, 0);
    }
    (void)shutdown(connection, SHUT_WR);
    partings->connections[partings->count] = connection;
    partings->deadlines[partings->count] = clock_now() + PARTING_MILLISECONDS;
    partings->count++;
}

void net_partings_go_on(struct net_partings *partings) {
    for (size_t i = 0; i < partings->count;) {
        uint8_t forgotten[4096];
        size_t count;
        bool end, whole;
        do {
            whole = net_receive(partings->connections[i], forgotten, sizeof forgotten, &count, &end);
        } while (whole && count > 0 && !clock_passed(partings->deadlines[i]));
        if (!whole || end || clock_passed(partings->deadlines[i])) {
            remove_parting(partings, i);
        } else {
            i++;
        }
    }
}

void net_partings_finish(struct net_partings *partings) {
    net_partings_go_on(partings);
    while (partings->count > 0) {
        struct pollfd polls[NET_PARTINGS];
        int64_t deadline = CLOCK_NEVER;
        for (size_t i = 0; i < partings->count; i++) {
            polls[i] = (struct pollfd){.fd = partings->connections[i], .events = POLLIN};
            deadline = clock_earlier(deadline, partings->deadlines[i]);
        }
        (void)poll(polls, partings->count, clock_poll_timeout(deadline));
        net_partings_go_on(partings);
    }
}
