// JSON, RFC 8259: the text format in which Socket.IO carries the arguments of events.
//
//     value   =  { "name" : value , ... }   |   [ value , ... ]   |   "text"   |   number   |   true false null
//     number  =  -  0|1-9 digits  . digits  e +|- digits         (only the first digits must be there)
//     "text"  =  any character but " \ and control characters, or  \" \\ \/ \b \f \n \r \t \uXXXX
//
// A relay has no use for the values: it looks at the name of an event and passes the rest on. So this file checks that a
// text is JSON and finds the parts of it, and makes nothing out of them. What goes out is what came in, byte for byte;
// a JSON library that reads and writes again would round long numbers and refuse some texts that are valid.
//
// The check is strict because of whom the text is passed on to: half a UTF-8 character in one client's event would make
// the other client's WebSocket fail (RFC 6455, 8.1), and one client could throw the other out.
//
// Tests: tests/test_json_text.c. Read next: socket_io.c.

#include "protocols/json_text.h"

#include <string.h>

// --- checking --------------------------------------------------------------------------------------------------

struct reader {
    const char *start, *at, *end;
    struct parse_error *where;
};

static bool refuse(const struct reader *reader, const char *reason) {
    parse_error_set(reader->where, (size_t)(reader->at - reader->start), "the JSON text", "%s", reason);
    return false;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int hex_value(char c) {
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static const char *after_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
        at++;
    }
    return at;
}

// The length of the UTF-8 character at the reader, 0 when there is none. RFC 3629, 4: the first byte says how many follow,
// and the second one's range excludes longer forms than needed, the surrogates D800 to DFFF, and what is above 10FFFF.
static size_t character_length(const struct reader *reader) {
    const unsigned char *byte = (const unsigned char *)reader->at;
    size_t left = (size_t)(reader->end - reader->at);
    if (byte[0] < 0x80) {
        return 1;
    }
    size_t length = byte[0] >= 0xc2 && byte[0] <= 0xdf   ? 2
                    : byte[0] >= 0xe0 && byte[0] <= 0xef ? 3
                    : byte[0] >= 0xf0 && byte[0] <= 0xf4 ? 4
                                                         : 0;
    if (length == 0 || left < length) {
        return 0;
    }
    unsigned char low = byte[0] == 0xe0 ? 0xa0 : byte[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = byte[0] == 0xed ? 0x9f : byte[0] == 0xf4 ? 0x8f : 0xbf;
    if (byte[1] < low || byte[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (byte[i] < 0x80 || byte[i] > 0xbf) {
            return 0;
        }
    }
    return length;
}

static bool check_escape(struct reader *reader) {
    if (reader->end - reader->at < 2) {
        reader->at = reader->end;
        return refuse(reader, "the text ends inside a string");
    }
    if (reader->at[1] != 'u') {
        if (reader->at[1] == '\0' || strchr("\"\\/bfnrt", reader->at[1]) == NULL) {
            return refuse(reader, "no such escape: after \\ comes one of \" \\ / b f n r t u");
        }
        reader->at += 2;
        return true;
    }
    for (size_t i = 2; i < 6; i++) {
        if ((size_t)(reader->end - reader->at) <= i || hex_value(reader->at[i]) < 0) {
            return refuse(reader, "\\u wants four hexadecimal digits");
        }
    }
    reader->at += 6;
    return true;
}

static bool check_string(struct reader *reader) {
    reader->at++;
    while (reader->at < reader->end) {
        if (*reader->at == '"') {
            reader->at++;
            return true;
        }
        if (*reader->at == '\\') {
            if (!check_escape(reader)) {
                return false;
            }
            continue;
        }
        if ((unsigned char)*reader->at < 0x20) {
            return refuse(reader, "a control character inside a string");
        }
        size_t length = character_length(reader);
        if (length == 0) {
            return refuse(reader, "not UTF-8");
        }
        reader->at += length;
    }
    return refuse(reader, "the text ends inside a string");
}

static bool check_digits(struct reader *reader) {
    if (reader->at == reader->end || !is_digit(*reader->at)) {
        return refuse(reader, "a digit must stand here");
    }
    while (reader->at < reader->end && is_digit(*reader->at)) {
        reader->at++;
    }
    return true;
}

static bool check_number(struct reader *reader) {
    reader->at += *reader->at == '-';
    bool zero = reader->at < reader->end && *reader->at == '0';
    if (zero) {
        reader->at++;
        if (reader->at < reader->end && is_digit(*reader->at)) {
            return refuse(reader, "a number does not begin with 0 and another digit");
        }
    } else if (!check_digits(reader)) {
        return false;
    }
    if (reader->at < reader->end && *reader->at == '.') {
        reader->at++;
        if (!check_digits(reader)) {
            return false;
        }
    }
    if (reader->at < reader->end && (*reader->at == 'e' || *reader->at == 'E')) {
        reader->at++;
        if (reader->at < reader->end && (*reader->at == '+' || *reader->at == '-')) {
            reader->at++;
        }
        return check_digits(reader);
    }
    return true;
}

static bool check_word(struct reader *reader) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(reader->end - reader->at) >= length && memcmp(reader->at, words[i], length) == 0) {
            reader->at += length;
            return true;
        }
    }
    return refuse(reader, "no JSON value begins like this");
}

