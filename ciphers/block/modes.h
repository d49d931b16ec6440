// The modes of operation: how a cipher for one block encrypts a message. SP 800-38A (ECB, CBC, CFB, OFB,
// CTR), with PKCS#7 padding (RFC 5652, 6.3). Ciphertext stealing is left out.
#ifndef CIPHERS_BLOCK_MODES_H
#define CIPHERS_BLOCK_MODES_H

#include "ciphers/block/block_cipher.h"

enum cipher_mode {
    MODE_ECB,
    MODE_CBC,
    MODE_CFB8,
    MODE_CFB, // segments of a whole block: CFB64 for DES, CFB128 for AES
    MODE_OFB,
    MODE_CTR, // the counter block is the whole IV, a big-endian number that wraps at 2^(8 * block size)
};
enum cipher_direction { CIPHER_ENCRYPT, CIPHER_DECRYPT };
enum cipher_padding { PADDING_NONE, PADDING_PKCS7 }; // only ECB and CBC pad; the others take any length

// One message on its way. Caller-allocated; a struct copy clones it. cipher_final wipes it.
struct cipher_context {
    const struct block_cipher *cipher;
    enum cipher_mode mode;
    enum cipher_direction direction;
    enum cipher_padding padding;
    union block_key key;
    uint8_t chain[BLOCK_SIZE_MAX];     // IV, last ciphertext block, shift register, output block or counter
    uint8_t keystream[BLOCK_SIZE_MAX]; // CFB, OFB, CTR: the encrypted block in use
    // ECB, CBC: input that waits for the rest of its block. Padded decryption also keeps the last whole block
    // here until cipher_final, because it may be the padding.
    uint8_t partial[BLOCK_SIZE_MAX];
    size_t used;     // bytes of `partial` that are filled, or of `keystream` that are spent
    uint64_t blocks; // blocks (CFB: segments) begun, for the trace
};

// Names as on the command line: "ecb", "cbc", "cfb8", "cfb", "ofb", "ctr".
const char *cipher_mode_name(enum cipher_mode mode);
MUST_CHECK bool cipher_mode_find(enum cipher_mode *mode, const char *name);

// Starts a message. iv_length must be the block size, or 0 in ECB; the padding is ignored outside ECB and
// CBC. False for a wrong key or IV length.
MUST_CHECK bool cipher_init(struct cipher_context *context, const struct block_cipher *cipher,
                            enum cipher_mode mode, enum cipher_direction direction,
                            enum cipher_padding padding, const uint8_t *key, size_t key_length,
                            const uint8_t *iv, size_t iv_length);

// Takes `length` bytes, gives *out_length bytes: at most length + one block. out may be in, when the buffer
// has room for that; other overlap is not allowed.
void cipher_update(struct cipher_context *context, uint8_t *out, size_t *out_length, const uint8_t *in,
                   size_t length);

// Ends the message with at most one more block. False when the total length is not a multiple of the block
// (without padding, or on decryption) or the padding is wrong: one answer for both, nothing is written then.
// Padding is checked in constant time.
MUST_CHECK bool cipher_final(struct cipher_context *context, uint8_t *out, size_t *out_length);

#endif
