// What the relay tells the person who runs it: a line for each coming and going, and with --explain every event that it
// passes on, layer by layer.

#include "apps/e2e-relay/relay.h"

#include "apps/common/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 160 };

static const char *text_of(const struct e2e_note *note) {
    // What anybody at the relay learns from an event.
    static const struct {
        const char *name, *knows;
    } known[] = {
        {"ELGAMAL_PK",
         "the sender's ElGamal public key. It could pass on its own instead: nobody could tell."},
        {"DEFF_HELLMAN_PK",
         "the sender's Diffie-Hellman public key and the signature. Neither gives the shared "
         "secret, unless the group is small or the keys are the relay's own."},
        {"message", "who talks with whom, when, and how much. What is said is encrypted."},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (note->name != NULL && strcmp(known[i].name, note->name) == 0) {
            return known[i].knows;
        }
    }
    return "an event that it does not know, and drops.";
}

// A value's beginning and end, safe for a screen.
static void folded(char *out, size_t size, struct json_slice slice) {
    struct terminal_filtered filtered;
    size_t shown = slice.length < SHOWN_MAX ? slice.length : SHOWN_MAX;
    if (!terminal_filter(&filtered, (const uint8_t *)slice.text, shown, 0)) {
        (void)snprintf(out, size, "(%zu bytes)", slice.length);
        return;
    }
    (void)snprintf(out, size, "%.*s%s", (int)filtered.length, filtered.text,
                   shown < slice.length ? "..." : "");
    free(filtered.text);
}

static void explain_event(const struct e2e_note *note) {
    const struct socket_io_packet *packet = note->packet;
    struct json_slice name, rest;
    char shown[4 * SHOWN_MAX + 8], line[sizeof shown + 128];
    socket_io_event(packet, &name, &rest);
    terminal_begin_output();
    (void)printf("\nclient %u -> relay: %s\n", note->member->number,
                 note->name != NULL ? note->name : "an event");
    transcript_paragraph(stdout, relay.style, "4",
                         "Engine.IO: a message. Over WebSocket it is a text message of its "
                         "own; in a POST, 1e (hex) separates it from others");
    (void)snprintf(line, sizeof line, "Socket.IO: %s", socket_io_type_text(packet->type));
    char type[] = {(char)('0' + packet->type), '\0'};
    transcript_paragraph(stdout, relay.style, type, line);
    if (packet->attachments > 0) {
        (void)snprintf(line, sizeof line, "%zu binary attachments follow, %zu bytes with the text",
                       packet->attachments, note->collector->total);
        transcript_paragraph(stdout, relay.style, "attachments", line);
    }
    if (packet->has_id) {
        (void)snprintf(line, sizeof line, "%lu: the sender wants an acknowledgement", packet->id);
        transcript_paragraph(stdout, relay.style, "id", line);
    }
    folded(shown, sizeof shown, packet->json);
    (void)snprintf(line, sizeof line, "%zu bytes of JSON, the name first: %s", packet->json.length, shown);
    transcript_paragraph(stdout, relay.style, "event", line);
    if (note->kind == E2E_RELAYED) {
        (void)snprintf(line, sizeof line, "to client %u as %s; all behind the name, %zu bytes, unchanged",
                       note->other->number, note->new_name, rest.length);
        transcript_paragraph(stdout, relay.style, "passed on", line);
    }
    transcript_paragraph(stdout, relay.style, "relay knows", text_of(note));
    terminal_end_output();
}

static void say_event(const struct e2e_note *note) {
    static unsigned last_member;
    static enum e2e_note_kind last_kind = E2E_RELAYED;
    if (note->kind == E2E_RELAYED) {
        return; // with --explain only
    }
    // One that goes on sending would fill the screen: it is told once in a row.
    if (note->member->number == last_member && note->kind == last_kind) {
        return;
    }
    last_member = note->member->number;
    last_kind = note->kind;
    terminal_say("client %u: %s was dropped: %s.", note->member->number,
                 note->name != NULL ? note->name : "an event",
                 note->kind == E2E_NO_PARTNER ? "nobody is there to get it"
                 : note->kind == E2E_STALE    ? "it was for the partner who has left"
                                           : "the relay passes on ELGAMAL_PK, DEFF_HELLMAN_PK and message");
}

void narrate_note(struct e2e_output *output, const struct e2e_note *note) {
    (void)output;
    if (relay.settings->explain && note->packet != NULL) {
        explain_event(note);
    }
    if (relay.settings->quiet) {
        return;
    }
    switch (note->kind) {
    case E2E_JOINED:
        terminal_say("client %u has joined.", note->member->number);
        return;
    case E2E_PAIRED:
        terminal_say("clients %u and %u are a pair: KEY_EXCHANGE to both.", note->member->number,
                     note->other->number);
        return;
    case E2E_LEFT:
        if (note->other != NULL) {
            terminal_say("client %u has left: PARTNER_LEFT to client %u, which waits again.",
                         note->member->number, note->other->number);
        } else {
            terminal_say("client %u has left.", note->member->number);
        }
        return;
    case E2E_WRONG_NAMESPACE: {
        char shown[4 * SHOWN_MAX + 8];
        folded(shown, sizeof shown, note->name_space);
        terminal_say("a client asked for the namespace %s: refused, there is only /.", shown);
        return;
    }
    case E2E_RELAYED:
    case E2E_NO_PARTNER:
    case E2E_STALE:
    case E2E_UNKNOWN_EVENT:
        say_event(note);
        return;
    }
}

void narrate_session_end(const struct session *session) {
    enum engine_io_end end = session->io.end;
    char who[32] = "a client that never joined";
    if (relay.settings->quiet) {
        return;
    }
    if (session->member.number > 0) {
        (void)snprintf(who, sizeof who, "client %u", session->member.number);
    }
    if (end == ENGINE_IO_MALFORMED || end == ENGINE_IO_ABOVE) {
        terminal_say("%s: disconnected: %s: %s (byte %zu of %s).", who, engine_io_end_text(end),
                     session->why.reason, session->why.offset,
                     session->why.layer != NULL ? session->why.layer : "it");
    } else {
        terminal_say("%s: disconnected: %s.", who, engine_io_end_text(end));
    }
}

void narrate_refusal(const struct connection *connection, unsigned status, const char *why) {
    if (!relay.settings->quiet) {
        terminal_say("%s was answered with status %u: %.*s.", connection->address, status,
                     (int)strcspn(why, "\n"), why);
    }
}
