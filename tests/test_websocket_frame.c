// protocols/websocket_frame: RFC 6455's examples; every length and piece; every fault; against libwslay, both ways.
#include "tests/support.h"

#include "protocols/websocket_frame.h"

#include "bignum/random.h"

#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

static struct test_random source;
static struct websocket_reader reader;
static struct websocket_writer writer;

static void start_reading(bool from_client) {
    memset(&reader, 0, sizeof reader);
    reader.from_client = from_client;
}
static void start_writing(bool from_client) {
    writer.start = writer.end = 0;
    writer.closed = false;
    writer.from_client = from_client;
}

// All bytes in pieces of `piece`; the last arrival that was one, and that there was no other.
static enum websocket_arrival feed(const uint8_t *bytes, size_t length, size_t piece) {
    enum websocket_arrival arrival, last = WEBSOCKET_NOTHING;
    for (size_t at = 0; at < length;) {
        size_t part = length - at < piece ? length - at : piece;
        size_t used = websocket_reader_take(&reader, &arrival, bytes + at, part);
        assert_true(used <= part && (used > 0 || arrival == WEBSOCKET_BROKEN));
        assert_true(used == part || arrival != WEBSOCKET_NOTHING);
        at += used;
        if (arrival != WEBSOCKET_NOTHING) {
            assert_int_equal(last, WEBSOCKET_NOTHING);
            last = arrival;
        }
        if (arrival == WEBSOCKET_BROKEN) {
            break;
        }
    }
    return last;
}
static enum websocket_arrival feed_hex(bool from_client, const char *hex) {
    uint8_t bytes[400];
    size_t length = from_hex(bytes, sizeof bytes, hex);
    start_reading(from_client);
    return feed(bytes, length, SIZE_MAX);
}

// RFC 6455, 5.7.
static void the_examples_of_the_rfc(void **state) {
    (void)state;
    assert_int_equal(feed_hex(false, "81 05 48 65 6c 6c 6f"), WEBSOCKET_MESSAGE);
    assert_false(reader.binary);
    assert_int_equal(reader.length, 5);
    assert_memory_equal(reader.message, "Hello", 5);
    assert_int_equal(feed_hex(true, "81 85 37 fa 21 3d 7f 9f 4d 51 58"), WEBSOCKET_MESSAGE);
    assert_memory_equal(reader.message, "Hello", 5);
    assert_int_equal(feed_hex(false, "01 03 48 65 6c"), WEBSOCKET_NOTHING);
    assert_true(websocket_reader_is_partial(&reader));
    assert_int_equal(feed((const uint8_t *)"\x80\x02lo", 4, 1), WEBSOCKET_MESSAGE);
    assert_int_equal(reader.length, 5);
    assert_memory_equal(reader.message, "Hello", 5);
    assert_false(websocket_reader_is_partial(&reader));
    assert_int_equal(feed_hex(false, "89 05 48 65 6c 6c 6f"), WEBSOCKET_CONTROL);
    assert_int_equal(reader.control_opcode, WEBSOCKET_PING);
    assert_int_equal(reader.control_length, 5);
    assert_int_equal(feed_hex(true, "8a 85 37 fa 21 3d 7f 9f 4d 51 58"), WEBSOCKET_CONTROL);
    assert_int_equal(reader.control_opcode, WEBSOCKET_PONG);
    assert_memory_equal(reader.control, "Hello", 5);
}

