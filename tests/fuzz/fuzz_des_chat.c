// des-chat: one end, driven by the input against an honest other end. The first byte picks role, mode and turns.
#include "tests/fuzz/fuzz.h"

#include "protocols/des_chat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct des_chat chats[2];
    struct fuzz_input input = {data, size};
    unsigned choices = fuzz_byte(&input);
    struct des_chat_options options = {
        .group = "toy-1021", .mode = (choices & 2) != 0 ? MODE_CBC : MODE_ECB, .free = (choices & 4) != 0};
    const struct party parties[] = {{&des_chat_server_party, &chats[0]}, {&des_chat_client_party, &chats[1]}};
    fuzz_seed(choices);
    for (size_t i = 0; i < 2; i++) {
        des_chat_init(&chats[i]);
        HOLDS(des_chat_start(&chats[i], i == 0 ? DES_CHAT_SERVER : DES_CHAT_CLIENT, &options) == DES_CHAT_OK);
    }
    fuzz_party(&parties[choices & 1], &parties[1 - (choices & 1)], &input);
    des_chat_clear(&chats[0]);
    des_chat_clear(&chats[1]);
    return 0;
}
