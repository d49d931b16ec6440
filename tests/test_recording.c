// apps/common/recording and capture: what is written has right checksums and reads back; packets in any order, doubled,
// missing, cut; other links and byte orders.
#include "tests/support.h"

#include "apps/common/capture.h"
#include "apps/common/recording.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char path[] = "/tmp/test_recording_XXXXXX";
static uint8_t file[1 << 20];
static size_t file_length;

static int make_file(void **state) {
    (void)state;
    int descriptor = mkstemp(path);
    return descriptor >= 0 ? close(descriptor) : 1;
}
static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

static void load(void) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    file_length = fread(file, 1, sizeof file, in);
    (void)fclose(in);
}

static unsigned get16(const uint8_t *bytes) {
    return (unsigned)bytes[0] << 8 | bytes[1];
}
static uint32_t get32_little(const uint8_t *bytes) {
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

// RFC 1071: the ones' complement sum over data that includes its checksum is ffff.
static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

// Walks through the packets and checks each; how many.
static size_t check_packets(void) {
    size_t at = 24, count = 0;
    assert_bytes_equal(file, 24, "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 65000000");
    while (at < file_length) {
        size_t length = get32_little(file + at + 8);
        assert_int_equal(length, get32_little(file + at + 12));
        assert_true(get32_little(file + at + 4) < 1000000);
        const uint8_t *ip = file + at + 16;
        bool v6 = ip[0] >> 4 == 6;
        size_t header = v6 ? 40 : 20;
        assert_int_equal(v6 ? 40 + get16(ip + 4) : get16(ip + 2), length);
        assert_int_equal(v6 ? ip[6] : ip[9], 6);
        if (!v6) {
            assert_int_equal(add(0, ip, 20), 0xffff);
        }
        uint8_t tail[4] = {0, 6, (uint8_t)((length - header) >> 8), (uint8_t)(length - header)};
        uint32_t sum = v6 ? add(0, ip + 8, 32) : add(0, ip + 12, 8);
        assert_int_equal(add(add(sum, tail, 4), ip + header, length - header), 0xffff);
        at += 16 + length;
        count++;
    }
    assert_int_equal(at, file_length);
    return count;
}

// All bytes of one direction of a connection, put together.
static size_t collect(const struct capture *capture, size_t connection, bool from_client, uint8_t *out) {
    size_t length = 0;
    for (size_t i = 0; i < capture->piece_count; i++) {
        const struct capture_piece *piece = &capture->pieces[i];
        assert_true(piece->length > 0);
        if (piece->connection == connection && piece->from_client == from_client) {
            memcpy(out + length, piece->bytes, piece->length);
            length += piece->length;
        }
    }
    return length;
}

static void written_and_read_back(void **state) {
    (void)state;
    static uint8_t sent[10000], received[3], out[20000];
    struct test_random random;
    test_random_seed(&random, 1);
    test_random_bytes(&random, sent, sizeof sent);
    test_random_bytes(&random, received, sizeof received);
    struct recording recording;
    assert_true(recording_open(&recording, path));
    recording.steady = true;
    struct recorded one, two, none = {0};
    recorded_start_between(&one, &recording, 50001, 8001, true);
    recorded_start_between(&two, &recording, 9000, 50002, false);
    recorded_bytes(&one, true, sent, 5000);
    recorded_bytes(&two, false, received, 3);
    recorded_bytes(&one, false, received, 3);
    recorded_bytes(&one, true, sent + 5000, 5000);
    recorded_stop(&one, true);
    recorded_stop(&one, true);
    recorded_bytes(&one, true, sent, 1); // after the end: not recorded
    recorded_bytes(&none, true, sent, 1);
    recorded_stop(&none, false);
    // Two packets a piece of 1400 bytes; nothing is lost when the program ends here.
    load();
    assert_int_equal(check_packets(), 2 * 3 + 2 * (4 + 1 + 1 + 4) + 3);
    assert_true(recording_close(&recording));

    struct capture capture;
    assert_true(capture_read(&capture, path));
    assert_int_equal(capture.connection_count, 2);
    assert_int_equal(capture.skipped, 0);
    assert_string_equal(capture.connections[0].client, "127.0.0.1:50001");
    assert_string_equal(capture.connections[0].server, "127.0.0.1:8001");
    assert_string_equal(capture.connections[1].client, "127.0.0.1:50002");
    assert_int_equal(capture.connections[1].server_port, 9000);
    assert_int_equal(collect(&capture, 0, true, out), sizeof sent);
    assert_memory_equal(out, sent, sizeof sent);
    assert_int_equal(collect(&capture, 0, false, out), 3);
    assert_memory_equal(out, received, 3);
    assert_int_equal(collect(&capture, 1, true, out), 3);
    assert_int_equal(collect(&capture, 1, false, out), 0);
    // The order of the file: the other connection spoke in between.
    size_t first_of_two = 0;
    while (capture.pieces[first_of_two].connection == 0) {
        first_of_two++;
    }
    assert_int_equal(first_of_two, 4);
    capture_clear(&capture);
}

static void real_sockets_of_both_families(void **state) {
    (void)state;
    for (int family = 0; family < 2; family++) {
        struct sockaddr_storage address = {0};
        socklen_t length;
        if (family == 0) {
            struct sockaddr_in *in = (struct sockaddr_in *)&address;
            *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
            length = sizeof *in;
        } else {
            struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
            *in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
            length = sizeof *in6;
        }
        int listener = socket(address.ss_family, SOCK_STREAM, 0);
        int caller = socket(address.ss_family, SOCK_STREAM, 0);
        if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0) {
            assert_int_equal(family, 1); // a machine without IPv6
            continue;
        }
        assert_int_equal(listen(listener, 1), 0);
        assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
        assert_int_equal(connect(caller, (struct sockaddr *)&address, length), 0);
        struct recording recording;
        struct recorded recorded;
        assert_true(recording_open(&recording, path));
        recorded_start(&recorded, &recording, caller, true);
        recorded_bytes(&recorded, true, (const uint8_t *)"odd", 3);
        assert_true(recording_close(&recording));
        load();
        assert_int_equal(check_packets(), 5);
        struct capture capture;
        assert_true(capture_read(&capture, path));
        assert_int_equal(capture.connection_count, 1);
        assert_int_equal(strncmp(capture.connections[0].server, family == 0 ? "127.0.0.1:" : "[::1]:", 6), 0);
        assert_int_equal(capture.piece_count, 1);
        capture_clear(&capture);
        (void)close(listener);
        (void)close(caller);
    }
}

