// PKCS#7 padding of the last block: RFC 5652, section 6.3. Fills up to a whole block with n bytes of value n.
#ifndef CIPHERS_BLOCK_PADDING_H
#define CIPHERS_BLOCK_PADDING_H

#include "bignum/secure.h"

#include <stdint.h>

// Fills block[used] to the end; used is below block_size, which is 1 to 255.
void pkcs7_pad(uint8_t *block, size_t used, size_t block_size);

// Checks the padding of the last block and gives the number of message bytes before it, 0 to block_size - 1;
// false, and *used = 0, when the padding is wrong. Constant-time: branches and indexes depend on block_size
// alone.
MUST_CHECK bool pkcs7_unpad(const uint8_t *block, size_t *used, size_t block_size);

#endif
