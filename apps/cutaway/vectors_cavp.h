// The two halves of the CAVP reader: lines and fields (vectors_cavp.c), and what cases they make (vectors_cavp_cases.c).
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

enum cavp_state { CAVP_CASE, CAVP_INCOMPLETE };

// Makes a case of the fields, if they are complete: CAVP_CASE, and they are spent.
enum cavp_state cavp_finish(struct cavp *cavp);
// At the end of what can belong to the case: fields that are left are an error, or belong to an algorithm that is not ours.
void cavp_abandon(struct cavp *cavp);

#endif
