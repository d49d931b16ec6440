// A trace as JSON, one object a line: {"step": LABEL, "value": HEX or decimal, "shape": ..., "depth": N, "note": ...}.
// A section has no value. A bit string also says how many "bits" it has.

#include "apps/common/message.h"
#include "apps/cutaway/trace_view.h"

#include <jansson.h>
#include <stdlib.h>

struct json_view {
    struct trace_view view;
    struct trace_settings settings;
};

static void on_step(struct trace_sink *sink, const struct trace_step *step) {
    struct json_view *view = (struct json_view *)sink;
    if (step->depth > view->settings.depth) {
        return;
    }
    json_t *object = json_object();
    char *value = trace_value_text(step);
    int bad = json_object_set_new(object, "step", json_string(step->label));
    if (step->shape != TRACE_SECTION) {
        json_t *text = json_string(value); // NULL when a message for people is not UTF-8
        bad |= json_object_set_new(object, "value", text != NULL ? text : json_string(""));
    }
    bad |= json_object_set_new(object, "shape", json_string(trace_shape_name(step->shape)));
    if (step->shape == TRACE_BITS) {
        bad |= json_object_set_new(object, "bits", json_integer(step->bits));
    }
    bad |= json_object_set_new(object, "depth", json_integer(step->depth));
    if (step->note != NULL) {
        bad |= json_object_set_new(object, "note", json_string(step->note));
    }
    if (bad != 0) {
        complain("the trace does not fit into memory");
    } else {
        (void)json_dumpf(object, view->settings.out, JSON_PRESERVE_ORDER);
        fputc('\n', view->settings.out);
    }
    free(value);
    json_decref(object);
}

static int finish(struct trace_view *view) {
    (void)view;
    return STATUS_OK;
}

static void release(struct trace_view *view) {
    free(view);
}

struct trace_view *trace_json_view(const struct trace_settings *settings) {
    struct json_view *view = trace_allocate(1, sizeof *view);
    view->view.sink.step = on_step;
    view->view.finish = finish;
    view->view.release = release;
    view->settings = *settings;
    return &view->view;
}
