// The page. Everything that comes from outside goes through escape(): nothing that a peer sends can become markup.

#include "apps/common/transcript_html.h"

#include "apps/common/hex.h"
#include "apps/common/transcript_style.h"

#include "protocols/explain.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_PER_ROW = 8, ROWS_SHOWN = 6, ROWS_WORTH_FOLDING = 10 };
enum { DIGITS_SHOWN = 64, DIGITS_WORTH_FOLDING = 110, DIGITS_IN_SUMMARY = 30 };
enum { GLANCE_UNFOLDED = 24 };

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}
static bool is_kind(const json_t *entry, const char *kind) {
    return strcmp(text_of(entry, "kind"), kind) == 0;
}

static void escape_part(FILE *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        case '\'':
            (void)fputs("&#39;", out);
            break;
        default:
            (void)fputc(text[i], out);
        }
    }
}
static void escape(FILE *out, const char *text) {
    escape_part(out, text, strlen(text));
}

// <tag class="class">text</tag>
static void element(FILE *out, const char *tag, const char *class, const char *text) {
    (void)fprintf(out, "<%s class=\"%s\">", tag, class);
    escape(out, text);
    (void)fprintf(out, "</%s>", tag);
}

// Prose in which `backquotes` set off code.
static void prose(FILE *out, const char *text) {
    for (bool code = false;; code = !code) {
        size_t length = strcspn(text, "`");
        escape_part(out, text, length);
        text += length;
        if (*text == '\0') {
            (void)fputs(code ? "</code>" : "", out);
            return;
        }
        (void)fputs(code ? "</code>" : "<code>", out);
        text++;
    }
}

// --- values ----------------------------------------------------------------------------------------------------

static void byte_rows(FILE *out, size_t offset, const struct bytes *bytes, size_t from, size_t to) {
    (void)fputs("<div class=\"dump\">", out);
    for (size_t at = from; at < to; at += BYTES_PER_ROW) {
        size_t count = to - at < BYTES_PER_ROW ? to - at : BYTES_PER_ROW;
        char hex[3 * BYTES_PER_ROW + 1] = "", ascii[BYTES_PER_ROW + 1] = "";
        for (size_t i = 0; i < BYTES_PER_ROW; i++) {
            uint8_t byte = i < count ? bytes->data[at + i] : 0;
            (void)snprintf(hex + 3 * i, 4, i < count ? "%02x " : "   ", byte);
            ascii[i] = (char)(i >= count ? ' ' : byte >= 0x20 && byte < 0x7f ? byte : '.');
        }
        (void)fprintf(out, "<span class=\"row\"><span class=\"offset\">%zu</span><code>%s</code>",
                      offset + at, hex);
        element(out, "code", "ascii", ascii);
        (void)fputs("</span>", out);
    }
    (void)fputs("</div>", out);
}

// Bytes with their offsets, long ones folded.
static void dump(FILE *out, size_t offset, const char *hex) {
    struct bytes bytes = {0};
    char why[96];
    if (!bytes_from_hex(&bytes, hex, why) || bytes.length == 0) {
        (void)fputs("<p class=\"nothing\">no bytes</p>", out);
        bytes_clear(&bytes);
        return;
    }
    size_t shown = bytes.length;
    if (bytes.length > ROWS_WORTH_FOLDING * BYTES_PER_ROW) {
        shown = ROWS_SHOWN * BYTES_PER_ROW;
    }
    byte_rows(out, offset, &bytes, 0, shown);
    if (shown < bytes.length) {
        (void)fprintf(out, "<details><summary>%zu more bytes; %zu in all</summary>", bytes.length - shown,
                      bytes.length);
        byte_rows(out, offset, &bytes, shown, bytes.length);
        (void)fputs("</details>", out);
    }
    bytes_clear(&bytes);
}

