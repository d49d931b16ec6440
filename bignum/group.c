// The groups: a prime p, and a g whose powers are the playing field.
//
// Diffie-Hellman and ElGamal rest on one lopsided fact: g^x mod p is quickly calculated, x from g^x is not.
// How hard the way back is depends on p twice over. p must be long (the index calculus works against the
// whole of it). And p - 1 must have a large prime factor, or the problem falls apart into small ones (Pohlig
// and Hellman, 1978): the choice here is the best one possible, a safe prime p = 2q + 1, whose only subgroups
// have 1, 2, q and 2q members.
//
//      all of 1 .. p-1    2q members:   1, p-1    |  the other squares  |  the other non-squares
//                                       order 1, 2   order q               order 2q
//
// The published g = 2 is a square, so all its powers are: q of them, and no listener can tell x's parity.
//
// Checking what a peer sends. y = 1 or p - 1 (or 0) make the shared secret one that everybody knows: refuse
// them. A y that is no square gives away whether one's own exponent is even: refuse it too, where all honest
// values are squares. In a group with many small subgroups an unchecked y gives away the private key modulo
// each small order (Lim and Lee, 1997); the toys are such groups, and are there for that.
//
// Source: RFC 3526, RFC 7919 appendix A; SP 800-56A r3, 5.6.2.3.1. Not constant-time: everything here is
// public. Tests: tests/test_groups.c. Lesson: docs/groups.md. Read next: ciphers/public/dh.c.

#include "bignum/group.h"

#include "bignum/group_constants.h"
#include "bignum/modexp.h"
#include "bignum/primality.h"
#include "bignum/prime.h"
#include "bignum/random.h"
#include "bignum/trace_integer.h"

#include <string.h>

// --- the published groups ----------------------------------------------------------------------------------

static const struct published_group {
    const char *name;
    const char *source;
    const char *p; // hexadecimal with spaces
} published_groups[] = {
    {"modp-1536", "RFC 3526, section 2", bn_modp_1536},
    {"modp-2048", "RFC 3526, section 3", bn_modp_2048},
    {"modp-3072", "RFC 3526, section 4", bn_modp_3072},
    {"modp-4096", "RFC 3526, section 5", bn_modp_4096},
    {"modp-6144", "RFC 3526, section 6", bn_modp_6144},
    {"modp-8192", "RFC 3526, section 7", bn_modp_8192},
    {"ffdhe2048", "RFC 7919, appendix A.1", bn_ffdhe2048},
    {"ffdhe3072", "RFC 7919, appendix A.2", bn_ffdhe3072},
    {"ffdhe4096", "RFC 7919, appendix A.3", bn_ffdhe4096},
    {"ffdhe6144", "RFC 7919, appendix A.4", bn_ffdhe6144},
    {"ffdhe8192", "RFC 7919, appendix A.5", bn_ffdhe8192},
};
enum { PUBLISHED_COUNT = sizeof published_groups / sizeof published_groups[0] };

const char *const bn_group_names[] = {
    "toy-1021",  "toy-4digit", "modp-1536", "modp-2048", "modp-3072", "modp-4096", "modp-6144",
    "modp-8192", "ffdhe2048",  "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192", NULL,
};

void bn_group_init(struct bn_group *group) {
    *group = (struct bn_group){.name = "", .source = ""};
    mpz_inits(group->p, group->q, group->g, group->elgamal_g, NULL);
}

void bn_group_clear(struct bn_group *group) {
    mpz_clears(group->p, group->q, group->g, group->elgamal_g, NULL);
}

// q from p and safe_prime.
static void set_q(struct bn_group *group) {
    mpz_sub_ui(group->q, group->p, 1);
    if (group->safe_prime) {
        mpz_tdiv_q_2exp(group->q, group->q, 1);
    }
}

static void set_published(struct bn_group *group, const struct published_group *published) {
    group->name = published->name;
    group->source = published->source;
    group->toy = false;
    group->safe_prime = true;
    (void)mpz_set_str(group->p, published->p, 16);
    mpz_set_ui(group->g, 2);
    mpz_set_ui(group->elgamal_g, 2);
    set_q(group);
}

// --- the toys ----------------------------------------------------------------------------------------------

static void set_toy_1021(struct bn_group *group) {
    group->name = "toy-1021";
    group->source = "a toy of our own: p - 1 = 2^2 * 3 * 5 * 17";
    group->toy = true;
    group->safe_prime = false;
    mpz_set_ui(group->p, 1021);
    mpz_set_ui(group->g, 22);
    mpz_set_ui(group->elgamal_g, 30);
    set_q(group);
}

// *prime says whether n is prime, or as good as; false when the random generator fails. For the small numbers
// of the toys this is trial division, a proof that needs no randomness.
static bool examine(bool *prime, const mpz_t n) {
    struct bn_primality result;
    bn_primality_init(&result);
    bool done = bn_primality_test(&result, n, BN_ADVERSARIAL_ROUNDS);
    *prime = done && result.verdict != BN_NOT_PRIME;
    bn_primality_clear(&result);
    return done;
}

