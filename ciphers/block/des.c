// DES, the Data Encryption Standard: FIPS 46-3 (1999, withdrawn 2005). The readable reference.
//
// DES turns a block of 64 bits into another under a key of 56 bits. It is a Feistel cipher: the block is cut
// into two halves, and sixteen times one half is scrambled together with a piece of the key and added to the
// other. The scrambling need not be reversible, yet the whole always is: running the same sixteen rounds with
// the key pieces from last to first decrypts. Published in 1977, it is the cipher that public cryptography
// grew up on.
//
// Status today: broken. A key has only 56 bits, and a machine built in 1998 tried all of them in days. For
// study, and for reading old data. Not constant-time: the S-boxes are tables that are indexed by secret bits.
//
// Vectors: SP 800-17 and SP 500-20, a table for each part of the cipher:
// vectors/block/des-variable-plaintext.txt (IP, E), vectors/block/des-variable-key.txt (PC-1, PC-2),
// vectors/block/des-permutation.txt (P), vectors/block/des-substitution.txt (the S-boxes);
// tests/test_des.c. Trace: `cutaway trace des --key K --in B` shows the key schedule and every round: E,
// the S-boxes with row and column, P. Read before: nothing. Read next: ciphers/block/des3.c, which makes
// the key long enough; ciphers/block/aes.c, the successor.
//
// --- Map ---------------------------------------------------------------------------------------------------
//
//        input                               key (64 bits, 56 used)
//          | IP                                | PC-1
//      +---+----+                          +---+---+
//      L0      R0                          C0     D0
//      |        |      +-- K1 <-- PC-2 --- C1     D1    each turned left by 1 or 2
//      + <----- f <----+                   |       |
//       \      /|                          |       |
//         X    (R passes unchanged)        |       |
//       /      \                           |       |
//      L1 = R0  R1 = L0 + f(R0, K1)        :       :
//      :        :                          :       :
//      L16     R16
//       \______/ R16 first: "preoutput"         f(R, K):  R --E--> 48 bits, + K, eight S-boxes
//          | IP^-1                                        (6 bits in, 4 out) --P--> 32 bits
//        output
//
//      standard   here                      meaning
//      +          ^                         addition bit by bit modulo 2
//      L, R       left, right               32-bit halves of the block
//      C, D       c, d                      28-bit halves of the key
//      K_n        round_key[n - 1]          48 bits, the n-th piece of the key
//
// --- Conventions -------------------------------------------------------------------------------------------
//
// The standard numbers bits from the left, starting with 1: bit 1 is the MOST significant. A string of n bits
// is kept here in the low n bits of a uint64_t, so bit i of an n-bit string is `string >> (n - i) & 1`. Bytes
// are read most significant first, so bit 1 of a block is the top bit of its first byte.

#include "ciphers/block/des.h"

#include "bignum/trace.h"

#include <string.h>

// --- Constants: the tables of the standard, row by row -----------------------------------------------------
//
// A permutation table says for every bit of the result which bit of the input it is: the 58 at the start of
// IP means that bit 1 of the result is bit 58 of the input.
// clang-format off

// The initial permutation IP and its inverse. They are public and at the outside, so they add no strength.
static const uint8_t IP[64] = {
    58, 50, 42, 34, 26, 18, 10, 2,
    60, 52, 44, 36, 28, 20, 12, 4,
    62, 54, 46, 38, 30, 22, 14, 6,
    64, 56, 48, 40, 32, 24, 16, 8,
    57, 49, 41, 33, 25, 17,  9, 1,
    59, 51, 43, 35, 27, 19, 11, 3,
    61, 53, 45, 37, 29, 21, 13, 5,
    63, 55, 47, 39, 31, 23, 15, 7,
};
static const uint8_t IP_INVERSE[64] = {
    40, 8, 48, 16, 56, 24, 64, 32,
    39, 7, 47, 15, 55, 23, 63, 31,
    38, 6, 46, 14, 54, 22, 62, 30,
    37, 5, 45, 13, 53, 21, 61, 29,
    36, 4, 44, 12, 52, 20, 60, 28,
    35, 3, 43, 11, 51, 19, 59, 27,
    34, 2, 42, 10, 50, 18, 58, 26,
    33, 1, 41,  9, 49, 17, 57, 25,
};

