// What the files that read, check and write RSA keys share (rsa_key_file.h is for everyone else).
#ifndef PROTOCOLS_RSA_KEY_PARTS_H
#define PROTOCOLS_RSA_KEY_PARTS_H

#include "protocols/rsa_key_file.h"

// The object identifier rsaEncryption, as the contents of its element.
enum { RSA_ENCRYPTION_OID_SIZE = 9 };
extern const uint8_t rsa_encryption_oid[RSA_ENCRYPTION_OID_SIZE];

// Whether the numbers of a key belong together; where->reason names the equation that fails, at offset 0 of `layer`. May
// exchange p and q, and what goes with them, so that p > q.
MUST_CHECK enum key_file_error rsa_key_check_numbers(struct rsa_private_key *key, bool is_private,
                                                     const char *layer, struct parse_error *where);

#endif
