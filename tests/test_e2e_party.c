// protocols/e2e_party: two clients and the relay's ends in memory, down to the bytes; servers that do everything wrong; what
// a relay sees.
#include "tests/support.h"

#include "protocols/e2e_party.h"
#include "protocols/e2e_relay_party.h"

#include "bignum/random.h"

#include <stdio.h>
#include <string.h>

static struct test_random source;

// --- a relay and two clients -----------------------------------------------------------------------------------

static struct e2e_keys keys[2];
static struct e2e_party clients[2];
static struct e2e_relay_end ends[2];
static struct e2e_relay_hub hub;
static struct party_event last[2];
static char text[2][E2E_TEXT_MAX + 1];
static uint8_t seen[4000000]; // all bytes that crossed, the frames of clients unmasked
static size_t seen_length;
static size_t explained[2];

struct counting {
    struct explain_sink sink; // first
    size_t i;
};
static void count(struct explain_sink *sink, const struct explanation *explanation) {
    explained[((struct counting *)sink)->i]++;
    assert_int_equal(explanation->number, explained[((struct counting *)sink)->i]);
}
static struct counting counting[2] = {{{count}, 0}, {{count}, 1}};

static void stop(void) {
    for (size_t i = 0; i < 2; i++) {
        e2e_party_clear(&clients[i]);
        e2e_keys_clear(&keys[i]);
        e2e_relay_end_clear(&ends[i]);
    }
}

static void start_client(size_t i, bool stay) {
    const struct e2e_party_options options = {
        .keys = &keys[i], .host = "localhost:5000", .stay = stay, .explain = &counting[i].sink};
    assert_int_equal(e2e_party_start(&clients[i], &options), E2E_OK);
}

static void start(bool stay) {
    static bool started;
    if (started) {
        stop();
    }
    started = true;
    e2e_relay_hub_start(&hub);
    seen_length = 0;
    memset(last, 0, sizeof last);
    memset(explained, 0, sizeof explained);
    for (size_t i = 0; i < 2; i++) {
        e2e_keys_init(&keys[i]);
        do {
            assert_true(e2e_keys_generate(&keys[i], "toy-1021"));
        } while (i == 1 && (mpz_cmp(keys[0].elgamal_public, keys[1].elgamal_public) == 0 ||
                            mpz_cmp(keys[0].dh_public, keys[1].dh_public) == 0));
        e2e_party_init(&clients[i]);
        assert_true(e2e_relay_end_start(&ends[i], &hub, "client", NULL));
        start_client(i, stay);
    }
}

static void take(size_t i, const struct party_event *event) {
    if (event->kind != PARTY_NOTHING) {
        last[i] = *event;
        text[i][0] = '\0';
        if (event->length > 0) {
            memcpy(text[i], event->text, event->length);
            text[i][event->length] = '\0';
        }
    }
}

// All bytes to a party in pieces.
static void feed(const struct party_type *type, void *state, size_t i, const uint8_t *bytes, size_t length,
                 size_t piece) {
    struct party_event event;
    for (size_t at = 0; at < length;) {
        size_t part = length - at < piece ? length - at : piece;
        size_t used = type->receive(state, &event, bytes + at, part);
        assert_true(used <= part);
        assert_true(used > 0 || event.kind != PARTY_NOTHING);
        at += used;
        if (type == &e2e_client_party) {
            take(i, &event);
        }
    }
}

// What one sends, to the other. A copy first: receiving may write more.
static bool carry(const struct party_type *from_type, void *from, const struct party_type *to_type, void *to,
                  size_t i, size_t piece) {
    static uint8_t bytes[WEBSOCKET_WRITER_SIZE];
    size_t length;
    const uint8_t *waiting = from_type->output(from, &length);
    memcpy(bytes, waiting, length);
    from_type->sent(from, length);
    assert_true(seen_length + length <= sizeof seen);
    memcpy(seen + seen_length, bytes, length);
    seen_length += length;
    feed(to_type, to, i, bytes, length, piece);
    return length > 0;
}

static void settle_one(size_t i, size_t piece) {
    for (bool moved = true; moved;) {
        moved = carry(&e2e_client_party, &clients[i], &e2e_relay_party, &ends[i], i, piece);
        moved |= carry(&e2e_relay_party, &ends[i], &e2e_client_party, &clients[i], i, piece);
    }
}

