// apps/common/server: a server in a process of its own, with a small protocol that passes words on to everybody else, and
// clients that behave in every way: several at once, too many, silent, cut off, never reading.
#include "tests/support.h"

#include "apps/common/clock.h"
#include "apps/common/server.h"

#include "protocols/stream.h"

#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// --- the protocol: the first message is "hello", all others are words for the others ----------------------------

// clang-format off
static const struct message_type word = {
    .name = "word", .meaning = "a word", .computed = "said", .both_know = "the word", .eavesdropper_knows = "the word",
    .count = 1, .fields = {{"word", FIELD_TEXT, "any", .minimum = 1, .maximum = FRAME_PAYLOAD_MAX}},
};
// clang-format on

struct speaker {
    struct stream stream;
    bool greeted, over;
};

static size_t speaker_receive(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    struct speaker *speaker = party;
    size_t used = length;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (speaker->over) {
        return length;
    }
    enum frame_status status = stream_receive(&speaker->stream, bytes, length, &used);
    if (status == FRAME_TOO_LARGE) {
        stream_fail_too_large(&speaker->stream, "word");
    } else if (status == FRAME_COMPLETE && !speaker->greeted) {
        speaker->greeted = speaker->stream.in.length == 5;
        event->kind = PARTY_ESTABLISHED;
        if (!speaker->greeted) {
            stream_fail(&speaker->stream, "say hello first", "no hello");
        }
    } else if (status == FRAME_COMPLETE) {
        event->kind = PARTY_MESSAGE;
        event->text = speaker->stream.in.payload;
        event->length = speaker->stream.in.length;
    }
    if (speaker->stream.failed) {
        speaker->over = true;
        event->kind = PARTY_FAILED;
    }
    return used;
}

static void speaker_end(void *party, struct party_event *event, enum party_ending ending) {
    struct speaker *speaker = party;
    static const char *const words[] = {
        [PARTY_LEAVES] = "the server is closing", [PARTY_TIMED_OUT] = "too slow", [PARTY_BUSY] = "busy"};
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (!speaker->over) {
        stream_fail(&speaker->stream, ending == PARTY_PEER_CLOSED ? NULL : words[ending], "ended: %d",
                    (int)ending);
        speaker->over = true;
        event->kind = PARTY_FAILED;
    }
}

static const char *speaker_say(void *party, const void *text, size_t length) {
    struct speaker *speaker = party;
    return stream_send(&speaker->stream, &word, &(struct field_value){.bytes = text, .length = length}, NULL)
               ? NULL
               : "no room";
}
static const char *speaker_may_say(const void *party, size_t length) {
    (void)length;
    return stream_has_room(&((const struct speaker *)party)->stream) ? NULL : "no room";
}
static size_t speaker_text_max(const void *party) {
    (void)party;
    return FRAME_PAYLOAD_MAX;
}
static bool speaker_impatient(const void *party) {
    const struct speaker *speaker = party;
    return !speaker->over && (!speaker->greeted || stream_is_partial(&speaker->stream));
}
static bool speaker_over(const void *party) {
    return ((const struct speaker *)party)->over;
}
static const struct party_type speaker_type = {
    .protocol = "words",
    .role = "server",
    .receive = speaker_receive,
    .end = speaker_end,
    .say = speaker_say,
    .may_say = speaker_may_say,
    .text_max = speaker_text_max,
    .output = stream_party_output,
    .sent = stream_party_sent,
    .impatient = speaker_impatient,
    .over = speaker_over,
    .failure = stream_party_failure,
};

// --- the server's process --------------------------------------------------------------------------------------

static int to_parent; // the pipe
static unsigned gone_count, full_count;

static void on_listening(void *context, const char *const addresses[], size_t count) {
    (void)context;
    for (size_t i = 0; i < count; i++) {
        (void)dprintf(to_parent, "%s\n", strrchr(addresses[i], ':') + 1);
    }
}

static const char *on_accept(void *context, struct server_client *client, struct party *party,
                             struct explain_sink *explain) {
    (void)context;
    struct speaker *speaker = calloc(1, sizeof *speaker);
    if (speaker == NULL) {
        return "no memory";
    }
    stream_init(&speaker->stream, "server", "client", explain);
    client->state = speaker;
    *party = (struct party){&speaker_type, speaker};
    return NULL;
}

