// The modes of operation: how a cipher for one block encrypts a message. SP 800-38A (2001).
//
// A block cipher takes 16 bytes (AES) or 8 (DES) and always gives the same result for the same block.
// Messages are longer than that, and a reader of the ciphertext must not see which parts of a message, or
// which messages, are equal. A mode chains the blocks together or turns the cipher into a stream of
// random-looking bytes, and starts from an initialization vector, the IV, that makes every message different.
// Five modes are here, one of them as a warning.
//
// Status today: CBC and CTR are in use, inside protocols that add authentication. None of the modes notices
// changes of the ciphertext: that needs a MAC (ciphers/hash/hmac.h) on top. ECB is broken for anything longer
// than a block.
//
// Vectors: vectors/block/aes-modes.txt (SP 800-38A Appendix F); tests/test_modes.c,
// tests/test_modes_openssl.c. Trace: `cutaway trace aes-128-cbc --key K --iv IV --in M` shows every block
// in the words of Appendix F. Read before: ciphers/block/aes.c. Read after: ciphers/block/padding.c.
//
// --- Map ---------------------------------------------------------------------------------------------------
//
//      ECB (6.1)                 CBC (6.2)                           CFB (6.3)
//        P1        P2              P1           P2                     IV       +---> C1 ...
//        |         |         IV -> +      +---> +                      |        |     |
//      CIPH_K    CIPH_K          CIPH_K   |   CIPH_K                 CIPH_K     |   CIPH_K
//        |         |               |      |     |                      |        |     |
//        C1        C2              C1 ----+     C2 ---> ...      P1 -> + -> C1 -+     + <- P2
//
//      OFB (6.4)                                CTR (6.5)
//        IV       +---> ...                       T1 = IV       T2 = T1 + 1
//        |        |                               |             |
//      CIPH_K     |                             CIPH_K        CIPH_K
//        |        |                               |             |
//        +--------+                         P1 -> + -> C1  P2 -> + -> C2
//        |
//  P1 -> + -> C1
//
//      standard        here                    meaning
//      CIPH_K          forward_cipher          the block cipher under the key K
//      CIPH^-1_K       inverse_cipher          its inverse; only ECB and CBC ever use it
//      P_j, C_j        data, in, out           the j-th block of plaintext and of ciphertext
//      b               size                    the block size, here in bytes
//      I_j, O_j        chain, keystream        input and output block of CFB and OFB
//      T_j             chain                   counter block
//      IV              chain at the start
//
//      mode   whole blocks only   encrypts in parallel   decrypts in parallel   needs CIPH^-1
//      ECB    yes                 yes                    yes                    yes
//      CBC    yes                 no                     yes                    yes
//      CFB    no                  no                     yes                    no
//      OFB    no                  no                     no                     no
//      CTR    no                  yes                    yes                    no
//
// --- Conventions -------------------------------------------------------------------------------------------
//
// + is addition bit by bit without carry, XOR, except in T + 1, which is a number. A counter block is one
// big-endian number. A message arrives in pieces of any length, and the result must not depend on how it was
// cut. Where a mode can work on many blocks at once (parallel in the table), the cipher gets BATCH_BLOCKS of
// them per call.

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

static bool takes_whole_blocks(enum cipher_mode mode) {
    return mode == MODE_ECB || mode == MODE_CBC;
}

// How many blocks to take at a time: many for speed, one when somebody watches, so that the steps of a block
// stand together.
static size_t batch_limit(void) {
    return trace_on() ? 1 : BATCH_BLOCKS;
}

// What goes in and comes out, in the words of Appendix F: on decryption the ciphertext comes first.
static void trace_input(const struct cipher_context *context, const uint8_t *bytes, size_t length) {
    trace_bytes(bytes, length, NULL, context->direction == CIPHER_ENCRYPT ? "Plaintext" : "Ciphertext");
}
static void trace_output(const struct cipher_context *context, const uint8_t *bytes, size_t length) {
    trace_bytes(bytes, length, NULL, context->direction == CIPHER_ENCRYPT ? "Ciphertext" : "Plaintext");
}

// CIPH_K, the forward cipher function, on `blocks` blocks.
static void forward_cipher(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t blocks) {
    trace_bytes(in, context->cipher->block_size, NULL, "Input Block");
    trace_enter("The forward cipher function", "CIPH_K: %s", context->cipher->name);
    context->cipher->encrypt(&context->key, out, in, blocks);
    trace_leave();
    trace_bytes(out, context->cipher->block_size, NULL, "Output Block");
}

