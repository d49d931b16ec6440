// protocols/socket_io_client: against the relay's end, in memory, and against servers that do everything wrong.
#include "tests/support.h"

#include "protocols/e2e_relay.h"
#include "protocols/socket_io_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Two clients, two sessions and a relay. What a client sends goes straight into its session.
struct end {
    struct socket_io_client_output output; // first
    struct socket_io_client client;
    struct engine_io_session session;
    struct e2e_member member;
    char heard[1000]; // the events: "CONNECTED KEY_EXCHANGE[...] ..."
};
static struct end ends[2];
static struct e2e_output relay_output;
static struct e2e_relay relay;
static int64_t now;
static bool wire_works;

static bool to_server(struct socket_io_client_output *output, const uint8_t *bytes, size_t length,
                      bool binary) {
    struct end *end = (struct end *)output;
    struct engine_io_packet packet;
    if (!wire_works) {
        return false;
    }
    assert_true(engine_io_parse(&packet, bytes, length, binary, NULL));
    if (engine_io_session_receive(&end->session, &packet, now, NULL)) {
        assert_true(e2e_relay_receive(&relay, &end->member, packet.data, packet.length, packet.binary, NULL));
    }
    return true;
}

static void from_relay(struct e2e_output *output, struct e2e_member *to, const struct engine_io_part parts[],
                       size_t count, bool binary) {
    (void)output;
    engine_io_session_send(&ends[to == &ends[1].member].session, parts, count, binary);
}

static void no_note(struct e2e_output *output, const struct e2e_note *note) {
    (void)output, (void)note;
}

static void hear(struct end *end, const char *what, struct json_slice json) {
    size_t at = strlen(end->heard);
    (void)snprintf(end->heard + at, sizeof end->heard - at, "%s%.*s ", what, (int)json.length, json.text);
}

// Until nothing is under way.
static void go_on(void) {
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < 2; i++) {
            struct engine_io_packet packet;
            struct end *end = &ends[i];
            if (!engine_io_session_first(&end->session, &packet)) {
                continue;
            }
            more = true;
            uint8_t text[1000];
            size_t length = packet.length;
            if (packet.binary) {
                memcpy(text, packet.data, length);
            } else {
                engine_io_encode(text, &packet);
                length = engine_io_encoded_length(&packet);
            }
            bool binary = packet.binary;
            engine_io_session_drop(&end->session);
            struct json_slice none = {"", 0};
            switch (socket_io_client_receive(&end->client, text, length, binary, now, NULL)) {
            case SOCKET_IO_CLIENT_NOTHING:
                break;
            case SOCKET_IO_CLIENT_CONNECTED:
                hear(end, "CONNECTED", none);
                break;
            case SOCKET_IO_CLIENT_EVENT:
                hear(end, "", end->client.collector.packet.json);
                break;
            case SOCKET_IO_CLIENT_ACK:
                hear(end, "ACK", end->client.collector.packet.json);
                break;
            case SOCKET_IO_CLIENT_REFUSED:
            case SOCKET_IO_CLIENT_ENDED:
                hear(end, "ENDED", none);
                break;
            case SOCKET_IO_CLIENT_MALFORMED:
                hear(end, "MALFORMED", none);
                break;
            }
        }
    }
}

static int set_up(void **state) {
    (void)state;
    struct engine_io_open open = {.ping_interval = 1000, .ping_timeout = 500, .max_payload = 1000};
    relay_output = (struct e2e_output){.send = from_relay, .note = no_note};
    e2e_relay_init(&relay, &relay_output, 1000);
    now = 0;
    wire_works = true;
    memset(ends, 0, sizeof ends);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(open.sid, sizeof open.sid, "sid%zu", i);
        ends[i].output.send = to_server;
        socket_io_client_init(&ends[i].client, &ends[i].output, now, 300);
        assert_true(engine_io_session_init(&ends[i].session, &open, ENGINE_IO_WEBSOCKET, 10000, now));
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        e2e_relay_leave(&relay, &ends[i].member);
        socket_io_client_clear(&ends[i].client);
        engine_io_session_clear(&ends[i].session);
    }
    return 0;
}

static void two_clients_and_a_relay(void **state) {
    (void)state;
    assert_int_equal(ends[0].client.silent_by, 300);
    go_on();
    assert_string_equal(ends[0].client.open.sid, "sid0");
    assert_string_equal(ends[0].heard, "CONNECTED [\"KEY_EXCHANGE\"] ");
    assert_string_equal(ends[1].heard, "CONNECTED [\"KEY_EXCHANGE\"] ");
    assert_int_equal(ends[0].client.silent_by, 1500);
    unsigned long first, second;
    assert_true(socket_io_client_emit(&ends[0].client, "ELGAMAL_PK", "\"17\"", 4, &first));
    assert_true(socket_io_client_emit(&ends[0].client, "message", "1,2", 3, &second));
    assert_true(socket_io_client_emit(&ends[0].client, "message", "", 0, NULL));
    assert_int_equal(second, first + 1);
    go_on();
    assert_string_equal(ends[0].heard,
                        "CONNECTED [\"KEY_EXCHANGE\"] ACK[{\"relayed\":true}] ACK[{\"relayed\":true}] ");
    assert_string_equal(ends[1].heard,
                        "CONNECTED [\"KEY_EXCHANGE\"] [\"ELGAMAL_PK_BC\",\"17\"] [\"received_message\",1,2] "
                        "[\"received_message\"] ");
    now = 1000; // a heartbeat
    engine_io_session_tick(&ends[0].session, now);
    go_on();
    assert_int_equal(engine_io_session_deadline(&ends[0].session), 2000);
    assert_int_equal(ends[0].client.silent_by, 2500);
    ends[1].heard[0] = '\0';
    socket_io_client_leave(&ends[0].client);
    assert_false(socket_io_client_emit(&ends[0].client, "message", "1", 1, NULL));
    go_on();
    assert_string_equal(ends[1].heard, "[\"PARTNER_LEFT\"] ");
    engine_io_session_finish(&ends[1].session, ENGINE_IO_ABOVE);
    go_on();
    assert_string_equal(ends[1].heard, "[\"PARTNER_LEFT\"] ENDED ");
}

