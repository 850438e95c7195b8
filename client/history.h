/* `history`: what each revision of a store's month changed, for both programs. */
#pragma once

#include "client/session.h"

/* The command's argument is a month. */
status_t history_check_period(session_t *session, const char *text) NODISCARD;

/* Asks the hub, and prints the answer in the session's format. `period` is checked already. */
status_t history_show(session_t *session, const char *dealer, const char *period) NODISCARD;
