// The primes below 65536: what trial division divides by and what the sieves strike out.
#ifndef BIGNUM_SMALL_PRIMES_H
#define BIGNUM_SMALL_PRIMES_H

#include <stdint.h>

enum { BN_SMALL_PRIME_LIMIT = 65536, BN_SMALL_PRIME_COUNT = 6542 };

// All of them, in order: 2, 3, 5, ... 65521. Computed at the first call, by whichever thread comes first.
const uint16_t *bn_small_primes(void);

#endif
