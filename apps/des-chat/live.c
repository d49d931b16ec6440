// A live end: one peer, one person, one loop. Everything that can happen is a descriptor in one poll: the socket, the
// keyboard, a signal, a second client knocking.

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

static struct session {
    struct explain_sink explain; // first: the sink finds the session
    const struct settings *settings;
    struct des_chat chat;
    int listener, connection;
    bool connection_broken; // nothing can be sent any more; there may be something to read
    bool established, person_gone;
    int signal;           // that ended it, or 0
    int64_t handshake_by; // deadlines
    int64_t message_by;   // a message that has begun must be complete
    int64_t send_by;      // what is to be sent must go
    struct transcript_style style;
    bool told_toy;
    char *held; // explanations that wait for the first line of a toy run
    size_t held_length;
    FILE *held_stream;
    struct net_partings partings;
} session = {.listener = -1,
             .connection = -1,
             .handshake_by = CLOCK_NEVER,
             .message_by = CLOCK_NEVER,
             .send_by = CLOCK_NEVER};

static int64_t patience(void) {
    return clock_now() + (int64_t)session.settings->timeout * 1000;
}

// --- what is shown ---------------------------------------------------------------------------------------------

// A toy run says so in its first line. The client knows only after message 2, so what it has to explain before is held
// back until then.
static void tell_toy(void) {
    if (session.told_toy) {
        return;
    }
    session.told_toy = true;
    if (des_chat_is_toy(&session.chat)) {
        terminal_say(DES_CHAT_TOY_WARNING, mpz_sizeinbase(session.chat.group.p, 2));
    }
    if (session.held_stream != NULL) {
        (void)fclose(session.held_stream);
        session.held_stream = NULL;
        terminal_begin_output();
        (void)fputs(session.held, stdout);
        terminal_end_output();
        free(session.held);
        session.held = NULL;
    }
}

static void explain(struct explain_sink *sink, const struct explanation *explanation) {
    struct session *self = (struct session *)sink;
    if (!self->told_toy) {
        if (self->held_stream == NULL) {
            self->held_stream = open_memstream(&self->held, &self->held_length);
        }
        if (self->held_stream != NULL) {
            transcript_print(self->held_stream, self->style, explanation);
        }
        return;
    }
    terminal_begin_output();
    transcript_print(stdout, self->style, explanation);
    terminal_end_output();
}

static void show_prompt(void) {
    if (!session.established) {
        return;
    }
    terminal_set_prompt(des_chat_may_say(&session.chat) ? "You: " : "(peer's turn) You: ");
}

// Why a typed line cannot go, or NULL.
static const char *may_send(void *context, size_t length) {
    (void)context;
    static char why[100];
    if (length > des_chat_text_max(&session.chat)) {
        (void)snprintf(why, sizeof why,
                       "too long: %zu bytes, and one message holds %zu. Your line is kept: shorten it",
                       length, des_chat_text_max(&session.chat));
        return why;
    }
    if (!des_chat_may_say(&session.chat)) {
        return "it is the peer's turn; your line is kept. Ctrl-D on an empty line ends the conversation";
    }
    size_t waiting;
    (void)des_chat_output(&session.chat, &waiting);
    return waiting > FRAME_PAYLOAD_MAX ? "the peer is slow; your line is kept" : NULL;
}

// --- what happens ----------------------------------------------------------------------------------------------

static void begin_conversation(void) {
    session.established = true;
    session.handshake_by = CLOCK_NEVER;
    terminal_say("Connected, with a fresh DES key. %s `exit` ends it.",
                 session.settings->free                 ? "Type at any time."
                 : session.chat.role == DES_CHAT_CLIENT ? "You speak first."
                                                        : "The peer speaks first.");
    if (!terminal_open(DES_CHAT_TEXT_MAX, may_send, NULL)) {
        complain("no memory for the keyboard");
        des_chat_exit(&session.chat);
    }
}

static void handle(const struct party_event *event) {
    switch (event->kind) {
    case PARTY_NOTHING:
    case PARTY_FAILED: // told at the end
        break;
    case PARTY_NOTICE:
        tell_toy();
        break;
    case PARTY_ESTABLISHED:
        begin_conversation();
        break;
    case PARTY_MESSAGE:
        terminal_show("Peer says: ", event->text, event->length);
        break;
    case PARTY_ENDED:
        terminal_say("The peer has left (`exit`).");
        break;
    }
}

