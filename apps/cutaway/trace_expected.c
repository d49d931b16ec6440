// Reading an expected trace: JSON, our text, or a plain list.

#include "apps/cutaway/trace_expected.h"
#include "apps/common/files.h"
#include "apps/common/message.h"
#include "apps/cutaway/trace_view.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { EXPECT_MAX = 64 << 20, CONTINUATION_INDENT = 16, GRID_ROWS = 4 };

static struct expected_entry *add_entry(struct expected *expected, size_t line) {
    if (expected->count == expected->room) {
        size_t room = expected->room == 0 ? 256 : 2 * expected->room;
        struct expected_entry *entries = trace_allocate(room, sizeof *entries);
        if (expected->count > 0) {
            memcpy(entries, expected->entries, expected->count * sizeof *entries);
        }
        free(expected->entries);
        expected->entries = entries;
        expected->room = room;
    }
    struct expected_entry *entry = &expected->entries[expected->count++];
    *entry = (struct expected_entry){.line = line};
    return entry;
}

// Cuts spaces at both ends, in place.
char *expected_trim(char *text) {
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL) {
        length--;
    }
    text[length] = '\0';
    return text;
}

// True when the line is one or more groups "d4 e0 b8 1e", at least two spaces apart; counts them.
static bool is_grid_row(const char *line, size_t *groups) {
    *groups = 0;
    line += strspn(line, " ");
    while (*line != '\0') {
        for (int i = 0; i < 4; i++) {
            if (!isxdigit((unsigned char)line[0]) || !isxdigit((unsigned char)line[1]) ||
                (line[2] != ' ' && line[2] != '\0') || (i < 3 && line[2] == '\0')) {
                return false;
            }
            line += line[2] == '\0' ? 2 : 3;
        }
        size_t gap = strspn(line, " ");
        if (*line != '\0' && gap == 0) {
            return false; // five bytes in a row are not a row of a state
        }
        line += gap;
        (*groups)++;
    }
    return *groups > 0;
}

static bool is_caption(const char *line) {
    static const char *const captions[] = {"Start of Round", "Input",     "Output",
                                           "After ",         "Round Key", "State"};
    line += strspn(line, " ");
    for (size_t i = 0; i < sizeof captions / sizeof captions[0]; i++) {
        if (strncmp(line, captions[i], strlen(captions[i])) == 0) {
            return true;
        }
    }
    return false;
}

// Reads states that stand side by side: labels, perhaps a line of captions, four rows. Returns how many lines that was,
// 0 when line `at` does not start such a block.
static size_t read_grids(struct expected *expected, char **lines, size_t count, size_t at) {
    size_t first_row = at + 1;
    if (first_row < count && is_caption(lines[first_row])) {
        first_row++;
    }
    size_t groups = 0, same = 0;
    for (size_t row = 0; row < GRID_ROWS; row++) {
        if (first_row + row >= count || !is_grid_row(lines[first_row + row], &same) ||
            (row > 0 && same != groups)) {
            return 0;
        }
        groups = same;
    }
    size_t column = strspn(lines[first_row], " "), length = strlen(lines[at]);
    for (size_t grid = 0; grid < groups; grid++) {
        const char *row = lines[first_row];
        size_t next = column + 11 + strspn(row + column + 11, " ");
        next = grid + 1 == groups ? length : next;
        if (column >= length || next > length || column >= next) {
            return 0;
        }
        struct expected_entry *entry = add_entry(expected, at + 1);
        entry->text = trace_allocate(next - column + 1, 1);
        memcpy(entry->text, lines[at] + column, next - column);
        entry->value = trace_allocate(33, 1);
        for (size_t byte = 0; byte < 16; byte++) { // column by column
            memcpy(entry->value + 2 * byte, lines[first_row + byte % 4] + column + 3 * (byte / 4), 2);
        }
        column = next;
    }
    return first_row + GRID_ROWS - at;
}

