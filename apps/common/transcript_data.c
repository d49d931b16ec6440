#include "apps/common/transcript_data.h"

#include "apps/common/hex.h"

#include "bignum/encoding.h"
#include "protocols/frame.h"

#include <stdlib.h>

static json_t *hex_string(const uint8_t *bytes, size_t length) {
    char *text = malloc(2 * length + 1);
    if (text == NULL) {
        return NULL;
    }
    hex_encode(text, bytes, length);
    json_t *string = json_string(text);
    free(text);
    return string;
}

static json_t *decimal_string(mpz_srcptr integer) {
    size_t size = bn_text_size(integer);
    char *text = malloc(size);
    json_t *string = text != NULL && bn_to_decimal(text, size, integer) ? json_string(text) : NULL;
    free(text);
    return string;
}

// One member of a value: "hex", "integer" or "text".
static json_t *value_data(const struct explained_value *value) {
    const char *form = value->integer != NULL ? "integer" : value->text != NULL ? "text" : "hex";
    json_t *content = value->integer != NULL ? decimal_string(value->integer)
                      : value->text != NULL  ? json_string(value->text)
                                             : hex_string(value->bytes, value->length);
    return json_pack("{s:s, s:s, s:o}", "name", value->name, "how", value->how, form, content);
}

static json_t *values_data(const struct explanation *explanation) {
    json_t *values = json_array();
    for (size_t i = 0; i < explanation->count; i++) {
        if (json_array_append_new(values, value_data(&explanation->values[i])) != 0) {
            json_decref(values);
            return NULL;
        }
    }
    return values;
}

static json_t *field_data(size_t offset, const char *name, const char *kind, const char *meaning,
                          const uint8_t *bytes, size_t length) {
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "name", name, "kind", kind, "meaning", meaning,
                     "offset", (json_int_t)offset, "length", (json_int_t)length, "hex",
                     hex_string(bytes, length));
}

static json_t *fields_data(const struct explanation *explanation) {
    const struct message *message = explanation->message;
    json_t *fields = json_array();
    bool ok = fields != NULL;
    size_t start = 0;
    if (explanation->framed) {
        uint8_t header[FRAME_HEADER_SIZE];
        frame_write_header(header, message->length);
        start = sizeof header;
        ok = ok && json_array_append_new(fields, field_data(0, "length", "frame header",
                                                            "how many bytes follow in this frame", header,
                                                            sizeof header)) == 0;
    }
    for (size_t i = 0; i < message->type->count; i++) {
        const struct field *field = &message->type->fields[i];
        size_t offset, length;
        message_field_span(message, i, &offset, &length);
        ok = ok && json_array_append_new(fields,
                                         field_data(start + offset, field->name, field_kind_text(field->kind),
                                                    field->meaning, message->bytes + offset, length)) == 0;
    }
    if (!ok) {
        json_decref(fields);
        return NULL;
    }
    return fields;
}

json_t *transcript_data_sent(const struct explanation *sent) {
    const struct message_type *type = sent->message->type;
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:{s:o}}", "kind", "message",
                     "number", (int)sent->number, "from", sent->sender, "to", sent->receiver, "name",
                     type->name, "meaning", type->meaning, "computed", type->computed, "both_know",
                     type->both_know, "eavesdropper_knows", type->eavesdropper_knows, "fields",
                     fields_data(sent), "inside", sent->sent ? "sender" : "receiver", values_data(sent));
}

bool transcript_data_received(json_t *message, const struct explanation *received) {
    json_t *inside = json_object_get(message, "inside");
    return json_object_set_new(inside, "receiver", values_data(received)) == 0 &&
           (received->checked == NULL ||
            json_object_set_new(message, "checked", json_string(received->checked)) == 0);
}
