// The modes: the examples of SP 800-38A Appendix F in its own words, every way to cut a message, in place,
// clones, padding, wrong lengths, and what the comments say about each mode. That results are right on random
// input is the business of test_modes_openssl.c.

#include "ciphers/block/modes.h"
#include "ciphers/block/padding.h"
#include "tests/support.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 1200 };

// One way to run a cipher: every combination that makes sense.
struct setting {
    const struct block_cipher *cipher;
    enum cipher_mode mode;
    enum cipher_direction direction;
    enum cipher_padding padding;
};

static const uint8_t KEY[BLOCK_KEY_SIZE_MAX] = "a key for the tests of the modes";
static const uint8_t IV[BLOCK_SIZE_MAX] = "an IV for tests";

static bool takes_whole_blocks(const struct setting *setting) {
    return setting->mode == MODE_ECB || setting->mode == MODE_CBC;
}

static void start(struct cipher_context *context, const struct setting *setting) {
    assert_true(cipher_init(context, setting->cipher, setting->mode, setting->direction, setting->padding,
                            KEY, setting->cipher->key_size, IV,
                            setting->mode == MODE_ECB ? 0 : setting->cipher->block_size));
}

// The whole message in one call; false when the end is refused.
static bool at_once(const struct setting *setting, uint8_t *out, size_t *out_length, const uint8_t *in,
                    size_t length) {
    struct cipher_context context;
    size_t last;
    start(&context, setting);
    cipher_update(&context, out, out_length, in, length);
    bool good = cipher_final(&context, out + *out_length, &last);
    *out_length += last;
    return good;
}

// Calls `check` for every cipher, mode, direction and padding.
static void for_all_settings(void (*check)(const struct setting *setting)) {
    for (const struct block_cipher *cipher = block_ciphers; cipher->name != NULL; cipher++) {
        for (enum cipher_mode mode = MODE_ECB; mode <= MODE_CTR; mode++) {
            for (enum cipher_direction direction = CIPHER_ENCRYPT; direction <= CIPHER_DECRYPT; direction++) {
                check(&(struct setting){cipher, mode, direction, PADDING_NONE});
                if (mode == MODE_ECB || mode == MODE_CBC) {
                    check(&(struct setting){cipher, mode, direction, PADDING_PKCS7});
                }
            }
        }
    }
}

// An input of about `length` bytes that this setting accepts: whole blocks where needed, a valid ciphertext
// where there is padding. Gives its length.
static size_t acceptable_input(const struct setting *setting, uint8_t *in, size_t length) {
    struct test_random random;
    test_random_seed(&random, length + 1);
    test_random_bytes(&random, in, length);
    if (!takes_whole_blocks(setting)) {
        return length;
    }
    if (setting->padding == PADDING_NONE) {
        return length - length % setting->cipher->block_size;
    }
    if (setting->direction == CIPHER_ENCRYPT) {
        return length;
    }
    struct setting encrypting = *setting;
    encrypting.direction = CIPHER_ENCRYPT;
    uint8_t plaintext[LONGEST];
    memcpy(plaintext, in, length);
    assert_true(at_once(&encrypting, in, &length, plaintext, length));
    return length;
}

// --- Cuts --------------------------------------------------------------------------------------------------

static void check_every_split(const struct setting *setting) {
    size_t size = setting->cipher->block_size;
    uint8_t in[LONGEST], expected[LONGEST], out[LONGEST];
    for (size_t about = 0; about <= 3 * size + 1; about++) {
        size_t expected_length, given, length = acceptable_input(setting, in, about);
        assert_true(at_once(setting, expected, &expected_length, in, length));
        for (size_t split = 0; split <= length; split++) {
            struct cipher_context context;
            size_t out_length = 0;
            start(&context, setting);
            memset(out, 0x5a, sizeof out);
            cipher_update(&context, out, &given, in, split);
            out_length += given;
            cipher_update(&context, out + out_length, &given, in + split, length - split);
            out_length += given;
            assert_true(cipher_final(&context, out + out_length, &given));
            out_length += given;
            assert_int_equal(out_length, expected_length);
            assert_memory_equal(out, expected, out_length);
            assert_int_equal(out[out_length], 0x5a);
        }
        // Byte by byte, with empty pieces between.
        struct cipher_context context;
        size_t out_length = 0;
        start(&context, setting);
        for (size_t i = 0; i < length; i++) {
            cipher_update(&context, out + out_length, &given, in + i, 1);
            out_length += given;
            cipher_update(&context, out + out_length, &given, NULL, 0);
            assert_int_equal(given, 0);
        }
        assert_true(cipher_final(&context, out + out_length, &given));
        assert_int_equal(out_length + given, expected_length);
        assert_memory_equal(out, expected, expected_length);
    }
}

