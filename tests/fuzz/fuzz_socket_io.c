// Socket.IO: a packet that is accepted, written again, is the same packet; a client and a collector fed with anything.
#include "tests/fuzz/fuzz.h"

#include "protocols/socket_io_client.h"

#include <string.h>

static bool same(struct json_slice a, struct json_slice b) {
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static void packet(const uint8_t *data, size_t size) {
    struct socket_io_packet packet, again;
    struct parse_error where = {.reason = ""};
    if (!socket_io_parse(&packet, data, size, &where)) {
        HOLDS(where.offset <= size && where.reason[0] != '\0');
        return;
    }
    char *text = malloc(SOCKET_IO_PREFIX_MAX + packet.json.length);
    HOLDS(text != NULL);
    size_t length = socket_io_write_prefix(text, &packet);
    memcpy(text + length, packet.json.text, packet.json.length);
    HOLDS(socket_io_parse(&again, (const uint8_t *)text, length + packet.json.length, &where));
    HOLDS(packet.type == again.type && packet.attachments == again.attachments &&
          packet.has_id == again.has_id && packet.id == again.id && same(packet.json, again.json) &&
          same(packet.name_space, again.name_space));
    if (packet.type == SOCKET_IO_EVENT || packet.type == SOCKET_IO_BINARY_EVENT) {
        struct json_slice name, rest;
        socket_io_event(&packet, &name, &rest);
        HOLDS(name.length >= 2 && name.text[0] == '"');
        HOLDS(rest.length > 0 && rest.text + rest.length == packet.json.text + packet.json.length);
    }
    free(text);
}

static bool sent(struct socket_io_client_output *output, const uint8_t *bytes, size_t length, bool binary) {
    struct engine_io_packet packet;
    (void)output;
    HOLDS(!binary &&
          engine_io_parse(&packet, bytes, length, false, NULL)); // whatever it is told, it speaks well
    return true;
}

static void client(struct fuzz_input *input) {
    struct socket_io_client_output output = {.send = sent};
    struct socket_io_client client;
    socket_io_client_init(&client, &output, 0, 10);
    for (int64_t now = 0; input->length > 0; now++) {
        size_t length;
        struct parse_error where = {.reason = ""};
        unsigned op = fuzz_byte(input) % 4;
        const uint8_t *piece = fuzz_piece(input, &length);
        if (op == 0) {
            HOLDS(socket_io_client_emit(&client, "message", "1", 1, NULL) ==
                  (client.state == SOCKET_IO_CONNECTED));
            continue;
        }
        if (socket_io_client_receive(&client, piece, length, op == 1, now, &where) ==
            SOCKET_IO_CLIENT_MALFORMED) {
            HOLDS(where.reason[0] != '\0' && client.state == SOCKET_IO_OVER);
        }
        HOLDS(client.collector.count <= SOCKET_IO_ATTACHMENTS_MAX);
    }
    socket_io_client_leave(&client);
    socket_io_client_clear(&client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    if (size > 0 && fuzz_byte(&input) % 2 == 0) {
        packet(input.bytes, input.length);
    } else {
        client(&input);
    }
    return 0;
}