static void every_length_in_every_piece(void **state) {
    (void)state;
    static const size_t lengths[] = {
        0, 1, 124, 125, 126, 127, 128, 65535, 65536, 65537, WEBSOCKET_READER_MAX};
    static uint8_t text[WEBSOCKET_READER_MAX], bytes[WEBSOCKET_WRITER_SIZE];
    test_random_bytes(&source, text, sizeof text);
    for (int from_client = 0; from_client < 2; from_client++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            static const size_t pieces[] = {1, 2, 3, 7, 1000, SIZE_MAX};
            start_writing(from_client);
            assert_true(
                websocket_writer_put(&writer, i % 2 ? WEBSOCKET_BINARY : WEBSOCKET_TEXT, text, lengths[i]));
            size_t length = writer.end - writer.start;
            memcpy(bytes, writer.bytes + writer.start, length);
            size_t header = lengths[i] < 126 ? 2 : lengths[i] < 65536 ? 4 : 10;
            assert_int_equal(length, header + (from_client ? 4 : 0) + lengths[i]);
            for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
                start_reading(from_client);
                assert_int_equal(feed(bytes, length, pieces[j]), WEBSOCKET_MESSAGE);
                assert_int_equal(reader.length, lengths[i]);
                assert_int_equal(reader.binary, i % 2);
                assert_memory_equal(reader.message, text, lengths[i]);
                assert_false(websocket_reader_is_partial(&reader));
            }
        }
    }
}

static void control_frames_between_the_parts(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x02, 1, 'a', 0x89, 2, 'h',  'i',  0x00, 0,
                                    0x80, 1, 'b', 0x88, 4, 0x03, 0xe8, 'o',  'k'};
    start_reading(false);
    enum websocket_arrival arrival;
    size_t at = websocket_reader_take(&reader, &arrival, bytes, sizeof bytes);
    assert_int_equal(arrival, WEBSOCKET_CONTROL);
    assert_int_equal(at, 7);
    assert_int_equal(reader.control_opcode, WEBSOCKET_PING);
    assert_memory_equal(reader.control, "hi", 2);
    assert_true(websocket_reader_is_partial(&reader));
    at += websocket_reader_take(&reader, &arrival, bytes + at, sizeof bytes - at);
    assert_int_equal(arrival, WEBSOCKET_MESSAGE);
    assert_true(reader.binary);
    assert_int_equal(reader.length, 2);
    assert_memory_equal(reader.message, "ab", 2);
    at += websocket_reader_take(&reader, &arrival, bytes + at, sizeof bytes - at);
    assert_int_equal(arrival, WEBSOCKET_CONTROL);
    assert_int_equal(at, sizeof bytes);
    const char *reason;
    size_t length;
    assert_int_equal(websocket_close_code(&reader, &reason, &length), 1000);
    assert_int_equal(length, 2);
    assert_memory_equal(reason, "ok", 2);
    assert_int_equal(feed_hex(false, "88 00"), WEBSOCKET_CONTROL);
    assert_int_equal(websocket_close_code(&reader, &reason, &length), 1005);
    assert_int_equal(length, 0);
    assert_int_equal(feed_hex(false, "88 02 03 e9"), WEBSOCKET_CONTROL);
    assert_int_equal(websocket_close_code(&reader, &reason, &length), 1001);
    assert_int_equal(length, 0);
}

static void what_breaks_the_stream(void **state) {
    (void)state;
    static const struct {
        bool from_client;
        const char *hex, *words;
    } bad[] = {
        {false, "c1 00", "reserved"},
        {false, "a1 00", "reserved"},
        {false, "91 00", "reserved"},
        {false, "83 00", "opcode"},
        {false, "87 00", "opcode"},
        {false, "8b 00", "opcode"},
        {false, "8f 00", "opcode"},
        {false, "09 00", "control"},
        {false, "89 7e", "control"},
        {false, "88 7f", "control"},
        {false, "80 00", "nothing"},
        {false, "00 00", "nothing"},
        {false, "01 00 81 00", "before the last part"},
        {false, "81 80", "must not mask"},
        {true, "81 00", "must mask"},
        {false, "81 7e 00 7d", "more bytes"},
        {false, "81 7f 00 00 00 00 00 00 ff ff", "more bytes"},
        {false, "81 7f 80 00 00 00 00 01 00 00", "more bytes"},
        {false, "81 7f 00 00 00 00 00 02 00 01", "longer"},
        {false, "81 7f 7f ff ff ff ff ff ff ff", "longer"},
        {false, "88 01 03", "half a code"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(feed_hex(bad[i].from_client, bad[i].hex), WEBSOCKET_BROKEN);
        const char *fault = reader.fault != NULL ? reader.fault : "";
        if (strstr(fault, bad[i].words) == NULL) {
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].hex, fault, bad[i].words);
        }
        enum websocket_arrival arrival;
        assert_int_equal(websocket_reader_take(&reader, &arrival, (const uint8_t *)"\x81\x00", 2), 0);
        assert_int_equal(arrival, WEBSOCKET_BROKEN); // for ever
    }
    // Parts that are too long together.
    static uint8_t bytes[10 + 65536];
    static const uint8_t header[] = {0x01, 127, 0, 0, 0, 0, 0, 1, 0, 0};
    memcpy(bytes, header, sizeof header);
    start_reading(false);
    assert_int_equal(feed(bytes, sizeof bytes, SIZE_MAX), WEBSOCKET_NOTHING);
    bytes[0] = 0x00;
    assert_int_equal(feed(bytes, sizeof bytes, SIZE_MAX), WEBSOCKET_NOTHING);
    assert_int_equal(feed((const uint8_t *)"\x80\x01x", 3, SIZE_MAX), WEBSOCKET_BROKEN);
}

