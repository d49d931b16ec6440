// e2e-relay's messages, from the first byte on the connection to the last, and the reasons for which a client ends. Before:
// protocols/message.c, protocols/socket_io.c. After: protocols/e2e_client.c, the machine that sends and takes them.
//
// What is described here stands inside the frames of a WebSocket, each of them a text message:
//
//     4          2         ["DEFF_HELLMAN_PK",   "{\"deff_public_key\":\"123\",\"s1\":\"4\",\"s2\":\"5\"}"]
//     Engine.IO  Socket.IO  JSON: the event's     its argument: a string that holds JSON once more,
//     message    event      name                  so the quotes in it are escaped
//
// JSON has many ways to write one value (white space, \u0031 for 1). The tables have the shortest, which is also what
// JavaScript's JSON.stringify writes. Other ways are understood: e2e_client.c brings them into this form first.

#include "protocols/e2e_client_parts.h"

#include "protocols/base64.h"
#include "protocols/engine_io.h"
#include "protocols/websocket_handshake.h"

// clang-format off
#define LAYERS {"layers", FIELD_CONSTANT, "4: a message of Engine.IO; 2: an event of Socket.IO", .constant = "42"}
#define NUMBER(name, meaning) {name, FIELD_DECIMAL, meaning, .minimum = 1, .maximum = FIELD_DECIMAL_DIGITS_MAX}
#define JSON(text) {"JSON", FIELD_CONSTANT, "the next member of the JSON inside the string", .constant = (text)}
#define END(text) {"end", FIELD_CONSTANT, "of the JSON", .constant = (text)}

// --- the connection --------------------------------------------------------------------------------------------

