// AES against the worked examples of FIPS 197, value by value through the trace, and against the statements
// that aes.c makes in its comments.

#include "ciphers/block/aes.h"
#include "tests/fips197.h"
#include "tests/support.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

// --- FIPS 197, Appendix A: key expansion -------------------------------------------------------------------

// The i-th row's value in the column `label`, or "" when the trace has no such step.
static const char *column(const struct captured_trace *trace, unsigned i, const char *label) {
    char text[64];
    (void)snprintf(text, sizeof text, "i=%2u %s", i, label);
    for (size_t n = 0; n < trace->count; n++) {
        if (strcmp(trace->steps[n].label, text) == 0) {
            return trace->steps[n].value;
        }
    }
    return "";
}

static void check_expansion(const char *key_hex, const struct expansion_row *rows, size_t count) {
    uint8_t bytes[32];
    size_t length = from_hex(bytes, sizeof bytes, key_hex);
    struct aes_key key;
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(aes_set_key(&key, bytes, length));
    captured_trace_stop(&trace);

    assert_string_equal(trace.steps[0].label, "KeyExpansion");
    assert_int_equal(trace.steps[0].shape, TRACE_SECTION);
    assert_int_equal(count, 4 * (key.rounds + 1) - length / 4);
    for (size_t n = 0; n < count; n++) {
        const struct expansion_row *row = &rows[n];
        char label[16];
        (void)snprintf(label, sizeof label, "w[%2u]", row->i);
        assert_string_equal(column(&trace, row->i, "temp"), row->temp);
        assert_string_equal(column(&trace, row->i, "After RotWord()"), row->after_rot_word);
        assert_string_equal(column(&trace, row->i, "After SubWord()"), row->after_sub_word);
        assert_string_equal(column(&trace, row->i, "Rcon[i/Nk]"), row->rcon);
        assert_string_equal(column(&trace, row->i, "After XOR with Rcon"), row->after_xor);
        assert_string_equal(column(&trace, row->i, "w[i-Nk]"), row->w_i_nk);
        assert_string_equal(captured_value(&trace, label, 0), row->w_i);
        assert_bytes_equal(key.round_key[row->i / 4] + 4 * (row->i % 4), 4, row->w_i);
    }
    assert_memory_equal(key.round_key, bytes, length);
    for (unsigned i = 0; i < length / 4; i++) { // the key itself
        char label[16];
        (void)snprintf(label, sizeof label, "w[%2u]", i);
        assert_memory_equal(captured_value(&trace, label, 0), key_hex + (size_t)i * 8, 8);
    }
    for (size_t n = 1; n < trace.count; n++) {
        assert_int_equal(trace.steps[n].depth, 1);
    }
    captured_trace_free(&trace);
}

static void test_appendix_a1(void **state) {
    (void)state;
    check_expansion("2b7e151628aed2a6abf7158809cf4f3c", FIPS_197_A1, COUNT(FIPS_197_A1));
}
static void test_appendix_a2(void **state) {
    (void)state;
    check_expansion("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", FIPS_197_A2, COUNT(FIPS_197_A2));
}
static void test_appendix_a3(void **state) {
    (void)state;
    unsigned rotations = 0, substitutions = 0; // docs/aes.md, exercise 5
    for (size_t i = 0; i < COUNT(FIPS_197_A3); i++) {
        rotations += FIPS_197_A3[i].after_rot_word[0] != '\0';
        substitutions += FIPS_197_A3[i].after_sub_word[0] != '\0';
    }
    assert_int_equal(rotations, 7);
    assert_int_equal(substitutions, 13);
    check_expansion("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", FIPS_197_A3,
                    COUNT(FIPS_197_A3));
}

// --- Appendix B and C: the cipher and its inverse ----------------------------------------------------------

typedef void block_function(const struct aes_key *key, uint8_t out[static AES_BLOCK_SIZE],
                            const uint8_t in[static AES_BLOCK_SIZE]);

// The trace is exactly this list: no step more, none less, in this order. The first value is the input.
static void check_steps(const char *key_hex, block_function *function, const struct labelled_value *expected,
                        size_t count) {
    uint8_t bytes[32], block[16];
    struct aes_key key;
    size_t length = from_hex(bytes, sizeof bytes, key_hex);
    assert_true(aes_set_key(&key, bytes, length));
    assert_int_equal(from_hex(block, sizeof block, expected[0].value), 16);
    struct captured_trace trace;
    captured_trace_start(&trace);
    function(&key, block, block);
    captured_trace_stop(&trace);
    assert_int_equal(trace.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(trace.steps[i].label, expected[i].label);
        assert_string_equal(trace.steps[i].value, expected[i].value);
        assert_int_equal(trace.steps[i].shape, TRACE_STATE);
        assert_int_equal(trace.steps[i].depth, 0);
    }
    assert_bytes_equal(block, 16, expected[count - 1].value);
    captured_trace_free(&trace);
}

