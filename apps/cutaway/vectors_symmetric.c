// How vectors of block ciphers, hash functions, HMAC, HKDF and MGF1 are computed.
#include "apps/cutaway/vectors_run.h"

#include "ciphers/hash/hkdf.h"
#include "ciphers/hash/hmac.h"
#include "ciphers/hash/mgf1.h"

enum {
    OUTPUT_MAX = 1 << 20,  // bytes that a key derivation or a mask may be asked for
    MESSAGE_MAX = 1 << 30, // bytes of a repeated message
};

// --- block ciphers in a mode -------------------------------------------------------------------------------------

static bool crypt(struct vector_run *run, enum cipher_direction direction, const char *from, const char *to) {
    static const char *const names[] = {"encryption", "decryption"};
    const struct bytes *key = vector_bytes(run, "key"), *iv = vector_bytes(run, "iv"),
                       *in = vector_bytes(run, from);
    enum cipher_padding padding = vector_get(run, "padding")->number == 1 ? PADDING_PKCS7 : PADDING_NONE;
    struct cipher_context context;
    struct bytes out = {0};
    size_t length = 0, last = 0;
    bool ok = false;
    if (!cipher_init(&context, run->cipher, run->mode, direction, padding, key->data, key->length, iv->data,
                     iv->length)) {
        return vector_rejected(run, "the length of the key or of the IV");
    }
    if (bytes_allocate(&out, in->length + (size_t)2 * BLOCK_SIZE_MAX)) {
        cipher_update(&context, out.data, &length, in->data, in->length);
        ok = cipher_final(&context, out.data + length, &last)
                 ? vector_expect_bytes(run, to, out.data, length + last)
                 : vector_rejected(run, names[direction]);
    }
    secure_wipe(&context, sizeof context);
    bytes_clear(&out);
    return ok;
}

// Both directions, unless the vector names one.
void vector_run_cipher(struct vector_run *run) {
    const struct vector_bound *direction = vector_get(run, "direction");
    if (!direction->present || direction->number == 0) {
        (void)crypt(run, CIPHER_ENCRYPT, "plaintext", "ciphertext");
    }
    if (!direction->present || direction->number == 1) {
        (void)crypt(run, CIPHER_DECRYPT, "ciphertext", "plaintext");
    }
}

void vector_trace_cipher(const struct vector_run *run, FILE *out) {
    bool decrypt = vector_get(run, "direction")->present && vector_get(run, "direction")->number == 1;
    fprintf(out, "cutaway trace %s-%s", run->cipher->name, cipher_mode_name(run->mode));
    vector_print_option(run, out, "--key", "key");
    if (vector_has(run, "iv")) {
        vector_print_option(run, out, "--iv", "iv");
    }
    vector_print_option(run, out, "--in", decrypt ? "ciphertext" : "plaintext");
    fputs(decrypt ? " --decrypt" : "", out);
    if (run->mode == MODE_ECB || run->mode == MODE_CBC) {
        fputs(vector_get(run, "padding")->number == 1 ? " --padding pkcs7" : " --padding none", out);
    }
}

// --- hash functions ----------------------------------------------------------------------------------------------

void vector_run_hash(struct vector_run *run) {
    const struct bytes *message = vector_bytes(run, "message");
    unsigned long repeat = vector_has(run, "repeat") ? vector_get(run, "repeat")->number : 1;
    struct hash_context context;
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    if (message->length > 0 && repeat > MESSAGE_MAX / message->length) {
        (void)vector_rejected(run, "a message of more than 2^30 bytes");
        return;
    }
    hash_init(&context, run->hash);
    for (unsigned long i = 0; i < repeat; i++) {
        hash_update(&context, message->data, message->length);
    }
    hash_final(&context, digest);
    (void)vector_expect_bytes(run, "digest", digest, run->hash->digest_size);
}

