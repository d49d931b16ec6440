// Where a parser stopped, and why, for people. Every parser of this folder fills one in when it refuses.
#ifndef PROTOCOLS_PARSE_ERROR_H
#define PROTOCOLS_PARSE_ERROR_H

#include <stddef.h>

enum { PARSE_REASON_SIZE = 160 };

struct parse_error {
    size_t offset;     // of the byte at fault, from 0; the length of the input when the input is too short
    const char *layer; // what the offset counts in: "the file", "the DER inside the PEM block"
    char reason[PARSE_REASON_SIZE];
};

// Fills in an error; the reason is formatted as in printf. `error` may be NULL: then nobody asks.
void parse_error_set(struct parse_error *error, size_t offset, const char *layer, const char *reason, ...)
    __attribute__((format(printf, 4, 5)));

#endif
