// JSON: every part of a text that is accepted is a text that is accepted, and strings survive the way there and back.
#include "tests/fuzz/fuzz.h"

#include "protocols/json_text.h"

#include <string.h>

static void look_at_string(struct json_slice value) {
    char *decoded = malloc(value.length + 1), *again = malloc(value.length + 1);
    size_t length, back;
    HOLDS(decoded != NULL && again != NULL);
    if (json_text_string(decoded, value.length, &length, value)) { // else it has half a surrogate pair
        char *written = malloc(JSON_STRING_SIZE(length));
        HOLDS(written != NULL);
        struct json_slice slice = {written,
                                   json_text_write(written, JSON_STRING_SIZE(length), decoded, length)};
        HOLDS(slice.length > 0 && json_text_check(slice.text, slice.length, NULL));
        HOLDS(json_text_string(again, value.length, &back, slice) && back == length &&
              memcmp(again, decoded, length) == 0);
        free(written);
    }
    free(again);
    free(decoded);
}

static size_t look_into(struct json_slice value) {
    struct json_walk walk;
    struct json_slice name, element, found;
    size_t parts = 1;
    HOLDS(json_text_check(value.text, value.length, NULL));
    if (value.text[0] == '"') {
        look_at_string(value);
    }
    for (json_text_enter(&walk, value); json_text_next(&walk, &name, &element);) {
        HOLDS(element.text >= value.text && element.text + element.length <= value.text + value.length);
        HOLDS((name.length > 0) == walk.object);
        if (walk.object) {
            look_at_string(name);
        }
        parts += look_into(element);
    }
    HOLDS(!json_text_member(value, "num", &found) || found.length > 0);
    return parts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct parse_error where = {.reason = ""};
    if (size > 2000) { // looking into everything takes time in the square of the depth
        size = 2000;
    }
    if (json_text_check((const char *)data, size, &where)) {
        HOLDS(look_into((struct json_slice){(const char *)data, size}) <= size);
    } else {
        HOLDS(where.offset <= size && where.reason[0] != '\0');
    }
    return 0;
}
