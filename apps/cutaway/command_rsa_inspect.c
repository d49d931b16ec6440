// cutaway rsa inspect: every number of a key, what was checked, and what is weak about it.

#include "apps/common/options.h"
#include "apps/cutaway/numbers.h"
#include "apps/cutaway/rsa_command.h"
#include "bignum/encoding.h"
#include "bignum/primality.h"
#include "bignum/trace.h"

#include <stdio.h>
#include <string.h>

// --- the members -----------------------------------------------------------------------------------------------

enum { LINE_DIGITS = 96 }; // hex digits to a line

// "n    modulus, 2048 bits" and the number in hexadecimal below it.
static void print_member(const char *name, const char *meaning, const mpz_t number) {
    size_t bits = mpz_sgn(number) == 0 ? 0 : mpz_sizeinbase(number, 2);
    printf("%-5s %s, %zu bits%s\n", name, meaning, bits, bits <= 64 ? ":" : "");
    if (bits <= 64) {
        fputs("      ", stdout);
        number_print(number, false);
        fputs(" = ", stdout);
        number_print(number, true);
        putchar('\n');
        return;
    }
    char text[2 * RSA_SIZE_MAX + 8];
    if (!bn_to_hex(text, sizeof text, number)) {
        return;
    }
    for (const char *at = text; *at != '\0';) {
        size_t length = strlen(at) < LINE_DIGITS ? strlen(at) : LINE_DIGITS;
        printf("      %.*s\n", (int)length, at);
        at += length;
    }
    secure_wipe(text, sizeof text);
}

static void print_members(const struct rsa_private_key *key, bool private) {
    print_member("n", "the modulus", key->public.n);
    print_member("e", "the public exponent", key->public.e);
    if (private) {
        print_member("d", "the private exponent", key->d);
        print_member("p", "the first prime", key->p);
        print_member("q", "the second prime", key->q);
        print_member("dP", "d mod p-1", key->dP);
        print_member("dQ", "d mod q-1", key->dQ);
        print_member("qInv", "q^-1 mod p", key->qInv);
    }
}

// --- the checks ------------------------------------------------------------------------------------------------

// What the examination has found so far, and room for its arithmetic.
struct findings {
    bool sound;          // every check passed
    unsigned weaknesses; // how many were named
    mpz_t x, y;
};

static void check(struct findings *findings, bool passed, const char *what) {
    printf("  %-4s %s\n", passed ? "ok" : "BAD", what);
    findings->sound = findings->sound && passed;
}

static bool is_prime(const mpz_t p) {
    return bn_trial_division(p, 65536) == 0 && bn_baillie_psw(p);
}

// a * b = 1 mod m - minus.
static bool is_inverse(const mpz_t a, const mpz_t b, const mpz_t m, unsigned long minus, mpz_t x, mpz_t y) {
    mpz_sub_ui(y, m, minus);
    mpz_mul(x, a, b);
    mpz_mod(x, x, y);
    return mpz_cmp_ui(x, 1) == 0;
}

static bool is_residue(const mpz_t part, const mpz_t d, const mpz_t prime, mpz_t x, mpz_t y) {
    mpz_sub_ui(y, prime, 1);
    mpz_mod(x, d, y);
    return mpz_cmp(x, part) == 0;
}

static void check_private(struct findings *findings, const struct rsa_private_key *key) {
    mpz_ptr x = findings->x, y = findings->y;
    mpz_mul(x, key->p, key->q);
    check(findings, mpz_cmp(x, key->public.n) == 0, "n = p * q");
    check(findings, is_prime(key->p), "p is prime (Miller-Rabin and strong Lucas)");
    check(findings, is_prime(key->q), "q is prime");
    check(findings, is_inverse(key->public.e, key->d, key->p, 1, x, y), "e * d = 1 mod p-1");
    check(findings, is_inverse(key->public.e, key->d, key->q, 1, x, y), "e * d = 1 mod q-1");
    check(findings, is_residue(key->dP, key->d, key->p, x, y), "dP = d mod p-1");
    check(findings, is_residue(key->dQ, key->d, key->q, x, y), "dQ = d mod q-1");
    check(findings, is_inverse(key->q, key->qInv, key->p, 0, x, y), "q * qInv = 1 mod p");
    size_t half = mpz_sizeinbase(key->public.n, 2) / 2;
    check(findings, mpz_sizeinbase(key->d, 2) > half,
          "d > 2^(half of n's bits): too long for Wiener's attack");
    mpz_sub(x, key->p, key->q);
    mpz_abs(x, x);
    mpz_set_ui(y, 0);
    mpz_setbit(y, half - 100);
    check(findings, mpz_cmp(x, y) > 0,
          "|p - q| > 2^(half of n's bits - 100): too far apart for Fermat's method");
}

// Fermat: n = a^2 - b^2 = (a-b)(a+b) for an a just above the root of n, when the primes are close together.
static bool fermat_splits(const mpz_t n, mpz_t a, mpz_t b) {
    enum { STEPS = 1000 };
    mpz_sqrt(a, n);
    for (int i = 0; i < STEPS; i++) {
        mpz_mul(b, a, a);
        mpz_sub(b, b, n);
        if (mpz_sgn(b) >= 0 && mpz_perfect_square_p(b)) {
            return true;
        }
        mpz_add_ui(a, a, 1);
    }
    return false;
}

