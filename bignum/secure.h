// What every floor stands on: results that must be looked at, memory that is wiped, comparisons that do
// not tell how far they got. libc only: hash and block-cipher code includes this without touching GMP.
#ifndef BIGNUM_SECURE_H
#define BIGNUM_SECURE_H

#include <stdbool.h>
#include <stddef.h>

// Marks a function whose answer must not be ignored; the compiler warns when it is.
#define MUST_CHECK __attribute__((warn_unused_result))

// Overwrites `length` bytes with zero in a way the compiler may not remove. NULL is allowed with length 0.
void secure_wipe(void *memory, size_t length);

// True when the two strings of `length` bytes are the same. Constant-time: the running time depends on
// `length` only, never on where the first difference is.
MUST_CHECK bool secure_equal(const void *a, const void *b, size_t length);

#endif
