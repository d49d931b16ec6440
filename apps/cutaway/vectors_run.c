// The case runner: gives the fields of a vector their values as the algorithm's row wants them, runs it, and keeps what
// was expected and what came out.
#include "apps/cutaway/vectors_run.h"

#include "bignum/encoding.h"

#include <stdlib.h>
#include <string.h>

enum {
    INTEGER_BITS_MAX = 16384, // more than any group or key here
    NUMBER_MAX = 100000000,
    BYTES_MAX = 1 << 24,
};

// --- which row ---------------------------------------------------------------------------------------------------

// "aes-128-cbc": everything before the last '-' is the cipher, the rest the mode.
static bool find_cipher_mode(struct vector_run *run, const char *name) {
    char cipher[32];
    const char *dash = strrchr(name, '-');
    if (dash == NULL || (size_t)(dash - name) >= sizeof cipher) {
        return false;
    }
    memcpy(cipher, name, (size_t)(dash - name));
    cipher[dash - name] = '\0';
    run->cipher = block_cipher_find(cipher);
    return run->cipher != NULL && cipher_mode_find(&run->mode, dash + 1);
}

static bool row_matches(struct vector_run *run, const struct vector_algorithm *row, const char *name) {
    char middle[64];
    const char *suffix = row->suffix == NULL ? "" : row->suffix;
    size_t length = strlen(name), before = strlen(row->prefix), after = strlen(suffix);
    if (length < before + after || length - before - after >= sizeof middle ||
        memcmp(name, row->prefix, before) != 0 || strcmp(name + length - after, suffix) != 0) {
        return false;
    }
    memcpy(middle, name + before, length - before - after);
    middle[length - before - after] = '\0';
    switch (row->variant) {
    case VARIANT_HASH:
        run->hash = hash_find(middle);
        return run->hash != NULL;
    case VARIANT_CIPHER_MODE:
        return find_cipher_mode(run, middle);
    case VARIANT_NONE:
        return middle[0] == '\0';
    }
    return false;
}

static const struct vector_algorithm *find_row(struct vector_run *run, const char *name) {
    for (const struct vector_algorithm *row = vector_algorithms; row->run != NULL; row++) {
        if (row_matches(run, row, name)) {
            return row;
        }
    }
    return NULL;
}

// --- values ------------------------------------------------------------------------------------------------------

// Why a value was refused: a phrase to follow the field's name.
enum { WHY_SIZE = 96 };

static bool refuse(char why[static WHY_SIZE], const char *reason) {
    (void)snprintf(why, WHY_SIZE, "%s", reason);
    return false;
}

static bool bind_bytes(struct vector_bound *bound, const struct vector_value *value,
                       char why[static WHY_SIZE]) {
    if (strlen(value->text) > BYTES_MAX) {
        return refuse(why, "is too long");
    }
    if (!value->quoted) {
        return bytes_from_hex(&bound->bytes, value->text, why);
    }
    size_t length = strlen(value->text);
    if (!bytes_allocate(&bound->bytes, length)) {
        return refuse(why, "is too long for the memory there is");
    }
    memcpy(bound->bytes.data, value->text, length);
    return true;
}

static bool bind_integer(struct vector_bound *bound, const struct vector_value *value,
                         char why[static WHY_SIZE]) {
    if (strlen(value->text) > INTEGER_BITS_MAX / 3) {
        return refuse(why, "is a number of more than 16384 bits");
    }
    return (!value->quoted && value->text[0] != '-' && bn_from_text(bound->integer, value->text)) ||
           refuse(why, "is not a number: decimal digits, or hexadecimal ones after 0x");
}

// Decimal digits up to something else. NULL when there are none or the number is too large.
static const char *parse_small(unsigned long *number, const char *text) {
    unsigned long n = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        n = 10 * n + (unsigned long)(*at - '0');
        if (n > NUMBER_MAX) {
            return NULL;
        }
    }
    *number = n;
    return at == text ? NULL : at;
}

static bool bind_number(struct vector_bound *bound, const struct vector_value *value,
                        char why[static WHY_SIZE]) {
    const char *end = parse_small(&bound->number, value->text);
    return (!value->quoted && end != NULL && *end == '\0') ||
           refuse(why, "is not a count: decimal digits, at most 100000000");
}

