/* What becomes of one submission or withdrawal (SPEC 1, 5 and 7), inside a write transaction. Writer thread only. */
#pragma once

#include "hub/hub.h"
#include "hub/refusal.h"

typedef struct {
    store_txn_t *txn;
    world_t *world;
    const settings_t *settings;
    const closings_t *closings;
    wall_time_t now;
    const uint8_t *hub_key, *signing_key; /* with which this hub signs */
    arena_t *arena;                       /* of receipts and deltas: until the group is answered */
    arena_t *scratch;                     /* of SUBMISSION_SCRATCH_BYTES, for each submission anew: ends empty */
} submission_context_t;

#define SUBMISSION_RESULT_BYTES  32768        /* of that arena, at most, for one submission */
#define SUBMISSION_SCRATCH_BYTES (32ul << 20) /* two full submissions, as stored and unpacked, take less */

typedef struct {
    status_t status; /* OK, or why it is refused */
    refusal_t refusal;
    faults_t faults;   /* failed checks; the owner of the result ends them */
    receipt_t receipt; /* not signed: hub/receipts.h */
    bool changes;      /* a revision was put: `delta` is what the months must be told after the commit */
    month_delta_t delta;
} submission_result_t;

/* Decides, and puts what is accepted: revision and answer. All rules are checked before the first put. STATUS_OK also
 * where it is refused (out->status says why): then nothing was put. Anything else came from the store or from a memory
 * shortage: the whole transaction must be aborted. */
status_t submission_process(const submission_context_t *context, const principal_t *principal, const request_t *request,
                            submission_result_t *out) NODISCARD;
