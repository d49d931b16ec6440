// Reads the test vectors of Crypto++ (TestVectors/*.txt, whose Readme.txt describes the format): sections of `Name:
// value` fields, each in force until it is given again, and a `Test:` wherever enough of them stand above it. A value
// goes on in the next line after a backslash, and a '#' starts a comment. Bytes are hexadecimal, or text in quotes, or
// either of them repeated: r50 0xdd.
#include "apps/cutaway/vectors_build.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 1 << 20, NAME_SIZE = 48 };

static const char BETWEEN[] = " \t,)"; // what may stand between pieces; the last two by mistake

struct cryptopp {
    struct vector_builder builder;
    struct vector_record record;
    unsigned line; // of the field in hand
};

static bool cryptopp_recognises(const char *text, size_t length) {
    return vector_text_has(text, length, 4096, "AlgorithmType:") &&
           vector_text_has(text, length, 4096, "\nName:");
}

static char *get(const struct cryptopp *file, const char *name) {
    return vector_record_get(&file->record, name);
}

// --- encoded strings ---------------------------------------------------------------------------------------------

// Appends the piece at *at, and moves it behind it: quoted text or hexadecimal digits, which may have spaces between
// them. What is appended are hexadecimal digits.
static bool append_piece(char *out, size_t *length, const char **at) {
    const char *c = *at;
    if (*c == '"') {
        for (c++; *c != '\0' && *c != '"'; c++) {
            *length += (size_t)snprintf(out + *length, 3, "%02x", (unsigned char)*c);
        }
        *at = *c == '"' ? c + 1 : c;
        return *c == '"';
    }
    c += strncmp(c, "0x", 2) == 0 ? 2 : 0;
    while (isxdigit((unsigned char)*c)) {
        out[(*length)++] = *c++;
    }
    bool any = c != *at;
    *at = c;
    return any;
}

// The bytes of a field as hexadecimal digits. NULL where the field is missing; a value that is none is an error.
static char *bytes_of(struct cryptopp *file, const char *name) {
    const char *text = get(file, name), *at = text;
    if (text == NULL) {
        return NULL;
    }
    char *digits = NULL;
    size_t length = 0, room = 0;
    for (at += strspn(at, BETWEEN); *at != '\0'; at += strspn(at, BETWEEN)) {
        char *end = NULL;
        unsigned long repeat = *at == 'r' ? strtoul(at + 1, &end, 10) : 1;
        at = end == NULL ? at : end + strspn(end, " \t");
        size_t piece = 2 * strlen(at);
        if (repeat == 0 || repeat > BYTES_MAX || piece > BYTES_MAX ||
            length + repeat * (piece + 2) > 4 * BYTES_MAX) {
            vector_build_fail(&file->builder, file->line, "%s is too long", name);
            break;
        }
        room = length + repeat * (piece + 2) + 1;
        char *moved = realloc(digits, room);
        if (moved == NULL) {
            vector_build_fail(&file->builder, file->line, "out of memory");
            break;
        }
        digits = moved;
        const char *start = at;
        bool ok = true;
        for (unsigned long i = 0; ok && i < repeat; i++) {
            at = start;
            ok = append_piece(digits, &length, &at);
        }
        if (!ok) {
            vector_build_fail(&file->builder, file->line, "%s is neither hexadecimal nor text in quotes",
                              name);
            break;
        }
    }
    char *kept = file->builder.failed
                     ? NULL
                     : vector_build_string(&file->builder, "%.*s", (int)length, length == 0 ? "" : digits);
    free(digits);
    return kept;
}

static void add_bytes(struct cryptopp *file, const char *to, const char *from) {
    char *digits = bytes_of(file, from);
    if (digits != NULL) {
        digits[strlen(digits) / 2 * 2] = '\0'; // half a byte at the end is dropped, as by Crypto++'s decoder
    }
    vector_build_value(&file->builder, to, digits);
}

// --- tests -------------------------------------------------------------------------------------------------------

// "HMAC(SHA-1)": the hash function between the brackets, or NULL.
static const char *hash_between(const char *name) {
    char between[NAME_SIZE];
    const char *open = strchr(name, '('), *close = open == NULL ? NULL : strrchr(open, ')');
    if (close == NULL || (size_t)(close - open) >= sizeof between) {
        return NULL;
    }
    memcpy(between, open + 1, (size_t)(close - open - 1));
    between[close - open - 1] = '\0';
    return vector_hash_name(between);
}