// CIPH^-1_K, the inverse cipher function, on `blocks` blocks.
static void inverse_cipher(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t blocks) {
    trace_bytes(in, context->cipher->block_size, NULL, "Input Block");
    trace_enter("The inverse cipher function", "CIPH^-1_K: %s", context->cipher->name);
    context->cipher->decrypt(&context->key, out, in, blocks);
    trace_leave();
    trace_bytes(out, context->cipher->block_size, NULL, "Output Block");
}

// --- ECB and CBC: whole blocks -----------------------------------------------------------------------------
//
// These four work in place on 1 to BATCH_BLOCKS blocks.

// ECB, Electronic Codebook (6.1): C_j = CIPH_K(P_j). Every block for itself, as if looked up in a book: equal
// plaintext blocks give equal ciphertext blocks, and whoever sees the ciphertext sees the pattern.
static void ecb_encrypt(struct cipher_context *context, uint8_t *data, size_t blocks) {
    forward_cipher(context, data, data, blocks);
}

// P_j = CIPH^-1_K(C_j).
static void ecb_decrypt(struct cipher_context *context, uint8_t *data, size_t blocks) {
    inverse_cipher(context, data, data, blocks);
}

// CBC, Cipher Block Chaining (6.2): C_j = CIPH_K(P_j + C_(j-1)), with C_0 = IV. The ciphertext before makes
// equal plaintext blocks different. The IV must be unpredictable: if an attacker knows it in advance he
// chooses a plaintext that undoes it and tests his guess of an earlier block.
static void cbc_encrypt(struct cipher_context *context, uint8_t *data, size_t blocks) {
    size_t size = context->cipher->block_size;
    for (size_t j = 0; j < blocks; j++, data += size) {
        add_bytes(data, context->chain, size);
        forward_cipher(context, data, data, 1);
        memcpy(context->chain, data, size);
    }
}

// P_j = CIPH^-1_K(C_j) + C_(j-1). All C_j are known, so the cipher can take many at once. A changed bit of
// C_j garbles all of P_j and changes the same bit of P_(j+1): that is how attackers edit plaintext they
// cannot read.
static void cbc_decrypt(struct cipher_context *context, uint8_t *data, size_t blocks) {
    size_t size = context->cipher->block_size;
    size_t last = (blocks - 1) * size;
    uint8_t ciphertext[BATCH_BYTES];
    memcpy(ciphertext, data, blocks * size);
    inverse_cipher(context, data, ciphertext, blocks);
    add_bytes(data, context->chain, size);
    add_bytes(data + size, ciphertext, last);
    memcpy(context->chain, ciphertext + last, size);
}

static void process_blocks(struct cipher_context *context, uint8_t *data, size_t blocks) {
    size_t length = blocks * context->cipher->block_size;
    bool encrypt = context->direction == CIPHER_ENCRYPT;
    context->blocks += blocks;
    trace_enter(NULL, "Block #%llu", (unsigned long long)context->blocks);
    trace_input(context, data, length);
    if (context->mode == MODE_ECB) {
        (encrypt ? ecb_encrypt : ecb_decrypt)(context, data, blocks);
    } else {
        (encrypt ? cbc_encrypt : cbc_decrypt)(context, data, blocks);
    }
    trace_output(context, data, length);
    trace_leave();
}

// True when the last whole block must wait for cipher_final, because it will be the padding if nothing
// follows.
static bool keeps_last_block(const struct cipher_context *context) {
    return context->padding == PADDING_PKCS7 && context->direction == CIPHER_DECRYPT;
}

// Cuts the input into blocks. `partial` holds what the last call left over, `used` bytes; they come first.
//
//      partial        in
//      [ used ]  [ ............................ ]
//      |  block  |  block  |  block  | rest -> partial
//
// out may be in. Then the first block written, at out[0], reaches over input that has not been read: the
// output runs `used` bytes ahead. So after each batch is collected, and before anything is written, that many
// more bytes of input are moved to safety in `partial`. From then on no more has been written than read.
// length is not 0.
static size_t update_blocks(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t length) {
    const size_t size = context->cipher->block_size;
    const size_t ahead = context->used;
    size_t blocks = (ahead + length) / size;
    if (keeps_last_block(context) && (ahead + length) % size == 0) {
        blocks--;
    }
    const size_t written = blocks * size;
    uint8_t batch[BATCH_BYTES];
    while (blocks > 0) {
        size_t count = smaller(blocks, batch_limit());
        size_t fresh = count * size - context->used;
        memcpy(batch, context->partial, context->used);
        memcpy(batch + context->used, in, fresh);
        in += fresh;
        length -= fresh;
        context->used = smaller(ahead, length);
        memcpy(context->partial, in, context->used);
        in += context->used;
        length -= context->used;

        process_blocks(context, batch, count);
        memcpy(out, batch, count * size);
        out += count * size;
        blocks -= count;
    }
    memcpy(context->partial + context->used, in, length);
    context->used += length;
    secure_wipe(batch, sizeof batch);
    return written;
}

