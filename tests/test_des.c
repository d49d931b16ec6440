// DES against a worked example with all its intermediate values, and against its known properties.

#include "ciphers/block/des.h"
#include "ciphers/block/des3.h"
#include "tests/support.h"

#include <stdio.h>
#include <string.h>

// --- The worked example ------------------------------------------------------------------------------------
//
// Key 13 34 57 79 9b bc df f1, plaintext 01 23 45 67 89 ab cd ef: the example of J. Orlin Grabbe, "The DES
// Algorithm Illustrated" (1992), which gives the round keys and the first and last round. The rounds between
// were computed by a second implementation that works on strings of '0' and '1', one table look-up at a time.

struct des_round {
    const char *c, *d, *key, *expanded, *sum, *substituted, *permuted, *right;
};
// clang-format off
static const struct des_round EXAMPLE[16] = {
    {"1110000 1100110 0101010 1011111", "1010101 0110011 0011110 0011110",
     "000110 110000 001011 101111 111111 000111 000001 110010",
     "011110 100001 010101 010101 011110 100001 010101 010101",
     "011000 010001 011110 111010 100001 100110 010100 100111",
     "0101 1100 1000 0010 1011 0101 1001 0111", "0010 0011 0100 1010 1010 1001 1011 1011",
     "1110 1111 0100 1010 0110 0101 0100 0100"},
    {"1100001 1001100 1010101 0111111", "0101010 1100110 0111100 0111101",
     "011110 011010 111011 011001 110110 111100 100111 100101",
     "011101 011110 101001 010100 001100 001010 101000 001001",
     "000011 000100 010010 001101 111010 110110 001111 101100",
     "1111 1000 1101 0000 0011 1010 1010 1110", "0011 1100 1010 1011 1000 0111 1010 0011",
     "1100 1100 0000 0001 0111 0111 0000 1001"},
    {"0000110 0110010 1010101 1111111", "0101011 0011001 1110001 1110101",
     "010101 011111 110010 001010 010000 101100 111110 011001",
     "111001 011000 000000 000010 101110 101110 100001 010011",
     "101100 000111 110010 001000 111110 000010 011111 001010",
     "0010 0111 0001 0000 1110 0001 0110 1111", "0100 1101 0001 0110 0110 1110 1011 0000",
     "1010 0010 0101 1100 0000 1011 1111 0100"},
    {"0011001 1001010 1010111 1111100", "0101100 1100111 1000111 1010101",
     "011100 101010 110111 010110 110110 110011 010100 011101",
     "010100 000100 001011 111000 000001 010111 111110 101001",
     "001000 101110 111100 101110 110111 100100 101010 110100",
     "0010 0001 1110 1101 1001 1111 0011 1010", "1011 1011 0010 0011 0111 0111 0100 1100",
     "0111 0111 0010 0010 0000 0000 0100 0101"},
    {"1100110 0101010 1011111 1110000", "0110011 0011110 0011110 1010101",
     "011111 001110 110000 000111 111010 110101 001110 101000",
     "101110 101110 100100 000100 000000 000000 001000 001010",
     "110001 100000 010100 000011 111010 110101 000110 100010",
     "0101 0000 1100 1000 0011 0001 1110 1011", "0010 1000 0001 0011 1010 1101 1100 0011",
     "1000 1010 0100 1111 1010 0110 0011 0111"},
    {"0011001 0101010 1111111 1000011", "1001100 1111000 1111010 1010101",
     "011000 111010 010100 111110 010100 000111 101100 101111",
     "110001 010100 001001 011111 110100 001100 000110 101111",
     "101001 101110 011101 100001 100000 001011 101010 000000",
     "0100 0001 1111 0011 0100 1100 0011 1101", "1001 1110 0100 0101 1100 1101 0010 1100",
     "1110 1001 0110 0111 1100 1101 0110 1001"},
    {"1100101 0101011 1111110 0001100", "0110011 1100011 1101010 1010110",
     "111011 001000 010010 110111 111101 100001 100010 111100",
     "111101 010010 101100 001111 111001 011010 101101 010011",
     "000110 011010 111110 111000 000100 111011 001111 101111",
     "0001 0000 0111 0101 0100 0000 1010 1101", "1000 1100 0000 0101 0001 1100 0010 0111",
     "0000 0110 0100 1010 1011 1010 0001 0000"},
    {"0010101 0101111 1111000 0110011", "1001111 0001111 0101010 1011001",
     "111101 111000 101000 111010 110000 010011 101111 111011",
     "000000 001100 001001 010101 010111 110100 000010 100000",
     "111101 110100 100001 101111 100111 100111 101101 011011",
     "0110 1100 0001 1000 0111 1100 1010 1110", "0011 1100 0000 1110 1000 0110 1111 1001",
     "1101 0101 0110 1001 0100 1011 1001 0000"},
    {"0101010 1011111 1110000 1100110", "0011110 0011110 1010101 0110011",
     "111000 001101 101111 101011 111011 011110 011110 000001",
     "011010 101010 101101 010010 101001 010111 110010 100001",
     "100010 100111 000010 111001 010010 001001 101100 100000",
     "0001 0001 0000 1100 0101 0111 0111 0111", "0010 0010 0011 0110 0111 1100 0110 1010",
     "0010 0100 0111 1100 1100 0110 0111 1010"},
    {"0101010 1111111 1000011 0011001", "1111000 1111010 1010101 1001100",
     "101100 011111 001101 000111 101110 100100 011001 001111",
     "000100 001000 001111 111001 011000 001100 001111 110100",
     "101000 010111 000010 111110 110110 101000 010110 111011",
     "1101 1010 0000 0100 0101 0010 0111 0101", "0110 0010 1011 1100 1001 1100 0010 0010",
     "1011 0111 1101 0101 1101 0111 1011 0010"},
    {"0101011 1111110 0001100 1100101", "1100011 1101010 1010110 0110011",
     "001000 010101 111111 010011 110111 101101 001110 000110",
     "010110 101111 111010 101011 111010 101111 110110 100101",
     "011110 111010 000101 111000 001101 000010 111000 100011",
     "0111 0011 0000 0101 1101 0001 0000 0001", "1110 0001 0000 0100 1111 1010 0000 0010",
     "1100 0101 0111 1000 0011 1100 0111 1000"},
    {"0101111 1111000 0110011 0010101", "0001111 0101010 1011001 1001111",
     "011101 010111 000111 110101 100101 000110 011111 101001",
     "011000 001010 101111 110000 000111 111000 001111 110001",
     "000101 011101 101000 000101 100010 111110 010000 011000",
     "0111 1011 1000 1011 0010 0110 0011 0101", "1100 0010 0110 1000 1100 1111 1110 1010",
     "0111 0101 1011 1101 0001 1000 0101 1000"},
    {"0111111 1100001 1001100 1010101", "0111101 0101010 1100110 0111100",
     "100101 111100 010111 010001 111110 101011 101001 000001",
     "001110 101011 110111 111010 100011 110000 001011 110000",
     "101011 010111 100000 101011 011101 011011 100010 110001",
     "1001 1010 1101 0001 1000 1011 0100 1111", "1101 1101 1011 1011 0010 1001 0010 0010",
     "0001 1000 1100 0011 0001 0101 0101 1010"},
    {"1111111 0000110 0110010 1010101", "1110101 0101011 0011001 1110001",
     "010111 110100 001110 110111 111100 101110 011100 111010",
     "000011 110001 011000 000110 100010 101010 101011 110100",
     "010100 000101 010110 110001 011110 000100 110111 001110",
     "0110 0100 0111 1001 1001 1010 1111 0001", "1011 0111 0011 0001 1000 1110 0101 0101",
     "1100 0010 1000 1100 1001 0110 0000 1101"},
    {"1111100 0011001 1001010 1010111", "1010101 0101100 1100111 1000111",
     "101111 111001 000110 001101 001111 010011 111100 001010",
     "111000 000101 010001 011001 010010 101100 000001 011011",
     "010111 111100 010111 010100 011101 111111 111101 010001",
     "1011 0010 1110 1000 1000 1101 0011 1100", "0101 1011 1000 0001 0010 0111 0110 1110",
     "0100 0011 0100 0010 0011 0010 0011 0100"},
    {"1111000 0110011 0010101 0101111", "0101010 1011001 1001111 0001111",
     "110010 110011 110110 001011 000011 100001 011111 110101",
     "001000 000110 101000 000100 000110 100100 000110 101000",
     "111010 110101 011110 001111 000101 000101 011001 011101",
     "1010 0111 1000 0011 0010 0100 0010 1001", "1100 1000 1100 0000 0100 1111 1001 1000",
     "0000 1010 0100 1100 1101 1001 1001 0101"},
};
// clang-format on

