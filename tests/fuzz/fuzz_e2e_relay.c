// The relay: whatever its members send, pairs are mutual, one waits at most, and only well-formed packets go out.
#include "tests/fuzz/fuzz.h"

#include "protocols/e2e_relay.h"

#include <string.h>

enum { MEMBERS = 4 };
static struct e2e_member members[MEMBERS];
static size_t awaited[MEMBERS]; // attachments that the relay has announced to a member

static void check_sent(struct e2e_output *output, struct e2e_member *to, const struct engine_io_part parts[],
                       size_t count, bool binary) {
    uint8_t text[40000];
    size_t length = 0;
    struct socket_io_packet packet;
    (void)output;
    for (size_t i = 0; i < count; i++) {
        HOLDS(parts[i].length <= sizeof text - length);
        memcpy(text + length, parts[i].bytes, parts[i].length);
        length += parts[i].length;
    }
    size_t *left = &awaited[to - members];
    HOLDS(binary == (*left > 0));
    if (binary) {
        --*left;
    } else {
        HOLDS(socket_io_parse(&packet, text, length, NULL));
        *left = packet.attachments;
    }
}

static void take_note(struct e2e_output *output, const struct e2e_note *note) {
    (void)output;
    HOLDS(note->member != NULL && (note->kind != E2E_RELAYED || note->other == note->member->partner));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const ready[] = {"0", "2[\"ELGAMAL_PK\",1]", "20[\"message\"]",
                                        "51-[\"message\",{\"_placeholder\":true,\"num\":0}]"};
    struct fuzz_input input = {data, size};
    struct e2e_output output = {.send = check_sent, .note = take_note};
    struct e2e_relay relay;
    memset(members, 0, sizeof members);
    memset(awaited, 0, sizeof awaited);
    e2e_relay_init(&relay, &output, 1000);
    while (input.length > 0) {
        struct e2e_member *member = &members[fuzz_byte(&input) % MEMBERS];
        struct parse_error where = {.reason = ""};
        unsigned op = fuzz_byte(&input) % 8;
        bool good = true;
        if (op < 4) {
            good = e2e_relay_receive(&relay, member, (const uint8_t *)ready[op], strlen(ready[op]), false,
                                     &where);
        } else if (op == 4) {
            e2e_relay_leave(&relay, member);
        } else {
            size_t length;
            const uint8_t *piece = fuzz_piece(&input, &length);
            good = e2e_relay_receive(&relay, member, piece, length, op == 5, &where);
        }
        if (!good) { // as the app does
            HOLDS(where.reason[0] != '\0');
            e2e_relay_leave(&relay, member);
        }
        size_t alone = 0;
        for (size_t i = 0; i < MEMBERS; i++) {
            HOLDS(members[i].partner == NULL || members[i].partner->partner == &members[i]);
            alone += members[i].joined && members[i].partner == NULL;
        }
        HOLDS(alone == (relay.waiting != NULL));
    }
    for (size_t i = 0; i < MEMBERS; i++) {
        e2e_relay_leave(&relay, &members[i]);
    }
    HOLDS(relay.waiting == NULL);
    return 0;
}
