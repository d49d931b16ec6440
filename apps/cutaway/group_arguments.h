// What elgamal and dh have in common: the group and the keys, given by name, by number, or in a small text file.
#ifndef APPS_CUTAWAY_GROUP_ARGUMENTS_H
#define APPS_CUTAWAY_GROUP_ARGUMENTS_H

#include "apps/common/options.h"
#include "bignum/group.h"

// Where options put what they were given. A key file has lines "name = number" of the names group, p, g, x and y, as
// keygen prints them; options win over the file.
struct group_arguments {
    const char *name, *file; // --group, --key
    mpz_t p, g, x, y;        // --p, --g; the private and the public key
    bool p_given, g_given, x_given, y_given;
    bool hex; // print numbers in hexadecimal
    char name_in_file[32];
    unsigned names_seen; // in the file: a bit for each name
};
void group_arguments_init(struct group_arguments *arguments);
void group_arguments_clear(struct group_arguments *arguments); // wipes

// The rows of an option table that all verbs share.
// clang-format off
#define GROUP_OPTIONS(arguments)                                                                             \
    {"group", 'g', OPTION_TEXT, &(arguments).name, "NAME", "the group ('cutaway list' names them)", .required = false}, \
    {"p", 0, OPTION_INTEGER, (arguments).p, "P", "instead of --group: a prime modulus", .given = &(arguments).p_given}, \
    {"g", 0, OPTION_INTEGER, (arguments).g, "G", "and a generator", .given = &(arguments).g_given},          \
    {"key", 'k', OPTION_TEXT, &(arguments).file, "FILE", "read group and keys from FILE, as keygen writes it", .required = false}, \
    {"hex", 0, OPTION_FLAG, &(arguments).hex, NULL, "print numbers in hexadecimal", .required = false}
// clang-format on

// Reads the key file, if there is one, and sets up the group. `fresh`: a group that is drawn anew at each call makes
// sense here. Returns OPTIONS_GO_ON or an exit status after a complaint.
MUST_CHECK int group_arguments_resolve(struct group_arguments *arguments, struct bn_group *group, bool fresh);

// Says on standard error when the group is a toy; for the moment when all arguments have been found good.
void group_note_toy(const struct bn_group *group);

// False after a complaint when --private or --public was neither given nor in the key file.
MUST_CHECK bool group_arguments_need(bool given, const char *option);

// Writes what keygen made, as --key reads it: "group = NAME" (or p and this g, where the group has no lasting name), x, y;
// to standard output, or to a file that only its owner can read. Returns the exit status.
int group_write_keys(const struct group_arguments *arguments, const struct bn_group *group, const mpz_t g,
                     const char *path);

#endif
