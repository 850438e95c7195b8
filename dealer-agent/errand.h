/* When the daemon does what: a thing to be done again and again by a child, at most one of its kind at a time, soon
 * when asked for, later and later where it fails. Pure: times and random numbers come from the caller. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A point on a clock that nobody can set, and that goes on while the machine sleeps: what is overdue when it wakes is
 * done soon. */
typedef struct {
    int64_t ms;
} moment_t;

#define MOMENT_NEVER ((moment_t){INT64_MAX})

moment_t moment_now(void);

/* The moment that comes first. */
moment_t moment_first(moment_t a, moment_t b);

/* `ms` behind it; MOMENT_NEVER stays. */
moment_t moment_after(moment_t moment, int64_t ms);

#define ERRAND_PAUSE_MS       1000   /* least time from one start to the next */
#define ERRAND_BACKOFF_MS     1000   /* most to wait after the first failure, doubled with each */
#define ERRAND_BACKOFF_MAX_MS 300000 /* most to wait at all */

/* Without any progress, unless --timeout says otherwise: longer than a person would wait. When all stores come at once
 * each has its turn in that time; who gives up before it only comes again. Where nothing takes a connection an errand
 * gives up at once (--once): what follows is this back-off's to say. */
#define ERRAND_PATIENCE_S     30

typedef struct {
    moment_t due;        /* when to start it; MOMENT_NEVER: nothing asks for it */
    moment_t rests_till; /* not before */
    unsigned failures;   /* since it last went well */
    bool is_running;
    bool is_asked_again; /* while it ran */
} errand_t;

/* Nothing asks for it yet. */
void errand_init(errand_t *errand);

/* Asks for it: as soon as it may, or once more when the running one has ended. */
void errand_ask(errand_t *errand, moment_t now);

/* Asks for it at `when`, where nothing asks for it sooner. */
void errand_ask_at(errand_t *errand, moment_t when);

/* Whether to start it now. */
bool errand_is_due(const errand_t *errand, moment_t now);

void errand_start(errand_t *errand, moment_t now);

/* The running one has ended. Failed: due again after a back-off, or at once where it was asked for meanwhile. `random`:
 * uniform. */
void errand_end(errand_t *errand, moment_t now, bool is_well, uint32_t random);

/* How long to wait after so many failures, the first included (1 or more): anything from 0 to the doubled pause
 * ("full jitter"), so that those who failed together do not come back together. */
int64_t errand_backoff_ms(unsigned failures, uint32_t random);

/* `seconds` with a quarter more or less. */
int64_t errand_refresh_ms(unsigned seconds, uint32_t random);
