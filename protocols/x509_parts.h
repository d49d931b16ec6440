// What the files of X.509 share with each other, and with nobody else.
#ifndef PROTOCOLS_X509_PARTS_H
#define PROTOCOLS_X509_PARTS_H

#include "protocols/der.h"
#include "protocols/x509.h"

// What offsets of refused certificates count in.
extern const char x509_layer[];

// An object identifier's contents. OID(...) for those that have a row in a table.
#define X509_OID(...)                                                                                        \
    { (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) }

// Notes the reader's fault in `where`; `what` was being read. Always CERTIFICATE_DER.
enum certificate_error x509_refuse_der(const struct der_reader *reader, const char *what,
                                       struct parse_error *where);

// The readers of parts: each takes one element.
MUST_CHECK enum certificate_error
x509_read_algorithm(struct der_reader *reader, struct x509_algorithm *algorithm, struct parse_error *where);
MUST_CHECK enum certificate_error x509_read_name(struct der_reader *reader, struct x509_span *name,
                                                 bool may_be_empty, struct parse_error *where);
MUST_CHECK bool x509_read_time(struct der_reader *reader, int64_t *seconds);
MUST_CHECK enum certificate_error x509_read_extensions(struct der_reader *reader,
                                                       struct x509_certificate *certificate,
                                                       struct parse_error *where);
// The contents of GeneralNames.
MUST_CHECK bool x509_read_general_names(struct der_reader *reader);
// One GeneralName.
MUST_CHECK bool x509_read_general_name(struct der_reader *reader, struct x509_general_name *name);
// One Extension.
MUST_CHECK bool x509_read_extension(struct der_reader *reader, struct x509_extension *extension);

// message signed with key, as the algorithm says. signature has room for rsa_size() bytes.
MUST_CHECK bool x509_algorithm_verify(const struct x509_algorithm *algorithm,
                                      const struct rsa_public_key *key, struct x509_span message,
                                      struct x509_span signature);
MUST_CHECK bool x509_algorithm_sign(const struct x509_algorithm *algorithm, const struct rsa_private_key *key,
                                    uint8_t *signature, struct x509_span message);

// Is there an identifier for signatures over this hash?
bool x509_algorithm_known(const struct hash_algorithm *hash);

// The writers, in DER's order from the back (der.h).
void x509_put_algorithm(struct der_writer *writer, const struct x509_algorithm *algorithm);
void x509_put_time(struct der_writer *writer, int64_t seconds);
void x509_put_name(struct der_writer *writer, const char *organization, const char *common_name);
void x509_put_extensions(struct der_writer *writer, const struct x509_template *wish,
                         struct x509_span subject_key_id, struct x509_span authority_key_id);

// Is this a dNSName as certificates have it: labels of letters, digits, '-' and '_', the first of which may
// be "*"?
bool x509_is_host_name(struct x509_span name);
// The length of valid UTF-8 in characters; false for anything else.
MUST_CHECK bool x509_utf8_length(const char *text, size_t *characters);

#endif
