// Files and standard streams, in pieces; outputs appear whole or not at all.

#include "apps/common/files.h"
#include "apps/common/message.h"
#include "apps/common/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_standard(const char *path) {
    return path == NULL || strcmp(path, "-") == 0;
}

void files_guard_standard_streams(void) {
    // Reading from a write-only descriptor fails with EBADF, exactly as on a closed one; likewise the other way.
    const int wrong_way[3] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", wrong_way[descriptor]) < 0) {
            _exit(STATUS_FAILED);
        }
    }
}

int files_finish(int status) {
    bool written = !ferror(stdout);
    errno = 0;
    if (fflush(stdout) != 0) {
        written = false;
    }
    if (!written) {
        if (errno == EPIPE && status == STATUS_OK) {
            signals_end_by_pipe();
        }
        complain("standard output: %s", errno != 0 ? strerror(errno) : "could not be written");
        clearerr(stdout);
        return status == STATUS_OK ? STATUS_FAILED : status;
    }
    return status;
}

// --- input -----------------------------------------------------------------------------------------------------

bool input_open(struct input *input, const char *path) {
    if (is_standard(path)) {
        *input = (struct input){.descriptor = STDIN_FILENO, .name = "standard input"};
        return true;
    }
    *input = (struct input){.descriptor = open(path, O_RDONLY | O_CLOEXEC), .name = path};
    if (input->descriptor < 0) {
        complain("%s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

bool input_read(struct input *input, uint8_t *out, size_t size, size_t *length) {
    ssize_t got;
    do {
        got = read(input->descriptor, out, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        complain("%s: %s", input->name, strerror(errno));
        return false;
    }
    *length = (size_t)got;
    return true;
}

void input_close(struct input *input) {
    if (input->descriptor > STDERR_FILENO) {
        (void)close(input->descriptor);
    }
    input->descriptor = -1;
}

bool input_read_all(struct bytes *bytes, const char *path, size_t limit) {
    struct input input;
    if (!input_open(&input, path)) {
        return false;
    }
    struct bytes all = {0};
    size_t room = 0, length = 0, got = 0;
    bool ok = true;
    do {
        if (room - length < 2) { // one byte to read and the terminating zero
            struct bytes larger;
            room = room == 0 ? 4096 : 2 * room;
            if (!bytes_allocate(&larger, room)) {
                complain("%s: does not fit into memory", input.name);
                ok = false;
                break;
            }
            if (length > 0) {
                memcpy(larger.data, all.data, length);
            }
            bytes_clear(&all);
            all = larger;
        }
        ok = input_read(&input, all.data + length, room - 1 - length, &got);
        length += ok ? got : 0;
        if (ok && length > limit) {
            complain("%s: is longer than %zu bytes, the most that makes sense here", input.name, limit);
            ok = false;
        }
    } while (ok && got > 0);
    input_close(&input);
    if (!ok) {
        bytes_clear(&all);
        return false;
    }
    memset(all.data + length, 0, room - length);
    all.length = length;
    bytes_clear(bytes);
    *bytes = all;
    return true;
}

// --- output ----------------------------------------------------------------------------------------------------

static void output_forget(struct output *output) {
    free(output->path);
    free(output->temporary);
    *output = (struct output){.descriptor = -1, .name = output->name};
}

// Opens a new file beside `path`, which gets the permissions that the final file shall have.
static bool open_temporary(struct output *output, mode_t mode) {
    size_t size = strlen(output->path) + sizeof ".XXXXXX";
    output->temporary = malloc(size);
    if (output->temporary == NULL) {
        return false;
    }
    (void)snprintf(output->temporary, size, "%s.XXXXXX", output->path);
    output->descriptor = mkostemp(output->temporary, O_CLOEXEC);
    if (output->descriptor < 0) {
        free(output->temporary);
        output->temporary = NULL;
        return false;
    }
    return fchmod(output->descriptor, mode) == 0;
}

bool output_open(struct output *output, const char *path, enum output_privacy privacy) {
    *output = (struct output){.descriptor = -1, .name = path};
    if (is_standard(path)) {
        *output = (struct output){.descriptor = STDOUT_FILENO, .name = "standard output"};
        if (fflush(stdout) != 0) { // what printf holds back comes first
            complain("%s: %s", output->name, strerror(errno));
            return false;
        }
        return true;
    }
    struct stat existing;
    bool exists = stat(path, &existing) == 0;
    bool ok;
    if (exists &&
        !S_ISREG(existing.st_mode)) { // a device or a pipe (a folder fails here, with the right words)
        output->descriptor = open(path, O_WRONLY | O_CLOEXEC);
        ok = output->descriptor >= 0;
    } else {
        mode_t mask = umask(0);
        (void)umask(mask);
        mode_t mode = 0666 & ~mask;
        if (privacy == OUTPUT_SECRET) {
            mode = 0600;
        } else if (exists) {
            mode = existing.st_mode & 0777;
        }
        output->path = exists ? realpath(path, NULL) : strdup(path);
        ok = output->path != NULL && open_temporary(output, mode);
    }
    if (!ok) {
        complain("%s: %s", path, strerror(errno));
        output_discard(output);
    }
    return ok;
}

bool output_write(struct output *output, const void *in, size_t length) {
    const uint8_t *at = in;
    while (length > 0) {
        ssize_t written = write(output->descriptor, at, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            complain("%s: %s", output->name, strerror(errno));
            output_discard(output);
            return false;
        }
        at += written;
        length -= (size_t)written;
    }
    return true;
}

bool output_finish(struct output *output) {
    if (output->descriptor == STDOUT_FILENO) {
        output_forget(output);
        return true;
    }
    int descriptor = output->descriptor;
    output->descriptor = -1;
    bool ok = close(descriptor) == 0;
    if (ok && output->temporary != NULL) {
        ok = rename(output->temporary, output->path) == 0;
    }
    if (!ok) {
        complain("%s: %s", output->name, strerror(errno));
        output_discard(output);
        return false;
    }
    output_forget(output);
    return true;
}

void output_discard(struct output *output) {
    if (output->descriptor > STDERR_FILENO) {
        (void)close(output->descriptor);
    }
    if (output->temporary != NULL) {
        (void)unlink(output->temporary);
    }
    output_forget(output);
}

bool output_write_all(const char *path, enum output_privacy privacy, const void *in, size_t length) {
    struct output output;
    return output_open(&output, path, privacy) && output_write(&output, in, length) && output_finish(&output);
}