static void test_every_split(void **state) {
    (void)state;
    for_all_settings(check_every_split);
}

// The second piece in place, with every amount of the first still waiting in the context; short and over a
// batch.
static void check_in_place(const struct setting *setting) {
    size_t size = setting->cipher->block_size;
    uint8_t in[LONGEST], expected[LONGEST], out[LONGEST], buffer[LONGEST];
    const size_t lengths[] = {size,      2 * size + 3,  5 * size - 1, 5 * size,
                              33 * size, 34 * size + 5, 66 * size + 1};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t expected_length, given, length = acceptable_input(setting, in, lengths[i]);
        assert_true(at_once(setting, expected, &expected_length, in, length));
        for (size_t split = 0; split <= 2 * size + 1 && split <= length; split++) {
            struct cipher_context context;
            size_t out_length = 0;
            start(&context, setting);
            cipher_update(&context, out, &given, in, split);
            out_length += given;
            memcpy(buffer, in + split, length - split);
            cipher_update(&context, buffer, &given, buffer, length - split);
            memcpy(out + out_length, buffer, given);
            out_length += given;
            assert_true(cipher_final(&context, buffer, &given));
            memcpy(out + out_length, buffer, given);
            out_length += given;
            assert_int_equal(out_length, expected_length);
            assert_memory_equal(out, expected, out_length);
        }
    }
}

static void test_in_place(void **state) {
    (void)state;
    for_all_settings(check_in_place);
}

static void check_clone(const struct setting *setting) {
    size_t size = setting->cipher->block_size;
    uint8_t in[LONGEST], expected[LONGEST], out[2][LONGEST];
    size_t expected_length, length = acceptable_input(setting, in, 4 * size + 3);
    assert_true(at_once(setting, expected, &expected_length, in, length));
    for (size_t split = 0; split <= length; split++) {
        struct cipher_context context[2];
        size_t first, second, third;
        start(&context[0], setting);
        cipher_update(&context[0], out[0], &first, in, split);
        context[1] = context[0];
        memcpy(out[1], out[0], first);
        for (unsigned i = 0; i < 2; i++) { // the first is finished and wiped before the clone goes on
            cipher_update(&context[i], out[i] + first, &second, in + split, length - split);
            assert_true(cipher_final(&context[i], out[i] + first + second, &third));
            assert_int_equal(first + second + third, expected_length);
            assert_memory_equal(out[i], expected, expected_length);
        }
        static const struct cipher_context wiped;
        assert_memory_equal(&context[0], &wiped, sizeof wiped);
    }
}

static void test_clone(void **state) {
    (void)state;
    for_all_settings(check_clone);
}

static void ignore_step(struct trace_sink *sink, const struct trace_step *step) {
    (void)sink;
    (void)step;
}

static void check_watched(const struct setting *setting) {
    uint8_t in[LONGEST], expected[LONGEST], out[LONGEST];
    size_t out_length, expected_length,
        length = acceptable_input(setting, in, 40 * setting->cipher->block_size + 3);
    assert_true(at_once(setting, expected, &expected_length, in, length));
    struct trace_sink sink = {.step = ignore_step};
    (void)trace_attach(&sink);
    bool good = at_once(setting, out, &out_length, in, length);
    (void)trace_attach(NULL);
    assert_true(good);
    assert_int_equal(sink.depth, 0);
    assert_int_equal(out_length, expected_length);
    assert_memory_equal(out, expected, out_length);
}

static void test_watching_changes_nothing(void **state) {
    (void)state;
    for_all_settings(check_watched);
}

// --- Lengths -----------------------------------------------------------------------------------------------

static void check_partial_blocks(const struct setting *setting) {
    size_t size = setting->cipher->block_size;
    uint8_t in[LONGEST] = {0}, out[LONGEST];
    bool any_length = !takes_whole_blocks(setting) ||
                      (setting->padding == PADDING_PKCS7 && setting->direction == CIPHER_ENCRYPT);
    for (size_t length = 0; length <= 3 * size; length++) {
        size_t given;
        struct cipher_context context;
        start(&context, setting);
        cipher_update(&context, out, &given, in, length);
        memset(out, 0x5a, sizeof out);
        bool good = cipher_final(&context, out, &given);
        if (any_length) {
            assert_true(good);
        } else if (setting->padding == PADDING_NONE) {
            assert_int_equal(good, length % size == 0);
        } else if (length % size != 0 || length == 0) {
            assert_false(good);
        }
        if (!good) {
            assert_int_equal(given, 0);
            assert_int_equal(out[0], 0x5a); // nothing is written
        }
        size_t pads = setting->padding == PADDING_PKCS7 && setting->direction == CIPHER_ENCRYPT ? size : 0;
        assert_true(setting->direction == CIPHER_DECRYPT || given == pads);
    }
}

