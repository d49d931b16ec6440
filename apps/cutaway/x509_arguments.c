// What the x509 commands and the runner of test vectors read from their arguments: files of certificates, and a time.
#include "apps/common/files.h"
#include "apps/common/message.h"
#include "apps/cutaway/x509_command.h"

#include <stdio.h>
#include <string.h>

bool x509_load(struct x509_bundle *bundle, const char *path) {
    struct bytes file = {0};
    struct parse_error where = {.reason = ""};
    if (!input_read_all(&file, path, X509_FILE_MAX)) {
        return false;
    }
    enum certificate_error error = x509_bundle_read(bundle, file.data, file.length, &where);
    bytes_clear(&file);
    if (error != CERTIFICATE_OK) {
        bool standard = path == NULL || strcmp(path, "-") == 0;
        complain("%s: at byte %zu of %s: %s", standard ? "standard input" : path, where.offset, where.layer,
                 where.reason);
        return false;
    }
    return true;
}

bool x509_time_argument(int64_t *seconds, const char *text) {
    struct x509_date date = {0};
    char end;
    long long count;
    size_t length = strlen(text);
    if (text[0] == '@') {
        bool ok = strspn(text + 1, "0123456789") == length - 1 && length > 1 && length < 14 &&
                  sscanf(text + 1, "%lld%c", &count, &end) == 1;
        *seconds = ok ? count : 0;
        return ok;
    }
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (i >= sizeof shape - 1 || (shape[i] == 'd' ? !digit : text[i] != shape[i])) {
            return false;
        }
    }
    int parts = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &date.year, &date.month, &date.day, &date.hour,
                       &date.minute, &date.second);
    return (length == 10 ? parts == 3 : length == 20 && parts == 6) && x509_time_from_date(seconds, &date);
}
