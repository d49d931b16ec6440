// A report: the transcript of a demo as it happens. Messages with what both ends say about them, what stands on the
// screens, and remarks. As text for people, as JSON for programs, or as a page (HTML); always the same content.
#ifndef APPS_COMMON_REPORT_H
#define APPS_COMMON_REPORT_H

#include "apps/common/transcript.h"

#include <jansson.h>

enum report_form { REPORT_TEXT, REPORT_JSON, REPORT_HTML };

struct report {
    enum report_form form;
    FILE *out;
    struct transcript_style style; // of text
    json_t *entries;               // of a page, which is written at the end
    bool quiet;                    // only what stands on the screens
    bool broken;                   // memory was short: something is missing
};

// Runs `tell` with a report: as text or JSON to standard output, or as a page to the file `html`, which is there
// completely or not at all. The exit status: that of `tell`, or of what went wrong with the report, which has been said.
typedef int report_teller(struct report *report, void *context);
int report_run(bool json, const char *html, report_teller *tell, void *context);

// A warning that goes before everything.
void report_warning(struct report *report, const char *text);
// The title, once: "des-chat", and what it is in a sentence.
void report_title(struct report *report, const char *protocol, const char *sentence);
// "setting", "look again", "try": a label of at most 12 characters, and a paragraph. `code` in it is set off in pages.
void report_remark(struct report *report, const char *label, const char *text);
// A line on somebody's screen: any bytes.
void report_screen(struct report *report, const char *whose, const char *before, const uint8_t *text,
                   size_t length);

// The messages of one connection in one direction that have been sent and have not arrived. Starts as {0}.
enum { REPORT_FLOW_MAX = 32 };
struct report_flow {
    size_t count;
    struct {
        const struct message_type *type;
        char *text;
        json_t *data;
    } under_way[REPORT_FLOW_MAX];
};
// The sender's explanation, then the receiver's; they are shown together when the message arrives.
void report_sent(struct report *report, struct report_flow *flow, const struct explanation *sent);
void report_received(struct report *report, struct report_flow *flow, const struct explanation *received);
// All bytes of the flow have arrived: what the receiver had nothing to say about is shown too.
void report_arrived(struct report *report, struct report_flow *flow);
// Releases what never arrived.
void report_flow_clear(struct report_flow *flow);

#endif
