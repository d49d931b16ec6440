// PKCS#7 padding: RFC 5652, section 6.3.
//
// ECB and CBC work on whole blocks, messages have any length. So the sender fills the last block: n missing
// bytes are n times the value n. A message that ends on a block boundary gets a whole block of padding,
// otherwise a message that happens to end in 01 could not be told from a padded one.
//
//      block of 8, message "Alice":      41 6c 69 63 65 | 03 03 03
//      block of 8, message "bitcoins":   62 69 74 63 6f 69 6e 73   08 08 08 08 08 08 08 08
//
// The receiver's check is the dangerous part. Whoever learns, for ciphertexts of his choice, whether the
// padding was good can read messages byte by byte: a padding oracle. A check that stops at the first wrong
// byte says even more, through the time it takes. This one looks at every byte of the block, whatever it
// finds, and says only yes or no.
//
// Worked example, tested, with a block of 4: 04 04 04 04 is a message of no bytes; 05 04 04 04 claims four
// bytes of 04 and has three, so it is refused; 05 03 03 03 is the message 05. Constant-time:
// tests/ct_padding.c runs it under valgrind with a secret block.
//
// Read before: ciphers/block/modes.c.

#include "ciphers/block/padding.h"

#include <string.h>

void pkcs7_pad(uint8_t *block, size_t used, size_t block_size) {
    memset(block + used, (int)(block_size - used), block_size - used);
}

// 1 when a < b, else 0, without a branch, for numbers below 2^31: the subtraction borrows exactly when a < b,
// and the borrow shows in the top bit.
static uint32_t less(uint32_t a, uint32_t b) {
    return (a - b) >> 31;
}

bool pkcs7_unpad(const uint8_t *block, size_t *used, size_t block_size) {
    uint32_t size = (uint32_t)block_size;
    uint32_t count = block[block_size - 1]; // what the padding claims: secret
    uint32_t wrong = less(count, 1) | less(size, count);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t mask = 0 - less(i, count); // all ones if the i-th byte from the end is padding, else 0
        wrong |= mask & (block[size - 1 - i] ^ count);
    }
    uint32_t good = less(wrong, 1); // wrong is a byte still
    *used = (size - count) & (0 - good);
    return good == 1;
}
