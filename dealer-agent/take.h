/* `yardstick-agent take NAME`: one file of the inbox, from reading it to its report (dealer-agent/report.h). Its months
 * are in the outbox before the file leaves the inbox, in this order: report written beside its place, outbox committed,
 * report put into its place, file moved. So a crash loses nothing; the file is then read again, and what was filed is
 * unchanged. */
#pragma once

#include "client/session.h"

/* Exit statuses of take beside those of every command. */
enum {
    TAKE_EXIT_LATER = 3,      /* no file can be taken now: the outbox, the home or the desk cannot be used */
    TAKE_EXIT_NO_MONTH = 4,   /* it holds consultants of a month that is not filed yet, and stays in the inbox */
    TAKE_EXIT_TOO_MUCH = 5,   /* there is not enough memory for it */
    TAKE_EXIT_NO_STORE = 6,   /* which store it is of is not known yet, and it stays in the inbox */
    TAKE_EXIT_THIS = 7,       /* this file cannot be taken now: it changed while it was read, or cannot be moved */
    TAKE_EXIT_NO_ROOM = 8,    /* no file can be taken now: there is no room on a disk */
    TAKE_EXIT_NO_CATALOG = 9, /* by the catalog that hubs begin with it has faults, this hub's has not come yet, and it
                                 stays in the inbox */
};

/* Wrong usage that the table of commands cannot see. */
status_t take_check(session_t *session) NODISCARD;

status_t take_run(session_t *session) NODISCARD;
