// Random bytes and integers: failing, interrupted, short and stuck generators, and uniformity by counting.
//
// This program has its own getrandom, which the linker prefers to libc's: that is how the system's generator
// fails here.

#include "bignum/encoding.h"
#include "bignum/random.h"
#include "tests/support.h"

#include <errno.h>
#include <gmp.h>
#include <string.h>
#include <sys/random.h>

// What the next calls of getrandom do: deliver at most so many bytes, or fail with -errno. Then everything is
// delivered.
static struct {
    ssize_t answers[8];
    size_t count, next;
    size_t calls;
    unsigned flags;
} script;

ssize_t getrandom(void *buffer, size_t length, unsigned flags) {
    script.calls++;
    script.flags |= flags;
    ssize_t answer = script.next < script.count ? script.answers[script.next++] : (ssize_t)length;
    if (answer < 0) {
        errno = (int)-answer;
        return -1;
    }
    size_t delivered = (size_t)answer < length ? (size_t)answer : length;
    memset(buffer, 0xa5, delivered);
    return (ssize_t)delivered;
}

static void set_script(size_t count, const ssize_t *answers) {
    memset(&script, 0, sizeof script);
    script.count = count;
    for (size_t i = 0; i < count; i++) {
        script.answers[i] = answers[i];
    }
}

static void system_bytes_arrive_whole(void **state) {
    (void)state;
    uint8_t out[40];
    set_script(0, NULL);
    memset(out, 0, sizeof out);
    assert_true(random_bytes(out, 39));
    for (size_t i = 0; i < sizeof out; i++) {
        assert_int_equal(out[i], i < 39 ? 0xa5 : 0);
    }
    assert_int_equal(script.calls, 1);
    assert_int_equal(script.flags,
                     0); // no GRND_NONBLOCK, no GRND_RANDOM: waits until the system is ready, once
}

static void short_and_interrupted_reads_are_continued(void **state) {
    (void)state;
    uint8_t out[40];
    set_script(5, (const ssize_t[]){7, -EINTR, 1, -EINTR, 20});
    memset(out, 0, sizeof out);
    assert_true(random_bytes(out, sizeof out));
    for (size_t i = 0; i < sizeof out; i++) {
        assert_int_equal(out[i], 0xa5);
    }
    assert_int_equal(script.calls, 6);
}

static void a_failure_leaves_nothing_behind(void **state) {
    (void)state;
    uint8_t out[40];
    static const ssize_t errors[] = {-ENOSYS, -EFAULT, -EINVAL};
    for (size_t i = 0; i < 3; i++) {
        set_script(2, (const ssize_t[]){30, errors[i]});
        memset(out, 1, sizeof out);
        assert_false(random_bytes(out, sizeof out));
        for (size_t j = 0; j < sizeof out; j++) {
            assert_int_equal(out[j], 0);
        }
    }
    mpz_t r, n;
    mpz_init_set_ui(r, 77);
    mpz_init_set_ui(n, 1000);
    for (int kind = 0; kind < 3; kind++) {
        set_script(1, (const ssize_t[]){-ENOSYS});
        assert_false(kind == 0   ? bn_random_below(r, n)
                     : kind == 1 ? bn_random_between(r, n, n)
                                 : bn_random_bits(r, 10));
        assert_int_equal(mpz_get_ui(r), 77);
    }
    mpz_clears(r, n, NULL);
}

// A source that hands out the bytes of one number, most significant first, and then fails.
struct enumerating {
    unsigned long value;
    size_t calls;
};
static bool enumerating_source(void *context, uint8_t *out, size_t length) {
    struct enumerating *source = context;
    if (source->calls++ > 0) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        out[length - 1 - i] = (uint8_t)(i < sizeof source->value ? source->value >> (8 * i) : 0);
    }
    return true;
}

