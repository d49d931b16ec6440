// The relay's end of one connection as a party: for the demo, and for tests in memory. WebSocket only. The relay that serves
// stock clients, thousands of them, over polling and WebSocket, is apps/e2e-relay/server.c; what is passed on and to whom is
// the same protocols/e2e_relay.c in both.
#ifndef PROTOCOLS_E2E_RELAY_PARTY_H
#define PROTOCOLS_E2E_RELAY_PARTY_H

#include "protocols/e2e_relay.h"
#include "protocols/explain.h"
#include "protocols/http_request.h"
#include "protocols/party.h"
#include "protocols/websocket_frame.h"
#include "protocols/websocket_handshake.h"

struct e2e_relay_end;

// What all connections of one relay share. Not copied once started.
struct e2e_relay_hub {
    struct e2e_output output; // first
    struct e2e_relay relay;
};
void e2e_relay_hub_start(struct e2e_relay_hub *hub);

// One connection. Caller-allocated (about 600 KiB), not copied once started. The members are for reading.
struct e2e_relay_end {
    struct e2e_member member; // first
    struct e2e_relay_hub *hub;
    struct explain_sink *explain;
    const char *name; // of the client, in explanations
    unsigned number;  // of messages so far, both directions
    bool switched, over;
    char failure[320];
    struct http_request request;
    char http[HTTP_HEAD_MAX];
    size_t http_length;
    struct engine_io_session session;
    struct websocket_reader reader;
    struct websocket_writer writer;
};
// False when there is no memory or no random bytes.
MUST_CHECK bool e2e_relay_end_start(struct e2e_relay_end *end, struct e2e_relay_hub *hub, const char *name,
                                    struct explain_sink *explain);
void e2e_relay_end_clear(struct e2e_relay_end *end);

// Says nothing of itself; PARTY_NOTHING, PARTY_ENDED and PARTY_FAILED are its events.
extern const struct party_type e2e_relay_party;

#endif
