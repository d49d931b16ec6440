// Base64: RFC 4648, section 4. Bytes as printable text, 4 characters for every 3 bytes. Not constant-time.
#ifndef PROTOCOLS_BASE64_H
#define PROTOCOLS_BASE64_H

#include "bignum/secure.h"

#include <stdint.h>

enum base64_error {
    BASE64_OK,
    BASE64_CHARACTER,  // not one of A-Z a-z 0-9 + / =
    BASE64_PADDING,    // '=' before the end, or more than two of them
    BASE64_LENGTH,     // not a multiple of four characters
    BASE64_STRAY_BITS, // the bits of the last character that no byte uses are not zero (3.5)
};
const char *base64_error_text(enum base64_error error);

// The number of characters for `length` bytes, and the most bytes that `length` characters can hold.
#define BASE64_ENCODED_SIZE(length) (((length) + 2) / 3 * 4)
#define BASE64_DECODED_SIZE(length) ((length) / 4 * 3)

// Writes BASE64_ENCODED_SIZE(length) characters, no line breaks, no terminator.
void base64_encode(char *out, const uint8_t *in, size_t length);

// The bytes that the text stands for: at most BASE64_DECODED_SIZE(length) of them; out may be NULL, to check only.
// Strict: only the one text that base64_encode writes is taken, so two different texts never mean the same bytes.
// On an error *offset (NULL allowed) is the character at fault.
MUST_CHECK enum base64_error base64_decode(uint8_t *out, size_t *out_length, const char *in, size_t length,
                                           size_t *offset);

#endif
