// protocols/e2e_relay: who is paired with whom, what is passed on and what is not, as a state machine.
#include "tests/support.h"

#include "protocols/e2e_relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What the relay sent, as lines "A<2[\"x\"]", binary as "A<b:..."; and what it noted.
struct log {
    struct e2e_output output; // first
    char text[8192];
    unsigned notes[E2E_LEFT + 1];
};
static struct log log_;
static struct e2e_relay relay;
static struct e2e_member members[8];

static void append(const char *text, size_t length) {
    size_t at = strlen(log_.text);
    assert_true(at + length < sizeof log_.text);
    memcpy(log_.text + at, text, length);
}

static void record(struct e2e_output *output, struct e2e_member *to, const struct engine_io_part parts[],
                   size_t count, bool binary) {
    assert_ptr_equal(output, &log_);
    const char name[] = {(char)('A' + (to - members)), '<'};
    append(name, 2);
    append("b:", binary ? 2 : 0);
    for (size_t i = 0; i < count; i++) {
        append(parts[i].bytes, parts[i].length);
    }
    append("\n", 1);
}

static void take_note(struct e2e_output *output, const struct e2e_note *note) {
    assert_ptr_equal(output, &log_);
    log_.notes[note->kind]++;
}

static int set_up(void **state) {
    (void)state;
    memset(&log_, 0, sizeof log_);
    memset(members, 0, sizeof members);
    log_.output = (struct e2e_output){.send = record, .note = take_note};
    e2e_relay_init(&relay, &log_.output, 1000);
    return 0;
}

static bool receive(char who, const char *text) {
    return e2e_relay_receive(&relay, &members[who - 'A'], (const uint8_t *)text, strlen(text), false, NULL);
}

static void leave(char who) {
    e2e_relay_leave(&relay, &members[who - 'A']);
}

// What was sent since the last call; a session's name is replaced by *.
static void sent(const char *expected) {
    char *sid;
    while ((sid = strstr(log_.text, "{\"sid\":\"")) != NULL) {
        memmove(sid + 1, sid + 8 + ENGINE_IO_SID_LENGTH + 2, strlen(sid + 8 + ENGINE_IO_SID_LENGTH + 2) + 1);
        sid[0] = '*';
    }
    if (strcmp(log_.text, expected) != 0) {
        fail_msg("sent:\n%sexpected:\n%s", log_.text, expected);
    }
    memset(log_.text, 0, sizeof log_.text);
}

static void the_whole_protocol(void **state) {
    (void)state;
    assert_true(receive('A', "0"));
    sent("A<0*\n");
    assert_true(receive('B', "0{\"token\":1}"));
    sent("B<0*\nA<2[\"KEY_EXCHANGE\"]\nB<2[\"KEY_EXCHANGE\"]\n");
    assert_string_not_equal(members[0].sid, members[1].sid);
    assert_true(receive('A', "2[\"ELGAMAL_PK\",\"123\"]"));
    assert_true(receive('B', "2[\"ELGAMAL_PK\", 4567890123456789012345678901234567890 ]"));
    sent("B<2[\"ELGAMAL_PK_BC\",\"123\"]\nA<2[\"ELGAMAL_PK_BC\", 4567890123456789012345678901234567890 ]\n");
    assert_true(receive('A', "2[\"DEFF_HELLMAN_PK\",\"{\\\"s1\\\":\\\"1\\\"}\"]"));
    sent("B<2[\"DEFF_HELLMAN_PK_BC\",\"{\\\"s1\\\":\\\"1\\\"}\"]\n");
    assert_true(receive('A', "2[\"message\",\"a\",{\"b\":1e999},null]"));
    assert_true(receive('B', "2[\"m\\u0065ssage\"]")); // another spelling of the same name
    sent("B<2[\"received_message\",\"a\",{\"b\":1e999},null]\nA<2[\"received_message\"]\n");
    assert_int_equal(log_.notes[E2E_RELAYED], 5);
    leave('A');
    sent("B<2[\"PARTNER_LEFT\"]\n");
    leave('A'); // again: nothing
    sent("");
    leave('B');
    sent("");
    assert_null(relay.waiting);
    assert_int_equal(log_.notes[E2E_LEFT], 2);
}

