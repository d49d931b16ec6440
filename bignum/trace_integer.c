// Reports an mpz_t as its big-endian magnitude and its sign: the one reporter that needs GMP, and memory.

#include "bignum/trace_integer.h"

#include "bignum/secure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void trace_report_integer(const mpz_t value, const char *note, const char *label, ...) {
    char label_text[96];
    va_list arguments;
    va_start(arguments, label);
    (void)vsnprintf(label_text, sizeof label_text, label, arguments);
    va_end(arguments);

    size_t length = 0;
    size_t size = (mpz_sizeinbase(value, 2) + 7) / 8;
    uint8_t *magnitude = calloc(size, 1);
    if (magnitude != NULL) {
        (void)mpz_export(magnitude, &length, 1, 1, 1, 0, value); // writes nothing, and length 0, for 0
        struct trace_step step = {.label = label_text,
                                  .note = note,
                                  .shape = TRACE_INTEGER,
                                  .bytes = magnitude,
                                  .length = length,
                                  .negative = mpz_sgn(value) < 0};
        trace_deliver(&step);
        secure_wipe(magnitude, size);
        free(magnitude);
    }
}
