// Finding primes: draw at random, sieve, then test what is left.
//
// Among numbers near 2^k one in k * ln 2 is prime: of 1024 bits one in 710, of the odd ones one in 355. A
// Miller-Rabin round costs a whole exponentiation, so the candidates with a small factor are sorted out
// first, which is cheap:
//
//      draw  ----->  a small factor?  ----->  Miller-Rabin, base 2  ----->  the full rounds, random bases  -----> p
//      355 draws     7 in 8 end here          nearly all the others         FIPS 186-5 says how many
//
// Random primes. FIPS 186-5 (A.1.3, steps 4 and 5) draws every candidate afresh, and so do we. The popular
// alternative, to draw once and then walk upwards to the next prime, needs fewer random bytes and sieves a
// whole interval at once, but prefers primes after long gaps: a prime is found in proportion to the gap
// before it. Nobody is known to profit from it, yet a learner should be able to say "every prime of this size
// is equally likely", and with the sieve by remainders below it costs little.
//
// Safe primes, p = 2q + 1 with q prime. Two numbers have to be prime at once, and of 1024 bits only one odd q
// in about 190000 will do. Drawing each afresh would cost more than testing the survivors, so here an
// interval is sieved, q and 2q + 1 together. To keep the walk's preference small the interval is short, about
// a twelfth of the mean distance between safe primes of the size, and when it is used up, a new random place
// is drawn: then the gap before a prime only counts as far as the interval is long, and all but about a
// twelfth of the primes keep the same chance.
//
//      q              1001   1003   1005   1007   1009   1011   1013   1015   1017     f = 5 strikes out
//      q mod 5           1      3      0      2      4      1      3      0      2     0: 5 divides q
//                                      x      x                           x      x     2: 5 divides 2q + 1
//
// Not constant-time. A search throws all its candidates away but one; its length says how many, not which.
// Tests: tests/test_primes.c. Lesson: docs/primes.md. Read before: primality.c. Used by ciphers/public/rsa.c.

#include "bignum/prime.h"

#include "bignum/encoding.h"
#include "bignum/primality.h"
#include "bignum/random.h"
#include "bignum/small_primes.h"
#include "bignum/trace_integer.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BITS = 16384,
    // Up to here everything is decided by trial division, and a candidate may be one of the small primes
    // itself.
    PROVABLE_BITS = 32,
    // Draws before a search gives up, for each bit of a prime (for each bit squared, safe primes). A search
    // that is not unlucky beyond 2^-160 has ended long before; one that goes on has a condition that cannot
    // be met, or a generator that does not generate.
    ATTEMPTS_PER_BIT = 200,
    SAFE_ATTEMPTS_PER_BIT_SQUARED = 30,
};

// What a search counts, for the trace.
struct search {
    const struct bn_progress *progress;
    struct trace_sink *watcher;
    unsigned long drawn, sieved, tested;
};

// Hundreds of failed candidates, each with all the steps of its test, would bury the one that counts. So the
// search runs unwatched, counts, and reports at the end.
static void search_start(struct search *search, const struct bn_progress *progress) {
    *search = (struct search){.progress = progress, .watcher = trace_attach(NULL)};
}

static void search_end(const struct search *search, const mpz_t p, bool found) {
    (void)trace_attach(search->watcher);
    trace_number(search->drawn, "Candidates looked at.", "candidates");
    trace_number(search->sieved, "Of these, sorted out because a small prime divides them.", "sieved out");
    trace_number(search->tested, "Left for Miller-Rabin.", "tested");
    if (found) {
        trace_integer(p, "The first that passed.", "p");
    }
}

static bool report(const struct search *search, enum bn_prime_event event) {
    const struct bn_progress *progress = search->progress;
    return progress == NULL || progress->report == NULL || progress->report(progress->context, event);
}

// --- dividing by many small primes at once -----------------------------------------------------------------

// As many consecutive odd primes as have a product below 2^64 make one divisor: one division of the long
// number gives a remainder of one word, and that is divided by each of them.
struct group_of_primes {
    unsigned long product;
    unsigned first, end; // indexes into bn_small_primes
};
struct divisors {
    struct group_of_primes *groups;
    size_t count;
};

