// SHA-1: a fingerprint of 160 bits, and the bridge from MD5 to SHA-2.
//
// The US government's hash of 1995 took over the plan of MD4 and MD5 and strengthened it: five variables
// instead of four, and a message schedule that expands each block instead of only reading its words in
// another order. It named Git's objects and signed the web's certificates until 2017.
//
// Standard: FIPS 180-4 (August 2015), Secure Hash Standard: sections 3.2, 4.1.1, 4.2.1, 5.1.1,
//           5.2.1, 5.3.1 and 6.1.
// Status:   broken for collisions (Stevens et al., 2017: two PDF files with one digest; Leurent and Peyrin,
//           2020: with prefixes of the attacker's choice). No practical preimage attack is known, and
//           HMAC-SHA-1 stands. For study, and for protocols that must still speak it.
// Vectors:  vectors/hash/sha-examples.txt and sha-monte-carlo.txt; tests/test_sha1.c.
// Trace:    cutaway trace sha1 --in 616263
// Timing:   constant-time in the content of the message (tests/ct_hmac.c); its length is public.
// Read before: ciphers/hash/md5.c. Read after: ciphers/hash/sha256.c.
//
// The map, with the standard's symbol, our name:
//
//   M^(i)    block     block i of the padded message, 512 bits    W_t    w[t]        the message schedule
//   H^(i)    state     the intermediate hash value, five words    K_t    k(t)        four constants
//   a .. e   a .. e    the working variables                      f_t    f(t,x,y,z)  the function of step t
//   T        temporary the new a of a step                        ROTL   rotl        rotate left
//
//   one step:      a          b          c          d          e
//                  |          |          |          |          |
//                  |          +--> f_t <-+----------+          |
//                  |                |                          |
//                  +-- ROTL^5 ---> (+) <-- K_t + W_t <---------+
//                                   |
//                                   T = ROTL^5(a) + f_t(b,c,d) + e + K_t + W_t
//
//       becomes:   T          a     ROTL^30(b)      c          d
//
// Conventions: words have 32 bits; "+" is addition modulo 2^32, which is what uint32_t does; a word is four
// bytes of the message with the most significant first (3.1), the opposite of MD5.

#include "ciphers/hash/sha1.h"

#include "bignum/secure.h"
#include "bignum/trace.h"

#include <string.h>

// --- constants ---------------------------------------------------------------------------------------------

// 4.2.1, one constant for each quarter of the 80 steps: the integer parts of 2^30 times the square roots of
// 2, 3, 5 and 10. tests/test_sha1.c recomputes them.
static uint32_t k(unsigned t) {
    static const uint32_t K[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    return K[t / 20];
}

// 5.3.1, H^(0). The first four are MD5's initial values: the bytes 01 23 .. ef and back down, which MD5 reads
// with the least significant byte first; the fifth goes on with the pattern.
// clang-format off
static const uint32_t INITIAL[5] = {
    0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0,
};
// clang-format on

// --- operations --------------------------------------------------------------------------------------------

// 3.2: ROTL^n(x), the bits that fall out on the left come back on the right; 0 < n < 32.
static uint32_t rotl(uint32_t x, unsigned n) {
    return x << n | x >> (32 - n);
}

// 4.1.1: Ch, "choose": bit by bit, x decides whether y or z is taken.
static uint32_t ch(uint32_t x, uint32_t y, uint32_t z) {
    return (x & y) ^ (~x & z);
}

// 4.1.1: Parity: 1 where an odd number of the three is. The only linear one of the three functions.
static uint32_t parity(uint32_t x, uint32_t y, uint32_t z) {
    return x ^ y ^ z;
}

// 4.1.1: Maj, "majority": each bit is what at least two of the three say.
static uint32_t maj(uint32_t x, uint32_t y, uint32_t z) {
    return (x & y) ^ (x & z) ^ (y & z);
}

// (4.1): f_t, another function in each quarter, so that no quarter can undo what the one before it did.
static uint32_t f(unsigned t, uint32_t x, uint32_t y, uint32_t z) {
    return t < 20 ? ch(x, y, z) : t < 40 ? parity(x, y, z) : t < 60 ? maj(x, y, z) : parity(x, y, z);
}

// 3.1: a word from four bytes and back, most significant first, on any machine.
static uint32_t load_word(const uint8_t in[static 4]) {
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}
static void store_word(uint8_t out[static 4], uint32_t word) {
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(word >> (24 - 8 * i));
    }
}

