// The parts of the text view of a trace, for its own files: trace_text.c (sections, remarks, which step goes where),
// trace_text_states.c (4x4 states side by side), trace_text_rows.c (small steps in columns), trace_text_lines.c (the rest).
#ifndef APPS_CUTAWAY_TRACE_TEXT_H
#define APPS_CUTAWAY_TRACE_TEXT_H

#include "apps/cutaway/trace_view.h"

enum {
    LABEL_COLUMN = 18,  // values start here, and continuation lines too
    INDENT = 2,         // for each section
    GRIDS_MAX = 8,      // states in one row
    GRID_WIDTH = 11,    // "d4 e0 b8 1e"
    ROWS_MAX = 64,      // lines of cells whose columns are aligned together
    CELLS_MAX = 16,     // small steps on one line
    DECIMAL_BITS = 128, // longer integers are shown in hex
    TEXTBOOK_BYTES = 8  // integers of an exercise: a computation with them has tens of steps, not thousands
};

// Something remembered by name: the last value of a kind of step, or a note that was printed.
struct memory {
    struct memory *next;
    char *name;
    uint8_t *bytes;
    size_t length;
};

struct grid {
    char label[TRACE_LABEL_SIZE];
    uint8_t state[16];
    bool changed[16];
    char *note; // not printed before; NULL for none
};

struct cell {
    char label[TRACE_LABEL_SIZE];
    char *value;
    char *note; // as in a grid
};

// One line of cells.
struct row {
    struct cell cells[CELLS_MAX];
    size_t count;
    unsigned depth;
};

struct text_view {
    struct trace_view view;
    struct trace_settings settings;
    bool started;                // the first line is out
    struct memory *last, *notes; // last values by kind; notes already printed
    unsigned held_depth;         // of the grids or cells that wait
    char held_key[TRACE_LABEL_SIZE];
    struct grid grids[GRIDS_MAX];
    size_t grid_count;
    struct row rows[ROWS_MAX]; // lines of cells; the last one is still growing
    size_t row_count;
    char table_key[TRACE_LABEL_SIZE]; // the kind of step whose column heads are out
    size_t integer_length_max;        // of the integers so far, in bytes; 0 before the first
    size_t hidden;                    // steps left out since...
    char hidden_label[TRACE_LABEL_SIZE];
    char *hidden_note;
    unsigned hidden_depth; // ...this section began
    bool hint_given;
};

// --- trace_text.c ----------------------------------------------------------------------------------------------

enum text_color { TEXT_PLAIN, TEXT_LABEL, TEXT_CHANGED, TEXT_DIM, TEXT_HEADING };

// Colour from here on; nothing when the view has none.
void text_color(const struct text_view *view, enum text_color which);
void text_put(const struct text_view *view, enum text_color which, const char *text);
void text_spaces(const struct text_view *view, size_t count);
void text_newline(const struct text_view *view);
size_t text_indent_of(unsigned depth);

// The kind of a label: its digits left out, so that "L3" and "L4" are of one kind.
void text_kind_of(char kind[static TRACE_LABEL_SIZE], const char *label);
// What "round[ 3].s_box" and "S1 row" share with their neighbours: the part up to the first number, "round[ 3]" and
// "S1". The rest is returned; it is empty when there is no number or nothing after it.
const char *text_split_key(char key[static TRACE_LABEL_SIZE], const char *label);

// The value that was remembered by this name, NULL for none; remembering a step's value.
struct memory *text_recall(struct memory *list, const char *name);
void text_remember_value(struct text_view *view, const char *name, const struct trace_step *step);

// "# text", folded between words; and the same for a note that was kept with a step, which it releases.
void text_remark(struct text_view *view, size_t indent, const char *text);
void text_held_note(struct text_view *view, size_t indent, char **note);

// --- the three ways to show a step -----------------------------------------------------------------------------

// Adding keeps the step until its row is complete; flushing prints what was kept. `news`: its note is printed too.
void text_add_grid(struct text_view *view, const struct trace_step *step, bool news);
void text_flush_grids(struct text_view *view);
bool text_add_cell(struct text_view *view, const struct trace_step *step,
                   bool news); // false: not a small step
void text_flush_cells(struct text_view *view);
void text_put_line(struct text_view *view, const struct trace_step *step, const char *note);

#endif
