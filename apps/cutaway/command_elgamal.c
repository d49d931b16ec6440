// cutaway elgamal: ElGamal encryption and signatures, number by number.

#include "apps/common/files.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/digest_input.h"
#include "apps/cutaway/group_arguments.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/numbers.h"
#include "apps/cutaway/subcommand.h"
#include "bignum/encoding.h"
#include "ciphers/public/elgamal.h"

#include <stdio.h>

// Everything that the five verbs take and make.
struct elgamal {
    struct group_arguments arguments;
    struct bn_group group;
    mpz_t a, b; // c1 and c2, or r and s
    mpz_t m, k; // the message or the digest; the nonce
    bool value_given, k_given, a_given, b_given, in_given;
    const char *hash, *file;
    struct bytes in;
};

static void elgamal_start(struct elgamal *job) {
    *job = (struct elgamal){.hash = "sha256"};
    group_arguments_init(&job->arguments);
    bn_group_init(&job->group);
    mpz_inits(job->a, job->b, job->m, job->k, NULL);
}

static void elgamal_stop(struct elgamal *job) {
    bn_wipe_clears(job->a, job->b, job->m, job->k, NULL);
    bn_group_clear(&job->group);
    group_arguments_clear(&job->arguments);
    bytes_clear(&job->in);
}

// 1 <= value <= p - (1 + beyond).
static bool is_within(const mpz_t value, const mpz_t p, unsigned long beyond) {
    mpz_t limit;
    mpz_init(limit);
    mpz_sub_ui(limit, p, 1 + beyond);
    bool within = mpz_sgn(value) > 0 && mpz_cmp(value, limit) <= 0;
    mpz_clear(limit);
    return within;
}

static bool check_private(const struct elgamal *job) {
    if (!group_arguments_need(job->arguments.x_given, "private")) {
        return false;
    }
    if (!is_within(job->arguments.x, job->group.p, 1)) {
        complain("--private is %s; it must be 1 to p-2", number_brief(job->arguments.x).text);
        return false;
    }
    return true;
}

static bool check_public(const struct elgamal *job) {
    if (!group_arguments_need(job->arguments.y_given, "public")) {
        return false;
    }
    if (!is_within(job->arguments.y, job->group.p, 1) || mpz_cmp_ui(job->arguments.y, 1) == 0) {
        complain("--public is %s; it must be 2 to p-2", number_brief(job->arguments.y).text);
        return false;
    }
    return true;
}

static bool check_nonce(const struct elgamal *job, bool coprime) {
    if (!job->k_given) {
        return true;
    }
    if (!is_within(job->k, job->group.p, 1)) {
        complain("--k is %s; it must be 1 to p-2", number_brief(job->k).text);
        return false;
    }
    mpz_t g;
    mpz_init(g);
    mpz_sub_ui(g, job->group.p, 1);
    mpz_gcd(g, g, job->k);
    bool fits = !coprime || mpz_cmp_ui(g, 1) == 0;
    if (!fits) {
        complain("--k %s and p-1 are both divisible by %s; a signature needs a k with an inverse mod p-1",
                 number_brief(job->k).text, number_brief(g).text);
    }
    mpz_clear(g);
    return fits;
}

// --- keygen ----------------------------------------------------------------------------------------------------

