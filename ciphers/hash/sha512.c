// SHA-512 and SHA-384: the wide sisters of SHA-256, made of 64-bit words.
//
// The plan is SHA-256's: the same schedule, the same step, the same padding, with words of twice the width,
// 80 steps instead of 64, blocks of 1024 bits, other rotation counts, and longer constants. On a 64-bit
// machine a step takes the same few instructions and works on twice the data, so SHA-512 needs fewer steps
// per byte than SHA-256.
//
// Standard: FIPS 180-4 (August 2015): sections 3.2, 4.1.3, 4.2.3, 5.1.2, 5.2.2, 5.3.4, 5.3.5, 6.4 and 6.5.
// Status:   unbroken; approved for every use of a hash. SHA-512 is open to length extension; SHA-384 is not,
//           because its digest hides two of the eight words that an attacker would have to go on from.
// Vectors:  vectors/hash/sha-examples.txt and sha-monte-carlo.txt; tests/test_sha2.c.
// Trace:    cutaway trace sha512 --in 616263
// Timing:   constant-time in the content of the message (tests/ct_hmac.c); its length is public.
// Read before: ciphers/hash/sha256.c, where each operation is explained. Read after: ciphers/hash/hash.c.
//
// The map: what changes from SHA-256.
//
//                              SHA-256                     SHA-512
//   word                       32 bits                     64 bits
//   block                      16 words = 64 bytes         16 words = 128 bytes
//   steps, constants K         64                          80
//   length field               8 bytes                     16 bytes
//   Sigma0 (of a)              ROTR  2, 13, 22             ROTR 28, 34, 39
//   Sigma1 (of e)              ROTR  6, 11, 25             ROTR 14, 18, 41
//   sigma0 (of W[t-15])        ROTR  7, 18, SHR  3         ROTR  1,  8, SHR 7
//   sigma1 (of W[t-2])         ROTR 17, 19, SHR 10         ROTR 19, 61, SHR 6
//
// Conventions: "+" is addition modulo 2^64; a word is eight bytes of the message, the most significant first
// (3.1).

#include "ciphers/hash/sha2.h"

#include "bignum/secure.h"
#include "bignum/trace.h"

#include <string.h>

// --- constants ---------------------------------------------------------------------------------------------

// 4.2.3: the first 64 bits of the fractional parts of the cube roots of the first 80 primes. Their upper
// halves are the first constants of SHA-256. tests/test_sha2.c recomputes them from the primes.
// clang-format off
static const uint64_t K[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

// 5.3.5, H^(0) of SHA-512: the first 64 bits of the fractional parts of the square roots of the first eight
// primes.
static const uint64_t SHA512_INITIAL[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

// 5.3.4, H^(0) of SHA-384: the same of the ninth to sixteenth primes.
static const uint64_t SHA384_INITIAL[8] = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};
// clang-format on

// --- operations --------------------------------------------------------------------------------------------

// 3.2: ROTR^n(x), the bits that fall out on the right come back on the left; 0 < n < 64.
static uint64_t rotr(uint64_t x, unsigned n) {
    return x >> n | x << (64 - n);
}

// 3.2: SHR^n(x), the bits that fall out are lost.
static uint64_t shr(uint64_t x, unsigned n) {
    return x >> n;
}

// (4.8) Ch, "choose", and (4.9) Maj, "majority", bit by bit.
static uint64_t ch(uint64_t x, uint64_t y, uint64_t z) {
    return (x & y) ^ (~x & z);
}
static uint64_t maj(uint64_t x, uint64_t y, uint64_t z) {
    return (x & y) ^ (x & z) ^ (y & z);
}

// (4.10) and (4.11), the capital sigmas: every output bit mixes three input bits.
static uint64_t big_sigma_0(uint64_t x) {
    return rotr(x, 28) ^ rotr(x, 34) ^ rotr(x, 39);
}
static uint64_t big_sigma_1(uint64_t x) {
    return rotr(x, 14) ^ rotr(x, 18) ^ rotr(x, 41);
}

// (4.12) and (4.13), the small sigmas of the message schedule: two rotations and a shift.
static uint64_t small_sigma_0(uint64_t x) {
    return rotr(x, 1) ^ rotr(x, 8) ^ shr(x, 7);
}
static uint64_t small_sigma_1(uint64_t x) {
    return rotr(x, 19) ^ rotr(x, 61) ^ shr(x, 6);
}

// 3.1: a word from eight bytes and back, most significant first, on any machine.
static uint64_t load_word(const uint8_t in[static 8]) {
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
        word = word << 8 | in[i];
    }
    return word;
}
static void store_word(uint8_t out[static 8], uint64_t word) {
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(word >> (56 - 8 * i));
    }
}

