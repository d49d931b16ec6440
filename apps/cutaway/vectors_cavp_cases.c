// Which fields of a CAVP file make a case, and of which kind: one table. What is left over is an error, or belongs to an
// algorithm that is not ours.
#include "apps/cutaway/vectors_cavp.h"

#include <string.h>

bool cavp_fresh(const struct cavp *cavp, const char *name) {
    return vector_record_fresh(&cavp->record, name);
}

char *cavp_get(const struct cavp *cavp, const char *name) {
    return vector_record_get(&cavp->record, name);
}

bool cavp_commented(const struct cavp *cavp, const char *words) {
    return strstr(cavp->comments, words) != NULL;
}

struct vector_case *cavp_begin(struct cavp *cavp, const char *algorithm) {
    return vector_build_case(&cavp->builder, vector_record_line(&cavp->record), "%s", algorithm);
}

// --- which -------------------------------------------------------------------------------------------------------

// The first record of a Monte Carlo test has the seed, the others go on from the digest before.
static bool is_monte(const struct cavp *cavp) {
    return cavp_fresh(cavp, "Seed") || cavp->chain != NULL;
}

static bool has_both_sides(const struct cavp *cavp) {
    return (cavp_fresh(cavp, "YstatCAVS") || cavp_fresh(cavp, "YephemCAVS")) &&
           (cavp_fresh(cavp, "YstatIUT") || cavp_fresh(cavp, "YephemIUT"));
}

static bool is_rfc3526(const struct cavp *cavp) {
    return cavp_commented(cavp, "RFC 3526");
}

// Nothing but a result: a blank line stood above it, and the case is made already.
static bool is_late_result(const struct cavp *cavp) {
    size_t count = 0;
    for (size_t i = 0; i < cavp->record.count; i++) {
        count += cavp->record.entries[i].fresh;
    }
    return count == 1 && cavp->builder.set->count > 0;
}

enum { NAMES_MAX = 8 };

// A kind of case: the fields that it needs, those that it must not have, and what else must hold.
static const struct {
    const char *needs[NAMES_MAX], *lacks[NAMES_MAX];
    bool (*holds)(const struct cavp *cavp);
    void (*make)(struct cavp *cavp);
} kinds[] = {
    {{"PLAINTEXT", "CIPHERTEXT"}, {NULL}, NULL, cavp_make_cipher},
    {{"Len", "Msg", "MD"}, {NULL}, NULL, cavp_make_hash},
    {{"Key", "Msg", "MD"}, {NULL}, NULL, cavp_make_hash}, // HMAC
    {{"Key", "Msg", "Mac"}, {NULL}, NULL, cavp_make_hash},
    {{"MD"}, {"Msg"}, is_monte, cavp_make_monte_hash},
    {{"IKM", "L", "OKM"}, {NULL}, NULL, cavp_make_hkdf},
    {{"Msg", "S"}, {NULL}, NULL, cavp_make_signature},
    {{"Z"}, {NULL}, has_both_sides, cavp_make_agreement},
    {{"n", "e", "d", "p", "q", "EM", "S"}, {NULL}, NULL, cavp_make_rsasp},
    {{"n", "e", "d", "p", "q", "c", "k"}, {NULL}, NULL, cavp_make_rsadp},
    {{"n", "e", "d", "p", "q", "c", "Result"}, {NULL}, NULL, cavp_make_rsadp},
    {{"n", "e", "d", "p", "q"}, {"c", "EM", "SHAAlg", "Msg"}, NULL, cavp_make_key},
    {{"P", "G", "X", "Y", "K"}, {NULL}, NULL, cavp_make_exchange},
    {{"P", "G"}, {NULL}, is_rfc3526, cavp_make_group},
    {{"Result"}, {NULL}, is_late_result, cavp_note_late_result},
};

static size_t count_fresh(const struct cavp *cavp, const char *const names[static NAMES_MAX], size_t *all) {
    size_t count = 0;
    for (*all = 0; *all < NAMES_MAX && names[*all] != NULL; ++*all) {
        count += cavp_fresh(cavp, names[*all]);
    }
    return count;
}

void cavp_finish(struct cavp *cavp) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t needed = 0, forbidden = 0;
        if (count_fresh(cavp, kinds[i].needs, &needed) == needed &&
            count_fresh(cavp, kinds[i].lacks, &forbidden) == 0 &&
            (kinds[i].holds == NULL || kinds[i].holds(cavp))) {
            kinds[i].make(cavp);
            vector_record_settle(&cavp->record);
            return;
        }
    }
}

// --- what is left ------------------------------------------------------------------------------------------------

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

// A case of ours that is cut short, so that a damaged file does not pass for one of another algorithm.
static void refuse_incomplete(struct cavp *cavp, unsigned line) {
    static const char *const needed[][2] = {
        {"PLAINTEXT", "CIPHERTEXT"}, {"CIPHERTEXT", "PLAINTEXT"}, {"MD", "Msg"}, {"S", "Msg"},
        {"SHAAlg", "Msg"},           {"YstatCAVS", "YstatIUT"}};
    bool expects =
        cavp_fresh(cavp, "MD") || cavp_fresh(cavp, "R") /* DSA */ || cavp_fresh(cavp, "Output") /* SHAKE */;
    if (cavp_fresh(cavp, "Msg") && !expects && (cavp_fresh(cavp, "Len") || cavp_fresh(cavp, "SHAAlg"))) {
        vector_build_fail(&cavp->builder, line, "the case has Msg, but nothing that is expected of it");
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (cavp_fresh(cavp, needed[i][0]) && !cavp_fresh(cavp, needed[i][1])) {
            vector_build_fail(&cavp->builder, line, "the case has %s, but no %s", needed[i][0], needed[i][1]);
        }
    }
}

void cavp_abandon(struct cavp *cavp) {
    const char *why_not_mode = cavp_why_not_mode(cavp);
    bool other = false;
    if (why_not_mode == NULL) { // of TDES interleaved there are three ciphertexts
        refuse_incomplete(cavp, vector_record_line(&cavp->record));
    }
    for (size_t i = 0; i < cavp->record.count; i++) {
        other = other || (cavp->record.entries[i].fresh && !is_group_value(cavp->record.entries[i].name));
    }
    if (other) {
        vector_build_skip(&cavp->builder, 1,
                          why_not_mode != NULL   ? why_not_mode
                          : has_both_sides(cavp) ? "a key agreement whose secret is stated as a hash only"
                                                 : "fields of no algorithm here");
    }
    vector_record_settle(&cavp->record);
}