static bool check_value(struct reader *reader, unsigned depth);

// An array or an object, from its opening bracket to its closing one.
static bool check_collection(struct reader *reader, unsigned depth) {
    bool object = *reader->at == '{';
    char closing = object ? '}' : ']';
    if (depth == JSON_DEPTH_MAX) {
        return refuse(reader, "nested too deeply");
    }
    reader->at = after_space(reader->at + 1, reader->end);
    if (reader->at < reader->end && *reader->at == closing) {
        reader->at++;
        return true;
    }
    for (;;) {
        if (object) {
            reader->at = after_space(reader->at, reader->end);
            if (reader->at == reader->end || *reader->at != '"') {
                return refuse(reader, "a member's name in quotes must stand here");
            }
            if (!check_string(reader)) {
                return false;
            }
            reader->at = after_space(reader->at, reader->end);
            if (reader->at == reader->end || *reader->at != ':') {
                return refuse(reader, "a colon must stand here");
            }
            reader->at++;
        }
        if (!check_value(reader, depth + 1)) {
            return false;
        }
        if (reader->at < reader->end && *reader->at == closing) {
            reader->at++;
            return true;
        }
        if (reader->at == reader->end || *reader->at != ',') {
            return refuse(reader, object ? "a comma or } must stand here" : "a comma or ] must stand here");
        }
        reader->at++;
    }
}

// A value and the white space around it.
static bool check_value(struct reader *reader, unsigned depth) {
    reader->at = after_space(reader->at, reader->end);
    if (reader->at == reader->end) {
        return refuse(reader, "the text ends where a value must stand");
    }
    char first = *reader->at;
    bool good = first == '{' || first == '['      ? check_collection(reader, depth)
                : first == '"'                    ? check_string(reader)
                : first == '-' || is_digit(first) ? check_number(reader)
                                                  : check_word(reader);
    reader->at = after_space(reader->at, reader->end);
    return good;
}

bool json_text_check(const char *text, size_t length, struct parse_error *where) {
    struct reader reader = {.start = text, .at = text, .end = text + length, .where = where};
    if (!check_value(&reader, 0)) {
        return false;
    }
    return reader.at == reader.end || refuse(&reader, "something follows the value");
}

// --- walking ---------------------------------------------------------------------------------------------------

// Just behind the value at `at`. The text has been checked: only strings and brackets need to be looked at.
static const char *after_value(const char *at, const char *end) {
    size_t depth = 0;
    bool inside = false;
    const char *begin = at;
    for (; at < end; at++) {
        if (inside) {
            if (*at == '\\') {
                at++;
            } else if (*at == '"') {
                inside = false;
            }
            continue;
        }
        if (depth == 0 && at > begin && strchr(",]} \t\r\n:", *at) != NULL) {
            return at;
        }
        inside = *at == '"';
        depth += *at == '[' || *at == '{';
        depth -= *at == ']' || *at == '}';
    }
    return end;
}

void json_text_enter(struct json_walk *walk, struct json_slice value) {
    const char *end = value.text + value.length;
    const char *at = after_space(value.text, end);
    bool collection = at < end && (*at == '[' || *at == '{');
    *walk =
        (struct json_walk){.at = collection ? at + 1 : end, .end = end, .object = collection && *at == '{'};
}

