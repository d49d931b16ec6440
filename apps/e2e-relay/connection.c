// One TCP connection: HTTP requests one after the other, or a WebSocket after one of them.
//
//     READING -> HOLDING -> READING            a poll, answered when there is something to say
//             -> POSTING -> READING            a payload
//             -> WEBSOCKET -> PARTING          for good
//             -> PARTING -> DONE               after an error, or when the client wants no more

#include "apps/e2e-relay/relay.h"

#include "apps/common/clock.h"

#include "protocols/http_response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PARTING_MILLISECONDS = 2000,
    READ_AT_ONCE = 16384,
    OUT_HIGH = 65536,  // no further request is answered while this much waits to be sent
    CONTROLS_MAX = 16, // answers to a WebSocket client's pings, before it is not read any more
};

// --- ending ----------------------------------------------------------------------------------------------------

void connection_drop(struct connection *connection) {
    struct session *session = connection->session;
    connection->state = CONNECTION_DONE;
    connection->session = NULL;
    if (session != NULL) {
        session_lost(session, connection);
    }
}

// What is in `out` still goes; then the other side may close first, so that it reads everything.
static void part(struct connection *connection) {
    connection->state = CONNECTION_PARTING;
    connection->session = NULL;
    connection->part_by = clock_now() + PARTING_MILLISECONDS;
    buffer_clear(&connection->in);
}

void connection_part(struct connection *connection, uint16_t code, const char *reason) {
    if (connection->websocket != NULL) {
        websocket_finish(connection->websocket, code, reason);
    }
    part(connection);
}

void connection_free(struct connection *connection) {
    websocket_free(connection->websocket);
    buffer_clear(&connection->in);
    buffer_clear(&connection->out);
    free(connection->request);
    recorded_stop(&connection->recorded, connection->state != CONNECTION_DONE);
    (void)close(connection->descriptor);
    free(connection);
}

// --- answering -------------------------------------------------------------------------------------------------

// Removes the request that has been answered from the input; the next one may be behind it.
static void forget_request(struct connection *connection) {
    size_t length = connection->request->head.length + (size_t)connection->request->head.body_length;
    buffer_drop(&connection->in, length);
    free(connection->request);
    connection->request = NULL;
    connection->polled = true;
    connection->read_by =
        clock_now() + (int64_t)(relay.settings->ping_interval + relay.settings->ping_timeout);
}

static bool append_response(struct connection *connection, unsigned status, const char *content_type,
                            const void *body, size_t length, const char *fields, bool keep_alive,
                            bool head_only) {
    char head[HTTP_RESPONSE_HEAD_MAX];
    size_t head_length;
    return http_write_response_head(head, &head_length, status, content_type, length, fields, keep_alive) &&
           buffer_append(&connection->out, head, head_length) &&
           (head_only || buffer_append(&connection->out, body, length));
}

void connection_respond(struct connection *connection, unsigned status, const char *content_type,
                        const void *body, size_t length, const char *fields) {
    const struct http_request *request = connection->request;
    char all[HTTP_RESPONSE_HEAD_MAX / 2];
    const char *origin;
    size_t origin_length;
    // A page of any origin may talk to this relay: it holds nothing that belongs to a browser's user (no cookies).
    bool foreign =
        http_field(&request->head, (const char *)connection->in.bytes, "origin", &origin, &origin_length);
    (void)snprintf(all, sizeof all, "%s%s", foreign ? "Access-Control-Allow-Origin: *\r\n" : "", fields);
    bool keep_alive = request->head.keep_alive;
    if (!append_response(connection, status, content_type, body, length, all, keep_alive,
                         request->method == HTTP_HEAD)) {
        connection_drop(connection);
        return;
    }
    forget_request(connection);
    connection->session = NULL;
    if (keep_alive) {
        connection->state = CONNECTION_READING;
    } else {
        part(connection);
    }
}

void connection_respond_last(struct connection *connection, unsigned status, const char *text) {
    narrate_refusal(connection, status, text);
    if (!append_response(connection, status, "text/plain; charset=UTF-8", text, strlen(text), "", false,
                         false)) {
        connection_drop(connection);
        return;
    }
    part(connection);
}

