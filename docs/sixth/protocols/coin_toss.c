// coin-toss. Two people who do not trust each other toss a coin over a wire:
//
//   client: tosses, hides                      server
//     1  SHA-256(nonce, coin)   ---------->      sees nothing of the coin
//                               <----------  2   calls: heads or tails
//     3  nonce, coin            ---------->      computes 1 again: the coin was not turned over after the call
//
// The nonce hides the coin: without it, the server would try both sides. SHA-256 binds it: two openings of one commitment
// would be a collision.

#include "protocols/coin_toss.h"

#include "bignum/random.h"
#include "ciphers/hash/sha2.h"

#include <stdio.h>
#include <string.h>

// --- the messages ----------------------------------------------------------------------------------------------

// clang-format off
static const struct message_type commitment = {
    .name = "commitment",
    .meaning = "the coin is tossed, and lies under the hand",
    .computed = "SHA-256 of the nonce and the side (FIPS 180-4, 6.2), in hex",
    .both_know = "that the coin can not be turned over any more",
    .eavesdropper_knows = "the same, and not how it lies",
    .count = 1,
    .fields = {{"commitment", FIELD_HEX, "hides the side, and binds to it",
                .minimum = COIN_TOSS_COMMITMENT_SIZE, .maximum = COIN_TOSS_COMMITMENT_SIZE}},
};
static const struct message_type call = {
    .name = "call",
    .meaning = "what the server bets on",
    .computed = "by whoever sits at the server",
    .both_know = "the call; the client knows who has won",
    .eavesdropper_knows = "the call",
    .count = 1,
    .fields = {{"side", FIELD_TEXT, "heads or tails", .minimum = 5, .maximum = 5}},
};
static const struct message_type opening = {
    .name = "opening",
    .meaning = "the hand is taken off",
    .computed = "nothing: what went into the commitment",
    .both_know = "how the coin lies, and that it lay so all along",
    .eavesdropper_knows = "the same",
    .count = 3,
    .fields = {{"nonce", FIELD_HEX, "the random bytes that hid the side",
                .minimum = COIN_TOSS_NONCE_SIZE, .maximum = COIN_TOSS_NONCE_SIZE},
               {"colon", FIELD_CONSTANT, "between the two", .constant = ":"},
               {"side", FIELD_TEXT, "heads or tails", .minimum = 5, .maximum = 5}},
};
// clang-format on

static const char *side(bool heads) {
    return heads ? "heads" : "tails";
}

static void commit(uint8_t out[COIN_TOSS_COMMITMENT_SIZE], const uint8_t nonce[COIN_TOSS_NONCE_SIZE],
                   bool heads) {
    struct sha256_context sha;
    sha256_init(&sha);
    sha256_update(&sha, nonce, COIN_TOSS_NONCE_SIZE);
    sha256_update(&sha, (const uint8_t *)side(heads), 5);
    sha256_final(&sha, out);
}

// --- the machine -----------------------------------------------------------------------------------------------

static const struct message_type *awaited(const struct coin_toss *toss) {
    return toss->state == COIN_TOSS_CALLED ? &opening : toss->tosses ? &call : &commitment;
}

static void fail(struct coin_toss *toss, const char *to_peer, const char *details) {
    toss->state = COIN_TOSS_OVER;
    stream_fail(&toss->stream, to_peer, "%s", details);
}

const char *coin_toss_start(struct coin_toss *toss, bool client, struct explain_sink *explain) {
    uint8_t coin;
    memset(toss, 0, sizeof *toss);
    stream_init(&toss->stream, client ? "client" : "server", client ? "server" : "client", explain);
    toss->tosses = client;
    if (!client) {
        return NULL;
    }
    if (!random_bytes(&coin, 1) || !random_bytes(toss->nonce, sizeof toss->nonce)) {
        return "the random generator failed";
    }
    toss->heads = coin % 2 == 0;
    commit(toss->commitment, toss->nonce, toss->heads);
    struct narration narration = {0};
    tell_text(&narration, "coin", "tossed", side(toss->heads));
    tell_bytes(&narration, "nonce", "random, so that nobody finds the side by trying", toss->nonce,
               sizeof toss->nonce);
    const struct field_value value = {.bytes = toss->commitment, .length = sizeof toss->commitment};
    return stream_send(&toss->stream, &commitment, &value, &narration) ? NULL : "no room for the commitment";
}

// Server: nothing can be checked yet. From here on the person may call.
static void take_commitment(struct coin_toss *toss, const struct message *message,
                            struct party_event *event) {
    size_t length;
    if (!message_bytes(message, 0, toss->commitment, sizeof toss->commitment, &length)) {
        fail(toss, "that is no commitment", "the commitment cannot be read");
        return;
    }
    stream_explain(&toss->stream, message, NULL, "32 bytes in hex; the rest shows at the end");
    toss->state = COIN_TOSS_CALLING;
    event->kind = PARTY_ESTABLISHED;
    (void)snprintf(toss->notice, sizeof toss->notice, "The coin lies under the hand. heads or tails?");
}

// Client: the call is there, so the hand is taken off.
static void take_call(struct coin_toss *toss, const struct message *message) {
    size_t length;
    if (!message_bytes(message, 0, (uint8_t *)toss->call, 5, &length) ||
        (strcmp(toss->call, "heads") != 0 && strcmp(toss->call, "tails") != 0)) {
        fail(toss, "a coin has two sides", "the server called neither heads nor tails");
        return;
    }
    stream_explain(&toss->stream, message, NULL, "heads or tails");
    const struct field_value values[] = {{.bytes = toss->nonce, .length = sizeof toss->nonce},
                                         {0},
                                         {.bytes = (const uint8_t *)side(toss->heads), .length = 5}};
    toss->state = COIN_TOSS_OVER;
    (void)!stream_send(&toss->stream, &opening, values, NULL);
}

