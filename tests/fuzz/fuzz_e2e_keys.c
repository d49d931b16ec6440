// A key file of e2e-relay: whatever is read is written again as a file that means the same.
#include "tests/fuzz/fuzz.h"

#include "protocols/e2e_keys.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct e2e_keys keys, again;
    struct parse_error where;
    char text[E2E_KEYS_TEXT_MAX];
    size_t length;
    // The real groups cost a long exponentiation for every input: their names are known well enough.
    if (size > 2000 || memmem(data, size, "modp", 4) != NULL || memmem(data, size, "ffdhe", 5) != NULL) {
        return 0;
    }
    e2e_keys_init(&keys);
    e2e_keys_init(&again);
    if (e2e_keys_read(&keys, (const char *)data, size, &where)) {
        HOLDS(e2e_keys_write(text, sizeof text, &length, &keys));
        HOLDS(e2e_keys_read(&again, text, length, &where));
        HOLDS(mpz_cmp(keys.dh_private, again.dh_private) == 0);
        HOLDS(mpz_cmp(keys.elgamal_public, again.elgamal_public) == 0);
    } else {
        HOLDS(where.offset <= size && where.reason[0] != '\0');
    }
    e2e_keys_clear(&keys);
    e2e_keys_clear(&again);
    return 0;
}
