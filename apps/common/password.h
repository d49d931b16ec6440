// Passwords: asked without echo at a terminal, read as one line from a pipe or a file. Never an argument: every user of the
// machine can list those.
#ifndef APPS_COMMON_PASSWORD_H
#define APPS_COMMON_PASSWORD_H

#include "bignum/secure.h"

#include <stdint.h>

enum { PASSWORD_MAX = 1024 };

// One's own to wipe: password_forget.
struct password {
    uint8_t bytes[PASSWORD_MAX];
    size_t length;
};
void password_forget(struct password *password);

// Reads one from standard input, 1 to PASSWORD_MAX bytes. At a terminal `prompt` is shown on standard error, nothing is
// echoed, and the terminal is as it was before afterwards, also after Ctrl-C and over Ctrl-Z. STATUS_OK, or the exit status
// after a complaint (128 + n after signal n). What comes after the line stays to be read.
MUST_CHECK int password_ask(struct password *password, const char *prompt);

// A new one: at a terminal asked for twice, and refused when the two differ.
MUST_CHECK int password_ask_new(struct password *password, const char *prompt);

#endif