static void on_message(void *context, struct server_client *client, const struct party_event *event) {
    (void)context;
    if (event->kind != PARTY_MESSAGE) {
        return;
    }
    // "descriptors": answers how many are open, how many clients have gone, how many are not over,
    // and how many had a full queue.
    if (event->length == 11 && memcmp(event->text, "descriptors", 11) == 0) {
        char text[64];
        int count = 0;
        DIR *folder = opendir("/proc/self/fd");
        if (folder == NULL) {
            return;
        }
        while (readdir(folder) != NULL) {
            count++;
        }
        (void)closedir(folder);
        size_t clients = 0;
        for (struct server_client *at = NULL; (at = server_next(client->server, at)) != NULL;) {
            clients++;
        }
        (void)snprintf(text, sizeof text, "%d %u %zu %u", count, gone_count, clients, full_count);
        (void)!client->channel.party.type->say(client->state, text, strlen(text));
        return;
    }
    if (event->length == 4 && memcmp(event->text, "stop", 4) == 0) {
        server_stop(client->server, 7);
    }
    for (struct server_client *other = NULL; (other = server_next(client->server, other)) != NULL;) {
        if (other != client &&
            other->channel.party.type->say(other->state, event->text, event->length) != NULL) {
            full_count++;
            server_drop(other, "does not read");
        }
    }
}

static void on_gone(void *context, struct server_client *client) {
    (void)context;
    gone_count++;
    free(client->state);
}

enum { CLIENTS_MAX = 40, PORTS = 2 };
static const struct server_app app = {.listeners = PORTS,
                                      .clients_max = CLIENTS_MAX,
                                      .listening = on_listening,
                                      .accept = on_accept,
                                      .event = on_message,
                                      .gone = on_gone};
static pid_t child;
static uint16_t ports[PORTS];
static FILE *from_child;

static void start_server(unsigned long timeout) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct protocol_options options = {.host = "127.0.0.1", .timeout = timeout, .quiet = true};
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); // whatever becomes of the test
        to_parent = ends[1];
        (void)close(ends[0]);
        int status = server_run(&app, NULL, &options);
        (void)fflush(NULL);
        _exit(status);
    }
    (void)close(ends[1]);
    from_child = fdopen(ends[0], "r");
    for (size_t i = 0; i < PORTS; i++) {
        char line[16];
        assert_non_null(fgets(line, sizeof line, from_child));
        ports[i] = (uint16_t)strtoul(line, NULL, 10);
    }
}

