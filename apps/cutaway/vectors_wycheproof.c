// Reads the JSON files of Project Wycheproof: groups of tests with common values, and for each test whether it is
// valid, invalid (it must be rejected) or acceptable (it may be either, but a wrong result is a failure), and flags
// that say what is unusual about it.
#include "apps/cutaway/vectors_json.h"

#include <stdio.h>
#include <string.h>

struct wycheproof {
    struct vector_builder builder;
    const char *algorithm;
    const json_t *group, *test;
    unsigned line;
};

// An object: the files of NIST's ACVP, which have the same names in them, are arrays.
static bool wycheproof_recognises(const char *text, size_t length) {
    return vector_json_like(text, length, '{') && vector_text_has(text, length, 65536, "\"testGroups\"") &&
           vector_text_has(text, length, 65536, "\"algorithm\"");
}

// --- values ------------------------------------------------------------------------------------------------------

// A value of the test, which must be there.
static void add(struct wycheproof *file, const char *to, const char *from) {
    const char *text = vector_json_text(file->test, from);
    if (text == NULL) {
        vector_build_fail(&file->builder, file->line, "the test has no %s", from);
    } else if (text[0] == '\0') {
        vector_build_quoted(&file->builder, to, "");
    } else {
        vector_build_made(&file->builder, to, "%s", text);
    }
}

// A number of the group's key: older files have it in the group itself, newer ones in an object of its own.
static void add_key_number(struct wycheproof *file, const char *to, const char *newer, bool needed) {
    static const char *const objects[] = {"publicKey", "privateKey"};
    const char *text = vector_json_text(file->group, to);
    for (size_t i = 0; text == NULL && i < sizeof objects / sizeof objects[0]; i++) {
        text = vector_json_text(json_object_get(file->group, objects[i]), newer);
    }
    if (text != NULL) {
        vector_build_made(&file->builder, to, "0x%s", text);
    } else if (needed) {
        vector_build_fail(&file->builder, file->line, "the group has no %s", to);
    }
}

// Of a private key, d; and the primes, if there are no more than two.
static void add_key(struct wycheproof *file, bool private_needed) {
    const json_t *private = json_object_get(file->group, "privateKey");
    add_key_number(file, "n", "modulus", true);
    add_key_number(file, "e", "publicExponent", true);
    add_key_number(file, "d", "privateExponent", private_needed);
    if (json_array_size(json_object_get(private, "otherPrimeInfos")) == 0) {
        add_key_number(file, "p", "prime1", false);
        add_key_number(file, "q", "prime2", false);
    }
}

// Comment and flags, for people.
static void add_note(struct wycheproof *file, struct vector_case *vector) {
    const char *comment = vector_json_text(file->test, "comment");
    const json_t *flag;
    size_t i;
    bool commented = comment != NULL && comment[0] != '\0';
    const char *note = vector_build_string(&file->builder, "tcId %lld%s%s",
                                           (long long)json_integer_value(json_object_get(file->test, "tcId")),
                                           commented ? ": " : "", commented ? comment : "");
    json_array_foreach(json_object_get(file->test, "flags"), i, flag) {
        if (note != NULL && json_is_string(flag)) {
            note = vector_build_string(&file->builder, "%s, %s", note, json_string_value(flag));
        }
    }
    if (vector != NULL) {
        vector->note = note;
    }
}

static void add_result(struct wycheproof *file, struct vector_case *vector) {
    const char *result = vector_json_text(file->test, "result");
    if (vector == NULL) {
        return;
    }
    vector->must_fail = result != NULL && strcmp(result, "invalid") == 0;
    vector->may_fail = result != NULL && strcmp(result, "acceptable") == 0;
    if (result == NULL || (strcmp(result, "valid") != 0 && !vector->must_fail && !vector->may_fail)) {
        vector_build_fail(&file->builder, file->line,
                          "the test's result is none of valid, invalid, acceptable");
    }
    add_note(file, vector);
}

