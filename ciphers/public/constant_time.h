// Decisions without branches: masks of all ones for "yes" and all zeros for "no".
//
// A branch on a secret byte is seen by whoever can time us, and "the padding was wrong at byte 7" is all that
// Bleichenbacher's and Manger's attacks ask for. A decision that is computed, not taken, costs the same
// either way. The compiler must not see through it, so each mask passes a barrier: an empty piece of assembly
// that might, for all the compiler knows, have changed it. tests/ct_rsa_padding.c shows that no branch came
// back.
#ifndef CIPHERS_PUBLIC_CONSTANT_TIME_H
#define CIPHERS_PUBLIC_CONSTANT_TIME_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t ct_barrier(size_t value) {
    __asm__("" : "+r"(value));
    return value;
}

// All ones when the top bit of value is set.
static inline size_t ct_mask_of_top_bit(size_t value) {
    return ct_barrier((size_t)0 - (value >> (sizeof value * CHAR_BIT - 1)));
}

// All ones when value = 0: only then is the top bit of both ~value and value - 1 set.
static inline size_t ct_is_zero(size_t value) {
    return ct_mask_of_top_bit(~value & (value - 1));
}

static inline size_t ct_is_equal(size_t a, size_t b) {
    return ct_is_zero(a ^ b);
}

// All ones when a < b, for a and b below half of SIZE_MAX, as lengths are: then a - b wraps around, and only
// then.
static inline size_t ct_is_less(size_t a, size_t b) {
    return ct_mask_of_top_bit(a - b);
}

// yes where the mask is all ones, no where it is all zeros.
static inline size_t ct_select(size_t mask, size_t yes, size_t no) {
    return (mask & yes) | (~mask & no);
}

// Moves bytes[offset..length) to the front and clears the rest; offset <= length may be secret. Moving by 1,
// 2, 4, ... bytes or not at all, one bit of the offset after the other, touches the same bytes whatever the
// offset is.
static inline void ct_move_to_front(uint8_t *bytes, size_t length, size_t offset) {
    for (size_t step = 1; step <= length; step <<= 1) {
        size_t moves = ~ct_is_zero(offset & step);
        for (size_t i = 0; i < length; i++) {
            uint8_t from = i + step < length ? bytes[i + step] : 0;
            bytes[i] = (uint8_t)ct_select(moves, from, bytes[i]);
        }
    }
}

#endif
