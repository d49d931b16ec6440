// The short forms of trace: every one parses its options, runs the algorithm and reports the outcome as "result".

#include "apps/cutaway/trace_forms.h"
#include "apps/common/options.h"
#include "apps/cutaway/cipher_arguments.h"
#include "apps/cutaway/names.h"
#include "bignum/trace.h"
#include "ciphers/hash/hkdf.h"
#include "ciphers/hash/hmac.h"
#include "ciphers/hash/mgf1.h"

#include <stdio.h>
#include <string.h>

typedef int form_function(const char *program, const char *name, int argc, char **argv);

// --- hashes and what is made of them ---------------------------------------------------------------------------

// The message: --in in hex or --text as it is, exactly one of them.
struct message {
    struct bytes in;
    const char *text;
    bool in_given;
};
#define MESSAGE_OPTIONS(message)                                                                             \
    {"in", 'i', OPTION_HEX, &(message).in, "HEX", "the message", .given = &(message).in_given}, {            \
        "text", 't', OPTION_TEXT, &(message).text, "TEXT", "the message as text", .required = false          \
    }

static int complete_message(struct message *message) {
    if (message->in_given == (message->text != NULL)) {
        return message->in_given
                   ? usage_error("--in and --text exclude each other")
                   : usage_error("--in HEX is missing: the message (or give it as --text TEXT)");
    }
    if (message->text != NULL) {
        if (!bytes_allocate(&message->in, strlen(message->text))) {
            return failure("the message does not fit into memory");
        }
        memcpy(message->in.data, message->text, message->in.length);
    }
    return OPTIONS_GO_ON;
}

static int run_hash(const char *program, const char *name, int argc, char **argv) {
    struct message message = {0};
    const struct app_option options[] = {MESSAGE_OPTIONS(message), {0}};
    const struct app_usage usage = {
        .program = program,
        .synopsis = "--in HEX | --text TEXT",
        .purpose = "Shows a hash function at work: padding, message schedule, every step of every block.",
        .example = "cutaway trace sha256 --in 616263\ncutaway trace md5 --text abc",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = complete_message(&message);
    }
    if (status == OPTIONS_GO_ON) {
        const struct hash_algorithm *hash = hash_find(name);
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        hash_digest(hash, digest, message.in.data, message.in.length);
        trace_bytes(digest, hash->digest_size, NULL, "result");
        status = STATUS_OK;
    }
    bytes_clear(&message.in);
    return status;
}

static int run_hmac(const char *program, const char *name, int argc, char **argv) {
    struct message message = {0};
    struct bytes key = {0};
    const struct app_option options[] = {
        {"key", 'k', OPTION_HEX, &key, "HEX", "the secret key", .required = true},
        MESSAGE_OPTIONS(message),
        {0}};
    const struct app_usage usage = {
        .program = program,
        .synopsis = "--key HEX (--in HEX | --text TEXT)",
        .purpose = "Shows how HMAC uses its hash twice.",
        .example = "cutaway trace hmac-sha256 --key 4a656665 --text 'what do ya want for nothing?'",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = complete_message(&message);
    }
    if (status == OPTIONS_GO_ON) {
        const struct hash_algorithm *hash = hash_find(name + strlen("hmac-"));
        uint8_t mac[HASH_DIGEST_SIZE_MAX];
        hmac_digest(hash, mac, key.data, key.length, message.in.data, message.in.length);
        trace_bytes(mac, hash->digest_size, NULL, "result");
        status = STATUS_OK;
    }
    bytes_clear(&key);
    bytes_clear(&message.in);
    return status;
}

static int run_hkdf(const char *program, const char *name, int argc, char **argv) {
    struct bytes in = {0}, salt = {0}, info = {0}, out = {0};
    unsigned long length = 0;
    const struct hash_algorithm *hash = hash_find(name + strlen("hkdf-"));
    // clang-format off
    const struct app_option options[] = {
        {"in", 'i', OPTION_HEX, &in, "HEX", "IKM, the input keying material", .required = true},
        {"salt", 's', OPTION_HEX, &salt, "HEX", "the salt", .required = false},
        {"info", 0, OPTION_HEX, &info, "HEX", "what the key is for", .required = false},
        {"length", 'l', OPTION_NUMBER, &length, "N", "how many bytes", .required = true, .minimum = 1, .maximum = 255 * hash->digest_size},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = program,
        .synopsis = "--in HEX [--salt HEX] [--info HEX] --length N",
        .purpose = "Shows HKDF: extract, then expand.",
        .example = "cutaway trace hkdf-sha256 --in 0b0b0b0b0b0b0b0b --salt 000102 --info f0f1 --length 42",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        bool ok = bytes_allocate(&out, length) && hkdf(hash, out.data, length, salt.data, salt.length,
                                                       in.data, in.length, info.data, info.length);
        trace_bytes(out.data, ok ? length : 0, NULL, "result");
        status = ok ? STATUS_OK : failure("the derivation failed");
    }
    bytes_clear(&in);
    bytes_clear(&salt);
    bytes_clear(&info);
    bytes_clear(&out);
    return status;
}