static void test_partial_blocks(void **state) {
    (void)state;
    for_all_settings(check_partial_blocks);
}

// A padded ciphertext cut in the middle of a block. All blocks are equal and are padding from end to end, so whoever
// took what is left in the buffer from the block before for the missing bytes would find everything in order.
static void test_truncated_ciphertext(void **state) {
    (void)state;
    for (const struct block_cipher *cipher = block_ciphers; cipher->name != NULL; cipher++) {
        size_t size = cipher->block_size, given;
        uint8_t plaintext[48], ciphertext[48], out[64];
        struct setting encrypting = {cipher, MODE_ECB, CIPHER_ENCRYPT, PADDING_NONE};
        struct setting decrypting = {cipher, MODE_ECB, CIPHER_DECRYPT, PADDING_PKCS7};
        memset(plaintext, (int)size, sizeof plaintext);
        assert_true(at_once(&encrypting, ciphertext, &given, plaintext, 3 * size));
        for (size_t length = 0; length <= 3 * size; length++) {
            struct cipher_context context;
            start(&context, &decrypting);
            for (size_t i = 0; i < length; i++) {
                cipher_update(&context, out, &given, ciphertext + i, 1);
            }
            assert_int_equal(cipher_final(&context, out, &given), length > 0 && length % size == 0);
        }
    }
}

static void test_empty_message(void **state) {
    (void)state;
    uint8_t out[32];
    size_t given;
    const struct block_cipher *aes = block_cipher_find("aes-128");
    struct setting setting = {aes, MODE_CBC, CIPHER_ENCRYPT, PADDING_PKCS7};
    assert_true(at_once(&setting, out, &given, NULL, 0));
    assert_int_equal(given, 16);
    setting.direction = CIPHER_DECRYPT;
    assert_true(at_once(&setting, out, &given, out, 16));
    assert_int_equal(given, 0);
    setting.padding = PADDING_NONE;
    assert_true(at_once(&setting, out, &given, NULL, 0));
    assert_int_equal(given, 0);
}

static void check_init_lengths(const struct setting *setting) {
    const uint8_t zero[64] = {0};
    const struct block_cipher *cipher = setting->cipher;
    size_t iv_length = setting->mode == MODE_ECB ? 0 : cipher->block_size;
    for (size_t length = 0; length <= 64; length++) {
        struct cipher_context context;
        assert_int_equal(cipher_init(&context, cipher, setting->mode, setting->direction, setting->padding,
                                     zero, length, zero, iv_length),
                         length == cipher->key_size);
        assert_int_equal(cipher_init(&context, cipher, setting->mode, setting->direction, setting->padding,
                                     zero, cipher->key_size, zero, length),
                         length == iv_length);
    }
}

static void test_wrong_key_and_iv_lengths(void **state) {
    (void)state;
    for_all_settings(check_init_lengths);
    for (const struct block_cipher *cipher = block_ciphers; cipher->name != NULL; cipher++) {
        for (size_t length = 0; length <= 40; length++) {
            union block_key key;
            const uint8_t zero[40] = {0};
            assert_int_equal(cipher->set_key(&key, zero, length), length == cipher->key_size);
        }
    }
}

static void test_names(void **state) {
    (void)state;
    static const char *const names[] = {"ecb", "cbc", "cfb8", "cfb", "ofb", "ctr"};
    for (unsigned i = 0; i < 6; i++) {
        enum cipher_mode mode = MODE_ECB;
        assert_true(cipher_mode_find(&mode, names[i]));
        assert_int_equal(mode, i);
        assert_string_equal(cipher_mode_name(mode), names[i]);
    }
    enum cipher_mode mode;
    assert_false(cipher_mode_find(&mode, "gcm"));
    assert_false(cipher_mode_find(&mode, ""));
    assert_ptr_equal(block_cipher_find("aes-128"), &block_ciphers[0]);
    assert_int_equal(block_cipher_find("des-ede")->key_size, 16);
    assert_null(block_cipher_find("aes-12"));
    assert_null(block_cipher_find("aes-1280"));
}

// --- Padding -----------------------------------------------------------------------------------------------

// What RFC 5652 says, without haste: the last byte n is 1 to the block size and the last n bytes are n.
static bool unpad_by_the_book(const uint8_t *block, size_t *used, size_t size) {
    size_t n = block[size - 1];
    *used = 0;
    if (n < 1 || n > size) {
        return false;
    }
    for (size_t i = size - n; i < size; i++) {
        if (block[i] != n) {
            return false;
        }
    }
    *used = size - n;
    return true;
}

