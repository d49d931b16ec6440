// Text broken at spaces, to fit a terminal.
#ifndef APPS_COMMON_WRAP_H
#define APPS_COMMON_WRAP_H

#include <stdio.h>

// Prints words and a line break. The first line goes on at `column`; the others begin at `margin`. A word that is longer than a
// line is cut.
void wrap_print(FILE *out, unsigned width, unsigned column, unsigned margin, const char *text);

#endif
