// Captures. A pcap file is a header and then packets, each with its own small header (apps/common/recording.c draws it).
// What one wants are the bytes that the programs wrote and read, so layer after layer is taken off:
//
//   link  (none, Ethernet, Linux "cooked", BSD loopback)  ->  IPv4 or IPv6  ->  TCP  ->  bytes at a sequence number
//
// A segment whose first byte is the next one expected is passed on; one from the past is a repetition, and what is new in
// it is passed on; one from the future waits until the gap is closed. What was never captured stays missing: the stream
// ends there.
//
// Pitfalls
// - Every length in the file is a claim. Nothing is read outside what is there: struct span below is always cut down.
// - Sequence numbers wrap at 2^32: they are compared by their difference.

#include "apps/common/capture.h"

#include "apps/common/files.h"
#include "apps/common/message.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 24, PACKET_HEADER = 16, WAITING_MAX = 4096 };
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW = 101,
    LINK_COOKED = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_COOKED_2 = 276, // what tcpdump -i any writes today
};

struct span {
    const uint8_t *bytes;
    size_t length;
};

struct segment {
    uint32_t sequence;
    struct span data;
};

// One direction of a connection.
struct direction {
    bool started;
    uint32_t next;           // the sequence number of the next byte
    struct segment *waiting; // from the future
    size_t waiting_count;
};

struct stream_key {
    uint8_t address[2][16]; // client, server
    uint16_t port[2];
    size_t size; // of an address
};

struct reader {
    struct capture *capture;
    struct {
        struct stream_key key;
        bool closed[2];
        struct direction directions[2]; // from the client, from the server
    } * streams;                        // as many as capture->connections
    bool no_memory;
};

static unsigned get16(const uint8_t *bytes) {
    return (unsigned)bytes[0] << 8 | bytes[1];
}
static uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

// Takes `count` bytes off the front. False when there are not so many.
static bool skip(struct span *span, size_t count) {
    if (span->length < count) {
        return false;
    }
    span->bytes += count;
    span->length -= count;
    return true;
}

// --- streams ---------------------------------------------------------------------------------------------------

static void emit(struct reader *reader, size_t connection, bool from_client, struct span data) {
    struct capture *capture = reader->capture;
    // Powers of two are full: the next one needs twice the room.
    if ((capture->piece_count & (capture->piece_count + 1)) == 0) {
        size_t room = 2 * (capture->piece_count + 1);
        struct capture_piece *pieces = realloc(capture->pieces, room * sizeof *pieces);
        if (pieces == NULL) {
            reader->no_memory = true;
            return;
        }
        capture->pieces = pieces;
    }
    uint8_t *copy = malloc(data.length);
    if (copy == NULL) {
        reader->no_memory = true;
        return;
    }
    memcpy(copy, data.bytes, data.length);
    capture->pieces[capture->piece_count++] = (struct capture_piece){
        .connection = connection, .from_client = from_client, .bytes = copy, .length = data.length};
}

// Passes a segment on if it is the next one, or overlaps it. False when it is from the future.
static bool pass_on(struct reader *reader, size_t connection, bool from_client, struct segment segment) {
    struct direction *direction = &reader->streams[connection].directions[from_client ? 0 : 1];
    int32_t ahead = (int32_t)(segment.sequence - direction->next);
    if (ahead > 0) {
        return false;
    }
    size_t known = (size_t) - (int64_t)ahead;
    if (known < segment.data.length) {
        (void)skip(&segment.data, known);
        emit(reader, connection, from_client, segment.data);
        direction->next += (uint32_t)segment.data.length;
    }
    return true;
}

static void take_data(struct reader *reader, size_t connection, bool from_client, struct segment segment) {
    struct direction *direction = &reader->streams[connection].directions[from_client ? 0 : 1];
    if (segment.data.length == 0) {
        return;
    }
    if (!pass_on(reader, connection, from_client, segment)) {
        if (direction->waiting == NULL) {
            direction->waiting = malloc(WAITING_MAX * sizeof *direction->waiting);
        }
        if (direction->waiting == NULL || direction->waiting_count == WAITING_MAX) {
            reader->no_memory = true;
        } else {
            direction->waiting[direction->waiting_count++] = segment;
        }
        return;
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < direction->waiting_count && !moved; i++) {
            if (pass_on(reader, connection, from_client, direction->waiting[i])) {
                direction->waiting[i] = direction->waiting[--direction->waiting_count];
                moved = true;
            }
        }
    }
}

// --- connections -----------------------------------------------------------------------------------------------

static void describe(char out[static CAPTURE_ADDRESS_SIZE], const struct stream_key *key, size_t end) {
    char address[INET6_ADDRSTRLEN] = "?";
    (void)inet_ntop(key->size == 4 ? AF_INET : AF_INET6, key->address[end], address, sizeof address);
    (void)snprintf(out, CAPTURE_ADDRESS_SIZE, key->size == 4 ? "%s:%u" : "[%s]:%u", address, key->port[end]);
}

