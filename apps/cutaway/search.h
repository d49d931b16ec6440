// Watching a search for primes: dots on the terminal, counts for the report, Ctrl-C to give up.
#ifndef APPS_CUTAWAY_SEARCH_H
#define APPS_CUTAWAY_SEARCH_H

#include "bignum/prime.h"

#include <signal.h>

enum { STATUS_CANCELLED = 130 }; // 128 + SIGINT, as a shell reports it

struct search {
    struct bn_progress progress; // pass its address to the library
    unsigned long candidates, rounds, found;
    bool shown;           // standard error is a terminal and nobody traces
    bool line_open;       // dots stand on the current line
    struct sigaction old; // of SIGINT
};

// From search_start to search_stop an interrupt ends the search instead of the program; a second one is as ever.
void search_start(struct search *search);
void search_stop(struct search *search);

// Whether Ctrl-C was pressed since search_start.
bool search_cancelled(void);

// After a search that failed: says whether it was cancelled or the random generator failed; returns the exit status.
int search_failure(const struct search *search);

#endif
