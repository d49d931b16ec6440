// ElGamal: the Handbook's numbers, every message and key of small groups, the range checks, and the attacks
// that live on their absence. No standard publishes vectors for ElGamal.

#include "bignum/encoding.h"
#include "bignum/euclid.h"
#include "bignum/random.h"
#include "ciphers/public/elgamal.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

static void group_of(struct bn_group *group, unsigned long p, unsigned long g) {
    mpz_t prime;
    mpz_t generator;
    mpz_init_set_ui(prime, p);
    mpz_init_set_ui(generator, g);
    bn_group_init(group);
    assert_true(bn_group_from_numbers(group, prime, generator));
    mpz_clears(prime, generator, NULL);
}

static bool failing_source(void *context, uint8_t *out, size_t length) {
    (void)context;
    memset(out, 0, length);
    return false;
}

// Handbook of Applied Cryptography, examples 8.19 and 11.65, value by value.
static void handbook_examples(void **state) {
    (void)state;
    struct bn_group group;
    group_of(&group, 2357, 2);
    mpz_t x, y, m, k, c1, c2, h, r, s;
    mpz_inits(x, y, m, k, c1, c2, h, r, s, NULL);
    mpz_set_ui(x, 1751);
    struct captured_trace trace;
    captured_trace_start(&trace);
    assert_true(elgamal_public_key(&group, y, x));
    assert_int_equal(mpz_get_ui(y), 1185);
    mpz_set_ui(m, 2035);
    mpz_set_ui(k, 1520);
    assert_true(elgamal_encrypt_with(&group, c1, c2, y, m, k));
    assert_int_equal(mpz_get_ui(c1), 1430);
    assert_int_equal(mpz_get_ui(c2), 697);
    assert_true(elgamal_decrypt(&group, m, x, c1, c2));
    assert_int_equal(mpz_get_ui(m), 2035);
    mpz_set_ui(h, 1463);
    mpz_set_ui(k, 1529);
    assert_true(elgamal_sign_with(&group, r, s, x, h, k));
    assert_int_equal(mpz_get_ui(r), 1490);
    assert_int_equal(mpz_get_ui(s), 1777);
    assert_true(elgamal_verify(&group, y, h, r, s));
    captured_trace_stop(&trace);
    static const struct {
        const char *label;
        unsigned long value;
    } steps[] = {{"p", 2357}, {"g", 2},     {"x", 1751}, {"y", 1185},         {"m", 2035},
                 {"k", 1520}, {"c1", 1430}, {"c2", 697}, {"c1^(p-1-x)", 872}, {"k^-1", 245},
                 {"h", 1463}, {"r", 1490},  {"s", 1777}, {"v1", 1072},        {"v2", 1072}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_int_equal(strtoul(captured_value(&trace, steps[i].label, 0), NULL, 16), steps[i].value);
    }
    assert_string_equal(captured_value(&trace, "signature", 0), "valid");
    (void)captured_value(&trace, "c1 = g^k mod p", 0);
    captured_trace_free(&trace);
    assert_int_equal(2356 - 1751, 605);
    mpz_clears(x, y, m, k, c1, c2, h, r, s, NULL);
    bn_group_clear(&group);
}

// base^exponent mod p by the definition.
static unsigned long power(unsigned long base, unsigned long exponent, unsigned long p) {
    unsigned long result = 1;
    for (; exponent > 0; exponent--) {
        result = result * base % p;
    }
    return result;
}

