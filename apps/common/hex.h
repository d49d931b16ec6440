// Bytes as people write them, and owned byte strings.
#ifndef APPS_COMMON_HEX_H
#define APPS_COMMON_HEX_H

#include "bignum/secure.h"

#include <stdint.h>

// An owned byte string; {0} is an empty one. It may hold a key: bytes_clear wipes it before releasing it.
struct bytes {
    uint8_t *data;
    size_t length;
};
void bytes_clear(struct bytes *bytes);

// Room for `length` bytes of value zero, at least one of them allocated. False when memory is short.
MUST_CHECK bool bytes_allocate(struct bytes *bytes, size_t length);

// Hex text to bytes: two digits a byte, either case, spaces between digits ignored. False with the reason, a phrase
// such as "has 3 hex digits, an odd number", in `why`; bytes is then untouched. What bytes held before is cleared.
MUST_CHECK bool bytes_from_hex(struct bytes *bytes, const char *text, char why[static 96]);

// Lower-case hex, terminated: out has room for 2 * length + 1 characters.
void hex_encode(char *out, const uint8_t *in, size_t length);

#endif