static void acknowledgements(void **state) {
    (void)state;
    assert_true(receive('A', "0"));
    assert_true(receive('A', "25[\"message\",1]"));
    sent("A<0*\nA<35[{\"relayed\":false,\"reason\":\"no partner\"}]\n");
    assert_true(receive('B', "0"));
    sent("B<0*\nA<2[\"KEY_EXCHANGE\"]\nB<2[\"KEY_EXCHANGE\"]\n");
    assert_true(receive('A', "26[\"message\",1]"));
    sent("B<2[\"received_message\",1]\nA<36[{\"relayed\":true}]\n"); // B is not asked
    assert_true(receive('A', "20[\"hello\"]"));
    sent("A<30[{\"relayed\":false,\"reason\":\"unknown event\"}]\n");
    assert_true(receive('A', "2[\"hello\"]"));
    assert_true(receive('A', "2[\"ELGAMAL_PK_BC\",1]"));
    assert_true(receive('A', "2[\"KEY_EXCHANGE\"]"));
    sent("");
    assert_int_equal(log_.notes[E2E_UNKNOWN_EVENT], 4);
    assert_int_equal(log_.notes[E2E_NO_PARTNER], 1);
    assert_true(receive('A', "35[\"nobody asked\"]"));
    sent("");
}

static void binary_events(void **state) {
    (void)state;
    assert_true(receive('A', "0"));
    assert_true(receive('B', "0"));
    memset(log_.text, 0, sizeof log_.text);
    assert_true(receive(
        'A', "52-9[\"message\",{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]"));
    sent("");
    assert_true(e2e_relay_receive(&relay, &members[0], (const uint8_t *)"one", 3, true, NULL));
    sent("");
    assert_true(e2e_relay_receive(&relay, &members[0], (const uint8_t *)"", 0, true, NULL));
    sent("B<52-[\"received_message\",{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]\n"
         "B<b:one\nB<b:\nA<39[{\"relayed\":true}]\n");
    // Half of one when its sender leaves: never passed on.
    assert_true(receive('A', "51-[\"message\",{\"_placeholder\":true,\"num\":0}]"));
    leave('A');
    sent("B<2[\"PARTNER_LEFT\"]\n");
    assert_null(members[0].collector.text);
}

static void who_waits_is_paired_with_the_next(void **state) {
    (void)state;
    for (int who = 'A'; who <= 'F'; who++) {
        assert_true(receive((char)who, "0"));
    }
    assert_ptr_equal(members[0].partner, &members[1]);
    assert_ptr_equal(members[2].partner, &members[3]);
    assert_ptr_equal(members[4].partner, &members[5]);
    memset(log_.text, 0, sizeof log_.text);
    leave('A'); // B waits
    assert_null(members[1].partner);
    leave('D'); // C is paired with B, who has waited longer
    assert_ptr_equal(members[1].partner, &members[2]);
    sent("B<2[\"PARTNER_LEFT\"]\nC<2[\"PARTNER_LEFT\"]\nB<2[\"KEY_EXCHANGE\"]\nC<2[\"KEY_EXCHANGE\"]\n");
    leave('E'); // F waits, then G
    leave('F');
    assert_true(receive('G', "0"));
    assert_null(members[6].partner);
    assert_ptr_equal(relay.waiting, &members[6]);
    assert_true(receive('H', "0"));
    assert_ptr_equal(members[6].partner, &members[7]);
    assert_int_equal(members[7].number, 8);
}

static void what_was_for_the_old_partner_is_dropped(void **state) {
    (void)state;
    for (int who = 'A'; who <= 'C'; who++) {
        assert_true(receive((char)who, "0"));
    }
    memset(log_.text, 0, sizeof log_.text);
    leave('B');
    sent("A<2[\"PARTNER_LEFT\"]\nC<2[\"KEY_EXCHANGE\"]\nA<2[\"KEY_EXCHANGE\"]\n");
    assert_true(receive('A', "2[\"message\",\"for B\"]"));
    assert_true(receive('A', "21[\"DEFF_HELLMAN_PK\",\"for B\"]"));
    sent("A<31[{\"relayed\":false,\"reason\":\"the partner has changed\"}]\n");
    assert_int_equal(log_.notes[E2E_STALE], 2);
    assert_true(receive('C', "2[\"message\",\"C had no partner before\"]"));
    assert_true(receive('A', "2[\"ELGAMAL_PK\",1]"));
    assert_true(receive('A', "2[\"message\",\"for C\"]"));
    sent("A<2[\"received_message\",\"C had no partner "
         "before\"]\nC<2[\"ELGAMAL_PK_BC\",1]\nC<2[\"received_message\",\"for C\"]\n");
}

