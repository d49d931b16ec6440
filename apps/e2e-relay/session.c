// Sessions: each has one member of the relay, and one or two connections at a time.

#include "apps/e2e-relay/relay.h"

#include "apps/common/clock.h"

#include <stdlib.h>
#include <string.h>

// Who has more than this waiting is a reason not to read from whoever sends it more.
enum { QUEUE_HIGH = 65536 };

// A packet with its attachments may be twice as long as one message, and a queue hold twice that.
enum { COLLECTED = 2, QUEUED = 4 };

struct session *session_new(enum engine_io_transport transport) {
    struct engine_io_open open = {.ping_interval = relay.settings->ping_interval,
                                  .ping_timeout = relay.settings->ping_timeout,
                                  .max_payload = relay.settings->max_payload};
    if (relay.session_count == relay.session_room) {
        size_t room = relay.session_room * 2 + 16;
        struct session **sessions = realloc(relay.sessions, room * sizeof(struct session *));
        if (sessions == NULL) {
            return NULL;
        }
        relay.sessions = sessions;
        relay.session_room = room;
    }
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL || !engine_io_new_sid(open.sid) ||
        !engine_io_session_init(&session->io, &open, transport,
                                QUEUED * relay.settings->max_payload + 2 * QUEUE_HIGH, clock_now())) {
        free(session);
        return NULL;
    }
    session->join_by = relay_patience();
    relay.sessions[relay.session_count++] = session;
    return session;
}

struct session *session_find(const char *sid) {
    for (size_t i = 0; i < relay.session_count; i++) {
        struct session *session = relay.sessions[i];
        if (session->io.end == ENGINE_IO_GOING_ON && strlen(sid) == ENGINE_IO_SID_LENGTH &&
            secure_equal(sid, session->io.open.sid, ENGINE_IO_SID_LENGTH)) {
            return session;
        }
    }
    return NULL;
}

static struct session *session_of(struct e2e_member *member) {
    return (struct session *)((char *)member - offsetof(struct session, member));
}

void session_end(struct session *session, enum engine_io_end end) {
    engine_io_session_finish(&session->io, end);
}

// Whether something must be read first: by the client itself, or by its partner.
static void see_whether_paused(struct session *session) {
    bool own = session->io.queued > QUEUE_HIGH;
    bool partner =
        session->member.partner != NULL && session_of(session->member.partner)->io.queued > QUEUE_HIGH;
    session->paused = own || partner;
    if (partner && !own) {
        engine_io_session_excuse(&session->io, clock_now());
    }
    if (session->socket != NULL) {
        connection_pause(session->socket);
    }
}

void session_take(struct session *session, const struct engine_io_packet *packet) {
    if (!engine_io_session_receive(&session->io, packet, clock_now(), &session->why)) {
        return;
    }
    if (!e2e_relay_receive(&relay.pairs, &session->member, packet->data, packet->length, packet->binary,
                           &session->why)) {
        session_end(session, ENGINE_IO_ABOVE);
    }
    see_whether_paused(session);
}

static void send_to(struct e2e_output *output, struct e2e_member *to, const struct engine_io_part parts[],
                    size_t count, bool binary) {
    (void)output;
    engine_io_session_send(&session_of(to)->io, parts, count, binary);
}

void session_take_probe(struct connection *connection, const uint8_t *bytes, size_t length, bool binary) {
    struct session *session = connection->session;
    struct engine_io_packet packet;
    struct parse_error where;
    if (!engine_io_parse(&packet, bytes, length, binary, &where)) {
        session->probe = NULL;
        engine_io_session_probe_lost(&session->io);
        connection_part(connection, WEBSOCKET_PROTOCOL_ERROR, where.reason);
        return;
    }
    switch (engine_io_session_probe(&session->io, &packet, clock_now(), &where)) {
    case ENGINE_IO_PROBE_ANSWER:
        if (!websocket_queue(connection->websocket, (const uint8_t *)"3probe", 6, false)) {
            connection_drop(connection);
        }
        return;
    case ENGINE_IO_PROBE_MOVED:
        connection->upgrading = false;
        session->probe = NULL;
        session->socket = connection;
        return;
    case ENGINE_IO_PROBE_REFUSED:
        session->probe = NULL;
        engine_io_session_probe_lost(&session->io);
        connection_part(connection, WEBSOCKET_PROTOCOL_ERROR, where.reason);
        return;
    }
}

void session_lost(struct session *session, struct connection *connection) {
    if (session->probe == connection) {
        session->probe = NULL;
        engine_io_session_probe_lost(&session->io);
        return;
    }
    if (session->poll == connection) {
        session->poll = NULL;
    } else if (session->post == connection) {
        session->post = NULL;
    } else if (session->socket == connection) {
        session->socket = NULL;
    } else {
        return;
    }
    session_end(session, ENGINE_IO_CONNECTION_LOST);
}

// --- going on --------------------------------------------------------------------------------------------------

