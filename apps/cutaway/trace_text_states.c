// The text view of a trace: 4x4 states side by side, a round of AES to a row, as FIPS 197 Appendix B prints them.

#include "apps/common/hex.h"
#include "apps/cutaway/trace_text.h"

#include <stdlib.h>
#include <string.h>

// FIPS 197 Appendix B's heads of the columns, by the ends of Appendix C's labels.
static const char *caption(const char *label) {
    static const char *const captions[][2] = {
        {"start", "Start of Round"},
        {"s_box", "After SubBytes"},
        {"s_row", "After ShiftRows"},
        {"m_col", "After MixColumns"},
        {"k_sch", "Round Key"},
        {"input", "Input"},
        {"output", "Output"},
        {"istart", "Start of Round"},
        {"is_box", "After InvSubBytes"},
        {"is_row", "After InvShiftRows"},
        {"ik_sch", "Round Key"},
        {"ik_add", "After AddRoundKey"},
        {"iinput", "Input"},
        {"ioutput", "Output"},
        {"im_col", "After InvMixColumns"},
    };
    const char *dot = strrchr(label, '.');
    for (size_t i = 0; dot != NULL && i < sizeof captions / sizeof captions[0]; i++) {
        if (strcmp(dot + 1, captions[i][0]) == 0) {
            return captions[i][1];
        }
    }
    return "State";
}

static bool is_key(const char *label) {
    return strstr(label, "k_sch") != NULL;
}

// The width of a grid: of its label, its caption or its bytes.
static size_t grid_width(const struct grid *grid) {
    size_t label = strlen(grid->label), head = strlen(caption(grid->label));
    size_t width = label > head ? label : head;
    return width > GRID_WIDTH ? width : GRID_WIDTH;
}

static void grid_lines(struct text_view *view, size_t first, size_t count, size_t gap) {
    for (int line = -2; line < 4; line++) {
        size_t column = text_indent_of(view->held_depth),
               at = 0; // where the next grid starts, and where we are
        for (size_t i = first; i < first + count; i++) {
            const struct grid *grid = &view->grids[i];
            text_spaces(view, column - at);
            at = column + GRID_WIDTH;
            column += grid_width(grid) + gap;
            if (line < 0) {
                const char *text = line == -2 ? grid->label : caption(grid->label);
                text_put(view, line == -2 ? TEXT_LABEL : TEXT_DIM, text);
                at += strlen(text) - GRID_WIDTH;
            }
            for (size_t c = 0; line >= 0 && c < 4; c++) {
                size_t byte = 4 * c + (size_t)line;
                char hex[3];
                hex_encode(hex, &grid->state[byte], 1);
                text_put(view, grid->changed[byte] ? TEXT_CHANGED : TEXT_PLAIN, hex);
                fputs(c < 3 ? " " : "", view->settings.out);
            }
        }
        text_newline(view);
    }
}

// How many of the grids from `first` on stand side by side within the width.
static size_t grids_per_row(const struct text_view *view, size_t first, size_t gap) {
    size_t column = text_indent_of(view->held_depth), count = 0;
    while (first + count < view->grid_count &&
           column + grid_width(&view->grids[first + count]) <= view->settings.width) {
        column += grid_width(&view->grids[first + count]) + gap;
        count++;
    }
    return count > 0 ? count : 1;
}

void text_flush_grids(struct text_view *view) {
    size_t gap = 3; // wide gaps when there is room
    while (gap > 1 && grids_per_row(view, 0, gap) < view->grid_count) {
        gap--;
    }
    for (size_t first = 0, count; first < view->grid_count; first += count) {
        count = grids_per_row(view, first, gap);
        text_newline(view);
        grid_lines(view, first, count, gap);
    }
    for (size_t i = 0; i < view->grid_count; i++) {
        text_held_note(view, text_indent_of(view->held_depth), &view->grids[i].note);
    }
    view->grid_count = 0;
}

void text_add_grid(struct text_view *view, const struct trace_step *step, bool news) {
    char key[TRACE_LABEL_SIZE];
    (void)text_split_key(key, step->label);
    if (view->grid_count == GRIDS_MAX || strcmp(key, view->held_key) != 0 ||
        step->depth != view->held_depth) {
        text_flush_grids(view);
    }
    (void)snprintf(view->held_key, sizeof view->held_key, "%s", key);
    view->held_depth = step->depth;
    const struct grid *before = NULL; // the state before this one: round keys are not on the path
    for (size_t i = 0; i < view->grid_count && !is_key(step->label); i++) {
        before = is_key(view->grids[i].label) ? before : &view->grids[i];
    }
    struct grid *grid = &view->grids[view->grid_count++];
    (void)snprintf(grid->label, sizeof grid->label, "%s", step->label);
    grid->note = news ? trace_copy(step->note) : NULL;
    memcpy(grid->state, step->bytes, sizeof grid->state);
    for (size_t i = 0; i < sizeof grid->state; i++) {
        grid->changed[i] = before != NULL && before->state[i] != grid->state[i];
    }
}
