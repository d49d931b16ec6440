// What a program says to people when something is wrong: always one line on standard error, always with the
// program's name in front, and the exit statuses that go with it.
#ifndef APPS_COMMON_MESSAGE_H
#define APPS_COMMON_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

// Exit statuses: 0 done; 1 the work failed (a missing file, a wrong padding, a signature that does not verify);
// 2 the command line makes no sense.
enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

// The name in front of every message: "cutaway hash". options_parse sets it; the text is not copied.
void message_set_program(const char *name);
const char *message_program(void);

// "PROGRAM: message", one line: control characters from a foreign file name or argument are shown escaped.
void complain(const char *format, ...) PRINTF_LIKE(1, 2);

// The same, returning STATUS_FAILED or STATUS_USAGE: `return usage_error("...");`
int failure(const char *format, ...) PRINTF_LIKE(1, 2);
int usage_error(const char *format, ...) PRINTF_LIKE(1, 2);

// Finds the known name nearest to a mistyped one: start, offer each known name, ask. NULL when none is near enough
// to be what was meant. Distance: insertions, deletions, substitutions and swaps of neighbours, letter case ignored.
struct suggestion {
    const char *wanted;
    const char *best;
    size_t distance;
};
void suggestion_start(struct suggestion *suggestion, const char *wanted);
void suggestion_offer(struct suggestion *suggestion, const char *known);
const char *suggestion_best(const struct suggestion *suggestion);

// How many single edits turn one text into the other (of names: longer texts than 63 letters count as far apart).
size_t edit_distance(const char *a, const char *b);

#endif
