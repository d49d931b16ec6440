// The command-line tables, the nearest name, hex and files: what every program of apps/ stands on.

#include "tests/support.h"

#include "apps/common/files.h"
#include "apps/common/hex.h"
#include "apps/common/options.h"

#include <fcntl.h>
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- a program to parse for ------------------------------------------------------------------------------------

// Everything that the table below fills.
static struct {
    bool flag, other_flag, text_given;
    const char *text, *choice;
    unsigned long number;
    struct bytes hex;
    mpz_t integer;
} got;

static const char *const colors[] = {"red", "green", "blue", NULL};

// clang-format off
static const struct app_option options[] = {
    {"flag", 'f', OPTION_FLAG, &got.flag, NULL, "a flag", .required = false},
    {"other", 'o', OPTION_FLAG, &got.other_flag, NULL, "another", .required = false},
    {"text", 't', OPTION_TEXT, &got.text, "TEXT", "some text", .given = &got.text_given},
    {"number", 'n', OPTION_NUMBER, &got.number, "N", "a number", .minimum = 2, .maximum = 40},
    {"hex", 'x', OPTION_HEX, &got.hex, "HEX", "bytes", .required = false},
    {"choice", 'c', OPTION_CHOICE, &got.choice, "NAME", "a color", .choices = colors},
    {"integer", 'i', OPTION_INTEGER, got.integer, "N", "an integer", .required = false},
    {0},
};
static const struct app_option required[] = {
    {"key", 'k', OPTION_TEXT, &got.text, "HEX", "the key", .required = true},
    {0},
};
// clang-format on
static const struct app_usage usage = {
    .program = "prog",
    .synopsis = "[FILE...]",
    .purpose = "Tests.",
    .example = "prog one\nprog two",
    .operands_min = 0,
    .operands_max = 3,
};

static char said[8192];    // what the last run wrote to standard error
static char printed[8192]; // and to standard output
static char line_copy[1024];
static char *arguments[32];
static int argument_count;