// The E bit-selection table: 32 bits become 48. Each row of six is a group of four with its two neighbours,
// so the bits at the edges reach two S-boxes.
static const uint8_t E[48] = {
    32,  1,  2,  3,  4,  5,
     4,  5,  6,  7,  8,  9,
     8,  9, 10, 11, 12, 13,
    12, 13, 14, 15, 16, 17,
    16, 17, 18, 19, 20, 21,
    20, 21, 22, 23, 24, 25,
    24, 25, 26, 27, 28, 29,
    28, 29, 30, 31, 32,  1,
};

// The permutation P: spreads the four result bits of every S-box over different S-boxes of the next round.
static const uint8_t P[32] = {
    16,  7, 20, 21,
    29, 12, 28, 17,
     1, 15, 23, 26,
     5, 18, 31, 10,
     2,  8, 24, 14,
    32, 27,  3,  9,
    19, 13, 30,  6,
    22, 11,  4, 25,
};

// The eight S-boxes: four rows of sixteen, each row a permutation of 0 to 15. They are the only part of DES
// that is not linear, so all its strength is in them.
static const uint8_t S[8][4][16] = {
    { // S1
        {14,  4, 13,  1,  2, 15, 11,  8,  3, 10,  6, 12,  5,  9,  0,  7},
        { 0, 15,  7,  4, 14,  2, 13,  1, 10,  6, 12, 11,  9,  5,  3,  8},
        { 4,  1, 14,  8, 13,  6,  2, 11, 15, 12,  9,  7,  3, 10,  5,  0},
        {15, 12,  8,  2,  4,  9,  1,  7,  5, 11,  3, 14, 10,  0,  6, 13},
    },
    { // S2
        {15,  1,  8, 14,  6, 11,  3,  4,  9,  7,  2, 13, 12,  0,  5, 10},
        { 3, 13,  4,  7, 15,  2,  8, 14, 12,  0,  1, 10,  6,  9, 11,  5},
        { 0, 14,  7, 11, 10,  4, 13,  1,  5,  8, 12,  6,  9,  3,  2, 15},
        {13,  8, 10,  1,  3, 15,  4,  2, 11,  6,  7, 12,  0,  5, 14,  9},
    },
    { // S3
        {10,  0,  9, 14,  6,  3, 15,  5,  1, 13, 12,  7, 11,  4,  2,  8},
        {13,  7,  0,  9,  3,  4,  6, 10,  2,  8,  5, 14, 12, 11, 15,  1},
        {13,  6,  4,  9,  8, 15,  3,  0, 11,  1,  2, 12,  5, 10, 14,  7},
        { 1, 10, 13,  0,  6,  9,  8,  7,  4, 15, 14,  3, 11,  5,  2, 12},
    },
    { // S4
        { 7, 13, 14,  3,  0,  6,  9, 10,  1,  2,  8,  5, 11, 12,  4, 15},
        {13,  8, 11,  5,  6, 15,  0,  3,  4,  7,  2, 12,  1, 10, 14,  9},
        {10,  6,  9,  0, 12, 11,  7, 13, 15,  1,  3, 14,  5,  2,  8,  4},
        { 3, 15,  0,  6, 10,  1, 13,  8,  9,  4,  5, 11, 12,  7,  2, 14},
    },
    { // S5
        { 2, 12,  4,  1,  7, 10, 11,  6,  8,  5,  3, 15, 13,  0, 14,  9},
        {14, 11,  2, 12,  4,  7, 13,  1,  5,  0, 15, 10,  3,  9,  8,  6},
        { 4,  2,  1, 11, 10, 13,  7,  8, 15,  9, 12,  5,  6,  3,  0, 14},
        {11,  8, 12,  7,  1, 14,  2, 13,  6, 15,  0,  9, 10,  4,  5,  3},
    },
    { // S6
        {12,  1, 10, 15,  9,  2,  6,  8,  0, 13,  3,  4, 14,  7,  5, 11},
        {10, 15,  4,  2,  7, 12,  9,  5,  6,  1, 13, 14,  0, 11,  3,  8},
        { 9, 14, 15,  5,  2,  8, 12,  3,  7,  0,  4, 10,  1, 13, 11,  6},
        { 4,  3,  2, 12,  9,  5, 15, 10, 11, 14,  1,  7,  6,  0,  8, 13},
    },
    { // S7
        { 4, 11,  2, 14, 15,  0,  8, 13,  3, 12,  9,  7,  5, 10,  6,  1},
        {13,  0, 11,  7,  4,  9,  1, 10, 14,  3,  5, 12,  2, 15,  8,  6},
        { 1,  4, 11, 13, 12,  3,  7, 14, 10, 15,  6,  8,  0,  5,  9,  2},
        { 6, 11, 13,  8,  1,  4, 10,  7,  9,  5,  0, 15, 14,  2,  3, 12},
    },
    { // S8
        {13,  2,  8,  4,  6, 15, 11,  1, 10,  9,  3, 14,  5,  0, 12,  7},
        { 1, 15, 13,  8, 10,  3,  7,  4, 12,  5,  6, 11,  0, 14,  9,  2},
        { 7, 11,  4,  1,  9, 12, 14,  2,  0,  6, 10, 13, 15,  3,  5,  8},
        { 2,  1, 14,  7,  4, 10,  8, 13, 15, 12,  9,  0,  3,  5,  6, 11},
    },
};

