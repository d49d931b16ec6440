// How vectors of RSA and its paddings are computed: what the source gives (seed, salt, padding string, private key)
// decides how much of the scheme can be run. A vector that must fail is only decrypted or verified.
#include "apps/cutaway/vectors_run.h"

#include "bignum/encoding.h"
#include "ciphers/public/rsa_oaep.h"
#include "ciphers/public/rsa_pkcs1.h"
#include "ciphers/public/rsa_pss.h"

// --- keys --------------------------------------------------------------------------------------------------------

// The forms in which a vector may hold the private key; every form it has is used.
enum key_form { KEY_EXPONENT, KEY_CRT, KEY_FORMS };

static bool has_form(const struct vector_run *run, enum key_form form) {
    return form == KEY_EXPONENT ? vector_has(run, "d") : vector_has(run, "p") && vector_has(run, "q");
}

static bool has_private(const struct vector_run *run) {
    return has_form(run, KEY_EXPONENT) || has_form(run, KEY_CRT);
}

static bool load_public(struct vector_run *run, struct rsa_public_key *key) {
    mpz_set(key->n, vector_integer(run, "n"));
    mpz_set(key->e, vector_integer(run, "e"));
    size_t bits = mpz_sizeinbase(key->n, 2);
    bool ok = bits > 2 && bits <= RSA_BITS_MAX && mpz_odd_p(key->n) && mpz_sgn(key->e) > 0 &&
              mpz_cmp(key->e, key->n) < 0;
    return ok || vector_rejected(run, "the public key");
}

static bool load_private(struct vector_run *run, struct rsa_private_key *key, enum key_form form) {
    if (!load_public(run, &key->public)) {
        return false;
    }
    if (form == KEY_EXPONENT) {
        mpz_set(key->d, vector_integer(run, "d"));
        return mpz_cmp(key->d, key->public.n) < 0 || vector_rejected(run, "the private key");
    }
    mpz_set(key->p, vector_integer(run, "p"));
    mpz_set(key->q, vector_integer(run, "q"));
    return (mpz_sizeinbase(key->p, 2) <= RSA_BITS_MAX && mpz_sizeinbase(key->q, 2) <= RSA_BITS_MAX &&
            rsa_complete_key(key) && vector_expect_integer(run, "n", key->public.n)) ||
           vector_rejected(run, "the private key");
}

// --- the bare operation ------------------------------------------------------------------------------------------

static void raw_private(struct vector_run *run, enum key_form form) {
    struct rsa_private_key key;
    mpz_t got;
    mpz_init(got);
    rsa_private_key_init(&key);
    if (load_private(run, &key, form)) {
        if (!rsa_private_operation(&key, got, vector_integer(run, "ciphertext")) ||
            !rsa_private_operation_textbook(&key, got, vector_integer(run, "ciphertext"))) {
            (void)vector_rejected(run, "the ciphertext");
        } else if (vector_has(run, "message")) {
            (void)vector_expect_integer(run, "message", got);
        }
    }
    rsa_private_key_clear(&key);
    mpz_clear(got);
}

void vector_run_rsa_raw(struct vector_run *run) {
    struct rsa_public_key key;
    mpz_t got;
    mpz_init(got);
    rsa_public_key_init(&key);
    if (load_public(run, &key) && vector_has(run, "message")) {
        if (!rsa_public_operation(&key, got, vector_integer(run, "message"))) {
            (void)vector_rejected(run, "the message");
        } else {
            (void)vector_expect_integer(run, "ciphertext", got);
        }
    }
    for (enum key_form form = 0; form < KEY_FORMS; form++) {
        if (has_form(run, form)) {
            raw_private(run, form);
        }
    }
    rsa_public_key_clear(&key);
    mpz_clear(got);
}

// d undoes e: e * d = 1 modulo p - 1 and modulo q - 1, whichever multiple of lcm(p - 1, q - 1) was taken off it.
static bool exponents_fit(struct vector_run *run, const mpz_t prime) {
    mpz_t order, product;
    mpz_inits(order, product, NULL);
    mpz_sub_ui(order, prime, 1);
    mpz_mul(product, vector_integer(run, "e"), vector_integer(run, "d"));
    mpz_mod(product, product, order);
    bool ok = mpz_cmp_ui(product, 1) == 0 || vector_rejected(run, "d as the inverse of e");
    mpz_clears(order, product, NULL);
    return ok;
}