// Compares a value of '0' and '1' with the expected one, which has spaces for the eye.
static void assert_bits(const char *actual, const char *expected) {
    for (; *expected != '\0'; expected++) {
        if (*expected != ' ') {
            assert_int_equal(*actual++, *expected);
        }
    }
    assert_int_equal(*actual, '\0');
}

static void assert_step(const struct captured_trace *trace, size_t n, const char *expected, const char *label,
                        unsigned i) {
    char text[32];
    (void)snprintf(text, sizeof text, "%s%u", label, i);
    assert_bits(captured_value(trace, i == 0 ? label : text, n), expected);
}

static void test_worked_example(void **state) {
    (void)state;
    uint8_t bytes[8], block[8];
    struct des_key key;
    struct captured_trace trace;
    (void)from_hex(bytes, 8, "13 34 57 79 9b bc df f1");
    (void)from_hex(block, 8, "01 23 45 67 89 ab cd ef");
    captured_trace_start(&trace);
    assert_true(des_set_key(&key, bytes, 8));
    des_encrypt_block(&key, block, block);
    captured_trace_stop(&trace);
    assert_bytes_equal(block, 8, "85 e8 13 54 0f 0a b4 05");

    assert_bits(captured_value(&trace, "KEY", 0),
                "00010011 00110100 01010111 01111001 10011011 10111100 11011111 11110001");
    assert_bits(captured_value(&trace, "C0", 0), "1111000 0110011 0010101 0101111");
    assert_bits(captured_value(&trace, "D0", 0), "0101010 1011001 1001111 0001111");
    assert_bits(captured_value(&trace, "input", 0),
                "00000001 00100011 01000101 01100111 10001001 10101011 11001101 11101111");
    assert_bits(captured_value(&trace, "L0", 0), "1100 1100 0000 0000 1100 1100 1111 1111");
    assert_bits(captured_value(&trace, "R0", 0), "1111 0000 1010 1010 1111 0000 1010 1010");
    for (unsigned n = 1; n <= 16; n++) {
        const struct des_round *round = &EXAMPLE[n - 1];
        assert_step(&trace, 0, round->c, "C", n);
        assert_step(&trace, 0, round->d, "D", n);
        assert_step(&trace, 0, round->key, "K", n);
        assert_step(&trace, n - 1, round->key, "K", 0);
        assert_step(&trace, n - 1, round->expanded, "E(R)", 0);
        assert_step(&trace, n - 1, round->sum, "K + E(R)", 0);
        assert_step(&trace, n - 1, round->substituted, "S1(B1)...S8(B8)", 0);
        assert_step(&trace, n - 1, round->permuted, "f(R,K) = P", 0);
        assert_step(&trace, 0, round->right, "R", n);
        assert_step(&trace, 0, n == 1 ? captured_value(&trace, "R0", 0) : EXAMPLE[n - 2].right, "L", n);
        for (unsigned box = 1; box <= 8; box++) {
            char label[16], expected[8] = {0};
            (void)snprintf(label, sizeof label, "S%u input", box);
            memcpy(expected, round->sum + 7 * (box - 1), 6);
            assert_bits(captured_value(&trace, label, n - 1), expected);
            (void)snprintf(label, sizeof label, "S%u output", box);
            memset(expected, 0, sizeof expected);
            memcpy(expected, round->substituted + 5 * (box - 1), 4);
            assert_bits(captured_value(&trace, label, n - 1), expected);
        }
    }
    assert_string_equal(captured_value(&trace, "S1 row", 0), "0");
    assert_string_equal(captured_value(&trace, "S1 column", 0), "c");
    // The shifts add up to a full turn.
    assert_string_equal(captured_value(&trace, "C16", 0), captured_value(&trace, "C0", 0));
    assert_string_equal(captured_value(&trace, "D16", 0), captured_value(&trace, "D0", 0));
    assert_bits(captured_value(&trace, "preoutput", 0),
                "00001010 01001100 11011001 10010101 01000011 01000010 00110010 00110100");
    assert_bits(captured_value(&trace, "output", 0),
                "10000101 11101000 00010011 01010100 00001111 00001010 10110100 00000101");
    captured_trace_free(&trace);

    des_decrypt_block(&key, block, block);
    assert_bytes_equal(block, 8, "01 23 45 67 89 ab cd ef");
}

