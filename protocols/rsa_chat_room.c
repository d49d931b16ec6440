// rsa-chat's room: who is there, what they are called, and passing on what they say. Before: protocols/rsa_chat_talk.c.
// After: apps/rsa-chat.
//
//     alice --- one end ---+                +--- one end --- bob         an end: struct rsa_chat, one per connection
//                          +---  room   ----+
//     the server's user ---+  (members)     +--- one end --- carol
//
// The server reads everything: a line is decrypted at the end it came in at, and encrypted again for each of the
// others, in the chain of that direction of that connection. But key and first IV are the same everywhere, since the
// session is drawn once.
//
// Pitfalls
// - One who does not read must not stop the others, nor fill the memory: what waits for each has a limit
//   (protocols/stream.c), and who has no room for one more line is put out, and told why. The others hear about it,
//   which may be too much for the next.
// - "alice: yes" could be a line of alice's or a line of mallory's that looks like one. So names have no ':', every
//   line gets its speaker's name in front, and announcements begin with "* ", which no name does.

#include "protocols/rsa_chat_parts.h"

#include "bignum/random.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char server_name[] = "server";

void rsa_chat_room_init(struct rsa_chat_room *room) {
    memset(room, 0, sizeof *room);
    rsa_chat_identity_init(&room->identity);
}

void rsa_chat_room_clear(struct rsa_chat_room *room) {
    rsa_chat_identity_clear(&room->identity);
    secure_wipe(room, sizeof *room);
}

bool rsa_chat_room_open(struct rsa_chat_room *room) {
    return (room->identity.public_pem_length > 0 || rsa_chat_identity_make(&room->identity)) &&
           random_bytes(room->session, sizeof room->session);
}

// --- names -----------------------------------------------------------------------------------------------------

// ASCII only, whatever the locale.
static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

bool rsa_chat_name_is_good(const char *name, size_t length) {
    if (length < 1 || length > RSA_CHAT_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_name_character(name[i])) {
            return false;
        }
    }
    return length != sizeof server_name - 1 || strncasecmp(name, server_name, length) != 0;
}

// Letter case does not make a difference: Alice and alice are easily taken for one another.
static bool is_taken(const struct rsa_chat_room *room, const char *name) {
    for (size_t i = 0; i < room->count; i++) {
        if (strcasecmp(room->members[i]->name, name) == 0) {
            return true;
        }
    }
    return false;
}

// alice, alice-2, alice-3, ...: one of them is free, since there are more of them than members.
static void make_unique(const struct rsa_chat_room *room, char name[static RSA_CHAT_NAME_MAX + 1]) {
    char wanted[RSA_CHAT_NAME_MAX + 1], suffix[8];
    memcpy(wanted, name, sizeof wanted);
    for (unsigned i = 2; is_taken(room, name); i++) {
        int length = snprintf(suffix, sizeof suffix, "-%u", i % 1000);
        (void)snprintf(name, RSA_CHAT_NAME_MAX + 1, "%.*s%s", RSA_CHAT_NAME_MAX - length, wanted, suffix);
    }
}

// --- passing on ------------------------------------------------------------------------------------------------

static bool is_member(const struct rsa_chat_room *room, const struct rsa_chat *chat) {
    for (size_t i = 0; i < room->count; i++) {
        if (room->members[i] == chat) {
            return true;
        }
    }
    return false;
}

static void send_to(struct rsa_chat *chat, const void *line, size_t length) {
    if (!rsa_chat_send_encrypted(chat, &rsa_chat_relayed, line, length)) {
        rsa_chat_fail_because(chat, RSA_CHAT_NO_RANDOM, "a line could not be passed on");
    }
}

