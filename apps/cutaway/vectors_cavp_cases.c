// What cases the fields of a CAVP file make: which names belong together, and to which algorithm of ours.
#include "apps/cutaway/vectors_cavp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fresh(const struct cavp *cavp, const char *name) {
    return vector_record_fresh(&cavp->record, name);
}

static char *get(const struct cavp *cavp, const char *name) {
    return vector_record_get(&cavp->record, name);
}

static struct vector_case *begin(struct cavp *cavp, const char *algorithm) {
    return vector_build_case(&cavp->builder, vector_record_line(&cavp->record), "%s", algorithm);
}

static bool commented(const struct cavp *cavp, const char *words) {
    return strstr(cavp->comments, words) != NULL;
}

// "Result = F (3 - Signature changed)": whether the case must fail, and why.
static void note_result(const struct cavp *cavp, struct vector_case *vector) {
    const char *result = get(cavp, "Result");
    if (vector != NULL && result != NULL && fresh(cavp, "Result")) {
        vector->must_fail = result[0] == 'F' || result[0] == 'f';
        vector->note = result;
    }
}

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
    if (mode[0] == '\0' && commented(cavp, "AES Counter")) {
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

static const char *find_cipher(const struct cavp *cavp) {
    const char *key = get(cavp, "KEY");
    if (fresh(cavp, "KEYs") || (fresh(cavp, "KEY1") && fresh(cavp, "KEY2") && fresh(cavp, "KEY3"))) {
        return "des-ede3";
    }
    if (key == NULL || !commented(cavp, "AES")) {
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

static void make_cipher(struct cavp *cavp) {
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
    bool monte = commented(cavp, " MCT ") || commented(cavp, "Monte");
    (void)vector_build_case(builder, vector_record_line(&cavp->record), "%s-%s%s", cipher, our_mode(mode),
                            monte ? "-monte" : "");
    if (fresh(cavp, "KEYs")) { // the three keys of triple DES, all the same
        const char *key = get(cavp, "KEYs");
        vector_build_made(builder, "key", "%s%s%s", key, key, key);
    } else if (strcmp(cipher, "des-ede3") == 0) {
        vector_build_made(builder, "key", "%s%s%s", get(cavp, "KEY1"), get(cavp, "KEY2"), get(cavp, "KEY3"));
    } else {
        vector_build_value(builder, "key", get(cavp, "KEY"));
    }
    vector_build_value(builder, "iv", get(cavp, "IV"));
    vector_build_value(builder, "plaintext", get(cavp, "PLAINTEXT"));
    vector_build_value(builder, "ciphertext", get(cavp, "CIPHERTEXT"));
    vector_build_value(builder, "direction", cavp->decrypt ? "decrypt" : "encrypt");
    if (strcmp(mode, "ECB") == 0 || strcmp(mode, "CBC") == 0) {
        vector_build_value(builder, "padding", "none");
    }
}

// --- hash functions ----------------------------------------------------------------------------------------------

// The hash function that the comments name: NULL for one that is not ours, or none.
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
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (commented(cavp, words[i][0])) {
            return words[i][1];
        }
    }
    for (size_t i = 0; i < sizeof by_length / sizeof by_length[0]; i++) { // [L=20] of CAVP's HMAC
        if (commented(cavp, "HMAC") && cavp->section == strtoul(by_length[i][0], NULL, 10)) {
            return by_length[i][1];
        }
    }
    return NULL;
}

// The message, of as many bits as Len says: "Msg = 00" stands for the empty one.
static void add_message(struct cavp *cavp) {
    const char *bits = get(cavp, "Len");
    char *message = get(cavp, "Msg");
    size_t digits = bits == NULL ? strlen(message) : strtoul(bits, NULL, 10) / 4;
    if (digits > strlen(message)) {
        vector_build_fail(&cavp->builder, vector_record_line(&cavp->record),
                          "Msg is shorter than Len, %s bits", bits);
        return;
    }
    vector_build_made(&cavp->builder, "message", "%.*s", (int)digits, digits == 0 ? "" : message);
}

static void make_hash(struct cavp *cavp) {
    const char *hash = find_hash(cavp), *bits = get(cavp, "Len");
    bool hmac = fresh(cavp, "Key");
    if (hash == NULL) {
        vector_build_skip(&cavp->builder, 1, "a hash function that is not one of ours, or not named");
    } else if (bits != NULL && strtoul(bits, NULL, 10) % 8 != 0) {
        vector_build_skip(&cavp->builder, 1, "messages that are not whole bytes");
    } else {
        (void)vector_build_case(&cavp->builder, vector_record_line(&cavp->record), "%s%s",
                                hmac ? "hmac-" : "", hash);
        vector_build_value(&cavp->builder, "key", hmac ? get(cavp, "Key") : NULL);
        add_message(cavp);
        vector_build_value(&cavp->builder, hmac ? "mac" : "digest",
                           get(cavp, fresh(cavp, "Mac") ? "Mac" : "MD"));
    }
}

// Each record of a Monte Carlo test starts from the digest of the one before, the first from the seed.
static void make_monte_hash(struct cavp *cavp) {
    const char *hash = find_hash(cavp);
    if (fresh(cavp, "Seed")) {
        cavp->chain = get(cavp, "Seed");
    }
    if (hash == NULL) {
        vector_build_skip(&cavp->builder, 1, "a hash function that is not one of ours, or not named");
    } else {
        (void)vector_build_case(&cavp->builder, vector_record_line(&cavp->record), "%s-monte", hash);
        vector_build_value(&cavp->builder, "seed", cavp->chain);
        vector_build_value(&cavp->builder, "digest", get(cavp, "MD"));
    }
    cavp->chain = get(cavp, "MD");
}

// --- public keys -------------------------------------------------------------------------------------------------

static void add_key(struct cavp *cavp) {
    static const char *const names[] = {"n", "e", "d", "p", "q"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vector_build_integer(&cavp->builder, names[i], get(cavp, names[i]));
    }
}

// Where no salt stands, or a placeholder, its length stands in the comments: "Salt len: 20".
static void add_salt(struct cavp *cavp) {
    const char *stated = strstr(cavp->comments, "Salt len:"), *salt = get(cavp, "SaltVal");
    unsigned long length = stated == NULL ? 0 : strtoul(stated + strlen("Salt len:"), NULL, 10);
    if (salt != NULL && (stated == NULL || strlen(salt) == 2 * length)) {
        vector_build_value(&cavp->builder, "salt", salt);
    } else if (stated != NULL) {
        vector_build_made(&cavp->builder, "salt-length", "%lu", length);
    }
}

static void make_signature(struct cavp *cavp) {
    struct vector_builder *builder = &cavp->builder;
    bool pss = commented(cavp, "PSS");
    const char *hash = get(cavp, "SHAAlg") == NULL ? NULL : vector_hash_name(get(cavp, "SHAAlg"));
    const char *n = get(cavp, "n");
    if (!pss && !commented(cavp, "PKCS#1 Ver 1.5")) {
        vector_build_skip(builder, 1, "signatures of X9.31 and others: not offered here");
    } else if (hash == NULL) {
        vector_build_skip(builder, 1, "a hash function that is not one of ours, or not named");
    } else {
        struct vector_case *vector = vector_build_case(builder, vector_record_line(&cavp->record),
                                                       "rsa-%s-%s", pss ? "pss" : "pkcs1-sign", hash);
        add_key(cavp);
        vector_build_bytes(builder, "message", get(cavp, "Msg"), 0);
        if (pss) {
            add_salt(cavp);
        }
        vector_build_bytes(builder, "signature", get(cavp, "S"),
                           n == NULL ? 0 : (strlen(n) - strspn(n, "0") + 1) / 2);
        note_result(cavp, vector);
    }
}

// RSADP: k = c^d mod n, or no k where c is no integer below n.
static void make_rsadp(struct cavp *cavp) {
    struct vector_case *vector = begin(cavp, "rsa-raw");
    add_key(cavp);
    vector_build_integer(&cavp->builder, "ciphertext", get(cavp, "c"));
    vector_build_integer(&cavp->builder, "message", fresh(cavp, "k") ? get(cavp, "k") : NULL);
    note_result(cavp, vector);
}

static void make_agreement(struct cavp *cavp) {
    static const char *const names[][2] = {{"p", "P"},          {"q", "Q"},          {"g", "G"},
                                           {"xA", "XstatCAVS"}, {"yA", "YstatCAVS"}, {"xB", "XstatIUT"},
                                           {"yB", "YstatIUT"}};
    struct vector_case *vector = begin(cavp, "dh-agreement");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vector_build_integer(&cavp->builder, names[i][0], get(cavp, names[i][1]));
    }
    const char *p = get(cavp, "P");
    vector_build_bytes(&cavp->builder, "z", get(cavp, "Z"), p == NULL ? 0 : (strlen(p) + 1) / 2);
    note_result(cavp, vector);
}