// --- What the comments say ---------------------------------------------------------------------------------

struct halves {
    char text[17][33];
};

// The halves of every round: R0 to R16, and L0 in the place before.
static void trace_halves(const struct des_key *key, bool decrypt, uint8_t block[8], struct halves *left,
                         struct halves *right, char whole[4][65]) {
    struct captured_trace trace;
    captured_trace_start(&trace);
    (decrypt ? des_decrypt_block : des_encrypt_block)(key, block, block);
    captured_trace_stop(&trace);
    for (unsigned n = 0; n <= 16; n++) {
        char label[8];
        (void)snprintf(label, sizeof label, "L%u", n);
        (void)snprintf(left->text[n], 33, "%s", captured_value(&trace, label, 0));
        label[0] = 'R';
        (void)snprintf(right->text[n], 33, "%s", captured_value(&trace, label, 0));
    }
    static const char *const labels[4] = {"input", "IP", "preoutput", "output"};
    for (unsigned i = 0; i < 4; i++) {
        (void)snprintf(whole[i], 65, "%s", captured_value(&trace, labels[i], 0));
    }
    captured_trace_free(&trace);
}

// Deciphering is the same computation: it meets the same pairs of halves in the opposite order, IP undoes
// IP^-1.
static void test_deciphering_runs_backwards(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 1);
    for (unsigned i = 0; i < 50; i++) {
        struct des_key key;
        uint8_t bytes[8], block[8], again[8];
        struct halves left, right, left_back, right_back;
        char whole[4][65], whole_back[4][65];
        test_random_bytes(&random, bytes, 8);
        test_random_bytes(&random, block, 8);
        assert_true(des_set_key(&key, bytes, 8));
        memcpy(again, block, 8);
        trace_halves(&key, false, again, &left, &right, whole);
        trace_halves(&key, true, again, &left_back, &right_back, whole_back);
        assert_memory_equal(again, block, 8);
        for (unsigned n = 0; n <= 16; n++) {
            assert_string_equal(left_back.text[n], right.text[16 - n]);
            assert_string_equal(right_back.text[n], left.text[16 - n]);
        }
        for (unsigned n = 0; n < 4; n++) {
            assert_string_equal(whole_back[n], whole[3 - n]);
        }
    }
}

