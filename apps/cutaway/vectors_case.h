// A test vector on its way from a file to the runner: the seam between the readers (one per file format) and the
// algorithms (one table). A reader knows nothing of algorithms; it hands over names and values as they were written,
// each with its line, and the table says what they must be.
#ifndef APPS_CUTAWAY_VECTORS_CASE_H
#define APPS_CUTAWAY_VECTORS_CASE_H

#include "bignum/secure.h"

#include <stddef.h>

// One `name = value` line.
struct vector_value {
    const char *name;
    const char *text; // as written, without the quotes
    bool quoted;      // "in double quotes": text, not hex
    unsigned line;
};

// One case: an algorithm and its named values. `result = fail` makes it one that must be rejected.
struct vector_case {
    const char *file;
    unsigned line; // of its first value
    const char *algorithm;
    const char *note; // what the source says about the case, or NULL
    bool must_fail;
    bool may_fail; // the source leaves open whether it is accepted; if so, then with the right result
    const struct vector_value *values; // the header's defaults included
    size_t count;
};

// Cases that a file has and that are not run, and why.
struct vector_skipped {
    const char *reason;
    unsigned long cases;
};
enum { VECTOR_SKIPPED_MAX = 16 };

// What one file holds.
struct vector_set {
    const char *source, *edition, *section; // the document, which edition of it, and where in it
    struct vector_case *cases;
    size_t count;
    struct vector_skipped skipped[VECTOR_SKIPPED_MAX];
    size_t skipped_count;
    // Memory: the text that all strings point into, and the values that the cases point into.
    char *path, *text;
    struct vector_value *values;
    size_t value_count;
    char **strings; // what a reader made up: owned one by one
    size_t string_count;
};

// Why a file was refused.
struct vector_error {
    unsigned line; // 0: the file as a whole
    char text[240];
};

// Notes the reason, as in printf, and answers false.
bool vector_fail(struct vector_error *error, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The reader of the project's own format (docs/vectors.md): a text of `length` bytes and a terminating zero, from
// malloc, which the set then owns. False with the reason for anything malformed: the set is then empty. A reader of
// another format has the same shape.
MUST_CHECK bool vector_parse(struct vector_set *set, const char *path, char *text, size_t length,
                             struct vector_error *error);
void vector_set_clear(struct vector_set *set);

// A format of test vectors. `recognises` looks at the content alone; `read` has the shape of vector_parse.
struct vector_format {
    const char *name;
    bool (*recognises)(const char *text, size_t length);
    bool (*read)(struct vector_set *set, const char *path, char *text, size_t length,
                 struct vector_error *error);
};
// NULL when the text is in none of the formats.
const struct vector_format *vector_format_find(const char *text, size_t length); // vectors_formats.c

#endif
