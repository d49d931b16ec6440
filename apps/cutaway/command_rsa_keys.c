// cutaway rsa keygen: a new key, into openssl's files.

#include "apps/common/files.h"
#include "apps/common/options.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/numbers.h"
#include "apps/cutaway/rsa_command.h"
#include "apps/cutaway/search.h"
#include "bignum/encoding.h"

#include <stdio.h>
#include <string.h>

struct key_wish {
    unsigned long bits;
    const char *out, *pub, *form;
    bool openssl;
    mpz_t e;
};

static int print_openssl(const struct key_wish *wish) {
    printf("openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:%lu -pkeyopt rsa_keygen_pubexp:",
           wish->bits);
    number_print(wish->e, false);
    bool pkcs1 = strcmp(wish->form, "pkcs1") == 0;
    if (pkcs1) {
        fputs(" | openssl rsa -traditional", stdout);
    }
    rsa_print_path("-out", wish->out);
    if (wish->pub != NULL) {
        if (rsa_is_standard(wish->out)) {
            fputs(" | tee /dev/stderr | openssl pkey -pubout", stdout);
        } else {
            fputs(" && openssl pkey", stdout);
            rsa_print_path("-in", wish->out);
            fputs(" -pubout", stdout);
        }
        if (pkcs1) {
            fputs(" | openssl rsa -pubin -RSAPublicKey_out", stdout);
        }
        rsa_print_path("-out", wish->pub);
    }
    putchar('\n');
    return STATUS_OK;
}

static bool write_key(const char *path, const struct rsa_private_key *key, enum rsa_key_form form) {
    char text[2 * RSA_KEY_FILE_MAX];
    size_t length = 0;
    enum key_file_error error = rsa_key_write_pem(text, sizeof text, &length, key, form);
    bool ok = error == KEY_FILE_OK;
    if (!ok) {
        complain("%s: %s", rsa_is_standard(path) ? "standard output" : path, key_file_error_text(error));
    } else {
        ok = output_write_all(path, rsa_key_form_is_private(form) ? OUTPUT_SECRET : OUTPUT_ORDINARY, text,
                              length);
    }
    secure_wipe(text, sizeof text);
    return ok;
}

bool rsa_write_public(const char *path, const struct rsa_private_key *key, bool pkcs1) {
    return write_key(path, key, pkcs1 ? RSA_KEY_PKCS1_PUBLIC : RSA_KEY_SPKI);
}

static int keygen(const struct key_wish *wish) {
    struct rsa_private_key key;
    struct search search;
    rsa_private_key_init(&key);
    search_start(&search);
    bool made = rsa_generate(&key, (unsigned)wish->bits, wish->e, &search.progress);
    search_stop(&search);
    int status = STATUS_OK;
    bool pkcs1 = strcmp(wish->form, "pkcs1") == 0;
    if (!made) {
        status = search_failure(&search);
    } else if (!write_key(wish->out, &key, pkcs1 ? RSA_KEY_PKCS1 : RSA_KEY_PKCS8) ||
               (wish->pub != NULL && !rsa_write_public(wish->pub, &key, pkcs1))) {
        status = STATUS_FAILED;
    }
    rsa_private_key_clear(&key);
    return status;
}

static int check_wish(const struct key_wish *wish) {
    if (wish->bits % 2 != 0) {
        return usage_error("--bits is %lu; it must be even, for two primes of half the length", wish->bits);
    }
    if (mpz_cmp_ui(wish->e, 3) < 0 || mpz_even_p(wish->e)) {
        return usage_error("--e is %s; it must be odd and at least 3 (65537 is the usual one)",
                           number_brief(wish->e).text);
    }
    if (mpz_sizeinbase(wish->e, 2) > RSA_EXPONENT_BITS_MAX) {
        return usage_error("--e has %zu bits; at most %d are allowed (FIPS 186-5, A.1.1)",
                           mpz_sizeinbase(wish->e, 2), RSA_EXPONENT_BITS_MAX);
    }
    if (wish->pub != NULL && rsa_is_standard(wish->pub) && rsa_is_standard(wish->out)) {
        return usage_error("both keys cannot go to standard output; give --out FILE");
    }
    return OPTIONS_GO_ON;
}

int rsa_keygen_command(int argc, char **argv) {
    static const char *const forms[] = {"pkcs8", "pkcs1", NULL};
    struct key_wish wish = {.form = "pkcs8"};
    mpz_init_set_ui(wish.e, 65537);
    // clang-format off
    const struct app_option options[] = {
        {"bits", 'b', OPTION_NUMBER, &wish.bits, "N", "the length of the modulus, an even number", .required = true, .minimum = RSA_BITS_MIN, .maximum = RSA_BITS_MAX},
        {"e", 'e', OPTION_INTEGER, wish.e, "E", "the public exponent (65537 unless given)", .required = false},
        {"out", 'o', OPTION_TEXT, &wish.out, "KEY.pem", "where the private key goes, readable by you alone", .required = false},
        {"pub", 'p', OPTION_TEXT, &wish.pub, "PUB.pem", "also write the public key", .required = false},
        {"form", 'f', OPTION_CHOICE, &wish.form, "FORM", "of the files", .choices = forms},
        {"openssl", 0, OPTION_FLAG, &wish.openssl, NULL, "print the openssl command that does the same", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway rsa keygen",
        .synopsis = "--bits N [--e E] [--out KEY.pem] [--pub PUB.pem] [--form pkcs8|pkcs1]",
        .purpose = "Makes an RSA key (FIPS 186-5, A.1.3) and writes it as PEM, unencrypted, as openssl does.",
        .details =
            "Without --out the private key goes to standard output. Below 2048 bits a key is for study.\n"
            "On a terminal the search is shown: '.' a candidate that no small prime divides, '+' a round\n"
            "passed, '*' a prime found. Ctrl-C gives up (exit status 130).",
        .example = "cutaway rsa keygen --bits 2048 --out key.pem --pub pub.pem\n"
                   "cutaway rsa keygen --bits 512 | cutaway rsa inspect -",
        .operands_min = 0,
        .operands_max = 0,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = check_wish(&wish);
    }
    if (status == OPTIONS_GO_ON) {
        status = wish.openssl ? print_openssl(&wish) : keygen(&wish);
    }
    mpz_clear(wish.e);
    return status;
}
