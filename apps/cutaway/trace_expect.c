// Compares a trace with an expected one and stops at the first difference: the question every implementer asks.
//
// The expected trace is our JSON (one object a line), our text, or a plain list of lines `LABEL VALUE`, `LABEL = VALUE`
// or `LABEL: VALUE`. Spaces in labels and in hex do not count; '#' starts a comment. A list may leave steps out: each
// entry waits for the next step of its label.
//
// Labels may hold spaces, colons and equals signs themselves ("t = 0", "EM: 00 02"), so where a label ends is only known
// once a step with that label comes up: lines are kept as they are, and matched against each step's label.

#include "apps/common/message.h"
#include "apps/cutaway/trace_expected.h"
#include "apps/cutaway/trace_view.h"
#include "bignum/encoding.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct expect_view {
    struct trace_view view;
    struct trace_settings settings;
    struct expected expected;
    size_t next;    // the entry that waits for its step
    bool differs;   // the first difference was found and shown
    json_t *labels; // every label of the trace, as the keys of an object
    char agreed[TRACE_LABEL_SIZE];
    size_t agreed_line;
};

// --- comparing values ------------------------------------------------------------------------------------------

// The text without white space, allocated.
static char *squeeze(const char *text) {
    char *out = trace_allocate(strlen(text) + 1, 1);
    size_t length = 0;
    for (; *text != '\0'; text++) {
        if (!isspace((unsigned char)*text)) {
            out[length++] = *text;
        }
    }
    return out;
}

static bool all_of(const char *text, const char *set) {
    return *text != '\0' && strspn(text, set) == strlen(text);
}

