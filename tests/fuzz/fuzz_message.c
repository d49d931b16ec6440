// Messages: the first byte picks a table with all kinds of fields, the rest is the payload. What parses builds again from
// its values, byte for byte.
#include "tests/fuzz/fuzz.h"

#include "protocols/frame.h"
#include "protocols/message.h"

#include <string.h>

// clang-format off
static const struct message_type tables[] = {
    {.name = "numbers", .count = 3, .fields = {
        {"a", FIELD_DECIMAL, "", .minimum = 1, .maximum = FIELD_DECIMAL_DIGITS_MAX},
        {"separator", FIELD_CONSTANT, "", .constant = ":"},
        {"b", FIELD_DECIMAL, "", .minimum = 1, .maximum = 20}}},
    {.name = "key part", .count = 7, .fields = {
        {"mark", FIELD_CONSTANT, "", .constant = "KEY_PART:"},
        {"from", FIELD_TEXT, "", .minimum = 1, .maximum = 20},
        {"arrow", FIELD_CONSTANT, "", .constant = "->"},
        {"to", FIELD_TEXT, "", .minimum = 0, .maximum = 20},
        {"bars", FIELD_CONSTANT, "", .constant = "||"},
        {"data", FIELD_BYTES, "", .minimum = 0, .maximum = 300},
        {"hash", FIELD_BYTES, "", .minimum = 8, .maximum = 8}}},
    {.name = "prefixed", .count = 3, .fields = {
        {"one", FIELD_PREFIXED, "", .minimum = 0, .maximum = 100},
        {"two", FIELD_PREFIXED, "", .minimum = 1, .maximum = 100},
        {"hash", FIELD_HEX, "", .minimum = 4, .maximum = 4}}},
    {.name = "base64", .count = 1, .fields = {{"text", FIELD_BASE64, "", .minimum = 8, .maximum = 4096}}},
    {.name = "hex", .count = 1, .fields = {{"text", FIELD_HEX, "", .minimum = 0, .maximum = 4096}}},
};
// clang-format on
enum { TABLES = sizeof tables / sizeof tables[0], ROOM = 65536 };

static void build_again(const struct message *message) {
    static uint8_t bytes[MESSAGE_FIELDS_MAX][ROOM], out[ROOM];
    struct field_value values[MESSAGE_FIELDS_MAX] = {0};
    mpz_t integers[MESSAGE_FIELDS_MAX];
    struct message built;
    for (size_t i = 0; i < message->type->count; i++) {
        mpz_init(integers[i]);
        if (message->type->fields[i].kind == FIELD_DECIMAL) {
            HOLDS(message_integer(message, i, integers[i]));
            values[i].integer = integers[i];
        } else if (message->type->fields[i].kind != FIELD_CONSTANT) {
            HOLDS(message_bytes(message, i, bytes[i], sizeof bytes[i], &values[i].length));
            values[i].bytes = bytes[i];
        }
    }
    HOLDS(message_build(&built, out, sizeof out, message->type, values) == MESSAGE_OK);
    HOLDS(built.length == message->length && memcmp(out, message->bytes, built.length) == 0);
    for (size_t i = 0; i < message->type->count; i++) {
        mpz_clear(integers[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0 || size > FRAME_PAYLOAD_MAX) {
        return 0;
    }
    const struct message_type *type = &tables[data[0] % TABLES];
    struct message message;
    struct parse_error where = {0};
    enum message_error error = message_parse(&message, type, data + 1, size - 1, &where);
    HOLDS(strlen(message_error_text(error)) > 0);
    if (error != MESSAGE_OK) {
        HOLDS(where.offset <= size - 1 && strlen(where.reason) > 0);
        return 0;
    }
    for (size_t i = 0; i < type->count; i++) {
        HOLDS(message.fields[i].offset + message.fields[i].length <= size - 1);
    }
    build_again(&message);
    return 0;
}