const struct message_type e2e_upgrade = {
    .name = "upgrade",
    .meaning = "the client asks the web server for a WebSocket, on which both may speak at any time",
    .computed = "an HTTP request (RFC 6455, 4.1); the key is 16 random bytes in base64, no secret",
    .both_know = "that a WebSocket is wanted, for Engine.IO version 4",
    .eavesdropper_knows = "who talks to which relay: the addresses",
    .count = 5,
    .fields = {{"request", FIELD_CONSTANT, "what is wanted, and from where", .constant = "GET "},
               {"target", FIELD_TEXT, "Engine.IO's path, its version (EIO) and its transport", .minimum = 1, .maximum = 200},
               {"version", FIELD_CONSTANT, "of HTTP", .constant = " HTTP/1.1\r\n"},
               {"fields", FIELD_BYTES, "name and value, a line each; Sec-WebSocket-Key among them", .minimum = 1, .maximum = WEBSOCKET_HANDSHAKE_MAX},
               {"end", FIELD_CONSTANT, "an empty line: here the request ends", .constant = "\r\n\r\n"}},
};
const struct message_type e2e_switching = {
    .name = "switching protocols",
    .meaning = "the server agrees: from the next byte on, frames of a WebSocket cross",
    .computed = "Sec-WebSocket-Accept = base64(SHA-1(the key, and a text that RFC 6455 fixes)) (4.2.2; FIPS 180-4, 6.1)",
    .both_know = "that both mean WebSocket. SHA-1 keeps no secret here: it shows that the server has understood the request",
    .eavesdropper_knows = "the same",
    .count = 4,
    .fields = {{"status", FIELD_CONSTANT, "101: switching protocols", .constant = "HTTP/1.1 101 "},
               {"reason", FIELD_TEXT, "for people", .minimum = 0, .maximum = 100},
               {"line end", FIELD_CONSTANT, "CR LF", .constant = "\r\n"},
               {"fields", FIELD_BYTES, "name and value, a line each; Sec-WebSocket-Accept among them", .minimum = 1, .maximum = HTTP_HEAD_MAX}},
};
const struct message_type e2e_open = {
    .name = "open",
    .meaning = "a session of Engine.IO begins",
    .computed = "the session's name is random; the rest is the server's settings",
    .both_know = "the session's name, and how often the server will ask whether the client is still there (milliseconds)",
    .eavesdropper_knows = "the same. With the name (sid) it could take part in a session that polls",
    .count = 2,
    .fields = {{"type", FIELD_CONSTANT, "Engine.IO: open", .constant = "0"},
               {"parameters", FIELD_TEXT, "JSON: sid, upgrades, pingInterval, pingTimeout, maxPayload", .minimum = 2, .maximum = 1000}},
};
const struct message_type e2e_connect = {
    .name = "connect",
    .meaning = "the client wants to join",
    .computed = "nothing: the same text every time",
    .both_know = "that the client speaks Socket.IO",
    .eavesdropper_knows = "the same",
    .count = 1,
    .fields = {{"packet", FIELD_CONSTANT, "4: a message of Engine.IO; 0: connect, to the main namespace of Socket.IO", .constant = "40"}},
};
const struct message_type e2e_connect_with = {
    .name = "connect",
    .meaning = "the client wants to join, and says something about itself",
    .computed = "by whoever wrote the client; the relay does not look at it",
    .both_know = "that the client speaks Socket.IO",
    .eavesdropper_knows = "the same",
    .count = 2,
    .fields = {{"packet", FIELD_CONSTANT, "4: a message of Engine.IO; 0: connect, to the main namespace of Socket.IO", .constant = "40"},
               {"data", FIELD_TEXT, "JSON: what the client wants to be known by, if anything", .minimum = 2, .maximum = 1000}},
};
const struct message_type e2e_connected = {
    .name = "connected",
    .meaning = "the relay lets the client in: now it waits for a second one",
    .computed = "a random name for this end of the conversation",
    .both_know = "that the client is in. Nobody has shown who it is, and nobody will",
    .eavesdropper_knows = "the same",
    .count = 2,
    .fields = {{"packet", FIELD_CONSTANT, "4: a message of Engine.IO; 0: connected", .constant = "40"},
               {"data", FIELD_TEXT, "JSON: sid, the client's name at this relay", .minimum = 2, .maximum = 1000}},
};
const struct message_type e2e_ping = {
    .name = "ping",
    .meaning = "the relay asks whether the client is still there",
    .computed = "nothing",
    .both_know = "that the connection is alive",
    .eavesdropper_knows = "the same",
    .count = 1,
    .fields = {{"packet", FIELD_CONSTANT, "Engine.IO: ping", .constant = "2"}},
};
const struct message_type e2e_pong = {
    .name = "pong",
    .meaning = "the client is still there",
    .computed = "nothing",
    .both_know = "that the connection is alive",
    .eavesdropper_knows = "the same",
    .count = 1,
    .fields = {{"packet", FIELD_CONSTANT, "Engine.IO: pong", .constant = "3"}},
};
const struct message_type e2e_disconnect = {
    .name = "disconnect",
    .meaning = "the client leaves",
    .computed = "nothing: it is neither encrypted nor signed, so the relay could say it as well",
    .both_know = "that it is over",
    .eavesdropper_knows = "the same",
    .count = 1,
    .fields = {{"packet", FIELD_CONSTANT, "4: a message of Engine.IO; 1: disconnect", .constant = "41"}},
};

// --- the way from polling to WebSocket, which stock clients go ---------------------------------------------------

