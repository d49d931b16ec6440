// apps/common/websocket: the frames of RFC 6455, section 5.7, both roles against each other, and what happens when a peer
// does not read, breaks the rules or goes.
#include "tests/support.h"

#include "apps/common/websocket.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct heard {
    char text[64];
    size_t length, count, total;
    bool binary;
};

static struct recorded unrecorded;

static void hear(void *context, const uint8_t *bytes, size_t length, bool binary) {
    struct heard *heard = context;
    heard->length = length;
    heard->binary = binary;
    heard->count++;
    heard->total += length;
    if (length > 0 && length < sizeof heard->text) {
        memcpy(heard->text, bytes, length);
        heard->text[length] = '\0';
    }
}

static void connected_pair(int ends[2]) {
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
}

static void frames_of_section_5_7(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11}, // masked
        {"\x01\x83\x37\xfa\x21\x3d\x7f\x9f\x4d\x80\x82\x37\xfa\x21\x3d\x5b\x95",
         17}, // in fragments, masked too
    };
    for (size_t i = 0; i < 2; i++) {
        int ends[2];
        struct heard heard = {.count = 0};
        connected_pair(ends);
        struct websocket *server = websocket_new(ends[0], &unrecorded, true, 100, NULL, 0, hear, &heard);
        assert_non_null(server);
        for (size_t at = 0; at < cases[i].length; at++) {
            assert_int_equal(heard.count, 0);
            assert_int_equal(write(ends[1], cases[i].bytes + at, 1), 1);
            assert_true(websocket_read(server));
        }
        assert_int_equal(heard.count, 1);
        assert_string_equal(heard.text, "Hello");
        assert_false(heard.binary);
        websocket_free(server);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}

