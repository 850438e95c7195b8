/* Questions that wait for a worker, in the order in which they came, and whose turn it is. The server thread's alone.
 */
#pragma once

#include "hub/job.h"

typedef struct {
    job_list_t jobs;
    size_t count;
    uint64_t turn; /* counts those that were taken */
} questions_t;

void questions_add(questions_t *questions, job_t *job);

/* The one that is next, where any waits: that of the key which was served longest ago, so that nobody waits behind
 * another's flood. */
job_t *questions_take(questions_t *questions);
