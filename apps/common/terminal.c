#include "apps/common/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

// readline keeps its state in global variables, so there is one terminal.
static struct {
    bool open, interactive, broken, quiet;
    size_t line_max;
    terminal_gate *gate;
    void *context;
    // At a terminal: the line that readline has just given us.
    char *accepted;
    bool accepted_end;
    // From a pipe: what has been read and not been given out.
    uint8_t *buffer;
    size_t start, end;
    bool at_end;
} terminal;

// --- at a terminal ---------------------------------------------------------------------------------------------

static void take_line(char *line) {
    free(terminal.accepted);
    terminal.accepted = line;
    terminal.accepted_end = line == NULL;
    if (line != NULL && line[0] != '\0') {
        add_history(line);
    }
}

// Bound to Enter: the gate is asked first.
static int enter(int count, int key) {
    const char *why = terminal.gate != NULL ? terminal.gate(terminal.context, (size_t)rl_end) : NULL;
    if (why == NULL) {
        return rl_newline(count, key);
    }
    terminal_say("(%s)", why);
    return 0;
}

static void start_readline(void) {
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_instream = stdin;
    rl_outstream = stdout;
    rl_readline_name = "cutaway";
    (void)rl_bind_key('\t', rl_insert); // file names are no help in a conversation
    rl_callback_handler_install("", take_line);
    (void)rl_bind_key('\r', enter);
    (void)rl_bind_key('\n', enter);
}

bool terminal_open(size_t line_max, terminal_gate *gate, void *context) {
    terminal.line_max = line_max;
    terminal.gate = gate;
    terminal.context = context;
    terminal.buffer = malloc(line_max + 2); // one byte more shows that a line is too long, one is its break
    if (terminal.buffer == NULL) {
        return false;
    }
    terminal.interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    terminal.open = true;
    if (terminal.interactive) {
        start_readline();
    }
    (void)atexit(terminal_close);
    return true;
}

void terminal_close(void) {
    if (!terminal.open) {
        return;
    }
    terminal.open = false;
    if (terminal.interactive) {
        // The prompt that waits for a line that will not come.
        rl_clear_visible_line();
        rl_callback_handler_remove();
        (void)fflush(stdout);
    }
    terminal.interactive = false;
    free(terminal.accepted);
    free(terminal.buffer);
    terminal.accepted = NULL;
    terminal.buffer = NULL;
}

bool terminal_is_interactive(void) {
    return terminal.interactive;
}

void terminal_set_prompt(const char *prompt) {
    if (terminal.interactive && strcmp(rl_prompt != NULL ? rl_prompt : "", prompt) != 0) {
        rl_clear_visible_line();
        (void)rl_set_prompt(prompt);
        (void)rl_on_new_line();
        rl_redisplay();
    }
}

static enum terminal_input read_interactive(const uint8_t **line, size_t *length) {
    free(terminal.accepted);
    terminal.accepted = NULL;
    terminal.accepted_end = false;
    rl_callback_read_char();
    if (terminal.accepted_end) {
        return TERMINAL_END;
    }
    if (terminal.accepted == NULL) {
        return TERMINAL_NOTHING;
    }
    *line = (const uint8_t *)terminal.accepted;
    *length = strlen(terminal.accepted);
    return TERMINAL_LINE;
}

// --- from a pipe or a file -------------------------------------------------------------------------------------

// A whole line in the buffer: its break, or the end of the input after at least one byte.
static const uint8_t *line_break(void) {
    return memchr(terminal.buffer + terminal.start, '\n', terminal.end - terminal.start);
}

bool terminal_has_line(void) {
    return terminal.open && !terminal.interactive && (line_break() != NULL || terminal.at_end);
}

static enum terminal_input read_plain(const uint8_t **line, size_t *length) {
    if (line_break() == NULL && !terminal.at_end) {
        memmove(terminal.buffer, terminal.buffer + terminal.start, terminal.end - terminal.start);
        terminal.end -= terminal.start;
        terminal.start = 0;
        ssize_t count =
            read(STDIN_FILENO, terminal.buffer + terminal.end, terminal.line_max + 2 - terminal.end);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            return TERMINAL_NOTHING;
        }
        terminal.at_end = count <= 0;
        terminal.end += count > 0 ? (size_t)count : 0;
    }
    const uint8_t *found = line_break();
    *line = terminal.buffer + terminal.start;
    *length = found != NULL ? (size_t)(found - *line) : terminal.end - terminal.start;
    if (*length > terminal.line_max) {
        return TERMINAL_TOO_LONG;
    }
    if (found != NULL) {
        terminal.start += *length + 1;
        return TERMINAL_LINE;
    }
    if (!terminal.at_end) {
        return TERMINAL_NOTHING;
    }
    terminal.start = terminal.end;
    return *length > 0 ? TERMINAL_LINE : TERMINAL_END;
}

