// protocols/socket_io: the protocol document's examples, there and back; every cut and changed byte; attachments.
#include "tests/support.h"

#include "protocols/socket_io.h"

#include <stdlib.h>
#include <string.h>

static bool parse(struct socket_io_packet *packet, const char *text, struct parse_error *where) {
    return socket_io_parse(packet, (const uint8_t *)text, strlen(text), where);
}

static void assert_slice(struct json_slice actual, const char *expected) {
    assert_int_equal(actual.length, strlen(expected));
    assert_memory_equal(actual.text, expected, actual.length);
}

static void examples_of_the_document(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum socket_io_type type;
        size_t attachments;
        const char *name_space;
        long id;
        const char *json;
    } cases[] = {
        {"0", SOCKET_IO_CONNECT, 0, "/", -1, ""},
        {"0{\"token\":\"123\"}", SOCKET_IO_CONNECT, 0, "/", -1, "{\"token\":\"123\"}"},
        {"0/admin,", SOCKET_IO_CONNECT, 0, "/admin", -1, ""},
        {"0/admin", SOCKET_IO_CONNECT, 0, "/admin", -1, ""},
        {"0/admin,{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}", SOCKET_IO_CONNECT, 0, "/admin", -1,
         "{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}"},
        {"4{\"message\":\"Not authorized\"}", SOCKET_IO_CONNECT_ERROR, 0, "/", -1,
         "{\"message\":\"Not authorized\"}"},
        {"1", SOCKET_IO_DISCONNECT, 0, "/", -1, ""},
        {"1/admin,", SOCKET_IO_DISCONNECT, 0, "/admin", -1, ""},
        {"2[\"hello\",1]", SOCKET_IO_EVENT, 0, "/", -1, "[\"hello\",1]"},
        {"2/admin,456[\"project:delete\",123]", SOCKET_IO_EVENT, 0, "/admin", 456,
         "[\"project:delete\",123]"},
        {"212[\"foo\"]", SOCKET_IO_EVENT, 0, "/", 12, "[\"foo\"]"},
        {"3/admin,456[]", SOCKET_IO_ACK, 0, "/admin", 456, "[]"},
        {"51-[\"hello\",{\"_placeholder\":true,\"num\":0}]", SOCKET_IO_BINARY_EVENT, 1, "/", -1,
         "[\"hello\",{\"_placeholder\":true,\"num\":0}]"},
        {"51-/admin,456[\"project:delete\",{\"_placeholder\":true,\"num\":0}]", SOCKET_IO_BINARY_EVENT, 1,
         "/admin", 456, "[\"project:delete\",{\"_placeholder\":true,\"num\":0}]"},
        {"61-/admin,456[{\"_placeholder\":true,\"num\":0}]", SOCKET_IO_BINARY_ACK, 1, "/admin", 456,
         "[{\"_placeholder\":true,\"num\":0}]"},
        {"510-[\"x\"]", SOCKET_IO_BINARY_EVENT, 10, "/", -1, "[\"x\"]"},
        {"2999999999999999[\"x\"]", SOCKET_IO_EVENT, 0, "/", 999999999999999, "[\"x\"]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct socket_io_packet packet;
        struct parse_error where = {.reason = ""};
        if (!parse(&packet, cases[i].text, &where)) {
            fail_msg("%s: %s", cases[i].text, where.reason);
        }
        assert_int_equal(packet.type, cases[i].type);
        assert_int_equal(packet.attachments, cases[i].attachments);
        assert_slice(packet.name_space, cases[i].name_space);
        assert_int_equal(packet.has_id, cases[i].id >= 0);
        assert_int_equal(packet.id, cases[i].id >= 0 ? cases[i].id : 0);
        assert_slice(packet.json, cases[i].json);
        char prefix[SOCKET_IO_PREFIX_MAX];
        size_t length = socket_io_write_prefix(prefix, &packet);
        size_t json = packet.json.length;
        if (strcmp(cases[i].text, "0/admin") != 0) { // which lacks a comma
            assert_int_equal(length + json, strlen(cases[i].text));
            assert_memory_equal(prefix, cases[i].text, length);
        }
        assert_string_not_equal(socket_io_type_text(packet.type), "unknown");
    }
}

static void refused_at(const char *text, size_t offset, const char *word) {
    struct socket_io_packet packet;
    struct parse_error where = {.reason = ""};
    if (parse(&packet, text, &where) || where.offset != offset || strstr(where.reason, word) == NULL) {
        fail_msg("%s: \"%s\" at %zu, expected \"%s\" at %zu", text, where.reason, where.offset, word, offset);
    }
}

