// Integers as bytes and as text.

#include "bignum/encoding.h"
#include "bignum/trace_integer.h"
#include "tests/support.h"

#include <gmp.h>
#include <stdlib.h>
#include <string.h>

static void i2osp_of_the_opening_example(void **state) {
    (void)state;
    uint8_t out[4];
    mpz_t x;
    mpz_init_set_ui(x, 658);
    assert_true(bn_i2osp(out, 4, x));
    assert_bytes_equal(out, 4, "00 00 02 92");
    assert_true(bn_i2osp(out, 2, x));
    assert_bytes_equal(out, 2, "02 92");
    mpz_clear(x);
}

// For every length: the largest integer fits, the next one does not, and a refusal writes nothing.
static void i2osp_ends_exactly_at_256_to_the_length(void **state) {
    (void)state;
    uint8_t out[70];
    mpz_t x, back;
    mpz_inits(x, back, NULL);
    for (size_t length = 0; length <= 64; length++) {
        mpz_set_ui(x, 0);
        mpz_setbit(x, 8 * length);
        memset(out, 0xa5, sizeof out);
        assert_false(bn_i2osp(out, length, x));
        for (size_t i = 0; i < sizeof out; i++) {
            assert_int_equal(out[i], 0xa5);
        }
        mpz_sub_ui(x, x, 1);
        assert_true(bn_i2osp(out, length, x));
        for (size_t i = 0; i < sizeof out; i++) {
            assert_int_equal(out[i], i < length ? 0xff : 0xa5);
        }
        assert_int_equal(bn_byte_length(x), length);
        bn_os2ip(back, out, length);
        assert_int_equal(mpz_cmp(back, x), 0);
    }
    mpz_clears(x, back, NULL);
}

static void i2osp_of_zero_and_of_negatives(void **state) {
    (void)state;
    uint8_t out[3] = {1, 2, 3};
    mpz_t x;
    mpz_init(x);
    assert_int_equal(bn_byte_length(x), 0);
    assert_true(bn_i2osp(out, 0, x));
    assert_bytes_equal(out, 3, "01 02 03");
    assert_true(bn_i2osp(out, 3, x));
    assert_bytes_equal(out, 3, "00 00 00");
    mpz_set_si(x, -1);
    assert_false(bn_i2osp(out, 3, x));
    mpz_clear(x);
}

static void os2ip_reads_leading_zeros_and_nothing(void **state) {
    (void)state;
    mpz_t x;
    mpz_init_set_ui(x, 5);
    bn_os2ip(x, NULL, 0);
    assert_int_equal(mpz_sgn(x), 0);
    bn_os2ip(x, (const uint8_t[]){0, 0, 1, 2}, 4);
    assert_int_equal(mpz_cmp_ui(x, 258), 0);
    bn_os2ip(x, (const uint8_t[]){0, 0}, 2);
    assert_int_equal(mpz_sgn(x), 0);
    mpz_clear(x);
}

static void bytes_go_round(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 1);
    mpz_t x;
    mpz_init(x);
    for (int i = 0; i < 2000; i++) {
        uint8_t in[100];
        uint8_t out[100];
        size_t length = test_random_below(&random, sizeof in);
        test_random_bytes(&random, in, length);
        if (length > 0 && i % 4 == 0) {
            in[0] = 0;
        }
        bn_os2ip(x, in, length);
        assert_true(bn_i2osp(out, length, x));
        assert_memory_equal(in, out, length);
    }
    mpz_clear(x);
}

