// The demo: both ends in one process, with real TCP between them, a script instead of people, and every message
// explained: what its sender has to say about it, and, when it has arrived, what its receiver adds.

#include "apps/des-chat/des_chat_app.h"

#include "apps/common/clock.h"
#include "apps/common/net.h"
#include "apps/common/signals.h"
#include "apps/common/terminal.h"
#include "apps/common/transcript.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Who says what, in turn. The third line has three equal blocks of 8 bytes, and ECB shows it.
static const struct {
    enum des_chat_role speaker;
    const char *text;
} script[] = {
    {DES_CHAT_CLIENT, "Hello! Is anybody listening?"},
    {DES_CHAT_SERVER, "Let us hope not."},
    {DES_CHAT_CLIENT, "tick... tick... tick... "},
    {DES_CHAT_SERVER, "exit"},
};
enum { SCRIPT_LINES = sizeof script / sizeof script[0], QUEUE = 8 };

// What a sender said about a message that has not arrived yet.
struct under_way {
    char *text;
    size_t length;
};

struct end {
    struct explain_sink explain; // first: the sink finds the end
    struct des_chat chat;
    int connection;
    struct end *peer;
    struct under_way queue[QUEUE]; // from this end to the peer
    size_t queued;
};
static struct end server = {.connection = -1}, client = {.connection = -1};
static struct transcript_style style;

static void explain(struct explain_sink *sink, const struct explanation *explanation) {
    struct end *end = (struct end *)sink;
    if (explanation->sent) {
        if (end->queued < QUEUE) {
            struct under_way *under_way = &end->queue[end->queued];
            FILE *stream = open_memstream(&under_way->text, &under_way->length);
            if (stream != NULL) {
                transcript_print_sent(stream, style, explanation);
                (void)fclose(stream);
                end->queued++;
            }
        }
        return;
    }
    struct end *sender = end->peer;
    if (sender->queued > 0) {
        (void)fputs(sender->queue[0].text, stdout);
        free(sender->queue[0].text);
        sender->queued--;
        memmove(sender->queue, sender->queue + 1, sender->queued * sizeof sender->queue[0]);
    }
    transcript_print_received(stdout, style, explanation);
}

// One turn of the loop for one end: what has come in, what goes out. False when something went wrong.
static bool go_on(struct end *end) {
    uint8_t bytes[4096];
    size_t count, length;
    bool closed, whole = net_receive(end->connection, bytes, sizeof bytes, &count, &closed);
    for (size_t done = 0; done < count;) {
        struct party_event event;
        done += des_chat_receive(&end->chat, &event, bytes + done, count - done);
        if (event.kind == PARTY_MESSAGE) {
            terminal_show("  on the screen:  Peer says: ", event.text, event.length);
        }
    }
    const uint8_t *waiting = des_chat_output(&end->chat, &length);
    if (length > 0) {
        whole = net_send(end->connection, waiting, length, &count) && whole;
        des_chat_sent(&end->chat, count);
    }
    return whole && end->chat.reason == DES_CHAT_OK;
}

static bool start(struct end *end, enum des_chat_role role, const struct settings *settings) {
    end->explain.explain = explain;
    end->peer = role == DES_CHAT_SERVER ? &client : &server;
    struct des_chat_options options = {
        .group = settings->group, .mode = settings->mode, .explain = &end->explain};
    return des_chat_start(&end->chat, role, &options) == DES_CHAT_OK;
}

