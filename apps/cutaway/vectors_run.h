// Running test vectors: one table says for each algorithm which fields its vectors have and which function computes
// them; one runner checks the fields, runs the function and notes how it went.
#ifndef APPS_CUTAWAY_VECTORS_RUN_H
#define APPS_CUTAWAY_VECTORS_RUN_H

#include "apps/common/hex.h"
#include "apps/cutaway/vectors_case.h"
#include "ciphers/block/modes.h"
#include "ciphers/hash/hash.h"

#include <stdio.h> // before gmp.h, which then declares gmp_fprintf

#include <gmp.h>

// --- what an algorithm's vectors look like -----------------------------------------------------------------------

enum vector_kind {
    VECTOR_BYTES = 1, // hex, two digits a byte, or text in quotes
    VECTOR_INTEGER,   // decimal, or hexadecimal after 0x; not negative
    VECTOR_NUMBER,    // a small decimal count
    VECTOR_BASES,     // small decimal numbers, separated by spaces
    VECTOR_HASH,      // the name of a hash function
    VECTOR_TEXT,      // any words, in quotes or not
    VECTOR_WORD,      // one of the words of `words`, which are separated by '|'
};

struct vector_field {
    const char *name;
    enum vector_kind kind;
    bool optional;
    const char *words;
};

// What the rest of an algorithm's name stands for, after its fixed part.
enum vector_variant { VARIANT_NONE, VARIANT_HASH, VARIANT_CIPHER_MODE };

enum { VECTOR_FIELDS_MAX = 16, VECTOR_BASES_MAX = 64 };

struct vector_run;

// One row of the table: "hmac-" with VARIANT_HASH stands for hmac-md5, hmac-sha1 and so on.
struct vector_algorithm {
    const char *prefix;
    enum vector_variant variant;
    const char *suffix;
    struct vector_field fields[VECTOR_FIELDS_MAX]; // ended by a NULL name
    void (*run)(struct vector_run *run);
    void (*print_trace)(const struct vector_run *run,
                        FILE *out); // the `cutaway trace` line, without the newline
};
extern const struct vector_algorithm vector_algorithms[]; // ended by a NULL run

// --- one case being run ------------------------------------------------------------------------------------------

// A field with its value: the member that its kind names is filled.
struct vector_bound {
    bool present;
    struct bytes bytes;
    mpz_t integer;
    unsigned long number; // also: the index of a VECTOR_WORD
    unsigned long bases[VECTOR_BASES_MAX];
    size_t base_count;
    const struct hash_algorithm *hash;
    const char *text;
};

enum vector_outcome {
    OUTCOME_AGREES,   // everything computed is as the vector says
    OUTCOME_DIFFERS,  // `what` came out as `got`, not as `expected`
    OUTCOME_REJECTED, // `what` was refused
    OUTCOME_NOTHING,  // the vector lacks `what`, without which there is nothing to compute
};

struct vector_run {
    const struct vector_case *vector;
    const struct vector_algorithm *algorithm;
    const struct hash_algorithm *hash;
    const struct block_cipher *cipher;
    enum cipher_mode mode;
    struct vector_bound fields[VECTOR_FIELDS_MAX]; // in the order of algorithm->fields
    enum vector_outcome outcome;
    char what[96];
    char *expected, *got; // hex, or a word
};

// Finds the algorithm and gives every field its value. False, with the line and the reason, for an unknown algorithm and
// an unknown, missing or malformed field. Release with vector_run_clear either way.
MUST_CHECK bool vector_bind(struct vector_run *run, const struct vector_case *vector,
                            struct vector_error *error);
// Runs a bound case. True when it went as the vector says: it agrees, or it must fail and differs or is rejected.
bool vector_execute(struct vector_run *run);
void vector_run_clear(struct vector_run *run);

// --- for the functions of the table ------------------------------------------------------------------------------