static bool add_connection(struct reader *reader, const struct stream_key *key) {
    struct capture *capture = reader->capture;
    size_t i = capture->connection_count;
    struct capture_connection *connections = realloc(capture->connections, (i + 1) * sizeof *connections);
    if (connections != NULL) {
        capture->connections = connections;
    }
    void *streams = realloc(reader->streams, (i + 1) * sizeof *reader->streams);
    if (streams != NULL) {
        reader->streams = streams;
    }
    if (connections == NULL || streams == NULL) {
        reader->no_memory = true;
        return false;
    }
    memset(reader->streams + i, 0, sizeof *reader->streams);
    reader->streams[i].key = *key;
    connections[i] = (struct capture_connection){.client_port = key->port[0], .server_port = key->port[1]};
    describe(connections[i].client, key, 0);
    describe(connections[i].server, key, 1);
    capture->connection_count++;
    return true;
}

static bool same_end(const struct stream_key *a, size_t i, const struct stream_key *b, size_t j) {
    return a->size == b->size && a->port[i] == b->port[j] &&
           memcmp(a->address[i], b->address[j], a->size) == 0;
}

// The latest connection between these two ends; *from_client: the key's first end is the client.
static bool find_connection(const struct reader *reader, const struct stream_key *key, size_t *connection,
                            bool *from_client) {
    for (size_t i = reader->capture->connection_count; i-- > 0;) {
        const struct stream_key *known = &reader->streams[i].key;
        if (same_end(known, 0, key, 0) && same_end(known, 1, key, 1)) {
            *connection = i;
            *from_client = true;
            return true;
        }
        if (same_end(known, 0, key, 1) && same_end(known, 1, key, 0)) {
            *connection = i;
            *from_client = false;
            return true;
        }
    }
    return false;
}

// --- layers ----------------------------------------------------------------------------------------------------

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

