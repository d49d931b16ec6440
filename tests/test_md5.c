// MD5: the RFC's suite, every operation of one run, the constants from their definition, and a collision.

#include "tests/support.h"

#include "ciphers/hash/md5.h"

#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void md5(uint8_t digest[static MD5_DIGEST_SIZE], const void *in, size_t length) {
    struct md5_context context;
    md5_init(&context);
    md5_update(&context, in, length);
    md5_final(&context, digest);
}

// Word number `index` of a traced value.
static uint32_t word_at(const char *value, size_t index) {
    char text[9] = {0};
    assert_true(strlen(value) >= 8 * (index + 1));
    memcpy(text, value + 8 * index, 8);
    return (uint32_t)strtoul(text, NULL, 16);
}

// RFC 1321, A.5.
static void test_suite_of_the_rfc(void **state) {
    (void)state;
    static const struct {
        const char *message, *digest;
    } SUITE[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };
    for (size_t i = 0; i < sizeof SUITE / sizeof *SUITE; i++) {
        uint8_t digest[MD5_DIGEST_SIZE];
        md5(digest, SUITE[i].message, strlen(SUITE[i].message));
        assert_bytes_equal(digest, sizeof digest, SUITE[i].digest);
    }
}

// The new value of the variable that each of the 64 operations on "abc" changes; computed by an independent
// program. The other three variables stay as they were.
// clang-format off
static const uint32_t ABC_OPERATIONS[64] = {
    0xd6d117b4, 0x344a8432, 0x2f6fbd72, 0x7ad956f2, 0xc73741ef, 0x8bac3051, 0x207dc67b, 0x928d99f6,
    0x854b3712, 0x74e2f284, 0x3020401c, 0x5ed49596, 0xdda9b9a6, 0xa1051895, 0xe396856b, 0x72aff2e0,
    0x3e9e9126, 0x4a1d804e, 0xe25e1652, 0xb5b204e4, 0x59a8ffda, 0x6d002f1e, 0xabfc7920, 0x47092c07,
    0xb7f268cf, 0x09388eff, 0xfe1623b1, 0x786acb8f, 0x790a77fb, 0x9f47e4f8, 0xa62884aa, 0x726342d3,
    0xb3707ebf, 0x60127b2e, 0x8d212ff5, 0x3b0875c7, 0x21b117b9, 0x6e7429d5, 0x3575227e, 0x5a2f5ea5,
    0x11de1779, 0xfadcaa38, 0x31c465ca, 0x4c6124f4, 0x7f2e507b, 0x99d9679d, 0x8fae6399, 0x7beb9700,
    0x7b201df8, 0xf4e8e96e, 0xb298cefd, 0x8bf025c4, 0x06cc5e8a, 0x5b0d97aa, 0x7d632dd0, 0x3bfa2c27,
    0x7f81cc35, 0x094454ab, 0x4f9dbe3f, 0x7327d604, 0x310ade8f, 0x624d8cb2, 0xe484b9d8, 0xc08226b3,
};
// clang-format on