// Permuted choice 1: from the 64 key bits, the 28 of C (upper half) and the 28 of D. Bits 8, 16, ... 64 do
// not occur: they are parity.
static const uint8_t PC1[56] = {
    57, 49, 41, 33, 25, 17,  9,
     1, 58, 50, 42, 34, 26, 18,
    10,  2, 59, 51, 43, 35, 27,
    19, 11,  3, 60, 52, 44, 36,

    63, 55, 47, 39, 31, 23, 15,
     7, 62, 54, 46, 38, 30, 22,
    14,  6, 61, 53, 45, 37, 29,
    21, 13,  5, 28, 20, 12,  4,
};

// Permuted choice 2: from the 56 bits of C and D, the 48 of a round key.
static const uint8_t PC2[48] = {
    14, 17, 11, 24,  1,  5,
     3, 28, 15,  6, 21, 10,
    23, 19, 12,  4, 26,  8,
    16,  7, 27, 20, 13,  2,
    41, 52, 31, 37, 47, 55,
    30, 40, 51, 45, 33, 48,
    44, 49, 39, 56, 34, 53,
    46, 42, 50, 36, 29, 32,
};

// The number of left shifts before each round key. They add up to 28, a full turn: C16 = C0 and D16 = D0, so
// hardware that decrypts can turn the other way round from the same start.
static const uint8_t LEFT_SHIFTS[DES_ROUNDS] = {1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1};
// clang-format on

// --- Bit strings -------------------------------------------------------------------------------------------

// Bit j of the result is bit table[j] of the input, both counted from 1 at the left.
static uint64_t permute(uint64_t input, unsigned input_bits, const uint8_t *table, unsigned table_length) {
    uint64_t result = 0;
    for (unsigned j = 0; j < table_length; j++) {
        result = result << 1 | (input >> (input_bits - table[j]) & 1);
    }
    return result;
}

static uint64_t load_block(const uint8_t bytes[static 8]) {
    uint64_t block = 0;
    for (unsigned i = 0; i < 8; i++) {
        block = block << 8 | bytes[i];
    }
    return block;
}

static void store_block(uint8_t bytes[static 8], uint64_t block) {
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(block >> (56 - 8 * i));
    }
}

// A bit string as the trace wants it: from the left of the first byte.
struct bit_string {
    uint8_t bytes[8];
};
static struct bit_string bit_string(uint64_t value, unsigned bits) {
    struct bit_string string = {{0}};
    store_block(string.bytes, value << (64 - bits));
    return string;
}
#define trace_bit_string(value, bits, group, ...)                                                            \
    trace_bits(bit_string((value), (bits)).bytes, (bits), (group), __VA_ARGS__)