static void what_cannot_be_written(void **state) {
    (void)state;
    struct recording recording;
    assert_false(recording_open(&recording, "/no/such/folder/file.pcap"));
    if (access("/dev/full", W_OK) == 0) {
        assert_false(recording_open(&recording, "/dev/full"));
        assert_false(recording_close(&recording));
    }
}

// --- captures made by hand -------------------------------------------------------------------------------------

static void begin_file(uint32_t link, bool big) {
    static const uint8_t magic[4] = {0xa1, 0xb2, 0xc3, 0xd4};
    memset(file, 0, 24);
    for (size_t i = 0; i < 4; i++) {
        file[big ? i : 3 - i] = magic[i];
    }
    file[big ? 23 : 20] = (uint8_t)link;
    file[big ? 22 : 21] = (uint8_t)(link >> 8);
    file_length = 24;
}

static void add_packet(const uint8_t *link, size_t link_size, bool big, bool from_client, uint32_t sequence,
                       unsigned flags, const char *text) {
    size_t payload = strlen(text), size = link_size + 40 + payload;
    uint8_t *packet = file + file_length;
    memset(packet, 0, 16 + size);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *at = packet + 8 + 4 * i;
        at[big ? 3 : 0] = (uint8_t)size;
    }
    if (link_size > 0) {
        memcpy(packet + 16, link, link_size);
    }
    uint8_t *ip = packet + 16 + link_size;
    ip[0] = 0x45;
    ip[3] = (uint8_t)(40 + payload);
    ip[9] = 6;
    ip[12] = ip[16] = 10;
    ip[from_client ? 15 : 19] = 1;
    ip[from_client ? 19 : 15] = 2;
    uint8_t *tcp = ip + 20;
    tcp[from_client ? 1 : 3] = 77;
    tcp[from_client ? 3 : 1] = 88;
    for (size_t i = 0; i < 4; i++) {
        tcp[4 + i] = (uint8_t)(sequence >> (24 - 8 * i));
    }
    tcp[12] = 0x50;
    tcp[13] = (uint8_t)flags;
    for (size_t i = 0; i < payload; i++) {
        tcp[20 + i] = (uint8_t)text[i];
    }
    file_length += 16 + size;
}

