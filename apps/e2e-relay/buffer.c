#include "apps/e2e-relay/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 1024 };

uint8_t *buffer_room(struct buffer *buffer, size_t more) {
    size_t needed = buffer->length + more;
    if (needed > buffer->size || buffer->bytes == NULL) {
        size_t size = needed < SMALLEST ? SMALLEST : needed + needed / 2;
        uint8_t *bytes = realloc(buffer->bytes, size);
        if (bytes == NULL) {
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->size = size;
    }
    return buffer->bytes + buffer->length;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t length) {
    uint8_t *room = buffer_room(buffer, length);
    if (room == NULL) {
        return false;
    }
    if (length > 0) {
        memcpy(room, bytes, length);
    }
    buffer->length += length;
    return true;
}

void buffer_drop(struct buffer *buffer, size_t length) {
    buffer->length -= length;
    if (buffer->length == 0) {
        buffer_clear(buffer);
    } else if (length > 0) {
        memmove(buffer->bytes, buffer->bytes + length, buffer->length);
    }
}

void buffer_clear(struct buffer *buffer) {
    free(buffer->bytes);
    *buffer = (struct buffer){.bytes = NULL};
}
