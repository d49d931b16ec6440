// AES, the Advanced Encryption Standard: FIPS 197 (2001, update 1 of 2023). The readable reference.
//
// A block cipher is a keyed shuffle of all 128-bit blocks: under one key every block goes to exactly one
// other, and without the key the result looks like chance. AES builds its shuffle from a round that is simple
// enough to do on paper and repeats it 10, 12 or 14 times, depending on the length of the key:
//
//      SubBytes     every byte goes through one table          confusion: nothing stays linear
//      ShiftRows    row r moves r places to the left           diffusion: columns mix with each other
//      MixColumns   every column is multiplied by a matrix     diffusion: bytes of a column mix
//      AddRoundKey  the round key is added                     the key comes in
//
// After two rounds every byte of the state depends on every byte of the block. Status today: unbroken, the
// cipher to use. This file is for reading: it is not constant-time (the S-box is a table that is indexed by
// secret bytes, and caches tell which entries were used), so it protects nothing that an observer on the same
// machine wants.
//
// Vectors: vectors/block/aes-fips197.txt (Appendix B and C), vectors/block/aes-monte-carlo.txt;
// tests/test_aes.c. Trace: `cutaway trace aes-128 --key K --in B` prints every value of Appendix B and C
// in their labels, and the key schedule in the columns of Appendix A. Read before: nothing. Read next:
// ciphers/block/modes.c, which encrypts more than one block.
//
// --- Map ---------------------------------------------------------------------------------------------------
//
//      standard          here                 meaning
//      state s           uint8_t s[16]        the block on its way, a 4x4 square of bytes
//      w[i]              w[i]                 the words (4 bytes, a column) of the key schedule
//      Nk                nk                   words in the key: 4, 6 or 8
//      Nr                rounds, nr           rounds: Nk + 6 = 10, 12 or 14
//      SBOX(), INVSBOX() SBOX, INVSBOX        the substitution table and its inverse (Tables 4 and 6)
//      a XOR b           a ^ b                addition of bytes, which is its own opposite
//
//      in0 in1 ... in15  fill the state column by column (3.4):     s[r,c] = in[r + 4c]
//
//                 c=0  c=1  c=2  c=3
//           r=0    0    4    8   12
//           r=1    1    5    9   13  CIPHER():   AddRoundKey(w[0..3])
//           r=2    2    6   10   14              Nr - 1 times: SubBytes, ShiftRows, MixColumns, AddRoundKey
//           r=3    3    7   11   15              once more without MixColumns
//
// --- Conventions -------------------------------------------------------------------------------------------
//
// A byte is a polynomial over bits: {57} = 01010111 stands for x^6 + x^4 + x^2 + x + 1 (3.2). Bit 7 is the
// highest. The square is kept in the order of the bytes, so the byte in row r and column c is s[r + 4 * c]
// everywhere below, and a column is four neighbouring bytes.

#include "ciphers/block/aes.h"

#include "bignum/trace.h"

#include <string.h>

// --- Constants ---------------------------------------------------------------------------------------------