// --- the message schedule and the computation of one block -------------------------------------------------

// 6.4.2, step 1: 16 words of the message become 80.
static void message_schedule(uint64_t w[static 80], const uint8_t block[static SHA512_BLOCK_SIZE]) {
    for (unsigned t = 0; t < 16; t++) {
        w[t] = load_word(block + 8 * t);
    }
    for (unsigned t = 16; t < 80; t++) {
        w[t] = small_sigma_1(w[t - 2]) + w[t - 7] + small_sigma_0(w[t - 15]) + w[t - 16];
    }
    if (trace_on()) {
        for (unsigned t = 0; t < 80; t++) {
            const char *note = t == 0 ? "FIPS 180-4, 6.4.2, step 1: the first 16 words are the block itself"
                               : t == 16 ? "W[t] = sigma1(W[t-2]) + W[t-7] + sigma0(W[t-15]) + W[t-16]"
                                         : NULL;
            trace_words64(&w[t], 1, note, "W[%u]", t);
        }
    }
}

// 6.4.2: one block is worked into the intermediate hash value. The step is drawn in sha256.c:
// T1 = h + Sigma1(e) + Ch(e,f,g) + K_t + W_t and T2 = Sigma0(a) + Maj(a,b,c) make the new a and e.
static void process_block(struct sha512_context *context) {
    uint64_t w[80];
    uint64_t *state = context->state;
    trace_enter(NULL, "Block %llu", (unsigned long long)(context->length / SHA512_BLOCK_SIZE));
    trace_bytes(context->block, SHA512_BLOCK_SIZE, "FIPS 180-4, 5.2.2: 1024 bits of the padded message", "M");
    // Step 1.
    message_schedule(w, context->block);
    // Step 2: the working variables start from the previous intermediate hash value.
    uint64_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint64_t e = state[4], f = state[5], g = state[6], h = state[7];
    // Step 3.
    for (unsigned t = 0; t < 80; t++) {
        uint64_t t1 = h + big_sigma_1(e) + ch(e, f, g) + K[t] + w[t];
        uint64_t t2 = big_sigma_0(a) + maj(a, b, c);
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
        trace_words64(((const uint64_t[]){a, b, c, d, e, f, g, h}), 8,
                      t == 0 ? "FIPS 180-4, 6.4.2, step 3: a, b, c, d, e, f, g, h after each step" : NULL,
                      "t = %u", t);
    }
    // Step 4: the feed-forward, without which who knows the block could undo all 80 steps.
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
    trace_words64(state, 8, "FIPS 180-4, 6.4.2, step 4: the variables are added to the previous value",
                  "H(%llu)", (unsigned long long)(context->length / SHA512_BLOCK_SIZE));
    trace_leave();
    secure_wipe(w, sizeof w);
}

// --- init, update, final -----------------------------------------------------------------------------------

static void start(struct sha512_context *context, const uint64_t initial[static 8]) {
    memset(context, 0, sizeof *context);
    memcpy(context->state, initial, sizeof context->state);
    trace_words64(context->state, 8, "FIPS 180-4, 5.3: the initial hash value", "H(0)");
}

void sha512_init(struct sha512_context *context) {
    start(context, SHA512_INITIAL);
}

void sha384_init(struct sha512_context *context) {
    start(context, SHA384_INITIAL);
}

// Collects bytes until a block is full. How the caller cuts the message makes no difference.
void sha512_update(struct sha512_context *context, const uint8_t *in, size_t length) {
    while (length > 0) {
        size_t used = context->length % SHA512_BLOCK_SIZE;
        size_t taken = length < SHA512_BLOCK_SIZE - used ? length : SHA512_BLOCK_SIZE - used;
        memcpy(context->block + used, in, taken);
        context->length += taken;
        in += taken;
        length -= taken;
        if (context->length % SHA512_BLOCK_SIZE == 0) {
            process_block(context);
        }
    }
}

