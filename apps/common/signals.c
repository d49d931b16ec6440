#include "apps/common/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int ends[2] = {-1, -1};
static bool pipe_would_end; // SIGPIPE, had we left it as it was

// Nothing but write(2) is safe here. A full pipe drops the signal: the loop has plenty of the same kind to read.
static void note(int signal) {
    int saved = errno;
    unsigned char number = (unsigned char)signal;
    ssize_t written = write(ends[1], &number, 1);
    (void)written;
    errno = saved;
}

bool signals_catch(void) {
    if (ends[0] >= 0) {
        return true;
    }
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        return false;
    }
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
        // What the parent had ignored stays ignored (nohup).
        struct sigaction before;
        if (sigaction(caught[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(caught[i], &action, NULL);
        }
    }
    pipe_would_end = signal(SIGPIPE, SIG_IGN) == SIG_DFL;
    return true;
}

void signals_end_by_pipe(void) {
    if (pipe_would_end) {
        (void)signal(SIGPIPE, SIG_DFL);
        (void)raise(SIGPIPE);
    }
}

int signals_descriptor(void) {
    return ends[0];
}

int signals_next(void) {
    unsigned char number;
    return read(ends[0], &number, 1) == 1 ? number : 0;
}

bool signals_is_end(int signal) {
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}
