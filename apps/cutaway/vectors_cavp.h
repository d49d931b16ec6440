// The parts of the CAVP reader: lines and fields (vectors_cavp.c), which of them make a case (vectors_cavp_cases.c), and
// the cases (vectors_cavp_symmetric.c, vectors_cavp_public.c).
#ifndef APPS_CUTAWAY_VECTORS_CAVP_H
#define APPS_CUTAWAY_VECTORS_CAVP_H

#include "apps/cutaway/vectors_build.h"

enum { CAVP_COMMENTS_SIZE = 2048 };

struct cavp {
    struct vector_builder builder;
    struct vector_record record;
    char comments[CAVP_COMMENTS_SIZE]; // those before the first field: they name algorithm and mode
    size_t comments_length;
    bool in_body;
    bool decrypt;          // below [DECRYPT]
    unsigned long section; // the number in [L = 20], or 0
    char *chain;           // a Monte Carlo test of a hash function: the digest before
};

// Makes a case of the fields, if they are complete; they are then spent.
void cavp_finish(struct cavp *cavp);
// At the end of what can belong to the case: fields that are left are an error, or belong to an algorithm that is not ours.
void cavp_abandon(struct cavp *cavp);

// --- for the functions that make cases ---------------------------------------------------------------------------

// Whether the field has been given since the case before.
bool cavp_fresh(const struct cavp *cavp, const char *name);
// The field's text, or NULL.
char *cavp_get(const struct cavp *cavp, const char *name);
// Whether the comments at the top have these words.
bool cavp_commented(const struct cavp *cavp, const char *words);
// A new case, at the line of its first field.
struct vector_case *cavp_begin(struct cavp *cavp, const char *algorithm);

// What cases there are: each is called when its fields are complete.
void cavp_make_cipher(struct cavp *cavp); // vectors_cavp_symmetric.c
void cavp_make_hash(struct cavp *cavp);
void cavp_make_monte_hash(struct cavp *cavp);
void cavp_make_hkdf(struct cavp *cavp);
void cavp_make_signature(struct cavp *cavp); // vectors_cavp_public.c
void cavp_make_rsasp(struct cavp *cavp);
void cavp_make_rsadp(struct cavp *cavp);
void cavp_make_key(struct cavp *cavp);
void cavp_make_agreement(struct cavp *cavp);
void cavp_make_exchange(struct cavp *cavp);
void cavp_make_group(struct cavp *cavp);
void cavp_note_late_result(struct cavp *cavp); // of the case before
// Why the mode of operation that the comments name is not run, or NULL: it is, or none is named.
const char *cavp_why_not_mode(const struct cavp *cavp);

#endif
