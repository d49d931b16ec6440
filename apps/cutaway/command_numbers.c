// cutaway modexp, gcd, inverse, crt: the arithmetic under the public-key ciphers.

#include "apps/common/options.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/numbers.h"
#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "bignum/modexp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- modexp ----------------------------------------------------------------------------------------------------

static int modexp(const char *method, mpz_t numbers[3], char **argv) {
    static const char *const names[] = {"BASE", "EXP", "MOD"};
    bool hex = false;
    for (int i = 0; i < 3; i++) {
        if (!number_operand(numbers[i], names[i], argv[1 + i], &hex)) {
            return STATUS_USAGE;
        }
    }
    if (mpz_sgn(numbers[1]) < 0) {
        return usage_error("EXP is %s; it must be at least 0 (a negative power is a power of the inverse: "
                           "'cutaway inverse BASE MOD')",
                           number_brief(numbers[1]).text);
    }
    if (!number_at_least(numbers[2], "MOD", 1)) {
        return STATUS_USAGE;
    }
    if (strcmp(method, "montgomery") == 0 && mpz_even_p(numbers[2])) {
        return usage_error("MOD is %s, an even number; Montgomery's form exists for odd ones only",
                           number_brief(numbers[2]).text);
    }
    const struct bn_modexp_method *row = bn_modexp_methods;
    while (strcmp(row->name, method) != 0) { // options_parse lets known names pass only
        row++;
    }
    if (!row->function(numbers[0], numbers[0], numbers[1], numbers[2])) {
        return failure("the exponentiation failed");
    }
    number_print(numbers[0], hex);
    putchar('\n');
    return STATUS_OK;
}

int command_modexp(int argc, char **argv) {
    const char *method = "left-to-right";
    const char *choices[16] = {NULL};
    for (size_t i = 0; i < 15 && bn_modexp_methods[i].name != NULL; i++) {
        choices[i] = bn_modexp_methods[i].name;
    }
    // clang-format off
    const struct app_option options[] = {
        {"method", 'm', OPTION_CHOICE, &method, "NAME", "how (left-to-right unless given)", .choices = choices},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway modexp",
        .synopsis = "BASE EXP MOD [--method NAME]",
        .purpose = "Prints BASE^EXP mod MOD, computed by one of five methods by the book.",
        .details = "Numbers are decimal, or hexadecimal after 0x; the answer is hexadecimal when one of "
                   "them is.\n"
                   "'cutaway trace modexp ...' shows every squaring and multiplication.",
        .example = "cutaway modexp 4 13 497\n"
                   "cutaway trace modexp 4 13 497 --method ladder",
        .operands_min = 3,
        .operands_max = 3,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        mpz_t numbers[3];
        mpz_inits(numbers[0], numbers[1], numbers[2], NULL);
        status = modexp(method, numbers, argv);
        bn_wipe_clears(numbers[0], numbers[1], numbers[2], NULL);
    }
    return status;
}

// --- gcd -------------------------------------------------------------------------------------------------------

static int gcd(bool extended, char **argv, mpz_t a, mpz_t b, mpz_t g, mpz_t x, mpz_t y) {
    bool hex = false;
    if (!number_operand(a, "A", argv[1], &hex) || !number_operand(b, "B", argv[2], &hex)) {
        return STATUS_USAGE;
    }
    if (!extended) {
        bn_gcd(g, a, b);
        number_print(g, hex);
        putchar('\n');
        return STATUS_OK;
    }
    bn_extended_euclid(g, x, y, a, b);
    number_print_line("gcd", g, hex);
    number_print_line("x", x, hex);
    number_print_line("y", y, hex);
    return STATUS_OK;
}

