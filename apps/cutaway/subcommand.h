// Commands with verbs: `cutaway rsa keygen`, `cutaway prime test`.
#ifndef APPS_CUTAWAY_SUBCOMMAND_H
#define APPS_CUTAWAY_SUBCOMMAND_H

struct subcommand {
    const char *name;
    const char *synopsis; // what follows the name in the usage line
    int (*run)(int argc, char **argv);
};

struct subcommand_usage {
    const char *program; // "cutaway rsa"
    const char *purpose; // one or two sentences for --help
    const char *example; // command lines, separated by newlines
};

// Runs the verb argv[1] with what follows it; the table ends with a NULL name. A missing or unknown verb is an error
// that names the known ones; --help lists them. Returns the exit status.
int subcommand_run(const struct subcommand_usage *usage, const struct subcommand table[], int argc,
                   char **argv);

#endif
