// Reads the test vectors that PyCryptodome has in the source of its self tests. It is no Python interpreter: it takes the
// source apart into names, strings and brackets, and looks for two shapes.
//
//   {'p': 'BA4C...', 'g': '05', ... 'ct1': '...', 'ct2': '...'}          ElGamal (test_ElGamal.py)
//   ('plaintext', 'ciphertext', 'key', 'comment'[, dict(mode='CBC', ...)])   AES, DES, triple DES (test_AES.py ...)
#include "apps/cutaway/vectors_build.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS_MAX = 16 };

struct python {
    struct vector_builder builder;
    struct vector_record constants; // NAME = 'text', and 'text' * 8
    char *at;
    unsigned line;
    const char *cipher; // "aes-", "des" or "des-ede": what the module imports
};

static bool python_recognises(const char *text, size_t length) {
    return vector_text_has(text, length, 16384, "import unittest") &&
           vector_text_has(text, length, 4096, "Self-test");
}

// --- tokens ------------------------------------------------------------------------------------------------------

// A token is a character that stands for itself, or one of these.
enum { TOKEN_END = 0, TOKEN_NAME = 1, TOKEN_STRING = 2, TOKEN_NUMBER = 3 };

struct token {
    int kind;
    char *text; // of a name, number or string; its end is not yet marked
    size_t length;
    unsigned line;
};

static void skip_space(struct python *file) {
    for (;; file->at++) {
        if (*file->at == '#') {
            file->at += strcspn(file->at, "\n");
        }
        if (!isspace((unsigned char)*file->at)) {
            return;
        }
        file->line += *file->at == '\n';
    }
}

// A string in single, double or three quotes.
static struct token read_string(struct python *file) {
    char quote[4] = {*file->at, 0, 0, 0};
    if (file->at[1] == quote[0] && file->at[2] == quote[0]) {
        quote[1] = quote[2] = quote[0];
    }
    struct token token = {TOKEN_STRING, file->at + strlen(quote), 0, file->line};
    char *at = token.text;
    while (*at != '\0' && strncmp(at, quote, strlen(quote)) != 0) {
        if (quote[1] == '\0' && *at == '\n') {
            break;
        }
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    }
    token.length = (size_t)(at - token.text);
    for (const char *c = token.text; c < at; c++) {
        file->line += *c == '\n';
    }
    if (*at != quote[0]) {
        vector_build_fail(&file->builder, token.line, "a string without its closing quote");
        file->at = at;
    } else {
        file->at = at + strlen(quote);
    }
    return token;
}

static struct token next_token(struct python *file) {
    skip_space(file);
    struct token token = {(unsigned char)*file->at, file->at, 1, file->line};
    if (*file->at == '\0' || file->builder.failed) {
        token.kind = TOKEN_END;
    } else if (*file->at == '\'' || *file->at == '"') {
        token = read_string(file);
    } else if (isalnum((unsigned char)*file->at) || *file->at == '_') {
        token.kind = isdigit((unsigned char)*file->at) ? TOKEN_NUMBER : TOKEN_NAME;
        token.length = 0;
        while (isalnum((unsigned char)token.text[token.length]) || token.text[token.length] == '_') {
            token.length++;
        }
        file->at += token.length;
    } else {
        file->at++;
    }
    return token;
}

static char *text_of(struct python *file, const struct token *token) {
    return vector_build_string(&file->builder, "%.*s", (int)token->length, token->text);
}

// Looks ahead without moving.
static struct token peek_token(struct python *file) {
    char *at = file->at;
    unsigned line = file->line;
    struct token token = next_token(file);
    file->at = at;
    file->line = line;
    return token;
}

// --- ElGamal -----------------------------------------------------------------------------------------------------

static const char *get(const struct vector_record *record, const char *name) {
    return vector_record_get(record, name);
}

static void make_elgamal(struct python *file, const struct vector_record *record, unsigned line) {
    static const char *const common[] = {"p", "g", "y", "x", "k"};
    struct vector_builder *builder = &file->builder;
    bool encrypts = get(record, "ct1") != NULL && get(record, "ct2") != NULL && get(record, "pt") != NULL;
    bool signs = get(record, "sig1") != NULL && get(record, "sig2") != NULL && get(record, "h") != NULL;
    if (encrypts || signs) {
        (void)vector_build_case(builder, line, encrypts ? "elgamal-encrypt" : "elgamal-sign");
        for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
            vector_build_integer(builder, common[i], get(record, common[i]));
        }
        vector_build_integer(builder, encrypts ? "message" : "h", get(record, encrypts ? "pt" : "h"));
        vector_build_integer(builder, encrypts ? "c1" : "r", get(record, encrypts ? "ct1" : "sig1"));
        vector_build_integer(builder, encrypts ? "c2" : "s", get(record, encrypts ? "ct2" : "sig2"));
    }
}

