// protocols/watch and apps/common/report: both directions in any pieces, what fits no table, and messages of which one end
// or both have something to say.
#include "tests/support.h"

#include "apps/common/report.h"

#include "protocols/des_chat.h"
#include "protocols/e2e_client.h"
#include "protocols/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct listener {
    struct explain_sink sink;
    char text[1000];
};
static void listen_in(struct explain_sink *sink, const struct explanation *explanation) {
    struct listener *listener = (struct listener *)sink;
    size_t have = strlen(listener->text);
    (void)snprintf(listener->text + have, sizeof listener->text - have, "%u %s>%s %s|", explanation->number,
                   explanation->sender, explanation->receiver, explanation->message->type->name);
}

static void both_directions_in_pieces(void **state) {
    (void)state;
    static const char from_client[] = "\0\0\0\x0a"
                                      "Connected!\0\0\0\x02"
                                      "44";
    static const char from_server[] = "\0\0\0\x04"
                                      "1021\0\0\0\x02"
                                      "22\0\0\0\x03"
                                      "375\0\0\0\x0b"
                                      "Refused: no\0\0\0\x01?";
    struct listener listener = {.sink.explain = listen_in};
    struct watch watch;
    assert_true(watch_start(&watch, &des_chat_protocol, "alice", &listener.sink));
    // The greeting and a part of Yc first; p to Ys, byte by byte between the two parts of Yc.
    watch_bytes(&watch, true, (const uint8_t *)from_client, 16);
    for (size_t i = 0; i < 21; i++) {
        watch_bytes(&watch, false, (const uint8_t *)from_server + i, 1);
    }
    watch_bytes(&watch, true, (const uint8_t *)from_client + 16, sizeof from_client - 1 - 16);
    watch_bytes(&watch, false, (const uint8_t *)from_server + 21, sizeof from_server - 1 - 21);
    assert_string_equal(listener.text,
                        "1 alice>server Connected!|2 server>alice p|3 server>alice g|4 server>alice Ys|"
                        "5 alice>server Yc|6 server>alice Refused|7 server>alice unknown|");
    assert_int_equal(watch.watched.unknown, 1);
    // Lost: a length beyond all bounds ends this direction, once, and not the other.
    watch_bytes(&watch, false, (const uint8_t *)"\xff\0\0\0abc", 7);
    watch_bytes(&watch, false, (const uint8_t *)"\0\0\0\1x", 5);
    assert_int_equal(watch.watched.unknown, 2);
    watch_bytes(&watch, true, (const uint8_t *)"\0\0\0\1x", 5);
    assert_int_equal(watch.watched.number, 8);
    watch_stop(&watch);
}

// A stock client: it polls, on one connection here, sends packets by post, and then moves to a WebSocket. Every length of
// pieces tells the same.
static const char polls[] =
    "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n"
    "POST /socket.io/?EIO=4&transport=polling&sid=a HTTP/1.1\r\nHost: x\r\nContent-Length: 21\r\n\r\n"
    "40{}\x1e"
    "427[\"message\",1]"
    "GET /socket.io/?EIO=4&transport=polling&sid=a HTTP/1.1\r\nHost: x\r\n\r\n"
    "GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n";
