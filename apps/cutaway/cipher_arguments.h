// What `cipher` and `trace` ask about keys and IVs on a command line.
#ifndef APPS_CUTAWAY_CIPHER_ARGUMENTS_H
#define APPS_CUTAWAY_CIPHER_ARGUMENTS_H

#include "apps/common/hex.h"
#include "apps/cutaway/names.h"

// False after a complaint that names the right length.
MUST_CHECK bool check_key_length(const struct block_cipher *cipher, const struct bytes *key);
MUST_CHECK bool check_iv(const struct cipher_mode_name *name, bool given, const struct bytes *iv);

// The padding that --padding (NULL when absent) asks for: PKCS#7 for ECB and CBC unless told otherwise.
MUST_CHECK bool choose_padding(enum cipher_padding *padding, const struct cipher_mode_name *name,
                               const char *option);
extern const char *const padding_names[];

// A warning line each on standard error for what is wrong with a DES or triple-DES key that still works.
void warn_of_key(const struct block_cipher *cipher, const struct bytes *key);

#endif
