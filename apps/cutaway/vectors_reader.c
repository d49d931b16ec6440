// Reads the project's own vector files: `name = value` lines, a blank line between cases (docs/vectors.md).
//
// The text is cut up where it lies: names and values end in a zero byte written over the line's end, and a value that
// goes on in the next line is moved together, which never needs more room than it had. So nothing is copied, and
// nothing read from the file decides how far anything is written.
#include "apps/cutaway/vectors_case.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_VALUES_MAX = 32 }; // values in the header, and in one case

// A run of lines without a blank line between them: the header, or one case.
struct block {
    struct vector_value values[BLOCK_VALUES_MAX];
    size_t count;
    char *end; // where the text of the last value ends: where a continuation goes
};

struct reader {
    struct vector_set *set;
    struct vector_error *error;
    struct block header, block;
    bool header_done;
    size_t case_room, value_room;
};

bool vector_fail(struct vector_error *error, unsigned line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->line = line;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

static const struct vector_value *block_find(const struct block *block, const char *name) {
    for (size_t i = 0; i < block->count; i++) {
        if (strcmp(block->values[i].name, name) == 0) {
            return &block->values[i];
        }
    }
    return NULL;
}

static bool is_reserved(const char *name) {
    static const char *const reserved[] = {"source", "edition", "section", "note", "algorithm", "result"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (strcmp(name, reserved[i]) == 0) {
            return true;
        }
    }
    return false;
}

// The header names its source in three parts; what else it says is inherited by every case.
static bool finish_header(struct reader *reader) {
    const struct vector_value *source = block_find(&reader->block, "source");
    const struct vector_value *edition = block_find(&reader->block, "edition");
    const struct vector_value *section = block_find(&reader->block, "section");
    unsigned line = reader->block.values[0].line;
    if (source == NULL || edition == NULL || section == NULL) {
        return vector_fail(reader->error, line, "the first block must name its source, edition and section");
    }
    reader->set->source = source->text;
    reader->set->edition = edition->text;
    reader->set->section = section->text;
    reader->header = reader->block;
    reader->header_done = true;
    return true;
}

// Room for one more value in the set. The cases remember positions until all are read, for this may move them.
static bool append_value(struct reader *reader, const struct vector_value *value) {
    struct vector_set *set = reader->set;
    if (set->value_count == reader->value_room) {
        size_t room = reader->value_room == 0 ? 256 : 2 * reader->value_room;
        struct vector_value *values = realloc(set->values, room * sizeof *values);
        if (values == NULL) {
            return vector_fail(reader->error, value->line, "out of memory");
        }
        set->values = values;
        reader->value_room = room;
    }
    set->values[set->value_count++] = *value;
    return true;
}

static struct vector_case *append_case(struct reader *reader) {
    struct vector_set *set = reader->set;
    if (set->count == reader->case_room) {
        size_t room = reader->case_room == 0 ? 64 : 2 * reader->case_room;
        struct vector_case *cases = realloc(set->cases, room * sizeof *cases);
        if (cases == NULL) {
            return NULL;
        }
        set->cases = cases;
        reader->case_room = room;
    }
    return &set->cases[set->count++];
}

// What a case says itself, or else the header.
static const struct vector_value *find_inherited(const struct reader *reader, const char *name) {
    const struct vector_value *value = block_find(&reader->block, name);
    return value != NULL ? value : block_find(&reader->header, name);
}

static bool finish_case(struct reader *reader) {
    const struct block *block = &reader->block;
    unsigned line = block->values[0].line;
    const struct vector_value *algorithm = find_inherited(reader, "algorithm");
    const struct vector_value *result = find_inherited(reader, "result");
    const struct vector_value *note = block_find(block, "note");
    if (algorithm == NULL) {
        return vector_fail(reader->error, line, "the case names no algorithm, and neither does the header");
    }
    if (result != NULL && strcmp(result->text, "fail") != 0) {
        return vector_fail(reader->error, result->line, "result is \"%.40s\"; only \"fail\" can be said",
                           result->text);
    }
    for (size_t i = 0; i < block->count; i++) {
        const char *name = block->values[i].name;
        if (strcmp(name, "source") == 0 || strcmp(name, "edition") == 0 || strcmp(name, "section") == 0) {
            return vector_fail(reader->error, block->values[i].line, "%s belongs in the first block", name);
        }
    }
    struct vector_case *vector = append_case(reader);
    if (vector == NULL) {
        return vector_fail(reader->error, line, "out of memory");
    }
    size_t first = reader->set->value_count;
    for (size_t i = 0; i < block->count; i++) {
        if (!is_reserved(block->values[i].name) && !append_value(reader, &block->values[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < reader->header.count; i++) {
        const struct vector_value *value = &reader->header.values[i];
        if (!is_reserved(value->name) && block_find(block, value->name) == NULL &&
            !append_value(reader, value)) {
            return false;
        }
    }
    *vector = (struct vector_case){.file = reader->set->path,
                                   .line = line,
                                   .algorithm = algorithm->text,
                                   .note = note == NULL ? NULL : note->text,
                                   .must_fail = result != NULL,
                                   .count = reader->set->value_count - first};
    return true;
}

static bool finish_block(struct reader *reader) {
    bool ok = true;
    if (reader->block.count > 0) {
        ok = reader->header_done ? finish_case(reader) : finish_header(reader);
    }
    reader->block.count = 0;
    return ok;
}

// A line that starts with a space goes on with the value above it: long numbers stay readable.
static bool continue_value(struct reader *reader, char *text, size_t length, unsigned line) {
    struct block *block = &reader->block;
    if (block->count == 0) {
        return vector_fail(reader->error, line, "an indented line, but no value above it to go on with");
    }
    if (block->values[block->count - 1].quoted) {
        return vector_fail(reader->error, line, "text in quotes ends in its own line");
    }
    memmove(block->end, text, length);
    block->end += length;
    *block->end = '\0';
    return true;
}

static bool is_name(const char *name, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && name[i] != '-') {
            return false;
        }
    }
    return length > 0;
}

// "name = value", cut up in place.
static bool read_value(struct reader *reader, char *text, size_t length, unsigned line) {
    struct block *block = &reader->block;
    char *equals = memchr(text, '=', length);
    if (equals == NULL) {
        return vector_fail(reader->error, line, "expected \"name = value\", a comment or a blank line");
    }
    size_t name_length = (size_t)(equals - text);
    while (name_length > 0 && isblank((unsigned char)text[name_length - 1])) {
        name_length--;
    }
    if (!is_name(text, name_length)) {
        return vector_fail(reader->error, line, "a name is made of letters, digits and '-'");
    }
    char *value = equals + 1, *end = text + length;
    while (value < end && isblank((unsigned char)*value)) {
        value++;
    }
    if (value == end) {
        return vector_fail(reader->error, line, "no value; an empty one is written \"\"");
    }
    bool quoted = *value == '"';
    if (quoted) {
        value++;
        char *closing = memchr(value, '"', (size_t)(end - value));
        if (closing == NULL || closing + 1 != end) {
            return vector_fail(reader->error, line, "text in quotes must end with its only other quote");
        }
        end = closing;
    }
    text[name_length] = '\0';
    *end = '\0';
    if (block_find(block, text) != NULL) {
        return vector_fail(reader->error, line, "%.40s is given twice", text);
    }
    if (block->count == BLOCK_VALUES_MAX) {
        return vector_fail(reader->error, line, "more than %d values in one case", BLOCK_VALUES_MAX);
    }
    block->values[block->count++] = (struct vector_value){text, value, quoted, line};
    block->end = end;
    return true;
}

// Only printable characters, tabs, and bytes above ASCII (in comments and notes).
static bool is_text(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (iscntrl((unsigned char)text[i]) && text[i] != '\t') {
            return false;
        }
    }
    return true;
}

static bool read_line(struct reader *reader, char *text, size_t length, unsigned line) {
    size_t indent = 0;
    while (length > 0 && (isblank((unsigned char)text[length - 1]) || text[length - 1] == '\r')) {
        length--;
    }
    if (!is_text(text, length)) {
        return vector_fail(reader->error, line, "a control character: this is not a vector file");
    }
    while (indent < length && isblank((unsigned char)text[indent])) {
        indent++;
    }
    if (indent == length) {
        return finish_block(reader);
    }
    if (text[0] == '#') {
        return true;
    }
    return indent > 0 ? continue_value(reader, text + indent, length - indent, line)
                      : read_value(reader, text, length, line);
}

bool vector_parse(struct vector_set *set, const char *path, char *text, size_t length,
                  struct vector_error *error) {
    *set = (struct vector_set){.path = strdup(path), .text = text};
    struct reader reader = {.set = set, .error = error};
    unsigned line = 0;
    bool ok = set->path != NULL || vector_fail(error, 0, "out of memory");
    for (char *at = text, *end = text + length; ok && at < end;) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *next = newline != NULL ? newline : end;
        ok = read_line(&reader, at, (size_t)(next - at), ++line);
        at = next + 1;
    }
    ok = ok && finish_block(&reader);
    if (ok && set->count == 0) {
        ok = vector_fail(error, line, reader.header_done ? "no cases" : "no header and no cases");
    }
    size_t first = 0;
    for (size_t i = 0; ok && i < set->count; first += set->cases[i++].count) {
        set->cases[i].values = set->cases[i].count == 0 ? NULL : set->values + first;
    }
    if (!ok) {
        vector_set_clear(set);
    }
    return ok;
}

void vector_set_clear(struct vector_set *set) {
    for (size_t i = 0; i < set->string_count; i++) {
        free(set->strings[i]);
    }
    free(set->strings);
    free(set->cases);
    free(set->values);
    free(set->text);
    free(set->path);
    *set = (struct vector_set){0};
}