// Text that each of the three readers takes, or NULL where it must refuse.
static const struct {
    const char *text;
    const char *decimal, *hex, *either; // the value in decimal
} texts[] = {
    {"0", "0", "0", "0"},
    {"-0", "0", "0", "0"},
    {"7", "7", "7", "7"},
    {"007", "7", "7", "7"},
    {"-12", "-12", "-18", "-12"},
    {"010", "10", "16", "10"}, // not octal
    {"99999999999999999999", "99999999999999999999", "725355491768777504823705", "99999999999999999999"},
    {"ff", NULL, "255", NULL},
    {"fF", NULL, "255", NULL},
    {"-Ab", NULL, "-171", NULL},
    {"0xff", NULL, NULL, "255"},
    {"-0xFf", NULL, NULL, "-255"},
    {"0x0", NULL, NULL, "0"},
    {"", NULL, NULL, NULL},
    {"-", NULL, NULL, NULL},
    {"--1", NULL, NULL, NULL},
    {"+1", NULL, NULL, NULL},
    {" 1", NULL, NULL, NULL},
    {"1 ", NULL, NULL, NULL},
    {"1 2", NULL, NULL, NULL},
    {"- 1", NULL, NULL, NULL},
    {"\t1", NULL, NULL, NULL},
    {"1\n", NULL, NULL, NULL},
    {"1_000", NULL, NULL, NULL},
    {"1.0", NULL, NULL, NULL},
    {"0x", NULL, NULL, NULL},
    {"-0x", NULL, NULL, NULL},
    {"0x-1", NULL, NULL, NULL},
    {"0x 1", NULL, NULL, NULL},
    {"0xg", NULL, NULL, NULL},
    {"0X1", NULL, NULL, NULL},
    {"0b1", NULL, "177", NULL}, // a plain hexadecimal number, as it happens
    {"1g", NULL, NULL, NULL},
    {"\xc3\xa9", NULL, NULL, NULL},
    {"\xef\xbc\x91", NULL, NULL, NULL}, // the wide digit one
};

static void check_text(bool (*read)(mpz_t, const char *), const char *text, const char *expected) {
    mpz_t x, value;
    mpz_init_set_ui(x, 77);
    mpz_init_set_ui(value, 77);
    if (expected != NULL) {
        assert_int_equal(mpz_set_str(value, expected, 10), 0);
    }
    assert_int_equal(read(x, text), expected != NULL);
    assert_int_equal(mpz_cmp(x, value), 0); // untouched where it was refused
    mpz_clears(x, value, NULL);
}

static void text_is_read_strictly(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_text(bn_from_decimal, texts[i].text, texts[i].decimal);
        check_text(bn_from_hex, texts[i].text, texts[i].hex);
        check_text(bn_from_text, texts[i].text, texts[i].either);
    }
}

// Every byte that is no digit is refused in front of, inside and behind a number. A zero byte ends the text:
// what stands behind it is not looked at.
static void every_foreign_byte_is_refused(void **state) {
    (void)state;
    for (int c = 1; c < 256; c++) {
        bool decimal = c >= '0' && c <= '9';
        bool hex = decimal || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        for (size_t at = 0; at < 3; at++) {
            char text[] = "123";
            text[at] = (char)c;
            bool sign = at == 0 && c == '-';
            mpz_t x;
            mpz_init(x);
            assert_int_equal(bn_from_decimal(x, text), decimal || sign);
            assert_int_equal(bn_from_hex(x, text), hex || sign);
            assert_int_equal(bn_from_text(x, text), decimal || sign);
            mpz_clear(x);
        }
    }
    mpz_t x;
    mpz_init(x);
    assert_true(bn_from_decimal(x, "12\0x"));
    assert_int_equal(mpz_get_ui(x), 12);
    assert_false(bn_from_decimal(x, "\0"
                                    "12"));
    mpz_clear(x);
}

