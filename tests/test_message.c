// protocols/message and protocols/frame: tables that parse and build the same thing, for every kind of field.
#include "tests/support.h"

#include "protocols/frame.h"
#include "protocols/message.h"

#include <stdlib.h>
#include <string.h>

// Like the messages of the protocols to come: separators inside, binary fields of fixed length at the end.
static const struct message_type key_part = {
    .name = "KEY_PART",
    .count = 7,
    .fields = {{"mark", FIELD_CONSTANT, "", .constant = "KEY_PART:"},
               {"from", FIELD_TEXT, "", .minimum = 1, .maximum = 8},
               {"arrow", FIELD_CONSTANT, "", .constant = "->"},
               {"to", FIELD_TEXT, "", .minimum = 1, .maximum = 8},
               {"bars", FIELD_CONSTANT, "", .constant = "||"},
               {"part", FIELD_BYTES, "", .minimum = 4, .maximum = 4},
               {"digest", FIELD_HEX, "", .minimum = 2, .maximum = 2}},
};
static const struct message_type sealed = {
    .name = "sealed",
    .count = 3,
    .fields = {{"iv", FIELD_BYTES, "", .minimum = 2, .maximum = 2},
               {"ciphertext", FIELD_BYTES, "", .minimum = 1, .maximum = 10},
               {"mac", FIELD_BYTES, "", .minimum = 3, .maximum = 3}},
};
static const struct message_type prefixed = {
    .name = "prefixed",
    .count = 3,
    .fields = {{"first", FIELD_PREFIXED, "", .minimum = 0, .maximum = 5},
               {"second", FIELD_PREFIXED, "", .minimum = 1, .maximum = 5},
               {"rest", FIELD_BASE64, "", .minimum = 1, .maximum = 6}},
};
static const struct message_type number = {
    .name = "number",
    .count = 1,
    .fields = {{"n", FIELD_DECIMAL, "", .minimum = 1, .maximum = 4}},
};

static struct message message;
static struct parse_error where;

static void assert_parse(const struct message_type *type, const char *payload, size_t length,
                         enum message_error error, size_t offset, const char *reason) {
    static uint8_t *exact;
    free(exact);
    exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    memcpy(exact, payload, length);
    enum message_error result = message_parse(&message, type, exact, length, &where);
    if (result != error || (error != MESSAGE_OK && where.offset != offset)) {
        print_error("%.*s: %s at %zu\n", (int)length, payload, where.reason, where.offset);
    }
    assert_int_equal(result, error);
    if (error != MESSAGE_OK) {
        assert_int_equal(where.offset, offset);
        assert_non_null(strstr(where.reason, reason));
    }
}
#define PAYLOAD(text) text, sizeof(text) - 1

static void assert_field(size_t i, const char *bytes, size_t length) {
    uint8_t out[64];
    size_t out_length;
    assert_true(message_bytes(&message, i, out, sizeof out, &out_length));
    assert_int_equal(out_length, length);
    assert_memory_equal(out, bytes, length);
    assert_false(length > 0 && message_bytes(&message, i, out, length - 1, &out_length));
}