// A repeated message is too long for an argument, and its trace for a reader: only its digest is computed. The shell's
// printf goes through its format once for each number, of which %.0s takes nothing.
void vector_trace_hash(const struct vector_run *run, FILE *out) {
    const struct bytes *message = vector_bytes(run, "message");
    if (vector_has(run, "repeat")) {
        fputs("printf '", out);
        vector_print_octal(out, message);
        fprintf(out, "%%.0s' $(seq %lu) | cutaway hash %s -", vector_get(run, "repeat")->number,
                run->hash->name);
        return;
    }
    fprintf(out, "cutaway trace %s", run->hash->name);
    vector_print_option(run, out, "--in", "message");
}

// A MAC that the source cuts short is compared as far as it goes.
void vector_run_hmac(struct vector_run *run) {
    const struct bytes *key = vector_bytes(run, "key"), *message = vector_bytes(run, "message"),
                       *mac = vector_bytes(run, "mac");
    uint8_t got[HASH_DIGEST_SIZE_MAX];
    size_t length = mac->length < run->hash->digest_size ? mac->length : run->hash->digest_size;
    hmac_digest(run->hash, got, key->data, key->length, message->data, message->length);
    if (vector_expect_bytes(run, "mac", got, length) &&
        !hmac_verify(run->hash, mac->data, mac->length, key->data, key->length, message->data,
                     message->length)) {
        (void)vector_rejected(run, "the MAC, on verification");
    }
}

void vector_trace_hmac(const struct vector_run *run, FILE *out) {
    fprintf(out, "cutaway trace hmac-%s", run->hash->name);
    vector_print_option(run, out, "--key", "key");
    vector_print_option(run, out, "--in", "message");
}

void vector_run_hkdf(struct vector_run *run) {
    const struct bytes *ikm = vector_bytes(run, "ikm"), *salt = vector_bytes(run, "salt"),
                       *info = vector_bytes(run, "info");
    unsigned long length = vector_get(run, "length")->number;
    uint8_t prk[HASH_DIGEST_SIZE_MAX];
    struct bytes okm = {0};
    hkdf_extract(run->hash, prk, salt->data, salt->length, ikm->data, ikm->length);
    if (vector_has(run, "prk")) {
        (void)vector_expect_bytes(run, "prk", prk, run->hash->digest_size);
    }
    if (length > OUTPUT_MAX || !bytes_allocate(&okm, length) ||
        !hkdf(run->hash, okm.data, length, salt->data, salt->length, ikm->data, ikm->length, info->data,
              info->length)) {
        (void)vector_rejected(run, "the length");
    } else {
        (void)vector_expect_bytes(run, "okm", okm.data, length);
    }
    bytes_clear(&okm);
}

void vector_trace_hkdf(const struct vector_run *run, FILE *out) {
    fprintf(out, "cutaway trace hkdf-%s", run->hash->name);
    vector_print_option(run, out, "--in", "ikm");
    vector_print_option(run, out, "--salt", "salt");
    vector_print_option(run, out, "--info", "info");
    fprintf(out, " --length %lu", vector_get(run, "length")->number);
}

void vector_run_mgf1(struct vector_run *run) {
    const struct bytes *seed = vector_bytes(run, "seed"), *mask = vector_bytes(run, "mask");
    struct bytes got = {0};
    if (mask->length > OUTPUT_MAX || !bytes_allocate(&got, mask->length)) {
        (void)vector_rejected(run, "the length");
        return;
    }
    mgf1(run->hash, got.data, got.length, seed->data, seed->length);
    (void)vector_expect_bytes(run, "mask", got.data, got.length);
    bytes_clear(&got);
}

void vector_trace_mgf1(const struct vector_run *run, FILE *out) {
    fprintf(out, "cutaway trace mgf1-%s", run->hash->name);
    vector_print_option(run, out, "--in", "seed");
    fprintf(out, " --length %zu", vector_bytes(run, "mask")->length);
}
