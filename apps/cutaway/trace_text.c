// A trace as text for people.
//
// Every line has one of these forms, so that the text is easy to search, and `--expect` can read it back:
//
//     label             value  # remark         one step; a long value goes on in indented lines
//     label  value | label  value | ...         small steps that belong together
//     label             label             ...   4x4 states side by side, as FIPS 197 Appendix B prints them:
//     Start of Round    After SubBytes    ...   the labels, what they are, and four rows of four bytes each
//     d4 e0 b8 1e       d4 e0 b8 1e       ...
//     # a sentence, or [a section]              everything else
//
// What changed from the state, the words or the bits before is set off in colour. A note is printed when it first
// comes up and not again: the sixteen rounds of DES need not be explained sixteen times.

#include "apps/common/hex.h"
#include "apps/common/message.h"
#include "apps/cutaway/trace_view.h"
#include "bignum/encoding.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL_COLUMN = 18, // values start here, and continuation lines too
    INDENT = 2,        // for each section
    GRIDS_MAX = 8,     // states in one row
    GRID_WIDTH = 11,   // "d4 e0 b8 1e"
    ROWS_MAX = 64,     // lines of cells whose columns are aligned together
    CELLS_MAX = 16,    // small steps on one line
    DECIMAL_BITS = 128 // longer integers are shown in hex
};

// Something remembered by name: the last value of a kind of step, or a note that was printed.
struct memory {
    struct memory *next;
    char *name;
    enum trace_shape shape;
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
    size_t hidden;                    // steps left out since...
    char hidden_label[TRACE_LABEL_SIZE];
    char *hidden_note;
    unsigned hidden_depth; // ...this section began
    bool hint_given;
};

// --- colour ----------------------------------------------------------------------------------------------------

enum color { PLAIN, LABEL, CHANGED, DIM, HEADING };

static void color(const struct text_view *view, enum color which) {
    static const char *const codes[] = {
        [PLAIN] = "\033[0m", [LABEL] = "\033[36m",  [CHANGED] = "\033[1;33m",
        [DIM] = "\033[2m",   [HEADING] = "\033[1m",
    };
    if (view->settings.color) {
        fputs(codes[which], view->settings.out);
    }
}

static void put(const struct text_view *view, enum color which, const char *text) {
    if (which != PLAIN) {
        color(view, which);
    }
    fputs(text, view->settings.out);
    if (which != PLAIN) {
        color(view, PLAIN);
    }
}

static void spaces(const struct text_view *view, size_t count) {
    fprintf(view->settings.out, "%*s", (int)count, "");
}

static void newline(const struct text_view *view) {
    fputc('\n', view->settings.out);
}

static size_t indent_of(unsigned depth) {
    return INDENT * (size_t)depth;
}

// --- kinds of steps --------------------------------------------------------------------------------------------

// The kind of a label: its digits left out, so that "L3" and "L4" are of one kind.
static void kind_of(char kind[static TRACE_LABEL_SIZE], const char *label) {
    size_t length = 0;
    for (const char *at = label; *at != '\0' && length < TRACE_LABEL_SIZE - 1; at++) {
        if (!isdigit((unsigned char)*at) && *at != ' ') {
            kind[length++] = *at;
        }
    }
    kind[length] = '\0';
}

// What "round[ 3].s_box" and "S1 row" share with their neighbours: the part up to the first number, "round[ 3]" and
// "S1". The rest is returned; it is empty when there is no number or nothing after it.
static const char *split_key(char key[static TRACE_LABEL_SIZE], const char *label) {
    size_t at = strcspn(label, "0123456789");
    at += strspn(label + at, "0123456789");
    at += label[at] == ']' ? 1 : 0;
    size_t length = at < TRACE_LABEL_SIZE ? at : TRACE_LABEL_SIZE - 1;
    memcpy(key, label, length);
    key[length] = '\0';
    return label + at;
}

static struct memory *recall(struct memory *list, const char *name) {
    while (list != NULL && strcmp(list->name, name) != 0) {
        list = list->next;
    }
    return list;
}

