// Triple DES, officially TDEA, the Triple Data Encryption Algorithm: SP 800-67 revision 2 (2017).
#include "ciphers/block/des3.h"

#include "bignum/trace.h"

#include <string.h>

bool des3_set_key(struct des3_key *key, const uint8_t *bytes, size_t length) {
    secure_wipe(key, sizeof *key);
    if (length != 16 && length != 24) {
        return false;
    }
    const uint8_t *third = length == 24 ? bytes + 16 : bytes;
    return des_set_key(&key->k1, bytes, 8) && des_set_key(&key->k2, bytes + 8, 8) &&
           des_set_key(&key->k3, third, 8);
}

void des3_encrypt_block(const struct des3_key *key, uint8_t out[static DES_BLOCK_SIZE],
                        const uint8_t in[static DES_BLOCK_SIZE]) {
    trace_enter(NULL, "F_Key1");
    des_encrypt_block(&key->k1, out, in);
    trace_leave();
    trace_enter(NULL, "I_Key2");
    des_decrypt_block(&key->k2, out, out);
    trace_leave();
    trace_enter(NULL, "F_Key3");
    des_encrypt_block(&key->k3, out, out);
    trace_leave();
}

void des3_decrypt_block(const struct des3_key *key, uint8_t out[static DES_BLOCK_SIZE],
                        const uint8_t in[static DES_BLOCK_SIZE]) {
    trace_enter(NULL, "I_Key3");
    des_decrypt_block(&key->k3, out, in);
    trace_leave();
    trace_enter(NULL, "F_Key2");
    des_encrypt_block(&key->k2, out, out);
    trace_leave();
    trace_enter(NULL, "I_Key1");
    des_decrypt_block(&key->k1, out, out);
    trace_leave();
}
