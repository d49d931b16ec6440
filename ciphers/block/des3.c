// Triple DES, officially TDEA, the Triple Data Encryption Algorithm: SP 800-67 revision 2 (2017,
// withdrawn 2024).
//
// DES itself was never broken by thought, only by its short key. So the repair is a longer key: three times
// DES, with three keys. The middle one deciphers, which is as good as enciphering (deciphering under a key is
// a shuffle of the blocks like any other) and has a use: with three equal keys the first two steps cancel,
// and what remains is single DES, so new machines could talk to old ones.
//
// Why not twice? Because of meeting in the middle. Who knows one plaintext with its ciphertext enciphers the
// one under all 2^56 first keys and deciphers the other under all 2^56 second keys, and looks for equal
// values between: about 2^57 steps, not 2^112. The same attack on three keys costs about 2^112 steps.
//
// Status today: retired; SP 800-131A allows no new encryption with it since 2024. Its blocks of 64 bits are
// too short for today's amounts of data, and it is slow. Not constant-time, as DES. Trace: `cutaway trace
// des-ede3 --key K --in B`. Vectors: NIST's, vectors/block/tdes-multiblock.txt and
// vectors/block/tdes-monte-carlo.txt; Appendix B of SP 800-67 is in tests/test_des.c. Read before:
// ciphers/block/des.c.
//
// --- Map ---------------------------------------------------------------------------------------------------
//
//      plaintext  --F_Key1--> --I_Key2--> --F_Key3--> ciphertext     F_K, forward: enciphers
//      ciphertext --I_Key3--> --F_Key2--> --I_Key1--> plaintext      I_K, inverse: deciphers
//
//      standard           here           meaning
//      Key1, Key2, Key3   k1, k2, k3     the three keys of DES, a key bundle
//      F_Key(d)           des_encrypt_block
//      I_Key(d)           des_decrypt_block
//
// Conventions: as in des.c. The bundle is 24 bytes (three keys) or 16 (two keys, and Key3 = Key1).

#include "ciphers/block/des3.h"

#include "bignum/trace.h"

// --- The key bundle ----------------------------------------------------------------------------------------

bool des3_set_key(struct des3_key *key, const uint8_t *bytes, size_t length) {
    secure_wipe(key, sizeof *key);
    if (length != 16 && length != 24) {
        return false;
    }
    const uint8_t *key3 = length == 24 ? bytes + 16 : bytes;
    return des_set_key(&key->k1, bytes, DES_KEY_SIZE) && des_set_key(&key->k2, bytes + 8, DES_KEY_SIZE) &&
           des_set_key(&key->k3, key3, DES_KEY_SIZE);
}

// --- The cipher and its inverse ----------------------------------------------------------------------------

// The TDEA forward cipher operation: F_Key3(I_Key2(F_Key1(d))).
void des3_encrypt_block(const struct des3_key *key, uint8_t out[static DES_BLOCK_SIZE],
                        const uint8_t in[static DES_BLOCK_SIZE]) {
    trace_enter("Encipher under the first key", "F_Key1");
    des_encrypt_block(&key->k1, out, in);
    trace_leave();
    trace_enter("Decipher under the second key", "I_Key2");
    des_decrypt_block(&key->k2, out, out);
    trace_leave();
    trace_enter("Encipher under the third key", "F_Key3");
    des_encrypt_block(&key->k3, out, out);
    trace_leave();
}

// The TDEA inverse cipher operation: I_Key1(F_Key2(I_Key3(d))).
void des3_decrypt_block(const struct des3_key *key, uint8_t out[static DES_BLOCK_SIZE],
                        const uint8_t in[static DES_BLOCK_SIZE]) {
    trace_enter("Decipher under the third key", "I_Key3");
    des_decrypt_block(&key->k3, out, in);
    trace_leave();
    trace_enter("Encipher under the second key", "F_Key2");
    des_encrypt_block(&key->k2, out, out);
    trace_leave();
    trace_enter("Decipher under the first key", "I_Key1");
    des_decrypt_block(&key->k1, out, out);
    trace_leave();
}

// --- Worked example: SP 800-67r2, Appendix B ---------------------------------------------------------------
//
//      Key1, Key2, Key3   0123456789abcdef 23456789abcdef01 456789abcdef0123
//      plaintext          5468652071756663     "The qufc"
//      ciphertext         a826fd8ce53b855f
//
// tests/test_des.c compares the result, and the three DES in the trace with DES itself.
//
// --- Pitfalls ----------------------------------------------------------------------------------------------
//
// - Keys must differ. Key1 = Key2 or Key2 = Key3 leaves single DES, whatever the length of the key looks
//   like.
// - Two keys (Key3 = Key1, "des-ede") are weaker than three: with many known plaintexts less than 2^112 work
//   is enough. SP 800-67r2 approves three different keys only.
// - Parity bits do not count here either: 24 bytes of key are 168 bits.
// - The middle step deciphers. Three times enciphering is another cipher, and agrees with nobody.
//
// --- Where next --------------------------------------------------------------------------------------------
//
// ciphers/block/modes.c encrypts messages; docs/triple-des.md has exercises; ciphers/block/aes.c needs only
// one.
