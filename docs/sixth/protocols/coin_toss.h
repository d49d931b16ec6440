// coin-toss: heads or tails over a wire, with a commitment (Blum, 1981) made of SHA-256. As a state machine.
#ifndef PROTOCOLS_COIN_TOSS_H
#define PROTOCOLS_COIN_TOSS_H

#include "protocols/party.h"
#include "protocols/stream.h"
#include "protocols/watch.h"

enum { COIN_TOSS_PORT = 8006, COIN_TOSS_NONCE_SIZE = 16, COIN_TOSS_COMMITMENT_SIZE = 32 };

enum coin_toss_state { COIN_TOSS_COMMITTED, COIN_TOSS_CALLING, COIN_TOSS_CALLED, COIN_TOSS_OVER };

struct coin_toss {
    struct stream stream; // first: see stream_party_output
    enum coin_toss_state state;
    bool tosses;  // the client tosses, the server calls
    bool heads;   // how the coin lies
    char call[8]; // what the server said
    uint8_t nonce[COIN_TOSS_NONCE_SIZE], commitment[COIN_TOSS_COMMITMENT_SIZE];
    char notice[80];
};

// Starts an end: the client tosses and commits. NULL, or why it cannot.
const char *coin_toss_start(struct coin_toss *toss, bool client, struct explain_sink *explain);

extern const struct party_type coin_toss_client_party, coin_toss_server_party;
extern const struct protocol coin_toss_protocol;

#endif