static void assert_unpads_alike(const uint8_t *block, size_t size) {
    size_t used = 99, expected;
    bool good = unpad_by_the_book(block, &expected, size);
    assert_int_equal(pkcs7_unpad(block, &used, size), good);
    assert_int_equal(used, expected);
}

// Every last byte, each with as many equal bytes before it as there can be, and every single byte of it
// wrong.
static void test_padding_check(void **state) {
    (void)state;
    unsigned accepted = 0;
    for (size_t size = 4; size <= 16; size *= 2) {
        for (unsigned last = 0; last < 256; last++) {
            for (size_t equal = 1; equal <= size; equal++) {
                uint8_t block[16];
                size_t used;
                memset(block, 0xee, sizeof block);
                memset(block + size - equal, (int)last, equal);
                assert_unpads_alike(block, size);
                accepted += pkcs7_unpad(block, &used, size);
                for (unsigned bit = 0; bit < 8 * size; bit++) {
                    block[bit / 8] ^= (uint8_t)(1U << bit % 8);
                    assert_unpads_alike(block, size);
                    block[bit / 8] ^= (uint8_t)(1U << bit % 8);
                }
            }
        }
    }
    assert_int_equal(accepted, 4 * 5 / 2 + 8 * 9 / 2 + 16 * 17 / 2);
}

static void test_padding_examples(void **state) {
    (void)state;
    size_t used;
    uint8_t alice[8] = "Alice", bitcoins[16] = "bitcoins";
    pkcs7_pad(alice, 5, 8);
    assert_bytes_equal(alice, 8, "41 6c 69 63 65 03 03 03");
    pkcs7_pad(bitcoins + 8, 0, 8);
    assert_bytes_equal(bitcoins, 16, "62 69 74 63 6f 69 6e 73 08 08 08 08 08 08 08 08");
    assert_true(pkcs7_unpad((const uint8_t *)"\4\4\4\4", &used, 4));
    assert_int_equal(used, 0);
    assert_false(pkcs7_unpad((const uint8_t *)"\5\4\4\4", &used, 4));
    assert_true(pkcs7_unpad((const uint8_t *)"\5\3\3\3", &used, 4));
    assert_int_equal(used, 1);
}

// The same through the modes: a last block with every possible last byte, encrypted without padding,
// decrypted with it.
static void test_wrong_padding_is_refused(void **state) {
    (void)state;
    for (const struct block_cipher *cipher = block_ciphers; cipher->name != NULL; cipher++) {
        for (enum cipher_mode mode = MODE_ECB; mode <= MODE_CBC; mode++) {
            for (unsigned last = 0; last < 256; last++) {
                struct setting encrypting = {cipher, mode, CIPHER_ENCRYPT, PADDING_NONE};
                struct setting decrypting = {cipher, mode, CIPHER_DECRYPT, PADDING_PKCS7};
                size_t size = cipher->block_size, given, used;
                uint8_t plaintext[32], ciphertext[32], out[32], untouched[32];
                memset(plaintext, (int)last, sizeof plaintext);
                assert_true(at_once(&encrypting, ciphertext, &given, plaintext, 2 * size));
                bool good = unpad_by_the_book(plaintext, &used, size);
                struct cipher_context context;
                start(&context, &decrypting);
                cipher_update(&context, out, &given, ciphertext, 2 * size);
                assert_int_equal(given, size);
                memset(out, 0xa5, sizeof out);
                memset(untouched, 0xa5, sizeof untouched);
                assert_int_equal(cipher_final(&context, out, &given), good);
                assert_int_equal(given, used);
                assert_memory_equal(out + used, untouched, sizeof out - used);
            }
        }
    }
}

// --- SP 800-38A, Appendix F: the first two blocks, or segments, of the AES-128 examples --------------------