enum terminal_input terminal_read(const uint8_t **line, size_t *length) {
    return terminal.interactive ? read_interactive(line, length) : read_plain(line, length);
}

int terminal_descriptor(void) {
    return STDIN_FILENO;
}

// --- output ----------------------------------------------------------------------------------------------------

void terminal_begin_output(void) {
    if (terminal.interactive) {
        rl_clear_visible_line();
    }
}

void terminal_end_output(void) {
    if (fflush(stdout) != 0 || ferror(stdout)) {
        terminal.broken = true;
    }
    if (terminal.interactive) {
        (void)rl_on_new_line();
        rl_redisplay();
    }
}

bool terminal_is_writable(void) {
    return !terminal.broken;
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list arguments) {
    terminal_begin_output();
    (void)vprintf(format, arguments);
    (void)putchar('\n');
    terminal_end_output();
}

void terminal_say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void terminal_set_quiet(bool quiet) {
    terminal.quiet = quiet;
}

void terminal_note(const char *format, ...) {
    if (!terminal.quiet) {
        va_list arguments;
        va_start(arguments, format);
        say(format, arguments);
        va_end(arguments);
    }
}

void terminal_show(const char *before, const uint8_t *text, size_t length) {
    struct terminal_filtered filtered;
    terminal_begin_output();
    if (terminal_filter(&filtered, text, length, (unsigned)strlen(before))) {
        (void)printf("%s%s\n", before, filtered.text);
        free(filtered.text);
    } else {
        (void)printf("%s(no memory to show it)\n", before);
    }
    terminal_end_output();
}

void terminal_signal(int number) {
    if (number == SIGWINCH && terminal.interactive) {
        rl_resize_terminal();
    }
    if (number == SIGTSTP) {
        if (terminal.interactive && rl_deprep_term_function != NULL) {
            rl_deprep_term_function();
        }
        (void)raise(SIGSTOP);
        if (terminal.interactive && rl_prep_term_function != NULL) {
            rl_prep_term_function(1);
            (void)rl_forced_update_display();
        }
    }
}

bool terminal_has_colour(void) {
    const char *no_colour = getenv("NO_COLOR");
    const char *type = getenv("TERM");
    return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') && type != NULL &&
           strcmp(type, "dumb") != 0;
}

unsigned terminal_width(unsigned most) {
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return most;
    }
    return size.ws_col < most ? size.ws_col : most;
}

// --- the filter ------------------------------------------------------------------------------------------------

// The length of the UTF-8 character at text[0], with its code point; 0 when it is not one (RFC 3629).
static size_t utf8_character(const uint8_t *text, size_t length, uint32_t *point) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80 ? 1 : text[0] >= 0xf0 && text[0] < 0xf5 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if ((text[0] >= 0x80 && text[0] < 0xc2) || text[0] >= 0xf5 || size > length) {
        return 0;
    }
    *point = size == 1 ? text[0] : text[0] & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        *point = *point << 6 | (text[i] & 0x3f);
    }
    bool surrogate = *point >= 0xd800 && *point < 0xe000;
    return *point < smallest[size] || surrogate || *point > 0x10ffff ? 0 : size;
}

// Characters that do something instead of being seen: controls, and those that reorder a line.
static bool is_active(uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) || point == 0xfeff;
}

bool terminal_filter(struct terminal_filtered *out, const uint8_t *text, size_t length, unsigned indent) {
    FILE *stream = open_memstream(&out->text, &out->length);
    if (stream == NULL) {
        return false;
    }
    for (size_t i = 0; i < length;) {
        uint32_t point = 0;
        size_t size = utf8_character(text + i, length - i, &point);
        if (size > 0 && (!is_active(point) || point == '\t')) {
            (void)fwrite(text + i, 1, size, stream);
        } else if (point == '\n' && size > 0) {
            (void)fprintf(stream, "\n%*s", (int)indent, "");
        } else {
            size = size == 0 ? 1 : size;
            for (size_t j = 0; j < size; j++) {
                (void)fprintf(stream, "\\x%02x", text[i + j]);
            }
        }
        i += size;
    }
    return fclose(stream) == 0;
}