static void check_public(struct findings *findings, const struct rsa_public_key *key) {
    mpz_ptr x = findings->x, y = findings->y;
    check(findings, mpz_odd_p(key->n), "n is odd");
    check(findings, mpz_odd_p(key->e) && mpz_cmp_ui(key->e, 3) >= 0 && mpz_cmp(key->e, key->n) < 0,
          "e is odd and 3 <= e < n");
    check(findings, bn_trial_division(key->n, 65536) == 0, "n has no prime factor below 2^16");
    check(findings, !bn_baillie_psw(key->n), "n is not itself prime");
    check(findings, !fermat_splits(key->n, x, y), "Fermat's method does not split n in 1000 steps");
}

// --- what is weak ----------------------------------------------------------------------------------------------

static void weakness(struct findings *findings, const char *text) {
    if (findings->weaknesses++ == 0) {
        puts("\nweak:");
    }
    printf("  %s\n", text);
}

static void explain_weaknesses(struct findings *findings, const struct rsa_public_key *key) {
    mpz_ptr x = findings->x, y = findings->y;
    size_t bits = mpz_sizeinbase(key->n, 2);
    if (bits <= 829) {
        weakness(findings,
                 "the modulus is so short that it can be factored: 829 bits were, in 2020 (RSA-250)");
    } else if (bits < 2048) {
        weakness(findings, "the modulus has fewer than 2048 bits, the least that FIPS 186-5 allows");
    }
    if (mpz_cmp_ui(key->e, 3) == 0) {
        weakness(findings,
                 "e = 3: without padding, m^3 below n is undone by a cube root, and three receivers of one "
                 "m by the CRT");
    } else if (mpz_cmp_ui(key->e, 65537) < 0) {
        weakness(findings,
                 "e is below 65537 (FIPS 186-5 asks for 2^16 < e): small powers leave relations to attack");
    }
    if (bn_trial_division(key->n, 65536) != 0) {
        weakness(findings, "n has a small prime factor: trial division finds it");
    }
    if (bn_baillie_psw(key->n)) {
        weakness(findings, "n is prime: anyone can compute d = e^-1 mod n-1");
    }
    if (fermat_splits(key->n, x, y)) {
        weakness(findings, "p and q are close together: Fermat's method splits n");
    }
    if (findings->weaknesses == 0) {
        puts("\nweak: nothing found");
    }
}

// --- the command -----------------------------------------------------------------------------------------------

static int print_openssl(enum rsa_key_form form, const char *path) {
    if (form == RSA_KEY_PKCS1_PUBLIC) {
        fputs("openssl rsa -RSAPublicKey_in -noout -text", stdout);
    } else {
        printf("openssl pkey%s -noout -text", rsa_key_form_is_private(form) ? "" : " -pubin");
    }
    rsa_print_path("-in", path);
    putchar('\n');
    return STATUS_OK;
}

static int inspect(const struct rsa_private_key *key, enum rsa_key_form form) {
    static const char *const standards[] = {
        [RSA_KEY_PKCS8] = "PKCS #8 PrivateKeyInfo, RFC 5958",
        [RSA_KEY_PKCS1] = "PKCS #1 RSAPrivateKey, RFC 8017 A.1.2",
        [RSA_KEY_SPKI] = "SubjectPublicKeyInfo, RFC 5280 4.1",
        [RSA_KEY_PKCS1_PUBLIC] = "PKCS #1 RSAPublicKey, RFC 8017 A.1.1",
    };
    bool private = rsa_key_form_is_private(form);
    printf("RSA %s key of %zu bits, in \"%s\" form (%s)\n", private ? "private" : "public",
           mpz_sizeinbase(key->public.n, 2), rsa_key_form_label(form), standards[form]);
    print_members(key, private);
    struct findings findings = {.sound = true};
    mpz_inits(findings.x, findings.y, NULL);
    struct trace_sink *sink = trace_attach(NULL);
    puts("\nchecks:");
    check_public(&findings, &key->public);
    if (private) {
        check_private(&findings, key);
    }
    explain_weaknesses(&findings, &key->public);
    (void)trace_attach(sink);
    bn_wipe_clears(findings.x, findings.y, NULL);
    return findings.sound ? STATUS_OK : STATUS_FAILED;
}

int rsa_inspect_command(int argc, char **argv) {
    const char *pub = NULL;
    bool openssl = false;
    // clang-format off
    const struct app_option options[] = {
        {"pub", 'p', OPTION_TEXT, &pub, "PUB.pem", "also write the public key", .required = false},
        {"openssl", 0, OPTION_FLAG, &openssl, NULL, "print the openssl command that does the same", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway rsa inspect",
        .synopsis = "KEY.pem [--pub PUB.pem]",
        .purpose = "Shows every number of a private or public RSA key, the checks made, and what is weak.",
        .details = "PEM or DER; PKCS #8, PKCS #1 or SubjectPublicKeyInfo; '-' is standard input.\n"
                   "A private key is shown with all its secrets. Exit status: 0 a sound key (weak or not), 1 "
                   "a check\nfailed or the file is no key, 2 wrong arguments.",
        .example = "cutaway rsa inspect key.pem",
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    struct rsa_private_key key;
    enum rsa_key_form form = RSA_KEY_PKCS8;
    rsa_private_key_init(&key);
    status = STATUS_FAILED;
    if (rsa_load_key(&key, &form, argv[1], false)) {
        status = openssl ? print_openssl(form, argv[1]) : inspect(&key, form);
        if (pub != NULL && !openssl && !rsa_write_public(pub, &key, false)) {
            status = STATUS_FAILED;
        }
    }
    rsa_private_key_clear(&key);
    return status;
}