// Table 4, SBOX(): the row is the high half of the byte, the column the low half; {53} goes to {ed}. Where
// the numbers come from is in aes_derive_sbox below, and a test compares all 256. Table 6, INVSBOX(), undoes
// it.
// clang-format off
static const uint8_t SBOX[256] = {
//   0     1     2     3     4     5     6     7     8     9     a     b     c     d     e     f
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76, // 0
    0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0, // 1
    0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15, // 2
    0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75, // 3
    0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84, // 4
    0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf, // 5
    0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8, // 6
    0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2, // 7
    0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73, // 8
    0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb, // 9
    0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79, // a
    0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08, // b
    0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a, // c
    0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e, // d
    0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf, // e
    0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16, // f
};
static const uint8_t INVSBOX[256] = {
//   0     1     2     3     4     5     6     7     8     9     a     b     c     d     e     f
    0x52, 0x09, 0x6a, 0xd5, 0x30, 0x36, 0xa5, 0x38, 0xbf, 0x40, 0xa3, 0x9e, 0x81, 0xf3, 0xd7, 0xfb, // 0
    0x7c, 0xe3, 0x39, 0x82, 0x9b, 0x2f, 0xff, 0x87, 0x34, 0x8e, 0x43, 0x44, 0xc4, 0xde, 0xe9, 0xcb, // 1
    0x54, 0x7b, 0x94, 0x32, 0xa6, 0xc2, 0x23, 0x3d, 0xee, 0x4c, 0x95, 0x0b, 0x42, 0xfa, 0xc3, 0x4e, // 2
    0x08, 0x2e, 0xa1, 0x66, 0x28, 0xd9, 0x24, 0xb2, 0x76, 0x5b, 0xa2, 0x49, 0x6d, 0x8b, 0xd1, 0x25, // 3
    0x72, 0xf8, 0xf6, 0x64, 0x86, 0x68, 0x98, 0x16, 0xd4, 0xa4, 0x5c, 0xcc, 0x5d, 0x65, 0xb6, 0x92, // 4
    0x6c, 0x70, 0x48, 0x50, 0xfd, 0xed, 0xb9, 0xda, 0x5e, 0x15, 0x46, 0x57, 0xa7, 0x8d, 0x9d, 0x84, // 5
    0x90, 0xd8, 0xab, 0x00, 0x8c, 0xbc, 0xd3, 0x0a, 0xf7, 0xe4, 0x58, 0x05, 0xb8, 0xb3, 0x45, 0x06, // 6
    0xd0, 0x2c, 0x1e, 0x8f, 0xca, 0x3f, 0x0f, 0x02, 0xc1, 0xaf, 0xbd, 0x03, 0x01, 0x13, 0x8a, 0x6b, // 7
    0x3a, 0x91, 0x11, 0x41, 0x4f, 0x67, 0xdc, 0xea, 0x97, 0xf2, 0xcf, 0xce, 0xf0, 0xb4, 0xe6, 0x73, // 8
    0x96, 0xac, 0x74, 0x22, 0xe7, 0xad, 0x35, 0x85, 0xe2, 0xf9, 0x37, 0xe8, 0x1c, 0x75, 0xdf, 0x6e, // 9
    0x47, 0xf1, 0x1a, 0x71, 0x1d, 0x29, 0xc5, 0x89, 0x6f, 0xb7, 0x62, 0x0e, 0xaa, 0x18, 0xbe, 0x1b, // a
    0xfc, 0x56, 0x3e, 0x4b, 0xc6, 0xd2, 0x79, 0x20, 0x9a, 0xdb, 0xc0, 0xfe, 0x78, 0xcd, 0x5a, 0xf4, // b
    0x1f, 0xdd, 0xa8, 0x33, 0x88, 0x07, 0xc7, 0x31, 0xb1, 0x12, 0x10, 0x59, 0x27, 0x80, 0xec, 0x5f, // c
    0x60, 0x51, 0x7f, 0xa9, 0x19, 0xb5, 0x4a, 0x0d, 0x2d, 0xe5, 0x7a, 0x9f, 0x93, 0xc9, 0x9c, 0xef, // d
    0xa0, 0xe0, 0x3b, 0x4d, 0xae, 0x2a, 0xf5, 0xb0, 0xc8, 0xeb, 0xbb, 0x3c, 0x83, 0x53, 0x99, 0x61, // e
    0x17, 0x2b, 0x04, 0x7e, 0xba, 0x77, 0xd6, 0x26, 0xe1, 0x69, 0x14, 0x63, 0x55, 0x21, 0x0c, 0x7d, // f
};

// Rcon[j] is x^(j-1) in the field, that is {02} multiplied by itself, in the first byte of a word (5.2, Table
// 5). AES-128 needs ten of them; Rcon[0] is never used.
static const uint8_t RCON[11] = {0x00, 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36};
// clang-format on

// --- Arithmetic of bytes: the field GF(2^8), section 4 -----------------------------------------------------
//
// Bytes can be added, subtracted, multiplied and divided without ever leaving the 256 bytes. Addition is XOR:
// polynomials are added coefficient by coefficient, and 1 + 1 = 0. Multiplication is that of polynomials,
// reduced modulo m(x) = x^8 + x^4 + x^3 + x + 1, which has no factors; that is why every byte but {00} has an
// inverse, as every number but 0 has one modulo a prime.

