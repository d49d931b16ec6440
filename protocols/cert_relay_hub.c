// cert-relay's hub: what the three connections of a server share. Before: protocols/cert_relay_server.c, which has the drawing.
//
//   keys[0..2]      the public keys from client1_cert.pem to client3_cert.pem
//   clients[0..2]   the connections that have authenticated; NULL: nobody of that name is there
//
// The hub passes key parts and messages to everyone but the sender, as they are. Nothing in here can decrypt anything: the
// server holds no private key at all.
//
// Pitfalls
// - One that does not read makes what is meant for it pile up. Its queue has a limit; then it goes, not the others.
// - Passing on means that a leaving client changes the connections of others, in the middle of a message of a third. A
//   connection is taken out of the hub before anybody is told about it.

#include "protocols/cert_relay_parts.h"

#include <string.h>

static bool is_in_hub(const struct cert_relay_server *server) {
    return server->hub->clients[server->place] == server;
}

// Taken out, and the others told.
void cert_relay_hub_leave(struct cert_relay_server *server) {
    struct cert_relay_hub *hub = server->hub;
    if (!is_in_hub(server)) {
        return;
    }
    hub->clients[server->place] = NULL;
    const char *id = cert_relay_ids[server->place];
    const struct field_value values[] = {{0}, {.bytes = (const uint8_t *)id, .length = strlen(id)}};
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        if (hub->clients[i] != NULL &&
            !stream_send(&hub->clients[i]->stream, &cert_relay_client_left, values, NULL)) {
            cert_relay_server_fail(hub->clients[i], CERT_RELAY_SLOW);
        }
    }
}

size_t cert_relay_hub_count(const struct cert_relay_hub *hub) {
    size_t count = 0;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        count += hub->clients[i] != NULL;
    }
    return count;
}

// Everybody is there: all are told.
void cert_relay_hub_start_exchange(struct cert_relay_hub *hub) {
    hub->exchanges++;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        if (hub->clients[i] != NULL && !stream_send(&hub->clients[i]->stream, &cert_relay_start_key_exchange,
                                                    (const struct field_value[]){{0}}, NULL)) {
            cert_relay_server_fail(hub->clients[i], CERT_RELAY_SLOW);
        }
    }
}

// To everyone but the sender, as it is.
void cert_relay_hub_forward(struct cert_relay_server *server, const struct message *message) {
    struct field_value values[MESSAGE_FIELDS_MAX] = {{0}};
    for (size_t i = 0; i < message->type->count; i++) {
        values[i].bytes = message->bytes + message->fields[i].offset;
        values[i].length = message->fields[i].length;
    }
    stream_explain(&server->stream, message, NULL,
                   "its form only: the server cannot see more. It passes it on");
    struct narration narration = {0};
    tell_text(&narration, "passed on", "as it came, from", server->stream.there);
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        struct cert_relay_server *other = server->hub->clients[i];
        if (other != NULL && other != server &&
            !stream_send(&other->stream, message->type, values, &narration)) {
            cert_relay_server_fail(other, CERT_RELAY_SLOW);
        }
    }
}

bool cert_relay_server_may_receive(const struct cert_relay_server *server) {
    // Each of two others may have a message of full length under way, and what comes with it in one reading.
    enum { ENOUGH = FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX };
    bool room = true;
    size_t waiting;
    for (size_t i = 0; i < CERT_RELAY_CLIENTS && is_in_hub(server); i++) {
        if (server->hub->clients[i] != NULL) {
            (void)stream_output(&server->hub->clients[i]->stream, &waiting);
            room = room && waiting <= ENOUGH;
        }
    }
    return room;
}
