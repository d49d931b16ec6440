// An expected trace, read from a file: a list of labelled values.
#ifndef APPS_CUTAWAY_TRACE_EXPECTED_H
#define APPS_CUTAWAY_TRACE_EXPECTED_H

#include "bignum/secure.h"

struct expected_entry {
    char *text;  // "LABEL VALUE", or the label alone when `value` is there
    char *value; // NULL: inside `text`
    size_t line;
};

struct expected {
    char *path;
    struct expected_entry *entries;
    size_t count, room;
};

// Reads expected->path. The exit status: 0, 1 for a file that cannot be read, 2 for one that makes no sense, after a
// complaint.
MUST_CHECK int expected_read(struct expected *expected);

// Cuts spaces at both ends, in place; returns where the text starts.
char *expected_trim(char *text);

#endif
