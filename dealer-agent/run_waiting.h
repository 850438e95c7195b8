/* What a clerk sees of files that stay in the inbox: inbox/WAITING.txt names each that has waited for longer than a few
 * seconds, and why, and what is never taken. It is there as long as there is something to say. */
#pragma once

#include "core/text.h"
#include "dealer-agent/run_work.h"

#define WAITING_AFTER_MS 5000  /* unchanged in the inbox for so long */
#define WAITING_PAUSE_MS 2000  /* least time between two writings */
#define WAITING_RETRY_MS 10000 /* where it could not be written */

typedef struct {
    char *text; /* as the file has it; NULL: not known */
    moment_t again;
    bool is_untold; /* it could not be written; said once */
} waiting_t;

void waiting_init(waiting_t *waiting);
void waiting_fini(waiting_t *waiting);

/* The note's text, with plain line ends; "" where nothing is to be said. *out is allocated. STATUS_NO_MEMORY. */
status_t waiting_make(const work_t *work, language_t language, moment_t now, char **out) NODISCARD;

/* Writes the note beside its place and moves it there, where its words have changed; removes it where there are none.
 * That it cannot be written goes to the log. */
void waiting_tell(waiting_t *waiting, const work_t *work, language_t language, moment_t now);
