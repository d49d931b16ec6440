// cert-relay: README 001, "Secure Client-Server Communication with Key Exchange", as written: the server.
// Before: protocols/stream.c, ciphers/public/rsa_pss.c, protocols/x509_parse.c. After: protocols/cert_relay_hub.c,
// protocols/cert_relay_client.c, apps/cert-relay, docs/cert-relay.md.
//
// Every message is one frame (protocols/frame.c). Three connections, on three ports, one for each client:
//
//   client1                                      server                                    client2, client3
//     1  client1                  ---------->     the name must be this port's
//     2  AUTH_REQUEST||signature  ---------->     verifies it with client1_cert.pem
//                                 <----------  3  AUTH_SUCCESS                             1 to 3 likewise
//     4  REQ_KEY:client2          ---------->
//                                 <----------     public key of client2 (PEM)              4 likewise
//     5                           <----------     START_KEY_EXCHANGE  ------------------>  when all three are there
//     6  KEY_PART:client1->...    ---------->     passes it on        ------------------>
//     7  session key                              does not have it                         session key
//     8  IV, ciphertext, SHA-256  ---------->     passes it on        ------------------>
//
// What the README leaves open, and what is done here
// - A name belongs to one port, and to one connection: a second one is refused. Only who has authenticated counts, so that a
//   silent stranger cannot keep a client out.
// - When a client has left, the others hear CLIENT_LEFT:name. When it is back, START_KEY_EXCHANGE goes to all three again.
// - Nothing is asked of key parts and messages but their form; whose name a key part bears is not looked at.
// - A refusal is a frame "Refused: reason", in clear, but for a bad signature, where the README has AUTH_FAILED.
//
// Pitfalls
// - The signature is binary. Splitting at every "||" fails once in some hundred logins; only the first separates.
//
// What it does not protect against is the subject of docs/cert-relay.md: a recorded login works for ever, the server could
// hand out keys of its own, and key parts are not signed.

#include "protocols/cert_relay_parts.h"

#include "protocols/rsa_key_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// --- beginning and end -----------------------------------------------------------------------------------------

void cert_relay_server_start(struct cert_relay_server *server, struct cert_relay_hub *hub, size_t place,
                             struct explain_sink *explain) {
    memset(server, 0, sizeof *server);
    server->hub = hub;
    server->place = place;
    server->state = CERT_RELAY_AWAIT_ID;
    stream_init(&server->stream, "server", "client", explain);
}

void cert_relay_server_clear(struct cert_relay_server *server) {
    if (server->hub != NULL) {
        cert_relay_hub_leave(server);
    }
    stream_clear(&server->stream);
    secure_wipe(server, sizeof *server);
}

// --- failing ---------------------------------------------------------------------------------------------------

static const char *awaited_name(const struct cert_relay_server *server) {
    return server->state == CERT_RELAY_AWAIT_ID     ? cert_relay_name.name
           : server->state == CERT_RELAY_AWAIT_AUTH ? cert_relay_auth_request.name
                                                    : "REQ_KEY, KEY_PART or a message";
}

// The conversation is over, for this reason; the first one counts.
static void end_for(struct cert_relay_server *server, enum cert_relay_reason reason) {
    if (server->state != CERT_RELAY_SERVER_OVER) {
        server->state = CERT_RELAY_SERVER_OVER;
        server->reason = reason;
        cert_relay_hub_leave(server);
    }
}

void cert_relay_server_fail(struct cert_relay_server *server, enum cert_relay_reason reason) {
    stream_fail(&server->stream, cert_relay_words[reason].to_peer, "%s", cert_relay_words[reason].here);
    end_for(server, reason);
}

// The same, naming the message that has just arrived.
static void fail_at(struct cert_relay_server *server, enum cert_relay_reason reason, const char *name) {
    char place[STREAM_PLACE_SIZE];
    stream_fail(&server->stream, cert_relay_words[reason].to_peer, "%s: %s",
                stream_place(&server->stream, server->stream.number, name, place),
                cert_relay_words[reason].here);
    end_for(server, reason);
}

// The same, naming the message that has not come.
static void fail_waiting(struct cert_relay_server *server) {
    char place[STREAM_PLACE_SIZE];
    stream_fail(&server->stream, cert_relay_words[CERT_RELAY_SILENT].to_peer, "waiting for %s: %s",
                stream_place(&server->stream, server->stream.number + 1, awaited_name(server), place),
                cert_relay_words[CERT_RELAY_SILENT].here);
    end_for(server, CERT_RELAY_SILENT);
}

__attribute__((format(printf, 4, 5))) static void tell(struct cert_relay_server *server,
                                                       struct party_event *event, enum party_event_kind kind,
                                                       const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(server->notice, sizeof server->notice, format, arguments);
    va_end(arguments);
    *event = (struct party_event){
        .kind = kind, .text = (const uint8_t *)server->notice, .length = strlen(server->notice)};
}

// --- the login: messages 1 to 3 --------------------------------------------------------------------------------

