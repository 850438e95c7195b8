/* yardstick: headquarters', managers' and operators' command line (SPEC 6). Its table of commands, and what the
 * commands are. */
#pragma once

#include "client/session.h"

extern const program_t yardstick_program;

/* figures.c: questions about the network's figures, and facts sent for any dealer */
status_t check_scopes(session_t *session) NODISCARD;
status_t check_dealer(session_t *session) NODISCARD;
status_t check_compare(session_t *session) NODISCARD;
status_t run_benchmark(session_t *session) NODISCARD;
status_t run_rank(session_t *session) NODISCARD;
status_t check_coverage(session_t *session) NODISCARD;
status_t run_coverage(session_t *session) NODISCARD;
status_t run_checks(session_t *session) NODISCARD;
status_t run_compare(session_t *session) NODISCARD;
status_t run_trend(session_t *session) NODISCARD;
status_t run_consultants(session_t *session) NODISCARD;
status_t run_facts_import(session_t *session) NODISCARD;

/* keys.c */
status_t check_keys_admit(session_t *session) NODISCARD;
status_t check_keys_revoke(session_t *session) NODISCARD;
status_t run_keys_admit(session_t *session) NODISCARD;
status_t run_keys_list(session_t *session) NODISCARD;
status_t run_keys_revoke(session_t *session) NODISCARD;

/* enroll.c, enroll_list.c, enroll_missing.c, enroll_revoke.c */
status_t check_enroll(session_t *session) NODISCARD;
status_t check_enroll_revoke(session_t *session) NODISCARD;
status_t run_enroll(session_t *session) NODISCARD;
status_t check_codes(session_t *session) NODISCARD; /* arguments are codes of dealers */
status_t run_enroll_list(session_t *session) NODISCARD;
status_t run_enroll_missing(session_t *session) NODISCARD;
status_t run_enroll_revoke(session_t *session) NODISCARD;

/* disclosure.c */
status_t run_month_release(session_t *session) NODISCARD;
status_t check_exemplar(session_t *session) NODISCARD;
status_t run_exemplar(session_t *session) NODISCARD;
status_t run_exemplar_list(session_t *session) NODISCARD;
status_t check_explain(session_t *session) NODISCARD;
status_t run_explain(session_t *session) NODISCARD;

/* month.c */
/* A month as it is typed, or wrong usage. */
status_t take_period(session_t *session, const char *text, period_t *out) NODISCARD;
status_t check_month(session_t *session) NODISCARD;
status_t check_month_allow(session_t *session) NODISCARD;
status_t run_month_close(session_t *session) NODISCARD;
status_t run_month_reopen(session_t *session) NODISCARD;
status_t run_month_allow(session_t *session) NODISCARD;
status_t run_month_drift(session_t *session) NODISCARD;

/* audit.c: the log, and the history of a month */
status_t check_audit_list(session_t *session) NODISCARD;
status_t check_audit_verify(session_t *session) NODISCARD;
status_t run_audit_list(session_t *session) NODISCARD;
status_t run_audit_verify(session_t *session) NODISCARD;
status_t check_history(session_t *session) NODISCARD;
status_t run_history(session_t *session) NODISCARD;

/* network.c: the network, the catalog, the hub's health */
status_t run_network_import(session_t *session) NODISCARD;
status_t run_network_show(session_t *session) NODISCARD;
status_t run_catalog_install(session_t *session) NODISCARD;
status_t run_status(session_t *session) NODISCARD;
