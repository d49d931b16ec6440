// cutaway hkdf and cutaway mgf1: functions that stretch few bytes into many.

#include "apps/common/options.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/names.h"
#include "ciphers/hash/hkdf.h"
#include "ciphers/hash/mgf1.h"

#include <stdio.h>

static void print_hex(const struct bytes *bytes) {
    for (size_t i = 0; i < bytes->length; i++) {
        printf("%02x", bytes->data[i]);
    }
    putchar('\n');
}

int command_hkdf(int argc, char **argv) {
    struct bytes in = {0}, salt = {0}, info = {0}, out = {0};
    unsigned long length = 0;
    // clang-format off
    const struct app_option options[] = {
        {"in", 'i', OPTION_HEX, &in, "HEX", "IKM, the input keying material", .required = true},
        {"salt", 's', OPTION_HEX, &salt, "HEX", "the salt; none is the same as zeros", .required = false},
        {"info", 0, OPTION_HEX, &info, "HEX", "what the key is for", .required = false},
        {"length", 'l', OPTION_NUMBER, &length, "N", "how many bytes: at most 255 digests", .required = true, .minimum = 1},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway hkdf",
        .synopsis = "ALG --in HEX [--salt HEX] [--info HEX] --length N",
        .purpose = "Derives N bytes of key from a secret (HKDF, RFC 5869) and prints them in hex.",
        .example = "cutaway hkdf sha256 --in 0b0b0b0b0b0b0b0b --salt 000102 --info f0f1 --length 42",
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    const struct hash_algorithm *hash = NULL;
    if (status == OPTIONS_GO_ON) {
        hash = name_hash(argv[1]);
        status = hash != NULL ? OPTIONS_GO_ON : STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON && length > 255 * hash->digest_size) {
        status = usage_error("--length is %lu; HKDF with %s gives at most 255 * %zu = %zu bytes", length,
                             hash->name, hash->digest_size, 255 * hash->digest_size);
    }
    if (status == OPTIONS_GO_ON) {
        status = bytes_allocate(&out, length) && hkdf(hash, out.data, length, salt.data, salt.length, in.data,
                                                      in.length, info.data, info.length)
                     ? STATUS_OK
                     : failure("the derivation failed");
        if (status == STATUS_OK) {
            print_hex(&out);
        }
    }
    bytes_clear(&in);
    bytes_clear(&salt);
    bytes_clear(&info);
    bytes_clear(&out);
    return status;
}

int command_mgf1(int argc, char **argv) {
    enum { LENGTH_MAX = 1 << 20 };
    struct bytes in = {0}, out = {0};
    unsigned long length = 0;
    // clang-format off
    const struct app_option options[] = {
        {"in", 'i', OPTION_HEX, &in, "HEX", "the seed", .required = true},
        {"length", 'l', OPTION_NUMBER, &length, "N", "how many bytes", .required = true, .minimum = 1, .maximum = LENGTH_MAX},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway mgf1",
        .synopsis = "ALG --in HEX --length N",
        .purpose = "Stretches a seed to a mask of N bytes (MGF1, RFC 8017 B.2.1) and prints it in hex.",
        .example = "cutaway mgf1 sha1 --in 666f6f --length 5",
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = options_parse(&usage, options, &argc, argv);
    const struct hash_algorithm *hash = NULL;
    if (status == OPTIONS_GO_ON) {
        hash = name_hash(argv[1]);
        status = hash != NULL ? OPTIONS_GO_ON : STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON) {
        status =
            bytes_allocate(&out, length) ? STATUS_OK : failure("%lu bytes do not fit into memory", length);
    }
    if (status == STATUS_OK) {
        mgf1(hash, out.data, length, in.data, in.length);
        print_hex(&out);
    }
    bytes_clear(&in);
    bytes_clear(&out);
    return status;
}