// The four rows of shift counts, 3.4.
static const unsigned SHIFTS[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// The word that operation n uses, by rule instead of by table.
static unsigned word_of(unsigned n) {
    switch (n / 16) {
    case 0:
        return n % 16;
    case 1:
        return (5 * n + 1) % 16;
    case 2:
        return (3 * n + 5) % 16;
    default:
        return 7 * n % 16;
    }
}

static void label_of(char *label, size_t size, unsigned n) {
    static const char *const ORDERS[4] = {"ABCD", "DABC", "CDAB", "BCDA"};
    (void)snprintf(label, size, "Round %u [%s %2u %2u %2u]", n / 16 + 1, ORDERS[n % 4], word_of(n),
                   SHIFTS[n / 16][n % 4], n + 1);
}

static void test_trace_of_abc(void **state) {
    (void)state;
    struct captured_trace trace;
    uint8_t digest[MD5_DIGEST_SIZE];
    captured_trace_start(&trace);
    md5(digest, "abc", 3);
    captured_trace_stop(&trace);

    assert_string_equal(captured_value(&trace, "A, B, C, D", 0), "67452301efcdab8998badcfe10325476");
    char padding[2 * 61 + 1];
    memset(padding, '0', sizeof padding - 1);
    padding[sizeof padding - 1] = '\0';
    memcpy(padding, "80", 2);
    memcpy(padding + 2 * 53, "18", 2); // 24 bits, the low-order byte first
    assert_string_equal(captured_value(&trace, "padding", 0), padding);
    char block[2 * 64 + 1] = "616263";
    memcpy(block + 6, padding, sizeof padding);
    assert_string_equal(captured_value(&trace, "M", 0), block);
    assert_string_equal(captured_value(&trace, "X[0]", 0), "80636261");
    for (unsigned k = 1; k < 16; k++) {
        char label[8];
        (void)snprintf(label, sizeof label, "X[%u]", k);
        assert_string_equal(captured_value(&trace, label, 0), k == 14 ? "00000018" : "00000000");
    }

    uint32_t v[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    for (unsigned n = 0; n < 64; n++) {
        char label[40];
        label_of(label, sizeof label, n);
        v[(64 - n) % 4] = ABC_OPERATIONS[n]; // A, D, C, B, A, ...
        const char *value = captured_value(&trace, label, 0);
        assert_int_equal(strlen(value), 32);
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(word_at(value, i), v[i]);
        }
    }
    assert_string_equal(captured_value(&trace, "A, B, C, D", 1), "98500190b04fd23c7d3f96d6727fe128");
    assert_string_equal(captured_value(&trace, "message digest", 0), "900150983cd24fb0d6963f7d28e17f72");
    captured_trace_free(&trace);
}

// floor(2^32 * |sin(i)|) in integers: the Taylor series in fixed point, 512 bits behind the point.
static uint32_t sine_constant(unsigned i) {
    enum { POINT = 512 };
    mpz_t sum, term;
    mpz_inits(sum, term, NULL);
    mpz_set_ui(term, i);
    mpz_mul_2exp(term, term, POINT);
    for (unsigned long n = 1; mpz_sgn(term) != 0; n += 2) {
        mpz_add(sum, sum, term); // term is (-1)^((n-1)/2) * i^n / n!
        mpz_mul_ui(term, term, (unsigned long)i * i);
        mpz_tdiv_q_ui(term, term, (n + 1) * (n + 2));
        mpz_neg(term, term);
    }
    mpz_abs(sum, sum);
    mpz_tdiv_q_2exp(sum, sum, POINT - 32);
    unsigned long constant = mpz_get_ui(sum);
    mpz_clears(sum, term, NULL);
    assert_true(constant <= UINT32_MAX);
    return (uint32_t)constant;
}

// The trace shows the variables before and after each operation, so that T[i] is the one unknown: solved for,
// it must be what the sine says.
static void test_constants_are_sines(void **state) {
    (void)state;
    struct captured_trace trace;
    uint8_t digest[MD5_DIGEST_SIZE];
    captured_trace_start(&trace);
    md5(digest, "abc", 3);
    captured_trace_stop(&trace);
    const char *before = captured_value(&trace, "A, B, C, D", 0);
    for (unsigned n = 0; n < 64; n++) {
        char label[40];
        label_of(label, sizeof label, n);
        const char *after = captured_value(&trace, label, 0);
        unsigned at = (64 - n) % 4;
        uint32_t a = word_at(before, at), b = word_at(before, (at + 1) % 4);
        uint32_t c = word_at(before, (at + 2) % 4), d = word_at(before, (at + 3) % 4);
        const uint32_t functions[4] = {(b & c) | (~b & d), (b & d) | (c & ~d), b ^ c ^ d, c ^ (b | ~d)};
        (void)snprintf(label, sizeof label, "X[%u]", word_of(n));
        uint32_t x = word_at(captured_value(&trace, label, 0), 0);
        uint32_t turned = word_at(after, at) - b;
        unsigned s = SHIFTS[n / 16][n % 4];
        uint32_t sum = turned >> s | turned << (32 - s);
        assert_int_equal(sum - a - functions[n / 16] - x, sine_constant(n + 1));
        before = after;
    }
    assert_int_equal(sine_constant(1), 0xd76aa478);
    captured_trace_free(&trace);
}

// 55 bytes are the longest message that fits one block with its padding; 56 need a second one.
static void test_blocks_of_a_padded_message(void **state) {
    (void)state;
    static const struct {
        size_t length, blocks;
    } CASES[] = {{0, 1}, {55, 1}, {56, 2}, {63, 2}, {64, 2}, {119, 2}, {120, 3}, {128, 3}};
    static const uint8_t MESSAGE[128] = {0};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct captured_trace trace;
        uint8_t digest[MD5_DIGEST_SIZE];
        captured_trace_start(&trace);
        md5(digest, MESSAGE, CASES[i].length);
        captured_trace_stop(&trace);
        size_t blocks = 0;
        for (size_t step = 0; step < trace.count; step++) {
            if (trace.steps[step].shape == TRACE_SECTION) {
                char label[20];
                (void)snprintf(label, sizeof label, "Block %zu", ++blocks);
                assert_string_equal(trace.steps[step].label, label);
            }
        }
        assert_int_equal(blocks, CASES[i].blocks);
        captured_trace_free(&trace);
    }
}

