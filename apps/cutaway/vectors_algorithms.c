// The table of all algorithms that test vectors can name. A new one is one row: its name, its fields, the function that
// computes it and the one that prints the command to step through it.
#include "apps/cutaway/vectors_run.h"

// clang-format off
#define BYTES(name)       {name, VECTOR_BYTES, false, NULL}
#define MAYBE_BYTES(name) {name, VECTOR_BYTES, true, NULL}
#define INTEGER(name)       {name, VECTOR_INTEGER, false, NULL}
#define MAYBE_INTEGER(name) {name, VECTOR_INTEGER, true, NULL}
#define NUMBER(name)       {name, VECTOR_NUMBER, false, NULL}
#define MAYBE_NUMBER(name) {name, VECTOR_NUMBER, true, NULL}
#define MAYBE_HASH(name)  {name, VECTOR_HASH, true, NULL}
#define TEXT(name)        {name, VECTOR_TEXT, false, NULL}
#define MAYBE_TEXT(name)  {name, VECTOR_TEXT, true, NULL}
#define WORD(name, words)       {name, VECTOR_WORD, false, words}
#define MAYBE_WORD(name, words) {name, VECTOR_WORD, true, words}
#define RSA_KEY INTEGER("n"), INTEGER("e"), MAYBE_INTEGER("d"), MAYBE_INTEGER("p"), MAYBE_INTEGER("q")

const struct vector_algorithm vector_algorithms[] = {
    // aes-128-cbc, des-ede3-ofb, ...; both directions unless one is named
    {"", VARIANT_CIPHER_MODE, "",
     {BYTES("key"), MAYBE_BYTES("iv"), BYTES("plaintext"), BYTES("ciphertext"),
      MAYBE_WORD("direction", "encrypt|decrypt"), MAYBE_WORD("padding", "none|pkcs7")},
     vector_run_cipher, vector_trace_cipher},
    {"", VARIANT_CIPHER_MODE, "-monte",
     {BYTES("key"), MAYBE_BYTES("iv"), BYTES("plaintext"), BYTES("ciphertext"),
      WORD("direction", "encrypt|decrypt"), MAYBE_WORD("padding", "none"), MAYBE_NUMBER("records")},
     vector_run_monte_cipher, vector_trace_cipher},
    // md5, sha256, ...
    {"", VARIANT_HASH, "",
     {BYTES("message"), BYTES("digest"), MAYBE_NUMBER("repeat")},
     vector_run_hash, vector_trace_hash},
    {"", VARIANT_HASH, "-monte",
     {BYTES("seed"), BYTES("digest"), MAYBE_NUMBER("records")},
     vector_run_monte_hash, vector_trace_monte_hash},
    {"hmac-", VARIANT_HASH, "",
     {BYTES("key"), BYTES("message"), BYTES("mac")},
     vector_run_hmac, vector_trace_hmac},
    {"hkdf-", VARIANT_HASH, "",
     {BYTES("ikm"), MAYBE_BYTES("salt"), MAYBE_BYTES("info"), NUMBER("length"), MAYBE_BYTES("prk"), BYTES("okm")},
     vector_run_hkdf, vector_trace_hkdf},
    {"mgf1-", VARIANT_HASH, "",
     {BYTES("seed"), BYTES("mask")},
     vector_run_mgf1, vector_trace_mgf1},

    {"rsa-raw", VARIANT_NONE, "",
     {RSA_KEY, MAYBE_INTEGER("message"), INTEGER("ciphertext")},
     vector_run_rsa_raw, vector_trace_rsa_raw},
    // the numbers of a private key, and whether they belong together
    {"rsa-key", VARIANT_NONE, "", {RSA_KEY}, vector_run_rsa_key, vector_trace_rsa_key},
    {"rsa-pkcs1-encrypt", VARIANT_NONE, "",
     {RSA_KEY, BYTES("message"), MAYBE_BYTES("ps"), BYTES("ciphertext")},
     vector_run_rsa_pkcs1_encrypt, vector_trace_rsa},
    {"rsa-oaep-", VARIANT_HASH, "",
     {RSA_KEY, MAYBE_HASH("mgf"), MAYBE_BYTES("label"), BYTES("message"), MAYBE_BYTES("seed"), BYTES("ciphertext")},
     vector_run_rsa_oaep, vector_trace_rsa},
    {"rsa-pkcs1-sign-", VARIANT_HASH, "",
     {RSA_KEY, BYTES("message"), BYTES("signature")},
     vector_run_rsa_pkcs1_sign, vector_trace_rsa},
    {"rsa-pss-", VARIANT_HASH, "",
     {RSA_KEY, MAYBE_HASH("mgf"), BYTES("message"), MAYBE_BYTES("salt"), MAYBE_NUMBER("salt-length"),
      BYTES("signature")},
     vector_run_rsa_pss, vector_trace_rsa},

    // the files of chain and anchor stand beside the vector file
    {"x509-verify", VARIANT_NONE, "",
     {TEXT("chain"), TEXT("anchor"), TEXT("time"), MAYBE_TEXT("name"), MAYBE_WORD("role", "server|client"),
      TEXT("verdict")},
     vector_run_x509_verify, vector_trace_x509_verify},

    // one certificate, and those that may be its issuer's, one after the other
    {"x509-signature", VARIANT_NONE, "",
     {BYTES("certificate"), MAYBE_BYTES("issuers")},
     vector_run_x509_signature, vector_trace_x509_signature},

    {"elgamal-encrypt", VARIANT_NONE, "",
     {INTEGER("p"), INTEGER("g"), INTEGER("x"), MAYBE_INTEGER("y"), MAYBE_INTEGER("k"), INTEGER("message"),
      INTEGER("c1"), INTEGER("c2")},
     vector_run_elgamal_encrypt, vector_trace_elgamal_encrypt},
    {"elgamal-sign", VARIANT_NONE, "",
     {INTEGER("p"), INTEGER("g"), MAYBE_INTEGER("x"), INTEGER("y"), MAYBE_INTEGER("k"), INTEGER("h"),
      INTEGER("r"), INTEGER("s")},
     vector_run_elgamal_sign, vector_trace_elgamal_sign},
    {"dh-group", VARIANT_NONE, "",
     {TEXT("name"), INTEGER("p"), INTEGER("g")},
     vector_run_dh_group, vector_trace_dh_group},
    {"dh-agreement", VARIANT_NONE, "",
     {INTEGER("p"), MAYBE_INTEGER("q"), INTEGER("g"), INTEGER("xA"), MAYBE_INTEGER("yA"), MAYBE_INTEGER("xB"),
      INTEGER("yB"), BYTES("z")},
     vector_run_dh_agreement, vector_trace_dh_agreement},
    {"prime", VARIANT_NONE, "",
     {INTEGER("n"), WORD("verdict", "prime|composite"), MAYBE_TEXT("class"), MAYBE_NUMBER("rounds"),
      {"strong-bases", VECTOR_BASES, true, NULL}, MAYBE_WORD("strong-lucas", "passes|fails")},
     vector_run_prime, vector_trace_prime},
    {NULL, VARIANT_NONE, NULL, {{NULL, 0, false, NULL}}, NULL, NULL},
};
// clang-format on
