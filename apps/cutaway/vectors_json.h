// What the two readers of JSON share.
#ifndef APPS_CUTAWAY_VECTORS_JSON_H
#define APPS_CUTAWAY_VECTORS_JSON_H

#include "apps/cutaway/vectors_build.h"

#include <jansson.h>

// Whether the text starts as a JSON array, with '[', or as an object, with '{'.
bool vector_json_like(const char *text, size_t length, char opening);
// NULL after noting the parser's reason and line.
json_t *vector_json_load(struct vector_builder *builder, const char *text, size_t length);
// A member's text, or NULL when it is missing or no text. It lives as long as the document: values are copied.
const char *vector_json_text(const json_t *object, const char *name);

// The parser does not say where a value stands: the text is searched along with it.
struct vector_json_place {
    const char *at;
    unsigned line;
};
// The line of the next occurrence of these characters.
unsigned vector_json_line(struct vector_json_place *place, const char *name);

#endif