void vector_run_rsa_key(struct vector_run *run) {
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    if (!has_form(run, KEY_CRT)) {
        vector_lacks(run, "p and q");
    } else if (load_private(run, &key, KEY_CRT)) {
        (void)((rsa_check_private_key(&key) || vector_rejected(run, "the private key, on checking it")) &&
               (!vector_has(run, "d") || (exponents_fit(run, key.p) && exponents_fit(run, key.q))));
    }
    rsa_private_key_clear(&key);
}

// The definition of n is too little to step through: whether p is prime is the longer question.
void vector_trace_rsa_key(const struct vector_run *run, FILE *out) {
    gmp_fprintf(out, "cutaway trace prime test %#Zx", vector_integer(run, "p"));
}

// --- encryption --------------------------------------------------------------------------------------------------

static struct rsa_oaep oaep_options(const struct vector_run *run) {
    const struct bytes *label = vector_bytes(run, "label");
    return (struct rsa_oaep){run->hash, vector_get(run, "mgf")->hash, label->data, label->length};
}

// Pads the message with the randomness of the vector, applies the public key and compares.
static void encrypt(struct vector_run *run, bool oaep) {
    const struct bytes *message = vector_bytes(run, "message");
    const struct bytes *random = vector_bytes(run, oaep ? "seed" : "ps");
    struct rsa_public_key key;
    uint8_t em[RSA_SIZE_MAX];
    mpz_t value;
    mpz_init(value);
    rsa_public_key_init(&key);
    if (load_public(run, &key)) {
        size_t k = rsa_size(&key);
        bool fits =
            oaep ? random->length == run->hash->digest_size : random->length + message->length + 3 == k;
        struct rsa_oaep options = oaep ? oaep_options(run) : (struct rsa_oaep){0};
        bool padded =
            fits && (oaep ? rsa_oaep_encode(em, k, &options, message->data, message->length, random->data)
                          : rsa_pkcs1_encode_message(em, k, message->data, message->length, random->data));
        bn_os2ip(value, em, padded ? k : 0);
        if (!padded || !rsa_public_operation(&key, value, value) || !bn_i2osp(em, k, value)) {
            (void)vector_rejected(run, "the message, on encryption");
        } else {
            (void)vector_expect_bytes(run, "ciphertext", em, k);
        }
    }
    rsa_public_key_clear(&key);
    mpz_clear(value);
}

static void decrypt(struct vector_run *run, bool oaep, enum key_form form) {
    const struct bytes *ciphertext = vector_bytes(run, "ciphertext");
    struct rsa_private_key key;
    uint8_t message[RSA_SIZE_MAX];
    size_t length = 0;
    rsa_private_key_init(&key);
    if (load_private(run, &key, form)) {
        struct rsa_oaep options = oaep ? oaep_options(run) : (struct rsa_oaep){0};
        bool ok =
            oaep ? rsa_oaep_decrypt(&key, message, &length, &options, ciphertext->data, ciphertext->length)
                 : rsa_pkcs1_decrypt(&key, message, &length, ciphertext->data, ciphertext->length);
        if (!ok) {
            (void)vector_rejected(run, "the ciphertext, on decryption");
        } else {
            (void)vector_expect_bytes(run, "message", message, length);
        }
    }
    rsa_private_key_clear(&key);
}

static void run_encryption(struct vector_run *run, bool oaep) {
    if (!has_private(run) && (run->vector->must_fail || !vector_has(run, oaep ? "seed" : "ps"))) {
        vector_lacks(run, "private key, and nothing to encrypt with either");
        return;
    }
    if (!run->vector->must_fail && vector_has(run, oaep ? "seed" : "ps")) {
        encrypt(run, oaep);
    }
    for (enum key_form form = 0; form < KEY_FORMS; form++) {
        if (has_form(run, form)) {
            decrypt(run, oaep, form);
        }
    }
}

void vector_run_rsa_pkcs1_encrypt(struct vector_run *run) {
    run_encryption(run, false);
}

void vector_run_rsa_oaep(struct vector_run *run) {
    run_encryption(run, true);
}

// --- signatures --------------------------------------------------------------------------------------------------

