// Monte Carlo tests: the output of one step is the input of a later one, a thousand or ten thousand times, so that a
// rare fault anywhere spoils the end. A published test has 100 or 400 records, each starting where the one before
// ended. A vector is one record, checked from its own start; with `records` it is that many, one after the other, and
// what it states is the output of the last: so the first start and the last output of a test stand for all of it.
//
// Source: AESAVS (NIST, 2002) section 6.4; SP 800-20 (NIST, 1999) section 5, which calls it the modes test; SHAVS (NIST, 2014) section 6.4.
#include "apps/cutaway/vectors_run.h"

#include <stdlib.h>
#include <string.h>

enum { AES_STEPS = 1000, DES_STEPS = 10000, HASH_STEPS = 1000, RECORDS_MAX = 1000 };

static void copy(uint8_t *to, const struct bytes *from) {
    if (from->length > 0) {
        memcpy(to, from->data, from->length);
    }
}

// A record in hand: where it starts, where the next one starts, and all outputs, of which the next key is made.
struct record {
    uint8_t key[32], iv[BLOCK_SIZE_MAX], in[BLOCK_SIZE_MAX], next[BLOCK_SIZE_MAX];
    size_t key_length, iv_length, unit, steps;
    uint8_t *outputs; // steps of them, a unit each
    uint8_t *shifted; // the IV, and behind it what was shifted into the shift register that it started
};

// What a step puts into the shift register. In AES's test (AESAVS 6.4) that is the output, in both directions. In the DES
// test (SP 800-20, 5) it is what the mode itself feeds back: the ciphertext, or the key stream in OFB.
static uint8_t fed_back(const struct vector_run *run, enum cipher_direction direction, uint8_t in,
                        uint8_t out) {
    if (run->cipher->block_size == AES_BLOCK_SIZE) {
        return out;
    }
    return run->mode == MODE_OFB ? in ^ out : direction == CIPHER_ENCRYPT ? out : in;
}

// The input of the next step: what left the shift register in this one. Without an IV (ECB) there is none, and the output
// goes in again. The decryptions of DES are like that too: in CBC with the output, in CFB with the key stream.
static uint8_t next_input(const struct vector_run *run, enum cipher_direction direction, uint8_t in,
                          uint8_t out, uint8_t left) {
    bool des_decryption = run->cipher->block_size == DES_BLOCK_SIZE && direction == CIPHER_DECRYPT;
    if (run->mode == MODE_ECB || (des_decryption && run->mode == MODE_CBC)) {
        return out;
    }
    bool cfb = run->mode == MODE_CFB || run->mode == MODE_CFB8;
    return des_decryption && cfb ? in ^ out : left;
}

static bool run_record(const struct vector_run *run, struct record *record, enum cipher_direction direction) {
    struct cipher_context context;
    if (!cipher_init(&context, run->cipher, run->mode, direction, PADDING_NONE, record->key,
                     record->key_length, record->iv, record->iv_length)) {
        return false;
    }
    memcpy(record->shifted, record->iv, record->iv_length);
    memcpy(record->next, record->in, record->unit);
    for (size_t j = 0; j < record->steps; j++) {
        size_t length = 0, at = j * record->unit;
        uint8_t *out = record->outputs + at;
        cipher_update(&context, out, &length, record->next, record->unit);
        for (size_t i = 0; i < record->unit; i++) {
            uint8_t in = record->next[i];
            record->shifted[record->iv_length + at + i] = fed_back(run, direction, in, out[i]);
            record->next[i] = next_input(run, direction, in, out[i], record->shifted[at + i]);
        }
    }
    secure_wipe(&context, sizeof context);
    return true;
}

// Where the next record starts. AES (AESAVS 6.4): the key is combined with as many bytes of output as it is long. DES
// (SP 800-20, 5): the first key is combined with the last eight bytes, the second key with those before, and so on. The
// IV is what the shift register holds, the input that of one step more; in OFB with DES, the first input is added to it.
static void chain_record(const struct vector_run *run, struct record *record) {
    const uint8_t *end = record->outputs + record->steps * record->unit;
    bool aes = run->cipher->block_size == AES_BLOCK_SIZE;
    for (size_t i = 0; i < record->key_length; i++) {
        record->key[i] ^= aes ? end[i - record->key_length]
                              : end[i % DES_BLOCK_SIZE - (i / DES_BLOCK_SIZE + 1) * DES_BLOCK_SIZE];
    }
    memcpy(record->iv, record->shifted + record->steps * record->unit, record->iv_length);
    for (size_t i = 0; i < record->unit; i++) {
        record->in[i] = (uint8_t)((!aes && run->mode == MODE_OFB ? record->in[i] : 0) ^ record->next[i]);
    }
}

