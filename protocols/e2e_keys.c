// Keys of an e2e-relay client as text. Before: ciphers/public/elgamal.c, ciphers/public/dh.c. After:
// protocols/e2e_client.c, which uses them.
//
//     # Keys of e2e-relay. Secret: whoever reads this file can sign and read as you.
//     group = ffdhe2048
//     elgamal_private = 1234...         x: signs
//     elgamal_public = 5678...          g^x mod p: the others verify with it
//     dh_private = 1234...
//     dh_public = 5678...
//
// The README makes the keys once and reads them at every start. So a Diffie-Hellman pair from a file is used again and
// again: two people who both use files have the same shared secret, and the same AES key, in every conversation, and
// whoever gets hold of one of the files later reads all of them. A pair made at the start forgets at the end.
//
// Pitfalls
// - In a toy group the order of g has small factors, and a private key that shares one gives a shared secret of 1 with
//   some peers, or an ElGamal key that cannot sign some numbers. There, private keys are drawn until they share none.
// - A file that was changed by hand may hold a public key that does not belong to the private one: signatures would fail
//   at the other end, far from the cause. So the public keys are computed again and compared.

#include "protocols/e2e_keys.h"

#include "bignum/encoding.h"
#include "ciphers/public/dh.h"
#include "ciphers/public/elgamal.h"
#include "protocols/message.h"

#include <stdio.h>
#include <string.h>

static const char layer[] = "the key file";

void e2e_keys_init(struct e2e_keys *keys) {
    bn_group_init(&keys->group);
    mpz_inits(keys->elgamal_private, keys->elgamal_public, keys->dh_private, keys->dh_public, NULL);
}

void e2e_keys_clear(struct e2e_keys *keys) {
    bn_group_clear(&keys->group);
    bn_wipe_clears(keys->elgamal_private, keys->dh_private, NULL);
    mpz_clears(keys->elgamal_public, keys->dh_public, NULL);
}

bool e2e_keys_group_is_known(const char *name) {
    for (size_t i = 0; bn_group_names[i] != NULL; i++) {
        if (strcmp(name, bn_group_names[i]) == 0) {
            return strcmp(name, "toy-4digit") != 0;
        }
    }
    return false;
}

// --- making them -----------------------------------------------------------------------------------------------

// Every private key will do in a real group. In a toy one it must share no factor with the order of g, which divides p-1.
static bool is_good(const struct bn_group *group, const mpz_t private_key) {
    if (!group->toy) {
        return true;
    }
    mpz_t order, common;
    mpz_inits(order, common, NULL);
    mpz_sub_ui(order, group->p, 1);
    mpz_gcd(common, order, private_key);
    bool good = mpz_cmp_ui(common, 1) == 0;
    mpz_clears(order, common, NULL);
    return good;
}

typedef bool generator(const struct bn_group *group, mpz_t private_key, mpz_t public_key);

enum { DRAWS_MAX = 1000 };
static bool draw(generator *generate, const struct bn_group *group, mpz_t private_key, mpz_t public_key) {
    for (int i = 0; i < DRAWS_MAX; i++) {
        if (!generate(group, private_key, public_key)) {
            return false;
        }
        if (is_good(group, private_key)) {
            return true;
        }
    }
    return false;
}

bool e2e_keys_generate(struct e2e_keys *keys, const char *group) {
    return e2e_keys_group_is_known(group) && bn_group_find(&keys->group, group) &&
           draw(elgamal_generate, &keys->group, keys->elgamal_private, keys->elgamal_public) &&
           draw(dh_generate, &keys->group, keys->dh_private, keys->dh_public);
}

// --- as text ---------------------------------------------------------------------------------------------------

static const char *const names[] = {"group", "elgamal_private", "elgamal_public", "dh_private", "dh_public"};
enum { NAMES = sizeof names / sizeof names[0] };

static mpz_ptr number(struct e2e_keys *keys, size_t i) {
    const mpz_ptr numbers[] = {NULL, keys->elgamal_private, keys->elgamal_public, keys->dh_private,
                               keys->dh_public};
    return numbers[i];
}