static void settle_in_pieces(size_t piece) {
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < 2; i++) {
            moved |= carry(&e2e_client_party, &clients[i], &e2e_relay_party, &ends[i], i, piece);
            moved |= carry(&e2e_relay_party, &ends[i], &e2e_client_party, &clients[i], i, piece);
        }
    }
}
static void settle(void) {
    settle_in_pieces(SIZE_MAX);
}

static const char *say(size_t i, const char *line) {
    return e2e_client_party.say(&clients[i], line, strlen(line));
}

static void whole_conversations(void **state) {
    (void)state;
    static const size_t pieces[] = {1, 3, 100, SIZE_MAX};
    for (size_t j = 0; j < 4; j++) {
        start(false);
        assert_true(e2e_client_party.impatient(&clients[0]));
        assert_int_equal(e2e_client_party.silence_max(&clients[0]), 0);
        settle_one(0, pieces[j]);
        assert_int_equal(last[0].kind, PARTY_NOTICE);
        assert_non_null(strstr(text[0], "Waiting for a partner"));
        assert_false(e2e_client_party.impatient(&clients[0]));
        assert_int_equal(e2e_client_party.silence_max(&clients[0]), 45000);
        assert_non_null(e2e_client_party.may_say(&clients[0], 1));
        settle_in_pieces(pieces[j]);
        assert_int_equal(last[0].kind, PARTY_ESTABLISHED);
        assert_int_equal(last[1].kind, PARTY_ESTABLISHED);
        assert_null(e2e_client_party.may_say(&clients[0], E2E_TEXT_MAX));
        assert_non_null(e2e_client_party.may_say(&clients[0], E2E_TEXT_MAX + 1));
        assert_null(say(0, "Hello"));
        settle_in_pieces(pieces[j]);
        assert_int_equal(last[1].kind, PARTY_MESSAGE);
        assert_string_equal(text[1], "Hello");
        assert_null(say(1, "Good morning"));
        assert_null(say(1, ""));
        settle_in_pieces(pieces[j]);
        assert_int_equal(last[0].kind, PARTY_MESSAGE);
        assert_string_equal(text[0], "");
        assert_null(say(0, "exit"));
        assert_true(e2e_client_party.over(&clients[0]));
        assert_null(e2e_client_party.failure(&clients[0]));
        settle_in_pieces(pieces[j]);
        assert_int_equal(last[1].kind, PARTY_ENDED);
        assert_true(e2e_client_party.over(&clients[1]));
        assert_null(e2e_client_party.failure(&clients[1]));
        assert_true(ends[0].over && ends[1].over);
        assert_null(e2e_relay_party.failure(&ends[0]));
        assert_null(e2e_relay_party.failure(&ends[1]));
        // Every message had its explanation: 5 to join, 5 of the exchange, 3 texts, the goodbyes.
        assert_int_equal(explained[0], 5 + 5 + 3 + 1);
        assert_int_equal(explained[1], 5 + 5 + 3 + 2);
    }
}

// The most that fits through: long texts, many at once, until there is no room.
static void long_texts(void **state) {
    (void)state;
    start(false);
    settle();
    static char line[E2E_TEXT_MAX + 1];
    memset(line, 'x', E2E_TEXT_MAX);
    size_t sent = 0;
    while (e2e_client_party.may_say(&clients[0], E2E_TEXT_MAX) == NULL) {
        assert_null(say(0, line));
        sent++;
    }
    assert_int_equal(sent, 4);
    settle();
    assert_int_equal(last[1].kind, PARTY_MESSAGE);
    assert_int_equal(last[1].length, E2E_TEXT_MAX);
    assert_string_equal(text[1], line);
    assert_null(e2e_client_party.may_say(&clients[0], E2E_TEXT_MAX));
}

static void no_plaintext_and_no_key_on_the_wire(void **state) {
    (void)state;
    start(false);
    settle();
    static const char secret[] = "the relay must not see this sentence";
    assert_null(say(0, secret));
    settle();
    assert_string_equal(text[1], secret);
    // Unmasked, at the relay: all that its ends have ever read or written.
    for (size_t i = 0; i < 2; i++) {
        assert_null(memmem(&ends[i], sizeof ends[i], secret, sizeof secret - 1));
        assert_null(memmem(&ends[i], sizeof ends[i], secret, 12));
        assert_null(memmem(&ends[i], sizeof ends[i], clients[0].client.key, 32));
    }
    assert_non_null(
        memmem(&ends[0].reader, sizeof ends[0].reader, "42[\"message\"", 12)); // it was there to be seen
    assert_null(memmem(seen, seen_length, secret, 12));
    assert_non_null(
        memmem(&clients[1], sizeof clients[1], secret, sizeof secret - 1)); // and so it is found, where it is
}

