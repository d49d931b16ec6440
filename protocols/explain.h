// Explanations: what an end tells about each message as it crosses, as data. An app or a test attaches a sink.
#ifndef PROTOCOLS_EXPLAIN_H
#define PROTOCOLS_EXPLAIN_H

#include "protocols/message.h"

// A value that this end knows and the wire does not show, or that helps to follow the computation.
struct explained_value {
    const char *name;
    const char *how; // the formula, or what it is
    // One of these:
    const uint8_t *bytes;
    size_t length;
    mpz_srcptr integer;
    const char *text;
};

// What goes before an end's name in a sentence: "the " for roles ("the client"), nothing for names ("client1", "alice").
const char *article_of(const char *name);

enum { EXPLAINED_VALUES_MAX = 16 };

struct explanation {
    unsigned number;    // of the message in this conversation, from 1
    const char *sender; // "client", "server"
    const char *receiver;
    bool sent;   // this end sent it; else it received it
    bool framed; // a frame header (protocols/frame.h) goes before it: offsets count from there
    const struct message *message;
    size_t count;
    struct explained_value values[EXPLAINED_VALUES_MAX]; // secrets included: this is for study
    const char *checked; // received: what this end verified about it; NULL for nothing
};

// Embed it first in a struct of your own to carry state. The explanation is valid during the call only.
struct explain_sink {
    void (*explain)(struct explain_sink *sink, const struct explanation *explanation);
};

// A narration collects the values to be shown with one message; it starts as {0}. Everything told stays the caller's and
// must stay where it is until the message has been explained. What does not fit is left out.
//
//     struct narration narration = {0};
//     tell_integer(&narration, "Z", "Yc^xs mod p, the shared secret (5.7.1.1)", z);
struct narration {
    size_t count;
    struct explained_value values[EXPLAINED_VALUES_MAX];
};
void tell_integer(struct narration *narration, const char *name, const char *how, const mpz_t integer);
void tell_bytes(struct narration *narration, const char *name, const char *how, const uint8_t *bytes,
                size_t length);
void tell_text(struct narration *narration, const char *name, const char *how, const char *text);

#endif
