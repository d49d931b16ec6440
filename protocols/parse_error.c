#include "protocols/parse_error.h"

#include <stdarg.h>
#include <stdio.h>

void parse_error_set(struct parse_error *error, size_t offset, const char *layer, const char *reason, ...) {
    if (error == NULL) {
        return;
    }
    error->offset = offset;
    error->layer = layer;
    va_list arguments;
    va_start(arguments, reason);
    (void)vsnprintf(error->reason, sizeof error->reason, reason, arguments);
    va_end(arguments);
}