// safe_prime and q from a prime p.
static bool find_out_q(struct bn_group *group) {
    mpz_t half;
    mpz_init(half);
    mpz_tdiv_q_2exp(half, group->p, 1);
    bool done = examine(&group->safe_prime, half);
    mpz_clear(half);
    set_q(group);
    return done;
}

// A prime of 1009..1999, each as likely as the other, with its largest primitive root.
static bool set_toy_4digit(struct bn_group *group) {
    group->name = "toy-4digit";
    group->source = "a toy of our own: a random prime of four digits";
    group->toy = true;
    mpz_t low, high;
    mpz_init_set_ui(low, 1009);
    mpz_init_set_ui(high, 1999);
    bool drawn = true;
    bool prime = false;
    // 135 of these 991 numbers are prime; a generator that misses them all a thousand times does not work.
    for (int attempts = 1000; attempts > 0 && drawn && !prime; attempts--) {
        drawn = bn_random_between(group->p, low, high) && examine(&prime, group->p);
    }
    bool found = prime && bn_largest_primitive_root(group->g, group->p) && find_out_q(group);
    mpz_set(group->elgamal_g, group->g);
    mpz_clears(low, high, NULL);
    return found;
}

// --- finding and checking ----------------------------------------------------------------------------------

bool bn_group_find(struct bn_group *group, const char *name) {
    if (strcmp(name, "toy-1021") == 0) {
        set_toy_1021(group);
        return true;
    }
    if (strcmp(name, "toy-4digit") == 0) {
        return set_toy_4digit(group);
    }
    for (size_t i = 0; i < PUBLISHED_COUNT; i++) {
        if (strcmp(name, published_groups[i].name) == 0) {
            set_published(group, &published_groups[i]);
            return true;
        }
    }
    return false;
}

// The published group with this p, or NULL.
static const struct published_group *find_published(const mpz_t p) {
    const struct published_group *found = NULL;
    mpz_t published;
    mpz_init(published);
    for (size_t i = 0; i < PUBLISHED_COUNT && found == NULL; i++) {
        (void)mpz_set_str(published, published_groups[i].p, 16);
        if (mpz_cmp(published, p) == 0) {
            found = &published_groups[i];
        }
    }
    mpz_clear(published);
    return found;
}

// Sizes and ranges first, so that no calculation starts with a number of a million digits; then what costs
// nothing; then the tests.
bool bn_group_from_numbers(struct bn_group *group, const mpz_t p, const mpz_t g) {
    if (mpz_cmp_ui(p, 3) <= 0 || mpz_even_p(p) || mpz_sizeinbase(p, 2) > BN_GROUP_BITS_MAX) {
        return false;
    }
    mpz_t p_minus_1;
    mpz_init(p_minus_1);
    mpz_sub_ui(p_minus_1, p, 1);
    bool in_range = mpz_cmp_ui(g, 1) > 0 && mpz_cmp(g, p_minus_1) < 0;
    mpz_clear(p_minus_1);
    if (!in_range) {
        return false;
    }
    const struct published_group *published = find_published(p);
    if (published != NULL) {
        bool same_generator = mpz_cmp_ui(g, 2) == 0;
        mpz_t copy; // p or g may be this very group's
        mpz_init_set(copy, g);
        set_published(group, published);
        mpz_set(group->g, copy);
        mpz_set(group->elgamal_g, copy);
        mpz_clear(copy);
        if (!same_generator) {
            group->name = "unnamed";
        }
        return true;
    }
    group->name = "unnamed";
    group->source = "numbers from the peer";
    group->toy =
        mpz_sizeinbase(p, 2) < 512; // discrete logarithms of such sizes are a matter of minutes or hours
    mpz_set(group->p, p);
    mpz_set(group->g, g);
    mpz_set(group->elgamal_g, g);
    bool prime = false;
    return examine(&prime, p) && prime && find_out_q(group);
}

bool bn_group_check_public(const struct bn_group *group, const mpz_t y) {
    mpz_t power;
    mpz_init(power);
    // Step 1: 2 <= y <= p - 2.
    mpz_sub_ui(power, group->p, 1);
    bool valid = mpz_cmp_ui(y, 1) > 0 && mpz_cmp(y, power) < 0;
    trace_text(valid ? "yes" : "no",
               "SP 800-56A r3, 5.6.2.3.1, step 1: 1 and p-1 would make the secret a known one.",
               "1 < y < p-1");
    // Step 2: y^q = 1, where the honest values are the powers of a g of order q: the squares. (g/p) = 1 says
    // that g is one.
    if (valid && group->safe_prime && bn_jacobi(group->g, group->p) == 1) {
        valid = bn_powm_public(power, y, group->q, group->p) && mpz_cmp_ui(power, 1) == 0;
        trace_integer(power, "Step 2: 1 when y lies in the subgroup of g, of order q.", "y^q mod p");
    }
    mpz_clear(power);
    return valid;
}
