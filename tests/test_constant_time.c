// Masks without branches: the same answers as the operators they stand for, at the ends of their ranges too.

#include "ciphers/public/constant_time.h"
#include "tests/support.h"

#include <string.h>

static size_t mask_of(bool yes) {
    return yes ? SIZE_MAX : 0;
}

static void masks_equal_operators(void **state) {
    (void)state;
    static const size_t values[] = {0,
                                    1,
                                    2,
                                    3,
                                    7,
                                    8,
                                    127,
                                    128,
                                    255,
                                    256,
                                    1023,
                                    SIZE_MAX / 4,
                                    SIZE_MAX / 2,
                                    SIZE_MAX / 2 + 1,
                                    SIZE_MAX - 1,
                                    SIZE_MAX};
    enum { COUNT = sizeof values / sizeof values[0] };
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(ct_is_zero(values[i]) == mask_of(values[i] == 0));
        for (size_t j = 0; j < COUNT; j++) {
            assert_true(ct_is_equal(values[i], values[j]) == mask_of(i == j));
            assert_true(ct_select(SIZE_MAX, values[i], values[j]) == values[i]);
            assert_true(ct_select(0, values[i], values[j]) == values[j]);
            if (values[i] <= SIZE_MAX / 2 && values[j] <= SIZE_MAX / 2) {
                assert_true(ct_is_less(values[i], values[j]) == mask_of(values[i] < values[j]));
            }
        }
    }
}

// Every offset in every length up to 70, against memmove; nothing behind the end is touched.
static void move_to_front_equals_memmove(void **state) {
    (void)state;
    uint8_t moved[72];
    uint8_t expected[72];
    for (size_t length = 0; length <= 70; length++) {
        for (size_t offset = 0; offset <= length; offset++) {
            for (size_t i = 0; i < sizeof moved; i++) {
                moved[i] = expected[i] = (uint8_t)(i + 1);
            }
            memmove(expected, expected + offset, length - offset);
            memset(expected + length - offset, 0, offset);
            ct_move_to_front(moved, length, offset);
            assert_memory_equal(moved, expected, sizeof moved);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_equal_operators),
        cmocka_unit_test(move_to_front_equals_memmove),
    };
    return cmocka_run_group_tests_name("constant_time", tests, NULL, NULL);
}
