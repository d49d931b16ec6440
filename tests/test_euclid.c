// Euclid, inverses and Chinese remainders: identities on random input, agreement with GMP, and the worked
// examples.

#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "bignum/trace_integer.h"
#include "tests/support.h"

#include <gmp.h>
#include <stdio.h>

static void random_integer(mpz_t x, struct test_random *random, size_t max_bytes) {
    uint8_t bytes[128];
    size_t length = test_random_below(random, max_bytes + 1);
    test_random_bytes(random, bytes, length);
    bn_os2ip(x, bytes, length);
    if (test_random_below(random, 4) == 0) {
        mpz_neg(x, x);
    }
}

// gcd against GMP's; a*x + b*y is it; g may be an input of bn_gcd.
static void check_pair(const mpz_t a, const mpz_t b) {
    mpz_t g, x, y, expected, sum;
    mpz_inits(g, x, y, expected, sum, NULL);
    mpz_gcd(expected, a, b);
    bn_gcd(g, a, b);
    assert_int_equal(mpz_cmp(g, expected), 0);
    mpz_set(x, a);
    bn_gcd(x, x, b);
    assert_int_equal(mpz_cmp(x, expected), 0);
    mpz_set(y, b);
    bn_gcd(y, a, y);
    assert_int_equal(mpz_cmp(y, expected), 0);

    bn_extended_euclid(g, x, y, a, b);
    assert_int_equal(mpz_cmp(g, expected), 0);
    mpz_mul(sum, a, x);
    mpz_addmul(sum, b, y);
    assert_int_equal(mpz_cmp(sum, expected), 0);
    // The coefficients are small: |x| <= |b| and |y| <= |a|, apart from a zero input.
    if (mpz_sgn(a) != 0 && mpz_sgn(b) != 0) {
        assert_true(mpz_cmpabs(x, b) <= 0 && mpz_cmpabs(y, a) <= 0);
    }
    if (mpz_sgn(a) == 0 && mpz_sgn(b) == 0) { // no row at all: x and y are where the table starts
        assert_true(mpz_cmp_ui(x, 1) == 0 && mpz_sgn(y) == 0);
    }
    mpz_clears(g, x, y, expected, sum, NULL);
}

static void every_small_pair(void **state) {
    (void)state;
    mpz_t a, b;
    mpz_inits(a, b, NULL);
    for (long i = -40; i <= 40; i++) {
        for (long j = -40; j <= 40; j++) {
            mpz_set_si(a, i);
            mpz_set_si(b, j);
            check_pair(a, b);
        }
    }
    mpz_clears(a, b, NULL);
}

static void random_pairs(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 3);
    mpz_t a, b, common;
    mpz_inits(a, b, common, NULL);
    for (int i = 0; i < 2000; i++) {
        random_integer(a, &random, 100);
        random_integer(b, &random, 100);
        if (i % 2 == 0) {
            random_integer(common, &random, 20);
            mpz_mul(a, a, common);
            mpz_mul(b, b, common);
        }
        check_pair(a, b);
    }
    mpz_clears(a, b, common, NULL);
}

// 1, 1, 2, 3, 5, ...: every quotient is 1, and the rows are as many as can be.
static void fibonacci_takes_the_most_rows(void **state) {
    (void)state;
    mpz_t a, b, g;
    mpz_init_set_ui(a, 2);
    mpz_init_set_ui(b, 1);
    mpz_init(g);
    for (unsigned rows = 1; rows < 90; rows++) { // b is F(rows+1), a is F(rows+2)
        struct captured_trace trace;
        captured_trace_start(&trace);
        bn_gcd(g, a, b);
        captured_trace_stop(&trace);
        assert_int_equal(mpz_cmp_ui(g, 1), 0);
        assert_int_equal(trace.count, 2 + 2 * rows + 1);
        assert_true(rows <= 2 * mpz_sizeinbase(b, 2)); // "at most two rows for each bit of b"
        for (unsigned row = 1; row < rows; row++) {    // the last quotient is 2
            char label[32];
            (void)snprintf(label, sizeof label, "row[%2u].q", row);
            assert_string_equal(captured_value(&trace, label, 0), "1");
        }
        captured_trace_free(&trace);
        mpz_add(b, b, a);
        mpz_swap(a, b);
    }
    mpz_clears(a, b, g, NULL);
}

