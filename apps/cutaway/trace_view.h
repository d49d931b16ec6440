// The three readers of a trace: as text for people, as JSON lines, and compared with another trace.
#ifndef APPS_CUTAWAY_TRACE_VIEW_H
#define APPS_CUTAWAY_TRACE_VIEW_H

#include "bignum/secure.h"
#include "bignum/trace.h"

#include <gmp.h>
#include <stdio.h>

enum { TRACE_DEPTH_ALL = 1000, TRACE_LABEL_SIZE = 96 };

struct trace_settings {
    FILE *out;
    unsigned depth;         // steps deeper than this are left out
    unsigned width;         // text: columns
    bool color;             // text
    bool fold_key_schedule; // text: leave out what is inside a block cipher's key schedule
    bool unfold_textbook;   // text: leave nothing out once all integers so far are of textbook size
    char *title;            // text: the first line
};

// A sink with an end. `finish` brings out what is held back and returns the exit status: 0, or 1 when the trace is not
// the expected one. `release` frees the view, finished or not.
struct trace_view {
    struct trace_sink sink;
    int (*finish)(struct trace_view *view);
    void (*release)(struct trace_view *view);
};

// The settings are copied. The last one reads the expected trace first: NULL after a complaint, with the exit status.
struct trace_view *trace_text_view(const struct trace_settings *settings);
struct trace_view *trace_json_view(const struct trace_settings *settings);
struct trace_view *trace_expect_view(const struct trace_settings *settings, const char *path, int *status);

// Allocated memory of value zero; complains and ends the program when there is none.
void *trace_allocate(size_t count, size_t size);
char *trace_copy(const char *text);

// The value of a step as one line of text without spaces, allocated: hex; an integer in decimal; text as it is.
// A bit string counts as the number it writes: its hex digits are right-aligned.
char *trace_value_text(const struct trace_step *step);
// Bit i of a TRACE_BITS step, from the left.
bool trace_bit(const struct trace_step *step, unsigned i);
const char *trace_shape_name(enum trace_shape shape);
// The integer of a TRACE_INTEGER step into an initialised x.
void trace_step_integer(mpz_t x, const struct trace_step *step);

#endif
