// Runs a fuzz target without a fuzzer: over each file named, and over the file cut short and with bits changed, always in
// the same way. So every build, with every compiler and sanitizer, runs every target. Prints TAP.

#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

enum { VARIANTS = 64, FILE_MAX = 1 << 20 };

static uint64_t state;

static uint64_t next(void) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1d;
}

// In a block of its own size, so that a read behind its end is noticed.
static void run(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length > 0 ? length : 1);
    HOLDS(copy != NULL);
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    (void)LLVMFuzzerTestOneInput(copy, length);
    free(copy);
}

static void run_variants(uint8_t *bytes, size_t length) {
    state = 0x9e3779b97f4a7c15;
    run(bytes, length);
    for (size_t i = 0; i < VARIANTS && length > 0; i++) {
        run(bytes, i * length / VARIANTS);
        size_t at = next() % length;
        uint8_t before = bytes[at];
        bytes[at] = (uint8_t)next();
        run(bytes, length);
        bytes[at] = before;
    }
}

int main(int argc, char **argv) {
    static uint8_t bytes[FILE_MAX];
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t length = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
        if (file == NULL || ferror(file)) {
            printf("not ok %d - %s cannot be read\n", i, argv[i]);
            failed = 1;
        } else {
            run_variants(bytes, length);
            printf("ok %d - %s\n", i, argv[i]);
        }
        if (file != NULL) {
            (void)fclose(file);
        }
        (void)fflush(stdout);
    }
    return failed;
}
