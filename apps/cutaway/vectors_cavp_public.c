// The cases of CAVP files for RSA and Diffie-Hellman.
#include "apps/cutaway/vectors_cavp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// "Result = F (3 - Signature changed)": whether the case must fail, and why.
static void note_result(const struct cavp *cavp, struct vector_case *vector) {
    const char *result = cavp_get(cavp, "Result");
    if (vector != NULL && result != NULL && cavp_fresh(cavp, "Result")) {
        vector->must_fail = result[0] == 'F' || result[0] == 'f';
        vector->note = result;
    }
}

void cavp_note_late_result(struct cavp *cavp) {
    struct vector_set *set = cavp->builder.set;
    note_result(cavp, &set->cases[set->count - 1]);
}

static void add_key(struct cavp *cavp) {
    static const char *const names[] = {"n", "e", "d", "p", "q"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vector_build_integer(&cavp->builder, names[i], cavp_get(cavp, names[i]));
    }
}

// Where no salt stands, or a placeholder, its length stands in the comments: "Salt len: 20".
static void add_salt(struct cavp *cavp) {
    const char *stated = strstr(cavp->comments, "Salt len:"), *salt = cavp_get(cavp, "SaltVal");
    unsigned long length = stated == NULL ? 0 : strtoul(stated + strlen("Salt len:"), NULL, 10);
    if (salt != NULL && (stated == NULL || strlen(salt) == 2 * length)) {
        vector_build_value(&cavp->builder, "salt", salt);
    } else if (stated != NULL) {
        vector_build_made(&cavp->builder, "salt-length", "%lu", length);
    }
}

void cavp_make_signature(struct cavp *cavp) {
    struct vector_builder *builder = &cavp->builder;
    bool pss = cavp_commented(cavp, "PSS");
    const char *hash = cavp_get(cavp, "SHAAlg") == NULL ? NULL : vector_hash_name(cavp_get(cavp, "SHAAlg"));
    const char *n = cavp_get(cavp, "n");
    if (!pss && !cavp_commented(cavp, "PKCS#1 Ver 1.5")) {
        vector_build_skip(builder, 1, "signatures of X9.31 and others: not offered here");
    } else if (hash == NULL) {
        vector_build_skip(builder, 1, "a hash function that is not one of ours, or not named");
    } else {
        struct vector_case *vector = vector_build_case(builder, vector_record_line(&cavp->record),
                                                       "rsa-%s-%s", pss ? "pss" : "pkcs1-sign", hash);
        add_key(cavp);
        vector_build_bytes(builder, "message", cavp_get(cavp, "Msg"), 0);
        if (pss) {
            add_salt(cavp);
        }
        vector_build_bytes(builder, "signature", cavp_get(cavp, "S"),
                           n == NULL ? 0 : (strlen(n) - strspn(n, "0") + 1) / 2);
        note_result(cavp, vector);
    }
}

// RSASP1: S = EM^d mod n, or "FAIL (...)" where EM is no integer below n. It is the same operation as RSADP.
void cavp_make_rsasp(struct cavp *cavp) {
    const char *signature = cavp_get(cavp, "S");
    bool fails = strncmp(signature, "FAIL", 4) == 0;
    struct vector_case *vector = cavp_begin(cavp, "rsa-raw");
    add_key(cavp);
    vector_build_integer(&cavp->builder, "ciphertext", cavp_get(cavp, "EM"));
    vector_build_integer(&cavp->builder, "message", fails ? NULL : signature);
    if (vector != NULL) {
        vector->must_fail = fails;
        vector->note = fails ? signature : NULL;
    }
}

// RSADP: k = c^d mod n, or no k where c is no integer below n.
void cavp_make_rsadp(struct cavp *cavp) {
    struct vector_case *vector = cavp_begin(cavp, "rsa-raw");
    add_key(cavp);
    vector_build_integer(&cavp->builder, "ciphertext", cavp_get(cavp, "c"));
    vector_build_integer(&cavp->builder, "message", cavp_fresh(cavp, "k") ? cavp_get(cavp, "k") : NULL);
    note_result(cavp, vector);
}