static void faults_are_named_with_their_place(void **state) {
    (void)state;
    refused_at("", 0, "type from 0 to 6");
    refused_at("7", 0, "type from 0 to 6");
    refused_at("a[]", 0, "type from 0 to 6");
    refused_at("2", 1, "an event must be");
    refused_at("2{}", 1, "an event must be");
    refused_at("2[]", 1, "an event must be");
    refused_at("2[1]", 1, "an event must be");
    refused_at("2\"x\"", 1, "an event must be");
    refused_at("2[\"x\"", 5, "JSON: ");
    refused_at("2[\"x\"]]", 6, "JSON: something follows");
    refused_at("2[\"\xff\"]", 3, "JSON: not UTF-8");
    refused_at("3[]", 1, "acknowledgement");
    refused_at("37", 2, "acknowledgement");
    refused_at("37{}", 2, "acknowledgement");
    refused_at("1[]", 1, "no data");
    refused_at("0[]", 1, "must be an object");
    refused_at("4", 1, "say why");
    refused_at("5[\"x\"]", 1, "number of attachments");
    refused_at("5-[\"x\"]", 1, "number of attachments");
    refused_at("51[\"x\"]", 2, "number of attachments");
    refused_at("51", 2, "number of attachments");
    refused_at("511-[\"x\"]", 1, "more than 10");
    refused_at("599999999999999999999-[\"x\"]", 1, "more than 10");
    refused_at("21000000000000000[\"x\"]", 1, "more than 15 digits");
    refused_at("2/a b,[\"x\"]", 3, "no namespace has");
    refused_at("2/a\x1b,[\"x\"]", 3, "no namespace has");
    refused_at("2/\xc3\xa9,[\"x\"]", 2, "no namespace has");
    char text[SOCKET_IO_NAMESPACE_MAX + 8] = "0";
    memset(text + 1, '/', SOCKET_IO_NAMESPACE_MAX);
    struct socket_io_packet packet;
    assert_true(parse(&packet, text, NULL));
    text[SOCKET_IO_NAMESPACE_MAX + 1] = '/';
    refused_at(text, 1, "longer than 128");
    static const char *const placeholders[] = {
        "51-[\"x\",{\"_placeholder\":true,\"num\":1}]",
        "51-[\"x\",{\"_placeholder\":true,\"num\":-1}]",
        "51-[\"x\",{\"_placeholder\":true}]",
        "51-[\"x\",{\"_placeholder\":true,\"num\":\"0\"}]",
        "51-[\"x\",{\"_placeholder\":true,\"num\":0.5}]",
        "51-[\"x\",[{\"a\":{\"_placeholder\":true,\"num\":7}}]]",
        "51-[\"x\",{\"_placeholder\":1,\"num\":0}]",
        "51-[\"x\",{\"_placeholder\":true,\"num\":0,\"num\":9}]",
        "50-[\"x\",{\"_placeholder\":true,\"num\":0}]",
        "51-[\"x\",{\"\\u005fplaceholder\":true,\"num\":9}]",
    };
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        refused_at(placeholders[i], 3, "a placeholder");
    }
    // In a packet without attachments it is data like any other.
    assert_true(parse(&packet, "2[\"x\",{\"_placeholder\":true,\"num\":1}]", NULL));
}

static void events_are_split(void **state) {
    (void)state;
    static const struct {
        const char *text, *name, *rest;
    } cases[] = {{"2[\"a\"]", "\"a\"", "]"},
                 {"2[\"a\",1,[2]]", "\"a\"", ",1,[2]]"},
                 {"2[ \"a,\\\"\" , 1 ] ", "\"a,\\\"\"", " , 1 ] "}};
    for (size_t i = 0; i < 3; i++) {
        struct socket_io_packet packet;
        struct json_slice name, rest;
        assert_true(parse(&packet, cases[i].text, NULL));
        socket_io_event(&packet, &name, &rest);
        assert_slice(name, cases[i].name);
        assert_slice(rest, cases[i].rest);
    }
}

