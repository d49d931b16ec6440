// password-kex: one end, driven by the input against an honest other end. The first byte picks role and hash. Keys are made
// once, since making one takes longer than all the rest; what a session takes over is a copy.
#include "tests/fuzz/fuzz.h"

#include "protocols/password_kex_session.h"

#include <string.h>

static bool find_user(void *context, const char *name, uint8_t *out, size_t size) {
    (void)context;
    hash_digest(hash_find(size == 64 ? "sha512" : "sha256"), out, "sesame", 6);
    return strcmp(name, "ann") == 0;
}

static struct rsa_private_key keys[2];

static void make_keys(void) {
    mpz_t e;
    mpz_init_set_ui(e, 65537);
    fuzz_seed(0);
    for (size_t i = 0; i < 2; i++) {
        rsa_private_key_init(&keys[i]);
        HOLDS(rsa_generate(&keys[i], PASSWORD_KEX_BITS, e, NULL));
    }
    mpz_clear(e);
}

static struct rsa_private_key copy_of(const struct rsa_private_key *key) {
    struct rsa_private_key copy;
    rsa_private_key_init(&copy);
    mpz_set(copy.public.n, key->public.n);
    mpz_set(copy.public.e, key->public.e);
    mpz_set(copy.p, key->p);
    mpz_set(copy.q, key->q);
    HOLDS(rsa_complete_key(&copy));
    return copy;
}

// The honest end speaks as soon as it may.
static size_t receive_and_speak(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    size_t used = password_kex_receive(party, event, bytes, length);
    if (password_kex_client_party.may_say(party, 5) == NULL) {
        HOLDS(password_kex_client_party.say(party, "Hello", 5) == NULL);
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct password_kex_session sessions[2];
    static const struct password_kex_store store = {.find = find_user};
    struct fuzz_input input = {data, size};
    unsigned choices = fuzz_byte(&input);
    if (mpz_sgn(keys[0].public.n) == 0) {
        make_keys();
    }
    fuzz_seed(choices);
    const struct party parties[] = {{&password_kex_server_party, &sessions[0]},
                                    {&password_kex_client_party, &sessions[1]}};
    for (size_t i = 0; i < 2; i++) {
        struct rsa_private_key key = copy_of(&keys[i]);
        const struct password_kex_options options = {.hash =
                                                         hash_find((choices & 2) != 0 ? "sha256" : "sha512"),
                                                     .made = &key,
                                                     .store = &store,
                                                     .username = "ann",
                                                     .password = (choices & 4) != 0 ? "Sesame" : "sesame",
                                                     .password_length = 6};
        password_kex_session_init(&sessions[i]);
        HOLDS(password_kex_start(&sessions[i], i == 0 ? PASSWORD_KEX_SERVER : PASSWORD_KEX_CLIENT,
                                 &options) == PASSWORD_KEX_OK);
        rsa_private_key_clear(&key);
    }
    struct party_type honest_type = *parties[1 - (choices & 1)].type;
    honest_type.receive = receive_and_speak;
    const struct party honest = {&honest_type, parties[1 - (choices & 1)].state};
    fuzz_party(&parties[choices & 1], &honest, &input);
    // However it ended: no key survives, and no password.
    static const uint8_t zeros[PASSWORD_KEX_PASSWORD_MAX];
    const struct password_kex_session *session = &sessions[choices & 1];
    HOLDS(session->kex.key_state == PASSWORD_KEX_KEY_SPENT && mpz_sgn(session->kex.private_key.d) == 0);
    HOLDS(memcmp(session->password, zeros, sizeof zeros) == 0);
    password_kex_session_clear(&sessions[0]);
    password_kex_session_clear(&sessions[1]);
    return 0;
}
