#include "apps/common/channel.h"

#include "apps/common/clock.h"

#include <poll.h>
#include <unistd.h>

enum { LAST_WORDS_MILLISECONDS = 2000 };

void channel_open(struct channel *channel, int connection, const struct party *party, unsigned long timeout,
                  struct recording *recording, bool called) {
    channel->connection = connection;
    channel->party = *party;
    channel->deaf = channel->peer_closed = false;
    channel->fault = NULL;
    channel->patience = (int64_t)timeout * 1000;
    channel->silence_by =
        party->type->impatient(party->state) ? clock_now() + channel->patience : CLOCK_NEVER;
    channel->send_by = channel->heartbeat_by = CLOCK_NEVER;
    recorded_start(&channel->recorded, recording, connection, called);
}

static size_t waiting(const struct channel *channel) {
    size_t length;
    (void)channel->party.type->output(channel->party.state, &length);
    return length;
}

bool channel_is_over(const struct channel *channel) {
    return channel->party.type->over(channel->party.state);
}

bool channel_is_flushed(const struct channel *channel) {
    return channel->deaf || waiting(channel) == 0;
}

short channel_wants(const struct channel *channel, bool reading) {
    return (short)((reading ? POLLIN : 0) | (channel_is_flushed(channel) ? 0 : POLLOUT));
}

int64_t channel_deadline(const struct channel *channel) {
    return clock_earlier(channel->heartbeat_by, clock_earlier(channel->silence_by, channel->send_by));
}

static void tell(struct channel *channel, const struct party_event *event) {
    if (event->kind != PARTY_NOTHING) {
        channel->silence_by = CLOCK_NEVER; // something whole has arrived: patience starts anew
        channel->on_event(channel, event);
    }
}

// All bytes to the party, and all events that they bring about.
static void feed(struct channel *channel, const uint8_t *bytes, size_t length) {
    const struct party *party = &channel->party;
    size_t used;
    struct party_event event;
    do {
        used = party->type->receive(party->state, &event, bytes, length);
        bytes += used;
        length -= used;
        tell(channel, &event);
    } while (length > 0 ? used > 0 || event.kind != PARTY_NOTHING
                        : event.kind != PARTY_NOTHING && !channel_is_over(channel));
}

// Something has come: when must there be something again?
static void expect_heartbeat(struct channel *channel) {
    const struct party_type *type = channel->party.type;
    unsigned long most = type->silence_max != NULL ? type->silence_max(channel->party.state) : 0;
    channel->heartbeat_by = most > 0 ? clock_now() + (int64_t)most : CLOCK_NEVER;
}

void channel_receive(struct channel *channel) {
    uint8_t bytes[16384];
    size_t count;
    bool end;
    bool whole = net_receive(channel->connection, bytes, sizeof bytes, &count, &end);
    recorded_bytes(&channel->recorded, false, bytes, count);
    feed(channel, bytes, count);
    expect_heartbeat(channel);
    if (!whole || end) {
        channel->deaf = channel->deaf || !whole;
        channel->peer_closed = true;
        recorded_stop(&channel->recorded, false);
        channel_end(channel, PARTY_PEER_CLOSED);
    }
    if (!channel->party.type->impatient(channel->party.state)) {
        channel->silence_by = CLOCK_NEVER;
    } else if (channel->silence_by == CLOCK_NEVER) {
        channel->silence_by = clock_now() + channel->patience;
    }
}

void channel_send(struct channel *channel) {
    size_t length, count;
    const uint8_t *bytes = channel->party.type->output(channel->party.state, &length);
    if (length == 0 || channel->deaf) {
        channel->send_by = CLOCK_NEVER;
        return;
    }
    channel->deaf = !net_send(channel->connection, bytes, length, &count);
    recorded_bytes(&channel->recorded, true, bytes, count);
    channel->party.type->sent(channel->party.state, count);
    if (count > 0 || channel->send_by == CLOCK_NEVER) {
        channel->send_by = count == length ? CLOCK_NEVER : clock_now() + channel->patience;
    }
}

void channel_hold(struct channel *channel, bool held) {
    if (held) {
        channel->silence_by = CLOCK_NEVER;
    } else if (channel->silence_by == CLOCK_NEVER && channel->party.type->impatient(channel->party.state)) {
        channel->silence_by = clock_now() + channel->patience;
    }
}

void channel_expire(struct channel *channel) {
    if (clock_passed(channel->send_by)) {
        channel->fault = "the peer does not read what is sent to it (--timeout)";
        channel->send_by = CLOCK_NEVER;
        channel_end(channel, PARTY_TIMED_OUT);
    } else if (clock_passed(channel->silence_by) || clock_passed(channel->heartbeat_by)) {
        channel->silence_by = channel->heartbeat_by = CLOCK_NEVER;
        channel_end(channel, PARTY_TIMED_OUT);
    }
}

void channel_end(struct channel *channel, enum party_ending ending) {
    struct party_event event = {.kind = PARTY_NOTHING};
    channel->party.type->end(channel->party.state, &event, ending);
    tell(channel, &event);
}

void channel_flush(struct channel *channel) {
    int64_t until = clock_now() + LAST_WORDS_MILLISECONDS;
    while (!channel_is_flushed(channel) && !clock_passed(until)) {
        struct pollfd polls = {.fd = channel->connection, .events = POLLOUT};
        (void)poll(&polls, 1, clock_poll_timeout(until));
        channel_send(channel);
    }
}

void channel_close(struct channel *channel, struct net_partings *partings) {
    if (channel->connection >= 0) {
        recorded_stop(&channel->recorded, true);
        if (channel->peer_closed) {
            (void)close(channel->connection);
        } else {
            net_part(partings, channel->connection);
        }
        channel->connection = -1;
    }
}
