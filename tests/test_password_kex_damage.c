// protocols/password_kex_session.c: every message of a conversation cut at every length, changed at every byte, and in
// another's place.
#include "tests/password_kex_support.h"

// A copy of an end, with all its numbers.
static void copy_session(struct password_kex_session *out, const struct password_kex_session *in) {
    password_kex_session_clear(out);
    *out = *in;
    out->kex.private_key = copy_of(&in->kex.private_key);
    bn_group_init(&out->group);
    if (mpz_sgn(in->group.p) != 0) {
        assert_true(bn_group_find(&out->group, "ffdhe2048"));
    }
    mpz_init_set(out->private_half, in->private_half);
    mpz_init_set(out->public_half, in->public_half);
}

// The conversation up to each of the eight messages: the frame, and its receiver before it.
enum { FRAMES = 8 };
static struct {
    uint8_t bytes[1200];
    size_t length;
    struct password_kex_session receiver;
} frames[FRAMES + 1];

static void record(void) {
    start();
    for (int number = 1; number <= FRAMES; number++) {
        bool from_server = number == 1 || number == 4 || number == 6 || number == 8;
        struct password_kex_session *from = from_server ? &s : &c, *to = from_server ? &c : &s;
        if (number >= 7) {
            assert_int_equal(password_kex_say(from, "Hello", 5), PASSWORD_KEX_OK);
        }
        size_t length;
        const uint8_t *bytes = stream_output(&from->stream, &length);
        frames[number].length = FRAME_HEADER_SIZE + ((size_t)bytes[2] << 8 | bytes[3]);
        assert_true(frames[number].length <= length && length <= 2 * sizeof frames[number].bytes);
        memcpy(frames[number].bytes, bytes, frames[number].length);
        stream_sent(&from->stream, frames[number].length);
        memset(&frames[number].receiver, 0, sizeof frames[number].receiver);
        password_kex_session_init(&frames[number].receiver);
        copy_session(&frames[number].receiver, to);
        struct party_event event;
        assert_int_equal(password_kex_receive(to, &event, frames[number].bytes, frames[number].length),
                         frames[number].length);
        assert_int_not_equal(event.kind, PARTY_FAILED);
    }
}
static void forget_frames(void) {
    for (int number = 1; number <= FRAMES; number++) {
        password_kex_session_clear(&frames[number].receiver);
    }
}

static struct password_kex_session damaged;

static void every_cut_is_noticed(void **state) {
    (void)state;
    record();
    password_kex_session_init(&damaged);
    struct party_event event;
    for (int number = 1; number <= FRAMES; number++) {
        for (size_t cut = 0; cut < frames[number].length; cut++) {
            copy_session(&damaged, &frames[number].receiver);
            assert_int_equal(password_kex_receive(&damaged, &event, frames[number].bytes, cut), cut);
            assert_int_equal(event.kind, PARTY_NOTHING);
            password_kex_server_party.end(&damaged, &event, PARTY_PEER_CLOSED);
            assert_int_equal(event.kind, PARTY_FAILED);
            assert_int_equal(damaged.reason, PASSWORD_KEX_DISCONNECTED);
            assert_forgotten(&damaged);
            // The same cut, with the length to match.
            if (cut >= FRAME_HEADER_SIZE) {
                copy_session(&damaged, &frames[number].receiver);
                assert_int_equal(
                    send_payload(&damaged, frames[number].bytes + FRAME_HEADER_SIZE, cut - FRAME_HEADER_SIZE)
                        .kind,
                    PARTY_FAILED);
                assert_true(strlen(damaged.stream.failure) > 20);
                assert_forgotten(&damaged);
            }
        }
    }
    password_kex_session_clear(&damaged);
    forget_frames();
}

