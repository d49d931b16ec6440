// cutaway rsa raw: RSA on bare numbers of any size, as a textbook exercise states it.

#include "apps/common/options.h"
#include "apps/cutaway/numbers.h"
#include "apps/cutaway/rsa_command.h"
#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "bignum/trace.h"

#include <stdio.h>

struct exercise {
    struct rsa_private_key key;
    mpz_t value, scratch;
    bool n_given, e_given, d_given, p_given, q_given;
};

// p and q from whichever of n, p and q was given; n too.
static int find_factors(struct exercise *exercise) {
    struct rsa_private_key *key = &exercise->key;
    if (!exercise->p_given && !exercise->q_given) {
        return exercise->n_given ? OPTIONS_GO_ON : usage_error("--n N is missing: the modulus");
    }
    mpz_ptr given = exercise->p_given ? key->p : key->q;
    mpz_ptr other = exercise->p_given ? key->q : key->p;
    const char *name = exercise->p_given ? "--p" : "--q";
    if (mpz_cmp_ui(key->p, 3) < 0 && exercise->p_given) {
        return usage_error("--p is %s; it must be an odd prime", number_brief(key->p).text);
    }
    if (mpz_cmp_ui(key->q, 3) < 0 && exercise->q_given) {
        return usage_error("--q is %s; it must be an odd prime", number_brief(key->q).text);
    }
    if (exercise->p_given && exercise->q_given) {
        mpz_mul(exercise->scratch, key->p, key->q);
        if (exercise->n_given && mpz_cmp(exercise->scratch, key->public.n) != 0) {
            return usage_error("p * q = %s, not n = %s", number_brief(exercise->scratch).text,
                               number_brief(key->public.n).text);
        }
        mpz_set(key->public.n, exercise->scratch);
    } else if (!exercise->n_given) {
        return usage_error("%s alone does not make a key; give --n or the other prime too", name);
    } else if (!mpz_divisible_p(key->public.n, given)) {
        return usage_error("%s is %s, which does not divide n = %s", name, number_brief(given).text,
                           number_brief(key->public.n).text);
    } else {
        mpz_divexact(other, key->public.n, given);
    }
    return OPTIONS_GO_ON;
}

// d mod p-1, d mod q-1 and q^-1 mod p for the d of the exercise, which need not be the smallest one.
static bool complete_from_d(struct exercise *exercise) {
    struct rsa_private_key *key = &exercise->key;
    if (mpz_cmp(key->p, key->q) < 0) {
        mpz_swap(key->p, key->q);
    }
    mpz_sub_ui(exercise->scratch, key->p, 1);
    mpz_mod(key->dP, key->d, exercise->scratch);
    mpz_sub_ui(exercise->scratch, key->q, 1);
    mpz_mod(key->dQ, key->d, exercise->scratch);
    return bn_inverse(key->qInv, key->q, key->p);
}

// With p and q: a private key that can be used by the CRT.
static int complete(struct exercise *exercise) {
    struct rsa_private_key *key = &exercise->key;
    if (mpz_even_p(key->p) || mpz_even_p(key->q) || mpz_cmp_ui(key->p, 1) <= 0 ||
        mpz_cmp_ui(key->q, 1) <= 0) {
        return usage_error("p = %s and q = %s must both be odd primes", number_brief(key->p).text,
                           number_brief(key->q).text);
    }
    if (mpz_cmp(key->p, key->q) == 0) {
        return usage_error("p and q are both %s; they must be different", number_brief(key->p).text);
    }
    bool done = exercise->d_given ? complete_from_d(exercise) : rsa_complete_key(key);
    if (!done && !exercise->d_given) {
        return usage_error("e = %s has no inverse mod lcm(p-1, q-1): it shares a factor with p-1 or q-1",
                           number_brief(key->public.e).text);
    }
    return done ? OPTIONS_GO_ON
                : usage_error("p = %s and q = %s share a factor", number_brief(key->p).text,
                              number_brief(key->q).text);
}

