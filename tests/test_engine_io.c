// protocols/engine_io, engine_io_session: the protocol document's examples, every cut and changed byte, heartbeats, the move
// to a WebSocket.
#include "tests/support.h"

#include "protocols/engine_io_session.h"

#include "bignum/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_packet(const struct engine_io_packet *packet, enum engine_io_type type, bool binary,
                          const char *data, size_t length) {
    assert_int_equal(packet->type, type);
    assert_int_equal(packet->binary, binary);
    assert_int_equal(packet->length, length);
    assert_memory_equal(packet->data, data, length);
}

// --- packets ---------------------------------------------------------------------------------------------------

static void packets(void **state) {
    (void)state;
    struct engine_io_packet packet;
    struct parse_error where;
    for (uint8_t type = 0; type <= 6; type++) {
        uint8_t text[] = {(uint8_t)('0' + type), 'x', 'y'};
        assert_true(engine_io_parse(&packet, text, 3, false, NULL));
        assert_packet(&packet, (enum engine_io_type)type, false, "xy", 2);
        assert_true(engine_io_parse(&packet, text, 1, false, NULL));
        assert_packet(&packet, (enum engine_io_type)type, false, "", 0);
        assert_string_not_equal(engine_io_type_text(packet.type), "unknown");
    }
    for (int byte = 0; byte < 256; byte++) {
        uint8_t text[] = {(uint8_t)byte};
        bool good = byte >= '0' && byte <= '6';
        assert_int_equal(engine_io_parse(&packet, text, 1, false, &where), good);
        assert_true(engine_io_parse(&packet, text, 1, true, NULL));
        assert_packet(&packet, ENGINE_IO_MESSAGE, true, (const char *)text, 1);
    }
    assert_false(engine_io_parse(&packet, (const uint8_t *)"", 0, false, &where));
    assert_string_equal(where.reason, "it is empty: a type from 0 to 6 must stand here");
    assert_true(
        engine_io_parse(&packet, (const uint8_t *)"", 0, true, NULL)); // an empty binary message is one
}

// Takes a payload apart; how many packets, or -1 at an error.
static int take_apart(const char *text, size_t length, struct engine_io_packet packets[], uint8_t *payload,
                      struct parse_error *where) {
    size_t at = 0;
    int count = 0;
    if (length > 0) {
        memcpy(payload, text, length);
    }
    while (engine_io_next(&packets[count], payload, length, &at, where)) {
        count++;
    }
    assert_true(at >= length);
    size_t again = at;
    assert_false(engine_io_next(&packets[count], payload, length, &again, NULL)); // the end stays the end
    return at == length ? count : -1;
}

static void payloads_of_the_document(void **state) {
    (void)state;
    struct engine_io_packet taken[8];
    uint8_t payload[64];
    static const char text[] = "4hello\x1e"
                               "2\x1e"
                               "4world";
    assert_int_equal(take_apart(text, sizeof text - 1, taken, payload, NULL), 3);
    assert_packet(&taken[0], ENGINE_IO_MESSAGE, false, "hello", 5);
    assert_packet(&taken[1], ENGINE_IO_PING, false, "", 0);
    assert_packet(&taken[2], ENGINE_IO_MESSAGE, false, "world", 5);
    static const char binary[] = "4hello\x1e"
                                 "bAQIDBA==";
    assert_int_equal(take_apart(binary, sizeof binary - 1, taken, payload, NULL), 2);
    assert_packet(&taken[0], ENGINE_IO_MESSAGE, false, "hello", 5);
    assert_packet(&taken[1], ENGINE_IO_MESSAGE, true, "\x01\x02\x03\x04", 4);
    // And built again.
    uint8_t built[64];
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        if (i > 0) {
            built[at++] = ENGINE_IO_SEPARATOR;
        }
        engine_io_encode(built + at, &taken[i]);
        at += engine_io_encoded_length(&taken[i]);
    }
    assert_int_equal(at, sizeof binary - 1);
    assert_memory_equal(built, binary, at);
}