static void separators_and_binary_fields(void **state) {
    (void)state;
    // The binary part may contain the separators.
    assert_parse(&key_part, PAYLOAD("KEY_PART:a->bc||->||00ff"), MESSAGE_OK, 0, "");
    assert_field(1, "a", 1);
    assert_field(3, "bc", 2);
    assert_field(5, "->||", 4);
    assert_field(6, "\x00\xff", 2);
    assert_int_equal(message.fields[3].offset, 12);
    assert_parse(&key_part, PAYLOAD("KEY_PART;a->b||1234abcd"), MESSAGE_CONSTANT, 8, "mark");
    assert_parse(&key_part, PAYLOAD("KEY_"), MESSAGE_TOO_SHORT, 4, "mark");
    assert_parse(&key_part, PAYLOAD("KEY_PART:->b||1234abcd"), MESSAGE_TOO_SHORT, 9, "from");
    assert_parse(&key_part, PAYLOAD("KEY_PART:123456789->b||1234abcd"), MESSAGE_TOO_LONG, 18, "from");
    assert_parse(&key_part, PAYLOAD("KEY_PART:a\n->b||1234abcd"), MESSAGE_CHARACTER, 10, "from");
    assert_parse(&key_part, PAYLOAD("KEY_PART:a\x7f->b||1234abcd"), MESSAGE_CHARACTER, 10, "from");
    assert_parse(&key_part, PAYLOAD("KEY_PART:a->b"), MESSAGE_TOO_SHORT, 13, "bars");
    assert_parse(&key_part, PAYLOAD("KEY_PART:a"), MESSAGE_TOO_SHORT, 10, "arrow");
    assert_parse(&key_part, PAYLOAD("KEY_PART:a->b||123"), MESSAGE_TOO_SHORT, 18, "part");
    assert_parse(&key_part, PAYLOAD("KEY_PART:a->b||1234abc"), MESSAGE_TOO_SHORT, 22, "digest");
    assert_parse(&key_part, PAYLOAD("KEY_PART:a->b||1234ABCD"), MESSAGE_CHARACTER, 19, "digest");
    assert_parse(&key_part, PAYLOAD("KEY_PART:a->b||1234abcd0"), MESSAGE_TRAILING, 23, "after the last");
}

static void an_open_field_leaves_room_for_the_rest(void **state) {
    (void)state;
    assert_parse(&sealed, PAYLOAD("IVxMAC"), MESSAGE_OK, 0, "");
    assert_field(1, "x", 1);
    assert_parse(&sealed, PAYLOAD("IV1234567890MAC"), MESSAGE_OK, 0, "");
    assert_field(1, "1234567890", 10);
    assert_field(2, "MAC", 3);
    assert_parse(&sealed, PAYLOAD("IV12345678901MAC"), MESSAGE_TOO_LONG, 13, "ciphertext");
    assert_parse(&sealed, PAYLOAD("IVMAC"), MESSAGE_TOO_SHORT, 2, "ciphertext");
    assert_parse(&sealed, PAYLOAD("I"), MESSAGE_TOO_SHORT, 1, "iv");
    assert_parse(&sealed, PAYLOAD(""), MESSAGE_TOO_SHORT, 0, "iv");
}

static void prefixes_and_base64(void **state) {
    (void)state;
    assert_parse(&prefixed, PAYLOAD("\0\0\0\0\0\0\0\2abZm9v"), MESSAGE_OK, 0, "");
    assert_field(0, "", 0);
    assert_field(1, "ab", 2);
    assert_field(2, "foo", 3);
    assert_parse(&prefixed, PAYLOAD("\0\0\0\0\0\0\0\0Zm9v"), MESSAGE_TOO_SHORT, 8, "second");
    assert_parse(&prefixed, PAYLOAD("\0\0\0\6abcdef\0\0\0\1aZm9v"), MESSAGE_TOO_LONG, 10, "first");
    assert_parse(&prefixed, PAYLOAD("\0\0\0\5abcd"), MESSAGE_TOO_SHORT, 8, "first");
    assert_parse(&prefixed, PAYLOAD("\xff\xff\xff\xff"), MESSAGE_TOO_SHORT, 4, "first");
    assert_parse(&prefixed, PAYLOAD("\0\0\0"), MESSAGE_TOO_SHORT, 3, "first");
    assert_parse(&prefixed, PAYLOAD("\0\0\0\0\0\0\0\1aZm9"), MESSAGE_BASE64, 12, "rest");
    assert_parse(&prefixed, PAYLOAD("\0\0\0\0\0\0\0\1aZm9vYmFyYg=="), MESSAGE_TOO_LONG, 21, "rest");
    assert_parse(&prefixed, PAYLOAD("\0\0\0\0\0\0\0\1a"), MESSAGE_TOO_SHORT, 9, "rest");
}