bool json_text_next(struct json_walk *walk, struct json_slice *name, struct json_slice *element) {
    *name = *element = (struct json_slice){.text = walk->end, .length = 0};
    const char *at = after_space(walk->at, walk->end);
    if (at < walk->end && *at == ',') {
        at = after_space(at + 1, walk->end);
    }
    if (at == walk->end || *at == ']' || *at == '}') {
        walk->at = walk->end;
        return false;
    }
    if (walk->object) {
        const char *after = after_value(at, walk->end);
        *name = (struct json_slice){at, (size_t)(after - at)};
        at = after_space(after, walk->end);
        at = after_space(at < walk->end ? at + 1 : at, walk->end); // the colon
    }
    const char *after = after_value(at, walk->end);
    *element = (struct json_slice){at, (size_t)(after - at)};
    walk->at = after;
    return true;
}

bool json_text_member(struct json_slice object, const char *name, struct json_slice *value) {
    struct json_walk walk;
    struct json_slice member, element;
    bool found = false;
    *value = (struct json_slice){object.text, 0};
    json_text_enter(&walk, object);
    while (walk.object && json_text_next(&walk, &member, &element)) {
        if (json_text_is(member, name)) {
            *value = element;
            found = true;
        }
    }
    return found;
}

// --- strings and numbers ---------------------------------------------------------------------------------------

static unsigned long four_digits(const char *at) {
    unsigned long value = 0;
    for (size_t i = 0; i < 4; i++) {
        value = value << 4 | (unsigned long)hex_value(at[i]);
    }
    return value;
}

// The code point of an escape at `at`, which is moved behind it. Above FFFF it takes two escapes, a surrogate pair
// (RFC 8259, 7); half of one is the value NO_CHARACTER.
enum { NO_CHARACTER = 0x110000 };
static unsigned long take_escape(const char **at, const char *end) {
    char kind = (*at)[1];
    if (kind != 'u') {
        static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
        const char *known = strchr(names, kind);
        *at += 2;
        return known != NULL ? (unsigned char)values[known - names] : (unsigned char)kind;
    }
    unsigned long value = four_digits(*at + 2);
    *at += 6;
    if (value < 0xd800 || value > 0xdfff) {
        return value;
    }
    if (value > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') {
        return NO_CHARACTER;
    }
    unsigned long low = four_digits(*at + 2);
    if (low < 0xdc00 || low > 0xdfff) {
        return NO_CHARACTER;
    }
    *at += 6;
    return 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
}

static size_t write_utf8(char out[static 4], unsigned long value) {
    if (value < 0x80) {
        out[0] = (char)value;
        return 1;
    }
    size_t length = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (value & 0x3f));
        value >>= 6;
    }
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(marks[length] | value);
    return length;
}

bool json_text_string(char *out, size_t size, size_t *length, struct json_slice value) {
    *length = 0;
    if (value.length < 2 || value.text[0] != '"') {
        return false;
    }
    const char *end = value.text + value.length - 1;
    for (const char *at = value.text + 1; at < end;) {
        char character[4] = {*at};
        size_t count = 1;
        if (*at == '\\') {
            unsigned long code = take_escape(&at, end);
            if (code == NO_CHARACTER) {
                return false;
            }
            count = write_utf8(character, code);
        } else {
            at++;
        }
        if (size - *length < count) {
            return false;
        }
        memcpy(out + *length, character, count);
        *length += count;
    }
    return true;
}

bool json_text_is(struct json_slice value, const char *text) {
    char decoded[64]; // longer than every name that is asked for
    size_t length;
    return json_text_string(decoded, sizeof decoded, &length, value) && length == strlen(text) &&
           memcmp(decoded, text, length) == 0;
}

bool json_text_number(struct json_slice value, unsigned long maximum, unsigned long *number) {
    *number = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (!is_digit(value.text[i])) {
            return false;
        }
        unsigned long digit = (unsigned long)(value.text[i] - '0');
        if (digit > maximum || *number > (maximum - digit) / 10) {
            return false;
        }
        *number = 10 * *number + digit;
    }
    return value.length > 0;
}

size_t json_text_write(char *out, size_t size, const char *text, size_t length) {
    static const char digits[] = "0123456789abcdef";
    if (size < JSON_STRING_SIZE(length)) {
        return 0;
    }
    size_t at = 0;
    out[at++] = '"';
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            out[at++] = '\\';
        } else if (c < 0x20) {
            const char escape[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
            memcpy(out + at, escape, sizeof escape);
            at += sizeof escape;
            continue;
        }
        out[at++] = (char)c;
    }
    out[at++] = '"';
    return at;
}
