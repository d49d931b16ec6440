// cutaway rsa sign and verify: the file is hashed in pieces, the digest is signed.

#include "apps/common/files.h"
#include "apps/common/options.h"
#include "apps/cutaway/digest_input.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/rsa_command.h"
#include "bignum/trace.h"
#include "ciphers/public/rsa_pkcs1.h"
#include "ciphers/public/rsa_pss.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct signature_job {
    bool verify, openssl, in_given;
    const char *key_path, *padding_name, *hash_name, *mgf_name, *salt_name, *file, *signature_path, *out;
    struct bytes in;
    bool pss;
    int salt;
    const struct hash_algorithm *hash, *mgf_hash;
    struct rsa_private_key key;
    enum rsa_key_form form;
};

// --- the openssl command ---------------------------------------------------------------------------------------

static int print_openssl(const struct signature_job *job) {
    if (job->in_given) {
        if (rsa_is_standard(job->key_path) || (job->verify && rsa_is_standard(job->signature_path))) {
            return failure("openssl would find two things on standard input, one of them --in: name a file");
        }
        rsa_print_message_pipe(&job->in);
    }
    bool private = rsa_key_form_is_private(job->form);
    printf("openssl dgst -%s", job->hash->name);
    rsa_print_input(!job->verify ? "-sign" : private ? "-prverify" : "-verify", job->key_path);
    if (job->pss) {
        fputs(" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:", stdout);
        switch (job->salt) {
        case RSA_PSS_SALT_DIGEST:
            fputs("digest", stdout);
            break;
        case RSA_PSS_SALT_MAX:
            fputs("max", stdout);
            break;
        case RSA_PSS_SALT_ANY:
            fputs("auto", stdout);
            break;
        default:
            printf("%d", job->salt);
            break;
        }
        printf(" -sigopt rsa_mgf1_md:%s", job->mgf_hash->name);
    }
    if (job->verify) {
        rsa_print_input("-signature", job->signature_path);
    } else {
        rsa_print_path("-out", job->signature_path);
    }
    if (!job->in_given && !rsa_is_standard(job->file)) {
        print_shell_operand(job->file);
    }
    putchar('\n');
    return STATUS_OK;
}

// --- what fits -------------------------------------------------------------------------------------------------

// False after a complaint when the key is too short for this padding, hash and salt.
static int check_room(const struct signature_job *job) {
    size_t bits = mpz_sizeinbase(job->key.public.n, 2);
    if (!job->pss) {
        uint8_t em[RSA_SIZE_MAX];
        uint8_t digest[HASH_DIGEST_SIZE_MAX] = {0};
        struct trace_sink *sink = trace_attach(NULL); // the real block comes later
        bool fits = rsa_pkcs1_encode_digest(em, rsa_size(&job->key.public), job->hash, digest);
        (void)trace_attach(sink);
        return fits ? OPTIONS_GO_ON
                    : failure("a %zu-bit key is too short for a signature with %s", bits, job->hash->name);
    }
    size_t em_length = (bits - 1 + 7) / 8; // RFC 8017, 8.1.1 step 1
    size_t digest = job->hash->digest_size;
    if (em_length < digest + 2) { // 9.1.1 step 3, with no salt at all
        return failure("a %zu-bit key is too short for PSS with %s", bits, job->hash->name);
    }
    size_t most = em_length - digest - 2;
    size_t wanted = job->salt == RSA_PSS_SALT_DIGEST ? digest : job->salt >= 0 ? (size_t)job->salt : 0;
    if (wanted > most) {
        return usage_error("a salt of %zu bytes does not fit: at most %zu do with a %zu-bit key and %s",
                           wanted, most, bits, job->hash->name);
    }
    return OPTIONS_GO_ON;
}

// --- the work --------------------------------------------------------------------------------------------------

