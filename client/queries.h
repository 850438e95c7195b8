/* Commands that both programs have: a store's tables, and who one is. Each asks the hub and prints the answer in the
 * session's format. */
#pragma once

#include "client/session.h"

/* Wrong usage of compare: too many --peer. */
status_t query_check_compare(session_t *session) NODISCARD;

/* Whether `--regions today` is given. */
bool query_regions_today(const session_t *session);

/* --period, --peer…, --region, --regions of the command line. */
status_t query_compare(session_t *session, const char *dealer) NODISCARD;

/* --year. */
status_t query_trend(session_t *session, const char *dealer) NODISCARD;

/* --period. */
status_t query_consultants(session_t *session, const char *dealer) NODISCARD;

/* PERIOD, or --year, or neither: the newest months. Both programs' `month status`. */
status_t query_check_months(session_t *session) NODISCARD;
status_t query_months(session_t *session) NODISCARD;

/* What the hub says of this key: role, stores or region, the hub's version and clock. */
status_t query_description(session_t *session) NODISCARD;

/* The text of the hub's catalog. */
status_t query_catalog(session_t *session) NODISCARD;

/* The command `init`: makes the home and prints its public key, alone on the last line. */
status_t query_init(session_t *session) NODISCARD;
