#include "apps/common/transcript.h"

#include "apps/common/terminal.h"
#include "apps/common/wrap.h"

#include "bignum/encoding.h"
#include "protocols/frame.h"

#include <stdlib.h>
#include <string.h>

// The columns: a label or an offset in the margin, then the text.
enum { MARGIN = TRANSCRIPT_MARGIN, BYTES_PER_ROW = 16, BYTES_PER_NARROW_ROW = 8, WIDE = 84 };
// Longer values show this many bytes from the front and a row from the end.
enum { SHOWN_ROWS = 3 };
enum { DIGITS_IN_FRONT = 40, DIGITS_AT_THE_END = 10 };

static const char *colour(struct transcript_style style, const char *code) {
    return style.colour ? code : "";
}
#define BOLD  "\033[1m"
#define DIM   "\033[2m"
#define CYAN  "\033[36m"
#define PLAIN "\033[0m"

struct transcript_style transcript_style(void) {
    unsigned width = terminal_width(TRANSCRIPT_WIDTH);
    return (struct transcript_style){.width = width < TRANSCRIPT_WIDTH_MIN ? TRANSCRIPT_WIDTH_MIN : width,
                                     .colour = terminal_has_colour()};
}

void transcript_paragraph(FILE *out, struct transcript_style style, const char *label, const char *text) {
    (void)fprintf(out, "  %s%-*s%s", colour(style, CYAN), MARGIN - 2, label, colour(style, PLAIN));
    if (strlen(label) > MARGIN - 3) {
        (void)fprintf(out, "\n%*s", MARGIN, "");
    }
    wrap_print(out, style.width, MARGIN, MARGIN, text);
}

