// The trace's reporter for integers of any size (bignum/trace.h has the other shapes and the rules).
#ifndef BIGNUM_TRACE_INTEGER_H
#define BIGNUM_TRACE_INTEGER_H

#include "bignum/trace.h"

#include <gmp.h>

// trace_integer(value, note, label as in printf, ...): value is a const mpz_t of either sign.
#define trace_integer(...) (trace_on() ? trace_report_integer(__VA_ARGS__) : (void)0)

void trace_report_integer(const mpz_t value, const char *note, const char *label, ...) TRACE_PRINTF(3, 4);

#endif
