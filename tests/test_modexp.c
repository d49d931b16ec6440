// Modular exponentiation: the five ways by the book and the two real ones, against GMP and against each
// other, and the worked examples of the comments through the trace.

#include "bignum/encoding.h"
#include "bignum/modexp.h"
#include "bignum/trace_integer.h"
#include "tests/support.h"

#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BITS = 600 };

// A random integer of up to max_bits bits with long runs of zeros and ones now and then, which is where
// carries live.
static void random_integer(mpz_t x, struct test_random *random, size_t max_bits) {
    uint8_t bytes[MAX_BITS / 8 + 1];
    size_t length = test_random_below(random, max_bits / 8 + 1);
    test_random_bytes(random, bytes, length);
    switch (test_random_below(random, 4)) {
    case 0:
        memset(bytes, 0xff, length / 2);
        break;
    case 1:
        memset(bytes + length / 2, 0, length - length / 2);
        break;
    default:
        break;
    }
    bn_os2ip(x, bytes, length);
}

static bool powm_secret(mpz_t r, const mpz_t base, const mpz_t exponent, const mpz_t modulus) {
    return bn_powm_secret(r, base, exponent, mpz_sizeinbase(exponent, 2), modulus);
}

static const struct bn_modexp_method real_methods[] = {
    {"bn_powm_public", "", bn_powm_public},
    {"bn_powm_secret", "", powm_secret},
};

static bool odd_only(const struct bn_modexp_method *method) {
    return strcmp(method->name, "montgomery") == 0 || method->function == powm_secret;
}

// All seven, one after the other.
static const struct bn_modexp_method *method_at(size_t i) {
    return i < 5 ? &bn_modexp_methods[i] : i < 7 ? &real_methods[i - 5] : NULL;
}

// Compares one method with `expected`; also with r being each of the inputs.
static void check_method(const struct bn_modexp_method *method, const mpz_t base, const mpz_t exponent,
                         const mpz_t modulus, const mpz_t expected) {
    mpz_t r, b, e, m;
    mpz_inits(r, b, e, m, NULL);
    if (mpz_even_p(modulus) && odd_only(method)) {
        mpz_set_ui(r, 77);
        assert_false(method->function(r, base, exponent, modulus));
        assert_int_equal(mpz_get_ui(r), 77);
    } else {
        assert_true(method->function(r, base, exponent, modulus));
        assert_int_equal(mpz_cmp(r, expected), 0);
        mpz_set(b, base);
        assert_true(method->function(b, b, exponent, modulus));
        assert_int_equal(mpz_cmp(b, expected), 0);
        mpz_set(e, exponent);
        assert_true(method->function(e, base, e, modulus));
        assert_int_equal(mpz_cmp(e, expected), 0);
        mpz_set(m, modulus);
        assert_true(method->function(m, base, exponent, m));
        assert_int_equal(mpz_cmp(m, expected), 0);
    }
    mpz_clears(r, b, e, m, NULL);
}

static void check_all(const mpz_t base, const mpz_t exponent, const mpz_t modulus) {
    mpz_t expected;
    mpz_init(expected);
    mpz_powm(expected, base, exponent, modulus);
    for (size_t i = 0; method_at(i) != NULL; i++) {
        check_method(method_at(i), base, exponent, modulus, expected);
    }
    mpz_clear(expected);
}

static void every_small_case_agrees(void **state) {
    (void)state;
    mpz_t base, exponent, modulus;
    mpz_inits(base, exponent, modulus, NULL);
    for (long b = -3; b <= 12; b++) {
        for (unsigned long e = 0; e <= 20; e++) {
            for (unsigned long m = 1; m <= 12; m++) {
                mpz_set_si(base, b);
                mpz_set_ui(exponent, e);
                mpz_set_ui(modulus, m);
                check_all(base, exponent, modulus);
            }
        }
    }
    mpz_clears(base, exponent, modulus, NULL);
}

static void random_cases_agree_with_gmp(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 20260101);
    mpz_t base, exponent, modulus;
    mpz_inits(base, exponent, modulus, NULL);
    for (int i = 0; i < 3000; i++) {
        size_t bits = i < 2800 ? 200 : MAX_BITS;
        random_integer(base, &random, bits);
        random_integer(exponent, &random, bits);
        random_integer(modulus, &random, bits);
        mpz_add_ui(modulus, modulus, 1);
        if (i % 3 != 0) {
            mpz_setbit(modulus, 0);
        }
        if (i % 7 == 0) {
            mpz_neg(base, base);
        }
        if (i % 11 == 0) { // close to the modulus, on either side
            mpz_add_ui(base, modulus, 1);
            mpz_sub_ui(base, base, test_random_below(&random, 3));
        }
        check_all(base, exponent, modulus);
    }
    mpz_clears(base, exponent, modulus, NULL);
}