static int sign(const struct signature_job *job, const uint8_t *digest) {
    uint8_t signature[RSA_SIZE_MAX];
    const struct rsa_pss pss = {.hash = job->hash, .mgf1_hash = job->mgf_hash, .salt_length = job->salt};
    bool done = job->pss ? rsa_pss_sign(&job->key, signature, &pss, digest)
                         : rsa_pkcs1_sign(&job->key, signature, job->hash, digest);
    if (!done) {
        return failure("the signature could not be made");
    }
    return output_write_all(job->signature_path, OUTPUT_ORDINARY, signature, rsa_size(&job->key.public))
               ? STATUS_OK
               : STATUS_FAILED;
}

static int verify(const struct signature_job *job, const uint8_t *digest) {
    struct bytes signature = {0};
    size_t k = rsa_size(&job->key.public);
    if (!input_read_all(&signature, job->signature_path, 2 * (size_t)RSA_SIZE_MAX)) {
        return STATUS_FAILED;
    }
    const struct rsa_pss pss = {.hash = job->hash, .mgf1_hash = job->mgf_hash, .salt_length = job->salt};
    int status = STATUS_OK;
    if (signature.length != k) {
        status =
            failure("the signature is not valid: it has %zu bytes; this key makes %zu", signature.length, k);
    } else if (!(job->pss ? rsa_pss_verify(&job->key.public, signature.data, k, &pss, digest)
                          : rsa_pkcs1_verify(&job->key.public, signature.data, k, job->hash, digest))) {
        status = failure("the signature is not valid for this message, key, padding and hash");
    } else {
        puts("the signature is valid");
    }
    bytes_clear(&signature);
    return status;
}

static int run(const struct signature_job *job) {
    int status = check_room(job);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    if (!input_digest(digest, job->hash, job->file, job->in_given ? &job->in : NULL)) {
        return STATUS_FAILED;
    }
    return job->verify ? verify(job, digest) : sign(job, digest);
}

// --- the arguments ---------------------------------------------------------------------------------------------

static int parse_salt(struct signature_job *job) {
    const char *text = job->salt_name;
    if (text == NULL) {
        job->salt = job->verify ? RSA_PSS_SALT_ANY : RSA_PSS_SALT_DIGEST;
        return OPTIONS_GO_ON;
    }
    if (!job->pss) {
        return usage_error("--salt belongs to --padding pss, not to %s", job->padding_name);
    }
    if (strcmp(text, "max") == 0) {
        job->salt = RSA_PSS_SALT_MAX;
    } else if (strcmp(text, "any") == 0 && !job->verify) {
        return usage_error("--salt any is for verifying; a signature is made with --salt N or max");
    } else if (strcmp(text, "any") == 0) {
        job->salt = RSA_PSS_SALT_ANY;
    } else if (*text == '\0' || strspn(text, "0123456789") != strlen(text) || strlen(text) > 4) {
        return usage_error("--salt is '%.40s'; it must be a number of bytes%s", text,
                           job->verify ? ", max or any" : " or max");
    } else {
        job->salt = atoi(text);
    }
    return OPTIONS_GO_ON;
}

static int resolve(struct signature_job *job) {
    job->pss = strcmp(job->padding_name, "pss") == 0;
    if (!job->pss && job->mgf_name != NULL) {
        return usage_error("--mgf-hash belongs to --padding pss, not to %s", job->padding_name);
    }
    if (job->in_given && job->file != NULL) {
        return usage_error("--in and FILE exclude each other");
    }
    if (job->out != NULL) {
        if (job->signature_path != NULL) {
            return usage_error("--out and --sig are the same here; give one of them");
        }
        job->signature_path = job->out;
    }
    int standard_inputs = (!job->in_given && rsa_is_standard(job->file)) + (strcmp(job->key_path, "-") == 0) +
                          (job->verify && rsa_is_standard(job->signature_path));
    if (standard_inputs > 1) {
        return usage_error("only one of --key, %sFILE can be standard input",
                           job->verify ? "--sig and " : "");
    }
    int status = parse_salt(job);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    return rsa_find_hashes(&job->hash, &job->mgf_hash, job->hash_name, job->mgf_name) ? OPTIONS_GO_ON
                                                                                      : STATUS_USAGE;
}

