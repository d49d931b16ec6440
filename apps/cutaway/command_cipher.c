// cutaway cipher: encrypt and decrypt files with a block cipher in a mode of operation, in constant memory.

#include "apps/common/files.h"
#include "apps/common/options.h"
#include "apps/cutaway/cipher_arguments.h"
#include "apps/cutaway/commands.h"

#include <stdio.h>
#include <string.h>

struct cipher_job {
    struct cipher_mode_name name;
    enum cipher_direction direction;
    enum cipher_padding padding;
    struct bytes key, iv;
    const char *in, *out; // NULL: standard input, standard output
};

// --- the openssl command ---------------------------------------------------------------------------------------

static void print_hex_word(const struct bytes *bytes, size_t first, size_t length) {
    for (size_t i = first; i < first + length; i++) {
        printf("%02x", bytes->data[i]);
    }
}

static int print_openssl(const struct cipher_job *job) {
    const char *cipher = job->name.cipher->name, *mode = cipher_mode_name(job->name.mode);
    bool des = strcmp(cipher, "des") == 0;
    bool two_keys = strcmp(cipher, "des-ede") == 0;
    if (job->name.mode == MODE_CTR && job->name.cipher->block_size == DES_BLOCK_SIZE) {
        return failure("openssl has no %s-ctr: it offers counter mode for AES only", cipher);
    }
    // openssl has CFB8 for three keys only: K1, K2, K1 are the same as two.
    bool expand = two_keys && job->name.mode == MODE_CFB8;
    printf("openssl enc %s -%s-%s", job->direction == CIPHER_ENCRYPT ? "-e" : "-d",
           expand ? "des-ede3" : cipher, mode);
    fputs(" -K ", stdout);
    print_hex_word(&job->key, 0, job->key.length);
    if (expand) {
        print_hex_word(&job->key, 0, DES_KEY_SIZE);
    }
    if (job->name.mode != MODE_ECB) {
        fputs(" -iv ", stdout);
        print_hex_word(&job->iv, 0, job->iv.length);
    }
    if (job->padding == PADDING_NONE && (job->name.mode == MODE_ECB || job->name.mode == MODE_CBC)) {
        fputs(" -nopad", stdout);
    }
    if (des) {
        fputs(" -provider legacy -provider default", stdout);
    }
    if (job->in != NULL && strcmp(job->in, "-") != 0) {
        fputs(" -in", stdout);
        print_shell_word(job->in);
    }
    if (job->out != NULL && strcmp(job->out, "-") != 0) {
        fputs(" -out", stdout);
        print_shell_word(job->out);
    }
    putchar('\n');
    return STATUS_OK;
}

// --- the work --------------------------------------------------------------------------------------------------

static int last_block_failed(const struct cipher_job *job, const char *input_name, unsigned long long total) {
    size_t block = job->name.cipher->block_size;
    if (total % block != 0 || (total == 0 && job->direction == CIPHER_DECRYPT)) {
        return failure(
            "%s: %llu bytes is not a whole number of %zu-byte blocks, which %s", input_name, total, block,
            job->direction == CIPHER_DECRYPT ? "every ciphertext of this mode is" : "--padding none needs");
    }
    return failure("%s: the padding is wrong: another key, IV or mode, or a damaged ciphertext", input_name);
}

// Standard output gets the blocks as they come; when the padding turns out wrong, all but the last one are out.
static int run_pieces(const struct cipher_job *job, struct input *input, struct output *output) {
    static uint8_t piece[INPUT_PIECE], result[INPUT_PIECE + BLOCK_SIZE_MAX];
    struct cipher_context context;
    if (!cipher_init(&context, job->name.cipher, job->name.mode, job->direction, job->padding, job->key.data,
                     job->key.length, job->iv.data, job->iv.length)) {
        return failure("the cipher could not be set up");
    }
    unsigned long long total = 0;
    size_t length = 0, made = 0;
    int status = STATUS_OK;
    do {
        if (!input_read(input, piece, sizeof piece, &length)) {
            status = STATUS_FAILED;
        } else if (length > 0) {
            cipher_update(&context, result, &made, piece, length);
            total += length;
            status = output_write(output, result, made) ? STATUS_OK : STATUS_FAILED;
        }
    } while (status == STATUS_OK && length > 0);
    if (status == STATUS_OK) {
        if (!cipher_final(&context, result, &made)) {
            status = last_block_failed(job, input->name, total);
        } else if (!output_write(output, result, made)) {
            status = STATUS_FAILED;
        }
    }
    secure_wipe(&context, sizeof context);
    secure_wipe(piece, sizeof piece);
    secure_wipe(result, sizeof result);
    return status;
}