// A field by name. One that the vector does not have, or the algorithm's row does not list, is absent and empty.
const struct vector_bound *vector_get(const struct vector_run *run, const char *name);
bool vector_has(const struct vector_run *run, const char *name);
const struct bytes *vector_bytes(const struct vector_run *run, const char *name); // empty when absent
mpz_srcptr vector_integer(const struct vector_run *run, const char *name);        // 0 when absent

// Compares what was computed with the field of that name, and notes the first difference. True when equal.
bool vector_expect_bytes(struct vector_run *run, const char *name, const uint8_t *got, size_t length);
bool vector_expect_integer(struct vector_run *run, const char *name, const mpz_t got);
// The same against a value that is not a field; both are shown as words.
bool vector_expect_word(struct vector_run *run, const char *what, const char *expected, const char *got);
// Notes that something was refused; always false.
bool vector_rejected(struct vector_run *run, const char *what);
// Notes that the vector's optional fields leave nothing to compute: it fails, whatever it says.
void vector_lacks(struct vector_run *run, const char *what);

// Prints a failed case: what a student needs to find out why (vectors_report.c).
void vector_report_failure(const struct vector_run *run, FILE *out);

// Parts of the printed commands.
void vector_print_hex(FILE *out, const struct bytes *bytes);
void vector_print_octal(FILE *out, const struct bytes *bytes); // as the shell's printf wants it
void vector_print_option(const struct vector_run *run, FILE *out, const char *option, const char *field);

// The rows' functions, by file.
void vector_run_cipher(struct vector_run *run); // vectors_symmetric.c
void vector_run_hash(struct vector_run *run);
void vector_run_hmac(struct vector_run *run);
void vector_run_hkdf(struct vector_run *run);
void vector_run_mgf1(struct vector_run *run);
void vector_trace_cipher(const struct vector_run *run, FILE *out);
void vector_trace_hash(const struct vector_run *run, FILE *out);
void vector_trace_hmac(const struct vector_run *run, FILE *out);
void vector_trace_hkdf(const struct vector_run *run, FILE *out);
void vector_trace_mgf1(const struct vector_run *run, FILE *out);

void vector_run_monte_cipher(struct vector_run *run); // vectors_monte.c
void vector_run_monte_hash(struct vector_run *run);
void vector_trace_monte_hash(const struct vector_run *run, FILE *out);

void vector_run_rsa_raw(struct vector_run *run); // vectors_rsa.c
void vector_run_rsa_key(struct vector_run *run);
void vector_trace_rsa_key(const struct vector_run *run, FILE *out);
void vector_run_rsa_pkcs1_encrypt(struct vector_run *run);
void vector_run_rsa_pkcs1_sign(struct vector_run *run);
void vector_run_rsa_oaep(struct vector_run *run);
void vector_run_rsa_pss(struct vector_run *run);
void vector_trace_rsa_raw(const struct vector_run *run, FILE *out);
void vector_trace_rsa(const struct vector_run *run, FILE *out);

void vector_run_elgamal_encrypt(struct vector_run *run); // vectors_groups.c
void vector_run_elgamal_sign(struct vector_run *run);
void vector_run_dh_group(struct vector_run *run);
void vector_run_dh_agreement(struct vector_run *run);
void vector_run_prime(struct vector_run *run);
void vector_trace_elgamal_encrypt(const struct vector_run *run, FILE *out);
void vector_trace_elgamal_sign(const struct vector_run *run, FILE *out);
void vector_trace_dh_group(const struct vector_run *run, FILE *out);
void vector_trace_dh_agreement(const struct vector_run *run, FILE *out);
void vector_trace_prime(const struct vector_run *run, FILE *out);

void vector_run_x509_verify(struct vector_run *run); // vectors_x509.c
void vector_run_x509_signature(struct vector_run *run);
void vector_trace_x509_verify(const struct vector_run *run, FILE *out);
void vector_trace_x509_signature(const struct vector_run *run, FILE *out);

#endif
