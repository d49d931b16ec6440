// The server's end of an Engine.IO session, protocol version 4.
//
//     polling                                                WebSocket
//     GET  ->  0{"sid":...}              open
//     POST ->  4...                      messages
//     GET  <-  4... or 2                 messages, ping
//     GET (held)                                              upgrade with the same sid
//                                                         ->  2probe
//                                                         <-  3probe
//          <-  6                         the held poll ends
//                                                         ->  5                 from now on here
//                                                         <-> 4..., 2, 3
//
// The move must lose nothing and repeat nothing. The client stops polling and waits until its last poll has come back;
// only then it sends 5. What waits in the queue at that moment has not been in any payload, and goes over the WebSocket.
//
// The heartbeat: every pingInterval a ping; the answer must come within pingTimeout. A pong ends the wait. Any other packet
// shows life too and makes the wait longer: a long message on its way may be in front of the pong.
//
// The queue is bounded: a client that does not read would otherwise fill the server's memory with what others send it.
//
// Tests: tests/test_engine_io.c. Read next: socket_io.c, apps/e2e-relay.

#include "protocols/engine_io_session.h"

#include <stdlib.h>
#include <string.h>

struct engine_io_queued {
    struct engine_io_queued *next;
    enum engine_io_type type;
    bool binary;
    size_t length;
    uint8_t data[];
};

const char *engine_io_end_text(enum engine_io_end end) {
    switch (end) {
    case ENGINE_IO_GOING_ON:
        return "it goes on";
    case ENGINE_IO_CLIENT_CLOSED:
        return "it left";
    case ENGINE_IO_CONNECTION_LOST:
        return "its connection closed";
    case ENGINE_IO_SILENT:
        return "it is silent: a ping was not answered in time";
    case ENGINE_IO_SLOW:
        return "it is slow: too much waits to be sent to it";
    case ENGINE_IO_MALFORMED:
        return "what it sent is not Engine.IO";
    case ENGINE_IO_ABOVE:
        return "what it sent was refused";
    case ENGINE_IO_SERVER_CLOSED:
        return "the server closes";
    }
    return "unknown reason";
}

// --- the queue -------------------------------------------------------------------------------------------------

static size_t cost(size_t length) {
    return sizeof(struct engine_io_queued) + length;
}

static bool queue(struct engine_io_session *session, enum engine_io_type type, bool binary,
                  const struct engine_io_part parts[], size_t count) {
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        length += parts[i].length;
    }
    struct engine_io_queued *queued = malloc(sizeof *queued + length);
    if (queued == NULL) {
        return false;
    }
    *queued = (struct engine_io_queued){.type = type, .binary = binary, .length = length};
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].length > 0) {
            memcpy(queued->data + at, parts[i].bytes, parts[i].length);
            at += parts[i].length;
        }
    }
    if (session->last != NULL) {
        session->last->next = queued;
    } else {
        session->first = queued;
    }
    session->last = queued;
    session->queued += cost(length);
    return true;
}

void engine_io_session_drop(struct engine_io_session *session) {
    struct engine_io_queued *gone = session->first;
    if (gone == NULL) {
        return;
    }
    session->queued -= cost(gone->length);
    session->first = gone->next;
    if (session->first == NULL) {
        session->last = NULL;
    }
    free(gone);
}

static struct engine_io_packet packet_of(const struct engine_io_queued *queued) {
    return (struct engine_io_packet){
        .type = queued->type, .binary = queued->binary, .data = queued->data, .length = queued->length};
}

bool engine_io_session_first(const struct engine_io_session *session, struct engine_io_packet *packet) {
    if (session->first == NULL) {
        return false;
    }
    *packet = packet_of(session->first);
    return true;
}

void engine_io_session_send(struct engine_io_session *session, const struct engine_io_part parts[],
                            size_t count, bool binary) {
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        length += parts[i].length;
    }
    if (session->end != ENGINE_IO_GOING_ON) {
        return;
    }
    if (cost(length) > session->queued_max || session->queued > session->queued_max - cost(length) ||
        !queue(session, ENGINE_IO_MESSAGE, binary, parts, count)) {
        engine_io_session_finish(session, ENGINE_IO_SLOW);
    }
}

// How many packets go into the next payload, and its length. The document sets no limit for what a server sends; but
// python-engineio takes no more than 16 packets at once (its payload.py), and hangs up over a 17th.
enum { PAYLOAD_PACKETS_MAX = 16 };
static size_t payload_packets(const struct engine_io_session *session, size_t *length) {
    size_t count = 0;
    *length = 0;
    for (const struct engine_io_queued *at = session->first; at != NULL && count < PAYLOAD_PACKETS_MAX;
         at = at->next) {
        struct engine_io_packet packet = packet_of(at);
        size_t more = engine_io_encoded_length(&packet) + (count > 0);
        if (count > 0 && *length + more > session->open.max_payload) {
            break;
        }
        *length += more;
        count++;
    }
    return count;
}

static bool has_noop(const struct engine_io_session *session) {
    return session->probed && session->first == NULL;
}

size_t engine_io_session_payload_length(const struct engine_io_session *session) {
    size_t length;
    (void)payload_packets(session, &length);
    return has_noop(session) ? 1 : length;
}

void engine_io_session_write_payload(struct engine_io_session *session, uint8_t *out) {
    if (has_noop(session)) {
        const struct engine_io_packet noop = {.type = ENGINE_IO_NOOP};
        engine_io_encode(out, &noop);
        return;
    }
    size_t length;
    for (size_t count = payload_packets(session, &length), i = 0; i < count; i++) {
        struct engine_io_packet packet = packet_of(session->first);
        if (i > 0) {
            *out++ = ENGINE_IO_SEPARATOR;
        }
        engine_io_encode(out, &packet);
        out += engine_io_encoded_length(&packet);
        engine_io_session_drop(session);
    }
}