static enum socket_io_client_event after(const char *const messages[], size_t count, bool last_binary,
                                         struct parse_error *where) {
    struct socket_io_client client;
    struct end nobody = {.output = {.send = to_server}};
    enum socket_io_client_event event = SOCKET_IO_CLIENT_NOTHING;
    struct engine_io_open open = {.sid = "x", .ping_interval = 1, .ping_timeout = 1, .max_payload = 1000};
    assert_true(engine_io_session_init(&nobody.session, &open, ENGINE_IO_WEBSOCKET, 10000, 0));
    socket_io_client_init(&client, &nobody.output, 0, 1);
    for (size_t i = 0; i < count; i++) {
        event = socket_io_client_receive(&client, (const uint8_t *)messages[i], strlen(messages[i]),
                                         last_binary && i == count - 1, 0, where);
    }
    if (event == SOCKET_IO_CLIENT_MALFORMED) { // and then it is over
        assert_int_equal(client.state, SOCKET_IO_OVER);
        assert_int_equal(socket_io_client_receive(&client, (const uint8_t *)"40", 2, false, 0, where),
                         SOCKET_IO_CLIENT_NOTHING);
    }
    socket_io_client_clear(&client);
    e2e_relay_leave(&relay, &nobody.member);
    engine_io_session_clear(&nobody.session);
    return event;
}

#define OPEN "0{\"sid\":\"a\",\"pingInterval\":1,\"pingTimeout\":1}"
static void servers_that_do_it_wrong(void **state) {
    (void)state;
    static const struct {
        const char *messages[3];
        size_t count;
        enum socket_io_client_event event;
    } cases[] = {
        {{"40"}, 1, SOCKET_IO_CLIENT_MALFORMED},
        {{"2"}, 1, SOCKET_IO_CLIENT_MALFORMED},
        {{""}, 1, SOCKET_IO_CLIENT_MALFORMED},
        {{"0{}"}, 1, SOCKET_IO_CLIENT_MALFORMED},
        {{OPEN, OPEN}, 2, SOCKET_IO_CLIENT_MALFORMED},
        {{OPEN, "5"}, 2, SOCKET_IO_CLIENT_MALFORMED},
        {{OPEN, "9"}, 2, SOCKET_IO_CLIENT_MALFORMED},
        {{OPEN, "42[\"x\"]"}, 2, SOCKET_IO_CLIENT_MALFORMED},
        {{OPEN, "430[]"}, 2, SOCKET_IO_CLIENT_MALFORMED},
        {{OPEN, "42[\"x\""}, 2, SOCKET_IO_CLIENT_MALFORMED},
        {{OPEN, "40{}", "40{}"}, 3, SOCKET_IO_CLIENT_MALFORMED},
        {{OPEN, "44{\"message\":\"no\"}"}, 2, SOCKET_IO_CLIENT_REFUSED},
        {{OPEN, "41"}, 2, SOCKET_IO_CLIENT_ENDED},
        {{OPEN, "1"}, 2, SOCKET_IO_CLIENT_ENDED},
        {{OPEN, "6"}, 2, SOCKET_IO_CLIENT_NOTHING},
        {{OPEN, "3"}, 2, SOCKET_IO_CLIENT_NOTHING},
        {{OPEN, "42/other,[\"x\"]"}, 2, SOCKET_IO_CLIENT_NOTHING},
        {{OPEN, "40{\"sid\":\"b\"}", "42[\"x\"]"}, 3, SOCKET_IO_CLIENT_EVENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parse_error where = {.reason = ""};
        if (after(cases[i].messages, cases[i].count, false, &where) != cases[i].event ||
            (cases[i].event == SOCKET_IO_CLIENT_MALFORMED) != (where.reason[0] != '\0')) {
            fail_msg("case %zu: %s", i, where.reason);
        }
    }
    static const char *const binary[] = {OPEN, "40{}", "x"};
    struct parse_error where;
    assert_int_equal(after(binary, 3, true, &where), SOCKET_IO_CLIENT_MALFORMED);
    assert_int_equal(after(binary, 1, true, &where), SOCKET_IO_CLIENT_MALFORMED);
    wire_works = false;
    static const char *const opened[] = {OPEN};
    assert_int_equal(after(opened, 1, false, &where), SOCKET_IO_CLIENT_MALFORMED);
}

static void every_changed_byte_of_an_event(void **state) {
    (void)state;
    static const char text[] = "451-[\"received_message\",{\"_placeholder\":true,\"num\":0}]";
    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (int byte = 1; byte < 256; byte++) {
            char changed[sizeof text];
            memcpy(changed, text, sizeof text);
            changed[at] = (char)byte;
            const char *const messages[] = {OPEN, "40{}", changed};
            struct parse_error where = {.reason = ""};
            enum socket_io_client_event event = after(messages, 3, false, &where);
            assert_int_equal(event == SOCKET_IO_CLIENT_MALFORMED, where.reason[0] != '\0');
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_clients_and_a_relay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(servers_that_do_it_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_changed_byte_of_an_event, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
