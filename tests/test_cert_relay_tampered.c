// protocols/cert_relay: every message truncated at every length, and with every byte changed. A session is recorded once; then
// it is played to one end again and again, whole up to the message under test. Whatever happens then has a reason.
#include "tests/cert_relay_support.h"

#include "bignum/random.h"

// What crossed on one connection, message by message.
enum { MESSAGES_MAX = 32 };
struct crossed {
    bool to_server;
    size_t length;
    uint8_t bytes[600];
};
struct tape {
    size_t count;
    struct crossed messages[MESSAGES_MAX];
};
static struct tape tapes[CERT_RELAY_CLIENTS];
static uint8_t own_part[CERT_RELAY_PART_SIZE]; // of client1
static size_t other_keys;                      // changed public keys that were taken

static void record(struct tape *tape, bool to_server, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        size_t whole = 4 + ((size_t)bytes[2] << 8) + bytes[3];
        assert_true(whole <= length && tape->count < MESSAGES_MAX && whole <= sizeof tape->messages[0].bytes);
        struct crossed *crossed = &tape->messages[tape->count++];
        *crossed = (struct crossed){.to_server = to_server, .length = whole};
        memcpy(crossed->bytes, bytes, whole);
        bytes += whole;
        length -= whole;
    }
}

// Three log in and agree on a key; then client2 and client1 say a line.
static int record_session(void **state) {
    (void)make_keys(state);
    (void)set_up(state);
    for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
        (void)connect(i);
    }
    for (int round = 0; round < 12; round++) {
        for (size_t i = 0; i < CERT_RELAY_CLIENTS; i++) {
            size_t length;
            const uint8_t *bytes = cert_relay_client_party.output(&clients[i], &length);
            record(&tapes[i], true, bytes, length);
            (void)carry(&links[i].client, &links[i].server, SIZE_MAX);
            bytes = cert_relay_server_party.output(&servers[i], &length);
            record(&tapes[i], false, bytes, length);
            (void)carry(&links[i].server, &links[i].client, SIZE_MAX);
        }
        if (round == 8 || round == 9) {
            assert_null(
                cert_relay_client_party.say(&clients[round == 8 ? 1 : 0], "a line of text, two blocks", 26));
        }
    }
    assert_int_equal(clients[0].state, CERT_RELAY_TALKING);
    memcpy(own_part, clients[0].parts[0], sizeof own_part);
    assert_int_equal(tapes[0].count, 3 + 4 + 1 + 2 + 4 + 2);
    (void)tear_down(state);
    return 0;
}

// client1 as it was, up to the message `until`: what it hears is played, what it says is thrown away.
static void play_to_client(size_t until) {
    again();
    (void)connect(0);
    for (size_t i = 0; i < until; i++) {
        size_t length;
        (void)cert_relay_client_party.output(&clients[0], &length);
        cert_relay_client_party.sent(&clients[0], length);
        if (!tapes[0].messages[i].to_server) {
            feed(&links[0].client, tapes[0].messages[i].bytes, tapes[0].messages[i].length, SIZE_MAX);
        }
        if (clients[0].state == CERT_RELAY_EXCHANGING) {
            memcpy(clients[0].parts[0], own_part,
                   sizeof own_part); // as on the tape, so that the key will be, too
        }
    }
    forget(&links[0].client);
}

// The server's end of client1's connection likewise; client2 is there, too.
static void play_to_server(size_t until) {
    again();
    cert_relay_server_start(&servers[0], &hub, 0, NULL);
    cert_relay_server_start(&servers[1], &hub, 1, NULL);
    servers[1].state = CERT_RELAY_SERVING;
    hub.clients[1] = &servers[1];
    links[0].server = (struct end){.party = {&cert_relay_server_party, &servers[0]}};
    for (size_t i = 0; i < until; i++) {
        if (tapes[0].messages[i].to_server) {
            feed(&links[0].server, tapes[0].messages[i].bytes, tapes[0].messages[i].length, SIZE_MAX);
        }
        for (size_t j = 0; j < 2; j++) {
            size_t length;
            (void)cert_relay_server_party.output(&servers[j], &length);
            cert_relay_server_party.sent(&servers[j], length);
        }
    }
    forget(&links[0].server);
}

// It has failed, or fails for want of what should have come; with a reason in any case.
static void assert_fails(struct end *end) {
    const struct party_type *type = end->party.type;
    struct party_event event;
    if (!type->over(end->party.state)) {
        assert_true(type->impatient(end->party.state));
        type->end(end->party.state, &event, PARTY_TIMED_OUT);
        assert_int_equal(event.kind, PARTY_FAILED);
    }
    assert_true(type->over(end->party.state));
    assert_true(strlen(type->failure(end->party.state)) > 20);
}

static bool begins_with(const struct crossed *crossed, const char *word) {
    return crossed->length >= 4 + strlen(word) && memcmp(crossed->bytes + 4, word, strlen(word)) == 0;
}