// The table at the head of bignum/euclid.c, HAC 2.108, value by value.
static void the_handbook_table(void **state) {
    (void)state;
    static const long rows[][4] = {{1, 1406, 1, -1}, {2, 646, -2, 3},  {2, 114, 5, -7},
                                   {5, 76, -27, 38}, {1, 38, 32, -45}, {2, 0, -91, 128}};
    mpz_t a, b, g, x, y, expected;
    mpz_inits(g, x, y, expected, NULL);
    mpz_init_set_ui(a, 4864);
    mpz_init_set_ui(b, 3458);
    struct captured_trace trace;
    captured_trace_start(&trace);
    bn_extended_euclid(g, x, y, a, b);
    captured_trace_stop(&trace);
    assert_int_equal(mpz_get_si(g), 38);
    assert_int_equal(mpz_get_si(x), 32);
    assert_int_equal(mpz_get_si(y), -45);
    assert_int_equal(trace.count, 2 + 4 * 6 + 3);
    for (int row = 0; row < 6; row++) {
        for (int column = 0; column < 4; column++) {
            char label[32];
            char text[32];
            (void)snprintf(label, sizeof label, "row[%2d].%c", row + 1, "qrxy"[column]);
            mpz_set_si(expected, rows[row][column]);
            assert_true(bn_to_hex(text, sizeof text, expected));
            assert_string_equal(captured_value(&trace, label, 0), text);
        }
    }
    captured_trace_free(&trace);
    mpz_clears(a, b, g, x, y, expected, NULL);
}

// Against GMP, which knows no inverse mod 1; ours is 0 there. r may be either input.
static void check_inverse(const mpz_t a, const mpz_t m) {
    mpz_t r, expected, product;
    mpz_inits(r, expected, product, NULL);
    bool exists = mpz_cmp_ui(m, 1) == 0 || mpz_invert(expected, a, m) != 0;
    if (mpz_cmp_ui(m, 1) == 0) {
        mpz_set_ui(expected, 0);
    }
    mpz_set_si(r, -77);
    assert_int_equal(bn_inverse(r, a, m), exists);
    if (exists) {
        assert_int_equal(mpz_cmp(r, expected), 0);
        mpz_mul(product, a, r);
        mpz_sub_ui(product, product, 1);
        assert_true(mpz_divisible_p(product, m));
        mpz_set(r, a);
        assert_true(bn_inverse(r, r, m));
        assert_int_equal(mpz_cmp(r, expected), 0);
        mpz_set(r, m);
        assert_true(bn_inverse(r, a, r));
        assert_int_equal(mpz_cmp(r, expected), 0);
    } else {
        assert_int_equal(mpz_get_si(r), -77);
    }
    mpz_clears(r, expected, product, NULL);
}

static void inverses(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 4);
    mpz_t a, m, r;
    mpz_inits(a, m, r, NULL);
    for (long i = -30; i <= 30; i++) {
        for (unsigned long j = 1; j <= 30; j++) {
            mpz_set_si(a, i);
            mpz_set_ui(m, j);
            check_inverse(a, m);
        }
    }
    for (int i = 0; i < 2000; i++) {
        random_integer(a, &random, 80);
        random_integer(m, &random, 80);
        mpz_abs(m, m);
        mpz_add_ui(m, m, 1);
        check_inverse(a, m);
    }
    for (long modulus = 0; modulus >= -5; modulus--) {
        mpz_set_si(m, modulus);
        mpz_set_ui(a, 1);
        mpz_set_ui(r, 77);
        assert_false(bn_inverse(r, a, m));
        assert_int_equal(mpz_get_ui(r), 77);
    }
    mpz_clears(a, m, r, NULL);
}

enum { MOST = 12 };