// The first `primes` small primes without 2, in groups. False when there is no memory.
static bool divisors_init(struct divisors *divisors, unsigned primes) {
    const uint16_t *small = bn_small_primes();
    primes = primes < BN_SMALL_PRIME_COUNT ? primes : BN_SMALL_PRIME_COUNT;
    divisors->count = 0;
    divisors->groups = calloc(primes, sizeof *divisors->groups);
    if (divisors->groups == NULL) {
        return false;
    }
    for (unsigned i = 1; i < primes;) {
        struct group_of_primes *group = &divisors->groups[divisors->count++];
        *group = (struct group_of_primes){.product = 1, .first = i};
        while (i < primes && group->product <= ULONG_MAX / small[i]) {
            group->product *= small[i++];
        }
        group->end = i;
    }
    return true;
}

static bool has_small_factor(const struct divisors *divisors, const mpz_t n) {
    const uint16_t *small = bn_small_primes();
    for (size_t i = 0; i < divisors->count; i++) {
        const struct group_of_primes *group = &divisors->groups[i];
        unsigned long remainder = mpz_fdiv_ui(n, group->product);
        for (unsigned j = group->first; j < group->end; j++) {
            if (remainder % small[j] == 0) {
                return true;
            }
        }
    }
    return false;
}

// --- random primes: after FIPS 186-5, A.1.3 ----------------------------------------------------------------

// A number of exactly `bits` bits, odd (of two bits also 2), with one or both top bits set.
static bool draw_candidate(mpz_t candidate, unsigned bits, bool top_two_bits) {
    unsigned fixed = top_two_bits ? 2 : 1;
    if (!bn_random_bits(candidate, bits - fixed)) {
        return false;
    }
    mpz_setbit(candidate, bits - 1);
    if (top_two_bits) {
        mpz_setbit(candidate, bits - 2);
    }
    if (bits > 2) {
        mpz_setbit(candidate, 0);
    }
    return true;
}

// The full rounds of Miller-Rabin with random bases.
enum outcome { COMPOSITE, PRIME, STOPPED };
static enum outcome full_rounds(const struct search *search, const mpz_t n, unsigned rounds) {
    mpz_t two, n_minus_2, base;
    mpz_inits(two, n_minus_2, base, NULL);
    mpz_set_ui(two, 2);
    mpz_sub_ui(n_minus_2, n, 2);
    enum outcome outcome = PRIME;
    for (unsigned i = 0; i < rounds && outcome == PRIME; i++) {
        if (!bn_random_between(base, two, n_minus_2)) {
            outcome = STOPPED;
        } else {
            bool passed = bn_miller_rabin_base(n, base);
            outcome = !passed ? COMPOSITE : report(search, BN_PRIME_ROUND) ? PRIME : STOPPED;
        }
    }
    bn_wipe_clears(two, n_minus_2, base, NULL);
    return outcome;
}

// Decides about a candidate of at most PROVABLE_BITS bits, with certainty.
static enum outcome examine_small(struct search *search, const mpz_t n) {
    unsigned long factor = bn_trial_division(n, BN_SMALL_PRIME_LIMIT);
    bool prime = factor == 0 || mpz_cmp_ui(n, factor) == 0;
    search->sieved += !prime;
    search->tested += prime;
    return !prime ? COMPOSITE : report(search, BN_PRIME_CANDIDATE) ? PRIME : STOPPED;
}

// Decides about a longer one.
static enum outcome examine(struct search *search, const mpz_t n, unsigned bits,
                            const struct divisors *divisors) {
    if (has_small_factor(divisors, n)) {
        search->sieved++;
        return COMPOSITE;
    }
    search->tested++;
    if (!report(search, BN_PRIME_CANDIDATE)) {
        return STOPPED;
    }
    mpz_t two;
    mpz_init_set_ui(two, 2);
    bool passed = bn_miller_rabin_base(n, two);
    mpz_clear(two);
    return passed ? full_rounds(search, n, bn_miller_rabin_rounds(bits)) : COMPOSITE;
}

