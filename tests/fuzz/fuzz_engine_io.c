// Engine.IO: a payload that is accepted is the one payload of its packets; the handshake; a session fed with anything.
#include "tests/fuzz/fuzz.h"

#include "protocols/engine_io_session.h"

#include <string.h>

static void payload(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + 1), *again = malloc(size + 1);
    struct engine_io_packet packet;
    struct parse_error where = {.reason = ""};
    size_t at = 0, written = 0;
    HOLDS(bytes != NULL && again != NULL);
    memcpy(bytes, data, size);
    while (engine_io_next(&packet, bytes, size, &at, &where)) {
        size_t length = engine_io_encoded_length(&packet) + (written > 0);
        HOLDS(length <= size - written);
        if (written > 0) {
            again[written++] = ENGINE_IO_SEPARATOR;
        }
        engine_io_encode(again + written, &packet);
        written += engine_io_encoded_length(&packet);
    }
    if (at == size) {
        HOLDS(written == size && memcmp(again, data, size) == 0);
    } else {
        HOLDS(at > size && where.offset <= size && where.reason[0] != '\0');
    }
    free(again);
    free(bytes);
}

static void session(struct fuzz_input *input) {
    struct engine_io_open open = {.sid = "x", .ping_interval = 50, .ping_timeout = 30, .max_payload = 100};
    struct engine_io_session session;
    int64_t now = 0;
    HOLDS(engine_io_session_init(&session, &open, ENGINE_IO_POLLING, 2000, now));
    while (input->length > 0) {
        struct engine_io_packet packet;
        struct parse_error where;
        uint8_t out[4000];
        size_t length;
        unsigned op = fuzz_byte(input) % 8;
        const uint8_t *piece = fuzz_piece(input, &length);
        struct engine_io_part part = {piece, length};
        bool parsed = engine_io_parse(&packet, piece, length, op == 7, &where);
        now += op;
        switch (op) {
        case 0:
            engine_io_session_send(&session, &part, 1, length % 2 == 0);
            break;
        case 1:
            if (parsed && engine_io_session_receive(&session, &packet, now, &where)) {
                HOLDS(packet.type == ENGINE_IO_MESSAGE && session.end == ENGINE_IO_GOING_ON);
            }
            break;
        case 2:
            if (engine_io_session_payload_length(&session) <= sizeof out) {
                engine_io_session_write_payload(&session, out);
            }
            break;
        case 3:
            engine_io_session_tick(&session, now);
            break;
        case 4:
            if (parsed && engine_io_session_probe(&session, &packet, now, &where) == ENGINE_IO_PROBE_MOVED) {
                HOLDS(session.transport == ENGINE_IO_WEBSOCKET);
            }
            break;
        case 5:
            engine_io_session_drop(&session);
            break;
        case 6:
            now += 40;
            break;
        default:
            engine_io_session_probe_lost(&session);
        }
        HOLDS(session.queued <= 2500 && (session.queued == 0) == (session.first == NULL));
        HOLDS(session.end != ENGINE_IO_GOING_ON || engine_io_session_deadline(&session) != ENGINE_IO_NEVER);
    }
    engine_io_session_clear(&session);
    HOLDS(session.queued == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct engine_io_open open;
    struct parse_error where = {.reason = ""};
    if (size == 0) {
        return 0;
    }
    switch (fuzz_byte(&input) % 3) {
    case 0:
        payload(input.bytes, input.length);
        break;
    case 1:
        if (engine_io_parse_open(&open, input.bytes, input.length, &where)) {
            char out[ENGINE_IO_OPEN_MAX];
            struct engine_io_open again;
            size_t length = engine_io_write_open(out, &open);
            HOLDS(length > 0 && engine_io_parse_open(&again, (const uint8_t *)out, length, NULL));
            HOLDS(strcmp(open.sid, again.sid) == 0 && open.max_payload == again.max_payload);
        } else {
            HOLDS(where.reason[0] != '\0');
        }
        break;
    default:
        session(&input);
    }
    return 0;
}