// --- The key schedule KS -----------------------------------------------------------------------------------

enum { HALF_KEY_BITS = 28 };

// Turns a 28-bit half to the left: the bits that fall out come back in at the right.
static uint32_t turn_left(uint32_t half, unsigned count) {
    return (half << count | half >> (HALF_KEY_BITS - count)) & ((1U << HALF_KEY_BITS) - 1);
}

// K_n = KS(n, KEY). Every round key is a different choice of 48 from the same 56 bits. Key bits are only
// moved, never mixed: that is why weak keys exist (see des_key_strength).
bool des_set_key(struct des_key *key, const uint8_t *bytes, size_t length) {
    secure_wipe(key, sizeof *key);
    if (length != DES_KEY_SIZE) {
        return false;
    }
    uint64_t key_bits = load_block(bytes);
    uint64_t cd = permute(key_bits, 64, PC1, 56);
    uint32_t c = (uint32_t)(cd >> HALF_KEY_BITS);
    uint32_t d = (uint32_t)(cd & ((1U << HALF_KEY_BITS) - 1));

    trace_enter("From 56 key bits to sixteen round keys of 48", "KS");
    trace_bit_string(key_bits, 64, 8, "The last bit of each byte is parity and not used", "KEY");
    trace_bit_string(c, 28, 7, "The first half of PC-1", "C0");
    trace_bit_string(d, 28, 7, "The second half of PC-1", "D0");
    for (unsigned n = 1; n <= DES_ROUNDS; n++) {
        c = turn_left(c, LEFT_SHIFTS[n - 1]);
        d = turn_left(d, LEFT_SHIFTS[n - 1]);
        cd = (uint64_t)c << HALF_KEY_BITS | d;
        key->round_key[n - 1] = permute(cd, 56, PC2, 48);
        trace_bit_string(c, 28, 7, NULL, "C%u", n);
        trace_bit_string(d, 28, 7, NULL, "D%u", n);
        trace_bit_string(key->round_key[n - 1], 48, 6, "PC-2 of C and D", "K%u", n);
    }
    trace_leave();

    secure_wipe(&key_bits, sizeof key_bits);
    secure_wipe(&cd, sizeof cd);
    secure_wipe(&c, sizeof c);
    secure_wipe(&d, sizeof d);
    return true;
}

// --- The cipher function f ---------------------------------------------------------------------------------

// S_i: six bits in, four out. The first and last bit name the row, the middle four the column.
static uint64_t substitute(unsigned box, unsigned six_bits) {
    unsigned row = (six_bits >> 4 & 2) | (six_bits & 1);
    unsigned column = six_bits >> 1 & 15;
    uint64_t four_bits = S[box][row][column];
    trace_bit_string(six_bits, 6, 6, NULL, "S%u input", box + 1);
    trace_number(row, "First and last bit", "S%u row", box + 1);
    trace_number(column, "The four bits between", "S%u column", box + 1);
    trace_bit_string(four_bits, 4, 4, NULL, "S%u output", box + 1);
    return four_bits;
}

// f(R, K) = P(S1(B1) S2(B2) ... S8(B8)) where B1 B2 ... B8 = K + E(R). The S-boxes hide how bits depend on
// each other, P and E carry every change on to other S-boxes: after five rounds every bit of R depends on
// every bit of the block. f cannot be run backwards, and need not be: the Feistel structure around it can.
static uint64_t f(uint64_t right, uint64_t round_key) {
    uint64_t expanded = permute(right, 32, E, 48);
    trace_bit_string(expanded, 48, 6, "32 bits become 48", "E(R)");
    trace_bit_string(round_key, 48, 6, "The round key", "K");
    uint64_t b = expanded ^ round_key;
    trace_bit_string(b, 48, 6, "Eight groups of six, one for every S-box", "K + E(R)");
    uint64_t substituted = 0;
    for (unsigned box = 0; box < 8; box++) {
        substituted = substituted << 4 | substitute(box, (unsigned)(b >> (42 - 6 * box) & 63));
    }
    trace_bit_string(substituted, 32, 4, "The eight results side by side", "S1(B1)...S8(B8)");
    uint64_t result = permute(substituted, 32, P, 32);
    trace_bit_string(result, 32, 4, "The result of the cipher function f", "f(R,K) = P");
    return result;
}

