// SHA-1: the standard's examples, every step of one run, the constants from their definition, and a
// collision.

#include "tests/support.h"

#include "ciphers/hash/sha1.h"

#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void sha1(uint8_t digest[static SHA1_DIGEST_SIZE], const void *in, size_t length) {
    struct sha1_context context;
    sha1_init(&context);
    sha1_update(&context, in, length);
    sha1_final(&context, digest);
}

// Word number `index` of a traced value.
static uint32_t word_at(const char *value, size_t index) {
    char text[9] = {0};
    assert_true(strlen(value) >= 8 * (index + 1));
    memcpy(text, value + 8 * index, 8);
    return (uint32_t)strtoul(text, NULL, 16);
}

// Word number `index` of the step `name` with t in it, as in "W[16]".
static uint32_t traced(const struct captured_trace *trace, const char *before, unsigned t, const char *behind,
                       size_t index) {
    char label[16];
    (void)snprintf(label, sizeof label, "%s%u%s", before, t, behind);
    return word_at(captured_value(trace, label, 0), index);
}

// NIST's examples for FIPS 180, and the empty message.
static void test_examples(void **state) {
    (void)state;
    static const struct {
        const char *message, *digest;
    } EXAMPLES[] = {
        {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    };
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof *EXAMPLES; i++) {
        uint8_t digest[SHA1_DIGEST_SIZE];
        sha1(digest, EXAMPLES[i].message, strlen(EXAMPLES[i].message));
        assert_bytes_equal(digest, sizeof digest, EXAMPLES[i].digest);
    }
}

