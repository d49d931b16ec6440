// PEM: every block that is found lies inside the text, and what it decodes to encodes again.
#include "tests/fuzz/fuzz.h"

#include "protocols/pem.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pem_block block;
    struct parse_error where = {0};
    size_t start = 0;
    while (pem_find(&block, data, size, start, &where) == PEM_OK) {
        HOLDS(start <= block.begin && block.begin < block.body && block.body <= block.body_end &&
              block.body_end < block.end && block.end <= size);
        size_t room = pem_decoded_size(&block), length = 0, written = 0;
        uint8_t *bytes = malloc(room + 1);
        HOLDS(bytes != NULL);
        if (pem_decode(bytes, &length, &block, data, &where) == PEM_OK) {
            HOLDS(length <= room);
            size_t text_size = pem_encoded_size(block.label, length);
            char *text = malloc(text_size + 1);
            HOLDS(text != NULL);
            HOLDS(pem_encode(text, text_size, &written, block.label, bytes, length) && written <= text_size);
            HOLDS(pem_find(&block, (const uint8_t *)text, written, 0, &where) == PEM_OK);
            free(text);
            free(bytes);
            return 0;
        }
        HOLDS(where.offset <= size && strlen(where.reason) > 0);
        free(bytes);
        start = block.end;
    }
    HOLDS(where.offset <= size);
    return 0;
}
