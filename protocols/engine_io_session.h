// The server's end of an Engine.IO session: heartbeats, what waits to be sent, and the move from polling to WebSocket. No
// I/O and no clock: times are parameters, in milliseconds from any fixed moment.
#ifndef PROTOCOLS_ENGINE_IO_SESSION_H
#define PROTOCOLS_ENGINE_IO_SESSION_H

#include "protocols/engine_io.h"

enum { ENGINE_IO_NEVER = -1 }; // a deadline that does not pass

enum engine_io_transport { ENGINE_IO_POLLING, ENGINE_IO_WEBSOCKET };

// Why a session ended.
enum engine_io_end {
    ENGINE_IO_GOING_ON,
    ENGINE_IO_CLIENT_CLOSED,   // it sent a close packet
    ENGINE_IO_CONNECTION_LOST, // the WebSocket, or a poll that was held, broke
    ENGINE_IO_SILENT,          // no answer to a ping
    ENGINE_IO_SLOW,            // too much waits to be sent
    ENGINE_IO_MALFORMED,       // a packet that is none, or not at this place
    ENGINE_IO_ABOVE,           // the layer above refused what came, or had enough
    ENGINE_IO_SERVER_CLOSED,
};
const char *engine_io_end_text(enum engine_io_end end);

// Caller-allocated; the members are for reading.
struct engine_io_session {
    struct engine_io_open open;
    enum engine_io_transport transport;
    bool probed; // a WebSocket has been probed and may take over
    enum engine_io_end end;
    int64_t ping_at, pong_by; // the next ping; the answer to the last one
    struct engine_io_queued *first, *last;
    size_t queued, queued_max; // bytes that wait, with what it takes to keep them
};

// open->sid names the session. Queues the open packet. False when there is no memory.
MUST_CHECK bool engine_io_session_init(struct engine_io_session *session, const struct engine_io_open *open,
                                       enum engine_io_transport transport, size_t queued_max, int64_t now);
void engine_io_session_clear(struct engine_io_session *session);

// Ends it; the first reason counts. What is queued is still there to be sent, and a close packet behind it, unless it is
// the server that goes away.
void engine_io_session_finish(struct engine_io_session *session, enum engine_io_end end);

// A packet from the client, over the current transport. True for a message, which is for the layer above. `where` says
// why the session ended when session->end is then MALFORMED.
MUST_CHECK bool engine_io_session_receive(struct engine_io_session *session,
                                          const struct engine_io_packet *packet, int64_t now,
                                          struct parse_error *where);

// Queues a message, made of `count` parts put together. Beyond queued_max the session ends instead.
struct engine_io_part {
    const void *bytes;
    size_t length;
};
void engine_io_session_send(struct engine_io_session *session, const struct engine_io_part parts[],
                            size_t count, bool binary);

// Lets time pass: pings, or ends the session. Call it at session_deadline, or before.
void engine_io_session_tick(struct engine_io_session *session, int64_t now);
int64_t engine_io_session_deadline(const struct engine_io_session *session);
// The server itself does not read what the client sends at the moment: its answer to a ping may be there, unread.
void engine_io_session_excuse(struct engine_io_session *session, int64_t now);

// --- what is to be sent ----------------------------------------------------------------------------------------

// WebSocket: the first packet that waits; and it is done.
MUST_CHECK bool engine_io_session_first(const struct engine_io_session *session,
                                        struct engine_io_packet *packet);
void engine_io_session_drop(struct engine_io_session *session);

// Polling: the length of the next payload, 0 when a poll has to wait. At most about open.max_payload, unless one packet is
// longer. Writing it takes its packets out of the queue. A probed session has a noop for a poll that would wait, so that
// the client can move.
size_t engine_io_session_payload_length(const struct engine_io_session *session);
void engine_io_session_write_payload(struct engine_io_session *session, uint8_t *out);

// --- moving to a WebSocket -------------------------------------------------------------------------------------

enum engine_io_probe {
    ENGINE_IO_PROBE_ANSWER, // send `3probe` over the new WebSocket
    ENGINE_IO_PROBE_MOVED,  // the new WebSocket is the transport from now on
    ENGINE_IO_PROBE_REFUSED,
};
// A packet over a new WebSocket of a session that is still polling.
MUST_CHECK enum engine_io_probe engine_io_session_probe(struct engine_io_session *session,
                                                        const struct engine_io_packet *packet, int64_t now,
                                                        struct parse_error *where);
// The new WebSocket is gone before the move.
void engine_io_session_probe_lost(struct engine_io_session *session);

#endif