// --- Enciphering and deciphering ---------------------------------------------------------------------------

// L_n = R_(n-1) and R_n = L_(n-1) + f(R_(n-1), K_n) for sixteen rounds; then the halves are swapped once more
// ("R16 L16", the preoutput), which makes deciphering the very same computation: it meets the same pairs of
// halves in the opposite order. Only the round keys run from K16 to K1.
enum direction { ENCIPHER, DECIPHER };
static void run_rounds(const struct des_key *key, enum direction direction, uint8_t out[static 8],
                       const uint8_t in[static 8]) {
    uint64_t block = load_block(in);
    trace_bit_string(block, 64, 8, NULL, "input");
    block = permute(block, 64, IP, 64);
    trace_bit_string(block, 64, 8, "The permuted input", "IP");
    uint64_t left = block >> 32;
    uint64_t right = block & 0xffffffff;
    trace_bit_string(left, 32, 4, NULL, "L0");
    trace_bit_string(right, 32, 4, NULL, "R0");
    for (unsigned n = 1; n <= DES_ROUNDS; n++) {
        trace_enter(NULL, "Round %u", n);
        unsigned key_number = direction == ENCIPHER ? n : DES_ROUNDS + 1 - n;
        uint64_t next = left ^ f(right, key->round_key[key_number - 1]);
        left = right;
        right = next;
        trace_leave();
        trace_bit_string(left, 32, 4, "The right half before", "L%u", n);
        trace_bit_string(right, 32, 4, "The left half before + f(R,K)", "R%u", n);
    }
    block = right << 32 | left;
    trace_bit_string(block, 64, 8, "R16 stands first", "preoutput");
    block = permute(block, 64, IP_INVERSE, 64);
    trace_bit_string(block, 64, 8, "The inverse initial permutation of the preoutput", "output");
    store_block(out, block);
    secure_wipe(&block, sizeof block);
    secure_wipe(&left, sizeof left);
    secure_wipe(&right, sizeof right);
}

void des_encrypt_block(const struct des_key *key, uint8_t out[static DES_BLOCK_SIZE],
                       const uint8_t in[static DES_BLOCK_SIZE]) {
    run_rounds(key, ENCIPHER, out, in);
}

void des_decrypt_block(const struct des_key *key, uint8_t out[static DES_BLOCK_SIZE],
                       const uint8_t in[static DES_BLOCK_SIZE]) {
    run_rounds(key, DECIPHER, out, in);
}

// --- Keys to know about ------------------------------------------------------------------------------------

static bool has_odd_ones(uint8_t byte) {
    unsigned ones = 0;
    for (unsigned i = 0; i < 8; i++) {
        ones += (unsigned)byte >> i & 1;
    }
    return ones % 2 == 1;
}

bool des_key_has_odd_parity(const uint8_t key[static DES_KEY_SIZE]) {
    bool odd = true;
    for (unsigned i = 0; i < DES_KEY_SIZE; i++) {
        odd &= has_odd_ones(key[i]);
    }
    return odd;
}

void des_key_set_odd_parity(uint8_t key[static DES_KEY_SIZE]) {
    for (unsigned i = 0; i < DES_KEY_SIZE; i++) {
        if (!has_odd_ones(key[i])) {
            key[i] ^= 1; // bit 8 of the byte
        }
    }
}

