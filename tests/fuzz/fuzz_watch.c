// Watching: the first byte picks a protocol of the registry, by the letter that its name begins with (any other byte picks
// one by its place, which changes as protocols join); the rest are pieces of either direction. Whatever crosses, every
// explanation is one that can be shown.
#include "tests/fuzz/fuzz.h"

#include "apps/common/transcript_data.h"

#include "protocols/watch.h"

static void explain(struct explain_sink *sink, const struct explanation *explanation) {
    (void)sink;
    json_t *data = transcript_data_sent(explanation);
    HOLDS(data != NULL);
    json_decref(data);
}

static const struct protocol *pick(uint8_t byte) {
    size_t count = 0;
    while (protocols[count] != NULL) {
        if ((uint8_t)protocols[count]->name[0] == byte) {
            return protocols[count];
        }
        count++;
    }
    HOLDS(count > 0);
    return protocols[byte % count];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct explain_sink sink = {explain};
    struct fuzz_input input = {data, size};
    struct watch watch;
    HOLDS(watch_start(&watch, pick(fuzz_byte(&input)), "client", &sink));
    while (input.length > 0) {
        size_t length;
        bool from_client = (fuzz_byte(&input) & 1) != 0;
        const uint8_t *piece = fuzz_piece(&input, &length);
        watch_bytes(&watch, from_client, piece, length);
    }
    HOLDS(watch.watched.unknown <= watch.watched.number + 2);
    watch_stop(&watch);
    return 0;
}