// p and g alone: one of RFC 3526's groups, named by its size.
static void make_group(struct cavp *cavp) {
    (void)begin(cavp, "dh-group");
    vector_build_made(&cavp->builder, "name", "modp-%zu", 4 * strlen(get(cavp, "P")));
    vector_build_integer(&cavp->builder, "p", get(cavp, "P"));
    vector_build_integer(&cavp->builder, "g", get(cavp, "G"));
}

static void make_key(struct cavp *cavp) {
    (void)begin(cavp, "rsa-key");
    add_key(cavp);
}

// --- which -------------------------------------------------------------------------------------------------------

enum cavp_state cavp_finish(struct cavp *cavp) {
    bool rsa =
        fresh(cavp, "d") && fresh(cavp, "p") && fresh(cavp, "q") && fresh(cavp, "n") && fresh(cavp, "e");
    if (fresh(cavp, "PLAINTEXT") && fresh(cavp, "CIPHERTEXT")) {
        make_cipher(cavp);
    } else if (fresh(cavp, "Msg") && ((fresh(cavp, "MD") && (fresh(cavp, "Len") || fresh(cavp, "Key"))) ||
                                      (fresh(cavp, "Mac") && fresh(cavp, "Key")))) {
        make_hash(cavp);
    } else if (fresh(cavp, "MD") && !fresh(cavp, "Msg") && (fresh(cavp, "Seed") || cavp->chain != NULL)) {
        make_monte_hash(cavp);
    } else if (fresh(cavp, "Msg") && fresh(cavp, "S")) {
        make_signature(cavp);
    } else if (fresh(cavp, "YstatCAVS") && fresh(cavp, "YstatIUT") && fresh(cavp, "Z")) {
        make_agreement(cavp);
    } else if (fresh(cavp, "c") && rsa && (fresh(cavp, "k") || fresh(cavp, "Result"))) {
        make_rsadp(cavp);
    } else if (rsa && !fresh(cavp, "c") && fresh(cavp, "Xp")) {
        make_key(cavp);
    } else if (fresh(cavp, "P") && fresh(cavp, "G") && commented(cavp, "RFC 3526")) {
        make_group(cavp);
    } else {
        return CAVP_INCOMPLETE;
    }
    vector_record_settle(&cavp->record);
    return CAVP_CASE;
}