static void a_full_writer_refuses(void **state) {
    (void)state;
    static uint8_t text[100000];
    start_writing(true);
    size_t count = 0;
    while (websocket_writer_has_room(&writer, sizeof text)) {
        assert_true(websocket_writer_put(&writer, WEBSOCKET_TEXT, text, sizeof text));
        count++;
    }
    assert_int_equal(count, 3);
    size_t before = writer.end;
    assert_false(websocket_writer_put(&writer, WEBSOCKET_TEXT, text, sizeof text));
    assert_false(websocket_writer_put_raw(&writer, text, sizeof text));
    assert_int_equal(writer.end, before);
    writer.start += 50000; // sent: the rest moves up
    assert_true(websocket_writer_put(&writer, WEBSOCKET_TEXT, text, sizeof text));
    websocket_writer_close(&writer, 1000);
    assert_true(writer.closed);
    assert_false(websocket_writer_has_room(&writer, 1));
    assert_false(websocket_writer_put(&writer, WEBSOCKET_TEXT, text, 1));
}

static bool no_bytes(void *context, uint8_t *out, size_t length) {
    (void)context, (void)out, (void)length;
    return false;
}
static void masks_are_random(void **state) {
    (void)state;
    start_writing(true);
    assert_true(websocket_writer_put(&writer, WEBSOCKET_TEXT, (const uint8_t *)"Hello", 5));
    assert_true(websocket_writer_put(&writer, WEBSOCKET_TEXT, (const uint8_t *)"Hello", 5));
    assert_memory_not_equal(writer.bytes, writer.bytes + 11, 11);
    random_set_source(no_bytes, NULL);
    assert_false(websocket_writer_put(&writer, WEBSOCKET_TEXT, (const uint8_t *)"Hello", 5));
    random_set_source(test_random_source, &source);
    assert_int_equal(writer.end, 22);
}

// --- libwslay --------------------------------------------------------------------------------------------------

struct pipe {
    uint8_t bytes[400000];
    size_t at, length;
};
static struct pipe to_wslay, from_wslay;
static uint8_t heard[200000];
static size_t heard_length, heard_count;

