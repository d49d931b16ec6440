// Frames of a WebSocket: the same stream in any pieces gives the same messages; what is written is read back.
#include "tests/fuzz/fuzz.h"

#include "protocols/websocket_frame.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct websocket_reader whole, pieces;
    static struct websocket_writer writer;
    struct fuzz_input input = {data, size};
    unsigned choices = fuzz_byte(&input);
    memset(&whole, 0, sizeof whole);
    memset(&pieces, 0, sizeof pieces);
    whole.from_client = pieces.from_client = (choices & 1) != 0;
    size_t step = 1 + (choices >> 4);
    enum websocket_arrival one = WEBSOCKET_NOTHING, other = WEBSOCKET_NOTHING;
    const uint8_t *bytes = input.bytes;
    for (size_t at = 0; at < input.length && one != WEBSOCKET_BROKEN;) {
        size_t used = websocket_reader_take(&whole, &one, bytes + at, input.length - at);
        HOLDS(used > 0 && used <= input.length - at);
        for (size_t taken = 0; taken < used;) {
            size_t part = used - taken < step ? used - taken : step;
            size_t took = websocket_reader_take(&pieces, &other, bytes + at + taken, part);
            HOLDS(took == part);
            taken += took;
            HOLDS(taken == used || other == WEBSOCKET_NOTHING);
        }
        HOLDS(one == other);
        HOLDS(whole.length == pieces.length && whole.length <= sizeof whole.message);
        HOLDS(memcmp(whole.message, pieces.message, whole.length) == 0);
        HOLDS((one == WEBSOCKET_BROKEN) == (whole.fault != NULL));
        at += used;
        if (one == WEBSOCKET_MESSAGE && whole.length < 60000) {
            // Written again, and read by the other side.
            writer.start = writer.end = 0;
            writer.from_client = (choices & 2) != 0;
            fuzz_seed(choices);
            HOLDS(websocket_writer_put(&writer, whole.binary ? WEBSOCKET_BINARY : WEBSOCKET_TEXT,
                                       whole.message, whole.length));
            memset(&pieces, 0, sizeof pieces);
            pieces.from_client = writer.from_client;
            HOLDS(websocket_reader_take(&pieces, &other, writer.bytes, writer.end) == writer.end);
            HOLDS(other == WEBSOCKET_MESSAGE && pieces.binary == whole.binary);
            HOLDS(pieces.length == whole.length && memcmp(whole.message, pieces.message, whole.length) == 0);
            pieces.from_client = whole.from_client;
        }
    }
    return 0;
}