bool bn_generate_prime(mpz_t p, unsigned bits, bool top_two_bits, bn_prime_condition *condition,
                       const void *condition_context, const struct bn_progress *progress) {
    if (bits < (top_two_bits ? 3U : 2U) || bits > MAX_BITS) {
        return false;
    }
    struct divisors divisors;
    // About as many primes as the candidate has bits: more would cost more than the Miller-Rabin tests they
    // save.
    if (!divisors_init(&divisors, bits)) {
        return false;
    }
    mpz_t candidate, previous;
    mpz_inits(candidate, previous, NULL);
    struct search search;
    search_start(&search, progress);
    enum outcome outcome = COMPOSITE;
    while (outcome == COMPOSITE && search.drawn < (unsigned long)bits * ATTEMPTS_PER_BIT) {
        mpz_swap(candidate, previous);
        // A generator that gives a long number twice is stuck, and its next answer would be the same.
        if (!draw_candidate(candidate, bits, top_two_bits) ||
            (bits > 2 * PROVABLE_BITS && mpz_cmp(candidate, previous) == 0)) {
            outcome = STOPPED;
            break;
        }
        search.drawn++;
        if (condition == NULL || condition(candidate, condition_context)) {
            outcome = bits <= PROVABLE_BITS ? examine_small(&search, candidate)
                                            : examine(&search, candidate, bits, &divisors);
        }
    }
    bool found = outcome == PRIME && report(&search, BN_PRIME_FOUND);
    if (found) {
        mpz_set(p, candidate);
    }
    search_end(&search, candidate, found);
    bn_wipe_clears(candidate, previous, NULL);
    free(divisors.groups);
    return found;
}

// --- safe primes -------------------------------------------------------------------------------------------

// Strikes from struck[0..length), which stands for q = start, start + 2, start + 4, ..., every q for which f
// divides q or 2q + 1. In steps of 2, index j stands for q = start + 2j, so q = target mod f where j =
// (target - start)/2 mod f.
static void strike_out(uint8_t *struck, size_t length, unsigned long start_mod_f, unsigned long f) {
    const unsigned long targets[] = {0, (f - 1) / 2};
    for (size_t i = 0; i < 2; i++) {
        unsigned long difference = (targets[i] + f - start_mod_f) % f;
        unsigned long j =
            difference % 2 == 0 ? difference / 2 : (difference + f) / 2; // half of it mod the odd f
        for (; j < length; j += f) {
            struck[j] = 1;
        }
    }
}

static void sieve_interval(uint8_t *struck, size_t length, const mpz_t start,
                           const struct divisors *divisors) {
    const uint16_t *small = bn_small_primes();
    memset(struck, 0, length);
    for (size_t i = 0; i < divisors->count; i++) {
        unsigned long remainder = mpz_fdiv_ui(start, divisors->groups[i].product);
        for (unsigned j = divisors->groups[i].first; j < divisors->groups[i].end; j++) {
            strike_out(struck, length, remainder % small[j], small[j]);
        }
    }
}

// Decides about one pair: a quick test of each before the full rounds of either, since both have to pass.
static enum outcome examine_pair(struct search *search, const mpz_t q, mpz_t p) {
    search->tested++;
    if (!report(search, BN_PRIME_CANDIDATE)) {
        return STOPPED;
    }
    mpz_mul_2exp(p, q, 1);
    mpz_add_ui(p, p, 1);
    mpz_t two;
    mpz_init_set_ui(two, 2);
    bool passed = bn_miller_rabin_base(q, two) && bn_miller_rabin_base(p, two);
    mpz_clear(two);
    if (!passed) {
        return COMPOSITE;
    }
    if (!report(search, BN_PRIME_ROUND)) {
        return STOPPED;
    }
    unsigned bits = (unsigned)mpz_sizeinbase(q, 2);
    enum outcome outcome = full_rounds(search, q, bn_miller_rabin_rounds(bits));
    return outcome == PRIME ? full_rounds(search, p, bn_miller_rabin_rounds(bits + 1)) : outcome;
}

