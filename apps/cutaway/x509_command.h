// What the files of `cutaway x509` share.
#ifndef APPS_CUTAWAY_X509_COMMAND_H
#define APPS_CUTAWAY_X509_COMMAND_H

#include "protocols/x509.h"

enum { X509_FILE_MAX = 1 << 20 }; // bytes

int x509_inspect_command(int argc, char **argv);

// The certificates of a PEM or DER file, or of standard input. False after a complaint.
MUST_CHECK bool x509_load(struct x509_bundle *bundle, const char *path);

// "2026-11-20", "2026-11-20T10:34:59Z", or "@" and the seconds since 1970. False for anything else.
MUST_CHECK bool x509_time_argument(int64_t *seconds, const char *text);

#endif