// Server: does the opening fit the commitment?
static void take_opening(struct coin_toss *toss, const struct message *message) {
    uint8_t again[COIN_TOSS_COMMITMENT_SIZE];
    char text[6] = "";
    size_t length;
    bool parsed = message_bytes(message, 0, toss->nonce, sizeof toss->nonce, &length) &&
                  message_bytes(message, 2, (uint8_t *)text, 5, &length);
    toss->heads = strcmp(text, "heads") == 0;
    commit(again, toss->nonce, toss->heads);
    if (!parsed || strcmp(text, side(toss->heads)) != 0 ||
        memcmp(again, toss->commitment, sizeof again) != 0) {
        fail(toss, "that is not the coin you tossed",
             "the client turned the coin over: the opening does not fit");
        return;
    }
    struct narration narration = {0};
    tell_bytes(&narration, "commitment", "computed again, from the nonce and the side", again, sizeof again);
    stream_explain(&toss->stream, message, &narration, "it is the commitment of message 1");
    toss->state = COIN_TOSS_OVER;
}

static size_t party_receive(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    struct coin_toss *toss = party;
    struct message message;
    struct parse_error where;
    size_t used;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (toss->state == COIN_TOSS_OVER) {
        return length;
    }
    const struct message_type *type = awaited(toss);
    enum frame_status status = stream_receive(&toss->stream, bytes, length, &used);
    if (status == FRAME_INCOMPLETE) {
        return used;
    }
    if (status == FRAME_TOO_LARGE) {
        stream_fail_too_large(&toss->stream, type->name);
    } else if (stream_take_refusal(&toss->stream, type->name)) {
        toss->state = COIN_TOSS_OVER;
    } else if (message_parse(&message, type, toss->stream.in.payload, toss->stream.in.length, &where) !=
               MESSAGE_OK) {
        stream_fail_malformed(&toss->stream, "that is not the message that belongs here", type->name, &where);
    } else if (type == &commitment) {
        take_commitment(toss, &message, event);
    } else if (type == &call) {
        take_call(toss, &message);
    } else {
        take_opening(toss, &message);
    }
    if (toss->stream.failed) {
        toss->state = COIN_TOSS_OVER;
        event->kind = PARTY_FAILED;
    } else if (toss->state == COIN_TOSS_OVER) {
        event->kind = PARTY_ENDED;
        (void)snprintf(toss->notice, sizeof toss->notice, "The call: %s. The coin: %s. The %s wins.",
                       toss->call, side(toss->heads),
                       strcmp(toss->call, side(toss->heads)) == 0 ? "server" : "client");
    }
    event->text = (const uint8_t *)toss->notice;
    event->length = strlen(toss->notice);
    return used;
}

static void party_end(void *party, struct party_event *event, enum party_ending ending) {
    struct coin_toss *toss = party;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (toss->state == COIN_TOSS_OVER) {
        return;
    }
    if (ending == PARTY_PEER_CLOSED) {
        stream_fail_closed(&toss->stream, awaited(toss)->name, NULL);
    }
    fail(toss, "the other end gave up", "ended before the coin was seen");
    event->kind = PARTY_FAILED;
}

static const char *party_may_say(const void *party, size_t length) {
    (void)length;
    return ((const struct coin_toss *)party)->state == COIN_TOSS_CALLING ? NULL
                                                                         : "there is nothing to call now";
}

static const char *party_say(void *party, const void *text, size_t length) {
    struct coin_toss *toss = party;
    const char *why = party_may_say(party, length);
    if (why != NULL || length != 5 || (memcmp(text, "heads", 5) != 0 && memcmp(text, "tails", 5) != 0)) {
        return why != NULL ? why : "say heads or tails";
    }
    memcpy(toss->call, text, 5);
    const struct field_value value = {.bytes = text, .length = 5};
    toss->state = COIN_TOSS_CALLED;
    return stream_send(&toss->stream, &call, &value, NULL) ? NULL : "no room for the call";
}

static size_t party_text_max(const void *party) {
    (void)party;
    return 5;
}

// A person may think about the call for as long as it takes; everything else is for machines, and quick.
static bool party_impatient(const void *party) {
    const struct coin_toss *toss = party;
    return toss->state == COIN_TOSS_CALLED || stream_is_partial(&toss->stream);
}

static bool party_over(const void *party) {
    return ((const struct coin_toss *)party)->state == COIN_TOSS_OVER;
}

#define COIN_TOSS_PARTY(name)                                                                                \
    {                                                                                                        \
        .protocol = "coin-toss", .role = (name), .receive = party_receive, .end = party_end,                 \
        .say = party_say, .may_say = party_may_say, .text_max = party_text_max,                              \
        .output = stream_party_output, .sent = stream_party_sent, .impatient = party_impatient,              \
        .over = party_over, .failure = stream_party_failure,                                                 \
    }
const struct party_type coin_toss_client_party = COIN_TOSS_PARTY("client");
const struct party_type coin_toss_server_party = COIN_TOSS_PARTY("server");

// --- for those who watch ---------------------------------------------------------------------------------------

static const struct message_type *recognise(struct watched *watched, bool from_client, const uint8_t *payload,
                                            size_t length) {
    static const struct message_type *const order[] = {&commitment, &call, &opening};
    (void)payload, (void)length;
    return watched->stage < 3 && from_client == (watched->stage != 1) ? order[watched->stage++] : NULL;
}

const struct protocol coin_toss_protocol = {
    .name = "coin-toss",
    .about = "heads or tails over a wire, with a commitment",
    .port = COIN_TOSS_PORT,
    .ports = 1,
    .server = "server",
    .recognise = recognise,
};