static bool allocate_record(struct record *record) {
    size_t size = BLOCK_SIZE_MAX + record->steps * record->unit; // the IV, and what follows it
    record->outputs = malloc(size);
    record->shifted = malloc(size);
    return record->outputs != NULL && record->shifted != NULL;
}

void vector_run_monte_cipher(struct vector_run *run) {
    enum cipher_direction direction =
        vector_get(run, "direction")->number == 0 ? CIPHER_ENCRYPT : CIPHER_DECRYPT;
    const char *from = direction == CIPHER_ENCRYPT ? "plaintext" : "ciphertext";
    const char *to = direction == CIPHER_ENCRYPT ? "ciphertext" : "plaintext";
    const struct bytes *key = vector_bytes(run, "key"), *iv = vector_bytes(run, "iv"),
                       *in = vector_bytes(run, from);
    unsigned long records = vector_has(run, "records") ? vector_get(run, "records")->number : 1;
    bool aes = run->cipher->block_size == AES_BLOCK_SIZE;
    struct record record = {.key_length = key->length,
                            .iv_length = iv->length,
                            .unit = run->mode == MODE_CFB8 ? 1 : run->cipher->block_size,
                            .steps = aes ? AES_STEPS : DES_STEPS};
    if (in->length != record.unit || key->length > sizeof record.key || iv->length > sizeof record.iv) {
        (void)vector_rejected(run, in->length != record.unit ? "the length of the first input"
                                                             : "the length of the key or of the IV");
        return;
    }
    if (records == 0 || records > RECORDS_MAX) {
        (void)vector_rejected(run, "the number of records");
        return;
    }
    copy(record.key, key);
    copy(record.iv, iv);
    copy(record.in, in);
    bool allocated = allocate_record(&record), ok = allocated;
    for (unsigned long i = 0; ok && i < records; i++) {
        if (i > 0) {
            chain_record(run, &record);
        }
        ok = run_record(run, &record, direction);
    }
    if (!ok) {
        (void)vector_rejected(run, allocated ? "the length of the key or of the IV" : "memory");
    } else {
        (void)vector_expect_bytes(run, to, record.outputs + (record.steps - 1) * record.unit, record.unit);
    }
    free(record.outputs);
    free(record.shifted);
    secure_wipe(&record, sizeof record);
}

// MD[0] = MD[1] = MD[2] = seed; MD[i] is the digest of the three before it; MD[1002] ends the record.
void vector_run_monte_hash(struct vector_run *run) {
    size_t size = run->hash->digest_size;
    const struct bytes *seed = vector_bytes(run, "seed");
    uint8_t last_three[3 * HASH_DIGEST_SIZE_MAX], digest[HASH_DIGEST_SIZE_MAX];
    unsigned long records = vector_has(run, "records") ? vector_get(run, "records")->number : 1;
    if (seed->length != size || records == 0 || records > RECORDS_MAX) {
        (void)vector_rejected(run, "the length of the seed, or the number of records");
        return;
    }
    copy(digest, seed);
    for (unsigned long record = 0; record < records; record++) { // each starts from the digest before
        for (size_t i = 0; i < 3; i++) {
            memcpy(last_three + i * size, digest, size);
        }
        for (size_t i = 0; i < HASH_STEPS; i++) {
            hash_digest(run->hash, digest, last_three, 3 * size);
            memmove(last_three, last_three + size, 2 * size);
            memcpy(last_three + 2 * size, digest, size);
        }
    }
    (void)vector_expect_bytes(run, "digest", digest, size);
}

void vector_trace_monte_hash(const struct vector_run *run, FILE *out) {
    fprintf(out, "cutaway trace %s --in ", run->hash->name);
    for (size_t i = 0; i < 3; i++) {
        vector_print_hex(out, vector_bytes(run, "seed"));
    }
}
