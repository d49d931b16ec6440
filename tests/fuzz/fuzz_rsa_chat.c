// rsa-chat: one end, driven by the input against an honest other end. The first byte picks the role, and whether the
// handshake has been done already. The keys are made once, and are small.
#include "tests/fuzz/fuzz.h"

#include "protocols/rsa_chat.h"

static struct rsa_chat_room room;
static struct rsa_chat_identity identity;

static void make_key(struct rsa_chat_identity *made, unsigned bits) {
    mpz_t e;
    mpz_init_set_ui(e, RSA_CHAT_EXPONENT);
    rsa_chat_identity_init(made);
    HOLDS(rsa_generate(&made->key, bits, e, NULL) && rsa_chat_identity_from_key(made));
    mpz_clear(e);
}

static void open_room(void) {
    static bool open;
    if (!open) {
        fuzz_seed(1);
        rsa_chat_room_init(&room);
        make_key(&room.identity, 512);
        make_key(&identity, 640);
        HOLDS(rsa_chat_room_open(&room));
        open = true;
    }
}

static void carry(struct rsa_chat *from, struct rsa_chat *to) {
    size_t length;
    struct party_event event;
    const uint8_t *bytes;
    while (bytes = stream_output(&from->stream, &length), length > 0) {
        stream_sent(&from->stream, rsa_chat_receive(to, &event, bytes, length));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct rsa_chat chats[2];
    struct fuzz_input input = {data, size};
    unsigned choices = fuzz_byte(&input);
    const struct party parties[] = {{&rsa_chat_server_party, &chats[0]}, {&rsa_chat_client_party, &chats[1]}};
    open_room();
    fuzz_seed(choices);
    rsa_chat_init(&chats[0]);
    rsa_chat_init(&chats[1]);
    rsa_chat_start_server(&chats[0], &room, "client", NULL);
    HOLDS(rsa_chat_start_client(&chats[1], &identity, "alice", NULL) == RSA_CHAT_OK);
    for (int i = 0; i < 3 && (choices & 2) != 0; i++) {
        carry(&chats[1], &chats[0]);
        carry(&chats[0], &chats[1]);
    }
    HOLDS((choices & 2) == 0 || (rsa_chat_may_say(&chats[0]) && rsa_chat_may_say(&chats[1])));
    fuzz_party(&parties[choices & 1], &parties[1 - (choices & 1)], &input);
    rsa_chat_clear(&chats[0]);
    rsa_chat_clear(&chats[1]);
    HOLDS(room.count == 0);
    return 0;
}
