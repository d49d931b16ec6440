// The commands of the workbench. Each has its file, apps/cutaway/command_NAME.c, and one row in main.c's table.
#ifndef APPS_CUTAWAY_COMMAND_H
#define APPS_CUTAWAY_COMMAND_H

// A command is a small main: argv[0] is its name, argv[1..argc) its arguments; it returns the exit status (0, 1, 2:
// apps/common/message.h) and cleans up after itself. It parses its arguments with options_parse (apps/common/options.h),
// reads and writes through apps/common/files.h or stdio's standard output, and may be run by `cutaway trace`, which
// attaches a trace sink and shows what it wrote to standard output as the result. The options --json, --expect,
// --depth, --color and --width belong to trace: no other command has an option of these names, apart from explain, which
// computes nothing and is not traced.
struct command {
    const char *name;
    const char *summary; // one line for `cutaway --help`
    int (*run)(int argc, char **argv);
};

// All commands in the order of the help, ended by a NULL name; and one by name, NULL when there is none.
extern const struct command commands[];
const struct command *command_find(const char *name);

// Reports an unknown command with the nearest known one; returns STATUS_USAGE.
int command_unknown(const char *name);

#endif