// --- CFB, OFB and CTR: any length --------------------------------------------------------------------------
//
// Here the cipher never touches the message: it makes output blocks, a keystream, and the message is added to
// them. So the same function encrypts and decrypts, nothing is padded, and two messages under the same
// keystream betray their sum.

// CFB8, Cipher Feedback with segments of one byte (6.3, s = 8): one cipher call a byte, of which 8 bits are
// used: MSB_8(O_j), the first byte. The input block is a shift register through which the ciphertext passes:
// I_(j+1) = LSB_(b-8)(I_j) | C_j, all but the first byte, and the new one behind. Slow, but it recovers after
// a lost byte.
static void cfb8(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t length) {
    size_t size = context->cipher->block_size;
    for (size_t i = 0; i < length; i++) {
        context->blocks++;
        trace_enter(NULL, "Segment #%llu", (unsigned long long)context->blocks);
        forward_cipher(context, context->keystream, context->chain, 1);
        uint8_t from = in[i];
        uint8_t to = from ^ context->keystream[0];
        trace_input(context, &from, 1);
        trace_output(context, &to, 1);
        trace_leave();
        memmove(context->chain, context->chain + 1, size - 1);
        context->chain[size - 1] = context->direction == CIPHER_ENCRYPT ? to : from;
        out[i] = to;
    }
}

// The standard incrementing function (Appendix B.1) on the whole block: plus one, and from all ones to all
// zeros.
static void increment(uint8_t *counter, size_t size) {
    for (size_t i = size; i-- > 0;) {
        if (++counter[i] != 0) {
            break; // no carry; the counter is public
        }
    }
}

// The next output block. What will be the input block after it:
//   CFB (6.3)  the ciphertext block, which use_keystream puts into `chain` byte by byte
//   OFB (6.4)  this output block: the keystream feeds itself and does not depend on the message
//   CTR (6.5)  the next counter
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

// Adds what is left of the keystream to at most that many bytes; gives how many. A last block P*_n of only u
// bits takes as many of the last output block: C*_n = P*_n + MSB_u(O_n) (6.4, 6.5). CFB in the standard has
// whole segments only; a shorter last one is treated here as openssl does.
static size_t use_keystream(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t length) {
    length = smaller(length, context->cipher->block_size - context->used);
    trace_input(context, in, length);
    for (size_t i = 0; i < length; i++) {
        uint8_t from = in[i];
        uint8_t to = from ^ context->keystream[context->used];
        if (context->mode == MODE_CFB) {
            context->chain[context->used] = context->direction == CIPHER_ENCRYPT ? to : from;
        }
        context->used++;
        out[i] = to;
    }
    trace_output(context, out, length);
    return length;
}

// Whole blocks of CTR, or of CFB decryption: all input blocks are known beforehand (the counters; the
// ciphertext), so the cipher takes them in one call.
static void parallel_blocks(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t blocks) {
    size_t size = context->cipher->block_size;
    size_t last = (blocks - 1) * size;
    uint8_t batch[BATCH_BYTES] = {0};
    if (context->mode == MODE_CTR) {
        for (size_t j = 0; j < blocks; j++) {
            memcpy(batch + j * size, context->chain, size);
            increment(context->chain, size);
        }
    } else {
        memcpy(batch, context->chain, size);
        memcpy(batch + size, in, last);
        memcpy(context->chain, in + last, size);
    }
    context->cipher->encrypt(&context->key, batch, batch, blocks);
    for (size_t i = 0; i < blocks * size; i++) {
        out[i] = in[i] ^ batch[i];
    }
    context->blocks += blocks;
    secure_wipe(batch, sizeof batch);
}