// Where C and D repeat after every turn, the round keys repeat too. When both are all zeros or all ones, all
// sixteen are equal and deciphering is enciphering: 4 weak keys. When they alternate (0101...), only two
// values occur, and one key enciphers what its partner deciphers: 12 semi-weak keys, in pairs below. SP
// 800-67r2 has both lists.
// clang-format off
static const uint64_t WEAK_KEYS[4] = {
    0x0101010101010101, 0xfefefefefefefefe, 0xe0e0e0e0f1f1f1f1, 0x1f1f1f1f0e0e0e0e,
};
static const uint64_t SEMI_WEAK_KEYS[12] = {
    0x01fe01fe01fe01fe, 0xfe01fe01fe01fe01,
    0x1fe01fe00ef10ef1, 0xe01fe01ff10ef10e,
    0x01e001e001f101f1, 0xe001e001f101f101,
    0x1ffe1ffe0efe0efe, 0xfe1ffe1ffe0efe0e,
    0x011f011f010e010e, 0x1f011f010e010e01,
    0xe0fee0fef1fef1fe, 0xfee0fee0fef1fef1,
};
// clang-format on

enum des_key_strength des_key_strength(const uint8_t key[static DES_KEY_SIZE]) {
    uint8_t with_parity[DES_KEY_SIZE]; // as the lists have them: the parity of `key` says nothing
    memcpy(with_parity, key, sizeof with_parity);
    des_key_set_odd_parity(with_parity);
    uint64_t key_bits = load_block(with_parity);
    enum des_key_strength strength = DES_KEY_ORDINARY;
    for (unsigned i = 0; i < 4; i++) {
        if (key_bits == WEAK_KEYS[i]) {
            strength = DES_KEY_WEAK;
        }
    }
    for (unsigned i = 0; i < 12; i++) {
        if (key_bits == SEMI_WEAK_KEYS[i]) {
            strength = DES_KEY_SEMI_WEAK;
        }
    }
    secure_wipe(with_parity, sizeof with_parity);
    secure_wipe(&key_bits, sizeof key_bits);
    return strength;
}

// --- Worked example ----------------------------------------------------------------------------------------
//
// FIPS 46-3 prints no intermediate values. The example that is passed on instead is J. Orlin Grabbe's
// ("The DES Algorithm Illustrated"): key 13 34 57 79 9b bc df f1, block 01 23 45 67 89 ab cd ef. The first
// round:
//
//      L0           1100 1100 0000 0000 1100 1100 1111 1111
//      R0           1111 0000 1010 1010 1111 0000 1010 1010
//      E(R0)        011110 100001 010101 010101 011110 100001 010101 010101
//      K1           000110 110000 001011 101111 111111 000111 000001 110010
//      K1 + E(R0)   011000 010001 011110 111010 100001 100110 010100 100111
//      S1 ... S8      0101   1100   1000   0010   1011   0101   1001   0111
//      P            0010 0011 0100 1010 1010 1001 1011 1011
//      L1 = R0      1111 0000 1010 1010 1111 0000 1010 1010
//      R1 = L0 + P  1110 1111 0100 1010 0110 0101 0100 0100
//
// S1 in full: of 011000 the first and last bit, 00, name row 0 and the middle, 1100, column 12; there stands
// 5, that is 0101. After sixteen rounds the output is 85 e8 13 54 0f 0a b4 05. tests/test_des.c compares all
// sixteen rounds with the trace.
//
// --- Pitfalls ----------------------------------------------------------------------------------------------
//
// - Bit 1 is the most significant. Counted from the other end every table is wrong, and only published values
//   show it.
// - 64 bits of key are written, 56 count: the last bit of each byte is parity. des_set_key ignores it; two
//   keys that differ only there are one key.
// - Weak and semi-weak keys, see above: harmless by chance, fatal by choice. des_key_strength tells.
// - Turning every bit of key and block over turns every bit of the result over, so a search can skip half of
//   the keys.
// - A block of 8 bytes is short: after about 2^32 blocks under one key, 32 GiB, two equal ones have to be
//   expected (the birthday rule), and CBC then shows the difference of two plaintext blocks.
// - L16 and R16 are swapped before IP^-1. Without the swap decryption needs code of its own.
//
// --- Where next --------------------------------------------------------------------------------------------
//
// ciphers/block/des3.c runs DES three times against the short key. ciphers/block/modes.c encrypts messages.
// docs/des.md has exercises.