static int end_server(int signal) {
    int status;
    if (signal != 0) {
        assert_int_equal(kill(child, signal), 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)fclose(from_child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// --- clients ---------------------------------------------------------------------------------------------------

static int dial(size_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(ports[port])};
    int made = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(made, (struct sockaddr *)&address, sizeof address), 0);
    return made;
}

static void say(int client, const char *text) {
    uint8_t frame[FRAME_HEADER_SIZE + 100];
    size_t length = strlen(text);
    frame_write_header(frame, length);
    assert_true(length <= sizeof frame - FRAME_HEADER_SIZE);
    for (size_t i = 0; i < length; i++) {
        frame[FRAME_HEADER_SIZE + i] = (uint8_t)text[i];
    }
    assert_int_equal(send(client, frame, FRAME_HEADER_SIZE + length, MSG_NOSIGNAL),
                     FRAME_HEADER_SIZE + length);
}

static bool get(int client, uint8_t *out, size_t length) {
    for (size_t have = 0; have < length;) {
        struct pollfd polls = {.fd = client, .events = POLLIN};
        assert_true(poll(&polls, 1, 30000) > 0); // nothing below takes as long when all is well
        ssize_t count = recv(client, out + have, length - have, 0);
        if (count <= 0) {
            return false;
        }
        have += (size_t)count;
    }
    return true;
}

// The next message as text; "" when the connection is closed.
static const char *hear(int client) {
    static char text[FRAME_PAYLOAD_MAX + 1];
    uint8_t header[FRAME_HEADER_SIZE];
    if (!get(client, header, sizeof header)) {
        return "";
    }
    size_t length = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
    if (length > FRAME_PAYLOAD_MAX || !get(client, (uint8_t *)text, length)) {
        return "not a whole message";
    }
    text[length] = '\0';
    return text;
}

static int enter(size_t port) {
    int made = dial(port);
    say(made, "hello");
    return made;
}

// Returns when the server has taken all that this client said before.
static unsigned full; // as it was when it was last asked for
static void settle(int client, int *descriptors, unsigned *gone, size_t *count) {
    say(client, "descriptors");
    assert_int_equal(sscanf(hear(client), "%d %u %zu %u", descriptors, gone, count, &full), 4);
}

static void several_at_once(void **state) {
    (void)state;
    int clients[6], descriptors;
    unsigned gone;
    size_t count;
    start_server(20);
    assert_int_not_equal(ports[0], ports[1]);
    for (size_t i = 0; i < 6; i++) {
        clients[i] = enter(i % PORTS);
        settle(clients[i], &descriptors, &gone, &count);
        assert_int_equal(count, i + 1);
    }
    for (size_t i = 0; i < 6; i++) {
        char text[20];
        (void)snprintf(text, sizeof text, "word %zu", i);
        say(clients[i], text);
        for (size_t j = 0; j < 6; j++) {
            if (j != i) {
                assert_string_equal(hear(clients[j]), text);
            }
        }
    }
    // One leaves, one is cut off in the middle of a message: the others go on.
    (void)close(clients[0]);
    assert_int_equal(send(clients[1], "\0\0", 2, 0), 2);
    (void)close(clients[1]);
    say(clients[2], "still here");
    assert_string_equal(hear(clients[3]), "still here");
    // A refused one hears why, and then the connection is closed.
    int rude = dial(0);
    say(rude, "hi");
    assert_string_equal(hear(rude), "Refused: say hello first");
    assert_string_equal(hear(rude), "");
    (void)close(rude);
    assert_int_equal(end_server(SIGTERM), 128 + SIGTERM);
    for (size_t i = 2; i < 6; i++) {
        (void)close(clients[i]);
    }
}

static void everybody_hears_the_end(void **state) {
    (void)state;
    start_server(20);
    int one = enter(0), two = enter(1), descriptors;
    unsigned gone;
    size_t count;
    settle(two, &descriptors, &gone, &count);
    say(one, "stop");
    assert_string_equal(hear(two), "stop");
    assert_string_equal(hear(two), "Refused: the server is closing");
    assert_string_equal(hear(two), "");
    assert_string_equal(hear(one), "Refused: the server is closing");
    (void)close(one);
    (void)close(two);
    assert_int_equal(end_server(0), 7);
}

static void too_many(void **state) {
    (void)state;
    int clients[CLIENTS_MAX], descriptors;
    unsigned gone;
    size_t count;
    start_server(20);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        clients[i] = enter(0);
    }
    settle(clients[CLIENTS_MAX - 1], &descriptors, &gone, &count);
    assert_int_equal(count, CLIENTS_MAX);
    int more = dial(1);
    assert_string_equal(hear(more), "Refused: busy: no room for one more");
    assert_string_equal(hear(more), "");
    (void)close(more);
    // A place that becomes free is given again.
    (void)close(clients[0]);
    do {
        settle(clients[1], &descriptors, &gone, &count);
    } while (count == CLIENTS_MAX);
    clients[0] = enter(0);
    settle(clients[0], &descriptors, &gone, &count);
    assert_int_equal(count, CLIENTS_MAX);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        (void)close(clients[i]);
    }
    assert_int_equal(end_server(SIGINT), 128 + SIGINT);
}

static void silence_ends_a_handshake(void **state) {
    (void)state;
    start_server(1);
    int silent = dial(0), half = dial(0), thinking = enter(0);
    assert_int_equal(send(half, "\0\0\0\5hel", 7, 0), 7);
    assert_string_equal(hear(silent), "Refused: too slow");
    assert_string_equal(hear(silent), "");
    assert_string_equal(hear(half), "Refused: too slow");
    // One that has said hello may think as long as it likes.
    int descriptors;
    unsigned gone;
    size_t count;
    settle(thinking, &descriptors, &gone, &count);
    assert_int_equal(gone, 2);
    assert_int_equal(count, 1);
    (void)close(silent);
    (void)close(half);
    (void)close(thinking);
    assert_int_equal(end_server(SIGTERM), 128 + SIGTERM);
}