static ssize_t wslay_reads(wslay_event_context_ptr context, uint8_t *out, size_t size, int flags,
                           void *user) {
    (void)flags, (void)user;
    size_t left = to_wslay.length - to_wslay.at;
    if (left == 0) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    size_t count = left < size ? left : size;
    memcpy(out, to_wslay.bytes + to_wslay.at, count);
    to_wslay.at += count;
    return (ssize_t)count;
}
static ssize_t wslay_writes(wslay_event_context_ptr context, const uint8_t *bytes, size_t length, int flags,
                            void *user) {
    (void)context, (void)flags, (void)user;
    assert_true(from_wslay.length + length <= sizeof from_wslay.bytes);
    memcpy(from_wslay.bytes + from_wslay.length, bytes, length);
    from_wslay.length += length;
    return (ssize_t)length;
}
static int wslay_masks(wslay_event_context_ptr context, uint8_t *out, size_t length, void *user) {
    (void)context, (void)user;
    test_random_bytes(&source, out, length);
    return 0;
}
static void wslay_hears(wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg *arg,
                        void *user) {
    (void)context, (void)user;
    assert_true(arg->msg_length <= sizeof heard);
    if (arg->msg_length > 0) {
        memcpy(heard, arg->msg, arg->msg_length);
    }
    heard_length = arg->msg_length;
    heard_count++;
}

static void libwslay_at_the_other_end(void **state) {
    (void)state;
    static const struct wslay_event_callbacks callbacks = {.recv_callback = wslay_reads,
                                                           .send_callback = wslay_writes,
                                                           .genmask_callback = wslay_masks,
                                                           .on_msg_recv_callback = wslay_hears};
    static uint8_t text[70000];
    for (int server = 0; server < 2; server++) {
        wslay_event_context_ptr wslay;
        assert_int_equal(server ? wslay_event_context_server_init(&wslay, &callbacks, NULL)
                                : wslay_event_context_client_init(&wslay, &callbacks, NULL),
                         0);
        start_writing(server);
        start_reading(!server);
        heard_count = 0;
        for (size_t i = 0; i < 300; i++) {
            size_t length = i < 250 ? i : test_random_below(&source, sizeof text);
            test_random_bytes(&source, text, length);
            // Ours to libwslay.
            assert_true(websocket_writer_put(&writer, WEBSOCKET_BINARY, text, length));
            to_wslay.at = 0;
            to_wslay.length = writer.end - writer.start;
            memcpy(to_wslay.bytes, writer.bytes + writer.start, to_wslay.length);
            writer.start = writer.end;
            assert_int_equal(wslay_event_recv(wslay), 0);
            assert_int_equal(heard_count, i + 1);
            assert_int_equal(heard_length, length);
            assert_memory_equal(heard, text, length);
            // libwslay's to ours.
            from_wslay.length = 0;
            const struct wslay_event_msg message = {
                .opcode = WSLAY_BINARY_FRAME, .msg = text, .msg_length = length};
            assert_int_equal(wslay_event_queue_msg(wslay, &message), 0);
            assert_int_equal(wslay_event_send(wslay), 0);
            assert_int_equal(feed(from_wslay.bytes, from_wslay.length, 1 + test_random_below(&source, 5000)),
                             WEBSOCKET_MESSAGE);
            assert_int_equal(reader.length, length);
            assert_memory_equal(reader.message, text, length);
        }
        wslay_event_context_free(wslay);
    }
}

// Any bytes at all: nothing but an answer.
static void noise(void **state) {
    (void)state;
    for (size_t run = 0; run < 20000; run++) {
        uint8_t bytes[64];
        size_t length = test_random_below(&source, sizeof bytes);
        test_random_bytes(&source, bytes, length);
        start_reading(run % 2);
        for (size_t at = 0; at < length;) {
            enum websocket_arrival arrival;
            at += websocket_reader_take(&reader, &arrival, bytes + at,
                                        1 + test_random_below(&source, length - at));
            if (arrival == WEBSOCKET_BROKEN) {
                assert_non_null(reader.fault);
                break;
            }
            assert_true(reader.length <= sizeof reader.message &&
                        reader.control_length <= sizeof reader.control);
        }
    }
}

int main(void) {
    test_random_seed(&source, 6455);
    random_set_source(test_random_source, &source);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc),
        cmocka_unit_test(every_length_in_every_piece),
        cmocka_unit_test(control_frames_between_the_parts),
        cmocka_unit_test(what_breaks_the_stream),
        cmocka_unit_test(a_full_writer_refuses),
        cmocka_unit_test(masks_are_random),
        cmocka_unit_test(libwslay_at_the_other_end),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
