// The parts of certificates by themselves: times, algorithm identifiers, names of people, names of machines.
#include "tests/support.h"

#include "protocols/x509_parts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct der_fault fault;
static uint8_t memory[2048];
static struct der_reader reader_of(const char *hex) {
    size_t length = from_hex(memory, sizeof memory, hex);
    struct der_reader reader;
    der_reader_init(&reader, memory, length, &fault);
    return reader;
}

// --- times -------------------------------------------------------------------------------------------------------

static void dates_are_seconds(void **state) {
    (void)state;
    static const struct {
        struct x509_date date;
        int64_t seconds;
        const char *text;
    } vectors[] = {
        {{1970, 1, 1, 0, 0, 0}, 0, "1970-01-01 00:00:00 UTC"},
        {{1969, 12, 31, 23, 59, 59}, -1, "1969-12-31 23:59:59 UTC"},
        {{2000, 2, 29, 12, 30, 45}, 951827445, "2000-02-29 12:30:45 UTC"},
        {{2038, 1, 19, 3, 14, 8}, 2147483648, "2038-01-19 03:14:08 UTC"},
        {{1, 1, 1, 0, 0, 0}, -62135596800, "0001-01-01 00:00:00 UTC"},
        {{9999, 12, 31, 23, 59, 59}, 253402300799, "9999-12-31 23:59:59 UTC"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        int64_t seconds = 7;
        struct x509_date date;
        char text[X509_TIME_TEXT_SIZE];
        assert_true(x509_time_from_date(&seconds, &vectors[i].date));
        assert_int_equal(seconds, vectors[i].seconds);
        assert_true(x509_time_to_date(&date, seconds));
        assert_memory_equal(&date, &vectors[i].date, sizeof date);
        x509_time_text(text, seconds);
        assert_string_equal(text, vectors[i].text);
    }
    struct x509_date date;
    assert_false(x509_time_to_date(&date, -62135596801));
    assert_false(x509_time_to_date(&date, 253402300800));
    char text[X509_TIME_TEXT_SIZE];
    x509_time_text(text, INT64_MAX);
    assert_string_equal(text, "outside years 1 to 9999");
    static const struct x509_date none[] = {
        {0, 1, 1, 0, 0, 0},     {10000, 1, 1, 0, 0, 0}, {2026, 0, 1, 0, 0, 0},  {2026, 13, 1, 0, 0, 0},
        {2026, 1, 0, 0, 0, 0},  {2026, 1, 32, 0, 0, 0}, {2026, 2, 29, 0, 0, 0}, {2024, 2, 30, 0, 0, 0},
        {1900, 2, 29, 0, 0, 0}, {2026, 4, 31, 0, 0, 0}, {2026, 1, 1, 24, 0, 0}, {2026, 1, 1, 0, 60, 0},
        {2026, 1, 1, 0, 0, 60}, {2026, 1, 1, -1, 0, 0}, {2026, 1, 1, 0, -1, 0}, {2026, 1, 1, 0, 0, -1},
        {2026, -1, 1, 0, 0, 0}, {-2026, 1, 1, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        int64_t seconds;
        assert_false(x509_time_from_date(&seconds, &none[i]));
    }
    int64_t seconds;
    assert_true(x509_time_from_date(&seconds, &(struct x509_date){2000, 2, 29, 0, 0, 0}));
}

// libc's calendar agrees, and back again, on 20,000 random seconds of the years 1 to 9999.
static void same_as_libc(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 5280);
    for (int i = 0; i < 20000; i++) {
        int64_t seconds = (int64_t)(test_random_next(&random) % 315537897600) - 62135596800, back;
        struct x509_date date;
        struct tm tm;
        time_t libc = (time_t)seconds;
        assert_non_null(gmtime_r(&libc, &tm));
        assert_true(x509_time_to_date(&date, seconds));
        assert_int_equal(date.year, tm.tm_year + 1900);
        assert_int_equal(date.month, tm.tm_mon + 1);
        assert_int_equal(date.day, tm.tm_mday);
        assert_int_equal(date.hour, tm.tm_hour);
        assert_int_equal(date.minute, tm.tm_min);
        assert_int_equal(date.second, tm.tm_sec);
        assert_true(x509_time_from_date(&back, &date));
        assert_int_equal(back, seconds);
    }
}

// Reads a time given as its tag and its text.
static bool read_time_text(uint8_t tag, const char *text, int64_t *seconds) {
    struct der_writer writer;
    size_t length;
    der_writer_init(&writer, memory, sizeof memory);
    der_put_element(&writer, tag, (const uint8_t *)text, strlen(text));
    assert_true(der_finish(&writer, &length));
    struct der_reader reader;
    der_reader_init(&reader, memory, length, &fault);
    bool ok = x509_read_time(&reader, seconds);
    assert_int_equal(reader.position, ok ? length : 0);
    if (!ok && (tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME)) {
        assert_int_equal(fault.error, DER_TIME_VALUE);
        assert_int_equal(fault.offset, 2);
    }
    return ok;
}

static void times_are_strict(void **state) {
    (void)state;
    static const struct {
        uint8_t tag;
        const char *text;
        struct x509_date date;
    } good[] = {
        {DER_UTC_TIME, "500101000000Z", {1950, 1, 1, 0, 0, 0}},
        {DER_UTC_TIME, "491231235959Z", {2049, 12, 31, 23, 59, 59}},
        {DER_UTC_TIME, "991231235959Z", {1999, 12, 31, 23, 59, 59}},
        {DER_UTC_TIME, "000229010203Z", {2000, 2, 29, 1, 2, 3}},
        {DER_GENERALIZED_TIME, "20500101000000Z", {2050, 1, 1, 0, 0, 0}},
        {DER_GENERALIZED_TIME, "20260101000000Z", {2026, 1, 1, 0, 0, 0}},
        {DER_GENERALIZED_TIME, "99991231235959Z", {9999, 12, 31, 23, 59, 59}},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t seconds, expected;
        assert_true(x509_time_from_date(&expected, &good[i].date));
        assert_true(read_time_text(good[i].tag, good[i].text, &seconds));
        assert_int_equal(seconds, expected);
    }
    static const char *const bad_utc[] = {"",
                                          "Z",
                                          "2601010000Z",
                                          "260101000000",
                                          "260101000000z",
                                          "260101000000+0000",
                                          "2601010000000Z",
                                          "26010100000 Z",
                                          "261301000000Z",
                                          "260230000000Z",
                                          "260101240000Z",
                                          "260101006000Z",
                                          "260101000060Z",
                                          "2x0101000000Z",
                                          "20260101000000Z",
                                          "26-1-1000000Z",
                                          "/60101000000Z",
                                          "2:0101000000Z",
                                          "2/0101000000Z",
                                          ":60101000000Z"};
    static const char *const bad_generalized[] = {"",
                                                  "20260101000000",
                                                  "20260101000000.0Z",
                                                  "202601010000Z",
                                                  "260101000000Z",
                                                  "20260101000000+0100",
                                                  "20260230120000Z",
                                                  "00000101000000Z",
                                                  "2026010100000OZ",
                                                  "20260101000000.5Z"};
    for (size_t i = 0; i < sizeof bad_utc / sizeof bad_utc[0]; i++) {
        int64_t seconds;
        assert_false(read_time_text(DER_UTC_TIME, bad_utc[i], &seconds));
    }
    for (size_t i = 0; i < sizeof bad_generalized / sizeof bad_generalized[0]; i++) {
        int64_t seconds;
        assert_false(read_time_text(DER_GENERALIZED_TIME, bad_generalized[i], &seconds));
    }
    int64_t seconds;
    assert_false(read_time_text(DER_PRINTABLE_STRING, "260101000000Z", &seconds));
    assert_int_equal(fault.error, DER_UNEXPECTED_TAG);
}

// Written: UTCTime from 1950 through 2049, GeneralizedTime elsewhere; and read back.
static void times_are_written_as_the_standard_says(void **state) {
    (void)state;
    static const struct {
        struct x509_date date;
        const char *der;
    } vectors[] = {
        {{1949, 12, 31, 23, 59, 59}, "18 0f 31 39 34 39 31 32 33 31 32 33 35 39 35 39 5a"},
        {{1950, 1, 1, 0, 0, 0}, "17 0d 35 30 30 31 30 31 30 30 30 30 30 30 5a"},
        {{2049, 12, 31, 23, 59, 59}, "17 0d 34 39 31 32 33 31 32 33 35 39 35 39 5a"},
        {{2050, 1, 1, 0, 0, 0}, "18 0f 32 30 35 30 30 31 30 31 30 30 30 30 30 30 5a"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t out[32];
        size_t length;
        int64_t seconds, back;
        struct der_writer writer;
        assert_true(x509_time_from_date(&seconds, &vectors[i].date));
        der_writer_init(&writer, out, sizeof out);
        x509_put_time(&writer, seconds);
        assert_true(der_finish(&writer, &length));
        assert_bytes_equal(out, length, vectors[i].der);
        struct der_reader reader;
        der_reader_init(&reader, out, length, &fault);
        assert_true(x509_read_time(&reader, &back) && der_end(&reader));
        assert_int_equal(back, seconds);
    }
    struct der_writer writer;
    uint8_t out[32];
    size_t length;
    der_writer_init(&writer, out, sizeof out);
    x509_put_time(&writer, INT64_MIN);
    assert_false(der_finish(&writer, &length));
}

// --- algorithm identifiers ---------------------------------------------------------------------------------------

#define SHA256 "30 0d 06 09 60 86 48 01 65 03 04 02 01 05 00"
#define SHA1   "30 09 06 05 2b 0e 03 02 1a 05 00"
#define MGF1   "06 09 2a 86 48 86 f7 0d 01 01 08"
#define PSS    "06 09 2a 86 48 86 f7 0d 01 01 0a"

static void the_worked_example_of_pss(void **state) {
    (void)state;
    const char *hex = "30 41 " PSS " 30 34 a0 0f " SHA256 " a1 1c 30 1a " MGF1 " " SHA256 " a2 03 02 01 20";
    struct x509_algorithm algorithm;
    struct der_reader reader = reader_of(hex);
    assert_int_equal(x509_read_algorithm(&reader, &algorithm, NULL), CERTIFICATE_OK);
    assert_true(der_end(&reader) && algorithm.pss);
    assert_string_equal(algorithm.hash->name, "sha256");
    assert_string_equal(algorithm.mgf1_hash->name, "sha256");
    assert_int_equal(algorithm.salt_length, 32);
    uint8_t out[128];
    size_t length;
    struct der_writer writer;
    der_writer_init(&writer, out, sizeof out);
    x509_put_algorithm(&writer, &algorithm);
    assert_true(der_finish(&writer, &length));
    assert_bytes_equal(out, length, hex);
}

// Every combination, written and read back; defaults leave no trace in the bytes.
static void algorithms_both_ways(void **state) {
    (void)state;
    static const char *const names[] = {"sha1", "sha224", "sha256", "sha384", "sha512"};
    static const unsigned salts[] = {0, 1, 19, 20, 21, 64, 65535};
    size_t cases = 0;
    for (size_t h = 0; h < 5; h++) {
        for (size_t m = 0; m < 6; m++) {
            for (size_t s = 0; s < (m == 5 ? 1 : sizeof salts / sizeof salts[0]); s++) {
                struct x509_algorithm algorithm = {m < 5, hash_find(names[h]),
                                                   m < 5 ? hash_find(names[m]) : NULL, m < 5 ? salts[s] : 0};
                struct x509_algorithm back;
                uint8_t out[128];
                size_t length;
                struct der_writer writer;
                der_writer_init(&writer, out, sizeof out);
                x509_put_algorithm(&writer, &algorithm);
                assert_true(der_finish(&writer, &length));
                struct der_reader reader;
                der_reader_init(&reader, out, length, &fault);
                assert_int_equal(x509_read_algorithm(&reader, &back, NULL), CERTIFICATE_OK);
                assert_true(der_end(&reader));
                assert_int_equal(back.pss, algorithm.pss);
                assert_ptr_equal(back.hash, algorithm.hash);
                assert_ptr_equal(back.mgf1_hash, algorithm.mgf1_hash);
                assert_int_equal(back.salt_length, algorithm.salt_length);
                assert_true(x509_algorithm_known(back.hash));
                cases++;
            }
        }
    }
    assert_int_equal(cases, 5 * (5 * 7 + 1));
    assert_false(x509_algorithm_known(hash_find("md5")));
    assert_false(x509_algorithm_known(NULL));
    // SHA-1 throughout and 20 bytes of salt: an empty SEQUENCE.
    struct x509_algorithm algorithm;
    struct der_reader reader = reader_of("30 0d " PSS " 30 00");
    assert_int_equal(x509_read_algorithm(&reader, &algorithm, NULL), CERTIFICATE_OK);
    assert_string_equal(algorithm.hash->name, "sha1");
    assert_string_equal(algorithm.mgf1_hash->name, "sha1");
    assert_int_equal(algorithm.salt_length, 20);
}

static void algorithms_are_strict(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        enum certificate_error expected;
        enum der_error der;
    } vectors[] = {
        // NULL, or nothing (RFC 4055, 2.1 and 5)
        {"30 0d 06 09 2a 86 48 86 f7 0d 01 01 0b 05 00", CERTIFICATE_OK, DER_OK},
        {"30 0b 06 09 2a 86 48 86 f7 0d 01 01 0b", CERTIFICATE_OK, DER_OK},
        {"30 0e 06 09 2a 86 48 86 f7 0d 01 01 0b 05 01 00", CERTIFICATE_DER, DER_NULL_NOT_EMPTY},
        {"30 0f 06 09 2a 86 48 86 f7 0d 01 01 0b 05 00 05 00", CERTIFICATE_DER, DER_TRAILING},
        {"30 0d 06 09 2a 86 48 86 f7 0d 01 01 0b 30 00", CERTIFICATE_DER, DER_UNEXPECTED_TAG},
        {"30 0d 06 09 2a 86 48 86 f7 0d 01 01 04 05 00", CERTIFICATE_ALGORITHM,
         DER_OK}, // md5WithRSAEncryption
        {"30 0d 06 09 2a 86 48 86 f7 0d 01 01 01 05 00", CERTIFICATE_ALGORITHM, DER_OK}, // rsaEncryption
        {"30 0a 06 08 2a 86 48 ce 3d 04 03 02", CERTIFICATE_ALGORITHM, DER_OK},          // ecdsa-with-SHA256
        {"31 00", CERTIFICATE_DER, DER_UNEXPECTED_TAG},
        {"30 00", CERTIFICATE_DER, DER_MISSING},
        // PSS
        {"30 0b " PSS, CERTIFICATE_DER, DER_MISSING},
        {"30 0d " PSS " 05 00", CERTIFICATE_DER, DER_UNEXPECTED_TAG},
        {"30 0f " PSS " 30 00 05 00", CERTIFICATE_DER, DER_TRAILING},
        {"30 1a " PSS " 30 0d a0 0b " SHA1, CERTIFICATE_DER, DER_DEFAULT_WRITTEN},
        {"30 27 " PSS " 30 1a a1 18 30 16 " MGF1 " " SHA1, CERTIFICATE_DER, DER_DEFAULT_WRITTEN},
        {"30 12 " PSS " 30 05 a2 03 02 01 14", CERTIFICATE_DER, DER_DEFAULT_WRITTEN},
        {"30 12 " PSS " 30 05 a2 03 02 01 ff", CERTIFICATE_DER, DER_INTEGER_NEGATIVE},
        {"30 12 " PSS " 30 05 a3 03 02 01 01", CERTIFICATE_OK, DER_OK}, // the default that must be taken
        {"30 12 " PSS " 30 05 a3 03 02 01 02", CERTIFICATE_ALGORITHM, DER_OK},
        {"30 12 " PSS " 30 05 a3 03 02 01 00", CERTIFICATE_ALGORITHM, DER_OK},
        {"30 17 " PSS " 30 0a a3 03 02 01 01 a2 03 02 01 20", CERTIFICATE_DER, DER_TRAILING},
        {"30 14 " PSS " 30 07 a2 05 02 01 20 05 00", CERTIFICATE_DER, DER_TRAILING},
        {"30 14 " PSS " 30 07 a3 05 02 01 01 05 00", CERTIFICATE_DER, DER_TRAILING},
        {"30 12 " PSS " 30 05 a4 03 02 01 01", CERTIFICATE_DER, DER_TRAILING},
        {"30 20 " PSS " 30 13 a0 11 " SHA256 " 05 00", CERTIFICATE_DER, DER_TRAILING},
        {"30 1c " PSS " 30 0f a0 0d 30 0b 06 09 60 86 48 01 65 03 04 02 01", CERTIFICATE_OK,
         DER_OK}, // no NULL
        {"30 1e " PSS " 30 11 a0 0f 30 0d 06 09 60 86 48 01 65 03 04 02 09 05 00", CERTIFICATE_ALGORITHM,
         DER_OK},
        {"30 2b " PSS " 30 1e a1 1c 30 1a 06 09 2a 86 48 86 f7 0d 01 01 09 " SHA256, CERTIFICATE_ALGORITHM,
         DER_OK},
        {"30 2d " PSS " 30 20 a1 1e 30 1c " MGF1 " " SHA256 " 05 00", CERTIFICATE_DER, DER_TRAILING},
        {"30 2d " PSS " 30 20 a1 1e 30 1a " MGF1 " " SHA256 " 05 00", CERTIFICATE_DER, DER_TRAILING},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct x509_algorithm algorithm = {0};
        struct parse_error where = {.reason = ""};
        struct der_reader reader = reader_of(vectors[i].hex);
        size_t end = reader.end;
        enum certificate_error error = x509_read_algorithm(&reader, &algorithm, &where);
        // A case whose outer lengths do not fit would be refused for that and test nothing.
        assert_int_equal(memory[1] + 2, end);
        if (error != vectors[i].expected || (error != CERTIFICATE_OK && fault.error != vectors[i].der)) {
            fail_msg("%s: %s, %s", vectors[i].hex, certificate_error_name(error),
                     der_error_text(fault.error));
        }
        assert_int_equal(error == CERTIFICATE_OK, where.reason[0] == '\0');
    }
    struct parse_error where;
    struct x509_algorithm algorithm;
    struct der_reader reader = reader_of("30 0d 06 09 2a 86 48 86 f7 0d 01 01 04 05 00");
    assert_int_equal(x509_read_algorithm(&reader, &algorithm, &where), CERTIFICATE_ALGORITHM);
    assert_string_equal(where.reason, "the signature algorithm 1.2.840.113549.1.1.4 is not known here");
    assert_int_equal(where.offset, 4);
}

// --- names of people ---------------------------------------------------------------------------------------------

static struct x509_span name_of(const char *hex) {
    struct x509_span name;
    struct der_reader reader = reader_of(hex);
    assert_int_equal(x509_read_name(&reader, &name, true, NULL), CERTIFICATE_OK);
    assert_true(der_end(&reader));
    return name;
}

static void assert_name(const char *hex, const char *expected) {
    char text[X509_NAME_TEXT_SIZE], small[X509_NAME_TEXT_SIZE];
    struct x509_span name = name_of(hex);
    assert_true(x509_name_text(text, sizeof text, name));
    assert_string_equal(text, expected);
    for (size_t size = 0; size <= strlen(expected); size++) {
        assert_false(x509_name_text(small, size, name));
    }
    assert_true(x509_name_text(small, strlen(expected) + 1, name));
}

static void names_as_text(void **state) {
    (void)state;
    // The worked example.
    assert_name("30 2c 31 0b 30 09 06 03 550406 13 02 5345 31 0e 30 0c 06 03 55040a 0c 05 41636d652e"
                "31 0d 30 0b 06 03 550403 0c 04 526f6f74",
                "C=SE, O=Acme., CN=Root");
    assert_name("30 00", "");
    // Two attributes in one set; one of an unknown type.
    assert_name("30 16 31 14 30 08 06 03 550403 0c 01 61 30 08 06 03 55040b 0c 01 62", "CN=a + OU=b");
    assert_name("30 0b 31 09 30 07 06 02 2a03 0c 01 61", "1.2.3=a");
    assert_name("30 0f 31 0d 30 0b 06 03 550403 0c 04 61 20 7e 62", "CN=a ~b");
    // Control characters, NUL, a comma, a backslash, an escape sequence; UTF-8 stays, C1 controls and broken UTF-8 do not.
    assert_name("30 17 31 15 30 13 06 03 550403 0c 0c 61 00 0a 1b 5b 2c 5c 7f c3a9 c285",
                "CN=a\\00\\0a\\1b[\\2c\\5c\\7f\xc3\xa9\\c2\\85");
    assert_name("30 14 31 12 30 10 06 03 550403 0c 09 c0 80 ed a0 80 f4 90 80 80",
                "CN=\\c0\\80\\ed\\a0\\80\\f4\\90\\80\\80");
    assert_name("30 12 31 10 30 0e 06 03 550403 0c 07 e282ac f09f9880", "CN=\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_name("30 0d 31 0b 30 09 06 03 550403 13 02 c3a9", "CN=\\c3\\a9"); // not UTF-8 by its type
    assert_name("30 0d 31 0b 30 09 06 03 550403 0c 02 61 c3", "CN=a\\c3");   // ends inside a character

    struct x509_certificate certificate = {
        .subject = name_of("30 24 31 0a 30 08 06 03 550403 0c 01 61 31 0a 30 08 06 03 55040a 0c 01 62"
                           "31 0a 30 08 06 03 550403 0c 01 63")};
    char text[8];
    assert_true(x509_common_name(text, sizeof text, &certificate));
    assert_string_equal(text, "c"); // the last one
    certificate.subject = name_of("30 0c 31 0a 30 08 06 03 55040a 0c 01 62");
    assert_false(x509_common_name(text, sizeof text, &certificate));
}

static void names_are_strict(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        enum certificate_error expected;
    } bad[] = {
        {"31 00", CERTIFICATE_DER},
        {"30 02 31 00", CERTIFICATE_DER},                                   // an empty set
        {"30 04 31 02 30 00", CERTIFICATE_DER},                             // an attribute of nothing
        {"30 09 31 07 30 05 06 03 550403", CERTIFICATE_DER},                // no value
        {"30 0e 31 0c 30 0a 06 03 550403 0c 01 61 05 00", CERTIFICATE_DER}, // two values
        {"30 0c 31 0a 30 08 04 03 550403 0c 01 61", CERTIFICATE_DER},       // no object identifier
        {"30 0c 30 0a 30 08 06 03 550403 0c 01 61", CERTIFICATE_DER},       // a sequence in place of the set
        {"30 16 31 14 30 08 06 03 55040b 0c 01 62 30 08 06 03 550403 0c 01 61",
         CERTIFICATE_NAME}, // out of order
        {"30 16 31 14 30 08 06 03 550403 0c 01 61 30 08 06 03 550403 0c 01 61",
         CERTIFICATE_NAME}, // twice the same
        {"30 22 31 14 30 08 06 03 550403 0c 01 61 30 08 06 03 550403 0c 01 61 31 0a 30 08 06 03 550403 0c 01 "
         "61",
         CERTIFICATE_NAME}, // the same with something behind it
        {"30 0d 31 0a 30 08 06 03 550403 0c 01 61 00", CERTIFICATE_DER},
        {"30 00", CERTIFICATE_NAME}, // only a subject may be empty
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct x509_span name;
        struct der_reader reader = reader_of(bad[i].hex);
        struct parse_error where = {.reason = ""};
        enum certificate_error error = x509_read_name(&reader, &name, false, &where);
        if (error != bad[i].expected || where.reason[0] == '\0') {
            fail_msg("%s: %s", bad[i].hex, certificate_error_name(error));
        }
    }
}

static void utf8(void **state) {
    (void)state;
    size_t length;
    assert_true(x509_utf8_length("", &length) && length == 0);
    assert_true(x509_utf8_length("abc", &length) && length == 3);
    assert_true(x509_utf8_length(
        "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", &length));
    assert_int_equal(length, 7);
    assert_true(x509_utf8_length("\xed\x9f\xbf\xee\x80\x80", &length) &&
                length == 2); // around the surrogates
    static const char *const bad[] = {"\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2z",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xe2\x82",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(x509_utf8_length(bad[i], &length));
    }
}

// --- names of machines -------------------------------------------------------------------------------------------

static void host_names(void **state) {
    (void)state;
    static const char *const good[] = {"a",       "www.example.org", "WWW.EXAMPLE.ORG",
                                       "x_y-z.1", "*.example.org",   "1.2.3.4"};
    static const char *const bad[] = {"",    ".",   "a.",    ".a",   "a..b", "*",   "a*.b", "*a.b", "a.*.b",
                                      "a b", "a/b", "a\x80", "**.b", "a:b",  "a@b", "[",    "`",    "{"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(x509_is_host_name((struct x509_span){(const uint8_t *)good[i], strlen(good[i])}));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(x509_is_host_name((struct x509_span){(const uint8_t *)bad[i], strlen(bad[i])}));
    }
    assert_false(x509_is_host_name((struct x509_span){(const uint8_t *)"a\0b", 3}));
}

// Does a certificate with these names (as GeneralNames contents) match?
static bool matches(const char *hex, const char *wanted) {
    struct der_reader reader = reader_of(hex);
    struct x509_certificate certificate = {.alternative_names = {memory, reader.end}};
    assert_true(x509_read_general_names(&reader));
    return x509_matches_name(&certificate, wanted);
}

#define WWW  "82 0f 7777772e6578616d706c652e6f7267" // www.example.org
#define STAR "82 0d 2a2e6578616d706c652e6f7267"     // *.example.org

static void matching_a_name(void **state) {
    (void)state;
    static const struct {
        const char *names, *wanted;
        bool match;
    } vectors[] = {
        {WWW, "www.example.org", true},
        {WWW, "WWW.Example.ORG", true},
        {WWW, "ww.example.org", false},
        {WWW, "www.example.or", false},
        {WWW, "www.example.orgx", false},
        {WWW, "example.org", false},
        {WWW, "", false},
        {WWW, "www.example.org.", false},
        {STAR, "www.example.org", true},
        {STAR, "WWW.EXAMPLE.ORG", true},
        {STAR, "a.b.example.org", false},
        {STAR, "example.org", false},
        {STAR, ".example.org", false},
        {STAR, "*.example.org", false},
        {STAR, "www.example.com", false},
        {STAR, "xexample.org", false},
        {STAR WWW, "ftp.example.org", true},
        {"82 05 2a2e6f7267", "example.org", false}, // *.org
        {"82 01 61" WWW, "www.example.org", true},
        {"82 01 61" WWW, "b", false},
        // addresses
        {"87 04 c0000201", "192.0.2.1", true},
        {"87 04 c0000201", "192.0.2.2", false},
        {"82 09 3139322e302e322e31", "192.0.2.1", false}, // a dNSName that looks like one
        {"87 10 20010db8000000000000000000000001", "2001:db8::1", true},
        {"87 10 20010db8000000000000000000000001", "2001:0DB8:0:0:0:0:0:1", true},
        {"87 10 20010db8000000000000000000000001", "2001:db8::2", false},
        {"87 04 c0000201"
         "87 04 c0000202",
         "192.0.2.2", true},
        {"86 0f 7777772e6578616d706c652e6f7267", "www.example.org", false}, // a URI
        {"81 0f 7777772e6578616d706c652e6f7267", "www.example.org", false}, // an email address
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        if (matches(vectors[i].names, vectors[i].wanted) != vectors[i].match) {
            fail_msg("%s in %s", vectors[i].wanted, vectors[i].names);
        }
    }
    struct x509_certificate nothing = {.path_length = 0};
    assert_false(x509_matches_name(&nothing, "www.example.org"));
}

static void general_names_are_strict(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        enum der_error error;
        size_t offset;
    } bad[] = {
        {"", DER_MISSING, 0},
        {"82 00", DER_STRING_VALUE, 0},             // an empty host name
        {"82 03 61 00 62", DER_STRING_VALUE, 0},    // a NUL in it
        {"82 01 61 82 01 20", DER_STRING_VALUE, 3}, // a space in the second
        {"87 05 0102030405", DER_STRING_VALUE, 0},
        {"87 08 0102030405060708", DER_STRING_VALUE, 0}, // address and mask: for name constraints only
        {"87 00", DER_STRING_VALUE, 0},
        {"a2 01 61", DER_UNEXPECTED_TAG, 0}, // constructed, and should not be
        {"84 00", DER_UNEXPECTED_TAG, 0},    // primitive, and should not be
        {"89 00", DER_UNEXPECTED_TAG, 0},    // [9] does not exist
        {"82 02 61", DER_TRUNCATED, 3},
        {"0c 01 61", DER_UNEXPECTED_TAG, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct der_reader reader = reader_of(bad[i].hex);
        assert_false(x509_read_general_names(&reader));
        if (fault.error != bad[i].error || fault.offset != bad[i].offset) {
            fail_msg("%s: %s at %zu", bad[i].hex, der_error_text(fault.error), fault.offset);
        }
    }
    struct der_reader reader = reader_of("a0 00 81 00 82 01 61 a3 00 a4 00 a5 00 86 00 87 04 01020304 88 00");
    struct x509_certificate certificate = {.alternative_names = {memory, reader.end}};
    struct x509_general_name name;
    assert_true(x509_read_general_names(&reader));
    size_t position = 0;
    for (int kind = GENERAL_NAME_OTHER; kind <= GENERAL_NAME_REGISTERED_ID; kind++) {
        assert_true(x509_next_alternative_name(&certificate, &position, &name));
        assert_int_equal(name.kind, kind);
    }
    assert_false(x509_next_alternative_name(&certificate, &position, &name));
}

static void assert_address(const char *text) {
    uint8_t ours[16] = {0}, theirs[16] = {0};
    size_t octets = x509_address_octets(ours, text);
    size_t expected = inet_pton(AF_INET, text, theirs) == 1    ? 4
                      : inet_pton(AF_INET6, text, theirs) == 1 ? 16
                                                               : 0;
    if (octets != expected || memcmp(ours, theirs, octets) != 0) {
        fail_msg("%s: %zu octets, inet_pton %zu", text, octets, expected);
    }
}

// Addresses as inet_pton takes them, but for the form of IPv6 that ends in an IPv4 address.
static void addresses(void **state) {
    (void)state;
    static const char *const texts[] = {"0.0.0.0",
                                        "255.255.255.255",
                                        "192.0.2.1",
                                        "256.0.0.1",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "01.2.3.4",
                                        "1.2.3.04",
                                        "1.2.3.09",
                                        "00.2.3.4",
                                        "1.2.3.4 ",
                                        "",
                                        "1..2.3",
                                        "1.2.3.",
                                        ".1.2.3",
                                        "1.2.3.a",
                                        "0.0.0.00",
                                        "10.20.30.40",
                                        "1234.1.1.1",
                                        "-1.2.3.4",
                                        "::",
                                        "::1",
                                        "1::",
                                        "1::8",
                                        "1:2:3:4:5:6:7:8",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7::",
                                        "::2:3:4:5:6:7:8",
                                        "1::3:4:5:6:7:8",
                                        "1:2:3:4::5:6:7:8:9",
                                        ":1",
                                        "1:",
                                        ":::",
                                        "1:::2",
                                        "1::2::3",
                                        ":",
                                        "g::",
                                        "12345::",
                                        "ffff::FFFF",
                                        "2001:db8::1",
                                        "::ffff",
                                        "1:2::",
                                        "0:0:0:0:0:0:0:0",
                                        "1:2:3:4:5:6:7:",
                                        ":1:2:3:4:5:6:7",
                                        "fe80::1%eth0",
                                        "1 ::2"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_address(texts[i]);
    }
    static const char letters[] = "0123456789abcf:::::...";
    struct test_random random;
    test_random_seed(&random, 4291);
    size_t taken = 0;
    for (int i = 0; i < 200000; i++) {
        char text[24];
        size_t length = test_random_below(&random, 18);
        for (size_t j = 0; j < length; j++) {
            text[j] = letters[test_random_below(&random, sizeof letters - 1)];
        }
        text[length] = '\0';
        if (strchr(text, ':') == NULL || strchr(text, '.') == NULL) {
            assert_address(text);
            uint8_t octets[16];
            taken += x509_address_octets(octets, text) > 0;
        }
    }
    assert_true(taken > 100);
    uint8_t octets[16];
    assert_int_equal(x509_address_octets(octets, "::ffff:192.0.2.1"), 0);
    for (int i = 0; i < 2000; i++) { // whatever inet_ntop writes
        uint8_t address[16];
        char text[64];
        test_random_bytes(&random, address, 16);
        size_t from = 2 * test_random_below(&random, 8); // a run of zeros, for the "::"
        memset(address + from, 0, 2 * test_random_below(&random, (16 - from) / 2 + 1));
        assert_non_null(inet_ntop(AF_INET6, address, text, sizeof text));
        if (strchr(text, '.') == NULL) {
            assert_address(text);
        }
        assert_non_null(inet_ntop(AF_INET, address, text, sizeof text));
        assert_address(text);
    }
}

static void errors_have_words_and_texts(void **state) {
    (void)state;
    for (enum certificate_error i = CERTIFICATE_OK; i < CERTIFICATE_ERRORS; i++) {
        assert_non_null(certificate_error_name(i));
        assert_non_null(certificate_error_text(i));
        for (enum certificate_error j = CERTIFICATE_OK; j < i; j++) {
            assert_string_not_equal(certificate_error_name(i), certificate_error_name(j));
            assert_string_not_equal(certificate_error_text(i), certificate_error_text(j));
        }
    }
    assert_string_equal(certificate_error_name(CERTIFICATE_ERRORS), "unknown");
    assert_string_equal(certificate_error_text(CERTIFICATE_ERRORS), "unknown error of a certificate");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_seconds),
        cmocka_unit_test(same_as_libc),
        cmocka_unit_test(times_are_strict),
        cmocka_unit_test(times_are_written_as_the_standard_says),
        cmocka_unit_test(the_worked_example_of_pss),
        cmocka_unit_test(algorithms_both_ways),
        cmocka_unit_test(algorithms_are_strict),
        cmocka_unit_test(names_as_text),
        cmocka_unit_test(names_are_strict),
        cmocka_unit_test(utf8),
        cmocka_unit_test(host_names),
        cmocka_unit_test(matching_a_name),
        cmocka_unit_test(general_names_are_strict),
        cmocka_unit_test(addresses),
        cmocka_unit_test(errors_have_words_and_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
