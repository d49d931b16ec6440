// Hashing, HMAC, HKDF and MGF1 under valgrind: the message, the key and the tag are marked undefined, so any
// branch or index that depends on them is reported. Lengths are public.

#include "ciphers/hash/hkdf.h"
#include "ciphers/hash/hmac.h"
#include "ciphers/hash/mgf1.h"

#include <stdio.h>
#include <valgrind/memcheck.h>

enum { TEXT_SIZE = 300, KEY_SIZE = 140 };

// The answers are public.
static bool reveal(bool answer) {
    VALGRIND_MAKE_MEM_DEFINED(&answer, sizeof answer);
    return answer;
}

static int report(int number, bool passed, const char *algorithm, const char *what) {
    printf("%s %d - %s: %s\n", passed ? "ok" : "not ok", number, algorithm, what);
    return passed ? 0 : 1;
}

int main(void) {
    int number = 0;
    int failed = 0;
    printf("1..24\n");
    for (const struct hash_algorithm *algorithm = hash_algorithms; algorithm->name != NULL; algorithm++) {
        uint8_t text[TEXT_SIZE] = {1};
        uint8_t key[KEY_SIZE] = {2};
        uint8_t mac[HASH_DIGEST_SIZE_MAX];
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        VALGRIND_MAKE_MEM_UNDEFINED(text, sizeof text);
        VALGRIND_MAKE_MEM_UNDEFINED(key, sizeof key);

        // Twice the same message gives the same digest.
        hash_digest(algorithm, digest, text, sizeof text);
        hash_digest(algorithm, mac, text, sizeof text);
        bool same = reveal(secure_equal(digest, mac, algorithm->digest_size));
        failed += report(++number, same, algorithm->name, "the hash is constant-time in the message");

        // A short key, and one that is hashed first; a right tag and a wrong one.
        bool right = true;
        for (size_t key_size = 20; key_size <= KEY_SIZE; key_size += KEY_SIZE - 20) {
            hmac_digest(algorithm, mac, key, key_size, text, sizeof text);
            size_t size = algorithm->digest_size;
            right &= reveal(hmac_verify(algorithm, mac, size, key, key_size, text, sizeof text));
            mac[size - 1] ^= 1;
            right &= !reveal(hmac_verify(algorithm, mac, size, key, key_size, text, sizeof text));
        }
        failed += report(++number, right, algorithm->name, "HMAC is constant-time in key, text and tag");

        uint8_t first[100];
        uint8_t second[100];
        bool derived = hkdf(algorithm, first, sizeof first, key, 20, text, 50, text, 10) &&
                       hkdf(algorithm, second, sizeof second, key, 20, text, 50, text, 10);
        derived = derived && reveal(secure_equal(first, second, sizeof first));
        failed +=
            report(++number, derived, algorithm->name, "HKDF is constant-time in salt, secret and info");

        mgf1(algorithm, first, sizeof first, text, 50);
        mgf1(algorithm, second, sizeof second, text, 50);
        bool masked = reveal(secure_equal(first, second, sizeof first));
        failed += report(++number, masked, algorithm->name, "MGF1 is constant-time in the seed");
    }
    return failed == 0 ? 0 : 1;
}
