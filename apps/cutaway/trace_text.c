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

#include "apps/cutaway/trace_text.h"
#include "apps/common/message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// --- colour ----------------------------------------------------------------------------------------------------

void text_color(const struct text_view *view, enum text_color which) {
    static const char *const codes[] = {
        [TEXT_PLAIN] = "\033[0m", [TEXT_LABEL] = "\033[36m",  [TEXT_CHANGED] = "\033[1;33m",
        [TEXT_DIM] = "\033[2m",   [TEXT_HEADING] = "\033[1m",
    };
    if (view->settings.color) {
        fputs(codes[which], view->settings.out);
    }
}

void text_put(const struct text_view *view, enum text_color which, const char *text) {
    if (which != TEXT_PLAIN) {
        text_color(view, which);
    }
    fputs(text, view->settings.out);
    if (which != TEXT_PLAIN) {
        text_color(view, TEXT_PLAIN);
    }
}

void text_spaces(const struct text_view *view, size_t count) {
    fprintf(view->settings.out, "%*s", (int)count, "");
}

void text_newline(const struct text_view *view) {
    fputc('\n', view->settings.out);
}

size_t text_indent_of(unsigned depth) {
    return INDENT * (size_t)depth;
}

// --- kinds of steps --------------------------------------------------------------------------------------------

// The kind of a label: its digits left out, so that "L3" and "L4" are of one kind.
void text_kind_of(char kind[static TRACE_LABEL_SIZE], const char *label) {
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
const char *text_split_key(char key[static TRACE_LABEL_SIZE], const char *label) {
    size_t at = strcspn(label, "0123456789");
    at += strspn(label + at, "0123456789");
    at += label[at] == ']' ? 1 : 0;
    size_t length = at < TRACE_LABEL_SIZE ? at : TRACE_LABEL_SIZE - 1;
    memcpy(key, label, length);
    key[length] = '\0';
    return label + at;
}

struct memory *text_recall(struct memory *list, const char *name) {
    while (list != NULL && strcmp(list->name, name) != 0) {
        list = list->next;
    }
    return list;
}

static struct memory *remember(struct memory **list, const char *name) {
    struct memory *memory = text_recall(*list, name);
    if (memory == NULL) {
        memory = trace_allocate(1, sizeof *memory);
        memory->name = trace_copy(name);
        memory->next = *list;
        *list = memory;
    }
    return memory;
}

void text_remember_value(struct text_view *view, const char *name, const struct trace_step *step) {
    struct memory *memory = remember(&view->last, name);
    free(memory->bytes);
    memory->bytes = trace_allocate(step->length, 1);
    if (step->length > 0) {
        memcpy(memory->bytes, step->bytes, step->length);
    }
    memory->length = step->length;
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
    text_color(view, TEXT_DIM);
    fprintf(view->settings.out, "# %s",
            view->settings.title != NULL ? view->settings.title : "cutaway trace");
    text_color(view, TEXT_PLAIN);
    text_newline(view);
}

// True when the note has not been printed yet; from now on it has.
static bool is_news(struct text_view *view, const char *note) {
    if (note == NULL || text_recall(view->notes, note) != NULL) {
        return false;
    }
    (void)remember(&view->notes, note);
    return true;
}

// "# text", folded between words.
void text_remark(struct text_view *view, size_t indent, const char *text) {
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
        text_spaces(view, indent);
        text_color(view, TEXT_DIM);
        fprintf(view->settings.out, "# %.*s", (int)length, text);
        text_color(view, TEXT_PLAIN);
        text_newline(view);
        text += length;
        text += strspn(text, " ");
    }
}

static void show_hidden(struct text_view *view) {
    if (view->hidden_label[0] == '\0') {
        return;
    }
    text_spaces(view, text_indent_of(view->hidden_depth));
    text_color(view, TEXT_DIM);
    fputs("# ", view->settings.out);
    text_color(view, TEXT_PLAIN);
    text_color(view, TEXT_HEADING);
    fprintf(view->settings.out, "[%s]", view->hidden_label);
    text_color(view, TEXT_PLAIN);
    text_color(view, TEXT_DIM);
    fprintf(view->settings.out, " %zu step%s inside", view->hidden, view->hidden == 1 ? "" : "s");
    if (!view->hint_given && view->hidden > 0) {
        fprintf(view->settings.out, ", which --depth %u or --depth all shows", view->hidden_depth + 1);
        view->hint_given = true;
    }
    text_color(view, TEXT_PLAIN);
    text_newline(view);
    if (view->hidden_note != NULL) {
        text_remark(view, text_indent_of(view->hidden_depth), view->hidden_note);
    }
    free(view->hidden_note);
    view->hidden_note = NULL;
    view->hidden_label[0] = '\0';
    view->hidden = 0;
}

// Prints and releases a note that was kept with a step.
void text_held_note(struct text_view *view, size_t indent, char **note) {
    if (*note != NULL) {
        text_remark(view, indent, *note);
    }
    free(*note);
    *note = NULL;
}

// --- the sink --------------------------------------------------------------------------------------------------

static void flush_all(struct text_view *view) {
    text_flush_grids(view);
    text_flush_cells(view);
}

static void show_section(struct text_view *view, const struct trace_step *step) {
    flush_all(view);
    view->table_key[0] = '\0';
    bool key_schedule = strcmp(step->label, "KS") == 0 || strcmp(step->label, "KeyExpansion") == 0;
    bool textbook = view->settings.unfold_textbook && view->integer_length_max > 0 &&
                    view->integer_length_max <= TEXTBOOK_BYTES;
    bool deep = step->depth >= view->settings.depth && !textbook;
    if (deep || (key_schedule && view->settings.fold_key_schedule)) {
        (void)snprintf(view->hidden_label, sizeof view->hidden_label, "%s", step->label);
        view->hidden_note = is_news(view, step->note) ? trace_copy(step->note) : NULL;
        view->hidden_depth = step->depth;
        return;
    }
    text_newline(view);
    text_spaces(view, text_indent_of(step->depth));
    text_put(view, TEXT_DIM, "# ");
    text_color(view, TEXT_HEADING);
    fprintf(view->settings.out, "[%s]", step->label);
    text_color(view, TEXT_PLAIN);
    text_newline(view);
    if (is_news(view, step->note)) {
        text_remark(view, text_indent_of(step->depth), step->note);
    }
}

static void on_step(struct trace_sink *sink, const struct trace_step *step) {
    struct text_view *view = (struct text_view *)sink;
    start(view);
    if (step->shape == TRACE_INTEGER && step->length > view->integer_length_max) {
        view->integer_length_max = step->length;
    }
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
        text_flush_cells(view);
        text_add_grid(view, step, news);
        return;
    }
    text_flush_grids(view);
    if (text_add_cell(view, step, news)) {
        return;
    }
    text_flush_cells(view);
    text_put_line(view, step, news ? step->note : NULL);
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
