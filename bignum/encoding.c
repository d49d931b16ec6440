// Integers in and out: byte strings and text.
//
// Protocols carry bytes, algorithms calculate with integers, and every standard has to say how one becomes
// the other. Everywhere in this toolkit it is the way of RFC 8017, section 4: base 256, the most significant
// byte first, a length that both sides know beforehand.
//
//      x  =  x_0 * 256^(length-1)  +  x_1 * 256^(length-2)  +  ...  +  x_(length-1)
//
//      658  =  0x0292           I2OSP(658, 4)  =  | 00 | 00 | 02 | 92 |
//                                                  x_0  x_1  x_2  x_3
//
// Why a fixed length? Because a number forgets its leading zeros. One Diffie-Hellman secret in 256 has a zero
// as its first byte; two programs of which one hashes 256 bytes and the other 255 then disagree, once in a
// while, and nobody can reproduce it. I2OSP puts the zeros back.
//
// Tests: tests/test_bignum_encoding.c. Lesson: docs/integers.md. Read next: bignum/random.c.

#include "bignum/encoding.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// --- bytes: RFC 8017, section 4 ----------------------------------------------------------------------------

size_t bn_byte_length(const mpz_t x) {
    return mpz_sgn(x) == 0 ? 0 : (mpz_sizeinbase(x, 2) + 7) / 8;
}

// 4.1, I2OSP. Step 1: "integer too large" when x >= 256^length. Steps 2 and 3: the digits of x in base 256.
bool bn_i2osp(uint8_t *out, size_t length, const mpz_t x) {
    size_t needed = bn_byte_length(x);
    if (mpz_sgn(x) < 0 || needed > length) {
        return false;
    }
    memset(out, 0, length - needed);
    if (needed > 0) {
        // Words of one byte, most significant word first; a single byte has no inner order to choose.
        (void)mpz_export(out + (length - needed), NULL, 1, 1, 0, 0, x);
    }
    return true;
}

// 4.2, OS2IP.
void bn_os2ip(mpz_t x, const uint8_t *in, size_t length) {
    if (length == 0) {
        mpz_set_ui(x, 0);
        return;
    }
    mpz_import(x, length, 1, 1, 0, 0, in);
}

// --- text --------------------------------------------------------------------------------------------------

// GMP's own reader, mpz_set_str, forgives: it skips white space and with base 0 reads "010" as 8. A number in
// a key or on a wire is either written right or refused, so what is let through to it has been checked here
// to the last character.
static bool only_digits(const char *text, const char *digits) {
    return *text != '\0' && text[strspn(text, digits)] == '\0';
}

static bool from_digits(mpz_t x, const char *text, bool negative, int base) {
    const char *allowed = base == 10 ? "0123456789" : "0123456789abcdefABCDEF";
    if (!only_digits(text, allowed) || mpz_set_str(x, text, base) != 0) {
        return false;
    }
    if (negative) {
        mpz_neg(x, x);
    }
    return true;
}

bool bn_from_decimal(mpz_t x, const char *text) {
    bool negative = *text == '-';
    return from_digits(x, text + negative, negative, 10);
}

bool bn_from_hex(mpz_t x, const char *text) {
    bool negative = *text == '-';
    return from_digits(x, text + negative, negative, 16);
}

bool bn_from_text(mpz_t x, const char *text) {
    bool negative = *text == '-';
    text += negative;
    bool hexadecimal = strncmp(text, "0x", 2) == 0;
    return from_digits(x, hexadecimal ? text + 2 : text, negative, hexadecimal ? 16 : 10);
}

// A decimal number has at least as many digits as the hexadecimal one; then a sign and the terminator.
size_t bn_text_size(const mpz_t x) {
    return mpz_sizeinbase(x, 10) + 2;
}

static bool to_text(char *out, size_t size, const mpz_t x, int base) {
    size_t text_size = bn_text_size(x);
    char *text = malloc(text_size);
    if (text == NULL) {
        return false;
    }
    (void)mpz_get_str(text, base, x);
    size_t length = strlen(text);
    bool fits = length < size;
    if (fits) {
        memcpy(out, text, length + 1);
    }
    secure_wipe(text, text_size); // it may have been a private key
    free(text);
    return fits;
}

bool bn_to_decimal(char *out, size_t size, const mpz_t x) {
    return to_text(out, size, x, 10);
}

bool bn_to_hex(char *out, size_t size, const mpz_t x) {
    return to_text(out, size, x, 16);
}

// --- wiping ------------------------------------------------------------------------------------------------

// mpz_set_ui(x, 0) only writes "no limbs in use" into the struct; the limbs themselves, the secret, stay
// where they are. So all that were ever allocated are overwritten, not only those in use: a number that
// shrank left its old upper limbs behind. What this cannot reach is a copy that GMP itself made and freed,
// when it grew x or in scratch space: wiping narrows the window in which a secret lies about, it does not
// close it.
void bn_wipe(mpz_t x) {
    secure_wipe(x->_mp_d, (size_t)x->_mp_alloc * sizeof(mp_limb_t));
    mpz_set_ui(x, 0);
}

void bn_wipe_clear_list(const mpz_ptr list[]) {
    for (; *list != NULL; list++) {
        bn_wipe(*list);
        mpz_clear(*list);
    }
}
