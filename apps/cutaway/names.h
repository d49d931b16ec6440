// Names on the command line: algorithms and groups looked up, an unknown one answered with the nearest known.
#ifndef APPS_CUTAWAY_NAMES_H
#define APPS_CUTAWAY_NAMES_H

#include "ciphers/block/modes.h"
#include "ciphers/hash/hash.h"

// NULL or false after a complaint: the command then returns STATUS_USAGE.
MUST_CHECK const struct hash_algorithm *name_hash(const char *name);
MUST_CHECK bool name_group(const char *name);

// "aes-128-cbc": a cipher and a mode.
struct cipher_mode_name {
    const struct block_cipher *cipher;
    enum cipher_mode mode;
};
MUST_CHECK bool name_cipher_mode(struct cipher_mode_name *out, const char *name);
// The same without a complaint, for looking whether the name is one.
MUST_CHECK bool find_cipher_mode(struct cipher_mode_name *out, const char *name);

// All modes in the order of the help.
extern const enum cipher_mode cipher_modes[];
extern const size_t cipher_modes_count;

// Prints words of a command for the shell to standard output, each after a space, quoted where the shell would
// otherwise read more into them: what `--openssl` prints can be pasted. An operand is a file that stands alone, and
// that no program may take for an option: "./-x".
void print_shell_word(const char *word);
void print_shell_operand(const char *path);

#endif
