// protocols/der: one value, one encoding; everything else is refused at the right byte.
#include "tests/support.h"

#include "protocols/der.h"

#include "bignum/encoding.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

// A reader over hex text, in memory of the exact size.
static uint8_t *memory;
static struct der_fault fault;
static struct der_reader reader_of(const char *hex) {
    uint8_t bytes[256];
    size_t length = from_hex(bytes, sizeof bytes, hex);
    free(memory);
    memory = malloc(length + 1);
    assert_non_null(memory);
    uint8_t *exact = realloc(memory, length > 0 ? length : 1);
    assert_non_null(exact);
    memory = exact;
    memcpy(memory, bytes, length);
    struct der_reader reader;
    der_reader_init(&reader, memory, length, &fault);
    return reader;
}

static void the_worked_example(void **state) {
    (void)state;
    struct der_reader reader = reader_of("30 09 02 03 01 00 01 02 02 00 80");
    struct der_reader inner;
    mpz_t first, second;
    mpz_inits(first, second, NULL);
    assert_int_equal(der_peek(&reader), DER_SEQUENCE);
    assert_true(der_enter(&reader, DER_SEQUENCE, &inner));
    assert_int_equal(der_peek(&inner), DER_INTEGER);
    assert_true(der_integer(&inner, first, 3) && der_integer(&inner, second, 1));
    assert_true(der_end(&inner) && der_end(&reader));
    assert_int_equal(der_peek(&inner), -1);
    assert_int_equal(mpz_get_ui(first), 65537);
    assert_int_equal(mpz_get_ui(second), 128);

    uint8_t out[11];
    size_t length;
    struct der_writer writer;
    der_writer_init(&writer, out, sizeof out);
    der_put_integer(&writer, second);
    der_put_integer(&writer, first);
    der_put_header(&writer, DER_SEQUENCE, sizeof out);
    assert_true(der_finish(&writer, &length));
    assert_bytes_equal(out, length, "30 09 02 03 01 00 01 02 02 00 80");
    mpz_clears(first, second, NULL);
}

static void integers_have_one_encoding(void **state) {
    (void)state;
    mpz_t value, back;
    mpz_inits(value, back, NULL);
    static const struct {
        unsigned long value;
        const char *der;
    } vectors[] = {{0, "02 01 00"},        {1, "02 01 01"},           {127, "02 01 7f"},
                   {128, "02 02 00 80"},   {255, "02 02 00 ff"},      {256, "02 02 01 00"},
                   {32767, "02 02 7f ff"}, {32768, "02 03 00 80 00"}, {65537, "02 03 01 00 01"}};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t out[16];
        size_t length;
        struct der_writer writer;
        der_writer_init(&writer, out, sizeof out);
        mpz_set_ui(value, vectors[i].value);
        der_put_integer(&writer, value);
        assert_true(der_finish(&writer, &length));
        assert_bytes_equal(out, length, vectors[i].der);
        struct der_reader reader = reader_of(vectors[i].der);
        assert_true(der_integer(&reader, back, 3) && der_end(&reader));
        assert_int_equal(mpz_cmp(value, back), 0);
    }
    mpz_clears(value, back, NULL);
}

// Random integers of all sizes: our DER is libcrypto's, and reads back.
static void same_as_libcrypto(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 690);
    mpz_t value, back;
    mpz_inits(value, back, NULL);
    for (size_t i = 0; i < 600; i++) {
        uint8_t bytes[300], ours[320];
        size_t length = i % 300, ours_length;
        test_random_bytes(&random, bytes, length);
        bn_os2ip(value, bytes, length);
        struct der_writer writer;
        der_writer_init(&writer, ours, sizeof ours);
        der_put_integer(&writer, value);
        assert_true(der_finish(&writer, &ours_length));

        BIGNUM *number = BN_bin2bn(bytes, (int)length, NULL);
        ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(number, NULL);
        unsigned char *theirs = NULL;
        int theirs_length = i2d_ASN1_INTEGER(integer, &theirs);
        assert_int_equal(ours_length, theirs_length);
        assert_memory_equal(ours, theirs, ours_length);
        OPENSSL_free(theirs);
        ASN1_INTEGER_free(integer);
        BN_free(number);

        struct der_reader reader;
        der_reader_init(&reader, ours, ours_length, &fault);
        assert_true(der_integer(&reader, back, 300) && der_end(&reader));
        assert_int_equal(mpz_cmp(value, back), 0);
    }
    mpz_clears(value, back, NULL);
}

