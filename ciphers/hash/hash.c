// One interface over every hash function, so that HMAC, HKDF, MGF1, RSA padding and the workbench are written
// once.
//
// A table holds, for each algorithm, its sizes and three functions; a union holds the context of whichever
// one was chosen. The three functions of every row have the same type, so a thin adapter stands between each
// of them and the typed function of its own file; calling through a cast pointer of another type would be
// undefined behaviour.
//
// Read before: ciphers/hash/md5.c, ciphers/hash/sha1.c, ciphers/hash/sha256.c. Read after:
// ciphers/hash/hmac.c.

#include "ciphers/hash/hash.h"

#include "bignum/secure.h"

#include <string.h>

// --- the adapters ------------------------------------------------------------------------------------------

static void init_md5(union hash_state *state) {
    md5_init(&state->md5);
}
static void init_sha1(union hash_state *state) {
    sha1_init(&state->sha1);
}
static void init_sha224(union hash_state *state) {
    sha224_init(&state->sha256);
}
static void init_sha256(union hash_state *state) {
    sha256_init(&state->sha256);
}
static void init_sha384(union hash_state *state) {
    sha384_init(&state->sha512);
}
static void init_sha512(union hash_state *state) {
    sha512_init(&state->sha512);
}

static void update_md5(union hash_state *state, const uint8_t *in, size_t length) {
    md5_update(&state->md5, in, length);
}
static void update_sha1(union hash_state *state, const uint8_t *in, size_t length) {
    sha1_update(&state->sha1, in, length);
}
static void update_sha256(union hash_state *state, const uint8_t *in, size_t length) {
    sha256_update(&state->sha256, in, length);
}
static void update_sha512(union hash_state *state, const uint8_t *in, size_t length) {
    sha512_update(&state->sha512, in, length);
}

static void final_md5(union hash_state *state, uint8_t *digest) {
    md5_final(&state->md5, digest);
}
static void final_sha1(union hash_state *state, uint8_t *digest) {
    sha1_final(&state->sha1, digest);
}
static void final_sha224(union hash_state *state, uint8_t *digest) {
    sha224_final(&state->sha256, digest);
}
static void final_sha256(union hash_state *state, uint8_t *digest) {
    sha256_final(&state->sha256, digest);
}
static void final_sha384(union hash_state *state, uint8_t *digest) {
    sha384_final(&state->sha512, digest);
}
static void final_sha512(union hash_state *state, uint8_t *digest) {
    sha512_final(&state->sha512, digest);
}

// --- the table ---------------------------------------------------------------------------------------------

// SHA-224 and SHA-384 differ from their sisters at the start and at the end only.
// clang-format off
const struct hash_algorithm hash_algorithms[] = {
    {"md5",    MD5_DIGEST_SIZE,    MD5_BLOCK_SIZE,    init_md5,    update_md5,    final_md5},
    {"sha1",   SHA1_DIGEST_SIZE,   SHA1_BLOCK_SIZE,   init_sha1,   update_sha1,   final_sha1},
    {"sha224", SHA224_DIGEST_SIZE, SHA256_BLOCK_SIZE, init_sha224, update_sha256, final_sha224},
    {"sha256", SHA256_DIGEST_SIZE, SHA256_BLOCK_SIZE, init_sha256, update_sha256, final_sha256},
    {"sha384", SHA384_DIGEST_SIZE, SHA512_BLOCK_SIZE, init_sha384, update_sha512, final_sha384},
    {"sha512", SHA512_DIGEST_SIZE, SHA512_BLOCK_SIZE, init_sha512, update_sha512, final_sha512},
    {0},
};
// clang-format on

const struct hash_algorithm *hash_find(const char *name) {
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        if (strcmp(algorithm->name, name) == 0) {
            return algorithm;
        }
    }
    return NULL;
}

// --- one message on its way --------------------------------------------------------------------------------

void hash_init(struct hash_context *context, const struct hash_algorithm *algorithm) {
    context->algorithm = algorithm;
    algorithm->init(&context->state);
}

void hash_update(struct hash_context *context, const void *in, size_t length) {
    context->algorithm->update(&context->state, in, length);
}

void hash_final(struct hash_context *context, uint8_t *digest) {
    context->algorithm->final(&context->state, digest);
    secure_wipe(context, sizeof *context);
}

void hash_digest(const struct hash_algorithm *algorithm, uint8_t *digest, const void *in, size_t length) {
    struct hash_context context;
    hash_init(&context, algorithm);
    hash_update(&context, in, length);
    hash_final(&context, digest);
}

// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - A digest buffer that is too small: HASH_DIGEST_SIZE_MAX fits every algorithm of the table, and a test
//   holds the table to it.
// - Comparing a secret digest with memcmp: secure_equal of bignum/secure.h.
// - Using a context again after hash_final: it is all zeros, without an algorithm. Start with hash_init.
//
// Where next: ciphers/hash/hmac.c, ciphers/hash/mgf1.c.
