// bn_powm_secret's calculation under valgrind: base and exponent are marked undefined, so any branch or index
// that depends on them is reported. (The modulus is public here; bignum/powm_secret.c says what it may show.)

#include "bignum/modexp.h"

#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

enum { SIZES = 4, MAX_SIZE = 33 };

int main(void) {
    static const size_t sizes[SIZES][3] = {
        {1, 1, 1}, {8, 8, 8}, {5, 3, 16}, {33, 32, 32}}; // base, exponent, modulus
    bool all = true;
    printf("1..%d\n", SIZES);
    for (int i = 0; i < SIZES; i++) {
        size_t base_size = sizes[i][0];
        size_t exponent_size = sizes[i][1];
        size_t modulus_size = sizes[i][2];
        mp_limb_t base[MAX_SIZE];
        mp_limb_t exponent[MAX_SIZE];
        mp_limb_t modulus[MAX_SIZE];
        mp_limb_t result[MAX_SIZE];
        memset(base, 0x5a, sizeof base);
        memset(exponent, 0xc3, sizeof exponent);
        memset(modulus, 0xa5, sizeof modulus); // its lowest byte is odd

        mpz_t expected, b, e, m;
        mpz_init(expected);
        mpz_powm(expected, mpz_roinit_n(b, base, (mp_size_t)base_size),
                 mpz_roinit_n(e, exponent, (mp_size_t)exponent_size),
                 mpz_roinit_n(m, modulus, (mp_size_t)modulus_size));

        VALGRIND_MAKE_MEM_UNDEFINED(base, sizeof base);
        VALGRIND_MAKE_MEM_UNDEFINED(exponent, sizeof exponent);
        bool done =
            bn_powm_secret_limbs(result, base, base_size, exponent, exponent_size, modulus, modulus_size);
        VALGRIND_MAKE_MEM_DEFINED(result, sizeof result); // to be compared

        mpz_t shown;
        bool ok = done && mpz_cmp(mpz_roinit_n(shown, result, (mp_size_t)modulus_size), expected) == 0;
        printf("%s %d - secret base of %zu limbs, exponent of %zu, modulus of %zu\n", ok ? "ok" : "not ok",
               i + 1, base_size, exponent_size, modulus_size);
        all = all && ok;
        mpz_clear(expected);
    }
    return all ? 0 : 1;
}
