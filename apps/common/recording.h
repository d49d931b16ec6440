// Recordings: what crossed a connection, both directions, as a pcap file that tshark and `cutaway explain` open.
#ifndef APPS_COMMON_RECORDING_H
#define APPS_COMMON_RECORDING_H

#include "bignum/secure.h"

#include <stdint.h>

// An open file. Every packet is written at once, so a program that crashes leaves all that had crossed until then.
struct recording {
    int descriptor;
    bool broken; // writing has failed; that has been said once
    bool
        steady; // times count a millisecond a packet from zero, so that a seeded demo makes the same file every time
    uint32_t count; // of packets
};

// False after a complaint. The file appears, with its header, at once.
MUST_CHECK bool recording_open(struct recording *recording, const char *path);
// False when something could not be written (said before).
bool recording_close(struct recording *recording);

// One connection in it. {0} is one that is not recorded: nothing then happens below.
struct recorded_end {
    uint8_t address[16];
    uint16_t port;
    uint32_t sequence; // of the next byte this end sends
};
struct recorded {
    struct recording *recording;
    bool ipv6, closed;
    struct recorded_end here, there;
};

// Begins with the opening handshake of TCP. `called`: this end connected, else it accepted.
void recorded_start(struct recorded *recorded, struct recording *recording, int connection, bool called);
// The same with ports of one's own choice on 127.0.0.1, for demos, whose real ports mean nothing.
void recorded_start_between(struct recorded *recorded, struct recording *recording, uint16_t here,
                            uint16_t there, bool called);
// Bytes that went out (or came in).
void recorded_bytes(struct recorded *recorded, bool sent, const uint8_t *bytes, size_t length);
// The connection ends; `here_first`: from this side. Once.
void recorded_stop(struct recorded *recorded, bool here_first);

#endif
