// JSON (RFC 8259) as text: checked strictly, walked through, never converted. A relay passes values on byte for byte.
//
// No values are made here, so nothing can be lost on the way: a number of 600 digits stays what it was. An app that wants
// values has jansson.
#ifndef PROTOCOLS_JSON_TEXT_H
#define PROTOCOLS_JSON_TEXT_H

#include "protocols/parse_error.h"

#include "bignum/secure.h"

enum { JSON_DEPTH_MAX = 64 };

// A part of a text that is somewhere else.
struct json_slice {
    const char *text;
    size_t length;
};

// True for exactly one value with nothing but white space around it: RFC 8259's grammar, valid UTF-8, nested at most
// JSON_DEPTH_MAX deep. Else `where` (NULL allowed) says what is wrong, and at which byte.
MUST_CHECK bool json_text_check(const char *text, size_t length, struct parse_error *where);

// Walks through the elements of an array or the members of an object. The text must have passed json_text_check.
//
//     struct json_walk walk;
//     for (json_text_enter(&walk, value); json_text_next(&walk, &name, &element);) ...
//
// Of an array, `name` is empty. Anything else than an array or object has no elements. The slices have no white space
// around them.
struct json_walk {
    const char *at, *end;
    bool object;
};
void json_text_enter(struct json_walk *walk, struct json_slice value);
MUST_CHECK bool json_text_next(struct json_walk *walk, struct json_slice *name, struct json_slice *element);

// The member of this name, of several the last, as JavaScript and Python have it; false when there is none. Names are
// compared after decoding.
MUST_CHECK bool json_text_member(struct json_slice object, const char *name, struct json_slice *value);

// What a string stands for, in UTF-8; false when it is no string, `size` is too small, or it holds half of a surrogate
// pair, which no UTF-8 stands for. At most value.length bytes; not terminated.
MUST_CHECK bool json_text_string(char *out, size_t size, size_t *length, struct json_slice value);
// True for the string that stands for this text.
bool json_text_is(struct json_slice value, const char *text);
// A whole number from 0 to maximum, written without sign, fraction or exponent.
MUST_CHECK bool json_text_number(struct json_slice value, unsigned long maximum, unsigned long *number);

// Writes a text (UTF-8, which must be valid) as a JSON string with its quotes, not terminated. The length it takes, at most
// JSON_STRING_SIZE(length); nothing is written when `size` is less than that.
#define JSON_STRING_SIZE(length) (6 * (length) + 2)
size_t json_text_write(char *out, size_t size, const char *text, size_t length);

#endif
