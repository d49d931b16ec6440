// PKCS#7 padding: how a message of any length fills whole blocks.
//
// ECB and CBC work on whole blocks, messages have any length. So the sender fills the last block: n missing
// bytes are n times the value n. A message that ends on a block boundary gets a whole block of padding,
// otherwise a message that happens to end in 01 could not be told from a padded one.
//
// Standard: RFC 5652 (September 2009), section 6.3.
// Status:   in use wherever CBC is, behind a MAC; without one it is an attacker's best friend, see below.
// Vectors:  RFC 5652 has none. Tests: tests/test_modes.c, tests/ct_padding.c.
// Trace:    cutaway trace aes-128-cbc --key K --iv IV --in M --padding pkcs7, the last Plaintext.
// Timing:   pkcs7_unpad is constant-time: tests/ct_padding.c runs it under valgrind with a secret block.
// Read before: ciphers/block/modes.c. Read after: ciphers/hash/md5.c, the first of the hashes.
//
// The map, with the RFC's symbol, our name:
//
//      k   block_size      lth mod k   used      k - (lth mod k)   count, the value of each padding byte
//
//      block of 8, message "Alice":      41 6c 69 63 65 | 03 03 03
//      block of 8, message "bitcoins":   62 69 74 63 6f 69 6e 73   08 08 08 08 08 08 08 08
//
// Conventions: bytes in the order of the message; what the padding claims is the last byte of the last block.

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

// --- worked example ----------------------------------------------------------------------------------------
//
// With a block of 4 (tests/test_modes.c): 04 04 04 04 is a message of no bytes; 05 04 04 04 claims four bytes
// of 04 and has three, so it is refused; 05 03 03 03 is the message 05.
//
// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - The padding oracle (Vaudenay, 2002). Whoever learns, for ciphertexts of his choice, whether the
//   padding was good reads messages byte by byte. Here: yes or no and nothing else; a caller who does not
//   authenticate first gives even that away.
// - A check that stops at the first wrong byte says more, through the time it takes. Here: every byte of the
//   block is looked at, whatever was found before.
// - No padding for a message that ends on a block boundary: then it cannot be taken off again. Here: a whole
//   block.
// - Looking at the last byte alone: 00, or more than a block, or bytes before it that differ, are no padding.
//   Here: refused.
//
// Where next: docs/modes.md has exercises; ciphers/hash/hmac.c is what comes in front of the check.
