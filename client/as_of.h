/* --as-of and --restated of a command line: which figures a query is to read. */
#pragma once

#include "client/session.h"

#define AS_OF_OPTIONS                                                                                                  \
    {"as-of", OPTION_TEXT, "TIME|#N", false,                                                                           \
     "what was answered then: at the end of 2025-07-31, at 2025-07-31T18:00 (network's time) or 2025-07-31T18:00Z, "   \
     "or "                                                                                                             \
     "right behind entry #N of the log"},                                                                              \
    {                                                                                                                  \
        "restated", OPTION_FLAG, NULL, false, "of a closed month: with the corrections made since it was closed"       \
    }

/* Wrong usage: a text that is no moment. */
status_t as_of_check(session_t *session) NODISCARD;

/* What to ask for; the present where neither option is given. Asks the hub for the network's time zone where that
 * matters; its faults are those of session_ask. */
status_t as_of_take(session_t *session, as_of_t *out) NODISCARD;