static void assert_integer_refused(const char *hex, enum der_error error, size_t offset) {
    struct der_reader reader = reader_of(hex);
    mpz_t value;
    mpz_init_set_ui(value, 77);
    assert_false(der_integer(&reader, value, 2));
    assert_int_equal(fault.error, error);
    assert_int_equal(fault.offset, offset);
    assert_int_equal(reader.position, 0);
    assert_int_equal(mpz_get_ui(value), 77);
    // The first fault stays.
    assert_false(der_fail(&reader, 1000, DER_TRAILING));
    assert_int_equal(fault.error, error);
    mpz_clear(value);
}

static void headers_are_strict(void **state) {
    (void)state;
    assert_integer_refused("", DER_MISSING, 0);
    assert_integer_refused("02", DER_TRUNCATED, 1);
    assert_integer_refused("02 01", DER_TRUNCATED, 2);
    assert_integer_refused("02 02 05", DER_TRUNCATED, 3);
    assert_integer_refused("02 80 05 00 00", DER_INDEFINITE, 1);
    assert_integer_refused("02 81", DER_TRUNCATED, 2);
    assert_integer_refused("02 81 01 05", DER_LENGTH_NOT_MINIMAL, 1);
    assert_integer_refused("02 81 7f 05", DER_LENGTH_NOT_MINIMAL, 1);
    assert_integer_refused("02 81 80 05", DER_TRUNCATED, 4);
    assert_integer_refused("02 82 00 80 05", DER_LENGTH_NOT_MINIMAL, 1);
    assert_integer_refused("02 82 00 ff 05", DER_LENGTH_NOT_MINIMAL, 1);
    assert_integer_refused("02 82 01", DER_TRUNCATED, 3);
    assert_integer_refused("02 84 ff ff ff ff 05", DER_TRUNCATED, 7);
    assert_integer_refused("02 85 01 00 00 00 00 05", DER_LENGTH_TOO_LARGE, 1);
    assert_integer_refused("02 ff 05", DER_LENGTH_TOO_LARGE, 1);
    assert_integer_refused("1f 01 05", DER_HIGH_TAG, 0);
    assert_integer_refused("bf 1f 01 05", DER_HIGH_TAG, 0);
    assert_integer_refused("04 01 05", DER_UNEXPECTED_TAG, 0);
}

static void integers_are_strict(void **state) {
    (void)state;
    assert_integer_refused("02 00", DER_INTEGER_EMPTY, 2);
    assert_integer_refused("02 02 00 7f", DER_INTEGER_NOT_MINIMAL, 2);
    assert_integer_refused("02 02 00 00", DER_INTEGER_NOT_MINIMAL, 2);
    assert_integer_refused("02 02 ff 80", DER_INTEGER_NOT_MINIMAL, 2);
    assert_integer_refused("02 01 80", DER_INTEGER_NEGATIVE, 2);
    assert_integer_refused("02 02 ff 7f", DER_INTEGER_NEGATIVE, 2);
    assert_integer_refused("02 03 01 00 00", DER_INTEGER_TOO_LARGE, 2);
    struct der_reader reader = reader_of("02 03 00 ff ff"); // the sign byte does not count
    unsigned small;
    assert_true(der_small(&reader, &small) && der_end(&reader));
    assert_int_equal(small, 65535);
    reader = reader_of("02 03 01 00 00");
    assert_false(der_small(&reader, &small));
}

static void other_types_are_strict(void **state) {
    (void)state;
    struct der_reader inner;
    const uint8_t *span;
    size_t length;
    bool yes = false;

    struct der_reader reader = reader_of("05 00");
    assert_true(der_null(&reader) && der_end(&reader));
    reader = reader_of("05 01 00");
    assert_false(der_null(&reader));
    assert_int_equal(fault.error, DER_NULL_NOT_EMPTY);

    reader = reader_of("01 01 ff 01 01 00");
    assert_true(der_boolean(&reader, &yes) && yes);
    assert_true(der_boolean(&reader, &yes) && !yes && der_end(&reader));
    for (size_t i = 0; i < 3; i++) {
        reader = reader_of(((const char *[]){"01 01 01", "01 00", "01 02 ff ff"})[i]);
        assert_false(der_boolean(&reader, &yes));
        assert_int_equal(fault.error, DER_BOOLEAN_VALUE);
        assert_int_equal(fault.offset, 2);
    }

    reader = reader_of("03 03 00 aa bb");
    assert_true(der_bit_string_bytes(&reader, &inner) && der_end(&reader));
    assert_int_equal(inner.position, 3);
    assert_int_equal(inner.end, 5);
    for (size_t i = 0; i < 2; i++) {
        reader = reader_of(((const char *[]){"03 00", "03 02 01 fe"})[i]);
        assert_false(der_bit_string_bytes(&reader, &inner));
        assert_int_equal(fault.error, DER_BIT_STRING_UNUSED);
    }

    reader = reader_of("04 02 aa bb 30 00");
    assert_true(der_element(&reader, DER_OCTET_STRING, &span, &length));
    assert_bytes_equal(span, length, "aa bb");
    assert_true(der_any(&reader, &span, &length));
    assert_bytes_equal(span, length, "30 00");
    assert_true(der_end(&reader));
    assert_false(der_any(&reader, &span, &length));
    assert_int_equal(fault.error, DER_MISSING);

    reader = reader_of("04 00 00");
    assert_true(der_octet_string(&reader, &inner) && der_end(&inner));
    assert_false(der_end(&reader));
    assert_int_equal(fault.error, DER_TRAILING);
    assert_int_equal(fault.offset, 2);

    // An inner element may not reach beyond what contains it, even where bytes follow.
    reader = reader_of("30 03 04 02 aa bb");
    assert_true(der_enter(&reader, DER_SEQUENCE, &inner));
    assert_false(der_enter(&inner, DER_OCTET_STRING, NULL));
    assert_int_equal(fault.error, DER_TRUNCATED);
    assert_int_equal(fault.offset, 5);
}

