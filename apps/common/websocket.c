#include "apps/common/websocket.h"

#include "apps/common/net.h"

#include "bignum/random.h"

#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

// One call of websocket_read takes no more than this, so that one busy peer does not keep the others waiting.
enum { READ_AT_ONCE = 65536 };

struct websocket {
    wslay_event_context_ptr wslay;
    int connection;
    struct recorded *recorded; // what crosses is noted there
    websocket_message *message;
    void *context;
    uint8_t *early;
    size_t early_at, early_length;
    bool paused;
    size_t readable; // by this call of websocket_read
    size_t written;  // by this call of websocket_write
};

static ssize_t receive(wslay_event_context_ptr wslay, uint8_t *buffer, size_t size, int flags, void *user) {
    struct websocket *websocket = user;
    size_t count = 0;
    bool end = false;
    (void)flags;
    if (websocket->paused || websocket->readable == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (websocket->early_at < websocket->early_length) {
        count = websocket->early_length - websocket->early_at;
        count = count < size ? count : size;
        memcpy(buffer, websocket->early + websocket->early_at, count);
        websocket->early_at += count;
        return (ssize_t)count;
    }
    bool whole = net_receive(websocket->connection, buffer, size, &count, &end);
    if (!whole || end) {
        wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    if (count == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    recorded_bytes(websocket->recorded, false, buffer, count);
    websocket->readable -= count < websocket->readable ? count : websocket->readable;
    return (ssize_t)count;
}

static ssize_t transmit(wslay_event_context_ptr wslay, const uint8_t *bytes, size_t length, int flags,
                        void *user) {
    struct websocket *websocket = user;
    size_t count;
    (void)flags;
    if (!net_send(websocket->connection, bytes, length, &count)) {
        wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    if (count == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    recorded_bytes(websocket->recorded, true, bytes, count);
    websocket->written += count;
    return (ssize_t)count;
}

// A client's masks must not be predictable (RFC 6455, 5.3).
static int make_mask(wslay_event_context_ptr wslay, uint8_t *buffer, size_t length, void *user) {
    (void)user;
    if (!random_bytes(buffer, length)) {
        wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    return 0;
}

static void take_message(wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *arg,
                         void *user) {
    struct websocket *websocket = user;
    (void)wslay;
    if (arg->opcode == WSLAY_TEXT_FRAME || arg->opcode == WSLAY_BINARY_FRAME) {
        websocket->message(websocket->context, arg->msg, arg->msg_length, arg->opcode == WSLAY_BINARY_FRAME);
    }
}

struct websocket *websocket_new(int connection, struct recorded *recorded, bool server, size_t message_max,
                                const uint8_t *early, size_t early_length, websocket_message *message,
                                void *context) {
    static const struct wslay_event_callbacks callbacks = {.recv_callback = receive,
                                                           .send_callback = transmit,
                                                           .genmask_callback = make_mask,
                                                           .on_msg_recv_callback = take_message};
    struct websocket *websocket = calloc(1, sizeof *websocket);
    if (websocket == NULL) {
        return NULL;
    }
    websocket->connection = connection;
    websocket->recorded = recorded;
    websocket->message = message;
    websocket->context = context;
    if (early_length > 0) {
        websocket->early = malloc(early_length);
        if (websocket->early == NULL) {
            free(websocket);
            return NULL;
        }
        memcpy(websocket->early, early, early_length);
        websocket->early_length = early_length;
    }
    if ((server ? wslay_event_context_server_init(&websocket->wslay, &callbacks, websocket)
                : wslay_event_context_client_init(&websocket->wslay, &callbacks, websocket)) != 0) {
        free(websocket->early);
        free(websocket);
        return NULL;
    }
    wslay_event_config_set_max_recv_msg_length(websocket->wslay, message_max);
    return websocket;
}

void websocket_free(struct websocket *websocket) {
    if (websocket != NULL) {
        wslay_event_context_free(websocket->wslay);
        free(websocket->early);
        free(websocket);
    }
}

bool websocket_read(struct websocket *websocket) {
    websocket->readable = READ_AT_ONCE;
    bool good = wslay_event_recv(websocket->wslay) == 0;
    if (websocket->early != NULL && websocket->early_at == websocket->early_length) {
        free(websocket->early);
        websocket->early = NULL;
    }
    return good && wslay_event_want_read(websocket->wslay);
}

void websocket_pause(struct websocket *websocket, bool paused) {
    websocket->paused = paused;
}

bool websocket_has_early(const struct websocket *websocket) {
    return websocket->early != NULL && !websocket->paused;
}

bool websocket_wants_read(const struct websocket *websocket) {
    return !websocket->paused && wslay_event_want_read(websocket->wslay);
}

bool websocket_queue(struct websocket *websocket, const uint8_t *bytes, size_t length, bool binary) {
    const struct wslay_event_msg message = {
        .opcode = binary ? WSLAY_BINARY_FRAME : WSLAY_TEXT_FRAME, .msg = bytes, .msg_length = length};
    return wslay_event_queue_msg(websocket->wslay, &message) == 0;
}

void websocket_finish(struct websocket *websocket, uint16_t code, const char *reason) {
    enum { REASON_MAX = 123 }; // a control frame has at most 125 bytes, and the code takes two
    size_t length = strlen(reason);
    // A second one is refused, and so is any message behind it.
    (void)wslay_event_queue_close(websocket->wslay, code, (const uint8_t *)reason,
                                  length < REASON_MAX ? length : REASON_MAX);
}

bool websocket_write(struct websocket *websocket, size_t *count) {
    websocket->written = 0;
    bool good = wslay_event_send(websocket->wslay) == 0;
    *count = websocket->written;
    return good;
}

bool websocket_wants_write(const struct websocket *websocket) {
    return wslay_event_want_write(websocket->wslay);
}

size_t websocket_queued(const struct websocket *websocket) {
    return wslay_event_get_queued_msg_count(websocket->wslay);
}
