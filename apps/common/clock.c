#include "apps/common/clock.h"

#include <limits.h>
#include <time.h>

int64_t clock_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_earlier(int64_t a, int64_t b) {
    if (a == CLOCK_NEVER || b == CLOCK_NEVER) {
        return a == CLOCK_NEVER ? b : a;
    }
    return a < b ? a : b;
}

bool clock_passed(int64_t deadline) {
    return deadline != CLOCK_NEVER && clock_now() >= deadline;
}

int clock_poll_timeout(int64_t deadline) {
    if (deadline == CLOCK_NEVER) {
        return -1;
    }
    int64_t left = deadline - clock_now();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}
