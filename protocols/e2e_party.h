// A client of e2e-relay down to the bytes of its TCP connection, as a party (protocols/party.h): HTTP, WebSocket, Engine.IO and
// Socket.IO below, protocols/e2e_client.h above. For our relay, and for any Socket.IO 4 server that relays as README 003 says.
#ifndef PROTOCOLS_E2E_PARTY_H
#define PROTOCOLS_E2E_PARTY_H

#include "protocols/e2e_client.h"
#include "protocols/http_response.h"
#include "protocols/socket_io_client.h"
#include "protocols/websocket_frame.h"
#include "protocols/websocket_handshake.h"

enum { E2E_REFUSAL_BODY_MAX = 1024 }; // of an HTTP answer that is not the one hoped for

struct e2e_party_options {
    const struct e2e_keys *keys;  // must stay where they are
    const char *host;             // for the Host field: "localhost:5000"
    bool stay;                    // see struct e2e_client_options
    struct explain_sink *explain; // NULL: nobody watches
    const char *name;             // in explanations; NULL: "client"
};

enum e2e_party_state {
    E2E_AWAIT_SWITCH, // the answer to the upgrade request
    E2E_AWAIT_OPEN,   // Engine.IO
    E2E_AWAIT_CONNECTED,
    E2E_IN_RELAY, // see client.state
    E2E_PARTY_OVER,
};

// Caller-allocated (about 1 MiB), not copied once started. The members are for reading.
struct e2e_party {
    enum e2e_party_state state;
    struct e2e_client client;
    struct e2e_party_packets { // what the client sends
        struct e2e_output_packets output;
        struct e2e_party *party;
    } packets;
    struct e2e_party_messages { // what Socket.IO sends of itself
        struct socket_io_client_output output;
        struct e2e_party *party;
    } messages;
    struct socket_io_client socket_io;
    char key[WEBSOCKET_KEY_LENGTH + 1];
    struct http_response response;
    char http[HTTP_HEAD_MAX + E2E_REFUSAL_BODY_MAX];
    size_t http_length;
    struct websocket_reader reader;
    struct websocket_writer writer;
};

void e2e_party_init(struct e2e_party *party);
void e2e_party_clear(struct e2e_party *party); // wipes

// Starts it on a fresh connection: the upgrade request is to be sent then. Once per init.
MUST_CHECK enum e2e_reason e2e_party_start(struct e2e_party *party, const struct e2e_party_options *options);

// Events: PARTY_NOTICE when joined, when a partner is there, when it has left (stay); PARTY_ESTABLISHED at every new key. A
// line `exit` leaves.
extern const struct party_type e2e_client_party;

#endif