static void bad_payloads(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
    } cases[] = {{"", 0},
                 {"\x1e", 0},
                 {"4a\x1e", 3},
                 {"\x1e"
                  "4a",
                  0},
                 {"4a\x1e\x1e"
                  "4b",
                  3},
                 {"7", 0},
                 {"4a\x1ex", 3},
                 {"bAQI", 4},
                 {"bAQ=D", 3},
                 {"4a\x1e"
                  "bA!==",
                  5},
                 {"bAQIDBA==\x1e", 10},
                 {"hello", 0},
                 {"bAQIDBB==", 6}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct engine_io_packet taken[8];
        uint8_t payload[32];
        struct parse_error where = {.reason = ""};
        if (take_apart(cases[i].text, strlen(cases[i].text), taken, payload, &where) != -1 ||
            where.offset != cases[i].offset || where.reason[0] == '\0') {
            fail_msg("case %zu: \"%s\" at %zu", i, where.reason, where.offset);
        }
    }
}

// Every truncation and every changed byte of a payload: packets inside the payload, or a refusal with a place in it.
static void every_cut_and_changed_byte(void **state) {
    (void)state;
    static const char text[] = "4hello\x1e"
                               "bAQIDBA==\x1e"
                               "3probe\x1e"
                               "b\x1e"
                               "1";
    size_t whole = sizeof text - 1;
    unsigned good = 0, bad = 0;
    for (size_t length = 0; length <= whole; length++) {
        for (size_t at = 0; at < length; at++) {
            for (int byte = 0; byte < 256; byte += length == whole ? 1 : 37) {
                char changed[sizeof text];
                memcpy(changed, text, sizeof text);
                changed[at] = (char)byte;
                uint8_t *payload = malloc(length + (length == 0));
                assert_non_null(payload);
                struct engine_io_packet taken[sizeof text];
                struct parse_error where = {.reason = ""};
                int count = take_apart(changed, length, taken, payload, &where);
                for (int i = 0; i < count; i++) {
                    assert_true(taken[i].data >= payload &&
                                taken[i].data + taken[i].length <= payload + length);
                }
                if (count < 0) {
                    assert_true(where.offset <= length && where.reason[0] != '\0');
                }
                good += count > 0;
                bad += count < 0;
                assert_int_not_equal(count, 0);
                free(payload);
            }
        }
    }
    assert_true(good > 1000 && bad > 1000);
}

static void binary_of_every_length(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 4);
    for (size_t length = 0; length < 100; length++) {
        uint8_t data[100], out[200];
        test_random_bytes(&random, data, sizeof data);
        struct engine_io_packet packet = {.type = ENGINE_IO_MESSAGE,
                                          .binary = true,
                                          .data = data,
                                          .length = length},
                                back;
        engine_io_encode(out, &packet);
        size_t at = 0;
        assert_true(engine_io_next(&back, out, engine_io_encoded_length(&packet), &at, NULL));
        assert_packet(&back, ENGINE_IO_MESSAGE, true, (const char *)data, length);
    }
}

// --- the handshake ---------------------------------------------------------------------------------------------

static const struct engine_io_open example = {.sid = "lv_VI97HAXpY6yYWAAAC",
                                              .can_upgrade = true,
                                              .ping_interval = 25000,
                                              .ping_timeout = 20000,
                                              .max_payload = 1000000};
static const char example_json[] =
    "{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,"
    "\"pingTimeout\":20000,\"maxPayload\":1000000}";

static bool same_open(const struct engine_io_open *a, const struct engine_io_open *b) {
    return strcmp(a->sid, b->sid) == 0 && a->can_upgrade == b->can_upgrade &&
           a->ping_interval == b->ping_interval && a->ping_timeout == b->ping_timeout &&
           a->max_payload == b->max_payload;
}

