// protocols/stream: frames in and out, the numbering, what is told, the limit of the queue, and the refusals.
#include "tests/support.h"

#include "protocols/stream.h"

#include <stdio.h>
#include <string.h>

// clang-format off
static const struct message_type word = {
    .name = "word", .meaning = "a word", .computed = "typed", .both_know = "the word", .eavesdropper_knows = "the word",
    .count = 1, .fields = {{"word", FIELD_TEXT, "any", .minimum = 1, .maximum = FRAME_PAYLOAD_MAX}},
};
// clang-format on

static struct stream a, b;

struct collected {
    struct explain_sink sink;
    char text[400];
};
static void collect(struct explain_sink *sink, const struct explanation *explanation) {
    struct collected *collected = (struct collected *)sink;
    size_t have = strlen(collected->text);
    (void)snprintf(collected->text + have, sizeof collected->text - have, "%u %s %s->%s %s%s%s|",
                   explanation->number, explanation->sent ? "sent" : "got", explanation->sender,
                   explanation->receiver, explanation->message->type->name, explanation->count > 0 ? " " : "",
                   explanation->count > 0 ? explanation->values[0].name : "");
}
static struct collected told_a, told_b;

static void start(void) {
    told_a = told_b = (struct collected){.sink.explain = collect};
    stream_init(&a, "client", "server", &told_a.sink);
    stream_init(&b, "server", "client", &told_b.sink);
}

static bool say(struct stream *stream, const char *text, size_t length) {
    struct narration narration = {0};
    tell_text(&narration, "thought", "before it was said", "...");
    return stream_send(stream, &word, &(struct field_value){.bytes = (const uint8_t *)text, .length = length},
                       &narration);
}

// Everything that `from` has goes to `to`, in pieces; the number of whole payloads.
static unsigned carry(struct stream *from, struct stream *to, size_t piece) {
    unsigned whole = 0;
    size_t length, used;
    const uint8_t *bytes;
    while (bytes = stream_output(from, &length), length > 0) {
        enum frame_status status = stream_receive(to, bytes, length < piece ? length : piece, &used);
        assert_int_not_equal(status, FRAME_TOO_LARGE);
        whole += status == FRAME_COMPLETE;
        stream_sent(from, used);
    }
    return whole;
}

static void messages_cross_and_are_numbered(void **state) {
    (void)state;
    for (size_t piece = 1; piece < 12; piece++) {
        start();
        assert_true(say(&a, "one", 3));
        assert_true(stream_is_partial(&b) == false);
        assert_int_equal(carry(&a, &b, piece), 1);
        assert_false(stream_is_partial(&b));
        assert_int_equal(b.number, 1);
        assert_int_equal(b.in.length, 3);
        assert_memory_equal(b.in.payload, "one", 3);
        struct message message;
        assert_int_equal(message_parse(&message, &word, b.in.payload, b.in.length, NULL), MESSAGE_OK);
        stream_explain(&b, &message, NULL, "nothing");
        assert_true(say(&b, "two", 3));
        assert_true(say(&b, "three", 5));
        assert_int_equal(carry(&b, &a, piece), 2);
        assert_int_equal(a.number, 3);
        assert_string_equal(told_a.text, "1 sent client->server word thought|");
        assert_string_equal(told_b.text, "1 got client->server word|2 sent server->client word thought|"
                                         "3 sent server->client word thought|");
    }
    start();
    size_t used;
    assert_int_equal(stream_receive(&a, (const uint8_t *)"\0\0\0\1", 4, &used), FRAME_INCOMPLETE);
    assert_true(stream_is_partial(&a));
    // What the table does not allow is not sent.
    assert_false(say(&a, "", 0));
    assert_false(say(&a, "\n", 1));
    (void)stream_output(&a, &used);
    assert_int_equal(used, 0);
    assert_int_equal(a.number, 0);
}

static void the_queue_has_a_limit(void **state) {
    (void)state;
    static char text[FRAME_PAYLOAD_MAX];
    memset(text, 'x', sizeof text);
    start();
    size_t count = 0, length;
    while (stream_has_room(&a)) {
        assert_true(say(&a, text, sizeof text));
        count++;
    }
    assert_int_equal(count, 4);
    assert_false(say(&a, text, sizeof text));
    assert_false(say(&a, "x", 1));
    (void)stream_output(&a, &length);
    assert_int_equal(length, 4 * (FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX));
    // There is always room for a refusal, of the longest kind.
    memset(text, 'r', STREAM_REFUSAL_TEXT_MAX);
    text[STREAM_REFUSAL_TEXT_MAX] = '\0';
    stream_fail(&a, text, "full");
    (void)stream_output(&a, &length);
    assert_int_equal(length, STREAM_OUT_SIZE);
    assert_string_equal(stream_refused.fields[0].constant, "Refused: ");
    // What would fit only into the refusal's room does not fit.
    start();
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < 3; i++) {
        assert_true(say(&a, text, sizeof text));
    }
    assert_true(say(&a, "x", 1));
    assert_false(say(&a, text, sizeof text));
    assert_true(say(&a, text, sizeof text - FRAME_HEADER_SIZE - 1));
    // Sending makes room, also when only a part has gone.
    start();
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < 4; i++) {
        assert_true(say(&a, text, sizeof text));
    }
    stream_sent(&a, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX - 1);
    assert_false(stream_has_room(&a));
    stream_sent(&a, 1);
    assert_true(stream_has_room(&a));
    text[0] = 'y';
    assert_true(say(&a, text, sizeof text));
    assert_int_equal(carry(&a, &b, 1000), 4);
    assert_int_equal(b.in.payload[0], 'y');
}