// The salt's length: that of the salt where it is known, else as the vector says, else the digest's.
static struct rsa_pss pss_options(const struct vector_run *run) {
    const struct vector_bound *length = vector_get(run, "salt-length");
    int salt_length = RSA_PSS_SALT_DIGEST;
    if (vector_has(run, "salt")) {
        salt_length = vector_bytes(run, "salt")->length <= RSA_SIZE_MAX
                          ? (int)vector_bytes(run, "salt")->length
                          : RSA_SIZE_MAX;
    } else if (length->present) {
        salt_length = length->number <= RSA_SIZE_MAX ? (int)length->number : RSA_SIZE_MAX;
    }
    return (struct rsa_pss){run->hash, vector_get(run, "mgf")->hash, salt_length};
}

// Signs with the salt of the vector: the encoding and the bare operation, since signing draws its own.
static bool sign_pss(const struct vector_run *run, const struct rsa_private_key *key, const uint8_t *digest,
                     uint8_t *signature) {
    struct rsa_pss options = pss_options(run);
    size_t em_bits = mpz_sizeinbase(key->public.n, 2) - 1, k = rsa_size(&key->public);
    uint8_t em[RSA_SIZE_MAX];
    mpz_t value;
    mpz_init(value);
    bool ok = rsa_pss_encode(em, em_bits, &options, digest, vector_bytes(run, "salt")->data);
    bn_os2ip(value, em, ok ? (em_bits + 7) / 8 : 0);
    ok = ok && rsa_private_operation(key, value, value) && bn_i2osp(signature, k, value);
    mpz_clear(value);
    return ok;
}

static void sign(struct vector_run *run, bool pss, const uint8_t *digest, enum key_form form) {
    struct rsa_private_key key;
    uint8_t signature[RSA_SIZE_MAX];
    rsa_private_key_init(&key);
    if (load_private(run, &key, form)) {
        bool ok =
            pss ? sign_pss(run, &key, digest, signature) : rsa_pkcs1_sign(&key, signature, run->hash, digest);
        if (!ok) {
            (void)vector_rejected(run, "the message, on signing");
        } else {
            (void)vector_expect_bytes(run, "signature", signature, rsa_size(&key.public));
        }
    }
    rsa_private_key_clear(&key);
}

static void verify(struct vector_run *run, bool pss, const uint8_t *digest) {
    const struct bytes *signature = vector_bytes(run, "signature");
    struct rsa_public_key key;
    rsa_public_key_init(&key);
    if (load_public(run, &key)) {
        struct rsa_pss options = pss ? pss_options(run) : (struct rsa_pss){0};
        bool ok = pss ? rsa_pss_verify(&key, signature->data, signature->length, &options, digest)
                      : rsa_pkcs1_verify(&key, signature->data, signature->length, run->hash, digest);
        if (!ok) {
            (void)vector_rejected(run, "the signature, on verification");
        }
    }
    rsa_public_key_clear(&key);
}

static void run_signature(struct vector_run *run, bool pss) {
    const struct bytes *message = vector_bytes(run, "message");
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    hash_digest(run->hash, digest, message->data, message->length);
    // Signing comes first: where it can be done, a difference says more than a refusal.
    for (enum key_form form = 0; form < KEY_FORMS; form++) {
        if (!run->vector->must_fail && has_form(run, form) && (!pss || vector_has(run, "salt"))) {
            sign(run, pss, digest, form);
        }
    }
    verify(run, pss, digest);
}

void vector_run_rsa_pkcs1_sign(struct vector_run *run) {
    run_signature(run, false);
}

void vector_run_rsa_pss(struct vector_run *run) {
    run_signature(run, true);
}

void vector_trace_rsa_raw(const struct vector_run *run, FILE *out) {
    bool private = vector_has(run, "d");
    gmp_fprintf(out, "cutaway trace rsa raw --n %#Zx %s %#Zx %#Zx", vector_integer(run, "n"),
                private ? "--d" : "--e", vector_integer(run, private ? "d" : "e"),
                vector_integer(run, private ? "ciphertext" : "message"));
}

// The bare operation that opens the padded block: with d on a ciphertext, with e on a signature.
void vector_trace_rsa(const struct vector_run *run, FILE *out) {
    bool private = vector_has(run, "d") && !vector_has(run, "signature");
    gmp_fprintf(out, "cutaway trace rsa raw --n %#Zx %s %#Zx 0x", vector_integer(run, "n"),
                private ? "--d" : "--e", vector_integer(run, private ? "d" : "e"));
    vector_print_hex(out, vector_bytes(run, vector_has(run, "signature") ? "signature" : "ciphertext"));
}