// Every look-up of many blocks, collected: all 2,048 entries of the S-boxes occur and each row is a
// permutation.
static void test_sbox_rows_are_permutations(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 2);
    static int entry[8][4][16];
    memset(entry, -1, sizeof entry);
    for (unsigned i = 0; i < 150; i++) {
        struct des_key key;
        uint8_t bytes[8], block[8];
        struct captured_trace trace;
        test_random_bytes(&random, bytes, 8);
        test_random_bytes(&random, block, 8);
        assert_true(des_set_key(&key, bytes, 8));
        captured_trace_start(&trace);
        des_encrypt_block(&key, block, block);
        captured_trace_stop(&trace);
        for (size_t n = 0; n < trace.count; n++) {
            unsigned box;
            char word[8];
            if (sscanf(trace.steps[n].label, "S%u %7s", &box, word) == 2 && strcmp(word, "input") == 0) {
                unsigned row, column;
                assert_int_equal(sscanf(trace.steps[n + 1].value, "%x", &row), 1);
                assert_int_equal(sscanf(trace.steps[n + 2].value, "%x", &column), 1);
                const char *in = trace.steps[n].value, *out = trace.steps[n + 3].value;
                assert_int_equal(row, 2 * (in[0] - '0') + (in[5] - '0'));
                assert_int_equal(column,
                                 8 * (in[1] - '0') + 4 * (in[2] - '0') + 2 * (in[3] - '0') + (in[4] - '0'));
                entry[box - 1][row][column] =
                    8 * (out[0] - '0') + 4 * (out[1] - '0') + 2 * (out[2] - '0') + (out[3] - '0');
            }
        }
        captured_trace_free(&trace);
    }
    for (unsigned box = 0; box < 8; box++) {
        for (unsigned row = 0; row < 4; row++) {
            unsigned seen = 0;
            for (unsigned column = 0; column < 16; column++) {
                assert_true(entry[box][row][column] >= 0);
                seen |= 1U << entry[box][row][column];
            }
            assert_int_equal(seen, 0xffff);
        }
    }
}

