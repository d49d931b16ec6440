// Recordings as pcap. What a program saw as a stream of bytes is put back into packets:
//
//   file     24 bytes header: a1b2c3d4, version 2.4, ..., link type 101 (raw IP)
//   packet   16 bytes: seconds, microseconds, length, length    then    IP header | TCP header | payload
//
//   here                there
//    SYN        ->                    the opening handshake, whoever called
//               <-      SYN ACK
//    ACK        ->
//    bytes, ACK ->      <- ACK        in pieces of at most SEGMENT_MAX bytes
//    FIN ACK    ->      <- FIN ACK
//    ACK        ->
//
// The packets were never on a wire like this: real ones may be cut otherwise, come twice, or be acknowledged later. The
// addresses, ports, bytes and their order are the real ones. Checksums are right (RFC 791, 3.1; RFC 9293, 3.1; the ones'
// complement sum of RFC 1071), so that no tool has to look away.
//
// Pitfalls
// - The fields of the file header are in the writer's byte order, which the magic number shows; ours is always the small
//   end first. The packets inside are in network order.
// - Sequence numbers count the SYN and the FIN as one byte each, and wrap at 2^32.

#include "apps/common/recording.h"

#include "apps/common/message.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    FILE_HEADER_SIZE = 24,
    PACKET_HEADER_SIZE = 16,
    IPV4_HEADER_SIZE = 20,
    IPV6_HEADER_SIZE = 40,
    TCP_HEADER_SIZE = 20,
    SEGMENT_MAX = 1400,
    LINK_TYPE_RAW_IP = 101,
    PROTOCOL_TCP = 6,
};
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_PUSH = 8, TCP_ACK = 16 };