static uint8_t long_frame[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];

// The talker says the longest word, and the listener hears it.
static void say_the_longest(int talker, int listener) {
    static char expected[FRAME_PAYLOAD_MAX + 1];
    memset(long_frame, 'w', sizeof long_frame);
    memset(expected, 'w', FRAME_PAYLOAD_MAX);
    frame_write_header(long_frame, FRAME_PAYLOAD_MAX);
    for (size_t sent = 0; sent < sizeof long_frame;) {
        ssize_t part = send(talker, long_frame + sent, sizeof long_frame - sent, MSG_NOSIGNAL);
        assert_true(part > 0);
        sent += (size_t)part;
    }
    assert_string_equal(hear(listener), expected);
}

// One that will not read, with a small buffer.
static int enter_stuck(void) {
    int stuck = dial(1), small = 4096;
    (void)setsockopt(stuck, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    say(stuck, "hello");
    return stuck;
}

// One that never reads is dropped when its queue is full; nobody waits for it, and nobody misses a word. With less than a
// full queue it is dropped when its time is over.
static void one_that_never_reads(void **state) {
    (void)state;
    unsigned words = 0;
    for (int round = 0; round < 2; round++) {
        start_server(round == 0 ? 20 : 1);
        int talker = enter(0), listener = enter(0), stuck = enter_stuck(), descriptors;
        unsigned gone = 0, said = 0;
        size_t count;
        const int64_t begin = clock_now();
        int64_t there = begin; // a time at which it was not dropped yet
        do {
            settle(listener, &descriptors, &gone, &count);
        } while (count < 3 &&
                 clock_now() - begin < 15000); // its hello may take longer than the listener's words
        assert_int_equal(count, 3);
        while (count == 3 && clock_now() - begin < 15000) {
            if (round == 1 && said + 5 > words) {
                (void)usleep(400000); // slowly, so that the deadline of 1 s comes before the end of the queue
            }
            say_the_longest(talker, listener);
            said++;
            int64_t now = clock_now();
            settle(listener, &descriptors, &gone, &count);
            there = count == 3 ? now : there;
        }
        assert_int_equal(count, 2);
        assert_int_equal(full, round == 0 ? 1 : 0);
        if (round == 0) {
            assert_true(said > 4); // that much is kept for it
        } else {
            assert_true(clock_now() - begin >= 1000); // its time, and the queue was not full
        }
        words = said;
        // It has two seconds to take its last words, and takes none.
        while (gone == 0 && clock_now() - begin < 30000) {
            settle(listener, &descriptors, &gone, &count);
        }
        assert_int_equal(gone, 1);
        assert_true(clock_now() - there >= 2000);
        (void)close(stuck);
        (void)close(talker);
        (void)close(listener);
        assert_int_equal(end_server(SIGTERM), 128 + SIGTERM);
    }
}

static void nothing_leaks(void **state) {
    (void)state;
    enum { ROUNDS = 2000 };
    int descriptors, at_first;
    unsigned gone;
    size_t count;
    start_server(20);
    int steady = enter(0);
    settle(steady, &at_first, &gone, &count);
    for (int i = 0; i < ROUNDS; i++) {
        int one = i % 3 == 0 ? dial(1) : enter(1);
        if (i % 5 == 0) {
            // Reset instead of an orderly end.
            struct linger now = {.l_onoff = 1, .l_linger = 0};
            (void)setsockopt(one, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        }
        (void)close(one);
        if (i % 16 == 15) {
            settle(steady, &descriptors, &gone, &count);
        }
    }
    do {
        settle(steady, &descriptors, &gone, &count);
    } while (count > 1);
    assert_true(gone <= ROUNDS && gone > ROUNDS / 2); // one that is reset may be gone before it is accepted
    for (int i = 0; descriptors > at_first && i < 100; i++) {
        (void)usleep(50000); // partings
        settle(steady, &descriptors, &gone, &count);
    }
    assert_int_equal(descriptors, at_first);
    (void)close(steady);
    assert_int_equal(end_server(SIGTERM), 128 + SIGTERM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(everybody_hears_the_end),
        cmocka_unit_test(too_many),
        cmocka_unit_test(silence_ends_a_handshake),
        cmocka_unit_test(one_that_never_reads),
        cmocka_unit_test(nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
