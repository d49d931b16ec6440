// "host and port given or asked for" (README 004): questions at a terminal, before the conversation. Elsewhere the
// usual answers are taken, so that a script never hangs on a question.

#include "apps/rsa-chat/rsa_chat_app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_SIZE = 256 };

// One line from the terminal, whose own line editing is still in charge. False at its end (Ctrl-D), after a complaint.
static bool ask(const char *question, const char *usual, char answer[static ANSWER_SIZE]) {
    (void)printf("%s [%s]: ", question, usual);
    (void)fflush(stdout);
    ssize_t count;
    do {
        count = read(STDIN_FILENO, answer, ANSWER_SIZE - 1);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
        (void)putchar('\n');
        complain("no answer to \"%s\"", question);
        return false;
    }
    answer[count] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    if (answer[0] == '\0') {
        (void)snprintf(answer, ANSWER_SIZE, "%s", usual);
    }
    return true;
}

static bool may_ask(void) {
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static bool parse_port(const char *text, unsigned long least, unsigned long *port) {
    char *end;
    errno = 0;
    *port = strtoul(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && *port >= least && *port <= 65535;
}

bool ask_where(struct settings *settings, bool listening) {
    static char host[ANSWER_SIZE];
    char answer[ANSWER_SIZE], usual_port[8];
    struct protocol_options *common = &settings->common;
    (void)snprintf(usual_port, sizeof usual_port, "%d", RSA_CHAT_PORT);
    if (common->host == NULL) {
        (void)snprintf(host, sizeof host, "127.0.0.1");
        if (may_ask() && !ask(listening ? "Host to listen on" : "The server's host", "127.0.0.1", host)) {
            return false;
        }
        common->host = host;
    }
    if (common->port == PORT_NOT_GIVEN) {
        common->port = RSA_CHAT_PORT;
        while (may_ask()) {
            if (!ask(listening ? "Port (0 picks a free one)" : "The server's port", usual_port, answer)) {
                return false;
            }
            if (parse_port(answer, listening ? 0 : 1, &common->port)) {
                break;
            }
            (void)printf("A port is a number up to 65535.\n");
        }
    }
    return true;
}

bool ask_name(struct settings *settings) {
    static char name[ANSWER_SIZE];
    if (settings->name != NULL) {
        return true;
    }
    (void)snprintf(name, sizeof name, "client");
    while (may_ask()) {
        if (!ask("Your name", "client", name)) {
            return false;
        }
        if (rsa_chat_name_is_good(name, strlen(name))) {
            break;
        }
        (void)printf("Not this one: %s.\n", rsa_chat_reason_text(RSA_CHAT_BAD_NAME));
    }
    settings->name = name;
    return true;
}
