// Wiping and comparing without leaving a trail.
//
// Two habits separate careful cryptographic code from code that merely computes the right answer:
//
//   wiping      a key that stays in freed memory can be read by whoever gets that memory next. memset() before
//               free() looks like the remedy, but a compiler may see that nobody reads the zeros and drop it.
//   comparing   memcmp() stops at the first difference, so its running time says how long the common prefix
//               is. A guesser who can time it finds a MAC byte by byte: 256 tries a byte, not 256^n.
//
// Constant-time: secure_equal (tests/test_secure.c compares, tests/ct_secure.c runs it under valgrind).

#include "bignum/secure.h"

#include <stdint.h>
#include <string.h>

void secure_wipe(void *memory, size_t length) {
    if (length > 0) {
        explicit_bzero(memory, length);
    }
}

bool secure_equal(const void *a, const void *b, size_t length) {
    const uint8_t *left = a;
    const uint8_t *right = b;
    // Collects every differing bit; no branch looks at the data until the loop is over.
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < length; i++) {
        difference = (uint8_t)(difference | (left[i] ^ right[i]));
    }
    return difference == 0;
}
