#include "apps/common/report.h"

#include "apps/common/files.h"
#include "apps/common/terminal.h"
#include "apps/common/transcript_data.h"
#include "apps/common/transcript_html.h"

#include <stdlib.h>
#include <string.h>

// To an open stream. The status, and what is missing.
static int run_into(FILE *out, enum report_form form, report_teller *tell, void *context) {
    struct report report = {.form = form, .out = out, .style = transcript_style()};
    if (form == REPORT_HTML) {
        report.entries = json_array();
        report.broken = report.entries == NULL;
    }
    int status = tell(&report, context);
    if (form == REPORT_HTML && !report.broken) {
        transcript_html(out, report.entries);
    }
    json_decref(report.entries);
    // A full disk or a closed pipe is reported by files_finish.
    return report.broken && !ferror(out) ? failure("no memory for the whole transcript") : status;
}

int report_run(bool json, const char *html, report_teller *tell, void *context) {
    if (json && html != NULL) {
        return usage_error("--json or --html, not both");
    }
    if (html == NULL) {
        return run_into(stdout, json ? REPORT_JSON : REPORT_TEXT, tell, context);
    }
    char *page = NULL;
    size_t length;
    FILE *stream = open_memstream(&page, &length);
    if (stream == NULL) {
        return failure("no memory for the page");
    }
    int status = run_into(stream, REPORT_HTML, tell, context);
    if (fclose(stream) != 0) {
        status = failure("no memory for the page");
    }
    if (status == STATUS_OK && !output_write_all(html, OUTPUT_ORDINARY, page, length)) {
        status = STATUS_FAILED;
    }
    free(page);
    return status;
}

// An entry as data: printed as a line of JSON, or kept for the page. Takes the reference.
static void add(struct report *report, json_t *entry) {
    if (entry == NULL) {
        report->broken = true;
    } else if (report->form == REPORT_HTML) {
        report->broken = json_array_append_new(report->entries, entry) != 0 || report->broken;
    } else {
        report->broken = json_dumpf(entry, report->out, JSON_COMPACT) != 0 || report->broken;
        (void)fputc('\n', report->out);
        json_decref(entry);
    }
}

// --- words -----------------------------------------------------------------------------------------------------

void report_title(struct report *report, const char *protocol, const char *sentence) {
    if (report->form == REPORT_TEXT && report->quiet) {
        return;
    }
    if (report->form == REPORT_TEXT) {
        transcript_paragraph(report->out, report->style, protocol, sentence);
    } else {
        add(report, json_pack("{s:s, s:s, s:s}", "kind", "title", "protocol", protocol, "text", sentence));
    }
}

void report_warning(struct report *report, const char *text) {
    if (report->form == REPORT_TEXT) {
        (void)fprintf(report->out, "%s\n", text);
    } else {
        add(report, json_pack("{s:s, s:s}", "kind", "warning", "text", text));
    }
}

void report_remark(struct report *report, const char *label, const char *text) {
    if (report->quiet) {
        return;
    }
    if (report->form == REPORT_TEXT) {
        transcript_paragraph(report->out, report->style, label, text);
    } else {
        add(report, json_pack("{s:s, s:s, s:s}", "kind", "remark", "label", label, "text", text));
    }
}

void report_screen(struct report *report, const char *whose, const char *before, const uint8_t *text,
                   size_t length) {
    struct terminal_filtered filtered;
    if (!terminal_filter(&filtered, text, length,
                         report->form == REPORT_TEXT && !report->quiet ? TRANSCRIPT_MARGIN : 0)) {
        report->broken = true;
        return;
    }
    if (report->form == REPORT_TEXT) {
        size_t size = filtered.length + strlen(whose) + strlen(before) + 10;
        char *line = malloc(size);
        if (line != NULL) {
            (void)snprintf(line, size, "%s: %s%s", whose, before, filtered.text);
            if (report->quiet) {
                (void)fprintf(report->out, "%s\n", line);
            } else {
                transcript_paragraph(report->out, report->style, "on screen", line);
            }
        }
        report->broken = report->broken || line == NULL;
        free(line);
    } else {
        add(report, json_pack("{s:s, s:s, s:s, s:s}", "kind", "screen", "whose", whose, "before", before,
                              "text", filtered.text));
    }
    free(filtered.text);
}

// --- messages --------------------------------------------------------------------------------------------------

void report_sent(struct report *report, struct report_flow *flow, const struct explanation *sent) {
    if (report->quiet) {
        return;
    }
    if (flow->count == REPORT_FLOW_MAX) {
        report->broken = true;
        return;
    }
    char *text = NULL;
    json_t *data = NULL;
    if (report->form == REPORT_TEXT) {
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        if (stream != NULL) {
            transcript_print_sent(stream, report->style, sent);
            (void)fclose(stream);
        }
    } else {
        data = transcript_data_sent(sent);
    }
    report->broken = report->broken || (text == NULL && data == NULL);
    flow->under_way[flow->count].type = sent->message->type;
    flow->under_way[flow->count].text = text;
    flow->under_way[flow->count].data = data;
    flow->count++;
}

// Shows the first message under way, with what the receiver adds (NULL: nothing).
static void show_first(struct report *report, struct report_flow *flow, const struct explanation *received) {
    const struct message_type *type = flow->under_way[0].type;
    char *text = flow->under_way[0].text;
    json_t *data = flow->under_way[0].data;
    flow->count--;
    memmove(flow->under_way, flow->under_way + 1, flow->count * sizeof flow->under_way[0]);
    if (data != NULL) {
        if (received != NULL && !transcript_data_received(data, received)) {
            report->broken = true;
        }
        add(report, data);
    } else if (text != NULL) {
        (void)fputs(text, report->out);
        if (received != NULL) {
            transcript_print_received(report->out, report->style, received);
        } else {
            transcript_print_knowledge(report->out, report->style, type);
        }
    }
    free(text);
}

void report_received(struct report *report, struct report_flow *flow, const struct explanation *received) {
    if (flow->count > 0) {
        show_first(report, flow, received);
    }
}

void report_arrived(struct report *report, struct report_flow *flow) {
    while (flow->count > 0) {
        show_first(report, flow, NULL);
    }
}

void report_flow_clear(struct report_flow *flow) {
    for (size_t i = 0; i < flow->count; i++) {
        free(flow->under_way[i].text);
        json_decref(flow->under_way[i].data);
    }
    flow->count = 0;
}
