// password-kex: README 000, "key-exchange module", as written: both ends prove to each other that they know a password, and so
// that the public key that has just arrived is the other's own. Before: ciphers/public/rsa_oaep.c,
// protocols/rsa_key_file.c. After: protocols/password_kex_session.c, docs/password-kex.md.
//
// The idea. A public key that comes over the wire may be anybody's. Who shares a password with us can show that it is the
// right one, by hashing both together:
//
//     proof of the client = H( H(password) || DER(server key) )     encrypted to the server key
//     proof of the server = H( H(password) || DER(client key) )     encrypted to the client key
//
//     H(password)       DER(key), 270 bytes, as it went over the wire
//   +-----------+-----------------------------------------------+
//   |  64 bytes | 30 82 01 0a 02 82 01 01 00 ...  02 03 01 00 01 |   -> SHA-512 -> 64 bytes -> OAEP -> 256 bytes
//   +-----------+-----------------------------------------------+
//
// A stranger who replaces the server's key with one of their own gets a proof for that one, which the server does not take:
// its key is another. This was the README's hope, and docs/password-kex.md shows where it ends.
//
// What the README says in words, this code enforces
// - "Generate a one-time private key. Do not reuse this key if the connection failed." A key has a life (enum
//   password_kex_key_state), which only goes downwards: whatever fails wipes it.
// - "If the client is not authenticated stop here." Nothing is decrypted for a peer, and no proof given to it, before its own
//   proof was right.
//
// Choices of ours: RSA-2048 with e = 65537; a key is written as RSAPublicKey (RFC 8017, A.1.1) in DER; H and the two hashes
// of OAEP are one, SHA-512 or SHA-256; what does not fit into one OAEP block goes as several, each filled but the last.
//
// Pitfalls
// - An unknown user. An answer that comes sooner, or reads differently, tells who has an account. So the same is computed
//   against a value that nobody's password has: decrypt, hash, compare. (The look-up itself is the store's: a file that is
//   not there is noticed sooner than one that is read.)
// - Comparing with memcmp tells how many bytes were right; secure_equal does not.
// - A packet that does not decrypt and a proof that is wrong must be one answer to the peer: two would be Manger's oracle.
// - A name becomes part of a path: "../../etc/passwd" is why names are checked before anything else, and why "." may be in a
//   name but not be one.

#include "protocols/password_kex.h"

#include "protocols/rsa_key_file.h"

#include "bignum/random.h"
#include "ciphers/public/rsa_oaep.h"

#include <string.h>

// --- keys ------------------------------------------------------------------------------------------------------

void password_kex_init(struct password_kex *kex, const struct hash_algorithm *hash) {
    memset(kex, 0, sizeof *kex);
    kex->hash = hash;
    rsa_private_key_init(&kex->private_key);
}

void password_kex_clear(struct password_kex *kex) {
    rsa_private_key_clear(&kex->private_key);
    secure_wipe(kex, sizeof *kex);
}

// The key has had its life.
static void spend(struct password_kex *kex) {
    rsa_private_key_clear(&kex->private_key);
    rsa_private_key_init(&kex->private_key);
    kex->key_state = PASSWORD_KEX_KEY_SPENT;
}

// Publishes the key that has just come into private_key.
static enum password_kex_reason publish(struct password_kex *kex) {
    if (mpz_sizeinbase(kex->private_key.public.n, 2) != PASSWORD_KEX_BITS ||
        rsa_public_key_write_der(kex->public_key, sizeof kex->public_key, &kex->public_key_length,
                                 &kex->private_key.public, RSA_KEY_PKCS1_PUBLIC) != KEY_FILE_OK) {
        spend(kex);
        return PASSWORD_KEX_BAD_KEY;
    }
    kex->key_state = PASSWORD_KEX_KEY_FRESH;
    return PASSWORD_KEX_OK;
}

enum password_kex_reason password_kex_generate_private_key(struct password_kex *kex) {
    spend(kex);
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    bool made = rsa_generate(&kex->private_key, PASSWORD_KEX_BITS, e, NULL);
    mpz_clear(e);
    return made ? publish(kex) : PASSWORD_KEX_NO_RANDOM;
}

enum password_kex_reason password_kex_take_private_key(struct password_kex *kex,
                                                       struct rsa_private_key *made) {
    spend(kex);
    struct rsa_private_key empty = kex->private_key;
    kex->private_key = *made;
    *made = empty;
    return publish(kex);
}

// RSAPublicKey from the wire.
static enum password_kex_reason read_key(struct rsa_private_key *key, const uint8_t *der, size_t length) {
    bool good = rsa_key_read_der(key, RSA_KEY_PKCS1_PUBLIC, der, length, NULL) == KEY_FILE_OK &&
                mpz_sizeinbase(key->public.n, 2) == PASSWORD_KEX_BITS;
    return good ? PASSWORD_KEX_OK : PASSWORD_KEX_BAD_KEY;
}

enum password_kex_reason password_kex_check_key(const uint8_t *key, size_t length) {
    struct rsa_private_key read;
    rsa_private_key_init(&read);
    enum password_kex_reason reason = read_key(&read, key, length);
    rsa_private_key_clear(&read);
    return reason;
}

