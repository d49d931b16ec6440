// DER, the other way: elements become bytes (ITU-T X.690; der.c explains the three parts of an element).
//
// The length of an element stands before its contents, so whoever writes from front to back has to know every length
// beforehand, or measure everything twice. Written from back to front nothing need be known: the contents first, and
// when they are there, the header that tells how long they have become. So the last element is written first.
//
//   buffer    |  free .............................. | 02 03 01 00 01 | 02 02 00 80 |     two INTEGERs, the second first
//             |  free .......................| 30 09 | 02 03 01 00 01 | 02 02 00 80 |     then the SEQUENCE around them
//                                            ^ start                                ^ mark: where its contents end
//
// When the buffer is too small, the writer only remembers that (overflow), and der_finish says no. Tests: tests/test_der.c,
// which reads back what was written. Before: der.c. After: rsa_key_write.c, x509_build.c.

#include "protocols/der.h"

#include "bignum/encoding.h"

#include <string.h>

void der_writer_init(struct der_writer *writer, uint8_t *buffer, size_t size) {
    *writer = (struct der_writer){.buffer = buffer, .size = size, .start = size, .overflow = false};
}

// Makes room for `length` bytes before what is written, or notes the overflow and answers NULL.
static uint8_t *make_room(struct der_writer *writer, size_t length) {
    if (writer->overflow || length > writer->start) {
        writer->overflow = true;
        return NULL;
    }
    writer->start -= length;
    return writer->buffer + writer->start;
}

void der_put_bytes(struct der_writer *writer, const uint8_t *bytes, size_t length) {
    uint8_t *room = make_room(writer, length);
    if (room != NULL && length > 0) {
        memcpy(room, bytes, length);
    }
}

size_t der_mark(const struct der_writer *writer) {
    return writer->start;
}

void der_put_header(struct der_writer *writer, uint8_t tag, size_t mark) {
    size_t length = mark - writer->start;
    uint8_t header[2 + sizeof length];
    size_t used = sizeof header;
    size_t left = length;
    if (length < 0x80) {
        header[--used] = (uint8_t)length;
    } else {
        while (left > 0) {
            header[--used] = (uint8_t)left;
            left >>= 8;
        }
        size_t octets = sizeof header - used;
        header[--used] = (uint8_t)(0x80 | octets);
    }
    header[--used] = tag;
    der_put_bytes(writer, header + used, sizeof header - used);
}

void der_put_element(struct der_writer *writer, uint8_t tag, const uint8_t *contents, size_t length) {
    size_t mark = der_mark(writer);
    der_put_bytes(writer, contents, length);
    der_put_header(writer, tag, mark);
}

void der_put_integer(struct der_writer *writer, const mpz_t value) {
    size_t mark = der_mark(writer);
    // Bits 0 to 7 take one byte, and bit 8 would be the sign: value 0 is one 00 byte, 80 needs a 00 before it.
    size_t length = mpz_sgn(value) == 0 ? 1 : mpz_sizeinbase(value, 2) / 8 + 1;
    uint8_t *room = make_room(writer, length);
    if (room != NULL && !bn_i2osp(room, length, value)) {
        writer->overflow = true;
    }
    der_put_header(writer, DER_INTEGER, mark);
}

void der_put_small(struct der_writer *writer, unsigned value) {
    mpz_t integer;
    mpz_init_set_ui(integer, value);
    der_put_integer(writer, integer);
    mpz_clear(integer);
}

void der_put_true(struct der_writer *writer) {
    static const uint8_t true_value = 0xff; // 11.1
    der_put_element(writer, DER_BOOLEAN, &true_value, 1);
}

void der_put_named_bits(struct der_writer *writer, unsigned bits) {
    uint8_t contents[3] = {0};
    size_t used = 0; // bits up to the last one
    for (unsigned i = 0; i < 16; i++) {
        if ((bits >> i & 1) != 0) {
            contents[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
            used = i + 1;
        }
    }
    size_t bytes = (used + 7) / 8;
    contents[0] = (uint8_t)(8 * bytes - used);
    der_put_element(writer, DER_BIT_STRING, contents, 1 + bytes);
}

bool der_finish(struct der_writer *writer, size_t *length) {
    if (writer->overflow) {
        return false;
    }
    *length = writer->size - writer->start;
    memmove(writer->buffer, writer->buffer + writer->start, *length);
    writer->start = writer->size;
    return true;
}
