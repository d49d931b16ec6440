// Captures: reads pcap files and puts the TCP streams in them together again.
#ifndef APPS_COMMON_CAPTURE_H
#define APPS_COMMON_CAPTURE_H

#include "apps/common/hex.h"

#include <stdint.h>

enum { CAPTURE_SIZE_MAX = 256 * 1024 * 1024, CAPTURE_ADDRESS_SIZE = 64 };

// Bytes of one direction, in the order in which a listener could read them.
struct capture_piece {
    size_t connection; // index
    bool from_client;
    uint8_t *bytes;
    size_t length;
};

struct capture_connection {
    char client[CAPTURE_ADDRESS_SIZE], server[CAPTURE_ADDRESS_SIZE]; // "127.0.0.1:50001"
    uint16_t client_port, server_port;
    bool incomplete; // bytes are missing: the capture has gaps
};

struct capture {
    struct capture_connection *connections;
    size_t connection_count;
    struct capture_piece *pieces; // of all connections, in the order of the file
    size_t piece_count;
    size_t skipped; // packets that are no TCP, or cut
};

// Reads a whole file (at most CAPTURE_SIZE_MAX bytes). False after a complaint.
MUST_CHECK bool capture_read(struct capture *capture, const char *path);
// The same from memory; false with a line for people in `why`.
MUST_CHECK bool capture_parse(struct capture *capture, const uint8_t *bytes, size_t length,
                              char why[static 160]);
void capture_clear(struct capture *capture);

#endif
