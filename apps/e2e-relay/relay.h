// The relay's parts: connections carry HTTP and WebSocket, sessions are Engine.IO's, and one e2e_relay pairs their members.
#ifndef APPS_E2E_RELAY_RELAY_H
#define APPS_E2E_RELAY_RELAY_H

#include "apps/common/net.h"
#include "apps/common/recording.h"
#include "apps/common/transcript.h"
#include "apps/common/websocket.h"
#include "apps/e2e-relay/buffer.h"

#include "protocols/e2e_relay.h"
#include "protocols/http_request.h"

struct settings {
    const char *host;
    unsigned long port;
    unsigned long timeout; // seconds: patience with requests, joining, and peers that do not read
    unsigned long ping_interval, ping_timeout; // milliseconds
    unsigned long max_payload;                 // bytes of one request's body or one message
    unsigned long connections;                 // at most, at a time
    bool explain, quiet;
    const char *record; // a file's path, or NULL
};

enum connection_state {
    CONNECTION_READING,   // a request, or waiting for one
    CONNECTION_HOLDING,   // a poll, until there is something to say
    CONNECTION_POSTING,   // a payload, whose packets are taken as fast as the partner reads
    CONNECTION_WEBSOCKET, // a session's transport, or one that may become it
    CONNECTION_PARTING,   // the last words are out or on their way
    CONNECTION_DONE,      // to be closed and forgotten
};

struct connection {
    int descriptor;
    enum connection_state state;
    struct buffer in, out;
    struct http_request *request; // the one being read, or held, or posted
    size_t payload_at;            // POSTING: where the next packet begins
    struct session *session;      // HOLDING, POSTING, WEBSOCKET; NULL once it is over
    struct websocket *websocket;
    struct recorded recorded;
    bool upgrading;                     // a WebSocket that is not the transport yet
    bool polled;                        // a request has been answered: an idle connection may wait longer
    int64_t read_by, write_by, part_by; // deadlines
    char address[NET_ADDRESS_SIZE];
};

struct session {
    struct engine_io_session io;
    struct e2e_member member;
    struct connection *poll, *post, *socket, *probe; // where it is held at the moment; any may be NULL
    bool paused; // nothing is taken from the client until others have read
    int64_t join_by;
    struct parse_error why;
};

// Everything there is. One relay is one process.
struct relay {
    const struct settings *settings;
    struct e2e_output output; // of `pairs`
    struct e2e_relay pairs;
    struct connection **connections;
    size_t connection_count, connection_room;
    struct session **sessions;
    size_t session_count, session_room;
    int listener;
    struct transcript_style style;
    struct recording recording;
};
extern struct relay relay;

int64_t relay_patience(void); // the moment at which --timeout from now ends

// --- connection.c ----------------------------------------------------------------------------------------------

// Sends a whole response. `fields` has whole lines. The connection then goes on, or ends, as the request wants.
void connection_respond(struct connection *connection, unsigned status, const char *content_type,
                        const void *body, size_t length, const char *fields);
// The same, and the connection ends in any case.
void connection_respond_last(struct connection *connection, unsigned status, const char *text);
// Goes from HTTP to WebSocket with this answer.
void connection_switch(struct connection *connection, const char *answer, size_t length);
// Says goodbye on a WebSocket.
void connection_part(struct connection *connection, uint16_t code, const char *reason);
// At once, without last words.
void connection_drop(struct connection *connection);

void connection_read(struct connection *connection);
void connection_write(struct connection *connection);
bool connection_wants_read(const struct connection *connection);
bool connection_wants_write(const struct connection *connection);
// Stops or goes on reading from a WebSocket, as its session and its own queue want it.
void connection_pause(struct connection *connection);
void connection_tick(struct connection *connection);
int64_t connection_deadline(const struct connection *connection);
void connection_free(struct connection *connection);

// --- transport.c: Engine.IO over HTTP --------------------------------------------------------------------------

// A whole request has arrived.
void transport_request(struct connection *connection);
// Goes on with a payload that had to wait.
void transport_go_on_posting(struct connection *connection);

// --- session.c -------------------------------------------------------------------------------------------------

void sessions_open(void);
struct session *session_new(enum engine_io_transport transport); // NULL: no memory, no random bytes
struct session *session_find(const char *sid);
void session_take(struct session *session, const struct engine_io_packet *packet);
void session_take_probe(struct connection *connection, const uint8_t *bytes, size_t length, bool binary);
void session_end(struct session *session, enum engine_io_end end);
// A connection of the session is gone.
void session_lost(struct session *session, struct connection *connection);
// Lets all sessions go on: time, what is to be sent, endings.
void sessions_go_on(void);
int64_t sessions_deadline(void);
void sessions_close(void);

// --- narrate.c: what the person who runs it is told ------------------------------------------------------------

void narrate_note(struct e2e_output *output, const struct e2e_note *note);
void narrate_session_end(const struct session *session);
void narrate_refusal(const struct connection *connection, unsigned status, const char *why);

// The relay until a signal ends it.
int run_relay(const struct settings *settings);

#endif