// Every key, nonce and message of the group mod 23: the equations of the scheme, and a round trip.
static void every_value_of_a_small_group(void **state) {
    (void)state;
    enum { P = 23, G = 5 };
    struct bn_group group;
    group_of(&group, P, G);
    mpz_t x, y, m, k, c1, c2, back, h, r, s;
    mpz_inits(x, y, m, k, c1, c2, back, h, r, s, NULL);
    for (unsigned long key = 1; key <= P - 2; key++) {
        mpz_set_ui(x, key);
        assert_true(elgamal_public_key(&group, y, x));
        assert_int_equal(mpz_get_ui(y), power(G, key, P));
        bool usable = mpz_get_ui(y) != P - 1;
        for (unsigned long nonce = 1; nonce <= P - 2; nonce++) {
            mpz_set_ui(k, nonce);
            for (unsigned long message = 1; message <= P - 1; message++) {
                mpz_set_ui(m, message);
                assert_int_equal(elgamal_encrypt_with(&group, c1, c2, y, m, k), usable);
                if (usable) {
                    assert_int_equal(mpz_get_ui(c1), power(G, nonce, P));
                    assert_int_equal(mpz_get_ui(c2), message * power(mpz_get_ui(y), nonce, P) % P);
                    assert_true(elgamal_decrypt(&group, back, x, c1, c2));
                    assert_int_equal(mpz_get_ui(back), message);
                }
                mpz_set_ui(h, message);
                bool coprime = nonce % 2 != 0 && nonce % 11 != 0;
                if (!elgamal_sign_with(&group, r, s, x, h, k)) {
                    // Only for a nonce without inverse, or where s would be 0: h = x*r.
                    assert_true(!coprime || (key * power(G, nonce, P) + P - 1 - message) % (P - 1) == 0);
                    continue;
                }
                assert_true(coprime);
                assert_int_equal(elgamal_verify(&group, y, h, r, s), usable);
                assert_true((message + key * (P - 1) * 100 - key * mpz_get_ui(r)) % (P - 1) ==
                            nonce * mpz_get_ui(s) % (P - 1));
                mpz_add_ui(h, h, 1);
                assert_false(elgamal_verify(&group, y, h, r, s));
                mpz_add_ui(h, h, P - 2); // h + (p-1) is the same digest
                assert_int_equal(elgamal_verify(&group, y, h, r, s), usable);
            }
        }
    }
    mpz_clears(x, y, m, k, c1, c2, back, h, r, s, NULL);
    bn_group_clear(&group);
}

static void round_trips_in_named_groups(void **state) {
    (void)state;
    static const char *const names[] = {"toy-1021", "toy-4digit", "modp-1536", "ffdhe2048"};
    struct test_random random;
    test_random_seed(&random, 300);
    random_set_source(test_random_source, &random);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct bn_group group;
        bn_group_init(&group);
        assert_true(bn_group_find(&group, names[i]));
        mpz_t x, y, m, c1, c2, d1, d2, back, h, r, s, r2;
        mpz_inits(x, y, m, c1, c2, d1, d2, back, h, r, s, r2, NULL);
        for (int round = 0; round < (group.toy ? 300 : 5); round++) {
            assert_true(elgamal_generate(&group, x, y));
            assert_true(mpz_cmp_ui(x, 1) >= 0);
            mpz_sub(back, group.p, x);
            assert_true(mpz_cmp_ui(back, 2) >= 0);
            mpz_powm(back, group.elgamal_g, x, group.p);
            assert_int_equal(mpz_cmp(back, y), 0);
            assert_true(bn_random_between(m, group.elgamal_g, group.elgamal_g));
            mpz_mul_ui(m, m, 7);
            mpz_mod(m, m, group.p);
            assert_true(elgamal_encrypt(&group, c1, c2, y, m));
            assert_true(elgamal_decrypt(&group, back, x, c1, c2));
            assert_int_equal(mpz_cmp(back, m), 0);
            // Multiplicative, as the pitfalls say: (c1, 2*c2) is 2m.
            mpz_mul_ui(d2, c2, 2);
            mpz_mod(d2, d2, group.p);
            assert_true(elgamal_decrypt(&group, back, x, c1, d2));
            mpz_mul_ui(m, m, 2);
            mpz_mod(m, m, group.p);
            assert_int_equal(mpz_cmp(back, m), 0);
            assert_true(bn_random_bits(h, 160));
            assert_true(elgamal_sign(&group, r, s, x, h));
            assert_true(elgamal_verify(&group, y, h, r, s));
            mpz_add_ui(h, h, 1);
            assert_false(elgamal_verify(&group, y, h, r, s));
            mpz_sub_ui(h, h, 1);
            if (!group.toy) { // fresh nonces, in both
                assert_true(elgamal_encrypt(&group, d1, d2, y, m));
                assert_int_not_equal(mpz_cmp(c1, d1), 0);
                assert_true(elgamal_sign(&group, r2, d2, x, h));
                assert_int_not_equal(mpz_cmp(r, r2), 0);
            }
        }
        // Watched, the same values.
        mpz_set_ui(m, 12);
        mpz_set_ui(h, 77777);
        mpz_set_ui(back, 7); // the nonce; 7 divides none of the orders p-1 here
        assert_true(elgamal_encrypt_with(&group, c1, c2, y, m, back));
        struct captured_trace trace;
        captured_trace_start(&trace);
        assert_true(elgamal_encrypt_with(&group, d1, d2, y, m, back));
        assert_true(elgamal_decrypt(&group, m, x, d1, d2));
        assert_true(elgamal_sign(&group, r, s, x, h));
        assert_true(elgamal_verify(&group, y, h, r, s));
        captured_trace_stop(&trace);
        captured_trace_free(&trace);
        assert_int_equal(mpz_cmp(c1, d1) | mpz_cmp(c2, d2), 0);
        assert_int_equal(mpz_get_ui(m), 12);
        assert_true(elgamal_verify(&group, y, h, r, s));
        mpz_clears(x, y, m, c1, c2, d1, d2, back, h, r, s, r2, NULL);
        bn_group_clear(&group);
    }
    random_set_source(NULL, NULL);
}