// A sink that keeps the halves after round 5 and nothing else.
struct halves_sink {
    struct trace_sink sink;
    uint8_t left[4], right[4];
};
static void keep_fifth(struct trace_sink *sink, const struct trace_step *step) {
    struct halves_sink *kept = (struct halves_sink *)sink;
    if (strcmp(step->label, "L5") == 0) {
        memcpy(kept->left, step->bytes, 4);
    } else if (strcmp(step->label, "R5") == 0) {
        memcpy(kept->right, step->bytes, 4);
    }
}

// After five rounds every bit of R5 depends on every bit of the block.
static void test_five_rounds_spread_every_bit(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 3);
    for (unsigned bit = 0; bit < 64; bit++) {
        uint8_t changed[4] = {0};
        for (unsigned attempt = 0; attempt < 24; attempt++) {
            struct des_key key;
            uint8_t bytes[8], block[8], out[8];
            struct halves_sink kept[2] = {{.sink.step = keep_fifth}, {.sink.step = keep_fifth}};
            test_random_bytes(&random, bytes, 8);
            test_random_bytes(&random, block, 8);
            assert_true(des_set_key(&key, bytes, 8));
            for (unsigned i = 0; i < 2; i++) {
                (void)trace_attach(&kept[i].sink);
                des_encrypt_block(&key, out, block);
                (void)trace_attach(NULL);
                block[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            }
            for (unsigned i = 0; i < 4; i++) {
                changed[i] |= kept[0].right[i] ^ kept[1].right[i];
            }
        }
        assert_bytes_equal(changed, 4, "ff ff ff ff");
    }
}

// E_K'(P') = E_K(P)' where ' turns every bit over: an exhaustive search needs only half of the keys.
static void test_complementation(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 4);
    for (unsigned i = 0; i < 200; i++) {
        struct des_key key, turned_key;
        uint8_t bytes[8], turned_bytes[8], block[8], turned[8];
        test_random_bytes(&random, bytes, 8);
        test_random_bytes(&random, block, 8);
        for (unsigned j = 0; j < 8; j++) {
            turned_bytes[j] = (uint8_t)~bytes[j];
            turned[j] = (uint8_t)~block[j];
        }
        assert_true(des_set_key(&key, bytes, 8));
        assert_true(des_set_key(&turned_key, turned_bytes, 8));
        des_encrypt_block(&key, block, block);
        des_encrypt_block(&turned_key, turned, turned);
        for (unsigned j = 0; j < 8; j++) {
            assert_int_equal(block[j], (uint8_t)~turned[j]);
        }
    }
}

// --- Keys --------------------------------------------------------------------------------------------------

static const char *const WEAK[4] = {"0101010101010101", "fefefefefefefefe", "e0e0e0e0f1f1f1f1",
                                    "1f1f1f1f0e0e0e0e"};