static int run_mgf1(const char *program, const char *name, int argc, char **argv) {
    struct bytes in = {0}, out = {0};
    unsigned long length = 0;
    // clang-format off
    const struct app_option options[] = {
        {"in", 'i', OPTION_HEX, &in, "HEX", "the seed", .required = true},
        {"length", 'l', OPTION_NUMBER, &length, "N", "how many bytes", .required = true, .minimum = 1, .maximum = 65536},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = program,
        .synopsis = "--in HEX --length N",
        .purpose = "Shows MGF1: the hash of the seed and a counter, again and again.",
        .example = "cutaway trace mgf1-sha1 --in 666f6f --length 5",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status =
            bytes_allocate(&out, length) ? STATUS_OK : failure("%lu bytes do not fit into memory", length);
    }
    if (status == STATUS_OK) {
        mgf1(hash_find(name + strlen("mgf1-")), out.data, length, in.data, in.length);
        trace_bytes(out.data, length, NULL, "result");
    }
    bytes_clear(&in);
    bytes_clear(&out);
    return status;
}

// --- ciphers ---------------------------------------------------------------------------------------------------

static int trace_block(const struct block_cipher *cipher, const struct bytes *key, const struct bytes *in,
                       bool decrypt) {
    union block_key expanded;
    uint8_t out[BLOCK_SIZE_MAX];
    if (!cipher->set_key(&expanded, key->data, key->length)) {
        return failure("the key was refused");
    }
    (decrypt ? cipher->decrypt : cipher->encrypt)(&expanded, out, in->data, 1);
    trace_bytes(out, cipher->block_size, NULL, "result");
    secure_wipe(&expanded, sizeof expanded);
    return STATUS_OK;
}