enum { SYN = 2, RST = 4, ACK = 16, FIN = 1 };

// The client's bytes of connection 0 as text.
static void assert_stream(const char *expected, bool incomplete) {
    struct capture capture;
    char why[160];
    uint8_t out[1000];
    assert_true(capture_parse(&capture, file, file_length, why));
    assert_true(capture.connection_count >= 1);
    size_t length = collect(&capture, 0, true, out);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(out, expected, length);
    assert_int_equal(capture.connections[0].incomplete, incomplete);
    capture_clear(&capture);
}

static void any_order(void **state) {
    (void)state;
    // From before the wrap of the sequence numbers to after it.
    for (uint32_t start = 0; start < 12; start++) {
        uint32_t s = start - 6;
        begin_file(101, false);
        add_packet(NULL, 0, false, true, s, SYN, "");
        add_packet(NULL, 0, false, true, s + 7, ACK, "ghi");
        add_packet(NULL, 0, false, true, s + 4, ACK, "def");
        add_packet(NULL, 0, false, true, s + 1, ACK, "abc");
        add_packet(NULL, 0, false, true, s + 1, ACK, "abc"); // again
        add_packet(NULL, 0, false, true, s + 2, ACK, "bcdefghijk");
        assert_stream("abcdefghijk", false);
    }
    begin_file(101, false);
    add_packet(NULL, 0, false, true, 1, SYN, "");
    add_packet(NULL, 0, false, true, 2, ACK, "abc");
    add_packet(NULL, 0, false, true, 6, ACK, "efg"); // "d" is missing
    assert_stream("abc", true);
    begin_file(101, false);
    add_packet(NULL, 0, false, true, 1, SYN, "");
    add_packet(NULL, 0, false, true, 2, ACK, "abc");
    add_packet(NULL, 0, false, true, 2, ACK, "abc"); // again, and at once
    add_packet(NULL, 0, false, true, 5, ACK, "def");
    assert_stream("abcdef", false);
    // From the middle on, without the opening.
    begin_file(101, false);
    add_packet(NULL, 0, false, true, 1000, ACK, "abc");
    add_packet(NULL, 0, false, true, 1003, ACK, "def");
    assert_stream("abcdef", false);
}

static void who_called(void **state) {
    (void)state;
    struct capture capture;
    char why[160];
    // Only the answer to the opening was captured: its sender is the server.
    begin_file(101, false);
    add_packet(NULL, 0, false, false, 1, SYN | ACK, "");
    add_packet(NULL, 0, false, true, 9, ACK, "hello");
    assert_stream("hello", false);
    // The same ports twice are two connections once the first has ended, however it ended.
    for (int reset = 0; reset < 2; reset++) {
        begin_file(101, false);
        add_packet(NULL, 0, false, true, 1, SYN, "");
        add_packet(NULL, 0, false, true, 2, ACK, "one");
        add_packet(NULL, 0, false, true, 5, reset ? RST : FIN | ACK, "");
        if (!reset) {
            add_packet(NULL, 0, false, false, 5, FIN | ACK, "");
        }
        add_packet(NULL, 0, false, true, 700, SYN, "");
        add_packet(NULL, 0, false, true, 701, ACK, "two");
        assert_stream("one", false);
        assert_true(capture_parse(&capture, file, file_length, why));
        assert_int_equal(capture.connection_count, 2);
        capture_clear(&capture);
    }
}

