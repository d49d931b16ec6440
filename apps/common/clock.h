// Time for deadlines: milliseconds that only go forward, whatever happens to the wall clock.
#ifndef APPS_COMMON_CLOCK_H
#define APPS_COMMON_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t clock_now(void); // milliseconds since some fixed moment

// A moment at which patience ends; NEVER is none.
enum { CLOCK_NEVER = -1 };

// The earlier of two deadlines.
int64_t clock_earlier(int64_t a, int64_t b);
bool clock_passed(int64_t deadline);
// What poll(2) wants: milliseconds left, 0 when passed, -1 for CLOCK_NEVER.
int clock_poll_timeout(int64_t deadline);

#endif
