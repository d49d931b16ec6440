// PEM: RFC 7468. DER as lines of base64 between "-----BEGIN label-----" and "-----END label-----".
#ifndef PROTOCOLS_PEM_H
#define PROTOCOLS_PEM_H

#include "protocols/parse_error.h"

#include "bignum/secure.h"

#include <stdint.h>

enum { PEM_LABEL_SIZE = 64, PEM_LINE_WRITTEN = 64, PEM_LINE_MAX = 76 };

enum pem_error {
    PEM_OK,
    PEM_NO_BLOCK,      // no (further) BEGIN line
    PEM_BAD_BEGIN,     // a BEGIN line that is not finished properly
    PEM_NO_END,        // the text ends inside the block
    PEM_LABELS_DIFFER, // the END line has another label
    PEM_HEADERS,       // "Proc-Type: 4,ENCRYPTED" and the like (RFC 1421): the block is encrypted
    PEM_LINE,          // lines of unequal length, above 76, or an empty one
    PEM_BASE64,        // the reason in the parse_error has the details
    PEM_EMPTY,         // no contents
};
const char *pem_error_text(enum pem_error error);

// A block found in a text: its label, and where it stands.
struct pem_block {
    char label[PEM_LABEL_SIZE];
    size_t begin; // of the BEGIN line
    size_t end;   // just after the END line: where to look for the next block
    size_t body;  // the first character after the BEGIN line
    size_t body_end;
};

// The first block at or after `start`. Whatever stands before a BEGIN line is skipped, as RFC 7468, 5.2 allows:
// openssl writes "Bag Attributes" and the text form of a key there. The body is not looked at yet.
MUST_CHECK enum pem_error pem_find(struct pem_block *block, const uint8_t *text, size_t length, size_t start,
                                   struct parse_error *where);

// The bytes of a block that pem_find found: out has room for pem_decoded_size(block). CRLF, LF and CR end lines; spaces and
// tabs at the end of a line are skipped. All lines but the last have one length, at most PEM_LINE_MAX; the base64 is
// strict.
size_t pem_decoded_size(const struct pem_block *block);
MUST_CHECK enum pem_error pem_decode(uint8_t *out, size_t *out_length, const struct pem_block *block,
                                     const uint8_t *text, struct parse_error *where);

// Writes a block in lines of 64 characters, each ended by LF, no terminator. False when `size` is below
// pem_encoded_size, or the label is longer than PEM_LABEL_SIZE - 1.
size_t pem_encoded_size(const char *label, size_t length);
MUST_CHECK bool pem_encode(char *out, size_t size, size_t *out_length, const char *label, const uint8_t *in,
                           size_t length);

#endif