static void test_a_million_times_a(void **state) {
    (void)state;
    uint8_t chunk[1000];
    memset(chunk, 'a', sizeof chunk);
    struct sha1_context context;
    sha1_init(&context);
    for (int i = 0; i < 1000; i++) {
        sha1_update(&context, chunk, sizeof chunk);
    }
    uint8_t digest[SHA1_DIGEST_SIZE];
    sha1_final(&context, digest);
    assert_bytes_equal(digest, sizeof digest, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// The example "abc": the message schedule, and variable a after each step, as NIST's example document prints
// them; b, c, d and e are earlier values of a, the last three turned by 30.
// clang-format off
static const uint32_t ABC_W[80] = {
    0x61626380, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000,
    0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000018,
    0xc2c4c700, 0x00000000, 0x00000030, 0x85898e01, 0x00000000, 0x00000060, 0x0b131c03, 0x00000030,
    0x85898ec1, 0x16263806, 0x00000000, 0x00000180, 0x2c4c700c, 0x000000f0, 0x93afb507, 0x5898e048,
    0x8e9a9202, 0x00000600, 0xb131c0f0, 0x16263bc6, 0x4ebed41e, 0x626380a1, 0x16263806, 0x000018c0,
    0xd2e138c4, 0x00000f00, 0x3afb5079, 0x898e04e5, 0xe2ba3c2b, 0x000060c0, 0x053a37cd, 0x74458547,
    0xda9415ed, 0x26380a16, 0x626383a1, 0x4ebf54de, 0x3835b44b, 0x0000f600, 0x1e84c7a3, 0x98e04d98,
    0x651d16a0, 0x62658ca1, 0x458544d6, 0x44584cb7, 0x7ba06619, 0x6380aea2, 0x0ae55269, 0x627b49a1,
    0x7cd45c9d, 0x000f0000, 0xfb50753a, 0xec6765e8, 0xba3c2be2, 0x0060c000, 0x3a37cd05, 0x458546f4,
    0xb8599dd6, 0x380a1a26, 0x01e02203, 0xe7cc3456, 0xe6e60b69, 0x00f60a00, 0x5795ef4f, 0x822e0879,
};
static const uint32_t ABC_A[80] = {
    0x0116fc33, 0x8990536d, 0xa1390f08, 0xcdd8e11b, 0xcfd499de, 0x3fc7ca40, 0x993e30c1, 0x9e8c07d4,
    0x4b6ae328, 0x8351f929, 0xfbda9e89, 0x63188fe4, 0x4607b664, 0x9128f695, 0x196bee77, 0x20bdd62f,
    0x4e925823, 0x82aa6728, 0xdc64901d, 0xfd9e1d7d, 0x1a37b0ca, 0x33a23bfc, 0x21283486, 0xd541f12d,
    0xc7567dc6, 0x48413ba4, 0xbe35fbd5, 0x4aa84d97, 0x8370b52e, 0xc5fbaf5d, 0x1267b407, 0x3b845d33,
    0x046faa0a, 0x2c0ebc11, 0x21796ad4, 0xdcbbb0cb, 0x0f511fd8, 0xdc63973f, 0x4c986405, 0x32de1cba,
    0xfc87dedf, 0x970a0d5c, 0x7f193dc5, 0xee1b1aaf, 0x40f28e09, 0x1c51e1f2, 0xa01b846c, 0xbead02ca,
    0xbaf39337, 0x120731c5, 0x641db2ce, 0x3847ad66, 0xe490436d, 0x27e9f1d8, 0x7b71f76d, 0x5e6456af,
    0xc846093f, 0xd262ff50, 0x09d785fd, 0x3f52de5a, 0xd756c147, 0x548c9cb2, 0xb66c020b, 0x6b61c9e1,
    0x19dfa7ac, 0x101655f9, 0x0c3df2b4, 0x78dd4d2b, 0x497093c0, 0x3f2588c2, 0xc199f8c7, 0x39859de7,
    0xedb42de4, 0x11793f6f, 0x5ee76897, 0x63f7dab7, 0xa079b7d9, 0x860d21cc, 0x5738d5e1, 0x42541b35,
};
// clang-format on

static uint32_t rotl(uint32_t x, unsigned n) {
    return x << n | x >> (32 - n);
}

static void test_trace_of_abc(void **state) {
    (void)state;
    struct captured_trace trace;
    uint8_t digest[SHA1_DIGEST_SIZE];
    captured_trace_start(&trace);
    sha1(digest, "abc", 3);
    captured_trace_stop(&trace);

    assert_string_equal(captured_value(&trace, "H(0)", 0), "67452301efcdab8998badcfe10325476c3d2e1f0");
    char padding[2 * 61 + 1];
    memset(padding, '0', sizeof padding - 1);
    padding[sizeof padding - 1] = '\0';
    memcpy(padding, "80", 2);
    memcpy(padding + 2 * 60, "18", 2);
    assert_string_equal(captured_value(&trace, "padding", 0), padding);
    char block[2 * 64 + 1] = "616263";
    memcpy(block + 6, padding, sizeof padding);
    assert_string_equal(captured_value(&trace, "M", 0), block);

    uint32_t a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476;
    for (unsigned t = 0; t < 80; t++) {
        assert_int_equal(traced(&trace, "W[", t, "]", 0), ABC_W[t]);
        const uint32_t expected[5] = {ABC_A[t], a, rotl(b, 30), c, d};
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(traced(&trace, "t = ", t, "", i), expected[i]);
        }
        a = expected[0], b = expected[1], c = expected[2], d = expected[3];
    }
    // A sentence stands where something new begins.
    assert_int_equal(captured_count(&trace, "W["), 80);
    assert_string_equal(captured_notes(&trace, "W["), "W[0];W[16];");
    assert_string_equal(captured_notes(&trace, "t = "), "t = 0;t = 20;t = 40;t = 60;");
    assert_string_equal(captured_value(&trace, "t = 79", 0), "42541b355738d5e121834873681e6df6d8fdf6ad");
    assert_string_equal(captured_value(&trace, "H(1)", 0), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_string_equal(captured_value(&trace, "message digest", 0),
                        "a9993e364706816aba3e25717850c26c9cd0d89d");
    captured_trace_free(&trace);
}

// floor(2^30 * sqrt(n)), in integers.
static uint32_t root_constant(unsigned n) {
    mpz_t x;
    mpz_init_set_ui(x, n);
    mpz_mul_2exp(x, x, 60);
    mpz_sqrt(x, x);
    uint32_t constant = (uint32_t)mpz_get_ui(x);
    mpz_clear(x);
    return constant;
}

// The trace shows the variables before and after each step, so that K_t is the one unknown: solved for, it
// must be what the square roots say.
static void test_constants_are_square_roots(void **state) {
    (void)state;
    static const unsigned ROOTS_OF[4] = {2, 3, 5, 10};
    struct captured_trace trace;
    uint8_t digest[SHA1_DIGEST_SIZE];
    captured_trace_start(&trace);
    sha1(digest, "abc", 3);
    captured_trace_stop(&trace);
    uint32_t v[5];
    for (size_t i = 0; i < 5; i++) {
        v[i] = word_at(captured_value(&trace, "H(0)", 0), i);
    }
    for (unsigned t = 0; t < 80; t++) {
        uint32_t choose = (v[1] & v[2]) | (~v[1] & v[3]);
        uint32_t majority = (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]);
        uint32_t odd = v[1] ^ v[2] ^ v[3];
        uint32_t f = t < 20 ? choose : t >= 40 && t < 60 ? majority : odd;
        uint32_t k =
            traced(&trace, "t = ", t, "", 0) - rotl(v[0], 5) - f - v[4] - traced(&trace, "W[", t, "]", 0);
        assert_int_equal(k, root_constant(ROOTS_OF[t / 20]));
        for (size_t i = 0; i < 5; i++) {
            v[i] = traced(&trace, "t = ", t, "", i);
        }
    }
    captured_trace_free(&trace);
}

// 56 bytes: the first block holds the message and the 1 bit, the second one the length.
static void test_two_blocks(void **state) {
    (void)state;
    struct captured_trace trace;
    uint8_t digest[SHA1_DIGEST_SIZE];
    captured_trace_start(&trace);
    sha1(digest, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    captured_trace_stop(&trace);
    // NIST's example document, the hash value after the first block.
    assert_string_equal(captured_value(&trace, "H(1)", 0), "f4286818c37b27ae0408f581846771484a566572");
    assert_string_equal(captured_value(&trace, "H(2)", 0), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    assert_string_equal(captured_value(&trace, "M", 1) + 2 * 56, "00000000000001c0");
    captured_trace_free(&trace);
}

// Stevens, Bursztein, Karpman, Albertini and Markov, "The First Collision for Full SHA-1" (2017): the first
// 320 bytes of two PDF files. 192 are common, 128 differ, and the digests do not.
static void test_published_collision(void **state) {
    (void)state;
    static const char COMMON[] =
        "255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f4865696768742033"
        "203020522f547970652034203020522f537562747970652035203020522f46696c7465722036203020522f436f6c6f72"
        "53706163652037203020522f4c656e6774682038203020522f42697473506572436f6d706f6e656e7420383e3e0a7374"
        "7265616d0affd8fffe00245348412d3120697320646561642121212121852fec092339759c39b1a1c63c4c97e1fffe01";
    static const char *const ENDS[2] = {
        "7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c56b45c1530afedfb7"
        "6038e972722fe7ad728f0e4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70f2a332ec37fac3514"
        "e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf3f98cda8044629a1",
        "7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5df45c14f26fedfb3"
        "dc38e96ac22fe7bd728f0e45bce046d23c570feb141398bb552ef5a0a82be331fea48037b8b5d71f0e332edf93ac3500"
        "eb4ddc0decc1a864790c782c76215660dd309791d06bd0af3f98cda4bc4629b1",
    };
    uint8_t messages[2][320];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(from_hex(messages[i], 320, COMMON), 192);
        assert_int_equal(from_hex(messages[i] + 192, 128, ENDS[i]), 128);
        uint8_t digest[SHA1_DIGEST_SIZE];
        sha1(digest, messages[i], 320);
        assert_bytes_equal(digest, sizeof digest, "f92d74e3874587aaf443d1db961d4e26dde13e9c");
    }
    assert_memory_not_equal(messages[0], messages[1], 320);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),     cmocka_unit_test(test_a_million_times_a),
        cmocka_unit_test(test_trace_of_abc), cmocka_unit_test(test_constants_are_square_roots),
        cmocka_unit_test(test_two_blocks),   cmocka_unit_test(test_published_collision),
    };
    return cmocka_run_group_tests_name("sha1", tests, NULL, NULL);
}
