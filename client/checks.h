/* The commands `checks` and `comment`, as both client programs have them: the month is their argument. */
#pragma once

#include "client/session.h"

/* Whether the month, --scope, --dealer and --limit are what they should be. */
status_t checks_check(session_t *session);

/* Asks for a dealer ("" = all) or the scopes of --scope, and shows the answer. */
status_t checks_run(session_t *session, const char *dealer);

/* Whether the month, --row or --check, --text and --revision are what they should be. */
status_t comment_check(session_t *session);

/* Sends the comment of that dealer, and says with which revision it stays. */
status_t comment_run(session_t *session, const char *dealer);