static void a_partner_leaves_and_the_next_comes(void **state) {
    (void)state;
    start(true);
    settle();
    assert_null(say(0, "exit"));
    settle();
    assert_int_equal(last[1].kind, PARTY_NOTICE);
    assert_non_null(strstr(text[1], "Waiting for the next one"));
    assert_false(e2e_client_party.over(&clients[1]));
    e2e_party_clear(&clients[0]);
    e2e_party_init(&clients[0]);
    e2e_relay_end_clear(&ends[0]);
    assert_true(e2e_relay_end_start(&ends[0], &hub, "client", NULL));
    explained[0] = 0;
    start_client(0, true);
    settle();
    assert_int_equal(last[1].kind, PARTY_ESTABLISHED);
    assert_null(say(1, "welcome back"));
    settle();
    assert_string_equal(text[0], "welcome back");
}

static void ends_from_outside(void **state) {
    (void)state;
    struct party_event event;
    start(false);
    settle();
    // A client's connection breaks, without goodbye: the partner is told.
    e2e_relay_party.end(&ends[0], &event, PARTY_PEER_CLOSED);
    assert_int_equal(event.kind, PARTY_ENDED);
    settle_one(1, SIZE_MAX);
    assert_int_equal(last[1].kind, PARTY_ENDED);
    assert_non_null(strstr(text[1], "has left"));
    start(false);
    settle_one(0, SIZE_MAX);
    e2e_client_party.end(&clients[0], &event, PARTY_TIMED_OUT); // a heartbeat did not come
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_non_null(strstr(e2e_client_party.failure(&clients[0]), "heartbeat"));
    e2e_client_party.end(&clients[1], &event, PARTY_TIMED_OUT);
    assert_non_null(strstr(e2e_client_party.failure(&clients[1]), "switching protocols"));
    assert_non_null(strstr(e2e_client_party.failure(&clients[1]), "--timeout"));
    start(false);
    settle();
    e2e_client_party.end(&clients[0], &event, PARTY_PEER_CLOSED);
    assert_int_equal(event.kind, PARTY_FAILED);
    assert_non_null(strstr(e2e_client_party.failure(&clients[0]), "closed the connection"));
    e2e_client_party.end(&clients[0], &event, PARTY_PEER_CLOSED);
    assert_int_equal(event.kind, PARTY_NOTHING);
    e2e_client_party.end(&clients[1], &event, PARTY_LEAVES);
    assert_int_equal(event.kind, PARTY_NOTHING);
    assert_true(e2e_client_party.over(&clients[1]));
    assert_null(e2e_client_party.failure(&clients[1]));
    assert_int_equal(clients[1].client.reason, E2E_OK);
    // After the end everything is taken and ignored.
    assert_int_equal(e2e_client_party.receive(&clients[1], &event, (const uint8_t *)"abc", 3), 3);
    assert_int_equal(event.kind, PARTY_NOTHING);
}

// --- servers that do everything wrong --------------------------------------------------------------------------

static struct websocket_writer server;

static void restart_client(void) {
    start(false);
    server.start = server.end = 0;
    server.closed = server.from_client = false;
}

// The right answer to the upgrade, with this behind it.
static void answer(const char *extra) {
    char bytes[600], accept[WEBSOCKET_ACCEPT_LENGTH + 1];
    websocket_accept(accept, clients[0].key);
    int length = snprintf(bytes, sizeof bytes,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                          accept, extra);
    feed(&e2e_client_party, &clients[0], 0, (const uint8_t *)bytes, (size_t)length, SIZE_MAX);
}

static void frame(enum websocket_opcode opcode, const char *payload, size_t length) {
    assert_true(websocket_writer_put(&server, opcode, (const uint8_t *)payload, length));
    size_t count = server.end - server.start;
    static uint8_t bytes[WEBSOCKET_WRITER_SIZE];
    memcpy(bytes, server.bytes + server.start, count);
    server.start = server.end;
    feed(&e2e_client_party, &clients[0], 0, bytes, count, SIZE_MAX);
}
static void packet(const char *payload) {
    frame(WEBSOCKET_TEXT, payload, strlen(payload));
}

