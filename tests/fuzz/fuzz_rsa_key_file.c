// Key files: what is read can be written, and reading that gives the same key.
#include "tests/fuzz/fuzz.h"

#include "protocols/rsa_key_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char text[RSA_KEY_FILE_MAX];
    struct rsa_private_key key, again;
    struct parse_error where = {0};
    enum rsa_key_form form, form_again;
    size_t length;
    rsa_private_key_init(&key);
    rsa_private_key_init(&again);
    enum key_file_error error = rsa_key_read(&key, &form, data, size, &where);
    HOLDS(strlen(key_file_error_text(error)) > 0);
    if (error == KEY_FILE_OK) {
        HOLDS(rsa_key_write_pem(text, sizeof text, &length, &key, form) == KEY_FILE_OK);
        HOLDS(rsa_key_read(&again, &form_again, (const uint8_t *)text, length, &where) == KEY_FILE_OK);
        HOLDS(form == form_again && mpz_cmp(key.public.n, again.public.n) == 0 &&
              mpz_cmp(key.d, again.d) == 0);
    } else {
        HOLDS(strlen(where.reason) > 0);
    }
    rsa_private_key_clear(&key);
    rsa_private_key_clear(&again);
    return 0;
}
