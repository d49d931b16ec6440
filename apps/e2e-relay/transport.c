// Engine.IO over HTTP: which session a request is for, and what it wants there. The protocol's errors are status 400 with a
// code and a message in JSON, which stock clients show to their users.

#include "apps/e2e-relay/relay.h"

#include "apps/common/clock.h"

#include "protocols/http_response.h"
#include "protocols/websocket_handshake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char json[] = "application/json";
static const char text[] = "text/plain; charset=UTF-8";
static const char no_store[] = "Cache-Control: no-store\r\n";

static const char *bytes_of(const struct connection *connection) {
    return (const char *)connection->in.bytes;
}

static void refuse(struct connection *connection, enum engine_io_error error, const char *why) {
    const char *body = engine_io_error_json(error);
    narrate_refusal(connection, 400, why);
    connection_respond(connection, 400, json, body, strlen(body), no_store);
}

// --- polling ---------------------------------------------------------------------------------------------------

// Answers a held poll, if there is something to say.
static void answer_poll(struct connection *connection) {
    struct session *session = connection->session;
    size_t length = engine_io_session_payload_length(&session->io);
    if (length == 0) {
        return;
    }
    uint8_t *payload = malloc(length);
    if (payload == NULL) {
        connection_drop(connection);
        return;
    }
    engine_io_session_write_payload(&session->io, payload);
    session->poll = NULL;
    connection_respond(connection, 200, text, payload, length, no_store);
    free(payload);
}

static void poll_for(struct connection *connection, struct session *session) {
    if (session->poll != NULL) {
        parse_error_set(&session->why, 0, "Engine.IO", "a second poll, and the first is not answered yet");
        session_end(session, ENGINE_IO_MALFORMED);
        refuse(connection, ENGINE_IO_BAD_REQUEST, "two polls at a time");
        return;
    }
    connection->state = CONNECTION_HOLDING;
    connection->session = session;
    session->poll = connection;
    answer_poll(connection);
}

void transport_go_on_posting(struct connection *connection) {
    struct session *session = connection->session;
    size_t head = connection->request->head.length;
    uint8_t *payload = connection->in.bytes + head;
    size_t length = (size_t)connection->request->head.body_length;
    struct engine_io_packet packet;
    struct parse_error where = {.reason = ""};
    while (session->io.end == ENGINE_IO_GOING_ON && !session->paused &&
           engine_io_next(&packet, payload, length, &connection->payload_at, &where)) {
        session_take(session, &packet);
    }
    if (connection->payload_at > length) {
        session->why = where;
        session_end(session, ENGINE_IO_MALFORMED);
    } else if (session->io.end == ENGINE_IO_GOING_ON && session->paused) {
        return;
    }
    session->post = NULL;
    if (session->io.end == ENGINE_IO_MALFORMED || session->io.end == ENGINE_IO_ABOVE) {
        refuse(connection, ENGINE_IO_BAD_REQUEST, session->why.reason);
    } else {
        connection_respond(connection, 200, "text/html", "ok", 2, no_store);
    }
}

static void post_to(struct connection *connection, struct session *session) {
    if (session->post != NULL) {
        parse_error_set(&session->why, 0, "Engine.IO", "a second POST, and the first is not answered yet");
        session_end(session, ENGINE_IO_MALFORMED);
        refuse(connection, ENGINE_IO_BAD_REQUEST, "two POSTs at a time");
        return;
    }
    if (http_field_has(&connection->request->head, bytes_of(connection), "content-type",
                       "application/octet-stream")) { // version 3's binary payloads
        refuse(connection, ENGINE_IO_BAD_REQUEST, "a payload is text in version 4");
        return;
    }
    connection->state = CONNECTION_POSTING;
    connection->session = session;
    connection->payload_at = 0;
    session->post = connection;
    transport_go_on_posting(connection);
}

// --- WebSocket -------------------------------------------------------------------------------------------------