// Values that stand above cases, and may stand there for none.
static bool is_group_value(const char *name) {
    static const char *const names[] = {"n", "e", "d", "p", "q", "P", "Q", "G", "Seed", "mod"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

void cavp_abandon(struct cavp *cavp) {
    static const char *const needed[][2] = {
        {"PLAINTEXT", "CIPHERTEXT"}, {"CIPHERTEXT", "PLAINTEXT"}, {"MD", "Msg"}, {"S", "Msg"},
        {"SHAAlg", "Msg"},           {"YstatCAVS", "YstatIUT"}};
    unsigned line = vector_record_line(&cavp->record);
    bool other = false;
    char mode[8];
    find_mode(cavp, mode);
    if ((fresh(cavp, "PLAINTEXT") || fresh(cavp, "CIPHERTEXT")) && mode[0] != '\0' &&
        our_mode(mode) == NULL) {
        vector_build_skip(&cavp->builder, 1, why_not_mode(mode)); // TDES interleaved: three ciphertexts
        vector_record_settle(&cavp->record);
    }
    if (fresh(cavp, "Msg") && !fresh(cavp, "R") && !fresh(cavp, "MD") &&
        (fresh(cavp, "Len") || fresh(cavp, "SHAAlg"))) {
        vector_build_fail(&cavp->builder, line, "the case has Msg, but nothing that is expected of it");
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (fresh(cavp, needed[i][0]) && !fresh(cavp, needed[i][1])) {
            vector_build_fail(&cavp->builder, line, "the case has %s, but no %s", needed[i][0], needed[i][1]);
        }
    }
    for (size_t i = 0; i < cavp->record.count; i++) {
        other = other || (cavp->record.entries[i].fresh && !is_group_value(cavp->record.entries[i].name));
    }
    if (other) {
        vector_build_skip(&cavp->builder, 1,
                          mode[0] != '\0' && our_mode(mode) == NULL ? why_not_mode(mode)
                                                                    : "fields of no algorithm here");
    }
    vector_record_settle(&cavp->record);
}
