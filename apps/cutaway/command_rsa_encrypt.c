// cutaway rsa encrypt and decrypt: one block, by the padding that is asked for.

#include "apps/common/files.h"
#include "apps/common/options.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/rsa_command.h"
#include "bignum/encoding.h"
#include "ciphers/public/rsa_oaep.h"
#include "ciphers/public/rsa_pkcs1.h"

#include <stdio.h>
#include <string.h>

enum padding { PADDING_OAEP, PADDING_PKCS1, PADDING_RAW };

struct block_job {
    bool decrypt, openssl, in_given, label_given, hash_given;
    const char *key_path, *padding_name, *hash_name, *mgf_name, *file, *out;
    struct bytes in, label;
    enum padding padding;
    const struct hash_algorithm *hash, *mgf_hash;
    struct rsa_private_key key;
    enum rsa_key_form form;
};

// --- the openssl command ---------------------------------------------------------------------------------------

static int print_openssl(const struct block_job *job) {
    if (job->in_given) {
        if (rsa_is_standard(job->key_path)) {
            return failure("openssl would find key and --in both on standard input: name a file for the key");
        }
        rsa_print_message_pipe(&job->in);
    }
    bool private = rsa_key_form_is_private(job->form);
    printf("openssl pkeyutl %s%s", job->decrypt ? "-decrypt" : "-encrypt", private ? "" : " -pubin");
    rsa_print_input("-inkey", job->key_path);
    printf(" -pkeyopt rsa_padding_mode:%s", job->padding_name);
    if (job->padding == PADDING_OAEP) {
        printf(" -pkeyopt rsa_oaep_md:%s -pkeyopt rsa_mgf1_md:%s", job->hash->name, job->mgf_hash->name);
        if (job->label.length > 0) {
            fputs(" -pkeyopt rsa_oaep_label:", stdout);
            for (size_t i = 0; i < job->label.length; i++) {
                printf("%02x", job->label.data[i]);
            }
        }
    }
    if (!job->in_given) {
        rsa_print_path("-in", job->file);
    }
    rsa_print_path("-out", job->out);
    if (job->padding == PADDING_RAW && !job->decrypt) {
        printf("  # openssl wants exactly %zu bytes", rsa_size(&job->key.public));
    }
    putchar('\n');
    return STATUS_OK;
}

// --- how much fits ---------------------------------------------------------------------------------------------

// The longest message in bytes; false after a complaint when not even an empty one fits.
static bool longest_message(const struct block_job *job, size_t *longest) {
    size_t k = rsa_size(&job->key.public);
    size_t overhead = 0;
    if (job->padding == PADDING_OAEP) {
        overhead = 2 * job->hash->digest_size + 2; // RFC 8017, 7.1.1 step 1.b
    } else if (job->padding == PADDING_PKCS1) {
        overhead = 11; // 7.2.1 step 1
    }
    if (k < overhead) {
        complain("OAEP with %s needs a key of at least %zu bits; this one has %zu", job->hash->name,
                 8 * (overhead - 1) + 1, mpz_sizeinbase(job->key.public.n, 2));
        return false;
    }
    *longest = k - overhead;
    return true;
}

static void describe_padding(const struct block_job *job, char *out, size_t size) {
    if (job->padding == PADDING_OAEP) {
        (void)snprintf(out, size, "OAEP and %s", job->hash->name);
    } else {
        (void)snprintf(out, size, "%s",
                       job->padding == PADDING_PKCS1 ? "PKCS #1 v1.5 padding" : "no padding");
    }
}

// Reads at most size bytes; *length = size when there is as much or more.
static bool read_block(const struct block_job *job, uint8_t *out, size_t size, size_t *length) {
    *length = 0;
    if (job->in_given) {
        *length = job->in.length < size ? job->in.length : size;
        if (*length > 0) {
            memcpy(out, job->in.data, *length);
        }
        return true;
    }
    struct input input;
    if (!input_open(&input, job->file)) {
        return false;
    }
    bool ok = true;
    size_t got = 1;
    while (ok && got > 0 && *length < size) {
        ok = input_read(&input, out + *length, size - *length, &got);
        *length += ok ? got : 0;
    }
    input_close(&input);
    return ok;
}

// --- the work --------------------------------------------------------------------------------------------------

