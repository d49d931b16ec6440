// Collecting what there is to say about a message. Before: protocols/message.c. After: protocols/stream.c.

#include "protocols/explain.h"

#include <string.h>

static void tell(struct narration *narration, const struct explained_value *value) {
    if (narration->count < EXPLAINED_VALUES_MAX) {
        narration->values[narration->count++] = *value;
    }
}

void tell_integer(struct narration *narration, const char *name, const char *how, const mpz_t integer) {
    tell(narration, &(struct explained_value){.name = name, .how = how, .integer = integer});
}

void tell_bytes(struct narration *narration, const char *name, const char *how, const uint8_t *bytes,
                size_t length) {
    tell(narration, &(struct explained_value){.name = name, .how = how, .bytes = bytes, .length = length});
}

void tell_text(struct narration *narration, const char *name, const char *how, const char *text) {
    tell(narration, &(struct explained_value){.name = name, .how = how, .text = text});
}

const char *article_of(const char *name) {
    static const char *const roles[] = {"client", "server", "relay"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(name, roles[i]) == 0) {
            return "the ";
        }
    }
    return "";
}