// XTIMES() (4.2): multiplication by x, that is by {02}. A shift to the left; when x^7 was there, x^8 appears,
// and x^8 = x^4 + x^3 + x + 1 = {1b} modulo m(x). The product instead of an `if` keeps the time the same for
// every byte.
static uint8_t xtimes(uint8_t b) {
    return (uint8_t)((unsigned)b << 1 ^ (unsigned)(b >> 7) * 0x1bU);
}

// a multiplied by b (4.2): the sum of a * x^i over the bits i of b. {57} * {13} = {57} + {ae} + {07} = {fe}.
static uint8_t multiply(uint8_t a, uint8_t b) {
    uint8_t product = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (b >> i & 1) {
            product ^= a;
        }
        a = xtimes(a);
    }
    return product;
}

// The inverse of b (4.4): b^254, because b^255 = {01} for every b but {00}; and {00} goes to {00}, which is
// what SubBytes wants. Square-and-multiply over the bits of 254 = 11111110.
static uint8_t inverse(uint8_t b) {
    uint8_t power = 1;
    for (unsigned i = 8; i-- > 0;) {
        power = multiply(power, power);
        if (254U >> i & 1) {
            power = multiply(power, b);
        }
    }
    return power;
}

static uint8_t rotate_left(uint8_t b, unsigned count) {
    return (uint8_t)((unsigned)b << count | (unsigned)b >> (8 - count));
}

// 5.1.1, in two steps: first the inverse b of x in the field, then b'_i = b_i + b_(i+4) + b_(i+5) + b_(i+6) +
// b_(i+7) + c_i, indexes modulo 8, c = {63}. Taking all i at once, "b_(i+4)" is b turned by four places, and
// so on. The inverse is the part that is hard to describe with linear equations; the affine map keeps the
// whole from being a neat formula in the field, and {63} is such that no byte goes to itself.
uint8_t aes_derive_sbox(uint8_t x) {
    uint8_t b = inverse(x);
    return (uint8_t)(b ^ rotate_left(b, 4) ^ rotate_left(b, 3) ^ rotate_left(b, 2) ^ rotate_left(b, 1) ^
                     0x63);
}

// The other way: first undo the affine map, then invert again.
uint8_t aes_derive_inverse_sbox(uint8_t x) {
    uint8_t b = x ^ 0x63;
    return inverse((uint8_t)(rotate_left(b, 1) ^ rotate_left(b, 3) ^ rotate_left(b, 6)));
}

// --- Operations of the cipher, section 5.1 -----------------------------------------------------------------

// SUBBYTES() (5.1.1): every byte through the S-box. The only step that is not linear over XOR: without it the
// whole cipher would be a system of linear equations in the bits of the key, which anyone solves who knows
// some plaintext.
static void sub_bytes(uint8_t s[static 16]) {
    for (unsigned i = 0; i < 16; i++) {
        s[i] = SBOX[s[i]];
    }
}

// SHIFTROWS() (5.1.2): s'[r,c] = s[r, (c + r) mod 4]. Without it the four columns would be four
// separate ciphers of 32 bits, each small enough to be written down as a table.
static void shift_rows(uint8_t s[static 16]) {
    for (unsigned r = 1; r < 4; r++) {
        uint8_t row[4];
        for (unsigned c = 0; c < 4; c++) {
            row[c] = s[r + 4 * ((c + r) % 4)];
        }
        for (unsigned c = 0; c < 4; c++) {
            s[r + 4 * c] = row[c];
        }
    }
}

// MIXCOLUMNS() (5.1.3): every column times a fixed matrix.
//
//      s'0     02 03 01 01     s0        One changed byte of a column changes all four, two changed bytes
//      s'1  =  01 02 03 01  *  s1        at least three. Together with ShiftRows this spreads a change over
//      s'2     01 01 02 03     s2        the whole state in two rounds. Without it each byte of the block
//      s'3     03 01 01 02     s3        would stay on its own: a cipher of 8 bits, sixteen times.
//
// {03} * b is {02} * b + b.
static void mix_columns(uint8_t s[static 16]) {
    for (unsigned c = 0; c < 4; c++) {
        uint8_t *column = s + 4 * c;
        uint8_t s0 = column[0], s1 = column[1], s2 = column[2], s3 = column[3];
        column[0] = (uint8_t)(xtimes(s0) ^ xtimes(s1) ^ s1 ^ s2 ^ s3);
        column[1] = (uint8_t)(s0 ^ xtimes(s1) ^ xtimes(s2) ^ s2 ^ s3);
        column[2] = (uint8_t)(s0 ^ s1 ^ xtimes(s2) ^ xtimes(s3) ^ s3);
        column[3] = (uint8_t)(xtimes(s0) ^ s0 ^ s1 ^ s2 ^ xtimes(s3));
    }
}