static void namespaces(void **state) {
    (void)state;
    assert_true(receive('A', "0/admin,{\"token\":1}"));
    sent("A<4/admin,{\"message\":\"Invalid namespace\"}\n");
    assert_false(members[0].joined);
    assert_int_equal(log_.notes[E2E_WRONG_NAMESPACE], 1);
    assert_true(receive('A', "0")); // it may still come in
    assert_false(receive('A', "2/admin,[\"message\",1]"));
}

static void at_the_wrong_place(void **state) {
    (void)state;
    struct parse_error where = {.reason = ""};
    static const char *const before[] = {"2[\"message\",1]", "1", "30[]", "4{}", "2/admin,[\"x\"]", "junk"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        assert_false(e2e_relay_receive(&relay, &members[0], (const uint8_t *)before[i], strlen(before[i]),
                                       false, &where));
        assert_string_not_equal(where.reason, "");
        leave('A');
    }
    sent("");
    assert_true(receive('A', "0"));
    assert_false(receive('A', "0")); // twice
    assert_false(receive('A', "4{\"message\":\"x\"}"));
    assert_false(e2e_relay_receive(&relay, &members[0], (const uint8_t *)"x", 1, true, NULL));
}

static void leaving_and_coming_back_in_one_session(void **state) {
    (void)state;
    assert_true(receive('A', "0"));
    assert_true(receive('B', "0"));
    memset(log_.text, 0, sizeof log_.text);
    char sid[ENGINE_IO_SID_LENGTH + 1];
    memcpy(sid, members[0].sid, sizeof sid);
    assert_true(receive('A', "1"));
    assert_false(members[0].joined);
    sent("B<2[\"PARTNER_LEFT\"]\n");
    assert_true(receive('A', "0"));
    sent("A<0*\nB<2[\"KEY_EXCHANGE\"]\nA<2[\"KEY_EXCHANGE\"]\n");
    assert_int_equal(members[0].number, 3);
    assert_string_not_equal(members[0].sid, sid);
    assert_false(members[0].between); // it comes new
    assert_true(members[1].between);
}

// A random walk: pairs are mutual, nobody is in two places, and every message goes to the partner, once.
static void random_walk(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 5000);
    for (int step = 0; step < 20000; step++) {
        struct e2e_member *member = &members[test_random_below(&random, 8)];
        char who = (char)('A' + (member - members));
        memset(log_.text, 0, sizeof log_.text);
        switch (test_random_below(&random, 5)) {
        case 0:
            if (!member->joined) {
                assert_true(receive(who, "0"));
            }
            break;
        case 1:
            leave(who);
            break;
        default:
            if (member->joined) {
                struct e2e_member *partner = member->partner;
                char expected[64] = "";
                assert_true(receive(who, "2[\"ELGAMAL_PK\",1]"));
                if (partner != NULL) {
                    (void)snprintf(expected, sizeof expected, "%c<2[\"ELGAMAL_PK_BC\",1]\n",
                                   (char)('A' + (partner - members)));
                }
                assert_string_equal(log_.text, expected);
            }
        }
        unsigned alone = 0;
        for (size_t i = 0; i < 8; i++) {
            if (members[i].partner != NULL) {
                assert_ptr_equal(members[i].partner->partner, &members[i]);
                assert_true(members[i].joined && members[i].partner != &members[i]);
            }
            if (members[i].joined && members[i].partner == NULL) {
                alone++;
                assert_ptr_equal(relay.waiting, &members[i]);
            }
        }
        assert_int_equal(alone, relay.waiting != NULL);
    }
    for (int who = 'A'; who <= 'H'; who++) {
        leave((char)who);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_whole_protocol, set_up),
        cmocka_unit_test_setup(acknowledgements, set_up),
        cmocka_unit_test_setup(binary_events, set_up),
        cmocka_unit_test_setup(who_waits_is_paired_with_the_next, set_up),
        cmocka_unit_test_setup(what_was_for_the_old_partner_is_dropped, set_up),
        cmocka_unit_test_setup(namespaces, set_up),
        cmocka_unit_test_setup(at_the_wrong_place, set_up),
        cmocka_unit_test_setup(leaving_and_coming_back_in_one_session, set_up),
        cmocka_unit_test_setup(random_walk, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