struct example {
    enum cipher_mode mode;
    size_t length;        // of a block or segment
    const char *label;    // "Block #1"
    const char *iv_label; // as the example calls it; NULL in ECB
    const char *iv;
    const char *steps[2][4]; // encryption: Plaintext, Input Block, Output Block, Ciphertext
};
#define P1 "6bc1bee22e409f96e93d7e117393172a"
#define P2 "ae2d8a571e03ac9c9eb76fac45af8e51"
// clang-format off
static const struct example EXAMPLES[] = {
    {MODE_ECB, 16, "Block", NULL, "", { // F.1.1, F.1.2
        {P1, P1, "3ad77bb40d7a3660a89ecaf32466ef97", "3ad77bb40d7a3660a89ecaf32466ef97"},
        {P2, P2, "f5d3d58503b9699de785895a96fdbaaf", "f5d3d58503b9699de785895a96fdbaaf"}}},
    {MODE_CBC, 16, "Block", "IV", "000102030405060708090a0b0c0d0e0f", { // F.2.1, F.2.2
        {P1, "6bc0bce12a459991e134741a7f9e1925",
         "7649abac8119b246cee98e9b12e9197d", "7649abac8119b246cee98e9b12e9197d"},
        {P2, "d86421fb9f1a1eda505ee1375746972c",
         "5086cb9b507219ee95db113a917678b2", "5086cb9b507219ee95db113a917678b2"}}},
    {MODE_CFB8, 1, "Segment", "IV", "000102030405060708090a0b0c0d0e0f", { // F.3.7, F.3.8
        {"6b", "000102030405060708090a0b0c0d0e0f", "50fe67cc996d32b6da0937e99bafec60", "3b"},
        {"c1", "0102030405060708090a0b0c0d0e0f3b", "b8eb865a2b026381abb1d6560ed20f68", "79"}}},
    {MODE_CFB, 16, "Segment", "IV", "000102030405060708090a0b0c0d0e0f", { // F.3.13, F.3.14
        {P1, "000102030405060708090a0b0c0d0e0f",
         "50fe67cc996d32b6da0937e99bafec60", "3b3fd92eb72dad20333449f8e83cfb4a"},
        {P2, "3b3fd92eb72dad20333449f8e83cfb4a",
         "668bcf60beb005a35354a201dab36bda", "c8a64537a0b3a93fcde3cdad9f1ce58b"}}},
    {MODE_OFB, 16, "Block", "IV", "000102030405060708090a0b0c0d0e0f", { // F.4.1, F.4.2
        {P1, "000102030405060708090a0b0c0d0e0f",
         "50fe67cc996d32b6da0937e99bafec60", "3b3fd92eb72dad20333449f8e83cfb4a"},
        {P2, "50fe67cc996d32b6da0937e99bafec60",
         "d9a4dada0892239f6b8b3d7680e15674", "7789508d16918f03f53c52dac54ed825"}}},
    {MODE_CTR, 16, "Block", "Init. Counter", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", { // F.5.1, F.5.2
        {P1, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
         "ec8cdf7398607cb0f2d21675ea9ea1e4", "874d6191b620e3261bef6864990db6ce"},
        {P2, "f0f1f2f3f4f5f6f7f8f9fafbfcfdff00",
         "362b7c3c6773516318a077d7fc5073ae", "9806f66b7970fdff8617187bb9fffdff"}}},
};
// clang-format on

static void check_example(const struct example *example, enum cipher_direction direction) {
    static const char key_hex[] = "2b7e151628aed2a6abf7158809cf4f3c";
    // Decryption of ECB and CBC runs the block cipher backwards; of the others it does the same as
    // encryption.
    bool backwards = direction == CIPHER_DECRYPT && (example->mode == MODE_ECB || example->mode == MODE_CBC);
    const unsigned from = direction == CIPHER_ENCRYPT ? 0 : 3, to = 3 - from;
    uint8_t key[16], iv[16], in[32], out[32];
    struct cipher_context context;
    struct captured_trace trace;
    size_t given, last;
    (void)from_hex(key, 16, key_hex);
    size_t iv_length = from_hex(iv, 16, example->iv);
    for (unsigned i = 0; i < 2; i++) {
        (void)from_hex(in + i * example->length, 16, example->steps[i][from]);
    }
    captured_trace_start(&trace);
    assert_true(cipher_init(&context, block_cipher_find("aes-128"), example->mode, direction, PADDING_NONE,
                            key, 16, iv, iv_length));
    cipher_update(&context, out, &given, in, 2 * example->length);
    assert_true(cipher_final(&context, out, &last));
    captured_trace_stop(&trace);
    assert_int_equal(given, 2 * example->length);
    assert_string_equal(captured_value(&trace, "Key", 0), key_hex);
    if (example->iv_label != NULL) {
        assert_string_equal(captured_value(&trace, example->iv_label, 0), example->iv);
    }
    for (unsigned i = 0; i < 2; i++) {
        char label[16];
        (void)snprintf(label, sizeof label, "%s #%u", example->label, i + 1);
        (void)captured_value(&trace, label, 0);
        assert_bytes_equal(out + i * example->length, example->length, example->steps[i][to]);
        assert_string_equal(captured_value(&trace, "Plaintext", i), example->steps[i][0]);
        assert_string_equal(captured_value(&trace, "Input Block", i), example->steps[i][backwards ? 2 : 1]);
        assert_string_equal(captured_value(&trace, "Output Block", i), example->steps[i][backwards ? 1 : 2]);
        assert_string_equal(captured_value(&trace, "Ciphertext", i), example->steps[i][3]);
    }
    (void)captured_value(&trace, backwards ? "CIPH^-1_K: aes-128" : "CIPH_K: aes-128", 1);
    for (size_t i = 0; i < trace.count; i++) {
        bool inside_cipher = strncmp(trace.steps[i].label, "round[", 6) == 0;
        assert_int_equal(inside_cipher, trace.steps[i].depth == 2); // message, block, cipher
    }
    captured_trace_free(&trace);
}

