#include "proto/message.h"

const char *const role_names[ROLE_COUNT] = {"none", "dealer", "manager", "headquarters", "operator"};

const char *const outcome_names[OUTCOME_COUNT] = {"none", "accepted", "unchanged", "withdrawn"};
const char *const self_check_names[SELF_CHECK_COUNT] = {"unknown", "at_work", "done", "cut_off"};

const char *const request_kind_names[REQUEST_KIND_COUNT] = {
    "none",
    "describe",
    "get_catalog",
    "submit",
    "withdraw",
    "compare",
    "trend",
    "consultants",
    "rank",
    "benchmark",
    "coverage",
    "admit_key",
    "revoke_key",
    "list_keys",
    "import_network",
    "show_network",
    "install_catalog",
    "get_health",
    "make_tokens",
    "list_tokens",
    "revoke_tokens",
    "enroll",
    [REQUEST_MONTH_STATUS] = "month_status",
    [REQUEST_CLOSE_MONTH] = "close_month",
    [REQUEST_REOPEN_MONTH] = "reopen_month",
    [REQUEST_ALLOW_CORRECTION] = "allow_correction",
    [REQUEST_MONTH_DRIFT] = "month_drift",
    [REQUEST_LIST_EVENTS] = "list_events",
    [REQUEST_HISTORY] = "history",
    [REQUEST_VERIFY_EVENTS] = "verify_events",
    [REQUEST_RELEASE_MONTH] = "release_month",
    [REQUEST_DESIGNATE_EXEMPLAR] = "designate_exemplar",
    [REQUEST_LIST_EXEMPLARS] = "list_exemplars",
    [REQUEST_EXPLAIN_DISCLOSURE] = "explain_disclosure",
    [REQUEST_CHECKS] = "checks",
    [REQUEST_COMMENT] = "comment",
    [REQUEST_COVERAGE_YEAR] = "coverage_year",
    [REQUEST_WITNESS] = "witness",
};
