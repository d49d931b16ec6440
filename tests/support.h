// What the cmocka tests share: hex in, a repeatable random source, and a trace kept in memory.
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

// cmocka wants these four before its own header.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bignum/trace.h"

#include <stdbool.h>

// Decodes hex text, spaces allowed, into out and returns the number of bytes; fails the test on anything else.
size_t from_hex(uint8_t *out, size_t size, const char *hex);

// assert_bytes_equal(actual, length, "00 11 ..."): against hex text, whose length must be the same.
#define assert_bytes_equal(actual, length, hex) assert_bytes_equal_at(actual, length, hex, __FILE__, __LINE__)
void assert_bytes_equal_at(const uint8_t *actual, size_t length, const char *hex, const char *file, int line);

// A small, fast, repeatable generator (xorshift64*) for test input: never for secrets. Same seed, same bytes.
struct test_random {
    uint64_t state;
};
void test_random_seed(struct test_random *random, uint64_t seed);
uint64_t test_random_next(struct test_random *random);
size_t test_random_below(struct test_random *random, size_t n);
void test_random_bytes(struct test_random *random, uint8_t *out, size_t length);
// The same as a source for random_set_source(test_random_source, &random).
bool test_random_source(void *random, uint8_t *out, size_t length);

// A source that gives one byte `count` times and from then on those of `rest`, over and over: for what is drawn
// again until it will do.
struct stuck_random {
    uint8_t byte;
    size_t count;
    const uint8_t *rest;
    size_t rest_length;
    size_t given;
};
bool stuck_random_source(void *stuck, uint8_t *out, size_t length);

// A trace in memory. Attach with captured_trace_start, detach with captured_trace_stop, then look steps up.
struct captured_step {
    char *label;
    char *value; // hex without spaces; integers as hex without leading zeros ("0" for zero, '-' in front);
                 // TRACE_BITS as '0' and '1'; text as it is; "" for sections
    enum trace_shape shape;
    unsigned depth;
    bool noted; // has a note, the sentence beside it
};
struct captured_trace {
    struct trace_sink sink;
    struct captured_step *steps;
    size_t count;
};
void captured_trace_start(struct captured_trace *trace);
void captured_trace_stop(struct captured_trace *trace);
void captured_trace_free(struct captured_trace *trace);
// The value of the n-th step (from 0) with this label; fails the test when there is none.
const char *captured_value(const struct captured_trace *trace, const char *label, size_t n);
// How many steps have labels that begin so.
size_t captured_count(const struct captured_trace *trace, const char *beginning);
// Which of the steps whose labels begin so have a note beside them: their labels, each followed by ';', in order.
// Valid until the next call.
const char *captured_notes(const struct captured_trace *trace, const char *beginning);

#endif
