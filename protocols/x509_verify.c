// Verifying a chain of certificates: RFC 5280, 6.1. Before: protocols/x509_parse.c,
// protocols/x509_extensions.c, protocols/x509_host.c. Used by: `cutaway x509 verify`, apps/cert-relay.
//
// A signature says that the issuer's key signed this. Why believe the issuer? Because another certificate
// says so, and so on, until one that is believed for no reason inside the system: the trust anchor, which
// everybody has beforehand.
//
//      anchor                chain[1]                 chain[0]
//   +-------------+       +----------------+       +----------------+
//   | issuer Root |   +---| issuer Root    |   +---| issuer Middle  |      names: issuer = subject of the one before
//   | subject Root|<--+   | subject Middle |<--+   | subject server |
//   | key  R -----|------>| signed by R    |       | signed by M    |      signatures: with the key of the one before
//   | CA          |       | key  M --------|------>| key  S         |
//   | pathLen 1   |       | CA, pathLen 0  |       | not a CA       |      rights: who signs must be allowed to
//   +-------------+       +----------------+       +----------------+
//      (trusted)             (sent along)            (the other end)
//
// The walk goes from the anchor down, as 6.1.3 and 6.1.4 have it: a certificate's contents count only after
// the signature above it has been verified. At each certificate, in this order:
//
//   name        its issuer is the subject above              6.1.3 (a)(4)
//   signature   verifies with the key above                  6.1.3 (a)(1)
//   time        notBefore <= now <= notAfter                 6.1.3 (a)(2)
//   critical    every critical extension is understood       6.1.4 (o), 6.1.5 (f)
//   and where another one follows below:
//   CA          basicConstraints say cA                      6.1.4 (k)
//   length      the limits above have one CA left            6.1.4 (l), (m)
//   keyUsage    keyCertSign, where keyUsage is there         6.1.4 (n)
//
// At the end the first certificate must be good for what it is wanted for: key usage, role, and the name.
// Revocation, (a)(3), is left out: a stolen key stays valid here until it expires, as the docs say.
//
// An example of the limit (tests/test_x509.c): pathLen 0 under the anchor's pathLen 1 leaves no CA below
// Middle. A certificate whose issuer is its own subject, as when a CA changes its key, does not use up the
// limit (6.1.4 (l)).
//
// Pitfalls
// - Checking the signatures and forgetting the rights: then every owner of a certificate is a CA. It has
//   happened often.
// - Trusting a self-signed certificate because its signature verifies. It always does. Only the caller's list
//   counts.
// - A valid chain for another name is a valid chain. The name is part of the question; NULL asks for no name,
//   and is for programs that check identity in another way.
// - The chain comes from the other end: it is bounded before any of the costly arithmetic is done.

#include "protocols/x509_parts.h"

#include "bignum/trace.h"

enum { UNLIMITED = X509_CHAIN_MAX + 1 };

static enum certificate_error refuse(struct x509_fault *fault, size_t certificate, size_t offset,
                                     enum certificate_error error) {
    if (fault != NULL) {
        fault->certificate = certificate;
        parse_error_set(&fault->where, offset, x509_layer, "%s", certificate_error_text(error));
    }
    return error;
}

static size_t offset_of(const struct x509_certificate *certificate, struct x509_span part) {
    return part.bytes == NULL ? 0 : (size_t)(part.bytes - certificate->der.bytes);
}

bool x509_signed_by(const struct x509_certificate *certificate, const struct rsa_public_key *key) {
    return x509_algorithm_verify(&certificate->algorithm, key, certificate->tbs, certificate->signature);
}

static bool is_self_issued(const struct x509_certificate *certificate) {
    return x509_span_equal(certificate->issuer, certificate->subject);
}

// Validity and critical extensions: what is asked of every certificate, the anchor included.
static enum certificate_error check_any(const struct x509_certificate *certificate, size_t index,
                                        const struct x509_request *request, struct x509_fault *fault) {
    size_t validity = offset_of(certificate, certificate->issuer) + certificate->issuer.length;
    if (request->time < certificate->not_before) {
        return refuse(fault, index, validity, CERTIFICATE_NOT_YET_VALID);
    }
    if (request->time > certificate->not_after) {
        return refuse(fault, index, validity, CERTIFICATE_EXPIRED);
    }
    if (certificate->unknown_critical.length > 0) {
        return refuse(fault, index, offset_of(certificate, certificate->unknown_critical),
                      CERTIFICATE_UNKNOWN_CRITICAL);
    }
    return CERTIFICATE_OK;
}

// May this certificate's key sign others? 6.1.4 (k) and (n).
static enum certificate_error check_issuer(const struct x509_certificate *certificate, size_t index,
                                           struct x509_fault *fault) {
    size_t extensions = offset_of(certificate, certificate->extensions);
    if (!certificate->is_ca) {
        return refuse(fault, index, extensions, CERTIFICATE_ISSUER_NOT_CA);
    }
    if (certificate->has_key_usage && (certificate->key_usage & KEY_USAGE_KEY_CERT_SIGN) == 0) {
        return refuse(fault, index, extensions, CERTIFICATE_ISSUER_KEY_USAGE);
    }
    return CERTIFICATE_OK;
}