// A poll that is held: answered when there is something to say, or when the session has moved on.
static void answer_poll(struct session *session) {
    struct connection *poll = session->poll;
    size_t length = engine_io_session_payload_length(&session->io);
    bool moved = session->io.transport == ENGINE_IO_WEBSOCKET;
    if (poll == NULL || (length == 0 && !moved)) {
        return;
    }
    session->poll = NULL;
    uint8_t *payload = malloc(length + 1);
    if (payload == NULL) {
        connection_drop(poll);
        return;
    }
    if (moved) { // what waits belongs to the WebSocket
        payload[0] = '0' + ENGINE_IO_NOOP;
        length = 1;
    } else {
        engine_io_session_write_payload(&session->io, payload);
    }
    connection_respond(poll, 200, "text/plain; charset=UTF-8", payload, length,
                       "Cache-Control: no-store\r\n");
    free(payload);
}

// The session is over: its connections hear the last of it, its partner is told.
static void bury(struct session *session) {
    e2e_relay_leave(&relay.pairs, &session->member);
    narrate_session_end(session);
    answer_poll(session);
    if (session->poll != NULL) {
        connection_drop(session->poll);
    }
    if (session->post != NULL) {
        connection_drop(session->post);
    }
    if (session->probe != NULL) {
        connection_part(session->probe, WEBSOCKET_GOING_AWAY, "the session is over");
    }
    struct connection *socket = session->socket;
    if (socket != NULL) {
        enum engine_io_end end = session->io.end;
        struct engine_io_packet packet;
        // Its last messages, unless it does not read anyway.
        while (end != ENGINE_IO_SLOW && end != ENGINE_IO_SILENT &&
               engine_io_session_first(&session->io, &packet)) {
            uint8_t *text = malloc(engine_io_encoded_length(&packet));
            bool good = text != NULL;
            if (good && packet.binary) {
                good = websocket_queue(socket->websocket, packet.data, packet.length, true);
            } else if (good) {
                engine_io_encode(text, &packet);
                good = websocket_queue(socket->websocket, text, engine_io_encoded_length(&packet), false);
            }
            free(text);
            if (!good) {
                break;
            }
            engine_io_session_drop(&session->io);
        }
        bool fault = end == ENGINE_IO_MALFORMED || end == ENGINE_IO_ABOVE;
        connection_part(socket,
                        fault                            ? WEBSOCKET_PROTOCOL_ERROR
                        : end == ENGINE_IO_SLOW          ? WEBSOCKET_POLICY
                        : end == ENGINE_IO_CLIENT_CLOSED ? WEBSOCKET_NORMAL
                                                         : WEBSOCKET_GOING_AWAY,
                        fault ? session->why.reason : engine_io_end_text(end));
    }
    engine_io_session_clear(&session->io);
    free(session);
}

static void go_on(struct session *session) {
    engine_io_session_tick(&session->io, clock_now());
    if (!session->member.joined && clock_passed(session->join_by)) {
        parse_error_set(&session->why, 0, "Socket.IO", "it does not connect to a namespace");
        session_end(session, ENGINE_IO_ABOVE);
    }
    if (session->member.joined) {
        session->join_by = relay_patience();
    }
    see_whether_paused(session);
    answer_poll(session);
    if (session->socket != NULL && session->io.first != NULL && session->io.end == ENGINE_IO_GOING_ON) {
        connection_write(session->socket);
    }
}

void sessions_open(void) {
    relay.output = (struct e2e_output){.send = send_to, .note = narrate_note};
    e2e_relay_init(&relay.pairs, &relay.output, COLLECTED * relay.settings->max_payload);
}

void sessions_go_on(void) {
    for (size_t i = 0; i < relay.session_count; i++) {
        go_on(relay.sessions[i]);
    }
    // Telling a partner may end that one too (its queue is full): so until nobody is left to bury.
    for (size_t i = 0; i < relay.session_count;) {
        struct session *session = relay.sessions[i];
        if (session->io.end == ENGINE_IO_GOING_ON) {
            i++;
            continue;
        }
        relay.sessions[i] = relay.sessions[--relay.session_count];
        bury(session);
        i = 0;
    }
    // Now that everybody has been served, who had to wait may go on.
    for (size_t i = 0; i < relay.session_count; i++) {
        see_whether_paused(relay.sessions[i]);
    }
}

int64_t sessions_deadline(void) {
    int64_t deadline = CLOCK_NEVER;
    for (size_t i = 0; i < relay.session_count; i++) {
        const struct session *session = relay.sessions[i];
        deadline = clock_earlier(deadline, engine_io_session_deadline(&session->io));
        if (!session->member.joined) {
            deadline = clock_earlier(deadline, session->join_by);
        }
    }
    return deadline;
}

void sessions_close(void) {
    for (size_t i = 0; i < relay.session_count; i++) {
        session_end(relay.sessions[i], ENGINE_IO_SERVER_CLOSED);
    }
    sessions_go_on();
    free(relay.sessions);
    relay.sessions = NULL;
    relay.session_room = 0;
}