// {'name': 'text', ...}: what has another shape is left alone.
static void read_dictionary(struct python *file, unsigned line) {
    struct vector_record record = {.count = 0};
    while (peek_token(file).kind == TOKEN_STRING) {
        struct token name = next_token(file);
        if (next_token(file).kind != ':' || peek_token(file).kind != TOKEN_STRING) {
            return;
        }
        struct token value = next_token(file);
        const char *key = text_of(file, &name);
        if (key == NULL || !vector_record_set(&record, key, text_of(file, &value), value.line)) {
            vector_build_fail(&file->builder, line, "more than %d entries in one dictionary",
                              VECTOR_ENTRIES_MAX);
            return;
        }
        if (peek_token(file).kind == ',') {
            (void)next_token(file);
        }
    }
    if (next_token(file).kind == '}') {
        make_elgamal(file, &record, line);
    }
}

// --- block ciphers -----------------------------------------------------------------------------------------------

// A string, strings side by side or added, or a constant, each perhaps repeated: 'ab' * 8. NULL when it is none of these.
static char *read_value(struct python *file) {
    struct token token = peek_token(file);
    char *text = NULL;
    while ((token = peek_token(file)).kind == TOKEN_STRING || (text == NULL && token.kind == TOKEN_NAME)) {
        (void)next_token(file);
        char *piece = text_of(file, &token);
        if (token.kind == TOKEN_NAME && piece != NULL) {
            piece = vector_record_get(&file->constants, piece);
            if (piece == NULL) {
                return NULL;
            }
        }
        text = text == NULL ? piece : vector_build_string(&file->builder, "%s%s", text, piece);
        if (peek_token(file).kind == '+') {
            (void)next_token(file);
        }
    }
    if (text != NULL && token.kind == '*') {
        (void)next_token(file);
        struct token times = next_token(file);
        char *once = text;
        unsigned count =
            times.kind == TOKEN_NUMBER && times.length == 1 ? (unsigned)(times.text[0] - '0') : 0;
        for (unsigned i = 1; i < count && text != NULL; i++) {
            text = vector_build_string(&file->builder, "%s%s", text, once);
        }
        return count == 0 ? NULL : text;
    }
    return text;
}

// dict(mode='CBC', iv='00...', ...)
static bool read_options(struct python *file, struct vector_record *options) {
    while (peek_token(file).kind == TOKEN_NAME) {
        struct token name = next_token(file);
        char *key = text_of(file, &name);
        if (next_token(file).kind != '=') {
            return false;
        }
        struct token value = peek_token(file);
        char *text = value.kind == TOKEN_NUMBER ? text_of(file, &value) : read_value(file);
        if (value.kind == TOKEN_NUMBER) {
            (void)next_token(file);
        }
        if (key == NULL || text == NULL || !vector_record_set(options, key, text, value.line)) {
            return false;
        }
        if (peek_token(file).kind == ',') {
            (void)next_token(file);
        }
    }
    return next_token(file).kind == ')';
}