// ADDROUNDKEY() (5.1.4): the round key is added to the state. The only step that uses the key: without it
// anyone could run the cipher backwards.
static void add_round_key(uint8_t s[static 16], const uint8_t round_key[static 16]) {
    for (unsigned i = 0; i < 16; i++) {
        s[i] ^= round_key[i];
    }
}

// --- Their inverses, section 5.3 ---------------------------------------------------------------------------

// INVSHIFTROWS() (5.3.1): row r moves r places to the right.
static void inv_shift_rows(uint8_t s[static 16]) {
    for (unsigned r = 1; r < 4; r++) {
        uint8_t row[4];
        for (unsigned c = 0; c < 4; c++) {
            row[(c + r) % 4] = s[r + 4 * c];
        }
        for (unsigned c = 0; c < 4; c++) {
            s[r + 4 * c] = row[c];
        }
    }
}

// INVSUBBYTES() (5.3.2).
static void inv_sub_bytes(uint8_t s[static 16]) {
    for (unsigned i = 0; i < 16; i++) {
        s[i] = INVSBOX[s[i]];
    }
}

// INVMIXCOLUMNS() (5.3.3): the inverse matrix, whose rows are {0e 0b 0d 09} turned. Each entry is a sum
// of powers of two, so three doublings of a byte give all four products:
//
//      {09} = {08} + {01}             {0b} = {08} + {02} + {01}
//      {0d} = {08} + {04} + {01}      {0e} = {08} + {04} + {02}
static void inv_mix_columns(uint8_t s[static 16]) {
    for (unsigned c = 0; c < 4; c++) {
        uint8_t *column = s + 4 * c;
        uint8_t times9[4], timesb[4], timesd[4], timese[4];
        for (unsigned r = 0; r < 4; r++) {
            uint8_t one = column[r], two = xtimes(one), four = xtimes(two), eight = xtimes(four);
            times9[r] = (uint8_t)(eight ^ one);
            timesb[r] = (uint8_t)(eight ^ two ^ one);
            timesd[r] = (uint8_t)(eight ^ four ^ one);
            timese[r] = (uint8_t)(eight ^ four ^ two);
        }
        for (unsigned r = 0; r < 4; r++) {
            column[r] =
                (uint8_t)(timese[r] ^ timesb[(r + 1) % 4] ^ timesd[(r + 2) % 4] ^ times9[(r + 3) % 4]);
        }
    }
}

// --- Key schedule, section 5.2 -----------------------------------------------------------------------------

// ROTWORD(): [a0,a1,a2,a3] becomes [a1,a2,a3,a0].
static void rot_word(uint8_t word[static 4]) {
    uint8_t first = word[0];
    word[0] = word[1];
    word[1] = word[2];
    word[2] = word[3];
    word[3] = first;
}

// SUBWORD(): every byte of the word through the S-box.
static void sub_word(uint8_t word[static 4]) {
    for (unsigned i = 0; i < 4; i++) {
        word[i] = SBOX[word[i]];
    }
}

