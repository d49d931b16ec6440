// The format of sha256sum: "DIGEST  NAME", and in front of it a '\' when the name has a backslash, a newline or a
// carriage return, which are then written "\\", "\n" and "\r" so that every line is one line.

#include "apps/cutaway/digest_lines.h"
#include "apps/common/files.h"
#include "apps/common/message.h"
#include "ciphers/hash/hmac.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// A hash or an HMAC on its way.
struct digester {
    struct hash_context hash;
    struct hmac_context hmac;
};

// The digest of one file, in pieces. False after a complaint.
static bool digest_file(const struct digest_job *job, uint8_t *digest, const char *path) {
    static uint8_t piece[INPUT_PIECE];
    struct input input;
    if (!input_open(&input, path)) {
        return false;
    }
    struct digester digester;
    if (job->key != NULL) {
        hmac_init(&digester.hmac, job->algorithm, job->key->data, job->key->length);
    } else {
        hash_init(&digester.hash, job->algorithm);
    }
    size_t length = 0;
    bool ok;
    while ((ok = input_read(&input, piece, sizeof piece, &length)) && length > 0) {
        if (job->key != NULL) {
            hmac_update(&digester.hmac, piece, length);
        } else {
            hash_update(&digester.hash, piece, length);
        }
    }
    input_close(&input);
    if (ok && job->key != NULL) {
        hmac_final(&digester.hmac, digest);
    } else if (ok) {
        hash_final(&digester.hash, digest);
    }
    secure_wipe(&digester, sizeof digester);
    return ok;
}

static bool needs_escape(const char *name) {
    return strpbrk(name, "\\\n\r") != NULL;
}

static void print_name(const char *name) {
    for (const char *at = name; *at != '\0'; at++) {
        switch (*at) {
        case '\\':
            fputs("\\\\", stdout);
            break;
        case '\n':
            fputs("\\n", stdout);
            break;
        case '\r':
            fputs("\\r", stdout);
            break;
        default:
            putchar(*at);
        }
    }
}

int digest_print(const struct digest_job *job, int count, char **paths) {
    char *standard_input[] = {"-"};
    if (count == 0) {
        paths = standard_input;
        count = 1;
    }
    int status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        char hex[2 * HASH_DIGEST_SIZE_MAX + 1];
        if (!digest_file(job, digest, paths[i])) {
            status = STATUS_FAILED;
            continue;
        }
        hex_encode(hex, digest, job->algorithm->digest_size);
        printf("%s%s  ", needs_escape(paths[i]) ? "\\" : "", hex);
        print_name(paths[i]);
        putchar('\n');
    }
    return status;
}

// --- checking a list -------------------------------------------------------------------------------------------

// Undoes the escapes in place. False when a backslash is followed by something else, or by nothing.
static bool unescape(char *name) {
    char *out = name;
    for (const char *at = name; *at != '\0'; at++) {
        if (*at != '\\') {
            *out++ = *at;
            continue;
        }
        at++;
        if (*at != 'n' && *at != 'r' && *at != '\\') {
            return false;
        }
        *out++ = (char)(*at == 'n' ? '\n' : *at == 'r' ? '\r' : '\\');
    }
    *out = '\0';
    return true;
}

static bool is_digest(const char *hex, size_t digest_size) {
    for (size_t i = 0; i < 2 * digest_size; i++) {
        if (!isxdigit((unsigned char)hex[i])) {
            return false;
        }
    }
    return true;
}

// Splits "DIGEST  NAME" or "DIGEST *NAME" or the tagged "SHA256 (NAME) = DIGEST", in place.
static bool split_line(const struct digest_job *job, char *line, const char **hex, const char **name) {
    while (*line == ' ' || *line == '\t') {
        line++;
    }
    bool escaped = *line == '\\';
    line += escaped ? 1 : 0;
    size_t digits = 2 * job->algorithm->digest_size, tag = strlen(job->algorithm->name);
    char *found = NULL;
    if (strncasecmp(line, job->algorithm->name, tag) == 0 && line[tag] == ' ' && line[tag + 1] == '(') {
        char *end = strrchr(line, ')');
        if (end == NULL || strncmp(end, ") = ", 4) != 0 || strlen(end + 4) != digits) {
            return false;
        }
        *end = '\0';
        *hex = end + 4;
        found = line + tag + 2;
    } else {
        if (strlen(line) < digits + 3 || line[digits] != ' ' ||
            (line[digits + 1] != ' ' && line[digits + 1] != '*')) {
            return false;
        }
        line[digits] = '\0';
        *hex = line;
        found = line + digits + 2;
    }
    *name = found;
    return is_digest(*hex, job->algorithm->digest_size) && (!escaped || unescape(found));
}

struct check_counts {
    size_t proper, improper, unread, mismatched;
};

static void check_line(const struct digest_job *job, char *line, struct check_counts *counts) {
    const char *hex = NULL, *name = NULL;
    if (!split_line(job, line, &hex, &name)) {
        counts->improper++;
        return;
    }
    counts->proper++;
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    char actual[2 * HASH_DIGEST_SIZE_MAX + 1];
    const char *verdict = "OK";
    if (!digest_file(job, digest, name)) {
        counts->unread++;
        verdict = "FAILED open or read";
    } else {
        hex_encode(actual, digest, job->algorithm->digest_size);
        if (strcasecmp(actual, hex) != 0) {
            counts->mismatched++;
            verdict = "FAILED";
        }
    }
    if (strchr(name, '\n') != NULL) { // only what would not stay one line is escaped here
        putchar('\\');
        print_name(name);
    } else {
        fputs(name, stdout);
    }
    printf(": %s\n", verdict);
}

static void warn(size_t count, const char *one, const char *many) {
    if (count > 0) {
        complain("WARNING: %zu %s", count, count == 1 ? one : many);
    }
}

int digest_check(const struct digest_job *job, const char *list) {
    bool standard_input = strcmp(list, "-") == 0;
    const char *list_name = standard_input ? "standard input" : list;
    FILE *file = standard_input ? stdin : fopen(list, "re");
    if (file == NULL) {
        return failure("%s: %m", list);
    }
    struct check_counts counts = {0};
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    while ((length = getline(&line, &size, file)) >= 0) {
        if (length > 0 && line[length - 1] == '\n') {
            line[--length] = '\0';
        }
        if (length > 0 && line[length - 1] == '\r') {
            line[--length] = '\0';
        }
        if (length > 0 && line[0] != '#') {
            check_line(job, line, &counts);
        }
    }
    bool read_failed = ferror(file) != 0;
    if (read_failed) {
        complain("%s: %m", list_name);
    }
    free(line);
    if (!standard_input) {
        (void)fclose(file);
    }
    if (counts.proper == 0) {
        return read_failed ? STATUS_FAILED
                           : failure("%s: no properly formatted checksum lines found", list_name);
    }
    warn(counts.improper, "line is improperly formatted", "lines are improperly formatted");
    warn(counts.unread, "listed file could not be read", "listed files could not be read");
    warn(counts.mismatched, "computed checksum did NOT match", "computed checksums did NOT match");
    return read_failed || counts.unread > 0 || counts.mismatched > 0 ? STATUS_FAILED : STATUS_OK;
}
