// The trace's one stream: formats a label, puts the value into a step, hands the step to the attached sink.
//
// Every reporter below does the same three things, and only runs when somebody watches. The sink belongs to
// the thread, so a tool may trace in one thread while another computes undisturbed, and the algorithms need
// no extra parameter through which a reader's eye would have to travel.

#include "bignum/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    LABEL_SIZE = 96,    // the longest label, with its terminator; longer ones are cut
    SERIAL_WORDS = 128, // the most words of one report: SHA-512's schedule is 80
};

_Thread_local struct trace_sink *trace_current_sink;

struct trace_sink *trace_attach(struct trace_sink *sink) {
    struct trace_sink *before = trace_current_sink;
    trace_current_sink = sink;
    return before;
}

void trace_deliver(struct trace_step *step) {
    struct trace_sink *sink = trace_current_sink;
    step->depth = sink->depth;
    sink->step(sink, step);
}

// Formats the label from the variable arguments that follow `format` and delivers the step that was prepared.
#define DELIVER(step, format)                                                                                \
    do {                                                                                                     \
        char label_text[LABEL_SIZE];                                                                         \
        va_list arguments;                                                                                   \
        va_start(arguments, format);                                                                         \
        (void)vsnprintf(label_text, sizeof label_text, format, arguments);                                   \
        va_end(arguments);                                                                                   \
        (step).label = label_text;                                                                           \
        trace_deliver(&(step));                                                                              \
    } while (0)

void trace_report_bytes(const void *bytes, size_t length, const char *note, const char *label, ...) {
    struct trace_step step = {.note = note, .shape = TRACE_BYTES, .bytes = bytes, .length = length};
    DELIVER(step, label);
}

void trace_report_state(const uint8_t state[16], const char *note, const char *label, ...) {
    struct trace_step step = {.note = note, .shape = TRACE_STATE, .bytes = state, .length = 16};
    DELIVER(step, label);
}

void trace_report_bits(const uint8_t *bytes, unsigned bits, unsigned group, const char *note,
                       const char *label, ...) {
    struct trace_step step = {.note = note,
                              .shape = TRACE_BITS,
                              .bytes = bytes,
                              .length = (bits + 7) / 8,
                              .bits = bits,
                              .group = group};
    DELIVER(step, label);
}

// Writes `size` bytes of `number`, most significant first.
static void store_big_endian(uint8_t *out, uint64_t number, size_t size) {
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    }
}

void trace_report_words32(const uint32_t *words, size_t count, const char *note, const char *label, ...) {
    uint8_t serial[4 * SERIAL_WORDS];
    count = count < SERIAL_WORDS ? count : SERIAL_WORDS;
    for (size_t i = 0; i < count; i++) {
        store_big_endian(serial + 4 * i, words[i], 4);
    }
    struct trace_step step = {.note = note, .shape = TRACE_WORDS32, .bytes = serial, .length = 4 * count};
    DELIVER(step, label);
}

void trace_report_words64(const uint64_t *words, size_t count, const char *note, const char *label, ...) {
    uint8_t serial[8 * SERIAL_WORDS];
    count = count < SERIAL_WORDS ? count : SERIAL_WORDS;
    for (size_t i = 0; i < count; i++) {
        store_big_endian(serial + 8 * i, words[i], 8);
    }
    struct trace_step step = {.note = note, .shape = TRACE_WORDS64, .bytes = serial, .length = 8 * count};
    DELIVER(step, label);
}

void trace_report_number(uint64_t number, const char *note, const char *label, ...) {
    uint8_t serial[8];
    size_t leading_zeros = 0;
    store_big_endian(serial, number, 8);
    while (leading_zeros < 8 && serial[leading_zeros] == 0) {
        leading_zeros++;
    }
    struct trace_step step = {
        .note = note, .shape = TRACE_INTEGER, .bytes = serial + leading_zeros, .length = 8 - leading_zeros};
    DELIVER(step, label);
}

void trace_report_text(const char *text, const char *note, const char *label, ...) {
    struct trace_step step = {
        .note = note, .shape = TRACE_TEXT, .bytes = (const uint8_t *)text, .length = strlen(text)};
    DELIVER(step, label);
}

void trace_report_enter(const char *note, const char *label, ...) {
    struct trace_step step = {.note = note, .shape = TRACE_SECTION};
    DELIVER(step, label);
    trace_current_sink->depth++;
}

void trace_report_leave(void) {
    trace_current_sink->depth--;
}
