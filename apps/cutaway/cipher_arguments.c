// Keys and IVs from the command line: lengths checked with the right one named, poor keys pointed out.

#include "apps/cutaway/cipher_arguments.h"
#include "apps/common/message.h"

#include <stdio.h>
#include <string.h>

const char *const padding_names[] = {"pkcs7", "none", NULL};

bool check_key_length(const struct block_cipher *cipher, const struct bytes *key) {
    if (key->length == cipher->key_size) {
        return true;
    }
    complain("--key has %zu byte%s; %s takes %zu (%zu hex digits)", key->length, key->length == 1 ? "" : "s",
             cipher->name, cipher->key_size, 2 * cipher->key_size);
    return false;
}

bool check_iv(const struct cipher_mode_name *name, bool given, const struct bytes *iv) {
    const struct block_cipher *cipher = name->cipher;
    const char *mode = cipher_mode_name(name->mode);
    if (name->mode == MODE_ECB) {
        if (given) {
            complain("--iv makes no sense with %s-%s: ECB has no IV", cipher->name, mode);
        }
        return !given;
    }
    if (!given) {
        complain("--iv HEX is missing: %s-%s needs one of %zu bytes (%zu hex digits)", cipher->name, mode,
                 cipher->block_size, 2 * cipher->block_size);
        return false;
    }
    if (iv->length != cipher->block_size) {
        complain("--iv has %zu byte%s; %s-%s takes %zu (%zu hex digits)", iv->length,
                 iv->length == 1 ? "" : "s", cipher->name, mode, cipher->block_size, 2 * cipher->block_size);
        return false;
    }
    return true;
}

bool choose_padding(enum cipher_padding *padding, const struct cipher_mode_name *name, const char *option) {
    bool pads = name->mode == MODE_ECB || name->mode == MODE_CBC;
    if (!pads && option != NULL && strcmp(option, "pkcs7") == 0) {
        complain("--padding pkcs7 makes no sense with %s-%s: only ECB and CBC pad", name->cipher->name,
                 cipher_mode_name(name->mode));
        return false;
    }
    *padding = pads && (option == NULL || strcmp(option, "pkcs7") == 0) ? PADDING_PKCS7 : PADDING_NONE;
    return true;
}

// --- poor DES keys ---------------------------------------------------------------------------------------------

static void warn_of_des_key(const char *which, const uint8_t key[static DES_KEY_SIZE]) {
    switch (des_key_strength(key)) {
    case DES_KEY_WEAK:
        complain("warning: %s is a weak DES key: encrypting twice gives the plaintext back", which);
        break;
    case DES_KEY_SEMI_WEAK:
        complain("warning: %s is a semi-weak DES key: another key undoes its encryption by encrypting",
                 which);
        break;
    case DES_KEY_ORDINARY:
        break;
    }
    if (!des_key_has_odd_parity(key)) {
        complain("warning: %s has wrong parity: each byte of a DES key should have an odd number of ones",
                 which);
    }
}

// Two DES keys are the same when they agree but for the parity bits, the last of each byte.
static bool same_des_key(const uint8_t *a, const uint8_t *b) {
    unsigned difference = 0;
    for (size_t i = 0; i < DES_KEY_SIZE; i++) {
        difference |= (unsigned)(a[i] ^ b[i]) & 0xFEU;
    }
    return difference == 0;
}

void warn_of_key(const struct block_cipher *cipher, const struct bytes *key) {
    if (cipher->block_size != DES_BLOCK_SIZE || key->length != cipher->key_size) {
        return;
    }
    size_t parts = key->length / DES_KEY_SIZE;
    for (size_t i = 0; i < parts; i++) {
        char which[32] = "the key";
        if (parts > 1) {
            (void)snprintf(which, sizeof which, "K%zu", i + 1);
        }
        warn_of_des_key(which, key->data + i * DES_KEY_SIZE);
    }
    if (parts >= 2 && same_des_key(key->data, key->data + DES_KEY_SIZE)) {
        complain("warning: K1 = K2: this is single DES with the %s key", parts == 2 ? "one" : "K3");
    } else if (parts == 3 && same_des_key(key->data + DES_KEY_SIZE, key->data + 2 * (size_t)DES_KEY_SIZE)) {
        complain("warning: K2 = K3: this is single DES with the K1 key");
    }
}
