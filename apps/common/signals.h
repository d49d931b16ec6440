// Signals as something to poll: the handler writes the signal's number into a pipe, the loop reads it there.
#ifndef APPS_COMMON_SIGNALS_H
#define APPS_COMMON_SIGNALS_H

#include <stdbool.h>

// Catches SIGINT, SIGTERM, SIGHUP, SIGQUIT (which ask to end), SIGWINCH and SIGTSTP; ignores SIGPIPE, so that a closed
// pipe is an error of write. False when the pipe cannot be made. Calling it
// again does nothing.
bool signals_catch(void);

// Ends the program by SIGPIPE, quietly, as filters end whose reader has gone (`| head`). Comes back where signals_catch has
// not changed what SIGPIPE does, or the parent had it ignored: then a closed pipe is an error.
void signals_end_by_pipe(void);

// For poll: readable when a signal waits.
int signals_descriptor(void);

// The next signal, 0 when none waits.
int signals_next(void);

// True for the signals that ask the program to end.
bool signals_is_end(int signal);

#endif
