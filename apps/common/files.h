// Input and output of the command-line programs: files or the standard streams, in pieces, with every error reported
// as one line. Path "-" or NULL is standard input or output.
#ifndef APPS_COMMON_FILES_H
#define APPS_COMMON_FILES_H

#include "apps/common/hex.h"

// Call first in main: a closed standard stream is replaced by one on which reading or writing fails, so that no file
// opened later takes its number by accident.
void files_guard_standard_streams(void);

// Call last in main: flushes standard output and reports what could not be written (a full disk, a closed pipe). A program
// that ignores SIGPIPE for its connections' sake ends by it here, quietly, when nothing else was wrong: a filter's reader has gone.
// Returns the exit status: `status`, or 1 when it was 0 and the output is incomplete.
int files_finish(int status);

// --- input -----------------------------------------------------------------------------------------------------

enum { INPUT_PIECE = 65536 }; // a good size for the pieces of input_read

struct input {
    int descriptor;
    const char *name; // for messages: the path, or "standard input"
};

// Opens for reading. False after a complaint.
MUST_CHECK bool input_open(struct input *input, const char *path);
// Reads up to `size` bytes, as many as there are; *length = 0 at the end. False after a complaint.
MUST_CHECK bool input_read(struct input *input, uint8_t *out, size_t size, size_t *length);
void input_close(struct input *input);

// The whole of a small file, at most `limit` bytes. The bytes are followed by a terminating zero that does not
// count. False after a complaint.
MUST_CHECK bool input_read_all(struct bytes *bytes, const char *path, size_t limit);

// --- output ----------------------------------------------------------------------------------------------------

// An output that is there completely or not at all: a regular file is written under a temporary name beside it and
// renamed by output_finish. Standard output, pipes and devices are written as they are, piece by piece.
struct output {
    int descriptor;
    const char *name; // for messages
    char *path;       // where it will stand (symbolic links resolved); NULL: written in place
    char *temporary;
};

enum output_privacy { OUTPUT_ORDINARY, OUTPUT_SECRET }; // a secret file is readable by its owner alone

// All three: false after a complaint, with nothing left behind.
MUST_CHECK bool output_open(struct output *output, const char *path, enum output_privacy privacy);
MUST_CHECK bool output_write(struct output *output, const void *in, size_t length);
MUST_CHECK bool output_finish(struct output *output);
// Gives up: removes what was written. After output_finish it does nothing, so it may stand on every cleanup path.
void output_discard(struct output *output);

// A small output in one go: open, write, finish.
MUST_CHECK bool output_write_all(const char *path, enum output_privacy privacy, const void *in,
                                 size_t length);

#endif