// No padding: the message is the number, and the number is the message (k bytes each way).
static bool raw_block(const struct block_job *job, uint8_t *out, const uint8_t *in, size_t length) {
    mpz_t number;
    mpz_init(number);
    bn_os2ip(number, in, length);
    bool done = job->decrypt ? rsa_private_operation(&job->key, number, number)
                             : rsa_public_operation(&job->key.public, number, number);
    done = done && bn_i2osp(out, rsa_size(&job->key.public), number);
    bn_wipe_clears(number, NULL);
    return done;
}

static bool is_below_modulus(const struct block_job *job, const uint8_t *in, size_t length) {
    mpz_t number;
    mpz_init(number);
    bn_os2ip(number, in, length);
    bool below = mpz_cmp(number, job->key.public.n) < 0;
    bn_wipe_clears(number, NULL);
    return below;
}

static int encrypt(const struct block_job *job, uint8_t *out, const uint8_t *in, size_t length,
                   const struct rsa_oaep *oaep) {
    size_t bits = mpz_sizeinbase(job->key.public.n, 2), longest = 0;
    if (!longest_message(job, &longest)) {
        return STATUS_FAILED;
    }
    if (length > longest) {
        char padding[64];
        describe_padding(job, padding, sizeof padding);
        return failure("the message is longer than %zu bytes, the most that a %zu-bit key takes with %s",
                       longest, bits, padding);
    }
    if (job->padding == PADDING_RAW && !is_below_modulus(job, in, length)) {
        return failure("as a number the message is not below the modulus, so it could not come back");
    }
    bool done = false;
    switch (job->padding) {
    case PADDING_OAEP:
        done = rsa_oaep_encrypt(&job->key.public, out, oaep, in, length);
        break;
    case PADDING_PKCS1:
        done = rsa_pkcs1_encrypt(&job->key.public, out, in, length);
        break;
    case PADDING_RAW:
        done = raw_block(job, out, in, length);
        break;
    }
    return done ? STATUS_OK : failure("the encryption failed: the system's random generator gave nothing");
}

static int decrypt(const struct block_job *job, uint8_t *out, size_t *out_length, const uint8_t *in,
                   size_t length, const struct rsa_oaep *oaep) {
    size_t k = rsa_size(&job->key.public), longest = 0;
    if (!longest_message(job, &longest)) {
        return STATUS_FAILED;
    }
    if (length != k) {
        return length > k ? failure("the ciphertext is longer than %zu bytes, what a %zu-bit key makes", k,
                                    mpz_sizeinbase(job->key.public.n, 2))
                          : failure("the ciphertext has %zu bytes; a %zu-bit key makes %zu", length,
                                    mpz_sizeinbase(job->key.public.n, 2), k);
    }
    *out_length = k;
    bool done = false;
    switch (job->padding) {
    case PADDING_OAEP:
        done = rsa_oaep_decrypt(&job->key, out, out_length, oaep, in, length);
        break;
    case PADDING_PKCS1:
        done = rsa_pkcs1_decrypt(&job->key, out, out_length, in, length);
        break;
    case PADDING_RAW:
        done = raw_block(job, out, in, length);
        break;
    }
    // One "no" for every fault, here too: what differs is what a padding oracle lives on.
    return done ? STATUS_OK
                : failure("the decryption failed: another key, %s, or a damaged ciphertext",
                          job->padding == PADDING_OAEP ? "padding, hash or label" : "another padding");
}

static int run(const struct block_job *job) {
    static uint8_t in[RSA_SIZE_MAX + 1], out[RSA_SIZE_MAX];
    const struct rsa_oaep oaep = {
        .hash = job->hash,
        .mgf1_hash = job->mgf_hash,
        .label = job->label.data,
        .label_length = job->label.length,
    };
    size_t length = 0, out_length = rsa_size(&job->key.public);
    if (!read_block(job, in, out_length + 1, &length)) {
        return STATUS_FAILED;
    }
    int status = job->decrypt ? decrypt(job, out, &out_length, in, length, &oaep)
                              : encrypt(job, out, in, length, &oaep);
    if (status == STATUS_OK && !output_write_all(job->out, OUTPUT_ORDINARY, out, out_length)) {
        status = STATUS_FAILED;
    }
    secure_wipe(in, sizeof in);
    secure_wipe(out, sizeof out);
    return status;
}

// --- the arguments ---------------------------------------------------------------------------------------------