// An exponent of 20000 bits, and base and exponent both far longer than the modulus.
static void long_exponents(void **state) {
    (void)state;
    mpz_t base, exponent, modulus;
    mpz_inits(base, exponent, modulus, NULL);
    mpz_set_ui(modulus, 1000003);
    mpz_ui_pow_ui(base, 7, 500);
    mpz_ui_pow_ui(exponent, 3, 12619);
    check_all(base, exponent, modulus);
    mpz_sub_ui(exponent, exponent, 2);
    check_all(base, exponent, modulus);
    mpz_clears(base, exponent, modulus, NULL);
}

static void out_of_range_is_refused_and_leaves_r(void **state) {
    (void)state;
    mpz_t r, base, exponent, modulus;
    mpz_inits(r, base, exponent, modulus, NULL);
    const long cases[][2] = {{-1, 7}, {2, 0}, {2, -7}, {0, 0}, {-1, -1}}; // exponent, modulus
    mpz_set_ui(base, 3);
    for (size_t i = 0; method_at(i) != NULL; i++) {
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
            mpz_set_ui(r, 77);
            mpz_set_si(exponent, cases[c][0]);
            mpz_set_si(modulus, cases[c][1]);
            assert_false(method_at(i)->function(r, base, exponent, modulus));
            assert_int_equal(mpz_get_ui(r), 77);
        }
    }
    mpz_clears(r, base, exponent, modulus, NULL);
}

static void powm_secret_keeps_its_bound(void **state) {
    (void)state;
    mpz_t r, base, exponent, modulus, expected;
    mpz_inits(r, base, exponent, modulus, expected, NULL);
    mpz_set_ui(base, 5);
    mpz_set_ui(modulus, 1000003);
    // A bound far above the exponent changes nothing.
    for (size_t bits = 4; bits < 700; bits += 37) {
        mpz_set_ui(exponent, 13);
        mpz_powm(expected, base, exponent, modulus);
        assert_true(bn_powm_secret(r, base, exponent, bits, modulus));
        assert_int_equal(mpz_cmp(r, expected), 0);
    }
    // Bound 0 holds the exponent 0 only.
    assert_false(bn_powm_secret(r, base, exponent, 0, modulus));
    mpz_set_ui(exponent, 0);
    assert_true(bn_powm_secret(r, base, exponent, 0, modulus));
    assert_int_equal(mpz_cmp_ui(r, 1), 0);
    // An exponent beyond the bound, rounded up to limbs, is refused and r stays.
    for (size_t bits = 1; bits <= 256; bits++) {
        size_t limbs = (bits + GMP_NUMB_BITS - 1) / GMP_NUMB_BITS;
        mpz_set_ui(exponent, 0);
        mpz_setbit(exponent, limbs * GMP_NUMB_BITS);
        mpz_set_ui(r, 77);
        assert_false(bn_powm_secret(r, base, exponent, bits, modulus));
        assert_int_equal(mpz_get_ui(r), 77);
        mpz_sub_ui(exponent, exponent, 1);
        assert_true(bn_powm_secret(r, base, exponent, bits, modulus));
        mpz_powm(expected, base, exponent, modulus);
        assert_int_equal(mpz_cmp(r, expected), 0);
    }
    mpz_clears(r, base, exponent, modulus, expected, NULL);
}

static void the_table_names_five(void **state) {
    (void)state;
    const char *const names[] = {"right-to-left", "left-to-right", "ladder", "window", "montgomery"};
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(bn_modexp_methods[i].name, names[i]);
        assert_non_null(bn_modexp_methods[i].summary);
    }
    assert_null(bn_modexp_methods[5].name);
}

// --- the worked examples: 5^13 mod 23 ----------------------------------------------------------------------

