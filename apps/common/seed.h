// Reproducible "random" values for demos: the same seed, the same bytes, so the same transcript. Never for secrets.
#ifndef APPS_COMMON_SEED_H
#define APPS_COMMON_SEED_H

#include "bignum/secure.h"

// From now on all randomness of this process comes from the seed. False when that cannot be had.
MUST_CHECK bool seed_random(unsigned long seed);

#endif
