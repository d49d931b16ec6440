#include "apps/common/password.h"

#include "apps/common/message.h"
#include "apps/common/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { WHY_SIZE = 120 };

void password_forget(struct password *password) {
    secure_wipe(password, sizeof *password);
}

// A terminal whose echo is off.
struct quiet_terminal {
    bool is_terminal;
    struct termios before;
};

static void echo_off(struct quiet_terminal *terminal, const char *prompt) {
    terminal->is_terminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &terminal->before) == 0;
    if (terminal->is_terminal) {
        struct termios quiet = terminal->before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
        quiet.c_lflag |= ICANON | ISIG;
        (void)fflush(stdout);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
        (void)fputs(prompt, stderr);
    }
}

// The line break that the person typed was not echoed either.
static void echo_on(const struct quiet_terminal *terminal) {
    if (terminal->is_terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal->before);
        (void)fputc('\n', stderr);
    }
}

// Waits until there is something to read. STATUS_OK, or 128 + n for a signal that ends the program.
static int wait_for_input(struct quiet_terminal *terminal, const char *prompt) {
    for (;;) {
        struct pollfd polls[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                 {.fd = signals_descriptor(), .events = POLLIN}};
        (void)poll(polls, 2, -1);
        for (int number; (number = signals_next()) != 0;) {
            if (signals_is_end(number)) {
                return 128 + number;
            }
            if (number == SIGTSTP) {
                echo_on(terminal);
                (void)raise(SIGSTOP);
                echo_off(terminal, prompt);
            }
        }
        if (polls[0].revents != 0) {
            return STATUS_OK;
        }
    }
}

// Byte by byte, so that the lines after it are left for others to read. `why`: what is wrong when STATUS_FAILED.
static int read_line(struct password *password, struct quiet_terminal *terminal, const char *prompt,
                     char why[static WHY_SIZE]) {
    password->length = 0;
    for (;;) {
        int status = wait_for_input(terminal, prompt);
        if (status != STATUS_OK) {
            return status;
        }
        uint8_t byte;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got < 0) {
            (void)snprintf(why, WHY_SIZE, "standard input: %s", strerror(errno));
            return STATUS_FAILED;
        }
        if (got == 0 || byte == '\n') {
            (void)snprintf(why, WHY_SIZE, "%s",
                           got == 0 ? "no password: the input has ended" : "the password is empty");
            return password->length > 0 ? STATUS_OK : STATUS_FAILED;
        }
        if (password->length == sizeof password->bytes) {
            (void)snprintf(why, WHY_SIZE, "the password is longer than %d bytes", PASSWORD_MAX);
            return STATUS_FAILED;
        }
        password->bytes[password->length++] = byte;
    }
}

static int ask(struct password *password, const char *prompt, bool *at_terminal) {
    struct quiet_terminal terminal;
    if (!signals_catch()) {
        return failure("cannot set up signals");
    }
    char why[WHY_SIZE] = "";
    echo_off(&terminal, prompt);
    int status = read_line(password, &terminal, prompt, why);
    echo_on(&terminal); // and on a line of its own, what was wrong
    if (status != STATUS_OK) {
        password_forget(password);
    }
    if (status == STATUS_FAILED) {
        complain("%s", why);
    }
    *at_terminal = terminal.is_terminal;
    return status;
}

int password_ask(struct password *password, const char *prompt) {
    bool at_terminal = false;
    return ask(password, prompt, &at_terminal);
}

int password_ask_new(struct password *password, const char *prompt) {
    struct password again = {.length = 0};
    bool at_terminal = false;
    int status = ask(password, prompt, &at_terminal);
    if (status == STATUS_OK && at_terminal) {
        status = ask(&again, "The same again: ", &at_terminal);
        if (status == STATUS_OK &&
            (again.length != password->length || !secure_equal(again.bytes, password->bytes, again.length))) {
            status = failure("the two are not the same");
        }
        password_forget(&again);
    }
    if (status != STATUS_OK) {
        password_forget(password);
    }
    return status;
}