static int elgamal_keygen(int argc, char **argv) {
    struct elgamal job;
    elgamal_start(&job);
    const char *out = NULL;
    // clang-format off
    const struct app_option options[] = {
        GROUP_OPTIONS(job.arguments),
        {"private", 'x', OPTION_INTEGER, job.arguments.x, "X", "the public key of this private key, not a new one", .given = &job.arguments.x_given},
        {"out", 'o', OPTION_TEXT, &out, "FILE", "write the lines to FILE, readable by you alone", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway elgamal keygen",
        .synopsis = "--group NAME [--private X] [--out FILE]",
        .purpose = "Prints a new private key x and its public key y = g^x mod p.",
        .example = "cutaway elgamal keygen --group ffdhe2048 --out key.txt\n"
                   "cutaway elgamal keygen --group toy-4digit\n"
                   "cutaway elgamal keygen --p 2357 --g 2 --private 1751",
        .operands_min = 0,
        .operands_max = 0,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = group_arguments_resolve(&job.arguments, &job.group, true);
    }
    if (status == OPTIONS_GO_ON && job.arguments.x_given && !check_private(&job)) {
        status = STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON) {
        group_note_toy(&job.group);
        bool made = job.arguments.x_given ? elgamal_public_key(&job.group, job.arguments.y, job.arguments.x)
                                          : elgamal_generate(&job.group, job.arguments.x, job.arguments.y);
        status = made ? group_write_keys(&job.arguments, &job.group, job.group.elgamal_g, out)
                      : failure("no key could be made: the system's random generator failed, or g has too "
                                "small an order");
    }
    elgamal_stop(&job);
    return status;
}

// --- encrypt and decrypt ---------------------------------------------------------------------------------------

static int encrypt(struct elgamal *job, const char *message) {
    if (!check_public(job) || !number_operand(job->m, "M", message, &job->arguments.hex) ||
        !check_nonce(job, false)) {
        return STATUS_USAGE;
    }
    if (!is_within(job->m, job->group.p, 0)) {
        return usage_error("M is %s; it must be at least 1 and below p = %s", number_brief(job->m).text,
                           number_brief(job->group.p).text);
    }
    group_note_toy(&job->group);
    bool done = job->k_given
                    ? elgamal_encrypt_with(&job->group, job->a, job->b, job->arguments.y, job->m, job->k)
                    : elgamal_encrypt(&job->group, job->a, job->b, job->arguments.y, job->m);
    if (!done) {
        return failure("the encryption failed");
    }
    number_print_line("c1", job->a, job->arguments.hex);
    number_print_line("c2", job->b, job->arguments.hex);
    return STATUS_OK;
}

static int elgamal_encrypt_command(int argc, char **argv) {
    struct elgamal job;
    elgamal_start(&job);
    // clang-format off
    const struct app_option options[] = {
        GROUP_OPTIONS(job.arguments),
        {"public", 'y', OPTION_INTEGER, job.arguments.y, "Y", "the receiver's public key", .given = &job.arguments.y_given},
        {"k", 0, OPTION_INTEGER, job.k, "K", "the nonce, for exercises; else drawn anew", .given = &job.k_given},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway elgamal encrypt",
        .synopsis = "--group NAME --public Y [--k K] M",
        .purpose = "Encrypts the number M, 1 <= M < p: prints c1 = g^k mod p and c2 = M * y^k mod p.",
        .details = "k is fresh and secret. Used twice, one known message reveals the other: c2/c2' = M/M'.",
        .example = "cutaway elgamal encrypt --p 2357 --g 2 --public 1185 --k 1520 2035",
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = group_arguments_resolve(&job.arguments, &job.group, false);
    }
    if (status == OPTIONS_GO_ON) {
        status = encrypt(&job, argv[1]);
    }
    elgamal_stop(&job);
    return status;
}

static int decrypt(struct elgamal *job, char **operands) {
    if (!check_private(job) || !number_operand(job->a, "C1", operands[0], &job->arguments.hex) ||
        !number_operand(job->b, "C2", operands[1], &job->arguments.hex)) {
        return STATUS_USAGE;
    }
    group_note_toy(&job->group);
    const char *names[] = {"C1", "C2"};
    mpz_ptr values[] = {job->a, job->b};
    for (int i = 0; i < 2; i++) {
        if (!is_within(values[i], job->group.p, 0)) {
            return failure("%s is %s, which is no half of a ciphertext: it must be above 0 and below p = %s",
                           names[i], number_brief(values[i]).text, number_brief(job->group.p).text);
        }
    }
    if (!elgamal_decrypt(&job->group, job->m, job->arguments.x, job->a, job->b)) {
        return failure("the decryption failed");
    }
    number_print(job->m, job->arguments.hex);
    putchar('\n');
    return STATUS_OK;
}

static int elgamal_decrypt_command(int argc, char **argv) {
    struct elgamal job;
    elgamal_start(&job);
    // clang-format off
    const struct app_option options[] = {
        GROUP_OPTIONS(job.arguments),
        {"private", 'x', OPTION_INTEGER, job.arguments.x, "X", "your private key", .given = &job.arguments.x_given},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway elgamal decrypt",
        .synopsis = "--group NAME --private X C1 C2",
        .purpose = "Decrypts: prints M = C2 * (C1^x)^-1 mod p.",
        .example = "cutaway elgamal decrypt --p 2357 --g 2 --private 1751 1430 697",
        .operands_min = 2,
        .operands_max = 2,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = group_arguments_resolve(&job.arguments, &job.group, false);
    }
    if (status == OPTIONS_GO_ON) {
        status = decrypt(&job, argv + 1);
    }
    elgamal_stop(&job);
    return status;
}

// --- sign and verify -------------------------------------------------------------------------------------------

// h: --value, or the digest of --in or of the file, as an integer. Reads the file in pieces.
static int find_digest(struct elgamal *job) {
    if (job->value_given + job->in_given + (job->file != NULL) > 1) {
        return usage_error("--value, --in and FILE exclude each other");
    }
    if (job->value_given) {
        return number_at_least(job->m, "--value", 0) ? OPTIONS_GO_ON : STATUS_USAGE;
    }
    const struct hash_algorithm *hash = name_hash(job->hash);
    if (hash == NULL) {
        return STATUS_USAGE;
    }
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    if (!input_digest(digest, hash, job->file, job->in_given ? &job->in : NULL)) {
        return STATUS_FAILED;
    }
    bn_os2ip(job->m, digest, hash->digest_size);
    return OPTIONS_GO_ON;
}

static int sign(struct elgamal *job) {
    if (!check_private(job) || !check_nonce(job, true)) {
        return STATUS_USAGE;
    }
    int status = find_digest(job);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    group_note_toy(&job->group);
    bool done = job->k_given
                    ? elgamal_sign_with(&job->group, job->a, job->b, job->arguments.x, job->m, job->k)
                    : elgamal_sign(&job->group, job->a, job->b, job->arguments.x, job->m);
    if (!done) {
        return job->k_given ? failure("with this k the signature has s = 0; choose another")
                            : failure("no signature could be made");
    }
    number_print_line("r", job->a, job->arguments.hex);
    number_print_line("s", job->b, job->arguments.hex);
    return STATUS_OK;
}

static int verify(struct elgamal *job) {
    if (!check_public(job)) {
        return STATUS_USAGE;
    }
    int status = find_digest(job);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    group_note_toy(&job->group);
    if (!is_within(job->a, job->group.p, 0)) {
        return failure("the signature is not valid: r is %s, not within 1 to p-1", number_brief(job->a).text);
    }
    if (!is_within(job->b, job->group.p, 1)) {
        return failure("the signature is not valid: s is %s, not within 1 to p-2", number_brief(job->b).text);
    }
    if (!elgamal_verify(&job->group, job->arguments.y, job->m, job->a, job->b)) {
        return failure("the signature is not valid: g^h is not y^r * r^s mod p");
    }
    puts("the signature is valid");
    return STATUS_OK;
}

// The rows that sign and verify share.
// clang-format off
#define DIGEST_OPTIONS(job)                                                                                  \
    {"hash", 0, OPTION_TEXT, &(job).hash, "ALG", "the hash of the message (sha256 unless given)", .required = false}, \
    {"value", 'v', OPTION_INTEGER, (job).m, "H", "instead of FILE: the digest as a number", .given = &(job).value_given}, \
    {"in", 'i', OPTION_HEX, &(job).in, "HEX", "instead of FILE: the message itself", .given = &(job).in_given}
// clang-format on

static int elgamal_sign_command(int argc, char **argv) {
    struct elgamal job;
    elgamal_start(&job);
    // clang-format off
    const struct app_option options[] = {
        GROUP_OPTIONS(job.arguments),
        {"private", 'x', OPTION_INTEGER, job.arguments.x, "X", "your private key", .given = &job.arguments.x_given},
        DIGEST_OPTIONS(job),
        {"k", 0, OPTION_INTEGER, job.k, "K", "the nonce, for exercises; else drawn anew", .given = &job.k_given},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway elgamal sign",
        .synopsis = "--group NAME --private X [--hash ALG] [--k K] [--value H | --in HEX | FILE]",
        .purpose = "Signs FILE, or standard input: prints r = g^k mod p and s = k^-1 * (h - x*r) mod p-1.",
        .details =
            "h is the message's digest as a number. k is fresh and secret: used twice, it gives x away.",
        .example = "cutaway elgamal sign --p 2357 --g 2 --private 1751 --k 1529 --value 1463\n"
                   "cutaway elgamal sign --key key.txt README.md",
        .operands_min = 0,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        job.file = argc > 1 ? argv[1] : NULL;
        status = group_arguments_resolve(&job.arguments, &job.group, false);
    }
    if (status == OPTIONS_GO_ON) {
        status = sign(&job);
    }
    elgamal_stop(&job);
    return status;
}

static int elgamal_verify_command(int argc, char **argv) {
    struct elgamal job;
    elgamal_start(&job);
    // clang-format off
    const struct app_option options[] = {
        GROUP_OPTIONS(job.arguments),
        {"public", 'y', OPTION_INTEGER, job.arguments.y, "Y", "the signer's public key", .given = &job.arguments.y_given},
        DIGEST_OPTIONS(job),
        {"r", 0, OPTION_INTEGER, job.a, "R", "the first half of the signature", .required = true},
        {"s", 0, OPTION_INTEGER, job.b, "S", "the second half", .required = true},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway elgamal verify",
        .synopsis = "--group NAME --public Y --r R --s S [--hash ALG] [--value H | --in HEX | FILE]",
        .purpose = "Says whether g^h = y^r * r^s mod p, with 0 < r < p and 0 < s < p-1.",
        .details = "Exit status: 0 valid, 1 not valid, 2 wrong arguments.",
        .example = "cutaway elgamal verify --p 2357 --g 2 --public 1185 --r 1490 --s 1777 --value 1463",
        .operands_min = 0,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        job.file = argc > 1 ? argv[1] : NULL;
        status = group_arguments_resolve(&job.arguments, &job.group, false);
    }
    if (status == OPTIONS_GO_ON) {
        status = verify(&job);
    }
    elgamal_stop(&job);
    return status;
}

int command_elgamal(int argc, char **argv) {
    static const struct subcommand table[] = {
        {"keygen", "--group NAME [--private X] [--out FILE]", elgamal_keygen},
        {"encrypt", "--group NAME --public Y M", elgamal_encrypt_command},
        {"decrypt", "--group NAME --private X C1 C2", elgamal_decrypt_command},
        {"sign", "--group NAME --private X [--value H | FILE]", elgamal_sign_command},
        {"verify", "--group NAME --public Y --r R --s S [--value H | FILE]", elgamal_verify_command},
        {NULL, NULL, NULL},
    };
    static const struct subcommand_usage usage = {
        .program = "cutaway elgamal",
        .purpose = "ElGamal: Diffie-Hellman turned into encryption and signatures.\n"
                   "The group is --group NAME, or --p P --g G, or in --key FILE, which keygen --out writes.",
        .example = "cutaway elgamal keygen --group ffdhe2048 --out key.txt\n"
                   "cutaway elgamal encrypt --key key.txt 0x48656c6c6f\n"
                   "cutaway trace elgamal sign --p 2357 --g 2 --private 1751 --value 1463",
    };
    return subcommand_run(&usage, table, argc, argv);
}