// room->line to everybody but one (NULL: to everybody). Who has no room for it is put out; that is announced to the
// rest, and so comes back here.
static void pass_on(struct rsa_chat_room *room, const struct rsa_chat *but, size_t length) {
    struct rsa_chat *slow[RSA_CHAT_CLIENTS_MAX];
    size_t slow_count = 0;
    for (size_t i = 0; i < room->count; i++) {
        struct rsa_chat *member = room->members[i];
        if (member == but) {
            continue;
        }
        if (stream_has_room(&member->stream)) {
            send_to(member, room->line, length);
        } else {
            slow[slow_count++] = member;
        }
    }
    for (size_t i = 0; i < slow_count; i++) {
        rsa_chat_fail_because(slow[i], RSA_CHAT_TOO_SLOW, "%s: %s", slow[i]->name,
                              rsa_chat_words[RSA_CHAT_TOO_SLOW].here);
    }
}

__attribute__((format(printf, 3, 4))) static void
announce(struct rsa_chat_room *room, const struct rsa_chat *but, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf((char *)room->line, sizeof room->line, format, arguments);
    va_end(arguments);
    pass_on(room, but, (size_t)length);
}

static size_t write_line(struct rsa_chat_room *room, const char *name, const uint8_t *text, size_t length) {
    int before = snprintf((char *)room->line, sizeof room->line, "%s: ", name);
    if (length > 0) {
        memcpy(room->line + before, text, length);
    }
    return (size_t)before + length;
}

void rsa_chat_room_relay(struct rsa_chat *speaker, const uint8_t *text, size_t length) {
    struct rsa_chat_room *room = speaker->room;
    pass_on(room, speaker, write_line(room, speaker->name, text, length));
}

// --- coming and going ------------------------------------------------------------------------------------------

// "* you are alice-2, as alice is taken; here: bob, carol".
static void welcome(struct rsa_chat *chat, const char *wanted) {
    char line[sizeof chat->notice];
    const struct rsa_chat_room *room = chat->room;
    size_t at = (size_t)snprintf(line, sizeof line, "* you are %s", chat->name);
    if (strcmp(wanted, chat->name) != 0) {
        at += (size_t)snprintf(line + at, sizeof line - at, ", as %s is taken", wanted);
    }
    at += (size_t)snprintf(line + at, sizeof line - at, "; %s",
                           room->count > 1 ? "here: " : "nobody else is here");
    bool first = true;
    for (size_t i = 0; i < room->count; i++) {
        if (room->members[i] != chat) {
            at += (size_t)snprintf(line + at, sizeof line - at, "%s%s", first ? "" : ", ",
                                   room->members[i]->name);
            first = false;
        }
    }
    send_to(chat, line, at);
}

bool rsa_chat_room_enter(struct rsa_chat *chat) {
    struct rsa_chat_room *room = chat->room;
    if (room->count == RSA_CHAT_CLIENTS_MAX) {
        return false;
    }
    char wanted[RSA_CHAT_NAME_MAX + 1];
    memcpy(wanted, chat->name, sizeof wanted);
    make_unique(room, chat->name);
    room->members[room->count++] = chat;
    welcome(chat, wanted);
    announce(room, chat, "* %s has joined", chat->name);
    return true;
}

void rsa_chat_room_leave(struct rsa_chat *chat, const char *how) {
    struct rsa_chat_room *room = chat->room;
    if (room == NULL || !is_member(room, chat)) {
        return;
    }
    size_t i = 0;
    while (room->members[i] != chat) {
        i++;
    }
    room->count--;
    for (; i < room->count; i++) {
        room->members[i] = room->members[i + 1];
    }
    if (how != NULL) {
        announce(room, chat, "* %s %s", chat->name, how);
    }
}

// --- the server's own user -------------------------------------------------------------------------------------

bool rsa_chat_room_may_say(const struct rsa_chat_room *room) {
    for (size_t i = 0; i < room->count; i++) {
        if (!stream_has_room(&room->members[i]->stream)) {
            return false;
        }
    }
    return true;
}

enum rsa_chat_reason rsa_chat_room_say(struct rsa_chat_room *room, const void *text, size_t length) {
    if (length > RSA_CHAT_TEXT_MAX) {
        return RSA_CHAT_TEXT_TOO_LONG;
    }
    if (!rsa_chat_room_may_say(room)) {
        return RSA_CHAT_NO_ROOM;
    }
    pass_on(room, NULL, write_line(room, server_name, text, length));
    return RSA_CHAT_OK;
}
