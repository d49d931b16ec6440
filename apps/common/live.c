// The loop of a live end. Everything that can happen is a descriptor in one poll: the socket, the keyboard, a signal, a
// second client knocking.
//
// Pitfalls
// - A piped line is read only when it may be sent: so nothing is lost, and the pipe holds the rest.
// - Closing at once after the last words may lose them: see net_part in apps/common/net.h.

#include "apps/common/live.h"

#include "apps/common/channel.h"
#include "apps/common/clock.h"
#include "apps/common/signals.h"
#include "apps/common/terminal.h"
#include "apps/common/transcript.h"

#include "protocols/stream.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

// There is one person, so there is one session.
static struct session {
    struct explain_sink explain; // first: the sink finds the session
    const struct protocol_options *options;
    const struct live_app *app;
    struct party party;
    struct channel channel;
    struct recording recording;
    int listener;
    bool established, person_gone;
    int signal; // that ended it, or 0
    struct transcript_style style;
    bool holding; // explanations wait for the first event
    char *held;
    size_t held_length;
    FILE *held_stream;
    struct net_partings partings;
} session = {.listener = -1, .channel.connection = -1, .recording.descriptor = -1};

static const char *may_say(size_t length) {
    return session.party.type->may_say(session.party.state, length);
}
static size_t text_max(void) {
    return session.party.type->text_max(session.party.state);
}

// --- what is shown ---------------------------------------------------------------------------------------------

