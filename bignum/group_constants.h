// The primes of the published groups, in hexadecimal with spaces, as the RFCs print them.
#ifndef BIGNUM_GROUP_CONSTANTS_H
#define BIGNUM_GROUP_CONSTANTS_H

extern const char bn_modp_1536[], bn_modp_2048[], bn_modp_3072[], bn_modp_4096[], bn_modp_6144[],
    bn_modp_8192[];
extern const char bn_ffdhe2048[], bn_ffdhe3072[], bn_ffdhe4096[], bn_ffdhe6144[], bn_ffdhe8192[];

#endif
