// The trace: how an algorithm shows its work, step by step.
//
// A reference implementation reports named steps while it runs. A step has a label in the words of the standard
// ("round[ 3].s_row"), a value with a shape, and a note of one sentence. Whoever is interested attaches a sink:
// the terminal view, the JSON view, the comparison with another trace, and the tests all read this one stream.
// With no sink attached a report costs one predictable branch. libc only.
#ifndef BIGNUM_TRACE_H
#define BIGNUM_TRACE_H

#include <stddef.h>
#include <stdint.h>

// How the bytes of a step want to be looked at.
enum trace_shape {
    TRACE_BYTES,   // a string of bytes
    TRACE_STATE,   // the 4x4 AES state, 16 bytes, column by column: byte i stands in row i % 4, column i / 4
    TRACE_BITS,    // a bit string, most significant bit first, in groups of `group` bits (DES)
    TRACE_WORDS32, // 32-bit words, each as 4 bytes most significant first, whatever the algorithm's byte order
    TRACE_WORDS64, // 64-bit words, each as 8 bytes most significant first
    TRACE_INTEGER, // an integer: big-endian magnitude without leading zeros (none at all for 0), sign apart
    TRACE_TEXT,    // words for people: a verdict, a choice ("composite"); `bytes` is the text
    TRACE_SECTION, // the start of a nested computation (MGF1 inside OAEP); has a label, no value
};

struct trace_step {
    const char *label; // in the standard's own words
    const char *note;  // one sentence: the idea and the clause; NULL when the label says it all
    enum trace_shape shape;
    const uint8_t *bytes; // the value, valid during the call only
    size_t length;        // in bytes
    unsigned bits;        // TRACE_BITS: how many bits count, from the left of the first byte
    unsigned group;       // TRACE_BITS: bits to a group when shown
    int negative;         // TRACE_INTEGER: 1 for a value below zero
    unsigned depth;       // 0 for the algorithm asked for, 1 for what it calls (a section), and so on
};

// A receiver of steps. Embed it first in a struct of your own to carry state.
struct trace_sink {
    void (*step)(struct trace_sink *sink, const struct trace_step *step);
    unsigned depth; // kept by trace_enter and trace_leave; starts at 0
};

// The sink of this thread; NULL when nobody watches. Read it through trace_on().
extern _Thread_local struct trace_sink *trace_current_sink;

// Attaches a sink to this thread and returns the one that was attached before (NULL for none). NULL detaches.
struct trace_sink *trace_attach(struct trace_sink *sink);

#define trace_on() (__builtin_expect(trace_current_sink != NULL, 0))

// Reports, all of the form (value, NOTE, LABEL as in printf, arguments...). Nothing is evaluated or formatted
// when no sink is attached. NOTE may be NULL.
//   trace_bytes  (bytes, length, note, label, ...)
//   trace_state  (state, note, label, ...)                  16 bytes
//   trace_bits   (bytes, bits, group, note, label, ...)
//   trace_words32(words, count, note, label, ...)           const uint32_t *
//   trace_words64(words, count, note, label, ...)           const uint64_t *
//   trace_number (number, note, label, ...)                 uint64_t, shown as an integer
//   trace_text   (text, note, label, ...)                   const char *
//   trace_enter  (note, label, ...)  and  trace_leave()     nested computations, always in pairs
// Integers of any size: trace_integer in bignum/trace_integer.h.
#define trace_bytes(...)   (trace_on() ? trace_report_bytes(__VA_ARGS__) : (void)0)
#define trace_state(...)   (trace_on() ? trace_report_state(__VA_ARGS__) : (void)0)
#define trace_bits(...)    (trace_on() ? trace_report_bits(__VA_ARGS__) : (void)0)
#define trace_words32(...) (trace_on() ? trace_report_words32(__VA_ARGS__) : (void)0)
#define trace_words64(...) (trace_on() ? trace_report_words64(__VA_ARGS__) : (void)0)
#define trace_number(...)  (trace_on() ? trace_report_number(__VA_ARGS__) : (void)0)
#define trace_text(...)    (trace_on() ? trace_report_text(__VA_ARGS__) : (void)0)
#define trace_enter(...)   (trace_on() ? trace_report_enter(__VA_ARGS__) : (void)0)
#define trace_leave()      (trace_on() ? trace_report_leave() : (void)0)

#define TRACE_PRINTF(label, first) __attribute__((format(printf, label, first)))
void trace_report_bytes(const void *bytes, size_t length, const char *note, const char *label, ...)
    TRACE_PRINTF(4, 5);
void trace_report_state(const uint8_t state[16], const char *note, const char *label, ...) TRACE_PRINTF(3, 4);
void trace_report_bits(const uint8_t *bytes, unsigned bits, unsigned group, const char *note,
                       const char *label, ...) TRACE_PRINTF(5, 6);
void trace_report_words32(const uint32_t *words, size_t count, const char *note, const char *label, ...)
    TRACE_PRINTF(4, 5);
void trace_report_words64(const uint64_t *words, size_t count, const char *note, const char *label, ...)
    TRACE_PRINTF(4, 5);
void trace_report_number(uint64_t number, const char *note, const char *label, ...) TRACE_PRINTF(3, 4);
void trace_report_text(const char *text, const char *note, const char *label, ...) TRACE_PRINTF(3, 4);
void trace_report_enter(const char *note, const char *label, ...) TRACE_PRINTF(2, 3);
void trace_report_leave(void);

// Delivers one finished step, its depth filled in: for reporters of other shapes (trace_integer).
void trace_deliver(struct trace_step *step);

#endif