static void make_cipher(struct python *file, char *const items[3], const struct vector_record *options,
                        unsigned line) {
    static const char *const modes[][2] = {{"ECB", "ecb"}, {"CBC", "cbc"}, {"OFB", "ofb"}, {"CFB", "cfb8"}};
    const char *mode = get(options, "mode"), *ours = mode == NULL ? "ecb" : NULL;
    const char *segment = get(options, "segment_size");
    size_t digits = strlen(items[2]);
    for (size_t i = 0; mode != NULL && i < sizeof modes / sizeof modes[0]; i++) {
        ours = strcmp(mode, modes[i][0]) == 0 ? modes[i][1] : ours;
    }
    bool whole = segment != NULL && (strcmp(segment, "128") == 0 || strcmp(segment, "64") == 0);
    if (ours == NULL || (segment != NULL && !whole && strcmp(segment, "8") != 0)) {
        vector_build_skip(&file->builder, 1,
                          "a mode that is not offered here, or a counter made by a function");
        return;
    }
    ours = whole && strcmp(ours, "cfb8") == 0 ? "cfb" : ours;
    if (strcmp(file->cipher, "aes-") == 0) {
        (void)vector_build_case(&file->builder, line, "aes-%zu-%s", 4 * digits, ours);
    } else {
        (void)vector_build_case(&file->builder, line, "%s-%s",
                                digits == 48   ? "des-ede3"
                                : digits == 32 ? "des-ede"
                                               : "des",
                                ours);
    }
    vector_build_value(&file->builder, "key", items[2]);
    vector_build_value(&file->builder, "iv", get(options, "iv"));
    vector_build_value(&file->builder, "plaintext", items[0]);
    vector_build_value(&file->builder, "ciphertext", items[1]);
    if (strcmp(ours, "ecb") == 0 || strcmp(ours, "cbc") == 0) {
        vector_build_value(&file->builder, "padding", "none");
    }
}

static bool is_hex(const char *text) {
    return text[0] != '\0' && text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

// ('plaintext', 'ciphertext', 'key', 'comment'[, dict(...)]): what has another shape is left alone.
static void read_tuple(struct python *file, unsigned line) {
    char *items[ITEMS_MAX] = {NULL};
    size_t count = 0;
    struct vector_record options = {.count = 0};
    while (count < 4 && (items[count] = read_value(file)) != NULL) {
        count++;
        if (peek_token(file).kind != ',') {
            break;
        }
        (void)next_token(file);
    }
    if (count < 4 || !is_hex(items[0]) || !is_hex(items[1]) || !is_hex(items[2])) {
        return;
    }
    if (peek_token(file).kind == TOKEN_NAME) {
        (void)next_token(file);
        if (next_token(file).kind != '(' || !read_options(file, &options)) {
            vector_build_skip(&file->builder, 1,
                              "a mode that is not offered here, or a counter made by a function");
            return;
        }
    }
    make_cipher(file, items, &options, line);
}

// --- the file ----------------------------------------------------------------------------------------------------

static void read_constant(struct python *file, struct token name) {
    (void)next_token(file); // the '='
    char *value = peek_token(file).kind == TOKEN_STRING ? read_value(file) : NULL;
    char *key = value == NULL ? NULL : text_of(file, &name);
    if (key != NULL && !vector_record_set(&file->constants, key, value, name.line)) {
        file->constants.count = 0; // constants of no interest: the ones that count stand near their use
    }
}

// The cipher that the module tests. Tests of other things import ciphers too, but make no block tests of them.
static const char *find_cipher(const char *text, size_t length) {
    static const char *const imports[][2] = {{"Cryptodome.Cipher import AES", "aes-"},
                                             {"Cryptodome.Cipher import DES3", "des-ede"},
                                             {"Cryptodome.Cipher import DES\n", "des"}};
    bool block_tests = vector_text_has(text, length, length, "make_block_tests");
    for (size_t i = 0; block_tests && i < sizeof imports / sizeof imports[0]; i++) {
        if (vector_text_has(text, length, length, imports[i][0])) {
            return imports[i][1];
        }
    }
    return NULL;
}

static bool python_read(struct vector_set *set, const char *path, char *text, size_t length,
                        struct vector_error *error) {
    struct python file = {.at = text, .line = 1};
    vector_build_begin(&file.builder, set, path, text, error);
    set->source = "PyCryptodome self tests";
    file.cipher = find_cipher(text, length);
    for (struct token token; (token = next_token(&file)).kind != TOKEN_END;) {
        file.builder.line = token.line;
        if (token.kind == '{') {
            read_dictionary(&file, token.line);
        } else if (token.kind == '(' && file.cipher != NULL) {
            read_tuple(&file, token.line);
        } else if (token.kind == TOKEN_NAME && peek_token(&file).kind == '=') {
            read_constant(&file, token);
        }
    }
    if (set->count == 0 && set->skipped_count == 0 && !file.builder.failed) {
        vector_build_skip(&file.builder, 0, "a self test without vectors in one of the known shapes");
    }
    return vector_build_end(&file.builder, file.line);
}

const struct vector_format vector_format_python = {"PyCryptodome", python_recognises, python_read};
