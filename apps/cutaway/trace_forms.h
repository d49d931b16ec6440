// The short forms of `cutaway trace`: an algorithm's name, and its input in hex on the command line.
#ifndef APPS_CUTAWAY_TRACE_FORMS_H
#define APPS_CUTAWAY_TRACE_FORMS_H

#include "bignum/secure.h"

enum { TRACE_FORM_SIZE = 32 };

// True when the word is the name of a form: "aes-128", "des-cbc", "sha256", "hmac-md5", "hkdf-sha1", "mgf1-sha256".
bool trace_form_known(const char *what);

// The names one after the other, for suggestions; false after the last.
bool trace_form_name(char name[static TRACE_FORM_SIZE], size_t index);

// Runs the form that argv[0] names. Reports the steps, and the outcome as "result". The exit status.
int trace_form_run(int argc, char **argv);

#endif
