// Hashing a file piece by piece, in constant memory.

#include "apps/cutaway/digest_input.h"
#include "apps/common/files.h"
#include "bignum/trace.h"

static bool digest_file(uint8_t *digest, const struct hash_algorithm *algorithm, const char *path) {
    static uint8_t piece[INPUT_PIECE];
    struct input input;
    if (!input_open(&input, path)) {
        return false;
    }
    struct hash_context context;
    hash_init(&context, algorithm);
    size_t length = 0;
    bool ok;
    do {
        ok = input_read(&input, piece, sizeof piece, &length);
        if (ok) {
            hash_update(&context, piece, length);
        }
    } while (ok && length > 0);
    hash_final(&context, digest);
    secure_wipe(piece, sizeof piece);
    input_close(&input);
    return ok;
}

bool input_digest(uint8_t digest[static HASH_DIGEST_SIZE_MAX], const struct hash_algorithm *algorithm,
                  const char *path, const struct bytes *message) {
    bool ok = true;
    trace_enter("the digest of the message stands for the message", "Hash(M)");
    if (message != NULL) {
        hash_digest(algorithm, digest, message->data, message->length);
    } else {
        ok = digest_file(digest, algorithm, path);
    }
    trace_leave();
    return ok;
}