// Both ends over one connection until the script is through. NULL, or what went wrong.
static const char *converse(int64_t deadline) {
    size_t line = 0;
    while (server.chat.state != DES_CHAT_OVER || client.chat.state != DES_CHAT_OVER) {
        struct pollfd polls[3] = {{.fd = server.connection, .events = POLLIN},
                                  {.fd = client.connection, .events = POLLIN},
                                  {.fd = signals_descriptor(), .events = POLLIN}};
        for (size_t i = 0; i < 2; i++) {
            size_t length;
            (void)des_chat_output(i == 0 ? &server.chat : &client.chat, &length);
            polls[i].events = (short)(length > 0 ? POLLIN | POLLOUT : POLLIN);
        }
        (void)poll(polls, 3, clock_poll_timeout(deadline));
        if (signals_is_end(signals_next())) {
            return "interrupted";
        }
        if (clock_passed(deadline)) {
            return "the two ends did not finish in time";
        }
        if (!go_on(&server) || !go_on(&client)) {
            return server.chat.reason != DES_CHAT_OK ? des_chat_failure(&server.chat)
                                                     : des_chat_failure(&client.chat);
        }
        struct des_chat *speaker =
            line < SCRIPT_LINES && script[line].speaker == DES_CHAT_SERVER ? &server.chat : &client.chat;
        if (line < SCRIPT_LINES && des_chat_may_say(speaker)) {
            (void)!des_chat_say(speaker, script[line].text, strlen(script[line].text));
            line++;
        }
    }
    return NULL;
}

static void print_opening(const struct settings *settings, const char *address) {
    char text[320];
    if (des_chat_is_toy(&server.chat)) {
        (void)printf(DES_CHAT_TOY_WARNING "\n", mpz_sizeinbase(server.chat.group.p, 2));
    }
    (void)printf("des-chat, README 002: a server on %s and a client, over TCP.\n", address);
    (void)snprintf(text, sizeof text,
                   "group %s (%s), DES-%s. Every message is one frame: a 4-byte length, then the payload. "
                   "Offsets count from the "
                   "start of the frame. Random numbers are fresh in every run.",
                   server.chat.group.name, server.chat.group.source,
                   settings->mode == MODE_CBC ? "CBC" : "ECB");
    transcript_paragraph(stdout, style, "setting", text);
}

static void print_closing(const struct settings *settings) {
    (void)puts("");
    transcript_paragraph(stdout, style, "look again",
                         settings->mode == MODE_CBC ? "at message 8: the text repeats every 8 bytes, and no "
                                                      "two ciphertext blocks are equal. --mode ecb "
                                                      "shows the difference."
                                                    : "at message 8: the text repeats every 8 bytes, and so "
                                                      "does the ciphertext. --mode cbc hides it.");
    transcript_paragraph(
        stdout, style, "not protected",
        "who the peer is, and whether a message was changed on the way: see docs/des-chat.md.");
    transcript_paragraph(stdout, style, "try",
                         "`des-chat server --explain` in one terminal, `des-chat client` in another.");
}

int run_demo(const struct settings *settings) {
    char address[NET_ADDRESS_SIZE], why[NET_WHY_SIZE] = "";
    int listener = -1;
    int64_t deadline = clock_now() + (int64_t)settings->timeout * 1000;
    style = transcript_style();
    des_chat_init(&server.chat);
    des_chat_init(&client.chat);
    const char *failed = NULL;
    if (!signals_catch()) {
        failed = "cannot set up signals";
    } else if (!start(&server, DES_CHAT_SERVER, settings) || !start(&client, DES_CHAT_CLIENT, settings)) {
        failed = "cannot start: the random generator failed";
    } else if (!net_listen(&listener, "127.0.0.1", 0, address, why)) {
        failed = why;
    } else {
        // The kernel completes the connection to our own listener; accepting it comes after.
        uint16_t port = (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
        char ignored[NET_ADDRESS_SIZE];
        if (!net_connect(&client.connection, "127.0.0.1", port, deadline, -1, ignored, why)) {
            failed = why;
        } else {
            struct pollfd polls = {.fd = listener, .events = POLLIN};
            (void)poll(&polls, 1, clock_poll_timeout(deadline));
            server.connection = net_accept(listener, ignored);
            if (server.connection < 0) {
                failed = "the connection was lost";
            } else {
                print_opening(settings, address);
                failed = converse(deadline);
            }
        }
    }
    if (failed == NULL) {
        print_closing(settings);
    }
    int status = failed == NULL ? STATUS_OK : failure("%s", failed);
    struct end *ends[] = {&server, &client};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < ends[i]->queued; j++) {
            free(ends[i]->queue[j].text);
        }
        if (ends[i]->connection >= 0) {
            (void)close(ends[i]->connection);
        }
        des_chat_clear(&ends[i]->chat);
    }
    if (listener >= 0) {
        (void)close(listener);
    }
    return status;
}
