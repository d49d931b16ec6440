// Reads the JSON vectors of node's hash-test-vectors: an array of messages, in base64 with their digests by name, or of
// keys and data in hexadecimal with their MACs by name. Of the many names for one function, the plain ones are run.
#include "apps/cutaway/vectors_json.h"

#include "ciphers/hash/hash.h"
#include "protocols/base64.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- what both JSON readers use ----------------------------------------------------------------------------------

bool vector_json_like(const char *text, size_t length, char opening) {
    size_t at = 0;
    while (at < length && isspace((unsigned char)text[at])) {
        at++;
    }
    return at < length && text[at] == opening;
}

json_t *vector_json_load(struct vector_builder *builder, const char *text, size_t length) {
    json_error_t reason;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &reason);
    if (root == NULL) {
        vector_build_fail(builder, reason.line < 0 ? 0 : (unsigned)reason.line, "%.120s", reason.text);
    }
    return root;
}

unsigned vector_json_line(struct vector_json_place *place, const char *name) {
    const char *found = strstr(place->at, name);
    for (const char *end = found == NULL ? place->at : found; place->at < end; place->at++) {
        place->line += *place->at == '\n';
    }
    place->at += found == NULL ? 0 : strlen(name);
    return place->line;
}

const char *vector_json_text(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

// --- node's ------------------------------------------------------------------------------------------------------

static const char *const hashes[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"};

static bool hash_json_recognises(const char *text, size_t length) {
    return vector_json_like(text, length, '[') && vector_text_has(text, length, 8192, "\"sha1\"") &&
           (vector_text_has(text, length, 8192, "\"input\"") ||
            vector_text_has(text, length, 8192, "\"data\""));
}

// Base64 to hexadecimal digits, owned by the set. NULL after a failure.
static char *digits_of_base64(struct vector_builder *builder, const char *text) {
    size_t length = strlen(text), size = 0;
    uint8_t *bytes = malloc(length + 4);
    char *digits = malloc(2 * length + 9), *kept = NULL;
    if (bytes == NULL || digits == NULL) {
        vector_build_fail(builder, builder->line, "out of memory");
    } else if (base64_decode(bytes, &size, text, length, NULL) != BASE64_OK) {
        vector_build_fail(builder, builder->line, "input is not base64");
    } else {
        for (size_t i = 0; i < size; i++) {
            (void)snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
        }
        kept = vector_build_string(builder, "%.*s", (int)(2 * size), digits);
    }
    free(bytes);
    free(digits);
    return kept;
}

static void read_hashes(struct vector_builder *builder, const json_t *item, unsigned line) {
    const char *input = vector_json_text(item, "input"), *key = vector_json_text(item, "key");
    const char *data = vector_json_text(item, "data");
    builder->line = line;
    if (input == NULL && (key == NULL || data == NULL)) {
        vector_build_fail(builder, line, "expected an object with input, or with key and data, and digests");
        return;
    }
    char *message = input == NULL ? NULL : digits_of_base64(builder, input);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        const char *digest = vector_json_text(item, hashes[i]);
        if (digest != NULL && input != NULL) {
            (void)vector_build_case(builder, line, "%s", hashes[i]);
            vector_build_value(builder, "message", message);
            vector_build_made(builder, "digest", "%s", digest);
        } else if (digest != NULL) {
            (void)vector_build_case(builder, line, "hmac-%s", hashes[i]);
            vector_build_made(builder, "key", "%s", key);
            vector_build_made(builder, "message", "%s", data);
            vector_build_made(builder, "mac", "%s", digest);
        }
    }
}

static bool hash_json_read(struct vector_set *set, const char *path, char *text, size_t length,
                           struct vector_error *error) {
    struct vector_builder builder;
    struct vector_json_place place = {text, 1};
    vector_build_begin(&builder, set, path, text, error);
    set->source = "hash-test-vectors";
    json_t *root = builder.failed ? NULL : vector_json_load(&builder, text, length), *item;
    size_t i;
    json_array_foreach(root, i, item) {
        const char *first = json_object_get(item, "input") != NULL ? "\"input\"" : "\"key\"";
        read_hashes(&builder, item, vector_json_line(&place, first));
    }
    json_decref(root);
    return vector_build_end(&builder, place.line);
}

const struct vector_format vector_format_hash_json = {"hash-test-vectors", hash_json_recognises,
                                                      hash_json_read};
