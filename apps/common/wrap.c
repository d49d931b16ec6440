#include "apps/common/wrap.h"

#include <stdbool.h>
#include <string.h>

void wrap_print(FILE *out, unsigned width, unsigned column, unsigned margin, const char *text) {
    unsigned at = column;
    bool first = true;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (!first && at + 1 + word > width) {
            (void)fprintf(out, "\n%*s", (int)margin, "");
            at = margin;
            first = true;
        }
        if (!first) {
            (void)fputc(' ', out);
            at++;
        }
        size_t room = width > at ? width - at : 1;
        size_t part = word < room ? word : room;
        (void)fwrite(text, 1, part, out);
        at += (unsigned)part;
        text += part;
        if (part == word) {
            text += strspn(text, " ");
            first = false;
        }
    }
    (void)fputc('\n', out);
}
