// What fuzz targets share. Each target is one file tests/fuzz/NAME.c with the function below, and has its corpus in
// tests/corpus/NAME. `make fuzz` builds them with libFuzzer and runs each for FUZZ_SECONDS; `make check` runs each over its
// corpus, and over every corpus file cut and changed (tests/fuzz/replay.c).
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "protocols/party.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What must hold for every input; a fuzzer notices abort.
#define HOLDS(condition) ((condition) ? (void)0 : abort())

// Takes bytes off the front of the input: numbers for decisions, and pieces. What is missing is zero or short.
struct fuzz_input {
    const uint8_t *bytes;
    size_t length;
};
uint8_t fuzz_byte(struct fuzz_input *input);
size_t fuzz_number(struct fuzz_input *input, size_t most); // 0..most, most < 65536
const uint8_t *fuzz_piece(struct fuzz_input *input, size_t *length);

// Makes random values follow from nothing but the seed, so that an input always does the same.
void fuzz_seed(uint64_t seed);

// Drives one end of a protocol by the input: bytes and whole frames that the input makes up, what the honest party at the
// other end says (unchanged, cut or changed), lines to say, ends. And it checks what party.h promises. `honest` may have
// type NULL: then there is none.
//
//   op 0  a piece, as it is           op 4  the honest end's output, all of it
//   op 1  a piece, in a frame         op 5  the same with one byte changed
//   op 2  says a piece                op 6  the same, cut
//   op 3  some output is sent         op 7  the party is ended
void fuzz_party(const struct party *party, const struct party *honest, struct fuzz_input *input);

#endif
