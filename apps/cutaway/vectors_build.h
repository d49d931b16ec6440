// What the readers of published formats share: lines, fields that wait until their case is complete, and a set of cases
// that grows. A reader cuts its text up in place; strings that it makes up belong to the set.
#ifndef APPS_CUTAWAY_VECTORS_BUILD_H
#define APPS_CUTAWAY_VECTORS_BUILD_H

#include "apps/cutaway/vectors_case.h"

// --- lines -------------------------------------------------------------------------------------------------------

struct vector_lines {
    char *at, *end;
    unsigned number; // of the line last read
};
// The next line, ended by a zero byte, without the white space at its end. NULL after the last.
char *vector_next_line(struct vector_lines *lines);
// The first character that is no space or tab.
char *vector_after_blanks(char *text);
// Cuts the white space off the end of a text.
void vector_cut_blanks(char *text);
// Whether a text that need not end in a zero byte has these words somewhere in its first `within` bytes.
bool vector_text_has(const char *text, size_t length, size_t within, const char *words);

// --- fields that wait --------------------------------------------------------------------------------------------

struct vector_entry {
    const char *name;
    char *text;
    unsigned line;
    bool fresh; // since the case before
};

enum { VECTOR_ENTRIES_MAX = 32 };

struct vector_record {
    struct vector_entry entries[VECTOR_ENTRIES_MAX];
    size_t count;
};
// Sets or replaces. False when there are too many names.
MUST_CHECK bool vector_record_set(struct vector_record *record, const char *name, char *text, unsigned line);
const struct vector_entry *vector_record_find(const struct vector_record *record, const char *name);
// The text, or NULL.
char *vector_record_get(const struct vector_record *record, const char *name);
bool vector_record_fresh(const struct vector_record *record, const char *name);
unsigned vector_record_line(const struct vector_record *record); // the first fresh one's, or 0
void vector_record_settle(struct vector_record *record);         // nothing is fresh any more

// --- the set -----------------------------------------------------------------------------------------------------

// Every function does nothing once something has failed, so that a reader need look at `failed` only now and then.
struct vector_builder {
    struct vector_set *set;
    struct vector_error *error;
    size_t case_room, value_room, string_room;
    unsigned line; // of the case in hand: what its values are noted under
    bool failed;
};
void vector_build_begin(struct vector_builder *builder, struct vector_set *set, const char *path, char *text,
                        struct vector_error *error);
// Ends the set: false, and the set empty, when anything failed or there was nothing in it.
MUST_CHECK bool vector_build_end(struct vector_builder *builder, unsigned line);

// A new case, with a name as in printf; the values that follow are its. NULL after a failure.
struct vector_case *vector_build_case(struct vector_builder *builder, unsigned line, const char *algorithm,
                                      ...) __attribute__((format(printf, 3, 4)));
// A value that lies in the reader's text or is constant; without a text (NULL), nothing.
void vector_build_value(struct vector_builder *builder, const char *name, const char *text);
void vector_build_quoted(struct vector_builder *builder, const char *name, const char *text);
// One that is made up here, as in printf.
void vector_build_made(struct vector_builder *builder, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Hexadecimal digits that stand for an integer: a 0x goes in front.
void vector_build_integer(struct vector_builder *builder, const char *name, const char *digits);
// Hexadecimal digits that stand for bytes, `size` of them: leading zeros that were left out are put back. With `size` 0
// at most one digit.
void vector_build_bytes(struct vector_builder *builder, const char *name, const char *digits, size_t size);
// A string that the set owns. NULL after a failure.
char *vector_build_string(struct vector_builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Cases that are not run.
void vector_build_skip(struct vector_builder *builder, unsigned long cases, const char *reason);
// Notes an error.
void vector_build_fail(struct vector_builder *builder, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The name that hash_find knows for one in a document's spelling (SHA-1, SHA256, sha-512, MD5), or NULL.
const char *vector_hash_name(const char *name);

// --- the readers -------------------------------------------------------------------------------------------------

extern const struct vector_format vector_format_cavp, vector_format_rsalabs, vector_format_cryptopp,
    vector_format_table, vector_format_hash_json, vector_format_wycheproof, vector_format_python,
    vector_format_pem, vector_format_der;

#endif
