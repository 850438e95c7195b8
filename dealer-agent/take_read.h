/* What a file of the inbox says, offline: read, checked against the catalog and what was filed before, and turned into
 * filings. */
#pragma once

#include "client/session.h"
#include "dealer-agent/compose.h"

typedef struct {
    bool is_builtin; /* no catalog of the hub's was there */
    facts_set_t set;
    composition_t composition;
    bool is_resumed; /* in: this very file was being filed when its reader was ended */
    bool is_again;   /* nothing in it is new or changed, and all of it was delivered: it is filed again, whole */
    faults_t faults, warnings, notes; /* of the file, in the session's language */
    outbox_t *outbox;                 /* open from take_read on */
    arena_t *arena;                   /* of the composition */
} reading_t;

/* Fills `reading` (zeroed). session->catalog is set wherever the file was read.
 * STATUS_OK: composed. STATUS_INVALID: it has faults. STATUS_NOT_FOUND: its only faults are consultants of months that
 * are not filed. STATUS_UNKNOWN: it leaves open which store it is of, and the hub has not said yet which this agent
 * has. Anything else keeps it from being read now, and has its words in session->faults. */
status_t take_read(session_t *session, const char *path, reading_t *reading) NODISCARD;
void reading_fini(reading_t *reading);