static void links_and_byte_orders(void **state) {
    (void)state;
    static const uint8_t ethernet[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0};
    static const uint8_t tagged[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0, 5, 8, 0};
    static const uint8_t cooked[20] = {0};
    static const struct {
        uint32_t type;
        const uint8_t *header;
        size_t size;
    } links[] = {{101, NULL, 0},
                 {228, NULL, 0},
                 {1, ethernet, sizeof ethernet},
                 {1, tagged, sizeof tagged},
                 {113, cooked, 16},
                 {276, cooked, 20},
                 {0, cooked, 4}};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        for (int big = 0; big < 2; big++) {
            begin_file(links[i].type, big);
            add_packet(links[i].header, links[i].size, big, true, 1, SYN, "");
            add_packet(links[i].header, links[i].size, big, true, 2, ACK, "hello");
            assert_stream("hello", false);
        }
    }
}

// Ethernet pads short packets; what follows the IP packet is not part of it.
static void padding_of_the_link(void **state) {
    (void)state;
    static const uint8_t ethernet[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0};
    begin_file(1, false);
    add_packet(ethernet, sizeof ethernet, false, true, 1, SYN, "");
    for (uint32_t i = 0; i < 2; i++) {
        size_t packet = file_length;
        add_packet(ethernet, sizeof ethernet, false, true, 2 + i, ACK, "x");
        memset(file + file_length, 'p', 5);
        file[packet + 8] = (uint8_t)(file[packet + 8] + 5);
        file[packet + 12] = file[packet + 8];
        file_length += 5;
    }
    assert_stream("xx", false);
}

static void what_is_no_capture(void **state) {
    (void)state;
    struct capture capture;
    char why[160];
    static const uint8_t next_generation[24] = {0x0a, 0x0d, 0x0d, 0x0a};
    assert_false(capture_parse(&capture, (const uint8_t *)"", 0, why));
    assert_non_null(strstr(why, "shorter"));
    assert_false(capture_parse(&capture, next_generation, sizeof next_generation, why));
    assert_non_null(strstr(why, "-F pcap"));
    assert_false(capture_parse(&capture, (const uint8_t *)"this is a text of some length", 29, why));
    assert_non_null(strstr(why, "a1 b2 c3 d4"));
    begin_file(147, false);
    assert_false(capture_parse(&capture, file, file_length, why));
    assert_non_null(strstr(why, "link type 147"));
    // Packets of other kinds are counted: UDP, a fragment, IP version 5, and one cut in its header.
    begin_file(101, false);
    for (int i = 0; i < 4; i++) {
        add_packet(NULL, 0, false, true, 1, ACK, "x");
        uint8_t *ip = file + file_length - 41;
        if (i == 0) {
            ip[9] = 17;
        } else if (i == 1) {
            ip[7] = 9;
        } else if (i == 2) {
            ip[0] = 0x55;
        } else {
            ip[32] = 0xf0; // a TCP header of 60 bytes
        }
    }
    assert_true(capture_parse(&capture, file, file_length, why));
    assert_int_equal(capture.skipped, 4);
    assert_int_equal(capture.connection_count, 0);
    capture_clear(&capture);
}

// A program that is stopped leaves a file that ends anywhere: whole packets count, and nothing is read behind the end.
static void cut_anywhere(void **state) {
    (void)state;
    struct capture capture;
    char why[160];
    begin_file(101, false);
    add_packet(NULL, 0, false, true, 1, SYN, "");
    for (uint32_t i = 0; i < 10; i++) {
        add_packet(NULL, 0, false, true, 2 + i, ACK, "x");
    }
    size_t packet = 16 + 41;
    for (size_t length = 24; length < file_length; length++) {
        uint8_t *copy = malloc(length);
        uint8_t out[16];
        assert_non_null(copy);
        memcpy(copy, file, length);
        assert_true(capture_parse(&capture, copy, length, why));
        size_t expected = length < 24 + packet - 1 ? 0 : (length - 24 - (packet - 1)) / packet;
        assert_int_equal(collect(&capture, 0, true, out), expected);
        capture_clear(&capture);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_and_read_back),
        cmocka_unit_test(real_sockets_of_both_families),
        cmocka_unit_test(what_cannot_be_written),
        cmocka_unit_test(any_order),
        cmocka_unit_test(who_called),
        cmocka_unit_test(links_and_byte_orders),
        cmocka_unit_test(padding_of_the_link),
        cmocka_unit_test(what_is_no_capture),
        cmocka_unit_test(cut_anywhere),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
