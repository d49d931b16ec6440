// The formats of test vectors, each recognised by its content. A new one is a reader and a line here.
#include "apps/cutaway/vectors_build.h"

#include <ctype.h>
#include <string.h>

// The project's own: the first line that is neither blank nor a comment says where the vectors are from. A file without
// any such line is taken for one too, and refused as empty.
static bool own_recognises(const char *text, size_t length) {
    static const char *const names[] = {"source", "edition", "section"};
    const char *at = text, *end = text + length;
    while (at < end && (*at == '#' || isspace((unsigned char)*at))) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = *at != '#' ? at + 1 : newline == NULL ? end : newline + 1;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t name = strlen(names[i]);
        if ((size_t)(end - at) > name && memcmp(at, names[i], name) == 0 &&
            strchr(" \t=", at[name]) != NULL) {
            return true;
        }
    }
    return at == end;
}

static const struct vector_format own = {"Cutaway's own", own_recognises, vector_parse};

const struct vector_format *vector_format_find(const char *text, size_t length) {
    static const struct vector_format *const formats[] = {
        &own,
        &vector_format_rsalabs,
        &vector_format_cryptopp,
        &vector_format_table,
        &vector_format_wycheproof,
        &vector_format_hash_json,
        &vector_format_python,
        &vector_format_pem,
        &vector_format_der,
        &vector_format_cavp, // last: it takes every `NAME = value`
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i]->recognises(text, length)) {
            return formats[i];
        }
    }
    return NULL;
}