static void test_sp_800_38a_examples(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof EXAMPLES[0]; i++) {
        check_example(&EXAMPLES[i], CIPHER_ENCRYPT);
        check_example(&EXAMPLES[i], CIPHER_DECRYPT);
    }
}

// --- What the comments say ---------------------------------------------------------------------------------

static void xor_bytes(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t length) {
    for (size_t i = 0; i < length; i++) {
        out[i] = a[i] ^ b[i];
    }
}

static void run(enum cipher_mode mode, enum cipher_direction direction, const uint8_t iv[16], uint8_t *out,
                const uint8_t *in, size_t length) {
    struct cipher_context context;
    size_t given;
    assert_true(cipher_init(&context, block_cipher_find("aes-128"), mode, direction, PADDING_NONE, KEY, 16,
                            iv, mode == MODE_ECB ? 0 : 16));
    cipher_update(&context, out, &given, in, length);
    assert_int_equal(given, length);
    assert_true(cipher_final(&context, out, &given));
}

static void test_ecb_shows_equal_blocks(void **state) {
    (void)state;
    uint8_t in[48], out[48];
    memset(in, 'A', sizeof in);
    for (enum cipher_mode mode = MODE_ECB; mode <= MODE_CTR; mode++) {
        run(mode, CIPHER_ENCRYPT, IV, out, in, sizeof in);
        assert_int_equal(memcmp(out, out + 16, 16) == 0, mode == MODE_ECB);
        assert_int_equal(memcmp(out + 16, out + 32, 16) == 0, mode == MODE_ECB);
    }
}

// The counter is one big-endian number of the whole block that goes from all ones to all zeros.
static void test_counter_wraps(void **state) {
    (void)state;
    for (const struct block_cipher *cipher = block_ciphers; cipher->name != NULL; cipher++) {
        size_t size = cipher->block_size, given;
        uint8_t iv[16], in[40 * 16] = {0}, out[40 * 16], blocks[40 * 16] = {0};
        memset(iv, 0xff, sizeof iv);
        iv[size - 1] = 0xfe; // fe, ff, then all zeros, 1, 2, ...
        memset(blocks, 0xff, 2 * size);
        blocks[size - 1] = 0xfe;
        for (size_t i = 3; i < 40; i++) {
            blocks[i * size + size - 1] = (uint8_t)(i - 2);
        }
        struct cipher_context context;
        union block_key key;
        assert_true(cipher_init(&context, cipher, MODE_CTR, CIPHER_ENCRYPT, PADDING_NONE, KEY,
                                cipher->key_size, iv, size));
        cipher_update(&context, out, &given, in, 40 * size);
        assert_true(cipher->set_key(&key, KEY, cipher->key_size));
        cipher->encrypt(&key, blocks, blocks, 40);
        assert_memory_equal(out, blocks, 40 * size);
        assert_true(cipher_final(&context, out, &given));
    }
}

// One IV twice: in CTR and OFB the sum of the ciphertexts is the sum of the plaintexts; in CBC and CFB equal
// beginnings show. IVs that differ by 1 share all keystream blocks of CTR but one.
static void test_iv_reuse(void **state) {
    (void)state;
    uint8_t a[48] = "attack at dawn, bring the ladders along",
            b[48] = "attack at noon, bring the ladders along";
    uint8_t out_a[48], out_b[48], sum[48], expected[48];
    xor_bytes(expected, a, b, 48);
    for (enum cipher_mode mode = MODE_OFB; mode <= MODE_CTR; mode++) {
        run(mode, CIPHER_ENCRYPT, IV, out_a, a, 48);
        run(mode, CIPHER_ENCRYPT, IV, out_b, b, 48);
        xor_bytes(sum, out_a, out_b, 48);
        assert_memory_equal(sum, expected, 48);
    }
    memcpy(b, a, 16);
    b[20] ^= 1;
    for (enum cipher_mode mode = MODE_CBC; mode <= MODE_CFB; mode++) {
        run(mode, CIPHER_ENCRYPT, IV, out_a, a, 48);
        run(mode, CIPHER_ENCRYPT, IV, out_b, b, 48);
        assert_memory_equal(out_a, out_b, 16);
        assert_memory_not_equal(out_a + 32, out_b + 32, 16);
    }
    uint8_t zero[48] = {0}, next[16];
    memcpy(next, IV, 16);
    next[15]++;
    run(MODE_CTR, CIPHER_ENCRYPT, IV, out_a, zero, 48);
    run(MODE_CTR, CIPHER_ENCRYPT, next, out_b, zero, 48);
    assert_memory_equal(out_a + 16, out_b, 32);
}

