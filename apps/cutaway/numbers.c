// Integers between the command line and GMP.

#include "apps/cutaway/numbers.h"
#include "apps/common/message.h"
#include "bignum/encoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool number_operand(mpz_t number, const char *name, const char *text, bool *hex) {
    if (!bn_from_text(number, text)) {
        complain("%s wants an integer, decimal or hexadecimal after 0x, not '%.80s'", name, text);
        return false;
    }
    const char *digits = *text == '-' ? text + 1 : text;
    if (strncmp(digits, "0x", 2) == 0 || strncmp(digits, "0X", 2) == 0) {
        *hex = true;
    }
    return true;
}

bool number_at_least(const mpz_t number, const char *name, unsigned long least) {
    if (mpz_cmp_ui(number, least) < 0) {
        complain("%s is %s; it must be at least %lu", name, number_brief(number).text, least);
        return false;
    }
    return true;
}

void number_print(const mpz_t number, bool hex) {
    size_t size = bn_text_size(number);
    char *text = malloc(size);
    bool ok = text != NULL && (hex ? bn_to_hex(text, size, number) : bn_to_decimal(text, size, number));
    if (ok && hex) {
        bool negative = text[0] == '-';
        printf("%s0x%s", negative ? "-" : "", text + (negative ? 1 : 0));
    } else if (ok) {
        fputs(text, stdout);
    }
    if (text != NULL) {
        secure_wipe(text, size);
        free(text);
    }
}

void number_print_line(const char *name, const mpz_t number, bool hex) {
    printf("%s = ", name);
    number_print(number, hex);
    putchar('\n');
}

struct number_text number_brief(const mpz_t number) {
    enum { SHOWN = 12 }; // digits at either end of a shortened number
    struct number_text brief = {"(no memory)"};
    size_t size = bn_text_size(number);
    char *text = malloc(size);
    if (text != NULL && bn_to_decimal(text, size, number)) {
        size_t length = strlen(text);
        if (length < sizeof brief.text - 1) {
            (void)snprintf(brief.text, sizeof brief.text, "%s", text);
        } else {
            (void)snprintf(brief.text, sizeof brief.text, "%.*s...%s", SHOWN, text, text + length - SHOWN);
        }
    }
    free(text);
    return brief;
}
