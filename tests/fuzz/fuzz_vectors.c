// Every reader of test vectors: whatever a file holds, it is refused with a reason and a line inside it, or its cases can
// be bound to an algorithm or refused in turn; those that cost little are run as well. The file stands in a folder that does
// not exist, so that no neighbour of it is read.
#include "tests/fuzz/fuzz.h"

#include "apps/cutaway/vectors_run.h"

#include <string.h>

enum { CASES_RUN = 16, CERTIFICATE_MAX = 2048 };

static const char path[] = "/nonexistent/des.dat";

// A large key would make verifying slow.
static bool is_cheap(const struct vector_run *run) {
    void (*row)(struct vector_run *) = run->algorithm->run;
    return row == vector_run_cipher || row == vector_run_hmac ||
           (row == vector_run_hash && !vector_has(run, "repeat")) ||
           (row == vector_run_x509_signature && vector_bytes(run, "certificate")->length < CERTIFICATE_MAX &&
            vector_bytes(run, "issuers")->length < CERTIFICATE_MAX);
}

static unsigned count_lines(const uint8_t *data, size_t size) {
    unsigned lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
    }
    return lines;
}

static void check_case(const struct vector_case *vector, unsigned lines) {
    struct vector_run run;
    struct vector_error error = {0};
    HOLDS(vector->line >= 1 && vector->line <= lines && vector->algorithm != NULL && vector->file != NULL);
    for (size_t i = 0; i < vector->count; i++) {
        HOLDS(vector->values[i].name != NULL && vector->values[i].text != NULL &&
              vector->values[i].line <= lines);
    }
    if (!vector_bind(&run, vector, &error)) {
        HOLDS(error.text[0] != '\0' && error.line <= lines);
    } else if (is_cheap(&run)) {
        bool passed = vector_execute(&run);
        HOLDS(!passed || run.outcome == OUTCOME_AGREES || vector->must_fail || vector->may_fail);
    }
    vector_run_clear(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct vector_set set = {0};
    struct vector_error error = {0};
    char *text = malloc(size + 1);
    HOLDS(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    const struct vector_format *format = vector_format_find(text, size);
    if (format == NULL) {
        free(text);
    } else if (!format->read(&set, path, text, size, &error)) {
        HOLDS(error.text[0] != '\0' && error.line <= count_lines(data, size) + 1);
        HOLDS(set.count == 0 && set.cases == NULL && set.text == NULL);
    } else {
        HOLDS(set.count > 0 || set.skipped_count > 0);
        for (size_t i = 0; i < set.count && i < CASES_RUN; i++) {
            check_case(&set.cases[i], count_lines(data, size));
        }
        vector_set_clear(&set);
    }
    return 0;
}