// A flipped ciphertext bit: CBC garbles its block and flips the same bit of the next, CFB the other way
// round; CTR and OFB flip just that bit.
static void test_flipped_bit(void **state) {
    (void)state;
    uint8_t message[64] = "sixty-four bytes of a message, of which one bit will be changed", encrypted[64],
            out[64];
    run(MODE_CBC, CIPHER_ENCRYPT, IV, encrypted, message, 64);
    encrypted[17] ^= 0x20;
    run(MODE_CBC, CIPHER_DECRYPT, IV, out, encrypted, 64);
    assert_memory_equal(out, message, 16);
    assert_memory_not_equal(out + 16, message + 16, 16);
    assert_int_equal(out[33], message[33] ^ 0x20);
    out[33] ^= 0x20;
    assert_memory_equal(out + 32, message + 32, 32);
    run(MODE_CFB, CIPHER_ENCRYPT, IV, encrypted, message, 64);
    encrypted[17] ^= 0x20;
    run(MODE_CFB, CIPHER_DECRYPT, IV, out, encrypted, 64);
    out[17] ^= 0x20;
    assert_memory_equal(out, message, 32);
    assert_memory_not_equal(out + 32, message + 32, 16);
    assert_memory_equal(out + 48, message + 48, 16);
    for (enum cipher_mode mode = MODE_OFB; mode <= MODE_CTR; mode++) {
        run(mode, CIPHER_ENCRYPT, IV, encrypted, message, 64);
        encrypted[17] ^= 0x20;
        run(mode, CIPHER_DECRYPT, IV, out, encrypted, 64);
        out[17] ^= 0x20;
        assert_memory_equal(out, message, 64);
    }
}

// CFB8 finds its way back after a lost byte: once a block of ciphertext has passed, the rest is right again.
static void test_cfb8_recovers(void **state) {
    (void)state;
    uint8_t message[64] = "sixty-four bytes of a message, of which one byte will be lost..", encrypted[64],
            out[64];
    run(MODE_CFB8, CIPHER_ENCRYPT, IV, encrypted, message, 64);
    memmove(encrypted + 5, encrypted + 6, 58);
    run(MODE_CFB8, CIPHER_DECRYPT, IV, out, encrypted, 63);
    assert_memory_equal(out, message, 5);
    assert_memory_not_equal(out + 5, message + 6, 16);
    assert_memory_equal(out + 5 + 16, message + 6 + 16, 42);
}

// A message of one block and its padding are two blocks in the trace, there and back.
static void the_padding_is_one_block_of_the_trace(void **state) {
    (void)state;
    const uint8_t key[16] = {1}, iv[16] = {2}, message[16] = {3};
    uint8_t ciphertext[48] = {0}, plaintext[48] = {0};
    for (int direction = 0; direction < 2; direction++) {
        bool encrypt = direction == 0;
        struct cipher_context context;
        struct captured_trace trace;
        size_t length, last;
        captured_trace_start(&trace);
        assert_true(cipher_init(&context, block_cipher_find("aes-128"), MODE_CBC,
                                encrypt ? CIPHER_ENCRYPT : CIPHER_DECRYPT, PADDING_PKCS7, key, sizeof key, iv,
                                sizeof iv));
        uint8_t *out = encrypt ? ciphertext : plaintext;
        cipher_update(&context, out, &length, encrypt ? message : ciphertext, encrypt ? 16 : 32);
        assert_true(cipher_final(&context, out + length, &last));
        captured_trace_stop(&trace);
        assert_int_equal(length + last, encrypt ? 32 : 16);
        assert_int_equal(captured_count(&trace, "Block #"), 2);
        assert_int_equal(captured_count(&trace, "Block #1"), 1);
        assert_int_equal(captured_count(&trace, "Block #2"), 1);
        captured_trace_free(&trace);
    }
    assert_memory_equal(plaintext, message, sizeof message);
}

// AES-128 or DES that counts what the modes ask of it.
static struct {
    const struct block_cipher *cipher;
    size_t calls, blocks;
} asked;

static void count_encrypt(const union block_key *key, uint8_t *out, const uint8_t *in, size_t blocks) {
    asked.calls++;
    asked.blocks += blocks;
    asked.cipher->encrypt(key, out, in, blocks);
}
static void count_decrypt(const union block_key *key, uint8_t *out, const uint8_t *in, size_t blocks) {
    asked.calls++;
    asked.blocks += blocks;
    asked.cipher->decrypt(key, out, in, blocks);
}