static void take_message(void *context, const uint8_t *bytes, size_t length, bool binary) {
    struct connection *connection = context;
    struct engine_io_packet packet;
    if (connection->session == NULL) {
        return;
    }
    if (connection->upgrading) {
        session_take_probe(connection, bytes, length, binary);
    } else if (engine_io_parse(&packet, bytes, length, binary, &connection->session->why)) {
        session_take(connection->session, &packet);
    } else {
        session_end(connection->session, ENGINE_IO_MALFORMED);
    }
}

void connection_switch(struct connection *connection, const char *answer, size_t length) {
    size_t used = connection->request->head.length;
    connection->websocket =
        websocket_new(connection->descriptor, &connection->recorded, true, relay.settings->max_payload,
                      connection->in.bytes + used, connection->in.length - used, take_message, connection);
    if (connection->websocket == NULL || !buffer_append(&connection->out, answer, length)) {
        connection_drop(connection);
        return;
    }
    free(connection->request);
    connection->request = NULL;
    buffer_clear(&connection->in);
    connection->state = CONNECTION_WEBSOCKET;
    connection->read_by = CLOCK_NEVER;
}

// --- reading ---------------------------------------------------------------------------------------------------

// The requests that are there, as far as they may be answered now.
static void take_requests(struct connection *connection) {
    while (connection->state == CONNECTION_READING && connection->in.length > 0 &&
           connection->out.length < OUT_HIGH) {
        if (connection->request == NULL) {
            connection->request = calloc(1, sizeof *connection->request);
            if (connection->request == NULL) {
                connection_drop(connection);
                return;
            }
            connection->read_by = relay_patience(); // for the whole request: sending it slowly buys no time
        }
        struct parse_error where;
        switch (http_request_scan(connection->request, (const char *)connection->in.bytes,
                                  connection->in.length, relay.settings->max_payload, &where)) {
        case HTTP_INCOMPLETE:
            return;
        case HTTP_REFUSED: {
            char text[PARSE_REASON_SIZE + 64];
            (void)snprintf(text, sizeof text, "byte %zu of the request: %s\n", where.offset, where.reason);
            connection_respond_last(connection, connection->request->head.refusal, text);
            return;
        }
        case HTTP_COMPLETE:
            connection->read_by = CLOCK_NEVER;
            transport_request(connection);
            break;
        }
    }
}

// While parting: everything is read and forgotten until the other side closes.
static void read_the_rest(struct connection *connection) {
    uint8_t forgotten[4096];
    size_t count;
    bool end;
    bool whole = net_receive(connection->descriptor, forgotten, sizeof forgotten, &count, &end);
    recorded_bytes(&connection->recorded, false, forgotten, count);
    if (!whole || end) {
        connection->state = CONNECTION_DONE;
    }
}

void connection_read(struct connection *connection) {
    if (connection->state == CONNECTION_PARTING) {
        read_the_rest(connection);
        return;
    }
    if (connection->state == CONNECTION_WEBSOCKET) {
        if (!websocket_read(connection->websocket)) {
            struct session *session = connection->session;
            part(connection); // the answer to the close frame, or the code of the error, is on its way
            if (session != NULL) {
                session_lost(session, connection);
            }
        }
        return;
    }
    uint8_t *room = buffer_room(&connection->in, READ_AT_ONCE);
    size_t count = 0;
    bool end = false;
    if (room == NULL || !net_receive(connection->descriptor, room, READ_AT_ONCE, &count, &end) || end) {
        connection_drop(connection);
        return;
    }
    recorded_bytes(&connection->recorded, false, room, count);
    connection->in.length += count;
    if (connection->in.length == 0) {
        buffer_clear(&connection->in);
    }
    take_requests(connection);
}

bool connection_wants_read(const struct connection *connection) {
    switch (connection->state) {
    case CONNECTION_READING:
        return connection->out.length < OUT_HIGH;
    case CONNECTION_HOLDING: // to see it close, and a little for requests sent ahead
    case CONNECTION_POSTING:
        return connection->in.length < HTTP_HEAD_MAX;
    case CONNECTION_WEBSOCKET:
        return websocket_wants_read(connection->websocket);
    case CONNECTION_PARTING:
        return true;
    case CONNECTION_DONE:
        break;
    }
    return false;
}

// --- writing ---------------------------------------------------------------------------------------------------

bool connection_wants_write(const struct connection *connection) {
    return connection->state != CONNECTION_DONE &&
           (connection->out.length > 0 ||
            (connection->websocket != NULL && websocket_wants_write(connection->websocket)));
}

