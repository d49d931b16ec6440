// What the readers of published formats share (vectors_build.h).
#include "apps/cutaway/vectors_build.h"

#include "ciphers/hash/hash.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- lines -------------------------------------------------------------------------------------------------------

char *vector_next_line(struct vector_lines *lines) {
    if (lines->at >= lines->end) {
        return NULL;
    }
    char *line = lines->at, *newline = memchr(line, '\n', (size_t)(lines->end - line));
    char *end = newline != NULL ? newline : lines->end; // where the text's own zero stands
    *end = '\0';
    lines->at = end + 1;
    lines->number++;
    vector_cut_blanks(line);
    return line;
}

char *vector_after_blanks(char *text) {
    return text + strspn(text, " \t");
}

void vector_cut_blanks(char *text) {
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1])) {
        text[--length] = '\0';
    }
}

bool vector_text_has(const char *text, size_t length, size_t within, const char *words) {
    return memmem(text, length < within ? length : within, words, strlen(words)) != NULL;
}

// --- fields that wait --------------------------------------------------------------------------------------------

bool vector_record_set(struct vector_record *record, const char *name, char *text, unsigned line) {
    size_t i = 0;
    while (i < record->count && strcmp(record->entries[i].name, name) != 0) {
        i++;
    }
    if (i == VECTOR_ENTRIES_MAX) {
        return false;
    }
    record->count += i == record->count;
    record->entries[i] = (struct vector_entry){name, text, line, true};
    return true;
}

const struct vector_entry *vector_record_find(const struct vector_record *record, const char *name) {
    for (size_t i = 0; i < record->count; i++) {
        if (strcmp(record->entries[i].name, name) == 0) {
            return &record->entries[i];
        }
    }
    return NULL;
}

char *vector_record_get(const struct vector_record *record, const char *name) {
    const struct vector_entry *entry = vector_record_find(record, name);
    return entry == NULL ? NULL : entry->text;
}

bool vector_record_fresh(const struct vector_record *record, const char *name) {
    const struct vector_entry *entry = vector_record_find(record, name);
    return entry != NULL && entry->fresh;
}

unsigned vector_record_line(const struct vector_record *record) {
    unsigned line = 0;
    for (size_t i = 0; i < record->count; i++) {
        if (record->entries[i].fresh && (line == 0 || record->entries[i].line < line)) {
            line = record->entries[i].line;
        }
    }
    return line;
}

void vector_record_settle(struct vector_record *record) {
    for (size_t i = 0; i < record->count; i++) {
        record->entries[i].fresh = false;
    }
}

// --- the set -----------------------------------------------------------------------------------------------------

void vector_build_begin(struct vector_builder *builder, struct vector_set *set, const char *path, char *text,
                        struct vector_error *error) {
    *set = (struct vector_set){.path = strdup(path), .text = text};
    *builder = (struct vector_builder){.set = set, .error = error};
    set->source = set->edition = set->section = "";
    if (set->path == NULL) {
        vector_build_fail(builder, 0, "out of memory");
    }
}

void vector_build_fail(struct vector_builder *builder, unsigned line, const char *format, ...) {
    if (builder->failed) {
        return; // the first one is the reason
    }
    va_list arguments;
    va_start(arguments, format);
    builder->error->line = line;
    vsnprintf(builder->error->text, sizeof builder->error->text, format, arguments);
    va_end(arguments);
    builder->failed = true;
}

// Room for one element more: the array may move.
static bool make_room(struct vector_builder *builder, void **array, size_t *room, size_t count, size_t size) {
    if (builder->failed) {
        return false;
    }
    if (count == *room) {
        size_t more = *room == 0 ? 64 : 2 * *room;
        void *moved = realloc(*array, more * size);
        if (moved == NULL) {
            vector_build_fail(builder, builder->line, "out of memory");
            return false;
        }
        *array = moved;
        *room = more;
    }
    return true;
}

// Takes over a string from malloc.
static char *own(struct vector_builder *builder, char *string) {
    struct vector_set *set = builder->set;
    void *array = set->strings;
    bool ok = string != NULL &&
              make_room(builder, &array, &builder->string_room, set->string_count, sizeof(char *));
    set->strings = array;
    if (!ok) {
        vector_build_fail(builder, builder->line, "out of memory");
        free(string);
        return NULL;
    }
    return set->strings[set->string_count++] = string;
}