static void numbers(void **state) {
    (void)state;
    mpz_t n;
    mpz_init(n);
    assert_parse(&number, PAYLOAD("1021"), MESSAGE_OK, 0, "");
    assert_true(message_integer(&message, 0, n));
    assert_int_equal(mpz_get_ui(n), 1021);
    uint8_t out[8];
    size_t length;
    assert_false(message_bytes(&message, 0, out, sizeof out, &length));
    assert_parse(&number, PAYLOAD("0"), MESSAGE_OK, 0, "");
    assert_parse(&number, PAYLOAD(""), MESSAGE_TOO_SHORT, 0, "n: ");
    assert_parse(&number, PAYLOAD("00"), MESSAGE_LEADING_ZERO, 0, "n: ");
    assert_parse(&number, PAYLOAD("12a"), MESSAGE_CHARACTER, 2, "n: ");
    assert_parse(&number, PAYLOAD("12:"), MESSAGE_CHARACTER, 2,
                 "n: "); // the neighbours of the digits in ASCII
    assert_parse(&number, PAYLOAD("/12"), MESSAGE_CHARACTER, 0, "n: ");
    assert_parse(&number, PAYLOAD("-1"), MESSAGE_CHARACTER, 0, "n: ");
    assert_parse(&number, PAYLOAD("12345"), MESSAGE_TOO_LONG, 5, "n: ");
    assert_parse(&sealed, PAYLOAD("IVxMAC"), MESSAGE_OK, 0, "");
    assert_false(message_integer(&message, 0, n));
    mpz_clear(n);
}

// Random values through build and parse, in a buffer of the exact size and one byte less.
static void what_is_built_is_parsed(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 12);
    mpz_t n;
    mpz_init(n);
    for (int i = 0; i < 3000; i++) {
        uint8_t part[4], digest[2], blob[10], wire[100];
        test_random_bytes(&random, part, sizeof part);
        test_random_bytes(&random, digest, sizeof digest);
        test_random_bytes(&random, blob, sizeof blob);
        size_t from = 1 + test_random_below(&random, 8), to = 1 + test_random_below(&random, 8);
        const struct field_value values[] = {{0},
                                             {.bytes = (const uint8_t *)"abcdefgh", .length = from},
                                             {0},
                                             {.bytes = (const uint8_t *)"stuvwxyz", .length = to},
                                             {0},
                                             {.bytes = part, .length = 4},
                                             {.bytes = digest, .length = 2}};
        size_t total = 9 + from + 2 + to + 2 + 4 + 4;
        assert_int_equal(message_build(&message, wire, total - 1, &key_part, values), MESSAGE_NO_ROOM);
        assert_int_equal(message_build(&message, wire, total, &key_part, values), MESSAGE_OK);
        assert_int_equal(message.length, total);
        assert_field(1, "abcdefgh", from);
        assert_field(3, "stuvwxyz", to);
        assert_field(5, (const char *)part, 4);
        assert_field(6, (const char *)digest, 2);

        size_t first = test_random_below(&random, 7), rest = test_random_below(&random, 8);
        const struct field_value three[] = {{.bytes = blob, .length = first},
                                            {.bytes = blob + 2, .length = 5},
                                            {.bytes = blob + 1, .length = rest}};
        enum message_error error = message_build(&message, wire, sizeof wire, &prefixed, three);
        assert_int_equal(error, first > 5 || rest > 6 ? MESSAGE_TOO_LONG
                                : rest < 1            ? MESSAGE_TOO_SHORT
                                                      : MESSAGE_OK);
        if (error == MESSAGE_OK) {
            assert_field(0, (const char *)blob, first);
            assert_field(2, (const char *)blob + 1, rest);
        }
        mpz_set_ui(n, test_random_below(&random, 20000));
        const struct field_value one = {.integer = n};
        error = message_build(&message, wire, sizeof wire, &number, &one);
        assert_int_equal(error, mpz_cmp_ui(n, 9999) > 0 ? MESSAGE_TOO_LONG : MESSAGE_OK);
        if (error == MESSAGE_OK) {
            mpz_t back;
            mpz_init(back);
            assert_true(message_integer(&message, 0, back));
            assert_int_equal(mpz_cmp(n, back), 0);
            mpz_clear(back);
        }
    }
    mpz_ui_pow_ui(n, 10, FIELD_DECIMAL_DIGITS_MAX + 10);
    uint8_t wire[4000];
    const struct field_value large = {.integer = n};
    assert_int_equal(message_build(&message, wire, sizeof wire, &number, &large), MESSAGE_NO_ROOM);
    mpz_clear(n);
    // What the table does not allow is not built.
    const struct field_value newline[] = {{0},
                                          {.bytes = (const uint8_t *)"a\nb", .length = 3},
                                          {0},
                                          {.bytes = (const uint8_t *)"c", .length = 1},
                                          {0},
                                          {.bytes = (const uint8_t *)"1234", .length = 4},
                                          {.bytes = (const uint8_t *)"12", .length = 2}};
    assert_int_equal(message_build(&message, wire, sizeof wire, &key_part, newline), MESSAGE_CHARACTER);
}