static int run(const struct cipher_job *job) {
    struct input input;
    struct output output;
    if (!input_open(&input, job->in)) {
        return STATUS_FAILED;
    }
    if (!output_open(&output, job->out, OUTPUT_ORDINARY)) {
        input_close(&input);
        return STATUS_FAILED;
    }
    int status = run_pieces(job, &input, &output);
    if (status == STATUS_OK && !output_finish(&output)) {
        status = STATUS_FAILED;
    }
    output_discard(&output);
    input_close(&input);
    return status;
}

// --- the arguments ---------------------------------------------------------------------------------------------

static int find_direction(enum cipher_direction *direction, const char *word) {
    if (strcmp(word, "encrypt") == 0 || strcmp(word, "decrypt") == 0) {
        *direction = strcmp(word, "encrypt") == 0 ? CIPHER_ENCRYPT : CIPHER_DECRYPT;
        return OPTIONS_GO_ON;
    }
    struct suggestion suggestion;
    suggestion_start(&suggestion, word);
    suggestion_offer(&suggestion, "encrypt");
    suggestion_offer(&suggestion, "decrypt");
    const char *best = suggestion_best(&suggestion);
    if (best != NULL) {
        return usage_error("'%s' is neither encrypt nor decrypt; did you mean '%s'?", word, best);
    }
    return usage_error("'%s' is neither encrypt nor decrypt", word);
}

int command_cipher(int argc, char **argv) {
    struct cipher_job job = {0};
    const char *padding = NULL;
    bool iv_given = false, openssl = false;
    // clang-format off
    const struct app_option options[] = {
        {"key", 'k', OPTION_HEX, &job.key, "HEX", "the key", .required = true},
        {"iv", 'i', OPTION_HEX, &job.iv, "HEX", "the initialisation vector, one block; every mode but ECB needs it", .given = &iv_given},
        {"padding", 'p', OPTION_CHOICE, &padding, "NAME", "ECB and CBC: how the last block is filled", .choices = padding_names},
        {"out", 'o', OPTION_TEXT, &job.out, "FILE", "where the result goes, complete or not at all", .required = false},
        {"openssl", 0, OPTION_FLAG, &openssl, NULL, "print the openssl command that does the same", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway cipher",
        .synopsis =
            "CIPHER-MODE encrypt|decrypt --key HEX [--iv HEX] [--padding pkcs7|none] [--out FILE] [FILE]",
        .purpose = "Encrypts or decrypts FILE, or standard input, to standard output or --out FILE.",
        .details = "CIPHER is aes-128, aes-192, aes-256, des, des-ede or des-ede3; MODE is ecb, cbc, cfb, "
                   "cfb8, ofb or\n"
                   "ctr: aes-128-cbc. The padding is pkcs7 unless --padding none.\n"
                   "Memory stays constant however long the input is. Standard output therefore gets each "
                   "block as it is\n"
                   "done: when the padding proves wrong at the end, all blocks but the last are already out, "
                   "and the\n"
                   "exit status is 1. --out FILE has the complete result or is left as it was.\n"
                   "Nothing here proves that a ciphertext is unchanged: that is what `cutaway hmac` is for.",
        .example = "cutaway cipher aes-128-cbc encrypt --key 000102030405060708090a0b0c0d0e0f \\\n"
                   "    --iv 101112131415161718191a1b1c1d1e1f --out secret.bin README.md",
        .operands_min = 2,
        .operands_max = 3,
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON && !name_cipher_mode(&job.name, argv[1])) {
        status = STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON) {
        status = find_direction(&job.direction, argv[2]);
    }
    if (status == OPTIONS_GO_ON &&
        (!check_key_length(job.name.cipher, &job.key) || !check_iv(&job.name, iv_given, &job.iv) ||
         !choose_padding(&job.padding, &job.name, padding))) {
        status = STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON) {
        job.in = argc > 3 ? argv[3] : NULL;
        warn_of_key(job.name.cipher, &job.key);
        status = openssl ? print_openssl(&job) : run(&job);
    }
    bytes_clear(&job.key);
    bytes_clear(&job.iv);
    return status;
}