// One block of the cipher for each of the message, and of CFB8 for each byte. The modes that can work on many
// blocks at once do: otherwise they are asked as often as they have blocks.
static void check_what_is_asked(const struct setting *setting) {
    enum { BLOCKS = 70 };
    const size_t size = setting->cipher->block_size, length = BLOCKS * size;
    const uint8_t in[BLOCKS * BLOCK_SIZE_MAX] = {0};
    uint8_t out[sizeof in];
    struct block_cipher counted = *setting->cipher;
    counted.encrypt = count_encrypt;
    counted.decrypt = count_decrypt;
    struct setting with = *setting;
    with.cipher = &counted;
    struct cipher_context context;
    size_t given;
    bool one_by_one =
        setting->mode == MODE_OFB || setting->mode == MODE_CFB8 ||
        (setting->direction == CIPHER_ENCRYPT && (setting->mode == MODE_CBC || setting->mode == MODE_CFB));
    size_t expected = setting->mode == MODE_CFB8 ? length : BLOCKS;
    expected -=
        setting->padding == PADDING_PKCS7 && setting->direction == CIPHER_DECRYPT; // kept for cipher_final
    start(&context, &with);
    asked.cipher = setting->cipher;
    asked.calls = asked.blocks = 0;
    cipher_update(&context, out, &given, in, length);
    assert_int_equal(asked.blocks, expected);
    if (one_by_one) {
        assert_int_equal(asked.calls, expected);
    } else {
        assert_true(asked.calls < expected / 10);
    }
}

static void test_blocks_are_asked_for_once(void **state) {
    (void)state;
    for_all_settings(check_what_is_asked);
}

// Blocks have the same numbers in the trace when nobody watched the first of them.
static void check_late_watcher(const struct setting *setting) {
    const size_t size = setting->cipher->block_size;
    const uint8_t in[8 * BLOCK_SIZE_MAX] = {0};
    uint8_t out[sizeof in];
    struct cipher_context context;
    struct captured_trace trace;
    size_t given, unit = setting->mode == MODE_CFB8 ? 1 : size;
    bool segments = setting->mode == MODE_CFB8 || setting->mode == MODE_CFB;
    if (setting->padding != PADDING_NONE) {
        return;
    }
    start(&context, setting);
    cipher_update(&context, out, &given, in, 3 * unit);
    captured_trace_start(&trace);
    cipher_update(&context, out, &given, in, unit);
    captured_trace_stop(&trace);
    assert_int_equal(captured_count(&trace, segments ? "Segment #4" : "Block #4"), 1);
    assert_int_equal(captured_count(&trace, segments ? "Segment #" : "Block #"), 1);
    captured_trace_free(&trace);
}

static void test_blocks_keep_their_numbers(void **state) {
    (void)state;
    for_all_settings(check_late_watcher);
}

// What CFB8 shifts is the register, and nothing behind it: the keystream in the context is the whole block
// that the IV encrypts to, the register the IV without its first byte and the ciphertext.
static void test_cfb8_shifts_its_register_only(void **state) {
    (void)state;
    const uint8_t plaintext = 0;
    for (const struct block_cipher *cipher = block_ciphers; cipher->name != NULL; cipher++) {
        const struct setting setting = {cipher, MODE_CFB8, CIPHER_ENCRYPT, PADDING_NONE};
        uint8_t encrypted[BLOCK_SIZE_MAX], out, behind[BLOCK_SIZE_MAX] = {0};
        size_t given, size = cipher->block_size;
        struct cipher_context context;
        start(&context, &setting);
        cipher->encrypt(&context.key, encrypted, IV, 1);
        cipher_update(&context, &out, &given, &plaintext, 1);
        assert_memory_equal(context.keystream, encrypted, size);
        assert_memory_equal(context.chain, IV + 1, size - 1);
        assert_int_equal(context.chain[size - 1], out);
        assert_memory_equal(context.chain + size, behind, BLOCK_SIZE_MAX - size);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_asked_for_once),
        cmocka_unit_test(test_blocks_keep_their_numbers),
        cmocka_unit_test(test_cfb8_shifts_its_register_only),
        cmocka_unit_test(the_padding_is_one_block_of_the_trace),
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_clone),
        cmocka_unit_test(test_watching_changes_nothing),
        cmocka_unit_test(test_partial_blocks),
        cmocka_unit_test(test_truncated_ciphertext),
        cmocka_unit_test(test_empty_message),
        cmocka_unit_test(test_wrong_key_and_iv_lengths),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_padding_check),
        cmocka_unit_test(test_padding_examples),
        cmocka_unit_test(test_wrong_padding_is_refused),
        cmocka_unit_test(test_sp_800_38a_examples),
        cmocka_unit_test(test_ecb_shows_equal_blocks),
        cmocka_unit_test(test_counter_wraps),
        cmocka_unit_test(test_iv_reuse),
        cmocka_unit_test(test_flipped_bit),
        cmocka_unit_test(test_cfb8_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
