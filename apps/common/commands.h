// Programs with commands (`des-chat server`, `des-chat client`): a table of them, as options.h has a table of options.
#ifndef APPS_COMMON_COMMANDS_H
#define APPS_COMMON_COMMANDS_H

#include "apps/common/options.h"

struct app_command {
    const char *name; // "server"
    int (*run)(void); // once the options are parsed; the exit status
    const struct app_option *options;
    struct app_usage usage;
};

struct app {
    const char *program; // "des-chat"
    const char *purpose; // a sentence
    const char *example; // "Example, in two terminals:", and the command lines
    const struct app_command *commands;
    size_t count;
    // Between parsing and running: what the options mean together, and the operands. OPTIONS_GO_ON or an exit status. May be
    // NULL.
    int (*prepare)(const struct app_command *command, char **operands);
};

// A whole main: finds the command, or says which there are.
int commands_main(const struct app *app, int argc, char **argv);

#endif
