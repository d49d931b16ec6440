// Command lines: a program or command declares its options in a table, and gets GNU-style parsing, --help with an
// example, and errors that name the wrong value and the right one.
//
//     static bool quiet;
//     static struct bytes key;
//     static const struct app_option options[] = {
//         {"key", 'k', OPTION_HEX, &key, "HEX", "the secret key", .required = true},
//         {"quiet", 'q', OPTION_FLAG, &quiet, NULL, "say less", .required = false},
//         {0},
//     };
//     static const struct app_usage usage = {
//         .program = "cutaway hmac", .synopsis = "ALG --key HEX [FILE...]",
//         .purpose = "Prints the HMAC of files.", .example = "cutaway hmac sha256 --key 0b0b README.md",
//         .operands_min = 1, .operands_max = OPERANDS_ANY, .operand_names = "ALG [FILE...]",
//     };
//     int status = options_parse(&usage, options, &argc, argv);
//     if (status != OPTIONS_GO_ON) return status;      // --help (0) or an error (2), already printed
//     argv[1] ... argv[argc - 1] are the operands
//
// Forms: --name VALUE, --name=VALUE, -k VALUE, -kVALUE, flags together as in -qv, "--" before operands that start
// with '-'. Options and operands may be mixed. A negative number such as -7 is an operand. An option given twice
// takes its last value.
#ifndef APPS_COMMON_OPTIONS_H
#define APPS_COMMON_OPTIONS_H

#include "apps/common/hex.h"
#include "apps/common/message.h"

#include <limits.h>

enum option_kind {
    OPTION_FLAG = 1, // bool: becomes true
    OPTION_TEXT,     // const char *
    OPTION_NUMBER,   // unsigned long: decimal, within minimum..maximum (maximum 0: no upper limit)
    OPTION_HEX,      // struct bytes: bytes_clear it at the end
    OPTION_CHOICE,   // const char *: one of `choices`
    OPTION_INTEGER,  // mpz_t, initialised: decimal, or hexadecimal after 0x; any size
};

// One row of the table; the table ends with a row {0}.
struct app_option {
    const char *name; // without the dashes
    char letter;      // of the short form; 0 for none
    enum option_kind kind;
    void *value;          // where it goes, of the type given above
    const char *argument; // the value's name in the help: "HEX"; NULL for a flag
    const char *help;     // one sentence or phrase
    bool required;
    bool *given;                // becomes true when the option was there; may be NULL
    const char *const *choices; // OPTION_CHOICE: the known words, ended by NULL
    unsigned long minimum, maximum;
};

enum { OPERANDS_ANY = INT_MAX, OPTIONS_GO_ON = -1 };

struct app_usage {
    const char *program;  // "cutaway hash": also the name in front of every message from then on
    const char *synopsis; // what follows the name in the usage line
    const char *purpose;  // one or two sentences
    const char *details;  // more lines for the help, or NULL
    const char *example;  // one or more command lines, separated by newlines
    int operands_min, operands_max;
    const char *operand_names; // "ALG [FILE...]": for the message about a missing or an extra one
};

// Parses argv[1..*argc) and leaves the operands there. Returns OPTIONS_GO_ON, or the exit status when the program is to
// end: 0 after --help, 2 after an error; everything is printed already. Values of the options are set only when given.
MUST_CHECK int options_parse(const struct app_usage *usage, const struct app_option options[], int *argc,
                             char **argv);

// Names of options that a program takes out of the command line itself, ended by NULL: an unknown option may have been
// meant to be one of them.
void options_also_known(const char *const names[]);

// Prints the help to standard output.
void options_print_help(const struct app_usage *usage, const struct app_option options[]);

// How long its lines may be: a terminal's end at a word, those of a pipe, which may be searched, are whole.
unsigned options_help_width(void);

#endif
