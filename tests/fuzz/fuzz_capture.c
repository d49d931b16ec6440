// Captures: any file. The pieces that come out belong to a connection, and are not empty.
#include "tests/fuzz/fuzz.h"

#include "apps/common/capture.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct capture capture;
    char why[160] = "";
    if (!capture_parse(&capture, data, size, why)) {
        HOLDS(strlen(why) > 0);
        return 0;
    }
    size_t total = 0;
    for (size_t i = 0; i < capture.piece_count; i++) {
        HOLDS(capture.pieces[i].connection < capture.connection_count && capture.pieces[i].length > 0);
        total += capture.pieces[i].length;
    }
    HOLDS(total <= size);
    capture_clear(&capture);
    return 0;
}