// KEYEXPANSION() (5.2, Algorithm 2): from Nk words of key, 4 * (Nr + 1) words of round keys. Each word is the
// one before it plus the one Nk places back; every Nk-th time the one before is first turned, substituted and
// given a round constant. Without SubWord the round keys would be linear in the key; without Rcon all rounds
// would be alike, and an attacker could slide one encryption along another by a round.
bool aes_set_key(struct aes_key *key, const uint8_t *bytes, size_t length) {
    secure_wipe(key, sizeof *key);
    if (length != 16 && length != 24 && length != 32) {
        return false;
    }
    unsigned nk = (unsigned)length / 4;
    unsigned nr = nk + 6;
    uint8_t w[4 * (AES_ROUNDS_MAX + 1)][4] = {{0}};

    trace_enter("From the cipher key to Nr + 1 round keys (5.2)", "KeyExpansion");
    memcpy(w, bytes, length); // the first Nk words are the key itself
    for (unsigned i = 0; i < nk; i++) {
        trace_bytes(w[i], 4, NULL, "w[%2u]", i);
    }
    for (unsigned i = nk; i < 4 * (nr + 1); i++) {
        uint8_t temp[4];
        memcpy(temp, w[i - 1], 4);
        trace_bytes(temp, 4, NULL, "i=%2u temp", i);
        if (i % nk == 0) {
            rot_word(temp);
            trace_bytes(temp, 4, NULL, "i=%2u After RotWord()", i);
            sub_word(temp);
            trace_bytes(temp, 4, NULL, "i=%2u After SubWord()", i);
            const uint8_t rcon[4] = {RCON[i / nk], 0, 0, 0};
            trace_bytes(rcon, 4, NULL, "i=%2u Rcon[i/Nk]", i);
            temp[0] ^= rcon[0];
            trace_bytes(temp, 4, NULL, "i=%2u After XOR with Rcon", i);
        } else if (nk > 6 &&
                   i % nk == 4) { // AES-256 alone: its eight words would go too long without the S-box
            sub_word(temp);
            trace_bytes(temp, 4, NULL, "i=%2u After SubWord()", i);
        }
        trace_bytes(w[i - nk], 4, NULL, "i=%2u w[i-Nk]", i);
        for (unsigned j = 0; j < 4; j++) {
            w[i][j] = w[i - nk][j] ^ temp[j];
        }
        trace_bytes(w[i], 4, NULL, "w[%2u]", i);
        secure_wipe(temp, sizeof temp);
    }
    trace_leave();

    key->rounds = nr;
    memcpy(key->round_key, w, sizeof w); // four words are one round key
    secure_wipe(w, sizeof w);
    return true;
}

// --- The cipher and its inverse ----------------------------------------------------------------------------

// CIPHER() (5.1, Algorithm 1). The numbers are the lines of the algorithm. The last round has no MixColumns:
// it would not add strength there (anyone can undo it), and without it the inverse has the same shape as the
// cipher.
void aes_encrypt_block(const struct aes_key *key, uint8_t out[static AES_BLOCK_SIZE],
                       const uint8_t in[static AES_BLOCK_SIZE]) {
    uint8_t s[AES_BLOCK_SIZE];
    memcpy(s, in, sizeof s); // 2
    trace_state(s, "The plaintext, column by column (3.4)", "round[ 0].input");
    trace_state(key->round_key[0], "The first round key is the start of the cipher key (5.2)",
                "round[ 0].k_sch");
    add_round_key(s, key->round_key[0]);                      // 3
    for (unsigned round = 1; round <= key->rounds; round++) { // 4
        trace_state(s, NULL, "round[%2u].start", round);
        sub_bytes(s); // 5, 10
        trace_state(s, "SubBytes: each byte through the S-box (5.1.1)", "round[%2u].s_box", round);
        shift_rows(s); // 6, 11
        trace_state(s, "ShiftRows: row r turns left by r places (5.1.2)", "round[%2u].s_row", round);
        if (round < key->rounds) {
            mix_columns(s); // 7
            trace_state(s, "MixColumns: each column times the matrix (5.1.3)", "round[%2u].m_col", round);
        }
        trace_state(key->round_key[round], "The round key that is added next (5.1.4)", "round[%2u].k_sch",
                    round);
        add_round_key(s, key->round_key[round]); // 8, 12
    }
    trace_state(s, "The ciphertext", "round[%2u].output", key->rounds);
    memcpy(out, s, sizeof s); // 13
    secure_wipe(s, sizeof s);
}