static void row(FILE *out, struct transcript_style style, unsigned per_row, size_t offset,
                const uint8_t *bytes, size_t count) {
    (void)fprintf(out, "  %6zu       ", offset);
    for (size_t i = 0; i < per_row; i++) {
        if (i < count) {
            (void)fprintf(out, "%02x ", bytes[i]);
        } else {
            (void)fputs("   ", out);
        }
    }
    (void)fprintf(out, " %s", colour(style, DIM));
    for (size_t i = 0; i < count; i++) {
        (void)fputc(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.', out);
    }
    (void)fprintf(out, "%s\n", colour(style, PLAIN));
}

// Bytes with their offsets; long ones folded.
static void bytes_folded(FILE *out, struct transcript_style style, size_t offset, const uint8_t *bytes,
                         size_t length) {
    unsigned per_row = style.width >= WIDE ? BYTES_PER_ROW : BYTES_PER_NARROW_ROW;
    size_t front = length;
    size_t back = length;
    if (length > (SHOWN_ROWS + 2) * (size_t)per_row) {
        front = SHOWN_ROWS * (size_t)per_row;
        back = length - per_row;
    }
    for (size_t i = 0; i < front; i += per_row) {
        row(out, style, per_row, offset + i, bytes + i, front - i < per_row ? front - i : per_row);
    }
    if (back < length) {
        (void)fprintf(out, "%*s... %zu bytes not shown; %zu in all\n", MARGIN, "", back - front, length);
        row(out, style, per_row, offset + back, bytes + back, length - back);
    }
}

// Digits, folded: "3231700607131100...7539894783 (617 digits)".
static void digits_folded(char *out, size_t size, const char *digits) {
    size_t length = strlen(digits);
    if (length <= DIGITS_IN_FRONT + DIGITS_AT_THE_END + 10) {
        (void)snprintf(out, size, "%s", digits);
    } else {
        (void)snprintf(out, size, "%.*s...%s (%zu digits)", DIGITS_IN_FRONT, digits,
                       digits + length - DIGITS_AT_THE_END, length);
    }
}

// The decimal text of a number of any size, folded.
static void integer_folded(char *out, size_t size, mpz_srcptr integer) {
    size_t needed = bn_text_size(integer);
    char *digits = malloc(needed);
    if (digits == NULL || !bn_to_decimal(digits, needed, integer)) {
        (void)snprintf(out, size, "(%zu bits)", mpz_sizeinbase(integer, 2));
    } else {
        digits_folded(out, size, digits);
        secure_wipe(digits, needed);
    }
    free(digits);
}

// Printable text in quotes. Line breaks, which HTTP has in its fixed texts, as in C.
static void quoted(char *out, size_t size, const uint8_t *text, size_t length) {
    size_t at = 0;
    out[at++] = '"';
    for (size_t i = 0; i < length && at < size - 4; i++) {
        if (text[i] == '\r' || text[i] == '\n') {
            out[at++] = '\\';
            out[at++] = text[i] == '\r' ? 'r' : 'n';
        } else {
            out[at++] = (char)text[i];
        }
    }
    out[at++] = '"';
    out[at] = '\0';
}

static void field(FILE *out, struct transcript_style style, const struct message *message, size_t i,
                  size_t start) {
    const struct field *description = &message->type->fields[i];
    size_t offset, length;
    message_field_span(message, i, &offset, &length);
    const uint8_t *bytes = message->bytes + offset;
    char value[160] = "";
    if (description->kind == FIELD_DECIMAL && length <= FIELD_DECIMAL_DIGITS_MAX) {
        char digits[FIELD_DECIMAL_DIGITS_MAX + 1];
        memcpy(digits, bytes, length);
        digits[length] = '\0';
        digits_folded(value, sizeof value, digits);
    } else if (description->kind == FIELD_CONSTANT || (description->kind == FIELD_TEXT && length < 100)) {
        quoted(value, sizeof value, bytes, length);
    }
    char text[512];
    (void)snprintf(text, sizeof text, "%s, %zu byte%s: %s%s%s", field_kind_text(description->kind), length,
                   length == 1 ? "" : "s", description->meaning, value[0] != '\0' ? ": " : "", value);
    transcript_paragraph(out, style, description->name, text);
    bytes_folded(out, style, start + offset, bytes, length);
}

static void value(FILE *out, struct transcript_style style, const struct explained_value *value) {
    char text[512];
    if (value->integer != NULL) {
        char digits[160];
        integer_folded(digits, sizeof digits, value->integer);
        (void)snprintf(text, sizeof text, "%s: %s", value->how, digits);
        transcript_paragraph(out, style, value->name, text);
        secure_wipe(digits, sizeof digits);
    } else if (value->text != NULL) {
        (void)snprintf(text, sizeof text, "%s: %s", value->how, value->text);
        transcript_paragraph(out, style, value->name, text);
    } else {
        (void)snprintf(text, sizeof text, "%s (%zu byte%s)", value->how, value->length,
                       value->length == 1 ? "" : "s");
        transcript_paragraph(out, style, value->name, text);
        bytes_folded(out, style, 0, value->bytes, value->length);
    }
    secure_wipe(text, sizeof text);
}

static void values(FILE *out, struct transcript_style style, const char *who,
                   const struct explanation *explanation) {
    if (explanation->count > 0) {
        (void)fprintf(out, "  %sinside %s%s, not on the wire%s\n", colour(style, BOLD), article_of(who), who,
                      colour(style, PLAIN));
    }
    for (size_t i = 0; i < explanation->count; i++) {
        value(out, style, &explanation->values[i]);
    }
}

static void heading(FILE *out, struct transcript_style style, const struct explanation *explanation) {
    char title[128];
    (void)snprintf(title, sizeof title, "%u  %s -> %s: %s ", explanation->number, explanation->sender,
                   explanation->receiver, explanation->message->type->name);
    (void)fprintf(out, "\n%s%s", colour(style, BOLD), title);
    for (size_t at = strlen(title); at < style.width; at++) {
        (void)fputc('-', out);
    }
    (void)fprintf(out, "%s\n", colour(style, PLAIN));
}

// What the wire shows: the frame's length, where there is a frame, and the fields.
static void wire(FILE *out, struct transcript_style style, const struct explanation *explanation) {
    const struct message *message = explanation->message;
    size_t start = 0;
    (void)fprintf(out, "  %son the wire%s\n", colour(style, BOLD), colour(style, PLAIN));
    if (explanation->framed) {
        uint8_t header[FRAME_HEADER_SIZE];
        char text[64];
        start = sizeof header;
        frame_write_header(header, message->length);
        (void)snprintf(text, sizeof text, "of the frame: %zu byte%s", message->length,
                       message->length == 1 ? " follows" : "s follow");
        transcript_paragraph(out, style, "length", text);
        bytes_folded(out, style, 0, header, sizeof header);
    }
    for (size_t i = 0; i < message->type->count; i++) {
        field(out, style, message, i, start);
    }
}

void transcript_print_knowledge(FILE *out, struct transcript_style style, const struct message_type *type) {
    transcript_paragraph(out, style, "both know", type->both_know);
    transcript_paragraph(out, style, "a listener", type->eavesdropper_knows);
}

void transcript_print_sent(FILE *out, struct transcript_style style, const struct explanation *sent) {
    heading(out, style, sent);
    transcript_paragraph(out, style, "meaning", sent->message->type->meaning);
    transcript_paragraph(out, style, "made by", sent->message->type->computed);
    values(out, style, sent->sender, sent);
    wire(out, style, sent);
}

void transcript_print_received(FILE *out, struct transcript_style style, const struct explanation *received) {
    if (received->checked != NULL) {
        char text[256];
        (void)snprintf(text, sizeof text, "by %s%s: %s", article_of(received->receiver), received->receiver,
                       received->checked);
        transcript_paragraph(out, style, "checked", text);
    }
    values(out, style, received->receiver, received);
    transcript_print_knowledge(out, style, received->message->type);
}

void transcript_print(FILE *out, struct transcript_style style, const struct explanation *explanation) {
    if (explanation->sent) {
        transcript_print_sent(out, style, explanation);
        transcript_print_knowledge(out, style, explanation->message->type);
        return;
    }
    heading(out, style, explanation);
    transcript_paragraph(out, style, "meaning", explanation->message->type->meaning);
    transcript_paragraph(out, style, "made by", explanation->message->type->computed);
    wire(out, style, explanation);
    transcript_print_received(out, style, explanation);
}