static const char C1_KEY[] = "000102030405060708090a0b0c0d0e0f";
static const char C2_KEY[] = "000102030405060708090a0b0c0d0e0f1011121314151617";
static const char C3_KEY[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static void test_appendix_b(void **state) {
    (void)state;
    check_steps("2b7e151628aed2a6abf7158809cf4f3c", aes_encrypt_block, FIPS_197_B, COUNT(FIPS_197_B));
}
static void test_appendix_c1(void **state) {
    (void)state;
    check_steps(C1_KEY, aes_encrypt_block, FIPS_197_C1_CIPHER, COUNT(FIPS_197_C1_CIPHER));
    check_steps(C1_KEY, aes_decrypt_block, FIPS_197_C1_INVCIPHER, COUNT(FIPS_197_C1_INVCIPHER));
}
static void test_appendix_c2(void **state) {
    (void)state;
    check_steps(C2_KEY, aes_encrypt_block, FIPS_197_C2_CIPHER, COUNT(FIPS_197_C2_CIPHER));
    check_steps(C2_KEY, aes_decrypt_block, FIPS_197_C2_INVCIPHER, COUNT(FIPS_197_C2_INVCIPHER));
}
static void test_appendix_c3(void **state) {
    (void)state;
    check_steps(C3_KEY, aes_encrypt_block, FIPS_197_C3_CIPHER, COUNT(FIPS_197_C3_CIPHER));
    check_steps(C3_KEY, aes_decrypt_block, FIPS_197_C3_INVCIPHER, COUNT(FIPS_197_C3_INVCIPHER));
}

// --- What the comments say ---------------------------------------------------------------------------------

// Multiplication in the field by school division: multiply the polynomials, then take m(x) = {01}{1b} off
// from the top.
static unsigned field_multiply(unsigned a, unsigned b) {
    unsigned product = 0;
    for (unsigned i = 0; i < 8; i++) {
        product ^= (b >> i & 1) * (a << i);
    }
    for (unsigned i = 15; i-- > 8;) {
        product ^= (product >> i & 1) * (0x11bU << (i - 8));
    }
    return product;
}

static void test_field_examples(void **state) {
    (void)state;
    assert_int_equal(field_multiply(0x57, 0x13), 0xfe);
    assert_int_equal(0x57 ^ 0xae ^ 0x07, 0xfe);
    assert_int_equal(field_multiply(0x57, 0x02), 0xae);
    assert_int_equal(field_multiply(0x57, 0x10), 0x07);
    assert_int_equal(field_multiply(0x02, 0xd4), 0xb3);
    assert_int_equal(field_multiply(0x03, 0xbf), 0xda);
    assert_int_equal(0xb3 ^ 0xda ^ 0x5d ^ 0x30, 0x04);
    // docs/aes.md
    assert_int_equal(0x57 ^ 0x83, 0xd4);
    assert_int_equal(field_multiply(0x02, 0xae), 0x47);
    assert_int_equal(field_multiply(0x02, 0x80), 0x1b);
    assert_int_equal(field_multiply(0x03, 0x6e), 0xb2);
}

// 5.1.1 from the definition in the standard's own terms: search the inverse, then the affine map bit by bit.
static uint8_t sbox_by_definition(unsigned x) {
    unsigned b = 0, result = 0;
    for (unsigned y = 1; y < 256; y++) {
        b = field_multiply(x, y) == 1 ? y : b;
    }
    for (unsigned i = 0; i < 8; i++) {
        unsigned bit =
            b >> i ^ b >> (i + 4) % 8 ^ b >> (i + 5) % 8 ^ b >> (i + 6) % 8 ^ b >> (i + 7) % 8 ^ 0x63U >> i;
        result |= (bit & 1) << i;
    }
    return (uint8_t)result;
}

static void test_sbox_from_its_definition(void **state) {
    (void)state;
    for (unsigned x = 0; x < 256; x++) {
        uint8_t y = aes_derive_sbox((uint8_t)x);
        assert_int_equal(y, sbox_by_definition(x));
        assert_int_equal(aes_derive_inverse_sbox(y), x);
        assert_int_not_equal(y, x);
        assert_int_not_equal(y, x ^ 0xff);
    }
    assert_int_equal(aes_derive_sbox(0x53), 0xed);
    assert_int_equal(aes_derive_sbox(0x00), 0x63);
}

// All 256 entries of the tables in use, seen through the trace: under the zero key the first round starts
// with the input.
static void test_tables_are_the_derived_sboxes(void **state) {
    (void)state;
    struct aes_key key;
    const uint8_t zero_key[16] = {0};
    assert_true(aes_set_key(&key, zero_key, 16));
    for (unsigned high = 0; high < 16; high++) {
        uint8_t in[16], out[16], substituted[16], start[16];
        for (unsigned low = 0; low < 16; low++) {
            in[low] = (uint8_t)(16 * high + low);
        }
        struct captured_trace trace;
        captured_trace_start(&trace);
        aes_encrypt_block(&key, out, in);
        (void)from_hex(substituted, 16, captured_value(&trace, "round[ 1].s_box", 0));
        for (unsigned low = 0; low < 16; low++) {
            assert_int_equal(substituted[low], aes_derive_sbox(in[low]));
            in[low] ^= key.round_key[10][low];
        }
        aes_decrypt_block(&key, out, in);
        captured_trace_stop(&trace);
        (void)from_hex(start, 16, captured_value(&trace, "round[ 1].is_row", 0));
        (void)from_hex(substituted, 16, captured_value(&trace, "round[ 1].is_box", 0));
        for (unsigned i = 0; i < 16; i++) {
            assert_int_equal(start[i] / 16, high);
            assert_int_equal(substituted[i], aes_derive_inverse_sbox(start[i]));
        }
        captured_trace_free(&trace);
    }
}

// The two matrices undo each other, and what MixColumns spreads: one changed byte changes four, two at least
// three.
static void test_mix_columns_matrix(void **state) {
    (void)state;
    static const uint8_t row[4] = {2, 3, 1, 1}, inverse_row[4] = {0xe, 0xb, 0xd, 9};
    for (unsigned r = 0; r < 4; r++) {
        for (unsigned c = 0; c < 4; c++) {
            unsigned sum = 0;
            for (unsigned k = 0; k < 4; k++) {
                sum ^= field_multiply(row[(k + 4 - r) % 4], inverse_row[(c + 4 - k) % 4]);
            }
            assert_int_equal(sum, r == c);
        }
    }
    uint8_t product[4][256];
    for (unsigned i = 0; i < 1024; i++) {
        product[i / 256][i % 256] = (uint8_t)field_multiply(row[i / 256], i % 256);
    }
    for (unsigned first = 0; first < 4; first++) {
        for (unsigned second = first + 1; second < 4; second++) {
            for (unsigned a = 1; a < 256; a++) {
                for (unsigned b = 0; b < 256; b++) {
                    unsigned changed = 0;
                    for (unsigned r = 0; r < 4; r++) {
                        changed += product[(first + 4 - r) % 4][a] != product[(second + 4 - r) % 4][b];
                    }
                    assert_true(changed >= (b == 0 ? 4 : 3));
                }
            }
        }
    }
}

// InvMixColumns by its matrix, on one column.
static void inv_mix_column(uint8_t column[4]) {
    static const uint8_t row[4] = {0xe, 0xb, 0xd, 9};
    uint8_t mixed[4] = {0};
    for (unsigned r = 0; r < 4; r++) {
        for (unsigned k = 0; k < 4; k++) {
            mixed[r] ^= (uint8_t)field_multiply(row[(k + 4 - r) % 4], column[k]);
        }
    }
    memcpy(column, mixed, sizeof mixed);
}

static void inv_mix_columns(uint8_t s[16]) {
    for (unsigned c = 0; c < 4; c++) {
        inv_mix_column(s + 4 * c);
    }
}

// EQINVCIPHER() (5.3.5, Algorithms 4 and 5): the order of the cipher, with round keys that went through InvMixColumns.
static void equivalent_inverse(const struct aes_key *key, uint8_t out[16], const uint8_t in[16]) {
    uint8_t s[16];
    for (unsigned i = 0; i < 16; i++) {
        s[i] = in[i] ^ key->round_key[key->rounds][i];
    }
    for (unsigned round = key->rounds; round-- > 0;) {
        uint8_t round_key[16], shifted[16];
        memcpy(round_key, key->round_key[round], sizeof round_key);
        for (unsigned i = 0; i < 16; i++) {
            // Row i % 4 moves as many places to the right.
            shifted[(i + 4 * (i % 4)) % 16] = aes_derive_inverse_sbox(s[i]);
        }
        if (round > 0) {
            inv_mix_columns(shifted);
            inv_mix_columns(round_key);
        }
        for (unsigned i = 0; i < 16; i++) {
            s[i] = shifted[i] ^ round_key[i];
        }
    }
    memcpy(out, s, sizeof s);
}

static void test_equivalent_inverse_cipher(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 535);
    for (unsigned i = 0; i < 60; i++) {
        uint8_t key_bytes[32], block[16], straight[16], equivalent[16];
        struct aes_key key;
        test_random_bytes(&random, key_bytes, sizeof key_bytes);
        test_random_bytes(&random, block, sizeof block);
        assert_true(aes_set_key(&key, key_bytes, 16 + 8 * (size_t)(i % 3)));
        aes_decrypt_block(&key, straight, block);
        equivalent_inverse(&key, equivalent, block);
        assert_memory_equal(equivalent, straight, sizeof straight);
    }
}