static void open_packet_of_the_document(void **state) {
    (void)state;
    char out[ENGINE_IO_OPEN_MAX];
    size_t length = engine_io_write_open(out, &example);
    assert_int_equal(length, sizeof example_json - 1);
    assert_memory_equal(out, example_json, length);
    struct engine_io_open open;
    assert_true(engine_io_parse_open(&open, (const uint8_t *)out, length, NULL));
    assert_true(same_open(&open, &example));
    struct engine_io_open no_upgrade = example;
    no_upgrade.can_upgrade = false;
    length = engine_io_write_open(out, &no_upgrade);
    assert_true(engine_io_parse_open(&open, (const uint8_t *)out, length, NULL));
    assert_true(same_open(&open, &no_upgrade));
}

// One character more than a sid may have.
#define LONG_SID                                                                                             \
    ("{\"sid\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"pingInterval\":1,"    \
     "\"pingTimeout\":1}")
static void bad_open_packets(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"sid\":1,\"pingInterval\":1,\"pingTimeout\":1}",
        "{\"sid\":\"\",\"pingInterval\":1,\"pingTimeout\":1}",
        "{\"sid\":\"a/b\",\"pingInterval\":1,\"pingTimeout\":1}",
        "{\"sid\":\"a\\u0000b\",\"pingInterval\":1,\"pingTimeout\":1}",
        "{\"sid\":\"a\\r\\nb\",\"pingInterval\":1,\"pingTimeout\":1}",
        LONG_SID,
        "{\"sid\":\"a\",\"pingTimeout\":1}",
        "{\"sid\":\"a\",\"pingInterval\":1}",
        "{\"sid\":\"a\",\"pingInterval\":0,\"pingTimeout\":1}",
        "{\"sid\":\"a\",\"pingInterval\":1,\"pingTimeout\":0}",
        "{\"sid\":\"a\",\"pingInterval\":-1,\"pingTimeout\":1}",
        "{\"sid\":\"a\",\"pingInterval\":86400001,\"pingTimeout\":1}",
        "{\"sid\":\"a\",\"pingInterval\":1,\"pingTimeout\":1,\"maxPayload\":\"x\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct engine_io_open open;
        struct parse_error where = {.reason = ""};
        if (engine_io_parse_open(&open, (const uint8_t *)texts[i], strlen(texts[i]), &where) ||
            where.reason[0] == '\0') {
            fail_msg("taken: %s", texts[i]);
        }
    }
    for (size_t length = 0; length < sizeof example_json - 1; length++) {
        struct engine_io_open open;
        char *exact = malloc(length + 1);
        assert_non_null(exact);
        memcpy(exact, example_json, length);
        assert_false(engine_io_parse_open(&open, (const uint8_t *)exact, length, NULL));
        free(exact);
    }
}

static bool no_random(void *context, uint8_t *out, size_t length) {
    (void)context, (void)out, (void)length;
    return false;
}

