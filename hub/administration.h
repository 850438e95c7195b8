/* Keys, tokens, network and catalog: each change in a transaction of its own, in memory only after its commit. Writer
 * thread only. */
#pragma once

#include "hub/hub.h"
#include "hub/job.h"

typedef struct administration administration_t;

/* NULL when out of memory. */
administration_t *administration_create(hub_t *hub);
void administration_destroy(administration_t **administration);

/* Does what the job asks and answers it. STATUS_OK also where it is refused; anything else came from the store (nothing
 * was changed, and the job is not answered). */
status_t administration_process(administration_t *administration, job_t *job) NODISCARD;

/* Drops the parts of a network import that nobody went on with for UPLOAD_IDLE_MS. */
void administration_tick(administration_t *administration);

#define UPLOAD_IDLE_MS 60000
