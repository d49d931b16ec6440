// Wiping and comparing.

#include "bignum/secure.h"
#include "tests/support.h"

#include <string.h>

static void wipe_clears_exactly_the_range(void **state) {
    (void)state;
    uint8_t memory[34];
    for (size_t length = 0; length <= 32; length++) {
        memset(memory, 0xa5, sizeof memory);
        secure_wipe(memory + 1, length);
        for (size_t i = 0; i < sizeof memory; i++) {
            assert_int_equal(memory[i], i >= 1 && i < 1 + length ? 0 : 0xa5);
        }
    }
    secure_wipe(NULL, 0);
}

static void equal_sees_every_single_bit(void **state) {
    (void)state;
    uint8_t a[33];
    uint8_t b[33];
    memset(a, 0x3c, sizeof a);
    memset(b, 0x3c, sizeof b);
    assert_true(secure_equal(a, b, sizeof a));
    assert_true(secure_equal(a, b, 0));
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(secure_equal(a, b, sizeof a));
        assert_true(secure_equal(a, b, bit / 8));
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipe_clears_exactly_the_range),
        cmocka_unit_test(equal_sees_every_single_bit),
    };
    return cmocka_run_group_tests_name("secure", tests, NULL, NULL);
}
