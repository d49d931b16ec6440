// The client of e2e-relay: its keys, and the words for the person. The loop is in apps/common/live.c, the protocol in
// protocols/e2e_client.c.

#include "apps/e2e-relay/client.h"

#include "apps/common/files.h"
#include "apps/common/live.h"
#include "apps/common/terminal.h"

#include "protocols/e2e_party.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- keys ------------------------------------------------------------------------------------------------------

int run_keygen(const struct client_settings *settings) {
    // Keys that are lost cannot be had back: nothing is overwritten.
    struct stat there;
    if (strcmp(settings->file, "-") != 0 && lstat(settings->file, &there) == 0) {
        return failure("%s is there already; remove it first if you mean it", settings->file);
    }
    struct e2e_keys keys;
    char text[E2E_KEYS_TEXT_MAX];
    size_t length;
    int status = STATUS_FAILED;
    e2e_keys_init(&keys);
    if (!e2e_keys_generate(&keys, settings->group) || !e2e_keys_write(text, sizeof text, &length, &keys)) {
        status = failure("the system's random generator failed");
    } else if (output_write_all(settings->file, OUTPUT_SECRET, text, length)) {
        status = STATUS_OK;
    }
    secure_wipe(text, sizeof text);
    e2e_keys_clear(&keys);
    return status;
}

// False after a complaint.
static bool read_keys(struct e2e_keys *keys, const struct client_settings *settings) {
    struct stat found;
    struct bytes text = {0};
    struct parse_error where;
    if (stat(settings->keys, &found) == 0 && S_ISREG(found.st_mode) && (found.st_mode & 077) != 0) {
        complain("%s can be read by others: chmod 600 %s", settings->keys, settings->keys);
        return false;
    }
    if (!input_read_all(&text, settings->keys, E2E_KEYS_TEXT_MAX)) {
        return false;
    }
    bool read = e2e_keys_read(keys, (const char *)text.data, text.length, &where);
    bytes_clear(&text);
    if (!read) {
        complain("%s, byte %zu: %s (e2e-relay keygen makes such files)", settings->keys, where.offset,
                 where.reason);
    } else if (settings->group_given && strcmp(keys->group.name, settings->group) != 0) {
        complain("%s has keys of the group %s, not of %s", settings->keys, keys->group.name, settings->group);
        read = false;
    }
    return read;
}

static bool get_keys(struct e2e_keys *keys, const struct client_settings *settings) {
    if (settings->keys != NULL) {
        return read_keys(keys, settings);
    }
    bool made = e2e_keys_generate(keys, settings->group);
    if (!made) {
        complain("the system's random generator failed");
    }
    return made;
}

// --- the client ------------------------------------------------------------------------------------------------

static struct self {
    struct e2e_party party; // first: what the loop calls the party's state
    struct e2e_keys keys;
    const struct client_settings *settings;
} self;

static const char *start(void *state, struct explain_sink *explain) {
    struct self *me = state;
    const struct protocol_options *common = &me->settings->common;
    char host[256];
    bool ipv6 = strchr(common->host, ':') != NULL;
    (void)snprintf(host, sizeof host, ipv6 ? "[%s]:%lu" : "%s:%lu", common->host, common->port);
    const struct e2e_party_options options = {
        .keys = &me->keys, .host = host, .stay = me->settings->stay, .explain = explain};
    enum e2e_reason reason = e2e_party_start(&me->party, &options);
    return reason == E2E_OK ? NULL : e2e_reason_text(reason);
}

int run_client(const struct client_settings *settings) {
    static const struct live_app app = {
        .party = &e2e_client_party,
        .start = start,
        .peer_says = "Partner: ",
        .prompt = "You: ",
        .prompt_waiting = "(nobody is there) You: ",
    };
    self.settings = settings;
    e2e_keys_init(&self.keys);
    e2e_party_init(&self.party);
    int status = STATUS_FAILED;
    if (get_keys(&self.keys, settings)) {
        if (e2e_is_toy(&self.keys.group) && !settings->common.quiet) {
            terminal_say(E2E_TOY_WARNING, mpz_sizeinbase(self.keys.group.p, 2));
        }
        const struct live live = {.app = &app, .state = &self};
        status = live_call(&live, &settings->common);
    }
    e2e_party_clear(&self.party);
    e2e_keys_clear(&self.keys);
    return status;
}
