// How vectors of ElGamal, Diffie-Hellman, the named groups and primality are computed.
#include "apps/cutaway/vectors_run.h"

#include "bignum/modexp.h"
#include "bignum/primality.h"
#include "ciphers/public/dh.h"
#include "ciphers/public/elgamal.h"

#include <string.h>

enum { GROUP_BITS_MAX = 8192 };

// --- ElGamal -----------------------------------------------------------------------------------------------------

// The group, and the public key from the private one, which must be the vector's where it has both.
static bool load_elgamal(struct vector_run *run, struct bn_group *group, mpz_t y) {
    if (!bn_group_from_numbers(group, vector_integer(run, "p"), vector_integer(run, "g"))) {
        return vector_rejected(run, "the group");
    }
    if (!vector_has(run, "x")) {
        mpz_set(y, vector_integer(run, "y"));
        return true;
    }
    return elgamal_public_key(group, y, vector_integer(run, "x"))
               ? !vector_has(run, "y") || vector_expect_integer(run, "y", y)
               : vector_rejected(run, "the private key");
}

void vector_run_elgamal_encrypt(struct vector_run *run) {
    struct bn_group group;
    mpz_t y, a, b;
    bn_group_init(&group);
    mpz_inits(y, a, b, NULL);
    if (load_elgamal(run, &group, y)) {
        if (!run->vector->must_fail && vector_has(run, "k")) {
            if (elgamal_encrypt_with(&group, a, b, y, vector_integer(run, "message"),
                                     vector_integer(run, "k"))) {
                (void)(vector_expect_integer(run, "c1", a) && vector_expect_integer(run, "c2", b));
            } else {
                (void)vector_rejected(run, "the message");
            }
        }
        if (!elgamal_decrypt(&group, a, vector_integer(run, "x"), vector_integer(run, "c1"),
                             vector_integer(run, "c2"))) {
            (void)vector_rejected(run, "the ciphertext");
        } else {
            (void)vector_expect_integer(run, "message", a);
        }
    }
    mpz_clears(y, a, b, NULL);
    bn_group_clear(&group);
}

void vector_run_elgamal_sign(struct vector_run *run) {
    struct bn_group group;
    mpz_t y, r, s;
    bn_group_init(&group);
    mpz_inits(y, r, s, NULL);
    if (load_elgamal(run, &group, y)) {
        if (!run->vector->must_fail && vector_has(run, "k") && vector_has(run, "x")) {
            if (elgamal_sign_with(&group, r, s, vector_integer(run, "x"), vector_integer(run, "h"),
                                  vector_integer(run, "k"))) {
                (void)(vector_expect_integer(run, "r", r) && vector_expect_integer(run, "s", s));
            } else {
                (void)vector_rejected(run, "the message, on signing");
            }
        }
        if (!elgamal_verify(&group, y, vector_integer(run, "h"), vector_integer(run, "r"),
                            vector_integer(run, "s"))) {
            (void)vector_rejected(run, "the signature, on verification");
        }
    }
    mpz_clears(y, r, s, NULL);
    bn_group_clear(&group);
}

// The exponentiations at the heart of each.
void vector_trace_elgamal_encrypt(const struct vector_run *run, FILE *out) {
    gmp_fprintf(out, "cutaway trace modexp %Zd %Zd %Zd", vector_integer(run, "c1"), vector_integer(run, "x"),
                vector_integer(run, "p"));
}

void vector_trace_elgamal_sign(const struct vector_run *run, FILE *out) {
    gmp_fprintf(out, "cutaway trace modexp %Zd %Zd %Zd", vector_integer(run, "g"), vector_integer(run, "h"),
                vector_integer(run, "p"));
}

// --- Diffie-Hellman ----------------------------------------------------------------------------------------------

static bool is_probable_prime(const mpz_t n) {
    mpz_t base;
    mpz_init_set_ui(base, 2);
    bool passes = mpz_odd_p(n) && mpz_cmp_ui(n, 3) > 0 && bn_trial_division(n, 1000) == 0 &&
                  bn_miller_rabin_base(n, base);
    mpz_set_ui(base, 3);
    passes = passes && bn_miller_rabin_base(n, base);
    mpz_clear(base);
    return passes;
}

// The published group is the one the library has under this name; p is a safe prime and g has order (p - 1)/2.
void vector_run_dh_group(struct vector_run *run) {
    struct bn_group group;
    mpz_t q, power;
    bn_group_init(&group);
    mpz_inits(q, power, NULL);
    if (mpz_sizeinbase(vector_integer(run, "p"), 2) > GROUP_BITS_MAX) {
        (void)vector_rejected(run, "a p of more than 8192 bits");
    } else if (!bn_group_find(&group, vector_get(run, "name")->text)) {
        (void)vector_rejected(run, "the name of the group");
    } else if (vector_expect_integer(run, "p", group.p) && vector_expect_integer(run, "g", group.g)) {
        mpz_fdiv_q_2exp(q, group.p, 1);
        if (!is_probable_prime(group.p) || !is_probable_prime(q)) {
            (void)vector_rejected(run, "p as a safe prime");
        } else if (!bn_powm_public(power, group.g, q, group.p) || mpz_cmp_ui(power, 1) != 0) {
            (void)vector_rejected(run, "g as an element of order (p - 1)/2");
        }
    }
    mpz_clears(q, power, NULL);
    bn_group_clear(&group);
}

void vector_trace_dh_group(const struct vector_run *run, FILE *out) {
    gmp_fprintf(out, "cutaway trace prime test %#Zx", vector_integer(run, "p"));
}