static const char answers[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
                              "0{ }"
                              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                              "ok"
                              "HTTP/1.1 200 OK\r\nContent-Length: 53\r\n\r\n"
                              "40{\"sid\":\"b\"}\x1e"
                              "42[\"received_message\", \"{\"]\x1e"
                              "437[1]\x1e"
                              "bAQI"
                              "HTTP/1.1 400 Bad Request\r\nContent-Length: 21\r\n\r\n"
                              "{\"code\":3,\"message\":}"
                              "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nand the rest, whatever it is";

static void polling_in_pieces(void **state) {
    (void)state;
    for (size_t size = 1; size < sizeof answers; size++) {
        struct listener listener = {.sink.explain = listen_in};
        struct watch watch;
        assert_true(watch_start(&watch, &e2e_relay_protocol, "c", &listener.sink));
        for (size_t i = 0; i < sizeof polls - 1; i += size) {
            size_t left = sizeof polls - 1 - i;
            watch_bytes(&watch, true, (const uint8_t *)polls + i, left < size ? left : size);
        }
        for (size_t i = 0; i < sizeof answers - 1; i += size) {
            size_t left = sizeof answers - 1 - i;
            watch_bytes(&watch, false, (const uint8_t *)answers + i, left < size ? left : size);
        }
        assert_string_equal(
            listener.text,
            "1 c>relay poll|2 c>relay post|3 c>relay connect|4 c>relay message|"
            "5 c>relay poll|6 c>relay unknown|7 relay>c answer|8 relay>c open|"
            "9 relay>c answer|10 relay>c taken|11 relay>c answer|"
            "12 relay>c connected|13 relay>c received_message|14 relay>c packet|15 relay>c packet|"
            "16 relay>c answer|17 relay>c error|18 relay>c answer|");
        assert_int_equal(watch.watched.unknown, 2); // the icon, and an answer that does not say where it ends
        watch_stop(&watch);
    }
}

static void from_polling_to_a_websocket(void **state) {
    (void)state;
    static const char asks[] =
        "GET /socket.io/?EIO=4&transport=websocket&sid=a HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"
        "\x81\x86\0\0\0\0"
        "2probe"
        "\x81\x81\0\0\0\0"
        "5"
        "\x81\x84\0\0\0\0"
        "451-"
        "\x82\x82\0\0\0\0"
        "\1\2";
    static const char says[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
                               "\x81\6"
                               "3probe"
                               "\x81\1"
                               "6"
                               "\x81\1"
                               "1"
                               "\x81\1"
                               "9";
    struct listener listener = {.sink.explain = listen_in};
    struct watch watch;
    assert_true(watch_start(&watch, &e2e_relay_protocol, "c", &listener.sink));
    watch_bytes(&watch, true, (const uint8_t *)asks, sizeof asks - 1);
    watch_bytes(&watch, false, (const uint8_t *)says, sizeof says - 1);
    assert_string_equal(listener.text,
                        "1 c>relay upgrade|2 c>relay probe|3 c>relay move|4 c>relay packet|"
                        "5 c>relay attachment|6 relay>c switching protocols|7 relay>c probe answered|"
                        "8 relay>c nothing|9 relay>c close|10 relay>c unknown|");
    watch_stop(&watch);
    // A server that does not agree answers in HTTP, whatever fields it sends.
    static const char no[] =
        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nok";
    memset(listener.text, 0, sizeof listener.text);
    assert_true(watch_start(&watch, &e2e_relay_protocol, "c", &listener.sink));
    watch_bytes(&watch, false, (const uint8_t *)no, sizeof no - 1);
    assert_string_equal(listener.text, "1 relay>c answer|2 relay>c taken|");
    watch_stop(&watch);
}

// --- reports ---------------------------------------------------------------------------------------------------

static int tell(struct report *report, void *context) {
    struct report_flow flow = {0};
    struct message messages[3];
    const char *const texts[] = {"Connected!", "1021", "22"};
    const struct message_type *const types[] = {&des_chat_connected, &des_chat_p, &des_chat_g};
    uint8_t bytes[3][16];
    (void)context;
    report_warning(report, "<warning>");
    report_title(report, "title & co", "a sentence");
    report_remark(report, "label", "with `code` in it");
    for (size_t i = 0; i < 3; i++) {
        memcpy(bytes[i], texts[i], strlen(texts[i]) + 1);
        if (message_parse(&messages[i], types[i], bytes[i], strlen(texts[i]), NULL) != MESSAGE_OK) {
            return 3;
        }
        struct explanation sent = {.number = (unsigned)i + 1,
                                   .sender = "client",
                                   .receiver = "server",
                                   .sent = true,
                                   .framed = true,
                                   .message = &messages[i]};
        report_sent(report, &flow, &sent);
    }
    // The receiver has something to say about the first only.
    struct explanation received = {.number = 1,
                                   .sender = "client",
                                   .receiver = "server",
                                   .message = &messages[0],
                                   .checked = "it is there"};
    report_received(report, &flow, &received);
    report_arrived(report, &flow);
    report_received(report, &flow, &received); // nothing is under way
    report_screen(report, "server", "says: ", (const uint8_t *)"\x1b<b>", 4);
    report_sent(report, &flow, &received);
    report_flow_clear(&flow); // and that never arrived
    return 0;
}

static void everything_is_in_the_page(void **state) {
    (void)state;
    static const char *const parts[] = {
        "&lt;warning&gt;",
        "title &amp; co",
        "a sentence",
        "with <code>code</code> in it",
        "At a glance: 3 messages",
        "Connected!",
        "it is there",
        ">p</h2>",
        "all computing is modulo this number",
        ">g</h2>",
        "\\x1b&lt;b&gt;",
    };
    static char page[200000];
    char path[] = "/tmp/test_report_XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0 && close(descriptor) == 0);
    assert_int_equal(report_run(false, path, tell, NULL), 0);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    (void)fclose(file);
    (void)unlink(path);
    const char *at = page;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *found = strstr(i < 4 ? page : at, parts[i]);
        assert_non_null(found);
        at = i < 4 ? page : found;
    }
    assert_null(strstr(page, "<b>"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_in_pieces), cmocka_unit_test(polling_in_pieces),
        cmocka_unit_test(from_polling_to_a_websocket), cmocka_unit_test(everything_is_in_the_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