// What the session has to say over its WebSocket: one message at a time, so that what waits is counted in one place.
static void feed(struct connection *connection) {
    struct session *session = connection->session;
    struct engine_io_packet packet;
    while (session != NULL && !connection->upgrading && websocket_queued(connection->websocket) == 0 &&
           engine_io_session_first(&session->io, &packet)) {
        struct buffer text = {.bytes = NULL};
        bool good;
        if (packet.binary) {
            good = websocket_queue(connection->websocket, packet.data, packet.length, true);
        } else {
            uint8_t *room = buffer_room(&text, engine_io_encoded_length(&packet));
            good = room != NULL;
            if (good) {
                engine_io_encode(room, &packet);
                good = websocket_queue(connection->websocket, room, engine_io_encoded_length(&packet), false);
            }
            buffer_clear(&text);
        }
        if (!good) {
            connection_drop(connection);
            return;
        }
        engine_io_session_drop(&session->io);
        size_t count;
        if (connection->out.length > 0 || !websocket_write(connection->websocket, &count)) {
            return; // a broken connection is noticed by the next write or read
        }
        if (count > 0) {
            connection->write_by = relay_patience();
        }
    }
}

void connection_write(struct connection *connection) {
    size_t count = 0;
    bool good = true;
    if (connection->out.length > 0) {
        good = net_send(connection->descriptor, connection->out.bytes, connection->out.length, &count);
        recorded_bytes(&connection->recorded, true, connection->out.bytes, good ? count : 0);
        buffer_drop(&connection->out, count);
    }
    if (good && connection->out.length == 0 && connection->websocket != NULL) {
        size_t more = 0;
        if (websocket_wants_write(connection->websocket)) {
            good = websocket_write(connection->websocket, &more);
            count += more;
        }
        if (good) {
            feed(connection);
        }
    }
    if (!good) {
        connection_drop(connection);
        return;
    }
    if (!connection_wants_write(connection)) {
        connection->write_by = CLOCK_NEVER;
        if (connection->state == CONNECTION_PARTING) {
            (void)shutdown(connection->descriptor, SHUT_WR);
        }
    } else if (count > 0 || connection->write_by == CLOCK_NEVER) {
        connection->write_by = relay_patience();
    }
    take_requests(connection); // one may have waited until the answers before it were out
}

// --- time ------------------------------------------------------------------------------------------------------

void connection_pause(struct connection *connection) {
    if (connection->websocket != NULL) {
        websocket_pause(connection->websocket, (connection->session != NULL && connection->session->paused) ||
                                                   websocket_queued(connection->websocket) > CONTROLS_MAX);
    }
}

void connection_tick(struct connection *connection) {
    if (connection->state == CONNECTION_PARTING && clock_passed(connection->part_by)) {
        connection->state = CONNECTION_DONE;
        return;
    }
    if (connection->state == CONNECTION_READING && clock_passed(connection->read_by)) {
        if (connection->request != NULL) {
            connection_respond_last(connection, 408, "the request took too long\n");
        } else {
            connection_drop(connection);
        }
        return;
    }
    // The clock starts when something waits, not when it is first tried: a full socket may never become writable.
    if (connection->write_by == CLOCK_NEVER && connection_wants_write(connection)) {
        connection->write_by = relay_patience();
    }
    if (connection->state != CONNECTION_PARTING && clock_passed(connection->write_by)) {
        if (connection->session != NULL) {
            session_end(connection->session, ENGINE_IO_SLOW);
        }
        connection_drop(connection);
        return;
    }
    if (connection->state == CONNECTION_WEBSOCKET) {
        connection_pause(connection);
        if (websocket_has_early(connection->websocket) && connection->out.length == 0) {
            connection_read(connection);
        }
    }
    if (connection->state == CONNECTION_POSTING) {
        transport_go_on_posting(connection);
        take_requests(connection);
    }
}

int64_t connection_deadline(const struct connection *connection) {
    if ((connection->state == CONNECTION_POSTING && !connection->session->paused) ||
        (connection->state == CONNECTION_WEBSOCKET && connection->out.length == 0 &&
         websocket_has_early(connection->websocket))) {
        return 0; // there is something to do at once
    }
    return clock_earlier(connection->state == CONNECTION_READING ? connection->read_by : CLOCK_NEVER,
                         clock_earlier(connection->write_by, connection->state == CONNECTION_PARTING
                                                                 ? connection->part_by
                                                                 : CLOCK_NEVER));
}