// An anchor is believed because the caller says so. That it is self-signed is still checked: a damaged file,
// or a certificate that was meant to be somewhere else, is better noticed here.
static enum certificate_error check_anchor(const struct x509_certificate *anchor, size_t index,
                                           const struct x509_request *request, struct x509_fault *fault) {
    trace_enter(
        "a root is signed with its own key: that shows that it is undamaged, not that it is to be trusted",
        "anchor: signature");
    bool self_signed = is_self_issued(anchor) && x509_signed_by(anchor, &anchor->key);
    trace_leave();
    if (!self_signed) {
        return refuse(fault, index, 0, CERTIFICATE_BAD_ANCHOR);
    }
    enum certificate_error error = check_any(anchor, index, request, fault);
    return error == CERTIFICATE_OK ? check_issuer(anchor, index, fault) : error;
}

// The anchor with the name of the issuer of `last`; NULL when there is none. More than one may have it, when
// a CA has changed its key: then the signature decides.
static const struct x509_certificate *find_anchor(const struct x509_certificate *last,
                                                  const struct x509_certificate *anchors, size_t count) {
    const struct x509_certificate *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (x509_span_equal(anchors[i].subject, last->issuer) &&
            (found == NULL || !x509_signed_by(last, &found->key))) {
            found = &anchors[i];
        }
    }
    return found;
}

static enum certificate_error refuse_untrusted(const struct x509_certificate *last, size_t index,
                                               struct x509_fault *fault) {
    bool self_signed = is_self_issued(last) && x509_signed_by(last, &last->key);
    return refuse(fault, index, offset_of(last, last->issuer),
                  self_signed ? CERTIFICATE_SELF_SIGNED : CERTIFICATE_UNTRUSTED);
}

// 6.1.3: one certificate below `issuer`.
static enum certificate_error check_link(const struct x509_certificate *certificate, size_t index,
                                         const struct x509_certificate *issuer,
                                         const struct x509_request *request, struct x509_fault *fault) {
    if (!x509_span_equal(certificate->issuer, issuer->subject)) {
        return refuse(fault, index, offset_of(certificate, certificate->issuer), CERTIFICATE_WRONG_ISSUER);
    }
    trace_enter("RFC 5280, 6.1.3 (a)(1): the signature verifies with the issuer's key",
                "certificate %zu: signature", index);
    bool signature_ok = x509_signed_by(certificate, &issuer->key);
    trace_leave();
    if (!signature_ok) {
        return refuse(fault, index, offset_of(certificate, certificate->signature),
                      CERTIFICATE_BAD_SIGNATURE);
    }
    return check_any(certificate, index, request, fault);
}

// 6.1.4 (l) and (m): how many CAs may still follow.
static bool use_path_length(const struct x509_certificate *certificate, int *left) {
    if (!is_self_issued(certificate) && (*left)-- == 0) {
        return false;
    }
    if (certificate->path_length != X509_NO_PATH_LENGTH && certificate->path_length < *left) {
        *left = certificate->path_length;
    }
    return true;
}

// What the caller wants the first certificate for. An absent extension allows everything (4.2.1.3, 4.2.1.12).
static enum certificate_error check_request(const struct x509_certificate *certificate,
                                            const struct x509_request *request, struct x509_fault *fault) {
    size_t extensions = offset_of(certificate, certificate->extensions);
    if (certificate->has_key_usage && (request->key_usage & ~certificate->key_usage) != 0) {
        return refuse(fault, 0, extensions, CERTIFICATE_KEY_USAGE);
    }
    if (certificate->has_extended_key_usage && (certificate->extended_key_usage & EXTENDED_USAGE_ANY) == 0 &&
        (request->extended_key_usage & ~certificate->extended_key_usage) != 0) {
        return refuse(fault, 0, extensions, CERTIFICATE_EXTENDED_KEY_USAGE);
    }
    if (request->name != NULL && !x509_matches_name(certificate, request->name)) {
        return refuse(fault, 0, offset_of(certificate, certificate->alternative_names),
                      CERTIFICATE_NAME_MISMATCH);
    }
    return CERTIFICATE_OK;
}

enum certificate_error x509_verify_chain(const struct x509_certificate *chain, size_t count,
                                         const struct x509_certificate *anchors, size_t anchor_count,
                                         const struct x509_request *request, struct x509_fault *fault) {
    if (count == 0 || count > X509_CHAIN_MAX) {
        return refuse(fault, 0, 0, CERTIFICATE_CHAIN_LENGTH);
    }
    // The root may be sent along. It is then its own issuer, and, issued by itself, takes nothing from the path length.
    const struct x509_certificate *anchor = find_anchor(&chain[count - 1], anchors, anchor_count);
    if (anchor == NULL) {
        return refuse_untrusted(&chain[count - 1], count - 1, fault);
    }
    enum certificate_error error = check_anchor(anchor, count, request, fault);
    int left = anchor->path_length == X509_NO_PATH_LENGTH ? UNLIMITED : anchor->path_length;
    const struct x509_certificate *issuer = anchor;
    for (size_t i = count; i-- > 0 && error == CERTIFICATE_OK; issuer = &chain[i]) {
        error = check_link(&chain[i], i, issuer, request, fault);
        if (error == CERTIFICATE_OK && i > 0) {
            error = check_issuer(&chain[i], i, fault);
        }
        if (error == CERTIFICATE_OK && i > 0 && !use_path_length(&chain[i], &left)) {
            error = refuse(fault, i, offset_of(&chain[i], chain[i].extensions), CERTIFICATE_PATH_LENGTH);
        }
    }
    return error == CERTIFICATE_OK ? check_request(&chain[0], request, fault) : error;
}