// --- the message schedule and the computation of one block -------------------------------------------------

// 6.1.2, step 1: 16 words of the message become 80. The rotation by one is all that distinguishes SHA-1 from
// the withdrawn SHA-0: without it bit i of every word depends on the bits i of the others only, so that
// differences stay in their column, and collisions were found years earlier. The schedule is linear over bits
// even so; SHA-2's is not.
static void message_schedule(uint32_t w[static 80], const uint8_t block[static SHA1_BLOCK_SIZE]) {
    for (unsigned t = 0; t < 16; t++) {
        w[t] = load_word(block + 4 * t);
    }
    for (unsigned t = 16; t < 80; t++) {
        w[t] = rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    if (trace_on()) {
        for (unsigned t = 0; t < 80; t++) {
            const char *note = t == 0 ? "FIPS 180-4, 6.1.2, step 1: the first 16 words are the block itself"
                               : t == 16 ? "W[t] = ROTL^1(W[t-3] XOR W[t-8] XOR W[t-14] XOR W[t-16])"
                                         : NULL;
            trace_words32(&w[t], 1, note, "W[%u]", t);
        }
    }
}

// What the trace says about the first step of each quarter.
static const char *step_note(unsigned t) {
    return t == 0    ? "FIPS 180-4, 6.1.2, step 3: a, b, c, d, e after each step; steps 0 to 19 use Ch"
           : t == 20 ? "steps 20 to 39 use Parity"
           : t == 40 ? "steps 40 to 59 use Maj"
           : t == 60 ? "steps 60 to 79 use Parity again, with another constant"
                     : NULL;
}

// 6.1.2: one block is worked into the intermediate hash value.
static void process_block(struct sha1_context *context) {
    uint32_t w[80];
    uint32_t *state = context->state;
    trace_enter(NULL, "Block %llu", (unsigned long long)(context->length / SHA1_BLOCK_SIZE));
    trace_bytes(context->block, SHA1_BLOCK_SIZE, "FIPS 180-4, 5.2.1: 512 bits of the padded message", "M");
    // Step 1.
    message_schedule(w, context->block);
    // Step 2: the working variables start from the previous intermediate hash value.
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    // Step 3: four variables move one place (b turned by 30 on its way), one is new.
    for (unsigned t = 0; t < 80; t++) {
        uint32_t temporary = rotl(a, 5) + f(t, b, c, d) + e + k(t) + w[t]; // the standard's T
        e = d;
        d = c;
        c = rotl(b, 30);
        b = a;
        a = temporary;
        trace_words32(((const uint32_t[]){a, b, c, d, e}), 5, step_note(t), "t = %u", t);
    }
    // Step 4: the feed-forward. Each of the 80 steps can be run backwards by who knows the message; adding
    // the start to the end is what makes the whole one-way.
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    trace_words32(state, 5, "FIPS 180-4, 6.1.2, step 4: the variables are added to the previous value",
                  "H(%llu)", (unsigned long long)(context->length / SHA1_BLOCK_SIZE));
    trace_leave();
    secure_wipe(w, sizeof w);
}

// --- init, update, final -----------------------------------------------------------------------------------

void sha1_init(struct sha1_context *context) {
    memset(context, 0, sizeof *context);
    memcpy(context->state, INITIAL, sizeof context->state);
    trace_words32(context->state, 5, "FIPS 180-4, 5.3.1: the initial hash value", "H(0)");
}

// Collects bytes until a block is full. How the caller cuts the message makes no difference.
void sha1_update(struct sha1_context *context, const uint8_t *in, size_t length) {
    while (length > 0) {
        size_t used = context->length % SHA1_BLOCK_SIZE;
        size_t taken = length < SHA1_BLOCK_SIZE - used ? length : SHA1_BLOCK_SIZE - used;
        memcpy(context->block + used, in, taken);
        context->length += taken;
        in += taken;
        length -= taken;
        if (context->length % SHA1_BLOCK_SIZE == 0) {
            process_block(context);
        }
    }
}

// 5.1.1: the padding fills the last block: a 1 bit, zeros, and the length of the message in bits in the last
// 8 bytes. A message that leaves fewer than 9 bytes free in its last block gets one block more.
//
//   | ... end of the message | 80 | 00 00 ... 00 | length in bits, 8 bytes |
//                                                ^ 56 bytes into a block   ^ the end of that block
static void pad(struct sha1_context *context) {
    enum { LENGTH_OFFSET = SHA1_BLOCK_SIZE - 8 };
    uint8_t padding[SHA1_BLOCK_SIZE + 8] = {0x80};
    size_t used = context->length % SHA1_BLOCK_SIZE;
    // One byte at least for the 80: with 56 bytes used there is no room left before the length.
    size_t zeros_end = used < LENGTH_OFFSET ? LENGTH_OFFSET - used : SHA1_BLOCK_SIZE + LENGTH_OFFSET - used;
    store_word(padding + zeros_end, (uint32_t)(context->length >> 29)); // 8 * length, upper word
    store_word(padding + zeros_end + 4, (uint32_t)(context->length << 3));
    trace_bytes(padding, zeros_end + 8,
                "FIPS 180-4, 5.1.1: a 1 bit, zeros, the length of the message in bits", "padding");
    sha1_update(context, padding, zeros_end + 8);
}

void sha1_final(struct sha1_context *context, uint8_t digest[static SHA1_DIGEST_SIZE]) {
    pad(context);
    for (size_t i = 0; i < 5; i++) {
        store_word(digest + 4 * i, context->state[i]);
    }
    trace_bytes(digest, SHA1_DIGEST_SIZE, "FIPS 180-4, 6.1.2: H0 to H4, one after the other",
                "message digest");
    secure_wipe(context, sizeof *context);
}

// --- worked example: SHA-1("abc") --------------------------------------------------------------------------
//
// Seen whole with `cutaway trace sha1 --in 616263`; tests/test_sha1.c compares every value. NIST's example
// document for SHA-1 prints the same table.
//
//   padded block      61 62 63 80 00 ... 00 18                            24 bits, the high-order byte first
//   H(0)              67452301 efcdab89 98badcfe 10325476 c3d2e1f0
//   W[0], W[15]       61626380, 00000018                                  the block itself
//   W[16]             c2c4c700                                            W[0] turned left by 1
//   t = 0             0116fc33 67452301 7bf36ae2 98badcfe 10325476        a is new; c: b turned by 30
//   t = 1             8990536d 0116fc33 59d148c0 7bf36ae2 98badcfe
//   ...
//   t = 79            42541b35 5738d5e1 21834873 681e6df6 d8fdf6ad
//   H(1)              a9993e36 4706816a ba3e2571 7850c26c 9cd0d89d        H(0) + the line above: the digest
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Messages of 56 to 63 bytes in the last block: the 80 fits, the length does not, and the padding needs
//   another block. tests/test_hash_openssl.c tries every length from 0 to 300, whole and byte by byte.
// - The length counts bits. Here bytes are counted, in 64 bits, and 8 * length is split over two words.
// - Rotating by 0 would shift by 32, which C leaves undefined: rotl is called with 1, 5 and 30 only.
// - A digest that others can choose messages for must resist collisions: SHA-1 no longer does
//   (tests/test_sha1.c carries a published pair). What it still serves for: HMAC, and the WebSocket
//   handshake, which needs no security.
// - SHA-1(key || message) is no MAC (length extension, tests/test_sha2.c): ciphers/hash/hmac.c.
// - The context holds the end of the message: sha1_final wipes it, and a context that is given up on should
//   be wiped with secure_wipe.
//
// Where next: ciphers/hash/sha256.c, which mixes two new variables in each step and has a schedule that is
// not linear.
