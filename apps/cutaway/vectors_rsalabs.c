// Reads the test vectors of RSA Laboratories (pkcs1v15crypt-vectors.txt, pss-vect.txt, oaep-vect.txt ...) and those of
// others in the same layout: a line `# Name:` and below it the value in hexadecimal, over as many lines as it takes.
// Keys come first, then the examples under them, each with a title that names the scheme.
#include "apps/cutaway/vectors_build.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum scheme { SCHEME_NONE, SCHEME_PKCS1_ENCRYPT, SCHEME_PKCS1_SIGN, SCHEME_OAEP, SCHEME_PSS };

struct rsalabs {
    struct vector_builder builder;
    struct vector_record record;
    enum scheme scheme;
    const char *hash, *mgf;
    bool private; // below "# Private key": an "Exponent" there is d
    const char *name;
    char *value, *end; // being read: digits are moved together
    unsigned line;
};

static bool rsalabs_recognises(const char *text, size_t length) {
    return vector_text_has(text, length, 8192, "# Modulus:") &&
           (vector_text_has(text, length, 8192, "# Public key") ||
            vector_text_has(text, length, 8192, "# Private key"));
}

// The field that a label stands for, or NULL.
static const char *field_of(const struct rsalabs *labs, const char *label) {
    static const char *const names[][2] = {{"Modulus:", "n"},       {"Public exponent:", "e"},
                                           {"Prime 1:", "p"},       {"Prime 2:", "q"},
                                           {"Message:", "message"}, {"Message to be signed:", "message"},
                                           {"Seed:", "random"},     {"Salt:", "random"},
                                           {"Encryption:", "out"},  {"Signature:", "out"}};
    if (strcmp(label, "Exponent:") == 0) {
        return labs->private ? "d" : "e";
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(label, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return NULL;
}

static void add_key(struct rsalabs *labs) {
    static const char *const names[] = {"n", "e", "d", "p", "q"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vector_build_integer(&labs->builder, names[i], vector_record_get(&labs->record, names[i]));
    }
}

static void finish_case(struct rsalabs *labs) {
    struct vector_builder *builder = &labs->builder;
    unsigned line = vector_record_line(&labs->record);
    const char *random =
        vector_record_fresh(&labs->record, "random") ? vector_record_get(&labs->record, "random") : NULL;
    const char *random_name = labs->scheme == SCHEME_OAEP  ? "seed"
                              : labs->scheme == SCHEME_PSS ? "salt"
                                                           : "ps";
    bool signs = labs->scheme == SCHEME_PKCS1_SIGN || labs->scheme == SCHEME_PSS;
    if (!vector_record_fresh(&labs->record, "message")) {
        vector_build_fail(builder, line, "an example without its message");
        return;
    }
    switch (labs->scheme) {
    case SCHEME_PKCS1_ENCRYPT:
        (void)vector_build_case(builder, line, "rsa-pkcs1-encrypt");
        break;
    case SCHEME_PKCS1_SIGN:
        (void)vector_build_case(builder, line, "rsa-pkcs1-sign-%s", labs->hash);
        break;
    case SCHEME_OAEP:
        (void)vector_build_case(builder, line, "rsa-oaep-%s", labs->hash);
        vector_build_value(builder, "mgf", labs->mgf);
        break;
    case SCHEME_PSS:
        (void)vector_build_case(builder, line, "rsa-pss-%s", labs->hash);
        vector_build_value(builder, "mgf", labs->mgf);
        break;
    case SCHEME_NONE:
        vector_build_fail(builder, line, "an example whose scheme no title above it names");
        return;
    }
    add_key(labs);
    vector_build_bytes(builder, "message", vector_record_get(&labs->record, "message"), 0);
    vector_build_bytes(builder, labs->scheme == SCHEME_PKCS1_SIGN ? "ps" : random_name,
                       labs->scheme == SCHEME_PKCS1_SIGN ? NULL : random, 0);
    vector_build_bytes(builder, signs ? "signature" : "ciphertext", vector_record_get(&labs->record, "out"),
                       0);
    vector_record_settle(&labs->record);
}

// Ends the value that is being read, and the example when it was its last.
static void finish_value(struct rsalabs *labs) {
    if (labs->name != NULL && labs->value != NULL) {
        *labs->end = '\0';
        if (!vector_record_set(&labs->record, labs->name, labs->value, labs->line)) {
            vector_build_fail(&labs->builder, labs->line, "too many values");
        } else if (strcmp(labs->name, "out") == 0) {
            finish_case(labs);
        }
    } else if (labs->name != NULL) {
        vector_build_fail(&labs->builder, labs->line, "a label without a value");
    }
    labs->name = NULL;
    labs->value = NULL;
}

// "alg=sha224": the hash function named, or the one before.
static const char *named_hash(struct rsalabs *labs, const char *title, const char *option,
                              const char *otherwise) {
    char name[16];
    const char *at = strstr(title, option);
    size_t length = at == NULL ? 0 : strcspn(at + strlen(option), " ");
    if (length == 0 || length >= sizeof name) {
        return otherwise;
    }
    memcpy(name, at + strlen(option), length);
    name[length] = '\0';
    const char *hash = vector_hash_name(name);
    if (hash == NULL) {
        vector_build_fail(&labs->builder, labs->line, "%s is not a hash function known here", name);
    }
    return hash == NULL ? otherwise : hash;
}

static void read_title(struct rsalabs *labs, const char *title) {
    static const struct {
        const char *words;
        enum scheme scheme;
    } titles[] = {{"PKCS#1 v1.5 encryption of", SCHEME_PKCS1_ENCRYPT},
                  {"PKCS#1 v1.5 signing of", SCHEME_PKCS1_SIGN},
                  {"PKCS#1 v1.5 Encryption Example", SCHEME_PKCS1_ENCRYPT},
                  {"PKCS#1 v1.5 Signature Example", SCHEME_PKCS1_SIGN},
                  {"OAEP Encryption Example", SCHEME_OAEP},
                  {"OAEP Example", SCHEME_OAEP},
                  {"PSS Signature Example", SCHEME_PSS},
                  {"PSS Example", SCHEME_PSS}};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (strstr(title, titles[i].words) != NULL) {
            labs->scheme = titles[i].scheme;
            labs->hash = named_hash(labs, title, "alg=", "sha1");
            labs->mgf = named_hash(labs, title, "mgf1=", labs->hash);
        }
    }
    if (strcmp(title, "Public key") == 0) {
        labs->record.count = 0; // another key
        labs->private = false;
    } else if (strcmp(title, "Private key") == 0) {
        labs->private = true;
    }
}

static void read_label(struct rsalabs *labs, char *label, unsigned number) {
    finish_value(labs);
    labs->line = number;
    label = label + strspn(label, "# \t");
    labs->name = field_of(labs, label);
    if (labs->name == NULL) {
        read_title(labs, label);
    }
}

static void read_digits(struct rsalabs *labs, char *line, unsigned number) {
    if (labs->value == NULL) {
        labs->value = labs->end = line;
        labs->line = number;
    }
    for (const char *c = line; *c != '\0'; c++) {
        if (isxdigit((unsigned char)*c)) {
            *labs->end++ = *c;
        } else if (!isblank((unsigned char)*c)) {
            vector_build_fail(&labs->builder, number,
                              "expected hexadecimal digits, a \"# Label:\" or a blank line");
            return;
        }
    }
}

static bool rsalabs_read(struct vector_set *set, const char *path, char *text, size_t length,
                         struct vector_error *error) {
    struct rsalabs labs = {.hash = "sha1", .mgf = "sha1"};
    struct vector_lines lines = {.at = text, .end = text + length};
    vector_build_begin(&labs.builder, set, path, text, error);
    set->source = "RSA Laboratories, or in their layout";
    for (char *line; !labs.builder.failed && (line = vector_next_line(&lines)) != NULL;) {
        if (line[0] == '#') {
            read_label(&labs, line, lines.number);
        } else if (line[0] == '\0') {
            if (labs.value != NULL) {
                finish_value(&labs);
            }
        } else if (labs.name != NULL) { // other lines are prose, or values that are not needed
            read_digits(&labs, line, lines.number);
        }
    }
    finish_value(&labs);
    if (set->count == 0 && !labs.builder.failed) {
        vector_build_skip(&labs.builder, 1, "intermediate values of an example, under other labels");
    }
    return vector_build_end(&labs.builder, lines.number);
}

const struct vector_format vector_format_rsalabs = {"RSA Laboratories", rsalabs_recognises, rsalabs_read};
