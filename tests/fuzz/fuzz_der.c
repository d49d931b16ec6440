// DER: walks through everything, going into what has contents, and asks every typed reader about every element.
#include "tests/fuzz/fuzz.h"

#include "protocols/der.h"

#include <string.h>

enum { DEPTH_MAX = 12 };

static void walk(struct der_reader *reader, unsigned depth) {
    while (reader->position < reader->end && reader->fault->error == DER_OK) {
        size_t before = reader->position, length;
        const uint8_t *contents;
        char text[64];
        unsigned small;
        bool boolean;
        int tag = der_peek(reader);
        if (tag < 0) {
            break;
        }
        // Each on a copy: one that refuses must not have moved.
        struct der_fault fault = {0};
        struct der_reader copy = *reader, inner;
        copy.fault = &fault;
        mpz_t value;
        mpz_init(value);
        if (der_integer(&copy, value, 64)) {
            HOLDS(tag == DER_INTEGER && mpz_sgn(value) >= 0 && mpz_sizeinbase(value, 2) <= 512);
        } else {
            HOLDS(copy.position == before && fault.error != DER_OK &&
                  strlen(der_error_text(fault.error)) > 0);
        }
        mpz_clear(value);
        copy = *reader;
        copy.fault = &fault;
        if (der_small(&copy, &small)) {
            HOLDS(small < 65536);
        }
        (void)!der_null(&copy);
        (void)!der_boolean(&copy, &boolean);
        (void)!der_octet_string(&copy, &inner);
        (void)!der_bit_string_bytes(&copy, &inner);
        copy = *reader;
        copy.fault = &fault;
        if (der_oid(&copy, &contents, &length)) {
            (void)!der_oid_text(text, sizeof text, contents, length);
        }
        if ((tag & 0x20) != 0 && depth < DEPTH_MAX) {
            copy = *reader;
            if (!der_enter(&copy, (uint8_t)tag, &inner)) {
                return;
            }
            walk(&inner, depth + 1);
        }
        if (!der_any(reader, &contents, &length)) {
            return;
        }
        HOLDS(reader->position > before && reader->position <= reader->end &&
              length == reader->position - before);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct der_fault fault = {0};
    struct der_reader reader;
    der_reader_init(&reader, data, size, &fault);
    walk(&reader, 0);
    HOLDS(fault.offset <= size);
    return 0;
}