static void assert_failed(enum e2e_reason reason, const char *words) {
    if (clients[0].client.reason != reason || strstr(clients[0].client.failure, words) == NULL) {
        fail_msg("reason %d: \"%s\" is not %d: \"%s\"", (int)clients[0].client.reason,
                 clients[0].client.failure, (int)reason, words);
    }
    assert_int_equal(last[0].kind, PARTY_FAILED);
    assert_true(e2e_client_party.over(&clients[0]));
}

#define OPEN                                                                                                 \
    "0{\"sid\":\"abc\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}"

static void http_that_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        enum e2e_reason reason;
        const char *words;
    } answers[] = {
        {"HTTP/1.1 400 Bad Request\r\nContent-Length: 34\r\n\r\n{\"code\":0,\"message\":\"Transport un\"}",
         E2E_REFUSED_BY_RELAY, "400 Bad Request: {\"code\":0"},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", E2E_REFUSED_BY_RELAY, "404"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", E2E_NOT_A_RELAY, "longer"},
        {"HTTP/1.1 200 OK\r\n\r\n", E2E_NOT_A_RELAY, "Content-Length"},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", E2E_NOT_A_RELAY, "message 2 (switching protocols)"},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
         "Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
         E2E_NOT_A_RELAY, ""},
        {"SSH-2.0-OpenSSH_9.2p1\r\n", E2E_NOT_A_RELAY, "byte"},
        {"\0\0\0\x05hello", E2E_NOT_A_RELAY, "byte"},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        restart_client();
        size_t length = i == 7 ? 9 : strlen(answers[i].bytes);
        feed(&e2e_client_party, &clients[0], 0, (const uint8_t *)answers[i].bytes, length, SIZE_MAX);
        assert_failed(answers[i].reason, answers[i].words);
    }
    restart_client();
    answer("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert_failed(E2E_NOT_A_RELAY, "nobody asked");
    // A head without end.
    restart_client();
    static uint8_t endless[HTTP_HEAD_MAX + 2000] = "HTTP/1.1 101 x\r\nA: ";
    memset(endless + 19, 'a', sizeof endless - 19);
    feed(&e2e_client_party, &clients[0], 0, endless, sizeof endless, SIZE_MAX);
    assert_int_equal(clients[0].client.reason, E2E_NOT_A_RELAY);
}

