// A random source from a seed: the keystream of AES-256 in counter mode (SP 800-38A, 6.5) under the key SHA-256("cutaway
// demo seed N"), from the counter zero on. Whoever knows N knows every value: that is its purpose.

#include "apps/common/seed.h"

#include "bignum/random.h"
#include "ciphers/block/modes.h"
#include "ciphers/hash/sha2.h"

#include <stdio.h>
#include <string.h>

static struct cipher_context keystream;

static bool next_bytes(void *context, uint8_t *out, size_t length) {
    size_t written;
    memset(out, 0, length);
    cipher_update(context, out, &written, out, length); // zeros, encrypted: the keystream itself
    return written == length;
}

bool seed_random(unsigned long seed) {
    static const uint8_t counter[16];
    char text[64];
    uint8_t key[SHA256_DIGEST_SIZE];
    (void)snprintf(text, sizeof text, "cutaway demo seed %lu", seed);
    struct sha256_context sha;
    sha256_init(&sha);
    sha256_update(&sha, (const uint8_t *)text, strlen(text));
    sha256_final(&sha, key);
    if (!cipher_init(&keystream, block_cipher_find("aes-256"), MODE_CTR, CIPHER_ENCRYPT, PADDING_NONE, key,
                     sizeof key, counter, sizeof counter)) {
        return false;
    }
    random_set_source(next_bytes, &keystream);
    return true;
}