static void put16(uint8_t *out, unsigned value) {
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}
static void put32(uint8_t *out, uint32_t value) {
    put16(out, value >> 16);
    put16(out + 2, value & 0xffff);
}
static void put32_little(uint8_t *out, uint32_t value) {
    for (size_t i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

// --- the file --------------------------------------------------------------------------------------------------

static void write_all(struct recording *recording, const uint8_t *bytes, size_t length) {
    while (length > 0 && !recording->broken) {
        ssize_t written = write(recording->descriptor, bytes, length);
        if (written < 0 && errno != EINTR) {
            complain("cannot write the recording: %s", strerror(errno));
            recording->broken = true;
        } else if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
}

bool recording_open(struct recording *recording, const char *path) {
    *recording = (struct recording){.descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (recording->descriptor < 0) {
        complain("cannot write %s: %s", path, strerror(errno));
        return false;
    }
    uint8_t header[FILE_HEADER_SIZE] = {0};
    put32_little(header, 0xa1b2c3d4);
    header[4] = 2; // version 2.4
    header[6] = 4;
    put32_little(header + 16, 65535); // no packet is longer
    put32_little(header + 20, LINK_TYPE_RAW_IP);
    write_all(recording, header, sizeof header);
    return !recording->broken;
}

bool recording_close(struct recording *recording) {
    if (recording->descriptor >= 0 && close(recording->descriptor) != 0 && !recording->broken) {
        complain("cannot write the recording: %s", strerror(errno));
        recording->broken = true;
    }
    recording->descriptor = -1;
    return !recording->broken;
}

// --- packets ---------------------------------------------------------------------------------------------------

// The ones' complement sum of 16-bit words, added to what was summed before.
static uint32_t sum(uint32_t before, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        before += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    }
    return before;
}
static uint16_t checksum(uint32_t total) {
    while (total > 0xffff) {
        total = (total & 0xffff) + (total >> 16);
    }
    return (uint16_t)~total;
}

static size_t put_ip_header(uint8_t *out, const struct recorded *recorded, const struct recorded_end *from,
                            const struct recorded_end *to, size_t payload) {
    if (recorded->ipv6) {
        out[0] = 0x60;
        put16(out + 4, (unsigned)payload);
        out[6] = PROTOCOL_TCP;
        out[7] = 64; // hops
        memcpy(out + 8, from->address, 16);
        memcpy(out + 24, to->address, 16);
        return IPV6_HEADER_SIZE;
    }
    out[0] = 0x45;
    put16(out + 2, (unsigned)(IPV4_HEADER_SIZE + payload));
    put16(out + 4, recorded->recording->count & 0xffff);
    out[6] = 0x40; // do not fragment
    out[8] = 64;   // hops
    out[9] = PROTOCOL_TCP;
    memcpy(out + 12, from->address, 4);
    memcpy(out + 16, to->address, 4);
    put16(out + 10, checksum(sum(0, out, IPV4_HEADER_SIZE)));
    return IPV4_HEADER_SIZE;
}

// Over the addresses, the protocol, the length, and everything of TCP (RFC 9293, 3.1; RFC 8200, 8.1).
static uint16_t tcp_checksum(const struct recorded *recorded, const struct recorded_end *from,
                             const struct recorded_end *to, const uint8_t *segment, size_t length) {
    size_t address = recorded->ipv6 ? 16 : 4;
    uint32_t total = sum(sum(0, from->address, address), to->address, address);
    return checksum(sum(total + PROTOCOL_TCP + (uint32_t)length, segment, length));
}

static void write_packet(struct recorded *recorded, bool sent, unsigned flags, const uint8_t *bytes,
                         size_t length) {
    struct recording *recording = recorded->recording;
    struct recorded_end *from = sent ? &recorded->here : &recorded->there;
    const struct recorded_end *to = sent ? &recorded->there : &recorded->here;
    uint8_t packet[PACKET_HEADER_SIZE + IPV6_HEADER_SIZE + TCP_HEADER_SIZE + SEGMENT_MAX] = {0};
    uint8_t *ip = packet + PACKET_HEADER_SIZE;
    size_t ip_size = put_ip_header(ip, recorded, from, to, TCP_HEADER_SIZE + length);

    uint8_t *tcp = ip + ip_size;
    put16(tcp, from->port);
    put16(tcp + 2, to->port);
    put32(tcp + 4, from->sequence);
    put32(tcp + 8, (flags & TCP_ACK) != 0 ? to->sequence : 0);
    tcp[12] = TCP_HEADER_SIZE / 4 << 4;
    tcp[13] = (uint8_t)flags;
    put16(tcp + 14, 65535); // the window
    if (length > 0) {
        memcpy(tcp + TCP_HEADER_SIZE, bytes, length);
    }
    put16(tcp + 16, tcp_checksum(recorded, from, to, tcp, TCP_HEADER_SIZE + length));
    from->sequence += (uint32_t)length + ((flags & (TCP_SYN | TCP_FIN)) != 0 ? 1 : 0);

    struct timespec now = {.tv_sec = recording->count / 1000, .tv_nsec = recording->count % 1000 * 1000000};
    if (!recording->steady) {
        (void)clock_gettime(CLOCK_REALTIME, &now);
    }
    size_t size = ip_size + TCP_HEADER_SIZE + length;
    put32_little(packet, (uint32_t)now.tv_sec);
    put32_little(packet + 4, (uint32_t)(now.tv_nsec / 1000));
    put32_little(packet + 8, (uint32_t)size);
    put32_little(packet + 12, (uint32_t)size);
    recording->count++;
    write_all(recording, packet, PACKET_HEADER_SIZE + size);
}

// --- connections -----------------------------------------------------------------------------------------------

// An address of the socket, as getsockname or getpeername gives it. True when it is an IPv6 one.
static bool set_end(struct recorded_end *end, const struct sockaddr_storage *address) {
    if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        memcpy(end->address, &in6.sin6_addr, 16);
        end->port = ntohs(in6.sin6_port);
        return true;
    }
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    memcpy(end->address, &in.sin_addr, 4);
    end->port = ntohs(in.sin_port);
    return false;
}

static void open_stream(struct recorded *recorded, bool called) {
    write_packet(recorded, called, TCP_SYN, NULL, 0);
    write_packet(recorded, !called, TCP_SYN | TCP_ACK, NULL, 0);
    write_packet(recorded, called, TCP_ACK, NULL, 0);
}

void recorded_start(struct recorded *recorded, struct recording *recording, int connection, bool called) {
    *recorded = (struct recorded){.recording = recording};
    if (recording == NULL) {
        return;
    }
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    (void)getsockname(connection, (struct sockaddr *)&address, &length);
    recorded->ipv6 = set_end(&recorded->here, &address);
    length = sizeof address;
    (void)getpeername(connection, (struct sockaddr *)&address, &length);
    (void)set_end(&recorded->there, &address);
    open_stream(recorded, called);
}

void recorded_start_between(struct recorded *recorded, struct recording *recording, uint16_t here,
                            uint16_t there, bool called) {
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    *recorded = (struct recorded){.recording = recording, .here.port = here, .there.port = there};
    if (recording != NULL) {
        memcpy(recorded->here.address, loopback, sizeof loopback);
        memcpy(recorded->there.address, loopback, sizeof loopback);
        open_stream(recorded, called);
    }
}

void recorded_bytes(struct recorded *recorded, bool sent, const uint8_t *bytes, size_t length) {
    if (recorded->recording == NULL || recorded->closed) {
        return;
    }
    while (length > 0) {
        size_t part = length < SEGMENT_MAX ? length : SEGMENT_MAX;
        write_packet(recorded, sent, TCP_PUSH | TCP_ACK, bytes, part);
        write_packet(recorded, !sent, TCP_ACK, NULL, 0);
        bytes += part;
        length -= part;
    }
}

void recorded_stop(struct recorded *recorded, bool here_first) {
    if (recorded->recording == NULL || recorded->closed) {
        return;
    }
    write_packet(recorded, here_first, TCP_FIN | TCP_ACK, NULL, 0);
    write_packet(recorded, !here_first, TCP_FIN | TCP_ACK, NULL, 0);
    write_packet(recorded, here_first, TCP_ACK, NULL, 0);
    recorded->closed = true;
}