static void sunzi(void **state) {
    (void)state;
    mpz_t x, residues[3], moduli[3];
    mpz_init(x);
    for (size_t i = 0; i < 3; i++) {
        mpz_init_set_ui(residues[i], (const unsigned long[]){2, 3, 2}[i]);
        mpz_init_set_ui(moduli[i], (const unsigned long[]){3, 5, 7}[i]);
    }
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(bn_crt_garner(x, 3, (const mpz_t *)residues, (const mpz_t *)moduli));
    captured_trace_stop(&trace);
    assert_int_equal(mpz_get_ui(x), 23);
    assert_string_equal(trace.steps[trace.count - 1].label, "x");
    assert_string_equal(trace.steps[trace.count - 1].value, "17");
    static const char *const expected[][2] = {
        {"C_1", "1"}, {"u_1", "2"}, {"x_1", "2"}, {"C_2", "2"},  {"u_2", "2"},
        {"x_2", "8"}, {"C_3", "1"}, {"u_3", "1"}, {"x_3", "17"}, {"m_1^-1 mod m_3", ""}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_string_equal(captured_value(&trace, expected[i][0], 0), expected[i][1]);
    }
    captured_trace_free(&trace);
    mpz_clear(x);
    for (size_t i = 0; i < 3; i++) {
        mpz_clears(residues[i], moduli[i], NULL);
    }
}

// From a number to its remainders (some given unreduced or negative) and back.
static void remainders_go_round(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 5);
    mpz_t x, back, product, g, residues[MOST], moduli[MOST];
    mpz_inits(x, back, product, g, NULL);
    for (size_t i = 0; i < MOST; i++) {
        mpz_inits(residues[i], moduli[i], NULL);
    }
    for (int run = 0; run < 400; run++) {
        size_t count = 1 + test_random_below(&random, MOST);
        mpz_set_ui(product, 1);
        for (size_t i = 0; i < count; i++) {
            do { // a modulus coprime to those before it; 1 is one
                random_integer(moduli[i], &random, 1 + test_random_below(&random, 20));
                mpz_abs(moduli[i], moduli[i]);
                mpz_add_ui(moduli[i], moduli[i], 1);
                mpz_gcd(g, moduli[i], product);
            } while (mpz_cmp_ui(g, 1) != 0);
            mpz_mul(product, product, moduli[i]);
        }
        random_integer(x, &random, 120);
        mpz_mod(x, x, product);
        for (size_t i = 0; i < count; i++) {
            mpz_mod(residues[i], x, moduli[i]);
            if (run % 3 == 0) {
                mpz_submul_ui(residues[i], moduli[i], 5);
            }
        }
        assert_true(bn_crt_garner(back, count, (const mpz_t *)residues, (const mpz_t *)moduli));
        assert_int_equal(mpz_cmp(back, x), 0);
    }
    mpz_clears(x, back, product, g, NULL);
    for (size_t i = 0; i < MOST; i++) {
        mpz_clears(residues[i], moduli[i], NULL);
    }
}

static void garner_refuses_what_has_no_single_answer(void **state) {
    (void)state;
    static const long bad[][3] = {{4, 6, 7}, {3, 5, 15}, {7, 5, 7}, {0, 3, 5}, {3, -5, 7}, {3, 5, 0}};
    mpz_t x, residues[3], moduli[3];
    mpz_init(x);
    for (size_t i = 0; i < 3; i++) {
        mpz_init_set_ui(residues[i], i);
        mpz_init(moduli[i]);
    }
    for (size_t c = 0; c < sizeof bad / sizeof bad[0]; c++) {
        for (size_t i = 0; i < 3; i++) {
            mpz_set_si(moduli[i], bad[c][i]);
        }
        mpz_set_ui(x, 77);
        assert_false(bn_crt_garner(x, 3, (const mpz_t *)residues, (const mpz_t *)moduli));
        assert_int_equal(mpz_get_ui(x), 77);
    }
    assert_false(bn_crt_garner(x, 0, (const mpz_t *)residues, (const mpz_t *)moduli));
    mpz_set_ui(moduli[0], 5);
    mpz_set_si(residues[0], -1);
    assert_true(bn_crt_garner(x, 1, (const mpz_t *)residues, (const mpz_t *)moduli));
    assert_int_equal(mpz_get_ui(x), 4);
    mpz_clear(x);
    for (size_t i = 0; i < 3; i++) {
        mpz_clears(residues[i], moduli[i], NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_pair),
        cmocka_unit_test(random_pairs),
        cmocka_unit_test(fibonacci_takes_the_most_rows),
        cmocka_unit_test(the_handbook_table),
        cmocka_unit_test(inverses),
        cmocka_unit_test(sunzi),
        cmocka_unit_test(remainders_go_round),
        cmocka_unit_test(garner_refuses_what_has_no_single_answer),
    };
    return cmocka_run_group_tests_name("euclid", tests, NULL, NULL);
}
