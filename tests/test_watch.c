// protocols/watch and apps/common/report: both directions in any pieces, what fits no table, and messages of which one end
// or both have something to say.
#include "tests/support.h"

#include "apps/common/report.h"

#include "protocols/des_chat.h"
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_directions_in_pieces),
                                       cmocka_unit_test(everything_is_in_the_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