static void explain(struct explain_sink *sink, const struct explanation *explanation) {
    struct session *self = (struct session *)sink;
    if (self->holding) {
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

static void release_held(void) {
    session.holding = false;
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

// Why a typed line cannot go, or NULL.
static const char *gate(void *context, size_t length) {
    (void)context;
    static char why[240];
    if (length > text_max()) {
        (void)snprintf(why, sizeof why,
                       "too long: %zu bytes, and one message holds %zu. Your line is kept: shorten it",
                       length, text_max());
        return why;
    }
    const char *reason = may_say(length);
    if (reason != NULL) {
        (void)snprintf(why, sizeof why,
                       "%s; your line is kept. Ctrl-D on an empty line ends the conversation", reason);
    }
    return reason != NULL ? why : NULL;
}

static void show_line(const struct party_event *event) {
    if (event->length > 0) {
        terminal_note("%.*s", (int)event->length, (const char *)event->text);
    }
}

static void show_message(const struct party_event *event) {
    char before[100];
    if (event->from != NULL) {
        (void)snprintf(before, sizeof before, "%s: ", event->from);
    }
    terminal_show(event->from != NULL ? before : session.app->peer_says, event->text, event->length);
}

// --- what happens ----------------------------------------------------------------------------------------------

static void handle(struct channel *channel, const struct party_event *event) {
    if (event->kind == PARTY_NOTICE) {
        show_line(event);
    }
    release_held();
    switch (event->kind) {
    case PARTY_NOTHING:
    case PARTY_NOTICE:
    case PARTY_FAILED: // told at the end
        break;
    case PARTY_ESTABLISHED:
        show_line(event);
        if (!session.established && !terminal_open(text_max(), gate, NULL)) {
            complain("no memory for the keyboard");
            channel_end(channel, PARTY_LEAVES);
        }
        session.established = true;
        break;
    case PARTY_MESSAGE:
        show_message(event);
        break;
    case PARTY_ENDED:
        show_line(event);
        break;
    }
}

static void take_line(void) {
    const uint8_t *line;
    size_t length;
    switch (terminal_read(&line, &length)) {
    case TERMINAL_NOTHING:
        return;
    case TERMINAL_LINE:
        if (length <= text_max()) {
            // Piped lines are taken only when something may be said, typed ones pass the gate: refused here is what
            // the protocol cannot carry.
            const char *why = session.party.type->say(session.party.state, line, length);
            if (why != NULL) {
                complain("not sent: %s", why);
            }
            return;
        }
        break;
    case TERMINAL_END:
        channel_end(&session.channel, PARTY_LEAVES);
        return;
    case TERMINAL_TOO_LONG:
        break;
    }
    complain("a line is too long for one message (%zu bytes at most): it was not sent, and the conversation "
             "ends here",
             text_max());
    session.person_gone = true;
    channel_end(&session.channel, PARTY_LEAVES);
}

static void turn_away(void) {
    char address[NET_ADDRESS_SIZE];
    int other = net_accept(session.listener, address);
    if (other < 0) {
        return;
    }
    uint8_t refusal[STREAM_REFUSAL_SIZE];
    size_t length, count;
    if (stream_write_refusal(refusal, &length, session.app->busy)) {
        (void)!net_send(other, refusal, length, &count);
    }
    net_part(&session.partings, other);
    terminal_note("(Another client, %s, was refused: one at a time.)", address);
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
    struct channel *channel = &session.channel;
    bool keyboard = session.established && (terminal_is_interactive() || may_say(0) == NULL);
    struct pollfd polls[POLLS] = {
        [SIGNAL] = {.fd = signals_descriptor(), .events = POLLIN},
        [SOCKET] = {.fd = channel->connection, .events = channel_wants(channel, true)},
        [KEYBOARD] = {.fd = keyboard ? terminal_descriptor() : -1, .events = POLLIN},
        [LISTENER] = {.fd = session.listener, .events = POLLIN},
    };
    int64_t deadline = channel_deadline(channel);
    if (session.partings.count > 0) {
        deadline = clock_earlier(deadline, clock_now() + 500);
    }
    bool line_waits = keyboard && terminal_has_line();
    if (poll(polls, POLLS, line_waits ? 0 : clock_poll_timeout(deadline)) < 0) {
        return; // EINTR: the signal is in its pipe
    }
    if (polls[SIGNAL].revents != 0 && take_signals()) {
        channel_end(channel, PARTY_LEAVES);
        return;
    }
    if (polls[SOCKET].revents & (POLLIN | POLLHUP | POLLERR)) {
        channel_receive(channel);
    }
    if (keyboard && (line_waits || polls[KEYBOARD].revents != 0) && !channel_is_over(channel)) {
        take_line();
    }
    if (polls[LISTENER].revents != 0) {
        turn_away();
    }
    net_partings_go_on(&session.partings);
    channel_send(channel);
    channel_expire(channel);
    if (!terminal_is_writable() && !channel_is_over(channel)) {
        session.person_gone = true;
        channel_end(channel, PARTY_LEAVES);
    }
}

// --- a whole run -----------------------------------------------------------------------------------------------

static const char *start(void) {
    return session.app->start(session.party.state, session.options->explain ? &session.explain : NULL);
}

// From the first byte to the last.
static int converse(int connection, bool called) {
    struct channel *channel = &session.channel;
    channel->on_event = handle;
    channel_open(channel, connection, &session.party, session.options->timeout,
                 session.options->record != NULL ? &session.recording : NULL, called);
    while (!channel_is_over(channel)) {
        if (session.established) {
            terminal_set_prompt(may_say(0) == NULL ? session.app->prompt : session.app->prompt_waiting);
        }
        wait_and_act();
    }
    terminal_close();
    release_held();
    channel_flush(channel);
    channel_close(channel, &session.partings);
    net_partings_finish(&session.partings);
    const char *failed = session.party.type->failure(session.party.state);
    if (session.signal != 0) {
        return 128 + session.signal;
    }
    if (failed != NULL) {
        return failure("%s", channel->fault != NULL ? channel->fault : failed);
    }
    if (!session.person_gone) {
        terminal_note("The conversation is over.");
    }
    return session.person_gone ? STATUS_FAILED : STATUS_OK;
}

static int call(void) {
    int connection;
    char address[NET_ADDRESS_SIZE], why[NET_WHY_SIZE];
    if (!net_connect(&connection, session.options->host, (uint16_t)session.options->port,
                     clock_now() + (int64_t)session.options->timeout * 1000, signals_descriptor(), address,
                     why)) {
        return take_signals() ? 128 + session.signal : failure("%s", why);
    }
    const char *cannot = start();
    return cannot == NULL ? converse(connection, true) : failure("%s", cannot);
}

static int serve(void) {
    char address[NET_ADDRESS_SIZE], why[NET_WHY_SIZE];
    // What takes time is done before anybody waits for it.
    const char *cannot = start();
    if (cannot != NULL) {
        return failure("%s", cannot);
    }
    release_held();
    if (!net_listen(&session.listener, session.options->host, (uint16_t)session.options->port, address,
                    why)) {
        return failure("%s", why);
    }
    if (session.app->listening != NULL) {
        session.app->listening(session.party.state, address);
    } else {
        terminal_say("Listening on %s. Waiting for a client (Ctrl-C ends).", address);
    }
    int connection = -1;
    while (connection < 0) {
        struct pollfd polls[] = {{.fd = session.listener, .events = POLLIN},
                                 {.fd = signals_descriptor(), .events = POLLIN}};
        (void)poll(polls, 2, -1);
        if (take_signals()) {
            return 128 + session.signal;
        }
        connection = net_accept(session.listener, address);
    }
    terminal_note("A client from %s.", address);
    return converse(connection, false);
}

static int run(const struct live *live, const struct protocol_options *options, int (*role)(void)) {
    session.explain.explain = explain;
    session.app = live->app;
    session.party = (struct party){.type = live->app->party, .state = live->state};
    session.options = options;
    session.style = transcript_style();
    session.holding = live->app->warning_first;
    terminal_set_quiet(options->quiet);
    if (!signals_catch()) {
        return failure("cannot set up signals");
    }
    if (options->record != NULL && !recording_open(&session.recording, options->record)) {
        return STATUS_FAILED;
    }
    int status = role();
    if (!recording_close(&session.recording) && status == STATUS_OK) {
        status = STATUS_FAILED;
    }
    return status;
}

int live_call(const struct live *live, const struct protocol_options *options) {
    return run(live, options, call);
}

int live_serve(const struct live *live, const struct protocol_options *options) {
    return run(live, options, serve);
}
