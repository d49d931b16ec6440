// MD5: a fingerprint of 128 bits for a message of any length; the ancestor of the SHA family, and the one
// that broke most visibly.
//
// A hash function squeezes a message into a short digest, so that comparing digests does for comparing
// messages. For cryptography nobody may be able to find two messages with one digest (a collision) or a
// message for a given digest (a preimage). MD5 has lost the first property and kept the second.
//
// Ron Rivest designed it in 1991 as a hash for the 32-bit machines of the day: additions, rotations and
// bitwise functions, which each are one instruction, and no tables.
//
// Standard: RFC 1321 (April 1992), cited below by section.
// Status:   broken. Collisions were published in 2004 (Wang, Feng, Lai and Yu; tests/test_md5.c carries such
//           a pair) and take seconds today; with prefixes of the attacker's choice they have
//           forged a certificate authority. Preimages are out of reach in practice. For study, and for
//           checking old files against accidents.
// Vectors:  vectors/hash/md5-rfc1321.txt; tests/test_md5.c.
// Trace:    cutaway trace md5 --in 616263
// Timing:   constant-time in the content of the message (tests/ct_hmac.c); its length is public.
// Read before: bignum/secure.h. Read after: ciphers/hash/sha1.c.
//
// The map, with the RFC's symbol, our name:
//
//   A B C D   state, v[0] to v[3]   the four-word buffer       X[k]   x[k]       the 16 words of one block
//   F G H I   f g h i               one function each round    T[i]   T[i - 1]   the 64 constants, i from 1
//   X <<< s   rotl                  rotate left                [abcd k s i]      one operation
//
//   one operation [abcd k s i]:     a = b + ((a + F(b,c,d) + X[k] + T[i]) <<< s)
//
//        a          b          c          d
//        |          +----+-----+----+-----+
//        v               v     v    v
//       (+) <---------- F (b , c , d)
//        v
//       (+) <---------- X[k]    a word of the message
//        v
//       (+) <---------- T[i]    a constant
//        v
//       <<< s
//        v
//       (+) <---------- b
//        v
//        a, and the next operation calls the variables [dabc]: the roles move on, the words stay.
//
// Conventions: words have 32 bits; "+" is addition modulo 2^32, which is what uint32_t does; a word is four
// bytes of the message with the LEAST significant first (section 2), the opposite of the SHA family.

#include "ciphers/hash/md5.h"

#include "bignum/secure.h"
#include "bignum/trace.h"

#include <string.h>

// --- constants ---------------------------------------------------------------------------------------------

