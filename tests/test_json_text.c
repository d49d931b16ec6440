// protocols/json_text: RFC 8259's grammar, in agreement with jansson on everything that both can say.
#include "tests/support.h"

#include "protocols/json_text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static bool good(const char *text) {
    return json_text_check(text, strlen(text), NULL);
}

static void refused_at(const char *text, size_t offset, const char *word) {
    struct parse_error where = {.reason = ""};
    if (json_text_check(text, strlen(text), &where) || where.offset != offset ||
        strstr(where.reason, word) == NULL) {
        fail_msg("%s: \"%s\" at %zu, expected \"%s\" at %zu", text, where.reason, where.offset, word, offset);
    }
}

static void values_are_taken(void **state) {
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "10",
        "-1.5",
        "1e9",
        "1E+9",
        "2.0e-3",
        "true",
        "false",
        "null",
        "\"\"",
        "[]",
        "{}",
        " [ ] ",
        "\t{ }\r\n",
        "[1,2]",
        "[ 1 , [ ] , { } ]",
        "{\"a\":1}",
        "{ \"a\" : [ 1 ] , \"b\" : null }",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0000\\uD834\\udd1e\"",
        "\"\\ud800\"",
        "\"\xc2\x80\xe2\x82\xac\xf0\x9d\x84\x9e\"",
        "\"\x7f\"",
        "123456789012345678901234567890123456789012345678901234567890",
        "1e999999",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!good(texts[i])) {
            fail_msg("refused: %s", texts[i]);
        }
    }
}

static void faults_are_named_with_their_place(void **state) {
    (void)state;
    refused_at("", 0, "ends where a value");
    refused_at("[1,", 3, "ends where a value");
    refused_at("[1", 2, "comma or ]");
    refused_at("[1}", 2, "comma or ]");
    refused_at("{\"a\":1]", 6, "comma or }");
    refused_at("[1,]", 3, "no JSON value");
    refused_at("{\"a\"}", 4, "colon");
    refused_at("{a:1}", 1, "name in quotes");
    refused_at("{\"a\":1,}", 7, "name in quotes");
    refused_at("01", 1, "0 and another digit");
    refused_at("-", 1, "digit");
    refused_at("1.", 2, "digit");
    refused_at("1.e1", 2, "digit");
    refused_at("1e", 2, "digit");
    refused_at("+1", 0, "no JSON value");
    refused_at(".5", 0, "no JSON value");
    refused_at("NaN", 0, "no JSON value");
    refused_at("tru", 0, "no JSON value");
    refused_at("1 2", 2, "something follows");
    refused_at("[]]", 2, "something follows");
    refused_at("\"a", 2, "inside a string");
    refused_at("\"\\", 2, "inside a string");
    refused_at("\"\\x\"", 1, "no such escape");
    refused_at("\"\\u12g4\"", 1, "four hexadecimal");
    refused_at("\"a\nb\"", 2, "control character");
    refused_at("\"\x1e\"", 1, "control character");
    refused_at("\"\x1f\"", 1, "control character");
    refused_at("\"\x80\"", 1, "not UTF-8");             // a continuation alone
    refused_at("\"\xc1\xbf\"", 1, "not UTF-8");         // longer than needed
    refused_at("\"\xe0\x9f\xbf\"", 1, "not UTF-8");     // longer than needed
    refused_at("\"\xed\xa0\x80\"", 1, "not UTF-8");     // a surrogate
    refused_at("\"\xf4\x90\x80\x80\"", 1, "not UTF-8"); // above 10FFFF
    refused_at("\"\xf5\x80\x80\x80\"", 1, "not UTF-8");
    refused_at("\"\xe2\x82\"", 1, "not UTF-8"); // cut off
    assert_false(json_text_check("\"\0\"", 3, NULL));
    assert_false(json_text_check("\"\\\0\"", 4, NULL));
}

