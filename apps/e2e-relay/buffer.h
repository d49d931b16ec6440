// Bytes on their way into or out of a connection. Memory is taken when there are some, and given back when there are none:
// most of a thousand connections are idle.
#ifndef APPS_E2E_RELAY_BUFFER_H
#define APPS_E2E_RELAY_BUFFER_H

#include "bignum/secure.h"

#include <stdint.h>

// Starts as {0}.
struct buffer {
    uint8_t *bytes;
    size_t length, size;
};

// Room for `more` bytes behind the length; NULL when there is no memory.
MUST_CHECK uint8_t *buffer_room(struct buffer *buffer, size_t more);
MUST_CHECK bool buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_drop(struct buffer *buffer, size_t length); // from the front
void buffer_clear(struct buffer *buffer);

#endif