// keyUsage's kind of bit string, both ways: libcrypto agrees on what the bytes are.
static void named_bits(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 512; bits++) {
        uint8_t out[8];
        size_t length;
        unsigned back = 1000;
        struct der_writer writer;
        der_writer_init(&writer, out, sizeof out);
        der_put_named_bits(&writer, bits);
        assert_true(der_finish(&writer, &length));
        ASN1_BIT_STRING *theirs = ASN1_BIT_STRING_new();
        for (int i = 0; i < 9; i++) {
            assert_int_equal(ASN1_BIT_STRING_set_bit(theirs, i, (int)(bits >> i & 1)), 1);
        }
        unsigned char *der = NULL;
        int der_length = i2d_ASN1_BIT_STRING(theirs, &der);
        assert_int_equal(length, der_length);
        assert_memory_equal(out, der, length);
        OPENSSL_free(der);
        ASN1_BIT_STRING_free(theirs);
        struct der_reader reader;
        der_reader_init(&reader, out, length, &fault);
        assert_true(der_named_bits(&reader, &back, 9) && der_end(&reader));
        assert_int_equal(back, bits);
    }
    // Nothing behind the element counts; and fewer names than the first byte has bits.
    struct der_reader followed = reader_of("03 02 07 80 ff ff");
    unsigned first = 0;
    assert_true(der_named_bits(&followed, &first, 9) && first == 1);
    followed = reader_of("03 02 04 10");
    assert_true(der_named_bits(&followed, &first, 4) && first == 8);
    followed = reader_of("03 02 03 08");
    assert_false(der_named_bits(&followed, &first, 4));
    assert_int_equal(fault.error, DER_NAMED_BITS);
    static const struct {
        const char *der;
        enum der_error error;
    } bad[] = {{"03 00", DER_BIT_STRING_UNUSED},       {"03 01 01", DER_BIT_STRING_UNUSED},
               {"03 02 08 80", DER_BIT_STRING_UNUSED}, {"03 02 07 81", DER_BIT_STRING_UNUSED},
               {"03 02 00 80", DER_NAMED_BITS},        {"03 02 07 00", DER_NAMED_BITS},
               {"03 03 07 80 00", DER_NAMED_BITS},     {"03 03 06 80 40", DER_NAMED_BITS},
               {"03 04 07 00 00 80", DER_NAMED_BITS},  {"04 02 07 80", DER_UNEXPECTED_TAG}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct der_reader reader = reader_of(bad[i].der);
        unsigned bits = 77;
        assert_false(der_named_bits(&reader, &bits, 9));
        assert_int_equal(fault.error, bad[i].error);
        assert_int_equal(bits, 77);
        assert_int_equal(reader.position, 0);
    }
}

// A default value is left out, or refused; small integers and TRUE as libcrypto writes them.
static void defaults_and_small_values(void **state) {
    (void)state;
    bool yes = true;
    struct der_reader reader = reader_of("05 00");
    assert_true(der_optional_true(&reader, &yes) && !yes && der_null(&reader));
    reader = reader_of("01 01 ff");
    assert_true(der_optional_true(&reader, &yes) && yes && der_end(&reader));
    reader = reader_of("01 01 00");
    assert_false(der_optional_true(&reader, &yes));
    assert_int_equal(fault.error, DER_DEFAULT_WRITTEN);
    assert_int_equal(reader.position, 0);
    reader = reader_of("01 01 01");
    assert_false(der_optional_true(&reader, &yes));
    assert_int_equal(fault.error, DER_BOOLEAN_VALUE);

    uint8_t out[8];
    size_t length;
    struct der_writer writer;
    der_writer_init(&writer, out, sizeof out);
    der_put_true(&writer);
    der_put_small(&writer, 200);
    assert_true(der_finish(&writer, &length));
    assert_bytes_equal(out, length, "02 02 00 c8 01 01 ff");
}