static void a_server_s_frame_byte_by_byte(void **state) {
    (void)state;
    int ends[2];
    struct heard heard = {.count = 0};
    uint8_t bytes[64];
    size_t count;
    connected_pair(ends);
    struct websocket *server = websocket_new(ends[0], &unrecorded, true, 100, NULL, 0, hear, &heard);
    assert_non_null(server);
    assert_false(websocket_wants_write(server));
    assert_true(websocket_queue(server, (const uint8_t *)"3probe", 6, false));
    assert_int_equal(websocket_queued(server), 1);
    assert_true(websocket_wants_write(server));
    assert_true(websocket_write(server, &count));
    assert_int_equal(count, 8);
    assert_int_equal(read(ends[1], bytes, sizeof bytes), 8);
    assert_bytes_equal(bytes, 8, "81 06 33 70 72 6f 62 65");
    websocket_finish(server, WEBSOCKET_NORMAL, "bye");
    assert_false(websocket_queue(server, bytes, 1, false)); // nothing after the end
    assert_true(websocket_write(server, &count));
    assert_int_equal(read(ends[1], bytes, sizeof bytes), 7);
    assert_bytes_equal(bytes, 7, "88 05 03 e8 62 79 65");
    websocket_free(server);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void both_roles(void **state) {
    (void)state;
    int ends[2];
    struct heard at_server = {.count = 0}, at_client = {.count = 0};
    connected_pair(ends);
    struct websocket *server = websocket_new(ends[0], &unrecorded, true, 70000, NULL, 0, hear, &at_server);
    struct websocket *client = websocket_new(ends[1], &unrecorded, false, 70000, NULL, 0, hear, &at_client);
    uint8_t *message = calloc(1, 70000);
    assert_non_null(message);
    static const size_t lengths[] = {0, 1, 125, 126, 65535, 65536, 70000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t count;
        assert_true(websocket_queue(client, message, lengths[i], true));
        assert_true(websocket_queue(server, message, lengths[i], false));
        for (int round = 0; round < 100 && (at_server.count <= i || at_client.count <= i); round++) {
            assert_true(websocket_write(client, &count) && websocket_write(server, &count));
            assert_true(websocket_read(client) && websocket_read(server));
        }
        assert_int_equal(at_server.length, lengths[i]);
        assert_int_equal(at_client.length, lengths[i]);
        assert_true(at_server.binary && !at_client.binary);
        assert_int_equal(at_server.count, i + 1);
    }
    // While paused nothing is taken.
    size_t count;
    assert_true(websocket_queue(client, message, 5, true));
    assert_true(websocket_write(client, &count));
    websocket_pause(server, true);
    assert_false(websocket_wants_read(server));
    assert_true(websocket_read(server));
    assert_int_equal(at_server.count, 7);
    websocket_pause(server, false);
    assert_true(websocket_read(server));
    assert_int_equal(at_server.count, 8);
    websocket_finish(client, WEBSOCKET_NORMAL, "");
    assert_true(websocket_write(client, &count));
    assert_false(websocket_read(server)); // it has closed
    assert_true(websocket_wants_write(server));
    assert_true(websocket_write(server, &count));
    assert_false(websocket_read(client)); // the answer
    websocket_free(server);
    websocket_free(client);
    free(message);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void what_came_early_is_read_first(void **state) {
    (void)state;
    int ends[2];
    struct heard heard = {.count = 0};
    connected_pair(ends);
    static const uint8_t early[] = {0x81, 0x82, 0, 0, 0, 0, '4', '0', 0x81};
    struct websocket *server =
        websocket_new(ends[0], &unrecorded, true, 100, early, sizeof early, hear, &heard);
    assert_non_null(server);
    assert_true(websocket_has_early(server));
    websocket_pause(server, true);
    assert_false(websocket_has_early(server));
    websocket_pause(server, false);
    assert_true(websocket_read(server));
    assert_false(websocket_has_early(server));
    assert_string_equal(heard.text, "40");
    assert_int_equal(write(ends[1], "\x81\0\0\0\0x", 6), 6); // the rest: 81, a mask and one byte
    assert_true(websocket_read(server));
    assert_string_equal(heard.text, "x");
    websocket_free(server);
    // More than libwslay takes at once.
    static uint8_t many[3000 * 7];
    for (size_t i = 0; i < sizeof many; i += 7) {
        memcpy(many + i, "\x81\x81\0\0\0\0y", 7);
    }
    heard.count = 0;
    server = websocket_new(ends[0], &unrecorded, true, 100, many, sizeof many, hear, &heard);
    assert_non_null(server);
    assert_true(websocket_read(server));
    assert_int_equal(heard.count, 3000);
    websocket_free(server);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void rules(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"\x81\x05Hello", 7},          // not masked
        {"\x83\x80\0\0\0\0", 6},       // no such opcode
        {"\xc1\x80\0\0\0\0", 6},       // a reserved bit
        {"\x81\x81\0\0\0\0\xff", 7},   // not UTF-8
        {"\x89\xfe\0\x7e\0\0\0\0", 8}, // a ping of 126 bytes
        {"\x09\x80\0\0\0\0", 6},       // a ping in fragments
        {"\x80\x80\0\0\0\0", 6},       // the rest of nothing
        {"\x82\xe5\0\0\0\0", 6},       // longer than 100
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int ends[2];
        struct heard heard = {.count = 0};
        uint8_t close_frame[64];
        size_t count;
        connected_pair(ends);
        struct websocket *server = websocket_new(ends[0], &unrecorded, true, 100, NULL, 0, hear, &heard);
        assert_non_null(server);
        assert_int_equal(write(ends[1], cases[i].bytes, cases[i].length), cases[i].length);
        bool more = true;
        for (int round = 0; round < 20 && more; round++) {
            uint8_t filler[32] = {0};
            more = websocket_read(server);
            if (more) {
                assert_int_equal(write(ends[1], filler, sizeof filler), sizeof filler);
            }
        }
        assert_false(more);
        assert_int_equal(heard.count, 0);
        assert_true(websocket_write(server, &count));
        assert_true(read(ends[1], close_frame, sizeof close_frame) >= 2);
        assert_int_equal(close_frame[0], 0x88); // with a code or, for what is no frame at all, without
        websocket_free(server);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}

static void a_peer_that_goes(void **state) {
    (void)state;
    int ends[2];
    struct heard heard = {.count = 0};
    size_t count;
    connected_pair(ends);
    struct websocket *server = websocket_new(ends[0], &unrecorded, true, 100, NULL, 0, hear, &heard);
    assert_non_null(server);
    (void)close(ends[1]);
    assert_false(websocket_read(server));
    // Nothing can be queued any more, or it cannot be written.
    assert_false(websocket_queue(server, (const uint8_t *)"x", 1, false) && websocket_write(server, &count));
    websocket_free(server);
    websocket_free(NULL);
    (void)close(ends[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_section_5_7),
        cmocka_unit_test(a_server_s_frame_byte_by_byte),
        cmocka_unit_test(both_roles),
        cmocka_unit_test(what_came_early_is_read_first),
        cmocka_unit_test(rules),
        cmocka_unit_test(a_peer_that_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