static void number(FILE *out, const char *digits) {
    size_t length = strlen(digits);
    if (length <= DIGITS_WORTH_FOLDING) {
        element(out, "div", "number", digits);
        return;
    }
    (void)fprintf(out, "<details><summary><span class=\"number\">");
    escape_part(out, digits, DIGITS_IN_SUMMARY);
    (void)fputs("&hellip;", out);
    escape(out, digits + length - DIGITS_IN_SUMMARY / 3);
    (void)fprintf(out, "</span> %zu digits</summary>", length);
    element(out, "div", "number", digits);
    (void)fputs("</details>", out);
}

// --- a message -------------------------------------------------------------------------------------------------

static void field(FILE *out, const json_t *data) {
    json_int_t offset = json_integer_value(json_object_get(data, "offset"));
    json_int_t length = json_integer_value(json_object_get(data, "length"));
    (void)fputs("<div class=\"field\"><h4>", out);
    escape(out, text_of(data, "name"));
    (void)fputs(" <small>", out);
    escape(out, text_of(data, "kind"));
    (void)fprintf(out, ", %lld byte%s at offset %lld</small></h4><p>", (long long)length,
                  length == 1 ? "" : "s", (long long)offset);
    escape(out, text_of(data, "meaning"));
    (void)fputs("</p>", out);
    dump(out, (size_t)offset, text_of(data, "hex"));
    (void)fputs("</div>\n", out);
}

static void value(FILE *out, const json_t *data) {
    (void)fputs("<div class=\"field\"><h4>", out);
    escape(out, text_of(data, "name"));
    (void)fputs("</h4><p>", out);
    escape(out, text_of(data, "how"));
    (void)fputs("</p>", out);
    if (json_object_get(data, "integer") != NULL) {
        number(out, text_of(data, "integer"));
    } else if (json_object_get(data, "text") != NULL) {
        element(out, "div", "text", text_of(data, "text"));
    } else {
        dump(out, 0, text_of(data, "hex"));
    }
    (void)fputs("</div>\n", out);
}

static void values(FILE *out, const char *whose, const json_t *list) {
    if (json_array_size(list) == 0) {
        return;
    }
    (void)fprintf(out, "<section class=\"inside\"><h3>Inside %s", article_of(whose));
    escape(out, whose);
    (void)fputs(", not on the wire</h3>\n", out);
    for (size_t i = 0; i < json_array_size(list); i++) {
        value(out, json_array_get(list, i));
    }
    (void)fputs("</section>\n", out);
}

static void knowledge(FILE *out, const char *class, const char *title, const char *text) {
    (void)fprintf(out, "<div class=\"%s\"><h3>%s</h3><p>", class, title);
    escape(out, text);
    (void)fputs("</p></div>\n", out);
}

// Who sends decides on the side: clients from the left, the server from the right.
static const char *side(const json_t *data) {
    return strcmp(text_of(data, "from"), "server") == 0 || strcmp(text_of(data, "from"), "relay") == 0
               ? "from-server"
               : "from-client";
}

static void message(FILE *out, size_t index, const json_t *data) {
    const json_t *inside = json_object_get(data, "inside");
    const json_t *fields = json_object_get(data, "fields");
    const char *checked = text_of(data, "checked");
    (void)fprintf(out, "<article class=\"%s\" id=\"entry-%zu\"><header><span class=\"count\">%lld</span><h2>",
                  side(data), index, (long long)json_integer_value(json_object_get(data, "number")));
    escape(out, text_of(data, "name"));
    (void)fputs("</h2><p class=\"way\">", out);
    element(out, "span", "end", text_of(data, "from"));
    (void)fputs(" <span class=\"arrow\">&rarr;</span> ", out);
    element(out, "span", "end", text_of(data, "to"));
    (void)fputs("</p></header>\n<dl><dt>Meaning</dt><dd>", out);
    escape(out, text_of(data, "meaning"));
    (void)fputs("</dd><dt>Made by</dt><dd>", out);
    escape(out, text_of(data, "computed"));
    (void)fputs("</dd></dl>\n", out);
    values(out, text_of(data, "from"), json_object_get(inside, "sender"));
    (void)fputs("<section class=\"wire\"><h3>On the wire</h3>\n", out);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        field(out, json_array_get(fields, i));
    }
    (void)fputs("</section>\n", out);
    if (checked[0] != '\0') {
        (void)fprintf(out, "<dl class=\"checked\"><dt>Checked by %s", article_of(text_of(data, "to")));
        escape(out, text_of(data, "to"));
        (void)fputs("</dt><dd>", out);
        escape(out, checked);
        (void)fputs("</dd></dl>\n", out);
    }
    values(out, text_of(data, "to"), json_object_get(inside, "receiver"));
    (void)fputs("<div class=\"knowledge\">\n", out);
    knowledge(out, "both", "Both now know", text_of(data, "both_know"));
    knowledge(out, "listener", "A listener now knows", text_of(data, "eavesdropper_knows"));
    (void)fputs("</div></article>\n", out);
}

