/* A child of the daemon: the daemon's own program with another command, for as long as it takes and no longer than its
 * deadline. It is ended by its id, and by the kernel where the daemon dies. The caller has SIGCHLD blocked and reads it
 * from a descriptor. */
#pragma once

#include "dealer-agent/errand.h"

#include <sys/types.h>

#define CHILD_GRACE_MS 5000 /* from the wish to end to the end by force */

typedef struct {
    const char *name;
    int64_t deadline_ms; /* from its start */
    pid_t pid;           /* 0: none runs */
    moment_t ends;       /* when it is told to end, or by force where is_told */
    bool is_told;
    bool is_late; /* it ran into its deadline */
} child_t;

/* Starts `program` with `arguments` (NULL behind the last), its standard input and output /dev/null; `is_quiet`: its
 * standard error too. False with errno where no process can be made. */
bool child_start(child_t *child, const char *program, char *const arguments[], bool is_quiet, moment_t now);

/* When child_enforce has something to do; MOMENT_NEVER where no child runs. */
moment_t child_due(const child_t *child);

/* Past its deadline: tells it to end, then ends it. */
void child_enforce(child_t *child, moment_t now);

/* Tells it to end; CHILD_GRACE_MS later child_enforce ends it. */
void child_tell(child_t *child, moment_t now);

/* Whether it has ended; then its status as of waitpid, and none runs any more. Does not wait. */
bool child_reap(child_t *child, int *out_status);
