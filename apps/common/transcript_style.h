// The looks of the page of apps/common/transcript_html.c.
#ifndef APPS_COMMON_TRANSCRIPT_STYLE_H
#define APPS_COMMON_TRANSCRIPT_STYLE_H

extern const char transcript_style_sheet[];

#endif