static void depth_is_bounded(void **state) {
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 2];
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_true(json_text_check(text, 2 * JSON_DEPTH_MAX, NULL));
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    struct parse_error where;
    assert_false(json_text_check(text, sizeof text, &where));
    assert_string_equal(where.reason, "nested too deeply");
    assert_int_equal(where.offset, JSON_DEPTH_MAX);
    char *long_one = malloc(1000000);
    assert_non_null(long_one);
    memset(long_one, '[', 1000000);
    assert_false(json_text_check(long_one, 1000000, NULL));
    free(long_one);
}

// Mutations of a text that has everything: the same answer as jansson, except where jansson cannot represent the value.
static void same_answers_as_jansson(void **state) {
    (void)state;
    static const char seed[] = "{\"a\":[1,-2.5e3,true,null,\"x\\u00e9\\n\",{\"\":[]}],\"b\xc3\xa9\":{\"c\":"
                               "false,\"d\":\"\xe2\x82\xac\"} , \"e\" : [ ] }";
    static const char alphabet[] = "{}[]\",:0123456789.-+eE \\utrfalsn\n\x80\xc3\xe2";
    struct test_random random;
    test_random_seed(&random, 8259);
    unsigned taken = 0, refused = 0;
    for (int i = 0; i < 60000; i++) {
        char text[sizeof seed + 8];
        size_t length = sizeof seed - 1;
        memcpy(text, seed, length);
        for (size_t n = 1 + test_random_below(&random, 3); n > 0; n--) {
            size_t at = test_random_below(&random, length);
            char c = alphabet[test_random_below(&random, sizeof alphabet - 1)];
            switch (test_random_below(&random, 3)) {
            case 0:
                text[at] = c;
                break;
            case 1:
                memmove(text + at, text + at + 1, length - at - 1);
                length--;
                break;
            default:
                memmove(text + at + 1, text + at, length - at);
                text[at] = c;
                length++;
                break;
            }
        }
        json_error_t error;
        json_t *theirs = json_loadb(text, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        bool ours = json_text_check(text, length, NULL);
        if (ours != (theirs != NULL) && strstr(error.text, "overflow") == NULL &&
            strstr(error.text, "too big") == NULL && strstr(error.text, "Unicode") == NULL) {
            fail_msg("ours says %d, jansson says %s: %.*s", ours, error.text, (int)length, text);
        }
        taken += ours;
        refused += !ours;
        json_decref(theirs);
    }
    assert_true(taken > 1000 && refused > 1000);
}

static void every_truncation_is_refused(void **state) {
    (void)state;
    static const char text[] = "{\"a\":[1,-2.5e3,true,null,\"x\\u00e9\\n\",{\"\":[]}],\"b\xc3\xa9\":{}}";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        char *exact = malloc(length + 1); // so that the sanitizer sees a byte too many
        assert_non_null(exact);
        memcpy(exact, text, length);
        struct parse_error where;
        assert_false(json_text_check(exact, length, &where));
        assert_true(where.offset <= length);
        free(exact);
    }
    assert_true(good(text));
}

static struct json_slice slice(const char *text) {
    return (struct json_slice){text, strlen(text)};
}

static void assert_slice(struct json_slice actual, const char *expected) {
    assert_int_equal(actual.length, strlen(expected));
    assert_memory_equal(actual.text, expected, actual.length);
}

static void walks(void **state) {
    (void)state;
    struct json_walk walk;
    struct json_slice name, element;
    json_text_enter(&walk, slice(" [ 1 , \"a,]\\\"\" ,[2,[3]], {\"x\":[4]} ,true ] "));
    static const char *const expected[] = {"1", "\"a,]\\\"\"", "[2,[3]]", "{\"x\":[4]}", "true"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(json_text_next(&walk, &name, &element));
        assert_slice(name, "");
        assert_slice(element, expected[i]);
    }
    assert_false(json_text_next(&walk, &name, &element));
    assert_false(json_text_next(&walk, &name, &element));
    json_text_enter(&walk, slice("{ \"a\" : 1 , \"b:}\":{\"c\":2}}"));
    assert_true(json_text_next(&walk, &name, &element));
    assert_slice(name, "\"a\"");
    assert_slice(element, "1");
    assert_true(json_text_next(&walk, &name, &element));
    assert_slice(name, "\"b:}\"");
    assert_slice(element, "{\"c\":2}");
    assert_false(json_text_next(&walk, &name, &element));
    static const char *const leaves[] = {"[]", "{}", "1", "\"[1]\"", "null"};
    for (size_t i = 0; i < 5; i++) {
        json_text_enter(&walk, slice(leaves[i]));
        assert_false(json_text_next(&walk, &name, &element));
    }
}