// --- its life --------------------------------------------------------------------------------------------------

bool engine_io_session_init(struct engine_io_session *session, const struct engine_io_open *open,
                            enum engine_io_transport transport, size_t queued_max, int64_t now) {
    *session = (struct engine_io_session){.open = *open,
                                          .transport = transport,
                                          .queued_max = queued_max,
                                          .ping_at = now + (int64_t)open->ping_interval,
                                          .pong_by = ENGINE_IO_NEVER};
    session->open.can_upgrade = transport == ENGINE_IO_POLLING;
    char json[ENGINE_IO_OPEN_MAX];
    struct engine_io_part part = {json, engine_io_write_open(json, &session->open)};
    return queue(session, ENGINE_IO_OPEN, false, &part, 1);
}

void engine_io_session_clear(struct engine_io_session *session) {
    while (session->first != NULL) {
        engine_io_session_drop(session);
    }
}

void engine_io_session_finish(struct engine_io_session *session, enum engine_io_end end) {
    if (session->end != ENGINE_IO_GOING_ON) {
        return;
    }
    session->end = end;
    session->ping_at = session->pong_by = ENGINE_IO_NEVER;
    // A close packet tells the client that this session is over, and python-socketio then does not come back. So one whose
    // server goes away is not told: it loses its connection, and tries again. One that is slow, silent or gone will not
    // read it, but then it does not matter either.
    if (end != ENGINE_IO_SERVER_CLOSED) {
        (void)queue(session, ENGINE_IO_CLOSE, false, NULL, 0);
    }
}

void engine_io_session_excuse(struct engine_io_session *session, int64_t now) {
    if (session->pong_by != ENGINE_IO_NEVER) {
        session->pong_by = now + (int64_t)session->open.ping_timeout;
    }
}

static bool refuse(struct engine_io_session *session, const struct engine_io_packet *packet,
                   struct parse_error *where, const char *reason) {
    parse_error_set(where, 0, "the Engine.IO packet", "%s: %s", engine_io_type_text(packet->type), reason);
    engine_io_session_finish(session, ENGINE_IO_MALFORMED);
    return false;
}

bool engine_io_session_receive(struct engine_io_session *session, const struct engine_io_packet *packet,
                               int64_t now, struct parse_error *where) {
    if (session->end != ENGINE_IO_GOING_ON) {
        return false;
    }
    engine_io_session_excuse(session, now);
    switch (packet->type) {
    case ENGINE_IO_MESSAGE:
        return true;
    case ENGINE_IO_PONG:
        if (session->pong_by != ENGINE_IO_NEVER) {
            session->pong_by = ENGINE_IO_NEVER;
            session->ping_at = now + (int64_t)session->open.ping_interval;
        }
        return false;
    case ENGINE_IO_CLOSE:
        engine_io_session_finish(session, ENGINE_IO_CLIENT_CLOSED);
        return false;
    case ENGINE_IO_NOOP:
        return false;
    case ENGINE_IO_PING:
        return refuse(session, packet, where, "in version 4 the server pings");
    case ENGINE_IO_OPEN:
        return refuse(session, packet, where, "only the server sends it");
    case ENGINE_IO_UPGRADE:
        return refuse(session, packet, where, "only a WebSocket that was probed may send it");
    }
    return false;
}

void engine_io_session_tick(struct engine_io_session *session, int64_t now) {
    if (session->pong_by != ENGINE_IO_NEVER && now >= session->pong_by) {
        engine_io_session_finish(session, ENGINE_IO_SILENT);
    }
    if (session->ping_at != ENGINE_IO_NEVER && now >= session->ping_at) {
        session->ping_at = ENGINE_IO_NEVER;
        session->pong_by = now + (int64_t)session->open.ping_timeout;
        if (!queue(session, ENGINE_IO_PING, false, NULL, 0)) {
            engine_io_session_finish(session, ENGINE_IO_SLOW);
        }
    }
}

int64_t engine_io_session_deadline(const struct engine_io_session *session) {
    return session->ping_at == ENGINE_IO_NEVER ? session->pong_by : session->ping_at;
}

// --- moving ----------------------------------------------------------------------------------------------------

enum engine_io_probe engine_io_session_probe(struct engine_io_session *session,
                                             const struct engine_io_packet *packet, int64_t now,
                                             struct parse_error *where) {
    bool polling = session->transport == ENGINE_IO_POLLING && session->end == ENGINE_IO_GOING_ON;
    if (polling && !session->probed && packet->type == ENGINE_IO_PING && packet->length == 5 &&
        memcmp(packet->data, "probe", 5) == 0) {
        session->probed = true;
        return ENGINE_IO_PROBE_ANSWER;
    }
    if (polling && session->probed && packet->type == ENGINE_IO_UPGRADE) {
        session->probed = false;
        session->transport = ENGINE_IO_WEBSOCKET;
        engine_io_session_excuse(session, now);
        return ENGINE_IO_PROBE_MOVED;
    }
    parse_error_set(where, 0, "the Engine.IO packet", "%s: over a new WebSocket must come 2probe, then 5",
                    engine_io_type_text(packet->type));
    return ENGINE_IO_PROBE_REFUSED;
}

void engine_io_session_probe_lost(struct engine_io_session *session) {
    session->probed = false;
}
