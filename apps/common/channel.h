// A channel: one connection and its party. Bytes from the socket go to the party, its output goes to the socket, and its
// events to whoever runs the loop (apps/common/live.h, server.h). Deadlines make sure that nothing hangs.
#ifndef APPS_COMMON_CHANNEL_H
#define APPS_COMMON_CHANNEL_H

#include "apps/common/net.h"
#include "apps/common/recording.h"

#include "protocols/party.h"

struct channel;
typedef void channel_event(struct channel *channel, const struct party_event *event);

struct channel {
    int connection; // -1: none, or over
    struct party party;
    channel_event *on_event;
    void *context;                  // for on_event
    char address[NET_ADDRESS_SIZE]; // the peer's
    bool deaf;                      // the connection is broken: nothing can be sent any more
    bool peer_closed;               // it will say no more
    const char *fault;              // why the channel, not the party, ended it; or NULL
    int64_t patience;               // milliseconds
    int64_t silence_by, send_by;    // deadlines: the peer must speak, the peer must read
    int64_t heartbeat_by;           // the peer must send something, whatever it is
    struct recorded recorded;
};

// Starts on a connected socket. `timeout` in seconds; recording may be NULL; `called`: this end connected.
void channel_open(struct channel *channel, int connection, const struct party *party, unsigned long timeout,
                  struct recording *recording, bool called);

// For poll(2): what to wait for, and until when. `reading`: false holds the peer's bytes back.
short channel_wants(const struct channel *channel, bool reading);
int64_t channel_deadline(const struct channel *channel);

// Reads once, and gives the events that follow to on_event.
void channel_receive(struct channel *channel);
// Sends what goes.
void channel_send(struct channel *channel);
// Before waiting: while the peer's bytes are held back it is not to be blamed for its silence, and afterwards patience starts
// anew.
void channel_hold(struct channel *channel, bool held);
// Ends the party when a deadline has passed.
void channel_expire(struct channel *channel);
// Ends the party from this side.
void channel_end(struct channel *channel, enum party_ending ending);
bool channel_is_over(const struct channel *channel);

// The last words: true when nothing is left to be sent, or nothing can be.
bool channel_is_flushed(const struct channel *channel);
// Waits for that, two seconds at most.
void channel_flush(struct channel *channel);
// Closes the connection; when the peer has not, by way of the partings, which wait for it a moment.
void channel_close(struct channel *channel, struct net_partings *partings);

#endif
