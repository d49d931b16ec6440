// SHA-256 and SHA-224: a fingerprint of 256 (224) bits for a message of any length.
//
// A hash function squeezes a message into a short digest such that nobody can find two messages with the same
// digest (collision), a message for a given digest (preimage), or a second message with the digest of a given
// one (second preimage). SHA-256 stands under most of what runs today: certificates, software updates, Git's
// newer repositories, Bitcoin.
//
// Standard: FIPS 180-4 (August 2015), Secure Hash Standard: sections 3.2, 4.1.2, 4.2.2, 5.1.1,
//           5.2.1, 5.3.2, 5.3.3, 6.2 and 6.3, cited below by number.
// Status:   unbroken; approved for every use of a hash. It is open to length extension (see the pitfalls).
// Vectors:  vectors/hash/sha-examples.txt and sha-monte-carlo.txt; tests/test_sha2.c.
// Trace:    cutaway trace sha256 --in 616263
// Timing:   constant-time in the content of the message (tests/ct_hmac.c); its length is public.
// Read before: ciphers/hash/sha1.c. Read after: ciphers/hash/sha512.c, ciphers/hash/hmac.c.
//
// The map, with the standard's symbol, our name:
//
//   M^(i)     block     block i of the padded message, 512 bits      W_t    w[t]   message schedule, 64 words
//   H^(i)     state     the intermediate hash value, eight words     K_t    K[t]   64 constants
//   a .. h    a .. h    the working variables                        ROTR   rotr   rotate right
//
//                   M^(1)                    M^(2)                    M^(N)
//                     | 16 words               |                        |
//                     v                        v                        v
//                W_0 .. W_63              W_0 .. W_63              W_0 .. W_63
//                     |                        |                        |
//                     v                        v                        v
//    H^(0) --+--> 64 steps --> (+) --+--> 64 steps --> (+) ... --+--> 64 steps --> (+) --> H^(N), the digest
//            |                  ^    |                  ^        |                  ^
//            +------------------+    +------------------+        +------------------+
//
// The path below each box is why it cannot be run backwards: 64 invertible steps whose result is added to
// where they started (the Davies-Meyer construction). The chain over the blocks is Merkle's and Damgard's.
//
// Conventions: words have 32 bits; "+" is addition modulo 2^32, which is what uint32_t does; a word is four
// bytes of the message with the most significant first (3.1), the opposite of MD5.

#include "ciphers/hash/sha2.h"

#include "bignum/secure.h"
#include "bignum/trace.h"

#include <string.h>

// --- constants ---------------------------------------------------------------------------------------------

// 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. Numbers that
// anybody can recompute leave the designers no room to choose weak ones. tests/test_sha2.c recomputes them
// from the primes.
// clang-format off
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// 5.3.3, H^(0) of SHA-256: the first 32 bits of the fractional parts of the square roots of the first eight
// primes.
static const uint32_t SHA256_INITIAL[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

// 5.3.2, H^(0) of SHA-224: the second 32 bits of the fractional parts of the square roots of the ninth to
// sixteenth primes (the lower halves of SHA-384's). Another start makes another function: a SHA-224 digest
// says nothing about the SHA-256 digest of the same message.
static const uint32_t SHA224_INITIAL[8] = {
    0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4,
};
// clang-format on

// --- operations --------------------------------------------------------------------------------------------

// 3.2: ROTR^n(x), the bits that fall out on the right come back on the left; 0 < n < 32.
static uint32_t rotr(uint32_t x, unsigned n) {
    return x >> n | x << (32 - n);
}

// 3.2: SHR^n(x), the bits that fall out are lost.
static uint32_t shr(uint32_t x, unsigned n) {
    return x >> n;
}

// (4.2) Ch, "choose": bit by bit, x decides whether y or z is taken. With maj below it is what is not linear
// over bits here, besides the carries of the additions; without them the digest would be a system of linear
// equations.
static uint32_t ch(uint32_t x, uint32_t y, uint32_t z) {
    return (x & y) ^ (~x & z);
}

// (4.3) Maj, "majority": each bit is what at least two of the three say.
static uint32_t maj(uint32_t x, uint32_t y, uint32_t z) {
    return (x & y) ^ (x & z) ^ (y & z);
}

// (4.4) and (4.5), the capital sigmas: every output bit mixes three input bits. They are why a changed bit
// does not stay in its column: additions carry only to the left, and ch and maj do not move bits at all.
static uint32_t big_sigma_0(uint32_t x) {
    return rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22);
}
static uint32_t big_sigma_1(uint32_t x) {
    return rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25);
}