static void read_back(FILE *file, char *out, size_t size) {
    rewind(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    (void)fclose(file);
}

// Parses "prog LINE", words separated by single spaces, with both standard streams kept.
static int parse_with(const struct app_usage *with, const struct app_option table[], const char *line) {
    mpz_set_ui(got.integer, 0);
    bytes_clear(&got.hex);
    got.flag = got.other_flag = got.text_given = false;
    got.text = got.choice = NULL;
    got.number = 0;
    (void)snprintf(line_copy, sizeof line_copy, "%s", line);
    argument_count = 1;
    arguments[0] = line_copy + sizeof line_copy - 1; // ""
    char *rest = line_copy;
    for (char *word; (word = strsep(&rest, " ")) != NULL && *line != '\0';) {
        arguments[argument_count++] = word;
    }
    arguments[argument_count] = NULL;

    FILE *err = tmpfile(), *out = tmpfile();
    (void)fflush(stdout);
    (void)fflush(stderr);
    int err_before = dup(STDERR_FILENO), out_before = dup(STDOUT_FILENO);
    (void)dup2(fileno(err), STDERR_FILENO);
    (void)dup2(fileno(out), STDOUT_FILENO);
    int status = options_parse(with, table, &argument_count, arguments);
    (void)fflush(stdout);
    (void)dup2(err_before, STDERR_FILENO);
    (void)dup2(out_before, STDOUT_FILENO);
    (void)close(err_before);
    (void)close(out_before);
    read_back(err, said, sizeof said);
    read_back(out, printed, sizeof printed);
    return status;
}

static int parse(const char *line) {
    return parse_with(&usage, options, line);
}

// An error: status 2, nothing on standard output, one line on standard error, which holds the words.
static void assert_refused(const char *line, const char *words) {
    assert_int_equal(parse(line), STATUS_USAGE);
    assert_string_equal(printed, "");
    const char *newline = strchr(said, '\n');
    assert_non_null(newline);
    assert_string_equal(newline, "\n");
    assert_int_equal(strncmp(said, "prog: ", 6), 0);
    if (strstr(said, words) == NULL) {
        fail_msg("'%s' does not say '%s'", said, words);
    }
}

static void test_forms(void **state) {
    (void)state;
    assert_int_equal(parse("a --text one -f b --number=40 -xa1B2 -c green --integer 0xff -- -f"),
                     OPTIONS_GO_ON);
    assert_int_equal(argument_count, 4);
    assert_string_equal(arguments[1], "a");
    assert_string_equal(arguments[2], "b");
    assert_string_equal(arguments[3], "-f");
    assert_null(arguments[4]);
    assert_true(got.flag && !got.other_flag && got.text_given);
    assert_string_equal(got.text, "one");
    assert_int_equal(got.number, 40);
    assert_bytes_equal(got.hex.data, got.hex.length, "a1b2");
    assert_string_equal(got.choice, "green");
    assert_int_equal(mpz_get_ui(got.integer), 255);
    assert_string_equal(said, "");
}

static void test_short_forms(void **state) {
    (void)state;
    assert_int_equal(parse("-fot one"), OPTIONS_GO_ON);
    assert_true(got.flag && got.other_flag);
    assert_string_equal(got.text, "one");
    assert_int_equal(parse("-ftone"), OPTIONS_GO_ON);
    assert_true(got.flag && !got.other_flag);
    assert_string_equal(got.text, "one");
}

static void test_operands(void **state) {
    (void)state;
    assert_int_equal(parse("-"), OPTIONS_GO_ON);
    assert_int_equal(argument_count, 2);
    assert_int_equal(parse("-12 -09 -0"), OPTIONS_GO_ON); // numbers, not options
    assert_int_equal(argument_count, 4);
    assert_int_equal(parse("--text= --text -f"), OPTIONS_GO_ON); // an option's value may look like an option
    assert_string_equal(got.text, "-f");
    assert_false(got.flag);
    assert_int_equal(parse("--integer -5"), OPTIONS_GO_ON);
    assert_int_equal(mpz_get_si(got.integer), -5);
    assert_int_equal(parse("--hex="), OPTIONS_GO_ON);
    assert_int_equal(got.hex.length, 0);
    assert_non_null(got.hex.data);
    assert_int_equal(parse("-n 3 -n 4"), OPTIONS_GO_ON);
    assert_int_equal(got.number, 4);
    assert_int_equal(parse("-x 00 -x 11"), OPTIONS_GO_ON);
    assert_bytes_equal(got.hex.data, got.hex.length, "11");
}

static void test_errors(void **state) {
    (void)state;
    assert_refused("--tex one", "'--tex'; did you mean '--text'?");
    assert_refused("--hlep", "did you mean '--help'?");
    assert_refused("--qqqqqqqqq", "unknown option '--qqqqqqqqq' (see 'prog --help')");
    assert_refused("-q", "unknown option '-q'");
    assert_refused("-fq", "unknown option '-q' in '-fq'");
    assert_refused("--text", "--text wants a value: --text TEXT");
    assert_refused("-t", "-t wants a value");
    assert_refused("--flag=1", "--flag takes no value, but got '1'");
    assert_refused("--number x", "wants a number, not 'x'");
    assert_refused("--number -3", "wants a number, not '-3'");
    assert_refused("--number +3", "wants a number, not '+3'");
    assert_refused("--number=", "wants a number, not ''");
    assert_refused("--number 1", "must be 2 to 40");
    assert_refused("--number 41", "must be 2 to 40");
    assert_refused("--number 99999999999999999999999", "must be 2 to 40");
    assert_refused("--hex abc", "'abc' has 3 hex digits, an odd number");
    assert_refused("--hex a", "has 1 hex digit, an odd number");
    assert_refused("--hex abxy", "has 'x' at character 3, which is not a hex digit");
    assert_refused("--hex ab\x01", "has \\x01 at character 3");
    assert_refused("--choice gren", "'gren'; did you mean 'green'? (known: red, green, blue)");
    assert_refused("--choice purple", "does not know 'purple' (known: red, green, blue)");
    assert_refused("--integer 12a", "decimal or hexadecimal after 0x, not '12a'");
    assert_refused("--integer 0x", "not '0x'");
    assert_refused("a b c d e", "'d' is one operand too many");
    assert_refused("--te\nxt", "\\n"); // still one line
    static const char *const own[] = {"depth", NULL}, *const none[] = {NULL};
    options_also_known(own);
    assert_refused("--dept 3", "did you mean '--depth'?");
    options_also_known(none);
}

static void test_required(void **state) {
    (void)state;
    struct app_usage two = usage;
    two.operands_min = 2;
    assert_int_equal(parse_with(&two, options, ""), STATUS_USAGE);
    assert_non_null(strstr(said, "operands are missing: usage is 'prog [FILE...]'"));
    assert_int_equal(parse_with(&two, options, "a"), STATUS_USAGE);
    assert_non_null(strstr(said, "an operand is missing"));
    assert_int_equal(parse_with(&two, options, "a b"), OPTIONS_GO_ON);
    assert_int_equal(parse_with(&usage, required, ""), STATUS_USAGE);
    assert_non_null(strstr(said, "--key HEX is missing: the key"));
    assert_int_equal(parse_with(&usage, required, "-k 1"), OPTIONS_GO_ON);
}

static void test_help(void **state) {
    (void)state;
    static const char *const lines[] = {"--help", "-h", "a b --help", "-fh"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(parse(lines[i]), STATUS_OK);
        assert_string_equal(said, "");
        assert_non_null(strstr(printed, "usage: prog [FILE...]\n"));
        assert_non_null(strstr(printed, "Example:\n  prog one\n  prog two\n"));
        assert_non_null(strstr(printed, "-c, --choice NAME"));
        assert_non_null(strstr(printed, "a color: red, green, blue"));
    }
    assert_int_equal(parse_with(&usage, required, "--help"), STATUS_OK); // although --key is missing
    assert_non_null(strstr(printed, "the key (required)"));
    assert_int_equal(parse("-- --help"), OPTIONS_GO_ON);
}

// --- the nearest name ------------------------------------------------------------------------------------------

static void test_edit_distance(void **state) {
    (void)state;
    assert_int_equal(edit_distance("", ""), 0);
    assert_int_equal(edit_distance("", "abc"), 3);
    assert_int_equal(edit_distance("abc", ""), 3);
    assert_int_equal(edit_distance("sha256", "sha256"), 0);
    assert_int_equal(edit_distance("SHA256", "sha256"), 0);
    assert_int_equal(edit_distance("sha265", "sha256"), 1); // neighbours swapped
    assert_int_equal(edit_distance("sha-256", "sha256"), 1);
    assert_int_equal(edit_distance("sha25", "sha256"), 1);
    assert_int_equal(edit_distance("sha356", "sha256"), 1);
    assert_int_equal(edit_distance("kitten", "sitting"), 3);
    char longer[200];
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_true(edit_distance(longer, "a") > 100);
    // Symmetric, and zero for the same text only.
    struct test_random random;
    test_random_seed(&random, 7);
    for (int round = 0; round < 500; round++) {
        char a[12] = "", b[12] = "";
        for (size_t i = 0; i < test_random_below(&random, 11); i++) {
            a[i] = (char)('a' + test_random_below(&random, 3));
        }
        for (size_t i = 0; i < test_random_below(&random, 11); i++) {
            b[i] = (char)('a' + test_random_below(&random, 3));
        }
        assert_int_equal(edit_distance(a, b), edit_distance(b, a));
        assert_int_equal(edit_distance(a, b) == 0, strcmp(a, b) == 0);
    }
}

static void test_suggestion(void **state) {
    (void)state;
    struct suggestion suggestion;
    suggestion_start(&suggestion, "encryt");
    assert_null(suggestion_best(&suggestion));
    suggestion_offer(&suggestion, "decrypt");
    suggestion_offer(&suggestion, "encrypt");
    suggestion_offer(&suggestion, "inspect");
    assert_string_equal(suggestion_best(&suggestion), "encrypt");
    suggestion_start(&suggestion, "whirlpool");
    suggestion_offer(&suggestion, "sha1");
    assert_null(suggestion_best(&suggestion));
    // A name cut short, whatever is missing; and among several the one that lacks least.
    suggestion_start(&suggestion, "aes");
    suggestion_offer(&suggestion, "des");
    assert_string_equal(suggestion_best(&suggestion), "des");
    suggestion_offer(&suggestion, "aes-128-cbc");
    assert_string_equal(suggestion_best(&suggestion), "aes-128-cbc");
    suggestion_offer(&suggestion, "aes-128");
    suggestion_offer(&suggestion, "aes-192-cbc");
    assert_string_equal(suggestion_best(&suggestion), "aes-128");
    suggestion_start(&suggestion, "Toy");
    suggestion_offer(&suggestion, "modp-1536");
    suggestion_offer(&suggestion, "toy-1021");
    assert_string_equal(suggestion_best(&suggestion), "toy-1021");
    suggestion_start(&suggestion, "sha51");
    suggestion_offer(&suggestion, "sha1");
    suggestion_offer(&suggestion, "sha512");
    assert_string_equal(suggestion_best(&suggestion), "sha512");
    // Two letters are too few to be the beginning of a certain name.
    suggestion_start(&suggestion, "mo");
    suggestion_offer(&suggestion, "modp-1536");
    assert_null(suggestion_best(&suggestion));
}

// --- hex -------------------------------------------------------------------------------------------------------

static void test_hex(void **state) {
    (void)state;
    struct bytes bytes = {0};
    char why[96], text[9];
    assert_true(bytes_from_hex(&bytes, "00 Ff10 aB", why));
    assert_bytes_equal(bytes.data, bytes.length, "00ff10ab");
    hex_encode(text, bytes.data, bytes.length);
    assert_string_equal(text, "00ff10ab");
    static const char *const bad[] = {"0",  "000", "0g", "0x00", "00:00", "é0",
                                      "/0", ":0",  "@0", "`0",   "00\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(bytes_from_hex(&bytes, bad[i], why));
        assert_bytes_equal(bytes.data, bytes.length, "00ff10ab"); // untouched
    }
    assert_true(bytes_from_hex(&bytes, "", why));
    assert_int_equal(bytes.length, 0);
    bytes_clear(&bytes);
    assert_null(bytes.data);
}

// --- files -----------------------------------------------------------------------------------------------------

static char folder[] = "/tmp/cutaway-test-XXXXXX";

static const char *path_of(const char *name) {
    static char paths[2][64];
    static int next;
    next = 1 - next;
    (void)snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static size_t files_in_folder(void) {
    char command[128];
    (void)snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
    FILE *pipe = popen(command, "r");
    unsigned long count = 0;
    assert_int_equal(fscanf(pipe, "%lu", &count), 1);
    (void)pclose(pipe);
    return count;
}

static void test_output_appears_whole(void **state) {
    (void)state;
    const char *path = path_of("out");
    struct output output;
    struct bytes content = {0};
    assert_true(output_open(&output, path, OUTPUT_ORDINARY));
    assert_true(output_write(&output, "half", 4));
    assert_int_not_equal(access(path, F_OK), 0);
    output_discard(&output);
    assert_int_equal(files_in_folder(), 0);

    assert_true(output_write_all(path, OUTPUT_ORDINARY, "first", 5));
    assert_true(output_open(&output, path, OUTPUT_ORDINARY));
    assert_true(output_write(&output, "second", 6));
    output_discard(&output);
    assert_true(input_read_all(&content, path, 100));
    assert_string_equal((char *)content.data, "first"); // as it was
    assert_true(output_write_all(path, OUTPUT_ORDINARY, "second", 6));
    assert_true(input_read_all(&content, path, 100));
    assert_string_equal((char *)content.data, "second");
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(unlink(path), 0);
    bytes_clear(&content);
}

static void test_output_permissions(void **state) {
    (void)state;
    const char *path = path_of("secret");
    struct stat info;
    assert_true(output_write_all(path, OUTPUT_SECRET, "x", 1));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0644), 0);
    assert_true(output_write_all(path, OUTPUT_SECRET, "x", 1)); // an open file becomes a closed one
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(unlink(path), 0);
    mode_t mask = umask(022);
    assert_true(output_write_all(path, OUTPUT_ORDINARY, "x", 1));
    (void)umask(mask);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0644);
    assert_int_equal(unlink(path), 0);
}

