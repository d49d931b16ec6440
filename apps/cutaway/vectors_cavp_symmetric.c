// The cases of CAVP files for block ciphers, hash functions, HMAC and HKDF.
#include "apps/cutaway/vectors_cavp.h"

#include <stdlib.h>
#include <string.h>

// --- block ciphers -----------------------------------------------------------------------------------------------

// The mode is the last word of a comment such as "AESVS MMT test data for CBC".
static void find_mode(const struct cavp *cavp, char mode[static 8]) {
    mode[0] = '\0';
    for (const char *at = cavp->comments; (at = strstr(at, " for ")) != NULL;) {
        at += strlen(" for ");
        size_t length = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        if (length > 2 && length < 8 &&
            (strncmp(at, "ECB", 3) == 0 || strncmp(at, "CBC", 3) == 0 || strncmp(at, "CFB", 3) == 0 ||
             strncmp(at, "OFB", 3) == 0 || strncmp(at, "CTR", 3) == 0)) {
            memcpy(mode, at, length);
            mode[length] = '\0';
        }
    }
    if (mode[0] == '\0' && cavp_commented(cavp, "AES Counter")) {
        memcpy(mode, "CTR", 4);
    }
}

static const char *our_mode(const char *mode) {
    static const char *const modes[][2] = {{"ECB", "ecb"},  {"CBC", "cbc"},    {"OFB", "ofb"},
                                           {"CTR", "ctr"},  {"CFB128", "cfb"}, {"CFB64", "cfb"},
                                           {"CFB8", "cfb8"}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(mode, modes[i][0]) == 0) {
            return modes[i][1];
        }
    }
    return NULL;
}

static const char *why_not_mode(const char *mode) {
    return strcmp(mode, "CFB1") == 0 ? "CFB of single bits: not offered here"
           : mode[0] == '\0'         ? "the comments at the top name no mode"
           : mode[strlen(mode) - 1] == 'I' || strstr(mode, "CFBP") != NULL
               ? "interleaved and pipelined modes: not offered here"
               : "a mode that is not offered here";
}

const char *cavp_why_not_mode(const struct cavp *cavp) {
    char mode[8];
    find_mode(cavp, mode);
    return mode[0] == '\0' || our_mode(mode) != NULL ? NULL : why_not_mode(mode);
}

// Whether AES is the first cipher that the comments name: those of others say "derived from the AESVS MMT test data".
static bool names_aes(const struct cavp *cavp) {
    static const char *const others[] = {"ARIA", "Blowfish", "CAST5", "Camellia", "IDEA", "SEED", "SM4"};
    const char *aes = strstr(cavp->comments, "AES");
    for (size_t i = 0; aes != NULL && i < sizeof others / sizeof others[0]; i++) {
        const char *other = strstr(cavp->comments, others[i]);
        aes = other != NULL && other < aes ? NULL : aes;
    }
    return aes != NULL;
}

static const char *find_cipher(const struct cavp *cavp) {
    const char *key = cavp_get(cavp, "KEY");
    if (cavp_fresh(cavp, "KEYs") ||
        (cavp_fresh(cavp, "KEY1") && cavp_fresh(cavp, "KEY2") && cavp_fresh(cavp, "KEY3"))) {
        return "des-ede3";
    }
    if (key == NULL || !names_aes(cavp)) {
        return NULL;
    }
    switch (strlen(key)) {
    case 32:
        return "aes-128";
    case 48:
        return "aes-192";
    default:
        return "aes-256"; // which refuses a wrong length
    }
}

void cavp_make_cipher(struct cavp *cavp) {
    struct vector_builder *builder = &cavp->builder;
    const char *cipher = find_cipher(cavp);
    char mode[8];
    find_mode(cavp, mode);
    if (cipher == NULL) {
        vector_build_skip(builder, 1, "a block cipher that is not one of ours");
        return;
    }
    if (our_mode(mode) == NULL) {
        vector_build_skip(builder, 1, why_not_mode(mode));
        return;
    }
    bool monte = cavp_commented(cavp, " MCT ") || cavp_commented(cavp, "Monte");
    (void)vector_build_case(builder, vector_record_line(&cavp->record), "%s-%s%s", cipher, our_mode(mode),
                            monte ? "-monte" : "");
    if (cavp_fresh(cavp, "KEYs")) { // the three keys of triple DES, all the same
        const char *key = cavp_get(cavp, "KEYs");
        vector_build_made(builder, "key", "%s%s%s", key, key, key);
    } else if (strcmp(cipher, "des-ede3") == 0) {
        vector_build_made(builder, "key", "%s%s%s", cavp_get(cavp, "KEY1"), cavp_get(cavp, "KEY2"),
                          cavp_get(cavp, "KEY3"));
    } else {
        vector_build_value(builder, "key", cavp_get(cavp, "KEY"));
    }
    vector_build_value(builder, "iv", cavp_get(cavp, "IV"));
    vector_build_value(builder, "plaintext", cavp_get(cavp, "PLAINTEXT"));
    vector_build_value(builder, "ciphertext", cavp_get(cavp, "CIPHERTEXT"));
    vector_build_value(builder, "direction", cavp->decrypt ? "decrypt" : "encrypt");
    if (strcmp(mode, "ECB") == 0 || strcmp(mode, "CBC") == 0) {
        vector_build_value(builder, "padding", "none");
    }
}