// (4.6) and (4.7), the small sigmas of the message schedule. The third part shifts instead of rotating: three
// rotations would map a word of 32 ones to itself, and such symmetries help an attacker.
static uint32_t small_sigma_0(uint32_t x) {
    return rotr(x, 7) ^ rotr(x, 18) ^ shr(x, 3);
}
static uint32_t small_sigma_1(uint32_t x) {
    return rotr(x, 17) ^ rotr(x, 19) ^ shr(x, 10);
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

// 6.2.2, step 1: 16 words of the message become 64, each later one a mixture of four earlier ones, so that
// every bit of the block reaches many steps.
static void message_schedule(uint32_t w[static 64], const uint8_t block[static SHA256_BLOCK_SIZE]) {
    for (unsigned t = 0; t < 16; t++) {
        w[t] = load_word(block + 4 * t);
    }
    for (unsigned t = 16; t < 64; t++) {
        w[t] = small_sigma_1(w[t - 2]) + w[t - 7] + small_sigma_0(w[t - 15]) + w[t - 16];
    }
    if (trace_on()) {
        for (unsigned t = 0; t < 64; t++) {
            const char *note = t == 0 ? "FIPS 180-4, 6.2.2, step 1: the first 16 words are the block itself"
                               : t == 16 ? "W[t] = sigma1(W[t-2]) + W[t-7] + sigma0(W[t-15]) + W[t-16]"
                                         : NULL;
            trace_words32(&w[t], 1, note, "W[%u]", t);
        }
    }
}

// 6.2.2: one block is worked into the intermediate hash value.
//
//      a    b    c    d    e    f    g    h       T1 = h + Sigma1(e) + Ch(e,f,g) + K_t + W_t
//       \    \    \    \    \    \    \           T2 = Sigma0(a) + Maj(a,b,c)
//   T1+T2 a    b    c  d+T1   e    f    g
//
// Six variables only move one place; two are new. After eight steps all eight have been computed anew.
static void process_block(struct sha256_context *context) {
    uint32_t w[64];
    uint32_t *state = context->state;
    trace_enter(NULL, "Block %llu", (unsigned long long)(context->length / SHA256_BLOCK_SIZE));
    trace_bytes(context->block, SHA256_BLOCK_SIZE, "FIPS 180-4, 5.2.1: 512 bits of the padded message", "M");
    // Step 1.
    message_schedule(w, context->block);
    // Step 2: the working variables start from the previous intermediate hash value.
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    // Step 3.
    for (unsigned t = 0; t < 64; t++) {
        uint32_t t1 = h + big_sigma_1(e) + ch(e, f, g) + K[t] + w[t];
        uint32_t t2 = big_sigma_0(a) + maj(a, b, c);
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
        trace_words32(((const uint32_t[]){a, b, c, d, e, f, g, h}), 8,
                      t == 0 ? "FIPS 180-4, 6.2.2, step 3: a, b, c, d, e, f, g, h after each step" : NULL,
                      "t = %u", t);
    }
    // Step 4: the feed-forward, without which who knows the block could undo all 64 steps.
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
    trace_words32(state, 8, "FIPS 180-4, 6.2.2, step 4: the variables are added to the previous value",
                  "H(%llu)", (unsigned long long)(context->length / SHA256_BLOCK_SIZE));
    trace_leave();
    secure_wipe(w, sizeof w);
}

// --- init, update, final -----------------------------------------------------------------------------------

static void start(struct sha256_context *context, const uint32_t initial[static 8]) {
    memset(context, 0, sizeof *context);
    memcpy(context->state, initial, sizeof context->state);
    trace_words32(context->state, 8, "FIPS 180-4, 5.3: the initial hash value", "H(0)");
}

void sha256_init(struct sha256_context *context) {
    start(context, SHA256_INITIAL);
}

void sha224_init(struct sha256_context *context) {
    start(context, SHA224_INITIAL);
}

// Collects bytes until a block is full. How the caller cuts the message makes no difference.
void sha256_update(struct sha256_context *context, const uint8_t *in, size_t length) {
    while (length > 0) {
        size_t used = context->length % SHA256_BLOCK_SIZE;
        size_t taken = length < SHA256_BLOCK_SIZE - used ? length : SHA256_BLOCK_SIZE - used;
        memcpy(context->block + used, in, taken);
        context->length += taken;
        in += taken;
        length -= taken;
        if (context->length % SHA256_BLOCK_SIZE == 0) {
            process_block(context);
        }
    }
}

// 5.1.1: the padding fills the last block, and says where the message ended and how long it was.
//
//   | ... end of the message | 80 | 00 00 ... 00 | length in bits, 8 bytes |
//                                                ^ 56 bytes into a block   ^ the end of that block
//
// The 1 bit at the front of 80 makes the padding unambiguous (a message that ends in zeros is not its shorter
// cousin); the length at the end is what the proof of the Merkle-Damgard construction needs: no padded
// message is the tail of another one.
static void pad(struct sha256_context *context) {
    enum { LENGTH_OFFSET = SHA256_BLOCK_SIZE - 8 };
    uint8_t padding[SHA256_BLOCK_SIZE + 8] = {0x80};
    size_t used = context->length % SHA256_BLOCK_SIZE;
    // One byte at least for the 80: with 56 bytes used there is no room left before the length.
    size_t zeros_end = used < LENGTH_OFFSET ? LENGTH_OFFSET - used : SHA256_BLOCK_SIZE + LENGTH_OFFSET - used;
    store_word(padding + zeros_end, (uint32_t)(context->length >> 29)); // 8 * length, upper word
    store_word(padding + zeros_end + 4, (uint32_t)(context->length << 3));
    trace_bytes(padding, zeros_end + 8,
                "FIPS 180-4, 5.1.1: a 1 bit, zeros, the length of the message in bits", "padding");
    sha256_update(context, padding, zeros_end + 8);
}

// 6.2.2, last paragraph, and 6.3: the digest is the last hash value, its last words left off for SHA-224.
static void finish(struct sha256_context *context, uint8_t *digest, size_t digest_size) {
    pad(context);
    for (size_t i = 0; i < digest_size / 4; i++) {
        store_word(digest + 4 * i, context->state[i]);
    }
    trace_bytes(digest, digest_size, NULL, "message digest");
    secure_wipe(context, sizeof *context);
}

void sha256_final(struct sha256_context *context, uint8_t digest[static SHA256_DIGEST_SIZE]) {
    finish(context, digest, SHA256_DIGEST_SIZE);
}

void sha224_final(struct sha256_context *context, uint8_t digest[static SHA224_DIGEST_SIZE]) {
    finish(context, digest, SHA224_DIGEST_SIZE);
}

// --- worked example: SHA-256("abc") ------------------------------------------------------------------------
//
// Seen whole with `cutaway trace sha256 --in 616263`; tests/test_sha2.c compares every value. NIST's example
// document for SHA-256 prints the same table.
//
//   padded block   61 62 63 80 00 ... 00 18               (18: 24 bits of message)
//   H(0)           6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19
//   W[0], W[15]    61626380, 00000018                     (the block itself)
//   W[16], W[17]   61626380, 000f0000                     (the first mixtures)
//   t = 0          5d6aebcd 6a09e667 bb67ae85 3c6ef372 fa2a4622 510e527f 9b05688c 1f83d9ab
//   t = 1          5a6ad9ad 5d6aebcd 6a09e667 bb67ae85 78ce7989 fa2a4622 510e527f 9b05688c
//   ...
//   t = 63         506e3058 d39a2165 04d24d6c b85e2ce9 5ef50f24 fb121210 948d25b6 961f4894
//   H(1)           ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Messages of 56 to 63 bytes in the last block: the 80 fits, the length does not, and the padding needs
//   another block. tests/test_hash_openssl.c tries every length from 0 to 300, whole and byte by byte.
// - The length counts bits. Here bytes are counted, in 64 bits, and 8 * length is split over two words.
// - Length extension: the digest is the whole state, so whoever sees SHA-256(secret || message) can hash on
//   and knows SHA-256(secret || message || padding || more). tests/test_sha2.c does it; HMAC is the remedy.
// - SHA-224 is not SHA-256 cut short: it starts elsewhere (5.3.2).
// - A fast hash is no way to keep passwords: a guesser profits from the speed more than anybody.
// - The context holds the end of the message: the final functions wipe it, and a context that is given up on
//   should be wiped with secure_wipe.
//
// Where next: ciphers/hash/sha512.c (64-bit words), ciphers/hash/hmac.c (a key), ciphers/public/rsa_pss.c (a
// signature).
