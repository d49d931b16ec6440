// cutaway x509: a certificate shown part by part, and a chain verified.

#include "apps/common/files.h"
#include "apps/common/options.h"
#include "apps/cutaway/commands.h"
#include "apps/cutaway/names.h"
#include "apps/cutaway/subcommand.h"
#include "apps/cutaway/x509_command.h"
#include "bignum/trace.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

// --- verify ----------------------------------------------------------------------------------------------------

struct verify_wish {
    const char *ca, *name, *time, *role;
    bool openssl;
    char **paths;
    int path_count;
};

static int print_openssl(const struct verify_wish *wish, const struct x509_request *request) {
    fputs("openssl verify -x509_strict -CAfile", stdout);
    print_shell_word(wish->ca);
    for (int i = 1; i < wish->path_count; i++) {
        fputs(" -untrusted", stdout);
        print_shell_word(wish->paths[i]);
    }
    if (wish->name != NULL) {
        uint8_t octets[16];
        fputs(x509_address_octets(octets, wish->name) > 0 ? " -verify_ip" : " -verify_hostname", stdout);
        print_shell_word(wish->name);
    }
    if (wish->role != NULL) {
        printf(" -purpose ssl%s", wish->role);
    }
    if (wish->time != NULL) {
        printf(" -attime %lld", (long long)request->time);
    }
    print_shell_word(wish->paths[0]);
    putchar('\n');
    return STATUS_OK;
}

// The certificates of all files as one chain: the structs are copied, their memory stays with the bundles.
static bool load_chain(struct x509_certificate *chain, size_t *count, struct x509_bundle *bundles,
                       const struct verify_wish *wish) {
    *count = 0;
    for (int i = 0; i < wish->path_count; i++) {
        if (!x509_load(&bundles[i], wish->paths[i])) {
            return false;
        }
        for (size_t j = 0; j < bundles[i].count; j++) {
            if (*count == X509_CHAIN_MAX) {
                complain("a chain has at most %d certificates", X509_CHAIN_MAX);
                return false;
            }
            chain[(*count)++] = bundles[i].certificates[j];
        }
    }
    return true;
}

static void print_link(const char *role, const struct x509_certificate *certificate) {
    char name[X509_NAME_TEXT_SIZE], until[X509_TIME_TEXT_SIZE];
    if (!x509_name_text(name, sizeof name, certificate->subject)) {
        (void)snprintf(name, sizeof name, "(a name too long to show)");
    }
    x509_time_text(until, certificate->not_after);
    printf("%-8s %s, until %s\n", role, name[0] == '\0' ? "(no name)" : name, until);
}

static int verify(const struct verify_wish *wish, const struct x509_request *request) {
    struct x509_certificate chain[X509_CHAIN_MAX];
    struct x509_bundle anchors = {0}, bundles[X509_CHAIN_MAX] = {{0}};
    struct x509_fault fault = {.where = {.reason = ""}};
    size_t count = 0;
    int status = STATUS_FAILED;
    if (x509_load(&anchors, wish->ca) && load_chain(chain, &count, bundles, wish)) {
        enum certificate_error error =
            x509_verify_chain(chain, count, anchors.certificates, anchors.count, request, &fault);
        if (error == CERTIFICATE_OK) {
            for (size_t i = count; i-- > 0;) {
                print_link(i == 0 ? "for" : "through", &chain[i]);
            }
            puts("verified");
            status = STATUS_OK;
        } else if (fault.certificate == count) {
            complain("%s: the trusted certificate at byte %zu: %s", wish->ca, fault.where.offset,
                     fault.where.reason);
        } else {
            char name[X509_NAME_TEXT_SIZE];
            bool named = x509_name_text(name, sizeof name, chain[fault.certificate].subject);
            complain("certificate %zu of %zu (%s) at byte %zu: %s", fault.certificate + 1, count,
                     named ? name : "a name too long to show", fault.where.offset, fault.where.reason);
        }
    }
    for (int i = 0; i < wish->path_count; i++) {
        x509_bundle_clear(&bundles[i]);
    }
    x509_bundle_clear(&anchors);
    return status;
}

static int verify_command(int argc, char **argv) {
    static const char *const roles[] = {"server", "client", NULL};
    struct verify_wish wish = {.ca = NULL};
    // clang-format off
    const struct app_option options[] = {
        {"ca", 'c', OPTION_TEXT, &wish.ca, "CA.pem", "the certificates to trust: self-signed ones", .required = true},
        {"name", 'n', OPTION_TEXT, &wish.name, "N", "the host name or address that the first certificate must be for", .required = false},
        {"role", 'r', OPTION_CHOICE, &wish.role, "ROLE", "that the first certificate must be good for", .choices = roles},
        {"time", 't', OPTION_TEXT, &wish.time, "T", "2026-11-20, 2026-11-20T10:34:59Z (UTC) or @SECONDS; now unless given", .required = false},
        {"openssl", 0, OPTION_FLAG, &wish.openssl, NULL, "print the openssl command that does the same", .required = false},
        {0},
    };
    // clang-format on
    const struct app_usage usage = {
        .program = "cutaway x509 verify",
        .synopsis = "--ca CA.pem [--name N] [--role server|client] [--time T] CERT.pem...",
        .purpose = "Verifies a chain of certificates (RFC 5280, 6.1) down from one that is trusted.",
        .details =
            "CERT: the certificate of the other end first, then the one that issued it, and so on; a file\n"
            "may hold several. Revocation is not looked at. Exit status: 0 verified, 1 refused or not\n"
            "readable, 2 wrong arguments.",
        .example = "cutaway x509 verify --ca ca_cert.pem --name www.example.org server_cert.pem\n"
                   "cutaway trace x509 verify --ca ca_cert.pem server_cert.pem",
        .operands_min = 1,
        .operands_max = X509_CHAIN_MAX,
        .operand_names = "CERT.pem...",
    };
    int status = options_parse(&usage, options, &argc, argv);
    if (status != OPTIONS_GO_ON) {
        return status;
    }
    struct x509_request request = {.time = (int64_t)time(NULL), .name = wish.name};
    if (wish.time != NULL && !x509_time_argument(&request.time, wish.time)) {
        return usage_error(
            "--time is '%.40s'; it must be like 2026-11-20, 2026-11-20T10:34:59Z or @1795170899", wish.time);
    }
    if (wish.role != NULL) {
        request.extended_key_usage =
            wish.role[0] == 's' ? EXTENDED_USAGE_SERVER_AUTH : EXTENDED_USAGE_CLIENT_AUTH;
    }
    wish.paths = argv + 1;
    wish.path_count = argc - 1;
    return wish.openssl ? print_openssl(&wish, &request) : verify(&wish, &request);
}

// --- the command -----------------------------------------------------------------------------------------------

int command_x509(int argc, char **argv) {
    static const struct subcommand table[] = {
        {"inspect", "FILE", x509_inspect_command},
        {"verify", "--ca CA.pem [--name N] [--role server|client] [--time T] CERT.pem...", verify_command},
        {NULL, NULL, NULL},
    };
    static const struct subcommand_usage usage = {
        .program = "cutaway x509",
        .purpose =
            "X.509 certificates (RFC 5280) with RSA keys: what is in one, and whether a chain of them holds.",
        .example = "cutaway x509 inspect server_cert.pem\n"
                   "cutaway x509 verify --ca ca_cert.pem --name www.example.org server_cert.pem",
    };
    return subcommand_run(&usage, table, argc, argv);
}
