// protocols/pem: what openssl writes is read, what is damaged is refused at the right place.
#include "tests/support.h"

#include "protocols/pem.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

// A block by the book: 50 bytes, so one full line and a short one.
static const char good[] = "Bag Attributes\n"
                           "    friendlyName: not a -----BEGIN line\n"
                           "-----BEGIN TEST DATA-----\n"
                           "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n"
                           "MDE=\n"
                           "-----END TEST DATA-----\n"
                           "what follows is not looked at\n";

static enum pem_error read_text(const char *text, size_t length, uint8_t *out, size_t *out_length,
                                struct parse_error *where) {
    struct pem_block block;
    *out_length = 0;
    enum pem_error error = pem_find(&block, (const uint8_t *)text, length, 0, where);
    if (error != PEM_OK) {
        return error;
    }
    assert_true(pem_decoded_size(&block) <= length);
    return pem_decode(out, out_length, &block, (const uint8_t *)text, where);
}

static void assert_reads_as_counting(const char *text, size_t count) {
    uint8_t out[2048] = {0};
    size_t length;
    struct parse_error where = {0};
    enum pem_error error = read_text(text, strlen(text), out, &length, &where);
    if (error != PEM_OK) {
        print_error("%s at %zu in:\n%s", where.reason, where.offset, text);
    }
    assert_int_equal(error, PEM_OK);
    assert_int_equal(length, count);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(out[i], i);
    }
}

static void a_block_is_found_and_read(void **state) {
    (void)state;
    struct pem_block block;
    assert_int_equal(pem_find(&block, (const uint8_t *)good, strlen(good), 0, NULL), PEM_OK);
    assert_string_equal(block.label, "TEST DATA");
    assert_int_equal(block.begin, strstr(good, "\n-----BEGIN") + 1 - good);
    assert_int_equal(block.end, strstr(good, "what follows") - good);
    assert_int_equal(pem_find(&block, (const uint8_t *)good, strlen(good), block.end, NULL), PEM_NO_BLOCK);
    assert_reads_as_counting(good, 50);
}

static void line_ends_and_widths(void **state) {
    (void)state;
    assert_reads_as_counting("-----BEGIN X-----\r\nAAECAwQF\r\nBgcI\r\n-----END X-----\r\n", 9);
    assert_reads_as_counting("-----BEGIN X-----\rAAECAwQF\rBgcI\r-----END X-----", 9);
    assert_reads_as_counting("-----BEGIN X-----  \nAAECAwQF \nBgcI\t \n-----END X----- \t\n", 9);
    assert_reads_as_counting("-----BEGIN X-----\nAAECA\nwQFBg\ncI\n-----END X-----\n",
                             9); // inside a group of four
    assert_reads_as_counting("-----BEGIN X-----\nAAEC\n-----END X-----", 3);
    assert_reads_as_counting("-----BEGIN X-----\n"
                             "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4\n"
                             "OTo7\n-----END X-----\n",
                             60); // 76 characters
}

static void assert_refused(const char *text, enum pem_error expected, const char *at) {
    uint8_t out[2048];
    size_t length;
    struct parse_error where = {.offset = 9999};
    enum pem_error error = read_text(text, strlen(text), out, &length, &where);
    size_t offset = at == NULL ? strlen(text) : (size_t)(strstr(text, at) - text);
    if (error != expected || where.offset != offset) {
        print_error("%s at %zu, expected %s at %zu, in:\n%s\n", where.reason, where.offset,
                    pem_error_text(expected), offset, text);
    }
    assert_int_equal(error, expected);
    assert_int_equal(where.offset, offset);
    assert_string_equal(where.layer, "the file");
    assert_true(strlen(where.reason) > 0);
}