static void make_cipher(struct cryptopp *file, const char *name) {
    static const char *const modes[][2] = {
        {"AES/ECB", "ecb"}, {"AES/CBC", "cbc"}, {"AES/CFB", "cfb"}, {"AES/OFB", "ofb"}, {"AES/CTR", "ctr"}};
    const char *mode = NULL, *feedback = get(file, "FeedbackSize");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        mode = strcmp(name, modes[i][0]) == 0 ? modes[i][1] : mode;
    }
    char *key = mode == NULL ? NULL : bytes_of(file, "Key");
    if (mode == NULL) {
        vector_build_skip(&file->builder, 1, "a cipher or mode that is not offered here");
    } else if (key == NULL || get(file, "Plaintext") == NULL || get(file, "Ciphertext") == NULL) {
        vector_build_skip(&file->builder, 1, "a ciphertext that is given by its sum only");
    } else {
        bool cfb8 = strcmp(mode, "cfb") == 0 && feedback != NULL && strcmp(feedback, "1") == 0;
        (void)vector_build_case(&file->builder, file->line, "aes-%zu-%s%s", 4 * strlen(key), mode,
                                cfb8 ? "8" : "");
        vector_build_value(&file->builder, "key", key);
        add_bytes(file, "iv", strcmp(mode, "ecb") == 0 ? "" : "IV");
        add_bytes(file, "plaintext", "Plaintext");
        add_bytes(file, "ciphertext", "Ciphertext");
    }
}

static void make_mac(struct cryptopp *file, const char *name, const char *test) {
    const char *hash = strncmp(name, "HMAC(", 5) == 0 ? hash_between(name) : NULL;
    if (hash == NULL) {
        vector_build_skip(&file->builder, 1, "a MAC that is not offered here");
        return;
    }
    struct vector_case *vector = vector_build_case(&file->builder, file->line, "hmac-%s", hash);
    add_bytes(file, "key", "Key");
    add_bytes(file, "message", "Message");
    add_bytes(file, "mac", "MAC");
    if (vector != NULL) {
        vector->must_fail = strcmp(test, "NotVerify") == 0;
    }
}

static void make_digest(struct cryptopp *file, const char *name) {
    const char *hash = vector_hash_name(name);
    if (hash == NULL) {
        vector_build_skip(&file->builder, 1, "a hash function that is not offered here");
        return;
    }
    (void)vector_build_case(&file->builder, file->line, "%s", hash);
    add_bytes(file, "message", "Message");
    add_bytes(file, "digest", "Digest");
}

static void make_kdf(struct cryptopp *file, const char *name) {
    const char *hash = strncmp(name, "HKDF(", 5) == 0 ? hash_between(name) : NULL;
    if (hash == NULL) {
        vector_build_skip(&file->builder, 1, "a key derivation that is not offered here");
        return;
    }
    (void)vector_build_case(&file->builder, file->line, "hkdf-%s", hash);
    add_bytes(file, "ikm", "Secret");
    add_bytes(file, "salt", "Salt");
    add_bytes(file, "info", "Info");
    vector_build_value(&file->builder, "length", get(file, "DerivedKeyLength"));
    add_bytes(file, "okm", "DerivedKey");
}

static void make_rsa(struct cryptopp *file, const char *name, const char *test) {
    static const char *const numbers[][2] = {{"n", "Modulus"},
                                             {"e", "PublicExponent"},
                                             {"d", "PrivateExponent"},
                                             {"p", "Prime1"},
                                             {"q", "Prime2"}};
    struct vector_builder *builder = &file->builder;
    bool oaep = strncmp(name, "RSA/OAEP-MGF1(", 14) == 0, pss = strncmp(name, "RSA/PSS-MGF1(", 13) == 0;
    bool pkcs1 = strncmp(name, "RSA/PKCS1-1.5(", 14) == 0, is_key = strncmp(test, "KeyPair", 7) == 0;
    const char *hash = hash_between(name), *format = get(file, "KeyFormat");
    if (!(oaep || pss || pkcs1) || hash == NULL) {
        vector_build_skip(builder, 1, "a scheme or hash function that is not offered here");
        return;
    }
    if (format == NULL || strcmp(format, "Component") != 0) {
        vector_build_skip(builder, 1, "an RSA key in DER, by its parts");
        return;
    }
    struct vector_case *vector = is_key ? vector_build_case(builder, file->line, "rsa-key")
                                        : vector_build_case(builder, file->line, "rsa-%s-%s",
                                                            oaep  ? "oaep"
                                                            : pss ? "pss"
                                                                  : "pkcs1-sign",
                                                            hash);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        vector_build_integer(builder, numbers[i][0], bytes_of(file, numbers[i][1]));
    }
    if (!is_key) {
        add_bytes(file, "message", oaep ? "Plaintext" : "Message");
        add_bytes(file, "salt", pss ? "Salt" : "");
        add_bytes(file, "seed", oaep ? "Seed" : "");
        add_bytes(file, oaep ? "ciphertext" : "signature", oaep ? "Ciphertext" : "Signature");
    }
    if (vector != NULL) {
        vector->must_fail = strcmp(test, "NotVerify") == 0;
    }
}