static int finish(struct signature_job *job, int status, int argc, char **argv) {
    if (status == OPTIONS_GO_ON) {
        job->file = argc > 1 ? argv[1] : NULL;
        status = resolve(job);
    }
    if (status == OPTIONS_GO_ON) {
        rsa_private_key_init(&job->key);
        status = STATUS_FAILED;
        if (rsa_load_key(&job->key, &job->form, job->key_path, !job->verify)) {
            status = job->openssl ? print_openssl(job) : run(job);
        }
        rsa_private_key_clear(&job->key);
    }
    bytes_clear(&job->in);
    return status;
}

static const char *const paddings[] = {"pss", "pkcs1", NULL};

// The rows that both commands share.
// clang-format off
#define SIGNATURE_OPTIONS(job)                                                                               \
    {"padding", 'p', OPTION_CHOICE, &(job).padding_name, "NAME", "how the digest is padded", .required = true, .choices = paddings}, \
    {"hash", 0, OPTION_TEXT, &(job).hash_name, "ALG", "the hash of the message (sha256 unless given)", .required = false}, \
    {"mgf-hash", 0, OPTION_TEXT, &(job).mgf_name, "ALG", "PSS: the hash of MGF1 (the same unless given)", .required = false}, \
    {"in", 'i', OPTION_HEX, &(job).in, "HEX", "instead of FILE: the message itself", .given = &(job).in_given}, \
    {"openssl", 0, OPTION_FLAG, &(job).openssl, NULL, "print the openssl command that does the same", .required = false}
// clang-format on

int rsa_sign_command(int argc, char **argv) {
    struct signature_job job = {.hash_name = "sha256"};
    // clang-format off
    const struct app_option options[] = {
        {"key", 'k', OPTION_TEXT, &job.key_path, "PEM", "the private key", .required = true},
        SIGNATURE_OPTIONS(job),
        {"salt", 's', OPTION_TEXT, &job.salt_name, "N|max", "PSS: bytes of salt (as long as the digest unless given)", .required = false},
        {"sig", 0, OPTION_TEXT, &job.signature_path, "FILE", "where the signature goes, complete or not at all", .required = false},
        {"out", 'o', OPTION_TEXT, &job.out, "FILE", "the same as --sig", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway rsa sign",
        .synopsis =
            "--key PEM --padding pss|pkcs1 [--hash ALG] [--salt N|max] [--sig FILE] [--in HEX | FILE]",
        .purpose = "Signs FILE, or standard input: prints the signature, as many bytes as the modulus has.",
        .details = "PSS is RFC 8017, 8.1; pkcs1 is 8.2. A file of any size is hashed in pieces.",
        .example = "cutaway rsa sign --key key.pem --padding pss --sig README.sig README.md\n"
                   "cutaway trace rsa sign --key key.pem --padding pkcs1 --in 616263",
        .operands_min = 0,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    return finish(&job, status, argc, argv);
}

int rsa_verify_command(int argc, char **argv) {
    struct signature_job job = {.hash_name = "sha256", .verify = true};
    // clang-format off
    const struct app_option options[] = {
        {"key", 'k', OPTION_TEXT, &job.key_path, "PEM", "the public key, or a private one", .required = true},
        SIGNATURE_OPTIONS(job),
        {"salt", 's', OPTION_TEXT, &job.salt_name, "N|max|any", "PSS: bytes of salt (any unless given)", .required = false},
        {"sig", 0, OPTION_TEXT, &job.signature_path, "FILE", "the signature", .required = true},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway rsa verify",
        .synopsis =
            "--key PEM --padding pss|pkcs1 [--hash ALG] [--salt N|max|any] --sig FILE [--in HEX | FILE]",
        .purpose = "Says whether a signature belongs to FILE, or standard input, and to the key.",
        .details = "Exit status: 0 valid, 1 not valid, 2 wrong arguments.",
        .example = "cutaway rsa verify --key pub.pem --padding pss --sig README.sig README.md",
        .operands_min = 0,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    return finish(&job, status, argc, argv);
}
