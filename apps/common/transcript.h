// Explanations (protocols/explain.h) as text: each message as it crosses, byte by byte, with what it means.
#ifndef APPS_COMMON_TRANSCRIPT_H
#define APPS_COMMON_TRANSCRIPT_H

#include "protocols/explain.h"

#include <stdio.h>

enum { TRANSCRIPT_WIDTH = 100, TRANSCRIPT_WIDTH_MIN = 60, TRANSCRIPT_MARGIN = 15 };

struct transcript_style {
    unsigned width; // columns
    bool colour;
};

// For standard output: the terminal's width, colour when welcome.
struct transcript_style transcript_style(void);

// A message as one end sees it.
void transcript_print(FILE *out, struct transcript_style style, const struct explanation *explanation);

// The same in two parts, for a demo in which both ends speak: what the sender has to say, then what the receiver adds.
void transcript_print_sent(FILE *out, struct transcript_style style, const struct explanation *sent);
void transcript_print_received(FILE *out, struct transcript_style style, const struct explanation *received);

// What a message's table says about who knows what after it. transcript_print and transcript_print_received end with it.
void transcript_print_knowledge(FILE *out, struct transcript_style style, const struct message_type *type);

// A paragraph, wrapped to the width, all lines but the first indented by `indent`.
void transcript_paragraph(FILE *out, struct transcript_style style, const char *label, const char *text);

#endif