// --- encryption ------------------------------------------------------------------------------------------------

size_t password_kex_block_capacity(const struct hash_algorithm *hash) {
    return PASSWORD_KEX_PACKET_SIZE - 2 * hash->digest_size - 2; // RFC 8017, 7.1.1, step 1.b
}

enum password_kex_reason password_kex_encrypt_message(const struct password_kex *kex, uint8_t *out,
                                                      size_t *out_length, const uint8_t *message,
                                                      size_t length, const uint8_t *encryption_public_key,
                                                      size_t encryption_public_key_length) {
    const struct rsa_oaep oaep = {.hash = kex->hash};
    size_t capacity = password_kex_block_capacity(kex->hash);
    size_t blocks = length == 0 ? 1 : (length - 1) / capacity + 1;
    *out_length = 0;
    if (blocks > PASSWORD_KEX_BLOCKS_MAX) {
        return PASSWORD_KEX_TOO_LONG;
    }
    struct rsa_private_key key;
    rsa_private_key_init(&key);
    enum password_kex_reason reason = read_key(&key, encryption_public_key, encryption_public_key_length);
    for (size_t i = 0; i < blocks && reason == PASSWORD_KEX_OK; i++) {
        size_t part = i + 1 < blocks ? capacity : length - i * capacity;
        if (!rsa_oaep_encrypt(&key.public, out + i * PASSWORD_KEX_PACKET_SIZE, &oaep, message + i * capacity,
                              part)) {
            reason = PASSWORD_KEX_NO_RANDOM;
        }
    }
    rsa_private_key_clear(&key);
    if (reason == PASSWORD_KEX_OK) {
        *out_length = blocks * PASSWORD_KEX_PACKET_SIZE;
    }
    return reason;
}

// Every block; a receiver takes blocks of any fill.
static bool decrypt(const struct password_kex *kex, uint8_t *out, size_t *out_length, const uint8_t *packet,
                    size_t length) {
    const struct rsa_oaep oaep = {.hash = kex->hash};
    uint8_t block[PASSWORD_KEX_PACKET_SIZE];
    bool good = length > 0 && length % PASSWORD_KEX_PACKET_SIZE == 0 && length <= PASSWORD_KEX_MESSAGE_MAX;
    size_t done = 0;
    for (size_t at = 0; at < length && good; at += PASSWORD_KEX_PACKET_SIZE) {
        size_t part;
        good = rsa_oaep_decrypt(&kex->private_key, block, &part, &oaep, packet + at, sizeof block);
        if (good) {
            memcpy(out + done, block, part);
            done += part;
        }
    }
    secure_wipe(block, sizeof block);
    *out_length = good ? done : 0;
    return good;
}

enum password_kex_reason password_kex_decrypt_message(struct password_kex *kex, uint8_t *out,
                                                      size_t *out_length, const uint8_t *packet,
                                                      size_t length) {
    *out_length = 0;
    if (kex->key_state != PASSWORD_KEX_KEY_PROVEN) {
        return kex->key_state == PASSWORD_KEX_KEY_FRESH ? PASSWORD_KEX_NOT_PROVEN : PASSWORD_KEX_NO_KEY;
    }
    if (!decrypt(kex, out, out_length, packet, length)) {
        spend(kex);
        return PASSWORD_KEX_UNDECRYPTABLE;
    }
    return PASSWORD_KEX_OK;
}

// --- proofs ----------------------------------------------------------------------------------------------------

void password_kex_hash_password(const struct password_kex *kex, uint8_t *hashed, const void *password,
                                size_t length) {
    hash_digest(kex->hash, hashed, password, length);
}

void password_kex_proof(const struct hash_algorithm *hash, uint8_t *proof, const uint8_t *hashed_password,
                        const uint8_t *key, size_t key_length) {
    struct hash_context context;
    hash_init(&context, hash);
    hash_update(&context, hashed_password, hash->digest_size);
    hash_update(&context, key, key_length);
    hash_final(&context, proof);
}

// The proof for a key, encrypted to it.
static enum password_kex_reason make_packet(const struct password_kex *kex,
                                            uint8_t packet[static PASSWORD_KEX_PACKET_SIZE],
                                            const uint8_t *hashed_password, const uint8_t *key,
                                            size_t key_length) {
    uint8_t proof[HASH_DIGEST_SIZE_MAX];
    uint8_t encrypted[PASSWORD_KEX_MESSAGE_MAX];
    size_t length;
    password_kex_proof(kex->hash, proof, hashed_password, key, key_length);
    enum password_kex_reason reason =
        password_kex_encrypt_message(kex, encrypted, &length, proof, kex->hash->digest_size, key, key_length);
    if (reason == PASSWORD_KEX_OK) {
        memcpy(packet, encrypted, PASSWORD_KEX_PACKET_SIZE);
    }
    secure_wipe(proof, sizeof proof);
    return reason;
}