static void every_changed_byte_is_noticed(void **state) {
    (void)state;
    record();
    password_kex_session_init(&damaged);
    size_t refused = 0, waiting = 0;
    unsigned char change = 1;
    for (int number = 1; number <= FRAMES; number++) {
        for (size_t at = 0; at < frames[number].length; at++) {
            uint8_t bytes[sizeof frames[number].bytes];
            struct party_event event = {.kind = PARTY_NOTHING};
            size_t length = frames[number].length, done = 0;
            memcpy(bytes, frames[number].bytes, length);
            bytes[at] ^= change;
            change = (unsigned char)(change << 1 | change >> 7); // another bit each time
            copy_session(&damaged, &frames[number].receiver);
            while (done < length && damaged.state != PASSWORD_KEX_OVER) {
                done += password_kex_receive(&damaged, &event, bytes + done, length - done);
            }
            if (number == 1 && at >= FRAME_HEADER_SIZE + 9 && damaged.state != PASSWORD_KEX_OVER) {
                // Another n or e: the client takes it, whoever sent it. The server does not take the answer.
                struct password_kex_session *to = &s;
                copy_session(to, &frames[2].receiver);
                assert_int_equal(carry(&damaged, to).kind, PARTY_FAILED);
                assert_int_equal(to->reason, PASSWORD_KEX_UNDECRYPTABLE);
                refused++;
            } else if (damaged.state == PASSWORD_KEX_OVER) {
                assert_int_equal(event.kind, PARTY_FAILED);
                assert_true(damaged.reason != PASSWORD_KEX_OK);
                assert_true(strlen(damaged.stream.failure) > 20);
                assert_forgotten(&damaged);
                refused++;
            } else {
                assert_true(stream_is_partial(&damaged.stream)); // a larger length: more is awaited
                waiting++;
            }
        }
    }
    // 3183 payload bytes and 8 headers, of which some announce more than there is.
    assert_int_equal(refused + waiting, 3183 + 8 * FRAME_HEADER_SIZE);
    assert_true(waiting <= 2 * FRAMES);
    password_kex_session_clear(&damaged);
    forget_frames();
}

// Every message where another belongs.
static void wrong_order(void **state) {
    (void)state;
    record();
    password_kex_session_init(&damaged);
    for (int number = 1; number <= FRAMES; number++) {
        for (int other = 1; other <= FRAMES; other++) {
            // 3, 5 and 6 are alike in form; of 3 and 5 each decrypts to something else than it should.
            if (other != number) {
                copy_session(&damaged, &frames[number].receiver);
                struct party_event event = send_payload(&damaged, frames[other].bytes + FRAME_HEADER_SIZE,
                                                        frames[other].length - FRAME_HEADER_SIZE);
                assert_int_equal(event.kind, PARTY_FAILED);
                assert_true(
                    damaged.reason == PASSWORD_KEX_MALFORMED || damaged.reason == PASSWORD_KEX_BAD_KEY ||
                    damaged.reason == PASSWORD_KEX_UNDECRYPTABLE ||
                    damaged.reason == PASSWORD_KEX_BAD_PUBLIC_VALUE || damaged.reason == PASSWORD_KEX_FORGED);
            }
        }
    }
    password_kex_session_clear(&damaged);
    forget_frames();
}

// Blocks of message 3 in another order, and one of them twice.
static void shuffled_blocks(void **state) {
    (void)state;
    record();
    password_kex_session_init(&damaged);
    for (int i = 0; i < 3; i++) {
        uint8_t payload[4 * 256];
        const uint8_t *in = frames[3].bytes + FRAME_HEADER_SIZE;
        memcpy(payload, in + (i == 0 ? 256 : 0), 256);
        memcpy(payload + 256, in + (i == 0 ? 0 : 256), 256);
        memcpy(payload + 512, in + (i == 1 ? 256 : 512), 256);
        memcpy(payload + 768, in + 512, 256);
        copy_session(&damaged, &frames[3].receiver);
        assert_int_equal(send_payload(&damaged, payload,
                                      i == 0   ? 768
                                      : i == 1 ? 1024
                                               : 512)
                             .kind,
                         PARTY_FAILED);
        assert_failed(&damaged, PASSWORD_KEX_BAD_KEY, "message 3", "authentication failed");
    }
    password_kex_session_clear(&damaged);
    forget_frames();
}

int main(void) {
    password_kex_session_init(&s);
    password_kex_session_init(&c);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(wrong_order),
        cmocka_unit_test(shuffled_blocks),
    };
    int failed = cmocka_run_group_tests(tests, make_keys, clear_keys);
    password_kex_session_clear(&s);
    password_kex_session_clear(&c);
    return failed;
}
