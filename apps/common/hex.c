// Hex text to bytes and back, with errors that say where the text is wrong.

#include "apps/common/hex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_clear(struct bytes *bytes) {
    if (bytes->data != NULL) {
        secure_wipe(bytes->data, bytes->length);
    }
    free(bytes->data);
    *bytes = (struct bytes){0};
}

bool bytes_allocate(struct bytes *bytes, size_t length) {
    uint8_t *data = calloc(length > 0 ? length : 1, 1);
    if (data == NULL) {
        return false;
    }
    *bytes = (struct bytes){.data = data, .length = length};
    return true;
}

static int digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool bytes_from_hex(struct bytes *bytes, const char *text, char why[static 96]) {
    size_t digits = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == ' ') {
            continue;
        }
        if (digit_value(*at) < 0) {
            char shown[8];
            (void)snprintf(shown, sizeof shown, isprint((unsigned char)*at) ? "'%c'" : "\\x%02x",
                           (unsigned char)*at);
            (void)snprintf(why, 96, "has %s at character %zu, which is not a hex digit", shown,
                           (size_t)(at - text) + 1);
            return false;
        }
        digits++;
    }
    if (digits % 2 != 0) {
        (void)snprintf(why, 96, "has %zu hex digit%s, an odd number", digits, digits == 1 ? "" : "s");
        return false;
    }
    struct bytes decoded;
    if (!bytes_allocate(&decoded, digits / 2)) {
        (void)snprintf(why, 96, "does not fit into memory");
        return false;
    }
    size_t i = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at != ' ') {
            decoded.data[i / 2] = (uint8_t)(decoded.data[i / 2] << 4 | digit_value(*at));
            i++;
        }
    }
    bytes_clear(bytes);
    *bytes = decoded;
    return true;
}

void hex_encode(char *out, const uint8_t *in, size_t length) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * length] = '\0';
}
