// The client's end of Socket.IO, protocol version 5, over a WebSocket of Engine.IO, version 4.
//
//     server                                              client
//     0{"sid":...,"pingInterval":25000,...}   ->                            Engine.IO is open
//                                             <-   40                      into the main namespace, please
//     40{"sid":...}                           ->                            let in
//     42["KEY_EXCHANGE"]                      ->
//                                             <-   42["ELGAMAL_PK","..."]
//     2                                       ->
//                                             <-   3                       the heartbeat
//                                             <-   41                      goodbye
//
// A client may begin with a WebSocket at once; stock clients begin with polling because some networks let nothing else
// through. A server that is gone shows by its silence: it pings every pingInterval, so nothing for pingInterval and
// pingTimeout means that it is not there.
//
// Tests: tests/test_socket_io_client.c. Read next: e2e_relay.c, which is the other end.

#include "protocols/socket_io_client.h"

#include <stdlib.h>
#include <string.h>

void socket_io_client_init(struct socket_io_client *client, struct socket_io_client_output *output,
                           int64_t now, int64_t patience) {
    *client = (struct socket_io_client){.output = output, .silent_by = now + patience};
}

void socket_io_client_clear(struct socket_io_client *client) {
    socket_io_collector_clear(&client->collector);
    client->state = SOCKET_IO_OVER;
}

static bool send_text(struct socket_io_client *client, const char *text) {
    return client->output->send(client->output, (const uint8_t *)text, strlen(text), false);
}

static enum socket_io_client_event over(struct socket_io_client *client, enum socket_io_client_event event) {
    client->state = SOCKET_IO_OVER;
    return event;
}

static enum socket_io_client_event malformed(struct socket_io_client *client, struct parse_error *where,
                                             const char *reason) {
    parse_error_set(where, 0, "the server's message", "%s", reason);
    return over(client, SOCKET_IO_CLIENT_MALFORMED);
}

// What Socket.IO says in a message packet.
static enum socket_io_client_event take_message(struct socket_io_client *client,
                                                const struct engine_io_packet *message,
                                                struct parse_error *where) {
    switch (socket_io_collect(&client->collector, message->data, message->length, message->binary,
                              SOCKET_IO_MESSAGE_MAX, where)) {
    case SOCKET_IO_INCOMPLETE:
        return SOCKET_IO_CLIENT_NOTHING;
    case SOCKET_IO_REFUSED:
        return over(client, SOCKET_IO_CLIENT_MALFORMED);
    case SOCKET_IO_COMPLETE:
        break;
    }
    const struct socket_io_packet *packet = &client->collector.packet;
    bool connected = client->state == SOCKET_IO_CONNECTED;
    if (packet->name_space.length != 1) {
        return SOCKET_IO_CLIENT_NOTHING; // it was not asked for, and concerns nobody
    }
    switch (packet->type) {
    case SOCKET_IO_CONNECT:
        if (connected) {
            return malformed(client, where, "connect, and it is connected");
        }
        client->state = SOCKET_IO_CONNECTED;
        return SOCKET_IO_CLIENT_CONNECTED;
    case SOCKET_IO_CONNECT_ERROR:
        return over(client, SOCKET_IO_CLIENT_REFUSED);
    case SOCKET_IO_DISCONNECT:
        return over(client, SOCKET_IO_CLIENT_ENDED);
    case SOCKET_IO_EVENT:
    case SOCKET_IO_BINARY_EVENT:
        return connected ? SOCKET_IO_CLIENT_EVENT
                         : malformed(client, where, "an event before it is connected");
    case SOCKET_IO_ACK:
    case SOCKET_IO_BINARY_ACK:
        return connected ? SOCKET_IO_CLIENT_ACK : malformed(client, where, "an acknowledgement of nothing");
    }
    return SOCKET_IO_CLIENT_NOTHING;
}

static enum socket_io_client_event
take_open(struct socket_io_client *client, const struct engine_io_packet *packet, struct parse_error *where) {
    if (packet->type != ENGINE_IO_OPEN) {
        return malformed(client, where, "the first packet must be open");
    }
    if (!engine_io_parse_open(&client->open, packet->data, packet->length, where)) {
        return over(client, SOCKET_IO_CLIENT_MALFORMED);
    }
    client->state = SOCKET_IO_AWAIT_CONNECT;
    return send_text(client, "40") ? SOCKET_IO_CLIENT_NOTHING
                                   : malformed(client, where, "nothing can be sent");
}

enum socket_io_client_event socket_io_client_receive(struct socket_io_client *client, const uint8_t *bytes,
                                                     size_t length, bool binary, int64_t now,
                                                     struct parse_error *where) {
    struct engine_io_packet packet;
    if (client->state == SOCKET_IO_OVER) {
        return SOCKET_IO_CLIENT_NOTHING;
    }
    if (!engine_io_parse(&packet, bytes, length, binary, where)) {
        return over(client, SOCKET_IO_CLIENT_MALFORMED);
    }
    enum socket_io_client_event event = SOCKET_IO_CLIENT_NOTHING;
    if (client->state == SOCKET_IO_AWAIT_OPEN) {
        event = take_open(client, &packet, where);
    } else {
        switch (packet.type) {
        case ENGINE_IO_MESSAGE:
            event = take_message(client, &packet, where);
            break;
        case ENGINE_IO_PING:
            event = send_text(client, "3") ? SOCKET_IO_CLIENT_NOTHING
                                           : malformed(client, where, "nothing can be sent");
            break;
        case ENGINE_IO_CLOSE:
            event = over(client, SOCKET_IO_CLIENT_ENDED);
            break;
        case ENGINE_IO_NOOP:
        case ENGINE_IO_PONG:
            break;
        case ENGINE_IO_OPEN:
        case ENGINE_IO_UPGRADE:
            event = malformed(client, where, "a packet that no server sends here");
            break;
        }
    }
    if (client->open.ping_interval > 0) {
        client->silent_by = now + (int64_t)(client->open.ping_interval + client->open.ping_timeout);
    }
    return event;
}

bool socket_io_client_emit(struct socket_io_client *client, const char *name, const char *arguments,
                           size_t length, unsigned long *id) {
    if (client->state != SOCKET_IO_CONNECTED) {
        return false;
    }
    struct socket_io_packet packet = {.type = SOCKET_IO_EVENT, .has_id = id != NULL};
    if (id != NULL) {
        *id = packet.id = client->next_id++;
    }
    size_t name_length = strlen(name);
    size_t size = 1 + SOCKET_IO_PREFIX_MAX + 3 + JSON_STRING_SIZE(name_length) + length;
    char *text = malloc(size);
    if (text == NULL) {
        return false;
    }
    size_t at = 0;
    text[at++] = '0' + ENGINE_IO_MESSAGE;
    at += socket_io_write_prefix(text + at, &packet);
    text[at++] = '[';
    at += json_text_write(text + at, size - at, name, name_length);
    if (length > 0) {
        text[at++] = ',';
        memcpy(text + at, arguments, length);
        at += length;
    }
    text[at++] = ']';
    bool sent = client->output->send(client->output, (const uint8_t *)text, at, false);
    secure_wipe(text, at);
    free(text);
    return sent;
}

void socket_io_client_leave(struct socket_io_client *client) {
    if (client->state == SOCKET_IO_CONNECTED) {
        (void)!send_text(client, "41");
    }
    client->state = SOCKET_IO_OVER;
}
