// The registry: every protocol of this folder, one row each. The rows stand with their protocols; a new one is added here.

#include "protocols/cert_relay.h"
#include "protocols/des_chat.h"
#include "protocols/e2e_client.h"
#include "protocols/password_kex_session.h"
#include "protocols/rsa_chat.h"
#include "protocols/watch.h"

// clang-format off
const struct protocol *const protocols[] = {
    &cert_relay_protocol,
    &des_chat_protocol,
    &e2e_relay_protocol,
    &password_kex_protocol,
    &rsa_chat_protocol,
    NULL,
};
// clang-format on
