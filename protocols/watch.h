// Watching: a conversation as somebody on the wire sees it, from the bytes of both directions alone and without secrets.
// And the registry: the one table of all protocols, by which a recording is recognised.
#ifndef PROTOCOLS_WATCH_H
#define PROTOCOLS_WATCH_H

#include "protocols/explain.h"
#include "protocols/frame.h"

// What is remembered from message to message of one connection.
struct watched {
    unsigned stage;   // the protocol's own count, from 0
    char client[40];  // what the client's end is called: "client", or what its messages say it is
    unsigned number;  // of messages so far
    unsigned unknown; // of those that belonged to no table
};

// A protocol that is no sequence of frames brings a watcher of its own.
struct watcher_type {
    size_t size; // of its state, which starts as zeros
    // Takes bytes of one direction, in any pieces, and explains what is complete. Counts in `watched`.
    void (*see)(void *state, struct watched *watched, bool from_client, const uint8_t *bytes, size_t length,
                struct explain_sink *sink);
    void (*clear)(void *state);
};

// A row of the registry.
struct protocol {
    const char *name;   // "des-chat"
    const char *about;  // a sentence
    uint16_t port;      // the usual one
    uint16_t ports;     // how many, from there on
    const char *server; // what the server's end is called
    // Framed protocols: the table of a payload, from its place in the conversation (and its bytes, where the place does not
    // decide); moves watched->stage on. NULL when no message belongs here. The payload is parsed afterwards: what this
    // function says is a guess.
    const struct message_type *(*recognise)(struct watched *watched, bool from_client, const uint8_t *payload,
                                            size_t length);
    const struct watcher_type *watcher; // others; NULL for framed ones
};

// All of them, ended by NULL.
extern const struct protocol *const protocols[];

// One connection being watched.
struct watch {
    const struct protocol *protocol;
    struct explain_sink *sink;
    struct watched watched;
    bool lost[2];               // a direction whose frames cannot be followed any further
    struct frame_reader *in[2]; // framed protocols: from the client, from the server
    void *state;                // others
};

// False when memory is short. `client`: the name of that end.
MUST_CHECK bool watch_start(struct watch *watch, const struct protocol *protocol, const char *client,
                            struct explain_sink *sink);
void watch_bytes(struct watch *watch, bool from_client, const uint8_t *bytes, size_t length);
void watch_stop(struct watch *watch);

// A message without a table, in one piece: what is shown for bytes that belong to no message of the protocol.
extern const struct message_type watch_unknown;

// Tells the sink about one message of `watched`, counting it.
void watch_tell(struct watched *watched, struct explain_sink *sink, bool from_client, const char *server,
                bool framed, const struct message *message);

#endif
