/* The command `template`: a wide file of facts (SPEC 6) to fill in. */
#pragma once

#include "client/session.h"

/* Prints a header (period, dealer where the key holds several stores, the facts: their ids, or with --lang their
 * titles, behind a BOM, which Excel needs to read Chinese) and a line of the current month for each store, its cells
 * empty. The month is written 2025-06; with --lang 202506, or 2025年6月 in Chinese. */
status_t template_run(session_t *session) NODISCARD;