// What a client does with a message that is not as it was sent.
static void check_client(const struct crossed *original, const uint8_t *bytes, size_t length) {
    struct end *end = &links[0].client;
    enum cert_relay_client_state before = clients[0].state;
    size_t answers = clients[0].answers;
    feed(end, bytes, length, SIZE_MAX);
    assert_true(end->last != PARTY_MESSAGE && end->last != PARTY_ESTABLISHED && end->last != PARTY_ENDED);
    if (clients[0].refused != CERT_RELAY_OK && !cert_relay_client_party.over(&clients[0])) {
        assert_int_equal(end->last, PARTY_NOTICE);
        assert_logged(end, "was refused");
        assert_true(before != CERT_RELAY_TALKING || clients[0].state == CERT_RELAY_TALKING);
    } else if (clients[0].answers > answers && !cert_relay_client_party.over(&clients[0])) {
        // As written, nothing vouches for a public key: some changes make another sound one.
        assert_true(begins_with(original, "-----BEGIN"));
        if (length == original->length - 1) {
            return; // without the last line break it is the same key
        }
        size_t whose = clients[0].others[answers];
        assert_true(mpz_cmp(clients[0].peer_keys[whose].n, keys[whose].public.n) != 0 ||
                    mpz_cmp(clients[0].peer_keys[whose].e, keys[whose].public.e) != 0);
        other_keys++;
    } else if (before == CERT_RELAY_TALKING && clients[0].state == before &&
               !cert_relay_client_party.impatient(&clients[0])) {
        // It was for somebody else, and still is.
        assert_true(begins_with(original, "KEY_PART:client2->client3") ||
                    begins_with(original, "KEY_PART:client3->client2"));
    } else {
        assert_fails(end);
    }
}

// What a server does.
static void check_server(const struct crossed *original, const uint8_t *bytes, size_t length) {
    struct end *end = &links[0].server;
    size_t waiting, passed_on;
    feed(end, bytes, length, SIZE_MAX);
    const uint8_t *to_other = cert_relay_server_party.output(&servers[1], &passed_on);
    const uint8_t *answer = cert_relay_server_party.output(&servers[0], &waiting);
    bool over = cert_relay_server_party.over(&servers[0]);
    if (!over && begins_with(original, "REQ_KEY:") && waiting > 0) {
        assert_true(memcmp(answer + 4, "ERROR: ", 7) == 0 || memcmp(answer + 4, "-----BEGIN ", 11) == 0);
        assert_int_equal(passed_on, 0);
    } else if (!over && passed_on > 0) {
        // Passed on as it is. Whoever it is for finds the fault.
        assert_int_equal(passed_on, length);
        assert_memory_equal(to_other, bytes, length);
        assert_true(begins_with(original, "KEY_PART:") || original->length == 4 + 16 + 32 + 32);
    } else {
        assert_fails(end);
    }
    assert_true(end->last != PARTY_ESTABLISHED);
}

typedef void play_function(size_t until);
typedef void check_function(const struct crossed *original, const uint8_t *bytes, size_t length);

static size_t change_every_byte(bool to_server, play_function *play, check_function *check) {
    size_t count = 0;
    for (size_t i = 0; i < tapes[0].count; i++) {
        const struct crossed *crossed = &tapes[0].messages[i];
        for (size_t at = 0; crossed->to_server == to_server && at < crossed->length; at++) {
            uint8_t bytes[sizeof crossed->bytes];
            memcpy(bytes, crossed->bytes, crossed->length);
            bytes[at] ^= (uint8_t)(1U << at % 8);
            play(i);
            check(crossed, bytes, crossed->length);
            count++;
        }
    }
    return count;
}

// Cut in the stream: the connection closes after `length` bytes. Cut in the frame: a shorter payload, properly announced.
static size_t cut_everywhere(bool to_server, play_function *play, check_function *check, struct end *end) {
    size_t count = 0;
    for (size_t i = 0; i < tapes[0].count; i++) {
        const struct crossed *crossed = &tapes[0].messages[i];
        for (size_t length = 1; crossed->to_server == to_server && length < crossed->length; length++) {
            struct party_event event;
            play(i);
            feed(end, crossed->bytes, length, SIZE_MAX);
            assert_string_equal(end->log, "");
            end->party.type->end(end->party.state, &event, PARTY_PEER_CLOSED);
            assert_int_equal(event.kind, PARTY_FAILED);
            assert_non_null(
                strstr(end->party.type->failure(end->party.state), "closed the connection in the middle of"));
            count++;
            if (length >= 4) {
                uint8_t bytes[sizeof crossed->bytes];
                memcpy(bytes, crossed->bytes, length);
                frame_write_header(bytes, length - 4);
                play(i);
                check(crossed, bytes, length);
                count++;
            }
        }
    }
    return count;
}

static void every_byte_to_the_client(void **state) {
    (void)state;
    other_keys = 0;
    size_t count = change_every_byte(false, play_to_client, check_client);
    assert_true(count > 1200);
    assert_true(other_keys > 20); // the weakness is there
}
static void every_byte_to_the_server(void **state) {
    (void)state;
    assert_true(change_every_byte(true, play_to_server, check_server) > 600);
}
static void every_cut_to_the_client(void **state) {
    (void)state;
    assert_true(cut_everywhere(false, play_to_client, check_client, &links[0].client) > 2000);
}
static void every_cut_to_the_server(void **state) {
    (void)state;
    assert_true(cut_everywhere(true, play_to_server, check_server, &links[0].server) > 1000);
}

// The tape itself, unchanged, is taken by both ends: so it is the changes that were refused.
static void the_tape_is_good(void **state) {
    (void)state;
    play_to_client(tapes[0].count - 2);
    assert_int_equal(clients[0].state, CERT_RELAY_TALKING);
    feed(&links[0].client, tapes[0].messages[tapes[0].count - 2].bytes,
         tapes[0].messages[tapes[0].count - 2].length, SIZE_MAX);
    assert_logged(&links[0].client, "message: client2 or client3: a line of text, two blocks");
    play_to_server(tapes[0].count);
    assert_int_equal(servers[0].state, CERT_RELAY_SERVING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_tape_is_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_byte_to_the_client, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_byte_to_the_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_cut_to_the_client, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_cut_to_the_server, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, record_session, free_keys);
}