static void refusals(void **state) {
    (void)state;
    start();
    stream_fail(&b, "no", "the details: %d", 7);
    stream_fail(&b, "no again", "later");
    assert_true(b.failed);
    assert_string_equal(b.failure, "the details: 7");
    assert_int_equal(carry(&b, &a, 100), 1);
    assert_true(stream_take_refusal(&a, "word"));
    assert_true(a.failed);
    assert_string_equal(a.failure,
                        "the server refused: no (this end was waiting for message 1 (word) from the server)");
    assert_string_equal(told_a.text, "1 got server->client Refused|");

    // Without a word for the peer, nothing is sent; other payloads are no refusals.
    start();
    stream_fail(&b, NULL, "silently");
    size_t length;
    (void)stream_output(&b, &length);
    assert_int_equal(length, 0);
    start();
    assert_true(say(&a, "Refused: ", 9));
    assert_int_equal(carry(&a, &b, 100), 1);
    assert_false(stream_take_refusal(&b, "word"));
    assert_false(b.failed);

    uint8_t frame[STREAM_REFUSAL_SIZE];
    char longest[STREAM_REFUSAL_TEXT_MAX + 2];
    assert_true(stream_write_refusal(frame, &length, "busy"));
    assert_bytes_equal(frame, length, "0000000d 526566757365643a20 62757379");
    memset(longest, 'x', sizeof longest);
    longest[STREAM_REFUSAL_TEXT_MAX + 1] = '\0';
    assert_false(stream_write_refusal(frame, &length, longest));
    longest[STREAM_REFUSAL_TEXT_MAX] = '\0';
    assert_true(stream_write_refusal(frame, &length, longest));
    assert_int_equal(length, STREAM_REFUSAL_SIZE);
}

static void ends_are_described(void **state) {
    (void)state;
    size_t used;
    start();
    assert_int_equal(stream_receive(&b, (const uint8_t *)"GET / ", 6, &used), FRAME_TOO_LARGE);
    stream_fail_too_large(&b, "hello");
    assert_non_null(strstr(b.failure,
                           "message 1 (hello) from the client: a frame of 1195725856 bytes is announced "
                           "(47 45 54 20)"));
    start();
    stream_fail_closed(&a, "hello", NULL);
    assert_string_equal(a.failure,
                        "the server closed the connection before message 1 (hello) from the server");
    start();
    stream_fail_closed(&a, "hello", "quit");
    assert_string_equal(a.failure, "the server closed the connection without `quit`");
    start();
    a.there = "alice"; // a name of its own has no article
    stream_fail_closed(&a, "hello", NULL);
    assert_string_equal(a.failure, "alice closed the connection before message 1 (hello) from alice");
    start();
    assert_int_equal(stream_receive(&a, (const uint8_t *)"\0", 1, &used), FRAME_INCOMPLETE);
    stream_fail_closed(&a, "hello", "quit");
    assert_string_equal(
        a.failure, "the server closed the connection in the middle of message 1 (hello) from the server");

    start();
    assert_int_equal(stream_receive(&b, (const uint8_t *)"\0\0\0\3a\nb", 7, &used), FRAME_COMPLETE);
    struct message message;
    struct parse_error where;
    assert_int_not_equal(message_parse(&message, &word, b.in.payload, b.in.length, &where), MESSAGE_OK);
    stream_fail_malformed(&b, "no", "word", &where);
    assert_non_null(
        strstr(b.failure, "message 1 (word) from the client is malformed at byte 1 of 3: word: "));
}

static void a_narration_is_bounded(void **state) {
    (void)state;
    struct narration narration = {0};
    for (size_t i = 0; i < EXPLAINED_VALUES_MAX + 3; i++) {
        tell_bytes(&narration, "n", "h", (const uint8_t *)"x", 1);
    }
    assert_int_equal(narration.count, EXPLAINED_VALUES_MAX);
    mpz_t one;
    mpz_init_set_ui(one, 1);
    narration.count = 0;
    tell_integer(&narration, "n", "h", one);
    assert_ptr_equal(narration.values[0].integer, one);
    assert_null(narration.values[0].bytes);
    mpz_clear(one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_cross_and_are_numbered),
        cmocka_unit_test(the_queue_has_a_limit),
        cmocka_unit_test(refusals),
        cmocka_unit_test(ends_are_described),
        cmocka_unit_test(a_narration_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
