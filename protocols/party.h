// A party: one end of a protocol, as a state machine without I/O. Bytes in; bytes, events and explanations out. Every
// protocol of this folder has this shape, so that one loop, one demo, one recorder and one fuzzer drive them all
// (apps/common/): they know no protocol, and a protocol knows no socket, terminal or clock.
//
//      bytes from the peer --> receive --> one event at a time --> the person
//      the person's lines  --> say     --> output --> bytes to the peer
//
// A server for several clients has one party per connection, and something above them that passes messages on.
#ifndef PROTOCOLS_PARTY_H
#define PROTOCOLS_PARTY_H

#include "bignum/secure.h"

#include <stdint.h>

enum party_event_kind {
    PARTY_NOTHING,
    PARTY_NOTICE,      // text: a line for the person about how things go ("client2 has left")
    PARTY_ESTABLISHED, // the handshake is done: from here on say works. text: a line about it, may be empty
    PARTY_MESSAGE, // text[0..length) from the person at the other end: any bytes, not to be shown unfiltered
    PARTY_ENDED,   // it is over as the protocol has it
    PARTY_FAILED,  // it is over because of a fault: see failure
};

struct party_event {
    enum party_event_kind kind;
    const char *from;    // PARTY_MESSAGE: who speaks, where there are several ("client3"); else NULL
    const uint8_t *text; // valid until the next call
    size_t length;
};

// Why a party is ended from outside.
enum party_ending {
    PARTY_LEAVES,      // the person at this end is done
    PARTY_TIMED_OUT,   // the peer kept silent for longer than the app's patience
    PARTY_PEER_CLOSED, // the connection is closed or broken
    PARTY_BUSY,        // a server without room for one more
};

struct party_type {
    const char *protocol; // "des-chat"
    const char *role;     // "client": the sender's name in explanations

    // Takes bytes up to the end of one message at most, and says how many it took: call again with the rest, also with
    // length 0, until it takes nothing and gives PARTY_NOTHING. After the end everything is taken and ignored.
    size_t (*receive)(void *party, struct party_event *event, const uint8_t *bytes, size_t length);

    // Ends it from this side. What is to be told to the peer stands in the output afterwards.
    void (*end)(void *party, struct party_event *event, enum party_ending ending);

    // Says a line. NULL when it is on its way, else why not, for the person; the conversation goes on then.
    const char *(*say)(void *party, const void *text, size_t length);
    // NULL when say would take a line of this length now, else why not.
    const char *(*may_say)(const void *party, size_t length);
    // The longest line that say ever takes.
    size_t (*text_max)(const void *party);

    // What waits to be sent, and how much of it has been.
    const uint8_t *(*output)(const void *party, size_t *length);
    void (*sent)(void *party, size_t length);

    // True while a message has arrived in part, or the handshake is not done: times in which a silent peer is at fault.
    bool (*impatient)(const void *party);
    // For how long a peer that is not at fault may send nothing at all, in milliseconds: protocols with heartbeats. 0: for
    // ever. NULL in protocols without.
    unsigned long (*silence_max)(const void *party);
    bool (*over)(const void *party);
    // One line for people, once it has failed: who refused, at which message, which check. NULL before.
    const char *(*failure)(const void *party);
};

// A party of any protocol.
struct party {
    const struct party_type *type;
    void *state; // struct des_chat, ...
};

#endif
