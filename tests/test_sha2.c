// SHA-2: the standard's examples, every step of a run, and the constants from their definition.

#include "tests/support.h"

#include "ciphers/hash/hash.h"

#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void digest_of(const char *name, uint8_t *digest, const void *in, size_t length) {
    const struct hash_algorithm *algorithm = hash_find(name);
    assert_non_null(algorithm);
    hash_digest(algorithm, digest, in, length);
}

// NIST's examples for FIPS 180, and the empty message.
static void test_examples(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *name, *message, *digest;
    } EXAMPLES[] = {
        {"sha224", "",
         "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"},
        {"sha224", "abc",
         "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
        {"sha224", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"},
        {"sha256", "",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"sha256", "abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"sha256", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"sha384", "",
         "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"},
        {"sha384", "abc",
         "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
        {"sha384", "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039"},
        {"sha512", "",
         "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
         "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
        {"sha512", "abc",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {"sha512", "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
         "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof *EXAMPLES; i++) {
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        digest_of(EXAMPLES[i].name, digest, EXAMPLES[i].message, strlen(EXAMPLES[i].message));
        assert_bytes_equal(digest, hash_find(EXAMPLES[i].name)->digest_size, EXAMPLES[i].digest);
    }
}

static void test_a_million_times_a(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *name, *digest;
    } EXPECTED[] = {
        {"sha224", "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67"},
        {"sha256", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
        {"sha384", "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985"},
        {"sha512", "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
                   "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
    };
    // clang-format on
    uint8_t chunk[1000];
    memset(chunk, 'a', sizeof chunk);
    for (size_t i = 0; i < sizeof EXPECTED / sizeof *EXPECTED; i++) {
        struct hash_context context;
        hash_init(&context, hash_find(EXPECTED[i].name));
        for (int n = 0; n < 1000; n++) {
            hash_update(&context, chunk, sizeof chunk);
        }
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        hash_final(&context, digest);
        assert_bytes_equal(digest, hash_find(EXPECTED[i].name)->digest_size, EXPECTED[i].digest);
    }
}

// --- the trace of "abc", value by value --------------------------------------------------------------------

// The message schedule and the two variables that each step computes anew, as NIST's example documents print
// them; the other six are earlier values of these two. Words of 32 bits stand in the lower half.
// clang-format off
static const uint64_t SHA256_ABC_W[64] = {
    0x61626380, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000,
    0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000018,
    0x61626380, 0x000f0000, 0x7da86405, 0x600003c6, 0x3e9d7b78, 0x0183fc00, 0x12dcbfdb, 0xe2e2c38e,
    0xc8215c1a, 0xb73679a2, 0xe5bc3909, 0x32663c5b, 0x9d209d67, 0xec8726cb, 0x702138a4, 0xd3b7973b,
    0x93f5997f, 0x3b68ba73, 0xaff4ffc1, 0xf10a5c62, 0x0a8b3996, 0x72af830a, 0x9409e33e, 0x24641522,
    0x9f47bf94, 0xf0a64f5a, 0x3e246a79, 0x27333ba3, 0x0c4763f2, 0x840abf27, 0x7a290d5d, 0x065c43da,
    0xfb3e89cb, 0xcc7617db, 0xb9e66c34, 0xa9993667, 0x84badedd, 0xc21462bc, 0x1487472c, 0xb20f7a99,
    0xef57b9cd, 0xebe6b238, 0x9fe3095e, 0x78bc8d4b, 0xa43fcf15, 0x668b2ff8, 0xeeaba2cc, 0x12b1edeb,
};
static const uint64_t SHA256_ABC_A[64] = {
    0x5d6aebcd, 0x5a6ad9ad, 0xc8c347a7, 0xd550f666, 0x04409a6a, 0x2b4209f5, 0xe5030380, 0x85a07b5f,
    0x8e04ecb9, 0x8c87346b, 0x4798a3f4, 0xf71fc5a9, 0x87912990, 0xd932eb16, 0xc0645fde, 0xb0fa238e,
    0x21da9a9b, 0xc2fbd9d1, 0xfe777bbf, 0xe1f20c33, 0x9dc68b63, 0xc2606d6d, 0xa7a3623f, 0xc5d53d8d,
    0x1c2c2838, 0xcde8037d, 0xb62ec4bc, 0x77d37528, 0x363482c9, 0xa0060b30, 0xea992a22, 0x73b33bf5,
    0x98e12507, 0xfe604df5, 0xa9a7738c, 0x65a0cfe4, 0x41a65cb1, 0x34df1604, 0x6dc57a8a, 0x79ea687a,
    0xd6670766, 0xdf46652f, 0x17aa0dfe, 0x9d4baf93, 0x26628815, 0x72ab4b91, 0xa14c14b0, 0x4172328d,
    0x05757ceb, 0xf11bfaa8, 0x7a0508a1, 0x886e7a22, 0x101fd28f, 0xf5702fdb, 0x3ec45cdb, 0x38cc9913,
    0xfcd1887b, 0xc062d46f, 0xffb70472, 0xb6ae8fff, 0xb85e2ce9, 0x04d24d6c, 0xd39a2165, 0x506e3058,
};
static const uint64_t SHA256_ABC_E[64] = {
    0xfa2a4622, 0x78ce7989, 0xf92939eb, 0x24e00850, 0x43ada245, 0x714260ad, 0x9b27a401, 0x0c657a79,
    0x32ca2d8c, 0x1cc92596, 0x436b23e8, 0x816fd6e9, 0x1e578218, 0x745a48de, 0x0b92f20c, 0x07590dcd,
    0x8034229c, 0x846ee454, 0xcc899961, 0xb0638179, 0x8ada8930, 0xe1257970, 0x49f5114a, 0xaa47c347,
    0x2823ef91, 0x14383d8e, 0xc74c6516, 0xedffbff8, 0x6112a3b7, 0xade79437, 0x0109ab3a, 0xba591112,
    0x9cd9f5f6, 0x59249dd3, 0x085f3833, 0xf4b002d6, 0x0772a26b, 0xa507a53d, 0xf0781bc8, 0x1efbc0a0,
    0x26352d63, 0x838b2711, 0xdecd4715, 0xfda24c2e, 0xa80f11f0, 0xb7755da1, 0xd57b94a9, 0xfecf0bc6,
    0xbd714038, 0x6e5c390c, 0x52f1ccf7, 0x49231c1e, 0x529e7d00, 0x9f4787c3, 0xe50e1b4f, 0x54cb266b,
    0x9b5e906c, 0x7e44008e, 0x6d83bfc6, 0xb21bad3d, 0x961f4894, 0x948d25b6, 0xfb121210, 0x5ef50f24,
};
static const uint64_t SHA512_ABC_W[80] = {
    0x6162638000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
    0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
    0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
    0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000018,
    0x6162638000000000, 0x00030000000000c0, 0x0a9699a24c700003, 0x00000c0060000603,
    0x549ef62639858996, 0x00c0003300003c00, 0x1497007a8a0e9dbc, 0x62e56500cc0780f0,
    0x7760dd475a538797, 0xf1554b711c1c0003, 0xca2993a4345d9ff2, 0x5e0e66b5c783dd32,
    0xe25a625d00494b62, 0x9f44486fb1e4fbd2, 0xb31b8c2b06085f2f, 0x0e987660934142f6,
    0xa4af2cfd09fbb924, 0xad289e2e0bd53186, 0x3c74563aa2f9673e, 0x6ccdcd14cc14b53f,
    0xc3f925b337f22bde, 0x5bcc77a75ad95b54, 0x3ec2257adca09a52, 0x28246960001fc5eb,
    0x04e33a75ce2be88a, 0x7d5314b3c359e0e7, 0xaef7a285ff251266, 0x0b8472581deea04f,
    0xb174e26eddc7b033, 0x5d63bae58ddd88de, 0x4c044007b744ccbb, 0xe6a9aa4d74dc7d43,
    0xebeaf1237248019c, 0x361e80b2d00f3193, 0x2e9839125df3b175, 0x3319629293ad5363,
    0x9cbc5d89ac1b89d5, 0x275e23ffeeca50b7, 0x3b80d680bf69ef58, 0x0d0696933945a125,
    0x7533eabcb786ff00, 0xb89826cee6fbf0e5, 0x249b4fbcad623e9f, 0x4aea9df2b02d6f1e,
    0x2cc57475a55e8d8f, 0xb2574ae938d8be89, 0xc1b35a57b16d6aea, 0xcc4918b5949206bb,
    0x5099c3add79f90ec, 0x5ea81d78e7660bf1, 0xebee6267405ac2a9, 0xb01f21926108a4ab,
    0x786433dd2fe65556, 0xc54a6eaa24a0552c, 0xb3c8f1530bdbaa9e, 0xbb8abfe56f469338,
    0xf63d4265cc1c5a78, 0xbe8355ea73129afb, 0x49e2db8ebdcfbeb5, 0x82269d4a883a3d99,
    0xfdf53df3011f362b, 0x464af5671d71c12e, 0xe449b68198ec611c, 0x92aeeed1a7bcf7d2,
};
static const uint64_t SHA512_ABC_A[80] = {
    0xf6afceb8bcfcddf5, 0x1320f8c9fb872cc0, 0xebcffc07203d91f3, 0x5a83cb3e80050e82,
    0xb680953951604860, 0xaf573b02403e89cd, 0xc4875b0c7abc076b, 0x8093d195e0054fa3,
    0xf1eca5544cb89225, 0x81782d4a5db48f03, 0x69854c4aa0f25b59, 0xdb0a9963f80c2eaa,
    0x5e41214388186c14, 0x44249631255d2ca0, 0xfa967eed85a08028, 0x0ae07c86b1181c75,
    0xcaf81a425d800537, 0x4725be249ad19e6b, 0x3c4b4104168e3edb, 0x9a3fb4d38ab6cf06,
    0x8dc5ae65569d3855, 0xda34d6673d452dcf, 0x3e2644567b709a78, 0x4f6877b58fe55484,
    0x9aff71163fa3a940, 0x0bc5f791f8e6816b, 0x884c3bc27bc4f941, 0xeab4a9e5771b8d09,
    0xe62349090f47d30a, 0x74bf40f869094c63, 0x4c4fbbb75f1873a6, 0xff4d3f1f0d46a736,
    0xa0509015ca08c8d4, 0x60d4e6995ed91fe6, 0x2c59ec7743632621, 0x1a081afc59fdbc2c,
    0x88df85b0bbe77514, 0x002bb8e4cd989567, 0xb3bb8542b3376de5, 0x8e01e125b855d225,
    0xb01521dd6a6be12c, 0xe96f89dd48cbd851, 0xbc05ba8de5d3c480, 0x35d7e7f41defcbd5,
    0xc47c9d5c7ea8a234, 0x021fbadbabab5ac6, 0xf61e672694de2d67, 0x6b69fc1bb482feac,
    0x571f323d96b3a047, 0xca9bd862c5050918, 0x813a43dd2c502043, 0xd43f83727325dd77,
    0x03df11b32d42e203, 0xd63f68037ddf06aa, 0xf650857b5babda4d, 0x63b460e42748817e,
    0x7a52912943d52b05, 0x4b81c3aec976ea4b, 0x581ecb3355dcd9b8, 0x2c074484ef1eac8c,
    0x3857dfd2fc37d3ba, 0xcfcd928c5424e2b6, 0xa81dedbb9f19e643, 0xab44e86276478d85,
    0x5a806d7e9821a501, 0xeeb9c21bb0102598, 0x46c4210ab2cc155d, 0x54ba35cf56a0340e,
    0x181839d609c79748, 0xfb6aaae5d0b6a447, 0x7652c579cb60f19c, 0xf15e9664b2803575,
    0x358406d165aee9ab, 0x20878dcd29cdfaf5, 0x33d48dabb5521de2, 0xc8960e6be864b916,
    0x654ef9abec389ca9, 0xd67806db8b148677, 0x10d9c4c4295599f6, 0x73a54f399fa4b1b2,
};
static const uint64_t SHA512_ABC_E[80] = {
    0x58cb02347ab51f91, 0xc3d4ebfd48650ffa, 0xdfa9b239f2697812, 0x0b47b4bb1928990e,
    0x745aca4a342ed2e2, 0x96f60209b6dc35ba, 0x5a6c781f54dcc00c, 0x86f67263a0f0ec0a,
    0xd0403c398fc40002, 0x00091f460be46c52, 0xd375471bde1ba3f4, 0x475975b91a7a462c,
    0xcdf3bff2883fc9d9, 0x860acf9effba6f61, 0x874bfe5f6aae9f2f, 0xa77b7c035dd4c161,
    0x2deecc6b39d64d78, 0xf47e8353f8047455, 0x29695fd88d81dbd0, 0xf14998dd5f70767e,
    0x4bb9e66d1145bfdc, 0x8e30ff09ad488753, 0x0ac2b11da8f571c6, 0xc66005f87db55233,
    0xd3ecf13769180e6f, 0x6ddf1fd7edcce336, 0xe6e48c9a8e948365, 0x09068a4e255a0dac,
    0x0fcdf99710f21584, 0xf0aec2fe1437f085, 0x73e025d91b9efea3, 0x3cd388e119e8162e,
    0xe1034573654a106f, 0xefabbd8bf47c041a, 0x0fbae670fa780fd3, 0xf098082f502b44cd,
    0x8fbfd0162bbf4675, 0x66adcfa249ac7bbd, 0xb49596c20feba7de, 0x0c710a47ba6a567b,
    0x169008b3a4bb170b, 0xf0996439e7b50cb1, 0x639cb938e14dc190, 0xcc5100997f5710f2,
    0x858d832ae0e8911c, 0xe95c2a57572d64d9, 0xc6bc35740d8daa9a, 0x35264334c03ac8ad,
    0x271580ed6c3e5650, 0xdfe091dab182e645, 0x07a0d8ef821c5e1a, 0x483f80a82eaee23e,
    0x504f94e40591cffa, 0xa6781efe1aa1ce02, 0x9ccfb31a86df0f86, 0xc6b4dd2a9931c509,
    0xd2e89bbd91e00be0, 0x70505988124351ac, 0x6a3c9b0f71c8bf36, 0x4797cde4ed370692,
    0xa6af4e9c9f807e51, 0x09aee5bda1644de5, 0x84058865d60a05fa, 0xcd881ee59ca6bc53,
    0xaa84b086688a5c45, 0x3b5fed0d6a1f96e1, 0x29fab5a7bff53366, 0x1c66f46d95690bcf,
    0x0ada78ba2d446140, 0xe3711cb6564d112d, 0xaff62c9665ff80fa, 0x947c3dfafee570ef,
    0x8c7b5fd91a794ca0, 0x054d3536539948d0, 0x2ba18245b50de4cf, 0x995019a6ff3ba3de,
    0xceb9fc3691ce8326, 0x25c96a7768fb2aa3, 0x9bb4d39778c07f9e, 0xd08446aa79693ed7,
};
// clang-format on

// A width of the family: what the tests below need to know of it.
struct width {
    const char *name;
    unsigned bits, steps;
    const uint64_t *abc_w, *abc_a, *abc_e;
    unsigned big_sigma_0[3], big_sigma_1[3];
};
static const struct width WIDTHS[2] = {
    {"sha256", 32, 64, SHA256_ABC_W, SHA256_ABC_A, SHA256_ABC_E, {2, 13, 22}, {6, 11, 25}},
    {"sha512", 64, 80, SHA512_ABC_W, SHA512_ABC_A, SHA512_ABC_E, {28, 34, 39}, {14, 18, 41}},
};

// Word number `index` of the step that is called `before`, t, `behind`, as in "W[16]".
static uint64_t traced(const struct width *width, const struct captured_trace *trace, const char *before,
                       unsigned t, const char *behind, size_t index) {
    char label[16], text[17] = {0};
    (void)snprintf(label, sizeof label, "%s%u%s", before, t, behind);
    const char *value = captured_value(trace, label, 0);
    size_t digits = width->bits / 4;
    assert_true(strlen(value) >= digits * (index + 1));
    memcpy(text, value + digits * index, digits);
    return strtoull(text, NULL, 16);
}

static void trace_abc(const char *name, struct captured_trace *trace) {
    uint8_t digest[HASH_DIGEST_SIZE_MAX];
    captured_trace_start(trace);
    digest_of(name, digest, "abc", 3);
    captured_trace_stop(trace);
}

static void test_trace_of_abc(void **state) {
    (void)state;
    for (const struct width *width = WIDTHS; width < WIDTHS + 2; width++) {
        struct captured_trace trace;
        trace_abc(width->name, &trace);
        uint64_t v[8];
        for (size_t i = 0; i < 8; i++) {
            v[i] = traced(width, &trace, "H(", 0, ")", i);
        }
        for (unsigned t = 0; t < width->steps; t++) {
            assert_int_equal(traced(width, &trace, "W[", t, "]", 0), width->abc_w[t]);
            memmove(v + 1, v, 7 * sizeof *v);
            v[0] = width->abc_a[t];
            v[4] = width->abc_e[t];
            for (size_t i = 0; i < 8; i++) {
                assert_int_equal(traced(width, &trace, "t = ", t, "", i), v[i]);
            }
        }
        assert_int_equal(captured_count(&trace, "W["), width->steps);
        assert_string_equal(captured_notes(&trace, "W["), "W[0];W[16];"); // where something new begins
        assert_string_equal(captured_value(&trace, "H(1)", 0), captured_value(&trace, "message digest", 0));
        captured_trace_free(&trace);
    }
}

// The padded block of "abc": the message, 80, zeros, 24 bits.
static void test_padding_of_abc(void **state) {
    (void)state;
    for (const struct width *width = WIDTHS; width < WIDTHS + 2; width++) {
        struct captured_trace trace;
        trace_abc(width->name, &trace);
        size_t digits = width->bits * 4;
        const char *block = captured_value(&trace, "M", 0);
        const char *padding = captured_value(&trace, "padding", 0);
        assert_int_equal(strlen(block), digits);
        assert_memory_equal(block, "61626380", 8);
        assert_int_equal(strspn(block + 8, "0"), digits - 8 - 2);
        assert_string_equal(block + digits - 2, "18");
        assert_string_equal(block + 6, padding);
        captured_trace_free(&trace);
    }
}

// The longest message of one block, and each side of it. A block has room for all but the 1 bit and the
// length.
static void test_blocks_of_a_padded_message(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t length, blocks;
    } CASES[] = {
        {"sha224", 55, 1},  {"sha224", 56, 2},  {"sha256", 0, 1},   {"sha256", 55, 1},  {"sha256", 56, 2},
        {"sha256", 63, 2},  {"sha256", 64, 2},  {"sha256", 119, 2}, {"sha256", 120, 3}, {"sha384", 111, 1},
        {"sha384", 112, 2}, {"sha512", 0, 1},   {"sha512", 111, 1}, {"sha512", 112, 2}, {"sha512", 127, 2},
        {"sha512", 128, 2}, {"sha512", 239, 2}, {"sha512", 240, 3},
    };
    static const uint8_t MESSAGE[240] = {0};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct captured_trace trace;
        uint8_t digest[HASH_DIGEST_SIZE_MAX];
        captured_trace_start(&trace);
        digest_of(CASES[i].name, digest, MESSAGE, CASES[i].length);
        captured_trace_stop(&trace);
        size_t blocks = 0;
        for (size_t step = 0; step < trace.count; step++) {
            if (trace.steps[step].shape == TRACE_SECTION) {
                char label[20];
                (void)snprintf(label, sizeof label, "Block %zu", ++blocks);
                assert_string_equal(trace.steps[step].label, label);
            }
        }
        assert_int_equal(blocks, CASES[i].blocks);
        captured_trace_free(&trace);
    }
}

// --- the constants from their definition -------------------------------------------------------------------

static unsigned prime(unsigned index) {
    unsigned candidate = 2;
    for (unsigned found = 0;; candidate++) {
        bool composite = false;
        for (unsigned d = 2; d * d <= candidate; d++) {
            composite |= candidate % d == 0;
        }
        if (!composite && found++ == index) {
            return candidate;
        }
    }
}

// The first 64 bits of the fractional part of the `degree`-th root of the prime number `index`: the floor of
// root(p * 2^(64 * degree)) is the root scaled by 2^64; its low 64 bits are the fraction.
static uint64_t root_fraction(unsigned index, unsigned degree) {
    mpz_t x;
    mpz_init_set_ui(x, prime(index));
    mpz_mul_2exp(x, x, 64UL * degree);
    mpz_root(x, x, degree);
    mpz_fdiv_r_2exp(x, x, 64);
    uint64_t fraction = 0;
    mpz_export(&fraction, NULL, 1, sizeof fraction, 0, 0, x);
    mpz_clear(x);
    return fraction;
}

static uint64_t rotr(const struct width *width, uint64_t x, unsigned n) {
    uint64_t turned = x >> n | x << (width->bits - n);
    return width->bits == 64 ? turned : turned & UINT32_MAX;
}

// The trace shows the variables before and after each step, so that K_t is the one unknown: solved for, it
// must be what the cube roots say.
static void test_constants_are_cube_roots(void **state) {
    (void)state;
    for (const struct width *width = WIDTHS; width < WIDTHS + 2; width++) {
        struct captured_trace trace;
        trace_abc(width->name, &trace);
        uint64_t v[8];
        for (size_t i = 0; i < 8; i++) {
            v[i] = traced(width, &trace, "H(", 0, ")", i);
        }
        for (unsigned t = 0; t < width->steps; t++) {
            uint64_t e = v[4];
            uint64_t sigma = rotr(width, e, width->big_sigma_1[0]) ^ rotr(width, e, width->big_sigma_1[1]) ^
                             rotr(width, e, width->big_sigma_1[2]);
            uint64_t choose = (e & v[5]) | (~e & v[6]);
            uint64_t t1 = traced(width, &trace, "t = ", t, "", 4) - v[3];
            uint64_t k = t1 - v[7] - sigma - choose - traced(width, &trace, "W[", t, "]", 0);
            uint64_t fraction = root_fraction(t, 3);
            // The 32-bit constants are the upper halves of the 64-bit ones.
            assert_int_equal(width->bits == 64 ? k : k & UINT32_MAX,
                             width->bits == 64 ? fraction : fraction >> 32);

            uint64_t a = v[0];
            uint64_t sigma_0 = rotr(width, a, width->big_sigma_0[0]) ^ rotr(width, a, width->big_sigma_0[1]) ^
                               rotr(width, a, width->big_sigma_0[2]);
            uint64_t majority = (a & v[1]) | (a & v[2]) | (v[1] & v[2]);
            uint64_t new_a = t1 + sigma_0 + majority;
            assert_int_equal(traced(width, &trace, "t = ", t, "", 0),
                             width->bits == 64 ? new_a : new_a & UINT32_MAX);
            for (size_t i = 0; i < 8; i++) {
                v[i] = traced(width, &trace, "t = ", t, "", i);
            }
        }
        captured_trace_free(&trace);
    }
}

static void test_initial_values_are_square_roots(void **state) {
    (void)state;
    struct captured_trace sha224, sha256, sha384, sha512;
    trace_abc("sha224", &sha224);
    trace_abc("sha256", &sha256);
    trace_abc("sha384", &sha384);
    trace_abc("sha512", &sha512);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(traced(&WIDTHS[0], &sha256, "H(", 0, ")", i), root_fraction(i, 2) >> 32);
        assert_int_equal(traced(&WIDTHS[1], &sha512, "H(", 0, ")", i), root_fraction(i, 2));
        assert_int_equal(traced(&WIDTHS[1], &sha384, "H(", 0, ")", i), root_fraction(i + 8, 2));
        assert_int_equal(traced(&WIDTHS[0], &sha224, "H(", 0, ")", i), root_fraction(i + 8, 2) & UINT32_MAX);
    }
    captured_trace_free(&sha224);
    captured_trace_free(&sha256);
    captured_trace_free(&sha384);
    captured_trace_free(&sha512);
}

// --- length extension --------------------------------------------------------------------------------------

// Whoever knows SHA-256(secret) and the length of the secret, but not the secret, computes the digest of
// secret || padding || more: the digest is the state to go on from. This is why a MAC needs HMAC.
static void test_length_extension(void **state) {
    (void)state;
    static const char SECRET[] = "twenty secret bytes!";
    static const char MORE[] = "&admin=true";
    uint8_t known[SHA256_DIGEST_SIZE];
    digest_of("sha256", known, SECRET, 20);

    struct sha256_context forged = {.length = 64};
    for (size_t i = 0; i < 8; i++) {
        forged.state[i] = (uint32_t)known[4 * i] << 24 | (uint32_t)known[4 * i + 1] << 16 |
                          (uint32_t)known[4 * i + 2] << 8 | known[4 * i + 3];
    }
    uint8_t extended[SHA256_DIGEST_SIZE];
    sha256_update(&forged, (const uint8_t *)MORE, sizeof MORE - 1);
    sha256_final(&forged, extended);

    uint8_t message[64 + sizeof MORE - 1] = "twenty secret bytes!\x80"; // then zeros, and the length:
    message[63] = 160;
    memcpy(message + 64, MORE, sizeof MORE - 1);
    uint8_t expected[SHA256_DIGEST_SIZE];
    digest_of("sha256", expected, message, sizeof message);
    assert_memory_equal(extended, expected, sizeof expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_a_million_times_a),
        cmocka_unit_test(test_trace_of_abc),
        cmocka_unit_test(test_padding_of_abc),
        cmocka_unit_test(test_blocks_of_a_padded_message),
        cmocka_unit_test(test_constants_are_cube_roots),
        cmocka_unit_test(test_initial_values_are_square_roots),
        cmocka_unit_test(test_length_extension),
    };
    return cmocka_run_group_tests_name("sha2", tests, NULL, NULL);
}
