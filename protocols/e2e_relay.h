// The relay of e2e-relay (README 003) as a state machine: who is paired with whom, and what is passed on. Socket.IO
// messages in; Socket.IO messages, endings and notes out. No sockets, no clock: see apps/e2e-relay.
#ifndef PROTOCOLS_E2E_RELAY_H
#define PROTOCOLS_E2E_RELAY_H

#include "protocols/engine_io_session.h"
#include "protocols/socket_io.h"

enum { E2E_RELAY_PORT = 5000, E2E_EVENT_NAME_MAX = 32 };

// One client. Caller-allocated; the members are for reading.
struct e2e_member {
    bool joined;                        // is in the main namespace
    unsigned number;                    // in the order of joining, from 1; a new one for each joining
    char sid[ENGINE_IO_SID_LENGTH + 1]; // its Socket.IO name
    struct e2e_member *partner;
    bool between; // its last partner left, and it has not begun a new key exchange yet
    struct socket_io_collector collector;
};

// What the relay tells the person who runs it.
enum e2e_note_kind {
    E2E_JOINED,
    E2E_PAIRED,        // with `other`; KEY_EXCHANGE goes to both
    E2E_RELAYED,       // `name` to `other` as `new_name`
    E2E_NO_PARTNER,    // dropped: nobody is there to get it
    E2E_STALE,         // dropped: it belongs to the conversation with the partner who left
    E2E_UNKNOWN_EVENT, // dropped
    E2E_WRONG_NAMESPACE,
    E2E_LEFT,
};
struct e2e_note {
    enum e2e_note_kind kind;
    const struct e2e_member *member, *other;
    const struct socket_io_packet *packet; // what came in; NULL when nothing did
    const struct socket_io_collector *collector;
    const char *name, *new_name;
    struct json_slice name_space; // the wrong one
};

// Where it all goes. Embed it first in a struct of your own to carry state. `send` must not call the relay.
struct e2e_output {
    void (*send)(struct e2e_output *output, struct e2e_member *to, const struct engine_io_part parts[],
                 size_t count, bool binary);
    void (*note)(struct e2e_output *output, const struct e2e_note *note);
};

// Caller-allocated.
struct e2e_relay {
    struct e2e_output *output;
    struct e2e_member *waiting; // for a partner; NULL for nobody
    unsigned joined;            // so far
    size_t message_max;         // bytes of a packet with its attachments
};
void e2e_relay_init(struct e2e_relay *relay, struct e2e_output *output, size_t message_max);

// A message of a member's Engine.IO session. False when it is not Socket.IO, or not allowed at this place: then the session
// has to be ended.
MUST_CHECK bool e2e_relay_receive(struct e2e_relay *relay, struct e2e_member *member, const uint8_t *bytes,
                                  size_t length, bool binary, struct parse_error *where);

// The member's session has ended, however. The member can be forgotten after it.
void e2e_relay_leave(struct e2e_relay *relay, struct e2e_member *member);

#endif
