// Frames: any bytes in any pieces. What comes out is what a second reader gets from the same bytes one by one.
#include "tests/fuzz/fuzz.h"

#include "protocols/frame.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct frame_reader whole, single;
    memset(&whole, 0, sizeof whole);
    memset(&single, 0, sizeof single);
    for (size_t at = 0; at < size;) {
        size_t used;
        enum frame_status status = frame_read(&whole, data + at, size - at, &used);
        HOLDS(used <= size - at && (used > 0 || status == FRAME_TOO_LARGE));
        enum frame_status other = FRAME_INCOMPLETE;
        for (size_t i = 0; i < used && other == FRAME_INCOMPLETE; i++) {
            size_t one;
            other = frame_read(&single, data + at + i, 1, &one);
            HOLDS(one == 1);
        }
        // An empty payload is complete with its header, for both.
        HOLDS(status == other && frame_is_partial(&whole) == frame_is_partial(&single));
        if (status == FRAME_TOO_LARGE) {
            break;
        }
        if (status == FRAME_COMPLETE) {
            uint8_t header[FRAME_HEADER_SIZE];
            frame_write_header(header, whole.length);
            HOLDS(whole.length == single.length && memcmp(header, whole.header, sizeof header) == 0);
            HOLDS(memcmp(whole.payload, single.payload, whole.length) == 0);
        }
        at += used;
    }
    return 0;
}