static int check_arguments(struct exercise *exercise) {
    struct rsa_private_key *key = &exercise->key;
    if (exercise->e_given == exercise->d_given) {
        return exercise->e_given
                   ? usage_error(
                         "--e and --d exclude each other: e encrypts and verifies, d decrypts and signs")
                   : usage_error("--e E or --d D is missing: e encrypts and verifies, d decrypts and signs");
    }
    if ((exercise->e_given && !number_at_least(key->public.e, "--e", 1)) ||
        (exercise->d_given && !number_at_least(key->d, "--d", 1))) {
        return STATUS_USAGE;
    }
    int status = find_factors(exercise);
    if (status == OPTIONS_GO_ON && !number_at_least(key->public.n, "--n", 2)) {
        status = STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON && (exercise->p_given || exercise->q_given)) {
        status = complete(exercise);
    }
    return status;
}

static int work(struct exercise *exercise, const char *text) {
    struct rsa_private_key *key = &exercise->key;
    bool hex = false;
    int status = check_arguments(exercise);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    if (!number_operand(exercise->value, "VALUE", text, &hex)) {
        return STATUS_USAGE;
    }
    if (mpz_sgn(exercise->value) < 0 || mpz_cmp(exercise->value, key->public.n) >= 0) {
        return usage_error("VALUE is %s; it must be at least 0 and below n = %s",
                           number_brief(exercise->value).text, number_brief(key->public.n).text);
    }
    bool private = exercise->d_given || mpz_sgn(key->p) != 0;
    bool done = private ? rsa_private_operation_textbook(key, exercise->value, exercise->value)
                        : rsa_public_operation(&key->public, exercise->value, exercise->value);
    if (!done) {
        return failure("c^d mod n and the CRT disagree: p or q is not prime, or d does not fit");
    }
    number_print(exercise->value, hex);
    putchar('\n');
    return STATUS_OK;
}

int rsa_raw_command(int argc, char **argv) {
    struct exercise exercise = {.n_given = false};
    struct rsa_private_key *key = &exercise.key;
    rsa_private_key_init(key);
    mpz_inits(exercise.value, exercise.scratch, NULL);
    // clang-format off
    const struct app_option options[] = {
        {"n", 'n', OPTION_INTEGER, key->public.n, "N", "the modulus", .given = &exercise.n_given},
        {"e", 'e', OPTION_INTEGER, key->public.e, "E", "the public exponent: VALUE^E mod N", .given = &exercise.e_given},
        {"d", 'd', OPTION_INTEGER, key->d, "D", "the private exponent: VALUE^D mod N", .given = &exercise.d_given},
        {"p", 'p', OPTION_INTEGER, key->p, "P", "a prime of N: also by the CRT; with --e, D is computed", .given = &exercise.p_given},
        {"q", 'q', OPTION_INTEGER, key->q, "Q", "the other prime", .given = &exercise.q_given},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway rsa raw",
        .synopsis = "--n N --e E (or --d D) [--p P --q Q] VALUE",
        .purpose = "Textbook RSA on a number: encrypts or verifies with e, decrypts or signs with d.",
        .details =
            "With --p or --q the private operation is done, with D or with the inverse of E, both "
            "directly\n"
            "and by the CRT (RFC 8017, 5.1.2). Numbers are decimal, or hexadecimal after 0x; the answer "
            "is\n"
            "written as VALUE is. No padding: for exercises.",
        .example = "cutaway rsa raw --n 3233 --e 17 65\n"
                   "cutaway rsa raw --n 3233 --d 2753 2790\n"
                   "cutaway trace rsa raw --p 61 --q 53 --e 17 2790",
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = work(&exercise, argv[1]);
    }
    bn_wipe_clears(exercise.value, exercise.scratch, NULL);
    rsa_private_key_clear(key);
    return status;
}