static void check_written(const mpz_t x, bool (*write)(char *, size_t, const mpz_t),
                          bool (*read)(mpz_t, const char *)) {
    char text[400];
    mpz_t back;
    mpz_init(back);
    assert_true(bn_text_size(x) <= sizeof text);
    assert_true(write(text, bn_text_size(x), x));
    assert_true(read(back, text));
    assert_int_equal(mpz_cmp(back, x), 0);
    // It fits in exactly its length and terminator; one byte less is refused and nothing is written.
    size_t size = strlen(text) + 1;
    char tight[400];
    memset(tight, 'z', sizeof tight);
    assert_false(write(tight, size - 1, x));
    assert_int_equal(tight[0], 'z');
    assert_false(write(tight, 0, x));
    assert_true(write(tight, size, x));
    assert_string_equal(tight, text);
    assert_int_equal(tight[size], 'z');
    mpz_clear(back);
}

static void text_goes_round(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 2);
    mpz_t x;
    mpz_init(x);
    for (int i = 0; i < 1000; i++) {
        uint8_t bytes[100];
        size_t length = i < 300 ? (size_t)i % 3 : test_random_below(&random, sizeof bytes);
        test_random_bytes(&random, bytes, length);
        bn_os2ip(x, bytes, length);
        if (i % 2 == 1) {
            mpz_neg(x, x);
        }
        check_written(x, bn_to_decimal, bn_from_decimal);
        check_written(x, bn_to_hex, bn_from_hex);
    }
    char text[8];
    mpz_set_si(x, -0xabc);
    assert_true(bn_to_hex(text, sizeof text, x));
    assert_string_equal(text, "-abc");
    mpz_set_ui(x, 0);
    assert_true(bn_to_decimal(text, 2, x));
    assert_string_equal(text, "0");
    mpz_clear(x);
}

// After bn_wipe no limb that ever was in use holds anything, those beyond the present size included.
static void wipe_reaches_every_limb(void **state) {
    (void)state;
    mpz_t x;
    mpz_init(x);
    bn_wipe(x); // nothing allocated yet
    mpz_set_ui(x, 1);
    mpz_mul_2exp(x, x, 1000);
    mpz_sub_ui(x, x, 1);
    mpz_fdiv_q_2exp(x, x, 900); // the upper limbs stay in memory
    bn_wipe(x);
    assert_int_equal(mpz_sgn(x), 0);
    const mp_limb_t *limbs = mpz_limbs_read(x);
    for (int i = 0; i < 1000 / GMP_NUMB_BITS; i++) {
        assert_true(limbs[i] == 0);
    }
    mpz_set_ui(x, 12); // and may be used again
    mpz_mul(x, x, x);
    assert_int_equal(mpz_get_ui(x), 144);
    bn_wipe_clears(x, NULL);
}

static void trace_shows_sign_and_zero(void **state) {
    (void)state;
    struct captured_trace trace;
    mpz_t x;
    mpz_init(x);
    captured_trace_start(&trace);
    trace_integer(x, NULL, "zero");
    mpz_set_si(x, -0x1234);
    trace_integer(x, NULL, "number %d", 2);
    mpz_set_ui(x, 0x102);
    trace_integer(x, NULL, "three");
    captured_trace_stop(&trace);
    assert_string_equal(captured_value(&trace, "zero", 0), "0");
    assert_string_equal(captured_value(&trace, "number 2", 0), "-1234");
    assert_string_equal(captured_value(&trace, "three", 0), "102");
    captured_trace_free(&trace);
    mpz_clear(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(i2osp_of_the_opening_example),
        cmocka_unit_test(i2osp_ends_exactly_at_256_to_the_length),
        cmocka_unit_test(i2osp_of_zero_and_of_negatives),
        cmocka_unit_test(os2ip_reads_leading_zeros_and_nothing),
        cmocka_unit_test(bytes_go_round),
        cmocka_unit_test(text_is_read_strictly),
        cmocka_unit_test(every_foreign_byte_is_refused),
        cmocka_unit_test(text_goes_round),
        cmocka_unit_test(wipe_reaches_every_limb),
        cmocka_unit_test(trace_shows_sign_and_zero),
    };
    return cmocka_run_group_tests_name("bignum encoding", tests, NULL, NULL);
}