static void test_two_rounds_spread_every_byte(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 2);
    for (unsigned position = 0; position < 16; position++) {
        bool reached[16] = {false};
        for (unsigned attempt = 0; attempt < 8; attempt++) {
            struct aes_key key;
            uint8_t bytes[16], block[16], out[16], after[2][16];
            test_random_bytes(&random, bytes, 16);
            test_random_bytes(&random, block, 16);
            assert_true(aes_set_key(&key, bytes, 16));
            for (unsigned i = 0; i < 2; i++) {
                struct captured_trace trace;
                captured_trace_start(&trace);
                aes_encrypt_block(&key, out, block);
                captured_trace_stop(&trace);
                (void)from_hex(after[i], 16, captured_value(&trace, "round[ 3].start", 0));
                captured_trace_free(&trace);
                block[position] ^= 0x40;
            }
            for (unsigned i = 0; i < 16; i++) {
                reached[i] |= after[0][i] != after[1][i];
            }
        }
        for (unsigned i = 0; i < 16; i++) {
            assert_true(reached[i]);
        }
    }
}

// --- The interface -----------------------------------------------------------------------------------------

static void test_key_lengths(void **state) {
    (void)state;
    uint8_t bytes[64] = {1, 2, 3};
    for (size_t length = 0; length <= sizeof bytes; length++) {
        struct aes_key key;
        memset(&key, 0xaa, sizeof key);
        bool good = length == 16 || length == 24 || length == 32;
        assert_int_equal(aes_set_key(&key, bytes, length), good);
        assert_int_equal(key.rounds, good ? length / 4 + 6 : 0);
    }
}

