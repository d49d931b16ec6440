// The view of a search for primes.

#include "apps/cutaway/search.h"
#include "apps/common/message.h"
#include "bignum/trace.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

static bool report(void *context, enum bn_prime_event event) {
    struct search *search = context;
    char sign = '.';
    switch (event) {
    case BN_PRIME_CANDIDATE:
        search->candidates++;
        break;
    case BN_PRIME_ROUND:
        search->rounds++;
        sign = '+';
        break;
    case BN_PRIME_FOUND:
        search->found++;
        sign = '*';
        break;
    }
    if (search->shown) {
        fputc(sign, stderr);
        if (event == BN_PRIME_FOUND) {
            fputc('\n', stderr);
        }
        search->line_open = event != BN_PRIME_FOUND;
    }
    return !interrupted;
}

void search_start(struct search *search) {
    *search = (struct search){.progress = {report, search}};
    search->shown = isatty(STDERR_FILENO) == 1 && !trace_on();
    interrupted = 0;
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, NULL, &search->old);
    if (search->old.sa_handler != SIG_IGN) { // in the background of a script Ctrl-C is not for us
        (void)sigaction(SIGINT, &action, NULL);
    }
}

void search_stop(struct search *search) {
    if (search->line_open) {
        fputc('\n', stderr);
    }
    (void)sigaction(SIGINT, &search->old, NULL);
}

bool search_cancelled(void) {
    return interrupted != 0;
}

int search_failure(const struct search *search) {
    if (interrupted) {
        complain("cancelled after %lu candidate%s", search->candidates, search->candidates == 1 ? "" : "s");
        return STATUS_CANCELLED;
    }
    return failure("the system's random generator failed");
}
