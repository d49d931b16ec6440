// What the parts of the des-chat program share.
#ifndef APPS_DES_CHAT_DES_CHAT_APP_H
#define APPS_DES_CHAT_DES_CHAT_APP_H

#include "protocols/des_chat.h"

struct settings {
    const char *host;
    unsigned long port;
    unsigned long timeout; // seconds
    const char *group;
    enum cipher_mode mode;
    bool explain, free;
};

// The three commands; each returns the exit status.
int run_server(const struct settings *settings);
int run_client(const struct settings *settings);
int run_demo(const struct settings *settings);

#endif