static int resolve(struct block_job *job) {
    job->padding = strcmp(job->padding_name, "oaep") == 0    ? PADDING_OAEP
                   : strcmp(job->padding_name, "pkcs1") == 0 ? PADDING_PKCS1
                                                             : PADDING_RAW;
    if (job->padding != PADDING_OAEP && (job->hash_given || job->mgf_name != NULL || job->label_given)) {
        return usage_error("--hash, --mgf-hash and --label belong to --padding oaep, not to %s",
                           job->padding_name);
    }
    if (job->in_given && job->file != NULL) {
        return usage_error("--in and FILE exclude each other");
    }
    if (!job->in_given && rsa_is_standard(job->file) && strcmp(job->key_path, "-") == 0) {
        return usage_error("--key and FILE cannot both be standard input");
    }
    return rsa_find_hashes(&job->hash, &job->mgf_hash, job->hash_name, job->mgf_name) ? OPTIONS_GO_ON
                                                                                      : STATUS_USAGE;
}

static int block_command(bool decrypting, int argc, char **argv) {
    static const char *const paddings[] = {"oaep", "pkcs1", "none", NULL};
    struct block_job job = {.decrypt = decrypting, .hash_name = "sha256"};
    // clang-format off
    const struct app_option options[] = {
        {"key", 'k', OPTION_TEXT, &job.key_path, "PEM", decrypting ? "the private key" : "the public key, or a private one", .required = true},
        {"padding", 'p', OPTION_CHOICE, &job.padding_name, "NAME", "how the message is padded", .required = true, .choices = paddings},
        {"hash", 0, OPTION_TEXT, &job.hash_name, "ALG", "OAEP: the hash (sha256 unless given; openssl takes sha1)", .given = &job.hash_given},
        {"mgf-hash", 0, OPTION_TEXT, &job.mgf_name, "ALG", "OAEP: the hash of MGF1 (the same unless given)", .required = false},
        {"label", 'l', OPTION_HEX, &job.label, "HEX", "OAEP: the label, which both ends must know (empty unless given)", .given = &job.label_given},
        {"in", 'i', OPTION_HEX, &job.in, "HEX", "instead of FILE: the input itself", .given = &job.in_given},
        {"out", 'o', OPTION_TEXT, &job.out, "FILE", "where the result goes, complete or not at all", .required = false},
        {"openssl", 0, OPTION_FLAG, &job.openssl, NULL, "print the openssl command that does the same", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage encrypting = {
        .program = "cutaway rsa encrypt",
        .synopsis = "--key PEM --padding oaep|pkcs1|none [--hash ALG] [--label HEX] [--in HEX | FILE]",
        .purpose = "Encrypts FILE, or standard input: one block, as long as the modulus.",
        .details = "The longest message: modulus bytes - 2 * hash bytes - 2 with oaep (RFC 8017, 7.1), - 11 "
                   "with pkcs1\n"
                   "(7.2). With none, the message is taken as a number below the modulus: for study.",
        .example = "echo 'a message' | cutaway rsa encrypt --key pub.pem --padding oaep --out secret.bin",
        .operands_min = 0,
        .operands_max = 1,
    };
    struct app_usage usage = encrypting;
    if (decrypting) {
        usage.program = "cutaway rsa decrypt";
        usage.purpose = "Decrypts FILE, or standard input: one block, as long as the modulus.";
        usage.details =
            "Exit status: 0 done, 1 the ciphertext does not fit key and padding, 2 wrong arguments.\n"
            "With none, the result is the whole block, leading zeros included.";
        usage.example = "cutaway rsa decrypt --key key.pem --padding oaep secret.bin";
    }
    rsa_private_key_init(&job.key);
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        job.file = argc > 1 ? argv[1] : NULL;
        status = resolve(&job);
    }
    if (status == OPTIONS_GO_ON) {
        status = STATUS_FAILED;
        if (rsa_load_key(&job.key, &job.form, job.key_path, decrypting)) {
            status = job.openssl ? print_openssl(&job) : run(&job);
        }
    }
    rsa_private_key_clear(&job.key);
    bytes_clear(&job.in);
    bytes_clear(&job.label);
    return status;
}

int rsa_encrypt_command(int argc, char **argv) {
    return block_command(false, argc, argv);
}

int rsa_decrypt_command(int argc, char **argv) {
    return block_command(true, argc, argv);
}