static void session_names(void **state) {
    (void)state;
    char sid[ENGINE_IO_SID_LENGTH + 1], last[ENGINE_IO_SID_LENGTH + 1] = "";
    for (int i = 0; i < 1000; i++) {
        assert_true(engine_io_new_sid(sid));
        assert_int_equal(strlen(sid), ENGINE_IO_SID_LENGTH);
        assert_int_equal(strspn(sid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                         ENGINE_IO_SID_LENGTH);
        assert_string_not_equal(sid, last);
        memcpy(last, sid, sizeof last);
    }
    random_set_source(no_random, NULL);
    assert_false(engine_io_new_sid(sid));
    random_set_source(NULL, NULL);
}

static void errors_as_json(void **state) {
    (void)state;
    for (enum engine_io_error error = ENGINE_IO_UNKNOWN_TRANSPORT; error <= ENGINE_IO_WRONG_VERSION;
         error++) {
        char begin[16];
        (void)snprintf(begin, sizeof begin, "{\"code\":%d,", (int)error);
        assert_memory_equal(engine_io_error_json(error), begin, strlen(begin));
    }
    assert_string_equal(engine_io_error_json(ENGINE_IO_UNKNOWN_SID),
                        "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

// --- sessions --------------------------------------------------------------------------------------------------

static struct engine_io_session begun(enum engine_io_transport transport) {
    struct engine_io_session session;
    assert_true(engine_io_session_init(&session, &example, transport, 1000, 100));
    return session;
}

static void send_text(struct engine_io_session *session, const char *text) {
    struct engine_io_part parts[] = {
        {text, strlen(text) / 2}, {NULL, 0}, {text + strlen(text) / 2, strlen(text) - strlen(text) / 2}};
    engine_io_session_send(session, parts, 3, false);
}

// The next payload as a string.
static const char *payload(struct engine_io_session *session) {
    static char text[2000];
    size_t length = engine_io_session_payload_length(session);
    assert_true(length < sizeof text);
    memset(text, 0, sizeof text);
    if (length > 0) {
        engine_io_session_write_payload(session, (uint8_t *)text);
    }
    assert_int_equal(strlen(text), length);
    return text;
}

static bool receive(struct engine_io_session *session, const char *text, int64_t now) {
    struct engine_io_packet packet;
    assert_true(engine_io_parse(&packet, (const uint8_t *)text, strlen(text), false, NULL));
    return engine_io_session_receive(session, &packet, now, NULL);
}

static void what_waits_goes_in_order(void **state) {
    (void)state;
    struct engine_io_session session = begun(ENGINE_IO_POLLING);
    char expected[300];
    (void)snprintf(expected, sizeof expected, "0%s", example_json);
    assert_string_equal(payload(&session), expected);
    assert_int_equal(engine_io_session_payload_length(&session), 0);
    assert_int_equal(session.queued, 0);
    send_text(&session, "one");
    send_text(&session, "two");
    struct engine_io_part binary = {"\x01\x02\x03\x04", 4};
    engine_io_session_send(&session, &binary, 1, true);
    assert_string_equal(payload(&session), "4one\x1e"
                                           "4two\x1e"
                                           "bAQIDBA==");
    assert_string_equal(payload(&session), "");
    engine_io_session_clear(&session);
}

static void payloads_are_bounded(void **state) {
    (void)state;
    struct engine_io_open open = example;
    open.max_payload = 10;
    struct engine_io_session session;
    assert_true(engine_io_session_init(&session, &open, ENGINE_IO_POLLING, 1000, 0));
    (void)payload(&session);
    send_text(&session, "aaaa"); // 5 in a payload
    send_text(&session, "bbb");  // 4, with the separator exactly 10
    send_text(&session, "c");
    send_text(&session, "longer than ten");
    send_text(&session, "d");
    assert_string_equal(payload(&session), "4aaaa\x1e"
                                           "4bbb");
    assert_string_equal(payload(&session), "4c");
    assert_string_equal(payload(&session), "4longer than ten");
    assert_string_equal(payload(&session), "4d");
    session.open.max_payload = 1000;
    for (int i = 0; i < 18; i++) {
        send_text(&session, "");
    }
    assert_string_equal(payload(&session), "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4\x1e"
                                           "4");
    assert_string_equal(payload(&session), "4\x1e"
                                           "4");
    engine_io_session_clear(&session);
}

static void heartbeats(void **state) {
    (void)state;
    struct engine_io_session session = begun(ENGINE_IO_POLLING);
    (void)payload(&session);
    assert_int_equal(engine_io_session_deadline(&session), 100 + 25000);
    engine_io_session_tick(&session, 100 + 24999);
    assert_string_equal(payload(&session), "");
    engine_io_session_tick(&session, 100 + 25000);
    assert_string_equal(payload(&session), "2");
    assert_int_equal(engine_io_session_deadline(&session), 45100);
    assert_false(receive(&session, "3", 30000));
    assert_int_equal(engine_io_session_deadline(&session), 55000);
    assert_false(receive(&session, "3", 40000)); // one that nobody asked for changes nothing
    assert_int_equal(engine_io_session_deadline(&session), 55000);
    engine_io_session_tick(&session, 55000);
    assert_true(receive(&session, "4x", 60000)); // life, but no answer
    assert_int_equal(engine_io_session_deadline(&session), 80000);
    engine_io_session_tick(&session, 79999);
    assert_int_equal(session.end, ENGINE_IO_GOING_ON);
    engine_io_session_tick(&session, 80000);
    assert_int_equal(session.end, ENGINE_IO_SILENT);
    assert_string_equal(payload(&session), "2\x1e"
                                           "1");
    assert_int_equal(engine_io_session_deadline(&session), ENGINE_IO_NEVER);
    engine_io_session_clear(&session);
}

static void excuses(void **state) {
    (void)state;
    struct engine_io_session session = begun(ENGINE_IO_POLLING);
    engine_io_session_excuse(&session, 20000); // no ping is out: nothing to excuse
    assert_int_equal(engine_io_session_deadline(&session), 25100);
    engine_io_session_tick(&session, 25100);
    engine_io_session_excuse(&session, 40000);
    assert_int_equal(engine_io_session_deadline(&session), 60000);
    engine_io_session_clear(&session);
}

static void endings(void **state) {
    (void)state;
    struct engine_io_session session = begun(ENGINE_IO_POLLING);
    (void)payload(&session);
    send_text(&session, "last");
    assert_false(receive(&session, "1", 200));
    assert_int_equal(session.end, ENGINE_IO_CLIENT_CLOSED);
    engine_io_session_finish(&session, ENGINE_IO_SLOW);
    assert_int_equal(session.end, ENGINE_IO_CLIENT_CLOSED); // the first reason counts
    send_text(&session, "too late");
    assert_false(receive(&session, "4x", 200));
    assert_string_equal(payload(&session), "4last\x1e"
                                           "1");
    engine_io_session_clear(&session);
    session = begun(ENGINE_IO_POLLING);
    (void)payload(&session);
    engine_io_session_finish(&session, ENGINE_IO_SERVER_CLOSED);
    assert_string_equal(payload(&session), ""); // so that the client comes back
    engine_io_session_clear(&session);
    static const char *const forbidden[] = {"0{}", "2", "2probe", "5"};
    for (size_t i = 0; i < 4; i++) {
        struct engine_io_packet packet;
        struct parse_error where = {.reason = ""};
        session = begun(ENGINE_IO_WEBSOCKET);
        assert_true(
            engine_io_parse(&packet, (const uint8_t *)forbidden[i], strlen(forbidden[i]), false, NULL));
        assert_false(engine_io_session_receive(&session, &packet, 200, &where));
        assert_int_equal(session.end, ENGINE_IO_MALFORMED);
        assert_string_not_equal(where.reason, "");
        engine_io_session_clear(&session);
    }
    for (enum engine_io_end end = ENGINE_IO_GOING_ON; end <= ENGINE_IO_SERVER_CLOSED; end++) {
        assert_string_not_equal(engine_io_end_text(end), "unknown reason");
    }
}

static void the_queue_is_bounded(void **state) {
    (void)state;
    struct engine_io_session session = begun(ENGINE_IO_WEBSOCKET);
    unsigned sent = 0;
    for (; session.end == ENGINE_IO_GOING_ON && sent < 1000; sent++) {
        send_text(&session, "x");
        assert_true(session.queued <= 1100);
    }
    assert_int_equal(session.end, ENGINE_IO_SLOW);
    assert_true(sent > 5 && sent < 100);
    engine_io_session_clear(&session);
    assert_int_equal(session.queued, 0);
    session = begun(ENGINE_IO_WEBSOCKET);
    char *large = calloc(1, 2000);
    assert_non_null(large);
    struct engine_io_part part = {large, 2000};
    engine_io_session_send(&session, &part, 1, true);
    assert_int_equal(session.end, ENGINE_IO_SLOW);
    free(large);
    engine_io_session_clear(&session);
}

static enum engine_io_probe probe(struct engine_io_session *session, const char *text) {
    struct engine_io_packet packet;
    assert_true(engine_io_parse(&packet, (const uint8_t *)text, strlen(text), false, NULL));
    return engine_io_session_probe(session, &packet, 500, NULL);
}

static void moving_to_a_websocket(void **state) {
    (void)state;
    struct engine_io_session session = begun(ENGINE_IO_POLLING);
    (void)payload(&session);
    assert_int_equal(engine_io_session_payload_length(&session), 0);
    assert_int_equal(probe(&session, "2probe"), ENGINE_IO_PROBE_ANSWER);
    assert_string_equal(payload(&session), "6"); // the poll that is held ends
    send_text(&session, "meanwhile");
    assert_string_equal(payload(&session), "4meanwhile"); // still polling
    send_text(&session, "waits");
    assert_int_equal(probe(&session, "5"), ENGINE_IO_PROBE_MOVED);
    assert_int_equal(session.transport, ENGINE_IO_WEBSOCKET);
    assert_false(session.probed);
    struct engine_io_packet packet;
    assert_true(engine_io_session_first(&session, &packet));
    assert_packet(&packet, ENGINE_IO_MESSAGE, false, "waits", 5);
    engine_io_session_drop(&session);
    assert_false(engine_io_session_first(&session, &packet));
    engine_io_session_drop(&session);                                     // of nothing: nothing
    assert_int_equal(probe(&session, "2probe"), ENGINE_IO_PROBE_REFUSED); // it has one
    engine_io_session_clear(&session);
}

static void bad_moves(void **state) {
    (void)state;
    static const char *const first[] = {"5", "2", "2prob", "2probes", "2Probe", "4hello", "3probe", "1"};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        struct engine_io_session session = begun(ENGINE_IO_POLLING);
        assert_int_equal(probe(&session, first[i]), ENGINE_IO_PROBE_REFUSED);
        assert_int_equal(session.transport, ENGINE_IO_POLLING); // which goes on
        assert_int_equal(session.end, ENGINE_IO_GOING_ON);
        engine_io_session_clear(&session);
    }
    static const char *const second[] = {"2probe", "4hello", "6", "0"};
    for (size_t i = 0; i < sizeof second / sizeof second[0]; i++) {
        struct engine_io_session session = begun(ENGINE_IO_POLLING);
        assert_int_equal(probe(&session, "2probe"), ENGINE_IO_PROBE_ANSWER);
        assert_int_equal(probe(&session, second[i]), ENGINE_IO_PROBE_REFUSED);
        engine_io_session_clear(&session);
    }
    struct engine_io_session session = begun(ENGINE_IO_POLLING);
    assert_int_equal(probe(&session, "2probe"), ENGINE_IO_PROBE_ANSWER);
    engine_io_session_probe_lost(&session);
    (void)payload(&session);
    assert_string_equal(payload(&session), ""); // no noop any more
    assert_int_equal(probe(&session, "5"), ENGINE_IO_PROBE_REFUSED);
    assert_int_equal(probe(&session, "2probe"), ENGINE_IO_PROBE_ANSWER); // another try
    engine_io_session_finish(&session, ENGINE_IO_CLIENT_CLOSED);
    assert_int_equal(probe(&session, "5"), ENGINE_IO_PROBE_REFUSED);
    engine_io_session_clear(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets),
        cmocka_unit_test(payloads_of_the_document),
        cmocka_unit_test(bad_payloads),
        cmocka_unit_test(every_cut_and_changed_byte),
        cmocka_unit_test(binary_of_every_length),
        cmocka_unit_test(open_packet_of_the_document),
        cmocka_unit_test(bad_open_packets),
        cmocka_unit_test(session_names),
        cmocka_unit_test(errors_as_json),
        cmocka_unit_test(what_waits_goes_in_order),
        cmocka_unit_test(payloads_are_bounded),
        cmocka_unit_test(heartbeats),
        cmocka_unit_test(excuses),
        cmocka_unit_test(endings),
        cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(moving_to_a_websocket),
        cmocka_unit_test(bad_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
