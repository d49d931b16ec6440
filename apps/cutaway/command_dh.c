// cutaway dh: Diffie-Hellman key agreement, either end of it.

#include "apps/common/hex.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/group_arguments.h"
#include "apps/cutaway/numbers.h"
#include "apps/cutaway/subcommand.h"
#include "bignum/encoding.h"
#include "ciphers/public/dh.h"

#include <stdio.h>

// --- keygen ----------------------------------------------------------------------------------------------------

static int make_keys(struct group_arguments *arguments, const struct bn_group *group, const char *out) {
    if (arguments->x_given) {
        if (!dh_public_key(group, arguments->y, arguments->x)) {
            return usage_error("--private is %s; it must be 1 to p-2", number_brief(arguments->x).text);
        }
    } else if (!dh_generate(group, arguments->x, arguments->y)) {
        return failure("no key could be made: the system's random generator failed, or g has too small an "
                       "order");
    }
    group_note_toy(group);
    return group_write_keys(arguments, group, group->g, out);
}

static int dh_keygen(int argc, char **argv) {
    struct group_arguments arguments;
    group_arguments_init(&arguments);
    const char *out = NULL;
    // clang-format off
    const struct app_option options[] = {
        GROUP_OPTIONS(arguments),
        {"private", 'x', OPTION_INTEGER, arguments.x, "X", "the public key of this private key, not a new one", .given = &arguments.x_given},
        {"out", 'o', OPTION_TEXT, &out, "FILE", "write the lines to FILE, readable by you alone", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway dh keygen",
        .synopsis = "--group NAME [--private X] [--out FILE]",
        .purpose = "Prints a new private key x and its public key y = g^x mod p.",
        .details = "x stays secret; y goes to the peer. Toy groups are for attacks that end in seconds.",
        .example = "cutaway dh keygen --group ffdhe2048 --out alice.txt\n"
                   "cutaway trace dh keygen --group toy-1021 --private 6",
        .operands_min = 0,
        .operands_max = 0,
    };
    struct bn_group group;
    bn_group_init(&group);
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = group_arguments_resolve(&arguments, &group, true);
    }
    if (status == OPTIONS_GO_ON) {
        status = make_keys(&arguments, &group, out);
    }
    bn_group_clear(&group);
    group_arguments_clear(&arguments);
    return status;
}

// --- derive ----------------------------------------------------------------------------------------------------

// Which check of the agreement a peer's value fails, in the order in which they are made.
static int complain_peer(const struct bn_group *group, const mpz_t peer) {
    mpz_t limit;
    mpz_init(limit);
    mpz_sub_ui(limit, group->p, 1);
    const char *reason = "the shared secret would be 1 or p-1, which anyone can guess";
    if (mpz_cmp_ui(peer, 1) <= 0) {
        reason = "it is below 2 (SP 800-56A r3, 5.6.2.3.1 step 1)";
    } else if (mpz_cmp(peer, limit) >= 0) {
        reason = "it is p-1 or more (SP 800-56A r3, 5.6.2.3.1 step 1)";
    } else if (!bn_group_check_public(group, peer)) {
        reason = "y^q mod p is not 1, so it lies outside the subgroup of g (SP 800-56A r3, 5.6.2.3.1 step 2)";
    }
    mpz_clear(limit);
    return failure("the peer's value %s is refused: %s", number_brief(peer).text, reason);
}

static int derive(const struct group_arguments *arguments, const struct bn_group *group, const mpz_t peer,
                  mpz_t z) {
    mpz_sub_ui(z, group->p, 1);
    if (mpz_sgn(arguments->x) <= 0 || mpz_cmp(arguments->x, z) >= 0) {
        return usage_error("--private is %s; it must be 1 to p-2", number_brief(arguments->x).text);
    }
    group_note_toy(group);
    if (!dh_shared_secret(group, z, arguments->x, peer)) {
        return complain_peer(group, peer);
    }
    struct bytes secret = {0};
    struct bytes text = {0};
    int status = STATUS_FAILED;
    size_t size = dh_secret_size(group);
    if (!bytes_allocate(&secret, size) || !bytes_allocate(&text, 2 * size + 1) ||
        !dh_secret_bytes(group, secret.data, z)) {
        status = failure("not enough memory");
    } else {
        hex_encode((char *)text.data, secret.data, size);
        puts((const char *)text.data);
        status = STATUS_OK;
    }
    bytes_clear(&secret);
    bytes_clear(&text);
    return status;
}

static int dh_derive(int argc, char **argv) {
    struct group_arguments arguments;
    group_arguments_init(&arguments);
    mpz_t peer, z;
    mpz_inits(peer, z, NULL);
    // clang-format off
    const struct app_option options[] = {
        GROUP_OPTIONS(arguments),
        {"private", 'x', OPTION_INTEGER, arguments.x, "X", "your private key", .given = &arguments.x_given},
        {"peer", 'y', OPTION_INTEGER, peer, "Y", "the peer's public key", .required = true},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway dh derive",
        .synopsis = "--group NAME --private X --peer Y",
        .purpose = "Prints the shared secret Z = Y^X mod p in hexadecimal, as many bytes as p has.",
        .details = "The peer's value is checked first (SP 800-56A r3, 5.6.2.3.1); exit status 1 says which "
                   "check failed.\n"
                   "Z is no key yet: 'cutaway hkdf sha256 --in Z' makes one.",
        .example = "cutaway dh derive --key alice.txt --peer $(sed -n 's/^y = //p' bob.txt)\n"
                   "cutaway trace dh derive --group toy-1021 --private 6 --peer 299",
        .operands_min = 0,
        .operands_max = 0,
    };
    struct bn_group group;
    bn_group_init(&group);
    int status = options_parse(&usage, options, &argc, argv);
    if (status == OPTIONS_GO_ON) {
        status = group_arguments_resolve(&arguments, &group, false);
    }
    if (status == OPTIONS_GO_ON && !group_arguments_need(arguments.x_given, "private")) {
        status = STATUS_USAGE;
    }
    if (status == OPTIONS_GO_ON) {
        status = derive(&arguments, &group, peer, z);
    }
    bn_wipe_clears(peer, z, NULL);
    bn_group_clear(&group);
    group_arguments_clear(&arguments);
    return status;
}

int command_dh(int argc, char **argv) {
    static const struct subcommand table[] = {
        {"keygen", "--group NAME [--private X] [--out FILE]", dh_keygen},
        {"derive", "--group NAME --private X --peer Y", dh_derive},
        {NULL, NULL, NULL},
    };
    static const struct subcommand_usage usage = {
        .program = "cutaway dh",
        .purpose = "Diffie-Hellman: two strangers agree on a secret in front of everybody.",
        .example = "cutaway dh keygen --group ffdhe2048 --out alice.txt\n"
                   "cutaway dh keygen --group ffdhe2048 --out bob.txt\n"
                   "cutaway dh derive --key alice.txt --peer $(sed -n 's/^y = //p' bob.txt)",
    };
    return subcommand_run(&usage, table, argc, argv);
}
