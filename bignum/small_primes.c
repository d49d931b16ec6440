// The sieve of Eratosthenes: write down the numbers, keep the first one left, strike out its multiples,
// repeat.
//
//      2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20
//            x     x     x     x     x     x     x     x     x      multiples of 2
//                           x                 x                     multiples of 3
//      2  3     5     7          11    13          17    19         what is left
//
// Striking may start at p*p: a smaller multiple of p has a factor below p and is gone already. For the same
// reason nothing is left to strike once p*p is past the end, and a number below 65536^2 without a factor
// below 65536 is prime: that is what makes these 6542 primes a proof for every number of 32 bits.
//
// Tests: tests/test_primality.c. Read next: primality.c (trial division), prime.c (the sieves that find
// primes).

#include "bignum/small_primes.h"

#include <pthread.h>
#include <stdbool.h>

static uint16_t primes[BN_SMALL_PRIME_COUNT];

static void sieve(void) {
    static bool composite[BN_SMALL_PRIME_LIMIT];
    unsigned found = 0;
    for (unsigned n = 2; n < BN_SMALL_PRIME_LIMIT; n++) {
        if (composite[n]) {
            continue;
        }
        primes[found++] = (uint16_t)n;
        for (unsigned long multiple = (unsigned long)n * n; multiple < BN_SMALL_PRIME_LIMIT; multiple += n) {
            composite[multiple] = true;
        }
    }
}

const uint16_t *bn_small_primes(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, sieve);
    return primes;
}
