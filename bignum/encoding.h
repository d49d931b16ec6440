// Integers in and out: byte strings of a fixed length (RFC 8017 section 4), and decimal or hexadecimal text.
#ifndef BIGNUM_ENCODING_H
#define BIGNUM_ENCODING_H

#include "bignum/secure.h"

#include <gmp.h>
#include <stdint.h>

// I2OSP (RFC 8017, 4.1): x as exactly `length` bytes, most significant first. False when x is negative or too
// large for the length; out is then left untouched.
MUST_CHECK bool bn_i2osp(uint8_t *out, size_t length, const mpz_t x);

// OS2IP (RFC 8017, 4.2): the integer that the bytes stand for. Length 0 gives 0.
void bn_os2ip(mpz_t x, const uint8_t *in, size_t length);

// The number of bytes that x >= 0 needs: 0 for 0.
size_t bn_byte_length(const mpz_t x);

// Text to integer. Strict: an optional '-', then one digit or more and nothing else; no spaces, no '+', no
// "0x" but where said. False leaves x untouched.
MUST_CHECK bool bn_from_decimal(mpz_t x, const char *text);
MUST_CHECK bool bn_from_hex(mpz_t x, const char *text);  // either case, no prefix
MUST_CHECK bool bn_from_text(mpz_t x, const char *text); // decimal, or hexadecimal after "0x" or "-0x"

// Integer to text, terminated; lower-case hex. False when size is too small. bn_text_size says what is enough
// for either form, with sign and terminator.
MUST_CHECK bool bn_to_decimal(char *out, size_t size, const mpz_t x);
MUST_CHECK bool bn_to_hex(char *out, size_t size, const mpz_t x);
size_t bn_text_size(const mpz_t x);

// Overwrites the limbs of x before releasing them: the only way a secret integer may end. x is then as after
// mpz_init and may be used again or cleared.
void bn_wipe(mpz_t x);

// bn_wipe_clears(x, y, ..., NULL): wipes and clears several integers, as mpz_clears does.
#define bn_wipe_clears(...) bn_wipe_clear_list((mpz_ptr[]){__VA_ARGS__})
void bn_wipe_clear_list(const mpz_ptr list[]);

#endif