// The hash function that a member of the group names, or NULL after counting the test as skipped.
static const char *group_hash(struct wycheproof *file, const char *member) {
    const char *name = vector_json_text(file->group, member),
               *hash = name == NULL ? NULL : vector_hash_name(name);
    if (name == NULL) {
        vector_build_fail(&file->builder, file->line, "the group has no %s", member);
    } else if (hash == NULL) {
        vector_build_skip(&file->builder, 1, "a hash function that is not one of ours");
    }
    return hash;
}

// The hash function of MGF1, or NULL after counting the test as skipped: SHAKE masks by itself.
static const char *group_mask_hash(struct wycheproof *file) {
    const char *mgf = vector_json_text(file->group, "mgf");
    if (mgf != NULL && strcmp(mgf, "MGF1") != 0) {
        vector_build_skip(&file->builder, 1, "a mask generation function that is not MGF1");
        return NULL;
    }
    return group_hash(file, "mgfSha");
}

// --- algorithms --------------------------------------------------------------------------------------------------

static void read_cbc(struct wycheproof *file) {
    const char *key = vector_json_text(file->test, "key");
    size_t digits = key == NULL ? 0 : strlen(key);
    struct vector_case *vector = vector_build_case(&file->builder, file->line, "aes-%s-cbc",
                                                   digits == 48   ? "192"
                                                   : digits == 64 ? "256"
                                                                  : "128");
    add_result(file, vector);
    add(file, "key", "key");
    add(file, "iv", "iv");
    add(file, "plaintext", "msg");
    add(file, "ciphertext", "ct");
    vector_build_value(&file->builder, "padding", "pkcs7");
    if (vector != NULL && (vector->must_fail || vector->may_fail)) {
        vector_build_value(&file->builder, "direction", "decrypt"); // what is wrong is the ciphertext
    }
}

static void read_hmac(struct wycheproof *file) {
    const char *hash = vector_hash_name(file->algorithm + strlen("HMAC"));
    if (hash == NULL) {
        vector_build_skip(&file->builder, 1, "a hash function that is not one of ours");
        return;
    }
    add_result(file, vector_build_case(&file->builder, file->line, "hmac-%s", hash));
    add(file, "key", "key");
    add(file, "message", "msg");
    add(file, "mac", "tag");
}

static void read_hkdf(struct wycheproof *file) {
    const char *hash = vector_hash_name(file->algorithm + strlen("HKDF-"));
    if (hash == NULL) {
        vector_build_skip(&file->builder, 1, "a hash function that is not one of ours");
        return;
    }
    add_result(file, vector_build_case(&file->builder, file->line, "hkdf-%s", hash));
    add(file, "ikm", "ikm");
    add(file, "salt", "salt");
    add(file, "info", "info");
    vector_build_made(&file->builder, "length", "%lld",
                      (long long)json_integer_value(json_object_get(file->test, "size")));
    add(file, "okm", "okm");
}

static void read_pkcs1_encrypt(struct wycheproof *file) {
    add_result(file, vector_build_case(&file->builder, file->line, "rsa-pkcs1-encrypt"));
    add_key(file, true);
    add(file, "message", "msg");
    add(file, "ciphertext", "ct");
}

static void read_oaep(struct wycheproof *file) {
    const char *hash = group_hash(file, "sha"), *mgf = hash == NULL ? NULL : group_mask_hash(file);
    if (mgf != NULL) {
        add_result(file, vector_build_case(&file->builder, file->line, "rsa-oaep-%s", hash));
        add_key(file, true);
        vector_build_value(&file->builder, "mgf", mgf);
        add(file, "label", "label");
        add(file, "message", "msg");
        add(file, "ciphertext", "ct");
    }
}

// To verify; where the group has a private key, the signature is also made.
static void read_pkcs1_sign(struct wycheproof *file) {
    const char *hash = group_hash(file, "sha");
    if (hash != NULL) {
        add_result(file, vector_build_case(&file->builder, file->line, "rsa-pkcs1-sign-%s", hash));
        add_key(file, false);
        add(file, "message", "msg");
        add(file, "signature", "sig");
    }
}