static void receive(void) {
    uint8_t bytes[16384];
    size_t count;
    bool end;
    struct party_event event;
    bool whole = net_receive(session.connection, bytes, sizeof bytes, &count, &end);
    for (size_t done = 0; done < count;) {
        done += des_chat_receive(&session.chat, &event, bytes + done, count - done);
        handle(&event);
    }
    if (!whole || end) {
        des_chat_disconnected(&session.chat, &event);
        handle(&event);
    }
    if (!frame_is_partial(&session.chat.stream.in)) {
        session.message_by = CLOCK_NEVER;
    } else if (session.message_by == CLOCK_NEVER) {
        session.message_by = patience();
    }
}

static void send_waiting(void) {
    size_t length, count;
    const uint8_t *bytes = des_chat_output(&session.chat, &length);
    if (length == 0 || session.connection_broken) {
        session.send_by = CLOCK_NEVER;
        return;
    }
    session.connection_broken = !net_send(session.connection, bytes, length, &count);
    des_chat_sent(&session.chat, count);
    if (count > 0 || session.send_by == CLOCK_NEVER) {
        session.send_by = count == length ? CLOCK_NEVER : patience();
    }
}

static void take_line(void) {
    const uint8_t *line;
    size_t length;
    switch (terminal_read(&line, &length)) {
    case TERMINAL_NOTHING:
        return;
    case TERMINAL_LINE:
        if (length <= des_chat_text_max(&session.chat)) {
            // Piped lines are taken only when something may be said, typed ones pass the gate: so this goes.
            (void)!des_chat_say(&session.chat, line, length);
            return;
        }
        break;
    case TERMINAL_END:
        des_chat_exit(&session.chat);
        return;
    case TERMINAL_TOO_LONG:
        break;
    }
    complain("a line is too long for one message (%zu bytes at most): it was not sent, and the conversation "
             "ends here",
             des_chat_text_max(&session.chat));
    session.person_gone = true;
    des_chat_exit(&session.chat);
}

static void turn_away(void) {
    char address[NET_ADDRESS_SIZE];
    int other = net_accept(session.listener, address);
    if (other < 0) {
        return;
    }
    uint8_t refusal[STREAM_REFUSAL_SIZE];
    size_t length, count;
    if (stream_write_refusal(refusal, &length, "busy with another client")) {
        (void)!net_send(other, refusal, length, &count);
    }
    net_part(&session.partings, other);
    terminal_say("(Another client, %s, was refused: one at a time.)", address);
}

// Signals; true when one of them ends the program.
static bool take_signals(void) {
    for (int signal; (signal = signals_next()) != 0;) {
        if (signals_is_end(signal)) {
            session.signal = signal;
            return true;
        }
        terminal_signal(signal);
    }
    return false;
}

static void wait_and_act(void) {
    enum { SIGNAL, SOCKET, KEYBOARD, LISTENER, POLLS };
    size_t waiting;
    (void)des_chat_output(&session.chat, &waiting);
    // A piped line is read only when it may be sent: so nothing is lost, and the pipe holds the rest.
    bool keyboard =
        session.established &&
        (terminal_is_interactive() || (des_chat_may_say(&session.chat) && waiting <= FRAME_PAYLOAD_MAX));
    struct pollfd polls[POLLS] = {
        [SIGNAL] = {.fd = signals_descriptor(), .events = POLLIN},
        [SOCKET] = {.fd = session.connection,
                    .events = (short)(waiting > 0 && !session.connection_broken ? POLLIN | POLLOUT : POLLIN)},
        [KEYBOARD] = {.fd = keyboard ? terminal_descriptor() : -1, .events = POLLIN},
        [LISTENER] = {.fd = session.listener, .events = POLLIN},
    };
    int64_t deadline =
        clock_earlier(clock_earlier(session.handshake_by, session.message_by), session.send_by);
    if (session.partings.count > 0) {
        deadline = clock_earlier(deadline, clock_now() + 500);
    }
    bool line_waits = keyboard && terminal_has_line();
    if (poll(polls, POLLS, line_waits ? 0 : clock_poll_timeout(deadline)) < 0) {
        return; // EINTR: the signal is in its pipe
    }
    if (polls[SIGNAL].revents != 0 && take_signals()) {
        des_chat_exit(&session.chat);
        return;
    }
    if (polls[SOCKET].revents & (POLLIN | POLLHUP | POLLERR)) {
        receive();
    }
    if (keyboard && (line_waits || polls[KEYBOARD].revents != 0) && session.chat.state == DES_CHAT_TALKING) {
        take_line();
    }
    if (polls[LISTENER].revents != 0) {
        turn_away();
    }
    net_partings_go_on(&session.partings);
    send_waiting();
    if (clock_passed(session.handshake_by) || clock_passed(session.message_by) ||
        clock_passed(session.send_by)) {
        des_chat_abandon(&session.chat, DES_CHAT_SILENT);
    }
    if (!terminal_is_writable() && session.chat.state == DES_CHAT_TALKING) {
        session.person_gone = true;
        des_chat_exit(&session.chat);
    }
}