static void trace_5_13_23(struct captured_trace *trace, bn_modexp_function *function) {
    mpz_t r, base, exponent, modulus;
    mpz_init(r);
    mpz_init_set_ui(base, 5);
    mpz_init_set_ui(exponent, 13);
    mpz_init_set_ui(modulus, 23);
    captured_trace_start(trace);
    assert_true(function(r, base, exponent, modulus));
    captured_trace_stop(trace);
    assert_int_equal(mpz_get_ui(r), 21);
    mpz_clears(r, base, exponent, modulus, NULL);
}

// The steps are exactly these, in this order; values in hex.
struct expected_step {
    const char *label, *value;
};
static void assert_steps(const struct captured_trace *trace, const struct expected_step *steps,
                         size_t count) {
    assert_int_equal(trace->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(trace->steps[i].label, steps[i].label);
        assert_string_equal(trace->steps[i].value, steps[i].value);
    }
}
#define ASSERT_STEPS(trace, steps) assert_steps(trace, steps, sizeof(steps) / sizeof(steps)[0])

static void right_to_left_shows_its_table(void **state) {
    (void)state;
    static const struct expected_step steps[] = {
        {"A = 1", "1"},
        {"S = g", "5"},
        {"i = 0: A = A * S mod n", "5"},
        {"i = 0: S = S^2 mod n", "2"},
        {"i = 1: S = S^2 mod n", "4"},
        {"i = 2: A = A * S mod n", "14"},
        {"i = 2: S = S^2 mod n", "10"},
        {"i = 3: A = A * S mod n", "15"},
    };
    struct captured_trace trace;
    trace_5_13_23(&trace, bn_modexp_right_to_left);
    ASSERT_STEPS(&trace, steps);
    captured_trace_free(&trace);
}

static void left_to_right_shows_its_table(void **state) {
    (void)state;
    static const struct expected_step steps[] = {
        {"A = 1", "1"},
        {"g", "5"},
        {"i = 3: A = A^2 mod n", "1"},
        {"i = 3: A = A * g mod n", "5"},
        {"i = 2: A = A^2 mod n", "2"},
        {"i = 2: A = A * g mod n", "a"},
        {"i = 1: A = A^2 mod n", "8"},
        {"i = 0: A = A^2 mod n", "12"},
        {"i = 0: A = A * g mod n", "15"},
    };
    struct captured_trace trace;
    trace_5_13_23(&trace, bn_modexp_left_to_right);
    ASSERT_STEPS(&trace, steps);
    captured_trace_free(&trace);
}

static void ladder_shows_its_table(void **state) {
    (void)state;
    static const struct expected_step steps[] = {
        {"R0 = 1", "1"},
        {"R1 = g", "5"},
        {"i = 3: R0 = R0 * R1 mod n", "5"},
        {"i = 3: R1 = R1^2 mod n", "2"},
        {"i = 2: R0 = R0 * R1 mod n", "a"},
        {"i = 2: R1 = R1^2 mod n", "4"},
        {"i = 1: R1 = R0 * R1 mod n", "11"},
        {"i = 1: R0 = R0^2 mod n", "8"},
        {"i = 0: R0 = R0 * R1 mod n", "15"},
        {"i = 0: R1 = R1^2 mod n", "d"},
    };
    struct captured_trace trace;
    trace_5_13_23(&trace, bn_modexp_ladder);
    ASSERT_STEPS(&trace, steps);
    captured_trace_free(&trace);
}

// R1 = g * R0 after every bit of a long exponent, and two operations for every bit, whatever the bit.
static void ladder_is_regular_and_keeps_its_invariant(void **state) {
    (void)state;
    mpz_t r, base, exponent, modulus, r0, r1;
    mpz_inits(r, base, exponent, modulus, r0, r1, NULL);
    mpz_set_ui(base, 3);
    mpz_set_str(exponent, "f0a51b3c7d2e9f8000000001deadbeef", 16);
    mpz_set_ui(modulus, 1000003);
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(bn_modexp_ladder(r, base, exponent, modulus));
    captured_trace_stop(&trace);
    assert_int_equal(trace.count, 2 + 2 * 128);
    for (size_t i = 0; i < trace.count; i += 2) {
        for (size_t j = i; j < i + 2; j++) {
            bool first = strstr(trace.steps[j].label, "R0 = ") != NULL;
            assert_true(bn_from_hex(first ? r0 : r1, trace.steps[j].value));
        }
        mpz_mul(r0, r0, base);
        mpz_sub(r0, r0, r1);
        assert_true(mpz_divisible_p(r0, modulus));
    }
    captured_trace_free(&trace);
    mpz_clears(r, base, exponent, modulus, r0, r1, NULL);
}