// One side's field: X or Y, of its static or its ephemeral key, whichever the scheme has. NULL when it has neither.
static const char *side_value(const struct cavp *cavp, char which, const char *side) {
    static const char *const kinds[] = {"stat", "ephem"};
    const char *value = NULL;
    for (size_t i = 0; value == NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%c%s%s", which, kinds[i], side);
        value = cavp_fresh(cavp, name) ? cavp_get(cavp, name) : NULL;
    }
    return value;
}

static const char *why_not_agreement(const struct cavp *cavp) {
    bool two_keys = (cavp_fresh(cavp, "YstatCAVS") && cavp_fresh(cavp, "YephemCAVS")) ||
                    (cavp_fresh(cavp, "YstatIUT") && cavp_fresh(cavp, "YephemIUT"));
    return two_keys ? "a key agreement of two keys a side: not offered here"
           : cavp_fresh(cavp, "OI") || cavp_fresh(cavp, "DKM") || cavp_fresh(cavp, "CAVSTag")
               ? "a key agreement that goes on to a derived key and a tag: not offered here"
               : NULL;
}

// One key a side: dhStatic, dhEphem, dhOneFlow. A is a side whose private key is given.
void cavp_make_agreement(struct cavp *cavp) {
    if (why_not_agreement(cavp) != NULL) {
        vector_build_skip(&cavp->builder, 1, why_not_agreement(cavp));
        return;
    }
    bool cavs_first = side_value(cavp, 'X', "CAVS") != NULL;
    const char *a = cavs_first ? "CAVS" : "IUT", *b = cavs_first ? "IUT" : "CAVS", *p = cavp_get(cavp, "P");
    struct vector_case *vector = cavp_begin(cavp, "dh-agreement");
    vector_build_integer(&cavp->builder, "p", p);
    vector_build_integer(&cavp->builder, "q", cavp_get(cavp, "Q"));
    vector_build_integer(&cavp->builder, "g", cavp_get(cavp, "G"));
    vector_build_integer(&cavp->builder, "xA", side_value(cavp, 'X', a));
    vector_build_integer(&cavp->builder, "yA", side_value(cavp, 'Y', a));
    vector_build_integer(&cavp->builder, "xB", side_value(cavp, 'X', b));
    vector_build_integer(&cavp->builder, "yB", side_value(cavp, 'Y', b));
    vector_build_bytes(&cavp->builder, "z", cavp_get(cavp, "Z"), p == NULL ? 0 : (strlen(p) + 1) / 2);
    note_result(cavp, vector);
}

// Our X, the other side's Y, and K = Y^X mod P: Botan's vectors, as python3-cryptography-vectors has them. The numbers
// are decimal there; that one of so many digits has no letter in hexadecimal is out of the question.
void cavp_make_exchange(struct cavp *cavp) {
    static const char *const names[][2] = {{"p", "P"}, {"g", "G"}, {"xA", "X"}, {"yB", "Y"}};
    const char *p = cavp_get(cavp, "P");
    bool decimal = p[strspn(p, "0123456789")] == '\0';
    (void)cavp_begin(cavp, "dh-agreement");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vector_build_made(&cavp->builder, names[i][0], decimal ? "%s" : "0x%s", cavp_get(cavp, names[i][1]));
    }
    vector_build_bytes(&cavp->builder, "z", cavp_get(cavp, "K"), 0);
}

// p and g alone: one of RFC 3526's groups, named by its size.
void cavp_make_group(struct cavp *cavp) {
    (void)cavp_begin(cavp, "dh-group");
    vector_build_made(&cavp->builder, "name", "modp-%zu", 4 * strlen(cavp_get(cavp, "P")));
    vector_build_integer(&cavp->builder, "p", cavp_get(cavp, "P"));
    vector_build_integer(&cavp->builder, "g", cavp_get(cavp, "G"));
}

void cavp_make_key(struct cavp *cavp) {
    (void)cavp_begin(cavp, "rsa-key");
    add_key(cavp);
}
