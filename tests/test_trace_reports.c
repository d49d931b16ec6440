// The reporters of bignum/trace.h at their ends: what a receiver gets for the shortest, the longest and what is too long.

#include "bignum/trace_integer.h"
#include "tests/support.h"

#include <stdio.h>
#include <string.h>

// A receiver that keeps the last step; the value as long as it is valid, during the call.
struct last_step {
    struct trace_sink sink;
    struct trace_step step;
    uint8_t bytes[2100];
    char label[256];
};

static void keep(struct trace_sink *sink, const struct trace_step *step) {
    struct last_step *last = (struct last_step *)sink;
    last->step = *step;
    assert_true(step->length <= sizeof last->bytes && strlen(step->label) < sizeof last->label);
    memcpy(last->label, step->label, strlen(step->label) + 1);
    if (step->length > 0) {
        memcpy(last->bytes, step->bytes, step->length);
    }
}

static struct last_step last;

static int attach(void **state) {
    (void)state;
    last = (struct last_step){.sink.step = keep};
    (void)trace_attach(&last.sink);
    return 0;
}

static int detach(void **state) {
    (void)state;
    (void)trace_attach(NULL);
    return 0;
}

static void bits_come_in_as_few_bytes_as_hold_them(void **state) {
    (void)state;
    const uint8_t bytes[8] = {0};
    for (unsigned bits = 1; bits <= 64; bits++) {
        trace_bits(bytes, bits, 4, NULL, "bits");
        assert_int_equal(last.step.bits, bits);
        assert_int_equal(last.step.length, bits / 8 + (bits % 8 != 0));
    }
}

static void numbers_have_no_leading_zeros(void **state) {
    (void)state;
    trace_number(0, NULL, "zero");
    assert_int_equal(last.step.length, 0);
    for (unsigned bits = 1; bits <= 64; bits++) {
        trace_number(UINT64_MAX >> (64 - bits), NULL, "ones");
        assert_int_equal(last.step.length, bits / 8 + (bits % 8 != 0));
        assert_int_equal(last.bytes[0], 0xff >> (7 - (bits - 1) % 8));
        assert_int_equal(last.bytes[last.step.length - 1], bits < 8 ? last.bytes[0] : 0xff);
    }
}

// An integer of any size, and all memory that belongs to others left alone, which free would notice.
static void long_integers_are_whole(void **state) {
    (void)state;
    mpz_t ones;
    mpz_init(ones);
    for (mp_bitcnt_t bits = 0; bits <= 16384; bits += bits < 2100 ? 1 : 500) {
        mpz_set_ui(ones, 0);
        mpz_setbit(ones, bits);
        mpz_sub_ui(ones, ones, 1);
        trace_integer(ones, NULL, "ones");
        assert_int_equal(last.step.length, bits / 8 + (bits % 8 != 0));
        assert_true(bits < 8 || last.bytes[last.step.length - 1] == 0xff);
    }
    mpz_clear(ones);
}

// 128 words are the most of one report; the rest is left out.
static void words_beyond_the_longest_report_are_left_out(void **state) {
    (void)state;
    uint32_t words32[130];
    uint64_t words64[130];
    for (size_t i = 0; i < 130; i++) {
        words32[i] = (uint32_t)(0x01020300 + i);
        words64[i] = 0x0102030405060700 + i;
    }
    for (size_t count = 0; count <= 130; count++) {
        size_t shown = count < 128 ? count : 128;
        trace_words32(words32, count, NULL, "words");
        assert_int_equal(last.step.length, 4 * shown);
        if (shown > 0) {
            const uint8_t expected[4] = {1, 2, 3, (uint8_t)(shown - 1)};
            assert_memory_equal(last.bytes + 4 * (shown - 1), expected, 4);
        }
        trace_words64(words64, count, NULL, "words");
        assert_int_equal(last.step.length, 8 * shown);
        if (shown > 0) {
            const uint8_t expected[8] = {1, 2, 3, 4, 5, 6, 7, (uint8_t)(shown - 1)};
            assert_memory_equal(last.bytes + 8 * (shown - 1), expected, 8);
        }
    }
}

// A label of 95 characters is the longest that is whole.
static void long_labels_are_cut(void **state) {
    (void)state;
    char label[120];
    memset(label, 'x', sizeof label);
    for (size_t length = 0; length < sizeof label; length++) {
        trace_text("", NULL, "%.*s", (int)length, label);
        assert_int_equal(strlen(last.label), length < 95 ? length : 95);
    }
}

static void sections_nest(void **state) {
    (void)state;
    trace_enter(NULL, "outer");
    assert_int_equal(last.step.depth, 0);
    trace_enter(NULL, "inner");
    assert_int_equal(last.step.depth, 1);
    trace_number(1, NULL, "inside");
    assert_int_equal(last.step.depth, 2);
    trace_leave();
    trace_leave();
    trace_number(1, NULL, "outside");
    assert_int_equal(last.step.depth, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bits_come_in_as_few_bytes_as_hold_them, attach, detach),
        cmocka_unit_test_setup_teardown(numbers_have_no_leading_zeros, attach, detach),
        cmocka_unit_test_setup_teardown(long_integers_are_whole, attach, detach),
        cmocka_unit_test_setup_teardown(words_beyond_the_longest_report_are_left_out, attach, detach),
        cmocka_unit_test_setup_teardown(long_labels_are_cut, attach, detach),
        cmocka_unit_test_setup_teardown(sections_nest, attach, detach),
    };
    return cmocka_run_group_tests_name("trace reports", tests, NULL, NULL);
}