// The expected value in the form of trace_value_text, so that equal values are equal texts. NULL when it cannot be a
// value of this step's shape.
static char *normalize(const struct trace_step *step, const char *value) {
    if (step->shape == TRACE_TEXT) {
        char *copy = trace_copy(value);
        char *trimmed = trace_copy(expected_trim(copy));
        free(copy);
        return trimmed;
    }
    char *text = squeeze(value);
    bool negative = step->shape == TRACE_INTEGER && text[0] == '-';
    char *digits = text + (negative ? 1 : 0);
    bool prefixed = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    digits += prefixed ? 2 : 0;
    bool empty = step->length == 0 && step->shape != TRACE_INTEGER && *digits == '\0';
    if (!empty && !all_of(digits, "0123456789abcdefABCDEF")) {
        free(text);
        return NULL;
    }
    for (char *at = digits; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    char *result;
    if (step->shape == TRACE_BITS && strlen(digits) == step->bits && all_of(digits, "01") && step->bits > 1) {
        uint8_t *bytes = trace_allocate((step->bits + 7) / 8, 1);
        for (size_t i = 0; i < step->bits; i++) {
            bytes[i / 8] = (uint8_t)(bytes[i / 8] | (digits[i] == '1' ? 0x80U >> (i % 8) : 0U));
        }
        struct trace_step copy = *step;
        copy.bytes = bytes;
        result = trace_value_text(&copy);
        free(bytes);
    } else if (step->shape == TRACE_INTEGER) {
        mpz_t x;
        mpz_init(x);
        bool hex = prefixed || !all_of(digits, "0123456789");
        bool ok = hex ? bn_from_hex(x, digits) : bn_from_decimal(x, digits);
        if (ok && negative) {
            mpz_neg(x, x);
        }
        size_t size = bn_text_size(x);
        result = trace_allocate(size, 1);
        if (!ok || !bn_to_decimal(result, size, x)) {
            free(result);
            result = NULL;
        }
        mpz_clear(x);
    } else {
        result = trace_copy(digits);
    }
    free(text);
    return result;
}

// Where the label ends in an entry's text, spaces ignored: the value follows. NULL when it is another label.
static const char *after_label(const char *text, const char *label) {
    while (true) {
        label += strspn(label, " ");
        if (*label == '\0') {
            break;
        }
        text += strspn(text, " \t");
        if (*text != *label) {
            return NULL;
        }
        text++;
        label++;
    }
    if (*text != '\0' && strchr(" \t=:", *text) == NULL) {
        return NULL;
    }
    text += strspn(text, " \t");
    text += *text == '=' || *text == ':' ? 1 : 0;
    return text + strspn(text, " \t");
}

// The value that the entry expects of this step, normalized; NULL when the entry is for another step.
static char *expected_value(const struct expected_entry *entry, const struct trace_step *step) {
    const char *value = after_label(entry->text, step->label);
    if (value == NULL) {
        return NULL;
    }
    if (entry->value != NULL) {
        return *value == '\0' ? normalize(step, entry->value) : NULL;
    }
    return normalize(step, value);
}

// --- telling ---------------------------------------------------------------------------------------------------

static void show_value(const struct expect_view *view, const char *what, const char *value, size_t from) {
    FILE *out = view->settings.out;
    fprintf(out, "  %-9s %.*s", what, (int)from, value);
    fputs(view->settings.color ? "\033[1;31m" : "", out);
    fputs(value + from, out);
    fputs(view->settings.color ? "\033[0m" : "", out);
    fputc('\n', out);
}

// Which byte, word or bit is the first that differs: `digit` is the place of the first different hex digit.
static void show_place(const struct expect_view *view, const struct trace_step *step, const char *expected,
                       const char *got, size_t digit) {
    FILE *out = view->settings.out;
    size_t byte = digit / 2;
    if (strlen(expected) != strlen(got)) {
        fprintf(out, "  the lengths differ: expected %zu hex digits, got %zu\n", strlen(expected),
                strlen(got));
        return;
    }
    if (step->shape == TRACE_BITS) {
        size_t padding = 4 * strlen(got) - step->bits;
        for (unsigned bit = 0; bit < step->bits; bit++) {
            size_t place = bit + padding;
            char text[2] = {expected[place / 4], '\0'};
            unsigned nibble = (unsigned)strtoul(text, NULL, 16);
            if ((nibble >> (3 - place % 4) & 1U) != (trace_bit(step, bit) ? 1U : 0U)) {
                fprintf(out, "  bit %u, counted from 1 at the left, is the first that differs\n", bit + 1);
                return;
            }
        }
        return;
    }
    char pair[2][3] = {{expected[2 * byte], expected[2 * byte + 1], '\0'},
                       {got[2 * byte], got[2 * byte + 1], '\0'}};
    unsigned long difference = strtoul(pair[0], NULL, 16) ^ strtoul(pair[1], NULL, 16);
    fprintf(out, "  byte %zu is the first that differs", byte);
    if (step->shape == TRACE_STATE) {
        fprintf(out, " (row %zu, column %zu of the state)", byte % 4, byte / 4);
    } else if (step->shape == TRACE_WORDS32 || step->shape == TRACE_WORDS64) {
        size_t size = step->shape == TRACE_WORDS32 ? 4 : 8;
        fprintf(out, " (in word %zu)", byte / size);
    }
    fprintf(out, ": expected %s, got %s, bits ", pair[0], pair[1]);
    for (int bit = 7; bit >= 0; bit--) {
        fputc((difference >> bit & 1) != 0 ? '^' : '.', out);
    }
    fputc('\n', out);
}

static void show_agreed(const struct expect_view *view) {
    FILE *out = view->settings.out;
    if (view->next == 0) {
        fputs("  nothing agreed before it\n", out);
    } else {
        fprintf(out, "  the last step that agreed: %s (line %zu); %zu value%s agreed\n", view->agreed,
                view->agreed_line, view->next, view->next == 1 ? "" : "s");
    }
}

static void show_difference(struct expect_view *view, const struct trace_step *step, const char *expected,
                            const char *got) {
    FILE *out = view->settings.out;
    size_t same = 0;
    while (expected[same] != '\0' && expected[same] == got[same]) {
        same++;
    }
    fprintf(out, "first difference: %s (line %zu of %s)\n", step->label,
            view->expected.entries[view->next].line, view->expected.path);
    bool hex = step->shape != TRACE_INTEGER && step->shape != TRACE_TEXT;
    show_value(view, "expected", expected, same);
    show_value(view, "got", got, same);
    if (hex) {
        show_place(view, step, expected, got, same);
    }
    if (step->note != NULL) {
        fprintf(out, "  this step: %s\n", step->note);
    }
    show_agreed(view);
}

// --- the sink --------------------------------------------------------------------------------------------------

static void on_step(struct trace_sink *sink, const struct trace_step *step) {
    struct expect_view *view = (struct expect_view *)sink;
    if (view->differs || view->next == view->expected.count || step->shape == TRACE_SECTION ||
        step->depth > view->settings.depth) {
        return;
    }
    char *label = squeeze(step->label);
    (void)json_object_set_new(view->labels, label, json_null());
    free(label);
    const struct expected_entry *entry = &view->expected.entries[view->next];
    char *expected = expected_value(entry, step);
    if (expected == NULL) {
        return;
    }
    char *got = trace_value_text(step);
    if (step->shape == TRACE_TEXT) { // as the expected value
        char *trimmed = trace_copy(expected_trim(got));
        free(got);
        got = trimmed;
    }
    if (strcmp(expected, got) == 0) {
        (void)snprintf(view->agreed, sizeof view->agreed, "%s", step->label);
        view->agreed_line = entry->line;
        view->next++;
    } else {
        view->differs = true;
        show_difference(view, step, expected, got);
    }
    free(got);
    free(expected);
}

// True when some step of the trace had the entry's label, if not at the right time.
static bool label_was_seen(const struct expect_view *view, const struct expected_entry *entry) {
    const char *label;
    json_t *value;
    char *text = squeeze(entry->text);
    bool seen = false;
    json_object_foreach(view->labels, label, value) {
        size_t length = strlen(label);
        seen = seen || (entry->value != NULL ? strcmp(text, label) == 0 : strncmp(text, label, length) == 0);
    }
    free(text);
    return seen;
}

static void release(struct trace_view *base) {
    struct expect_view *view = (struct expect_view *)base;
    for (size_t i = 0; i < view->expected.count; i++) {
        free(view->expected.entries[i].text);
        free(view->expected.entries[i].value);
    }
    free(view->expected.entries);
    free(view->expected.path);
    json_decref(view->labels);
    free(view);
}

static int finish(struct trace_view *base) {
    struct expect_view *view = (struct expect_view *)base;
    FILE *out = view->settings.out;
    int status = STATUS_OK;
    if (view->differs) {
        status = STATUS_FAILED;
    } else if (view->next < view->expected.count) {
        const struct expected_entry *entry = &view->expected.entries[view->next];
        fprintf(out, "no step for line %zu of %s: %.70s\n", entry->line, view->expected.path, entry->text);
        fputs(label_was_seen(view, entry) ? "  the trace has steps of that name, but none (of such a value) "
                                            "after the last that agreed\n"
                                          : "  the trace has no step of that name\n",
              out);
        show_agreed(view);
        status = STATUS_FAILED;
    } else {
        fprintf(out, "all %zu values agree with %s\n", view->expected.count, view->expected.path);
    }
    return status;
}

struct trace_view *trace_expect_view(const struct trace_settings *settings, const char *path, int *status) {
    struct expect_view *view = trace_allocate(1, sizeof *view);
    view->view.sink.step = on_step;
    view->view.finish = finish;
    view->view.release = release;
    view->settings = *settings;
    view->expected.path = trace_copy(path);
    view->labels = json_object();
    *status = view->labels == NULL ? failure("the expected trace does not fit into memory")
                                   : expected_read(&view->expected);
    if (*status != STATUS_OK) {
        release(&view->view);
        return NULL;
    }
    return &view->view;
}
