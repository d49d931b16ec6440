// Random bytes and random integers.
//
// The bytes come from the kernel (getrandom). What this file teaches is the step from bytes to "uniform below
// n". Taking a random number of as many bits and reducing it mod n makes small results likelier: with n = 6
// and three bits, 6 and 7 fold onto 0 and 1, which then come up twice as often as 2 to 5. In a signature
// nonce such a bias, even a fraction of a bit, gives the private key away after enough signatures
// (Bleichenbacher, 2000). Rejection sampling throws 6 and 7 back instead: every result is equally likely, and
// since n has its top bit set among the `bits` drawn, a draw is accepted with a chance of at least a half.
//
//      three random bits     0  1  2  3  4  5  6  7
//      reduced mod 6         0  1  2  3  4  5  0  1      0 and 1 are likelier
//      rejected from 6 on    0  1  2  3  4  5  -  -      drawn again
//
// Source: getrandom(2); SP 800-90A r1, A.5.1 (the simple discard method). Tests: tests/test_random.c. Lesson:
// docs/randomness.md. Read before: encoding.c. Read next: modexp_methods.c.

#include "bignum/random.h"

#include "bignum/encoding.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

// The system's generator. getrandom may deliver less than asked for, or be interrupted by a signal.
static bool system_source(void *context, uint8_t *out, size_t length) {
    (void)context;
    while (length > 0) {
        ssize_t got = getrandom(out, length, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        out += got;
        length -= (size_t)got;
    }
    return true;
}

static random_source *current_source = system_source;
static void *current_context;

void random_set_source(random_source *source, void *context) {
    current_source = source != NULL ? source : system_source;
    current_context = context;
}

bool random_bytes(uint8_t *out, size_t length) {
    if (current_source(current_context, out, length)) {
        return true;
    }
    secure_wipe(out, length);
    return false;
}

bool bn_random_bits(mpz_t r, size_t bits) {
    size_t length = (bits + 7) / 8;
    if (length == 0) {
        mpz_set_ui(r, 0);
        return true;
    }
    uint8_t *bytes = malloc(length);
    if (bytes == NULL) {
        return false;
    }
    bool drawn = random_bytes(bytes, length);
    if (drawn) {
        // Whole bytes were drawn; the bits above `bits` in the first one are cleared.
        bytes[0] = (uint8_t)(bytes[0] & (0xff >> (8 * length - bits)));
        bn_os2ip(r, bytes, length);
    }
    secure_wipe(bytes, length);
    free(bytes);
    return drawn;
}

bool bn_random_below(mpz_t r, const mpz_t n) {
    if (mpz_sgn(n) <= 0) {
        return false;
    }
    mpz_t candidate;
    mpz_init(candidate);
    bool drawn;
    // The chance of a hundred and twenty-eight rejections in a row is at most 2^-128: then the generator is
    // broken (a stuck one repeats the same bytes), and that is an error, not an endless loop.
    int attempts = 128;
    do {
        drawn = bn_random_bits(candidate, mpz_sizeinbase(n, 2));
        attempts--;
    } while (drawn && mpz_cmp(candidate, n) >= 0 && attempts > 0);
    bool accepted = drawn && mpz_cmp(candidate, n) < 0;
    if (accepted) {
        mpz_set(r, candidate);
    }
    bn_wipe(candidate);
    mpz_clear(candidate);
    return accepted;
}

bool bn_random_between(mpz_t r, const mpz_t low, const mpz_t high) {
    if (mpz_cmp(low, high) > 0) {
        return false;
    }
    mpz_t count;
    mpz_t offset;
    mpz_inits(count, offset, NULL);
    mpz_sub(count, high, low);
    mpz_add_ui(count, count, 1);
    bool drawn = bn_random_below(offset, count);
    if (drawn) {
        mpz_add(r, low, offset);
    }
    bn_wipe(offset);
    mpz_clears(count, offset, NULL);
    return drawn;
}

// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - rand(), or a seed from the clock: who knows the second of the start knows every number. Here: the
//   kernel's generator and nothing else.
// - Taking what getrandom gave for what was asked: it may give less, or be interrupted. Here: the rest is
//   fetched.
// - Going on when the generator has failed, with whatever stood in the buffer. Here: false, the buffer wiped,
//   and a caller who does not look is warned by the compiler.
// - A loop that rejects for ever when the generator is stuck. Here: 128 draws, then false.
//
// Where next: prime.c draws candidates; ciphers/public/elgamal.c draws nonces, where the bias would be fatal.