// Nonces and keys cover their whole range, and nothing beyond: mod 11, x and k are 1 to 9.
static void exponents_cover_their_range(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 301);
    random_set_source(test_random_source, &random);
    struct bn_group group;
    group_of(&group, 11, 2);
    mpz_t x, y, m, c1, c2, h, s;
    mpz_inits(x, y, m, c1, c2, h, s, NULL);
    unsigned keys[11] = {0};
    unsigned nonces[11] = {0};
    unsigned signing[11] = {0};
    mpz_set_ui(m, 1);
    mpz_set_ui(h, 3);
    for (int i = 0; i < 9000; i++) {
        assert_true(elgamal_generate(&group, x, y));
        assert_in_range(mpz_get_ui(x), 1, 9);
        keys[mpz_get_ui(x)]++;
        assert_true(elgamal_encrypt(&group, c1, c2, y, m));
        nonces[mpz_get_ui(c1)]++; // one c1 for each k
        if (elgamal_sign(&group, c1, s, x, h)) {
            signing[mpz_get_ui(c1)]++;
        }
    }
    for (unsigned long k = 1; k <= 9; k++) {
        unsigned long c = power(2, k, 11);
        if (k == 5) {
            assert_int_equal(keys[5], 0); // y = 2^5 = 10 = p - 1: drawn again
        } else {
            assert_in_range(keys[k], 1125 - 170, 1125 + 170);
        }
        assert_in_range(nonces[c], 1000 - 160, 1000 + 160);
        bool coprime = k == 1 || k == 3 || k == 7 || k == 9;
        assert_int_equal(signing[c] > 0, coprime);
    }
    assert_int_equal(nonces[1], 0); // k = 0, k = p-1
    mpz_clears(x, y, m, c1, c2, h, s, NULL);
    bn_group_clear(&group);
    random_set_source(NULL, NULL);
}

