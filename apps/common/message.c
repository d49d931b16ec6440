// Messages to people, and guessing what a mistyped name was meant to be.

#include "apps/common/message.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *program = "cutaway";

void message_set_program(const char *name) {
    program = name;
}

const char *message_program(void) {
    return program;
}

static void complain_with(const char *format, va_list arguments) PRINTF_LIKE(1, 0);

static void complain_with(const char *format, va_list arguments) {
    char text[2048];
    (void)vsnprintf(text, sizeof text, format, arguments);
    (void)fflush(stdout); // what was already said stands before the complaint when both go to one place
    fprintf(stderr, "%s: ", program);
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '\n') {
            fputs("\\n", stderr);
        } else if (c < 0x20 || c == 0x7F) {
            fprintf(stderr, "\\x%02x", c);
        } else {
            fputc(c, stderr);
        }
    }
    fputc('\n', stderr);
}

void complain(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain_with(format, arguments);
    va_end(arguments);
}

int failure(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain_with(format, arguments);
    va_end(arguments);
    return STATUS_FAILED;
}

int usage_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain_with(format, arguments);
    va_end(arguments);
    return STATUS_USAGE;
}

// --- the nearest name ------------------------------------------------------------------------------------------

enum { NAME_MAX_LENGTH = 63, ABBREVIATION_MIN = 3 };

// The table of the textbook: cell (i, j) says how many edits turn the first i letters of a into the first j of b.
size_t edit_distance(const char *a, const char *b) {
    size_t length_a = strlen(a), length_b = strlen(b);
    if (length_a > NAME_MAX_LENGTH || length_b > NAME_MAX_LENGTH) {
        return length_a + length_b;
    }
    unsigned char cell[NAME_MAX_LENGTH + 1][NAME_MAX_LENGTH + 1];
    for (size_t i = 0; i <= length_a; i++) {
        for (size_t j = 0; j <= length_b; j++) {
            if (i == 0 || j == 0) {
                cell[i][j] = (unsigned char)(i + j);
                continue;
            }
            int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t best = cell[i - 1][j - 1] + (same ? 0U : 1U);
            best = cell[i - 1][j] + 1U < best ? cell[i - 1][j] + 1U : best;
            best = cell[i][j - 1] + 1U < best ? cell[i][j - 1] + 1U : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = cell[i - 2][j - 2] + 1U < best ? cell[i - 2][j - 2] + 1U : best;
            }
            cell[i][j] = (unsigned char)best;
        }
    }
    return cell[length_a][length_b];
}

void suggestion_start(struct suggestion *suggestion, const char *wanted) {
    *suggestion = (struct suggestion){.wanted = wanted, .distance = (size_t)-1};
}

static size_t common_start(const char *a, const char *b) {
    size_t length = 0;
    while (a[length] != '\0' && tolower((unsigned char)a[length]) == tolower((unsigned char)b[length])) {
        length++;
    }
    return length;
}

// A name cut short, "toy" for toy-1021, is as near as one with a typing mistake. Of two names equally near the one that
// starts alike wins: "sha51" is sha512 rather than sha1. Then the longer one, as letters are forgotten more often than
// typed in addition; but of two that were cut short the one that lacks less: "aes-12" is aes-128, not aes-128-cbc.
void suggestion_offer(struct suggestion *suggestion, const char *known) {
    const char *wanted = suggestion->wanted, *best = suggestion->best;
    size_t distance = edit_distance(wanted, known), length = strlen(wanted);
    if (length >= ABBREVIATION_MIN && common_start(wanted, known) == length && distance > 1) {
        distance = 1;
    }
    bool nearer = distance < suggestion->distance;
    if (distance == suggestion->distance && best != NULL) {
        size_t start = common_start(wanted, known), best_start = common_start(wanted, best);
        bool cut_short = start == length;
        nearer = start > best_start || (start == best_start && (cut_short ? strlen(known) < strlen(best)
                                                                          : strlen(known) > strlen(best)));
    }
    if (nearer) {
        suggestion->distance = distance;
        suggestion->best = known;
    }
}

const char *suggestion_best(const struct suggestion *suggestion) {
    // A guess that shares less than half of its letters with what was typed would only puzzle.
    bool near = suggestion->best != NULL && 2 * suggestion->distance <= strlen(suggestion->best);
    return near ? suggestion->best : NULL;
}