static bool bind_bases(struct vector_bound *bound, const struct vector_value *value,
                       char why[static WHY_SIZE]) {
    const char *at = value->text;
    while (at != NULL && bound->base_count < VECTOR_BASES_MAX && !value->quoted) {
        at = parse_small(&bound->bases[bound->base_count++], at);
        if (at != NULL && *at == '\0') {
            return true;
        }
        at = at != NULL && *at == ' ' ? at + 1 : NULL;
    }
    return refuse(why, "is not a list of at most 64 small numbers, one space between them");
}

static bool bind_word(struct vector_bound *bound, const struct vector_field *field,
                      const struct vector_value *value, char why[static WHY_SIZE]) {
    size_t length = strlen(value->text);
    bound->number = 0;
    for (const char *word = field->words; word != NULL && !value->quoted; bound->number++) {
        const char *bar = strchr(word, '|');
        size_t word_length = bar == NULL ? strlen(word) : (size_t)(bar - word);
        if (word_length == length && memcmp(word, value->text, length) == 0) {
            return true;
        }
        word = bar == NULL ? NULL : bar + 1;
    }
    (void)snprintf(why, WHY_SIZE, "is none of %s", field->words);
    return false;
}

static bool bind_value(struct vector_bound *bound, const struct vector_field *field,
                       const struct vector_value *value, char why[static WHY_SIZE]) {
    bound->present = true;
    switch (field->kind) {
    case VECTOR_BYTES:
        return bind_bytes(bound, value, why);
    case VECTOR_INTEGER:
        return bind_integer(bound, value, why);
    case VECTOR_NUMBER:
        return bind_number(bound, value, why);
    case VECTOR_BASES:
        return bind_bases(bound, value, why);
    case VECTOR_WORD:
        return bind_word(bound, field, value, why);
    case VECTOR_TEXT:
        bound->text = value->text;
        return true;
    case VECTOR_HASH:
        bound->hash = hash_find(value->text);
        return bound->hash != NULL || refuse(why, "is not the name of a hash function");
    }
    return false;
}

static size_t find_field(const struct vector_algorithm *algorithm, const char *name) {
    size_t i = 0;
    while (algorithm->fields[i].name != NULL && strcmp(algorithm->fields[i].name, name) != 0) {
        i++;
    }
    return i;
}

bool vector_bind(struct vector_run *run, const struct vector_case *vector, struct vector_error *error) {
    *run = (struct vector_run){.vector = vector};
    for (size_t i = 0; i < VECTOR_FIELDS_MAX; i++) {
        mpz_init(run->fields[i].integer);
    }
    run->algorithm = find_row(run, vector->algorithm);
    if (run->algorithm == NULL) {
        return vector_fail(error, vector->line, "unknown algorithm %.60s", vector->algorithm);
    }
    for (size_t i = 0; i < vector->count; i++) {
        const struct vector_value *value = &vector->values[i];
        size_t at = find_field(run->algorithm, value->name);
        const struct vector_field *field = &run->algorithm->fields[at];
        char why[WHY_SIZE] = "";
        if (field->name == NULL) {
            return vector_fail(error, value->line, "unknown field %.40s of %.60s", value->name,
                               vector->algorithm);
        }
        if (!bind_value(&run->fields[at], field, value, why)) {
            return vector_fail(error, value->line, "%s %s", value->name, why);
        }
    }
    for (size_t i = 0; run->algorithm->fields[i].name != NULL; i++) {
        if (!run->fields[i].present && !run->algorithm->fields[i].optional) {
            return vector_fail(error, vector->line, "the case has no %s, which %.60s needs",
                               run->algorithm->fields[i].name, vector->algorithm);
        }
    }
    return true;
}

bool vector_execute(struct vector_run *run) {
    run->algorithm->run(run);
    if (run->vector->may_fail) {
        return run->outcome == OUTCOME_AGREES || run->outcome == OUTCOME_REJECTED;
    }
    return run->outcome != OUTCOME_NOTHING && (run->outcome == OUTCOME_AGREES) != run->vector->must_fail;
}