static void take_name(struct cert_relay_server *server, const struct message *message) {
    size_t place;
    char id[STREAM_PLACE_SIZE];
    cert_relay_field_text(id, sizeof id, message, 0);
    enum cert_relay_reason reason = !cert_relay_find(&place, message->bytes, message->length)
                                        ? CERT_RELAY_UNKNOWN_CLIENT
                                    : place != server->place              ? CERT_RELAY_WRONG_PORT
                                    : server->hub->clients[place] != NULL ? CERT_RELAY_CONNECTED_ALREADY
                                                                          : CERT_RELAY_OK;
    if (reason != CERT_RELAY_OK) {
        stream_explain(&server->stream, message, NULL, NULL);
        stream_fail(&server->stream, cert_relay_words[reason].to_peer, "%s, on the port of %s: %s", id,
                    cert_relay_ids[server->place], cert_relay_words[reason].here);
        end_for(server, reason);
        return;
    }
    server->stream.there = cert_relay_ids[place];
    stream_explain(&server->stream, message, NULL,
                   "the name is this port's, and nobody of this name is there");
    server->state = CERT_RELAY_AWAIT_AUTH;
}

// AUTH_FAILED, and the details for the person here.
static void refuse_login(struct cert_relay_server *server, const struct message *message,
                         const struct narration *narration, const char *details) {
    char place[STREAM_PLACE_SIZE];
    (void)stream_place(&server->stream, server->stream.number, cert_relay_auth_request.name, place);
    if (message != NULL) {
        stream_explain(&server->stream, message, narration, NULL);
    }
    // Without room the closing connection says it.
    (void)!stream_send(&server->stream, &cert_relay_auth_failed, (const struct field_value[]){{0}}, NULL);
    stream_fail(&server->stream, NULL, "%s: %s", place, details);
    end_for(server, CERT_RELAY_BAD_SIGNATURE);
}

static void take_auth_request(struct cert_relay_server *server, const struct message *message,
                              struct party_event *event) {
    struct cert_relay_hub *hub = server->hub;
    const char *id = cert_relay_ids[server->place];
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct rsa_pss pss = cert_relay_pss(RSA_PSS_SALT_ANY);
    hash_digest(pss.hash, digest, cert_relay_signed_text, strlen(cert_relay_signed_text));
    struct narration narration = {0};
    tell_bytes(&narration, "digest", "SHA-256 of the text AUTH_REQUEST (FIPS 180-4, 6.2)", digest,
               sizeof digest);
    tell_integer(&narration, "n", "the modulus in the certificate of this name", hub->keys[server->place]->n);
    if (!rsa_pss_verify(hub->keys[server->place], message->bytes + message->fields[2].offset,
                        message->fields[2].length, &pss, digest)) {
        refuse_login(server, message, &narration, cert_relay_words[CERT_RELAY_BAD_SIGNATURE].here);
        return;
    }
    stream_explain(
        &server->stream, message, &narration,
        "the signature, with any salt length (RFC 8017, 8.1.2), under the key in the certificate of this "
        "name. Who signed that certificate, and until when it is valid, was not looked at");
    if (hub->clients[server->place] != NULL) {
        fail_at(server, CERT_RELAY_CONNECTED_ALREADY, cert_relay_auth_request.name);
        return;
    }
    if (!stream_send(&server->stream, &cert_relay_auth_success, (const struct field_value[]){{0}}, NULL)) {
        cert_relay_server_fail(server, CERT_RELAY_SLOW);
        return;
    }
    server->state = CERT_RELAY_SERVING;
    hub->clients[server->place] = server;
    size_t here = cert_relay_hub_count(hub);
    if (here < CERT_RELAY_CLIENTS) {
        tell(server, event, PARTY_ESTABLISHED, "%s has authenticated: %zu of %d are here.", id, here,
             CERT_RELAY_CLIENTS);
        return;
    }
    cert_relay_hub_start_exchange(hub);
    tell(server, event, PARTY_ESTABLISHED, "%s has authenticated. All are here: key exchange %u begins.", id,
         hub->exchanges);
}

// --- afterwards: messages 4 to 8 -------------------------------------------------------------------------------

static void take_req_key(struct cert_relay_server *server, const struct message *message) {
    size_t place;
    bool sent;
    if (cert_relay_find(&place, message->bytes + message->fields[1].offset, message->fields[1].length)) {
        char pem[RSA_KEY_FILE_MAX];
        size_t length;
        stream_explain(&server->stream, message, NULL, "there is a certificate of this name");
        struct narration narration = {0};
        tell_integer(&narration, "n", "the modulus in that certificate", server->hub->keys[place]->n);
        tell_integer(&narration, "e", "the public exponent", server->hub->keys[place]->e);
        sent = rsa_public_key_write_pem(pem, sizeof pem, &length, server->hub->keys[place], RSA_KEY_SPKI) ==
                   KEY_FILE_OK &&
               stream_send(&server->stream, &cert_relay_public_key,
                           &(const struct field_value){.bytes = (const uint8_t *)pem, .length = length},
                           &narration);
    } else {
        stream_explain(&server->stream, message, NULL, "there is no certificate of this name");
        sent =
            stream_send(&server->stream, &cert_relay_no_public_key, (const struct field_value[]){{0}}, NULL);
    }
    if (!sent) {
        cert_relay_server_fail(server, CERT_RELAY_SLOW);
    }
}

