// Reads tables of block cipher vectors as Crypto++ has them (TestData/descert.dat, 3desval.dat, rijndael.dat): three columns
// of hexadecimal digits. Their sizes fit DES, triple DES or AES, but also other ciphers, and nothing in the file says
// which it is: so its name decides.
#include "apps/cutaway/vectors_build.h"

#include <ctype.h>
#include <string.h>

// descert.dat, 3desval.dat, rijndael.dat: a line is key, plaintext and ciphertext of one block.
static size_t columns(const char *line, size_t length, size_t sizes[static 3]) {
    size_t count = 0;
    for (size_t at = 0; at < length;) {
        size_t start = at;
        while (at < length && isxdigit((unsigned char)line[at])) {
            at++;
        }
        if (at == start || count == 3) {
            return 0;
        }
        sizes[count++] = at - start;
        while (at < length && isblank((unsigned char)line[at])) {
            at++;
        }
    }
    return count;
}

// By the sizes in digits: DES and triple DES have blocks of 16, AES of 32.
static const char *cipher_of(const size_t sizes[static 3]) {
    if (sizes[1] != sizes[2]) {
        return NULL;
    }
    if (sizes[1] == 16) {
        return sizes[0] == 16   ? "des-ecb"
               : sizes[0] == 32 ? "des-ede-ecb"
               : sizes[0] == 48 ? "des-ede3-ecb"
                                : NULL;
    }
    if (sizes[1] == 32) {
        return sizes[0] == 32   ? "aes-128-ecb"
               : sizes[0] == 48 ? "aes-192-ecb"
               : sizes[0] == 64 ? "aes-256-ecb"
                                : NULL;
    }
    return NULL;
}

static bool table_recognises(const char *text, size_t length) {
    size_t sizes[3] = {0};
    const char *newline = memchr(text, '\n', length);
    size_t end = newline == NULL ? length : (size_t)(newline - text);
    while (end > 0 && isspace((unsigned char)text[end - 1])) {
        end--;
    }
    return columns(text, end, sizes) == 3 && cipher_of(sizes) != NULL;
}

static bool names_our_cipher(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    return strncmp(name, "des", 3) == 0 || strncmp(name, "3des", 4) == 0 ||
           strncmp(name, "rijndael", 8) == 0 || strncmp(name, "aes", 3) == 0;
}

static void read_case(struct vector_builder *builder, char *line, unsigned number) {
    static const char *const names[] = {"key", "plaintext", "ciphertext"};
    size_t sizes[3] = {0};
    if (columns(line, strlen(line), sizes) != 3 || cipher_of(sizes) == NULL) {
        vector_build_fail(builder, number, "expected key, plaintext and ciphertext of one block");
        return;
    }
    if (!names_our_cipher(builder->set->path)) {
        vector_build_skip(builder, 1, "a table of a cipher that is not one of ours");
        return;
    }
    if (strstr(builder->set->path, "3desval.dat") != NULL && number == 3) {
        vector_build_skip(builder, 1, "DES-XEX3: not offered here");
        return;
    }
    (void)vector_build_case(builder, number, "%s", cipher_of(sizes));
    for (size_t i = 0; i < 3; i++) {
        char *value = line, *end = line + sizes[i];
        line = vector_after_blanks(end);
        *end = '\0';
        vector_build_value(builder, names[i], value);
    }
    vector_build_value(builder, "padding", "none");
}

static bool table_read(struct vector_set *set, const char *path, char *text, size_t length,
                       struct vector_error *error) {
    struct vector_builder builder;
    struct vector_lines lines = {.at = text, .end = text + length};
    vector_build_begin(&builder, set, path, text, error);
    set->source = "Table of key, plaintext, ciphertext";
    for (char *line; !builder.failed && (line = vector_next_line(&lines)) != NULL;) {
        if (line[0] != '\0') {
            read_case(&builder, line, lines.number);
        }
    }
    return vector_build_end(&builder, lines.number);
}

const struct vector_format vector_format_table = {"table", table_recognises, table_read};