// 5.1.2: as SHA-256's padding (sha256.c explains why it is shaped so), with a length field of 128 bits.
//
//   | ... end of the message | 80 | 00 00 ... 00 | length in bits, 16 bytes |
//                                                ^ 112 bytes into a block   ^ the end of that block
//
// The length is counted in bytes, 64 bits of them; in bits it spreads over both words of the field.
static void pad(struct sha512_context *context) {
    enum { LENGTH_OFFSET = SHA512_BLOCK_SIZE - 16 };
    uint8_t padding[SHA512_BLOCK_SIZE + 16] = {0x80};
    size_t used = context->length % SHA512_BLOCK_SIZE;
    size_t zeros_end = used < LENGTH_OFFSET ? LENGTH_OFFSET - used : SHA512_BLOCK_SIZE + LENGTH_OFFSET - used;
    store_word(padding + zeros_end, context->length >> 61); // 8 * length, upper word
    store_word(padding + zeros_end + 8, context->length << 3);
    trace_bytes(padding, zeros_end + 16,
                "FIPS 180-4, 5.1.2: a 1 bit, zeros, the length of the message in bits", "padding");
    sha512_update(context, padding, zeros_end + 16);
}

// 6.4.2, last paragraph, and 6.5: the digest is the last hash value, its last words left off for SHA-384.
static void finish(struct sha512_context *context, uint8_t *digest, size_t digest_size) {
    pad(context);
    for (size_t i = 0; i < digest_size / 8; i++) {
        store_word(digest + 8 * i, context->state[i]);
    }
    trace_bytes(digest, digest_size, NULL, "message digest");
    secure_wipe(context, sizeof *context);
}

void sha512_final(struct sha512_context *context, uint8_t digest[static SHA512_DIGEST_SIZE]) {
    finish(context, digest, SHA512_DIGEST_SIZE);
}

void sha384_final(struct sha512_context *context, uint8_t digest[static SHA384_DIGEST_SIZE]) {
    finish(context, digest, SHA384_DIGEST_SIZE);
}

// --- worked example: SHA-512("abc") ------------------------------------------------------------------------
//
// Seen whole with `cutaway trace sha512 --in 616263`; tests/test_sha2.c compares every value. NIST's example
// document for SHA-512 prints the same table. Of the eight words, a to d and e to h stand in a line each:
//
//   H(0)      6a09e667f3bcc908 bb67ae8584caa73b 3c6ef372fe94f82b a54ff53a5f1d36f1
//             510e527fade682d1 9b05688c2b3e6c1f 1f83d9abfb41bd6b 5be0cd19137e2179
//   W[0]      6162638000000000
//   W[15]     0000000000000018
//   W[17]     00030000000000c0
//   t = 0     f6afceb8bcfcddf5 6a09e667f3bcc908 bb67ae8584caa73b 3c6ef372fe94f82b
//             58cb02347ab51f91 510e527fade682d1 9b05688c2b3e6c1f 1f83d9abfb41bd6b
//   ...
//   t = 79    73a54f399fa4b1b2 10d9c4c4295599f6 d67806db8b148677 654ef9abec389ca9
//             d08446aa79693ed7 9bb4d39778c07f9e 25c96a7768fb2aa3 ceb9fc3691ce8326
//   H(1)      ddaf35a193617aba cc417349ae204131 12e6fa4e89a97ea2 0a9eeee64b55d39a
//             2192992a274fc1a8 36ba3c23a3feebbd 454d4423643ce80e 2a9ac94fa54ca49f    the digest
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - The edge is at 112 bytes here, not 56, and the length field has 16 bytes: code that writes only the last
//   8 is right for every message below 2^61 bytes and wrong above. A test sets the counter beyond.
// - 64-bit constants need UINT64_C or a type that wide; 1 << 40 in an int is undefined. All words here are
//   uint64_t.
// - SHA-384 is not SHA-512 cut short: it starts elsewhere (5.3.4).
// - Otherwise as SHA-256: length extension (SHA-512), passwords, wiping.
//
// Where next: ciphers/hash/hash.c (one interface over all), ciphers/hash/hmac.c.