static void members_are_found_by_their_decoded_name(void **state) {
    (void)state;
    struct json_slice value, object = slice("{\"a\":1,\"\\u0062\":2,\"a\":3,\"c\":{\"d\":4}}");
    assert_true(json_text_member(object, "a", &value)); // the last one counts, as in JavaScript and Python
    assert_slice(value, "3");
    assert_true(json_text_member(object, "b", &value));
    assert_slice(value, "2");
    assert_false(json_text_member(object, "d", &value));
    assert_false(json_text_member(slice("[\"a\",1]"), "a", &value));
}

static void strings_are_decoded_and_written(void **state) {
    (void)state;
    char out[64];
    size_t length;
    assert_true(json_text_string(out, sizeof out, &length,
                                 slice("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud834\\udd1e\"")));
    static const char expected[] = "a\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e";
    assert_int_equal(length, sizeof expected - 1);
    assert_memory_equal(out, expected, length);
    assert_true(json_text_string(out, length, &length,
                                 slice("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud834\\udd1e\"")));
    assert_false(json_text_string(out, length - 1, &length,
                                  slice("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud834\\udd1e\"")));
    assert_false(json_text_string(out, sizeof out, &length, slice("1")));
    assert_false(json_text_string(out, sizeof out, &length, slice("\"\\ud834\"")));
    assert_false(json_text_string(out, sizeof out, &length, slice("\"\\ud834\\u0041\"")));
    assert_false(json_text_string(out, sizeof out, &length, slice("\"\\udd1e\\ud834\"")));
    assert_false(json_text_string(out, sizeof out, &length, slice("\"\\udc01\\udc00\"")));
    assert_true(json_text_is(slice("\"message\""), "message"));
    assert_true(json_text_is(slice("\"m\\u0065ssage\""), "message"));
    assert_false(json_text_is(slice("\"messages\""), "message"));
    assert_false(json_text_is(slice("message"), "message"));
    // There and back, every character of one byte.
    for (int c = 0; c < 128; c++) {
        char text[] = {'<', (char)c, '>'}, json[JSON_STRING_SIZE(3)], back[3];
        size_t written = json_text_write(json, sizeof json, text, 3);
        assert_true(written >= 5 && written <= sizeof json);
        assert_true(json_text_check(json, written, NULL));
        assert_true(json_text_string(back, sizeof back, &length, (struct json_slice){json, written}));
        assert_int_equal(length, 3);
        assert_memory_equal(back, text, 3);
    }
    assert_int_equal(json_text_write(out, JSON_STRING_SIZE(3) - 1, "abc", 3), 0);
}

static void numbers(void **state) {
    (void)state;
    unsigned long number;
    assert_true(json_text_number(slice("0"), 10, &number) && number == 0);
    assert_true(json_text_number(slice("10"), 10, &number) && number == 10);
    assert_false(json_text_number(slice("11"), 10, &number));
    assert_false(json_text_number(slice("100"), 10, &number));
    assert_false(json_text_number(slice("9"), 8, &number));
    assert_false(json_text_number(slice("-1"), 10, &number));
    assert_false(json_text_number(slice("1.0"), 10, &number));
    assert_false(json_text_number(slice("1e0"), 10, &number));
    assert_false(json_text_number(slice("\"1\""), 10, &number));
    assert_false(json_text_number(slice("99999999999999999999999"), 1000000, &number));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_taken),
        cmocka_unit_test(faults_are_named_with_their_place),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(same_answers_as_jansson),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(walks),
        cmocka_unit_test(members_are_found_by_their_decoded_name),
        cmocka_unit_test(strings_are_decoded_and_written),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