static bool read_json(struct expected *expected, const char *line, size_t number) {
    json_error_t error;
    json_t *object = json_loads(line, 0, &error);
    const char *label = json_string_value(json_object_get(object, "step"));
    const char *value = json_string_value(json_object_get(object, "value"));
    bool ok = label != NULL;
    if (!ok) {
        complain("%s, line %zu: not a JSON object with \"step\" and \"value\"", expected->path, number);
    } else if (value != NULL) { // a section has none
        struct expected_entry *entry = add_entry(expected, number);
        entry->text = trace_copy(label);
        entry->value = trace_copy(value);
    }
    json_decref(object);
    return ok;
}

// A line deep inside the indentation, with nothing but hex digits: more of the value before.
static bool continues(const char *line) {
    size_t indent = strspn(line, " ");
    return indent >= CONTINUATION_INDENT && line[indent] != '\0' &&
           strspn(line + indent, " 0123456789abcdefABCDEF") == strlen(line + indent);
}

static void append_value(struct expected_entry *entry, const char *more) {
    char **text = entry->value != NULL ? &entry->value : &entry->text;
    size_t size = strlen(*text) + strlen(more) + sizeof " ";
    char *longer = trace_allocate(size, 1);
    (void)snprintf(longer, size, "%s %s", *text, more);
    free(*text);
    *text = longer;
}

static void read_list_line(struct expected *expected, char *line, size_t number) {
    char *comment = line[strspn(line, " \t")] == '#' ? line : strstr(line, " # ");
    if (comment != NULL) {
        *comment = '\0';
    }
    if (continues(line) && expected->count > 0) {
        append_value(&expected->entries[expected->count - 1], expected_trim(line));
        return;
    }
    while (line != NULL) { // "label  value | label  value"
        char *bar = strstr(line, " | ");
        if (bar != NULL) {
            *bar = '\0';
        }
        char *text = expected_trim(line);
        if (*text != '\0') {
            add_entry(expected, number)->text = trace_copy(text);
        }
        line = bar != NULL ? bar + 3 : NULL;
    }
}

// Takes out what a terminal's recording adds to the text: "ESC [ 1 ; 33 m", the colours, and the CR before the newline.
static void strip_terminal(char *line) {
    char *to = line;
    for (const char *from = line; *from != '\0';) {
        size_t length = from[0] == '\x1B' && from[1] == '[' ? 2 + strspn(from + 2, "0123456789;") : 0;
        if (length > 0 && from[length] == 'm') {
            from += length + 1;
        } else {
            *to++ = *from++;
        }
    }
    while (to > line && to[-1] == '\r') {
        to--;
    }
    *to = '\0';
}

int expected_read(struct expected *expected) {
    struct bytes file = {0};
    if (!input_read_all(&file, expected->path, EXPECT_MAX)) {
        return STATUS_FAILED;
    }
    if (memchr(file.data, '\0', file.length) != NULL) {
        bytes_clear(&file);
        return usage_error("--expect %s is not text", expected->path);
    }
    size_t count = 1;
    for (size_t i = 0; i < file.length; i++) {
        count += file.data[i] == '\n' ? 1 : 0;
    }
    char **lines = trace_allocate(count, sizeof *lines);
    char *rest = (char *)file.data;
    for (size_t i = 0; i < count; i++) {
        char *line = strsep(&rest, "\n");
        lines[i] = line != NULL ? line : (char *)file.data + file.length;
        strip_terminal(lines[i]);
    }
    int status = STATUS_OK;
    for (size_t at = 0; at < count && status == STATUS_OK;) {
        size_t taken = 1;
        if (lines[at][0] == '{') {
            status = read_json(expected, lines[at], at + 1) ? STATUS_OK : STATUS_USAGE;
        } else if (lines[at][strspn(lines[at], " \t")] == '#' ||
                   (taken = read_grids(expected, lines, count, at)) == 0) {
            read_list_line(expected, lines[at], at + 1);
            taken = 1;
        }
        at += taken;
    }
    free(lines);
    bytes_clear(&file);
    if (status == STATUS_OK && expected->count == 0) {
        status = usage_error("--expect %s holds no labelled values", expected->path);
    }
    return status;
}
