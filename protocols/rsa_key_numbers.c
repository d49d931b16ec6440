// RSA key files: do the numbers of a key belong together? Before: rsa_key_file.c, ciphers/public/rsa_keygen.c.
//
// rsa_check_private_key answers yes or no, as a primitive does; a person with a refused file wants to know which number
// is wrong. So the equations of RFC 8017, 3.2 are asked one by one, the cheap ones first, and the first that fails is named:
//
//   n = p * q      d < n      e * d = 1 mod p-1 and q-1      d > 2^(nlen/2)      dP, dQ, qInv      p and q prime
//
// Pitfalls
// - Some programs write p < q. RFC 8017 does not forbid it, but our CRT wants p > q (rsa.h), so the two are swapped, dP and
//   dQ with them, and qInv is computed anew.
// - A size beyond what the arithmetic is made for costs minutes: the modulus is measured before anything is multiplied.
//
// Tests: tests/test_rsa_key_file.c.

#include "protocols/rsa_key_parts.h"

#include "bignum/encoding.h"
#include "bignum/euclid.h"

// a * b = 1 mod m - 1?
static bool inverse_mod_predecessor(const mpz_t a, const mpz_t b, const mpz_t m) {
    mpz_t product, modulus;
    mpz_inits(product, modulus, NULL);
    mpz_mul(product, a, b);
    mpz_sub_ui(product, product, 1);
    mpz_sub_ui(modulus, m, 1);
    bool ok = mpz_divisible_p(product, modulus) != 0;
    bn_wipe(product);
    bn_wipe(modulus);
    mpz_clears(product, modulus, NULL);
    return ok;
}

// Which equation of RFC 8017, 3.2 does not hold; NULL when all do.
static const char *failed_equation(struct rsa_private_key *key) {
    if (mpz_cmp_ui(key->p, 2) <= 0 || mpz_cmp_ui(key->q, 2) <= 0 || mpz_cmp(key->p, key->q) == 0) {
        return "p and q are not two different odd primes";
    }
    mpz_t work, modulus;
    mpz_inits(work, modulus, NULL);
    const char *failed = NULL;
    mpz_mul(work, key->p, key->q);
    if (mpz_cmp(work, key->public.n) != 0) {
        failed = "n is not p * q";
        goto done;
    }
    if (mpz_cmp(key->d, key->public.n) >= 0) {
        failed = "d is not below n";
        goto done;
    }
    if (!inverse_mod_predecessor(key->public.e, key->d, key->p) ||
        !inverse_mod_predecessor(key->public.e, key->d, key->q)) {
        failed = "e * d is not 1 modulo p - 1 and q - 1";
        goto done;
    }
    // SP 800-56B r2, 6.4.1.2.1: with a small d, n and e give d away (Wiener's attack).
    if (mpz_sizeinbase(key->d, 2) <= mpz_sizeinbase(key->public.n, 2) / 2) {
        failed = "d is too small to be safe";
        goto done;
    }
    mpz_sub_ui(modulus, key->p, 1);
    mpz_mod(work, key->d, modulus);
    if (mpz_cmp(work, key->dP) != 0) {
        failed = "dP is not d mod p - 1";
        goto done;
    }
    mpz_sub_ui(modulus, key->q, 1);
    mpz_mod(work, key->d, modulus);
    if (mpz_cmp(work, key->dQ) != 0) {
        failed = "dQ is not d mod q - 1";
        goto done;
    }
    mpz_mul(work, key->q, key->qInv);
    mpz_mod(work, work, key->p);
    if (mpz_cmp_ui(work, 1) != 0 || mpz_cmp(key->qInv, key->p) >= 0) {
        failed = "qInv is not the inverse of q modulo p";
        goto done;
    }
    // rsa.h wants p > q.
    if (mpz_cmp(key->p, key->q) < 0) {
        mpz_swap(key->p, key->q);
        mpz_swap(key->dP, key->dQ);
        if (!bn_inverse(key->qInv, key->q, key->p)) {
            failed = "q has no inverse modulo p";
            goto done;
        }
    }
    if (!rsa_check_private_key(key)) {
        failed = "p or q is not prime";
    }
done:
    bn_wipe(work);
    bn_wipe(modulus);
    mpz_clears(work, modulus, NULL);
    return failed;
}

enum key_file_error rsa_key_check_numbers(struct rsa_private_key *key, bool is_private, const char *layer,
                                          struct parse_error *where) {
    size_t bits = mpz_sizeinbase(key->public.n, 2);
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
        parse_error_set(where, 0, layer, "the modulus has %zu bits; this toolkit takes %d to %d", bits,
                        RSA_BITS_MIN, RSA_BITS_MAX);
        return KEY_FILE_SIZE;
    }
    const char *failed = NULL;
    if (!rsa_check_public_key(&key->public)) {
        failed = mpz_even_p(key->public.n) ? "n is even" : "e is not an odd number from 3 to n - 1";
    } else if (is_private) {
        failed = failed_equation(key);
    }
    if (failed != NULL) {
        parse_error_set(where, 0, layer, "the numbers of the key do not belong together: %s", failed);
        return KEY_FILE_INCONSISTENT;
    }
    return KEY_FILE_OK;
}
