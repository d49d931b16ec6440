// The text view of a trace: small steps side by side, "S1 input | S1 row | S1 column | S1 output", in columns that line up
// over many rows.

#include "apps/cutaway/trace_text.h"

#include <stdlib.h>
#include <string.h>

// Columns of cells: how wide the labels and the values in each are.
struct columns {
    size_t label[CELLS_MAX], value[CELLS_MAX];
};

static void print_row(struct text_view *view, struct row *row, const struct columns *columns) {
    size_t indent = text_indent_of(row->depth), at = 0; // `at` counts from the indentation
    for (size_t i = 0; i < row->count; i++) {
        text_held_note(view, indent, &row->cells[i].note);
    }
    for (size_t i = 0; i < row->count; i++) {
        struct cell *cell = &row->cells[i];
        size_t width = columns->label[i] + 2 + columns->value[i];
        if (i > 0 && indent + at + 3 + width > view->settings.width) {
            text_newline(view);
            at = 0;
        }
        if (at == 0) {
            text_spaces(view, indent);
        } else {
            text_put(view, TEXT_DIM, " | ");
            at += 3;
        }
        text_put(view, TEXT_LABEL, cell->label);
        text_spaces(view,
                    width - strlen(cell->label) -
                        strlen(cell->value)); // values right-aligned, as numbers are
        fputs(cell->value, view->settings.out);
        at += width;
        free(cell->value);
    }
    text_newline(view);
}

void text_flush_cells(struct text_view *view) {
    struct columns columns = {0};
    for (size_t r = 0; r < view->row_count; r++) {
        for (size_t i = 0; i < view->rows[r].count; i++) {
            size_t label = strlen(view->rows[r].cells[i].label), value = strlen(view->rows[r].cells[i].value);
            columns.label[i] = label > columns.label[i] ? label : columns.label[i];
            columns.value[i] = value > columns.value[i] ? value : columns.value[i];
        }
    }
    for (size_t r = 0; r < view->row_count; r++) {
        print_row(view, &view->rows[r], &columns);
    }
    view->row_count = 0;
}

// True when the two lines list the same kinds of steps, as far as both go: their columns belong together.
static bool same_columns(const struct row *a, const struct row *b) {
    bool same = a->depth == b->depth;
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        char kind_a[TRACE_LABEL_SIZE], kind_b[TRACE_LABEL_SIZE];
        text_kind_of(kind_a, a->cells[i].label);
        text_kind_of(kind_b, b->cells[i].label);
        same = same && strcmp(kind_a, kind_b) == 0;
    }
    return same;
}

// The line that grows: a new one, and what is before it printed when the new one will not align with it.
static struct row *new_row(struct text_view *view, unsigned depth) {
    size_t count = view->row_count;
    if (count >= 2 && !same_columns(&view->rows[count - 2], &view->rows[count - 1])) {
        struct row last = view->rows[count - 1];
        view->row_count--;
        text_flush_cells(view);
        view->rows[0] = last;
        view->row_count = 1;
    } else if (count == ROWS_MAX) {
        text_flush_cells(view);
    }
    struct row *row = &view->rows[view->row_count++];
    *row = (struct row){.depth = depth};
    return row;
}

// The value as a cell shows it, or NULL when it is too long for one.
static char *cell_value(const struct trace_step *step) {
    if (step->length > 16 || step->shape == TRACE_STATE || step->shape == TRACE_SECTION) {
        return NULL;
    }
    if (step->shape == TRACE_BITS) {
        if (step->bits > 8) {
            return NULL;
        }
        char *bits = trace_allocate(step->bits + 1, 1);
        for (unsigned i = 0; i < step->bits; i++) {
            bits[i] = trace_bit(step, i) ? '1' : '0';
        }
        return bits;
    }
    bool one_word = (step->shape == TRACE_WORDS32 && step->length == 4) ||
                    (step->shape == TRACE_WORDS64 && step->length == 8);
    if (one_word || step->shape == TRACE_INTEGER || (step->shape == TRACE_BYTES && step->length <= 4)) {
        return trace_value_text(step);
    }
    return NULL;
}

// Takes the step into the line of cells when it belongs to those that wait there, or may start a new line.
bool text_add_cell(struct text_view *view, const struct trace_step *step, bool news) {
    char key[TRACE_LABEL_SIZE];
    const char *rest = text_split_key(key, step->label);
    size_t per_line = CELLS_MAX;
    if (*rest == '\0') { // W[0], W[1], ...: a list of one kind, four to a line
        text_kind_of(key, step->label);
        per_line = 4;
        if (step->shape != TRACE_WORDS32 && step->shape != TRACE_WORDS64) {
            return false;
        }
    } else if (strchr(". :", *rest) == NULL || strncmp(rest, " =", 2) == 0 || // "R0 = 1" is a name, not a row
               strcspn(step->label, "0123456789") == strlen(step->label)) {
        return false;
    }
    char *value = cell_value(step);
    if (value == NULL) {
        return false;
    }
    struct row *row = view->row_count > 0 ? &view->rows[view->row_count - 1] : NULL;
    if (row == NULL || row->count == per_line || strcmp(key, view->held_key) != 0 ||
        step->depth != row->depth) {
        row = new_row(view, step->depth);
    }
    (void)snprintf(view->held_key, sizeof view->held_key, "%s", key);
    struct cell *cell = &row->cells[row->count++];
    (void)snprintf(cell->label, sizeof cell->label, "%s", step->label);
    cell->value = value;
    cell->note = news ? trace_copy(step->note) : NULL;
    return true;
}