// Uniform, exactly: of all values that the first draw can have, each r in [0, n) is the result of equally
// many, and all the others are rejected. Every n up to 260 and some up to 600: one byte and two.
static void below_is_uniform_by_counting(void **state) {
    (void)state;
    mpz_t r, n;
    mpz_inits(r, n, NULL);
    for (unsigned long bound = 1; bound <= 600; bound += bound < 260 ? 1 : 17) {
        mpz_set_ui(n, bound);
        size_t bits = mpz_sizeinbase(n, 2);
        size_t bytes = (bits + 7) / 8;
        unsigned hits[600] = {0};
        for (unsigned long value = 0; value < 1UL << (8 * bytes); value++) {
            struct enumerating source = {.value = value};
            random_set_source(enumerating_source, &source);
            if (bn_random_below(r, n)) {
                assert_true(mpz_cmp(r, n) < 0 && mpz_sgn(r) >= 0);
                hits[mpz_get_ui(r)]++;
                assert_int_equal(source.calls, 1);
            } else {
                assert_int_equal(source.calls, 2); // rejected, and asked again
            }
        }
        for (unsigned long i = 0; i < bound; i++) {
            assert_int_equal(hits[i], 1U << (8 * bytes - bits));
        }
    }
    random_set_source(NULL, NULL);
    mpz_clears(r, n, NULL);
}

static void between_reaches_both_ends(void **state) {
    (void)state;
    mpz_t r, low, high;
    mpz_init(r);
    mpz_init_set_si(low, -3);
    mpz_init_set_si(high, 9);
    unsigned hits[13] = {0};
    for (unsigned long value = 0; value < 256; value++) {
        struct enumerating source = {.value = value};
        random_set_source(enumerating_source, &source);
        if (bn_random_between(r, low, high)) {
            assert_true(mpz_cmp(r, low) >= 0 && mpz_cmp(r, high) <= 0);
            hits[mpz_get_si(r) + 3]++;
        }
    }
    for (int i = 0; i < 13; i++) {
        assert_int_equal(hits[i], 16);
    }
    struct enumerating zero = {.value = 0};
    random_set_source(enumerating_source, &zero);
    assert_true(bn_random_between(r, high, high)); // an interval of one
    assert_int_equal(mpz_cmp(r, high), 0);
    mpz_set_si(low, 10);
    assert_false(bn_random_between(r, low, high));
    random_set_source(NULL, NULL);
    mpz_clears(r, low, high, NULL);
}

static void bits_are_as_many_as_asked(void **state) {
    (void)state;
    mpz_t r;
    mpz_init_set_ui(r, 77);
    struct enumerating none = {0};
    random_set_source(enumerating_source, &none);
    assert_true(bn_random_bits(r, 0)); // nothing to draw
    assert_int_equal(none.calls, 0);
    assert_int_equal(mpz_sgn(r), 0);
    for (size_t bits = 1; bits <= 32; bits++) {
        struct enumerating source = {.value = ~0UL};
        random_set_source(enumerating_source, &source);
        assert_true(bn_random_bits(r, bits));
        assert_int_equal(mpz_get_ui(r), (1UL << bits) - 1);
    }
    random_set_source(NULL, NULL);
    mpz_clear(r);
}

// A generator that repeats itself must end in an error, after as many attempts as random.c says.
struct stuck {
    size_t calls;
};
static bool stuck_source(void *context, uint8_t *out, size_t length) {
    ((struct stuck *)context)->calls++;
    memset(out, 0xff, length);
    return true;
}

static void a_stuck_generator_is_an_error(void **state) {
    (void)state;
    struct stuck source = {0};
    random_set_source(stuck_source, &source);
    mpz_t r, n;
    mpz_init_set_ui(r, 77);
    mpz_init_set_ui(n, 1000);
    assert_false(bn_random_below(r, n));
    assert_int_equal(mpz_get_ui(r), 77);
    assert_int_equal(source.calls, 128);
    random_set_source(NULL, NULL);
    mpz_clears(r, n, NULL);
}

static void nothing_is_below_zero(void **state) {
    (void)state;
    mpz_t r, n;
    mpz_init_set_ui(r, 77);
    mpz_init(n);
    set_script(0, NULL);
    assert_false(bn_random_below(r, n));
    mpz_set_si(n, -5);
    assert_false(bn_random_below(r, n));
    assert_int_equal(mpz_get_ui(r), 77);
    mpz_set_ui(n, 1);
    assert_false(bn_random_below(r, n)); // our getrandom always says 1 for one bit: never below 1
    mpz_clears(r, n, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_bytes_arrive_whole),
        cmocka_unit_test(short_and_interrupted_reads_are_continued),
        cmocka_unit_test(a_failure_leaves_nothing_behind),
        cmocka_unit_test(below_is_uniform_by_counting),
        cmocka_unit_test(between_reaches_both_ends),
        cmocka_unit_test(bits_are_as_many_as_asked),
        cmocka_unit_test(a_stuck_generator_is_an_error),
        cmocka_unit_test(nothing_is_below_zero),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