// --- the page --------------------------------------------------------------------------------------------------

static void screen(FILE *out, const json_t *data) {
    (void)fprintf(out, "<aside class=\"screen\"><h3>On %s", article_of(text_of(data, "whose")));
    escape(out, text_of(data, "whose"));
    (void)fputs("&#39;s screen</h3><pre>", out);
    escape(out, text_of(data, "before"));
    escape(out, text_of(data, "text"));
    (void)fputs("</pre></aside>\n", out);
}

static void remark(FILE *out, const json_t *data) {
    (void)fputs("<section class=\"remark\"><h3>", out);
    escape(out, text_of(data, "label"));
    (void)fputs("</h3><p>", out);
    prose(out, text_of(data, "text"));
    (void)fputs("</p></section>\n", out);
}

// The conversation at a glance: an arrow a message. A long one is folded.
static void overview(FILE *out, const json_t *entries) {
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        count += is_kind(json_array_get(entries, i), "message");
    }
    (void)fprintf(out, "<nav><details%s><summary>At a glance: %zu message%s</summary><ol>\n",
                  count <= GLANCE_UNFOLDED ? " open" : "", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        if (is_kind(entry, "message")) {
            (void)fprintf(out, "<li class=\"%s\"><a href=\"#entry-%zu\"><span class=\"end\">", side(entry),
                          i);
            escape(out, text_of(entry, "from"));
            (void)fputs("</span> <span class=\"name\">", out);
            escape(out, text_of(entry, "name"));
            (void)fputs("</span> <span class=\"end\">", out);
            escape(out, text_of(entry, "to"));
            (void)fputs("</span></a></li>\n", out);
        }
    }
    (void)fputs("</ol></details></nav>\n", out);
}

static void head(FILE *out, const json_t *entries) {
    const json_t *title = NULL;
    for (size_t i = 0; i < json_array_size(entries) && title == NULL; i++) {
        const json_t *entry = json_array_get(entries, i);
        title = is_kind(entry, "title") ? entry : NULL;
    }
    (void)fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
                out);
    escape(out, text_of(title, "protocol"));
    (void)fprintf(out, ": every byte explained</title>\n<style>\n%s</style></head>\n<body><main>\n<h1>",
                  transcript_style_sheet);
    escape(out, text_of(title, "protocol"));
    (void)fputs("</h1>\n<p class=\"lead\">", out);
    escape(out, text_of(title, "text"));
    (void)fputs("</p>\n", out);
}

void transcript_html(FILE *out, const json_t *entries) {
    bool glanced = false;
    head(out, entries);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        if (is_kind(entry, "message") && !glanced) {
            overview(out, entries);
            glanced = true;
        }
        if (is_kind(entry, "warning")) {
            element(out, "p", "warning", text_of(entry, "text"));
        } else if (is_kind(entry, "remark")) {
            remark(out, entry);
        } else if (is_kind(entry, "screen")) {
            screen(out, entry);
        } else if (is_kind(entry, "message")) {
            message(out, i, entry);
        }
    }
    (void)fputs("</main></body></html>\n", out);
}