// A safe prime of at most 32 bits: fresh draws, and trial division of both.
static enum outcome small_safe_prime(struct search *search, mpz_t p, unsigned bits) {
    mpz_t q;
    mpz_init(q);
    enum outcome outcome = COMPOSITE;
    while (outcome == COMPOSITE &&
           search->drawn < (unsigned long)SAFE_ATTEMPTS_PER_BIT_SQUARED * bits * bits) {
        search->drawn++;
        if (!draw_candidate(q, bits - 1, false)) {
            outcome = STOPPED;
            break;
        }
        outcome = examine_small(search, q);
        if (outcome == PRIME) {
            mpz_mul_2exp(p, q, 1);
            mpz_add_ui(p, p, 1);
            outcome = examine_small(search, p);
        }
    }
    bn_wipe_clears(q, NULL);
    return outcome;
}

static enum outcome large_safe_prime(struct search *search, mpz_t p, unsigned bits) {
    // Safe primes lie about 0.18 * bits^2 odd q apart (twin prime constant, Hardy and Littlewood).
    size_t length = (size_t)bits * bits / 64 + 1;
    unsigned long most = (unsigned long)SAFE_ATTEMPTS_PER_BIT_SQUARED * bits * bits;
    struct divisors divisors;
    uint8_t *struck = malloc(length);
    if (struck == NULL) {
        return STOPPED;
    }
    // All the small primes there are: the cost of one is shared by a whole interval.
    if (!divisors_init(&divisors, BN_SMALL_PRIME_COUNT)) {
        free(struck);
        return STOPPED;
    }
    mpz_t start, previous, q;
    mpz_inits(start, previous, q, NULL);
    enum outcome outcome = COMPOSITE;
    while (outcome == COMPOSITE && search->drawn < most) {
        mpz_swap(start, previous);
        if (!draw_candidate(start, bits - 1, false) || mpz_cmp(start, previous) == 0) {
            outcome = STOPPED;
            break;
        }
        sieve_interval(struck, length, start, &divisors);
        for (size_t j = 0; j < length && outcome == COMPOSITE; j++) {
            search->drawn++;
            if (struck[j]) {
                search->sieved++;
                continue;
            }
            mpz_add_ui(q, start, 2 * (unsigned long)j);
            if (mpz_sizeinbase(q, 2) != bits - 1) {
                break; // past the end of this size
            }
            outcome = examine_pair(search, q, p);
        }
    }
    bn_wipe_clears(start, previous, q, NULL);
    secure_wipe(struck, length);
    free(struck);
    free(divisors.groups);
    return outcome;
}

bool bn_generate_safe_prime(mpz_t p, unsigned bits, const struct bn_progress *progress) {
    if (bits < 3 || bits > MAX_BITS) {
        return false;
    }
    mpz_t candidate;
    mpz_init(candidate);
    struct search search;
    search_start(&search, progress);
    enum outcome outcome = bits <= PROVABLE_BITS ? small_safe_prime(&search, candidate, bits)
                                                 : large_safe_prime(&search, candidate, bits);
    bool found = outcome == PRIME && report(&search, BN_PRIME_FOUND);
    if (found) {
        mpz_set(p, candidate);
    }
    search_end(&search, candidate, found);
    bn_wipe_clears(candidate, NULL);
    return found;
}

// --- pitfalls ----------------------------------------------------------------------------------------------
//
// - Walking from one random number to the next prime: primes after long gaps come up more often. Here: fresh
//   draws, and short intervals for safe primes.
// - A search that cannot end, because no candidate meets the condition or the generator is stuck. Here: draws
//   are counted, and a stuck generator is noticed when it repeats itself.
// - Too short a product: two primes of n bits may multiply to 2n - 1. Here: top_two_bits, or a condition as
//   in ciphers/public/rsa_keygen.c.
// - The rounds of table B.1 for a number that somebody else chose: they hold for random candidates only.
//   Here: primality.c has BN_ADVERSARIAL_ROUNDS for those.
//
// Where next: ciphers/public/rsa_keygen.c makes keys of two primes; primitive_root.c and group.c make groups
// of one.
