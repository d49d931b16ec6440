// Reads the response files of NIST's Cryptographic Algorithm Validation Program (.rsp, .fax, .txt), and files that
// imitate them: `NAME = value` lines, [sections], # comments. Which of them make a case, vectors_cavp_cases.c says.
//
// A name that comes again starts a new case, and so does a blank line once a case is complete; until then values stay,
// for a modulus stands once above all messages signed under it. What is computed, and in which mode, only the comments
// at the top say.
#include "apps/cutaway/vectors_cavp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 40 };

// "NAME = value": how long the name is, or 0.
static size_t name_length(const char *line) {
    const char *equals = strchr(line, '=');
    size_t length = equals == NULL ? 0 : (size_t)(equals - line);
    while (length > 0 && isblank((unsigned char)line[length - 1])) {
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)line[i]) && strchr(" _-().'", line[i]) == NULL) {
            return 0;
        }
    }
    return length <= NAME_MAX_LENGTH ? length : 0;
}

static bool cavp_recognises(const char *text, size_t length) {
    // The first line that is neither blank nor a comment is a section or a field.
    const char *at = text, *end = text + length;
    while (at < end && (*at == '#' || isspace((unsigned char)*at))) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = *at != '#' ? at + 1 : newline == NULL ? end : newline + 1;
    }
    const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    size_t line_length = (size_t)((newline == NULL ? end : newline) - at);
    if (line_length == 0 || at == end) {
        return false;
    }
    if (*at == '[') {
        return memchr(at, ']', line_length) != NULL &&
               (vector_text_has(at, (size_t)(end - at), 8192, " = ") ||
                vector_text_has(at, (size_t)(end - at), 8192, "="));
    }
    const char *equals = memchr(at, '=', line_length);
    for (const char *c = at; equals != NULL && c < equals; c++) {
        if (!isalnum((unsigned char)*c) && *c != ' ') {
            return false;
        }
    }
    return equals != NULL && equals > at && isupper((unsigned char)*at);
}

static void keep_comment(struct cavp *cavp, const char *line) {
    size_t length = strlen(line);
    if (!cavp->in_body && cavp->comments_length + length + 2 < CAVP_COMMENTS_SIZE) {
        memcpy(cavp->comments + cavp->comments_length, line, length);
        cavp->comments_length += length;
        cavp->comments[cavp->comments_length++] = '\n';
        cavp->comments[cavp->comments_length] = '\0';
    }
}

static void read_section(struct cavp *cavp, char *line, unsigned number) {
    char *closing = strchr(line, ']');
    if (closing == NULL && strncmp(line, "[SHA(s) supported", 17) == 0) {
        return; // a remark, which NIST's files of elliptic curves do not close
    }
    if (closing == NULL || closing[1] != '\0') {
        vector_build_fail(&cavp->builder, number, "a section must end in ']'");
        return;
    }
    cavp_finish(cavp);
    cavp_abandon(cavp);
    *closing = '\0';
    const char *equals = strchr(line, '=');
    cavp->decrypt = strcasecmp(line, "[DECRYPT") == 0;
    cavp->section = equals == NULL ? 0 : strtoul(equals + 1, NULL, 10);
    if (strncmp(line, "[mod", 4) == 0) {
        cavp->record.count = 0; // another key length: nothing above counts any more
    }
}

static void read_field(struct cavp *cavp, char *line, unsigned number) {
    size_t length = name_length(line);
    if (length == 0) {
        bool word = true, mark = true; // "FAIL" alone in a line; "!!" in one of NIST's
        for (const char *c = line; *c != '\0'; c++) {
            word = word && isalpha((unsigned char)*c);
            mark = mark && ispunct((unsigned char)*c) && *c != '=';
        }
        word = word || mark || line[strlen(line) - 1] == ':'; // a heading of intermediate values
        if (!word) {
            vector_build_fail(&cavp->builder, number, "expected \"NAME = value\", a [section] or a comment");
        }
        return;
    }
    char *value = vector_after_blanks(strchr(line, '=') + 1);
    line[length] = '\0';
    if (strcasecmp(line, "COUNT") == 0 || vector_record_fresh(&cavp->record, line)) {
        cavp_finish(cavp);
        if (strcasecmp(line, "COUNT") == 0) {
            return;
        }
        if (vector_record_fresh(&cavp->record, line)) {
            cavp_abandon(cavp);
        }
    }
    if (!vector_record_set(&cavp->record, line, value, number)) {
        vector_build_fail(&cavp->builder, number, "more than %d names in one case", VECTOR_ENTRIES_MAX);
    }
}

static bool is_text_line(const char *line) {
    for (; *line != '\0'; line++) {
        if (iscntrl((unsigned char)*line) && *line != '\t') {
            return false;
        }
    }
    return true;
}

static bool cavp_read(struct vector_set *set, const char *path, char *text, size_t length,
                      struct vector_error *error) {
    struct cavp cavp = {.in_body = false};
    struct vector_lines lines = {.at = text, .end = text + length};
    vector_build_begin(&cavp.builder, set, path, text, error);
    set->source = "NIST CAVP, or in its format";
    for (char *line; !cavp.builder.failed && (line = vector_next_line(&lines)) != NULL;) {
        if (!is_text_line(line)) {
            vector_build_fail(&cavp.builder, lines.number, "a control character: this is not a vector file");
        } else if (line[0] == '#') {
            keep_comment(&cavp, line);
        } else if (line[0] == '[') {
            cavp.in_body = true;
            read_section(&cavp, line, lines.number);
        } else if (line[0] == '\0') {
            cavp_finish(&cavp);
        } else if (line[0] != '\t') { // what is indented are intermediate values
            cavp.in_body = true;
            read_field(&cavp, line, lines.number);
        }
    }
    cavp_finish(&cavp);
    cavp_abandon(&cavp);
    return vector_build_end(&cavp.builder, lines.number);
}

const struct vector_format vector_format_cavp = {"CAVP response file", cavp_recognises, cavp_read};
