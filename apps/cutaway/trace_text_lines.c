// The text view of a trace: steps with a line, or several, of their own.

#include "apps/common/hex.h"
#include "apps/cutaway/trace_text.h"
#include "bignum/encoding.h"

#include <stdlib.h>
#include <string.h>

// Where a line stands while its value is written.
struct line {
    size_t start;  // the column of continuation lines
    size_t column; // where the next character goes
};

// Goes on to the next word: a space away, or on a new line.
static void next_column(struct text_view *view, struct line *line, bool new_line) {
    if (new_line) {
        text_newline(view);
        text_spaces(view, line->start);
        line->column = line->start;
    } else {
        text_spaces(view, 1);
        line->column++;
    }
}

// Makes room for an item of `width` characters, on the next line if need be.
static void make_room(struct text_view *view, struct line *line, size_t width, size_t gap) {
    if (line->column > line->start) {
        if (line->column + gap + width > view->settings.width) {
            text_newline(view);
            text_spaces(view, line->start);
            line->column = line->start;
        } else {
            text_spaces(view, gap);
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
    const struct memory *before = text_recall(view->last, kind);
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
        text_put(view, found ? TEXT_PLAIN : TEXT_CHANGED, hex);
    }
    if (step->length > size) {
        text_remember_value(view, kind, step);
    }
}

static void put_bits(struct text_view *view, struct line *line, const struct trace_step *step) {
    char kind[TRACE_LABEL_SIZE], name[TRACE_LABEL_SIZE];
    text_kind_of(kind, step->label);
    int cut = snprintf(name, sizeof name, "bits %u %s", step->bits, kind);
    const struct memory *before = cut > 0 && (size_t)cut < sizeof name ? text_recall(view->last, name) : NULL;
    unsigned group = step->group > 0 ? step->group : 8;
    // Under eight groups of six the eight results of four stand one below the other.
    size_t gap = group == 4 && strncmp(step->label, "S1(", 3) == 0 ? 3 : 1;
    for (unsigned first = 0; first < step->bits; first += group) {
        unsigned count = step->bits - first < group ? step->bits - first : group;
        make_room(view, line, count, gap);
        for (unsigned i = first; i < first + count; i++) {
            bool bit = trace_bit(step, i);
            bool changed = before != NULL && ((before->bytes[i / 8] >> (7 - i % 8) & 1) != 0) != bit;
            text_put(view, changed ? TEXT_CHANGED : TEXT_PLAIN, bit ? "1" : "0");
        }
    }
    text_remember_value(view, name, step);
    if (step->bits % 4 == 0 && step->bits >= 16) {
        char *hex = trace_value_text(step);
        if (line->column + 4 + strlen(hex) <= view->settings.width) {
            text_color(view, TEXT_DIM);
            fprintf(view->settings.out, "  # %s", hex);
            text_color(view, TEXT_PLAIN);
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
            text_newline(view);
            text_spaces(view, line->start);
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
        char remark[32];
        size_t width = (size_t)snprintf(remark, sizeof remark, "# %zu bits", bits);
        make_room(view, line, width, 2);
        text_put(view, TEXT_DIM, remark);
    }
    free(text);
    mpz_clear(x);
}

// Up to 32 bytes in one piece, to be copied; more, or where that is too wide, as words of four, to be read.
static void put_bytes(struct text_view *view, struct line *line, const struct trace_step *step) {
    if (step->length == 0) {
        text_put(view, TEXT_DIM, "# no bytes");
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
    text_kind_of(kind, round ? "t" : step->label);
    if (!words || !round || strcmp(kind, view->table_key) == 0) {
        if (!words || !round) {
            view->table_key[0] = '\0';
        }
        return;
    }
    memcpy(view->table_key, kind, sizeof kind);
    const char *names = step->length / size == 4 ? "ABCD" : "abcdefgh";
    size_t count = step->length / size < strlen(names) ? step->length / size : strlen(names);
    size_t per_line = words_per_line(view, text_indent_of(step->depth) + column, size, count);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count || (i + 1) % per_line == 0;
        if (i % per_line == 0) {
            text_spaces(view, text_indent_of(step->depth));
            text_color(view, TEXT_DIM);
            fprintf(view->settings.out, "#%*s", (int)column - 1, "");
        }
        fprintf(view->settings.out, "%-*c", last ? 1 : (int)(2 * size + 1), names[i]);
        if (last) {
            text_color(view, TEXT_PLAIN);
            text_newline(view);
        }
    }
}

void text_put_line(struct text_view *view, const struct trace_step *step, const char *note) {
    size_t indent = text_indent_of(step->depth), label = strlen(step->label);
    size_t column = LABEL_COLUMN > label + 2 ? LABEL_COLUMN : label + 2;
    struct line line = {.start = indent + column, .column = indent + column};
    put_heads(view, step, column);
    text_spaces(view, indent);
    text_put(view, TEXT_LABEL, step->label);
    bool empty = step->shape == TRACE_TEXT && step->length == 0;
    text_spaces(view, empty ? 0 : column - label);
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
        text_color(view, TEXT_DIM);
        fprintf(view->settings.out, "  # %s", note);
        text_color(view, TEXT_PLAIN);
        note = NULL;
    }
    text_newline(view);
    if (note != NULL) {
        text_remark(view, indent + INDENT, note);
    }
}