static void layers_that_are_wrong(void **state) {
    (void)state;
    static const struct {
        const char *before, *packet;
        enum e2e_reason reason;
        const char *words;
    } cases[] = {
        {NULL, "", E2E_NOT_A_RELAY, "(open)"},
        {NULL, "40{\"sid\":\"x\"}", E2E_NOT_A_RELAY, "open"},
        {NULL, "0{}", E2E_NOT_A_RELAY, "(open)"},
        {NULL, "0", E2E_NOT_A_RELAY, "(open)"},
        {NULL, "9", E2E_NOT_A_RELAY, "(open)"},
        {OPEN, OPEN, E2E_NOT_A_RELAY, "(connected)"},
        {OPEN, "42[\"KEY_EXCHANGE\"]", E2E_NOT_A_RELAY, "before it is connected"},
        {OPEN, "44{\"message\":\"full\"}", E2E_REFUSED_BY_RELAY, "full"},
        {OPEN, "41", E2E_RELAY_CLOSED, "goodbye"},
        {OPEN, "1", E2E_RELAY_CLOSED, "goodbye"},
        {OPEN, "4", E2E_NOT_A_RELAY, ""},
        {OPEN, "42[", E2E_NOT_A_RELAY, ""},
        {OPEN, "4\xff", E2E_NOT_A_RELAY, ""},
        {OPEN, "47", E2E_NOT_A_RELAY, ""},
        {OPEN, "5", E2E_NOT_A_RELAY, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        restart_client();
        answer("");
        assert_int_equal(clients[0].state, E2E_AWAIT_OPEN);
        if (cases[i].before != NULL) {
            packet(cases[i].before);
            assert_int_equal(clients[0].state, E2E_AWAIT_CONNECTED);
        }
        packet(cases[i].packet);
        assert_failed(cases[i].reason, cases[i].words);
    }
    restart_client();
    answer("");
    feed(&e2e_client_party, &clients[0], 0, (const uint8_t *)"\xc1\x00", 2, SIZE_MAX);
    assert_failed(E2E_NOT_A_RELAY, "a frame that is none");
    restart_client();
    answer("");
    frame(WEBSOCKET_CLOSE, "\x03\xf1too busy", 10);
    assert_failed(E2E_RELAY_CLOSED, "code 1009): too busy");
}

static void join(void) {
    restart_client();
    answer("");
    packet(OPEN);
    packet("40{\"sid\":\"xyz\"}");
    assert_int_equal(clients[0].state, E2E_IN_RELAY);
    clients[0].writer.start = clients[0].writer.end;
}

// What the client sends next: one frame, unmasked.
static void assert_sends(enum websocket_opcode opcode, const char *payload) {
    static struct websocket_reader reader;
    memset(&reader, 0, sizeof reader);
    reader.from_client = true;
    enum websocket_arrival arrival;
    struct websocket_writer *writer = &clients[0].writer;
    writer->start +=
        websocket_reader_take(&reader, &arrival, writer->bytes + writer->start, writer->end - writer->start);
    if (opcode < WEBSOCKET_CLOSE) {
        assert_int_equal(arrival, WEBSOCKET_MESSAGE);
        assert_int_equal(reader.length, strlen(payload));
        assert_memory_equal(reader.message, payload, reader.length);
    } else {
        assert_int_equal(arrival, WEBSOCKET_CONTROL);
        assert_int_equal(reader.control_opcode, opcode);
        assert_int_equal(reader.control_length, strlen(payload));
        assert_memory_equal(reader.control, payload, reader.control_length);
    }
}

static void heartbeats_and_what_else_is_allowed(void **state) {
    (void)state;
    join();
    packet("2");
    assert_sends(WEBSOCKET_TEXT, "3");
    frame(WEBSOCKET_PING, "are you there", 13);
    assert_sends(WEBSOCKET_PONG, "are you there");
    frame(WEBSOCKET_PONG, "x", 1);
    packet("6");
    packet("42[\"news\",1]");
    packet("42/admin,[\"KEY_EXCHANGE\"]");
    packet("430[]");
    packet("451-[\"blob\",{\"_placeholder\":true,\"num\":0}]");
    frame(WEBSOCKET_BINARY, "\1\2\3", 3);
    assert_int_equal(clients[0].writer.start, clients[0].writer.end);
    assert_false(e2e_client_party.over(&clients[0]));
    packet("427[\"KEY_EXCHANGE\"]"); // with an id: the answer is not ours to give
    assert_int_equal(clients[0].client.state, E2E_AWAIT_KEY);
    assert_true(e2e_client_party.impatient(&clients[0]));
    struct party_event event;
    e2e_client_party.end(&clients[0], &event, PARTY_LEAVES);
    size_t length;
    const uint8_t *bytes = e2e_client_party.output(&clients[0], &length);
    assert_true(length > 8);
    assert_int_equal(bytes[length - 8], 0x88); // the close frame is the last: 2 bytes, 4 of mask, the code
}

static void leaving_says_goodbye(void **state) {
    (void)state;
    join();
    assert_non_null(say(0, "exit")); // nothing is said while nobody is there, not even that
    struct party_event event;
    e2e_client_party.end(&clients[0], &event, PARTY_LEAVES);
    assert_sends(WEBSOCKET_TEXT, "41");
    assert_sends(WEBSOCKET_CLOSE, "\x03\xe8");
    // A refusal leaves the same way: the relay and the partner learn no reason.
    join();
    packet("42[\"ELGAMAL_PK_BC\",\"5\"]");
    assert_failed(E2E_NOT_STARTED, "ELGAMAL_PK_BC");
    assert_sends(WEBSOCKET_TEXT, "41");
    assert_sends(WEBSOCKET_CLOSE, "\x03\xe8");
}

// Any byte changed in all that a relay sends in a conversation: the client takes it or fails with a reason.
static void noise_from_the_relay(void **state) {
    (void)state;
    static uint8_t wire[8000];
    size_t length = 0;
    start(false);
    // What the relay's end sends to client 0, kept.
    for (bool moved = true; moved;) {
        size_t count;
        const uint8_t *bytes = e2e_relay_party.output(&ends[0], &count);
        assert_true(length + count <= sizeof wire);
        memcpy(wire + length, bytes, count);
        length += count;
        moved = false;
        for (size_t i = 0; i < 2; i++) {
            moved |= carry(&e2e_relay_party, &ends[i], &e2e_client_party, &clients[i], i, SIZE_MAX);
            moved |= carry(&e2e_client_party, &clients[i], &e2e_relay_party, &ends[i], i, SIZE_MAX);
        }
    }
    assert_int_equal(last[0].kind, PARTY_ESTABLISHED);
    char key[WEBSOCKET_KEY_LENGTH + 1];
    memcpy(key, clients[0].key, sizeof key);
    static struct e2e_party party;
    size_t failed = 0, fine = 0;
    for (size_t i = 0; i < 2 * length; i++) {
        static const uint8_t changes[] = {0x01, 0x80};
        static uint8_t changed[8000];
        memcpy(changed, wire, length);
        changed[i / 2] ^= changes[i % 2];
        const struct e2e_party_options options = {.keys = &keys[0], .host = "localhost:5000"};
        e2e_party_init(&party);
        assert_int_equal(e2e_party_start(&party, &options), E2E_OK);
        memcpy(party.key, key, sizeof key);
        for (size_t at = 0; at < length;) {
            struct party_event event;
            size_t used = e2e_client_party.receive(&party, &event, changed + at, length - at);
            assert_true(used > 0 || event.kind != PARTY_NOTHING);
            at += used;
        }
        const char *why = e2e_client_party.failure(&party);
        assert_int_equal(why != NULL, party.client.reason != E2E_OK);
        *(why != NULL ? &failed : &fine) += 1;
        e2e_party_clear(&party);
    }
    assert_true(failed > 500);
    assert_true(fine > 10); // the reason of the status line, a field's name, the session's name
    // Cut anywhere, and closed.
    for (size_t cut = 0; cut < length; cut++) {
        const struct e2e_party_options options = {.keys = &keys[0], .host = "localhost:5000"};
        struct party_event event;
        e2e_party_init(&party);
        assert_int_equal(e2e_party_start(&party, &options), E2E_OK);
        memcpy(party.key, key, sizeof key);
        for (size_t at = 0; at < cut;) {
            at += e2e_client_party.receive(&party, &event, wire + at, cut - at);
        }
        e2e_client_party.end(&party, &event, PARTY_PEER_CLOSED);
        assert_int_equal(event.kind, PARTY_FAILED);
        assert_int_equal(party.client.reason, E2E_RELAY_CLOSED);
        e2e_party_clear(&party);
    }
}

static bool no_bytes(void *context, uint8_t *out, size_t length) {
    (void)context, (void)out, (void)length;
    return false;
}
static void no_randomness(void **state) {
    (void)state;
    static struct e2e_party party;
    const struct e2e_party_options options = {.keys = &keys[0], .host = "localhost:5000"};
    e2e_party_init(&party);
    random_set_source(no_bytes, NULL);
    assert_int_equal(e2e_party_start(&party, &options), E2E_NO_RANDOM);
    random_set_source(test_random_source, &source);
    e2e_party_clear(&party);
    // In the middle of a conversation: the line is not sent, and it ends.
    start(false);
    settle();
    random_set_source(no_bytes, NULL);
    assert_non_null(say(0, "x"));
    random_set_source(test_random_source, &source);
    assert_true(e2e_client_party.over(&clients[0]));
    assert_non_null(strstr(e2e_client_party.failure(&clients[0]), "random"));
}

int main(void) {
    test_random_seed(&source, 5000);
    random_set_source(test_random_source, &source);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_conversations),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(no_plaintext_and_no_key_on_the_wire),
        cmocka_unit_test(a_partner_leaves_and_the_next_comes),
        cmocka_unit_test(ends_from_outside),
        cmocka_unit_test(http_that_is_wrong),
        cmocka_unit_test(layers_that_are_wrong),
        cmocka_unit_test(heartbeats_and_what_else_is_allowed),
        cmocka_unit_test(leaving_says_goodbye),
        cmocka_unit_test(noise_from_the_relay),
        cmocka_unit_test(no_randomness),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    stop();
    return failed;
}
