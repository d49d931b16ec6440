// A transcript as a page: one file that needs nothing else, neither scripts nor the network.
#ifndef APPS_COMMON_TRANSCRIPT_HTML_H
#define APPS_COMMON_TRANSCRIPT_HTML_H

#include <jansson.h>
#include <stdio.h>

// Entries as apps/common/report.h makes them, in order.
void transcript_html(FILE *out, const json_t *entries);

#endif