static struct memory *remember(struct memory **list, const char *name) {
    struct memory *memory = recall(*list, name);
    if (memory == NULL) {
        memory = trace_allocate(1, sizeof *memory);
        memory->name = trace_copy(name);
        memory->next = *list;
        *list = memory;
    }
    return memory;
}

static void remember_value(struct text_view *view, const char *name, const struct trace_step *step) {
    struct memory *memory = remember(&view->last, name);
    free(memory->bytes);
    memory->bytes = trace_allocate(step->length, 1);
    if (step->length > 0) {
        memcpy(memory->bytes, step->bytes, step->length);
    }
    memory->length = step->length;
    memory->shape = step->shape;
}

static void forget(struct memory *list) {
    while (list != NULL) {
        struct memory *next = list->next;
        free(list->name);
        free(list->bytes);
        free(list);
        list = next;
    }
}

// --- remarks ---------------------------------------------------------------------------------------------------

static void start(struct text_view *view) {
    if (view->started) {
        return;
    }
    view->started = true;
    color(view, DIM);
    fprintf(view->settings.out, "# %s",
            view->settings.title != NULL ? view->settings.title : "cutaway trace");
    color(view, PLAIN);
    newline(view);
}

// True when the note has not been printed yet; from now on it has.
static bool is_news(struct text_view *view, const char *note) {
    if (note == NULL || recall(view->notes, note) != NULL) {
        return false;
    }
    (void)remember(&view->notes, note);
    return true;
}

// "# text", folded between words.
static void remark(struct text_view *view, size_t indent, const char *text) {
    size_t room = view->settings.width > indent + 22 ? view->settings.width - indent - 2 : 20;
    while (*text != '\0') {
        size_t length = strlen(text);
        if (length > room) {
            length = room;
            while (length > 0 && text[length] != ' ') {
                length--;
            }
            length = length == 0 ? room : length;
        }
        spaces(view, indent);
        color(view, DIM);
        fprintf(view->settings.out, "# %.*s", (int)length, text);
        color(view, PLAIN);
        newline(view);
        text += length;
        text += strspn(text, " ");
    }
}

static void show_hidden(struct text_view *view) {
    if (view->hidden_label[0] == '\0') {
        return;
    }
    spaces(view, indent_of(view->hidden_depth));
    color(view, DIM);
    fputs("# ", view->settings.out);
    color(view, PLAIN);
    color(view, HEADING);
    fprintf(view->settings.out, "[%s]", view->hidden_label);
    color(view, PLAIN);
    color(view, DIM);
    fprintf(view->settings.out, " %zu step%s inside", view->hidden, view->hidden == 1 ? "" : "s");
    if (!view->hint_given && view->hidden > 0) {
        fprintf(view->settings.out, ", which --depth %u or --depth all shows", view->hidden_depth + 1);
        view->hint_given = true;
    }
    color(view, PLAIN);
    newline(view);
    if (view->hidden_note != NULL) {
        remark(view, indent_of(view->hidden_depth), view->hidden_note);
    }
    free(view->hidden_note);
    view->hidden_note = NULL;
    view->hidden_label[0] = '\0';
    view->hidden = 0;
}

// Prints and releases a note that was kept with a step.
static void held_note(struct text_view *view, size_t indent, char **note) {
    if (*note != NULL) {
        remark(view, indent, *note);
    }
    free(*note);
    *note = NULL;
}

// --- 4x4 states ------------------------------------------------------------------------------------------------

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
        size_t column = indent_of(view->held_depth), at = 0; // where the next grid starts, and where we are
        for (size_t i = first; i < first + count; i++) {
            const struct grid *grid = &view->grids[i];
            spaces(view, column - at);
            at = column + GRID_WIDTH;
            column += grid_width(grid) + gap;
            if (line < 0) {
                const char *text = line == -2 ? grid->label : caption(grid->label);
                put(view, line == -2 ? LABEL : DIM, text);
                at += strlen(text) - GRID_WIDTH;
            }
            for (size_t c = 0; line >= 0 && c < 4; c++) {
                size_t byte = 4 * c + (size_t)line;
                char hex[3];
                hex_encode(hex, &grid->state[byte], 1);
                put(view, grid->changed[byte] ? CHANGED : PLAIN, hex);
                fputs(c < 3 ? " " : "", view->settings.out);
            }
        }
        newline(view);
    }
}

