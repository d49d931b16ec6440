// The modes of operation: SP 800-38A.

#include "ciphers/block/modes.h"

#include "bignum/trace.h"
#include "ciphers/block/padding.h"

#include <string.h>

enum { BATCH_BLOCKS = 32, BATCH_BYTES = BATCH_BLOCKS * BLOCK_SIZE_MAX };

static const char *const MODE_NAMES[] = {
    [MODE_ECB] = "ecb", [MODE_CBC] = "cbc", [MODE_CFB8] = "cfb8",
    [MODE_CFB] = "cfb", [MODE_OFB] = "ofb", [MODE_CTR] = "ctr",
};

const char *cipher_mode_name(enum cipher_mode mode) {
    return MODE_NAMES[mode];
}

bool cipher_mode_find(enum cipher_mode *mode, const char *name) {
    for (unsigned i = 0; i < sizeof MODE_NAMES / sizeof MODE_NAMES[0]; i++) {
        if (strcmp(MODE_NAMES[i], name) == 0) {
            *mode = (enum cipher_mode)i;
            return true;
        }
    }
    return false;
}

// --- Helpers -----------------------------------------------------------------------------------------------

static void add_bytes(uint8_t *out, const uint8_t *in, size_t length) {
    for (size_t i = 0; i < length; i++) {
        out[i] ^= in[i];
    }
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static bool works_on_whole_blocks(enum cipher_mode mode) {
    return mode == MODE_ECB || mode == MODE_CBC;
}

// How many blocks to take at a time: many, for speed; one when somebody watches, so that the steps of a block
// stand together.
static size_t batch_blocks(void) {
    return trace_on() ? 1 : BATCH_BLOCKS;
}

// CIPH_K, the forward cipher function (section 5.3), on many blocks.
static void forward_cipher(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t blocks) {
    trace_bytes(in, context->cipher->block_size, NULL, "Input Block");
    trace_enter(NULL, "CIPH_K: %s", context->cipher->name);
    context->cipher->encrypt(&context->key, out, in, blocks);
    trace_leave();
    trace_bytes(out, context->cipher->block_size, NULL, "Output Block");
}

// CIPH^-1_K, the inverse cipher function.
static void inverse_cipher(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t blocks) {
    trace_bytes(in, context->cipher->block_size, NULL, "Input Block");
    trace_enter(NULL, "CIPH^-1_K: %s", context->cipher->name);
    context->cipher->decrypt(&context->key, out, in, blocks);
    trace_leave();
    trace_bytes(out, context->cipher->block_size, NULL, "Output Block");
}

// --- ECB and CBC -------------------------------------------------------------------------------------------

// 6.1: C_j = CIPH_K(P_j), P_j = CIPH^-1_K(C_j).
static void ecb(struct cipher_context *context, uint8_t *data, size_t blocks) {
    if (context->direction == CIPHER_ENCRYPT) {
        forward_cipher(context, data, data, blocks);
    } else {
        inverse_cipher(context, data, data, blocks);
    }
}

// 6.2: C_j = CIPH_K(P_j + C_(j-1)), with C_0 the IV.
static void cbc_encrypt(struct cipher_context *context, uint8_t *data, size_t blocks) {
    size_t size = context->cipher->block_size;
    for (size_t j = 0; j < blocks; j++, data += size) {
        add_bytes(data, context->chain, size);
        forward_cipher(context, data, data, 1);
        memcpy(context->chain, data, size);
    }
}

// 6.2: P_j = CIPH^-1_K(C_j) + C_(j-1). Every block needs only ciphertext, so all can be deciphered at once.
static void cbc_decrypt(struct cipher_context *context, uint8_t *data, size_t blocks) {
    size_t size = context->cipher->block_size;
    uint8_t ciphertext[BATCH_BYTES];
    memcpy(ciphertext, data, blocks * size);
    inverse_cipher(context, data, ciphertext, blocks);
    add_bytes(data, context->chain, size);
    add_bytes(data + size, ciphertext, (blocks - 1) * size);
    memcpy(context->chain, ciphertext + (blocks - 1) * size, size);
}

// In place, 1 to BATCH_BLOCKS whole blocks of ECB or CBC.
static void whole_blocks(struct cipher_context *context, uint8_t *data, size_t blocks) {
    size_t length = blocks * context->cipher->block_size;
    bool encrypt = context->direction == CIPHER_ENCRYPT;
    context->blocks += blocks;
    trace_enter(NULL, "Block #%u", (unsigned)context->blocks);
    trace_bytes(data, length, NULL, encrypt ? "Plaintext" : "Ciphertext");
    if (context->mode == MODE_ECB) {
        ecb(context, data, blocks);
    } else if (encrypt) {
        cbc_encrypt(context, data, blocks);
    } else {
        cbc_decrypt(context, data, blocks);
    }
    trace_bytes(data, length, NULL, encrypt ? "Ciphertext" : "Plaintext");
    trace_leave();
}

// True when the last whole block must wait for cipher_final because it may be padding.
static bool keeps_last_block(const struct cipher_context *context) {
    return context->padding == PADDING_PKCS7 && context->direction == CIPHER_DECRYPT;
}

static size_t update_whole_blocks(struct cipher_context *context, uint8_t *out, const uint8_t *in,
                                  size_t length) {
    size_t size = context->cipher->block_size;
    size_t waiting = context->used;
    size_t total = waiting + length;
    size_t blocks = total / size;
    if (keeps_last_block(context) && blocks > 0 && total % size == 0) {
        blocks--;
    }
    size_t written = blocks * size;
    uint8_t batch[BATCH_BYTES];
    while (blocks > 0) {
        size_t count = smaller(blocks, batch_blocks());
        size_t fresh = count * size - context->used;
        memcpy(batch, context->partial, context->used);
        memcpy(batch + context->used, in, fresh);
        in += fresh;
        length -= fresh;
        // out may be in: `waiting` bytes more are written than have been read, so read those before writing.
        context->used = smaller(waiting, length);
        memcpy(context->partial, in, context->used);
        in += context->used;
        length -= context->used;
        whole_blocks(context, batch, count);
        memcpy(out, batch, count * size);
        out += count * size;
        blocks -= count;
    }
    memcpy(context->partial + context->used, in, length);
    context->used += length;
    secure_wipe(batch, sizeof batch);
    return written;
}

// --- CFB, OFB, CTR: the cipher makes a keystream -----------------------------------------------------------

// B.1, the standard incrementing function over the whole block.
static void increment(uint8_t *counter, size_t size) {
    for (size_t i = size; i-- > 0;) {
        if (++counter[i] != 0) {
            break;
        }
    }
}

// 6.3 with s = 8.
static void cfb8(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t length) {
    size_t size = context->cipher->block_size;
    bool encrypt = context->direction == CIPHER_ENCRYPT;
    for (size_t i = 0; i < length; i++) {
        context->blocks++;
        trace_enter(NULL, "Segment #%u", (unsigned)context->blocks);
        forward_cipher(context, context->keystream, context->chain, 1);
        uint8_t from = in[i];
        uint8_t to = from ^ context->keystream[0];
        trace_bytes(&from, 1, NULL, encrypt ? "Plaintext" : "Ciphertext");
        trace_bytes(&to, 1, NULL, encrypt ? "Ciphertext" : "Plaintext");
        trace_leave();
        memmove(context->chain, context->chain + 1, size - 1);
        context->chain[size - 1] = encrypt ? to : from;
        out[i] = to;
    }
}

// Fills the keystream with the output block of the next step.
static void next_keystream(struct cipher_context *context) {
    size_t size = context->cipher->block_size;
    forward_cipher(context, context->keystream, context->chain, 1);
    if (context->mode == MODE_OFB) {
        memcpy(context->chain, context->keystream, size);
    } else if (context->mode == MODE_CTR) {
        increment(context->chain, size);
    }
    context->used = 0;
}

// CFB, OFB and CTR bytes out of the present keystream, at most to its end; gives how many.
static size_t use_keystream(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t length) {
    bool encrypt = context->direction == CIPHER_ENCRYPT;
    length = smaller(length, context->cipher->block_size - context->used);
    trace_bytes(in, length, NULL, encrypt ? "Plaintext" : "Ciphertext");
    for (size_t i = 0; i < length; i++) {
        uint8_t from = in[i];
        uint8_t to = from ^ context->keystream[context->used];
        if (context->mode == MODE_CFB) {
            context->chain[context->used] = encrypt ? to : from;
        }
        context->used++;
        out[i] = to;
    }
    trace_bytes(out, length, NULL, encrypt ? "Ciphertext" : "Plaintext");
    return length;
}

// Whole blocks of CTR, or of CFB decryption: all input blocks are known before, so the cipher takes them at
// once.
static void parallel_keystream(struct cipher_context *context, uint8_t *out, const uint8_t *in,
                               size_t blocks) {
    size_t size = context->cipher->block_size;
    uint8_t batch[BATCH_BYTES] = {0};
    if (context->mode == MODE_CTR) {
        for (size_t j = 0; j < blocks; j++) {
            memcpy(batch + j * size, context->chain, size);
            increment(context->chain, size);
        }
    } else {
        memcpy(batch, context->chain, size);
        memcpy(batch + size, in, (blocks - 1) * size);
        memcpy(context->chain, in + (blocks - 1) * size, size);
    }
    forward_cipher(context, batch, batch, blocks);
    for (size_t i = 0; i < blocks * size; i++) {
        out[i] = in[i] ^ batch[i];
    }
    context->blocks += blocks;
    secure_wipe(batch, sizeof batch);
}

static void update_stream(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t length) {
    size_t size = context->cipher->block_size;
    bool parallel =
        context->mode == MODE_CTR || (context->mode == MODE_CFB && context->direction == CIPHER_DECRYPT);
    while (length > 0) {
        size_t done;
        if (context->used == size && parallel && length >= size && !trace_on()) {
            size_t blocks = smaller(length / size, batch_blocks());
            parallel_keystream(context, out, in, blocks);
            done = blocks * size;
        } else {
            if (context->used == size) {
                context->blocks++;
                trace_text("", NULL, "Block #%u", (unsigned)context->blocks);
                next_keystream(context);
            }
            done = use_keystream(context, out, in, length);
        }
        out += done;
        in += done;
        length -= done;
    }
}

// --- The interface -----------------------------------------------------------------------------------------

bool cipher_init(struct cipher_context *context, const struct block_cipher *cipher, enum cipher_mode mode,
                 enum cipher_direction direction, enum cipher_padding padding, const uint8_t *key,
                 size_t key_length, const uint8_t *iv, size_t iv_length) {
    secure_wipe(context, sizeof *context);
    if (iv_length != (mode == MODE_ECB ? 0 : cipher->block_size)) {
        return false;
    }
    if (!cipher->set_key(&context->key, key, key_length)) {
        return false;
    }
    context->cipher = cipher;
    context->mode = mode;
    context->direction = direction;
    context->padding = works_on_whole_blocks(mode) ? padding : PADDING_NONE;
    if (mode != MODE_ECB) {
        memcpy(context->chain, iv, iv_length);
        trace_bytes(iv, iv_length, NULL, mode == MODE_CTR ? "Init. Counter" : "IV");
    }
    context->used = works_on_whole_blocks(mode) ? 0 : cipher->block_size;
    return true;
}

void cipher_update(struct cipher_context *context, uint8_t *out, size_t *out_length, const uint8_t *in,
                   size_t length) {
    *out_length = 0;
    if (length == 0) {
        return; // in may be NULL
    }
    if (works_on_whole_blocks(context->mode)) {
        *out_length = update_whole_blocks(context, out, in, length);
    } else if (context->mode == MODE_CFB8) {
        cfb8(context, out, in, length);
        *out_length = length;
    } else {
        update_stream(context, out, in, length);
        *out_length = length;
    }
}

bool cipher_final(struct cipher_context *context, uint8_t *out, size_t *out_length) {
    bool good = true;
    *out_length = 0;
    if (works_on_whole_blocks(context->mode)) {
        size_t size = context->cipher->block_size;
        if (context->padding == PADDING_NONE) {
            good = context->used == 0;
        } else if (context->direction == CIPHER_ENCRYPT) {
            pkcs7_pad(context->partial, context->used, size);
            whole_blocks(context, context->partial, 1);
            memcpy(out, context->partial, size);
            *out_length = size;
        } else if (context->used == size) {
            whole_blocks(context, context->partial, 1);
            good = pkcs7_unpad(context->partial, out_length, size);
            memcpy(out, context->partial, *out_length);
        } else {
            good = false;
        }
    }
    secure_wipe(context, sizeof *context);
    return good;
}
