// What the parts of the des-chat program share.
#ifndef APPS_DES_CHAT_DES_CHAT_APP_H
#define APPS_DES_CHAT_DES_CHAT_APP_H

#include "apps/common/protocol_options.h"

#include "protocols/des_chat.h"

// From the command line.
struct settings {
    struct protocol_options common;
    struct demo_options demo;
    const char *group;
    enum cipher_mode mode;
    bool free;
};

// The three commands; each returns the exit status.
int run_server(const struct settings *settings);
int run_client(const struct settings *settings);
int run_demo(const struct settings *settings);

#endif