// R = 2^(64k) is the first such power above n: one limb for 64 bits, two for 65.
static void montgomery_takes_as_many_limbs_as_the_modulus(void **state) {
    (void)state;
    mpz_t r, base, exponent, modulus;
    mpz_inits(r, base, exponent, modulus, NULL);
    mpz_set_ui(base, 3);
    mpz_set_ui(exponent, 200);
    for (unsigned bits = 2; bits <= 193; bits++) {
        mpz_set_ui(modulus, 0);
        mpz_setbit(modulus, bits - 1);
        mpz_setbit(modulus, 0);
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_true(bn_modexp_montgomery(r, base, exponent, modulus));
        captured_trace_stop(&trace);
        assert_int_equal(strtoul(captured_value(&trace, "log2 R", 0), NULL, 16), bits <= 64    ? 64
                                                                                 : bits <= 128 ? 128
                                                                                 : bits <= 192 ? 192
                                                                                               : 256);
        captured_trace_free(&trace);
    }
    mpz_clears(r, base, exponent, modulus, NULL);
}

// An exponent of zero has no bits: no method takes a step for one.
static void exponent_zero_takes_no_step(void **state) {
    (void)state;
    mpz_t r, base, exponent, modulus;
    mpz_init(r);
    mpz_init_set_ui(base, 5);
    mpz_init(exponent);
    mpz_init_set_ui(modulus, 23);
    for (const struct bn_modexp_method *method = bn_modexp_methods; method->name != NULL; method++) {
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_true(method->function(r, base, exponent, modulus));
        captured_trace_stop(&trace);
        assert_int_equal(mpz_get_ui(r), 1);
        assert_int_equal(captured_count(&trace, "i = "), 0);
        captured_trace_free(&trace);
    }
    mpz_clears(r, base, exponent, modulus, NULL);
}

// HAC 14.86's exponent, 11749, in windows of four bits: multiplications by g^11, g^15 and g^5, fourteen
// squarings.
static void window_cuts_as_drawn(void **state) {
    (void)state;
    mpz_t r, base, exponent, modulus;
    mpz_init(r);
    mpz_init_set_ui(base, 2);
    mpz_init_set_ui(exponent, 11749);
    mpz_init_set_ui(modulus, 1000003);
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(bn_modexp_window(r, base, exponent, modulus));
    captured_trace_stop(&trace);
    static const char *const multiplications[] = {"i = 10: A = A * g^11 mod n", "i = 5: A = A * g^15 mod n",
                                                  "i = 0: A = A * g^5 mod n"};
    size_t found = 0;
    size_t squarings = 0;
    for (size_t i = 0; i < trace.count; i++) {
        if (strstr(trace.steps[i].label, "A^2") != NULL) { // every bit once, from the highest on
            char label[40];
            (void)snprintf(label, sizeof label, "i = %zu: A = A^2 mod n", 13 - squarings);
            assert_string_equal(trace.steps[i].label, label);
            squarings++;
        }
        if (strstr(trace.steps[i].label, "A * g^") != NULL) {
            assert_string_equal(trace.steps[i].label, found < 3 ? multiplications[found] : "no fourth");
            found++;
        }
    }
    assert_int_equal(found, 3);
    assert_int_equal(squarings, 14);
    assert_string_equal(captured_value(&trace, "g^2", 0), "4");
    assert_string_equal(captured_value(&trace, "g^15", 0), "8000");
    assert_int_equal(captured_count(&trace, "g^"), 9); // g, g^2, and the odd powers up to g^15
    captured_trace_free(&trace);

    mpz_set_ui(exponent, 31); // five ones: a window of four and one of one
    captured_trace_start(&trace);
    assert_true(bn_modexp_window(r, base, exponent, modulus));
    captured_trace_stop(&trace);
    (void)captured_value(&trace, "i = 1: A = A * g^15 mod n", 0);
    (void)captured_value(&trace, "i = 0: A = A * g^1 mod n", 0);
    captured_trace_free(&trace);
    mpz_clears(r, base, exponent, modulus, NULL);
}

