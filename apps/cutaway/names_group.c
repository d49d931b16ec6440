// Looking a group up, and saying what was probably meant.

#include "apps/common/message.h"
#include "apps/cutaway/names.h"
#include "bignum/group.h"

#include <stdio.h>
#include <string.h>

bool name_group(const char *name) {
    struct suggestion suggestion;
    suggestion_start(&suggestion, name);
    char known[256] = "";
    for (size_t i = 0; bn_group_names[i] != NULL; i++) {
        if (strcmp(bn_group_names[i], name) == 0) {
            return true;
        }
        suggestion_offer(&suggestion, bn_group_names[i]);
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? " " : "", bn_group_names[i]);
    }
    const char *best = suggestion_best(&suggestion);
    if (best != NULL) {
        complain("unknown group '%.80s'; did you mean '%s'? (known: %s)", name, best, known);
    } else {
        complain("unknown group '%.80s' (known: %s)", name, known);
    }
    return false;
}
