/* The daemon's children: when each is started, with what words, and what follows from its end. */
#pragma once

#include "client/session.h"
#include "core/limits.h"
#include "dealer-agent/errand.h"
#include "dealer-agent/run_child.h"
#include "dealer-agent/watch.h"

typedef enum { WORK_TAKE, WORK_DELIVER, WORK_REPORT, WORK_RESULTS, WORK_COUNT } work_kind_t;

#define WORK_WORDS_MAX (24 + 2 * PEERS_MAX) /* of a child's command line */

typedef struct {
    const session_t *session; /* its options go on to the children */
    const char *desk;
    unsigned refresh_s;
    watch_t inbox;
    child_t children[WORK_COUNT];
    errand_t errands[WORK_COUNT]; /* but of TAKE, which the inbox asks for */
    unsigned take_failures;       /* in a row, of whatever file, for no fault of a file's */
    wait_t rest_wait;             /* for which, where some failed */
    moment_t takes_rest_till;
    char taking[NAME_MAX + 1];    /* the file that is being taken */
    char last_name[NAME_MAX + 1]; /* taken last, and how that went; "" = none yet */
    const char *last_outcome;
    uint64_t last_ms; /* wall clock */
} work_t;

/* Everything asked for that is due at the start. False when out of memory. */
bool work_init(work_t *work, const session_t *session, const char *desk, unsigned rescan_s, unsigned refresh_s);
void work_fini(work_t *work);

/* Deliver soon. `anew`: whatever failed before counts no more (another address, somebody's wish). */
void work_deliver(work_t *work, moment_t now, bool anew);

/* Try everything that waits now. */
void work_hurry(work_t *work, moment_t now);

/* Starts what is due; ends what is late. */
void work_go_on(work_t *work, moment_t now);

/* Takes the children that have ended. */
void work_reap(work_t *work, moment_t now);

/* When work_go_on has something to do. */
moment_t work_due(const work_t *work);

/* Tells every child to end. */
void work_tell_all(work_t *work, moment_t now);
/* Whether one still runs. */
bool work_is_busy(const work_t *work);
