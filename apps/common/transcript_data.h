// Explanations (protocols/explain.h) as data: one JSON object a message. docs/protocols.md lists the members.
#ifndef APPS_COMMON_TRANSCRIPT_DATA_H
#define APPS_COMMON_TRANSCRIPT_DATA_H

#include "protocols/explain.h"

#include <jansson.h>

// What the sender says about a message; NULL when memory is short. The caller releases it with json_decref.
json_t *transcript_data_sent(const struct explanation *sent);

// Adds what the receiver says. False when memory is short.
MUST_CHECK bool transcript_data_received(json_t *message, const struct explanation *received);

#endif
