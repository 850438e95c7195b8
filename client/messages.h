/* What the agent and the readers of its files say, in Chinese. */
#pragma once

#include "core/text.h"

/* The Chinese of an English format or clause that this program writes (faults_add, session_fail, session_text): of
 * files and their validation (client/messages.c), of the agent and its line (client/messages_agent.c). The same pointer
 * where there is none. For faults_t.translate. Static storage. */
const char *messages_zh(const char *format);

/* What came in English from elsewhere: the hub's refusals, or words kept in the outbox. In Chinese where a line is one
 * of the common ones (client/messages_hub.c), whatever values stand in it; else as it is. Each line on its own, cut to
 * fit. Returns `out`. */
const char *messages_said(language_t language, const char *words, char *out, size_t size);