static const char *const SEMI_WEAK[12] = {
    "01fe01fe01fe01fe", "fe01fe01fe01fe01", "1fe01fe00ef10ef1", "e01fe01ff10ef10e",
    "01e001e001f101f1", "e001e001f101f101", "1ffe1ffe0efe0efe", "fe1ffe1ffe0efe0e",
    "011f011f010e010e", "1f011f010e010e01", "e0fee0fef1fef1fe", "fee0fee0fef1fef1",
};

static unsigned distinct_round_keys(const struct des_key *key) {
    unsigned distinct = 0;
    for (unsigned i = 0; i < 16; i++) {
        bool seen = false;
        for (unsigned j = 0; j < i; j++) {
            seen |= key->round_key[i] == key->round_key[j];
        }
        distinct += !seen;
    }
    return distinct;
}

static void test_weak_keys(void **state) {
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t bytes[8], block[8] = "8 bytes";
        struct des_key key;
        assert_int_equal(from_hex(bytes, 8, WEAK[i]), 8);
        assert_true(des_key_has_odd_parity(bytes));
        assert_int_equal(des_key_strength(bytes), DES_KEY_WEAK);
        assert_true(des_set_key(&key, bytes, 8));
        assert_int_equal(distinct_round_keys(&key), 1);
        assert_true(i != 0 || key.round_key[0] == 0);
        des_encrypt_block(&key, block, block);
        des_encrypt_block(&key, block, block);
        assert_memory_equal(block, "8 bytes", 8);
        bytes[i] ^= 1; // parity does not matter
        assert_int_equal(des_key_strength(bytes), DES_KEY_WEAK);
        bytes[7 - i] ^= 0x10;
        assert_int_equal(des_key_strength(bytes), DES_KEY_ORDINARY);
    }
}

static void test_semi_weak_keys(void **state) {
    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        uint8_t bytes[8], partner_bytes[8], block[8] = "8 bytes";
        struct des_key key, partner;
        assert_int_equal(from_hex(bytes, 8, SEMI_WEAK[i]), 8);
        assert_int_equal(from_hex(partner_bytes, 8, SEMI_WEAK[i ^ 1]), 8);
        assert_true(des_key_has_odd_parity(bytes));
        assert_int_equal(des_key_strength(bytes), DES_KEY_SEMI_WEAK);
        assert_true(des_set_key(&key, bytes, 8));
        assert_true(des_set_key(&partner, partner_bytes, 8));
        assert_int_equal(distinct_round_keys(&key), 2);
        des_encrypt_block(&key, block, block);
        assert_memory_not_equal(block, "8 bytes", 8);
        des_encrypt_block(&partner, block, block);
        assert_memory_equal(block, "8 bytes", 8);
        bytes[i % 8] ^= 1;
        assert_int_equal(des_key_strength(bytes), DES_KEY_SEMI_WEAK);
        bytes[i % 8] ^= 2;
        assert_int_equal(des_key_strength(bytes), DES_KEY_ORDINARY);
    }
}

