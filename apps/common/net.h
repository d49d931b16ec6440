// TCP for the protocol apps: listening, connecting with a deadline, parting without losing the last words.
#ifndef APPS_COMMON_NET_H
#define APPS_COMMON_NET_H

#include "bignum/secure.h"

#include <stdint.h>

enum { NET_ADDRESS_SIZE = 80, NET_WHY_SIZE = 200 };

// All sockets are non-blocking. `why` gets one line for people on failure. `address` gets "127.0.0.1:8001" or
// "[::1]:8001": where it really is, which says the port that 0 has become.
MUST_CHECK bool net_listen(int *listener, const char *host, uint16_t port,
                           char address[static NET_ADDRESS_SIZE], char why[static NET_WHY_SIZE]);

// Tries the host's addresses one after the other until the deadline (apps/common/clock.h). Gives up early when the
// descriptor `wake` becomes readable (signals); -1 for none.
MUST_CHECK bool net_connect(int *connection, const char *host, uint16_t port, int64_t deadline, int wake,
                            char address[static NET_ADDRESS_SIZE], char why[static NET_WHY_SIZE]);

// The next waiting connection; -1 when there is none (any more).
int net_accept(int listener, char address[static NET_ADDRESS_SIZE]);

// Sends or receives what goes without waiting. *count is how much; false when the connection is broken.
MUST_CHECK bool net_send(int connection, const uint8_t *bytes, size_t length, size_t *count);
// *end: the peer has closed its side.
MUST_CHECK bool net_receive(int connection, uint8_t *bytes, size_t size, size_t *count, bool *end);

// Parting. Closing a socket with unread input resets the connection, and the peer may lose our last message. So: no more
// sending, then read and forget until the peer closes too, or a moment (2 s) has passed.
enum { NET_PARTINGS = 16 };
struct net_partings {
    int connections[NET_PARTINGS];
    int64_t deadlines[NET_PARTINGS];
    size_t count;
};
void net_part(struct net_partings *partings, int connection);
// Goes on with all of them, without waiting, and closes those that are done.
void net_partings_go_on(struct net_partings *partings);
// Until the last one is done.
void net_partings_finish(struct net_partings *partings);

#endif