static int run_block(const char *program, const char *name, int argc, char **argv) {
    const struct block_cipher *cipher = block_cipher_find(name);
    struct bytes key = {0}, in = {0};
    bool decrypt = false;
    // clang-format off
    const struct app_option options[] = {
        {"key", 'k', OPTION_HEX, &key, "HEX", "the key", .required = true},
        {"in", 'i', OPTION_HEX, &in, "HEX", "one block", .required = true},
        {"decrypt", 'd', OPTION_FLAG, &decrypt, NULL, "decrypt it", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = program,
        .synopsis = "--key HEX --in HEX [--decrypt]",
        .purpose = "Shows a block cipher on one block: the key schedule and every round.",
        .example = "cutaway trace aes-128 --key 2b7e151628aed2a6abf7158809cf4f3c --in "
                   "3243f6a8885a308d313198a2e0370734\n"
                   "cutaway trace des --key 133457799bbcdff1 --in 0123456789abcdef",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON && !check_key_length(cipher, &key)) {
        status = STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON && in.length != cipher->block_size) {
        status = usage_error("--in has %zu byte%s; a block of %s has %zu (%zu hex digits)", in.length,
                             in.length == 1 ? "" : "s", name, cipher->block_size, 2 * cipher->block_size);
    }
    if (status == OPTIONS_GO_ON) {
        warn_of_key(cipher, &key);
        status = trace_block(cipher, &key, &in, decrypt);
    }
    bytes_clear(&key);
    bytes_clear(&in);
    return status;
}

static int trace_message(const struct cipher_mode_name *name, enum cipher_direction direction,
                         enum cipher_padding padding, const struct bytes *key, const struct bytes *iv,
                         const struct bytes *in) {
    struct bytes out = {0};
    struct cipher_context context;
    if (!bytes_allocate(&out, in->length + 2 * (size_t)BLOCK_SIZE_MAX) ||
        !cipher_init(&context, name->cipher, name->mode, direction, padding, key->data, key->length, iv->data,
                     iv->length)) {
        bytes_clear(&out);
        return failure("the cipher could not be set up");
    }
    size_t made = 0, last = 0;
    cipher_update(&context, out.data, &made, in->data, in->length);
    bool ok = cipher_final(&context, out.data + made, &last);
    if (ok) {
        trace_bytes(out.data, made + last, NULL, "result");
    }
    secure_wipe(&context, sizeof context);
    bytes_clear(&out);
    return ok ? STATUS_OK : failure("the padding is wrong, or --in is not a whole number of blocks");
}

static int run_mode(const char *program, const char *what, int argc, char **argv) {
    struct cipher_mode_name name;
    struct bytes key = {0}, iv = {0}, in = {0};
    bool decrypt = false, iv_given = false;
    const char *padding_name = NULL;
    enum cipher_padding padding = PADDING_NONE;
    // clang-format off
    const struct app_option options[] = {
        {"key", 'k', OPTION_HEX, &key, "HEX", "the key", .required = true},
        {"iv", 0, OPTION_HEX, &iv, "HEX", "the initialisation vector; every mode but ECB needs it", .given = &iv_given},
        {"in", 'i', OPTION_HEX, &in, "HEX", "the message", .required = true},
        {"padding", 'p', OPTION_CHOICE, &padding_name, "NAME", "ECB and CBC: how the last block is filled", .choices = padding_names},
        {"decrypt", 'd', OPTION_FLAG, &decrypt, NULL, "decrypt it", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = program,
        .synopsis = "--key HEX [--iv HEX] --in HEX [--padding pkcs7|none] [--decrypt]",
        .purpose = "Shows a mode of operation, block by block.",
        .example = "cutaway trace aes-128-cbc --key 000102030405060708090a0b0c0d0e0f \\\n"
                   "    --iv 101112131415161718191a1b1c1d1e1f --in 00112233",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON && !find_cipher_mode(&name, what)) {
        status = STATUS_USAGE; // cannot be: trace_form_known has seen the name
    }
    if (status == OPTIONS_GO_ON && (!check_key_length(name.cipher, &key) || !check_iv(&name, iv_given, &iv) ||
                                    !choose_padding(&padding, &name, padding_name))) {
        status = STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON) {
        warn_of_key(name.cipher, &key);
        status = trace_message(&name, decrypt ? CIPHER_DECRYPT : CIPHER_ENCRYPT, padding, &key, &iv, &in);
    }
    bytes_clear(&key);
    bytes_clear(&iv);
    bytes_clear(&in);
    return status;
}

// --- the forms -------------------------------------------------------------------------------------------------

static form_function *find_form(const char *what) {
    static const struct {
        const char *prefix;
        form_function *run;
    } derived[] = {{"", run_hash}, {"hmac-", run_hmac}, {"hkdf-", run_hkdf}, {"mgf1-", run_mgf1}};
    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
        size_t length = strlen(derived[i].prefix);
        if (strncmp(what, derived[i].prefix, length) == 0 && hash_find(what + length) != NULL) {
            return derived[i].run;
        }
    }
    struct cipher_mode_name name;
    if (block_cipher_find(what) != NULL) {
        return run_block;
    }
    return find_cipher_mode(&name, what) ? run_mode : NULL;
}

bool trace_form_known(const char *what) {
    return find_form(what) != NULL;
}

bool trace_form_name(char name[static TRACE_FORM_SIZE], size_t index) {
    static const char *const prefixes[] = {"", "hmac-", "hkdf-", "mgf1-"};
    size_t hashes = 0, ciphers = 0;
    while (hash_algorithms[hashes].name != NULL) {
        hashes++;
    }
    while (block_ciphers[ciphers].name != NULL) {
        ciphers++;
    }
    if (index < 4 * hashes) {
        (void)snprintf(name, TRACE_FORM_SIZE, "%s%s", prefixes[index / hashes],
                       hash_algorithms[index % hashes].name);
        return true;
    }
    index -= 4 * hashes;
    if (index < ciphers) {
        (void)snprintf(name, TRACE_FORM_SIZE, "%s", block_ciphers[index].name);
        return true;
    }
    index -= ciphers;
    if (index < ciphers * cipher_modes_count) {
        (void)snprintf(name, TRACE_FORM_SIZE, "%s-%s", block_ciphers[index / cipher_modes_count].name,
                       cipher_mode_name(cipher_modes[index % cipher_modes_count]));
        return true;
    }
    return false;
}

int trace_form_run(int argc, char **argv) {
    char program[64];
    (void)snprintf(program, sizeof program, "cutaway trace %.32s", argv[0]);
    int status = find_form(argv[0])(program, argv[0], argc, argv);
    message_set_program("cutaway trace"); // `program` ends here
    return status;
}