// `used` counts the bytes of the keystream that are spent; a full block of them asks for the next output
// block.
static void update_stream(struct cipher_context *context, uint8_t *out, const uint8_t *in, size_t length) {
    size_t size = context->cipher->block_size;
    bool parallel =
        context->mode == MODE_CTR || (context->mode == MODE_CFB && context->direction == CIPHER_DECRYPT);
    while (length > 0) {
        size_t done;
        if (parallel && context->used == size && length >= size && !trace_on()) {
            size_t blocks = smaller(length / size, BATCH_BLOCKS);
            parallel_blocks(context, out, in, blocks);
            done = blocks * size;
        } else {
            context->blocks += context->used == size;
            trace_enter(NULL, "%s #%llu", context->mode == MODE_CFB ? "Segment" : "Block",
                        (unsigned long long)context->blocks);
            if (context->used == size) {
                next_keystream(context);
            }
            done = use_keystream(context, out, in, length);
            trace_leave();
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
    trace_bytes(key, key_length, NULL, "Key");
    if (mode != MODE_ECB) {
        trace_bytes(iv, iv_length, NULL, mode == MODE_CTR ? "Init. Counter" : "IV");
        memcpy(context->chain, iv, iv_length);
    }
    if (!cipher->set_key(&context->key, key, key_length)) {
        return false;
    }
    context->cipher = cipher;
    context->mode = mode;
    context->direction = direction;
    context->padding = takes_whole_blocks(mode) ? padding : PADDING_NONE;
    context->used = takes_whole_blocks(mode) ? 0 : cipher->block_size; // an empty buffer; a spent keystream
    return true;
}

void cipher_update(struct cipher_context *context, uint8_t *out, size_t *out_length, const uint8_t *in,
                   size_t length) {
    *out_length = length;
    if (length == 0) {
        return; // `in` may be NULL
    }
    if (takes_whole_blocks(context->mode)) {
        *out_length = update_blocks(context, out, in, length);
    } else if (context->mode == MODE_CFB8) {
        cfb8(context, out, in, length);
    } else {
        update_stream(context, out, in, length);
    }
}

// Padded encryption fills the last block and gives it; padded decryption decrypts the block that was kept
// back and gives what stands before the padding. Without padding nothing may be left.
static bool finish_blocks(struct cipher_context *context, uint8_t *out, size_t *out_length) {
    size_t size = context->cipher->block_size;
    if (context->padding == PADDING_NONE) {
        return context->used == 0;
    }
    if (context->direction == CIPHER_ENCRYPT) {
        pkcs7_pad(context->partial, context->used, size);
        process_blocks(context, context->partial, 1);
        memcpy(out, context->partial, size);
        *out_length = size;
        return true;
    }
    if (context->used != size) {
        return false;
    }
    process_blocks(context, context->partial, 1);
    if (!pkcs7_unpad(context->partial, out_length, size)) {
        return false;
    }
    memcpy(out, context->partial, *out_length);
    return true;
}

bool cipher_final(struct cipher_context *context, uint8_t *out, size_t *out_length) {
    *out_length = 0;
    bool good = !takes_whole_blocks(context->mode) || finish_blocks(context, out, out_length);
    secure_wipe(context, sizeof *context);
    return good;
}

// --- Worked example: SP 800-38A, F.2.1, CBC-AES128.Encrypt -------------------------------------------------
//
//      Key              2b7e151628aed2a6abf7158809cf4f3c
//      IV               000102030405060708090a0b0c0d0e0f
//      Block #1
//        Plaintext      6bc1bee22e409f96e93d7e117393172a
//        Input Block    6bc0bce12a459991e134741a7f9e1925      Plaintext + IV
//        Output Block   7649abac8119b246cee98e9b12e9197d
//        Ciphertext     7649abac8119b246cee98e9b12e9197d      and the IV of block #2, so to speak
//
// tests/test_modes.c compares these and the first two blocks of the other modes with the trace.
//
// --- Pitfalls ----------------------------------------------------------------------------------------------
//
// - ECB shows equal blocks. It is here for one block, for building other modes, and as a warning.
// - An IV used twice under one key: in CTR and OFB the two ciphertexts added give the two plaintexts added,
//   and often both can be read; in CBC and CFB equal beginnings show. In CTR counters must not overlap
//   either: two messages whose IVs differ by 1 share all but one keystream block.
// - CBC's IV must be unpredictable, not merely new (Appendix C).
// - No mode here detects changes. In CTR and OFB a flipped ciphertext bit flips just that plaintext bit.
// - Telling a sender whether the padding was good lets him decrypt: see padding.c. cipher_final has one
//   answer for every failure and checks in constant time; what the caller does with the answer counts as
//   well.
// - What cipher_update gave out is not confirmed by anything before cipher_final has said yes.
//
// --- Where next --------------------------------------------------------------------------------------------
//
// docs/modes.md draws what ECB shows and has exercises; ciphers/hash/hmac.h detects changes.