// n' = -n^-1 mod 2^64, R, and what REDC promises, read off the trace and checked by arithmetic of its own.
static void montgomery_shows_n_prime_and_the_form(void **state) {
    (void)state;
    struct captured_trace trace;
    trace_5_13_23(&trace, bn_modexp_montgomery);
    mpz_t n_prime, r, form;
    mpz_inits(n_prime, r, form, NULL);
    mpz_setbit(r, 64);
    assert_string_equal(captured_value(&trace, "log2 R", 0), "40");
    assert_true(bn_from_hex(n_prime, captured_value(&trace, "n'", 0)));
    mpz_mul_ui(n_prime, n_prime, 23);
    mpz_add_ui(n_prime, n_prime, 1);
    assert_true(mpz_sgn(n_prime) > 0 && mpz_divisible_2exp_p(n_prime, 64)); // n * n' = -1 mod R
    const struct {
        const char *label;
        unsigned long stands_for;
    } forms[] = {
        {"R^2 mod n", 0}, // set below: R^2 mod n is the form of R mod n
        {"x~", 5},
        {"A = R mod n", 1},
        {"i = 3: A = Mont(A, x~)", 5},
        {"i = 2: A = Mont(A, A)", 2},
        {"i = 2: A = Mont(A, x~)", 10},
        {"i = 1: A = Mont(A, A)", 8},
        {"i = 0: A = Mont(A, A)", 18},
        {"i = 0: A = Mont(A, x~)", 21},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (forms[i].stands_for == 0) {
            mpz_mul(form, r, r);
        } else {
            mpz_mul_ui(form, r, forms[i].stands_for);
        }
        mpz_mod_ui(form, form, 23);
        mpz_t shown;
        mpz_init(shown);
        assert_true(bn_from_hex(shown, captured_value(&trace, forms[i].label, 0)));
        assert_int_equal(mpz_cmp(shown, form), 0);
        mpz_clear(shown);
    }
    assert_string_equal(captured_value(&trace, "A = Mont(A, 1)", 0), "15");
    captured_trace_free(&trace);
    mpz_clears(n_prime, r, form, NULL);
}

// REDC's last subtraction is both needed and left out, somewhere among many moduli near the top of their
// limbs: the case that a random test of a few numbers never meets.
static void montgomery_meets_both_ends_of_redc(void **state) {
    (void)state;
    size_t subtracted = 0;
    size_t reductions = 0;
    mpz_t r, base, exponent, modulus, expected;
    mpz_inits(r, base, exponent, modulus, expected, NULL);
    for (unsigned long i = 1; i < 60; i += 2) {
        mpz_set_ui(modulus, 0);
        mpz_setbit(modulus, 128);
        mpz_sub_ui(modulus, modulus, i);
        mpz_sub_ui(base, modulus, 2);
        mpz_set_ui(exponent, 1000 + i);
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_true(bn_modexp_montgomery(r, base, exponent, modulus));
        captured_trace_stop(&trace);
        for (size_t s = 0; s < trace.count; s++) {
            subtracted += strcmp(trace.steps[s].label, "redc: subtract n") == 0;
            reductions += strcmp(trace.steps[s].label, "REDC") == 0;
        }
        captured_trace_free(&trace);
        mpz_powm(expected, base, exponent, modulus);
        assert_int_equal(mpz_cmp(r, expected), 0);
    }
    assert_true(subtracted > 0 && subtracted < reductions);
    mpz_clears(r, base, exponent, modulus, expected, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_case_agrees),
        cmocka_unit_test(random_cases_agree_with_gmp),
        cmocka_unit_test(long_exponents),
        cmocka_unit_test(out_of_range_is_refused_and_leaves_r),
        cmocka_unit_test(powm_secret_keeps_its_bound),
        cmocka_unit_test(the_table_names_five),
        cmocka_unit_test(right_to_left_shows_its_table),
        cmocka_unit_test(left_to_right_shows_its_table),
        cmocka_unit_test(ladder_shows_its_table),
        cmocka_unit_test(ladder_is_regular_and_keeps_its_invariant),
        cmocka_unit_test(montgomery_takes_as_many_limbs_as_the_modulus),
        cmocka_unit_test(exponent_zero_takes_no_step),
        cmocka_unit_test(window_cuts_as_drawn),
        cmocka_unit_test(montgomery_shows_n_prime_and_the_form),
        cmocka_unit_test(montgomery_meets_both_ends_of_redc),
    };
    return cmocka_run_group_tests_name("modexp", tests, NULL, NULL);
}
