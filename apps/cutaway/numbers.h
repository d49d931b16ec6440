// Integers on the command line and in results: decimal, or hexadecimal after 0x, of any size.
#ifndef APPS_CUTAWAY_NUMBERS_H
#define APPS_CUTAWAY_NUMBERS_H

#include "bignum/secure.h"

#include <gmp.h>

// An operand: "modexp: BASE wants an integer ..." and false when the text is none. *hex becomes true when it was
// written in hexadecimal, so that the answer can be given likewise.
MUST_CHECK bool number_operand(mpz_t number, const char *name, const char *text, bool *hex);

// "--e is -3; it must be at least 1" and false when the number is below `least`.
MUST_CHECK bool number_at_least(const mpz_t number, const char *name, unsigned long least);

// Prints the number to standard output, in decimal or as 0x...; no newline.
void number_print(const mpz_t number, bool hex);
// "NAME = number" and a newline.
void number_print_line(const char *name, const mpz_t number, bool hex);

// The number as text for a message, decimal; a long one is shortened in the middle.
struct number_text {
    char text[48];
};
struct number_text number_brief(const mpz_t number);

#endif
