// The decoding of RSA paddings under valgrind: the decrypted block is marked undefined, so any branch or
// index that depends on what it holds is reported. Good blocks and bad ones take the same path, and both are
// run.

#include "ciphers/hash/hash.h"
#include "ciphers/public/rsa_oaep.h"
#include "ciphers/public/rsa_pkcs1.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

enum { SIZE = 128 };
static int number;
static int failures;

static void report(bool good, const char *name) {
    number++;
    failures += !good;
    printf("%s %d - %s\n", good ? "ok" : "not ok", number, name);
}

// What comes out is public in the end: whether it was good, and then the message.
static bool published(bool *answer, size_t *length, uint8_t *message) {
    VALGRIND_MAKE_MEM_DEFINED(answer, sizeof *answer);
    VALGRIND_MAKE_MEM_DEFINED(length, sizeof *length);
    VALGRIND_MAKE_MEM_DEFINED(message, SIZE);
    return *answer;
}

static void pkcs1(const char *name, int damage) {
    uint8_t em[SIZE];
    uint8_t ps[SIZE];
    uint8_t message[SIZE];
    size_t length;
    memset(ps, 0x5a, sizeof ps);
    bool encoded = rsa_pkcs1_encode_message(em, SIZE, (const uint8_t *)"secret", 6, ps);
    if (damage >= 0) {
        em[damage] ^= 0x5a; // a byte of PS becomes 00
    }
    bool expected = damage < 0 || damage > 9;
    VALGRIND_MAKE_MEM_UNDEFINED(em, sizeof em);
    bool answer = rsa_pkcs1_decode_message(message, &length, em, SIZE);
    bool good = published(&answer, &length, message);
    report(encoded && good == expected && (damage >= 0 || (length == 6 && memcmp(message, "secret", 6) == 0)),
           name);
}

static void oaep(const char *name, const char *hash, int damage) {
    uint8_t em[SIZE];
    uint8_t seed[HASH_DIGEST_SIZE_MAX];
    uint8_t message[SIZE];
    size_t length;
    const struct rsa_oaep options = {.hash = hash_find(hash)};
    memset(seed, 0x5a, sizeof seed);
    bool encoded = rsa_oaep_encode(em, SIZE, &options, (const uint8_t *)"secret", 6, seed);
    if (damage >= 0) {
        em[damage] ^= 1;
    }
    VALGRIND_MAKE_MEM_UNDEFINED(em, sizeof em);
    bool answer = rsa_oaep_decode_message(message, &length, em, SIZE, &options);
    bool good = published(&answer, &length, message);
    report(encoded && good == (damage < 0) &&
               (damage >= 0 || (length == 6 && memcmp(message, "secret", 6) == 0)),
           name);
}

int main(void) {
    pkcs1("PKCS #1 v1.5 decoding, a good block", -1);
    pkcs1("PKCS #1 v1.5 decoding, first byte wrong", 0);
    pkcs1("PKCS #1 v1.5 decoding, block type wrong", 1);
    pkcs1("PKCS #1 v1.5 decoding, PS too short", 5);
    pkcs1("PKCS #1 v1.5 decoding, a longer message", 50);
    oaep("OAEP decoding, a good block", "sha1", -1);
    oaep("OAEP decoding, first byte wrong", "sha1", 0);
    oaep("OAEP decoding, seed changed", "sha1", 5);
    oaep("OAEP decoding, DB changed", "sha1", 127);
    oaep("OAEP decoding with SHA-256", "sha256", -1);
    oaep("OAEP decoding with SHA-384", "sha384", 3);
    oaep("OAEP decoding with MD5", "md5", -1);
    printf("1..%d\n", number);
    return failures > 0;
}