const struct message_type e2e_poll = {
    .name = "poll",
    .meaning = "the client asks for what the relay has for it. The relay may let it wait until there is something: long polling",
    .computed = "an HTTP request (RFC 9112, 3). The first one has no sid, and is answered with a new session",
    .both_know = "to which session it belongs: sid in the query",
    .eavesdropper_knows = "the same. With the sid it could poll in the client's place",
    .count = 5,
    .fields = {{"request", FIELD_CONSTANT, "what is wanted, and where Engine.IO is", .constant = "GET /socket.io/?"},
               {"query", FIELD_TEXT, "Engine.IO's version (EIO), its transport, the session (sid)", .minimum = 1, .maximum = 400},
               {"version", FIELD_CONSTANT, "of HTTP", .constant = " HTTP/1.1\r\n"},
               {"fields", FIELD_BYTES, "name and value, a line each", .minimum = 1, .maximum = HTTP_HEAD_MAX},
               {"end", FIELD_CONSTANT, "an empty line: here the head ends", .constant = "\r\n\r\n"}},
};
const struct message_type e2e_post = {
    .name = "post",
    .meaning = "the client has something for the relay: the packets that follow, as the body of this request",
    .computed = "an HTTP request (RFC 9112, 3); between two packets stands the byte 1e (hex)",
    .both_know = "to which session it belongs: sid in the query",
    .eavesdropper_knows = "the same. With the sid it could send in the client's place",
    .count = 5,
    .fields = {{"request", FIELD_CONSTANT, "what is wanted, and where Engine.IO is", .constant = "POST /socket.io/?"},
               {"query", FIELD_TEXT, "Engine.IO's version (EIO), its transport, the session (sid)", .minimum = 1, .maximum = 400},
               {"version", FIELD_CONSTANT, "of HTTP", .constant = " HTTP/1.1\r\n"},
               {"fields", FIELD_BYTES, "name and value, a line each; Content-Length among them", .minimum = 1, .maximum = HTTP_HEAD_MAX},
               {"end", FIELD_CONSTANT, "an empty line: here the head ends, and the packets begin", .constant = "\r\n\r\n"}},
};
const struct message_type e2e_answer = {
    .name = "answer",
    .meaning = "the relay answers a poll or a post: with packets, or with ok, which follow as the body",
    .computed = "an HTTP response (RFC 9112, 4); between two packets stands the byte 1e (hex)",
    .both_know = "that the request has been understood, or not: the status",
    .eavesdropper_knows = "the same",
    .count = 5,
    .fields = {{"version", FIELD_CONSTANT, "of HTTP", .constant = "HTTP/1.1 "},
               {"status", FIELD_TEXT, "200: it follows; 400: something is wrong", .minimum = 3, .maximum = 100},
               {"line end", FIELD_CONSTANT, "CR LF", .constant = "\r\n"},
               {"fields", FIELD_BYTES, "name and value, a line each; Content-Length among them", .minimum = 1, .maximum = HTTP_HEAD_MAX},
               {"end", FIELD_CONSTANT, "an empty line: here the head ends", .constant = "\r\n\r\n"}},
};
#define ONE_PACKET(title, says, knows, what, text) { \
    .name = (title), \
    .meaning = (says), \
    .computed = "nothing: the same text every time", \
    .both_know = (knows), \
    .eavesdropper_knows = "the same", \
    .count = 1, \
    .fields = {{"packet", FIELD_CONSTANT, what, .constant = (text)}}, \
}
const struct message_type e2e_taken = ONE_PACKET("taken", "the relay has taken the packets of a post",
    "that they have arrived", "the body of the answer: not a packet", "ok");
const struct message_type e2e_probe = ONE_PACKET("probe", "the client tries whether its new WebSocket works, while it goes on polling",
    "that the client wants to move", "Engine.IO: ping, with a word to be sent back", "2probe");
const struct message_type e2e_probed = ONE_PACKET("probe answered", "the WebSocket works",
    "that packets get through, both ways", "Engine.IO: pong, with the same word", "3probe");
const struct message_type e2e_moved = ONE_PACKET("move", "the client has moved: it does not poll any more",
    "that all that follows crosses on the WebSocket", "Engine.IO: upgrade", "5");
const struct message_type e2e_nothing = ONE_PACKET("nothing", "the relay has nothing to say, and ends a poll that waits",
    "that the session goes on, here or on the WebSocket", "Engine.IO: noop", "6");
const struct message_type e2e_close = ONE_PACKET("close", "the session of Engine.IO ends",
    "that it is over", "Engine.IO: close", "1");
const struct message_type e2e_fault = {
    .name = "error",
    .meaning = "the relay refuses a request, in the words of Engine.IO",
    .computed = "from what is wrong: each fault has a number",
    .both_know = "that the request had no effect, and why",
    .eavesdropper_knows = "the same",
    .count = 3,
    .fields = {{"JSON", FIELD_CONSTANT, "the body of the answer: not a packet", .constant = "{\"code\":"},
               {"reason", FIELD_TEXT, "the number, and the words for people", .minimum = 1, .maximum = 200},
               {"end", FIELD_CONSTANT, "of the JSON", .constant = "}"}},
};

// --- the README's events ---------------------------------------------------------------------------------------

