#include "tests/fuzz/fuzz.h"

#include "protocols/frame.h"

#include "bignum/random.h"

#include <string.h>

uint8_t fuzz_byte(struct fuzz_input *input) {
    if (input->length == 0) {
        return 0;
    }
    input->length--;
    return *input->bytes++;
}

size_t fuzz_number(struct fuzz_input *input, size_t most) {
    size_t high = most > 255 ? fuzz_byte(input) : 0;
    return (high << 8 | fuzz_byte(input)) % (most + 1);
}

const uint8_t *fuzz_piece(struct fuzz_input *input, size_t *length) {
    size_t wanted = fuzz_byte(input);
    // The longest pieces are rare: 255 is followed by a longer number.
    wanted = wanted == 255 ? fuzz_number(input, 65535) : wanted;
    *length = wanted < input->length ? wanted : input->length;
    const uint8_t *piece = input->bytes;
    input->bytes += *length;
    input->length -= *length;
    return piece;
}

// xorshift64*: fast, and the same everywhere.
static bool next_bytes(void *context, uint8_t *out, size_t length) {
    uint64_t *state = context;
    for (size_t i = 0; i < length; i++) {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        out[i] = (uint8_t)(*state * 0x2545f4914f6cdd1d >> 56);
    }
    return true;
}

void fuzz_seed(uint64_t seed) {
    static uint64_t state;
    state = seed * 2 + 1;
    random_set_source(next_bytes, &state);
}

// --- parties ---------------------------------------------------------------------------------------------------

static size_t output_length(const struct party *party) {
    size_t length;
    const uint8_t *bytes = party->type->output(party->state, &length);
    volatile uint8_t touched = 0;
    for (size_t i = 0; i < length; i++) {
        touched = (uint8_t)(touched + bytes[i]); // the sanitizer sees whether they are there
    }
    return length;
}

static void check_event(const struct party *party, const struct party_event *event) {
    volatile uint8_t touched = 0;
    for (size_t i = 0; i < event->length; i++) {
        touched = (uint8_t)(touched + event->text[i]);
    }
    if (event->kind == PARTY_FAILED) {
        const char *why = party->type->failure(party->state);
        HOLDS(why != NULL && strlen(why) > 0 && party->type->over(party->state));
    }
    if (event->kind == PARTY_ENDED) {
        HOLDS(party->type->over(party->state));
    }
}

static void feed(const struct party *party, const uint8_t *bytes, size_t length) {
    struct party_event event;
    size_t used;
    do {
        used = party->type->receive(party->state, &event, bytes, length);
        HOLDS(used <= length);
        bytes += used;
        length -= used;
        check_event(party, &event);
        // Bytes are left and none was taken, without an event: it would hang.
        HOLDS(length == 0 || used > 0 || event.kind != PARTY_NOTHING);
    } while (length > 0);
}

static void feed_framed(const struct party *party, const uint8_t *payload, size_t length) {
    uint8_t header[FRAME_HEADER_SIZE];
    frame_write_header(header, length);
    feed(party, header, sizeof header);
    feed(party, payload, length);
}

// What `from` has to send reaches `to`, as op says.
static void carry(const struct party *from, const struct party *to, unsigned op, struct fuzz_input *input) {
    size_t length;
    const uint8_t *output = from->type->output(from->state, &length);
    uint8_t *copy = malloc(length + 1);
    HOLDS(copy != NULL);
    memcpy(copy, output, length);
    from->type->sent(from->state, length);
    if (op == 5 && length > 0) {
        copy[fuzz_number(input, length - 1 < 65535 ? length - 1 : 65535)] ^= (uint8_t)(fuzz_byte(input) | 1);
    }
    if (op == 6) {
        length = fuzz_number(input, length < 65535 ? length : 65535);
    }
    feed(to, copy, length);
    free(copy);
}

void fuzz_party(const struct party *party, const struct party *honest, struct fuzz_input *input) {
    struct party_event event;
    size_t length, most;
    const uint8_t *piece;
    const char *may, *why;
    while (input->length > 0) {
        unsigned op = fuzz_byte(input) & 7;
        if (op >= 4 && op < 7 && honest->type == NULL) {
            op = 1;
        }
        switch (op) {
        case 0:
            piece = fuzz_piece(input, &length);
            feed(party, piece, length);
            break;
        case 1:
            piece = fuzz_piece(input, &length);
            feed_framed(party, piece, length);
            break;
        case 2:
            piece = fuzz_piece(input, &length);
            may = party->type->may_say(party->state, length);
            why = party->type->say(party->state, piece, length);
            HOLDS(may == NULL || why != NULL); // what may not be said is not
            break;
        case 3:
            most = output_length(party);
            party->type->sent(party->state, most == 0 ? 0 : fuzz_number(input, most < 65535 ? most : 65535));
            break;
        case 7:
            party->type->end(party->state, &event, (enum party_ending)(fuzz_byte(input) & 3));
            check_event(party, &event);
            break;
        default:
            // To and fro, so that the handshake goes on.
            carry(honest, party, op, input);
            carry(party, honest, 4, input);
            break;
        }
        (void)output_length(party);
        (void)party->type->impatient(party->state);
    }
    // However it went: a closed connection is its end.
    party->type->end(party->state, &event, PARTY_PEER_CLOSED);
    HOLDS(party->type->over(party->state));
    feed(party, (const uint8_t *)"late", 4);
}
