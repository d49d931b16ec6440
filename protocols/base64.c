// Base64: RFC 4648 (2006), section 4. Read this first of the folder; protocols/pem.c is next.
//
// Mail and many text protocols carry printable characters only. Base64 cuts the bytes into groups of 6 bits and
// writes each group as one of 64 harmless characters: 3 bytes become 4 characters.
//
//      byte 0           byte 1           byte 2
//   7 6 5 4 3 2 1 0  7 6 5 4 3 2 1 0  7 6 5 4 3 2 1 0
//  |-----------|---------------|---------------|-----------|
//   character 0   character 1     character 2   character 3
//
// When the last group has 1 or 2 bytes, it is filled with zero bits to a whole character, and '=' makes the text up to
// a multiple of four: 1 byte gives 2 characters and "==", 2 bytes give 3 characters and "=".
//
// It is an encoding, not encryption: there is no key, and everybody can decode it.
//
// Worked example (RFC 4648, section 10; tests/test_base64.c has all of them): "foob" is 66 6f 6f | 62.
//   66 6f 6f = 011001 100110 111101 101111 = 25 38 61 47 = Z m 9 v
//   62       = 011000 10(0000)             = 24 32       = Y g = =
//
// Pitfalls
// - The filled bits. "Zg==" and "Zh==" differ only in bits that no byte uses, and a careless decoder takes both for
//   "f". Then a text that was signed or compared has a twin (RFC 4648, 3.5). This decoder refuses the second.
// - Line breaks and spaces. RFC 4648, 3.3 has a decoder refuse them unless the surrounding format allows them; PEM does, and
//   takes its lines apart before it comes here.
// - Not constant-time: the alphabet is a table indexed by the data. A private key in PEM goes through here when it is
//   loaded, once; that is accepted in this toolkit.

#include "protocols/base64.h"

// RFC 4648, table 1: the value of a character is its position.
static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "0123456789+/";

enum { NOT_IN_ALPHABET = 64 };

// The 6 bits a character stands for.
static uint8_t value_of(char character) {
    for (uint8_t value = 0; value < 64; value++) {
        if (alphabet[value] == character) {
            return value;
        }
    }
    return NOT_IN_ALPHABET;
}

void base64_encode(char *out, const uint8_t *in, size_t length) {
    for (; length >= 3; in += 3, length -= 3) {
        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 0x03) << 4 | in[1] >> 4];
        *out++ = alphabet[(in[1] & 0x0f) << 2 | in[2] >> 6];
        *out++ = alphabet[in[2] & 0x3f];
    }
    if (length == 1) {
        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 0x03) << 4];
        *out++ = '=';
        *out++ = '=';
    } else if (length == 2) {
        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 0x03) << 4 | in[1] >> 4];
        *out++ = alphabet[(in[1] & 0x0f) << 2];
        *out++ = '=';
    }
}

// Reports a refusal at a character.
static enum base64_error refuse(size_t *offset, size_t at, enum base64_error error) {
    if (offset != NULL) {
        *offset = at;
    }
    return error;
}

enum base64_error base64_decode(uint8_t *out, size_t *out_length, const char *in, size_t length,
                                size_t *offset) {
    *out_length = 0;

    // Where the padding starts: at most the last two characters.
    size_t digits = length;
    while (digits > 0 && length - digits < 2 && in[digits - 1] == '=') {
        digits--;
    }
    for (size_t i = 0; i < digits; i++) {
        if (in[i] == '=') {
            return refuse(offset, i, BASE64_PADDING);
        }
        if (value_of(in[i]) == NOT_IN_ALPHABET) {
            return refuse(offset, i, BASE64_CHARACTER);
        }
    }
    // One character alone holds 6 bits, less than a byte: with the length a multiple of four and at most two '=', that
    // cannot happen.
    if (length % 4 != 0) {
        return refuse(offset, length, BASE64_LENGTH);
    }

    // Bits are shifted in from the right, 6 at a time, and whole bytes taken from the left.
    uint32_t bits = 0;
    unsigned waiting = 0; // how many of the bits have not been written yet
    size_t written = 0;
    for (size_t i = 0; i < digits; i++) {
        bits = bits << 6 | value_of(in[i]);
        waiting += 6;
        if (waiting >= 8) {
            waiting -= 8;
            if (out != NULL) {
                out[written] = (uint8_t)(bits >> waiting);
            }
            written++;
        }
    }
    if ((bits & ((1U << waiting) - 1)) != 0) {
        return refuse(offset, digits - 1, BASE64_STRAY_BITS);
    }
    *out_length = written;
    return BASE64_OK;
}

const char *base64_error_text(enum base64_error error) {
    switch (error) {
    case BASE64_OK:
        return "no error";
    case BASE64_CHARACTER:
        return "this character is not base64 (A-Z a-z 0-9 + /)";
    case BASE64_PADDING:
        return "'=' may stand at the end only, once or twice";
    case BASE64_LENGTH:
        return "base64 text must have a multiple of four characters";
    case BASE64_STRAY_BITS:
        return "the unused bits of the last character must be zero";
    }
    return "unknown base64 error";
}