// Does the packet hold the proof for this end's own key? *decrypted says whether it decrypts at all. The comparison is made
// either way.
static bool check_packet(const struct password_kex *kex, const uint8_t *packet, size_t length,
                         const uint8_t *hashed_password, bool *decrypted) {
    uint8_t expected[HASH_DIGEST_SIZE_MAX], received[PASSWORD_KEX_MESSAGE_MAX] = {0};
    size_t received_length = 0;
    password_kex_proof(kex->hash, expected, hashed_password, kex->public_key, kex->public_key_length);
    *decrypted =
        length == PASSWORD_KEX_PACKET_SIZE && decrypt(kex, received, &received_length, packet, length);
    bool equal = secure_equal(received, expected, kex->hash->digest_size);
    bool right = equal && *decrypted && received_length == kex->hash->digest_size;
    secure_wipe(expected, sizeof expected);
    secure_wipe(received, sizeof received);
    return right;
}

// --- server ----------------------------------------------------------------------------------------------------

bool password_kex_name_is_good(const char *username) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t length = strlen(username);
    return length >= 1 && length <= PASSWORD_KEX_NAME_MAX && strspn(username, allowed) == length &&
           strcmp(username, ".") != 0 && strcmp(username, "..") != 0;
}

bool password_kex_get_hashed_password(const struct password_kex *kex, uint8_t *hashed, const char *username,
                                      const struct password_kex_store *store) {
    // Drawn for everybody, used for nobody.
    uint8_t nobody[HASH_DIGEST_SIZE_MAX] = {0};
    bool drawn = random_bytes(nobody, kex->hash->digest_size);
    bool found = password_kex_name_is_good(username) &&
                 store->find(store->context, username, hashed, kex->hash->digest_size);
    if (!drawn || !found) {
        memcpy(hashed, nobody, kex->hash->digest_size);
    }
    secure_wipe(nobody, sizeof nobody);
    return drawn && found;
}

enum password_kex_reason password_kex_authenticate_client(struct password_kex *kex, const char *username,
                                                          const uint8_t *first_client_packet, size_t length,
                                                          const struct password_kex_store *store) {
    if (kex->key_state != PASSWORD_KEX_KEY_FRESH) {
        return PASSWORD_KEX_NO_KEY;
    }
    uint8_t hashed[HASH_DIGEST_SIZE_MAX];
    bool decrypted;
    bool known = password_kex_get_hashed_password(kex, hashed, username, store);
    bool right = check_packet(kex, first_client_packet, length, hashed, &decrypted);
    secure_wipe(hashed, sizeof hashed);
    if (known && right) {
        kex->key_state = PASSWORD_KEX_KEY_PROVEN;
        return PASSWORD_KEX_OK;
    }
    spend(kex);
    return !password_kex_name_is_good(username) ? PASSWORD_KEX_BAD_NAME
           : !decrypted                         ? PASSWORD_KEX_UNDECRYPTABLE
           : !known                             ? PASSWORD_KEX_UNKNOWN_USER
                                                : PASSWORD_KEX_WRONG_PASSWORD;
}

enum password_kex_reason password_kex_server_packet(const struct password_kex *kex,
                                                    uint8_t packet[static PASSWORD_KEX_PACKET_SIZE],
                                                    const uint8_t *hashed_password,
                                                    const uint8_t *client_public_key,
                                                    size_t client_public_key_length) {
    if (kex->key_state != PASSWORD_KEX_KEY_PROVEN) {
        return kex->key_state == PASSWORD_KEX_KEY_FRESH ? PASSWORD_KEX_NOT_PROVEN : PASSWORD_KEX_NO_KEY;
    }
    return make_packet(kex, packet, hashed_password, client_public_key, client_public_key_length);
}

// --- client ----------------------------------------------------------------------------------------------------

enum password_kex_reason password_kex_client_packet(const struct password_kex *kex,
                                                    uint8_t packet[static PASSWORD_KEX_PACKET_SIZE],
                                                    const void *password, size_t length,
                                                    const uint8_t *server_public_key,
                                                    size_t server_public_key_length) {
    uint8_t hashed[HASH_DIGEST_SIZE_MAX];
    password_kex_hash_password(kex, hashed, password, length);
    enum password_kex_reason reason =
        make_packet(kex, packet, hashed, server_public_key, server_public_key_length);
    secure_wipe(hashed, sizeof hashed);
    return reason;
}

enum password_kex_reason password_kex_authenticate_server(struct password_kex *kex, const void *password,
                                                          size_t password_length,
                                                          const uint8_t *server_packet, size_t length) {
    if (kex->key_state != PASSWORD_KEX_KEY_FRESH) {
        return PASSWORD_KEX_NO_KEY;
    }
    uint8_t hashed[HASH_DIGEST_SIZE_MAX];
    bool decrypted;
    password_kex_hash_password(kex, hashed, password, password_length);
    bool right = check_packet(kex, server_packet, length, hashed, &decrypted);
    secure_wipe(hashed, sizeof hashed);
    if (right) {
        kex->key_state = PASSWORD_KEX_KEY_PROVEN;
        return PASSWORD_KEX_OK;
    }
    spend(kex);
    return decrypted ? PASSWORD_KEX_SERVER_UNPROVEN : PASSWORD_KEX_UNDECRYPTABLE;
}