static void every_cut_and_changed_byte(void **state) {
    (void)state;
    static const char text[] = "51-/admin,456[\"project:delete\",{\"_placeholder\":true,\"num\":0},1.5e3]";
    size_t whole = sizeof text - 1;
    unsigned good = 0, bad = 0;
    for (size_t length = 0; length <= whole; length++) {
        for (size_t at = 0; at < (length == whole ? whole : 1); at++) {
            for (int byte = 0; byte < (length == whole ? 256 : 1); byte++) {
                uint8_t *changed = malloc(length + 1);
                assert_non_null(changed);
                memcpy(changed, text, length);
                if (length == whole) {
                    changed[at] = (uint8_t)byte;
                }
                uint8_t *exact = malloc(length + (length == 0));
                assert_non_null(exact);
                memcpy(exact, changed, length);
                struct socket_io_packet packet;
                struct parse_error where = {.reason = ""};
                if (socket_io_parse(&packet, exact, length, &where)) {
                    good++;
                    assert_int_equal(length, whole); // no part of it is a packet
                } else {
                    bad++;
                    assert_true(where.offset <= length && where.reason[0] != '\0');
                }
                free(exact);
                free(changed);
            }
        }
    }
    assert_true(good > 1000 && bad > 5000);
}

// --- attachments -----------------------------------------------------------------------------------------------

static enum socket_io_progress collect(struct socket_io_collector *collector, const char *bytes, bool binary,
                                       struct parse_error *where) {
    uint8_t *copy = malloc(strlen(bytes) + 1); // what is kept must be a copy
    assert_non_null(copy);
    memcpy(copy, bytes, strlen(bytes) + 1);
    enum socket_io_progress progress = socket_io_collect(collector, copy, strlen(bytes), binary, 60, where);
    if (progress != SOCKET_IO_COMPLETE || binary) {
        free(copy);
    } else {
        static uint8_t *last; // a complete text packet stands in the caller's bytes
        free(last);
        last = copy;
        if (bytes[0] == '1') { // the end of a test
            free(last);
            last = NULL;
        }
    }
    return progress;
}

static void attachments_are_collected(void **state) {
    (void)state;
    struct socket_io_collector collector = {.text = NULL};
    assert_int_equal(collect(&collector, "2[\"x\"]", false, NULL), SOCKET_IO_COMPLETE);
    assert_int_equal(collector.packet.type, SOCKET_IO_EVENT);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(collect(&collector, "52-7[\"y\"]", false, NULL), SOCKET_IO_INCOMPLETE);
        assert_int_equal(collect(&collector, "one", true, NULL), SOCKET_IO_INCOMPLETE);
        assert_int_equal(collect(&collector, "", true, NULL), SOCKET_IO_COMPLETE);
        assert_int_equal(collector.packet.id, 7);
        assert_slice(collector.packet.json, "[\"y\"]");
        assert_int_equal(collector.count, 2);
        assert_int_equal(collector.attachments[0].length, 3);
        assert_memory_equal(collector.attachments[0].bytes, "one", 3);
        assert_int_equal(collector.attachments[1].length, 0);
    }
    assert_int_equal(collect(&collector, "50-[\"none\"]", false, NULL), SOCKET_IO_COMPLETE);
    assert_int_equal(collector.count, 0);
    assert_int_equal(collect(&collector, "1", false, NULL), SOCKET_IO_COMPLETE);
    socket_io_collector_clear(&collector);
}

static void attachments_at_the_wrong_place(void **state) {
    (void)state;
    struct socket_io_collector collector = {.text = NULL};
    struct parse_error where = {.reason = ""};
    assert_int_equal(collect(&collector, "one", true, &where), SOCKET_IO_REFUSED);
    assert_non_null(strstr(where.reason, "no attachment is missing"));
    assert_int_equal(collect(&collector, "51-[\"y\"]", false, NULL), SOCKET_IO_INCOMPLETE);
    assert_int_equal(collect(&collector, "2[\"x\"]", false, &where), SOCKET_IO_REFUSED);
    assert_non_null(strstr(where.reason, "where an attachment must come"));
    socket_io_collector_clear(&collector);
    assert_int_equal(collect(&collector, "51-[\"y\"]", false, NULL), SOCKET_IO_INCOMPLETE);
    char long_one[54];
    memset(long_one, 'x', 53);
    long_one[53] = '\0';
    assert_int_equal(collect(&collector, long_one, true, &where), SOCKET_IO_REFUSED); // 8 + 53 > 60
    assert_non_null(strstr(where.reason, "too long"));
    long_one[52] = '\0';
    assert_int_equal(collect(&collector, long_one, true, &where), SOCKET_IO_COMPLETE);
    socket_io_collector_clear(&collector);
    assert_int_equal(collect(&collector, "51-[\"y\"]", false, NULL), SOCKET_IO_INCOMPLETE);
    socket_io_collector_clear(&collector); // in the middle
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_document),  cmocka_unit_test(faults_are_named_with_their_place),
        cmocka_unit_test(events_are_split),          cmocka_unit_test(every_cut_and_changed_byte),
        cmocka_unit_test(attachments_are_collected), cmocka_unit_test(attachments_at_the_wrong_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