static void test_round_trip_and_in_place(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 3);
    for (unsigned i = 0; i < 600; i++) {
        struct aes_key key;
        uint8_t bytes[32], block[16], out[16], again[16];
        test_random_bytes(&random, bytes, sizeof bytes);
        test_random_bytes(&random, block, sizeof block);
        assert_true(aes_set_key(&key, bytes, 16 + 8 * (i % 3)));
        aes_encrypt_block(&key, out, block);
        assert_memory_not_equal(out, block, 16);
        aes_decrypt_block(&key, again, out);
        assert_memory_equal(again, block, 16);
        aes_encrypt_block(&key, again, again);
        assert_memory_equal(again, out, 16);
        aes_decrypt_block(&key, again, again);
        assert_memory_equal(again, block, 16);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appendix_a1),
        cmocka_unit_test(test_appendix_a2),
        cmocka_unit_test(test_appendix_a3),
        cmocka_unit_test(test_appendix_b),
        cmocka_unit_test(test_appendix_c1),
        cmocka_unit_test(test_appendix_c2),
        cmocka_unit_test(test_appendix_c3),
        cmocka_unit_test(test_field_examples),
        cmocka_unit_test(test_sbox_from_its_definition),
        cmocka_unit_test(test_tables_are_the_derived_sboxes),
        cmocka_unit_test(test_mix_columns_matrix),
        cmocka_unit_test(test_equivalent_inverse_cipher),
        cmocka_unit_test(test_two_rounds_spread_every_byte),
        cmocka_unit_test(test_key_lengths),
        cmocka_unit_test(test_round_trip_and_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