// How many of the grids from `first` on stand side by side within the width.
static size_t grids_per_row(const struct text_view *view, size_t first, size_t gap) {
    size_t column = indent_of(view->held_depth), count = 0;
    while (first + count < view->grid_count &&
           column + grid_width(&view->grids[first + count]) <= view->settings.width) {
        column += grid_width(&view->grids[first + count]) + gap;
        count++;
    }
    return count > 0 ? count : 1;
}

static void flush_grids(struct text_view *view) {
    size_t gap = 3; // wide gaps when there is room
    while (gap > 1 && grids_per_row(view, 0, gap) < view->grid_count) {
        gap--;
    }
    for (size_t first = 0, count; first < view->grid_count; first += count) {
        count = grids_per_row(view, first, gap);
        newline(view);
        grid_lines(view, first, count, gap);
    }
    for (size_t i = 0; i < view->grid_count; i++) {
        held_note(view, indent_of(view->held_depth), &view->grids[i].note);
    }
    view->grid_count = 0;
}

static void add_grid(struct text_view *view, const struct trace_step *step, const char *key, bool news) {
    if (view->grid_count == GRIDS_MAX || strcmp(key, view->held_key) != 0 ||
        step->depth != view->held_depth) {
        flush_grids(view);
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

// --- small steps side by side ----------------------------------------------------------------------------------

// Columns of cells: how wide the labels and the values in each are.
struct columns {
    size_t label[CELLS_MAX], value[CELLS_MAX];
};

static void print_row(struct text_view *view, struct row *row, const struct columns *columns) {
    size_t indent = indent_of(row->depth), at = 0; // `at` counts from the indentation
    for (size_t i = 0; i < row->count; i++) {
        held_note(view, indent, &row->cells[i].note);
    }
    for (size_t i = 0; i < row->count; i++) {
        struct cell *cell = &row->cells[i];
        size_t width = columns->label[i] + 2 + columns->value[i];
        if (i > 0 && indent + at + 3 + width > view->settings.width) {
            newline(view);
            at = 0;
        }
        if (at == 0) {
            spaces(view, indent);
        } else {
            put(view, DIM, " | ");
            at += 3;
        }
        put(view, LABEL, cell->label);
        spaces(view,
               width - strlen(cell->label) - strlen(cell->value)); // values right-aligned, as numbers are
        fputs(cell->value, view->settings.out);
        at += width;
        free(cell->value);
    }
    newline(view);
}

static void flush_cells(struct text_view *view) {
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
        kind_of(kind_a, a->cells[i].label);
        kind_of(kind_b, b->cells[i].label);
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
        flush_cells(view);
        view->rows[0] = last;
        view->row_count = 1;
    } else if (count == ROWS_MAX) {
        flush_cells(view);
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
static bool add_cell(struct text_view *view, const struct trace_step *step, bool news) {
    char key[TRACE_LABEL_SIZE];
    const char *rest = split_key(key, step->label);
    size_t per_line = CELLS_MAX;
    if (*rest == '\0') { // W[0], W[1], ...: a list of one kind, four to a line
        kind_of(key, step->label);
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

// --- steps with a line of their own ----------------------------------------------------------------------------

// Where a line stands while its value is written.
struct line {
    size_t start;  // the column of continuation lines
    size_t column; // where the next character goes
};

// Goes on to the next word: a space away, or on a new line.
static void next_column(struct text_view *view, struct line *line, bool new_line) {
    if (new_line) {
        newline(view);
        spaces(view, line->start);
        line->column = line->start;
    } else {
        spaces(view, 1);
        line->column++;
    }
}

// Makes room for an item of `width` characters, on the next line if need be.
static void make_room(struct text_view *view, struct line *line, size_t width, size_t gap) {
    if (line->column > line->start) {
        if (line->column + gap + width > view->settings.width) {
            newline(view);
            spaces(view, line->start);
            line->column = line->start;
        } else {
            spaces(view, gap);
            line->column += gap;
        }
    }
    line->column += width;
}

// How many of `count` words of `size` bytes go on a line that starts at column `start`: all, or a half, a quarter...
static size_t words_per_line(const struct text_view *view, size_t start, size_t size, size_t count) {
    size_t per_line = count;
    while (per_line > 1 && start + per_line * (2 * size + 1) - 1 > view->settings.width) {
        per_line = (per_line + 1) / 2;
    }
    return per_line;
}

static void put_words(struct text_view *view, struct line *line, const struct trace_step *step, size_t size) {
    char kind[TRACE_LABEL_SIZE];
    (void)snprintf(kind, sizeof kind, "words %zu %zu", size, step->length);
    const struct memory *before = recall(view->last, kind);
    size_t per_line = words_per_line(view, line->start, size, step->length / size);
    for (size_t at = 0; at < step->length; at += size) {
        // Most words only move on by one place: new is what stood nowhere in the words before.
        bool found = before == NULL;
        for (size_t i = 0; !found && i < before->length; i += size) {
            found = memcmp(before->bytes + i, step->bytes + at, size) == 0;
        }
        char hex[17];
        hex_encode(hex, step->bytes + at, size);
        if (at > 0) {
            next_column(view, line, at / size % per_line == 0);
        }
        line->column += 2 * size;
        put(view, found ? PLAIN : CHANGED, hex);
    }
    if (step->length > size) {
        remember_value(view, kind, step);
    }
}

static void put_bits(struct text_view *view, struct line *line, const struct trace_step *step) {
    char kind[TRACE_LABEL_SIZE], name[TRACE_LABEL_SIZE];
    kind_of(kind, step->label);
    int cut = snprintf(name, sizeof name, "bits %u %s", step->bits, kind);
    const struct memory *before = cut > 0 && (size_t)cut < sizeof name ? recall(view->last, name) : NULL;
    unsigned group = step->group > 0 ? step->group : 8;
    // Under eight groups of six the eight results of four stand one below the other.
    size_t gap = group == 4 && strncmp(step->label, "S1(", 3) == 0 ? 3 : 1;
    for (unsigned first = 0; first < step->bits; first += group) {
        unsigned count = step->bits - first < group ? step->bits - first : group;
        make_room(view, line, count, gap);
        for (unsigned i = first; i < first + count; i++) {
            bool bit = trace_bit(step, i);
            bool changed = before != NULL && ((before->bytes[i / 8] >> (7 - i % 8) & 1) != 0) != bit;
            put(view, changed ? CHANGED : PLAIN, bit ? "1" : "0");
        }
    }
    remember_value(view, name, step);
    if (step->bits % 4 == 0 && step->bits >= 16) {
        char *hex = trace_value_text(step);
        if (line->column + 4 + strlen(hex) <= view->settings.width) {
            color(view, DIM);
            fprintf(view->settings.out, "  # %s", hex);
            color(view, PLAIN);
            line->column += 4 + strlen(hex);
        }
        free(hex);
    }
}

// Text in pieces of at most 64 characters, one to a line.
static void put_folded(struct text_view *view, struct line *line, const char *text) {
    size_t length = strlen(text), most = 64;
    while (most > 16 && line->start + most > view->settings.width) {
        most -= 8;
    }
    for (size_t at = 0; at < length; at += most) {
        size_t piece = length - at < most ? length - at : most;
        if (at > 0) {
            newline(view);
            spaces(view, line->start);
            line->column = line->start;
        }
        fprintf(view->settings.out, "%.*s", (int)piece, text + at);
        line->column += piece;
    }
}

static void put_integer(struct text_view *view, struct line *line, const struct trace_step *step) {
    mpz_t x;
    mpz_init(x);
    trace_step_integer(x, step);
    size_t bits = mpz_sgn(x) == 0 ? 0 : mpz_sizeinbase(x, 2);
    char *text;
    if (bits <= DECIMAL_BITS) {
        text = trace_value_text(step);
        put_folded(view, line, text);
    } else {
        text = trace_allocate(2 * step->length + 4, 1);
        (void)snprintf(text, 4, "%s0x", step->negative ? "-" : "");
        hex_encode(text + strlen(text), step->bytes, step->length);
        fprintf(view->settings.out, "%.*s", step->negative ? 3 : 2, text);
        line->start += step->negative ? 3 : 2; // the digits of all lines stand below each other
        line->column = line->start;
        put_folded(view, line, text + (step->negative ? 3 : 2));
        color(view, DIM);
        fprintf(view->settings.out, "  # %zu bits", bits);
        color(view, PLAIN);
    }
    free(text);
    mpz_clear(x);
}

// Up to 32 bytes in one piece, to be copied; more, or where that is too wide, as words of four, to be read.
static void put_bytes(struct text_view *view, struct line *line, const struct trace_step *step) {
    if (step->length == 0) {
        put(view, DIM, "# no bytes");
    }
    bool one_piece = step->length <= 32 && line->start + 2 * step->length <= view->settings.width;
    size_t piece = one_piece ? 32 : 4;
    size_t per_line = words_per_line(view, line->start, 4, 8);
    for (size_t at = 0; at < step->length; at += piece) {
        size_t length = step->length - at < piece ? step->length - at : piece;
        char hex[65];
        hex_encode(hex, step->bytes + at, length);
        if (at > 0) {
            next_column(view, line, at / piece % per_line == 0);
        }
        fputs(hex, view->settings.out);
        line->column += 2 * length;
    }
}

static void put_text(struct text_view *view, struct line *line, const struct trace_step *step) {
    for (size_t i = 0; i < step->length; i++) {
        unsigned char c = step->bytes[i];
        fputc(c < 0x20 || c == 0x7F ? '.' : c, view->settings.out);
    }
    line->column += step->length;
}

// "#                 a        b        c ...", above the first of many steps that list the working variables.
static void put_heads(struct text_view *view, const struct trace_step *step, size_t column) {
    size_t size = step->shape == TRACE_WORDS64 ? 8 : 4;
    bool words = (step->shape == TRACE_WORDS32 || step->shape == TRACE_WORDS64) && step->length > size;
    bool round = strncmp(step->label, "t =", 3) == 0 || strncmp(step->label, "Round", 5) == 0;
    char kind[TRACE_LABEL_SIZE];
    kind_of(kind, round ? "t" : step->label);
    if (!words || !round || strcmp(kind, view->table_key) == 0) {
        if (!words || !round) {
            view->table_key[0] = '\0';
        }
        return;
    }
    memcpy(view->table_key, kind, sizeof kind);
    const char *names = step->length / size == 4 ? "ABCD" : "abcdefgh";
    size_t count = step->length / size < strlen(names) ? step->length / size : strlen(names);
    size_t per_line = words_per_line(view, indent_of(step->depth) + column, size, count);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count || (i + 1) % per_line == 0;
        if (i % per_line == 0) {
            spaces(view, indent_of(step->depth));
            color(view, DIM);
            fprintf(view->settings.out, "#%*s", (int)column - 1, "");
        }
        fprintf(view->settings.out, "%-*c", last ? 1 : (int)(2 * size + 1), names[i]);
        if (last) {
            color(view, PLAIN);
            newline(view);
        }
    }
}

static void put_line(struct text_view *view, const struct trace_step *step, const char *note) {
    size_t indent = indent_of(step->depth), label = strlen(step->label);
    size_t column = LABEL_COLUMN > label + 2 ? LABEL_COLUMN : label + 2;
    struct line line = {.start = indent + column, .column = indent + column};
    put_heads(view, step, column);
    spaces(view, indent);
    put(view, LABEL, step->label);
    bool empty = step->shape == TRACE_TEXT && step->length == 0;
    spaces(view, empty ? 0 : column - label);
    switch (step->shape) {
    case TRACE_WORDS32:
        put_words(view, &line, step, 4);
        break;
    case TRACE_WORDS64:
        put_words(view, &line, step, 8);
        break;
    case TRACE_BITS:
        put_bits(view, &line, step);
        break;
    case TRACE_INTEGER:
        put_integer(view, &line, step);
        break;
    case TRACE_TEXT:
        put_text(view, &line, step);
        break;
    case TRACE_BYTES:
    case TRACE_STATE:
    case TRACE_SECTION:
        put_bytes(view, &line, step);
        break;
    }
    if (note != NULL && line.column + 4 + strlen(note) <= view->settings.width && step->length > 0) {
        color(view, DIM);
        fprintf(view->settings.out, "  # %s", note);
        color(view, PLAIN);
        note = NULL;
    }
    newline(view);
    if (note != NULL) {
        remark(view, indent + INDENT, note);
    }
}

// --- the sink --------------------------------------------------------------------------------------------------

static void flush_all(struct text_view *view) {
    flush_grids(view);
    flush_cells(view);
}

static void show_section(struct text_view *view, const struct trace_step *step) {
    flush_all(view);
    view->table_key[0] = '\0';
    bool key_schedule = strcmp(step->label, "KS") == 0 || strcmp(step->label, "KeyExpansion") == 0;
    if (step->depth >= view->settings.depth || (key_schedule && view->settings.fold_key_schedule)) {
        (void)snprintf(view->hidden_label, sizeof view->hidden_label, "%s", step->label);
        view->hidden_note = is_news(view, step->note) ? trace_copy(step->note) : NULL;
        view->hidden_depth = step->depth;
        return;
    }
    newline(view);
    spaces(view, indent_of(step->depth));
    put(view, DIM, "# ");
    color(view, HEADING);
    fprintf(view->settings.out, "[%s]", step->label);
    color(view, PLAIN);
    newline(view);
    if (is_news(view, step->note)) {
        remark(view, indent_of(step->depth), step->note);
    }
}

static void on_step(struct trace_sink *sink, const struct trace_step *step) {
    struct text_view *view = (struct text_view *)sink;
    start(view);
    if (view->hidden_label[0] != '\0' && step->depth > view->hidden_depth) {
        view->hidden += step->shape == TRACE_SECTION ? 0 : 1;
        return;
    }
    show_hidden(view);
    if (step->shape == TRACE_SECTION) {
        show_section(view, step);
        return;
    }
    bool news = is_news(view, step->note);
    if (step->shape == TRACE_STATE) {
        char key[TRACE_LABEL_SIZE];
        (void)split_key(key, step->label);
        flush_cells(view);
        add_grid(view, step, key, news);
        return;
    }
    flush_grids(view);
    if (add_cell(view, step, news)) {
        return;
    }
    flush_cells(view);
    put_line(view, step, news ? step->note : NULL);
}

static int finish(struct trace_view *base) {
    struct text_view *view = (struct text_view *)base;
    show_hidden(view);
    flush_all(view);
    return STATUS_OK;
}

static void release(struct trace_view *base) {
    struct text_view *view = (struct text_view *)base;
    for (size_t i = 0; i < view->grid_count; i++) {
        free(view->grids[i].note);
    }
    for (size_t r = 0; r < view->row_count; r++) {
        for (size_t i = 0; i < view->rows[r].count; i++) {
            free(view->rows[r].cells[i].value);
            free(view->rows[r].cells[i].note);
        }
    }
    free(view->hidden_note);
    forget(view->last);
    forget(view->notes);
    free(view);
}

struct trace_view *trace_text_view(const struct trace_settings *settings) {
    struct text_view *view = trace_allocate(1, sizeof *view);
    view->view.sink.step = on_step;
    view->view.finish = finish;
    view->view.release = release;
    view->settings = *settings;
    return &view->view;
}