// --- hash functions ----------------------------------------------------------------------------------------------

// The hash function that the section or the comments name: NULL for one that is not ours, or none.
static const char *find_hash(const struct cavp *cavp) {
    static const char *const words[][2] = {
        {"SHA-512/", NULL},    {"SHA512/", NULL},     {"SHA3384", "sha384"} /* a misprint of HMAC-SHA384 */,
        {"SHA3-", NULL},       {"SHAKE", NULL},       {"RIPEMD", NULL},
        {"SHA-1 ", "sha1"},    {"SHA-1\n", "sha1"},   {"SHA-224", "sha224"},
        {"SHA-256", "sha256"}, {"SHA-384", "sha384"}, {"SHA-512", "sha512"},
        {"SHA1", "sha1"},      {"SHA224", "sha224"},  {"SHA256", "sha256"},
        {"SHA384", "sha384"},  {"SHA512", "sha512"},  {"MD5", "md5"},
        {"rfc1321", "md5"},
    };
    static const char *const by_length[][2] = {
        {"20", "sha1"}, {"28", "sha224"}, {"32", "sha256"}, {"48", "sha384"}, {"64", "sha512"}};
    for (size_t i = 0; i < sizeof by_length / sizeof by_length[0]; i++) { // [L=20] of CAVP's HMAC
        if (cavp_commented(cavp, "HMAC") && cavp->section == strtoul(by_length[i][0], NULL, 10)) {
            return by_length[i][1];
        }
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (cavp_commented(cavp, words[i][0])) {
            return words[i][1];
        }
    }
    return NULL;
}

// The message, of as many bits as Len says: "Msg = 00" stands for the empty one.
static void add_message(struct cavp *cavp) {
    const char *bits = cavp_get(cavp, "Len");
    char *message = cavp_get(cavp, "Msg");
    size_t digits = bits == NULL ? strlen(message) : strtoul(bits, NULL, 10) / 4;
    if (digits > strlen(message)) {
        vector_build_fail(&cavp->builder, vector_record_line(&cavp->record),
                          "Msg is shorter than Len, %s bits", bits);
        return;
    }
    vector_build_made(&cavp->builder, "message", "%.*s", (int)digits, digits == 0 ? "" : message);
}

void cavp_make_hash(struct cavp *cavp) {
    const char *hash = find_hash(cavp), *bits = cavp_get(cavp, "Len");
    bool hmac = cavp_fresh(cavp, "Key");
    if (hash == NULL) {
        vector_build_skip(&cavp->builder, 1, "a hash function that is not one of ours, or not named");
    } else if (bits != NULL && strtoul(bits, NULL, 10) % 8 != 0) {
        vector_build_skip(&cavp->builder, 1, "messages that are not whole bytes");
    } else {
        (void)vector_build_case(&cavp->builder, vector_record_line(&cavp->record), "%s%s",
                                hmac ? "hmac-" : "", hash);
        vector_build_value(&cavp->builder, "key", hmac ? cavp_get(cavp, "Key") : NULL);
        add_message(cavp);
        vector_build_value(&cavp->builder, hmac ? "mac" : "digest",
                           cavp_get(cavp, cavp_fresh(cavp, "Mac") ? "Mac" : "MD"));
    }
}

// Each record of a Monte Carlo test starts from the digest of the one before, the first from the seed.
void cavp_make_monte_hash(struct cavp *cavp) {
    const char *hash = find_hash(cavp);
    if (cavp_fresh(cavp, "Seed")) {
        cavp->chain = cavp_get(cavp, "Seed");
    }
    if (hash == NULL) {
        vector_build_skip(&cavp->builder, 1, "a hash function that is not one of ours, or not named");
    } else {
        (void)vector_build_case(&cavp->builder, vector_record_line(&cavp->record), "%s-monte", hash);
        vector_build_value(&cavp->builder, "seed", cavp->chain);
        vector_build_value(&cavp->builder, "digest", cavp_get(cavp, "MD"));
    }
    cavp->chain = cavp_get(cavp, "MD");
}

// RFC 5869's test cases, in fields of the same style.
void cavp_make_hkdf(struct cavp *cavp) {
    const char *hash = cavp_fresh(cavp, "Hash") ? vector_hash_name(cavp_get(cavp, "Hash")) : NULL;
    if (hash == NULL) {
        vector_build_skip(&cavp->builder, 1, "a hash function that is not one of ours, or not named");
        return;
    }
    (void)vector_build_case(&cavp->builder, vector_record_line(&cavp->record), "hkdf-%s", hash);
    vector_build_value(&cavp->builder, "ikm", cavp_get(cavp, "IKM"));
    vector_build_value(&cavp->builder, "salt", cavp_fresh(cavp, "salt") ? cavp_get(cavp, "salt") : NULL);
    vector_build_value(&cavp->builder, "info", cavp_fresh(cavp, "info") ? cavp_get(cavp, "info") : NULL);
    vector_build_value(&cavp->builder, "length", cavp_get(cavp, "L"));
    vector_build_value(&cavp->builder, "prk", cavp_fresh(cavp, "PRK") ? cavp_get(cavp, "PRK") : NULL);
    vector_build_value(&cavp->builder, "okm", cavp_get(cavp, "OKM"));
}
