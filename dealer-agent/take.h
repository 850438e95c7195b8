/* `yardstick-agent take NAME`: one file of the inbox, from reading it to its report (dealer-agent/report.h). Its months
 * are in the outbox before the file leaves the inbox, in this order: report written beside its place, outbox committed,
 * report put into its place, file moved. So a crash loses nothing; the file is then read again, and what was filed is
 * unchanged. */
#pragma once

#include "client/session.h"

/* Exit statuses of take beside those of every command. */
enum {
    TAKE_EXIT_LATER = 3, /* cannot be taken now: the disk is full, the outbox is busy, it changed while it was read */
    TAKE_EXIT_NO_MONTH = 4, /* it holds consultants of a month that is not filed yet, and stays in the inbox */
    TAKE_EXIT_TOO_MUCH = 5, /* there is not enough memory for it */
};

/* Wrong usage that the table of commands cannot see. */
status_t take_check(session_t *session) NODISCARD;

status_t take_run(session_t *session) NODISCARD;