// 3.4: T[i] is the integer part of 2^32 * |sin(i)|, i from 1 to 64 in radians. tests/test_md5.c recomputes
// them.
// clang-format off
static const uint32_t T[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee,
    0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
    0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,

    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
    0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
    0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,

    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
    0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
    0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,

    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039,
    0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

// 3.4: the 64 operations in the RFC's rows. `order` names the variables in the roles a, b, c, d.
static const struct operation {
    char order[5];
    uint8_t k, s, i;
} OPERATIONS[64] = {
    // Round 1: the words in order.
    {"ABCD",  0,  7,  1}, {"DABC",  1, 12,  2}, {"CDAB",  2, 17,  3}, {"BCDA",  3, 22,  4},
    {"ABCD",  4,  7,  5}, {"DABC",  5, 12,  6}, {"CDAB",  6, 17,  7}, {"BCDA",  7, 22,  8},
    {"ABCD",  8,  7,  9}, {"DABC",  9, 12, 10}, {"CDAB", 10, 17, 11}, {"BCDA", 11, 22, 12},
    {"ABCD", 12,  7, 13}, {"DABC", 13, 12, 14}, {"CDAB", 14, 17, 15}, {"BCDA", 15, 22, 16},
    // Round 2: every fifth word, beginning with word 1.
    {"ABCD",  1,  5, 17}, {"DABC",  6,  9, 18}, {"CDAB", 11, 14, 19}, {"BCDA",  0, 20, 20},
    {"ABCD",  5,  5, 21}, {"DABC", 10,  9, 22}, {"CDAB", 15, 14, 23}, {"BCDA",  4, 20, 24},
    {"ABCD",  9,  5, 25}, {"DABC", 14,  9, 26}, {"CDAB",  3, 14, 27}, {"BCDA",  8, 20, 28},
    {"ABCD", 13,  5, 29}, {"DABC",  2,  9, 30}, {"CDAB",  7, 14, 31}, {"BCDA", 12, 20, 32},
    // Round 3: every third word, beginning with word 5.
    {"ABCD",  5,  4, 33}, {"DABC",  8, 11, 34}, {"CDAB", 11, 16, 35}, {"BCDA", 14, 23, 36},
    {"ABCD",  1,  4, 37}, {"DABC",  4, 11, 38}, {"CDAB",  7, 16, 39}, {"BCDA", 10, 23, 40},
    {"ABCD", 13,  4, 41}, {"DABC",  0, 11, 42}, {"CDAB",  3, 16, 43}, {"BCDA",  6, 23, 44},
    {"ABCD",  9,  4, 45}, {"DABC", 12, 11, 46}, {"CDAB", 15, 16, 47}, {"BCDA",  2, 23, 48},
    // Round 4: every seventh word, beginning with word 0.
    {"ABCD",  0,  6, 49}, {"DABC",  7, 10, 50}, {"CDAB", 14, 15, 51}, {"BCDA",  5, 21, 52},
    {"ABCD", 12,  6, 53}, {"DABC",  3, 10, 54}, {"CDAB", 10, 15, 55}, {"BCDA",  1, 21, 56},
    {"ABCD",  8,  6, 57}, {"DABC", 15, 10, 58}, {"CDAB",  6, 15, 59}, {"BCDA", 13, 21, 60},
    {"ABCD",  4,  6, 61}, {"DABC", 11, 10, 62}, {"CDAB",  2, 15, 63}, {"BCDA",  9, 21, 64},
};

// 3.3: the bytes 01 23 45 67 89 ab cd ef fe dc ba 98 76 54 32 10, least significant first.
static const uint32_t INITIAL[4] = {
    0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
};
// clang-format on

// --- operations --------------------------------------------------------------------------------------------

// Section 2: X <<< s, the bits that fall out on the left come back on the right; 0 < s < 32.
static uint32_t rotl(uint32_t x, unsigned s) {
    return x << s | x >> (32 - s);
}

// 3.4, the four functions, one for each round. Each bit of the result depends on the same bit of the
// arguments only; carries and rotations carry it to the other places.
//
// F: if x then y else z, bit by bit.
static uint32_t f(uint32_t x, uint32_t y, uint32_t z) {
    return (x & y) | (~x & z);
}
// G: if z then x else y: F with the roles exchanged.
static uint32_t g(uint32_t x, uint32_t y, uint32_t z) {
    return (x & z) | (y & ~z);
}
// H: the parity.
static uint32_t h(uint32_t x, uint32_t y, uint32_t z) {
    return x ^ y ^ z;
}
// I: new in MD5; its predecessor MD4 had three rounds.
static uint32_t i(uint32_t x, uint32_t y, uint32_t z) {
    return y ^ (x | ~z);
}

// Section 2: a word from four bytes and back, least significant first, on any machine.
static uint32_t load_word(const uint8_t in[static 4]) {
    return (uint32_t)in[3] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[1] << 8 | in[0];
}
static void store_word(uint8_t out[static 4], uint32_t word) {
    for (int n = 0; n < 4; n++) {
        out[n] = (uint8_t)(word >> (8 * n));
    }
}

// --- the computation of one block --------------------------------------------------------------------------

// 3.4, "Process Message in 16-Word Blocks": one block is worked into A, B, C, D.
static void process_block(struct md5_context *context) {
    static uint32_t (*const FUNCTIONS[4])(uint32_t, uint32_t, uint32_t) = {f, g, h, i};
    uint32_t x[16];
    uint32_t v[4];
    trace_enter(NULL, "Block %llu", (unsigned long long)(context->length / MD5_BLOCK_SIZE));
    trace_bytes(context->block, MD5_BLOCK_SIZE, "RFC 1321, 3.4: 16 words of the padded message", "M");
    // "Copy block i into X."
    for (unsigned n = 0; n < 16; n++) {
        x[n] = load_word(context->block + 4 * n);
        trace_words32(&x[n], 1, n == 0 ? "RFC 1321, 3.4: words with the least significant byte first" : NULL,
                      "X[%u]", n);
    }
    // "Save A as AA, B as BB, C as CC, and D as DD": the working copy is v, the saved values stay in the
    // context.
    memcpy(v, context->state, sizeof v);
    for (unsigned n = 0; n < 64; n++) {
        const struct operation *op = &OPERATIONS[n];
        uint32_t *a = &v[op->order[0] - 'A'];
        uint32_t b = v[op->order[1] - 'A'], c = v[op->order[2] - 'A'], d = v[op->order[3] - 'A'];
        unsigned round = n / 16 + 1;
        *a = b + rotl(*a + FUNCTIONS[round - 1](b, c, d) + x[op->k] + T[op->i - 1], op->s);
        trace_words32(v, 4, n == 0 ? "RFC 1321, 3.4: A, B, C, D after each operation [abcd k s i]" : NULL,
                      "Round %u [%s %2u %2u %2u]", round, op->order, op->k, op->s, op->i);
    }
    // "Increment each of the four registers by the value it had before this block was started": the
    // feed-forward. Each operation can be run backwards by who knows the message; adding the start to the end
    // cannot.
    for (unsigned n = 0; n < 4; n++) {
        context->state[n] += v[n];
    }
    trace_words32(context->state, 4, "RFC 1321, 3.4: each register is added to what it was before the block",
                  "A, B, C, D");
    trace_leave();
    secure_wipe(x, sizeof x);
    secure_wipe(v, sizeof v);
}

// --- init, update, final -----------------------------------------------------------------------------------

// 3.3: the buffer is initialised.
void md5_init(struct md5_context *context) {
    memset(context, 0, sizeof *context);
    memcpy(context->state, INITIAL, sizeof context->state);
    trace_words32(context->state, 4, "RFC 1321, 3.3: the buffer is initialised", "A, B, C, D");
}

// Collects bytes until a block is full. How the caller cuts the message makes no difference.
void md5_update(struct md5_context *context, const uint8_t *in, size_t length) {
    while (length > 0) {
        size_t used = context->length % MD5_BLOCK_SIZE;
        size_t taken = length < MD5_BLOCK_SIZE - used ? length : MD5_BLOCK_SIZE - used;
        memcpy(context->block + used, in, taken);
        context->length += taken;
        in += taken;
        length -= taken;
        if (context->length % MD5_BLOCK_SIZE == 0) {
            process_block(context);
        }
    }
}

// 3.1 and 3.2: the padding fills the last block: a 1 bit, zeros, and the length of the message in bits modulo
// 2^64, the low-order word first. A message that leaves fewer than 9 bytes free in its last block gets one
// block more.
//
//   | ... end of the message | 80 | 00 00 ... 00 | length in bits, 8 bytes |
//                                                ^ 56 bytes into a block   ^ the end of that block
static void pad(struct md5_context *context) {
    enum { LENGTH_OFFSET = MD5_BLOCK_SIZE - 8 };
    uint8_t padding[MD5_BLOCK_SIZE + 8] = {0x80};
    size_t used = context->length % MD5_BLOCK_SIZE;
    // One byte at least for the 80: with 56 bytes used there is no room left before the length.
    size_t zeros_end = used < LENGTH_OFFSET ? LENGTH_OFFSET - used : MD5_BLOCK_SIZE + LENGTH_OFFSET - used;
    store_word(padding + zeros_end, (uint32_t)(context->length << 3)); // 8 * length, lower word
    store_word(padding + zeros_end + 4, (uint32_t)(context->length >> 29));
    trace_bytes(padding, zeros_end + 8,
                "RFC 1321, 3.1, 3.2: a 1 bit, zeros, the length of the message in bits", "padding");
    md5_update(context, padding, zeros_end + 8);
}

// 3.5: the digest begins with the low-order byte of A and ends with the high-order byte of D.
void md5_final(struct md5_context *context, uint8_t digest[static MD5_DIGEST_SIZE]) {
    pad(context);
    for (size_t n = 0; n < 4; n++) {
        store_word(digest + 4 * n, context->state[n]);
    }
    trace_bytes(digest, MD5_DIGEST_SIZE, "RFC 1321, 3.5: A, B, C, D, each with its low-order byte first",
                "message digest");
    secure_wipe(context, sizeof *context);
}

// --- worked example: MD5("abc") ----------------------------------------------------------------------------
//
// Seen whole with `cutaway trace md5 --in 616263`; tests/test_md5.c compares every value.
//
//   padded block       61 62 63 80 00 ... 00 18 00 00 00 00 00 00 00     24 bits, the low-order byte first
//   X[0], X[14]        80636261, 00000018                                 the first byte is the lowest
//   A, B, C, D         67452301 efcdab89 98badcfe 10325476                the start
//   [ABCD  0  7  1]    d6d117b4 efcdab89 98badcfe 10325476                A is new
//   [DABC  1 12  2]    d6d117b4 efcdab89 98badcfe 344a8432                D is new
//   ...
//   [BCDA  9 21 64]    310ade8f c08226b3 e484b9d8 624d8cb2                B is new: the end
//   start + end        98500190 b04fd23c 7d3f96d6 727fe128                A, B, C, D
//   message digest     90 01 50 98  3c d2 4f b0  d6 96 3f 7d  28 e1 7f 72
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Byte order: a hash that loads words the other way round gives plausible nonsense. load_word and
//   store_word state the order, so the machine's own does not matter.
// - Messages of 56 to 63 bytes in the last block: the 80 fits, the length does not, and the padding needs
//   another block. tests/test_hash_openssl.c tries every length from 0 to 300, whole and byte by byte.
// - The length counts bits, and is kept in 64 bits however wide size_t is. A test sets the counter near each
//   edge.
// - Two messages that collide go on colliding when the same text is appended to both (the state is equal), so
//   that one collision of two blocks makes any number of pairs of files.
// - MD5(key || message) is no MAC (length extension, tests/test_sha2.c), and MD5(password) no way to keep
//   passwords.
// - The context holds the end of the message: md5_final wipes it, and a context that is given up on should be
//   wiped with secure_wipe.
//
// Where next: ciphers/hash/sha1.c does the same with more care; ciphers/hash/hmac.c puts a key in.