static void test_a_million_times_a(void **state) {
    (void)state;
    uint8_t chunk[1000];
    memset(chunk, 'a', sizeof chunk);
    struct md5_context context;
    md5_init(&context);
    for (int i = 0; i < 1000; i++) {
        md5_update(&context, chunk, sizeof chunk);
    }
    uint8_t digest[MD5_DIGEST_SIZE];
    md5_final(&context, digest);
    assert_bytes_equal(digest, sizeof digest, "7707d6ae4e027c70eea2a935c2296f21");
}

// Wang, Feng, Lai and Yu, "Collisions for Hash Functions MD4, MD5, HAVAL-128 and RIPEMD" (2004): two messages
// of two blocks that differ in six bits and have one digest. Whatever is appended to both, they stay equal.
static void test_published_collision(void **state) {
    (void)state;
    uint8_t first[140], second[140];
    assert_int_equal(
        from_hex(
            first, sizeof first,
            "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a"
            "085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
            "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70"),
        128);
    memcpy(second, first, 128);
    static const size_t DIFFERENCES[] = {19, 45, 59, 83, 109, 123};
    for (size_t i = 0; i < sizeof DIFFERENCES / sizeof *DIFFERENCES; i++) {
        second[DIFFERENCES[i]] ^= 0x80;
    }
    uint8_t digest[MD5_DIGEST_SIZE];
    md5(digest, first, 128);
    assert_bytes_equal(digest, sizeof digest, "79054025255fb1a26e4bc422aef54eb4");
    md5(digest, second, 128);
    assert_bytes_equal(digest, sizeof digest, "79054025255fb1a26e4bc422aef54eb4");

    uint8_t other[MD5_DIGEST_SIZE];
    memset(first + 128, 'x', 12);
    memset(second + 128, 'x', 12);
    md5(digest, first, 140);
    md5(other, second, 140);
    assert_memory_equal(digest, other, sizeof digest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite_of_the_rfc),    cmocka_unit_test(test_trace_of_abc),
        cmocka_unit_test(test_constants_are_sines), cmocka_unit_test(test_blocks_of_a_padded_message),
        cmocka_unit_test(test_a_million_times_a),   cmocka_unit_test(test_published_collision),
    };
    return cmocka_run_group_tests_name("md5", tests, NULL, NULL);
}