static void test_output_through_link(void **state) {
    (void)state;
    assert_true(output_write_all(path_of("real"), OUTPUT_ORDINARY, "old", 3));
    assert_int_equal(symlink("real", path_of("link")), 0);
    assert_true(output_write_all(path_of("link"), OUTPUT_ORDINARY, "new", 3));
    struct stat info;
    assert_int_equal(lstat(path_of("link"), &info), 0);
    assert_true(S_ISLNK(info.st_mode)); // still a link
    struct bytes content = {0};
    assert_true(input_read_all(&content, path_of("real"), 100));
    assert_string_equal((char *)content.data, "new");
    bytes_clear(&content);
    assert_int_equal(unlink(path_of("link")), 0);
    assert_int_equal(unlink(path_of("real")), 0);
}

static void test_read_all(void **state) {
    (void)state;
    // Sizes around the pieces in which the buffer grows, and the limit itself.
    static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *data = malloc(sizes[i] + 1);
        struct test_random random;
        struct bytes content = {0};
        test_random_seed(&random, i + 1);
        test_random_bytes(&random, data, sizes[i]);
        assert_true(output_write_all(path_of("big"), OUTPUT_ORDINARY, data, sizes[i]));
        assert_true(input_read_all(&content, path_of("big"), sizes[i]));
        assert_int_equal(content.length, sizes[i]);
        assert_memory_equal(content.data, data, sizes[i]);
        assert_int_equal(content.data[sizes[i]], 0);
        if (sizes[i] > 0) {
            assert_false(
                input_read_all(&content, path_of("big"), sizes[i] - 1)); // one line on standard error
            assert_int_equal(content.length, sizes[i]);
        }
        bytes_clear(&content);
        free(data);
    }
    assert_int_equal(unlink(path_of("big")), 0);
}

static int make_folder(void **state) {
    (void)state;
    mpz_init(got.integer);
    return mkdtemp(folder) != NULL ? 0 : 1;
}

static int remove_folder(void **state) {
    (void)state;
    mpz_clear(got.integer);
    bytes_clear(&got.hex);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_short_forms),
        cmocka_unit_test(test_operands),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_edit_distance),
        cmocka_unit_test(test_suggestion),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_output_appears_whole),
        cmocka_unit_test(test_output_permissions),
        cmocka_unit_test(test_output_through_link),
        cmocka_unit_test(test_read_all),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
