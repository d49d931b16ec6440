// What every framed protocol needs between its messages and the bytes of a connection: frames in, frames out, the number
// of each message, what is told about it, and the refusal that ends a conversation. Embed one in the protocol's struct, first.
//
//     bytes from the peer --> stream_receive --> a whole payload: stream_payload, stream.number
//     a message table     --> stream_send    --> stream_output --> bytes to the peer
#ifndef PROTOCOLS_STREAM_H
#define PROTOCOLS_STREAM_H

#include "protocols/explain.h"
#include "protocols/frame.h"

// Room for four of the longest messages. The last piece of it is kept for a refusal.
enum {
    STREAM_REFUSAL_TEXT_MAX = 100,
    STREAM_REFUSAL_SIZE = FRAME_HEADER_SIZE + 9 + STREAM_REFUSAL_TEXT_MAX, // with "Refused: "
    STREAM_OUT_SIZE = 4 * (FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX) + STREAM_REFUSAL_SIZE,
    STREAM_FAILURE_SIZE = 320,
    STREAM_PLACE_SIZE = 96,
};

// Caller-allocated (about 320 KiB). The members are for reading.
struct stream {
    const char *here, *there;     // what the ends are called: "client", "server"
    struct explain_sink *explain; // NULL: nobody watches
    unsigned number;              // of messages so far, both directions
    bool failed;
    char failure[STREAM_FAILURE_SIZE]; // one line for people, once it has failed
    struct frame_reader in;
    size_t out_start, out_end;
    uint8_t out[STREAM_OUT_SIZE];
};

// Starts with nothing received and nothing to send. The names are not copied; `there` may be set later, when the peer
// has said who it is.
void stream_init(struct stream *stream, const char *here, const char *there, struct explain_sink *explain);
void stream_clear(struct stream *stream); // wipes

// --- in --------------------------------------------------------------------------------------------------------

// Takes bytes up to the end of one frame at most, and says how many. FRAME_COMPLETE: the payload is
// stream->in.payload[0..stream->in.length), and stream->number is its number.
MUST_CHECK enum frame_status stream_receive(struct stream *stream, const uint8_t *bytes, size_t length,
                                            size_t *used);

// Tells about the message that has just arrived. `narration` and `checked` may be NULL.
void stream_explain(const struct stream *stream, const struct message *message,
                    const struct narration *narration, const char *checked);

// True when a message has arrived in part.
bool stream_is_partial(const struct stream *stream);

// --- out -------------------------------------------------------------------------------------------------------

// Makes a message the next thing to be sent, and tells about it. False when there is no room, or when the values are
// none that the table allows.
MUST_CHECK bool stream_send(struct stream *stream, const struct message_type *type,
                            const struct field_value values[], const struct narration *narration);

// True when stream_send has room for a message of any length. A server that passes messages on asks before it takes more.
bool stream_has_room(const struct stream *stream);

// What waits to be sent, and how much of it has been.
const uint8_t *stream_output(const struct stream *stream, size_t *length);
void stream_sent(struct stream *stream, size_t length);

// --- refusals --------------------------------------------------------------------------------------------------

// "Refused: " and a reason for people, in clear, at any stage: the protocols have no word of their own for it.
extern const struct message_type stream_refused;

// Ends the conversation: `details` for the person at this end, `to_peer` for the peer, at most STREAM_REFUSAL_TEXT_MAX
// characters of printable ASCII (NULL: the peer is told nothing). The first failure counts; later ones change nothing.
void stream_fail(struct stream *stream, const char *to_peer, const char *details, ...)
    __attribute__((format(printf, 3, 4)));

// True when the payload that has just arrived is a refusal: the stream has then failed, and `awaited` is named as the
// message that this end was waiting for. For protocols with binary messages: ask only where the message awaited does
// not parse.
bool stream_take_refusal(struct stream *stream, const char *awaited);

// After FRAME_TOO_LARGE: fails with the announced length and its four bytes.
void stream_fail_too_large(struct stream *stream, const char *awaited);

// After message_parse has refused the payload that has just arrived.
void stream_fail_malformed(struct stream *stream, const char *to_peer, const char *awaited,
                           const struct parse_error *where);

// The peer closed the connection. Fails, and says where in the conversation. `farewell` is what the peer should have said
// first ("exit"); NULL as long as the handshake is not done.
void stream_fail_closed(struct stream *stream, const char *awaited, const char *farewell);

// "message 4 (Ys) from the server", for such lines. The number is that of the message just received; stream->number + 1
// is that of the awaited one.
const char *stream_place(const struct stream *stream, unsigned number, const char *name,
                         char text[static STREAM_PLACE_SIZE]);

// Members of a struct party_type (protocols/party.h) for every party that has its stream as its first member.
const uint8_t *stream_party_output(const void *party, size_t *length);
void stream_party_sent(void *party, size_t length);
const char *stream_party_failure(const void *party);

// The bytes of a whole refusal, for a connection that has no party: `out` gets a frame.
MUST_CHECK bool stream_write_refusal(uint8_t out[static STREAM_REFUSAL_SIZE], size_t *length,
                                     const char *to_peer);

#endif