static void make_test(struct cryptopp *file, const char *test) {
    const char *type = get(file, "AlgorithmType"), *name = get(file, "Name");
    if (type == NULL || name == NULL) {
        vector_build_skip(&file->builder, 1, "a test in a section that names no algorithm");
    } else if (strcmp(type, "FileList") == 0) {
        vector_build_skip(&file->builder, 0, "a list of other files");
    } else if (strcmp(type, "SymmetricCipher") == 0) {
        make_cipher(file, name);
    } else if (strcmp(type, "MAC") == 0) {
        make_mac(file, name, test);
    } else if (strcmp(type, "MessageDigest") == 0) {
        make_digest(file, name);
    } else if (strcmp(type, "KDF") == 0) {
        make_kdf(file, name);
    } else {
        make_rsa(file, name, test);
    }
}

// --- lines -------------------------------------------------------------------------------------------------------

// The comment at the end of a line, unless the '#' stands in quotes. True when the value goes on in the next line.
static bool cut_comment(char *line) {
    bool quoted = false, goes_on = false;
    size_t length = strlen(line);
    goes_on = length > 0 && line[length - 1] == '\\';
    line[goes_on ? length - 1 : length] = '\0';
    for (char *c = line; *c != '\0'; c++) {
        quoted = quoted != (*c == '"');
        if (*c == '#' && !quoted) {
            *c = '\0';
            break;
        }
    }
    vector_cut_blanks(line);
    return goes_on;
}

// A field of one or more lines. What follows the first is moved up to it, with a space between.
static void read_field(struct cryptopp *file, char *line, struct vector_lines *lines) {
    file->line = lines->number;
    bool goes_on = cut_comment(line);
    char *colon = strchr(line, ':');
    if (colon == NULL) {
        vector_build_fail(&file->builder, file->line, "expected \"Name: value\"");
        return;
    }
    *colon = '\0';
    vector_cut_blanks(line);
    char *value = vector_after_blanks(colon + 1), *end = value + strlen(value);
    for (char *more; goes_on && (more = vector_next_line(lines)) != NULL;) {
        goes_on = cut_comment(more);
        more = vector_after_blanks(more);
        size_t length = strlen(more);
        if (length > 0 && end < more) {
            *end++ = ' ';
            memmove(end, more, length + 1);
            end += length;
        }
    }
    if (strcmp(line, "Test") == 0) {
        make_test(file, value);
    } else if (!vector_record_set(&file->record, line, value, file->line)) {
        vector_build_fail(&file->builder, file->line, "more than %d names in one section",
                          VECTOR_ENTRIES_MAX);
    }
}

static bool cryptopp_read(struct vector_set *set, const char *path, char *text, size_t length,
                          struct vector_error *error) {
    struct cryptopp file = {.line = 0};
    struct vector_lines lines = {.at = text, .end = text + length};
    vector_build_begin(&file.builder, set, path, text, error);
    set->source = "Crypto++";
    for (char *line; !file.builder.failed && (line = vector_next_line(&lines)) != NULL;) {
        if (line[0] == '\0') {
            file.record.count = 0; // each section stands alone
        } else if (line[0] != '#') {
            read_field(&file, line, &lines);
        }
    }
    return vector_build_end(&file.builder, lines.number);
}

const struct vector_format vector_format_cryptopp = {"Crypto++", cryptopp_recognises, cryptopp_read};