static bool append(char *out, size_t size, size_t *length, const char *text) {
    for (; *text != '\0'; text++) {
        if (*length == size) {
            return false;
        }
        out[(*length)++] = *text;
    }
    return true;
}

bool e2e_keys_write(char *out, size_t size, size_t *length, const struct e2e_keys *keys) {
    const mpz_srcptr numbers[] = {NULL, keys->elgamal_private, keys->elgamal_public, keys->dh_private,
                                  keys->dh_public};
    char digits[FIELD_DECIMAL_DIGITS_MAX + 3];
    *length = 0;
    bool ok = append(out, size, length,
                     "# Keys of e2e-relay. Secret: whoever reads this file can sign and read as you.\n");
    for (size_t i = 0; i < NAMES && ok; i++) {
        ok = append(out, size, length, names[i]) && append(out, size, length, " = ") &&
             (i == 0
                  ? append(out, size, length, keys->group.name)
                  : bn_to_decimal(digits, sizeof digits, numbers[i]) && append(out, size, length, digits)) &&
             append(out, size, length, "\n");
    }
    secure_wipe(digits, sizeof digits);
    return ok;
}

// A line: text[0..length) without its end. Fills in what the name says.
static bool read_line(struct e2e_keys *keys, size_t i, const char *line, size_t length, size_t offset,
                      struct parse_error *where) {
    size_t name = strlen(names[i]);
    if (length < name + 3 || memcmp(line, names[i], name) != 0 || memcmp(line + name, " = ", 3) != 0) {
        parse_error_set(where, offset, layer, "`%s = ...` belongs here", names[i]);
        return false;
    }
    char value[FIELD_DECIMAL_DIGITS_MAX + 1];
    size_t value_length = length - name - 3;
    if (value_length >= sizeof value) {
        parse_error_set(where, offset + name + 3, layer, "%s is too long", names[i]);
        return false;
    }
    memcpy(value, line + name + 3, value_length);
    value[value_length] = '\0';
    bool ok = strlen(value) == value_length;
    if (i == 0) {
        ok = ok && e2e_keys_group_is_known(value) && bn_group_find(&keys->group, value);
    } else {
        ok = ok && value[0] != '-' && bn_from_decimal(number(keys, i), value);
    }
    secure_wipe(value, sizeof value);
    if (!ok) {
        parse_error_set(where, offset + name + 3, layer, "%s", i == 0 ? "no such group" : "not a number");
    }
    return ok;
}

// The public keys follow from the private ones.
static bool check(const struct e2e_keys *keys, size_t end, struct parse_error *where) {
    mpz_t again;
    mpz_init(again);
    const char *why = NULL;
    if (!elgamal_public_key(&keys->group, again, keys->elgamal_private) ||
        mpz_cmp(again, keys->elgamal_public) != 0) {
        why = "elgamal_public is not the key that belongs to elgamal_private";
    } else if (!dh_public_key(&keys->group, again, keys->dh_private) ||
               mpz_cmp(again, keys->dh_public) != 0) {
        why = "dh_public is not the key that belongs to dh_private";
    } else if (!bn_group_check_public(&keys->group, keys->elgamal_public) ||
               !bn_group_check_public(&keys->group, keys->dh_public)) {
        why = "a public key is 1 or p-1: the other end would refuse it";
    }
    mpz_clear(again);
    if (why != NULL) {
        parse_error_set(where, end, layer, "%s", why);
    }
    return why == NULL;
}

bool e2e_keys_read(struct e2e_keys *keys, const char *text, size_t length, struct parse_error *where) {
    size_t found = 0;
    for (size_t at = 0; at < length;) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', length - at);
        size_t line_length = end != NULL ? (size_t)(end - line) : length - at;
        if (line_length > 0 && line[0] != '#') {
            if (found == NAMES) {
                parse_error_set(where, at, layer, "there is more than keys have");
                return false;
            }
            if (!read_line(keys, found, line, line_length, at, where)) {
                return false;
            }
            found++;
        }
        at += line_length + 1;
    }
    if (found < NAMES) {
        parse_error_set(where, length, layer, "`%s = ...` is missing", names[found]);
        return false;
    }
    return check(keys, length, where);
}