__attribute__((format(printf, 1, 0))) static char *format_string(const char *format, va_list arguments) {
    char *string = NULL;
    return vasprintf(&string, format, arguments) < 0 ? NULL : string;
}

char *vector_build_string(struct vector_builder *builder, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *string = builder->failed ? NULL : own(builder, format_string(format, arguments));
    va_end(arguments);
    return string;
}

struct vector_case *vector_build_case(struct vector_builder *builder, unsigned line, const char *algorithm,
                                      ...) {
    struct vector_set *set = builder->set;
    va_list arguments;
    va_start(arguments, algorithm);
    builder->line = line;
    char *name = builder->failed ? NULL : own(builder, format_string(algorithm, arguments));
    va_end(arguments);
    void *array = set->cases;
    bool ok = name != NULL && make_room(builder, &array, &builder->case_room, set->count, sizeof *set->cases);
    set->cases = array;
    if (!ok) {
        return NULL;
    }
    set->cases[set->count] = (struct vector_case){.file = set->path, .line = line, .algorithm = name};
    return &set->cases[set->count++];
}

static void add_value(struct vector_builder *builder, const char *name, const char *text, bool quoted) {
    struct vector_set *set = builder->set;
    if (builder->failed || text == NULL || set->count == 0) {
        return;
    }
    void *array = set->values;
    bool ok = make_room(builder, &array, &builder->value_room, set->value_count, sizeof *set->values);
    set->values = array;
    if (ok) {
        set->values[set->value_count++] = (struct vector_value){name, text, quoted, builder->line};
        set->cases[set->count - 1].count++;
    }
}

void vector_build_value(struct vector_builder *builder, const char *name, const char *text) {
    add_value(builder, name, text, false);
}

void vector_build_quoted(struct vector_builder *builder, const char *name, const char *text) {
    add_value(builder, name, text, true);
}

void vector_build_made(struct vector_builder *builder, const char *name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (!builder->failed) {
        add_value(builder, name, own(builder, format_string(format, arguments)), false);
    }
    va_end(arguments);
}

void vector_build_integer(struct vector_builder *builder, const char *name, const char *digits) {
    if (digits != NULL) {
        vector_build_made(builder, name, "0x%s", digits);
    }
}

void vector_build_bytes(struct vector_builder *builder, const char *name, const char *digits, size_t size) {
    if (digits == NULL) {
        return;
    }
    size_t length = strlen(digits), wanted = 2 * size > length ? 2 * size : length + length % 2;
    if (wanted == length) {
        vector_build_value(builder, name, digits);
    } else {
        vector_build_made(builder, name, "%0*d%s", (int)(wanted - length), 0, digits);
    }
}

void vector_build_skip(struct vector_builder *builder, unsigned long cases, const char *reason) {
    struct vector_set *set = builder->set;
    if (builder->failed) {
        return;
    }
    size_t i = 0;
    while (i < set->skipped_count && strcmp(set->skipped[i].reason, reason) != 0) {
        i++;
    }
    if (i == VECTOR_SKIPPED_MAX) { // more reasons than there is room for: counted under the last
        i--;
    } else if (i == set->skipped_count) {
        set->skipped[set->skipped_count++] = (struct vector_skipped){reason, 0};
    }
    set->skipped[i].cases += cases;
}

bool vector_build_end(struct vector_builder *builder, unsigned line) {
    struct vector_set *set = builder->set;
    if (set->count == 0 && set->skipped_count == 0) {
        vector_build_fail(builder, line, "no cases");
    }
    size_t first = 0;
    for (size_t i = 0; !builder->failed && i < set->count; first += set->cases[i++].count) {
        set->cases[i].values = set->cases[i].count == 0 ? NULL : set->values + first;
    }
    if (builder->failed) {
        vector_set_clear(set);
    }
    return !builder->failed;
}

const char *vector_hash_name(const char *name) {
    char plain[16];
    size_t length = 0;
    for (; *name != '\0' && length + 1 < sizeof plain; name++) {
        if (*name != '-') {
            plain[length++] = (char)tolower((unsigned char)*name);
        }
    }
    plain[length] = '\0';
    const struct hash_algorithm *hash = *name == '\0' ? hash_find(plain) : NULL;
    return hash == NULL ? NULL : hash->name;
}
