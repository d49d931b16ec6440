// password-kex's two ends in the shape that every protocol has (protocols/party.h). Before: protocols/password_kex_session.c.

#include "protocols/password_kex_parts.h"

static size_t party_receive(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    return password_kex_receive(party, event, bytes, length);
}

static void party_end(void *party, struct party_event *event, enum party_ending ending) {
    struct password_kex_session *session = party;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    switch (ending) {
    case PARTY_LEAVES:
        // A person with nothing to say says nothing, and still hears the other's message.
        if (session->role == PASSWORD_KEX_SERVER || password_kex_say(session, "", 0) != PASSWORD_KEX_OK) {
            password_kex_abandon(session, PASSWORD_KEX_GIVEN_UP);
        }
        break;
    case PARTY_TIMED_OUT:
        password_kex_abandon(session, PASSWORD_KEX_SILENT);
        break;
    case PARTY_PEER_CLOSED:
        password_kex_disconnected(session, event);
        break;
    case PARTY_BUSY:
        password_kex_abandon(session, PASSWORD_KEX_BUSY);
        break;
    }
    if (session->reason != PASSWORD_KEX_OK) {
        event->kind = PARTY_FAILED;
    }
}

static const char *party_say(void *party, const void *text, size_t length) {
    enum password_kex_reason reason = password_kex_say(party, text, length);
    return reason == PASSWORD_KEX_OK ? NULL : password_kex_reason_text(reason);
}

static const char *party_may_say(const void *party, size_t length) {
    const struct password_kex_session *session = party;
    enum password_kex_reason reason = length > PASSWORD_KEX_TEXT_MAX             ? PASSWORD_KEX_TEXT_TOO_LONG
                                      : session->state != PASSWORD_KEX_MAY_SPEAK ? PASSWORD_KEX_NOT_NOW
                                      : !stream_has_room(&session->stream)       ? PASSWORD_KEX_NO_ROOM
                                                                                 : PASSWORD_KEX_OK;
    return reason == PASSWORD_KEX_OK ? NULL : password_kex_reason_text(reason);
}

static size_t party_text_max(const void *party) {
    (void)party;
    return PASSWORD_KEX_TEXT_MAX;
}

// Everything is expected at once but what a person has to think of: the client's message.
static bool party_impatient(const void *party) {
    const struct password_kex_session *session = party;
    bool waits_for_a_person =
        session->state == PASSWORD_KEX_MAY_SPEAK ||
        (session->role == PASSWORD_KEX_SERVER && session->state == PASSWORD_KEX_AWAIT_MESSAGE);
    return session->state != PASSWORD_KEX_OVER &&
           (!waits_for_a_person || stream_is_partial(&session->stream));
}

static bool party_over(const void *party) {
    return ((const struct password_kex_session *)party)->state == PASSWORD_KEX_OVER;
}

#define PASSWORD_KEX_PARTY(name)                                                                             \
    {                                                                                                        \
        .protocol = "password-kex", .role = (name), .receive = party_receive, .end = party_end,              \
        .say = party_say, .may_say = party_may_say, .text_max = party_text_max,                              \
        .output = stream_party_output, .sent = stream_party_sent, .impatient = party_impatient,              \
        .over = party_over, .failure = stream_party_failure,                                                 \
    }
const struct party_type password_kex_client_party = PASSWORD_KEX_PARTY("client");
const struct party_type password_kex_server_party = PASSWORD_KEX_PARTY("server");