const struct message_type e2e_key_exchange = {
    .name = "KEY_EXCHANGE",
    .meaning = "two clients are there: they may exchange keys",
    .computed = "nothing: the relay says it to both at the second connect",
    .both_know = "that there is a partner; not who it is",
    .eavesdropper_knows = "the same",
    .count = 2,
    .fields = {LAYERS, {"event", FIELD_CONSTANT, "its name, without arguments", .constant = "[\"KEY_EXCHANGE\"]"}},
};
const struct message_type e2e_partner_left = {
    .name = "PARTNER_LEFT",
    .meaning = "the partner has left, says the relay",
    .computed = "nothing. The README has no such event; a client that does not know it goes on as before",
    .both_know = "that the conversation is over",
    .eavesdropper_knows = "the same",
    .count = 2,
    .fields = {LAYERS, {"event", FIELD_CONSTANT, "its name, without arguments", .constant = "[\"PARTNER_LEFT\"]"}},
};

#define ELGAMAL_FIELDS(event_name) \
    .count = 4, \
    .fields = {LAYERS, \
               {"event", FIELD_CONSTANT, "its name; a string begins", .constant = "[\"" event_name "\",\""}, \
               NUMBER("y", "the public ElGamal key: whoever has it can verify"), \
               END("\"]")}
#define ELGAMAL_PK_WORDS \
    .name = "ELGAMAL_PK", \
    .meaning = "the key with which the partner is to verify this end's signature", \
    .computed = "y = g^x mod p, x random and secret (Handbook of Applied Cryptography, 8.17)", \
    .both_know = "y, this end and the relay. Only this end knows x", \
    .eavesdropper_knows = "y, but not x: that is the discrete logarithm problem, hard in a large group only"
const struct message_type e2e_elgamal_pk = {ELGAMAL_PK_WORDS, ELGAMAL_FIELDS("ELGAMAL_PK")};
#define ELGAMAL_PK_BC_WORDS \
    .name = "ELGAMAL_PK_BC", \
    .meaning = "the partner's key, passed on by the relay", \
    .computed = "by the relay: another name for the event, the rest unchanged, if it is honest", \
    .both_know = "a key y to verify with. Nothing shows whose it is: a relay could have put its own here", \
    .eavesdropper_knows = "y"
const struct message_type e2e_elgamal_pk_bc = {ELGAMAL_PK_BC_WORDS, ELGAMAL_FIELDS("ELGAMAL_PK_BC")};

#define DH_FIELDS(event_name) \
    .count = 8, \
    .fields = {LAYERS, \
               {"event", FIELD_CONSTANT, "its name; a string begins, in which JSON begins", .constant = "[\"" event_name "\",\"{\\\"deff_public_key\\\":\\\""}, \
               NUMBER("deff_public_key", "the public Diffie-Hellman value: half of a shared secret"), \
               JSON("\\\",\\\"s1\\\":\\\""), \
               NUMBER("s1", "the signature's first number, g^k mod p for a fresh secret k"), \
               JSON("\\\",\\\"s2\\\":\\\""), \
               NUMBER("s2", "its second: (h - x s1) / k mod p-1"), \
               END("\\\"}\"]")}
#define DEFF_HELLMAN_PK_WORDS \
    .name = "DEFF_HELLMAN_PK", \
    .meaning = "this end's half of the shared secret, signed", \
    .computed = "Y = g^a mod p, a random and secret (SP 800-56A r3, 5.6.1.1); h = SHA-1(Y in decimal) (FIPS 180-4, 6.1); " \
                "(s1, s2) = ElGamal signature of h (Handbook of Applied Cryptography, 11.64)", \
    .both_know = "Y, this end and the relay. Only this end knows a", \
    .eavesdropper_knows = "Y, but not a. It can verify the signature as well as anybody"
const struct message_type e2e_deff_hellman_pk = {DEFF_HELLMAN_PK_WORDS, DH_FIELDS("DEFF_HELLMAN_PK")};
#define DEFF_HELLMAN_PK_BC_WORDS \
    .name = "DEFF_HELLMAN_PK_BC", \
    .meaning = "the partner's half of the shared secret, signed; passed on by the relay", \
    .computed = "by the relay: another name for the event. It cannot change the value without breaking the signature, unless it " \
                "has changed the key as well", \
    .both_know = "Z = g^(ab) mod p, once both halves have crossed, and the AES key SHA-256(Z in decimal) (FIPS 180-4, 6.2)", \
    .eavesdropper_knows = "both halves, and not Z. The relay neither, if the keys it passed on are the true ones"
