/* The one thread that changes the store. It takes all submissions that have arrived (at most settings.commit_group),
 * puts them in one transaction, commits once, tells the months, and only then hands the answered jobs back.
 * Administration goes one job a transaction, in order of arrival among the rest. */
#pragma once

#include "hub/hub.h"
#include "hub/job.h"

#define WRITER_ENDPOINT "inproc://writer"

/* Thread function; `hub` (hub_t *) must outlive it. Says that it is ready with a NULL job; ends at the word to stop,
 * when all before it is answered. When the store cannot be written any more it sets hub->failed and refuses everything
 * from then on. */
void *writer_run(void *hub);