static void damage_is_refused_where_it_is(void **state) {
    (void)state;
    assert_refused("", PEM_NO_BLOCK, NULL);
    assert_refused("no block here\n", PEM_NO_BLOCK, NULL);
    assert_refused(" -----BEGIN X-----\nAAEC\n-----END X-----\n", PEM_NO_BLOCK, NULL);
    assert_refused("text\n-----BEGIN X----\nAAEC\n-----END X-----\n", PEM_BAD_BEGIN, "-----BEGIN");
    assert_refused("-----BEGIN \nAAEC\n-----END X-----\n", PEM_NO_BLOCK, NULL);
    assert_refused("-----BEGIN X\x01-----\nAAEC\n-----END X-----\n", PEM_BAD_BEGIN, "-----BEGIN");
    assert_refused("-----BEGIN -X-----\nAAEC\n-----END -X-----\n", PEM_BAD_BEGIN, "-----BEGIN");
    assert_refused("-----BEGIN X------\nAAEC\n-----END X------\n", PEM_BAD_BEGIN, "-----BEGIN");
    assert_refused("-----BEGIN 0123456789012345678901234567890123456789012345678901234567890123-----\n",
                   PEM_BAD_BEGIN, "-----BEGIN");
    assert_refused("-----BEGIN X-----\nAAEC\n", PEM_NO_END, NULL);
    assert_refused("-----BEGIN X-----", PEM_NO_END, NULL);
    assert_refused("-----BEGIN X-----\nAAEC\n-----BEGIN Y-----\n", PEM_NO_END, "-----BEGIN Y");
    assert_refused("-----BEGIN X-----\nAAEC\n-----END X----\n", PEM_NO_END, "-----END");
    assert_refused("-----BEGIN X-----\nAAEC\n-----END Y-----\n", PEM_LABELS_DIFFER, "-----END");
    assert_refused("-----BEGIN X-----\n-----END X-----\n", PEM_EMPTY, "-----END");
    assert_refused("-----BEGIN X-----\n\n-----END X-----\n", PEM_LINE, "\n-----END");
    assert_refused("-----BEGIN X-----\nAAEC\n\nAAEC\n-----END X-----\n", PEM_LINE, "\nAAEC\n-----END");
    assert_refused("-----BEGIN X-----\nAAEC\nBB\nCCCC\n-----END X-----\n", PEM_LINE, "CCCC");
    assert_refused("-----BEGIN X-----\nAAEC\nBBBBB\n-----END X-----\n", PEM_LINE, "BBBBB");
    assert_refused("-----BEGIN X-----\n"
                   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4O\n"
                   "-----END X-----\n",
                   PEM_LINE, "AAEC"); // 77 characters
    assert_refused("-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END X-----\n", PEM_HEADERS,
                   "Proc");
    assert_refused("-----BEGIN X-----\nAAEC\nBB!B\nBBBB\n-----END X-----\n", PEM_BASE64, "!B");
    assert_refused("-----BEGIN X-----\nAAEC\n!BBB\nBBBB\n-----END X-----\n", PEM_BASE64, "!B");
    assert_refused("-----BEGIN X-----\nAA C\n-----END X-----\n", PEM_BASE64, " C");
    assert_refused("-----BEGIN X-----\nAAEC\nBBBB\nBB\n-----END X-----\n", PEM_BASE64, "\n-----END");
    assert_refused("-----BEGIN X-----\nAAEC\nBB==\nBBBB\n-----END X-----\n", PEM_BASE64, "==\nBBBB");
    assert_refused("-----BEGIN X-----\nAAEC\nBB==\n-----END X-----\n", PEM_BASE64, "B==");
}

static void same_as_libcrypto(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 7468);
    for (size_t length = 1; length <= 200; length++) {
        uint8_t bytes[200];
        char ours[512];
        size_t ours_length;
        test_random_bytes(&random, bytes, length);
        size_t size = pem_encoded_size("A LABEL", length);
        assert_true(size <= sizeof ours);
        assert_false(pem_encode(ours, size - 1, &ours_length, "A LABEL", bytes, length));
        assert_true(pem_encode(ours, size, &ours_length, "A LABEL", bytes, length));
        assert_int_equal(ours_length, size);

        BIO *out = BIO_new(BIO_s_mem());
        assert_true(PEM_write_bio(out, "A LABEL", "", bytes, (long)length) > 0);
        char *theirs;
        long theirs_length = BIO_get_mem_data(out, &theirs);
        assert_int_equal(ours_length, theirs_length);
        assert_memory_equal(ours, theirs, ours_length);
        BIO_free(out);

        uint8_t decoded[512] = {0};
        size_t decoded_length;
        assert_int_equal(read_text(ours, ours_length, decoded, &decoded_length, NULL), PEM_OK);
        assert_int_equal(decoded_length, length);
        assert_memory_equal(decoded, bytes, length);
    }
    char label[PEM_LABEL_SIZE + 1];
    memset(label, 'L', PEM_LABEL_SIZE);
    label[PEM_LABEL_SIZE] = '\0';
    char out[512];
    size_t out_length;
    uint8_t byte = 1;
    assert_false(pem_encode(out, sizeof out, &out_length, label, &byte, 1));
    assert_true(pem_encode(out, sizeof out, &out_length, label + 1, &byte, 1));
}

// Cut anywhere, the text is refused or reads the same; changed anywhere, nothing breaks.
static void cuts_and_changes(void **state) {
    (void)state;
    uint8_t out[sizeof good];
    size_t length;
    size_t complete = (size_t)(strstr(good, "TA-----\nwhat") + 7 - good);
    for (size_t cut = 0; cut < strlen(good); cut++) {
        char *copy = malloc(cut + 1); // exact size, so that the sanitizer sees a read beyond it
        memcpy(copy, good, cut);
        enum pem_error error = read_text(copy, cut, out, &length, NULL);
        assert_int_equal(error == PEM_OK, cut >= complete);
        free(copy);
    }
    unsigned unnoticed = 0;
    for (size_t at = 0; at < strlen(good); at++) {
        for (int change = 1; change < 256; change++) {
            char copy[sizeof good];
            memcpy(copy, good, sizeof good);
            copy[at] = (char)(copy[at] ^ change);
            if (read_text(copy, sizeof good - 1, out, &length, NULL) == PEM_OK) {
                unnoticed++;
            }
        }
    }
    assert_true(unnoticed > 0); // outside the block everything goes; inside, base64 digits may change
}

static void every_error_has_a_text(void **state) {
    (void)state;
    for (enum pem_error error = PEM_OK; error <= PEM_EMPTY; error++) {
        assert_string_not_equal(pem_error_text(error), "unknown PEM error");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_found_and_read),
        cmocka_unit_test(line_ends_and_widths),
        cmocka_unit_test(damage_is_refused_where_it_is),
        cmocka_unit_test(same_as_libcrypto),
        cmocka_unit_test(cuts_and_changes),
        cmocka_unit_test(every_error_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