int command_gcd(int argc, char **argv) {
    bool extended = false;
    // clang-format off
    const struct app_option options[] = {
        {"extended", 'x', OPTION_FLAG, &extended, NULL, "also x and y with gcd = A*x + B*y", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway gcd",
        .synopsis = "A B [--extended]",
        .purpose = "Prints the greatest common divisor of two integers, by Euclid's algorithm.",
        .details = "'cutaway trace gcd A B' shows every division.",
        .example = "cutaway gcd 1071 462\n"
                   "cutaway gcd --extended 240 46",
        .operands_min = 2,
        .operands_max = 2,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        mpz_t a, b, g, x, y;
        mpz_inits(a, b, g, x, y, NULL);
        status = gcd(extended, argv, a, b, g, x, y);
        bn_wipe_clears(a, b, g, x, y, NULL);
    }
    return status;
}

// --- inverse ---------------------------------------------------------------------------------------------------

static int inverse(char **argv, mpz_t a, mpz_t m, mpz_t r) {
    bool hex = false;
    if (!number_operand(a, "A", argv[1], &hex) || !number_operand(m, "M", argv[2], &hex) ||
        !number_at_least(m, "M", 1)) {
        return STATUS_USAGE;
    }
    if (!bn_inverse(r, a, m)) {
        mpz_gcd(r, a, m);
        return failure("%s has no inverse mod %s: both are divisible by %s", number_brief(a).text,
                       number_brief(m).text, number_brief(r).text);
    }
    number_print(r, hex);
    putchar('\n');
    return STATUS_OK;
}

int command_inverse(int argc, char **argv) {
    const struct app_option options[] = {{0}};
    const struct app_usage usage = {
        .program = "cutaway inverse",
        .synopsis = "A M",
        .purpose = "Prints the inverse of A mod M: the x with A*x = 1 mod M, by the extended Euclidean "
                   "algorithm.",
        .details = "Exit status: 0 done, 1 there is none, 2 wrong arguments.",
        .example = "cutaway inverse 17 3120",
        .operands_min = 2,
        .operands_max = 2,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        mpz_t a, m, r;
        mpz_inits(a, m, r, NULL);
        status = inverse(argv, a, m, r);
        bn_wipe_clears(a, m, r, NULL);
    }
    return status;
}

// --- crt -------------------------------------------------------------------------------------------------------

// "2:3" into remainder and modulus. The operand is split in place.
static bool congruence(mpz_t residue, mpz_t modulus, char *text, bool *hex) {
    char *colon = strchr(text, ':');
    if (colon == NULL) {
        complain("'%.80s' is not a congruence REMAINDER:MODULUS, such as 2:3", text);
        return false;
    }
    *colon = '\0';
    return number_operand(residue, "REMAINDER", text, hex) &&
           number_operand(modulus, "MODULUS", colon + 1, hex) && number_at_least(modulus, "MODULUS", 1);
}

static int complain_common_factor(size_t count, const mpz_t moduli[]) {
    mpz_t g;
    mpz_init(g);
    int status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        for (size_t j = i + 1; j < count && status == STATUS_OK; j++) {
            mpz_gcd(g, moduli[i], moduli[j]);
            if (mpz_cmp_ui(g, 1) != 0) {
                status =
                    failure("the moduli %s and %s are both divisible by %s; they must be coprime",
                            number_brief(moduli[i]).text, number_brief(moduli[j]).text, number_brief(g).text);
            }
        }
    }
    mpz_clear(g);
    return status != STATUS_OK ? status : failure("the congruences could not be put together");
}

static int crt(size_t count, char **operands, mpz_t residues[], mpz_t moduli[], mpz_t x) {
    bool hex = false;
    for (size_t i = 0; i < count; i++) {
        if (!congruence(residues[i], moduli[i], operands[i], &hex)) {
            return STATUS_USAGE;
        }
    }
    if (!bn_crt_garner(x, count, (const mpz_t *)residues, (const mpz_t *)moduli)) {
        return complain_common_factor(count, (const mpz_t *)moduli);
    }
    number_print(x, hex);
    putchar('\n');
    return STATUS_OK;
}

int command_crt(int argc, char **argv) {
    const struct app_option options[] = {{0}};
    const struct app_usage usage = {
        .program = "cutaway crt",
        .synopsis = "R1:M1 R2:M2 ...",
        .purpose = "Prints the smallest x >= 0 that leaves remainder R1 when divided by M1, R2 by M2, and so "
                   "on,\nby Garner's form of the Chinese remainder theorem.",
        .details = "The moduli must be coprime in pairs. Exit status: 0 done, 1 they are not, 2 wrong "
                   "arguments.",
        .example = "cutaway crt 2:3 3:5 2:7",
        .operands_min = 1,
        .operands_max = OPERANDS_ANY,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    size_t count = (size_t)argc - 1;
    mpz_t x;
    mpz_init(x);
    mpz_t *numbers = calloc(2 * count, sizeof *numbers); // the remainders, then the moduli
    if (numbers == NULL) {
        status = failure("not enough memory for %zu congruences", count);
    } else {
        for (size_t i = 0; i < 2 * count; i++) {
            mpz_init(numbers[i]);
        }
        status = crt(count, argv + 1, numbers, numbers + count, x);
        for (size_t i = 0; i < 2 * count; i++) {
            mpz_clear(numbers[i]);
        }
    }
    free(numbers);
    mpz_clear(x);
    return status;
}
