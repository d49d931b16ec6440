// The person at the program: lines in, lines out. At a terminal with readline's callback interface, so that what comes in
// from the peer never eats a half-typed line; plain lines when input or output is a file or a pipe.
#ifndef APPS_COMMON_TERMINAL_H
#define APPS_COMMON_TERMINAL_H

#include "apps/common/message.h"

#include "bignum/secure.h"

#include <stdint.h>

// Asked before a typed line is accepted: NULL takes it, a text refuses it. At a terminal the line then stays where it
// is, to be mended or sent later. Not asked for piped lines.
typedef const char *terminal_gate(void *context, size_t length);

// Starts reading lines of at most `line_max` bytes. The terminal is restored by terminal_close and at every exit.
MUST_CHECK bool terminal_open(size_t line_max, terminal_gate *gate, void *context);
void terminal_close(void);
bool terminal_is_interactive(void); // readline is in use

// What stands before the line being typed. Only at a terminal.
void terminal_set_prompt(const char *prompt);

enum terminal_input {
    TERMINAL_NOTHING,  // no whole line yet
    TERMINAL_LINE,     // *line, without the line break, valid until the next call
    TERMINAL_END,      // Ctrl-D, the end of the file, a closed pipe
    TERMINAL_TOO_LONG, // piped: a line longer than line_max
};
// Takes one line; call it when the descriptor is readable or terminal_has_line says so.
MUST_CHECK enum terminal_input terminal_read(const uint8_t **line, size_t *length);
int terminal_descriptor(void); // standard input
bool terminal_has_line(void);  // one is waiting in memory: do not wait in poll

// Prints a line above the one being typed. terminal_say is for what the program says, terminal_show for texts from
// outside: control characters, which could move the cursor or change what is on the screen, are shown as \x1b.
void terminal_say(const char *format, ...) PRINTF_LIKE(1, 2);
void terminal_show(const char *before, const uint8_t *text, size_t length);
// terminal_note is for what may be left out: silent after terminal_set_quiet.
void terminal_note(const char *format, ...) PRINTF_LIKE(1, 2);
void terminal_set_quiet(bool quiet);
// For printing more at a time: between these two, write to stdout.
void terminal_begin_output(void);
void terminal_end_output(void);

// False once standard output is closed or full.
bool terminal_is_writable(void);

// After a signal of apps/common/signals.h: SIGWINCH, SIGTSTP.
void terminal_signal(int signal);

// True when colours are welcome on standard output: a terminal, not "dumb", and NO_COLOR is not set (no-color.org).
bool terminal_has_colour(void);
// The width of standard output, at most `most`; `most` when it is not a terminal.
unsigned terminal_width(unsigned most);

// The filter of terminal_show: writes text to out, safe for a screen. After a line break `indent` spaces follow.
struct terminal_filtered {
    char *text; // terminated; free it
    size_t length;
};
MUST_CHECK bool terminal_filter(struct terminal_filtered *out, const uint8_t *text, size_t length,
                                unsigned indent);

#endif
