/* The signatures of a group's receipts. Writer thread only. */
#pragma once

#include "hub/hub.h"
#include "hub/job.h"
#include "hub/submissions.h"

/* Signs what submission_process made of these jobs and accepted: one signature for the receipts of all who take that,
 * and one for each of the others. Nothing may be signed before it is committed; the transaction need not live. Memory
 * comes from the arena. A receipt that cannot be signed: its result's status says why. */
void receipts_sign(const hub_t *hub, job_t *const *jobs, submission_result_t *results, size_t count, arena_t *arena);
