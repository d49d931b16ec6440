// What the views of a trace share: values as text.

#include "apps/common/hex.h"
#include "apps/common/message.h"
#include "apps/cutaway/trace_view.h"
#include "bignum/encoding.h"

#include <stdlib.h>
#include <string.h>

void *trace_allocate(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL) {
        complain("the trace does not fit into memory");
        exit(STATUS_FAILED);
    }
    return memory;
}

char *trace_copy(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = trace_allocate(size, 1);
    memcpy(copy, text, size);
    return copy;
}

void trace_step_integer(mpz_t x, const struct trace_step *step) {
    bn_os2ip(x, step->bytes, step->length);
    if (step->negative) {
        mpz_neg(x, x);
    }
}

bool trace_bit(const struct trace_step *step, unsigned i) {
    return (step->bytes[i / 8] >> (7 - i % 8) & 1) != 0;
}

static char *integer_text(const struct trace_step *step) {
    mpz_t x;
    mpz_init(x);
    trace_step_integer(x, step);
    size_t size = bn_text_size(x);
    char *text = trace_allocate(size, 1);
    if (!bn_to_decimal(text, size, x)) {
        text[0] = '\0'; // cannot be: the size is what bn_text_size asks for
    }
    bn_wipe(x);
    mpz_clear(x);
    return text;
}

static char *bits_text(const struct trace_step *step) {
    size_t digits = (step->bits + 3) / 4;
    char *text = trace_allocate(digits + 1, 1);
    for (size_t digit = 0; digit < digits; digit++) {
        unsigned value = 0;
        for (unsigned bit = 0; bit < 4; bit++) {
            // Places counted from the right end of the string; what lies left of its start is zero.
            size_t from_right = 4 * (digits - digit) - 1 - bit;
            bool one = from_right < step->bits && trace_bit(step, (unsigned)(step->bits - 1 - from_right));
            value = value << 1 | (one ? 1U : 0U);
        }
        text[digit] = "0123456789abcdef"[value];
    }
    return text;
}

char *trace_value_text(const struct trace_step *step) {
    char *text;
    switch (step->shape) {
    case TRACE_INTEGER:
        return integer_text(step);
    case TRACE_BITS:
        return bits_text(step);
    case TRACE_TEXT:
        text = trace_allocate(step->length + 1, 1);
        memcpy(text, step->bytes, step->length);
        return text;
    case TRACE_SECTION:
        return trace_copy("");
    case TRACE_BYTES:
    case TRACE_STATE:
    case TRACE_WORDS32:
    case TRACE_WORDS64:
        break;
    }
    text = trace_allocate(2 * step->length + 1, 1);
    hex_encode(text, step->bytes, step->length);
    return text;
}

const char *trace_shape_name(enum trace_shape shape) {
    static const char *const names[] = {
        [TRACE_BYTES] = "bytes",     [TRACE_STATE] = "state",     [TRACE_BITS] = "bits",
        [TRACE_WORDS32] = "words32", [TRACE_WORDS64] = "words64", [TRACE_INTEGER] = "integer",
        [TRACE_TEXT] = "text",       [TRACE_SECTION] = "section",
    };
    return names[shape];
}