// INVCIPHER() (5.3, Algorithm 3): every step undone, in the opposite order, with the round keys from last to
// first. The trace numbers the rounds as Appendix C does, from 0 up, so round r uses round key Nr - r.
void aes_decrypt_block(const struct aes_key *key, uint8_t out[static AES_BLOCK_SIZE],
                       const uint8_t in[static AES_BLOCK_SIZE]) {
    uint8_t s[AES_BLOCK_SIZE];
    memcpy(s, in, sizeof s); // 2
    trace_state(s, "The ciphertext, column by column (3.4)", "round[ 0].iinput");
    trace_state(key->round_key[key->rounds], "The last round key comes first", "round[ 0].ik_sch");
    add_round_key(s, key->round_key[key->rounds]);            // 3
    for (unsigned round = 1; round <= key->rounds; round++) { // 4
        const uint8_t *round_key = key->round_key[key->rounds - round];
        trace_state(s, NULL, "round[%2u].istart", round);
        inv_shift_rows(s); // 5, 10
        trace_state(s, "InvShiftRows: row r turns right by r places (5.3.1)", "round[%2u].is_row", round);
        inv_sub_bytes(s); // 6, 11
        trace_state(s, "InvSubBytes: the S-box backwards (5.3.2)", "round[%2u].is_box", round);
        trace_state(round_key, "The round key that is added next", "round[%2u].ik_sch", round);
        add_round_key(s, round_key); // 7, 12
        if (round < key->rounds) {
            trace_state(s, "AddRoundKey is its own inverse (5.3.4)", "round[%2u].ik_add", round);
            inv_mix_columns(s); // 8: its result is the start of the next round
        }
    }
    trace_state(s, "The plaintext", "round[%2u].ioutput", key->rounds);
    memcpy(out, s, sizeof s); // 13
    secure_wipe(s, sizeof s);
}

// EQINVCIPHER() and KEYEXPANSIONEIC() (5.3.5), the standard's other way back, have no function here.
// InvMixColumns is linear, InvMixColumns(a + b) = InvMixColumns(a) + InvMixColumns(b), so it may come before
// AddRoundKey if the round key goes through it too; and InvSubBytes does not care where in the state a byte
// stands. Rearranged so, the inverse has the order of the cipher, which is what tables and processor
// instructions want; a test checks that both agree.

// --- Worked example: the first round of FIPS 197, Appendix B -----------------------------------------------
//
//      key    2b 7e 15 16 28 ae d2 a6 ab f7 15 88 09 cf 4f 3c
//      input  32 43 f6 a8 88 5a 30 8d 31 31 98 a2 e0 37 07 34
//
//      input + key     SubBytes        ShiftRows       MixColumns      round key 1     start of round 2
//      19 a0 9a e9     d4 e0 b8 1e     d4 e0 b8 1e     04 e0 48 28     a0 88 23 2a     a4 68 6b 02
//      3d f4 c6 f8     27 bf b4 41     bf b4 41 27     66 cb f8 06     fa 54 a3 6c     9c 9f 5b 6a
//      e3 e2 8d 48     11 98 5d 52     5d 52 11 98     81 19 d3 26     fe 2c 39 76     7f 35 ea 50
//      be 2b 2a 08     ae f1 e5 30     30 ae f1 e5     e5 9a 7a 4c     17 b1 39 05     f2 2b 43 49
//
// The top left byte in full: {19} is row 1, column 9 of the S-box, {d4}. Row 0 does not move. MixColumns
// takes the column d4 bf 5d 30: {02} * {d4} = {b3}, {03} * {bf} = {da}, and {b3} + {da} + {5d} + {30} = {04}.
// With the round key {04} + {a0} = {a4}. Nine rounds later the output is 39 25 84 1d 02 dc 09 fb dc 11 85 97
// 19 6a 0b 32. tests/test_aes.c compares all values of Appendix A, B and C with the trace.
//
// --- Pitfalls ----------------------------------------------------------------------------------------------
//
// - The state is filled column by column. Filled row by row, everything still decrypts what it encrypted, and
//   agrees with nobody else. Only published values show it: that is what vectors are for.
// - AES-256 substitutes a word in the middle of each eight of the key schedule, without turning it; AES-192
//   does not.
// - The last round has no MixColumns.
// - One block is not a message. Encrypting block after block (ECB) shows which blocks are equal; take a mode
//   with an IV, and never the same IV twice under one key: see modes.c.
// - Encryption does not protect against changes. Nothing in this file notices a forged block.
// - Table look-ups leak through the cache. Code for real use computes the S-box without a table or has the
//   processor do it.
//
// --- Where next --------------------------------------------------------------------------------------------
//
// ciphers/block/modes.c makes a cipher for messages out of this one; docs/aes.md has exercises;
// ciphers/block/des.c is the predecessor, built on another idea.