static void switch_to(struct connection *connection, struct session *session) {
    char answer[WEBSOCKET_HANDSHAKE_MAX];
    size_t length;
    enum websocket_refusal refusal =
        websocket_answer(answer, &length, connection->request, bytes_of(connection));
    if (refusal == WEBSOCKET_BAD_VERSION) {
        narrate_refusal(connection, 426,
                        websocket_refusal_text(refusal)); // RFC 6455, 4.4: it is told which one is
        const char *body = websocket_refusal_text(refusal);
        connection_respond(connection, 426, text, body, strlen(body), "Sec-WebSocket-Version: 13\r\n");
        return;
    }
    if (refusal != WEBSOCKET_OK) {
        refuse(connection, ENGINE_IO_BAD_REQUEST, websocket_refusal_text(refusal));
        return;
    }
    bool upgrading = session != NULL;
    if (!upgrading) {
        session = session_new(ENGINE_IO_WEBSOCKET);
    }
    if (session == NULL) {
        connection_respond_last(connection, 503, "no memory for a session\n");
        return;
    }
    connection->upgrading = upgrading;
    connection->session = session;
    if (upgrading) {
        session->probe = connection;
    } else {
        session->socket = connection;
    }
    connection_switch(connection, answer, length);
    if (upgrading) {
        connection->read_by = CLOCK_NEVER;
    }
}

// --- routing ---------------------------------------------------------------------------------------------------

static void preflight(struct connection *connection) {
    connection_respond(connection, 204, text, "", 0,
                       "Access-Control-Allow-Methods: GET, POST, OPTIONS\r\n"
                       "Access-Control-Allow-Headers: Content-Type\r\nAccess-Control-Max-Age: 600\r\n");
}

static void request_with_sid(struct connection *connection, const char *sid, bool websocket, bool upgrade) {
    struct session *session = session_find(sid);
    if (session == NULL) {
        refuse(connection, ENGINE_IO_UNKNOWN_SID, "no session of this sid");
        return;
    }
    bool polling = session->io.transport == ENGINE_IO_POLLING;
    if (websocket && (!upgrade || !polling || session->probe != NULL)) {
        refuse(connection, ENGINE_IO_BAD_REQUEST,
               !upgrade ? "transport=websocket without an upgrade" : "the session has its WebSocket");
    } else if (websocket) {
        switch_to(connection, session);
    } else if (!polling || upgrade) {
        refuse(connection, ENGINE_IO_BAD_REQUEST, "the session has moved to its WebSocket");
    } else if (connection->request->method == HTTP_GET) {
        poll_for(connection, session);
    } else if (connection->request->method == HTTP_POST) {
        post_to(connection, session);
    } else {
        connection_respond(connection, 405, text, "", 0, "Allow: GET, POST, OPTIONS\r\n");
    }
}

static void new_session(struct connection *connection, bool websocket, bool upgrade) {
    if (connection->request->method != HTTP_GET) {
        refuse(connection, ENGINE_IO_BAD_HANDSHAKE_METHOD, "a session begins with GET");
    } else if (websocket != upgrade) {
        refuse(connection, ENGINE_IO_BAD_REQUEST,
               websocket ? "transport=websocket without an upgrade"
                         : "an upgrade without transport=websocket");
    } else if (websocket) {
        switch_to(connection, NULL);
    } else {
        struct session *session = session_new(ENGINE_IO_POLLING);
        if (session == NULL) {
            connection_respond_last(connection, 503, "no memory for a session\n");
            return;
        }
        poll_for(connection, session);
    }
}

void transport_request(struct connection *connection) {
    static const char hello[] =
        "This is e2e-relay. Socket.IO clients are served at /socket.io/; there is nothing else here.\n";
    const struct http_request *request = connection->request;
    const char *bytes = bytes_of(connection);
    char transport[16], version[4], sid[ENGINE_IO_SID_LENGTH + 1];
    if (!http_part_is(bytes, request->path, "/socket.io/")) {
        connection_respond(connection, 404, text, hello, sizeof hello - 1, "");
        return;
    }
    if (request->method == HTTP_OPTIONS) {
        preflight(connection);
        return;
    }
    bool known = http_query(request, bytes, "transport", transport, sizeof transport);
    bool websocket = known && strcmp(transport, "websocket") == 0;
    if (!websocket && !(known && strcmp(transport, "polling") == 0)) {
        refuse(connection, ENGINE_IO_UNKNOWN_TRANSPORT, "transport is neither polling nor websocket");
        return;
    }
    bool upgrade = websocket_is_asked(request, bytes);
    bool has_sid = http_query(request, bytes, "sid", sid, sizeof sid);
    if (!http_query(request, bytes, "EIO", version, sizeof version) || strcmp(version, "4") != 0) {
        refuse(connection, ENGINE_IO_WRONG_VERSION, "EIO is not 4: the client is too old or too new");
    } else if (has_sid) {
        request_with_sid(connection, sid, websocket, upgrade);
    } else if (memmem(bytes + request->query.offset, request->query.length, "sid=", 4) != NULL) {
        refuse(connection, ENGINE_IO_UNKNOWN_SID, "a sid that no session has");
    } else {
        new_session(connection, websocket, upgrade);
    }
}