static void ranges(void **state) {
    (void)state;
    struct bn_group group;
    group_of(&group, 2357, 2);
    mpz_t v, x, y, one, out, out2;
    mpz_inits(v, x, y, one, out, out2, NULL);
    mpz_set_ui(x, 1751);
    mpz_set_ui(y, 1185);
    mpz_set_ui(one, 1);
    static const struct {
        long value;
        bool key, nonce, public, message, half, s;
    } rows[] = {
        // value, x, k, y, m, c1 or c2 or r, s (2355 is coprime to p-1, and so a nonce for signing too)
        {-1, false, false, false, false, false, false},   {0, false, false, false, false, false, false},
        {1, true, true, false, true, true, true},         {2355, true, true, true, true, true, true},
        {2356, false, false, false, true, true, false},   {2357, false, false, false, false, false, false},
        {2358, false, false, false, false, false, false}, {1 << 20, false, false, false, false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mpz_set_si(v, rows[i].value);
        assert_int_equal(elgamal_public_key(&group, out, v), rows[i].key);
        assert_int_equal(elgamal_decrypt(&group, out, v, one, one), rows[i].key);
        assert_int_equal(elgamal_sign(&group, out, out2, v, one), rows[i].key);
        assert_int_equal(elgamal_encrypt_with(&group, out, out2, y, one, v), rows[i].nonce);
        assert_int_equal(elgamal_sign_with(&group, out, out2, x, one, v), rows[i].nonce);
        assert_int_equal(elgamal_sign_with(&group, out, out2, v, one, one), rows[i].key);
        assert_int_equal(elgamal_encrypt(&group, out, out2, v, one), rows[i].public);
        assert_int_equal(elgamal_encrypt(&group, out, out2, y, v), rows[i].message);
        assert_int_equal(elgamal_decrypt(&group, out, x, v, one), rows[i].half);
        assert_int_equal(elgamal_decrypt(&group, out, x, one, v), rows[i].half);
    }
    mpz_set_si(v, -1); // a digest is not negative
    assert_false(elgamal_sign(&group, out, out2, x, v));
    assert_false(elgamal_sign_with(&group, out, out2, x, v, one));
    assert_false(elgamal_verify(&group, y, v, one, one));
    mpz_set_ui(v, 0); // but it may be 0
    assert_true(elgamal_sign_with(&group, out, out2, x, v, one));
    assert_true(elgamal_verify(&group, y, v, out, out2));
    assert_true(elgamal_sign(&group, out, out2, x, v));
    assert_true(elgamal_verify(&group, y, v, out, out2));
    mpz_set_ui(v, 4); // a nonce with a factor of p-1 = 4 * 19 * 31
    assert_false(elgamal_sign_with(&group, out, out2, x, one, v));
    mpz_set_ui(v, 31);
    assert_false(elgamal_sign_with(&group, out, out2, x, one, v));
    mpz_clears(v, x, y, one, out, out2, NULL);
    bn_group_clear(&group);
}

// Signatures that satisfy the equation and lie outside the ranges: r + p, s + (p-1), s = 0, y = 1.
static void verification_checks_ranges(void **state) {
    (void)state;
    struct bn_group group;
    group_of(&group, 2357, 2);
    mpz_t y, h, r, s, order;
    mpz_inits(y, h, r, s, order, NULL);
    mpz_sub_ui(order, group.p, 1);
    mpz_set_ui(y, 1185);
    mpz_set_ui(h, 1463);
    mpz_set_ui(r, 1490);
    mpz_set_ui(s, 1777);
    assert_true(elgamal_verify(&group, y, h, r, s));
    mpz_add(s, s, order); // s mod p-1 is all that counts in the equation
    assert_false(elgamal_verify(&group, y, h, r, s));
    mpz_sub(s, s, order);
    mpz_sub(s, s, order);
    assert_false(elgamal_verify(&group, y, h, r, s));
    mpz_add(s, s, order);
    mpz_mul(order, order, group.p);
    mpz_add(r, r, order); // r the same mod p and mod p-1
    assert_false(elgamal_verify(&group, y, h, r, s));
    mpz_sub(r, r, order);
    mpz_sub(r, r, order);
    assert_false(elgamal_verify(&group, y, h, r, s));
    mpz_add(r, r, order);
    assert_true(elgamal_verify(&group, y, h, r, s));
    // s = 0: g^h = y^r. With r = 1 that is h = x = 1751.
    mpz_set_ui(h, 1751);
    mpz_set_ui(r, 1);
    mpz_set_ui(s, 0);
    assert_false(elgamal_verify(&group, y, h, r, s));
    // From 1 to p-2 every s will do there. With r = p-1, y^r is 1, and r^s too for an even s: h = 0.
    mpz_set_ui(s, 1);
    assert_true(elgamal_verify(&group, y, h, r, s));
    mpz_set_ui(s, 2355);
    assert_true(elgamal_verify(&group, y, h, r, s));
    mpz_set_ui(s, 2356);
    assert_false(elgamal_verify(&group, y, h, r, s));
    mpz_set_ui(h, 0);
    mpz_set_ui(r, 2356);
    mpz_set_ui(s, 2);
    assert_true(elgamal_verify(&group, y, h, r, s));
    // y = 1 and y = p-1 (r even) say g^h = r^s: s = 1, r = g^h. y = 0 and y = p are no keys either.
    mpz_set_ui(h, 3);
    mpz_set_ui(r, 8);
    mpz_set_ui(s, 1);
    static const unsigned long keys[] = {1, 2356, 2358};
    for (size_t i = 0; i < 3; i++) {
        mpz_set_ui(y, keys[i]);
        assert_false(elgamal_verify(&group, y, h, r, s));
    }
    // r = 0: g^h = y^0 * 0^s is 0, never; with s = 0 it would be 1 = g^0.
    mpz_set_ui(y, 1185);
    mpz_set_ui(h, 0);
    mpz_set_ui(r, 0);
    mpz_set_ui(s, 0);
    assert_false(elgamal_verify(&group, y, h, r, s));
    mpz_clears(y, h, r, s, order, NULL);
    bn_group_clear(&group);
}

// The equation without the checks, as a careless verifier has it.
static bool careless_verify(const struct bn_group *group, const mpz_t y, const mpz_t h, const mpz_t r,
                            const mpz_t s) {
    mpz_t a, b;
    mpz_inits(a, b, NULL);
    mpz_powm(a, y, r, group->p);
    mpz_powm(b, r, s, group->p);
    mpz_mul(a, a, b);
    mpz_mod(a, a, group->p);
    mpz_powm(b, group->elgamal_g, h, group->p);
    bool valid = mpz_cmp(a, b) == 0;
    mpz_clears(a, b, NULL);
    return valid;
}

// Bleichenbacher's forgery (1996), with the numbers that docs/elgamal.md shows.
static void forgery_without_a_range_check(void **state) {
    (void)state;
    struct bn_group group;
    group_of(&group, 2357, 2);
    mpz_t order, y, h, r, s, forged_h, u, residues[2], moduli[2], forged_r, forged_s;
    mpz_inits(order, y, h, r, s, forged_h, u, residues[0], residues[1], moduli[0], moduli[1], forged_r,
              forged_s, NULL);
    mpz_sub_ui(order, group.p, 1);
    mpz_set_ui(u, 1751);
    mpz_set_ui(y, 1185);
    mpz_set_ui(h, 1001); // coprime to p-1, as about every fourth digest is
    mpz_set_ui(r, 1529);
    assert_true(elgamal_sign_with(&group, r, s, u, h, r));
    assert_int_equal(mpz_get_ui(r), 1490);
    assert_int_equal(mpz_get_ui(s), 1675);
    for (unsigned long digest = 1; digest < 2356; digest++) { // any digest at all
        mpz_set_ui(forged_h, digest);
        assert_true(bn_inverse(u, h, order));
        mpz_mul(u, u, forged_h);
        mpz_mod(u, u, order);
        mpz_mul(forged_s, s, u);
        mpz_mod(forged_s, forged_s, order);
        mpz_mul(residues[0], r, u);
        mpz_mod(residues[0], residues[0], order);
        mpz_set(moduli[0], order);
        mpz_set(residues[1], r);
        mpz_set(moduli[1], group.p);
        assert_true(bn_crt_garner(forged_r, 2, (const mpz_t *)residues, (const mpz_t *)moduli));
        assert_true(careless_verify(&group, y, forged_h, forged_r, forged_s));
        // r = 1490 is even, so half of p-1 added to u changes nothing mod p-1, and one forgery is in range.
        bool in_range = mpz_cmp(forged_r, group.p) < 0;
        assert_true(!in_range || digest == 1001 || digest == (1001 + 1178) % 2356);
        assert_int_equal(elgamal_verify(&group, y, forged_h, forged_r, forged_s), in_range);
        if (digest == 1000) { // the numbers of docs/elgamal.md
            assert_int_equal(mpz_get_ui(u), 2164);
            assert_int_equal(mpz_get_ui(forged_s), 1172);
            assert_int_equal(mpz_get_ui(forged_r), 5229316);
        }
    }
    mpz_clears(order, y, h, r, s, forged_h, u, residues[0], residues[1], moduli[0], moduli[1], forged_r,
               forged_s, NULL);
    bn_group_clear(&group);
}

// Two signatures with one nonce: k = (h - h')/(s - s'), x = (h - k*s)/r, all mod p-1.
static void a_nonce_used_twice_gives_the_key(void **state) {
    (void)state;
    struct bn_group group;
    bn_group_init(&group);
    assert_true(bn_group_find(&group, "modp-1536"));
    mpz_t order, x, y, k, h, h2, r, s, s2, found, g;
    mpz_inits(order, x, y, k, h, h2, r, s, s2, found, g, NULL);
    mpz_sub_ui(order, group.p, 1);
    struct test_random random;
    test_random_seed(&random, 303);
    random_set_source(test_random_source, &random);
    bool solved = false;
    for (int i = 0; i < 64 && !solved; i++) { // some differences share a factor with p-1
        assert_true(elgamal_generate(&group, x, y));
        assert_true(bn_random_bits(k, 1000));
        mpz_setbit(k, 0);
        mpz_set_ui(h, 1000003);
        mpz_set_ui(h2, 2000012);
        if (!elgamal_sign_with(&group, r, s, x, h, k) || !elgamal_sign_with(&group, r, s2, x, h2, k)) {
            continue;
        }
        mpz_sub(s2, s, s2);
        mpz_mod(s2, s2, order);
        mpz_sub(h2, h, h2);
        mpz_mod(h2, h2, order);
        if (!bn_inverse(s2, s2, order) || !bn_inverse(g, r, order)) {
            continue;
        }
        mpz_mul(found, h2, s2);
        mpz_mod(found, found, order);
        assert_int_equal(mpz_cmp(found, k), 0);
        mpz_mul(found, found, s);
        mpz_sub(found, h, found);
        mpz_mul(found, found, g);
        mpz_mod(found, found, order);
        assert_int_equal(mpz_cmp(found, x), 0);
        solved = true;
    }
    assert_true(solved);
    random_set_source(NULL, NULL);
    mpz_clears(order, x, y, k, h, h2, r, s, s2, found, g, NULL);
    bn_group_clear(&group);
}

// A key and digest that have no signature end in "no", not in an endless search: p = 7, g = 3, x = 3, h = 3
// gives s = 0 for both nonces 1 and 5. And without randomness there is no key, no ciphertext and no
// signature.
static void searches_end(void **state) {
    (void)state;
    struct bn_group group;
    group_of(&group, 7, 3);
    mpz_t x, h, r, s;
    mpz_inits(x, h, r, s, NULL);
    mpz_set_ui(x, 3);
    mpz_set_ui(h, 3);
    assert_false(elgamal_sign(&group, r, s, x, h));
    mpz_set_ui(h, 1);
    assert_true(elgamal_sign(&group, r, s, x, h));
    mpz_set_ui(r, 42);
    mpz_set_ui(group.elgamal_g, 6); // generates nothing but 6 and 1
    assert_false(elgamal_generate(&group, r, s));
    assert_int_equal(mpz_get_ui(r), 42);
    mpz_set_ui(group.elgamal_g, 3);
    random_set_source(failing_source, NULL);
    mpz_set_ui(r, 42);
    assert_false(elgamal_sign(&group, r, s, x, h));
    assert_false(elgamal_generate(&group, r, s));
    mpz_set_ui(x, 6);
    assert_false(elgamal_encrypt(&group, r, s, group.elgamal_g, h));
    assert_int_equal(mpz_get_ui(r), 42);
    random_set_source(NULL, NULL);
    mpz_clears(x, h, r, s, NULL);
    bn_group_clear(&group);
}

// A key that hides nothing is drawn again, 128 times in all: mod 11, x = 5, the fifth of 1 to 9, gives p-1. A
// nonce without a signature is drawn again, 1024 times.
static void draws_are_counted(void **state) {
    (void)state;
    struct bn_group group;
    mpz_t x, y, h, r, s;
    mpz_inits(x, y, h, r, s, NULL);
    group_of(&group, 11, 2);
    static const uint8_t zero_one[] = {0, 1};
    for (size_t stuck = 126; stuck <= 129; stuck++) {
        struct stuck_random source = {.byte = 4, .count = stuck, .rest = zero_one, .rest_length = 1};
        random_set_source(stuck_random_source, &source);
        mpz_set_ui(x, 42);
        assert_int_equal(elgamal_generate(&group, x, y), stuck < 128);
        assert_int_equal(mpz_get_ui(x), stuck < 128 ? 1 : 42);
    }
    bn_group_clear(&group);
    // 0 makes k = 1, and the factor that hides k from Euclid 0 as well, which has no inverse. 0 and then 1 will do.
    group_of(&group, 7, 3);
    mpz_set_ui(x, 3);
    mpz_set_ui(h, 1);
    for (size_t stuck = 1022; stuck <= 1025; stuck++) {
        struct stuck_random source = {.count = 2 * stuck, .rest = zero_one, .rest_length = 2};
        random_set_source(stuck_random_source, &source);
        mpz_set_ui(r, 42);
        assert_int_equal(elgamal_sign(&group, r, s, x, h), stuck < 1024);
        assert_int_equal(mpz_get_ui(r), stuck < 1024 ? 3 : 42);
    }
    random_set_source(NULL, NULL);
    mpz_clears(x, y, h, r, s, NULL);
    bn_group_clear(&group);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handbook_examples),
        cmocka_unit_test(every_value_of_a_small_group),
        cmocka_unit_test(round_trips_in_named_groups),
        cmocka_unit_test(exponents_cover_their_range),
        cmocka_unit_test(ranges),
        cmocka_unit_test(verification_checks_ranges),
        cmocka_unit_test(forgery_without_a_range_check),
        cmocka_unit_test(a_nonce_used_twice_gives_the_key),
        cmocka_unit_test(searches_end),
        cmocka_unit_test(draws_are_counted),
    };
    return cmocka_run_group_tests_name("elgamal", tests, NULL, NULL);
}
