// Monte Carlo records: the output of one step is the input of a later one, a thousand or ten thousand times, so that a
// rare fault anywhere spoils the end. A published test has 100 or 400 records, each starting where the one before
// ended; a record is checked from its own start, so the first and the last of a test stand for the chain between.
//
// Source: AESAVS (NIST, 2002) section 6.4; SP 800-20 (NIST, 1999) section 5, which calls it the modes test; SHAVS (NIST, 2014) section 6.4.
#include "apps/cutaway/vectors_run.h"

#include <stdlib.h>
#include <string.h>

enum { AES_STEPS = 1000, DES_STEPS = 10000, HASH_STEPS = 1000 };

// What the outputs line up to, with the IV in front: input j + 1 is unit j of this stream. Without an IV (ECB) that is
// the output just made, with one the output of the step before it (or, byte by byte in CFB8, of a block before). In
// the DES test, CBC decryption takes the output just made too.
static size_t start_stream(const struct vector_run *run, enum cipher_direction direction, uint8_t *stream) {
    const struct bytes *iv = vector_bytes(run, "iv");
    bool des_cbc_decryption =
        run->cipher->block_size == DES_BLOCK_SIZE && run->mode == MODE_CBC && direction == CIPHER_DECRYPT;
    if (des_cbc_decryption || iv->length == 0) {
        return 0;
    }
    memcpy(stream, iv->data, iv->length);
    return iv->length;
}

void vector_run_monte_cipher(struct vector_run *run) {
    enum cipher_direction direction =
        vector_get(run, "direction")->number == 0 ? CIPHER_ENCRYPT : CIPHER_DECRYPT;
    const char *from = direction == CIPHER_ENCRYPT ? "plaintext" : "ciphertext";
    const char *to = direction == CIPHER_ENCRYPT ? "ciphertext" : "plaintext";
    const struct bytes *key = vector_bytes(run, "key"), *iv = vector_bytes(run, "iv"),
                       *in = vector_bytes(run, from);
    size_t steps = run->cipher->block_size == AES_BLOCK_SIZE ? AES_STEPS : DES_STEPS;
    size_t unit = run->mode == MODE_CFB8 ? 1 : run->cipher->block_size;
    struct cipher_context context;
    if (in->length != unit) {
        (void)vector_rejected(run, "the length of the first input");
        return;
    }
    if (!cipher_init(&context, run->cipher, run->mode, direction, PADDING_NONE, key->data, key->length,
                     iv->data, iv->length)) {
        (void)vector_rejected(run, "the length of the key or of the IV");
        return;
    }
    uint8_t *stream = malloc((steps + 1) * unit + BLOCK_SIZE_MAX);
    if (stream == NULL) {
        (void)vector_rejected(run, "memory");
        return;
    }
    size_t filled = start_stream(run, direction, stream);
    const uint8_t *next = in->data;
    for (size_t j = 0; j < steps; j++) {
        size_t length = 0;
        cipher_update(&context, stream + filled, &length, next, unit);
        filled += unit;
        next = stream + j * unit;
    }
    (void)vector_expect_bytes(run, to, stream + filled - unit, unit);
    secure_wipe(&context, sizeof context);
    free(stream);
}

// MD[0] = MD[1] = MD[2] = seed; MD[i] is the digest of the three before it; MD[1002] ends the record.
void vector_run_monte_hash(struct vector_run *run) {
    size_t size = run->hash->digest_size;
    const struct bytes *seed = vector_bytes(run, "seed");
    uint8_t last_three[3 * HASH_DIGEST_SIZE_MAX], digest[HASH_DIGEST_SIZE_MAX];
    if (seed->length != size) {
        (void)vector_rejected(run, "the length of the seed");
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        memcpy(last_three + i * size, seed->data, size);
    }
    for (size_t i = 0; i < HASH_STEPS; i++) {
        hash_digest(run->hash, digest, last_three, 3 * size);
        memmove(last_three, last_three + size, 2 * size);
        memcpy(last_three + 2 * size, digest, size);
    }
    (void)vector_expect_bytes(run, "digest", digest, size);
}

void vector_trace_monte_hash(const struct vector_run *run, FILE *out) {
    fprintf(out, "cutaway trace %s --in ", run->hash->name);
    for (size_t i = 0; i < 3; i++) {
        vector_print_hex(out, vector_bytes(run, "seed"));
    }
}