const struct message_type e2e_deff_hellman_pk_bc = {DEFF_HELLMAN_PK_BC_WORDS, DH_FIELDS("DEFF_HELLMAN_PK_BC")};

#define MESSAGE_FIELDS(event_name) \
    .count = 6, \
    .fields = {LAYERS, \
               {"event", FIELD_CONSTANT, "its name; a string begins, in which JSON begins", .constant = "[\"" event_name "\",\"{\\\"message\\\":\\\""}, \
               {"message", FIELD_BASE64, "the ciphertext, exactly as long as the text", .minimum = 0, .maximum = E2E_TEXT_MAX}, \
               JSON("\\\",\\\"iv\\\":\\\""), \
               {"iv", FIELD_BASE64, "random, new for each message; not secret", .minimum = AES_BLOCK_SIZE, .maximum = AES_BLOCK_SIZE}, \
               END("\\\"}\"]")}
#define MESSAGE_WORDS \
    .name = "message", \
    .meaning = "a line of the conversation, encrypted end to end", \
    .computed = "AES-256 in CFB mode with segments of 128 bits (FIPS 197; SP 800-38A, 6.3), base64 (RFC 4648, 4)", \
    .both_know = "the text, both clients. The relay knows no more than a listener", \
    .eavesdropper_knows = "the length, to the byte, the time, and the direction. Whoever changes a bit of the ciphertext changes that " \
                          "bit of the text, and nothing notices"
const struct message_type e2e_message = {MESSAGE_WORDS, MESSAGE_FIELDS("message")};
#define RECEIVED_MESSAGE_WORDS \
    .name = "received_message", \
    .meaning = "a line from the partner, passed on by the relay", \
    .computed = "by the relay: another name for the event, the rest unchanged, if it is honest", \
    .both_know = "the text, both clients. Whether it is new, whole and in its place, nothing shows", \
    .eavesdropper_knows = "the length, to the byte, the time, and the direction"
const struct message_type e2e_received_message = {RECEIVED_MESSAGE_WORDS, MESSAGE_FIELDS("received_message")};

// The same events as other programs write them: with spaces in the JSON, as Python's json.dumps puts them, or with the number of
// an acknowledgement. A client brings them into the form above first (e2e_client.c); who only watches shows what crossed.
#define ANY_FORM(event_name) \
    .count = 4, \
    .fields = {LAYERS, \
               {"id", FIELD_TEXT, "the number of the acknowledgement that is wanted, if one is", .minimum = 0, .maximum = 20}, \
               {"event", FIELD_CONSTANT, "its name", .constant = "[\"" event_name "\","}, \
               {"argument", FIELD_BYTES, "JSON, in any of its forms", .minimum = 1, .maximum = SIZE_MAX}}
const struct message_type e2e_other_forms[E2E_OTHER_FORMS] = {
    {ELGAMAL_PK_WORDS, ANY_FORM("ELGAMAL_PK")},
    {ELGAMAL_PK_BC_WORDS, ANY_FORM("ELGAMAL_PK_BC")},
    {DEFF_HELLMAN_PK_WORDS, ANY_FORM("DEFF_HELLMAN_PK")},
    {DEFF_HELLMAN_PK_BC_WORDS, ANY_FORM("DEFF_HELLMAN_PK_BC")},
    {MESSAGE_WORDS, ANY_FORM("message")},
    {RECEIVED_MESSAGE_WORDS, ANY_FORM("received_message")},
};

const struct message_type e2e_packet = {
    .name = "packet",
    .meaning = "a packet of Engine.IO that has no table: an acknowledgement, or an event of another kind",
    .computed = "not known",
    .both_know = "what it says",
    .eavesdropper_knows = "the same",
    .count = 2,
    .fields = {{"type", FIELD_BYTES, "0 open, 1 close, 2 ping, 3 pong, 4 message, 5 upgrade, 6 nothing; over polling also b, binary data in base64", .minimum = 1, .maximum = 1},
               {"data", FIELD_BYTES, "Socket.IO and JSON, in a message", .minimum = 0, .maximum = SIZE_MAX}},
};

