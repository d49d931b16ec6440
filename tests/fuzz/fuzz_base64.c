// Base64: what is accepted is the one text of its bytes.
#include "tests/fuzz/fuzz.h"

#include "protocols/base64.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(BASE64_DECODED_SIZE(size) + 1);
    char *text = malloc(BASE64_ENCODED_SIZE(size) + 1);
    size_t length, offset = 0;
    HOLDS(bytes != NULL && text != NULL);
    enum base64_error error = base64_decode(bytes, &length, (const char *)data, size, &offset);
    HOLDS(strlen(base64_error_text(error)) > 0);
    if (error == BASE64_OK) {
        HOLDS(length <= BASE64_DECODED_SIZE(size) && BASE64_ENCODED_SIZE(length) == size);
        base64_encode(text, bytes, length);
        HOLDS(memcmp(text, data, size) == 0);
    } else {
        HOLDS(offset <= size);
    }
    // And any bytes survive the way there and back.
    base64_encode(text, data, size);
    uint8_t *back = malloc(size + 3);
    HOLDS(back != NULL);
    HOLDS(base64_decode(back, &length, text, BASE64_ENCODED_SIZE(size), NULL) == BASE64_OK &&
          length == size && (size == 0 || memcmp(back, data, size) == 0));
    free(back);
    free(text);
    free(bytes);
    return 0;
}