static void frames_in_all_pieces(void **state) {
    (void)state;
    static struct frame_reader reader;
    const uint8_t stream[] = "\0\0\0\3abc\0\0\0\0\0\0\0\1x\0\0";
    size_t total = sizeof stream - 1;
    for (size_t piece = 1; piece <= total; piece++) {
        memset(&reader, 0, sizeof reader);
        char seen[32] = "";
        size_t done = 0, written = 0;
        while (done < total) {
            size_t used, part = total - done < piece ? total - done : piece;
            enum frame_status status = frame_read(&reader, stream + done, part, &used);
            assert_true(used > 0 && used <= part);
            assert_true(status == FRAME_COMPLETE || used == part);
            done += used;
            assert_int_equal(frame_is_partial(&reader), status == FRAME_INCOMPLETE);
            if (status == FRAME_COMPLETE) {
                memcpy(seen + written, reader.payload, reader.length);
                written += reader.length;
                seen[written++] = '|';
            }
        }
        assert_string_equal(seen, "abc||x|");
    }
    size_t used;
    memset(&reader, 0, sizeof reader);
    assert_false(frame_is_partial(&reader));
    assert_int_equal(frame_read(&reader, (const uint8_t *)"\0\1\0\0", 4, &used), FRAME_INCOMPLETE);
    assert_int_equal(reader.length, FRAME_PAYLOAD_MAX);
    memset(&reader, 0, sizeof reader);
    assert_int_equal(frame_read(&reader, (const uint8_t *)"\0\1\0\1", 4, &used), FRAME_TOO_LARGE);
    memset(&reader, 0, sizeof reader);
    assert_int_equal(frame_read(&reader, (const uint8_t *)"\xff\xff\xff\xff", 4, &used), FRAME_TOO_LARGE);
    uint8_t header[4];
    frame_write_header(header, 0x00010000);
    assert_bytes_equal(header, 4, "00 01 00 00");
    frame_write_header(header, 0x0000abcd);
    assert_bytes_equal(header, 4, "00 00 ab cd");
}

static void every_error_and_kind_has_a_text(void **state) {
    (void)state;
    for (enum message_error error = MESSAGE_OK; error <= MESSAGE_NO_ROOM; error++) {
        assert_string_not_equal(message_error_text(error), "unknown message error");
    }
    for (enum field_kind kind = FIELD_CONSTANT; kind <= FIELD_PREFIXED; kind++) {
        assert_non_null(field_kind_text(kind));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separators_and_binary_fields),
        cmocka_unit_test(an_open_field_leaves_room_for_the_rest),
        cmocka_unit_test(prefixes_and_base64),
        cmocka_unit_test(numbers),
        cmocka_unit_test(what_is_built_is_parsed),
        cmocka_unit_test(frames_in_all_pieces),
        cmocka_unit_test(every_error_and_kind_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