// --- receiving -------------------------------------------------------------------------------------------------

static void take_message(struct cert_relay_server *server, struct party_event *event) {
    const uint8_t *payload = server->stream.in.payload;
    size_t length = server->stream.in.length;
    struct message message;
    struct parse_error where;
    if (stream_take_refusal(&server->stream, awaited_name(server))) {
        end_for(server, CERT_RELAY_REFUSED_BY_PEER);
        return;
    }
    const struct message_type *type = server->state == CERT_RELAY_AWAIT_ID ? &cert_relay_name
                                      : server->state == CERT_RELAY_AWAIT_AUTH
                                          ? &cert_relay_auth_request
                                          : cert_relay_kind_to_server(payload, length);
    if (message_parse(&message, type, payload, length, &where) != MESSAGE_OK) {
        if (type == &cert_relay_auth_request) {
            refuse_login(server, NULL, NULL, where.reason);
        } else {
            stream_fail_malformed(&server->stream, cert_relay_words[CERT_RELAY_MALFORMED].to_peer, type->name,
                                  &where);
            end_for(server, CERT_RELAY_MALFORMED);
        }
    } else if (type == &cert_relay_name) {
        take_name(server, &message);
    } else if (type == &cert_relay_auth_request) {
        take_auth_request(server, &message, event);
    } else if (type == &cert_relay_req_key) {
        take_req_key(server, &message);
    } else {
        cert_relay_hub_forward(server, &message);
    }
}

static size_t party_receive(void *party, struct party_event *event, const uint8_t *bytes, size_t length) {
    struct cert_relay_server *server = party;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (server->state == CERT_RELAY_SERVER_OVER) {
        return length;
    }
    size_t used;
    switch (stream_receive(&server->stream, bytes, length, &used)) {
    case FRAME_INCOMPLETE:
        break;
    case FRAME_COMPLETE:
        take_message(server, event);
        if (server->state == CERT_RELAY_SERVING && event->kind == PARTY_NOTHING) {
            event->kind =
                PARTY_NOTICE; // without a text: something whole has arrived, and the app's patience starts anew
        }
        break;
    case FRAME_TOO_LARGE:
        stream_fail_too_large(&server->stream, awaited_name(server));
        end_for(server, CERT_RELAY_FRAME_TOO_LARGE);
        break;
    }
    if (server->reason != CERT_RELAY_OK) {
        event->kind = PARTY_FAILED;
    }
    return used;
}

// --- the shape of a party --------------------------------------------------------------------------------------

// The client is gone: after a login between two messages that is how it leaves.
static void take_closing(struct cert_relay_server *server, struct party_event *event) {
    if (server->state == CERT_RELAY_SERVING && !stream_is_partial(&server->stream)) {
        tell(server, event, PARTY_ENDED, "%s has left.", cert_relay_ids[server->place]);
        end_for(server, CERT_RELAY_OK);
    } else {
        stream_fail_closed(&server->stream, awaited_name(server), NULL);
        end_for(server, CERT_RELAY_DISCONNECTED);
    }
}

static void party_end(void *party, struct party_event *event, enum party_ending ending) {
    struct cert_relay_server *server = party;
    *event = (struct party_event){.kind = PARTY_NOTHING};
    if (server->state == CERT_RELAY_SERVER_OVER) {
        return;
    }
    switch (ending) {
    case PARTY_LEAVES:
        cert_relay_server_fail(server, CERT_RELAY_CLOSING);
        break;
    case PARTY_TIMED_OUT:
        fail_waiting(server);
        break;
    case PARTY_PEER_CLOSED:
        take_closing(server, event);
        break;
    case PARTY_BUSY:
        cert_relay_server_fail(server, CERT_RELAY_BUSY);
        break;
    }
    if (server->reason != CERT_RELAY_OK) {
        event->kind = PARTY_FAILED;
    }
}

static const char *party_say(void *party, const void *text, size_t length) {
    (void)party;
    (void)text;
    (void)length;
    return "the server only passes on what the clients say";
}
static const char *party_may_say(const void *party, size_t length) {
    (void)party;
    (void)length;
    return "the server only passes on what the clients say";
}
static size_t party_text_max(const void *party) {
    (void)party;
    return 0;
}

static bool party_impatient(const void *party) {
    const struct cert_relay_server *server = party;
    return server->state != CERT_RELAY_SERVER_OVER &&
           (server->state != CERT_RELAY_SERVING || stream_is_partial(&server->stream));
}
static bool party_over(const void *party) {
    return ((const struct cert_relay_server *)party)->state == CERT_RELAY_SERVER_OVER;
}

const struct party_type cert_relay_server_party = {
    .protocol = "cert-relay",
    .role = "server",
    .receive = party_receive,
    .end = party_end,
    .say = party_say,
    .may_say = party_may_say,
    .text_max = party_text_max,
    .output = stream_party_output,
    .sent = stream_party_sent,
    .impatient = party_impatient,
    .over = party_over,
    .failure = stream_party_failure,
};
