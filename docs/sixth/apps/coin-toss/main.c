// coin-toss: heads or tails over a wire. The protocol is in protocols/coin_toss.c.

#include "protocols/coin_toss.h"

#include "apps/common/demo.h"
#include "apps/common/files.h"
#include "apps/common/live.h"

#include <string.h>

static struct protocol_options common = {
    .host = "127.0.0.1", .port = COIN_TOSS_PORT, .timeout = PROTOCOL_TIMEOUT};
static struct demo_options demo = DEMO_DEFAULTS;
static struct coin_toss client, server;

static const char *start_client(void *state, struct explain_sink *explain) {
    return coin_toss_start(state, true, explain);
}
static const char *start_server(void *state, struct explain_sink *explain) {
    return coin_toss_start(state, false, explain);
}
static const struct live_app client_app = {.party = &coin_toss_client_party,
                                           .start = start_client,
                                           .peer_says = "",
                                           .prompt = "",
                                           .prompt_waiting = ""};
static const struct live_app server_app = {.party = &coin_toss_server_party,
                                           .start = start_server,
                                           .peer_says = "",
                                           .prompt = "call: ",
                                           .prompt_waiting = "",
                                           .busy = "one coin at a time"};

static const char *start_link(void *state, size_t i, struct demo_link *link) {
    (void)state, (void)i;
    link->parties[DEMO_CLIENT] = (struct party){&coin_toss_client_party, &client};
    link->parties[DEMO_SERVER] = (struct party){&coin_toss_server_party, &server};
    const char *why = coin_toss_start(&server, false, link->explain[DEMO_SERVER]);
    return why != NULL ? why : coin_toss_start(&client, true, link->explain[DEMO_CLIENT]);
}
static void opening(void *state, struct report *report) {
    (void)state;
    report_remark(report, "setting", "the client tosses, the server calls");
}
static void closing(void *state, struct report *report) {
    (void)state;
    report_remark(report, "not protected",
                  "who the two are; and a client that does not like the call may just hang up");
}
static const struct demo_step script[] = {{DEMO_SAYS, .side = DEMO_SERVER, .text = "heads"}};
static const struct demo_app demo_app = {
    .protocol = "coin-toss",
    .sentence = "heads or tails over a wire, with a commitment.",
    .port = COIN_TOSS_PORT,
    .start = start_link,
    .opening = opening,
    .closing = closing,
    .peer_says = "",
    .links_at_start = 1,
    .steps = script,
    .step_count = 1,
};

int main(int argc, char **argv) {
    static const struct app_option server_options[] = {
        OPTION_LISTEN_HOST(common), OPTION_LISTEN_PORT(common, "8006"), OPTIONS_ALL_ROLES(common), {0}};
    static const struct app_option client_options[] = {
        OPTION_CALL_HOST(common), OPTION_CALL_PORT(common, "8006"), OPTIONS_ALL_ROLES(common), {0}};
    static const struct app_option demo_options[] = {OPTIONS_ALL_DEMOS(demo), {0}};
    const struct app_usage usage = {.program = "coin-toss",
                                    .synopsis = "server|client|demo [OPTIONS]",
                                    .purpose = "Tosses a coin with somebody who is not trusted.",
                                    .example = "coin-toss demo --seed 1"};
    files_guard_standard_streams();
    const char *role = argc > 1 ? argv[1] : "";
    bool serves = strcmp(role, "server") == 0, shows = strcmp(role, "demo") == 0;
    if (!serves && !shows && strcmp(role, "client") != 0) {
        return usage_error("server, client or demo?");
    }
    argc--;
    int status = options_parse(&usage,
                               shows    ? demo_options
                               : serves ? server_options
                                        : client_options,
                               &argc, argv + 1);
    if (status == OPTIONS_GO_ON) {
        status = shows    ? demo_run(&demo_app, NULL, &demo)
                 : serves ? live_serve(&(struct live){&server_app, &server}, &common)
                          : live_call(&(struct live){&client_app, &client}, &common);
    }
    return files_finish(status);
}
