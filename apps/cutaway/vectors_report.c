// What is printed of a failed case: where it stands, what went in, what was expected, what came out, where the two first
// differ, and the command that steps through the computation.
#include "apps/cutaway/vectors_run.h"

#include <string.h>

enum { SHOWN_MAX = 256 }; // characters of one value

// A long value is cut, and its length said.
static void print_value(FILE *out, const char *name, const char *text) {
    size_t length = strlen(text);
    fprintf(out, "    %-18s %.*s", name, SHOWN_MAX, length == 0 ? "(empty)" : text);
    if (length > SHOWN_MAX) {
        fprintf(out, "... (%zu characters in all)", length);
    }
    fputc('\n', out);
}

// The first byte in which two hex values differ, after their prefix.
static void print_first_difference(const struct vector_run *run, FILE *out, size_t prefix) {
    const char *expected = run->expected + prefix, *got = run->got + prefix;
    size_t at = 0;
    while (expected[at] != '\0' && expected[at] == got[at]) {
        at++;
    }
    size_t byte = at / 2;
    if (expected[at] == '\0' || got[at] == '\0') {
        fprintf(out, "    first difference   the lengths: %zu and %zu bytes\n", strlen(expected) / 2,
                strlen(got) / 2);
    } else {
        fprintf(out, "    first difference   byte %zu: expected %.2s, got %.2s\n", byte, expected + 2 * byte,
                got + 2 * byte);
    }
}

static bool compares_bytes(const struct vector_run *run) {
    for (size_t i = 0; run->algorithm->fields[i].name != NULL; i++) {
        const struct vector_field *field = &run->algorithm->fields[i];
        if (strcmp(field->name, run->what) == 0) {
            return field->kind == VECTOR_BYTES;
        }
    }
    return false;
}

void vector_report_failure(const struct vector_run *run, FILE *out) {
    const struct vector_case *vector = run->vector;
    fprintf(out, "FAILED %s  %s:%u%s%s\n", vector->algorithm, vector->file, vector->line,
            vector->note == NULL ? "" : "  ", vector->note == NULL ? "" : vector->note);
    for (size_t i = 0; i < vector->count; i++) {
        print_value(out, vector->values[i].name, vector->values[i].text);
    }
    if (run->outcome == OUTCOME_AGREES) {
        fputs("    expected           failure: the source says that this case must be rejected\n"
              "    got                success\n",
              out);
    } else if (run->outcome == OUTCOME_NOTHING) {
        fprintf(out, "    expected           something to compute\n    got                no %s\n",
                run->what);
    } else if (run->outcome == OUTCOME_REJECTED) {
        fprintf(out, "    expected           success\n    got                refused: %s\n", run->what);
    } else {
        fprintf(out, "    differs            %s\n", run->what);
        print_value(out, "expected", run->expected == NULL ? "?" : run->expected);
        print_value(out, "got", run->got == NULL ? "?" : run->got);
        if (run->expected != NULL && run->got != NULL) {
            if (strncmp(run->expected, "0x", 2) == 0) {
                print_first_difference(run, out, 2);
            } else if (compares_bytes(run)) {
                print_first_difference(run, out, 0);
            }
        }
    }
    fputs("    step through it    ", out);
    run->algorithm->print_trace(run, out);
    fputc('\n', out);
}