static void read_pss(struct wycheproof *file) {
    const char *hash = group_hash(file, "sha"), *mgf = hash == NULL ? NULL : group_mask_hash(file);
    if (mgf != NULL) {
        add_result(file, vector_build_case(&file->builder, file->line, "rsa-pss-%s", hash));
        add_key(file, false);
        vector_build_value(&file->builder, "mgf", mgf);
        vector_build_made(&file->builder, "salt-length", "%lld",
                          (long long)json_integer_value(json_object_get(file->group, "sLen")));
        add(file, "message", "msg");
        add(file, "signature", "sig");
    }
}

// "valid" means prime here, and "invalid" composite: both must come out as stated, so neither is a case that must fail.
static void read_prime(struct wycheproof *file) {
    const char *result = vector_json_text(file->test, "result"),
               *value = vector_json_text(file->test, "value");
    if (result != NULL && strcmp(result, "acceptable") == 0) {
        vector_build_skip(&file->builder, 1, "negative primes: a matter of opinion");
    } else if (value != NULL && strchr("89abcdefABCDEF", value[0]) != NULL && value[0] != '\0') {
        vector_build_skip(&file->builder, 1, "negative numbers: not offered here");
    } else if (value == NULL || result == NULL) {
        vector_build_fail(&file->builder, file->line, "the test has no value or no result");
    } else {
        add_note(file, vector_build_case(&file->builder, file->line, "prime"));
        vector_build_made(&file->builder, "n", "0x%s", value[0] == '\0' ? "0" : value);
        vector_build_value(&file->builder, "verdict", strcmp(result, "valid") == 0 ? "prime" : "composite");
    }
}

static const struct {
    const char *prefix;
    void (*read)(struct wycheproof *file);
} readers[] = {
    {"AES-CBC-PKCS5", read_cbc}, {"HMACSHA", read_hmac},
    {"HKDF-SHA-", read_hkdf},    {"RSAES-PKCS1", read_pkcs1_encrypt},
    {"RSAES-OAEP", read_oaep},   {"RSASSA-PKCS1", read_pkcs1_sign},
    {"RSASSA-PSS", read_pss},    {"PrimalityTest", read_prime},
};

static void read_groups(struct wycheproof *file, const json_t *groups, struct vector_json_place *place) {
    const json_t *group, *test;
    size_t i, j, which = 0, count = sizeof readers / sizeof readers[0];
    while (which < count &&
           strncmp(file->algorithm, readers[which].prefix, strlen(readers[which].prefix)) != 0) {
        which++;
    }
    json_array_foreach(groups, i, group) {
        const json_t *tests = json_object_get(group, "tests");
        if (!json_is_array(tests)) {
            vector_build_fail(&file->builder, place->line, "a group without tests");
        }
        json_array_foreach(tests, j, test) {
            file->group = group;
            file->test = test;
            file->line = file->builder.line = vector_json_line(place, "\"tcId\"");
            if (file->builder.failed) {
                return;
            }
            if (which == count) {
                vector_build_skip(&file->builder, 1, "an algorithm that is not one of ours");
            } else {
                readers[which].read(file);
            }
        }
    }
}

static bool wycheproof_read(struct vector_set *set, const char *path, char *text, size_t length,
                            struct vector_error *error) {
    struct wycheproof file = {.line = 0};
    struct vector_json_place place = {text, 1};
    vector_build_begin(&file.builder, set, path, text, error);
    set->source = "Wycheproof";
    json_t *root = file.builder.failed ? NULL : vector_json_load(&file.builder, text, length);
    const json_t *groups = json_object_get(root, "testGroups");
    file.algorithm = vector_json_text(root, "algorithm");
    if (file.algorithm == NULL || !json_is_array(groups)) {
        vector_build_fail(&file.builder, 1, "expected an object with algorithm and testGroups");
    } else {
        read_groups(&file, groups, &place);
    }
    json_decref(root);
    return vector_build_end(&file.builder, place.line);
}

const struct vector_format vector_format_wycheproof = {"Wycheproof", wycheproof_recognises, wycheproof_read};