const struct message_type e2e_attachment = {
    .name = "attachment",
    .meaning = "binary data that belong to the event before: there a placeholder stands for them",
    .computed = "as they are, in a binary message of the WebSocket",
    .both_know = "the bytes",
    .eavesdropper_knows = "the same",
    .count = 1,
    .fields = {{"data", FIELD_BYTES, "as they are", .minimum = 0, .maximum = SIZE_MAX}},
};

const struct message_type *const e2e_messages[] = {
    &e2e_upgrade, &e2e_switching, &e2e_open, &e2e_connect, &e2e_connected, &e2e_key_exchange,
    &e2e_elgamal_pk, &e2e_elgamal_pk_bc, &e2e_deff_hellman_pk, &e2e_deff_hellman_pk_bc, &e2e_message, &e2e_received_message,
    &e2e_partner_left, &e2e_ping, &e2e_pong, &e2e_disconnect, &e2e_taken, &e2e_probe, &e2e_probed, &e2e_moved, &e2e_nothing,
    &e2e_close, &e2e_fault, NULL,
};

const struct e2e_form e2e_forms[E2E_FORMS] = {
    [E2E_FORM_KEY_EXCHANGE] = {"KEY_EXCHANGE", &e2e_key_exchange, false, {0}},
    [E2E_FORM_ELGAMAL] = {"ELGAMAL_PK_BC", &e2e_elgamal_pk_bc, true, {0}},
    [E2E_FORM_DH] = {"DEFF_HELLMAN_PK_BC", &e2e_deff_hellman_pk_bc, true, {"deff_public_key", "s1", "s2"}},
    [E2E_FORM_MESSAGE] = {"received_message", &e2e_received_message, true, {"message", "iv", NULL}},
    [E2E_FORM_PARTNER_LEFT] = {"PARTNER_LEFT", &e2e_partner_left, false, {0}},
};
// clang-format on

bool e2e_recognise(struct message *message, const uint8_t *packet, size_t length) {
    for (size_t i = 0; e2e_messages[i] != NULL; i++) {
        if (message_parse(message, e2e_messages[i], packet, length, NULL) == MESSAGE_OK) {
            return true;
        }
    }
    return false;
}

const char *e2e_reason_text(enum e2e_reason reason) {
    switch (reason) {
    case E2E_OK:
        return "no error";
    case E2E_MALFORMED:
        return "not a message of this protocol";
    case E2E_BAD_ELGAMAL_KEY:
        return "the ElGamal key y fails 1 < y < p-1 and y^q = 1 mod p; is --group the same at both ends?";
    case E2E_BAD_DH_VALUE:
        return "the Diffie-Hellman value y fails 1 < y < p-1 and y^q = 1 mod p (SP 800-56A r3, 5.6.2.3.1)";
    case E2E_OWN_KEY:
        return "this end's own key came back; does the relay echo, or do both ends read the same key file?";
    case E2E_NO_KEY_YET:
        return "it came before ELGAMAL_PK_BC, the key that would verify it";
    case E2E_BAD_SIGNATURE:
        return "the signature is wrong: the message is rejected. Somebody changed it, or --group differs";
    case E2E_BAD_SECRET:
        return "the shared secret is 1, which everybody could guess (SP 800-56A r3, 5.7.1.1)";
    case E2E_KEY_CHANGED:
        return "another key than before, without a new KEY_EXCHANGE";
    case E2E_NOT_STARTED:
        return "a key before KEY_EXCHANGE";
    case E2E_NOT_A_RELAY:
        return "the other side is no Socket.IO server";
    case E2E_REFUSED_BY_RELAY:
        return "the relay refused";
    case E2E_RELAY_CLOSED:
        return "the relay closed the connection";
    case E2E_SILENT:
        return "no answer within the time allowed (--timeout)";
    case E2E_NO_RANDOM:
        return "the system's random generator failed";
    case E2E_NO_MEMORY:
        return "no memory";
    case E2E_TEXT_TOO_LONG:
        return "the text is too long for one message";
    case E2E_NOT_NOW:
        return "nobody is there to hear it";
    case E2E_NO_ROOM:
        return "earlier messages still wait to be sent";
    }
    return "unknown reason";
}
