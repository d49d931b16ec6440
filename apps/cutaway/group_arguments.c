// Groups and keys for elgamal and dh.

#include "apps/cutaway/group_arguments.h"
#include "apps/common/files.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/numbers.h"
#include "bignum/encoding.h"
#include "bignum/trace.h"

#include <stdio.h>
#include <string.h>

enum { KEY_FILE_LIMIT = 32768, TOY_BITS = 1024, GROUP_SEEN = 1 << 4 };
static const char fresh_group[] = "toy-4digit"; // the one that is another at each call

void group_arguments_init(struct group_arguments *arguments) {
    *arguments = (struct group_arguments){0};
    mpz_inits(arguments->p, arguments->g, arguments->x, arguments->y, NULL);
}

void group_arguments_clear(struct group_arguments *arguments) {
    bn_wipe_clears(arguments->p, arguments->g, arguments->x, arguments->y, NULL);
}

bool group_arguments_need(bool given, const char *option) {
    if (!given) {
        complain("--%s is missing: a number, or --key FILE that has it", option);
    }
    return given;
}

// --- the key file ----------------------------------------------------------------------------------------------

static bool is_group_name(const char *name) {
    for (size_t i = 0; bn_group_names[i] != NULL; i++) {
        if (strcmp(bn_group_names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// False after a complaint when an earlier line had this name, of which `bit` keeps track.
static bool comes_first(struct group_arguments *arguments, size_t line, const char *name, unsigned bit) {
    if ((arguments->names_seen & bit) != 0) {
        complain("%s, line %zu: '%s' for the second time", arguments->file, line, name);
        return false;
    }
    arguments->names_seen |= bit;
    return true;
}

// One "name = value" line, already split. What an option gave stays.
static bool take_line(struct group_arguments *arguments, size_t line, const char *name, const char *value) {
    if (strcmp(name, "group") == 0) {
        if (!comes_first(arguments, line, name, GROUP_SEEN)) {
            return false;
        }
        if (!is_group_name(value)) {
            complain("%s, line %zu: unknown group '%.80s' ('cutaway list groups' has all)", arguments->file,
                     line, value);
            return false;
        }
        (void)snprintf(arguments->name_in_file, sizeof arguments->name_in_file, "%s", value);
        return true;
    }
    struct {
        const char *name;
        mpz_ptr number;
        bool *given;
    } rows[] = {{"p", arguments->p, &arguments->p_given},
                {"g", arguments->g, &arguments->g_given},
                {"x", arguments->x, &arguments->x_given},
                {"y", arguments->y, &arguments->y_given}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(name, rows[i].name) != 0) {
            continue;
        }
        if (!comes_first(arguments, line, name, 1U << i)) {
            return false;
        }
        bool group_row = i < 2; // --group stands above the p and g of the file
        if (*rows[i].given || (group_row && arguments->name != NULL)) {
            return true;
        }
        if (!bn_from_text(rows[i].number, value)) {
            complain("%s, line %zu: '%.80s' is no integer", arguments->file, line, value);
            return false;
        }
        *rows[i].given = true;
        return true;
    }
    complain("%s, line %zu: '%.40s' is not one of group, p, g, x, y", arguments->file, line, name);
    return false;
}

static bool take_text(struct group_arguments *arguments, char *text) {
    size_t line = 0;
    for (char *at = text, *next; at != NULL && *at != '\0'; at = next) {
        next = strchr(at, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        line++;
        size_t length = strlen(at);
        if (length > 0 && at[length - 1] == '\r') {
            at[--length] = '\0';
        }
        if (length == 0 || *at == '#') {
            continue;
        }
        char *equals = strstr(at, " = ");
        if (equals == NULL) {
            complain("%s, line %zu: not of the form NAME = NUMBER, as keygen writes it", arguments->file,
                     line);
            return false;
        }
        *equals = '\0';
        if (!take_line(arguments, line, at, equals + 3)) {
            return false;
        }
    }
    return true;
}

static bool read_key_file(struct group_arguments *arguments) {
    struct bytes text = {0};
    if (!input_read_all(&text, arguments->file, KEY_FILE_LIMIT)) {
        return false;
    }
    bool numbers_given = arguments->p_given || arguments->g_given;
    bool ok = strlen((const char *)text.data) == text.length;
    if (!ok) {
        complain("%s: is not a text of NAME = NUMBER lines: it has a zero byte", arguments->file);
    }
    ok = ok && take_text(arguments, (char *)text.data);
    bytes_clear(&text);
    if (ok && arguments->name == NULL && !numbers_given && arguments->name_in_file[0] != '\0') {
        arguments->name = arguments->name_in_file;
        arguments->p_given = arguments->g_given = false;
    }
    return ok;
}

// --- the group -------------------------------------------------------------------------------------------------

static int from_name(const char *name, struct bn_group *group, bool fresh) {
    if (!name_group(name)) {
        return STATUS_USAGE;
    }
    if (!fresh && strcmp(name, fresh_group) == 0) {
        return usage_error(
            "%s is another group at each call; give the numbers that keygen printed: --p P --g G", name);
    }
    return bn_group_find(group, name) ? OPTIONS_GO_ON : failure("the system's random generator failed");
}

static int from_numbers(const struct group_arguments *arguments, struct bn_group *group) {
    if (!arguments->p_given || !arguments->g_given) {
        return usage_error("--p and --g go together; --%s is missing", arguments->p_given ? "g" : "p");
    }
    if (mpz_sizeinbase(arguments->p, 2) > BN_GROUP_BITS_MAX) {
        return usage_error("--p has %zu bits; at most %d are taken", mpz_sizeinbase(arguments->p, 2),
                           BN_GROUP_BITS_MAX);
    }
    if (!bn_group_from_numbers(group, arguments->p, arguments->g)) {
        return usage_error("--p %s and --g %s are no group: p must be an odd prime and 1 < g < p-1",
                           number_brief(arguments->p).text, number_brief(arguments->g).text);
    }
    return OPTIONS_GO_ON;
}

int group_arguments_resolve(struct group_arguments *arguments, struct bn_group *group, bool fresh) {
    if (arguments->name != NULL && (arguments->p_given || arguments->g_given)) {
        return usage_error("--group and --p, --g exclude each other");
    }
    if (arguments->file != NULL && !read_key_file(arguments)) {
        return STATUS_FAILED;
    }
    if (arguments->name == NULL && !arguments->p_given && !arguments->g_given) {
        return usage_error("which group? --group NAME, or --p P --g G");
    }
    // What is asked for here is not what a trace of Diffie-Hellman is about: the tests of p would drown it.
    struct trace_sink *sink = trace_attach(NULL);
    int status =
        arguments->name != NULL ? from_name(arguments->name, group, fresh) : from_numbers(arguments, group);
    (void)trace_attach(sink);
    return status;
}

void group_note_toy(const struct bn_group *group) {
    size_t bits = mpz_sizeinbase(group->p, 2);
    if (group->toy || bits < TOY_BITS) {
        complain("note: p has %zu bits, a toy: whoever sees the public values can compute the private ones",
                 bits);
    }
}

// --- what keygen writes ----------------------------------------------------------------------------------------

// Appends "NAME = number\n" to a text that was made long enough.
static bool append_line(struct bytes *text, size_t *used, const char *name, const mpz_t number, bool hex) {
    char *at = (char *)text->data + *used;
    size_t room = text->length - *used;
    int wrote = snprintf(at, room, "%s = %s", name, hex ? "0x" : "");
    if (wrote < 0 || (size_t)wrote >= room) {
        return false;
    }
    at += wrote;
    room -= (size_t)wrote;
    if (!(hex ? bn_to_hex(at, room, number) : bn_to_decimal(at, room, number))) {
        return false;
    }
    size_t length = strlen(at);
    if (length + 1 >= room) {
        return false;
    }
    at[length] = '\n'; // and bytes_allocate left zeros behind it
    *used = (size_t)(at - (char *)text->data) + length + 1;
    return true;
}

static bool has_lasting_name(const struct bn_group *group) {
    return is_group_name(group->name) && strcmp(group->name, fresh_group) != 0;
}

static bool compose(const struct group_arguments *arguments, const struct bn_group *group, const mpz_t g,
                    struct bytes *text, size_t *used) {
    if (has_lasting_name(group)) {
        int wrote = snprintf((char *)text->data, text->length, "group = %s\n", group->name);
        *used = wrote > 0 ? (size_t)wrote : 0;
    } else if (!append_line(text, used, "p", group->p, arguments->hex) ||
               !append_line(text, used, "g", g, arguments->hex)) {
        return false;
    }
    return append_line(text, used, "x", arguments->x, arguments->hex) &&
           append_line(text, used, "y", arguments->y, arguments->hex);
}

int group_write_keys(const struct group_arguments *arguments, const struct bn_group *group, const mpz_t g,
                     const char *path) {
    struct bytes text = {0};
    size_t used = 0;
    // All four numbers are at most as long as p.
    size_t size = 64 + 4 * (bn_text_size(group->p) + 16);
    if (!bytes_allocate(&text, size)) {
        return failure("not enough memory");
    }
    int status = STATUS_FAILED;
    if (!compose(arguments, group, g, &text, &used)) {
        status = failure("the keys could not be written as text");
    } else if (output_write_all(path, OUTPUT_SECRET, text.data, used)) {
        status = STATUS_OK;
    }
    bytes_clear(&text);
    return status;
}
