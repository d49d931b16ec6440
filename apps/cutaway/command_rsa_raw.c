// cutaway rsa raw: RSA on bare numbers of any size, as a textbook exercise states it.

#include "apps/common/options.h"
#include "apps/cutaway/numbers.h"
#include "apps/cutaway/rsa_command.h"
#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "bignum/primality.h"
#include "bignum/trace.h"

#include <stdio.h>

struct exercise {
    struct rsa_private_key key;
    mpz_t value, scratch;
    bool n_given, e_given, d_given, p_given, q_given;
};

// Whether p or q will do; for the message, "q" when it was divided out of n and "--q" when it was given.
static bool check_prime(const mpz_t prime, const char *name, bool given) {
    struct trace_sink *sink = trace_attach(NULL); // the exercise is about RSA, not about this
    bool is_prime = bn_baillie_psw(prime);
    (void)trace_attach(sink);
    bool good = is_prime && mpz_odd_p(prime);
    if (!good) {
        complain("%s%s is %s, which is not %s", given ? "--" : "", name, number_brief(prime).text,
                 is_prime ? "odd" : "prime");
    }
    return good;
}

// n, p and q from those that were given.
static int find_factors(struct exercise *exercise) {
    struct rsa_private_key *key = &exercise->key;
    bool p_given = exercise->p_given, q_given = exercise->q_given;
    if (p_given && q_given) {
        mpz_mul(exercise->scratch, key->p, key->q);
        if (exercise->n_given && mpz_cmp(exercise->scratch, key->public.n) != 0) {
            return usage_error("p * q = %s, not n = %s", number_brief(exercise->scratch).text,
                               number_brief(key->public.n).text);
        }
        mpz_set(key->public.n, exercise->scratch);
    } else {
        mpz_ptr given = p_given ? key->p : key->q;
        const char *name = p_given ? "--p" : "--q";
        if (!exercise->n_given) {
            return usage_error("%s alone does not make a key; give --n or the other prime too", name);
        }
        if (mpz_sgn(given) <= 0 || !mpz_divisible_p(key->public.n, given)) {
            return usage_error("%s is %s, which does not divide n = %s", name, number_brief(given).text,
                               number_brief(key->public.n).text);
        }
        mpz_divexact(p_given ? key->q : key->p, key->public.n, given);
    }
    if (!check_prime(key->p, "p", p_given) || !check_prime(key->q, "q", q_given)) {
        return STATUS_USAGE;
    }
    if (mpz_cmp(key->p, key->q) == 0) {
        return usage_error("p and q are both %s; they must be different", number_brief(key->p).text);
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
    trace_enter("extended Euclid", "qInv = q^-1 mod p");
    bool found = bn_inverse(key->qInv, key->q, key->p);
    trace_leave();
    return found;
}

// With p and q: a private key that can be used by the CRT.
static int complete(struct exercise *exercise) {
    struct rsa_private_key *key = &exercise->key;
    bool done = exercise->d_given ? complete_from_d(exercise) : rsa_complete_key(key);
    return done
               ? OPTIONS_GO_ON
               : usage_error("--e is %s, which has no inverse mod lcm(p-1, q-1): it shares a factor with p-1 "
                             "or q-1",
                             number_brief(key->public.e).text);
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
    if (!exercise->p_given && !exercise->q_given) {
        if (!exercise->n_given) {
            return usage_error("--n N is missing: the modulus");
        }
        return number_at_least(key->public.n, "--n", 2) ? OPTIONS_GO_ON : STATUS_USAGE;
    }
    int status = find_factors(exercise);
    return status == OPTIONS_GO_ON ? complete(exercise) : status;
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
        return failure("the direct way and the CRT disagree: d does not fit p and q");
    }
    number_print(exercise->value, hex);
    putchar('\n');
    return STATUS_OK;
}

int rsa_raw_command(int argc, char **argv) {
    struct exercise exercise = {.n_given = false};
    struct rsa_private_key *key = &exercise.key;
    bool openssl = false;
    rsa_private_key_init(key);
    mpz_inits(exercise.value, exercise.scratch, NULL);
    // clang-format off
    const struct app_option options[] = {
        {"n", 'n', OPTION_INTEGER, key->public.n, "N", "the modulus", .given = &exercise.n_given},
        {"e", 'e', OPTION_INTEGER, key->public.e, "E", "the public exponent: VALUE^E mod N", .given = &exercise.e_given},
        {"d", 'd', OPTION_INTEGER, key->d, "D", "the private exponent: VALUE^D mod N", .given = &exercise.d_given},
        {"p", 'p', OPTION_INTEGER, key->p, "P", "a prime of N: also by the CRT; with --e, D is computed", .given = &exercise.p_given},
        {"q", 'q', OPTION_INTEGER, key->q, "Q", "the other prime", .given = &exercise.q_given},
        {"openssl", 0, OPTION_FLAG, &openssl, NULL, "say why openssl has no command that does the same", .required = false},
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
        status =
            openssl ? failure("openssl takes its numbers from key files only; with one, 'cutaway rsa encrypt "
                              "--padding none --openssl' is the nearest")
                    : work(&exercise, argv[1]);
    }
    bn_wipe_clears(exercise.value, exercise.scratch, NULL);
    rsa_private_key_clear(key);
    return status;
}