// Full validation of a public key in a group with a prime-order subgroup (SP 800-56A r3, 5.6.2.3.1): in range, of
// order q. Where the vector has no q, in range.
static bool check_public(const struct vector_run *run, const struct bn_group *group, mpz_srcptr y) {
    mpz_t power;
    mpz_init_set_ui(power, 1);
    bool ok = bn_group_check_public(group, y) &&
              (!vector_has(run, "q") || bn_powm_public(power, y, group->q, group->p)) &&
              mpz_cmp_ui(power, 1) == 0;
    mpz_clear(power);
    return ok;
}

// What the vector has of one side: the public key is validated, the private one must belong to it (5.6.2.1.4).
static bool check_pair(struct vector_run *run, const struct bn_group *group, const char *x, const char *y) {
    mpz_t value;
    mpz_init(value);
    bool ok =
        !vector_has(run, y) || check_public(run, group, vector_integer(run, y)) || vector_rejected(run, y);
    if (ok && vector_has(run, x) && vector_has(run, y)) {
        ok = dh_public_key(group, value, vector_integer(run, x)) ? vector_expect_integer(run, y, value)
                                                                 : vector_rejected(run, x);
    }
    mpz_clear(value);
    return ok;
}

static bool check_secret(struct vector_run *run, const struct bn_group *group, const char *x, const char *y) {
    uint8_t bytes[GROUP_BITS_MAX / 8];
    mpz_t z;
    mpz_init(z);
    bool ok = (dh_shared_secret(group, z, vector_integer(run, x), vector_integer(run, y)) &&
               dh_secret_bytes(group, bytes, z))
                  ? vector_expect_bytes(run, "z", bytes, dh_secret_size(group))
                  : vector_rejected(run, "the shared secret");
    mpz_clear(z);
    return ok;
}

void vector_run_dh_agreement(struct vector_run *run) {
    struct bn_group group;
    bn_group_init(&group);
    mpz_set(group.p, vector_integer(run, "p"));
    mpz_set(group.q, vector_integer(run, "q"));
    mpz_set(group.g, vector_integer(run, "g"));
    size_t bits = mpz_sizeinbase(group.p, 2);
    if (bits < 16 || bits > GROUP_BITS_MAX || mpz_even_p(group.p) || mpz_cmp(group.q, group.p) >= 0 ||
        mpz_cmp(group.g, group.p) >= 0) {
        (void)vector_rejected(run, "the group");
    } else {
        (void)(check_pair(run, &group, "xA", "yA") && check_pair(run, &group, "xB", "yB") &&
               check_secret(run, &group, "xA", "yB") &&
               (!vector_has(run, "xB") || !vector_has(run, "yA") || check_secret(run, &group, "xB", "yA")));
    }
    bn_group_clear(&group);
}

void vector_trace_dh_agreement(const struct vector_run *run, FILE *out) {
    gmp_fprintf(out, "cutaway trace modexp %#Zx %#Zx %#Zx", vector_integer(run, "yB"),
                vector_integer(run, "xA"), vector_integer(run, "p"));
}

// --- primality ---------------------------------------------------------------------------------------------------

// What the source says of single tests: this composite passes Miller-Rabin to these bases, and strong Lucas or not.
static void check_tests(struct vector_run *run, const mpz_t n) {
    const struct vector_bound *bases = vector_get(run, "strong-bases"),
                              *lucas = vector_get(run, "strong-lucas");
    mpz_t base;
    mpz_init(base);
    for (size_t i = 0; i < bases->base_count; i++) {
        char what[48];
        mpz_set_ui(base, bases->bases[i]);
        (void)snprintf(what, sizeof what, "Miller-Rabin to base %lu", bases->bases[i]);
        if (mpz_cmp_ui(base, 1) <= 0 || mpz_cmp(base, n) >= 0 || !bn_miller_rabin_base(n, base)) {
            (void)vector_rejected(run, what);
        }
    }
    if (lucas->present) {
        (void)vector_expect_word(run, "the strong Lucas test", lucas->number == 0 ? "passes" : "fails",
                                 bn_strong_lucas(n) ? "passes" : "fails");
    }
    mpz_clear(base);
}

void vector_run_prime(struct vector_run *run) {
    static const char *const words[] = {"prime", "composite"};
    mpz_srcptr n = vector_integer(run, "n");
    const char *expected = words[vector_get(run, "verdict")->number];
    unsigned rounds = vector_has(run, "rounds") ? (unsigned)vector_get(run, "rounds")->number
                                                : (unsigned)BN_ADVERSARIAL_ROUNDS;
    struct bn_primality result;
    bn_primality_init(&result);
    if (bn_primality_test(&result, n, rounds > BN_ADVERSARIAL_ROUNDS ? BN_ADVERSARIAL_ROUNDS : rounds)) {
        (void)vector_expect_word(run, "the verdict", expected, words[result.verdict == BN_NOT_PRIME ? 1 : 0]);
        (void)vector_expect_word(run, "Baillie-PSW", expected, words[bn_baillie_psw(n) ? 0 : 1]);
    } else {
        (void)vector_rejected(run, "the random generator");
    }
    if (mpz_odd_p(n) && mpz_cmp_ui(n, 3) > 0) {
        check_tests(run, n);
    }
    bn_primality_clear(&result);
}

void vector_trace_prime(const struct vector_run *run, FILE *out) {
    gmp_fprintf(out, "cutaway trace prime test %Zd", vector_integer(run, "n"));
}