static void test_parity(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 5);
    uint8_t key[8];
    (void)from_hex(key, 8, "13 34 57 79 9b bc df f1");
    assert_true(des_key_has_odd_parity(key));
    for (unsigned bit = 0; bit < 64; bit++) {
        key[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(des_key_has_odd_parity(key));
        key[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t with[8], without[8];
        memset(without, (int)byte, 8);
        memcpy(with, without, 8);
        des_key_set_odd_parity(with);
        assert_true(des_key_has_odd_parity(with));
        struct des_key a, b;
        assert_true(des_set_key(&a, with, 8));
        assert_true(des_set_key(&b, without, 8));
        assert_memory_equal(&a, &b, sizeof a);
        assert_int_equal(with[0] >> 1, without[0] >> 1);
        assert_int_equal(with[0] != without[0], __builtin_popcount(byte) % 2 == 0);
    }
}

static void test_key_lengths(void **state) {
    (void)state;
    uint8_t bytes[40] = {1, 2, 3};
    for (size_t length = 0; length <= sizeof bytes; length++) {
        struct des_key key;
        struct des3_key key3;
        assert_int_equal(des_set_key(&key, bytes, length), length == 8);
        assert_int_equal(des3_set_key(&key3, bytes, length), length == 16 || length == 24);
    }
}

// --- Triple DES --------------------------------------------------------------------------------------------

// SP 800-67, Appendix B.
static void test_sp_800_67_example(void **state) {
    (void)state;
    uint8_t bytes[24], block[8];
    struct des3_key key;
    (void)from_hex(bytes, 24, "0123456789abcdef 23456789abcdef01 456789abcdef0123");
    assert_true(des3_set_key(&key, bytes, 24));
    static const char *const pairs[3][2] = {{"5468652071756663", "a826fd8ce53b855f"},
                                            {"6b2062726f776e20", "cce21c8112256fe6"},
                                            {"666f78206a756d70", "68d5c05dd9b6b900"}};
    for (unsigned i = 0; i < 3; i++) {
        (void)from_hex(block, 8, pairs[i][0]);
        des3_encrypt_block(&key, block, block);
        assert_bytes_equal(block, 8, pairs[i][1]);
        des3_decrypt_block(&key, block, block);
        assert_bytes_equal(block, 8, pairs[i][0]);
    }
}

static void test_keying_options(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 6);
    for (unsigned i = 0; i < 100; i++) {
        struct des3_key two, three, equal;
        struct des_key one;
        uint8_t bytes[24], in[8], a[8], b[8];
        test_random_bytes(&random, bytes, 16);
        memcpy(bytes + 16, bytes, 8);
        test_random_bytes(&random, in, 8);
        assert_true(des3_set_key(&two, bytes, 16));
        assert_true(des3_set_key(&three, bytes, 24));
        des3_encrypt_block(&two, a, in); // two keys are three, of which the third is the first
        des3_encrypt_block(&three, b, in);
        assert_memory_equal(a, b, 8);
        memcpy(bytes + 8, bytes, 8);
        assert_true(des3_set_key(&equal, bytes, 24));
        assert_true(des_set_key(&one, bytes, 8));
        des3_encrypt_block(&equal, a, in); // three equal keys are single DES
        des_encrypt_block(&one, b, in);
        assert_memory_equal(a, b, 8);
        des3_decrypt_block(&equal, a, a);
        assert_memory_equal(a, in, 8);
    }
}

// The trace of triple DES: three single ones in sections, one after the other.
static void test_triple_des_trace(void **state) {
    (void)state;
    uint8_t bytes[24], block[8];
    struct des3_key key;
    struct captured_trace trace;
    (void)from_hex(bytes, 24, "0123456789abcdef 23456789abcdef01 456789abcdef0123");
    (void)from_hex(block, 8, "5468652071756663");
    assert_true(des3_set_key(&key, bytes, 24));
    captured_trace_start(&trace);
    des3_encrypt_block(&key, block, block);
    captured_trace_stop(&trace);
    static const char *const sections[3] = {"F_Key1", "I_Key2", "F_Key3"};
    unsigned found = 0;
    for (size_t i = 0; i < trace.count; i++) {
        if (trace.steps[i].depth == 0 && trace.steps[i].shape == TRACE_SECTION) {
            assert_string_equal(trace.steps[i].label, found < 3 ? sections[found] : "no more");
            found++;
        }
    }
    assert_int_equal(found, 3);
    assert_string_equal(captured_value(&trace, "output", 0), captured_value(&trace, "input", 1));
    assert_string_equal(captured_value(&trace, "output", 1), captured_value(&trace, "input", 2));
    captured_trace_free(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_deciphering_runs_backwards),
        cmocka_unit_test(test_sbox_rows_are_permutations),
        cmocka_unit_test(test_five_rounds_spread_every_bit),
        cmocka_unit_test(test_complementation),
        cmocka_unit_test(test_weak_keys),
        cmocka_unit_test(test_semi_weak_keys),
        cmocka_unit_test(test_parity),
        cmocka_unit_test(test_key_lengths),
        cmocka_unit_test(test_sp_800_67_example),
        cmocka_unit_test(test_keying_options),
        cmocka_unit_test(test_triple_des_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