static void object_identifiers(void **state) {
    (void)state;
    static const struct {
        const char *der, *text;
    } vectors[] = {{"06 09 2a 86 48 86 f7 0d 01 01 01", "1.2.840.113549.1.1.1"},
                   {"06 03 2b 65 70", "1.3.101.112"},
                   {"06 01 00", "0.0"},
                   {"06 01 27", "0.39"},
                   {"06 01 28", "1.0"},
                   {"06 01 4f", "1.39"},
                   {"06 01 50", "2.0"},
                   {"06 03 88 37 03", "2.999.3"}}; // X.690, 8.19.5's kind: 2.999 is (7 bits) 88 37
    const uint8_t *oid;
    size_t length;
    char text[64];
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct der_reader reader = reader_of(vectors[i].der);
        assert_true(der_oid(&reader, &oid, &length) && der_end(&reader));
        assert_true(der_oid_text(text, sizeof text, oid, length));
        assert_string_equal(text, vectors[i].text);
        for (size_t size = 0; size <= strlen(text); size++) {
            char small[64];
            assert_false(der_oid_text(small, size, oid, length));
        }
    }
    static const char *const bad[] = {"06 00", "06 01 86", "06 02 2a 86", "06 03 2a 80 01", "06 02 80 01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct der_reader reader = reader_of(bad[i]);
        assert_false(der_oid(&reader, &oid, &length));
        assert_int_equal(fault.error, DER_OID_VALUE);
        assert_int_equal(fault.offset, 2);
    }
    uint8_t huge[12] = {0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    assert_false(der_oid_text(text, sizeof text, huge, sizeof huge));
}

// Lengths around every change of form, written and read back; a buffer one byte too small is noticed.
static void lengths_of_every_form(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, 127, 128, 129, 255, 256, 257, 65535, 65536, 70000};
    static const size_t headers[] = {2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t total = lengths[i] + headers[i], written;
        uint8_t *contents = calloc(lengths[i] + 1, 1), *out = malloc(total);
        assert_non_null(contents);
        assert_non_null(out);
        struct der_writer writer;
        der_writer_init(&writer, out, total);
        der_put_element(&writer, DER_OCTET_STRING, contents, lengths[i]);
        assert_true(der_finish(&writer, &written));
        assert_int_equal(written, total);
        struct der_reader reader, inner;
        der_reader_init(&reader, out, total, &fault);
        assert_true(der_octet_string(&reader, &inner) && der_end(&reader));
        assert_int_equal(inner.end - inner.position, lengths[i]);
        der_writer_init(&writer, out, total - 1);
        der_put_element(&writer, DER_OCTET_STRING, contents, lengths[i]);
        assert_false(der_finish(&writer, &written));
        free(contents);
        free(out);
    }
}

// Random bytes: whatever the reader takes, it takes without leaving its span, and always ends.
static void garbage(void **state) {
    (void)state;
    struct test_random random;
    test_random_seed(&random, 6900);
    size_t taken = 0;
    for (size_t i = 0; i < 200000; i++) {
        size_t length = test_random_below(&random, 24);
        uint8_t *bytes = malloc(length + 1);
        assert_non_null(bytes);
        test_random_bytes(&random, bytes, length);
        if (length > 1) {
            bytes[1] &= 0x8f;
        }
        struct der_reader reader;
        der_reader_init(&reader, bytes, length, &fault);
        const uint8_t *element;
        size_t element_length;
        while (der_any(&reader, &element, &element_length)) {
            assert_true(element >= bytes && element_length >= 2);
            assert_true((size_t)(element - bytes) + element_length <= length);
            taken++;
        }
        assert_true(fault.error != DER_OK && fault.offset <= length);
        free(bytes);
    }
    assert_true(taken > 1000);
}

static void every_error_has_a_text(void **state) {
    (void)state;
    for (enum der_error error = DER_OK; error <= DER_TIME_VALUE; error++) {
        assert_string_not_equal(der_error_text(error), "unknown DER error");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test(integers_have_one_encoding),
        cmocka_unit_test(same_as_libcrypto),
        cmocka_unit_test(headers_are_strict),
        cmocka_unit_test(integers_are_strict),
        cmocka_unit_test(other_types_are_strict),
        cmocka_unit_test(named_bits),
        cmocka_unit_test(defaults_and_small_values),
        cmocka_unit_test(object_identifiers),
        cmocka_unit_test(lengths_of_every_form),
        cmocka_unit_test(garbage),
        cmocka_unit_test(every_error_has_a_text),
    };
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    free(memory);
    return status;
}