// `key`: from, to.
static bool take_tcp(struct reader *reader, struct stream_key *key, struct span tcp) {
    if (tcp.length < 20) {
        return false;
    }
    key->port[0] = (uint16_t)get16(tcp.bytes);
    key->port[1] = (uint16_t)get16(tcp.bytes + 2);
    uint32_t sequence = get32(tcp.bytes + 4);
    unsigned flags = tcp.bytes[13];
    if (!skip(&tcp, (size_t)(tcp.bytes[12] >> 4) * 4)) {
        return false;
    }
    size_t i;
    bool from_client;
    bool known = find_connection(reader, key, &i, &from_client);
    bool opening = (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    // The same ports again after an end are another connection.
    if (!known || (opening && reader->streams[i].closed[0] && reader->streams[i].closed[1])) {
        // Without its opening, who called is a guess: whoever speaks first.
        struct stream_key turned = *key;
        from_client = (flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK);
        if (!from_client) {
            memcpy(turned.address[0], key->address[1], sizeof turned.address[0]);
            memcpy(turned.address[1], key->address[0], sizeof turned.address[1]);
            turned.port[0] = key->port[1];
            turned.port[1] = key->port[0];
        }
        if (!add_connection(reader, &turned)) {
            return true;
        }
        i = reader->capture->connection_count - 1;
    }
    struct direction *direction = &reader->streams[i].directions[from_client ? 0 : 1];
    if ((flags & TCP_SYN) != 0) {
        sequence++;
    }
    if (!direction->started) {
        direction->started = true;
        direction->next = sequence;
    }
    if ((flags & TCP_RST) != 0) {
        reader->streams[i].closed[0] = reader->streams[i].closed[1] = true;
    } else if ((flags & TCP_FIN) != 0) {
        reader->streams[i].closed[from_client ? 0 : 1] = true;
    }
    take_data(reader, i, from_client, (struct segment){.sequence = sequence, .data = tcp});
    return true;
}

static bool take_ip(struct reader *reader, struct span ip) {
    struct stream_key key = {0};
    if (ip.length < 20) {
        return false;
    }
    unsigned version = ip.bytes[0] >> 4;
    size_t header = version == 4 ? (size_t)(ip.bytes[0] & 15) * 4 : 40;
    if (ip.length < header || (version != 4 && version != 6) || header < 20) {
        return false;
    }
    size_t total = version == 4 ? get16(ip.bytes + 2) : 40 + (size_t)get16(ip.bytes + 4);
    if (total >= header && total < ip.length) {
        ip.length = total; // what follows is padding of the link
    }
    if (version == 4) {
        bool fragment = (get16(ip.bytes + 6) & 0x3fff) != 0;
        if (ip.bytes[9] != 6 || fragment) {
            return false;
        }
        key.size = 4;
        memcpy(key.address[0], ip.bytes + 12, 4);
        memcpy(key.address[1], ip.bytes + 16, 4);
    } else {
        if (ip.bytes[6] != 6) {
            return false;
        }
        key.size = 16;
        memcpy(key.address[0], ip.bytes + 8, 16);
        memcpy(key.address[1], ip.bytes + 24, 16);
    }
    return skip(&ip, header) && take_tcp(reader, &key, ip);
}

// Takes the link's header off. False for a type of link that is not known.
static bool take_link(uint32_t link, struct span *packet) {
    switch (link) {
    case LINK_NULL:
        return skip(packet, 4);
    case LINK_ETHERNET:
        if (!skip(packet, 12)) {
            return false;
        }
        while (packet->length >= 4 && get16(packet->bytes) == 0x8100) {
            (void)skip(packet, 4); // a VLAN tag
        }
        return skip(packet, 2);
    case LINK_RAW:
    case LINK_IPV4:
    case LINK_IPV6:
        return true;
    case LINK_COOKED:
        return skip(packet, 16);
    case LINK_COOKED_2:
        return skip(packet, 20);
    default:
        return false;
    }
}

// --- the file --------------------------------------------------------------------------------------------------

static uint32_t in_order(const uint8_t *bytes, bool little) {
    return little ? (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0]
                  : get32(bytes);
}

static bool refuse(char why[static 160], const char *text) {
    (void)snprintf(why, 160, "%s", text);
    return false;
}

static bool check_header(const uint8_t *bytes, size_t length, bool *little, uint32_t *link,
                         char why[static 160]) {
    if (length < FILE_HEADER) {
        return refuse(why, "not a pcap file: it is shorter than the header of one");
    }
    uint32_t magic = get32(bytes);
    if (magic == 0x0a0d0d0a) {
        return refuse(why, "a pcapng file; `tshark -r FILE -F pcap -w OUT` makes a pcap of it");
    }
    *little = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
    if (!*little && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) {
        return refuse(why, "not a pcap file: it does not begin with a1 b2 c3 d4, in either order");
    }
    *link = in_order(bytes + 20, *little) & 0x0fffffff;
    struct span nothing = {NULL, 0};
    static const uint8_t some[64];
    nothing.bytes = some;
    nothing.length = sizeof some;
    if (!take_link(*link, &nothing)) {
        (void)snprintf(why, 160,
                       "a capture of link type %u, which is not known here (raw IP, Ethernet, Linux "
                       "cooked and BSD loopback are)",
                       *link);
        return false;
    }
    return true;
}

bool capture_parse(struct capture *capture, const uint8_t *bytes, size_t length, char why[static 160]) {
    *capture = (struct capture){0};
    bool little;
    uint32_t link;
    if (!check_header(bytes, length, &little, &link, why)) {
        return false;
    }
    struct reader reader = {.capture = capture, .streams = calloc(1, sizeof *reader.streams)};
    if (reader.streams == NULL) {
        return refuse(why, "no memory");
    }
    struct span file = {bytes + FILE_HEADER, length - FILE_HEADER};
    // A file that ends inside a packet is that of a program that was stopped: what is whole counts.
    while (file.length >= PACKET_HEADER) {
        size_t captured = in_order(file.bytes + 8, little);
        (void)skip(&file, PACKET_HEADER);
        if (captured > file.length) {
            break;
        }
        struct span packet = {file.bytes, captured};
        (void)skip(&file, captured);
        capture->skipped += !(take_link(link, &packet) && take_ip(&reader, packet));
    }
    for (size_t i = 0; i < capture->connection_count; i++) {
        for (size_t j = 0; j < 2; j++) {
            struct direction *direction = &reader.streams[i].directions[j];
            capture->connections[i].incomplete =
                capture->connections[i].incomplete || direction->waiting_count > 0;
            free(direction->waiting);
        }
    }
    free(reader.streams);
    if (reader.no_memory) {
        capture_clear(capture);
        return refuse(why, "too much for the memory, or too many packets out of order");
    }
    return true;
}

bool capture_read(struct capture *capture, const char *path) {
    struct bytes file = {0};
    char why[160];
    *capture = (struct capture){0};
    if (!input_read_all(&file, path, CAPTURE_SIZE_MAX)) {
        return false;
    }
    bool ok = capture_parse(capture, file.data, file.length, why);
    if (!ok) {
        complain("%s: %s", path, why);
    }
    bytes_clear(&file);
    return ok;
}

void capture_clear(struct capture *capture) {
    for (size_t i = 0; i < capture->piece_count; i++) {
        free(capture->pieces[i].bytes);
    }
    free(capture->pieces);
    free(capture->connections);
    *capture = (struct capture){0};
}