// --- a whole run -----------------------------------------------------------------------------------------------

// Starts this end's state machine.
static enum des_chat_reason start(enum des_chat_role role) {
    struct des_chat_options options = {.group = session.settings->group,
                                       .mode = session.settings->mode,
                                       .free = session.settings->free,
                                       .explain = session.settings->explain ? &session.explain : NULL};
    return des_chat_start(&session.chat, role, &options);
}

// From the first byte to the last, on session.connection.
static int converse(void) {
    session.handshake_by = patience();
    while (session.chat.state != DES_CHAT_OVER) {
        show_prompt();
        wait_and_act();
    }
    terminal_close();
    if (!session.told_toy && session.held_stream != NULL) {
        tell_toy();
    }
    // The last words: `exit`, or why we refuse.
    session.send_by = clock_now() + 2000;
    for (size_t length; !session.connection_broken && !clock_passed(session.send_by);) {
        (void)des_chat_output(&session.chat, &length);
        if (length == 0) {
            break;
        }
        struct pollfd polls = {.fd = session.connection, .events = POLLOUT};
        (void)poll(&polls, 1, clock_poll_timeout(session.send_by));
        size_t count;
        const uint8_t *bytes = des_chat_output(&session.chat, &length);
        session.connection_broken = !net_send(session.connection, bytes, length, &count);
        des_chat_sent(&session.chat, count);
    }
    net_part(&session.partings, session.connection);
    net_partings_finish(&session.partings);
    if (session.signal != 0) {
        return 128 + session.signal;
    }
    if (session.chat.reason != DES_CHAT_OK) {
        return failure("%s", des_chat_failure(&session.chat));
    }
    if (session.chat.stream.number > 0 && !session.person_gone) {
        terminal_say("The conversation is over.");
    }
    return session.person_gone ? STATUS_FAILED : STATUS_OK;
}

static int with_session(const struct settings *settings, int (*run)(void)) {
    session.explain.explain = explain;
    session.settings = settings;
    session.style = transcript_style();
    if (!signals_catch()) {
        return failure("cannot set up signals");
    }
    des_chat_init(&session.chat);
    int status = run();
    des_chat_clear(&session.chat);
    return status;
}

static int serve(void) {
    char address[NET_ADDRESS_SIZE], why[NET_WHY_SIZE];
    // The key pair is made before anybody waits for it.
    enum des_chat_reason reason = start(DES_CHAT_SERVER);
    if (reason != DES_CHAT_OK) {
        return failure("%s", des_chat_reason_text(reason));
    }
    tell_toy();
    if (!net_listen(&session.listener, session.settings->host, (uint16_t)session.settings->port, address,
                    why)) {
        return failure("%s", why);
    }
    terminal_say("Listening on %s, group %s. Waiting for a client (Ctrl-C ends).", address,
                 session.chat.group.name);
    while (session.connection < 0) {
        struct pollfd polls[] = {{.fd = session.listener, .events = POLLIN},
                                 {.fd = signals_descriptor(), .events = POLLIN}};
        (void)poll(polls, 2, -1);
        if (take_signals()) {
            return 128 + session.signal;
        }
        session.connection = net_accept(session.listener, address);
    }
    terminal_say("A client from %s.", address);
    return converse();
}

static int call(void) {
    char address[NET_ADDRESS_SIZE], why[NET_WHY_SIZE];
    if (!net_connect(&session.connection, session.settings->host, (uint16_t)session.settings->port,
                     patience(), signals_descriptor(), address, why)) {
        if (take_signals()) {
            return 128 + session.signal;
        }
        return failure("%s", why);
    }
    enum des_chat_reason reason = start(DES_CHAT_CLIENT);
    return reason == DES_CHAT_OK ? converse() : failure("%s", des_chat_reason_text(reason));
}

int run_server(const struct settings *settings) {
    return with_session(settings, serve);
}

int run_client(const struct settings *settings) {
    return with_session(settings, call);
}