void vector_run_clear(struct vector_run *run) {
    for (size_t i = 0; i < VECTOR_FIELDS_MAX; i++) {
        bytes_clear(&run->fields[i].bytes);
        mpz_clear(run->fields[i].integer);
    }
    free(run->expected);
    free(run->got);
}

// --- what the rows' functions call -------------------------------------------------------------------------------

const struct vector_bound *vector_get(const struct vector_run *run, const char *name) {
    return &run->fields[find_field(run->algorithm, name)];
}

bool vector_has(const struct vector_run *run, const char *name) {
    return vector_get(run, name)->present;
}

const struct bytes *vector_bytes(const struct vector_run *run, const char *name) {
    return &vector_get(run, name)->bytes;
}

mpz_srcptr vector_integer(const struct vector_run *run, const char *name) {
    return vector_get(run, name)->integer;
}

// Keeps the first thing that went wrong: later ones follow from it.
static bool note(struct vector_run *run, enum vector_outcome outcome, const char *what, char *expected,
                 char *got) {
    if (run->outcome != OUTCOME_AGREES) {
        free(expected);
        free(got);
        return false;
    }
    run->outcome = outcome;
    (void)snprintf(run->what, sizeof run->what, "%s", what);
    run->expected = expected;
    run->got = got;
    return false;
}

static char *to_hex(const uint8_t *bytes, size_t length) {
    char *hex = malloc(2 * length + 1);
    if (hex != NULL) {
        hex_encode(hex, bytes, length);
    }
    return hex;
}

bool vector_expect_bytes(struct vector_run *run, const char *name, const uint8_t *got, size_t length) {
    const struct bytes *expected = vector_bytes(run, name);
    if (expected->length == length && (length == 0 || memcmp(expected->data, got, length) == 0)) {
        return true;
    }
    return note(run, OUTCOME_DIFFERS, name, to_hex(expected->data, expected->length), to_hex(got, length));
}

// Small integers in decimal, as textbooks print them; large ones as 0x and whole bytes, `size` of them.
static char *integer_text(const mpz_t n, size_t size) {
    if (size <= sizeof(unsigned long)) {
        return mpz_get_str(NULL, 10, n);
    }
    char *text = malloc(2 * size + 3);
    if (text != NULL) {
        (void)gmp_snprintf(text, 2 * size + 3, "0x%0*Zx", (int)(2 * size), n);
    }
    return text;
}

bool vector_expect_integer(struct vector_run *run, const char *name, const mpz_t got) {
    mpz_srcptr expected = vector_integer(run, name);
    if (mpz_cmp(expected, got) == 0) {
        return true;
    }
    size_t size = bn_byte_length(mpz_cmp(expected, got) > 0 ? expected : got);
    return note(run, OUTCOME_DIFFERS, name, integer_text(expected, size), integer_text(got, size));
}

bool vector_expect_word(struct vector_run *run, const char *what, const char *expected, const char *got) {
    return strcmp(expected, got) == 0 || note(run, OUTCOME_DIFFERS, what, strdup(expected), strdup(got));
}

bool vector_rejected(struct vector_run *run, const char *what) {
    return note(run, OUTCOME_REJECTED, what, NULL, NULL);
}

void vector_lacks(struct vector_run *run, const char *what) {
    (void)note(run, OUTCOME_NOTHING, what, NULL, NULL);
}

void vector_print_hex(FILE *out, const struct bytes *bytes) {
    for (size_t i = 0; i < bytes->length; i++) {
        fprintf(out, "%02x", bytes->data[i]);
    }
    if (bytes->length == 0) {
        fputs("\"\"", out);
    }
}

void vector_print_octal(FILE *out, const struct bytes *bytes) {
    for (size_t i = 0; i < bytes->length; i++) {
        fprintf(out, "\\%03o", bytes->data[i]);
    }
}

void vector_print_option(const struct vector_run *run, FILE *out, const char *option, const char *field) {
    fprintf(out, " %s ", option);
    vector_print_hex(out, vector_bytes(run, field));
}
