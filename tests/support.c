#include "tests/support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    int lower = tolower((unsigned char)c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

size_t from_hex(uint8_t *out, size_t size, const char *hex) {
    size_t digits = 0;
    for (const char *c = hex; *c != '\0'; c++) {
        if (isspace((unsigned char)*c)) {
            continue;
        }
        int value = hex_digit(*c);
        assert_true(value >= 0);
        assert_true(digits / 2 < size);
        unsigned digit = (unsigned)value;
        out[digits / 2] = (uint8_t)(digits % 2 == 0 ? digit << 4 : out[digits / 2] | digit);
        digits++;
    }
    assert_true(digits % 2 == 0);
    return digits / 2;
}

// Hex of `length` bytes, terminated, in fresh memory.
static char *to_hex(const uint8_t *bytes, size_t length) {
    char *text = calloc(2 * length + 1, 1);
    assert_non_null(text);
    for (size_t i = 0; i < length; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    return text;
}

void assert_bytes_equal_at(const uint8_t *actual, size_t length, const char *hex, const char *file,
                           int line) {
    uint8_t *expected = malloc(strlen(hex) / 2 + 1);
    assert_non_null(expected);
    size_t expected_length = from_hex(expected, strlen(hex) / 2 + 1, hex);
    char *actual_text = to_hex(actual, length);
    char *expected_text = to_hex(expected, expected_length);
    _assert_string_equal(actual_text, expected_text, file, line);
    free(actual_text);
    free(expected_text);
    free(expected);
}

void test_random_seed(struct test_random *random, uint64_t seed) {
    random->state = seed * 2 + 1;
}

uint64_t test_random_next(struct test_random *random) {
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(0x2545f4914f6cdd1d);
}

size_t test_random_below(struct test_random *random, size_t n) {
    return (size_t)(test_random_next(random) >> 16) % n;
}

void test_random_bytes(struct test_random *random, uint8_t *out, size_t length) {
    for (size_t i = 0; i < length; i++) {
        out[i] = (uint8_t)(test_random_next(random) >> 32);
    }
}

bool test_random_source(void *random, uint8_t *out, size_t length) {
    test_random_bytes(random, out, length);
    return true;
}

bool stuck_random_source(void *stuck, uint8_t *out, size_t length) {
    struct stuck_random *source = stuck;
    for (size_t i = 0; i < length; i++, source->given++) {
        out[i] = source->given < source->count
                     ? source->byte
                     : source->rest[(source->given - source->count) % source->rest_length];
    }
    return true;
}

// The value of a step as text, in the form that captured_step promises.
static char *step_value(const struct trace_step *step) {
    if (step->shape == TRACE_TEXT) {
        return strndup((const char *)step->bytes, step->length);
    }
    if (step->shape == TRACE_BITS) {
        char *bits = calloc(step->bits + 1, 1);
        assert_non_null(bits);
        for (unsigned i = 0; i < step->bits; i++) {
            bits[i] = (step->bytes[i / 8] >> (7 - i % 8) & 1) ? '1' : '0';
        }
        return bits;
    }
    char *hex = to_hex(step->bytes, step->length);
    if (step->shape != TRACE_INTEGER) {
        return hex;
    }
    const char *digits = *hex == '0' ? hex + 1 : hex;
    char *text = NULL;
    assert_true(asprintf(&text, "%s%s", step->negative ? "-" : "", *digits == '\0' ? "0" : digits) > 0);
    free(hex);
    return text;
}

static void keep_step(struct trace_sink *sink, const struct trace_step *step) {
    struct captured_trace *trace = (struct captured_trace *)sink;
    struct captured_step *grown = realloc(trace->steps, (trace->count + 1) * sizeof *grown);
    assert_non_null(grown);
    trace->steps = grown;
    trace->steps[trace->count++] = (struct captured_step){.label = strdup(step->label),
                                                          .value = step_value(step),
                                                          .shape = step->shape,
                                                          .depth = step->depth,
                                                          .noted = step->note != NULL};
}

void captured_trace_start(struct captured_trace *trace) {
    *trace = (struct captured_trace){.sink.step = keep_step};
    (void)trace_attach(&trace->sink);
}

void captured_trace_stop(struct captured_trace *trace) {
    (void)trace;
    (void)trace_attach(NULL);
}

void captured_trace_free(struct captured_trace *trace) {
    for (size_t i = 0; i < trace->count; i++) {
        free(trace->steps[i].label);
        free(trace->steps[i].value);
    }
    free(trace->steps);
    *trace = (struct captured_trace){0};
}

const char *captured_value(const struct captured_trace *trace, const char *label, size_t n) {
    for (size_t i = 0; i < trace->count; i++) {
        if (strcmp(trace->steps[i].label, label) == 0 && n-- == 0) {
            return trace->steps[i].value;
        }
    }
    fail_msg("no step \"%s\" in the trace", label);
    return NULL;
}

size_t captured_count(const struct captured_trace *trace, const char *beginning) {
    size_t count = 0;
    for (size_t i = 0; i < trace->count; i++) {
        count += strncmp(trace->steps[i].label, beginning, strlen(beginning)) == 0;
    }
    return count;
}

const char *captured_notes(const struct captured_trace *trace, const char *beginning) {
    static char labels[1024];
    size_t used = 0;
    labels[0] = '\0';
    for (size_t i = 0; i < trace->count; i++) {
        if (trace->steps[i].noted && strncmp(trace->steps[i].label, beginning, strlen(beginning)) == 0) {
            int written = snprintf(labels + used, sizeof labels - used, "%s;", trace->steps[i].label);
            assert_true(written > 0 && (size_t)written < sizeof labels - used);
            used += (size_t)written;
        }
    }
    return labels;
}
