// Why a certificate is refused: a word for tables, a sentence for people. The clauses are those of RFC 5280.

#include "protocols/x509.h"

// clang-format off
static const struct {
    const char *name, *text;
} errors[CERTIFICATE_ERRORS] = {
    [CERTIFICATE_OK]                 = {"accepted", "no error"},
    [CERTIFICATE_NOT_ONE]            = {"no-certificate", "there is no certificate in the file"},
    [CERTIFICATE_PEM]                = {"pem", "the PEM envelope is damaged"},
    [CERTIFICATE_TOO_LARGE]          = {"too-large", "too large"},
    [CERTIFICATE_DER]                = {"der", "the encoding is not the DER of a certificate"},
    [CERTIFICATE_VERSION]            = {"version", "a version that does not exist, or that does not have what is in it (4.1.2.1)"},
    [CERTIFICATE_SERIAL]             = {"serial", "the serial number is not positive, or too long (4.1.2.2)"},
    [CERTIFICATE_ALGORITHM]          = {"algorithm", "the signature algorithm is not known here"},
    [CERTIFICATE_ALGORITHMS_DIFFER]  = {"algorithms-differ", "the algorithm beside the signature is not the signed one (4.1.1.2)"},
    [CERTIFICATE_NAME]               = {"name", "the issuer or the subject is not a proper name (4.1.2.4, 4.1.2.6)"},
    [CERTIFICATE_VALIDITY]           = {"validity", "the validity is not two proper times in order (4.1.2.5)"},
    [CERTIFICATE_KEY]                = {"key", "the key is not a sound RSA key (4.1.2.7)"},
    [CERTIFICATE_EXTENSION]          = {"extension", "an extension is malformed (4.2)"},
    [CERTIFICATE_EXTENSION_TWICE]    = {"extension-twice", "an extension is there twice (4.2)"},
    [CERTIFICATE_EXTENSION_COUNT]    = {"extension-count", "the list of extensions is empty or too long"},
    [CERTIFICATE_CHAIN_LENGTH]       = {"chain-length", "the chain has no certificate, or too many"},
    [CERTIFICATE_UNKNOWN_CRITICAL]   = {"unknown-critical", "a critical extension is not understood here (4.2)"},
    [CERTIFICATE_NOT_YET_VALID]      = {"not-yet-valid", "the certificate is not valid yet (6.1.3 (a)(2))"},
    [CERTIFICATE_EXPIRED]            = {"expired", "the certificate has expired (6.1.3 (a)(2))"},
    [CERTIFICATE_WRONG_ISSUER]       = {"wrong-issuer", "the issuer's name is not that of the certificate above (6.1.3 (a)(4))"},
    [CERTIFICATE_UNTRUSTED]          = {"untrusted", "no trusted certificate has the issuer's name"},
    [CERTIFICATE_SELF_SIGNED]        = {"self-signed", "the certificate is signed by itself, and is not among the trusted ones"},
    [CERTIFICATE_BAD_SIGNATURE]      = {"bad-signature", "the signature does not verify with the issuer's key (6.1.3 (a)(1))"},
    [CERTIFICATE_ISSUER_NOT_CA]      = {"issuer-not-ca", "the issuer is not a CA (6.1.4 (k))"},
    [CERTIFICATE_ISSUER_KEY_USAGE]   = {"issuer-key-usage", "the issuer's key may not sign certificates (6.1.4 (n))"},
    [CERTIFICATE_PATH_LENGTH]        = {"path-length", "there are more CAs than one above allows (6.1.4 (l))"},
    [CERTIFICATE_BAD_ANCHOR]         = {"bad-anchor", "the trusted certificate is not a self-signed one"},
    [CERTIFICATE_KEY_USAGE]          = {"key-usage", "the key may not be used for this (4.2.1.3)"},
    [CERTIFICATE_EXTENDED_KEY_USAGE] = {"extended-key-usage", "the key may not be used in this role (4.2.1.12)"},
    [CERTIFICATE_NAME_MISMATCH]      = {"name-mismatch", "the certificate is not for this name (4.2.1.6)"},
    [CERTIFICATE_TEMPLATE]           = {"template", "such a certificate cannot be made"},
    [CERTIFICATE_ISSUER_KEY]         = {"issuer-key", "the private key does not fit the issuer"},
    [CERTIFICATE_RANDOM]             = {"random", "the random generator failed"},
};
// clang-format on

const char *certificate_error_text(enum certificate_error error) {
    return error < CERTIFICATE_ERRORS ? errors[error].text : "unknown error of a certificate";
}

const char *certificate_error_name(enum certificate_error error) {
    return error < CERTIFICATE_ERRORS ? errors[error].name : "unknown";
}
