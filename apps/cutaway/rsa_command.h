// What the files of `cutaway rsa` share.
#ifndef APPS_CUTAWAY_RSA_COMMAND_H
#define APPS_CUTAWAY_RSA_COMMAND_H

#include "apps/common/hex.h"
#include "ciphers/hash/hash.h"
#include "protocols/rsa_key_file.h"

int rsa_keygen_command(int argc, char **argv);
int rsa_inspect_command(int argc, char **argv);
int rsa_encrypt_command(int argc, char **argv);
int rsa_decrypt_command(int argc, char **argv);
int rsa_sign_command(int argc, char **argv);
int rsa_verify_command(int argc, char **argv);
int rsa_raw_command(int argc, char **argv);

// Reads a key of any form into an initialised key. False after a complaint: the file, the offset and the reason, or
// that a private key is needed and this is a public one.
MUST_CHECK bool rsa_load_key(struct rsa_private_key *key, enum rsa_key_form *form, const char *path,
                             bool need_private);

// The hash of --hash and of --mgf-hash (NULL: the same). False after a complaint.
MUST_CHECK bool rsa_find_hashes(const struct hash_algorithm **hash, const struct hash_algorithm **mgf_hash,
                                const char *name, const char *mgf_name);

// Writes the public half to a file or standard output. False after a complaint.
MUST_CHECK bool rsa_write_public(const char *path, const struct rsa_private_key *key, bool pkcs1);

// For --openssl: "printf '\141\142' | " when the message came by --in; then -pkeyopt/-sigopt pairs of the padding.
void rsa_print_message_pipe(const struct bytes *message);
// " WORD PATH" unless the path is standard input or output, which openssl takes when nothing is said.
void rsa_print_path(const char *word, const char *path);
// " WORD PATH" for what openssl must be told: standard input by its name.
void rsa_print_input(const char *word, const char *path);
bool rsa_is_standard(const char *path);

#endif
