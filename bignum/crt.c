// Chinese remainders: from the remainders of a number back to the number, by Garner's method.
//
// "Divided by 3 it leaves 2, by 5 it leaves 3, by 7 it leaves 2: what is it?" (Sunzi Suanjing, about the
// fourth century). If the moduli share no factor, there is exactly one answer below their product: 23. RSA
// turns this into speed: it calculates mod p and mod q, numbers of half the length, and puts the two results
// together once at the end.
//
// Garner writes the answer in mixed-radix digits u_1, u_2, ..., each below its own modulus, the way a time is
// written in seconds, minutes, hours and days:
//
//      x  =  u_1  +  u_2 * m_1  +  u_3 * m_1*m_2  +  ...
//
//              3       5               7            the moduli
//      v_i     2       3               2            the remainders
//      u_i     2       2               1            the digits
//      x       2       2 + 2*3 = 8     8 + 1*15 = 23
//
// A later digit changes nothing that is already right: m_1*m_2 is 0 mod m_1 and mod m_2. So digit i only has
// to mend what is wrong mod m_i: what is missing, (v_i - x), divided by the weight m_1*...*m_(i-1) of the
// digit. Dividing is multiplying by the inverse, C_i, which exists because the moduli are coprime. All
// divisions are mod a small m_i and never by the big product, which is what makes Garner's the method to use.
//
// Source: Handbook of Applied Cryptography, algorithm 14.71; its step 1 gathers C_i from the inverses of the
// single m_j, so that they may be kept for the next number; we do the same. RFC 8017 5.1.2 is the case of two
// moduli, qInv being C_2.
//
// Not constant-time. Tests: tests/test_euclid.c. Lesson: docs/euclid-and-crt.md. Read before: euclid.c.

#include "bignum/euclid.h"

#include "bignum/encoding.h"
#include "bignum/trace_integer.h"

// Step 1: C_i = (m_1 * ... * m_(i-1))^-1 mod m_i, from the inverses of the single m_j. False when two moduli
// share a factor. `i` counts from 0.
static bool garner_constant(mpz_t c, size_t i, const mpz_t moduli[]) {
    mpz_t u;
    mpz_init(u);
    mpz_set_ui(c, 1);
    bool coprime = true;
    for (size_t j = 0; j < i && coprime; j++) {
        trace_enter(NULL, "m_%zu^-1 mod m_%zu", j + 1, i + 1);
        coprime = bn_inverse(u, moduli[j], moduli[i]); // 1.2
        trace_leave();
        mpz_mul(c, c, u);
        mpz_mod(c, c, moduli[i]);
    }
    bn_wipe_clears(u, NULL);
    return coprime;
}

bool bn_crt_garner(mpz_t x, size_t count, const mpz_t residues[], const mpz_t moduli[]) {
    for (size_t i = 0; i < count; i++) {
        if (mpz_sgn(moduli[i]) <= 0) {
            return false;
        }
    }
    if (count == 0) {
        return false;
    }
    mpz_t answer, weight, c, u;
    mpz_inits(answer, weight, c, u, NULL);
    mpz_set_ui(weight, 1); // m_1 * ... * m_(i-1): the weight of digit i
    bool coprime = true;
    for (size_t i = 0; i < count && coprime; i++) {
        coprime = garner_constant(c, i, moduli);
        if (!coprime) {
            trace_text("none", "Two of the moduli share a factor: there may be no answer, or many.", "x");
            break;
        }
        // Step 3 (and step 2, its case i = 1): the digit, then the number so far.
        mpz_sub(u, residues[i], answer);
        mpz_mul(u, u, c);
        mpz_mod(u, u, moduli[i]);
        mpz_addmul(answer, u, weight);
        trace_integer(
            c,
            i == 0 ? "C_i = (m_1*...*m_(i-1))^-1 mod m_i (HAC 14.71, step 1); an empty product is 1." : NULL,
            "C_%zu", i + 1);
        trace_integer(u, i == 0 ? "The digit: u_i = (v_i - x) * C_i mod m_i (step 3)." : NULL, "u_%zu",
                      i + 1);
        trace_integer(answer,
                      i == 0 ? "x = x + u_i * m_1*...*m_(i-1): now right for the first i moduli." : NULL,
                      "x_%zu", i + 1);
        mpz_mul(weight, weight, moduli[i]);
    }
    if (coprime) {
        mpz_set(x, answer);
        trace_integer(x, "The only number below the product of the moduli with these remainders.", "x");
    }
    bn_wipe_clears(answer, weight, c, u, NULL);
    return coprime;
}

// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Moduli with a common factor: there may be no answer, or many. Here: refused, whatever the remainders are.
// - Remainders that are negative, or not below their modulus. Here: reduced with the digit.
// - Speed bought with safety: in RSA a fault in one of the two halves gives the primes away. Here: nothing to
//   be done; ciphers/public/rsa.c checks its result before it leaves.
//
// Where next: ciphers/public/rsa.c.
